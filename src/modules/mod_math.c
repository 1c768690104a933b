/* mod_math.c -- the module math. The functions on ints are in math_integer.c.
 *
 * libm does the work; what it leaves open (errors as exceptions, special values) is settled here. No state, no locks;
 * runs Python through conversions and iterators.
 */
#include <errno.h>
#include <math.h>

#include "int_internal.h"
#include "math_integer.h"

static HdValue raise_domain(HdThread *t) { return hd_raise(t, &hd_ValueError, "math domain error"); }
static HdValue raise_range(HdThread *t) { return hd_raise(t, &hd_OverflowError, "math range error"); }

/* -1 with an exception set when v is no real number. */
HD_CHECK static int to_double(HdThread *t, HdValue v, double *out) {
    *out = hd_number_as_double(t, v);
    return *out == -1.0 && hd_raised(t) ? -1 : 0;
}

/* --- functions of one number ---
 * A NaN out of a number is outside the domain; an infinity out of a finite number is an overflow or a pole. */
typedef double (*OneFunction)(double);

HD_INLINE HdValue apply_one(HdThread *t, HdValue v, OneFunction function, bool can_overflow) {
    double x;
    if (to_double(t, v, &x) < 0) return HD_NULL;
    double result = function(x);
    if (HD_UNLIKELY(isnan(result) && !isnan(x))) return raise_domain(t);
    if (HD_UNLIKELY(isinf(result) && isfinite(x))) return can_overflow ? raise_range(t) : raise_domain(t);
    return hd_float_new(t, result);
}

#define MATH_ONE(name, function, can_overflow)                                     \
    static HdValue math_##name(HdThread *t, HdValue module, const HdValue *args) { \
        return apply_one(t, args[0], function, can_overflow);                      \
    }
MATH_ONE(acos, acos, false)
MATH_ONE(acosh, acosh, false)
MATH_ONE(asin, asin, false)
MATH_ONE(asinh, asinh, false)
MATH_ONE(atan, atan, false)
MATH_ONE(atanh, atanh, false)
MATH_ONE(cbrt, cbrt, false)
MATH_ONE(cos, cos, false)
MATH_ONE(cosh, cosh, true)
MATH_ONE(erf, erf, false)
MATH_ONE(erfc, erfc, false)
MATH_ONE(exp, exp, true)
MATH_ONE(exp2, exp2, true)
MATH_ONE(expm1, expm1, true)
MATH_ONE(fabs, fabs, false)
MATH_ONE(log1p, log1p, false)
MATH_ONE(sin, sin, false)
MATH_ONE(sinh, sinh, true)
MATH_ONE(sqrt, sqrt, false)
MATH_ONE(tan, tan, false)
MATH_ONE(tanh, tanh, false)

static HdValue math_gamma(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    if (to_double(t, args[0], &x) < 0) return HD_NULL;
    if (isnan(x) || x == HUGE_VAL) return hd_float_new(t, x);
    if (x == 0.0 || x == -HUGE_VAL || (x < 0 && x == floor(x))) return raise_domain(t);
    double result = tgamma(x);
    if (isinf(result)) return raise_range(t);
    return hd_float_new(t, result);
}

static HdValue math_lgamma(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    if (to_double(t, args[0], &x) < 0) return HD_NULL;
    if (isnan(x) || isinf(x)) return hd_float_new(t, fabs(x));
    if (x <= 0.0 && x == floor(x)) return raise_domain(t);
    int sign;
    double result = lgamma_r(x, &sign);
    if (isinf(result)) return raise_range(t);
    return hd_float_new(t, result);
}

static HdValue math_degrees(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    return to_double(t, args[0], &x) < 0 ? HD_NULL : hd_float_new(t, x * (180.0 / M_PI));
}
static HdValue math_radians(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    return to_double(t, args[0], &x) < 0 ? HD_NULL : hd_float_new(t, x * (M_PI / 180.0));
}
static HdValue math_isfinite(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    return to_double(t, args[0], &x) < 0 ? HD_NULL : hd_bool(isfinite(x));
}
static HdValue math_isinf(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    return to_double(t, args[0], &x) < 0 ? HD_NULL : hd_bool(isinf(x));
}
static HdValue math_isnan(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    return to_double(t, args[0], &x) < 0 ? HD_NULL : hd_bool(isnan(x));
}

