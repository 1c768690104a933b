/* clock.c -- the clocks, and sleeping (see clock.h). */
#include "clock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "park.h"
#include "safepoint.h"
#include "scheduler.h"
#include "state.h"

static HdTime from_spec(const struct timespec *spec) { return (HdTime)spec->tv_sec * HD_SECOND + spec->tv_nsec; }

static clockid_t kernel_id(HdClock clock) {
    switch (clock) {
    case HD_CLOCK_REALTIME: return CLOCK_REALTIME;
    case HD_CLOCK_PROCESS: return CLOCK_PROCESS_CPUTIME_ID;
    case HD_CLOCK_THREAD: return CLOCK_THREAD_CPUTIME_ID;
    default: return CLOCK_MONOTONIC;
    }
}

HdTime hd_clock_monotonic(void) {
    struct timespec spec;
    clock_gettime(CLOCK_MONOTONIC, &spec);
    return from_spec(&spec);
}

HdTime hd_clock_read(HdClock clock) {
    HdTime time;
    if (hd_sync.scheduler && hd_sync.scheduler->clock && hd_sync.scheduler->clock(clock, &time)) return time;
    struct timespec spec;
    clock_gettime(kernel_id(clock), &spec);
    return from_spec(&spec);
}

HdTime hd_clock_resolution(HdClock clock) {
    struct timespec spec;
    clock_getres(kernel_id(clock), &spec);
    return from_spec(&spec);
}

HdTime hd_clock_deadline(HdTime duration) {
    if (duration == HD_FOREVER) return HD_FOREVER;
    HdTime deadline;
    if (__builtin_add_overflow(hd_clock_read(HD_CLOCK_MONOTONIC), duration, &deadline)) return HD_FOREVER;
    return deadline;
}

int hd_clock_get_raw(int id, HdTime *out) {
    struct timespec spec;
    if (clock_gettime(id, &spec) < 0) return -1;
    *out = from_spec(&spec);
    return 0;
}

int hd_clock_getres_raw(int id, HdTime *out) {
    struct timespec spec;
    if (clock_getres(id, &spec) < 0) return -1;
    *out = from_spec(&spec);
    return 0;
}

int hd_clock_set_raw(int id, HdTime value) {
    struct timespec spec = {.tv_sec = value / HD_SECOND, .tv_nsec = value % HD_SECOND};
    if (spec.tv_nsec < 0) {
        spec.tv_nsec += HD_SECOND;
        spec.tv_sec--;
    }
    return clock_settime(id, &spec);
}

int hd_clock_of_thread(uint64_t ident, int *id) {
    clockid_t clock;
    int error = pthread_getcpuclockid((pthread_t)ident, &clock);
    if (!error) *id = clock;
    return error;
}

int hd_clock_sleep(HdThread *t, HdTime deadline) {
    for (;;) {
        switch (hd_park_self(t, deadline, HD_PARK_INTERRUPTIBLE | HD_PARK_TIMER)) {
        case HD_PARK_TIMEOUT: return 0;
        case HD_PARK_INTERRUPTED:
            if (hd_safepoint_signals(t) < 0) return -1;
            break;
        default: break;
        }
    }
}
