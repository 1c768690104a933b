/* ctypes_call.c -- calling a C function: arguments from Python values, the call through libffi, the result.
 *
 * The thread is detached during the call, unless the function is one that uses the runtime itself (HD_CALL_PYTHON).
 * What
 * is passed is kept alive by the tuple of arguments and the converted arguments until the result has been made. No
 * locks.
 */
#include "ctypes_types.h"

#include <errno.h>

#include "blocking.h"

/* --- errno --- */

int *hd_ctypes_errno(HdThread *t) {
    static _Thread_local struct {
        uint64_t serial; /* kernel threads are used again: a new thread begins with 0 */
        int error;
    } own;
    if (own.serial != t->serial) {
        own.serial = t->serial;
        own.error = 0;
    }
    return &own.error;
}

static void swap_errno(HdThread *t) {
    int *own = hd_ctypes_errno(t), current = errno;
    errno = *own;
    *own = current;
}

/* --- arguments that are ready --- */

HdValue hd_ctypes_carg_new(HdThread *t, char tag, ffi_type *ffi, HdValue object) {
    HdValue self = hd_type_alloc(t, &hd_ctypes_carg_type);
    if (hd_is_null(self)) return self;
    HdCarg *a = HD_AS(HdCarg, self);
    a->tag = tag;
    a->ffi = ffi;
    a->object = hd_retain(t, object);
    return self;
}

HdValue hd_ctypes_byref(HdThread *t, HdValue v, HdSize offset) {
    if (!hd_is_cdata(v)) {
        return hd_raise(t, &hd_TypeError, "byref() argument must be a ctypes instance, not '%s'", hd_type_of(v)->name);
    }
    HdValue arg = hd_ctypes_carg_new(t, 'P', &ffi_type_pointer, v);
    if (!hd_is_null(arg)) HD_AS(HdCarg, arg)->value.p = hd_cdata(v)->data + offset;
    return arg;
}

static HdValue repr_char(HdThread *t, char tag, unsigned char c) {
    if (c >= 32 && c < 127 && c != '\'' && c != '\\') return hd_str_format(t, "<cparam '%c' ('%c')>", tag, c);
    return hd_str_format(t, "<cparam '%c' ('\\x%x%x')>", tag, c >> 4, c & 15);
}

static HdValue carg_repr(HdThread *t, HdValue self) {
    HdCarg *a = HD_AS(HdCarg, self);
    long long n = 0;
    switch (a->tag) {
    case 'b': n = a->value.b; break;
    case 'B': n = (unsigned char)a->value.b; break;
    case 'h': n = a->value.h; break;
    case 'H': n = (unsigned short)a->value.h; break;
    case 'i': n = a->value.i; break;
    case 'I': n = (unsigned)a->value.i; break;
    case 'l': case 'q': n = a->value.q; break;
    case 'L': case 'Q': return hd_str_format(t, "<cparam '%c' (%llu)>", a->tag, (unsigned long long)a->value.q);
    case 'f': case 'd': {
        HD_OWNED HdValue number = hd_float_new(t, a->tag == 'f' ? (double)a->value.f : a->value.d);
        return hd_is_null(number) ? HD_NULL : hd_str_format(t, "<cparam '%c' (%R)>", a->tag, number);
    }
    case 'c': return repr_char(t, a->tag, (unsigned char)a->value.c);
    case 'z': case 'Z': case 'P': return hd_str_format(t, "<cparam '%c' (%p)>", a->tag, a->value.p);
    default: return hd_str_format(t, "<cparam '%c' at %p>", a->tag, (void *)a);
    }
    return hd_str_format(t, "<cparam '%c' (%lld)>", a->tag, n);
}

static int carg_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdCarg *)self)->object);
    return 0;
}
static void carg_clear(HdThread *t, HdObject *self) {}
static void carg_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdCarg *)self)->object);
    hd_type_free(t, self);
}
static const HdMemberDef carg_members[] = {
    {"_obj", HD_MEMBER_VALUE, offsetof(HdCarg, object), true, "the wrapped object", false},
    {0},
};
HdType hd_ctypes_carg_type = {
    HD_TYPE_HEAD("CArgObject"),
    .basicsize = sizeof(HdCarg),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = carg_dealloc,
    .traverse = carg_traverse,
    .clear = carg_clear,
    .repr = carg_repr,
    .members = carg_members,
};

/* --- arguments from values --- */

typedef struct Argument {
    ffi_type *ffi;
    HdValue keep; /* owned: the converted argument */
    union {
        int i;
        void *p;
    } value;
    void *at; /* where the value lies */
} Argument;

static void pass(Argument *a, ffi_type *ffi, void *at) {
    a->ffi = ffi;
    a->at = at;
}
static int pass_pointer(Argument *a, void *pointer, HdValue keep) {
    a->value.p = pointer;
    a->keep = keep;
    pass(a, &ffi_type_pointer, &a->value);
    return 0;
}

