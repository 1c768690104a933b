/* int_ops.c -- the operators of int.
 *
 * Two immediates are computed in the machine word; everything else as sign and limbs by GMP's mpn layer into room made
 * beforehand (HdIntResult). Immutable operands, no locks, runs no Python, never parks.
 */
#include "int_ops.h"

#include <math.h>
#include <stdlib.h>

#include "float.h"
#include "float_repr.h"
#include "int_internal.h"
#include "list.h"

/* --- addition --- */

/* |x| + |y| with the given sign. */
static HdValue add_magnitudes(HdThread *t, const HdIntView *x, const HdIntView *y, bool negative) {
    if (x->size < y->size) {
        const HdIntView *swap = x;
        x = y;
        y = swap;
    }
    HdIntResult r;
    if (hd_int_result_begin(t, &r, x->size + 1) < 0) return HD_NULL;
    mp_limb_t carry = 0;
    if (y->size) carry = mpn_add(r.limbs, x->limbs, x->size, y->limbs, y->size);
    else memcpy(r.limbs, x->limbs, (size_t)x->size * sizeof(mp_limb_t));
    r.limbs[x->size] = carry;
    return hd_int_result_finish(t, &r, x->size + 1, negative);
}

/* |x| - |y|, negated if `negative`. */
static HdValue subtract_magnitudes(HdThread *t, const HdIntView *x, const HdIntView *y, bool negative) {
    if (x->size < y->size || (x->size == y->size && x->size && mpn_cmp(x->limbs, y->limbs, x->size) < 0)) {
        const HdIntView *swap = x;
        x = y;
        y = swap;
        negative = !negative;
    }
    HdIntResult r;
    if (hd_int_result_begin(t, &r, x->size) < 0) return HD_NULL;
    if (y->size) mpn_sub(r.limbs, x->limbs, x->size, y->limbs, y->size);
    else memcpy(r.limbs, x->limbs, (size_t)x->size * sizeof(mp_limb_t));
    return hd_int_result_finish(t, &r, x->size, negative);
}

HdValue hd_int_add(HdThread *t, HdValue a, HdValue b) {
    HdValue sum;
    if (HD_LIKELY(hd_both_imm_int(a, b)) && hd_imm_int_add(a, b, &sum)) return sum;
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    if (x.negative == y.negative) return add_magnitudes(t, &x, &y, x.negative);
    return subtract_magnitudes(t, &x, &y, x.negative);
}

HdValue hd_int_sub(HdThread *t, HdValue a, HdValue b) {
    HdValue difference;
    if (HD_LIKELY(hd_both_imm_int(a, b)) && hd_imm_int_sub(a, b, &difference)) return difference;
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    if (x.negative != y.negative) return add_magnitudes(t, &x, &y, x.negative);
    return subtract_magnitudes(t, &x, &y, x.negative);
}

HdValue hd_int_negative(HdThread *t, HdValue v) {
    if (hd_is_imm_int(v)) return hd_int_from_i64(t, -hd_imm_int_value(v));
    HdIntView x;
    hd_int_view(&x, v);
    return hd_int_from_limbs(t, x.limbs, x.size, !x.negative);
}

HdValue hd_int_absolute(HdThread *t, HdValue v) {
    return hd_int_sign(v) < 0 ? hd_int_negative(t, v) : hd_int_exact(t, v);
}

HdValue hd_int_invert(HdThread *t, HdValue v) {
    if (hd_is_imm_int(v)) return hd_imm_int(~hd_imm_int_value(v));
    return hd_int_sub(t, hd_imm_int(-1), v);
}

/* --- multiplication --- */

HdValue hd_int_mul(HdThread *t, HdValue a, HdValue b) {
    HdValue product;
    if (HD_LIKELY(hd_both_imm_int(a, b)) && hd_imm_int_mul(a, b, &product)) return product;
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    const HdIntView *big = &x, *small = &y;
    if (big->size < small->size) {
        big = &y;
        small = &x;
    }
    if (small->size == 0) return hd_imm_int(0);
    HdIntResult r;
    if (hd_int_secure(t, big->size + small->size) < 0) return HD_NULL;
    if (hd_int_result_begin(t, &r, big->size + small->size) < 0) return HD_NULL;
    if (hd_same(a, b)) mpn_sqr(r.limbs, x.limbs, x.size);
    else mpn_mul(r.limbs, big->limbs, big->size, small->limbs, small->size);
    return hd_int_result_finish(t, &r, big->size + small->size, x.negative != y.negative);
}

