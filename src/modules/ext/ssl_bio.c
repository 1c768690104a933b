/* ssl_bio.c -- how OpenSSL reads and writes: sockets and queues in memory; the class MemoryBIO (see ssl_types.h).
 *
 * A socket's BIO never waits, whatever the mode of the descriptor: waiting is done by ssl_socket.c, without locks. A
 * queue in memory is used by connections and by its MemoryBIO, each in a thread of its own maybe, so each use takes the
 * queue's mutex; it is the innermost lock, and nothing waits or runs Python inside it.
 */
#include "ssl_types.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

/* --- sockets --- */

static bool would_wait(void) { return errno == EAGAIN || errno == EINTR; }

static int socket_read(BIO *bio, char *data, int size) {
    BIO_clear_retry_flags(bio);
    int got = (int)recv((int)(intptr_t)BIO_get_data(bio), data, (size_t)size, MSG_DONTWAIT);
    if (got < 0 && would_wait()) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return got;
}
static int socket_write(BIO *bio, const char *data, int size) {
    BIO_clear_retry_flags(bio);
    int sent = (int)send((int)(intptr_t)BIO_get_data(bio), data, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && would_wait()) BIO_set_retry_write(bio);
    return sent;
}
static long socket_ctrl(BIO *bio, int command, long number, void *pointer) {
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default: return 0;
    }
}

/* Made once for the process; lost races are freed. */
static BIO_METHOD *method_of(BIO_METHOD **slot, BIO_METHOD *(*make)(void)) {
    BIO_METHOD *method = HD_LOAD_ACQUIRE(slot);
    if (method) return method;
    BIO_METHOD *made = make();
    if (made && !HD_CAS(slot, &method, made)) {
        BIO_meth_free(made);
        return method;
    }
    return made;
}

static BIO_METHOD *socket_method_make(void) {
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket that does not wait");
    if (!m) return NULL;
    BIO_meth_set_read(m, socket_read);
    BIO_meth_set_write(m, socket_write);
    BIO_meth_set_ctrl(m, socket_ctrl);
    return m;
}

BIO *hd_ssl_bio_socket(void) {
    static BIO_METHOD *method;
    BIO_METHOD *m = method_of(&method, socket_method_make);
    BIO *bio = m ? BIO_new(m) : NULL;
    if (bio) BIO_set_init(bio, 1);
    return bio;
}
void hd_ssl_bio_set_fd(BIO *bio, int fd) { BIO_set_data(bio, (void *)(intptr_t)fd); }

/* --- queues in memory --- */

struct HdSslQueue {
    BIO *inner; /* OpenSSL's own, which does the work */
    HdMutex mutex;
    uint32_t users; /* atomic: the MemoryBIO, and each connection's BIO */
};

static BIO *queue_begin(HdSslQueue *queue) {
    hd_mutex_lock(hd_thread_current(), &queue->mutex);
    return queue->inner;
}
static void queue_end(HdSslQueue *queue) { hd_mutex_unlock(&queue->mutex); }

static HdSslQueue *queue_new(void) {
    HdSslQueue *queue = OPENSSL_zalloc(sizeof *queue);
    if (queue && !(queue->inner = BIO_new(BIO_s_mem()))) {
        OPENSSL_free(queue);
        queue = NULL;
    }
    if (!queue) return NULL;
    queue->users = 1;
    BIO_set_mem_eof_return(queue->inner, -1);
    return queue;
}
static void queue_drop(HdSslQueue *queue) {
    if (!queue || __atomic_sub_fetch(&queue->users, 1, __ATOMIC_ACQ_REL)) return;
    BIO_free(queue->inner);
    OPENSSL_free(queue);
}

static int queue_read(HdSslQueue *queue, void *data, int size, bool *retry) {
    BIO *inner = queue_begin(queue);
    int got = BIO_read(inner, data, size);
    *retry = BIO_should_retry(inner);
    queue_end(queue);
    return got;
}
static int queue_write(HdSslQueue *queue, const void *data, int size) {
    int written = BIO_write(queue_begin(queue), data, size);
    queue_end(queue);
    return written;
}
static long queue_ctrl(HdSslQueue *queue, int command, long number, void *pointer) {
    long result = BIO_ctrl(queue_begin(queue), command, number, pointer);
    queue_end(queue);
    return result;
}

