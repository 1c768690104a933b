/* mod__collections.c -- the module _collections: the descriptor of namedtuple's fields, the counting loop of Counter.
 * deque is in collections_deque.c, defaultdict in collections_dict.c, OrderedDict in collections_ordered.c.
 *
 * A field descriptor's index never changes; its docstring is a member like any other. No locks are taken here.
 */
#include "collections_types.h"

/* --- _tuplegetter --- */

typedef struct TupleGetter {
    HdObject head;
    HdSize index;
    HdValue doc;
} TupleGetter;
#define GETTER(v) HD_AS(TupleGetter, v)

static HdValue getter_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "_tuplegetter", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "_tuplegetter", nargs, 2, 2) < 0) return HD_NULL;
    HdSize index = hd_number_as_size(t, hd_ref_value(args[0]), &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    TupleGetter *getter = HD_NEW(t, TupleGetter, type);
    if (!getter) return HD_NULL;
    getter->index = index;
    getter->doc = hd_retain(t, hd_ref_value(args[1]));
    return hd_from_object(getter);
}
static HdValue getter_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    if (hd_is_null(object) || hd_is_none(object)) return hd_retain(t, self);
    HdSize index = GETTER(self)->index;
    if (HD_UNLIKELY(!hd_is_tuple(object))) {
        return hd_raise(t, &hd_TypeError,
                        "descriptor for index '%zd' for tuple subclasses doesn't apply to '%T' object", index, object);
    }
    if (index < 0 || index >= hd_tuple_length(object)) return hd_raise(t, &hd_IndexError, "tuple index out of range");
    return hd_retain(t, hd_tuple_at_borrowed(object, index));
}
static int getter_set(HdThread *t, HdValue self, HdValue object, HdValue value) {
    return hd_raise_int(t, &hd_AttributeError, "can't %s attribute", hd_is_null(value) ? "delete" : "set");
}
static HdValue getter_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue index = hd_int_from_size(t, GETTER(self)->index);
    if (hd_is_null(index)) return HD_NULL;
    HD_OWNED HdValue doc = hd_object_getattr(t, self, HD_NAME("__doc__"));
    if (hd_is_null(doc)) return HD_NULL;
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 2, index, doc);
    return hd_is_null(arguments) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), arguments);
}
static HdValue getter_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue doc = hd_object_getattr(t, self, HD_NAME("__doc__"));
    return hd_is_null(doc) ? HD_NULL : hd_str_format(t, "%N(%zd, %R)", hd_type_of(self), GETTER(self)->index, doc);
}
static void getter_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((TupleGetter *)self)->doc);
    hd_type_free(t, self);
}
static int getter_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((TupleGetter *)self)->doc);
    return 0;
}
static void getter_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((TupleGetter *)self)->doc); }

static const HdMethodDef getter_methods[] = {
    HD_METHOD(getter_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHODS_END,
};
static const HdMemberDef getter_members[] = {
    {"__doc__", HD_MEMBER_VALUE, offsetof(TupleGetter, doc), false, NULL, false},
    {NULL},
};
static HdType tuplegetter_type = {
    HD_TYPE_HEAD("_collections._tuplegetter"),
    .basicsize = sizeof(TupleGetter),
    .flags = HD_TYPE_GC,
    .dealloc = getter_dealloc,
    .traverse = getter_traverse,
    .clear = getter_clear,
    .create = getter_create,
    .repr = getter_repr,
    .descr_get = getter_get,
    .descr_set = getter_set,
    .methods = getter_methods,
    .members = getter_members,
};

/* --- _count_elements --- */

static HdValue plus_one(HdThread *t, HdValue count) { return hd_number_add(t, count, hd_imm_int(1)); }

HD_CHECK static int count_in_dict(HdThread *t, HdValue dict, HdValue key) {
    int64_t hash = hd_object_hash(t, key);
    if (hash == -1) return -1;
    HdValue old;
    int found = hd_dict_find_hash(t, dict, key, hash, &old);
    if (found < 0) return -1;
    if (!found) return hd_dict_set_hash(t, dict, key, hash, hd_imm_int(1));
    HD_OWNED HdValue now = plus_one(t, old);
    hd_release(t, old);
    return hd_is_null(now) ? -1 : hd_dict_set_hash(t, dict, key, hash, now);
}
HD_CHECK static int count_in_mapping(HdThread *t, HdValue mapping, HdValue get, HdValue key) {
    HD_OWNED HdValue old = hd_object_call2(t, get, key, hd_imm_int(0));
    if (hd_is_null(old)) return -1;
    HD_OWNED HdValue now = plus_one(t, old);
    return hd_is_null(now) ? -1 : hd_object_setitem(t, mapping, key, now);
}

/* True when `get` and `mapping[key] = …` are the dict's own. */
static bool counts_as_dict(HdThread *t, HdValue mapping) {
    if (!hd_is_dict(mapping)) return false;
    HdType *type = hd_type_of(mapping);
    HdValue names[] = {HD_NAME("get"), HD_NAME("__setitem__")};
    for (int i = 0; i < 2; i++) {
        if (!hd_same(hd_type_lookup_borrowed(t, type, names[i]), hd_type_lookup_borrowed(t, &hd_dict_type, names[i]))) {
            return false;
        }
    }
    return true;
}

static HdValue count_elements(HdThread *t, HdValue module, const HdValue *args) {
    HdValue mapping = args[0];
    HD_OWNED HdValue iterator = hd_object_iter(t, args[1]);
    if (hd_is_null(iterator)) return HD_NULL;
    HD_OWNED HdValue get = HD_NULL;
    if (!counts_as_dict(t, mapping)) {
        get = hd_object_getattr(t, mapping, HD_NAME("get"));
        if (hd_is_null(get)) return HD_NULL;
    }
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? HD_NULL : hd_None;
        int status = hd_is_null(get) ? count_in_dict(t, mapping, key) : count_in_mapping(t, mapping, get, key);
        if (status < 0 || (i % 1024 == 0 && hd_object_poll(t) < 0)) return HD_NULL;
    }
}

static const HdMethodDef functions[] = {
    HD_METHOD(count_elements, "_count_elements(mapping, iterable, /)",
              "Count the items of an iterable in a mapping: mapping[item] grows by one for each."),
    HD_METHODS_END,
};

static int collections_exec(HdThread *t, HdValue module) {
    HdType *types[] = {&hd_deque_type, &hd_defaultdict_type, &hd_deque_iterator_type, &hd_deque_reverse_iterator_type,
                       &hd_ordered_dict_type, &tuplegetter_type};
    if (hd_ordered_dict_init(t) < 0) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    return 0;
}

const HdModuleDef hd_module__collections = {
    .name = "_collections",
    .doc = "High performance data structures: deque, defaultdict, and what namedtuple and Counter need to be quick.",
    .functions = functions,
    .exec = collections_exec,
};
