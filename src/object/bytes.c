/* bytes.c -- the bytes type: storage, construction, slots. Its methods are in bytes_methods.c, shared with bytearray.
 *
 * A bytes does not change once it was handed out; reading takes no lock. The empty one and those of one byte are
 * immortal and made at start.
 */
#include "bytes.h"

#include "bytes_internal.h"
#include "codecs.h"
#include "float.h"
#include "hash.h"
#include "heap_page.h"
#include "int.h"
#include "list.h"
#include "mutex.h"
#include "number.h"
#include "slice.h"
#include "str_builder.h"
#include "unicode.h"

/* Written once, at start: [0] is the empty bytes, [1 + c] the byte c. */
typedef struct SharedBytes {
    HdObject head;
    HdSize length;
    int64_t hash;
    uint8_t data[8];
} SharedBytes;
static SharedBytes shared[257];

enum { FEW = HD_HEAP_SMALL - (int)sizeof(HdBytes) - 1 }; /* up to so many bytes an object is made in line */

HdValue hd_bytes_empty(void) { return hd_from_object(&shared[0]); }

static HdSize var_size(HdObject *object) {
    return ((HdSize)offsetof(HdBytes, data) + ((HdBytes *)object)->length + 1 + 7) & ~(HdSize)7;
}

static HdValue alloc(HdThread *t, HdType *type, HdSize length) {
    if (HD_UNLIKELY(length < 0 || length > HD_SIZE_MAX - 64)) return hd_raise_no_memory(t);
    HdValue v = hd_type_alloc_var(t, type, ((HdSize)offsetof(HdBytes, data) + length + 1 + 7) & ~(HdSize)7);
    if (!hd_is_null(v)) HD_AS(HdBytes, v)->length = length;
    return v;
}

HdValue hd_bytes_new(HdThread *t, const void *data, HdSize length) {
    if (length == 0) return hd_bytes_empty();
    if (length == 1 && data) return hd_from_object(&shared[1 + *(const uint8_t *)data]);
    if (HD_UNLIKELY(length < 0 || length > HD_SIZE_MAX - 4096)) return hd_raise_no_memory(t);
    size_t head = offsetof(HdBytes, data), size = head + (size_t)length + 1;
    HdBytes *b = (HdBytes *)(HD_LIKELY(length <= FEW) ? hd_heap_object_here(t, &hd_bytes_type, size, 0, head)
                                                      : hd_heap_object_part(t, &hd_bytes_type, size, 0, head));
    if (HD_UNLIKELY(!b)) return hd_raise_no_memory(t);
    b->length = length;
    if (data) memcpy(b->data, data, (size_t)length);
    b->data[length] = 0;
    return hd_from_object(b);
}

HdValue hd_bytes_shrink_steal(HdThread *t, HdValue v, HdSize length) {
    HdBytes *b = HD_AS(HdBytes, v);
    if (length == b->length && length > 1) return v;
    if (length > 1 && b->length - length <= 64 + length / 4) {
        b->length = length;
        b->data[length] = 0;
        return v;
    }
    HdValue cut = hd_bytes_new(t, b->data, length);
    hd_release(t, v);
    return cut;
}

/* --- views --- */

