# global, nonlocal, class scope, exec with namespaces, del.
x = "global"
def f():
    global x, made
    x = "changed"
    made = 1
f(); print(x, made)
class C:
    x = "class"
    def m(self): return x
    l = [x for i in range(1)]
print(C().m(), C.l)
ns = {}
exec("a = 1\ndef g(): return a\nclass K:\n  b = a", ns)
print(ns["g"](), ns["K"].b, "__builtins__" in ns)
loc = {}
exec("y = 5\nz = y + 1", {}, loc)
print(loc)
print(eval("x + w", {"x": 1}, {"w": 2}))
class Map(dict):
    def __missing__(self, k): return k.upper()
print(eval("abc", {}, Map()))
try:
    exec("del nope")
except NameError as e: print(e)
def g():
    del q
    q = 1
try: g()
except UnboundLocalError as e: print(e)
def h():
    for i in range(3): pass
    return [i for i in "ab"], i
print(h())
print((lambda: (yield))().__class__.__name__)
def walrus(): return [last := k for k in range(3)], last
print(walrus())
def ann(a: int, b: "str" = 1, *c: list, d: dict = None) -> None: pass
print(ann.__annotations__, ann.__defaults__, ann.__kwdefaults__)
