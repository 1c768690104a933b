# Start and join a thread that does nothing, one after the other.
import threading
import time


def nothing():
    pass


def main(n=4000):
    for _ in range(n):
        thread = threading.Thread(target=nothing)
        thread.start()
        thread.join()
    return threading.active_count()


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