int hd_bytes_view_slow(HdThread *t, HdValue v, HdBytesView *out) {
    if (hd_is_bytearray(v)) {
        hd_lock_object(t, hd_as_object(v));
        out->data = hd_bytearray_data(v);
        out->length = HD_AS(HdByteArray, v)->length;
        if (t->locks && out->length > 0) {
            out->copy = hd_heap_raw(t, (size_t)out->length);
            if (out->copy) memcpy(out->copy, out->data, (size_t)out->length);
            out->data = out->copy;
        }
        hd_unlock_object(t, hd_as_object(v));
        if (t->locks && out->length > 0 && !out->copy) {
            hd_raise_no_memory(t);
            return -1;
        }
        if (!out->data) out->data = (const uint8_t *)"";
        return 0;
    }
    if (hd_buffer_get(t, v, &out->buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    out->data = out->buffer.data;
    out->length = out->buffer.length;
    return 0;
}

void hd_bytes_view_end_slow(HdThread *t, HdBytesView *view) {
    if (view->copy) hd_heap_raw_free(t, view->copy, (size_t)view->length);
    if (!hd_is_null(view->buffer.owner)) hd_buffer_release(t, &view->buffer);
}

HdValue hd_bytes_like(HdThread *t, HdValue self, const void *data, HdSize length) {
    return hd_is_bytearray(self) ? hd_bytearray_new(t, data, length) : hd_bytes_new(t, data, length);
}

int hd_bytes_byte(HdThread *t, HdValue v, const char *message) {
    if (hd_is_imm_int(v)) {
        int64_t n = hd_imm_int_value(v);
        if (n >= 0 && n < 256) return (int)n;
        return hd_raise_int(t, &hd_ValueError, "%s", message);
    }
    HdSize n = hd_number_as_size(t, v, NULL);
    if (n == -1 && hd_raised(t)) return -1;
    if (n < 0 || n > 255) return hd_raise_int(t, &hd_ValueError, "%s", message);
    return (int)n;
}

/* --- construction --- */

/* Bytes of items that are all small ints; HD_NULL without an exception when one is not. Runs no Python. */
static HdValue from_items(HdThread *t, const HdValue *items, HdSize count) {
    for (HdSize i = 0; i < count; i++)
        if (!hd_is_imm_int(items[i]) || (uint64_t)hd_imm_int_value(items[i]) > 255) return HD_NULL;
    uint8_t only = count == 1 ? (uint8_t)hd_imm_int_value(items[0]) : 0;
    HdValue result = hd_bytes_new(t, count == 1 ? &only : NULL, count);
    if (hd_is_null(result) || count < 2) return result;
    uint8_t *out = hd_bytes_data(result);
    for (HdSize i = 0; i < count; i++) out[i] = (uint8_t)hd_imm_int_value(items[i]);
    return result;
}

static HdValue from_iterator(HdThread *t, HdValue v, bool for_bytes) {
    HdValue made = HD_NULL;
    if (hd_is_exact_tuple(v)) made = from_items(t, HD_AS(HdTuple, v)->at, hd_tuple_length(v));
    else if (hd_is_exact_list(v) && !t->locks && hd_list_length(v)) made = from_items(t, HD_AS(HdList, v)->array->at, hd_list_length(v));
    if (!hd_is_null(made) || hd_raised(t)) return made;
    HD_OWNED HdValue iterator = hd_object_iter(t, v);
    if (hd_is_null(iterator)) {
        if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
        hd_clear_raised(t);
        return for_bytes ? hd_raise(t, &hd_TypeError, "cannot convert '%T' object to bytes", v)
                         : hd_raise(t, &hd_TypeError, "cannot convert '%T' object to bytearray", v);
    }
    HdSize capacity = hd_object_length_hint(t, v, 64), length = 0;
    if (capacity < 0) return HD_NULL;
    if (capacity < 16) capacity = 16;
    uint8_t *data = hd_heap_raw(t, (size_t)capacity);
    if (!data) return hd_raise_no_memory(t);
    HdValue result = HD_NULL;
    for (;;) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        int byte = hd_bytes_byte(t, item, for_bytes ? "bytes must be in range(0, 256)" : "byte must be in range(0, 256)");
        hd_release(t, item);
        if (byte < 0) goto out;
        if (length == capacity) {
            void *more = hd_heap_raw_resize(t, data, (size_t)capacity, (size_t)capacity * 2);
            if (!more) {
                hd_raise_no_memory(t);
                goto out;
            }
            data = more;
            capacity *= 2;
        }
        data[length++] = (uint8_t)byte;
        if ((length & 1023) == 0 && hd_object_poll(t) < 0) goto out;
    }
    if (!hd_raised(t)) result = hd_bytes_new(t, data, length);
out:
    hd_heap_raw_free(t, data, (size_t)capacity);
    return result;
}

HdValue hd_bytes_from_object(HdThread *t, HdValue v) {
    if (hd_is_exact(v, &hd_bytes_type)) return hd_retain(t, v);
    if (hd_is_exact(v, &hd_bytearray_type)) {
        hd_lock_object(t, hd_as_object(v));
        HdValue copy = hd_bytes_new(t, hd_bytearray_data(v), HD_AS(HdByteArray, v)->length);
        hd_unlock_object(t, hd_as_object(v));
        return copy;
    }
    if (hd_buffer_check(v)) {
        HdBuffer buffer;
        if (hd_buffer_get(t, v, &buffer, HD_BUFFER_FULL_RO) < 0) return HD_NULL;
        uint8_t only;
        if (buffer.length == 1) hd_buffer_copy_out(&buffer, &only); /* one-byte results are shared */
        HdValue result = hd_bytes_new(t, buffer.length == 1 ? &only : NULL, buffer.length);
        if (!hd_is_null(result) && buffer.length > 1) hd_buffer_copy_out(&buffer, hd_bytes_data(result));
        hd_buffer_release(t, &buffer);
        return result;
    }
    if (!hd_is_str(v)) return from_iterator(t, v, true);
    return hd_raise(t, &hd_TypeError, "cannot convert '%T' object to bytes", v);
}

static HdValue construct_from_str(HdThread *t, HdValue source, HdValue encoding, HdValue errors) {
    const char *text[2] = {NULL, NULL};
    HdValue given[2] = {encoding, errors};
    for (int i = 0; i < 2; i++) {
        if (hd_is_null(given[i])) continue;
        text[i] = hd_str_utf8(t, given[i], NULL);
        if (!text[i]) return HD_NULL;
    }
    return hd_str_encode(t, source, text[0], text[1]);
}

HdValue hd_bytes_construct(HdThread *t, HdValue source, HdValue encoding, HdValue errors, bool for_bytes) {
    const char *name = for_bytes ? "bytes" : "bytearray";
    HdValue given[2] = {encoding, errors};
    for (int i = 0; i < 2; i++) {
        if (!hd_is_null(given[i]) && !hd_is_str(given[i])) {
            return hd_raise(t, &hd_TypeError, "%s() argument '%s' must be str, not %T", name, i ? "errors" : "encoding",
                            given[i]);
        }
    }
    if (!hd_is_null(source) && hd_is_str(source)) {
        if (hd_is_null(encoding)) return hd_raise(t, &hd_TypeError, "string argument without an encoding");
        return construct_from_str(t, source, encoding, errors);
    }
    if (!hd_is_null(encoding)) return hd_raise(t, &hd_TypeError, "encoding without a string argument");
    if (!hd_is_null(errors)) return hd_raise(t, &hd_TypeError, "errors without a string argument");
    if (hd_is_null(source)) return hd_bytes_empty();
    if (hd_number_check_index(source)) {
        HdSize count = hd_number_as_size(t, source, &hd_OverflowError);
        if (count == -1 && hd_raised(t)) {
            if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
            hd_clear_raised(t); /* __index__ = None or the like: try the others */
        } else {
            if (count < 0) return hd_raise(t, &hd_ValueError, "negative count");
            HdValue v = hd_bytes_new(t, NULL, count);
            if (!hd_is_null(v) && count) memset(hd_bytes_data(v), 0, (size_t)count);
            return v;
        }
    }
    if (hd_buffer_check(source)) return hd_bytes_from_object(t, source);
    return from_iterator(t, source, for_bytes);
}

static const HdMethodDef new_def = HD_METHOD(NULL, "bytes(source=b'', encoding='utf-8', errors='strict')", NULL);

static HdValue slot_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs == 1 && hd_is_null(kwnames) && type == &hd_bytes_type) {
        HdValue source = hd_ref_value(args[0]);
        if (hd_is_exact(source, &hd_bytearray_type)) return hd_bytes_from_object(t, source);
    }
    HdValue bound[3];
    if (nargs == 1 && hd_is_null(kwnames)) {
        bound[0] = hd_ref_value(args[0]);
        bound[1] = bound[2] = HD_NULL;
    } else if (hd_native_bind(t, &new_def, args, nargs, kwnames, bound) < 0) {
        return HD_NULL;
    }
    HdValue made = HD_NULL, method;
    int found = 0;
    if (!hd_is_null(bound[0]) && !hd_is_exact_list(bound[0]) && hd_is_null(bound[1]) && hd_is_null(bound[2])) {
        found = hd_object_find_special(t, bound[0], HD_NAME("__bytes__"), &method);
        if (found < 0) return HD_NULL;
    }
    if (found) {
        made = hd_object_call0(t, method);
        hd_release(t, method);
        if (hd_is_null(made)) return made;
        if (!hd_is_bytes(made)) {
            hd_raise(t, &hd_TypeError, "__bytes__ returned non-bytes (type %T)", made);
            hd_release(t, made);
            return HD_NULL;
        }
    } else {
        made = hd_bytes_construct(t, bound[0], bound[1], bound[2], true);
    }
    if (hd_is_null(made) || type == &hd_bytes_type) return made;
    HdValue v = alloc(t, type, hd_bytes_length(made));
    if (!hd_is_null(v)) memcpy(hd_bytes_data(v), hd_bytes_data(made), (size_t)hd_bytes_length(made));
    hd_release(t, made);
    return v;
}

