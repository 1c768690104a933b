/* union.c -- types.UnionType: int | str (PEP 604).
 *
 * A union never changes, but for its parameters, found when first asked for. Its arguments are flat and each there
 * once; None stands as NoneType.
 */
#include "generic_alias.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "set.h"
#include "str.h"

typedef struct Union {
    HdObject head;
    HdValue args;
    HdValue parameters; /* HD_NULL: not looked for yet; guarded by the lock */
} Union;

static Union *as_union(HdValue v) { return HD_AS(Union, v); }
static bool is_union(HdValue v) { return hd_is_exact_object(v, &hd_union_type); }

HdValue hd_union_args_borrowed(HdValue v) { return is_union(v) ? as_union(v)->args : HD_NULL; }

/* --- making --- */

static bool may_join(HdValue v) { return hd_is_none(v) || hd_is_type(v) || hd_is_generic_alias(v) || is_union(v); }

static int add_once(HdThread *t, HdValue list, HdValue item) {
    if (hd_is_none(item)) item = hd_type_value(&hd_none_type);
    for (HdSize i = 0; i < hd_list_length(list); i++) {
        HdValue other = hd_list_at_borrowed(list, i);
        if (hd_same(item, other)) return 0;
        if (!hd_is_generic_alias(item) || !hd_is_generic_alias(other)) continue;
        int equal = hd_object_equal(t, item, other);
        if (equal != 0) return equal < 0 ? -1 : 0;
    }
    return hd_list_append(t, list, item);
}

static int add(HdThread *t, HdValue list, HdValue v) {
    if (!is_union(v)) return add_once(t, list, v);
    HdValue args = as_union(v)->args;
    for (HdSize i = 0; i < hd_tuple_length(args); i++) {
        if (add_once(t, list, hd_tuple_at_borrowed(args, i)) < 0) return -1;
    }
    return 0;
}

HdValue hd_union_or(HdThread *t, HdValue left, HdValue right) {
    if (!may_join(left) || !may_join(right)) return hd_NotImplemented;
    HD_OWNED HdValue list = hd_list_new(t, 2);
    if (hd_is_null(list) || add(t, list, left) < 0 || add(t, list, right) < 0) return HD_NULL;
    if (hd_list_length(list) == 1) return hd_retain(t, hd_list_at_borrowed(list, 0));
    HD_OWNED HdValue args = hd_list_as_tuple(t, list);
    Union *u = hd_is_null(args) ? NULL : HD_NEW(t, Union, &hd_union_type);
    if (u) u->args = hd_move(&args);
    return hd_from_object(u);
}

static int union_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Union *)self)->args);
    HD_VISIT(((Union *)self)->parameters);
    return 0;
}
static void union_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Union *)self)->args);
    hd_clear_slot(t, &((Union *)self)->parameters);
    hd_type_free(t, self);
}

/* --- slots --- */

static HdValue union_repr(HdThread *t, HdValue self) {
    HdValue args = as_union(self)->args;
    HdStrBuilder b HD_CLEANUP(hd_str_builder_discard);
    hd_str_builder_init(&b, t);
    for (HdSize i = 0; i < hd_tuple_length(args); i++) {
        HdValue arg = hd_tuple_at_borrowed(args, i);
        if (i) hd_str_builder_text(&b, " | ");
        if (hd_same(arg, hd_type_value(&hd_none_type)))
            hd_str_builder_text(&b, "None");
        else if (hd_generic_show(t, &b, arg) < 0)
            return HD_NULL;
    }
    return hd_str_builder_finish(&b);
}

/* Order does not count. */
static int64_t union_hash(HdThread *t, HdValue self) {
    HD_OWNED HdValue set = hd_frozenset_new(t, as_union(self)->args);
    return hd_is_null(set) ? -1 : hd_object_hash(t, set);
}
static HdValue union_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !is_union(a) || !is_union(b)) return hd_NotImplemented;
    HD_OWNED HdValue x = hd_set_new(t, as_union(a)->args);
    HD_OWNED HdValue y = hd_is_null(x) ? HD_NULL : hd_set_new(t, as_union(b)->args);
    return hd_is_null(y) ? HD_NULL : hd_object_compare(t, x, y, op);
}

static HdValue union_getattr(HdThread *t, HdValue self, HdValue name) {
    if (hd_str_equals_text(name, "__module__")) return hd_object_getattr(t, hd_type_value(&hd_union_type), name);
    return hd_object_generic_getattr(t, self, name);
}

static HdValue get_parameters(HdThread *t, HdValue self, void *closure) {
    Union *u = as_union(self);
    HdValue known = hd_field_get(t, u, &u->parameters);
    if (!hd_is_null(known)) return known;
    HdValue found = hd_generic_parameters(t, u->args);
    if (hd_is_null(found)) return HD_NULL;
    hd_field_set_steal(t, u, &u->parameters, hd_retain(t, found));
    return found;
}

static HdValue union_getitem(HdThread *t, HdValue self, HdValue item) {
    HD_OWNED HdValue parameters = get_parameters(t, self, NULL);
    if (hd_is_null(parameters)) return HD_NULL;
    HD_OWNED HdValue args = hd_generic_substitute(t, self, as_union(self)->args, parameters, item);
    if (hd_is_null(args)) return HD_NULL;
    if (hd_tuple_length(args) == 0) return hd_raise(t, &hd_TypeError, "Cannot take a Union of no types.");
    HdValue result = hd_retain(t, hd_tuple_at_borrowed(args, 0));
    for (HdSize i = 1; i < hd_tuple_length(args) && !hd_is_null(result); i++) {
        HD_OWNED HdValue before = result;
        result = hd_number_op(t, HD_OP_OR, before, hd_tuple_at_borrowed(args, i));
    }
    return result;
}

static const HdMemberDef union_members[] = {
    {"__args__", HD_MEMBER_VALUE, offsetof(Union, args), true, NULL},
    {NULL},
};
static const HdGetSetDef union_getsets[] = {
    {"__parameters__", get_parameters, NULL, "Type variables in the types.UnionType."},
    {NULL},
};

HdType hd_union_type = {
    HD_TYPE_HEAD("types.UnionType"),
    .doc = "One of several types (PEP 604): int | str.",
    .basicsize = sizeof(Union),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = union_dealloc,
    .traverse = union_traverse,
    .repr = union_repr,
    .hash = union_hash,
    .compare = union_compare,
    .getattr = union_getattr,
    .getitem = union_getitem,
    .or_ = hd_union_or,
    .members = union_members,
    .getsets = union_getsets,
};
