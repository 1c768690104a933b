/* dict.c -- the type dict: operators and methods over the table of dict_table.c; mappingproxy.
 *
 * No lock is taken here: each operation of dict_table.c is atomic by itself.
 */
#include "dict_table.h"

#include "descr.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"
#include "set.h"
#include "str_builder.h"

#define DICT(v) HD_AS(HdDict, v)

/* --- slots --- */

static HdSize dict_length(HdThread *t, HdValue self) { return hd_dict_length(self); }

static HdValue dict_missing(HdThread *t, HdValue self, HdValue key) {
    if (!hd_is_exact_dict(self)) {
        HdValue method;
        int found = hd_object_find_special(t, self, HD_NAME("__missing__"), &method);
        if (found < 0) return HD_NULL;
        if (found) {
            HdValue result = hd_object_call1(t, method, key);
            hd_release(t, method);
            return result;
        }
    }
    return hd_raise_value(t, &hd_KeyError, key);
}

static HdValue dict_getitem(HdThread *t, HdValue self, HdValue key) {
    HdValue value;
    int found = hd_dict_find(t, self, key, &value);
    if (HD_LIKELY(found > 0)) return value;
    return found < 0 ? HD_NULL : dict_missing(t, self, key);
}
static int dict_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    return hd_is_null(value) ? hd_dict_delete(t, self, key) : hd_dict_set(t, self, key, value);
}
static int dict_contains(HdThread *t, HdValue self, HdValue key) { return hd_dict_contains(t, self, key); }

static HdValue dict_repr(HdThread *t, HdValue self) {
    if (!hd_dict_length(self)) return hd_str_from_ascii(t, "{}", 2);
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "{...}", 5);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    (void)hd_str_builder_char(&b, '{');
    HdSize position = 0;
    HdValue key, value;
    bool first = true, failed = false;
    while (!failed && hd_dict_next(t, self, &position, &key, &value)) {
        if (!first) (void)hd_str_builder_ascii(&b, ", ", 2);
        first = false;
        HdValue text = hd_object_repr(t, key);
        if (!hd_is_null(text)) {
            (void)hd_str_builder_str(&b, text);
            (void)hd_str_builder_ascii(&b, ": ", 2);
            hd_release(t, text);
            text = hd_object_repr(t, value);
        }
        if (hd_is_null(text)) failed = true;
        else (void)hd_str_builder_str(&b, text);
        hd_release(t, text);
        hd_release(t, key);
        hd_release(t, value);
    }
    (void)hd_str_builder_char(&b, '}');
    hd_object_repr_leave(t, self);
    if (failed) {
        hd_str_builder_discard(&b);
        return HD_NULL;
    }
    return hd_str_builder_finish(&b);
}

/* 1 equal, 0 not, -1 raised. */
static int dicts_equal(HdThread *t, HdValue a, HdValue b) {
    if (hd_dict_length(a) != hd_dict_length(b)) return 0;
    if (hd_object_enter(t, " in comparison") < 0) return -1;
    HdSize position = 0;
    HdValue key, value;
    int64_t hash;
    while (hd_dict_next_hash(t, a, &position, &key, &value, &hash)) {
        HdValue other;
        int equal = hd_dict_find_hash(t, b, key, hash, &other);
        if (equal > 0) {
            equal = hd_object_equal(t, other, value);
            hd_release(t, other);
        }
        hd_release(t, key);
        hd_release(t, value);
        if (equal <= 0) return equal;
    }
    return 1;
}
static HdValue dict_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_dict(left) || !hd_is_dict(right) || (op != HD_EQ && op != HD_NE)) return hd_NotImplemented;
    int equal = dicts_equal(t, left, right);
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}

static HdValue dict_or(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_dict(left) || !hd_is_dict(right)) return hd_NotImplemented;
    HdValue result = hd_dict_copy(t, left);
    if (hd_is_null(result)) return HD_NULL;
    if (hd_dict_merge(t, result, right, 1) == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}
