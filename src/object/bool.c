/* bool.c -- bool: the two immortal objects True and False, a subclass of int. Only their identity carries the value,
 * so that everything that reads ints goes through HdIntView, which knows them. No locks; runs Python only for truth. */
#include "int_internal.h"
#include "int_ops.h"
#include "str.h"

HdObject hd_true_object = HD_STATIC_HEADER(&hd_bool_type);
HdObject hd_false_object = HD_STATIC_HEADER(&hd_bool_type);

static HdValue bool_repr(HdThread *t, HdValue self) {
    return hd_retain(t, hd_same(self, hd_True) ? HD_NAME("True") : HD_NAME("False"));
}

static HdValue bool_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "bool", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "bool", nargs, 0, 1) < 0) return HD_NULL;
    if (nargs == 0) return hd_False;
    int truth = hd_object_truth(t, hd_ref_value(args[0]));
    return truth < 0 ? HD_NULL : hd_bool(truth);
}

static bool both_bools(HdValue a, HdValue b) {
    return hd_is_exact_object(a, &hd_bool_type) && hd_is_exact_object(b, &hd_bool_type);
}

static HdValue bool_and(HdThread *t, HdValue a, HdValue b) {
    if (!both_bools(a, b)) return hd_int_slot_and(t, a, b);
    return hd_bool(hd_same(a, hd_True) && hd_same(b, hd_True));
}
static HdValue bool_or(HdThread *t, HdValue a, HdValue b) {
    if (!both_bools(a, b)) return hd_int_slot_or(t, a, b);
    return hd_bool(hd_same(a, hd_True) || hd_same(b, hd_True));
}
static HdValue bool_xor(HdThread *t, HdValue a, HdValue b) {
    if (!both_bools(a, b)) return hd_int_slot_xor(t, a, b);
    return hd_bool(!hd_same(a, b));
}

static HdSize bool_var_size(HdObject *self) { return sizeof(HdInt); }

HdType hd_bool_type = {
    HD_TYPE_HEAD("bool"),
    .doc = "bool(x) -> bool\n\nTrue when the argument x counts as true, else False. There are no other instances,\n"
           "and the class cannot be subclassed.",
    .base = &hd_int_type,
    .basicsize = sizeof(HdInt),
    .itemsize = sizeof(mp_limb_t),
    .var_size = bool_var_size,
    .flags = HD_TYPE_INT | HD_TYPE_MATCH_SELF | HD_TYPE_IMMUTABLE,
    .repr = bool_repr,
    .create = bool_create,
    .and_ = bool_and,
    .xor_ = bool_xor,
    .or_ = bool_or,
};
