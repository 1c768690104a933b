# _json: strings quoted and read, every value and error of the scanner, every kind of value of the encoder.
import json.decoder
import _json
from _json import *
def tr(f,*a,**k):
    try: return f(*a,**k)
    except BaseException as e: return type(e).__name__, str(e), getattr(e,'pos',None), getattr(e,'value',None)
# strings out
for s in ['', 'abc', '"\\/\b\f\n\r\t\x00\x1f\x7f\x80\xe9\u20ac\U0001F600\ud800\uffff', 'a'*50+'"', ' ~']:
    print(encode_basestring_ascii(s), ascii(encode_basestring(s)))
print(tr(encode_basestring_ascii,5), tr(encode_basestring,b''), tr(encode_basestring), tr(encode_basestring_ascii,'a','b'))
# strings in
for s in ['abc"', '"', 'a\\n\\t\\"\\\\\\/\\b\\f\\r"x', '\\u0041"', '\\ud83d\\ude00"', '\\ud83d\\u0041"', '\\ud83dx"', '\\ud83d"', '\\ude00"','\\ud83d\\n"', '\\ud83d\\uZZZZ"', '\\u12"', '\\u12G4"', '\\uABCdef"', 'abc', 'abc\\', '\\x"', 'a\nb"', 'a\x1fb"', '\xe9\u20ac\U0001F600"', '\\u', '\\u0041', '\\u00 1"', '', 'a\\u0041b\\u0042c"tail', '\\ud834\\udd20"', '\\u0000"', '\\ud83d\\ude0"', '\\ud83d\\ude00']:
    print(ascii(s), ascii(tr(scanstring,s,0)), ascii(tr(scanstring,'xx"'+s,3)), ascii(tr(scanstring,s,0,False)))
print(tr(scanstring,'a"',-1), tr(scanstring,'a"',5), tr(scanstring,5,0), tr(scanstring,'a"'), tr(scanstring), tr(scanstring,'a"','x'), tr(scanstring,'a"',0,1,2), tr(scanstring,'a"',0,strict=1), tr(scanstring,'a"',2))
class C: strict=True; object_hook=None; object_pairs_hook=None; parse_float=float; parse_int=int; parse_constant=staticmethod(lambda x: ('const',x))
sc=make_scanner(C())
J=['null','true','false','nul','tru','0','-0','-1','12','01','1.5','-1.5e10','1e5','1E+5','1e-5','1e','1e+','1.','.5','-','--1','-a','1.5e','NaN','Infinity','-Infinity','Na','-Inf','Infinit','"a"','"','[]','[ ]','[1,2]','[ 1 , 2 ]','[1,]','[,1]','[1 2]','[','[1','[1,','{}','{ }','{"a":1}','{ "a" : 1 , "b" : [2] }','{"a"}','{"a":}','{"a":1,}','{a:1}','{1:2}','{"a" 1}','{"a":1 "b":2}','{','{"a"','{"a":','{"a":1','{"a":1,','{"a":1, ','{"a":1,"a":2}','{"":{}}','[[[]]]','[nul]','["\\x"]','123456789012345678901234567890','-123456789012345678','1234567890123456789','1e400','-1e400','0.1','1.7976931348623157e308','5e-324','\t1',' 1','','x','[\n\t\r 1]','{"a":NaN}','0e0','0.0','-0.0','1.0E+2','00','0x1','+1','[1,\x0b2]', '[1]]','1.5.5','{"k\\u0041":"v\\n"}','\u0661','[1,\u00a02]','9'*5000]
for j in J: print(ascii(j[:60]), ascii(tr(sc,j,0))[:300])
print(tr(sc,'  5',2), tr(sc,'5',1), tr(sc,'5',5), tr(sc,'5',-1), tr(sc,5,0), tr(sc,'5'), tr(sc), tr(sc,'5','a'), sc(string='7',idx=0), tr(sc,'5',0,1), tr(make_scanner), tr(make_scanner,5), tr(make_scanner,1,2))
print(sc.strict, sc.object_hook, sc.object_pairs_hook, sc.parse_float, sc.parse_int, sc.parse_constant('x'), tr(setattr,sc,'strict',1), type(sc), tr(setattr,sc,'zz',1))
c=C(); c.object_hook=lambda d: ('hook',d); print(make_scanner(c)('{"a":{"b":1}}',0)); c.object_pairs_hook=lambda l: ('pairs',l); print(make_scanner(c)('{"a":{"b":1},"a":{}}',0))
c=C(); c.parse_float=lambda s:('f',s); c.parse_int=lambda s:('i',s); print(make_scanner(c)('[1,2.5,-3e5,0]',0)); c.parse_int=str; c.strict=0; print(make_scanner(c)('[1,"a\nb"]',0))
def boo(x): raise KeyError(x)
c.parse_int=boo; print(tr(make_scanner(c),'[1]',0)); c.object_hook=boo; print(tr(make_scanner(c),'{}',0)); c.strict=None; print(make_scanner(c).strict)
r=sc('[{"key":1},{"key":2}]',0)[0]; print(list(r[0])[0] is list(r[1])[0])
# encoder
def dflt(o): raise TypeError('nope '+type(o).__name__)
def E(o, markers={}, default=dflt, enc=encode_basestring_ascii, indent=None, ks=': ', is_=', ', sort=False, skip=False, nan=True):
    e=tr(make_encoder, markers if markers is None else dict(markers), default, enc, indent, ks, is_, sort, skip, nan)
    if isinstance(e,tuple): return e
    return tr(e,o,0)
