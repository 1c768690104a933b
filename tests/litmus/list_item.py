# `l[i]`, `l[i] = x`: atomic: a reader gets a value that was there
from _race import TIMES, THREADS, race

l = [[0], [0]]
def write(n):
    for i in range(TIMES * 5):
        l[i & 1] = [n]
def read(n):
    return all(l[i & 1][0] in range(THREADS) for i in range(TIMES * 5))
print(all(value in (None, True) for value in race(write, read, threads=2)))
