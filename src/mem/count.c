/* count.c -- the slow paths of counting: references counted by threads that do not own the object.
 *
 * The states of `shared` (header.h) and their order follow PEP 703: a drop by a stranger that finds no shared count hands
 * its reference (which the owner counted) to the owner's merge queue; the owner merges it at a safe point.
 * Merging moves the local count into `shared` and leaves the object without an owner. An owner that is outside Python
 * is claimed (hd_thread_claim) and the dropping thread merges in its place; what waits in a queue when its owner goes
 * outside is handed to whoever runs (`later`).
 * Locks: one spin lock per queue, `later` behind any other; held for a few instructions, no Python runs under them.
 */
#include "count.h"

#include <stdlib.h>

#include "deferred.h"
#include "epoch.h"
#include "heap.h"
#include "mem_state.h"
#include "safepoint.h"

HdMem hd_mem = {.gc_threshold = HD_SIZE_MAX};

void hd_count_register(void (*dealloc)(HdThread *t, HdObject *object)) { hd_mem.dealloc = dealloc; }

HD_INLINE int32_t shared_count(uint32_t shared) { return (int32_t)shared >> HD_SHARED_SHIFT; }

/* --- merge queues, one per owner id (GIL off) --- */

enum { OWNERS = 65536, OWNER_GROUP = 256 };
typedef struct Queue {
    uint8_t lock;
    HdObject **objects;
    uint32_t count, capacity; /* count is looked at without the lock */
    HdThread *owner; /* NULL: no live thread has this owner id */
} Queue;
static Queue *queue_groups[OWNERS / OWNER_GROUP]; /* made on demand, never freed */

static Queue *queue_of(uint16_t owner) {
    Queue **slot = &queue_groups[owner / OWNER_GROUP];
    Queue *group = HD_LOAD_ACQUIRE(slot);
    if (!group) {
        Queue *made = calloc(OWNER_GROUP, sizeof *made);
        if (!made) HD_PANIC("out of memory for merge queues");
        if (HD_CAS(slot, &group, made)) group = made;
        else free(made);
    }
    return &group[owner % OWNER_GROUP];
}
static void queue_lock(Queue *q) {
    while (__atomic_test_and_set(&q->lock, __ATOMIC_ACQUIRE)) hd_cpu_relax();
}
static void queue_unlock(Queue *q) { __atomic_clear(&q->lock, __ATOMIC_RELEASE); }

/* Moves the owner's count into `shared`, adding `extra`; the object is without an owner afterwards.
 * Only the owner, or somebody who knows that the owner does not run, may call it. Returns the whole count. */
static int32_t merge(HdObject *object, int32_t extra) {
    uint32_t old = HD_LOAD_ACQUIRE(&object->shared), merged;
    int32_t count;
    bool before; /* it was merged before, when its owner's count reached zero: `local` is no count any more */
    do {
        if (hd_shared_is_immortal(old)) return INT32_MAX;
        before = (old & HD_SHARED_STATE) == HD_SHARED_MERGED;
        count = shared_count(old) + extra + (before ? 0 : (int32_t)object->local);
        merged = ((uint32_t)count << HD_SHARED_SHIFT) | HD_SHARED_MERGED;
    } while (!HD_CAS(&object->shared, &old, merged));
    if (before) return count;
    HD_STORE_RELAXED(&object->local, 0);
    HD_STORE_RELEASE(&object->owner, (uint16_t)HD_OWNER_NONE);
    return count;
}

/* --- references that somebody is to drop at his next full safe point --- */

static Queue later; /* each entry owns a reference */

static void queue_add(Queue *q, HdObject *object) {
    if (q->count == q->capacity) {
        uint32_t capacity = q->capacity ? q->capacity * 2 : 64;
        HdObject **grown = realloc(q->objects, capacity * sizeof *grown);
        if (!grown) HD_PANIC("out of memory for a merge queue");
        q->objects = grown;
        q->capacity = capacity;
    }
    q->objects[q->count] = object;
    HD_STORE_RELAXED(&q->count, q->count + 1);
}

