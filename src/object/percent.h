/* percent.h -- `format % args`, shared by str and bytes: parsing a conversion and laying out numbers.
 *
 * The two differ in what they take their text from and put it into; the specification, its arguments and the layout
 * of numbers are the same. Runs Python: holds no locks.
 */
#ifndef HD_PERCENT_H
#define HD_PERCENT_H

#include "object.h"

typedef struct HdPercent {
    HdThread *t;
    HdValue args;    /* lent */
    HdValue mapping; /* lent, or HD_NULL */
    HdSize count, next; /* count -1: args is one value that is no tuple */
    /* the conversion being handled */
    bool left, sign, blank, alternate, zero;
    HdSize width, precision; /* -1: none */
    uint32_t conversion;
    bool literal; /* "%%" */
    HdValue key_value; /* owned: args[(key)], or HD_NULL */
} HdPercent;

void hd_percent_init(HdPercent *p, HdThread *t, HdValue args, bool mapping_allowed);
/* The next argument, lent; HD_NULL = raised. */
HdValue hd_percent_argument_borrowed(HdPercent *p) HD_CHECK;
/* Parses one conversion behind its '%': `read` gives unit i, `key` a str or bytes of a range. */
typedef struct HdPercentSource {
    const void *data;
    int kind;
    HdSize length;
    HdValue (*key)(HdThread *t, const struct HdPercentSource *source, HdSize start, HdSize end);
    HdValue owner;
} HdPercentSource;
int hd_percent_parse(HdPercent *p, const HdPercentSource *source, HdSize *at) HD_CHECK;
/* d i u o x X e E f F g G: the text of the argument, padded; an ASCII str. */
HdValue hd_percent_number(HdPercent *p, HdValue v) HD_CHECK;
/* TypeError when arguments are left over. */
int hd_percent_finish(HdPercent *p, const char *kind) HD_CHECK;

#endif
