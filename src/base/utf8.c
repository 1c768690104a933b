/* utf8.c -- see utf8.h. ASCII runs go eight bytes at a time; the rest is a plain state machine by lead byte. */
#include "utf8.h"

#define HIGH_BITS 0x8080808080808080u

HD_INLINE uint64_t load_word(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* How many of the next bytes (at most eight, at least one) are ASCII; the first one is. */
HD_INLINE size_t ascii_run(const uint8_t *p, const uint8_t *end) {
    if (end - p < 8 || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) return 1;
    uint64_t high = load_word(p) & HIGH_BITS;
    return high ? (size_t)__builtin_ctzll(high) / 8 : 8;
}

size_t hd_utf8_ascii_prefix(const void *bytes, size_t size) {
    const uint8_t *p = bytes, *end = p + size;
    while (end - p >= 32) {
        if ((load_word(p) | load_word(p + 8) | load_word(p + 16) | load_word(p + 24)) & HIGH_BITS) break;
        p += 32;
    }
    while (end - p >= 8) {
        uint64_t high = load_word(p) & HIGH_BITS;
        if (high) {
            if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) return (size_t)(p - (const uint8_t *)bytes) + (size_t)__builtin_ctzll(high) / 8;
            break;
        }
        p += 8;
    }
    if (size >= 8 && !(load_word(end - 8) & HIGH_BITS)) return size;
    while (p < end && *p < 0x80) p++;
    return (size_t)(p - (const uint8_t *)bytes);
}

/* One sequence that does not start with ASCII: its length in bytes and *point, or 0 with *bad (bytes of the maximal
 * valid prefix, at least 1) and *truncated. */
HD_INLINE unsigned sequence(const uint8_t *p, const uint8_t *end, bool surrogates, uint32_t *point, unsigned *bad,
                            bool *truncated) {
    unsigned lead = p[0], need;
    unsigned low = 0x80, high = 0xBF; /* bounds of the second byte */
    *bad = 1;
    *truncated = false;
    if (lead < 0xC2) return 0;
    if (lead < 0xE0) {
        need = 2;
    } else if (lead < 0xF0) {
        need = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED && !surrogates) high = 0x9F;
    } else if (lead < 0xF5) {
        need = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return 0;
    }
    if (end - p < 2) {
        *truncated = true;
        return 0;
    }
    if (p[1] < low || p[1] > high) return 0;
    if (need == 2) {
        *point = (lead & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    }
    *bad = 2;
    if (end - p < 3) {
        *truncated = true;
        return 0;
    }
    if ((p[2] & 0xC0) != 0x80) return 0;
    if (need == 3) {
        *point = (lead & 0x0F) << 12 | (unsigned)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        return 3;
    }
    *bad = 3;
    if (end - p < 4) {
        *truncated = true;
        return 0;
    }
    if ((p[3] & 0xC0) != 0x80) return 0;
    *point = (lead & 0x07) << 18 | (unsigned)(p[1] & 0x3F) << 12 | (unsigned)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    return 4;
}

bool hd_utf8_scan(const void *bytes, size_t size, bool surrogates, HdUtf8Scan *scan) {
    const uint8_t *start = bytes, *p = start, *end = p + size;
    size_t length = 0;
    uint32_t any = 0;
    *scan = (HdUtf8Scan){0};
    while (p < end) {
        if (*p < 0x80) {
            size_t ascii = ascii_run(p, end);
            p += ascii;
            length += ascii;
            continue;
        }
        uint32_t point;
        if (*p >= 0xC2 && *p < 0xE0 && end - p >= 2 && (p[1] & 0xC0) == 0x80) { /* two bytes: most of what is not ASCII */
            any |= (uint32_t)(*p & 0x1F) << 6 | (p[1] & 0x3F);
            length++;
            p += 2;
            continue;
        }
        unsigned bad;
        bool truncated;
        unsigned used = sequence(p, end, surrogates, &point, &bad, &truncated);
        if (used == 0) {
            scan->bad = bad;
            scan->truncated = truncated;
            break;
        }
        any |= point;
        length++;
        p += used;
    }
    scan->length = length;
    scan->valid = (size_t)(p - start);
    scan->any = any;
    return p == end;
}

bool hd_utf8_valid(const void *bytes, size_t size, bool surrogates) {
    HdUtf8Scan scan;
    return hd_utf8_scan(bytes, size, surrogates, &scan);
}

size_t hd_utf8_count(const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += (p[i] & 0xC0) != 0x80;
    return count;
}

uint32_t hd_utf8_next(const uint8_t **at, const uint8_t *end, bool surrogates) {
    const uint8_t *p = *at;
    if (p >= end) return HD_UTF8_BAD;
    if (*p < 0x80) {
        (*at)++;
        return *p;
    }
    uint32_t point;
    unsigned bad;
    bool truncated;
    unsigned used = sequence(p, end, surrogates, &point, &bad, &truncated);
    if (used == 0) return HD_UTF8_BAD;
    *at = p + used;
    return point;
}

