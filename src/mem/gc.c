/* gc.c -- the cycle collector.
 *
 * Passes over all containers of the heap, with the world stopped (GIL on: the GIL held, and no Python run):
 *   1. gc := count;  2. for each reference between containers, gc of the target -= 1;  3. everything with gc > 0 is held
 *   from outside: mark it and what it reaches;  4. the rest is unreachable and is retained one by one.
 * Then, with the world running: weak references are cleared, finalizers run; what came back to life (and what it
 * reaches) is let go; the rest is cleared, and dropping our references frees it.
 * A frozen object (gc.freeze) keeps FROZEN as its count: it counts as held from outside.
 * A collection never starts inside another one. No memory for the work lists: the collection is given up, nothing is lost.
 */
#include "gc.h"

#include <stdlib.h>

#include "count.h"
#include "deferred.h"
#include "heap_page.h"
#include "mem_state.h"
#include "safepoint.h"

enum { REACHED = UINT32_MAX, FROZEN = UINT32_MAX - 1 };

/* Between collections `gc` holds a number that grows with each container its heap makes, so that finalizers run in the
 * order of creation, as in CPython. The passes need the field; the numbers wait in an array, in the order of the walk. */
typedef struct Births {
    uint32_t *at;
    size_t count, capacity, next;
    bool failed; /* no memory: heap order then */
} Births;

static void birth_push(Births *births, uint32_t birth) {
    if (births->count == births->capacity && !births->failed) {
        size_t capacity = births->capacity ? births->capacity * 2 : 4096;
        uint32_t *grown = realloc(births->at, capacity * sizeof *grown);
        births->failed = !grown;
        if (grown) {
            births->at = grown;
            births->capacity = capacity;
        }
    }
    if (!births->failed) births->at[births->count++] = birth;
}
static uint32_t birth_next(Births *births) { return births->failed ? 0 : births->at[births->next++]; }

enum {
    DEFAULT_THRESHOLD = 700, /* as in CPython, where it is young containers */
    MIN_ALLOCATIONS = 20000, /* before a collection with the default threshold */
};
static struct {
    bool enabled;
    HdThread *collector; /* atomic: NULL, or the thread that collects */
    HdSize threshold[3];
    HdSize live_after_last; /* containers alive after the last collection */
    HdSize allocated;       /* atomic: made since then, less those freed, beyond what heaps still count */
    HdGcStats stats[HD_GC_GENERATIONS];
    const HdGcObserver *observer; /* atomic */
} gc = {.enabled = true, .threshold = {DEFAULT_THRESHOLD, 10, 10}};

/* A growing array of objects. */
typedef struct Work {
    HdObject **at;
    size_t count, capacity;
    bool failed;
} Work;

static void work_push(Work *work, HdObject *object) {
    if (work->count == work->capacity) {
        size_t capacity = work->capacity ? work->capacity * 2 : 4096;
        HdObject **grown = realloc(work->at, capacity * sizeof *grown);
        if (!grown) {
            work->failed = true;
            return;
        }
        work->at = grown;
        work->capacity = capacity;
    }
    work->at[work->count++] = object;
}

/* Each collection is a whole one: rarer than a young one, and when as many containers were made as had been alive. */
static void threshold_update(void) {
    HdSize wanted = gc.threshold[0] == DEFAULT_THRESHOLD ? MIN_ALLOCATIONS : gc.threshold[0];
    if (wanted < gc.live_after_last) wanted = gc.live_after_last;
    HD_STORE_RELAXED(&hd_mem.gc_threshold, gc.enabled && gc.threshold[0] ? wanted : HD_SIZE_MAX);
}

void hd_gc_register(const HdGcHooks *hooks) {
    hd_mem.gc = *hooks;
    threshold_update();
}

/* --- how many containers were made since the last collection, less those freed ---
 *
 * Each heap counts for itself; what one thread makes and another frees is found too many here and too few there. The sum
 * counts: these heaps' and what was taken out of them. */

