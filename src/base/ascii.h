/* ascii.h -- case of ASCII letters, eight bytes at a time. Bytes above 127 are no letters and stay as they are. */
#ifndef HD_ASCII_H
#define HD_ASCII_H

#include "base.h"

/* 0x20, the bit that tells the cases apart, in each byte of `word` that lies in first..first + 25 ('a' or 'A'). */
HD_INLINE uint64_t hd_ascii_case_bits(uint64_t word, uint8_t first) {
    const uint64_t each = 0x0101010101010101u, high = 0x80 * each;
    uint64_t low = word & ~high; /* so that no sum below reaches the next byte */
    uint64_t from = low + (uint64_t)(0x80 - first) * each, beyond = low + (uint64_t)(0x80 - first - 26) * each;
    return (from & ~beyond & ~word & high) >> 2;
}

/* Copies, with the case of the letters first..first + 25 changed; `to` may be `from`. */
HD_INLINE void hd_ascii_change_case(uint8_t *to, const uint8_t *from, size_t length, uint8_t first) {
    size_t i = 0;
    for (; length - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, from + i, 8);
        word ^= hd_ascii_case_bits(word, first);
        memcpy(to + i, &word, 8);
    }
    for (; i < length; i++) to[i] = from[i] ^ ((uint8_t)(from[i] - first) < 26 ? 0x20 : 0);
}

/* Each word with a capital first letter and the others small. */
HD_INLINE void hd_ascii_title(uint8_t *to, const uint8_t *from, size_t length) {
    uint8_t in_word = 0; /* 0x20: behind a letter */
    for (size_t i = 0; i < length; i++) {
        uint8_t c = from[i], letter = (uint8_t)((c | 0x20) - 'a') < 26 ? 0x20 : 0;
        to[i] = (uint8_t)((c & ~letter) | (in_word & letter));
        in_word = letter;
    }
}

#endif
