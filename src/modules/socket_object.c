/* socket_object.c -- the class socket: life, connecting, options (see socket_types.h). */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "socket_methods.h"

HdValue hd_socket_module(HdThread *t) { return hd_object_import(t, "_socket"); }

HdValue hd_socket_error(HdThread *t, HdTime deadline) {
    bool limited = deadline > 0 && deadline != HD_FOREVER;
    if (errno == ETIMEDOUT && limited && hd_clock_read(HD_CLOCK_MONOTONIC) >= deadline) {
        return hd_raise(t, &hd_TimeoutError, "timed out");
    }
    return hd_raise_errno(t, errno, HD_NULL);
}

ssize_t hd_socket_call(HdThread *t, HdValue self, short events, HdTime deadline, HdSocketCall call, void *context) {
    int fd = hd_socket_fd(self);
    for (;;) {
        ssize_t result = call(fd, MSG_DONTWAIT, context);
        if (result < 0 && errno == EAGAIN && deadline == HD_FOREVER) {
            /* One call that waits and takes. EAGAIN: the descriptor itself does not wait. */
            hd_blocking_enter(t, HD_BLOCK_SURE);
            result = call(fd, 0, context);
            hd_blocking_leave(t);
            if (result < 0 && errno == EAGAIN) break;
        }
        if (result >= 0) return result;
        if (errno == EINTR) {
            if (hd_blocking_interrupted(t) < 0) return -1;
            continue;
        }
        if (errno != EAGAIN || deadline == 0) break;
        HdBlockingResult ready = hd_blocking_wait_fd(t, fd, events, deadline);
        if (ready.raised) return -1;
        if (ready.value < 0) break;
        if (ready.value == 0) {
            errno = ETIMEDOUT;
            break;
        }
    }
    hd_socket_error(t, deadline);
    return -1;
}

/* --- life --- */

static HdValue socket_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    hd_socket_of(self)->fd = -1;
    hd_socket_of(self)->timeout = -1;
    return self;
}

int hd_socket_setup(HdThread *t, HdValue self, int fd, int family, int type, int proto) {
    HD_OWNED HdValue module = hd_socket_module(t);
    if (hd_is_null(module)) return -1;
    HdTime timeout = HD_LOAD_RELAXED(&hd_socket_state(module)->default_timeout);
    if (type & SOCK_NONBLOCK) {
        timeout = 0;
    } else if (timeout >= 0 && hd_socket_set_nonblocking(t, fd, true) < 0) {
        hd_raise_errno(t, errno, HD_NULL);
        return -1;
    }
    HdSocket *s = hd_socket_of(self);
    s->family = family;
    s->type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    s->proto = proto;
    HD_STORE_RELAXED(&s->timeout, timeout);
    HD_STORE_RELEASE(&s->fd, fd);
    return 0;
}
HdValue hd_socket_new(HdThread *t, int fd, int family, int type, int proto) {
    HD_OWNED HdValue self = socket_create(t, &hd_socket_type, NULL, 0, HD_NULL);
    if (hd_is_null(self) || hd_socket_setup(t, self, fd, family, type, proto) < 0) return HD_NULL;
    return hd_move(&self);
}

/* What the kernel knows of a socket whose parts were not told. */
HD_CHECK static int ask_descriptor(HdThread *t, int fd, int *family, int *type, int *proto) {
    HdSocketAddress address = {0};
    socklen_t length = sizeof address, size = sizeof(int);
    bool known = getsockname(fd, &address.any, &length) == 0;
    if ((known || *family != -1) && (*type != -1 || getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &size) == 0)) {
        if (*family == -1) *family = address.any.sa_family;
        size = sizeof(int);
        if (*proto != -1 || getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, proto, &size) == 0) return 0;
    }
    hd_raise_errno(t, errno, HD_NULL);
    return -1;
}
static int socket_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "socket(family=-1, type=-1, proto=-1, fileno=None)", NULL);
    HdValue bound[4];
    int numbers[3] = {-1, -1, -1};
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return -1;
    for (int i = 0; i < 3; i++) {
        if (hd_is_null(bound[i])) continue;
        numbers[i] = hd_number_as_int(t, bound[i]);
        if (numbers[i] == -1 && hd_raised(t)) return -1;
    }
    if (!hd_is_null(bound[3]) && !hd_is_none(bound[3])) {
        int fd = hd_number_as_int(t, bound[3]);
        if (fd == -1 && hd_raised(t)) return -1;
        if (fd < 0) return hd_raise_int(t, &hd_ValueError, "negative file descriptor");
        if (ask_descriptor(t, fd, &numbers[0], &numbers[1], &numbers[2]) < 0) return -1;
        return hd_socket_setup(t, self, fd, numbers[0], numbers[1], numbers[2]);
    }
    int family = numbers[0] == -1 ? AF_INET : numbers[0], type = numbers[1] == -1 ? SOCK_STREAM : numbers[1];
    int proto = numbers[2] == -1 ? 0 : numbers[2];
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int fd = socket(family, type | SOCK_CLOEXEC, proto);
    hd_blocking_leave(t);
    if (fd < 0) {
        hd_raise_errno(t, errno, HD_NULL);
        return -1;
    }
    if (hd_socket_setup(t, self, fd, family, type, proto) == 0) return 0;
    close(fd);
    return -1;
}

