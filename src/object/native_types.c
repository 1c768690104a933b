/* native_types.c -- the objects around native code: builtin functions, method, classmethod, getset and member descriptors,
 * slot wrappers and method-wrappers. All are immutable once made, so they need no locks.
 */
#include <stdlib.h>

#include "descr.h"
#include "float.h"
#include "heap_page.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "str.h"

/* --- shared by all descriptors --- */

typedef struct DataDescr { /* getset and member descriptors */
    HdObject head;
    HdType *owner; /* counted if made at run time */
    const void *def;
} DataDescr;

static void set_owner(HdThread *t, HdType **place, HdType *owner) {
    *place = owner;
    if (owner && (owner->flags & HD_TYPE_HEAP)) hd_retain_object(t, &owner->head);
}
static void drop_owner(HdThread *t, HdType *owner) {
    if (owner && (owner->flags & HD_TYPE_HEAP)) hd_release_object(t, &owner->head);
}
#define VISIT_OWNER(owner) \
    if ((owner) && ((owner)->flags & HD_TYPE_HEAP)) HD_VISIT(hd_type_value(owner))

static int wrong_object(HdThread *t, HdValue name, const HdType *owner, HdValue object) {
    return hd_raise_int(t, &hd_TypeError, "descriptor '%U' for '%s' objects doesn't apply to a '%s' object", name, owner->name,
                        hd_type_of(object)->name);
}

static HdValue qualified(HdThread *t, HdType *owner, HdValue name) {
    HD_OWNED HdValue qualname = hd_object_getattr(t, hd_type_value(owner), HD_NAME("__qualname__"));
    return hd_is_null(qualname) ? HD_NULL : hd_str_format(t, "%V.%U", qualname, name);
}

/* (getattr, (where, name)): how descriptors and bound methods are pickled. */
static HdValue reduce_getattr(HdThread *t, HdValue where, HdValue name) {
    HD_OWNED HdValue getattr = hd_object_import_from(t, "builtins", "getattr");
    if (hd_is_null(getattr)) return HD_NULL;
    HD_OWNED HdValue pair = hd_tuple_pack(t, 2, where, name);
    return hd_is_null(pair) ? HD_NULL : hd_tuple_pack(t, 2, getattr, pair);
}

static HdValue text_or_none(HdThread *t, const char *text) { return text ? hd_str_from_text(t, text) : hd_None; }

/* --- builtin_function_or_method, and native methods and class methods --- */

static HdNativeFunction *native(HdValue v) { return HD_AS(HdNativeFunction, v); }

HdValue hd_native_function_new(HdThread *t, const HdMethodDef *def, HdValue self, HdValue module_name) {
    HdSignature *signature = hd_native_signature(t, def);
    if (!signature) return HD_NULL;
    HdNativeFunction *f = HD_HEAP_MAKE(t, HdNativeFunction, &hd_native_function_type, HD_FLAG_GC);
    if (HD_UNLIKELY(!f)) return hd_raise_no_memory(t);
    f->signature = signature;
    f->self = hd_retain(t, self);
    f->module = hd_retain(t, module_name);
    if (!hd_is_null(module_name) && hd_is_str(module_name) && !hd_str_equals_text(module_name, "builtins") &&
        !strchr(signature->full_name, '.')) {
        const char *module = hd_str_utf8(t, module_name, NULL);
        const char *name = module ? hd_str_utf8(t, signature->name, NULL) : NULL;
        char *full = name ? malloc(strlen(module) + strlen(name) + 2) : NULL;
        if (!full) {
            hd_clear_raised(t);
            return hd_from_object(f);
        }
        strcpy(full, module);
        strcat(strcat(full, "."), name);
        signature->full_name = full; /* the short one stays: somebody may be reading it */
    }
    return hd_from_object(f);
}