static void add_allocated(HdThread *each, void *sum) {
    const HdHeap *heap = HD_LOAD_RELAXED(&each->heap); /* one that its thread has just left is still there */
    if (heap) *(HdSize *)sum += hd_heap_gc_allocated(heap);
}
static HdSize allocated(HdThread *t) {
    HdSize sum = HD_LOAD_RELAXED(&gc.allocated);
    if (t->parallel) hd_thread_each(add_allocated, &sum);
    else add_allocated(t, &sum);
    return sum;
}
void hd_gc_heap_left(HdHeap *heap) {
    HD_FETCH_ADD_RELAXED(&gc.allocated, hd_heap_gc_allocated(heap));
    hd_heap_gc_summed(heap);
}
static void forget_allocated(HdThread *each, void *unused) {
    if (each->heap) hd_heap_gc_summed(each->heap);
}

void hd_gc_request(HdThread *t) {
    if (t->parallel && allocated(t) <= HD_LOAD_RELAXED(&hd_mem.gc_threshold)) {
        hd_gc_heap_left(t->heap); /* the next look is so many containers away */
        return;
    }
    HD_STORE_RELAXED(&hd_mem.gc_threshold, HD_SIZE_MAX); /* asked once; set again by the collection */
    hd_safepoint_post(t, HD_WHY_GC);
}

HD_INLINE bool is_candidate(HdObject *object) {
    uint32_t shared = HD_LOAD_RELAXED(&object->shared);
    return (object->flags & HD_FLAG_GC) && !hd_shared_is_dead(shared) && !hd_shared_is_immortal(shared);
}

/* --- the passes --- */

typedef struct Pass {
    Work marks, unreachable;
    Births births;
    HdSize live;
} Pass;

HD_INLINE int count_object(HdObject *object, void *context) {
    Pass *pass = context;
    if (object->type == hd_mem.gc.leaf_type && object->gc != FROZEN && hd_mem.gc.is_leaf(object)) {
        object->flags &= (uint8_t)~HD_FLAG_GC;
        return 0;
    }
    pass->live++;
    birth_push(&pass->births, object->gc);
    uint32_t shared = HD_LOAD_RELAXED(&object->shared);
    if (object->gc != FROZEN) object->gc = hd_shared_is_immortal(shared) ? 1 : (uint32_t)hd_count_settled(object);
    object->flags &= (uint8_t)~HD_FLAG_UNREACHABLE;
    return 0;
}
static int subtract_target(HdValue v, void *context) {
    (void)context;
    HdObject *target = hd_as_object(v);
    if (is_candidate(target) && target->gc && target->gc != FROZEN) target->gc--;
    return 0;
}
HD_INLINE int subtract_references(HdObject *object, void *context) {
    return hd_mem.gc.traverse(object, subtract_target, context);
}
static int mark_target(HdValue v, void *context) {
    Pass *pass = context;
    HdObject *target = hd_as_object(v);
    if ((target->flags & HD_FLAG_GC) && target->gc < FROZEN && !hd_shared_is_dead(HD_LOAD_RELAXED(&target->shared))) {
        target->gc = REACHED;
        work_push(&pass->marks, target);
    }
    return 0;
}
HD_INLINE int mark_roots(HdObject *object, void *context) {
    Pass *pass = context;
    if (object->gc == 0 || object->gc == REACHED) return 0;
    if (object->gc != FROZEN) object->gc = REACHED;
    work_push(&pass->marks, object);
    while (pass->marks.count && !pass->marks.failed) {
        hd_mem.gc.traverse(pass->marks.at[--pass->marks.count], mark_target, pass);
    }
    return pass->marks.failed;
}
HD_INLINE int gather_unreachable(HdObject *object, void *context) {
    Pass *pass = context;
    uint32_t birth = birth_next(&pass->births);
    bool kept = object->gc >= FROZEN;
    if (object->gc != FROZEN) object->gc = birth;
    if (kept) return 0;
    work_push(&pass->unreachable, object);
    return pass->unreachable.failed;
}

#define WALK(visit)                                                                                     \
    static int walk_##visit(HdPage *page, int (*unused)(HdObject *object, void *context), void *context) { \
        return hd_heap_walk_page(page, visit, context);                                                   \
    }
WALK(count_object)
WALK(subtract_references)
WALK(mark_roots)
WALK(gather_unreachable)

static int compare_births(const void *a, const void *b) {
    const HdObject *x = *(HdObject *const *)a, *y = *(HdObject *const *)b;
    return x->gc < y->gc ? -1 : x->gc > y->gc ? 1 : x < y ? -1 : x > y;
}

