# The convoy: one-byte round trips over a socket pair to a process that echoes, by a thread that is alone, beside one
# busy thread and beside ten. Tells the rate of each, the 99th percentile of a round trip, and the speed that the busy
# threads keep together. An interpreter without the module socket takes two pipes instead.
import os
import threading
import time

try:
    import socket
except ImportError:
    socket = None

PERIOD = 0.6


class Pipes:
    """One end of two pipes, with the methods of a socket that are needed here."""

    def __init__(self, reads, writes):
        self.reads, self.writes = reads, writes

    def recv(self, size):
        return os.read(self.reads, size)

    def sendall(self, data):
        os.write(self.writes, data)

    def close(self):
        os.close(self.reads)
        os.close(self.writes)


def pair():
    if socket:
        return socket.socketpair()
    (there, to_far), (back, to_near) = os.pipe(), os.pipe()
    return Pipes(back, to_far), Pipes(there, to_near)


def start_echo():
    """A process that sends back each byte; returns (our end, its number)."""
    near, far = pair()
    child = os.fork()
    if child == 0:
        try:
            near.close()
            while byte := far.recv(1):
                far.sendall(byte)
        finally:
            os._exit(0)
    far.close()
    return near, child


class Busy:
    """Threads that count; the rate of all together."""

    def __init__(self, count):
        self.stop = False
        self.turns = [0] * count
        self.threads = [threading.Thread(target=self.count, args=(number,)) for number in range(count)]

    def count(self, number):
        turns = 0
        while not self.stop:
            for _ in range(100):
                turns += 1
        self.turns[number] = turns

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.started = time.perf_counter()
        return self

    def __exit__(self, *error):
        self.stop = True
        self.seconds = time.perf_counter() - self.started
        for thread in self.threads:
            thread.join()

    def rate(self):
        return sum(self.turns) / self.seconds


def round_trips(end):
    """(a second, 99th percentile in seconds) over PERIOD."""
    clock = time.perf_counter
    took = []
    begin = now = clock()
    while now - begin < PERIOD:
        end.sendall(b"x")
        end.recv(1)
        before, now = now, clock()
        took.append(now - before)
    took.sort()
    return len(took) / (now - begin), took[len(took) * 99 // 100]


def busy_alone():
    with Busy(1) as busy:
        time.sleep(PERIOD)
    return busy.rate()


def main():
    near, child = start_echo()
    alone_busy = busy_alone()
    alone, alone_p99 = round_trips(near)
    figures = {"rate_alone": alone, "p99_alone": alone_p99}
    for count in (1, 10):
        with Busy(count) as busy:
            rate, p99 = round_trips(near)
        figures.update({f"rate_{count}": rate, f"share_{count}": rate / alone, f"p99_{count}": p99,
                        f"busy_{count}": busy.rate()})
    # The full speed of a busy thread, before and after: the better one.
    alone_busy = max(alone_busy, busy_alone())
    for count in (1, 10):
        figures[f"busy_{count}"] /= alone_busy
    near.close()
    os.waitpid(child, 0)
    return figures


if __name__ == "__main__":
    figures = main()
    print("seconds", 1 / figures["rate_1"])
    for name, value in figures.items():
        print(name, value)
    print("result", "done")
