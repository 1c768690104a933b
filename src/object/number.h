/* number.h -- number protocol: binary operations with reflected operands, in-place forms, conversions. */
#ifndef HD_NUMBER_H
#define HD_NUMBER_H

#include "object.h"

/* The operators in the order of BINARY_OP's operand (CPython's NB_ numbers); in-place forms are + HD_OP_INPLACE. */
enum {
    HD_OP_ADD, HD_OP_AND, HD_OP_FLOOR_DIVIDE, HD_OP_LSHIFT, HD_OP_MATRIX_MULTIPLY, HD_OP_MULTIPLY, HD_OP_REMAINDER,
    HD_OP_OR, HD_OP_POWER, HD_OP_RSHIFT, HD_OP_SUBTRACT, HD_OP_TRUE_DIVIDE, HD_OP_XOR,
    HD_OP_INPLACE,
};
const char *hd_number_symbol(int op); /* "+", "+=", … */
HdValue hd_number_op(HdThread *t, int op, HdValue a, HdValue b) HD_CHECK; /* any of the 26 */
HdValue hd_number_power(HdThread *t, HdValue a, HdValue b, HdValue modulus_or_none) HD_CHECK;
/* TypeError for operands that nobody knows, in the words that suit them. */
HD_COLD HdValue hd_number_raise_unsupported(HdThread *t, int op, HdValue a, HdValue b);
HdValue hd_number_divmod(HdThread *t, HdValue a, HdValue b) HD_CHECK;
HdValue hd_number_negative(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_number_positive(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_number_invert(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_number_absolute(HdThread *t, HdValue v) HD_CHECK;
HD_INLINE HdValue hd_number_add(HdThread *t, HdValue a, HdValue b) { return hd_number_op(t, HD_OP_ADD, a, b); }
HD_INLINE HdValue hd_number_subtract(HdThread *t, HdValue a, HdValue b) { return hd_number_op(t, HD_OP_SUBTRACT, a, b); }
HD_INLINE HdValue hd_number_multiply(HdThread *t, HdValue a, HdValue b) { return hd_number_op(t, HD_OP_MULTIPLY, a, b); }

bool hd_number_check(HdValue v);      /* has __int__, __float__ or __index__, or is complex */
bool hd_number_check_index(HdValue v);
HdValue hd_number_index(HdThread *t, HdValue v) HD_CHECK; /* operator.index: an exact or subclass int */
HdValue hd_number_int(HdThread *t, HdValue v) HD_CHECK;   /* int(v): __int__, __index__, __trunc__, text */
HdValue hd_number_float(HdThread *t, HdValue v) HD_CHECK; /* float(v) */
/* C numbers; -1 with an exception on error (test hd_raised). `overflow_type` NULL clips instead of raising. */
HdSize hd_number_as_size(HdThread *t, HdValue v, HdType *overflow_type) HD_CHECK; /* through __index__ */
int64_t hd_number_as_i64(HdThread *t, HdValue v) HD_CHECK; /* through __index__; OverflowError */
uint64_t hd_number_as_u64(HdThread *t, HdValue v) HD_CHECK;
uint64_t hd_number_as_u64_mask(HdThread *t, HdValue v) HD_CHECK; /* modulo 2**64 */
int hd_number_as_int(HdThread *t, HdValue v) HD_CHECK; /* C int */
double hd_number_as_double(HdThread *t, HdValue v) HD_CHECK; /* __float__, __index__ */

#endif
