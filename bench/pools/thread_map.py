# Tasks that do nothing, mapped over two threads: heddle.parallel beside ThreadPoolExecutor.
import sys
import time


def nothing(item):
    return item


if __name__ == "__main__":
    if sys.implementation.name == "heddle":
        from heddle.parallel import WorkerPool
        pool = WorkerPool("thread", 2)
    else:
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
    sum(pool.map(nothing, range(100)))
    start = time.perf_counter()
    result = sum(pool.map(nothing, range(20000)))
    seconds = time.perf_counter() - start
    print("seconds", seconds)
    print("tasks/s", 20000 / seconds)
    print("result", result)
    pool.shutdown()