/* Takes all entries out, into an array for free(). */
static HdObject **queue_take(Queue *q, uint32_t *count) {
    queue_lock(q);
    HdObject **objects = q->objects;
    *count = q->count;
    q->objects = NULL;
    q->capacity = 0;
    HD_STORE_RELAXED(&q->count, 0);
    queue_unlock(q);
    return objects;
}

/* The queue is locked and its owner does not run, or is the caller: what waits in it can be dropped by anybody. */
static bool queue_hand_over(Queue *q) {
    bool any = q->count != 0;
    queue_lock(&later);
    for (uint32_t i = 0; i < q->count; i++) {
        merge(q->objects[i], 0);
        queue_add(&later, q->objects[i]);
    }
    queue_unlock(&later);
    free(q->objects);
    q->objects = NULL;
    q->capacity = 0;
    HD_STORE_RELAXED(&q->count, 0);
    return any;
}

static void drop_later(HdThread *t) {
    uint32_t count;
    HdObject **objects = queue_take(&later, &count);
    for (uint32_t i = 0; i < count; i++) hd_release_object(t, objects[i]);
    free(objects);
}

static void release_retired(HdThread *t, void *block, size_t size) {
    queue_lock(&later);
    queue_add(&later, block);
    queue_unlock(&later);
    hd_safepoint_post(t, HD_WHY_MERGE);
}

void hd_count_retire(HdThread *t, HdValue v) {
    if (!t->locks || !hd_is_object(v) || !v.bits) {
        hd_release(t, v);
        return;
    }
    hd_epoch_retire(t, hd_as_object(v), sizeof v, release_retired);
    hd_epoch_hurry(t);
}

/* --- giving a reference to its owner --- */

/* Whether somebody looks at the requests of `thread` later: itself, before it is outside; or who stopped the world, before he
 * starts it again. While that goes on, threads are still suspended that nobody looks at any more: t runs then, and is not
 * asked to stop. */
static bool is_looked_at(HdThread *t, HdThread *thread) {
    uint32_t state = HD_LOAD_SEQ(&thread->state);
    return (state & HD_THREAD_ATTACHED) || ((state & HD_THREAD_SUSPENDED) && HD_LOAD_SEQ(&t->state) != HD_THREAD_ATTACHED);
}

static void queue_push(HdThread *t, HdObject *object, uint16_t owner) {
    Queue *q = queue_of(owner);
    queue_lock(q);
    HdThread *thread = q->owner;
    if (!thread || hd_thread_claim(t, thread)) { /* the owner ended, or sleeps: nobody counts locally meanwhile */
        bool dead = merge(object, -1) == 0;
        bool any = queue_hand_over(q); /* what the owner was to merge: it may have found its record claimed by us */
        if (thread) hd_thread_unclaim(thread);
        queue_unlock(q);
        if (any) hd_safepoint_post(t, HD_WHY_MERGE);
        if (dead) hd_mem.dealloc(t, object);
        return;
    }
    queue_add(q, object);
    hd_safepoint_post(thread, HD_WHY_MERGE);
    /* It may have gone outside before it could see that; if it goes from now on, it does see it. It may also be just looking
     * at its queue from outside, or have done so when we came: that takes a moment, and needs the lock. */
    bool left = false;
    while (q->count && q->owner == thread && !is_looked_at(t, thread)) {
        if (hd_thread_claim(t, thread)) {
            left = queue_hand_over(q);
            hd_thread_unclaim(thread);
        } else {
            queue_unlock(q);
            hd_cpu_relax();
            queue_lock(q);
        }
    }
    queue_unlock(q);
    if (left) hd_safepoint_post(t, HD_WHY_MERGE);
}

static void drop_for_sleepers(HdThread *t, void *unused) { hd_count_merge_queue(t); }

/* References are to be dropped by somebody else than t. When all others wait: by a thread for that; if it cannot start, by
 * the first one that comes. */
