/* range.c -- range and its iterators. A range is immutable; ints of any size are allowed.
 *
 * `small` ranges compute in C. An iterator that several threads share steps under its lock (GIL off).
 */
#include "slice.h"

#include "dict.h"
#include "heap_page.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"

#define RANGE(v) HD_AS(HdRange, v)
static bool is_range(HdValue v) { return hd_is_exact_object(v, &hd_range_type); }

/* Number of items of range(low, high, step) as an int, owned. */
static HdValue count_items(HdThread *t, HdValue start, HdValue stop, HdValue step) {
    bool up = hd_int_sign(step) > 0;
    HdValue low = up ? start : stop, high = up ? stop : start;
    if (hd_both_imm_int(low, high) && hd_is_imm_int(step)) {
        int64_t a = hd_imm_int_value(low), b = hd_imm_int_value(high), s = hd_imm_int_value(step);
        if (a >= b) return hd_imm_int(0);
        return hd_int_from_i64(t, (b - a - 1) / (s < 0 ? -s : s) + 1);
    }
    if (hd_int_compare(low, high) >= 0) return hd_imm_int(0);
    HD_OWNED HdValue distance = hd_int_sub(t, high, low);
    if (hd_is_null(distance)) return HD_NULL;
    HD_OWNED HdValue less = hd_int_add(t, distance, hd_imm_int(-1));
    if (hd_is_null(less)) return HD_NULL;
    HD_OWNED HdValue size = up ? hd_retain(t, step) : hd_int_sub(t, hd_imm_int(0), step);
    if (hd_is_null(size)) return HD_NULL;
    HD_OWNED HdValue quotient = hd_int_floor_divide(t, less, size);
    if (hd_is_null(quotient)) return HD_NULL;
    return hd_int_add(t, quotient, hd_imm_int(1));
}

/* Exact ints, step not zero; lent. */
static HdValue make_range(HdThread *t, HdValue start, HdValue stop, HdValue step) {
    HdValue length = count_items(t, start, stop, step);
    if (hd_is_null(length)) return HD_NULL;
    HdRange *range = HD_HEAP_MAKE(t, HdRange, &hd_range_type, 0);
    if (!range) {
        hd_release(t, length);
        return hd_raise_no_memory(t);
    }
    range->start = hd_retain(t, start);
    range->stop = hd_retain(t, stop);
    range->step = hd_retain(t, step);
    range->length = length;
    range->small = hd_is_imm_int(start) && hd_is_imm_int(stop) && hd_is_imm_int(step) && hd_is_imm_int(length);
    return hd_from_object(range);
}

static HdValue exact_index(HdThread *t, HdValue v) {
    if (hd_is_imm_int(v)) return v;
    HdValue n = hd_number_index(t, v);
    if (hd_is_null(n)) return HD_NULL;
    HdValue exact = hd_int_exact(t, n);
    hd_release(t, n);
    return exact;
}

HdValue hd_range_new(HdThread *t, HdValue start, HdValue stop, HdValue step) {
    if (hd_is_null(start)) start = hd_imm_int(0);
    if (hd_is_null(step)) step = hd_imm_int(1);
    if (hd_both_imm_int(start, stop) && hd_is_imm_int(step) && hd_imm_int_value(step) != 0) {
        int64_t a = hd_imm_int_value(start), b = hd_imm_int_value(stop);
        if (HD_UNLIKELY(!hd_same(step, hd_imm_int(1)) || a < 0 || b < 0)) return make_range(t, start, stop, step);
        HdRange *range = HD_HEAP_MAKE(t, HdRange, &hd_range_type, 0);
        if (HD_UNLIKELY(!range)) return hd_raise_no_memory(t);
        range->start = start;
        range->stop = stop;
        range->step = step;
        range->length = hd_imm_int(a < b ? b - a : 0);
        range->small = true;
        return hd_from_object(range);
    }
    HD_OWNED HdValue a = exact_index(t, start);
    if (hd_is_null(a)) return HD_NULL;
    HD_OWNED HdValue b = exact_index(t, stop);
    if (hd_is_null(b)) return HD_NULL;
    HD_OWNED HdValue c = exact_index(t, step);
    if (hd_is_null(c)) return HD_NULL;
    if (hd_int_sign(c) == 0) return hd_raise(t, &hd_ValueError, "range() arg 3 must not be zero");
    return make_range(t, a, b, c);
}