/* --- division --- */

/* Floor division of limbs; y is not zero. Either result may be NULL. */
static int divide_limbs(HdThread *t, const HdIntView *x, const HdIntView *y, HdValue *quotient, HdValue *remainder) {
    HdIntResult q, r;
    HdSize q_size = x->size >= y->size ? x->size - y->size + 1 : 0;
    if (hd_int_secure(t, x->size + y->size) < 0) return -1;
    if (hd_int_result_begin(t, &q, q_size + 1) < 0) return -1;
    if (hd_int_result_begin(t, &r, y->size) < 0) {
        hd_int_result_drop(t, &q);
        return -1;
    }
    if (q_size) {
        mpn_tdiv_qr(q.limbs, r.limbs, 0, x->limbs, x->size, y->limbs, y->size);
    } else {
        memset(r.limbs, 0, (size_t)y->size * sizeof(mp_limb_t));
        memcpy(r.limbs, x->limbs, (size_t)x->size * sizeof(mp_limb_t));
    }
    q.limbs[q_size] = 0;
    bool negative = x->negative != y->negative;
    if (negative && !mpn_zero_p(r.limbs, y->size)) {
        mpn_add_1(q.limbs, q.limbs, q_size + 1, 1);
        mpn_sub_n(r.limbs, y->limbs, r.limbs, y->size);
    }
    int status = 0;
    if (quotient) {
        *quotient = hd_int_result_finish(t, &q, q_size + 1, negative);
        if (hd_is_null(*quotient)) status = -1;
    } else {
        hd_int_result_drop(t, &q);
    }
    if (remainder && status == 0) {
        *remainder = hd_int_result_finish(t, &r, y->size, y->negative);
        if (hd_is_null(*remainder)) {
            if (quotient) hd_release(t, *quotient);
            status = -1;
        }
    } else {
        hd_int_result_drop(t, &r);
    }
    return status;
}

int hd_int_divmod(HdThread *t, HdValue a, HdValue b, HdValue *quotient, HdValue *remainder) {
    if (HD_LIKELY(hd_both_imm_int(a, b)) && hd_imm_int_value(b) != 0) {
        int64_t x = hd_imm_int_value(a), y = hd_imm_int_value(b);
        int64_t q = x / y, r = x % y;
        if (r && (r ^ y) < 0) {
            q--;
            r += y;
        }
        if (quotient) {
            *quotient = hd_int_from_i64(t, q);
            if (hd_is_null(*quotient)) return -1;
        }
        if (remainder) *remainder = hd_imm_int(r);
        return 0;
    }
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    if (y.size == 0) {
        return hd_raise_int(t, &hd_ZeroDivisionError,
                            quotient ? "integer division or modulo by zero" : "integer modulo by zero");
    }
    return divide_limbs(t, &x, &y, quotient, remainder);
}

HdValue hd_int_floor_divide(HdThread *t, HdValue a, HdValue b) {
    HdValue quotient;
    return hd_int_divmod(t, a, b, &quotient, NULL) < 0 ? HD_NULL : quotient;
}

HdValue hd_int_remainder(HdThread *t, HdValue a, HdValue b) {
    HdValue remainder;
    return hd_int_divmod(t, a, b, NULL, &remainder) < 0 ? HD_NULL : remainder;
}

