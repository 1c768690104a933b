# concurrent.futures.ProcessPoolExecutor(2).map of nothing, one at a time, the library's own code on both.
import time
from concurrent.futures import ProcessPoolExecutor


def nothing(item):
    return item


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        sum(pool.map(nothing, range(100)))
        start = time.perf_counter()
        result = sum(pool.map(nothing, range(4000), chunksize=1))
        seconds = time.perf_counter() - start
    print("seconds", seconds)
    print("tasks/s", 4000 / seconds)
    print("result", result)
