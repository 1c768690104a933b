/* ctypes_types.h -- what the files of the module _ctypes share: the structs of C types and of their instances.
 *
 * A C type is a class whose metaclass is one of the five of ctypes_meta.c; what it knows of its layout lies in the
 * class
 * object itself, behind the HdType. It is written while the class (or its `_fields_`) is made, by one thread, and final
 * from the first use on (`final`), so that reading takes no lock.
 * An instance is a piece of memory of that layout, its own or a part of another instance's or anybody's. Its bytes are
 * C's: two threads that write them race as they would in C. `objects`, what the memory's pointers need kept alive,
 * hangs
 * at the root of the instances that share memory; the slot is guarded by the root's lock.
 */
#ifndef HD_CTYPES_TYPES_H
#define HD_CTYPES_TYPES_H

#include <ffi.h>

#include "heddle/module.h"
#include "object_internal.h"

typedef enum HdCtypeKind {
    HD_CTYPE_ABSTRACT, /* no layout: cannot be instantiated */
    HD_CTYPE_SIMPLE,
    HD_CTYPE_STRUCT,
    HD_CTYPE_UNION,
    HD_CTYPE_ARRAY,
    HD_CTYPE_POINTER,
    HD_CTYPE_FUNCTION,
} HdCtypeKind;

/* Reads a value at `at`; `size`: bytes there. */
typedef HdValue (*HdCtypeGet)(HdThread *t, void *at, HdSize size);
/* Writes one; the result is what must be kept alive as long as the memory, or None. */
typedef HdValue (*HdCtypeSet)(HdThread *t, void *at, HdValue v, HdSize size);
typedef struct HdCtypeCode {
    char code;
    HdCtypeGet get;
    HdCtypeSet set;
    HdCtypeGet get_swapped; /* NULL: has no other byte order */
    HdCtypeSet set_swapped;
    ffi_type *ffi;
    const char *format; /* PEP 3118 */
} HdCtypeCode;

enum {
    HD_CTYPE_IS_POINTER = 0x100,
    HD_CTYPE_HAS_POINTER = 0x200,
    HD_CALL_CDECL = 0x1,
    HD_CALL_PYTHON = 0x4,
    HD_CALL_ERRNO = 0x8,
    HD_CTYPES_MAX_ARGUMENTS = 1024,
};

typedef struct HdCtype {
    HdType type;
    HdCtypeKind kind;
    bool final, swapped; /* final: atomic; swapped: the other byte order */
    bool has_bits;       /* a bit field somewhere inside */
    uint32_t flags;      /* HD_CTYPE_IS_POINTER … */
    HdSize size, align, length;
    const HdCtypeCode *code; /* simple types */
    HdCtypeGet get;          /* simple types: in the type's byte order */
    HdCtypeSet set;
    HdValue proto; /* item's or target's class; simple types: the `_type_` str; function types: HD_NULL */
    ffi_type *ffi; /* how it is passed; NULL for abstract types */
    ffi_type own_ffi;
    ffi_type **elements; /* of own_ffi; from malloc */
    char *format;        /* PEP 3118; from malloc */
    int ndim;            /* arrays */
    HdSize *shape, *strides; /* ndim of each, in one block from malloc */
    HdValue arrays;          /* dict: length -> weak reference to the array type */
    HdValue fields;          /* structures and unions: list of their own HdCfield, not those of the base */
    HdValue argtypes, converters, restype, checker; /* function types; HD_NULL: not given */
    uint32_t call_flags;
} HdCtype;

typedef struct HdCdata {
    HdObject head;
    char *data;
    HdSize size, length; /* bytes of the memory; slots for objects kept alive */
    HdSize index;        /* which part of `base` */
    HdValue base;        /* the instance whose memory this is a part of */
    HdValue objects;     /* dict, or for simple types one object; HD_NULL: none yet */
    uint8_t owns;        /* `data` is `small` or a block of its own, nobody else's */
    _Alignas(8) char small[16]; /* objects are aligned to 8 bytes */
} HdCdata;

typedef struct HdCfunction {
    HdCdata data;
    HdValue callback; /* the closure behind the function, see ctypes_callback.c */
    HdValue callable, converters, argtypes, restype, checker, errcheck, paramflags;
} HdCfunction;

/* An argument ready to be passed: what from_param gives and byref() makes. */
typedef struct HdCarg {
    HdObject head;
    char tag;
    ffi_type *ffi;
    HdValue object; /* keeps what is passed alive */
    HdSize size;
    union {
        char c;
        signed char b;
        short h;
        int i;
        long l;
        long long q;
        float f;
        double d;
        void *p;
        char bytes[16]; /* a long double lies here, aligned to 8 bytes */
    } value;
} HdCarg;

/* A member of a structure or union. */
typedef struct HdCfield {
    HdObject head;
    HdSize offset, size, index;
    int bits, low; /* bit fields: width and lowest bit; bits 0: an ordinary member */
    HdValue proto;
    bool swapped, anonymous; /* anonymous: its own members are the structure's too */
} HdCfield;

