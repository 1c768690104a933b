/* collections_deque.c -- deque: a double-ended queue in a ring that grows and shrinks by halves.
 *
 * Each operation that runs no Python is atomic: it happens under the deque's lock from start to end, and what it takes
 * out is dropped after the unlock. Walks that call __eq__ or __repr__ take one item at a time and notice by `state`
 * that the order changed meanwhile. Iterators are in collections_deque_iterator.c. Parks only in the lock.
 */
#include "collections_types.h"

#include <stdio.h>

#define DEQUE(v) HD_AS(HdDeque, v)
#define LENGTH_MAX (HD_SIZE_MAX / (HdSize)(4 * sizeof(HdValue)))
enum { CAPACITY_MIN = 8 };

/* --- the ring; the lock is held, nothing here raises --- */

static size_t bytes_of(HdSize capacity) { return (size_t)capacity * sizeof(HdValue); }

static bool set_capacity(HdThread *t, HdDeque *d, HdSize capacity) {
    HdValue *items = hd_heap_raw(t, bytes_of(capacity));
    if (!items) return false;
    for (HdSize i = 0; i < d->length; i++) items[i] = *hd_deque_slot(d, i);
    if (d->items) hd_heap_raw_free(t, d->items, bytes_of(d->capacity));
    d->items = items;
    d->capacity = capacity;
    d->first = 0;
    return true;
}
static bool reserve(HdThread *t, HdDeque *d, HdSize needed) {
    if (HD_LIKELY(needed <= d->capacity)) return true;
    if (needed > LENGTH_MAX) return false;
    HdSize capacity = d->capacity ? d->capacity : CAPACITY_MIN;
    while (capacity < needed) capacity *= 2;
    return set_capacity(t, d, capacity);
}
static void maybe_shrink(HdThread *t, HdDeque *d) {
    if (d->capacity > 8 * CAPACITY_MIN && d->length < d->capacity / 8) {
        (void)set_capacity(t, d, d->capacity / 4); /* failing to shrink is no failure */
    }
}

/* Read without the lock by len(). */
static void set_length(HdDeque *d, HdSize length) { HD_STORE_RELAXED(&d->length, length); }
static void put_right(HdDeque *d, HdValue item) {
    *hd_deque_slot(d, d->length) = item;
    set_length(d, d->length + 1);
}
static void put_left(HdDeque *d, HdValue item) {
    d->first = (d->first - 1) & (d->capacity - 1);
    set_length(d, d->length + 1);
    *hd_deque_slot(d, 0) = item;
}
static HdValue take_right(HdDeque *d) {
    set_length(d, d->length - 1);
    return *hd_deque_slot(d, d->length);
}
static HdValue take_left(HdDeque *d) {
    HdValue item = *hd_deque_slot(d, 0);
    d->first = (d->first + 1) & (d->capacity - 1);
    set_length(d, d->length - 1);
    return item;
}

/* To the right by n places, to the left when n is negative. */
static void rotate(HdDeque *d, HdSize n) {
    if (d->length <= 1) return;
    d->state++;
    n %= d->length;
    if (n > d->length / 2) n -= d->length;
    else if (n < -(d->length / 2)) n += d->length;
    for (; n > 0; n--) put_left(d, take_right(d));
    for (; n < 0; n++) put_right(d, take_left(d));
}
static void insert_at(HdDeque *d, HdSize index, HdValue item) { /* there is room */
    if (index < d->length / 2) {
        put_left(d, item);
        for (HdSize i = 0; i < index; i++) *hd_deque_slot(d, i) = *hd_deque_slot(d, i + 1);
    } else {
        put_right(d, item);
        for (HdSize i = d->length - 1; i > index; i--) *hd_deque_slot(d, i) = *hd_deque_slot(d, i - 1);
    }
    *hd_deque_slot(d, index) = item;
    d->state++;
}
static HdValue take_at(HdThread *t, HdDeque *d, HdSize index) {
    HdValue item = *hd_deque_slot(d, index);
    if (index < d->length / 2) {
        for (HdSize i = index; i > 0; i--) *hd_deque_slot(d, i) = *hd_deque_slot(d, i - 1);
        (void)take_left(d);
    } else {
        for (HdSize i = index; i < d->length - 1; i++) *hd_deque_slot(d, i) = *hd_deque_slot(d, i + 1);
        (void)take_right(d);
    }
    d->state++;
    maybe_shrink(t, d);
    return item;
}

