/* tuple_field.c -- _collections._tuplegetter, the descriptor of a named tuple's field: an item of the tuple, by its index.
 *
 * The index never changes, so that the eval loop may read fields by it; the docstring is a member like any other. No locks.
 */
#include "errors.h"
#include "int.h"
#include "list.h"
#include "native.h"
#include "number.h"

#define FIELD(v) HD_AS(HdTupleField, v)

static HdValue field_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "_tuplegetter", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "_tuplegetter", nargs, 2, 2) < 0) return HD_NULL;
    HdSize index = hd_number_as_size(t, hd_ref_value(args[0]), &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    HdTupleField *field = HD_NEW(t, HdTupleField, type);
    if (!field) return HD_NULL;
    field->index = index;
    field->doc = hd_retain(t, hd_ref_value(args[1]));
    return hd_from_object(field);
}
static HdValue field_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    if (hd_is_null(object) || hd_is_none(object)) return hd_retain(t, self);
    HdSize index = FIELD(self)->index;
    if (HD_UNLIKELY(!hd_is_tuple(object))) {
        return hd_raise(t, &hd_TypeError,
                        "descriptor for index '%zd' for tuple subclasses doesn't apply to '%T' object", index, object);
    }
    if (index < 0 || index >= hd_tuple_length(object)) return hd_raise(t, &hd_IndexError, "tuple index out of range");
    return hd_retain(t, hd_tuple_at_borrowed(object, index));
}
static int field_set(HdThread *t, HdValue self, HdValue object, HdValue value) {
    return hd_raise_int(t, &hd_AttributeError, "can't %s attribute", hd_is_null(value) ? "delete" : "set");
}
static HdValue field_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue index = hd_int_from_size(t, FIELD(self)->index);
    if (hd_is_null(index)) return HD_NULL;
    HD_OWNED HdValue doc = hd_object_getattr(t, self, HD_NAME("__doc__"));
    if (hd_is_null(doc)) return HD_NULL;
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 2, index, doc);
    return hd_is_null(arguments) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), arguments);
}
static HdValue field_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue doc = hd_object_getattr(t, self, HD_NAME("__doc__"));
    return hd_is_null(doc) ? HD_NULL : hd_str_format(t, "%N(%zd, %R)", hd_type_of(self), FIELD(self)->index, doc);
}
static void field_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((HdTupleField *)self)->doc);
    hd_type_free(t, self);
}
static int field_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdTupleField *)self)->doc);
    return 0;
}
static void field_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((HdTupleField *)self)->doc); }

static const HdMethodDef field_methods[] = {
    HD_METHOD(field_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHODS_END,
};
static const HdMemberDef field_members[] = {
    {"__doc__", HD_MEMBER_VALUE, offsetof(HdTupleField, doc), false, NULL, false},
    {NULL},
};
HdType hd_tuple_field_type = {
    HD_TYPE_HEAD("_collections._tuplegetter"),
    .basicsize = sizeof(HdTupleField),
    .flags = HD_TYPE_GC,
    .dealloc = field_dealloc,
    .traverse = field_traverse,
    .clear = field_clear,
    .create = field_create,
    .repr = field_repr,
    .descr_get = field_get,
    .descr_set = field_set,
    .methods = field_methods,
    .members = field_members,
};
