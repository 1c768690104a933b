/* mod__operator.c -- the module _operator: the operators as functions. The callable objects are in operator_getters.c.
 */
#include <heddle/module.h>

#include "operator_getters.h"

/* --- operators --- */

#define BINARY(name, op)                                                                                               \
    static HdValue op_##name(HdThread *t, HdValue module, const HdValue *a) { return hd_number_op(t, op, a[0], a[1]); }
#define UNARY(name, function)                                                                                          \
    static HdValue op_##name(HdThread *t, HdValue module, const HdValue *a) { return function(t, a[0]); }
#define COMPARE(name, op)                                                                                              \
    static HdValue op_##name(HdThread *t, HdValue module, const HdValue *a) {                                          \
        return hd_object_compare(t, a[0], a[1], op);                                                                   \
    }
BINARY(add, HD_OP_ADD)
BINARY(sub, HD_OP_SUBTRACT)
BINARY(mul, HD_OP_MULTIPLY)
BINARY(matmul, HD_OP_MATRIX_MULTIPLY)
BINARY(floordiv, HD_OP_FLOOR_DIVIDE)
BINARY(truediv, HD_OP_TRUE_DIVIDE)
BINARY(mod, HD_OP_REMAINDER)
BINARY(lshift, HD_OP_LSHIFT)
BINARY(rshift, HD_OP_RSHIFT)
BINARY(and_, HD_OP_AND)
BINARY(xor, HD_OP_XOR)
BINARY(or_, HD_OP_OR)
BINARY(pow, HD_OP_POWER)
BINARY(iadd, HD_OP_INPLACE + HD_OP_ADD)
BINARY(isub, HD_OP_INPLACE + HD_OP_SUBTRACT)
BINARY(imul, HD_OP_INPLACE + HD_OP_MULTIPLY)
BINARY(imatmul, HD_OP_INPLACE + HD_OP_MATRIX_MULTIPLY)
BINARY(ifloordiv, HD_OP_INPLACE + HD_OP_FLOOR_DIVIDE)
BINARY(itruediv, HD_OP_INPLACE + HD_OP_TRUE_DIVIDE)
BINARY(imod, HD_OP_INPLACE + HD_OP_REMAINDER)
BINARY(ilshift, HD_OP_INPLACE + HD_OP_LSHIFT)
BINARY(irshift, HD_OP_INPLACE + HD_OP_RSHIFT)
BINARY(iand, HD_OP_INPLACE + HD_OP_AND)
BINARY(ixor, HD_OP_INPLACE + HD_OP_XOR)
BINARY(ior, HD_OP_INPLACE + HD_OP_OR)
BINARY(ipow, HD_OP_INPLACE + HD_OP_POWER)
UNARY(neg, hd_number_negative)
UNARY(pos, hd_number_positive)
UNARY(abs, hd_number_absolute)
UNARY(inv, hd_number_invert)
UNARY(invert, hd_number_invert)

static HdValue op_index(HdThread *t, HdValue module, const HdValue *a) {
    HD_OWNED HdValue number = hd_number_index(t, a[0]);
    return hd_is_null(number) ? HD_NULL : hd_int_exact(t, number);
}

COMPARE(lt, HD_LT)
COMPARE(le, HD_LE)
COMPARE(eq, HD_EQ)
COMPARE(ne, HD_NE)
COMPARE(ge, HD_GE)
COMPARE(gt, HD_GT)

static HdValue op_truth(HdThread *t, HdValue module, const HdValue *a) {
    int truth = hd_object_truth(t, a[0]);
    return truth < 0 ? HD_NULL : hd_bool(truth);
}
static HdValue op_not_(HdThread *t, HdValue module, const HdValue *a) {
    int truth = hd_object_truth(t, a[0]);
    return truth < 0 ? HD_NULL : hd_bool(!truth);
}
static HdValue op_is_(HdThread *t, HdValue module, const HdValue *a) { return hd_bool(hd_same(a[0], a[1])); }
static HdValue op_is_not(HdThread *t, HdValue module, const HdValue *a) { return hd_bool(!hd_same(a[0], a[1])); }

/* --- containers --- */

