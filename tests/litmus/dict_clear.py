# `d.clear()`: atomic
from _race import TIMES, THREADS, race

d = {}
def write(n):
    for i in range(TIMES):
        d.update(dict.fromkeys("abc"))
        d.clear()
def read(n):
    return all(len(d.copy()) in (0, 3) for _ in range(TIMES))
print(race(write, read, threads=1), d)
