/* object_attr.c -- attributes of any value: the protocol, and the slots of object itself.
 *
 * The order of a lookup: data descriptors of the type, the instance's own attributes, what else the type has. No locks are
 * held; each of these may run Python.
 */
#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "slots_generic.h"
#include "str.h"

/* An interned str equal to `name`, to be released only when it is another object. */
HD_INLINE HdValue interned(HdThread *t, HdValue name, HdValue *owned) {
    *owned = HD_NULL;
    if (HD_LIKELY(hd_str_is_interned(name))) return name;
    HdValue exact = hd_is_exact_str(name) ? hd_retain(t, name) : hd_str_exact(t, name);
    if (hd_is_null(exact)) {
        hd_clear_raised(t);
        return name;
    }
    return *owned = hd_str_intern_steal(t, exact);
}

static HdValue bad_name(HdThread *t, HdValue name) {
    return hd_raise(t, &hd_TypeError, "attribute name must be string, not '%T'", name);
}

/* --- the slots of object --- */

static bool has_dict(HdObject *object) {
    HdAttrs *attrs = hd_attrs_of(object);
    return attrs && hd_attrs_is_dict(HD_LOAD_RELAXED(&attrs->word));
}

/* The rest of hd_object_generic_find for an instance whose attributes are a dict: its keys may be anything, and comparing
 * them may run Python that takes the class attribute away, or gives the instance another class. */
static HdValue find_beside_dict(HdThread *t, HdValue self, HdValue name, HdValue descr) {
    HD_OWNED HdValue type = hd_retain(t, hd_type_value(hd_type_of(self)));
    HD_OWNED HdValue kept = hd_retain(t, descr);
    HdValue own = hd_attrs_get(t, hd_as_object(self), name);
    if (!hd_is_null(own) || hd_raised(t) || hd_is_null(kept)) return own;
    HdDescrGet get = hd_type_of(kept)->descr_get;
    return get ? get(t, kept, self, type) : hd_move(&kept);
}

HdValue hd_object_generic_find(HdThread *t, HdValue self, HdValue name) {
    HdType *type = hd_type_of(self);
    HdValue descr = hd_type_lookup_borrowed(t, type, name);
    HdType *descr_type = NULL;
    if (!hd_is_null(descr)) {
        descr_type = hd_type_of(descr);
        if (descr_type->descr_set && descr_type->descr_get) {
            hd_retain(t, descr);
            HdValue result = descr_type->descr_get(t, descr, self, hd_type_value(type));
            hd_release(t, descr);
            return result;
        }
    }
    if (type->attrs_offset) {
        if (HD_UNLIKELY(has_dict(hd_as_object(self)))) return find_beside_dict(t, self, name, descr);
        bool held = t->locks;
        if (held) hd_retain(t, descr);
        HdValue own = hd_attrs_get(t, hd_as_object(self), name);
        if (held && !hd_is_null(own)) hd_release(t, descr);
        if (!hd_is_null(own)) return own;
        if (hd_is_null(descr)) return HD_NULL;
        if (!held) hd_retain(t, descr);
        if (!descr_type->descr_get) return descr;
    } else {
        if (hd_is_null(descr)) return HD_NULL;
        hd_retain(t, descr);
        if (!descr_type->descr_get) return descr;
    }
    HdValue result = descr_type->descr_get(t, descr, self, hd_type_value(type));
    hd_release(t, descr);
    return result;
}

HdValue hd_object_generic_getattr(HdThread *t, HdValue self, HdValue name) {
    HdValue result = hd_object_generic_find(t, self, name);
    if (HD_LIKELY(!hd_is_null(result)) || hd_raised(t)) return result;
    return hd_raise_attribute(t, self, name);
}

int hd_object_generic_setattr(HdThread *t, HdValue self, HdValue name, HdValue value) {
    HdType *type = hd_type_of(self);
    HdValue owned;
    name = interned(t, name, &owned);
    HdValue descr = hd_type_lookup_borrowed(t, type, name);
    int result;
    if (!hd_is_null(descr)) {
        HdDescrSet set = hd_type_of(descr)->descr_set;
        if (set) {
            hd_retain(t, descr);
            result = set(t, descr, self, value);
            hd_release(t, descr);
            hd_release(t, owned);
            return result;
        }
    }
    if (type->attrs_offset) {
        result = hd_attrs_set(t, hd_as_object(self), name, value);
        if (result == 1) {
            hd_raise_attribute(t, self, name);
            result = -1;
        }
    } else if (hd_is_null(descr)) {
        hd_raise_attribute(t, self, name);
        result = -1;
    } else {
        result = hd_raise_int(t, &hd_AttributeError, "'%T' object attribute '%V' is read-only", self, name);
    }
    hd_release(t, owned);
    return result;
}

/* --- the protocol --- */

/* An AttributeError that came from elsewhere (__getattr__) learns for the suggestions what was looked for. */
static HdValue getattr_failed(HdThread *t, HdValue v, HdValue name) {
    if (hd_raised(t) && hd_is_instance(t->exception, &hd_AttributeError)) {
        HdAttributeError *e = HD_AS(HdAttributeError, t->exception);
        if (hd_is_null(e->name) && hd_is_null(e->obj)) {
            hd_replace_steal(t, &e->name, hd_retain(t, name));
            hd_replace_steal(t, &e->obj, hd_retain(t, v));
        }
    }
    return HD_NULL;
}

