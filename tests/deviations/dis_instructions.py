# The instructions are Heddle's own: no RESUME, no caches, RETURN_CONST. The columns and the module's interface are
# CPython's.
import dis

counter = 0


def increment():
    global counter
    counter += 1


def each(items):
    try:
        for item in items:
            print(item)
    except TypeError:
        return not items


dis.dis(increment)
dis.dis(each)

# Heddle prints:
#  10           0 LOAD_GLOBAL              0 (counter)
#               2 LOAD_CONST               1 (1)
#               4 BINARY_OP               13 (+=)
#               6 STORE_GLOBAL             0 (counter)
#               8 RETURN_CONST             0 (None)
#  14           0 NOP
#
#  15           2 LOAD_FAST_BORROW         0 (items)
#               4 GET_ITER
#         >>    6 FOR_ITER                 6 (to 20)
#               8 STORE_FAST               1 (item)
#
#  16          10 LOAD_GLOBAL_NULL         0 (NULL + print)
#              12 LOAD_FAST_BORROW         1 (item)
#              14 CALL                     1
#              16 POP_TOP
#              18 JUMP_BACKWARD            7 (to 6)
#
#  15     >>   20 END_FOR
#              22 POP_ITER
#              24 RETURN_CONST             0 (None)
#         >>   26 PUSH_EXC_INFO
#
#  17          28 LOAD_GLOBAL              1 (TypeError)
#              30 CHECK_EXC_MATCH
#              32 POP_JUMP_IF_FALSE        6 (to 46)
#              34 POP_TOP
#
#  18          36 LOAD_FAST_BORROW         0 (items)
#              38 UNARY_NOT
#              40 SWAP                     2
#              42 POP_EXCEPT
#              44 RETURN_VALUE
#
#  17     >>   46 RERAISE                  0
#         >>   48 COPY                     3
#              50 POP_EXCEPT
#              52 RERAISE                  1
# ExceptionTable:
#   2 to 22 -> 26 [0]
#   26 to 40 -> 48 [1] lasti
#   46 to 46 -> 48 [1] lasti
