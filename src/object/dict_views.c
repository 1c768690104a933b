/* dict_views.c -- dict_keys, dict_values, dict_items with their set operations, and the six dict iterators.
 *
 * A view holds its dict and nothing else. An iterator steps through the entries without a lock; a change of the
 * dict's size makes each further step raise RuntimeError. Iterators that threads share step under their own lock.
 */
#include "dict_table.h"

#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"
#include "set.h"
#include "str_builder.h"

#define VIEW(v) HD_AS(HdDictView, v)
#define ITERATOR(v) HD_AS(HdDictIterator, v)

static bool is_keys(HdValue v) { return hd_is_instance(v, &hd_dict_keys_type); }
static bool is_items(HdValue v) { return hd_is_instance(v, &hd_dict_items_type); }
static bool is_set_view(HdValue v) { return is_keys(v) || is_items(v); }

HdValue hd_dict_view_new(HdThread *t, HdType *type, HdValue dict) {
    HdDictView *view = HD_NEW(t, HdDictView, type);
    if (!view) return HD_NULL;
    view->dict = hd_retain(t, dict);
    return hd_from_object(view);
}

/* --- views --- */

static HdSize view_length(HdThread *t, HdValue self) { return hd_dict_length(VIEW(self)->dict); }

static HdValue view_repr(HdThread *t, HdValue self) {
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "...", 3);
    HdValue list = hd_list_from_iterable(t, self);
    HdValue text = hd_is_null(list) ? HD_NULL
                                    : hd_str_format(t, "%s(%R)", hd_type_short_name(hd_type_of(self)), list);
    hd_release(t, list);
    hd_object_repr_leave(t, self);
    return text;
}

static int keys_contains(HdThread *t, HdValue self, HdValue item) {
    return hd_dict_contains(t, VIEW(self)->dict, item);
}
static int items_contains(HdThread *t, HdValue self, HdValue item) {
    if (!hd_is_tuple(item) || hd_tuple_length(item) != 2) return 0;
    HdValue value;
    int found = hd_dict_find(t, VIEW(self)->dict, hd_tuple_at_borrowed(item, 0), &value);
    if (found <= 0) return found;
    int equal = hd_object_equal(t, value, hd_tuple_at_borrowed(item, 1));
    hd_release(t, value);
    return equal;
}

/* 1 if every item of a is in b. */
static int all_in(HdThread *t, HdValue a, HdValue b) {
    HD_OWNED HdValue iterator = hd_object_iter(t, a);
    if (hd_is_null(iterator)) return -1;
    for (;;) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 1;
        int found = hd_object_contains(t, b, item);
        hd_release(t, item);
        if (found <= 0) return found;
    }
}

static HdValue view_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!is_set_view(left) || !(hd_is_set(right) || is_set_view(right))) return hd_NotImplemented;
    HdSize n = hd_object_length(t, left);
    HdSize m = n < 0 ? -1 : hd_object_length(t, right);
    if (m < 0) return HD_NULL;
    int result = 0;
    switch (op) {
        case HD_EQ:
        case HD_NE:
            if (n == m) result = all_in(t, left, right);
            if (op == HD_NE && result >= 0) result = !result;
            break;
        case HD_LT: if (n < m) result = all_in(t, left, right); break;
        case HD_LE: if (n <= m) result = all_in(t, left, right); break;
        case HD_GT: if (n > m) result = all_in(t, right, left); break;
        default: if (n >= m) result = all_in(t, right, left); break;
    }
    return result < 0 ? HD_NULL : hd_bool(result);
}

static HdValue view_to_set(HdThread *t, HdValue left) {
    if (is_keys(left)) return hd_set_new(t, VIEW(left)->dict);
    return hd_set_new(t, left);
}

