/* object.c -- the class `object`: creation, repr, comparison, pickling support, assignment to __class__; and starting the room.
 *
 * Assignment to __class__ holds the instance's lock while the type pointer changes.
 */
#include "object.h"

#include "buffer.h"
#include "bytes_internal.h"
#include "codecs.h"
#include "descr.h"
#include "dict.h"
#include "float.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "module_object.h"
#include "memoryview_internal.h"
#include "number.h"
#include "object_internal.h"
#include "set.h"
#include "slice.h"
#include "slots_generic.h"
#include "str_internal.h"
#include "weakref.h"

/* --- making --- */

static HdValue raise_abstract(HdThread *t, HdType *type) {
    HD_OWNED HdValue methods = hd_object_getattr_text(t, hd_type_value(type), "__abstractmethods__");
    if (hd_is_null(methods)) return HD_NULL;
    HD_OWNED HdValue sorted = hd_list_from_iterable(t, methods);
    if (hd_is_null(sorted) || hd_list_sort(t, sorted, hd_None, false) < 0) return HD_NULL;
    HD_OWNED HdValue comma = hd_str_from_text(t, ", ");
    if (hd_is_null(comma)) return HD_NULL;
    HD_OWNED HdValue text = hd_str_join(t, comma, sorted);
    if (hd_is_null(text)) return HD_NULL;
    return hd_raise(t, &hd_TypeError, "Can't instantiate abstract class %s with abstract method%s %U", type->name,
                    hd_list_length(sorted) > 1 ? "s" : "", text);
}

static bool too_many(HdSize nargs, HdValue kwnames) { return nargs || (!hd_is_null(kwnames) && hd_tuple_length(kwnames)); }

static int object_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);

static HdValue object_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (HD_UNLIKELY(too_many(nargs, kwnames))) {
        if (type->create != object_create) {
            return hd_raise(t, &hd_TypeError, "object.__new__() takes exactly one argument (the type to instantiate)");
        }
        if (type->init == object_init) return hd_raise(t, &hd_TypeError, "%s() takes no arguments", type->name);
    }
    if (HD_UNLIKELY(type->flags & HD_TYPE_ABSTRACT)) return raise_abstract(t, type);
    return hd_type_alloc(t, type);
}

static int object_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (HD_LIKELY(!too_many(nargs, kwnames))) return 0;
    HdType *type = hd_type_of(self);
    if (type->init != object_init) {
        return hd_raise_int(t, &hd_TypeError, "object.__init__() takes exactly one argument (the instance to initialize)");
    }
    if (type->create == object_create) {
        return hd_raise_int(t, &hd_TypeError, "%s.__init__() takes exactly one argument (the instance to initialize)", type->name);
    }
    return 0;
}

static void object_dealloc(HdThread *t, HdObject *self) { hd_type_free(t, self); }

/* --- text, comparison --- */

static HdValue object_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue name = hd_type_qualified_name(t, hd_type_of(self));
    if (hd_is_null(name)) return HD_NULL;
    return hd_str_format(t, "<%U object at %p>", name, (void *)self.bits);
}

static HdValue object_str(HdThread *t, HdValue self) { return hd_type_of(self)->repr(t, self); }

static int64_t object_hash(HdThread *t, HdValue self) { return hd_object_hash_pointer((void *)self.bits); }

static HdValue object_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (op == HD_EQ) return hd_same(left, right) ? hd_True : hd_NotImplemented;
    if (op != HD_NE) return hd_NotImplemented;
    HdCompare compare = hd_type_of(left)->compare;
    if (!compare) return hd_NotImplemented;
    HdValue equal = compare(t, left, right, HD_EQ);
    if (hd_is_null(equal) || hd_same(equal, hd_NotImplemented)) return equal;
    int truth = hd_object_truth(t, equal);
    hd_release(t, equal);
    return truth < 0 ? HD_NULL : hd_bool(!truth);
}

static HdValue object_format(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "__format__() argument must be str, not %s", hd_is_none(args[0]) ? "None" : hd_type_name(args[0]));
    }
    if (hd_str_length(args[0]) > 0) {
        return hd_raise(t, &hd_TypeError, "unsupported format string passed to %s.__format__", hd_type_of(self)->name);
    }
    return hd_object_str(t, self);
}

/* --- __class__ --- */

