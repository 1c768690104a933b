/* object_iter.c -- iteration, length, subscription and membership of any value. Runs Python, holds no locks. */
#include "descr.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "str.h"

HdValue hd_object_iter(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    if (type == &hd_list_type) return hd_iter_list(t, v);
    if (hd_object_enter(t, "") < 0) return HD_NULL;
    if (type->iter) {
        HdValue iterator = type->iter(t, v);
        if (hd_is_null(iterator) || hd_type_of(iterator)->next) return iterator;
        hd_raise(t, &hd_TypeError, "iter() returned non-iterator of type '%T'", iterator);
        hd_release(t, iterator);
        return HD_NULL;
    }
    if (type->getitem && !(type->flags & HD_TYPE_DICT)) return hd_iter_sequence(t, v);
    return hd_raise(t, &hd_TypeError, "'%T' object is not iterable", v);
}

HdValue hd_object_next(HdThread *t, HdValue iterator) {
    HdNext next = hd_type_of(iterator)->next;
    if (HD_UNLIKELY(!next)) return hd_raise(t, &hd_TypeError, "'%T' object is not an iterator", iterator);
    if (hd_object_enter(t, "") < 0) return HD_NULL;
    HdValue item = next(t, iterator);
    if (HD_UNLIKELY(hd_is_null(item)) && hd_raised_is(t, &hd_StopIteration)) hd_clear_raised(t);
    return item;
}

bool hd_object_is_iterator(HdValue v) { return hd_type_of(v)->next != NULL; }

HdSize hd_object_length(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    HdLength length = type->length;
    if ((type->flags & HD_TYPE_HEAP) && hd_object_enter(t, "") < 0) return -1; /* the others' go no deeper by themselves */
    if (HD_LIKELY(length != NULL)) return length(t, v);
    return hd_raise_int(t, &hd_TypeError, "object of type '%T' has no len()", v);
}

HdSize hd_object_length_hint(HdThread *t, HdValue v, HdSize fallback) {
    if (hd_type_of(v)->length) {
        HdSize length = hd_type_of(v)->length(t, v);
        if (length >= 0) return length;
        if (!hd_raised_is(t, &hd_TypeError)) return -1;
        hd_clear_raised(t);
    }
    HdValue method;
    int found = hd_object_find_special(t, v, HD_NAME("__length_hint__"), &method);
    if (found <= 0) return found < 0 ? -1 : fallback;
    HdValue hint = hd_object_call0(t, method);
    hd_release(t, method);
    if (hd_is_null(hint)) {
        if (!hd_raised_is(t, &hd_TypeError)) return -1;
        hd_clear_raised(t);
        return fallback;
    }
    HdSize result = fallback;
    if (!hd_same(hint, hd_NotImplemented)) {
        if (!hd_is_int(hint)) {
            result = hd_raise_int(t, &hd_TypeError, "__length_hint__ must be an integer, not %T", hint);
        } else {
            result = hd_number_as_size(t, hint, &hd_OverflowError);
            if (result < 0 && !hd_raised(t)) result = hd_raise_int(t, &hd_ValueError, "__length_hint__() should return >= 0");
        }
    }
    hd_release(t, hint);
    return result;
}

/* Class[...] without a metaclass that knows better. */
static HdValue class_getitem(HdThread *t, HdValue type, HdValue key) {
    if (hd_same(type, hd_type_value(&hd_type_type))) return hd_generic_alias_new(t, type, key);
    HdValue method;
    int found = hd_object_find_attr(t, type, HD_NAME("__class_getitem__"), &method);
    if (found < 0) return HD_NULL;
    if (found && !hd_is_none(method)) {
        HdValue result = hd_object_call1(t, method, key);
        hd_release(t, method);
        return result;
    }
    return hd_raise(t, &hd_TypeError, "type '%s' is not subscriptable", HD_AS(HdType, type)->name);
}

