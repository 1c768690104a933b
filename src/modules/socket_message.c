/* socket_message.c -- recvmsg, recvmsg_into, sendmsg, sendmsg_afalg (see socket_types.h).
 *
 * Descriptors that arrive in ancillary data while an exception prevents the caller from seeing them are closed.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "socket_methods.h"

/* Buffers lent, with the vector that names them. */
typedef struct Vector {
    HdBuffer *buffers;
    struct iovec *at;
    HdSize count; /* buffers held */
} Vector;
static void vector_clear(Vector *v) {
    HdThread *t = hd_thread_current();
    for (HdSize i = 0; i < v->count; i++) hd_buffer_release(t, &v->buffers[i]);
    free(v->buffers);
    free(v->at);
}
HD_CHECK static int vector_fill(HdThread *t, Vector *v, HdValue iterable, const char *not_iterable, int flags,
                                const char *too_many) {
    HD_OWNED HdValue items = hd_object_fast_sequence(t, iterable, not_iterable);
    if (hd_is_null(items)) return -1;
    HD_OWNED HdValue tuple = hd_is_tuple(items) ? hd_retain(t, items) : hd_list_as_tuple(t, items);
    if (hd_is_null(tuple)) return -1;
    HdSize count = hd_tuple_length(tuple);
    if (count > INT_MAX) return hd_raise_int(t, &hd_OSError, "%s", too_many);
    v->buffers = calloc((size_t)count + 1, sizeof *v->buffers);
    v->at = calloc((size_t)count + 1, sizeof *v->at);
    if (!v->buffers || !v->at) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (HdSize i = 0; i < count; i++) {
        HdBuffer *buffer = &v->buffers[i];
        HdValue item = hd_tuple_at_borrowed(tuple, i);
        if (hd_buffer_get(t, item, buffer, flags) < 0) {
            if (flags == HD_BUFFER_SIMPLE || !hd_buffer_check(item) || !hd_raised_is(t, &hd_BufferError)) return -1;
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_TypeError, "recvmsg_into() argument 1 must be an iterable of single-segment "
                                "read-write buffers");
        }
        v->at[i] = (struct iovec){buffer->data, (size_t)buffer->length};
        v->count++;
    }
    return 0;
}

/* --- receiving --- */

typedef struct Message {
    struct msghdr header;
    HdSocketAddress address;
    size_t control_size;
    int flags;
} Message;
static ssize_t receive_once(int fd, int flags, void *context) {
    Message *m = context;
    m->address = (HdSocketAddress){0};
    m->header.msg_name = &m->address;
    m->header.msg_namelen = sizeof m->address;
    m->header.msg_controllen = m->control_size;
    m->header.msg_flags = 0;
    return recvmsg(fd, &m->header, m->flags | flags);
}

