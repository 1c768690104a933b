# Dictionaries and sets as tables: all that is done with them, with keys of every usual kind.
import collections


class Cache:
    def __init__(self, size):
        self.size = size
        self.entries = {}
        self.hits = self.misses = 0

    def get(self, key, make):
        if key in self.entries:
            self.hits += 1
            value = self.entries.pop(key)
        else:
            self.misses += 1
            value = make(key)
            if len(self.entries) >= self.size:
                del self.entries[next(iter(self.entries))]
        self.entries[key] = value
        return value


def join(left, right):
    index = {}
    for number, name in left:
        index.setdefault(number, []).append(name)
    return [(name, place) for number, place in right for name in index.get(number, ())]


def invert(table):
    result = {}
    for key, value in table.items():
        result[value] = key
    return {key: result[key] for key in sorted(result)}


def memo_paths(width, height, known={}):
    if width == 0 or height == 0:
        return 1
    key = width, height
    if key not in known:
        known[key] = memo_paths(width - 1, height) + memo_paths(width, height - 1)
    return known[key]


def sparse(times):
    cells = {}
    for i in range(times):
        cells[i % 97] = cells.get(i % 97, 0) + i
        cells[i % 89, i % 7] = i
        if i % 5 == 0:
            cells.pop(i % 97, None)
    total = 0
    for key in cells:
        total += cells[key]
    for value in cells.values():
        total -= value
    return total


for _ in range(4):
    cache = Cache(50)
    for n in range(12000):
        cache.get(n * n % 83, str)
    people = [(n, f"p{n}") for n in range(3000)]
    join(people, [(n * 3 % 3000, n) for n in range(3000)])
    table = dict(zip((f"key{n}" for n in range(3000)), range(3000)))
    invert(invert(table))
    merged = {**table, "more": 1} | {"key1": 0}
    merged.update((key, -1) for key in list(merged)[:1000])
    for key in [key for key, value in merged.items() if value < 0]:
        del merged[key]
    memo_paths(60, 60, {})
    sparse(30000)
    letters = collections.Counter("how the lock at the heart of it all is passed around" * 20)
    letters.most_common(3)
    some, others = set(range(0, 3000, 2)), {n for n in range(0, 3000, 3)}
    len(some & others) + len(some | others) + len(some - others) + len(some ^ others)
    sum(1 for n in range(6000) if n in some and n not in others)
