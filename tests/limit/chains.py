# test: timeout=200
# Objects of every kind chained 200,000 deep, then let go at once.
import types, itertools, functools, weakref
N = 200000
def chain(name, start, step):
    x = start
    try:
        for _ in range(N): x = step(x)
    except BaseException as e:
        print(name, type(e).__name__, e); return
    del x
    print(name)
chain("list", [], lambda x: [x])
chain("tuple", (), lambda x: (x,))
chain("dict", {}, lambda x: {1: x})
chain("dict key", (), lambda x: {(1,): x})
class O: pass
def obj(x):
    o = O(); o.x = x; return o
chain("instance", None, obj)
class SL:
    __slots__ = ("x",)
def sl(x):
    o = SL(); o.x = x; return o
chain("slots", None, sl)
class DL:
    def __init__(self, x): self.x = x
    def __del__(self): pass
chain("del", None, DL)
def gen(x):
    yield x
def g(x):
    i = gen(x); next(i); return i
chain("generator", None, g)
chain("generator unstarted", None, gen)
def exc(x):
    e = ValueError(); e.__context__ = x; return e
chain("context", None, exc)
def exc(x):
    e = ValueError(); e.__cause__ = x; return e
chain("cause", None, exc)
chain("exc args", None, ValueError)
def cl(x):
    return lambda: x
chain("closure", None, cl)
chain("cell", None, types.CellType)
chain("method", print, lambda x: types.MethodType(print, x))
chain("partial", print, lambda x: functools.partial(print, x))
chain("map", [], lambda x: map(print, x))
chain("zip", [], lambda x: zip(x)); chain("enumerate", [], lambda x: enumerate(x))
chain("filter", [], lambda x: filter(None, x))
chain("chain", [], lambda x: itertools.chain(x)); chain("islice", [], lambda x: itertools.islice(x, 1))
chain("tee", [], lambda x: itertools.tee(x, 1)[0]); chain("cycle", [], lambda x: itertools.cycle([x]) )
chain("slice", None, slice)
chain("property", None, property); chain("staticmethod", print, staticmethod); chain("classmethod", print, classmethod)
chain("mappingproxy", {}, lambda x: types.MappingProxyType({1: x}))
chain("namespace", None, lambda x: types.SimpleNamespace(a=x))
chain("list iter", [], lambda x: iter([x])); chain("tuple iter", (), lambda x: iter((x,))); chain("dict iter", {}, lambda x: iter({1: x}.values()))
chain("dict values", {}, lambda x: {1: x}.values())
chain("reversed", [], lambda x: reversed([x]))
import collections
chain("deque", None, lambda x: collections.deque([x])); chain("od", None, lambda x: collections.OrderedDict(a=x)); chain("dd", None, lambda x: collections.defaultdict(None, a=x))
class LS(list): pass
chain("list subclass", [], lambda x: LS([x]))
class TS(tuple): pass
chain("tuple subclass", (), lambda x: TS([x]))
class DS(dict): pass
chain("dict subclass", (), lambda x: DS(a=x))
class IS(int): pass
def isub(x):
    i = IS(1); i.x = x; return i
chain("int subclass", 1, isub)
def fn(x):
    def f(a=x): pass
    return f
chain("function default", None, fn)
def fn(x):
    def f(): pass
    f.x = x
    return f
chain("function attr", None, fn)
chain("weakref callback", print, lambda x: (weakref.ref(O, x), x))
async def co(x): return x
import warnings; warnings.simplefilter("ignore")
chain("coroutine", None, co)
def nest(x):
    m = types.ModuleType("m"); m.x = x; return m
chain("module", None, nest)
chain("memoryview", b"", lambda x: (memoryview(b"a"), x))
chain("callable iterator", print, lambda x: iter(x, 1) if callable(x) else [x])
chain("lru", print, lambda x: functools.lru_cache(x))
N = 20000
def klass(x): return type("T", (), {"x": x})
chain("class", None, klass)
N = 3000
chain("class base", object, lambda x: type("T", (x,), {}))
N = 100000
chain("generic alias", int, lambda x: types.GenericAlias(list, (x,)))
import io
chain("buffered", io.BytesIO(), lambda x: [io.BytesIO(), x])
N = 200000
l = a = []
for i in range(N): l = [l]
a.append(l); del l, a
import gc; gc.collect(); print("ring")
def gg(x):
    yield from x
x = iter([1])
for i in range(100000): x = gg(x)
del x
print("yield from unstarted")

# Heddle prints:
# list
# tuple
# dict
# dict key
# instance
# slots
# del
# generator
# generator unstarted
# context
# cause
# exc args
# closure
# cell
# method
# partial
# map
# zip
# enumerate
# filter
# chain
# islice
# tee
# cycle
# slice
# property
# staticmethod
# classmethod
# mappingproxy
# namespace
# list iter
# tuple iter
# dict iter
# dict values
# reversed
# deque
# od
# dd
# list subclass
# tuple subclass
# dict subclass
# int subclass
# function default
# function attr
# weakref callback
# coroutine
# module
# memoryview
# callable iterator
# lru
# class
# class base
# generic alias
# buffered
# ring
# yield from unstarted