/* --- one step, atomic --- */

/* Takes the item over. A full deque loses the item at its other end. */
HD_CHECK static int push_steal(HdThread *t, HdDeque *d, HdValue item, bool left) {
    HdValue lost = HD_NULL;
    hd_lock_object(t, &d->head);
    bool ok = true;
    d->state++;
    if (HD_UNLIKELY(d->max_length == 0)) {
        lost = item;
    } else {
        if (d->max_length >= 0 && d->length >= d->max_length) lost = left ? take_right(d) : take_left(d);
        ok = reserve(t, d, d->length + 1);
        if (HD_LIKELY(ok)) (left ? put_left : put_right)(d, item);
    }
    hd_unlock_object(t, &d->head);
    hd_release(t, lost);
    if (HD_LIKELY(ok)) return 0;
    hd_release(t, item);
    hd_raise_no_memory(t);
    return -1;
}

static HdValue pull(HdThread *t, HdDeque *d, bool left) {
    HdValue item = HD_NULL;
    hd_lock_object(t, &d->head);
    if (HD_LIKELY(d->length > 0)) {
        item = left ? take_left(d) : take_right(d);
        d->state++;
        maybe_shrink(t, d);
    }
    hd_unlock_object(t, &d->head);
    if (HD_LIKELY(!hd_is_null(item))) return item;
    return hd_raise(t, &hd_IndexError, "pop from an empty deque");
}

static uint64_t state_of(HdThread *t, HdDeque *d, HdSize *length) {
    hd_lock_object(t, &d->head);
    uint64_t state = d->state;
    *length = d->length;
    hd_unlock_object(t, &d->head);
    return state;
}
/* Item `index` of a walk that began at `state`; HD_NULL without an exception when the order changed since. */
static HdValue walk_item(HdThread *t, HdDeque *d, HdSize index, uint64_t state) {
    HdValue item = HD_NULL;
    hd_lock_object(t, &d->head);
    if (HD_LIKELY(d->state == state && index < d->length)) item = hd_retain(t, *hd_deque_slot(d, index));
    hd_unlock_object(t, &d->head);
    return item;
}

static void clear(HdThread *t, HdDeque *d) {
    hd_lock_object(t, &d->head);
    HdDeque old = *d;
    d->items = NULL;
    d->capacity = d->first = d->length = 0;
    if (old.length) d->state++;
    hd_unlock_object(t, &d->head);
    for (HdSize i = 0; i < old.length; i++) hd_release(t, *hd_deque_slot(&old, i));
    if (old.items) hd_heap_raw_free(t, old.items, bytes_of(old.capacity));
}

/* Counts of arguments as CPython's deque complains of them. */
HD_CHECK static int check_count(HdThread *t, const char *name, HdSize nargs, HdValue kwnames, HdSize min, HdSize max) {
    char full_name[32];
    snprintf(full_name, sizeof full_name, "deque.%s", name);
    if (hd_native_no_keywords(t, full_name, kwnames) < 0) return -1;
    if (nargs >= min && nargs <= max) return 0;
    HdSize want = nargs < min ? min : max;
    return hd_raise_int(t, &hd_TypeError, "%s() takes %s %zd argument%s (%zd given)", name,
                        min == max ? "exactly" : nargs < min ? "at least" : "at most", want, want == 1 ? "" : "s",
                        nargs);
}

/* --- ends --- */

static HdValue deque_append(HdThread *t, HdValue self, const HdValue *args) {
    return push_steal(t, DEQUE(self), hd_retain(t, args[0]), false) < 0 ? HD_NULL : hd_None;
}
static HdValue deque_appendleft(HdThread *t, HdValue self, const HdValue *args) {
    return push_steal(t, DEQUE(self), hd_retain(t, args[0]), true) < 0 ? HD_NULL : hd_None;
}
static HdValue deque_pop(HdThread *t, HdValue self, const HdValue *args) { return pull(t, DEQUE(self), false); }
static HdValue deque_popleft(HdThread *t, HdValue self, const HdValue *args) { return pull(t, DEQUE(self), true); }

