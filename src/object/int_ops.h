/* int_ops.h -- the operator slots of int, given to its type (and to bool's). NotImplemented for foreign operands. */
#ifndef HD_INT_OPS_H
#define HD_INT_OPS_H

#include "object.h"

HdValue hd_int_slot_add(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_subtract(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_multiply(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_remainder(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_divmod(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_power(HdThread *t, HdValue a, HdValue b, HdValue modulus);
HdValue hd_int_slot_lshift(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_rshift(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_and(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_xor(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_or(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_floor_divide(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_slot_true_divide(HdThread *t, HdValue a, HdValue b);
HdValue hd_int_negative(HdThread *t, HdValue v);
HdValue hd_int_absolute(HdThread *t, HdValue v);
HdValue hd_int_invert(HdThread *t, HdValue v);

#endif
