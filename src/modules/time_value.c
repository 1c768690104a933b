/* time_value.c -- seconds and nanoseconds (see time_value.h). */
#include "time_value.h"

#include <math.h>

static double rounded(double x, HdTimeRound round) {
    switch (round) {
    case HD_ROUND_FLOOR: return floor(x);
    case HD_ROUND_CEILING: return ceil(x);
    case HD_ROUND_UP: return x >= 0 ? ceil(x) : floor(x);
    default: return nearbyint(x); /* the default rounding mode is half to even */
    }
}

int hd_time_value_from_seconds(HdThread *t, HdValue seconds, HdTimeRound round, HdTime *out) {
    if (hd_is_float(seconds)) {
        double d = hd_float_value(seconds);
        if (isnan(d)) return hd_raise_int(t, &hd_ValueError, "Invalid value NaN (not a number)");
        d = rounded(d * 1e9, round);
        if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0)) {
            return hd_raise_int(t, &hd_OverflowError, "timestamp too large to convert to C _PyTime_t");
        }
        *out = (HdTime)d;
        return 0;
    }
    int64_t whole = hd_number_as_i64(t, seconds);
    if (whole == -1 && hd_raised(t)) {
        if (!hd_raised_is(t, &hd_OverflowError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, &hd_OverflowError, "timestamp too large to convert to C _PyTime_t");
    }
    if (__builtin_mul_overflow(whole, HD_SECOND, out)) {
        return hd_raise_int(t, &hd_OverflowError, "timestamp too large to convert to C _PyTime_t");
    }
    return 0;
}

HdValue hd_time_value_to_seconds(HdThread *t, HdTime time) {
    /* Whole seconds and the rest apart: more exact than one division when the number is large. */
    if (time % HD_SECOND == 0) return hd_float_new(t, (double)(time / HD_SECOND));
    return hd_float_new(t, (double)time / 1e9);
}
