/* ctypes_simple.c -- the simple types: their metaclass, from_param, _SimpleCData.
 *
 * A type of which there is another byte order gets a sister class for it, and both know each other by __ctype_le__ and
 * __ctype_be__. No locks: see ctypes_types.h.
 */
#include "ctypes_types.h"

/* --- making a class --- */

static HdValue find_type_code(HdThread *t, HdValue self, const HdCtypeCode **code) {
    HD_OWNED HdValue text = HD_NULL;
    int found = hd_object_find_attr(t, self, HD_NAME("_type_"), &text);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_AttributeError, "class must define a '_type_' attribute");
    if (!hd_is_str(text)) return hd_raise(t, &hd_TypeError, "class must define a '_type_' string attribute");
    if (hd_str_length(text) != 1) {
        return hd_raise(t, &hd_ValueError, "class must define a '_type_' attribute which must be a string of length 1");
    }
    *code = hd_ctypes_code(hd_str_at(text, 0));
    if (*code) return hd_move(&text);
    return hd_raise(t, &hd_AttributeError, "class must define a '_type_' attribute which must be\n"
                                           "a single character string containing one of '%s'.", hd_ctypes_all_codes);
}

static int set_layout(HdThread *t, HdCtype *c, const HdCtypeCode *code, HdValue text, bool swapped) {
    c->code = code;
    c->swapped = swapped;
    c->get = swapped ? code->get_swapped : code->get;
    c->set = swapped ? code->set_swapped : code->set;
    c->ffi = code->ffi;
    c->size = (HdSize)code->ffi->size;
    c->align = code->ffi->alignment;
    c->proto = hd_retain(t, text);
    if (strchr("zZPO", code->code)) c->flags |= HD_CTYPE_HAS_POINTER;
    c->format = hd_ctypes_format(t, "%c%s", swapped ? '>' : '<', code->format + 1);
    if (!c->format) return -1;
    c->kind = HD_CTYPE_SIMPLE;
    return 0;
}

/* The sister class of the other byte order. */
static int add_swapped(HdThread *t, HdType *meta, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdCtype *c = hd_ctype(self);
    HD_OWNED HdValue name = hd_str_format(t, "%U_be", hd_ref_value(args[0]));
    if (hd_is_null(name)) return -1;
    HdRef sister_args[3] = {hd_ref_uncounted(name), args[1], args[2]};
    HD_OWNED HdValue sister = hd_type_type_create(t, meta, sister_args, 3, HD_NULL);
    if (hd_is_null(sister) || set_layout(t, hd_ctype(sister), c->code, c->proto, true) < 0) return -1;
    if (hd_type_setattro(t, self, HD_NAME("__ctype_le__"), self) < 0) return -1;
    if (hd_type_setattro(t, self, HD_NAME("__ctype_be__"), sister) < 0) return -1;
    if (hd_type_setattro(t, sister, HD_NAME("__ctype_le__"), self) < 0) return -1;
    return hd_type_setattro(t, sister, HD_NAME("__ctype_be__"), sister);
}

/* --- from_param of the pointers --- */

static HdValue pack(HdThread *t, char tag, HdValue v) {
    const HdCtypeCode *code = hd_ctypes_code((uint8_t)tag);
    HD_OWNED HdValue arg = hd_ctypes_carg_new(t, tag, code->ffi, HD_NULL);
    if (hd_is_null(arg)) return arg;
    HdCarg *a = HD_AS(HdCarg, arg);
    a->object = code->set(t, &a->value, v, 0);
    return hd_is_null(a->object) ? HD_NULL : hd_move(&arg);
}

static HdValue wrong_type(HdThread *t, HdValue type, HdValue value) {
    HdValue result;
    int found = hd_ctypes_as_parameter(t, type, value, &result);
    if (found) return found < 0 ? HD_NULL : result;
    return hd_raise(t, &hd_TypeError, "wrong type");
}

/* An array of, or a pointer to, characters of this kind, or byref() of one. */
static bool points_to(HdValue v, char item) {
    if (hd_is_exact(v, &hd_ctypes_carg_type)) {
        HdCarg *a = HD_AS(HdCarg, v);
        return a->tag == 'P' && !hd_is_null(a->object) && hd_is_cdata(a->object) &&
               hd_ctypes_is_code(hd_ctype_of(a->object), item);
    }
    if (!hd_is_cdata(v)) return false;
    HdCtype *c = hd_ctype_of(v);
    if ((c->kind != HD_CTYPE_ARRAY && c->kind != HD_CTYPE_POINTER) || hd_is_null(c->proto)) return false;
    return hd_ctypes_is_code(hd_ctype(c->proto), item);
}