extern HdCtype hd_ctypes_data_type, hd_ctypes_simple_type, hd_ctypes_structure_type, hd_ctypes_union_type,
    hd_ctypes_array_type, hd_ctypes_pointer_type, hd_ctypes_function_type;
extern HdType hd_ctypes_simple_meta, hd_ctypes_structure_meta, hd_ctypes_union_meta, hd_ctypes_array_meta,
    hd_ctypes_pointer_meta, hd_ctypes_function_meta;
extern const char hd_ctypes_mark; /* native_data of metaclasses whose classes are an HdCtype */
extern HdType hd_ctypes_carg_type, hd_ctypes_field_type, hd_ctypes_callback_type, hd_ctypes_argument_error;

HD_INLINE bool hd_is_ctype(HdValue v) { return hd_type_of(v)->native_data == &hd_ctypes_mark; }
HD_INLINE HdCtype *hd_ctype(HdValue v) { return HD_AS(HdCtype, v); }
HD_INLINE bool hd_is_cdata(HdValue v) { return hd_is_instance(v, &hd_ctypes_data_type.type); }
HD_INLINE HdCdata *hd_cdata(HdValue v) { return HD_AS(HdCdata, v); }
/* The C type of an instance. */
HD_INLINE HdCtype *hd_ctype_of(HdValue v) { return (HdCtype *)hd_as_object(v)->type; }
/* The C type of `v` if that is one with a layout, else NULL. */
HD_INLINE HdCtype *hd_ctype_with_layout(HdValue v) {
    return hd_is_ctype(v) && hd_ctype(v)->kind != HD_CTYPE_ABSTRACT ? hd_ctype(v) : NULL;
}
/* From the first use on: */
HD_INLINE void hd_ctype_make_final(HdCtype *c) {
    if (!HD_LOAD_RELAXED(&c->final)) HD_STORE_RELAXED(&c->final, true);
}
/* A class derived from c_int and the like: its values stay instances. */
HD_INLINE bool hd_ctype_is_derived_simple(const HdCtype *c) {
    return c->kind == HD_CTYPE_SIMPLE && c->type.base != &hd_ctypes_simple_type.type;
}

/* --- ctypes_codes.c --- */
const HdCtypeCode *hd_ctypes_code(uint32_t code); /* NULL: no such */
extern const char hd_ctypes_all_codes[];
HdValue hd_ctypes_chars_get(HdThread *t, void *at, HdSize size) HD_CHECK; /* char[size], up to the NUL */
HdValue hd_ctypes_chars_set(HdThread *t, void *at, HdValue v, HdSize size) HD_CHECK;
HdValue hd_ctypes_wchars_get(HdThread *t, void *at, HdSize size) HD_CHECK;
HdValue hd_ctypes_wchars_set(HdThread *t, void *at, HdValue v, HdSize size) HD_CHECK;
HdValue hd_ctypes_wstring(HdThread *t, const wchar_t *text, HdSize length) HD_CHECK;
/* Characters at every `step`th place, as bytes and str. */
HdValue hd_ctypes_slice_chars(HdThread *t, const char *data, HdSize start, HdSize step, HdSize count) HD_CHECK;
HdValue hd_ctypes_slice_wchars(HdThread *t, const char *data, HdSize start, HdSize step, HdSize count) HD_CHECK;
/* Writes a str as wchar_t, without a NUL; there is room for its length. */
void hd_ctypes_put_wide(wchar_t *out, HdValue str);
bool hd_ctypes_is_code(const HdCtype *c, char code); /* a simple type of this code, derived or not */

