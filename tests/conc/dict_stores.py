"""Threads store under keys of their own in one dict, which leaves its lock open for that; meanwhile others insert, delete
and copy. A copy is a moment: of two stores of one thread it never has the second alone."""
import gc
import threading
import time

KEYS, ROUNDS = 16, 16000
table = {(n, i): (0, 0) for n in range(3) for i in range(KEYS)}
made, ended = [], []  # by appending: __del__ may come while the same thread is in __init__
errors = []
stop = threading.Event()


class Value:
    def __init__(self, n, i):
        self.n, self.i = n, i
        made.append(n)

    def __del__(self):
        ended.append(self.n)


def guarded(work, *arguments):
    try:
        work(*arguments)
    except BaseException as error:
        errors.append(repr(error))
        raise


def store_numbers(n):
    keys = [(n, i) for i in range(KEYS)]
    for i in range(ROUNDS):
        for key in keys:
            table[key] = (i, n)
        assert table[keys[i % KEYS]] == (i, n)


def store_objects(n):
    keys = [(n, i) for i in range(KEYS)]
    for i in range(ROUNDS // 16):
        for key in keys:
            table[key] = Value(n, i)
        seen = table[keys[i % KEYS]]
        assert (seen.n, seen.i) == (n, i)


def copy():
    while not stop.is_set():
        moment = table.copy()
        for n in range(2):
            order = [moment[n, i] for i in range(KEYS)]
            order = [value[0] for value in order]
            assert order == sorted(order, reverse=True) and order[0] - order[-1] <= 1, order
        time.sleep(0.0005)


def change():
    i = 0
    while not stop.is_set():
        i += 1
        table["extra", i] = i
        assert table.pop(("extra", i)) == i
        if i % 50 == 0:
            table.update({("more", j): j for j in range(100)})
            for j in range(100):
                del table["more", j]
        time.sleep(0.0005)


stores = [(store_numbers, 0), (store_numbers, 1), (store_objects, 2)]
threads = [threading.Thread(target=guarded, args=work) for work in stores]
others = [threading.Thread(target=guarded, args=(work,)) for work in (copy, change)]
for thread in threads + others:
    thread.start()
for thread in threads:
    thread.join()
stop.set()
for thread in others:
    thread.join()
print(errors[:3])
print(len(table), [table[n, KEYS - 1] for n in range(2)])
gc.collect()
print(len(made) - len(ended))
table.clear()
print(len(made) - len(ended))