static HdValue get_class(HdThread *t, HdValue self, void *closure) { return hd_retain(t, hd_type_value(hd_type_of(self))); }

/* The slots of two classes lie at the same places under the same names. */
static bool same_slots(const HdType *a, const HdType *b) {
    const HdMemberDef *m = NULL, *n = NULL;
    for (;;) {
        while (!m || !m->name) {
            if (!a || !(a->flags & HD_TYPE_HEAP)) break;
            m = a->members;
            a = a->base;
        }
        while (!n || !n->name) {
            if (!b || !(b->flags & HD_TYPE_HEAP)) break;
            n = b->members;
            b = b->base;
        }
        bool more_m = m && m->name, more_n = n && n->name;
        if (!more_m || !more_n) return more_m == more_n;
        if (m->offset != n->offset || strcmp(m->name, n->name) != 0) return false;
        m++;
        n++;
    }
}

static const HdType *native_base(const HdType *type) {
    while (type->flags & HD_TYPE_HEAP) type = type->base;
    return type;
}

bool hd_type_same_layout(const HdType *a, const HdType *b) {
    if (a->basicsize != b->basicsize || a->itemsize != b->itemsize || a->attrs_offset != b->attrs_offset ||
        a->tail_size != b->tail_size || a->dealloc != b->dealloc) {
        return false;
    }
    const HdType *x = native_base(a), *y = native_base(b);
    if (x != y && !(hd_type_is_subtype(x, &hd_module_type) && hd_type_is_subtype(y, &hd_module_type))) return false;
    return !((a->flags2 ^ b->flags2) & HD_TYPE2_NO_WEAKREF) && same_slots(a, b);
}

/* Sets the class of an object that is of class `old`. -1 raised; 0: it is not any more, another thread was first; 1 done. */
static int replace_class(HdThread *t, HdValue self, HdType *old, HdType *new_type) {
    bool modules = hd_type_is_subtype(old, &hd_module_type) && hd_type_is_subtype(new_type, &hd_module_type);
    if (!modules && ((old->flags | new_type->flags) & HD_TYPE_IMMUTABLE)) {
        return hd_raise_int(t, &hd_TypeError, "__class__ assignment only supported for mutable types or ModuleType subclasses");
    }
    if (!hd_type_same_layout(old, new_type)) {
        return hd_raise_int(t, &hd_TypeError, "__class__ assignment: '%s' object layout differs from '%s'", new_type->name, old->name);
    }
    HdObject *object = hd_as_object(self);
    if (old->attrs_offset) { /* a shape belongs to its class */
        HdValue dict = hd_attrs_dict(t, object);
        if (hd_is_null(dict)) return -1;
        hd_release(t, dict);
    }
    if (new_type->flags & HD_TYPE_HEAP) hd_retain_object(t, &new_type->head);
    hd_lock_object(t, object);
    bool still = HD_LOAD_RELAXED(&object->type) == old; /* or another thread let go of that class */
    if (still) HD_STORE_RELEASE(&object->type, new_type);
    hd_unlock_object(t, object);
    HdType *gone = still ? old : new_type;
    if (gone->flags & HD_TYPE_HEAP) hd_release_object(t, &gone->head);
    return still;
}

static int set_class(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "can't delete __class__ attribute");
    if (!hd_is_type(value)) return hd_raise_int(t, &hd_TypeError, "__class__ must be set to a class, not '%T' object", value);
    for (;;) {
        HdType *old = hd_type_of(self);
        int done = old == HD_AS(HdType, value) ? 1 : replace_class(t, self, old, HD_AS(HdType, value));
        if (done) return done < 0 ? -1 : 0;
    }
}

/* --- __dir__, __sizeof__ and others --- */

/* Collects the names of a class and its bases into a dict. */
static int merge_class_names(HdThread *t, HdValue dict, HdValue class) {
    HdValue own, bases;
    if (hd_object_enter(t, " in __dir__") < 0) return -1;
    int found = hd_object_find_attr(t, class, HD_NAME("__dict__"), &own);
    if (found < 0) return -1;
    if (found) {
        int result = hd_dict_merge(t, dict, own, 1);
        hd_release(t, own);
        if (result < 0) return -1;
    }
    found = hd_object_find_attr(t, class, HD_NAME("__bases__"), &bases);
    if (found <= 0) return found;
    int result = 0;
    if (hd_is_tuple(bases)) {
        for (HdSize i = 0; i < hd_tuple_length(bases) && result == 0; i++) {
            result = merge_class_names(t, dict, hd_tuple_at_borrowed(bases, i));
        }
    }
    hd_release(t, bases);
    return result;
}

