# test: timeout=200
# Recursion without end, and walks over data nested 100,000 deep: an exception or an answer, never a crash.
import sys
def attempt(name, f):
    """How deep one may go is not the point: RecursionError, MemoryError (of the parser) and an answer are all right."""
    try:
        f()
    except (RecursionError, MemoryError):
        print(name, "ok")
    except Exception as e:
        print(name, type(e).__name__, str(e)[:60])
    else:
        print(name, "ok")
def plain(): plain()
attempt("plain", plain)
class R:
    def __repr__(self): return repr(self)
attempt("repr", lambda: repr(R()))
class S:
    def __str__(self): return str(self)
attempt("str", lambda: str(S()))
class E:
    def __eq__(self, o): return self == o
    def __hash__(self): return 1
attempt("eq", lambda: E() == E())
attempt("in", lambda: E() in [E()])
attempt("dict", lambda: {E(): 1, E(): 2})
class H:
    def __hash__(self): return hash(self)
attempt("hash", lambda: hash(H()))
class L:
    def __lt__(self, o): return sorted([self, o])
attempt("sort", lambda: sorted([L(), L()]))
def key(x): return sorted([1, 2], key=key)
attempt("sort key", lambda: key(1))
class G:
    def __getattr__(self, n): return getattr(self, n)
attempt("getattr", lambda: G().x)
class G2:
    def __getattribute__(self, n): return self.x
attempt("getattribute", lambda: G2().x)
class SA:
    def __setattr__(self, n, v): self.x = v
def sa(): SA().x = 1
attempt("setattr", sa)
class P:
    @property
    def x(self): return self.x
attempt("property", lambda: P().x)
class GI:
    def __getitem__(self, n): return self[n]
attempt("getitem", lambda: GI()[0])
class A:
    def __add__(self, o): return self + o
attempt("add", lambda: A() + 1)
class RA:
    def __radd__(self, o): return o + self
attempt("radd", lambda: 1 + RA())
class IA:
    def __iadd__(self, o): self += o
def ia():
    x = IA(); x += 1
attempt("iadd", ia)
class N:
    def __neg__(self): return -self
attempt("neg", lambda: -N())
class C:
    def __call__(self): return self()
attempt("call", lambda: C()())
class CC: pass
CC.__call__ = CC()
attempt("call chain", lambda: CC()())
class B:
    def __bool__(self): return bool(self)
attempt("bool", lambda: bool(B()))
class LN:
    def __len__(self): return len(self)
attempt("len", lambda: len(LN()))
class I:
    def __iter__(self): return iter(self)
attempt("iter", lambda: list(I()))
class NX:
    def __iter__(self): return self
    def __next__(self): return next(self)
attempt("next", lambda: list(NX()))
class IN:
    def __int__(self): return int(self)
    def __float__(self): return float(self)
    def __index__(self): return [1][self]
    def __complex__(self): return complex(self)
    def __contains__(self, x): return x in self
    def __format__(self, s): return format(self, s)
    def __bytes__(self): return bytes(self)
    def __dir__(self): return dir(self)
    def __reversed__(self): return reversed(self)
    def __enter__(self):
        with self: pass
    def __exit__(self, *a): pass
    def __round__(self): return round(self)
    def __abs__(self): return abs(self)
    def __divmod__(self, o): return divmod(self, o)
    def __pow__(self, o): return pow(self, o)
    def __delattr__(self, n): delattr(self, n)
    def __await__(self): return self.__await__()
x = IN()
attempt("int", lambda: int(x)); attempt("float", lambda: float(x)); attempt("index", lambda: [1][x])
attempt("complex", lambda: complex(x)); attempt("contains", lambda: 1 in x); attempt("format", lambda: f"{x}")
attempt("bytes", lambda: bytes(x)); attempt("dir", lambda: dir(x)); attempt("reversed", lambda: reversed(x))
attempt("with", x.__enter__); attempt("round", lambda: round(x)); attempt("abs", lambda: abs(x))
attempt("divmod", lambda: divmod(x, 1)); attempt("pow", lambda: x ** 1); attempt("delattr", lambda: delattr(x, "a"))
class MI(type):
    def __instancecheck__(c, o): return isinstance(o, c)
    def __subclasscheck__(c, o): return issubclass(o, c)