/* --- slots --- */

HdValue hd_bytes_repr_of(HdThread *t, const uint8_t *data, HdSize length, const char *before, const char *after) {
    static const char digits[] = "0123456789abcdef";
    bool single = length && memchr(data, '\'', (size_t)length), twofold = length && memchr(data, '"', (size_t)length);
    char quote = single && !twofold ? '"' : '\'';
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    hd_str_builder_text(&b, before);
    hd_str_builder_char(&b, 'b');
    hd_str_builder_char(&b, (uint8_t)quote);
    for (HdSize i = 0; i < length && !b.failed; i++) {
        uint8_t c = data[i];
        if (c == (uint8_t)quote || c == '\\' || (c == '\'' && *before)) { /* a bytearray's repr escapes it always */
            char text[2] = {'\\', (char)c};
            hd_str_builder_ascii(&b, text, 2);
        } else if (c == '\t') {
            hd_str_builder_ascii(&b, "\\t", 2);
        } else if (c == '\n') {
            hd_str_builder_ascii(&b, "\\n", 2);
        } else if (c == '\r') {
            hd_str_builder_ascii(&b, "\\r", 2);
        } else if (c < ' ' || c >= 0x7F) {
            char text[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
            hd_str_builder_ascii(&b, text, 4);
        } else {
            hd_str_builder_char(&b, c);
        }
    }
    hd_str_builder_char(&b, (uint8_t)quote);
    hd_str_builder_text(&b, after);
    return hd_str_builder_finish(&b);
}

HdValue hd_bytes_repr(HdThread *t, HdValue v) {
    return hd_bytes_repr_of(t, hd_bytes_data(v), hd_bytes_length(v), "", "");
}

int hd_bytes_warn_str(HdThread *t, HdValue self) {
    if (!hd_runtime.bytes_warning) return 0;
    return hd_warn(t, &hd_BytesWarning, 1, "str() on a %s instance", hd_is_bytes(self) ? "bytes" : "bytearray");
}

int hd_bytes_warn_compare(HdThread *t, HdValue self, HdValue other, int op) {
    if (!hd_runtime.bytes_warning || (op != HD_EQ && op != HD_NE)) return 0;
    if (hd_is_str(other))
        return hd_warn(t, &hd_BytesWarning, 1, "Comparison between %s and string", hd_is_bytes(self) ? "bytes" : "bytearray");
    if (hd_is_int(other) && hd_is_bytes(self)) return hd_warn(t, &hd_BytesWarning, 1, "Comparison between bytes and int");
    return 0;
}

static HdValue slot_str(HdThread *t, HdValue self) { return hd_bytes_warn_str(t, self) < 0 ? HD_NULL : hd_bytes_repr(t, self); }

static int64_t slot_hash(HdThread *t, HdValue self) {
    HdBytes *b = HD_AS(HdBytes, self);
    int64_t hash = HD_LOAD_RELAXED(&b->hash);
    if (hash == 0) {
        HdHashKey key = {hd_runtime.hash_key[0], hd_runtime.hash_key[1]};
        hash = hd_hash_bytes(key, b->data, (size_t)b->length);
        HD_STORE_RELAXED(&b->hash, hash);
    }
    return hash;
}

static HdValue slot_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_bytes(left) || !hd_is_bytes(right)) return hd_bytes_warn_compare(t, left, right, op) < 0 ? HD_NULL : hd_NotImplemented;
    HdSize a = hd_bytes_length(left), b = hd_bytes_length(right), common = a < b ? a : b;
    if ((op == HD_EQ || op == HD_NE) && a != b) return hd_bool(op == HD_NE);
    int order = memcmp(hd_bytes_data(left), hd_bytes_data(right), (size_t)common);
    if (order == 0) order = a < b ? -1 : a > b;
    switch (op) {
    case HD_LT: return hd_bool(order < 0);
    case HD_LE: return hd_bool(order <= 0);
    case HD_EQ: return hd_bool(order == 0);
    case HD_NE: return hd_bool(order != 0);
    case HD_GT: return hd_bool(order > 0);
    default: return hd_bool(order >= 0);
    }
}

