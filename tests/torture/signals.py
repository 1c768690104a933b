"""Signals arrive while threads run: handlers run on the main thread, none is lost that was waited for."""
import os
import signal
import threading
import time

from harness import Random, Torture

torture = Torture()
handled = []
depth = 0  # of handlers in each other: a slow build must not be sent more than it can handle


def handler(number, frame):
    global depth
    depth += 1
    torture.check(threading.current_thread() is threading.main_thread())
    handled.append(number)
    depth -= 1


def one_round(rng):
    stop = threading.Event()
    handled.clear()

    def busy(seed):
        random_ = Random(seed)
        data = {}
        while not stop.is_set():
            data[random_.randrange(50)] = [random_.random()]
            if random_.random() < 0.05 and depth < 20:
                os.kill(os.getpid(), random_.choice((signal.SIGUSR1, signal.SIGUSR2)))
            if random_.random() < 0.05:
                time.sleep(0.0001)

    threads = [threading.Thread(target=torture.guard, args=(busy, rng.getrandbits(32))) for _ in range(torture.threads)]
    for thread in threads:
        thread.start()
    read, write = os.pipe()
    for _ in range(20):
        if "tsan" in torture.sanitized:  # libtsan leaves all blocked when a signal comes in just as it delivers another
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
        before = len(handled)
        signal.raise_signal(signal.SIGUSR1)
        torture.check(len(handled) > before, "raise_signal came back before its handler")
        os.write(write, b"z")
        torture.check(os.read(read, 1) == b"z")
        time.sleep(0.0002)
        lock = threading.Lock()
        lock.acquire()
        torture.check(not lock.acquire(timeout=0.0005))
        sum(range(2000))
    os.close(read)
    os.close(write)
    stop.set()
    for thread in threads:
        thread.join()


signal.signal(signal.SIGUSR1, handler)
signal.signal(signal.SIGUSR2, handler)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
torture.rounds_of(one_round)
signal.setitimer(signal.ITIMER_REAL, 0)
torture.finish()
