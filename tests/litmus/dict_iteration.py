# `for k in d`, `.keys()`, `.values()`, `.items()`: while another thread adds or removes: RuntimeError, or the items that were there; while it replaces values: old or new ones
from _race import TIMES, THREADS, race

d = {i: (i,) for i in range(100)}
def change(n):
    for i in range(TIMES):
        d[n, i] = ((n, i),)
        del d[n, i]
def read(n):
    for _ in range(30):
        try:
            for key, value in d.items():
                if value != (key,):
                    return False
        except RuntimeError as error:
            if "changed size" not in str(error) and "changed during" not in str(error):
                return False
    return True
print(all(value in (None, True) for value in race(change, read, threads=2)))
