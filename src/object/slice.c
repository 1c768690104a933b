/* slice.c -- slice objects and index arithmetic. Slices are immutable; no locks.
 *
 * Anything with __index__ may stand in a slice, so unpacking runs Python.
 */
#include "slice.h"

#include "dict.h"
#include "heap_page.h"
#include "int.h"
#include "list.h"
#include "number.h"

#define SLICE(v) HD_AS(HdSlice, v)

/* None is most of what lies in a slice, and is not counted. */
HD_INLINE HdValue part(HdThread *t, HdValue v) { return hd_is_null(v) || hd_is_none(v) ? hd_None : hd_retain(t, v); }
HD_INLINE void part_drop(HdThread *t, HdValue v) {
    if (!hd_is_none(v)) hd_release(t, v);
}

HdValue hd_slice_new(HdThread *t, HdValue start, HdValue stop, HdValue step) {
    HdSlice *slice = HD_HEAP_MAKE(t, HdSlice, &hd_slice_type, HD_FLAG_GC);
    if (HD_UNLIKELY(!slice)) return hd_raise_no_memory(t);
    slice->start = part(t, start);
    slice->stop = part(t, stop);
    slice->step = part(t, step);
    return hd_from_object(slice);
}

int hd_slice_index(HdThread *t, HdValue v, HdSize *out) {
    if (HD_LIKELY(hd_is_imm_int(v))) {
        *out = hd_imm_int_value(v);
        return 0;
    }
    if (!hd_number_check_index(v)) {
        return hd_raise_int(t, &hd_TypeError, "slice indices must be integers or have an __index__ method");
    }
    *out = hd_number_as_size(t, v, NULL);
    return *out == -1 && hd_raised(t) ? -1 : 0;
}

static int unpack_one(HdThread *t, HdValue v, HdSize none, HdSize *out) {
    if (hd_is_none(v)) {
        *out = none;
        return 0;
    }
    if (hd_is_imm_int(v)) {
        *out = hd_imm_int_value(v);
        return 0;
    }
    if (!hd_number_check_index(v)) {
        return hd_raise_int(t, &hd_TypeError, "slice indices must be integers or None or have an __index__ method");
    }
    *out = hd_number_as_size(t, v, NULL);
    return *out == -1 && hd_raised(t) ? -1 : 0;
}

int hd_slice_unpack(HdThread *t, HdValue v, HdSize *start, HdSize *stop, HdSize *step) {
    HdSlice *slice = SLICE(v);
    if (unpack_one(t, slice->step, 1, step) < 0) return -1;
    if (*step == 0) return hd_raise_int(t, &hd_ValueError, "slice step cannot be zero");
    if (*step < -HD_SIZE_MAX) *step = -HD_SIZE_MAX; /* so that it can be negated */
    if (unpack_one(t, slice->start, *step < 0 ? HD_SIZE_MAX : 0, start) < 0) return -1;
    return unpack_one(t, slice->stop, *step < 0 ? -HD_SIZE_MAX - 1 : HD_SIZE_MAX, stop);
}

HdSize hd_slice_adjust(HdSize length, HdSize *start, HdSize *stop, HdSize step) {
    if (*start < 0) {
        *start += length;
        if (*start < 0) *start = step < 0 ? -1 : 0;
    } else if (*start >= length) {
        *start = step < 0 ? length - 1 : length;
    }
    if (*stop < 0) {
        *stop += length;
        if (*stop < 0) *stop = step < 0 ? -1 : 0;
    } else if (*stop >= length) {
        *stop = step < 0 ? length - 1 : length;
    }
    if (step < 0) return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0;
    return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

/* One bound of slice.indices: clipped into [lower, upper] as ints of any size; owned. */
static HdValue clip_bound(HdThread *t, HdValue v, HdValue none, HdValue lower, HdValue upper, HdValue length) {
    if (hd_is_none(v)) return hd_retain(t, none);
    if (!hd_number_check_index(v)) {
        return hd_raise(t, &hd_TypeError, "slice indices must be integers or None or have an __index__ method");
    }
    HdValue n = hd_number_index(t, v);
    if (hd_is_null(n)) return HD_NULL;
    if (hd_int_sign(n) < 0) {
        HdValue sum = hd_int_add(t, n, length);
        hd_release(t, n);
        if (hd_is_null(sum)) return HD_NULL;
        n = sum;
        if (hd_int_compare(n, lower) < 0) {
            hd_release(t, n);
            return hd_retain(t, lower);
        }
    } else if (hd_int_compare(n, upper) > 0) {
        hd_release(t, n);
        return hd_retain(t, upper);
    }
    return n;
}

int hd_slice_indices(HdThread *t, HdValue v, HdValue length, HdValue out[3]) {
    HdSlice *slice = SLICE(v);
    HD_OWNED HdValue step = HD_NULL, upper = HD_NULL, start = HD_NULL;
    if (hd_is_none(slice->step)) {
        step = hd_imm_int(1);
    } else {
        if (!hd_number_check_index(slice->step)) {
            return hd_raise_int(t, &hd_TypeError, "slice indices must be integers or None or have an __index__ method");
        }
        step = hd_number_index(t, slice->step);
        if (hd_is_null(step)) return -1;
        if (hd_int_sign(step) == 0) return hd_raise_int(t, &hd_ValueError, "slice step cannot be zero");
    }
    bool back = hd_int_sign(step) < 0;
    HdValue lower = hd_imm_int(back ? -1 : 0);
    upper = back ? hd_int_add(t, length, hd_imm_int(-1)) : hd_retain(t, length);
    if (hd_is_null(upper)) return -1;
    start = clip_bound(t, slice->start, back ? upper : lower, lower, upper, length);
    if (hd_is_null(start)) return -1;
    HdValue stop = clip_bound(t, slice->stop, back ? lower : upper, lower, upper, length);
    if (hd_is_null(stop)) return -1;
    out[0] = hd_move(&start);
    out[1] = stop;
    out[2] = hd_move(&step);
    return 0;
}

/* --- slots and methods --- */

static HdValue slice_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "slice", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "slice", nargs, 1, 3) < 0) return HD_NULL;
    HdValue first = hd_ref_value(args[0]);
    if (nargs == 1) return hd_slice_new(t, hd_None, first, hd_None);
    return hd_slice_new(t, first, hd_ref_value(args[1]), nargs == 3 ? hd_ref_value(args[2]) : hd_None);
}

