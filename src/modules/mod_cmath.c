/* mod_cmath.c -- the module cmath: C's complex functions with errors as exceptions. No state, no locks.
 *
 * C's Annex G and CPython agree on special values; what C reports in floating-point flags (invalid, division by zero,
 * overflow) is told here from arguments and results.
 */
#include <complex.h> /* C's own */
#include <math.h>

#include <heddle/module.h>

#include "complex_number.h"

typedef double complex Cx;
typedef Cx (*CxFunction)(Cx);

static HdValue raise_domain(HdThread *t) { return hd_raise(t, &hd_ValueError, "math domain error"); }
static HdValue raise_range(HdThread *t) { return hd_raise(t, &hd_OverflowError, "math range error"); }

HD_CHECK static int to_complex(HdThread *t, HdValue v, Cx *out) {
    HdComplexNumber n;
    if (hd_complex_from_object(t, v, &n) < 0) return -1;
    *out = __builtin_complex(n.real, n.imag);
    return 0;
}

static bool is_finite(Cx z) { return isfinite(creal(z)) && isfinite(cimag(z)); }
static bool is_infinite(Cx z) { return isinf(creal(z)) || isinf(cimag(z)); }
static HdValue result_of(HdThread *t, Cx z) { return hd_complex_new(t, creal(z), cimag(z)); }

HD_INLINE HdValue apply(HdThread *t, HdValue v, CxFunction function) {
    Cx z;
    if (to_complex(t, v, &z) < 0) return HD_NULL;
    Cx w = function(z);
    if (is_finite(z) && is_infinite(w)) return raise_range(t);
    return result_of(t, w);
}

#define CMATH_ONE(name, function)                                                   \
    static HdValue cmath_##name(HdThread *t, HdValue module, const HdValue *args) { \
        return apply(t, args[0], function);                                         \
    }
CMATH_ONE(acos, cacos)
static Cx acosh_of(Cx z) { return creal(z) == 0.0 && isnan(cimag(z)) ? __builtin_complex(NAN, NAN) : cacosh(z); }
CMATH_ONE(acosh, acosh_of)
CMATH_ONE(asin, casin)
CMATH_ONE(asinh, casinh)
CMATH_ONE(sqrt, csqrt)

/* An infinite part where an angle is wanted has no limit: a domain error, unless the other part is NaN or decides. */
typedef bool (*OutsideFunction)(double hyperbolic, double angle);
static bool outside_exp(double x, double angle) { return isinf(angle) && (isfinite(x) || x > 0); }
static bool outside_cosh(double x, double angle) { return isinf(angle) && !isnan(x); }
static bool outside_tanh(double x, double angle) { return isinf(angle) && isfinite(x); }

HD_INLINE HdValue apply_angle(HdThread *t, HdValue v, CxFunction function, OutsideFunction outside, bool turned) {
    Cx z;
    if (to_complex(t, v, &z) < 0) return HD_NULL;
    if (turned ? outside(cimag(z), creal(z)) : outside(creal(z), cimag(z))) return raise_domain(t);
    Cx w = function(z);
    if (is_finite(z) && is_infinite(w)) return raise_range(t);
    return result_of(t, w);
}

static Cx tanh_of(Cx z) { return creal(z) == 0.0 && isnan(cimag(z)) ? __builtin_complex(NAN, NAN) : ctanh(z); }
static Cx tan_of(Cx z) { return cimag(z) == 0.0 && isnan(creal(z)) ? __builtin_complex(NAN, NAN) : ctan(z); }

#define CMATH_ANGLE(name, function, outside, turned)                                \
    static HdValue cmath_##name(HdThread *t, HdValue module, const HdValue *args) { \
        return apply_angle(t, args[0], function, outside, turned);                  \
    }
CMATH_ANGLE(exp, cexp, outside_exp, false)
CMATH_ANGLE(cosh, ccosh, outside_cosh, false)
CMATH_ANGLE(sinh, csinh, outside_cosh, false)
CMATH_ANGLE(tanh, tanh_of, outside_tanh, false)
CMATH_ANGLE(cos, ccos, outside_cosh, true)
CMATH_ANGLE(sin, csin, outside_cosh, true)
CMATH_ANGLE(tan, tan_of, outside_tanh, true)

