# OrderedDict: order, what subclasses see of each operation, views, iterators that notice changes.
from _collections import OrderedDict
def tr(f,*a,**k):
    try: return f(*a,**k)
    except Exception as e: return type(e).__name__, str(e)
print(tr(OrderedDict,1,2), tr(OrderedDict().update,1,2), tr(OrderedDict,[(1,)]), tr(OrderedDict,[(1,2,3)]), tr(OrderedDict,[()]), tr(OrderedDict,[1]), tr(OrderedDict,1))
class S(OrderedDict):
    def __getitem__(self,k): print('get',k); return super().__getitem__(k)
    def __setitem__(self,k,v): print('set',k); return super().__setitem__(k,v)
    def __delitem__(self,k): print('del',k); return super().__delitem__(k)
    def __contains__(self,k): print('con',k); return super().__contains__(k)
    def keys(self): print('keys'); return super().keys()
    def items(self): print('items'); return super().items()
    def __iter__(self): print('iter'); return super().__iter__()
s=S(a=1,b=2,c=3)
print('pop', s.pop('a'), tr(s.pop,'z'), s.pop('z',5))
print('popitem', s.popitem(), s.popitem(False), tr(s.popitem))
s.update({'q':1}); s.update([('w',2)]); s.setdefault('e',3); s.setdefault('e',4)
print('copy'); c=s.copy(); print(type(c)); print('repr'); print(c); print('eq', c==s, c!=s, c==dict(c))
print('or'); print(s|{'t':1}); print({'t':1}|s); s|={'u':9}
print('dict'); print(dict(s)); print({**s})
s.x=5; print(s.copy().__dict__, s.__reduce__()[:3]); print(OrderedDict().__reduce__()[:4])
od=OrderedDict.fromkeys('abc'); it=iter(od); next(it); od['d']=1; print(tr(next,it), tr(next,it))
od=OrderedDict.fromkeys('abc'); it=iter(od); next(it); od.move_to_end('c'); print(tr(next,it)); od.move_to_end('b'); print(tr(next,it))
it=iter(od); list(it); od['z']=1; print(tr(next,it)); print(type(it), type(reversed(od.items())), od.keys(), od.values(), od.items(), type(od.keys()).__mro__)
print(it.__reduce__(), iter(od.items()).__reduce__())
print(tr(od.move_to_end,'nope'), tr(od.move_to_end), tr(od.popitem,1,2), tr(OrderedDict().popitem), tr(od.pop), tr(OrderedDict.fromkeys), OrderedDict.fromkeys(iterable='a',value=3))
print([n for n in dir(it) if n not in dir(object)], [n for n in type(od.keys()).__dict__])
r=OrderedDict(); r['me']=r; print(r); print(repr(OrderedDict()), OrderedDict(a=1))
od=OrderedDict.fromkeys('abc');
for v in od.values():
    od['a']=5
print(od, tr(lambda: od<od), OrderedDict.__hash__, tr(lambda: od|3), tr(lambda: 3|od), tr(lambda: od|[('z',1)]))
od|=[('z',1)]; print(od); print(hasattr(it,'__length_hint__'), tr(lambda:OrderedDict(b=1,a=2)==OrderedDict(a=2,b=1)))
