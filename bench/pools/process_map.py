# Tasks that do nothing, mapped over two processes, one at a time: heddle.parallel beside ProcessPoolExecutor.
import sys
import time


def nothing(item):
    return item


if __name__ == "__main__":
    if sys.implementation.name == "heddle":
        from heddle.parallel import WorkerPool
        pool = WorkerPool("process", 2)
    else:
        from concurrent.futures import ProcessPoolExecutor
        pool = ProcessPoolExecutor(2)
    sum(pool.map(nothing, range(100)))
    start = time.perf_counter()
    result = sum(pool.map(nothing, range(10000)))
    seconds = time.perf_counter() - start
    print("seconds", seconds)
    print("tasks/s", 10000 / seconds)
    print("result", result)
    pool.shutdown()