HdValue hd_bytes_concat(HdThread *t, HdValue a, HdValue b) {
    HdBytesView x, y;
    if (!hd_buffer_check(a) || !hd_buffer_check(b)) return hd_raise(t, &hd_TypeError, "can't concat %T to %T", b, a);
    if (hd_bytes_view(t, a, &x) < 0) return HD_NULL;
    HdValue v = HD_NULL;
    if (hd_bytes_view(t, b, &y) == 0) {
        if (x.length > HD_SIZE_MAX - y.length) {
            hd_raise_no_memory(t);
        } else if (y.length == 0 && hd_is_exact(a, &hd_bytes_type)) {
            v = hd_retain(t, a);
        } else if (x.length == 0 && hd_is_exact(b, &hd_bytes_type) && hd_is_bytes(a)) {
            v = hd_retain(t, b);
        } else {
            v = hd_bytes_like(t, a, NULL, x.length + y.length);
            if (!hd_is_null(v) && x.length + y.length) {
                memcpy(hd_bytes_like_data(v), x.data, (size_t)x.length);
                memcpy(hd_bytes_like_data(v) + x.length, y.data, (size_t)y.length);
            }
        }
        hd_bytes_view_end(t, &y);
    }
    hd_bytes_view_end(t, &x);
    return v;
}

