# A thread that another one wakes gets to run whatever the waker does next: goes on computing, waits outside Python for
# what the woken thread does, or waits for it inside. Under the GIL a wake-up may be put off for the waker to give way.
# test: timeout=60
import os
import queue
import threading


def computes(done, reads):
    while not done:
        pass


def reads_pipe(done, reads):
    os.read(reads, 1)


def joins(done, reads):
    pass


class ByLock:
    def __init__(self):
        self.lock = threading.Lock()
        self.lock.acquire()
        self.wait, self.wake = self.lock.acquire, self.lock.release


class ByEvent:
    def __init__(self):
        event = threading.Event()
        self.wait, self.wake = event.wait, event.set


class ByQueue:
    def __init__(self):
        items = queue.SimpleQueue()
        self.wait, self.wake = items.get, lambda: items.put(1)


class BySemaphore:
    def __init__(self):
        semaphore = threading.Semaphore(0)
        self.wait, self.wake = semaphore.acquire, semaphore.release


def run(way, goes_on):
    reads, writes = os.pipe()
    channel, ready, done = way(), threading.Event(), []

    def woken():
        ready.set()
        channel.wait()
        done.append(1)
        os.write(writes, b"x")

    thread = threading.Thread(target=woken)
    thread.start()
    ready.wait()
    channel.wake()
    goes_on(done, reads)
    thread.join()
    os.close(reads)
    os.close(writes)
    return len(done)


for way in (ByLock, ByEvent, ByQueue, BySemaphore):
    for goes_on in (computes, reads_pipe, joins):
        print(way.__name__, goes_on.__name__, sum(run(way, goes_on) for _ in range(50)))


def several(count=8):
    """One thread wakes many, one after the other, and then computes until all have run."""
    channels, done = [ByLock() for _ in range(count)], []

    def woken(channel):
        channel.wait()
        done.append(1)

    threads = [threading.Thread(target=woken, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    for channel in channels:
        channel.wake()
    while len(done) < count:
        pass
    for thread in threads:
        thread.join()
    return len(done)


print("several", sum(several() for _ in range(20)))
