/* unicode_normalize.c -- the four normalisation forms (UAX #15): decompose, order by combining class, compose.
 *
 * Memory comes from malloc and goes to the caller. Hangul is computed; the rest are tables. The 3.2.0 database differs
 * in that characters it did not know do not decompose, and in five corrected decompositions.
 */
#include <stdlib.h>

#include "unicode.h"
#include "unicode_tables.h"
#include "utf8.h"

enum {
    S_BASE = 0xAC00,
    L_BASE = 0x1100,
    V_BASE = 0x1161,
    T_BASE = 0x11A7,
    L_COUNT = 19,
    V_COUNT = 21,
    T_COUNT = 28,
    S_COUNT = L_COUNT * V_COUNT * T_COUNT,
};

HD_INLINE uint32_t point_at(const void *points, unsigned kind, size_t i) {
    return kind == 1 ? ((const uint8_t *)points)[i]
                     : kind == 2 ? ((const uint16_t *)points)[i] : ((const uint32_t *)points)[i];
}

HdUnicodeQuick hd_unicode_quick_check(HdUnicodeForm form, const void *points, unsigned kind, size_t length) {
    HdUnicodeQuick result = HD_UNICODE_YES;
    int before = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t c = point_at(points, kind, i);
        if (c < 0x80) {
            before = 0;
            continue;
        }
        const HdUnicodeRecord *record = hd_unicode_record(c);
        if (record->combining && before > record->combining) return HD_UNICODE_NO;
        before = record->combining;
        unsigned quick = record->quick >> 2 * form & 3;
        if (quick == HD_UNICODE_NO) return HD_UNICODE_NO;
        if (quick == HD_UNICODE_MAYBE) result = HD_UNICODE_MAYBE;
    }
    return result;
}

typedef struct Buffer {
    uint32_t *data;
    size_t length, room;
} Buffer;

static bool append(Buffer *buffer, uint32_t c) {
    if (buffer->length == buffer->room) {
        size_t room = buffer->room + buffer->room / 2 + 16;
        if (room > SIZE_MAX / sizeof *buffer->data) return false;
        uint32_t *data = realloc(buffer->data, room * sizeof *data);
        if (!data) return false;
        buffer->data = data;
        buffer->room = room;
    }
    buffer->data[buffer->length++] = c;
    return true;
}

static bool decompose_one(Buffer *buffer, uint32_t c, bool compatible, HdUnicodeVersion version) {
    if (c < 0x80) return append(buffer, c);
    if (c - S_BASE < S_COUNT) {
        uint32_t s = c - S_BASE;
        if (!append(buffer, L_BASE + s / (V_COUNT * T_COUNT))) return false;
        if (!append(buffer, V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT)) return false;
        return s % T_COUNT == 0 || append(buffer, T_BASE + s % T_COUNT);
    }
    if (c > HD_UNICODE_MAX) return append(buffer, c);
    if (version == HD_UNICODE_3_2) {
        for (unsigned i = 0; hd_unicode_corrections[i][0]; i++) {
            if (hd_unicode_corrections[i][0] == c) return append(buffer, hd_unicode_corrections[i][1]);
        }
    }
    unsigned block = hd_unicode_decomposition1[c >> HD_UNICODE_SHIFT];
    unsigned place = hd_unicode_decomposition2[block << HD_UNICODE_SHIFT | (c & ((1 << HD_UNICODE_SHIFT) - 1))];
    if (place == 0) return append(buffer, c);
    const uint32_t *entry = &hd_unicode_decompositions[place];
    if (entry[0] >> 8 && !compatible) return append(buffer, c);
    if (version == HD_UNICODE_3_2 && !hd_unicode_assigned_3_2(c)) return append(buffer, c);
    for (unsigned i = 1; i <= (entry[0] & 0xFF); i++) {
        if (!decompose_one(buffer, entry[i], compatible, version)) return false; /* at most three deep */
    }
    return true;
}

/* Canonical order: a stable sort of each run of combining characters by class. Runs are short in real text; a long one
 * (an attack) goes through a counting sort so that no input costs more than linear time. */