static HdValue cmath_atanh(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    if (to_complex(t, args[0], &z) < 0) return HD_NULL;
    if (fabs(creal(z)) == 1.0 && cimag(z) == 0.0) return raise_domain(t);
    return result_of(t, catanh(z));
}
static HdValue cmath_atan(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    if (to_complex(t, args[0], &z) < 0) return HD_NULL;
    if (fabs(cimag(z)) == 1.0 && creal(z) == 0.0) return raise_domain(t);
    return result_of(t, catan(z));
}

static HdValue cmath_log(HdThread *t, HdValue module, const HdValue *args) {
    Cx z, base;
    if (to_complex(t, args[0], &z) < 0) return HD_NULL;
    if (z == 0.0) return raise_domain(t);
    Cx w = clog(z);
    if (!hd_is_null(args[1])) {
        if (to_complex(t, args[1], &base) < 0) return HD_NULL;
        if (base == 0.0) return raise_domain(t);
        Cx divisor = clog(base);
        HdComplexNumber q;
        if (!hd_complex_quotient((HdComplexNumber){creal(w), cimag(w)},
                                 (HdComplexNumber){creal(divisor), cimag(divisor)}, &q)) {
            return raise_domain(t);
        }
        return hd_complex_new(t, q.real, q.imag);
    }
    return result_of(t, w);
}
static HdValue cmath_log10(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    if (to_complex(t, args[0], &z) < 0) return HD_NULL;
    if (z == 0.0) return raise_domain(t);
    Cx w = clog(z);
    return hd_complex_new(t, creal(w) / M_LN10, cimag(w) / M_LN10);
}

static HdValue cmath_phase(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    return to_complex(t, args[0], &z) < 0 ? HD_NULL : hd_float_new(t, carg(z));
}

static HdValue cmath_polar(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    if (to_complex(t, args[0], &z) < 0) return HD_NULL;
    double length = cabs(z);
    if (isinf(length) && is_finite(z)) return raise_range(t);
    HD_OWNED HdValue r = hd_float_new(t, length);
    HD_OWNED HdValue phi = hd_float_new(t, carg(z));
    if (hd_is_null(r) || hd_is_null(phi)) return HD_NULL;
    return hd_tuple_pack(t, 2, r, phi);
}

static HdValue cmath_rect(HdThread *t, HdValue module, const HdValue *args) {
    double r = hd_number_as_double(t, args[0]);
    if (r == -1.0 && hd_raised(t)) return HD_NULL;
    double phi = hd_number_as_double(t, args[1]);
    if (phi == -1.0 && hd_raised(t)) return HD_NULL;
    if (isinf(phi) && r != 0.0 && !isnan(r)) return raise_domain(t);
    if (r == 0.0 && !isfinite(phi)) return hd_complex_new(t, 0.0, 0.0);
    if (isinf(r) && isfinite(phi) && phi != 0.0) {
        return hd_complex_new(t, copysign(r, r * cos(phi)), copysign(HUGE_VAL, r * sin(phi)));
    }
    if (isinf(r) && phi == 0.0) return hd_complex_new(t, r, r > 0 ? phi : -phi);
    if (isinf(r)) return hd_complex_new(t, HUGE_VAL, NAN);
    if (phi == 0.0) return hd_complex_new(t, r, isnan(r) ? 0.0 : r * phi);
    return hd_complex_new(t, r * cos(phi), r * sin(phi));
}

static HdValue cmath_isfinite(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    return to_complex(t, args[0], &z) < 0 ? HD_NULL : hd_bool(is_finite(z));
}
static HdValue cmath_isinf(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    return to_complex(t, args[0], &z) < 0 ? HD_NULL : hd_bool(is_infinite(z));
}
static HdValue cmath_isnan(HdThread *t, HdValue module, const HdValue *args) {
    Cx z;
    return to_complex(t, args[0], &z) < 0 ? HD_NULL : hd_bool(isnan(creal(z)) || isnan(cimag(z)));
}

