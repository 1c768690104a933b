/* number_text.h -- text of numbers: what int(), float() and complex() share when they read a str. */
#ifndef HD_NUMBER_TEXT_H
#define HD_NUMBER_TEXT_H

#include "object.h"

typedef struct HdNumberText {
    const char *text; /* ASCII; decimal digits of any script are '0'..'9', white space is ' ', the rest is '?' */
    HdSize length;
    char *room; /* raw block to free, or NULL */
    size_t room_size;
    char small[64];
} HdNumberText;

/* The ASCII form of a str for number parsing. -1 = MemoryError. Must be freed; must not be copied. */
int hd_number_text_init(HdThread *t, HdNumberText *out, HdValue str) HD_CHECK;
void hd_number_text_free(HdThread *t, HdNumberText *text);
/* Copies text without its underscores into `out` (of `length` bytes); -1 when one is not between two digits. */
HdSize hd_number_text_no_underscores(const char *text, HdSize length, char *out);
HD_INLINE bool hd_number_text_is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }

#endif
