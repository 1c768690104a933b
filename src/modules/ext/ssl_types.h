/* ssl_types.h -- what the files of the module _ssl share: contexts, connections, memory BIOs, sessions, certificates.
 *
 *   mod__ssl.c        the module: random numbers, object identifiers, paths
 *   ssl_constants.c   the numbers of OpenSSL
 *   ssl_errors.c      SSLError and its family
 *   ssl_bio.c         how OpenSSL reads and writes: a socket that never waits, a queue in memory; MemoryBIO
 *   ssl_context.c     _SSLContext: life, settings
 *   ssl_load.c        what a context loads: certificates, keys, parameters
 *   ssl_callbacks.c   what OpenSSL calls: server names, protocols, messages, key log
 *   ssl_socket.c      _SSLSocket: life, and what may wait: handshake, read, write, shutdown
 *   ssl_info.c        _SSLSocket: what is known of a connection, attributes
 *   ssl_session.c     SSLSession
 *   ssl_cert.c        certificates, as dicts and as the class Certificate
 *
 * Locks. A connection's lock is held around every call into OpenSSL with its SSL, a context's around every change of
 * its SSL_CTX and around SSL_new. Both may be taken again by their owner, as OpenSSL calls Python with them held.
 * The order is: connection, context. Nobody waits for the network with a lock: OpenSSL reads and writes through BIOs
 * that never wait, and who is told WANT_READ or WANT_WRITE lets the lock go before it waits, so that one thread may
 * write while another waits to read. `writing` is held by a writer over its waits, too: OpenSSL wants a write that
 * it began finished before the next. Calls that compute or read files are made detached.
 * OpenSSL's queue of errors belongs to the kernel thread: it is read before anything else may run on it.
 */
#ifndef HD_SSL_TYPES_H
#define HD_SSL_TYPES_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "blocking.h"
#include "heddle/module.h"
#include "mutex.h"
#include "object_internal.h"

typedef struct HdSslContext {
    HdObject head;
    SSL_CTX *ctx;
    HdOwnedMutex lock;
    HdValue alpn;                             /* bytes, as the protocol has them; HD_NULL: none */
    HdValue sni_callback, msg_callback;       /* HD_NULL: none */
    HdValue keylog_name;                      /* as given; HD_NULL: no log */
    BIO *keylog;                              /* guarded by the lock */
    char *ciphers;                            /* the names of its ciphers; guarded by the lock */
    unsigned host_flags;
    int protocol;                             /* HD_SSL_TLS … */
    uint8_t check_hostname, post_handshake_auth;
} HdSslContext;

typedef struct HdSslSocket {
    HdObject head;
    SSL *ssl; /* its app data is this object */
    HdOwnedMutex lock, writing;
    HdValue context;
    HdValue socket, owner;   /* weak references; HD_NULL: none */
    HdValue server_hostname; /* str or HD_NULL */
    HdValue alpn;            /* the context's when this was made */
    HdValue pending;         /* what a callback raised, for the call that is under way; guarded by the lock */
    uint8_t server_side, shutdown_seen_zero;
} HdSslSocket;

typedef struct HdSslQueue HdSslQueue; /* ssl_bio.c */
typedef struct HdSslMemory {
    HdObject head;
    HdSslQueue *queue;
    uint8_t eof_written;
} HdSslMemory;

extern HdType hd_ssl_context_type, hd_ssl_socket_type, hd_ssl_memory_type, hd_ssl_session_type, hd_ssl_certificate_type;
extern HdType hd_ssl_SSLError, hd_ssl_SSLZeroReturnError, hd_ssl_SSLWantReadError, hd_ssl_SSLWantWriteError,
    hd_ssl_SSLSyscallError, hd_ssl_SSLEOFError;
HD_INLINE HdSslContext *hd_ssl_context(HdValue v) { return HD_AS(HdSslContext, v); }
HD_INLINE HdSslSocket *hd_ssl_socket(HdValue v) { return HD_AS(HdSslSocket, v); }
HD_INLINE HdSslMemory *hd_ssl_memory(HdValue v) { return HD_AS(HdSslMemory, v); }

/* Python's numbers of protocols and of errors. */
enum { HD_SSL_TLS = 2, HD_SSL_TLS1 = 3, HD_SSL_TLS1_1 = 4, HD_SSL_TLS1_2 = 5, HD_SSL_CLIENT = 16, HD_SSL_SERVER = 17 };
enum { HD_SSL_CERT_NONE, HD_SSL_CERT_OPTIONAL, HD_SSL_CERT_REQUIRED };
enum { HD_SSL_PROTO_MINIMUM = -2, HD_SSL_PROTO_MAXIMUM = -1 };
enum {
    HD_SSL_ERROR_SSL = 1, HD_SSL_ERROR_WANT_READ, HD_SSL_ERROR_WANT_WRITE, HD_SSL_ERROR_WANT_X509_LOOKUP,
    HD_SSL_ERROR_SYSCALL, HD_SSL_ERROR_ZERO_RETURN, HD_SSL_ERROR_WANT_CONNECT, HD_SSL_ERROR_EOF, HD_SSL_ERROR_NO_SOCKET,
    HD_SSL_ERROR_INVALID
};
enum { HD_SSL_ENCODING_PEM = 1, HD_SSL_ENCODING_DER = 2 };

