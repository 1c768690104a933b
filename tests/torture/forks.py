"""Forks while threads run, allocate, collect, import and hold locks. The child works, and ends by itself."""
import gc
import os
import threading
import time
import weakref

from harness import Random, Torture

torture = Torture()


def one_round(rng):
    stop = threading.Event()
    shared, lock = {"list": [], "dict": {}}, threading.Lock()

    class Thing:
        pass

    def busy(seed):
        random_ = Random(seed)
        while not stop.is_set():
            shared["list"].append([random_.random()] * 5)
            shared["dict"][random_.randrange(100)] = Thing()
            if len(shared["list"]) > 200:
                shared["list"].clear()
            with lock:
                sum(range(100))
            thing = Thing()
            thing.self = thing
            weakref.ref(thing)()
            if random_.random() < 0.01:
                gc.collect()
            print(end="")

    def child():
        shared["list"].append(1)
        shared["dict"]["child"] = {n: [n] for n in range(100)}
        gc.collect()
        results = []
        thread = threading.Thread(target=lambda: results.append(sum(range(1000))))
        thread.start()
        thread.join()
        if results != [499500] or threading.active_count() != 1:
            return 3
        import fractions
        return 0 if fractions.Fraction(2, 4) == fractions.Fraction(1, 2) else 4

    def forks(seed):
        random_ = Random(seed)
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                status = 5
                try:
                    status = child()
                finally:
                    os._exit(status)
            limit = time.monotonic() + 60
            while True:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    break
                if time.monotonic() > limit:
                    os.kill(pid, 11)
                    torture.fail(f"child {pid} hangs")
                time.sleep(0.001)
            torture.check(status == 0, "child ended with", status)
            time.sleep(random_.random() * 0.002)
        stop.set()

    torture.together([lambda s=rng.getrandbits(32): busy(s) for _ in range(torture.threads)] +
                     [lambda s=rng.getrandbits(32): forks(s)])


torture.rounds_of(one_round)
torture.finish()
