/* clock.h -- the clocks, and sleeping. The only place that reads one.
 *
 * Times are signed nanoseconds; a deadline is a time on the monotonic clock, HD_FOREVER for none. What Python sees
 * (`hd_clock_read`) goes through the scheduler, which may keep a virtual clock; what the house measures itself by
 * (`hd_clock_monotonic`) is always real.
 */
#ifndef HD_CLOCK_H
#define HD_CLOCK_H

#include "base.h"

typedef struct HdThread HdThread;
typedef int64_t HdTime;
#define HD_FOREVER INT64_MAX
#define HD_SECOND ((HdTime)1000000000)
#define HD_MILLISECOND ((HdTime)1000000)
#define HD_MICROSECOND ((HdTime)1000)

typedef enum HdClock {
    HD_CLOCK_MONOTONIC,
    HD_CLOCK_REALTIME,
    HD_CLOCK_PROCESS, /* processor time of the process */
    HD_CLOCK_THREAD,  /* processor time of the calling thread */
} HdClock;

HdTime hd_clock_monotonic(void);
HdTime hd_clock_read(HdClock clock);
HdTime hd_clock_resolution(HdClock clock);
/* deadline = now + duration, HD_FOREVER when that is out of range. */
HdTime hd_clock_deadline(HdTime duration);
/* The kernel's clocks by number, for time.clock_gettime and its kin: 0, or -1 with errno. */
int hd_clock_get_raw(int id, HdTime *out);
int hd_clock_getres_raw(int id, HdTime *out);
int hd_clock_set_raw(int id, HdTime value);
/* The number of the processor clock of a thread: 0 or errno. */
int hd_clock_of_thread(uint64_t ident, int *id);
/* Sleeps, detached, until the deadline. On the main thread a signal runs its handler and the sleep goes on; -1: the
 * handler raised. */
int hd_clock_sleep(HdThread *t, HdTime deadline) HD_CHECK;

#endif