static HdValue slot_add(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_bytes(left)) return hd_NotImplemented;
    if (hd_is_exact(left, &hd_bytes_type) && hd_is_exact(right, &hd_bytes_type)) {
        HdSize x = hd_bytes_length(left), y = hd_bytes_length(right);
        if (y == 0) return hd_retain(t, left);
        if (x == 0) return hd_retain(t, right);
        HdValue v = hd_bytes_new(t, NULL, x + y); /* two lengths of things in memory cannot overflow */
        if (hd_is_null(v)) return v;
        memcpy(hd_bytes_data(v), hd_bytes_data(left), (size_t)x);
        memcpy(hd_bytes_data(v) + x, hd_bytes_data(right), (size_t)y);
        return v;
    }
    if (!hd_buffer_check(right)) {
        HdType *type = hd_type_of(right);
        if (type->add && type->add != hd_bytes_type.add && (type->flags & HD_TYPE_HEAP)) return hd_NotImplemented;
        return hd_raise(t, &hd_TypeError, "can't concat %T to %T", right, left);
    }
    return hd_bytes_concat(t, left, right);
}

static HdValue slot_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue self = left, times = right;
    if (!hd_is_bytes(self)) self = right, times = left;
    if (!hd_is_bytes(self) || !hd_number_check_index(times)) {
        if (hd_is_bytes(left) && !hd_type_of(right)->multiply) {
            return hd_raise(t, &hd_TypeError, "can't multiply sequence by non-int of type '%T'", right);
        }
        return hd_NotImplemented;
    }
    HdSize count = hd_number_as_size(t, times, &hd_OverflowError), length = hd_bytes_length(self);
    if (count == -1 && hd_raised(t)) return HD_NULL;
    if (count <= 0 || length == 0) return hd_bytes_empty();
    if (count == 1 && hd_is_exact(self, &hd_bytes_type)) return hd_retain(t, self);
    if (length > HD_SIZE_MAX / count) return hd_raise(t, &hd_OverflowError, "repeated bytes are too long");
    HdValue v = hd_bytes_new(t, NULL, length * count);
    if (hd_is_null(v)) return v;
    uint8_t *data = hd_bytes_data(v);
    HdSize total = length * count, done = length;
    memcpy(data, hd_bytes_data(self), (size_t)length);
    for (HdSize more; done < total; done += more) { /* what is there, again */
        more = done < total - done ? done : total - done;
        memcpy(data + done, data, (size_t)more);
    }
    return v;
}

