# `deque(maxlen=n)`: atomic: never longer than its bound
from _race import TIMES, THREADS, race

import collections
d = collections.deque(maxlen=3)
def put(n):
    for i in range(TIMES):
        d.append(i)
def read(n):
    return all(len(d.copy()) <= 3 and len(d) <= 3 for _ in range(TIMES))
print(all(value in (None, True) for value in race(put, read, threads=2)), len(d))
