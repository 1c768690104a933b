/* float.h -- float: immediate for common exponents, else an object. complex beside it. */
#ifndef HD_FLOAT_H
#define HD_FLOAT_H

#include "object.h"

typedef struct HdFloat {
    HdObject head;
    double value;
} HdFloat;
typedef struct HdComplex {
    HdObject head;
    double real, imag;
} HdComplex;
extern HdType hd_complex_type;

HdValue hd_float_box(HdThread *t, double d) HD_CHECK; /* for doubles that cannot be immediate */
HD_INLINE HdValue hd_float_new(HdThread *t, double d) {
    HdValue v;
    return HD_LIKELY(hd_imm_float(d, &v)) ? v : hd_float_box(t, d);
}
HD_INLINE bool hd_is_float(HdValue v) { return hd_is_imm_float(v) || (hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags2 & HD_TYPE2_FLOAT)); }
HD_INLINE bool hd_is_exact_float(HdValue v) { return hd_type_of(v) == &hd_float_type; }
/* The number of a float or an instance of a subclass. */
HD_INLINE double hd_float_value(HdValue v) { return hd_is_imm_float(v) ? hd_imm_float_value(v) : HD_AS(HdFloat, v)->value; }
HdValue hd_float_from_str(HdThread *t, HdValue str_or_bytes) HD_CHECK; /* ValueError */
HdValue hd_float_repr(HdThread *t, double d) HD_CHECK;
HdValue hd_float_floor_divide(HdThread *t, double a, double b) HD_CHECK; /* ZeroDivisionError */
HdValue hd_float_remainder(HdThread *t, double a, double b) HD_CHECK;
HdValue hd_float_power(HdThread *t, double a, double b) HD_CHECK; /* a negative base may give a complex */
/* Text of `length` ASCII bytes as float() takes it (space around, underscores); false when malformed. -1: raised. */
int hd_float_parse_text(HdThread *t, const char *text, HdSize length, double *out) HD_CHECK;
double hd_float_divide_floor(double a, double b, double *remainder); /* a // b and a % b; b is not zero */
/* True when both are exact numbers of which at least one is a float: the VM's fast path for mixed arithmetic. */
HD_INLINE bool hd_float_pair(HdValue a, HdValue b, double *x, double *y) {
    if (hd_is_imm_float(a)) *x = hd_imm_float_value(a);
    else if (hd_is_imm_int(a)) *x = (double)hd_imm_int_value(a);
    else return false;
    if (hd_is_imm_float(b)) *y = hd_imm_float_value(b);
    else if (hd_is_imm_int(b)) *y = (double)hd_imm_int_value(b);
    else return false;
    return !hd_both_imm_int(a, b);
}
HdValue hd_complex_new(HdThread *t, double real, double imag) HD_CHECK;
HdValue hd_complex_power(HdThread *t, double a_real, double a_imag, double b_real, double b_imag) HD_CHECK;
HD_INLINE bool hd_is_complex(HdValue v) { return hd_is_instance(v, &hd_complex_type); }

#endif
