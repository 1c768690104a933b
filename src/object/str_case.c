/* str_case.c -- upper, lower and title case, case folding, and the questions isupper() and the like ask. */
#include "ascii.h"
#include "str_builder.h"
#include "str_internal.h"
#include "str_methods.h"
#include "unicode.h"

/* What a capital sigma at i becomes in lower case: final after a cased letter and not before one (UAX #21),
 * characters without case between them not counting. */
static uint32_t lower_sigma(HdValue self, HdSize i) {
    HdSize j = i - 1;
    while (j >= 0 && hd_unicode_is_case_ignorable(hd_str_at(self, j))) j--;
    if (j < 0 || !hd_unicode_is_cased(hd_str_at(self, j))) return 0x3C3;
    HdSize length = hd_str_length(self);
    for (j = i + 1; j < length && hd_unicode_is_case_ignorable(hd_str_at(self, j));) j++;
    return j < length && hd_unicode_is_cased(hd_str_at(self, j)) ? 0x3C3 : 0x3C2;
}

static int lower_at(HdValue self, HdSize i, uint32_t c, uint32_t out[3]) {
    if (c == 0x3A3) {
        out[0] = lower_sigma(self, i);
        return 1;
    }
    return hd_unicode_lower_full(c, out);
}

static int add(HdStrBuilder *b, const uint32_t *points, int count) {
    for (int i = 0; i < count; i++)
        if (hd_str_builder_char(b, points[i]) < 0) return -1;
    return 0;
}

/* Lower case ('A' in `first`) or upper case ('a') of an ASCII str. */
static HdValue map_ascii(HdThread *t, HdValue self, uint8_t first) {
    HdSize length = hd_str_length(self);
    HdValue v = hd_str_new(t, length, 0x7F);
    if (hd_is_null(v) || length == 0) return v;
    hd_ascii_change_case(hd_str_data(v), hd_str_data(self), (size_t)length, first);
    return hd_str_settle_steal(t, v);
}

typedef enum Mapping { LOWER, UPPER, FOLD, TITLE, CAPITALIZE, SWAP } Mapping;

/* What c becomes by a mapping to one code point; UINT32_MAX: there is none. */
HD_INLINE uint32_t map_simple(uint32_t c, Mapping mapping, bool begin) {
    const HdUnicodeRecord *record = hd_unicode_record(c);
    if (record->full) return UINT32_MAX;
    int32_t step;
    switch (mapping) {
    case LOWER: step = record->lower; break;
    case UPPER: step = record->upper; break;
    case FOLD: step = record->fold; break;
    case SWAP: step = record->flags & HD_UNICODE_UPPER ? record->lower : record->flags & HD_UNICODE_LOWER ? record->upper : 0; break;
    default: step = begin ? record->title : record->lower; break;
    }
    if (c == 0x3A3 && mapping != UPPER && mapping != FOLD) return UINT32_MAX; /* sigma depends on what is beside it */
    return c + (uint32_t)step;
}

/* The usual case: every code point becomes one of the same width. False: not so, and nothing is raised. */
static bool map_same_width(HdThread *t, HdValue self, Mapping mapping, HdValue *result) {
    HdSize length = hd_str_length(self);
    HdValue v = *result = hd_str_new(t, length, hd_str_max_char(self));
    if (hd_is_null(v) || length == 0) return true;
    int kind = hd_str(self)->kind;
    bool begin = true;
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_unit(hd_str_data(self), kind, i), mapped = map_simple(c, mapping, begin);
        if (mapped == UINT32_MAX || hd_str_kind_for(mapped) > kind) {
            hd_release(t, v);
            return false;
        }
        hd_str_put(v, i, mapped);
        if (mapping == TITLE) begin = !hd_unicode_is_cased(c);
        else begin = false;
    }
    *result = hd_str_narrow_steal(t, v);
    return true;
}

static HdValue map_full(HdThread *t, HdValue self, Mapping mapping) {
    HdValue simple;
    if (map_same_width(t, self, mapping, &simple)) return simple;
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    HdSize length = hd_str_length(self);
    bool begin = true;
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(self, i), out[3] = {c};
        int count = 1;
        switch (mapping) {
        case LOWER: count = lower_at(self, i, c, out); break;
        case UPPER: count = hd_unicode_upper_full(c, out); break;
        case FOLD: count = hd_unicode_casefold_full(c, out); break;
        case SWAP:
            if (hd_unicode_is_upper(c)) count = lower_at(self, i, c, out);
            else if (hd_unicode_is_lower(c)) count = hd_unicode_upper_full(c, out);
            break;
        default: count = begin ? hd_unicode_title_full(c, out) : lower_at(self, i, c, out); break;
        }
        if (add(&b, out, count) < 0) break;
        begin = mapping == TITLE && !hd_unicode_is_cased(c);
    }
    return hd_str_builder_finish(&b);
}

HdValue hd_str_method_lower(HdThread *t, HdValue self, const HdValue *args) {
    return hd_str(self)->ascii ? map_ascii(t, self, 'A') : map_full(t, self, LOWER);
}

HdValue hd_str_method_upper(HdThread *t, HdValue self, const HdValue *args) {
    return hd_str(self)->ascii ? map_ascii(t, self, 'a') : map_full(t, self, UPPER);
}

