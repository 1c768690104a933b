/* bytearray.c -- the mutable sequence of bytes.
 *
 * All changes hold the object's lock (GIL off), and so do reads of its block. `start` lets bytes be cut off at the
 * front without moving the rest. While buffers are lent out (`exports`) the block must not move or shrink: BufferError.
 * Values that come from Python (indices, items) are turned into C before the lock is taken.
 */
#include "bytes_internal.h"
#include "dict.h"
#include "heap_page.h"
#include "list.h"
#include "mutex.h"
#include "number.h"
#include "slice.h"
#include "str.h"

HD_INLINE HdByteArray *as(HdValue v) { return HD_AS(HdByteArray, v); }
#define LOCK(self) hd_lock_object(t, hd_as_object(self))
#define UNLOCK(self) hd_unlock_object(t, hd_as_object(self))

/* Sets the length, keeping what fits; new bytes are not set. Lock held; raises. */
static int resize(HdThread *t, HdByteArray *b, HdSize length) {
    if (length == b->length) return 0;
    if (b->exports > 0) {
        return hd_raise_int(t, &hd_BufferError, "Existing exports of data: object cannot be re-sized");
    }
    if (length + b->start < b->capacity && length >= b->capacity / 4) { /* one byte stays for the NUL */
        b->length = length;
        if (b->data) b->data[b->start + length] = 0;
        return 0;
    }
    if (length > HD_SIZE_MAX - 64) {
        hd_raise_no_memory(t);
        return -1;
    }
    HdSize capacity = length + 1;
    if (length > b->length && b->length > 0) capacity = length + length / 8 + (length < 9 ? 3 : 6) + 1;
    bool moves = !b->data || b->start; /* else the system may let it grow where it is: long ones by whole pages */
    uint8_t *data = moves ? hd_heap_raw(t, (size_t)capacity)
                          : hd_heap_raw_resize(t, b->data, (size_t)b->capacity, (size_t)capacity);
    if (!data) {
        hd_raise_no_memory(t);
        return -1;
    }
    HdSize kept = length < b->length ? length : b->length;
    if (moves && kept > 0) memcpy(data, b->data + b->start, (size_t)kept);
    data[length] = 0;
    if (moves && b->data) hd_heap_raw_free(t, b->data, (size_t)b->capacity);
    b->data = data;
    b->start = 0;
    b->capacity = capacity;
    b->length = length;
    return 0;
}

int hd_bytearray_resize(HdThread *t, HdValue v, HdSize length) {
    LOCK(v);
    int status = resize(t, as(v), length);
    UNLOCK(v);
    return status;
}

static HdValue make(HdThread *t, HdType *type, const void *data, HdSize length) {
    HdValue v = hd_type_alloc(t, type);
    if (hd_is_null(v) || length == 0) return v;
    HdByteArray *b = as(v);
    b->data = length > HD_SIZE_MAX - 64 ? NULL : hd_heap_raw_here(t, (size_t)length + 1);
    if (!b->data) {
        hd_release(t, v);
        return hd_raise_no_memory(t);
    }
    b->capacity = length + 1;
    b->length = length;
    if (data) memcpy(b->data, data, (size_t)length);
    b->data[length] = 0;
    return v;
}

HdValue hd_bytearray_new(HdThread *t, const void *data, HdSize length) {
    return make(t, &hd_bytearray_type, data, length);
}

static void dealloc(HdThread *t, HdObject *self) {
    HdByteArray *b = (HdByteArray *)self;
    if (b->data) hd_heap_raw_free_here(t, b->data, (size_t)b->capacity);
    hd_type_free(t, self);
}

static HdValue slot_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

/* Replaces [start, end) by the bytes given. Lock held; `bytes` must not lie in b's own block. */
static int splice(HdThread *t, HdByteArray *b, HdSize start, HdSize end, const uint8_t *bytes, HdSize count) {
    HdSize length = b->length, growth = count - (end - start);
    if (growth == 0) {
        if (count) memcpy(b->data + b->start + start, bytes, (size_t)count);
        return 0;
    }
    if (growth < 0) {
        if (b->exports > 0) {
            return hd_raise_int(t, &hd_BufferError, "Existing exports of data: object cannot be re-sized");
        }
        uint8_t *data = b->data + b->start;
        if (start == 0) { /* cut at the front */
            b->start -= growth;
            b->length += growth;
        } else {
            memmove(data + end + growth, data + end, (size_t)(length - end));
            if (resize(t, b, length + growth) < 0) return -1;
        }
    } else {
        if (length > HD_SIZE_MAX - growth) {
            hd_raise_no_memory(t);
            return -1;
        }
        if (resize(t, b, length + growth) < 0) return -1;
        uint8_t *data = b->data + b->start;
        memmove(data + end + growth, data + end, (size_t)(length - end));
    }
    if (count) memcpy(b->data + b->start + start, bytes, (size_t)count);
    return 0;
}