static bool reorder(uint32_t *data, size_t length) {
    for (size_t i = 0; i < length;) {
        if (hd_unicode_record(data[i])->combining == 0) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < length && hd_unicode_record(data[end])->combining) end++;
        if (end - i <= 32) {
            for (size_t j = i + 1; j < end; j++) {
                uint32_t c = data[j];
                size_t k = j;
                for (; k > i && hd_unicode_record(data[k - 1])->combining > hd_unicode_record(c)->combining; k--)
                    data[k] = data[k - 1];
                data[k] = c;
            }
        } else {
            size_t starts[257] = {0};
            uint32_t *copy = malloc((end - i) * sizeof *copy);
            if (!copy) return false;
            memcpy(copy, data + i, (end - i) * sizeof *copy);
            for (size_t j = 0; j < end - i; j++) starts[hd_unicode_record(copy[j])->combining + 1]++;
            for (int j = 0; j < 256; j++) starts[j + 1] += starts[j];
            for (size_t j = 0; j < end - i; j++) data[i + starts[hd_unicode_record(copy[j])->combining]++] = copy[j];
            free(copy);
        }
        i = end;
    }
    return true;
}

/* The composition of a pair, or 0. */
static uint32_t compose_pair(uint32_t first, uint32_t second) {
    if (first - L_BASE < L_COUNT && second - V_BASE < V_COUNT)
        return S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) * T_COUNT;
    if (first - S_BASE < S_COUNT && (first - S_BASE) % T_COUNT == 0 && second > T_BASE && second < T_BASE + T_COUNT)
        return first + (second - T_BASE);
    if ((hd_unicode_record(second)->quick & 3) != HD_UNICODE_MAYBE) return 0;
    unsigned low = 0, high = hd_unicode_pair_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const HdUnicodePair *pair = &hd_unicode_pairs[middle];
        if (pair->first < first || (pair->first == first && pair->second < second)) low = middle + 1;
        else high = middle;
    }
    const HdUnicodePair *pair = &hd_unicode_pairs[low];
    return low < hd_unicode_pair_count && pair->first == first && pair->second == second ? pair->composed : 0;
}

static size_t compose(uint32_t *data, size_t length) {
    size_t out = 0, starter = SIZE_MAX;
    int before = 0; /* class of the last character kept after the starter; 0: none between */
    for (size_t i = 0; i < length; i++) {
        uint32_t c = data[i];
        int combining = hd_unicode_record(c)->combining;
        if (starter != SIZE_MAX && (out == starter + 1 || (before != 0 && before < combining))) {
            uint32_t composed = compose_pair(data[starter], c);
            if (composed) {
                data[starter] = composed;
                continue;
            }
        }
        if (combining == 0) {
            starter = out;
            before = 0;
        } else {
            before = combining;
        }
        data[out++] = c;
    }
    return out;
}

uint32_t *hd_unicode_normalize(HdUnicodeForm form, HdUnicodeVersion version, const void *points, unsigned kind,
                               size_t length, size_t *out_length) {
    Buffer buffer = {0};
    bool compatible = form == HD_UNICODE_NFKC || form == HD_UNICODE_NFKD;
    buffer.room = length + length / 8 + 16;
    if (buffer.room > SIZE_MAX / sizeof *buffer.data) return NULL;
    buffer.data = malloc(buffer.room * sizeof *buffer.data);
    if (!buffer.data) return NULL;
    for (size_t i = 0; i < length; i++) {
        if (!decompose_one(&buffer, point_at(points, kind, i), compatible, version)) goto fail;
    }
    if (!reorder(buffer.data, buffer.length)) goto fail;
    if (form == HD_UNICODE_NFC || form == HD_UNICODE_NFKC) buffer.length = compose(buffer.data, buffer.length);
    *out_length = buffer.length;
    return buffer.data;
fail:
    free(buffer.data);
    return NULL;
}

char *hd_unicode_normalize_utf8(HdUnicodeForm form, const char *text, size_t size, size_t *out_size) {
    size_t count = hd_utf8_count(text, size), length;
    uint32_t *points = malloc((count + 1) * sizeof *points);
    if (!points) return NULL;
    hd_utf8_decode_4(text, size, points);
    uint32_t *normal = hd_unicode_normalize(form, HD_UNICODE_14, points, 4, count, &length);
    free(points);
    if (!normal) return NULL;
    size_t bytes = hd_utf8_encoded_size(normal, 4, length);
    char *out = malloc(bytes + 1);
    if (out) {
        hd_utf8_encode(normal, 4, length, (uint8_t *)out);
        out[bytes] = 0;
        *out_size = bytes;
    }
    free(normal);
    return out;
}
