/* mod__abc.c -- the module _abc: what abc.ABCMeta does natively. Registration of virtual subclasses, and isinstance
 * and issubclass against abstract classes with their caches.
 *
 * Each abstract class has an _abc_data with three dicts from a class's address to a weak reference to it: its
 * registry, the classes known to be subclasses and those known not to be. A class that took a dead one's address is
 * told apart by the weak reference. The dicts are changed through dict.h alone, so they need no lock of ours. "No" is
 * true only until somebody registers something anywhere: the module counts registrations, and when the count moved
 * the dict is replaced, so that an answer still being found goes to the old one and is lost.
 */
#include <heddle/module.h>

#include "atomic.h"
#include "object_internal.h"

typedef struct State {
    uint64_t registrations; /* atomic */
} State;

typedef struct Data {
    HdObject head;
    HdValue registry, cache;   /* dicts */
    HdValue negative;          /* dict; the field is guarded by the lock */
    uint64_t negative_version; /* registrations when `negative` was new; atomic */
} Data;

enum { COLLECTIONS = HD_TYPE_SEQUENCE | HD_TYPE_MAPPING, SWEEP_AT = 64 };

static uint64_t registrations(HdValue module) {
    return HD_LOAD_ACQUIRE(&((State *)hd_module_state(module))->registrations);
}

/* --- _abc_data --- */

static HdValue data_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Data *d = HD_AS(Data, self);
    if (hd_is_null(d->registry = hd_dict_new(t)) || hd_is_null(d->cache = hd_dict_new(t)) ||
        hd_is_null(d->negative = hd_dict_new(t)))
        return HD_NULL;
    return hd_move(&self);
}
static int data_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Data *)self)->registry);
    HD_VISIT(((Data *)self)->cache);
    HD_VISIT(((Data *)self)->negative);
    return 0;
}
static void data_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Data *)self)->registry);
    hd_clear_slot(t, &((Data *)self)->cache);
    hd_clear_slot(t, &((Data *)self)->negative);
    hd_type_free(t, self);
}
static HdType data_type = {
    HD_TYPE_HEAD("_abc._abc_data"), .doc = "Internal state held by ABC machinery.",
    .basicsize = sizeof(Data),      .flags = HD_TYPE_GC,
    .dealloc = data_dealloc,        .traverse = data_traverse,
    .create = data_create,
};

/* The _abc_data of an abstract class; owned, HD_NULL = raised. */
static HdValue data_of(HdThread *t, HdValue class) {
    HdValue data = hd_object_getattr(t, class, HD_NAME("_abc_impl"));
    if (hd_is_null(data) || hd_is_exact_object(data, &data_type)) return data;
    hd_release(t, data);
    return hd_raise(t, &hd_TypeError, "_abc_impl is set to a wrong type");
}

/* --- dicts of weakly referenced classes --- */

static HdValue key_of(HdValue class) { return hd_imm_int((int64_t)(uintptr_t)hd_as_object(class)); }

static int weak_contains(HdThread *t, HdValue dict, HdValue class) {
    if (hd_dict_length(dict) == 0 || !hd_is_object(class)) return 0;
    HD_OWNED HdValue weak = HD_NULL;
    int found = hd_dict_find(t, dict, key_of(class), &weak);
    if (found <= 0) return found;
    HD_OWNED HdValue target = hd_weakref_get(t, weak);
    return hd_same(target, class);
}

/* Forgets classes that are gone. */
static int sweep(HdThread *t, HdValue dict) {
    HD_OWNED HdValue items = hd_dict_items_list(t, dict);
    if (hd_is_null(items)) return -1;
    for (HdSize i = 0; i < hd_list_length(items); i++) {
        HdValue pair = hd_list_at_borrowed(items, i);
        HD_OWNED HdValue target = hd_weakref_get(t, hd_tuple_at_borrowed(pair, 1));
        HD_OWNED HdValue gone = HD_NULL;
        if (hd_is_null(target) && hd_dict_pop(t, dict, hd_tuple_at_borrowed(pair, 0), &gone) < 0) return -1;
    }
    return 0;
}