/* A connection's BIO over a queue. Each has its own, as OpenSSL keeps in it how the last call on it came out. */
static int view_read(BIO *bio, char *data, int size) {
    bool retry;
    BIO_clear_retry_flags(bio);
    int got = queue_read(BIO_get_data(bio), data, size, &retry);
    if (retry) BIO_set_retry_read(bio);
    return got;
}
static int view_write(BIO *bio, const char *data, int size) {
    BIO_clear_retry_flags(bio);
    return queue_write(BIO_get_data(bio), data, size);
}
static long view_ctrl(BIO *bio, int command, long number, void *pointer) {
    if (command == BIO_CTRL_PUSH || command == BIO_CTRL_POP) return 0;
    return queue_ctrl(BIO_get_data(bio), command, number, pointer);
}
static int view_destroy(BIO *bio) {
    queue_drop(BIO_get_data(bio));
    return 1;
}
static BIO_METHOD *view_method_make(void) {
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "queue in memory");
    if (!m) return NULL;
    BIO_meth_set_read(m, view_read);
    BIO_meth_set_write(m, view_write);
    BIO_meth_set_ctrl(m, view_ctrl);
    BIO_meth_set_destroy(m, view_destroy);
    return m;
}
BIO *hd_ssl_bio_memory(HdSslQueue *queue) {
    static BIO_METHOD *method;
    BIO_METHOD *m = method_of(&method, view_method_make);
    BIO *bio = m ? BIO_new(m) : NULL;
    if (!bio) return NULL;
    __atomic_add_fetch(&queue->users, 1, __ATOMIC_RELAXED);
    BIO_set_data(bio, queue);
    BIO_set_init(bio, 1);
    return bio;
}

/* --- MemoryBIO --- */

static HdValue memory_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "MemoryBIO", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "MemoryBIO", nargs, 0, 0) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    hd_ssl_memory(self)->queue = queue_new();
    if (hd_ssl_memory(self)->queue) return hd_move(&self);
    ERR_clear_error();
    return hd_raise_no_memory(t);
}
static void memory_dealloc(HdThread *t, HdObject *self) {
    queue_drop(((HdSslMemory *)self)->queue);
    hd_type_free(t, self);
}
static size_t memory_pending(HdSslMemory *m) { return (size_t)queue_ctrl(m->queue, BIO_CTRL_PENDING, 0, NULL); }

static HdValue memory_read(HdThread *t, HdValue self, const HdValue *a) {
    HdSize size = hd_is_null(a[0]) ? -1 : hd_number_as_size(t, a[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    HdSslMemory *m = hd_ssl_memory(self);
    size_t there = memory_pending(m);
    if (there > INT_MAX) there = INT_MAX;
    if (size < 0 || size > (HdSize)there) size = (HdSize)there;
    if (size == 0) return hd_bytes_empty();
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return bytes;
    bool retry;
    int got = queue_read(m->queue, hd_bytes_data(bytes), (int)size, &retry);
    return hd_bytes_shrink_steal(t, bytes, got > 0 ? got : 0); /* fewer: somebody else was here */
}

static HdValue memory_write(HdThread *t, HdValue self, const HdValue *a) {
    HdSslMemory *m = hd_ssl_memory(self);
    HdBuffer buffer;
    if (hd_buffer_get(t, a[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (buffer.length > INT_MAX) {
        hd_raise(t, &hd_OverflowError, "string longer than %d bytes", INT_MAX);
    } else if (HD_LOAD_ACQUIRE(&m->eof_written)) {
        hd_raise(t, &hd_ssl_SSLError, "cannot write() after write_eof()");
    } else {
        int written = queue_write(m->queue, buffer.data, (int)buffer.length);
        result = written < 0 ? hd_ssl_raise_queue(t, NULL) : hd_imm_int(written);
    }
    hd_buffer_release(t, &buffer);
    return result;
}

static HdValue memory_write_eof(HdThread *t, HdValue self, const HdValue *a) {
    HdSslMemory *m = hd_ssl_memory(self);
    queue_ctrl(m->queue, BIO_C_SET_BUF_MEM_EOF_RETURN, 0, NULL);
    HD_STORE_RELEASE(&m->eof_written, 1);
    return hd_None;
}

static HdValue get_pending(HdThread *t, HdValue self, void *closure) {
    return hd_int_from_size(t, (HdSize)memory_pending(hd_ssl_memory(self)));
}
static HdValue get_eof(HdThread *t, HdValue self, void *closure) {
    HdSslMemory *m = hd_ssl_memory(self);
    return hd_bool(HD_LOAD_ACQUIRE(&m->eof_written) && memory_pending(m) == 0);
}

static const HdGetSetDef memory_getsets[] = {
    {"pending", get_pending, NULL, "The number of bytes pending in the memory BIO.", NULL},
    {"eof", get_eof, NULL, "Whether the memory BIO is at EOF.", NULL},
    {0},
};
static const HdMethodDef memory_methods[] = {
    HD_METHOD(memory_read, "read($self, size=-1, /)",
              "Read up to size bytes from the memory BIO.\n\nIf size is not specified, read the entire buffer; if "
              "there is nothing, b''."),
    HD_METHOD(memory_write, "write($self, b, /)", "Writes the bytes b into the memory BIO; how many were written."),
    HD_METHOD(memory_write_eof, "write_eof($self, /)",
              "Write an EOF marker to the memory BIO: when all is read, the BIO is at its end."),
    HD_METHODS_END,
};
HdType hd_ssl_memory_type = {
    HD_TYPE_HEAD("_ssl.MemoryBIO"),
    .basicsize = sizeof(HdSslMemory),
    .flags = HD_TYPE_BASE,
    .create = memory_create,
    .dealloc = memory_dealloc,
    .methods = memory_methods,
    .getsets = memory_getsets,
};
