/* parallel_types.h -- what the files of the module _parallel share.
 *
 *   mod__parallel.c      the module; measuring a call
 *   parallel_meter.c     Meter: counts of tasks, and how long they waited and ran
 *   parallel_future.c    FutureBase: a concurrent.futures.Future in C
 *   parallel_pool.c      ThreadPool: the queue of tasks and the loop of a worker thread
 *   parallel_map.c       MapJob: many items and one function, served by a ThreadPool without a future for each
 *   parallel_message.c   messages between processes, with descriptors; bytes in shared memory
 *   parallel_claims.c    Claims: which tasks of a batch a worker process has begun; the end of a process
 *
 * Locks: every object is guarded by its own lock (taken with the GIL off only); no two are held at a time but those of a
 * future and its list of callbacks, and none while Python runs or a thread waits.
 */
#ifndef HD_PARALLEL_TYPES_H
#define HD_PARALLEL_TYPES_H

#include <heddle/module.h>

#include "clock.h"
#include "mutex.h"
#include "object_internal.h"
#include "park.h"
#include "safepoint.h"

/* --- meter --- */
enum { HD_METER_FINE = 8, HD_METER_BUCKETS = 64 * HD_METER_FINE }; /* eight buckets an octave */
typedef struct HdMeterTimes {
    uint64_t count, total; /* ns; atomic */
    uint32_t buckets[HD_METER_BUCKETS]; /* atomic */
} HdMeterTimes;
typedef struct HdMeter {
    HdObject head;
    uint64_t submitted, completed, failed, cancelled, running; /* atomic */
    uint32_t generation; /* another one in a forked child: the tasks of the parent do not run there */
    HdMeterTimes waiting, runtime;
} HdMeter;
extern HdType hd_meter_type;
HD_INLINE HdMeter *hd_meter_of(HdValue v) { return HD_AS(HdMeter, v); }
void hd_meter_times_add(HdMeterTimes *times, HdTime duration);

/* --- future --- */
typedef enum HdTaskState {
    HD_TASK_PENDING,
    HD_TASK_RUNNING,
    HD_TASK_CANCELLED,
    HD_TASK_NOTIFIED, /* cancelled, and those who wait for several futures have been told */
    HD_TASK_RESULT,
    HD_TASK_EXCEPTION,
} HdTaskState;
/* The outcome is written before the state, which does not change after a result or an exception. While somebody has asked
 * for `condition`, which the functions of concurrent.futures lock, the state changes under that condition alone. */
typedef struct HdTask {
    HdObject head;
    HdValue function, args, kwargs;          /* what to call; HD_NULL once it was begun, or with no pool */
    HdValue meter;                           /* of its pool, or HD_NULL */
    HdValue outcome;                         /* result or exception */
    HdValue condition, waiters, callbacks;   /* HD_NULL: nobody asked for them yet */
    HdTime submitted;
    uint32_t generation; /* the meter's, at submission */
    uint8_t state;       /* atomic: HdTaskState */
    uint8_t waited;      /* atomic: somebody may be parked at `state` */
} HdTask;
extern HdType hd_task_type;
HD_INLINE HdTask *hd_task_of(HdValue v) { return HD_AS(HdTask, v); }
HD_INLINE bool hd_task_is_over(HdTaskState state) { return state >= HD_TASK_CANCELLED; }
/* PENDING to RUNNING: 1; 0: it was cancelled, which all have been told now; -1 raised. */
int hd_task_begin(HdThread *t, HdValue task) HD_CHECK;
/* The end of a task that is pending or runs; takes the outcome over. -1 raised: it was over already. */
int hd_task_finish_steal(HdThread *t, HdValue task, HdTaskState state, HdValue outcome) HD_CHECK;
int hd_task_cancel(HdThread *t, HdValue task) HD_CHECK; /* 1 cancelled (or was already), 0 it runs or is over, -1 raised */
/* Seconds, None or HD_NULL to a deadline. */
int hd_task_deadline(HdThread *t, HdValue timeout, HdTime *deadline) HD_CHECK;

/* --- pool --- */
typedef struct HdPool {
    HdObject head;
    HdSemaphore wakeups; /* one unit for each sleeper that was called */
    HdSize first, count, capacity;
    HdValue *ring;       /* tasks and jobs; HD_NULL: taken back */
    int32_t sleepers;    /* workers that nobody has called */
    int32_t workers, max_workers;
    bool stopping;
    HdValue future_type, spawn, meter;
} HdPool;
extern HdType hd_pool_type;
HD_INLINE HdPool *hd_pool_of(HdValue v) { return HD_AS(HdPool, v); }
/* Queues a task or a job and sees to it that somebody takes it. */
int hd_pool_push(HdThread *t, HdValue pool, HdValue item) HD_CHECK;

/* --- map --- */
extern HdType hd_map_job_type, hd_map_iterator_type;
/* On a worker: serves the job's items for a while; true: there is more, queue it again. */
bool hd_map_serve(HdThread *t, HdValue job);
void hd_map_abandon(HdThread *t, HdValue job, HdValue exception_or_null); /* nobody will serve it */
HdValue hd_map_start(HdThread *t, HdValue pool, const HdValue *args) HD_CHECK;

/* --- processes --- */
extern HdType hd_claims_type;
HdValue hd_parallel_channel(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_parallel_send(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_parallel_receive(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_parallel_share(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_parallel_adopt(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_parallel_die_with(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_parallel_pidfd(HdThread *t, HdValue module, const HdValue *args);

#endif
