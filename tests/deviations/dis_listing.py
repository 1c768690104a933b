"""The bytecode is Heddle's own

The language fixes what programs do and not the instructions they are compiled to. Heddle's are all of one width, numbered
two apart, with no caches between them, and a function that falls off its end has RETURN_CONST (which CPython has from
3.12 on). Programs that take bytecode apart see the difference; `dis`, `f_lasti` and `co_lines()` agree
with each other.

Workaround: none is needed unless a program writes bytecode for CPython by itself.
"""
import dis


def increment():
    global counter
    counter += 1


print([(op.offset, op.opname) for op in dis.get_instructions(increment)])

# Heddle prints:
# [(0, 'LOAD_GLOBAL'), (2, 'LOAD_CONST'), (4, 'BINARY_OP'), (6, 'STORE_GLOBAL'), (8, 'RETURN_CONST')]
# CPython prints:
# [(0, 'RESUME'), (2, 'LOAD_GLOBAL'), (14, 'LOAD_CONST'), (16, 'BINARY_OP'), (20, 'STORE_GLOBAL'), (22, 'LOAD_CONST'), (24, 'RETURN_VALUE')]