static HdValue text_from_param(HdThread *t, HdValue type, HdValue v, bool good, char tag, char item) {
    if (hd_is_none(v)) return hd_None;
    if (good) return pack(t, tag, v);
    int is = hd_object_isinstance(t, v, type);
    if (is < 0) return HD_NULL;
    return is || points_to(v, item) ? hd_retain(t, v) : wrong_type(t, type, v);
}
static HdValue char_p_from_param(HdThread *t, HdValue type, const HdValue *args) {
    return text_from_param(t, type, args[0], hd_is_bytes(args[0]), 'z', 'c');
}
static HdValue wchar_p_from_param(HdThread *t, HdValue type, const HdValue *args) {
    return text_from_param(t, type, args[0], hd_is_str(args[0]), 'Z', 'u');
}

static HdValue void_p_from_param(HdThread *t, HdValue type, const HdValue *args) {
    HdValue v = args[0];
    if (hd_is_none(v)) return hd_None;
    if (hd_is_int(v)) return pack(t, 'P', v);
    if (hd_is_bytes(v)) return pack(t, 'z', v);
    if (hd_is_str(v)) return pack(t, 'Z', v);
    int is = hd_object_isinstance(t, v, type);
    if (is) return is < 0 ? HD_NULL : hd_retain(t, v);
    if (hd_is_exact(v, &hd_ctypes_carg_type) && HD_AS(HdCarg, v)->tag == 'P') return hd_retain(t, v);
    if (!hd_is_cdata(v)) return wrong_type(t, type, v);
    HdCtype *c = hd_ctype_of(v);
    if (c->kind == HD_CTYPE_ARRAY || c->kind == HD_CTYPE_POINTER) return hd_retain(t, v);
    bool text = hd_ctypes_is_code(c, 'z') || hd_ctypes_is_code(c, 'Z');
    if (c->kind != HD_CTYPE_FUNCTION && !text) return wrong_type(t, type, v);
    HdValue arg = hd_ctypes_carg_new(t, text ? 'Z' : 'P', &ffi_type_pointer, v);
    if (!hd_is_null(arg)) memcpy(&HD_AS(HdCarg, arg)->value, hd_cdata(v)->data, sizeof(void *));
    return arg;
}

static HdValue simple_from_param(HdThread *t, HdValue type, const HdValue *args) {
    HdValue v = args[0];
    HdCtype *c = hd_ctypes_need_layout(t, type);
    if (!c) return HD_NULL;
    int is = hd_object_isinstance(t, v, type);
    if (is) return is < 0 ? HD_NULL : hd_retain(t, v);
    HD_OWNED HdValue arg = hd_ctypes_carg_new(t, c->code->code, c->code->ffi, HD_NULL);
    if (hd_is_null(arg)) return arg;
    HdCarg *a = HD_AS(HdCarg, arg);
    a->object = c->code->set(t, &a->value, v, 0);
    if (!hd_is_null(a->object)) return hd_move(&arg);
    hd_clear_raised(t);
    return wrong_type(t, type, v);
}

static const HdMethodDef pointer_from_params[] = {
    HD_CLASS_METHOD(char_p_from_param, "from_param($type, value, /)", "A value as a parameter of this type."),
    HD_CLASS_METHOD(wchar_p_from_param, "from_param($type, value, /)", "A value as a parameter of this type."),
    HD_CLASS_METHOD(void_p_from_param, "from_param($type, value, /)", "A value as a parameter of this type."),
};

/* The classes right below _SimpleCData bring the from_param of pointers along; those derived from them inherit it. */
static int add_from_param(HdThread *t, HdCtype *c) {
    const char *found = strchr("zZP", c->code->code);
    if (!found || c->type.base != &hd_ctypes_simple_type.type) return 0;
    int which = c->code->code == 'z' ? 0 : c->code->code == 'Z' ? 1 : 2;
    HD_OWNED HdValue method = hd_native_descriptor_new(t, &c->type, &pointer_from_params[which]);
    if (hd_is_null(method)) return -1;
    int result = hd_dict_set_text(t, c->type.dict, "from_param", method);
    hd_type_modified(t, &c->type);
    return result;
}

