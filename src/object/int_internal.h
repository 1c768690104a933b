/* int_internal.h -- shared by the files of int (int*.c) and by number modules: operands as limbs, results to be. */
#ifndef HD_INT_INTERNAL_H
#define HD_INT_INTERNAL_H

#include "int.h"

/* More limbs than this is MemoryError at once: far beyond any machine, and far below what overflows GMP's sizes. */
#define HD_INT_MAX_LIMBS ((HdSize)1 << 40)

/* An int (immediate, object, bool) as limbs; valid as long as the value lives. Must not be copied. */
typedef struct HdIntView {
    const mp_limb_t *limbs;
    HdSize size;
    bool negative;
    mp_limb_t word;
} HdIntView;

HD_INLINE void hd_int_view(HdIntView *view, HdValue v) {
    if (hd_is_imm_int(v)) {
        int64_t n = hd_imm_int_value(v);
        view->negative = n < 0;
        view->word = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
        view->limbs = &view->word;
        view->size = n != 0;
    } else if (hd_as_object(v)->type == &hd_bool_type) {
        view->negative = false;
        view->word = hd_same(v, hd_True);
        view->limbs = &view->word;
        view->size = (HdSize)view->word;
    } else {
        const HdInt *big = HD_AS(HdInt, v);
        view->negative = big->size < 0;
        view->size = big->size < 0 ? -big->size : big->size;
        view->limbs = big->limbs;
    }
}

/* Room for a result of up to `size` limbs: on the stack when small, else in the object that it will be. */
enum { HD_INT_SMALL_LIMBS = 10 };
typedef struct HdIntResult {
    mp_limb_t *limbs;
    HdInt *object;
    mp_limb_t small[HD_INT_SMALL_LIMBS];
} HdIntResult;

int hd_int_result_begin(HdThread *t, HdIntResult *r, HdSize size) HD_CHECK;
/* The int; `size` limbs, leading zeros allowed. */
HdValue hd_int_result_finish(HdThread *t, HdIntResult *r, HdSize size, bool negative) HD_CHECK;
void hd_int_result_drop(HdThread *t, HdIntResult *r);

/* GMP aborts when it gets no scratch memory, so that we ask for as much first: -1 and MemoryError if there is none. */
int hd_int_secure(HdThread *t, HdSize limbs) HD_CHECK;

/* Writes the digits so that they end before `end`; where they begin. Room for HD_INT_DIGITS is enough in every base. */
enum { HD_INT_DIGITS = 64 };
char *hd_int_put_digits(char *end, uint64_t magnitude, unsigned base);

HD_INLINE HdSize hd_int_strip(const mp_limb_t *limbs, HdSize size) {
    while (size > 0 && limbs[size - 1] == 0) size--;
    return size;
}
HD_INLINE HdSize hd_int_bits(const mp_limb_t *limbs, HdSize size) {
    return size ? size * 64 - __builtin_clzll(limbs[size - 1]) : 0;
}
/* floor(square root). */
HdValue hd_int_sqrt(HdThread *t, HdValue v) HD_CHECK;
/* a / b correctly rounded. */
HdValue hd_int_true_divide(HdThread *t, HdValue a, HdValue b) HD_CHECK;
/* |view| as the nearest double; an infinity when too large. */
double hd_int_view_double(const HdIntView *view);
/* int compared with a finite or infinite (not NaN) double: -1, 0, 1. */
int hd_int_compare_double(HdValue v, double d);
/* The text of a bytes-like object; like hd_int_from_text, but shown as bytes in the error. */
HdValue hd_int_from_bytes_text(HdThread *t, const char *text, HdSize length, int base) HD_CHECK;
extern const HdMethodDef hd_int_methods[];
HdValue hd_int_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames);
/* An instance of `type`, a subclass of int, with v's value. */
HdValue hd_int_of_type(HdThread *t, HdType *type, HdValue v) HD_CHECK;

#endif
