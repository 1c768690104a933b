/* complex.c -- complex: two doubles. Immutable, no locks; runs Python only through conversions of arguments.
 *
 * Division: Robert L. Smith, "Algorithm 116: Complex division" (1962). Small whole powers by repeated squaring, the
 * rest in polar form.
 */
#include "complex_number.h"

#include <errno.h>
#include <math.h>

#include "float_repr.h"
#include "format_spec.h"
#include "hash.h"
#include "int_internal.h"
#include "list.h"
#include "number.h"
#include "number_text.h"
#include "str.h"

typedef HdComplexNumber Number;

static HdValue new_complex(HdThread *t, HdType *type, Number n) {
    HdComplex *v = HD_NEW(t, HdComplex, type);
    if (!v) return HD_NULL;
    v->real = n.real;
    v->imag = n.imag;
    return hd_from_object(v);
}

HdValue hd_complex_new(HdThread *t, double real, double imag) {
    return new_complex(t, &hd_complex_type, (Number){real, imag});
}

static Number value_of(HdValue v) { return (Number){HD_AS(HdComplex, v)->real, HD_AS(HdComplex, v)->imag}; }

/* --- arithmetic --- */

HdComplexNumber hd_complex_product(Number a, Number b) {
    return (Number){a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real};
}

bool hd_complex_quotient(Number a, Number b, Number *out) {
    double real = fabs(b.real), imag = fabs(b.imag);
    if (real >= imag) {
        if (real == 0.0) return false;
        double ratio = b.imag / b.real, scale = b.real + b.imag * ratio;
        *out = (Number){(a.real + a.imag * ratio) / scale, (a.imag - a.real * ratio) / scale};
    } else if (imag >= real) {
        double ratio = b.real / b.imag, scale = b.real * ratio + b.imag;
        *out = (Number){(a.real * ratio + a.imag) / scale, (a.imag * ratio - a.real) / scale};
    } else { /* a NaN */
        *out = (Number){NAN, NAN};
    }
    return true;
}

static Number power_unsigned(Number base, unsigned n) {
    Number power = {1.0, 0.0};
    for (unsigned mask = 1; n >= mask; mask <<= 1) {
        if (n & mask) power = hd_complex_product(power, base);
        base = hd_complex_product(base, base);
    }
    return power;
}

/* 0, EDOM or ERANGE. */
static int power_general(Number a, Number b, Number *out) {
    if (b.real == 0.0 && b.imag == 0.0) {
        *out = (Number){1.0, 0.0};
        return 0;
    }
    if (a.real == 0.0 && a.imag == 0.0) {
        *out = (Number){0.0, 0.0};
        return b.imag != 0.0 || b.real < 0.0 ? EDOM : 0;
    }
    double length = hypot(a.real, a.imag), angle = atan2(a.imag, a.real);
    double scale = pow(length, b.real), phase = angle * b.real;
    if (b.imag != 0.0) {
        scale /= exp(angle * b.imag);
        phase += b.imag * log(length);
    }
    *out = (Number){scale * cos(phase), scale * sin(phase)};
    return isinf(out->real) || isinf(out->imag) ? ERANGE : 0;
}

static int power_of(Number a, Number b, Number *out) {
    if (b.imag != 0.0 || b.real != floor(b.real) || fabs(b.real) > 100.0) return power_general(a, b, out);
    if (b.real > 0) *out = power_unsigned(a, (unsigned)b.real);
    else if (!hd_complex_quotient((Number){1.0, 0.0}, power_unsigned(a, (unsigned)-b.real), out)) return EDOM;
    return isinf(out->real) || isinf(out->imag) ? ERANGE : 0;
}

HdValue hd_complex_power(HdThread *t, double a_real, double a_imag, double b_real, double b_imag) {
    Number result;
    int error = power_of((Number){a_real, a_imag}, (Number){b_real, b_imag}, &result);
    if (error == EDOM) return hd_raise(t, &hd_ZeroDivisionError, "0.0 to a negative or complex power");
    if (error == ERANGE) return hd_raise(t, &hd_OverflowError, "complex exponentiation");
    return hd_complex_new(t, result.real, result.imag);
}

/* 1, 0 when v is no number, -1 raised. */
static int operand(HdThread *t, HdValue v, Number *out) {
    out->imag = 0.0;
    if (hd_is_float(v)) {
        out->real = hd_float_value(v);
    } else if (hd_is_int(v)) {
        out->real = hd_int_as_double(t, v);
        if (out->real == -1.0 && hd_raised(t)) return -1;
    } else if (hd_is_complex(v)) {
        *out = value_of(v);
    } else {
        return 0;
    }
    return 1;
}

