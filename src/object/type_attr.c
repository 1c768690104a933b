/* type_attr.c -- attributes of classes: lookup, assignment, and the attributes that type itself defines.
 *
 * Classes made by Python code may change at any time; a change of the dict is followed by hd_type_modified and, for special
 * methods, by new slots. Built-in classes never change.
 */
#include "descr.h"
#include "dict.h"
#include "int.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

/* --- lookup --- */

HdValue hd_type_find(HdThread *t, HdValue self, HdValue name) {
    HdType *type = HD_AS(HdType, self), *meta = hd_type_of(self);
    HdValue meta_attr = hd_type_lookup_borrowed(t, meta, name);
    HdDescrGet meta_get = NULL;
    if (!hd_is_null(meta_attr)) {
        HdType *kind = hd_type_of(meta_attr);
        meta_get = kind->descr_get;
        if (meta_get && kind->descr_set) {
            hd_retain(t, meta_attr);
            HdValue result = meta_get(t, meta_attr, self, hd_type_value(meta));
            hd_release(t, meta_attr);
            return result;
        }
    }
    HdValue own = hd_type_lookup_borrowed(t, type, name);
    if (!hd_is_null(own)) {
        hd_retain(t, own);
        HdDescrGet get = hd_type_of(own)->descr_get;
        if (!get) return own;
        HdValue result = get(t, own, HD_NULL, self);
        hd_release(t, own);
        return result;
    }
    if (hd_is_null(meta_attr)) return HD_NULL;
    hd_retain(t, meta_attr);
    if (!meta_get) return meta_attr;
    HdValue result = meta_get(t, meta_attr, self, hd_type_value(meta));
    hd_release(t, meta_attr);
    return result;
}

HdValue hd_type_getattro(HdThread *t, HdValue self, HdValue name) {
    HdValue result = hd_type_find(t, self, name);
    if (HD_LIKELY(!hd_is_null(result)) || hd_raised(t)) return result;
    return hd_raise_attribute(t, self, name);
}

/* --- assignment --- */

/* Stores or deletes in the class's own dict: 1 when there was nothing to delete. */
static int store(HdThread *t, HdType *type, HdValue name, HdValue value) {
    HdValue old;
    if (hd_is_null(value)) {
        int found = hd_dict_pop(t, type->dict, name, &old);
        if (found <= 0) return found < 0 ? -1 : 1;
    } else {
        int found = hd_dict_find(t, type->dict, name, &old);
        if (found < 0) return -1;
        if (!found) old = HD_NULL;
        if (hd_dict_set(t, type->dict, name, value) < 0) {
            hd_release(t, old);
            return -1;
        }
    }
    hd_type_modified(t, type);
    if (hd_slots_is_dunder(name)) hd_slots_update_name(t, type, name);
    hd_count_retire(t, old);
    return 0;
}

int hd_type_setattr(HdThread *t, HdType *type, HdValue name, HdValue value) {
    int result = store(t, type, name, value);
    if (result != 1) return result;
    hd_raise_attribute(t, hd_type_value(type), name);
    return -1;
}

int hd_type_setattro(HdThread *t, HdValue self, HdValue name, HdValue value) {
    HdType *type = HD_AS(HdType, self), *meta = hd_type_of(self);
    if (type->flags & HD_TYPE_IMMUTABLE) {
        return hd_raise_int(t, &hd_TypeError, "cannot set %R attribute of immutable type '%s'", name, type->name);
    }
    HD_OWNED HdValue interned = hd_is_exact_str(name) ? hd_str_intern_steal(t, hd_retain(t, name)) : hd_str_exact(t, name);
    if (hd_is_null(interned)) return -1;
    HdValue meta_attr = hd_type_lookup_borrowed(t, meta, interned);
    if (!hd_is_null(meta_attr) && hd_type_of(meta_attr)->descr_set) {
        HD_OWNED HdValue held = hd_retain(t, meta_attr);
        return hd_type_of(held)->descr_set(t, held, self, value);
    }
    return hd_type_setattr(t, type, interned, value);
}

/* --- names --- */

static HdType *as_type(HdValue v) { return HD_AS(HdType, v); }
static bool is_heap(HdValue v) { return (as_type(v)->flags & HD_TYPE_HEAP) != 0; }

/* Value in the class's own dict, owned or HD_NULL. */
static HdValue own_attr(HdThread *t, HdValue self, HdValue name) { return hd_dict_get_str(t, as_type(self)->dict, name); }

