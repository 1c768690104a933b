# `d[k] = v`, `del d[k]`: atomic
from _race import TIMES, THREADS, race

d = {}
race(lambda n: [d.__setitem__((n, i), i) for i in range(TIMES)])
print(len(d), all(d[n, i] == i for n in range(THREADS) for i in range(TIMES)))
race(lambda n: [d.__delitem__((n, i)) for i in range(TIMES)])
print(d)
