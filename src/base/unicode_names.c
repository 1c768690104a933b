/* unicode_names.c -- names of code points, both ways. The packing of the tables is told in unicode_tables.h. */
#include <stdio.h>

#include "unicode.h"
#include "unicode_tables.h"

enum { S_BASE = 0xAC00, L_COUNT = 19, V_COUNT = 21, T_COUNT = 28, S_COUNT = L_COUNT * V_COUNT * T_COUNT };

static const char *const syllables_l[L_COUNT] = {"G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S",
                                                 "SS", "", "J", "JJ", "C", "K", "T", "P", "H"};
static const char *const syllables_v[V_COUNT] = {"A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE",
                                                 "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"};
static const char *const syllables_t[T_COUNT] = {"", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG",
                                                 "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S",
                                                 "SS", "NG", "J", "C", "K", "T", "P", "H"};
static const char hangul_prefix[] = "HANGUL SYLLABLE ";

/* Spells entry number `entry` into out; returns the length. Entries share words with the one before, so the walk
 * starts at the block's first. */
static size_t entry_name(unsigned entry, char *out) {
    const uint8_t *at = &hd_unicode_name_stream[hd_unicode_name_blocks[entry / 16]];
    size_t ends[32]; /* length of the name after each of its words */
    unsigned words = 0;
    for (unsigned i = entry & ~15u;; i++) {
        unsigned head = *at++;
        words = head >> 4;
        for (unsigned n = head & 15; n > 0; n--) {
            unsigned word = *at++;
            if (word >= HD_UNICODE_SHORT_WORDS)
                word = HD_UNICODE_SHORT_WORDS + ((word - HD_UNICODE_SHORT_WORDS) << 8) + *at++;
            size_t used = words ? ends[words - 1] : 0;
            if (used && out[used - 1] != '-' && out[used - 1] != ' ') out[used++] = ' ';
            size_t length = hd_unicode_word_offsets[word + 1] - hd_unicode_word_offsets[word];
            memcpy(out + used, hd_unicode_words + hd_unicode_word_offsets[word], length);
            ends[words++] = used + length;
        }
        if (i == entry) break;
    }
    size_t length = words ? ends[words - 1] : 0;
    out[length] = 0;
    return length;
}

size_t hd_unicode_name(uint32_t c, char *out) {
    out[0] = 0;
    if (c - S_BASE < S_COUNT) {
        unsigned s = c - S_BASE;
        return (size_t)snprintf(out, HD_UNICODE_NAME_MAX, "%s%s%s%s", hangul_prefix,
                                syllables_l[s / (V_COUNT * T_COUNT)], syllables_v[s / T_COUNT % V_COUNT],
                                syllables_t[s % T_COUNT]);
    }
    for (unsigned i = 0; i < hd_unicode_name_range_count; i++) {
        const HdUnicodeNameRange *range = &hd_unicode_name_ranges[i];
        if (c >= range->first && c <= range->last)
            return (size_t)snprintf(out, HD_UNICODE_NAME_MAX, "%s%X", range->prefix, (unsigned)c);
    }
    unsigned low = 0, high = hd_unicode_name_run_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (hd_unicode_name_runs[middle].last < c) low = middle + 1;
        else high = middle;
    }
    if (low == hd_unicode_name_run_count || hd_unicode_name_runs[low].first > c) return 0;
    return entry_name(hd_unicode_name_runs[low].entry + (c - hd_unicode_name_runs[low].first), out);
}

static char to_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }

/* The longest of the spellings that the text at *at starts with; its number, *at moved behind it. */
static int match_part(const char *const *parts, int count, const char **at, const char *end) {
    int best = -1;
    size_t best_length = 0;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(parts[i]);
        if (length > (size_t)(end - *at) || memcmp(parts[i], *at, length) != 0) continue;
        if (best < 0 || length > best_length) best = i, best_length = length;
    }
    *at += best_length;
    return best;
}

