# Keys whose __eq__ is written in Python, put in and taken out by several threads: none is there twice, and counts are right.
import sys
import threading

sys.setswitchinterval(1e-5)
KEYS, THREADS, STEPS = 3, 4, 6000


class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n

    def __eq__(self, other):
        return self.n == other.n


keys, table, problems = set(), {}, []
start = threading.Barrier(THREADS)


def look():
    """A copy is of one moment."""
    for copy in (list(keys), list(table)):
        if len({key.n for key in copy}) != len(copy):
            problems.append(sorted(key.n for key in copy))


def work(seed):
    start.wait()
    for step in range(STEPS):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        key = Key((seed >> 8) % KEYS)
        if seed & 1 << 20:
            keys.add(key)
            table[key] = step
        else:
            keys.discard(key)
            table.pop(key, None)
        if step % 16 == 0:
            look()


threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
look()
print(problems[:3], len(keys) == len(list(keys)), len(table) == len(list(table)))
for n in range(KEYS):
    keys.discard(Key(n))
    table.pop(Key(n), None)
print(keys, table, len(keys), len(table))
