# Calls of every kind: functions with defaults and keywords, methods, classes, closures, built-ins.
import time


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def add(self, other):
        return Point(self.x + other.x, self.y + other.y)
    @property
    def norm(self):
        return self.x * self.x + self.y * self.y
    @classmethod
    def origin(cls):
        return cls(0, 0)
    @staticmethod
    def twice(n):
        return n + n

def default(a, b=2, *, c=3):
    return a + b + c

def adder(n):
    def add(m):
        return m + n
    return add

def main(n=250000):
    p = Point.origin()
    step = Point(1, 2)
    add = adder(3)
    total = 0
    for i in range(n):
        p = p.add(step)
        total += p.norm % 7
        total += default(i) + default(i, 5) + default(i, c=1)
        total += add(i) + Point.twice(i)
        total += len("abc") + abs(-i) + max(i, 3)
    return total


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
