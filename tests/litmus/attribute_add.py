# `o.n += 1`, a global or nonlocal `n += 1`: not atomic: updates may be lost
from _race import TIMES, THREADS, race

class C:
    n = 0
o = C()
def add(n):
    for _ in range(TIMES):
        o.n += 1
race(add)
print(0 < o.n <= THREADS * TIMES)
