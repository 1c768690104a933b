/* hashlib_hmac.c -- HMAC objects of the module _hashlib, and HMAC in one go. See hashlib_types.h for the lock. */
#include "hashlib_types.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include "blocking.h"

typedef struct Hmac {
    HdObject head;
    EVP_MAC_CTX *context;
    EVP_MD *digest;
    HdMutex mutex;
} Hmac;

HD_INLINE Hmac *as_hmac(HdValue v) { return HD_AS(Hmac, v); }

static int feed(HdThread *t, Hmac *hmac, HdValue data) {
    HdBuffer buffer;
    if (hd_hash_buffer(t, data, &buffer) < 0) return -1;
    bool detach = buffer.length >= HD_HASH_DETACH;
    hd_mutex_lock(t, &hmac->mutex);
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int done = EVP_MAC_update(hmac->context, buffer.data, (size_t)buffer.length);
    if (detach) hd_blocking_leave_computation(t);
    hd_mutex_unlock(&hmac->mutex);
    hd_buffer_release(t, &buffer);
    if (done) return 0;
    hd_hashlib_raise(t, &hd_ValueError);
    return -1;
}

/* A context ready for data; NULL: an error is in OpenSSL's queue. */
static EVP_MAC_CTX *start(const EVP_MD *digest, const HdBuffer *key) {
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    EVP_MAC_free(algorithm); /* the context counts it */
    if (!context) return NULL;
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)EVP_MD_get0_name(digest), 0),
        OSSL_PARAM_construct_end(),
    };
    const uint8_t *bytes = key->length ? key->data : (const uint8_t *)""; /* NULL would mean: no key */
    if (EVP_MAC_init(context, bytes, (size_t)key->length, params)) return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

