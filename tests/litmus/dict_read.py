# `d[k]`, `d.get(k)`, `k in d`, `len(d)`: atomic, without a lock: a key that stays is always found
from _race import TIMES, THREADS, race

d = {"stays": 1}
def change(n):
    for i in range(TIMES):
        d[n, i] = i
        if i % 50 == 49:
            for j in range(i - 49, i + 1):
                del d[n, j]
def read(n):
    return all(d["stays"] == 1 and d.get("stays") == 1 and "stays" in d and len(d) > 0 for _ in range(TIMES * 4))
print(all(value in (None, True) for value in race(change, read, threads=2)))
