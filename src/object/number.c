/* number.c -- the number protocol: operators with reflected operands, in-place forms, conversions to and from numbers.
 *
 * Every function may run Python (special methods), so none is called with a lock held.
 */
#include "number.h"

#include "buffer.h"
#include "bytes.h"
#include "float.h"
#include "int_internal.h"

#include "list.h"
#include "str.h"

typedef struct Operator {
    const char *symbol, *inplace_symbol;
    size_t slot, inplace_slot; /* offsets in HdType */
} Operator;

static const Operator operators[] = {
    [HD_OP_ADD] = {"+", "+=", offsetof(HdType, add), offsetof(HdType, inplace_add)},
    [HD_OP_AND] = {"&", "&=", offsetof(HdType, and_), offsetof(HdType, inplace_and)},
    [HD_OP_FLOOR_DIVIDE] = {"//", "//=", offsetof(HdType, floor_divide), offsetof(HdType, inplace_floor_divide)},
    [HD_OP_LSHIFT] = {"<<", "<<=", offsetof(HdType, lshift), offsetof(HdType, inplace_lshift)},
    [HD_OP_MATRIX_MULTIPLY] = {"@", "@=", offsetof(HdType, matrix_multiply),
                               offsetof(HdType, inplace_matrix_multiply)},
    [HD_OP_MULTIPLY] = {"*", "*=", offsetof(HdType, multiply), offsetof(HdType, inplace_multiply)},
    [HD_OP_REMAINDER] = {"%", "%=", offsetof(HdType, remainder), offsetof(HdType, inplace_remainder)},
    [HD_OP_OR] = {"|", "|=", offsetof(HdType, or_), offsetof(HdType, inplace_or)},
    [HD_OP_POWER] = {"** or pow()", "**=", offsetof(HdType, power), offsetof(HdType, inplace_power)},
    [HD_OP_RSHIFT] = {">>", ">>=", offsetof(HdType, rshift), offsetof(HdType, inplace_rshift)},
    [HD_OP_SUBTRACT] = {"-", "-=", offsetof(HdType, subtract), offsetof(HdType, inplace_subtract)},
    [HD_OP_TRUE_DIVIDE] = {"/", "/=", offsetof(HdType, true_divide), offsetof(HdType, inplace_true_divide)},
    [HD_OP_XOR] = {"^", "^=", offsetof(HdType, xor_), offsetof(HdType, inplace_xor)},
};

HD_INLINE HdBinary binary_slot(const HdType *type, size_t offset) {
    HdBinary slot;
    memcpy(&slot, (const char *)type + offset, sizeof slot);
    return slot;
}

const char *hd_number_symbol(int op) {
    return op >= HD_OP_INPLACE ? operators[op - HD_OP_INPLACE].inplace_symbol : operators[op].symbol;
}

/* Left operand's method, unless the right one's type is a subclass that has its own. NotImplemented: nobody knows. */
static HdValue try_binary(HdThread *t, size_t offset, HdValue a, HdValue b) {
    HdType *left = hd_type_of(a), *right = hd_type_of(b);
    HdBinary first = binary_slot(left, offset), second = NULL;
    if (left != right) {
        second = binary_slot(right, offset);
        if (second == first) second = NULL;
    }
    if (first) {
        if (second && hd_type_is_subtype(right, left)) {
            HdValue result = second(t, a, b);
            if (!hd_same(result, hd_NotImplemented)) return result;
            second = NULL;
        }
        HdValue result = first(t, a, b);
        if (!hd_same(result, hd_NotImplemented)) return result;
    }
    return second ? second(t, a, b) : hd_NotImplemented;
}

/* --- errors --- */

static bool is_sequence(HdValue v) {
    const HdType *type = hd_type_of(v);
    while (type->flags & HD_TYPE_HEAP) type = type->base; /* a class with __mul__ of its own is no sequence for that */
    return type->multiply && type->getitem && type->length && !type->index && !type->subtract;
}

