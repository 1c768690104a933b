/* mod__hashlib.c -- the module _hashlib: OpenSSL's digests for hashlib and hmac.
 *
 * Digests are fetched from OpenSSL once and kept in the module's state; the slots are filled by compare-and-swap, so
 * that looking one up takes no lock.
 */
#include "hashlib_types.h"

#include <openssl/err.h>
#include <openssl/objects.h>

/* Python's names of digests where OpenSSL has others. */
static const struct DigestName {
    const char *name, *openssl;
    int nid;
} digest_names[HD_HASHLIB_NAMES] = {
    {"md5", "MD5", NID_md5},
    {"sha1", "SHA1", NID_sha1},
    {"sha224", "SHA2-224", NID_sha224},
    {"sha256", "SHA2-256", NID_sha256},
    {"sha384", "SHA2-384", NID_sha384},
    {"sha512", "SHA2-512", NID_sha512},
    {"sha512_224", "SHA2-512/224", NID_sha512_224},
    {"sha512_256", "SHA2-512/256", NID_sha512_256},
    {"sha3_224", "SHA3-224", NID_sha3_224},
    {"sha3_256", "SHA3-256", NID_sha3_256},
    {"sha3_384", "SHA3-384", NID_sha3_384},
    {"sha3_512", "SHA3-512", NID_sha3_512},
    {"shake_128", "SHAKE-128", NID_shake128},
    {"shake_256", "SHAKE-256", NID_shake256},
    {"blake2s", "BLAKE2S-256", NID_blake2s256},
    {"blake2b", "BLAKE2B-512", NID_blake2b512},
};

HdValue hd_hashlib_raise(HdThread *t, HdType *type) {
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (!code) return hd_raise(t, type, "no reason supplied");
    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) return hd_raise_no_memory(t);
    const char *library = ERR_lib_error_string(code), *reason = ERR_reason_error_string(code);
    if (!reason) return hd_raise(t, type, "no reason supplied");
    return library ? hd_raise(t, type, "[%s] %s", library, reason) : hd_raise(t, type, "%s", reason);
}

const char *hd_hashlib_name(const EVP_MD *digest) {
    int nid = EVP_MD_get_type(digest);
    for (int i = 0; i < HD_HASHLIB_NAMES; i++) {
        if (digest_names[i].nid == nid) return digest_names[i].name;
    }
    const char *name = nid == NID_undef ? NULL : OBJ_nid2ln(nid);
    return name ? name : EVP_MD_get0_name(digest);
}

/* --- digests by name --- */

static EVP_MD *fetch(HdThread *t, const char *name, bool for_security) {
    EVP_MD *digest = EVP_MD_fetch(NULL, name, for_security ? NULL : "-fips");
    if (!digest) hd_hashlib_raise(t, &hd_ValueError);
    return digest;
}

EVP_MD *hd_hashlib_digest(HdThread *t, HdValue module, const char *name, bool for_security) {
    HdHashlibState *state = hd_module_state(module);
    int row = 0;
    while (row < HD_HASHLIB_NAMES && strcmp(digest_names[row].name, name) != 0) row++;
    if (row == HD_HASHLIB_NAMES) return fetch(t, name, for_security);
    EVP_MD **slot = &state->digests[for_security][row];
    EVP_MD *digest = HD_LOAD_ACQUIRE(slot);
    if (!digest) {
        digest = fetch(t, digest_names[row].openssl, for_security);
        if (!digest) return NULL;
        EVP_MD *present = NULL;
        if (!HD_CAS(slot, &present, digest)) {
            EVP_MD_free(digest);
            digest = present;
        }
    }
    EVP_MD_up_ref(digest);
    return digest;
}

