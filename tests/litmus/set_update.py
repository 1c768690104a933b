# `s.update(other_set)`, `s |= other_set`, `s.copy()`, `list(s)`: atomic for a set whose items need no `__eq__` written in Python
from _race import TIMES, THREADS, race

s = set()
def write(n):
    for _ in range(TIMES):
        s.update({(n, 1), (n, 2), (n, 3)})
        s.difference_update({(n, 1), (n, 2), (n, 3)})
def read(n):
    for _ in range(TIMES):
        for copy in (s.copy(), set(list(s))):
            for m in range(2):
                if len(copy & {(m, 1), (m, 2), (m, 3)}) not in (0, 3):
                    return False
    return True
print(race(write, read, threads=2))