static int append_byte(HdThread *t, HdValue self, HdValue item) {
    int byte = hd_bytes_byte(t, item, "byte must be in range(0, 256)");
    if (byte < 0) return -1;
    uint8_t c = (uint8_t)byte;
    LOCK(self);
    int status = splice(t, as(self), as(self)->length, as(self)->length, &c, 1);
    UNLOCK(self);
    return status;
}

/* Byte by byte: who makes the bytes may look at those that are there already. */
static int fill_from_iterable(HdThread *t, HdValue self, HdValue source) {
    HD_OWNED HdValue iterator = hd_object_iter(t, source);
    if (hd_is_null(iterator)) {
        if (hd_raised_is(t, &hd_TypeError)) hd_raise(t, &hd_TypeError, "cannot convert '%T' object to bytearray", source);
        return -1;
    }
    LOCK(self);
    int status = splice(t, as(self), 0, as(self)->length, NULL, 0);
    UNLOCK(self);
    while (status == 0) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        status = append_byte(t, self, item);
    }
    return status;
}

static const HdMethodDef init_def = HD_METHOD(NULL, "bytearray(source=b'', encoding='utf-8', errors='strict')", NULL);

static int slot_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue bound[3];
    if (hd_native_bind(t, &init_def, args, nargs, kwnames, bound) < 0) return -1;
    HdValue source = bound[0];
    if (!hd_is_null(source) && hd_is_null(bound[1]) && hd_is_null(bound[2]) && !hd_is_str(source) && !hd_buffer_check(source) &&
        !hd_number_check_index(source)) {
        return fill_from_iterable(t, self, source);
    }
    HD_OWNED HdValue made = hd_bytes_construct(t, bound[0], bound[1], bound[2], false);
    if (hd_is_null(made)) return -1;
    LOCK(self);
    int status = splice(t, as(self), 0, as(self)->length, hd_bytes_data(made), hd_bytes_length(made));
    UNLOCK(self);
    return status;
}

static HdValue slot_repr(HdThread *t, HdValue self) {
    HdBytesView v;
    if (hd_bytes_view(t, self, &v) < 0) return HD_NULL;
    HD_OWNED HdValue before = hd_str_format(t, "%N(", hd_type_of(self));
    const char *text = hd_is_null(before) ? NULL : hd_str_utf8(t, before, NULL);
    HdValue result = text ? hd_bytes_repr_of(t, v.data, v.length, text, ")") : HD_NULL;
    hd_bytes_view_end(t, &v);
    return result;
}

static HdValue slot_str(HdThread *t, HdValue self) { return hd_bytes_warn_str(t, self) < 0 ? HD_NULL : slot_repr(t, self); }

static HdValue slot_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_buffer_check(left) || !hd_buffer_check(right)) return hd_bytes_warn_compare(t, left, right, op) < 0 ? HD_NULL : hd_NotImplemented;
    HdBytesView x, y;
    if (hd_bytes_view(t, left, &x) < 0 ) {
        hd_clear_raised(t);
        return hd_NotImplemented;
    }
    if (hd_bytes_view(t, right, &y) < 0) {
        hd_clear_raised(t);
        hd_bytes_view_end(t, &x);
        return hd_NotImplemented;
    }
    HdSize common = x.length < y.length ? x.length : y.length;
    int order = memcmp(x.data, y.data, (size_t)common);
    if (order == 0) order = x.length < y.length ? -1 : x.length > y.length;
    hd_bytes_view_end(t, &x);
    hd_bytes_view_end(t, &y);
    switch (op) {
    case HD_LT: return hd_bool(order < 0);
    case HD_LE: return hd_bool(order <= 0);
    case HD_EQ: return hd_bool(order == 0);
    case HD_NE: return hd_bool(order != 0);
    case HD_GT: return hd_bool(order > 0);
    default: return hd_bool(order >= 0);
    }
}

static HdSize slot_length(HdThread *t, HdValue self) { return HD_LOAD_RELAXED(&as(self)->length); }