static int weak_add(HdThread *t, HdValue dict, HdValue class) {
    HdSize length = hd_dict_length(dict);
    /* At powers of two: sweeping costs no more than filling did. */
    if (length >= SWEEP_AT && (length & (length - 1)) == 0 && sweep(t, dict) < 0) return -1;
    HD_OWNED HdValue weak = hd_weakref_new(t, class, HD_NULL);
    return hd_is_null(weak) ? -1 : hd_dict_set(t, dict, key_of(class), weak);
}

/* The living classes, as a list. */
static HdValue weak_list(HdThread *t, HdValue dict) {
    HD_OWNED HdValue refs = hd_dict_values_list(t, dict);
    HD_OWNED HdValue list = hd_is_null(refs) ? HD_NULL : hd_list_new(t, hd_list_length(refs));
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = 0; i < hd_list_length(refs); i++) {
        HdValue target = hd_weakref_get(t, hd_list_at_borrowed(refs, i));
        if (!hd_is_null(target) && hd_list_append_steal(t, list, target) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

/* --- _abc_init --- */

static int is_abstract(HdThread *t, HdValue v) {
    HD_OWNED HdValue flag = HD_NULL;
    int found = hd_object_find_attr(t, v, HD_NAME("__isabstractmethod__"), &flag);
    return found <= 0 ? found : hd_object_truth(t, flag);
}

/* What the class itself defines as abstract. */
static int add_own_abstract(HdThread *t, HdValue class, HdValue set) {
    HD_OWNED HdValue dict = hd_object_getattr(t, class, HD_NAME("__dict__"));
    HD_OWNED HdValue view = hd_is_null(dict) ? HD_NULL : hd_object_call_method0(t, dict, "items");
    HD_OWNED HdValue items = hd_is_null(view) ? HD_NULL : hd_list_from_iterable(t, view);
    if (hd_is_null(items)) return -1;
    for (HdSize i = 0; i < hd_list_length(items); i++) {
        HdValue pair = hd_list_at_borrowed(items, i);
        if (!hd_is_tuple(pair) || hd_tuple_length(pair) != 2) {
            return hd_raise_int(t, &hd_TypeError, "Iteration over items() must yield 2-tuples");
        }
        int abstract = is_abstract(t, hd_tuple_at_borrowed(pair, 1));
        if (abstract < 0 || (abstract && hd_set_add(t, set, hd_tuple_at_borrowed(pair, 0)) < 0)) return -1;
    }
    return 0;
}

/* What a base left abstract and the class did not fill in. */
static int add_inherited_abstract(HdThread *t, HdValue class, HdValue base, HdValue set) {
    HD_OWNED HdValue names = HD_NULL;
    int found = hd_object_find_attr(t, base, HD_NAME("__abstractmethods__"), &names);
    if (found <= 0) return found;
    HD_OWNED HdValue list = hd_list_from_iterable(t, names);
    if (hd_is_null(list)) return -1;
    for (HdSize i = 0; i < hd_list_length(list); i++) {
        HdValue name = hd_list_at_borrowed(list, i);
        HD_OWNED HdValue value = HD_NULL;
        int status = hd_object_find_attr(t, class, name, &value);
        if (status > 0) status = is_abstract(t, value);
        if (status < 0 || (status && hd_set_add(t, set, name) < 0)) return -1;
    }
    return 0;
}

static int compute_abstract(HdThread *t, HdValue class) {
    HD_OWNED HdValue set = hd_set_new(t, HD_NULL);
    HD_OWNED HdValue bases = HD_NULL;
    if (hd_is_null(set) || add_own_abstract(t, class, set) < 0) return -1;
    bases = hd_object_getattr(t, class, HD_NAME("__bases__"));
    if (hd_is_null(bases)) return -1;
    if (!hd_is_tuple(bases)) return hd_raise_int(t, &hd_TypeError, "__bases__ is not tuple");
    for (HdSize i = 0; i < hd_tuple_length(bases); i++) {
        if (add_inherited_abstract(t, class, hd_tuple_at_borrowed(bases, i), set) < 0) return -1;
    }
    HD_OWNED HdValue frozen = hd_frozenset_new(t, set);
    return hd_is_null(frozen) ? -1 : hd_object_setattr(t, class, HD_NAME("__abstractmethods__"), frozen);
}

/* `__abc_tpflags__` in a class's body says which patterns of `match` its instances fit. */
static int take_flags(HdThread *t, HdType *type) {
    HdValue name = HD_NAME("__abc_tpflags__");
    HD_OWNED HdValue flags = hd_dict_get_str(t, type->dict, name);
    int64_t number;
    if (hd_is_null(flags) || !hd_is_exact_int(flags) || !hd_int_try_i64(flags, &number)) return 0;
    if ((number & COLLECTIONS) == COLLECTIONS) {
        return hd_raise_int(t, &hd_TypeError,
                            "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING");
    }
    HD_FETCH_OR(&type->flags, (uint32_t)(number & COLLECTIONS));
    return hd_type_setattr(t, type, name, HD_NULL);
}

static HdValue abc_init(HdThread *t, HdValue module, const HdValue *args) {
    HdValue class = args[0];
    if (compute_abstract(t, class) < 0) return HD_NULL;
    HD_OWNED HdValue data = data_create(t, &data_type, NULL, 0, HD_NULL);
    if (hd_is_null(data) || hd_object_setattr(t, class, HD_NAME("_abc_impl"), data) < 0) return HD_NULL;
    if (hd_is_type(class) && take_flags(t, HD_AS(HdType, class)) < 0) return HD_NULL;
    return hd_None;
}

/* --- _abc_register --- */

static int spread_flag(HdThread *t, HdType *type, uint32_t flag) {
    uint32_t flags = HD_LOAD_RELAXED(&type->flags);
    if ((flags & HD_TYPE_IMMUTABLE) || !(flags & HD_TYPE_HEAP) || (flags & COLLECTIONS) == flag) return 0;
    if (hd_object_enter(t, " while registering a class") < 0) return -1;
    HD_FETCH_AND(&type->flags, ~(uint32_t)COLLECTIONS);
    HD_FETCH_OR(&type->flags, flag);
    HD_OWNED HdValue below = hd_type_subclasses_list(t, type);
    if (hd_is_null(below)) return -1;
    for (HdSize i = 0; i < hd_list_length(below); i++) {
        if (spread_flag(t, HD_AS(HdType, hd_list_at_borrowed(below, i)), flag) < 0) return -1;
    }
    return 0;
}

static HdValue abc_register(HdThread *t, HdValue module, const HdValue *args) {
    HdValue class = args[0], subclass = args[1];
    if (!hd_is_type(subclass)) return hd_raise(t, &hd_TypeError, "Can only register classes");
    int already = hd_object_issubclass(t, subclass, class);
    if (already != 0) return already < 0 ? HD_NULL : hd_retain(t, subclass);
    int cycle = hd_object_issubclass(t, class, subclass);
    if (cycle < 0) return HD_NULL;
    if (cycle) return hd_raise(t, &hd_RuntimeError, "Refusing to create an inheritance cycle");
    HD_OWNED HdValue data = data_of(t, class);
    if (hd_is_null(data) || weak_add(t, HD_AS(Data, data)->registry, subclass) < 0) return HD_NULL;
    HD_FETCH_ADD(&((State *)hd_module_state(module))->registrations, 1);
    uint32_t flag = hd_is_type(class) ? HD_LOAD_RELAXED(&HD_AS(HdType, class)->flags) & COLLECTIONS : 0;
    if (flag && spread_flag(t, HD_AS(HdType, subclass), flag) < 0) return HD_NULL;
    return hd_retain(t, subclass);
}

/* --- _abc_instancecheck --- */

static HdValue ask_class(HdThread *t, HdValue class, HdValue subclass) {
    return hd_object_call_method(t, class, HD_NAME("__subclasscheck__"), &subclass, 1);
}

/* 1 known to be a subclass, 0 known not to be, 2 not known, -1 raised. */
static int look_up(HdThread *t, HdValue module, Data *d, HdValue subclass) {
    int known = weak_contains(t, d->cache, subclass);
    if (known != 0) return known;
    if (HD_LOAD_ACQUIRE(&d->negative_version) != registrations(module)) return 2;
    HD_OWNED HdValue negative = hd_field_get(t, d, &d->negative);
    known = weak_contains(t, negative, subclass);
    return known < 0 ? -1 : known ? 0 : 2;
}

static HdValue abc_instancecheck(HdThread *t, HdValue module, const HdValue *args) {
    HdValue class = args[0], instance = args[1], type = hd_type_value(hd_type_of(instance));
    HD_OWNED HdValue data = data_of(t, class);
    HD_OWNED HdValue subclass = hd_is_null(data) ? HD_NULL : hd_object_class(t, instance);
    if (hd_is_null(subclass)) return HD_NULL;
    int known = look_up(t, module, HD_AS(Data, data), subclass);
    if (known < 0) return HD_NULL;
    if (known == 1) return hd_True;
    if (hd_same(type, subclass)) return known == 0 ? hd_False : ask_class(t, class, subclass);
    /* The instance says it is of another class: either will do. */
    HD_OWNED HdValue answer = ask_class(t, class, subclass);
    int yes = hd_is_null(answer) ? -1 : hd_object_truth(t, answer);
    if (yes != 0) return yes < 0 ? HD_NULL : hd_move(&answer);
    return ask_class(t, class, type);
}

/* --- _abc_subclasscheck --- */

/* Any of the classes in a list, of which `subclass` may be a subclass: 1, 0, -1. */
static int any_of(HdThread *t, HdValue subclass, HdValue list) {
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue class = hd_list_get(t, list, i);
        if (hd_is_null(class)) return 0;
        int is = hd_object_issubclass(t, subclass, class);
        if (is != 0) return is;
    }
}

/* The answer without the caches: 1, 0, -1. */
static int find_out(HdThread *t, HdValue class, Data *d, HdValue subclass) {
    HD_OWNED HdValue hook = hd_object_call_method(t, class, HD_NAME("__subclasshook__"), &subclass, 1);
    if (hd_is_null(hook)) return -1;
    if (hd_same(hook, hd_True)) return 1;
    if (hd_same(hook, hd_False)) return 0;
    if (!hd_same(hook, hd_NotImplemented)) {
        return hd_raise_int(t, &hd_AssertionError,
                            "__subclasshook__ must return either False, True, or NotImplemented");
    }
    if (hd_is_type(class) && hd_type_is_subtype(HD_AS(HdType, subclass), HD_AS(HdType, class))) return 1;
    int registered = weak_contains(t, d->registry, subclass);
    if (registered != 0) return registered;
    HD_OWNED HdValue known = weak_list(t, d->registry);
    registered = hd_is_null(known) ? -1 : any_of(t, subclass, known);
    if (registered != 0) return registered;
    HD_OWNED HdValue below = hd_object_call_method(t, class, HD_NAME("__subclasses__"), NULL, 0);
    if (hd_is_null(below)) return -1;
    if (!hd_is_list(below)) return hd_raise_int(t, &hd_TypeError, "__subclasses__() must return a list");
    return any_of(t, subclass, below);
}

/* The dict for new "no" answers; owned. */
static HdValue current_negative(HdThread *t, HdValue module, Data *d) {
    uint64_t version = registrations(module);
    if (HD_LOAD_ACQUIRE(&d->negative_version) != version) {
        HdValue dict = hd_dict_new(t);
        if (hd_is_null(dict)) return HD_NULL;
        hd_field_set_steal(t, d, &d->negative, dict);
        HD_STORE_RELEASE(&d->negative_version, version);
    }
    return hd_field_get(t, d, &d->negative);
}

static HdValue abc_subclasscheck(HdThread *t, HdValue module, const HdValue *args) {
    HdValue class = args[0], subclass = args[1];
    if (!hd_is_type(subclass)) return hd_raise(t, &hd_TypeError, "issubclass() arg 1 must be a class");
    HD_OWNED HdValue data = data_of(t, class);
    if (hd_is_null(data)) return HD_NULL;
    Data *d = HD_AS(Data, data);
    int known = look_up(t, module, d, subclass);
    if (known != 2) return known < 0 ? HD_NULL : hd_bool(known);
    HD_OWNED HdValue negative = current_negative(t, module, d);
    int answer = hd_is_null(negative) ? -1 : find_out(t, class, d, subclass);
    if (answer < 0 || weak_add(t, answer ? d->cache : negative, subclass) < 0) return HD_NULL;
    return hd_bool(answer);
}

/* --- looking inside --- */

static HdValue get_cache_token(HdThread *t, HdValue module, const HdValue *args) {
    return hd_int_from_u64(t, registrations(module));
}

static HdValue refs_of(HdThread *t, HdValue dict) {
    HD_OWNED HdValue refs = hd_dict_values_list(t, dict);
    return hd_is_null(refs) ? HD_NULL : hd_set_new(t, refs);
}
static HdValue get_dump(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue data = data_of(t, args[0]);
    if (hd_is_null(data)) return HD_NULL;
    Data *d = HD_AS(Data, data);
    HD_OWNED HdValue registry = refs_of(t, d->registry);
    HD_OWNED HdValue cache = hd_is_null(registry) ? HD_NULL : refs_of(t, d->cache);
    HD_OWNED HdValue negative_dict = hd_field_get(t, d, &d->negative);
    HD_OWNED HdValue negative = hd_is_null(cache) ? HD_NULL : refs_of(t, negative_dict);
    HD_OWNED HdValue version =
        hd_is_null(negative) ? HD_NULL : hd_int_from_u64(t, HD_LOAD_ACQUIRE(&d->negative_version));
    return hd_is_null(version) ? HD_NULL : hd_tuple_pack(t, 4, registry, cache, negative, version);
}
static HdValue reset_registry(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue data = data_of(t, args[0]);
    return hd_is_null(data) || hd_dict_clear(t, HD_AS(Data, data)->registry) < 0 ? HD_NULL : hd_None;
}
static HdValue reset_caches(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue data = data_of(t, args[0]);
    if (hd_is_null(data) || hd_dict_clear(t, HD_AS(Data, data)->cache) < 0) return HD_NULL;
    HD_OWNED HdValue negative = hd_field_get(t, HD_AS(Data, data), &HD_AS(Data, data)->negative);
    return hd_dict_clear(t, negative) < 0 ? HD_NULL : hd_None;
}

static const HdMethodDef functions[] = {
    HD_METHOD(abc_init, "_abc_init($module, self, /)",
              "Sets up a class just made by ABCMeta: abstract methods, caches."),
    HD_METHOD(abc_register, "_abc_register($module, self, subclass, /)", "Makes a class a virtual subclass."),
    HD_METHOD(abc_instancecheck, "_abc_instancecheck($module, self, instance, /)",
              "isinstance() for abstract classes."),
    HD_METHOD(abc_subclasscheck, "_abc_subclasscheck($module, self, subclass, /)",
              "issubclass() for abstract classes."),
    HD_METHOD(get_cache_token, "get_cache_token($module, /)",
              "A number that changes with each registration: answers found under another one may be outdated."),
    HD_METHOD(get_dump, "_get_dump($module, self, /)",
              "(registry, cache, negative cache, its version), for debugging."),
    HD_METHOD(reset_registry, "_reset_registry($module, self, /)", "Empties a class's registry, for tests."),
    HD_METHOD(reset_caches, "_reset_caches($module, self, /)", "Empties a class's caches, for tests."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) { return hd_type_ready(t, &data_type); }

extern const HdModuleDef hd_module__abc;
const HdModuleDef hd_module__abc = {
    .name = "_abc",
    .doc = "Abstract classes: registration, and the checks behind isinstance() and issubclass().",
    .state_size = sizeof(State),
    .functions = functions,
    .exec = exec,
};
