# `d.setdefault(k, v)`: atomic: all threads get the same value
from _race import TIMES, THREADS, race

d = {}
got = race(lambda n: [d.setdefault(i, [n]) for i in range(TIMES)])
print(all(got[n][i] is d[i] for n in range(THREADS) for i in range(TIMES)))
