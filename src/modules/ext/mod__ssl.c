/* mod__ssl.c -- the module _ssl: TLS by OpenSSL, under Python's own ssl.py. Random numbers and object identifiers are
 * here, the rest in ssl_*.c (see ssl_types.h).
 *
 * No state and no locks of its own. OpenSSL's random numbers are its own business in forked children, too.
 */
#include "ssl_types.h"

#include <limits.h>
#include <openssl/rand.h>

/* --- random numbers --- */

static HdValue random_bytes(HdThread *t, HdValue v) {
    int size = hd_number_as_int(t, v);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise(t, &hd_ValueError, "num must be positive");
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes) || size == 0 || RAND_bytes(hd_bytes_data(bytes), size) == 1) return bytes;
    hd_release(t, bytes);
    return hd_ssl_raise_queue(t, NULL);
}
static HdValue ssl_rand_bytes(HdThread *t, HdValue module, const HdValue *a) { return random_bytes(t, a[0]); }
static HdValue ssl_rand_pseudo_bytes(HdThread *t, HdValue module, const HdValue *a) {
    if (hd_warn(t, &hd_DeprecationWarning, 1, "ssl.RAND_pseudo_bytes() is deprecated") < 0) return HD_NULL;
    HD_OWNED HdValue bytes = random_bytes(t, a[0]);
    return hd_is_null(bytes) ? HD_NULL : hd_tuple_pack(t, 2, bytes, hd_True);
}
static HdValue ssl_rand_status(HdThread *t, HdValue module, const HdValue *a) { return hd_bool(RAND_status()); }

static HdValue ssl_rand_add(HdThread *t, HdValue module, const HdValue *a) {
    double entropy = hd_number_as_double(t, a[1]);
    if (entropy == -1.0 && hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue encoded = hd_is_str(a[0]) ? hd_str_encode(t, a[0], NULL, NULL) : hd_retain(t, a[0]);
    HdBuffer buffer;
    if (hd_is_null(encoded) || hd_buffer_get(t, encoded, &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    const char *data = buffer.data;
    for (HdSize done = 0; done < buffer.length;) {
        int size = buffer.length - done > INT_MAX ? INT_MAX : (int)(buffer.length - done);
        RAND_add(data + done, size, entropy);
        done += size;
    }
    hd_buffer_release(t, &buffer);
    return hd_None;
}

/* --- object identifiers --- */

/* (number, short name, long name, figures); `object` is lent. */
static HdValue object_tuple(HdThread *t, const ASN1_OBJECT *object) {
    int nid = OBJ_obj2nid(object);
    if (nid == NID_undef) return hd_raise(t, &hd_ValueError, "Unknown object");
    char figures[256];
    OBJ_obj2txt(figures, sizeof figures, object, 1);
    HD_OWNED HdValue short_name = hd_str_from_text(t, OBJ_nid2sn(nid));
    HD_OWNED HdValue long_name = hd_str_from_text(t, OBJ_nid2ln(nid));
    HD_OWNED HdValue oid = hd_str_from_text(t, figures);
    if (hd_is_null(short_name) || hd_is_null(long_name) || hd_is_null(oid)) return HD_NULL;
    return hd_tuple_pack(t, 4, hd_imm_int(nid), short_name, long_name, oid);
}

static HdValue ssl_txt2obj(HdThread *t, HdValue module, const HdValue *a) {
    int by_name = hd_is_null(a[1]) ? 0 : hd_object_truth(t, a[1]);
    if (by_name < 0) return HD_NULL;
    if (!hd_is_str(a[0])) {
        return hd_raise(t, &hd_TypeError, "txt2obj() argument 'txt' must be str, not %s", hd_type_name(a[0]));
    }
    const char *text = hd_str_utf8(t, a[0], NULL);
    if (!text) return HD_NULL;
    ASN1_OBJECT *object = OBJ_txt2obj(text, !by_name);
    ERR_clear_error();
    if (!object) return hd_raise(t, &hd_ValueError, "unknown object '%.100s'", text);
    HdValue result = object_tuple(t, object);
    ASN1_OBJECT_free(object);
    return result;
}
static HdValue ssl_nid2obj(HdThread *t, HdValue module, const HdValue *a) {
    int nid = hd_number_as_int(t, a[0]);
    if (nid == -1 && hd_raised(t)) return HD_NULL;
    if (nid < NID_undef) return hd_raise(t, &hd_ValueError, "NID must be positive.");
    ASN1_OBJECT *object = OBJ_nid2obj(nid);
    ERR_clear_error();
    return object ? object_tuple(t, object) : hd_raise(t, &hd_ValueError, "unknown NID %i", nid);
}

static HdValue ssl_get_default_verify_paths(HdThread *t, HdValue module, const HdValue *a) {
    const char *texts[] = {X509_get_default_cert_file_env(), X509_get_default_cert_file(),
                           X509_get_default_cert_dir_env(), X509_get_default_cert_dir()};
    HD_OWNED HdValue paths = hd_tuple_new(t, 4);
    for (int i = 0; i < 4 && !hd_is_null(paths); i++) {
        HdValue one = hd_str_from_fs(t, texts[i], (HdSize)strlen(texts[i]));
        if (hd_is_null(one)) return HD_NULL;
        hd_tuple_put_steal(paths, i, one);
    }
    return hd_move(&paths);
}

/* --- the module --- */

static int ssl_exec(HdThread *t, HdValue module) {
    static HdType *const types[] = {&hd_ssl_context_type, &hd_ssl_socket_type, &hd_ssl_memory_type,
                                    &hd_ssl_session_type, &hd_ssl_certificate_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    if (!OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL)) {
        return hd_raise_int(t, &hd_ImportError, "OpenSSL could not be initialized");
    }
    return hd_ssl_add_errors(t, module) < 0 ? -1 : hd_ssl_add_constants(t, module);
}

static const HdMethodDef ssl_functions[] = {
    HD_METHOD(hd_ssl_test_decode_cert, "_test_decode_cert($module, path, /)", NULL),
    HD_METHOD(ssl_rand_add, "RAND_add($module, string, entropy, /)",
              "Mix string into the OpenSSL PRNG state; entropy is a lower bound of what is random in it."),
    HD_METHOD(ssl_rand_bytes, "RAND_bytes($module, n, /)", "Generate n cryptographically strong pseudo-random bytes."),
    HD_METHOD(ssl_rand_pseudo_bytes, "RAND_pseudo_bytes($module, n, /)",
              "Generate n pseudo-random bytes: a pair (bytes, is_cryptographic)."),
    HD_METHOD(ssl_rand_status, "RAND_status($module, /)",
              "Returns True if the OpenSSL PRNG has been seeded with enough data and False if not."),
    HD_METHOD(ssl_get_default_verify_paths, "get_default_verify_paths($module, /)",
              "Return search paths and environment vars that are used by SSLContext's set_default_verify_paths().\n\n"
              "They are (cert_file_env, cert_file, cert_dir_env, cert_dir)."),
    HD_METHOD(ssl_txt2obj, "txt2obj($module, /, txt, name=False)",
              "Lookup NID, short name, long name and OID of an ASN1_OBJECT.\n\nBy default objects are looked up by "
              "OID; with name=True names are, too."),
    HD_METHOD(ssl_nid2obj, "nid2obj($module, nid, /)",
              "Lookup NID, short name, long name and OID of an ASN1_OBJECT by NID."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__ssl = {
    .name = "_ssl",
    .doc = "Implementation module for SSL socket operations: TLS by OpenSSL.",
    .functions = ssl_functions,
    .exec = ssl_exec,
};
