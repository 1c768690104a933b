/* mod__ctypes.c -- the module _ctypes: C data types, shared libraries, calls into them and from them (libffi).
 *
 * The types are in ctypes_*.c. No locks; the cache of pointer types is a dict of the module.
 */
#include "ctypes_types.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <wchar.h>

#include "blocking.h"
#include "epoch.h"

typedef struct CtypesState {
    HdValue pointer_types; /* _pointer_type_cache: type -> pointer type */
} CtypesState;

/* --- sizes and addresses --- */

static HdCtype *layout_of_any(HdValue v) {
    if (hd_is_cdata(v)) return hd_ctype_of(v);
    return hd_ctype_with_layout(v);
}

static HdValue ctypes_sizeof(HdThread *t, HdValue module, const HdValue *args) {
    if (hd_is_cdata(args[0])) return hd_int_from_size(t, hd_cdata(args[0])->size);
    HdCtype *c = layout_of_any(args[0]);
    return c ? hd_int_from_size(t, c->size) : hd_raise(t, &hd_TypeError, "this type has no size");
}
static HdValue ctypes_alignment(HdThread *t, HdValue module, const HdValue *args) {
    HdCtype *c = layout_of_any(args[0]);
    return c ? hd_int_from_size(t, c->align) : hd_raise(t, &hd_TypeError, "no alignment info");
}
static HdValue ctypes_addressof(HdThread *t, HdValue module, const HdValue *args) {
    if (!hd_is_cdata(args[0])) return hd_raise(t, &hd_TypeError, "invalid type");
    return hd_int_from_u64(t, (uint64_t)(uintptr_t)hd_cdata(args[0])->data);
}
static HdValue ctypes_byref(HdThread *t, HdValue module, const HdValue *args) {
    HdSize offset = hd_is_null(args[1]) ? 0 : hd_number_as_size(t, args[1], &hd_OverflowError);
    return offset == -1 && hd_raised(t) ? HD_NULL : hd_ctypes_byref(t, args[0], offset);
}
static HdValue ctypes_buffer_info(HdThread *t, HdValue module, const HdValue *args) {
    HdCtype *c = layout_of_any(args[0]);
    if (!c) return hd_raise(t, &hd_TypeError, "not a ctypes type or object");
    HD_OWNED HdValue shape = hd_tuple_new(t, c->ndim);
    for (int i = 0; i < c->ndim && !hd_is_null(shape); i++) {
        hd_tuple_put_steal(shape, i, hd_int_from_size(t, c->shape[i]));
    }
    HD_OWNED HdValue format = hd_is_null(shape) ? HD_NULL : hd_str_from_text(t, c->format);
    return hd_is_null(format) ? HD_NULL : hd_tuple_pack(t, 3, format, hd_imm_int(c->ndim), shape);
}

static void free_memory(HdThread *t, void *block, size_t size) { free(block); }