static int refuse(HdThread *t, HdValue self, HdValue value, const char *name) {
    if (!is_heap(self)) {
        return hd_raise_int(t, &hd_TypeError, "cannot set '%s' attribute of immutable type '%s'", name, as_type(self)->name);
    }
    if (hd_is_null(value)) {
        return hd_raise_int(t, &hd_TypeError, "cannot delete '%s' attribute of immutable type '%s'", name, as_type(self)->name);
    }
    return 0;
}

static HdValue get_name(HdThread *t, HdValue self, void *closure) {
    if (is_heap(self)) return hd_field_get(t, as_type(self), &as_type(self)->name_object);
    return hd_str_from_text(t, hd_type_short_name(as_type(self)));
}
static int set_name(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (refuse(t, self, value, "__name__") < 0) return -1;
    if (!hd_is_str(value)) {
        return hd_raise_int(t, &hd_TypeError, "can only assign string to %s.__name__, not '%T'", as_type(self)->name, value);
    }
    HdSize length;
    const char *text = hd_str_utf8(t, value, &length);
    if (!text) return -1;
    if (memchr(text, 0, (size_t)length)) return hd_raise_int(t, &hd_ValueError, "type name must not contain null characters");
    HdType *type = as_type(self);
    HdValue old = type->name_object;
    type->name_object = hd_retain(t, value);
    HD_STORE_RELEASE(&type->name, text);
    hd_count_retire(t, old);
    return 0;
}

static HdValue get_qualname(HdThread *t, HdValue self, void *closure) {
    if (is_heap(self)) return hd_field_get(t, as_type(self), &as_type(self)->qualname);
    return hd_str_from_text(t, hd_type_short_name(as_type(self)));
}
static int set_qualname(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (refuse(t, self, value, "__qualname__") < 0) return -1;
    if (!hd_is_str(value)) {
        return hd_raise_int(t, &hd_TypeError, "can only assign string to %s.__qualname__, not '%T'", as_type(self)->name, value);
    }
    hd_field_set_steal(t, as_type(self), &as_type(self)->qualname, hd_retain(t, value));
    return 0;
}

HdValue hd_type_module_name(HdThread *t, HdType *type) {
    if (type->flags & HD_TYPE_HEAP) {
        HdValue module = hd_dict_get_str(t, type->dict, HD_NAME("__module__"));
        return hd_is_null(module) ? hd_raise(t, &hd_AttributeError, "__module__") : module;
    }
    const char *dot = strrchr(type->name, '.');
    if (!dot) return hd_retain(t, HD_NAME("builtins"));
    return hd_str_from_utf8(t, type->name, dot - type->name);
}

HdValue hd_type_qualified_name(HdThread *t, HdType *type) {
    HD_OWNED HdValue qualname = get_qualname(t, hd_type_value(type), NULL);
    if (hd_is_null(qualname)) return HD_NULL;
    HD_OWNED HdValue module = hd_type_module_name(t, type);
    if (hd_is_null(module)) {
        if (!hd_raised_is(t, &hd_AttributeError)) return HD_NULL;
        hd_clear_raised(t);
        return hd_str_from_text(t, type->name);
    }
    if (!hd_is_str(module) || hd_str_equals_text(module, "builtins")) {
        return hd_is_str(module) ? hd_move(&qualname) : hd_str_from_text(t, type->name);
    }
    return hd_str_format(t, "%U.%U", module, qualname);
}

static HdValue get_module(HdThread *t, HdValue self, void *closure) { return hd_type_module_name(t, as_type(self)); }
static int set_module(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (refuse(t, self, value, "__module__") < 0) return -1;
    return hd_type_setattr(t, as_type(self), HD_NAME("__module__"), value);
}

HdValue hd_type_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue name = hd_type_qualified_name(t, as_type(self));
    return hd_is_null(name) ? HD_NULL : hd_str_format(t, "<class '%U'>", name);
}

HdValue hd_type_or(HdThread *t, HdValue left, HdValue right) { return hd_union_or(t, left, right); }

/* --- the rest of the attributes --- */

static HdValue get_doc(HdThread *t, HdValue self, void *closure) {
    const HdType *type = as_type(self);
    if (!(type->flags & HD_TYPE_HEAP) && type->doc) return hd_str_from_text(t, hd_type_doc_text(type));
    HdValue doc = own_attr(t, self, HD_NAME("__doc__"));
    if (hd_is_null(doc)) return hd_None;
    HdDescrGet get = hd_type_of(doc)->descr_get;
    if (!get) return doc;
    HdValue result = get(t, doc, HD_NULL, self);
    hd_release(t, doc);
    return result;
}
static int set_doc(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (refuse(t, self, value, "__doc__") < 0) return -1;
    return hd_type_setattr(t, as_type(self), HD_NAME("__doc__"), value);
}

