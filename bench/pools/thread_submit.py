# Tasks that do nothing, submitted one by one to two threads: heddle.parallel beside ThreadPoolExecutor.map.
import sys
import time


def nothing(item):
    return item


def main(pool, n):
    if sys.implementation.name == "heddle":
        futures = [pool.submit(nothing, item) for item in range(n)]
        return sum(future.result() for future in futures)
    return sum(pool.map(nothing, range(n)))


if __name__ == "__main__":
    if sys.implementation.name == "heddle":
        from heddle.parallel import WorkerPool
        pool = WorkerPool("thread", 2)
    else:
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
    main(pool, 100)
    start = time.perf_counter()
    result = main(pool, 20000)
    seconds = time.perf_counter() - start
    print("seconds", seconds)
    print("tasks/s", 20000 / seconds)
    print("result", result)
    pool.shutdown()
