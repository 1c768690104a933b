# `l.append(x)`: atomic: no item is lost
from _race import TIMES, THREADS, race

l = []
race(lambda n: [l.append((n, i)) for i in range(TIMES)])
print(len(l), len(set(l)))
for n in range(THREADS):
    print([i for m, i in l if m == n] == list(range(TIMES)))