static int pass_instance(HdThread *t, Argument *a, HdValue v) {
    HdCtype *c = hd_ctype_of(v);
    HdCdata *d = hd_cdata(v);
    a->keep = hd_retain(t, v);
    if (c->kind == HD_CTYPE_ARRAY) {
        a->value.p = d->data;
        pass(a, &ffi_type_pointer, &a->value);
    } else {
        pass(a, c->ffi, d->data);
    }
    return 0;
}

static int pass_int(HdThread *t, Argument *a, HdValue v) {
    int64_t n;
    if (hd_int_try_i64(v, &n)) a->value.i = (int)n;
    else if (hd_int_sign(v) > 0 && hd_int_bit_length(v) <= 64) a->value.i = (int)hd_number_as_u64_mask(t, v);
    else return hd_raise_int(t, &hd_OverflowError, "int too long to convert");
    pass(a, &ffi_type_sint, &a->value);
    return 0;
}

static int pass_text(HdThread *t, Argument *a, HdValue v) {
    void *text;
    HdValue keep = hd_ctypes_code('Z')->set(t, &text, v, 0);
    return hd_is_null(keep) ? -1 : pass_pointer(a, text, keep);
}

static int convert(HdThread *t, Argument *a, HdValue v, HdSize number) {
    if (hd_is_exact(v, &hd_ctypes_carg_type)) {
        a->keep = hd_retain(t, v);
        pass(a, HD_AS(HdCarg, v)->ffi, &HD_AS(HdCarg, v)->value);
        return 0;
    }
    if (hd_is_cdata(v)) return pass_instance(t, a, v);
    if (hd_is_none(v)) return pass_pointer(a, NULL, HD_NULL);
    if (hd_is_int(v)) return pass_int(t, a, v);
    if (hd_is_bytes(v)) return pass_pointer(a, hd_bytes_data(v), hd_retain(t, v));
    if (hd_is_str(v)) return pass_text(t, a, v);
    HD_OWNED HdValue inner = HD_NULL;
    int found = hd_object_find_attr(t, v, HD_NAME("_as_parameter_"), &inner);
    if (found < 0) return -1;
    if (!found) return hd_raise_int(t, &hd_TypeError, "Don't know how to convert parameter %zd", number);
    if (hd_object_enter(t, " while processing _as_parameter_") < 0) return -1;
    return convert(t, a, inner, number);
}

/* Puts "argument 2: TypeError: " before an error's words. */
static int raise_argument(HdThread *t, HdSize number) {
    HD_OWNED HdValue error = hd_take_raised(t);
    return hd_raise_int(t, &hd_ctypes_argument_error, "argument %zd: %s: %V", number, hd_type_name(error), error);
}

static int convert_all(HdThread *t, Argument *arguments, HdValue args, HdValue converters) {
    HdSize count = hd_tuple_length(args), known = hd_is_null(converters) ? 0 : hd_tuple_length(converters);
    for (HdSize i = 0; i < count; i++) {
        HdValue v = hd_tuple_at_borrowed(args, i);
        if (i >= known) {
            if (convert(t, &arguments[i], v, i + 1) < 0) return raise_argument(t, i + 1);
            continue;
        }
        HD_OWNED HdValue converted = hd_object_call1(t, hd_tuple_at_borrowed(converters, i), v);
        if (hd_is_null(converted) || convert(t, &arguments[i], converted, i + 1) < 0) return raise_argument(t, i + 1);
    }
    return 0;
}

/* --- the result --- */

static ffi_type *result_ffi(HdValue restype) {
    if (hd_is_null(restype)) return &ffi_type_sint;
    if (hd_is_none(restype)) return &ffi_type_void;
    HdCtype *c = hd_ctype_with_layout(restype);
    if (!c) return &ffi_type_sint;
    return c->size ? c->ffi : &ffi_type_void;
}

static HdValue make_result(HdThread *t, HdValue restype, void *at, HdValue checker) {
    if (hd_is_null(restype)) return hd_imm_int(*(int *)at);
    if (hd_is_none(restype)) return hd_None;
    HdCtype *c = hd_ctype_with_layout(restype);
    HD_OWNED HdValue result = HD_NULL;
    if (!c) return hd_object_call1(t, restype, hd_imm_int(*(int *)at));
    if (c->kind == HD_CTYPE_SIMPLE && !hd_ctype_is_derived_simple(c)) {
        result = c->get(t, at, c->size);
        if (c->code->code == 'O' && !hd_is_null(result)) hd_release(t, result); /* the function's own */
    } else {
        result = hd_ctypes_new(t, &c->type);
        if (!hd_is_null(result)) memcpy(hd_cdata(result)->data, at, (size_t)c->size);
    }
    if (hd_is_null(result) || hd_is_null(checker)) return hd_move(&result);
    return hd_object_call1(t, checker, result);
}

