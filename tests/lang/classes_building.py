# Building classes: metaclass, __prepare__, __init_subclass__, __mro_entries__, __set_name__, super.
class Meta(type):
    @classmethod
    def __prepare__(mcls, name, bases, **kw):
        print("prepare", name, kw)
        return {"injected": 1}
    def __new__(mcls, name, bases, ns, **kw):
        return super().__new__(mcls, name, bases, dict(ns))
    def __init__(cls, name, bases, ns, **kw):
        super().__init__(name, bases, ns)
    def __call__(cls, *a):
        print("call", a)
        return super().__call__(*a)
class A(metaclass=Meta, opt=1):
    def __init__(self, *a): self.a = a
print(A.injected, A(1, 2).a, type(A).__name__)
class B:
    def __init_subclass__(cls, tag=None, **kw):
        print("sub", cls.__name__, tag)
class C(B, tag="t"): pass
class D:
    def __set_name__(self, owner, name): print("set_name", owner.__name__, name)
class E:
    d = D()
class F:
    def __mro_entries__(self, bases): return (B,)
class G(F()): pass
print(G.__bases__, G.__orig_bases__[0].__class__.__name__)
class P:
    def hi(self): return "P"
    @classmethod
    def c(cls): return "Pc", cls.__name__
    @property
    def p(self): return "Pp"
class Q(P):
    def hi(self): return super().hi() + "Q"
    @classmethod
    def c(cls): return super().c()
    @property
    def p(self): return super().p + "q"
    def old(self): return super(Q, self).hi()
q = Q()
print(q.hi(), Q.c(), q.p, q.old(), [f() for f in [lambda: super(Q, q).hi()]])
try:
    class X(3): pass
except TypeError as e: print(e)
class Init:
    def __init__(self): return 3
try: Init()
except TypeError as e: print(e)
def deco(c):
    c.decorated = True
    return c
@deco
class Dec: x: int = 1; y: str
print(Dec.decorated, Dec.__annotations__, Dec.__qualname__, Dec.__module__)
class Shape:
    def __init__(self, n): self.n = n
    def area(self): return self.n
class Sq(Shape):
    def area(self): return super().area() ** 2
print([s.area() for s in (Shape(2), Sq(3), Shape(4), Sq(5))])
