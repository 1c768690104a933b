/* unicode.c -- properties, values and case mappings of the Unicode database; names and normalisation have their own
 * files. Reads constant tables only. */
#include "unicode.h"

#include <stdio.h>

#include "unicode_tables.h"

int hd_unicode_decimal(uint32_t c) {
    uint8_t value = hd_unicode_record(c)->decimal;
    return value == 0xFF ? -1 : value;
}

int hd_unicode_digit(uint32_t c) {
    uint8_t value = hd_unicode_record(c)->digit;
    return value == 0xFF ? -1 : value;
}

bool hd_unicode_numeric(uint32_t c, double *value) {
    unsigned index = hd_unicode_record(c)->numeric;
    *value = hd_unicode_numerics[index];
    return index != 0;
}

uint32_t hd_unicode_lower(uint32_t c) { return c + (uint32_t)hd_unicode_record(c)->lower; }
uint32_t hd_unicode_upper(uint32_t c) { return c + (uint32_t)hd_unicode_record(c)->upper; }
uint32_t hd_unicode_title(uint32_t c) { return c + (uint32_t)hd_unicode_record(c)->title; }

static int full_case(const HdUnicodeRecord *record, int which, uint32_t out[3]) {
    const HdUnicodeFullCase *full = &hd_unicode_full_cases[record->full];
    for (int i = 0; i < full->count[which]; i++) out[i] = full->points[which][i];
    return full->count[which];
}

int hd_unicode_lower_full(uint32_t c, uint32_t out[3]) {
    const HdUnicodeRecord *record = hd_unicode_record(c);
    if (HD_UNLIKELY(record->full)) return full_case(record, 0, out);
    out[0] = c + (uint32_t)record->lower;
    return 1;
}

int hd_unicode_upper_full(uint32_t c, uint32_t out[3]) {
    const HdUnicodeRecord *record = hd_unicode_record(c);
    if (HD_UNLIKELY(record->full)) return full_case(record, 1, out);
    out[0] = c + (uint32_t)record->upper;
    return 1;
}

int hd_unicode_title_full(uint32_t c, uint32_t out[3]) {
    const HdUnicodeRecord *record = hd_unicode_record(c);
    if (HD_UNLIKELY(record->full)) return full_case(record, 2, out);
    out[0] = c + (uint32_t)record->title;
    return 1;
}

int hd_unicode_casefold_full(uint32_t c, uint32_t out[3]) {
    const HdUnicodeRecord *record = hd_unicode_record(c);
    if (HD_UNLIKELY(record->full)) return full_case(record, 3, out);
    out[0] = c + (uint32_t)record->fold;
    return 1;
}

static const HdUnicodeOldRecord *old_record(uint32_t c) {
    if (c > HD_UNICODE_MAX) c = 0xFFFF;
    unsigned block = hd_unicode_old_index1[c >> HD_UNICODE_SHIFT];
    unsigned index = hd_unicode_old_index2[block << HD_UNICODE_SHIFT | (c & ((1 << HD_UNICODE_SHIFT) - 1))];
    return &hd_unicode_old_records[index];
}

const char *hd_unicode_category(uint32_t c, HdUnicodeVersion version) {
    unsigned index = hd_unicode_record(c)->category;
    if (version == HD_UNICODE_3_2 && old_record(c)->category != 255) index = old_record(c)->category;
    return hd_unicode_categories[index];
}

const char *hd_unicode_bidirectional(uint32_t c, HdUnicodeVersion version) {
    unsigned index = hd_unicode_record(c)->bidirectional;
    if (version == HD_UNICODE_3_2 && old_record(c)->bidirectional != 255) index = old_record(c)->bidirectional;
    return hd_unicode_bidirectionals[index];
}

const char *hd_unicode_east_asian_width(uint32_t c, HdUnicodeVersion version) {
    unsigned index = hd_unicode_record(c)->width;
    if (version == HD_UNICODE_3_2 && old_record(c)->width != 255) index = old_record(c)->width;
    return hd_unicode_widths[index];
}

bool hd_unicode_is_mirrored(uint32_t c, HdUnicodeVersion version) {
    if (version == HD_UNICODE_3_2 && old_record(c)->mirrored != 255) return old_record(c)->mirrored;
    return hd_unicode_has(c, HD_UNICODE_MIRRORED);
}

bool hd_unicode_assigned_3_2(uint32_t c) { return strcmp(hd_unicode_category(c, HD_UNICODE_3_2), "Cn") != 0; }

int hd_unicode_combining(uint32_t c, HdUnicodeVersion version) {
    int combining = hd_unicode_record(c)->combining;
    return version == HD_UNICODE_3_2 && combining && !hd_unicode_assigned_3_2(c) ? 0 : combining;
}

int hd_unicode_decimal_3_2(uint32_t c) {
    uint8_t value = old_record(c)->decimal;
    return value == 255 ? hd_unicode_decimal(c) : value == 254 ? -1 : value;
}

bool hd_unicode_numeric_3_2(uint32_t c, double *value) {
    unsigned index = old_record(c)->numeric;
    if (index == 255) return hd_unicode_numeric(c, value);
    *value = hd_unicode_numerics[index];
    return index != 0;
}

bool hd_unicode_decomposition(uint32_t c, HdUnicodeVersion version, char *out, size_t size) {
    if (size == 0) return false;
    out[0] = 0;
    if (c > HD_UNICODE_MAX || (version == HD_UNICODE_3_2 && !hd_unicode_assigned_3_2(c))) return true;
    unsigned block = hd_unicode_decomposition1[c >> HD_UNICODE_SHIFT];
    unsigned place = hd_unicode_decomposition2[block << HD_UNICODE_SHIFT | (c & ((1 << HD_UNICODE_SHIFT) - 1))];
    if (place == 0) return true;
    const uint32_t *entry = &hd_unicode_decompositions[place];
    size_t used = 0;
    const char *tag = hd_unicode_tags[entry[0] >> 8];
    if (*tag) {
        used = strlen(tag);
        if (used >= size) return false;
        memcpy(out, tag, used + 1);
    }
    for (unsigned i = 1; i <= (entry[0] & 0xFF); i++) {
        int written = snprintf(out + used, size - used, used ? " %04X" : "%04X", (unsigned)entry[i]);
        if (written < 0 || (size_t)written >= size - used) return false;
        used += (size_t)written;
    }
    return true;
}