/* set(left).method(right) for any iterable on the right */
static HdValue view_with(HdThread *t, HdValue left, HdValue right, const char *method) {
    HdValue set = view_to_set(t, left);
    if (hd_is_null(set)) return HD_NULL;
    HdValue done = hd_object_call_method_text(t, set, method, &right, 1);
    if (hd_is_null(done)) {
        hd_release(t, set);
        return HD_NULL;
    }
    hd_release(t, done);
    return set;
}
static HdValue view_subtract(HdThread *t, HdValue left, HdValue right) {
    return view_with(t, left, right, "difference_update");
}
static HdValue view_or(HdThread *t, HdValue left, HdValue right) { return view_with(t, left, right, "update"); }
static HdValue view_xor(HdThread *t, HdValue left, HdValue right) {
    return view_with(t, left, right, "symmetric_difference_update");
}
static HdValue view_and(HdThread *t, HdValue left, HdValue right) {
    if (!is_set_view(left)) { /* commutative; keep a view on the left */
        HdValue swap = left;
        left = right;
        right = swap;
    }
    HdSize length = hd_dict_length(VIEW(left)->dict);
    if (is_set_view(right) && hd_dict_length(VIEW(right)->dict) > length) { /* walk the shorter one */
        HdValue swap = left;
        left = right;
        right = swap;
    } else if (hd_is_exact_object(right, &hd_set_type) && hd_set_length(right) > length) {
        return hd_object_call_method1(t, right, "intersection", left);
    }
    HD_OWNED HdValue result = hd_set_new(t, HD_NULL);
    if (hd_is_null(result)) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, right);
    if (hd_is_null(iterator)) return HD_NULL;
    for (HdSize i = 1;; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? HD_NULL : hd_move(&result);
        int status = is_keys(left) ? keys_contains(t, left, item) : items_contains(t, left, item);
        if (status > 0) status = hd_set_add(t, result, item);
        hd_release(t, item);
        if (status < 0 || ((i & 1023) == 0 && hd_object_poll(t) < 0)) return HD_NULL;
    }
}

static HdValue view_isdisjoint(HdThread *t, HdValue self, const HdValue *args) {
    HdValue other = args[0];
    if (hd_same(self, other)) return hd_bool(hd_dict_length(VIEW(self)->dict) == 0);
    HdValue walked = other, asked = self;
    if (hd_is_exact_object(other, &hd_set_type) || is_set_view(other)) {
        HdSize length = hd_object_length(t, other);
        if (length < 0) return HD_NULL;
        if (length > hd_dict_length(VIEW(self)->dict)) {
            walked = self;
            asked = other;
        }
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, walked);
    if (hd_is_null(iterator)) return HD_NULL;
    for (HdSize i = 1;; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? HD_NULL : hd_True;
        int found = hd_object_contains(t, asked, item);
        hd_release(t, item);
        if (found) return found < 0 ? HD_NULL : hd_False;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
}

static HdValue view_mapping(HdThread *t, HdValue self, void *closure) {
    return hd_mappingproxy_new(t, VIEW(self)->dict);
}

static HdValue view_iterator(HdThread *t, HdValue self, HdType *type, bool backwards) {
    HdValue dict = VIEW(self)->dict;
    HdDictIterator *it = HD_NEW(t, HdDictIterator, type);
    if (!it) return HD_NULL;
    it->dict = hd_retain(t, dict);
    it->used = it->left = hd_dict_length(dict);
    it->position = backwards ? HD_SIZE_MAX : 0;
    return hd_from_object(it);
}
static HdValue keys_iter(HdThread *t, HdValue self) {
    return view_iterator(t, self, &hd_dict_key_iterator_type, false);
}
static HdValue values_iter(HdThread *t, HdValue self) {
    return view_iterator(t, self, &hd_dict_value_iterator_type, false);
}
static HdValue items_iter(HdThread *t, HdValue self) {
    return view_iterator(t, self, &hd_dict_item_iterator_type, false);
}
static HdValue keys_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return view_iterator(t, self, &hd_dict_reverse_key_iterator_type, true);
}
static HdValue values_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return view_iterator(t, self, &hd_dict_reverse_value_iterator_type, true);
}
static HdValue items_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return view_iterator(t, self, &hd_dict_reverse_item_iterator_type, true);
}
static void view_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((HdDictView *)self)->dict);
    hd_type_free(t, self);
}
static int view_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdDictView *)self)->dict);
    return 0;
}

static const HdGetSetDef view_getsets[] = {
    {"mapping", view_mapping, NULL, "The dictionary of the view, read-only.", NULL},
    {NULL},
};
static const HdMethodDef keys_methods[] = {
    HD_METHOD(view_isdisjoint, "isdisjoint($self, other, /)", "True if no item is in both."),
    HD_METHOD(keys_reversed, "__reversed__($self, /)", "Iterator over the keys, last one first."),
    HD_METHODS_END,
};
static const HdMethodDef items_methods[] = {
    HD_METHOD(view_isdisjoint, "isdisjoint($self, other, /)", "True if no item is in both."),
    HD_METHOD(items_reversed, "__reversed__($self, /)", "Iterator over the pairs, last one first."),
    HD_METHODS_END,
};
static const HdMethodDef values_methods[] = {
    HD_METHOD(values_reversed, "__reversed__($self, /)", "Iterator over the values, last one first."),
    HD_METHODS_END,
};
#define VIEW_COMMON(type_name)                                    \
    HD_TYPE_HEAD(type_name),                                      \
    .basicsize = sizeof(HdDictView),                              \
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW | HD_TYPE_ITER_NATIVE, \
    .dealloc = view_dealloc,                                      \
    .traverse = view_traverse,                                    \
    .repr = view_repr,                                            \
    .length = view_length,                                        \
    .getsets = view_getsets