/* start + index * step, owned. */
static HdValue item_at(HdThread *t, HdRange *range, HdValue index) {
    if (range->small && hd_is_imm_int(index)) {
        return hd_int_from_i64(t, hd_imm_int_value(range->start) + hd_imm_int_value(index) * hd_imm_int_value(range->step));
    }
    HD_OWNED HdValue product = hd_int_mul(t, index, range->step);
    return hd_is_null(product) ? HD_NULL : hd_int_add(t, range->start, product);
}

/* --- slots --- */

static HdValue range_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "range", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "range", nargs, 1, 3) < 0) return HD_NULL;
    HdValue first = hd_ref_value(args[0]);
    if (nargs == 1) return hd_range_new(t, HD_NULL, first, HD_NULL);
    return hd_range_new(t, first, hd_ref_value(args[1]), nargs == 3 ? hd_ref_value(args[2]) : HD_NULL);
}

static HdValue range_repr(HdThread *t, HdValue self) {
    HdRange *range = RANGE(self);
    if (hd_same(range->step, hd_imm_int(1))) return hd_str_format(t, "range(%R, %R)", range->start, range->stop);
    return hd_str_format(t, "range(%R, %R, %R)", range->start, range->stop, range->step);
}

static HdSize range_length(HdThread *t, HdValue self) {
    HdValue length = RANGE(self)->length;
    if (hd_is_imm_int(length)) return hd_imm_int_value(length);
    return hd_number_as_size(t, length, &hd_OverflowError);
}
static int range_truth(HdThread *t, HdValue self) { return !hd_same(RANGE(self)->length, hd_imm_int(0)); }

/* Equal ranges are those of equal items: (length, start, step), as far as they matter. */
static bool ranges_equal(HdRange *a, HdRange *b) {
    if (hd_int_compare(a->length, b->length)) return false;
    if (hd_same(a->length, hd_imm_int(0))) return true;
    if (hd_int_compare(a->start, b->start)) return false;
    return hd_same(a->length, hd_imm_int(1)) || hd_int_compare(a->step, b->step) == 0;
}
static HdValue range_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!is_range(left) || !is_range(right) || (op != HD_EQ && op != HD_NE)) return hd_NotImplemented;
    return hd_bool(ranges_equal(RANGE(left), RANGE(right)) == (op == HD_EQ));
}
static int64_t range_hash(HdThread *t, HdValue self) {
    HdRange *range = RANGE(self);
    bool none = hd_same(range->length, hd_imm_int(0)), one = hd_same(range->length, hd_imm_int(1));
    HdValue key = hd_tuple_pack(t, 3, range->length, none ? hd_None : range->start, none || one ? hd_None : range->step);
    if (hd_is_null(key)) return -1;
    int64_t hash = hd_object_hash(t, key);
    hd_release(t, key);
    return hash;
}

static HdValue range_slice(HdThread *t, HdRange *range, HdValue slice) {
    HdValue parts[3];
    if (hd_slice_indices(t, slice, range->length, parts) < 0) return HD_NULL;
    HD_OWNED HdValue step = hd_int_mul(t, parts[2], range->step);
    HD_OWNED HdValue start = hd_is_null(step) ? HD_NULL : item_at(t, range, parts[0]);
    HD_OWNED HdValue stop = hd_is_null(start) ? HD_NULL : item_at(t, range, parts[1]);
    for (int i = 0; i < 3; i++) hd_release(t, parts[i]);
    return hd_is_null(stop) ? HD_NULL : make_range(t, start, stop, step);
}