/* The nearest double to |x| / |y|: a quotient of 63 or 64 bits and whether anything is left over decide the rounding. */
static int divide_to_double(HdThread *t, const HdIntView *x, const HdIntView *y, double *out) {
    HdSize x_bits = hd_int_bits(x->limbs, x->size), y_bits = hd_int_bits(y->limbs, y->size);
    HdSize difference = x_bits - y_bits;
    if (difference > 1025 || difference < -1080) {
        *out = difference > 0 ? HUGE_VAL : 0.0;
        return 0;
    }
    HdSize shift = 63 - difference; /* the numerator is shifted left by this */
    HdSize whole = shift >= 0 ? shift / 64 : -(-shift / 64);
    unsigned rest = (unsigned)(shift >= 0 ? shift % 64 : -shift % 64);
    HdSize n_size = x->size + whole + 1;
    if (hd_int_secure(t, n_size + y->size) < 0) return -1;
    mp_limb_t *room = hd_heap_raw(t, (size_t)(n_size + 4 + 2 * y->size) * sizeof(mp_limb_t));
    if (!room) {
        hd_raise_no_memory(t);
        return -1;
    }
    mp_limb_t *numerator = room, *remainder = room + n_size, *quotient = remainder + y->size;
    bool sticky = false;
    if (shift >= 0) {
        memset(numerator, 0, (size_t)whole * sizeof(mp_limb_t));
        mp_limb_t carry = 0;
        if (rest) carry = mpn_lshift(numerator + whole, x->limbs, x->size, rest);
        else memcpy(numerator + whole, x->limbs, (size_t)x->size * sizeof(mp_limb_t));
        numerator[n_size - 1] = carry;
    } else {
        HdSize cut = -whole;
        sticky = cut > 0 && !mpn_zero_p(x->limbs, cut);
        mp_limb_t low = 0;
        if (rest) low = mpn_rshift(numerator, x->limbs + cut, x->size - cut, rest);
        else memcpy(numerator, x->limbs + cut, (size_t)(x->size - cut) * sizeof(mp_limb_t));
        sticky |= low != 0;
        numerator[n_size - 1] = 0;
    }
    HdSize size = hd_int_strip(numerator, n_size);
    uint64_t mantissa = 0;
    if (size >= y->size) {
        mpn_tdiv_qr(quotient, remainder, 0, numerator, size, y->limbs, y->size);
        mantissa = quotient[0];
        sticky |= !mpn_zero_p(remainder, y->size);
    } else {
        sticky |= size != 0;
    }
    hd_heap_raw_free(t, room, (size_t)(n_size + 4 + 2 * y->size) * sizeof(mp_limb_t));
    *out = hd_float_assemble(mantissa, -shift, sticky);
    return 0;
}

HdValue hd_int_true_divide(HdThread *t, HdValue a, HdValue b) {
    if (HD_LIKELY(hd_both_imm_int(a, b))) {
        int64_t x = hd_imm_int_value(a), y = hd_imm_int_value(b);
        const int64_t exact = (int64_t)1 << 53;
        if (y && x <= exact && x >= -exact && y <= exact && y >= -exact) {
            return hd_float_new(t, (double)x / (double)y);
        }
    }
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    if (y.size == 0) return hd_raise(t, &hd_ZeroDivisionError, "division by zero");
    double d = 0.0;
    if (x.size && divide_to_double(t, &x, &y, &d) < 0) return HD_NULL;
    if (isinf(d)) return hd_raise(t, &hd_OverflowError, "integer division result too large for a float");
    return hd_float_new(t, x.negative != y.negative ? -d : d);
}

/* --- shifts --- */

HdValue hd_int_lshift(HdThread *t, HdValue a, HdValue b) {
    if (hd_int_sign(b) < 0) return hd_raise(t, &hd_ValueError, "negative shift count");
    HdIntView x;
    hd_int_view(&x, a);
    if (x.size == 0) return hd_imm_int(0);
    int64_t count;
    if (!hd_int_try_i64(b, &count)) return hd_raise(t, &hd_OverflowError, "too many digits in integer");
    if (count / 64 > HD_INT_MAX_LIMBS) return hd_raise_no_memory(t);
    if (count < 60 && hd_is_imm_int(a)) {
        int64_t n = hd_imm_int_value(a), shifted = (int64_t)((uint64_t)n << count);
        if (shifted >> count == n && hd_int_fits(shifted)) return hd_imm_int(shifted);
    }
    HdSize whole = count / 64;
    unsigned rest = (unsigned)(count % 64);
    HdIntResult r;
    if (hd_int_result_begin(t, &r, x.size + whole + 1) < 0) return HD_NULL;
    memset(r.limbs, 0, (size_t)whole * sizeof(mp_limb_t));
    mp_limb_t carry = 0;
    if (rest) carry = mpn_lshift(r.limbs + whole, x.limbs, x.size, rest);
    else memcpy(r.limbs + whole, x.limbs, (size_t)x.size * sizeof(mp_limb_t));
    r.limbs[x.size + whole] = carry;
    return hd_int_result_finish(t, &r, x.size + whole + 1, x.negative);
}

