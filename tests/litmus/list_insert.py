# `l.insert(i, x)`: atomic
from _race import TIMES, THREADS, race

l = []
race(lambda n: [l.insert(i % 5, (n, i)) for i in range(TIMES)])
print(len(l), len(set(l)))
