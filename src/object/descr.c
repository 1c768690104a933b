/* descr.c -- property, classmethod and staticmethod.
 *
 * Their fields change only in __init__ (and a property's name and doc), under the object's lock.
 */
#include "descr.h"

#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

/* 1 when v.__isabstractmethod__ is true. */
static int is_abstract(HdThread *t, HdValue v) {
    HdValue flag;
    if (hd_is_null(v)) return 0;
    int found = hd_object_find_attr(t, v, HD_NAME("__isabstractmethod__"), &flag);
    if (found <= 0) return found;
    int result = hd_object_truth(t, flag);
    hd_release(t, flag);
    return result;
}

/* --- property --- */

static HdProperty *property(HdValue v) { return HD_AS(HdProperty, v); }

static int property_traverse(HdObject *self, HdVisit visit, void *context) {
    HdProperty *p = (HdProperty *)self;
    HD_VISIT(p->get);
    HD_VISIT(p->set);
    HD_VISIT(p->del);
    HD_VISIT(p->doc);
    HD_VISIT(p->name);
    return 0;
}
static void property_clear(HdThread *t, HdObject *self) {
    HdProperty *p = (HdProperty *)self;
    hd_clear_slot(t, &p->get);
    hd_clear_slot(t, &p->set);
    hd_clear_slot(t, &p->del);
    hd_clear_slot(t, &p->doc);
    hd_clear_slot(t, &p->name);
}
static void property_dealloc(HdThread *t, HdObject *self) {
    property_clear(t, self);
    hd_type_free(t, self);
}

static HdValue property_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

static const HdMethodDef property_init_def = {"property(fget=None, fset=None, fdel=None, doc=None)", NULL, NULL, NULL, 0};

static HdValue or_null(HdThread *t, HdValue v) {
    return hd_is_null(v) || hd_is_none(v) ? HD_NULL : hd_retain(t, v);
}

/* The getter's docstring stands in for one that was not given. */
static int take_getter_doc(HdThread *t, HdValue self, HdProperty *p) {
    HdValue doc;
    int found = hd_object_find_attr(t, p->get, HD_NAME("__doc__"), &doc);
    if (found <= 0) return found;
    p->getter_doc = true;
    if (hd_type_of(self) == &hd_property_type) {
        hd_field_set_steal(t, p, &p->doc, doc);
        return 0;
    }
    /* A subclass has a __doc__ of its own in the class, so the instance's must lie in its __dict__. */
    int result = hd_object_setattr(t, self, HD_NAME("__doc__"), doc);
    hd_release(t, doc);
    return result;
}

static int property_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue given[4];
    if (hd_native_bind(t, &property_init_def, args, nargs, kwnames, given) < 0) return -1;
    HdProperty *p = property(self);
    hd_field_set_steal(t, p, &p->get, or_null(t, given[0]));
    hd_field_set_steal(t, p, &p->set, or_null(t, given[1]));
    hd_field_set_steal(t, p, &p->del, or_null(t, given[2]));
    hd_field_set_steal(t, p, &p->doc, hd_retain(t, given[3]));
    hd_clear_slot(t, &p->name);
    p->getter_doc = false;
    if ((hd_is_null(given[3]) || hd_is_none(given[3])) && !hd_is_null(p->get)) return take_getter_doc(t, self, p);
    if (hd_type_of(self) != &hd_property_type && !hd_is_null(given[3])) {
        return hd_object_setattr(t, self, HD_NAME("__doc__"), given[3]);
    }
    return 0;
}

static HdValue raise_no_accessor(HdThread *t, HdProperty *p, HdValue object, const char *what) {
    HD_OWNED HdValue qualname = hd_object_getattr(t, hd_type_value(hd_type_of(object)), HD_NAME("__qualname__"));
    if (hd_is_null(qualname)) return HD_NULL;
    if (!hd_is_null(p->name)) return hd_raise(t, &hd_AttributeError, "property %R of %R object has no %s", p->name, qualname, what);
    return hd_raise(t, &hd_AttributeError, "property of %R object has no %s", qualname, what);
}

static HdValue property_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    if (hd_is_null(object) || hd_is_none(object)) return hd_retain(t, self);
    HdProperty *p = property(self);
    HdValue get = p->get;
    if (hd_is_null(get)) return raise_no_accessor(t, p, object, "getter");
    return hd_object_call1(t, get, object);
}

