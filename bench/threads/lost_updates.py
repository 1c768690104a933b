# Two threads, a million `counter += 1` each: how many are left of two million.
import threading
import time

counter = 0


def increment():
    global counter
    for _ in range(1_000_000):
        counter += 1


def main():
    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print("seconds", time.perf_counter() - start)
    print("counter", counter)
    print("result", "done")
