/* value.h -- HdValue, one Python value in 64 bits, and HdRef, the same word as it lies on an evaluation stack.
 *
 * Nobody but this file knows the bits:
 *
 *   63                                                    3 2 1 0
 *   +-----------------------------------------------------+-----+
 *   | pointer to an HdObject (8-byte aligned), or 0: none | 0 0 0 |   an object; all zero is HD_NULL
 *   | 61-bit two's complement integer                     | 0 0 1 |   exact int in [-2**60, 2**60)
 *   | 0 ... 0                                       | sign | 0 1 0 |   0.0 and -0.0
 *   | float64, rotated left by 4: sign is bit 3, its      | 0 1 1 |   exact float whose exponent's top
 *   | exponent's top three bits are the tag itself        | 1 0 0 |   bits are 011 or 100 (1e-77 .. 1e77)
 *   | (HdRef only) pointer minus one                      | 1 1 1 |   an object this slot does not count
 *   +-----------------------------------------------------+-----+
 *
 * What can be immediate must be: an int in range is never an object, a float of a tagged exponent is never an
 * object, so `is` and identity shortcuts compare words. NaN and infinities are always objects. Instances of
 * subclasses of int and float are always objects.
 * Source of the float encoding: Melançon, Feeley, Serrano, "Float Self-Tagging" (2025).
 */
#ifndef HD_VALUE_H
#define HD_VALUE_H

#include "base.h"

typedef struct HdObject HdObject;

/* A Python value. Passing one in is lending it; getting one back is owning it, unless the name says `_borrowed`. */
typedef struct HdValue {
    uint64_t bits;
} HdValue;

/* A slot of an evaluation stack or a local variable: a value that may be uncounted. */
typedef struct HdRef {
    uint64_t bits;
} HdRef;

#define HD_NULL ((HdValue){0})
#define HD_REF_NULL ((HdRef){0})

#define HD_INT_MAX (((int64_t)1 << 60) - 1)
#define HD_INT_MIN (-((int64_t)1 << 60))

/* --- kinds --- */
HD_INLINE bool hd_is_null(HdValue v) { return v.bits == 0; }
HD_INLINE bool hd_same(HdValue a, HdValue b) { return a.bits == b.bits; } /* Python's `is` */
HD_INLINE bool hd_is_object(HdValue v) { return (v.bits & 7) == 0; }      /* true for HD_NULL too */
HD_INLINE bool hd_is_imm_int(HdValue v) { return (v.bits & 7) == 1; }
HD_INLINE bool hd_is_imm_float(HdValue v) { return ((v.bits - 2) & 7) <= 2; }
HD_INLINE bool hd_both_imm_int(HdValue a, HdValue b) { return ((a.bits & 7) == 1) & ((b.bits & 7) == 1); }

/* --- objects --- */
HD_INLINE HdValue hd_from_object(const void *object) { return (HdValue){(uint64_t)(uintptr_t)object}; }
HD_INLINE HdObject *hd_as_object(HdValue v) { return (HdObject *)(uintptr_t)v.bits; }
/* The value as a pointer to its C struct; the caller has checked the type. */
#define HD_AS(Type, v) ((Type *)(uintptr_t)(v).bits)

/* --- immediate ints --- */
HD_INLINE bool hd_int_fits(int64_t n) { return n >= HD_INT_MIN && n <= HD_INT_MAX; }
HD_INLINE HdValue hd_imm_int(int64_t n) { return (HdValue){((uint64_t)n << 3) | 1}; } /* n must fit */
HD_INLINE int64_t hd_imm_int_value(HdValue v) { return (int64_t)v.bits >> 3; }
/* Sum, difference and product of two immediate ints; false when the result does not fit. */
HD_INLINE bool hd_imm_int_add(HdValue a, HdValue b, HdValue *out) {
    return !__builtin_add_overflow((int64_t)a.bits, (int64_t)(b.bits - 1), (int64_t *)&out->bits);
}
HD_INLINE bool hd_imm_int_sub(HdValue a, HdValue b, HdValue *out) {
    return !__builtin_sub_overflow((int64_t)a.bits, (int64_t)(b.bits - 1), (int64_t *)&out->bits);
}
HD_INLINE bool hd_imm_int_mul(HdValue a, HdValue b, HdValue *out) {
    int64_t product;
    if (__builtin_mul_overflow((int64_t)(a.bits - 1), hd_imm_int_value(b), &product)) return false;
    out->bits = (uint64_t)product | 1;
    return true;
}
/* Order of two immediate ints: their words compare as signed numbers. */
HD_INLINE bool hd_imm_int_less(HdValue a, HdValue b) { return (int64_t)a.bits < (int64_t)b.bits; }

/* --- immediate floats --- */
HD_INLINE double hd_imm_float_value(HdValue v) {
    uint64_t word = v.bits & ~((~v.bits & 1) << 1); /* tag 010 (zero) becomes 000; the others stay */
    word = (word >> 4) | (word << 60);
    double number;
    memcpy(&number, &word, sizeof number);
    return number;
}
/* False when the number must be an object (NaN, infinities, very large or small exponents). */
HD_INLINE bool hd_imm_float(double number, HdValue *out) {
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    word = (word << 4) | (word >> 60);
    unsigned tag = word & 7;
    if (HD_LIKELY(tag == 3 || tag == 4)) {
        out->bits = word;
        return true;
    }
    if ((word & ~(uint64_t)8) == 0) {
        out->bits = word | 2;
        return true;
    }
    return false;
}

/* --- stack slots --- */
HD_INLINE bool hd_ref_is_null(HdRef r) { return r.bits == 0; }
/* The value in a slot, lent: valid as long as the slot keeps it. */
HD_INLINE HdValue hd_ref_value(HdRef r) {
    uint64_t next = r.bits + 1; /* three instructions, no jump */
    return (HdValue){(next & 7) == 0 ? next : r.bits};
}
/* A slot that takes over the caller's count. */
HD_INLINE HdRef hd_ref_counted(HdValue v) { return (HdRef){v.bits}; }
/* A slot that counts nothing: somebody else keeps the object alive for as long as the slot holds it. */
HD_INLINE HdRef hd_ref_uncounted(HdValue v) {
    return (HdRef){(v.bits & 7) == 0 && v.bits ? v.bits - 1 : v.bits};
}
HD_INLINE bool hd_ref_is_uncounted(HdRef r) { return ((r.bits + 1) & 7) == 0; }
/* The same of a value that is not HD_NULL. */
HD_INLINE HdRef hd_ref_lent(HdValue v) { return (HdRef){v.bits - ((v.bits & 7) == 0)}; }
/* True for a slot with an object in it, counted or not; and that object. True for HD_REF_NULL too, and NULL. */
HD_INLINE bool hd_ref_is_object(HdRef r) { return ((r.bits + 1) & 6) == 0; }
HD_INLINE HdObject *hd_ref_as_object(HdRef r) { return (HdObject *)(uintptr_t)((r.bits + 1) & ~(uint64_t)7); }
/* True when dropping the slot must drop a count. */
HD_INLINE bool hd_ref_is_counted_object(HdRef r) { return (r.bits & 7) == 0 && r.bits != 0; }

_Static_assert(sizeof(HdValue) == 8 && sizeof(HdRef) == 8, "a value is one word");

#endif
