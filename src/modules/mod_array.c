/* mod_array.c -- the module array: sequences of numbers (or characters) of one C type.
 *
 * An array's items lie in one raw block. All reading and changing of length and block holds the object's lock; values
 * are converted to and from Python outside of it, through a buffer of eight bytes. While buffers are exported
 * the array keeps its length (BufferError).
 */
#include <limits.h>
#include <math.h>

#include <heddle/module.h>

#include "int_internal.h"
#include "mutex.h"

typedef struct ItemKind {
    char code;
    uint8_t size;
    bool is_signed, is_float;
    const char *name;     /* in messages */
    const char *format;   /* PEP 3118 */
    uint8_t machine_code; /* of the pickle format, little-endian; -1 none */
} ItemKind;

static const ItemKind kinds[] = {
    {'b', 1, true, false, "signed char", "b", 1},
    {'B', 1, false, false, "unsigned byte integer", "B", 0},
    {'u', 4, false, false, "character", "w", 20},
    {'h', 2, true, false, "signed short integer", "h", 4},
    {'H', 2, false, false, "unsigned short", "H", 2},
    {'i', 4, true, false, "signed integer", "i", 8},
    {'I', 4, false, false, "unsigned int", "I", 6},
    {'l', 8, true, false, "signed long", "l", 12},
    {'L', 8, false, false, "unsigned long", "L", 10},
    {'q', 8, true, false, "signed long", "q", 12},
    {'Q', 8, false, false, "unsigned long", "Q", 10},
    {'f', 4, false, true, "float", "f", 14},
    {'d', 8, false, true, "double", "d", 16},
};

typedef struct Array {
    HdObject head;
    const ItemKind *kind;
    HdSize length, capacity; /* items */
    uint8_t *data;           /* NULL when capacity is 0 */
    HdSize exports;
} Array;

typedef struct ArrayIterator {
    HdObject head;
    HdValue array; /* HD_NULL when exhausted */
    HdSize index;
} ArrayIterator;

static HdType array_type, array_iterator_type;

HD_INLINE Array *as_array(HdValue v) { return HD_AS(Array, v); }
static bool is_array(HdValue v) { return hd_is_instance(v, &array_type); }

static const ItemKind *kind_of(uint32_t code) {
    for (size_t i = 0; i < HD_COUNT_OF(kinds); i++) {
        if ((uint32_t)kinds[i].code == code) return &kinds[i];
    }
    return NULL;
}

/* --- items --- */

