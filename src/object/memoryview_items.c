/* memoryview_items.c -- items of a memoryview: unpacking, packing, tolist, comparison, cast. */
#include "float.h"
#include "bytes.h"
#include "int.h"
#include "list.h"
#include "memoryview_internal.h"
#include "number.h"
#include "str.h"

HdSize hd_memoryview_native_size(char code) {
    switch (code) {
    case 'c': case 'b': case 'B': case '?': return 1;
    case 'h': case 'H': return sizeof(short);
    case 'i': case 'I': return sizeof(int);
    case 'l': case 'L': return sizeof(long);
    case 'q': case 'Q': return sizeof(long long);
    case 'n': case 'N': return sizeof(size_t);
    case 'f': return sizeof(float);
    case 'd': return sizeof(double);
    case 'P': return sizeof(void *);
    default: return 0;
    }
}

#define READ(type) ({ type value_; memcpy(&value_, at, sizeof value_); value_; })

HdValue hd_memoryview_unpack(HdThread *t, const char *format, const void *at, HdSize itemsize) {
    if (format[0] && !format[1]) {
        switch (format[0]) {
        case 'B': return hd_imm_int(*(const uint8_t *)at);
        case 'b': return hd_imm_int(*(const int8_t *)at);
        case 'c': return hd_bytes_new(t, at, 1);
        case '?': return hd_bool(*(const uint8_t *)at != 0);
        case 'h': return hd_imm_int(READ(short));
        case 'H': return hd_imm_int(READ(unsigned short));
        case 'i': return hd_imm_int(READ(int));
        case 'I': return hd_imm_int(READ(unsigned));
        case 'l': case 'q': case 'n': return hd_int_from_i64(t, READ(int64_t));
        case 'L': case 'Q': case 'N': return hd_int_from_u64(t, READ(uint64_t));
        case 'P': return hd_int_from_u64(t, (uint64_t)READ(uintptr_t));
        case 'f': return hd_float_new(t, (double)READ(float));
        case 'd': return hd_float_new(t, READ(double));
        default: break;
        }
    }
    return hd_raise(t, &hd_NotImplementedError, "memoryview: format %s not supported", format);
}

static int invalid_type(HdThread *t, const char *format) {
    return hd_raise_int(t, &hd_TypeError, "memoryview: invalid type for format '%s'", format);
}
static int invalid_value(HdThread *t, const char *format) {
    return hd_raise_int(t, &hd_ValueError, "memoryview: invalid value for format '%s'", format);
}

#define WRITE(type, number)                   \
    do {                                      \
        type value_ = (type)(number);         \
        memcpy(at, &value_, sizeof value_);   \
    } while (0)

static int pack_int(HdThread *t, const char *format, void *at, HdValue item) {
    char code = format[0];
    HdSize size = hd_memoryview_native_size(code);
    bool is_signed = strchr("bhilqn", code) != NULL;
    HD_OWNED HdValue number = hd_number_check_index(item) ? hd_number_index(t, item) : HD_NULL;
    if (hd_is_null(number)) {
        if (hd_raised(t) && !hd_raised_is(t, &hd_TypeError)) return -1;
        hd_clear_raised(t);
        return invalid_type(t, format);
    }
    if (hd_int_to_bytes(t, number, at, size, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, is_signed) < 0) {
        if (!hd_raised_is(t, &hd_OverflowError)) return -1;
        hd_clear_raised(t);
        return invalid_value(t, format);
    }
    return 0;
}

int hd_memoryview_pack(HdThread *t, const char *format, void *at, HdValue item) {
    if (format[0] && !format[1]) {
        switch (format[0]) {
        case 'f':
        case 'd': {
            double number = hd_number_as_double(t, item);
            if (number == -1.0 && hd_raised(t)) {
                if (!hd_raised_is(t, &hd_TypeError)) return -1;
                hd_clear_raised(t);
                return invalid_type(t, format);
            }
            if (format[0] == 'f') WRITE(float, number);
            else WRITE(double, number);
            return 0;
        }
        case 'c':
            if (!hd_is_bytes(item)) return invalid_type(t, format);
            if (hd_bytes_length(item) != 1) return invalid_value(t, format);
            *(uint8_t *)at = hd_bytes_data(item)[0];
            return 0;
        case '?': {
            int truth = hd_object_truth(t, item);
            if (truth < 0) return -1;
            *(uint8_t *)at = (uint8_t)truth;
            return 0;
        }
        default:
            if (hd_memoryview_native_size(format[0])) {
                uint8_t scratch[16];
                if (pack_int(t, format, scratch, item) < 0) return -1;
                memcpy(at, scratch, (size_t)hd_memoryview_native_size(format[0]));
                return 0;
            }
        }
    }
    return hd_raise_int(t, &hd_NotImplementedError, "memoryview: format %s not supported", format);
}

