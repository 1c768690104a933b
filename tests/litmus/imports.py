# `import m` by several threads: the module's body runs once; all wait until it has
from _race import TIMES, THREADS, race

import os
import sys
folder = os.path.abspath("modules")
os.mkdir(folder)
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
runs = sys.modules["litmus_runs"] = type(sys)("litmus_runs")
runs.count = []
for k in range(10):
    with open(f"{folder}/litmus_{k}.py", "w") as file:
        file.write("import litmus_runs\nlitmus_runs.count.append(1)\nfor i in range(200): pass\nlast = i\n")
def work(n):
    return [getattr(__import__(f"litmus_{k}"), "last") for k in range(10)]
print(all(got == [199] * 10 for got in race(work)), len(runs.count))
