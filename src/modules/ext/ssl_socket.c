/* ssl_socket.c -- _SSLSocket: life, and what may wait: handshake, read, write, shutdown.
 *
 * The locks are told in ssl_types.h. Every call that may wait is a loop: OpenSSL is called with the connection's lock
 * held, detached; when it wants the network, the lock is let go and the thread waits for the descriptor as long as the
 * socket's time-out says. Connections over memory BIOs never wait.
 */
#include "ssl_types.h"

#include <errno.h>
#include <limits.h>

#include "park.h"
#include "socket_types.h"

/* --- making one --- */

/* Lock of the context held. -1 raised. */
static int use_hostname(HdThread *t, HdSslSocket *s, HdSslContext *c, HdValue name) {
    HdSize length;
    if (!hd_is_str(name)) {
        return hd_raise_int(t, &hd_TypeError, "argument must be str, not %s", hd_type_name(name));
    }
    HD_OWNED HdValue ascii = hd_str_encode(t, name, "ascii", "strict");
    if (hd_is_null(ascii)) return -1;
    const char *text = (const char *)hd_bytes_data(ascii);
    length = hd_bytes_length(ascii);
    if ((HdSize)strlen(text) != length) {
        return hd_raise_int(t, &hd_TypeError, "argument must be encoded string without null bytes, not str");
    }
    if (length == 0 || *text == '.') {
        return hd_raise_int(t, &hd_ValueError,
                            "server_hostname cannot be an empty string or start with a leading dot.");
    }
    s->server_hostname = hd_str_exact(t, name);
    if (hd_is_null(s->server_hostname)) return -1;
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    ERR_clear_error();
    int done = address ? 1 : (int)SSL_set_tlsext_host_name(s->ssl, text); /* addresses are not sent */
    if (done && c->check_hostname) {
        X509_VERIFY_PARAM *parameters = SSL_get0_param(s->ssl);
        X509_VERIFY_PARAM_set_hostflags(parameters, c->host_flags);
        done = address ? X509_VERIFY_PARAM_set1_ip(parameters, ASN1_STRING_get0_data(address),
                                                   (size_t)ASN1_STRING_length(address))
                       : X509_VERIFY_PARAM_set1_host(parameters, text, (size_t)length);
    }
    ASN1_OCTET_STRING_free(address);
    if (done) return 0;
    hd_ssl_raise_queue(t, NULL);
    return -1;
}

static void set_modes(HdSslSocket *s, HdSslContext *c) {
    SSL_set_mode(s->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    if (c->post_handshake_auth && s->server_side) {
        int mode = SSL_get_verify_mode(s->ssl);
        if (mode & SSL_VERIFY_PEER) {
            SSL_set_verify(s->ssl, mode | SSL_VERIFY_POST_HANDSHAKE, SSL_get_verify_callback(s->ssl));
        }
    } else if (c->post_handshake_auth) {
        SSL_set_post_handshake_auth(s->ssl, 1);
    }
    if (s->server_side) SSL_set_accept_state(s->ssl);
    else SSL_set_connect_state(s->ssl);
}

/* Lock of the context held. `in` and `out` are taken over. */
static int fill_locked(HdThread *t, HdSslSocket *s, HdSslContext *c, BIO *in, BIO *out, HdValue hostname) {
    ERR_clear_error();
    s->ssl = SSL_new(c->ctx);
    if (!s->ssl) {
        BIO_free(in);
        if (out != in) BIO_free(out);
        hd_ssl_raise_queue(t, NULL);
        return -1;
    }
    SSL_set_app_data(s->ssl, s);
    SSL_set_bio(s->ssl, in, out);
    if (!hd_ssl_own_ciphers(c, s->ssl)) {
        hd_ssl_raise_queue(t, NULL);
        return -1;
    }
    s->alpn = hd_field_get(t, c, &c->alpn);
    if (!hd_is_null(hostname) && !hd_is_none(hostname) && use_hostname(t, s, c, hostname) < 0) return -1;
    set_modes(s, c);
    return 0;
}

static HdValue weak_or_null(HdThread *t, HdValue v) {
    return hd_is_null(v) || hd_is_none(v) ? HD_NULL : hd_weakref_new(t, v, HD_NULL);
}

static HdValue wrap(HdThread *t, HdValue context, HdValue socket, BIO *in, BIO *out, bool server_side,
                    HdValue hostname, HdValue owner, HdValue session) {
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_ssl_socket_type);
    if (hd_is_null(self)) {
        BIO_free(in);
        if (out != in) BIO_free(out);
        return HD_NULL;
    }
    HdSslSocket *s = hd_ssl_socket(self);
    s->context = hd_retain(t, context);
    s->server_side = server_side;
    HdSslContext *c = hd_ssl_context_enter(t, context);
    int filled = fill_locked(t, s, c, in, out, hostname);
    hd_ssl_context_leave(c);
    if (filled < 0) return HD_NULL;
    s->socket = weak_or_null(t, socket);
    if (hd_raised(t)) return HD_NULL;
    s->owner = weak_or_null(t, owner);
    if (hd_raised(t)) return HD_NULL;
    if (!hd_is_null(session) && !hd_is_none(session) && hd_ssl_set_session(t, self, session, NULL) < 0) return HD_NULL;
    return hd_move(&self);
}