#define VIEW_SET_OPERATORS                                        \
    .compare = view_compare,                                      \
    .hash = hd_object_hash_unhashable,                            \
    .subtract = view_subtract,                                    \
    .and_ = view_and,                                             \
    .or_ = view_or,                                               \
    .xor_ = view_xor

HdType hd_dict_keys_type = {
    VIEW_COMMON("dict_keys"), VIEW_SET_OPERATORS,
    .contains = keys_contains, .iter = keys_iter, .methods = keys_methods,
};
HdType hd_dict_items_type = {
    VIEW_COMMON("dict_items"), VIEW_SET_OPERATORS,
    .contains = items_contains, .iter = items_iter, .methods = items_methods,
};
HdType hd_dict_values_type = {
    VIEW_COMMON("dict_values"), .iter = values_iter, .methods = values_methods,
};

/* --- iterators --- */

static void exhaust(HdThread *t, HdDictIterator *it) {
    if (t->locks) HD_STORE_RELEASE(&it->position, -1); /* another thread may be reading `dict`, and has yet to count its key */
    else it->left = 0;
    hd_slot_let_go(t, &it->head, &it->dict);
}

/* The next pair, owned; 0 at the end, -1 raised. */
static int dict_step(HdThread *t, HdDictIterator *it, HdValue dict, bool backwards, HdValue *key, HdValue *value) {
    for (;;) {
        HdSize position = HD_LOAD_RELAXED(&it->position), before = position;
        if (position < 0) return 0;
        if (HD_UNLIKELY(HD_LOAD_RELAXED(&it->used) != hd_dict_length(dict))) {
            HD_STORE_RELAXED(&it->used, -1); /* stays so */
            return hd_raise_int(t, &hd_RuntimeError, "dictionary changed size during iteration");
        }
        int found = backwards ? hd_dict_previous(t, dict, &position, key, value)
                              : hd_dict_next(t, dict, &position, key, value);
        if (!found) {
            exhaust(t, it);
            return 0;
        }
        if (HD_LIKELY(!t->locks)) it->position = position;
        else if (!HD_CAS(&it->position, &before, position)) {
            hd_release(t, *key);
            hd_release(t, *value);
            continue;
        }
        /* Whoever has claimed a place counts it, after that. Counts of two threads may get lost, so that a change is
         * missed; none is seen where there was none. */
        HdSize left = HD_LOAD_RELAXED(&it->left);
        if (HD_UNLIKELY(left <= 0)) {
            hd_release(t, *key);
            hd_release(t, *value);
            exhaust(t, it);
            return backwards ? 0 : hd_raise_int(t, &hd_RuntimeError, "dictionary keys changed during iteration");
        }
        HD_STORE_RELAXED(&it->left, left - 1);
        return 1;
    }
}
static int iterator_step(HdThread *t, HdDictIterator *it, bool backwards, HdValue *key, HdValue *value) {
    HdBorrow borrow = hd_slot_borrow(t, &it->dict);
    int found = hd_is_null(borrow.v) ? 0 : dict_step(t, it, borrow.v, backwards, key, value);
    hd_slot_borrow_end(t, borrow);
    return found;
}
static HdValue step_key(HdThread *t, HdValue self, bool backwards) {
    HdValue key, value;
    if (iterator_step(t, ITERATOR(self), backwards, &key, &value) <= 0) return HD_NULL;
    hd_release(t, value);
    return key;
}
static HdValue step_value(HdThread *t, HdValue self, bool backwards) {
    HdValue key, value;
    if (iterator_step(t, ITERATOR(self), backwards, &key, &value) <= 0) return HD_NULL;
    hd_release(t, key);
    return value;
}
static HdValue step_item(HdThread *t, HdValue self, bool backwards) {
    HdDictIterator *it = ITERATOR(self);
    HdValue key, value;
    if (iterator_step(t, it, backwards, &key, &value) <= 0) return HD_NULL;
    HdValue pair = it->result;
    if (!hd_is_null(pair) && !t->locks && hd_count_is_one(t, hd_as_object(pair))) {
        it->result = HD_NULL; /* ours alone while it is filled */
        HdValue old_key = hd_tuple_at_borrowed(pair, 0), old_value = hd_tuple_at_borrowed(pair, 1);
        hd_tuple_put_steal(pair, 0, key);
        hd_tuple_put_steal(pair, 1, value);
        hd_tuple_refill(pair);
        hd_release(t, old_key);
        hd_release(t, old_value);
    } else {
        pair = hd_tuple_new(t, 2);
        if (hd_is_null(pair)) {
            hd_release(t, key);
            hd_release(t, value);
            return HD_NULL;
        }
        hd_tuple_put_steal(pair, 0, key);
        hd_tuple_put_steal(pair, 1, value);
    }
    if (!t->locks) {
        HdValue old = it->result;
        it->result = hd_retain(t, pair);
        hd_release(t, old);
    }
    return pair;
}
static HdValue key_next(HdThread *t, HdValue self) { return step_key(t, self, false); }
static HdValue value_next(HdThread *t, HdValue self) { return step_value(t, self, false); }
static HdValue item_next(HdThread *t, HdValue self) { return step_item(t, self, false); }
static HdValue key_previous(HdThread *t, HdValue self) { return step_key(t, self, true); }
static HdValue value_previous(HdThread *t, HdValue self) { return step_value(t, self, true); }
static HdValue item_previous(HdThread *t, HdValue self) { return step_item(t, self, true); }

