/* hash.c -- SipHash-1-3 and the hashes of numbers.
 *
 * SipHash: Jean-Philippe Aumasson, Daniel J. Bernstein, "SipHash: a fast short-input PRF" (2012), with one round a
 * word and three at the end. Numbers: the reduction modulo 2**61 - 1 that Python documents under "Hashing of numeric
 * types". Pure functions.
 */
#include "hash.h"

#include <math.h>

HdHashKey hd_hash_key_from_seed(uint32_t seed) {
    HdHashKey key = {0, 0};
    if (seed == 0) return key;
    uint32_t x = seed;
    for (int i = 0; i < 16; i++) {
        x = x * 214013u + 2531011u;
        uint64_t byte = (x >> 16) & 0xff;
        if (i < 8) key.k0 |= byte << (8 * i);
        else key.k1 |= byte << (8 * (i - 8));
    }
    return key;
}

HD_INLINE uint64_t rotl(uint64_t x, int n) { return x << n | x >> (64 - n); }

HD_INLINE void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] = rotl(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] = rotl(v[2], 32);
}

/* The `left` bytes at p, fewer than eight, which end a text of `length`. */
HD_INLINE uint64_t last_bytes(const unsigned char *p, size_t left, size_t length) {
    if (left == 0) return 0;
    if (length >= 8) { /* with some that were seen already */
        uint64_t word;
        memcpy(&word, p + left - 8, 8);
        return word >> (64 - 8 * left);
    }
    if (left >= 4) {
        uint32_t head, tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + left - 4, 4);
        return head | (uint64_t)tail << (8 * (left - 4));
    }
    return p[0] | (uint64_t)p[left / 2] << (8 * (left / 2)) | (uint64_t)p[left - 1] << (8 * (left - 1));
}

int64_t hd_hash_bytes(HdHashKey key, const void *bytes, size_t length) {
    if (length == 0) return 0;
    uint64_t v[4] = {key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du, key.k0 ^ 0x6c7967656e657261u,
                     key.k1 ^ 0x7465646279746573u};
    const unsigned char *p = bytes;
    size_t left = length;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)length << 56 | last_bytes(p, left, length);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return hd_hash_fix((int64_t)(v[0] ^ v[1] ^ v[2] ^ v[3]));
}

/* x mod 2**61 - 1 for any 64-bit x. */
static uint64_t reduce(uint64_t x) {
    x = (x & HD_HASH_MODULUS) + (x >> 61);
    return x >= HD_HASH_MODULUS ? x - HD_HASH_MODULUS : x;
}

/* x * 2**n mod 2**61 - 1, for a reduced x: a rotation of 61 bits. */
static uint64_t shift_reduced(uint64_t x, int n) {
    return ((x << n) & HD_HASH_MODULUS) | x >> (61 - n);
}

int64_t hd_hash_limbs(const uint64_t *limbs, size_t count, bool negative) {
    uint64_t h = 0;
    for (size_t i = count; i-- > 0;) h = reduce(shift_reduced(h, 3) + reduce(limbs[i])); /* 2**64 is 2**3 here */
    return hd_hash_fix(negative ? -(int64_t)h : (int64_t)h);
}

int64_t hd_hash_double(double number, int64_t identity) {
    if (isnan(number)) return identity;
    if (isinf(number)) return number > 0 ? HD_HASH_INF : -HD_HASH_INF;
    int exponent;
    double fraction = frexp(fabs(number), &exponent);
    uint64_t h = reduce((uint64_t)ldexp(fraction, 53));
    exponent = (exponent - 53) % 61;
    if (exponent < 0) exponent += 61;
    h = shift_reduced(h, exponent);
    if (h >= HD_HASH_MODULUS) h = 0;
    return hd_hash_fix(number < 0 ? -(int64_t)h : (int64_t)h);
}
