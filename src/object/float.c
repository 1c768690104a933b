/* float.c -- float: arithmetic, text, methods, the type.
 *
 * Floats of common exponents are immediate (value.h); the others and NaN are HdFloat objects. Immutable, no locks;
 * runs Python only through conversions of arguments.
 */
#include "float.h"

#include <errno.h>
#include <math.h>

#include "buffer.h"
#include "bytes.h"
#include "float_repr.h"
#include "format_spec.h"
#include "hash.h"
#include "int.h"
#include "int_internal.h"
#include "list.h"
#include "number.h"
#include "number_text.h"
#include "str.h"

HdValue hd_float_box(HdThread *t, double d) {
    HdFloat *box = HD_NEW(t, HdFloat, &hd_float_type);
    if (!box) return HD_NULL;
    box->value = d;
    return hd_from_object(box);
}

HdValue hd_float_repr(HdThread *t, double d) {
    char text[32];
    size_t n = hd_float_repr_text(d, text);
    return hd_str_from_ascii(t, text, (HdSize)n);
}

/* --- operands --- */

/* The number of a float or int: 1, 0 when v is neither, -1 raised (a huge int). */
static int operand(HdThread *t, HdValue v, double *out) {
    if (hd_is_float(v)) {
        *out = hd_float_value(v);
        return 1;
    }
    if (!hd_is_int(v)) return 0;
    *out = hd_int_as_double(t, v);
    return *out == -1.0 && hd_raised(t) ? -1 : 1;
}

static int operands(HdThread *t, HdValue a, HdValue b, double *x, double *y) {
    int status = operand(t, a, x);
    return status <= 0 ? status : operand(t, b, y);
}

#define FLOAT_SLOT(name, operation)                                           \
    static HdValue float_##name(HdThread *t, HdValue a, HdValue b) {          \
        double x, y;                                                          \
        int status = operands(t, a, b, &x, &y);                               \
        if (status <= 0) return status < 0 ? HD_NULL : hd_NotImplemented;     \
        return operation;                                                     \
    }

double hd_float_divide_floor(double a, double b, double *remainder) {
    double mod = fmod(a, b), div = (a - mod) / b;
    if (mod != 0.0) {
        if ((b < 0) != (mod < 0)) {
            mod += b;
            div -= 1.0;
        }
    } else {
        mod = copysign(0.0, b);
    }
    if (remainder) *remainder = mod;
    if (div == 0.0) return copysign(0.0, a / b);
    double whole = floor(div);
    return div - whole > 0.5 ? whole + 1.0 : whole;
}

HdValue hd_float_floor_divide(HdThread *t, double a, double b) {
    if (b == 0.0) return hd_raise(t, &hd_ZeroDivisionError, "float floor division by zero");
    return hd_float_new(t, hd_float_divide_floor(a, b, NULL));
}

HdValue hd_float_remainder(HdThread *t, double a, double b) {
    if (b == 0.0) return hd_raise(t, &hd_ZeroDivisionError, "float modulo");
    double mod = fmod(a, b);
    if (mod == 0.0) mod = copysign(0.0, b);
    else if ((b < 0) != (mod < 0)) mod += b;
    return hd_float_new(t, mod);
}

static HdValue true_divide(HdThread *t, double a, double b) {
    if (b == 0.0) return hd_raise(t, &hd_ZeroDivisionError, "float division by zero");
    return hd_float_new(t, a / b);
}

static HdValue float_divmod_of(HdThread *t, double a, double b) {
    if (b == 0.0) return hd_raise(t, &hd_ZeroDivisionError, "float divmod()");
    double mod, whole = hd_float_divide_floor(a, b, &mod);
    HD_OWNED HdValue q = hd_float_new(t, whole);
    HD_OWNED HdValue r = hd_float_new(t, mod);
    if (hd_is_null(q) || hd_is_null(r)) return HD_NULL;
    return hd_tuple_pack(t, 2, q, r);
}