HdValue hd_type_dir_method(HdThread *t, HdValue self, const HdValue *unused) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict) || merge_class_names(t, dict, self) < 0) return HD_NULL;
    return hd_dict_keys_list(t, dict);
}

static HdValue object_dir(HdThread *t, HdValue self, const HdValue *unused) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) return HD_NULL;
    HdValue own, class;
    int found = hd_object_find_attr(t, self, HD_NAME("__dict__"), &own);
    if (found < 0) return HD_NULL;
    if (found) {
        int result = hd_is_dict(own) ? hd_dict_merge(t, dict, own, 1) : 0;
        hd_release(t, own);
        if (result < 0) return HD_NULL;
    }
    found = hd_object_find_attr(t, self, HD_NAME("__class__"), &class);
    if (found < 0) return HD_NULL;
    if (found) {
        int result = merge_class_names(t, dict, class);
        hd_release(t, class);
        if (result < 0) return HD_NULL;
    }
    return hd_dict_keys_list(t, dict);
}

static HdValue object_sizeof(HdThread *t, HdValue self, const HdValue *unused) {
    HdType *type = hd_type_of(self);
    HdSize size = type->basicsize;
    if (hd_is_object(self) && type->itemsize && type->var_size) size = type->var_size(hd_as_object(self)) + type->tail_size;
    if (hd_is_object(self) && (type->flags2 & HD_TYPE2_ATTRS_LAST)) size += (HdSize)(type->inline_values * sizeof(HdValue));
    return hd_int_from_size(t, size);
}

static HdValue object_subclasshook(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_NotImplemented;
}
static HdValue object_init_subclass(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, HD_AS(HdType, self)->name, HD_NULL) < 0) return HD_NULL;
    if (!hd_is_null(kwnames) && hd_tuple_length(kwnames)) {
        return hd_raise(t, &hd_TypeError, "%s.__init_subclass__() takes no keyword arguments", HD_AS(HdType, self)->name);
    }
    if (nargs) return hd_raise(t, &hd_TypeError, "%s.__init_subclass__() takes no arguments (%zd given)", HD_AS(HdType, self)->name, nargs);
    return hd_None;
}

/* --- pickling --- */

static HdValue slot_names(HdThread *t, HdType *type) {
    HdValue names = hd_is_null(type->dict) ? HD_NULL : hd_dict_get_str(t, type->dict, HD_NAME("__slotnames__"));
    if (!hd_is_null(names) && (hd_is_none(names) || hd_is_list(names))) return names;
    hd_release(t, names);
    HD_OWNED HdValue function = hd_object_import_from(t, "copyreg", "_slotnames");
    if (hd_is_null(function)) return HD_NULL;
    names = hd_object_call1(t, function, hd_type_value(type));
    if (hd_is_null(names) || hd_is_none(names) || hd_is_list(names)) return names;
    hd_release(t, names);
    return hd_raise(t, &hd_TypeError, "copyreg._slotnames didn't return a list or None");
}

/* What object.__getstate__ gives. `required`: nothing else will remember the object's contents. */
static HdValue default_state(HdThread *t, HdValue self, bool required) {
    HdType *type = hd_type_of(self);
    const HdType *native = native_base(type);
    HdSize body = native->flags2 & HD_TYPE2_ATTRS_LAST ? native->attrs_offset : native->basicsize;
    if (required && (type->itemsize || body > (HdSize)sizeof(HdObject))) {
        return hd_raise(t, &hd_TypeError, type->itemsize ? "cannot pickle %s objects" : "cannot pickle '%s' object",
                        hd_type_short_name(type));
    }
    HdValue state = HD_NULL;
    const HdAttrs *attrs = type->attrs_offset ? hd_attrs_of(hd_as_object(self)) : NULL;
    int found = 0;
    if (!attrs) found = hd_object_find_attr(t, self, HD_NAME("__dict__"), &state);
    else if (hd_attrs_used(attrs)) state = hd_attrs_dict(t, hd_as_object(self)), found = hd_is_null(state) ? -1 : 1;
    if (found < 0) return HD_NULL;
    if (found && hd_is_dict(state) && hd_dict_length(state) == 0) { /* as good as none */
        hd_release(t, state);
        found = 0;
    }
    if (!found) state = hd_None;
    HD_OWNED HdValue held = state;
    HD_OWNED HdValue names = slot_names(t, type);
    if (hd_is_null(names)) return HD_NULL;
    if (hd_is_none(names) || hd_list_length(names) == 0) return hd_move(&held);
    HD_OWNED HdValue slots = hd_dict_new(t);
    if (hd_is_null(slots)) return HD_NULL;
    for (HdSize i = 0; i < hd_list_length(names); i++) {
        HD_OWNED HdValue name = hd_list_get(t, names, i);
        HdValue value;
        found = hd_object_find_attr(t, self, name, &value);
        if (found < 0) return HD_NULL;
        if (!found) continue;
        int result = hd_dict_set(t, slots, name, value);
        hd_release(t, value);
        if (result < 0) return HD_NULL;
    }
    if (hd_dict_length(slots) == 0) return hd_move(&held);
    return hd_tuple_pack(t, 2, held, slots);
}

