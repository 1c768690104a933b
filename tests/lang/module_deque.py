# deque: every method and operator, its bounds, iterators that notice changes, and the errors.
from _collections import deque
def tr(f,*a,**k):
    try: return f(*a,**k)
    except BaseException as e: return type(e).__name__, str(e)
d=deque('abcdef',4); print(d, d.maxlen, len(d), tr(deque,1,2,3), tr(deque,[],-1), tr(deque,[],'x'), tr(deque,x=1), tr(deque,[],10**30), deque(iterable=[1],maxlen=None))
d=deque(range(10)); d.rotate(3); print(d); d.rotate(-13); print(d); d.rotate(); print(d); d.rotate(0)
d=deque(range(20)); 
for i in range(100): d.rotate(i-50); d.insert(i%25-12, i); d.pop(); d.append(i) if i%3 else d.appendleft(i); d.popleft()
print(d)
print(tr(d.pop,1), tr(d.append), tr(d.rotate,1,2), tr(d.rotate,'a'), tr(d.insert,1), tr(deque().pop), tr(deque().popleft), tr(d.index,99999), tr(d.remove,99999), tr(deque('ab',2).insert,0,1))
print(tr(lambda:d['a']), tr(lambda:d[1:2]), tr(lambda:d[1000]), tr(lambda:d[10**30]), tr(d.__setitem__,1000,1), tr(d.__delitem__,1000))
print(tr(lambda:d+3), tr(lambda:d+[1]), tr(lambda:d*2.5), tr(lambda:d*'a'), tr(lambda:3+d), tr(d.__add__,3), tr(d.__mul__,'a'), tr(lambda:d<[1]), tr(lambda:d*10**30))
e=deque([1,2,3]); e+=e; print(e, e*2, 2*e, e*0, e*-1, e+e, deque([1,2,3],5)*3, deque([1,2,3],3)*3, deque([1],0)*3, deque([1,2],1)*5); e*=2; print(e); e*=0; print(e)
e=deque('abc'); e.extendleft('xyz'); print(e); e.extendleft(e); print(e, e.count('x'), 'x' in e, 'q' in e, e.index('x',2), tr(e.index,'x',-1), tr(e.index,'c',-4,-1), e.index('z',-9,-1), tr(e.index,'x',None))
e.reverse(); print(e); del e[2]; del e[-2]; e[0]='Q'; print(e); e.remove('b'); print(e); e.clear(); print(e, bool(e))
e=deque([1,2]); e.append(e); print(e); 
print(deque('ab')==deque('ab'), deque('ab')!=deque('ab'), deque('ab')<deque('abc'), deque('b')>deque('abc'), deque('b')<=deque('b'), deque('ab')==deque('abc'), deque('ab')=='ab')
it=iter(deque('abcd')); next(it); print(it.__length_hint__(), it.__reduce__(), type(it)); r=reversed(deque('abc')); print(next(r), r.__reduce__(), list(r), type(r))
d=deque('abc'); it=iter(d); next(it); d.append(1); print(tr(next,it), tr(next,it), it.__length_hint__())
d=deque('abc'); it=iter(d); list(it); print(tr(next,it)); d.append(1); print(tr(next,it), tr(next,it))
d=deque('abc'); it=iter(d); d[0]='z'; d.reverse(); print(list(it)); it=iter(d); d.rotate(0); print(tr(next,it))
class M:
    def __init__(s,d,m): s.d=d; s.m=m
    def __eq__(s,o): s.m(s.d); return False
for m in (deque.clear, lambda d:d.append(1), lambda d: d.rotate(1)):
    for op in ('index','count','remove','__contains__'):
        d=deque(); d.extend([1,M(d,m),2]); print(op, tr(getattr(d,op),5)); d=deque(); d.append(M(d,m)); print(tr(getattr(d,op),5))
T=type(it); print(list(T(deque('abc'),1)), list(T(deque('abc'),10)), list(T(deque('abc'),-4)), tr(T), tr(T,1), tr(T,deque(),1,2), tr(T,deque=1))
import copy
print(deque('abc').__reduce__()[:3], deque('abc',4).__reduce__()[:3])
class D(deque): pass
x=D('abc',4); x.a=1; print(x, x.copy(), x.__copy__(), type(x.copy()), x+x, x*2, x.__reduce__()[:3], tr(lambda: x+1))
class E(deque):
    def __new__(cls,*a): return deque.__new__(cls) if not a else 5
print(tr(E().copy), hash(deque) is None, tr(hash,deque()), deque[int], deque.__hash__, deque.__name__, deque.__module__, deque.__qualname__)
class B: 
    def __iter__(s): yield 1; yield 2; raise ValueError('x')
d=deque(); print(tr(d.extend,B()), d, tr(d.extend,5), tr(d.extendleft,5), tr(lambda: d.__iadd__(5)))
print(sorted(set(dir(deque))-set(dir(object))))
big=deque(range(100000)); s=0
while big: s+=big.popleft(); s-=big.pop() if big else 0
print(s)
print(repr(deque.maxlen), tr(setattr,deque(),'maxlen',1), tr(setattr,deque(),'zz',1))
match deque([1,2]):
    case [a,b]: print('seq',a,b)
class Bad:
    def __iadd__(s,o): return 1
    def __radd__(s,o): return 'radd'
print(deque()+Bad())