HD_CHECK static int extend(HdThread *t, HdValue self, HdValue iterable, bool left) {
    if (hd_same(self, iterable)) { /* a walk over itself would never end */
        HD_OWNED HdValue list = hd_list_from_iterable(t, iterable);
        return hd_is_null(list) ? -1 : extend(t, self, list, left);
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return -1;
    for (unsigned i = 1;; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        if (push_steal(t, DEQUE(self), item, left) < 0) return -1;
        if (i % 1024 == 0 && hd_object_poll(t) < 0) return -1;
    }
}
static HdValue deque_extend(HdThread *t, HdValue self, const HdValue *args) {
    return extend(t, self, args[0], false) < 0 ? HD_NULL : hd_None;
}
static HdValue deque_extendleft(HdThread *t, HdValue self, const HdValue *args) {
    return extend(t, self, args[0], true) < 0 ? HD_NULL : hd_None;
}
static HdValue deque_inplace_add(HdThread *t, HdValue self, HdValue other) {
    return extend(t, self, other, false) < 0 ? HD_NULL : hd_retain(t, self);
}

/* --- making, copying --- */

static HdValue deque_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (!hd_is_null(self)) DEQUE(self)->max_length = -1;
    return self;
}

static int deque_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "deque(iterable=(), maxlen=None)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return -1;
    HdSize max_length = -1;
    if (!hd_is_null(bound[1]) && !hd_is_none(bound[1])) {
        if (!hd_is_int(bound[1])) return hd_raise_int(t, &hd_TypeError, "an integer is required");
        int64_t n;
        if (!hd_int_try_i64(bound[1], &n)) {
            return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to C ssize_t");
        }
        if (n < 0) return hd_raise_int(t, &hd_ValueError, "maxlen must be non-negative");
        max_length = n;
    }
    HD_STORE_RELAXED(&DEQUE(self)->max_length, max_length);
    clear(t, DEQUE(self));
    return hd_is_null(bound[0]) ? 0 : extend(t, self, bound[0], false);
}

static HdValue copy_exact(HdThread *t, HdDeque *from) {
    HdValue copy = deque_create(t, &hd_deque_type, NULL, 0, HD_NULL);
    if (hd_is_null(copy)) return HD_NULL;
    HdDeque *to = DEQUE(copy);
    hd_lock_object(t, &from->head);
    to->max_length = from->max_length;
    bool ok = reserve(t, to, from->length);
    for (HdSize i = 0; ok && i < from->length; i++) put_right(to, hd_retain(t, *hd_deque_slot(from, i)));
    hd_unlock_object(t, &from->head);
    if (ok) return copy;
    hd_release(t, copy);
    return hd_raise_no_memory(t);
}

/* A deque of the same class; owned. */
static HdValue copy(HdThread *t, HdValue self) {
    HdDeque *d = DEQUE(self);
    if (hd_is_exact_object(self, &hd_deque_type)) return copy_exact(t, d);
    HdValue type = hd_type_value(hd_type_of(self));
    HdValue result;
    if (d->max_length < 0) {
        result = hd_object_call1(t, type, self);
    } else {
        HD_OWNED HdValue max_length = hd_int_from_size(t, d->max_length);
        result = hd_is_null(max_length) ? HD_NULL : hd_object_call2(t, type, self, max_length);
    }
    if (hd_is_null(result) || hd_is_deque(result)) return result;
    hd_raise(t, &hd_TypeError, "%N() must return a deque, not %T", hd_type_of(self), result);
    hd_release(t, result);
    return HD_NULL;
}
static HdValue deque_copy(HdThread *t, HdValue self, const HdValue *args) { return copy(t, self); }

static HdValue deque_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue state = hd_object_call_method0(t, self, "__getstate__");
    if (hd_is_null(state)) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, self);
    if (hd_is_null(iterator)) return HD_NULL;
    HD_OWNED HdValue arguments = hd_tuple_empty();
    if (DEQUE(self)->max_length >= 0) {
        HD_OWNED HdValue max_length = hd_int_from_size(t, DEQUE(self)->max_length);
        if (hd_is_null(max_length)) return HD_NULL;
        arguments = hd_tuple_pack(t, 2, hd_tuple_empty(), max_length);
        if (hd_is_null(arguments)) return HD_NULL;
    }
    return hd_tuple_pack(t, 4, hd_type_value(hd_type_of(self)), arguments, state, iterator);
}

