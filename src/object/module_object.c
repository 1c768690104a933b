/* module_object.c -- the module type, and what native modules use to fill one.
 *
 * A module's dict is set once and never replaced. The state block belongs to the definition in def; runtime/ tells through
 * hooks how to traverse, clear and free it.
 */
#include "module_object.h"

#include "dict.h"
#include "int.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

static HdModule *module(HdValue v) { return HD_AS(HdModule, v); }

static int fill(HdThread *t, HdValue self, HdValue name, HdValue doc) {
    HdModule *m = module(self);
    hd_field_set_steal(t, m, &m->name, hd_retain(t, name));
    HdValue dict = m->dict;
    if (hd_dict_set(t, dict, HD_NAME("__name__"), name) < 0 || hd_dict_set(t, dict, HD_NAME("__doc__"), doc) < 0 ||
        hd_dict_set(t, dict, HD_NAME("__package__"), hd_None) < 0 || hd_dict_set(t, dict, HD_NAME("__loader__"), hd_None) < 0 ||
        hd_dict_set(t, dict, HD_NAME("__spec__"), hd_None) < 0) {
        return -1;
    }
    return 0;
}

static HdValue module_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    module(self)->dict = hd_dict_new(t);
    if (!hd_is_null(module(self)->dict)) return self;
    hd_release(t, self);
    return HD_NULL;
}

HdValue hd_module_new(HdThread *t, HdValue name) {
    HdValue self = module_create(t, &hd_module_type, NULL, 0, HD_NULL);
    if (hd_is_null(self) || fill(t, self, name, hd_None) == 0) return self;
    hd_release(t, self);
    return HD_NULL;
}

static const HdMethodDef init_def = {"module(name, doc=None)", NULL, NULL, NULL, 0};

static int module_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue given[2];
    if (hd_native_bind(t, &init_def, args, nargs, kwnames, given) < 0) return -1;
    if (!hd_is_str(given[0])) {
        return hd_raise_int(t, &hd_TypeError, "module() argument 'name' must be str, not %s", hd_is_none(given[0]) ? "None" : hd_type_name(given[0]));
    }
    return fill(t, self, given[0], hd_is_null(given[1]) ? hd_None : given[1]);
}

static int module_traverse(HdObject *self, HdVisit visit, void *context) {
    HdModule *m = (HdModule *)self;
    HD_VISIT(m->dict);
    HD_VISIT(m->name);
    if (m->state && hd_object_hooks.module_traverse) return hd_object_hooks.module_traverse(hd_from_object(self), visit, context);
    return 0;
}
/* The namespace stays: functions that live on may use it, and if it is garbage too it is cleared by itself. */
static void module_clear(HdThread *t, HdObject *self) {
    HdModule *m = (HdModule *)self;
    if (m->state && hd_object_hooks.module_clear) hd_object_hooks.module_clear(t, hd_from_object(self));
}
static void module_dealloc(HdThread *t, HdObject *self) {
    HdModule *m = (HdModule *)self;
    if (m->state && hd_object_hooks.module_clear) hd_object_hooks.module_clear(t, hd_from_object(self));
    if (m->state && hd_object_hooks.module_free) hd_object_hooks.module_free(t, hd_from_object(self));
    m->state = NULL;
    hd_clear_slot(t, &m->dict);
    hd_clear_slot(t, &m->name);
    hd_type_free(t, self);
}

/* --- attributes --- */

/* Own attribute, owned or HD_NULL. */
HdValue hd_module_get(HdThread *t, HdValue v, HdValue name) {
    return hd_is_null(module(v)->dict) ? HD_NULL : hd_dict_get_str(t, module(v)->dict, name);
}

static bool is_initializing(HdThread *t, HdValue v) {
    HD_OWNED HdValue spec = hd_module_get(t, v, HD_NAME("__spec__"));
    if (hd_is_null(spec) || hd_is_none(spec)) return false;
    HdValue flag;
    int found = hd_object_find_attr(t, spec, HD_NAME("_initializing"), &flag);
    if (found <= 0) {
        hd_clear_raised(t);
        return false;
    }
    int truth = hd_object_truth(t, flag);
    hd_release(t, flag);
    if (truth < 0) hd_clear_raised(t);
    return truth > 0;
}