static HdValue slot_add(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_bytearray(left)) return hd_NotImplemented;
    if (!hd_buffer_check(right) && hd_type_of(right)->add) return hd_NotImplemented;
    return hd_bytes_concat(t, left, right);
}

static int extend_buffer(HdThread *t, HdValue self, HdValue other) {
    HD_OWNED HdValue copy = HD_NULL;
    HdBytesView v;
    if (hd_same(self, other)) { /* the block may move while it is read */
        copy = hd_bytes_from_object(t, other);
        if (hd_is_null(copy)) return -1;
        other = copy;
    }
    if (hd_bytes_view(t, other, &v) < 0) return -1;
    LOCK(self);
    int status = splice(t, as(self), as(self)->length, as(self)->length, v.data, v.length);
    UNLOCK(self);
    hd_bytes_view_end(t, &v);
    return status;
}

static HdValue slot_inplace_add(HdThread *t, HdValue self, HdValue right) {
    if (!hd_buffer_check(right)) return hd_raise(t, &hd_TypeError, "can't concat %T to %T", right, self);
    return extend_buffer(t, self, right) < 0 ? HD_NULL : hd_retain(t, self);
}

static HdValue repeat(HdThread *t, HdValue self, HdSize count, bool in_place) {
    HdBytesView v;
    if (count < 0) count = 0;
    if (hd_bytes_view(t, self, &v) < 0) return HD_NULL;
    HdSize length = v.length;
    HdValue made = HD_NULL;
    if (length && count > HD_SIZE_MAX / length) hd_raise_no_memory(t);
    else made = hd_bytearray_new(t, NULL, length * count);
    for (HdSize i = 0; !hd_is_null(made) && i < count && length; i++)
        memcpy(hd_bytearray_data(made) + i * length, v.data, (size_t)length);
    hd_bytes_view_end(t, &v);
    if (!in_place || hd_is_null(made)) return made;
    LOCK(self);
    int status = splice(t, as(self), 0, as(self)->length, as(made)->length ? hd_bytearray_data(made) : NULL,
                        as(made)->length);
    UNLOCK(self);
    hd_release(t, made);
    return status < 0 ? HD_NULL : hd_retain(t, self);
}

static HdValue slot_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue self = left, times = right;
    if (!hd_is_bytearray(self)) self = right, times = left;
    if (!hd_is_bytearray(self) || !hd_number_check_index(times)) {
        if (hd_is_bytearray(left) && !hd_type_of(right)->multiply) {
            return hd_raise(t, &hd_TypeError, "can't multiply sequence by non-int of type '%T'", right);
        }
        return hd_NotImplemented;
    }
    HdSize count = hd_number_as_size(t, times, &hd_OverflowError);
    if (count == -1 && hd_raised(t)) return HD_NULL;
    return repeat(t, self, count, false);
}

static HdValue slot_inplace_multiply(HdThread *t, HdValue self, HdValue times) {
    if (!hd_number_check_index(times)) {
        return hd_raise(t, &hd_TypeError, "can't multiply sequence by non-int of type '%T'", times);
    }
    HdSize count = hd_number_as_size(t, times, &hd_OverflowError);
    if (count == -1 && hd_raised(t)) return HD_NULL;
    return repeat(t, self, count, true);
}

static HdValue slot_remainder(HdThread *t, HdValue left, HdValue right) {
    return hd_is_bytearray(left) ? hd_bytes_percent(t, left, right) : hd_NotImplemented;
}

static HdValue slot_getitem(HdThread *t, HdValue self, HdValue key) {
    if (hd_is_imm_int(key)) { /* the common case, without a view */
        HdSize i = hd_imm_int_value(key);
        HdValue result = HD_NULL;
        LOCK(self);
        if (i < 0) i += as(self)->length;
        if (i >= 0 && i < as(self)->length) result = hd_imm_int(hd_bytearray_data(self)[i]);
        UNLOCK(self);
        return hd_is_null(result) ? hd_raise(t, &hd_IndexError, "bytearray index out of range") : result;
    }
    HdBytesView v;
    if (hd_number_check_index(key)) {
        HD_OWNED HdValue number = hd_number_index(t, key); /* first: it may change self */
        if (hd_is_null(number) || hd_bytes_view(t, self, &v) < 0) return HD_NULL;
        HdValue result = hd_bytes_subscript(t, self, v.data, v.length, number, "bytearray");
        hd_bytes_view_end(t, &v);
        return result;
    }
    if (!hd_is_exact(key, &hd_slice_type)) {
        return hd_raise(t, &hd_TypeError, "bytearray indices must be integers or slices, not %T", key);
    }
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0 || hd_bytes_view(t, self, &v) < 0) return HD_NULL;
    HdSize count = hd_slice_adjust(v.length, &start, &stop, step);
    HdValue result = count > 0 && step == 1 ? hd_bytearray_new(t, v.data + start, count)
                                            : hd_bytearray_new(t, NULL, count > 0 ? count : 0);
    for (HdSize i = 0; !hd_is_null(result) && step != 1 && i < count; i++)
        hd_bytearray_data(result)[i] = v.data[start + i * step];
    hd_bytes_view_end(t, &v);
    return result;
}

