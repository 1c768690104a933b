# `s.add(x)`, `s.discard(x)`, `s.remove(x)`, `x in s`: atomic
from _race import TIMES, THREADS, race

s = set()
race(lambda n: [s.add((n, i)) for i in range(TIMES)])
print(len(s))
race(lambda n: [s.discard((n, i)) for i in range(TIMES)])
print(s)
