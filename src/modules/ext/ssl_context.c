/* ssl_context.c -- _SSLContext: life and settings (see ssl_types.h for the lock). Nothing here waits. */
#include "ssl_types.h"

#include <limits.h>

/* --- making one --- */

/* Python still has the protocols of one version each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static const struct {
    int number;
    const SSL_METHOD *(*method)(void);
    const char *old; /* its name in the warning of what is old */
} protocols[] = {
    {HD_SSL_TLS, TLS_method, "PROTOCOL_TLS"},
    {HD_SSL_CLIENT, TLS_client_method, NULL},
    {HD_SSL_SERVER, TLS_server_method, NULL},
    {HD_SSL_TLS1, TLSv1_method, "PROTOCOL_TLSv1"},
    {HD_SSL_TLS1_1, TLSv1_1_method, "PROTOCOL_TLSv1_1"},
    {HD_SSL_TLS1_2, TLSv1_2_method, "PROTOCOL_TLSv1_2"},
};
#pragma GCC diagnostic pop

/* NULL = raised. */
static SSL_CTX *open_protocol(HdThread *t, int protocol) {
    for (size_t i = 0; i < HD_COUNT_OF(protocols); i++) {
        if (protocols[i].number != protocol) continue;
        if (protocols[i].old && hd_warn(t, &hd_DeprecationWarning, 2, "ssl.%s is deprecated", protocols[i].old) < 0) {
            return NULL;
        }
        ERR_clear_error();
        SSL_CTX *ctx = SSL_CTX_new(protocols[i].method());
        if (!ctx) hd_ssl_raise_queue(t, NULL);
        return ctx;
    }
    hd_raise(t, &hd_ValueError, "invalid or unsupported protocol version %i", protocol);
    return NULL;
}

/* --- ciphers --- */

/* Notes the names of the context's ciphers, those of TLS 1.3 aside, which each connection has a list of anyway. */
static bool note_ciphers(HdSslContext *c) {
    STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(c->ctx);
    size_t size = 1;
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        size += strlen(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i))) + 1;
    }
    char *names = OPENSSL_zalloc(size), *at = names;
    if (!names) return false;
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0) continue;
        at += snprintf(at, size - (size_t)(at - names), "%s%s", at == names ? "" : ":", SSL_CIPHER_get_name(cipher));
    }
    OPENSSL_free(c->ciphers);
    c->ciphers = names;
    return true;
}
bool hd_ssl_own_ciphers(HdSslContext *c, SSL *ssl) {
    return c->ciphers && (!*c->ciphers || SSL_set_cipher_list(ssl, c->ciphers) == 1);
}

static void use_verify_mode(HdSslContext *c, int mode) {
    static const int flags[] = {SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
    SSL_CTX_set_verify(c->ctx, flags[mode], NULL);
}

/* The defaults of Python's contexts. */
static void set_up(HdSslContext *c) {
    static const unsigned char session_context[] = "Python";
    c->host_flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    c->check_hostname = c->protocol == HD_SSL_CLIENT;
    use_verify_mode(c, c->check_hostname ? HD_SSL_CERT_REQUIRED : HD_SSL_CERT_NONE);
    SSL_CTX_set_options(c->ctx, (SSL_OP_ALL & ~SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS) | SSL_OP_NO_SSLv3 |
                                    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_DH_USE |
                                    SSL_OP_SINGLE_ECDH_USE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(c->ctx, session_context, sizeof session_context);
    X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(c->ctx);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_TRUSTED_FIRST); /* chains with cross-signed certificates */
    X509_VERIFY_PARAM_set_hostflags(parameters, c->host_flags);
    SSL_CTX_set_post_handshake_auth(c->ctx, 0);
}

static HdValue context_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "_SSLContext", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "_SSLContext", nargs, 1, 1) < 0) return HD_NULL;
    int protocol = hd_number_as_int(t, hd_ref_value(args[0]));
    if (protocol == -1 && hd_raised(t)) return HD_NULL;
    SSL_CTX *ctx = open_protocol(t, protocol);
    if (!ctx) return HD_NULL;
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) {
        SSL_CTX_free(ctx);
        return self;
    }
    HdSslContext *c = hd_ssl_context(self);
    c->ctx = ctx;
    c->protocol = protocol;
    set_up(c);
    if (note_ciphers(c)) return self;
    hd_release(t, self);
    return hd_raise_no_memory(t);
}

