/* int.h -- int: immediate within 61 bits, else limbs of GMP. */
#ifndef HD_INT_H
#define HD_INT_H

#include <gmp.h>

#include "object.h"

/* Also the layout of instances of subclasses, which are never immediate. */
typedef struct HdInt {
    HdObject head;
    HdSize size; /* number of limbs, negative for negative numbers, 0 for zero; no leading zero limbs */
    mp_limb_t limbs[];
} HdInt;

HD_INLINE bool hd_is_int(HdValue v) { return hd_is_imm_int(v) || (hd_as_object(v) && hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags & HD_TYPE_INT)); }
HD_INLINE bool hd_is_exact_int(HdValue v) { return hd_type_of(v) == &hd_int_type; }
HdValue hd_int_from_i64(HdThread *t, int64_t n) HD_CHECK;
HdValue hd_int_from_u64(HdThread *t, uint64_t n) HD_CHECK;
HD_INLINE HdValue hd_int_from_size(HdThread *t, HdSize n) { return HD_LIKELY(hd_int_fits(n)) ? hd_imm_int(n) : hd_int_from_i64(t, n); }
HdValue hd_int_from_double(HdThread *t, double d) HD_CHECK; /* truncates; OverflowError, ValueError for inf, nan */
HdValue hd_int_from_limbs(HdThread *t, const mp_limb_t *limbs, HdSize count, bool negative) HD_CHECK; /* normalises */
/* Text in `base` (0: by prefix), underscores and surrounding space as int() takes them; ValueError. */
HdValue hd_int_from_text(HdThread *t, const char *text, HdSize length, int base) HD_CHECK;
HdValue hd_int_from_str(HdThread *t, HdValue str, int base) HD_CHECK;
HdValue hd_int_from_bytes(HdThread *t, const uint8_t *bytes, HdSize count, bool little, bool is_signed) HD_CHECK;
/* -1 and OverflowError when it does not fit. */
int hd_int_to_bytes(HdThread *t, HdValue v, uint8_t *bytes, HdSize count, bool little, bool is_signed) HD_CHECK;
/* True and *out when v (any int) fits; no exception. */
bool hd_int_try_i64(HdValue v, int64_t *out);
int hd_int_sign(HdValue v); /* -1, 0, 1 */
HdSize hd_int_bit_length(HdValue v);
double hd_int_as_double(HdThread *t, HdValue v) HD_CHECK; /* correctly rounded; OverflowError, -1.0 */
/* mantissa in [0.5, 1) and exponent, for math.log of huge ints */
double hd_int_frexp(HdValue v, HdSize *exponent);
int64_t hd_int_hash(HdValue v); /* never -1 */
int hd_int_compare(HdValue a, HdValue b); /* -1, 0, 1; both ints */
HdValue hd_int_to_str(HdThread *t, HdValue v, int base, bool prefix) HD_CHECK; /* digits limit applies to base 10 */
HdValue hd_int_exact(HdThread *t, HdValue v) HD_CHECK; /* an exact int of the same value */
/* Arithmetic on two ints of any size; the slots call these, so may the VM after its fast paths. */
HdValue hd_int_add(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_int_sub(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_int_mul(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_int_floor_divide(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_int_remainder(HdThread *t, HdValue a, HdValue b) HD_CHECK;
int hd_int_divmod(HdThread *t, HdValue a, HdValue b, HdValue *quotient, HdValue *remainder) HD_CHECK;
HdValue hd_int_lshift(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_int_rshift(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_int_power(HdThread *t, HdValue a, HdValue b, HdValue modulus_or_none) HD_CHECK;
HdValue hd_int_gcd(HdThread *t, HdValue a, HdValue b) HD_CHECK;

#endif
