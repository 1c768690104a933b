/* socket_transfer.c -- recv and send in all their forms but recvmsg and sendmsg (see socket_types.h). */
#include <errno.h>

#include "socket_methods.h"

/* flags, 0 when not given; -1 with an exception set may be a value. */
static int flags_arg(HdThread *t, HdValue v) { return hd_is_null(v) ? 0 : hd_number_as_int(t, v); }
HD_CHECK static int size_arg(HdThread *t, HdValue v, const char *function, HdSize *out) {
    *out = hd_is_null(v) ? 0 : hd_number_as_size(t, v, &hd_OverflowError);
    if (*out == -1 && hd_raised(t)) return -1;
    if (*out < 0) return hd_raise_int(t, &hd_ValueError, "negative buffersize in %s", function);
    return 0;
}
/* An exception for a result of sync/blocking.h that is none of the caller's bytes. */
static HdValue failed(HdThread *t, HdBlockingResult result, HdTime deadline) {
    return result.raised ? HD_NULL : hd_socket_error(t, deadline);
}

/* --- receiving --- */

/* Where to receive into. Of much room little is used as a rule (asyncio asks for 256 KiB at a time): then what came is
 * copied out of a raw block, which costs no more when it was all. */
typedef struct Room {
    HdValue bytes; /* HD_NULL: a raw block */
    void *data;
    size_t size;
} Room;
enum { RAW_FROM = 2048, RAW_TO = 256 * 1024 };

HD_CHECK static int room_make(HdThread *t, HdSize size, Room *room) {
    bool raw = size > RAW_FROM && size <= RAW_TO;
    *room = (Room){.size = (size_t)size};
    if (raw) {
        room->data = hd_heap_raw(t, room->size);
        if (!room->data) hd_raise_no_memory(t);
        return room->data ? 0 : -1;
    }
    room->bytes = size == 0 ? hd_bytes_empty() : hd_bytes_new(t, NULL, size);
    if (hd_is_null(room->bytes)) return -1;
    room->data = hd_bytes_data(room->bytes);
    return 0;
}
/* The first `got` bytes as an object; less than 0: HD_NULL. The room is gone. */
static HdValue room_finish(HdThread *t, Room *room, ssize_t got) {
    if (got > (ssize_t)room->size) got = (ssize_t)room->size; /* MSG_TRUNC tells the packet's whole length */
    if (hd_is_null(room->bytes)) {
        HdValue bytes = got < 0 ? HD_NULL : hd_bytes_new(t, room->data, got);
        hd_heap_raw_free(t, room->data, room->size);
        return bytes;
    }
    if (got >= 0) return hd_bytes_shrink_steal(t, room->bytes, got);
    hd_release(t, room->bytes);
    return HD_NULL;
}

HdValue hd_socket_recv(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size;
    if (size_arg(t, args[0], "recv", &size) < 0) return HD_NULL;
    int flags = flags_arg(t, args[1]);
    if (hd_raised(t)) return HD_NULL;
    if (size == 0) return hd_bytes_empty();
    Room room;
    if (room_make(t, size, &room) < 0) return HD_NULL;
    HdTime deadline = hd_socket_deadline(hd_socket_timeout(self));
    HdBlockingResult result = hd_blocking_recv(t, hd_socket_fd(self), room.data, room.size, flags, deadline);
    if (result.value < 0) failed(t, result, deadline);
    return room_finish(t, &room, result.value);
}

typedef struct Receive {
    void *data;
    size_t size;
    int flags;
    HdSocketAddress address;
    socklen_t length;
} Receive;
static ssize_t receive_once(int fd, int flags, void *context) {
    Receive *r = context;
    r->address = (HdSocketAddress){0};
    r->length = sizeof r->address;
    return recvfrom(fd, r->data, r->size, r->flags | flags, &r->address.any, &r->length);
}
/* Receives into r->data; the number of bytes and the sender's address. -1 raised. */
HD_CHECK static ssize_t receive_from(HdThread *t, HdValue self, Receive *r, HdValue *address) {
    HdTime deadline = hd_socket_deadline(hd_socket_timeout(self));
    ssize_t got = hd_socket_call(t, self, HD_WAIT_READABLE, deadline, receive_once, r);
    if (got < 0) return -1;
    if ((size_t)got > r->size) got = (ssize_t)r->size; /* MSG_TRUNC tells the packet's whole length */
    *address = hd_socket_address_to(t, hd_socket_fd(self), &r->address, r->length, hd_socket_of(self)->proto);
    return hd_is_null(*address) ? -1 : got;
}
HdValue hd_socket_recvfrom(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size;
    if (size_arg(t, args[0], "recvfrom", &size) < 0) return HD_NULL;
    Receive r = {.flags = flags_arg(t, args[1]), .size = (size_t)size};
    if (hd_raised(t)) return HD_NULL;
    Room room;
    if (room_make(t, size, &room) < 0) return HD_NULL;
    r.data = room.data;
    HD_OWNED HdValue address = HD_NULL;
    ssize_t got = receive_from(t, self, &r, &address);
    HD_OWNED HdValue bytes = room_finish(t, &room, got);
    return hd_is_null(bytes) ? HD_NULL : hd_tuple_pack(t, 2, bytes, address);
}