static HdValue object_getstate(HdThread *t, HdValue self, const HdValue *unused) { return default_state(t, self, false); }

static const HdMethodDef object_methods[];

static HdValue state_of(HdThread *t, HdValue self, bool required) {
    HD_OWNED HdValue method = hd_object_getattr(t, self, HD_NAME("__getstate__"));
    if (hd_is_null(method)) return HD_NULL;
    if (hd_is_exact_object(method, &hd_native_function_type) && HD_AS(HdNativeFunction, method)->signature->def->bound == object_getstate &&
        hd_same(HD_AS(HdNativeFunction, method)->self, self)) {
        return default_state(t, self, required);
    }
    return hd_object_call0(t, method);
}

/* Arguments for __new__: *args (owned tuple or HD_NULL: none said) and *kwargs (owned dict or HD_NULL). */
static int new_arguments(HdThread *t, HdValue self, HdValue *args, HdValue *kwargs) {
    HdValue method;
    *args = *kwargs = HD_NULL;
    int found = hd_object_find_special(t, self, HD_NAME("__getnewargs_ex__"), &method);
    if (found < 0) return -1;
    if (found) {
        HD_OWNED HdValue pair = hd_object_call0(t, method);
        hd_release(t, method);
        if (hd_is_null(pair)) return -1;
        if (!hd_is_tuple(pair)) return hd_raise_int(t, &hd_TypeError, "__getnewargs_ex__ should return a tuple, not '%T'", pair);
        if (hd_tuple_length(pair) != 2) {
            return hd_raise_int(t, &hd_ValueError, "__getnewargs_ex__ should return a tuple of length 2, not %zd", hd_tuple_length(pair));
        }
        HdValue a = hd_tuple_at_borrowed(pair, 0), b = hd_tuple_at_borrowed(pair, 1);
        if (!hd_is_tuple(a)) {
            return hd_raise_int(t, &hd_TypeError, "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '%T'", a);
        }
        if (!hd_is_dict(b)) {
            return hd_raise_int(t, &hd_TypeError, "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '%T'", b);
        }
        *args = hd_retain(t, a);
        *kwargs = hd_retain(t, b);
        return 0;
    }
    found = hd_object_find_special(t, self, HD_NAME("__getnewargs__"), &method);
    if (found <= 0) return found;
    *args = hd_object_call0(t, method);
    hd_release(t, method);
    if (hd_is_null(*args)) return -1;
    if (hd_is_tuple(*args)) return 0;
    hd_raise(t, &hd_TypeError, "__getnewargs__ should return a tuple, not '%T'", *args);
    hd_release(t, *args);
    *args = HD_NULL;
    return -1;
}

/* (copyreg.__newobj__, (class, *args)) or (copyreg.__newobj_ex__, (class, args, kwargs)). */
static int constructor(HdThread *t, HdType *type, HdValue args, HdValue kwargs, HdValue *function, HdValue *arguments) {
    bool extended = !hd_is_null(kwargs) && hd_dict_length(kwargs) > 0;
    *function = hd_object_import_from(t, "copyreg", extended ? "__newobj_ex__" : "__newobj__");
    if (hd_is_null(*function)) return -1;
    if (extended) {
        *arguments = hd_tuple_pack(t, 3, hd_type_value(type), args, kwargs);
    } else {
        HdSize count = hd_is_null(args) ? 0 : hd_tuple_length(args);
        *arguments = hd_tuple_new(t, count + 1);
        if (!hd_is_null(*arguments)) {
            hd_tuple_put_steal(*arguments, 0, hd_retain(t, hd_type_value(type)));
            for (HdSize i = 0; i < count; i++) hd_tuple_put_steal(*arguments, i + 1, hd_retain(t, hd_tuple_at_borrowed(args, i)));
        }
    }
    return hd_is_null(*arguments) ? -1 : 0;
}