static int close_fd(HdThread *t, HdValue self) {
    int fd = __atomic_exchange_n(&hd_socket_of(self)->fd, -1, __ATOMIC_ACQ_REL);
    if (fd < 0) return 0;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = close(fd);
    hd_blocking_leave(t);
    return result;
}
static void socket_finalize(HdThread *t, HdValue self) {
    if (hd_socket_fd(self) < 0) return;
    HdValue pending = t->exception;
    t->exception = HD_NULL;
    if (hd_warn(t, &hd_ResourceWarning, 1, "unclosed %R", self) < 0) {
        if (hd_raised_is(t, &hd_Warning)) hd_write_unraisable(t, self);
        hd_clear_raised(t);
    }
    t->exception = pending;
    (void)close_fd(t, self);
}
static void socket_dealloc(HdThread *t, HdObject *self) {
    (void)close_fd(t, hd_from_object(self)); /* one that came back to life and was opened again */
    hd_type_free(t, self);
}
static HdValue socket_repr(HdThread *t, HdValue self) {
    HdSocket *s = hd_socket_of(self);
    return hd_str_format(t, "<socket object, fd=%d, family=%d, type=%d, proto=%d>", hd_socket_fd(self), s->family,
                         s->type, s->proto);
}
HdValue hd_socket_close(HdThread *t, HdValue self, const HdValue *args) {
    /* A reset connection is closed all the same (python/cpython#30319). */
    if (close_fd(t, self) < 0 && errno != ECONNRESET) return hd_raise_errno(t, errno, HD_NULL);
    return hd_None;
}
HdValue hd_socket_detach(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(__atomic_exchange_n(&hd_socket_of(self)->fd, -1, __ATOMIC_ACQ_REL));
}
HdValue hd_socket_fileno(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(hd_socket_fd(self)); }

/* --- connecting --- */

