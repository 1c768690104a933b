/* int.c -- int: making values, conversion to C numbers, comparison, hash, the type itself.
 *
 * An exact int in the immediate range is always immediate; what is larger is an HdInt with GMP limbs. Only GMP's mpn
 * layer is used, with sizes checked and scratch secured first, because GMP aborts the process when memory is out.
 * Ints are immutable: no locks. Nothing here runs Python or parks.
 */
#include "int_internal.h"

#include <math.h>
#include <stdlib.h>

#include "float.h"
#include "float_repr.h"
#include "format_spec.h"
#include "hash.h"
#include "int_ops.h"

/* --- results --- */

static HdInt *alloc_int(HdThread *t, HdType *type, HdSize size) {
    if (size > HD_INT_MAX_LIMBS) {
        hd_raise_no_memory(t);
        return NULL;
    }
    HdValue v = hd_type_alloc_var(t, type, (HdSize)sizeof(HdInt) + size * (HdSize)sizeof(mp_limb_t));
    return HD_AS(HdInt, v);
}

int hd_int_secure(HdThread *t, HdSize limbs) {
    if (limbs < 2048) return 0; /* GMP takes that much from the stack */
    if (limbs > HD_INT_MAX_LIMBS) {
        hd_raise_no_memory(t);
        return -1;
    }
    void *scratch = malloc((size_t)limbs * sizeof(mp_limb_t) * 8);
    if (!scratch) {
        hd_raise_no_memory(t);
        return -1;
    }
    free(scratch);
    return 0;
}

int hd_int_result_begin(HdThread *t, HdIntResult *r, HdSize size) {
    r->object = NULL;
    if (size <= HD_INT_SMALL_LIMBS) {
        r->limbs = r->small;
        return 0;
    }
    r->object = alloc_int(t, &hd_int_type, size);
    if (!r->object) return -1;
    r->limbs = r->object->limbs;
    return 0;
}

void hd_int_result_drop(HdThread *t, HdIntResult *r) {
    if (r->object) hd_release_object(t, &r->object->head);
}

HdValue hd_int_result_finish(HdThread *t, HdIntResult *r, HdSize size, bool negative) {
    size = hd_int_strip(r->limbs, size);
    if (!r->object) return hd_int_from_limbs(t, r->limbs, size, negative);
    if (size > HD_INT_SMALL_LIMBS / 2) {
        r->object->size = negative ? -size : size;
        return hd_from_object(r->object);
    }
    HdValue v = hd_int_from_limbs(t, r->limbs, size, negative);
    hd_int_result_drop(t, r);
    return v;
}

/* --- making --- */

HdValue hd_int_from_limbs(HdThread *t, const mp_limb_t *limbs, HdSize size, bool negative) {
    size = hd_int_strip(limbs, size);
    if (size == 0) return hd_imm_int(0);
    if (size == 1 && limbs[0] <= (mp_limb_t)HD_INT_MAX + negative) {
        return hd_imm_int(negative ? -(int64_t)limbs[0] : (int64_t)limbs[0]);
    }
    HdInt *big = alloc_int(t, &hd_int_type, size);
    if (!big) return HD_NULL;
    big->size = negative ? -size : size;
    memcpy(big->limbs, limbs, (size_t)size * sizeof *limbs);
    return hd_from_object(big);
}

HdValue hd_int_from_i64(HdThread *t, int64_t n) {
    if (hd_int_fits(n)) return hd_imm_int(n);
    mp_limb_t word = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    return hd_int_from_limbs(t, &word, 1, n < 0);
}

HdValue hd_int_from_u64(HdThread *t, uint64_t n) {
    mp_limb_t word = n;
    return hd_int_from_limbs(t, &word, 1, false);
}

HdValue hd_int_from_double(HdThread *t, double d) {
    if (isnan(d)) return hd_raise(t, &hd_ValueError, "cannot convert float NaN to integer");
    if (isinf(d)) return hd_raise(t, &hd_OverflowError, "cannot convert float infinity to integer");
    if (fabs(d) < 0x1p62) return hd_int_from_i64(t, (int64_t)d);
    int exponent;
    mp_limb_t limbs[18] = {0};
    uint64_t mantissa = (uint64_t)ldexp(frexp(fabs(d), &exponent), 53);
    int shift = exponent - 53;
    limbs[shift / 64] = mantissa << (shift % 64);
    if (shift % 64) limbs[shift / 64 + 1] = mantissa >> (64 - shift % 64);
    return hd_int_from_limbs(t, limbs, 18, d < 0);
}

HdValue hd_int_exact(HdThread *t, HdValue v) {
    if (hd_is_exact_int(v)) return hd_retain(t, v);
    HdIntView view;
    hd_int_view(&view, v);
    return hd_int_from_limbs(t, view.limbs, view.size, view.negative);
}