static HdValue ctypes_resize(HdThread *t, HdValue module, const HdValue *args) {
    if (!hd_is_cdata(args[0])) return hd_raise(t, &hd_TypeError, "excepted ctypes instance");
    HdSize size = hd_number_as_size(t, args[1], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    HdCdata *d = hd_cdata(args[0]);
    HdSize least = hd_ctype_of(args[0])->size;
    if (size < least) return hd_raise(t, &hd_ValueError, "minimum size is %zd", least);
    if (!d->owns) {
        return hd_raise(t, &hd_ValueError, "Memory cannot be resized because this object doesn't own it");
    }
    if (size <= (HdSize)sizeof d->small && d->data == d->small) {
        d->size = size;
        return hd_None;
    }
    char *made = calloc(1, (size_t)size);
    if (!made) return hd_raise_no_memory(t);
    hd_lock_object(t, &d->head);
    char *old = d->data == d->small ? NULL : d->data;
    HdSize old_size = d->size;
    memcpy(made, d->data, (size_t)(old_size < size ? old_size : size));
    if (size < old_size) d->size = size; /* a reader without the lock never sees more than there is */
    d->data = made;
    d->size = size;
    hd_unlock_object(t, &d->head);
    if (old) hd_epoch_retire(t, old, (size_t)old_size, free_memory);
    return hd_None;
}

/* --- shared libraries --- */

static HdValue ctypes_dlopen(HdThread *t, HdValue module, const HdValue *args) {
    int mode = hd_is_null(args[1]) ? RTLD_NOW : hd_number_as_int(t, args[1]);
    if (mode == -1 && hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue path = HD_NULL;
    if (!hd_is_none(args[0])) {
        HD_OWNED HdValue builtin = hd_iter_builtin(t, "__import__");
        HD_OWNED HdValue name = hd_is_null(builtin) ? HD_NULL : hd_str_from_text(t, "posix");
        HD_OWNED HdValue posix = hd_is_null(name) ? HD_NULL : hd_object_call1(t, builtin, name);
        HD_OWNED HdValue given = hd_is_null(posix) ? HD_NULL : hd_object_call_method1(t, posix, "fspath", args[0]);
        if (hd_is_null(given)) return HD_NULL;
        path = hd_is_bytes(given) ? hd_retain(t, given) : hd_str_to_fs(t, given);
        if (hd_is_null(path)) return HD_NULL;
        if (memchr(hd_bytes_data(path), 0, (size_t)hd_bytes_length(path))) {
            return hd_raise(t, &hd_ValueError, "embedded null byte");
        }
    }
    const char *name = hd_is_null(path) ? NULL : (const char *)hd_bytes_data(path);
    hd_blocking_enter(t, HD_BLOCK_MAYBE); /* it reads files, and may run the library's constructors */
    void *handle = dlopen(name, mode | RTLD_NOW);
    const char *error = handle ? NULL : dlerror();
    hd_blocking_leave(t);
    if (handle) return hd_int_from_u64(t, (uint64_t)(uintptr_t)handle);
    return hd_raise(t, &hd_OSError, "%s", error ? error : "dlopen() error");
}

static HdValue ctypes_dlclose(HdThread *t, HdValue module, const HdValue *args) {
    uint64_t handle = hd_number_as_u64_mask(t, args[0]);
    if (hd_raised(t)) return HD_NULL;
    if (!dlclose((void *)(uintptr_t)handle)) return hd_None;
    const char *error = dlerror();
    return hd_raise(t, &hd_OSError, "%s", error ? error : "dlclose() error");
}

static HdValue ctypes_dlsym(HdThread *t, HdValue module, const HdValue *args) {
    uint64_t handle = hd_number_as_u64_mask(t, args[0]);
    if (hd_raised(t)) return HD_NULL;
    if (!hd_is_str(args[1])) {
        return hd_raise(t, &hd_TypeError, "dlsym() argument 2 must be str, not %s", hd_type_name(args[1]));
    }
    const char *name = hd_str_utf8(t, args[1], NULL);
    void *address = name ? dlsym((void *)(uintptr_t)handle, name) : NULL;
    if (!name) return HD_NULL;
    if (address) return hd_int_from_u64(t, (uint64_t)(uintptr_t)address);
    const char *error = dlerror();
    return hd_raise(t, &hd_OSError, "%s", error ? error : "dlsym() error");
}

/* --- calls by address --- */

static HdValue call_address(HdThread *t, const HdValue *args, uint32_t flags) {
    if (!hd_is_int(args[0])) return hd_raise(t, &hd_TypeError, "an integer is required");
    if (!hd_is_tuple(args[1])) {
        return hd_raise(t, &hd_TypeError, "argument 2 must be tuple, not %s", hd_type_name(args[1]));
    }
    uint64_t address = hd_number_as_u64_mask(t, args[0]);
    return hd_ctypes_call(t, (void *)(uintptr_t)address, args[1], flags, HD_NULL, HD_NULL, HD_NULL);
}
static HdValue ctypes_call_function(HdThread *t, HdValue module, const HdValue *args) {
    return call_address(t, args, 0);
}
static HdValue ctypes_call_cdeclfunction(HdThread *t, HdValue module, const HdValue *args) {
    return call_address(t, args, HD_CALL_CDECL);
}

static HdValue ctypes_get_errno(HdThread *t, HdValue module, const HdValue *args) {
    return hd_imm_int(*hd_ctypes_errno(t));
}
static HdValue ctypes_set_errno(HdThread *t, HdValue module, const HdValue *args) {
    int n = hd_number_as_int(t, args[0]);
    if (n == -1 && hd_raised(t)) return HD_NULL;
    int old = *hd_ctypes_errno(t);
    *hd_ctypes_errno(t) = n;
    return hd_imm_int(old);
}

/* --- values by address: for debugging --- */

static int value_of_word(HdThread *t, HdValue word, HdValue *out) {
    out->bits = hd_number_as_u64_mask(t, word);
    if (hd_raised(t)) return -1;
    return hd_is_null(*out) ? hd_raise_int(t, &hd_ValueError, "NULL is no object") : 0;
}
static HdValue ctypes_from_ptr(HdThread *t, HdValue module, const HdValue *args) {
    HdValue v;
    return value_of_word(t, args[0], &v) < 0 ? HD_NULL : hd_retain(t, v);
}
static HdValue ctypes_incref(HdThread *t, HdValue module, const HdValue *args) {
    hd_retain(t, args[0]);
    return hd_retain(t, args[0]);
}
static HdValue ctypes_decref(HdThread *t, HdValue module, const HdValue *args) {
    hd_release(t, args[0]);
    return hd_retain(t, args[0]);
}

/* --- pointer types --- */

static HdValue cache_of(HdValue module) { return ((CtypesState *)hd_module_state(module))->pointer_types; }

static HdValue new_pointer_type(HdThread *t, HdValue name, HdValue target_or_null) {
    HD_OWNED HdValue dict = hd_is_null(name) ? HD_NULL : hd_dict_new(t);
    HD_OWNED HdValue base =
        hd_is_null(dict) ? HD_NULL : hd_tuple_pack(t, 1, hd_type_value(&hd_ctypes_pointer_type.type));
    if (hd_is_null(base)) return HD_NULL;
    if (!hd_is_null(target_or_null) && hd_dict_set_text(t, dict, "_type_", target_or_null) < 0) return HD_NULL;
    return hd_object_call3(t, hd_type_value(&hd_ctypes_pointer_meta), name, base, dict);
}

static HdValue ctypes_pointer_type(HdThread *t, HdValue module, const HdValue *args) {
    HdValue cache = cache_of(module), target = args[0], found;
    int there = hd_dict_find(t, cache, target, &found);
    if (there) return there < 0 ? HD_NULL : found;
    if (hd_is_str(target)) { /* an incomplete one: SetPointerType finds it by its id */
        HD_OWNED HdValue name = hd_str_format(t, "LP_%U", target);
        HD_OWNED HdValue made = new_pointer_type(t, name, HD_NULL);
        HD_OWNED HdValue key = hd_is_null(made) ? HD_NULL : hd_int_from_u64(t, made.bits);
        if (hd_is_null(key) || hd_dict_set(t, cache, key, made) < 0) return HD_NULL;
        return hd_move(&made);
    }
    if (!hd_is_type(target)) return hd_raise(t, &hd_TypeError, "must be a ctypes type");
    HD_OWNED HdValue name = hd_str_format(t, "LP_%s", HD_AS(HdType, target)->name);
    HD_OWNED HdValue made = new_pointer_type(t, name, target);
    return hd_is_null(made) ? HD_NULL : hd_dict_set_default(t, cache, target, made);
}

static HdValue ctypes_pointer(HdThread *t, HdValue module, const HdValue *args) {
    HdValue target = hd_type_value(hd_type_of(args[0]));
    HD_OWNED HdValue type = ctypes_pointer_type(t, module, &target);
    return hd_is_null(type) ? HD_NULL : hd_object_call1(t, type, args[0]);
}

static HdValue ctypes_unpickle(HdThread *t, HdValue module, const HdValue *args) {
    if (!hd_is_tuple(args[1])) {
        return hd_raise(t, &hd_TypeError, "_unpickle() argument 2 must be tuple, not %s", hd_type_name(args[1]));
    }
    HD_OWNED HdValue self = hd_object_call_method1(t, args[0], "__new__", args[0]);
    HD_OWNED HdValue method = hd_is_null(self) ? HD_NULL : hd_object_getattr_text(t, self, "__setstate__");
    if (hd_is_null(method)) return HD_NULL;
    HD_OWNED HdValue done = hd_object_call_ex(t, method, args[1], HD_NULL);
    return hd_is_null(done) ? HD_NULL : hd_move(&self);
}

/* --- functions whose addresses ctypes calls; values come and go as words --- */

static uint64_t string_at(const char *text, int size) {
    HdThread *t = hd_thread_current();
    return hd_bytes_new(t, text, size == -1 ? (HdSize)strlen(text) : size).bits;
}
static uint64_t wstring_at(const wchar_t *text, int size) {
    return hd_ctypes_wstring(hd_thread_current(), text, size == -1 ? (HdSize)wcslen(text) : size).bits;
}

static bool can_point(HdValue type) {
    HdCtype *c = hd_ctype_with_layout(type);
    return c && (c->kind == HD_CTYPE_POINTER || c->kind == HD_CTYPE_FUNCTION ||
                 (c->kind == HD_CTYPE_SIMPLE && strchr("zZPO", c->code->code)));
}

/* The pointer shares what `source` keeps alive, and keeps `source` too. */
static int share_objects(HdThread *t, HdValue pointer, HdValue source) {
    HD_OWNED HdValue objects = hd_ctypes_objects(t, source);
    if (hd_is_null(objects)) return -1;
    HdCdata *from = hd_cdata(source);
    if (hd_is_none(objects)) {
        hd_replace_steal(t, &objects, hd_dict_new(t));
        if (hd_is_null(objects)) return -1;
        if (hd_is_null(from->base)) hd_field_set_steal(t, from, &from->objects, hd_retain(t, objects));
    }
    if (hd_is_exact_dict(objects)) {
        HD_OWNED HdValue key = hd_int_from_u64(t, source.bits);
        if (hd_is_null(key) || hd_dict_set(t, objects, key, source) < 0) return -1;
    }
    hd_field_set_steal(t, hd_as_object(pointer), &hd_cdata(pointer)->objects, hd_move(&objects));
    return 0;
}

static uint64_t cast(void *address, HdValue source, HdValue type) {
    HdThread *t = hd_thread_current();
    if (!can_point(type)) {
        return hd_raise(t, &hd_TypeError, "cast() argument 2 must be a pointer type, not %s",
                        hd_is_type(type) ? HD_AS(HdType, type)->name : hd_type_name(type)).bits;
    }
    HD_OWNED HdValue result = hd_object_call0(t, type);
    if (hd_is_null(result)) return 0;
    if (hd_is_cdata(source) && share_objects(t, result, source) < 0) return 0;
    memcpy(hd_cdata(result)->data, &address, sizeof address);
    return hd_move(&result).bits;
}

/* --- the module --- */

static int add_types(HdThread *t, HdValue module) {
    static HdType *const hidden[] = {&hd_ctypes_data_type.type, &hd_ctypes_simple_meta, &hd_ctypes_structure_meta,
                                     &hd_ctypes_union_meta, &hd_ctypes_array_meta, &hd_ctypes_pointer_meta,
                                     &hd_ctypes_function_meta, &hd_ctypes_carg_type, &hd_ctypes_field_type,
                                     &hd_ctypes_callback_type};
    static HdType *const shown[] = {&hd_ctypes_simple_type.type, &hd_ctypes_structure_type.type,
                                    &hd_ctypes_union_type.type, &hd_ctypes_array_type.type,
                                    &hd_ctypes_pointer_type.type, &hd_ctypes_function_type.type,
                                    &hd_ctypes_argument_error};
    for (size_t i = 0; i < HD_COUNT_OF(hidden); i++) {
        if (hd_type_ready(t, hidden[i]) < 0) return -1;
    }
    for (size_t i = 0; i < HD_COUNT_OF(shown); i++) {
        if (hd_module_add_type(t, module, shown[i]) < 0) return -1;
    }
    return 0;
}

static int add_numbers(HdThread *t, HdValue module) {
    static const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"FUNCFLAG_CDECL", HD_CALL_CDECL}, {"FUNCFLAG_PYTHONAPI", HD_CALL_PYTHON},
        {"FUNCFLAG_USE_ERRNO", HD_CALL_ERRNO}, {"FUNCFLAG_USE_LASTERROR", 0x10},
        {"RTLD_LOCAL", RTLD_LOCAL}, {"RTLD_GLOBAL", RTLD_GLOBAL}, {"CTYPES_MAX_ARGCOUNT", HD_CTYPES_MAX_ARGUMENTS},
    };
    const struct {
        const char *name;
        void *address;
    } addresses[] = {
        {"_memmove_addr", (void *)memmove}, {"_memset_addr", (void *)memset}, {"_string_at_addr", (void *)string_at},
        {"_cast_addr", (void *)cast}, {"_wstring_at_addr", (void *)wstring_at},
    };
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) {
        if (hd_module_set_int(t, module, numbers[i].name, numbers[i].value) < 0) return -1;
    }
    for (size_t i = 0; i < HD_COUNT_OF(addresses); i++) {
        if (hd_module_set_int(t, module, addresses[i].name, (int64_t)(uintptr_t)addresses[i].address) < 0) return -1;
    }
    return hd_module_set_text(t, module, "__version__", "1.1.0");
}

