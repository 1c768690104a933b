# `l.sort()`: atomic for those that only read: they see the list before, empty, or after; who changes it meanwhile makes it raise ValueError
from _race import TIMES, THREADS, race

l = list(range(50))
def sort(n):
    for i in range(TIMES):
        try:
            l.sort(reverse=bool(i & 1))
        except ValueError:  # two sorts at once
            pass
def read(n):
    up, down = list(range(50)), list(range(49, -1, -1))
    return all(c in (up, down, []) for c in (l[:] for _ in range(TIMES)))
print(race(sort, read, threads=1), sorted(l) == list(range(50)))
