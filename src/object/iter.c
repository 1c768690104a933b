/* iter.c -- iterators over sequences by index (list, tuple, anything with __getitem__), over callables, and reversed.
 *
 * The index moves by compare-and-swap when the GIL is off, so that two threads never get the same item. An exhausted
 * iterator has index -2 and has let go of its sequence, which steps only borrow (slot.h).
 */
#include "iter.h"

#include "dict.h"
#include "heap_page.h"
#include "int.h"
#include "list.h"
#include "number.h"

#define SEQUENCE(v) HD_AS(HdSequenceIterator, v)

HdValue hd_iter_builtin(HdThread *t, const char *name) {
    HdValue found = hd_dict_get_text(t, hd_runtime.builtins, name);
    return hd_is_null(found) ? hd_raise(t, &hd_AttributeError, "%s", name) : found;
}
HdValue hd_iter_reduce(HdThread *t, const char *builtin, HdValue a) {
    HD_OWNED HdValue function = hd_iter_builtin(t, builtin);
    HD_OWNED HdValue args = hd_is_null(function) ? HD_NULL : hd_tuple_pack(t, 1, a);
    return hd_is_null(args) ? HD_NULL : hd_tuple_pack(t, 2, function, args);
}
HdValue hd_iter_reduce_index(HdThread *t, const char *builtin, HdValue a, HdValue index) {
    HD_OWNED HdValue function = hd_iter_builtin(t, builtin);
    HD_OWNED HdValue args = hd_is_null(function) ? HD_NULL : hd_tuple_pack(t, 1, a);
    return hd_is_null(args) ? HD_NULL : hd_tuple_pack(t, 3, function, args, index);
}
HdValue hd_iter_self(HdThread *t, HdValue self) { return hd_retain(t, self); }

static HdValue new_sequence_iterator(HdThread *t, HdType *type, HdValue sequence) {
    HdSequenceIterator *it = HD_HEAP_MAKE(t, HdSequenceIterator, type, HD_FLAG_GC);
    if (HD_UNLIKELY(!it)) return hd_raise_no_memory(t);
    it->sequence = hd_retain(t, sequence);
    return hd_from_object(it);
}
HdValue hd_iter_list(HdThread *t, HdValue list) { return new_sequence_iterator(t, &hd_list_iterator_type, list); }
HdValue hd_iter_tuple(HdThread *t, HdValue tuple) { return new_sequence_iterator(t, &hd_tuple_iterator_type, tuple); }
HdValue hd_iter_sequence(HdThread *t, HdValue sequence) {
    return new_sequence_iterator(t, &hd_sequence_iterator_type, sequence);
}

enum { EXHAUSTED = -2 }; /* -1: a reverse iterator that has not been asked behind its last item */

static void exhaust(HdThread *t, HdSequenceIterator *it) {
    HD_STORE_RELEASE(&it->index, EXHAUSTED);
    hd_slot_let_go(t, &it->head, &it->sequence);
    if (t->locks) HD_STORE_RELEASE(&it->index, EXHAUSTED); /* over a __setstate__ that came between */
}
/* __setstate__; an iterator that was exhausted meanwhile stays so: nobody may find an index without a sequence. */
static void set_index(HdSequenceIterator *it, HdSize index) {
    HD_STORE_SEQ(&it->index, index);
    if (!HD_LOAD_SEQ(&it->sequence.bits)) HD_STORE_RELEASE(&it->index, EXHAUSTED);
}
/* Claims `index`: false if another thread was faster. */
static bool claim(HdThread *t, HdSequenceIterator *it, HdSize index, HdSize after) {
    if (HD_LIKELY(!t->locks)) {
        it->index = after;
        return true;
    }
    return HD_CAS(&it->index, &index, after);
}

