/* ctypes_array.c -- arrays of C types: the metaclass and Array. Arrays of characters have `value` and `raw`.
 *
 * No locks: see ctypes_types.h.
 */
#include "ctypes_types.h"

#include <stdlib.h>

/* --- value and raw --- */

static HdValue get_raw(HdThread *t, HdValue self, void *closure) {
    return hd_bytes_new(t, hd_cdata(self)->data, hd_cdata(self)->size);
}
static int set_raw(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    HdBuffer buffer;
    if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    bool fits = buffer.length <= hd_cdata(self)->size;
    if (fits) memmove(hd_cdata(self)->data, buffer.data, (size_t)buffer.length);
    hd_buffer_release(t, &buffer);
    return fits ? 0 : hd_raise_int(t, &hd_ValueError, "byte string too long");
}
static HdValue get_chars(HdThread *t, HdValue self, void *closure) {
    return hd_ctypes_chars_get(t, hd_cdata(self)->data, hd_cdata(self)->size);
}
static int set_chars(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "can't delete attribute");
    if (!hd_is_bytes(v)) {
        return hd_raise_int(t, &hd_TypeError, "bytes expected instead of %s instance", hd_type_name(v));
    }
    if (hd_bytes_length(v) > hd_cdata(self)->size) return hd_raise_int(t, &hd_ValueError, "byte string too long");
    return hd_is_null(hd_ctypes_chars_set(t, hd_cdata(self)->data, v, hd_cdata(self)->size)) ? -1 : 0;
}
static HdValue get_wide(HdThread *t, HdValue self, void *closure) {
    return hd_ctypes_wchars_get(t, hd_cdata(self)->data, hd_cdata(self)->size);
}
static int set_wide(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "can't delete attribute");
    if (hd_is_str(v) && hd_str_length(v) > hd_cdata(self)->size / (HdSize)sizeof(wchar_t)) {
        return hd_raise_int(t, &hd_ValueError, "string too long");
    }
    return hd_is_null(hd_ctypes_wchars_set(t, hd_cdata(self)->data, v, hd_cdata(self)->size)) ? -1 : 0;
}
static const HdGetSetDef raw_def = {"raw", get_raw, set_raw, "value", NULL};
static const HdGetSetDef chars_def = {"value", get_chars, set_chars, "string value", NULL};
static const HdGetSetDef wide_def = {"value", get_wide, set_wide, "string value", NULL};

/* --- making a class --- */

/* `_length_`; -1 raised. */
static HdSize find_length(HdThread *t, HdValue self) {
    HD_OWNED HdValue v = HD_NULL;
    int found = hd_object_find_attr(t, self, HD_NAME("_length_"), &v);
    if (found < 0) return -1;
    if (!found || hd_is_none(v)) return hd_raise_int(t, &hd_AttributeError, "class must define a '_length_' attribute");
    int64_t length;
    if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "The '_length_' attribute must be an integer");
    if (hd_int_sign(v) < 0) return hd_raise_int(t, &hd_ValueError, "The '_length_' attribute must not be negative");
    if (hd_int_try_i64(v, &length)) return length;
    return hd_raise_int(t, &hd_OverflowError, "The '_length_' attribute is too large");
}

static int set_shape(HdThread *t, HdCtype *c, const HdCtype *item) {
    int inner = item->kind == HD_CTYPE_ARRAY ? item->ndim : 0;
    c->ndim = inner + 1;
    c->shape = malloc((size_t)c->ndim * 2 * sizeof *c->shape);
    if (!c->shape) return hd_raise_no_memory(t), -1;
    c->strides = c->shape + c->ndim;
    c->shape[0] = c->length;
    c->strides[0] = item->size;
    for (int i = 0; i < inner; i++) {
        c->shape[i + 1] = item->shape[i];
        c->strides[i + 1] = item->strides[i];
    }
    return 0;
}

static int set_layout(HdThread *t, HdCtype *c, HdValue proto, HdSize length) {
    HdCtype *item = hd_ctype_with_layout(proto);
    if (!item) return hd_raise_int(t, &hd_TypeError, "_type_ must have storage info");
    c->proto = hd_retain(t, proto);
    c->length = length;
    if (__builtin_mul_overflow(item->size, length, &c->size)) {
        return hd_raise_int(t, &hd_OverflowError, "array too large");
    }
    c->align = item->align;
    c->has_bits = item->has_bits;
    c->ffi = &ffi_type_pointer;
    if (item->flags & (HD_CTYPE_IS_POINTER | HD_CTYPE_HAS_POINTER)) c->flags |= HD_CTYPE_HAS_POINTER;
    c->format = hd_ctypes_format(t, "%s", item->format);
    if (!c->format || set_shape(t, c, item) < 0) return -1;
    c->kind = HD_CTYPE_ARRAY;
    if (hd_ctypes_is_code(item, 'c')) {
        if (hd_ctypes_add_getset(t, &c->type, &chars_def) < 0) return -1;
        return hd_ctypes_add_getset(t, &c->type, &raw_def);
    }
    return hd_ctypes_is_code(item, 'u') ? hd_ctypes_add_getset(t, &c->type, &wide_def) : 0;
}

static HdValue array_meta_create(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue self = hd_ctypes_new_class(t, meta, args, nargs, kwnames);
    if (hd_is_null(self)) return self;
    HdSize length = find_length(t, self);
    if (length < 0) return HD_NULL;
    HD_OWNED HdValue proto = HD_NULL;
    int found = hd_object_find_attr(t, self, HD_NAME("_type_"), &proto);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_AttributeError, "class must define a '_type_' attribute");
    return set_layout(t, hd_ctype(self), proto, length) < 0 ? HD_NULL : hd_move(&self);
}