static HdValue slice_repr(HdThread *t, HdValue self) {
    HdSlice *slice = SLICE(self);
    return hd_str_format(t, "slice(%R, %R, %R)", slice->start, slice->stop, slice->step);
}

static HdValue slice_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_exact_object(left, &hd_slice_type) || !hd_is_exact_object(right, &hd_slice_type)) {
        return hd_NotImplemented;
    }
    if (hd_same(left, right)) return hd_bool(op == HD_EQ || op == HD_LE || op == HD_GE);
    HD_OWNED HdValue a = hd_tuple_pack(t, 3, SLICE(left)->start, SLICE(left)->stop, SLICE(left)->step);
    if (hd_is_null(a)) return HD_NULL;
    HD_OWNED HdValue b = hd_tuple_pack(t, 3, SLICE(right)->start, SLICE(right)->stop, SLICE(right)->step);
    if (hd_is_null(b)) return HD_NULL;
    return hd_object_compare(t, a, b, op);
}

static HdValue slice_method_indices(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue length = hd_number_index(t, args[0]);
    if (hd_is_null(length)) return HD_NULL;
    if (hd_int_sign(length) < 0) return hd_raise(t, &hd_ValueError, "length should not be negative");
    HdValue parts[3];
    if (hd_slice_indices(t, self, length, parts) < 0) return HD_NULL;
    HdValue result = hd_tuple_from_values(t, parts, 3);
    for (int i = 0; i < 3; i++) hd_release(t, parts[i]);
    return result;
}

static HdValue slice_method_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue parts = hd_tuple_pack(t, 3, SLICE(self)->start, SLICE(self)->stop, SLICE(self)->step);
    if (hd_is_null(parts)) return HD_NULL;
    return hd_tuple_pack(t, 2, hd_type_value(&hd_slice_type), parts);
}

static void slice_dealloc(HdThread *t, HdObject *self) {
    HdSlice *slice = (HdSlice *)self;
    part_drop(t, slice->start);
    part_drop(t, slice->stop);
    part_drop(t, slice->step);
    hd_heap_free_container_here(t, self);
}
static int slice_traverse(HdObject *self, HdVisit visit, void *context) {
    HdSlice *slice = (HdSlice *)self;
    HD_VISIT(slice->start);
    HD_VISIT(slice->stop);
    HD_VISIT(slice->step);
    return 0;
}

static const HdMethodDef slice_methods[] = {
    HD_METHOD(slice_method_indices, "indices($self, length, /)",
              "Indices of the slice in a sequence of `length` items.\n\n"
              "The start, stop and step that the slice means for a sequence of len items."),
    HD_METHOD(slice_method_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
static const HdMemberDef slice_members[] = {
    {"start", HD_MEMBER_VALUE, offsetof(HdSlice, start), true, NULL, false},
    {"stop", HD_MEMBER_VALUE, offsetof(HdSlice, stop), true, NULL, false},
    {"step", HD_MEMBER_VALUE, offsetof(HdSlice, step), true, NULL, false},
    {NULL},
};

HdType hd_slice_type = {
    HD_TYPE_HEAD("slice"),
    .doc = "slice(stop)\nslice(start, stop[, step])\n\nWhat stands between the brackets of a[0:10:2].",
    .basicsize = sizeof(HdSlice),
    .flags = HD_TYPE_GC,
    .dealloc = slice_dealloc,
    .traverse = slice_traverse,
    .create = slice_create,
    .repr = slice_repr,
    .hash = hd_object_hash_unhashable,
    .compare = slice_compare,
    .methods = slice_methods,
    .members = slice_members,
};
