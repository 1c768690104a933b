# abc: abstract methods, registration, hooks, caches, and what `match` makes of registered classes.
import abc, _abc, collections.abc as ca, gc
from abc import ABC, ABCMeta, abstractmethod

class A(ABC):
    @abstractmethod
    def f(self): ...
    @property
    @abstractmethod
    def p(self): ...
class B(A):
    def f(self): return 1
class C(B):
    p = 3
print(sorted(A.__abstractmethods__), sorted(B.__abstractmethods__), sorted(C.__abstractmethods__))
for k in (A, B, C):
    try:
        print(k().f())
    except TypeError as e:
        print(e)

class Foreign:
    pass
class Other:
    pass
print(issubclass(Foreign, A), isinstance(Foreign(), A), A.register(Foreign) is Foreign, issubclass(Foreign, A),
      isinstance(Foreign(), A), isinstance(Other(), A), isinstance(5, A), A.register(int), isinstance(True, A))
for wrong in (lambda: A.register(1), lambda: C.register(A), lambda: issubclass(1, A), lambda: _abc._abc_init(1),
              lambda: _abc._abc_instancecheck(int, 1)):
    try:
        print(wrong())
    except Exception as e:
        print(type(e).__name__, e)
print(len(_abc._get_dump(A)[0]), [type(x).__name__ for x in _abc._get_dump(A)], _abc._get_dump(A)[3] == abc.get_cache_token())

class Hook(metaclass=ABCMeta):
    answer = NotImplemented
    @classmethod
    def __subclasshook__(cls, other): return cls.answer
class X: pass
class Y: pass
print(issubclass(X, Hook), issubclass(Hook, Hook))
Hook.answer = True
print(issubclass(Y, Hook), issubclass(X, Hook))
_abc._reset_caches(Hook)
Hook.answer = 1
try:
    issubclass(X, Hook)
except AssertionError as e:
    print(e)
Hook.answer = NotImplemented
print(issubclass(Y, Hook), issubclass(X, Hook))

class Lies:
    __class__ = X
Hook.register(X)
print(isinstance(Lies(), Hook), isinstance(X(), Hook), isinstance(Y(), Hook))

@ca.Sequence.register
class S:
    def __len__(self): return 2
    def __getitem__(self, i): return (10, 20)[i]
class S2(S): pass
class M(ca.Mapping):
    def __getitem__(self, k): return {"k": 5}[k]
    def __len__(self): return 1
    def __iter__(self): return iter("k")
class Plain:
    def __len__(self): return 2
    def __getitem__(self, i): return (10, 20)[i]
for value in (S(), S2(), M(), Plain(), [1, 2], (1, 2), "ab", {"k": 1}, range(2), b"ab", ca.deque if hasattr(ca, "deque") else 0):
    match value:
        case [a, b]:
            print(type(value).__name__, "sequence", a, b)
        case {"k": k}:
            print(type(value).__name__, "mapping", k)
        case _:
            print(type(value).__name__, "neither")
print(hasattr(ca.Sequence, "__abc_tpflags__"), S.__flags__ & 0x60, S2.__flags__ & 0x60, M.__flags__ & 0x60, Plain.__flags__ & 0x60)
try:
    class Both(ABC):
        __abc_tpflags__ = 0x60
except TypeError as e:
    print(e)
# Classes that are gone leave nothing behind that is taken for others.
for i in range(300):
    class T: pass
    if i % 2:
        A.register(T)
    assert isinstance(T(), A) == bool(i % 2)
    assert issubclass(T, A) == bool(i % 2)
print("done")
