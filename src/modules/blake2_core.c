/* blake2_core.c -- see blake2_core.h. States belong to their callers; no locks. Little-endian machines only, as the rest. */
#include "blake2_core.h"

/* The order in which a round takes the message's words. */
static const uint8_t order[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/* The first bits behind the point of the square roots of the first eight primes. */
static const uint64_t wide_start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
static const uint32_t narrow_start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

#define WORD uint64_t
#define NAME(x) wide_##x
#define ROUNDS 12
#define R1 32
#define R2 24
#define R3 16
#define R4 63
#include "blake2_core.inc"
#undef WORD
#undef NAME
#undef ROUNDS
#undef R1
#undef R2
#undef R3
#undef R4
#define WORD uint32_t
#define NAME(x) narrow_##x
#define ROUNDS 10
#define R1 16
#define R2 12
#define R3 8
#define R4 7
#include "blake2_core.inc"

static void take_block(HdBlake2 *s, const uint8_t *block, size_t count, bool last) {
    uint64_t last_node = last && s->last_node ? ~(uint64_t)0 : 0, last_block = last ? ~(uint64_t)0 : 0;
    s->count_low += count;
    if (s->count_low < count) s->count_high++;
    if (s->wide) wide_compress(s, block, last_block, last_node);
    else narrow_compress(s, block, (uint32_t)last_block, (uint32_t)last_node);
}

void hd_blake2_start(HdBlake2 *s, bool wide, const uint8_t *parameters, bool last_node) {
    *s = (HdBlake2){.wide = wide, .last_node = last_node};
    for (int i = 0; i < 8; i++) {
        uint64_t word = 0;
        memcpy(&word, parameters + i * (wide ? 8 : 4), wide ? 8 : 4);
        s->h[i] = word ^ (wide ? wide_start[i] : narrow_start[i]);
    }
}

void hd_blake2_take(HdBlake2 *s, const uint8_t *bytes, size_t count) {
    size_t size = hd_blake2_block_size(s);
    while (count) {
        if (s->have == size) {
            take_block(s, s->block, size, false);
            s->have = 0;
        }
        if (s->have == 0) {
            for (; count > size; bytes += size, count -= size) take_block(s, bytes, size, false);
        }
        size_t piece = size - s->have < count ? size - s->have : count;
        memcpy(s->block + s->have, bytes, piece);
        s->have += (uint32_t)piece;
        bytes += piece;
        count -= piece;
    }
}

void hd_blake2_finish(HdBlake2 *s, uint8_t *out) {
    memset(s->block + s->have, 0, sizeof s->block - s->have);
    take_block(s, s->block, s->have, true);
    size_t width = s->wide ? 8 : 4;
    for (int i = 0; i < 8; i++) memcpy(out + (size_t)i * width, &s->h[i], width);
}