HdValue hd_int_rshift(HdThread *t, HdValue a, HdValue b) {
    int b_sign = hd_int_sign(b);
    if (b_sign < 0) return hd_raise(t, &hd_ValueError, "negative shift count");
    int64_t count;
    if (!hd_int_try_i64(b, &count)) count = INT64_MAX;
    if (hd_is_imm_int(a)) return hd_imm_int(hd_imm_int_value(a) >> (count > 63 ? 63 : count));
    HdIntView x;
    hd_int_view(&x, a);
    HdSize whole = count / 64;
    unsigned rest = (unsigned)(count % 64);
    if (whole >= x.size) return hd_imm_int(x.negative ? -1 : 0);
    HdSize size = x.size - whole;
    HdIntResult r;
    if (hd_int_result_begin(t, &r, size + 1) < 0) return HD_NULL;
    bool lost = x.negative && whole && !mpn_zero_p(x.limbs, whole);
    if (rest) lost |= mpn_rshift(r.limbs, x.limbs + whole, size, rest) != 0;
    else memcpy(r.limbs, x.limbs + whole, (size_t)size * sizeof(mp_limb_t));
    r.limbs[size] = 0;
    if (x.negative && lost) mpn_add_1(r.limbs, r.limbs, size + 1, 1);
    return hd_int_result_finish(t, &r, size + 1, x.negative);
}

/* --- bit by bit --- */

typedef enum BitOp { BIT_AND, BIT_OR, BIT_XOR } BitOp;

HD_INLINE mp_limb_t bit_op(BitOp op, mp_limb_t x, mp_limb_t y) {
    return op == BIT_AND ? (x & y) : op == BIT_OR ? (x | y) : (x ^ y);
}

/* Limb i of x in two's complement; `*carry` starts as x->negative. */
HD_INLINE mp_limb_t twos_limb(const HdIntView *x, HdSize i, mp_limb_t *carry) {
    mp_limb_t limb = i < x->size ? x->limbs[i] : 0;
    if (!x->negative) return limb;
    limb = ~limb + *carry;
    *carry = *carry && limb == 0;
    return limb;
}

static HdValue bitwise(HdThread *t, HdValue a, HdValue b, BitOp op) {
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    HdSize size = (x.size > y.size ? x.size : y.size) + 1;
    HdIntResult r;
    if (hd_int_result_begin(t, &r, size) < 0) return HD_NULL;
    mp_limb_t x_carry = x.negative, y_carry = y.negative;
    for (HdSize i = 0; i < size; i++) r.limbs[i] = bit_op(op, twos_limb(&x, i, &x_carry), twos_limb(&y, i, &y_carry));
    bool negative = bit_op(op, x.negative, y.negative) != 0;
    if (negative) mpn_neg(r.limbs, r.limbs, size);
    return hd_int_result_finish(t, &r, size, negative);
}

/* --- powers --- */

