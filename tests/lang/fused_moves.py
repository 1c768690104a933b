# Instructions that the VM fuses with their next show nothing of it: attributes that move, classes that change, tracing of
# lines and instructions in the middle, locals that are dropped.
import sys


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def sum(self):
        return self.x + self.y


class Named(Point):
    label = "class"

    def __init__(self, x, y):
        self.label = "own"
        super().__init__(x, y)

    def sum(self):
        return -1


def field(p):
    return p.x


def method(p):
    return p.sum()


def spread(p, q):
    first = p
    second = q
    return (first
            .x), (second
                  .sum())


for _ in range(100):
    field(Point(1, 2)), method(Point(1, 2)), spread(Point(1, 2), Point(3, 4))
print(field(Named(5, 6)), method(Named(5, 6)), spread(Named(7, 8), Point(1, 1)))
p = Point(1, 2)
del p.x
for bad in (p, 3, None, "text", Point):
    for function in (field, method):
        try:
            print(function(bad))
        except (AttributeError, TypeError) as e:
            print(type(e).__name__, e)
p.__dict__["x"] = 10
print(field(p), method(p))
p.sum = lambda: "own"
print(method(p))
del p.sum
Point.sum = lambda self: "changed"
print(method(p), method(Named(1, 1)))
Point.x = property(lambda self: "property", lambda self, v: None)
print(field(p), field(Point(1, 2)))
del Point.x
print(field(p))


def events(function, *args, opcodes):
    seen = []

    def trace(frame, event, arg):
        frame.f_trace_opcodes = opcodes
        if event in ("line", "opcode"):
            seen.append((event, frame.f_lineno - function.__code__.co_firstlineno))
        return trace

    sys.settrace(trace)
    try:
        function(*args)
    finally:
        sys.settrace(None)
    return seen


def fresh():
    namespace = {}
    exec(compile("def spread(p, q):\n first = p\n second = q\n return (first\n  .x), (second\n  .sum())\n", "fresh", "exec"), namespace)
    return namespace["spread"]


p, q = Point(1, 2), Point(3, 4)
cold, warm = fresh(), fresh()
for _ in range(100):
    warm(p, q)
for opcodes in False, True:
    once = events(cold, p, q, opcodes=opcodes)
    print(once == events(warm, p, q, opcodes=opcodes))
    print([line for event, line in once if event == "line"])


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


def drops(n):
    v = Noisy(f"{n} a")
    w = 1
    v = w
    print(v)
    u = Noisy(f"{n} b")
    u = n
    return u + v


for n in range(4):
    print(drops(n))


def rebinds(a, b):
    a, b = b, a
    c = a
    a = c
    return a, b, c, (a, b), [a, 1, b, 2]


for _ in range(50):
    rebinds(1, 2)
print(rebinds("a", "b"), rebinds(None, 2.5))
