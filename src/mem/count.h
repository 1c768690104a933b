/* count.h -- reference counts: taking and dropping references to objects, for both modes with one code path.
 *
 * `hd_retain`/`hd_release` are for values, `hd_ref_…` for stack slots. Dropping the last reference deallocates at
 * once, which may run Python (__del__, weak reference callbacks): never drop while holding a lock.
 * Immediates and HD_NULL are accepted everywhere and cost one test.
 */
#ifndef HD_COUNT_H
#define HD_COUNT_H

#include "header.h"
#include "thread.h"

void hd_count_retain_slow(HdThread *t, HdObject *object);
void hd_count_release_slow(HdThread *t, HdObject *object);
void hd_count_zero(HdThread *t, HdObject *object); /* the owner's count reached zero */

HD_INLINE void hd_retain_object(HdThread *t, HdObject *object) {
    uint16_t owner = HD_LOAD_RELAXED(&object->owner);
    if (HD_LIKELY(owner == t->owner_id)) HD_STORE_RELAXED(&object->local, object->local + 1);
    else if (owner != HD_OWNER_IMMORTAL) hd_count_retain_slow(t, object);
}
HD_INLINE void hd_release_object(HdThread *t, HdObject *object) {
    uint16_t owner = HD_LOAD_RELAXED(&object->owner);
    if (HD_LIKELY(owner == t->owner_id)) {
        uint32_t left = object->local - 1;
        HD_STORE_RELAXED(&object->local, left);
        if (HD_UNLIKELY(left == 0)) hd_count_zero(t, object);
    } else if (owner != HD_OWNER_IMMORTAL) {
        hd_count_release_slow(t, object);
    }
}

/* True while no other thread can get at the object: its one reference is the caller's, which must lie on a stack (of
 * evaluation or of C) and not in a container, a global or a struct that others see. Who knows that needs no lock. */
HD_INLINE bool hd_is_private(const HdThread *t, const HdObject *object) {
    return HD_LOAD_RELAXED(&object->local) == 1 && HD_LOAD_RELAXED(&object->owner) == t->owner_id &&
           HD_LOAD_RELAXED(&object->shared) == 0;
}

/* Takes a reference; returns its argument for use in expressions. */
HD_INLINE HdValue hd_retain(HdThread *t, HdValue v) {
    if (hd_is_object(v) && v.bits) hd_retain_object(t, hd_as_object(v));
    return v;
}
/* Drops a reference; may deallocate and so run Python. */
HD_INLINE void hd_release(HdThread *t, HdValue v) {
    if (hd_is_object(v) && v.bits) hd_release_object(t, hd_as_object(v));
}
/* Stores `v` (taken over) in `*slot` and drops what was there, in the order that is safe against finalizers. */
HD_INLINE void hd_replace_steal(HdThread *t, HdValue *slot, HdValue v) {
    HdValue old = *slot;
    HD_STORE_RELEASE(&slot->bits, v.bits);
    hd_release(t, old);
}
/* Empties `*slot` and drops what was there. */
HD_INLINE void hd_clear_slot(HdThread *t, HdValue *slot) { hd_replace_steal(t, slot, HD_NULL); }

/* --- stack slots --- */
HD_INLINE HdRef hd_ref_retain(HdThread *t, HdValue v) { return hd_ref_counted(hd_retain(t, v)); }
HD_INLINE void hd_ref_release(HdThread *t, HdRef r) {
    if (hd_ref_is_counted_object(r)) hd_release_object(t, (HdObject *)(uintptr_t)r.bits);
}
/* The slot's value with a count of its own; the slot is used up. */
HD_INLINE HdValue hd_ref_take(HdThread *t, HdRef r) {
    if (hd_ref_is_uncounted(r)) return hd_retain(t, hd_ref_value(r));
    return (HdValue){r.bits};
}
/* A second reference to what the slot holds. */
HD_INLINE HdRef hd_ref_copy(HdThread *t, HdRef r) { return hd_ref_counted(hd_retain(t, hd_ref_value(r))); }

/* The object's count as CPython would show it (without the argument's own reference). */
HdSize hd_count_get(HdThread *t, HdObject *object); /* may run Python: unused deferred objects are found on the way */
HdSize hd_count_settled(const HdObject *object);    /* the world is stopped and counts are settled (deferred.h) */
/* True when the caller's reference is the only one, so that the object may be changed or reused in place. */
HD_INLINE bool hd_count_is_one(HdThread *t, HdObject *object) {
    return HD_LOAD_RELAXED(&object->owner) == t->owner_id && object->local == 1 && HD_LOAD_ACQUIRE(&object->shared) == 0;
}
/* What to call when the last reference is gone (object/type.c); registered once at start. */
void hd_count_register(void (*dealloc)(HdThread *t, HdObject *object));
/* A thread with an owner id of its own begins / has ended and runs no Python any more (GIL off). */
void hd_count_thread_start(HdThread *t);
void hd_count_thread_end(HdThread *t);
/* t has run its function, and whoever joins it is not let on yet: drops what others left it, and what nobody uses now.
 * From then on its objects are merged by whoever drops them, as if it had ended: the rest it does under its second id. */
void hd_count_thread_leave(HdThread *t);
/* GIL off: takes over the references that other threads dropped on objects of this thread; at a safe point
 * (HD_WHY_MERGE: a full one). May run Python. */
void hd_count_merge_queue(HdThread *t);
/* GIL off: t goes outside Python, or is claimed by itself there, while references wait to be dropped: true when there are
 * some for others to drop. Runs no Python. Then hd_count_call_somebody, which may start a thread for it. */
bool hd_count_leave(HdThread *t);
void hd_count_call_somebody(HdThread *t);
/* The same for a thread that fork lost, or that never began. */
void hd_count_thread_lost(HdThread *gone);
/* At the end, with the world stopped: drops what waits in the queues of the stopped threads. */
void hd_count_take_over(HdThread *t);
/* Drops a reference (taken over) once no thread can be between finding the value without a lock and taking a reference
 * of its own; with the GIL on at once. */
void hd_count_retire(HdThread *t, HdValue v);
/* Makes an object immortal; for singletons and interned names of built-in code. False: threads count it on their own
 * (deferred.h) and go on with that; it lives on by a reference that nobody drops. */
bool hd_count_make_immortal(HdThread *t, HdObject *object);

/* `HD_OWNED HdValue v = …;` drops v when it goes out of scope; needs a variable `t`-independent current thread. */
HD_INLINE void hd_count_cleanup(HdValue *v) {
    if (hd_is_object(*v) && v->bits) hd_release_object(hd_thread_current(), hd_as_object(*v));
}
#define HD_OWNED HD_CLEANUP(hd_count_cleanup) HD_UNUSED
/* Moves the value out of an HD_OWNED variable. */
HD_INLINE HdValue hd_move(HdValue *v) {
    HdValue moved = *v;
    *v = HD_NULL;
    return moved;
}

#endif
