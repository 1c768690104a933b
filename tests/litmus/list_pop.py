# `l.pop()`, `l.pop(i)`: atomic: each item is taken once
from _race import TIMES, THREADS, race

l = list(range(THREADS * TIMES))
taken = race(lambda n: [l.pop(-1 if n % 2 else 0) for _ in range(TIMES)])
print(sorted(sum(taken, [])) == list(range(THREADS * TIMES)), l)