HdValue hd_int_of_type(HdThread *t, HdType *type, HdValue v) {
    HdIntView view;
    hd_int_view(&view, v);
    HdInt *copy = alloc_int(t, type, view.size);
    if (!copy) return HD_NULL;
    copy->size = view.negative ? -view.size : view.size;
    memcpy(copy->limbs, view.limbs, (size_t)view.size * sizeof(mp_limb_t));
    return hd_from_object(copy);
}

/* --- C numbers --- */

bool hd_int_try_i64(HdValue v, int64_t *out) {
    if (HD_LIKELY(hd_is_imm_int(v))) {
        *out = hd_imm_int_value(v);
        return true;
    }
    HdIntView view;
    hd_int_view(&view, v);
    if (view.size == 0) {
        *out = 0;
        return true;
    }
    if (view.size > 1 || view.limbs[0] > (mp_limb_t)INT64_MAX + view.negative) return false;
    *out = (int64_t)(view.negative ? 0 - view.limbs[0] : view.limbs[0]);
    return true;
}

int hd_int_sign(HdValue v) {
    HdIntView view;
    hd_int_view(&view, v);
    return view.size == 0 ? 0 : view.negative ? -1 : 1;
}

HdSize hd_int_bit_length(HdValue v) {
    HdIntView view;
    hd_int_view(&view, v);
    return hd_int_bits(view.limbs, view.size);
}

/* The top 64 bits of a nonzero number: it is about *result * 2**exponent, `sticky` tells of cut bits. */
static uint64_t top_bits(const mp_limb_t *limbs, HdSize size, int64_t *exponent, bool *sticky) {
    mp_limb_t top = limbs[size - 1];
    int zeros = __builtin_clzll(top);
    *sticky = false;
    *exponent = (int64_t)(size - 1) * 64 - zeros;
    top <<= zeros;
    if (size == 1) return top;
    mp_limb_t next = limbs[size - 2];
    if (zeros) {
        top |= next >> (64 - zeros);
        next <<= zeros;
    }
    *sticky = next != 0 || (size > 2 && !mpn_zero_p(limbs, size - 2));
    return top;
}

double hd_int_view_double(const HdIntView *view) {
    if (view->size == 0) return 0.0;
    int64_t exponent;
    bool sticky;
    uint64_t top = top_bits(view->limbs, view->size, &exponent, &sticky);
    return hd_float_assemble(top, exponent, sticky);
}

double hd_int_as_double(HdThread *t, HdValue v) {
    if (hd_is_imm_int(v)) return (double)hd_imm_int_value(v);
    HdIntView view;
    hd_int_view(&view, v);
    double d = hd_int_view_double(&view);
    if (isinf(d)) {
        hd_raise(t, &hd_OverflowError, "int too large to convert to float");
        return -1.0;
    }
    return view.negative ? -d : d;
}

double hd_int_frexp(HdValue v, HdSize *exponent) {
    HdIntView view;
    hd_int_view(&view, v);
    *exponent = 0;
    if (view.size == 0) return 0.0;
    int64_t low;
    bool sticky;
    uint64_t top = top_bits(view.limbs, view.size, &low, &sticky);
    double d = hd_float_assemble(top, -64, sticky); /* may round up to 1.0 */
    *exponent = low + 64;
    if (d == 1.0) {
        d = 0.5;
        ++*exponent;
    }
    return view.negative ? -d : d;
}

int64_t hd_int_hash(HdValue v) {
    if (hd_is_imm_int(v)) return hd_hash_int64(hd_imm_int_value(v));
    HdIntView view;
    hd_int_view(&view, v);
    return hd_hash_limbs(view.limbs, (size_t)view.size, view.negative);
}

/* --- comparison --- */

int hd_int_compare(HdValue a, HdValue b) {
    if (hd_both_imm_int(a, b)) return hd_imm_int_less(a, b) ? -1 : !hd_same(a, b);
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    int x_sign = x.size == 0 ? 0 : x.negative ? -1 : 1, y_sign = y.size == 0 ? 0 : y.negative ? -1 : 1;
    if (x_sign != y_sign) return x_sign < y_sign ? -1 : 1;
    if (x.size != y.size) return (x.size < y.size) != x.negative ? -1 : 1;
    if (x.size == 0) return 0;
    int order = mpn_cmp(x.limbs, y.limbs, x.size);
    order = (order > 0) - (order < 0);
    return x.negative ? -order : order;
}

