/* mod__sha512.c -- the module _sha512: SHA-512 and SHA-384, so that `import random` needs no OpenSSL.
 *
 * Source: FIPS 180-4. The constants are the first 64 bits behind the point of the cube roots of the first 80 primes and
 * of the square roots of the first 16. An object's state is guarded by its mutex, in both modes, for a thread that
 * hashes a long piece does so detached, holding it.
 */
#include "blocking.h"
#include "hash_common.h"
#include "mutex.h"

enum { BLOCK = 128 };

typedef struct Sha512 {
    uint64_t h[8];
    uint64_t count; /* bytes taken so far */
    uint8_t block[BLOCK]; /* the last count % BLOCK of them */
} Sha512;

typedef struct Hash {
    HdObject head;
    HdMutex mutex;
    int digest_size;
    Sha512 state;
} Hash;

static const uint64_t constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static const uint64_t starts[2][8] = {
    {
        0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
        0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
    },
    {
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    },
};

/* --- the algorithm --- */

HD_INLINE uint64_t rotate(uint64_t x, int n) { return x >> n | x << (64 - n); }

static void take_block(uint64_t h[8], const uint8_t *block) {
    uint64_t w[80], v[8];
    for (int i = 0; i < 16; i++) {
        memcpy(&w[i], block + 8 * i, 8);
        w[i] = __builtin_bswap64(w[i]);
    }
    for (int i = 16; i < 80; i++) {
        uint64_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 1) ^ rotate(a, 8) ^ a >> 7) + (rotate(b, 19) ^ rotate(b, 61) ^ b >> 6);
    }
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 80; i++) {
        uint64_t a = v[0], e = v[4];
        uint64_t one = v[7] + (rotate(e, 14) ^ rotate(e, 18) ^ rotate(e, 41)) + ((e & v[5]) ^ (~e & v[6])) +
                       constants[i] + w[i];
        uint64_t two = (rotate(a, 28) ^ rotate(a, 34) ^ rotate(a, 39)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) h[i] += v[i];
}

static void take(Sha512 *s, const uint8_t *bytes, size_t count) {
    size_t have = s->count % BLOCK;
    s->count += count;
    if (have) {
        size_t piece = BLOCK - have < count ? BLOCK - have : count;
        memcpy(s->block + have, bytes, piece);
        bytes += piece;
        count -= piece;
        if (have + piece < BLOCK) return;
        take_block(s->h, s->block);
    }
    for (; count >= BLOCK; bytes += BLOCK, count -= BLOCK) take_block(s->h, bytes);
    if (count) memcpy(s->block, bytes, count);
}

/* Uses the state up; `out` has room for 64 bytes. */
static void finish(Sha512 *s, uint8_t *out) {
    static const uint8_t padding[BLOCK] = {0x80};
    uint64_t bits[2] = {__builtin_bswap64(s->count >> 61), __builtin_bswap64(s->count << 3)};
    size_t have = s->count % BLOCK;
    take(s, padding, (have < BLOCK - 16 ? BLOCK - 16 : 2 * BLOCK - 16) - have);
    take(s, (const uint8_t *)bits, sizeof bits);
    for (int i = 0; i < 8; i++) {
        uint64_t word = __builtin_bswap64(s->h[i]);
        memcpy(out + 8 * i, &word, 8);
    }
}

/* --- objects --- */

static HdType sha384_type, sha512_type;

HD_INLINE Hash *as_hash(HdValue v) { return HD_AS(Hash, v); }

static int feed(HdThread *t, Hash *hash, HdValue data) {
    HdBuffer buffer;
    if (hd_hash_buffer(t, data, &buffer) < 0) return -1;
    bool detach = buffer.length >= HD_HASH_DETACH;
    hd_mutex_lock(t, &hash->mutex);
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    take(&hash->state, buffer.data, (size_t)buffer.length);
    if (detach) hd_blocking_leave_computation(t);
    hd_mutex_unlock(&hash->mutex);
    hd_buffer_release(t, &buffer);
    return 0;
}

