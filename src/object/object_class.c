/* object_class.c -- isinstance, issubclass, __class__. Runs Python, holds no locks. */
#include "descr.h"
#include "list.h"
#include "object_internal.h"

HdValue hd_object_class(HdThread *t, HdValue v) { return hd_object_getattr(t, v, HD_NAME("__class__")); }

/* v.__bases__ if it is a tuple: 1, 0, -1. */
static int find_bases(HdThread *t, HdValue v, HdValue *bases) {
    int found = hd_object_find_attr(t, v, HD_NAME("__bases__"), bases);
    if (found <= 0) return found;
    if (hd_is_tuple(*bases)) return 1;
    hd_release(t, *bases);
    *bases = HD_NULL;
    return 0;
}

bool hd_object_is_class(HdValue v) { return hd_is_type(v); }

static int check_class(HdThread *t, HdValue v, const char *message) {
    HdValue bases;
    if (hd_is_type(v)) return 0;
    int found = find_bases(t, v, &bases);
    if (found > 0) {
        hd_release(t, bases);
        return 0;
    }
    return found < 0 ? -1 : hd_raise_int(t, &hd_TypeError, "%s", message);
}

/* Through __bases__, for objects that only look like classes. */
static int derives(HdThread *t, HdValue derived, HdValue from) {
    if (hd_same(derived, from)) return 1;
    if (hd_object_enter(t, " in __issubclass__") < 0) return -1;
    HdValue bases;
    int found = find_bases(t, derived, &bases);
    if (found <= 0) return found;
    int result = 0;
    for (HdSize i = 0; i < hd_tuple_length(bases) && result == 0; i++) result = derives(t, hd_tuple_at_borrowed(bases, i), from);
    hd_release(t, bases);
    return result;
}

int hd_object_real_isinstance(HdThread *t, HdValue v, HdValue class) {
    if (hd_is_type(class)) {
        HdType *type = hd_type_of(v);
        if (hd_type_is_subtype(type, HD_AS(HdType, class))) return 1;
        HdValue says = hd_type_lookup_borrowed(t, type, HD_NAME("__class__"));
        if (type->getattr == hd_object_generic_getattr &&
            hd_same(says, hd_type_lookup_borrowed(t, &hd_object_type, HD_NAME("__class__")))) {
            return 0; /* __class__ is nothing but the type */
        }
        HdValue own;
        int found = hd_object_find_attr(t, v, HD_NAME("__class__"), &own);
        if (found <= 0) return found;
        int result = hd_is_type(own) && HD_AS(HdType, own) != hd_type_of(v) &&
                     hd_type_is_subtype(HD_AS(HdType, own), HD_AS(HdType, class));
        hd_release(t, own);
        return result;
    }
    if (check_class(t, class, "isinstance() arg 2 must be a type, a tuple of types, or a union") < 0) return -1;
    HdValue own;
    int found = hd_object_find_attr(t, v, HD_NAME("__class__"), &own);
    if (found <= 0) return found;
    int result = derives(t, own, class);
    hd_release(t, own);
    return result;
}

int hd_object_real_issubclass(HdThread *t, HdValue derived, HdValue class) {
    if (hd_is_type(class) && hd_is_type(derived)) return hd_type_is_subtype(HD_AS(HdType, derived), HD_AS(HdType, class));
    if (check_class(t, derived, "issubclass() arg 1 must be a class") < 0) return -1;
    if (check_class(t, class, "issubclass() arg 2 must be a class, a tuple of classes, or a union") < 0) return -1;
    return derives(t, derived, class);
}

static int ask(HdThread *t, HdValue method, HdValue v) {
    HdValue answer = hd_object_call1(t, method, v);
    hd_release(t, method);
    if (hd_is_null(answer)) return -1;
    int result = hd_object_truth(t, answer);
    hd_release(t, answer);
    return result;
}

int hd_object_isinstance(HdThread *t, HdValue v, HdValue class_or_tuple) {
    if (hd_same(hd_type_value(hd_type_of(v)), class_or_tuple)) return 1;
    if (hd_type_of(class_or_tuple) == &hd_type_type) return hd_object_real_isinstance(t, v, class_or_tuple);
    HdValue types = hd_union_args_borrowed(class_or_tuple);
    if (!hd_is_null(types)) class_or_tuple = types;
    if (hd_is_tuple(class_or_tuple)) {
        if (hd_object_enter(t, " in __instancecheck__") < 0) return -1;
        int result = 0;
        for (HdSize i = 0; i < hd_tuple_length(class_or_tuple) && result == 0; i++) {
            result = hd_object_isinstance(t, v, hd_tuple_at_borrowed(class_or_tuple, i));
        }
        return result;
    }
    HdValue method;
    int found = hd_object_find_special(t, class_or_tuple, HD_NAME("__instancecheck__"), &method);
    if (found < 0) return -1;
    if (!found) return hd_object_real_isinstance(t, v, class_or_tuple);
    if (hd_object_enter(t, " in __instancecheck__") < 0) {
        hd_release(t, method);
        return -1;
    }
    return ask(t, method, v);
}

int hd_object_issubclass(HdThread *t, HdValue v, HdValue class_or_tuple) {
    if (hd_type_of(class_or_tuple) == &hd_type_type) {
        return hd_same(v, class_or_tuple) ? 1 : hd_object_real_issubclass(t, v, class_or_tuple);
    }
    HdValue types = hd_union_args_borrowed(class_or_tuple);
    if (!hd_is_null(types)) class_or_tuple = types;
    if (hd_is_tuple(class_or_tuple)) {
        if (hd_object_enter(t, " in __subclasscheck__") < 0) return -1;
        int result = 0;
        for (HdSize i = 0; i < hd_tuple_length(class_or_tuple) && result == 0; i++) {
            result = hd_object_issubclass(t, v, hd_tuple_at_borrowed(class_or_tuple, i));
        }
        return result;
    }
    HdValue method;
    int found = hd_object_find_special(t, class_or_tuple, HD_NAME("__subclasscheck__"), &method);
    if (found < 0) return -1;
    if (!found) return hd_object_real_issubclass(t, v, class_or_tuple);
    if (hd_object_enter(t, " in __subclasscheck__") < 0) {
        hd_release(t, method);
        return -1;
    }
    return ask(t, method, v);
}