static int property_set(HdThread *t, HdValue self, HdValue object, HdValue value) {
    HdProperty *p = property(self);
    bool delete = hd_is_null(value);
    HdValue function = delete ? p->del : p->set;
    if (hd_is_null(function)) {
        raise_no_accessor(t, p, object, delete ? "deleter" : "setter");
        return -1;
    }
    HdValue result = delete ? hd_object_call1(t, function, object) : hd_object_call2(t, function, object, value);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}

/* A copy with one accessor exchanged. */
static HdValue property_with(HdThread *t, HdValue self, HdValue get, HdValue set, HdValue del) {
    HdProperty *p = property(self);
    if (hd_is_null(get) || hd_is_none(get)) get = hd_is_null(p->get) ? hd_None : p->get;
    if (hd_is_null(set) || hd_is_none(set)) set = hd_is_null(p->set) ? hd_None : p->set;
    if (hd_is_null(del) || hd_is_none(del)) del = hd_is_null(p->del) ? hd_None : p->del;
    HdValue doc = p->getter_doc && !hd_is_none(get) ? hd_None : hd_is_null(p->doc) ? hd_None : p->doc;
    HdValue args[4] = {get, set, del, doc};
    HdValue made = hd_object_call_values(t, hd_type_value(hd_type_of(self)), args, 4);
    if (!hd_is_null(made) && hd_is_instance(made, &hd_property_type)) {
        hd_field_set_steal(t, property(made), &property(made)->name, hd_retain(t, p->name));
    }
    return made;
}
static HdValue property_getter(HdThread *t, HdValue self, const HdValue *args) {
    return property_with(t, self, args[0], HD_NULL, HD_NULL);
}
static HdValue property_setter(HdThread *t, HdValue self, const HdValue *args) {
    return property_with(t, self, HD_NULL, args[0], HD_NULL);
}
static HdValue property_deleter(HdThread *t, HdValue self, const HdValue *args) {
    return property_with(t, self, HD_NULL, HD_NULL, args[0]);
}

static HdValue property_set_name(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs != 2) return hd_raise(t, &hd_TypeError, "__set_name__() takes 2 positional arguments but %zd were given", nargs);
    hd_field_set_steal(t, property(self), &property(self)->name, hd_retain(t, hd_ref_value(args[1])));
    return hd_None;
}

static HdValue property_is_abstract(HdThread *t, HdValue self, void *closure) {
    HdProperty *p = property(self);
    HdValue functions[3] = {p->get, p->set, p->del};
    for (int i = 0; i < 3; i++) {
        int result = is_abstract(t, functions[i]);
        if (result) return result < 0 ? HD_NULL : hd_True;
    }
    return hd_False;
}

static const HdMethodDef property_methods[] = {
    HD_METHOD(property_getter, "getter($self, fget, /)", "Descriptor to obtain a copy of the property with a different getter."),
    HD_METHOD(property_setter, "setter($self, fset, /)", "Descriptor to obtain a copy of the property with a different setter."),
    HD_METHOD(property_deleter, "deleter($self, fdel, /)", "Descriptor to obtain a copy of the property with a different deleter."),
    HD_METHOD_RAW(property_set_name, "__set_name__", "Method to set name of a property."),
    HD_METHODS_END,
};
static const HdGetSetDef property_getsets[] = {{"__isabstractmethod__", property_is_abstract}, {NULL}};
static const HdMemberDef property_members[] = {
    {"fget", HD_MEMBER_VALUE, offsetof(HdProperty, get), true, NULL},
    {"fset", HD_MEMBER_VALUE, offsetof(HdProperty, set), true, NULL},
    {"fdel", HD_MEMBER_VALUE, offsetof(HdProperty, del), true, NULL},
    {"__doc__", HD_MEMBER_VALUE, offsetof(HdProperty, doc), false, NULL},
    {NULL},
};

HdType hd_property_type = {
    HD_TYPE_HEAD("property"),
    .basicsize = sizeof(HdProperty),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = property_dealloc,
    .traverse = property_traverse,
    .clear = property_clear,
    .create = property_create,
    .init = property_init,
    .descr_get = property_get,
    .descr_set = property_set,
    .getattr = hd_object_generic_getattr,
    .methods = property_methods,
    .getsets = property_getsets,
    .members = property_members,
};

