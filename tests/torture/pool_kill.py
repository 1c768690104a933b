"""Shoots worker processes, and parents of pools, at random moments under load. No task may be lost: each has its result or
an error that says what happened, and with retries its result. No process and no shared memory may be left."""
import os
import signal
import subprocess
import sys
import threading
import time

from harness import Random, Torture
from heddle.parallel import WorkerLost, WorkerPool, parallel_map

PARENT = """
import os, sys, time
from heddle.parallel import WorkerPool
pool = WorkerPool("process", 3)
def work(n, data): return n + len(data)
for _ in range(3): pool.submit(os.write, 1, b"%d\\n" % os.getpid())
def report(n):
    time.sleep(0.01)
    os.write(1, b"w%d\\n" % os.getpid())
for n in range(9): pool.submit(report, n)
while True:
    futures = [pool.submit(work, n, bytes(n % 5 * 100000)) for n in range(200)]
    list(pool.map(lambda n: sum(range(n % 3000)), range(2000)))
    for future in futures: future.result()
"""


def processes(of):
    """Living processes below `of`."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(name)] = int(fields[1])
    found, new = set(), {of}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def shared_memory():
    maps = open("/proc/self/maps").read()
    descriptors = []
    for name in os.listdir("/proc/self/fd"):
        try:
            descriptors.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    return maps.count("memfd:") + sum("memfd:" in path for path in descriptors) + \
        sum("heddle" in name for name in os.listdir("/dev/shm"))


torture = Torture()
torture.tasks = torture.lost = torture.lost_workers = torture.shots = torture.parents = 0


def soon(condition):
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def under_fire(pool, rng, work):
    """work() while somebody shoots the pool's workers."""
    stop = threading.Event()

    def shoot(seed):
        random_ = Random(seed)
        while not stop.is_set():
            time.sleep(random_.random() ** 3 * 0.05)
            agents = list(pool._cores_used[0].agents)
            process = agents[random_.randrange(len(agents))].process if agents else None
            if process is not None and is_alive(process.pid):
                process.kill()
                torture.shots += 1

    shooter = threading.Thread(target=torture.guard, args=(shoot, rng.getrandbits(32)))
    shooter.start()
    try:
        work()
    finally:
        stop.set()
        shooter.join()


def check(futures, want, retried):
    for future, value in zip(futures, want):
        try:
            error = future.exception(timeout=60)
        except TimeoutError:
            torture.lost += 1
            torture.fail("a task is lost")
            return
        if error is None:
            torture.check(future.result() == value, "another result", future.result(), value)
        else:
            torture.check(isinstance(error, WorkerLost) and not retried, "another error", repr(error))
            torture.lost_workers += 1
    torture.tasks += len(futures)


def submits(rng, retries):
    data = bytes(range(256)) * 1000
    with WorkerPool("process", 2 + rng.randrange(2), retries=retries) as pool:
        def work():
            futures, want = [], []
            for n in range(300 + rng.randrange(700)):
                kind = rng.randrange(20)
                if kind == 0:
                    futures.append(pool.submit(lambda n, d: d[n:n + 10], n % 100, data))
                    want.append(data[n % 100:n % 100 + 10])
                elif kind == 1:
                    futures.append(pool.submit(lambda d: d, data))
                    want.append(data)
                elif kind == 2:
                    futures.append(pool.submit(time.sleep, 0.002))
                    want.append(None)
                else:
                    futures.append(pool.submit(lambda n: n * n, n))
                    want.append(n * n)
            check(futures, want, retries)
        under_fire(pool, rng, work)
        stats = pool.stats()
        torture.check(stats.pending == stats.running == 0 and stats.submitted == stats.completed + stats.failed, stats)
    del pool


def maps(rng):
    with WorkerPool("process", 2, retries=1000) as pool:
        def work():
            count = 3000 + rng.randrange(3000)
            got = list(pool.map(lambda n: sum(range(n % 500)), range(count)))
            torture.check(got == [sum(range(n % 500)) for n in range(count)], "another result of map")
            torture.tasks += count
        under_fire(pool, rng, work)
    del pool


def parent(rng):
    """A parent dies in the middle of its work."""
    command = [sys.executable, "--gil=on" if sys._is_gil_enabled() else "--gil=off", "-c", PARENT]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    child.stdout.readline()
    time.sleep(rng.random() * 0.2)
    below = processes(child.pid)
    child.kill()
    child.wait()
    child.stdout.close()
    torture.check(soon(lambda: not any(map(is_alive, below))), "processes are left", below)
    torture.parents += 1


def cancelled(rng):
    """A map that is given up in the middle."""
    for n in parallel_map(lambda n: n, iter(range(10 ** 9)), mode="cpu", max_workers=2):
        if n > rng.randrange(3000):
            break


def one_round(rng):
    rng.choice([lambda: submits(rng, 0), lambda: submits(rng, 1000), lambda: maps(rng), lambda: parent(rng),
                lambda: cancelled(rng)])()
    torture.check(soon(lambda: not processes(os.getpid())), "processes are left", processes(os.getpid()))
    torture.check(soon(lambda: shared_memory() == 0), "shared memory is left", shared_memory())


torture.guard(torture.rounds_of, one_round)
print(f"{torture.tasks} tasks, {torture.lost_workers} told that their worker was lost, {torture.shots} workers and "
      f"{torture.parents} parents shot; lost: {torture.lost}, processes left: {len(processes(os.getpid()))}, shared memory left: "
      f"{shared_memory()}")
torture.finish()