static HdValue item_get(HdThread *t, const ItemKind *kind, const uint8_t *bytes) {
    uint64_t word = 0;
    memcpy(&word, bytes, kind->size);
    if (kind->is_float) {
        if (kind->size == 4) {
            float f;
            memcpy(&f, bytes, 4);
            return hd_float_new(t, f);
        }
        double d;
        memcpy(&d, bytes, 8);
        return hd_float_new(t, d);
    }
    if (kind->code == 'u') {
        if (word > 0x10ffff) {
            return hd_raise(t, &hd_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", (unsigned)word);
        }
        return hd_str_from_char(t, (uint32_t)word);
    }
    if (!kind->is_signed) return hd_int_from_u64(t, word);
    int unused = 64 - kind->size * 8;
    return hd_int_from_i64(t, (int64_t)(word << unused) >> unused);
}

/* Small items are converted by way of a wider C type, whose own limits are told first. */
static int raise_item(HdThread *t, const ItemKind *kind, const HdIntView *x) {
    bool negative = x->negative && x->size;
    uint64_t magnitude = x->size ? x->limbs[0] : 0;
    if (kind->size < 4 || kind->code == 'i') {
        if (x->size > 1 || magnitude > (uint64_t)INT64_MAX + negative)
            return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to C long");
        bool by_short = kind->code == 'b' || kind->code == 'h';
        if (kind->code != 'B' && magnitude > (by_short ? (uint64_t)INT16_MAX : INT32_MAX) + negative)
            return hd_raise_int(t, &hd_OverflowError, "signed %sinteger is %s", by_short ? "short " : "",
                                negative ? "less than minimum" : "greater than maximum");
    }
    switch (kind->code) {
    case 'l': return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to C long");
    case 'q': return hd_raise_int(t, &hd_OverflowError, "int too big to convert");
    case 'Q':
        return hd_raise_int(t, &hd_OverflowError, negative ? "can't convert negative int to unsigned" : "int too big to convert");
    case 'I': case 'L':
        if (negative) return hd_raise_int(t, &hd_OverflowError, "can't convert negative value to unsigned int");
        if (kind->code == 'I' && x->size <= 1) return hd_raise_int(t, &hd_OverflowError, "unsigned int is greater than maximum");
        return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to C unsigned long");
    default:
        return hd_raise_int(t, &hd_OverflowError, "%s is %s", kind->name,
                            negative ? "less than minimum" : "greater than maximum");
    }
}

HD_CHECK static int item_put_int(HdThread *t, const ItemKind *kind, HdValue v, uint8_t *bytes) {
    HD_OWNED HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return -1;
    HdIntView x;
    hd_int_view(&x, number);
    uint64_t magnitude = x.size ? x.limbs[0] : 0;
    bool negative = x.negative && x.size, fits = x.size <= 1;
    int bits = kind->size * 8;
    if (kind->is_signed) {
        uint64_t limit = (uint64_t)1 << (bits - 1);
        fits = fits && (magnitude < limit || (negative && magnitude == limit));
    } else {
        fits = fits && !negative && (bits == 64 || magnitude >> bits == 0);
    }
    if (!fits) return raise_item(t, kind, &x);
    uint64_t word = negative ? 0 - magnitude : magnitude;
    memcpy(bytes, &word, kind->size);
    return 0;
}

/* v as an item in `bytes`; -1 raised. May run Python. */
HD_CHECK static int item_put(HdThread *t, const ItemKind *kind, HdValue v, uint8_t *bytes) {
    if (kind->is_float) {
        double d = hd_number_as_double(t, v);
        if (d == -1.0 && hd_raised(t)) return -1;
        float f = (float)d;
        if (kind->size == 4) memcpy(bytes, &f, 4);
        else memcpy(bytes, &d, 8);
        return 0;
    }
    if (kind->code != 'u') return item_put_int(t, kind, v, bytes);
    if (!hd_is_str(v) || hd_str_length(v) != 1) return hd_raise_int(t, &hd_TypeError, "array item must be unicode character");
    uint32_t c = hd_str_at(v, 0);
    memcpy(bytes, &c, 4);
    return 0;
}

/* --- storage; `locked` functions want the lock held and raise nothing --- */

typedef enum Resize { RESIZE_OK, RESIZE_EXPORTED, RESIZE_MEMORY } Resize;

static Resize resize_locked(HdThread *t, Array *a, HdSize length) {
    if (a->exports > 0 && length != a->length) return RESIZE_EXPORTED;
    if (length <= a->capacity && length >= a->capacity / 2) {
        a->length = length;
        return RESIZE_OK;
    }
    HdSize size = a->kind->size, capacity = length;
    if (length > a->length && length) capacity = length + (length >> 4) + (a->length < 8 ? 3 : 7);
    if (capacity > HD_SIZE_MAX / size) return RESIZE_MEMORY;
    uint8_t *data = NULL;
    if (capacity) {
        data = hd_heap_raw(t, (size_t)(capacity * size));
        if (!data) return RESIZE_MEMORY;
        HdSize kept = a->length < length ? a->length : length;
        if (kept) memcpy(data, a->data, (size_t)(kept * size));
    }
    if (a->data) hd_heap_raw_free(t, a->data, (size_t)(a->capacity * size));
    a->data = data;
    a->capacity = capacity;
    a->length = length;
    return RESIZE_OK;
}

static int raise_resize(HdThread *t, Resize status) {
    if (status == RESIZE_EXPORTED) {
        return hd_raise_int(t, &hd_BufferError, "cannot resize an array that is exporting buffers");
    }
    if (status == RESIZE_MEMORY) hd_raise_no_memory(t);
    return status == RESIZE_OK ? 0 : -1;
}

static HdValue new_array(HdThread *t, HdType *type, const ItemKind *kind, HdSize length) {
    if (length > HD_SIZE_MAX / kind->size) return hd_raise_no_memory(t);
    HdValue v = hd_type_alloc(t, type);
    if (hd_is_null(v)) return HD_NULL;
    Array *a = as_array(v);
    a->kind = kind;
    if (length) {
        a->data = hd_heap_raw(t, (size_t)(length * kind->size));
        if (!a->data) {
            hd_release(t, v);
            return hd_raise_no_memory(t);
        }
        a->capacity = a->length = length;
    }
    return v;
}

/* Replaces `remove` items at `at` by `count` items from `bytes` (not part of the array). */
HD_CHECK static int splice(HdThread *t, Array *a, HdSize at, HdSize remove, const uint8_t *bytes, HdSize count) {
    HdSize size = a->kind->size;
    hd_lock_object(t, &a->head);
    if (at > a->length) at = a->length;
    if (remove > a->length - at) remove = a->length - at;
    HdSize behind = a->length - at - remove, length = a->length;
    Resize status = RESIZE_OK;
    if (count > HD_SIZE_MAX - length) status = RESIZE_MEMORY;
    else if (count != remove && a->exports > 0) status = RESIZE_EXPORTED;
    if (status == RESIZE_OK && count > remove) status = resize_locked(t, a, length + count - remove);
    if (status == RESIZE_OK && count != remove && behind) {
        memmove(a->data + (at + count) * size, a->data + (at + remove) * size, (size_t)(behind * size));
    }
    if (status == RESIZE_OK && count < remove) status = resize_locked(t, a, length + count - remove);
    if (status == RESIZE_OK && count) memcpy(a->data + at * size, bytes, (size_t)(count * size));
    hd_unlock_object(t, &a->head);
    return raise_resize(t, status);
}

HD_CHECK static int append_item(HdThread *t, Array *a, HdValue v) {
    uint8_t bytes[8];
    if (item_put(t, a->kind, v, bytes) < 0) return -1;
    return splice(t, a, HD_SIZE_MAX, 0, bytes, 1);
}

/* A private copy of the array's bytes; *count items. NULL = raised. Freed with hd_heap_raw_free(size + 1). */
static uint8_t *copy_items(HdThread *t, Array *a, HdSize *count) {
    hd_lock_object(t, &a->head);
    HdSize length = a->length;
    size_t bytes = (size_t)(length * a->kind->size);
    uint8_t *copy = hd_heap_raw(t, bytes + 1);
    if (copy && bytes) memcpy(copy, a->data, bytes);
    hd_unlock_object(t, &a->head);
    if (!copy) hd_raise_no_memory(t);
    *count = length;
    return copy;
}
static void free_items(HdThread *t, const Array *a, uint8_t *copy, HdSize count) {
    hd_heap_raw_free(t, copy, (size_t)(count * a->kind->size) + 1);
}

/* Item `index`: 1 and its bytes, 0 when out of range. */
static int read_item(HdThread *t, Array *a, HdSize index, uint8_t bytes[8]) {
    hd_lock_object(t, &a->head);
    bool there = index >= 0 && index < a->length;
    if (there) memcpy(bytes, a->data + index * a->kind->size, a->kind->size);
    hd_unlock_object(t, &a->head);
    return there;
}

static HdSize length_of(HdThread *t, Array *a) { return HD_LOAD_RELAXED(&a->length); }

/* --- extending --- */

HD_CHECK static int extend_array(HdThread *t, Array *a, Array *other) {
    HdSize count;
    if (a->kind != other->kind) {
        return hd_raise_int(t, &hd_TypeError, "can only extend with array of same kind");
    }
    uint8_t *copy = copy_items(t, other, &count);
    if (!copy) return -1;
    int status = splice(t, a, HD_SIZE_MAX, 0, copy, count);
    free_items(t, other, copy, count);
    return status;
}

HD_CHECK static int extend_iterable(HdThread *t, Array *a, HdValue iterable) {
    HD_OWNED HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return -1;
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        if (append_item(t, a, item) < 0) return -1;
        if (i % 1024 == 0 && hd_object_poll(t) < 0) return -1;
    }
}

HD_CHECK static int extend_any(HdThread *t, Array *a, HdValue other) {
    return is_array(other) ? extend_array(t, a, as_array(other)) : extend_iterable(t, a, other);
}

HD_CHECK static int extend_str(HdThread *t, Array *a, HdValue str) {
    HdSize length = hd_str_length(str);
    if (length == 0) return 0;
    uint32_t *points = hd_heap_raw(t, (size_t)length * 4);
    if (!points) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (HdSize i = 0; i < length; i++) points[i] = hd_str_at(str, i);
    int status = splice(t, a, HD_SIZE_MAX, 0, (uint8_t *)points, length);
    hd_heap_raw_free(t, points, (size_t)length * 4);
    return status;
}