/* Server or client, as told; -1 raised. */
static int check_side(HdThread *t, HdValue context, HdValue v) {
    int server_side = hd_object_truth(t, v), protocol = hd_ssl_context(context)->protocol;
    if (server_side < 0) return -1;
    const char *wrong = NULL;
    if (server_side && protocol == HD_SSL_CLIENT) {
        wrong = "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context";
    }
    if (!server_side && protocol == HD_SSL_SERVER) {
        wrong = "Cannot create a client socket with a PROTOCOL_TLS_SERVER context";
    }
    if (!wrong) return server_side;
    hd_ssl_raise_queue(t, wrong);
    return -1;
}

HdValue hd_ssl_wrap_socket(HdThread *t, HdValue self, const HdValue *a) {
    if (!hd_is_instance(a[0], &hd_socket_type)) {
        return hd_raise(t, &hd_TypeError, "_wrap_socket() argument 'sock' must be _socket.socket, not %s",
                        hd_type_name(a[0]));
    }
    int server_side = check_side(t, self, a[1]);
    if (server_side < 0) return HD_NULL;
    BIO *bio = hd_ssl_bio_socket();
    if (!bio) return hd_raise_no_memory(t);
    hd_ssl_bio_set_fd(bio, hd_socket_fd(a[0]));
    return wrap(t, self, a[0], bio, bio, server_side, a[2], a[3], a[4]);
}

HdValue hd_ssl_wrap_bio(HdThread *t, HdValue self, const HdValue *a) {
    for (int i = 0; i < 2; i++) {
        if (hd_is_instance(a[i], &hd_ssl_memory_type)) continue;
        return hd_raise(t, &hd_TypeError, "_wrap_bio() argument '%s' must be _ssl.MemoryBIO, not %s",
                        i ? "outgoing" : "incoming", hd_type_name(a[i]));
    }
    int server_side = check_side(t, self, a[2]);
    if (server_side < 0) return HD_NULL;
    BIO *in = hd_ssl_bio_memory(hd_ssl_memory(a[0])->queue), *out = hd_ssl_bio_memory(hd_ssl_memory(a[1])->queue);
    if (!in || !out) {
        BIO_free(in);
        BIO_free(out);
        return hd_raise_no_memory(t);
    }
    return wrap(t, self, HD_NULL, in, out, server_side, a[3], a[4], a[5]);
}

static int socket_traverse(HdObject *self, HdVisit visit, void *context) {
    HdSslSocket *s = (HdSslSocket *)self;
    HD_VISIT(s->context);
    HD_VISIT(s->socket);
    HD_VISIT(s->owner);
    HD_VISIT(s->server_hostname);
    HD_VISIT(s->alpn);
    HD_VISIT(s->pending);
    return 0;
}
static void socket_clear(HdThread *t, HdObject *self) {
    HdSslSocket *s = (HdSslSocket *)self;
    HdValue *fields[] = {&s->context, &s->socket, &s->owner, &s->pending};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
}
static void socket_dealloc(HdThread *t, HdObject *self) {
    HdSslSocket *s = (HdSslSocket *)self;
    SSL_free(s->ssl);
    socket_clear(t, self);
    hd_clear_slot(t, &s->server_hostname);
    hd_clear_slot(t, &s->alpn);
    hd_type_free(t, self);
}

/* --- calls that may wait --- */

/* One call of OpenSSL with the lock held, detached. */
typedef int (*Call)(HdSslSocket *s, void *argument);

typedef struct Waiting {
    HdValue socket; /* owned while the call lasts; HD_NULL: over memory BIOs */
    HdTime deadline;
    HdSslOutcome outcome;
} Waiting;

