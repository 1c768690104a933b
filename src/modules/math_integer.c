/* math_integer.c -- factorial, perm, comb, gcd, lcm and isqrt.
 *
 * Long products are taken by halves, so that both factors of each multiplication are about equally long and GMP's fast
 * algorithms apply. No locks; runs Python only through __index__ of arguments.
 */
#include "math_integer.h"

#include "int_internal.h"

/* low * (low + 1) * ... * high; 1 when empty. */
static HdValue product_of_range(HdThread *t, uint64_t low, uint64_t high) {
    if (low > high) return hd_imm_int(1);
    if (high - low < 16) {
        HdValue product = hd_int_from_u64(t, low);
        for (uint64_t n = low + 1; n <= high && !hd_is_null(product); n++) {
            HD_OWNED HdValue factor = hd_int_from_u64(t, n);
            hd_replace_steal(t, &product, hd_is_null(factor) ? HD_NULL : hd_int_mul(t, product, factor));
        }
        return product;
    }
    uint64_t middle = low + (high - low) / 2;
    HD_OWNED HdValue left = product_of_range(t, low, middle);
    if (hd_is_null(left) || hd_object_poll(t) < 0) return HD_NULL;
    HD_OWNED HdValue right = product_of_range(t, middle + 1, high);
    return hd_is_null(right) ? HD_NULL : hd_int_mul(t, left, right);
}

HdValue hd_math_integer_factorial(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue number = hd_number_index(t, args[0]);
    if (hd_is_null(number)) return HD_NULL;
    if (hd_int_sign(number) < 0) {
        return hd_raise(t, &hd_ValueError, "factorial() not defined for negative values");
    }
    int64_t n;
    if (!hd_int_try_i64(number, &n)) {
        return hd_raise(t, &hd_OverflowError, "factorial() argument should not exceed %ld", INT64_MAX);
    }
    return product_of_range(t, 1, (uint64_t)n);
}

/* n * (n - 1) * ... of k factors, for an n of any size. */
static HdValue falling(HdThread *t, HdValue n, int64_t k) {
    int64_t small;
    if (k == 0) return hd_imm_int(1);
    if (hd_int_try_i64(n, &small)) return product_of_range(t, (uint64_t)(small - k + 1), (uint64_t)small);
    HD_OWNED HdValue product = hd_retain(t, n);
    for (int64_t i = 1; i < k; i++) {
        HD_OWNED HdValue factor = hd_int_sub(t, n, hd_imm_int(i));
        if (hd_is_null(factor)) return HD_NULL;
        HdValue next = hd_int_mul(t, product, factor);
        if (hd_is_null(next)) return HD_NULL;
        hd_replace_steal(t, &product, next);
        if ((i & 255) == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
    return hd_move(&product);
}

HdValue hd_math_integer_perm(HdThread *t, HdValue module, const HdValue *args) {
    if (hd_is_null(args[1]) || hd_is_none(args[1])) return hd_math_integer_factorial(t, module, args);
    HD_OWNED HdValue n = hd_number_index(t, args[0]);
    if (hd_is_null(n)) return HD_NULL;
    HD_OWNED HdValue k = hd_number_index(t, args[1]);
    if (hd_is_null(k)) return HD_NULL;
    if (hd_int_sign(n) < 0) return hd_raise(t, &hd_ValueError, "n must be a non-negative integer");
    if (hd_int_sign(k) < 0) return hd_raise(t, &hd_ValueError, "k must be a non-negative integer");
    if (hd_int_compare(n, k) < 0) return hd_imm_int(0);
    int64_t factors;
    if (!hd_int_try_i64(k, &factors)) {
        return hd_raise(t, &hd_OverflowError, "k must not exceed %lld", (long long)INT64_MAX);
    }
    return falling(t, n, factors);
}

HdValue hd_math_integer_comb(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue n = hd_number_index(t, args[0]);
    if (hd_is_null(n)) return HD_NULL;
    HD_OWNED HdValue k = hd_number_index(t, args[1]);
    if (hd_is_null(k)) return HD_NULL;
    if (hd_int_sign(n) < 0) return hd_raise(t, &hd_ValueError, "n must be a non-negative integer");
    if (hd_int_sign(k) < 0) return hd_raise(t, &hd_ValueError, "k must be a non-negative integer");
    HD_OWNED HdValue rest = hd_int_sub(t, n, k);
    if (hd_is_null(rest)) return HD_NULL;
    if (hd_int_sign(rest) < 0) return hd_imm_int(0);
    int64_t chosen;
    HdValue smaller = hd_int_compare(rest, k) < 0 ? rest : k;
    if (!hd_int_try_i64(smaller, &chosen)) {
        return hd_raise(t, &hd_OverflowError, "min(n - k, k) must not exceed %lld", (long long)INT64_MAX);
    }
    HD_OWNED HdValue numerator = falling(t, n, chosen);
    if (hd_is_null(numerator)) return HD_NULL;
    HD_OWNED HdValue denominator = product_of_range(t, 1, (uint64_t)chosen);
    if (hd_is_null(denominator)) return HD_NULL;
    return hd_int_floor_divide(t, numerator, denominator);
}

HdValue hd_math_integer_isqrt(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue n = hd_number_index(t, args[0]);
    if (hd_is_null(n)) return HD_NULL;
    if (hd_int_sign(n) < 0) return hd_raise(t, &hd_ValueError, "isqrt() argument must be nonnegative");
    return hd_int_sqrt(t, n);
}

HdValue hd_math_integer_gcd(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "math.gcd", kwnames) < 0) return HD_NULL;
    HD_OWNED HdValue result = hd_imm_int(0);
    for (HdSize i = 0; i < nargs; i++) {
        HD_OWNED HdValue n = hd_number_index(t, hd_ref_value(args[i]));
        if (hd_is_null(n)) return HD_NULL;
        HdValue next = hd_int_gcd(t, result, n);
        if (hd_is_null(next)) return HD_NULL;
        hd_replace_steal(t, &result, next);
    }
    return hd_move(&result);
}

static HdValue lcm_of_two(HdThread *t, HdValue a, HdValue b) {
    if (hd_int_sign(a) == 0 || hd_int_sign(b) == 0) return hd_imm_int(0);
    HD_OWNED HdValue divisor = hd_int_gcd(t, a, b);
    if (hd_is_null(divisor)) return HD_NULL;
    HD_OWNED HdValue part = hd_int_floor_divide(t, a, divisor);
    if (hd_is_null(part)) return HD_NULL;
    HD_OWNED HdValue product = hd_int_mul(t, part, b);
    if (hd_is_null(product)) return HD_NULL;
    return hd_int_sign(product) < 0 ? hd_int_sub(t, hd_imm_int(0), product) : hd_move(&product);
}

HdValue hd_math_integer_lcm(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "math.lcm", kwnames) < 0) return HD_NULL;
    HD_OWNED HdValue result = hd_imm_int(1);
    for (HdSize i = 0; i < nargs; i++) {
        HD_OWNED HdValue n = hd_number_index(t, hd_ref_value(args[i]));
        if (hd_is_null(n)) return HD_NULL;
        HdValue next = lcm_of_two(t, result, n);
        if (hd_is_null(next)) return HD_NULL;
        hd_replace_steal(t, &result, next);
    }
    return hd_move(&result);
}
