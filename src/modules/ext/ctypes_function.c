/* ctypes_function.c -- C functions as Python callables: the metaclass and CFuncPtr.
 *
 * A class gives the prototype (_argtypes_, _restype_, _flags_); an instance may have its own argtypes, restype and
 * errcheck, which are read and written under its lock.
 */
#include "ctypes_types.h"

#include <dlfcn.h>

#include "ctypes_param.h"

HD_INLINE HdCfunction *as_function(HdValue v) { return HD_AS(HdCfunction, v); }

/* --- making a class --- */

HdValue hd_ctypes_converters(HdThread *t, HdValue argtypes) {
    HdSize count = hd_tuple_length(argtypes);
    if (count > HD_CTYPES_MAX_ARGUMENTS) {
        return hd_raise(t, &hd_ctypes_argument_error, "_argtypes_ has too many arguments (%zd), maximum is %d", count,
                        HD_CTYPES_MAX_ARGUMENTS);
    }
    HD_OWNED HdValue converters = hd_tuple_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(converters); i++) {
        HdValue convert;
        int found = hd_object_find_attr(t, hd_tuple_at_borrowed(argtypes, i), HD_NAME("from_param"), &convert);
        if (found < 0) return HD_NULL;
        if (!found) return hd_raise(t, &hd_TypeError, "item %zd in _argtypes_ has no from_param method", i + 1);
        hd_tuple_put_steal(converters, i, convert);
    }
    return hd_move(&converters);
}

static HdValue argtypes_tuple(HdThread *t, HdValue v) {
    if (!hd_is_tuple(v) && !hd_is_list(v)) return hd_raise(t, &hd_TypeError, "_argtypes_ must be a sequence of types");
    return hd_tuple_from_iterable(t, v);
}

/* A result type's _check_retval_; 1, 0, -1. */
static int find_checker(HdThread *t, HdValue restype, HdValue *checker) {
    *checker = HD_NULL;
    return hd_object_find_attr(t, restype, HD_NAME("_check_retval_"), checker);
}

static int set_prototype(HdThread *t, HdCtype *c) {
    HD_OWNED HdValue flags = hd_ctypes_own_attribute(t, &c->type, "_flags_");
    if (hd_is_null(flags) || !hd_is_int(flags)) {
        return hd_raise_int(t, &hd_TypeError, "class must define _flags_ which must be an integer");
    }
    c->call_flags = (uint32_t)hd_number_as_u64_mask(t, flags);
    HD_OWNED HdValue argtypes = hd_ctypes_own_attribute(t, &c->type, "_argtypes_");
    if (!hd_is_null(argtypes)) {
        c->argtypes = argtypes_tuple(t, argtypes);
        if (hd_is_null(c->argtypes)) return -1;
        c->converters = hd_ctypes_converters(t, c->argtypes);
        if (hd_is_null(c->converters)) return -1;
    }
    HD_OWNED HdValue restype = hd_ctypes_own_attribute(t, &c->type, "_restype_");
    if (hd_is_null(restype)) return 0;
    if (!hd_is_none(restype) && !hd_ctype_with_layout(restype) && !hd_object_is_callable(restype)) {
        return hd_raise_int(t, &hd_TypeError, "_restype_ must be a type, a callable, or None");
    }
    c->restype = hd_retain(t, restype);
    return find_checker(t, restype, &c->checker) < 0 ? -1 : 0;
}

static HdValue function_meta_create(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue self = hd_ctypes_new_class(t, meta, args, nargs, kwnames);
    if (hd_is_null(self)) return self;
    HdCtype *c = hd_ctype(self);
    c->size = sizeof(void *);
    c->align = _Alignof(void *);
    c->length = 1;
    c->ffi = &ffi_type_pointer;
    c->flags = HD_CTYPE_IS_POINTER;
    c->format = hd_ctypes_format(t, "X{}");
    if (!c->format || set_prototype(t, c) < 0) return HD_NULL;
    c->kind = HD_CTYPE_FUNCTION;
    return hd_move(&self);
}

