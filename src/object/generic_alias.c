/* generic_alias.c -- types.GenericAlias: list[int] and its like (PEP 585), and the iterator that makes *tuple[int,
 * ...].
 *
 * An alias never changes, but for its parameters, found when first asked for. What it does not have itself comes from
 * the class it stands for.
 */
#include "generic_alias.h"
#include "dict.h"
#include "iter.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

static HdGenericAlias *alias(HdValue v) { return HD_AS(HdGenericAlias, v); }

/* Attributes that are the alias's own. */
static const char *const own_names[] = {
    "__class__",       "__origin__",     "__args__",
    "__unpacked__",    "__parameters__", "__typing_unpacked_tuple_args__",
    "__mro_entries__", "__reduce_ex__",  "__reduce__",
    "__copy__",        "__deepcopy__",
};

/* --- life --- */

static HdValue make(HdThread *t, HdType *type, HdValue origin, HdValue args, bool starred) {
    HD_OWNED HdValue tuple = hd_is_tuple(args) ? hd_retain(t, args) : hd_tuple_pack(t, 1, args);
    HdGenericAlias *a = hd_is_null(tuple) ? NULL : HD_NEW(t, HdGenericAlias, type);
    if (!a) return HD_NULL;
    a->origin = hd_retain(t, origin);
    a->args = hd_move(&tuple);
    a->starred = starred;
    return hd_from_object(a);
}
HdValue hd_generic_alias_new(HdThread *t, HdValue origin, HdValue args) {
    return make(t, &hd_generic_alias_type, origin, args, false);
}
static HdValue alias_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "GenericAlias", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "GenericAlias", nargs, 2, 2) < 0) return HD_NULL;
    return make(t, type, hd_ref_value(args[0]), hd_ref_value(args[1]), false);
}
static int alias_traverse(HdObject *self, HdVisit visit, void *context) {
    HdGenericAlias *a = (HdGenericAlias *)self;
    HD_VISIT(a->origin);
    HD_VISIT(a->args);
    HD_VISIT(a->parameters);
    return 0;
}
static void alias_dealloc(HdThread *t, HdObject *self) {
    HdGenericAlias *a = (HdGenericAlias *)self;
    hd_clear_slot(t, &a->origin);
    hd_clear_slot(t, &a->args);
    hd_clear_slot(t, &a->parameters);
    hd_type_free(t, self);
}

/* --- slots --- */

static HdValue alias_repr(HdThread *t, HdValue self) {
    HdValue args = alias(self)->args;
    HdStrBuilder b HD_CLEANUP(hd_str_builder_discard);
    hd_str_builder_init(&b, t);
    if (alias(self)->starred) hd_str_builder_char(&b, '*');
    if (hd_generic_show(t, &b, alias(self)->origin) < 0) return HD_NULL;
    hd_str_builder_char(&b, '[');
    for (HdSize i = 0; i < hd_tuple_length(args); i++) {
        if (i) hd_str_builder_text(&b, ", ");
        if (hd_generic_show(t, &b, hd_tuple_at_borrowed(args, i)) < 0) return HD_NULL;
    }
    if (hd_tuple_length(args) == 0) hd_str_builder_text(&b, "()");
    hd_str_builder_char(&b, ']');
    return hd_str_builder_finish(&b);
}

static int64_t alias_hash(HdThread *t, HdValue self) {
    int64_t origin = hd_object_hash(t, alias(self)->origin);
    int64_t args = origin == -1 ? -1 : hd_object_hash(t, alias(self)->args);
    if (args == -1) return -1;
    return (origin ^ args) == -1 ? -2 : origin ^ args;
}

static HdValue alias_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_generic_alias(a) || !hd_is_generic_alias(b)) return hd_NotImplemented;
    int equal = alias(a)->starred == alias(b)->starred;
    if (equal) equal = hd_object_equal(t, alias(a)->origin, alias(b)->origin);
    if (equal > 0) equal = hd_object_equal(t, alias(a)->args, alias(b)->args);
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}

