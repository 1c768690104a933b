"""The convoy effect: a thread that talks to another process, one byte there and back, alone and beside a busy thread.

Each time it waits for its byte it lets the GIL go. Where getting it back takes a whole switch interval, a handful of
round trips is all that is left of tens of thousands.
"""
import os
import threading
import time

PERIOD = 0.5
turns = 0
stop = False


def busy():
    global turns
    turns = count = 0
    while not stop:
        count += 1
    turns = count


def start_echo():
    """Another process that sends each byte back; returns the descriptors to write to and to read from."""
    (there, write), (read, back) = os.pipe(), os.pipe()
    if os.fork() == 0:
        try:
            os.close(write)
            while byte := os.read(there, 1):
                os.write(back, byte)
        finally:
            os._exit(0)
    os.close(there)
    os.close(back)
    return write, read


def round_trips(write, read):
    """How many a second, and the time that 99 of 100 stay below."""
    took = []
    begin = now = time.perf_counter()
    while now - begin < PERIOD:
        os.write(write, b"x")
        os.read(read, 1)
        before, now = now, time.perf_counter()
        took.append(now - before)
    took.sort()
    return len(took) / (now - begin), took[len(took) * 99 // 100]


def beside_busy(action):
    """What `action` returns while a busy thread runs, and how many turns a second that one made."""
    global stop
    stop = False
    worker = threading.Thread(target=busy)
    worker.start()
    start = time.perf_counter()
    result = action()
    stop = True
    seconds = time.perf_counter() - start
    worker.join()
    return result, turns / seconds


def measure():
    write, read = start_echo()
    _, full_before = beside_busy(lambda: time.sleep(PERIOD))
    alone, alone_p99 = round_trips(write, read)
    (beside, beside_p99), speed = beside_busy(lambda: round_trips(write, read))
    _, full_after = beside_busy(lambda: time.sleep(PERIOD))
    os.close(write)
    os.close(read)
    os.wait()
    return {"alone": alone, "alone p99": alone_p99, "beside": beside, "beside p99": beside_p99,
            "busy keeps": speed / max(full_before, full_after)}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
