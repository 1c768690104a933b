# test: plain
# test: gil=on
# test: timeout=200
# Running a piece of code again and again leaves no more objects and blocks alive; a real leak is noticed.
import gc, sys, _heap, json, re, io, collections, functools, itertools, threading, weakref, types, enum, contextlib, traceback, struct, array, pickle, copy, ast, marshal, os, inspect, dataclasses, typing

def live():
    gc.collect()
    gc.collect()
    return _heap.stats()[:2]
def check(name, f):
    """Objects and raw blocks alive after 6, 26 and 46 runs: what grows twice is a leak."""
    counts = []
    for runs in (6, 20, 20):
        for _ in range(runs): f()
        counts.append(live())
    for i, what in enumerate(("objects", "raw blocks")):
        if counts[1][i] - counts[0][i] > 4 and counts[2][i] - counts[1][i] > 4: print(name, "grows:", what)
OOM = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "oom")
for name in ("core.py", "modules.py"):  # the same pieces of code, here with nothing that fails
    with open(os.path.join(OOM, name), encoding="utf-8") as file:
        text = file.read().replace("from _oom import each", "").replace('"x", P(1, 2)])', '"x"])')
    exec(compile(text, file.name, "exec"), {"each": lambda name, f, *expected: check(name, f), "__name__": "x", "__file__": file.name})
def thr():
    t = threading.Thread(target=int); t.start(); t.join()
check("thread", thr)
def tl():
    l = threading.local(); l.x = 1
check("local", tl)
def cls():
    class A: 
        def m(self): return self
    A().m().x = 1
    A.y = 2
check("class", cls)
def dc():
    @dataclasses.dataclass
    class D:
        a: int = 1
    D() == D(); repr(D())
check("dataclass", dc)
def nt(): collections.namedtuple("Q", "a b")(1, 2)
check("namedtuple", nt)
def ev(): exec("def f(x):\n return [y for y in x]\nf([1])\nclass A: pass\nA().b = 1", {})
check("exec", ev)
def imp():
    import importlib, colorsys
    del sys.modules["colorsys"]; import colorsys
check("import", imp)
def rec():
    def r(): r()
    try: r()
    except RecursionError: pass
check("recursion", rec)
def mem():
    try: [0] * 10 ** 15
    except MemoryError: pass
check("memory", mem)
def attrs():
    class A: pass
    for i in range(50): setattr(A(), "x%d" % i, 1)
check("attrs", attrs)
def cyc():
    l = []; l.append(l); d = {}; d[1] = d; f = lambda: f; o = types.SimpleNamespace(); o.o = o
    def g():
        x = g; yield x
    h = g(); next(h)
check("cycles", cyc)
def ty(): typing.List[int]; typing.Optional[str]; list[int] | None; typing.get_type_hints(check)
check("typing", ty)
def strs(): 
    for i in range(100): sys.intern("zz%d" % i); getattr(1, "q%d" % i, None); {}.get("h%d" % i)
check("intern", strs)
import time
check("misc", lambda: (time.strftime("%c"), os.stat("/"), os.listdir("/"), os.environ.copy(), time.localtime(), os.times(), os.scandir("/").close()))
check("error", lambda: [contextlib.suppress(Exception).__exit__(None, None, None)])
def errs():
    for t in ("1/0", "undefined", "int('x')", "[][1]", "{}[1]", "None.x", "(lambda: 1)(2)", "open('/nope')", "1+''", "import_", "'a'.encode('nope')", "b'\\xff'.decode()", "''.join([1])", "struct.pack('i', 'x')", "json.loads('{')", "re.compile('(')", "compile('(', '', 'exec')", "len(1)", "max([])", "next(iter([]))", "x.y.z", "print(nope=1)", "int(1, 2, 3)", "dict(1)", "sum(['a'])", "sorted([1, 'a'])", "hash([])", "{[]: 1}", "{1: {}}[1][2]", "type('A', (int, str), {})", "object().x", "setattr(1, 'a', 2)", "__import__('nope')", "eval('1 +')", "super().x", "isinstance(1, 2)", "array.array('q', [1.5])", "memoryview(1)", "bytes('a')", "range('a')", "slice()", "map()", "zip(1)", "enumerate()", "'%d' % 'x'", "'{'.format()", "f'{1:zz}'", "float('x')", "complex('x')", "chr(-1)", "ord('ab')", "pow(1, 2, 0)", "divmod(1, 0)", "1 << -1", "math.sqrt(-1)", "io.StringIO(1)", "io.BytesIO('x')", "itertools.islice([], -1)", "functools.reduce(int, [])", "collections.deque(1)", "pickle.loads(b'x')", "marshal.loads(b'')", "copy.copy(check).x", "threading.Lock().release()", "weakref.ref(1)", "os.close(-1)", "enum.Enum('E', 1)"):
        try: eval(t)
        except BaseException: pass
import math
check("errors", errs)
keep = []
check("a leak", lambda: keep.append([1]))
print("end")

# Heddle prints:
# a leak grows: objects
# a leak grows: raw blocks
# end
