# The module dis where it does not depend on the instructions: whom it takes, code_info, lines, labels, errors, names.
import dis
import io
import opcode
import types


def attempt(function, *args, **kw):
    try:
        return function(*args, **kw)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


def documented(a, /, b, *c, d=1, **e):
    "doc"
    def inner():
        return a, x
    x = y = 1
    return inner


async def coroutine():
    pass


def generator():
    yield


class Class:
    value = 1

    def method(self):
        pass

    @classmethod
    def of_class(cls):
        pass

    @staticmethod
    def static():
        pass

    class Nested:
        def deep(self):
            pass


def titles(x, **kw):
    out = io.StringIO()
    dis.dis(x, file=out, **kw)
    return [line.split(" at 0x")[0] for line in out.getvalue().splitlines() if line.startswith("Disassembly")]


for name in dis.__all__:
    assert hasattr(dis, name), name
assert set(opcode.__all__) <= set(dis.__all__)
for x in (Class, Class.method, Class().method, Class.of_class, Class.static, documented, "lambda: 1\n", "def f():\n def g(): pass\n"):
    print(titles(x), titles(x, depth=0), titles(x, depth=1))
for line in dis.code_info(documented).splitlines():
    if not line.startswith(("Stack size", "Constants", "   ")):
        print(line.split(" at 0x")[0].replace(__file__, "FILE"))
print(dis.pretty_flags(0), dis.pretty_flags(3 | 1 << 30), dis.pretty_flags(0x3ff), dis.pretty_flags(coroutine.__code__.co_flags), dis.pretty_flags(generator.__code__.co_flags))
for x in (3, None, [], b""):
    print(attempt(dis.code_info, x), attempt(lambda: list(dis.get_instructions(x))))
print(attempt(dis.dis, 3), attempt(dis.distb), attempt(dis.dis, "def"), attempt(dis.dis, object()))
print(sorted(dis.COMPILER_FLAG_NAMES.items()), dis.cmp_op, dis.Positions(), dis.Instruction._fields)
code = compile("a\n\n\nb\nif c:\n  d\n", "<x>", "exec")
print([line for offset, line in dis.findlinestarts(code) if line])
print([dis.findlabels(compile("a", "", "exec").co_code)], repr(dis.Bytecode("x")), dis.Bytecode("x", first_line=7, current_offset=2).first_line)
for instructions in (dis.get_instructions("a = b.c\n"), dis.Bytecode("a = b.c\n"), dis.get_instructions("a = b.c", first_line=30)):
    print([(i.argval, i.argrepr) for i in instructions if i.opname in ("STORE_NAME", "LOAD_NAME", "LOAD_ATTR")])
print([i.starts_line for i in dis.get_instructions("a\nb\n", first_line=30) if i.starts_line not in (None, 29)])
print([tuple(i.positions) for i in dis.get_instructions("a\nbcd\n") if i.opname == "LOAD_NAME"])
op = opcode.opmap
print(dis.stack_effect(op["POP_TOP"]), dis.stack_effect(op["LOAD_CONST"], 0), dis.stack_effect(op["BUILD_TUPLE"], 5), dis.stack_effect(op["BINARY_OP"], 0))
print(attempt(dis.stack_effect, op["POP_TOP"], 1), attempt(dis.stack_effect, op["LOAD_CONST"]), attempt(dis.stack_effect, op["POP_TOP"], jump=3), attempt(dis.stack_effect, 999, 0))
for kind in ("hasconst", "hasname", "hasjrel", "haslocal", "hasfree", "hascompare"):
    assert getattr(dis, kind) and all(opcode.opname[n] in op for n in getattr(dis, kind)), kind
print([opcode.opname[n] == name for name, n in op.items()].count(False), len(opcode.opname), opcode.opname[254])
try:
    Class.nothing
except AttributeError as e:
    current = dis.Bytecode.from_traceback(e.__traceback__)
    marked = [line for line in current.dis().splitlines() if "-->" in line]
    print(len(marked), "LOAD_ATTR" in marked[0])
module = types.ModuleType("m")
exec("def f(): pass\nx = 1\ndef a(): pass\n", module.__dict__)
print(titles(module))