EVP_MD *hd_hashlib_digest_by_mod(HdThread *t, HdValue module, HdValue digestmod) {
    HdHashlibState *state = hd_module_state(module);
    HD_OWNED HdValue found = HD_NULL;
    HdValue name = digestmod;
    if (!hd_is_str(digestmod)) {
        if (hd_is_exact_object(digestmod, &hd_native_function_type)) {
            HdValue dict = HD_AS(HdDictView, state->constructors)->dict;
            if (hd_dict_find(t, dict, digestmod, &found) < 0) return NULL;
        }
        if (hd_is_null(found)) {
            hd_raise(t, HD_AS(HdType, state->unsupported), "Unsupported digestmod %R", digestmod);
            return NULL;
        }
        name = found;
    }
    const char *text = hd_str_utf8(t, name, NULL);
    return text ? hd_hashlib_digest(t, module, text, true) : NULL;
}

/* --- functions --- */

static HdValue open_hash(HdThread *t, HdValue module, const char *name, HdValue data, HdValue usedforsecurity) {
    int for_security = hd_is_null(usedforsecurity) ? 1 : hd_object_truth(t, usedforsecurity);
    if (for_security < 0) return HD_NULL;
    EVP_MD *digest = hd_hashlib_digest(t, module, name, for_security != 0);
    if (!digest) return HD_NULL;
    HdValue hash = hd_hashlib_hash_new(t, digest, data);
    EVP_MD_free(digest);
    return hash;
}

static HdValue hashlib_new(HdThread *t, HdValue module, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "name must be a string");
    const char *name = hd_str_utf8(t, args[0], NULL);
    return name ? open_hash(t, module, name, args[1], args[2]) : HD_NULL;
}

/* One function per digest that hashlib always has: X(name) */
#define CONSTRUCTORS(X) \
    X(md5) X(sha1) X(sha224) X(sha256) X(sha384) X(sha512) X(sha3_224) X(sha3_256) X(sha3_384) X(sha3_512) \
    X(shake_128) X(shake_256)

#define DEFINE(digest)                                                                           \
    static HdValue openssl_##digest(HdThread *t, HdValue module, const HdValue *args) {          \
        return open_hash(t, module, #digest, args[0], args[1]);                                  \
    }
CONSTRUCTORS(DEFINE)
#undef DEFINE

static HdValue hashlib_get_fips_mode(HdThread *t, HdValue module, const HdValue *args) {
    return hd_imm_int(EVP_default_properties_is_fips_enabled(NULL));
}

/* --- the module --- */

typedef struct NameCollector {
    HdThread *t;
    HdValue names; /* set */
    bool failed;
} NameCollector;

static void collect_name(EVP_MD *digest, void *context) {
    NameCollector *c = context;
    if (c->failed || EVP_MD_get_type(digest) == NID_undef) return;
    HdValue name = hd_str_from_text(c->t, hd_hashlib_name(digest));
    c->failed = hd_is_null(name) || hd_set_add(c->t, c->names, name) < 0;
    hd_release(c->t, name);
}

/* Adding exact str to a set of them runs no Python, so OpenSSL may hold its locks meanwhile. */
static int add_digest_names(HdThread *t, HdValue module) {
    HD_OWNED HdValue names = hd_set_new(t, HD_NULL);
    if (hd_is_null(names)) return -1;
    NameCollector collector = {t, names, false};
    EVP_MD_do_all_provided(NULL, collect_name, &collector);
    if (collector.failed) return -1;
    return hd_module_set_steal(t, module, "openssl_md_meth_names", hd_frozenset_new(t, names));
}

static int add_constructors(HdThread *t, HdValue module) {
    static const char *const names[] = {
#define NAME(digest) #digest,
        CONSTRUCTORS(NAME)
#undef NAME
    };
    HdHashlibState *state = hd_module_state(module);
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(names); i++) {
        HD_OWNED HdValue name = hd_str_intern_text(t, names[i]);
        HD_OWNED HdValue function_name = hd_is_null(name) ? HD_NULL : hd_str_format(t, "openssl_%s", names[i]);
        HD_OWNED HdValue function = hd_is_null(function_name) ? HD_NULL : hd_object_getattr(t, module, function_name);
        if (hd_is_null(function) || hd_dict_set(t, dict, function, name) < 0) return -1;
    }
    state->constructors = hd_mappingproxy_new(t, dict);
    return hd_is_null(state->constructors) ? -1 : hd_module_set(t, module, "_constructors", state->constructors);
}

