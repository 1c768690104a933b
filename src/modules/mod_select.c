/* mod_select.c -- the module select: select() (see select_types.h).
 *
 * select() asks poll(2): what each set of select(2) means in events is written at `sets`. It keeps select's limit on
 * descriptors, which programs test for. No state of its own; parks while it waits.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "select_types.h"

static const short sets[3] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR, /* readable */
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,          /* writable */
    POLLPRI,                                              /* exceptional */
};

/* What is waited for: the objects of the three lists one behind the other, each with its entry. */
typedef struct Wait {
    HdValue items[3];    /* tuples, owned */
    HdSize counts[3];
    struct pollfd *fds;
} Wait;
static void wait_clear(Wait *w) {
    for (int i = 0; i < 3; i++) hd_count_cleanup(&w->items[i]);
    free(w->fds);
}
HD_CHECK static int add_set(HdThread *t, Wait *w, int set, HdSize *count) {
    for (HdSize i = 0; i < w->counts[set]; i++) {
        int fd;
        if (hd_descriptor_arg(t, hd_tuple_at_borrowed(w->items[set], i), &fd) < 0) return -1;
        if (fd >= FD_SETSIZE) return hd_raise_int(t, &hd_ValueError, "filedescriptor out of range in select()");
        w->fds[(*count)++] = (struct pollfd){.fd = fd, .events = sets[set]};
    }
    return 0;
}
HD_CHECK static int collect(HdThread *t, const HdValue *args, Wait *w, HdSize *count) {
    HdSize total = 0;
    for (int i = 0; i < 3; i++) {
        HD_OWNED HdValue list = hd_object_fast_sequence(t, args[i], "arguments 1-3 must be sequences");
        if (hd_is_null(list)) return -1;
        w->items[i] = hd_tuple_from_iterable(t, list);
        if (hd_is_null(w->items[i])) return -1;
        w->counts[i] = hd_tuple_length(w->items[i]);
        if (w->counts[i] > FD_SETSIZE) return hd_raise_int(t, &hd_ValueError, "too many file descriptors in select()");
        total += w->counts[i];
    }
    w->fds = calloc((size_t)total + 1, sizeof *w->fds);
    if (!w->fds) {
        hd_raise_no_memory(t);
        return -1;
    }
    *count = 0;
    for (int i = 0; i < 3; i++) {
        if (add_set(t, w, i, count) < 0) return -1;
    }
    return 0;
}

/* Waits until an entry is ready in select's sense. poll(2) also reports hang-ups and errors that were not asked for:
 * such an entry is taken out, and the others go on. */
HD_CHECK static int wait_ready(HdThread *t, struct pollfd *fds, HdSize count, HdTime deadline) {
    for (;;) {
        HdBlockingResult result = hd_blocking_poll(t, fds, (size_t)count, deadline);
        if (result.raised) return -1;
        if (result.value < 0) {
            hd_raise_errno(t, errno, HD_NULL);
            return -1;
        }
        bool ready = result.value == 0;
        for (HdSize i = 0; i < count; i++) {
            if (fds[i].fd >= 0 && fds[i].revents & POLLNVAL) {
                hd_raise_errno(t, EBADF, HD_NULL);
                return -1;
            }
            if (fds[i].revents & fds[i].events) ready = true;
            else if (fds[i].revents) fds[i].fd = -1;
        }
        if (ready) return 0;
    }
}
static HdValue ready_list(HdThread *t, HdValue items, const struct pollfd *fds) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    for (HdSize i = 0; i < hd_tuple_length(items) && !hd_is_null(list); i++) {
        bool ready = fds[i].fd >= 0 && (fds[i].revents & fds[i].events);
        if (ready && hd_list_append(t, list, hd_tuple_at_borrowed(items, i)) < 0) return HD_NULL;
    }
    return hd_move(&list);
}
static HdValue select_select(HdThread *t, HdValue self, const HdValue *args) {
    HdTime timeout, deadline = HD_FOREVER;
    if (!hd_is_null(args[3]) && !hd_is_none(args[3])) {
        if (hd_select_timeout(t, args[3], HD_ROUND_UP, "timeout must be a float or None", &timeout) < 0) return HD_NULL;
        if (timeout < 0) return hd_raise(t, &hd_ValueError, "timeout must be non-negative");
        deadline = hd_select_deadline(timeout);
    }
    HD_CLEANUP(wait_clear) Wait w = {0};
    HdSize count = 0;
    if (collect(t, args, &w, &count) < 0 || wait_ready(t, w.fds, count, deadline) < 0) return HD_NULL;
    HD_OWNED HdValue readable = ready_list(t, w.items[0], w.fds);
    HD_OWNED HdValue writable = ready_list(t, w.items[1], w.fds + w.counts[0]);
    HD_OWNED HdValue exceptional = ready_list(t, w.items[2], w.fds + w.counts[0] + w.counts[1]);
    if (hd_is_null(readable) || hd_is_null(writable) || hd_is_null(exceptional)) return HD_NULL;
    return hd_tuple_pack(t, 3, readable, writable, exceptional);
}
static HdValue select_poll(HdThread *t, HdValue self, const HdValue *args) { return hd_select_poll_new(t); }

static const HdMethodDef select_functions[] = {
    HD_METHOD(select_select, "select(rlist, wlist, xlist, timeout=None, /)",
              "Wait until one or more file descriptors are ready for some kind of I/O; three lists of those that are."),
    HD_METHOD(select_poll, "poll()", "Returns a polling object, with which descriptors are registered and polled for events."),
    HD_METHODS_END,
};

static int select_exec(HdThread *t, HdValue module) {
#define C(name) {#name, (int64_t)name}
    static const struct {
        const char *name;
        int64_t value;
    } constants[] = {
        C(POLLIN), C(POLLPRI), C(POLLOUT), C(POLLERR), C(POLLHUP), C(POLLNVAL), C(POLLRDNORM), C(POLLRDBAND), C(POLLWRNORM),
        C(POLLWRBAND), C(POLLMSG), C(POLLRDHUP), C(EPOLLIN), C(EPOLLOUT), C(EPOLLPRI), C(EPOLLERR), C(EPOLLHUP),
        C(EPOLLRDHUP), C(EPOLLONESHOT), C(EPOLLEXCLUSIVE), C(EPOLLRDNORM), C(EPOLLRDBAND), C(EPOLLWRNORM), C(EPOLLWRBAND),
        C(EPOLLMSG), C(EPOLL_CLOEXEC), C(PIPE_BUF), {"EPOLLET", (uint32_t)EPOLLET},
    };
#undef C
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    if (hd_module_set(t, module, "error", hd_type_value(&hd_OSError)) < 0) return -1;
    if (hd_type_ready(t, &hd_select_poll_type) < 0) return -1;
    return hd_module_add_type(t, module, &hd_select_epoll_type);
}

const HdModuleDef hd_module_select = {
    .name = "select",
    .doc = "This module supports asynchronous I/O on multiple file descriptors.\n\n*** IMPORTANT NOTICE ***\n"
           "On Windows, only sockets are supported; on Unix, all file descriptors.",
    .functions = select_functions,
    .exec = select_exec,
};