static HdValue math_ulp(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    if (to_double(t, args[0], &x) < 0) return HD_NULL;
    x = fabs(x);
    if (isnan(x) || isinf(x)) return hd_float_new(t, x);
    double above = nextafter(x, HUGE_VAL);
    return hd_float_new(t, isinf(above) ? x - nextafter(x, -HUGE_VAL) : above - x);
}

/* A special method of v that rounds (__floor__, __ceil__): its result, HD_NULL without exception if there is none. */
static HdValue round_by_method(HdThread *t, HdValue v, HdValue name) {
    HdValue method;
    if (hd_object_find_special(t, v, name, &method) <= 0) return HD_NULL;
    HdValue result = hd_object_call0(t, method);
    hd_release(t, method);
    return result;
}

static HdValue round_one(HdThread *t, HdValue v, HdValue name, OneFunction function) {
    double x;
    if (!hd_is_exact_float(v)) {
        HdValue result = round_by_method(t, v, name);
        if (!hd_is_null(result) || hd_raised(t)) return result;
    }
    return to_double(t, v, &x) < 0 ? HD_NULL : hd_int_from_double(t, function(x));
}

static HdValue math_ceil(HdThread *t, HdValue module, const HdValue *args) {
    return round_one(t, args[0], HD_NAME("__ceil__"), ceil);
}
static HdValue math_floor(HdThread *t, HdValue module, const HdValue *args) {
    return round_one(t, args[0], HD_NAME("__floor__"), floor);
}
static HdValue math_trunc(HdThread *t, HdValue module, const HdValue *args) {
    if (hd_is_exact_float(args[0])) return hd_int_from_double(t, hd_float_value(args[0]));
    HdValue result = round_by_method(t, args[0], HD_NAME("__trunc__"));
    if (!hd_is_null(result) || hd_raised(t)) return result;
    return hd_raise(t, &hd_TypeError, "type %T doesn't define __trunc__ method", args[0]);
}

/* --- functions of two numbers --- */

HD_CHECK static int two_doubles(HdThread *t, const HdValue *args, double *x, double *y) {
    return to_double(t, args[0], x) < 0 ? -1 : to_double(t, args[1], y);
}

static HdValue math_atan2(HdThread *t, HdValue module, const HdValue *args) {
    double y, x;
    return two_doubles(t, args, &y, &x) < 0 ? HD_NULL : hd_float_new(t, atan2(y, x));
}
static HdValue math_copysign(HdThread *t, HdValue module, const HdValue *args) {
    double x, y;
    return two_doubles(t, args, &x, &y) < 0 ? HD_NULL : hd_float_new(t, copysign(x, y));
}
static HdValue math_nextafter(HdThread *t, HdValue module, const HdValue *args) {
    double x, y;
    return two_doubles(t, args, &x, &y) < 0 ? HD_NULL : hd_float_new(t, nextafter(x, y));
}

static HdValue math_fmod(HdThread *t, HdValue module, const HdValue *args) {
    double x, y;
    if (two_doubles(t, args, &x, &y) < 0) return HD_NULL;
    double result = fmod(x, y);
    if (isnan(result) && !isnan(x) && !isnan(y)) return raise_domain(t);
    return hd_float_new(t, result);
}

static HdValue math_remainder(HdThread *t, HdValue module, const HdValue *args) {
    double x, y;
    if (two_doubles(t, args, &x, &y) < 0) return HD_NULL;
    double result = remainder(x, y);
    if (isnan(result) && !isnan(x) && !isnan(y)) return raise_domain(t);
    return hd_float_new(t, result);
}

static HdValue math_pow(HdThread *t, HdValue module, const HdValue *args) {
    double x, y;
    if (two_doubles(t, args, &x, &y) < 0) return HD_NULL;
    double result = pow(x, y);
    if (!isfinite(result) && isfinite(x) && isfinite(y)) {
        if (isnan(result) || x == 0.0) return raise_domain(t);
        return raise_range(t);
    }
    return hd_float_new(t, result);
}

static HdValue math_ldexp(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    if (to_double(t, args[0], &x) < 0) return HD_NULL;
    if (!hd_is_int(args[1])) return hd_raise(t, &hd_TypeError, "Expected an int as second argument to ldexp.");
    int64_t exponent;
    if (!hd_int_try_i64(args[1], &exponent)) exponent = hd_int_sign(args[1]) < 0 ? -INT32_MAX : INT32_MAX;
    if (x == 0.0 || !isfinite(x)) return hd_float_new(t, x);
    if (exponent > 10000) return raise_range(t);
    if (exponent < -10000) return hd_float_new(t, copysign(0.0, x));
    double result = ldexp(x, (int)exponent);
    return isinf(result) ? raise_range(t) : hd_float_new(t, result);
}