static HdValue raise_add(HdThread *t, HdValue a, HdValue b) {
    if (hd_is_str(a)) return hd_raise(t, &hd_TypeError, "can only concatenate str (not \"%T\") to str", b);
    if (hd_is_list(a)) return hd_raise(t, &hd_TypeError, "can only concatenate list (not \"%T\") to list", b);
    if (hd_is_tuple(a)) return hd_raise(t, &hd_TypeError, "can only concatenate tuple (not \"%T\") to tuple", b);
    if (hd_is_bytes(a) || hd_is_bytearray(a)) return hd_raise(t, &hd_TypeError, "can't concat %T to %T", b, a);
    const HdType *type = hd_type_of(a);
    while (type->flags & HD_TYPE_HEAP) type = type->base;
    if (!(type->flags2 & HD_TYPE2_CONCAT)) return HD_NULL;
    return hd_raise(t, &hd_TypeError, "can only concatenate %N (not \"%T\") to %N", type, b, type);
}

HdValue hd_number_raise_unsupported(HdThread *t, int op, HdValue a, HdValue b) {
    int plain = op >= HD_OP_INPLACE ? op - HD_OP_INPLACE : op;
    if (plain == HD_OP_ADD) {
        raise_add(t, a, b);
        if (hd_raised(t)) return HD_NULL;
    }
    if (plain == HD_OP_MULTIPLY && (is_sequence(a) || is_sequence(b))) {
        return hd_raise(t, &hd_TypeError, "can't multiply sequence by non-int of type '%T'", is_sequence(a) ? b : a);
    }
    if (op == HD_OP_RSHIFT && hd_is_exact_object(a, &hd_native_function_type) &&
        hd_str_equals_text(HD_AS(HdNativeFunction, a)->signature->name, "print")) {
        return hd_raise(t, &hd_TypeError,
                        "unsupported operand type(s) for >>: '%T' and '%T'. "
                        "Did you mean \"print(<message>, file=<output_stream>)\"?",
                        a, b);
    }
    return hd_raise_operand(t, hd_number_symbol(op), a, b);
}

/* --- binary operators --- */

static HdValue try_power(HdThread *t, HdValue a, HdValue b, HdValue modulus) {
    HdType *left = hd_type_of(a), *right = hd_type_of(b), *third = hd_type_of(modulus);
    HdTernary first = left->power, second = NULL;
    if (left != right) {
        second = right->power;
        if (second == first) second = NULL;
    }
    HdTernary tried = second;
    if (first) {
        if (second && hd_type_is_subtype(right, left)) {
            HdValue result = second(t, a, b, modulus);
            if (!hd_same(result, hd_NotImplemented)) return result;
            second = NULL;
        }
        HdValue result = first(t, a, b, modulus);
        if (!hd_same(result, hd_NotImplemented)) return result;
    }
    if (second) {
        HdValue result = second(t, a, b, modulus);
        if (!hd_same(result, hd_NotImplemented)) return result;
    }
    if (third->power && third->power != first && third->power != tried) return third->power(t, a, b, modulus);
    return hd_NotImplemented;
}

HdValue hd_number_power(HdThread *t, HdValue a, HdValue b, HdValue modulus) {
    HdValue result = try_power(t, a, b, modulus);
    if (!hd_same(result, hd_NotImplemented)) return result;
    if (hd_is_none(modulus)) return hd_number_raise_unsupported(t, HD_OP_POWER, a, b);
    return hd_raise(t, &hd_TypeError, "unsupported operand type(s) for ** or pow(): '%T', '%T', '%T'", a, b, modulus);
}

HdValue hd_number_op(HdThread *t, int op, HdValue a, HdValue b) {
    const Operator *row = &operators[op >= HD_OP_INPLACE ? op - HD_OP_INPLACE : op];
    if (op >= HD_OP_INPLACE) {
        HdBinary slot = binary_slot(hd_type_of(a), row->inplace_slot);
        if (slot) {
            HdValue result = slot(t, a, b);
            if (!hd_same(result, hd_NotImplemented)) return result;
        }
    }
    HdValue result;
    if (row == &operators[HD_OP_POWER]) result = try_power(t, a, b, hd_None);
    else result = try_binary(t, row->slot, a, b);
    return hd_same(result, hd_NotImplemented) ? hd_number_raise_unsupported(t, op, a, b) : result;
}

HdValue hd_number_divmod(HdThread *t, HdValue a, HdValue b) {
    HdValue result = try_binary(t, offsetof(HdType, divmod), a, b);
    return hd_same(result, hd_NotImplemented) ? hd_raise_operand(t, "divmod()", a, b) : result;
}

