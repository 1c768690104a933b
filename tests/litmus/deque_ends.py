# `append`, `appendleft`, `pop`, `popleft`: atomic: each item goes in and comes out once
from _race import TIMES, THREADS, race

import collections
d = collections.deque()
def put(n):
    for i in range(TIMES):
        (d.append if i % 2 else d.appendleft)((n, i))
def take(n):
    got = []
    while len(got) < TIMES:
        try:
            got.append(d.popleft() if n % 2 else d.pop())
        except IndexError:
            pass
    return got
got = [item for items in race(put, take, threads=2) if items for item in items]
print(sorted(got) == [(n, i) for n in range(2) for i in range(TIMES)], len(d))