#define COMPLEX_SLOT(name, operation)                                         \
    static HdValue complex_##name(HdThread *t, HdValue a, HdValue b) {        \
        Number x, y;                                                          \
        int status = operand(t, a, &x);                                       \
        if (status > 0) status = operand(t, b, &y);                           \
        if (status <= 0) return status < 0 ? HD_NULL : hd_NotImplemented;     \
        return operation;                                                     \
    }

static HdValue product(HdThread *t, Number a, Number b) {
    return new_complex(t, &hd_complex_type, hd_complex_product(a, b));
}
static HdValue quotient(HdThread *t, Number a, Number b) {
    Number q;
    if (!hd_complex_quotient(a, b, &q)) return hd_raise(t, &hd_ZeroDivisionError, "complex division by zero");
    return new_complex(t, &hd_complex_type, q);
}

COMPLEX_SLOT(add, hd_complex_new(t, x.real + y.real, x.imag + y.imag))
COMPLEX_SLOT(subtract, hd_complex_new(t, x.real - y.real, x.imag - y.imag))
COMPLEX_SLOT(multiply, product(t, x, y))
COMPLEX_SLOT(true_divide, quotient(t, x, y))

static HdValue complex_power_slot(HdThread *t, HdValue a, HdValue b, HdValue modulus) {
    Number x, y;
    int status = operand(t, a, &x);
    if (status > 0) status = operand(t, b, &y);
    if (status <= 0) return status < 0 ? HD_NULL : hd_NotImplemented;
    if (!hd_is_none(modulus)) return hd_raise(t, &hd_ValueError, "complex modulo");
    return hd_complex_power(t, x.real, x.imag, y.real, y.imag);
}

static HdValue complex_negative(HdThread *t, HdValue v) {
    return hd_complex_new(t, -HD_AS(HdComplex, v)->real, -HD_AS(HdComplex, v)->imag);
}
static HdValue complex_positive(HdThread *t, HdValue v) {
    if (hd_is_exact_object(v, &hd_complex_type)) return hd_retain(t, v);
    return hd_complex_new(t, HD_AS(HdComplex, v)->real, HD_AS(HdComplex, v)->imag);
}
static HdValue complex_absolute(HdThread *t, HdValue v) {
    Number n = value_of(v);
    double length = hypot(n.real, n.imag);
    if (isinf(length) && isfinite(n.real) && isfinite(n.imag)) {
        return hd_raise(t, &hd_OverflowError, "absolute value too large");
    }
    return hd_float_new(t, length);
}
static int complex_truth(HdThread *t, HdValue v) {
    return HD_AS(HdComplex, v)->real != 0.0 || HD_AS(HdComplex, v)->imag != 0.0;
}
static int64_t complex_hash(HdThread *t, HdValue v) {
    Number n = value_of(v);
    int64_t identity = hd_object_hash_pointer(hd_as_object(v));
    uint64_t real = (uint64_t)hd_hash_double(n.real, identity), imag = (uint64_t)hd_hash_double(n.imag, identity);
    return hd_hash_fix((int64_t)(real + HD_HASH_IMAG * imag));
}

static HdValue complex_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if (op != HD_EQ && op != HD_NE) return hd_NotImplemented;
    Number x = value_of(a);
    bool equal;
    if (hd_is_int(b)) equal = x.imag == 0.0 && !isnan(x.real) && hd_int_compare_double(b, x.real) == 0;
    else if (hd_is_float(b)) equal = x.imag == 0.0 && x.real == hd_float_value(b);
    else if (hd_is_complex(b)) equal = x.real == value_of(b).real && x.imag == value_of(b).imag;
    else return hd_NotImplemented;
    return hd_bool(equal == (op == HD_EQ));
}

static HdValue complex_repr(HdThread *t, HdValue v) {
    Number n = value_of(v);
    char text[72];
    size_t at = 0;
    if (n.real == 0.0 && !signbit(n.real)) {
        at = hd_float_format(n.imag, 'r', 0, 0, text, 32);
        text[at++] = 'j';
    } else {
        text[at++] = '(';
        at += hd_float_format(n.real, 'r', 0, 0, text + at, 32);
        at += hd_float_format(n.imag, 'r', 0, HD_FLOAT_SIGN, text + at, 32);
        text[at++] = 'j';
        text[at++] = ')';
    }
    return hd_str_from_ascii(t, text, (HdSize)at);
}

/* --- from text --- */

static bool is_j(const char *at, const char *end) { return at < end && (*at == 'j' || *at == 'J'); }
static bool is_sign(const char *at, const char *end) { return at < end && (*at == '+' || *at == '-'); }