static HdValue power_of_limbs(HdThread *t, const HdIntView *x, uint64_t exponent) {
    bool negative = x->negative && (exponent & 1);
    HdSize zeros = (HdSize)mpn_scan1(x->limbs, 0); /* the base is odd * 2**zeros */
    HdSize bits = hd_int_bits(x->limbs, x->size) - zeros;
    unsigned __int128 total = ((unsigned __int128)bits * exponent + (unsigned __int128)zeros * exponent) / 64 + 4;
    if (total > (unsigned __int128)HD_INT_MAX_LIMBS) return hd_raise_no_memory(t);
    HdSize shift = (HdSize)(zeros * exponent), odd_size = (HdSize)((unsigned __int128)bits * exponent / 64) + 3;
    HdSize base_size = (bits + 63) / 64;
    if (hd_int_secure(t, odd_size) < 0) return HD_NULL;
    size_t room_size = (size_t)(2 * odd_size + base_size + x->size + 2 + 2 * base_size) * sizeof(mp_limb_t);
    mp_limb_t *room = hd_heap_raw(t, room_size);
    if (!room) return hd_raise_no_memory(t);
    mp_limb_t *base = room, *power = base + x->size + 1, *next = power + odd_size + base_size;
    if (zeros % 64) mpn_rshift(base, x->limbs + zeros / 64, x->size - zeros / 64, (unsigned)(zeros % 64));
    else memcpy(base, x->limbs + zeros / 64, (size_t)(x->size - zeros / 64) * sizeof(mp_limb_t));
    memcpy(power, base, (size_t)base_size * sizeof(mp_limb_t));
    HdSize size = base_size;
    for (int bit = 62 - __builtin_clzll(exponent); bit >= 0; bit--) {
        mpn_sqr(next, power, size);
        size = hd_int_strip(next, 2 * size);
        mp_limb_t *swap = power;
        power = next;
        next = swap;
        if (exponent >> bit & 1) {
            mpn_mul(next, power, size, base, base_size);
            size = hd_int_strip(next, size + base_size);
            swap = power;
            power = next;
            next = swap;
        }
    }
    HdIntResult r;
    HdValue result = HD_NULL;
    HdSize whole = shift / 64;
    if (hd_int_result_begin(t, &r, size + whole + 1) == 0) {
        memset(r.limbs, 0, (size_t)whole * sizeof(mp_limb_t));
        mp_limb_t carry = 0;
        if (shift % 64) carry = mpn_lshift(r.limbs + whole, power, size, (unsigned)(shift % 64));
        else memcpy(r.limbs + whole, power, (size_t)size * sizeof(mp_limb_t));
        r.limbs[size + whole] = carry;
        result = hd_int_result_finish(t, &r, size + whole + 1, negative);
    }
    hd_heap_raw_free(t, room, room_size);
    return result;
}

static HdValue power_plain(HdThread *t, HdValue a, HdValue b) {
    if (hd_int_sign(b) < 0) { /* becomes a float */
        double x = hd_int_as_double(t, a);
        if (x == -1.0 && hd_raised(t)) return HD_NULL;
        double y = hd_int_as_double(t, b);
        if (y == -1.0 && hd_raised(t)) return HD_NULL;
        return hd_float_power(t, x, y);
    }
    HdIntView x;
    hd_int_view(&x, a);
    int64_t exponent;
    bool small = hd_int_try_i64(b, &exponent);
    if (small && exponent == 0) return hd_imm_int(1);
    if (x.size == 0) return hd_imm_int(0);
    if (x.size == 1 && x.limbs[0] == 1) {
        HdIntView y;
        hd_int_view(&y, b);
        return hd_imm_int(x.negative && (y.limbs[0] & 1) ? -1 : 1);
    }
    if (!small) return hd_raise_no_memory(t);
    if (hd_is_imm_int(a)) { /* while it fits the word */
        int64_t base = hd_imm_int_value(a), power = 1, left = exponent;
        while (true) {
            if ((left & 1) && __builtin_mul_overflow(power, base, &power)) break;
            left >>= 1;
            if (left == 0) return hd_int_from_i64(t, power);
            if (__builtin_mul_overflow(base, base, &base)) break;
        }
    }
    return power_of_limbs(t, &x, (uint64_t)exponent);
}

/* base**exponent mod modulus for one-limb moduli. */
static mp_limb_t power_mod_word(mp_limb_t base, const HdIntView *exponent, mp_limb_t modulus) {
    unsigned __int128 power = 1 % modulus;
    base %= modulus;
    for (HdSize bit = hd_int_bits(exponent->limbs, exponent->size) - 1; bit >= 0; bit--) {
        power = power * power % modulus;
        if (exponent->limbs[bit / 64] >> (bit % 64) & 1) power = power * base % modulus;
    }
    return (mp_limb_t)power;
}

/* out = x * y mod m, all of m's size; `room` holds 3 * size + 1 limbs. */
static void multiply_mod(mp_limb_t *out, const mp_limb_t *x, const mp_limb_t *y, const HdIntView *m, mp_limb_t *room) {
    if (x == y) mpn_sqr(room, x, m->size);
    else mpn_mul_n(room, x, y, m->size);
    mpn_tdiv_qr(room + 2 * m->size, out, 0, room, 2 * m->size, m->limbs, m->size);
}