static HdValue range_getitem(HdThread *t, HdValue self, HdValue key) {
    HdRange *range = RANGE(self);
    if (hd_is_imm_int(key) && range->small) {
        int64_t index = hd_imm_int_value(key), length = hd_imm_int_value(range->length);
        if (index < 0) index += length;
        if (index >= 0 && index < length) return item_at(t, range, hd_imm_int(index));
        return hd_raise(t, &hd_IndexError, "range object index out of range");
    }
    if (hd_is_exact_object(key, &hd_slice_type)) return range_slice(t, range, key);
    if (!hd_number_check_index(key)) {
        return hd_raise(t, &hd_TypeError, "range indices must be integers or slices, not %T", key);
    }
    HD_OWNED HdValue index = exact_index(t, key);
    if (hd_is_null(index)) return HD_NULL;
    if (hd_int_sign(index) < 0) {
        HdValue sum = hd_int_add(t, index, range->length);
        if (hd_is_null(sum)) return HD_NULL;
        hd_release(t, index);
        index = sum;
    }
    if (hd_int_sign(index) < 0 || hd_int_compare(index, range->length) >= 0) {
        return hd_raise(t, &hd_IndexError, "range object index out of range");
    }
    return item_at(t, range, index);
}

/* Position of an exact int (or bool) in the range as an int; HD_NULL without exception when it is not there. */
static HdValue position_of(HdThread *t, HdRange *range, HdValue n) {
    bool up = hd_int_sign(range->step) > 0;
    if (hd_int_compare(n, range->start) * (up ? 1 : -1) < 0) return HD_NULL;
    if (hd_int_compare(n, range->stop) * (up ? 1 : -1) >= 0) return HD_NULL;
    HD_OWNED HdValue distance = hd_int_sub(t, n, range->start);
    if (hd_is_null(distance)) return HD_NULL;
    HdValue quotient, rest;
    if (hd_int_divmod(t, distance, range->step, &quotient, &rest) < 0) return HD_NULL;
    bool hit = hd_int_sign(rest) == 0;
    hd_release(t, rest);
    if (hit) return quotient;
    hd_release(t, quotient);
    return HD_NULL;
}
static bool plain_int(HdValue v) { return hd_is_exact_int(v) || hd_is_exact_object(v, &hd_bool_type); }

static int range_contains(HdThread *t, HdValue self, HdValue item) {
    if (plain_int(item)) {
        HdValue at = position_of(t, RANGE(self), item);
        if (hd_is_null(at)) return hd_raised(t) ? -1 : 0;
        hd_release(t, at);
        return 1;
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, self);
    if (hd_is_null(iterator)) return -1;
    for (HdSize i = 1;; i++) {
        HdValue own = hd_object_next(t, iterator);
        if (hd_is_null(own)) return hd_raised(t) ? -1 : 0;
        int equal = hd_object_equal(t, own, item);
        hd_release(t, own);
        if (equal) return equal;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) return -1;
    }
}

static HdValue range_method_count(HdThread *t, HdValue self, const HdValue *args) {
    if (plain_int(args[0])) {
        int found = range_contains(t, self, args[0]);
        return found < 0 ? HD_NULL : hd_imm_int(found);
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, self);
    if (hd_is_null(iterator)) return HD_NULL;
    HdSize count = 0;
    for (HdSize i = 1;; i++) {
        HdValue own = hd_object_next(t, iterator);
        if (hd_is_null(own)) return hd_raised(t) ? HD_NULL : hd_int_from_size(t, count);
        int equal = hd_object_equal(t, own, args[0]);
        hd_release(t, own);
        if (equal < 0) return HD_NULL;
        count += equal;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
}

static HdValue range_method_index(HdThread *t, HdValue self, const HdValue *args) {
    if (plain_int(args[0])) {
        HdValue at = position_of(t, RANGE(self), args[0]);
        if (!hd_is_null(at) || hd_raised(t)) return at;
        return hd_raise(t, &hd_ValueError, "%R is not in range", args[0]);
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, self);
    if (hd_is_null(iterator)) return HD_NULL;
    for (HdSize i = 0;; i++) {
        HdValue own = hd_object_next(t, iterator);
        if (hd_is_null(own)) break;
        int equal = hd_object_equal(t, own, args[0]);
        hd_release(t, own);
        if (equal < 0) return HD_NULL;
        if (equal) return hd_int_from_size(t, i);
        if ((i & 1023) == 1023 && hd_object_poll(t) < 0) return HD_NULL;
    }
    return hd_raised(t) ? HD_NULL : hd_raise(t, &hd_ValueError, "sequence.index(x): x not in sequence");
}

static HdValue range_method_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdRange *range = RANGE(self);
    HD_OWNED HdValue parts = hd_tuple_pack(t, 3, range->start, range->stop, range->step);
    return hd_is_null(parts) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(&hd_range_type), parts);
}

