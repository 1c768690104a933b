# Code that has been specialised keeps its meaning when classes, globals and types change under it.
class A:
    k = 1
    def m(self): return "m1"
    @property
    def p(self): return "p1"
class B:
    k = 2
    def m(self): return "bm"
    p = "pb"
def attr(o): return o.k
def meth(o): return o.m()
def prop(o): return o.p
a, b = A(), B()
for _ in range(50): attr(a); meth(a); prop(a)
print(attr(b), meth(b), prop(b))
A.k = 10; A.m = lambda self: "m2"; A.p = property(lambda self: "p2")
print(attr(a), meth(a), prop(a))
a.k = 11; a.m = lambda: "own"
print(attr(a), meth(a))
del a.k, a.m
print(attr(a), meth(a))
a.__dict__["k"] = 12
print(attr(a))
X = 1
def glob(): return X
for _ in range(50): glob()
X = 2; print(glob())
del X
try: glob()
except NameError as e: print(e)
X = 3; print(glob())
def length(x): return len(x)
for _ in range(50): length("abc")
import builtins
real = len
builtins.len = lambda x: -1
print(length("abc"))
builtins.len = real
len = lambda x: -2
print(length("abc"))
del len
print(length("abc"))
def add(x, y): return x + y
for _ in range(50): add(1, 2)
print(add(1.5, 2), add("a", "b"), add([1], [2]), add(2**60, 2**60), add(2**59, 2**59), add(True, 1))
for _ in range(50): add("x", "y")
print(add(1, 2), add(1.5, 1.5))
def cmp(x, y): return x < y, x == y
for _ in range(50): cmp(1, 2)
print(cmp(1.5, 1), cmp("a", "b"), cmp(2**70, 1), cmp(float("nan"), 1))
def sub(c, i): return c[i]
for _ in range(50): sub([1, 2, 3], 1)
print(sub((4, 5), -1), sub("xyz", 0), sub({1: "d"}, 1), sub([1, 2], -1))
for bad in (([1], 5), ([1], -2), ({}, 1), ("", 0)):
    try: sub(*bad)
    except LookupError as e: print(type(e).__name__, e)
class S:
    def __init__(self, n):
        self.n = n
def make(cls): return cls(1).n
for _ in range(50): make(S)
S.__init__ = lambda self, n: setattr(self, "n", n + 100)
print(make(S))
class T:
    def __new__(cls, n): return S(n)
print(make(T))
def call(f, *a): return f(*a)
def call1(f): return f(3)
for _ in range(50): call1(lambda x: x)
print(call1(str), call1(lambda x, y=2: (x, y)), call1(S).n, call1(abs), call1([1, 2, 3, 4].__getitem__))
def f(a): return a
def callf(): return f(1)
for _ in range(50): callf()
f.__code__ = (lambda a: a + 41).__code__
print(callf())
f.__defaults__ = (5,)
f.__code__ = (lambda a, b: (a, b)).__code__
print(callf())
def it(x): return [y for y in x]
for _ in range(50): it([1, 2]); it(range(2)); it((1,)); it(iter("ab")); it(z for z in "c")
print(it([1, 2]), it(range(3)), it({1: 2}), it("ab"))
class Slots:
    __slots__ = ("s", "t")
def slot(o): return o.s
o = Slots(); o.s = 1
for _ in range(50): slot(o)
del o.s
try: slot(o)
except AttributeError as e: print(e)
def appender(l, v): l.append(v); return l
for _ in range(50): appender([], 1)
class L(list):
    def append(self, v): super().append(v * 2)
print(appender([1], 2), appender(L(), 3))
