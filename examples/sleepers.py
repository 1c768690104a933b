"""Sleeping lets the GIL go: five threads that sleep 0.2 s each are done after 0.2 s, also beside a busy thread."""
import threading
import time

COUNT, NAP = 5, 0.2
stop = False


def busy():
    turns = 0
    while not stop:
        turns += 1


def sleep_together():
    threads = [threading.Thread(target=time.sleep, args=(NAP,)) for _ in range(COUNT)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def measure():
    global stop
    alone = sleep_together()
    stop = False
    worker = threading.Thread(target=busy)
    worker.start()
    beside = sleep_together()
    stop = True
    worker.join()
    return {"in a row": COUNT * NAP, "together": alone, "beside a busy thread": beside}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
