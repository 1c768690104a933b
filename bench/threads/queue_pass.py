# Producer and consumer: items through a queue.Queue of eight places (a Condition, woken in both directions).
import queue
import threading
import time


def main(n=40000):
    items = queue.Queue(8)
    total = 0

    def consume():
        nonlocal total
        while (item := items.get()) is not None:
            total += item

    thread = threading.Thread(target=consume)
    thread.start()
    for i in range(n):
        items.put(i)
    items.put(None)
    thread.join()
    return total


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
