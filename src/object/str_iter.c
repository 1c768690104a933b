/* str_iter.c -- iterators over str: str_ascii_iterator and str_iterator (the same but for their names).
 *
 * Without the GIL two threads may step one iterator: the index moves by compare-and-swap, and the str is dropped only
 * when the iterator dies, so that nobody reads a str that another thread has just let go. */
#include "dict.h"
#include "list.h"
#include "number.h"
#include "str_internal.h"

typedef struct StrIterator {
    HdObject head;
    HdValue str; /* HD_NULL: it was let go of */
    HdSize index; /* HD_SIZE_MAX: exhausted */
} StrIterator;

HdValue hd_str_iter(HdThread *t, HdValue self) {
    StrIterator *it = HD_NEW(t, StrIterator, hd_str(self)->ascii ? &hd_str_ascii_iterator_type : &hd_str_iterator_type);
    if (!it) return HD_NULL;
    it->str = hd_retain(t, self);
    return hd_from_object(it);
}

/* Item *i is the caller's; false: another thread had it, and *i is where the iterator is now. */
HD_INLINE bool claim(HdThread *t, StrIterator *it, HdSize *i) {
    if (HD_UNLIKELY(t->locks)) return HD_CAS(&it->index, i, *i + 1);
    HD_STORE_RELAXED(&it->index, *i + 1);
    return true;
}
static HdValue step(HdThread *t, StrIterator *it, HdValue str) {
    HdSize i = HD_LOAD_RELAXED(&it->index);
    do {
        if (i >= hd_str_length(str)) {
            HD_STORE_RELAXED(&it->index, HD_SIZE_MAX);
            hd_slot_let_go(t, &it->head, &it->str);
            return HD_NULL;
        }
    } while (!claim(t, it, &i));
    return hd_str_from_char(t, hd_str_at(str, i));
}
static HdValue next(HdThread *t, HdValue self) {
    StrIterator *it = HD_AS(StrIterator, self);
    HdBorrow borrow = hd_slot_borrow(t, &it->str);
    HdValue item = hd_is_null(borrow.v) ? HD_NULL : step(t, it, borrow.v);
    hd_slot_borrow_end(t, borrow);
    return item;
}
static HdSize length_of(HdValue str) { return hd_is_null(str) ? 0 : hd_str_length(str); }

static HdValue length_hint(HdThread *t, HdValue self, const HdValue *args) {
    StrIterator *it = HD_AS(StrIterator, self);
    HD_OWNED HdValue str = hd_slot_own(t, &it->str);
    HdSize i = HD_LOAD_RELAXED(&it->index), length = length_of(str);
    return hd_imm_int(i >= length ? 0 : length - i);
}

static HdValue reduce(HdThread *t, HdValue self, const HdValue *args) {
    StrIterator *it = HD_AS(StrIterator, self);
    HdSize i = HD_LOAD_RELAXED(&it->index);
    HD_OWNED HdValue iter = hd_dict_get_text(t, hd_runtime.builtins, "iter");
    if (hd_is_null(iter)) return hd_raise(t, &hd_RuntimeError, "lost builtins.iter");
    HD_OWNED HdValue str = hd_slot_own(t, &it->str);
    bool over = i >= length_of(str);
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 1, over ? hd_str_empty() : str);
    if (hd_is_null(arguments)) return HD_NULL;
    return over ? hd_tuple_pack(t, 2, iter, arguments) : hd_tuple_pack(t, 3, iter, arguments, hd_imm_int(i));
}

static HdValue setstate(HdThread *t, HdValue self, const HdValue *args) {
    StrIterator *it = HD_AS(StrIterator, self);
    HD_OWNED HdValue str = hd_slot_own(t, &it->str);
    HdSize i = hd_number_as_size(t, args[0], &hd_OverflowError), length = length_of(str);
    if (i == -1 && hd_raised(t)) return HD_NULL;
    HD_STORE_RELAXED(&it->index, i < 0 ? 0 : i > length ? length : i);
    return hd_None;
}

static HdValue self_iter(HdThread *t, HdValue self) { return hd_retain(t, self); }
static void dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((StrIterator *)self)->str);
    hd_type_free(t, self);
}

static const HdMethodDef methods[] = {
    HD_METHOD(length_hint, "__length_hint__($self, /)", "Private method returning an estimate of len(list(it))."),
    HD_METHOD(reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHOD(setstate, "__setstate__($self, state, /)", "Set state information for unpickling."),
    HD_METHODS_END,
};

HdType hd_str_iterator_type = {
    HD_TYPE_HEAD("str_iterator"),
    .basicsize = sizeof(StrIterator),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_ITER_NATIVE,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = dealloc,
    .iter = self_iter,
    .next = next,
    .methods = methods,
};

HdType hd_str_ascii_iterator_type = {
    HD_TYPE_HEAD("str_ascii_iterator"),
    .basicsize = sizeof(StrIterator),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_ITER_NATIVE,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = dealloc,
    .iter = self_iter,
    .next = next,
    .methods = methods,
};