void hd_count_call_somebody(HdThread *t) {
    if (hd_safepoint_post_any(t, HD_WHY_MERGE)) return;
    uint64_t ident;
    HdThreadStart start = {.main = drop_for_sleepers, .daemon = true};
    (void)!hd_thread_start(t, &start, &ident);
}

bool hd_count_leave(HdThread *t) {
    if (t->owner_id < HD_OWNER_FIRST) return false;
    Queue *q = queue_of(t->owner_id);
    queue_lock(q);
    bool any = queue_hand_over(q);
    queue_unlock(q);
    return any || HD_LOAD_RELAXED(&later.count);
}

void hd_count_thread_start(HdThread *t) {
    if (t->owner_id < HD_OWNER_FIRST) return;
    Queue *q = queue_of(t->owner_id);
    queue_lock(q);
    q->owner = t;
    queue_unlock(q);
}

/* The thread of this id counts nothing any more: from now on others merge what it left behind. */
static bool queue_close(uint16_t owner) {
    Queue *q = queue_of(owner);
    queue_lock(q);
    bool any = queue_hand_over(q);
    q->owner = NULL;
    queue_unlock(q);
    return any;
}

void hd_count_thread_end(HdThread *t) {
    if (t->owner_id < HD_OWNER_FIRST) return;
    bool any = queue_close(t->owner_id);
    hd_deferred_flush(t);
    if (any) hd_count_call_somebody(t);
}

void hd_count_thread_lost(HdThread *gone) {
    if (gone->owner_id < HD_OWNER_FIRST) return;
    bool any = queue_close(gone->owner_id);
    hd_deferred_flush(gone);
    if (any) (void)hd_safepoint_post_any(NULL, HD_WHY_MERGE);
}

static void hand_over_thread(HdThread *each, void *context) {
    HdThread *t = context;
    if (each->owner_id < HD_OWNER_FIRST || each == t) return;
    Queue *q = queue_of(each->owner_id);
    queue_lock(q);
    queue_hand_over(q);
    queue_unlock(q);
}
void hd_count_take_over(HdThread *t) {
    if (t->owner_id < HD_OWNER_FIRST) return;
    hd_thread_each(hand_over_thread, t);
    hd_deferred_drop(t, hd_deferred_settle(t, true));
    hd_count_merge_queue(t);
}

void hd_count_merge_queue(HdThread *t) {
    if (t->owner_id < HD_OWNER_FIRST) return;
    Queue *q = queue_of(t->owner_id);
    for (;;) {
        uint32_t count;
        HdObject **objects = queue_take(q, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (merge(objects[i], -1) == 0) hd_mem.dealloc(t, objects[i]);
        }
        free(objects);
        drop_later(t);
        if (!count) break;
    }
    hd_deferred_poll(t);
}

void hd_count_thread_leave(HdThread *t) {
    hd_count_merge_queue(t);
    hd_deferred_thread_end(t);
    if (t->owner_id < HD_OWNER_FIRST || (t->owner_id & HD_OWNER_LEAVING)) return;
    queue_close(t->owner_id);
    t->owner_id |= HD_OWNER_LEAVING;
    hd_count_thread_start(t);
    hd_count_merge_queue(t); /* what was in the queue that was closed */
}

/* --- the slow paths --- */

enum { LOOK_EVERY = 37 }; /* a prime: loops of any length have all their objects looked at */

/* Every so many counts of objects that are not its own, a thread looks at one: true when it has been looked at before. */
HD_INLINE bool is_contended(HdThread *t, HdObject *object) {
    if (HD_LIKELY(++t->foreign_counts < LOOK_EVERY)) return false;
    t->foreign_counts = 0;
    if (!t->locks || hd_shared_is_dead(HD_LOAD_RELAXED(&object->shared))) return false;
    return HD_FETCH_OR(&object->flags, (uint8_t)HD_FLAG_CONTENDED) & HD_FLAG_CONTENDED;
}

