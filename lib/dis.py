"""Disassembler of Heddle's bytecode, with the interface and the layout of CPython 3.11's module dis.

Offsets are two a unit (an instruction), as f_lasti, tb_lasti and co_lines() count them.
"""

import collections
import io
import sys
import types

import _opcode
from opcode import *
from opcode import __all__ as _opcode_names
from opcode import _families, _nb_ops, _operand_kinds, _specialized_instructions, _table

__all__ = ["code_info", "dis", "disassemble", "distb", "disco", "findlinestarts", "findlabels", "show_code",
           "get_instructions", "Instruction", "Bytecode"] + _opcode_names

_OPNAME_WIDTH = 20
_OPARG_WIDTH = 5

_all_opname = [row[0] for row in _table] + opname[len(_table):]
_all_opmap = {row[0]: number for number, row in enumerate(_table)}
# Specialised forms and what they are forms of, by name.
deoptmap = {name: _table[_families[_all_opmap[name]]][0] for name in _specialized_instructions}

COMPILER_FLAG_NAMES = {
    1: "OPTIMIZED",
    2: "NEWLOCALS",
    4: "VARARGS",
    8: "VARKEYWORDS",
    16: "NESTED",
    32: "GENERATOR",
    64: "NOFREE",
    128: "COROUTINE",
    256: "ITERABLE_COROUTINE",
    512: "ASYNC_GENERATOR",
}


def pretty_flags(flags):
    """The names of co_flags' bits, joined by commas; what has no name in hexadecimal."""
    bits = [1 << number for number in range(32) if flags & 1 << number]
    names = [COMPILER_FLAG_NAMES.get(bit) or hex(bit) for bit in bits]
    if flags >> 32:
        names.append(hex(flags >> 32 << 32))
    return ", ".join(names) or hex(flags)


# --- finding the code of an object ---

_HOLDERS = ("__code__", "gi_code", "ag_code", "cr_code")
_have_code = (types.MethodType, types.FunctionType, types.CodeType, classmethod, staticmethod, type)


def _held_code(x):
    """The code object a function, method, generator, coroutine ... holds; else x itself."""
    x = getattr(x, "__func__", x)
    for name in _HOLDERS:
        if hasattr(x, name):
            return getattr(x, name)
    return x


def _compile_text(source, name):
    """Source text as an expression if it is one, else as statements."""
    try:
        return compile(source, name, "eval")
    except SyntaxError:
        return compile(source, name, "exec")


def _not_disassemblable(x):
    return TypeError(f"don't know how to disassemble {type(x).__name__} objects")


def _code_of(x):
    code = _held_code(x)
    if isinstance(code, str):
        code = _compile_text(code, "<disassembly>")
    if not hasattr(code, "co_code"):
        raise _not_disassemblable(code)
    return code


# --- facts about code ---

def _format_code_info(co):
    rows = [("Name:", co.co_name), ("Filename:", co.co_filename), ("Argument count:", co.co_argcount),
            ("Positional-only arguments:", co.co_posonlyargcount), ("Kw-only arguments:", co.co_kwonlyargcount),
            ("Number of locals:", co.co_nlocals), ("Stack size:", co.co_stacksize),
            ("Flags:", pretty_flags(co.co_flags))]
    lines = [f"{title:18} {value}" for title, value in rows]
    for title, items, show in (("Constants:", co.co_consts, repr), ("Names:", co.co_names, str),
                               ("Variable names:", co.co_varnames, str), ("Free variables:", co.co_freevars, str),
                               ("Cell variables:", co.co_cellvars, str)):
        if items:
            lines.append(title)
            lines += [f"{number:4}: {show(item)}" for number, item in enumerate(items)]
    return "\n".join(lines)


def code_info(x):
    """Details of a function, method, generator, code object or text of source, as a string of several lines."""
    return _format_code_info(_code_of(x))


def show_code(co, *, file=None):
    """Prints code_info(co) to file, or to standard output."""
    print(code_info(co), file=file)


# --- instructions ---

Positions = collections.namedtuple("Positions", "lineno end_lineno col_offset end_col_offset", defaults=(None,) * 4)
_ExceptionTableEntry = collections.namedtuple("_ExceptionTableEntry", "start end target depth lasti")
_Instruction = collections.namedtuple(
    "_Instruction", "opname opcode arg argval argrepr offset starts_line is_jump_target positions", defaults=(None,))

