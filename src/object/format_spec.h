/* format_spec.h -- the format mini-language: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
 *
 * Numbers and text are laid out here; str's own __format__ is hd_format_spec_text.
 */
#ifndef HD_FORMAT_SPEC_H
#define HD_FORMAT_SPEC_H

#include "object.h"

typedef struct HdFormatSpec {
    uint32_t fill;
    char align;     /* '<' '>' '=' '^' */
    char sign;      /* 0, '+', '-', ' ' */
    bool no_negative_zero, alternate;
    bool align_given, fill_given;
    HdSize width;     /* -1: none */
    HdSize precision; /* -1: none */
    char grouping;    /* 0, ',', '_' */
    uint32_t type;    /* 0: none */
} HdFormatSpec;

/* Parses `spec`; `object` is shown in messages. -1 = raised. */
int hd_format_spec_parse(HdThread *t, HdValue spec, HdValue object, char default_align, HdFormatSpec *out) HD_CHECK;
/* What __format__ of the types does with a specification (a str). */
HdValue hd_format_spec_int(HdThread *t, HdValue number, HdValue spec) HD_CHECK;
HdValue hd_format_spec_float(HdThread *t, HdValue number, HdValue spec) HD_CHECK;
HdValue hd_format_spec_complex(HdThread *t, HdValue number, HdValue spec) HD_CHECK;
HdValue hd_format_spec_text(HdThread *t, HdValue text, HdValue spec) HD_CHECK;
/* A float as text: code and flags as in base/float_repr.h. precision up to INT_MAX. */
HdValue hd_format_spec_double(HdThread *t, double number, char code, HdSize precision, int flags) HD_CHECK;

#endif
