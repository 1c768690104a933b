# `with` over managers written in Python: what __enter__ gives, raises and is, deep recursion through it, tracing.
import sys
import traceback


class Manager:
    def __init__(self, n):
        self.n = n

    def __enter__(self):
        if self.n == 3:
            raise ValueError("enter")
        return self if self.n != 1 else None

    def __exit__(self, kind, value, where):
        print("exit", self.n, kind)
        return self.n == 2


class WithDefault(Manager):
    def __enter__(self, extra=7):
        return extra


def use(manager):
    with manager as inside:
        manager = None
        if inside is None:
            raise KeyError
        if isinstance(inside, Manager) and inside.n == 2:
            raise OSError("swallowed")
        return inside if not isinstance(inside, Manager) else "self"
    return "after"


for repeat in range(20):
    for n in range(4):
        for kind in (Manager, WithDefault):
            try:
                result = use(kind(n))
            except Exception as error:
                result = repr(error)
            print(n, kind.__name__, result)


class Plain:
    def __enter__(self):
        pass

    def __exit__(self, *details):
        pass


def recurse(manager):
    with manager:
        return recurse(manager)


try:
    recurse(Plain())
except RecursionError as error:
    print(error)


class Generates(Plain):
    def __enter__(self):
        yield 5


with Generates() as generator:
    print(type(generator), list(generator))


class NoExit:
    def __enter__(self):
        print("never entered")


for bad in (NoExit(), 5):
    try:
        with bad:
            pass
    except TypeError as error:
        print(error)
try:
    with Manager(3):
        pass
except ValueError:
    traceback.print_exc(file=sys.stdout)
events = []


def tracer(frame, event, argument):
    events.append((event, frame.f_lineno, frame.f_code.co_name))
    return tracer


sys.settrace(tracer)
use(WithDefault(0))
sys.settrace(None)
print(events)
