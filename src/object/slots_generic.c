/* slots_generic.c -- what stands in a slot when Python code defines the special method: look the method up on the type, bind
 * it, call it, check what it gives back. Everything here runs Python; no locks are held.
 */
#include "slots_generic.h"

#include "descr.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "str.h"

/* Calls `name` of args[0]'s type with args; *missing set (and nothing raised) when the type has no such method. */
static HdValue call_special(HdThread *t, HdValue name, const HdValue *args, HdSize count, bool *missing) {
    HdValue self = args[0];
    HdType *type = hd_type_of(self);
    HdValue method = hd_type_lookup_borrowed(t, type, name);
    *missing = hd_is_null(method);
    if (*missing) return HD_NULL;
    HdRef refs[4];
    for (HdSize i = 0; i < count; i++) refs[i] = hd_ref_counted(args[i]);
    HdType *method_type = hd_type_of(method);
    HdValue result;
    if (HD_LIKELY(method_type->flags & HD_TYPE_METHOD_DESCRIPTOR)) {
        hd_retain(t, method);
        result = hd_object_call(t, method, refs, count, HD_NULL);
        hd_release(t, method);
        return result;
    }
    if (!method_type->descr_get) {
        hd_retain(t, method);
        result = hd_object_call(t, method, refs + 1, count - 1, HD_NULL);
        hd_release(t, method);
        return result;
    }
    HdValue bound = method_type->descr_get(t, method, self, hd_type_value(type));
    if (hd_is_null(bound)) return HD_NULL;
    result = hd_object_call(t, bound, refs + 1, count - 1, HD_NULL);
    hd_release(t, bound);
    return result;
}

static HdValue call_or_raise(HdThread *t, HdValue name, const HdValue *args, HdSize count) {
    bool missing;
    HdValue result = call_special(t, name, args, count, &missing);
    if (missing) return hd_raise_attribute(t, args[0], name);
    return result;
}

static HdValue call_or_not_implemented(HdThread *t, HdValue name, HdValue self, HdValue other) {
    bool missing;
    HdValue args[2] = {self, other};
    HdValue result = call_special(t, name, args, 2, &missing);
    return missing ? hd_NotImplemented : result;
}

static bool is_set_to_none(HdThread *t, HdValue self, HdValue name) {
    HdValue method = hd_type_lookup_borrowed(t, hd_type_of(self), name);
    return !hd_is_null(method) && hd_is_none(method);
}

/* --- the regular kinds, one function a slot --- */

static HdValue unary(HdThread *t, HdValue self, HdValue name) { return call_or_raise(t, name, &self, 1); }

/* The right operand's reflected method goes first when its class derives from the left one's and says something of its own. */
static int reflected_differs(HdThread *t, HdValue left, HdValue right, HdValue reflected) {
    HdValue a = hd_type_lookup_borrowed(t, hd_type_of(right), reflected);
    if (hd_is_null(a)) return 0;
    HdValue b = hd_type_lookup_borrowed(t, hd_type_of(left), reflected);
    if (hd_is_null(b)) return 1;
    if (hd_same(a, b)) return 0;
    HD_OWNED HdValue held_a = hd_retain(t, a), held_b = hd_retain(t, b);
    return hd_object_compare_bool(t, held_a, held_b, HD_NE);
}

static HdValue binary(HdThread *t, HdValue left, HdValue right, HdAnyFunction generic, size_t offset, HdValue name, HdValue reflected) {
    HdType *a = hd_type_of(left), *b = hd_type_of(right);
    bool left_is_ours = *(HdAnyFunction *)(void *)((char *)a + offset) == generic;
    bool try_right = a != b && *(HdAnyFunction *)(void *)((char *)b + offset) == generic;
    if (left_is_ours) {
        if (try_right && hd_type_is_subtype(b, a)) {
            int differs = reflected_differs(t, left, right, reflected);
            if (differs < 0) return HD_NULL;
            if (differs) {
                HdValue result = call_or_not_implemented(t, reflected, right, left);
                if (!hd_same(result, hd_NotImplemented)) return result;
                try_right = false;
            }
        }
        HdValue result = call_or_not_implemented(t, name, left, right);
        if (!hd_same(result, hd_NotImplemented) || a == b) return result;
    }
    return try_right ? call_or_not_implemented(t, reflected, right, left) : hd_NotImplemented;
}

/* Slots with a function of their own below. */
#define UNARY_SLOT(field, dunder) \
    HdValue hd_generic_##field(HdThread *t, HdValue self) { return unary(t, self, HD_NAME(dunder)); }
