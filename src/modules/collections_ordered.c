/* collections_ordered.c -- OrderedDict: a dict whose order can be changed and counts in comparisons.
 *
 * The table of dict.h keeps its entries in order and can move them, so nothing is stored beside it. Views are dict's
 * with an iterator of their own, which tells a change of keys or order by HdDict.changes. No locks are taken here: each
 * operation of dict.h is atomic by itself, and an iterator that threads share moves by compare-and-swap.
 */
#include "collections_types.h"

typedef struct OrderedDict {
    HdDict dict;
    HdAttrs attrs;
} OrderedDict;

static HdType odict_keys_type, odict_values_type, odict_items_type, odict_iterator_type;

static bool is_ordered(HdValue v) { return hd_is_instance(v, &hd_ordered_dict_type); }
static bool is_exact(HdValue v) { return hd_is_exact_object(v, &hd_ordered_dict_type); }

/* --- iterators --- */

typedef enum Kind { KEYS, VALUES, ITEMS } Kind;

typedef struct OrderedIterator {
    HdObject head;
    HdValue dict;     /* HD_NULL once it is over (with the GIL; without it another thread may be reading it) */
    Kind kind;
    bool backwards;
    HdSize position;  /* of hd_dict_next, hd_dict_previous; moved by compare-and-swap */
    HdSize left;      /* keys still to come; 0: it is over */
    uint64_t changes; /* of the dict when the iterator was made */
} OrderedIterator;
#define ITERATOR(v) HD_AS(OrderedIterator, v)

static uint64_t changes_of(HdValue dict) { return HD_LOAD_RELAXED(&HD_AS(HdDict, dict)->changes); }

static HdValue iterator_new(HdThread *t, HdValue dict, Kind kind, bool backwards) {
    OrderedIterator *it = HD_NEW(t, OrderedIterator, &odict_iterator_type);
    if (!it) return HD_NULL;
    it->dict = hd_retain(t, dict);
    it->kind = kind;
    it->backwards = backwards;
    it->position = backwards ? HD_SIZE_MAX : 0;
    it->changes = changes_of(dict);
    it->left = hd_dict_length(dict);
    return hd_from_object(it);
}

static void exhaust(HdThread *t, OrderedIterator *it) {
    HD_STORE_RELAXED(&it->left, 0);
    hd_slot_let_go(t, &it->head, &it->dict);
}

/* 1 and the next pair, owned; 0 at the end, -1 raised. */
static int dict_step(HdThread *t, OrderedIterator *it, HdValue dict, HdValue *key, HdValue *value) {
    for (;;) {
        HdSize position = HD_LOAD_ACQUIRE(&it->position), before = position;
        if (HD_LOAD_RELAXED(&it->left) <= 0) {
            exhaust(t, it);
            return 0;
        }
        if (HD_UNLIKELY(changes_of(dict) != it->changes)) {
            exhaust(t, it);
            return hd_raise_int(t, &hd_RuntimeError, "OrderedDict mutated during iteration");
        }
        int found = it->backwards ? hd_dict_previous(t, dict, &position, key, value)
                                  : hd_dict_next(t, dict, &position, key, value);
        if (!found) {
            exhaust(t, it);
            return 0;
        }
        if (HD_LIKELY(!t->locks)) HD_STORE_RELAXED(&it->position, position);
        else if (!HD_CAS(&it->position, &before, position)) {
            hd_release(t, *key);
            hd_release(t, *value);
            continue;
        }
        HD_STORE_RELAXED(&it->left, HD_LOAD_RELAXED(&it->left) - 1);
        return 1;
    }
}
static int iterator_step(HdThread *t, OrderedIterator *it, HdValue *key, HdValue *value) {
    HdBorrow borrow = hd_slot_borrow(t, &it->dict);
    int found = hd_is_null(borrow.v) ? 0 : dict_step(t, it, borrow.v, key, value);
    hd_slot_borrow_end(t, borrow);
    return found;
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    HdValue key, value;
    if (iterator_step(t, ITERATOR(self), &key, &value) <= 0) return HD_NULL;
    HdValue result;
    switch (ITERATOR(self)->kind) {
    case KEYS:
        hd_release(t, value);
        return key;
    case VALUES:
        hd_release(t, key);
        return value;
    default:
        result = hd_tuple_pack(t, 2, key, value);
        hd_release(t, key);
        hd_release(t, value);
        return result;
    }
}

