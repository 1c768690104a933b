/* select_types.h -- what the files of the module select share: its classes and arguments.
 *
 *   mod_select.c    the module; select()
 *   select_poll.c   poll objects
 *   select_epoll.c  epoll objects
 * All waiting goes through sync/blocking.h.
 */
#ifndef HD_SELECT_TYPES_H
#define HD_SELECT_TYPES_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include <heddle/module.h>

#include "blocking.h"
#include "descriptor_arg.h"
#include "time_value.h"

extern HdType hd_select_poll_type, hd_select_epoll_type;
HdValue hd_select_poll_new(HdThread *t) HD_CHECK;
/* The deadline after a time-out: 0 for "do not wait". */
HD_INLINE HdTime hd_select_deadline(HdTime timeout) { return timeout == 0 ? 0 : hd_clock_deadline(timeout); }
/* A time-out argument that is not a number: TypeError `message` in place of the conversion's. */
HD_CHECK HD_INLINE int hd_select_timeout(HdThread *t, HdValue v, HdTimeRound round, const char *message, HdTime *out) {
    if (!hd_is_float(v) && !hd_number_check_index(v)) return hd_raise_int(t, &hd_TypeError, "%s", message);
    return hd_time_value_from_seconds(t, v, round, out);
}

#endif
