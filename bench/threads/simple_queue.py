# Ping-pong: two threads pass one item back and forth through two queue.SimpleQueue.
import queue
import threading
import time


def main(turns=20000):
    there, back = queue.SimpleQueue(), queue.SimpleQueue()

    def answer():
        while (item := there.get()) is not None:
            back.put(item + 1)

    thread = threading.Thread(target=answer)
    thread.start()
    item = 0
    for _ in range(turns):
        there.put(item)
        item = back.get()
    there.put(None)
    thread.join()
    return item


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
