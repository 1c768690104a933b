/* unicode_tables.h -- the layout of the generated Unicode tables; for unicode*.c and the inline readers only.
 *
 * Two-stage tables: index1[c >> 7] names a block of 128 entries of index2, which holds record numbers.
 * Names: "stream" holds, in code point order, then aliases, then sequences, one entry a name: a byte with the number of
 * words shared with the name before (high half) and of new words (low half), then the words' numbers, below 200 in one
 * byte, others in two. Each 16th name shares nothing and has its place in "blocks". "table" is an open hash of entry
 * numbers (FNV-1a of the upper-case name, modulo its size; 65535: empty).
 */
#ifndef HD_UNICODE_TABLES_H
#define HD_UNICODE_TABLES_H

#include "unicode.h"

typedef struct HdUnicodeOldRecord { /* 255: as in 14.0 */
    uint8_t category, bidirectional, width, mirrored;
    uint8_t decimal; /* 254: none */
    uint8_t numeric; /* index of a value; 0: none */
} HdUnicodeOldRecord;

typedef struct HdUnicodeFullCase {
    uint8_t count[4]; /* lower, upper, title, casefold */
    uint32_t points[4][3];
} HdUnicodeFullCase;

typedef struct HdUnicodePair {
    uint32_t first, second, composed;
} HdUnicodePair;

typedef struct HdUnicodeNameRange {
    uint32_t first, last;
    const char *prefix;
} HdUnicodeNameRange;

typedef struct HdUnicodeNameRun {
    uint32_t first, last;
    uint32_t entry;
} HdUnicodeNameRun;

typedef struct HdUnicodeSequence {
    uint8_t count;
    uint32_t points[4];
} HdUnicodeSequence;

#define HD_UNICODE_NAME_TABLE_SIZE 49157
#define HD_UNICODE_SHORT_WORDS 200

extern const char *const hd_unicode_categories[], *const hd_unicode_bidirectionals[], *const hd_unicode_widths[],
    *const hd_unicode_tags[];
extern const HdUnicodeOldRecord hd_unicode_old_records[];
extern const uint8_t hd_unicode_old_index1[], hd_unicode_old_index2[];
extern const double hd_unicode_numerics[];
extern const HdUnicodeFullCase hd_unicode_full_cases[];
extern const uint32_t hd_unicode_decompositions[];
extern const uint8_t hd_unicode_decomposition1[];
extern const uint16_t hd_unicode_decomposition2[];
extern const HdUnicodePair hd_unicode_pairs[];
extern const unsigned hd_unicode_pair_count;
extern const uint32_t hd_unicode_corrections[][2];
extern const HdUnicodeNameRange hd_unicode_name_ranges[];
extern const unsigned hd_unicode_name_range_count;
extern const HdUnicodeNameRun hd_unicode_name_runs[];
extern const unsigned hd_unicode_name_run_count, hd_unicode_name_plain, hd_unicode_name_aliased;
extern const uint32_t hd_unicode_aliases[];
extern const HdUnicodeSequence hd_unicode_sequences[];
extern const char hd_unicode_words[];
extern const uint32_t hd_unicode_word_offsets[], hd_unicode_name_blocks[];
extern const uint8_t hd_unicode_name_stream[];
extern const uint16_t hd_unicode_name_table[HD_UNICODE_NAME_TABLE_SIZE];

#endif