/* real, imagj or real+imagj; the numbers 1 of "+j" and "j" may be left out. */
static bool parse_plain(const char *at, const char *end, Number *out) {
    size_t used;
    double first = hd_float_parse(at, (size_t)(end - at), &used);
    *out = (Number){0.0, 0.0};
    if (used == 0) {
        out->imag = at < end && *at == '-' ? -1.0 : 1.0;
        at += is_sign(at, end);
        return is_j(at, end) && at + 1 == end;
    }
    at += used;
    if (is_sign(at, end)) {
        out->real = first;
        out->imag = hd_float_parse(at, (size_t)(end - at), &used);
        if (used == 0) {
            out->imag = *at == '-' ? -1.0 : 1.0;
            used = 1;
        }
        at += used;
        return is_j(at, end) && at + 1 == end;
    }
    if (is_j(at, end)) {
        out->imag = first;
        return at + 1 == end;
    }
    out->real = first;
    return at == end;
}

static bool parse_text(const char *text, HdSize length, Number *out) {
    const char *at = text, *end = text + length;
    while (at < end && hd_number_text_is_space(*at)) at++;
    while (end > at && hd_number_text_is_space(end[-1])) end--;
    if (at < end && *at == '(') {
        if (end[-1] != ')' || end - at < 2) return false;
        at++;
        end--;
        while (at < end && hd_number_text_is_space(*at)) at++;
        while (end > at && hd_number_text_is_space(end[-1])) end--;
    }
    return at < end && parse_plain(at, end, out);
}

static int from_str(HdThread *t, HdValue v, Number *out) {
    HdNumberText text;
    if (hd_number_text_init(t, &text, v) < 0) return -1;
    bool valid = false;
    char *room = NULL;
    size_t room_size = (size_t)text.length + 1;
    HdSize length = text.length;
    if (length > 0 && memchr(text.text, '_', (size_t)length)) {
        room = hd_heap_raw(t, room_size);
        if (!room) {
            hd_number_text_free(t, &text);
            hd_raise_no_memory(t);
            return -1;
        }
        length = hd_number_text_no_underscores(text.text, length, room);
    }
    if (length > 0) valid = parse_text(room ? room : text.text, length, out);
    if (room) hd_heap_raw_free(t, room, room_size);
    hd_number_text_free(t, &text);
    if (length < 0) return hd_raise_int(t, &hd_ValueError, "could not convert string to complex: %R", v);
    if (!valid) return hd_raise_int(t, &hd_ValueError, "complex() arg is a malformed string");
    return 0;
}

/* --- complex(...) --- */

/* v.__complex__() if there is such a method: 1 and *out (a complex, owned), 0 none, -1 raised. */
static int special_complex(HdThread *t, HdValue v, HdValue *out) {
    if (hd_is_exact_object(v, &hd_complex_type)) {
        *out = hd_retain(t, v);
        return 1;
    }
    HdValue method;
    int found = hd_object_find_special(t, v, HD_NAME("__complex__"), &method);
    if (found <= 0) return found;
    *out = hd_object_call0(t, method);
    hd_release(t, method);
    if (hd_is_null(*out)) return -1;
    if (!hd_is_complex(*out)) {
        hd_raise(t, &hd_TypeError, "__complex__ returned non-complex (type %T)", *out);
        hd_clear_slot(t, out);
        return -1;
    }
    if (!hd_is_exact_object(*out, &hd_complex_type) &&
        hd_warn(t, &hd_DeprecationWarning, 1,
                "__complex__ returned non-complex (type %T).  The ability to return an instance of a strict subclass "
                "of complex is deprecated, and may not be supported in a future version of Python.",
                *out) < 0) {
        hd_clear_slot(t, out);
        return -1;
    }
    return 1;
}

int hd_complex_from_object(HdThread *t, HdValue v, Number *out) {
    HdValue number = HD_NULL;
    if (hd_is_complex(v)) {
        *out = value_of(v);
        return 0;
    }
    int found = special_complex(t, v, &number);
    if (found < 0) return -1;
    if (found) {
        *out = value_of(number);
        hd_release(t, number);
        return 0;
    }
    out->imag = 0.0;
    out->real = hd_number_as_double(t, v);
    return out->real == -1.0 && hd_raised(t) ? -1 : 0;
}

/* One argument as a number; *is_complex tells whether it has an imaginary part of its own. */
static int argument(HdThread *t, HdValue v, Number *out, bool *is_complex) {
    *is_complex = hd_is_complex(v);
    if (*is_complex) {
        *out = value_of(v);
        return 0;
    }
    HdValue number = hd_number_float(t, v);
    if (hd_is_null(number)) return -1;
    *out = (Number){hd_float_value(number), 0.0};
    hd_release(t, number);
    return 0;
}

static bool is_number(HdValue v) {
    const HdType *type = hd_type_of(v);
    return type->float_ || type->index || hd_is_complex(v);
}