static void deque_dealloc(HdThread *t, HdObject *self) {
    clear(t, (HdDeque *)self);
    hd_type_free(t, self);
}
static int deque_traverse(HdObject *self, HdVisit visit, void *context) {
    const HdDeque *d = (HdDeque *)self;
    for (HdSize i = 0; i < d->length; i++) HD_VISIT(*hd_deque_slot(d, i));
    return 0;
}
static void deque_gc_clear(HdThread *t, HdObject *self) { clear(t, (HdDeque *)self); }
static HdValue deque_clear(HdThread *t, HdValue self, const HdValue *args) {
    clear(t, DEQUE(self));
    return hd_None;
}
static HdValue deque_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdType *type = hd_type_of(self);
    return hd_int_from_size(t, type->basicsize + type->tail_size + (HdSize)bytes_of(DEQUE(self)->capacity));
}

/* --- order --- */

static HdValue deque_rotate(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize n = 1;
    if (hd_native_no_keywords(t, "deque.rotate", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "deque.rotate", nargs, 0, 1) < 0) return HD_NULL;
    if (nargs) {
        n = hd_number_as_size(t, hd_ref_value(args[0]), &hd_OverflowError);
        if (n == -1 && hd_raised(t)) return HD_NULL;
    }
    hd_lock_object(t, &DEQUE(self)->head);
    rotate(DEQUE(self), n);
    hd_unlock_object(t, &DEQUE(self)->head);
    return hd_None;
}
static HdValue deque_reverse(HdThread *t, HdValue self, const HdValue *args) {
    HdDeque *d = DEQUE(self);
    hd_lock_object(t, &d->head);
    for (HdSize i = 0, j = d->length - 1; i < j; i++, j--) {
        HdValue item = *hd_deque_slot(d, i);
        *hd_deque_slot(d, i) = *hd_deque_slot(d, j);
        *hd_deque_slot(d, j) = item;
    }
    hd_unlock_object(t, &d->head);
    return hd_None;
}

