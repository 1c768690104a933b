/* hash.h -- the hashes that Python programs can see: strings (keyed), numbers (equal numbers hash equal), pointers.
 *
 * Pure functions; the key lies in HdRuntime. No result is -1, which marks an error above.
 */
#ifndef HD_HASH_H
#define HD_HASH_H

#include "base.h"

typedef struct HdHashKey {
    uint64_t k0, k1;
} HdHashKey;

/* Numbers hash modulo this prime, 2**61 - 1 (`sys.hash_info.modulus`). */
#define HD_HASH_MODULUS (((uint64_t)1 << 61) - 1)
#define HD_HASH_INF 314159
#define HD_HASH_IMAG 1000003

/* The key that PYTHONHASHSEED=seed gives; seed 0 is the zero key. */
HdHashKey hd_hash_key_from_seed(uint32_t seed);
/* SipHash-1-3 of the bytes as Python shows it: no bytes hash to 0. */
int64_t hd_hash_bytes(HdHashKey key, const void *bytes, size_t length);
/* |n| given as little-endian 64-bit limbs. */
int64_t hd_hash_limbs(const uint64_t *limbs, size_t count, bool negative);
/* `identity` serves for NaN, whose hash is that of the object. */
int64_t hd_hash_double(double number, int64_t identity);

HD_INLINE int64_t hd_hash_fix(int64_t h) { return h == -1 ? -2 : h; }

HD_INLINE int64_t hd_hash_int64(int64_t n) {
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    magnitude = (magnitude & HD_HASH_MODULUS) + (magnitude >> 61);
    if (magnitude >= HD_HASH_MODULUS) magnitude -= HD_HASH_MODULUS;
    return hd_hash_fix(n < 0 ? -(int64_t)magnitude : (int64_t)magnitude);
}

/* The low bits of an address are zero; they go to the top. */
HD_INLINE int64_t hd_hash_pointer(const void *pointer) {
    uint64_t word = (uint64_t)(uintptr_t)pointer;
    return hd_hash_fix((int64_t)(word >> 4 | word << 60));
}

#endif