/* The length of a header's data that really lies within the control buffer: the kernel cuts what does not fit. */
static size_t control_length(const struct msghdr *header, const struct cmsghdr *c, bool *cut) {
    const char *end = (const char *)header->msg_control + header->msg_controllen, *data = (const char *)CMSG_DATA(c);
    *cut = true;
    if (data > end || c->cmsg_len < CMSG_LEN(0)) return 0;
    size_t told = c->cmsg_len - CMSG_LEN(0), room = (size_t)(end - data);
    *cut = told > room;
    return told < room ? told : room;
}
static HdValue control_list(HdThread *t, struct msghdr *header) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    for (struct cmsghdr *c = header->msg_controllen > 0 ? CMSG_FIRSTHDR(header) : NULL; c; c = CMSG_NXTHDR(header, c)) {
        bool cut;
        size_t length = control_length(header, c, &cut);
        if (cut && hd_warn(t, &hd_RuntimeWarning, 1, "received malformed or improperly-truncated ancillary data") < 0)
            return HD_NULL;
        HD_OWNED HdValue data = hd_bytes_new(t, CMSG_DATA(c), (HdSize)length);
        if (hd_is_null(data)) return HD_NULL;
        HdValue triple = hd_tuple_pack(t, 3, hd_imm_int(c->cmsg_level), hd_imm_int(c->cmsg_type), data);
        if (hd_is_null(triple) || hd_list_append_steal(t, list, triple) < 0) return HD_NULL;
        if (cut) break;
    }
    return hd_move(&list);
}
static void close_received(struct msghdr *header) {
    for (struct cmsghdr *c = header->msg_controllen > 0 ? CMSG_FIRSTHDR(header) : NULL; c; c = CMSG_NXTHDR(header, c)) {
        bool cut;
        size_t length = control_length(header, c, &cut);
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            for (size_t i = 0; i + sizeof(int) <= length; i += sizeof(int)) {
                int fd;
                memcpy(&fd, CMSG_DATA(c) + i, sizeof fd);
                close(fd);
            }
        }
        if (cut) break;
    }
}
/* Receives into the vector. `bytes`: what to give back as first item, cut to what came; NULL: the count. */
static HdValue receive_message(HdThread *t, HdValue self, struct iovec *at, HdSize count, const HdValue *rest,
                               HdValue *bytes) {
    HdSize room = hd_is_null(rest[0]) ? 0 : hd_number_as_size(t, rest[0], &hd_OverflowError);
    Message m = {.flags = hd_raised(t) || hd_is_null(rest[1]) ? 0 : hd_number_as_int(t, rest[1])};
    if (hd_raised(t)) return HD_NULL;
    if (room < 0 || room > INT_MAX) {
        return hd_raise(t, &hd_ValueError, "invalid ancillary data buffer length");
    }
    HD_OWNED HdValue control = room > 0 ? hd_bytes_new(t, NULL, room) : HD_NULL;
    if (room > 0 && hd_is_null(control)) return HD_NULL;
    m.control_size = (size_t)room;
    m.header = (struct msghdr){.msg_iov = at, .msg_iovlen = (size_t)count,
                               .msg_control = room > 0 ? hd_bytes_data(control) : NULL};
    HdTime deadline = hd_socket_deadline(hd_socket_timeout(self));
    ssize_t got = hd_socket_call(t, self, POLLIN, deadline, receive_once, &m);
    if (got < 0) return HD_NULL;
    HdValue result = HD_NULL;
    HD_OWNED HdValue list = control_list(t, &m.header);
    HD_OWNED HdValue address = HD_NULL;
    if (!hd_is_null(list)) {
        address = hd_socket_address_to(t, hd_socket_fd(self), &m.address, m.header.msg_namelen,
                                       hd_socket_of(self)->proto);
    }
    if (!hd_is_null(address)) {
        HD_OWNED HdValue first = hd_imm_int(got);
        if (bytes) first = hd_bytes_shrink_steal(t, hd_move(bytes), got < (ssize_t)at->iov_len ? got : (ssize_t)at->iov_len);
        if (!hd_is_null(first)) result = hd_tuple_pack(t, 4, first, list, hd_imm_int(m.header.msg_flags), address);
    }
    if (hd_is_null(result)) close_received(&m.header);
    return result;
}
HdValue hd_socket_recvmsg(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise(t, &hd_ValueError, "negative buffer size in recvmsg()");
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return HD_NULL;
    struct iovec vector = {hd_bytes_data(bytes), (size_t)size};
    return receive_message(t, self, &vector, 1, args + 1, &bytes);
}
HdValue hd_socket_recvmsg_into(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(vector_clear) Vector v = {0};
    if (vector_fill(t, &v, args[0], "recvmsg_into() argument 1 must be an iterable", HD_BUFFER_WRITABLE,
                    "recvmsg_into() argument 1 is too long") < 0)
        return HD_NULL;
    return receive_message(t, self, v.at, v.count, args + 1, NULL);
}

/* --- sending --- */