static int hashlib_exec(HdThread *t, HdValue module) {
    HdHashlibState *state = hd_module_state(module);
    state->unsupported = hd_module_add_exception(t, module, "_hashlib.UnsupportedDigestmodError",
                                                 hd_type_value(&hd_ValueError));
    if (hd_is_null(state->unsupported)) return -1;
    if (hd_module_add_type(t, module, &hd_hashlib_hash_type) < 0) return -1;
    if (hd_module_add_type(t, module, &hd_hashlib_xof_type) < 0) return -1;
    if (hd_module_add_type(t, module, &hd_hashlib_hmac_type) < 0) return -1;
    return add_constructors(t, module) < 0 ? -1 : add_digest_names(t, module);
}

static int hashlib_traverse(HdValue module, HdVisit visit, void *context) {
    HdHashlibState *state = hd_module_state(module);
    HD_VISIT(state->unsupported);
    HD_VISIT(state->constructors);
    return 0;
}

static void hashlib_clear(HdThread *t, HdValue module) {
    HdHashlibState *state = hd_module_state(module);
    hd_clear_slot(t, &state->unsupported);
    hd_clear_slot(t, &state->constructors);
    for (int i = 0; i < 2 * HD_HASHLIB_NAMES; i++) {
        EVP_MD **slot = &state->digests[i / HD_HASHLIB_NAMES][i % HD_HASHLIB_NAMES];
        EVP_MD_free(*slot);
        *slot = NULL;
    }
}

static const HdMethodDef hashlib_functions[] = {
    HD_METHOD(hashlib_new, "new($module, /, name, string=b'', *, usedforsecurity=True)",
              "A hash object of the named algorithm, given the bytes of string."),
#define ROW(digest)                                                                               \
    HD_METHOD(openssl_##digest, "openssl_" #digest "($module, /, string=b'', *, usedforsecurity=True)", \
              "A hash object of this algorithm, given the bytes of string."),
    CONSTRUCTORS(ROW)
#undef ROW
    HD_METHOD(hd_hashlib_hmac_new, "hmac_new($module, /, key, msg=b'', digestmod=None)",
              "An HMAC object with this key, given the bytes of msg."),
    HD_METHOD(hd_hashlib_hmac_digest, "hmac_digest($module, /, key, msg, digest)", "The HMAC of msg in one go."),
    HD_METHOD(hd_hashlib_pbkdf2, "pbkdf2_hmac($module, /, hash_name, password, salt, iterations, dklen=None)",
              "A key from a password by PBKDF2 (PKCS #5 v2.0) with HMAC."),
    HD_METHOD(hd_hashlib_scrypt, "scrypt($module, /, password, *, salt=None, n=None, r=None, p=None, maxmem=0, dklen=64)",
              "A key from a password by scrypt (RFC 7914)."),
    HD_METHOD(hd_hashlib_compare_digest, "compare_digest($module, a, b, /)",
              "Whether a == b, both bytes-like or both ASCII str, in a time that does not tell where they differ."),
    HD_METHOD(hashlib_get_fips_mode, "get_fips_mode($module, /)", "1 when OpenSSL's FIPS mode is on, else 0."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__hashlib = {
    .name = "_hashlib",
    .doc = "OpenSSL's digests for hashlib and hmac.",
    .state_size = sizeof(HdHashlibState),
    .functions = hashlib_functions,
    .exec = hashlib_exec,
    .traverse = hashlib_traverse,
    .clear = hashlib_clear,
};