static HdValue reduce_new(HdThread *t, HdValue self) {
    HdType *type = hd_type_of(self);
    if (!type->create) return hd_raise(t, &hd_TypeError, "cannot pickle '%s' object", hd_type_short_name(type));
    HD_OWNED HdValue args = HD_NULL;
    HD_OWNED HdValue kwargs = HD_NULL;
    HD_OWNED HdValue function = HD_NULL;
    HD_OWNED HdValue arguments = HD_NULL;
    if (new_arguments(t, self, &args, &kwargs) < 0) return HD_NULL;
    bool has_args = !hd_is_null(args);
    if (constructor(t, type, args, kwargs, &function, &arguments) < 0) return HD_NULL;
    HD_OWNED HdValue state = state_of(t, self, !has_args && !hd_is_list(self) && !hd_is_dict(self));
    if (hd_is_null(state)) return HD_NULL;
    HD_OWNED HdValue items = hd_is_list(self) ? hd_object_iter(t, self) : hd_None;
    if (hd_is_null(items)) return HD_NULL;
    HD_OWNED HdValue pairs = hd_None;
    if (hd_is_dict(self)) {
        HD_OWNED HdValue view = hd_object_call_method0(t, self, "items");
        pairs = hd_is_null(view) ? HD_NULL : hd_object_iter(t, view);
        if (hd_is_null(pairs)) return HD_NULL;
    }
    return hd_tuple_pack(t, 5, function, arguments, state, items, pairs);
}

static HdValue reduce_protocol(HdThread *t, HdValue self, int protocol) {
    if (protocol >= 2) return reduce_new(t, self);
    HD_OWNED HdValue function = hd_object_import_from(t, "copyreg", "_reduce_ex");
    return hd_is_null(function) ? HD_NULL : hd_object_call2(t, function, self, hd_imm_int(protocol));
}

static HdValue object_reduce(HdThread *t, HdValue self, const HdValue *unused) { return reduce_protocol(t, self, 0); }

static HdValue object_reduce_ex(HdThread *t, HdValue self, const HdValue *args) {
    int protocol = hd_number_as_int(t, args[0]);
    if (protocol == -1 && hd_raised(t)) return HD_NULL;
    HdValue reduce = hd_type_lookup_borrowed(t, hd_type_of(self), HD_NAME("__reduce__"));
    HdValue plain = hd_type_lookup_borrowed(t, &hd_object_type, HD_NAME("__reduce__"));
    if (!hd_same(reduce, plain)) return hd_object_call_method(t, self, HD_NAME("__reduce__"), NULL, 0);
    return reduce_protocol(t, self, protocol);
}

static const HdMethodDef object_methods[] = {
    HD_METHOD(object_reduce_ex, "__reduce_ex__($self, protocol, /)", "Helper for pickle."),
    HD_METHOD(object_reduce, "__reduce__($self, /)", "Helper for pickle."),
    HD_METHOD(object_getstate, "__getstate__($self, /)", "Helper for pickle."),
    HD_CLASS_METHOD_RAW(object_subclasshook, "__subclasshook__", "Asked by issubclass() for abstract classes; NotImplemented leaves it to the usual way."),
    HD_CLASS_METHOD_RAW(object_init_subclass, "__init_subclass__", "Called when a class is subclassed; does nothing by default."),
    HD_METHOD(object_format, "__format__($self, format_spec, /)", "Default object formatter."),
    HD_METHOD(object_sizeof, "__sizeof__($self, /)", "Size of object in memory, in bytes."),
    HD_METHOD(object_dir, "__dir__($self, /)", "Default dir() implementation."),
    HD_METHODS_END,
};
static const HdGetSetDef object_getsets[] = {
    {"__class__", get_class, set_class, "the object's class"},
    {NULL},
};

