/* int_methods.c -- int's constructor and methods. Conversions of arguments may run Python; no locks are held. */
#include "buffer.h"
#include "bytes.h"
#include "float.h"
#include "format_spec.h"
#include "int_internal.h"
#include "list.h"
#include "number.h"
#include "str.h"

/* --- int(...) --- */

static HdValue from_text_object(HdThread *t, HdValue v, int base) {
    if (hd_is_str(v)) return hd_int_from_str(t, v, base);
    if (hd_is_bytes(v)) return hd_int_from_bytes_text(t, (const char *)hd_bytes_data(v), hd_bytes_length(v), base);
    if (hd_is_bytearray(v)) {
        HdBuffer view;
        if (hd_buffer_get(t, v, &view, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        HdValue result = hd_int_from_bytes_text(t, view.data, view.length, base);
        hd_buffer_release(t, &view);
        return result;
    }
    return hd_raise(t, &hd_TypeError, "int() can't convert non-string with explicit base");
}

/* The arguments of int(x, base=10): -1 raised. */
static int bind_create(HdThread *t, const HdRef *args, HdSize nargs, HdValue kwnames, HdValue *x, HdValue *base) {
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    *x = *base = HD_NULL;
    if (nargs + keywords > 2) {
        return hd_raise_int(t, &hd_TypeError, "int() takes at most 2 arguments (%zd given)", nargs + keywords);
    }
    if (nargs > 0) *x = hd_ref_value(args[0]);
    if (nargs > 1) *base = hd_ref_value(args[1]);
    for (HdSize i = 0; i < keywords; i++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, i);
        if (!hd_str_equals_text(name, "base")) {
            return hd_raise_int(t, &hd_TypeError, "'%U' is an invalid keyword argument for int()", name);
        }
        if (!hd_is_null(*base)) {
            return hd_raise_int(t, &hd_TypeError,
                                "argument for int() given by name ('base') and position (2)");
        }
        *base = hd_ref_value(args[nargs + i]);
    }
    return 0;
}

HdValue hd_int_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue x, base, number;
    if (bind_create(t, args, nargs, kwnames, &x, &base) < 0) return HD_NULL;
    if (hd_is_null(x)) {
        if (!hd_is_null(base)) return hd_raise(t, &hd_TypeError, "int() missing string argument");
        number = hd_imm_int(0);
    } else if (hd_is_null(base)) {
        number = hd_number_int(t, x);
    } else {
        HdSize n = hd_number_as_size(t, base, NULL);
        if (n == -1 && hd_raised(t)) return HD_NULL;
        if ((n != 0 && n < 2) || n > 36) {
            return hd_raise(t, &hd_ValueError, "int() base must be >= 2 and <= 36, or 0");
        }
        number = from_text_object(t, x, (int)n);
    }
    if (type == &hd_int_type || hd_is_null(number)) return number;
    HdValue result = hd_int_of_type(t, type, number);
    hd_release(t, number);
    return result;
}

/* --- methods --- */

static HdValue int_bit_length(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_size(t, hd_int_bit_length(self));
}

static HdValue int_bit_count(HdThread *t, HdValue self, const HdValue *args) {
    HdIntView x;
    hd_int_view(&x, self);
    return hd_imm_int(x.size ? (int64_t)mpn_popcount(x.limbs, x.size) : 0);
}

static HdValue int_conjugate(HdThread *t, HdValue self, const HdValue *args) { return hd_int_exact(t, self); }

static HdValue int_as_integer_ratio(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue exact = hd_int_exact(t, self);
    if (hd_is_null(exact)) return HD_NULL;
    return hd_tuple_pack(t, 2, exact, hd_imm_int(1));
}

static HdValue int_getnewargs(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue exact = hd_int_exact(t, self);
    if (hd_is_null(exact)) return HD_NULL;
    return hd_tuple_pack(t, 1, exact);
}

static HdValue int_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    /* What CPython's layout would take: digits of 30 bits. Programs compare such sizes with each other. */
    return hd_imm_int(24 + 4 * ((hd_int_bit_length(self) + 29) / 30));
}

/* 1 little, 0 big, -1 raised. */
static int byte_order(HdThread *t, HdValue v, const char *method) {
    if (hd_is_null(v)) return 0;
    if (!hd_is_str(v)) {
        return hd_raise_int(t, &hd_TypeError, "%s() argument 'byteorder' must be str, not %T", method, v);
    }
    if (hd_str_equals_text(v, "little")) return 1;
    if (hd_str_equals_text(v, "big")) return 0;
    return hd_raise_int(t, &hd_ValueError, "byteorder must be either 'little' or 'big'");
}

static HdValue int_to_bytes(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = 1;
    if (!hd_is_null(args[0])) {
        length = hd_number_as_size(t, args[0], &hd_OverflowError);
        if (length == -1 && hd_raised(t)) return HD_NULL;
    }
    int little = byte_order(t, args[1], "to_bytes");
    if (little < 0) return HD_NULL;
    int is_signed = hd_is_null(args[2]) ? 0 : hd_object_truth(t, args[2]);
    if (is_signed < 0) return HD_NULL;
    if (length < 0) return hd_raise(t, &hd_ValueError, "length argument must be non-negative");
    HdValue bytes = hd_bytes_new(t, NULL, length);
    if (hd_is_null(bytes)) return HD_NULL;
    if (hd_int_to_bytes(t, self, hd_bytes_data(bytes), length, little, is_signed) < 0) {
        hd_release(t, bytes);
        return HD_NULL;
    }
    return bytes;
}

