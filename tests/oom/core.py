# test: timeout=300
# test: gil=on
import sys
from _oom import each
sys.unraisablehook = lambda *a: None  # what fails in a finalizer has nowhere to go
class A:
    def __init__(self, x): self.x = x; self.y = [x]
    def __repr__(self): return f"A({self.x!r})"
    def __eq__(self, o): return self.x == o.x
    def __hash__(self): return hash(self.x)
    def __lt__(self, o): return self.x < o.x
def lists():
    a = [1, 2, 3] + [4.5e300]; a.append("x"); a.extend(range(100)); a.insert(3, a); a[2:5] = [1, 2]; b = a * 3
    del b[::2]; b.reverse(); sorted(range(100), reverse=True); sorted([A(2), A(1)]); repr([1, [2], {3: 4}]); list(map(str, range(5)))
each("lists", lists)
def dicts():
    d = {7: 2, "a": [3]}; d.update(b=3, c=4); d |= {5: 6}; d[A("k")] = 1; d[A("k")] = 2; d.pop("a"); d.setdefault("q", []); repr(d)
    dict.fromkeys(range(50)); {k: v for k, v in d.items()}; list(d.keys()); d.keys() & {1}; d.copy(); del d[7]; dict(d); str(d.items())
each("dicts", dicts)
def sets():
    s = {1, 2, "a"}; s.add(A("k")); s |= {4, 5}; s & {1}; s - {2}; s ^ {9}; frozenset(s); repr(s); s.update(range(50)); s.pop(); set("abc") <= s
each("sets", sets)
def strings():
    s = "abc" * 100; s += "é"; s.upper(); s.split("b"); " ".join(["a", "b" * 500]); "%s %d %r" % (1, 2, "x"); "{} {:>10}".format(1, "x"); f"{1.5:.3f} {s!r}"
    s.encode(); b"abc".decode("latin-1"); s.replace("a", "bb"); s.translate({97: "x"}); s.title(); s.casefold(); "a\tb".expandtabs(); s.partition("é")
    "x".join(str(i) for i in range(20)); repr("\n" * 50); ascii("é" * 50); s[::2]; s.splitlines(); "abc".zfill(30); "é".encode("utf-16"); b"\xff".decode("utf-8", "replace")
each("strings", strings)
def byte():
    b = b"abc" * 50; bytearray(b).extend(b); b.hex(); bytes.fromhex("00ff"); b.split(b"b"); bytes(range(20)); memoryview(b)[1:5].tolist(); repr(b); b.replace(b"a", b"bb")
    bytearray(b).pop(); b"".join([b, b]); b"%d %s" % (1, b"x"); bytearray(b)[3:5]; bytes(memoryview(b)); memoryview(bytearray(b)).cast("b")
each("bytes", byte)
def numbers():
    x = 3 ** 500; str(x); int(str(x)); x * x; x // 7; x % 12345678901234567890; x << 100; divmod(x, 10 ** 50); -x; pow(3, 100, x); x.to_bytes(200, "big"); hex(x); float(10 ** 300)
    1e300 * 1.5; repr(1.1e200); complex(1e300, 2) * 2; (1e308).hex(); float("1e-300"); round(1.5e300, 2); format(1e300, ",.3f"); hash(x); x == x + 1; int("1" * 100, 16); (5).as_integer_ratio(); (0.1).as_integer_ratio()
each("numbers", numbers)
def functions():
    def f(a, b=2, *c, d=4, **e): return a, b, c, d, e
    f(1); f(1, 2, 3, d=5, z=6); f(*[1, 2, 3], **{"q": 1}); g = lambda: f; g()
    def gen():
        x = yield 1
        yield from [1, 2]
        return 3
    list(gen()); gen().send(None)
    try: gen().throw(ValueError("x"))
    except ValueError: pass
    [lambda i=i: i for i in range(3)]; sum(x * 1e300 for x in range(5))
each("functions", functions)
def classes():
    class B(A):
        z = 1
        __slots__ = ()
        def m(self): return super().__repr__()
        @property
        def p(self): return 1e300
        @classmethod
        def c(cls): return cls(1)
        @staticmethod
        def s(): return 1
    b = B(1); b.m(); b.p; B.c(); b.s(); b.q = 1; b.__dict__; vars(b); dir(b); repr(B); isinstance(b, A); b == B(1); getattr(b, "n", None); del b.q; hasattr(b, "zz")
    type("C", (B, ), {"__slots__": ("u", "v")})(1).u = 1
    class M(type): pass
    class D(metaclass=M): pass
    B.__name__; B.__mro__; B.__subclasses__(); B.w = 3; del B.w; B.__bases__ = (A,)
each("classes", classes)
def exceptions():
    try:
        try: raise KeyError("a")
        except KeyError as e: raise ValueError("b") from e
    except ValueError as e: str(e); repr(e); e.__traceback__; e.with_traceback(None); e.add_note("x")
    try: {}[1]
    except KeyError: pass
    try: None.x
    except AttributeError: pass
    try: undefined
    except NameError: pass
    try: open("/nonexistent")
    except OSError as e: str(e)
    try: raise ExceptionGroup("g", [ValueError(1), TypeError(2)])
    except* ValueError: pass
    except* TypeError: pass
    try: int("x")
    except ValueError: pass
    try: f(1)
    except NameError: pass
    try: (lambda: 1)(1)
    except TypeError: pass
each("exceptions", exceptions, ExceptionGroup)
def syntax():
    match [1, {"a": 2}]:
        case [x, {"a": y, **rest}]: pass
    a, *b = range(5); (c := 3); [*b, *b]; {**{1: 2}}; assert c
    with open("/dev/null") as f: f.read()
    import math; from os import path; global gg; gg = 1; del gg
    async def co():
        await co2()
        async with AC() as x: pass
        async for i in ag(): pass
        return [i async for i in ag()]
    async def co2(): return 1
    class AC:
        async def __aenter__(self): return 1
        async def __aexit__(self, *a): pass
    async def ag():
        yield 1
        yield 2
    c = co()
    try: c.send(None)
    except StopIteration: pass
import warnings; warnings.simplefilter("ignore")
each("syntax", syntax)

# Heddle prints:
# lists fine
# dicts fine
# sets fine
# strings fine
# bytes fine
# numbers fine
# functions fine
# classes fine
# exceptions fine
# syntax fine