static HdValue deque_insert(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (check_count(t, "insert", nargs, kwnames, 2, 2) < 0) return HD_NULL;
    HdSize index = hd_number_as_size(t, hd_ref_value(args[0]), &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    HdDeque *d = DEQUE(self);
    hd_lock_object(t, &d->head);
    bool full = d->max_length >= 0 && d->length >= d->max_length, ok = !full && reserve(t, d, d->length + 1);
    if (ok) {
        if (index < 0 && (index += d->length) < 0) index = 0;
        if (index > d->length) index = d->length;
        insert_at(d, index, hd_retain(t, hd_ref_value(args[1])));
    }
    hd_unlock_object(t, &d->head);
    if (full) return hd_raise(t, &hd_IndexError, "deque already at its maximum size");
    return ok ? hd_None : hd_raise_no_memory(t);
}

/* --- search; each walk compares item with value, in this order --- */

static int raise_changed(HdThread *t) {
    return hd_raise_int(t, &hd_RuntimeError, "deque mutated during iteration");
}

/* The first place in start..stop whose item equals value; stop: none; -1 raised. */
static HdSize find(HdThread *t, HdDeque *d, HdValue value, HdSize start, HdSize stop, uint64_t state) {
    for (HdSize i = start; i < stop; i++) {
        HdValue item = walk_item(t, d, i, state);
        if (hd_is_null(item)) return raise_changed(t);
        int equal = hd_object_equal(t, item, value);
        hd_release(t, item);
        if (equal < 0) return -1;
        if (equal) return i;
        if ((i & 1023) == 1023 && hd_object_poll(t) < 0) return -1;
    }
    HdSize length;
    return start < stop && state_of(t, d, &length) != state ? raise_changed(t) : stop;
}
static int deque_contains(HdThread *t, HdValue self, HdValue value) {
    HdSize length;
    uint64_t state = state_of(t, DEQUE(self), &length);
    HdSize at = find(t, DEQUE(self), value, 0, length, state);
    return at < 0 ? -1 : at < length;
}
static HdValue deque_index(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize start = 0, stop = HD_SIZE_MAX, length;
    if (check_count(t, "index", nargs, kwnames, 1, 3) < 0) return HD_NULL;
    if (nargs > 1 && hd_slice_index(t, hd_ref_value(args[1]), &start) < 0) return HD_NULL;
    if (nargs > 2 && hd_slice_index(t, hd_ref_value(args[2]), &stop) < 0) return HD_NULL;
    HdValue value = hd_ref_value(args[0]);
    uint64_t state = state_of(t, DEQUE(self), &length);
    if (start < 0 && (start += length) < 0) start = 0;
    if (stop < 0 && (stop += length) < 0) stop = 0;
    if (stop > length) stop = length;
    if (start > stop) start = stop;
    HdSize at = find(t, DEQUE(self), value, start, stop, state);
    if (at < 0) return HD_NULL;
    if (at == stop) return hd_raise(t, &hd_ValueError, "%R is not in deque", value);
    return hd_int_from_size(t, at);
}
static HdValue deque_count(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length, count = 0;
    uint64_t state = state_of(t, DEQUE(self), &length);
    for (HdSize i = 0; i < length; i++, count++) {
        i = find(t, DEQUE(self), args[0], i, length, state);
        if (i < 0) return HD_NULL;
        if (i == length) break;
    }
    HdSize now;
    if (state_of(t, DEQUE(self), &now) != state) return raise_changed(t), HD_NULL;
    return hd_int_from_size(t, count);
}
static HdValue deque_remove(HdThread *t, HdValue self, const HdValue *args) {
    HdDeque *d = DEQUE(self);
    HdSize length;
    uint64_t state = state_of(t, d, &length);
    for (HdSize i = 0; i < length; i++) {
        HdValue item = walk_item(t, d, i, state);
        int equal = hd_is_null(item) ? 0 : hd_object_equal(t, item, args[0]);
        hd_release(t, item);
        if (equal < 0) return HD_NULL;
        HdValue taken = HD_NULL;
        hd_lock_object(t, &d->head);
        bool changed = d->state != state;
        if (equal && !changed) taken = take_at(t, d, i);
        hd_unlock_object(t, &d->head);
        if (changed) return hd_raise(t, &hd_IndexError, "deque mutated during iteration");
        hd_release(t, taken);
        if (equal) return hd_None;
        if ((i & 1023) == 1023 && hd_object_poll(t) < 0) return HD_NULL;
    }
    return hd_raise(t, &hd_ValueError, "%R is not in deque", args[0]);
}

/* --- subscripts --- */

static HdSize deque_length(HdThread *t, HdValue self) { return HD_LOAD_RELAXED(&DEQUE(self)->length); }

HD_CHECK static int index_of(HdThread *t, HdValue key, HdSize *index) {
    if (!hd_number_check_index(key)) {
        return hd_raise_int(t, &hd_TypeError, "sequence index must be integer, not '%T'", key);
    }
    *index = hd_number_as_size(t, key, &hd_IndexError);
    return *index == -1 && hd_raised(t) ? -1 : 0;
}
static HdValue deque_getitem(HdThread *t, HdValue self, HdValue key) {
    HdDeque *d = DEQUE(self);
    HdSize index;
    if (index_of(t, key, &index) < 0) return HD_NULL;
    HdValue item = HD_NULL;
    hd_lock_object(t, &d->head);
    if (index < 0) index += d->length;
    if (index >= 0 && index < d->length) item = hd_retain(t, *hd_deque_slot(d, index));
    hd_unlock_object(t, &d->head);
    return hd_is_null(item) ? hd_raise(t, &hd_IndexError, "deque index out of range") : item;
}
static int deque_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HdDeque *d = DEQUE(self);
    HdSize index;
    if (index_of(t, key, &index) < 0) return -1;
    HdValue old = HD_NULL;
    hd_lock_object(t, &d->head);
    if (index < 0) index += d->length;
    if (index >= 0 && index < d->length) {
        old = hd_is_null(value) ? take_at(t, d, index) : hd_slot_exchange(hd_deque_slot(d, index), hd_retain(t, value));
    }
    hd_unlock_object(t, &d->head);
    if (hd_is_null(old)) return hd_raise_int(t, &hd_IndexError, "deque index out of range");
    hd_release(t, old);
    return 0;
}

