/* str.h -- str: an array of 1, 2 or 4 byte code points, with its hash and whether it is interned.
 *
 * Immutable once anybody but its maker has seen it, so reading takes no lock. The narrowest kind that holds the largest
 * code point is always used. Text follows the struct and ends in a zero code point.
 */
#ifndef HD_STR_H
#define HD_STR_H

#include "object.h"

typedef struct HdStr {
    HdObject head;
    HdSize length;    /* code points */
    int64_t hash;     /* 0: not computed yet (atomic; all writers write the same value) */
    uint8_t kind;     /* bytes a code point: 1, 2, 4 */
    uint8_t ascii;    /* all < 128 */
    uint8_t interned; /* HD_STR_…; changed under the intern table's lock */
    uint32_t utf8_length;
    char *utf8;       /* cached UTF-8 of a non-ASCII str, made on demand, published with release; NULL */
    /* code points follow */
} HdStr;
enum { HD_STR_NOT_INTERNED, HD_STR_INTERNED, HD_STR_INTERNED_IMMORTAL };
extern HdType hd_str_type;

HD_INLINE bool hd_is_str(HdValue v) { return hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags & HD_TYPE_STR); }
HD_INLINE bool hd_is_exact_str(HdValue v) { return hd_is_exact_object(v, &hd_str_type); }
HD_INLINE HdStr *hd_str(HdValue v) { return HD_AS(HdStr, v); }
HD_INLINE HdSize hd_str_length(HdValue v) { return hd_str(v)->length; }
HD_INLINE void *hd_str_data(HdValue v) { return hd_str(v) + 1; }
HD_INLINE uint32_t hd_str_at(HdValue v, HdSize i) {
    const HdStr *s = hd_str(v);
    const void *data = s + 1;
    return s->kind == 1 ? ((const uint8_t *)data)[i] : s->kind == 2 ? ((const uint16_t *)data)[i] : ((const uint32_t *)data)[i];
}
HD_INLINE void hd_str_put(HdValue v, HdSize i, uint32_t c) { /* only while the str is being made */
    HdStr *s = hd_str(v);
    void *data = s + 1;
    if (s->kind == 1) ((uint8_t *)data)[i] = (uint8_t)c;
    else if (s->kind == 2) ((uint16_t *)data)[i] = (uint16_t)c;
    else ((uint32_t *)data)[i] = c;
}
int64_t hd_str_hash_slow(HdValue v);
HD_INLINE int64_t hd_str_hash(HdValue v) {
    int64_t hash = HD_LOAD_RELAXED(&hd_str(v)->hash);
    return HD_LIKELY(hash) ? hash : hd_str_hash_slow(v);
}

/* --- making --- */
HdValue hd_str_new(HdThread *t, HdSize length, uint32_t max_char) HD_CHECK; /* contents to be filled by the caller */
HdValue hd_str_from_utf8(HdThread *t, const char *bytes, HdSize length) HD_CHECK; /* strict; UnicodeDecodeError */
HdValue hd_str_from_text(HdThread *t, const char *text) HD_CHECK;               /* NUL-terminated UTF-8 */
HdValue hd_str_from_ascii(HdThread *t, const char *bytes, HdSize length) HD_CHECK; /* known to be ASCII */
HdValue hd_str_from_latin1(HdThread *t, const uint8_t *bytes, HdSize length) HD_CHECK;
HdValue hd_str_from_wtf8(HdThread *t, const char *bytes, HdSize length) HD_CHECK; /* surrogates allowed */
HdValue hd_str_from_kind(HdThread *t, int kind, const void *data, HdSize length) HD_CHECK; /* narrows */
HdValue hd_str_from_char(HdThread *t, uint32_t c) HD_CHECK; /* one code point; immortal below 256 */
HdValue hd_str_empty(void);                                 /* immortal */
/* File names and the environment: UTF-8 with surrogateescape. */
HdValue hd_str_from_fs(HdThread *t, const char *bytes, HdSize length) HD_CHECK;
HdValue hd_str_to_fs(HdThread *t, HdValue str) HD_CHECK; /* bytes; ValueError for embedded NUL is the caller's check */
HdValue hd_str_substring(HdThread *t, HdValue v, HdSize start, HdSize end) HD_CHECK; /* 0 <= start <= end <= length */
HdValue hd_str_concat(HdThread *t, HdValue a, HdValue b) HD_CHECK;
/* `*left += right` for a str held by the caller alone in one place: grows in place when it can. Takes over *left. */
HdValue hd_str_append_steal(HdThread *t, HdValue left, HdValue right) HD_CHECK;
HdValue hd_str_join(HdThread *t, HdValue separator, HdValue iterable) HD_CHECK;
HdValue hd_str_join_values(HdThread *t, HdValue separator, const HdValue *items, HdSize count) HD_CHECK; /* all str */
HdValue hd_str_exact(HdThread *t, HdValue v) HD_CHECK; /* an exact str of the same text */

/* --- interning --- */
/* The one interned str equal to v (exact str); v taken over, result owned. */
HdValue hd_str_intern_steal(HdThread *t, HdValue v);
HdValue hd_str_intern_text(HdThread *t, const char *text) HD_CHECK;
/* ASCII bytes that are probably a name: the interned str if there is one (*known; looked for only with the GIL), or a new one. */
HdValue hd_str_from_name(HdThread *t, const char *bytes, HdSize length, bool *known) HD_CHECK;
void hd_str_intern_immortal(HdThread *t, HdValue *v);
HD_INLINE bool hd_str_is_interned(HdValue v) { return HD_LOAD_RELAXED(&hd_str(v)->interned) != HD_STR_NOT_INTERNED; }

/* --- reading --- */
/* UTF-8 of v, lent as long as v lives, NUL-terminated; NULL = raised (lone surrogates). */
const char *hd_str_utf8(HdThread *t, HdValue v, HdSize *length_or_null) HD_CHECK;
bool hd_str_equal(HdValue a, HdValue b); /* both str; runs no Python */
int hd_str_compare(HdValue a, HdValue b); /* -1, 0, 1 by code points */
bool hd_str_equals_text(HdValue v, const char *ascii);
HdSize hd_str_find(HdValue v, HdValue needle, HdSize start, HdSize end, bool backwards); /* -1: not there */
HdSize hd_str_find_char(HdValue v, uint32_t c, HdSize start, HdSize end, bool backwards);
bool hd_str_is_identifier(HdValue v);
HdValue hd_str_repr(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_str_replace(HdThread *t, HdValue v, HdValue old, HdValue new_, HdSize max_count) HD_CHECK;
HdValue hd_str_split(HdThread *t, HdValue v, HdValue separator_or_none, HdSize max_split) HD_CHECK;
/* `format % args` and str.format's machinery */
HdValue hd_str_percent(HdThread *t, HdValue format, HdValue args) HD_CHECK;
/* Applies a format specification to text (the __format__ of str). */
HdValue hd_str_format_spec(HdThread *t, HdValue v, HdValue spec) HD_CHECK;

/* --- codecs --- */
HdValue hd_str_encode(HdThread *t, HdValue v, const char *encoding_or_null, const char *errors_or_null) HD_CHECK; /* bytes */
HdValue hd_str_decode(HdThread *t, const char *bytes, HdSize length, const char *encoding, const char *errors) HD_CHECK;

int hd_str_init(HdThread *t) HD_CHECK; /* intern table, empty and one-character strings; before any other str */

#endif
