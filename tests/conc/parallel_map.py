# heddle.parallel.parallel_map: lazy input, order, errors, ends; and how "auto" decides.
# test: timeout=180
import io
import itertools
import os
import sys
import threading
import time

from heddle.parallel import ParallelMap, WorkerPool, parallel_map
from heddle.parallel._choose import Samples


def children():
    """Living child processes."""
    found = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            found += fields[1] == str(os.getpid()) and fields[0] != "Z"
    return found


def nothing_left():
    return children(), threading.active_count()


class Source:
    """Counts what is drawn from it."""

    def __init__(self, end=None):
        self.drawn, self.end, self.threads = 0, end, set()

    def __iter__(self):
        return self

    def __next__(self):
        if self.drawn == self.end:
            raise StopIteration
        self.drawn += 1
        self.threads.add(threading.get_ident())
        return self.drawn - 1


for mode in ("io", "cpu"):
    print(mode, list(parallel_map(lambda n: n * n, range(10), mode=mode)), list(parallel_map(abs, [], mode=mode)))
    print(sum(parallel_map(lambda n: n + 1, iter(range(5000)), mode=mode, max_workers=2)))
    print(sorted(parallel_map(lambda n: -n, range(500), mode=mode, ordered=False)) == list(range(-499, 1)))
    # Endless input: so much is drawn ahead, in the thread that asks.
    source = Source()
    results = parallel_map(lambda n: n, source, mode=mode, max_workers=2)
    print(source.drawn, [next(results) for _ in range(20000)] == list(range(20000)), source.drawn <= 20000 + 4096 + 1,
          source.threads == {threading.get_ident()}, type(results) is ParallelMap)
    results.close()
    print(nothing_left(), list(results))
    source = Source()
    for n in parallel_map(lambda n: time.sleep(0.005) or n, source, mode=mode, max_workers=2):
        if n == 5:
            break
    del n
    print(source.drawn < 30, nothing_left())
    # Errors: in their place, and the end; or as results.
    results = parallel_map(lambda n: 6 // n, [3, 2, 0, 1], mode=mode)
    print(next(results), next(results), end=" ")
    try:
        next(results)
    except ZeroDivisionError as error:
        print(error, list(results), nothing_left())
    print(list(parallel_map(lambda n: 6 // n, [3, 0, 1], mode=mode, on_error="collect")))

    def broken():
        yield 1
        yield 2
        raise OSError("no more")
    given = []
    try:
        for value in parallel_map(abs, broken(), mode=mode):
            given.append(value)
    except OSError as error:
        print(given, error, nothing_left())
    # What takes too long.
    gate = threading.Event()
    results = parallel_map(lambda n: gate.wait(60) if n == 1 else n, range(3), mode="io", timeout=0.05)
    try:
        print(next(results), end=" ")
        next(results)
    except TimeoutError:
        gate.set()
        print("timed out")
    if mode == "cpu":  # without the GIL these are threads, which cannot be stopped
        try:
            list(parallel_map(lambda n: time.sleep(60 if sys._is_gil_enabled() else 1), range(3), mode="cpu", timeout=0.1))
        except TimeoutError:
            print("timed out", children())
    with parallel_map(abs, itertools.count(), mode=mode) as results:
        print(next(results))
    end = time.monotonic() + 20
    while threading.active_count() > 1 and time.monotonic() < end:
        time.sleep(0.001)
    print(nothing_left())

# --- progress: on a terminal only ---


class Terminal(io.StringIO):
    def isatty(self):
        return True


sys.stderr, kept = Terminal(), sys.stderr
print(len(list(parallel_map(abs, range(10), mode="io", progress=True))))
text, sys.stderr = sys.stderr.getvalue(), io.StringIO()
print(text.startswith("\r\x1b[K[" + "#" * 30 + "] 10/10 "), text.endswith("/s\n"))
print(len(list(parallel_map(abs, range(10), mode="io", progress=True))), repr(sys.stderr.getvalue()))
sys.stderr = kept

# --- how "auto" decides: by measured times (ns of the clock, of computing, of computing with the GIL) ---


def decided(wall, computed, held, **more):
    samples = Samples()
    samples.calls = [(wall, computed, held)] * 4 + [(10 ** 9, 10 ** 9, 10 ** 9)]
    return samples.decide(**more)


US, MS = 1000, 1_000_000
for what in (dict(wall=2 * US, computed=2 * US, held=2 * US), dict(wall=10 * MS, computed=20 * US, held=15 * US),
             dict(wall=10 * MS, computed=10 * MS, held=100 * US), dict(wall=10 * MS, computed=10 * MS, held=10 * MS),
             dict(wall=15 * US, computed=15 * US, held=15 * US), dict(wall=100 * US, computed=99 * US, held=99 * US, left=10)):
    for gil, processors in ((True, 4), (False, 4), (True, 1)):
        print(decided(**what, gil=gil, processors=processors)[0], end=" ")
    print(decided(**what, gil=True, processors=4)[1])
print(decided(10 * MS, 10 * MS, 10 * MS, gil=False, processors=1)[0], decided(10 * MS, 0, 0, gil=False, processors=1)[0])

results = parallel_map(lambda n: time.sleep(0.02) or n, range(8))
print(results.explain())
print(list(results), results.explain().split(":")[0], nothing_left())
results = parallel_map(lambda n: n, range(1000))
print(sum(results), results.explain().split(":")[0] in ("in line", "threads", "processes"))  # by how busy the machine is
pool = WorkerPool(max_workers=2)
print(pool.mode, pool.explain(), [pool.submit(time.sleep, 0.03).result() for _ in range(3)], pool.mode)
pool.shutdown()
pool = WorkerPool()
print(sum(pool.map(lambda n: n, range(1000))), pool.mode in ("inline", "thread", "process"), pool.submit(abs, -1).result(), pool.stats()[:6])
try:
    pool.submit(lambda: 1 // 0).result()
except ZeroDivisionError as error:
    print(error)
pool.shutdown()
print(WorkerPool(timeout=5).explain(), nothing_left())
for bad in (dict(mode="thread"), dict(on_error="ignore"), dict(max_workers=0), dict(chunksize=0)):
    try:
        parallel_map(abs, [], **bad)
    except ValueError as error:
        print(error)
# Heddle prints:
# io [0, 1, 4, 9, 16, 25, 36, 49, 64, 81] []
# 12502500
# True
# 0 True True True True
# (0, 1) []
# True (0, 1)
# 2 3 integer division or modulo by zero [] (0, 1)
# [2, ZeroDivisionError('integer division or modulo by zero'), 6]
# [1, 2] no more (0, 1)
# 0 timed out
# 0
# (0, 1)
# cpu [0, 1, 4, 9, 16, 25, 36, 49, 64, 81] []
# 12502500
# True
# 0 True True True True
# (0, 1) []
# True (0, 1)
# 2 3 integer division or modulo by zero [] (0, 1)
# [2, ZeroDivisionError('integer division or modulo by zero'), 6]
# [1, 2] no more (0, 1)
# 0 timed out
# timed out 0
# 0
# (0, 1)
# 10
# True True
# 10 ''
# inline inline inline 4 calls took 2 us each: 2 us computing with the GIL (100%), 0 ns computing without it, 0 ns waiting; handing a call to a thread costs about 3 us: too short to be worth it
# thread thread thread 4 calls took 10 ms each: 15 us computing with the GIL (0%), 5 us computing without it, 9.98 ms waiting; most of the time the GIL is free for another thread
# thread thread thread 4 calls took 10 ms each: 100 us computing with the GIL (1%), 9.9 ms computing without it, 0 ns waiting; most of the time the GIL is free for another thread
# process thread inline 4 calls took 10 ms each: 10 ms computing with the GIL (100%), 0 ns computing without it, 0 ns waiting; threads would wait for the GIL, processes have one each
# inline thread inline 4 calls took 15 us each: 15 us computing with the GIL (100%), 0 ns computing without it, 0 ns waiting; handing a call to a process costs about 20 us: too short to be worth it
# inline thread inline 4 calls took 100 us each: 99 us computing with the GIL (99%), 0 ns computing without it, 1 us waiting; the 10 calls that are left take 1 ms, less than the start of processes
# inline thread
# in line for now: not decided yet: no calls have been measured
# [0, 1, 2, 3, 4, 5, 6, 7] threads (0, 1)
# 499500 True
# auto threads for now: not decided yet: no calls have been measured [None, None, None] thread
# 499500 True 1 (1001, 1001, 0, 0, 0, 0)
# integer division or modulo by zero
# processes: only a process can be held to a time or a size (0, 1)
# mode must be 'io', 'cpu' or 'auto', not 'thread'
# on_error must be 'raise' or 'collect', not 'ignore'
# max_workers must be greater than 0
# chunksize must be at least 1