static HdValue cmath_isclose(HdThread *t, HdValue module, const HdValue *args) {
    Cx a, b;
    double tolerances[2] = {1e-09, 0.0};
    if (to_complex(t, args[0], &a) < 0 || to_complex(t, args[1], &b) < 0) return HD_NULL;
    for (int i = 0; i < 2; i++) {
        if (hd_is_null(args[2 + i])) continue;
        tolerances[i] = hd_number_as_double(t, args[2 + i]);
        if (tolerances[i] == -1.0 && hd_raised(t)) return HD_NULL;
    }
    if (tolerances[0] < 0.0 || tolerances[1] < 0.0) {
        return hd_raise(t, &hd_ValueError, "tolerances must be non-negative");
    }
    if (a == b) return hd_True;
    if (is_infinite(a) || is_infinite(b)) return hd_False;
    double difference = cabs(a - b);
    return hd_bool(difference <= tolerances[0] * cabs(b) || difference <= tolerances[0] * cabs(a) ||
                   difference <= tolerances[1]);
}

static const HdMethodDef functions[] = {
    HD_METHOD(cmath_acos, "acos(z, /)", "Arc cosine of z."),
    HD_METHOD(cmath_acosh, "acosh(z, /)", "Inverse hyperbolic cosine of z."),
    HD_METHOD(cmath_asin, "asin(z, /)", "Arc sine of z."),
    HD_METHOD(cmath_asinh, "asinh(z, /)", "Inverse hyperbolic sine of z."),
    HD_METHOD(cmath_atan, "atan(z, /)", "Arc tangent of z."),
    HD_METHOD(cmath_atanh, "atanh(z, /)", "Inverse hyperbolic tangent of z."),
    HD_METHOD(cmath_cos, "cos(z, /)", "Cosine of z."),
    HD_METHOD(cmath_cosh, "cosh(z, /)", "Hyperbolic cosine of z."),
    HD_METHOD(cmath_exp, "exp(z, /)", "e raised to the power of z."),
    HD_METHOD(cmath_isclose, "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
              "Whether a and b differ by no more than a relative or an absolute tolerance."),
    HD_METHOD(cmath_isfinite, "isfinite(z, /)", "Whether both parts of z are finite."),
    HD_METHOD(cmath_isinf, "isinf(z, /)", "Whether a part of z is an infinity."),
    HD_METHOD(cmath_isnan, "isnan(z, /)", "Whether a part of z is a NaN."),
    HD_METHOD(cmath_log, "log(z, base=<unrepresentable>, /)", "Logarithm of z in the given base, e unless given."),
    HD_METHOD(cmath_log10, "log10(z, /)", "Logarithm of z in base 10."),
    HD_METHOD(cmath_phase, "phase(z, /)", "The angle of z in polar coordinates, in radians."),
    HD_METHOD(cmath_polar, "polar(z, /)", "The pair (r, phi) of polar coordinates of z."),
    HD_METHOD(cmath_rect, "rect(r, phi, /)", "The complex number with polar coordinates r and phi."),
    HD_METHOD(cmath_sin, "sin(z, /)", "Sine of z."),
    HD_METHOD(cmath_sinh, "sinh(z, /)", "Hyperbolic sine of z."),
    HD_METHOD(cmath_sqrt, "sqrt(z, /)", "Square root of z."),
    HD_METHOD(cmath_tan, "tan(z, /)", "Tangent of z."),
    HD_METHOD(cmath_tanh, "tanh(z, /)", "Hyperbolic tangent of z."),
    HD_METHODS_END,
};

static int cmath_exec(HdThread *t, HdValue module) {
    if (hd_module_set_steal(t, module, "pi", hd_float_new(t, M_PI)) < 0) return -1;
    if (hd_module_set_steal(t, module, "e", hd_float_new(t, M_E)) < 0) return -1;
    if (hd_module_set_steal(t, module, "tau", hd_float_new(t, 2 * M_PI)) < 0) return -1;
    if (hd_module_set_steal(t, module, "inf", hd_float_new(t, HUGE_VAL)) < 0) return -1;
    if (hd_module_set_steal(t, module, "nan", hd_float_new(t, NAN)) < 0) return -1;
    if (hd_module_set_steal(t, module, "infj", hd_complex_new(t, 0.0, HUGE_VAL)) < 0) return -1;
    return hd_module_set_steal(t, module, "nanj", hd_complex_new(t, 0.0, NAN));
}

const HdModuleDef hd_module_cmath = {
    .name = "cmath",
    .doc = "Mathematical functions on complex numbers.",
    .functions = functions,
    .exec = cmath_exec,
};
