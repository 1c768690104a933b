"""The module symtable: blocks, their symbols and flags, and the errors of its function."""
import symtable
import _symtable

SOURCE = '''
"doc"
from __future__ import annotations
import os.path, sys as system
glob = 42
some: int = 3
class Mine(object, metaclass=type):
    instance_var = 24
    __private = 1
    def a_method(self, p1: glob, *p2, p3=glob, **p4) -> x:
        return self.__private, __class__, super()
    items = [i for i in glob if i]
def spam(a, b, /, *var, kw=None, **kws):
    global bar
    bar = 47
    some_var = 12
    x = 23
    global glob
    def internal():
        nonlocal some_var
        some_var = x
        return lambda y: (x, y, z := 1)
    async def other():
        return {k: v async for k, v in x}, (q async for q in y if (w := q)), {s for s in kws}
    try: pass
    except E as e: del e
    for x in var: pass
    match a:
        case {"k": v, **rest} | [v, *rest]: pass
    return internal
def foo(): pass
if glob: unbound
'''


def show(table, indent=""):
    print(indent, table.get_type(), table.get_name(), table.get_lineno(), table.is_nested(), table.is_optimized(),
          table.has_children(), table._table.varnames, table._table.nested, table._table.type)
    for symbol in table.get_symbols():
        print(indent, "  ", symbol.get_name(), table._table.symbols[symbol.get_name()],
              [n[3:] for n in dir(symbol) if n.startswith("is_") and getattr(symbol, n)()],
              [n.get_name() for n in symbol.get_namespaces()])
    if isinstance(table, symtable.Function):
        print(indent, table.get_parameters(), table.get_locals(), table.get_globals(), table.get_nonlocals(), table.get_frees())
    if isinstance(table, symtable.Class):
        print(indent, table.get_methods())
    for child in table.get_children():
        show(child, indent + "    ")


def attempt(function):
    try:
        print(function())
    except Exception as e:
        print(type(e).__name__, e, *(getattr(e, n, "") for n in ("filename", "lineno", "offset", "end_lineno", "end_offset")))


show(symtable.symtable(SOURCE, "?", "exec"))
show(symtable.symtable(SOURCE.replace("from __future__", "from future"), "?", "exec"))
show(symtable.symtable("[x for x in y]", "?", "eval"))
show(symtable.symtable("def f(x): global x1\n\n", "?", "single"))
print({name: value for name, value in vars(_symtable).items() if isinstance(value, int)})
top = symtable.symtable(SOURCE, "?", "exec")
print(top, top.get_children(), top.lookup("spam"), type(top._table), isinstance(top.get_id(), int))
print(repr(top._table).partition("(")[0], repr(top._table).partition(")")[2])
print(top.lookup("spam").get_namespace().get_name())
attempt(lambda: top.lookup("glob").get_namespace())
attempt(lambda: top.lookup("missing"))
attempt(lambda: type(top._table)())
attempt(lambda: symtable.symtable("x", "?", "wrong"))
attempt(lambda: symtable.symtable("x", "?", 3))
attempt(lambda: symtable.symtable("x", 3, "exec"))
attempt(lambda: symtable.symtable(3, "?", "exec"))
attempt(lambda: symtable.symtable("def f(x): global x", "f", "exec"))
attempt(lambda: symtable.symtable("def f(x, x): pass", "f", "exec"))
attempt(lambda: symtable.symtable("nonlocal x", "f", "exec"))
attempt(lambda: symtable.symtable("x x", "f", "exec"))
attempt(lambda: symtable.symtable("return", "f", "exec").get_symbols())
attempt(lambda: symtable.symtable(b"# coding: latin-1\n\xe4 = 1", "f", "exec").get_identifiers())
