# `l.reverse()`, `l.clear()`: atomic
from _race import TIMES, THREADS, race

l = list(range(10))
def reverse(n):
    for _ in range(TIMES):
        l.reverse()
def read(n):
    copies = [l[:] for _ in range(TIMES)]
    return all(c == list(range(10)) or c == list(range(9, -1, -1)) for c in copies)
print(race(reverse, read, threads=2))
