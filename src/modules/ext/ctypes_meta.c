/* ctypes_meta.c -- what the metaclasses of C types have in common: making and ending a class, array types of a type,
 * from_param.
 *
 * The table of a type's array types holds weak references; two threads that ask for the same one at the same time may
 * each make one, and the last stays. No locks.
 */
#include "ctypes_types.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

HdType hd_ctypes_argument_error = {
    HD_TYPE_HEAD("ctypes.ArgumentError"),
    .doc = "An argument of a call could not be converted.",
    .base = &hd_Exception,
    .flags = HD_TYPE_BASE,
};

/* --- life of a class --- */

HdValue hd_ctypes_new_class(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_type_create(t, meta, args, nargs, kwnames);
}

int hd_ctypes_meta_traverse(HdObject *self, HdVisit visit, void *context) {
    HdCtype *c = (HdCtype *)self;
    HD_VISIT(c->proto);
    HD_VISIT(c->arrays);
    HD_VISIT(c->fields);
    HD_VISIT(c->argtypes);
    HD_VISIT(c->converters);
    HD_VISIT(c->restype);
    HD_VISIT(c->checker);
    return hd_type_type.traverse(self, visit, context);
}
void hd_ctypes_meta_clear(HdThread *t, HdObject *self) {
    HdCtype *c = (HdCtype *)self;
    hd_clear_slot(t, &c->arrays);
    hd_clear_slot(t, &c->fields);
    hd_clear_slot(t, &c->argtypes);
    hd_clear_slot(t, &c->converters);
    hd_clear_slot(t, &c->restype);
    hd_clear_slot(t, &c->checker);
    hd_type_type.clear(t, self);
}
void hd_ctypes_meta_dealloc(HdThread *t, HdObject *self) {
    HdCtype *c = (HdCtype *)self;
    HdValue *values[] = {&c->proto,    &c->arrays,     &c->fields, &c->argtypes,
                         &c->converters, &c->restype, &c->checker};
    for (size_t i = 0; i < HD_COUNT_OF(values); i++) hd_clear_slot(t, values[i]);
    free(c->elements);
    free(c->format);
    free(c->shape);
    hd_type_type.dealloc(t, self);
}

int hd_ctypes_add_getset(HdThread *t, HdType *type, const HdGetSetDef *def) {
    HD_OWNED HdValue descriptor = hd_native_getset_new(t, type, def);
    if (hd_is_null(descriptor)) return -1;
    int result = hd_dict_set_text(t, type->dict, def->name, descriptor);
    hd_type_modified(t, type);
    return result;
}

HdValue hd_ctypes_own_attribute(HdThread *t, HdType *type, const char *name) {
    return hd_dict_get_text(t, type->dict, name);
}

HdCtype *hd_ctypes_need_layout(HdThread *t, HdValue type) {
    HdCtype *c = hd_ctype_with_layout(type);
    if (!c) hd_raise(t, &hd_TypeError, "abstract class");
    return c;
}

char *hd_ctypes_format(HdThread *t, const char *words, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, words);
    int length = vasprintf(&text, words, args);
    va_end(args);
    if (length >= 0) return text;
    hd_raise_no_memory(t);
    return NULL;
}

/* --- arrays of a type --- */

static HdValue make_array_type(HdThread *t, HdCtype *item, HdSize length) {
    HD_OWNED HdValue name = hd_str_format(t, "%s_Array_%ld", item->type.name, (long)length);
    HD_OWNED HdValue dict = hd_is_null(name) ? HD_NULL : hd_dict_new(t);
    HD_OWNED HdValue base = hd_is_null(dict) ? HD_NULL : hd_tuple_pack(t, 1, hd_type_value(&hd_ctypes_array_type.type));
    HD_OWNED HdValue count = hd_is_null(base) ? HD_NULL : hd_int_from_size(t, length);
    if (hd_is_null(count) || hd_dict_set_text(t, dict, "_length_", count) < 0 ||
        hd_dict_set_text(t, dict, "_type_", hd_type_value(&item->type)) < 0) {
        return HD_NULL;
    }
    return hd_object_call3(t, hd_type_value(&hd_ctypes_array_meta), name, base, dict);
}