/* --- ssl_errors.c --- */
/* How a call came out, noted before anything else runs on the kernel thread. */
typedef struct HdSslOutcome {
    int result, ssl_error, error; /* as returned; SSL_ERROR_…; errno */
    unsigned long code;           /* the newest of OpenSSL's queue */
} HdSslOutcome;
void hd_ssl_note(HdSslOutcome *outcome, SSL *ssl, int result); /* any thread state */
/* The exception for a failed call on a connection. */
HD_COLD HdValue hd_ssl_raise_outcome(HdThread *t, HdSslSocket *s, const HdSslOutcome *outcome);
/* SSLError with the newest error of OpenSSL's queue, which is emptied; `message` is told in its place if given. */
HD_COLD HdValue hd_ssl_raise_queue(HdThread *t, const char *message_or_null);
/* The same with an error taken from the queue before. */
HD_COLD HdValue hd_ssl_raise_code(HdThread *t, unsigned long code);
HD_COLD HdValue hd_ssl_raise_gone(HdThread *t); /* the underlying socket does not live any more */
int hd_ssl_add_errors(HdThread *t, HdValue module) HD_CHECK;

/* --- ssl_bio.c --- */
/* For connections; NULL: no memory. */
BIO *hd_ssl_bio_socket(void);
BIO *hd_ssl_bio_memory(HdSslQueue *queue);
void hd_ssl_bio_set_fd(BIO *bio, int fd);

/* --- ssl_context.c --- */
/* Methods of a context and of connections that are called with its lock. */
HD_INLINE HdSslContext *hd_ssl_context_enter(HdThread *t, HdValue v) {
    HdSslContext *c = hd_ssl_context(v);
    hd_owned_mutex_lock(t, &c->lock);
    return c;
}
HD_INLINE void hd_ssl_context_leave(HdSslContext *c) { hd_owned_mutex_unlock(&c->lock); }
/* Gives a connection ciphers of its own: OpenSSL would go on reading the context's list while set_ciphers() frees it.
 * The context's lock is held. False: no memory. */
bool hd_ssl_own_ciphers(HdSslContext *c, SSL *ssl);
HdValue hd_ssl_cipher_tuple(HdThread *t, const SSL_CIPHER *cipher) HD_CHECK; /* None for NULL */

/* --- ssl_load.c --- */
HdValue hd_ssl_load_cert_chain(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_load_verify_locations(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_load_dh_params(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_set_default_verify_paths(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_set_ecdh_curve(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_cert_store_stats(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_get_ca_certs(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
/* A path as NUL-terminated bytes, owned; TypeError "<name> should be a valid filesystem path" if there is a name. */
HdValue hd_ssl_path(HdThread *t, HdValue v, const char *name) HD_CHECK;

/* --- ssl_callbacks.c --- */
HdValue hd_ssl_set_alpn_protocols(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_get_sni_callback(HdThread *t, HdValue self, void *closure) HD_CHECK;
int hd_ssl_set_sni_callback(HdThread *t, HdValue self, HdValue v, void *closure) HD_CHECK;
HdValue hd_ssl_get_msg_callback(HdThread *t, HdValue self, void *closure) HD_CHECK;
int hd_ssl_set_msg_callback(HdThread *t, HdValue self, HdValue v, void *closure) HD_CHECK;
HdValue hd_ssl_get_keylog(HdThread *t, HdValue self, void *closure) HD_CHECK;
int hd_ssl_set_keylog(HdThread *t, HdValue self, HdValue v, void *closure) HD_CHECK;
/* The connection's messages go to its context's callback, if there is one. Its lock is held. */
void hd_ssl_watch_messages(HdThread *t, HdSslSocket *s, HdSslContext *c);

/* --- ssl_socket.c --- */
HdValue hd_ssl_wrap_socket(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_wrap_bio(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HD_INLINE HdSslSocket *hd_ssl_enter(HdThread *t, HdValue v) {
    HdSslSocket *s = hd_ssl_socket(v);
    hd_owned_mutex_lock(t, &s->lock);
    return s;
}
HD_INLINE void hd_ssl_leave(HdSslSocket *s) { hd_owned_mutex_unlock(&s->lock); }

/* --- ssl_info.c, ssl_session.c: of connections --- */
extern const HdGetSetDef hd_ssl_socket_getsets[];
HdValue hd_ssl_getpeercert(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_get_channel_binding(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_cipher(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_shared_ciphers(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_version(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_selected_alpn(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_compression(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_unverified_chain(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_verified_chain(HdThread *t, HdValue self, const HdValue *a) HD_CHECK;
HdValue hd_ssl_get_session(HdThread *t, HdValue self, void *closure) HD_CHECK;
int hd_ssl_set_session(HdThread *t, HdValue self, HdValue v, void *closure) HD_CHECK;

/* --- ssl_cert.c --- */
HdValue hd_ssl_cert_dict(HdThread *t, X509 *certificate) HD_CHECK;
HdValue hd_ssl_cert_der(HdThread *t, X509 *certificate) HD_CHECK;
HdValue hd_ssl_cert_object(HdThread *t, X509 *certificate) HD_CHECK; /* a Certificate; takes a count of its own */
HdValue hd_ssl_bio_text(HdThread *t, BIO *bio) HD_CHECK;             /* what was written to a memory BIO, as str */
HdValue hd_ssl_test_decode_cert(HdThread *t, HdValue module, const HdValue *a) HD_CHECK;

/* --- ssl_constants.c --- */
int hd_ssl_add_constants(HdThread *t, HdValue module) HD_CHECK;

#endif