/* --- ctypes_meta.c --- */
/* A new class of `meta`, made as type() does; its layout is still to be given. */
HdValue hd_ctypes_new_class(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
int hd_ctypes_add_getset(HdThread *t, HdType *type, const HdGetSetDef *def) HD_CHECK;
HdValue hd_ctypes_own_attribute(HdThread *t, HdType *type, const char *name); /* owned; HD_NULL: not in its own dict */
/* TypeError "abstract class"; NULL = raised. */
HdCtype *hd_ctypes_need_layout(HdThread *t, HdValue type) HD_CHECK;
HdValue hd_ctypes_array_of(HdThread *t, HdValue item, HdSize length) HD_CHECK;
HdValue hd_ctypes_from_param(HdThread *t, HdValue type, const HdValue *args) HD_CHECK; /* of most metaclasses */
/* What every metaclass has in common, for its designated initialiser. */
#define HD_CTYPES_META(type_name)                                                                              \
    HD_TYPE_HEAD(type_name), .base = &hd_type_type, .basicsize = sizeof(HdCtype),                              \
    .native_data = (void *)&hd_ctypes_mark, .flags = HD_TYPE_BASE | HD_TYPE_GC, .dealloc = hd_ctypes_meta_dealloc, \
    .traverse = hd_ctypes_meta_traverse, .clear = hd_ctypes_meta_clear, .multiply = hd_ctypes_multiply
int hd_ctypes_meta_traverse(HdObject *self, HdVisit visit, void *context);
void hd_ctypes_meta_clear(HdThread *t, HdObject *self);
void hd_ctypes_meta_dealloc(HdThread *t, HdObject *self);
HdValue hd_ctypes_multiply(HdThread *t, HdValue left, HdValue right) HD_CHECK;
/* value._as_parameter_ given to type.from_param: 1 and *out, 0 it has none, -1 raised. */
int hd_ctypes_as_parameter(HdThread *t, HdValue type, HdValue value, HdValue *out) HD_CHECK;
char *hd_ctypes_format(HdThread *t, const char *words, ...) HD_PRINTF(2, 3) HD_CHECK; /* malloc's; NULL = raised */

/* --- ctypes_data.c --- */
HdValue hd_ctypes_new(HdThread *t, HdType *type) HD_CHECK; /* zeroed memory of its own */
HdValue hd_ctypes_at(HdThread *t, HdType *type, void *address, HdValue base_or_null, HdSize index) HD_CHECK;
/* The objects that the root of v's memory keeps alive, made when missing; owned (None for simple types). */
HdValue hd_ctypes_objects(HdThread *t, HdValue v) HD_CHECK;
/* Makes v's root keep `keep` (taken over; None: nothing) for part `index` of v. */
int hd_ctypes_keep_steal(HdThread *t, HdValue v, HdSize index, HdValue keep) HD_CHECK;
HdValue hd_ctypes_get(HdThread *t, HdValue type, HdValue owner, HdSize index, HdSize size, void *at) HD_CHECK;
int hd_ctypes_set(HdThread *t, HdValue type, HdValue owner, HdSize index, HdSize size, void *at, HdValue v) HD_CHECK;
HdValue hd_ctypes_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
int hd_ctypes_traverse(HdObject *self, HdVisit visit, void *context);
void hd_ctypes_clear(HdThread *t, HdObject *self);
void hd_ctypes_dealloc(HdThread *t, HdObject *self);
int hd_ctypes_getbuffer(HdThread *t, HdValue self, HdBuffer *view, int flags) HD_CHECK;
/* Methods of all metaclasses: instances on memory that is there. */
HdValue hd_ctypes_from_address(HdThread *t, HdValue type, const HdValue *args) HD_CHECK;
HdValue hd_ctypes_from_buffer(HdThread *t, HdValue type, const HdValue *args) HD_CHECK;
HdValue hd_ctypes_from_buffer_copy(HdThread *t, HdValue type, const HdValue *args) HD_CHECK;
HdValue hd_ctypes_in_dll(HdThread *t, HdValue type, const HdValue *args) HD_CHECK;
#define HD_CTYPES_FROM_METHODS                                                                                        \
    HD_METHOD(hd_ctypes_from_address, "from_address($self, integer, /)", "An instance on the memory at an address."), \
    HD_METHOD(hd_ctypes_from_buffer, "from_buffer($self, object, offset=0, /)",                                       \
              "An instance that shares the memory of a writable buffer."),                                            \
    HD_METHOD(hd_ctypes_from_buffer_copy, "from_buffer_copy($self, object, offset=0, /)",                             \
              "An instance with a copy of a buffer's bytes."),                                                        \
    HD_METHOD(hd_ctypes_in_dll, "in_dll($self, dll, name, /)", "An instance on a variable of a shared library.")
#define HD_CTYPES_FROM_PARAM(function) \
    HD_METHOD(function, "from_param($self, value, /)", "A value as a parameter of this type.")

/* --- ctypes_layout.c: `_fields_` and `_anonymous_` given to a structure or union --- */
int hd_ctypes_set_fields(HdThread *t, HdValue type, HdValue fields) HD_CHECK;
/* --- ctypes_field.c --- */
HdCtype *hd_ctypes_struct_base(HdCtype *c); /* the structure or union it derives from, NULL if that has no layout */
/* --- ctypes_ffi.c: how a structure or union is passed by value --- */
int hd_ctypes_set_ffi(HdThread *t, HdCtype *c) HD_CHECK;

/* --- ctypes_call.c --- */
HdValue hd_ctypes_carg_new(HdThread *t, char tag, ffi_type *ffi, HdValue object) HD_CHECK;
/* Calls `address`; converters: a tuple or HD_NULL; restype: HD_NULL is int. */
HdValue hd_ctypes_call(HdThread *t, void *address, HdValue args, uint32_t flags, HdValue converters, HdValue restype,
                       HdValue checker) HD_CHECK;
HdValue hd_ctypes_byref(HdThread *t, HdValue v, HdSize offset) HD_CHECK;
int *hd_ctypes_errno(HdThread *t); /* this thread's own copy of errno */
/* --- ctypes_function.c --- */
HdValue hd_ctypes_converters(HdThread *t, HdValue argtypes) HD_CHECK;
/* --- ctypes_callback.c --- */
/* A closure that calls `callable`; *address: its code. */
HdValue hd_ctypes_callback_new(HdThread *t, HdValue callable, const HdCtype *function, void **address) HD_CHECK;

#endif
