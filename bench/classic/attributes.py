# Attributes and dicts: instance state, inheritance, super(), class attributes, __getitem__, dict updates.
import time


class Base:
    kind = "base"
    scale = 2
    def __init__(self, name):
        self.name = name
        self.count = 0
        self.table = {}
    def bump(self, n):
        self.count += n
        return self.count
    def __getitem__(self, key):
        return self.table.get(key, 0)
    def __setitem__(self, key, value):
        self.table[key] = value

class Derived(Base):
    kind = "derived"
    def __init__(self, name):
        super().__init__(name)
        self.extra = 1
    def bump(self, n):
        self.extra ^= 1
        return super().bump(n * self.scale)

def main(n=400000):
    objects = [Derived("d%d" % i) if i % 2 else Base("b%d" % i) for i in range(16)]
    total = 0
    for i in range(n):
        o = objects[i & 15]
        total += o.bump(i & 7)
        o[i & 31] = o[i & 31] + 1
        if o.kind == "derived":
            total += o.extra
        o.last = i
    state = {}
    for i in range(n):
        state[i % 1000] = state.get(i % 1000, 0) + i
        if (i, 0) in state:
            total += 1
    return total, sum(o.last + o[3] for o in objects), sum(state.values())


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