/* Among `objects` (each retained once by us): unmarks those held from outside the set and what they reach. */
static int reclaim_target(HdValue v, void *context) {
    (void)context;
    HdObject *target = hd_as_object(v);
    if ((target->flags & HD_FLAG_UNREACHABLE) && target->gc) target->gc--;
    return 0;
}
static int revive_target(HdValue v, void *context) {
    Work *marks = context;
    HdObject *target = hd_as_object(v);
    if (target->flags & HD_FLAG_UNREACHABLE) {
        target->flags &= (uint8_t)~HD_FLAG_UNREACHABLE;
        work_push(marks, target);
    }
    return 0;
}
static bool drop_revived(HdThread *t, HdObject **objects, size_t count, Work *marks) {
    for (size_t i = 0; i < count; i++) objects[i]->gc = (uint32_t)(hd_count_settled(objects[i]) - 1);
    for (size_t i = 0; i < count; i++) hd_mem.gc.traverse(objects[i], reclaim_target, NULL);
    for (size_t i = 0; i < count; i++) {
        if (!(objects[i]->flags & HD_FLAG_UNREACHABLE) || objects[i]->gc == 0) continue;
        objects[i]->flags &= (uint8_t)~HD_FLAG_UNREACHABLE;
        work_push(marks, objects[i]);
        while (marks->count && !marks->failed)
            hd_mem.gc.traverse(marks->at[--marks->count], revive_target, marks);
    }
    return !marks->failed;
}

/* Finds and retains what is unreachable; the world does not move meanwhile. */
static void find_unreachable(HdThread *t, Pass *pass) {
    hd_safepoint_stop_world(t);
    HdDeferredUnused unused = hd_deferred_settle(t, false);
    hd_thread_each(forget_allocated, NULL);
    HD_STORE_RELAXED(&gc.allocated, 0);
    hd_heap_each_page(walk_count_object, count_object, pass);
    hd_heap_each_page(walk_subtract_references, subtract_references, pass);
    if (hd_heap_each_page(walk_mark_roots, mark_roots, pass) == 0 &&
        hd_heap_each_page(walk_gather_unreachable, gather_unreachable, pass) == 0) {
        if (pass->unreachable.count) qsort(pass->unreachable.at, pass->unreachable.count, sizeof(HdObject *), compare_births);
        for (size_t i = 0; i < pass->unreachable.count; i++) {
            HdObject *object = pass->unreachable.at[i];
            object->flags |= HD_FLAG_UNREACHABLE;
            if (hd_deferred_is(object)) hd_deferred_remove(object);
            hd_retain_object(t, object);
        }
    } else {
        pass->unreachable.count = 0; /* no memory: another time */
    }
    free(pass->births.at);
    hd_safepoint_start_world(t);
    hd_deferred_drop(t, unused);
}

/* Clears what the finalizers did not bring back to life; how many. */
static size_t clear_garbage(HdThread *t, HdObject **objects, size_t count, const HdGcObserver *observer) {
    size_t cleared = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(HD_LOAD_RELAXED(&objects[i]->flags) & HD_FLAG_UNREACHABLE)) continue;
        bool hidden = hd_mem.gc.is_hidden(objects[i]);
        cleared += !hidden;
        if (hidden || !observer || !observer->found(t, objects[i], observer->context)) hd_mem.gc.clear(t, objects[i]);
    }
    return cleared;
}

HdSize hd_gc_collect_generation(HdThread *t, int generation) {
    HdThread *nobody = NULL;
    if (!HD_CAS(&gc.collector, &nobody, t)) return 0;
    HdValue raised = t->exception; /* what we run must not see or lose it */
    t->exception = HD_NULL;
    const HdGcObserver *observer = HD_LOAD_ACQUIRE(&gc.observer);
    if (observer) observer->start(t, generation, observer->context);
    Pass pass = {0};
    find_unreachable(t, &pass);
    HdObject **objects = pass.unreachable.at;
    size_t count = pass.unreachable.count, cleared = 0;
    if (count) {
        hd_mem.gc.clear_weakrefs(t, objects, (HdSize)count);
        for (size_t i = 0; i < count; i++) hd_mem.gc.finalize(t, objects[i]);
        pass.marks.count = 0;
        hd_safepoint_stop_world(t);
        HdDeferredUnused unused = hd_deferred_settle(t, false);
        bool known = drop_revived(t, objects, count, &pass.marks);
        hd_safepoint_start_world(t);
        hd_deferred_drop(t, unused);
        if (known) cleared = clear_garbage(t, objects, count, observer);
        for (size_t i = 0; i < count; i++) {
            /* Not fought over any more either: a garbage object that were deferred again would outlast its last reference. */
            HD_FETCH_AND(&objects[i]->flags, (uint8_t)~(HD_FLAG_UNREACHABLE | HD_FLAG_CONTENDED));
            hd_release_object(t, objects[i]);
        }
    }
    gc.live_after_last = pass.live - (HdSize)cleared;
    gc.stats[generation].collections++;
    gc.stats[generation].collected += (HdSize)cleared;
    free(pass.marks.at);
    free(pass.unreachable.at);
    if (observer) observer->stop(t, generation, (HdSize)cleared, observer->context);
    t->exception = raised;
    threshold_update();
    HD_STORE_RELEASE(&gc.collector, (HdThread *)NULL);
    return (HdSize)cleared;
}

