# Wrong arguments raise TypeErrors with exact texts.
def show(f, *args, **kwargs):
    try:
        print(f(*args, **kwargs))
    except TypeError as e:
        print("TypeError:", e)

def none(): return 0
def one(a): return a
def two(a, b): return a, b
def opt(a, b=2, c=3): return a, b, c
def kwonly(a, *, k, m=1): return a, k, m
def posonly(a, b, /, c): return a, b, c
def var(a, *rest, **extra): return a, rest, extra
class C:
    def __init__(self, x): pass
    def m(self, y): return y

show(none, 1)
show(none, 1, 2)
show(one)
show(one, 1, 2)
show(two)
show(two, 1)
show(two, 1, 2, 3)
show(two, 1, a=1)
show(two, 1, c=1)
show(opt)
show(opt, 1, 2, 3, 4)
show(opt, c=1, a=0)
show(kwonly, 1)
show(kwonly, 1, 2)
show(kwonly, 1, 2, k=3)
show(kwonly, 1, k=3)
show(kwonly, k=1)
show(posonly, 1, 2, 3)
show(posonly, 1, b=2, c=3)
show(posonly, a=1, b=2, c=3)
show(posonly, 1, 2)
show(var, 1, 2, 3, x=4)
show(var)
show(var, 1, a=2)
show(C)
show(C, 1, 2)
show(C(1).m)
show(C(1).m, 1, 2)
show(lambda x, y: 0)
show(lambda a, b, c, d: 0, 1)
show(3)
show(one, *[1], **{})
try:
    one(*3)
except TypeError as e: print(e)
try:
    one(**3)
except TypeError as e: print(e)
try:
    one(**{'a': 1}, **{'a': 2})
except TypeError as e: print(e)
try:
    one(1, **{1: 2})
except TypeError as e: print(e)
