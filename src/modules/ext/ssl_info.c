/* ssl_info.c -- _SSLSocket: what is known of a connection, and its attributes. Each question is asked with its lock
 * held, attached. */
#include "ssl_types.h"

static HdValue text_or_none(HdThread *t, const char *text) { return text ? hd_str_from_text(t, text) : hd_None; }

HdValue hd_ssl_getpeercert(HdThread *t, HdValue self, const HdValue *a) {
    int binary = hd_is_null(a[0]) ? 0 : hd_object_truth(t, a[0]);
    if (binary < 0) return HD_NULL;
    HdSslSocket *s = hd_ssl_enter(t, self);
    bool finished = SSL_is_init_finished(s->ssl);
    X509 *certificate = finished ? SSL_get1_peer_certificate(s->ssl) : NULL;
    bool verified = (SSL_CTX_get_verify_mode(SSL_get_SSL_CTX(s->ssl)) & SSL_VERIFY_PEER) != 0;
    hd_ssl_leave(s);
    if (!finished) return hd_raise(t, &hd_ValueError, "handshake not done yet");
    if (!certificate) return hd_None;
    HdValue result = binary     ? hd_ssl_cert_der(t, certificate)
                     : verified ? hd_ssl_cert_dict(t, certificate)
                                : hd_dict_new(t);
    X509_free(certificate);
    return result;
}

/* A tuple of the certificates, or None. The connection's own reference on `chain` stays, so the lock is held: making
 * objects runs no Python. */
