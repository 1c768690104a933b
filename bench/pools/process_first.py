# From nothing to the first result of a pool of two processes; the median of fifteen.
import sys
import time

if __name__ == "__main__":
    if sys.implementation.name == "heddle":
        from heddle.parallel import WorkerPool

        def new():
            return WorkerPool("process", 2)
    else:
        from concurrent.futures import ProcessPoolExecutor

        def new():
            return ProcessPoolExecutor(2)
    times, result = [], 0
    for n in range(15):
        start = time.perf_counter()
        pool = new()
        result += pool.submit(abs, -n).result()
        times.append(time.perf_counter() - start)
        pool.shutdown()
    print("seconds", sorted(times)[7])
    print("result", result)