static uint32_t lookup_hangul(const char *at, const char *end) {
    int l = match_part(syllables_l, L_COUNT, &at, end);
    int v = match_part(syllables_v, V_COUNT, &at, end);
    int t = match_part(syllables_t, T_COUNT, &at, end);
    /* The empty spelling always matches for l and t, never for v. */
    if (l < 0 || v < 0 || t < 0 || at != end) return HD_UNICODE_NO_NAME;
    return S_BASE + (uint32_t)((l * V_COUNT + v) * T_COUNT + t);
}

static uint32_t lookup_range(const char *name, size_t length) {
    for (unsigned i = 0; i < hd_unicode_name_range_count; i++) {
        const HdUnicodeNameRange *range = &hd_unicode_name_ranges[i];
        size_t prefix = strlen(range->prefix), k = 0;
        if (length < prefix + 4 || length > prefix + 5) continue;
        /* As in CPython: the case of the algorithmic names matters, that of listed ones does not. */
        bool unified = range->prefix[4] == 'U' && range->prefix[0] == 'C';
        while (k < prefix && (unified ? name[k] : to_upper(name[k])) == range->prefix[k]) k++;
        if (k < prefix) continue;
        uint32_t c = 0;
        for (; k < length; k++) {
            char digit = unified ? name[k] : to_upper(name[k]);
            if (digit >= '0' && digit <= '9') c = c * 16 + (uint32_t)(digit - '0');
            else if (digit >= 'A' && digit <= 'F') c = c * 16 + (uint32_t)(digit - 'A' + 10);
            else break;
        }
        if (k == length && c >= range->first && c <= range->last && (c > 0xFFFF) == (length == prefix + 5)) return c;
    }
    return HD_UNICODE_NO_NAME;
}

/* The entry of a listed name, alias or sequence, or UINT32_MAX. */
static uint32_t find_entry(const char *name, size_t length) {
    if (length == 0 || length > HD_UNICODE_NAME_MAX) return UINT32_MAX;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)to_upper(name[i])) * 16777619u;
    char spelled[HD_UNICODE_NAME_MAX + 1];
    for (uint32_t at = hash % HD_UNICODE_NAME_TABLE_SIZE;; at = (at + 1) % HD_UNICODE_NAME_TABLE_SIZE) {
        uint32_t entry = hd_unicode_name_table[at];
        if (entry == 65535) return UINT32_MAX;
        if (entry_name(entry, spelled) != length) continue;
        size_t k = 0;
        while (k < length && to_upper(name[k]) == spelled[k]) k++;
        if (k == length) return entry;
    }
}

uint32_t hd_unicode_lookup(const char *name, size_t length) {
    size_t prefix = sizeof hangul_prefix - 1;
    if (length > prefix && memcmp(name, hangul_prefix, prefix) == 0) {
        uint32_t c = lookup_hangul(name + prefix, name + length);
        if (c != HD_UNICODE_NO_NAME) return c;
    }
    uint32_t entry = find_entry(name, length);
    if (entry == UINT32_MAX) return lookup_range(name, length);
    if (entry >= hd_unicode_name_aliased) return HD_UNICODE_NO_NAME;
    if (entry >= hd_unicode_name_plain) return hd_unicode_aliases[entry - hd_unicode_name_plain];
    unsigned low = 0, high = hd_unicode_name_run_count;
    while (low + 1 < high) {
        unsigned middle = (low + high) / 2;
        if (hd_unicode_name_runs[middle].entry <= entry) low = middle;
        else high = middle;
    }
    return hd_unicode_name_runs[low].first + (entry - hd_unicode_name_runs[low].entry);
}

int hd_unicode_lookup_sequence(const char *name, size_t length, uint32_t out[4]) {
    uint32_t entry = find_entry(name, length);
    if (entry == UINT32_MAX || entry < hd_unicode_name_aliased) return 0;
    const HdUnicodeSequence *sequence = &hd_unicode_sequences[entry - hd_unicode_name_aliased];
    memcpy(out, sequence->points, sizeof sequence->points);
    return sequence->count;
}
