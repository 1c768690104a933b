"""Threads import the same modules, drop them and import again, in cycles, with errors. A body runs once an import."""
import importlib
import os
import sys

from harness import Random, Torture, fresh_folder

torture = Torture()
folder = fresh_folder()
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
ROUND = 0


def write(name, text):
    with open(os.path.join(folder, name + ".py"), "w") as file:
        file.write(text)


def one_round(rng):
    global ROUND
    ROUND += 1
    runs = sys.modules["torture_runs"] = type(sys)("torture_runs")
    runs.count = []
    cycle = rng.random() < 0.2  # then an import may say that it would wait for itself, and be tried again
    names = [f"module_{ROUND}_{n}" for n in range(6)]
    for n, name in enumerate(names):
        text = "import torture_runs\n"
        if n:
            text += f"import {names[rng.randrange(n)]} as before\n"
        else:
            text += f"import {names[5]} as round\n" if cycle else ""
        text += f"torture_runs.count.append({n})\nvalue = [i for i in range(50)]\nclass C:\n    x = {n}\n"
        if n == 3:
            text += "def f():\n    from math import sqrt\n    return sqrt(4)\n"
        write(name, text)
    write(f"broken_{ROUND}", "import torture_runs\nraise LookupError('broken')\n")
    importlib.invalidate_caches()

    def use(seed):
        random_ = Random(seed)
        order = list(range(6))
        random_.shuffle(order)
        for n in order:
            while True:
                try:
                    module = importlib.import_module(names[n])
                    break
                except RuntimeError as error:
                    torture.check(cycle and "deadlock" in str(error), error)
            torture.check(module.C.x == n and len(module.value) == 50, module)
            if n == 3:
                torture.check(module.f() == 2.0)
            if random_.random() < 0.3:
                try:
                    importlib.import_module(f"broken_{ROUND}")
                except LookupError:
                    pass
                else:
                    torture.fail("a module that raises was imported")
            try:
                exec(f"from {names[n]} import nothing_of_that_name")
            except ImportError:
                pass

    torture.together([lambda s=rng.getrandbits(32): use(s) for _ in range(torture.threads)])
    torture.check(cycle or sorted(runs.count) == list(range(6)), "bodies ran", runs.count)
    for name in names:
        sys.modules.pop(name, None)
        os.unlink(os.path.join(folder, name + ".py"))
    os.unlink(os.path.join(folder, f"broken_{ROUND}.py"))


torture.rounds_of(one_round)
os.rmdir(folder)
torture.finish()
