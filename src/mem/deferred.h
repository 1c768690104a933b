/* deferred.h -- deferred objects: what threads were seen fighting over is counted by each of them on its own (GIL off).
 *
 * An object that several threads count pays for each count with a cache line that goes from core to core. Every so
 * many slow counts (count.c) a thread looks at the object at hand; one that is met twice is merged, and then becomes
 * deferred: code at once, what may hold much when a second thread meets it, too:
 *   - `owner` is HD_OWNER_DEFERRED, `local` its number in a table; each thread counts in its own array at that number,
 *     `t->deferred_counts`, without atomics: the true count is `shared` plus what all threads have there;
 *   - `shared` (merged) is raised by HD_DEFERRED_BIAS, so that whoever still counts there never sees it reach zero.
 * Nobody sees the true count reach zero either: that is found with the world stopped (hd_deferred_settle), by the
 * collector and at the end of threads. Objects with a finalizer or weak references, and long bytes and texts, stay
 * counted and prompt.
 * The idea of counts per thread: "sloppy counters" (Boyd-Wickizer et al., OSDI 2010); CPython 3.14 has them for types.
 *
 * Locks: one raw lock on the table; no Python runs under it.
 */
#ifndef HD_DEFERRED_H
#define HD_DEFERRED_H

#include "header.h"
#include "thread.h"

/* In counts; far from any true count, from DEAD and from IMMORTAL. */
#define HD_DEFERRED_BIAS (1u << 26)
HD_INLINE bool hd_deferred_is(const HdObject *object) { return HD_LOAD_ACQUIRE(&object->owner) == HD_OWNER_DEFERRED; }
/* The same, told by `shared` alone. */
HD_INLINE bool hd_deferred_is_biased(uint32_t shared) {
    return shared >> HD_SHARED_SHIFT > HD_DEFERRED_BIAS / 2 && shared >> HD_SHARED_SHIFT < HD_DEFERRED_BIAS * 2;
}

/* The first count of t on this object: makes room; when there is no memory the count goes to `shared`. */
void hd_deferred_count_slow(HdThread *t, HdObject *object, int32_t change);
/* For inline paths that have read `owner`: false when the object is not deferred, or not counted by t yet. */
HD_INLINE bool hd_deferred_try(HdThread *t, HdObject *object, uint16_t owner, int32_t change) {
    if (owner != HD_OWNER_DEFERRED) return false;
    uint32_t number = HD_LOAD_RELAXED(&object->local);
    if (HD_UNLIKELY(number >= t->deferred_capacity)) return false;
    t->deferred_counts[number] += change;
    return true;
}

/* Counts a deferred object; the caller is attached. */
HD_INLINE void hd_deferred_count(HdThread *t, HdObject *object, int32_t change) {
    if (HD_UNLIKELY(!hd_deferred_try(t, object, HD_OWNER_DEFERRED, change))) hd_deferred_count_slow(t, object, change);
}

/* A merged object, to which the caller holds a reference, is fought over: makes it deferred, if it may be. */
void hd_deferred_add(HdThread *t, HdObject *object);
/* Unless the object is deferred; then false. */
bool hd_deferred_make_immortal(HdObject *object) HD_CHECK;
/* t ended, or fork lost it: its counts go to where all see them. */
void hd_deferred_flush(HdThread *t);

/* With the world stopped: brings all counts together in `shared`. Objects of which the count is zero are deferred no more and
 * held by a reference each, which is for hd_deferred_drop once the world runs. `all`: no object is deferred afterwards. */
typedef struct HdDeferredUnused {
    HdObject **objects;
    size_t count;
} HdDeferredUnused;
HdDeferredUnused hd_deferred_settle(HdThread *t, bool all);
void hd_deferred_drop(HdThread *t, HdDeferredUnused unused); /* runs Python */
/* With the world stopped and counts settled: the object is deferred no more. */
void hd_deferred_remove(HdObject *object);
/* At a full safe point: settles when that is due. Runs Python. */
void hd_deferred_poll(HdThread *t);
/* t is about to end: settles, so that what nobody uses any more ends before somebody hears that t did; when no other two
 * threads are left to fight, nothing stays deferred. Runs Python. */
void hd_deferred_thread_end(HdThread *t);

#endif