static HdValue alias_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue made = hd_object_call(t, alias(self)->origin, args, nargs, kwnames);
    if (hd_is_null(made)) return HD_NULL;
    if (hd_object_setattr(t, made, HD_NAME("__orig_class__"), self) < 0) {
        if (!hd_raised_is(t, &hd_AttributeError) && !hd_raised_is(t, &hd_TypeError)) {
            hd_release(t, made);
            return HD_NULL;
        }
        hd_clear_raised(t);
    }
    return made;
}

static HdValue alias_getattr(HdThread *t, HdValue self, HdValue name) {
    for (size_t i = 0; i < HD_COUNT_OF(own_names); i++) {
        if (hd_str_equals_text(name, own_names[i])) return hd_object_generic_getattr(t, self, name);
    }
    return hd_object_getattr(t, alias(self)->origin, name);
}

static HdValue get_parameters(HdThread *t, HdValue self, void *closure) {
    HdGenericAlias *a = alias(self);
    HdValue known = hd_field_get(t, a, &a->parameters);
    if (!hd_is_null(known)) return known;
    HdValue found = hd_generic_parameters(t, a->args);
    if (hd_is_null(found)) return HD_NULL;
    hd_field_set_steal(t, a, &a->parameters, hd_retain(t, found));
    return found;
}

static HdValue alias_getitem(HdThread *t, HdValue self, HdValue item) {
    HD_OWNED HdValue parameters = get_parameters(t, self, NULL);
    if (hd_is_null(parameters)) return HD_NULL;
    HD_OWNED HdValue args = hd_generic_substitute(t, self, alias(self)->args, parameters, item);
    return hd_is_null(args) ? HD_NULL
                            : make(t, &hd_generic_alias_type, alias(self)->origin, args, alias(self)->starred);
}

/* --- attributes and methods --- */

static HdValue get_unpacked_tuple_args(HdThread *t, HdValue self, void *closure) {
    HdGenericAlias *a = alias(self);
    bool is_tuple = a->starred && hd_same(a->origin, hd_type_value(&hd_tuple_type));
    return is_tuple ? hd_retain(t, a->args) : hd_None;
}
static HdValue alias_mro_entries(HdThread *t, HdValue self, const HdValue *args) {
    return hd_tuple_pack(t, 1, alias(self)->origin);
}
static HdValue alias_instancecheck(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_TypeError, "isinstance() argument 2 cannot be a parameterized generic");
}
static HdValue alias_subclasscheck(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_TypeError, "issubclass() argument 2 cannot be a parameterized generic");
}

static HdValue alias_iter(HdThread *t, HdValue self);

static HdValue alias_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdGenericAlias *a = alias(self);
    if (!a->starred) {
        HD_OWNED HdValue pair = hd_tuple_pack(t, 2, a->origin, a->args);
        return hd_is_null(pair) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), pair);
    }
    HD_OWNED HdValue plain = hd_generic_alias_new(t, a->origin, a->args);
    HD_OWNED HdValue iterator = hd_is_null(plain) ? HD_NULL : alias_iter(t, plain);
    HD_OWNED HdValue single = hd_is_null(iterator) ? HD_NULL : hd_tuple_pack(t, 1, iterator);
    HD_OWNED HdValue next = hd_is_null(single) ? HD_NULL : hd_iter_builtin(t, "next");
    return hd_is_null(next) ? HD_NULL : hd_tuple_pack(t, 2, next, single);
}

static HdValue alias_dir(HdThread *t, HdValue self, const HdValue *args) {
    HdValue names = hd_object_dir(t, alias(self)->origin);
    if (hd_is_null(names)) return HD_NULL;
    for (size_t i = 0; i < HD_COUNT_OF(own_names); i++) {
        HD_OWNED HdValue name = hd_str_intern_text(t, own_names[i]);
        int known = hd_is_null(name) ? -1 : hd_object_contains(t, names, name);
        if (known < 0 || (!known && hd_list_append(t, names, name) < 0)) {
            hd_release(t, names);
            return HD_NULL;
        }
    }
    return names;
}