void hd_count_retain_slow(HdThread *t, HdObject *object) {
    if (hd_shared_is_immortal(HD_LOAD_RELAXED(&object->shared))) return;
    if (hd_deferred_is(object)) {
        hd_deferred_count(t, object, 1);
        return;
    }
    HD_FETCH_ADD_RELAXED(&object->shared, HD_SHARED_ONE);
    if (HD_UNLIKELY(is_contended(t, object))) hd_deferred_add(t, object);
}

/* `old`: what `shared` was a moment ago; the object is neither immortal nor deferred. */
static HD_NOINLINE void release_shared(HdThread *t, HdObject *object, uint32_t old) {
    bool contended = is_contended(t, object); /* then its owner is to merge it, so that it can be deferred */
    for (;;) {
        uint32_t state = old & HD_SHARED_STATE;
        if (state == HD_SHARED_MERGED) {
            if (HD_UNLIKELY(contended)) {
                contended = false;
                hd_deferred_add(t, object);
                old = HD_LOAD_RELAXED(&object->shared); /* our reference goes there in any case */
                continue;
            }
            uint32_t left = old - HD_SHARED_ONE;
            if (!HD_CAS(&object->shared, &old, left)) continue;
            if (shared_count(left) == 0) hd_mem.dealloc(t, object);
            return;
        }
        if ((shared_count(old) == 0 || contended) && state != HD_SHARED_QUEUED) {
            /* The reference is handed to the owner, who counted it or finds it in `shared`. What it is handed stays
             * counted until then, so the owner id cannot become NONE before the queue is worked through. */
            uint16_t owner = HD_LOAD_RELAXED(&object->owner);
            if (!HD_CAS(&object->shared, &old, (old & ~(uint32_t)HD_SHARED_STATE) | HD_SHARED_QUEUED)) continue;
            queue_push(t, object, owner);
            return;
        }
        if (HD_CAS(&object->shared, &old, old - HD_SHARED_ONE)) return;
    }
}

void hd_count_release_slow(HdThread *t, HdObject *object) {
    uint32_t shared = HD_LOAD_RELAXED(&object->shared);
    if (hd_shared_is_immortal(shared)) return;
    if (hd_deferred_is(object)) hd_deferred_count(t, object, -1);
    else release_shared(t, object, shared);
}

void hd_count_zero(HdThread *t, HdObject *object) {
    uint32_t old = HD_LOAD_ACQUIRE(&object->shared);
    if (HD_LIKELY(old == 0)) {
        hd_mem.dealloc(t, object);
        return;
    }
    if (hd_shared_is_dead(old)) return; /* its own dealloc counted it for a moment */
    if (hd_shared_is_immortal(old)) return;
    HD_STORE_RELAXED(&object->owner, (uint16_t)HD_OWNER_NONE);
    uint32_t merged;
    do {
        merged = (old & ~(uint32_t)HD_SHARED_STATE) | HD_SHARED_MERGED;
    } while (!HD_CAS(&object->shared, &old, merged));
    if (shared_count(merged) == 0) hd_mem.dealloc(t, object);
}

HdSize hd_count_settled(const HdObject *object) {
    uint32_t shared = HD_LOAD_RELAXED(&object->shared);
    if (hd_shared_is_immortal(shared)) return UINT32_MAX;
    if (hd_deferred_is_biased(shared)) return shared_count(shared) - (HdSize)HD_DEFERRED_BIAS;
    if ((shared & HD_SHARED_STATE) == HD_SHARED_MERGED) return shared_count(shared);
    return (HdSize)HD_LOAD_RELAXED(&object->local) + shared_count(shared);
}

HdSize hd_count_get(HdThread *t, HdObject *object) {
    if (!hd_deferred_is(object)) return hd_count_settled(object);
    hd_safepoint_stop_world(t);
    HdDeferredUnused unused = hd_deferred_settle(t, false);
    HdSize count = hd_count_settled(object);
    hd_safepoint_start_world(t);
    hd_deferred_drop(t, unused);
    return count;
}

bool hd_count_make_immortal(HdThread *t, HdObject *object) {
    if (hd_deferred_make_immortal(object)) return true;
    hd_deferred_count(t, object, 1);
    return false;
}