int hd_int_compare_double(HdValue v, double d) {
    if (isinf(d)) return d > 0 ? -1 : 1;
    int64_t n;
    if (hd_int_try_i64(v, &n)) {
        if (d >= 0x1p63) return -1;
        if (d < -0x1p63) return 1;
        int64_t whole = (int64_t)d;
        if (n != whole) return n < whole ? -1 : 1;
        double rest = d - (double)whole; /* exact: beyond 2**53 there is no fraction */
        return rest > 0 ? -1 : rest < 0;
    }
    HdIntView x;
    hd_int_view(&x, v);
    if ((d < 0) != x.negative || fabs(d) < 0x1p63) return x.negative ? -1 : 1;
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(fabs(d), &exponent), 53) << 11;
    HdSize bits = hd_int_bits(x.limbs, x.size);
    int order = 0;
    if (bits != exponent) {
        order = bits < exponent ? -1 : 1;
    } else {
        int64_t low;
        bool sticky;
        uint64_t top = top_bits(x.limbs, x.size, &low, &sticky);
        order = top < mantissa ? -1 : top > mantissa || sticky;
    }
    return x.negative ? -order : order;
}

static HdValue int_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if (!hd_is_int(a) || !hd_is_int(b)) return hd_NotImplemented;
    int order = hd_int_compare(a, b);
    switch (op) {
    case HD_LT: return hd_bool(order < 0);
    case HD_LE: return hd_bool(order <= 0);
    case HD_EQ: return hd_bool(order == 0);
    case HD_NE: return hd_bool(order != 0);
    case HD_GT: return hd_bool(order > 0);
    default: return hd_bool(order >= 0);
    }
}

/* --- the type --- */

static HdValue int_repr(HdThread *t, HdValue self) { return hd_int_to_str(t, self, 10, false); }
static int64_t int_hash(HdThread *t, HdValue self) { return hd_int_hash(self); }
static int int_truth(HdThread *t, HdValue self) { return hd_int_sign(self) != 0; }
static HdValue int_float(HdThread *t, HdValue self) {
    double d = hd_int_as_double(t, self);
    if (d == -1.0 && hd_raised(t)) return HD_NULL;
    return hd_float_new(t, d);
}
static HdSize int_var_size(HdObject *self) {
    HdSize size = ((HdInt *)self)->size;
    return (HdSize)sizeof(HdInt) + (size < 0 ? -size : size) * (HdSize)sizeof(mp_limb_t);
}
static HdValue int_real(HdThread *t, HdValue self, void *closure) { return hd_int_exact(t, self); }
static HdValue int_constant(HdThread *t, HdValue self, void *closure) { return hd_imm_int((intptr_t)closure); }

static const HdGetSetDef int_getsets[] = {
    {"real", int_real, NULL, "the real part of a complex number", NULL},
    {"imag", int_constant, NULL, "the imaginary part of a complex number", (void *)0},
    {"numerator", int_real, NULL, "the numerator of a rational number in lowest terms", NULL},
    {"denominator", int_constant, NULL, "the denominator of a rational number in lowest terms", (void *)1},
    {NULL, NULL, NULL, NULL, NULL},
};

HdType hd_int_type = {
    HD_TYPE_HEAD("int"),
    .doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\n"
           "A whole number of any size, from a number (cut towards zero) or from text in a base from 2 to 36.\n"
           "Base 0 takes the base from the text's prefix, as a literal in a program: int('0b100', base=0) is 4.",
    .basicsize = sizeof(HdInt),
    .itemsize = sizeof(mp_limb_t),
    .var_size = int_var_size,
    .flags = HD_TYPE_BASE | HD_TYPE_INT | HD_TYPE_MATCH_SELF | HD_TYPE_IMMUTABLE,
    .getattr = hd_object_generic_getattr,
    .repr = int_repr,
    .hash = int_hash,
    .compare = int_compare,
    .create = hd_int_create,
    .truth = int_truth,
    .add = hd_int_slot_add,
    .subtract = hd_int_slot_subtract,
    .multiply = hd_int_slot_multiply,
    .remainder = hd_int_slot_remainder,
    .divmod = hd_int_slot_divmod,
    .power = hd_int_slot_power,
    .negative = hd_int_negative,
    .positive = hd_int_exact,
    .absolute = hd_int_absolute,
    .invert = hd_int_invert,
    .lshift = hd_int_slot_lshift,
    .rshift = hd_int_slot_rshift,
    .and_ = hd_int_slot_and,
    .xor_ = hd_int_slot_xor,
    .or_ = hd_int_slot_or,
    .int_ = hd_int_exact,
    .float_ = int_float,
    .index = hd_int_exact,
    .floor_divide = hd_int_slot_floor_divide,
    .true_divide = hd_int_slot_true_divide,
    .methods = hd_int_methods,
    .getsets = int_getsets,
};