static HdValue list_step(HdThread *t, HdSequenceIterator *it, HdValue list) {
    for (;;) {
        HdSize index = HD_LOAD_RELAXED(&it->index);
        if (index < 0) return HD_NULL;
        HdValue item = hd_list_get(t, list, index);
        if (hd_is_null(item)) {
            exhaust(t, it);
            return HD_NULL;
        }
        if (claim(t, it, index, index + 1)) return item;
        hd_release(t, item);
    }
}

static HdValue tuple_step(HdThread *t, HdSequenceIterator *it, HdValue sequence) {
    HdTuple *tuple = HD_AS(HdTuple, sequence);
    for (;;) {
        HdSize index = HD_LOAD_RELAXED(&it->index);
        if (index < 0) return HD_NULL;
        if (index >= tuple->length) {
            exhaust(t, it);
            return HD_NULL;
        }
        if (claim(t, it, index, index + 1)) return hd_retain(t, tuple->at[index]);
    }
}

static HdValue list_reverse_step(HdThread *t, HdSequenceIterator *it, HdValue list) {
    for (;;) {
        HdSize index = HD_LOAD_RELAXED(&it->index);
        if (index < 0) {
            exhaust(t, it);
            return HD_NULL;
        }
        HdValue item = hd_list_get(t, list, index);
        if (hd_is_null(item)) {
            exhaust(t, it);
            return HD_NULL;
        }
        if (claim(t, it, index, index - 1)) return item;
        hd_release(t, item);
    }
}

/* One step with the sequence borrowed. */
static HdValue step(HdThread *t, HdValue self, HdValue (*of)(HdThread *t, HdSequenceIterator *it, HdValue sequence)) {
    HdBorrow borrow = hd_slot_borrow(t, &SEQUENCE(self)->sequence);
    HdValue item = hd_is_null(borrow.v) ? HD_NULL : of(t, SEQUENCE(self), borrow.v);
    hd_slot_borrow_end(t, borrow);
    return item;
}
static HdValue list_iterator_next(HdThread *t, HdValue self) { return step(t, self, list_step); }
static HdValue tuple_iterator_next(HdThread *t, HdValue self) { return step(t, self, tuple_step); }
static HdValue list_reverse_next(HdThread *t, HdValue self) { return step(t, self, list_reverse_step); }

static HdValue sequence_next(HdThread *t, HdValue self) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index;
    do { /* the index is claimed first: getting the item may run Python */
        index = HD_LOAD_RELAXED(&it->index);
        if (index < 0) return HD_NULL;
        if (index == HD_SIZE_MAX) return hd_raise(t, &hd_OverflowError, "iter index too large");
    } while (!claim(t, it, index, index + 1));
    HdValue sequence = hd_slot_own(t, &it->sequence);
    if (hd_is_null(sequence)) return HD_NULL;
    HdValue item = hd_object_getitem_index(t, sequence, index);
    hd_release(t, sequence);
    if (!hd_is_null(item)) return item;
    if (hd_raised_is(t, &hd_IndexError) || hd_raised_is(t, &hd_StopIteration)) {
        hd_clear_raised(t);
        exhaust(t, it);
    } else if (!t->locks && it->index == index + 1) {
        it->index = index; /* as in CPython, the next step tries the same index again */
    }
    return HD_NULL;
}

/* --- methods shared by the four --- */

