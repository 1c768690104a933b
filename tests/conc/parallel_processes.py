# heddle.parallel: a pool of processes: what may be sent, what comes back, what happens when a worker is lost.
# test: timeout=180
import array
import collections
import concurrent.futures
import math
import os
import signal
import sys
import threading
import time

from heddle.parallel import RemoteError, RemoteTraceback, TaskTimeout, WorkerLost, WorkerPool

BASE = 100


def children():
    """Living child processes, by pid."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[1] == str(os.getpid()) and fields[0] != "Z":
                found.append(int(name))
    return found


def add(n):
    return BASE + n


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def outcome(future):
    error = future.exception()
    return future.result() if error is None else f"{type(error).__name__}: {error}".replace(str(0), "0")


def settled(condition):
    """Agents let go of what they handed on a moment later."""
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    return condition()


reader, writer = os.pipe()
gate_reader, gate_writer = os.pipe()
pool = WorkerPool("process", 2)
print(children())
print(pool.submit(add, 1).result(), isinstance(pool.submit(abs, 1), concurrent.futures.Future), pool)

# --- functions by value ---
BASE = 200  # the worker gets what holds when the call is submitted
print(pool.submit(add, 1).result(), pool.submit(even, 10).result())
factor, log = 3, []


def make(k, default=[5]):
    counter = k

    def triple(n, *rest, scale=factor, **named):
        """Says so."""
        return (n * scale + counter, default, rest, named)

    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)

    def step():
        nonlocal counter
        counter += 1
        return counter

    def both():
        return step(), step(), counter
    return triple, factorial, both


triple, factorial, both = make(1000)
print(pool.submit(triple, 2, 9, x=1).result(), pool.submit(factorial, 20).result(), pool.submit(both).result(), both())
print(pool.submit(lambda f: (f(10), f.__name__, f.__doc__, f.__module__, f.__qualname__), triple).result())
back = pool.submit(lambda n: lambda m: math.floor(m / n), 3).result()
print(back(10), back.__closure__[0].cell_contents, pool.submit(lambda: sys.modules["math"] is math).result())
print(pool.submit(collections.Counter, "banana").result(), pool.submit(lambda: collections).result() is collections)
print(list(pool.map(lambda n: n + BASE, range(5))), list(pool.map(lambda a, b: a + b, "ab", "cd")))


class Point:
    def __init__(self, x):
        self.x = x

    def shifted(self, n):
        return Point(self.x + n)


with WorkerPool("process", 1) as other:  # classes go by name: a process forked after the class has it
    print(other.submit(Point(1).shifted, 4).result().x)

# --- results and exceptions ---


class Odd(Exception):
    def __init__(self, a, b):
        super().__init__("odd one")


def raises():
    raise KeyError("k")


error = pool.submit(raises).exception()
print(repr(error), type(error.__cause__) is RemoteTraceback, "in raises" in str(error.__cause__))
print(outcome(pool.submit(lambda: exec("raise Odd(1, 2)"))), type(outcome(pool.submit(threading.Lock))))
error = pool.submit(threading.Lock).exception()
print(type(error).__name__, error)
try:
    pool.submit(abs, threading.Lock())
except TypeError as error:
    print("not sent:", error)
results = pool.map(lambda n: n, [1, 2, threading.Lock(), 4])
try:
    for result in results:
        print(result, end=" ")
except TypeError as error:
    print("not sent:", error)
print(pool.submit(lambda: 5).result())

# --- long buffers go through shared memory and come back as what they were ---
data = bytes(range(256)) * 4096
things = {"bytes": [data, data], "bytearray": bytearray(data), "view": memoryview(data)[1:-1],
          "writable": memoryview(bytearray(data)).cast("q"), "shaped": memoryview(data).cast("B", (1024, 1024)),
          "step": memoryview(data)[::2], "array": array.array("d", range(100000)), "short": (b"x", array.array("i", [1]))}
same = pool.submit(lambda things: things, things).result()
print(same == things, same["bytes"][0] is same["bytes"][1], [type(v).__name__ for v in same.values()])
print(same["writable"].readonly, same["writable"].format, same["shaped"].shape, same["view"].readonly)
same["bytearray"][0] = same["writable"].cast("B")[0] = 77
print(data[0], things["bytearray"][0], hash(same["bytes"][0]) == hash(data), same["bytes"][0][:3], len(same["bytes"][0]))
again = pool.submit(lambda b: b, same["bytes"][0]).result()  # handed on, not copied
print(again == data, again + b"x" == data + b"x", again[5:9], again.count(b"\0"), {again: 1}[data])
many = pool.submit(lambda: [bytes(200000) for _ in range(300)]).result()  # more than one message has descriptors
print(len(many), {len(b) for b in many}, set(map(type, many)))
del same, again, many
print(settled(lambda: "memfd" not in open("/proc/self/maps").read()), len(os.listdir("/proc/self/fd")) < 20)

# --- what is lost when a worker is ---
print(outcome(pool.submit(os._exit, 3)).partition("ended")[2])
print(outcome(pool.submit(sys.exit, 4)).partition("ended")[2])
print(outcome(pool.submit(lambda: os.kill(os.getpid(), signal.SIGKILL))).partition("was")[2])
print(outcome(pool.submit(lambda: os.kill(os.getpid(), signal.SIGTERM))).partition("was")[2])


def deadly(n):
    if n % 300 == 77:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


futures = [pool.submit(deadly, n) for n in range(1000)]
lost = [n for n, future in enumerate(futures) if isinstance(future.exception(), WorkerLost)]
print(lost, all(future.result() == n for n, future in enumerate(futures) if n not in lost))
results = pool.map(deadly, range(1000))
print(sum(1 for _ in zip(range(77), results)), end=" ")
try:
    next(results)
except WorkerLost as error:
    print(isinstance(error, concurrent.futures.BrokenExecutor))
with WorkerPool("process", 1) as other:  # a worker that dies while it has nothing to do
    pid = other.submit(os.getpid).result()
    os.kill(pid, signal.SIGKILL)
    print(other.submit(abs, -1).result())
    grandchild = other.submit(lambda: os.fork() or time.sleep(60)).result()  # holds what its parent had open
    os.kill(other.submit(os.getpid).result(), signal.SIGKILL)
    print(other.submit(abs, -2).result())
    os.kill(grandchild, signal.SIGKILL)

# --- time, another try ---
with WorkerPool("process", 2, timeout=0.3) as other:
    futures = [other.submit(time.sleep, 60 if n == 5 else 0) for n in range(50)]
    late = [n for n, future in enumerate(futures) if future.exception()]
    error = futures[5].exception()
    print(late, isinstance(error, TaskTimeout), isinstance(error, TimeoutError), str(error).partition(",")[0])
    print(list(other.map(lambda n: time.sleep(0.1) or n, range(6))))


def until(n):
    """Dies n times."""
    times = len(os.read(reader, 10)) if os.write(writer, b"x") else 0
    os.write(writer, b"x" * times)
    if times <= n:
        os._exit(1)
    return times


with WorkerPool("process", 2, retries=2) as other:
    print(other.submit(until, 2).result(), other.stats()[:4])
    os.read(reader, 10)
    print(outcome(other.submit(until, 3)).partition("ended")[2], other.stats()[:4])
with WorkerPool("process", 2, initializer=lambda: os._exit(9)) as other:
    print(outcome(other.submit(abs, 1)).partition("ended")[2])

# --- a long task does not hold up what was sent to its worker with it ---
for n in range(200):
    pool.submit(abs, n)
pool.submit(abs, 1).result()
blocker = pool.submit(os.read, gate_reader, 10)
quick = [pool.submit(abs, n) for n in range(2000)]
print(len(concurrent.futures.wait(quick, timeout=60)[0]), blocker.done())
os.write(gate_writer, b"go")
print(blocker.result())

# --- counts are right, in many threads too, and the end leaves nothing ---
before = pool.stats()
counts = [0] * 4


def submit(k):
    for future in [pool.submit(lambda n: n, n) for n in range(300)]:
        counts[k] += future.result() >= 0


threads = [threading.Thread(target=submit, args=(k,)) for k in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
stats = pool.stats()
print(counts, stats.completed - before.completed, stats.submitted == stats.completed + stats.failed + stats.cancelled,
      stats.pending, stats.running, stats.running_time.p50 < stats.running_time.p99)
gate = [pool.submit(os.read, gate_reader, 1) for _ in range(2)]
print(settled(lambda: pool.stats().running == 2))
waiting = [pool.submit(abs, n) for n in range(100)]
print(waiting[50].cancel(), waiting[50].cancelled(), len(children()))
pool.shutdown(wait=False, cancel_futures=True)
os.write(gate_writer, b"zz")
print([f.result() for f in gate], sum(f.cancelled() for f in waiting))
pool.shutdown()
print(children(), threading.active_count())
pool = WorkerPool("process", 2)
futures = [pool.submit(time.sleep, 60) for _ in range(4)]
while pool.stats().running < 2:
    time.sleep(0.001)
pool.shutdown(kill=True)
print([f.cancelled() or type(f.exception()).__name__ for f in futures], children())
try:
    pool.submit(abs, 1)
except RuntimeError as error:
    print(error)
print(RemoteError.__mro__[1].__name__)
# Heddle prints:
# []
# 101 True <WorkerPool WorkerPool-1 mode='process'>
# 201 True
# (1006, [5], (9,), {'x': 1}) 2432902008176640000 (1001, 1002, 1002) (1001, 1002, 1002)
# ((1032, [5], (), {}), 'triple', 'Says so.', '__main__', 'make.<locals>.triple')
# 3 3 True
# Counter({'a': 3, 'n': 2, 'b': 1}) True
# [200, 201, 202, 203, 204] ['ac', 'bd']
# 5
# KeyError('k') True True
# NameError: name 'Odd' is not defined <class 'str'>
# TypeError cannot pickle 'lock' object
# not sent: cannot pickle 'lock' object
# 1 2 not sent: cannot pickle 'lock' object
# 5
# True True ['list', 'bytearray', 'memoryview', 'memoryview', 'memoryview', 'memoryview', 'array', 'tuple']
# False q (1024, 1024) True
# 0 0 True b'\x00\x01\x02' 1048576
# True True b'\x05\x06\x07\x08' 4096 1
# 300 {200000} {<class 'bytes'>}
# True True
#  with exit status 3
#  with exit status 4
#  killed by SIGKILL
#  killed by SIGTERM
# [77, 377, 677, 977] True
# 77 True
# 1
# 2
# [5] True True the task took longer than 0.3 s
# [0, 1, 2, 3, 4, 5]
# 3 (1, 1, 0, 0)
#  with exit status 1 (2, 1, 1, 0)
#  with exit status 9
# 2000 False
# b'go'
# [300, 300, 300, 300] 1200 True 0 0 True
# True
# True True 2
# [b'z', b'z'] 100
# [] 1
# ['WorkerLost', 'WorkerLost', True, True] []
# cannot schedule new futures after shutdown
# RuntimeError