/* --- the call --- */

static void call_now(HdThread *t, ffi_cif *cif, void *address, void *result, void **values, uint32_t flags) {
    bool detach = !(flags & HD_CALL_PYTHON);
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    if (flags & HD_CALL_ERRNO) swap_errno(t);
    ffi_call(cif, FFI_FN(address), result, values);
    if (flags & HD_CALL_ERRNO) swap_errno(t);
    if (detach) hd_blocking_leave_computation(t);
}

typedef struct Call {
    void *address;
    HdSize count, fixed; /* arguments; how many of them the prototype has, 0: unknown */
    Argument *arguments;
    ffi_type **types;
    void **values;
    uint32_t flags;
    HdValue restype, checker;
} Call;
enum { FEW = 12 }; /* arguments that need no block of their own */
typedef struct FewArguments {
    Argument arguments[FEW];
    ffi_type *types[FEW];
    void *values[FEW];
} FewArguments;
static size_t room_size(HdSize count) {
    return (size_t)count * (sizeof(Argument) + sizeof(ffi_type *) + sizeof(void *));
}

static int describe_call(HdThread *t, Call *call, ffi_cif *cif, ffi_type *result) {
    for (HdSize i = 0; i < call->count; i++) {
        call->types[i] = call->arguments[i].ffi;
        call->values[i] = call->arguments[i].at;
        if (!call->types[i]) return hd_raise_int(t, &hd_TypeError, "argument %zd has no C type", i + 1);
    }
    unsigned count = (unsigned)call->count;
    ffi_status status = FFI_BAD_ARGTYPE;
    if (call->fixed && call->fixed < call->count) { /* a variadic function */
        status = ffi_prep_cif_var(cif, FFI_DEFAULT_ABI, (unsigned)call->fixed, count, result, call->types);
    }
    /* libffi refuses variable arguments smaller than int, which C would have promoted: registers are as wide anyway */
    if (status == FFI_BAD_ARGTYPE) status = ffi_prep_cif(cif, FFI_DEFAULT_ABI, count, result, call->types);
    return status == FFI_OK ? 0 : hd_raise_int(t, &hd_RuntimeError, "ffi_prep_cif failed");
}

static HdValue prepare_and_call(HdThread *t, Call *call) {
    ffi_type *ffi = result_ffi(call->restype);
    ffi_cif cif;
    if (describe_call(t, call, &cif, ffi) < 0) return HD_NULL;
    _Alignas(16) char small[64] = {0};
    HD_OWNED HdValue large = HD_NULL; /* a result that does not fit: in a bytes object, aligned by hand */
    void *result = small;
    if (ffi->size > sizeof small) {
        large = hd_bytes_new(t, NULL, (HdSize)ffi->size + 16);
        if (hd_is_null(large)) return HD_NULL;
        result = (void *)(((uintptr_t)hd_bytes_data(large) + 15) & ~(uintptr_t)15);
        memset(result, 0, ffi->size);
    }
    call_now(t, &cif, call->address, result, call->values, call->flags);
    if ((call->flags & HD_CALL_PYTHON) && hd_raised(t)) return HD_NULL;
    return make_result(t, call->restype, result, call->checker);
}

HdValue hd_ctypes_call(HdThread *t, void *address, HdValue args, uint32_t flags, HdValue converters, HdValue restype,
                       HdValue checker) {
    HdSize count = hd_tuple_length(args);
    if (!address) return hd_raise(t, &hd_ValueError, "attempt to call a NULL function pointer");
    if (count > HD_CTYPES_MAX_ARGUMENTS) {
        return hd_raise(t, &hd_ctypes_argument_error, "too many arguments (%zd), maximum is %d", count,
                        HD_CTYPES_MAX_ARGUMENTS);
    }
    FewArguments few;
    Call call = {address, count, hd_is_null(converters) ? 0 : hd_tuple_length(converters), few.arguments, few.types,
                 few.values, flags, restype, checker};
    void *block = NULL;
    if (count > FEW) {
        block = hd_heap_raw(t, room_size(count));
        if (!block) return hd_raise_no_memory(t);
        call.arguments = block;
        call.types = (ffi_type **)(call.arguments + count);
        call.values = (void **)(call.types + count);
    }
    memset(call.arguments, 0, (size_t)count * sizeof *call.arguments);
    HdValue result = convert_all(t, call.arguments, args, converters) < 0 ? HD_NULL : prepare_and_call(t, &call);
    HdValue error = hd_is_null(result) ? hd_take_raised(t) : HD_NULL;
    for (HdSize i = 0; i < count; i++) hd_release(t, call.arguments[i].keep);
    if (!hd_is_null(error)) hd_set_raised_steal(t, error);
    if (block) hd_heap_raw_free(t, block, room_size(count));
    return result;
}
