/* collections_dict.c -- defaultdict: a dict that makes the values it lacks.
 *
 * All that a dict does is the dict's own; the factory is read and replaced under the object's lock. A missing key is
 * looked up, made and stored in three steps, so threads that miss the same key may each call the factory.
 */
#include "collections_types.h"

typedef struct DefaultDict {
    HdDict dict;
    HdValue factory; /* HD_NULL: none, as None */
} DefaultDict;
#define DEFAULT(v) HD_AS(DefaultDict, v)

/* The factory or None; owned. */
static HdValue factory_of(HdThread *t, HdValue self) {
    hd_lock_object(t, &DEFAULT(self)->dict.head);
    HdValue factory = hd_retain(t, DEFAULT(self)->factory);
    hd_unlock_object(t, &DEFAULT(self)->dict.head);
    return hd_is_null(factory) ? hd_None : factory;
}

static HdValue defaultdict_missing(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue factory = factory_of(t, self);
    if (hd_is_none(factory)) return hd_raise_value(t, &hd_KeyError, args[0]);
    HdValue value = hd_object_call0(t, factory);
    if (hd_is_null(value)) return HD_NULL;
    if (hd_object_setitem(t, self, args[0], value) == 0) return value;
    hd_release(t, value);
    return HD_NULL;
}

/* type(self)(factory, source) */
static HdValue make_alike(HdThread *t, HdValue self, HdValue source) {
    HD_OWNED HdValue factory = factory_of(t, self);
    return hd_object_call2(t, hd_type_value(hd_type_of(self)), factory, source);
}
static HdValue defaultdict_copy(HdThread *t, HdValue self, const HdValue *args) { return make_alike(t, self, self); }

static HdValue defaultdict_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue factory = factory_of(t, self);
    HD_OWNED HdValue arguments = hd_is_none(factory) ? hd_tuple_empty() : hd_tuple_pack(t, 1, factory);
    if (hd_is_null(arguments)) return HD_NULL;
    HD_OWNED HdValue items = hd_object_call_method0(t, self, "items");
    if (hd_is_null(items)) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, items);
    if (hd_is_null(iterator)) return HD_NULL;
    return hd_tuple_pack(t, 5, hd_type_value(hd_type_of(self)), arguments, hd_None, hd_None, iterator);
}

static HdValue factory_repr(HdThread *t, HdValue factory) {
    int entered = hd_object_repr_enter(t, factory);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "...", 3);
    HdValue text = hd_object_repr(t, factory);
    hd_object_repr_leave(t, factory);
    return text;
}
static HdValue defaultdict_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue base = hd_dict_type.repr(t, self);
    if (hd_is_null(base)) return HD_NULL;
    HD_OWNED HdValue factory = factory_of(t, self);
    HD_OWNED HdValue text = factory_repr(t, factory);
    return hd_is_null(text) ? HD_NULL : hd_str_format(t, "%N(%U, %U)", hd_type_of(self), text, base);
}

static HdValue defaultdict_or(HdThread *t, HdValue left, HdValue right) {
    bool is_left = hd_is_instance(left, &hd_defaultdict_type);
    if (!hd_is_dict(is_left ? right : left)) return hd_NotImplemented;
    HdValue result = make_alike(t, is_left ? left : right, left);
    if (hd_is_null(result)) return HD_NULL;
    if (!hd_is_dict(result)) hd_raise(t, &hd_TypeError, "%T is no dict", result);
    else if (hd_dict_merge(t, result, right, 1) == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}

static int defaultdict_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue factory = HD_NULL;
    if (nargs) {
        factory = hd_ref_value(args[0]);
        if (!hd_object_is_callable(factory) && !hd_is_none(factory)) {
            return hd_raise_int(t, &hd_TypeError, "first argument must be callable or None");
        }
        args++;
        nargs--;
    }
    hd_lock_object(t, &DEFAULT(self)->dict.head);
    HdValue old = hd_slot_exchange(&DEFAULT(self)->factory, hd_retain(t, factory));
    hd_unlock_object(t, &DEFAULT(self)->dict.head);
    int status = hd_dict_update_call(t, self, args, nargs, kwnames, "dict");
    hd_release(t, old);
    return status;
}

static void defaultdict_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((DefaultDict *)self)->factory);
    hd_dict_release_all(t, self);
    hd_type_free(t, self);
}
static int defaultdict_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((DefaultDict *)self)->factory);
    return hd_dict_type.traverse(self, visit, context);
}
static void defaultdict_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((DefaultDict *)self)->factory);
    hd_dict_type.clear(t, self);
}

static HdValue get_factory(HdThread *t, HdValue self, void *closure) { return factory_of(t, self); }
static int set_factory(HdThread *t, HdValue self, HdValue value_or_null, void *closure) {
    hd_lock_object(t, &DEFAULT(self)->dict.head);
    HdValue old = hd_slot_exchange(&DEFAULT(self)->factory, hd_retain(t, value_or_null));
    hd_unlock_object(t, &DEFAULT(self)->dict.head);
    hd_release(t, old);
    return 0;
}
static HdValue class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

static const HdMethodDef defaultdict_methods[] = {
    HD_METHOD(defaultdict_missing, "__missing__($self, key, /)",
              "Called for a key that is not there: make its value, store and return it.\n\n"
              "KeyError when default_factory is None."),
    HD_METHOD(defaultdict_copy, "copy($self, /)", "A new defaultdict with the same factory and items."),
    HD_METHOD(defaultdict_copy, "__copy__($self, /)", "A new defaultdict with the same factory and items."),
    HD_METHOD(defaultdict_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
static const HdGetSetDef defaultdict_getsets[] = {
    {"default_factory", get_factory, set_factory, "what is called, without arguments, for the value of a missing key",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
HdType hd_defaultdict_type = {
    HD_TYPE_HEAD("collections.defaultdict"),
    .doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\n"
           "The factory is called without arguments for the value of a key that is missing. What follows it is what\n"
           "dict takes.",
    .base = &hd_dict_type,
    .basicsize = sizeof(DefaultDict),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = defaultdict_dealloc,
    .traverse = defaultdict_traverse,
    .clear = defaultdict_clear,
    .init = defaultdict_init,
    .repr = defaultdict_repr,
    .or_ = defaultdict_or,
    .methods = defaultdict_methods,
    .getsets = defaultdict_getsets,
};