_Instruction.opname.__doc__ = "Name of the operation"
_Instruction.opcode.__doc__ = "Number of the operation"
_Instruction.arg.__doc__ = "The operand as a number; None if the operation has none"
_Instruction.argval.__doc__ = "What the operand stands for, as far as it is known; else the same as arg"
_Instruction.argrepr.__doc__ = "What the operand stands for, in words"
_Instruction.offset.__doc__ = "Where the instruction begins"
_Instruction.starts_line.__doc__ = "The line that begins here; None if none does"
_Instruction.is_jump_target.__doc__ = "Whether other instructions jump here"
_Instruction.positions.__doc__ = "The Positions of its source text; None if there is no code object"


class Instruction(_Instruction):
    """One instruction, with its operand explained.

    opname, opcode        name and number of the operation
    arg                   the operand as a number; None if the operation has none
    argval, argrepr       what it stands for, as a value and in words
    offset                where it begins
    starts_line           the line that begins with it, or None
    is_jump_target        whether others jump here
    positions             Positions of the source text, or None
    """

    __slots__ = ()

    def _disassemble(self, lineno_width=3, mark_as_current=False, offset_width=4):
        columns = []
        if lineno_width:
            columns.append(f"{'' if self.starts_line is None else self.starts_line:>{lineno_width}}")
        columns += ["-->" if mark_as_current else "   ", ">>" if self.is_jump_target else "  ",
                    f"{self.offset:>{offset_width}}", f"{self.opname:{_OPNAME_WIDTH}}"]
        if self.arg is not None:
            columns.append(f"{self.arg:>{_OPARG_WIDTH}}")
            if self.argrepr:
                columns.append(f"({self.argrepr})")
        return " ".join(columns).rstrip()


class _Unknown:
    __slots__ = ()

    def __repr__(self):
        return "<unknown>"


# What a constant is when there is only a string of units.
UNKNOWN = _Unknown()

_CONVERSIONS = {1: str, 2: repr, 3: ascii}
_INVERTIBLE = {"IS_OP": ("is", "is not"), "CONTAINS_OP": ("in", "not in")}
_FUNCTION_ATTRIBUTES = {1: "defaults", 2: "kwdefaults", 4: "annotations", 8: "closure"}


class _Operands:
    """Explains operands: one method a kind of ops.def, (value, words) from number and offset."""

    def __init__(self, co=None):
        self.co = co

    def explain(self, op, arg, offset):
        method = getattr(self, _operand_kinds[op].lower(), None) if op < len(_table) else None
        value, words = method(arg, offset) if method else (arg, "")
        family = _table[_families[op]][0] if op < len(_table) else ""
        if family in _INVERTIBLE:
            words = _INVERTIBLE[family][bool(arg)]
        elif family == "LOAD_GLOBAL_NULL" and words:
            words = f"NULL + {words}"
        return value, words

    def const(self, arg, offset):
        if self.co is None:
            return UNKNOWN, ""
        value = self.co.co_consts[arg]
        return value, repr(value)

    def name(self, arg, offset):
        if self.co is None:
            return arg, ""
        return (self.co.co_names[arg],) * 2

    def super(self, arg, offset):
        return self.name(arg >> 1, offset)

    def local(self, arg, offset):
        if self.co is None:
            return arg, ""
        return (self.co._varname_from_oparg(arg),) * 2

    cell = local

    def forward(self, arg, offset):
        target = offset + 2 + 2 * arg
        return target, f"to {target}"

    def backward(self, arg, offset):
        return self.forward(-arg, offset)

    def compare(self, arg, offset):
        sign = cmp_op[arg & 7]
        return sign, f"bool({sign})" if arg & 16 else sign

    def binary(self, arg, offset):
        return arg, _nb_ops[arg][1]

    def conversion(self, arg, offset):
        function = _CONVERSIONS.get(arg)
        return function, function.__name__ if function else ""

    def function(self, arg, offset):
        return arg, ", ".join(words for bit, words in _FUNCTION_ATTRIBUTES.items() if arg & bit)