/* What is left as a list; the iterator itself stays where it is. */
static HdValue iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    OrderedIterator *it = ITERATOR(self);
    HD_OWNED HdValue dict = hd_slot_own(t, &it->dict);
    if (HD_LOAD_RELAXED(&it->left) <= 0 || hd_is_null(dict)) {
        HD_OWNED HdValue none = hd_list_new(t, 0);
        return hd_is_null(none) ? HD_NULL : hd_iter_reduce(t, "iter", none);
    }
    HD_OWNED HdValue twin = iterator_new(t, dict, it->kind, it->backwards);
    if (hd_is_null(twin)) return HD_NULL;
    ITERATOR(twin)->position = HD_LOAD_RELAXED(&it->position);
    ITERATOR(twin)->left = HD_LOAD_RELAXED(&it->left);
    ITERATOR(twin)->changes = it->changes;
    HD_OWNED HdValue list = hd_list_from_iterable(t, twin);
    return hd_is_null(list) ? HD_NULL : hd_iter_reduce(t, "iter", list);
}
static void iterator_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((OrderedIterator *)self)->dict);
    hd_type_free(t, self);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((OrderedIterator *)self)->dict);
    return 0;
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_reduce, "__reduce__($self, /)", "Return state information for pickling"),
    HD_METHODS_END,
};
static HdType odict_iterator_type = {
    HD_TYPE_HEAD("odict_iterator"),
    .basicsize = sizeof(OrderedIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .iter = hd_iter_self,
    .next = iterator_next,
    .methods = iterator_methods,
};

/* --- views --- */

#define VIEWED(v) (HD_AS(HdDictView, v)->dict)
#define VIEW(name, KIND, base_type)                                                                          \
    static HdValue name##_iter(HdThread *t, HdValue self) {                                                  \
        return iterator_new(t, VIEWED(self), KIND, false);                                                   \
    }                                                                                                        \
    static HdValue name##_reversed(HdThread *t, HdValue self, const HdValue *args) {                         \
        return iterator_new(t, VIEWED(self), KIND, true);                                                    \
    }                                                                                                        \
    static const HdMethodDef name##_methods[] = {                                                            \
        HD_METHOD(name##_reversed, "__reversed__($self, /)", "Iterator in the opposite order."),             \
        HD_METHODS_END,                                                                                      \
    };                                                                                                       \
    static HdType name##_type = {                                                                            \
        HD_TYPE_HEAD(#name), .base = &base_type, .flags = HD_TYPE_DISALLOW_NEW, .iter = name##_iter,         \
        .methods = name##_methods,                                                                           \
    }
VIEW(odict_keys, KEYS, hd_dict_keys_type);
VIEW(odict_values, VALUES, hd_dict_values_type);
VIEW(odict_items, ITEMS, hd_dict_items_type);

static HdValue odict_keys(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_view_new(t, &odict_keys_type, self);
}
static HdValue odict_values(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_view_new(t, &odict_values_type, self);
}
static HdValue odict_items(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_view_new(t, &odict_items_type, self);
}
static HdValue odict_iter(HdThread *t, HdValue self) { return iterator_new(t, self, KEYS, false); }
static HdValue odict_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return iterator_new(t, self, KEYS, true);
}

/* --- filling: every pair is stored by `self[key] = value`, as a subclass may have it --- */