/* --- operators --- */

static HdValue deque_add(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_deque(left) || !hd_is_deque(right)) return hd_NotImplemented;
    HdValue result = copy(t, left);
    if (hd_is_null(result) || extend(t, result, right, false) == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}

HD_CHECK static int repeat(HdThread *t, HdDeque *d, HdSize times) {
    if (times <= 0) {
        clear(t, d);
        return 0;
    }
    hd_lock_object(t, &d->head);
    HdSize n = d->length, most = d->max_length;
    bool ok = true;
    if (n && times > 1) {
        if (most >= 0 && times > most / n) times = (most + n - 1) / n; /* no more than can be kept */
        ok = times <= LENGTH_MAX / n && reserve(t, d, n * times);
        if (ok) {
            for (HdSize i = n; i < n * times; i++) put_right(d, hd_retain(t, *hd_deque_slot(d, i - n)));
            /* of what goes at the left another reference is in the deque: nothing ends here */
            while (most >= 0 && d->length > most) hd_release(t, take_left(d));
            d->state++;
        }
    }
    hd_unlock_object(t, &d->head);
    if (!ok) hd_raise_no_memory(t);
    return ok ? 0 : -1;
}
static HdValue deque_inplace_multiply(HdThread *t, HdValue self, HdValue number) {
    if (!hd_number_check_index(number)) return hd_NotImplemented;
    HdSize times = hd_number_as_size(t, number, &hd_OverflowError);
    if (times == -1 && hd_raised(t)) return HD_NULL;
    return repeat(t, DEQUE(self), times) < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue deque_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue deque = hd_is_deque(left) ? left : right, number = hd_is_deque(left) ? right : left;
    if (!hd_is_deque(deque) || !hd_number_check_index(number)) return hd_NotImplemented;
    HdSize times = hd_number_as_size(t, number, &hd_OverflowError);
    if (times == -1 && hd_raised(t)) return HD_NULL;
    HdValue result = copy(t, deque);
    if (hd_is_null(result) || repeat(t, DEQUE(result), times) == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}

/* What `left op right` is when the first different items are these, or (HD_NULL) one deque has ended. */
static HdValue decide(HdThread *t, HdValue a, HdValue b, int op) {
    if (!hd_is_null(a) && !hd_is_null(b)) {
        int result = hd_object_compare_bool(t, a, b, op);
        return result < 0 ? HD_NULL : hd_bool(result);
    }
    int order = (int)!hd_is_null(a) - (int)!hd_is_null(b);
    switch (op) {
    case HD_LT: return hd_bool(order < 0);
    case HD_LE: return hd_bool(order <= 0);
    case HD_EQ: return hd_bool(order == 0);
    case HD_NE: return hd_bool(order != 0);
    case HD_GT: return hd_bool(order > 0);
    default: return hd_bool(order >= 0);
    }
}
static HdValue deque_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_deque(left) || !hd_is_deque(right)) return hd_NotImplemented;
    HdSize n = deque_length(t, left), m = deque_length(t, right);
    if (hd_same(left, right)) return hd_bool(op == HD_EQ || op == HD_LE || op == HD_GE);
    if ((op == HD_EQ || op == HD_NE) && n != m) return hd_bool(op == HD_NE);
    if (hd_object_enter(t, " in comparison") < 0) return HD_NULL;
    HD_OWNED HdValue one = hd_object_iter(t, left);
    if (hd_is_null(one)) return HD_NULL;
    HD_OWNED HdValue other = hd_object_iter(t, right);
    if (hd_is_null(other)) return HD_NULL;
    for (;;) {
        HD_OWNED HdValue a = hd_object_next(t, one);
        if (hd_is_null(a) && hd_raised(t)) return HD_NULL;
        HD_OWNED HdValue b = hd_object_next(t, other);
        if (hd_is_null(b) && hd_raised(t)) return HD_NULL;
        int equal = hd_is_null(a) || hd_is_null(b) ? 0 : hd_object_equal(t, a, b);
        if (equal < 0) return HD_NULL;
        if (!equal) return decide(t, a, b, op);
    }
}

