/* ssl_load.c -- what a context loads: certificates, keys, authorities, parameters (see ssl_types.h for the lock).
 *
 * Files are read detached, with the context's lock held; a password function in Python is called back inside it.
 */
#include "ssl_types.h"

#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>

#include "posix.h"

HdValue hd_ssl_path(HdThread *t, HdValue v, const char *name) {
    PosixPath path;
    if (hd_posix_path(t, v, "ssl", name ? name : "path", false, false, &path) == 0) {
        HdValue bytes = hd_bytes_new(t, path.text, (HdSize)strlen(path.text));
        hd_posix_path_clear(&path);
        return bytes;
    }
    if (!name || !hd_raised_is(t, &hd_TypeError)) return HD_NULL;
    hd_clear_raised(t);
    return hd_raise(t, &hd_TypeError, "%s should be a valid filesystem path", name);
}
static const char *path_text(HdValue bytes) { return hd_is_null(bytes) ? NULL : (const char *)hd_bytes_data(bytes); }
static bool is_given(HdValue v) { return !hd_is_null(v) && !hd_is_none(v); }

/* What went wrong with a file: the system's error if there is one, else OpenSSL's. */
static HdValue raise_file(HdThread *t, int error, unsigned long code, HdValue filename) {
    return error ? hd_raise_errno(t, error, filename) : hd_ssl_raise_code(t, code);
}

/* --- certificate and key --- */

typedef struct Password {
    HdValue callable; /* lent; HD_NULL: the bytes are there already */
    HdValue bytes;    /* owned */
} Password;

static int keep_password(HdThread *t, Password *p, HdValue v, const char *wrong) {
    if (hd_is_str(v)) {
        p->bytes = hd_str_encode(t, v, NULL, NULL);
    } else if (hd_is_bytes(v) || hd_is_bytearray(v)) {
        p->bytes = hd_bytes_from_object(t, v);
    } else {
        return hd_raise_int(t, &hd_TypeError, "%s", wrong);
    }
    if (hd_is_null(p->bytes)) return -1;
    if (hd_bytes_length(p->bytes) <= INT_MAX) return 0;
    return hd_raise_int(t, &hd_ValueError, "password cannot be longer than %d bytes", INT_MAX);
}

/* For OpenSSL, which may ask once more after a failure. What raises stays raised: the call that we are in looks for
 * it. */
static int give_password(char *buffer, int size, int writing, void *data) {
    Password *p = data;
    if (!p) return 0;
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    int length = -1;
    bool refused = hd_raised(t);
    if (!refused && !hd_is_null(p->callable)) {
        HD_OWNED HdValue given = hd_object_call0(t, p->callable);
        hd_clear_slot(t, &p->bytes);
        if (!hd_is_null(given) && keep_password(t, p, given, "password callback must return a string") < 0) {
            hd_clear_slot(t, &p->bytes);
        }
    }
    if (!refused && !hd_is_null(p->bytes)) {
        if (hd_bytes_length(p->bytes) > size) {
            hd_raise(t, &hd_ValueError, "password cannot be longer than %d bytes", size);
        } else {
            length = (int)hd_bytes_length(p->bytes);
            memcpy(buffer, hd_bytes_data(p->bytes), (size_t)length);
        }
    }
    hd_blocking_callback_end(t, detached);
    return length;
}

/* Lock held. -1 raised. */
static int load_pair(HdThread *t, SSL_CTX *ctx, const char *certificate, const char *key) {
    ERR_clear_error();
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    errno = 0;
    int done = SSL_CTX_use_certificate_chain_file(ctx, certificate);
    if (done == 1) {
        errno = 0;
        done = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM);
    }
    int error = errno;
    if (done == 1) {
        error = 0;
        done = SSL_CTX_check_private_key(ctx);
    }
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    hd_blocking_leave(t);
    if (hd_raised(t)) return -1;
    if (done == 1) return 0;
    raise_file(t, error, code, HD_NULL);
    return -1;
}

