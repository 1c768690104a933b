/* safepoint.h -- the eval breaker: how other threads get a running thread's attention, and what it does then.
 *
 * Each thread dispatches through the table its record points to. To post a request: set a bit in `why`, then
 * release-store the breaker table. The handler stores the running table back first, then exchanges `why` with 0: a
 * post that comes in between is served now and breaks in once more for nothing; none is lost.
 *
 * Two doors (architecture, idea 3):
 *   hd_safepoint_any   between any two bytecodes: lets others run, stops for the world. Runs no Python, raises nothing.
 *   hd_safepoint_full  at a function entry, a back edge, the return from a call: the above, and signal handlers,
 *                      pending calls, collections, finalizers, asynchronous exceptions.
 * Requests that have to wait for the second door keep the breaker table in place.
 */
#ifndef HD_SAFEPOINT_H
#define HD_SAFEPOINT_H

#include "thread.h"

/* Posts requests to a thread. Async-signal-safe. */
HD_INLINE void hd_safepoint_post(HdThread *thread, uint32_t why) {
    __atomic_fetch_or(&thread->why, why, __ATOMIC_SEQ_CST);
    HD_STORE_RELEASE(&thread->dispatch, HD_LOAD_RELAXED(&thread->table_break));
}

/* Posts requests to some attached thread other than `t` (may be NULL); when there is none (false), to the next one that
 * attaches. */
bool hd_safepoint_post_any(HdThread *t, uint32_t why);

void hd_safepoint_any(HdThread *t);
int hd_safepoint_full(HdThread *t) HD_CHECK;
/* For C loops and waits: -1 when something raised. */
HD_INLINE int hd_safepoint_poll(HdThread *t) {
    return HD_UNLIKELY(HD_LOAD_RELAXED(&t->why)) ? hd_safepoint_full(t) : 0;
}
/* Runs the handlers of signals that have arrived, on the main thread; does nothing elsewhere. -1: one raised. */
int hd_safepoint_signals(HdThread *t) HD_CHECK;

/* The VM's two dispatch tables: what every thread goes through, and what breaks in. Before the second thread. */
void hd_safepoint_set_tables(const void *const *run, const void *const *brk);
/* Debugging: threads give way at random instructions, on average at one in `rate`, by a seed. Rate 0 (the start): never.
 * The VM then lets threads dispatch through a table that calls hd_safepoint_yield before each instruction. */
void hd_safepoint_set_yield(uint64_t seed, uint32_t rate);
bool hd_safepoint_yields(void);
void hd_safepoint_yield(HdThread *t);
/* Observed modes: another pair for the calling thread. */
void hd_safepoint_set_own_tables(HdThread *t, const void *const *run, const void *const *brk);

/* What the rooms above do at a full safe point; -1 raised. All may be NULL. */
typedef struct HdSafepointHooks {
    int (*signals)(HdThread *t); /* takes hd_signals_take until it gives nothing more */
    int (*gc)(HdThread *t);
    int (*finalize)(HdThread *t);
    int (*trace)(HdThread *t);
    int (*async_exception)(HdThread *t); /* raises t->async_exception: always -1 unless it is gone */
    void (*merge)(HdThread *t);          /* raises nothing */
    void (*user)(HdThread *t);           /* raises nothing */
    /* HD_WHY_MERGE was posted and the thread detaches: no Python, no lock of this room. True: others have work now, */
    bool (*merge_leave)(HdThread *t);
    void (*merge_call)(HdThread *t);     /* … and this, from outside, sees to it that somebody does it */
} HdSafepointHooks;
void hd_safepoint_set_hooks(const HdSafepointHooks *hooks);
HdSafepointHooks *hd_safepoint_hooks(void); /* to fill in single ones at start */

/* Queues a call for the main thread (Py_AddPendingCall). From any thread, attached or not; not from a signal handler.
 * False when the queue is full. */
typedef int (*HdPendingFunction)(HdThread *t, void *argument);
bool hd_safepoint_add_pending(HdPendingFunction function, void *argument) HD_CHECK;

/* Stops every other thread at a safe point or outside Python; they stay there until the world starts again. Waiting
 * for another stopper detaches. Nests. Between the two calls the stopper must not detach. With the GIL on nothing has
 * to be done but not to yield. */
void hd_safepoint_stop_world(HdThread *t);
void hd_safepoint_start_world(HdThread *t);

/* Private to src/sync. Around what a thread does to shared state while it is detached, where a stopped world alone would
 * not keep it from going on: not while the world is stopped. */
void hd_safepoint_outside_begin(HdThread *t);
void hd_safepoint_outside_end(HdThread *t);

/* Private to src/sync: a thread that was asked to stop goes SUSPENDED. */
void hd_safepoint_report_stopped(HdThread *t);

#endif