HD_CHECK static int extend_bytes(HdThread *t, Array *a, HdValue source) {
    HdBuffer buffer;
    if (hd_buffer_get(t, source, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    int status;
    HdSize size = a->kind->size;
    if (buffer.itemsize != 1) status = hd_raise_int(t, &hd_TypeError, "a bytes-like object is required");
    else if (buffer.length % size) status = hd_raise_int(t, &hd_ValueError, "bytes length not a multiple of item size");
    else status = splice(t, a, HD_SIZE_MAX, 0, buffer.data, buffer.length / size);
    hd_buffer_release(t, &buffer);
    return status;
}

/* --- making and ending --- */

static int fill_new(HdThread *t, Array *a, HdValue initial) {
    if (hd_is_null(initial)) return 0;
    if (hd_is_str(initial)) {
        if (a->kind->code != 'u') {
            return hd_raise_int(t, &hd_TypeError, "cannot use a str to initialize an array with typecode '%c'",
                                a->kind->code);
        }
        return extend_str(t, a, initial);
    }
    if (hd_is_bytes(initial) || hd_is_bytearray(initial)) return extend_bytes(t, a, initial);
    if (is_array(initial)) {
        Array *other = as_array(initial);
        if (other->kind->code == 'u' && a->kind->code != 'u') {
            return hd_raise_int(t, &hd_TypeError,
                                "cannot use a unicode array to initialize an array with typecode '%c'", a->kind->code);
        }
        if (other->kind == a->kind) return extend_array(t, a, other);
    }
    return extend_iterable(t, a, initial);
}

static HdValue array_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if ((type == &array_type || type->init == array_type.init) && hd_native_no_keywords(t, "array.array", kwnames) < 0) {
        return HD_NULL;
    }
    if (nargs < 1 || nargs > 2) {
        return hd_raise(t, &hd_TypeError, "array() takes %s %d argument%s (%zd given)", nargs < 1 ? "at least" : "at most",
                        nargs < 1 ? 1 : 2, nargs < 1 ? "" : "s", nargs);
    }
    HdValue code = hd_ref_value(args[0]);
    if (!hd_is_str(code) || hd_str_length(code) != 1) {
        return hd_raise(t, &hd_TypeError, "array() argument 1 must be a unicode character, not %T", code);
    }
    const ItemKind *kind = kind_of(hd_str_at(code, 0));
    if (!kind) {
        return hd_raise(t, &hd_ValueError, "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)");
    }
    HdValue array = new_array(t, type, kind, 0);
    if (hd_is_null(array)) return HD_NULL;
    if (fill_new(t, as_array(array), nargs > 1 ? hd_ref_value(args[1]) : HD_NULL) < 0) {
        hd_release(t, array);
        return HD_NULL;
    }
    return array;
}

static void array_dealloc(HdThread *t, HdObject *self) {
    Array *a = (Array *)self;
    if (a->data) hd_heap_raw_free(t, a->data, (size_t)(a->capacity * a->kind->size));
    hd_type_free(t, self);
}

static HdValue copy_array(HdThread *t, HdType *type, Array *a) {
    HdSize count;
    uint8_t *items = copy_items(t, a, &count);
    if (!items) return HD_NULL;
    HdValue copy = new_array(t, type, a->kind, count);
    if (!hd_is_null(copy) && count) memcpy(as_array(copy)->data, items, (size_t)(count * a->kind->size));
    free_items(t, a, items, count);
    return copy;
}

/* --- text and comparison --- */

static HdValue array_tolist(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize count;
    uint8_t *items = copy_items(t, a, &count);
    if (!items) return HD_NULL;
    HdValue list = hd_list_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(list); i++) {
        HdValue item = item_get(t, a->kind, items + i * a->kind->size);
        if (hd_is_null(item) || hd_list_append_steal(t, list, item) < 0) hd_clear_slot(t, &list);
    }
    free_items(t, a, items, count);
    return list;
}

static HdValue array_tounicode(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    if (a->kind->code != 'u') {
        return hd_raise(t, &hd_ValueError, "tounicode() may only be called on unicode type arrays");
    }
    HdSize count;
    uint8_t *items = copy_items(t, a, &count);
    if (!items) return HD_NULL;
    HdValue text = HD_NULL;
    HdSize bad = 0;
    while (bad < count && ((uint32_t *)items)[bad] <= 0x10ffff) bad++;
    if (bad < count) {
        hd_raise(t, &hd_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", ((uint32_t *)items)[bad]);
    } else {
        text = hd_str_from_kind(t, 4, items, count);
    }
    free_items(t, a, items, count);
    return text;
}

static HdValue array_repr(HdThread *t, HdValue self) {
    Array *a = as_array(self);
    if (length_of(t, a) == 0) return hd_str_format(t, "%N('%c')", hd_type_of(self), a->kind->code);
    HD_OWNED HdValue items = a->kind->code == 'u' ? array_tounicode(t, self, NULL) : array_tolist(t, self, NULL);
    if (hd_is_null(items)) return HD_NULL;
    return hd_str_format(t, "%N('%c', %R)", hd_type_of(self), a->kind->code, items);
}

static HdValue order_result(int order, int op) {
    switch (op) {
    case HD_LT: return hd_bool(order < 0);
    case HD_LE: return hd_bool(order <= 0);
    case HD_EQ: return hd_bool(order == 0);
    case HD_NE: return hd_bool(order != 0);
    case HD_GT: return hd_bool(order > 0);
    default: return hd_bool(order >= 0);
    }
}

/* Compares item by item as Python values; the copies cannot change beside it. */
static HdValue compare_items(HdThread *t, const ItemKind *xk, const uint8_t *x, HdSize x_count, const ItemKind *yk,
                             const uint8_t *y, HdSize y_count, int op) {
    HdSize both = x_count < y_count ? x_count : y_count;
    for (HdSize i = 0; i < both; i++) {
        if (xk == yk && !xk->is_float && memcmp(x + i * xk->size, y + i * yk->size, xk->size) == 0) continue;
        HD_OWNED HdValue left = item_get(t, xk, x + i * xk->size);
        HD_OWNED HdValue right = item_get(t, yk, y + i * yk->size);
        if (hd_is_null(left) || hd_is_null(right)) return HD_NULL;
        int equal = hd_object_compare_bool(t, left, right, HD_EQ);
        if (equal < 0) return HD_NULL;
        if (equal) continue;
        if (op == HD_EQ) return hd_False;
        if (op == HD_NE) return hd_True;
        return hd_object_compare(t, left, right, op);
    }
    return order_result(x_count < y_count ? -1 : x_count > y_count, op);
}

static HdValue array_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!is_array(left) || !is_array(right)) return hd_NotImplemented;
    Array *x = as_array(left), *y = as_array(right);
    HdSize x_count, y_count;
    if ((op == HD_EQ || op == HD_NE) && length_of(t, x) != length_of(t, y)) return hd_bool(op == HD_NE);
    uint8_t *x_items = copy_items(t, x, &x_count);
    if (!x_items) return HD_NULL;
    uint8_t *y_items = copy_items(t, y, &y_count);
    HdValue result = HD_NULL;
    if (y_items) result = compare_items(t, x->kind, x_items, x_count, y->kind, y_items, y_count, op);
    free_items(t, x, x_items, x_count);
    if (y_items) free_items(t, y, y_items, y_count);
    return result;
}