HdValue hd_ssl_load_cert_chain(HdThread *t, HdValue self, const HdValue *a) {
    HD_OWNED HdValue certificate = hd_ssl_path(t, a[0], "certfile");
    if (hd_is_null(certificate)) return HD_NULL;
    HD_OWNED HdValue key = is_given(a[1]) ? hd_ssl_path(t, a[1], "keyfile") : hd_retain(t, certificate);
    if (hd_is_null(key)) return HD_NULL;
    Password password = {HD_NULL, HD_NULL};
    bool has_password = is_given(a[2]);
    if (has_password) {
        if (hd_object_is_callable(a[2])) password.callable = a[2];
        else if (keep_password(t, &password, a[2], "password should be a string or callable") < 0) {
            hd_release(t, password.bytes);
            return HD_NULL;
        }
    }
    HdSslContext *c = hd_ssl_context_enter(t, self);
    pem_password_cb *old = SSL_CTX_get_default_passwd_cb(c->ctx);
    void *old_data = SSL_CTX_get_default_passwd_cb_userdata(c->ctx);
    if (has_password) {
        SSL_CTX_set_default_passwd_cb(c->ctx, give_password);
        SSL_CTX_set_default_passwd_cb_userdata(c->ctx, &password);
    }
    int result = load_pair(t, c->ctx, path_text(certificate), path_text(key));
    SSL_CTX_set_default_passwd_cb(c->ctx, old);
    SSL_CTX_set_default_passwd_cb_userdata(c->ctx, old_data);
    hd_ssl_context_leave(c);
    hd_release(t, password.bytes);
    return result < 0 ? HD_NULL : hd_None;
}

/* --- authorities --- */

/* Adds the certificates of one piece of data to the store: how many; the first error in *code. Detached. */
static int add_certificates(X509_STORE *store, BIO *bio, bool pem, unsigned long *code) {
    int count = 0;
    ERR_clear_error();
    while (pem || !BIO_eof(bio)) {
        X509 *one = pem ? PEM_read_bio_X509(bio, NULL, give_password, NULL) : d2i_X509_bio(bio, NULL);
        int added = one ? X509_STORE_add_cert(store, one) : 0; /* one that is there already counts as well */
        X509_free(one);
        if (!added) break;
        count++;
    }
    *code = ERR_peek_last_error();
    ERR_clear_error();
    if (count && pem && ERR_GET_LIB(*code) == ERR_LIB_PEM && ERR_GET_REASON(*code) == PEM_R_NO_START_LINE) *code = 0;
    return count;
}

static int load_data(HdThread *t, HdValue self, const void *data, HdSize length, bool pem) {
    if (length <= 0) return hd_raise_int(t, &hd_ValueError, "Empty certificate data");
    if (length > INT_MAX) return hd_raise_int(t, &hd_OverflowError, "Certificate data is too long.");
    BIO *bio = BIO_new_mem_buf(data, (int)length);
    if (!bio) {
        hd_raise_no_memory(t);
        return -1;
    }
    unsigned long code;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int count = add_certificates(SSL_CTX_get_cert_store(c->ctx), bio, pem, &code);
    hd_blocking_leave_computation(t);
    hd_ssl_context_leave(c);
    BIO_free(bio);
    if (count && !code) return 0;
    if (count) hd_ssl_raise_code(t, code);
    else hd_ssl_raise_queue(t, pem ? "no start line: cadata does not contain a certificate"
                                   : "not enough data: cadata does not contain a certificate");
    return -1;
}

static int load_cadata(HdThread *t, HdValue self, HdValue v) {
    if (hd_is_str(v)) {
        HdSize length;
        const char *text = hd_str(v)->ascii ? hd_str_utf8(t, v, &length) : NULL;
        if (text) return load_data(t, self, text, length, true);
    } else if (hd_buffer_check(v)) {
        HdBuffer buffer;
        if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
        int result = load_data(t, self, buffer.data, buffer.length, false);
        hd_buffer_release(t, &buffer);
        return result;
    }
    return hd_raise_int(t, &hd_TypeError, "cadata should be an ASCII string or a bytes-like object");
}

