/* str_format_method.h -- the parser of replacement fields, shared by str.format and the module _string. */
#ifndef HD_STR_FORMAT_METHOD_H
#define HD_STR_FORMAT_METHOD_H

#include "str.h"

/* One step through a format string: literal text, then perhaps a field. Ranges are indices into the str. */
typedef struct HdFormatField {
    HdSize literal_start, literal_end;
    bool has_field;
    HdSize name_start, name_end;
    HdSize spec_start, spec_end;
    bool spec_nested; /* the specification has fields of its own */
    uint32_t conversion; /* 0: none */
} HdFormatField;
/* 1, 0 at the end, -1 raised; moves *at. */
int hd_str_format_next(HdThread *t, HdValue str, HdSize *at, HdSize end, HdFormatField *out) HD_CHECK;
/* The first part of a field's name ends where this says; *index is its number, or -1. */
HdSize hd_str_format_first(HdThread *t, HdValue str, HdSize start, HdSize end, HdSize *index) HD_CHECK;
/* The next ".attribute" or "[item]" of a name: 1, 0 at the end, -1 raised. *index: the item's number, or -1. */
int hd_str_format_rest(HdThread *t, HdValue str, HdSize *at, HdSize end, bool *is_attribute, HdSize *index,
                       HdSize *name_start, HdSize *name_end) HD_CHECK;

#endif