/* --- making an instance --- */

/* dll._handle's symbol; NULL = raised. */
static void *find_symbol(HdThread *t, HdValue name, HdValue dll) {
    HD_OWNED HdValue handle = hd_object_getattr_text(t, dll, "_handle");
    if (hd_is_null(handle)) return NULL;
    if (!hd_is_int(handle)) {
        hd_raise(t, &hd_TypeError, "the _handle attribute of the second argument must be an integer");
        return NULL;
    }
    const char *text = NULL;
    if (hd_is_str(name)) text = hd_str_utf8(t, name, NULL);
    else if (hd_is_bytes(name)) text = (const char *)hd_bytes_data(name);
    else hd_raise(t, &hd_TypeError, "function name must be string, bytes object or integer");
    uint64_t word = hd_number_as_u64_mask(t, handle);
    if (!text || hd_raised(t)) return NULL;
    void *address = dlsym((void *)(uintptr_t)word, text);
    const char *error = address ? NULL : dlerror();
    if (!address) hd_raise(t, &hd_AttributeError, "%s", error ? error : "the symbol's address is NULL");
    return address;
}

static HdValue with_address(HdThread *t, HdType *type, void *address) {
    HdValue self = hd_ctypes_new(t, type);
    if (!hd_is_null(self)) memcpy(hd_cdata(self)->data, &address, sizeof address);
    return self;
}

static HdValue from_library(HdThread *t, HdType *type, HdValue spec, HdValue paramflags) {
    if (hd_tuple_length(spec) != 2) return hd_raise(t, &hd_TypeError, "illegal func_spec argument");
    if (!hd_ctypes_need_layout(t, hd_type_value(type))) return HD_NULL;
    HdValue dll = hd_tuple_at_borrowed(spec, 1);
    void *address = find_symbol(t, hd_tuple_at_borrowed(spec, 0), dll);
    if (!address) return HD_NULL;
    if (hd_ctypes_param_check(t, (HdCtype *)type, paramflags) < 0) return HD_NULL;
    HD_OWNED HdValue self = with_address(t, type, address);
    if (hd_is_null(self) || hd_ctypes_keep_steal(t, self, 0, hd_retain(t, dll)) < 0) return HD_NULL;
    if (!hd_is_null(paramflags) && !hd_is_none(paramflags)) as_function(self)->paramflags = hd_retain(t, paramflags);
    return hd_move(&self);
}

static HdValue from_callable(HdThread *t, HdType *type, HdValue callable) {
    HdCtype *c = hd_ctypes_need_layout(t, hd_type_value(type));
    if (!c) return HD_NULL;
    if (!hd_object_is_callable(callable)) {
        return hd_raise(t, &hd_TypeError, "argument must be callable or integer function address");
    }
    if (hd_is_null(c->argtypes)) {
        return hd_raise(t, &hd_TypeError, "cannot construct instance of this class: no argtypes");
    }
    void *address;
    HD_OWNED HdValue callback = hd_ctypes_callback_new(t, callable, c, &address);
    HD_OWNED HdValue self = hd_is_null(callback) ? HD_NULL : with_address(t, type, address);
    if (hd_is_null(self)) return HD_NULL;
    as_function(self)->callable = hd_retain(t, callable);
    as_function(self)->callback = hd_retain(t, callback);
    return hd_ctypes_keep_steal(t, self, 0, hd_move(&callback)) < 0 ? HD_NULL : hd_move(&self);
}

static HdValue function_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs == 0) return hd_ctypes_new(t, type);
    HdValue first = hd_ref_value(args[0]);
    if (nargs <= 2 && hd_is_tuple(first)) {
        return from_library(t, type, first, nargs == 2 ? hd_ref_value(args[1]) : HD_NULL);
    }
    if (nargs != 1) return hd_raise(t, &hd_TypeError, "function takes exactly 1 argument (%zd given)", nargs);
    if (!hd_is_int(first)) return from_callable(t, type, first);
    uint64_t address = hd_number_as_u64_mask(t, first);
    return hd_raised(t) ? HD_NULL : with_address(t, type, (void *)(uintptr_t)address);
}

