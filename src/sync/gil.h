/* gil.h -- a GIL that schedules fairly instead of by a timer alone.
 *
 * Order is virtual run time (the processor time a thread had under the GIL), first come first served among equals; who
 * slept is clamped to one switch interval of credit. Three kinds of waiter:
 *
 *   URGENT    comes back from the outside world (descriptor, timer, process, signal): the holder is asked to give way
 *             once it has had its minimum run of 15 us. Urgent runs are a debt of which the others are paid back half,
 *             so urgent threads together never get more than two thirds.
 *   RESUMED   was preempted by an urgent one in the middle of its slice, and goes on with the rest of it.
 *   ORDINARY  everybody else: new threads, threads woken by another Python thread, threads whose slice is over.
 *
 * A blocking call leaves the GIL stealable: coming back is one compare-and-swap if nobody took it. If the call may be
 * short (HD_BLOCK_MAYBE) a waiter lets 20 us pass first.
 * A thread that another one wakes is put in line at once and sleeps on until it is its turn, if the waker gives the GIL up
 * within a few us, as it does when the two hand work to each other: one wake-up for both. Until then the waker's breaker
 * stays set, which makes it slow: a thread that has gone on running after waking others does not do this for a while.
 * A thread that is woken by others again and again is fetched to the processor of who hands it the GIL and goes to sleep.
 * Who calls poll and need not wait gives way to whoever has had less of the GIL.
 * A thread's first contended slices are short: 0.1 ms, growing by half up to the switch interval.
 * No thread runs a timer for nothing: one of the waiters keeps the slice timer. Uncontended costs one exchange to
 * release and one compare-and-swap to take.
 * Why: python/cpython#52194 (the convoy effect), #90204, #89977.
 */
#ifndef HD_GIL_H
#define HD_GIL_H

#include "futex.h"
#include "thread.h"

enum { HD_GIL_URGENT, HD_GIL_RESUMED, HD_GIL_ORDINARY, HD_GIL_CLASSES };

typedef struct HdGilQueue {
    HdThread *first, *last; /* by virtual run time, least first */
} HdGilQueue;

typedef struct HdGil {
    uintptr_t holder; /* atomic: 0 free, or an HdThread with GIL_… flags in the low bits */
    uint32_t waiters; /* atomic: threads in the queues */
    /* the rest: under `lock` */
    HdRawLock lock;
    HdGilQueue queues[HD_GIL_CLASSES];
    HdThread *timer;     /* the waiter that keeps the slice timer */
    HdTime run_start;    /* when the holder began to run, or RUN_HANDED */
    bool run_urgent;     /* this run preempted somebody */
    bool drop_posted;    /* the holder has been asked */
    HdTime lined_up_at;  /* when the sleepers in line came there, 0: somebody is awake and keeps the timer */
    int64_t virtual_now; /* least virtual run time anybody may claim, plus one interval */
    int64_t debt;        /* ns of urgent runs not yet paid back */
    HdTime interval;     /* atomic: the switch interval */
    HdTime quiet_until;  /* do not wake a waiter for a short call before */
    uint64_t switches, steals; /* statistics */
} HdGil;

/* sys.setswitchinterval and its getter, in ns. Without a GIL they only keep the number. */
void hd_gil_set_interval(HdTime interval);
HdTime hd_gil_get_interval(void);
/* time.sleep(0), os.sched_yield: lets every waiter go first. */
void hd_gil_yield(HdThread *t);

#endif
