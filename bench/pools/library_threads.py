# concurrent.futures.ThreadPoolExecutor(2).map of nothing, the library's own code on both.
import time
from concurrent.futures import ThreadPoolExecutor


def nothing(item):
    return item


if __name__ == "__main__":
    with ThreadPoolExecutor(2) as pool:
        sum(pool.map(nothing, range(100)))
        start = time.perf_counter()
        result = sum(pool.map(nothing, range(20000)))
        seconds = time.perf_counter() - start
    print("seconds", seconds)
    print("tasks/s", 20000 / seconds)
    print("result", result)
