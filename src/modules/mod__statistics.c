/* mod__statistics.c -- the module _statistics: the inverse of the normal distribution's cumulative function.
 *
 * Rational approximations after M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution",
 * Applied Statistics 37 (1988): one around the middle, one for the tails, one for the far tails. No state, no locks.
 */
#include "heddle/module.h"

#include <math.h>

/* Coefficients of a polynomial, the highest power first. */
typedef struct Ratio {
    double above[8], below[8];
} Ratio;

static const Ratio middle = {
    {2.50908092873012267270e+3, 3.34305755835881281050e+4, 6.72657709270087008530e+4, 4.59219539315498714570e+4,
     1.37316937655094611250e+4, 1.97159095030655144270e+3, 1.33141667891784377450e+2, 3.38713287279636660800e+0},
    {5.22649527885285456100e+3, 2.87290857357219426740e+4, 3.93078958000927106100e+4, 2.12137943015865958670e+4,
     5.39419602142475110770e+3, 6.87187007492057908300e+2, 4.23133307016009112520e+1, 1.0},
};
static const Ratio tail = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e+0,
     3.64784832476320460504e+0, 5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0},
};
static const Ratio far_tail = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e+0, 5.46378491116411436990e+0, 6.65790464350110377720e+0},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0},
};

static double polynomial(const double coefficients[8], double r) {
    double value = coefficients[0];
    for (int i = 1; i < 8; i++) value = value * r + coefficients[i];
    return value;
}

static double inverse(double p, double mu, double sigma) {
    double q = p - 0.5, x;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        x = polynomial(middle.above, r) * q / polynomial(middle.below, r);
    } else {
        double r = sqrt(-log(q <= 0.0 ? p : 1.0 - p));
        const Ratio *ratio = r <= 5.0 ? &tail : &far_tail;
        r -= r <= 5.0 ? 1.6 : 5.0;
        x = polynomial(ratio->above, r) / polynomial(ratio->below, r);
        if (q < 0.0) x = -x;
    }
    return mu + x * sigma;
}

static HdValue inv_cdf(HdThread *t, HdValue self, const HdValue *args) {
    double numbers[3];
    for (int i = 0; i < 3; i++) {
        numbers[i] = hd_number_as_double(t, args[i]);
        if (numbers[i] == -1.0 && hd_raised(t)) return HD_NULL;
    }
    if (!(numbers[0] > 0.0 && numbers[0] < 1.0 && numbers[2] > 0.0))
        return hd_raise(t, &hd_ValueError, "inv_cdf undefined for these parameters");
    return hd_float_new(t, inverse(numbers[0], numbers[1], numbers[2]));
}

static const HdMethodDef functions[] = {
    HD_METHOD(inv_cdf, "_normal_dist_inv_cdf($module, p, mu, sigma, /)", NULL),
    HD_METHODS_END,
};

const HdModuleDef hd_module__statistics = {
    .name = "_statistics",
    .doc = "Accelerators for the statistics module.",
    .functions = functions,
};
