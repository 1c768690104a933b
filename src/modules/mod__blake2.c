/* mod__blake2.c -- the module _blake2: blake2b and blake2s with key, salt, personalisation and tree hashing, which
 * OpenSSL does not offer. An object's state is guarded by its mutex, in both modes, for a thread that hashes a long
 * piece does so detached, holding it.
 */
#include "blake2_core.h"
#include "blocking.h"
#include "hash_common.h"
#include "mutex.h"

typedef struct Hash {
    HdObject head;
    HdMutex mutex;
    uint8_t digest_size;
    HdBlake2 state;
} Hash;

static HdType blake2b_type, blake2s_type;

HD_INLINE Hash *as_hash(HdValue v) { return HD_AS(Hash, v); }

static void feed_bytes(HdThread *t, Hash *hash, const void *bytes, HdSize count) {
    bool detach = count >= HD_HASH_DETACH;
    hd_mutex_lock(t, &hash->mutex);
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    hd_blake2_take(&hash->state, bytes, (size_t)count);
    if (detach) hd_blocking_leave_computation(t);
    hd_mutex_unlock(&hash->mutex);
}

static int feed(HdThread *t, Hash *hash, HdValue data) {
    HdBuffer buffer;
    if (hd_hash_buffer(t, data, &buffer) < 0) return -1;
    feed_bytes(t, hash, buffer.data, buffer.length);
    hd_buffer_release(t, &buffer);
    return 0;
}

/* --- making --- */

/* The arguments in order of the signature. */
enum {
    DATA, DIGEST_SIZE, KEY, SALT, PERSON, FANOUT, DEPTH, LEAF_SIZE, NODE_OFFSET, NODE_DEPTH, INNER_SIZE, LAST_NODE,
    USED_FOR_SECURITY, ARGUMENTS
};

/* A C int between two bounds; -1 raised. */
static int small(HdThread *t, HdValue v, int absent, int low, int high, const char *message) {
    int n = hd_is_null(v) ? absent : hd_number_as_int(t, v);
    if (n == -1 && hd_raised(t)) return -1;
    return n < low || n > high ? hd_raise_int(t, &hd_ValueError, message, high) : n;
}

/* An unsigned number of `bytes` bytes, little-endian. */
static int number(HdThread *t, HdValue v, const char *name, uint8_t *out, size_t bytes) {
    if (hd_is_null(v)) return 0;
    HD_OWNED HdValue n = hd_number_index(t, v);
    if (hd_is_null(n)) return -1;
    if (hd_int_sign(n) < 0) return hd_raise_int(t, &hd_ValueError, "value must be positive");
    uint64_t value = hd_number_as_u64(t, n);
    if (value == (uint64_t)-1 && hd_raised(t)) return -1;
    if (bytes < 8 && value >> (8 * bytes)) return hd_raise_int(t, &hd_OverflowError, "%s is too large", name);
    memcpy(out, &value, bytes);
    return 0;
}

/* Copies at most `size` bytes of a bytes-like argument; their number, -1 raised. */
static int bytes_argument(HdThread *t, HdValue v, const char *name, uint8_t *out, HdSize size) {
    if (hd_is_null(v)) return 0;
    HdBuffer buffer;
    if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    HdSize length = buffer.length;
    if (length && length <= size) memcpy(out, buffer.data, (size_t)length);
    hd_buffer_release(t, &buffer);
    if (length <= size) return (int)length;
    return hd_raise_int(t, &hd_ValueError, "maximum %s length is %zd bytes", name, size);
}