static HdValue pair_of(HdThread *t, double first, HdValue second) {
    HD_OWNED HdValue a = hd_float_new(t, first);
    if (hd_is_null(a) || hd_is_null(second)) return HD_NULL;
    return hd_tuple_pack(t, 2, a, second);
}

static HdValue math_frexp(HdThread *t, HdValue module, const HdValue *args) {
    double x;
    int exponent = 0;
    if (to_double(t, args[0], &x) < 0) return HD_NULL;
    if (isfinite(x)) x = frexp(x, &exponent);
    return pair_of(t, x, hd_imm_int(exponent));
}

static HdValue math_modf(HdThread *t, HdValue module, const HdValue *args) {
    double x, whole;
    if (to_double(t, args[0], &x) < 0) return HD_NULL;
    double fraction = modf(x, &whole);
    HD_OWNED HdValue second = hd_float_new(t, whole);
    return pair_of(t, fraction, second);
}

static HdValue math_isclose(HdThread *t, HdValue module, const HdValue *args) {
    double a, b, relative = 1e-09, absolute = 0.0;
    if (two_doubles(t, args, &a, &b) < 0) return HD_NULL;
    if (!hd_is_null(args[2]) && to_double(t, args[2], &relative) < 0) return HD_NULL;
    if (!hd_is_null(args[3]) && to_double(t, args[3], &absolute) < 0) return HD_NULL;
    if (relative < 0.0 || absolute < 0.0) return hd_raise(t, &hd_ValueError, "tolerances must be non-negative");
    if (a == b) return hd_True;
    if (isinf(a) || isinf(b)) return hd_False;
    double difference = fabs(b - a);
    return hd_bool(difference <= fabs(relative * b) || difference <= fabs(relative * a) || difference <= absolute);
}

/* --- logarithms, of ints beyond the range of floats too --- */



/* log of v in the base of `function`, `unit` being the log of 2. */
HD_CHECK static int logarithm(HdThread *t, HdValue v, OneFunction function, double unit, double *out) {
    double x;
    if (hd_is_int(v)) {
        if (hd_int_sign(v) <= 0) {
            raise_domain(t);
            return -1;
        }
        if (hd_int_bit_length(v) > 1000) {
            HdSize exponent;
            x = hd_int_frexp(v, &exponent);
            *out = function(x) + unit * (double)exponent;
            return 0;
        }
    }
    if (to_double(t, v, &x) < 0) return -1;
    if (x <= 0.0) {
        raise_domain(t);
        return -1;
    }
    *out = function(x);
    return 0;
}

static HdValue math_log(HdThread *t, HdValue module, const HdValue *args) {
    double numerator, denominator;
    if (logarithm(t, args[0], log, M_LN2, &numerator) < 0) return HD_NULL;
    if (hd_is_null(args[1])) return hd_float_new(t, numerator);
    if (logarithm(t, args[1], log, M_LN2, &denominator) < 0) return HD_NULL;
    if (denominator == 0.0) return hd_raise(t, &hd_ZeroDivisionError, "float division by zero");
    return hd_float_new(t, numerator / denominator);
}
static HdValue math_log2(HdThread *t, HdValue module, const HdValue *args) {
    double result;
    return logarithm(t, args[0], log2, 1.0, &result) < 0 ? HD_NULL : hd_float_new(t, result);
}
static HdValue math_log10(HdThread *t, HdValue module, const HdValue *args) {
    double result;
    return logarithm(t, args[0], log10, 0.30102999566398119521, &result) < 0 ? HD_NULL : hd_float_new(t, result);
}

/* --- sums and products --- */

/* Partial sums that do not overlap, growing in size: Jonathan Richard Shewchuk, "Adaptive Precision Floating-Point
 * Arithmetic and Fast Robust Geometric Predicates" (1997). */
typedef struct Partials {
    double small[32], *at;
    HdSize count, capacity;
    double special, infinite; /* sum of what is not finite; of infinities alone */
} Partials;

static int partials_grow(HdThread *t, Partials *p) {
    HdSize capacity = p->capacity * 2;
    double *bigger = hd_heap_raw(t, (size_t)capacity * sizeof(double));
    if (!bigger) {
        hd_raise_no_memory(t);
        return -1;
    }
    memcpy(bigger, p->at, (size_t)p->count * sizeof(double));
    if (p->at != p->small) hd_heap_raw_free(t, p->at, (size_t)p->capacity * sizeof(double));
    p->at = bigger;
    p->capacity = capacity;
    return 0;
}

