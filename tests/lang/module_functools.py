# functools: partial, reduce, cmp_to_key and the wrapper of lru_cache.
import _functools, copy, functools, pickle, re, weakref
from functools import partial, reduce, cmp_to_key, lru_cache
class F:
    def __call__(self,*a,**k): return a,k
    def __repr__(self): return '<F>'
f=F()
class P(partial): pass
class B:
    m=partial(f,1)
    @lru_cache
    def c(self,x): return x
    def __repr__(self): return '<B>'

def show(*expressions):
    for e in expressions:
        try:
            print(e, "->", re.sub("0x[0-9a-f]+", "0x", repr(eval(e))))
        except Exception as x:
            print(e, "!!", type(x).__name__, re.sub("0x[0-9a-f]+", "0x", str(x)))
def rec():
    p=partial(f); p.__setstate__((f,(p,),{},{})); return repr(p)
def rec2():
    p=partial(f); p.__setstate__((p,(),{},{})); return repr(p)
def dct():
    p=partial(f); p.x=1; return p.__reduce__()
def calls():
    p=partial(f,1,a=2); return p(3,b=4),p(a=5),p.keywords
show('partial()', 'partial(1)', 'partial(f)', 'partial(f,1,a=2)', 'P(f,1)',
     'partial(partial(f,1,a=1),2,b=2)', 'partial(P(f,1),2)', 'P(partial(f,1),2).args', 'rec()', 'rec2()',
     'dct()', 'calls()', 'partial(f).func is f', 'partial(f).args', 'partial(f).keywords',
     "setattr(partial(f),'args',1)", 'partial(f,1).__reduce__()', 'partial(f).__setstate__(1)',
     'partial(f).__setstate__((1,(),{},None))', 'partial(f).__setstate__((f,1,{},None))',
     'partial(f).__setstate__((f,(),1,None))', 'partial(f).__setstate__((f,(),None,None))',
     'partial(f).__setstate__((f,(),{}))', 'partial(f).__dict__', 'partial(f).__class_getitem__(int)',
     'partial[int]', 'B().m()', "partial(f,**{'a b':1})", "partial(f,a=1)(**{'b c':2})",
     'partial.__text_signature__', 'partial(func=f)', 'reduce(lambda a,b:a+b,[1,2,3])', 'reduce(f,[])',
     'reduce(f,[],5)', 'reduce(f,[1])', 'reduce(f,1)', 'reduce(f)', 'reduce.__text_signature__',
     'reduce(function=f)', 'cmp_to_key(lambda a,b:a-b)', 'cmp_to_key(mycmp=lambda a,b:a-b)(1)',
     'cmp_to_key(lambda a,b:a-b)(1)<cmp_to_key(lambda a,b:a-b)(2)', 'cmp_to_key(lambda a,b:a-b)(1)<1',
     'hash(cmp_to_key(lambda a,b:a-b)(1))', 'cmp_to_key(1)', 'cmp_to_key(1)(1)<cmp_to_key(1)(2)',
     'cmp_to_key(lambda a,b:a-b)(obj=1).obj', 'cmp_to_key(lambda a,b:a-b).obj',
     'cmp_to_key(lambda a,b:a-b)<1', "cmp_to_key(lambda a,b:'x')(1)<cmp_to_key(lambda a,b:'x')(2)",
     'cmp_to_key(lambda a,b:a-b)()', 'type(cmp_to_key(f))', 'cmp_to_key(f)(1)==cmp_to_key(f)(1)',
     '_functools._lru_cache_wrapper', '_functools._lru_cache_wrapper()',
     '_functools._lru_cache_wrapper(f,1,True)', "_functools._lru_cache_wrapper(f,'a',True,tuple)",
     '_functools._lru_cache_wrapper(1,2,True,tuple)', '_functools._lru_cache_wrapper(f,None,True,tuple)',
     '_functools._lru_cache_wrapper(f,-1,True,tuple).cache_info()', 'B().c(1)', 'B.c', 'B().c',
     'B.c.cache_info()', 'B.c.cache_clear()', 'B.c.__reduce__()', 'B.c.__name__', 'B.c.__wrapped__',
     'copy.copy(B.c) is B.c', 'copy.deepcopy(B.c) is B.c', 'weakref.ref(B.c)', 'B.c.cache_parameters()',
     'lru_cache(f)([])',
     '_functools._lru_cache_wrapper(user_function=f,maxsize=1,typed=True,cache_info_type=tuple)',
     '_functools._lru_cache_wrapper.__module__', '_functools._lru_cache_wrapper.__qualname__',
     "partial(int,base=2)('11')", 'hash(partial(f))!=0', 'partial(f)==partial(f)',
     'cmp_to_key(f).__class__.__name__', 'cmp_to_key(f)(1).__class__.__module__',
     'sorted([3,1,2],key=cmp_to_key(lambda a,b:b-a))', "type('X',(_functools._lru_cache_wrapper,),{})",
     'pickle.loads(pickle.dumps(partial(int,base=2)))', 'copy.copy(partial(f,1))')

c=[]
@lru_cache(maxsize=2)
def g(x,y=0): c.append((x,y)); return x
for a in (1,2,3,1,1,3,2): g(a)
print(c,g.cache_info())
g(1.0); g(True); g(1,y=2); g(1,y=2); print(c,g.cache_info())
@lru_cache(typed=True)
def h(x): return type(x)
print(h(1),h(1.0),h(True),h(1),h.cache_info(), h.cache_parameters())
@lru_cache(None)
def fib(n): return n if n<2 else fib(n-1)+fib(n-2)
print(fib(100),fib.cache_info())
S=1
def rnd(n):
    global S; S=(S*1103515245+12345)%(1<<31); return (S>>16)%n
@lru_cache(10)
def sq(x,y=1): return x*x+y
for i in range(5000):
    a=rnd(15)
    assert sq(a,y=a%3)==a*a+a%3
print(sq.cache_info())
sq.cache_clear(); print(sq.cache_info())

# The function is called in the middle of its own cache's life.
@lru_cache(maxsize=1)
def once(n):
    if n:
        once(n - 1)
    return n
print(once(5), once(5), once(0), once.cache_info())
@lru_cache(maxsize=3)
def emptied(n):
    emptied.cache_clear()
    return n
print([emptied(i % 2) for i in range(6)], emptied.cache_info())
class Key:
    hashes = 0
    def __init__(self, n): self.n = n
    def __hash__(self): Key.hashes += 1; return hash(self.n)
    def __eq__(self, other): return self.n == other.n
@lru_cache(maxsize=2)
def keyed(k): return k.n
print([keyed(Key(i % 3)) for i in range(9)], Key.hashes, keyed.cache_info())
@lru_cache(maxsize=None)
def fails(n):
    raise ValueError(n)
for i in range(2):
    try:
        fails(1)
    except ValueError as e:
        print(e, fails.cache_info())
p = partial(partial)
try:
    del p.__dict__
except TypeError as e:
    print(e)
