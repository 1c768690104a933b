/* list.c -- list: growing, single items, slices, and the methods. Sorting is in list_sort.c, iterators in iter.c.
 *
 * Changes hold the list's lock. A reader without it loads length and array with acquire, takes its reference through
 * hd_slot_read and looks at the array pointer again; therefore (GIL off) slots behind the length are empty, and an array
 * that was replaced is emptied before it is retired. Values are dropped after the unlock, never under it.
 * Comparisons, iterators and finalizers run Python; nothing else here does. Parks only in the lock.
 */
#include "str.h"
#include "bytes.h"
#include "list.h"

#include "descr.h"
#include "dict.h"
#include "dict_table.h"
#include "heap_page.h"
#include "int.h"
#include "iter.h"
#include "number.h"
#include "set.h"
#include "slice.h"
#include "str_builder.h"

#define LIST(v) HD_AS(HdList, v)
#define LENGTH_MAX (HD_SIZE_MAX / (HdSize)(2 * sizeof(HdValue)))

static size_t array_bytes(HdSize capacity) { return sizeof(HdListArray) + (size_t)capacity * sizeof(HdValue); }
static HdSize capacity_of(const HdList *list) { return list->array ? list->array->capacity : 0; }

/* --- the array; the lock is held, nothing here raises --- */

static HdListArray *array_new(HdThread *t, HdSize capacity) {
    if (capacity > LENGTH_MAX) return NULL;
    HdListArray *array = hd_heap_raw_here(t, array_bytes(capacity));
    if (array) array->capacity = capacity;
    return array;
}

/* Empties an array that readers may still see, then hands it to the epochs. */
static void array_retire(HdThread *t, HdListArray *array, HdSize used) {
    if (!array) return;
    if (t->locks) {
        for (HdSize i = 0; i < used; i++) HD_STORE_RELAXED(&array->at[i].bits, 0);
        hd_heap_raw_retire(t, array, array_bytes(array->capacity));
    } else {
        hd_heap_raw_free(t, array, array_bytes(array->capacity));
    }
}

/* `alone`: nobody else can be reading the list. */
static bool set_capacity_as(HdThread *t, HdList *list, HdSize capacity, bool alone) {
    HdListArray *old = list->array, *array;
    list->sorting = 0;
    if (capacity == 0) {
        HD_STORE_RELEASE(&list->array, NULL);
        array_retire(t, old, 0);
        return true;
    }
    if (capacity > LENGTH_MAX) return false;
    if (alone && old) {
        array = hd_heap_raw_resize(t, old, array_bytes(old->capacity), array_bytes(capacity));
        if (!array) return false;
        array->capacity = capacity;
        list->array = array;
        return true;
    }
    if (!(array = array_new(t, capacity))) return false;
    HdSize length = list->length;
    if (old) memcpy(array->at, old->at, (size_t)length * sizeof(HdValue));
    if (t->locks) memset(array->at + length, 0, (size_t)(capacity - length) * sizeof(HdValue));
    HD_STORE_RELEASE(&list->array, array);
    array_retire(t, old, length);
    return true;
}

static bool set_capacity(HdThread *t, HdList *list, HdSize capacity) { return set_capacity_as(t, list, capacity, !t->locks); }

/* The over-allocation that CPython shows through __sizeof__. */
static HdSize roomy(HdSize needed) { return (needed + (needed >> 3) + 6) & ~(HdSize)3; }

static bool reserve(HdThread *t, HdList *list, HdSize needed) {
    if (HD_LIKELY(needed <= capacity_of(list))) return true;
    if (needed > LENGTH_MAX) return false;
    HdSize wanted = roomy(needed);
    if (needed - list->length > wanted - needed) wanted = (needed + 3) & ~(HdSize)3;
    return set_capacity(t, list, wanted);
}

static void maybe_shrink(HdThread *t, HdList *list) {
    HdSize capacity = capacity_of(list), length = list->length;
    if (length >= capacity >> 1) return;
    if (length && capacity <= 8) return;
    (void)set_capacity(t, list, length ? roomy(length) : 0); /* failing to shrink is no failure */
}

static void move_slots(HdThread *t, HdValue *to, const HdValue *from, HdSize count) {
    if (!t->locks) {
        memmove(to, from, (size_t)count * sizeof(HdValue));
    } else if (to < from) {
        for (HdSize i = 0; i < count; i++) HD_STORE_RELEASE(&to[i].bits, from[i].bits);
    } else {
        for (HdSize i = count; i-- > 0;) HD_STORE_RELEASE(&to[i].bits, from[i].bits);
    }
}
static void empty_slots(HdThread *t, HdValue *at, HdSize count) {
    if (!t->locks) return;
    for (HdSize i = 0; i < count; i++) HD_STORE_RELEASE(&at[i].bits, 0);
}

/* --- values taken out, to be dropped after the unlock --- */
enum { REMOVED_FEW = 8 };
typedef struct Removed {
    HdValue *items;
    HdSize count;
    HdValue few[REMOVED_FEW];
} Removed;

static bool removed_room(HdThread *t, Removed *removed, HdSize count) {
    removed->count = 0;
    removed->items = removed->few;
    if (count <= REMOVED_FEW) return true;
    removed->items = hd_heap_raw(t, (size_t)count * sizeof(HdValue));
    if (!removed->items) return false;
    removed->count = -count; /* room, not filled yet */
    return true;
}
static void removed_drop(HdThread *t, Removed *removed, HdSize room) {
    for (HdSize i = removed->count; i-- > 0;) hd_release(t, removed->items[i]);
    if (removed->items != removed->few) hd_heap_raw_free(t, removed->items, (size_t)room * sizeof(HdValue));
}