HD_CHECK static int partials_add(HdThread *t, Partials *p, double x) {
    double given = x;
    HdSize kept = 0;
    for (HdSize i = 0; i < p->count; i++) {
        double y = p->at[i];
        if (fabs(x) < fabs(y)) {
            double swap = x;
            x = y;
            y = swap;
        }
        volatile double high = x + y, rounded = high - x;
        volatile double low = y - rounded;
        if (low != 0.0) p->at[kept++] = low;
        x = high;
    }
    p->count = kept;
    if (x == 0.0) return 0;
    if (!isfinite(x)) {
        if (isfinite(given)) return hd_raise_int(t, &hd_OverflowError, "intermediate overflow in fsum");
        if (isinf(given)) p->infinite += given;
        p->special += given;
        p->count = 0;
        return 0;
    }
    if (p->count == p->capacity && partials_grow(t, p) < 0) return -1;
    p->at[p->count++] = x;
    return 0;
}

static HdValue partials_total(HdThread *t, const Partials *p) {
    if (p->special != 0.0) {
        if (isnan(p->infinite)) return hd_raise(t, &hd_ValueError, "-inf + inf in fsum");
        return hd_float_new(t, p->special);
    }
    HdSize n = p->count;
    if (n == 0) return hd_float_new(t, 0.0);
    double total = p->at[--n], low = 0.0;
    while (n > 0) {
        double x = total, y = p->at[--n];
        volatile double sum = x + y, rounded = sum - x;
        low = y - rounded;
        total = sum;
        if (low != 0.0) break;
    }
    /* Exactly half-way: the next partial sum decides the rounding. */
    if (n > 0 && ((low < 0.0 && p->at[n - 1] < 0.0) || (low > 0.0 && p->at[n - 1] > 0.0))) {
        double twice = low * 2.0;
        volatile double moved = total + twice, difference = moved - total;
        if (twice == difference) total = moved;
    }
    return hd_float_new(t, total);
}

static HdValue math_fsum(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    Partials p = {.count = 0, .capacity = HD_COUNT_OF(p.small)};
    p.at = p.small;
    HdValue result = HD_NULL;
    for (unsigned i = 1;; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        double x;
        int status = to_double(t, item, &x);
        hd_release(t, item);
        if (status < 0 || partials_add(t, &p, x) < 0) break;
        if (i % 1024 == 0 && hd_object_poll(t) < 0) break;
    }
    if (!hd_raised(t)) result = partials_total(t, &p);
    if (p.at != p.small) hd_heap_raw_free(t, p.at, (size_t)p.capacity * sizeof(double));
    return result;
}

static HdValue math_prod(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    HD_OWNED HdValue product = hd_is_null(args[1]) ? hd_imm_int(1) : hd_retain(t, args[1]);
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? HD_NULL : hd_move(&product);
        HdValue next = hd_number_multiply(t, product, item);
        if (hd_is_null(next)) return HD_NULL;
        hd_replace_steal(t, &product, next);
        if (i % 1024 == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
}

/* The Euclidean length of `at`: squares are summed in twice the precision of a double and the root is mended once. */
static double vector_length(const double *at, HdSize count) {
    double largest = 0.0;
    bool has_nan = false;
    for (HdSize i = 0; i < count; i++) {
        double x = fabs(at[i]);
        has_nan |= isnan(x);
        if (x > largest) largest = x;
    }
    if (isinf(largest)) return largest;
    if (has_nan) return NAN;
    if (largest == 0.0 || count == 0) return 0.0;
    if (count == 1) return largest;
    int exponent;
    frexp(largest, &exponent);
    double high = 0.0, low = 0.0;
    for (HdSize i = 0; i < count; i++) {
        double x = ldexp(at[i], -exponent);
        double square = x * x, square_low = fma(x, x, -square);
        double sum = high + square, part = sum - high;
        low += (high - (sum - part)) + (square - part) + square_low;
        high = sum;
    }
    double root = sqrt(high + low);
    double square = root * root;
    root += ((high - square) + (low - fma(root, root, -square))) / (2.0 * root);
    return ldexp(root, exponent);
}

static double *alloc_doubles(HdThread *t, HdSize count, double *small, HdSize small_count) {
    if (count <= small_count) return small;
    double *room = hd_heap_raw(t, (size_t)count * sizeof(double));
    if (!room) hd_raise_no_memory(t);
    return room;
}

static HdValue math_hypot(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "math.hypot", kwnames) < 0) return HD_NULL;
    double small[16];
    double *at = alloc_doubles(t, nargs, small, HD_COUNT_OF(small));
    if (!at) return HD_NULL;
    int status = 0;
    for (HdSize i = 0; i < nargs && status == 0; i++) status = to_double(t, hd_ref_value(args[i]), &at[i]);
    HdValue result = status < 0 ? HD_NULL : hd_float_new(t, vector_length(at, nargs));
    if (at != small) hd_heap_raw_free(t, at, (size_t)nargs * sizeof(double));
    return result;
}

