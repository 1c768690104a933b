# Calls of classes, at sites that know what they met before: native ones, ones with __new__ or __init__ in Python, and ones
# whose metaclass has, gets and loses a __call__ of its own.
import abc

WARM = 40


class Text(str):
    def __new__(cls, x):
        return str.__new__(cls, x * 2)


class Number(int):
    def __init__(self, *args):
        self.args = args


class Any:
    def __init__(self, *args, **keywords):
        self.args = (args, keywords)


def call(kind, x):
    return kind(x)


KINDS = [str, Text, int, Number, Any, list, tuple, set, float, bytes, bool, type, dict, frozenset, complex, bytearray, object]
for _ in range(WARM):
    seen = []
    for kind in KINDS:
        for x in (3, "4", [(1, 2)]):
            try:
                made = call(kind, x)
                seen.append((made.args if isinstance(made, (Any, Number)) else repr(made), type(made).__name__))
            except Exception as error:
                seen.append(repr(error))
print(*seen, sep="\n")


def several(n):
    return str(n), type("made", (), {}).__name__, str(b"x", "ascii"), str(), int("z", 36), type(n)


for _ in range(WARM):
    got = several(_)
print(got)


class Abstract(metaclass=abc.ABCMeta):
    def __init__(self):
        pass

    @abc.abstractmethod
    def method(self): ...


class Concrete(metaclass=abc.ABCMeta):
    def __init__(self, x, y=5, *, z=1):
        self.values = (x, y, z)


class Simple(metaclass=abc.ABCMeta):
    def __init__(self, x):
        self.values = x


class Calls(type):
    def __call__(cls, *args, **keywords):
        return "called", args, keywords


class Called(metaclass=Calls):
    def __init__(self, *args):
        print("never")


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    def __init__(self, x):
        self.values = x


def make():
    made = WithMeta(7)
    seen = [Concrete(1).values, Concrete(1, 2).values, Concrete(1, z=3).values, Simple(4).values, Called(1, k=2)]
    seen.append(made if isinstance(made, str) else made.values)
    try:
        Abstract()
    except TypeError as error:
        seen.append(str(error))
    return seen


for _ in range(WARM):
    got = make()
print(got)
Meta.__call__ = lambda cls, *args: f"its own {args}"
print(make())
del Meta.__call__
print(make())
Simple.late = abc.abstractmethod(lambda self: None)
abc.update_abstractmethods(Simple)
try:
    make()
except TypeError as error:
    print(error)