/* Puts `items` (taken over, may be NULL when count is 0) in place of [start, end). False: out of memory, no change. */
static bool splice(HdThread *t, HdList *list, HdSize start, HdSize end, const HdValue *items, HdSize count,
                   Removed *removed) {
    HdSize gone = end - start, length = list->length;
    if (count > LENGTH_MAX - length) return removed->items = removed->few, removed->count = 0, false;
    if (!removed_room(t, removed, gone)) return removed->items = removed->few, removed->count = 0, false;
    if (!reserve(t, list, length - gone + count)) return removed->count = 0, false;
    if (list->array) {
        HdValue *at = list->array->at;
        memcpy(removed->items, at + start, (size_t)gone * sizeof(HdValue));
        HdSize rest = length - end, now = length - gone + count;
        if (count < gone) HD_STORE_RELEASE(&list->length, now);
        move_slots(t, at + start + count, at + end, rest);
        for (HdSize i = 0; i < count; i++) HD_STORE_RELEASE(&at[start + i].bits, items[i].bits);
        if (count < gone) empty_slots(t, at + now, gone - count);
        else HD_STORE_RELEASE(&list->length, now);
    }
    removed->count = gone;
    if (count < gone) maybe_shrink(t, list);
    return true;
}

/* --- making --- */

HdValue hd_list_new(HdThread *t, HdSize capacity) {
    HdList *list = HD_HEAP_MAKE(t, HdList, &hd_list_type, HD_FLAG_GC);
    if (HD_UNLIKELY(!list)) return hd_raise_no_memory(t);
    if (capacity > 0) {
        HdListArray *array = array_new(t, capacity);
        if (HD_UNLIKELY(!array)) {
            hd_release_object(t, &list->head);
            return hd_raise_no_memory(t);
        }
        list->array = array; /* not zeroed: readers look no further than the length, and this list was never longer */
    }
    return hd_from_object(list);
}

HdValue hd_list_from_values_steal(HdThread *t, HdValue *items, HdSize count) {
    HdValue result = hd_list_new(t, count);
    if (hd_is_null(result)) {
        for (HdSize i = 0; i < count; i++) hd_release(t, items[i]);
        return HD_NULL;
    }
    if (count) {
        memcpy(LIST(result)->array->at, items, (size_t)count * sizeof(HdValue));
        LIST(result)->length = count;
    }
    return result;
}

HdValue hd_list_from_values(HdThread *t, const HdValue *items, HdSize count) {
    HdValue result = hd_list_new(t, count);
    if (hd_is_null(result) || !count) return result;
    HdValue *at = LIST(result)->array->at;
    for (HdSize i = 0; i < count; i++) at[i] = hd_retain(t, items[i]);
    LIST(result)->length = count;
    return result;
}

HdValue hd_list_from_refs_steal(HdThread *t, const HdRef *items, HdSize count) {
    HdValue result = hd_list_new(t, count);
    if (hd_is_null(result)) {
        for (HdSize i = 0; i < count; i++) hd_ref_release(t, items[i]);
        return HD_NULL;
    }
    if (!count) return result;
    HdValue *at = LIST(result)->array->at;
    for (HdSize i = 0; i < count; i++) at[i] = hd_ref_take(t, items[i]);
    LIST(result)->length = count;
    return result;
}

HdValue hd_list_from_iterable(HdThread *t, HdValue iterable) {
    if (hd_is_exact_list(iterable)) return hd_list_slice(t, iterable, 0, HD_SIZE_MAX);
    if (hd_is_exact_tuple(iterable)) {
        return hd_list_from_values(t, HD_AS(HdTuple, iterable)->at, hd_tuple_length(iterable));
    }
    if (hd_is_exact_dict(iterable)) return hd_dict_keys_list(t, iterable);
    HdValue result = hd_list_new(t, 0);
    if (hd_is_null(result)) return HD_NULL;
    if (hd_list_extend(t, result, iterable) < 0) {
        hd_release(t, result);
        return HD_NULL;
    }
    return result;
}

/* --- single items --- */

bool hd_list_append_held(HdThread *t, HdList *list, HdValue item) {
    if (!reserve(t, list, list->length + 1)) return false;
    HD_STORE_RELEASE(&list->array->at[list->length].bits, item.bits);
    HD_STORE_RELEASE(&list->length, list->length + 1);
    return true;
}

int hd_list_append_slow(HdThread *t, HdValue v, HdValue item) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    bool ok = hd_list_append_held(t, list, item);
    hd_unlock_object(t, &list->head);
    if (HD_LIKELY(ok)) return 0;
    hd_release(t, item);
    hd_raise_no_memory(t);
    return -1;
}

int hd_list_append_private_slow(HdThread *t, HdValue v, HdValue item) {
    HdList *list = LIST(v);
    HdSize length = list->length;
    if (length >= capacity_of(list) && (length == LENGTH_MAX || !set_capacity_as(t, list, roomy(length + 1), true))) {
        hd_release(t, item);
        hd_raise_no_memory(t);
        return -1;
    }
    list->array->at[length] = item;
    HD_STORE_RELEASE(&list->length, length + 1);
    return 0;
}

int hd_list_insert(HdThread *t, HdValue v, HdSize index, HdValue item) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    if (index < 0 && (index += length) < 0) index = 0;
    if (index > length) index = length;
    bool ok = reserve(t, list, length + 1);
    if (ok) {
        HdValue *at = list->array->at;
        HdValue kept = hd_retain(t, item);
        move_slots(t, at + index + 1, at + index, length - index);
        HD_STORE_RELEASE(&at[index].bits, kept.bits);
        HD_STORE_RELEASE(&list->length, length + 1);
    }
    hd_unlock_object(t, &list->head);
    if (ok) return 0;
    hd_raise_no_memory(t);
    return -1;
}

HdValue hd_list_get_slow(HdThread *t, HdValue v, HdSize index) {
    HdList *list = LIST(v);
    for (;;) {
        if (index >= HD_LOAD_ACQUIRE(&list->length)) return HD_NULL;
        HdListArray *array = HD_LOAD_ACQUIRE(&list->array);
        if (!array || index >= array->capacity) continue; /* caught between two arrays */
        HdValue item = hd_slot_read(t, &array->at[index], &list->head);
        if (HD_LIKELY(!hd_is_null(item) && HD_LOAD_ACQUIRE(&list->array) == array)) return item;
        hd_release(t, item);
        hd_cpu_relax();
    }
}

int hd_list_set(HdThread *t, HdValue v, HdSize index, HdValue item) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    if (index < 0 || index >= list->length) {
        hd_unlock_object(t, &list->head);
        return hd_raise_int(t, &hd_IndexError, "list assignment index out of range");
    }
    HdValue old = hd_slot_exchange(&list->array->at[index], hd_retain(t, item));
    hd_unlock_object(t, &list->head);
    hd_release(t, old);
    return 0;
}

