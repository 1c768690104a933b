"""Nothing is locked until a program starts its second thread. It starts here in the middle of operations on containers,
which go on with other threads beside them."""
import gc
import sys
import threading
import weakref

N = 200
stop = threading.Event()
threads = []


def start(work):
    thread = threading.Thread(target=work)
    thread.start()
    threads.append(thread)


class Key:
    """Equal to its like by Python code, which starts a thread the first time."""
    begun = None

    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n % 7

    def __eq__(self, other):
        if Key.begun:
            work, Key.begun = Key.begun, None
            start(work)
        return self.n == other.n


table = {Key(n): n for n in range(N)}
items = list(range(N))
numbers = set(range(N))
watched = type("Watched", (), {})()
references = [weakref.ref(watched)]
texts = [sys.intern(f"text {n}") for n in range(N)]


def disturb():
    n = 0
    while not stop.is_set():
        n += 1
        items.append(n)
        items.pop()
        numbers.add(-1)
        numbers.discard(-1)
        table[0, n % 5] = n
        table.pop((0, n % 5), None)
        assert references[0]() is watched
        assert sys.intern("text " + str(n % N)) is texts[n % N]


# In the middle of a lookup, of which the rest goes on in a dict that others change.
Key.begun = disturb
print(sum(table[Key(n)] for n in range(N)))

# In the middle of a sort: whoever looks sees an empty list, and the sort notices what was done to it.
half = list(range(N))


def look():
    while not stop.is_set():
        assert len(half) in (0, N)
        for n in half:
            assert 0 <= n < N


def key(n):
    if n == N // 2 and len(threads) == 1:
        start(look)
    return -n


half.sort(key=key)
print(half[:3])


# In the middle of a zip, of an iteration over a dict and of a comparison.
def drawn():
    for n in range(N):
        if n == N // 2:
            start(look)
        yield n


print(sum(a * b for a, b in zip(drawn(), range(N))))
fixed = dict.fromkeys(range(N))
pairs = []
for pair in fixed.items():
    pairs.append(pair)
    if len(pairs) == 3:
        start(look)
print(len(pairs), pairs[:2])
stop.set()
for thread in threads:
    thread.join()
print(len(items), len(numbers), len(table), len(threads))
del watched
gc.collect()
print(references[0]())