static HdValue raise_missing(HdThread *t, HdValue v, HdValue name) {
    HD_OWNED HdValue module_name = hd_module_get(t, v, HD_NAME("__name__"));
    if (hd_is_null(module_name) || !hd_is_str(module_name)) {
        hd_raise(t, &hd_AttributeError, "module has no attribute '%V'", name);
    } else if (is_initializing(t, v)) {
        hd_raise(t, &hd_AttributeError, "partially initialized module '%U' has no attribute '%V' (most likely due to a circular import)",
                 module_name, name);
    } else {
        hd_raise(t, &hd_AttributeError, "module '%U' has no attribute '%V'", module_name, name);
    }
    if (hd_raised_is(t, &hd_AttributeError)) {
        HdAttributeError *e = HD_AS(HdAttributeError, t->exception);
        hd_replace_steal(t, &e->name, hd_retain(t, name));
        hd_replace_steal(t, &e->obj, hd_retain(t, v));
    }
    return HD_NULL;
}

static HdValue module_getattr(HdThread *t, HdValue v, HdValue name) {
    /* The dict first unless the type says something about the name: the usual case costs one lookup more than a dict. */
    HdType *type = hd_type_of(v);
    HdValue descr = hd_type_lookup_borrowed(t, type, name);
    if (hd_is_null(descr)) {
        HdValue found = hd_module_get(t, v, name);
        if (HD_LIKELY(!hd_is_null(found))) return found;
    } else {
        HdValue found = HD_NULL;
        if (!hd_type_of(descr)->descr_set) found = hd_module_get(t, v, name);
        if (!hd_is_null(found)) return found;
        found = hd_object_generic_find(t, v, name);
        if (!hd_is_null(found) || hd_raised(t)) return found;
    }
    HdValue hook = hd_module_get(t, v, HD_NAME("__getattr__"));
    if (hd_is_null(hook)) return raise_missing(t, v, name);
    HdValue result = hd_object_call1(t, hook, name);
    hd_release(t, hook);
    return result;
}

static int module_setattr(HdThread *t, HdValue v, HdValue name, HdValue value) {
    HdValue descr = hd_type_lookup_borrowed(t, hd_type_of(v), name);
    if (!hd_is_null(descr) && hd_type_of(descr)->descr_set) return hd_object_generic_setattr(t, v, name, value);
    if (!hd_is_null(value)) return hd_dict_set(t, module(v)->dict, name, value);
    HdValue old;
    int found = hd_dict_pop(t, module(v)->dict, name, &old);
    if (found > 0) hd_release(t, old);
    if (found == 0) raise_missing(t, v, name);
    return found > 0 ? 0 : -1;
}

static HdValue get_dict(HdThread *t, HdValue v, void *closure) { return hd_retain(t, module(v)->dict); }

static HdValue get_annotations(HdThread *t, HdValue v, void *closure) {
    HdValue found = hd_module_get(t, v, HD_NAME("__annotations__"));
    if (!hd_is_null(found)) return found;
    HdValue made = hd_dict_new(t);
    if (hd_is_null(made) || hd_dict_set(t, module(v)->dict, HD_NAME("__annotations__"), made) == 0) return made;
    hd_release(t, made);
    return HD_NULL;
}
static int set_annotations(HdThread *t, HdValue v, HdValue value, void *closure) {
    if (!hd_is_null(value)) return hd_dict_set(t, module(v)->dict, HD_NAME("__annotations__"), value);
    HdValue old;
    int found = hd_dict_pop(t, module(v)->dict, HD_NAME("__annotations__"), &old);
    if (found > 0) hd_release(t, old);
    return found > 0 ? 0 : found < 0 ? -1 : hd_raise_int(t, &hd_AttributeError, "__annotations__");
}