static int ctypes_exec(HdThread *t, HdValue module) {
    CtypesState *state = hd_module_state(module);
    state->pointer_types = hd_dict_new(t);
    if (hd_is_null(state->pointer_types) || add_types(t, module) < 0 || add_numbers(t, module) < 0) return -1;
    return hd_module_set(t, module, "_pointer_type_cache", state->pointer_types);
}
static int ctypes_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(cache_of(module));
    return 0;
}
static void ctypes_clear(HdThread *t, HdValue module) {
    hd_clear_slot(t, &((CtypesState *)hd_module_state(module))->pointer_types);
}

static const HdMethodDef ctypes_functions[] = {
    HD_METHOD(ctypes_get_errno, "get_errno($module)", "This thread's copy of C's errno."),
    HD_METHOD(ctypes_set_errno, "set_errno($module, value, /)", "Sets this thread's copy of C's errno; the old one."),
    HD_METHOD(ctypes_pointer_type, "POINTER($module, type, /)", "The type of pointers to a C type; one for each type."),
    HD_METHOD(ctypes_pointer, "pointer($module, object, /)", "A pointer to a C object."),
    HD_METHOD(ctypes_unpickle, "_unpickle($module, type, state, /)", "For unpickling."),
    HD_METHOD(ctypes_buffer_info, "buffer_info($module, object, /)",
              "Format, dimensions and shape of a type's buffer."),
    HD_METHOD(ctypes_resize, "resize($module, object, size, /)", "Gives an object's memory another size."),
    HD_METHOD(ctypes_dlopen, "dlopen($module, name, flag=RTLD_NOW, /)", "Loads a shared library; its handle."),
    HD_METHOD(ctypes_dlclose, "dlclose($module, handle, /)", "Gives a shared library back."),
    HD_METHOD(ctypes_dlsym, "dlsym($module, handle, name, /)", "The address of a name in a shared library."),
    HD_METHOD(ctypes_alignment, "alignment($module, type_or_object, /)", "Alignment in bytes."),
    HD_METHOD(ctypes_sizeof, "sizeof($module, type_or_object, /)", "Size in bytes."),
    HD_METHOD(ctypes_byref, "byref($module, object, offset=0, /)",
              "A pointer to a C object, good only as an argument of a call."),
    HD_METHOD(ctypes_addressof, "addressof($module, object, /)", "The address of a C object's memory."),
    HD_METHOD(ctypes_call_function, "call_function($module, address, arguments, /)", "Calls what is at an address."),
    HD_METHOD(ctypes_call_cdeclfunction, "call_cdeclfunction($module, address, arguments, /)",
              "Calls what is at an address."),
    HD_METHOD(ctypes_from_ptr, "PyObj_FromPtr($module, id, /)", "The object of an id."),
    HD_METHOD(ctypes_incref, "Py_INCREF($module, object, /)", "Adds a reference that nobody drops."),
    HD_METHOD(ctypes_decref, "Py_DECREF($module, object, /)", "Drops a reference that was added."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__ctypes = {
    .name = "_ctypes",
    .doc = "C data types, shared libraries, and calls into them.",
    .state_size = sizeof(CtypesState),
    .functions = ctypes_functions,
    .exec = ctypes_exec,
    .traverse = ctypes_traverse,
    .clear = ctypes_clear,
};