static HdValue dict_inplace_or(HdThread *t, HdValue self, HdValue other) {
    return hd_dict_merge(t, self, other, 1) < 0 ? HD_NULL : hd_retain(t, self);
}

static HdValue dict_iter(HdThread *t, HdValue self);

/* --- methods --- */

static HdValue dict_method_contains(HdThread *t, HdValue self, const HdValue *args) {
    int found = hd_dict_contains(t, self, args[0]);
    return found < 0 ? HD_NULL : hd_bool(found);
}
static HdValue dict_method_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return dict_getitem(t, self, args[0]);
}
static HdValue dict_method_get(HdThread *t, HdValue self, const HdValue *args) {
    HdValue value;
    int found = hd_dict_find(t, self, args[0], &value);
    if (found) return found < 0 ? HD_NULL : value;
    return hd_is_null(args[1]) ? hd_None : hd_retain(t, args[1]);
}
static HdValue dict_method_setdefault(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_set_default(t, self, args[0], hd_is_null(args[1]) ? hd_None : args[1]);
}
static HdValue dict_method_pop(HdThread *t, HdValue self, const HdValue *args) {
    HdValue value;
    int found = hd_dict_pop(t, self, args[0], &value);
    if (found) return found < 0 ? HD_NULL : value;
    if (!hd_is_null(args[1])) return hd_retain(t, args[1]);
    return hd_raise_value(t, &hd_KeyError, args[0]);
}
static HdValue dict_method_popitem(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result = hd_tuple_new(t, 2); /* first, so that a lack of memory loses nothing */
    if (hd_is_null(result)) return HD_NULL;
    HdValue key, value;
    if (!hd_dict_pop_item(t, self, &key, &value)) {
        hd_release(t, result);
        return hd_raise(t, &hd_KeyError, "popitem(): dictionary is empty");
    }
    hd_tuple_put_steal(result, 0, key);
    hd_tuple_put_steal(result, 1, value);
    return result;
}
static HdValue dict_method_keys(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_view_new(t, &hd_dict_keys_type, self);
}
static HdValue dict_method_values(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_view_new(t, &hd_dict_values_type, self);
}
static HdValue dict_method_items(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_view_new(t, &hd_dict_items_type, self);
}
static HdValue dict_method_clear(HdThread *t, HdValue self, const HdValue *args) {
    return hd_dict_clear(t, self) < 0 ? HD_NULL : hd_None;
}
static HdValue dict_method_copy(HdThread *t, HdValue self, const HdValue *args) { return hd_dict_copy(t, self); }

int hd_dict_update_call(HdThread *t, HdValue dict, const HdRef *args, HdSize nargs, HdValue kwnames, const char *name) {
    if (hd_native_check_count(t, name, nargs, 0, 1) < 0) return -1;
    if (nargs && hd_dict_merge(t, dict, hd_ref_value(args[0]), 1) < 0) return -1;
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    for (HdSize i = 0; i < keywords; i++) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(args[nargs + i])) < 0) return -1;
    }
    return 0;
}
static HdValue dict_method_update(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_dict_update_call(t, self, args, nargs, kwnames, "update") < 0 ? HD_NULL : hd_None;
}

/* Keys of a set or dict bring their hashes with them. 1: done, 0: `keys` is something else, -1 raised. */
static int fill_with_hashes(HdThread *t, HdValue dict, HdValue keys, HdValue value) {
    HdType *type = hd_type_of(keys);
    bool is_set = type == &hd_set_type || type == &hd_frozenset_type;
    if (!is_set && type != &hd_dict_type) return 0;
    HdSize position = 0;
    HdValue key, unused = HD_NULL;
    int64_t hash;
    for (;;) {
        int more = is_set ? hd_set_next_hash(t, keys, &position, &key, &hash)
                          : hd_dict_next_hash(t, keys, &position, &key, &unused, &hash);
        if (!more) return 1;
        int status = hd_dict_set_hash(t, dict, key, hash, value);
        hd_release(t, key);
        if (!is_set) hd_release(t, unused);
        if (status < 0) return -1;
    }
}