static HdValue list_of(HdThread *t, const HdBuffer *b, int dim, const char *at) {
    if (dim == b->ndim) return hd_memoryview_unpack(t, hd_memoryview_format(b), at, b->itemsize);
    HdValue list = hd_list_new(t, b->shape[dim]);
    for (HdSize i = 0; !hd_is_null(list) && i < b->shape[dim]; i++) {
        const char *place = at + i * b->strides[dim];
        if (b->suboffsets && b->suboffsets[dim] >= 0) place = *(char *const *)place + b->suboffsets[dim];
        HdValue item = list_of(t, b, dim + 1, place);
        if (hd_is_null(item) || hd_list_append_steal(t, list, item) < 0) {
            hd_release(t, list);
            return HD_NULL;
        }
    }
    return list;
}

HdValue hd_memoryview_tolist(HdThread *t, HdMemoryView *m) { return list_of(t, &m->view, 0, m->view.data); }

/* --- comparison --- */

/* 1 equal, 0 not, -1 raised. */
static int equal_items(HdThread *t, const HdBuffer *a, const HdBuffer *b, int dim, const char *p, const char *q,
                       HdValue unpack_a, HdValue unpack_b) {
    if (dim < a->ndim) {
        for (HdSize i = 0; i < a->shape[dim]; i++) {
            const char *x = p + i * a->strides[dim], *y = q + i * b->strides[dim];
            if (a->suboffsets && a->suboffsets[dim] >= 0) x = *(char *const *)x + a->suboffsets[dim];
            if (b->suboffsets && b->suboffsets[dim] >= 0) y = *(char *const *)y + b->suboffsets[dim];
            int status = equal_items(t, a, b, dim + 1, x, y, unpack_a, unpack_b);
            if (status <= 0) return status;
        }
        return 1;
    }
    HD_OWNED HdValue left = HD_NULL;
    HD_OWNED HdValue right = HD_NULL;
    if (!hd_is_null(unpack_a)) { /* a format that only the struct module knows */
        HD_OWNED HdValue bytes_a = hd_bytes_new(t, p, a->itemsize);
        HD_OWNED HdValue bytes_b = hd_bytes_new(t, q, b->itemsize);
        if (hd_is_null(bytes_a) || hd_is_null(bytes_b)) return -1;
        left = hd_object_call1(t, unpack_a, bytes_a);
        if (!hd_is_null(left)) right = hd_object_call1(t, unpack_b, bytes_b);
    } else {
        left = hd_memoryview_unpack(t, hd_memoryview_format(a), p, a->itemsize);
        if (!hd_is_null(left)) right = hd_memoryview_unpack(t, hd_memoryview_format(b), q, b->itemsize);
    }
    if (hd_is_null(left) || hd_is_null(right)) return -1;
    return hd_object_compare_bool(t, left, right, HD_EQ);
}

static bool simple(const char *format) { return format[0] && !format[1] && hd_memoryview_native_size(format[0]); }

/* struct.Struct(format).unpack; HD_NULL without an exception when struct does not know the format. */
static HdValue unpacker(HdThread *t, const char *format) {
    HD_OWNED HdValue type = hd_object_import_from(t, "struct", "Struct");
    HD_OWNED HdValue text = hd_is_null(type) ? HD_NULL : hd_str_from_text(t, format);
    HD_OWNED HdValue object = hd_is_null(text) ? HD_NULL : hd_object_call1(t, type, text);
    HdValue result = hd_is_null(object) ? HD_NULL : hd_object_getattr_text(t, object, "unpack");
    if (hd_is_null(result)) hd_clear_raised(t);
    return result;
}

HdValue hd_memoryview_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (op != HD_EQ && op != HD_NE) return hd_NotImplemented;
    bool left_is_view = hd_is_exact(left, &hd_memoryview_type);
    HdValue self = left_is_view ? left : right, other = left_is_view ? right : left;
    HdMemoryView *m = hd_memoryview(self);
    if (m->released) return hd_bool(hd_same(self, other) == (op == HD_EQ));
    HdBuffer borrowed = {0};
    const HdBuffer *b = &borrowed;
    bool other_is_view = hd_is_exact(other, &hd_memoryview_type);
    if (other_is_view) {
        if (hd_memoryview(other)->released) return hd_bool(op == HD_NE);
        b = &hd_memoryview(other)->view;
    } else {
        if (!hd_buffer_check(other)) return hd_NotImplemented;
        if (hd_buffer_get(t, other, &borrowed, HD_BUFFER_FULL_RO) < 0) {
            hd_clear_raised(t);
            return hd_NotImplemented;
        }
    }
    const HdBuffer *a = &m->view;
    int equal = a->ndim == b->ndim;
    for (int i = 0; equal && i < a->ndim; i++) {
        equal = a->shape[i] == b->shape[i];
        if (equal && a->shape[i] == 0) break;
    }
    if (equal) {
        const char *fa = hd_memoryview_format(a), *fb = hd_memoryview_format(b);
        HD_OWNED HdValue unpack_a = HD_NULL;
        HD_OWNED HdValue unpack_b = HD_NULL;
        bool known = true;
        if (!simple(fa) || !simple(fb)) {
            unpack_a = unpacker(t, fa);
            unpack_b = hd_is_null(unpack_a) ? HD_NULL : unpacker(t, fb);
            known = !hd_is_null(unpack_b);
        }
        HdSize *strides = b->strides, one = b->itemsize;
        HdBuffer copy = *b;
        if (!strides) copy.strides = &one;
        equal = known ? equal_items(t, a, &copy, 0, a->data, b->data, unpack_a, unpack_b) : 0;
    }
    if (!other_is_view) hd_buffer_release(t, &borrowed);
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}

