# heddle.parallel: pools at the end of a program, in a forked child, under Ctrl-C, and when the parent is killed.
# test: timeout=120
import os
import signal
import subprocess
import sys
import time

COMMAND = [sys.executable, "--gil=on" if sys._is_gil_enabled() else "--gil=off", "-c"]
HEAD = """
import os, signal, sys, threading, time
from heddle.parallel import WorkerPool, parallel_map
mode = sys.argv[1]
"""


def run(program, *arguments):
    done = subprocess.run([*COMMAND, HEAD + program, *arguments], capture_output=True, text=True, timeout=60)
    print(*sorted(done.stdout.splitlines()), done.stderr.strip()[-300:], done.returncode, sep=" | ")


def gone(pids):
    """Whether the processes end (as orphans they are nobody's to wait for)."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        alive = []
        for pid in pids:
            try:
                with open(f"/proc/{pid}/stat") as file:
                    alive += [pid] if file.read().rpartition(")")[2].split()[0] != "Z" else []
            except OSError:
                pass
        if not alive:
            return True
        time.sleep(0.002)
    return alive


for mode in ("thread", "process"):
    # What was queued is done before the interpreter ends, with a pool that nobody shut down, or that is garbage.
    run("""
pool = WorkerPool(mode, 2)
def work(n):
    time.sleep(0.01)
    os.write(1, b"done\\n")
for n in range(5): pool.submit(work, n)
WorkerPool(mode, 1).submit(work, 0)
""", mode)
    run("""
pool = WorkerPool(mode, 2)
pool.submit(abs, 1).result()
raise SystemExit(3)
""", mode)
    # A pool that nobody has any more ends its workers.
    run("""
for n in range(3):
    WorkerPool(mode, 2).submit(abs, 1).result()
end = time.monotonic() + 20
while time.monotonic() < end and threading.active_count() > 1: time.sleep(0.001)
print(threading.active_count())
try: print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError: print("no children")
""", mode)
    # A forked child has a pool of its own; what runs in the parent does not run there.
    run("""
pool = WorkerPool(mode, 2)
reader, writer = os.pipe()
running = pool.submit(os.read, reader, 1)
print(pool.submit(abs, -1).result(), flush=True)
pid = os.fork()
if pid == 0:
    print("child", pool.submit(abs, -2).result(), list(pool.map(abs, [-3, -4])), pool.stats()[:6])
    try: running.result(5)
    except RuntimeError as error: print(error)
    pool.shutdown()
    print("child done", flush=True)
    os._exit(0)
print(os.waitpid(pid, 0)[1])
os.write(writer, b"x")
print(running.result(), pool.submit(abs, -5).result())
""", mode)
    # Ctrl-C ends the wait; what has not begun is cancelled, processes are killed.
    run("""
signal.signal(signal.SIGINT, signal.default_int_handler)
reader, writer = os.pipe()
pool = WorkerPool(mode, 1)
try:
    with pool:
        futures = [pool.submit(os.read, reader, 1)] + [pool.submit(abs, n) for n in range(3)]
        while not pool.stats().running: time.sleep(0.001)
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
        if mode == "thread": threading.Timer(0.3, os.write, (writer, b"x")).start()
        futures[0].result()
except KeyboardInterrupt:
    print("interrupted", [f.cancelled() for f in futures], type(futures[0].exception()).__name__)
""", mode)
    # In the middle of a map.
    run("""
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    for _ in parallel_map(lambda n: time.sleep(0.05), iter(int, 1), mode="io" if mode == "thread" else "cpu"): pass
except KeyboardInterrupt:
    print("interrupted")
end = time.monotonic() + 20
while time.monotonic() < end and threading.active_count() > 1: time.sleep(0.001)
print(threading.active_count())
""", mode)

# The parent is killed: its workers are gone, whatever they do, and so is what they share.
before = set(os.listdir("/dev/shm"))
for task in ("time.sleep(60)", "[0 for _ in iter(int, 1)]", "bytes(1 << 24)"):
    process = subprocess.Popen([*COMMAND, HEAD + f"""
pool = WorkerPool(mode, 3)
def work(data):
    os.write(1, b"%d\\n" % os.getpid())
    while True: {task}
for n in range(3): pool.submit(work, bytes(1 << 20))
time.sleep(60)
""", "process"], stdout=subprocess.PIPE)
    pids = [int(process.stdout.readline()) for _ in range(3)]
    process.kill()
    print(process.wait() == -signal.SIGKILL, len(set(pids)), gone(pids))
print(sorted(name for name in set(os.listdir("/dev/shm")) - before if "heddle" in name))
# Heddle prints:
# done | done | done | done | done | done |  | 0
#  | 3
# 1 | no children |  | 0
# 0 | 1 | b'x' 5 | child 2 [3, 4] (3, 3, 0, 0, 0, 0) | child done | the task belongs to the process that this one was forked from |  | 0
# interrupted [False, True, True, True] NoneType |  | 0
# 1 | interrupted |  | 0
# done | done | done | done | done | done |  | 0
#  | 3
# 1 | no children |  | 0
# 0 | 1 | b'x' 5 | child 2 [3, 4] (3, 3, 0, 0, 0, 0) | child done | the task belongs to the process that this one was forked from |  | 0
# interrupted [False, True, True, True] WorkerLost |  | 0
# 1 | interrupted |  | 0
# True 3 True
# True 3 True
# True 3 True
# []
