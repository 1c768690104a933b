/* select_epoll.c -- epoll objects (see select_types.h).
 *
 * The descriptor is read and replaced atomically; a wait that another thread closes the object under goes on with the
 * kernel's idea of it.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "select_types.h"

typedef struct Epoll {
    HdObject head;
    int fd; /* atomic; -1: closed */
} Epoll;
HD_INLINE Epoll *epoll_of(HdValue v) { return HD_AS(Epoll, v); }

HD_CHECK static int open_fd(HdThread *t, HdValue self, int *fd) {
    *fd = HD_LOAD_RELAXED(&epoll_of(self)->fd);
    return *fd >= 0 ? 0 : hd_raise_int(t, &hd_ValueError, "I/O operation on closed epoll object");
}
static HdValue epoll_create_object(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "epoll(sizehint=-1, flags=0)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    int hint = hd_is_null(bound[0]) ? -1 : hd_number_as_int(t, bound[0]);
    int flags = hd_raised(t) || hd_is_null(bound[1]) ? 0 : hd_number_as_int(t, bound[1]);
    if (hd_raised(t)) return HD_NULL;
    if (hint < -1 || hint == 0) return hd_raise(t, &hd_ValueError, "negative sizehint");
    if (flags && flags != EPOLL_CLOEXEC) return hd_raise(t, &hd_OSError, "invalid flags");
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    epoll_of(self)->fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_of(self)->fd >= 0) return self;
    hd_raise_errno(t, errno, HD_NULL);
    hd_release(t, self);
    return HD_NULL;
}
static HdValue epoll_fromfd(HdThread *t, HdValue type, const HdValue *args) {
    int fd = hd_number_as_int(t, args[0]);
    if (fd == -1 && hd_raised(t)) return HD_NULL;
    HdValue self = hd_type_alloc(t, HD_AS(HdType, type));
    if (!hd_is_null(self)) epoll_of(self)->fd = fd;
    return self;
}
static int close_fd(HdThread *t, Epoll *e) {
    int fd = __atomic_exchange_n(&e->fd, -1, __ATOMIC_ACQ_REL);
    if (fd < 0) return 0;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = close(fd);
    hd_blocking_leave(t);
    return result;
}
static void epoll_dealloc(HdThread *t, HdObject *self) {
    (void)close_fd(t, (Epoll *)self);
    hd_type_free(t, self);
}
static HdValue epoll_close_method(HdThread *t, HdValue self, const HdValue *args) {
    return close_fd(t, epoll_of(self)) < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
static HdValue epoll_exit(HdThread *t, HdValue self, const HdValue *args) { return epoll_close_method(t, self, args); }
static HdValue epoll_enter(HdThread *t, HdValue self, const HdValue *args) {
    int fd;
    return open_fd(t, self, &fd) < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue epoll_fileno(HdThread *t, HdValue self, const HdValue *args) {
    int fd;
    return open_fd(t, self, &fd) < 0 ? HD_NULL : hd_imm_int(fd);
}
static HdValue epoll_get_closed(HdThread *t, HdValue self, void *closure) {
    return hd_bool(HD_LOAD_RELAXED(&epoll_of(self)->fd) < 0);
}

/* --- the set --- */

static HdValue control(HdThread *t, HdValue self, int operation, HdValue descriptor, HdValue events) {
    int epoll, fd;
    if (hd_descriptor_arg(t, descriptor, &fd) < 0) return HD_NULL;
    struct epoll_event event = {.events = EPOLLIN | EPOLLPRI | EPOLLOUT, .data.fd = fd};
    if (!hd_is_null(events)) event.events = (uint32_t)hd_number_as_u64_mask(t, events);
    if (hd_raised(t) || open_fd(t, self, &epoll) < 0) return HD_NULL;
    return epoll_ctl(epoll, operation, fd, &event) < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
static HdValue epoll_register(HdThread *t, HdValue self, const HdValue *args) {
    return control(t, self, EPOLL_CTL_ADD, args[0], args[1]);
}
static HdValue epoll_modify(HdThread *t, HdValue self, const HdValue *args) {
    return control(t, self, EPOLL_CTL_MOD, args[0], args[1]);
}
static HdValue epoll_unregister(HdThread *t, HdValue self, const HdValue *args) {
    return control(t, self, EPOLL_CTL_DEL, args[0], HD_NULL);
}

/* --- waiting --- */

static HdValue event_list(HdThread *t, const struct epoll_event *events, HdSize count) {
    HD_OWNED HdValue list = hd_list_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(list); i++) {
        HdValue pair = hd_tuple_pack(t, 2, hd_imm_int(events[i].data.fd), hd_imm_int(events[i].events));
        if (hd_is_null(pair) || hd_list_append_steal(t, list, pair) < 0) return HD_NULL;
    }
    return hd_move(&list);
}
static HdValue epoll_poll(HdThread *t, HdValue self, const HdValue *args) {
    int epoll;
    HdTime timeout, deadline = HD_FOREVER;
    if (open_fd(t, self, &epoll) < 0) return HD_NULL;
    if (!hd_is_null(args[0]) && !hd_is_none(args[0])) {
        if (hd_select_timeout(t, args[0], HD_ROUND_UP, "timeout must be an integer or None", &timeout) < 0)
            return HD_NULL;
        if (timeout / HD_MILLISECOND >= INT_MAX) return hd_raise(t, &hd_OverflowError, "timeout is too large");
        if (timeout >= 0) deadline = hd_select_deadline(timeout);
    }
    int max = hd_is_null(args[1]) ? -1 : hd_number_as_int(t, args[1]);
    if (max == -1 && hd_raised(t)) return HD_NULL;
    if (max == -1) max = FD_SETSIZE - 1;
    if (max < 1) return hd_raise(t, &hd_ValueError, "maxevents must be greater than 0, got %d", max);
    struct epoll_event few[32], *events = max <= (int)HD_COUNT_OF(few) ? few : malloc((size_t)max * sizeof *events);
    if (!events) return hd_raise_no_memory(t);
    HdBlockingResult result = hd_blocking_epoll(t, epoll, events, max, deadline);
    HdValue list = HD_NULL;
    if (!result.raised)
        list = result.value < 0 ? hd_raise_errno(t, errno, HD_NULL) : event_list(t, events, result.value);
    if (events != few) free(events);
    return list;
}

static const HdMethodDef epoll_methods[] = {
    HD_CLASS_METHOD(epoll_fromfd, "fromfd($type, fd, /)", "Create an epoll object from a given control fd."),
    HD_METHOD(epoll_close_method, "close($self, /)",
              "Close the epoll control file descriptor; further operations raise an exception."),
    HD_METHOD(epoll_fileno, "fileno($self, /)", "Return the epoll control file descriptor."),
    HD_METHOD(epoll_register, "register($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)",
              "Registers a new fd or raises an OSError if the fd is already registered."),
    HD_METHOD(epoll_modify, "modify($self, /, fd, eventmask)", "Modify event mask for a registered file descriptor."),
    HD_METHOD(epoll_unregister, "unregister($self, /, fd)",
              "Remove a registered file descriptor from the epoll object."),
    HD_METHOD(epoll_poll, "poll($self, /, timeout=None, maxevents=-1)",
              "Wait for events on the epoll file descriptor: a list of pairs (fd, events); timeout in seconds."),
    HD_METHOD(epoll_enter, "__enter__($self, /)", NULL),
    HD_METHOD(epoll_exit, "__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef epoll_getsets[] = {
    {"closed", epoll_get_closed, NULL, "True if the epoll handler is closed", NULL},
    {NULL},
};
HdType hd_select_epoll_type = {
    HD_TYPE_HEAD("select.epoll"),
    .doc = "select.epoll(sizehint=-1, flags=0)\n\nA set of descriptors the kernel watches. Both arguments are checked "
           "and have\n"
           "no effect: the set grows as needed, and is always closed on exec.",
    .basicsize = sizeof(Epoll),
    .create = epoll_create_object,
    .dealloc = epoll_dealloc,
    .methods = epoll_methods,
    .getsets = epoll_getsets,
};