/* --- the sequence --- */

static HdSize array_length(HdThread *t, HdValue self) { return length_of(t, as_array(self)); }

static HdValue get_slice(HdThread *t, Array *a, HdValue slice) {
    HdSize start, stop, step, count;
    if (hd_slice_unpack(t, slice, &start, &stop, &step) < 0) return HD_NULL;
    uint8_t *items = copy_items(t, a, &count);
    if (!items) return HD_NULL;
    HdSize length = hd_slice_adjust(count, &start, &stop, step), size = a->kind->size;
    HdValue result = new_array(t, &array_type, a->kind, length);
    if (!hd_is_null(result)) {
        uint8_t *to = as_array(result)->data;
        if (step == 1 && length) memcpy(to, items + start * size, (size_t)(length * size));
        else for (HdSize i = 0; i < length; i++) memcpy(to + i * size, items + (start + i * step) * size, (size_t)size);
    }
    free_items(t, a, items, count);
    return result;
}

static HdValue array_getitem(HdThread *t, HdValue self, HdValue key) {
    Array *a = as_array(self);
    if (hd_number_check_index(key)) {
        HdSize index = hd_number_as_size(t, key, &hd_IndexError);
        if (index == -1 && hd_raised(t)) return HD_NULL;
        uint8_t bytes[8];
        if (index < 0) index += length_of(t, a);
        if (!read_item(t, a, index, bytes)) return hd_raise(t, &hd_IndexError, "array index out of range");
        return item_get(t, a->kind, bytes);
    }
    if (hd_is_exact_object(key, &hd_slice_type)) return get_slice(t, a, key);
    return hd_raise(t, &hd_TypeError, "array indices must be integers");
}

/* Deletes every step-th item; start, step and count as adjusted. */
HD_CHECK static int delete_steps(HdThread *t, Array *a, HdSize start, HdSize step, HdSize count) {
    if (count == 0) return 0;
    if (step < 0) {
        start += step * (count - 1);
        step = -step;
    }
    HdSize size = a->kind->size;
    hd_lock_object(t, &a->head);
    Resize status = a->exports > 0 ? RESIZE_EXPORTED : RESIZE_OK;
    HdSize kept = start;
    if (status == RESIZE_OK) {
        for (HdSize i = start; i < a->length; i++) {
            HdSize n = i - start;
            if (n % step == 0 && n / step < count) continue;
            memmove(a->data + kept * size, a->data + i * size, (size_t)size);
            kept++;
        }
        status = resize_locked(t, a, kept < a->length ? kept : a->length);
    }
    hd_unlock_object(t, &a->head);
    return raise_resize(t, status);
}

HD_CHECK static int set_slice(HdThread *t, Array *a, HdValue slice, HdValue value) {
    HdSize start, stop, step, count = 0;
    uint8_t *items = NULL;
    if (!hd_is_null(value)) {
        if (!is_array(value)) {
            return hd_raise_int(t, &hd_TypeError, "can only assign array (not \"%T\") to array slice", value);
        }
        if (as_array(value)->kind != a->kind) {
            return hd_raise_int(t, &hd_TypeError, "bad argument type for built-in operation");
        }
        items = copy_items(t, as_array(value), &count);
        if (!items) return -1;
    }
    int status = hd_slice_unpack(t, slice, &start, &stop, &step);
    if (status == 0) {
        HdSize length = hd_slice_adjust(length_of(t, a), &start, &stop, step);
        if (step == 1) {
            status = splice(t, a, start, length, items, count);
        } else if (!items) {
            status = delete_steps(t, a, start, step, length);
        } else if (count != length) {
            status = hd_raise_int(t, &hd_ValueError, "attempt to assign array of size %zd to extended slice of size %zd",
                                  count, length);
        } else {
            HdSize size = a->kind->size;
            hd_lock_object(t, &a->head);
            for (HdSize i = 0; i < count && start + i * step < a->length; i++) {
                memcpy(a->data + (start + i * step) * size, items + i * size, (size_t)size);
            }
            hd_unlock_object(t, &a->head);
        }
    }
    if (items) free_items(t, a, items, count);
    return status;
}

static int array_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    Array *a = as_array(self);
    if (hd_is_exact_object(key, &hd_slice_type)) return set_slice(t, a, key, value);
    if (!hd_number_check_index(key)) return hd_raise_int(t, &hd_TypeError, "array indices must be integers");
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    if (index == -1 && hd_raised(t)) return -1;
    if (index < 0) index += length_of(t, a);
    if (index < 0 || index >= length_of(t, a)) {
        return hd_raise_int(t, &hd_IndexError, "array assignment index out of range");
    }
    if (hd_is_null(value)) return splice(t, a, index, 1, NULL, 0);
    uint8_t bytes[8];
    if (item_put(t, a->kind, value, bytes) < 0) return -1;
    hd_lock_object(t, &a->head); /* converting may have changed the length */
    bool there = index < a->length;
    if (there) memcpy(a->data + index * a->kind->size, bytes, a->kind->size);
    hd_unlock_object(t, &a->head);
    return there ? 0 : hd_raise_int(t, &hd_IndexError, "array assignment index out of range");
}

/* First index in [start, stop) of an item equal to v: -1 none, -2 raised. Counts into *count instead if not NULL. */
static HdSize search(HdThread *t, Array *a, HdValue v, HdSize start, HdSize stop, HdSize *count) {
    uint8_t bytes[8];
    for (HdSize i = start; i < stop && read_item(t, a, i, bytes); i++) {
        HD_OWNED HdValue item = item_get(t, a->kind, bytes);
        if (hd_is_null(item)) return -2;
        int equal = hd_object_equal(t, item, v);
        if (equal < 0) return -2;
        if (!equal) continue;
        if (!count) return i;
        ++*count;
    }
    return -1;
}

static int array_contains(HdThread *t, HdValue self, HdValue v) {
    HdSize found = search(t, as_array(self), v, 0, HD_SIZE_MAX, NULL);
    return found == -2 ? -1 : found >= 0;
}

