# test: timeout=300
# test: gil=on
import sys
from _oom import each
sys.unraisablehook = lambda *a: None  # what fails in a finalizer has nowhere to go
import json, re, io, collections, itertools, functools, struct, array, marshal, operator, bisect, heapq, binascii, math, types, weakref, threading, ast, pickle, copy, csv, enum, dataclasses, contextlib, string, time, os, traceback, inspect, gc
def js(): json.loads('[1, {"a": "\\u00e9", "b": [1.5e300, null, true]}, "x"]'); json.dumps([1, {"a": "é", "b": [1.5e300, None]}, "x" * 50], indent=1); json.dumps({1: "a\n"})
each("json", js)
pat = re.compile(r"(\w+)=(?P<v>\d+)")
def rex(): pat.findall("a=1 b=2"); pat.sub(r"\2-\1", "a=1 b=2"); pat.sub(lambda m: m.group(1), "a=1"); m = pat.match("abc=123"); m.groupdict(); m.groups(); repr(m); pat.split("a=1,b=2"); list(pat.finditer("a=1 b=2")); m.expand(r"\1"); re.sub("(a|b)*?c", "", "ababababab" * 50 + "c")
each("re", rex)
def ios():
    s = io.StringIO(); s.write("abc\n" * 10); s.seek(0); s.readline(); s.getvalue(); list(s)
    b = io.BytesIO(b"abc" * 100); b.read(10); b.readline(); b.getbuffer(); t = io.TextIOWrapper(b, "utf-8"); t.read(); t.detach()
    with open("/dev/null", "w") as f: f.write("x" * 100); print("x", 1, file=f)
    io.BufferedReader(io.BytesIO(b"x" * 100)).peek(3)
    with open(__file__, encoding="latin-1") as f: f.readline(); f.tell(); f.seek(0); f.read(); 
    with open(__file__, "rb") as f: f.readlines(10); f.read()
each("io", ios)
P = collections.namedtuple("P", "a b")
def coll():
    d = collections.deque([1, 2], 5); d.extend(range(10)); d.rotate(2); repr(d); d + d; d.copy()
    o = collections.OrderedDict(a=1); o["b"] = 2; o.move_to_end("a"); repr(o); list(o.items()); o.popitem(); o.copy()
    collections.defaultdict(list)["x"].append(1); collections.Counter("abca").most_common(); p = P(1, 2); repr(p); p._replace(a=3)
each("collections", coll)
def iters():
    list(itertools.chain([1], [2])); list(itertools.product("ab", repeat=2)); list(itertools.permutations("abc")); list(itertools.combinations("abc", 2)); list(itertools.groupby("aab")); a, b = itertools.tee([1, 2, 3]); list(a); list(b)
    list(zip([1, 2], "ab")); list(enumerate("ab")); list(filter(None, [0, 1])); list(itertools.islice(itertools.count(), 3)); list(itertools.accumulate([1, 2])); list(itertools.zip_longest("a", "bc")); list(itertools.starmap(max, [(1, 2)])); list(itertools.pairwise("abc")); list(itertools.compress("ab", [1, 0])); list(itertools.takewhile(bool, [1, 0])); list(itertools.cycle([])); list(reversed([1, 2])); list(itertools.repeat(1, 3)); list(itertools.combinations_with_replacement("ab", 2)); list(map(lambda x, y: x, [1], [2]))
each("itertools", iters)
@functools.lru_cache(5)
def cached(x): return x
def funcs():
    functools.partial(print, 1)(file=io.StringIO()); functools.reduce(operator.add, [1, 2, 3]); [cached(i) for i in range(10)]; repr(functools.partial(int, base=3)); sorted([3, 1], key=functools.cmp_to_key(lambda a, b: a - b)); operator.itemgetter(1, 0)([1, 2]); operator.attrgetter("a.b", "c"); operator.methodcaller("f", 1, k=2)
each("functools", funcs)
def packs():
    struct.pack("<iqd5s", 1, 2, 3.0, b"x"); struct.unpack("<iq", bytes(12)); list(struct.iter_unpack("i", bytes(12))); a = array.array("d", [1e300, 2]); a.append(3); a.tolist(); a.tobytes(); repr(a); a + a; a[1:2]; struct.Struct("ii").pack(1, 2)
    marshal.loads(marshal.dumps([1, "a", (2.5e300, None), {1: b"x"}, 3 ** 100])); binascii.hexlify(b"abc"); binascii.b2a_base64(b"abc" * 20); bisect.insort([1, 2], 1.5); heapq.heapify([3, 1, 2]); heapq.merge([1], [2])
each("struct", packs)
class O: pass
def weaks():
    o = O(); r = weakref.ref(o, lambda r: None); r(); p = weakref.proxy(o); p.x = 1; p.x; weakref.WeakValueDictionary({1: o}); weakref.WeakSet([o]); weakref.WeakKeyDictionary({o: 1}); weakref.finalize(o, int); del o; gc.collect()
each("weakref", weaks)
def pick(): pickle.loads(pickle.dumps([1, {"a": (2, 3)}, "x", P(1, 2)])); copy.deepcopy([1, [2], {3: 4}]); copy.copy({1: 2})
each("pickle", pick)
def comp(): compile("def f(a, b=1, *c, **d):\n  for i in a: yield [x for x in i if x]\nclass A(B):\n  x: int = 1\n", "f", "exec"); eval("1 + 2 * 3"); exec("a = 1"); ast.literal_eval("[1, 'a']"); ast.dump(ast.parse("x = 1 + 2"))
each("compile", comp)
def bad():
    try: compile("def f(:", "f", "exec")
    except SyntaxError as e: str(e); repr(e)
each("syntax errors", bad)
def trace():
    try: 1 / 0
    except ZeroDivisionError as e: traceback.format_exc()
    inspect.signature(comp); inspect.getsource(comp); sys._getframe().f_locals; sys._getframe().f_lineno
each("traceback", trace)
def data():
    class E(enum.Enum):
        A = 1
        B = 2
    E.A; E(1); list(E); repr(E.A)
    @contextlib.contextmanager
    def c(): yield 1
    with c(): pass
each("enum", data)
def osx(): os.listdir("/"); os.stat("/"); os.environ.get("PATH"); os.path.join("a", "b"); os.getcwd(); os.fspath("a"); time.strftime("%Y"); time.localtime(); list(os.scandir("/")); os.path.exists("/x"); os.pipe and None
each("os", osx)
def types_(): list[int]; int | str; types.SimpleNamespace(a=1); types.MappingProxyType({}); repr(list[int]); slice(1, 2).indices(5); property(int); types.MethodType(print, 1); range(10 ** 30); list(range(5))[::2]; memoryview(b"abc").tolist(); types.CellType(1); super(O, O()); object.__reduce_ex__(O(), 2); repr(range(3)); dir(O); vars(O()); format(O(), "")
each("types", types_)

# Heddle prints:
# json fine
# re fine
# io fine
# collections fine
# itertools fine
# functools fine
# struct fine
# weakref fine
# pickle fine
# compile fine
# syntax errors fine
# traceback fine
# enum fine
# os fine
# types fine
