"""Two threads that only compute, against the same work done twice in a row."""
import threading
import time

STEPS = 2_000_000


def work():
    total = 0
    for i in range(STEPS):
        total += i * i
    return total


def in_a_row():
    work()
    work()


def together():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure():
    work()
    # Three of each, in turn; the middle one counts.
    runs = [(seconds(in_a_row), seconds(together)) for _ in range(3)]
    return {"in a row": sorted(row for row, _ in runs)[1], "two threads": sorted(two for _, two in runs)[1]}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