#define UNARY(name, slot, symbol)                                                                  \
    HdValue hd_number_##name(HdThread *t, HdValue v) {                                             \
        HdUnary function = hd_type_of(v)->slot;                                                    \
        if (function) return function(t, v);                                                       \
        return hd_raise(t, &hd_TypeError, "bad operand type for " symbol ": '%T'", v);             \
    }
UNARY(negative, negative, "unary -")
UNARY(positive, positive, "unary +")
UNARY(invert, invert, "unary ~")
UNARY(absolute, absolute, "abs()")

/* --- conversions --- */

bool hd_number_check(HdValue v) {
    const HdType *type = hd_type_of(v);
    return type->index || type->int_ || type->float_ || hd_is_complex(v);
}

bool hd_number_check_index(HdValue v) { return hd_type_of(v)->index != NULL; }

/* What a conversion method gave back must be an int: takes over `result`; HD_NULL raised. */
static HdValue check_int_steal(HdThread *t, HdValue result, const char *method) {
    if (hd_is_null(result) || hd_is_exact_int(result)) return result;
    if (!hd_is_int(result)) {
        hd_raise(t, &hd_TypeError, "%s returned non-int (type %T)", method, result);
    } else if (hd_warn(t, &hd_DeprecationWarning, 1,
                       "%s returned non-int (type %T).  The ability to return an instance of a strict subclass of int "
                       "is deprecated, and may not be supported in a future version of Python.",
                       method, result) == 0) {
        return result;
    }
    hd_release(t, result);
    return HD_NULL;
}

HdValue hd_number_index(HdThread *t, HdValue v) {
    if (hd_is_int(v)) return hd_retain(t, v);
    HdUnary slot = hd_type_of(v)->index;
    if (!slot) return hd_raise(t, &hd_TypeError, "'%T' object cannot be interpreted as an integer", v);
    return check_int_steal(t, slot(t, v), "__index__");
}

static HdValue exact_steal(HdThread *t, HdValue v) {
    if (hd_is_null(v) || hd_is_exact_int(v)) return v;
    HdValue exact = hd_int_exact(t, v);
    hd_release(t, v);
    return exact;
}

static HdValue int_from_trunc(HdThread *t, HdValue method) {
    if (hd_warn(t, &hd_DeprecationWarning, 1, "The delegation of int() to __trunc__ is deprecated.") < 0) return HD_NULL;
    HdValue result = hd_object_call0(t, method);
    if (hd_is_null(result) || hd_is_int(result)) return exact_steal(t, result);
    HD_OWNED HdValue holder = result;
    HdUnary slot = hd_type_of(result)->index;
    if (!slot) return hd_raise(t, &hd_TypeError, "__trunc__ returned non-Integral (type %T)", result);
    return exact_steal(t, check_int_steal(t, slot(t, result), "__index__"));
}