static HdValue get_dict(HdThread *t, HdValue self, void *closure) {
    return hd_is_null(as_type(self)->dict) ? hd_None : hd_mappingproxy_new(t, as_type(self)->dict);
}

static HdValue get_mro(HdThread *t, HdValue self, void *closure) {
    HdValue mro = hd_field_get(t, as_type(self), &as_type(self)->mro);
    return hd_is_null(mro) ? hd_None : mro;
}
static HdValue get_base(HdThread *t, HdValue self, void *closure) {
    HdType *base = as_type(self)->base;
    return base ? hd_retain(t, hd_type_value(base)) : hd_None;
}
static HdValue get_bases(HdThread *t, HdValue self, void *closure) {
    return hd_field_get(t, as_type(self), &as_type(self)->bases);
}
static HdValue get_flags(HdThread *t, HdValue self, void *closure) { return hd_int_from_i64(t, (int64_t)as_type(self)->flags); }
static HdValue get_basicsize(HdThread *t, HdValue self, void *closure) { return hd_int_from_size(t, as_type(self)->basicsize); }
static HdValue get_itemsize(HdThread *t, HdValue self, void *closure) { return hd_int_from_size(t, as_type(self)->itemsize); }
static HdValue get_dictoffset(HdThread *t, HdValue self, void *closure) {
    if (as_type(self)->flags & HD_TYPE_TYPE) return hd_int_from_size(t, (HdSize)offsetof(HdType, dict));
    return hd_int_from_size(t, as_type(self)->attrs_offset);
}
static HdValue get_weakrefoffset(HdThread *t, HdValue self, void *closure) {
    /* Weak references are kept beside the objects; programs ask only whether there can be any. */
    return hd_imm_int(as_type(self)->flags2 & HD_TYPE2_NO_WEAKREF ? 0 : (int64_t)sizeof(HdObject));
}

static HdValue get_abstract(HdThread *t, HdValue self, void *closure) {
    HdValue methods = as_type(self) == &hd_type_type ? HD_NULL : own_attr(t, self, HD_NAME("__abstractmethods__"));
    return hd_is_null(methods) ? hd_raise(t, &hd_AttributeError, "__abstractmethods__") : methods;
}
static int set_abstract(HdThread *t, HdValue self, HdValue value, void *closure) {
    HdType *type = as_type(self);
    int abstract = hd_is_null(value) ? 0 : hd_object_truth(t, value);
    if (abstract < 0) return -1;
    int result = store(t, type, HD_NAME("__abstractmethods__"), value);
    if (result == 1) return hd_raise_int(t, &hd_AttributeError, "__abstractmethods__");
    if (result < 0) return -1;
    if (abstract) HD_FETCH_OR(&type->flags, (uint32_t)HD_TYPE_ABSTRACT);
    else HD_FETCH_AND(&type->flags, ~(uint32_t)HD_TYPE_ABSTRACT);
    return 0;
}

static HdValue get_annotations(HdThread *t, HdValue self, void *closure) {
    if (!is_heap(self)) {
        return hd_raise(t, &hd_AttributeError, "type object '%s' has no attribute '__annotations__'", as_type(self)->name);
    }
    HdValue found = own_attr(t, self, HD_NAME("__annotations__"));
    if (!hd_is_null(found)) {
        HdDescrGet get = hd_type_of(found)->descr_get;
        if (!get) return found;
        HdValue result = get(t, found, HD_NULL, self);
        hd_release(t, found);
        return result;
    }
    HdValue made = hd_dict_new(t);
    if (hd_is_null(made)) return HD_NULL;
    if (store(t, as_type(self), HD_NAME("__annotations__"), made) < 0) {
        hd_release(t, made);
        return HD_NULL;
    }
    return made;
}
static int set_annotations(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (!is_heap(self)) {
        return hd_raise_int(t, &hd_TypeError, "cannot set '__annotations__' attribute of immutable type '%s'", as_type(self)->name);
    }
    int result = store(t, as_type(self), HD_NAME("__annotations__"), value);
    return result == 1 ? hd_raise_int(t, &hd_AttributeError, "__annotations__") : result;
}

static HdValue get_text_signature(HdThread *t, HdValue self, void *closure) {
    HdType *type = as_type(self);
    if (type == &hd_object_type) return hd_str_from_text(t, "()");
    const char *end = is_heap(self) ? NULL : hd_type_signature_end(type);
    const char *open = end ? strchr(type->doc, '(') : NULL;
    return open ? hd_str_from_utf8(t, open, end - open) : hd_None;
}

/* --- __bases__ --- */

