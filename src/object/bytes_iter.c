/* bytes_iter.c -- iterators over bytes and bytearray. The index moves by compare-and-swap (two threads may step one
 * iterator when the GIL is off); a bytearray's byte is read under its lock. */
#include "bytes_internal.h"
#include "dict.h"
#include "list.h"
#include "mutex.h"
#include "number.h"

typedef struct BytesIterator {
    HdObject head;
    HdValue owner; /* HD_NULL: it was let go of */
    HdSize index; /* HD_SIZE_MAX: exhausted */
} BytesIterator;

HdValue hd_bytes_iter(HdThread *t, HdValue self) {
    BytesIterator *it = HD_NEW(t, BytesIterator, hd_is_bytes(self) ? &hd_bytes_iterator_type : &hd_bytearray_iterator_type);
    if (!it) return HD_NULL;
    it->owner = hd_retain(t, self);
    return hd_from_object(it);
}

static HdSize owner_length(HdValue owner) {
    if (hd_is_null(owner)) return 0;
    return hd_is_bytes(owner) ? hd_bytes_length(owner) : HD_LOAD_RELAXED(&HD_AS(HdByteArray, owner)->length);
}

/* Item *i is the caller's; false: another thread had it, and *i is where the iterator is now. */
HD_INLINE bool claim(HdThread *t, BytesIterator *it, HdSize *i) {
    if (HD_UNLIKELY(t->locks)) return HD_CAS(&it->index, i, *i + 1);
    HD_STORE_RELAXED(&it->index, *i + 1);
    return true;
}
static HdValue step(HdThread *t, BytesIterator *it, HdValue owner) {
    HdSize i = HD_LOAD_RELAXED(&it->index);
    do {
        if (i >= owner_length(owner)) {
            HD_STORE_RELAXED(&it->index, HD_SIZE_MAX);
            hd_slot_let_go(t, &it->head, &it->owner);
            return HD_NULL;
        }
    } while (!claim(t, it, &i));
    if (hd_is_bytes(owner)) return hd_imm_int(hd_bytes_data(owner)[i]);
    HdValue result = HD_NULL;
    hd_lock_object(t, hd_as_object(owner));
    if (i < HD_AS(HdByteArray, owner)->length) result = hd_imm_int(hd_bytearray_data(owner)[i]);
    hd_unlock_object(t, hd_as_object(owner));
    return result;
}
static HdValue next(HdThread *t, HdValue self) {
    BytesIterator *it = HD_AS(BytesIterator, self);
    HdBorrow borrow = hd_slot_borrow(t, &it->owner);
    HdValue item = hd_is_null(borrow.v) ? HD_NULL : step(t, it, borrow.v);
    hd_slot_borrow_end(t, borrow);
    return item;
}

static HdValue length_hint(HdThread *t, HdValue self, const HdValue *args) {
    BytesIterator *it = HD_AS(BytesIterator, self);
    HD_OWNED HdValue owner = hd_slot_own(t, &it->owner);
    HdSize i = HD_LOAD_RELAXED(&it->index), length = owner_length(owner);
    return hd_imm_int(i >= length ? 0 : length - i);
}

static HdValue reduce(HdThread *t, HdValue self, const HdValue *args) {
    BytesIterator *it = HD_AS(BytesIterator, self);
    HdSize i = HD_LOAD_RELAXED(&it->index);
    HD_OWNED HdValue iter = hd_dict_get_text(t, hd_runtime.builtins, "iter");
    if (hd_is_null(iter)) return hd_raise(t, &hd_RuntimeError, "lost builtins.iter");
    HD_OWNED HdValue owner = hd_slot_own(t, &it->owner);
    bool over = i == HD_SIZE_MAX || hd_is_null(owner);
    HD_OWNED HdValue arguments = over ? hd_tuple_pack(t, 1, hd_tuple_empty()) : hd_tuple_pack(t, 1, owner);
    if (hd_is_null(arguments)) return HD_NULL;
    return over ? hd_tuple_pack(t, 2, iter, arguments) : hd_tuple_pack(t, 3, iter, arguments, hd_imm_int(i));
}

static HdValue setstate(HdThread *t, HdValue self, const HdValue *args) {
    BytesIterator *it = HD_AS(BytesIterator, self);
    HD_OWNED HdValue owner = hd_slot_own(t, &it->owner);
    HdSize i = hd_number_as_size(t, args[0], &hd_OverflowError), length = owner_length(owner);
    if (i == -1 && hd_raised(t)) return HD_NULL;
    if (HD_LOAD_RELAXED(&it->index) != HD_SIZE_MAX) HD_STORE_RELAXED(&it->index, i < 0 ? 0 : i > length ? length : i);
    return hd_None;
}

static HdValue self_iter(HdThread *t, HdValue self) { return hd_retain(t, self); }
static void dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((BytesIterator *)self)->owner);
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((BytesIterator *)self)->owner);
    return 0;
}

static const HdMethodDef methods[] = {
    HD_METHOD(length_hint, "__length_hint__($self, /)", "Private method returning an estimate of len(list(it))."),
    HD_METHOD(reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHOD(setstate, "__setstate__($self, state, /)", "Set state information for unpickling."),
    HD_METHODS_END,
};

#define ITERATOR_TYPE(variable, type_name)                                                                     \
    HdType variable = {                                                                                        \
        HD_TYPE_HEAD(type_name), .basicsize = sizeof(BytesIterator),                                           \
        .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_ITER_NATIVE | HD_TYPE_GC,                  \
        .flags2 = HD_TYPE2_NO_WEAKREF, .dealloc = dealloc, .traverse = traverse, .iter = self_iter,            \
        .next = next, .methods = methods,                                                                      \
    }
ITERATOR_TYPE(hd_bytes_iterator_type, "bytes_iterator");
ITERATOR_TYPE(hd_bytearray_iterator_type, "bytearray_iterator");