HdValue hd_object_getattr(HdThread *t, HdValue v, HdValue name) {
    if (HD_UNLIKELY(!hd_is_str(name))) return bad_name(t, name);
    HdType *type = hd_type_of(v);
    if (HD_LIKELY(hd_str_is_interned(name))) {
        if (HD_LIKELY(type->getattr == hd_object_generic_getattr)) return hd_object_generic_getattr(t, v, name);
        if (hd_object_enter(t, "") < 0) return HD_NULL;
        HdValue result = type->getattr(t, v, name);
        return HD_LIKELY(!hd_is_null(result)) ? result : getattr_failed(t, v, name);
    }
    HdValue owned;
    name = interned(t, name, &owned);
    HdValue result = type->getattr(t, v, name);
    if (hd_is_null(result)) getattr_failed(t, v, name);
    hd_release(t, owned);
    return result;
}

HdValue hd_object_getattr_text(HdThread *t, HdValue v, const char *text) {
    HdValue name = hd_str_intern_text(t, text);
    if (hd_is_null(name)) return HD_NULL;
    HdValue result = hd_object_getattr(t, v, name);
    hd_release(t, name);
    return result;
}

int hd_object_find_attr(HdThread *t, HdValue v, HdValue name, HdValue *out) {
    *out = HD_NULL;
    if (!hd_is_str(name)) {
        bad_name(t, name);
        return -1;
    }
    if (hd_object_enter(t, "") < 0) return -1;
    HdValue owned;
    name = interned(t, name, &owned);
    HdGetAttr getattr = hd_type_of(v)->getattr;
    if (getattr == hd_object_generic_getattr) *out = hd_object_generic_find(t, v, name);
    else if (getattr == hd_type_getattro) *out = hd_type_find(t, v, name);
    else *out = getattr(t, v, name);
    hd_release(t, owned);
    if (!hd_is_null(*out)) return 1;
    if (!hd_raised(t)) return 0;
    if (!hd_raised_is(t, &hd_AttributeError)) return -1;
    hd_clear_raised(t);
    return 0;
}

int hd_object_setattr(HdThread *t, HdValue v, HdValue name, HdValue value) {
    if (HD_UNLIKELY(!hd_is_str(name))) {
        bad_name(t, name);
        return -1;
    }
    HdType *type = hd_type_of(v);
    if (hd_object_enter(t, "") < 0) return -1;
    HdValue owned;
    name = interned(t, name, &owned);
    int result = type->setattr(t, v, name, value);
    hd_release(t, owned);
    return result;
}

int hd_object_delattr(HdThread *t, HdValue v, HdValue name) { return hd_object_setattr(t, v, name, HD_NULL); }

HdValue hd_object_getmethod(HdThread *t, HdValue v, HdValue name, HdValue *self) {
    *self = HD_NULL;
    HdType *type = hd_type_of(v);
    bool generic = type->getattr == hd_object_generic_getattr;
    if (!generic && type->getattr != hd_generic_getattr_fallback) return hd_object_getattr(t, v, name);
    HdValue owned;
    name = interned(t, name, &owned);
    HdValue result = HD_NULL;
    HdValue descr = hd_type_lookup_borrowed(t, type, name);
    if (!hd_is_null(descr) && (hd_type_of(descr)->flags & HD_TYPE_METHOD_DESCRIPTOR)) {
        hd_retain(t, descr);
        if (type->attrs_offset) result = hd_attrs_get(t, hd_as_object(v), name);
        if (hd_is_null(result) && !hd_raised(t)) {
            *self = v;
            result = descr;
        } else {
            hd_release(t, descr);
        }
    } else {
        result = generic ? hd_object_generic_getattr(t, v, name) : hd_generic_getattr_fallback(t, v, name);
    }
    hd_release(t, owned);
    return result;
}

int hd_object_find_special(HdThread *t, HdValue v, HdValue name, HdValue *out) {
    HdType *type = hd_type_of(v);
    HdValue found = hd_type_lookup_borrowed(t, type, name);
    *out = HD_NULL;
    if (hd_is_null(found)) return 0;
    hd_retain(t, found);
    HdDescrGet get = hd_type_of(found)->descr_get;
    if (!get) {
        *out = found;
        return 1;
    }
    *out = get(t, found, v, hd_type_value(type));
    hd_release(t, found);
    return hd_is_null(*out) ? -1 : 1;
}

HdValue hd_object_dir(HdThread *t, HdValue v) {
    HdValue method;
    int found = hd_object_find_special(t, v, HD_NAME("__dir__"), &method);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_TypeError, "object does not provide __dir__");
    HdValue names = hd_object_call0(t, method);
    hd_release(t, method);
    if (hd_is_null(names)) return HD_NULL;
    HdValue list = hd_list_from_iterable(t, names);
    hd_release(t, names);
    if (hd_is_null(list)) return HD_NULL;
    if (hd_list_sort(t, list, hd_None, false) == 0) return list;
    hd_release(t, list);
    return HD_NULL;
}
