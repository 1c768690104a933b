# Attributes of every kind: of instances, classes and modules, slots, properties, methods bound and unbound, by name.
import math


class Counter:
    step = 1
    total = 0

    def __init__(self):
        self.value = 0
        self.seen = None

    def advance(self):
        self.value += self.step
        Counter.total += 1
        return self

    @property
    def double(self):
        return self.value * 2

    @double.setter
    def double(self, value):
        self.value = value // 2

    @classmethod
    def made(cls):
        return cls()

    @staticmethod
    def least(a, b):
        return a if a < b else b


class Fast(Counter):
    step = 3

    def advance(self):
        super().advance()
        self.seen = self
        self.seen = None
        return self


class Node:
    __slots__ = "value", "next"

    def __init__(self, value, next):
        self.value, self.next = value, next


class Lazy:
    def __init__(self, target):
        self.target = target

    def __getattr__(self, name):
        return getattr(self.target, name)

    def __len__(self):
        return 3

    def __getitem__(self, index):
        if index >= 3:
            raise IndexError(index)
        return index

    def __call__(self, n):
        return n


def reverse(node):
    back = None
    while node is not None:
        node.next, back, node = back, node, node.next
    return back


for _ in range(4):
    counters = [Counter(), Fast(), Counter.made()]
    for n in range(12000):
        counter = counters[n % 3]
        counter.advance().double = counter.double + 2
        counter.least(counter.value, n)
    for n in range(6000):
        first = Counter()
        first.extra = n
        first.advance()
    chain = None
    for n in range(6000):
        chain = Node(n, chain)
    reverse(chain)
    lazy = Lazy(counters[0])
    for n in range(5000):
        lazy.value + lazy.step + len(lazy) + lazy(n) + sum(lazy)
        setattr(lazy, "other", getattr(lazy, "nothing", 0) if hasattr(lazy, "nothing") else n)
        math.floor(math.pi * n)
    advance = counters[1].advance
    for n in range(6000):
        advance()
        isinstance(counters[n % 3], Fast) or isinstance(n, (int, str))