/* -1 raised: the socket is gone. */
static int begin(HdThread *t, HdSslSocket *s, Waiting *w) {
    HD_OWNED HdValue reference = hd_field_get(t, s, &s->socket);
    *w = (Waiting){HD_NULL, 0, {0}};
    if (hd_is_null(reference)) return 0;
    w->socket = hd_weakref_get(t, reference);
    if (hd_is_null(w->socket)) {
        hd_ssl_raise_gone(t);
        return -1;
    }
    w->deadline = hd_socket_deadline(hd_socket_timeout(w->socket));
    return 0;
}
static void end(HdThread *t, Waiting *w) { hd_clear_slot(t, &w->socket); }

static bool wants_network(const Waiting *w) {
    return w->outcome.ssl_error == SSL_ERROR_WANT_READ || w->outcome.ssl_error == SSL_ERROR_WANT_WRITE;
}

/* Makes the call once. -1: a callback raised, now or before the call waited. */
static int call_once(HdThread *t, HdSslSocket *s, Waiting *w, Call call, void *argument) {
    hd_owned_mutex_lock(t, &s->lock);
    if (!hd_is_null(w->socket)) hd_ssl_bio_set_fd(SSL_get_rbio(s->ssl), hd_socket_fd(w->socket));
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    ERR_clear_error();
    errno = 0;
    hd_ssl_note(&w->outcome, s->ssl, call(s, argument));
    HdValue raised = HD_NULL;
    if (!wants_network(w)) {
        raised = s->pending;
        s->pending = HD_NULL;
    }
    hd_owned_mutex_unlock(&s->lock);
    hd_blocking_leave_computation(t);
    if (hd_is_null(raised)) return 0;
    hd_set_raised_steal(t, raised);
    return -1;
}

/* After WANT_READ or WANT_WRITE: 1 to call again, 0 not to wait, -1 raised. `what` is for the time-out. */
static int wait_ready(HdThread *t, Waiting *w, const char *what) {
    bool reading = w->outcome.ssl_error == SSL_ERROR_WANT_READ;
    if (hd_is_null(w->socket) || w->deadline == 0) return 0;
    int fd = hd_socket_fd(w->socket);
    if (fd < 0 && w->deadline == HD_FOREVER) return 1; /* the call says what is wrong */
    if (fd < 0) {
        hd_ssl_raise_queue(t, "Underlying socket has been closed.");
        return -1;
    }
    HdBlockingResult ready = hd_blocking_wait_fd(t, fd, reading ? HD_WAIT_READABLE : HD_WAIT_WRITABLE, w->deadline);
    if (ready.raised) return -1;
    if (ready.value != 0) return 1;
    return hd_raise_int(t, &hd_TimeoutError, "The %s operation timed out",
                        what ? what : reading ? "read" : "write");
}

/* Calls until it is done or failed: 0, see w->outcome; -1 raised. */
static int call_waiting(HdThread *t, HdSslSocket *s, Waiting *w, Call call, void *argument, const char *what) {
    for (;;) {
        if (call_once(t, s, w, call, argument) < 0) return -1;
        if (!wants_network(w)) return 0;
        int again = wait_ready(t, w, what);
        if (again <= 0) return again;
    }
}

/* --- handshake --- */

static int handshake_call(HdSslSocket *s, void *unused) { return SSL_do_handshake(s->ssl); }

