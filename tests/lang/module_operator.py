# operator: every function, and the callable objects with their errors and pickling.
import copy, pickle, re
import _operator, operator
from operator import *
from operator import itemgetter as ig, attrgetter as ag, methodcaller as mc

def show(*expressions):
    for e in expressions:
        try:
            print(e, "->", re.sub("0x[0-9a-f]+", "0x", repr(eval(e))))
        except Exception as x:
            print(e, "!!", type(x).__name__, re.sub("0x[0-9a-f]+", "0x", str(x)))

show('ig()', 'ig(1)', 'ig(1,2)', 'ig(1)(5)', 'ig(1)([1,2],3)', 'ig(1)(x=1)', 'ig(1)()', 'ig(1)([1])',
     'ig(1,2)([1,2,3])', 'ig(a=1)', 'ag()', 'ag(1)', "ag('a','b.c')", "ag('a',1)", "ag('real.imag')(5)",
     "ag('a')()", "ag('a')(1,2)", "ag('a')(x=1)", "ag('.a')(1)", "ag('a..b')(1)", 'mc()', 'mc(1)', "mc('a')",
     "mc('a',1,b=2)", "mc('a')()", "mc('upper')('x')", "mc('upper')('x',1)", "mc('upper')(x=1)",
     "mc('split',sep='a')('bab')", 'ig(1).__reduce__()', 'ig(1,2).__reduce__()', "ag('a').__reduce__()",
     "ag('a.b','c').__reduce__()", "mc('a').__reduce__()", "mc('a',1).__reduce__()",
     "mc('a',1,b=2).__reduce__()", 'ig.__text_signature__', 'ig(slice(1,2))', "ig('name',b'x')",
     'type(ig(1)).__module__', 'index(1.5)', 'index(True)', 'length_hint([1])', 'length_hint(5)',
     'length_hint(5,7)', "length_hint(5,'a')", 'length_hint(iter([1,2]))', 'countOf([1,1,2],1)',
     'indexOf([1,2],3)', 'indexOf([1,2],2)', 'countOf(1,1)', 'indexOf(1,1)',
     "_operator._compare_digest(b'a',b'a')", "_operator._compare_digest('a','a')",
     "_operator._compare_digest('a',b'a')", "_operator._compare_digest('é','a')",
     '_operator._compare_digest(1,2)', "_operator._compare_digest(memoryview(b'aaa')[::2],b'aa')",
     'concat([1],[2])', 'concat(1,2)', "concat('a',1)", 'concat([1],(1,))', 'iconcat([1],(2,))',
     'iconcat(1,2)', 'contains([1],1)', 'contains(1,1)', 'call(len,[1])', 'call()', 'call(dict,a=1)',
     'truth([])', 'not_([])', 'is_(1,1)', 'is_not(1,1)', 'pow(2,3)', 'pow(2)', 'ipow(2,3)',
     'setitem([1],0,2)', 'delitem([1],0)', 'getitem([1],0)', 'getitem(1,0)', 'inv(1)', 'invert(1)', 'pos(1)',
     'neg(1)', 'abs(-1)', 'matmul(1,2)', 'imatmul(1,2)', 'lt(1,2)', 'eq(1,1)', 'add(1)', 'add(1,2,3)',
     'add(1,b=2)', "ag('x').__class__", "ag(*['a']*3)", "hasattr(ig(1),'__dict__')",
     "__import__('copy').copy(ig(1))", 'concat(int,str)', "type('A',(ig,),{})", 'length_hint(1,-1)',
     'and_(1,2)', 'iand(1,2)',
     "[getattr(_operator,n).__text_signature__ for n in sorted(dir(_operator)) if n[0]!='_']",
     'sorted(dir(_operator))')

for name in sorted(dir(_operator)):
    function = getattr(_operator, name)
    if name[0] != "_" and function.__text_signature__ == "($module, a, b, /)":
        for a, b in ((7, 3), (7.5, 2.0), ([1, 2], 2), ("ab", "a"), (1, "x")):
            try:
                print(name, a, b, function(copy.copy(a), b))
            except Exception as x:
                print(name, a, b, type(x).__name__, x)
for g in (ig(1), ig(1, "x"), ag("a.b"), ag("a", "b"), mc("f"), mc("f", 1), mc("f", 1, x=2)):
    print(g, pickle.loads(pickle.dumps(g)), copy.copy(g), copy.deepcopy(g))
class R:
    pass
r = R(); r.me = ig(r, r)
print(r.me.__reduce__()[1] == (r, r))
