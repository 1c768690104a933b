# `o.x`, `o.x = v`, `del o.x`, `setattr`, `getattr`: atomic
from _race import TIMES, THREADS, race

class C:
    pass
o = C()
def write(n):
    for i in range(TIMES):
        setattr(o, f"a{n}_{i % 40}", i % 40)
def read(n):
    for i in range(TIMES):
        value = getattr(o, f"a{n}_{i % 40}", None)
        if value not in (None, i % 40):
            return False
    return True
print(all(value in (None, True) for value in race(write, read)))
print(sorted(vars(o).items()) == sorted((f"a{n}_{i}", i) for n in range(THREADS) for i in range(40)))