/* Removes one item and gives it to the caller. The lock is held, the index valid. */
static HdValue take_at(HdThread *t, HdList *list, HdSize index) {
    HdValue *at = list->array->at;
    HdValue item = at[index];
    HdSize length = list->length - 1;
    HD_STORE_RELEASE(&list->length, length);
    if (index < length) move_slots(t, at + index, at + index + 1, length - index);
    empty_slots(t, at + length, 1);
    maybe_shrink(t, list);
    return item;
}

HdValue hd_list_pop_held(HdThread *t, HdList *list) { return take_at(t, list, list->length - 1); }

HdValue hd_list_pop(HdThread *t, HdValue v, HdSize index) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    if (index < 0) index += length;
    HdValue item = index >= 0 && index < length ? take_at(t, list, index) : HD_NULL;
    hd_unlock_object(t, &list->head);
    if (HD_LIKELY(!hd_is_null(item))) return item;
    return hd_raise(t, &hd_IndexError, length ? "pop index out of range" : "pop from empty list");
}

/* --- many items --- */

HdValue *hd_list_snapshot(HdThread *t, HdValue v, HdSize *count) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    HdSize length = *count = list->length;
    HdValue *items = length ? hd_heap_raw_here(t, (size_t)length * sizeof(HdValue)) : NULL;
    for (HdSize i = 0; items && i < length; i++) items[i] = hd_retain(t, list->array->at[i]);
    hd_unlock_object(t, &list->head);
    if (length && !items) {
        *count = -1;
        hd_raise_no_memory(t);
    }
    return items;
}
void hd_list_snapshot_free(HdThread *t, HdValue *items, HdSize count) {
    if (!items) return;
    for (HdSize i = 0; i < count; i++) hd_release(t, items[i]);
    hd_heap_raw_free_here(t, items, (size_t)count * sizeof(HdValue));
}

HdValue hd_list_slice(HdThread *t, HdValue v, HdSize start, HdSize end) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    if (start < 0) start = 0;
    if (start > length) start = length;
    if (end < start) end = start;
    if (end > length) end = length;
    HdValue result = hd_list_new(t, end - start);
    if (!hd_is_null(result) && end > start) {
        HdValue *to = LIST(result)->array->at, *from = list->array->at + start;
        for (HdSize i = 0; i < end - start; i++) to[i] = hd_retain(t, from[i]);
        LIST(result)->length = end - start;
    }
    hd_unlock_object(t, &list->head);
    return result;
}

HdValue hd_list_as_tuple(HdThread *t, HdValue v) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    HdValue result = list->length ? hd_tuple_from_values(t, list->array->at, list->length) : hd_tuple_empty();
    hd_unlock_object(t, &list->head);
    return result;
}

/* Appends values at one moment; they are taken over in any case. */
static int append_all_steal(HdThread *t, HdList *list, HdValue *items, HdSize count) {
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    bool ok = count <= LENGTH_MAX - length && reserve(t, list, length + count);
    if (ok && count) {
        HdValue *at = list->array->at + length;
        for (HdSize i = 0; i < count; i++) HD_STORE_RELEASE(&at[i].bits, items[i].bits);
        HD_STORE_RELEASE(&list->length, length + count);
    }
    hd_unlock_object(t, &list->head);
    if (ok) return 0;
    for (HdSize i = 0; i < count; i++) hd_release(t, items[i]);
    hd_raise_no_memory(t);
    return -1;
}

/* The same, copying from an array whose items are kept alive by the caller. */
static int append_all(HdThread *t, HdList *list, const HdValue *items, HdSize count) {
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    bool ok = count <= LENGTH_MAX - length && reserve(t, list, length + count);
    if (ok && count) {
        HdValue *at = list->array->at + length;
        for (HdSize i = 0; i < count; i++) HD_STORE_RELEASE(&at[i].bits, hd_retain(t, items[i]).bits);
        HD_STORE_RELEASE(&list->length, length + count);
    }
    hd_unlock_object(t, &list->head);
    if (ok) return 0;
    hd_raise_no_memory(t);
    return -1;
}

static int extend_list(HdThread *t, HdList *list, HdList *other) {
    hd_lock_objects(t, &list->head, &other->head);
    HdSize length = list->length, count = other->length;
    bool ok = count <= LENGTH_MAX - length && reserve(t, list, length + count);
    if (ok && count) {
        HdValue *at = list->array->at + length, *from = other->array->at;
        for (HdSize i = 0; i < count; i++) HD_STORE_RELEASE(&at[i].bits, hd_retain(t, from[i]).bits);
        HD_STORE_RELEASE(&list->length, length + count);
    }
    hd_unlock_objects(t, &list->head, &other->head);
    if (ok) return 0;
    hd_raise_no_memory(t);
    return -1;
}

static int extend_iterator(HdThread *t, HdValue v, HdValue iterator) {
    HdType *type = hd_type_of(iterator);
    HdNext next = type->next;
    bool polls = next != hd_list_iterator_type.next && next != hd_tuple_iterator_type.next;
    for (HdSize i = 1;; i++) {
        HdValue item = next(t, iterator);
        if (hd_is_null(item)) break;
        if (hd_list_append_steal(t, v, item) < 0) return -1;
        if (polls && (i & 1023) == 0 && hd_object_poll(t) < 0) return -1;
    }
    if (!hd_raised(t)) return 0;
    if (!hd_raised_is(t, &hd_StopIteration)) return -1;
    hd_clear_raised(t);
    return 0;
}

/* The items of a str or bytes. */
static int extend_text(HdThread *t, HdValue v, HdValue text) {
    bool bytes = hd_is_bytes(text);
    HdSize length = bytes ? hd_bytes_length(text) : hd_str_length(text);
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    bool ok = length <= LENGTH_MAX - list->length && reserve(t, list, list->length + length);
    hd_unlock_object(t, &list->head);
    if (!ok) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (HdSize i = 0; i < length; i++) {
        HdValue item = bytes ? hd_imm_int(hd_bytes_data(text)[i]) : hd_str_from_char(t, hd_str_at(text, i));
        if (hd_is_null(item) || hd_list_append_steal(t, v, item) < 0) return -1;
    }
    return 0;
}

