/* posix_transfer.c -- many buffers at once, and data from descriptor to descriptor (posix.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "posix.h"

static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }
#define FD(variable, index)                                                \
    int variable = hd_number_as_int(t, args[index]);                       \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define FD_OF(variable, index)                                             \
    int variable;                                                          \
    if (hd_descriptor_arg(t, args[index], &variable) < 0) return HD_NULL
#define OFFSET(variable, index)                                            \
    int64_t variable = hd_number_as_i64(t, args[index]);                   \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define CALL(assignment)                                                   \
    do {                                                                   \
        int raised_;                                                       \
        HD_BLOCKING_CALL(t, raised_, assignment);                          \
        if (raised_) return HD_NULL;                                       \
    } while (0)

/* --- vectors --- */

typedef struct Vector {
    struct iovec *parts;
    HdBuffer *buffers;
    int count;
} Vector;
static void vector_clear(Vector *v) {
    HdThread *t = hd_thread_current();
    for (int i = 0; i < v->count; i++) hd_buffer_release(t, &v->buffers[i]);
    free(v->parts);
    free(v->buffers);
    *v = (Vector){0};
}
HD_CHECK static int vector_fill(HdThread *t, HdValue sequence, const char *function, bool writable, Vector *v) {
    *v = (Vector){0};
    if (!hd_type_of(sequence)->getitem || hd_is_dict(sequence))
        return hd_raise_int(t, &hd_TypeError, "%s() arg 2 must be a sequence", function);
    HD_OWNED HdValue items = hd_tuple_from_iterable(t, sequence);
    if (hd_is_null(items)) return -1;
    HdSize count = hd_tuple_length(items);
    if (count > INT32_MAX) return hd_raise_int(t, &hd_OverflowError, "too many buffers");
    v->parts = calloc((size_t)count + 1, sizeof *v->parts);
    v->buffers = calloc((size_t)count + 1, sizeof *v->buffers);
    if (!v->parts || !v->buffers) {
        vector_clear(v);
        hd_raise_no_memory(t);
        return -1;
    }
    for (; v->count < count; v->count++) {
        HdBuffer *buffer = &v->buffers[v->count];
        if (hd_buffer_get(t, hd_tuple_at_borrowed(items, v->count), buffer,
                          writable ? HD_BUFFER_WRITABLE : HD_BUFFER_SIMPLE) < 0) {
            vector_clear(v);
            return -1;
        }
        v->parts[v->count] = (struct iovec){buffer->data, (size_t)buffer->length};
    }
    return 0;
}
static HdValue posix_readv(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    HD_CLEANUP(vector_clear) Vector v = {0};
    if (vector_fill(t, args[1], "readv", true, &v) < 0) return HD_NULL;
    ssize_t got;
    CALL(got = readv(fd, v.parts, v.count));
    return got < 0 ? os_error(t) : hd_int_from_size(t, got);
}
static HdValue posix_writev(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    HD_CLEANUP(vector_clear) Vector v = {0};
    if (vector_fill(t, args[1], "writev", false, &v) < 0) return HD_NULL;
    ssize_t written;
    CALL(written = writev(fd, v.parts, v.count));
    return written < 0 ? os_error(t) : hd_int_from_size(t, written);
}
static HdValue posix_preadv(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(offset, 2);
    int flags = hd_is_null(args[3]) ? 0 : hd_number_as_int(t, args[3]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    HD_CLEANUP(vector_clear) Vector v = {0};
    if (vector_fill(t, args[1], "preadv2", true, &v) < 0) return HD_NULL;
    ssize_t got;
    CALL(got = preadv2(fd, v.parts, v.count, offset, flags));
    return got < 0 ? os_error(t) : hd_int_from_size(t, got);
}
static HdValue posix_pwritev(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(offset, 2);
    int flags = hd_is_null(args[3]) ? 0 : hd_number_as_int(t, args[3]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    HD_CLEANUP(vector_clear) Vector v = {0};
    if (vector_fill(t, args[1], "pwritev", false, &v) < 0) return HD_NULL;
    ssize_t written;
    CALL(written = pwritev2(fd, v.parts, v.count, offset, flags));
    return written < 0 ? os_error(t) : hd_int_from_size(t, written);
}

/* --- from descriptor to descriptor --- */

static HdValue posix_sendfile(HdThread *t, HdValue self, const HdValue *args) {
    FD(out, 0);
    FD(in, 1);
    HdSize count = hd_number_as_size(t, args[3], &hd_OverflowError);
    if (count == -1 && hd_raised(t)) return HD_NULL;
    off_t offset = 0;
    bool has_offset = !hd_is_none(args[2]);
    if (has_offset) {
        offset = hd_number_as_i64(t, args[2]);
        if (offset == -1 && hd_raised(t)) return HD_NULL;
    }
    ssize_t sent;
    CALL(sent = sendfile(out, in, has_offset ? &offset : NULL, (size_t)count));
    return sent < 0 ? os_error(t) : hd_int_from_size(t, sent);
}
/* Arguments of copy_file_range and splice: a count, and offsets that may be None. */
HD_CHECK static int to_count(HdThread *t, HdValue v, size_t *out) {
    HdSize count = hd_number_as_size(t, v, &hd_OverflowError);
    if (count == -1 && hd_raised(t)) return -1;
    if (count < 0) return hd_raise_int(t, &hd_ValueError, "negative value for 'count' not allowed");
    *out = (size_t)count;
    return 0;
}
/* *at points to *offset, or is NULL for None. */
HD_CHECK static int to_offset(HdThread *t, HdValue v, off64_t *offset, off64_t **at) {
    *at = NULL;
    if (hd_is_null(v) || hd_is_none(v)) return 0;
    *offset = hd_number_as_i64(t, v);
    if (*offset == -1 && hd_raised(t)) return -1;
    *at = offset;
    return 0;
}
static HdValue posix_copy_file_range(HdThread *t, HdValue self, const HdValue *args) {
    FD(from, 0);
    FD(to, 1);
    size_t count = 0;
    off64_t from_offset, to_offset_, *from_at, *to_at;
    if (to_count(t, args[2], &count) < 0) return HD_NULL;
    if (to_offset(t, args[3], &from_offset, &from_at) < 0 || to_offset(t, args[4], &to_offset_, &to_at) < 0)
        return HD_NULL;
    ssize_t copied;
    CALL(copied = copy_file_range(from, from_at, to, to_at, count, 0));
    return copied < 0 ? os_error(t) : hd_int_from_size(t, copied);
}
static HdValue posix_splice(HdThread *t, HdValue self, const HdValue *args) {
    FD(from, 0);
    FD(to, 1);
    size_t count = 0;
    off64_t from_offset, to_offset_, *from_at, *to_at;
    if (to_count(t, args[2], &count) < 0) return HD_NULL;
    if (to_offset(t, args[3], &from_offset, &from_at) < 0 || to_offset(t, args[4], &to_offset_, &to_at) < 0)
        return HD_NULL;
    int flags = hd_is_null(args[5]) ? 0 : hd_number_as_int(t, args[5]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    ssize_t moved;
    CALL(moved = splice(from, from_at, to, to_at, count, (unsigned)flags));
    return moved < 0 ? os_error(t) : hd_int_from_size(t, moved);
}

const HdMethodDef hd_posix_transfer_functions[] = {
    HD_METHOD(posix_readv, "readv(fd, buffers, /)", "Reads into several buffers, one after the other."),
    HD_METHOD(posix_writev, "writev(fd, buffers, /)", "Writes several buffers, one after the other."),
    HD_METHOD(posix_preadv, "preadv(fd, buffers, offset, flags=0, /)", "Reads at an offset into several buffers."),
    HD_METHOD(posix_pwritev, "pwritev(fd, buffers, offset, flags=0, /)", "Writes several buffers at an offset."),
    HD_METHOD(posix_sendfile, "sendfile(out_fd, in_fd, offset, count)",
              "Sends a part of a file to a descriptor inside the kernel; how many bytes went."),
    HD_METHOD(posix_copy_file_range, "copy_file_range(src, dst, count, offset_src=None, offset_dst=None)",
              "Copies bytes between two files inside the kernel; how many it copied."),
    HD_METHOD(posix_splice, "splice(src, dst, count, offset_src=None, offset_dst=None, flags=0)",
              "Moves bytes between a pipe and another descriptor inside the kernel."),
    HD_METHODS_END,
};