static int context_traverse(HdObject *self, HdVisit visit, void *context) {
    HdSslContext *c = (HdSslContext *)self;
    HD_VISIT(c->alpn);
    HD_VISIT(c->sni_callback);
    HD_VISIT(c->msg_callback);
    HD_VISIT(c->keylog_name);
    return 0;
}
static void context_clear(HdThread *t, HdObject *self) {
    HdSslContext *c = (HdSslContext *)self;
    HdValue *fields[] = {&c->alpn, &c->sni_callback, &c->msg_callback, &c->keylog_name};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
}
static void context_dealloc(HdThread *t, HdObject *self) {
    HdSslContext *c = (HdSslContext *)self;
    context_clear(t, self);
    SSL_CTX_free(c->ctx);
    BIO_free_all(c->keylog);
    OPENSSL_free(c->ciphers);
    hd_type_free(t, self);
}

static HdValue text_or_none(HdThread *t, const char *text) { return text ? hd_str_from_text(t, text) : hd_None; }

HdValue hd_ssl_cipher_tuple(HdThread *t, const SSL_CIPHER *cipher) {
    if (!cipher) return hd_None;
    HD_OWNED HdValue name = text_or_none(t, SSL_CIPHER_get_name(cipher));
    HD_OWNED HdValue version = hd_is_null(name) ? HD_NULL : text_or_none(t, SSL_CIPHER_get_version(cipher));
    if (hd_is_null(version)) return HD_NULL;
    return hd_tuple_pack(t, 3, name, version, hd_imm_int(SSL_CIPHER_get_bits(cipher, NULL)));
}

static int put_text(HdThread *t, HdValue dict, const char *key, const char *text) {
    HD_OWNED HdValue v = text_or_none(t, text);
    return hd_is_null(v) ? -1 : hd_dict_set_text(t, dict, key, v);
}
static int put_name(HdThread *t, HdValue dict, const char *key, int nid) {
    return put_text(t, dict, key, nid == NID_undef ? NULL : OBJ_nid2ln(nid));
}

static HdValue cipher_dict(HdThread *t, const SSL_CIPHER *cipher) {
    char description[256] = "";
    int algorithm_bits = 0, strength_bits = SSL_CIPHER_get_bits(cipher, &algorithm_bits);
    SSL_CIPHER_description(cipher, description, sizeof description);
    description[strcspn(description, "\n")] = 0;
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) return HD_NULL;
    if (hd_dict_set_text(t, dict, "id", hd_imm_int(SSL_CIPHER_get_id(cipher))) < 0 ||
        put_text(t, dict, "name", SSL_CIPHER_get_name(cipher)) < 0 ||
        put_text(t, dict, "protocol", SSL_CIPHER_get_version(cipher)) < 0 ||
        put_text(t, dict, "description", description) < 0 ||
        hd_dict_set_text(t, dict, "strength_bits", hd_imm_int(strength_bits)) < 0 ||
        hd_dict_set_text(t, dict, "alg_bits", hd_imm_int(algorithm_bits)) < 0 ||
        hd_dict_set_text(t, dict, "aead", hd_bool(SSL_CIPHER_is_aead(cipher))) < 0 ||
        put_name(t, dict, "symmetric", SSL_CIPHER_get_cipher_nid(cipher)) < 0 ||
        put_name(t, dict, "digest", SSL_CIPHER_get_digest_nid(cipher)) < 0 ||
        put_name(t, dict, "kea", SSL_CIPHER_get_kx_nid(cipher)) < 0 ||
        put_name(t, dict, "auth", SSL_CIPHER_get_auth_nid(cipher)) < 0) {
        return HD_NULL;
    }
    return hd_move(&dict);
}