static HdValue array_add(HdThread *t, HdValue left, HdValue right) {
    if (!is_array(left)) return hd_NotImplemented;
    if (!is_array(right)) {
        return hd_raise(t, &hd_TypeError, "can only append array (not \"%T\") to array", right);
    }
    if (as_array(left)->kind != as_array(right)->kind) {
        return hd_raise(t, &hd_TypeError, "bad argument type for built-in operation");
    }
    HD_OWNED HdValue sum = copy_array(t, &array_type, as_array(left));
    if (hd_is_null(sum) || extend_array(t, as_array(sum), as_array(right)) < 0) return HD_NULL;
    return hd_move(&sum);
}

static HdValue array_inplace_add(HdThread *t, HdValue self, HdValue other) {
    if (!is_array(other)) {
        return hd_raise(t, &hd_TypeError, "can only extend array with array (not \"%T\")", other);
    }
    return extend_array(t, as_array(self), as_array(other)) < 0 ? HD_NULL : hd_retain(t, self);
}

/* The number of a repetition: -1 raised, -2 not an index. */
static HdSize repeat_count(HdThread *t, HdValue v) {
    if (!hd_number_check_index(v)) return -2;
    HdSize n = hd_number_as_size(t, v, &hd_OverflowError);
    if (n == -1 && hd_raised(t)) return -1;
    return n < 0 ? 0 : n;
}

static HdValue array_multiply(HdThread *t, HdValue left, HdValue right) {
    if (!is_array(left)) {
        HdValue swap = left;
        left = right;
        right = swap;
    }
    HdSize times = repeat_count(t, right), count;
    if (times < 0) return times == -1 ? HD_NULL : hd_NotImplemented;
    Array *a = as_array(left);
    uint8_t *items = copy_items(t, a, &count);
    if (!items) return HD_NULL;
    HdValue result = HD_NULL;
    HdSize total;
    if (__builtin_mul_overflow(count, times, &total)) hd_raise_no_memory(t);
    else result = new_array(t, &array_type, a->kind, total);
    if (!hd_is_null(result) && total) {
        HdSize bytes = count * a->kind->size;
        for (HdSize i = 0; i < times; i++) memcpy(as_array(result)->data + i * bytes, items, (size_t)bytes);
    }
    free_items(t, a, items, count);
    return result;
}

static HdValue array_inplace_multiply(HdThread *t, HdValue self, HdValue other) {
    HdSize times = repeat_count(t, other);
    if (times < 0) return times == -1 ? HD_NULL : hd_NotImplemented;
    Array *a = as_array(self);
    hd_lock_object(t, &a->head);
    HdSize count = a->length, total, bytes = count * a->kind->size;
    Resize status = __builtin_mul_overflow(count, times, &total) ? RESIZE_MEMORY : resize_locked(t, a, total);
    if (status == RESIZE_OK && bytes) {
        for (HdSize i = 1; i < times; i++) memcpy(a->data + i * bytes, a->data, (size_t)bytes);
    }
    hd_unlock_object(t, &a->head);
    return raise_resize(t, status) < 0 ? HD_NULL : hd_retain(t, self);
}

/* --- methods --- */