static int set_slice(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HdSize start, stop, step;
    HD_OWNED HdValue source = HD_NULL;
    HdBytesView v;
    v.data = NULL; /* deletes */
    v.length = 0;
    v.copy = NULL;
    v.buffer.owner = HD_NULL;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return -1;
    if (!hd_is_null(value)) {
        if (hd_same(value, self) || !hd_buffer_check(value)) {
            if (hd_number_check_index(value) || hd_is_str(value)) {
                return hd_raise_int(t, &hd_TypeError,
                                    "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
            }
            source = hd_bytes_construct(t, value, HD_NULL, HD_NULL, false);
        } else {
            source = hd_retain(t, value);
        }
        if (hd_is_null(source) || hd_bytes_view(t, source, &v) < 0) return -1;
    }
    int status = 0;
    LOCK(self);
    HdByteArray *b = as(self);
    HdSize count = hd_slice_adjust(b->length, &start, &stop, step);
    if (step == 1) {
        status = splice(t, b, start, start + count, v.data, v.length);
    } else if (v.length == 0) { /* deletes, also when nothing is assigned */
        if (b->exports > 0) {
            status = hd_raise_int(t, &hd_BufferError, "Existing exports of data: object cannot be re-sized");
        } else if (count > 0) {
            uint8_t *data = b->data + b->start;
            if (step < 0) {
                start += step * (count - 1);
                step = -step;
            }
            HdSize to = start;
            for (HdSize i = start, next = start, left = count; i < b->length; i++) {
                if (left > 0 && i == next) {
                    if (--left > 0) next += step;
                } else {
                    data[to++] = data[i];
                }
            }
            status = resize(t, b, to);
        }
    } else if (v.length != count) {
        status = hd_raise_int(t, &hd_ValueError, "attempt to assign bytes of size %zd to extended slice of size %zd",
                              v.length, count);
    } else {
        for (HdSize i = 0; i < count; i++) b->data[b->start + start + i * step] = v.data[i];
    }
    UNLOCK(self);
    hd_bytes_view_end(t, &v);
    return status;
}

static int slot_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    if (hd_is_exact(key, &hd_slice_type)) return set_slice(t, self, key, value);
    if (!hd_number_check_index(key)) {
        return hd_raise_int(t, &hd_TypeError, "bytearray indices must be integers or slices, not %T", key);
    }
    HdSize i = hd_number_as_size(t, key, &hd_IndexError);
    if (i == -1 && hd_raised(t)) return -1;
    int byte = 0;
    if (!hd_is_null(value) && (byte = hd_bytes_byte(t, value, "byte must be in range(0, 256)")) < 0) return -1;
    int status = 0;
    LOCK(self);
    HdByteArray *b = as(self);
    if (i < 0) i += b->length;
    if (i < 0 || i >= b->length) status = hd_raise_int(t, &hd_IndexError, "bytearray index out of range");
    else if (hd_is_null(value)) status = splice(t, b, i, i + 1, NULL, 0);
    else b->data[b->start + i] = (uint8_t)byte;
    UNLOCK(self);
    return status;
}

static int slot_getbuffer(HdThread *t, HdValue self, HdBuffer *view, int flags) {
    HdByteArray *b = as(self);
    LOCK(self);
    void *data = b->data ? b->data + b->start : (void *)"";
    int status = hd_buffer_fill(t, view, self, data, b->length, false, flags);
    if (status == 0) b->exports++;
    UNLOCK(self);
    return status;
}

static void slot_releasebuffer(HdThread *t, HdValue self, HdBuffer *view) {
    LOCK(self);
    as(self)->exports--;
    UNLOCK(self);
}

/* --- methods --- */

