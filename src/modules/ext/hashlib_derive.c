/* hashlib_derive.c -- keys from passwords (PBKDF2, scrypt) and comparison in constant time, for the module _hashlib.
 * Takes no locks; the derivations run detached.
 */
#include "hashlib_types.h"

#include <limits.h>
#include <openssl/crypto.h>

#include "blocking.h"

/* --- PBKDF2 --- */

/* The length asked for: the digest's own for None; -1 raised. */
static int key_length(HdThread *t, HdValue given, const EVP_MD *digest) {
    if (hd_is_null(given) || hd_is_none(given)) return EVP_MD_get_size(digest);
    int64_t length = hd_number_as_i64(t, given);
    if (length == -1 && hd_raised(t)) return -1;
    if (length < 1) return hd_raise_int(t, &hd_ValueError, "key length must be greater than 0.");
    if (length > INT_MAX) return hd_raise_int(t, &hd_OverflowError, "key length is too great.");
    return (int)length;
}

static HdValue pbkdf2(HdThread *t, const EVP_MD *digest, const HdBuffer *password, const HdBuffer *salt,
                      int64_t iterations, HdValue given_length) {
    if (password->length > INT_MAX) return hd_raise(t, &hd_OverflowError, "password is too long.");
    if (salt->length > INT_MAX) return hd_raise(t, &hd_OverflowError, "salt is too long.");
    if (iterations < 1) return hd_raise(t, &hd_ValueError, "iteration value must be greater than 0.");
    if (iterations > INT_MAX) return hd_raise(t, &hd_OverflowError, "iteration value is too great.");
    int length = key_length(t, given_length, digest);
    HD_OWNED HdValue key = length < 0 ? HD_NULL : hd_bytes_new(t, NULL, length);
    if (hd_is_null(key)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int done = PKCS5_PBKDF2_HMAC(password->data, (int)password->length, salt->data, (int)salt->length,
                                 (int)iterations, digest, length, hd_bytes_data(key));
    hd_blocking_leave_computation(t);
    return done ? hd_move(&key) : hd_hashlib_raise(t, &hd_ValueError);
}

HdValue hd_hashlib_pbkdf2(HdThread *t, HdValue module, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "pbkdf2_hmac() argument 'hash_name' must be str, not %T", args[0]);
    }
    const char *name = hd_str_utf8(t, args[0], NULL);
    if (!name) return HD_NULL;
    HdBuffer password, salt;
    if (hd_buffer_get(t, args[1], &password, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue key = HD_NULL;
    if (hd_buffer_get(t, args[2], &salt, HD_BUFFER_SIMPLE) == 0) {
        int64_t iterations = hd_number_as_i64(t, args[3]);
        bool bad = iterations == -1 && hd_raised(t);
        EVP_MD *digest = bad ? NULL : hd_hashlib_digest(t, module, name, true);
        if (digest) {
            key = pbkdf2(t, digest, &password, &salt, iterations, args[4]);
            EVP_MD_free(digest);
        }
        hd_buffer_release(t, &salt);
    }
    hd_buffer_release(t, &password);
    return key;
}

/* --- scrypt --- */

typedef struct ScryptCost {
    uint64_t n, r, p;
    int64_t max_memory, length;
} ScryptCost;

/* A cost given as an int; 0 for what cannot be one, -1 raised. */
static int cost(HdThread *t, HdValue v, const char *name, uint64_t *out) {
    *out = 0;
    if (hd_is_null(v)) return 0;
    if (!hd_is_int(v)) {
        return hd_raise_int(t, &hd_TypeError, "scrypt() argument '%s' must be int, not %T", name, v);
    }
    int64_t small;
    if (hd_int_sign(v) <= 0) return 0;
    if (hd_int_try_i64(v, &small)) {
        *out = (uint64_t)small;
        return 0;
    }
    *out = hd_number_as_u64(t, v);
    if (*out == (uint64_t)-1 && hd_raised(t)) { /* does not fit: as good as not given */
        hd_clear_raised(t);
        *out = 0;
    }
    return 0;
}

static int scrypt_costs(HdThread *t, const HdValue *args, ScryptCost *c) {
    if (cost(t, args[2], "n", &c->n) < 0 || cost(t, args[3], "r", &c->r) < 0 || cost(t, args[4], "p", &c->p) < 0) {
        return -1;
    }
    c->max_memory = hd_is_null(args[5]) ? 0 : hd_number_as_i64(t, args[5]);
    if (c->max_memory == -1 && hd_raised(t)) return -1;
    c->length = hd_is_null(args[6]) ? 64 : hd_number_as_i64(t, args[6]);
    if (c->length == -1 && hd_raised(t)) return -1;
    if (hd_is_null(args[1]) || hd_is_none(args[1])) return hd_raise_int(t, &hd_TypeError, "salt is required");
    return 0;
}

static HdValue scrypt(HdThread *t, const ScryptCost *c, const HdBuffer *password, const HdBuffer *salt) {
    if (password->length > INT_MAX) return hd_raise(t, &hd_OverflowError, "password is too long.");
    if (salt->length > INT_MAX) return hd_raise(t, &hd_OverflowError, "salt is too long.");
    if (c->n < 2 || (c->n & (c->n - 1))) return hd_raise(t, &hd_ValueError, "n must be a power of 2.");
    if (c->max_memory < 0 || c->max_memory > INT_MAX) {
        return hd_raise(t, &hd_ValueError, "maxmem must be positive and smaller than %d", INT_MAX);
    }
    if (c->length < 1 || c->length > INT_MAX) {
        return hd_raise(t, &hd_ValueError, "dklen must be greater than 0 and smaller than %d", INT_MAX);
    }
    /* without a place for the key the costs are checked and no more */
    uint64_t memory = (uint64_t)c->max_memory;
    if (!EVP_PBE_scrypt(NULL, 0, NULL, 0, c->n, c->r, c->p, memory, NULL, 0)) {
        return hd_hashlib_raise(t, &hd_ValueError);
    }
    HD_OWNED HdValue key = hd_bytes_new(t, NULL, c->length);
    if (hd_is_null(key)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int done = EVP_PBE_scrypt(password->data, (size_t)password->length, salt->data, (size_t)salt->length, c->n, c->r,
                              c->p, memory, hd_bytes_data(key), (size_t)c->length);
    hd_blocking_leave_computation(t);
    return done ? hd_move(&key) : hd_hashlib_raise(t, &hd_ValueError);
}

HdValue hd_hashlib_scrypt(HdThread *t, HdValue module, const HdValue *args) {
    ScryptCost c;
    HdBuffer password, salt;
    if (hd_buffer_get(t, args[0], &password, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue key = HD_NULL;
    if (scrypt_costs(t, args, &c) == 0 && hd_buffer_get(t, args[1], &salt, HD_BUFFER_SIMPLE) == 0) {
        if (hd_is_null(args[2])) hd_raise(t, &hd_TypeError, "n is required and must be an unsigned int");
        else if (c.r == 0) hd_raise(t, &hd_TypeError, "r is required and must be an unsigned int");
        else if (c.p == 0) hd_raise(t, &hd_TypeError, "p is required and must be an unsigned int");
        else key = scrypt(t, &c, &password, &salt);
        hd_buffer_release(t, &salt);
    }
    hd_buffer_release(t, &password);
    return key;
}

/* --- comparison --- */

HdValue hd_hashlib_compare_digest(HdThread *t, HdValue module, const HdValue *args) {
    if (hd_is_str(args[0]) && hd_is_str(args[1])) {
        if (!hd_str(args[0])->ascii || !hd_str(args[1])->ascii) {
            return hd_raise(t, &hd_TypeError, "comparing strings with non-ASCII characters is not supported");
        }
        HdSize length = hd_str_length(args[0]);
        return hd_bool(length == hd_str_length(args[1]) &&
                       CRYPTO_memcmp(hd_str_data(args[0]), hd_str_data(args[1]), (size_t)length) == 0);
    }
    if (!hd_buffer_check(args[0]) && !hd_buffer_check(args[1])) {
        return hd_raise(t, &hd_TypeError, "unsupported operand types(s) or combination of types: '%T' and '%T'", args[0],
                        args[1]);
    }
    HdBuffer a, b;
    if (hd_buffer_get(t, args[0], &a, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (hd_buffer_get(t, args[1], &b, HD_BUFFER_SIMPLE) == 0) {
        result = hd_bool(a.length == b.length && CRYPTO_memcmp(a.data, b.data, (size_t)a.length) == 0);
        hd_buffer_release(t, &b);
    }
    hd_buffer_release(t, &a);
    return result;
}