static HdValue iterator_hint(HdThread *t, HdValue self, const HdValue *args) {
    HdDictIterator *it = ITERATOR(self);
    HD_OWNED HdValue dict = hd_slot_own(t, &it->dict);
    if (hd_is_null(dict) || HD_LOAD_RELAXED(&it->used) != hd_dict_length(dict)) return hd_imm_int(0);
    return hd_int_from_size(t, HD_LOAD_RELAXED(&it->position) < 0 ? 0 : HD_LOAD_RELAXED(&it->left));
}
static HdValue iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdDictIterator *it = ITERATOR(self);
    HdType *type = hd_type_of(self);
    HD_OWNED HdValue rest = HD_NULL;
    HdDictIterator *copy = HD_NEW(t, HdDictIterator, type); /* the rest is drawn from a copy */
    if (!copy) return HD_NULL;
    HD_OWNED HdValue owner = hd_from_object(copy);
    copy->dict = hd_slot_own(t, &it->dict);
    copy->left = HD_LOAD_ACQUIRE(&it->left); /* first: of a later place there are not more left */
    copy->position = HD_LOAD_RELAXED(&it->position);
    copy->used = HD_LOAD_RELAXED(&it->used);
    rest = hd_list_from_iterable(t, owner);
    return hd_is_null(rest) ? HD_NULL : hd_iter_reduce(t, "iter", rest);
}
static void iterator_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((HdDictIterator *)self)->dict);
    hd_release(t, ((HdDictIterator *)self)->result);
    hd_type_free(t, self);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdDictIterator *)self)->dict);
    HD_VISIT(((HdDictIterator *)self)->result);
    return 0;
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(iterator_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
#define DICT_ITERATOR(type_name, next_function)              \
    {                                                        \
        HD_TYPE_HEAD(type_name),                             \
        .basicsize = sizeof(HdDictIterator),                 \
        .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,          \
        .dealloc = iterator_dealloc,                         \
        .traverse = iterator_traverse,                       \
        .iter = hd_iter_self,                                \
        .next = next_function,                               \
        .methods = iterator_methods,                         \
    }
HdType hd_dict_key_iterator_type = DICT_ITERATOR("dict_keyiterator", key_next);
HdType hd_dict_value_iterator_type = DICT_ITERATOR("dict_valueiterator", value_next);
HdType hd_dict_item_iterator_type = DICT_ITERATOR("dict_itemiterator", item_next);
HdType hd_dict_reverse_key_iterator_type = DICT_ITERATOR("dict_reversekeyiterator", key_previous);
HdType hd_dict_reverse_value_iterator_type = DICT_ITERATOR("dict_reversevalueiterator", value_previous);
HdType hd_dict_reverse_item_iterator_type = DICT_ITERATOR("dict_reverseitemiterator", item_previous);
