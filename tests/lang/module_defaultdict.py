# defaultdict, the descriptor of namedtuple's fields, and the counting loop of Counter.
from _collections import defaultdict, _tuplegetter, _count_elements
def tr(f,*a,**k):
    try: return f(*a,**k)
    except BaseException as e: return type(e).__name__, str(e)
d=defaultdict(list); d['a'].append(1); d['b']; print(d, d.default_factory, tr(defaultdict,1), tr(defaultdict,None,1), tr(defaultdict,list,1,2), defaultdict(None,a=1), defaultdict(), tr(lambda:defaultdict()['x']))
d=defaultdict(list,{'x':1},y=2); print(d, d.copy(), d.__copy__(), d|{'z':1}, {'z':1}|d, tr(lambda:d|3), d.__reduce__()[:4], list(d.__reduce__()[4]), defaultdict().__reduce__()[:4])
d.default_factory=None; print(d, tr(d.__getitem__,'q')); del d.default_factory; print(d.default_factory); d.default_factory=3; print(d, tr(d.__getitem__,'q'))
class S(defaultdict):
    def __init__(s,*a): super().__init__(*a)
    def _f(s): return 7
s=S(); s.default_factory=s._f; print(tr(repr,s)); print(s['k'], s|{'a':1})
print(d==dict(d), defaultdict.__name__, defaultdict.__module__, tr(d.__missing__), tr(hash,d))
d|={'u':1}; print(d, d.get('zz'), 'zz' in d)
g=_tuplegetter(0,'doc'); print(g, g.__doc__, g.__reduce__(), tr(_tuplegetter), tr(_tuplegetter,'a','b'), tr(_tuplegetter,1,2,3), tr(_tuplegetter,index=1,doc=2))
class T(tuple):
    a=_tuplegetter(0,'da'); b=_tuplegetter(1,'db'); c=_tuplegetter(-1,'x')
t=T((1,2)); print(t.a,t.b,tr(getattr,t,'c'),T.a,T.a.__doc__,tr(setattr,t,'a',1),tr(delattr,t,'a'),tr(getattr,T((1,)),'b'),tr(g.__get__,[]),g.__get__(None,int) is g,tr(g.__get__,(5,)))
g.__doc__='new'; print(g.__doc__, g)
m={}; _count_elements(m,'abracadabra'); print(m)
class N(dict):
    def get(s,k,d=None): return super().get(k,d)+10
m=N(); _count_elements(m,'aab'); print(m, tr(_count_elements,m,5), tr(_count_elements,5,'a'), tr(_count_elements,{}, [[]]), tr(_count_elements,{'a':'x'},'a'))