static HdValue join(HdThread *t, const HdValue *a, int op) {
    HdType *type = hd_type_of(a[0]);
    bool sequences = type->getitem && hd_type_of(a[1])->getitem && !hd_is_dict(a[0]) && !hd_is_dict(a[1]);
    if ((type->flags2 & HD_TYPE2_CONCAT) || sequences) return hd_number_op(t, op, a[0], a[1]);
    return hd_raise(t, &hd_TypeError, "'%T' object can't be concatenated", a[0]);
}
static HdValue op_concat(HdThread *t, HdValue module, const HdValue *a) { return join(t, a, HD_OP_ADD); }
static HdValue op_iconcat(HdThread *t, HdValue module, const HdValue *a) {
    return join(t, a, HD_OP_INPLACE + HD_OP_ADD);
}

static HdValue op_contains(HdThread *t, HdValue module, const HdValue *a) {
    int has = hd_object_contains(t, a[0], a[1]);
    return has < 0 ? HD_NULL : hd_bool(has);
}
static HdValue op_getitem(HdThread *t, HdValue module, const HdValue *a) { return hd_object_getitem(t, a[0], a[1]); }
static HdValue op_setitem(HdThread *t, HdValue module, const HdValue *a) {
    return hd_object_setitem(t, a[0], a[1], a[2]) < 0 ? HD_NULL : hd_None;
}
static HdValue op_delitem(HdThread *t, HdValue module, const HdValue *a) {
    return hd_object_delitem(t, a[0], a[1]) < 0 ? HD_NULL : hd_None;
}

/* How often b is in a; with `first` where it is first: -1 raised, -2 nowhere. */
static HdSize search(HdThread *t, HdValue container, HdValue wanted, bool first) {
    HD_OWNED HdValue iterator = hd_object_iter(t, container);
    if (hd_is_null(iterator)) {
        if (!hd_raised_is(t, &hd_TypeError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, &hd_TypeError, "argument of type '%T' is not iterable", container);
    }
    HdSize count = 0;
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : first ? -2 : count;
        int equal = hd_object_equal(t, item, wanted);
        if (equal < 0 || ((i & 1023) == 1023 && hd_object_poll(t) < 0)) return -1;
        if (equal && first) return i;
        count += equal;
    }
}
static HdValue op_countOf(HdThread *t, HdValue module, const HdValue *a) {
    HdSize count = search(t, a[0], a[1], false);
    return count < 0 ? HD_NULL : hd_int_from_size(t, count);
}
static HdValue op_indexOf(HdThread *t, HdValue module, const HdValue *a) {
    HdSize at = search(t, a[0], a[1], true);
    if (at == -2) return hd_raise(t, &hd_ValueError, "sequence.index(x): x not in sequence");
    return at < 0 ? HD_NULL : hd_int_from_size(t, at);
}
static HdValue op_length_hint(HdThread *t, HdValue module, const HdValue *a) {
    HdSize fallback = 0;
    if (!hd_is_null(a[1])) {
        fallback = hd_number_as_size(t, a[1], &hd_OverflowError);
        if (fallback == -1 && hd_raised(t)) return HD_NULL;
    }
    HdSize hint = hd_object_length_hint(t, a[0], fallback);
    return hint == -1 && hd_raised(t) ? HD_NULL : hd_int_from_size(t, hint);
}

static HdValue op_call(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "call expected at least 1 argument, got 0");
    return hd_object_call(t, hd_ref_value(args[0]), args + 1, nargs - 1, kwnames);
}

/* --- comparing secrets --- */