static HdValue int_from_bytes(HdThread *t, HdValue self, const HdValue *args) {
    int little = byte_order(t, args[1], "from_bytes");
    if (little < 0) return HD_NULL;
    int is_signed = hd_is_null(args[2]) ? 0 : hd_object_truth(t, args[2]);
    if (is_signed < 0) return HD_NULL;
    if (hd_is_int(args[0]) || hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "cannot convert '%T' object to bytes", args[0]);
    }
    HD_OWNED HdValue bytes = hd_object_bytes(t, args[0]);
    if (hd_is_null(bytes)) return HD_NULL;
    HdValue number = hd_int_from_bytes(t, hd_bytes_data(bytes), hd_bytes_length(bytes), little, is_signed);
    if (hd_is_null(number) || hd_same(self, hd_type_value(&hd_int_type))) return number;
    HdValue result = hd_object_call1(t, self, number);
    hd_release(t, number);
    return result;
}

/* Rounds to a multiple of 10**digits, half to even. */
static HdValue round_to_power(HdThread *t, HdValue self, HdValue digits) {
    HD_OWNED HdValue unit = hd_int_power(t, hd_imm_int(10), digits, hd_None);
    if (hd_is_null(unit)) return HD_NULL;
    HdValue q, r;
    if (hd_int_divmod(t, self, unit, &q, &r) < 0) return HD_NULL;
    HD_OWNED HdValue quotient = q;
    HD_OWNED HdValue rest = r;
    HD_OWNED HdValue twice = hd_int_add(t, rest, rest);
    if (hd_is_null(twice)) return HD_NULL;
    int order = hd_int_compare(twice, unit);
    HdIntView view;
    hd_int_view(&view, quotient);
    bool odd = view.size && (view.limbs[0] & 1);
    HD_OWNED HdValue down = hd_int_sub(t, self, rest);
    if (hd_is_null(down)) return HD_NULL;
    if (order > 0 || (order == 0 && odd)) return hd_int_add(t, down, unit);
    return hd_int_exact(t, down);
}

static HdValue int_round(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_null(args[0])) return hd_int_exact(t, self);
    HD_OWNED HdValue digits = hd_number_index(t, args[0]);
    if (hd_is_null(digits)) return HD_NULL;
    if (hd_int_sign(digits) >= 0) return hd_int_exact(t, self);
    HD_OWNED HdValue count = hd_int_sub(t, hd_imm_int(0), digits);
    if (hd_is_null(count)) return HD_NULL;
    int64_t n;
    /* 10**n is beyond twice the number: the result is 0, without computing the power. */
    if (!hd_int_try_i64(count, &n) || n > hd_int_bit_length(self) / 3 + 2) return hd_imm_int(0);
    return round_to_power(t, self, count);
}

static HdValue int_format(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "__format__() argument must be str, not %T", args[0]);
    }
    return hd_format_spec_int(t, self, args[0]);
}

const HdMethodDef hd_int_methods[] = {
    HD_METHOD(int_conjugate, "conjugate($self, /)", "Returns the number itself, the complex conjugate of any int."),
    HD_METHOD(int_bit_length, "bit_length($self, /)",
              "Number of bits necessary to represent the number in binary, without sign and leading zeros."),
    HD_METHOD(int_bit_count, "bit_count($self, /)", "Number of ones in the binary form of the absolute value."),
    HD_METHOD(int_to_bytes, "to_bytes($self, /, length=1, byteorder='big', *, signed=False)",
              "The number as an array of `length` bytes, most significant first unless byteorder is 'little'.\n\n"
              "OverflowError if it does not fit; signed allows negative numbers, in two's complement."),
    HD_CLASS_METHOD(int_from_bytes, "from_bytes($type, /, bytes, byteorder='big', *, signed=False)",
                    "The number that an array of bytes, or an iterable of their values, represents."),
    HD_METHOD(int_as_integer_ratio, "as_integer_ratio($self, /)", "The pair (number, 1)."),
    HD_METHOD(int_conjugate, "__trunc__($self, /)", "The number itself."),
    HD_METHOD(int_conjugate, "__floor__($self, /)", "The number itself."),
    HD_METHOD(int_conjugate, "__ceil__($self, /)", "The number itself."),
    HD_METHOD(int_round, "__round__($self, ndigits=<unrepresentable>, /)",
              "The number rounded to a multiple of 10**-ndigits, halves to even."),
    HD_METHOD(int_getnewargs, "__getnewargs__($self, /)", NULL),
    HD_METHOD(int_format, "__format__($self, format_spec, /)", "The number as text, as format_spec says."),
    HD_METHOD(int_sizeof, "__sizeof__($self, /)", "Size in memory, in bytes."),
    HD_METHODS_END,
};