static HdValue slot_remainder(HdThread *t, HdValue left, HdValue right) {
    return hd_is_bytes(left) ? hd_bytes_percent(t, left, right) : hd_NotImplemented;
}

static HdSize slot_length(HdThread *t, HdValue self) { return hd_bytes_length(self); }

HdValue hd_bytes_subscript(HdThread *t, HdValue like, const uint8_t *data, HdSize length, HdValue key,
                           const char *name) {
    if (hd_is_imm_int(key)) {
        HdSize i = hd_imm_int_value(key);
        if (i < 0) i += length;
        if (i >= 0 && i < length) return hd_imm_int(data[i]);
    }
    if (hd_number_check_index(key)) {
        HdSize i = hd_number_as_size(t, key, &hd_IndexError);
        if (i == -1 && hd_raised(t)) return HD_NULL;
        if (i < 0) i += length;
        if (i < 0 || i >= length) return hd_raise(t, &hd_IndexError, hd_is_bytes(like) ? "index out of range" : "bytearray index out of range");
        return hd_imm_int(data[i]);
    }
    if (!hd_is_exact(key, &hd_slice_type)) {
        return hd_raise(t, &hd_TypeError, "%s indices must be integers or slices, not %T", name, key);
    }
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return HD_NULL;
    HdSize count = hd_slice_adjust(length, &start, &stop, step);
    if (count <= 0) return hd_bytes_like(t, like, NULL, 0);
    if (step == 1) {
        if (count == length && hd_is_exact(like, &hd_bytes_type)) return hd_retain(t, like);
        return hd_bytes_like(t, like, data + start, count);
    }
    HdValue v = hd_bytes_like(t, like, NULL, count);
    if (hd_is_null(v)) return v;
    uint8_t *to = hd_bytes_like_data(v);
    for (HdSize i = 0; i < count; i++) to[i] = data[start + i * step];
    return v;
}

static HdValue slot_getitem(HdThread *t, HdValue self, HdValue key) {
    return hd_bytes_subscript(t, self, hd_bytes_data(self), hd_bytes_length(self), key, "byte");
}

static int slot_getbuffer(HdThread *t, HdValue self, HdBuffer *view, int flags) {
    return hd_buffer_fill(t, view, self, hd_bytes_data(self), hd_bytes_length(self), true, flags);
}

static void dealloc(HdThread *t, HdObject *self) {
    if (HD_UNLIKELY(HD_LOAD_RELAXED(&self->flags) & HD_FLAG_OWN1)) hd_bytes_shared_free(t, self);
    else hd_type_free(t, self);
}

static HdValue method_getnewargs(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue copy = hd_bytes_new(t, hd_bytes_data(self), hd_bytes_length(self));
    return hd_is_null(copy) ? HD_NULL : hd_tuple_pack(t, 1, copy);
}

static HdValue method_bytes(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_exact(self, &hd_bytes_type)) return hd_retain(t, self);
    return hd_bytes_new(t, hd_bytes_data(self), hd_bytes_length(self));
}

static HdValue method_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int((HdSize)offsetof(HdBytes, data) + hd_bytes_length(self) + 1);
}

