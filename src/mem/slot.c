/* slot.c -- reading a slot beside writers, without the GIL: try-retain, look again, else take the lock.
 *
 * Blocks are type-stable (heap.h): the counts of an object that was freed in between can be read and say so, and a
 * count taken on a block that got a new object is undone when the slot turns out to have changed.
 */
#include "slot.h"

#include "epoch.h"
#include "mutex.h"

bool hd_slot_try_retain(HdThread *t, HdObject *object) {
    if (HD_LOAD_RELAXED(&object->owner) == t->owner_id) {
        if (hd_shared_is_dead(HD_LOAD_RELAXED(&object->shared))) return false;
        uint32_t local = HD_LOAD_RELAXED(&object->local);
        if (local == 0) return false;
        HD_STORE_RELAXED(&object->local, local + 1);
        return true;
    }
    if (hd_deferred_is(object)) { /* it ends only after this thread was stopped */
        hd_deferred_count(t, object, 1);
        return true;
    }
    uint32_t shared = HD_LOAD_RELAXED(&object->shared);
    for (;;) {
        if (hd_shared_is_immortal(shared)) return true;
        if (hd_shared_is_dead(shared) || shared == 0 || shared == HD_SHARED_MERGED) return false;
        if (HD_CAS(&object->shared, &shared, shared + HD_SHARED_ONE)) return true;
    }
}

void hd_slot_share(HdObject *object) {
    uint32_t shared = HD_LOAD_RELAXED(&object->shared);
    while ((shared & HD_SHARED_STATE) == 0 && !hd_shared_is_dead(shared)) {
        if (HD_CAS(&object->shared, &shared, shared | HD_SHARED_MAYBE)) break;
    }
}

HdValue hd_slot_read_slow(HdThread *t, const HdValue *slot, HdObject *container) {
    HdValue v = {HD_LOAD_ACQUIRE(&slot->bits)};
    if (!hd_is_object(v) || !v.bits) return v;
    HdObject *object = hd_as_object(v);
    if (hd_slot_try_retain(t, object)) {
        if (HD_LOAD_ACQUIRE(&slot->bits) == v.bits) return v;
        hd_release_object(t, object);
    }
    HD_STORE_RELAXED(&t->reads, true); /* the slot's table must outlast a wait for the lock */
    hd_lock_object(t, container);
    HD_STORE_RELAXED(&t->reads, false);
    v.bits = HD_LOAD_RELAXED(&slot->bits);
    if (hd_is_object(v) && v.bits) {
        object = hd_as_object(v);
        hd_retain_object(t, object);
        hd_slot_share(object); /* from now on readers may take references without the lock */
    }
    hd_unlock_object(t, container);
    return v;
}

typedef struct Borrowers {
    uint64_t bits;
    bool any;
} Borrowers;

static void look_for_borrower(HdThread *each, void *context) {
    Borrowers *borrowers = context;
    if (HD_LOAD_RELAXED(&each->borrowed.bits) == borrowers->bits) borrowers->any = true;
}

/* Since the field was emptied each thread passed a quiescent point: who reads still says so in its record. */
static void release_unborrowed(HdThread *t, void *block, size_t size) {
    HdValue v = hd_from_object(block);
    Borrowers borrowers = {.bits = v.bits};
    if (t->locks) hd_thread_each(look_for_borrower, &borrowers);
    if (borrowers.any) hd_epoch_retire(t, block, size, release_unborrowed);
    else hd_count_retire(t, v);
}

void hd_slot_let_go(HdThread *t, HdObject *owner, HdValue *field) {
    if (HD_LIKELY(!t->locks)) {
        hd_clear_slot(t, field);
        return;
    }
    if (hd_count_is_one(t, owner)) return;
    HdValue old = {HD_EXCHANGE(&field->bits, (uint64_t)0)};
    if (!hd_is_object(old) || hd_is_null(old)) {
        hd_release(t, old);
        return;
    }
    hd_epoch_retire(t, hd_as_object(old), sizeof old, release_unborrowed);
    hd_epoch_hurry(t);
}
