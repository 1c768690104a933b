# What the eval loop has forms of its own for: conditions on attributes, fields of named tuples, calls that leave out
# defaults. Each is run until it is specialised, then meets something else.
import sys
from collections import namedtuple

WARM = 40


class Box:
    def __init__(self, value):
        self.value = value


class Slim:
    __slots__ = ("value",)


class Shy:
    def __bool__(self):
        raise ValueError("neither")


def conditions(box):
    seen = 0
    if box.value:
        seen |= 1
    if not box.value:
        seen |= 2
    if box.value is None:
        seen |= 4
    if box.value is not None:
        seen |= 8
    while box.value and seen < 16:
        seen |= 16
    return seen


for value in (True, 1, 0, None, False, "", [], "x", [1], 0.0, 1.5, Box(1), 2**70, -1, ...):
    for _ in range(WARM):
        seen = conditions(Box(value))
    print(type(value).__name__, seen)
slim = Slim()
slim.value = 3
print(conditions(slim))
for bad in (Box(Shy()), Slim(), 5):
    try:
        print(conditions(bad))
    except (ValueError, AttributeError) as error:
        print(type(error).__name__, error)
box = Box(1)
del box.value
try:
    conditions(box)
except AttributeError as error:
    print(error)
Box.value = "of the class"
print(conditions(box))

# The trace function sees each line, also where an attribute and the jump on it are one instruction.
events = []


def tracer(frame, event, argument):
    if frame.f_code is conditions.__code__:
        events.append((event, frame.f_lineno - conditions.__code__.co_firstlineno))
        return tracer


sys.settrace(tracer)
conditions(Box(None))
sys.settrace(None)
print(events)

# A trace function that comes in the middle of a call hears of the returns of what is called then.
heard = []


def inner():
    heard.append("inner")


def outer():
    inner()
    sys.setprofile(lambda frame, event, argument: event in ("call", "return") and heard.append((event, frame.f_code.co_name)))
    inner()
    return None


for _ in range(WARM):
    heard.clear()
    outer()
    sys.setprofile(None)
print(heard)

Point = namedtuple("Point", "x y z")


def ends(point):
    return point.x, point.z


for _ in range(WARM):
    got = ends(Point(1, [2], 3.5))
print(got)


class Child(Point):
    z = "hidden"


print(ends(Child(1, 2, 3)))
for bad in (tuple.__new__(Point, (7,)), (1, 2, 3)):
    try:
        print(ends(bad))
    except (IndexError, AttributeError) as error:
        print(type(error).__name__, error)
Point.z = 9
print(ends(Point(1, 2, 3)))


def defaults(a, b=2, c=None, d=(1,)):
    x = y = None
    return a, b, c, d, x, y


def call():
    return defaults(1), defaults(1, 5), defaults(1, 5, 7), defaults(1, 5, 7, 8)


for _ in range(WARM):
    got = call()
print(got)
defaults.__defaults__ = ("only d",)
try:
    call()
except TypeError as error:
    print(error)
defaults.__defaults__ = tuple("wxyz")
print(call())
defaults.__defaults__ = None
try:
    call()
except TypeError as error:
    print(error)
defaults.__code__ = (lambda a, b=0, *c, d=4: (a, b, c, d)).__code__
defaults.__defaults__, defaults.__kwdefaults__ = (6,), {"d": 5}
print(call())


def deep(n, more=None):
    return deep(n + 1)


try:
    deep(0)
except RecursionError as error:
    print(error)
