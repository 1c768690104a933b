# Calls whose last argument is starred: of functions, methods, classes and native ones; what iterating raises, the order of
# evaluation, many arguments.
import sys
import traceback

WARM = 30


def plain(*args):
    return args


def mixed(a, b=2, *c, d=5):
    return a, b, c, d


class Base:
    def __init__(self, *args):
        self.args = args

    def method(self, *args):
        return args

    @classmethod
    def of_class(cls, *args):
        return cls.__name__, args

    @staticmethod
    def static(*args):
        return args


class Derived(Base):
    def __init__(self, *args):
        super().__init__(*args)
        self.count = len(args)

    def method(self, *args):
        return ("derived",) + super().method(1, *args)


def count(n):
    for i in range(n):
        yield i


def all_kinds(base, derived):
    return [
        plain(*[1, 2]), plain(1, *(2, 3)), plain(1, 2, *count(3)), plain(*"abc"), plain(*{}), mixed(*[1]),
        mixed(1, *[2, 3, 4]), mixed(1, 2, 3, *count(20)), base.method(*[1]), base.method(1, *count(15)), base.of_class(*[1]),
        Base.of_class(2, *(3,)), base.static(1, *[2]), Base(*[4]).args, derived.method(*[8]), derived.args, derived.count,
        max(*[3, 1, 2]), max(3, *[9]), "{} {}".format(*[1, 2]), "{} {} {}".format(1, *[2, 3]), [].append(*[1]),
        (lambda *a: a)(*range(14)), print(*[], end=""), dict(*[[(1, 2)]]), int(*["7", 8]), str(*[3]),
        plain(*plain(*plain(1, *[2]))),
    ]


for _ in range(WARM):
    seen = all_kinds(Base(), Derived(1, 2))
print(*seen, sep="\n")


def failing():
    yield 1
    raise KeyError("in iteration")


def outcome(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__, str(error)


base = Base()
for function in (
    lambda: plain(*5),
    lambda: base.method(*None),
    lambda: plain(1, *3.5),
    lambda: max(*1),
    lambda: mixed(*[]),
    lambda: base.nothing(*[1]),
    lambda: Base.method(*[]),
    lambda: [].append(*[1, 2]),
    lambda: base(*[1]),
    lambda: plain(0, *failing()),
):
    print(outcome(function))


def order():
    log = []

    def note(x):
        log.append(x)
        return x

    plain(note(1), note(2), *note([3]))
    return log


print(order())
bound = base.method
print(bound(*[1]), bound(1, *[2]))


class List(list):
    def __iter__(self):
        return iter("own")


print(plain(*List([1, 2])))


class FromStar(*[Base]):
    pass


class FromBoth(Derived, *[Base]):
    pass


print(FromStar.__mro__, FromBoth.__mro__)


def over_lines():
    base.method(
        1,
        *failing()
    )


try:
    over_lines()
except KeyError:
    traceback.print_exc(file=sys.stdout)


def how_many(*args):
    return len(args)


print(how_many(*range(100000)), how_many(1, 2, *range(1000)))


def recurse(*args):
    return recurse(*args)


try:
    recurse(1)
except RecursionError:
    print("too deep")
