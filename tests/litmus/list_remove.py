# `l.remove(x)`, `l.index(x)`, `x in l`: atomic while no `__eq__` written in Python runs
from _race import TIMES, THREADS, race

l = list(range(THREADS * TIMES))
race(lambda n: [l.remove(n * TIMES + i) for i in range(TIMES)])
print(l)
