# _csv: dialects and their errors, every state of the reader, every way of quoting of the writer.
import _csv, sys
from _csv import *
def tr(f,*a,**k):
    try: return f(*a,**k)
    except BaseException as e: return type(e).__name__, str(e).strip()
class Out:
    def __init__(s): s.l=[]
    def write(s,x): s.l.append(x); return len(x)
def D(**k):
    d=tr(Dialect,**k)
    if isinstance(d,tuple): return d
    return d.delimiter,d.doublequote,d.escapechar,d.lineterminator,d.quotechar,d.quoting,d.skipinitialspace,d.strict
for k in [{}, dict(delimiter=''), dict(delimiter='ab'), dict(delimiter=None), dict(delimiter=1), dict(delimiter=b','), dict(quotechar=''), dict(quotechar=None), dict(quotechar=None,quoting=0), dict(quotechar=1), dict(quotechar='ab'),dict(escapechar=''), dict(escapechar='xy'),dict(escapechar=5), dict(escapechar='x'), dict(lineterminator=None), dict(lineterminator=5), dict(lineterminator=''), dict(lineterminator='xyz'), dict(quoting=4), dict(quoting=-1), dict(quoting=True), dict(quoting='a'), dict(quoting=None), dict(quoting=10**20), dict(strict=5), dict(doublequote=[]), dict(skipinitialspace='x'), dict(bad=1), dict(dialect='nope'), dict(dialect=5), dict(dialect=None), dict(delimiter='\u20ac',quotechar='\U0001F600')]:
    print(k, D(**k))
print(tr(Dialect,1,2,3,4,5,6,7,8,9,10), type(Dialect([])), tr(setattr,Dialect(),'delimiter',1), tr(setattr,Dialect(),'strict',1), tr(setattr,Dialect(),'zz',1), tr(delattr,Dialect(),'quoting'), tr(Dialect().__reduce__), tr(Dialect().__reduce_ex__,2))
d=Dialect(); print(Dialect(d) is d, Dialect(d,delimiter=';') is d, Dialect(d,delimiter=';').delimiter)
class X: delimiter=':'; quoting=2; lineterminator='\n'
print(D(dialect=X), D(dialect=X()))
print(list_dialects(), tr(register_dialect), tr(register_dialect,1), tr(register_dialect,'a',1,2), tr(register_dialect,'a',badkw=1), tr(register_dialect,'x',X), tr(register_dialect,'y',quoting=3,escapechar='\\'), list_dialects(), tr(get_dialect,'q'), tr(get_dialect), tr(get_dialect,[]), tr(unregister_dialect,'q'), tr(unregister_dialect,[]), type(get_dialect('x')), D(dialect='y'), D(dialect='x',strict=1), tr(unregister_dialect,'y'), list_dialects(), tr(list_dialects,1), type(get_dialect(name='x')))
print(field_size_limit(), tr(field_size_limit,'a'), tr(field_size_limit,10), field_size_limit(), tr(field_size_limit,10**30), tr(field_size_limit,True), tr(lambda: list(reader(['abcdefghij,k']))), tr(lambda: list(reader(['abcdefghijk']))), field_size_limit(131072), tr(field_size_limit,1,2), tr(field_size_limit,new_limit=131072))
def R(lines,*a,**k):
    r=tr(reader,lines,*a,**k)
    if isinstance(r,tuple): return r
    out=[]
    while 1:
        try: out.append(next(r))
        except BaseException as e:
            return out, r.line_num, type(e).__name__, str(e)
