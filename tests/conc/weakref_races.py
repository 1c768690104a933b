# Threads that take references out of weak ones while others end the targets: nothing is seen half dead, every callback
# runs once, one plain reference for each target.
import gc
import threading
import weakref

THREADS, ROUNDS, TARGETS = 4, 60, 40


class Target:
    def __init__(self, n):
        self.n = n
        self.check = [n, n]


errors = []
calls = []
slots = [None] * TARGETS
weak = [None] * TARGETS
barrier = threading.Barrier(THREADS)
values = weakref.WeakValueDictionary()


def run(me):
    try:
        for round in range(ROUNDS):
            barrier.wait()
            if me == 0:
                for i in range(TARGETS):
                    slots[i] = t = Target(i)
                    weak[i] = weakref.ref(t, calls.append)
                    values[i] = t
                    t = None
            barrier.wait()
            for i in range(TARGETS):
                k = (i + me * 7) % TARGETS
                t = weak[k]()
                if t is not None:
                    if t.n != k or t.check != [k, k]:
                        errors.append(("torn", k))
                    if weakref.ref(t) is not weakref.ref(t):
                        errors.append(("two plain references", k))
                    plain, proxy = weakref.ref(t), weakref.proxy(t)
                    if proxy.n != k or plain() is not t:
                        errors.append(("proxy", k))
                t = plain = proxy = None
                if me == k % THREADS:
                    slots[k] = None
                v = values.get(k)
                if v is not None and v.n != k:
                    errors.append(("dictionary", k))
                v = None
                weakref.getweakrefs(Target)
            if me == 1 and round % 20 == 0:
                gc.collect()
    except Exception as e:
        errors.append(repr(e))
        barrier.abort()


threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
t = None
gc.collect()
print(errors[:5])
print(len(calls) == ROUNDS * TARGETS, len(values), sum(w() is None for w in weak) == TARGETS)