/* The next code point of text known to be valid. */
HD_INLINE uint32_t next_valid(const uint8_t **at) {
    const uint8_t *p = *at;
    uint32_t lead = p[0];
    if (lead < 0x80) {
        *at = p + 1;
        return lead;
    }
    if (lead < 0xE0) {
        *at = p + 2;
        return (lead & 0x1F) << 6 | (p[1] & 0x3F);
    }
    if (lead < 0xF0) {
        *at = p + 3;
        return (lead & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    }
    *at = p + 4;
    return (lead & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

void hd_utf8_decode_1(const void *bytes, size_t size, uint8_t *out) {
    const uint8_t *p = bytes, *end = p + size;
    while (p < end) {
        for (; end - p >= 8 && !(load_word(p) & HIGH_BITS); p += 8, out += 8) memcpy(out, p, 8);
        while (p < end && *p < 0x80) *out++ = *p++;
        while (p < end && *p >= 0x80) *out++ = (uint8_t)next_valid(&p);
    }
}

void hd_utf8_decode_2(const void *bytes, size_t size, uint16_t *out) {
    const uint8_t *p = bytes, *end = p + size;
    while (p < end) {
        for (uint32_t four; end - p >= 4 && (memcpy(&four, p, 4), !(four & 0x80808080u)); p += 4, out += 4)
            for (int i = 0; i < 4; i++) out[i] = p[i];
        if (p < end) *out++ = (uint16_t)next_valid(&p);
    }
}

void hd_utf8_decode_4(const void *bytes, size_t size, uint32_t *out) {
    const uint8_t *p = bytes, *end = p + size;
    while (p < end) *out++ = next_valid(&p);
}

size_t hd_utf8_encoded_size(const void *points, unsigned kind, size_t length) {
    size_t size = length;
    if (kind == 1) {
        const uint8_t *p = points;
        size_t i = 0;
        for (; length - i >= 8; i += 8) size += (((load_word(p + i) & HIGH_BITS) >> 7) * 0x0101010101010101u) >> 56;
        for (; i < length; i++) size += p[i] >> 7;
    } else if (kind == 2) {
        const uint16_t *p = points;
        size_t i = 0;
        const uint64_t each = 0x0001000100010001u, high = 0x8000 * each;
        for (; length - i >= 4; i += 4) { /* a carry into the top bit of a unit says that it is large enough */
            uint64_t word = load_word((const uint8_t *)(p + i)), low = word & ~high;
            uint64_t two = ((low + (0x8000 - 0x80) * each) | word) & high, three = ((low + (0x8000 - 0x800) * each) | word) & high;
            size += (((two >> 15) + (three >> 15)) * each) >> 48;
        }
        for (; i < length; i++) size += (size_t)(p[i] >= 0x80) + (p[i] >= 0x800);
    } else {
        const uint32_t *p = points;
        for (size_t i = 0; i < length; i++) size += (size_t)(p[i] >= 0x80) + (p[i] >= 0x800) + (p[i] >= 0x10000);
    }
    return size;
}

size_t hd_utf8_encode(const void *points, unsigned kind, size_t length, uint8_t *out) {
    uint8_t *start = out;
    if (kind == 1) {
        const uint8_t *p = points, *end = p + length;
        while (p < end) {
            for (; end - p >= 8 && !(load_word(p) & HIGH_BITS); p += 8, out += 8) memcpy(out, p, 8);
            while (p < end && *p < 0x80) *out++ = *p++;
            while (p < end && *p >= 0x80) out += hd_utf8_put(out, *p++);
        }
    } else if (kind == 2) {
        const uint16_t *p = points, *end = p + length;
        while (p < end) {
            for (; end - p >= 4 && !(load_word((const uint8_t *)p) & 0xFF80FF80FF80FF80u); p += 4, out += 4)
                for (int i = 0; i < 4; i++) out[i] = (uint8_t)p[i];
            if (p < end) out += hd_utf8_put(out, *p++);
        }
    } else {
        const uint32_t *p = points;
        for (size_t i = 0; i < length; i++) out += hd_utf8_put(out, p[i]);
    }
    return (size_t)(out - start);
}

size_t hd_utf8_find_surrogate(const void *points, unsigned kind, size_t length) {
    if (kind == 2) {
        const uint16_t *p = points;
        size_t i = 0;
        const uint64_t each = 0x0001000100010001u;
        for (; length - i >= 4; i += 4) { /* a surrogate's unit becomes zero, and only then does one borrow */
            uint64_t rest = (load_word((const uint8_t *)(p + i)) & (0xF800 * each)) ^ (0xD800 * each);
            if ((rest - each) & ~rest & (0x8000 * each)) break;
        }
        for (; i < length; i++)
            if ((p[i] & 0xF800) == 0xD800) return i;
    } else if (kind == 4) {
        const uint32_t *p = points;
        for (size_t i = 0; i < length; i++)
            if ((p[i] & 0xFFFFF800) == 0xD800) return i;
    }
    return length;
}
