# `with lock: pass`, two million times by one thread: the lock that nobody else wants.
import threading
import time


def main(n=2000000):
    lock = threading.Lock()
    for _ in range(n):
        with lock:
            pass
    return lock.locked()


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
