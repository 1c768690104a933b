/* method.c -- bound methods, cells and super.
 *
 * A method never changes. A cell's value changes under the cell's lock and is read without it.
 */
#include "descr.h"
#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

/* --- bound methods --- */

static HdMethod *method(HdValue v) { return HD_AS(HdMethod, v); }

HdValue hd_method_new(HdThread *t, HdValue function, HdValue self) {
    HdMethod *m = HD_NEW(t, HdMethod, &hd_method_type);
    if (!m) return HD_NULL;
    m->function = hd_retain(t, function);
    m->self = hd_retain(t, self);
    return hd_from_object(m);
}

static int method_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdMethod *)self)->function);
    HD_VISIT(((HdMethod *)self)->self);
    return 0;
}
static void method_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdMethod *)self)->function);
    hd_clear_slot(t, &((HdMethod *)self)->self);
    hd_type_free(t, self);
}

static HdValue method_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "method", kwnames) < 0 || hd_native_check_count(t, "method", nargs, 2, 2) < 0) return HD_NULL;
    HdValue function = hd_ref_value(args[0]), self = hd_ref_value(args[1]);
    if (!hd_object_is_callable(function)) return hd_raise(t, &hd_TypeError, "first argument must be callable");
    if (hd_is_none(self)) return hd_raise(t, &hd_TypeError, "instance must not be None");
    return hd_method_new(t, function, self);
}

static HdValue method_call(HdThread *t, HdValue v, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_object_call_prepend(t, method(v)->function, method(v)->self, args, nargs, kwnames);
}

static HdValue method_repr(HdThread *t, HdValue v) {
    HdValue name;
    int found = hd_object_find_attr(t, method(v)->function, HD_NAME("__qualname__"), &name);
    if (found == 0) found = hd_object_find_attr(t, method(v)->function, HD_NAME("__name__"), &name);
    if (found < 0) return HD_NULL;
    HdValue result = found && hd_is_str(name) ? hd_str_format(t, "<bound method %U of %R>", name, method(v)->self)
                                              : hd_str_format(t, "<bound method ? of %R>", method(v)->self);
    hd_release(t, name);
    return result;
}

static HdValue method_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_exact_object(b, &hd_method_type)) return hd_NotImplemented;
    int equal = hd_same(method(a)->self, method(b)->self) ? hd_object_equal(t, method(a)->function, method(b)->function) : 0;
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}
static int64_t method_hash(HdThread *t, HdValue v) {
    int64_t function = hd_object_hash(t, method(v)->function);
    if (function == -1) return -1;
    int64_t hash = hd_object_hash_pointer((void *)method(v)->self.bits) ^ function;
    return hash == -1 ? -2 : hash;
}

/* What the method itself does not have comes from its function. */
static HdValue method_getattr(HdThread *t, HdValue v, HdValue name) {
    HdValue found = hd_object_generic_find(t, v, name);
    if (!hd_is_null(found) || hd_raised(t)) return found;
    return hd_object_getattr(t, method(v)->function, name);
}
static HdValue method_get(HdThread *t, HdValue v, HdValue object, HdValue type) { return hd_retain(t, v); }
static HdValue method_doc(HdThread *t, HdValue v, void *closure) {
    return hd_object_getattr(t, method(v)->function, HD_NAME("__doc__"));
}
static HdValue method_reduce(HdThread *t, HdValue v, const HdValue *unused) {
    HD_OWNED HdValue getattr = hd_object_import_from(t, "builtins", "getattr");
    HD_OWNED HdValue name = hd_is_null(getattr) ? HD_NULL : hd_object_getattr(t, method(v)->function, HD_NAME("__name__"));
    HD_OWNED HdValue pair = hd_is_null(name) ? HD_NULL : hd_tuple_pack(t, 2, method(v)->self, name);
    return hd_is_null(pair) ? HD_NULL : hd_tuple_pack(t, 2, getattr, pair);
}

