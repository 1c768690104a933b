# Times main() of each program here with one interpreter and the other and prints the ratio of speeds.
# usage: python3 bench/vm/run.py HEDDLE [names]
import math, os, subprocess, sys
here = os.path.dirname(os.path.abspath(__file__))
ONE = ("import sys, time; sys.path.insert(0, %r)\nm = __import__(sys.argv[1])\nbest = 1e9\n"
       "for _ in range(4):\n    t = time.perf_counter(); r = m.main(); best = min(best, time.perf_counter() - t)\n"
       "print(best); print(r)" % here)

def measure(command, name):
    done = subprocess.run([*command, "-c", ONE, name], capture_output=True, text=True, timeout=300)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1:] or "signal %d" % -done.returncode
    first, _, rest = done.stdout.partition("\n")
    return float(first), rest

heddle = sys.argv[1].split()
names = sys.argv[2:] or sorted(f[:-3] for f in os.listdir(here) if f.endswith(".py") and f != "run.py")
ratios = []
for name in names:
    theirs, want = measure(["/usr/bin/python3"], name)
    ours, got = measure(heddle, name)
    if ours is None:
        print(f"{name:12} fails: {got}")
        continue
    ratios.append(theirs / ours)
    print(f"{name:12} CPython {theirs * 1e3:8.1f} ms   heddle {ours * 1e3:8.1f} ms   speed {theirs / ours:5.2f}x"
          + ("" if got == want else f"   WRONG: {got!r} != {want!r}"))
if ratios:
    print(f"geometric mean of {len(ratios)}: {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}x")
