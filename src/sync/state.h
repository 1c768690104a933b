/* state.h -- what src/sync keeps for the whole process.
 *
 * The room's state is one struct with one instance, because what it guards is the process's own: signals, fork,
 * the kernel's wait queues. (HdRuntime, above, holds everything that could exist twice.) Private to src/sync but for
 * hd_sync_start; others use the functions of the headers.
 */
#ifndef HD_STATE_H
#define HD_STATE_H

#include "futex.h"
#include "gil.h"
#include "mutex.h"
#include "park.h"
#include "probe.h"
#include "safepoint.h"
#include "scheduler.h"
#include "signals.h"
#include "thread.h"

enum {
    HD_PARK_BUCKETS = 509, /* prime; about 20 waiters in each when 10,000 threads wait */
    HD_PENDING_MAX = 32,
    HD_SIGNAL_MAX = 65,
};

typedef struct HdParkBucket {
    HdRawLock lock;
    HdThread *first, *last; /* oldest first */
} __attribute__((aligned(64))) HdParkBucket;

typedef struct HdPendingCall {
    HdPendingFunction function;
    void *argument;
} HdPendingCall;

/* A kernel thread between two Python threads; thread.c. */
typedef struct HdWorker HdWorker;

typedef struct HdSync {
    const HdScheduler *scheduler;
    bool started;

    /* registry of threads; thread.c */
    HdRawLock registry;
    HdThread *threads, *threads_last; /* live, in order of creation */
    HdThread *free_threads;
    HdThread *main;
    size_t thread_count;
    bool threaded; /* atomic: without the GIL, and there is or was a second thread */
    uint64_t next_serial;
    uint32_t next_owner;
    HdThreadHooks hooks;
    HdThread *finalizer; /* atomic: set when shutdown began */

    /* Held by who works on shared state while it is detached (hd_safepoint_outside_begin), and while the world is stopped,
     * which stops only those who are attached. Taken before all other raw locks. */
    HdRawLock outside_lock;

    /* kernel threads kept for reuse; thread.c */
    HdRawLock worker_lock;
    HdWorker *idle_workers;
    int idle_count;

    /* stop-the-world; safepoint.c */
    HdMutex stop_lock;       /* one stopper at a time */
    bool world_stopped;      /* guarded by the registry lock */
    uint32_t stop_remaining; /* atomic futex: threads that have not reported yet */
    int stop_depth;          /* of the stopper */
    HdThread *stopper;       /* atomic */

    /* safe points; safepoint.c */
    const void *const *table_run, *const *table_break;
    HdSafepointHooks safepoint_hooks;
    uint32_t attach_why;     /* atomic: requests for the next thread that attaches (GIL off) */
    uint64_t yield_seed;     /* set before the second thread */
    uint32_t yield_rate;     /* 0: off */
    HdRawLock pending_lock;
    HdPendingCall pending[HD_PENDING_MAX];
    int pending_first, pending_count;

    /* signals; signals.c. Read and written by signal handlers: atomic */
    uint8_t signal_tripped[HD_SIGNAL_MAX];
    uint32_t signal_any;
    int wakeup_fd;
    bool wakeup_warn;
    int wakeup_error; /* errno of a write to the wakeup descriptor that failed, 0 if none */

    uint64_t epoch; /* atomic; epoch.c */
    HdRawLock limbo_lock;
    HdEpochBlock *limbo_left; /* left behind by threads that went outside; guarded by limbo_lock, looked at without */

    HdTime open_from; /* atomic: from then on locks may be left open; mutex.c */

    HdGil gil;
    HdParkBucket buckets[HD_PARK_BUCKETS];
} HdSync;

extern HdSync hd_sync;

/* Before anything else of this room: chooses the scheduler. */
void hd_sync_start(bool gil);
/* True when the program runs with the GIL. */
bool hd_sync_has_gil(void);

/* Around fork: before, and after in the parent and in the child. The forking thread is attached throughout. In the
 * child it is the only thread and the main one; records of the others are given back (hooks' `destroy`). */
void hd_sync_before_fork(HdThread *t);
void hd_sync_after_fork_parent(HdThread *t);
void hd_sync_after_fork_child(HdThread *t);

#endif