/* Fills the parameter block; -1 raised. */
static int fill_parameters(HdThread *t, bool wide, const HdValue *args, uint8_t *p) {
    HdSize text = wide ? 16 : 8; /* of salt and personalisation */
    size_t offset_bytes = wide ? 8 : 6;
    int n = small(t, args[FANOUT], 1, 0, 255, "fanout must be between 0 and %d");
    if (n < 0) return -1;
    p[2] = (uint8_t)n;
    n = small(t, args[DEPTH], 1, 1, 255, "depth must be between 1 and %d");
    if (n < 0) return -1;
    p[3] = (uint8_t)n;
    if (number(t, args[LEAF_SIZE], "leaf_size", p + 4, 4) < 0) return -1;
    if (number(t, args[NODE_OFFSET], "node_offset", p + 8, offset_bytes) < 0) return -1;
    n = small(t, args[NODE_DEPTH], 0, 0, 255, "node_depth must be between 0 and %d");
    if (n < 0) return -1;
    p[8 + offset_bytes] = (uint8_t)n;
    n = small(t, args[INNER_SIZE], 0, 0, wide ? 64 : 32, "inner_size must be between 0 and is %d");
    if (n < 0) return -1;
    p[9 + offset_bytes] = (uint8_t)n;
    uint8_t *salt = p + (wide ? 32 : 16);
    if (bytes_argument(t, args[SALT], "salt", salt, text) < 0) return -1;
    return bytes_argument(t, args[PERSON], "person", salt + text, text);
}

static HdValue new_hash(HdThread *t, HdType *type, const HdValue *args) {
    bool wide = type == &blake2b_type;
    int max = wide ? 64 : 32;
    uint8_t parameters[64] = {0}, key[128] = {0};
    int size = hd_is_null(args[DIGEST_SIZE]) ? max : hd_number_as_int(t, args[DIGEST_SIZE]);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 1 || size > max) {
        return hd_raise(t, &hd_ValueError, "digest_size must be between 1 and %d bytes", max);
    }
    int key_length = bytes_argument(t, args[KEY], "key", key, max);
    if (key_length < 0 || fill_parameters(t, wide, args, parameters) < 0) return HD_NULL;
    int last_node = hd_is_null(args[LAST_NODE]) ? 0 : hd_object_truth(t, args[LAST_NODE]);
    int security = hd_is_null(args[USED_FOR_SECURITY]) ? 1 : hd_object_truth(t, args[USED_FOR_SECURITY]);
    if (last_node < 0 || security < 0) return HD_NULL;
    parameters[0] = (uint8_t)size;
    parameters[1] = (uint8_t)key_length;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Hash *hash = as_hash(self);
    hash->digest_size = (uint8_t)size;
    hd_blake2_start(&hash->state, wide, parameters, last_node);
    if (key_length) hd_blake2_take(&hash->state, key, hd_blake2_block_size(&hash->state));
    return !hd_is_null(args[DATA]) && feed(t, hash, args[DATA]) < 0 ? HD_NULL : hd_move(&self);
}

#define PARAMETERS(name)                                                                                          \
    "(data=b'', /, *, digest_size=_blake2." name ".MAX_DIGEST_SIZE, key=b'', salt=b'', person=b'', fanout=1, "   \
    "depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)"

static const HdMethodDef blake2b_new = {.signature = "blake2b" PARAMETERS("blake2b")};
static const HdMethodDef blake2s_new = {.signature = "blake2s" PARAMETERS("blake2s")};

static HdValue blake2b_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[ARGUMENTS];
    return hd_native_bind(t, &blake2b_new, refs, nargs, kwnames, args) < 0 ? HD_NULL : new_hash(t, type, args);
}
static HdValue blake2s_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[ARGUMENTS];
    return hd_native_bind(t, &blake2s_new, refs, nargs, kwnames, args) < 0 ? HD_NULL : new_hash(t, type, args);
}

/* --- methods --- */