static HdValue chain_list(HdThread *t, STACK_OF(X509) *chain) {
    if (!chain) return hd_None;
    HD_OWNED HdValue list = hd_list_new(t, sk_X509_num(chain));
    for (int i = 0; !hd_is_null(list) && i < sk_X509_num(chain); i++) {
        HdValue one = hd_ssl_cert_object(t, sk_X509_value(chain, i));
        if (hd_is_null(one) || hd_list_append_steal(t, list, one) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

HdValue hd_ssl_verified_chain(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    HdValue result = chain_list(t, SSL_get0_verified_chain(s->ssl));
    hd_ssl_leave(s);
    return result;
}

/* A server's chain lacks the client's own certificate: it goes first. */
HdValue hd_ssl_unverified_chain(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    HD_OWNED HdValue list = chain_list(t, SSL_get_peer_cert_chain(s->ssl));
    X509 *own = s->server_side ? SSL_get1_peer_certificate(s->ssl) : NULL;
    hd_ssl_leave(s);
    if (!own) return hd_move(&list);
    HD_OWNED HdValue first = hd_is_null(list) ? HD_NULL : hd_ssl_cert_object(t, own);
    X509_free(own);
    if (hd_is_null(first)) return HD_NULL;
    if (!hd_is_list(list)) {
        hd_release(t, list);
        list = hd_list_new(t, 1);
    }
    return hd_is_null(list) || hd_list_insert(t, list, 0, first) < 0 ? HD_NULL : hd_move(&list);
}

HdValue hd_ssl_get_channel_binding(HdThread *t, HdValue self, const HdValue *a) {
    enum { LONGEST = 128 };
    char buffer[LONGEST];
    if (!hd_is_null(a[0]) && !(hd_is_str(a[0]) && hd_str_equals_text(a[0], "tls-unique"))) {
        if (!hd_is_str(a[0])) {
            return hd_raise(t, &hd_TypeError, "get_channel_binding() argument 'cb_type' must be str, not %s",
                            hd_type_name(a[0]));
        }
        return hd_raise(t, &hd_ValueError, "'%U' channel binding type not implemented", a[0]);
    }
    HdSslSocket *s = hd_ssl_enter(t, self);
    /* The first message of the two that end the handshake: the client's, of a resumed session the server's. */
    bool own = (SSL_session_reused(s->ssl) != 0) != !s->server_side;
    size_t length = own ? SSL_get_finished(s->ssl, buffer, LONGEST) : SSL_get_peer_finished(s->ssl, buffer, LONGEST);
    hd_ssl_leave(s);
    return length ? hd_bytes_new(t, buffer, (HdSize)length) : hd_None;
}

HdValue hd_ssl_cipher(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    const SSL_CIPHER *cipher = SSL_get_current_cipher(s->ssl); /* lives as long as OpenSSL */
    hd_ssl_leave(s);
    return hd_ssl_cipher_tuple(t, cipher);
}

/* As in CPython 3.11.2, what this end supports, whatever the other does (later versions: python/cpython#96931). */
HdValue hd_ssl_shared_ciphers(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(s->ssl);
    HD_OWNED HdValue list = ciphers ? hd_list_new(t, sk_SSL_CIPHER_num(ciphers)) : hd_None;
    for (int i = 0; ciphers && i < sk_SSL_CIPHER_num(ciphers) && !hd_is_null(list); i++) {
        HdValue one = hd_ssl_cipher_tuple(t, sk_SSL_CIPHER_value(ciphers, i));
        if (hd_is_null(one) || hd_list_append_steal(t, list, one) < 0) hd_clear_slot(t, &list);
    }
    hd_ssl_leave(s);
    return hd_move(&list);
}

HdValue hd_ssl_version(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    const char *version = SSL_is_init_finished(s->ssl) ? SSL_get_version(s->ssl) : NULL;
    hd_ssl_leave(s);
    return text_or_none(t, version && strcmp(version, "unknown") != 0 ? version : NULL);
}

HdValue hd_ssl_selected_alpn(HdThread *t, HdValue self, const HdValue *a) {
    const unsigned char *name;
    unsigned length;
    HdSslSocket *s = hd_ssl_enter(t, self);
    SSL_get0_alpn_selected(s->ssl, &name, &length);
    HdValue result = name ? hd_str_from_utf8(t, (const char *)name, (HdSize)length) : hd_None;
    hd_ssl_leave(s);
    return result;
}

HdValue hd_ssl_compression(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    const COMP_METHOD *method = SSL_get_current_compression(s->ssl);
    const char *name = method && COMP_get_type(method) != NID_undef ? OBJ_nid2sn(COMP_get_type(method)) : NULL;
    hd_ssl_leave(s);
    return text_or_none(t, name);
}

/* --- attributes --- */

static HdValue get_context(HdThread *t, HdValue self, void *closure) {
    HdValue v = hd_field_get(t, hd_as_object(self), &hd_ssl_socket(self)->context);
    return hd_is_null(v) ? hd_None : v;
}
static int set_context(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v) || !hd_is_instance(v, &hd_ssl_context_type)) {
        return hd_raise_int(t, &hd_TypeError, "The value must be a SSLContext");
    }
    HdSslSocket *s = hd_ssl_enter(t, self);
    HdSslContext *c = hd_ssl_context_enter(t, v);
    SSL_set_SSL_CTX(s->ssl, c->ctx);
    bool done = hd_ssl_own_ciphers(c, s->ssl);
    hd_ssl_context_leave(c);
    hd_ssl_watch_messages(t, s, c);
    HdValue alpn = s->alpn;
    s->alpn = hd_field_get(t, c, &c->alpn);
    hd_ssl_leave(s);
    hd_release(t, alpn);
    hd_field_set_steal(t, s, &s->context, hd_retain(t, v));
    if (done) return 0;
    hd_ssl_raise_queue(t, NULL);
    return -1;
}

static HdValue get_server_side(HdThread *t, HdValue self, void *closure) {
    return hd_bool(hd_ssl_socket(self)->server_side);
}
static HdValue get_server_hostname(HdThread *t, HdValue self, void *closure) {
    HdValue name = hd_ssl_socket(self)->server_hostname;
    return hd_is_null(name) ? hd_None : hd_retain(t, name);
}
static HdValue get_owner(HdThread *t, HdValue self, void *closure) {
    HD_OWNED HdValue reference = hd_field_get(t, hd_as_object(self), &hd_ssl_socket(self)->owner);
    HdValue owner = hd_is_null(reference) ? HD_NULL : hd_weakref_get(t, reference);
    return hd_is_null(owner) ? hd_None : owner;
}
static int set_owner(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    HdValue reference = hd_weakref_new(t, v, HD_NULL);
    if (hd_is_null(reference)) return -1;
    hd_field_set_steal(t, hd_as_object(self), &hd_ssl_socket(self)->owner, reference);
    return 0;
}
static HdValue get_session_reused(HdThread *t, HdValue self, void *closure) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    bool reused = SSL_session_reused(s->ssl);
    hd_ssl_leave(s);
    return hd_bool(reused);
}

const HdGetSetDef hd_ssl_socket_getsets[] = {
    {"context", get_context, set_context,
     "The context of the connection. A callback for server names may change it, to choose another certificate.", NULL},
    {"server_side", get_server_side, NULL, "Whether this is a server-side socket.", NULL},
    {"server_hostname", get_server_hostname, NULL, "The currently set server hostname (for SNI).", NULL},
    {"owner", get_owner, set_owner, "The Python object of this connection, which callbacks get; a weak reference.",
     NULL},
    {"session", hd_ssl_get_session, hd_ssl_set_session, "The session; a client may set one before the handshake.",
     NULL},
    {"session_reused", get_session_reused, NULL, "Was the client session reused during handshake?", NULL},
    {0},
};
