/* ctypes_codes.c -- the simple C types: how a value of each type code is read from memory and written to it.
 *
 * Memory need not be aligned. Integers are taken modulo the type's size. No locks; what runs Python is the conversion
 * of
 * the value, before memory is touched.
 */
#include "ctypes_types.h"

#include <stdlib.h>
#include <wchar.h>

const char hd_ctypes_all_codes[] = "cbBhHiIlLdfuzZqQPXOv?g";

/* --- integers --- */

static int integer(HdThread *t, HdValue v, uint64_t *out) {
    *out = hd_number_as_u64_mask(t, v);
    return hd_raised(t) ? -1 : 0;
}

#define INTEGER(name, Type, Unsigned, swap, make)                                                \
    HD_UNUSED static HdValue name##_get(HdThread *t, void *at, HdSize size) {                    \
        Type x;                                                                                  \
        memcpy(&x, at, sizeof x);                                                                \
        return make(t, x);                                                                       \
    }                                                                                            \
    HD_UNUSED static HdValue name##_get_swapped(HdThread *t, void *at, HdSize size) {            \
        Unsigned x;                                                                              \
        memcpy(&x, at, sizeof x);                                                                \
        return make(t, (Type)swap(x));                                                           \
    }                                                                                            \
    HD_UNUSED static HdValue name##_set(HdThread *t, void *at, HdValue v, HdSize size) {         \
        uint64_t n;                                                                              \
        if (integer(t, v, &n) < 0) return HD_NULL;                                               \
        Unsigned x = (Unsigned)n;                                                                \
        memcpy(at, &x, sizeof x);                                                                \
        return hd_None;                                                                          \
    }                                                                                            \
    HD_UNUSED static HdValue name##_set_swapped(HdThread *t, void *at, HdValue v, HdSize size) { \
        uint64_t n;                                                                              \
        if (integer(t, v, &n) < 0) return HD_NULL;                                               \
        Unsigned x = swap((Unsigned)n);                                                          \
        memcpy(at, &x, sizeof x);                                                                \
        return hd_None;                                                                          \
    }
#define SWAP_NOTHING(x) (x)
INTEGER(i8, int8_t, uint8_t, SWAP_NOTHING, hd_int_from_i64)
INTEGER(u8, uint8_t, uint8_t, SWAP_NOTHING, hd_int_from_u64)
INTEGER(i16, int16_t, uint16_t, __builtin_bswap16, hd_int_from_i64)
INTEGER(u16, uint16_t, uint16_t, __builtin_bswap16, hd_int_from_u64)
INTEGER(i32, int32_t, uint32_t, __builtin_bswap32, hd_int_from_i64)
INTEGER(u32, uint32_t, uint32_t, __builtin_bswap32, hd_int_from_u64)
INTEGER(i64, int64_t, uint64_t, __builtin_bswap64, hd_int_from_i64)
INTEGER(u64, uint64_t, uint64_t, __builtin_bswap64, hd_int_from_u64)

static HdValue bool_get(HdThread *t, void *at, HdSize size) { return hd_bool(*(uint8_t *)at != 0); }
static HdValue bool_set(HdThread *t, void *at, HdValue v, HdSize size) {
    int truth = hd_object_truth(t, v);
    if (truth < 0) return HD_NULL;
    *(uint8_t *)at = (uint8_t)truth;
    return hd_None;
}
static HdValue vbool_get(HdThread *t, void *at, HdSize size) {
    int16_t x;
    memcpy(&x, at, sizeof x);
    return hd_bool(x != 0);
}
static HdValue vbool_set(HdThread *t, void *at, HdValue v, HdSize size) {
    int truth = hd_object_truth(t, v);
    if (truth < 0) return HD_NULL;
    int16_t x = truth ? -1 : 0;
    memcpy(at, &x, sizeof x);
    return hd_None;
}

/* --- floats --- */

static double number(HdThread *t, HdValue v) { return hd_number_as_double(t, v); }