static HdValue context_set_ciphers(HdThread *t, HdValue self, const HdValue *a) {
    if (!hd_is_str(a[0])) {
        return hd_raise(t, &hd_TypeError, "set_ciphers() argument must be str, not %s", hd_type_name(a[0]));
    }
    const char *list = hd_str_utf8(t, a[0], NULL);
    if (!list) return HD_NULL;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    int done = SSL_CTX_set_cipher_list(c->ctx, list);
    bool noted = note_ciphers(c);
    ERR_clear_error();
    hd_ssl_context_leave(c);
    if (!noted) return hd_raise_no_memory(t);
    return done ? hd_None : hd_raise(t, &hd_ssl_SSLError, "No cipher can be selected.");
}

/* What a connection would offer: asked of one. */
static HdValue context_get_ciphers(HdThread *t, HdValue self, const HdValue *a) {
    HdSslContext *c = hd_ssl_context_enter(t, self);
    SSL *ssl = SSL_new(c->ctx);
    hd_ssl_context_leave(c);
    if (!ssl) return hd_ssl_raise_queue(t, NULL);
    STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(ssl);
    HD_OWNED HdValue list = hd_list_new(t, sk_SSL_CIPHER_num(ciphers));
    for (int i = 0; !hd_is_null(list) && i < sk_SSL_CIPHER_num(ciphers); i++) {
        HdValue one = cipher_dict(t, sk_SSL_CIPHER_value(ciphers, i));
        if (hd_is_null(one) || hd_list_append_steal(t, list, one) < 0) hd_clear_slot(t, &list);
    }
    SSL_free(ssl);
    return hd_move(&list);
}

static HdValue context_session_stats(HdThread *t, HdValue self, const HdValue *a) {
    static const struct {
        const char *name;
        int command;
    } rows[] = {
        {"number", SSL_CTRL_SESS_NUMBER}, {"connect", SSL_CTRL_SESS_CONNECT},
        {"connect_good", SSL_CTRL_SESS_CONNECT_GOOD}, {"connect_renegotiate", SSL_CTRL_SESS_CONNECT_RENEGOTIATE},
        {"accept", SSL_CTRL_SESS_ACCEPT}, {"accept_good", SSL_CTRL_SESS_ACCEPT_GOOD},
        {"accept_renegotiate", SSL_CTRL_SESS_ACCEPT_RENEGOTIATE}, {"hits", SSL_CTRL_SESS_HIT},
        {"misses", SSL_CTRL_SESS_MISSES}, {"timeouts", SSL_CTRL_SESS_TIMEOUTS},
        {"cache_full", SSL_CTRL_SESS_CACHE_FULL},
    };
    HD_OWNED HdValue dict = hd_dict_new(t);
    for (size_t i = 0; !hd_is_null(dict) && i < HD_COUNT_OF(rows); i++) {
        HdValue v = hd_imm_int(SSL_CTX_ctrl(hd_ssl_context(self)->ctx, rows[i].command, 0, NULL));
        if (hd_dict_set_text(t, dict, rows[i].name, v) < 0) return HD_NULL;
    }
    return hd_move(&dict);
}

/* --- numbers --- */

static int check_given(HdThread *t, HdValue v) {
    return hd_is_null(v) ? hd_raise_int(t, &hd_AttributeError, "cannot delete attribute") : 0;
}
/* -1 raised */
static int number_of(HdThread *t, HdValue v, int64_t *out) {
    if (check_given(t, v) < 0) return -1;
    *out = hd_number_as_i64(t, v);
    return *out == -1 && hd_raised(t) ? -1 : 0;
}
static int int_of(HdThread *t, HdValue v, int *out) {
    if (check_given(t, v) < 0) return -1;
    *out = hd_number_as_int(t, v);
    return *out == -1 && hd_raised(t) ? -1 : 0;
}