typedef struct Ancillary {
    int level, type;
    HdBuffer data;
} Ancillary;
typedef struct Ancillaries {
    Ancillary *at;
    HdSize count;
    char *control; /* the finished block */
    size_t size;
} Ancillaries;
static void ancillaries_clear(Ancillaries *a) {
    HdThread *t = hd_thread_current();
    for (HdSize i = 0; i < a->count; i++) hd_buffer_release(t, &a->at[i].data);
    free(a->at);
    free(a->control);
}
HD_CHECK static int ancillary_item(HdThread *t, Ancillaries *a, HdValue item) {
    HD_OWNED HdValue parts = hd_object_fast_sequence(t, item, "[sendmsg() ancillary data items]() argument must be sequence");
    if (hd_is_null(parts)) return -1;
    HD_OWNED HdValue triple = hd_is_tuple(parts) ? hd_retain(t, parts) : hd_list_as_tuple(t, parts);
    if (hd_is_null(triple)) return -1;
    if (hd_tuple_length(triple) != 3) {
        return hd_raise_int(t, &hd_TypeError, "[sendmsg() ancillary data items]() argument must be sequence of length 3, "
                            "not %zd", (size_t)hd_tuple_length(triple));
    }
    Ancillary *entry = &a->at[a->count];
    entry->level = hd_number_as_int(t, hd_tuple_at_borrowed(triple, 0));
    entry->type = hd_raised(t) ? 0 : hd_number_as_int(t, hd_tuple_at_borrowed(triple, 1));
    if (hd_raised(t) || hd_buffer_get(t, hd_tuple_at_borrowed(triple, 2), &entry->data, HD_BUFFER_SIMPLE) < 0) return -1;
    a->count++;
    size_t space = CMSG_SPACE((size_t)entry->data.length);
    if (space < (size_t)entry->data.length || a->size + space < a->size || a->size + space > INT_MAX)
        return hd_raise_int(t, &hd_OSError, "too much ancillary data");
    a->size += space;
    return 0;
}
/* Lays the items out one behind the other, as the kernel wants them; `a->size` bytes. */
static void layout(Ancillaries *a, char *block) {
    char *place = block;
    for (HdSize i = 0; i < a->count; i++) {
        Ancillary *entry = &a->at[i];
        struct cmsghdr *c = (struct cmsghdr *)(void *)place;
        c->cmsg_level = entry->level;
        c->cmsg_type = entry->type;
        c->cmsg_len = CMSG_LEN((size_t)entry->data.length);
        memcpy(CMSG_DATA(c), entry->data.data, (size_t)entry->data.length);
        place += CMSG_SPACE((size_t)entry->data.length);
    }
}
HD_CHECK static int ancillaries_fill(HdThread *t, Ancillaries *a, HdValue iterable) {
    HD_OWNED HdValue items = hd_object_fast_sequence(t, iterable, "sendmsg() argument 2 must be an iterable");
    if (hd_is_null(items)) return -1;
    HD_OWNED HdValue tuple = hd_is_tuple(items) ? hd_retain(t, items) : hd_list_as_tuple(t, items);
    if (hd_is_null(tuple)) return -1;
    HdSize count = hd_tuple_length(tuple);
    a->at = calloc((size_t)count + 1, sizeof *a->at);
    if (!a->at) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (HdSize i = 0; i < count; i++) {
        if (ancillary_item(t, a, hd_tuple_at_borrowed(tuple, i)) < 0) return -1;
    }
    a->control = calloc(1, a->size + 1);
    if (a->control) {
        layout(a, a->control);
        return 0;
    }
    hd_raise_no_memory(t);
    return -1;
}
static ssize_t send_once(int fd, int flags, void *context) {
    Message *m = context;
    return sendmsg(fd, &m->header, m->flags | flags);
}
static HdValue send_message(HdThread *t, HdValue self, Message *m) {
    HdTime deadline = hd_socket_deadline(hd_socket_timeout(self));
    ssize_t sent = hd_socket_call(t, self, POLLOUT, deadline, send_once, m);
    return sent < 0 ? HD_NULL : hd_imm_int(sent);
}
HdValue hd_socket_sendmsg(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(vector_clear) Vector v = {0};
    HD_CLEANUP(ancillaries_clear) Ancillaries a = {0};
    Message m = {.flags = hd_is_null(args[2]) ? 0 : hd_number_as_int(t, args[2])};
    if (hd_raised(t)) return HD_NULL;
    if (!hd_is_null(args[3]) && !hd_is_none(args[3])) {
        socklen_t length;
        if (hd_socket_address_from(t, self, args[3], &m.address, &length, "sendmsg") < 0) return HD_NULL;
        m.header.msg_name = &m.address;
        m.header.msg_namelen = length;
    }
    if (vector_fill(t, &v, args[0], "sendmsg() argument 1 must be an iterable", HD_BUFFER_SIMPLE,
                    "sendmsg() argument 1 is too long") < 0)
        return HD_NULL;
    if (!hd_is_null(args[1]) && ancillaries_fill(t, &a, args[1]) < 0) return HD_NULL;
    m.header.msg_iov = v.at;
    m.header.msg_iovlen = (size_t)v.count;
    m.header.msg_control = a.count > 0 ? a.control : NULL;
    m.header.msg_controllen = a.count > 0 ? a.size : 0;
    return send_message(t, self, &m);
}

