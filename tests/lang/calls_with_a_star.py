# Calls whose last argument is starred: functions, methods, classes, native ones; what iterating raises, the order of evaluation.
def f(*a): return a
def g(a,b=2,*c,d=5): return a,b,c,d
class C:
    def m(self,*a): return a
    @classmethod
    def k(cls,*a): return cls.__name__,a
    @staticmethod
    def s(*a): return a
    def __init__(self,*a): self.a=a
class D(C):
    def __init__(self,*a): super().__init__(*a); self.n=len(a)
    def m(self,*a): return ("D",)+super().m(1,*a)
def gen(n):
    for i in range(n): yield i
c=C(); d=D(1,2)
for i in range(30):
    r=[f(*[1,2]), f(1,*(2,3)), f(1,2,*gen(3)), f(*"abc"), f(*{}), g(*[1]), g(1,*[2,3,4]), g(1,2,3,*gen(20)),
       c.m(*[1]), c.m(1,*gen(15)), c.k(*[1]), C.k(2,*(3,)), c.s(1,*[2]), C(*[4]).a, d.m(*[8]), d.a, d.n, max(*[3,1,2]), max(3,*[9]),
       "{} {}".format(*[1,2]), "{} {} {}".format(1,*[2,3]), [].append(*[1]), (lambda *a:a)(*range(14)), print(*[],end=""), dict(*[[(1,2)]]), int(*["7",8]), str(*[3]), f(*f(*f(1,*[2])))]
print(r)
def err(fn):
    try: return fn()
    except Exception as e: return type(e).__name__, str(e)
print(err(lambda: f(*5)), err(lambda: c.m(*None)), err(lambda: f(1,*3.5)), err(lambda: max(*1)), err(lambda: g(*[])), err(lambda: c.nope(*[1])), err(lambda: C.m(*[])), err(lambda: [].append(*[1,2])), err(lambda: c(*[1])))
def bad():
    yield 1
    raise KeyError("in iteration")
print(err(lambda: f(0,*bad())))
def order():
    log=[]
    def t(x): log.append(x); return x
    f(t(1),*t([2]))
    return log
print(order())
m=c.m
print(m(*[1]), m(1,*[2]))
class L(list): pass
print(f(*L([1,2])))
@f
def deco(): pass
class B(*[C]): pass
print(B.__mro__)
class B2(C,*[object]): pass
print(B2.__mro__)
import traceback,sys
def tb():
    c.m(
        1,
        *bad()
    )
try: tb()
except KeyError: traceback.print_exc(file=sys.stdout)
def big(*a): return len(a)
print(big(*range(100000)), big(1,2,*range(1000)))
def rec(*a): return rec(*a,) 
try: rec(1)
except RecursionError as e: print("rec")