static HdValue get_options(HdThread *t, HdValue self, void *closure) {
    return hd_int_from_u64(t, SSL_CTX_get_options(hd_ssl_context(self)->ctx));
}
static int set_options(HdThread *t, HdValue self, HdValue v, void *closure) {
    int64_t wanted;
    if (number_of(t, v, &wanted) < 0) return -1;
    uint64_t old = SSL_CTX_get_options(hd_ssl_context(self)->ctx), new = (uint64_t)wanted;
    if (new & ~old & SSL_OP_NO_SSL_MASK &&
        hd_warn(t, &hd_DeprecationWarning, 2, "ssl.OP_NO_SSL*/ssl.OP_NO_TLS* options are deprecated") < 0) {
        return -1;
    }
    HdSslContext *c = hd_ssl_context_enter(t, self);
    SSL_CTX_clear_options(c->ctx, old & ~new);
    SSL_CTX_set_options(c->ctx, new & ~old);
    hd_ssl_context_leave(c);
    return 0;
}

static HdValue get_verify_flags(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int((int64_t)X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(hd_ssl_context(self)->ctx)));
}
static int set_verify_flags(HdThread *t, HdValue self, HdValue v, void *closure) {
    int64_t wanted;
    if (number_of(t, v, &wanted) < 0) return -1;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(c->ctx);
    unsigned long old = X509_VERIFY_PARAM_get_flags(parameters), new = (unsigned long)wanted;
    bool good = (!(old & ~new) || X509_VERIFY_PARAM_clear_flags(parameters, old & ~new)) &&
                (!(new & ~old) || X509_VERIFY_PARAM_set_flags(parameters, new & ~old));
    hd_ssl_context_leave(c);
    if (good) return 0;
    hd_ssl_raise_queue(t, NULL);
    return -1;
}

static int verify_mode_of(HdSslContext *c) {
    int mode = SSL_CTX_get_verify_mode(c->ctx);
    if (!(mode & SSL_VERIFY_PEER)) return HD_SSL_CERT_NONE;
    return mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT ? HD_SSL_CERT_REQUIRED : HD_SSL_CERT_OPTIONAL;
}
static HdValue get_verify_mode(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(verify_mode_of(hd_ssl_context(self)));
}
static int set_verify_mode(HdThread *t, HdValue self, HdValue v, void *closure) {
    int mode;
    if (int_of(t, v, &mode) < 0) return -1;
    if (mode < HD_SSL_CERT_NONE || mode > HD_SSL_CERT_REQUIRED) {
        return hd_raise_int(t, &hd_ValueError, "invalid value for verify_mode");
    }
    HdSslContext *c = hd_ssl_context_enter(t, self);
    bool refused = mode == HD_SSL_CERT_NONE && c->check_hostname;
    if (!refused) use_verify_mode(c, mode);
    hd_ssl_context_leave(c);
    if (!refused) return 0;
    return hd_raise_int(t, &hd_ValueError, "Cannot set verify_mode to CERT_NONE when check_hostname is enabled.");
}

static HdValue get_check_hostname(HdThread *t, HdValue self, void *closure) {
    return hd_bool(HD_LOAD_RELAXED(&hd_ssl_context(self)->check_hostname));
}
static int set_check_hostname(HdThread *t, HdValue self, HdValue v, void *closure) {
    int on = check_given(t, v) < 0 ? -1 : hd_object_truth(t, v);
    if (on < 0) return -1;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    if (on && verify_mode_of(c) == HD_SSL_CERT_NONE) use_verify_mode(c, HD_SSL_CERT_REQUIRED);
    HD_STORE_RELAXED(&c->check_hostname, (uint8_t)on);
    hd_ssl_context_leave(c);
    return 0;
}

static HdValue get_host_flags(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(HD_LOAD_RELAXED(&hd_ssl_context(self)->host_flags));
}
static int set_host_flags(HdThread *t, HdValue self, HdValue v, void *closure) {
    int flags;
    if (int_of(t, v, &flags) < 0) return -1;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    HD_STORE_RELAXED(&c->host_flags, (unsigned)flags);
    X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(c->ctx), c->host_flags);
    hd_ssl_context_leave(c);
    return 0;
}