static HdValue module_repr(HdThread *t, HdValue v) {
    /* The import system's own function knows specs and loaders. */
    if (!hd_is_null(hd_runtime.importlib)) return hd_object_call_method1(t, hd_runtime.importlib, "_module_repr", v);
    HD_OWNED HdValue name = hd_module_get(t, v, HD_NAME("__name__"));
    return hd_is_null(name) ? hd_str_format(t, "<module ?>") : hd_str_format(t, "<module %R>", name);
}

static HdValue module_dir(HdThread *t, HdValue v, const HdValue *unused) {
    HD_OWNED HdValue dict = hd_object_getattr(t, v, HD_NAME("__dict__"));
    if (hd_is_null(dict)) return HD_NULL;
    if (!hd_is_dict(dict)) return hd_raise(t, &hd_TypeError, "<module>.__dict__ is not a dictionary");
    HdValue hook = hd_dict_get_str(t, dict, HD_NAME("__dir__"));
    if (hd_is_null(hook)) return hd_dict_keys_list(t, dict);
    HdValue result = hd_object_call0(t, hook);
    hd_release(t, hook);
    return result;
}

static const HdMethodDef module_methods[] = {
    HD_METHOD(module_dir, "__dir__($self, /)", "__dir__() -> list"),
    HD_METHODS_END,
};
static const HdGetSetDef module_getsets[] = {
    {"__dict__", get_dict},
    {"__annotations__", get_annotations, set_annotations},
    {NULL},
};

HdType hd_module_type = {
    HD_TYPE_HEAD("module"),
    .doc = "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    .basicsize = sizeof(HdModule),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = module_dealloc,
    .traverse = module_traverse,
    .clear = module_clear,
    .create = module_create,
    .init = module_init,
    .repr = module_repr,
    .getattr = module_getattr,
    .setattr = module_setattr,
    .methods = module_methods,
    .getsets = module_getsets,
};

/* --- filling a native module --- */

int hd_module_set(HdThread *t, HdValue m, const char *name, HdValue value) { return hd_dict_set_text(t, module(m)->dict, name, value); }

int hd_module_set_steal(HdThread *t, HdValue m, const char *name, HdValue value) {
    if (hd_is_null(value)) return -1;
    int result = hd_module_set(t, m, name, value);
    hd_release(t, value);
    return result;
}
int hd_module_set_int(HdThread *t, HdValue m, const char *name, int64_t value) {
    return hd_module_set_steal(t, m, name, hd_int_from_i64(t, value));
}
int hd_module_set_text(HdThread *t, HdValue m, const char *name, const char *text) {
    return hd_module_set_steal(t, m, name, hd_str_from_text(t, text));
}
int hd_module_add_type(HdThread *t, HdValue m, HdType *type) {
    if (hd_type_ready(t, type) < 0) return -1;
    return hd_module_set(t, m, hd_type_short_name(type), hd_type_value(type));
}

HdValue hd_module_add_exception(HdThread *t, HdValue m, const char *full_name, HdValue base_or_null) {
    const char *dot = strrchr(full_name, '.');
    const char *short_name = dot ? dot + 1 : full_name;
    HdValue base = hd_is_null(base_or_null) ? hd_type_value(&hd_Exception) : base_or_null;
    HD_OWNED HdValue bases = hd_is_tuple(base) ? hd_retain(t, base) : hd_tuple_pack(t, 1, base);
    HD_OWNED HdValue namespace = hd_dict_new(t);
    HD_OWNED HdValue name = hd_str_from_text(t, short_name);
    if (hd_is_null(bases) || hd_is_null(namespace) || hd_is_null(name)) return HD_NULL;
    if (dot) {
        HD_OWNED HdValue module_name = hd_str_from_utf8(t, full_name, dot - full_name);
        if (hd_is_null(module_name) || hd_dict_set(t, namespace, HD_NAME("__module__"), module_name) < 0) return HD_NULL;
    }
    HdType *meta = hd_type_metaclass(t, &hd_type_type, bases);
    if (!meta) return HD_NULL;
    HdValue made = hd_type_new_class(t, meta, name, bases, namespace, NULL, HD_NULL);
    if (hd_is_null(made) || hd_is_null(m) || hd_module_set(t, m, short_name, made) == 0) return made;
    hd_release(t, made);
    return HD_NULL;
}
