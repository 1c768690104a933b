"""The jobs of the scaling table: each is a function of (shared, number) that computes for some 50 to 150 ms.

`shared` is what make_shared() gave, one object for all threads; `number` tells the threads apart.
"""
import threading


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def length(self):
        return self.x * self.x + self.y * self.y


def make_closure():
    a, b = 3, [4, 5, 6]

    def inner(i):
        return a + b[i % 3]

    return inner


class Shared:
    def __init__(self):
        self.table = {i: i * 2 for i in range(1000)} | {f"name{i}": i for i in range(1000)}
        self.items = list(range(1000))
        self.point = Point(3, 4)
        self.closure = make_closure()
        self.lock = threading.Lock()
        self.counts = {i: 0 for i in range(64)}
        self.own_keys = {(n, i): 0 for n in range(8) for i in range(64)}


def integers(shared, number, n=3000000):
    total = 0
    for i in range(n):
        total = (total * 31 + i) & 0xFFFFFF
    return total


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def calls(shared, number):
    return fib(28)


def strings(shared, number, n=150000):
    total = 0
    for i in range(n):
        words = f"the {i} quick brown {i * 3} fox".split()
        total += len("-".join(words).upper())
    return total


def objects(shared, number, n=700000):
    total = 0
    for i in range(n):
        p = Point(i, 2)
        total += p.y
    return total


def own_dict(shared, number, n=1200000):
    table = {}
    for i in range(n):
        table[i & 255] = table.get(i & 127, 0) + 1
    return len(table)


def own_list(shared, number, n=1000000):
    items = []
    for i in range(n):
        items.append(i)
        if len(items) > 100:
            items[50] = items.pop()
    return len(items)


def shared_dict_read(shared, number, n=2000000):
    table, total = shared.table, 0
    for i in range(n):
        total += table[i & 511]
    return total


def shared_list_read(shared, number, n=2000000):
    items, hits = shared.items, 0
    for i in range(n):
        if items[i & 511] is items:
            hits += 1
    return hits


def shared_method(shared, number, n=800000):
    point, total = shared.point, 0
    for i in range(n):
        total += point.length()
    return total


def shared_closure(shared, number, n=800000):
    function, total = shared.closure, 0
    for i in range(n):
        total += function(i)
    return total


def update_under_lock(shared, number, n=300000):
    counts, lock = shared.counts, shared.lock
    for i in range(n):
        with lock:
            counts[i & 63] += 1


def own_keys_of_one_dict(shared, number, n=800000):
    table = shared.own_keys
    keys = [(number, i) for i in range(64)]
    for i in range(n):
        table[keys[i & 63]] = i


GOALS = {
    integers: 0.95, calls: 0.95, strings: 0.95, objects: 0.95, own_dict: 0.95, own_list: 0.95, shared_dict_read: 0.92,
    shared_list_read: 0.92, shared_method: 0.92, shared_closure: 0.92, update_under_lock: 0.5, own_keys_of_one_dict: 0.65,
}
