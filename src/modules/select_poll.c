/* select_poll.c -- poll objects (see select_types.h).
 *
 * The registered descriptors are a dict of ints, which has its own lock; poll() works on a copy where others may change it
 * meanwhile. Only one thread at a time may poll (`polling`), as in CPython.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "select_types.h"

typedef struct Poll {
    HdObject head;
    HdValue events; /* dict: descriptor to events, in order of registration */
    uint8_t polling; /* atomic */
} Poll;
HD_INLINE Poll *poll_of(HdValue v) { return HD_AS(Poll, v); }

HdValue hd_select_poll_new(HdThread *t) {
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_select_poll_type);
    if (hd_is_null(self)) return self;
    poll_of(self)->events = hd_dict_new(t);
    return hd_is_null(poll_of(self)->events) ? HD_NULL : hd_move(&self);
}
static void poll_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Poll *)self)->events);
    hd_type_free(t, self);
}

/* Events as an unsigned short; HD_NULL: what register() takes by default. */
HD_CHECK static int to_events(HdThread *t, HdValue v, int64_t *out) {
    *out = POLLIN | POLLPRI | POLLOUT;
    if (hd_is_null(v)) return 0;
    if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "an integer is required");
    if (hd_int_sign(v) < 0) return hd_raise_int(t, &hd_ValueError, "value must be positive");
    if (!hd_int_try_i64(v, out) || *out > USHRT_MAX)
        return hd_raise_int(t, &hd_OverflowError, "Python int too large for C unsigned short");
    return 0;
}
static HdValue poll_register(HdThread *t, HdValue self, const HdValue *args) {
    int fd;
    int64_t events;
    if (hd_descriptor_arg(t, args[0], &fd) < 0 || to_events(t, args[1], &events) < 0) return HD_NULL;
    return hd_dict_set(t, poll_of(self)->events, hd_imm_int(fd), hd_imm_int(events)) < 0 ? HD_NULL : hd_None;
}
static HdValue poll_modify(HdThread *t, HdValue self, const HdValue *args) {
    int fd;
    int64_t events;
    if (hd_descriptor_arg(t, args[0], &fd) < 0 || to_events(t, args[1], &events) < 0) return HD_NULL;
    int known = hd_dict_contains(t, poll_of(self)->events, hd_imm_int(fd));
    if (known < 0) return HD_NULL;
    if (!known) return hd_raise_errno(t, ENOENT, HD_NULL);
    return hd_dict_set(t, poll_of(self)->events, hd_imm_int(fd), hd_imm_int(events)) < 0 ? HD_NULL : hd_None;
}
static HdValue poll_unregister(HdThread *t, HdValue self, const HdValue *args) {
    int fd;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    return hd_dict_delete(t, poll_of(self)->events, hd_imm_int(fd)) < 0 ? HD_NULL : hd_None;
}

/* Milliseconds, rounded away from zero, to nanoseconds. */
HD_CHECK static int from_milliseconds(HdThread *t, HdValue v, HdTime *out) {
    if (hd_is_float(v)) {
        double d = hd_float_value(v) * 1e6;
        if (isnan(d)) return hd_raise_int(t, &hd_ValueError, "Invalid value NaN (not a number)");
        d = d >= 0 ? ceil(d) : floor(d);
        if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0))
            return hd_raise_int(t, &hd_OverflowError, "timestamp out of range for platform time_t");
        *out = (HdTime)d;
        return 0;
    }
    if (!hd_number_check_index(v)) return hd_raise_int(t, &hd_TypeError, "timeout must be an integer or None");
    HD_OWNED HdValue number = hd_number_index(t, v);
    int64_t milliseconds;
    if (hd_is_null(number)) return -1;
    if (!hd_int_try_i64(number, &milliseconds) || __builtin_mul_overflow(milliseconds, HD_MILLISECOND, out))
        return hd_raise_int(t, &hd_OverflowError, "timestamp too large to convert to C _PyTime_t");
    return 0;
}
/* None and negative numbers wait for ever. */
HD_CHECK static int to_deadline(HdThread *t, HdValue v, HdTime *out) {
    HdTime timeout = -1;
    if (!hd_is_null(v) && !hd_is_none(v) && from_milliseconds(t, v, &timeout) < 0) return -1;
    if (timeout / HD_MILLISECOND >= INT_MAX) return hd_raise_int(t, &hd_OverflowError, "timeout is too large");
    *out = timeout < 0 ? HD_FOREVER : hd_select_deadline(timeout);
    return 0;
}
enum { FEW = 16 }; /* descriptors for which nothing is allocated */

