/* unicode.h -- the Unicode 14.0 character database: properties, case, names, decomposition, normalisation.
 *
 * Pure functions over constant tables (unicode_tables*.c, written by tools/gen_unicode.py); no Python, no locks, never
 * parks. Every function takes any 32-bit number: beyond U+10FFFF a code point is unassigned. Predicates have the
 * meaning of Python's str methods (`hd_unicode_is_space` is `str.isspace` of one character, and so on).
 * Functions with a `version` take HD_UNICODE_14 or HD_UNICODE_3_2 (`unicodedata.ucd_3_2_0`, needed by idna).
 */
#ifndef HD_UNICODE_H
#define HD_UNICODE_H

#include "base.h"

#define HD_UNICODE_VERSION "14.0.0"
#define HD_UNICODE_MAX 0x10FFFFu
/* The longest character name, alias or sequence name, without a final zero. */
#define HD_UNICODE_NAME_MAX 120

typedef enum HdUnicodeVersion { HD_UNICODE_14, HD_UNICODE_3_2 } HdUnicodeVersion;
typedef enum HdUnicodeForm { HD_UNICODE_NFC, HD_UNICODE_NFD, HD_UNICODE_NFKC, HD_UNICODE_NFKD } HdUnicodeForm;
typedef enum HdUnicodeQuick { HD_UNICODE_YES, HD_UNICODE_MAYBE, HD_UNICODE_NO } HdUnicodeQuick;

/* The bits of a code point's record; the predicates below read them. */
enum {
    HD_UNICODE_ALPHA = 1 << 0,
    HD_UNICODE_DECIMAL = 1 << 1,
    HD_UNICODE_DIGIT = 1 << 2,
    HD_UNICODE_NUMERIC = 1 << 3,
    HD_UNICODE_LOWER = 1 << 4,
    HD_UNICODE_UPPER = 1 << 5,
    HD_UNICODE_TITLE = 1 << 6,
    HD_UNICODE_SPACE = 1 << 7,
    HD_UNICODE_LINE_BREAK = 1 << 8,
    HD_UNICODE_PRINTABLE = 1 << 9,
    HD_UNICODE_XID_START = 1 << 10,
    HD_UNICODE_XID_CONTINUE = 1 << 11,
    HD_UNICODE_CASE_IGNORABLE = 1 << 12,
    HD_UNICODE_MIRRORED = 1 << 13,
    HD_UNICODE_FULL_CASE = 1 << 14, /* some mapping is longer than one code point */
    HD_UNICODE_CASED = HD_UNICODE_LOWER | HD_UNICODE_UPPER | HD_UNICODE_TITLE,
};

/* One record; many code points share it. */
typedef struct HdUnicodeRecord {
    uint16_t flags;
    uint16_t full; /* index of full case mappings; 0: the simple ones serve */
    uint8_t category, bidirectional, width, combining;
    uint8_t decimal, digit;             /* 0xFF: none */
    uint8_t numeric;                    /* index of a value; 0: none */
    uint8_t quick;                      /* HdUnicodeQuick, two bits for each HdUnicodeForm */
    int32_t lower, upper, title, fold;  /* simple mappings as differences */
} HdUnicodeRecord;

#define HD_UNICODE_SHIFT 7
extern const HdUnicodeRecord hd_unicode_records[];
extern const uint16_t hd_unicode_index1[], hd_unicode_index2[];

HD_INLINE const HdUnicodeRecord *hd_unicode_record(uint32_t c) {
    if (HD_UNLIKELY(c > HD_UNICODE_MAX)) c = 0xFFFF; /* a noncharacter: like any unassigned one */
    unsigned block = hd_unicode_index1[c >> HD_UNICODE_SHIFT];
    return &hd_unicode_records[hd_unicode_index2[block << HD_UNICODE_SHIFT | (c & ((1 << HD_UNICODE_SHIFT) - 1))]];
}

