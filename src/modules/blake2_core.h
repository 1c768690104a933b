/* blake2_core.h -- the hash functions BLAKE2b and BLAKE2s (RFC 7693, with the parameters of the BLAKE2 paper). */
#ifndef HD_BLAKE2_CORE_H
#define HD_BLAKE2_CORE_H

#include "base.h"

typedef struct HdBlake2 {
    uint64_t h[8]; /* BLAKE2s: words of 32 bits */
    uint64_t count_low, count_high; /* bytes taken into h */
    uint8_t block[128];
    uint32_t have; /* bytes in block: it is full before it is taken, for the last one is taken in another way */
    bool wide;     /* BLAKE2b */
    bool last_node;
} HdBlake2;

HD_INLINE size_t hd_blake2_block_size(const HdBlake2 *s) { return s->wide ? 128 : 64; }
/* `parameters`: the parameter block, 64 bytes for BLAKE2b, 32 for BLAKE2s. */
void hd_blake2_start(HdBlake2 *s, bool wide, const uint8_t *parameters, bool last_node);
void hd_blake2_take(HdBlake2 *s, const uint8_t *bytes, size_t count);
/* Uses the state up; `out` has room for 64 bytes. */
void hd_blake2_finish(HdBlake2 *s, uint8_t *out);

#endif
