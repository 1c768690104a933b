"""Two threads add 1 to one counter, a million times each, without a lock. What is missing at the end was lost."""
import threading

COUNT = 1_000_000
counter = 0


def increment():
    global counter
    for _ in range(COUNT):
        counter += 1


def measure():
    global counter
    counter = 0
    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"expected": 2 * COUNT, "left": counter}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
