"""The instructions of Heddle's virtual machine, under the names of CPython 3.11's module opcode.

Everything comes from the table the interpreter itself is built from (see _opcode.table()). An instruction is one unit:
an opcode of 8 bits and an operand of 24. Operands therefore need no prefix, and inline caches lie beside the code
instead of in it; the names for both are here for programs that ask, and no instruction uses them.
"""

__all__ = ["cmp_op", "hasconst", "hasname", "hasjrel", "hasjabs", "haslocal", "hascompare", "hasfree", "hasarg",
           "opname", "opmap", "HAVE_ARGUMENT", "EXTENDED_ARG", "hasnargs", "stack_effect"]

import _opcode
from _opcode import stack_effect

cmp_op = ("<", "<=", "==", "!=", ">", ">=")

# Every unit has an operand field, so the dividing line lies below all of them; hasarg tells which ones use it.
HAVE_ARGUMENT = 0
# The number of no instruction.
EXTENDED_ARG = 255

_table = _opcode.table()
_operand_kinds = [row[1] for row in _table]
_families = [row[2] for row in _table]

# Specialised forms are the interpreter's own: they have names, but are not part of the instruction set.
opname = [f"<{number}>" for number in range(256)]
opmap = {}
_specializations = {}
_specialized_instructions = []
for _number, _row in enumerate(_table):
    if _families[_number] == _number:
        opname[_number] = _row[0]
        opmap[_row[0]] = _number
    else:
        _specializations.setdefault(_table[_families[_number]][0], []).append(_row[0])
        _specialized_instructions.append(_row[0])


def _of_kind(*kinds):
    return [number for number in opmap.values() if _operand_kinds[number] in kinds]


hasarg = [number for number in opmap.values() if _operand_kinds[number] != "NONE"]
hasconst = _of_kind("CONST")
hasname = _of_kind("NAME")
hasjrel = _of_kind("FORWARD", "BACKWARD")
hasjabs = []
hascompare = _of_kind("COMPARE")
# MAKE_CELL names a place that need not be among co_varnames.
haslocal = [number for number in _of_kind("LOCAL") if number != opmap["MAKE_CELL"]]
hasfree = [opmap["MAKE_CELL"], *_of_kind("CELL")]
hasnargs = []

_cache_format = {}
_inline_cache_entries = [0] * 256

# In the order of BINARY_OP's operand.
_nb_ops = [(f"NB_{_name}", _sign) for _name, _sign in (
    ("ADD", "+"), ("AND", "&"), ("FLOOR_DIVIDE", "//"), ("LSHIFT", "<<"), ("MATRIX_MULTIPLY", "@"), ("MULTIPLY", "*"),
    ("REMAINDER", "%"), ("OR", "|"), ("POWER", "**"), ("RSHIFT", ">>"), ("SUBTRACT", "-"), ("TRUE_DIVIDE", "/"),
    ("XOR", "^"))]
_nb_ops += [(_name.replace("NB_", "NB_INPLACE_"), _sign + "=") for _name, _sign in _nb_ops]

del _number, _row, _of_kind
