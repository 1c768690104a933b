# Hand-off through a Condition and an Event: two threads take turns, each telling the other that it is its turn.
import threading
import time


def by_condition(turns):
    condition = threading.Condition()
    turn, answered = 0, 0

    def answer():
        nonlocal turn, answered
        for _ in range(turns):
            with condition:
                while turn != 1:
                    condition.wait()
                turn = 0
                answered += 1
                condition.notify()

    thread = threading.Thread(target=answer)
    thread.start()
    for _ in range(turns):
        with condition:
            turn = 1
            condition.notify()
            while turn:
                condition.wait()
    thread.join()
    return answered


def by_event(turns):
    ping, pong = threading.Event(), threading.Event()
    answered = 0

    def answer():
        nonlocal answered
        for _ in range(turns):
            ping.wait()
            ping.clear()
            answered += 1
            pong.set()

    thread = threading.Thread(target=answer)
    thread.start()
    for _ in range(turns):
        ping.set()
        pong.wait()
        pong.clear()
    thread.join()
    return answered


if __name__ == "__main__":
    start = time.perf_counter()
    result = by_condition(8000)
    middle = time.perf_counter()
    result += by_event(8000)
    end = time.perf_counter()
    print("seconds", end - start)
    print("condition", middle - start)
    print("event", end - middle)
    print("result", result)