HdValue hd_native_descriptor_new(HdThread *t, HdType *owner, const HdMethodDef *def) {
    if (def->kind == HD_METHOD_STATIC) {
        HD_OWNED HdValue f = hd_native_function_new(t, def, HD_NULL, HD_NULL);
        if (hd_is_null(f)) return HD_NULL;
        set_owner(t, &native(f)->owner, owner);
        HdMethodBox *box = HD_NEW(t, HdMethodBox, &hd_staticmethod_type);
        if (box) box->function = hd_move(&f);
        return hd_from_object(box);
    }
    HdSignature *signature = hd_native_signature(t, def);
    if (!signature) return HD_NULL;
    HdType *type = def->kind == HD_METHOD_CLASS ? &hd_classmethod_descriptor_type : &hd_method_descriptor_type;
    HdNativeFunction *f = HD_NEW(t, HdNativeFunction, type);
    if (!f) return HD_NULL;
    f->signature = signature;
    set_owner(t, &f->owner, owner);
    if (!strchr(signature->full_name, '.')) {
        const char *type_name = hd_type_short_name(owner);
        char *full = malloc(strlen(type_name) + strlen(signature->full_name) + 2);
        if (full) {
            strcpy(full, type_name);
            strcat(strcat(full, "."), signature->full_name);
            signature->full_name = full;
        }
    }
    return hd_from_object(f);
}

static HdValue bind_native(HdThread *t, HdNativeFunction *descr, HdValue self) {
    HdNativeFunction *f = HD_HEAP_MAKE(t, HdNativeFunction, &hd_native_function_type, HD_FLAG_GC);
    if (HD_UNLIKELY(!f)) return hd_raise_no_memory(t);
    f->signature = descr->signature;
    f->self = hd_retain(t, self);
    return hd_from_object(f);
}

static void native_dealloc(HdThread *t, HdObject *self) {
    HdNativeFunction *f = (HdNativeFunction *)self;
    hd_release(t, f->self);
    hd_release(t, f->module);
    drop_owner(t, f->owner);
    hd_heap_free_container_here(t, self);
}
static int native_traverse(HdObject *self, HdVisit visit, void *context) {
    HdNativeFunction *f = (HdNativeFunction *)self;
    HD_VISIT(f->self);
    HD_VISIT(f->module);
    VISIT_OWNER(f->owner);
    return 0;
}

static HdValue function_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_native_call(t, native(self)->signature, native(self)->self, args, nargs, kwnames);
}

static bool is_module(HdValue v) { return !hd_is_null(v) && strcmp(hd_type_of(v)->name, "module") == 0; }

static HdValue function_repr(HdThread *t, HdValue v) {
    HdNativeFunction *f = native(v);
    HdValue self = f->owner ? hd_type_value(f->owner) : f->self; /* a static method is shown as one of its type */
    if (hd_is_null(self) || is_module(self)) return hd_str_format(t, "<built-in function %U>", f->signature->name);
    return hd_str_format(t, "<built-in method %U of %s object at %p>", f->signature->name, hd_type_of(self)->name,
                         (void *)self.bits);
}

static HdValue function_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_exact_object(b, &hd_native_function_type)) return hd_NotImplemented;
    bool equal = hd_same(native(a)->self, native(b)->self) && native(a)->signature == native(b)->signature;
    return hd_bool(equal == (op == HD_EQ));
}
static int64_t function_hash(HdThread *t, HdValue v) {
    HdNativeFunction *f = native(v);
    int64_t hash = hd_object_hash_pointer((void *)f->self.bits) ^ hd_object_hash_pointer(f->signature);
    return hash == -1 ? -2 : hash;
}

static HdValue get_name(HdThread *t, HdValue v, void *c) { return hd_retain(t, native(v)->signature->name); }
static HdValue function_qualname(HdThread *t, HdValue v, void *c) {
    HdNativeFunction *f = native(v);
    if (hd_is_null(f->self) && f->owner) return qualified(t, f->owner, f->signature->name);
    if (hd_is_null(f->self) || is_module(f->self)) return hd_retain(t, f->signature->name);
    return qualified(t, hd_is_type(f->self) ? HD_AS(HdType, f->self) : hd_type_of(f->self), f->signature->name);
}
static HdValue get_doc(HdThread *t, HdValue v, void *c) { return text_or_none(t, native(v)->signature->def->doc); }
static HdValue get_text_signature(HdThread *t, HdValue v, void *c) { return text_or_none(t, native(v)->signature->text); }
static HdValue function_module(HdThread *t, HdValue v, void *c) {
    return hd_is_null(native(v)->module) ? hd_None : hd_retain(t, native(v)->module);
}
static int function_set_module(HdThread *t, HdValue v, HdValue value, void *c) {
    hd_field_set_steal(t, native(v), &native(v)->module, hd_retain(t, value));
    return 0;
}
static HdValue function_self(HdThread *t, HdValue v, void *c) {
    return hd_is_null(native(v)->self) ? hd_None : hd_retain(t, native(v)->self);
}
static HdValue function_reduce(HdThread *t, HdValue v, const HdValue *unused) {
    HdNativeFunction *f = native(v);
    if (hd_is_null(f->self) && f->owner) return reduce_getattr(t, hd_type_value(f->owner), f->signature->name);
    if (hd_is_null(f->self) || is_module(f->self)) return hd_retain(t, f->signature->name);
    return reduce_getattr(t, f->self, f->signature->name);
}