class I(int):
    def __repr__(s): return 'I!'
    __str__=__repr__
class F(float):
    def __repr__(s): return 'F!'
class S(str): pass
class L(list): pass
class L2(list):
    def __iter__(s): return iter([9,8])
class D(dict):
    def items(s): return [('x',1),('y',2)]
class D2(dict):
    def items(s): return [5]
class D3(dict):
    def items(s): return 5
inf=float('inf'); nan=float('nan')
for o in [None,True,False,0,-5,10**30,1.5,1e100,-0.0,inf,-inf,nan,'a\xe9"',[],(),{},[1,[2,(3,)]],{'a':1,'b':[2]},{1:1,1.5:2,True:3,None:4,False:5,'s':6},{inf:1,nan:2},I(5),F(1.5),S('s'),L([1]),L2([1]),D(a=1),D2(a=1),D3(a=1),D(),{(1,):2},{b'':1},object,5j,{I(3):F(2.5)},{'b':1,'a':2},[[],{}], b'x', {'a':{'b':{'c':[]}}}]:
    print(ascii(tr(E,o)), ascii(tr(E,o,nan=False)) if isinstance(o,(float,dict)) else '', tr(E,o,sort=True) if isinstance(o,dict) else '', tr(E,o,skip=True) if isinstance(o,dict) else '')
print(E(['\xe9'],enc=encode_basestring), E('x',enc=lambda s:'<'+s+'>'), E({'k':'v'},enc=lambda s:'<'+s+'>'), E('x',enc=lambda s:5), E({'a':1},ks=':',is_=','), E([1,2],is_='--'))
print(tr(E,object(),default=lambda o:[1,2]), tr(E,object(),default=lambda o:o), tr(E,[object()],default=lambda o:'d'), tr(E,1,markers=5), tr(E,1,ks=5), tr(E,1,is_=None), E([1],indent=4), tr(E,{1:1,'a':2},sort=True))
l=[]; l.append(l); d={}; d['d']=d; print(E(l), E(d), tr(E,l,markers=None)[:1], E([l]))
a=[]; print(E([a,a,{'x':a}]))
m={}; e=make_encoder(m,dflt,encode_basestring_ascii,None,':',',',False,False,True); print(e([1],0), len(m), tr(e,[object()],0), len(m)); print(e.markers is m, e.default is dflt, e.encoder, e.indent, e.key_separator, e.item_separator, e.sort_keys, e.skipkeys, type(e), tr(setattr,e,'indent',1), tr(e), tr(e,1), tr(e,1,'a'), e(obj=1,_current_indent_level=0), tr(make_encoder), tr(make_encoder,None,None,None,None,':',',',0,0), tr(e,1,2,3))
print(sorted(n for n in dir(_json) if n[:2]!='__'))
def deep(n):
    x=[]
    for _ in range(n): x=[x]
    return x
print(tr(e,deep(200000),0)[0], tr(sc,'['*200000,0)[0], tr(sc,'{"a":'*200000,0)[0])
