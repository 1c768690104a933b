"""The lock that mends it: the same two threads, and only one of them at a time between reading and writing back."""
import threading
import time

COUNT = 1_000_000
counter = 0
lock = threading.Lock()


def increment():
    global counter
    for _ in range(COUNT):
        with lock:
            counter += 1


def measure():
    global counter
    counter = 0
    threads = [threading.Thread(target=increment) for _ in range(2)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"expected": 2 * COUNT, "left": counter, "seconds": time.perf_counter() - start}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
