"""What sys.setswitchinterval changes: how often two busy threads take turns."""
import sys
import threading
import time

PERIOD = 0.5
INTERVALS = (0.0005, 0.005, 0.05)
holder = None
stop = False


def run(me, turns):
    """Notes each time that this thread finds that the other one ran last."""
    global holder
    while not stop:
        if holder != me:
            holder = me
            turns[me] += 1


def take_turns(interval):
    global stop
    stop = False
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval)
    turns = [0, 0]
    threads = [threading.Thread(target=run, args=(me, turns)) for me in range(2)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(PERIOD)
    stop = True
    seconds = time.perf_counter() - start
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    return sum(turns) / seconds


def measure():
    return {f"{interval * 1000:g} ms": take_turns(interval) for interval in INTERVALS}


if __name__ == "__main__":
    print("default", sys.getswitchinterval())
    for name, value in measure().items():
        print(name, value)