/* Puts one header of an AF_ALG message behind the others; gives the place of its data. */
static void *alg_header(struct msghdr *header, char *control, int type, size_t length) {
    struct cmsghdr *c = (struct cmsghdr *)(void *)(control + header->msg_controllen);
    c->cmsg_level = SOL_ALG;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(length);
    header->msg_controllen += CMSG_SPACE(length);
    return CMSG_DATA(c);
}
HdValue hd_socket_sendmsg_afalg(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_socket_of(self)->family != AF_ALG) return hd_raise(t, &hd_OSError, "algset is only supported for AF_ALG");
    int op = hd_number_as_int(t, args[1]);
    int associated = hd_raised(t) || hd_is_null(args[3]) ? -1 : hd_number_as_int(t, args[3]);
    Message m = {.flags = hd_raised(t) || hd_is_null(args[4]) ? 0 : hd_number_as_int(t, args[4])};
    if (hd_raised(t)) return HD_NULL;
    if (op < 0) return hd_raise(t, &hd_TypeError, "Invalid or missing argument 'op'");
    if (!hd_is_null(args[3]) && associated < 0)
        return hd_raise(t, &hd_TypeError, "assoclen must be positive");
    HD_CLEANUP(vector_clear) Vector v = {0};
    if (!hd_is_null(args[0]) && vector_fill(t, &v, args[0], "sendmsg_afalg() argument 1 must be an iterable",
                                            HD_BUFFER_SIMPLE, "sendmsg_afalg() argument 1 is too long") < 0)
        return HD_NULL;
    HdBuffer iv = {0};
    bool has_iv = !hd_is_null(args[2]) && !hd_is_none(args[2]);
    if (has_iv && hd_buffer_get(t, args[2], &iv, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    char *control = calloc(1, 2 * CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(struct af_alg_iv) + (size_t)iv.length));
    if (!control) {
        hd_raise_no_memory(t);
    } else {
        uint32_t operation = (uint32_t)op, length = (uint32_t)associated;
        m.header = (struct msghdr){.msg_iov = v.at, .msg_iovlen = (size_t)v.count, .msg_control = control};
        memcpy(alg_header(&m.header, control, ALG_SET_OP, sizeof operation), &operation, sizeof operation);
        if (has_iv) {
            struct af_alg_iv *place =
                alg_header(&m.header, control, ALG_SET_IV, sizeof(struct af_alg_iv) + (size_t)iv.length);
            place->ivlen = (uint32_t)iv.length;
            memcpy(place->iv, iv.data, (size_t)iv.length);
        }
        if (associated >= 0)
            memcpy(alg_header(&m.header, control, ALG_SET_AEAD_ASSOCLEN, sizeof length), &length, sizeof length);
        result = send_message(t, self, &m);
    }
    free(control);
    hd_buffer_release(t, &iv);
    return result;
}