static HdValue method_append(HdThread *t, HdValue self, const HdValue *args) {
    return append_byte(t, self, args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue method_extend(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_buffer_check(args[0])) return extend_buffer(t, self, args[0]) < 0 ? HD_NULL : hd_None;
    if (hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "expected iterable of integers; got: 'str'");
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) {
        if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
        hd_clear_raised(t);
        return hd_raise(t, &hd_TypeError, "can't extend bytearray with %T", args[0]);
    }
    HD_OWNED HdValue made = hd_bytes_construct(t, iterator, HD_NULL, HD_NULL, false);
    if (hd_is_null(made)) return HD_NULL;
    return extend_buffer(t, self, made) < 0 ? HD_NULL : hd_None;
}

static HdValue method_insert(HdThread *t, HdValue self, const HdValue *args) {
    HdSize i = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (i == -1 && hd_raised(t)) return HD_NULL;
    int byte = hd_bytes_byte(t, args[1], "byte must be in range(0, 256)");
    if (byte < 0) return HD_NULL;
    uint8_t c = (uint8_t)byte;
    LOCK(self);
    HdSize length = as(self)->length;
    if (i < 0) i = i + length < 0 ? 0 : i + length;
    if (i > length) i = length;
    int status = splice(t, as(self), i, i, &c, 1);
    UNLOCK(self);
    return status < 0 ? HD_NULL : hd_None;
}

static HdValue method_pop(HdThread *t, HdValue self, const HdValue *args) {
    HdSize i = -1;
    if (!hd_is_null(args[0])) {
        i = hd_number_as_size(t, args[0], &hd_IndexError);
        if (i == -1 && hd_raised(t)) return HD_NULL;
    }
    HdValue result = HD_NULL;
    LOCK(self);
    HdByteArray *b = as(self);
    if (b->length == 0) {
        hd_raise(t, &hd_IndexError, "pop from empty bytearray");
    } else {
        if (i < 0) i += b->length;
        if (i < 0 || i >= b->length) {
            hd_raise(t, &hd_IndexError, "pop index out of range");
        } else {
            uint8_t c = b->data[b->start + i];
            if (splice(t, b, i, i + 1, NULL, 0) == 0) result = hd_imm_int(c);
        }
    }
    UNLOCK(self);
    return result;
}

static HdValue method_remove(HdThread *t, HdValue self, const HdValue *args) {
    int byte = hd_bytes_byte(t, args[0], "byte must be in range(0, 256)");
    if (byte < 0) return HD_NULL;
    LOCK(self);
    HdByteArray *b = as(self);
    uint8_t *data = b->length ? b->data + b->start : NULL, *at = data ? memchr(data, byte, (size_t)b->length) : NULL;
    int status = at ? splice(t, b, at - data, at - data + 1, NULL, 0)
                    : hd_raise_int(t, &hd_ValueError, "value not found in bytearray");
    UNLOCK(self);
    return status < 0 ? HD_NULL : hd_None;
}

static HdValue method_reverse(HdThread *t, HdValue self, const HdValue *args) {
    LOCK(self);
    HdByteArray *b = as(self);
    for (HdSize i = 0, j = b->length - 1; i < j; i++, j--) {
        uint8_t *data = b->data + b->start, c = data[i];
        data[i] = data[j];
        data[j] = c;
    }
    UNLOCK(self);
    return hd_None;
}

static HdValue method_clear(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bytearray_resize(t, self, 0) < 0 ? HD_NULL : hd_None;
}

static HdValue method_copy(HdThread *t, HdValue self, const HdValue *args) {
    HdBytesView v;
    if (hd_bytes_view(t, self, &v) < 0) return HD_NULL;
    HdValue copy = hd_bytearray_new(t, v.data, v.length);
    hd_bytes_view_end(t, &v);
    return copy;
}

static HdValue method_alloc(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(as(self)->capacity); }
static HdValue method_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int((HdSize)sizeof(HdByteArray) + as(self)->capacity);
}