/* --- iterators --- */

typedef struct LongRangeIterator {
    HdObject head;
    HdValue next, step, left, length; /* ints; changed under the lock */
} LongRangeIterator;

static HdValue small_iterator(HdThread *t, int64_t start, int64_t step, int64_t length) {
    HdRangeIterator *it = HD_HEAP_MAKE(t, HdRangeIterator, &hd_range_iterator_type, 0);
    if (!it) return hd_raise_no_memory(t);
    it->next = start;
    it->step = step;
    it->left = it->length = length;
    return hd_from_object(it);
}
static HdValue long_iterator_steal(HdThread *t, HdValue start, HdValue step, HdValue length) {
    LongRangeIterator *it = hd_is_null(start) || hd_is_null(step) || hd_is_null(length)
                                ? NULL
                                : (LongRangeIterator *)hd_heap_object(t, &hd_long_range_iterator_type, sizeof *it, 0);
    if (!it) {
        hd_release(t, start);
        hd_release(t, step);
        hd_release(t, length);
        return hd_raised(t) ? HD_NULL : hd_raise_no_memory(t);
    }
    it->next = start;
    it->step = step;
    it->left = length;
    it->length = hd_retain(t, length);
    return hd_from_object(it);
}

static HdValue range_iter(HdThread *t, HdValue self) {
    HdRange *range = RANGE(self);
    if (range->small) {
        return small_iterator(t, hd_imm_int_value(range->start), hd_imm_int_value(range->step),
                              hd_imm_int_value(range->length));
    }
    return long_iterator_steal(t, hd_retain(t, range->start), hd_retain(t, range->step), hd_retain(t, range->length));
}

static HdValue range_method_reversed(HdThread *t, HdValue self, const HdValue *args) {
    HdRange *range = RANGE(self);
    if (range->small) {
        int64_t step = hd_imm_int_value(range->step), length = hd_imm_int_value(range->length);
        return small_iterator(t, hd_imm_int_value(range->start) + step * (length - 1), -step, length);
    }
    HD_OWNED HdValue last = hd_int_add(t, range->length, hd_imm_int(-1));
    if (hd_is_null(last)) return HD_NULL;
    return long_iterator_steal(t, item_at(t, range, last), hd_int_sub(t, hd_imm_int(0), range->step),
                               hd_retain(t, range->length));
}

static HdValue range_iterator_next(HdThread *t, HdValue self) {
    HdRangeIterator *it = HD_AS(HdRangeIterator, self);
    HdValue result = HD_NULL;
    hd_lock_object(t, &it->head);
    if (it->left > 0) {
        result = hd_imm_int(it->next);
        it->next += it->step;
        it->left--;
    }
    hd_unlock_object(t, &it->head);
    return result;
}
static HdValue range_iterator_hint(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_size(t, HD_LOAD_RELAXED(&HD_AS(HdRangeIterator, self)->left));
}
static HdValue range_iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdRangeIterator *it = HD_AS(HdRangeIterator, self);
    hd_lock_object(t, &it->head);
    int64_t step = it->step, length = it->length, index = length - it->left, start = it->next - index * step;
    hd_unlock_object(t, &it->head);
    HD_OWNED HdValue a = hd_int_from_i64(t, start), b = hd_int_from_i64(t, start + length * step);
    HD_OWNED HdValue c = hd_int_from_i64(t, step);
    HD_OWNED HdValue range = hd_is_null(a) || hd_is_null(b) || hd_is_null(c) ? HD_NULL : make_range(t, a, b, c);
    return hd_is_null(range) ? HD_NULL : hd_iter_reduce_index(t, "iter", range, hd_imm_int(index));
}
static HdValue range_iterator_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdRangeIterator *it = HD_AS(HdRangeIterator, self);
    int64_t index = hd_number_as_i64(t, args[0]);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    hd_lock_object(t, &it->head);
    if (index < 0) index = 0;
    if (index > it->length) index = it->length;
    it->next += (index - (it->length - it->left)) * it->step;
    it->left = it->length - index;
    hd_unlock_object(t, &it->head);
    return hd_None;
}