static const HdMethodDef method_methods[] = {
    HD_METHOD(method_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef method_getsets[] = {{"__doc__", method_doc}, {NULL}};
static const HdMemberDef method_members[] = {
    {"__func__", HD_MEMBER_VALUE, offsetof(HdMethod, function), true, "the function (or other callable) implementing a method"},
    {"__self__", HD_MEMBER_VALUE, offsetof(HdMethod, self), true, "the instance to which a method is bound"},
    {NULL},
};

HdType hd_method_type = {
    HD_TYPE_HEAD("method"),
    .basicsize = sizeof(HdMethod),
    .flags = HD_TYPE_GC,
    .dealloc = method_dealloc,
    .traverse = method_traverse,
    .create = method_create,
    .call = method_call,
    .repr = method_repr,
    .compare = method_compare,
    .hash = method_hash,
    .getattr = method_getattr,
    .descr_get = method_get,
    .methods = method_methods,
    .getsets = method_getsets,
    .members = method_members,
};

/* --- cells --- */

static HdCell *cell(HdValue v) { return HD_AS(HdCell, v); }

HdValue hd_cell_new(HdThread *t, HdValue value_or_null) {
    HdCell *c = HD_NEW(t, HdCell, &hd_cell_type);
    if (c) c->value = hd_retain(t, value_or_null);
    return hd_from_object(c);
}
HdValue hd_cell_get(HdThread *t, HdValue v) { return hd_slot_read(t, &cell(v)->value, hd_as_object(v)); }
void hd_cell_set(HdThread *t, HdValue v, HdValue value_or_null) {
    hd_field_set_steal(t, cell(v), &cell(v)->value, hd_retain(t, value_or_null));
}

static int cell_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdCell *)self)->value);
    return 0;
}
static void cell_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((HdCell *)self)->value); }
static void cell_dealloc(HdThread *t, HdObject *self) {
    cell_clear(t, self);
    hd_type_free(t, self);
}
static HdValue cell_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "cell", kwnames) < 0 || hd_native_check_count(t, "cell", nargs, 0, 1) < 0) return HD_NULL;
    return hd_cell_new(t, nargs ? hd_ref_value(args[0]) : HD_NULL);
}
static HdValue cell_repr(HdThread *t, HdValue v) {
    HD_OWNED HdValue value = hd_cell_get(t, v);
    if (hd_is_null(value)) return hd_str_format(t, "<cell at %p: empty>", (void *)v.bits);
    return hd_str_format(t, "<cell at %p: %s object at %p>", (void *)v.bits, hd_type_of(value)->name, (void *)value.bits);
}
static HdValue cell_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if (!hd_is_exact_object(b, &hd_cell_type)) return hd_NotImplemented;
    HD_OWNED HdValue x = hd_cell_get(t, a);
    HD_OWNED HdValue y = hd_cell_get(t, b);
    if (!hd_is_null(x) && !hd_is_null(y)) return hd_object_compare(t, x, y, op);
    int left = !hd_is_null(x), right = !hd_is_null(y); /* an empty cell comes first */
    switch (op) {
    case HD_LT: return hd_bool(left < right);
    case HD_LE: return hd_bool(left <= right);
    case HD_EQ: return hd_bool(left == right);
    case HD_NE: return hd_bool(left != right);
    case HD_GT: return hd_bool(left > right);
    default: return hd_bool(left >= right);
    }
}
static HdValue cell_get_contents(HdThread *t, HdValue v, void *closure) {
    HdValue value = hd_cell_get(t, v);
    return hd_is_null(value) ? hd_raise(t, &hd_ValueError, "Cell is empty") : value;
}
static int cell_set_contents(HdThread *t, HdValue v, HdValue value, void *closure) {
    hd_cell_set(t, v, value);
    return 0;
}
static const HdGetSetDef cell_getsets[] = {{"cell_contents", cell_get_contents, cell_set_contents}, {NULL}};

HdType hd_cell_type = {
    HD_TYPE_HEAD("cell"),
    .basicsize = sizeof(HdCell),
    .flags = HD_TYPE_GC,
    .dealloc = cell_dealloc,
    .traverse = cell_traverse,
    .clear = cell_clear,
    .create = cell_create,
    .repr = cell_repr,
    .compare = cell_compare,
    .hash = hd_object_hash_unhashable,
    .getsets = cell_getsets,
};