static HdValue simple_meta_create(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue self = hd_ctypes_new_class(t, meta, args, nargs, kwnames);
    if (hd_is_null(self)) return self;
    const HdCtypeCode *code = NULL;
    HD_OWNED HdValue text = find_type_code(t, self, &code);
    if (hd_is_null(text) || set_layout(t, hd_ctype(self), code, text, false) < 0) return HD_NULL;
    if (add_from_param(t, hd_ctype(self)) < 0) return HD_NULL;
    if (code->get_swapped && meta == &hd_ctypes_simple_meta && add_swapped(t, meta, self, args, nargs, kwnames) < 0) {
        return HD_NULL;
    }
    return hd_move(&self);
}

/* --- _SimpleCData --- */

static HdValue simple_get_value(HdThread *t, HdValue self, void *closure) {
    HdCdata *d = hd_cdata(self);
    return hd_ctype_of(self)->get(t, d->data, d->size);
}
static int simple_set_value(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "can't delete attribute");
    HdCdata *d = hd_cdata(self);
    return hd_ctypes_keep_steal(t, self, 0, hd_ctype_of(self)->set(t, d->data, v, d->size));
}

static int simple_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!hd_is_null(kwnames) && hd_tuple_length(kwnames)) {
        return hd_raise_int(t, &hd_TypeError, "%s() takes no keyword arguments", hd_type_name(self));
    }
    if (nargs > 1) return hd_raise_int(t, &hd_TypeError, "__init__ expected at most 1 argument, got %zd", nargs);
    return nargs ? simple_set_value(t, self, hd_ref_value(args[0]), NULL) : 0;
}

static int simple_truth(HdThread *t, HdValue self) {
    static const char zeros[16];
    HdCtype *c = hd_ctype_of(self);
    return memcmp(hd_cdata(self)->data, zeros, (size_t)c->size) != 0;
}

static HdValue simple_repr(HdThread *t, HdValue self) {
    if (hd_ctype_is_derived_simple(hd_ctype_of(self))) {
        return hd_str_format(t, "<%s object at %p>", hd_type_of(self)->name, (void *)hd_as_object(self));
    }
    HD_OWNED HdValue v = simple_get_value(t, self, NULL);
    return hd_is_null(v) ? HD_NULL : hd_str_format(t, "%s(%R)", hd_type_of(self)->name, v);
}

static HdValue simple_from_outparam(HdThread *t, HdValue self, const HdValue *unused) {
    if (hd_ctype_is_derived_simple(hd_ctype_of(self))) return hd_retain(t, self);
    return simple_get_value(t, self, NULL);
}

static const HdMethodDef simple_meta_methods[] = {
    HD_CTYPES_FROM_METHODS,
    HD_CTYPES_FROM_PARAM(simple_from_param),
    HD_METHODS_END,
};
HdType hd_ctypes_simple_meta = {
    HD_CTYPES_META("_ctypes.PyCSimpleType"),
    .doc = "Metaclass of the simple C types.",
    .create = simple_meta_create,
    .methods = simple_meta_methods,
};

static const HdMethodDef simple_methods[] = {
    HD_METHOD(simple_from_outparam, "__ctypes_from_outparam__($self)",
              "What an output parameter of this type is given back as."),
    HD_METHODS_END,
};
static const HdGetSetDef simple_getsets[] = {
    {"value", simple_get_value, simple_set_value, "current value", NULL},
    {0},
};
HdCtype hd_ctypes_simple_type = {.type = {
    .head = HD_STATIC_HEADER(&hd_ctypes_simple_meta),
    .name = "_ctypes._SimpleCData",
    .doc = "Base of the simple C types.",
    .base = &hd_ctypes_data_type.type,
    .basicsize = sizeof(HdCdata),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = hd_ctypes_dealloc,
    .traverse = hd_ctypes_traverse,
    .clear = hd_ctypes_clear,
    .create = hd_ctypes_create,
    .init = simple_init,
    .repr = simple_repr,
    .truth = simple_truth,
    .methods = simple_methods,
    .getsets = simple_getsets,
}};