/* r = base**exponent mod m, base reduced and of m's size; exponent not zero. Windows of four bits. */
static int power_mod_limbs(HdThread *t, mp_limb_t *r, const mp_limb_t *base, const HdIntView *exponent,
                           const HdIntView *m) {
    HdSize n = m->size;
    bool odd = m->limbs[0] & 1;
    mp_size_t scratch = odd ? mpn_sec_powm_itch(n, (mp_bitcnt_t)(exponent->size * 64), n) : 16 * n + 3 * n + 2;
    size_t room_size = (size_t)scratch * sizeof(mp_limb_t);
    mp_limb_t *room = hd_heap_raw(t, room_size);
    if (!room) {
        hd_raise_no_memory(t);
        return -1;
    }
    HdSize bits = hd_int_bits(exponent->limbs, exponent->size);
    if (odd) { /* Montgomery's form needs an odd modulus */
        mpn_sec_powm(r, base, n, exponent->limbs, (mp_bitcnt_t)bits, m->limbs, n, room);
    } else {
        mp_limb_t *table = room, *product = room + 16 * n;
        memset(table, 0, (size_t)n * sizeof(mp_limb_t));
        table[0] = 1;
        for (int i = 1; i < 16; i++) {
            if (i == 1) memcpy(table + n, base, (size_t)n * sizeof(mp_limb_t));
            else multiply_mod(table + i * n, table + (i - 1) * n, base, m, product);
        }
        memset(r, 0, (size_t)n * sizeof(mp_limb_t));
        r[0] = 1;
        for (HdSize at = (bits + 3) / 4 * 4 - 4; at >= 0; at -= 4) {
            for (int i = 0; i < 4; i++) multiply_mod(r, r, r, m, product);
            unsigned window = (unsigned)(exponent->limbs[at / 64] >> (at % 64)) & 15;
            if (window) multiply_mod(r, r, table + window * n, m, product);
        }
    }
    hd_heap_raw_free(t, room, room_size);
    return 0;
}

/* The x with a * x = 1 (mod m), 0 <= x < m; `a` in [0, m), m > 1. HD_NULL: raised. Euclid over ints. */
static HdValue invert_mod(HdThread *t, HdValue a, HdValue m) {
    HdValue r0 = hd_retain(t, m), r1 = hd_retain(t, a), x0 = hd_imm_int(0), x1 = hd_imm_int(1);
    HdValue result = HD_NULL;
    while (hd_int_sign(r1) != 0) {
        HdValue q, r, product, x;
        if (hd_int_divmod(t, r0, r1, &q, &r) < 0) goto done;
        hd_release(t, r0);
        r0 = r1;
        r1 = r;
        product = hd_int_mul(t, q, x1);
        hd_release(t, q);
        if (hd_is_null(product)) goto done;
        x = hd_int_sub(t, x0, product);
        hd_release(t, product);
        if (hd_is_null(x)) goto done;
        hd_release(t, x0);
        x0 = x1;
        x1 = x;
    }
    if (!hd_same(r0, hd_imm_int(1))) hd_raise(t, &hd_ValueError, "base is not invertible for the given modulus");
    else result = hd_int_remainder(t, x0, m);
done:
    hd_release(t, r0);
    hd_release(t, r1);
    hd_release(t, x0);
    hd_release(t, x1);
    return result;
}

/* base in [0, modulus), exponent > 0, modulus > 1. */
static HdValue power_mod_positive(HdThread *t, HdValue base, HdValue exponent, HdValue modulus) {
    HdIntView x, e, m;
    hd_int_view(&x, base);
    hd_int_view(&e, exponent);
    hd_int_view(&m, modulus);
    if (x.size == 0) return hd_imm_int(0);
    if (m.size == 1) return hd_int_from_u64(t, power_mod_word(x.limbs[0], &e, m.limbs[0]));
    if (hd_int_secure(t, 2 * m.size) < 0) return HD_NULL;
    size_t room_size = (size_t)m.size * sizeof(mp_limb_t);
    mp_limb_t *padded = hd_heap_raw_zeroed(t, room_size);
    if (!padded) return hd_raise_no_memory(t);
    memcpy(padded, x.limbs, (size_t)x.size * sizeof(mp_limb_t));
    HdIntResult r;
    HdValue result = HD_NULL;
    if (hd_int_result_begin(t, &r, m.size) == 0) {
        if (power_mod_limbs(t, r.limbs, padded, &e, &m) == 0) result = hd_int_result_finish(t, &r, m.size, false);
        else hd_int_result_drop(t, &r);
    }
    hd_heap_raw_free(t, padded, room_size);
    return result;
}