/* --- classmethod and staticmethod --- */

static HdMethodBox *box(HdValue v) { return HD_AS(HdMethodBox, v); }

static int box_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdMethodBox *)self)->function);
    return 0;
}
static void box_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((HdMethodBox *)self)->function); }
static void box_dealloc(HdThread *t, HdObject *self) {
    box_clear(t, self);
    hd_type_free(t, self);
}
static HdValue box_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (!hd_is_null(self)) box(self)->function = hd_None;
    return self;
}

/* The names that functools.wraps would copy. */
static int copy_names(HdThread *t, HdValue self, HdValue function) {
    HdValue names[] = {HD_NAME("__module__"), HD_NAME("__name__"), HD_NAME("__qualname__"), HD_NAME("__doc__"), HD_NAME("__annotations__")};
    for (size_t i = 0; i < HD_COUNT_OF(names); i++) {
        HdValue value;
        int found = hd_object_find_attr(t, function, names[i], &value);
        if (found < 0) return -1;
        if (!found) continue;
        int result = hd_object_generic_setattr(t, self, names[i], value);
        hd_release(t, value);
        if (result < 0) return -1;
    }
    return 0;
}

static int box_init(HdThread *t, HdValue self, const char *name, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, name, kwnames) < 0 || hd_native_check_count(t, name, nargs, 1, 1) < 0) return -1;
    HdValue function = hd_ref_value(args[0]);
    hd_field_set_steal(t, box(self), &box(self)->function, hd_retain(t, function));
    return copy_names(t, self, function);
}
static int classmethod_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return box_init(t, self, "classmethod", args, nargs, kwnames);
}
static int staticmethod_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return box_init(t, self, "staticmethod", args, nargs, kwnames);
}

static HdValue classmethod_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    HdValue function = box(self)->function;
    if (hd_is_null(type)) type = hd_type_value(hd_type_of(object));
    HdDescrGet get = hd_type_of(function)->descr_get;
    if (hd_is_exact(function, &hd_method_type)) get = NULL; /* bound already: the class becomes its first argument */
    return get ? get(t, function, type, type) : hd_method_new(t, function, type);
}
static HdValue staticmethod_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    return hd_retain(t, box(self)->function);
}
static HdValue staticmethod_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_object_call(t, box(self)->function, args, nargs, kwnames);
}
static HdValue classmethod_repr(HdThread *t, HdValue self) { return hd_str_format(t, "<classmethod(%R)>", box(self)->function); }
static HdValue staticmethod_repr(HdThread *t, HdValue self) { return hd_str_format(t, "<staticmethod(%R)>", box(self)->function); }
static HdValue box_is_abstract(HdThread *t, HdValue self, void *closure) {
    int result = is_abstract(t, box(self)->function);
    return result < 0 ? HD_NULL : hd_bool(result);
}

static const HdGetSetDef box_getsets[] = {
    {"__isabstractmethod__", box_is_abstract},
    {"__dict__", hd_attrs_get_dict_attr, hd_attrs_set_dict_attr},
    {NULL},
};
static const HdMemberDef box_members[] = {
    {"__func__", HD_MEMBER_VALUE, offsetof(HdMethodBox, function), true, NULL},
    {"__wrapped__", HD_MEMBER_VALUE, offsetof(HdMethodBox, function), true, NULL},
    {NULL},
};

HdType hd_classmethod_type = {
    HD_TYPE_HEAD("classmethod"),
    .basicsize = sizeof(HdMethodBox) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdMethodBox),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = box_dealloc,
    .traverse = box_traverse,
    .clear = box_clear,
    .create = box_create,
    .init = classmethod_init,
    .repr = classmethod_repr,
    .descr_get = classmethod_get,
    .getsets = box_getsets,
    .members = box_members,
};

HdType hd_staticmethod_type = {
    HD_TYPE_HEAD("staticmethod"),
    .basicsize = sizeof(HdMethodBox) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdMethodBox),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = box_dealloc,
    .traverse = box_traverse,
    .clear = box_clear,
    .create = box_create,
    .init = staticmethod_init,
    .repr = staticmethod_repr,
    .call = staticmethod_call,
    .descr_get = staticmethod_get,
    .getsets = box_getsets,
    .members = box_members,
};