void hd_gc_after_fork(HdThread *t) {
    if (HD_LOAD_RELAXED(&gc.collector) != t) HD_STORE_RELAXED(&gc.collector, (HdThread *)NULL);
    threshold_update(); /* who was asked for the next collection may not be here */
}

void hd_gc_poll(HdThread *t) {
    if (gc.enabled) hd_gc_collect(t);
    else threshold_update();
}

bool hd_gc_set_enabled(bool enabled) {
    bool old = gc.enabled;
    gc.enabled = enabled;
    threshold_update();
    return old;
}
bool hd_gc_is_enabled(void) { return gc.enabled; }

void hd_gc_set_threshold(HdSize first, HdSize second, HdSize third) {
    gc.threshold[0] = first;
    gc.threshold[1] = second;
    gc.threshold[2] = third;
    threshold_update();
}
void hd_gc_get_threshold(HdSize out[3]) { memcpy(out, gc.threshold, sizeof gc.threshold); }
void hd_gc_get_count(HdSize out[3]) {
    HdSize made = allocated(hd_thread_current());
    out[0] = made > 0 ? made : 0;
    out[1] = out[2] = 0; /* there are no younger collections that could have passed */
}
void hd_gc_get_stats(HdGcStats out[HD_GC_GENERATIONS]) { memcpy(out, gc.stats, sizeof gc.stats); }
void hd_gc_observe(const HdGcObserver *observer) { HD_STORE_RELEASE(&gc.observer, observer); }

/* --- looking at all containers --- */

typedef struct Gather {
    bool (*wanted)(HdObject *object, void *context);
    void *context;
    Work found;
    HdThread *thread;
} Gather;

static int gather_wanted(HdObject *object, void *context) {
    Gather *gather = context;
    if (gather->wanted && !gather->wanted(object, gather->context)) return 0;
    work_push(&gather->found, object);
    if (!gather->found.failed) hd_retain_object(gather->thread, object);
    return gather->found.failed;
}

HdObject **hd_gc_objects(HdThread *t, bool (*wanted)(HdObject *object, void *context), void *context, HdSize *count) {
    Gather gather = {.wanted = wanted, .context = context, .thread = t};
    hd_safepoint_stop_world(t);
    hd_heap_each(gather_wanted, &gather);
    hd_safepoint_start_world(t);
    *count = (HdSize)gather.found.count;
    if (!gather.found.failed) return gather.found.at;
    for (size_t i = 0; i < gather.found.count; i++) hd_release_object(t, gather.found.at[i]);
    free(gather.found.at);
    *count = -1;
    return NULL;
}

static int freeze_object(HdObject *object, void *context) {
    object->gc = FROZEN;
    return 0;
}
static int unfreeze_object(HdObject *object, void *context) {
    object->gc = 0;
    return 0;
}
static int count_frozen(HdObject *object, void *context) {
    *(HdSize *)context += object->gc == FROZEN;
    return 0;
}
static HdSize each_in_stopped_world(HdThread *t, int (*visit)(HdObject *object, void *context)) {
    HdSize count = 0;
    hd_safepoint_stop_world(t);
    hd_heap_each(visit, &count);
    hd_safepoint_start_world(t);
    return count;
}
void hd_gc_freeze(HdThread *t) { each_in_stopped_world(t, freeze_object); }
void hd_gc_unfreeze(HdThread *t) { each_in_stopped_world(t, unfreeze_object); }
HdSize hd_gc_frozen(HdThread *t) { return each_in_stopped_world(t, count_frozen); }
