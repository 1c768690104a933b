/* ssl_session.c -- SSLSession: what a client may take from one connection to the next. Never changes; no locks. */
#include "ssl_types.h"

typedef struct Session {
    HdObject head;
    SSL_SESSION *session;
    HdValue context;
} Session;
HD_INLINE Session *as_session(HdValue v) { return HD_AS(Session, v); }

/* A copy: the connection goes on changing its own. */
HdValue hd_ssl_get_session(HdThread *t, HdValue self, void *closure) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    SSL_SESSION *there = SSL_get_session(s->ssl);
    bool begun = there && i2d_SSL_SESSION(there, NULL) <= 0; /* the handshake is not that far yet */
    SSL_SESSION *copy = there && !begun ? SSL_SESSION_dup(there) : NULL;
    hd_ssl_leave(s);
    if (!there) return hd_None;
    if (begun) {
        ERR_clear_error();
        return hd_raise(t, &hd_ValueError, "i2d() failed.");
    }
    if (!copy) return hd_ssl_raise_queue(t, NULL);
    HdValue made = hd_type_alloc(t, &hd_ssl_session_type);
    if (hd_is_null(made)) {
        SSL_SESSION_free(copy);
        return made;
    }
    as_session(made)->session = copy;
    as_session(made)->context = hd_field_get(t, s, &s->context);
    return made;
}

int hd_ssl_set_session(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    if (!hd_is_instance(v, &hd_ssl_session_type)) {
        return hd_raise_int(t, &hd_TypeError, "Value is not a SSLSession.");
    }
    HdSslSocket *s = hd_ssl_enter(t, self);
    const char *wrong = NULL;
    int done = 0;
    if (!hd_same(s->context, as_session(v)->context)) wrong = "Session refers to a different SSLContext.";
    else if (s->server_side) wrong = "Cannot set session for server-side SSLSocket.";
    else if (SSL_is_init_finished(s->ssl)) wrong = "Cannot set session after handshake.";
    if (!wrong) {
        SSL_SESSION *copy = SSL_SESSION_dup(as_session(v)->session);
        done = copy && SSL_set_session(s->ssl, copy);
        SSL_SESSION_free(copy);
    }
    hd_ssl_leave(s);
    if (done) return 0;
    if (wrong) return hd_raise_int(t, &hd_ValueError, "%s", wrong);
    hd_ssl_raise_queue(t, NULL);
    return -1;
}

static int session_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Session *)self)->context);
    return 0;
}
static void session_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((Session *)self)->context); }
static void session_dealloc(HdThread *t, HdObject *self) {
    SSL_SESSION_free(((Session *)self)->session);
    session_clear(t, self);
    hd_type_free(t, self);
}

static const unsigned char *session_id(HdValue v, unsigned *length) {
    return SSL_SESSION_get_id(as_session(v)->session, length);
}
static HdValue session_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_instance(left, &hd_ssl_session_type) || !hd_is_instance(right, &hd_ssl_session_type) ||
        (op != HD_EQ && op != HD_NE)) {
        return hd_NotImplemented;
    }
    unsigned left_length, right_length;
    const unsigned char *a = session_id(left, &left_length), *b = session_id(right, &right_length);
    bool equal = hd_same(left, right) || (left_length == right_length && memcmp(a, b, left_length) == 0);
    return hd_bool(equal == (op == HD_EQ));
}
static int64_t session_hash(HdThread *t, HdValue self) {
    unsigned length;
    const unsigned char *id = session_id(self, &length);
    HD_OWNED HdValue bytes = hd_bytes_new(t, id, (HdSize)length);
    return hd_is_null(bytes) ? -1 : hd_object_hash(t, bytes);
}

static HdValue get_time(HdThread *t, HdValue self, void *closure) {
    return hd_int_from_i64(t, SSL_SESSION_get_time(as_session(self)->session));
}
static HdValue get_timeout(HdThread *t, HdValue self, void *closure) {
    return hd_int_from_i64(t, SSL_SESSION_get_timeout(as_session(self)->session));
}
static HdValue get_ticket_lifetime_hint(HdThread *t, HdValue self, void *closure) {
    return hd_int_from_u64(t, SSL_SESSION_get_ticket_lifetime_hint(as_session(self)->session));
}
static HdValue get_id(HdThread *t, HdValue self, void *closure) {
    unsigned length;
    const unsigned char *id = session_id(self, &length);
    return hd_bytes_new(t, id, (HdSize)length);
}
static HdValue get_has_ticket(HdThread *t, HdValue self, void *closure) {
    return hd_bool(SSL_SESSION_has_ticket(as_session(self)->session));
}

static const HdGetSetDef session_getsets[] = {
    {"has_ticket", get_has_ticket, NULL, "Does the session contain a ticket?", NULL},
    {"id", get_id, NULL, "Session id", NULL},
    {"ticket_lifetime_hint", get_ticket_lifetime_hint, NULL, "Ticket life time hint.", NULL},
    {"time", get_time, NULL, "Session creation time (seconds since epoch).", NULL},
    {"timeout", get_timeout, NULL, "Session timeout (delta in seconds).", NULL},
    {0},
};
HdType hd_ssl_session_type = {
    HD_TYPE_HEAD("_ssl.SSLSession"),
    .basicsize = sizeof(Session),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_GC,
    .dealloc = session_dealloc,
    .traverse = session_traverse,
    .clear = session_clear,
    .compare = session_compare,
    .hash = session_hash,
    .getsets = session_getsets,
};