class M(metaclass=MI): pass
attempt("isinstance", lambda: isinstance(1, M)); attempt("issubclass", lambda: issubclass(int, M))
t = (int,)
for _ in range(100000): t = (t,)
attempt("isinstance tuple", lambda: isinstance("", t)); attempt("issubclass tuple", lambda: issubclass(str, t))
l = []
for _ in range(100000): l = [l]
attempt("repr list", lambda: repr(l))
m = []
for _ in range(100000): m = [m]
attempt("eq list", lambda: l == m); attempt("lt list", lambda: l < m)
attempt("hash tuple", lambda: hash(t))
d = {}
for _ in range(100000): d = {1: d}
attempt("repr dict", lambda: repr(d))
attempt("eq dict", lambda: d == eval("{1:{}}"))
import json, pickle, copy, marshal
attempt("json dumps", lambda: json.dumps(l)); attempt("json loads", lambda: json.loads("[" * 100000))
attempt("json loads {", lambda: json.loads('{"a":' * 100000))
attempt("pickle", lambda: pickle.dumps(l)); attempt("deepcopy", lambda: copy.deepcopy(l)); 
attempt("marshal", lambda: marshal.dumps(l)); attempt("marshal loads", lambda: marshal.loads(b"[\x01\x00\x00\x00" * 100000))
attempt("exec", lambda: exec("(" * 100000)); attempt("eval paren", lambda: eval("(" * 150 + "1" + ")" * 150))
attempt("eval minus", lambda: eval("-" * 100000 + "1")); attempt("eval not", lambda: eval("not " * 100000 + "1"))
attempt("eval lambda", lambda: eval("lambda: " * 100000 + "1"))
attempt("eval attr", lambda: compile("a" + ".b" * 100000, "", "eval")); attempt("eval call", lambda: compile("a" + "()" * 100000, "", "eval"))
attempt("eval +", lambda: compile("1" + "+a" * 100000, "", "eval")); attempt("eval **", lambda: compile("a**" * 100000 + "1", "", "eval"))
attempt("eval ifelse", lambda: compile("a if b else " * 100000 + "1", "", "eval"))
attempt("elif", lambda: compile("if a: pass\n" + "elif a: pass\n" * 100000, "", "exec"))
attempt("blocks", lambda: compile("".join(" " * i + "if 1:\n" for i in range(90)) + " " * 90 + "pass", "", "exec"))
attempt("blocks 101", lambda: compile("".join(" " * i + "if 1:\n" for i in range(101)) + " " * 101 + "pass", "", "exec"))
attempt("fstring", lambda: compile("f'{a:" * 1000, "", "exec"))
import ast
at = dict(lineno=1, col_offset=0, end_lineno=1, end_col_offset=1)
n = ast.Constant(1, **at)
for _ in range(100000): n = ast.UnaryOp(ast.USub(), n, **at)
mod = ast.Expression(n)
attempt("compile ast", lambda: compile(mod, "", "eval"))
attempt("ast dump", lambda: ast.dump(mod)); attempt("literal_eval", lambda: ast.literal_eval("[" * 100000))
attempt("parse", lambda: ast.parse("x" + "[x" * 100000))
attempt("re", lambda: __import__("re").compile("(" * 100000)); attempt("re2", lambda: __import__("re").compile("(?:" * 5000 + ")" * 5000))
attempt("re match", lambda: (__import__("re").match("(?:a|b)*c", "ab" * 1000000)))
attempt("re match2", lambda: (__import__("re").match("(?:a|(b))*?c", "ab" * 1000000)))
g = list[int]
for _ in range(20000): g = list[g]
attempt("generic", lambda: repr(g)); attempt("generic hash", lambda: hash(g)); attempt("generic eq", lambda: g == list[g])
def gen(n):
    if n: yield from gen(n - 1)
    else: yield 1
attempt("yield from", lambda: list(gen(100000)))
it = iter([1])
for _ in range(100000): it = map(lambda x: x, it)
attempt("map chain", lambda: next(it))
import itertools, functools
it = iter([1])
for _ in range(100000): it = itertools.chain(it)
attempt("chain chain", lambda: next(it))
it = iter([1])
for _ in range(100000): it = enumerate(it)
attempt("enumerate chain", lambda: next(it))
it = iter([1])
for _ in range(100000): it = zip(it)
attempt("zip chain", lambda: next(it))
it = iter([1])
for _ in range(100000): it = filter(None, it)
attempt("filter chain", lambda: next(it))
it = iter([1])
for _ in range(100000): it = itertools.islice(it, 5)
attempt("islice chain", lambda: next(it))
class PP(functools.partial): pass
f = int
for _ in range(100000):
    f = PP(f); f.a = 1
