/* slot.h -- reading a slot of a shared container without taking its lock; writing one under it.
 *
 * With the GIL on these are a plain load plus a count. With it off a reader may meet a writer: the count is taken
 * by try-retain and the slot read again (architecture, idea 8); on failure the caller takes the container's lock.
 */
#ifndef HD_SLOT_H
#define HD_SLOT_H

#include "count.h"
#include "deferred.h"

/* Takes a reference on an object that this thread may not hold one to, of which the count words can be read. False: its
 * count is zero, or it was not marked by hd_slot_share. */
bool hd_slot_try_retain(HdThread *t, HdObject *object) HD_CHECK;
/* Marks an object, to which the caller has a reference, so that others may try to take one; its owner's last drop then
 * looks at `shared`. Needed with the GIL off only. */
void hd_slot_share(HdObject *object);
HdValue hd_slot_read_slow(HdThread *t, const HdValue *slot, HdObject *container);

/* The value in `*slot`, owned; HD_NULL when the slot is empty. `container` is the object whose lock guards writes. */
HD_INLINE HdValue hd_slot_read(HdThread *t, const HdValue *slot, HdObject *container) {
    if (HD_LIKELY(!t->locks)) return hd_retain(t, *slot);
    HdValue v = {HD_LOAD_ACQUIRE(&slot->bits)};
    if (!hd_is_object(v) || !v.bits) return v;
    HdObject *object = hd_as_object(v);
    uint32_t local = HD_LOAD_RELAXED(&object->local), shared = HD_LOAD_RELAXED(&object->shared);
    uint16_t owner = HD_LOAD_ACQUIRE(&object->owner);
    if (owner == HD_OWNER_IMMORTAL) return v;
    if (HD_LIKELY(owner == t->owner_id && local && !hd_shared_is_dead(shared))) {
        HD_STORE_RELAXED(&object->local, local + 1); /* our own count is ours alone to change */
        if (HD_LIKELY(HD_LOAD_ACQUIRE(&slot->bits) == v.bits)) return v;
        hd_release_object(t, object);
    } else if (hd_deferred_try(t, object, owner, 1)) {
        return v; /* it ends only after this thread was stopped */
    }
    return hd_slot_read_slow(t, slot, container);
}
/* Stores (taking over `v`) under the container's lock and returns the old value, to be released after the unlock. */
HD_INLINE HdValue hd_slot_exchange(HdValue *slot, HdValue v) {
    HdValue old = *slot;
    HD_STORE_RELEASE(&slot->bits, v.bits);
    return old;
}

/* --- what an iterator goes over ---
 *
 * It lies in a field that is emptied once, by whoever finds the end. Readers borrow it: the thread's record says so, which
 * costs no count, and the object lives until no thread borrows it (GIL off; with it on nothing can come between). Of
 * several borrows, one inside the other, the inner ones count. */
typedef struct HdBorrow {
    HdValue v; /* HD_NULL: the field was empty */
    bool counted;
} HdBorrow;
HD_INLINE HdBorrow hd_slot_borrow(HdThread *t, const HdValue *field) {
    HdBorrow borrow = {{HD_LOAD_ACQUIRE(&field->bits)}, false};
    if (HD_LIKELY(!t->locks) || hd_is_null(borrow.v)) return borrow;
    borrow.counted = t->borrowed.bits != 0;
    if (HD_UNLIKELY(borrow.counted)) hd_retain(t, borrow.v);
    else HD_STORE_RELAXED(&t->borrowed.bits, borrow.v.bits);
    return borrow;
}
HD_INLINE void hd_slot_borrow_end(HdThread *t, HdBorrow borrow) {
    if (HD_LIKELY(!t->locks) || hd_is_null(borrow.v)) return;
    if (HD_UNLIKELY(borrow.counted)) hd_release(t, borrow.v);
    else HD_STORE_RELEASE(&t->borrowed.bits, 0);
}
/* What is in the field, owned, or HD_NULL. */
HD_INLINE HdValue hd_slot_own(HdThread *t, const HdValue *field) {
    return hd_retain(t, (HdValue){HD_LOAD_ACQUIRE(&field->bits)});
}
/* Empties the field of `owner`. Without the GIL nothing is done when the caller has the only reference to the owner, which
 * will end soon itself. */
void hd_slot_let_go(HdThread *t, HdObject *owner, HdValue *field);

#endif