int hd_list_extend(HdThread *t, HdValue v, HdValue iterable) {
    HdList *list = LIST(v);
    if (hd_is_exact_list(iterable)) return extend_list(t, list, LIST(iterable));
    if (hd_is_exact_tuple(iterable)) {
        return append_all(t, list, HD_AS(HdTuple, iterable)->at, hd_tuple_length(iterable));
    }
    if (hd_is_exact_str(iterable) || hd_is_exact_object(iterable, &hd_bytes_type)) return extend_text(t, v, iterable);
    HdValue whole = HD_NULL;
    if (hd_is_exact_dict(iterable)) whole = hd_dict_keys_list(t, iterable);
    else if (hd_is_exact_object(iterable, &hd_set_type) || hd_is_exact_object(iterable, &hd_frozenset_type))
        whole = hd_set_keys_list(t, iterable);
    else if (hd_is_exact_object(iterable, &hd_dict_keys_type))
        whole = hd_dict_keys_list(t, HD_AS(HdDictView, iterable)->dict);
    else if (hd_is_exact_object(iterable, &hd_dict_values_type))
        whole = hd_dict_values_list(t, HD_AS(HdDictView, iterable)->dict);
    else if (hd_is_exact_object(iterable, &hd_dict_items_type))
        whole = hd_dict_items_list(t, HD_AS(HdDictView, iterable)->dict);
    else goto general;
    if (hd_is_null(whole)) return -1;
    HdList *fresh = LIST(whole);
    HdSize count = fresh->length;
    fresh->length = 0; /* its items move over */
    int status = count ? append_all_steal(t, list, fresh->array->at, count) : 0;
    hd_release(t, whole);
    return status;
general:;
    HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return -1;
    HdSize hint = hd_object_length_hint(t, iterable, 8);
    if (hint < 0) {
        hd_release(t, iterator);
        return -1;
    }
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    /* an estimate that memory cannot hold is taken as a lie, as CPython does, unless it cannot be right at all */
    if (hint > 0 && hint <= LENGTH_MAX - length && length + hint > capacity_of(list)) {
        if (!length && !capacity_of(list)) (void)set_capacity(t, list, (hint + 1) & ~(HdSize)1);
        else (void)reserve(t, list, length + hint);
    }
    hd_unlock_object(t, &list->head);
    int result = extend_iterator(t, v, iterator);
    hd_release(t, iterator);
    if (result == 0) {
        hd_lock_object(t, &list->head);
        if (list->length < capacity_of(list) >> 1) maybe_shrink(t, list);
        hd_unlock_object(t, &list->head);
    }
    return result;
}

/* What is assigned to a slice: its items, counted, in a raw block of *count values. NULL: none (0) or raised (-1). */
static HdValue *assigned_items(HdThread *t, HdValue iterable, HdSize *count) {
    *count = -1;
    HdValue fast = hd_object_fast_sequence(t, iterable, "can only assign an iterable");
    if (hd_is_null(fast)) return NULL;
    HdValue *items = NULL;
    if (hd_is_exact_list(fast)) {
        items = hd_list_snapshot(t, fast, count);
    } else {
        HdSize length = *count = hd_tuple_length(fast);
        if (length && !(items = hd_heap_raw(t, (size_t)length * sizeof(HdValue)))) {
            *count = -1;
            hd_raise_no_memory(t);
        }
        for (HdSize i = 0; items && i < length; i++) items[i] = hd_retain(t, hd_tuple_at_borrowed(fast, i));
    }
    hd_release(t, fast);
    return items;
}

int hd_list_set_slice(HdThread *t, HdValue v, HdSize start, HdSize end, HdValue iterable_or_null) {
    HdList *list = LIST(v);
    HdValue *items = NULL;
    HdSize count = 0;
    if (!hd_is_null(iterable_or_null) && !(items = assigned_items(t, iterable_or_null, &count)) && count < 0) return -1;
    Removed removed = {.items = removed.few};
    hd_lock_object(t, &list->head);
    hd_slice_adjust(list->length, &start, &end, 1);
    if (end < start) end = start;
    bool exchanged = end - start == count, ok = true;
    if (exchanged) { /* what was there is dropped with the block of the new items */
        for (HdSize i = 0; i < count; i++) items[i] = hd_slot_exchange(&list->array->at[start + i], items[i]);
    } else {
        ok = splice(t, list, start, end, items, count, &removed);
    }
    hd_unlock_object(t, &list->head);
    if (exchanged || !ok) hd_list_snapshot_free(t, items, count);
    else if (items) hd_heap_raw_free(t, items, (size_t)count * sizeof(HdValue));
    if (!ok) hd_raise_no_memory(t);
    removed_drop(t, &removed, end - start);
    return ok ? 0 : -1;
}

static int list_clear(HdThread *t, HdValue v) {
    HdList *list = LIST(v);
    Removed removed;
    hd_lock_object(t, &list->head);
    HdSize length = list->length;
    bool ok = true;
    if (t->locks) {
        ok = splice(t, list, 0, length, NULL, 0, &removed);
    } else { /* the array itself holds what is to be dropped */
        HdListArray *array = list->array;
        list->array = NULL;
        list->length = 0;
        list->sorting = 0;
        if (array) {
            for (HdSize i = length; i-- > 0;) hd_release(t, array->at[i]);
            hd_heap_raw_free(t, array, array_bytes(array->capacity));
        }
        return 0;
    }
    hd_unlock_object(t, &list->head);
    removed_drop(t, &removed, length);
    if (ok) return 0;
    hd_raise_no_memory(t);
    return -1;
}

int hd_list_reverse(HdThread *t, HdValue v) {
    HdList *list = LIST(v);
    hd_lock_object(t, &list->head);
    for (HdSize i = 0, j = list->length - 1; i < j; i++, j--) {
        HdValue *at = list->array->at, swap = at[i];
        HD_STORE_RELEASE(&at[i].bits, at[j].bits);
        HD_STORE_RELEASE(&at[j].bits, swap.bits);
    }
    hd_unlock_object(t, &list->head);
    return 0;
}

