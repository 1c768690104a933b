/* ssl_callbacks.c -- what OpenSSL calls during a handshake: server names, protocols, messages, the key log.
 *
 * OpenSSL calls in the thread that called it, detached, with the connection's lock held: what needs Python attaches for
 * its length. An exception is kept in the connection's `pending`, and the call under way raises it.
 */
#include "ssl_types.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static HdSslSocket *socket_of(const SSL *ssl) { return SSL_get_app_data(ssl); }
static HdValue context_of(HdThread *t, HdSslSocket *s) { return hd_field_get(t, s, &s->context); }

/* What Python code knows the connection as: its owner, its socket, or itself; HD_NULL when that is gone. Owned. */
static HdValue public_object(HdThread *t, HdSslSocket *s) {
    HD_OWNED HdValue reference = hd_field_get(t, s, &s->owner);
    if (hd_is_null(reference)) reference = hd_field_get(t, s, &s->socket);
    return hd_is_null(reference) ? hd_retain(t, hd_from_object(s)) : hd_weakref_get(t, reference);
}

static void keep_exception(HdThread *t, HdSslSocket *s) {
    HdValue error = hd_take_raised(t);
    if (hd_is_null(s->pending)) s->pending = error;
    else hd_release(t, error);
}

/* --- application protocols --- */

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *offered,
                       unsigned offered_length, void *unused) {
    HdValue known = socket_of(ssl)->alpn; /* changed with the lock held only */
    if (hd_is_null(known)) return SSL_TLSEXT_ERR_NOACK;
    int found = SSL_select_next_proto((unsigned char **)out, out_length, hd_bytes_data(known),
                                      (unsigned)hd_bytes_length(known), offered, offered_length);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

HdValue hd_ssl_set_alpn_protocols(HdThread *t, HdValue self, const HdValue *a) {
    HdBuffer buffer;
    if (hd_buffer_get(t, a[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    bool fits = (uint64_t)buffer.length <= UINT_MAX;
    HdValue bytes = fits ? hd_bytes_new(t, buffer.data, buffer.length) : HD_NULL;
    hd_buffer_release(t, &buffer);
    if (!fits) return hd_raise(t, &hd_OverflowError, "protocols longer than %u bytes", UINT_MAX);
    if (hd_is_null(bytes)) return bytes;
    HdSslContext *c = hd_ssl_context_enter(t, self);
    int failed = SSL_CTX_set_alpn_protos(c->ctx, hd_bytes_data(bytes), (unsigned)hd_bytes_length(bytes));
    SSL_CTX_set_alpn_select_cb(c->ctx, select_alpn, NULL);
    hd_ssl_context_leave(c);
    ERR_clear_error();
    if (failed) {
        hd_release(t, bytes);
        return hd_raise_no_memory(t);
    }
    hd_field_set_steal(t, c, &c->alpn, bytes);
    return hd_None;
}

/* --- server names --- */

/* The answer of the callback as OpenSSL wants it. */
static int answer_name(HdThread *t, HdValue callback, HdValue result, int *alert) {
    if (hd_is_null(result)) {
        hd_write_unraisable(t, callback);
        *alert = SSL_AD_HANDSHAKE_FAILURE;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (hd_is_none(result)) return SSL_TLSEXT_ERR_OK;
    *alert = hd_number_as_int(t, result);
    if (hd_raised(t)) {
        hd_write_unraisable(t, result);
        *alert = SSL_AD_INTERNAL_ERROR;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int ask_for_name(HdThread *t, HdSslSocket *s, const char *name, int *alert) {
    HD_OWNED HdValue context = context_of(t, s);
    if (hd_is_null(context)) return SSL_TLSEXT_ERR_OK;
    HD_OWNED HdValue callback = hd_field_get(t, hd_as_object(context), &hd_ssl_context(context)->sni_callback);
    if (hd_is_null(callback)) return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_INTERNAL_ERROR;
    HD_OWNED HdValue shown = public_object(t, s);
    if (hd_is_null(shown)) return SSL_TLSEXT_ERR_ALERT_FATAL;
    HD_OWNED HdValue text = hd_None;
    if (name) {
        HdSize length = (HdSize)strlen(name);
        text = hd_str_decode(t, name, length, "ascii", "strict"); /* an A-label stays one (python/cpython#72595) */
        if (hd_is_null(text)) {
            HD_OWNED HdValue bytes = HD_NULL, error = hd_take_raised(t);
            bytes = hd_bytes_new(t, name, length);
            if (hd_is_null(bytes)) hd_clear_raised(t);
            hd_set_raised_steal(t, hd_move(&error));
            hd_write_unraisable(t, bytes);
            return SSL_TLSEXT_ERR_ALERT_FATAL;
        }
    }
    HD_OWNED HdValue result = hd_object_call3(t, callback, shown, text, context);
    return answer_name(t, callback, result, alert);
}

static int server_name(SSL *ssl, int *alert, void *unused) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    int answer = ask_for_name(t, socket_of(ssl), SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), alert);
    hd_blocking_callback_end(t, detached);
    return answer;
}

HdValue hd_ssl_get_sni_callback(HdThread *t, HdValue self, void *closure) {
    HdValue v = hd_field_get(t, hd_as_object(self), &hd_ssl_context(self)->sni_callback);
    return hd_is_null(v) ? hd_None : v;
}
int hd_ssl_set_sni_callback(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_ssl_context(self)->protocol == HD_SSL_CLIENT) {
        return hd_raise_int(t, &hd_ValueError, "sni_callback cannot be set on TLS_CLIENT context");
    }
    bool on = !hd_is_null(v) && hd_object_is_callable(v);
    HdSslContext *c = hd_ssl_context_enter(t, self);
    int (*function)(SSL *, int *, void *) = on ? server_name : NULL;
    SSL_CTX_set_tlsext_servername_callback(c->ctx, function);
    hd_ssl_context_leave(c);
    hd_field_set_steal(t, c, &c->sni_callback, on ? hd_retain(t, v) : HD_NULL);
    if (on || hd_is_null(v) || hd_is_none(v)) return 0;
    return hd_raise_int(t, &hd_TypeError, "not a callable object");
}

/* --- messages --- */

/* The type of a message and, in headers of records, its version. */
static int message_type(int content, const unsigned char *data, size_t length, int *version) {
    if (content == SSL3_RT_CHANGE_CIPHER_SPEC) return SSL3_MT_CHANGE_CIPHER_SPEC;
    if (content == SSL3_RT_ALERT) return length > 1 ? data[1] : -1;
    if (content == SSL3_RT_HEADER && length > 2) *version = data[1] << 8 | data[2];
    bool first = content == SSL3_RT_HANDSHAKE || content == SSL3_RT_HEADER || content == SSL3_RT_INNER_CONTENT_TYPE;
    return first && length > 0 ? data[0] : -1;
}

static void tell_message(HdThread *t, HdSslSocket *s, bool written, int version, int content, const void *data,
                         size_t length) {
    HD_OWNED HdValue context = context_of(t, s);
    if (hd_is_null(context)) return;
    HD_OWNED HdValue callback = hd_field_get(t, hd_as_object(context), &hd_ssl_context(context)->msg_callback);
    HD_OWNED HdValue shown = hd_is_null(callback) ? HD_NULL : public_object(t, s);
    if (hd_is_null(shown)) return;
    int type = message_type(content, data, length, &version);
    HD_OWNED HdValue direction = hd_str_from_text(t, written ? "write" : "read");
    HD_OWNED HdValue bytes = hd_is_null(direction) ? HD_NULL : hd_bytes_new(t, data, (HdSize)length);
    HdValue args[] = {shown, direction, hd_imm_int(version), hd_imm_int(content), hd_imm_int(type), bytes};
    if (!hd_is_null(bytes)) hd_release(t, hd_object_call_values(t, callback, args, HD_COUNT_OF(args)));
    if (hd_raised(t)) keep_exception(t, s);
}
static void message_seen(int written, int version, int content, const void *data, size_t length, SSL *ssl,
                         void *unused) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    tell_message(t, socket_of(ssl), written != 0, version, content, data, length);
    hd_blocking_callback_end(t, detached);
}

void hd_ssl_watch_messages(HdThread *t, HdSslSocket *s, HdSslContext *c) {
    HD_OWNED HdValue callback = hd_field_get(t, c, &c->msg_callback);
    SSL_set_msg_callback(s->ssl, hd_is_null(callback) ? NULL : message_seen);
}
HdValue hd_ssl_get_msg_callback(HdThread *t, HdValue self, void *closure) {
    HdValue v = hd_field_get(t, hd_as_object(self), &hd_ssl_context(self)->msg_callback);
    return hd_is_null(v) ? hd_None : v;
}
int hd_ssl_set_msg_callback(HdThread *t, HdValue self, HdValue v, void *closure) {
    bool on = !hd_is_null(v) && hd_object_is_callable(v);
    HdSslContext *c = hd_ssl_context_enter(t, self);
    SSL_CTX_set_msg_callback(c->ctx, on ? message_seen : NULL);
    hd_ssl_context_leave(c);
    hd_field_set_steal(t, c, &c->msg_callback, on ? hd_retain(t, v) : HD_NULL);
    if (on || hd_is_null(v) || hd_is_none(v)) return 0;
    return hd_raise_int(t, &hd_TypeError, "not a callable object");
}

/* --- the key log --- */

static void log_key(const SSL *ssl, const char *line) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSslSocket *s = socket_of(ssl);
    {
        HD_OWNED HdValue context = context_of(t, s);
        if (!hd_is_null(context)) {
            HdSslContext *c = hd_ssl_context_enter(t, context);
            errno = 0;
            bool good = !c->keylog || (BIO_printf(c->keylog, "%s\n", line) > 0 && BIO_flush(c->keylog) > 0);
            int error = errno;
            HD_OWNED HdValue name = hd_field_get(t, c, &c->keylog_name);
            hd_ssl_context_leave(c);
            if (!good) {
                hd_raise_errno(t, error, name);
                keep_exception(t, s);
            }
        }
    }
    hd_blocking_callback_end(t, detached);
}

HdValue hd_ssl_get_keylog(HdThread *t, HdValue self, void *closure) {
    HdValue v = hd_field_get(t, hd_as_object(self), &hd_ssl_context(self)->keylog_name);
    return hd_is_null(v) ? hd_None : v;
}

static BIO *open_keylog(HdThread *t, HdValue path, HdValue name) {
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    errno = 0;
    FILE *file = fopen((const char *)hd_bytes_data(path), "ae");
    int error = errno;
    BIO *bio = file ? BIO_new_fp(file, BIO_CLOSE) : NULL;
    if (file && !bio) fclose(file);
    if (bio && BIO_tell(bio) == 0) {
        BIO_puts(bio, "# TLS secrets log file, generated by OpenSSL / Python\n");
        (void)BIO_flush(bio);
    }
    hd_blocking_leave(t);
    if (!file) hd_raise_errno(t, error, name);
    else if (!bio) hd_ssl_raise_queue(t, "Can't malloc memory for keylog file");
    return bio;
}

int hd_ssl_set_keylog(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    BIO *made = NULL;
    if (!hd_is_none(v)) {
        HD_OWNED HdValue path = hd_ssl_path(t, v, NULL);
        if (hd_is_null(path)) return -1;
        made = open_keylog(t, path, v);
        /* One that cannot be opened ends the old log, too. */
    }
    HdSslContext *c = hd_ssl_context_enter(t, self);
    BIO *old = c->keylog;
    c->keylog = made;
    SSL_CTX_set_keylog_callback(c->ctx, made ? log_key : NULL);
    hd_ssl_context_leave(c);
    BIO_free_all(old);
    hd_field_set_steal(t, c, &c->keylog_name, made ? hd_retain(t, v) : HD_NULL);
    return hd_is_none(v) || made ? 0 : -1;
}