#define BINARY_SLOT(field, dunder, reflected)                                                                         \
    HdValue hd_generic_##field(HdThread *t, HdValue left, HdValue right) {                                            \
        return binary(t, left, right, (HdAnyFunction)hd_generic_##field, offsetof(HdType, field), HD_NAME(dunder),    \
                      HD_NAME(reflected));                                                                            \
    }
#define INPLACE_SLOT(field, dunder)                                           \
    HdValue hd_generic_##field(HdThread *t, HdValue self, HdValue right) {    \
        HdValue args[2] = {self, right};                                      \
        return call_or_raise(t, HD_NAME(dunder), args, 2);                    \
    }

UNARY_SLOT(next, "__next__")
UNARY_SLOT(negative, "__neg__")
UNARY_SLOT(positive, "__pos__")
UNARY_SLOT(absolute, "__abs__")
UNARY_SLOT(invert, "__invert__")
UNARY_SLOT(int_, "__int__")
UNARY_SLOT(float_, "__float__")
UNARY_SLOT(index, "__index__")
UNARY_SLOT(str, "__str__")
UNARY_SLOT(await_, "__await__")
UNARY_SLOT(aiter, "__aiter__")
UNARY_SLOT(anext, "__anext__")
BINARY_SLOT(add, "__add__", "__radd__")
BINARY_SLOT(subtract, "__sub__", "__rsub__")
BINARY_SLOT(multiply, "__mul__", "__rmul__")
BINARY_SLOT(remainder, "__mod__", "__rmod__")
BINARY_SLOT(divmod, "__divmod__", "__rdivmod__")
BINARY_SLOT(lshift, "__lshift__", "__rlshift__")
BINARY_SLOT(rshift, "__rshift__", "__rrshift__")
BINARY_SLOT(and_, "__and__", "__rand__")
BINARY_SLOT(xor_, "__xor__", "__rxor__")
BINARY_SLOT(or_, "__or__", "__ror__")
BINARY_SLOT(floor_divide, "__floordiv__", "__rfloordiv__")
BINARY_SLOT(true_divide, "__truediv__", "__rtruediv__")
BINARY_SLOT(matrix_multiply, "__matmul__", "__rmatmul__")
INPLACE_SLOT(inplace_add, "__iadd__")
INPLACE_SLOT(inplace_subtract, "__isub__")
INPLACE_SLOT(inplace_multiply, "__imul__")
INPLACE_SLOT(inplace_remainder, "__imod__")
INPLACE_SLOT(inplace_power, "__ipow__")
INPLACE_SLOT(inplace_lshift, "__ilshift__")
INPLACE_SLOT(inplace_rshift, "__irshift__")
INPLACE_SLOT(inplace_and, "__iand__")
INPLACE_SLOT(inplace_xor, "__ixor__")
INPLACE_SLOT(inplace_or, "__ior__")
INPLACE_SLOT(inplace_floor_divide, "__ifloordiv__")
INPLACE_SLOT(inplace_true_divide, "__itruediv__")
INPLACE_SLOT(inplace_matrix_multiply, "__imatmul__")
INPLACE_SLOT(getitem, "__getitem__")

/* --- the others --- */

HdValue hd_generic_repr(HdThread *t, HdValue self) {
    bool missing;
    HdValue result = call_special(t, HD_NAME("__repr__"), &self, 1, &missing);
    if (!missing) return result;
    return hd_str_format(t, "<%T object at %p>", self, (void *)hd_as_object(self));
}

HdValue hd_generic_power(HdThread *t, HdValue base, HdValue exponent, HdValue modulus) {
    if (hd_is_none(modulus)) {
        return binary(t, base, exponent, (HdAnyFunction)hd_generic_power, offsetof(HdType, power), HD_NAME("__pow__"),
                      HD_NAME("__rpow__"));
    }
    /* With three operands there is no reflected form. */
    if (hd_type_of(base)->power != hd_generic_power) return hd_NotImplemented;
    bool missing;
    HdValue args[3] = {base, exponent, modulus};
    HdValue result = call_special(t, HD_NAME("__pow__"), args, 3, &missing);
    return missing ? hd_NotImplemented : result;
}

int64_t hd_generic_hash(HdThread *t, HdValue self) {
    bool missing;
    HdValue result = call_special(t, HD_NAME("__hash__"), &self, 1, &missing);
    if (missing) return hd_object_hash_unhashable(t, self);
    if (hd_is_null(result)) return -1;
    int64_t hash = -1;
    if (!hd_is_int(result)) hd_raise(t, &hd_TypeError, "__hash__ method should return an integer");
    else if (!hd_int_try_i64(result, &hash)) hash = hd_int_hash(result);
    else if (hash == -1) hash = -2;
    hd_release(t, result);
    return hash;
}