static HdValue math_dist(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue p = hd_is_tuple(args[0]) ? hd_retain(t, args[0]) : hd_tuple_from_iterable(t, args[0]);
    if (hd_is_null(p)) return HD_NULL;
    HD_OWNED HdValue q = hd_is_tuple(args[1]) ? hd_retain(t, args[1]) : hd_tuple_from_iterable(t, args[1]);
    if (hd_is_null(q)) return HD_NULL;
    HdSize count = hd_tuple_length(p);
    if (count != hd_tuple_length(q)) {
        return hd_raise(t, &hd_ValueError, "both points must have the same number of dimensions");
    }
    double small[16];
    double *at = alloc_doubles(t, count, small, HD_COUNT_OF(small));
    if (!at) return HD_NULL;
    int status = 0;
    for (HdSize i = 0; i < count && status == 0; i++) {
        double x, y;
        status = to_double(t, hd_tuple_at_borrowed(p, i), &x);
        if (status == 0) status = to_double(t, hd_tuple_at_borrowed(q, i), &y);
        if (status == 0) at[i] = x - y;
    }
    HdValue result = status < 0 ? HD_NULL : hd_float_new(t, vector_length(at, count));
    if (at != small) hd_heap_raw_free(t, at, (size_t)count * sizeof(double));
    return result;
}

/* --- the module --- */

