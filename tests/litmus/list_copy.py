# `l[:]`, `l.copy()`, `list(l)`, `tuple(l)`, `l[i:j] = other`: atomic: a copy shows one moment
from _race import TIMES, THREADS, race

l = [0] * 20
def write(n):
    for i in range(TIMES):
        l[:] = [(n, i)] * 20
def read(n):
    copies = (lambda: l[:], l.copy, lambda: list(l), lambda: tuple(l), lambda: l[2:18])
    return all(len(set(copies[i % 5]())) == 1 for i in range(TIMES))
print(race(write, read, threads=2))
