# with: order of entering and leaving, suppression, missing methods.
class M:
    def __init__(self, n, suppress=False): self.n, self.s = n, suppress
    def __enter__(self):
        print("enter", self.n)
        return self.n
    def __exit__(self, t, v, tb):
        print("exit", self.n, t and t.__name__, v, tb is not None)
        return self.s
with M(1) as a, M(2) as b:
    print(a, b)
with M(3, True):
    raise ValueError("x")
try:
    with M(4), M(5):
        raise KeyError("y")
except KeyError as e: print("caught", e)
def f():
    for i in range(3):
        with M(i):
            if i == 1: return "r"
print(f())
class NoExit:
    def __enter__(self): pass
class Nothing: pass
for c in (NoExit, Nothing):
    try:
        with c(): pass
    except TypeError as e: print(e)
class BadExit(M):
    def __exit__(self, *a): raise RuntimeError("exit")
try:
    with BadExit(6): raise ValueError("body")
except RuntimeError as e: print(e, repr(e.__context__))
