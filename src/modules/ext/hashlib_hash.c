/* hashlib_hash.c -- HASH and HASHXOF of the module _hashlib: a digest that is fed piece by piece. See hashlib_types.h
 * for the lock.
 */
#include "hashlib_types.h"

#include "blocking.h"

typedef struct Hash {
    HdObject head;
    EVP_MD_CTX *context;
    HdMutex mutex;
} Hash;

HD_INLINE Hash *as_hash(HdValue v) { return HD_AS(Hash, v); }

static HdValue new_hash(HdThread *t, HdType *type) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    as_hash(self)->context = EVP_MD_CTX_new();
    if (as_hash(self)->context) return self;
    hd_release(t, self);
    return hd_raise_no_memory(t);
}

static int feed(HdThread *t, Hash *hash, HdValue data) {
    HdBuffer buffer;
    if (hd_hash_buffer(t, data, &buffer) < 0) return -1;
    bool detach = buffer.length >= HD_HASH_DETACH;
    hd_mutex_lock(t, &hash->mutex);
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int done = EVP_DigestUpdate(hash->context, buffer.data, (size_t)buffer.length);
    if (detach) hd_blocking_leave_computation(t);
    hd_mutex_unlock(&hash->mutex);
    hd_buffer_release(t, &buffer);
    if (done) return 0;
    hd_hashlib_raise(t, &hd_ValueError);
    return -1;
}

HdValue hd_hashlib_hash_new(HdThread *t, const EVP_MD *digest, HdValue data) {
    bool is_xof = (EVP_MD_get_flags(digest) & EVP_MD_FLAG_XOF) != 0;
    HD_OWNED HdValue self = new_hash(t, is_xof ? &hd_hashlib_xof_type : &hd_hashlib_hash_type);
    if (hd_is_null(self)) return HD_NULL;
    if (!EVP_DigestInit_ex(as_hash(self)->context, digest, NULL)) return hd_hashlib_raise(t, &hd_ValueError);
    if (!hd_is_null(data) && feed(t, as_hash(self), data) < 0) return HD_NULL;
    return hd_move(&self);
}

/* A copy of the context as it is now; NULL = raised. */
static EVP_MD_CTX *copy_context(HdThread *t, Hash *hash) {
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    if (!copy) {
        hd_raise_no_memory(t);
        return NULL;
    }
    hd_mutex_lock(t, &hash->mutex);
    int done = EVP_MD_CTX_copy_ex(copy, hash->context);
    hd_mutex_unlock(&hash->mutex);
    if (done) return copy;
    EVP_MD_CTX_free(copy);
    hd_hashlib_raise(t, &hd_ValueError);
    return NULL;
}

/* --- methods --- */

static HdValue hash_update(HdThread *t, HdValue self, const HdValue *args) {
    return feed(t, as_hash(self), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue hash_copy(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue copy = new_hash(t, hd_type_of(self));
    if (hd_is_null(copy)) return HD_NULL;
    Hash *hash = as_hash(self);
    hd_mutex_lock(t, &hash->mutex);
    int done = EVP_MD_CTX_copy_ex(as_hash(copy)->context, hash->context);
    hd_mutex_unlock(&hash->mutex);
    return done ? hd_move(&copy) : hd_hashlib_raise(t, &hd_ValueError);
}

/* The digest so far in `out` (EVP_MAX_MD_SIZE bytes); its length, -1 raised. */
static HdSize finish(HdThread *t, HdValue self, uint8_t *out) {
    EVP_MD_CTX *context = copy_context(t, as_hash(self));
    if (!context) return -1;
    unsigned length = 0;
    int done = EVP_DigestFinal_ex(context, out, &length);
    EVP_MD_CTX_free(context);
    if (done) return (HdSize)length;
    hd_hashlib_raise(t, &hd_ValueError);
    return -1;
}

static HdValue hash_digest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    HdSize length = finish(t, self, digest);
    return length < 0 ? HD_NULL : hd_bytes_new(t, digest, length);
}

static HdValue hash_hexdigest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    HdSize length = finish(t, self, digest);
    return length < 0 ? HD_NULL : hd_hash_hex(t, digest, length);
}

