# Hand-off: two threads wake each other in turn through two locks; each turn is a sleep and a wake-up.
import threading
import time


def main(turns=20000):
    ping, pong = threading.Lock(), threading.Lock()
    ping.acquire()
    pong.acquire()
    answered = 0

    def answer():
        nonlocal answered
        for _ in range(turns):
            ping.acquire()
            answered += 1
            pong.release()

    thread = threading.Thread(target=answer)
    thread.start()
    for _ in range(turns):
        ping.release()
        pong.acquire()
    thread.join()
    return answered


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