static HdValue new_hash(HdThread *t, HdType *type, const HdValue *args) {
    if (!hd_is_null(args[1]) && hd_object_truth(t, args[1]) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Hash *hash = as_hash(self);
    hash->digest_size = type == &sha512_type ? 64 : 48;
    memcpy(hash->state.h, starts[type == &sha512_type], sizeof hash->state.h);
    return !hd_is_null(args[0]) && feed(t, hash, args[0]) < 0 ? HD_NULL : hd_move(&self);
}

static Sha512 snapshot(HdThread *t, Hash *hash) {
    hd_mutex_lock(t, &hash->mutex);
    Sha512 state = hash->state;
    hd_mutex_unlock(&hash->mutex);
    return state;
}

static HdValue hash_update(HdThread *t, HdValue self, const HdValue *args) {
    return feed(t, as_hash(self), args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue hash_digest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[64];
    Sha512 state = snapshot(t, as_hash(self));
    finish(&state, digest);
    return hd_bytes_new(t, digest, as_hash(self)->digest_size);
}
static HdValue hash_hexdigest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[64];
    Sha512 state = snapshot(t, as_hash(self));
    finish(&state, digest);
    return hd_hash_hex(t, digest, as_hash(self)->digest_size);
}
static HdValue hash_copy(HdThread *t, HdValue self, const HdValue *args) {
    HdValue copy = hd_type_alloc(t, hd_type_of(self));
    if (hd_is_null(copy)) return copy;
    as_hash(copy)->digest_size = as_hash(self)->digest_size;
    as_hash(copy)->state = snapshot(t, as_hash(self));
    return copy;
}
static HdValue get_block_size(HdThread *t, HdValue self, void *closure) { return hd_imm_int(BLOCK); }
static HdValue get_name(HdThread *t, HdValue self, void *closure) {
    return hd_str_from_text(t, as_hash(self)->digest_size == 64 ? "sha512" : "sha384");
}

static HdValue make_sha384(HdThread *t, HdValue module, const HdValue *args) { return new_hash(t, &sha384_type, args); }
static HdValue make_sha512(HdThread *t, HdValue module, const HdValue *args) { return new_hash(t, &sha512_type, args); }

/* --- tables --- */

static const HdMethodDef hash_methods[] = {
    HD_METHOD(hash_copy, "copy($self, /)", "A hash object of its own in the same state."),
    HD_METHOD(hash_digest, "digest($self, /)", "The digest so far, as bytes."),
    HD_METHOD(hash_hexdigest, "hexdigest($self, /)", "The digest so far, as a str of hexadecimal digits."),
    HD_METHOD(hash_update, "update($self, obj, /)", "Adds the bytes of obj to what is hashed."),
    HD_METHODS_END,
};
static const HdMemberDef hash_members[] = {
    {"digest_size", HD_MEMBER_INT, offsetof(Hash, digest_size), true, NULL},
    {0},
};
static const HdGetSetDef hash_getsets[] = {
    {"block_size", get_block_size, NULL, NULL, NULL},
    {"name", get_name, NULL, NULL, NULL},
    {0},
};

#define HASH_TYPE(type_name)                             \
    {                                                    \
        HD_TYPE_HEAD(type_name),                         \
        .basicsize = sizeof(Hash),                       \
        .flags = HD_TYPE_DISALLOW_NEW,                   \
        .methods = hash_methods,                         \
        .members = hash_members,                         \
        .getsets = hash_getsets,                         \
    }
static HdType sha384_type = HASH_TYPE("_sha512.sha384");
static HdType sha512_type = HASH_TYPE("_sha512.sha512");

static const HdMethodDef functions[] = {
    HD_METHOD(make_sha512, "sha512($module, /, string=b'', *, usedforsecurity=True)",
              "A SHA-512 hash object, given the bytes of string."),
    HD_METHOD(make_sha384, "sha384($module, /, string=b'', *, usedforsecurity=True)",
              "A SHA-384 hash object, given the bytes of string."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &sha384_type) < 0 || hd_type_ready(t, &sha512_type) < 0) return -1;
    if (hd_module_set(t, module, "SHA384Type", hd_type_value(&sha384_type)) < 0) return -1;
    return hd_module_set(t, module, "SHA512Type", hd_type_value(&sha512_type));
}

const HdModuleDef hd_module__sha512 = {
    .name = "_sha512",
    .doc = "SHA-512 and SHA-384.",
    .functions = functions,
    .exec = exec,
};