static HdValue dict_method_fromkeys(HdThread *t, HdValue type, const HdValue *args) {
    HdValue value = hd_is_null(args[1]) ? hd_None : args[1];
    HD_OWNED HdValue result = hd_object_call0(t, type);
    if (hd_is_null(result)) return HD_NULL;
    bool exact = hd_is_exact_dict(result);
    int filled = exact ? fill_with_hashes(t, result, args[0], value) : 0;
    if (filled) return filled < 0 ? HD_NULL : hd_move(&result);
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    for (HdSize i = 1;; i++) {
        HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? HD_NULL : hd_move(&result);
        int status = exact ? hd_dict_set(t, result, key, value) : hd_object_setitem(t, result, key, value);
        hd_release(t, key);
        if (status < 0 || ((i & 1023) == 0 && hd_object_poll(t) < 0)) return HD_NULL;
    }
}
static HdValue dict_method_reversed(HdThread *t, HdValue self, const HdValue *args);
static HdValue dict_method_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdType *type = hd_type_of(self);
    return hd_int_from_size(t, type->basicsize + type->tail_size + (HdSize)hd_dict_table_bytes(DICT(self)));
}
static HdValue class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

/* --- iterators made by the dict --- */

static HdValue iterator_new(HdThread *t, HdType *type, HdValue dict, bool backwards) {
    HdDictIterator *it = (HdDictIterator *)hd_heap_object(t, type, sizeof *it, HD_FLAG_GC);
    if (!it) return hd_raise_no_memory(t);
    it->dict = hd_retain(t, dict);
    it->used = it->left = hd_dict_length(dict);
    it->position = backwards ? HD_SIZE_MAX : 0;
    return hd_from_object(it);
}
static HdValue dict_iter(HdThread *t, HdValue self) { return iterator_new(t, &hd_dict_key_iterator_type, self, false); }
static HdValue dict_method_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return iterator_new(t, &hd_dict_reverse_key_iterator_type, self, true);
}

/* --- life --- */

static HdValue dict_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (type == &hd_dict_type) return hd_dict_new(t);
    HdValue self = hd_type_alloc(t, type);
    if (!hd_is_null(self)) hd_dict_table_init(DICT(self));
    return self;
}
static int dict_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_dict_update_call(t, self, args, nargs, kwnames, "dict");
}
static void dict_dealloc(HdThread *t, HdObject *self) {
    hd_dict_table_free(t, (HdDict *)self);
    hd_type_free(t, self);
}
static int dict_traverse(HdObject *self, HdVisit visit, void *context) {
    return hd_dict_table_traverse((HdDict *)self, visit, context);
}
static void dict_gc_clear(HdThread *t, HdObject *self) {
    if (((HdDict *)self)->keys && hd_dict_clear(t, hd_from_object(self)) < 0) hd_clear_raised(t);
}

