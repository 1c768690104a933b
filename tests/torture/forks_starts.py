"""Forks while threads start and end all the time, and while references are handed to threads that sleep."""
import gc
import os
import threading
import time

from harness import Torture

torture = Torture()
CHILDREN = 12


def child():
    """Works with what threads that are not here may have held: heaps, queues, the collector, threads, streams."""
    kept = []
    for n in range(4):
        threads = [threading.Thread(target=lambda: kept.append([{i: [i]} for i in range(300)])) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    gc.collect()
    print(end="", flush=True)
    return 0 if len(kept) == 12 and all(d == {i: [i]} for part in kept for i, d in enumerate(part)) else 3


def one_round(rng):
    stop = threading.Event()
    box = [[] for _ in range(4)]

    def starts():
        while not stop.is_set():
            threads = [threading.Thread(target=lambda: box[rng.randrange(4)].append(object())) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def sleeps():
        while not stop.is_set():
            mine = [[n] for n in range(50)]
            box[rng.randrange(4)].extend(mine)
            del mine
            time.sleep(0.0002)

    def drops():
        while not stop.is_set():
            for each in box:
                each.clear()
            time.sleep(0)

    def forks():
        for _ in range(CHILDREN):
            if not torture.going():
                break
            pid = os.fork()
            if pid == 0:
                status = 5
                try:
                    status = child()
                finally:
                    os._exit(status)
            limit = time.monotonic() + float(os.environ.get("TORTURE_PATIENCE", 60))
            while not (done := os.waitpid(pid, os.WNOHANG))[0]:
                if time.monotonic() > limit:
                    os.kill(pid, 11)
                    torture.fail(f"child {pid} hangs")
                time.sleep(0.0005)
            torture.check(done[1] == 0, "child ended with", done[1])
        stop.set()

    torture.together([starts] * 3 + [sleeps] * 3 + [drops, forks])


torture.rounds_of(one_round)
torture.finish()