static HdValue long_iterator_next(HdThread *t, HdValue self) {
    LongRangeIterator *it = HD_AS(LongRangeIterator, self);
    for (;;) {
        hd_lock_object(t, &it->head);
        HdValue next = hd_retain(t, it->next), left = hd_retain(t, it->left);
        hd_unlock_object(t, &it->head);
        bool more = hd_int_sign(left) > 0;
        HdValue after = more ? hd_int_add(t, next, it->step) : HD_NULL;
        HdValue fewer = hd_is_null(after) ? HD_NULL : hd_int_add(t, left, hd_imm_int(-1));
        hd_release(t, left);
        if (hd_is_null(fewer)) {
            hd_release(t, next);
            hd_release(t, after);
            return HD_NULL;
        }
        hd_lock_object(t, &it->head);
        bool mine = hd_same(it->next, next);
        HdValue old_next = it->next, old_left = it->left;
        if (mine) {
            it->next = after;
            it->left = fewer;
        }
        hd_unlock_object(t, &it->head);
        if (mine) {
            hd_release(t, old_next);
            hd_release(t, old_left);
            return next;
        }
        hd_release(t, next);
        hd_release(t, after);
        hd_release(t, fewer);
    }
}
static HdValue long_iterator_hint(HdThread *t, HdValue self, const HdValue *args) {
    LongRangeIterator *it = HD_AS(LongRangeIterator, self);
    hd_lock_object(t, &it->head);
    HdValue left = hd_retain(t, it->left);
    hd_unlock_object(t, &it->head);
    return left;
}
/* The iterator's original start and the index it is at; both owned. */
static int long_iterator_place(HdThread *t, LongRangeIterator *it, HdValue *start, HdValue *index) {
    hd_lock_object(t, &it->head);
    HD_OWNED HdValue next = hd_retain(t, it->next), left = hd_retain(t, it->left);
    hd_unlock_object(t, &it->head);
    *index = hd_int_sub(t, it->length, left);
    if (hd_is_null(*index)) return -1;
    HD_OWNED HdValue gone = hd_int_mul(t, *index, it->step);
    *start = hd_is_null(gone) ? HD_NULL : hd_int_sub(t, next, gone);
    if (!hd_is_null(*start)) return 0;
    hd_release(t, *index);
    return -1;
}
static HdValue long_iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    LongRangeIterator *it = HD_AS(LongRangeIterator, self);
    HD_OWNED HdValue start = HD_NULL, index = HD_NULL;
    HdValue a, i;
    if (long_iterator_place(t, it, &a, &i) < 0) return HD_NULL;
    start = a;
    index = i;
    HD_OWNED HdValue whole = hd_int_mul(t, it->length, it->step);
    HD_OWNED HdValue stop = hd_is_null(whole) ? HD_NULL : hd_int_add(t, start, whole);
    HD_OWNED HdValue range = hd_is_null(stop) ? HD_NULL : make_range(t, start, stop, it->step);
    return hd_is_null(range) ? HD_NULL : hd_iter_reduce_index(t, "iter", range, index);
}
static HdValue long_iterator_setstate(HdThread *t, HdValue self, const HdValue *args) {
    LongRangeIterator *it = HD_AS(LongRangeIterator, self);
    if (!hd_is_int(args[0])) return hd_raise(t, &hd_TypeError, "state must be an int, not %T", args[0]);
    HdValue a, old;
    if (long_iterator_place(t, it, &a, &old) < 0) return HD_NULL;
    HD_OWNED HdValue start = a;
    hd_release(t, old);
    HdValue index = hd_int_sign(args[0]) < 0 ? hd_imm_int(0) : args[0];
    if (hd_int_compare(index, it->length) > 0) index = it->length;
    HD_OWNED HdValue offset = hd_int_mul(t, index, it->step);
    if (hd_is_null(offset)) return HD_NULL;
    HdValue next = hd_int_add(t, start, offset), left = hd_int_sub(t, it->length, index);
    if (hd_is_null(next) || hd_is_null(left)) {
        hd_release(t, next);
        hd_release(t, left);
        return HD_NULL;
    }
    hd_lock_object(t, &it->head);
    HdValue old_next = it->next, old_left = it->left;
    it->next = next;
    it->left = left;
    hd_unlock_object(t, &it->head);
    hd_release(t, old_next);
    hd_release(t, old_left);
    return hd_None;
}

