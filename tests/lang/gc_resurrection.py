# Things that come back to life after the collector began to clear them: functions stay fit to be called.
import gc
import types
import weakref


class LateFin:
    __slots__ = ("ref",)

    def __del__(self):
        global back
        back = self.ref()


class Cyclic(tuple):
    __slots__ = ()

    def __del__(self):
        self[1].ref = weakref.ref(self[0])
        global late
        del late


def plain(a=1):
    return "plain", a


def ring_of(make_function, *arguments):
    global back, late
    back = None
    late = LateFin()
    function = make_function()
    function.__module__ = tuple.__new__(Cyclic, (function, late))
    del function
    gc.collect()
    print(back(*arguments))


ring_of(lambda: types.FunctionType(plain.__code__, globals(), "copy"), 1)
# A class whose instances keep nothing but the class, in a ring with it
class Slots:
    __slots__ = ()


Slots.own = Slots()
seen = weakref.ref(Slots)
del Slots
gc.collect()
print(seen())

# A namespace outlives its module
module = types.ModuleType("m")
exec("x = 5\ndef f(): return x", module.__dict__)
f = module.f
module.me = module
del module
gc.collect()
print(f())

# Exceptions of finalizers do not stop the others.
import sys

count = []
sys.unraisablehook = lambda u: count.append(type(u.exc_value).__name__)


class Bad:
    def __del__(self):
        raise ValueError


for i in range(10):
    b = Bad()
    b.me = b
del b
print(gc.collect() >= 10, len(count), set(count))

# Long chains end without deep recursion, with weak references on the way.
class Link:
    def __del__(self):
        pass


ended = []
head, refs = None, []
for i in range(20000):
    link = Link()
    link.next = head
    head = link
    if i % 100 == 0:
        refs.append(weakref.ref(link, ended.append))
del link, head
print(len(ended), all(w() is None for w in refs))