static HdValue sequence_hint(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = HD_LOAD_RELAXED(&it->index);
    HdValue sequence = hd_slot_own(t, &it->sequence);
    if (index < 0 || hd_is_null(sequence)) {
        hd_release(t, sequence);
        return hd_imm_int(0);
    }
    if (hd_type_of(self) == &hd_sequence_iterator_type && !hd_type_of(sequence)->length) {
        hd_release(t, sequence);
        return hd_NotImplemented;
    }
    HdSize length = hd_object_length(t, sequence);
    hd_release(t, sequence);
    if (length < 0) return HD_NULL;
    return hd_int_from_size(t, length > index ? length - index : 0);
}
static HdValue sequence_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = HD_LOAD_RELAXED(&it->index);
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (index < 0 || hd_is_null(sequence)) {
        if (hd_type_of(self) != &hd_list_iterator_type) return hd_iter_reduce(t, "iter", hd_tuple_empty());
        HD_OWNED HdValue empty = hd_list_new(t, 0);
        return hd_is_null(empty) ? HD_NULL : hd_iter_reduce(t, "iter", empty);
    }
    return hd_iter_reduce_index(t, "iter", sequence, hd_imm_int(index));
}
static HdValue sequence_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (HD_LOAD_RELAXED(&it->index) >= 0 && !hd_is_null(sequence)) {
        if (index < 0) index = 0;
        if (hd_type_of(self) == &hd_tuple_iterator_type && index > hd_tuple_length(sequence)) {
            index = hd_tuple_length(sequence);
        }
        set_index(it, index);
    }
    return hd_None;
}

static HdValue list_reverse_hint(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize left = HD_LOAD_RELAXED(&it->index) + 1;
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (left < 0 || hd_is_null(sequence) || hd_list_length(sequence) < left) left = 0;
    return hd_int_from_size(t, left);
}
static HdValue list_reverse_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = HD_LOAD_RELAXED(&it->index);
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (index != EXHAUSTED && !hd_is_null(sequence)) {
        return hd_iter_reduce_index(t, "reversed", sequence, hd_imm_int(index));
    }
    HD_OWNED HdValue empty = hd_list_new(t, 0);
    return hd_is_null(empty) ? HD_NULL : hd_iter_reduce(t, "iter", empty);
}
static HdValue list_reverse_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (!hd_is_null(sequence)) {
        if (index < -1) index = -1;
        HdSize last = hd_list_length(sequence) - 1;
        if (index > last) index = last;
        set_index(it, index);
    }
    return hd_None;
}

static void sequence_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((HdSequenceIterator *)self)->sequence);
    hd_heap_free_container_here(t, self);
}
static void reversed_dealloc(HdThread *t, HdObject *self) { /* it may be subclassed */
    hd_release(t, ((HdSequenceIterator *)self)->sequence);
    hd_type_free(t, self);
}
static int sequence_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdSequenceIterator *)self)->sequence);
    return 0;
}