static HdValue power_mod(HdThread *t, HdValue a, HdValue b, HdValue c) {
    if (hd_int_sign(c) == 0) return hd_raise(t, &hd_ValueError, "pow() 3rd argument cannot be 0");
    HdValue result = HD_NULL;
    HD_OWNED HdValue modulus = hd_int_absolute(t, c);
    if (hd_is_null(modulus)) return HD_NULL;
    HD_OWNED HdValue base = hd_int_remainder(t, a, modulus);
    HD_OWNED HdValue exponent = hd_int_absolute(t, b);
    if (hd_is_null(base) || hd_is_null(exponent)) return HD_NULL;
    if (hd_same(modulus, hd_imm_int(1))) return hd_imm_int(0);
    if (hd_int_sign(b) < 0) {
        HdValue inverse = invert_mod(t, base, modulus);
        if (hd_is_null(inverse)) return HD_NULL;
        hd_replace_steal(t, &base, inverse);
    }
    if (hd_int_sign(b) == 0) result = hd_imm_int(1);
    else result = power_mod_positive(t, base, exponent, modulus);
    if (!hd_is_null(result) && hd_int_sign(c) < 0 && hd_int_sign(result) > 0) {
        HdValue shifted = hd_int_add(t, result, c);
        hd_release(t, result);
        return shifted;
    }
    return result;
}

HdValue hd_int_power(HdThread *t, HdValue a, HdValue b, HdValue modulus) {
    return hd_is_none(modulus) ? power_plain(t, a, b) : power_mod(t, a, b, modulus);
}

/* --- roots and common divisors --- */

HdValue hd_int_sqrt(HdThread *t, HdValue v) {
    HdIntView x;
    hd_int_view(&x, v);
    if (x.size == 0) return hd_imm_int(0);
    HdIntResult r;
    if (hd_int_secure(t, x.size) < 0 || hd_int_result_begin(t, &r, (x.size + 1) / 2) < 0) return HD_NULL;
    mpn_sqrtrem(r.limbs, NULL, x.limbs, x.size);
    return hd_int_result_finish(t, &r, (x.size + 1) / 2, false);
}

/* Copies |x| without its trailing zero bits to `out`; returns the size. */
static HdSize copy_odd(mp_limb_t *out, const HdIntView *x, HdSize zeros) {
    HdSize whole = zeros / 64, size = x->size - whole;
    if (zeros % 64) mpn_rshift(out, x->limbs + whole, size, (unsigned)(zeros % 64));
    else memcpy(out, x->limbs + whole, (size_t)size * sizeof(mp_limb_t));
    return hd_int_strip(out, size);
}