/* --- super --- */

typedef struct Super {
    HdObject head;
    HdType *type;     /* whose successors in the MRO are searched; counted */
    HdValue object;   /* instance or class, HD_NULL: unbound */
    HdType *object_type; /* whose MRO is searched; counted */
} Super;

static Super *super(HdValue v) { return HD_AS(Super, v); }

/* The class whose MRO super(type, object) walks; owned, NULL = raised. */
static HdType *check(HdThread *t, HdType *type, HdValue object) {
    if (hd_is_type(object) && hd_type_is_subtype(HD_AS(HdType, object), type)) return (HdType *)hd_as_object(hd_retain(t, object));
    if (hd_is_instance(object, type)) return (HdType *)hd_as_object(hd_retain(t, hd_type_value(hd_type_of(object))));
    HdValue class;
    int found = hd_object_find_attr(t, object, HD_NAME("__class__"), &class);
    if (found < 0) return NULL;
    if (found) {
        if (hd_is_type(class) && hd_type_is_subtype(HD_AS(HdType, class), type)) return HD_AS(HdType, class);
        hd_release(t, class);
    }
    hd_raise(t, &hd_TypeError, "super(type, obj): obj must be an instance or subtype of type");
    return NULL;
}

/* What follows `type` in the MRO of object_type; HD_NULL without an exception when it has no such attribute. */
static HdValue find_behind(HdThread *t, HdType *type, HdType *object_type, HdValue object, HdValue name) {
    HD_OWNED HdValue mro = hd_field_get(t, object_type, &object_type->mro);
    if (hd_is_null(mro)) return HD_NULL;
    HdSize count = hd_tuple_length(mro), i = 0;
    while (i < count && HD_AS(HdType, hd_tuple_at_borrowed(mro, i)) != type) i++;
    for (i++; i < count; i++) {
        HdType *base = HD_AS(HdType, hd_tuple_at_borrowed(mro, i));
        HdValue found = hd_is_null(base->dict) ? HD_NULL : hd_dict_get_str(t, base->dict, name);
        if (hd_is_null(found)) continue;
        HdDescrGet get = hd_type_of(found)->descr_get;
        if (!get) return found;
        bool on_class = hd_same(object, hd_type_value(object_type));
        HdValue result = get(t, found, on_class ? HD_NULL : object, hd_type_value(object_type));
        hd_release(t, found);
        return result;
    }
    return HD_NULL;
}

HdValue hd_super_lookup(HdThread *t, HdType *type, HdValue object, HdValue name) {
    HdType *object_type = check(t, type, object);
    if (!object_type) return HD_NULL;
    HdValue result = find_behind(t, type, object_type, object, name);
    if (hd_is_null(result) && !hd_raised(t)) {
        hd_raise(t, &hd_AttributeError, "'super' object has no attribute '%V'", name);
    }
    hd_release_object(t, &object_type->head);
    return result;
}

static HdValue super_getattr(HdThread *t, HdValue v, HdValue name) {
    Super *s = super(v);
    if (s->object_type && !hd_str_equals_text(name, "__class__")) {
        HdValue found = find_behind(t, s->type, s->object_type, s->object, name);
        if (!hd_is_null(found) || hd_raised(t)) return found;
    }
    return hd_object_generic_getattr(t, v, name);
}

static HdValue super_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

static void drop_type(HdThread *t, HdType **place) {
    HdType *old = *place;
    *place = NULL;
    if (old) hd_release_object(t, &old->head);
}