/* --- types --- */

static void range_dealloc(HdThread *t, HdObject *self) {
    HdRange *range = (HdRange *)self;
    if (!range->small) {
        hd_release(t, range->start);
        hd_release(t, range->stop);
        hd_release(t, range->step);
        hd_release(t, range->length);
    }
    hd_type_free(t, self);
}
static void range_iterator_dealloc(HdThread *t, HdObject *self) { hd_type_free(t, self); }
static void long_iterator_dealloc(HdThread *t, HdObject *self) {
    LongRangeIterator *it = (LongRangeIterator *)self;
    hd_release(t, it->next);
    hd_release(t, it->step);
    hd_release(t, it->left);
    hd_release(t, it->length);
    hd_type_free(t, self);
}

static const HdMethodDef range_methods[] = {
    HD_METHOD(range_method_reversed, "__reversed__($self, /)", "Iterator over the items, last one first."),
    HD_METHOD(range_method_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(range_method_count, "count($self, value, /)", "How many items equal value."),
    HD_METHOD(range_method_index, "index($self, value, /)", "Index of value; ValueError if it is not in the range."),
    HD_METHODS_END,
};
static const HdMemberDef range_members[] = {
    {"start", HD_MEMBER_VALUE, offsetof(HdRange, start), true, NULL, false},
    {"stop", HD_MEMBER_VALUE, offsetof(HdRange, stop), true, NULL, false},
    {"step", HD_MEMBER_VALUE, offsetof(HdRange, step), true, NULL, false},
    {NULL},
};
HdType hd_range_type = {
    HD_TYPE_HEAD("range"),
    .doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\n"
           "The ints from start (0 unless given) up to but not including stop, by step.",
    .basicsize = sizeof(HdRange),
    .flags = HD_TYPE_SEQUENCE | HD_TYPE_ITER_NATIVE,
    .dealloc = range_dealloc,
    .create = range_create,
    .repr = range_repr,
    .hash = range_hash,
    .compare = range_compare,
    .iter = range_iter,
    .truth = range_truth,
    .length = range_length,
    .getitem = range_getitem,
    .contains = range_contains,
    .methods = range_methods,
    .members = range_members,
};

static const HdMethodDef range_iterator_methods[] = {
    HD_METHOD(range_iterator_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(range_iterator_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(range_iterator_setstate, "__setstate__($self, state, /)", "Go to an index."),
    HD_METHODS_END,
};
HdType hd_range_iterator_type = {
    HD_TYPE_HEAD("range_iterator"),
    .basicsize = sizeof(HdRangeIterator),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = range_iterator_dealloc,
    .iter = hd_iter_self,
    .next = range_iterator_next,
    .methods = range_iterator_methods,
};
static const HdMethodDef long_iterator_methods[] = {
    HD_METHOD(long_iterator_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(long_iterator_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(long_iterator_setstate, "__setstate__($self, state, /)", "Go to an index."),
    HD_METHODS_END,
};
HdType hd_long_range_iterator_type = {
    HD_TYPE_HEAD("longrange_iterator"),
    .basicsize = sizeof(LongRangeIterator),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = long_iterator_dealloc,
    .iter = hd_iter_self,
    .next = long_iterator_next,
    .methods = long_iterator_methods,
};

int hd_slice_init(HdThread *t) {
    HdType *types[] = {&hd_slice_type, &hd_range_type, &hd_range_iterator_type, &hd_long_range_iterator_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_type_ready(t, types[i]) < 0) return -1;
    }
    return 0;
}
