# `s.pop()`: atomic: each item is taken once
from _race import TIMES, THREADS, race

s = set(range(THREADS * TIMES))
taken = sum(race(lambda n: [s.pop() for _ in range(TIMES)]), [])
print(sorted(taken) == list(range(THREADS * TIMES)), s)