/* The buffer to receive into, and how much of it. */
HD_CHECK static int into_args(HdThread *t, const HdValue *args, const char *function, const char *too_small,
                              HdBuffer *buffer, HdSize *size, int *flags) {
    if (size_arg(t, args[1], function, size) < 0) return -1;
    *flags = flags_arg(t, args[2]);
    if (hd_raised(t)) return -1;
    if (hd_buffer_get(t, args[0], buffer, HD_BUFFER_WRITABLE) < 0) {
        if (!hd_buffer_check(args[0]) || hd_raised_is(t, &hd_BufferError)) {
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_TypeError, "%s() argument 1 must be read-write bytes-like object, not %s",
                                function, hd_type_name(args[0]));
        }
        return -1;
    }
    if (*size == 0) *size = buffer->length;
    if (*size <= buffer->length) return 0;
    hd_buffer_release(t, buffer);
    return hd_raise_int(t, &hd_ValueError, "%s", too_small);
}
HdValue hd_socket_recv_into(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    HdSize size;
    int flags;
    if (into_args(t, args, "recv_into", "buffer too small for requested bytes", &buffer, &size, &flags) < 0)
        return HD_NULL;
    HdTime deadline = hd_socket_deadline(hd_socket_timeout(self));
    HdBlockingResult result = {0, false};
    if (size > 0) result = hd_blocking_recv(t, hd_socket_fd(self), buffer.data, (size_t)size, flags, deadline);
    if (result.value < 0) failed(t, result, deadline);
    hd_buffer_release(t, &buffer);
    return result.value < 0 ? HD_NULL : hd_imm_int(result.value);
}
HdValue hd_socket_recvfrom_into(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    HdSize size;
    Receive r = {0};
    if (into_args(t, args, "recvfrom_into", "nbytes is greater than the length of the buffer", &buffer, &size,
                  &r.flags) < 0)
        return HD_NULL;
    r.data = buffer.data;
    r.size = (size_t)size;
    HD_OWNED HdValue address = HD_NULL;
    ssize_t got = receive_from(t, self, &r, &address);
    hd_buffer_release(t, &buffer);
    return got < 0 ? HD_NULL : hd_tuple_pack(t, 2, hd_imm_int(got), address);
}

/* --- sending --- */

/* A bytes stays as it is while the caller lends it. */
HD_CHECK static int data_arg(HdThread *t, HdValue v, HdBuffer *buffer) {
    if (HD_LIKELY(hd_is_exact(v, &hd_bytes_type))) {
        buffer->owner = HD_NULL;
        buffer->data = hd_bytes_data(v);
        buffer->length = hd_bytes_length(v);
        return 0;
    }
    return hd_buffer_get(t, v, buffer, HD_BUFFER_SIMPLE);
}
typedef struct Send {
    const void *data;
    size_t size;
    int flags;
    HdSocketAddress address;
    socklen_t length;
} Send;
static ssize_t send_once(int fd, int flags, void *context) {
    Send *s = context;
    return sendto(fd, s->data, s->size, s->flags | flags, s->length ? &s->address.any : NULL, s->length);
}
HdValue hd_socket_send(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    Send s = {.flags = flags_arg(t, args[1])};
    if (hd_raised(t) || data_arg(t, args[0], &buffer) < 0) return HD_NULL;
    s.data = buffer.data;
    s.size = (size_t)buffer.length;
    ssize_t sent =
        hd_socket_call(t, self, HD_WAIT_WRITABLE, hd_socket_deadline(hd_socket_timeout(self)), send_once, &s);
    hd_buffer_release(t, &buffer);
    return sent < 0 ? HD_NULL : hd_imm_int(sent);
}
HdValue hd_socket_sendall(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    Send s = {.flags = flags_arg(t, args[1])};
    if (hd_raised(t) || data_arg(t, args[0], &buffer) < 0) return HD_NULL;
    HdTime deadline = hd_socket_deadline(hd_socket_timeout(self)); /* for all of it */
    s.data = buffer.data;
    s.size = (size_t)buffer.length;
    ssize_t sent = 0;
    while (s.size > 0) {
        sent = hd_socket_call(t, self, HD_WAIT_WRITABLE, deadline, send_once, &s);
        if (sent < 0 || (s.size > (size_t)sent && hd_object_poll(t) < 0)) {
            sent = -1;
            break;
        }
        s.data = (const char *)s.data + sent;
        s.size -= (size_t)sent;
    }
    hd_buffer_release(t, &buffer);
    return sent < 0 ? HD_NULL : hd_None;
}
HdValue hd_socket_sendto(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "socket.sendto", kwnames) < 0) return HD_NULL;
    if (nargs != 2 && nargs != 3)
        return hd_raise(t, &hd_TypeError, "sendto() takes 2 or 3 arguments (%zd given)", (size_t)nargs);
    HdBuffer buffer;
    Send s = {.flags = nargs == 3 ? flags_arg(t, hd_ref_value(args[1])) : 0};
    if (hd_raised(t) || data_arg(t, hd_ref_value(args[0]), &buffer) < 0) return HD_NULL;
    ssize_t sent = -1;
    if (hd_socket_address_from(t, self, hd_ref_value(args[nargs - 1]), &s.address, &s.length, "sendto") == 0) {
        s.data = buffer.data;
        s.size = (size_t)buffer.length;
        sent = hd_socket_call(t, self, HD_WAIT_WRITABLE, hd_socket_deadline(hd_socket_timeout(self)), send_once, &s);
    }
    hd_buffer_release(t, &buffer);
    return sent < 0 ? HD_NULL : hd_imm_int(sent);
}
