"""Programs that end while daemon threads run, wait, allocate, hold locks or write. They end, with their output."""
import os
import subprocess
import sys
import time

from harness import Torture

torture = Torture()

DAEMONS = """
import gc, os, sys, threading, time
stop_reading, blocked = os.pipe()
def spin():
    while True: sum(range(100))
def allocate():
    things = []
    while True:
        things = [[n] for n in range(100)]
def waits(): threading.Event().wait()
def sleeps():
    while True: time.sleep(0.001)
def reads(): os.read(stop_reading, 1)
def holds():
    with threading.Lock(): time.sleep(1000)
def collects():
    while True: gc.collect()
def prints():
    while True: print(end="")
def starts():
    while True:
        thread = threading.Thread(target=int, daemon=True)
        try: thread.start()
        except RuntimeError: return
def imports():
    import importlib
    while True:
        sys.modules.pop("colorsys", None)
        importlib.import_module("colorsys")
for name in sys.argv[1].split(","):
    threading.Thread(target=globals()[name], daemon=True).start()
class Last:
    def __del__(self): print("deleted")
last = Last()
time.sleep(int(sys.argv[2]) % 1000 / 100000)
print("the end")
"""
# The daemon blocks in a write to a full pipe and holds the buffered stream's lock.
BLOCKED = """
import os, sys, threading, time
read, write = os.pipe()
full = open(write, "w")
def fill():
    while True:
        full.write("x" * 100000)
        full.flush()
threading.Thread(target=fill, daemon=True).start()
time.sleep(0.02)
print("the end")
"""
# … of stdout itself: what was written before is in the pipe; the reader takes all after the exit began.
STDOUT = """
import os, sys, threading, time
def fill():
    while True: sys.stdout.write("x" * 5000 + "\\n")
threading.Thread(target=fill, daemon=True).start()
time.sleep(0.05)
os.write(2, b"ending")
"""


def execute(program, *arguments, slow=0.0):
    child = subprocess.Popen([sys.executable, *OPTIONS, "-c", program, *arguments], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(slow)
    try:
        out, err = child.communicate(timeout=90)
    except subprocess.TimeoutExpired:
        os.kill(child.pid, 6)
        out, err = child.communicate()
        torture.fail(f"hangs at exit: {arguments} {err[-2000:]}")
    return child.returncode, out, err


OPTIONS = ["--gil=on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "--gil=off"] if "heddle" in sys.executable else []


def one_round(rng):
    names = ["spin", "allocate", "waits", "sleeps", "reads", "holds", "collects", "prints", "starts", "imports"]
    chosen = ",".join(rng.choice(names) for _ in range(rng.randrange(1, 5)))
    status, out, err = execute(DAEMONS, chosen, str(rng.getrandbits(30)))
    torture.check(status == 0 and out.startswith("the end\n"), chosen, status, out[-200:], err[-2000:])
    status, out, err = execute(BLOCKED)
    torture.check(status == 0 and out == "the end\n", status, out[-200:], err[-2000:])
    status, out, err = execute(STDOUT, slow=0.2)
    # the blocked write may be cut, nothing before it
    torture.check(err == "ending" and all(len(line) == 5000 for line in out.split("\n")[:-1]), status, err[-2000:])


torture.rounds_of(one_round)
torture.finish()
