# `for x in l`: goes by index: an item added at the end is seen; what is removed or inserted in front may make it skip or repeat one; each item it gives was in the list
from _race import TIMES, THREADS, race

l = list(range(100))
def change(n):
    for i in range(TIMES):
        l.append(i % 100)
        if len(l) > 150:
            del l[:50]
def read(n):
    return all(x in range(100) for _ in range(20) for x in l)
print(all(value in (None, True) for value in race(change, read, threads=2)))