HdValue hd_str_method_casefold(HdThread *t, HdValue self, const HdValue *args) {
    return hd_str(self)->ascii ? map_ascii(t, self, 'A') : map_full(t, self, FOLD);
}

HdValue hd_str_method_swapcase(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = hd_str_length(self);
    if (!hd_str(self)->ascii) return map_full(t, self, SWAP);
    HdValue v = hd_str_new(t, length, 0x7F);
    if (hd_is_null(v) || length == 0) return v;
    const uint8_t *from = hd_str_data(self);
    uint8_t *to = hd_str_data(v);
    for (HdSize i = 0; i < length; i++) to[i] = from[i] ^ ((uint8_t)((from[i] | 0x20) - 'a') < 26 ? 0x20 : 0);
    return hd_str_settle_steal(t, v);
}

HdValue hd_str_method_title(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = hd_str_length(self);
    if (!hd_str(self)->ascii) return map_full(t, self, TITLE);
    HdValue v = hd_str_new(t, length, 0x7F);
    if (hd_is_null(v) || length == 0) return v;
    hd_ascii_title(hd_str_data(v), hd_str_data(self), (size_t)length);
    return hd_str_settle_steal(t, v);
}

HdValue hd_str_method_capitalize(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = hd_str_length(self);
    if (!hd_str(self)->ascii) return map_full(t, self, CAPITALIZE);
    HdValue v = hd_str_new(t, length, 0x7F);
    if (hd_is_null(v) || length == 0) return v;
    const uint8_t *from = hd_str_data(self);
    uint8_t *to = hd_str_data(v);
    hd_ascii_change_case(to, from, 1, 'a');
    hd_ascii_change_case(to + 1, from + 1, (size_t)length - 1, 'A');
    return hd_str_settle_steal(t, v);
}

/* --- questions --- */

static HdValue all_have(HdValue self, unsigned flags) {
    HdSize length = hd_str_length(self);
    for (HdSize i = 0; i < length; i++)
        if (!hd_unicode_has(hd_str_at(self, i), flags)) return hd_False;
    return hd_bool(length > 0);
}

HdValue hd_str_method_isalpha(HdThread *t, HdValue self, const HdValue *args) {
    return all_have(self, HD_UNICODE_ALPHA);
}
HdValue hd_str_method_isdecimal(HdThread *t, HdValue self, const HdValue *args) {
    return all_have(self, HD_UNICODE_DECIMAL);
}
HdValue hd_str_method_isdigit(HdThread *t, HdValue self, const HdValue *args) {
    return all_have(self, HD_UNICODE_DIGIT);
}
HdValue hd_str_method_isnumeric(HdThread *t, HdValue self, const HdValue *args) {
    return all_have(self, HD_UNICODE_NUMERIC);
}
HdValue hd_str_method_isalnum(HdThread *t, HdValue self, const HdValue *args) {
    return all_have(self, HD_UNICODE_ALPHA | HD_UNICODE_DECIMAL | HD_UNICODE_DIGIT | HD_UNICODE_NUMERIC);
}
HdValue hd_str_method_isspace(HdThread *t, HdValue self, const HdValue *args) {
    return all_have(self, HD_UNICODE_SPACE);
}
HdValue hd_str_method_isprintable(HdThread *t, HdValue self, const HdValue *args) {
    return hd_str_length(self) == 0 ? hd_True : all_have(self, HD_UNICODE_PRINTABLE);
}
HdValue hd_str_method_isascii(HdThread *t, HdValue self, const HdValue *args) { return hd_bool(hd_str(self)->ascii); }
HdValue hd_str_method_isidentifier(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_str_is_identifier(self));
}

static HdValue one_case(HdValue self, unsigned wanted, unsigned forbidden) {
    HdSize length = hd_str_length(self);
    bool found = false;
    if (length == 1) return hd_bool(hd_unicode_has(hd_str_at(self, 0), wanted));
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(self, i);
        if (hd_unicode_has(c, forbidden)) return hd_False;
        found |= hd_unicode_has(c, wanted);
    }
    return hd_bool(found);
}

HdValue hd_str_method_islower(HdThread *t, HdValue self, const HdValue *args) {
    return one_case(self, HD_UNICODE_LOWER, HD_UNICODE_UPPER | HD_UNICODE_TITLE);
}
HdValue hd_str_method_isupper(HdThread *t, HdValue self, const HdValue *args) {
    return one_case(self, HD_UNICODE_UPPER, HD_UNICODE_LOWER | HD_UNICODE_TITLE);
}

HdValue hd_str_method_istitle(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = hd_str_length(self);
    bool found = false, in_word = false;
    if (length == 1) return hd_bool(hd_unicode_has(hd_str_at(self, 0), HD_UNICODE_TITLE | HD_UNICODE_UPPER));
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(self, i);
        if (hd_unicode_has(c, HD_UNICODE_UPPER | HD_UNICODE_TITLE)) {
            if (in_word) return hd_False;
            in_word = found = true;
        } else if (hd_unicode_is_lower(c)) {
            if (!in_word) return hd_False;
            found = true;
        } else {
            in_word = false;
        }
    }
    return hd_bool(found);
}