def _unpack_opargs(code):
    """(offset, opcode, operand) of a string of units such as co_code; the operand is None if it is not used."""
    size = _opcode.UNIT_SIZE
    for start in range(0, len(code) - size + 1, size):
        unit = int.from_bytes(code[start:start + size], sys.byteorder)
        op = unit & 255
        yield 2 * (start // size), op, None if _unused(op) else unit >> 8


def _unused(op):
    return op < len(_table) and _operand_kinds[op] == "NONE"


def _unpack_code(co, adaptive):
    """The same of a code object; adaptive: with the specialised forms the interpreter has put in."""
    if not isinstance(co, types.CodeType):
        yield from _unpack_opargs(co.co_code)
        return
    for number, (op, arg) in enumerate(_opcode.units(co, adaptive)):
        yield 2 * number, op, None if _unused(op) else arg


def _jump_targets(units):
    operands = _Operands()
    return sorted({operands.explain(op, arg, offset)[0] for offset, op, arg in units
                   if arg is not None and op < len(_families) and _families[op] in hasjrel})


def _parse_exception_table(code):
    return [_ExceptionTableEntry(*row) for row in _opcode.handlers(code)] if isinstance(code, types.CodeType) else []


def _instructions(units, co=None, linestarts={}, line_offset=0, handlers=()):
    units = list(units)
    labels = {*_jump_targets(units), *(handler.target for handler in handlers)}
    operands = _Operands(co)
    positions = co.co_positions() if co is not None else None
    for offset, op, arg in units:
        value, words = (None, "") if arg is None else operands.explain(op, arg, offset)
        line = linestarts.get(offset)
        where = Positions(*next(positions, ())) if positions is not None else None
        yield Instruction(_all_opname[op], op, arg, value, words, offset, None if line is None else line + line_offset,
                          offset in labels, where)


def _code_instructions(co, line_offset=0, adaptive=False):
    return _instructions(_unpack_code(co, adaptive), co, dict(findlinestarts(co)), line_offset,
                         _parse_exception_table(co))


def _line_offset(co, first_line):
    return 0 if first_line is None else first_line - co.co_firstlineno


def get_instructions(x, *, first_line=None, show_caches=False, adaptive=False):
    """Iterates over the Instructions of a function, method, generator, code object or text of source.

    first_line replaces the number of the first line. adaptive shows specialised forms. There are no caches to show.
    """
    co = _code_of(x)
    return _code_instructions(co, _line_offset(co, first_line), adaptive)


def findlabels(code):
    """The offsets that instructions in a string of units (co_code) jump to."""
    return _jump_targets(_unpack_opargs(code))


def findlinestarts(code):
    """(offset, line) where another line begins."""
    last = None
    for start, end, line in code.co_lines():
        if line is not None and line != last:
            last = line
            yield start, line


def _find_imports(co):
    """(name, level, fromlist) of the import statements in a code object."""
    recent = collections.deque(maxlen=2)
    for offset, op, arg in _unpack_code(co, False):
        if opname[op] == "IMPORT_NAME" and len(recent) == 2 and all(before in hasconst for before, n in recent):
            level, fromlist = (co.co_consts[n] for before, n in recent)
            yield co.co_names[arg], level, fromlist
        recent.append((op, arg))


def _find_store_names(co):
    """The names that a code object binds in its namespace or the globals."""
    for offset, op, arg in _unpack_code(co, False):
        if opname[op] in ("STORE_NAME", "STORE_GLOBAL"):
            yield co.co_names[arg]


# --- printing ---

def _print(instructions, *, file=None, lasti=-1, lines=True, handlers=()):
    instructions = list(instructions)
    last_line = max((i.starts_line for i in instructions if i.starts_line is not None), default=0)
    line_width = max(3, len(str(last_line))) if lines else 0
    last_offset = instructions[-1].offset if instructions else 0
    offset_width = max(4, len(str(last_offset)))
    for instruction in instructions:
        if lines and instruction.starts_line is not None and instruction.offset > 0:
            print(file=file)
        print(instruction._disassemble(line_width, instruction.offset == lasti, offset_width), file=file)
    if handlers:
        print("ExceptionTable:", file=file)
        for handler in handlers:
            print(f"  {handler.start} to {handler.end - 2} -> {handler.target} [{handler.depth}]"
                  f"{' lasti' if handler.lasti else ''}", file=file)


def _print_code(co, *, lasti=-1, file=None, line_offset=0, adaptive=False):
    instructions = list(_code_instructions(co, line_offset, adaptive))
    _print(instructions, file=file, lasti=lasti, handlers=_parse_exception_table(co),
           lines=any(i.starts_line is not None for i in instructions))


def disassemble(co, lasti=-1, *, file=None, show_caches=False, adaptive=False):
    """Prints the instructions of a code object; an arrow marks the one at offset lasti."""
    _print_code(co, lasti=lasti, file=file, adaptive=adaptive)


disco = disassemble


def _print_nested(co, *, file=None, depth=None, adaptive=False):
    _print_code(co, file=file, adaptive=adaptive)
    if depth is None or depth > 0:
        for constant in co.co_consts:
            if hasattr(constant, "co_code"):
                print(f"\nDisassembly of {constant!r}:", file=file)
                _print_nested(constant, file=file, depth=None if depth is None else depth - 1, adaptive=adaptive)


def dis(x=None, *, file=None, depth=None, show_caches=False, adaptive=False):
    """Prints the instructions of a class, method, function, generator, code object or module, of source text or units.

    Without an argument, those of the last traceback. depth limits how deep it follows nested code; adaptive shows the
    specialised forms that the interpreter has put in.
    """
    if x is None:
        distb(file=file, adaptive=adaptive)
        return
    code = _held_code(x)
    if hasattr(code, "__dict__"):
        for name, item in sorted(code.__dict__.items()):
            if isinstance(item, _have_code):
                print(f"Disassembly of {name}:", file=file)
                try:
                    dis(item, file=file, depth=depth, adaptive=adaptive)
                except TypeError as error:
                    print("Sorry:", error, file=file)
                print(file=file)
    elif hasattr(code, "co_code"):
        _print_nested(code, file=file, depth=depth, adaptive=adaptive)
    elif isinstance(code, (bytes, bytearray)):
        _print(_instructions(_unpack_opargs(code)), file=file, lines=False)
    elif isinstance(code, str):
        _print_nested(_compile_text(code, "<dis>"), file=file, depth=depth, adaptive=adaptive)
    else:
        raise _not_disassemblable(code)


def distb(tb=None, *, file=None, show_caches=False, adaptive=False):
    """Prints the code in which a traceback (by default the last one) ends, with an arrow where it was."""
    if tb is None:
        if not hasattr(sys, "last_traceback"):
            raise RuntimeError("no last traceback to disassemble")
        tb = sys.last_traceback
    while tb.tb_next:
        tb = tb.tb_next
    disassemble(tb.tb_frame.f_code, tb.tb_lasti, file=file, adaptive=adaptive)


class Bytecode:
    """The instructions of a function, method, generator, code object or text of source; iterates over Instructions.

    first_line replaces the number of the first line; dis() marks current_offset; adaptive shows specialised forms.
    """

    def __init__(self, x, *, first_line=None, current_offset=None, show_caches=False, adaptive=False):
        self.codeobj = co = _code_of(x)
        self.first_line = co.co_firstlineno if first_line is None else first_line
        self.current_offset = current_offset
        self.show_caches = show_caches
        self.adaptive = adaptive
        self.exception_entries = _parse_exception_table(co)
        self._line_offset = _line_offset(co, first_line)
        self._original_object = x

    def __iter__(self):
        return _code_instructions(self.codeobj, self._line_offset, self.adaptive)

    def __repr__(self):
        return f"{type(self).__name__}({self._original_object!r})"

    @classmethod
    def from_traceback(cls, tb, *, show_caches=False, adaptive=False):
        """The code in which a traceback ends, with current_offset where it was."""
        while tb.tb_next:
            tb = tb.tb_next
        return cls(tb.tb_frame.f_code, current_offset=tb.tb_lasti, show_caches=show_caches, adaptive=adaptive)

    def info(self):
        """code_info of it."""
        return _format_code_info(self.codeobj)

    def dis(self):
        """What dis.dis would print, as a string."""
        out = io.StringIO()
        _print_code(self.codeobj, lasti=-1 if self.current_offset is None else self.current_offset, file=out,
                    line_offset=self._line_offset, adaptive=self.adaptive)
        return out.getvalue()


def main():
    """python -m dis [file]: prints the instructions of a file, or of standard input."""
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("infile", type=argparse.FileType("rb"), nargs="?", default="-")
    arguments = parser.parse_args()
    with arguments.infile as infile:
        source = infile.read()
    dis(compile(source, arguments.infile.name, "exec"))


if __name__ == "__main__":
    main()