HdListArray *hd_list_detach(HdThread *t, HdList *list, HdSize *length) {
    hd_lock_object(t, &list->head);
    HdListArray *array = list->array;
    *length = list->length;
    if (t->locks && array) { /* readers may hold the array: sort a copy */
        HdListArray *copy = array_new(t, *length ? *length : 1);
        if (copy) {
            memcpy(copy->at, array->at, (size_t)*length * sizeof(HdValue));
            HD_STORE_RELEASE(&list->length, 0);
            HD_STORE_RELEASE(&list->array, NULL);
            array_retire(t, array, *length);
        }
        array = copy;
    } else {
        HD_STORE_RELEASE(&list->length, 0);
        HD_STORE_RELEASE(&list->array, NULL);
    }
    list->sorting = 1;
    hd_unlock_object(t, &list->head);
    return array;
}

int hd_list_reattach(HdThread *t, HdList *list, HdListArray *array, HdSize length) {
    hd_lock_object(t, &list->head);
    bool changed = !list->sorting || list->array || list->length;
    HdListArray *other = list->array;
    HdSize other_length = list->length;
    Removed removed = {.items = removed.few};
    if (t->locks && other_length && removed_room(t, &removed, other_length)) {
        memcpy(removed.items, other->at, (size_t)other_length * sizeof(HdValue));
        removed.count = other_length;
    }
    /* A reader may know the length that the list has now, and find the array that it gets. */
    if (t->locks && array) memset(array->at + length, 0, (size_t)(array->capacity - length) * sizeof(HdValue));
    HD_STORE_RELEASE(&list->length, 0);
    HD_STORE_RELEASE(&list->array, array);
    HD_STORE_RELEASE(&list->length, length);
    list->sorting = 0;
    if (t->locks) array_retire(t, other, other_length);
    hd_unlock_object(t, &list->head);
    if (t->locks) {
        removed_drop(t, &removed, other_length);
    } else if (other) {
        for (HdSize i = other_length; i-- > 0;) hd_release(t, other->at[i]);
        hd_heap_raw_free(t, other, array_bytes(other->capacity));
    }
    if (changed && !hd_raised(t)) return hd_raise_int(t, &hd_ValueError, "list modified during sort");
    return 0;
}

/* --- subscripts --- */

static HdValue list_getitem(HdThread *t, HdValue self, HdValue key) {
    HdSize index;
    if (HD_LIKELY(hd_is_imm_int(key))) {
        index = hd_imm_int_value(key);
    } else if (hd_is_exact_object(key, &hd_slice_type)) {
        HdSize start, stop, step;
        if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return HD_NULL;
        HdList *list = LIST(self);
        hd_lock_object(t, &list->head);
        HdSize count = hd_slice_adjust(list->length, &start, &stop, step);
        HdValue result = hd_list_new(t, count);
        if (!hd_is_null(result) && count) {
            HdValue *to = LIST(result)->array->at, *from = list->array->at;
            for (HdSize i = 0; i < count; i++) to[i] = hd_retain(t, from[start + i * step]);
            LIST(result)->length = count;
        }
        hd_unlock_object(t, &list->head);
        return result;
    } else if (hd_number_check_index(key)) {
        index = hd_number_as_size(t, key, &hd_IndexError);
        if (index == -1 && hd_raised(t)) return HD_NULL;
    } else {
        return hd_raise(t, &hd_TypeError, "list indices must be integers or slices, not %T", key);
    }
    if (index < 0) index += hd_list_length(self);
    HdValue item = index < 0 ? HD_NULL : hd_list_get(t, self, index);
    if (HD_UNLIKELY(hd_is_null(item))) return hd_raise(t, &hd_IndexError, "list index out of range");
    return item;
}

/* del list[start:stop:step] with a step that is not 1. Memory is needed only for the values to drop. */
static int delete_stepped(HdThread *t, HdList *list, HdSize start, HdSize stop, HdSize step) {
    Removed removed;
    hd_lock_object(t, &list->head);
    HdSize count = hd_slice_adjust(list->length, &start, &stop, step);
    bool ok = removed_room(t, &removed, count);
    if (ok && count) {
        if (step < 0) {
            start += step * (count - 1);
            step = -step;
        }
        HdValue *at = list->array->at;
        HdSize length = list->length, to = start, next = start;
        removed.count = 0;
        for (HdSize i = start; i < length; i++) {
            if (removed.count < count && i == next) {
                removed.items[removed.count++] = at[i];
                next += removed.count < count ? step : 0;
            } else {
                HD_STORE_RELEASE(&at[to++].bits, at[i].bits);
            }
        }
        HD_STORE_RELEASE(&list->length, length - count);
        empty_slots(t, at + length - count, count);
        maybe_shrink(t, list);
    }
    hd_unlock_object(t, &list->head);
    if (!ok) {
        hd_raise_no_memory(t);
        return -1;
    }
    removed_drop(t, &removed, count);
    return 0;
}

static int set_stepped(HdThread *t, HdList *list, HdSize start, HdSize stop, HdSize step, HdValue value) {
    HdValue fast = hd_object_fast_sequence(t, value, "must assign iterable to extended slice");
    if (hd_is_null(fast)) return -1;
    HdValue copy = hd_list_from_iterable(t, fast);
    hd_release(t, fast);
    if (hd_is_null(copy)) return -1;
    HdSize given = LIST(copy)->length;
    hd_lock_object(t, &list->head);
    HdSize count = hd_slice_adjust(list->length, &start, &stop, step);
    bool fits = count == given;
    for (HdSize i = 0; fits && i < count; i++) { /* the old values stay in the copy, to be dropped */
        LIST(copy)->array->at[i] = hd_slot_exchange(&list->array->at[start + i * step], LIST(copy)->array->at[i]);
    }
    hd_unlock_object(t, &list->head);
    hd_release(t, copy);
    if (fits) return 0;
    return hd_raise_int(t, &hd_ValueError, "attempt to assign sequence of size %zd to extended slice of size %zd",
                        given, count);
}

static int list_setslice(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return -1;
    if (step != 1) {
        return hd_is_null(value) ? delete_stepped(t, LIST(self), start, stop, step)
                                 : set_stepped(t, LIST(self), start, stop, step, value);
    }
    return hd_list_set_slice(t, self, start, stop, value);
}

