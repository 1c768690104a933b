# `for x in deque`: RuntimeError when another thread changed it since the last step
from _race import TIMES, THREADS, race

import collections
d = collections.deque(range(50))
def change(n):
    for _ in range(TIMES):
        d.append(d.popleft())
def read(n):
    for _ in range(50):
        try:
            for x in d:
                if x not in range(50):
                    return False
        except RuntimeError as error:
            if "mutated" not in str(error):
                return False
    return True
print(all(value in (None, True) for value in race(change, read, threads=2)), sorted(d) == list(range(50)))