FLOAT_SLOT(add, hd_float_new(t, x + y))
FLOAT_SLOT(subtract, hd_float_new(t, x - y))
FLOAT_SLOT(multiply, hd_float_new(t, x *y))
FLOAT_SLOT(true_divide, true_divide(t, x, y))
FLOAT_SLOT(floor_divide, hd_float_floor_divide(t, x, y))
FLOAT_SLOT(remainder, hd_float_remainder(t, x, y))
FLOAT_SLOT(divmod, float_divmod_of(t, x, y))

/* --- powers --- */

static HdValue raise_range(HdThread *t) {
    HD_OWNED HdValue text = hd_str_from_text(t, "Numerical result out of range");
    if (hd_is_null(text)) return HD_NULL;
    HD_OWNED HdValue error = hd_object_call2(t, hd_type_value(&hd_OverflowError), hd_imm_int(ERANGE), text);
    if (hd_is_null(error)) return HD_NULL;
    return hd_raise_instance(t, error);
}

static bool is_odd(double d) { return fmod(fabs(d), 2.0) == 1.0; }

/* The cases that IEEE 754 and C libraries agree on only nearly; true when *out is the answer. */
static bool power_special(double a, double b, double *out) {
    if (b == 0.0) *out = 1.0;
    else if (isnan(a)) *out = a;
    else if (isnan(b)) *out = a == 1.0 ? 1.0 : b;
    else if (isinf(b)) *out = fabs(a) == 1.0 ? 1.0 : (b > 0) == (fabs(a) > 1.0) ? HUGE_VAL : 0.0;
    else if (isinf(a)) *out = b > 0 ? (is_odd(b) ? a : HUGE_VAL) : is_odd(b) ? copysign(0.0, a) : 0.0;
    else return false;
    return true;
}

HdValue hd_float_power(HdThread *t, double a, double b) {
    double result;
    if (power_special(a, b, &result)) return hd_float_new(t, result);
    if (a == 0.0) {
        if (b < 0) return hd_raise(t, &hd_ZeroDivisionError, "0.0 cannot be raised to a negative power");
        return hd_float_new(t, is_odd(b) ? a : 0.0);
    }
    bool negate = false;
    if (a < 0) {
        if (b != floor(b)) return hd_complex_power(t, a, 0.0, b, 0.0);
        negate = is_odd(b);
        a = -a;
    }
    result = a == 1.0 ? 1.0 : pow(a, b);
    if (isinf(result)) return raise_range(t);
    return hd_float_new(t, negate ? -result : result);
}

static HdValue float_power(HdThread *t, HdValue a, HdValue b, HdValue modulus) {
    if (!hd_is_none(modulus)) {
        return hd_raise(t, &hd_TypeError, "pow() 3rd argument not allowed unless all arguments are integers");
    }
    double x, y;
    int status = operands(t, a, b, &x, &y);
    if (status <= 0) return status < 0 ? HD_NULL : hd_NotImplemented;
    return hd_float_power(t, x, y);
}

/* --- one operand --- */

static HdValue float_negative(HdThread *t, HdValue v) { return hd_float_new(t, -hd_float_value(v)); }
static HdValue float_absolute(HdThread *t, HdValue v) { return hd_float_new(t, fabs(hd_float_value(v))); }
static HdValue float_exact(HdThread *t, HdValue v) {
    return hd_is_exact_float(v) ? hd_retain(t, v) : hd_float_new(t, hd_float_value(v));
}
static int float_truth(HdThread *t, HdValue v) { return hd_float_value(v) != 0.0; }
static HdValue float_int(HdThread *t, HdValue v) { return hd_int_from_double(t, hd_float_value(v)); }
static HdValue float_repr(HdThread *t, HdValue v) { return hd_float_repr(t, hd_float_value(v)); }
static int64_t float_hash(HdThread *t, HdValue v) {
    double d = hd_float_value(v);
    return hd_hash_double(d, isnan(d) ? hd_object_hash_pointer(hd_as_object(v)) : 0);
}