static int list_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HdList *list = LIST(self);
    HdSize index;
    if (HD_LIKELY(hd_is_imm_int(key))) {
        index = hd_imm_int_value(key);
    } else if (hd_is_exact_object(key, &hd_slice_type)) {
        return list_setslice(t, self, key, value);
    } else if (hd_number_check_index(key)) {
        index = hd_number_as_size(t, key, &hd_IndexError);
        if (index == -1 && hd_raised(t)) return -1;
    } else {
        return hd_raise_int(t, &hd_TypeError, "list indices must be integers or slices, not %T", key);
    }
    HdValue old = HD_NULL;
    bool found = false;
    hd_lock_object(t, &list->head);
    if (index < 0) index += list->length;
    if (index >= 0 && index < list->length) {
        found = true;
        old = hd_is_null(value) ? take_at(t, list, index)
                                : hd_slot_exchange(&list->array->at[index], hd_retain(t, value));
    }
    hd_unlock_object(t, &list->head);
    if (!found) return hd_raise_int(t, &hd_IndexError, "list assignment index out of range");
    hd_release(t, old);
    return 0;
}

/* --- operators --- */

static HdValue list_add(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_list(left) || !hd_is_list(right)) return hd_NotImplemented;
    HdList *a = LIST(left), *b = LIST(right);
    hd_lock_objects(t, &a->head, &b->head);
    HdSize n = a->length, m = b->length;
    HdValue result = n > LENGTH_MAX - m ? hd_raise_no_memory(t) : hd_list_new(t, n + m);
    if (!hd_is_null(result) && n + m) {
        HdValue *to = LIST(result)->array->at;
        for (HdSize i = 0; i < n; i++) *to++ = hd_retain(t, a->array->at[i]);
        for (HdSize i = 0; i < m; i++) *to++ = hd_retain(t, b->array->at[i]);
        LIST(result)->length = n + m;
    }
    hd_unlock_objects(t, &a->head, &b->head);
    return result;
}

static HdValue list_repeat(HdThread *t, HdValue self, HdSize times) {
    HdList *list = LIST(self);
    if (times < 0) times = 0;
    hd_lock_object(t, &list->head);
    HdSize n = list->length;
    HdValue result = n && times > LENGTH_MAX / n ? hd_raise_no_memory(t) : hd_list_new(t, n * times);
    if (!hd_is_null(result) && n && times) {
        HdValue *to = LIST(result)->array->at, *from = list->array->at;
        if (n == 1 && (!hd_is_object(from[0]))) {
            for (HdSize i = 0; i < times; i++) to[i] = from[0];
        } else {
            for (HdSize k = 0; k < times; k++) {
                for (HdSize i = 0; i < n; i++) *to++ = hd_retain(t, from[i]);
            }
        }
        LIST(result)->length = n * times;
    }
    hd_unlock_object(t, &list->head);
    return result;
}

static HdValue list_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue list = hd_is_list(left) ? left : right, number = hd_is_list(left) ? right : left;
    if (!hd_is_list(list) || !hd_number_check_index(number)) return hd_NotImplemented;
    HdSize times = hd_number_as_size(t, number, &hd_OverflowError);
    if (times == -1 && hd_raised(t)) return HD_NULL;
    return list_repeat(t, list, times);
}

static HdValue list_inplace_add(HdThread *t, HdValue self, HdValue other) {
    if (hd_list_extend(t, self, other) < 0) return HD_NULL;
    return hd_retain(t, self);
}

static HdValue list_inplace_multiply(HdThread *t, HdValue self, HdValue number) {
    if (!hd_number_check_index(number)) return hd_NotImplemented;
    HdSize times = hd_number_as_size(t, number, &hd_OverflowError);
    if (times == -1 && hd_raised(t)) return HD_NULL;
    if (times <= 0) return list_clear(t, self) < 0 ? HD_NULL : hd_retain(t, self);
    HdList *list = LIST(self);
    hd_lock_object(t, &list->head);
    HdSize n = list->length;
    bool ok = !n || (times <= LENGTH_MAX / n && reserve(t, list, n * times));
    if (ok && n) {
        HdValue *at = list->array->at;
        for (HdSize i = n; i < n * times; i++) HD_STORE_RELEASE(&at[i].bits, hd_retain(t, at[i - n]).bits);
        HD_STORE_RELEASE(&list->length, n * times);
    }
    hd_unlock_object(t, &list->head);
    return ok ? hd_retain(t, self) : hd_raise_no_memory(t);
}

static HdSize list_length(HdThread *t, HdValue self) { return hd_list_length(self); }

/* With the lock held: where `item` lies from `start` on; -1: nowhere, -2: Python has to compare. */
static HdSize find_held(const HdList *list, HdValue item, HdSize start, HdSize stop) {
    bool native = hd_key_is_native(item);
    if (stop > list->length) stop = list->length;
    for (HdSize i = start; i < stop; i++) {
        HdValue own = list->array->at[i];
        if (hd_same(own, item)) return i;
        if (native && hd_key_is_native(own)) {
            if (hd_key_equal_native(own, item)) return i;
        } else if (hd_type_of(own)->compare != hd_object_type.compare || hd_type_of(item)->compare != hd_object_type.compare) {
            return -2; /* else they are equal only when they are the same */
        }
    }
    return -1;
}
/* The same at one moment, GIL off; with it on the general way is as good. */
static HdSize find_native(HdThread *t, HdList *list, HdValue item, HdSize start, HdSize stop) {
    if (!t->locks) return -2;
    hd_lock_object(t, &list->head);
    HdSize found = find_held(list, item, start, stop);
    hd_unlock_object(t, &list->head);
    return found;
}

static int list_contains(HdThread *t, HdValue self, HdValue item) {
    HdSize found = find_native(t, LIST(self), item, 0, HD_SIZE_MAX);
    if (found != -2) return found >= 0;
    for (HdSize i = 0;; i++) {
        HdValue own = hd_list_get(t, self, i);
        if (hd_is_null(own)) return 0;
        int equal = hd_object_equal(t, own, item);
        hd_release(t, own);
        if (equal) return equal;
    }
}