#define FLOATING(name, Type, Bits, swap)                                               \
    static HdValue name##_get(HdThread *t, void *at, HdSize size) {                    \
        Type x;                                                                        \
        memcpy(&x, at, sizeof x);                                                      \
        return hd_float_new(t, (double)x);                                             \
    }                                                                                  \
    static HdValue name##_set(HdThread *t, void *at, HdValue v, HdSize size) {         \
        Type x = (Type)number(t, v);                                                   \
        if (x == (Type)-1 && hd_raised(t)) return HD_NULL;                             \
        memcpy(at, &x, sizeof x);                                                      \
        return hd_None;                                                                \
    }                                                                                  \
    static HdValue name##_get_swapped(HdThread *t, void *at, HdSize size) {            \
        Bits bits;                                                                     \
        memcpy(&bits, at, sizeof bits);                                                \
        bits = swap(bits);                                                             \
        return name##_get(t, &bits, size);                                             \
    }                                                                                  \
    static HdValue name##_set_swapped(HdThread *t, void *at, HdValue v, HdSize size) { \
        Bits bits;                                                                     \
        HdValue done = name##_set(t, &bits, v, size);                                  \
        if (hd_is_null(done)) return done;                                             \
        bits = swap(bits);                                                             \
        memcpy(at, &bits, sizeof bits);                                                \
        return done;                                                                   \
    }
FLOATING(float, float, uint32_t, __builtin_bswap32)
FLOATING(double, double, uint64_t, __builtin_bswap64)

static HdValue longdouble_get(HdThread *t, void *at, HdSize size) {
    long double x;
    memcpy(&x, at, sizeof x);
    return hd_float_new(t, (double)x);
}
static HdValue longdouble_set(HdThread *t, void *at, HdValue v, HdSize size) {
    long double x = (long double)number(t, v);
    if (x == -1.0L && hd_raised(t)) return HD_NULL;
    memcpy(at, &x, sizeof x);
    return hd_None;
}

/* --- characters and text --- */

static HdValue char_get(HdThread *t, void *at, HdSize size) { return hd_bytes_new(t, at, 1); }
static HdValue char_set(HdThread *t, void *at, HdValue v, HdSize size) {
    int64_t n = -1;
    if (hd_is_bytes(v)) n = hd_bytes_length(v) == 1 ? hd_bytes_data(v)[0] : -1;
    else if (hd_is_bytearray(v)) n = HD_AS(HdByteArray, v)->length == 1 ? hd_bytearray_data(v)[0] : -1;
    else if (hd_is_int(v) && !hd_int_try_i64(v, &n)) n = -1;
    if (n < 0 || n > 255) {
        return hd_raise(t, &hd_TypeError, "one character bytes, bytearray or integer expected");
    }
    *(uint8_t *)at = (uint8_t)n;
    return hd_None;
}

