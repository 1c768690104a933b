# Cells: shared, rebound, deleted, in classes and comprehensions.
def counter():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    def get():
        return n
    return up, get
up, get = counter()
up(); up()
print(get(), up.__closure__[0].cell_contents, up.__code__.co_freevars)
fs = [lambda i=i, j=0: i + j for i in range(3)]
print([f() for f in fs])
gs = [lambda: i for i in range(3)]
print([g() for g in gs])
def deleted():
    x = 1
    def f(): return x
    del x
    try:
        f()
    except NameError as e:
        print(type(e).__name__, e)
    try:
        print(x)
    except UnboundLocalError as e:
        print(type(e).__name__, e)
deleted()
class A:
    x = 5
    y = [z for z in [x]]
    def m(self): return __class__
print(A.y, A().m() is A)
def outer(x):
    class B:
        y = x
        def get(self): return x
    return B
print(outer(3).y, outer(4)().get())
def arg_cell(a, b=2, *c, **d):
    return lambda: (a, b, c, d)
print(arg_cell(1)(), arg_cell(1, 3, 4, k=5)())
try:
    undefined
except NameError as e:
    print(e, e.name)