static HdValue xof_digest(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    if (length < 0) return hd_raise(t, &hd_ValueError, "the length of a digest must not be negative");
    HD_OWNED HdValue result = hd_bytes_new(t, NULL, length);
    if (hd_is_null(result) || length == 0) return hd_move(&result);
    EVP_MD_CTX *context = copy_context(t, as_hash(self));
    if (!context) return HD_NULL;
    bool detach = length >= HD_HASH_DETACH;
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int done = EVP_DigestFinalXOF(context, hd_bytes_data(result), (size_t)length);
    if (detach) hd_blocking_leave_computation(t);
    EVP_MD_CTX_free(context);
    return done ? hd_move(&result) : hd_hashlib_raise(t, &hd_ValueError);
}

static HdValue xof_hexdigest(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue digest = xof_digest(t, self, args);
    return hd_is_null(digest) ? HD_NULL : hd_hash_hex(t, hd_bytes_data(digest), hd_bytes_length(digest));
}

/* --- attributes: the digest of a context never changes, so they take no lock --- */

static const EVP_MD *digest_of(HdValue self) { return EVP_MD_CTX_get0_md(as_hash(self)->context); }

static HdValue get_digest_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(EVP_MD_get_size(digest_of(self)));
}
static HdValue get_xof_size(HdThread *t, HdValue self, void *closure) { return hd_imm_int(0); }
static HdValue get_block_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(EVP_MD_get_block_size(digest_of(self)));
}
static HdValue get_name(HdThread *t, HdValue self, void *closure) {
    return hd_str_from_text(t, hd_hashlib_name(digest_of(self)));
}

static HdValue hash_repr(HdThread *t, HdValue self) {
    return hd_str_format(t, "<%s %T object @ %p>", hd_hashlib_name(digest_of(self)), self, hd_as_object(self));
}

static void hash_dealloc(HdThread *t, HdObject *self) {
    EVP_MD_CTX_free(((Hash *)self)->context);
    hd_type_free(t, self);
}

#define HASH_DOC(lengths)                                                                  \
    "A digest of the bytes it was given so far.\n\n"                                       \
    "update(bytes) gives it more, digest(" lengths ") and hexdigest(" lengths ") tell it, " \
    "copy() makes an independent one;\nname, digest_size and block_size describe it."

static const HdMethodDef hash_methods[] = {
    HD_METHOD(hash_update, "update($self, obj, /)", "Adds the bytes of obj to what is hashed."),
    HD_METHOD(hash_digest, "digest($self, /)", "The digest so far, as bytes."),
    HD_METHOD(hash_hexdigest, "hexdigest($self, /)", "The digest so far, as a str of hexadecimal digits."),
    HD_METHOD(hash_copy, "copy($self, /)", "A hash object of its own in the same state."),
    HD_METHODS_END,
};
static const HdGetSetDef hash_getsets[] = {
    {"digest_size", get_digest_size, NULL, "Bytes in a digest.", NULL},
    {"block_size", get_block_size, NULL, "Bytes that the algorithm takes at a time.", NULL},
    {"name", get_name, NULL, "The algorithm's name.", NULL},
    {0},
};
static const HdMethodDef xof_methods[] = {
    HD_METHOD(xof_digest, "digest($self, /, length)", "The digest so far, as that many bytes."),
    HD_METHOD(xof_hexdigest, "hexdigest($self, /, length)", "The digest so far, as hexadecimal digits of that many bytes."),
    HD_METHODS_END,
};
static const HdGetSetDef xof_getsets[] = {
    {"digest_size", get_xof_size, NULL, "0: a digest may have any length.", NULL},
    {0},
};

HdType hd_hashlib_hash_type = {
    HD_TYPE_HEAD("_hashlib.HASH"),
    .doc = HASH_DOC(""),
    .basicsize = sizeof(Hash),
    .flags = HD_TYPE_BASE | HD_TYPE_DISALLOW_NEW,
    .dealloc = hash_dealloc,
    .repr = hash_repr,
    .methods = hash_methods,
    .getsets = hash_getsets,
};
HdType hd_hashlib_xof_type = {
    HD_TYPE_HEAD("_hashlib.HASHXOF"),
    .doc = HASH_DOC("length"),
    .base = &hd_hashlib_hash_type,
    .basicsize = sizeof(Hash),
    .flags = HD_TYPE_BASE | HD_TYPE_DISALLOW_NEW,
    .dealloc = hash_dealloc,
    .methods = xof_methods,
    .getsets = xof_getsets,
};