HdValue hd_int_gcd(HdThread *t, HdValue a, HdValue b) {
    HdIntView x, y;
    hd_int_view(&x, a);
    hd_int_view(&y, b);
    if (x.size == 0) return hd_int_absolute(t, b);
    if (y.size == 0) return hd_int_absolute(t, a);
    if (x.size == 1 && y.size == 1) {
        uint64_t m = x.limbs[0], n = y.limbs[0];
        while (n) {
            uint64_t rest = m % n;
            m = n;
            n = rest;
        }
        return hd_int_from_u64(t, m);
    }
    HdSize x_zeros = (HdSize)mpn_scan1(x.limbs, 0), y_zeros = (HdSize)mpn_scan1(y.limbs, 0);
    HdSize zeros = x_zeros < y_zeros ? x_zeros : y_zeros;
    HdSize smaller = x.size < y.size ? x.size : y.size, room = x.size + y.size + smaller + 1;
    if (hd_int_secure(t, room) < 0) return HD_NULL;
    mp_limb_t *u = hd_heap_raw(t, (size_t)room * sizeof(mp_limb_t));
    if (!u) return hd_raise_no_memory(t);
    mp_limb_t *v = u + x.size, *g = v + y.size;
    HdSize u_size = copy_odd(u, &x, x_zeros), v_size = copy_odd(v, &y, y_zeros);
    HdSize u_bits = hd_int_bits(u, u_size), v_bits = hd_int_bits(v, v_size);
    mp_size_t size = u_bits >= v_bits ? mpn_gcd(g, u, u_size, v, v_size) : mpn_gcd(g, v, v_size, u, u_size);
    HdIntResult r;
    HdValue result = HD_NULL;
    HdSize whole = zeros / 64;
    if (hd_int_result_begin(t, &r, size + whole + 1) == 0) {
        memset(r.limbs, 0, (size_t)whole * sizeof(mp_limb_t));
        mp_limb_t carry = 0;
        if (zeros % 64) carry = mpn_lshift(r.limbs + whole, g, size, (unsigned)(zeros % 64));
        else memcpy(r.limbs + whole, g, (size_t)size * sizeof(mp_limb_t));
        r.limbs[size + whole] = carry;
        result = hd_int_result_finish(t, &r, size + whole + 1, false);
    }
    hd_heap_raw_free(t, u, (size_t)room * sizeof(mp_limb_t));
    return result;
}

/* --- slots --- */

#define BOTH_INTS(a, b) (hd_is_int(a) && hd_is_int(b))
#define INT_SLOT(name, operation)                                             \
    HdValue hd_int_slot_##name(HdThread *t, HdValue a, HdValue b) {           \
        if (!BOTH_INTS(a, b)) return hd_NotImplemented;                       \
        return operation;                                                     \
    }
INT_SLOT(add, hd_int_add(t, a, b))
INT_SLOT(subtract, hd_int_sub(t, a, b))
INT_SLOT(multiply, hd_int_mul(t, a, b))
INT_SLOT(floor_divide, hd_int_floor_divide(t, a, b))
INT_SLOT(remainder, hd_int_remainder(t, a, b))
INT_SLOT(true_divide, hd_int_true_divide(t, a, b))
INT_SLOT(lshift, hd_int_lshift(t, a, b))
INT_SLOT(rshift, hd_int_rshift(t, a, b))

/* Words of immediate ints combine without unpacking; the tag is mended. */
HdValue hd_int_slot_and(HdThread *t, HdValue a, HdValue b) {
    if (HD_LIKELY(hd_both_imm_int(a, b))) return (HdValue){a.bits & b.bits};
    return BOTH_INTS(a, b) ? bitwise(t, a, b, BIT_AND) : hd_NotImplemented;
}
HdValue hd_int_slot_or(HdThread *t, HdValue a, HdValue b) {
    if (HD_LIKELY(hd_both_imm_int(a, b))) return (HdValue){a.bits | b.bits};
    return BOTH_INTS(a, b) ? bitwise(t, a, b, BIT_OR) : hd_NotImplemented;
}
HdValue hd_int_slot_xor(HdThread *t, HdValue a, HdValue b) {
    if (HD_LIKELY(hd_both_imm_int(a, b))) return (HdValue){(a.bits ^ b.bits) | 1};
    return BOTH_INTS(a, b) ? bitwise(t, a, b, BIT_XOR) : hd_NotImplemented;
}

HdValue hd_int_slot_divmod(HdThread *t, HdValue a, HdValue b) {
    if (!BOTH_INTS(a, b)) return hd_NotImplemented;
    HdValue pair = hd_tuple_new(t, 2), q, r;
    if (hd_is_null(pair)) return HD_NULL;
    if (hd_int_divmod(t, a, b, &q, &r) < 0) {
        hd_release(t, pair);
        return HD_NULL;
    }
    hd_tuple_put_steal(pair, 0, q);
    hd_tuple_put_steal(pair, 1, r);
    return pair;
}

HdValue hd_int_slot_power(HdThread *t, HdValue a, HdValue b, HdValue modulus) {
    if (!BOTH_INTS(a, b) || !(hd_is_none(modulus) || hd_is_int(modulus))) return hd_NotImplemented;
    return hd_int_power(t, a, b, modulus);
}