static const HdMethodDef sequence_methods[] = {
    HD_METHOD(sequence_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(sequence_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(sequence_setstate, "__setstate__($self, state, /)", "Go to an index."),
    HD_METHODS_END,
};
static const HdMethodDef list_reverse_methods[] = {
    HD_METHOD(list_reverse_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(list_reverse_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(list_reverse_setstate, "__setstate__($self, state, /)", "Go to an index."),
    HD_METHODS_END,
};
#define SEQUENCE_ITERATOR(type_name, next_function, method_table)          \
    {                                                                      \
        HD_TYPE_HEAD(type_name),                                           \
        .basicsize = sizeof(HdSequenceIterator),                           \
        .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,                        \
        .dealloc = sequence_dealloc,                                       \
        .traverse = sequence_traverse,                                     \
        .iter = hd_iter_self,                                              \
        .next = next_function,                                             \
        .methods = method_table,                                           \
    }
HdType hd_list_iterator_type = SEQUENCE_ITERATOR("list_iterator", list_iterator_next, sequence_methods);
HdType hd_tuple_iterator_type = SEQUENCE_ITERATOR("tuple_iterator", tuple_iterator_next, sequence_methods);
HdType hd_sequence_iterator_type = SEQUENCE_ITERATOR("iterator", sequence_next, sequence_methods);
HdType hd_list_reverse_iterator_type = SEQUENCE_ITERATOR("list_reverseiterator", list_reverse_next,
                                                         list_reverse_methods);

/* --- iter(callable, sentinel) --- */

typedef struct CallableIterator {
    HdObject head;
    HdValue callable, sentinel; /* HD_NULL: exhausted; read and emptied under the lock */
} CallableIterator;

HdValue hd_iter_callable(HdThread *t, HdValue callable, HdValue sentinel) {
    CallableIterator *it = (CallableIterator *)hd_heap_object(t, &hd_callable_iterator_type, sizeof *it, HD_FLAG_GC);
    if (!it) return hd_raise_no_memory(t);
    it->callable = hd_retain(t, callable);
    it->sentinel = hd_retain(t, sentinel);
    return hd_from_object(it);
}
static bool callable_parts(HdThread *t, CallableIterator *it, HdValue *callable, HdValue *sentinel) {
    hd_lock_object(t, &it->head);
    *callable = hd_retain(t, it->callable);
    *sentinel = hd_retain(t, it->sentinel);
    hd_unlock_object(t, &it->head);
    return !hd_is_null(*callable);
}
static void callable_exhaust(HdThread *t, CallableIterator *it) {
    hd_lock_object(t, &it->head);
    HdValue callable = it->callable, sentinel = it->sentinel;
    it->callable = it->sentinel = HD_NULL;
    hd_unlock_object(t, &it->head);
    hd_release(t, callable);
    hd_release(t, sentinel);
}
static HdValue callable_next(HdThread *t, HdValue self) {
    CallableIterator *it = HD_AS(CallableIterator, self);
    HdValue callable, sentinel;
    if (!callable_parts(t, it, &callable, &sentinel)) return HD_NULL;
    HdValue result = hd_object_call0(t, callable);
    if (!hd_is_null(result)) {
        int equal = hd_is_null(it->sentinel) ? 1 : hd_object_equal(t, result, sentinel);
        if (equal) {
            hd_release(t, result);
            result = HD_NULL;
            if (equal > 0) callable_exhaust(t, it);
        }
    } else if (hd_raised_is(t, &hd_StopIteration)) {
        hd_clear_raised(t);
        callable_exhaust(t, it);
    }
    hd_release(t, callable);
    hd_release(t, sentinel);
    return result;
}
static HdValue callable_reduce(HdThread *t, HdValue self, const HdValue *args) {
    CallableIterator *it = HD_AS(CallableIterator, self);
    HdValue callable, sentinel;
    if (!callable_parts(t, it, &callable, &sentinel)) return hd_iter_reduce(t, "iter", hd_tuple_empty());
    HD_OWNED HdValue function = hd_iter_builtin(t, "iter");
    HD_OWNED HdValue pair = hd_is_null(function) ? HD_NULL : hd_tuple_pack(t, 2, callable, sentinel);
    hd_release(t, callable);
    hd_release(t, sentinel);
    return hd_is_null(pair) ? HD_NULL : hd_tuple_pack(t, 2, function, pair);
}
static void callable_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((CallableIterator *)self)->callable);
    hd_release(t, ((CallableIterator *)self)->sentinel);
    hd_type_free(t, self);
}
static int callable_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((CallableIterator *)self)->callable);
    HD_VISIT(((CallableIterator *)self)->sentinel);
    return 0;
}
static const HdMethodDef callable_methods[] = {
    HD_METHOD(callable_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
HdType hd_callable_iterator_type = {
    HD_TYPE_HEAD("callable_iterator"),
    .basicsize = sizeof(CallableIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = callable_dealloc,
    .traverse = callable_traverse,
    .iter = hd_iter_self,
    .next = callable_next,
    .methods = callable_methods,
};

/* --- reversed --- */

static HdValue reversed_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (type == &hd_reversed_type && hd_native_no_keywords(t, "reversed", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "reversed", nargs, 1, 1) < 0) return HD_NULL;
    HdValue sequence = hd_ref_value(args[0]), method;
    int found = hd_object_find_special(t, sequence, HD_NAME("__reversed__"), &method);
    if (found < 0) return HD_NULL;
    if (found) {
        HdValue result = hd_is_none(method)
                             ? hd_raise(t, &hd_TypeError, "'%T' object is not reversible", sequence)
                             : hd_object_call0(t, method);
        hd_release(t, method);
        return result;
    }
    HdType *kind = hd_type_of(sequence);
    if (!kind->getitem || (kind->flags & (HD_TYPE_DICT | HD_TYPE_MAPPING))) {
        return hd_raise(t, &hd_TypeError, "'%T' object is not reversible", sequence);
    }
    HdSize length = hd_object_length(t, sequence);
    if (length < 0) return HD_NULL;
    HdSequenceIterator *it = HD_NEW(t, HdSequenceIterator, type);
    if (!it) return HD_NULL;
    it->index = length - 1;
    it->sequence = hd_retain(t, sequence);
    return hd_from_object(it);
}
static HdValue reversed_next(HdThread *t, HdValue self) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index;
    do {
        index = HD_LOAD_RELAXED(&it->index);
        if (index < 0) {
            exhaust(t, it);
            return HD_NULL;
        }
    } while (!claim(t, it, index, index - 1));
    HdValue sequence = hd_slot_own(t, &it->sequence);
    if (hd_is_null(sequence)) return HD_NULL;
    HdValue item = hd_object_getitem_index(t, sequence, index);
    hd_release(t, sequence);
    if (!hd_is_null(item)) return item;
    if (hd_raised_is(t, &hd_IndexError) || hd_raised_is(t, &hd_StopIteration)) hd_clear_raised(t);
    exhaust(t, it);
    return HD_NULL;
}
static HdValue reversed_hint(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize left = HD_LOAD_RELAXED(&it->index) + 1;
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (hd_is_null(sequence) || left <= 0) return hd_imm_int(0);
    HdSize length = hd_object_length(t, sequence);
    if (length < 0) return HD_NULL;
    return hd_int_from_size(t, length < left ? 0 : left);
}
static HdValue reversed_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = HD_LOAD_RELAXED(&it->index);
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    bool over = hd_is_null(sequence) || (t->locks && index < 0);
    HD_OWNED HdValue pack = hd_tuple_pack(t, 1, over ? hd_tuple_empty() : sequence);
    if (hd_is_null(pack)) return HD_NULL;
    HdValue type = hd_type_value(hd_type_of(self));
    return over ? hd_tuple_pack(t, 2, type, pack) : hd_tuple_pack(t, 3, type, pack, hd_imm_int(index));
}
static HdValue reversed_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *it = SEQUENCE(self);
    HdSize index = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue sequence = hd_slot_own(t, &it->sequence);
    if (!hd_is_null(sequence)) {
        HdSize length = hd_object_length(t, sequence);
        if (length < 0) return HD_NULL;
        if (index < -1) index = -1;
        if (index > length - 1) index = length - 1;
        set_index(it, index);
    }
    return hd_None;
}
static const HdMethodDef reversed_methods[] = {
    HD_METHOD(reversed_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(reversed_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(reversed_setstate, "__setstate__($self, state, /)", "Go to an index."),
    HD_METHODS_END,
};
HdType hd_reversed_type = {
    HD_TYPE_HEAD("reversed"),
    .doc = "reversed(sequence, /)\n--\n\nIterator over the items of a sequence, last one first.",
    .basicsize = sizeof(HdSequenceIterator),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = reversed_dealloc,
    .traverse = sequence_traverse,
    .create = reversed_create,
    .iter = hd_iter_self,
    .next = reversed_next,
    .methods = reversed_methods,
};

int hd_iter_init(HdThread *t) {
    HdType *types[] = {&hd_list_iterator_type, &hd_tuple_iterator_type, &hd_sequence_iterator_type,
                       &hd_list_reverse_iterator_type, &hd_callable_iterator_type, &hd_reversed_type,
                       &hd_enumerate_type, &hd_zip_type, &hd_map_type, &hd_filter_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_type_ready(t, types[i]) < 0) return -1;
    }
    return 0;
}