HdType hd_object_type = {
    HD_TYPE_HEAD("object"),
    .doc = "The base class of the class hierarchy.",
    .basicsize = sizeof(HdObject),
    .flags = HD_TYPE_BASE,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = object_dealloc,
    .repr = object_repr,
    .str = object_str,
    .hash = object_hash,
    .compare = object_compare,
    .getattr = hd_object_generic_getattr,
    .setattr = hd_object_generic_setattr,
    .create = object_create,
    .init = object_init,
    .methods = object_methods,
    .getsets = object_getsets,
};

/* --- start --- */

int hd_object_init(HdThread *t) {
    hd_type_register_hooks();
    /* Instances of these cannot be weakly referenced. */
    HdType *const plain[] = {&hd_int_type, &hd_float_type, &hd_complex_type, &hd_bool_type, &hd_str_type, &hd_bytes_type,
                             &hd_bytearray_type, &hd_list_type, &hd_tuple_type, &hd_dict_type, &hd_range_type, &hd_slice_type,
                             &hd_none_type, &hd_ellipsis_type, &hd_not_implemented_type, &hd_BaseException, &hd_cell_type,
                             &hd_property_type, &hd_classmethod_type, &hd_staticmethod_type, &hd_super_type,
                             &hd_mappingproxy_type, &hd_simple_namespace_type, &hd_method_descriptor_type,
                             &hd_slot_wrapper_type, &hd_getset_descriptor_type, &hd_member_descriptor_type};
    for (size_t i = 0; i < HD_COUNT_OF(plain); i++) plain[i]->flags2 |= HD_TYPE2_NO_WEAKREF;
    HdType *const sized[] = {&hd_str_type,  &hd_bytes_type, &hd_bytearray_type, &hd_list_type,
                             &hd_tuple_type, &hd_dict_type, &hd_set_type,       &hd_frozenset_type};
    _Static_assert(offsetof(HdStr, length) == sizeof(HdObject) && offsetof(HdBytes, length) == sizeof(HdObject) &&
                   offsetof(HdByteArray, length) == sizeof(HdObject) && offsetof(HdList, length) == sizeof(HdObject) &&
                   offsetof(HdTuple, length) == sizeof(HdObject) && offsetof(HdDict, used) == sizeof(HdObject) &&
                   offsetof(HdSet, used) == sizeof(HdObject), "what hd_type_size_here reads");
    for (size_t i = 0; i < HD_COUNT_OF(sized); i++) sized[i]->flags2 |= HD_TYPE2_SIZED;
#define EXCEPTION(name, base, layout) hd_##name.flags2 |= HD_TYPE2_NO_WEAKREF;
    HD_EXCEPTIONS(EXCEPTION)
#undef EXCEPTION
    if (hd_str_init(t) < 0 || hd_tuple_init(t) < 0 || hd_dict_init(t) < 0) return -1;
    HdType *const all[] = {
        &hd_object_type, &hd_type_type, &hd_str_type, &hd_bytes_type, &hd_bytearray_type, &hd_memoryview_type,
        &hd_managed_buffer_type, &hd_str_iterator_type, &hd_str_ascii_iterator_type, &hd_bytes_iterator_type,
        &hd_bytearray_iterator_type, &hd_none_type, &hd_ellipsis_type, &hd_not_implemented_type, &hd_int_type,
        &hd_bool_type, &hd_float_type, &hd_complex_type, &hd_native_function_type, &hd_method_descriptor_type,
        &hd_classmethod_descriptor_type, &hd_slot_wrapper_type, &hd_method_wrapper_type, &hd_getset_descriptor_type,
        &hd_member_descriptor_type, &hd_method_type, &hd_cell_type, &hd_property_type, &hd_classmethod_type,
        &hd_staticmethod_type, &hd_super_type, &hd_generic_alias_type, &hd_generic_alias_iterator_type, &hd_union_type,
        &hd_simple_namespace_type, &hd_capsule_type, &hd_module_type,
    };
    for (size_t i = 0; i < HD_COUNT_OF(all); i++) {
        if (hd_type_ready(t, all[i]) < 0) return -1;
    }
    if (hd_bytes_init(t) < 0 || hd_list_init(t) < 0 || hd_set_init(t) < 0 || hd_slice_init(t) < 0 || hd_iter_init(t) < 0 ||
        hd_weakref_init(t) < 0 || hd_codecs_init(t) < 0)
        return -1;
    return hd_exceptions_init(t);
}
