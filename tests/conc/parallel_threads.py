# heddle.parallel: a pool of threads and its futures, seen through concurrent.futures and asyncio.
# test: timeout=120
import asyncio
import concurrent.futures
import threading
import time
import weakref

from heddle.parallel import Future, WorkerPool

pool = WorkerPool("thread", 2)
future = pool.submit(pow, 2, exp=10)
print(future.result(), isinstance(future, concurrent.futures.Future), type(future) is Future, pool)
print(future.done(), future.running(), future.cancelled(), future.exception())

# Exceptions come with their traceback, and as often as they are asked for.
failed = pool.submit(lambda: 1 // 0)
for _ in range(2):
    try:
        failed.result()
    except ZeroDivisionError as error:
        print("raised", error, error.__traceback__ is not None)
print(repr(failed.exception()))

# What waits can be cancelled, what runs cannot; the counts say so at once.
gate, inside = threading.Event(), threading.Barrier(3)


def wait_inside():
    inside.wait()
    gate.wait()
    return "through"


blockers = [pool.submit(wait_inside) for _ in range(2)]
inside.wait()
waiting = [pool.submit(abs, -n) for n in range(3)]
called = []
waiting[0].add_done_callback(lambda f: called.append((f is waiting[0], f.cancelled())))
print(waiting[0].cancel(), waiting[0].cancel(), blockers[0].cancel(), called)
stats = pool.stats()
print(stats.pending, stats.running, stats.cancelled, stats.submitted == sum(stats[1:6]))
try:
    waiting[1].result(timeout=0.01)
except TimeoutError as error:
    print("timed out", isinstance(error, concurrent.futures.TimeoutError))
try:
    waiting[0].result()
except concurrent.futures.CancelledError:
    print("cancelled")

# wait() and as_completed() tell of cancelled, finished and late ones.
done, left = concurrent.futures.wait([*blockers, *waiting], timeout=0.01)
print(len(done), len(left))
threading.Timer(0.01, gate.set).start()
done, left = concurrent.futures.wait([*blockers, *waiting])
print(len(done), len(left), sorted(f.result() for f in done if not f.cancelled() and f not in blockers))
print(sorted(f.result() for f in concurrent.futures.as_completed([pool.submit(abs, -n) for n in range(20)])))
done, left = concurrent.futures.wait([pool.submit(abs, -1)], return_when="FIRST_COMPLETED")
print(len(done))

# Callbacks are called in order, after the end at once; what they raise does not reach the pool.
import logging  # noqa: E402
logging.getLogger("concurrent.futures").addHandler(logging.NullHandler())
logging.getLogger("concurrent.futures").propagate = False
order = []
future = pool.submit(abs, -1)
future.result()
future.add_done_callback(lambda f: order.append(1))
future.add_done_callback(lambda f: 1 // 0)
future.add_done_callback(lambda f: order.append(2))
print(order)


async def from_asyncio():
    loop = asyncio.get_running_loop()
    print(await asyncio.wrap_future(pool.submit(abs, -5)), await loop.run_in_executor(pool, abs, -6))
    wrapped = asyncio.wrap_future(pool.submit(time.sleep, 0.001))
    print(await asyncio.wait_for(wrapped, 10))

asyncio.run(from_asyncio())

# map: in order, several iterables, lazily given, errors in their place.
print(list(pool.map(lambda a, b: a * b, range(5), range(5, 10))), list(pool.map(abs, [])))
print(list(pool.map(lambda n: n * n, range(10), chunksize=3)) == [n * n for n in range(10)])
results = pool.map(lambda n: 6 // n, [1, 2, 0, 3])
print(next(results), next(results))
try:
    next(results)
except ZeroDivisionError:
    print("raised", list(results))
gate.clear()
try:
    list(pool.map(lambda n: gate.wait() and n, range(3), timeout=0.01))
except TimeoutError:
    print("timed out")
gate.set()
print(sum(1 for _ in pool.map(abs, range(10000))))
# It runs whether anybody asks or not.
seen = []
pool.map(seen.append, range(100))
pool.submit(abs, 1).result()
pool.shutdown()
print(sorted(seen) == list(range(100)))
for late in (lambda: pool.submit(abs, 1), lambda: pool.map(abs, [1])):
    try:
        late()
    except RuntimeError as error:
        print(error)

# Many threads submit, and nothing is lost or done twice.
counts, lock = [0] * 8, threading.Lock()


def count(n):
    with lock:
        counts[n] += 1


with WorkerPool("thread", 3, name="many") as pool:
    def submit(n):
        for future in [pool.submit(count, n) for _ in range(500)]:
            future.result()
    threads = [threading.Thread(target=submit, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {pool.submit(lambda: threading.current_thread().name).result() for _ in range(50)}
    print(counts, names <= {"many-0", "many-1", "many-2"})
stats = pool.stats()
print(stats.submitted, stats.completed, stats.failed, stats.cancelled, stats.pending, stats.running)
print(0 <= stats.running_time.p50 <= stats.running_time.p99 * 1.07, stats.waiting_time.mean > 0)

# Each worker is prepared; one task at a time is in it.
local = threading.local()
with WorkerPool("thread", 2, initializer=lambda v: setattr(local, "value", v), initargs=("ready",)) as pool:
    print({pool.submit(lambda: local.value).result() for _ in range(20)})

# Cancelling everything at the end; a task that submits to its own pool.
with WorkerPool("thread", 1) as pool:
    print(pool.submit(lambda: pool.submit(abs, -3)).result().result())
gate.clear()
pool = WorkerPool("thread", 1)
first, rest = pool.submit(gate.wait), [pool.submit(abs, n) for n in range(10)]
while not first.running():
    time.sleep(0.001)
pool.shutdown(wait=False, cancel_futures=True)
gate.set()
print(first.result(), sum(f.cancelled() for f in rest), pool.stats().cancelled)


# What a task was given is let go when it has run, and its result with the future.
class Thing:
    pass


with WorkerPool("thread", 1) as pool:
    thing = Thing()
    watch = weakref.ref(thing)
    future = pool.submit(id, thing)
    future.result()
    del thing
    print(watch() is None)
    future = pool.submit(Thing)
    watch = weakref.ref(future.result())
    del future
    print(watch() is None)
for bad in (dict(mode="thread", max_workers=0), dict(mode="fibre"), dict(mode="thread", timeout=1), dict(retries=-1)):
    try:
        WorkerPool(**bad)
    except ValueError as error:
        print(error)
# Heddle prints:
# 1024 True True <WorkerPool WorkerPool-1 mode='thread'>
# True False False None
# raised integer division or modulo by zero True
# raised integer division or modulo by zero True
# ZeroDivisionError('integer division or modulo by zero')
# True True False [(True, True)]
# 2 2 1 True
# timed out True
# cancelled
# 0 5
# 5 0 [1, 2]
# [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
# 1
# [1, 2]
# 5 6
# None
# [0, 6, 14, 24, 36] []
# True
# 6 3
# raised []
# timed out
# 10000
# True
# cannot schedule new futures after shutdown
# cannot schedule new futures after shutdown
# [500, 500, 500, 500, 500, 500, 500, 500] True
# 4050 4050 0 0 0 0
# True True
# {'ready'}
# 3
# True 10 10
# True
# True
# max_workers must be greater than 0
# mode must be 'thread', 'process' or 'auto', not 'fibre'
# timeout and memory_limit need mode='process': a thread cannot be stopped from outside
# retries must not be negative
