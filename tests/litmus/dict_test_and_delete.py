# `if k in d: del d[k]`, `d[k] = d[k] + 1`: not atomic: the key may be gone (KeyError), updates may be lost
from _race import TIMES, THREADS, race

d = {}
def work(n):
    for i in range(TIMES):
        d["k"] = i
        try:
            if "k" in d:
                del d["k"]
        except KeyError:
            pass
race(work)
d.pop("k", None)
print(d)