HdValue hd_hashlib_hmac_new(HdThread *t, HdValue module, const HdValue *args) {
    HdBuffer key;
    if (hd_buffer_get(t, args[0], &key, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HD_OWNED HdValue self = HD_NULL;
    EVP_MD *digest = NULL;
    if (key.length > INT_MAX) {
        hd_raise(t, &hd_OverflowError, "key is too long.");
    } else if (hd_is_null(args[2])) {
        hd_raise(t, &hd_TypeError, "Missing required parameter 'digestmod'.");
    } else {
        digest = hd_hashlib_digest_by_mod(t, module, args[2]);
    }
    if (digest) self = hd_type_alloc(t, &hd_hashlib_hmac_type);
    if (!hd_is_null(self)) {
        as_hmac(self)->digest = digest; /* taken over */
        as_hmac(self)->context = start(digest, &key);
        if (!as_hmac(self)->context) {
            hd_clear_slot(t, &self);
            hd_hashlib_raise(t, &hd_ValueError);
        }
    } else if (digest) {
        EVP_MD_free(digest);
    }
    hd_buffer_release(t, &key);
    if (hd_is_null(self)) return HD_NULL;
    bool empty = hd_is_null(args[1]) || hd_is_none(args[1]);
    return !empty && feed(t, as_hmac(self), args[1]) < 0 ? HD_NULL : hd_move(&self);
}

static HdValue digest_pieces(HdThread *t, const EVP_MD *digest, const HdBuffer *key, const HdBuffer *message) {
    uint8_t result[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (key->length > INT_MAX) return hd_raise(t, &hd_OverflowError, "key is too long.");
    if (message->length > INT_MAX) return hd_raise(t, &hd_OverflowError, "msg is too long.");
    bool detach = message->length >= HD_HASH_DETACH;
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    const uint8_t *done = HMAC(digest, key->length ? key->data : "", (int)key->length, message->data,
                               (size_t)message->length, result, &length);
    if (detach) hd_blocking_leave_computation(t);
    return done ? hd_bytes_new(t, result, (HdSize)length) : hd_hashlib_raise(t, &hd_ValueError);
}

HdValue hd_hashlib_hmac_digest(HdThread *t, HdValue module, const HdValue *args) {
    HdBuffer key, message;
    if (hd_buffer_get(t, args[0], &key, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (hd_buffer_get(t, args[1], &message, HD_BUFFER_SIMPLE) == 0) {
        EVP_MD *digest = hd_hashlib_digest_by_mod(t, module, args[2]);
        if (digest) {
            result = digest_pieces(t, digest, &key, &message);
            EVP_MD_free(digest);
        }
        hd_buffer_release(t, &message);
    }
    hd_buffer_release(t, &key);
    return result;
}

/* --- methods --- */

static HdValue hmac_update(HdThread *t, HdValue self, const HdValue *args) {
    return feed(t, as_hmac(self), args[0]) < 0 ? HD_NULL : hd_None;
}

static EVP_MAC_CTX *copy_context(HdThread *t, Hmac *hmac) {
    hd_mutex_lock(t, &hmac->mutex);
    EVP_MAC_CTX *copy = EVP_MAC_CTX_dup(hmac->context);
    hd_mutex_unlock(&hmac->mutex);
    if (!copy) hd_hashlib_raise(t, &hd_ValueError);
    return copy;
}

static HdValue hmac_copy(HdThread *t, HdValue self, const HdValue *args) {
    Hmac *hmac = as_hmac(self);
    HD_OWNED HdValue copy = hd_type_alloc(t, &hd_hashlib_hmac_type);
    if (hd_is_null(copy)) return HD_NULL;
    as_hmac(copy)->context = copy_context(t, hmac);
    if (!as_hmac(copy)->context) return HD_NULL;
    EVP_MD_up_ref(hmac->digest);
    as_hmac(copy)->digest = hmac->digest;
    return hd_move(&copy);
}

static HdSize finish(HdThread *t, HdValue self, uint8_t *out) {
    EVP_MAC_CTX *context = copy_context(t, as_hmac(self));
    if (!context) return -1;
    size_t length = 0;
    int done = EVP_MAC_final(context, out, &length, EVP_MAX_MD_SIZE);
    EVP_MAC_CTX_free(context);
    if (done) return (HdSize)length;
    hd_hashlib_raise(t, &hd_ValueError);
    return -1;
}

static HdValue hmac_digest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    HdSize length = finish(t, self, digest);
    return length < 0 ? HD_NULL : hd_bytes_new(t, digest, length);
}

static HdValue hmac_hexdigest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    HdSize length = finish(t, self, digest);
    return length < 0 ? HD_NULL : hd_hash_hex(t, digest, length);
}

static HdValue get_digest_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(EVP_MD_get_size(as_hmac(self)->digest));
}
static HdValue get_block_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(EVP_MD_get_block_size(as_hmac(self)->digest));
}
static HdValue get_name(HdThread *t, HdValue self, void *closure) {
    return hd_str_format(t, "hmac-%s", hd_hashlib_name(as_hmac(self)->digest));
}

static HdValue hmac_repr(HdThread *t, HdValue self) {
    return hd_str_format(t, "<%s HMAC object @ %p>", hd_hashlib_name(as_hmac(self)->digest), hd_as_object(self));
}

static void hmac_dealloc(HdThread *t, HdObject *self) {
    EVP_MAC_CTX_free(((Hmac *)self)->context);
    EVP_MD_free(((Hmac *)self)->digest);
    hd_type_free(t, self);
}

static const HdMethodDef hmac_methods[] = {
    HD_METHOD(hmac_update, "update($self, /, msg)", "Adds the bytes of msg to the message."),
    HD_METHOD(hmac_digest, "digest($self, /)", "The code of the message so far, as bytes."),
    HD_METHOD(hmac_hexdigest, "hexdigest($self, /)", "The code of the message so far, as hexadecimal digits."),
    HD_METHOD(hmac_copy, "copy($self, /)", "An HMAC object of its own in the same state."),
    HD_METHODS_END,
};
static const HdGetSetDef hmac_getsets[] = {
    {"digest_size", get_digest_size, NULL, "Bytes in a digest.", NULL},
    {"block_size", get_block_size, NULL, "Bytes that the hash takes at a time.", NULL},
    {"name", get_name, NULL, "The name: hmac- and the hash's.", NULL},
    {0},
};

HdType hd_hashlib_hmac_type = {
    HD_TYPE_HEAD("_hashlib.HMAC"),
    .doc = "Computes the HMAC of a message given piece by piece.\n\n"
           "update(bytes) gives it more, digest() and hexdigest() tell the code, copy() makes an independent one;\n"
           "name, digest_size and block_size describe it.",
    .basicsize = sizeof(Hmac),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = hmac_dealloc,
    .repr = hmac_repr,
    .methods = hmac_methods,
    .getsets = hmac_getsets,
};