/* fromhex(): a class method of both types; `self` is the class. */
HdValue hd_bytes_parse_hex(HdThread *t, HdValue text) {
    if (!hd_is_str(text)) return hd_raise_bad_argument(t, "fromhex", "str", text);
    HdSize length = hd_str_length(text), count = 0;
    HdValue v = hd_bytes_new(t, NULL, length / 2 + 2);
    if (hd_is_null(v)) return v;
    uint8_t *out = hd_bytes_data(v);
    for (HdSize i = 0; i < length;) {
        uint32_t c = hd_str_at(text, i);
        if (c == ' ' || c - 9 < 5) {
            i++;
            continue;
        }
        int value = 0;
        for (int k = 0; k < 2; k++, i++) {
            c = i < length ? hd_str_at(text, i) : 0;
            int digit = c - '0' < 10 ? (int)(c - '0') : (c | 32) - 'a' < 6 ? (int)((c | 32) - 'a' + 10) : -1;
            if (digit < 0) {
                hd_release(t, v);
                return hd_raise(t, &hd_ValueError, "non-hexadecimal number found in fromhex() arg at position %zd", i);
            }
            value = value * 16 + digit;
        }
        out[count++] = (uint8_t)value;
    }
    return hd_bytes_shrink_steal(t, v, count);
}

static HdValue method_fromhex(HdThread *t, HdValue self, const HdValue *args) {
    HdValue v = hd_bytes_parse_hex(t, args[0]);
    if (hd_is_null(v) || hd_same(self, hd_type_value(&hd_bytes_type))) return v;
    HdValue made = hd_object_call1(t, self, v);
    hd_release(t, v);
    return made;
}

static const HdMethodDef methods[] = {
    HD_BYTES_SHARED_METHODS,
    HD_CLASS_METHOD(method_fromhex, "fromhex($type, string, /)",
                    "Create a bytes object from a string of hexadecimal numbers."),
    HD_METHOD(method_bytes, "__bytes__($self, /)", "Convert this value to exact type bytes."),
    HD_METHOD(method_getnewargs, "__getnewargs__($self, /)", NULL),
    HD_METHOD(method_sizeof, "__sizeof__($self, /)", "Returns the size of the object in memory, in bytes."),
    HD_METHODS_END,
};

HdType hd_bytes_type = {
    HD_TYPE_HEAD("bytes"),
    .doc = "bytes(iterable_of_ints) -> bytes\n"
           "bytes(string, encoding[, errors]) -> bytes\n"
           "bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\n"
           "bytes(int) -> bytes object of size given by the parameter initialized with null bytes\n"
           "bytes() -> empty bytes object\n\n"
           "Construct an immutable array of bytes from:\n"
           "  - an iterable yielding integers in range(256)\n"
           "  - a text string encoded using the specified encoding\n"
           "  - any object implementing the buffer API.\n"
           "  - an integer",
    .basicsize = offsetof(HdBytes, data) + 1,
    .itemsize = 1,
    .var_size = var_size,
    .attrs_offset = HD_ATTRS_NONE,
    .flags = HD_TYPE_BASE | HD_TYPE_BYTES | HD_TYPE_IMMUTABLE | HD_TYPE_MATCH_SELF,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = dealloc,
    .repr = hd_bytes_repr,
    .str = slot_str,
    .hash = slot_hash,
    .compare = slot_compare,
    .iter = hd_bytes_iter,
    .create = slot_new,
    .add = slot_add,
    .multiply = slot_multiply,
    .remainder = slot_remainder,
    .length = slot_length,
    .getitem = slot_getitem,
    .contains = hd_bytes_contains,
    .getbuffer = slot_getbuffer,
    .methods = methods,
};

int hd_bytes_init(HdThread *t) {
    for (int i = 0; i < 257; i++) {
        SharedBytes *b = &shared[i];
        if (b->head.type) continue;
        b->head = (HdObject)HD_STATIC_HEADER(&hd_bytes_type);
        b->length = i > 0;
        b->data[0] = i > 0 ? (uint8_t)(i - 1) : 0;
    }
    return 0;
}
