# `ref()`, `WeakValueDictionary.get`: atomic: the object, alive, or None; its finalizer runs once
from _race import TIMES, THREADS, race

import gc
import weakref
ended = []
class C:
    def __del__(self):
        ended.append(1)
box = [C()]
refs = [weakref.ref(box[0])]
made = [1]
def write(n):
    for _ in range(TIMES):
        c = C()
        made.append(1)
        refs[0] = weakref.ref(c)
        box[0] = c
def read(n):
    return all(type(refs[0]()) in (C, type(None)) for _ in range(TIMES))
print(all(value in (None, True) for value in race(write, read, threads=2)))
box.clear()
gc.collect()
print(len(made) == len(ended))