HdValue hd_socket_bind(HdThread *t, HdValue self, const HdValue *args) {
    HdSocketAddress address;
    socklen_t length;
    if (hd_socket_address_from(t, self, args[0], &address, &length, "bind") < 0) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = bind(hd_socket_fd(self), &address.any, length);
    hd_blocking_leave(t);
    return result < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
HdValue hd_socket_listen(HdThread *t, HdValue self, const HdValue *args) {
    int backlog = hd_is_null(args[0]) ? 128 : hd_number_as_int(t, args[0]);
    if (backlog == -1 && hd_raised(t)) return HD_NULL;
    if (backlog < 0) backlog = 0;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = listen(hd_socket_fd(self), backlog);
    hd_blocking_leave(t);
    return result < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}

/* Connects: 0, an errno value, or -1 with an exception set. After EINTR the kernel goes on connecting. */
static int connect_address(HdThread *t, HdValue self, const HdSocketAddress *address, socklen_t length,
                           HdTime *deadline) {
    int fd = hd_socket_fd(self), error = 0;
    HdTime timeout = hd_socket_timeout(self);
    *deadline = hd_socket_deadline(timeout);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    if (connect(fd, &address->any, length) < 0) error = errno;
    hd_blocking_leave(t);
    bool wait = timeout > 0 && error == EINPROGRESS;
    if (error == EINTR) {
        if (hd_blocking_interrupted(t) < 0) return -1;
        wait = timeout != 0;
    }
    if (!wait) return error;
    HdBlockingResult ready = hd_blocking_wait_fd(t, fd, POLLOUT, *deadline);
    if (ready.raised) return -1;
    if (ready.value < 0) return errno;
    if (ready.value == 0) return ETIMEDOUT;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return errno;
    return error == EISCONN ? 0 : error;
}
HdValue hd_socket_connect(HdThread *t, HdValue self, const HdValue *args) {
    HdSocketAddress address;
    socklen_t length;
    HdTime deadline;
    if (hd_socket_address_from(t, self, args[0], &address, &length, "connect") < 0) return HD_NULL;
    int error = connect_address(t, self, &address, length, &deadline);
    if (error < 0) return HD_NULL;
    errno = error;
    return error ? hd_socket_error(t, deadline) : hd_None;
}
HdValue hd_socket_connect_ex(HdThread *t, HdValue self, const HdValue *args) {
    HdSocketAddress address;
    socklen_t length;
    HdTime deadline;
    if (hd_socket_address_from(t, self, args[0], &address, &length, "connect_ex") < 0) return HD_NULL;
    int error = connect_address(t, self, &address, length, &deadline);
    if (error < 0) return HD_NULL;
    bool timed_out = error == ETIMEDOUT && deadline > 0 && deadline != HD_FOREVER &&
                     hd_clock_read(HD_CLOCK_MONOTONIC) >= deadline;
    return hd_imm_int(timed_out ? EAGAIN : error);
}

typedef struct Accept {
    HdSocketAddress address;
    socklen_t length;
} Accept;
static int accept_once(int fd, Accept *a) {
    a->address = (HdSocketAddress){0};
    a->length = sizeof a->address;
    return accept4(fd, &a->address.any, &a->length, SOCK_CLOEXEC);
}
/* The new descriptor; -1 with an exception set. With a time-out the descriptor itself does not wait. */
static int accept_waiting(HdThread *t, HdValue self, Accept *a) {
    int fd = hd_socket_fd(self);
    HdTime timeout = hd_socket_timeout(self), deadline = hd_socket_deadline(timeout);
    for (;;) {
        if (timeout < 0) hd_blocking_enter(t, HD_BLOCK_MAYBE);
        int result = accept_once(fd, a);
        if (timeout < 0) hd_blocking_leave(t);
        if (result >= 0) return result;
        if (errno == EINTR) {
            if (hd_blocking_interrupted(t) < 0) return -1;
            continue;
        }
        if (errno != EAGAIN || timeout <= 0) break;
        HdBlockingResult ready = hd_blocking_wait_fd(t, fd, POLLIN, deadline);
        if (ready.raised) return -1;
        if (ready.value > 0) continue;
        if (ready.value == 0) errno = ETIMEDOUT;
        break;
    }
    hd_socket_error(t, deadline);
    return -1;
}
HdValue hd_socket_accept(HdThread *t, HdValue self, const HdValue *args) {
    Accept a;
    int fd = accept_waiting(t, self, &a);
    if (fd < 0) return HD_NULL;
    HD_OWNED HdValue address = hd_socket_address_to(t, fd, &a.address, a.length, hd_socket_of(self)->proto);
    HdValue pair = hd_is_null(address) ? HD_NULL : hd_tuple_pack(t, 2, hd_imm_int(fd), address);
    if (hd_is_null(pair)) close(fd);
    return pair;
}
HdValue hd_socket_shutdown(HdThread *t, HdValue self, const HdValue *args) {
    int how = hd_number_as_int(t, args[0]);
    if (how == -1 && hd_raised(t)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = shutdown(hd_socket_fd(self), how);
    hd_blocking_leave(t);
    return result < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
HdValue hd_socket_getsockname(HdThread *t, HdValue self, const HdValue *args) {
    HdSocketAddress address = {0};
    socklen_t length = sizeof address;
    int fd = hd_socket_fd(self);
    if (getsockname(fd, &address.any, &length) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_socket_address_to(t, fd, &address, length, hd_socket_of(self)->proto);
}
HdValue hd_socket_getpeername(HdThread *t, HdValue self, const HdValue *args) {
    HdSocketAddress address = {0};
    socklen_t length = sizeof address;
    int fd = hd_socket_fd(self);
    if (getpeername(fd, &address.any, &length) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_socket_address_to(t, fd, &address, length, hd_socket_of(self)->proto);
}

/* --- options --- */

HdValue hd_socket_getsockopt(HdThread *t, HdValue self, const HdValue *args) {
    enum { BUFFER_MAX = 1024 };
    int numbers[3] = {0};
    for (int i = 0; i < 3; i++) {
        if (hd_is_null(args[i])) continue;
        numbers[i] = hd_number_as_int(t, args[i]);
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    int fd = hd_socket_fd(self);
    if (numbers[2] == 0) {
        uint64_t wide = 0; /* AF_VSOCK's options have 64 bits */
        int flag = 0;
        bool is_wide = hd_socket_of(self)->family == AF_VSOCK;
        socklen_t size = is_wide ? sizeof wide : sizeof flag;
        if (getsockopt(fd, numbers[0], numbers[1], is_wide ? (void *)&wide : (void *)&flag, &size) < 0)
            return hd_raise_errno(t, errno, HD_NULL);
        return is_wide ? hd_int_from_u64(t, wide) : hd_imm_int(flag);
    }
    if (numbers[2] < 0 || numbers[2] > BUFFER_MAX)
        return hd_raise(t, &hd_OSError, "getsockopt buflen out of range");
    char room[BUFFER_MAX];
    socklen_t size = (socklen_t)numbers[2];
    if (getsockopt(fd, numbers[0], numbers[1], room, &size) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_bytes_new(t, room, size);
}
HdValue hd_socket_setsockopt(HdThread *t, HdValue self, const HdValue *args) {
    int level = hd_number_as_int(t, args[0]);
    int option = hd_raised(t) ? 0 : hd_number_as_int(t, args[1]);
    if (hd_raised(t)) return HD_NULL;
    int result, fd = hd_socket_fd(self);
    if (!hd_is_null(args[3])) {
        uint64_t length = hd_number_as_u64_mask(t, args[3]);
        if (hd_raised(t)) return HD_NULL;
        if (!hd_is_none(args[2]))
            return hd_raise(t, &hd_TypeError, "setsockopt() argument 3 must be None, not %T", args[2]);
        result = setsockopt(fd, level, option, NULL, (socklen_t)length);
    } else if (hd_number_check_index(args[2])) {
        if (hd_socket_of(self)->family == AF_VSOCK) {
            uint64_t wide = hd_number_as_u64_mask(t, args[2]);
            if (hd_raised(t)) return HD_NULL;
            result = setsockopt(fd, level, option, &wide, sizeof wide);
        } else {
            int flag = hd_number_as_int(t, args[2]);
            if (flag == -1 && hd_raised(t)) return HD_NULL;
            result = setsockopt(fd, level, option, &flag, sizeof flag);
        }
    } else {
        HdBuffer value;
        if (hd_buffer_get(t, args[2], &value, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        result = setsockopt(fd, level, option, value.data, (socklen_t)value.length);
        hd_buffer_release(t, &value);
    }
    return result < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}

/* --- time-outs --- */

HdValue hd_socket_gettimeout(HdThread *t, HdValue self, const HdValue *args) {
    return hd_socket_timeout_value(t, hd_socket_timeout(self));
}
static HdValue socket_get_timeout(HdThread *t, HdValue self, void *closure) {
    return hd_socket_timeout_value(t, hd_socket_timeout(self));
}
static HdValue set_timeout(HdThread *t, HdValue self, HdTime timeout) {
    HD_STORE_RELAXED(&hd_socket_of(self)->timeout, timeout);
    if (hd_socket_set_nonblocking(t, hd_socket_fd(self), timeout >= 0) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_None;
}
HdValue hd_socket_settimeout(HdThread *t, HdValue self, const HdValue *args) {
    HdTime timeout;
    return hd_socket_parse_timeout(t, args[0], &timeout) < 0 ? HD_NULL : set_timeout(t, self, timeout);
}
HdValue hd_socket_setblocking(HdThread *t, HdValue self, const HdValue *args) {
    int flag = hd_object_truth(t, args[0]);
    return flag < 0 ? HD_NULL : set_timeout(t, self, flag ? -1 : 0);
}
HdValue hd_socket_getblocking(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_socket_timeout(self) != 0);
}

/* --- the class --- */

static const HdMethodDef socket_methods[] = {
    HD_METHOD(hd_socket_accept, "_accept($self, /)",
              "Waits for a connection: its descriptor and the address of the other end."),
    HD_METHOD(hd_socket_bind, "bind($self, address, /)",
              "Gives the socket a local address: a pair (host, port) for IP, other forms for other families."),
    HD_METHOD(hd_socket_close, "close($self, /)", "Closes the socket; it cannot be used afterwards."),
    HD_METHOD(hd_socket_connect, "connect($self, address, /)", "Connects the socket to an address."),
    HD_METHOD(hd_socket_connect_ex, "connect_ex($self, address, /)",
              "Like connect(), but gives the error number of the system back instead of raising."),
    HD_METHOD(hd_socket_detach, "detach($self, /)", "Closes the object and leaves the descriptor open; returns it."),
    HD_METHOD(hd_socket_fileno, "fileno($self, /)", "The file descriptor, -1 when closed."),
    HD_METHOD(hd_socket_getpeername, "getpeername($self, /)", "The address of the other end."),
    HD_METHOD(hd_socket_getsockname, "getsockname($self, /)", "The socket's own address."),
    HD_METHOD(hd_socket_getsockopt, "getsockopt($self, level, option, buffersize=0, /)",
              "An option's value: an int, or bytes of at most buffersize when that is given."),
    HD_METHOD(hd_socket_listen, "listen($self, backlog=128, /)", "Makes the socket accept connections."),
    HD_METHOD(hd_socket_recv, "recv($self, buffersize, flags=0, /)",
              "Receives up to buffersize bytes; waits until there is something, b'' at the end of the stream."),
    HD_METHOD(hd_socket_recv_into, "recv_into($self, /, buffer, nbytes=0, flags=0)",
              "Receives into a buffer, at most nbytes (0: as much as it holds); how much it was."),
    HD_METHOD(hd_socket_recvfrom, "recvfrom($self, buffersize, flags=0, /)",
              "Like recv(): a pair of the bytes and the sender's address."),
    HD_METHOD(hd_socket_recvfrom_into, "recvfrom_into($self, /, buffer, nbytes=0, flags=0)",
              "Like recv_into(): a pair of the number of bytes and the sender's address."),
    HD_METHOD(hd_socket_recvmsg, "recvmsg($self, bufsize, ancbufsize=0, flags=0, /)",
              "Receives bytes and ancillary data: (data, ancdata, msg_flags, address), where ancdata is a list\n"
              "of triples (level, type, data)."),
    HD_METHOD(hd_socket_recvmsg_into, "recvmsg_into($self, buffers, ancbufsize=0, flags=0, /)",
              "Like recvmsg(), into a series of buffers: (nbytes, ancdata, msg_flags, address)."),
    HD_METHOD(hd_socket_send, "send($self, data, flags=0, /)", "Sends bytes; how many were sent, maybe fewer."),
    HD_METHOD(hd_socket_sendall, "sendall($self, data, flags=0, /)",
              "Sends all bytes. After an error nobody can tell how many were sent."),
    HD_METHOD(hd_socket_sendto, "sendto($self, data, flags_or_address, address=<none>, /)",
              "sendto(data[, flags], address)\n\nSends bytes to an address; how many were sent."),
    HD_METHOD(hd_socket_sendmsg, "sendmsg($self, buffers, ancdata=(), flags=0, address=None, /)",
              "Sends a series of buffers with ancillary data, triples (level, type, data); bytes sent."),
    HD_METHOD(hd_socket_sendmsg_afalg, "sendmsg_afalg($self, /, msg=(), *, op, iv=None, assoclen=-1, flags=0)",
              "sendmsg() for AF_ALG: the operation, the initialisation vector and the length of associated data."),
    HD_METHOD(hd_socket_setblocking, "setblocking($self, flag, /)",
              "True: calls wait for ever. False: they never wait; where they would, BlockingIOError."),
    HD_METHOD(hd_socket_getblocking, "getblocking($self, /)", "False if calls never wait."),
    HD_METHOD(hd_socket_settimeout, "settimeout($self, timeout, /)",
              "How long calls wait, in seconds; None: for ever, 0: never."),
    HD_METHOD(hd_socket_gettimeout, "gettimeout($self, /)", "The time-out in seconds, None if there is none."),
    HD_METHOD(hd_socket_setsockopt, "setsockopt($self, level, option, value, optlen=<none>, /)",
              "setsockopt(level, option, value)\nsetsockopt(level, option, None, optlen: int)\n\nSets an option; value is "
              "an int or bytes."),
    HD_METHOD(hd_socket_shutdown, "shutdown($self, flag, /)", "Ends reading (SHUT_RD), writing (SHUT_WR) or both."),
    HD_METHODS_END,
};
static const HdMemberDef socket_members[] = {
    {"family", HD_MEMBER_INT, offsetof(HdSocket, family), true, "the socket family"},
    {"type", HD_MEMBER_INT, offsetof(HdSocket, type), true, "the socket type"},
    {"proto", HD_MEMBER_INT, offsetof(HdSocket, proto), true, "the socket protocol"},
    {NULL},
};
static const HdGetSetDef socket_getsets[] = {
    {"timeout", socket_get_timeout, NULL, "the socket timeout", NULL},
    {NULL},
};
HdType hd_socket_type = {
    HD_TYPE_HEAD("_socket.socket"),
    .doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0)\nsocket(family=-1, type=-1, proto=-1, fileno=None)\n\n"
           "A socket of the family and type given, or the one behind an open descriptor (then what is not given is\n"
           "asked for). Calls on it may wait; settimeout() and setblocking() say how long.",
    .basicsize = sizeof(HdSocket),
    .flags = HD_TYPE_BASE,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .create = socket_create,
    .init = socket_init,
    .finalize = socket_finalize,
    .dealloc = socket_dealloc,
    .repr = socket_repr,
    .methods = socket_methods,
    .members = socket_members,
    .getsets = socket_getsets,
};