static HdValue float_compare(HdThread *t, HdValue a, HdValue b, int op) {
    double x = hd_float_value(a), y;
    if (hd_is_float(b)) {
        y = hd_float_value(b);
    } else if (hd_is_int(b)) {
        if (isnan(x)) return hd_bool(op == HD_NE);
        /* An int may have no exact double; compare exactly and let the signs stand for the numbers. */
        x = -hd_int_compare_double(b, x);
        y = 0.0;
    } else {
        return hd_NotImplemented;
    }
    switch (op) {
    case HD_LT: return hd_bool(x < y);
    case HD_LE: return hd_bool(x <= y);
    case HD_EQ: return hd_bool(x == y);
    case HD_NE: return hd_bool(x != y);
    case HD_GT: return hd_bool(x > y);
    default: return hd_bool(x >= y);
    }
}

/* --- from text --- */

int hd_float_parse_text(HdThread *t, const char *text, HdSize length, double *out) {
    while (length > 0 && hd_number_text_is_space(*text)) {
        text++;
        length--;
    }
    while (length > 0 && hd_number_text_is_space(text[length - 1])) length--;
    char small[64], *room = NULL;
    size_t room_size = (size_t)length;
    if (length > 0 && memchr(text, '_', (size_t)length)) {
        char *copy = small;
        if (length > (HdSize)sizeof small) {
            copy = room = hd_heap_raw(t, room_size);
            if (!room) {
                hd_raise_no_memory(t);
                return -1;
            }
        }
        length = hd_number_text_no_underscores(text, length, copy);
        text = copy;
    }
    size_t used = 0;
    if (length > 0) *out = hd_float_parse(text, (size_t)length, &used);
    if (room) hd_heap_raw_free(t, room, room_size);
    return length > 0 && used == (size_t)length;
}