HdValue hd_ctypes_wstring(HdThread *t, const wchar_t *text, HdSize length) {
    for (HdSize i = 0; i < length; i++) {
        wchar_t c;
        memcpy(&c, (const char *)text + i * (HdSize)sizeof c, sizeof c);
        if ((uint32_t)c > 0x10ffff) {
            return hd_raise(t, &hd_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", (unsigned)c);
        }
    }
    return hd_str_from_kind(t, 4, text, length);
}
void hd_ctypes_put_wide(wchar_t *out, HdValue str) {
    for (HdSize i = 0; i < hd_str_length(str); i++) {
        wchar_t c = (wchar_t)hd_str_at(str, i);
        memcpy((char *)out + i * (HdSize)sizeof c, &c, sizeof c);
    }
}
static HdValue wchar_get(HdThread *t, void *at, HdSize size) { return hd_ctypes_wstring(t, at, 1); }
static HdValue wchar_set(HdThread *t, void *at, HdValue v, HdSize size) {
    if (!hd_is_str(v)) {
        return hd_raise(t, &hd_TypeError, "unicode string expected instead of %s instance", hd_type_name(v));
    }
    if (hd_str_length(v) != 1) return hd_raise(t, &hd_TypeError, "one character unicode string expected");
    hd_ctypes_put_wide(at, v);
    return hd_None;
}

HdValue hd_ctypes_chars_get(HdThread *t, void *at, HdSize size) {
    return hd_bytes_new(t, at, (HdSize)strnlen(at, (size_t)size));
}
HdValue hd_ctypes_chars_set(HdThread *t, void *at, HdValue v, HdSize size) {
    if (!hd_is_bytes(v)) return hd_raise(t, &hd_TypeError, "expected bytes, %s found", hd_type_name(v));
    HdSize length = (HdSize)strlen((char *)hd_bytes_data(v)); /* nothing behind a NUL is taken over */
    if (length > size) {
        return hd_raise(t, &hd_ValueError, "bytes too long (%zd, maximum length %zd)", length, size);
    }
    memcpy(at, hd_bytes_data(v), (size_t)(length + (length < size)));
    return hd_None;
}
HdValue hd_ctypes_wchars_get(HdThread *t, void *at, HdSize size) {
    const wchar_t *text = at;
    HdSize most = size / (HdSize)sizeof(wchar_t), length = 0;
    while (length < most && text[length]) length++;
    return hd_ctypes_wstring(t, text, length);
}
HdValue hd_ctypes_wchars_set(HdThread *t, void *at, HdValue v, HdSize size) {
    if (!hd_is_str(v)) {
        return hd_raise(t, &hd_TypeError, "unicode string expected instead of %s instance", hd_type_name(v));
    }
    HdSize length = hd_str_length(v), most = size / (HdSize)sizeof(wchar_t);
    if (length > most) {
        return hd_raise(t, &hd_ValueError, "string too long (%zd, maximum length %zd)", length, most);
    }
    hd_ctypes_put_wide(at, v);
    if (length < most) ((wchar_t *)at)[length] = 0;
    return hd_None;
}

HdValue hd_ctypes_slice_chars(HdThread *t, const char *data, HdSize start, HdSize step, HdSize count) {
    HdValue result = hd_bytes_new(t, NULL, count);
    if (hd_is_null(result)) return result;
    for (HdSize i = 0; i < count; i++) hd_bytes_data(result)[i] = (uint8_t)data[start + i * step];
    return result;
}
HdValue hd_ctypes_slice_wchars(HdThread *t, const char *data, HdSize start, HdSize step, HdSize count) {
    wchar_t *text = calloc((size_t)count + 1, sizeof *text);
    if (!text) return hd_raise_no_memory(t);
    for (HdSize i = 0; i < count; i++) text[i] = ((const wchar_t *)data)[start + i * step];
    HdValue result = hd_ctypes_wstring(t, text, count);
    free(text);
    return result;
}

/* --- pointers --- */

static HdValue put_pointer(void *at, const void *pointer, HdValue keep) {
    memcpy(at, &pointer, sizeof pointer);
    return keep;
}
/* An address given as int. */
static HdValue put_address(HdThread *t, void *at, HdValue v) {
    uint64_t n = hd_number_as_u64_mask(t, v);
    return hd_raised(t) ? HD_NULL : put_pointer(at, (void *)(uintptr_t)n, hd_None);
}
static void *pointer_at(void *at) {
    void *p;
    memcpy(&p, at, sizeof p);
    return p;
}

static HdValue string_get(HdThread *t, void *at, HdSize size) {
    const char *text = pointer_at(at);
    return text ? hd_bytes_new(t, text, (HdSize)strlen(text)) : hd_None;
}
static HdValue string_set(HdThread *t, void *at, HdValue v, HdSize size) {
    if (hd_is_none(v)) return put_pointer(at, NULL, hd_None);
    if (hd_is_bytes(v)) return put_pointer(at, hd_bytes_data(v), hd_retain(t, v));
    if (hd_is_int(v)) return put_address(t, at, v);
    return hd_raise(t, &hd_TypeError, "bytes or integer address expected instead of %s instance", hd_type_name(v));
}

static HdValue wide_string_get(HdThread *t, void *at, HdSize size) {
    const wchar_t *text = pointer_at(at);
    return text ? hd_ctypes_wstring(t, text, (HdSize)wcslen(text)) : hd_None;
}
static void free_buffer(HdThread *t, void *pointer) { free(pointer); }
static HdValue wide_string_set(HdThread *t, void *at, HdValue v, HdSize size) {
    if (hd_is_none(v)) return put_pointer(at, NULL, hd_None);
    if (hd_is_int(v)) return put_address(t, at, v);
    if (!hd_is_str(v)) {
        return hd_raise(t, &hd_TypeError, "unicode string or integer address expected instead of %s instance",
                        hd_type_name(v));
    }
    wchar_t *text = calloc((size_t)hd_str_length(v) + 1, sizeof *text);
    if (!text) return hd_raise_no_memory(t);
    hd_ctypes_put_wide(text, v);
    HdValue keep = hd_capsule_new(t, text, "_ctypes wchar_t buffer", free_buffer);
    if (hd_is_null(keep)) {
        free(text);
        return keep;
    }
    return put_pointer(at, text, keep);
}

static HdValue pointer_get(HdThread *t, void *at, HdSize size) {
    void *p = pointer_at(at);
    return p ? hd_int_from_u64(t, (uint64_t)(uintptr_t)p) : hd_None;
}
static HdValue pointer_set(HdThread *t, void *at, HdValue v, HdSize size) {
    if (hd_is_none(v)) return put_pointer(at, NULL, hd_None);
    if (hd_is_int(v)) return put_address(t, at, v);
    return hd_raise(t, &hd_TypeError, "cannot be converted to pointer");
}

/* py_object: the word of a value. */
static HdValue object_get(HdThread *t, void *at, HdSize size) {
    HdValue v;
    memcpy(&v, at, sizeof v);
    return hd_is_null(v) ? hd_raise(t, &hd_ValueError, "PyObject is NULL") : hd_retain(t, v);
}
static HdValue object_set(HdThread *t, void *at, HdValue v, HdSize size) {
    memcpy(at, &v, sizeof v);
    return hd_retain(t, v);
}

/* --- the table --- */

#define NUMBER(code, name, ffi, format) \
    {code, name##_get, name##_set, name##_get_swapped, name##_set_swapped, ffi, format}
#define PLAIN(code, name, ffi, format) {code, name##_get, name##_set, NULL, NULL, ffi, format}
static const HdCtypeCode codes[] = {
    PLAIN('c', char, &ffi_type_schar, "<c"),
    PLAIN('b', i8, &ffi_type_schar, "<b"),
    PLAIN('B', u8, &ffi_type_uchar, "<B"),
    NUMBER('h', i16, &ffi_type_sshort, "<h"),
    NUMBER('H', u16, &ffi_type_ushort, "<H"),
    NUMBER('i', i32, &ffi_type_sint, "<i"),
    NUMBER('I', u32, &ffi_type_uint, "<I"),
    NUMBER('l', i64, &ffi_type_sint64, "<q"),
    NUMBER('L', u64, &ffi_type_uint64, "<Q"),
    NUMBER('q', i64, &ffi_type_sint64, "<q"),
    NUMBER('Q', u64, &ffi_type_uint64, "<Q"),
    NUMBER('f', float, &ffi_type_float, "<f"),
    NUMBER('d', double, &ffi_type_double, "<d"),
    PLAIN('g', longdouble, &ffi_type_longdouble, "<g"),
    PLAIN('?', bool, &ffi_type_uchar, "<?"),
    PLAIN('v', vbool, &ffi_type_sshort, "<v"),
    PLAIN('u', wchar, &ffi_type_sint, "<u"),
    PLAIN('z', string, &ffi_type_pointer, "<z"),
    PLAIN('Z', wide_string, &ffi_type_pointer, "<Z"),
    PLAIN('P', pointer, &ffi_type_pointer, "<P"),
    PLAIN('O', object, &ffi_type_pointer, "<O"),
};
_Static_assert(sizeof(long) == 8 && sizeof(wchar_t) == 4, "LP64 with UTF-32 wide characters");

const HdCtypeCode *hd_ctypes_code(uint32_t code) {
    for (size_t i = 0; i < HD_COUNT_OF(codes); i++) {
        if ((uint8_t)codes[i].code == code) return &codes[i];
    }
    return NULL;
}

bool hd_ctypes_is_code(const HdCtype *c, char code) { return c->kind == HD_CTYPE_SIMPLE && c->code->code == code; }
