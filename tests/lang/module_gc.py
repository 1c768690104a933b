# The module gc: cycles, finalizers and weak references in garbage, callbacks, looking at objects.
import gc
import weakref

gc.disable()
print(gc.isenabled())
gc.collect()


class Node:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "Node(%s)" % self.name


class Loud(Node):
    def __del__(self):
        finalized.append(self.name)


finalized = []
# A cycle goes away, its finalizers run once.
a, b = Loud("a"), Loud("b")
a.other, b.other = b, a
weak = weakref.ref(a, lambda w: print("callback", w()))
del a, b
print(gc.collect() >= 2, weak(), sorted(finalized))

# Weak references to garbage are cleared before finalizers run; their callbacks come first.
order = []


class Watcher:
    def __del__(self):
        order.append(("del", seen()))


w = Watcher()
w.me = w
seen = weakref.ref(w, lambda r: order.append("callback"))
del w
gc.collect()
print(order)

# A callback of a weak reference that is garbage itself is not called.
n = Node("n")
n.me = n
n.weak = weakref.ref(n, lambda r: print("never"))
del n
gc.collect()

# Resurrection: the finalizer runs once only.
saved = []


class Phoenix:
    def __del__(self):
        saved.append(self)


p = Phoenix()
p.me = p
p.friend = friend = Node("friend")
friend.p = p
weak_friend = weakref.ref(friend)
del p, friend
print(gc.collect(), len(saved), gc.is_finalized(saved[0]), saved[0].friend)
saved[0].me = saved[0].friend = None
saved.clear()
print(gc.collect(), len(saved))

# A finalizer that collects.
class Collects:
    def __del__(self):
        print("nested", gc.collect())


c = Collects()
c.me = c
del c
gc.collect()
c = Collects()
del c


# A deallocation that runs Python, which collects: what ends already is left alone.
class Part:
    def __del__(self):
        gc.collect()


whole = [Part(), [Part()], {"x": Part()}]
del whole


class Whole:
    pass


whole = Whole()
whole.parts = [Part(), Part()]
gone = weakref.ref(whole, lambda r: gc.collect())
del whole
print(gone())

# Arguments
for arguments in ((3,), (-1,), ("x",)):
    try:
        gc.collect(*arguments)
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
print(gc.collect(generation=0) >= 0)

# Callbacks
events = []


def on_gc(phase, info):
    events.append((phase, sorted(info)))


gc.callbacks.append(on_gc)
gc.collect()
gc.callbacks.remove(on_gc)
print(events)

# Thresholds and flags
print(gc.get_threshold())
gc.set_threshold(500, 5)
print(gc.get_threshold())
gc.set_threshold(700, 10, 10)
print(gc.get_debug(), len(gc.get_count()), [sorted(s) for s in gc.get_stats()])

# Saving garbage
gc.set_debug(gc.DEBUG_SAVEALL)
loop = []
loop.append(loop)
del loop
gc.collect()
gc.set_debug(0)
print([x for x in gc.garbage if type(x) is list and len(x) == 1 and x[0] is x] != [])
for x in gc.garbage:
    if type(x) is list:
        x.clear()
x = None
gc.garbage.clear()

# Looking at objects
target = Node("target")
holder = [target]
print(any(r is holder for r in gc.get_referrers(target)))
print(sorted(gc.get_referents([1, 2.5, 3])), sorted(gc.get_referents({5: 7})), sorted(gc.get_referents((1, 2))))
print(any(o is holder for o in gc.get_objects()))
print([gc.is_tracked(o) for o in (1, 1.5, "a", b"a", None, (), {}, {"a": 1}, [], {"a": []}, target, Node, set())])
print(gc.is_finalized(target), gc.is_finalized(3))
for g in (-2, 3):
    try:
        gc.get_objects(generation=g)
    except ValueError as e:
        print(e)

# Freezing
gc.freeze()
print(gc.get_freeze_count() > 0)
gc.unfreeze()
print(gc.get_freeze_count())
gc.enable()
print(gc.isenabled())