static HdValue socket_do_handshake(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_socket(self);
    Waiting w;
    if (begin(t, s, &w) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (call_waiting(t, s, &w, handshake_call, NULL, "handshake") == 0) {
        result = w.outcome.result < 1 ? hd_ssl_raise_outcome(t, s, &w.outcome) : hd_None;
    }
    end(t, &w);
    return result;
}

static HdValue socket_verify_client(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    ERR_clear_error();
    int done = SSL_verify_client_post_handshake(s->ssl);
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    hd_ssl_leave(s);
    return done ? hd_None : hd_ssl_raise_code(t, code);
}

/* --- reading and writing --- */

typedef struct Transfer {
    void *data;
    size_t size, done;
} Transfer;

static int read_call(HdSslSocket *s, void *argument) {
    Transfer *r = argument;
    return SSL_read_ex(s->ssl, r->data, r->size, &r->done);
}
static int write_call(HdSslSocket *s, void *argument) {
    Transfer *r = argument;
    return SSL_write_ex(s->ssl, r->data, r->size, &r->done);
}

/* How many bytes were read; 0: the other end has said goodbye. -1 raised. */
static HdSize read_into(HdThread *t, HdSslSocket *s, Waiting *w, void *data, size_t size) {
    Transfer r = {data, size, 0};
    if (call_waiting(t, s, w, read_call, &r, "read") < 0) return -1;
    if (w->outcome.result > 0) return (HdSize)r.done;
    if (w->outcome.ssl_error == SSL_ERROR_ZERO_RETURN) {
        hd_owned_mutex_lock(t, &s->lock);
        bool ended = SSL_get_shutdown(s->ssl) == SSL_RECEIVED_SHUTDOWN;
        hd_owned_mutex_unlock(&s->lock);
        if (ended) return 0;
    }
    hd_ssl_raise_outcome(t, s, &w->outcome);
    return -1;
}

static HdValue read_to_buffer(HdThread *t, HdSslSocket *s, Waiting *w, int size, HdValue target) {
    HdBuffer buffer;
    if (hd_buffer_get(t, target, &buffer, HD_BUFFER_WRITABLE) < 0) return HD_NULL;
    HdSize got = 0;
    if (size <= 0 || size > buffer.length) {
        size = (int)buffer.length;
        if (size != buffer.length) got = hd_raise_int(t, &hd_OverflowError, "maximum length can't fit in a C 'int'");
    }
    if (got == 0 && size > 0) got = read_into(t, s, w, buffer.data, (size_t)size);
    hd_buffer_release(t, &buffer);
    return got < 0 ? HD_NULL : hd_imm_int(got);
}

static HdValue read_to_bytes(HdThread *t, HdSslSocket *s, Waiting *w, int size) {
    if (size == 0) return hd_bytes_empty();
    if (size > SSL3_RT_MAX_PLAIN_LENGTH) size = SSL3_RT_MAX_PLAIN_LENGTH; /* one record is all that one call gives */
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return bytes;
    HdSize got = read_into(t, s, w, hd_bytes_data(bytes), (size_t)size);
    if (got >= 0) return hd_bytes_shrink_steal(t, bytes, got);
    hd_release(t, bytes);
    return HD_NULL;
}

static HdValue socket_read(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "_ssl._SSLSocket.read", kwnames) < 0) return HD_NULL;
    if (nargs < 1 || nargs > 2) return hd_raise(t, &hd_TypeError, "_ssl._SSLSocket.read requires 1 to 2 arguments");
    int size = hd_number_as_int(t, hd_ref_value(args[0]));
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0 && nargs == 1) return hd_raise(t, &hd_ValueError, "size should not be negative");
    HdSslSocket *s = hd_ssl_socket(self);
    Waiting w;
    if (begin(t, s, &w) < 0) return HD_NULL;
    HdValue result = nargs == 2 ? read_to_buffer(t, s, &w, size, hd_ref_value(args[1])) : read_to_bytes(t, s, &w, size);
    end(t, &w);
    return result;
}

/* Writers take turns. 0, -1 raised. */
static int begin_writing(HdThread *t, HdSslSocket *s, const Waiting *w) {
    HdTime deadline = hd_is_null(w->socket) ? HD_FOREVER : w->deadline;
    for (;;) {
        HdLockResult result = hd_owned_mutex_lock_until(t, &s->writing, deadline, HD_PARK_INTERRUPTIBLE);
        if (result == HD_LOCK_TAKEN) return 0;
        if (result == HD_LOCK_INTERRUPTED && hd_blocking_interrupted(t) < 0) return -1;
        if (result == HD_LOCK_INTERRUPTED) continue;
        if (deadline) return hd_raise_int(t, &hd_TimeoutError, "The write operation timed out");
        HdSslOutcome outcome = {.ssl_error = SSL_ERROR_WANT_WRITE};
        hd_ssl_raise_outcome(t, s, &outcome);
        return -1;
    }
}

