/* collections_deque_iterator.c -- the two iterators of deque, forwards and backwards.
 *
 * An iterator's own fields are read and changed under its deque's lock, so that threads which share an iterator get
 * each item once. A change of the deque's order makes each further step raise RuntimeError. Parks only in the lock.
 */
#include "collections_types.h"

typedef struct DequeIterator {
    HdObject head;
    HdValue deque;  /* never changes */
    uint64_t state; /* of the deque when the iterator was made */
    HdSize left;    /* items still to come */
} DequeIterator;
#define ITERATOR(v) HD_AS(DequeIterator, v)
#define DEQUE_OF(it) HD_AS(HdDeque, (it)->deque)

static HdValue iterator_new(HdThread *t, HdType *type, HdValue deque) {
    DequeIterator *it = HD_NEW(t, DequeIterator, type);
    if (!it) return HD_NULL;
    it->deque = hd_retain(t, deque);
    HdDeque *d = DEQUE_OF(it);
    hd_lock_object(t, &d->head);
    it->state = d->state;
    it->left = d->length;
    hd_unlock_object(t, &d->head);
    return hd_from_object(it);
}
HdValue hd_deque_iter(HdThread *t, HdValue self) { return iterator_new(t, &hd_deque_iterator_type, self); }
HdValue hd_deque_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return iterator_new(t, &hd_deque_reverse_iterator_type, self);
}

static HdValue step(HdThread *t, DequeIterator *it, bool backwards) {
    HdDeque *d = DEQUE_OF(it);
    HdValue item = HD_NULL;
    hd_lock_object(t, &d->head);
    bool changed = d->state != it->state;
    if (HD_UNLIKELY(changed)) {
        it->left = 0;
    } else if (it->left > 0) {
        item = hd_retain(t, *hd_deque_slot(d, backwards ? it->left - 1 : d->length - it->left));
        it->left--;
    }
    hd_unlock_object(t, &d->head);
    if (HD_UNLIKELY(changed)) return hd_raise(t, &hd_RuntimeError, "deque mutated during iteration");
    return item;
}
static HdValue iterator_next(HdThread *t, HdValue self) { return step(t, ITERATOR(self), false); }
static HdValue reverse_next(HdThread *t, HdValue self) { return step(t, ITERATOR(self), true); }

/* _deque_iterator(deque, index): one that has passed `index` items already. */
static HdValue create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1 || nargs > 2) {
        return hd_raise(t, &hd_TypeError, "function takes at %s %d argument%s (%zd given)", nargs ? "most" : "least",
                        nargs ? 2 : 1, nargs ? "s" : "", nargs);
    }
    HdValue deque = hd_ref_value(args[0]);
    if (!hd_is_deque(deque)) {
        return hd_raise(t, &hd_TypeError, "argument 1 must be collections.deque, not %T", deque);
    }
    HdSize index = 0;
    if (nargs > 1) {
        index = hd_number_as_size(t, hd_ref_value(args[1]), &hd_OverflowError);
        if (index == -1 && hd_raised(t)) return HD_NULL;
    }
    HdValue self = iterator_new(t, type, deque);
    if (hd_is_null(self)) return HD_NULL;
    DequeIterator *it = ITERATOR(self);
    if (index > 0) it->left = index < it->left ? it->left - index : 0;
    return self;
}

static HdSize left_of(HdThread *t, DequeIterator *it, HdSize *length) {
    HdDeque *d = DEQUE_OF(it);
    hd_lock_object(t, &d->head);
    HdSize left = it->left;
    *length = d->length;
    hd_unlock_object(t, &d->head);
    return left;
}
static HdValue iterator_length_hint(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length;
    return hd_int_from_size(t, left_of(t, ITERATOR(self), &length));
}
static HdValue iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length, left = left_of(t, ITERATOR(self), &length);
    HD_OWNED HdValue passed = hd_int_from_size(t, length - left);
    if (hd_is_null(passed)) return HD_NULL;
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 2, ITERATOR(self)->deque, passed);
    if (hd_is_null(arguments)) return HD_NULL;
    return hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), arguments);
}

static void iterator_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((DequeIterator *)self)->deque);
    hd_type_free(t, self);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((DequeIterator *)self)->deque);
    return 0;
}

static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_length_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(iterator_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHODS_END,
};
#define ITERATOR_COMMON(type_name)                                                                      \
    HD_TYPE_HEAD(type_name), .basicsize = sizeof(DequeIterator), .flags = HD_TYPE_GC,                     \
    .dealloc = iterator_dealloc, .traverse = iterator_traverse, .create = create, .iter = hd_iter_self, \
    .methods = iterator_methods

HdType hd_deque_iterator_type = {ITERATOR_COMMON("_collections._deque_iterator"), .next = iterator_next};
HdType hd_deque_reverse_iterator_type = {
    ITERATOR_COMMON("_collections._deque_reverse_iterator"), .next = reverse_next,
};
