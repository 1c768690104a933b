/* math_integer.h -- the functions of math that work on ints of any size; math_integer.c has them. */
#ifndef HD_MATH_INTEGER_H
#define HD_MATH_INTEGER_H

#include <heddle/module.h>

HdValue hd_math_integer_comb(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_math_integer_factorial(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_math_integer_gcd(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames);
HdValue hd_math_integer_isqrt(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_math_integer_lcm(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames);
HdValue hd_math_integer_perm(HdThread *t, HdValue module, const HdValue *args);

#endif
