"""Threads start and end in numbers, raise, wait for each other, look at each other's frames, and keep locals."""
import contextlib
import io
import queue
import sys
import threading
import time

from harness import Random, Torture

torture = Torture()


def one_round(rng):
    local = threading.local()
    lock, condition, numbers = threading.Lock(), threading.Condition(), queue.Queue(20)
    total, alive = [0], []
    simple = queue.SimpleQueue()

    def brief(n):
        local.n = n
        for _ in range(10):
            with lock:
                total[0] += 1
        torture.check(local.n == n)

    def fails(n):
        def deeper(k):
            if k == 0:
                raise ValueError(n)
            deeper(k - 1)
        try:
            deeper(Random(n).randrange(20))
        except ValueError as error:
            torture.check(error.args == (n,))
            raised = error
        torture.check(raised.__traceback__ is not None)

    def recursive(n):
        def down(k):
            return down(k + 1)
        try:
            down(0)
        except RecursionError:
            return
        torture.fail("no RecursionError")

    def use(seed, number):
        random_ = Random(seed)
        started = []
        for step in range(25):
            what = random_.randrange(10)
            if what in (0, 1, 2):
                started.append(threading.Thread(target=random_.choice((brief, fails)), args=(step,)))
                started[-1].start()
                alive.append(started[-1].ident)
            elif what == 3 and started:
                started.pop().join()
            elif what == 4:
                for frame in list(sys._current_frames().values()):
                    while frame:
                        frame.f_lineno, frame.f_code.co_name
                        frame = frame.f_back
            elif what == 5:
                with condition:
                    condition.notify_all()
                    condition.wait(0.0001)
            elif what == 6:
                numbers.put(number)
                simple.put(number)
                torture.check(numbers.get() in range(torture.threads))
                torture.check(simple.get() in range(torture.threads))
            elif what == 7:
                time.sleep(random_.random() * 0.0005)
            elif what == 8 and step % 5 == 0:
                recursive(step)
            else:
                threading.enumerate(), threading.active_count(), threading.current_thread().name
        for thread in started:
            thread.join()
        counts.append(sum(1 for thread in started if not thread.is_alive()) == len(started))

    counts = []
    with contextlib.redirect_stdout(io.StringIO()):
        torture.together([lambda s=rng.getrandbits(32), n=n: use(s, n) for n in range(torture.threads)])
    torture.check(all(counts), "alive after join")
    torture.check(total[0] % 10 == 0, "an update under a lock was lost", total)
    torture.check(threading.active_count() <= 2, threading.enumerate())


torture.rounds_of(one_round)
torture.finish()
