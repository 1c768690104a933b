# contextvars: variables, tokens, contexts; many variables; a thread has a context of its own.
import collections.abc, copy, re, threading, weakref
from contextvars import *

def show(*expressions):
    for e in expressions:
        try:
            print(e, "->", re.sub("0x[0-9a-f]+", "0x", repr(eval(e))))
        except Exception as x:
            print(e, "!!", type(x).__name__, re.sub("0x[0-9a-f]+", "0x", str(x)))
a = ContextVar('a'); b = ContextVar('b', default=5)
c = copy_context()
tk = a.set(1)
c2 = copy_context()
show('a', 'b', 'ContextVar()', 'ContextVar(1)', "ContextVar('x',1)", "ContextVar('x',foo=1)",
     "ContextVar(name='x')", 'a.get()', 'b.get()', "ContextVar('q').get()", "ContextVar('q').get(3)",
     'b.get(7)', 'b.get(1,2)', 'a.name', 'b.name', "setattr(a,'name',1)", 'tk', 'tk.var', 'tk.old_value',
     'tk.old_value is Token.MISSING', 'Token.MISSING', 'type(Token.MISSING)', 'Token()', 'a.reset(1)',
     'b.reset(tk)', 'c2.run(a.reset,tk)', 'a.reset(tk)', 'tk', 'a.reset(tk)', 'a.get()', 'Context()',
     'Context(1)', 'c2', 'len(c2)', 'list(c2)', 'c2[a]', 'c2[b]', "c2['x']", 'a in c2', 'b in c2',
     "'x' in c2", 'c2.get(a)', 'c2.get(b)', 'c2.get(b,3)', "c2.get('x')", 'c2.keys()', 'c2.values()',
     'c2.items()', 'list(c2.items())', 'list(c2.values())', 'iter(c2)', 'type(c2.keys())', 'len(c2.keys())',
     'next(c2.keys())', 'c2.copy()==c2', 'c2==Context()', 'c2==1', 'c2!=c2.copy()', 'c2<c2', 'hash(c2)',
     'hash(a)!=0', 'hash(tk)!=0', 'c2.run()', 'c2.run(1)', 'c2.run(lambda *a,**k:(a,k),1,x=2)',
     'c2.run(c2.run,print)', 'ContextVar[int]', 'Token[int]', 'Context[int]', "type('A',(ContextVar,),{})",
     "type('A',(Context,),{})", 'weakref.ref(c2)', 'weakref.ref(a)', 'weakref.ref(tk)', 'copy.copy(a)',
     'copy.copy(c2)', 'isinstance(c2,collections.abc.Mapping)', 'a.__reduce_ex__(2)', 'a==a', 'a<a',
     "setattr(a,'x',1)", "setattr(Token,'X',1)", '[t.__module__ for t in (Context,ContextVar,Token)]',
     'c2.__iter__', 'a.set()', 'c2.get()')

vs=[ContextVar(f'v{i}') for i in range(500)]
toks=[]
for r in range(3):
    for i,v in enumerate(vs): toks.append((v,v.set((r,i))))
ctx=copy_context()
print(len(ctx), all(ctx[v]==(2,i) for i,v in enumerate(vs)), len(list(ctx.items())))
for n,(v,t) in enumerate(reversed(toks)):
    v.reset(t)
    if n%100==0: print(len(copy_context()), sum(x[1]+x[0] for x in copy_context().values()))
print(len(copy_context()), len(ctx), ctx==ctx.copy(), all(ctx[v]==(2,i) for i,v in enumerate(vs)))
def th(): print(len(copy_context()), b.get()); b.set(9); print(b.get())
t=threading.Thread(target=th); t.start(); t.join(); print(b.get())