static HdValue reduce(HdThread *t, HdValue self, int64_t protocol) {
    HdBytesView v;
    HD_OWNED HdValue state = hd_object_call_method0(t, self, "__getstate__");
    if (hd_is_null(state)) return HD_NULL;
    if (hd_bytes_view(t, self, &v) < 0) return HD_NULL;
    HD_OWNED HdValue arguments = HD_NULL;
    if (protocol < 3) {
        HD_OWNED HdValue text = hd_str_from_latin1(t, v.data, v.length);
        HD_OWNED HdValue latin1 = hd_str_from_text(t, "latin-1");
        if (!hd_is_null(text) && !hd_is_null(latin1)) {
            arguments = v.length ? hd_tuple_pack(t, 2, text, latin1) : hd_retain(t, hd_tuple_empty());
        }
    } else {
        HD_OWNED HdValue bytes = hd_bytes_new(t, v.data, v.length);
        if (!hd_is_null(bytes)) arguments = v.length ? hd_tuple_pack(t, 1, bytes) : hd_retain(t, hd_tuple_empty());
    }
    hd_bytes_view_end(t, &v);
    if (hd_is_null(arguments)) return HD_NULL;
    return hd_tuple_pack(t, 3, hd_type_value(hd_type_of(self)), arguments, state);
}

static HdValue method_reduce(HdThread *t, HdValue self, const HdValue *args) { return reduce(t, self, 2); }
static HdValue method_reduce_ex(HdThread *t, HdValue self, const HdValue *args) {
    int64_t protocol = 0;
    if (!hd_is_null(args[0])) {
        protocol = hd_number_as_i64(t, args[0]);
        if (protocol == -1 && hd_raised(t)) return HD_NULL;
    }
    return reduce(t, self, protocol);
}

static HdValue method_fromhex(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue bytes = hd_bytes_parse_hex(t, args[0]);
    return hd_is_null(bytes) ? HD_NULL : hd_object_call1(t, self, bytes);
}

static const HdMethodDef methods[] = {
    HD_BYTES_SHARED_METHODS,
    HD_CLASS_METHOD(method_fromhex, "fromhex($type, string, /)",
                    "Create a bytearray object from a string of hexadecimal numbers."),
    HD_METHOD(method_append, "append($self, item, /)", "Append a single item to the end of the bytearray."),
    HD_METHOD(method_extend, "extend($self, iterable_of_ints, /)", "Append all the items from the iterator or sequence to the end of the bytearray."),
    HD_METHOD(method_insert, "insert($self, index, item, /)", "Insert a single item into the bytearray before the given index."),
    HD_METHOD(method_pop, "pop($self, index=-1, /)", "Remove and return a single item from B."),
    HD_METHOD(method_remove, "remove($self, value, /)", "Remove the first occurrence of a value in the bytearray."),
    HD_METHOD(method_reverse, "reverse($self, /)", "Reverse the order of the values in B in place."),
    HD_METHOD(method_clear, "clear($self, /)", "Remove all items from the bytearray."),
    HD_METHOD(method_copy, "copy($self, /)", "Return a copy of B."),
    HD_METHOD(method_alloc, "__alloc__($self, /)", "B.__alloc__() -> int\n\nReturn the number of bytes actually allocated."),
    HD_METHOD(method_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHOD(method_reduce_ex, "__reduce_ex__($self, proto=0, /)", "Return state information for pickling."),
    HD_METHOD(method_sizeof, "__sizeof__($self, /)", "Returns the size of the bytearray object in memory, in bytes."),
    HD_METHODS_END,
};

HdType hd_bytearray_type = {
    HD_TYPE_HEAD("bytearray"),
    .doc = "bytearray(iterable_of_ints) -> bytearray\n"
           "bytearray(string, encoding[, errors]) -> bytearray\n"
           "bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\n"
           "bytearray(int) -> bytes array of size given by the parameter initialized with null bytes\n"
           "bytearray() -> empty bytes array\n\n"
           "Construct a mutable bytearray object from:\n"
           "  - an iterable yielding integers in range(256)\n"
           "  - a text string encoded using the specified encoding\n"
           "  - a bytes or a buffer object\n"
           "  - any object implementing the buffer API.\n"
           "  - an integer",
    .basicsize = sizeof(HdByteArray),
    .flags = HD_TYPE_BASE | HD_TYPE_IMMUTABLE | HD_TYPE_MATCH_SELF,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = dealloc,
    .repr = slot_repr,
    .str = slot_str,
    .hash = hd_object_hash_unhashable,
    .compare = slot_compare,
    .iter = hd_bytes_iter,
    .create = slot_new,
    .init = slot_init,
    .add = slot_add,
    .multiply = slot_multiply,
    .remainder = slot_remainder,
    .inplace_add = slot_inplace_add,
    .inplace_multiply = slot_inplace_multiply,
    .length = slot_length,
    .getitem = slot_getitem,
    .setitem = slot_setitem,
    .contains = hd_bytes_contains,
    .getbuffer = slot_getbuffer,
    .releasebuffer = slot_releasebuffer,
    .methods = methods,
};