/* --- items --- */

HD_INLINE HdSize item_size(HdCtype *c) { return hd_ctype(c->proto)->size; }
/* Items that are there: assigning to __class__ may have made the type's length too long. */
static HdSize item_count(HdValue self) {
    HdCtype *c = hd_ctype_of(self);
    HdSize size = item_size(c), room = size ? hd_cdata(self)->size / size : c->length;
    return c->length < room ? c->length : room;
}

static HdValue get_item(HdThread *t, HdValue self, HdSize index) {
    HdCtype *c = hd_ctype_of(self);
    if (index < 0 || index >= item_count(self)) return hd_raise(t, &hd_IndexError, "invalid index");
    HdSize size = item_size(c);
    return hd_ctypes_get(t, c->proto, self, index, size, hd_cdata(self)->data + index * size);
}
static int set_item(HdThread *t, HdValue self, HdSize index, HdValue v) {
    HdCtype *c = hd_ctype_of(self);
    if (index < 0 || index >= item_count(self)) return hd_raise_int(t, &hd_IndexError, "invalid index");
    HdSize size = item_size(c);
    return hd_ctypes_set(t, c->proto, self, index, size, hd_cdata(self)->data + index * size, v);
}

static HdValue get_slice(HdThread *t, HdValue self, HdValue slice) {
    HdCtype *c = hd_ctype_of(self), *item = hd_ctype(c->proto);
    HdSize start, stop, step;
    if (hd_slice_unpack(t, slice, &start, &stop, &step) < 0) return HD_NULL;
    HdSize count = hd_slice_adjust(item_count(self), &start, &stop, step);
    if (count <= 1) step = 1; /* it may be huge */
    if (hd_ctypes_is_code(item, 'c')) return hd_ctypes_slice_chars(t, hd_cdata(self)->data, start, step, count);
    if (hd_ctypes_is_code(item, 'u')) return hd_ctypes_slice_wchars(t, hd_cdata(self)->data, start, step, count);
    HD_OWNED HdValue list = hd_list_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(list); i++) {
        HdValue v = get_item(t, self, start + i * step);
        if (hd_is_null(v) || hd_list_append_steal(t, list, v) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue array_getitem(HdThread *t, HdValue self, HdValue key) {
    if (hd_is_exact(key, &hd_slice_type)) return get_slice(t, self, key);
    if (!hd_number_check_index(key)) return hd_raise(t, &hd_TypeError, "indices must be integers");
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    return get_item(t, self, index < 0 ? index + item_count(self) : index);
}

static int set_slice(HdThread *t, HdValue self, HdValue slice, HdValue v) {
    HdSize start, stop, step;
    if (hd_slice_unpack(t, slice, &start, &stop, &step) < 0) return -1;
    HdSize count = hd_slice_adjust(item_count(self), &start, &stop, step);
    HdSize given = hd_object_length(t, v);
    if (given < 0) return -1;
    if (given != count) return hd_raise_int(t, &hd_ValueError, "Can only assign sequence of same size");
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue item = hd_object_getitem_index(t, v, i);
        if (hd_is_null(item) || set_item(t, self, i ? start + i * step : start, item) < 0) return -1;
    }
    return 0;
}

static int array_setitem(HdThread *t, HdValue self, HdValue key, HdValue v) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "Array does not support item deletion");
    if (hd_is_exact(key, &hd_slice_type)) return set_slice(t, self, key, v);
    if (!hd_number_check_index(key)) return hd_raise_int(t, &hd_TypeError, "indices must be integer");
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    if (index == -1 && hd_raised(t)) return -1;
    return set_item(t, self, index < 0 ? index + item_count(self) : index, v);
}

static HdSize array_length(HdThread *t, HdValue self) { return item_count(self); }

static int array_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    for (HdSize i = 0; i < nargs; i++) {
        if (set_item(t, self, i, hd_ref_value(args[i])) < 0) return -1;
    }
    return 0;
}

static HdValue class_getitem(HdThread *t, HdValue type, const HdValue *args) {
    return hd_generic_alias_new(t, type, args[0]);
}

/* --- the types --- */

static const HdMethodDef array_meta_methods[] = {
    HD_CTYPES_FROM_METHODS,
    HD_CTYPES_FROM_PARAM(hd_ctypes_from_param),
    HD_METHODS_END,
};
HdType hd_ctypes_array_meta = {
    HD_CTYPES_META("_ctypes.PyCArrayType"),
    .doc = "Metaclass of array types.",
    .create = array_meta_create,
    .methods = array_meta_methods,
};

static const HdMethodDef array_methods[] = {
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
HdCtype hd_ctypes_array_type = {.type = {
    .head = HD_STATIC_HEADER(&hd_ctypes_array_meta),
    .name = "_ctypes.Array",
    .doc = "Base of arrays: a subclass gives _length_, a non-negative int, and _type_, a C type.",
    .base = &hd_ctypes_data_type.type,
    .basicsize = sizeof(HdCdata),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = hd_ctypes_dealloc,
    .traverse = hd_ctypes_traverse,
    .clear = hd_ctypes_clear,
    .create = hd_ctypes_create,
    .init = array_init,
    .length = array_length,
    .getitem = array_getitem,
    .setitem = array_setitem,
    .methods = array_methods,
}};
