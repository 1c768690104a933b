# Frame objects: f_back, f_locals, f_lineno, clear, life after the call.
import sys
def inner(a):
    b = a + 1
    f = sys._getframe()
    return f
f = inner(1)
print(f.f_code.co_name, sorted(k for k in f.f_locals if k != "f"), f.f_locals["b"], f.f_lineno, f.f_back.f_code.co_name)
f.clear()
print(f.f_locals)
def outer():
    x = 1
    def g():
        return sys._getframe(1).f_locals, sys._getframe(0).f_code.co_name
    return g()
l, n = outer()
print(sorted(l), l["x"], n)
def loc():
    a = 1
    d = locals()
    b = 2
    return sorted(d), sorted(locals())
print(loc())
class C:
    y = 1
    z = sorted(k for k in locals() if not k.startswith("__"))
print(C.z)
try: sys._getframe(1000)
except ValueError as e: print(e)
def running():
    try: sys._getframe().clear()
    except RuntimeError as e: print(e)
running()
def gen():
    x = 1
    yield
g = gen(); next(g)
print(g.gi_frame.f_locals, g.gi_frame.f_back, g.gi_frame.f_lasti > 0)
g.gi_frame.clear()
print(g.gi_frame, list(g))
print(globals()["f"] is f, sys._getframe().f_globals is globals(), sys._getframe().f_locals is globals())