static HdValue get_protocol(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(hd_ssl_context(self)->protocol);
}
static HdValue get_security_level(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(SSL_CTX_get_security_level(hd_ssl_context(self)->ctx));
}

static HdValue get_post_handshake_auth(HdThread *t, HdValue self, void *closure) {
    return hd_bool(HD_LOAD_RELAXED(&hd_ssl_context(self)->post_handshake_auth));
}
static int set_post_handshake_auth(HdThread *t, HdValue self, HdValue v, void *closure) {
    int on = check_given(t, v) < 0 ? -1 : hd_object_truth(t, v);
    if (on < 0) return -1;
    HD_STORE_RELAXED(&hd_ssl_context(self)->post_handshake_auth, (uint8_t)on); /* for connections to come */
    return 0;
}

static HdValue get_num_tickets(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int((int64_t)SSL_CTX_get_num_tickets(hd_ssl_context(self)->ctx));
}
static int set_num_tickets(HdThread *t, HdValue self, HdValue v, void *closure) {
    int64_t number;
    if (number_of(t, v, &number) < 0) return -1;
    if (number < 0) return hd_raise_int(t, &hd_ValueError, "value must be non-negative");
    if (hd_ssl_context(self)->protocol != HD_SSL_SERVER) {
        return hd_raise_int(t, &hd_ValueError, "SSLContext is not a server context.");
    }
    HdSslContext *c = hd_ssl_context_enter(t, self);
    int done = SSL_CTX_set_num_tickets(c->ctx, (size_t)number);
    hd_ssl_context_leave(c);
    return done == 1 ? 0 : hd_raise_int(t, &hd_ValueError, "failed to set num tickets.");
}

/* --- versions of the protocol; the closure says which end: NULL the lowest --- */

static HdValue get_version_bound(HdThread *t, HdValue self, void *closure) {
    SSL_CTX *ctx = hd_ssl_context(self)->ctx;
    long v = closure ? SSL_CTX_get_max_proto_version(ctx) : SSL_CTX_get_min_proto_version(ctx);
    return hd_imm_int(v ? v : closure ? HD_SSL_PROTO_MAXIMUM : HD_SSL_PROTO_MINIMUM);
}

static int check_version(HdThread *t, int version) {
    const char *old = version == SSL3_VERSION     ? "SSLv3"
                      : version == TLS1_VERSION   ? "TLSv1"
                      : version == TLS1_1_VERSION ? "TLSv1_1"
                                                  : NULL;
    if (old) return hd_warn(t, &hd_DeprecationWarning, 2, "ssl.TLSVersion.%s is deprecated", old);
    if (version == HD_SSL_PROTO_MINIMUM || version == HD_SSL_PROTO_MAXIMUM || version == TLS1_2_VERSION ||
        version == TLS1_3_VERSION) {
        return 0;
    }
    return hd_raise_int(t, &hd_ValueError, "Unsupported TLS/SSL version 0x%x", (unsigned)version);
}

static int set_version_bound(HdThread *t, HdValue self, HdValue v, void *closure) {
    int version;
    if (int_of(t, v, &version) < 0) return -1;
    int protocol = hd_ssl_context(self)->protocol;
    if (protocol != HD_SSL_TLS && protocol != HD_SSL_CLIENT && protocol != HD_SSL_SERVER) {
        return hd_raise_int(t, &hd_ValueError,
                            "The context's protocol doesn't support modification of highest and lowest version.");
    }
    if (check_version(t, version) < 0) return -1;
    bool highest = closure != NULL;
    int given = version;
    if (version == (highest ? HD_SSL_PROTO_MAXIMUM : HD_SSL_PROTO_MINIMUM)) given = 0; /* no bound */
    else if (version == HD_SSL_PROTO_MAXIMUM) given = TLS1_3_VERSION;
    else if (version == HD_SSL_PROTO_MINIMUM) given = TLS1_VERSION;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    int done = highest ? SSL_CTX_set_max_proto_version(c->ctx, given) : SSL_CTX_set_min_proto_version(c->ctx, given);
    hd_ssl_context_leave(c);
    if (done) return 0;
    return hd_raise_int(t, &hd_ValueError, "Unsupported protocol version 0x%x", (unsigned)given);
}

