# An exhausted iterator lets go of what it went over, also when several threads find the end; whoever steps it then gets nothing.
import gc
import threading
from collections import OrderedDict


def forward(thing):
    return iter(thing)


def items(thing):
    return iter(thing.items())


def check(make, base):
    class Thing(base):
        def __del__(self):
            gone.append(list(it))

    gone = []
    it = make(Thing())
    print(next(it, "end"), end=" ")
    gc.collect()
    print(make.__name__, base.__name__, gone)


class Numbered:
    def __getitem__(self, index):
        raise IndexError

    def __len__(self):
        return 0


for base in (list, tuple, dict, set, frozenset, str, bytes, bytearray, OrderedDict, Numbered):
    check(forward, base)
for base in (list, tuple, dict, OrderedDict, Numbered):
    check(reversed, base)
check(items, dict)
check(items, OrderedDict)

# Several threads step one iterator to its end, which is the only one that knows its container.
THREADS, COUNT = 4, 60
makers = (lambda: iter([[n] for n in range(COUNT)]), lambda: iter(tuple([n] for n in range(COUNT))),
          lambda: iter({(n,): n for n in range(COUNT)}), lambda: iter({(n,) for n in range(COUNT)}),
          lambda: reversed([[n] for n in range(COUNT)]), lambda: iter(OrderedDict(((n,), n) for n in range(COUNT))))
got = []


def step(it, start):
    start.wait()
    got.append([value[0] for value in it])
    it.__reduce__(), next(it, None)


for make in makers:
    for _ in range(20):
        it, start = make(), threading.Barrier(THREADS)
        got.clear()
        threads = [threading.Thread(target=step, args=(it, start)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if sorted(sum(got, [])) != list(range(COUNT)):
            print("lost or doubled", sorted(sum(got, [])))
print("done")