/* The registered descriptors as poll(2) wants them, in `few` or an array to be freed; NULL raised. Runs no Python. */
static struct pollfd *make_entries(HdThread *t, HdValue events, struct pollfd few[FEW], HdSize *count) {
    HD_OWNED HdValue copy = t->locks ? hd_dict_copy(t, events) : hd_retain(t, events);
    if (hd_is_null(copy)) return NULL;
    HdSize length = hd_dict_length(copy);
    struct pollfd *entries = length <= FEW ? few : malloc((size_t)length * sizeof *entries);
    if (!entries) {
        hd_raise_no_memory(t);
        return NULL;
    }
    HdSize position = 0;
    HdValue fd, mask;
    *count = 0;
    while (hd_dict_next_borrowed(copy, &position, &fd, &mask)) {
        entries[(*count)++] = (struct pollfd){.fd = (int)hd_imm_int_value(fd), .events = (short)hd_imm_int_value(mask)};
    }
    return entries;
}
static HdValue poll_poll(HdThread *t, HdValue self, const HdValue *args) {
    HdTime deadline = 0;
    if (to_deadline(t, args[0], &deadline) < 0) return HD_NULL;
    Poll *p = poll_of(self);
    uint8_t idle = 0;
    if (!HD_CAS(&p->polling, &idle, 1)) return hd_raise(t, &hd_RuntimeError, "concurrent poll() invocation");
    HdSize count = 0;
    struct pollfd few[FEW], *entries = make_entries(t, p->events, few, &count);
    HdBlockingResult result = {-1, true};
    if (entries) result = hd_blocking_poll(t, entries, (size_t)count, deadline);
    int error = errno;
    HD_STORE_RELEASE(&p->polling, 0);
    HD_OWNED HdValue list = HD_NULL;
    if (!result.raised && result.value < 0) hd_raise_errno(t, error, HD_NULL);
    else if (!result.raised) list = hd_list_new(t, 0);
    for (HdSize i = 0; i < count && result.value > 0 && !hd_is_null(list); i++) {
        if (!entries[i].revents) continue;
        HdValue pair = hd_tuple_pack(t, 2, hd_imm_int(entries[i].fd), hd_imm_int(entries[i].revents & 0xffff));
        if (hd_is_null(pair) || hd_list_append_steal(t, list, pair) < 0) hd_clear_slot(t, &list);
    }
    if (entries != few) free(entries);
    return hd_move(&list);
}

static const HdMethodDef poll_methods[] = {
    HD_METHOD(poll_register, "register($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)",
              "Register a file descriptor with the polling object."),
    HD_METHOD(poll_modify, "modify($self, fd, eventmask, /)", "Modify an already registered file descriptor."),
    HD_METHOD(poll_unregister, "unregister($self, fd, /)",
              "Remove a file descriptor being tracked by the polling object."),
    HD_METHOD(poll_poll, "poll($self, timeout=None, /)",
              "Polls the set of registered file descriptors; a list of (fd, event) pairs of those that have events or "
              "errors."),
    HD_METHODS_END,
};
HdType hd_select_poll_type = {
    HD_TYPE_HEAD("select.poll"),
    .basicsize = sizeof(Poll),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = poll_dealloc,
    .methods = poll_methods,
};