/* Time depends on the length of `b` alone. */
static bool same_bytes(const uint8_t *a, HdSize a_length, const uint8_t *b, HdSize b_length) {
    volatile const uint8_t *left = a_length == b_length ? a : b, *right = b;
    volatile uint8_t difference = a_length != b_length;
    for (HdSize i = 0; i < b_length; i++) difference |= left[i] ^ right[i];
    return difference == 0;
}
static HdValue op_compare_digest(HdThread *t, HdValue module, const HdValue *a) {
    if (hd_is_str(a[0]) && hd_is_str(a[1])) {
        if (!hd_str(a[0])->ascii || !hd_str(a[1])->ascii) {
            return hd_raise(t, &hd_TypeError, "comparing strings with non-ASCII characters is not supported");
        }
        return hd_bool(same_bytes(hd_str_data(a[0]), hd_str_length(a[0]), hd_str_data(a[1]), hd_str_length(a[1])));
    }
    if (!hd_buffer_check(a[0]) && !hd_buffer_check(a[1])) {
        return hd_raise(t, &hd_TypeError, "unsupported operand types(s) or combination of types: '%T' and '%T'", a[0],
                        a[1]);
    }
    HdBuffer x, y;
    if (hd_buffer_get(t, a[0], &x, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (hd_buffer_get(t, a[1], &y, HD_BUFFER_SIMPLE) == 0) {
        result = hd_bool(same_bytes(x.data, x.length, y.data, y.length));
        hd_buffer_release(t, &y);
    }
    hd_buffer_release(t, &x);
    return result;
}

/* --- the module --- */

#define ROW2(name, same_as) HD_METHOD(op_##name, #name "($module, a, b, /)", "Same as " same_as ".")
#define ROW1(name, same_as) HD_METHOD(op_##name, #name "($module, a, /)", "Same as " same_as ".")

static const HdMethodDef functions[] = {
    ROW2(add, "a + b"),
    ROW2(sub, "a - b"),
    ROW2(mul, "a * b"),
    ROW2(matmul, "a @ b"),
    ROW2(floordiv, "a // b"),
    ROW2(truediv, "a / b"),
    ROW2(mod, "a % b"),
    ROW2(lshift, "a << b"),
    ROW2(rshift, "a >> b"),
    ROW2(and_, "a & b"),
    ROW2(xor, "a ^ b"),
    ROW2(or_, "a | b"),
    ROW2(pow, "a ** b"),
    ROW2(iadd, "a += b"),
    ROW2(isub, "a -= b"),
    ROW2(imul, "a *= b"),
    ROW2(imatmul, "a @= b"),
    ROW2(ifloordiv, "a //= b"),
    ROW2(itruediv, "a /= b"),
    ROW2(imod, "a %= b"),
    ROW2(ilshift, "a <<= b"),
    ROW2(irshift, "a >>= b"),
    ROW2(iand, "a &= b"),
    ROW2(ixor, "a ^= b"),
    ROW2(ior, "a |= b"),
    ROW2(ipow, "a **= b"),
    ROW1(neg, "-a"),
    ROW1(pos, "+a"),
    ROW1(abs, "abs(a)"),
    ROW1(inv, "~a"),
    ROW1(invert, "~a"),
    ROW1(index, "a.__index__()"),
    ROW2(lt, "a < b"),
    ROW2(le, "a <= b"),
    ROW2(eq, "a == b"),
    ROW2(ne, "a != b"),
    ROW2(ge, "a >= b"),
    ROW2(gt, "a > b"),
    ROW2(is_, "a is b"),
    ROW2(is_not, "a is not b"),
    ROW1(not_, "not a"),
    ROW2(concat, "a + b, for a and b sequences"),
    ROW2(iconcat, "a += b, for a and b sequences"),
    ROW2(contains, "b in a (note reversed operands)"),
    ROW2(getitem, "a[b]"),
    ROW2(delitem, "del a[b]"),
    HD_METHOD(op_setitem, "setitem($module, a, b, c, /)", "Same as a[b] = c."),
    HD_METHOD(op_truth, "truth($module, a, /)", "Return True if a is true, False otherwise."),
    HD_METHOD(op_countOf, "countOf($module, a, b, /)", "How many items of a are, or equal, b."),
    HD_METHOD(op_indexOf, "indexOf($module, a, b, /)", "Index of the first item of a that is, or equals, b."),
    HD_METHOD(op_length_hint, "length_hint($module, obj, default=0, /)",
              "An estimate of the number of items in obj: its length if it has one, else its hint, else the default."),
    HD_METHOD_RAW(op_call, "call($module, obj, /, *args, **kwargs)", "Same as obj(*args, **kwargs)."),
    HD_METHOD(op_compare_digest, "_compare_digest($module, a, b, /)",
              "Return 'a == b', in a time that does not tell where they differ. Both ASCII str or both bytes-like."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_module_add_type(t, module, &hd_operator_itemgetter_type) < 0) return -1;
    if (hd_module_add_type(t, module, &hd_operator_attrgetter_type) < 0) return -1;
    return hd_module_add_type(t, module, &hd_operator_methodcaller_type);
}

extern const HdModuleDef hd_module__operator;
const HdModuleDef hd_module__operator = {
    .name = "_operator",
    .doc = "The operators as functions: operator.add(x, y) is x + y.",
    .functions = functions,
    .exec = exec,
};