HdValue hd_number_int(HdThread *t, HdValue v) {
    if (hd_is_exact_int(v)) return hd_retain(t, v);
    const HdType *type = hd_type_of(v);
    if (type->int_) return exact_steal(t, check_int_steal(t, type->int_(t, v), "__int__"));
    if (type->index) return exact_steal(t, hd_number_index(t, v));
    HdValue method;
    int found = hd_object_find_special(t, v, HD_NAME("__trunc__"), &method);
    if (found < 0) return HD_NULL;
    if (found) {
        HdValue result = int_from_trunc(t, method);
        hd_release(t, method);
        return result;
    }
    if (hd_is_str(v)) return hd_int_from_str(t, v, 10);
    if (hd_is_bytes(v)) return hd_int_from_bytes_text(t, (const char *)hd_bytes_data(v), hd_bytes_length(v), 10);
    if (hd_buffer_check(v)) {
        HdBuffer view;
        if (hd_buffer_get(t, v, &view, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        HdValue result = hd_int_from_bytes_text(t, view.data, view.length, 10);
        hd_buffer_release(t, &view);
        return result;
    }
    return hd_raise(t, &hd_TypeError, "int() argument must be a string, a bytes-like object or a real number, not '%T'",
                    v);
}

/* Calls v.__float__: the result is a float (perhaps of a subclass), or HD_NULL = raised. */
static HdValue call_float(HdThread *t, HdValue v) {
    HdValue result = hd_type_of(v)->float_(t, v);
    if (hd_is_null(result) || hd_is_exact_float(result)) return result;
    if (!hd_is_float(result)) {
        hd_raise(t, &hd_TypeError, "%T.__float__ returned non-float (type %T)", v, result);
    } else if (hd_warn(t, &hd_DeprecationWarning, 1,
                       "%T.__float__ returned non-float (type %T).  The ability to return an instance of a strict "
                       "subclass of float is deprecated, and may not be supported in a future version of Python.",
                       v, result) == 0) {
        return result;
    }
    hd_release(t, result);
    return HD_NULL;
}

static HdValue float_of_int_steal(HdThread *t, HdValue number) {
    if (hd_is_null(number)) return HD_NULL;
    double d = hd_int_as_double(t, number);
    hd_release(t, number);
    return d == -1.0 && hd_raised(t) ? HD_NULL : hd_float_new(t, d);
}

HdValue hd_number_float(HdThread *t, HdValue v) {
    if (hd_is_exact_float(v)) return hd_retain(t, v);
    const HdType *type = hd_type_of(v);
    if (type->float_) {
        HdValue result = call_float(t, v);
        if (hd_is_null(result) || hd_is_exact_float(result)) return result;
        double d = hd_float_value(result);
        hd_release(t, result);
        return hd_float_new(t, d);
    }
    if (type->index) return float_of_int_steal(t, hd_number_index(t, v));
    return hd_float_from_str(t, v);
}

double hd_number_as_double(HdThread *t, HdValue v) {
    if (hd_is_float(v)) return hd_float_value(v);
    if (hd_is_imm_int(v)) return (double)hd_imm_int_value(v);
    const HdType *type = hd_type_of(v);
    HdValue number;
    if (type->float_) {
        number = call_float(t, v);
    } else if (type->index) {
        number = float_of_int_steal(t, hd_number_index(t, v));
    } else {
        hd_raise(t, &hd_TypeError, "must be real number, not %T", v);
        return -1.0;
    }
    if (hd_is_null(number)) return -1.0;
    double d = hd_float_value(number);
    hd_release(t, number);
    return d;
}

HdSize hd_number_as_size(HdThread *t, HdValue v, HdType *overflow_type) {
    if (HD_LIKELY(hd_is_imm_int(v))) return hd_imm_int_value(v);
    HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return -1;
    int64_t n = 0;
    bool fits = hd_int_try_i64(number, &n), negative = hd_int_sign(number) < 0;
    hd_release(t, number);
    if (fits) return n;
    if (!overflow_type) return negative ? -HD_SIZE_MAX - 1 : HD_SIZE_MAX;
    hd_raise(t, overflow_type, "cannot fit '%T' into an index-sized integer", v);
    return -1;
}

int64_t hd_number_as_i64(HdThread *t, HdValue v) {
    if (HD_LIKELY(hd_is_imm_int(v))) return hd_imm_int_value(v);
    HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return -1;
    int64_t n = 0;
    bool fits = hd_int_try_i64(number, &n);
    hd_release(t, number);
    if (fits) return n;
    hd_raise(t, &hd_OverflowError, "Python int too large to convert to C long");
    return -1;
}

uint64_t hd_number_as_u64(HdThread *t, HdValue v) {
    HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return (uint64_t)-1;
    HdIntView x;
    hd_int_view(&x, number);
    uint64_t n = x.size ? x.limbs[0] : 0;
    bool negative = x.size && x.negative, large = x.size > 1;
    hd_release(t, number);
    if (negative) hd_raise(t, &hd_OverflowError, "can't convert negative value to unsigned int");
    else if (large) hd_raise(t, &hd_OverflowError, "Python int too large to convert to C unsigned long");
    else return n;
    return (uint64_t)-1;
}

uint64_t hd_number_as_u64_mask(HdThread *t, HdValue v) {
    HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return (uint64_t)-1;
    HdIntView x;
    hd_int_view(&x, number);
    uint64_t n = x.size ? x.limbs[0] : 0;
    if (x.negative) n = 0 - n;
    hd_release(t, number);
    return n;
}

int hd_number_as_int(HdThread *t, HdValue v) {
    HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return -1;
    int64_t n = 0;
    bool fits = hd_int_try_i64(number, &n) && n >= INT32_MIN && n <= INT32_MAX;
    hd_release(t, number);
    if (fits) return (int)n;
    return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to C int");
}