static const HdMethodDef function_methods[] = {
    HD_METHOD(function_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef function_getsets[] = {
    {"__name__", get_name},
    {"__qualname__", function_qualname},
    {"__doc__", get_doc},
    {"__module__", function_module, function_set_module},
    {"__self__", function_self},
    {"__text_signature__", get_text_signature},
    {NULL},
};

HdType hd_native_function_type = {
    HD_TYPE_HEAD("builtin_function_or_method"),
    .basicsize = sizeof(HdNativeFunction),
    .flags = HD_TYPE_GC,
    .dealloc = native_dealloc,
    .traverse = native_traverse,
    .repr = function_repr,
    .compare = function_compare,
    .hash = function_hash,
    .call = function_call,
    .methods = function_methods,
    .getsets = function_getsets,
};

/* list.append(x, …): the first argument is self. */
static HdValue method_call(HdThread *t, HdValue v, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdNativeFunction *f = native(v);
    if (HD_UNLIKELY(nargs < 1)) {
        return hd_raise(t, &hd_TypeError, "unbound method %s() needs an argument", f->signature->full_name);
    }
    HdValue self = hd_ref_value(args[0]);
    if (HD_UNLIKELY(hd_type_of(self) != f->owner && !hd_type_is_subtype(hd_type_of(self), f->owner))) {
        wrong_object(t, f->signature->name, f->owner, self);
        return HD_NULL;
    }
    return hd_native_call(t, f->signature, self, args + 1, nargs - 1, kwnames);
}

static HdValue method_get(HdThread *t, HdValue v, HdValue object, HdValue type) {
    if (hd_is_null(object)) return hd_retain(t, v);
    if (!hd_is_instance(object, native(v)->owner)) {
        wrong_object(t, native(v)->signature->name, native(v)->owner, object);
        return HD_NULL;
    }
    return bind_native(t, native(v), object);
}

static HdValue method_repr(HdThread *t, HdValue v) {
    return hd_str_format(t, "<method '%U' of '%s' objects>", native(v)->signature->name, native(v)->owner->name);
}

static HdValue get_owner(HdThread *t, HdValue v, void *c) { return hd_retain(t, hd_type_value(native(v)->owner)); }
static HdValue method_qualname(HdThread *t, HdValue v, void *c) { return qualified(t, native(v)->owner, native(v)->signature->name); }
static HdValue method_reduce(HdThread *t, HdValue v, const HdValue *unused) {
    return reduce_getattr(t, hd_type_value(native(v)->owner), native(v)->signature->name);
}

static const HdMethodDef method_methods[] = {
    HD_METHOD(method_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef method_getsets[] = {
    {"__name__", get_name},     {"__qualname__", method_qualname},
    {"__doc__", get_doc},       {"__objclass__", get_owner},
    {"__text_signature__", get_text_signature}, {NULL},
};

HdType hd_method_descriptor_type = {
    HD_TYPE_HEAD("method_descriptor"),
    .basicsize = sizeof(HdNativeFunction),
    .flags = HD_TYPE_GC | HD_TYPE_METHOD_DESCRIPTOR,
    .dealloc = native_dealloc,
    .traverse = native_traverse,
    .repr = method_repr,
    .call = method_call,
    .descr_get = method_get,
    .methods = method_methods,
    .getsets = method_getsets,
};

static HdValue classmethod_get(HdThread *t, HdValue v, HdValue object, HdValue type) {
    HdNativeFunction *f = native(v);
    if (hd_is_null(type)) type = hd_type_value(hd_type_of(object));
    if (!hd_is_type(type)) {
        return hd_raise(t, &hd_TypeError, "descriptor '%U' for type '%s' needs a type, not a '%T' as arg 2", f->signature->name,
                        f->owner->name, type);
    }
    if (!hd_type_is_subtype(HD_AS(HdType, type), f->owner)) {
        return hd_raise(t, &hd_TypeError, "descriptor '%U' requires a subtype of '%s' but received '%s'", f->signature->name,
                        f->owner->name, HD_AS(HdType, type)->name);
    }
    return bind_native(t, f, type);
}

static HdValue classmethod_call(HdThread *t, HdValue v, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1) {
        return hd_raise(t, &hd_TypeError, "descriptor '%U' of '%s' object needs an argument", native(v)->signature->name,
                        native(v)->owner->name);
    }
    HD_OWNED HdValue bound = classmethod_get(t, v, HD_NULL, hd_ref_value(args[0]));
    return hd_is_null(bound) ? HD_NULL : hd_object_call(t, bound, args + 1, nargs - 1, kwnames);
}

HdType hd_classmethod_descriptor_type = {
    HD_TYPE_HEAD("classmethod_descriptor"),
    .basicsize = sizeof(HdNativeFunction),
    .flags = HD_TYPE_GC,
    .dealloc = native_dealloc,
    .traverse = native_traverse,
    .repr = method_repr,
    .call = classmethod_call,
    .descr_get = classmethod_get,
    .getsets = method_getsets,
};

/* --- getset descriptors --- */

static DataDescr *data(HdValue v) { return HD_AS(DataDescr, v); }
static const HdGetSetDef *getset(HdValue v) { return data(v)->def; }
static const HdMemberDef *member(HdValue v) { return data(v)->def; }

static HdValue data_new(HdThread *t, HdType *type, HdType *owner, const void *def) {
    DataDescr *d = HD_NEW(t, DataDescr, type);
    if (!d) return HD_NULL;
    d->def = def;
    set_owner(t, &d->owner, owner);
    return hd_from_object(d);
}
HdValue hd_native_getset_new(HdThread *t, HdType *owner, const HdGetSetDef *def) {
    return data_new(t, &hd_getset_descriptor_type, owner, def);
}
HdValue hd_native_member_new(HdThread *t, HdType *owner, const HdMemberDef *def) {
    return data_new(t, &hd_member_descriptor_type, owner, def);
}

static void data_dealloc(HdThread *t, HdObject *self) {
    drop_owner(t, ((DataDescr *)self)->owner);
    hd_type_free(t, self);
}
static int data_traverse(HdObject *self, HdVisit visit, void *context) {
    VISIT_OWNER(((DataDescr *)self)->owner);
    return 0;
}

/* `name` of both kinds of definition lies first. */
static const char *data_name(HdValue v) { return *(const char *const *)data(v)->def; }

static int data_check(HdThread *t, HdValue v, HdValue object) {
    if (HD_LIKELY(hd_is_instance(object, data(v)->owner))) return 0;
    return hd_raise_int(t, &hd_TypeError, "descriptor '%s' for '%s' objects doesn't apply to a '%s' object", data_name(v),
                        data(v)->owner->name, hd_type_of(object)->name);
}

static HdValue getset_get(HdThread *t, HdValue v, HdValue object, HdValue type) {
    if (hd_is_null(object)) return hd_retain(t, v);
    if (data_check(t, v, object) < 0) return HD_NULL;
    const HdGetSetDef *def = getset(v);
    if (def->get) return def->get(t, object, def->closure);
    return hd_raise(t, &hd_AttributeError, "attribute '%s' of '%s' objects is not readable", def->name, data(v)->owner->name);
}

static int getset_set(HdThread *t, HdValue v, HdValue object, HdValue value) {
    if (data_check(t, v, object) < 0) return -1;
    const HdGetSetDef *def = getset(v);
    if (def->set) return def->set(t, object, value, def->closure);
    return hd_raise_int(t, &hd_AttributeError, "attribute '%s' of '%s' objects is not writable", def->name, data(v)->owner->name);
}

static HdValue data_repr(HdThread *t, HdValue v) {
    return hd_str_format(t, "<%s '%s' of '%s' objects>", hd_is_exact_object(v, &hd_member_descriptor_type) ? "member" : "attribute",
                         data_name(v), data(v)->owner->name);
}
static HdValue data_get_name(HdThread *t, HdValue v, void *c) { return hd_str_intern_text(t, data_name(v)); }
static HdValue data_get_qualname(HdThread *t, HdValue v, void *c) {
    HD_OWNED HdValue name = data_get_name(t, v, c);
    return hd_is_null(name) ? HD_NULL : qualified(t, data(v)->owner, name);
}
static HdValue data_get_owner(HdThread *t, HdValue v, void *c) { return hd_retain(t, hd_type_value(data(v)->owner)); }
static HdValue getset_doc(HdThread *t, HdValue v, void *c) { return text_or_none(t, getset(v)->doc); }
static HdValue member_doc(HdThread *t, HdValue v, void *c) { return text_or_none(t, member(v)->doc); }
static HdValue data_reduce(HdThread *t, HdValue v, const HdValue *unused) {
    HD_OWNED HdValue name = data_get_name(t, v, NULL);
    return hd_is_null(name) ? HD_NULL : reduce_getattr(t, hd_type_value(data(v)->owner), name);
}

static const HdMethodDef data_methods[] = {
    HD_METHOD(data_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef getset_getsets[] = {
    {"__name__", data_get_name}, {"__qualname__", data_get_qualname}, {"__objclass__", data_get_owner}, {"__doc__", getset_doc}, {NULL},
};
static const HdGetSetDef member_getsets[] = {
    {"__name__", data_get_name}, {"__qualname__", data_get_qualname}, {"__objclass__", data_get_owner}, {"__doc__", member_doc}, {NULL},
};

HdType hd_getset_descriptor_type = {
    HD_TYPE_HEAD("getset_descriptor"),
    .basicsize = sizeof(DataDescr),
    .flags = HD_TYPE_GC,
    .dealloc = data_dealloc,
    .traverse = data_traverse,
    .repr = data_repr,
    .descr_get = getset_get,
    .descr_set = getset_set,
    .methods = data_methods,
    .getsets = getset_getsets,
};

const HdGetSetDef *hd_native_getset_def(HdValue descriptor, const HdType *type) {
    if (!hd_is_exact_object(descriptor, &hd_getset_descriptor_type)) return NULL;
    const HdType *owner = data(descriptor)->owner;
    return owner && (owner == type || hd_type_is_subtype(type, owner)) ? getset(descriptor) : NULL;
}

/* --- member descriptors --- */

const HdMemberDef *hd_native_member_def(HdValue descriptor, const HdType *type) {
    if (!hd_is_exact_object(descriptor, &hd_member_descriptor_type)) return NULL;
    const HdType *owner = data(descriptor)->owner;
    return owner && (owner == type || hd_type_is_subtype(type, owner)) ? member(descriptor) : NULL;
}

static char *member_place(const HdMemberDef *def, HdValue object) {
    HdObject *o = hd_as_object(object);
    return (def->tail ? hd_type_tail(o) : (char *)o) + def->offset;
}

static HdValue member_get(HdThread *t, HdValue v, HdValue object, HdValue type) {
    if (hd_is_null(object)) return hd_retain(t, v);
    if (data_check(t, v, object) < 0) return HD_NULL;
    const HdMemberDef *def = member(v);
    char *place = member_place(def, object);
    switch (def->kind) {
    case HD_MEMBER_VALUE: {
        HdValue found = hd_slot_read(t, (HdValue *)(void *)place, hd_as_object(object));
        return hd_is_null(found) ? hd_None : found;
    }
    case HD_MEMBER_SLOT: {
        HdValue found = hd_slot_read(t, (HdValue *)(void *)place, hd_as_object(object));
        if (HD_LIKELY(!hd_is_null(found))) return found;
        HD_OWNED HdValue name = data_get_name(t, v, NULL);
        return hd_is_null(name) ? HD_NULL : hd_raise_attribute(t, object, name);
    }
    case HD_MEMBER_INT: return hd_int_from_i64(t, *(int *)(void *)place);
    case HD_MEMBER_SIZE: return hd_int_from_i64(t, *(HdSize *)(void *)place);
    case HD_MEMBER_BOOL: return hd_bool(*(uint8_t *)place);
    case HD_MEMBER_DOUBLE: return hd_float_new(t, *(double *)(void *)place);
    case HD_MEMBER_STRING: return text_or_none(t, *(const char **)(void *)place);
    case HD_MEMBER_U32: return hd_int_from_i64(t, *(uint32_t *)(void *)place);
    case HD_MEMBER_U64: return hd_int_from_u64(t, *(uint64_t *)(void *)place);
    }
    HD_UNREACHABLE();
}

static int member_set_number(HdThread *t, const HdMemberDef *def, char *place, HdValue value) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "can't delete numeric/char attribute");
    if (def->kind == HD_MEMBER_BOOL) {
        if (!hd_same(value, hd_True) && !hd_same(value, hd_False)) {
            return hd_raise_int(t, &hd_TypeError, "attribute value type must be bool");
        }
        *(uint8_t *)place = hd_same(value, hd_True);
        return 0;
    }
    if (def->kind == HD_MEMBER_DOUBLE) {
        double number = hd_number_as_double(t, value);
        if (number == -1.0 && hd_raised(t)) return -1;
        *(double *)(void *)place = number;
        return 0;
    }
    if (!hd_is_int(value)) return hd_raise_int(t, &hd_TypeError, "an integer is required");
    if (def->kind == HD_MEMBER_U64) {
        uint64_t number = hd_number_as_u64(t, value);
        if (hd_raised(t)) return -1;
        *(uint64_t *)(void *)place = number;
        return 0;
    }
    int64_t number = hd_number_as_i64(t, value);
    if (number == -1 && hd_raised(t)) return -1;
    if (def->kind == HD_MEMBER_INT) *(int *)(void *)place = (int)number;
    else if (def->kind == HD_MEMBER_SIZE) *(HdSize *)(void *)place = number;
    else *(uint32_t *)(void *)place = (uint32_t)number;
    return 0;
}

static int member_set(HdThread *t, HdValue v, HdValue object, HdValue value) {
    if (data_check(t, v, object) < 0) return -1;
    const HdMemberDef *def = member(v);
    if (def->read_only || def->kind == HD_MEMBER_STRING) return hd_raise_int(t, &hd_AttributeError, "readonly attribute");
    char *place = member_place(def, object);
    if (def->kind != HD_MEMBER_VALUE && def->kind != HD_MEMBER_SLOT) return member_set_number(t, def, place, value);
    HdObject *o = hd_as_object(object);
    hd_lock_object(t, o);
    HdValue old = hd_slot_exchange((HdValue *)(void *)place, hd_retain(t, value));
    hd_unlock_object(t, o);
    if (hd_is_null(value) && hd_is_null(old) && def->kind == HD_MEMBER_SLOT) {
        HD_OWNED HdValue name = data_get_name(t, v, NULL);
        if (!hd_is_null(name)) hd_raise_attribute(t, object, name);
        return -1;
    }
    hd_release(t, old);
    return 0;
}

HdType hd_member_descriptor_type = {
    HD_TYPE_HEAD("member_descriptor"),
    .basicsize = sizeof(DataDescr),
    .flags = HD_TYPE_GC,
    .dealloc = data_dealloc,
    .traverse = data_traverse,
    .repr = data_repr,
    .descr_get = member_get,
    .descr_set = member_set,
    .methods = data_methods,
    .getsets = member_getsets,
};

/* --- slot wrappers --- */

static HdSlotWrapper *wrapper(HdValue v) { return HD_AS(HdSlotWrapper, v); }

HdValue hd_slots_wrapper_new(HdThread *t, HdType *owner, const HdSlotRow *row, HdAnyFunction function) {
    HdSlotWrapper *w = HD_NEW(t, HdSlotWrapper, &hd_slot_wrapper_type);
    if (!w) return HD_NULL;
    set_owner(t, &w->owner, owner);
    w->row = row;
    w->function = function;
    return hd_from_object(w);
}

static void wrapper_dealloc(HdThread *t, HdObject *self) {
    drop_owner(t, ((HdSlotWrapper *)self)->owner);
    hd_type_free(t, self);
}

static HdValue wrapper_call(HdThread *t, HdValue v, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSlotWrapper *w = wrapper(v);
    if (nargs < 1) {
        return hd_raise(t, &hd_TypeError, "descriptor '%s' of '%s' object needs an argument", w->row->name, w->owner->name);
    }
    HdValue self = hd_ref_value(args[0]);
    if (!hd_is_instance(self, w->owner)) {
        return hd_raise(t, &hd_TypeError, "descriptor '%s' requires a '%s' object but received a '%T'", w->row->name,
                        w->owner->name, self);
    }
    return hd_slots_call_row(t, w->row, w->function, w->owner, self, args + 1, nargs - 1, kwnames);
}

static HdValue wrapper_get(HdThread *t, HdValue v, HdValue object, HdValue type) {
    if (hd_is_null(object)) return hd_retain(t, v);
    HdSlotWrapper *w = wrapper(v);
    if (!hd_is_instance(object, w->owner)) {
        return hd_raise(t, &hd_TypeError, "descriptor '%s' for '%s' objects doesn't apply to a '%s' object", w->row->name,
                        w->owner->name, hd_type_of(object)->name);
    }
    HdMethodWrapper *m = HD_NEW(t, HdMethodWrapper, &hd_method_wrapper_type);
    if (!m) return HD_NULL;
    m->self = hd_retain(t, object);
    m->wrapper = hd_retain(t, v);
    return hd_from_object(m);
}

static HdValue wrapper_repr(HdThread *t, HdValue v) {
    return hd_str_format(t, "<slot wrapper '%s' of '%s' objects>", wrapper(v)->row->name, wrapper(v)->owner->name);
}
static HdValue wrapper_name(HdThread *t, HdValue v, void *c) { return hd_str_intern_text(t, wrapper(v)->row->name); }
static HdValue wrapper_qualname(HdThread *t, HdValue v, void *c) {
    HD_OWNED HdValue name = wrapper_name(t, v, c);
    return hd_is_null(name) ? HD_NULL : qualified(t, wrapper(v)->owner, name);
}
static HdValue wrapper_owner(HdThread *t, HdValue v, void *c) { return hd_retain(t, hd_type_value(wrapper(v)->owner)); }
static HdValue wrapper_doc(HdThread *t, HdValue v, void *c) {
    const HdSlotRow *row = wrapper(v)->row;
    return hd_slots_doc(t, row->name);
}
static HdValue wrapper_text_signature(HdThread *t, HdValue v, void *c) {
    const HdSlotRow *row = wrapper(v)->row;
    switch (row->kind) {
    case HD_KIND_Unary:
    case HD_KIND_Hash:
    case HD_KIND_Length:
    case HD_KIND_Inquiry:
    case HD_KIND_Next:
    case HD_KIND_Finalize: return hd_str_from_text(t, "($self, /)");
    case HD_KIND_Binary:
    case HD_KIND_InPlace:
    case HD_KIND_Compare: return hd_str_from_text(t, "($self, value, /)");
    case HD_KIND_BinaryOne:
    case HD_KIND_Contains: return hd_str_from_text(t, "($self, key, /)");
    case HD_KIND_Ternary: return hd_str_from_text(t, "($self, value, mod=None, /)");
    case HD_KIND_GetAttr: return hd_str_from_text(t, "($self, name, /)");
    case HD_KIND_SetAttr: return hd_str_from_text(t, row->which ? "($self, name, /)" : "($self, name, value, /)");
    case HD_KIND_SetItem: return hd_str_from_text(t, row->which ? "($self, key, /)" : "($self, key, value, /)");
    case HD_KIND_DescrGet: return hd_str_from_text(t, "($self, instance, owner=None, /)");
    case HD_KIND_DescrSet: return hd_str_from_text(t, row->which ? "($self, instance, /)" : "($self, instance, value, /)");
    default: return hd_str_from_text(t, "($self, /, *args, **kwargs)");
    }
}
static HdValue wrapper_reduce(HdThread *t, HdValue v, const HdValue *unused) {
    HD_OWNED HdValue name = wrapper_name(t, v, NULL);
    return hd_is_null(name) ? HD_NULL : reduce_getattr(t, hd_type_value(wrapper(v)->owner), name);
}

static const HdMethodDef wrapper_methods[] = {
    HD_METHOD(wrapper_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef wrapper_getsets[] = {
    {"__name__", wrapper_name}, {"__qualname__", wrapper_qualname}, {"__objclass__", wrapper_owner}, {"__doc__", wrapper_doc},
    {"__text_signature__", wrapper_text_signature}, {NULL},
};

HdType hd_slot_wrapper_type = {
    HD_TYPE_HEAD("wrapper_descriptor"),
    .basicsize = sizeof(HdSlotWrapper),
    .flags = HD_TYPE_METHOD_DESCRIPTOR,
    .dealloc = wrapper_dealloc,
    .repr = wrapper_repr,
    .call = wrapper_call,
    .descr_get = wrapper_get,
    .methods = wrapper_methods,
    .getsets = wrapper_getsets,
};

/* --- method-wrappers --- */

static HdMethodWrapper *bound(HdValue v) { return HD_AS(HdMethodWrapper, v); }

static void bound_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdMethodWrapper *)self)->self);
    hd_clear_slot(t, &((HdMethodWrapper *)self)->wrapper);
    hd_type_free(t, self);
}
static int bound_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdMethodWrapper *)self)->self);
    HD_VISIT(((HdMethodWrapper *)self)->wrapper);
    return 0;
}
static HdValue bound_call(HdThread *t, HdValue v, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSlotWrapper *w = wrapper(bound(v)->wrapper);
    return hd_slots_call_row(t, w->row, w->function, w->owner, bound(v)->self, args, nargs, kwnames);
}
static HdValue bound_repr(HdThread *t, HdValue v) {
    HdValue self = bound(v)->self;
    return hd_str_format(t, "<method-wrapper '%s' of %s object at %p>", wrapper(bound(v)->wrapper)->row->name,
                         hd_type_of(self)->name, (void *)self.bits);
}
static HdValue bound_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_exact_object(b, &hd_method_wrapper_type)) return hd_NotImplemented;
    bool equal = hd_same(bound(a)->self, bound(b)->self) && wrapper(bound(a)->wrapper)->row == wrapper(bound(b)->wrapper)->row &&
                 wrapper(bound(a)->wrapper)->owner == wrapper(bound(b)->wrapper)->owner;
    return hd_bool(equal == (op == HD_EQ));
}
static int64_t bound_hash(HdThread *t, HdValue v) {
    int64_t hash = hd_object_hash_pointer((void *)bound(v)->self.bits) ^ hd_object_hash_pointer(wrapper(bound(v)->wrapper)->row);
    return hash == -1 ? -2 : hash;
}
static HdValue bound_self(HdThread *t, HdValue v, void *c) { return hd_retain(t, bound(v)->self); }
static HdValue bound_name(HdThread *t, HdValue v, void *c) { return wrapper_name(t, bound(v)->wrapper, c); }
static HdValue bound_qualname(HdThread *t, HdValue v, void *c) { return wrapper_qualname(t, bound(v)->wrapper, c); }
static HdValue bound_owner(HdThread *t, HdValue v, void *c) { return wrapper_owner(t, bound(v)->wrapper, c); }
static HdValue bound_doc(HdThread *t, HdValue v, void *c) { return wrapper_doc(t, bound(v)->wrapper, c); }
static HdValue bound_text_signature(HdThread *t, HdValue v, void *c) { return wrapper_text_signature(t, bound(v)->wrapper, c); }
static HdValue bound_reduce(HdThread *t, HdValue v, const HdValue *unused) {
    HD_OWNED HdValue name = bound_name(t, v, NULL);
    return hd_is_null(name) ? HD_NULL : reduce_getattr(t, bound(v)->self, name);
}
static const HdMethodDef bound_methods[] = {
    HD_METHOD(bound_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef bound_getsets[] = {
    {"__self__", bound_self}, {"__name__", bound_name}, {"__qualname__", bound_qualname}, {"__objclass__", bound_owner},
    {"__doc__", bound_doc}, {"__text_signature__", bound_text_signature}, {NULL},
};

HdType hd_method_wrapper_type = {
    HD_TYPE_HEAD("method-wrapper"),
    .basicsize = sizeof(HdMethodWrapper),
    .flags = HD_TYPE_GC,
    .dealloc = bound_dealloc,
    .traverse = bound_traverse,
    .repr = bound_repr,
    .compare = bound_compare,
    .hash = bound_hash,
    .call = bound_call,
    .methods = bound_methods,
    .getsets = bound_getsets,
};
