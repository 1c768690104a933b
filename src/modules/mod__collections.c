/* mod__collections.c -- the module _collections: the counting loop of Counter. deque is in collections_deque.c, defaultdict
 * in collections_dict.c, OrderedDict in collections_ordered.c, the descriptor of namedtuple's fields in object/tuple_field.c.
 *
 * No locks are taken here.
 */
#include "collections_types.h"

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
                       &hd_ordered_dict_type, &hd_tuple_field_type};
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