static HdValue deque_repr(HdThread *t, HdValue self) {
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "[...]", 5);
    HdValue list = hd_list_from_iterable(t, self), text = HD_NULL;
    HdSize most = DEQUE(self)->max_length;
    if (!hd_is_null(list)) {
        if (most >= 0) text = hd_str_format(t, "%N(%R, maxlen=%zd)", hd_type_of(self), list, most);
        else text = hd_str_format(t, "%N(%R)", hd_type_of(self), list);
    }
    hd_release(t, list);
    hd_object_repr_leave(t, self);
    return text;
}

static HdValue deque_get_maxlen(HdThread *t, HdValue self, void *closure) {
    HdSize most = HD_LOAD_RELAXED(&DEQUE(self)->max_length);
    return most < 0 ? hd_None : hd_int_from_size(t, most);
}
static HdValue class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

static const HdMethodDef deque_methods[] = {
    HD_METHOD(deque_append, "append($self, item, /)", "Add an item at the right end."),
    HD_METHOD(deque_appendleft, "appendleft($self, item, /)", "Add an item at the left end."),
    HD_METHOD(deque_clear, "clear($self, /)", "Remove all items."),
    HD_METHOD(deque_copy, "__copy__($self, /)", "A new deque with the same items."),
    HD_METHOD(deque_copy, "copy($self, /)", "A new deque with the same items."),
    HD_METHOD(deque_count, "count($self, value, /)", "How many items equal the value."),
    HD_METHOD(deque_extend, "extend($self, iterable, /)", "Add the items of an iterable at the right end."),
    HD_METHOD(deque_extendleft, "extendleft($self, iterable, /)",
              "Add the items of an iterable at the left end, one by one: they end up in reverse order."),
    HD_METHOD_RAW(deque_index, "index",
              "Where the first item that equals the value is.\n\nValueError if there is none."),
    HD_METHOD_RAW(deque_insert, "insert", "Put an item before the index."),
    HD_METHOD(deque_pop, "pop($self, /)", "Remove the rightmost item and return it."),
    HD_METHOD(deque_popleft, "popleft($self, /)", "Remove the leftmost item and return it."),
    HD_METHOD(deque_reduce, "__reduce__($self, /)", "Return state information for pickling."),
    HD_METHOD(deque_remove, "remove($self, value, /)",
              "Remove the first item that equals the value.\n\nValueError if there is none."),
    HD_METHOD(hd_deque_reversed, "__reversed__($self, /)", "Iterator over the items, the rightmost first."),
    HD_METHOD(deque_reverse, "reverse($self, /)", "Reverse the order of the items in place."),
    HD_METHOD_RAW(deque_rotate, "rotate",
              "Move all items n places to the right, around the end; to the left if n is negative."),
    HD_METHOD(deque_sizeof, "__sizeof__($self, /)", "Size of the deque in memory, in bytes."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
static const HdGetSetDef deque_getsets[] = {
    {"maxlen", deque_get_maxlen, NULL, "the length beyond which items at the other end are lost, or None", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
HdType hd_deque_type = {
    HD_TYPE_HEAD("collections.deque"),
    .doc = "deque([iterable[, maxlen]]) --> deque object\n\n"
           "A list that is quick at both of its ends.",
    .basicsize = sizeof(HdDeque),
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_SEQUENCE,
    .dealloc = deque_dealloc,
    .traverse = deque_traverse,
    .clear = deque_gc_clear,
    .create = deque_create,
    .init = deque_init,
    .repr = deque_repr,
    .hash = hd_object_hash_unhashable,
    .compare = deque_compare,
    .iter = hd_deque_iter,
    .length = deque_length,
    .getitem = deque_getitem,
    .setitem = deque_setitem,
    .contains = deque_contains,
    .add = deque_add,
    .multiply = deque_multiply,
    .inplace_add = deque_inplace_add,
    .inplace_multiply = deque_inplace_multiply,
    .methods = deque_methods,
    .getsets = deque_getsets,
};