HD_INLINE bool hd_unicode_has(uint32_t c, unsigned flags) { return (hd_unicode_record(c)->flags & flags) != 0; }
HD_INLINE bool hd_unicode_is_alpha(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_ALPHA); }
HD_INLINE bool hd_unicode_is_decimal(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_DECIMAL); }
HD_INLINE bool hd_unicode_is_digit(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_DIGIT); }
HD_INLINE bool hd_unicode_is_numeric(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_NUMERIC); }
HD_INLINE bool hd_unicode_is_alnum(uint32_t c) {
    return hd_unicode_has(c, HD_UNICODE_ALPHA | HD_UNICODE_DECIMAL | HD_UNICODE_DIGIT | HD_UNICODE_NUMERIC);
}
HD_INLINE bool hd_unicode_is_lower(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_LOWER); }
HD_INLINE bool hd_unicode_is_upper(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_UPPER); }
HD_INLINE bool hd_unicode_is_title(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_TITLE); }
HD_INLINE bool hd_unicode_is_space(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_SPACE); }
HD_INLINE bool hd_unicode_is_line_break(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_LINE_BREAK); }
HD_INLINE bool hd_unicode_is_printable(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_PRINTABLE); }
/* '_' is no XID_Start here, as in the standard: an identifier's first character is that or '_'. */
HD_INLINE bool hd_unicode_is_xid_start(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_XID_START); }
HD_INLINE bool hd_unicode_is_xid_continue(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_XID_CONTINUE); }
HD_INLINE bool hd_unicode_is_cased(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_CASED); }
HD_INLINE bool hd_unicode_is_case_ignorable(uint32_t c) { return hd_unicode_has(c, HD_UNICODE_CASE_IGNORABLE); }

/* The value 0..9, or -1. `decimal` is for int() and \d, `digit` takes superscripts and the like as well. */
int hd_unicode_decimal(uint32_t c);
int hd_unicode_digit(uint32_t c);
/* False when there is none. */
bool hd_unicode_numeric(uint32_t c, double *value);

/* Simple, one-to-one case mappings (what `_sre` uses); the first code point where the full mapping is longer. */
uint32_t hd_unicode_lower(uint32_t c);
uint32_t hd_unicode_upper(uint32_t c);
uint32_t hd_unicode_title(uint32_t c);
/* Full mappings (what str.lower and its kin use): 1 to 3 code points into out, their number returned. Final sigma is
 * the caller's business. */
int hd_unicode_lower_full(uint32_t c, uint32_t out[3]);
int hd_unicode_upper_full(uint32_t c, uint32_t out[3]);
int hd_unicode_title_full(uint32_t c, uint32_t out[3]);
int hd_unicode_casefold_full(uint32_t c, uint32_t out[3]);

/* "Lu", "AL", "Na": constant strings; bidirectional may be empty. */
const char *hd_unicode_category(uint32_t c, HdUnicodeVersion version);
const char *hd_unicode_bidirectional(uint32_t c, HdUnicodeVersion version);
const char *hd_unicode_east_asian_width(uint32_t c, HdUnicodeVersion version);
bool hd_unicode_is_mirrored(uint32_t c, HdUnicodeVersion version);
int hd_unicode_combining(uint32_t c, HdUnicodeVersion version);
/* Values of the 3.2 database; the 14.0 ones are above. */
int hd_unicode_decimal_3_2(uint32_t c);
bool hd_unicode_assigned_3_2(uint32_t c);
bool hd_unicode_numeric_3_2(uint32_t c, double *value);
/* unicodedata.decomposition(): "<compat> 0020 0308"; empty when there is none (also for Hangul). False when `size`
 * (128 is enough) is too small. */
bool hd_unicode_decomposition(uint32_t c, HdUnicodeVersion version, char *out, size_t size);

/* Whether the text is in the form for sure, perhaps or not. `kind` is 1, 2 or 4 bytes a code point. */
HdUnicodeQuick hd_unicode_quick_check(HdUnicodeForm form, const void *points, unsigned kind, size_t length);
/* The text in the form, in memory from malloc (never NULL for an empty result); NULL when memory is out. */
uint32_t *hd_unicode_normalize(HdUnicodeForm form, HdUnicodeVersion version, const void *points, unsigned kind,
                               size_t length, size_t *out_length) HD_CHECK;
/* The same for UTF-8 (the lexer's identifiers): zero-terminated, from malloc. */
char *hd_unicode_normalize_utf8(HdUnicodeForm form, const char *text, size_t size, size_t *out_size) HD_CHECK;

/* The name of a code point, zero-terminated, into out[HD_UNICODE_NAME_MAX + 1]; its length, or 0 when it has none. */
size_t hd_unicode_name(uint32_t c, char *out);
/* The code point of a name or alias, case ignored (\N{...}); HD_UNICODE_NO_NAME when there is none. */
#define HD_UNICODE_NO_NAME UINT32_MAX
uint32_t hd_unicode_lookup(const char *name, size_t length);
/* A named sequence (unicodedata.lookup takes them, \N{...} does not): code points into out[4], their number or 0. */
int hd_unicode_lookup_sequence(const char *name, size_t length, uint32_t out[4]);

#endif