static int function_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return 0; }

/* --- attributes --- */

static HdValue read_field(HdThread *t, HdValue self, HdValue *field, HdValue fallback) {
    HdValue v = hd_field_get(t, hd_as_object(self), field);
    if (!hd_is_null(v)) return v;
    return hd_retain(t, fallback);
}
static HdValue none_for_null(HdValue v) { return hd_is_null(v) ? hd_None : v; }

static HdValue get_errcheck(HdThread *t, HdValue self, void *closure) {
    return none_for_null(read_field(t, self, &as_function(self)->errcheck, HD_NULL));
}
static int set_errcheck(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (!hd_is_null(v) && !hd_object_is_callable(v)) {
        return hd_raise_int(t, &hd_TypeError, "the errcheck attribute must be callable");
    }
    hd_field_set_steal(t, hd_as_object(self), &as_function(self)->errcheck, hd_retain(t, v));
    return 0;
}
static HdValue get_restype(HdThread *t, HdValue self, void *closure) {
    return none_for_null(read_field(t, self, &as_function(self)->restype, hd_ctype_of(self)->restype));
}
static int set_restype(HdThread *t, HdValue self, HdValue v, void *closure) {
    HdCfunction *f = as_function(self);
    HdValue checker = HD_NULL;
    if (!hd_is_null(v)) {
        if (!hd_is_none(v) && !hd_ctype_with_layout(v) && !hd_object_is_callable(v)) {
            return hd_raise_int(t, &hd_TypeError, "restype must be a type, a callable, or None");
        }
        if (find_checker(t, v, &checker) < 0) return -1;
    }
    hd_field_set_steal(t, f, &f->checker, checker);
    hd_field_set_steal(t, f, &f->restype, hd_retain(t, v));
    return 0;
}
static HdValue get_argtypes(HdThread *t, HdValue self, void *closure) {
    return none_for_null(read_field(t, self, &as_function(self)->argtypes, hd_ctype_of(self)->argtypes));
}
static int set_argtypes(HdThread *t, HdValue self, HdValue v, void *closure) {
    HdCfunction *f = as_function(self);
    HD_OWNED HdValue types = HD_NULL, converters = HD_NULL;
    if (!hd_is_null(v) && !hd_is_none(v)) {
        types = argtypes_tuple(t, v);
        if (hd_is_null(types)) return -1;
        converters = hd_ctypes_converters(t, types);
        if (hd_is_null(converters)) return -1;
    }
    hd_field_set_steal(t, f, &f->converters, hd_move(&converters));
    hd_field_set_steal(t, f, &f->argtypes, hd_move(&types));
    return 0;
}

/* --- calling --- */

/* Errcheck's answer, unless it is the arguments; then the output parameters stand for the result. */
static HdValue finish(HdThread *t, HdValue self, HdValue result, HdCtypeOutputs *outputs) {
    HdCfunction *f = as_function(self);
    HD_OWNED HdValue errcheck = read_field(t, self, &f->errcheck, HD_NULL);
    if (!hd_is_null(errcheck)) {
        HD_OWNED HdValue answer = hd_object_call3(t, errcheck, result, self, outputs->args);
        if (hd_is_null(answer) || !outputs->count || !hd_same(answer, outputs->args)) return hd_move(&answer);
    }
    return outputs->count ? hd_ctypes_param_outputs(t, outputs) : hd_retain(t, result);
}