static HdBlake2 snapshot(HdThread *t, Hash *hash) {
    hd_mutex_lock(t, &hash->mutex);
    HdBlake2 state = hash->state;
    hd_mutex_unlock(&hash->mutex);
    return state;
}
static HdValue hash_update(HdThread *t, HdValue self, const HdValue *args) {
    return feed(t, as_hash(self), args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue hash_digest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[64];
    HdBlake2 state = snapshot(t, as_hash(self));
    hd_blake2_finish(&state, digest);
    return hd_bytes_new(t, digest, as_hash(self)->digest_size);
}
static HdValue hash_hexdigest(HdThread *t, HdValue self, const HdValue *args) {
    uint8_t digest[64];
    HdBlake2 state = snapshot(t, as_hash(self));
    hd_blake2_finish(&state, digest);
    return hd_hash_hex(t, digest, as_hash(self)->digest_size);
}
static HdValue hash_copy(HdThread *t, HdValue self, const HdValue *args) {
    HdValue copy = hd_type_alloc(t, hd_type_of(self));
    if (hd_is_null(copy)) return copy;
    as_hash(copy)->digest_size = as_hash(self)->digest_size;
    as_hash(copy)->state = snapshot(t, as_hash(self));
    return copy;
}
static HdValue get_name(HdThread *t, HdValue self, void *closure) {
    return hd_str_from_text(t, as_hash(self)->state.wide ? "blake2b" : "blake2s");
}
static HdValue get_block_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int((int64_t)hd_blake2_block_size(&as_hash(self)->state));
}
static HdValue get_digest_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(as_hash(self)->digest_size);
}

/* --- tables --- */

static const HdMethodDef hash_methods[] = {
    HD_METHOD(hash_copy, "copy($self, /)", "A hash object of its own in the same state."),
    HD_METHOD(hash_digest, "digest($self, /)", "The digest so far, as bytes."),
    HD_METHOD(hash_hexdigest, "hexdigest($self, /)", "The digest so far, as a str of hexadecimal digits."),
    HD_METHOD(hash_update, "update($self, data, /)", "Adds the bytes of data to what is hashed."),
    HD_METHODS_END,
};
static const HdGetSetDef hash_getsets[] = {
    {"name", get_name, NULL, NULL, NULL},
    {"block_size", get_block_size, NULL, NULL, NULL},
    {"digest_size", get_digest_size, NULL, NULL, NULL},
    {0},
};

static HdType blake2b_type = {
    HD_TYPE_HEAD("_blake2.blake2b"),
    .doc = "blake2b" PARAMETERS("blake2b") "\n--\n\nA new BLAKE2b hash object.",
    .basicsize = sizeof(Hash),
    .create = blake2b_create,
    .methods = hash_methods,
    .getsets = hash_getsets,
};
static HdType blake2s_type = {
    HD_TYPE_HEAD("_blake2.blake2s"),
    .doc = "blake2s" PARAMETERS("blake2s") "\n--\n\nA new BLAKE2s hash object.",
    .basicsize = sizeof(Hash),
    .create = blake2s_create,
    .methods = hash_methods,
    .getsets = hash_getsets,
};

/* The type and its limits, as attributes of the type and as constants of the module. */
static int add_type(HdThread *t, HdValue module, HdType *type, const char *prefix, int size) {
    static const struct {
        const char *name;
        int share; /* of `size` */
    } limits[] = {{"SALT_SIZE", 4}, {"PERSON_SIZE", 4}, {"MAX_KEY_SIZE", 1}, {"MAX_DIGEST_SIZE", 1}};
    if (hd_module_add_type(t, module, type) < 0) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(limits); i++) {
        HdValue value = hd_imm_int(size / limits[i].share);
        HD_OWNED HdValue name = hd_str_format(t, "%s_%s", prefix, limits[i].name);
        const char *text = hd_is_null(name) ? NULL : hd_str_utf8(t, name, NULL);
        if (!text || hd_module_set(t, module, text, value) < 0) return -1;
        if (hd_dict_set_text(t, type->dict, limits[i].name, value) < 0) return -1;
    }
    hd_type_modified(t, type);
    return 0;
}

static int exec(HdThread *t, HdValue module) {
    if (add_type(t, module, &blake2b_type, "BLAKE2B", 64) < 0) return -1;
    return add_type(t, module, &blake2s_type, "BLAKE2S", 32);
}

const HdModuleDef hd_module__blake2 = {
    .name = "_blake2",
    .doc = "BLAKE2b and BLAKE2s.",
    .exec = exec,
};
