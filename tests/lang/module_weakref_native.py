# Weak references and proxies as the runtime makes them: reuse, callbacks, subclasses, every operator of a proxy.
import operator
import sys
import weakref
from _weakref import _remove_dead_weakref, getweakrefcount, getweakrefs, proxy, ref

out = []
sys.unraisablehook = lambda u: print("unraisable", type(u.exc_value).__name__, u.exc_value, u.object.__name__)


class A:
    def __init__(self, n=0):
        self.n = n

    def __del__(self):
        print("del", self.n)


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


# One plain reference for each target; callbacks newest first, after everything is cleared.
a = A(1)
r = ref(a)
print(ref(a) is r, ref(a, None) is r, r() is a, r.__callback__)
r2 = ref(a, lambda w: print("second", w is r2, w(), r3()))
r3 = ref(a, lambda w: print("third", w is r3, w(), r2()))
print(getweakrefcount(a), [w is x for w, x in zip(getweakrefs(a), [r, r3, r2])], r2 == r3, r2 != r3, hash(r) == hash(a))
print(a.__weakref__ is r)
del a
print(r(), r2.__callback__, r == r, r == r2, repr(r).endswith("; dead>"))
attempt(lambda: hash(r2))
print(hash(r) is not None)

# A reference that ends before its target takes its callback with it.
a = A(2)
r = ref(a, lambda w: print("never"))
del r
print(getweakrefcount(a))
del a


# __del__ sees the weak reference alive and may bring the object back.
class Back:
    def __del__(self):
        print("back", weak() is self)
        keep.append(self)


keep = []
b = Back()
weak = ref(b, lambda w: print("ended"))
del b
print(weak() is keep[0])
keep.clear()
print(weak())


# An exception of a callback is reported; the others are called all the same.
def boom(w):
    raise ValueError("boom")


class Plain:
    pass


p = Plain()
k1, k2, k3 = ref(p, lambda w: print("first")), ref(p, boom), ref(p, lambda w: print("last"))
del p
print(k2.__callback__)


# Subclasses keep slots and are never shared.
class Keyed(ref):
    __slots__ = ("key",)

    def __new__(type, target, callback, key):
        self = ref.__new__(type, target, callback)
        self.key = key
        return self

    def __init__(self, target, callback, key):
        super().__init__(target, callback)


class Free(ref):
    pass


p = Plain()
k = Keyed(p, None, "k")
f = Free(p)
f.anything = 1
print(k is Keyed(p, None, "k"), k.key, k == ref(p), f == k, len({k, f, ref(p)}), f.anything, ref(f)() is f)
del p
print(k(), f())


# Proxies
class C:
    def __init__(self):
        self.v = [1, 2, 3]

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return self.v[i]

    def __setitem__(self, i, x):
        self.v[i] = x

    def __delitem__(self, i):
        del self.v[i]

    def __contains__(self, x):
        return x == "in"

    def __iter__(self):
        return iter(self.v)

    def __bool__(self):
        return False

    def __eq__(self, other):
        return other == 3

    def __hash__(self):
        return 5

    def __index__(self):
        return 7

    def __int__(self):
        return 8

    def __float__(self):
        return 1.5

    def __reversed__(self):
        return "reversed"

    def __str__(self):
        return "C"

    def __divmod__(self, other):
        return "divmod", other

    def __rdivmod__(self, other):
        return "rdivmod", other

    def __pow__(self, other, modulus=None):
        return "pow", other, modulus


for name in "add sub mul mod lshift rshift and xor or floordiv truediv matmul".split():
    for form in ("__%s__", "__r%s__", "__i%s__"):
        setattr(C, form % name, lambda self, other, form=form % name: (form, other))
for name in ("neg", "pos", "abs", "invert"):
    setattr(C, "__%s__" % name, lambda self, name=name: name)

c = C()
p = proxy(c)
print(type(p).__name__, proxy(c) is p, isinstance(p, C), callable(p), len(p), p[1], list(p), bool(p), str(p), p == 3, p != 3)
for op in (operator.add, operator.sub, operator.mul, operator.mod, operator.lshift, operator.rshift, operator.and_,
           operator.xor, operator.or_, operator.floordiv, operator.truediv, operator.matmul):
    print(op(p, 1), op(1, p), end=" ")
print()
for op in (operator.iadd, operator.isub, operator.imul, operator.imod, operator.ilshift, operator.irshift, operator.iand,
           operator.ixor, operator.ior, operator.ifloordiv, operator.itruediv, operator.imatmul):
    print(op(p, 1), end=" ")
print()
print(-p, +p, abs(p), ~p, divmod(p, 1), divmod(1, p), p**2, pow(p, 2, 3), int(p), float(p), operator.index(p), "in" in p, 1 in p)
p[0] = 9
del p[1]
p.attribute = 5
print(c.v, c.attribute, reversed(p))
del p.attribute
attempt(lambda: p.attribute)
attempt(lambda: hash(p))
attempt(lambda: next(p))
print(type(proxy(print)).__name__, callable(proxy(len)), proxy(len)("abc"))
ended = proxy(c, lambda w: print("proxy ended", w is ended))
del c
for use in (lambda: p.x, lambda: p + 1, lambda: 1 + p, lambda: len(p), lambda: str(p), lambda: p == p, lambda: bool(p), lambda: list(p)):
    attempt(use)
print(repr(p).startswith("<weakproxy at"), "NoneType" in repr(p))

# Errors
p = Plain()
for use in (lambda: ref(), lambda: ref(p, 1, 2), lambda: ref(p, foo=1), lambda: ref(5), lambda: ref(1.5), lambda: ref(None),
            lambda: ref(ref(p)), lambda: ref(p)(1), lambda: proxy(), lambda: proxy(p, x=1), lambda: proxy("s"),
            lambda: type(proxy(p))(p), lambda: ref[int], lambda: _remove_dead_weakref(1, 2),
            lambda: _remove_dead_weakref({2: 3}, 2), lambda: getweakrefs(3), lambda: getweakrefcount("s")):
    attempt(use)

d = {1: ref(p), 2: ref(len)}
_remove_dead_weakref(d, 1)
_remove_dead_weakref(d, 9)
print(sorted(d))
del p
_remove_dead_weakref(d, 1)
print(sorted(d))

# Many at once, and chains
many = [Plain() for _ in range(2000)]
refs = [ref(m, lambda w: out.append(1)) for m in many]
print(sum(w() is m for w, m in zip(refs, many)))
del many[::2]
m = None
print(sum(w() is None for w in refs), len(out))
del many
print(sum(w() is None for w in refs), len(out))

# Built-in things that can be referred to
for thing in (int, len, weakref, set(), frozenset(), (lambda: 0), (x for x in ()), A):
    print(ref(thing)() is thing, end=" ")
print()
