# How control moves: calls of every kind, closures, generators, exceptions, with, match, recursion.
import contextlib
import functools


def fold(function, *values, start=0, **options):
    result = start
    for value in values:
        result = function(result, value, **options)
    return result


def counter(step):
    value = 0

    def advance(times=1):
        nonlocal value
        value += step * times
        return value
    return advance


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs)
    wrapper.calls = 0
    return wrapper


@logged
def clamp(value, low=0, high=100):
    if value < low:
        return low
    return high if value > high else value


class Rejected(ValueError):
    def __init__(self, reason, value):
        super().__init__(reason)
        self.value = value


def check(value):
    if value % 7 == 0:
        raise Rejected("a multiple", value)
    return {"value": value}["value" if value % 5 else "missing"]


def tried(values):
    good = bad = 0
    for value in values:
        try:
            good += check(value)
        except KeyError:
            bad += 1
        except Rejected as e:
            bad += e.value > 0
        finally:
            good += 1
    return good, bad


@contextlib.contextmanager
def noting(notes, name):
    notes.append(name)
    try:
        yield notes
    finally:
        notes.pop()


def tree(depth):
    return (tree(depth - 1), depth, tree(depth - 1)) if depth else None


def walk(node):
    if node is not None:
        left, value, right = node
        yield from walk(left)
        yield value
        yield from walk(right)


def averages():
    total, n = 0.0, 0
    value = yield 0.0
    while value is not None:
        total += value
        n += 1
        value = yield total / n


def describe(value):
    match value:
        case {"kind": kind, **rest}:
            return kind, len(rest)
        case [first, *others]:
            return first, len(others)
        case int() | float():
            return "number", value
        case _:
            return None


PLACES = [1, 2, 3]


def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1) if n == 0 else ackermann(m - 1, ackermann(m, n - 1))


def hanoi(discs, source, target, spare):
    if discs == 0:
        return 0
    return hanoi(discs - 1, source, spare, target) + 1 + hanoi(discs - 1, spare, target, source)


def area(width, height=2, *, margin=0):
    return (width + margin) * (height + margin)


for _ in range(4):
    for n in range(15000):
        area(n) + area(n, 3) + area(width=n, height=1) + area(n, margin=2) + min(n, 7) + max(n, 3) + abs(-n) + len(PLACES)
    for n in range(8000):
        fold(lambda a, b, scale=1: a + b * scale, 1, 2, 3, n, start=n, scale=2)
        clamp(n, high=50)
    advance = counter(3)
    for n in range(20000):
        advance() if n % 2 else advance(2)
    tried(range(1, 15000))
    notes = []
    for n in range(4000):
        with noting(notes, n):
            describe({"kind": n, "a": 1} if n % 3 == 0 else [n, 1, 2] if n % 3 == 1 else n)
    sum(walk(tree(11)))
    mean = averages()
    next(mean)
    for n in range(15000):
        mean.send(n)
    ackermann(2, 150)
    hanoi(12, "a", "b", "c")
    list(filter(None, map(lambda n: n % 3, range(20000))))
