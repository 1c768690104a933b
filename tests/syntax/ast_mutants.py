#!/usr/bin/python3
"""Compiles broken syntax trees in Heddle and in CPython 3.11 (the Python that runs this file) and compares what is raised.

    ast_mutants.py PROGRAM [COUNT [FIRST]]      PROGRAM is build/heddle; default 3000 mutants from number 0

Each mutant is a small program's tree with one to three places spoilt: a field dropped, emptied, swapped for something
from elsewhere, a wrong position or name. A mutant that ends CPython by a signal is only expected not to end Heddle; and
where CPython makes code that unbalances its stack, Heddle's compiler may say so. CPython 3.11.2 forgets some of its own
errors ("AST validator recursion depth mismatch", and a few checks that it then passes over): those differ.
Exit status 1 when anything differs.
"""
import subprocess
import sys

WORKER = r'''
import ast, sys, warnings
warnings.simplefilter('ignore')

SOURCES = """
async def f(a, /, b: int = 1, *c, d=2, e, **g) -> x:
    async with a as b, c: await b
    async for i in j: yield i
    return [x async for x in y if z]
====
class C(B, metaclass=M, **k):
    "doc"
    x: int = 3
    (y): int
    z.w: int = 4
    @dec
    def m(self): return super().m
====
try: a = b = c, *d = 1
except E as e: raise X from e
except: pass
else: del a, b.c, d[1:2:3]
finally: a += 1
====
try: pass
except* E: assert a, b
====
match x, y:
    case [1, -2, 3 + 4j, *rest] | {"k": v, **r}: pass
    case C(a, b=None) as q if q: ...
    case a.b.c: x
    case "s" | b"t" | None: y
    case _: z
====
for i, (j, k) in l:
    if a < b <= c is not d and not e or f: continue
    else: break
else:
    while 1: print(f"{a!r:>{w}} b {c}", *d, k=1, **e)
====
with a as (b, c), d: lambda x, *y: (yield)
[x for x in y if (z := x)]
{x: y for x, y in z}
{1: 2, **d}
{1, 2}
(i for i in range(3))
global G
from . import a as b, c
import d.e as f, g
x = y if z else -w ** ~v
""".split("====\n")

state = 0
def draw(n):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % n
def choose(items): return items[draw(len(items))]

ODD = [None, 5, -1, 2**40, "None", "True", "_", "x", b"x", 1.5, 2j, (1, (2,)), (1, [2]), frozenset([1]), True, ..., [], object, 10**30]

def spoil(node, pool):
    names = list(node._fields) + [n for n in node._attributes if draw(6) == 0]
    if not names: return
    name = choose(names)
    value = getattr(node, name, None)
    how = draw(8)
    if how == 0 and hasattr(node, name) and name in node.__dict__: delattr(node, name)
    elif how == 1: setattr(node, name, choose(ODD))
    elif how == 2: setattr(node, name, choose(pool))
    elif isinstance(value, list):
        value = list(value)
        if how == 3 and value: value.pop(draw(len(value)))
        elif how == 4: value.insert(draw(len(value) + 1), choose(pool))
        elif how == 5 and value: value[draw(len(value))] = choose(ODD)
        elif how == 6: value = value + value
        else: value = []
        setattr(node, name, value)
    elif how == 3 and isinstance(value, ast.AST): setattr(node, name, choose([ast.Load(), ast.Store(), ast.Del()]))
    elif name.endswith('lineno') or name.endswith('offset'): setattr(node, name, draw(12) - 3)
    else:
        same = [n for n in pool if type(n).__mro__[-3:] == type(value).__mro__[-3:]]
        setattr(node, name, choose(same or pool))

def depth_ok(tree, limit):
    if limit == 0: return False
    return all(depth_ok(n, limit - 1) for n in ast.iter_child_nodes(tree))

first, count = map(int, sys.argv[1:])
for number in range(first, first + count):
    state = number * 7919 + 1
    for _ in range(5): draw(2)
    tree = ast.parse(SOURCES[draw(len(SOURCES))])
    pool = list(ast.walk(tree)) + list(ast.walk(ast.parse(choose(SOURCES))))
    for _ in range(1 + draw(3)): spoil(choose(pool), pool)
    try:
        if not depth_ok(tree, 60): continue
    except Exception: pass
    try:
        compile(tree, 'f', 'exec')
        text = 'ok'
    except Exception as e:
        text = f'{type(e).__name__} {e}'
        if ' object at 0x' in text: text = text.partition(' object at 0x')[0]
    print(number, text.encode('ascii', 'backslashreplace').decode(), flush=True)
'''


def outcomes(program, first, count):
    """What each mutant gives; a signal is an outcome, and the rest goes on behind it."""
    found = {}
    end = first + count
    while first < end:
        run = subprocess.run(program + ["-c", WORKER, str(first), str(end - first)], capture_output=True, text=True)
        number = first - 1
        for line in run.stdout.splitlines():
            number, _, text = line.partition(" ")
            number = int(number)
            found[number] = text
        if run.returncode == 0:
            return found
        found[number + 1] = f"status {run.returncode} {run.stderr[-300:]}"
        first = number + 2
    return found


def main():
    program = sys.argv[1].split()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    expected = outcomes([sys.executable], first, count)
    found = outcomes(program, first, count)
    bad = 0
    for number in sorted(expected.keys() | found.keys()):
        want, got = expected.get(number), found.get(number)
        if want == got or (want and want.startswith("status -") and not (got or "").startswith("status")):
            continue
        if want and want.startswith("SystemError AST validator"):
            continue
        if want == "ok" and got and got.startswith("SystemError compiler: stack"):
            continue
        bad += 1
        print(f"{number}\n  expected {want}\n  found    {got}")
    print(f"{len(expected)} mutants, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