int hd_generic_truth(HdThread *t, HdValue self) {
    bool missing;
    HdValue result = call_special(t, HD_NAME("__bool__"), &self, 1, &missing);
    if (missing) return 1;
    if (hd_is_null(result)) return -1;
    int truth = hd_same(result, hd_True);
    if (!truth && !hd_same(result, hd_False)) {
        truth = hd_raise_int(t, &hd_TypeError, "__bool__ should return bool, returned %T", result);
    }
    hd_release(t, result);
    return truth;
}

HdSize hd_generic_length(HdThread *t, HdValue self) {
    HdValue result = unary(t, self, HD_NAME("__len__"));
    if (hd_is_null(result)) return -1;
    HD_OWNED HdValue index = hd_number_index(t, result);
    hd_release(t, result);
    if (hd_is_null(index)) return -1;
    if (hd_int_sign(index) < 0) return hd_raise_int(t, &hd_ValueError, "__len__() should return >= 0");
    return hd_number_as_size(t, index, &hd_OverflowError);
}

static HdValue compare_name(int op) {
    switch (op) {
    case HD_LT: return HD_NAME("__lt__");
    case HD_LE: return HD_NAME("__le__");
    case HD_EQ: return HD_NAME("__eq__");
    case HD_NE: return HD_NAME("__ne__");
    case HD_GT: return HD_NAME("__gt__");
    default: return HD_NAME("__ge__");
    }
}

/* A comparison method that cannot be had (a property that raises) is one that does not know the other operand. */
HdValue hd_generic_compare(HdThread *t, HdValue left, HdValue right, int op) {
    HdValue method = hd_type_lookup_borrowed(t, hd_type_of(left), compare_name(op));
    HdType *type = hd_is_null(method) ? NULL : hd_type_of(method);
    if (!type || (type->flags & HD_TYPE_METHOD_DESCRIPTOR) || !type->descr_get)
        return call_or_not_implemented(t, compare_name(op), left, right);
    HD_OWNED HdValue bound = type->descr_get(t, method, left, hd_type_value(hd_type_of(left)));
    if (!hd_is_null(bound)) return hd_object_call1(t, bound, right);
    hd_clear_raised(t);
    return hd_NotImplemented;
}

HdValue hd_generic_iter(HdThread *t, HdValue self) {
    bool missing;
    if (is_set_to_none(t, self, HD_NAME("__iter__"))) return hd_raise(t, &hd_TypeError, "'%T' object is not iterable", self);
    HdValue result = call_special(t, HD_NAME("__iter__"), &self, 1, &missing);
    if (!missing) return result;
    if (hd_type_of(self)->getitem) return hd_iter_sequence(t, self);
    return hd_raise(t, &hd_TypeError, "'%T' object is not iterable", self);
}

int hd_generic_contains(HdThread *t, HdValue self, HdValue item) {
    if (is_set_to_none(t, self, HD_NAME("__contains__"))) {
        return hd_raise_int(t, &hd_TypeError, "'%T' object is not a container", self);
    }
    HdValue args[2] = {self, item};
    HdValue result = call_or_raise(t, HD_NAME("__contains__"), args, 2);
    if (hd_is_null(result)) return -1;
    int truth = hd_object_truth(t, result);
    hd_release(t, result);
    return truth;
}

static int status(HdThread *t, HdValue result) {
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}

int hd_generic_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HdValue args[3] = {self, key, value};
    bool delete = hd_is_null(value);
    return status(t, call_or_raise(t, delete ? HD_NAME("__delitem__") : HD_NAME("__setitem__"), args, delete ? 2 : 3));
}

int hd_generic_setattr(HdThread *t, HdValue self, HdValue name, HdValue value) {
    HdValue args[3] = {self, name, value};
    bool delete = hd_is_null(value);
    return status(t, call_or_raise(t, delete ? HD_NAME("__delattr__") : HD_NAME("__setattr__"), args, delete ? 2 : 3));
}

int hd_generic_descr_set(HdThread *t, HdValue self, HdValue object, HdValue value) {
    HdValue args[3] = {self, object, value};
    bool delete = hd_is_null(value);
    HdValue name = delete ? HD_NAME("__delete__") : HD_NAME("__set__");
    bool missing;
    HdValue result = call_special(t, name, args, delete ? 2 : 3, &missing);
    if (missing) return hd_raise_int(t, &hd_AttributeError, "%U", name);
    return status(t, result);
}

HdValue hd_generic_descr_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    HdValue args[3] = {self, hd_is_null(object) ? hd_None : object, hd_is_null(type) ? hd_None : type};
    bool missing;
    HdValue result = call_special(t, HD_NAME("__get__"), args, 3, &missing);
    return missing ? hd_retain(t, self) : result;
}

/* --- attribute lookup --- */