static const HdMethodDef alias_methods[] = {
    HD_METHOD(alias_mro_entries, "__mro_entries__($self, bases, /)",
              "The class that stands for the alias among bases."),
    HD_METHOD(alias_instancecheck, "__instancecheck__($self, instance, /)", "Refuses: an alias is no class."),
    HD_METHOD(alias_subclasscheck, "__subclasscheck__($self, cls, /)", "Refuses: an alias is no class."),
    HD_METHOD(alias_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(alias_dir, "__dir__($self, /)", "Names of the class and of the alias."),
    HD_METHODS_END,
};
static const HdMemberDef alias_members[] = {
    {"__origin__", HD_MEMBER_VALUE, offsetof(HdGenericAlias, origin), true, NULL},
    {"__args__", HD_MEMBER_VALUE, offsetof(HdGenericAlias, args), true, NULL},
    {"__unpacked__", HD_MEMBER_BOOL, offsetof(HdGenericAlias, starred), true, NULL},
    {NULL},
};
static const HdGetSetDef alias_getsets[] = {
    {"__parameters__", get_parameters, NULL, "Type variables in the GenericAlias."},
    {"__typing_unpacked_tuple_args__", get_unpacked_tuple_args},
    {NULL},
};

HdType hd_generic_alias_type = {
    HD_TYPE_HEAD("types.GenericAlias"),
    .doc = "A generic class with types for its parameters (PEP 585): for t = list[int], t.__origin__ is list and\n"
           "t.__args__ is (int,).",
    .basicsize = sizeof(HdGenericAlias),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = alias_dealloc,
    .traverse = alias_traverse,
    .create = alias_create,
    .repr = alias_repr,
    .hash = alias_hash,
    .compare = alias_compare,
    .call = alias_call,
    .getattr = alias_getattr,
    .getitem = alias_getitem,
    .iter = alias_iter,
    .or_ = hd_union_or,
    .methods = alias_methods,
    .members = alias_members,
    .getsets = alias_getsets,
};

/* --- the iterator: gives the alias once, unpacked --- */

typedef struct AliasIterator {
    HdObject head;
    HdValue alias; /* HD_NULL: given */
} AliasIterator;

static HdValue alias_iter(HdThread *t, HdValue self) {
    AliasIterator *it = HD_NEW(t, AliasIterator, &hd_generic_alias_iterator_type);
    if (it) it->alias = hd_retain(t, self);
    return hd_from_object(it);
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    AliasIterator *it = HD_AS(AliasIterator, self);
    hd_lock_object(t, &it->head);
    HD_OWNED HdValue plain = hd_slot_exchange(&it->alias, HD_NULL);
    hd_unlock_object(t, &it->head);
    if (hd_is_null(plain)) return HD_NULL;
    return make(t, hd_type_of(plain), alias(plain)->origin, alias(plain)->args, true);
}
static HdValue iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue plain = hd_field_get(t, hd_as_object(self), &HD_AS(AliasIterator, self)->alias);
    return hd_iter_reduce(t, "iter", hd_is_null(plain) ? hd_tuple_empty() : plain);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((AliasIterator *)self)->alias);
    return 0;
}
static void iterator_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((AliasIterator *)self)->alias); }
static void iterator_dealloc(HdThread *t, HdObject *self) {
    iterator_clear(t, self);
    hd_type_free(t, self);
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
HdType hd_generic_alias_iterator_type = {
    HD_TYPE_HEAD("generic_alias_iterator"),
    .basicsize = sizeof(AliasIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .clear = iterator_clear,
    .iter = hd_iter_self,
    .next = iterator_next,
    .methods = iterator_methods,
};