static HdValue unpack_next(HdThread *t, HdValue iterator, int have) {
    HdValue item = hd_object_next(t, iterator);
    if (!hd_is_null(item) || hd_raised(t)) return item;
    return hd_raise(t, &hd_ValueError, "need more than %d value%s to unpack", have, have == 1 ? "" : "s");
}
HD_CHECK static int add_pair(HdThread *t, HdValue self, HdValue pair) {
    HD_OWNED HdValue iterator = hd_object_iter(t, pair);
    if (hd_is_null(iterator)) return -1;
    HD_OWNED HdValue key = unpack_next(t, iterator, 0);
    if (hd_is_null(key)) return -1;
    HD_OWNED HdValue value = unpack_next(t, iterator, 1);
    if (hd_is_null(value)) return -1;
    HD_OWNED HdValue more = hd_object_next(t, iterator);
    if (!hd_is_null(more)) return hd_raise_int(t, &hd_ValueError, "too many values to unpack (expected 2)");
    return hd_raised(t) ? -1 : hd_object_setitem(t, self, key, value);
}
HD_CHECK static int add_pairs(HdThread *t, HdValue self, HdValue pairs) {
    HD_OWNED HdValue iterator = hd_object_iter(t, pairs);
    if (hd_is_null(iterator)) return -1;
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue pair = hd_object_next(t, iterator);
        if (hd_is_null(pair)) return hd_raised(t) ? -1 : 0;
        if (add_pair(t, self, pair) < 0 || (i % 1024 == 0 && hd_object_poll(t) < 0)) return -1;
    }
}
HD_CHECK static int add_keys(HdThread *t, HdValue self, HdValue mapping, HdValue keys) {
    HD_OWNED HdValue iterator = hd_object_iter(t, keys);
    if (hd_is_null(iterator)) return -1;
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? -1 : 0;
        HD_OWNED HdValue value = hd_object_getitem(t, mapping, key);
        if (hd_is_null(value) || hd_object_setitem(t, self, key, value) < 0) return -1;
        if (i % 1024 == 0 && hd_object_poll(t) < 0) return -1;
    }
}
HD_CHECK static int update_from(HdThread *t, HdValue self, HdValue other) {
    if (hd_is_exact_dict(other)) {
        if (hd_type_of(self)->setitem == hd_dict_type.setitem) return hd_dict_merge(t, self, other, 1);
        HD_OWNED HdValue items = hd_dict_items_list(t, other);
        return hd_is_null(items) ? -1 : add_pairs(t, self, items);
    }
    HD_OWNED HdValue method = HD_NULL, result = HD_NULL;
    int found = hd_object_find_attr(t, other, HD_NAME("keys"), &method);
    if (found < 0) return -1;
    if (found) {
        result = hd_object_call0(t, method);
        return hd_is_null(result) ? -1 : add_keys(t, self, other, result);
    }
    found = hd_object_find_attr(t, other, HD_NAME("items"), &method);
    if (found < 0) return -1;
    if (!found) return add_pairs(t, self, other);
    result = hd_object_call0(t, method);
    return hd_is_null(result) ? -1 : add_pairs(t, self, result);
}
HD_CHECK static int update(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs && update_from(t, self, hd_ref_value(args[0])) < 0) return -1;
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    for (HdSize i = 0; i < keywords; i++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, i);
        if (hd_object_setitem(t, self, name, hd_ref_value(args[nargs + i])) < 0) return -1;
    }
    return 0;
}
static int odict_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs > 1) return hd_raise_int(t, &hd_TypeError, "expected at most 1 arguments, got %zd", nargs);
    return update(t, self, args, nargs, kwnames);
}
static HdValue odict_update(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs > 1) {
        return hd_raise(t, &hd_TypeError, "update() takes at most 1 positional argument (%zd given)", nargs);
    }
    return update(t, self, args, nargs, kwnames) < 0 ? HD_NULL : hd_None;
}
static HdValue odict_inplace_or(HdThread *t, HdValue self, HdValue other) {
    return update_from(t, self, other) < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue odict_or(HdThread *t, HdValue left, HdValue right) {
    bool is_left = is_ordered(left);
    if (!hd_is_dict(is_left ? right : left)) return hd_NotImplemented;
    HdValue result = hd_object_call1(t, hd_type_value(hd_type_of(is_left ? left : right)), left);
    if (hd_is_null(result) || update_from(t, result, right) == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}

static HdValue odict_fromkeys(HdThread *t, HdValue type, const HdValue *args) {
    HD_OWNED HdValue result = hd_object_call0(t, type);
    if (hd_is_null(result)) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? HD_NULL : hd_move(&result);
        if (hd_object_setitem(t, result, key, hd_is_null(args[1]) ? hd_None : args[1]) < 0) return HD_NULL;
        if (i % 1024 == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
}

/* self's pairs, read by `self[key]`, stored into `to`. */
HD_CHECK static int copy_pairs(HdThread *t, HdValue self, HdValue to) {
    HD_OWNED HdValue iterator = iterator_new(t, self, KEYS, false);
    if (hd_is_null(iterator)) return -1;
    for (;;) {
        HD_OWNED HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? -1 : 0;
        HD_OWNED HdValue value = hd_object_getitem(t, self, key);
        if (hd_is_null(value) || hd_object_setitem(t, to, key, value) < 0) return -1;
    }
}
static HdValue odict_copy(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result = hd_object_call0(t, hd_type_value(hd_type_of(self)));
    if (hd_is_null(result)) return HD_NULL;
    int status;
    if (!is_exact(self)) {
        status = copy_pairs(t, self, result);
    } else {
        HD_OWNED HdValue plain = hd_dict_copy(t, self); /* at one moment */
        status = hd_is_null(plain) ? -1 : hd_dict_merge(t, result, plain, 1);
    }
    if (status == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}

/* --- single keys --- */

static HdValue odict_setdefault(HdThread *t, HdValue self, const HdValue *args) {
    HdValue value = hd_is_null(args[1]) ? hd_None : args[1];
    if (is_exact(self)) return hd_dict_set_default(t, self, args[0], value);
    int there = hd_object_contains(t, self, args[0]);
    if (there < 0) return HD_NULL;
    if (there) return hd_object_getitem(t, self, args[0]);
    return hd_object_setitem(t, self, args[0], value) < 0 ? HD_NULL : hd_retain(t, value);
}
static HdValue odict_pop(HdThread *t, HdValue self, const HdValue *args) {
    HdValue value;
    int found = hd_dict_pop(t, self, args[0], &value);
    if (found) return found < 0 ? HD_NULL : value;
    if (!hd_is_null(args[1])) return hd_retain(t, args[1]);
    return hd_raise_value(t, &hd_KeyError, args[0]);
}
static HdValue odict_popitem(HdThread *t, HdValue self, const HdValue *args) {
    int last = hd_is_null(args[0]) ? 1 : hd_object_truth(t, args[0]);
    if (last < 0) return HD_NULL;
    HdValue pair = hd_tuple_new(t, 2); /* first, so that a lack of memory loses nothing */
    if (hd_is_null(pair)) return HD_NULL;
    HdValue key, value;
    if (!(last ? hd_dict_pop_item : hd_dict_pop_first)(t, self, &key, &value)) {
        hd_release(t, pair);
        return hd_raise(t, &hd_KeyError, "dictionary is empty");
    }
    hd_tuple_put_steal(pair, 0, key);
    hd_tuple_put_steal(pair, 1, value);
    return pair;
}
static HdValue odict_move_to_end(HdThread *t, HdValue self, const HdValue *args) {
    int last = hd_is_null(args[1]) ? 1 : hd_object_truth(t, args[1]);
    if (last < 0) return HD_NULL;
    int found = hd_dict_move(t, self, args[0], last);
    if (found < 0) return HD_NULL;
    return found ? hd_None : hd_raise_value(t, &hd_KeyError, args[0]);
}

/* --- comparison, text, pickling --- */

static int same_order(HdThread *t, HdValue a, HdValue b) {
    HD_OWNED HdValue one = iterator_new(t, a, KEYS, false);
    if (hd_is_null(one)) return -1;
    HD_OWNED HdValue other = iterator_new(t, b, KEYS, false);
    if (hd_is_null(other)) return -1;
    for (;;) {
        HD_OWNED HdValue key = hd_object_next(t, one);
        if (hd_is_null(key) && hd_raised(t)) return -1;
        HD_OWNED HdValue key2 = hd_object_next(t, other);
        if (hd_is_null(key2) && hd_raised(t)) return -1;
        if (hd_is_null(key) || hd_is_null(key2)) return hd_is_null(key) && hd_is_null(key2);
        int equal = hd_object_equal(t, key, key2);
        if (equal <= 0) return equal;
    }
}
static HdValue odict_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_dict(right)) return hd_NotImplemented;
    HdValue result = hd_dict_type.compare(t, left, right, HD_EQ);
    if (hd_is_null(result)) return HD_NULL;
    int equal = hd_same(result, hd_True);
    if (equal && is_ordered(left) && is_ordered(right)) equal = same_order(t, left, right);
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}

static HdValue odict_repr(HdThread *t, HdValue self) {
    if (!hd_dict_length(self)) return hd_str_format(t, "%N()", hd_type_of(self));
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "...", 3);
    HdValue list = HD_NULL, text = HD_NULL;
    if (is_exact(self)) {
        list = hd_dict_items_list(t, self);
    } else {
        HD_OWNED HdValue items = hd_object_call_method0(t, self, "items");
        if (!hd_is_null(items)) list = hd_list_from_iterable(t, items);
    }
    if (!hd_is_null(list)) text = hd_str_format(t, "%N(%R)", hd_type_of(self), list);
    hd_release(t, list);
    hd_object_repr_leave(t, self);
    return text;
}

static HdValue odict_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue state = hd_object_call_method0(t, self, "__getstate__");
    if (hd_is_null(state)) return HD_NULL;
    HD_OWNED HdValue items = hd_object_call_method0(t, self, "items");
    if (hd_is_null(items)) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, items);
    if (hd_is_null(iterator)) return HD_NULL;
    return hd_tuple_pack(t, 5, hd_type_value(hd_type_of(self)), hd_tuple_empty(), state, hd_None, iterator);
}

