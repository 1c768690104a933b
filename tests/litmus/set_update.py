# `s.update(other_set)`, `s |= other_set`, `s.copy()`, `list(s)`, `s.clear()`: atomic for items that are str, None, floats or ints of 61 bits; else item by item
from _race import TIMES, THREADS, race

s = set()
def write(n):
    for _ in range(TIMES):
        s.update({f"{n}a", f"{n}b", f"{n}c"})
        s.clear()
def read(n):
    for _ in range(TIMES):
        for copy in (s.copy(), set(list(s))):
            for m in range(2):
                if len(copy & {f"{m}a", f"{m}b", f"{m}c"}) not in (0, 3):
                    return False
    return True
print(race(write, read, threads=2))