/* New MROs for a class and all below it; `undo` gets a tuple (class, old mro, new mro) for each. */
static int renew_mro(HdThread *t, HdType *type, HdValue undo) {
    HD_OWNED HdValue old = hd_retain(t, type->mro);
    if (hd_type_compute_mro(t, type) < 0) return -1;
    HdValue change = hd_tuple_pack(t, 3, hd_type_value(type), old, type->mro);
    if (hd_is_null(change) || hd_list_append_steal(t, undo, change) < 0) return -1;
    HD_OWNED HdValue below = hd_type_subclasses_list(t, type);
    if (hd_is_null(below)) return -1;
    for (HdSize i = 0; i < hd_list_length(below); i++) {
        if (renew_mro(t, as_type(hd_list_at_borrowed(below, i)), undo) < 0) return -1;
    }
    return 0;
}

static void update_slots_below(HdThread *t, HdType *type) {
    hd_slots_update_all(t, type);
    HdValue below = hd_type_subclasses_list(t, type);
    if (hd_is_null(below)) {
        hd_clear_raised(t);
        return;
    }
    for (HdSize i = 0; i < hd_list_length(below); i++) update_slots_below(t, as_type(hd_list_at_borrowed(below, i)));
    hd_release(t, below);
}

static int check_new_bases(HdThread *t, HdType *type, HdValue bases) {
    for (HdSize i = 0; i < hd_tuple_length(bases); i++) {
        HdValue base = hd_tuple_at_borrowed(bases, i);
        if (!hd_is_type(base)) {
            return hd_raise_int(t, &hd_TypeError, "%s.__bases__ must be tuple of classes, not '%T'", type->name, base);
        }
        /* mro() may run while the MRO of a class below is still the old one: then the chain of bases tells. */
        bool cycle = hd_type_is_subtype(as_type(base), type);
        for (HdType *b = as_type(base); b && !cycle; b = b->base) cycle = b == type;
        if (cycle) {
            return hd_raise_int(t, &hd_TypeError, "a __bases__ item causes an inheritance cycle");
        }
    }
    return 0;
}

/* Whether instances laid out for `old` may go on under `new_base`. */
static bool compatible(HdType *type, HdType *new_base) {
    HdType *old = type->base;
    if (old == new_base) return true;
    if (old->dealloc != new_base->dealloc) return false;
    HdType *a = hd_type_solid_base(old), *b = hd_type_solid_base(new_base);
    if (a != b) return false;
    /* A base without a __dict__ may take the place of one with: the class's own layout stays. */
    return old->attrs_offset == new_base->attrs_offset || !new_base->attrs_offset;
}

/* Puts `bases` (lent) and `base` in place of the class's own, which are dropped when nobody reads them any more. */
static void exchange_bases(HdThread *t, HdType *type, HdValue bases, HdType *base) {
    hd_retain(t, bases);
    if (base->flags & HD_TYPE_HEAP) hd_retain_object(t, &base->head);
    hd_type_stop_readers(t);
    HdValue old_bases = hd_slot_exchange(&type->bases, bases);
    HdType *old_base = type->base;
    type->base = base;
    for (HdSize i = 0; i < hd_tuple_length(old_bases); i++) {
        hd_type_remove_subclass(t, as_type(hd_tuple_at_borrowed(old_bases, i)), type);
    }
    for (HdSize i = 0; i < hd_tuple_length(bases); i++) {
        if (hd_type_add_subclass(t, as_type(hd_tuple_at_borrowed(bases, i)), type) < 0) hd_clear_raised(t);
    }
    hd_type_start_readers(t);
    if (old_base && (old_base->flags & HD_TYPE_HEAP)) hd_count_retire(t, hd_type_value(old_base));
    hd_count_retire(t, old_bases);
}

/* Back to what was before renew_mro failed, but for what mro() itself has changed since then. */
static void undo_bases(HdThread *t, HdType *type, HdValue wrong_bases, HdValue bases, HdType *base, HdValue undo) {
    HdValue raised = hd_take_raised(t);
    for (HdSize i = hd_is_null(undo) ? 0 : hd_list_length(undo); i-- > 0;) {
        HdValue change = hd_list_at_borrowed(undo, i);
        HdType *changed = as_type(hd_tuple_at_borrowed(change, 0));
        if (!hd_same(changed->mro, hd_tuple_at_borrowed(change, 2))) continue;
        HdValue mro = hd_retain(t, hd_tuple_at_borrowed(change, 1));
        hd_type_stop_readers(t);
        HdValue wrong = hd_slot_exchange(&changed->mro, mro);
        hd_type_start_readers(t);
        hd_count_retire(t, wrong);
        hd_type_modified(t, changed);
    }
    if (hd_same(type->bases, wrong_bases)) {
        exchange_bases(t, type, bases, base);
        hd_type_modified(t, type);
    }
    hd_set_raised_steal(t, raised);
}

