/* utf8.h -- UTF-8: validation, counting, decoding and encoding, with or without surrogates (WTF-8).
 *
 * Pure functions over memory: no Python, no allocation, no locks.
 * `surrogates`: when true, the three-byte forms of U+D800..U+DFFF are valid (the lexer's and marshal's "surrogatepass").
 */
#ifndef HD_UTF8_H
#define HD_UTF8_H

#include "base.h"

#define HD_UTF8_BAD UINT32_MAX

/* What hd_utf8_scan found out. */
typedef struct HdUtf8Scan {
    size_t length;   /* code points before `valid` */
    size_t valid;    /* bytes before the first error; the size given when there is none */
    uint32_t any;    /* bitwise or of bounds: < 0x80, < 0x100, < 0x10000 or more tells the width a str needs */
    unsigned bad;    /* bytes that make up the first error (1..3), 0 when there is none */
    bool truncated;  /* the error is a sequence that the end of the input cuts short */
} HdUtf8Scan;

/* Bytes at the front that are ASCII. */
size_t hd_utf8_ascii_prefix(const void *bytes, size_t size);
/* Validates and measures; true when the whole input is valid. The error is sized as Unicode (and CPython) want it:
 * the maximal valid prefix of a sequence, one replacement character each. */
bool hd_utf8_scan(const void *bytes, size_t size, bool surrogates, HdUtf8Scan *scan);
bool hd_utf8_valid(const void *bytes, size_t size, bool surrogates);
/* Code points in valid UTF-8. */
size_t hd_utf8_count(const void *bytes, size_t size);
/* The code point at *at, advancing it; HD_UTF8_BAD and no advance when the bytes before `end` are not valid there. */
uint32_t hd_utf8_next(const uint8_t **at, const uint8_t *end, bool surrogates);
/* Decodes valid UTF-8 into code points of 1, 2 or 4 bytes; the caller has scanned and made room. */
void hd_utf8_decode_1(const void *bytes, size_t size, uint8_t *out);
void hd_utf8_decode_2(const void *bytes, size_t size, uint16_t *out);
void hd_utf8_decode_4(const void *bytes, size_t size, uint32_t *out);
/* Bytes that encoding takes (surrogates count three). `kind` is 1, 2 or 4 bytes a code point. */
size_t hd_utf8_encoded_size(const void *points, unsigned kind, size_t length);
/* Encodes everything, surrogates in the three-byte form; returns the bytes written. */
size_t hd_utf8_encode(const void *points, unsigned kind, size_t length, uint8_t *out);
/* Index of the first surrogate, or `length`. */
size_t hd_utf8_find_surrogate(const void *points, unsigned kind, size_t length);

/* One code point (up to 4 bytes; surrogates in the three-byte form); returns the bytes written. */
HD_INLINE unsigned hd_utf8_put(uint8_t *out, uint32_t point) {
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xC0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xE0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (point & 0x3F));
    return 4;
}

#endif
