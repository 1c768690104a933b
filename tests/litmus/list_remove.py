# `l.remove(x)`, `l.index(x)`, `x in l`: atomic for str, None, floats and ints of 61 bits; and objects that compare by identity; for others the search goes by index and may miss an item that is moved meanwhile; `remove` removes what it found equal, once
from _race import TIMES, THREADS, race

l = list(range(THREADS * TIMES))
race(lambda n: [l.remove(n * TIMES + i) for i in range(TIMES)])
print(l)
items = [object() for i in range(THREADS * 50)]
l = items[:]
race(lambda n: [l.remove(items[n * 50 + i]) for i in range(50)])
print(l)