static HdValue function_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdCfunction *f = as_function(self);
    HdCtype *c = hd_ctype_of(self);
    HD_OWNED HdValue converters = read_field(t, self, &f->converters, c->converters);
    HD_OWNED HdValue argtypes = read_field(t, self, &f->argtypes, c->argtypes);
    HD_OWNED HdValue own_restype = read_field(t, self, &f->restype, HD_NULL);
    HD_OWNED HdValue restype = hd_retain(t, hd_is_null(own_restype) ? c->restype : own_restype);
    HD_OWNED HdValue checker = read_field(t, self, &f->checker, hd_is_null(own_restype) ? c->checker : HD_NULL);
    HdCtypeOutputs outputs = {.args = HD_NULL};
    outputs.args = hd_is_null(f->paramflags)
        ? hd_tuple_from_refs(t, args, nargs)
        : hd_ctypes_param_arguments(t, f->paramflags, argtypes, args, nargs, kwnames, &outputs);
    HD_OWNED HdValue given = outputs.args;
    if (hd_is_null(given)) return HD_NULL;
    HdSize required = hd_is_null(converters) ? 0 : hd_tuple_length(converters);
    if (hd_tuple_length(given) < required) {
        return hd_raise(t, &hd_TypeError, "this function takes at least %zd argument%s (%zd given)", required,
                        required == 1 ? "" : "s", hd_tuple_length(given));
    }
    void *address;
    memcpy(&address, f->data.data, sizeof address);
    HD_OWNED HdValue result = hd_ctypes_call(t, address, given, c->call_flags, converters, restype, checker);
    return hd_is_null(result) ? HD_NULL : finish(t, self, result, &outputs);
}

static int function_truth(HdThread *t, HdValue self) {
    void *address;
    memcpy(&address, hd_cdata(self)->data, sizeof address);
    return address != NULL;
}
static HdValue function_repr(HdThread *t, HdValue self) {
    return hd_str_format(t, "<%s object at %p>", hd_type_of(self)->name, (void *)hd_as_object(self));
}

static int function_traverse(HdObject *self, HdVisit visit, void *context) {
    HdCfunction *f = (HdCfunction *)self;
    HD_VISIT(f->callback);
    HD_VISIT(f->callable);
    HD_VISIT(f->converters);
    HD_VISIT(f->argtypes);
    HD_VISIT(f->restype);
    HD_VISIT(f->checker);
    HD_VISIT(f->errcheck);
    HD_VISIT(f->paramflags);
    return hd_ctypes_traverse(self, visit, context);
}
static void function_clear(HdThread *t, HdObject *self) {
    HdCfunction *f = (HdCfunction *)self;
    HdValue *values[] = {&f->callable, &f->converters, &f->argtypes, &f->restype, &f->checker, &f->errcheck,
                         &f->paramflags};
    for (size_t i = 0; i < HD_COUNT_OF(values); i++) hd_clear_slot(t, values[i]);
    hd_ctypes_clear(t, self);
}
static void function_dealloc(HdThread *t, HdObject *self) {
    function_clear(t, self);
    hd_clear_slot(t, &((HdCfunction *)self)->callback);
    hd_ctypes_dealloc(t, self);
}

static const HdMethodDef function_meta_methods[] = {
    HD_CTYPES_FROM_METHODS,
    HD_CTYPES_FROM_PARAM(hd_ctypes_from_param),
    HD_METHODS_END,
};
HdType hd_ctypes_function_meta = {
    HD_CTYPES_META("_ctypes.PyCFuncPtrType"),
    .doc = "Metaclass of C function pointers.",
    .create = function_meta_create,
    .methods = function_meta_methods,
};

static const HdGetSetDef function_getsets[] = {
    {"errcheck", get_errcheck, set_errcheck, "a function to check for errors", NULL},
    {"restype", get_restype, set_restype, "specify the result type", NULL},
    {"argtypes", get_argtypes, set_argtypes, "specify the argument types", NULL},
    {0},
};
HdCtype hd_ctypes_function_type = {.type = {
    .head = HD_STATIC_HEADER(&hd_ctypes_function_meta),
    .name = "_ctypes.CFuncPtr",
    .doc = "Base of C function pointers.",
    .base = &hd_ctypes_data_type.type,
    .basicsize = sizeof(HdCfunction),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = function_dealloc,
    .traverse = function_traverse,
    .clear = function_clear,
    .create = function_create,
    .init = function_init,
    .call = function_call,
    .repr = function_repr,
    .truth = function_truth,
    .getsets = function_getsets,
}};