attempt("partial call", lambda: f()); attempt("partial repr", lambda: repr(f))
mp = {}
import types
for _ in range(100000): mp = types.MappingProxyType({1: mp})
attempt("mappingproxy", lambda: repr(mp))
s = slice(1)
for _ in range(100000): s = slice(s)
attempt("slice repr", lambda: repr(s)); attempt("slice eq", lambda: s == s)
ex = Exception(1)
for _ in range(100000): ex = Exception(ex)
attempt("exc repr", lambda: repr(ex)); attempt("exc str", lambda: str(ex))
eg = ExceptionGroup("a", [ValueError(1)])
for _ in range(20000): eg = ExceptionGroup("a", [eg])
attempt("eg split", lambda: eg.split(TypeError)); attempt("eg derive", lambda: eg.subgroup(ValueError)); attempt("eg repr", lambda: repr(eg))
ns = types.SimpleNamespace()
for _ in range(100000): ns = types.SimpleNamespace(a=ns)
attempt("ns", lambda: repr(ns)); attempt("ns eq", lambda: ns == types.SimpleNamespace(a=1))
class Meta(type):
    def __call__(c): return c()
class MM(metaclass=Meta): pass
attempt("meta call", lambda: MM())
class W:
    def __class_getitem__(c, i): return c[i]
attempt("class getitem", lambda: W[1])
class D:
    def __get__(s, o, t): return o.x
class DD: x = D()
attempt("descr get", lambda: DD().x)
class SS:
    def __init_subclass__(c):
        class T(c): pass
def ss():
    class T(SS): pass
attempt("init_subclass", ss)
class FS:
    def __fspath__(self): import os; return os.fspath(self)
attempt("fspath", lambda: open(FS()))
def rec(n):
    try: rec(n+1)
    finally: rec(n+1) if n > 1e9 else None
attempt("finally", lambda: rec(0))
def exc():
    try: exc()
    except RecursionError: raise ValueError
attempt("except raise", exc)
import collections
dq = collections.deque()
for _ in range(100000): dq = collections.deque([dq])
attempt("deque repr", lambda: repr(dq)); attempt("deque eq", lambda: dq == collections.deque([dq]))
od = collections.OrderedDict()
for _ in range(100000): od = collections.OrderedDict(a=od)
attempt("od repr", lambda: repr(od)); attempt("od eq", lambda: od == collections.OrderedDict(a=od))
dd = None
for _ in range(100000): dd = collections.defaultdict(None, a=dd)
attempt("dd repr", lambda: repr(dd))
print("end")

# Heddle prints:
# plain ok
# repr ok
# str ok
# eq ok
# in ok
# dict ok
# hash ok
# sort ok
# sort key ok
# getattr ok
# getattribute ok
# setattr ok
# property ok
# getitem ok
# add ok
# radd ok
# iadd ok
# neg ok
# call ok
# call chain ok
# bool ok
# len ok
# iter ok
# next ok
# int ok
# float ok
# index ok
# complex ok
# contains ok
# format ok
# bytes ok
# dir ok
# reversed ok
# with ok
# round ok
# abs ok
# divmod ok
# pow ok
# delattr ok
# isinstance ok
# issubclass ok
# isinstance tuple ok
# issubclass tuple ok
# repr list ok
# eq list ok
# lt list ok
# hash tuple ok
# repr dict ok
# eq dict ok
# json dumps ok
# json loads ok
# json loads { ok
# pickle ok
# deepcopy ok
# marshal ValueError object too deeply nested to marshal
# marshal loads ValueError recursion limit exceeded
# exec SyntaxError too many nested parentheses (<string>, line 1)
# eval paren ok
# eval minus ok
# eval not ok
# eval lambda ok
# eval attr ok
# eval call ok
# eval + ok
# eval ** ok
# eval ifelse ok
# elif ok
# blocks ok
# blocks 101 IndentationError too many levels of indentation (, line 101)
# fstring SyntaxError too many nested parentheses (, line 1)
# compile ast ok
# ast dump ok
# literal_eval SyntaxError too many nested parentheses (<unknown>, line 1)
# parse SyntaxError too many nested parentheses (<unknown>, line 1)
# re ok
# re2 ok
# re match ok
# re match2 ok
# generic ok
# generic hash ok
# generic eq ok
# yield from ok
# map chain ok
# chain chain ok
# enumerate chain ok
# zip chain ok
# filter chain ok
# islice chain ok
# partial call ok
# partial repr ok
# mappingproxy ok
# slice repr ok
# slice eq ok
# exc repr ok
# exc str ok
# eg split ok
# eg derive ok
# eg repr ok
# ns ok
# ns eq ok
# meta call ok
# class getitem ok
# descr get ok
# init_subclass ok
# fspath ok
# finally ok
# except raise ValueError 
# deque repr ok
# deque eq ok
# od repr ok
# od eq ok
# dd repr ok
# end