static HdValue call_getattr(HdThread *t, HdValue self, HdValue name) {
    bool missing;
    HdValue args[2] = {self, name};
    HdValue result = call_special(t, HD_NAME("__getattr__"), args, 2, &missing);
    return missing ? hd_raise_attribute(t, self, name) : result;
}

HdValue hd_generic_getattr_fallback(HdThread *t, HdValue self, HdValue name) {
    HdValue found = hd_object_generic_find(t, self, name);
    if (!hd_is_null(found)) return found;
    if (hd_raised(t)) {
        if (!hd_raised_is(t, &hd_AttributeError)) return HD_NULL;
        hd_clear_raised(t);
    }
    return call_getattr(t, self, name);
}

HdValue hd_generic_getattr(HdThread *t, HdValue self, HdValue name) {
    bool missing;
    HdValue args[2] = {self, name};
    HdValue result = call_special(t, HD_NAME("__getattribute__"), args, 2, &missing);
    if (missing) result = hd_object_generic_getattr(t, self, name);
    if (!hd_is_null(result) || !hd_raised_is(t, &hd_AttributeError)) return result;
    if (hd_is_null(hd_type_lookup_borrowed(t, hd_type_of(self), HD_NAME("__getattr__")))) return HD_NULL;
    hd_clear_raised(t);
    return call_getattr(t, self, name);
}

/* --- calls --- */

HdValue hd_generic_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdType *type = hd_type_of(self);
    HdValue method = hd_type_lookup_borrowed(t, type, HD_NAME("__call__"));
    if (hd_is_null(method)) return hd_raise_attribute(t, self, HD_NAME("__call__"));
    if (hd_object_enter(t, " while calling a Python object") < 0) return HD_NULL;
    HdType *method_type = hd_type_of(method);
    HdValue result;
    if (method_type->flags & HD_TYPE_METHOD_DESCRIPTOR) {
        HD_OWNED HdValue held = hd_retain(t, method);
        return hd_object_call_prepend(t, held, self, args, nargs, kwnames);
    }
    HdValue bound = method_type->descr_get ? method_type->descr_get(t, method, self, hd_type_value(type)) : hd_retain(t, method);
    if (hd_is_null(bound)) return HD_NULL;
    result = hd_object_call(t, bound, args, nargs, kwnames);
    hd_release(t, bound);
    return result;
}

HdValue hd_generic_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue own = hd_type_lookup_borrowed(t, type, HD_NAME("__new__"));
    bool plain = hd_type_of(hd_type_value(type)) == &hd_type_type && !hd_is_null(own) && hd_is_exact_object(own, &hd_staticmethod_type);
    HdValue function = plain ? hd_retain(t, HD_AS(HdMethodBox, own)->function)
                             : hd_object_getattr(t, hd_type_value(type), HD_NAME("__new__"));
    if (hd_is_null(function)) return HD_NULL;
    HdValue result = hd_object_call_prepend(t, function, hd_type_value(type), args, nargs, kwnames);
    hd_release(t, function);
    return result;
}

int hd_generic_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdType *type = hd_type_of(self);
    HdValue method = hd_type_lookup_borrowed(t, type, HD_NAME("__init__"));
    if (hd_is_null(method)) {
        hd_raise_attribute(t, self, HD_NAME("__init__"));
        return -1;
    }
    HdType *method_type = hd_type_of(method);
    HdValue result;
    if (HD_LIKELY(method_type->flags & HD_TYPE_METHOD_DESCRIPTOR)) {
        hd_retain(t, method);
        result = hd_object_call_prepend(t, method, self, args, nargs, kwnames);
        hd_release(t, method);
    } else {
        HdValue bound = method_type->descr_get ? method_type->descr_get(t, method, self, hd_type_value(type)) : hd_retain(t, method);
        if (hd_is_null(bound)) return -1;
        result = hd_object_call(t, bound, args, nargs, kwnames);
        hd_release(t, bound);
    }
    if (hd_is_null(result)) return -1;
    if (HD_LIKELY(hd_is_none(result))) return 0;
    hd_raise(t, &hd_TypeError, "__init__() should return None, not '%T'", result);
    hd_release(t, result);
    return -1;
}

void hd_generic_finalize(HdThread *t, HdValue self) {
    HdType *type = hd_type_of(self);
    HdValue method = hd_type_lookup_borrowed(t, type, HD_NAME("__del__"));
    if (hd_is_null(method)) return;
    HD_OWNED HdValue held = hd_retain(t, method);
    HdValue result = call_or_raise(t, HD_NAME("__del__"), &self, 1);
    if (hd_is_null(result)) hd_write_unraisable(t, held);
    hd_release(t, result);
}