HdValue hd_float_from_str(HdThread *t, HdValue v) {
    double d = 0.0;
    int status;
    if (hd_is_str(v)) {
        HdNumberText text;
        if (hd_number_text_init(t, &text, v) < 0) return HD_NULL;
        status = hd_float_parse_text(t, text.text, text.length, &d);
        hd_number_text_free(t, &text);
    } else if (hd_is_bytes(v)) {
        status = hd_float_parse_text(t, (const char *)hd_bytes_data(v), hd_bytes_length(v), &d);
    } else if (hd_buffer_check(v)) {
        HdBuffer view;
        if (hd_buffer_get(t, v, &view, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        status = hd_float_parse_text(t, view.data, view.length, &d);
        hd_buffer_release(t, &view);
    } else {
        return hd_raise(t, &hd_TypeError, "float() argument must be a string or a real number, not '%T'", v);
    }
    if (status < 0) return HD_NULL;
    if (status == 0) return hd_raise(t, &hd_ValueError, "could not convert string to float: %R", v);
    return hd_float_new(t, d);
}

static HdValue float_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if ((type == &hd_float_type || type->init == hd_float_type.init) &&
        hd_native_no_keywords(t, "float", kwnames) < 0) {
        return HD_NULL;
    }
    if (hd_native_check_count(t, "float", nargs, 0, 1) < 0) return HD_NULL;
    HdValue number;
    if (nargs == 0) number = hd_float_new(t, 0.0);
    else if (hd_is_exact_str(hd_ref_value(args[0]))) number = hd_float_from_str(t, hd_ref_value(args[0]));
    else number = hd_number_float(t, hd_ref_value(args[0]));
    if (type == &hd_float_type || hd_is_null(number)) return number;
    double d = hd_float_value(number);
    hd_release(t, number);
    HdFloat *box = HD_NEW(t, HdFloat, type);
    if (!box) return HD_NULL;
    box->value = d;
    return hd_from_object(box);
}

/* --- methods --- */

static HdValue float_conjugate(HdThread *t, HdValue self, const HdValue *args) { return float_exact(t, self); }
static HdValue float_trunc(HdThread *t, HdValue self, const HdValue *args) { return float_int(t, self); }
static HdValue float_floor(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_double(t, floor(hd_float_value(self)));
}
static HdValue float_ceil(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_double(t, ceil(hd_float_value(self)));
}
static HdValue float_is_integer(HdThread *t, HdValue self, const HdValue *args) {
    double d = hd_float_value(self);
    return hd_bool(isfinite(d) && floor(d) == d);
}
static HdValue float_getnewargs(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue exact = float_exact(t, self);
    return hd_is_null(exact) ? HD_NULL : hd_tuple_pack(t, 1, exact);
}

static HdValue float_as_integer_ratio(HdThread *t, HdValue self, const HdValue *args) {
    double d = hd_float_value(self);
    if (isinf(d)) return hd_raise(t, &hd_OverflowError, "cannot convert Infinity to integer ratio");
    if (isnan(d)) return hd_raise(t, &hd_ValueError, "cannot convert NaN to integer ratio");
    int exponent;
    double fraction = frexp(d, &exponent);
    for (int i = 0; i < 53 && fraction != floor(fraction); i++) {
        fraction *= 2.0;
        exponent--;
    }
    HD_OWNED HdValue numerator = hd_int_from_double(t, fraction);
    if (hd_is_null(numerator)) return HD_NULL;
    HdValue shift = hd_imm_int(exponent < 0 ? -exponent : exponent);
    HD_OWNED HdValue scaled = hd_int_lshift(t, exponent > 0 ? numerator : hd_imm_int(1), shift);
    if (hd_is_null(scaled)) return HD_NULL;
    return exponent > 0 ? hd_tuple_pack(t, 2, scaled, hd_imm_int(1)) : hd_tuple_pack(t, 2, numerator, scaled);
}

static HdValue float_hex(HdThread *t, HdValue self, const HdValue *args) {
    char text[32];
    size_t n = hd_float_hex(hd_float_value(self), text);
    return hd_str_from_ascii(t, text, (HdSize)n);
}

static HdValue float_fromhex(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "bad argument type for built-in operation");
    HdSize length;
    const char *text = hd_str_utf8(t, args[0], &length);
    if (!text) return HD_NULL;
    double d;
    switch (hd_float_from_hex(text, (size_t)length, &d)) {
    case HD_HEX_INVALID: return hd_raise(t, &hd_ValueError, "invalid hexadecimal floating-point string");
    case HD_HEX_OVERFLOW: return hd_raise(t, &hd_OverflowError, "hexadecimal value too large to represent as a float");
    default: break;
    }
    HdValue number = hd_float_new(t, d);
    if (hd_is_null(number) || hd_same(self, hd_type_value(&hd_float_type))) return number;
    HdValue result = hd_object_call1(t, self, number);
    hd_release(t, number);
    return result;
}

/* d rounded to `digits` places after the point by its exact decimal value. */
static HdValue round_places(HdThread *t, double d, int digits) {
    HdDecimal decimal;
    hd_decimal_exact(&decimal, d);
    hd_decimal_round(&decimal, (int64_t)decimal.point + digits);
    double rounded = 0.0;
    if (decimal.count) {
        char text[800];
        int n = decimal.count;
        memcpy(text, "0.", 2);
        memcpy(text + 2, decimal.digits, (size_t)n);
        text[n + 2] = 'e';
        int point = decimal.point, at = n + 3;
        if (point < 0) text[at++] = '-';
        unsigned magnitude = (unsigned)(point < 0 ? -point : point);
        for (unsigned unit = 1000; unit; unit /= 10) text[at++] = (char)('0' + magnitude / unit % 10);
        size_t used;
        rounded = hd_float_parse(text, (size_t)at, &used);
    }
    if (isinf(rounded)) return hd_raise(t, &hd_OverflowError, "rounded value too large to represent");
    return hd_float_new(t, copysign(rounded, d));
}