static HdValue socket_write(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_socket(self);
    HdBuffer buffer;
    if (hd_buffer_get(t, a[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    Transfer r = {buffer.data, (size_t)buffer.length, 0};
    Waiting w;
    HdValue result = HD_NULL;
    if (begin(t, s, &w) == 0) {
        if (begin_writing(t, s, &w) == 0) {
            int called = call_waiting(t, s, &w, write_call, &r, "write");
            hd_owned_mutex_unlock(&s->writing);
            if (called == 0) {
                result = w.outcome.result > 0 ? hd_int_from_size(t, (HdSize)r.done)
                                              : hd_ssl_raise_outcome(t, s, &w.outcome);
            }
        }
        end(t, &w);
    }
    hd_buffer_release(t, &buffer);
    return result;
}

static HdValue socket_pending(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_enter(t, self);
    int count = SSL_pending(s->ssl);
    hd_ssl_leave(s);
    return hd_imm_int(count);
}

/* --- shutdown --- */

static int shutdown_call(HdSslSocket *s, void *unused) {
    if (s->shutdown_seen_zero) SSL_set_read_ahead(s->ssl, 0); /* what follows the goodbye is not ours to read */
    return SSL_shutdown(s->ssl);
}

/* Says goodbye and waits for the other end's. A result of 0 is goodbye said: the second call reads, and another 0 ends
 * it. */
static int say_goodbye(HdThread *t, HdSslSocket *s, Waiting *w) {
    for (int zeros = 0;;) {
        if (call_once(t, s, w, shutdown_call, NULL) < 0) return -1;
        if (w->outcome.result > 0) return 0;
        if (w->outcome.result == 0) {
            if (++zeros > 1) return 0;
            hd_owned_mutex_lock(t, &s->lock);
            s->shutdown_seen_zero = 1;
            hd_owned_mutex_unlock(&s->lock);
            continue;
        }
        int again = wants_network(w) ? wait_ready(t, w, NULL) : 0;
        if (again < 0) return -1;
        if (again == 0) {
            hd_ssl_raise_outcome(t, s, &w->outcome);
            return -1;
        }
    }
}

static HdValue socket_shutdown(HdThread *t, HdValue self, const HdValue *a) {
    HdSslSocket *s = hd_ssl_socket(self);
    Waiting w;
    if (begin(t, s, &w) < 0) return HD_NULL;
    int done = say_goodbye(t, s, &w);
    HdValue result = done < 0 ? HD_NULL : hd_is_null(w.socket) ? hd_None : hd_retain(t, w.socket);
    end(t, &w);
    return result;
}

/* --- the class --- */

static const HdMethodDef socket_methods[] = {
    HD_METHOD(socket_do_handshake, "do_handshake($self, /)", NULL),
    HD_METHOD(socket_write, "write($self, b, /)",
              "Writes the bytes-like object b into the SSL object.\n\nReturns the number of bytes written."),
    HD_METHOD_RAW(socket_read, "read",
                  "read(size, [buffer])\n\nRead up to size bytes from the SSL socket; how many, when a buffer is "
                  "given."),
    HD_METHOD(socket_pending, "pending($self, /)",
              "Returns the number of already decrypted bytes available for read, pending on the connection."),
    HD_METHOD(socket_shutdown, "shutdown($self, /)", "Does the SSL shutdown handshake with the remote end."),
    HD_METHOD(socket_verify_client, "verify_client_post_handshake($self, /)",
              "Initiate TLS 1.3 post-handshake authentication"),
    HD_METHOD(hd_ssl_getpeercert, "getpeercert($self, der=False, /)",
              "Returns the certificate for the peer: a dict, {} if it was not verified, or bytes if der is true."
              "\n\nNone when there is no certificate."),
    HD_METHOD(hd_ssl_get_channel_binding, "get_channel_binding($self, /, cb_type='tls-unique')",
              "Get channel binding data for current connection: bytes, None before the handshake."),
    HD_METHOD(hd_ssl_cipher, "cipher($self, /)", NULL),
    HD_METHOD(hd_ssl_shared_ciphers, "shared_ciphers($self, /)", NULL),
    HD_METHOD(hd_ssl_version, "version($self, /)", NULL),
    HD_METHOD(hd_ssl_selected_alpn, "selected_alpn_protocol($self, /)", NULL),
    HD_METHOD(hd_ssl_compression, "compression($self, /)", NULL),
    HD_METHOD(hd_ssl_unverified_chain, "get_unverified_chain($self, /)", NULL),
    HD_METHOD(hd_ssl_verified_chain, "get_verified_chain($self, /)", NULL),
    HD_METHODS_END,
};
HdType hd_ssl_socket_type = {
    HD_TYPE_HEAD("_ssl._SSLSocket"),
    .basicsize = sizeof(HdSslSocket),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_GC,
    .dealloc = socket_dealloc,
    .traverse = socket_traverse,
    .clear = socket_clear,
    .methods = socket_methods,
    .getsets = hd_ssl_socket_getsets,
};
