/* ctypes_callback.c -- Python functions that C code may call: closures of libffi.
 *
 * C may call from anywhere: from a call that this module made, with the thread detached or (HD_CALL_PYTHON) attached,
 * or
 * from a thread that the runtime does not know, which is adopted for the length of the call. A closure lives as long as
 * its object, which the function instance keeps alive. No locks.
 */
#include "ctypes_types.h"

#include <errno.h>

#include "blocking.h"

typedef struct Callback {
    HdObject head;
    ffi_closure *closure;
    ffi_cif cif;
    ffi_type **types;  /* raw block */
    HdValue callable, argtypes; /* a tuple of C types */
    HdValue restype;   /* a C type, None, or HD_NULL: int */
    HdRuntime *runtime;
    uint32_t flags;
} Callback;

/* --- being called --- */

/* An argument as a Python value. */
static HdValue from_c(HdThread *t, HdValue type, void *at) {
    HdCtype *c = hd_ctype_with_layout(type);
    if (!c) return hd_raise(t, &hd_TypeError, "cannot build parameter");
    if (c->kind == HD_CTYPE_SIMPLE && !hd_ctype_is_derived_simple(c)) return c->get(t, at, c->size);
    HdValue v = hd_ctypes_new(t, &c->type);
    if (!hd_is_null(v)) memcpy(hd_cdata(v)->data, at, (size_t)c->size);
    return v;
}

static HdValue call_python(HdThread *t, Callback *callback, void **values) {
    if (hd_is_null(callback->callable)) { /* the collector has cleared it */
        return hd_raise(t, &hd_ReferenceError, "the function is gone");
    }
    HdSize count = hd_tuple_length(callback->argtypes);
    HD_OWNED HdValue args = hd_tuple_new(t, count);
    for (HdSize i = 0; i < count; i++) {
        if (hd_is_null(args)) return HD_NULL;
        HdValue v = from_c(t, hd_tuple_at_borrowed(callback->argtypes, i), values[i]);
        if (hd_is_null(v)) return HD_NULL;
        hd_tuple_put_steal(args, i, v);
    }
    if (hd_is_null(args)) return HD_NULL;
    if (!(callback->flags & HD_CALL_ERRNO)) return hd_object_call_ex(t, callback->callable, args, HD_NULL);
    int outside = errno;
    errno = *hd_ctypes_errno(t);
    *hd_ctypes_errno(t) = outside;
    HdValue result = hd_object_call_ex(t, callback->callable, args, HD_NULL);
    outside = errno;
    errno = *hd_ctypes_errno(t);
    *hd_ctypes_errno(t) = outside;
    return result;
}

static void put_result(HdThread *t, Callback *callback, void *at, HdValue v) {
    if (hd_is_none(callback->restype)) return;
    HdCtype *c = hd_is_null(callback->restype) ? NULL : hd_ctype(callback->restype);
    const HdCtypeCode *code = c ? c->code : hd_ctypes_code('i');
    memset(at, 0, callback->cif.rtype->size > sizeof(ffi_arg) ? callback->cif.rtype->size : sizeof(ffi_arg));
    HdValue keep = c ? c->set(t, at, v, 0) : code->set(t, at, v, 0);
    if (hd_is_null(keep)) {
        hd_write_unraisable_message(t, "on converting result of ctypes callback function", callback->callable);
        return;
    }
    if (code->code == 'O') return; /* the reference goes to the caller */
    if (!hd_is_none(keep) && hd_warn(t, &hd_RuntimeWarning, 1, "memory leak in callback function.") < 0) {
        hd_write_unraisable_message(t, "on converting result of ctypes callback function", callback->callable);
    } else if (!hd_is_none(keep)) {
        return; /* nobody could say when it may go */
    }
    hd_release(t, keep);
}