static int set_bases(HdThread *t, HdValue self, HdValue bases, void *closure) {
    HdType *type = as_type(self);
    if (refuse(t, self, bases, "__bases__") < 0) return -1;
    if (!hd_is_tuple(bases)) {
        return hd_raise_int(t, &hd_TypeError, "can only assign tuple to %s.__bases__, not %T", type->name, bases);
    }
    if (hd_tuple_length(bases) == 0) {
        return hd_raise_int(t, &hd_TypeError, "can only assign non-empty tuple to %s.__bases__, not ()", type->name);
    }
    if (check_new_bases(t, type, bases) < 0) return -1;
    HdType *best = hd_type_best_base(t, bases);
    if (!best) return -1;
    if (!compatible(type, best)) {
        return hd_raise_int(t, &hd_TypeError, "__bases__ assignment: '%s' object layout differs from '%s'", best->name,
                            type->base ? type->base->name : "");
    }
    HD_OWNED HdValue old_bases = hd_retain(t, type->bases);
    HD_OWNED HdValue old_base = hd_retain(t, hd_type_value(type->base));
    exchange_bases(t, type, bases, best);
    HD_OWNED HdValue undo = hd_list_new(t, 4);
    if (hd_is_null(undo) || renew_mro(t, type, undo) < 0) {
        undo_bases(t, type, bases, old_bases, as_type(old_base), undo);
        return -1;
    }
    if (!hd_same(type->bases, bases)) return 0; /* mro() has put others there */
    hd_type_modified(t, type);
    hd_type_stop_readers(t);
    update_slots_below(t, type);
    hd_type_start_readers(t);
    return 0;
}

/* --- methods --- */

static HdValue type_mro(HdThread *t, HdValue self, const HdValue *unused) { return hd_type_c3(t, as_type(self)); }
static HdValue type_subclasses(HdThread *t, HdValue self, const HdValue *unused) {
    return hd_type_subclasses_list(t, as_type(self));
}
static HdValue type_prepare(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return hd_dict_new(t); }
static HdValue type_instancecheck(HdThread *t, HdValue self, const HdValue *args) {
    int result = hd_object_real_isinstance(t, args[0], self);
    return result < 0 ? HD_NULL : hd_bool(result);
}
static HdValue type_subclasscheck(HdThread *t, HdValue self, const HdValue *args) {
    int result = hd_object_real_issubclass(t, args[0], self);
    return result < 0 ? HD_NULL : hd_bool(result);
}
static HdValue type_sizeof(HdThread *t, HdValue self, const HdValue *unused) {
    return hd_int_from_size(t, (HdSize)sizeof(HdType));
}

const HdMethodDef hd_type_methods[] = {
    HD_METHOD(type_mro, "mro($self, /)", "Return a type's method resolution order."),
    HD_METHOD(type_subclasses, "__subclasses__($self, /)", "Return a list of immediate subclasses."),
    HD_CLASS_METHOD_RAW(type_prepare, "__prepare__", "Make the namespace for the class statement: a dict."),
    HD_METHOD(type_instancecheck, "__instancecheck__($self, instance, /)", "Check if an object is an instance."),
    HD_METHOD(type_subclasscheck, "__subclasscheck__($self, subclass, /)", "Check if a class is a subclass."),
    HD_METHOD(hd_type_dir_method, "__dir__($self, /)", "Specialized __dir__ implementation for types."),
    HD_METHOD(type_sizeof, "__sizeof__($self, /)", "Return memory consumption of the type object."),
    HD_METHODS_END,
};

const HdGetSetDef hd_type_getsets[] = {
    {"__name__", get_name, set_name},
    {"__qualname__", get_qualname, set_qualname},
    {"__bases__", get_bases, set_bases},
    {"__base__", get_base},
    {"__mro__", get_mro},
    {"__module__", get_module, set_module},
    {"__abstractmethods__", get_abstract, set_abstract},
    {"__dict__", get_dict},
    {"__doc__", get_doc, set_doc},
    {"__text_signature__", get_text_signature},
    {"__annotations__", get_annotations, set_annotations},
    {"__flags__", get_flags},
    {"__basicsize__", get_basicsize},
    {"__itemsize__", get_itemsize},
    {"__dictoffset__", get_dictoffset},
    {"__weakrefoffset__", get_weakrefoffset},
    {NULL},
};