static HdValue list_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_list(left) || !hd_is_list(right)) return hd_NotImplemented;
    if ((op == HD_EQ || op == HD_NE) && hd_list_length(left) != hd_list_length(right)) return hd_bool(op == HD_NE);
    if (hd_object_enter(t, " in comparison") < 0) return HD_NULL;
    for (HdSize i = 0;; i++) {
        HdValue a = hd_list_get(t, left, i);
        HdValue b = hd_is_null(a) ? HD_NULL : hd_list_get(t, right, i);
        if (hd_is_null(a) || hd_is_null(b)) {
            hd_release(t, a);
            break;
        }
        int equal = hd_object_equal(t, a, b);
        HdValue result = HD_NULL;
        /* a comparison may have shortened the lists: then their lengths decide */
        if (equal == 0 && i < hd_list_length(left) && i < hd_list_length(right)) {
            if (op == HD_EQ || op == HD_NE) result = hd_bool(op == HD_NE);
            else result = hd_object_compare(t, a, b, op);
        }
        hd_release(t, a);
        hd_release(t, b);
        if (equal < 0 || !hd_is_null(result)) return result;
        if (equal == 0 && hd_raised(t)) return HD_NULL;
    }
    HdSize n = hd_list_length(left), m = hd_list_length(right);
    switch (op) {
        case HD_LT: return hd_bool(n < m);
        case HD_LE: return hd_bool(n <= m);
        case HD_EQ: return hd_bool(n == m);
        case HD_NE: return hd_bool(n != m);
        case HD_GT: return hd_bool(n > m);
        default: return hd_bool(n >= m);
    }
}

static HdValue list_repr(HdThread *t, HdValue self) {
    if (!hd_list_length(self)) return hd_str_from_ascii(t, "[]", 2);
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "[...]", 5);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    (void)hd_str_builder_char(&b, '[');
    for (HdSize i = 0;; i++) {
        HdValue item = hd_list_get(t, self, i);
        if (hd_is_null(item)) break;
        HdValue text = hd_object_repr(t, item);
        hd_release(t, item);
        if (hd_is_null(text)) {
            hd_str_builder_discard(&b);
            hd_object_repr_leave(t, self);
            return HD_NULL;
        }
        if (i) (void)hd_str_builder_ascii(&b, ", ", 2);
        (void)hd_str_builder_str(&b, text);
        hd_release(t, text);
    }
    (void)hd_str_builder_char(&b, ']');
    hd_object_repr_leave(t, self);
    return hd_str_builder_finish(&b);
}

static HdValue list_iter(HdThread *t, HdValue self) { return hd_iter_list(t, self); }

/* --- methods --- */

static HdValue list_method_append(HdThread *t, HdValue self, const HdValue *args) {
    return hd_list_append(t, self, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue list_method_clear(HdThread *t, HdValue self, const HdValue *args) {
    return list_clear(t, self) < 0 ? HD_NULL : hd_None;
}
static HdValue list_method_copy(HdThread *t, HdValue self, const HdValue *args) {
    return hd_list_slice(t, self, 0, HD_SIZE_MAX);
}
static HdValue list_method_extend(HdThread *t, HdValue self, const HdValue *args) {
    return hd_list_extend(t, self, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue list_method_insert(HdThread *t, HdValue self, const HdValue *args) {
    HdSize index = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    return hd_list_insert(t, self, index, args[1]) < 0 ? HD_NULL : hd_None;
}
static HdValue list_method_pop(HdThread *t, HdValue self, const HdValue *args) {
    HdSize index = -1;
    if (!hd_is_null(args[0])) {
        index = hd_number_as_size(t, args[0], &hd_OverflowError);
        if (index == -1 && hd_raised(t)) return HD_NULL;
    }
    return hd_list_pop(t, self, index);
}

static HdValue list_method_remove(HdThread *t, HdValue self, const HdValue *args) {
    HdList *list = LIST(self);
    HdSize found = -2;
    if (t->locks) {
        hd_lock_object(t, &list->head);
        found = find_held(list, args[0], 0, list->length);
        HdValue gone = found >= 0 ? take_at(t, list, found) : HD_NULL;
        hd_unlock_object(t, &list->head);
        hd_release(t, gone);
        if (found >= 0) return hd_None;
    }
    for (HdSize i = 0; found == -2; i++) {
        HdValue own = hd_list_get(t, self, i);
        if (hd_is_null(own)) break;
        int equal = hd_object_equal(t, own, args[0]);
        if (equal < 0) {
            hd_release(t, own);
            return HD_NULL;
        }
        if (equal) { /* what lies there now goes, as in CPython, even if the comparison changed the list */
            hd_lock_object(t, &list->head);
            HdSize at = i;
            if (t->locks) { /* another thread may have moved it */
                for (at = 0; at < list->length && !hd_same(list->array->at[at], own);) at++;
            }
            HdValue gone = at < list->length ? take_at(t, list, at) : HD_NULL;
            hd_unlock_object(t, &list->head);
            hd_release(t, own);
            if (t->locks && hd_is_null(gone)) { /* … or taken it: perhaps there is another */
                i = -1;
                continue;
            }
            hd_release(t, gone);
            return hd_None;
        }
        hd_release(t, own);
    }
    return hd_raise(t, &hd_ValueError, "list.remove(x): x not in list");
}

static HdValue list_method_index(HdThread *t, HdValue self, const HdValue *args) {
    HdSize start = 0, stop = HD_SIZE_MAX;
    if (!hd_is_null(args[1]) && hd_slice_index(t, args[1], &start) < 0) return HD_NULL;
    if (!hd_is_null(args[2]) && hd_slice_index(t, args[2], &stop) < 0) return HD_NULL;
    HdSize length = hd_list_length(self);
    if (start < 0 && (start += length) < 0) start = 0;
    if (stop < 0 && (stop += length) < 0) stop = 0;
    HdSize found = find_native(t, LIST(self), args[0], start, stop);
    if (found >= 0) return hd_int_from_size(t, found);
    for (HdSize i = start; found == -2 && i < stop; i++) {
        HdValue own = hd_list_get(t, self, i);
        if (hd_is_null(own)) break;
        int equal = hd_object_equal(t, own, args[0]);
        hd_release(t, own);
        if (equal < 0) return HD_NULL;
        if (equal) return hd_int_from_size(t, i);
    }
    return hd_raise(t, &hd_ValueError, "%R is not in list", args[0]);
}

static HdValue list_method_count(HdThread *t, HdValue self, const HdValue *args) {
    HdSize count = 0;
    for (HdSize i = 0;; i++) {
        HdValue own = hd_list_get(t, self, i);
        if (hd_is_null(own)) return hd_int_from_size(t, count);
        int equal = hd_object_equal(t, own, args[0]);
        hd_release(t, own);
        if (equal < 0) return HD_NULL;
        count += equal;
    }
}

static HdValue list_method_reverse(HdThread *t, HdValue self, const HdValue *args) {
    return hd_list_reverse(t, self) < 0 ? HD_NULL : hd_None;
}
static HdValue list_method_sort(HdThread *t, HdValue self, const HdValue *args) {
    int reverse = 0;
    if (!hd_is_null(args[1])) {
        reverse = hd_number_as_int(t, args[1]);
        if (reverse == -1 && hd_raised(t)) return HD_NULL;
    }
    return hd_list_sort(t, self, hd_is_null(args[0]) ? hd_None : args[0], reverse != 0) < 0 ? HD_NULL : hd_None;
}
static HdValue list_method_reversed(HdThread *t, HdValue self, const HdValue *args) {
    HdSequenceIterator *iterator = HD_NEW(t, HdSequenceIterator, &hd_list_reverse_iterator_type);
    if (!iterator) return HD_NULL;
    iterator->sequence = hd_retain(t, self);
    iterator->index = hd_list_length(self) - 1;
    return hd_from_object(iterator);
}
static HdValue list_method_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdSize capacity = capacity_of(LIST(self));
    HdType *type = hd_type_of(self);
    return hd_int_from_size(t, type->basicsize + type->tail_size + (capacity ? (HdSize)array_bytes(capacity) : 0));
}
static HdValue list_method_class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}
static HdValue list_method_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return list_getitem(t, self, args[0]);
}

/* --- life --- */

static HdValue list_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return type == &hd_list_type ? hd_list_new(t, 0) : hd_type_alloc(t, type);
}