HdValue hd_ssl_load_verify_locations(HdThread *t, HdValue self, const HdValue *a) {
    if (!is_given(a[0]) && !is_given(a[1]) && !is_given(a[2])) {
        return hd_raise(t, &hd_TypeError, "cafile, capath and cadata cannot be all omitted");
    }
    HD_OWNED HdValue file = is_given(a[0]) ? hd_ssl_path(t, a[0], "cafile") : HD_NULL;
    if (hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue folder = is_given(a[1]) ? hd_ssl_path(t, a[1], "capath") : HD_NULL;
    if (hd_raised(t)) return HD_NULL;
    if (is_given(a[2]) && load_cadata(t, self, a[2]) < 0) return HD_NULL;
    if (hd_is_null(file) && hd_is_null(folder)) return hd_None;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    ERR_clear_error();
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    errno = 0;
    int done = SSL_CTX_load_verify_locations(c->ctx, path_text(file), path_text(folder)), error = errno;
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    hd_blocking_leave(t);
    hd_ssl_context_leave(c);
    return done == 1 ? hd_None : raise_file(t, error, code, HD_NULL);
}

HdValue hd_ssl_set_default_verify_paths(HdThread *t, HdValue self, const HdValue *a) {
    HdSslContext *c = hd_ssl_context_enter(t, self);
    ERR_clear_error();
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int done = SSL_CTX_set_default_verify_paths(c->ctx);
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    hd_blocking_leave(t);
    hd_ssl_context_leave(c);
    return done ? hd_None : hd_ssl_raise_code(t, code);
}

/* --- what the store holds --- */

HdValue hd_ssl_cert_store_stats(HdThread *t, HdValue self, const HdValue *a) {
    int certificates = 0, authorities = 0, lists = 0;
    X509_STORE *store = SSL_CTX_get_cert_store(hd_ssl_context(self)->ctx);
    X509_STORE_lock(store);
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);
        if (X509_OBJECT_get_type(object) == X509_LU_X509) {
            certificates++;
            if (X509_check_ca(X509_OBJECT_get0_X509(object))) authorities++;
        }
        if (X509_OBJECT_get_type(object) == X509_LU_CRL) lists++;
    }
    X509_STORE_unlock(store);
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict) || hd_dict_set_text(t, dict, "x509", hd_imm_int(certificates)) < 0 ||
        hd_dict_set_text(t, dict, "crl", hd_imm_int(lists)) < 0 ||
        hd_dict_set_text(t, dict, "x509_ca", hd_imm_int(authorities)) < 0) {
        return HD_NULL;
    }
    return hd_move(&dict);
}

HdValue hd_ssl_get_ca_certs(HdThread *t, HdValue self, const HdValue *a) {
    int binary = hd_is_null(a[0]) ? 0 : hd_object_truth(t, a[0]);
    if (binary < 0) return HD_NULL;
    STACK_OF(X509) *all = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(hd_ssl_context(self)->ctx));
    if (!all) return hd_ssl_raise_queue(t, NULL);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    for (int i = 0; !hd_is_null(list) && i < sk_X509_num(all); i++) {
        X509 *one = sk_X509_value(all, i);
        if (!X509_check_ca(one)) continue;
        HdValue v = binary ? hd_ssl_cert_der(t, one) : hd_ssl_cert_dict(t, one);
        if (hd_is_null(v) || hd_list_append_steal(t, list, v) < 0) hd_clear_slot(t, &list);
    }
    sk_X509_pop_free(all, X509_free);
    return hd_move(&list);
}

/* --- parameters --- */

/* Detached; NULL: see the queue. */
static EVP_PKEY *read_dh_params(BIO *bio) {
    unsigned char *data = NULL;
    long length = 0;
    if (!PEM_bytes_read_bio(&data, &length, NULL, PEM_STRING_DHPARAMS, bio, give_password, NULL)) return NULL;
    const unsigned char *p = data;
    EVP_PKEY *key = d2i_KeyParams(EVP_PKEY_DH, NULL, &p, length);
    OPENSSL_free(data);
    return key;
}

HdValue hd_ssl_load_dh_params(HdThread *t, HdValue self, const HdValue *a) {
    HD_OWNED HdValue path = hd_ssl_path(t, a[0], NULL);
    if (hd_is_null(path)) return HD_NULL;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    ERR_clear_error();
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    errno = 0;
    BIO *bio = BIO_new_file(path_text(path), "rb");
    int error = bio ? 0 : errno;
    EVP_PKEY *key = bio ? read_dh_params(bio) : NULL;
    int done = key && SSL_CTX_set0_tmp_dh_pkey(c->ctx, key);
    if (!done) EVP_PKEY_free(key);
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    BIO_free(bio);
    hd_blocking_leave(t);
    hd_ssl_context_leave(c);
    return done ? hd_None : raise_file(t, error, code, a[0]);
}

HdValue hd_ssl_set_ecdh_curve(HdThread *t, HdValue self, const HdValue *a) {
    HD_OWNED HdValue name = hd_ssl_path(t, a[0], NULL); /* str or bytes, as for a path */
    if (hd_is_null(name)) return HD_NULL;
    int nid = OBJ_sn2nid(path_text(name));
    if (!nid) return hd_raise(t, &hd_ValueError, "unknown elliptic curve name %R", a[0]);
    HdSslContext *c = hd_ssl_context_enter(t, self);
    int done = SSL_CTX_set1_groups(c->ctx, &nid, 1);
    hd_ssl_context_leave(c);
    return done ? hd_None : hd_ssl_raise_queue(t, NULL);
}