static HdValue from_numbers(HdThread *t, HdType *type, HdValue real, HdValue imag) {
    HdValue special = HD_NULL;
    if (special_complex(t, real, &special) < 0) return HD_NULL;
    HD_OWNED HdValue holder = special;
    if (!hd_is_null(special)) real = special;
    if (!is_number(real)) {
        return hd_raise(t, &hd_TypeError, "complex() first argument must be a string or a number, not '%T'", real);
    }
    if (!hd_is_null(imag) && !is_number(imag)) {
        return hd_raise(t, &hd_TypeError, "complex() second argument must be a number, not '%T'", imag);
    }
    Number x, y = {0.0, 0.0};
    bool x_complex, y_complex = false;
    if (argument(t, real, &x, &x_complex) < 0) return HD_NULL;
    if (hd_is_null(imag)) {
        y.real = x.imag;
    } else {
        if (argument(t, imag, &y, &y_complex) < 0) return HD_NULL;
        if (y_complex) x.real -= y.imag;
        if (x_complex) y.real += x.imag;
    }
    return new_complex(t, type, (Number){x.real, y.real});
}

static const HdMethodDef complex_signature = {"complex(real=0, imag=0)", NULL, NULL, NULL, 0};

static HdValue complex_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue given[2];
    if (hd_native_bind(t, &complex_signature, args, nargs, kwnames, given) < 0) return HD_NULL;
    HdValue real = given[0], imag = given[1];
    if (hd_is_null(real)) real = hd_imm_int(0);
    if (hd_is_null(imag) && type == &hd_complex_type && hd_is_exact_object(real, &hd_complex_type)) {
        return hd_retain(t, real);
    }
    if (hd_is_str(real)) {
        if (!hd_is_null(imag)) {
            return hd_raise(t, &hd_TypeError, "complex() can't take second arg if first is a string");
        }
        Number n = {0};
        return from_str(t, real, &n) < 0 ? HD_NULL : new_complex(t, type, n);
    }
    if (!hd_is_null(imag) && hd_is_str(imag)) {
        return hd_raise(t, &hd_TypeError, "complex() second arg can't be a string");
    }
    return from_numbers(t, type, real, imag);
}

/* --- methods --- */

static HdValue complex_conjugate(HdThread *t, HdValue self, const HdValue *args) {
    return hd_complex_new(t, HD_AS(HdComplex, self)->real, -HD_AS(HdComplex, self)->imag);
}
static HdValue complex_complex(HdThread *t, HdValue self, const HdValue *args) { return complex_positive(t, self); }
static HdValue complex_getnewargs(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue real = hd_float_new(t, HD_AS(HdComplex, self)->real);
    HD_OWNED HdValue imag = hd_float_new(t, HD_AS(HdComplex, self)->imag);
    if (hd_is_null(real) || hd_is_null(imag)) return HD_NULL;
    return hd_tuple_pack(t, 2, real, imag);
}
static HdValue complex_format(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "__format__() argument must be str, not %T", args[0]);
    }
    return hd_format_spec_complex(t, self, args[0]);
}

static const HdMethodDef complex_methods[] = {
    HD_METHOD(complex_conjugate, "conjugate($self, /)", "The number with the sign of its imaginary part turned."),
    HD_METHOD(complex_complex, "__complex__($self, /)", "The number as an exact complex."),
    HD_METHOD(complex_getnewargs, "__getnewargs__($self, /)", NULL),
    HD_METHOD(complex_format, "__format__($self, format_spec, /)", "The number as text, as format_spec says."),
    HD_METHODS_END,
};

static const HdMemberDef complex_members[] = {
    {"real", HD_MEMBER_DOUBLE, offsetof(HdComplex, real), true, "the real part of a complex number", false},
    {"imag", HD_MEMBER_DOUBLE, offsetof(HdComplex, imag), true, "the imaginary part of a complex number", false},
    {NULL, 0, 0, false, NULL, false},
};

HdType hd_complex_type = {
    HD_TYPE_HEAD("complex"),
    .doc = "complex(real=0, imag=0)\n--\n\nA complex number, from its two parts or from text like '1+2j'.",
    .basicsize = sizeof(HdComplex),
    .flags = HD_TYPE_BASE | HD_TYPE_IMMUTABLE,
    .getattr = hd_object_generic_getattr,
    .repr = complex_repr,
    .hash = complex_hash,
    .compare = complex_compare,
    .create = complex_create,
    .truth = complex_truth,
    .add = complex_add,
    .subtract = complex_subtract,
    .multiply = complex_multiply,
    .power = complex_power_slot,
    .negative = complex_negative,
    .positive = complex_positive,
    .absolute = complex_absolute,
    .true_divide = complex_true_divide,
    .methods = complex_methods,
    .members = complex_members,
};
