# weakref.py on top of the native references: dictionaries, sets, methods, finalize.
import gc
import weakref


class Obj:
    def __init__(self, n):
        self.n = n

    def __repr__(self):
        return "Obj(%d)" % self.n

    def __eq__(self, other):
        return isinstance(other, Obj) and self.n == other.n

    def __hash__(self):
        return hash(self.n)

    def method(self):
        return self.n


values = weakref.WeakValueDictionary()
objects = [Obj(i) for i in range(10)]
for o in objects:
    values[o.n] = o
print(len(values), values[3], sorted(values), 4 in values, values.get(99))
o = None
del objects[5:]
print(len(values), sorted(values.keys()), values.get(7), 7 in values)
it = iter(values.values())
first = next(it)
objects.clear()
first = None
print(list(it), len(values))

keys = weakref.WeakKeyDictionary()
objects = [Obj(i) for i in range(6)]
for o in objects:
    keys[o] = o.n * 2
print(len(keys), keys[Obj(3)], sorted(keys.values()), sorted(r().n for r in keys.keyrefs()))
o = None
del objects[:4]
print(len(keys), sorted(keys.items(), key=lambda kv: kv[1]))

group = weakref.WeakSet(objects)
print(len(group), Obj(5) in group, sorted(o.n for o in group))
objects.clear()
print(len(group), len(keys))

o = Obj(42)
m = weakref.WeakMethod(o.method)
print(m()(), m == weakref.WeakMethod(o.method), o.method is m())
gone = weakref.WeakMethod(o.method, lambda r: print("method gone", r()))
del o
print(m(), gone())

o = Obj(1)
f = weakref.finalize(o, print, "finalized", 1, sep=":")
print(f.alive, f.peek()[2:], f.atexit)
del o
print(f.alive, f())
o = Obj(2)
f = weakref.finalize(o, print, "by hand")
f()
del o
o = Obj(3)
f = weakref.finalize(o, print, "not at exit")
print(f.detach() is not None, f.alive)
del o

# A cycle with a weak value
values = weakref.WeakValueDictionary()
o = Obj(7)
o.me = o
values["x"] = o
del o
gc.collect()
print(dict(values))


class Parent:
    def __init__(self):
        self.child = Child(self)


class Child:
    def __init__(self, parent):
        self.parent = weakref.proxy(parent)


p = Parent()
child = p.child
print(child.parent.child is child)
del p
try:
    child.parent.child
except ReferenceError as e:
    print(e)

last = Obj(99)
weakref.finalize(last, print, "at exit")
