# Unpacking of every kind of iterable, starred targets and displays; messages.
a, b = 1, 2
a, b = b, a
(c, [d, e]), *f = (1, [2, 3]), 4, 5
print(a, b, c, d, e, f)
*x, y = "abc"
print(x, y)
x, *y, z = range(5)
print(x, y, z)
print([*range(3), *"ab"], {*[1, 2], 3}, {**{"a": 1}, "b": 2, **{"a": 3}}, (*(1, 2), 3))
def g():
    yield 1
    yield 2
p, q = g()
print(p, q)
for bad, n in (((1,), 2), ((1, 2, 3), 2), (3, 2), ([1], 2), (g(), 2), ({1: 2}, 2)):
    try:
        u, v = bad
        print(u, v)
    except (ValueError, TypeError) as e: print(type(e).__name__, e)
try:
    u, *v, w = [1]
except ValueError as e: print(e)
for i, (j, k) in enumerate([(1, 2), (3, 4)]): print(i, j, k)
[m, n] = {5: 0, 6: 0}
print(m, n)
class It:
    def __getitem__(self, i):
        if i > 1: raise IndexError
        return i * 10
r, s = It()
print(r, s)