HdValue hd_ctypes_array_of(HdThread *t, HdValue item, HdSize length) {
    HdCtype *c = hd_ctype_with_layout(item);
    if (!c) return hd_raise(t, &hd_TypeError, "Expected a type object");
    HD_OWNED HdValue known = hd_field_get(t, c, &c->arrays);
    if (hd_is_null(known)) {
        known = hd_dict_new(t);
        if (hd_is_null(known)) return HD_NULL;
        hd_field_set_steal(t, c, &c->arrays, hd_retain(t, known));
    }
    HD_OWNED HdValue count = hd_int_from_size(t, length);
    HD_OWNED HdValue reference = HD_NULL;
    int found = hd_is_null(count) ? -1 : hd_dict_find(t, known, count, &reference);
    if (found < 0) return HD_NULL;
    HdValue present = found ? hd_weakref_get(t, reference) : HD_NULL;
    if (!hd_is_null(present)) return present;
    HD_OWNED HdValue made = make_array_type(t, c, length);
    HD_OWNED HdValue weak = hd_is_null(made) ? HD_NULL : hd_weakref_new(t, made, HD_NULL);
    if (hd_is_null(weak) || hd_dict_set(t, known, count, weak) < 0) return HD_NULL;
    return hd_move(&made);
}

/* C * n and n * C */
HdValue hd_ctypes_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue type = hd_is_ctype(left) ? left : right, count = hd_is_ctype(left) ? right : left;
    if (!hd_is_ctype(type)) return hd_NotImplemented;
    if (!hd_number_check_index(count)) {
        return hd_raise(t, &hd_TypeError, "can't multiply sequence by non-int of type '%s'", hd_type_name(count));
    }
    HdSize length = hd_number_as_size(t, count, &hd_OverflowError);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    if (length < 0) return hd_raise(t, &hd_ValueError, "Array length must be >= 0, not %zd", length);
    return hd_ctypes_array_of(t, type, length);
}

/* --- from_param --- */

int hd_ctypes_as_parameter(HdThread *t, HdValue type, HdValue value, HdValue *out) {
    HD_OWNED HdValue inner = HD_NULL;
    int found = hd_object_find_attr(t, value, HD_NAME("_as_parameter_"), &inner);
    if (found <= 0) return found;
    if (hd_object_enter(t, " while processing _as_parameter_") < 0) return -1;
    *out = hd_object_call_method1(t, type, "from_param", inner);
    return hd_is_null(*out) ? -1 : 1;
}

HdValue hd_ctypes_from_param(HdThread *t, HdValue type, const HdValue *args) {
    HdValue value = args[0], result;
    int is = hd_object_isinstance(t, value, type);
    if (is) return is < 0 ? HD_NULL : hd_retain(t, value);
    if (hd_is_exact(value, &hd_ctypes_carg_type)) {
        HdValue object = HD_AS(HdCarg, value)->object;
        HdCtype *c = hd_ctype(type);
        if (c->kind == HD_CTYPE_POINTER && !hd_is_null(c->proto) && !hd_is_null(object)) {
            is = hd_object_isinstance(t, object, c->proto);
            if (is) return is < 0 ? HD_NULL : hd_retain(t, value);
        }
        return hd_raise(t, &hd_TypeError, "expected %s instance instead of pointer to %s", HD_AS(HdType, type)->name,
                        hd_is_null(object) ? "??" : hd_type_name(object));
    }
    int found = hd_ctypes_as_parameter(t, type, value, &result);
    if (found) return found < 0 ? HD_NULL : result;
    return hd_raise(t, &hd_TypeError, "expected %s instance instead of %s", HD_AS(HdType, type)->name,
                    hd_type_of(value)->name);
}
