# __class__ in class bodies: free from outside, a cell for the methods, there before mro() runs.
class Outer:
    def method(self):
        class Inner:
            outer = __class__
            def f():
                return __class__
        return Inner.outer, Inner.f()
print(Outer().method()[0] is Outer, Outer().method()[1].__name__)


class Meta(type):
    def mro(self):
        print("mro", self.__dict__["f"]() is self)
        return super().mro()
class A(metaclass=Meta):
    def f():
        return __class__
print(A.f() is A)


class Slots:
    __slots__ = ["__classcell__"]
    def f(self):
        return __class__
s = Slots()
print(hasattr(s, "__classcell__"), s.f() is Slots)
s.__classcell__ = 1
print(s.__classcell__)


class Own:
    def get(self):
        return {"a": 2}
    __dict__ = property(get)
print(vars(Own()))

try:
    exec("class X:\n  __class__\n  def f(): __class__", {}, {})
except NameError as e:
    print(type(e).__name__, e)


class Bound:
    def foo(self, cls):
        return cls.__name__
class B:
    bar = classmethod(Bound().foo)
print(B.bar())
print(str.maketrans.__qualname__, bytes.__dict__["maketrans"].__func__.__qualname__)


class Base:
    pass
class M(type, Base):
    pass
class C(metaclass=M):
    pass
for action in (lambda: Base.__dict__["__dict__"].__set__(C, {}), lambda: delattr(C, "__dict__")):
    try:
        action()
    except (AttributeError, TypeError) as e:
        print(type(e).__name__)

import types
class Sub(types.ModuleType):
    pass
m = types.ModuleType("m")
m.__class__ = Sub
print(type(m).__name__, m.__name__)


class Evil:
    def __hash__(self):
        return hash("attr")
    def __eq__(self, other):
        try:
            del D.attr
        except AttributeError:
            pass
        return False
class Descr:
    def __get__(self, obj, type=None):
        return 1
class D:
    attr = Descr()
d = D()
d.__dict__[Evil()] = 0
print(d.attr, hasattr(d, "attr"))
