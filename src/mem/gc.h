/* gc.h -- the cycle collector: one for both modes.
 *
 * Reference counts free everything that is not in a cycle, at once. The collector walks the pages of the heap,
 * subtracts references between containers from their counts, and what is left without an outside reference is
 * garbage: its weak references are cleared, its finalizers run, and unless it came back to life it is cleared.
 * A collection is requested by allocation and runs at a safe point (function entry, back edge, return of a call).
 */
#ifndef HD_GC_H
#define HD_GC_H

#include "header.h"
#include "thread.h"

/* Called by traverse functions for each reference an object holds. Nonzero stops the walk. */
typedef int (*HdVisit)(HdValue v, void *context);
#define HD_VISIT(v)                                            \
    do {                                                       \
        if (hd_is_object(v) && (v).bits) {                     \
            int visit_result_ = visit((v), context);           \
            if (visit_result_) return visit_result_;           \
        }                                                      \
    } while (0)

typedef struct HdGcState HdGcState; /* in HdRuntime */

typedef enum HdDeferral {
    HD_DEFER_NEVER,
    HD_DEFER_SHARED, /* when several threads use it: it may hold much */
    HD_DEFER_ALWAYS, /* when one does to which it does not belong: it is code */
} HdDeferral;

/* What the collector needs from the rooms above: registered once at start. */
typedef struct HdGcHooks {
    int (*traverse)(HdObject *object, HdVisit visit, void *context);
    void (*clear)(HdThread *t, HdObject *object);
    /* clears weak references to unreachable objects and calls those callbacks that are reachable themselves */
    void (*clear_weakrefs)(HdThread *t, HdObject **unreachable, HdSize count);
    /* runs the finalizer once if there is one; may bring the object back to life */
    void (*finalize)(HdThread *t, HdObject *object);
    /* true: cleared like the rest, but not counted or shown as garbage */
    bool (*is_hidden)(const HdObject *object);
    /* whether somebody minds when the object ends later than its last reference (deferred.h) */
    HdDeferral (*may_defer)(const HdObject *object);
    /* whether a container of the type `leaf_type` holds nothing but what is no container and never will: it is none itself
     * from then on, and collections pass it by (as in CPython, gc.is_tracked tells) */
    HdType *leaf_type;
    bool (*is_leaf)(const HdObject *object);
} HdGcHooks;
void hd_gc_register(const HdGcHooks *hooks);

/* Frees unreachable cycles now; number of unreachable objects found. Runs Python. Every collection is a whole one: the
 * generation that was asked for is told to the observer and counted in the statistics. */
enum { HD_GC_GENERATIONS = 3 };
HdSize hd_gc_collect_generation(HdThread *t, int generation);
HD_INLINE HdSize hd_gc_collect(HdThread *t) { return hd_gc_collect_generation(t, HD_GC_GENERATIONS - 1); }
/* Runs a requested collection if collection is enabled; called at safe points. */
void hd_gc_poll(HdThread *t);
void hd_gc_after_fork(HdThread *t); /* in the child, for what threads that are not there had begun */
bool hd_gc_set_enabled(bool enabled); /* returns the old setting */
bool hd_gc_is_enabled(void);
/* Allocation threshold (container objects allocated minus freed since the last collection); 0 disables. */
void hd_gc_set_threshold(HdSize first, HdSize second, HdSize third);
void hd_gc_get_threshold(HdSize out[3]);
void hd_gc_get_count(HdSize out[3]);
typedef struct HdGcStats {
    HdSize collections, collected;
} HdGcStats;
void hd_gc_get_stats(HdGcStats out[HD_GC_GENERATIONS]);

/* What the module gc hears of collections; each may run Python and must leave no exception behind. */
typedef struct HdGcObserver {
    void (*start)(HdThread *t, int generation, void *context);
    void (*stop)(HdThread *t, int generation, HdSize collected, void *context);
    /* for each object that is about to be cleared; true: it is kept as it is */
    bool (*found)(HdThread *t, HdObject *object, void *context);
    void *context;
} HdGcObserver;
/* NULL: nobody listens. The struct must outlive its use. */
void hd_gc_observe(const HdGcObserver *observer);

/* All live containers for which `wanted` says yes (NULL: all), each retained, in a block for free(). `wanted` is called with
 * the world stopped. NULL with *count -1: no memory. */
HdObject **hd_gc_objects(HdThread *t, bool (*wanted)(HdObject *object, void *context), void *context, HdSize *count);
/* Frozen containers are not looked at by collections: they and what they reach stay. */
void hd_gc_freeze(HdThread *t);
void hd_gc_unfreeze(HdThread *t);
HdSize hd_gc_frozen(HdThread *t);

#endif