static void enter_python(ffi_cif *cif, void *result, void **values, void *context) {
    Callback *callback = context;
    HdThread *t = hd_thread_current();
    int outside = errno;
    bool foreign = !t, detached = t && !hd_thread_is_attached(t);
    if (foreign) t = hd_thread_adopt(callback->runtime);
    if (!t) return; /* no memory for the thread's record, and nobody to tell */
    if (detached) hd_blocking_leave_computation(t);
    errno = outside;
    HdValue pending = hd_take_raised(t);
    HdValue self = hd_retain(t, hd_from_object(callback)); /* the callee may drop the function */
    HdValue v = call_python(t, callback, values);
    outside = errno;
    if (hd_is_null(v)) hd_write_unraisable_message(t, "on calling ctypes callback function", callback->callable);
    else put_result(t, callback, result, v);
    hd_release(t, v);
    hd_release(t, self);
    if (!hd_is_null(pending)) hd_set_raised_steal(t, pending);
    if (foreign) hd_thread_abandon(t);
    else if (detached) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    errno = outside;
}

/* --- making one --- */

static int describe(HdThread *t, Callback *callback, const HdCtype *function) {
    HdValue args = function->argtypes;
    HdSize count = hd_tuple_length(args);
    callback->types = hd_heap_raw_zeroed(t, (size_t)(count + 1) * sizeof *callback->types);
    if (!callback->types) return hd_raise_no_memory(t), -1;
    callback->argtypes = hd_retain(t, args);
    callback->restype = hd_retain(t, function->restype);
    callback->flags = function->call_flags;
    for (HdSize i = 0; i < count; i++) {
        HdCtype *c = hd_ctype_with_layout(hd_tuple_at_borrowed(args, i));
        callback->types[i] = !c || c->kind == HD_CTYPE_ARRAY ? &ffi_type_pointer : c->ffi;
    }
    HdCtype *result = hd_is_null(function->restype) ? NULL : hd_ctype_with_layout(function->restype);
    bool good = hd_is_null(function->restype) || hd_is_none(function->restype) ||
                (result && result->kind == HD_CTYPE_SIMPLE);
    if (!good) return hd_raise_int(t, &hd_TypeError, "invalid result type for callback function");
    ffi_type *ffi = result ? result->ffi : hd_is_null(function->restype) ? &ffi_type_sint : &ffi_type_void;
    if (ffi_prep_cif(&callback->cif, FFI_DEFAULT_ABI, (unsigned)count, ffi, callback->types) == FFI_OK) return 0;
    return hd_raise_int(t, &hd_RuntimeError, "ffi_prep_cif failed");
}

HdValue hd_ctypes_callback_new(HdThread *t, HdValue callable, const HdCtype *function, void **address) {
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_ctypes_callback_type);
    if (hd_is_null(self)) return self;
    Callback *callback = HD_AS(Callback, self);
    callback->runtime = t->runtime;
    callback->callable = hd_retain(t, callable);
    if (describe(t, callback, function) < 0) return HD_NULL;
    callback->closure = ffi_closure_alloc(sizeof *callback->closure, address);
    if (!callback->closure) return hd_raise_no_memory(t);
    if (ffi_prep_closure_loc(callback->closure, &callback->cif, enter_python, callback, *address) != FFI_OK) {
        return hd_raise(t, &hd_RuntimeError, "ffi_prep_closure failed");
    }
    return hd_move(&self);
}

static int callback_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Callback *)self)->callable);
    HD_VISIT(((Callback *)self)->argtypes);
    HD_VISIT(((Callback *)self)->restype);
    return 0;
}
static void callback_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((Callback *)self)->callable); }
static void callback_dealloc(HdThread *t, HdObject *self) {
    Callback *callback = (Callback *)self;
    if (callback->closure) ffi_closure_free(callback->closure);
    if (callback->types) {
        HdSize count = hd_tuple_length(callback->argtypes);
        hd_heap_raw_free(t, callback->types, (size_t)(count + 1) * sizeof *callback->types);
    }
    hd_clear_slot(t, &callback->callable);
    hd_clear_slot(t, &callback->argtypes);
    hd_clear_slot(t, &callback->restype);
    hd_type_free(t, self);
}

HdType hd_ctypes_callback_type = {
    HD_TYPE_HEAD("_ctypes.CThunkObject"),
    .doc = "A Python function behind an address that C code can call.",
    .basicsize = sizeof(Callback),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = callback_dealloc,
    .traverse = callback_traverse,
    .clear = callback_clear,
};