/* --- cast --- */

static int cast_shape(HdThread *t, HdValue shape, HdSize *numbers, HdSize *product) {
    HdSize ndim = hd_is_list(shape) ? hd_list_length(shape) : hd_tuple_length(shape);
    *product = 1;
    for (HdSize i = 0; i < ndim; i++) {
        HD_OWNED HdValue item = hd_is_list(shape) ? hd_list_get(t, shape, i) : hd_retain(t, hd_tuple_at_borrowed(shape, i));
        if (hd_is_null(item) || !hd_is_int(item)) {
            return hd_raise_int(t, &hd_TypeError, "memoryview.cast(): elements of shape must be integers");
        }
        HdSize n = hd_number_as_size(t, item, &hd_OverflowError);
        if (n == -1 && hd_raised(t)) return -1;
        if (n <= 0) {
            return hd_raise_int(t, &hd_ValueError, "memoryview.cast(): elements of shape must be integers > 0");
        }
        if (n > HD_SIZE_MAX / *product) {
            return hd_raise_int(t, &hd_ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX");
        }
        numbers[i] = n;
        *product *= n;
    }
    return 0;
}

static bool is_byte_format(char c) { return c == 'b' || c == 'B' || c == 'c'; }

HdValue hd_memoryview_cast(HdThread *t, HdValue self, const HdValue *args) {
    HdMemoryView *m = hd_memoryview(self);
    const HdBuffer *view = &m->view;
    HdSize ndim = 1, shape[HD_MEMORYVIEW_DIMENSIONS], product = 0;
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "memoryview: format argument must be a string");
    if (!hd_memoryview_contiguous(view, 'C')) {
        return hd_raise(t, &hd_TypeError, "memoryview: casts are restricted to C-contiguous views");
    }
    bool has_shape = !hd_is_null(args[1]) && !hd_is_none(args[1]);
    if (!has_shape && view->ndim != 1) for (int i = 0; i < view->ndim; i++) {
        if (view->shape[i] == 0) return hd_raise(t, &hd_TypeError, "memoryview: cannot cast view with zeros in shape or strides");
    }
    if (has_shape) {
        if (!hd_is_list(args[1]) && !hd_is_tuple(args[1])) {
            return hd_raise(t, &hd_TypeError, "shape must be a list or a tuple");
        }
        ndim = hd_is_list(args[1]) ? hd_list_length(args[1]) : hd_tuple_length(args[1]);
        if (ndim > HD_MEMORYVIEW_DIMENSIONS) {
            return hd_raise(t, &hd_ValueError, "memoryview: number of dimensions must not exceed 64");
        }
        if (view->ndim != 1 && ndim != 1) {
            return hd_raise(t, &hd_TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
        }
        if (cast_shape(t, args[1], shape, &product) < 0) return HD_NULL;
    }
    const char *text = hd_str_utf8(t, args[0], NULL);
    if (!text) return HD_NULL;
    const char *code = text[0] == '@' ? text + 1 : text;
    HdSize itemsize = code[0] && !code[1] ? hd_memoryview_native_size(code[0]) : 0;
    const char *from = hd_memoryview_format(view);
    if (!itemsize) {
        return hd_raise(t, &hd_ValueError,
                        "memoryview: destination format must be a native single character format prefixed with an optional '@'");
    }
    if ((!simple(from) || !is_byte_format(from[0])) && !is_byte_format(code[0])) {
        return hd_raise(t, &hd_TypeError, "memoryview: cannot cast between two non-byte formats");
    }
    if (view->length % itemsize) {
        return hd_raise(t, &hd_TypeError, "memoryview: length is not a multiple of itemsize");
    }
    if (!has_shape) shape[0] = view->length / itemsize;
    else if (product * itemsize != view->length) {
        return hd_raise(t, &hd_TypeError, "memoryview: product(shape) * itemsize != buffer size");
    }
    HdMemoryView *cast = hd_memoryview_make(t, m->managed, view, (int)ndim);
    if (!cast) return HD_NULL;
    strcpy(cast->format, text);
    cast->view.format = cast->format;
    cast->view.itemsize = itemsize;
    cast->view.suboffsets = NULL;
    HdSize stride = itemsize;
    for (HdSize i = ndim - 1; i >= 0; i--) {
        cast->view.shape[i] = shape[i];
        cast->view.strides[i] = stride;
        stride *= shape[i];
    }
    return hd_from_object(cast);
}