for l,k in [(['a,b,c'],{}),(['a,"b ""q"" x",c\r\n','','x'],{}),(['a,"b\n','c",d\n'],{}),(['"abc'],{}),(['"abc'],dict(strict=1)),(['"ab"c,d'],{}),(['"ab"c,d'],dict(strict=1)),(['a\nb'],{}),(['a\rb'],{}),(['a\r\n\n\r'],{}),(['a,b\\,c,d'],dict(escapechar='\\')),(['a\\'],dict(escapechar='\\')),(['a\\\n','b'],dict(escapechar='\\')),(['"a\\"b"'],dict(escapechar='\\')),(['"a\\'],dict(escapechar='\\')),([' a,  b," c"'],dict(skipinitialspace=True)),(['1,2.5,"x",,7'],dict(quoting=2)),(['1,abc'],dict(quoting=2)),(['"a",b'],dict(quoting=3)),(['a\0b,c'],{}),([b'a'],{}),([5],{}),(['a;b'],dict(delimiter=';')),(["'a,b',c"],dict(quotechar="'")),(['"a""b"'],dict(doublequote=False)),(['',' ','\n'],{}),(['a,',',',',,'],{}),(['"a"\n'],{}),(['a,b'],dict(quotechar=None)),(['\u20ac,\U0001F600,é'],{}),(['a"b"c'],{}),(['"a",'],{}),(['""'],{}),(['a\\'],dict(escapechar='\\',strict=True)),(['"x"y"z"'],{}),(['1, 2'],dict(quoting=2)),(['"x" ,y'],dict(strict=True))]:
    print(l,k,R(l,**k))
print(R(5), tr(reader), tr(reader,[],1,2), tr(reader,[],'nope'), tr(reader,[],zz=1), R(['a:b'],X), R(['a:b'],'x'))
def bad(): yield 'a'; raise KeyError('boo')
print(R(bad()))
def W(rows,*a,**k):
    o=Out(); w=tr(writer,o,*a,**k)
    if isinstance(w,tuple): return w
    res=[tr(w.writerow,r) for r in rows]
    return o.l,res
class Bad:
    def __str__(s): raise ValueError('no')
for rows,k in [([['a','b',1,2.5,None,'']],{}),([[''],[None],[],['','']],{}),([['a"b','c,d','e\nf','g\rh',' x ']],{}),([['a"b','c,d']],dict(doublequote=False)),([['a"b','c,d\\']],dict(doublequote=False,escapechar='\\')),([['a"b','c,d',1]],dict(quoting=3)),([['a"b','c,d',1,'x\n']],dict(quoting=3,escapechar='\\')),([[''],[None]],dict(quoting=3)),([['',''] ],dict(quoting=3)),([['a',1,2.5,None,True]],dict(quoting=1)),([['a',1,2.5,None,True,1j]],dict(quoting=2)),([5,None,'abc',{1:2}],{}),([[Bad()]],{}),([['a!b','c\n','d\r']],dict(lineterminator='!')),([['a','b']],dict(delimiter='\u20ac',lineterminator='')),([['a\\b']],dict(escapechar='\\')),([['a\\b','"']],dict(escapechar='\\',quoting=1)),([['',' '],['']],dict(delimiter=' ')),([['',' '],['']],dict(delimiter=' ',skipinitialspace=True)),([['a']],dict(quotechar=None)),([['"',',']],dict(quotechar=None)),([['"',',']],dict(quotechar=None,escapechar='\\')),([["it's"]],dict(quotechar="'"))]:
    print(rows if 'Bad' not in repr(rows) else '', k, W(rows,**k))
o=Out(); w=writer(o); print(w.writerows([[1,2],[3]]), o.l, tr(w.writerows,5), tr(w.writerows,[5]), tr(w.writerow), tr(w.writerows), type(w.dialect), w.dialect.delimiter, tr(setattr,w,'dialect',1))
class O2:
    def write(s,x): raise OSError('disk')
class O3: write=5
print(tr(writer(O2()).writerow,[1]), tr(writer,O3()), tr(writer,5), tr(writer), tr(writer,o,1,2), tr(writer,o,'nope'), tr(writer,o,zz=1))
def badrow(): yield 1; raise KeyError('r')
class BI:
    def __iter__(s): raise TypeError('x')
class BV:
    def __iter__(s): raise ValueError('x')
print(tr(w.writerow,badrow()), tr(w.writerow,BI()), tr(w.writerow,BV()))
r=reader([]); print(type(r), type(w), Error, Error.__module__, tr(setattr,r,'line_num',1), r.line_num, iter(r) is r)
print(sorted(n for n in dir(_csv) if n[:2]!='__'), _csv.__version__)
class S(Dialect): pass
print(S().delimiter, S(d) is d, type(S(d,delimiter='x')))