static int list_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdType *type = hd_type_of(self);
    if (!hd_is_null(kwnames) && (type == &hd_list_type || type->create == list_create) &&
        hd_native_no_keywords(t, "list", kwnames) < 0)
        return -1;
    if (hd_native_check_count(t, "list", nargs, 0, 1) < 0) return -1;
    if (LIST(self)->array && list_clear(t, self) < 0) return -1;
    if (nargs == 0) return 0;
    HdValue iterable = hd_ref_value(args[0]);
    return hd_list_extend(t, self, iterable);
}

static void list_dealloc(HdThread *t, HdObject *self) {
    HdList *list = (HdList *)self;
    HdListArray *array = list->array;
    if (array) {
        for (HdSize i = list->length; i-- > 0;) hd_release(t, array->at[i]);
        hd_heap_raw_free_here(t, array, array_bytes(array->capacity)); /* whoever reads a list holds it: nobody does any more */
    }
    if (HD_LIKELY(self->type == &hd_list_type)) hd_heap_free_container_here(t, self);
    else hd_type_free(t, self);
}
static int list_traverse(HdObject *self, HdVisit visit, void *context) {
    HdList *list = (HdList *)self;
    for (HdSize i = list->length; i-- > 0;) HD_VISIT(list->array->at[i]);
    return 0;
}
static void list_gc_clear(HdThread *t, HdObject *self) { (void)list_clear(t, hd_from_object(self)); }

static const HdMethodDef list_methods[] = {
    HD_METHOD(list_method_getitem, "__getitem__($self, index, /)", "Return self[index]."),
    HD_METHOD(list_method_reversed, "__reversed__($self, /)", "Iterator over the items, last one first."),
    HD_METHOD(list_method_sizeof, "__sizeof__($self, /)", "Bytes that the list takes in memory."),
    HD_METHOD(list_method_clear, "clear($self, /)", "Remove every item."),
    HD_METHOD(list_method_copy, "copy($self, /)", "A new list with the same items."),
    HD_METHOD(list_method_append, "append($self, object, /)", "Add the object behind the last item."),
    HD_METHOD(list_method_insert, "insert($self, index, object, /)", "Put the object in front of the item at index."),
    HD_METHOD(list_method_extend, "extend($self, iterable, /)", "Append each item of the iterable."),
    HD_METHOD(list_method_pop, "pop($self, index=-1, /)",
              "Remove the item at index (the last one by default) and return it.\n\n"
              "IndexError if there is no such item."),
    HD_METHOD(list_method_remove, "remove($self, value, /)",
              "Remove the first item that equals value.\n\nValueError if there is none."),
    HD_METHOD(list_method_index, "index($self, value, start=0, stop=sys.maxsize, /)",
              "Index of the first item that equals value.\n\nValueError if there is none."),
    HD_METHOD(list_method_count, "count($self, value, /)", "How many items equal value."),
    HD_METHOD(list_method_reverse, "reverse($self, /)", "Turn the order of the items round, in place."),
    HD_METHOD(list_method_sort, "sort($self, /, *, key=None, reverse=False)",
              "Put the items in ascending order, in place, and return None.\n\n"
              "Items that compare equal keep their order. A key function is called once for each item;\n"
              "reverse asks for descending order."),
    HD_CLASS_METHOD(list_method_class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};

HdType hd_list_type = {
    HD_TYPE_HEAD("list"),
    .doc = "list(iterable=(), /)\n--\n\nA sequence that can be changed.\n\n"
           "Without an argument the new list is empty; otherwise it gets the items of the iterable.",
    .basicsize = sizeof(HdList),
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_LIST | HD_TYPE_SEQUENCE | HD_TYPE_MATCH_SELF | HD_TYPE_ITER_NATIVE,
    .dealloc = list_dealloc,
    .traverse = list_traverse,
    .clear = list_gc_clear,
    .create = list_create,
    .init = list_init,
    .repr = list_repr,
    .hash = hd_object_hash_unhashable,
    .compare = list_compare,
    .iter = list_iter,
    .length = list_length,
    .getitem = list_getitem,
    .setitem = list_setitem,
    .contains = list_contains,
    .add = list_add,
    .multiply = list_multiply,
    .inplace_add = list_inplace_add,
    .inplace_multiply = list_inplace_multiply,
    .methods = list_methods,
};

int hd_list_init(HdThread *t) { return hd_type_ready(t, &hd_list_type); }
