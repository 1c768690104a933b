/* complex_number.h -- arithmetic on C complex numbers, for complex and cmath. The layout is in float.h. */
#ifndef HD_COMPLEX_NUMBER_H
#define HD_COMPLEX_NUMBER_H

#include "float.h"

typedef struct HdComplexNumber {
    double real, imag;
} HdComplexNumber;

HdComplexNumber hd_complex_product(HdComplexNumber a, HdComplexNumber b);
bool hd_complex_quotient(HdComplexNumber a, HdComplexNumber b, HdComplexNumber *out); /* false: b is zero */
/* Any object that can be a complex number (__complex__, __float__, __index__): 0, -1 raised. */
int hd_complex_from_object(HdThread *t, HdValue v, HdComplexNumber *out) HD_CHECK;

#endif