HdValue hd_object_getitem(HdThread *t, HdValue v, HdValue key) {
    HdBinaryOne getitem = hd_type_of(v)->getitem;
    if (hd_object_enter(t, "") < 0) return HD_NULL;
    if (HD_LIKELY(getitem != NULL)) return getitem(t, v, key);
    if (hd_is_type(v)) return class_getitem(t, v, key);
    return hd_raise(t, &hd_TypeError, "'%T' object is not subscriptable", v);
}

HdValue hd_object_getitem_index(HdThread *t, HdValue v, HdSize index) {
    HdValue key = hd_int_from_size(t, index);
    HdValue result = hd_object_getitem(t, v, key);
    hd_release(t, key);
    return result;
}

int hd_object_setitem(HdThread *t, HdValue v, HdValue key, HdValue value) {
    HdSetItem setitem = hd_type_of(v)->setitem;
    if (hd_object_enter(t, "") < 0) return -1;
    if (HD_LIKELY(setitem != NULL)) return setitem(t, v, key, value);
    return hd_raise_int(t, &hd_TypeError, "'%T' object does not support item assignment", v);
}

int hd_object_delitem(HdThread *t, HdValue v, HdValue key) {
    HdSetItem setitem = hd_type_of(v)->setitem;
    if (hd_object_enter(t, "") < 0) return -1;
    if (HD_LIKELY(setitem != NULL)) return setitem(t, v, key, HD_NULL);
    HdType *type = hd_type_of(v);
    bool sequence = (type->flags & HD_TYPE_HEAP) || type->length || type->contains;
    return hd_raise_int(t, &hd_TypeError, "'%T' object %s support item deletion", v,
                        sequence && hd_number_check_index(key) ? "doesn't" : "does not");
}

int hd_object_contains(HdThread *t, HdValue container, HdValue item) {
    HdType *type = hd_type_of(container);
    if (hd_object_enter(t, "") < 0) return -1;
    if (type->contains) return type->contains(t, container, item);
    if (!type->iter && !type->getitem) return hd_raise_int(t, &hd_TypeError, "argument of type '%T' is not iterable", container);
    HdValue iterator = hd_object_iter(t, container);
    if (hd_is_null(iterator)) {
        if (hd_raised_is(t, &hd_TypeError)) hd_raise(t, &hd_TypeError, "argument of type '%T' is not iterable", container);
        return -1;
    }
    int result = 0;
    for (uint32_t n = 1; result == 0; n++) {
        HdValue next = hd_object_next(t, iterator);
        if (hd_is_null(next)) {
            result = hd_raised(t) ? -1 : 0;
            break;
        }
        result = hd_object_equal(t, next, item);
        hd_release(t, next);
        if (n % 1024 == 0 && result == 0 && hd_object_poll(t) < 0) result = -1;
    }
    hd_release(t, iterator);
    return result;
}

HdValue hd_object_fast_sequence(HdThread *t, HdValue v, const char *message) {
    if (hd_is_exact_list(v) || hd_is_exact_tuple(v)) return hd_retain(t, v);
    HdValue iterator = hd_object_iter(t, v);
    if (hd_is_null(iterator)) {
        if (message && hd_raised_is(t, &hd_TypeError)) hd_raise(t, &hd_TypeError, "%s", message);
        return HD_NULL;
    }
    HdValue list = hd_list_from_iterable(t, iterator);
    hd_release(t, iterator);
    return list;
}

HdSendStatus hd_object_send(HdThread *t, HdValue iterator, HdValue value, HdValue *result) {
    HdType *type = hd_type_of(iterator);
    *result = HD_NULL;
    if (hd_object_enter(t, "") < 0) return HD_SEND_ERROR;
    if (type->send) return type->send(t, iterator, value, result);
    if (hd_is_none(value) && type->next) *result = type->next(t, iterator);
    else *result = hd_object_call_method1(t, iterator, "send", value);
    if (!hd_is_null(*result)) return HD_SEND_NEXT;
    return hd_take_stop_iteration(t, result) > 0 ? HD_SEND_RETURN : HD_SEND_ERROR;
}

int hd_object_poll(HdThread *t) { return hd_object_hooks.safe_point ? hd_object_hooks.safe_point(t) : 0; }