/* --- the class --- */

static const HdGetSetDef context_getsets[] = {
    {"check_hostname", get_check_hostname, set_check_hostname, NULL, NULL},
    {"_host_flags", get_host_flags, set_host_flags, NULL, NULL},
    {"minimum_version", get_version_bound, set_version_bound, NULL, NULL},
    {"maximum_version", get_version_bound, set_version_bound, NULL, "highest"},
    {"num_tickets", get_num_tickets, set_num_tickets, "Control the number of TLSv1.3 session tickets", NULL},
    {"options", get_options, set_options, NULL, NULL},
    {"protocol", get_protocol, NULL, NULL, NULL},
    {"verify_flags", get_verify_flags, set_verify_flags, NULL, NULL},
    {"verify_mode", get_verify_mode, set_verify_mode, NULL, NULL},
    {"post_handshake_auth", get_post_handshake_auth, set_post_handshake_auth, NULL, NULL},
    {"security_level", get_security_level, NULL, "The current security level", NULL},
    {"sni_callback", hd_ssl_get_sni_callback, hd_ssl_set_sni_callback,
     "Set a callback that will be called when a server name is provided by the client: callback(connection, name, "
     "context).\nWith None it is removed.",
     NULL},
    {"_msg_callback", hd_ssl_get_msg_callback, hd_ssl_set_msg_callback, NULL, NULL},
    {"keylog_filename", hd_ssl_get_keylog, hd_ssl_set_keylog, NULL, NULL},
    {0},
};
static const HdMethodDef context_methods[] = {
    HD_METHOD(hd_ssl_wrap_socket,
              "_wrap_socket($self, /, sock, server_side, server_hostname=None, *, owner=None, session=None)", NULL),
    HD_METHOD(hd_ssl_wrap_bio,
              "_wrap_bio($self, /, incoming, outgoing, server_side, server_hostname=None, *, owner=None, session=None)",
              NULL),
    HD_METHOD(context_set_ciphers, "set_ciphers($self, cipherlist, /)", NULL),
    HD_METHOD(context_get_ciphers, "get_ciphers($self, /)", NULL),
    HD_METHOD(context_session_stats, "session_stats($self, /)", NULL),
    HD_METHOD(hd_ssl_set_alpn_protocols, "_set_alpn_protocols($self, protos, /)", NULL),
    HD_METHOD(hd_ssl_load_cert_chain, "load_cert_chain($self, /, certfile, keyfile=None, password=None)", NULL),
    HD_METHOD(hd_ssl_load_dh_params, "load_dh_params($self, path, /)", NULL),
    HD_METHOD(hd_ssl_load_verify_locations, "load_verify_locations($self, /, cafile=None, capath=None, cadata=None)",
              NULL),
    HD_METHOD(hd_ssl_set_default_verify_paths, "set_default_verify_paths($self, /)", NULL),
    HD_METHOD(hd_ssl_set_ecdh_curve, "set_ecdh_curve($self, name, /)", NULL),
    HD_METHOD(hd_ssl_cert_store_stats, "cert_store_stats($self, /)",
              "Returns quantities of loaded X.509 certificates.\n\nKeys: 'x509', of them authorities 'x509_ca', 'crl'. "
              "What lies in a capath counts once it was used."),
    HD_METHOD(hd_ssl_get_ca_certs, "get_ca_certs($self, /, binary_form=False)",
              "Returns a list of dicts with information of loaded CA certs, or of bytes (DER).\n\nWhat lies in a "
              "capath is there once it was used."),
    HD_METHODS_END,
};
HdType hd_ssl_context_type = {
    HD_TYPE_HEAD("_ssl._SSLContext"),
    .basicsize = sizeof(HdSslContext),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = context_create,
    .dealloc = context_dealloc,
    .traverse = context_traverse,
    .clear = context_clear,
    .methods = context_methods,
    .getsets = context_getsets,
};