static int super_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "super", kwnames) < 0 || hd_native_check_count(t, "super", nargs, 0, 2) < 0) return -1;
    HdValue type, object = HD_NULL;
    if (nargs) {
        type = hd_retain(t, hd_ref_value(args[0]));
        object = nargs > 1 ? hd_retain(t, hd_ref_value(args[1])) : HD_NULL;
        if (!hd_is_type(type)) {
            hd_raise(t, &hd_TypeError, "super() argument 1 must be a type, not %s", hd_is_none(type) ? "None" : hd_type_name(type));
            hd_release(t, type);
            hd_release(t, object);
            return -1;
        }
    } else {
        if (!hd_object_hooks.super_arguments) return hd_raise_int(t, &hd_RuntimeError, "super(): no current frame");
        if (hd_object_hooks.super_arguments(t, &type, &object) < 0) return -1;
    }
    if (!hd_is_null(object) && hd_is_none(object)) object = HD_NULL;
    Super *s = super(self);
    HdType *object_type = NULL;
    if (!hd_is_null(object) && !(object_type = check(t, HD_AS(HdType, type), object))) {
        hd_release(t, type);
        hd_release(t, object);
        return -1;
    }
    drop_type(t, &s->type);
    drop_type(t, &s->object_type);
    s->type = HD_AS(HdType, type);
    s->object_type = object_type;
    hd_replace_steal(t, &s->object, object);
    return 0;
}

static HdValue super_get(HdThread *t, HdValue v, HdValue object, HdValue type) {
    Super *s = super(v);
    if (hd_is_null(object) || hd_is_none(object) || !hd_is_null(s->object)) return hd_retain(t, v);
    if (hd_type_of(v) != &hd_super_type) {
        return hd_object_call2(t, hd_type_value(hd_type_of(v)), hd_type_value(s->type), object);
    }
    HdType *object_type = check(t, s->type, object);
    if (!object_type) return HD_NULL;
    HdValue made = hd_type_alloc(t, &hd_super_type);
    if (hd_is_null(made)) {
        hd_release_object(t, &object_type->head);
        return HD_NULL;
    }
    hd_retain(t, hd_type_value(s->type));
    super(made)->type = s->type;
    super(made)->object = hd_retain(t, object);
    super(made)->object_type = object_type;
    return made;
}

static HdValue super_repr(HdThread *t, HdValue v) {
    Super *s = super(v);
    const char *name = s->type ? s->type->name : "NULL";
    if (s->object_type) return hd_str_format(t, "<super: <class '%s'>, <%s object>>", name, s->object_type->name);
    return hd_str_format(t, "<super: <class '%s'>, NULL>", name);
}

static int super_traverse(HdObject *self, HdVisit visit, void *context) {
    Super *s = (Super *)self;
    if (s->type) HD_VISIT(hd_type_value(s->type));
    if (s->object_type) HD_VISIT(hd_type_value(s->object_type));
    HD_VISIT(s->object);
    return 0;
}
static void super_dealloc(HdThread *t, HdObject *self) {
    Super *s = (Super *)self;
    drop_type(t, &s->type);
    drop_type(t, &s->object_type);
    hd_clear_slot(t, &s->object);
    hd_type_free(t, self);
}

static HdValue type_or_none(HdThread *t, HdType *type) { return type ? hd_retain(t, hd_type_value(type)) : hd_None; }
static HdValue super_thisclass(HdThread *t, HdValue v, void *closure) { return type_or_none(t, super(v)->type); }
static HdValue super_self_class(HdThread *t, HdValue v, void *closure) { return type_or_none(t, super(v)->object_type); }
static const HdGetSetDef super_getsets[] = {
    {"__thisclass__", super_thisclass, NULL, "the class invoking super()"},
    {"__self_class__", super_self_class, NULL, "the type of the instance invoking super(); may be None"},
    {NULL},
};
static const HdMemberDef super_members[] = {
    {"__self__", HD_MEMBER_VALUE, offsetof(Super, object), true, "the instance invoking super(); may be None"},
    {NULL},
};

HdType hd_super_type = {
    HD_TYPE_HEAD("super"),
    .basicsize = sizeof(Super),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = super_dealloc,
    .traverse = super_traverse,
    .create = super_create,
    .init = super_init,
    .getattr = super_getattr,
    .descr_get = super_get,
    .repr = super_repr,
    .getsets = super_getsets,
    .members = super_members,
};
