/* str_builder.h -- building a str piece by piece, widening its kind as needed. */
#ifndef HD_STR_BUILDER_H
#define HD_STR_BUILDER_H

#include "str.h"

typedef struct HdStrBuilder {
    HdThread *t;
    void *data; /* raw, `kind` bytes a code point */
    HdSize length, capacity;
    int kind;
    uint32_t max_char; /* largest so far, as a bound */
    bool failed;       /* memory ran out: finish raises MemoryError */
} HdStrBuilder;

void hd_str_builder_init(HdStrBuilder *b, HdThread *t);
int hd_str_builder_char(HdStrBuilder *b, uint32_t c);
int hd_str_builder_text(HdStrBuilder *b, const char *utf8); /* valid UTF-8 */
int hd_str_builder_ascii(HdStrBuilder *b, const char *bytes, HdSize length);
int hd_str_builder_str(HdStrBuilder *b, HdValue str);
int hd_str_builder_slice(HdStrBuilder *b, HdValue str, HdSize start, HdSize end);
int hd_str_builder_fill(HdStrBuilder *b, uint32_t c, HdSize count);
/* The str; the builder is empty afterwards. HD_NULL = MemoryError. */
HdValue hd_str_builder_finish(HdStrBuilder *b) HD_CHECK;
void hd_str_builder_discard(HdStrBuilder *b); /* also through HD_CLEANUP */

#endif
