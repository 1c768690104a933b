# `d.pop(k)`, `d.pop(k, default)`: atomic: one thread gets it
from _race import TIMES, THREADS, race

d = dict.fromkeys(range(TIMES), True)
got = race(lambda n: sum(d.pop(i, 0) for i in range(TIMES)))
print(sum(got), d)