static const HdMethodDef odict_methods[] = {
    HD_CLASS_METHOD(odict_fromkeys, "fromkeys($type, iterable, value=None)",
                    "A new ordered dictionary with the items of the iterable as keys, all with one value."),
    HD_METHOD(odict_setdefault, "setdefault($self, key, default=None)",
              "The value of the key; without the key, insert it with default and return that."),
    HD_METHOD(odict_pop, "pop($self, key, default=<unrepresentable>)",
              "Remove the key and return its value.\n\nWithout the key: default if it is given, else KeyError."),
    HD_METHOD(odict_popitem, "popitem($self, last=True)",
              "Remove the last pair, or the first one, and return it.\n\nKeyError if the dictionary is empty."),
    HD_METHOD(odict_move_to_end, "move_to_end($self, key, last=True)",
              "Move a key that is there to the end, or to the beginning.\n\nKeyError if it is not there."),
    HD_METHOD_RAW(odict_update, "update",
                  "Take over the pairs of a mapping or of an iterable of pairs, then the keyword arguments."),
    HD_METHOD(odict_keys, "keys($self, /)", "A view of the keys."),
    HD_METHOD(odict_values, "values($self, /)", "A view of the values."),
    HD_METHOD(odict_items, "items($self, /)", "A view of the pairs (key, value)."),
    HD_METHOD(odict_copy, "copy($self, /)", "A new ordered dictionary with the same items."),
    HD_METHOD(odict_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHOD(odict_reversed, "__reversed__($self, /)", "Iterator over the keys, last one first."),
    HD_METHODS_END,
};
static const HdGetSetDef odict_getsets[] = {
    {"__dict__", hd_attrs_get_dict_attr, hd_attrs_set_dict_attr, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
HdType hd_ordered_dict_type = {
    HD_TYPE_HEAD("collections.OrderedDict"),
    .doc = "Dictionary that remembers insertion order, can change it and compares it.",
    .base = &hd_dict_type,
    .basicsize = sizeof(OrderedDict),
    .attrs_offset = offsetof(OrderedDict, attrs),
    .flags = HD_TYPE_BASE,
    .init = odict_init,
    .repr = odict_repr,
    .hash = hd_object_hash_unhashable,
    .compare = odict_compare,
    .iter = odict_iter,
    .or_ = odict_or,
    .inplace_or = odict_inplace_or,
    .methods = odict_methods,
    .getsets = odict_getsets,
};

int hd_ordered_dict_init(HdThread *t) {
    HdType *types[] = {&odict_keys_type, &odict_values_type, &odict_items_type, &odict_iterator_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_type_ready(t, types[i]) < 0) return -1;
    }
    return 0;
}