static const HdMethodDef functions[] = {
    HD_METHOD(math_acos, "acos(x, /)", "Arc cosine of x, in radians, between 0 and pi."),
    HD_METHOD(math_acosh, "acosh(x, /)", "Inverse hyperbolic cosine of x."),
    HD_METHOD(math_asin, "asin(x, /)", "Arc sine of x, in radians, between -pi/2 and pi/2."),
    HD_METHOD(math_asinh, "asinh(x, /)", "Inverse hyperbolic sine of x."),
    HD_METHOD(math_atan, "atan(x, /)", "Arc tangent of x, in radians, between -pi/2 and pi/2."),
    HD_METHOD(math_atan2, "atan2(y, x, /)", "Arc tangent of y/x, in radians; the signs of both choose the quadrant."),
    HD_METHOD(math_atanh, "atanh(x, /)", "Inverse hyperbolic tangent of x."),
    HD_METHOD(math_cbrt, "cbrt(x, /)", "Cube root of x."),
    HD_METHOD(math_ceil, "ceil(x, /)", "The smallest integer that is not less than x."),
    HD_METHOD(hd_math_integer_comb, "comb(n, k, /)",
              "Number of ways to choose k of n items without repetition and without order."),
    HD_METHOD(math_copysign, "copysign(x, y, /)", "A float with the magnitude of x and the sign of y."),
    HD_METHOD(math_cos, "cos(x, /)", "Cosine of x, in radians."),
    HD_METHOD(math_cosh, "cosh(x, /)", "Hyperbolic cosine of x."),
    HD_METHOD(math_degrees, "degrees(x, /)", "The angle x from radians to degrees."),
    HD_METHOD(math_dist, "dist(p, q, /)", "The Euclidean distance of two points, each an iterable of coordinates."),
    HD_METHOD(math_erf, "erf(x, /)", "Error function at x."),
    HD_METHOD(math_erfc, "erfc(x, /)", "Complementary error function at x."),
    HD_METHOD(math_exp, "exp(x, /)", "e raised to the power of x."),
    HD_METHOD(math_exp2, "exp2(x, /)", "2 raised to the power of x."),
    HD_METHOD(math_expm1, "expm1(x, /)", "exp(x) - 1 without loss of precision for small x."),
    HD_METHOD(math_fabs, "fabs(x, /)", "Absolute value of the float x."),
    HD_METHOD(hd_math_integer_factorial, "factorial(n, /)", "n!, the product of all integers from 1 to n."),
    HD_METHOD(math_floor, "floor(x, /)", "The largest integer that is not more than x."),
    HD_METHOD(math_fmod, "fmod(x, y, /)", "Remainder of x by y as C has it, with the sign of x."),
    HD_METHOD(math_frexp, "frexp(x, /)", "Mantissa and exponent (m, e) of x, which is m * 2.**e with 0.5 <= abs(m) < 1."),
    HD_METHOD(math_fsum, "fsum(seq, /)", "The sum of an iterable's numbers, rounded once."),
    HD_METHOD(math_gamma, "gamma(x, /)", "Gamma function at x."),
    HD_METHOD_RAW(hd_math_integer_gcd, "gcd(*integers)", "Greatest common divisor."),
    HD_METHOD_RAW(math_hypot, "hypot(*coordinates)", "The Euclidean distance of a point from the origin."),
    HD_METHOD(math_isclose, "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
              "Whether a and b differ by no more than a relative or an absolute tolerance."),
    HD_METHOD(math_isfinite, "isfinite(x, /)", "Whether x is neither an infinity nor a NaN."),
    HD_METHOD(math_isinf, "isinf(x, /)", "Whether x is an infinity."),
    HD_METHOD(math_isnan, "isnan(x, /)", "Whether x is a NaN (not a number)."),
    HD_METHOD(hd_math_integer_isqrt, "isqrt(n, /)", "The integer part of the square root of n."),
    HD_METHOD_RAW(hd_math_integer_lcm, "lcm(*integers)", "Least common multiple."),
    HD_METHOD(math_ldexp, "ldexp(x, i, /)", "x * (2**i)."),
    HD_METHOD(math_lgamma, "lgamma(x, /)", "Natural logarithm of the absolute value of the gamma function at x."),
    HD_METHOD(math_log, "log(x, base=<none>, /)", "Logarithm of x in the given base, e unless given."),
    HD_METHOD(math_log10, "log10(x, /)", "Logarithm of x in base 10."),
    HD_METHOD(math_log1p, "log1p(x, /)", "log(1 + x) without loss of precision for small x."),
    HD_METHOD(math_log2, "log2(x, /)", "Logarithm of x in base 2."),
    HD_METHOD(math_modf, "modf(x, /)", "Fractional and integer part of x, both as floats with the sign of x."),
    HD_METHOD(math_nextafter, "nextafter(x, y, /)", "The next float after x in the direction of y."),
    HD_METHOD(hd_math_integer_perm, "perm(n, k=None, /)",
              "Number of ways to choose k of n items without repetition and with order; n! if k is None."),
    HD_METHOD(math_pow, "pow(x, y, /)", "x**y as floats."),
    HD_METHOD(math_prod, "prod(iterable, /, *, start=1)", "The product of an iterable's numbers and start."),
    HD_METHOD(math_radians, "radians(x, /)", "The angle x from degrees to radians."),
    HD_METHOD(math_remainder, "remainder(x, y, /)", "x - n*y for the integer n nearest to x/y, halves to even."),
    HD_METHOD(math_sin, "sin(x, /)", "Sine of x, in radians."),
    HD_METHOD(math_sinh, "sinh(x, /)", "Hyperbolic sine of x."),
    HD_METHOD(math_sqrt, "sqrt(x, /)", "Square root of x."),
    HD_METHOD(math_tan, "tan(x, /)", "Tangent of x, in radians."),
    HD_METHOD(math_tanh, "tanh(x, /)", "Hyperbolic tangent of x."),
    HD_METHOD(math_trunc, "trunc(x, /)", "x cut to an integer towards zero, by its __trunc__ method."),
    HD_METHOD(math_ulp, "ulp(x, /)", "The value of the least significant bit of the float x."),
    HD_METHODS_END,
};

static int math_exec(HdThread *t, HdValue module) {
    if (hd_module_set_steal(t, module, "pi", hd_float_new(t, M_PI)) < 0) return -1;
    if (hd_module_set_steal(t, module, "e", hd_float_new(t, M_E)) < 0) return -1;
    if (hd_module_set_steal(t, module, "tau", hd_float_new(t, 2 * M_PI)) < 0) return -1;
    if (hd_module_set_steal(t, module, "inf", hd_float_new(t, HUGE_VAL)) < 0) return -1;
    return hd_module_set_steal(t, module, "nan", hd_float_new(t, NAN));
}

const HdModuleDef hd_module_math = {
    .name = "math",
    .doc = "The mathematical functions of the C standard, and some on integers.",
    .functions = functions,
    .exec = math_exec,
};
