# `d.update(other_dict)`, `d |= other_dict`: atomic for an exact dict whose keys need no `__eq__` written in Python
from _race import TIMES, THREADS, race

d = dict.fromkeys("abcdef", (0, 0))
def write(n):
    for i in range(TIMES):
        d.update(dict.fromkeys("abcdef", (n, i)))
def read(n):
    return all(len(set(d.copy().values())) == 1 for _ in range(TIMES))
print(race(write, read, threads=2))
