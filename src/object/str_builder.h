/* str_builder.h -- building a str piece by piece, widening its kind as needed. */
#ifndef HD_STR_BUILDER_H
#define HD_STR_BUILDER_H

#include "str.h"

typedef struct HdStrBuilder {
    HdThread *t;
    void *data; /* `small`, or a raw block; `kind` bytes a code point; NULL while `whole` is all there is */
    HdSize length, capacity;
    HdValue whole; /* owned: the str that is all there is so far, not copied yet; else HD_NULL */
    int kind;
    uint32_t max_char; /* largest so far, as a bound; what is ASCII need not be seen in it */
    bool failed;       /* memory ran out: finish raises MemoryError */
    uint64_t small[16]; /* so a builder cannot be copied */
} HdStrBuilder;

void hd_str_builder_init(HdStrBuilder *b, HdThread *t);
int hd_str_builder_char_slow(HdStrBuilder *b, uint32_t c);
HD_INLINE int hd_str_builder_char(HdStrBuilder *b, uint32_t c) {
    if (HD_UNLIKELY(c >= 0x80 || b->kind != 1 || b->length == b->capacity)) return hd_str_builder_char_slow(b, c);
    ((uint8_t *)b->data)[b->length++] = (uint8_t)c;
    return 0;
}
int hd_str_builder_text(HdStrBuilder *b, const char *utf8); /* valid UTF-8 */
int hd_str_builder_ascii(HdStrBuilder *b, const char *bytes, HdSize length);
int hd_str_builder_str(HdStrBuilder *b, HdValue str);
int hd_str_builder_slice(HdStrBuilder *b, HdValue str, HdSize start, HdSize end);
int hd_str_builder_fill(HdStrBuilder *b, uint32_t c, HdSize count);
void hd_str_escape(HdStrBuilder *b, uint32_t c); /* \x, \u or \U and the number, as repr() writes it */
/* The str; the builder is empty afterwards. HD_NULL = MemoryError. */
HdValue hd_str_builder_finish(HdStrBuilder *b) HD_CHECK;
void hd_str_builder_discard(HdStrBuilder *b); /* also through HD_CLEANUP */

#endif
