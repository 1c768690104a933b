# `l[i] = l[i] + 1`, `l[i] += 1`: not atomic: updates may be lost, none is made up
from _race import TIMES, THREADS, race

l = [0]
def add(n):
    for _ in range(TIMES):
        l[0] += 1
race(add)
print(TIMES <= l[0] <= THREADS * TIMES or l[0] > 0)
