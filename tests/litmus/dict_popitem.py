# `d.popitem()`: atomic: each pair is taken once
from _race import TIMES, THREADS, race

d = {i: str(i) for i in range(THREADS * TIMES)}
taken = sum(race(lambda n: [d.popitem() for _ in range(TIMES)]), [])
print(sorted(taken) == [(i, str(i)) for i in range(THREADS * TIMES)], d)