static HdValue array_append(HdThread *t, HdValue self, const HdValue *args) {
    return append_item(t, as_array(self), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue array_insert(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize index = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    uint8_t bytes[8];
    if (item_put(t, a->kind, args[1], bytes) < 0) return HD_NULL;
    if (index < 0) {
        index += length_of(t, a);
        if (index < 0) index = 0;
    }
    return splice(t, a, index, 0, bytes, 1) < 0 ? HD_NULL : hd_None;
}

static HdValue array_pop(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize index = hd_is_null(args[0]) ? -1 : hd_number_as_size(t, args[0], &hd_IndexError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    uint8_t bytes[8];
    if (length_of(t, a) == 0) return hd_raise(t, &hd_IndexError, "pop from empty array");
    if (index < 0) index += length_of(t, a);
    if (!read_item(t, a, index, bytes)) return hd_raise(t, &hd_IndexError, "pop index out of range");
    if (splice(t, a, index, 1, NULL, 0) < 0) return HD_NULL;
    return item_get(t, a->kind, bytes);
}

static HdValue array_remove(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize found = search(t, a, args[0], 0, HD_SIZE_MAX, NULL);
    if (found == -2) return HD_NULL;
    if (found < 0) return hd_raise(t, &hd_ValueError, "array.remove(x): x not in array");
    return splice(t, a, found, 1, NULL, 0) < 0 ? HD_NULL : hd_None;
}

static HdValue array_index(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize bounds[2] = {0, HD_SIZE_MAX};
    for (int i = 0; i < 2; i++) {
        if (hd_is_null(args[i + 1])) continue;
        bounds[i] = hd_number_as_size(t, args[i + 1], NULL);
        if (bounds[i] == -1 && hd_raised(t)) return HD_NULL;
        if (bounds[i] < 0) {
            bounds[i] += length_of(t, a);
            if (bounds[i] < 0) bounds[i] = 0;
        }
    }
    HdSize found = search(t, a, args[0], bounds[0], bounds[1], NULL);
    if (found == -2) return HD_NULL;
    if (found < 0) return hd_raise(t, &hd_ValueError, "array.index(x): x not in array");
    return hd_int_from_size(t, found);
}

static HdValue array_count(HdThread *t, HdValue self, const HdValue *args) {
    HdSize count = 0;
    return search(t, as_array(self), args[0], 0, HD_SIZE_MAX, &count) == -2 ? HD_NULL : hd_int_from_size(t, count);
}

static HdValue array_extend(HdThread *t, HdValue self, const HdValue *args) {
    return extend_any(t, as_array(self), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue array_fromlist(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    if (!hd_is_list(args[0])) return hd_raise(t, &hd_TypeError, "arg must be list");
    HdSize count = hd_list_length(args[0]), size = a->kind->size;
    uint8_t *items = hd_heap_raw(t, (size_t)(count * size) + 1);
    if (!items) return hd_raise_no_memory(t);
    int status = 0;
    for (HdSize i = 0; i < count && status == 0; i++) {
        HdValue item = hd_list_get(t, args[0], i);
        if (hd_is_null(item)) status = hd_raise_int(t, &hd_RuntimeError, "list changed size during iteration");
        else status = item_put(t, a->kind, item, items + i * size);
        hd_release(t, item);
        if (status == 0 && hd_list_length(args[0]) != count) {
            status = hd_raise_int(t, &hd_RuntimeError, "list changed size during iteration");
        }
    }
    if (status == 0) status = splice(t, a, HD_SIZE_MAX, 0, items, count);
    hd_heap_raw_free(t, items, (size_t)(count * size) + 1);
    return status < 0 ? HD_NULL : hd_None;
}

static HdValue array_frombytes(HdThread *t, HdValue self, const HdValue *args) {
    return extend_bytes(t, as_array(self), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue array_tobytes(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize count;
    uint8_t *items = copy_items(t, a, &count);
    if (!items) return HD_NULL;
    HdValue bytes = hd_bytes_new(t, items, count * a->kind->size);
    free_items(t, a, items, count);
    return bytes;
}

static HdValue array_fromunicode(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "fromunicode() argument must be str, not %T", args[0]);
    }
    if (as_array(self)->kind->code != 'u') {
        return hd_raise(t, &hd_ValueError, "fromunicode() may only be called on unicode type arrays");
    }
    return extend_str(t, as_array(self), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue array_fromfile(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize n = hd_number_as_size(t, args[1], &hd_OverflowError), bytes;
    if (n == -1 && hd_raised(t)) return HD_NULL;
    if (n < 0) return hd_raise(t, &hd_ValueError, "negative count");
    if (__builtin_mul_overflow(n, (HdSize)a->kind->size, &bytes)) return hd_raise_no_memory(t);
    HD_OWNED HdValue wanted = hd_int_from_size(t, bytes);
    if (hd_is_null(wanted)) return HD_NULL;
    HD_OWNED HdValue data = hd_object_call_method1(t, args[0], "read", wanted);
    if (hd_is_null(data)) return HD_NULL;
    if (!hd_is_bytes(data)) return hd_raise(t, &hd_TypeError, "read() didn't return bytes");
    HdSize got = hd_bytes_length(data);
    if (extend_bytes(t, a, data) < 0) return HD_NULL;
    if (got != bytes) return hd_raise(t, &hd_EOFError, "read() didn't return enough bytes");
    return hd_None;
}

static HdValue array_tofile(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue bytes = array_tobytes(t, self, NULL);
    if (hd_is_null(bytes)) return HD_NULL;
    const HdSize chunk = 64 * 1024, length = hd_bytes_length(bytes);
    for (HdSize at = 0; at < length; at += chunk) {
        HdSize n = length - at < chunk ? length - at : chunk;
        HD_OWNED HdValue part = hd_bytes_new(t, hd_bytes_data(bytes) + at, n);
        if (hd_is_null(part)) return HD_NULL;
        HdValue written = hd_object_call_method1(t, args[0], "write", part);
        if (hd_is_null(written)) return HD_NULL;
        hd_release(t, written);
    }
    return hd_None;
}

static HdValue array_byteswap(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize size = a->kind->size;
    hd_lock_object(t, &a->head);
    for (HdSize i = 0; i < a->length; i++) {
        uint8_t *p = a->data + i * size;
        for (HdSize low = 0, high = size - 1; low < high; low++, high--) {
            uint8_t swap = p[low];
            p[low] = p[high];
            p[high] = swap;
        }
    }
    hd_unlock_object(t, &a->head);
    return hd_None;
}

static HdValue array_reverse(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HdSize size = a->kind->size;
    uint8_t swap[8];
    hd_lock_object(t, &a->head);
    for (HdSize low = 0, high = a->length - 1; low < high; low++, high--) {
        memcpy(swap, a->data + low * size, (size_t)size);
        memcpy(a->data + low * size, a->data + high * size, (size_t)size);
        memcpy(a->data + high * size, swap, (size_t)size);
    }
    hd_unlock_object(t, &a->head);
    return hd_None;
}

static HdValue array_buffer_info(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    HD_OWNED HdValue address = hd_int_from_u64(t, (uint64_t)(uintptr_t)a->data);
    HD_OWNED HdValue length = hd_int_from_size(t, length_of(t, a));
    if (hd_is_null(address) || hd_is_null(length)) return HD_NULL;
    return hd_tuple_pack(t, 2, address, length);
}

static HdValue array_copy(HdThread *t, HdValue self, const HdValue *args) {
    return copy_array(t, &array_type, as_array(self));
}

static HdValue array_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    return hd_int_from_size(t, (HdSize)sizeof(Array) + a->capacity * a->kind->size);
}

static HdValue array_reduce_ex(HdThread *t, HdValue self, const HdValue *args) {
    Array *a = as_array(self);
    if (!hd_is_int(args[0])) return hd_raise(t, &hd_TypeError, "__reduce_ex__ argument should be an integer");
    int64_t protocol = hd_number_as_i64(t, args[0]);
    if (protocol == -1 && hd_raised(t)) return HD_NULL;
    HD_OWNED HdValue state = HD_NULL;
    if (hd_object_find_attr(t, self, HD_NAME("__dict__"), &state) < 0) return HD_NULL;
    if (hd_is_null(state)) state = hd_None;
    HD_OWNED HdValue code = hd_str_from_char(t, (uint8_t)a->kind->code);
    if (hd_is_null(code)) return HD_NULL;
    HdValue type = hd_type_value(hd_type_of(self));
    if (protocol < 3) {
        HD_OWNED HdValue list = array_tolist(t, self, NULL);
        HD_OWNED HdValue rebuilt = hd_is_null(list) ? HD_NULL : hd_tuple_pack(t, 2, code, list);
        return hd_is_null(rebuilt) ? HD_NULL : hd_tuple_pack(t, 3, type, rebuilt, state);
    }
    HD_OWNED HdValue rebuild = hd_object_import_from(t, "array", "_array_reconstructor");
    if (hd_is_null(rebuild)) return HD_NULL;
    HD_OWNED HdValue bytes = array_tobytes(t, self, NULL);
    if (hd_is_null(bytes)) return HD_NULL;
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 4, type, code, hd_imm_int(a->kind->machine_code), bytes);
    return hd_is_null(arguments) ? HD_NULL : hd_tuple_pack(t, 3, rebuild, arguments, state);
}

static HdValue array_get_typecode(HdThread *t, HdValue self, void *closure) {
    return hd_str_from_char(t, (uint8_t)as_array(self)->kind->code);
}
static HdValue array_get_itemsize(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(as_array(self)->kind->size);
}

/* --- buffers --- */

static int array_getbuffer(HdThread *t, HdValue self, HdBuffer *view, int flags) {
    Array *a = as_array(self);
    static const uint8_t nothing[8];
    hd_lock_object(t, &a->head);
    a->exports++;
    HdSize length = a->length;
    void *data = a->data ? a->data : (void *)(uintptr_t)nothing;
    hd_unlock_object(t, &a->head);
    *view = (HdBuffer){.data = data, .owner = hd_retain(t, self), .length = length * a->kind->size,
                       .itemsize = a->kind->size, .ndim = 1};
    if (flags & HD_BUFFER_FORMAT) view->format = a->kind->format;
    view->small[0] = length;
    view->small[1] = a->kind->size;
    if ((flags & HD_BUFFER_ND) == HD_BUFFER_ND) view->shape = &view->small[0];
    if ((flags & HD_BUFFER_STRIDES) == HD_BUFFER_STRIDES) view->strides = &view->small[1];
    return 0;
}

static void array_releasebuffer(HdThread *t, HdValue self, HdBuffer *view) {
    Array *a = as_array(self);
    hd_lock_object(t, &a->head);
    a->exports--;
    hd_unlock_object(t, &a->head);
}

/* --- iteration --- */

static HdValue array_iter(HdThread *t, HdValue self) {
    ArrayIterator *it = HD_NEW(t, ArrayIterator, &array_iterator_type);
    if (!it) return HD_NULL;
    it->array = hd_retain(t, self);
    return hd_from_object(it);
}
static void iterator_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((ArrayIterator *)self)->array);
    hd_type_free(t, self);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((ArrayIterator *)self)->array);
    return 0;
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    ArrayIterator *it = HD_AS(ArrayIterator, self);
    HdValue dropped = HD_NULL;
    uint8_t bytes[8];
    hd_lock_object(t, &it->head);
    HdSize index = it->index++;
    HD_OWNED HdValue array = hd_retain(t, it->array);
    hd_unlock_object(t, &it->head);
    if (hd_is_null(array)) return HD_NULL;
    if (read_item(t, as_array(array), index, bytes)) return item_get(t, as_array(array)->kind, bytes);
    hd_lock_object(t, &it->head);
    dropped = hd_slot_exchange(&it->array, HD_NULL);
    hd_unlock_object(t, &it->head);
    hd_release(t, dropped);
    return HD_NULL;
}
static HdValue iterator_self(HdThread *t, HdValue self) { return hd_retain(t, self); }
static HdValue iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    ArrayIterator *it = HD_AS(ArrayIterator, self);
    HD_OWNED HdValue iter = hd_object_import_from(t, "builtins", "iter");
    if (hd_is_null(iter)) return HD_NULL;
    if (hd_is_null(it->array)) {
        HD_OWNED HdValue empty = hd_tuple_pack(t, 1, hd_tuple_empty());
        return hd_is_null(empty) ? HD_NULL : hd_tuple_pack(t, 2, iter, empty);
    }
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 1, it->array);
    if (hd_is_null(arguments)) return HD_NULL;
    return hd_tuple_pack(t, 3, iter, arguments, hd_imm_int(it->index));
}
static HdValue iterator_setstate(HdThread *t, HdValue self, const HdValue *args) {
    ArrayIterator *it = HD_AS(ArrayIterator, self);
    HdSize index = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_null(it->array)) {
        HdSize length = length_of(t, as_array(it->array));
        it->index = index < 0 ? 0 : index > length ? length : index;
    }
    return hd_None;
}

