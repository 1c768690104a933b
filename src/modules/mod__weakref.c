/* mod__weakref.c -- the module _weakref: what weakref.py needs; the types are object/weakref.c's. */
#include <heddle/module.h>

static HdValue weakref_getweakrefcount(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_i64(t, hd_weakref_count(t, args[0]));
}
static HdValue weakref_getweakrefs(HdThread *t, HdValue self, const HdValue *args) { return hd_weakref_list(t, args[0]); }

static HdValue weakref_proxy(HdThread *t, HdValue self, const HdValue *args) {
    HdValue callback = hd_is_null(args[1]) || hd_is_none(args[1]) ? HD_NULL : args[1];
    return hd_weakproxy_new(t, args[0], callback);
}

/* 1: a weak reference whose target is gone, 0: it lives, -1: raised. */
static int is_dead(HdThread *t, HdValue value) {
    if (!hd_is_weakref(value)) return hd_raise_int(t, &hd_TypeError, "not a weakref");
    HD_OWNED HdValue target = hd_weakref_get(t, value);
    return hd_is_null(target);
}

static HdValue weakref_remove_dead(HdThread *t, HdValue self, const HdValue *args) {
    HdValue dict = args[0], key = args[1];
    if (!hd_is_dict(dict)) {
        return hd_raise(t, &hd_TypeError, "_remove_dead_weakref() argument 1 must be dict, not %s",
                        hd_is_none(dict) ? "None" : hd_type_name(dict));
    }
    HD_OWNED HdValue value = HD_NULL;
    int found = hd_dict_find(t, dict, key, &value);
    if (found <= 0) return found < 0 ? HD_NULL : hd_None;
    int dead = is_dead(t, value);
    if (dead <= 0) return dead < 0 ? HD_NULL : hd_None;
    HD_OWNED HdValue taken = HD_NULL;
    if (hd_dict_pop(t, dict, key, &taken) < 0) return HD_NULL;
    if (hd_is_null(taken) || hd_same(taken, value)) return hd_None;
    /* Another thread put a new one there in between: it goes back, unless a newer one is there by now. */
    HD_OWNED HdValue kept = hd_dict_set_default(t, dict, key, taken);
    return hd_is_null(kept) ? HD_NULL : hd_None;
}

static int weakref_exec(HdThread *t, HdValue module) {
    return hd_module_set(t, module, "ref", hd_type_value(&hd_weakref_type)) < 0 ||
                   hd_module_set(t, module, "ReferenceType", hd_type_value(&hd_weakref_type)) < 0 ||
                   hd_module_set(t, module, "ProxyType", hd_type_value(&hd_weakproxy_type)) < 0 ||
                   hd_module_set(t, module, "CallableProxyType", hd_type_value(&hd_weakcallableproxy_type)) < 0
               ? -1
               : 0;
}

static const HdMethodDef weakref_functions[] = {
    HD_METHOD(weakref_getweakrefcount, "getweakrefcount($module, object, /)", "How many weak references to the object there are."),
    HD_METHOD(weakref_getweakrefs, "getweakrefs($module, object, /)", "A list of the weak references to the object."),
    HD_METHOD(weakref_proxy, "proxy($module, object, callback=None, /)",
              "A proxy that hands all operations on to the object while it lives.\n\n"
              "The callback, if given, is called with the proxy when the object is about to end."),
    HD_METHOD(weakref_remove_dead, "_remove_dead_weakref($module, dct, key, /)",
              "Removes the key from the dict if its value is a weak reference to something gone."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__weakref = {
    .name = "_weakref",
    .doc = "Weak-reference support module.",
    .functions = weakref_functions,
    .exec = weakref_exec,
};