static const HdMethodDef dict_methods[] = {
    HD_METHOD(dict_method_contains, "__contains__($self, key, /)", "True if the dictionary has the key."),
    HD_METHOD(dict_method_getitem, "__getitem__($self, key, /)", "Return self[key]."),
    HD_METHOD(dict_method_sizeof, "__sizeof__($self, /)", "Bytes that the dictionary takes in memory."),
    HD_METHOD(dict_method_get, "get($self, key, default=None, /)", "The value of the key, or default without it."),
    HD_METHOD(dict_method_setdefault, "setdefault($self, key, default=None, /)",
              "The value of the key; without the key, insert it with default and return that."),
    HD_METHOD(dict_method_pop, "pop($self, key, default=<unrepresentable>, /)",
              "Remove the key and return its value.\n\nWithout the key: default if it is given, else KeyError."),
    HD_METHOD(dict_method_popitem, "popitem($self, /)",
              "Remove the pair that was inserted last and return it.\n\nKeyError if the dictionary is empty."),
    HD_METHOD(dict_method_keys, "keys($self, /)", "A view of the keys."),
    HD_METHOD(dict_method_items, "items($self, /)", "A view of the pairs (key, value)."),
    HD_METHOD(dict_method_values, "values($self, /)", "A view of the values."),
    HD_METHOD_RAW(dict_method_update, "update",
                  "Take over the pairs of a mapping or of an iterable of pairs, then the keyword arguments."),
    HD_CLASS_METHOD(dict_method_fromkeys, "fromkeys($type, iterable, value=None, /)",
                    "A new dictionary with the items of the iterable as keys, all with one value."),
    HD_METHOD(dict_method_clear, "clear($self, /)", "Remove every item."),
    HD_METHOD(dict_method_copy, "copy($self, /)", "A new dictionary with the same items."),
    HD_METHOD(dict_method_reversed, "__reversed__($self, /)", "Iterator over the keys, last one first."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};

HdType hd_dict_type = {
    HD_TYPE_HEAD("dict"),
    .doc = "dict() -> an empty dictionary\n"
           "dict(mapping) -> one with the pairs of the mapping\n"
           "dict(iterable) -> one with the pairs that the iterable gives\n"
           "dict(**kwargs) -> one with the keyword arguments",
    .basicsize = sizeof(HdDict),
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_DICT | HD_TYPE_MAPPING | HD_TYPE_MATCH_SELF | HD_TYPE_ITER_NATIVE,
    .dealloc = dict_dealloc,
    .traverse = dict_traverse,
    .clear = dict_gc_clear,
    .create = dict_create,
    .init = dict_init,
    .repr = dict_repr,
    .hash = hd_object_hash_unhashable,
    .compare = dict_compare,
    .iter = dict_iter,
    .length = dict_length,
    .getitem = dict_getitem,
    .setitem = dict_setitem,
    .contains = dict_contains,
    .or_ = dict_or,
    .inplace_or = dict_inplace_or,
    .methods = dict_methods,
};

/* --- mappingproxy: a read-only view of any mapping --- */

#define MAPPING(v) (HD_AS(HdDictView, v)->dict)
static bool is_proxy(HdValue v) { return hd_is_exact_object(v, &hd_mappingproxy_type); }

HdValue hd_mappingproxy_new(HdThread *t, HdValue mapping) {
    HdDictView *proxy = (HdDictView *)hd_heap_object(t, &hd_mappingproxy_type, sizeof *proxy, HD_FLAG_GC);
    if (!proxy) return hd_raise_no_memory(t);
    proxy->dict = hd_retain(t, mapping);
    return hd_from_object(proxy);
}

static HdValue proxy_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "mappingproxy(mapping)", NULL);
    HdValue bound[1];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdType *kind = hd_type_of(bound[0]);
    if (!kind->getitem || (kind->flags & (HD_TYPE_LIST | HD_TYPE_TUPLE))) {
        return hd_raise(t, &hd_TypeError, "mappingproxy() argument must be a mapping, not %T", bound[0]);
    }
    return hd_mappingproxy_new(t, bound[0]);
}
static HdSize proxy_length(HdThread *t, HdValue self) { return hd_object_length(t, MAPPING(self)); }
static HdValue proxy_getitem(HdThread *t, HdValue self, HdValue key) {
    return hd_object_getitem(t, MAPPING(self), key);
}
static int proxy_contains(HdThread *t, HdValue self, HdValue key) {
    HdValue mapping = MAPPING(self);
    return hd_is_exact_dict(mapping) ? hd_dict_contains(t, mapping, key) : hd_object_contains(t, mapping, key);
}
static HdValue proxy_iter(HdThread *t, HdValue self) { return hd_object_iter(t, MAPPING(self)); }
static HdValue proxy_repr(HdThread *t, HdValue self) { return hd_str_format(t, "mappingproxy(%R)", MAPPING(self)); }
static HdValue proxy_str(HdThread *t, HdValue self) { return hd_object_str(t, MAPPING(self)); }
static int64_t proxy_hash(HdThread *t, HdValue self) { return hd_object_hash(t, MAPPING(self)); }
static HdValue proxy_compare(HdThread *t, HdValue left, HdValue right, int op) {
    return is_proxy(left) ? hd_object_compare(t, MAPPING(left), right, op) : hd_NotImplemented;
}
static HdValue proxy_or(HdThread *t, HdValue left, HdValue right) {
    return hd_number_op(t, HD_OP_OR, is_proxy(left) ? MAPPING(left) : left, is_proxy(right) ? MAPPING(right) : right);
}
static HdValue proxy_inplace_or(HdThread *t, HdValue self, HdValue other) {
    return hd_raise(t, &hd_TypeError, "'|=' is not supported by mappingproxy; use '|' instead");
}
static HdValue proxy_get(HdThread *t, HdValue self, const HdValue *args) {
    HdValue default_value = hd_is_null(args[1]) ? hd_None : args[1];
    return hd_object_call_method2(t, MAPPING(self), "get", args[0], default_value);
}
static HdValue proxy_keys(HdThread *t, HdValue self, const HdValue *args) {
    return hd_object_call_method0(t, MAPPING(self), "keys");
}
static HdValue proxy_values(HdThread *t, HdValue self, const HdValue *args) {
    return hd_object_call_method0(t, MAPPING(self), "values");
}
static HdValue proxy_items(HdThread *t, HdValue self, const HdValue *args) {
    return hd_object_call_method0(t, MAPPING(self), "items");
}
static HdValue proxy_copy(HdThread *t, HdValue self, const HdValue *args) {
    return hd_object_call_method0(t, MAPPING(self), "copy");
}
static HdValue proxy_reversed(HdThread *t, HdValue self, const HdValue *args) {
    return hd_object_call_method0(t, MAPPING(self), "__reversed__");
}
static void proxy_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((HdDictView *)self)->dict);
    hd_type_free(t, self);
}
static int proxy_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdDictView *)self)->dict);
    return 0;
}
static const HdMethodDef proxy_methods[] = {
    HD_METHOD(proxy_get, "get($self, key, default=None, /)", "The value of the key, or default without it."),
    HD_METHOD(proxy_keys, "keys($self, /)", "What the mapping's keys() gives."),
    HD_METHOD(proxy_values, "values($self, /)", "What the mapping's values() gives."),
    HD_METHOD(proxy_items, "items($self, /)", "What the mapping's items() gives."),
    HD_METHOD(proxy_copy, "copy($self, /)", "What the mapping's copy() gives."),
    HD_METHOD(proxy_reversed, "__reversed__($self, /)", "Reverse iterator over the keys."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
HdType hd_mappingproxy_type = {
    HD_TYPE_HEAD("mappingproxy"),
    .doc = "mappingproxy(mapping)\n--\n\nA read-only view of a mapping.",
    .basicsize = sizeof(HdDictView),
    .flags = HD_TYPE_GC | HD_TYPE_MAPPING,
    .dealloc = proxy_dealloc,
    .traverse = proxy_traverse,
    .create = proxy_create,
    .repr = proxy_repr,
    .str = proxy_str,
    .hash = proxy_hash,
    .compare = proxy_compare,
    .iter = proxy_iter,
    .length = proxy_length,
    .getitem = proxy_getitem,
    .contains = proxy_contains,
    .or_ = proxy_or,
    .inplace_or = proxy_inplace_or,
    .methods = proxy_methods,
};

int hd_dict_init(HdThread *t) {
    HdType *types[] = {&hd_dict_type, &hd_dict_keys_type, &hd_dict_values_type, &hd_dict_items_type,
                       &hd_dict_key_iterator_type, &hd_dict_value_iterator_type, &hd_dict_item_iterator_type,
                       &hd_dict_reverse_key_iterator_type, &hd_dict_reverse_value_iterator_type,
                       &hd_dict_reverse_item_iterator_type, &hd_mappingproxy_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_type_ready(t, types[i]) < 0) return -1;
    }
    return 0;
}