static HdValue float_round(HdThread *t, HdValue self, const HdValue *args) {
    double d = hd_float_value(self);
    if (hd_is_null(args[0]) || hd_is_none(args[0])) {
        double rounded = round(d);
        if (fabs(d - rounded) == 0.5) rounded = 2.0 * round(d / 2.0);
        return hd_int_from_double(t, rounded);
    }
    HdSize digits = hd_number_as_size(t, args[0], NULL);
    if (digits == -1 && hd_raised(t)) return HD_NULL;
    if (!isfinite(d) || d == 0.0 || digits > 323) return hd_float_new(t, d);
    if (digits < -308) return hd_float_new(t, 0.0 * d);
    return round_places(t, d, (int)digits);
}

static HdValue float_format(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "__format__() argument must be str, not %T", args[0]);
    }
    return hd_format_spec_float(t, self, args[0]);
}

static HdValue float_getformat(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "__getformat__() argument must be str, not %T", args[0]);
    }
    if (!hd_str_equals_text(args[0], "double") && !hd_str_equals_text(args[0], "float")) {
        return hd_raise(t, &hd_ValueError, "__getformat__() argument 1 must be 'double' or 'float'");
    }
    return hd_str_from_text(t, "IEEE, little-endian");
}

static HdValue float_real(HdThread *t, HdValue self, void *closure) { return float_exact(t, self); }
static HdValue float_imag(HdThread *t, HdValue self, void *closure) { return hd_float_new(t, 0.0); }

static const HdMethodDef float_methods[] = {
    HD_METHOD(float_conjugate, "conjugate($self, /)", "Returns the number itself, the complex conjugate of any float."),
    HD_METHOD(float_trunc, "__trunc__($self, /)", "The int closest to the number between 0 and it."),
    HD_METHOD(float_floor, "__floor__($self, /)", "The greatest int that is not more than the number."),
    HD_METHOD(float_ceil, "__ceil__($self, /)", "The least int that is not less than the number."),
    HD_METHOD(float_round, "__round__($self, ndigits=None, /)",
              "The number rounded to ndigits decimal places, halves to even; an int when ndigits is None."),
    HD_METHOD(float_as_integer_ratio, "as_integer_ratio($self, /)",
              "A pair of ints whose quotient is exactly the number, with a positive denominator."),
    HD_CLASS_METHOD(float_fromhex, "fromhex($type, string, /)", "The float that a hexadecimal string stands for."),
    HD_METHOD(float_hex, "hex($self, /)", "The number exactly, as a hexadecimal string."),
    HD_METHOD(float_is_integer, "is_integer($self, /)", "Whether the number is whole."),
    HD_METHOD(float_getnewargs, "__getnewargs__($self, /)", NULL),
    HD_CLASS_METHOD(float_getformat, "__getformat__($type, typestr, /)",
                    "How C doubles ('double') or floats ('float') are laid out on this machine."),
    HD_METHOD(float_format, "__format__($self, format_spec, /)", "The number as text, as format_spec says."),
    HD_METHODS_END,
};

static const HdGetSetDef float_getsets[] = {
    {"real", float_real, NULL, "the real part of a complex number", NULL},
    {"imag", float_imag, NULL, "the imaginary part of a complex number", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

HdType hd_float_type = {
    HD_TYPE_HEAD("float"),
    .doc = "float(x=0, /)\n--\n\nA floating-point number, from a number or from text.",
    .basicsize = sizeof(HdFloat),
    .flags = HD_TYPE_BASE | HD_TYPE_MATCH_SELF | HD_TYPE_IMMUTABLE,
    .flags2 = HD_TYPE2_FLOAT,
    .getattr = hd_object_generic_getattr,
    .repr = float_repr,
    .hash = float_hash,
    .compare = float_compare,
    .create = float_create,
    .truth = float_truth,
    .add = float_add,
    .subtract = float_subtract,
    .multiply = float_multiply,
    .remainder = float_remainder,
    .divmod = float_divmod,
    .power = float_power,
    .negative = float_negative,
    .positive = float_exact,
    .absolute = float_absolute,
    .int_ = float_int,
    .float_ = float_exact,
    .floor_divide = float_floor_divide,
    .true_divide = float_true_divide,
    .methods = float_methods,
    .getsets = float_getsets,
};
