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
    HdValue items[3]; /* lists of our own */
    struct pollfd *fds;
    HdSize count;
} Wait;
static void wait_clear(Wait *w) {
    for (int i = 0; i < 3; i++) hd_count_cleanup(&w->items[i]);
    free(w->fds);
}
/* The sequence may lose items while their descriptors are asked for. */
HD_CHECK static int add_set(HdThread *t, Wait *w, int set, HdValue sequence, HdSize most) {
    w->items[set] = hd_list_new(t, most);
    if (hd_is_null(w->items[set])) return -1;
    for (HdSize i = 0; i < most; i++) {
        HD_OWNED HdValue item =
            hd_is_list(sequence) ? hd_list_get(t, sequence, i) : hd_retain(t, hd_tuple_at_borrowed(sequence, i));
        int fd;
        if (hd_is_null(item)) break;
        if (hd_descriptor_arg(t, item, &fd) < 0) return -1;
        if (fd >= FD_SETSIZE) return hd_raise_int(t, &hd_ValueError, "filedescriptor out of range in select()");
        w->fds[w->count++] = (struct pollfd){.fd = fd, .events = sets[set]};
        if (hd_list_append(t, w->items[set], item) < 0) return -1;
    }
    return 0;
}
HD_CHECK static int collect(HdThread *t, const HdValue *args, Wait *w) {
    static const char *const wrong = "arguments 1-3 must be sequences";
    HD_OWNED HdValue first = hd_object_fast_sequence(t, args[0], wrong);
    HD_OWNED HdValue second = hd_is_null(first) ? HD_NULL : hd_object_fast_sequence(t, args[1], wrong);
    HD_OWNED HdValue third = hd_is_null(second) ? HD_NULL : hd_object_fast_sequence(t, args[2], wrong);
    if (hd_is_null(third)) return -1;
    HdValue sequences[3] = {first, second, third};
    HdSize most[3], total = 0;
    for (int i = 0; i < 3; i++) {
        most[i] = hd_is_list(sequences[i]) ? hd_list_length(sequences[i]) : hd_tuple_length(sequences[i]);
        if (most[i] > FD_SETSIZE) return hd_raise_int(t, &hd_ValueError, "too many file descriptors in select()");
        total += most[i];
    }
    w->fds = calloc((size_t)total + 1, sizeof *w->fds);
    if (!w->fds) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (int i = 0; i < 3; i++) {
        if (add_set(t, w, i, sequences[i], most[i]) < 0) return -1;
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
/* The objects of one set that are ready; *fds moves on to the next set. */
static HdValue ready_list(HdThread *t, HdValue items, const struct pollfd **fds) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    for (HdSize i = 0; i < hd_list_length(items) && !hd_is_null(list); i++, (*fds)++) {
        if ((*fds)->fd < 0 || !((*fds)->revents & (*fds)->events)) continue;
        if (hd_list_append_steal(t, list, hd_list_get(t, items, i)) < 0) return HD_NULL;
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
    if (collect(t, args, &w) < 0 || wait_ready(t, w.fds, w.count, deadline) < 0) return HD_NULL;
    const struct pollfd *fds = w.fds;
    HD_OWNED HdValue readable = ready_list(t, w.items[0], &fds);
    HD_OWNED HdValue writable = hd_is_null(readable) ? HD_NULL : ready_list(t, w.items[1], &fds);
    HD_OWNED HdValue exceptional = hd_is_null(writable) ? HD_NULL : ready_list(t, w.items[2], &fds);
    if (hd_is_null(exceptional)) return HD_NULL;
    return hd_tuple_pack(t, 3, readable, writable, exceptional);
}
static HdValue select_poll(HdThread *t, HdValue self, const HdValue *args) { return hd_select_poll_new(t); }

static const HdMethodDef select_functions[] = {
    HD_METHOD(select_select, "select(rlist, wlist, xlist, timeout=None, /)",
              "Wait until one or more file descriptors are ready for some kind of I/O; three lists of those that are."),
    HD_METHOD(select_poll, "poll()",
              "Returns a polling object, with which descriptors are registered and polled for events."),
    HD_METHODS_END,
};

static int select_exec(HdThread *t, HdValue module) {
#define C(name) {#name, (int64_t)name}
    static const struct {
        const char *name;
        int64_t value;
    } constants[] = {
        C(POLLIN),      C(POLLPRI),       C(POLLOUT),      C(POLLERR),
        C(POLLHUP),     C(POLLNVAL),      C(POLLRDNORM),   C(POLLRDBAND),
        C(POLLWRNORM),  C(POLLWRBAND),    C(POLLMSG),      C(POLLRDHUP),
        C(EPOLLIN),     C(EPOLLOUT),      C(EPOLLPRI),     C(EPOLLERR),
        C(EPOLLHUP),    C(EPOLLRDHUP),    C(EPOLLONESHOT), C(EPOLLEXCLUSIVE),
        C(EPOLLRDNORM), C(EPOLLRDBAND),   C(EPOLLWRNORM),  C(EPOLLWRBAND),
        C(EPOLLMSG),    C(EPOLL_CLOEXEC), C(PIPE_BUF),     {"EPOLLET", (uint32_t)EPOLLET},
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
    .doc = "Waiting for several descriptors at once: select(), poll objects and epoll objects.",
    .functions = select_functions,
    .exec = select_exec,
};