static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHOD(iterator_setstate, "__setstate__($self, state, /)", "Set state information for unpickling."),
    HD_METHODS_END,
};
static HdType array_iterator_type = {
    HD_TYPE_HEAD("array.arrayiterator"),
    .basicsize = sizeof(ArrayIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .getattr = hd_object_generic_getattr,
    .iter = iterator_self,
    .next = iterator_next,
    .methods = iterator_methods,
};

/* --- the type and the module --- */

static const HdMethodDef array_methods[] = {
    HD_METHOD(array_append, "append($self, v, /)", "Append new value v to the end of the array."),
    HD_METHOD(array_buffer_info, "buffer_info($self, /)", "A tuple (address, length) of the array's memory."),
    HD_METHOD(array_byteswap, "byteswap($self, /)", "Swap the bytes of each item."),
    HD_METHOD(array_copy, "__copy__($self, /)", "Return a copy of the array."),
    HD_METHOD(array_copy, "__deepcopy__($self, unused, /)", "Return a copy of the array."),
    HD_METHOD(array_count, "count($self, v, /)", "Return number of occurrences of v in the array."),
    HD_METHOD(array_extend, "extend($self, bb, /)", "Append items to the end of the array."),
    HD_METHOD(array_fromfile, "fromfile($self, f, n, /)", "Read n items from the file object f and append them."),
    HD_METHOD(array_fromlist, "fromlist($self, list, /)", "Append items to array from list."),
    HD_METHOD(array_frombytes, "frombytes($self, buffer, /)", "Append the items that a buffer's bytes hold."),
    HD_METHOD(array_fromunicode, "fromunicode($self, ustr, /)", "Extend a 'u' array with a string's characters."),
    HD_METHOD(array_index, "index($self, v, start=0, stop=sys.maxsize, /)",
              "Return index of first occurrence of v in the array; ValueError if there is none."),
    HD_METHOD(array_insert, "insert($self, i, v, /)", "Insert a new item v into the array before position i."),
    HD_METHOD(array_pop, "pop($self, i=-1, /)", "Return the i-th item and delete it from the array."),
    HD_METHOD(array_reduce_ex, "__reduce_ex__($self, value, /)", "Return state information for pickling."),
    HD_METHOD(array_remove, "remove($self, v, /)", "Remove the first occurrence of v in the array."),
    HD_METHOD(array_reverse, "reverse($self, /)", "Reverse the order of the items in the array."),
    HD_METHOD(array_sizeof, "__sizeof__($self, /)", "Size of the array in memory, in bytes."),
    HD_METHOD(array_tofile, "tofile($self, f, /)", "Write all items (as machine values) to the file object f."),
    HD_METHOD(array_tolist, "tolist($self, /)", "Convert array to an ordinary list with the same items."),
    HD_METHOD(array_tobytes, "tobytes($self, /)", "Convert the array to machine values in a bytes object."),
    HD_METHOD(array_tounicode, "tounicode($self, /)", "Convert a 'u' array to a string."),
    HD_METHODS_END,
};
static const HdGetSetDef array_getsets[] = {
    {"typecode", array_get_typecode, NULL, "the typecode character used to create the array", NULL},
    {"itemsize", array_get_itemsize, NULL, "the size, in bytes, of one array item", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static HdType array_type = {
    HD_TYPE_HEAD("array.array"),
    .doc = "array(typecode [, initializer]) -> array\n\n"
           "A sequence of items of one C type, which the typecode names; the initializer is a list, a bytes-like object\n"
           "or any iterable of such items.",
    .basicsize = sizeof(Array),
    .flags = HD_TYPE_BASE | HD_TYPE_SEQUENCE,
    .dealloc = array_dealloc,
    .getattr = hd_object_generic_getattr,
    .repr = array_repr,
    .hash = hd_object_hash_unhashable,
    .compare = array_compare,
    .create = array_create,
    .iter = array_iter,
    .length = array_length,
    .getitem = array_getitem,
    .setitem = array_setitem,
    .contains = array_contains,
    .add = array_add,
    .multiply = array_multiply,
    .inplace_add = array_inplace_add,
    .inplace_multiply = array_inplace_multiply,
    .getbuffer = array_getbuffer,
    .releasebuffer = array_releasebuffer,
    .methods = array_methods,
    .getsets = array_getsets,
};

/* How the items of a pickle lie: what their codes 0 to 21 mean. */
typedef struct MachineFormat {
    uint8_t size;
    bool is_signed, is_float, big;
} MachineFormat;
static const MachineFormat machine_formats[] = {
    {1, false, false, false}, {1, true, false, false}, {2, false, false, false}, {2, false, false, true},
    {2, true, false, false},  {2, true, false, true},  {4, false, false, false}, {4, false, false, true},
    {4, true, false, false},  {4, true, false, true},  {8, false, false, false}, {8, false, false, true},
    {8, true, false, false},  {8, true, false, true},  {4, false, true, false},  {4, false, true, true},
    {8, false, true, false},  {8, false, true, true},  {2, false, false, false}, {2, false, false, true},
    {4, false, false, false}, {4, false, false, true},
};

static HdValue machine_item(HdThread *t, const MachineFormat *m, const uint8_t *bytes) {
    uint64_t word = 0;
    for (int i = 0; i < m->size; i++) word |= (uint64_t)bytes[m->big ? m->size - 1 - i : i] << (8 * i);
    if (m->is_float && m->size == 4) {
        float f;
        uint32_t half = (uint32_t)word;
        memcpy(&f, &half, 4);
        return hd_float_new(t, f);
    }
    if (m->is_float) {
        double d;
        memcpy(&d, &word, 8);
        return hd_float_new(t, d);
    }
    if (!m->is_signed) return hd_int_from_u64(t, word);
    int unused = 64 - m->size * 8;
    return hd_int_from_i64(t, (int64_t)(word << unused) >> unused);
}

/* Appends the items of a pickle made elsewhere. */
static int append_machine(HdThread *t, Array *a, int64_t code, HdValue bytes) {
    HdSize length = hd_bytes_length(bytes);
    if (a->kind->code == 'u') {
        static const char *const encodings[] = {"utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"};
        if (code < 18) return hd_raise_int(t, &hd_ValueError, "machine format code does not fit the type code 'u'");
        HD_OWNED HdValue text = hd_str_decode(t, (char *)hd_bytes_data(bytes), length, encodings[code - 18], "strict");
        return hd_is_null(text) ? -1 : extend_str(t, a, text);
    }
    const MachineFormat *m = &machine_formats[code];
    if (length % m->size) return hd_raise_int(t, &hd_ValueError, "bytes length not a multiple of item size");
    for (HdSize at = 0; at < length; at += m->size) {
        HD_OWNED HdValue item = machine_item(t, m, hd_bytes_data(bytes) + at);
        if (hd_is_null(item) || append_item(t, a, item) < 0) return -1;
    }
    return 0;
}

static HdValue array_reconstructor(HdThread *t, HdValue module, const HdValue *args) {
    if (!hd_is_type(args[0])) {
        return hd_raise(t, &hd_TypeError, "first argument must be a type object, not %T", args[0]);
    }
    HdType *type = HD_AS(HdType, args[0]);
    if (!hd_type_is_subtype(type, &array_type)) {
        return hd_raise(t, &hd_TypeError, "%N is not a subtype of array.array", type);
    }
    if (!hd_is_str(args[1]) || hd_str_length(args[1]) != 1) {
        return hd_raise(t, &hd_TypeError, "_array_reconstructor() argument 2 must be a unicode character, not %T", args[1]);
    }
    const ItemKind *kind = kind_of(hd_str_at(args[1], 0));
    if (!kind) return hd_raise(t, &hd_ValueError, "second argument must be a valid type code");
    int code = hd_number_as_int(t, args[2]);
    if (code == -1 && hd_raised(t)) return HD_NULL;
    if (code < 0 || code >= (int)HD_COUNT_OF(machine_formats)) {
        return hd_raise(t, &hd_ValueError, "third argument must be a valid machine format code.");
    }
    if (!hd_is_bytes(args[3])) {
        return hd_raise(t, &hd_TypeError, "fourth argument should be bytes, not %T", args[3]);
    }
    HD_OWNED HdValue array = new_array(t, type, kind, 0);
    if (hd_is_null(array)) return HD_NULL;
    int status = code == kind->machine_code ? extend_bytes(t, as_array(array), args[3])
                                            : append_machine(t, as_array(array), code, args[3]);
    return status < 0 ? HD_NULL : hd_move(&array);
}

static const HdMethodDef functions[] = {
    HD_METHOD(array_reconstructor, "_array_reconstructor(arraytype, typecode, mformat_code, items, /)",
              "Internal. Used for pickling support."),
    HD_METHODS_END,
};

static int array_exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &array_iterator_type) < 0 || hd_module_add_type(t, module, &array_type) < 0) return -1;
    if (hd_module_set(t, module, "ArrayType", hd_type_value(&array_type)) < 0) return -1;
    char codes[HD_COUNT_OF(kinds) + 1] = {0};
    for (size_t i = 0; i < HD_COUNT_OF(kinds); i++) codes[i] = kinds[i].code;
    if (hd_module_set_text(t, module, "typecodes", codes) < 0) return -1;
    HD_OWNED HdValue abc = hd_object_import_from(t, "collections.abc", "MutableSequence");
    if (hd_is_null(abc)) return -1;
    HdValue registered = hd_object_call_method1(t, abc, "register", hd_type_value(&array_type));
    if (hd_is_null(registered)) return -1;
    hd_release(t, registered);
    return 0;
}

const HdModuleDef hd_module_array = {
    .name = "array",
    .doc = "This module defines an object type which can efficiently represent\n"
           "an array of basic values: characters, integers, floating-point numbers.",
    .functions = functions,
    .exec = array_exec,
};
