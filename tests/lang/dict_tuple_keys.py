# Keys that are tuples: found by value, also through numbers of another type, and with items that only Python can compare.
class Odd:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return hash(self.n)

    def __eq__(self, other):
        calls.append((self.n, getattr(other, "n", other)))
        return self.n == getattr(other, "n", other)


calls = []
d = {}
for i in range(50):
    d[i, str(i)] = i
for i in range(50):
    d[i, str(i)] += 1
    d[float(i), str(i)] += 1
print(len(d), all(d[i, str(i)] == i + 2 for i in range(50)), (0, "1") in d, (0, "0", 0) in d)
d[True, "1"] = "one"
d[0.0, "0"] = "zero"
d[-0.0, "0"] = "minus zero"
d[None, 1] = d[1, None] = "none"
print(d[1, "1"], d[0, "0"], d[None, 1.0], d[1, None], len(d), next(k for k in d))
nan = float("nan")
d[nan, 1] = "the same nan"
d[float("nan"), 1] = "another"
print(d[nan, 1], sum(k[0] != k[0] for k in d))
d[(1, (2, 3)), "nested"] = 1
d[(1.0, (2, 3.0)), "nested"] = 2
print(d[(1, (2, 3)), "nested"], calls)
e = {(Odd(1), 2): "a"}
e[Odd(1), 2] = "b"
e[1, 2] = "c"
print(list(e.values()), len(calls) > 1)
calls.clear()
key = (Odd(5), 6)
e[key] = 1
e[key] = 2
print(calls, e.pop(key), e.setdefault((Odd(1), 2), 0), (1, 2) in e, len(e))
del e[1, 2]
print(e)
