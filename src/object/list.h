/* list.h -- list and tuple.
 *
 * A list's items lie in an array with its capacity in front, so that a reader without the lock sees both or neither; an
 * array that was replaced is freed through an epoch. All changes hold the list's lock. Reads of single items do not.
 */
#ifndef HD_LIST_H
#define HD_LIST_H

#include "mutex.h"
#include "object.h"

typedef struct HdListArray {
    HdSize capacity;
    HdValue at[];
} HdListArray;
typedef struct HdList {
    HdObject head;
    HdSize length;      /* written last, with release */
    HdListArray *array; /* NULL when capacity is 0 */
    HdSize sorting;     /* nonzero: being sorted, changes are detected */
} HdList;
typedef struct HdTuple {
    HdObject head;
    HdSize length;
    HdValue at[];
} HdTuple;
typedef struct HdTupleField { /* tuple_field.c */
    HdObject head;
    HdSize index;
    HdValue doc;
} HdTupleField;
extern HdType hd_tuple_field_type;
extern HdType hd_list_type, hd_tuple_type, hd_list_reverse_iterator_type;

HD_INLINE bool hd_is_list(HdValue v) { return hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags & HD_TYPE_LIST); }
HD_INLINE bool hd_is_tuple(HdValue v) { return hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags & HD_TYPE_TUPLE); }
HD_INLINE bool hd_is_exact_list(HdValue v) { return hd_is_exact_object(v, &hd_list_type); }
HD_INLINE bool hd_is_exact_tuple(HdValue v) { return hd_is_exact_object(v, &hd_tuple_type); }

/* --- list --- */
HdValue hd_list_new(HdThread *t, HdSize capacity) HD_CHECK; /* empty, room for `capacity` */
HdValue hd_list_from_values(HdThread *t, const HdValue *items, HdSize count) HD_CHECK;
HdValue hd_list_from_values_steal(HdThread *t, HdValue *items, HdSize count) HD_CHECK;
HdValue hd_list_from_refs_steal(HdThread *t, const HdRef *items, HdSize count) HD_CHECK; /* BUILD_LIST */
HdValue hd_list_from_iterable(HdThread *t, HdValue iterable) HD_CHECK;
int hd_list_append_slow(HdThread *t, HdValue list, HdValue item) HD_CHECK; /* takes the item over */
HD_CHECK HD_INLINE int hd_list_append_steal(HdThread *t, HdValue list, HdValue item) {
    HdList *l = HD_AS(HdList, list);
    if (HD_UNLIKELY(t->locks)) return hd_list_append_slow(t, list, item);
    HdListArray *array = l->array;
    if (HD_LIKELY(array && l->length < array->capacity)) {
        array->at[l->length++] = item;
        return 0;
    }
    return hd_list_append_slow(t, list, item);
}
HD_CHECK HD_INLINE int hd_list_append(HdThread *t, HdValue list, HdValue item) {
    return hd_list_append_steal(t, list, hd_retain(t, item));
}
/* The same to a list that was just made, or lies on the evaluation stack, which makes hd_is_private meaningful. */
int hd_list_append_private_slow(HdThread *t, HdValue list, HdValue item) HD_CHECK;
HD_CHECK HD_INLINE int hd_list_append_private_steal(HdThread *t, HdValue list, HdValue item) {
    HdList *l = HD_AS(HdList, list);
    if (HD_UNLIKELY(t->locks && !hd_is_private(t, &l->head))) return hd_list_append_slow(t, list, item);
    HdListArray *array = l->array;
    if (HD_UNLIKELY(!array || l->length >= array->capacity)) return hd_list_append_private_slow(t, list, item);
    array->at[l->length] = item;
    HD_STORE_RELEASE(&l->length, l->length + 1);
    return 0;
}
/* For who holds the list's lock: the item is taken over; false: no memory. */
bool hd_list_append_held(HdThread *t, HdList *list, HdValue item) HD_CHECK;
HdValue hd_list_pop_held(HdThread *t, HdList *list); /* the last item of a list that is not empty */
int hd_list_insert(HdThread *t, HdValue list, HdSize index, HdValue item) HD_CHECK;
int hd_list_extend(HdThread *t, HdValue list, HdValue iterable) HD_CHECK;
HD_INLINE HdSize hd_list_length(HdValue list) { return HD_LOAD_RELAXED(&HD_AS(HdList, list)->length); }
/* Item `index` (0 <= index), owned; HD_NULL without an exception when out of range. Takes no lock. */
HdValue hd_list_get_slow(HdThread *t, HdValue list, HdSize index);
HD_INLINE HdValue hd_list_get(HdThread *t, HdValue list, HdSize index) {
    if (HD_UNLIKELY(t->locks)) return hd_list_get_slow(t, list, index);
    HdList *l = HD_AS(HdList, list);
    return index < l->length ? hd_retain(t, l->array->at[index]) : HD_NULL;
}
/* Item lent: only for lists no other thread can change. */
HD_INLINE HdValue hd_list_at_borrowed(HdValue list, HdSize index) { return HD_AS(HdList, list)->array->at[index]; }
int hd_list_set(HdThread *t, HdValue list, HdSize index, HdValue item) HD_CHECK; /* IndexError */
HdValue hd_list_slice(HdThread *t, HdValue list, HdSize start, HdSize end) HD_CHECK;
int hd_list_set_slice(HdThread *t, HdValue list, HdSize start, HdSize end, HdValue iterable_or_null) HD_CHECK;
HdValue hd_list_pop(HdThread *t, HdValue list, HdSize index) HD_CHECK;
int hd_list_sort(HdThread *t, HdValue list, HdValue key_or_none, bool reverse) HD_CHECK; /* stable: powersort/timsort */
int hd_list_reverse(HdThread *t, HdValue list) HD_CHECK;
HdValue hd_list_as_tuple(HdThread *t, HdValue list) HD_CHECK;
/* The items, owned, in a raw block of *count values, taken at one moment; NULL with *count 0: empty, with -1: raised.
 * Freed with hd_list_snapshot_free, which drops the items too. */
HdValue *hd_list_snapshot(HdThread *t, HdValue list, HdSize *count);
void hd_list_snapshot_free(HdThread *t, HdValue *items, HdSize count);
/* For list_sort.c: takes the array out of the list, which looks empty until it is put back. */
HdListArray *hd_list_detach(HdThread *t, HdList *list, HdSize *length);
int hd_list_reattach(HdThread *t, HdList *list, HdListArray *array, HdSize length) HD_CHECK; /* ValueError if changed */
int hd_list_init(HdThread *t) HD_CHECK;

/* --- tuple --- */
HdValue hd_tuple_empty(void); /* immortal */
HdValue hd_tuple_new(HdThread *t, HdSize length) HD_CHECK; /* slots HD_NULL, to be filled by hd_tuple_put_steal */
bool hd_tuple_is_leaf(const HdObject *tuple); /* the collector need not look at it (gc.h) */
/* Of a tuple that nobody else has and that is filled again: it may hold other things from now on. */
HD_INLINE void hd_tuple_refill(HdValue tuple) {
    HdObject *object = hd_as_object(tuple);
    uint8_t flags = HD_LOAD_RELAXED(&object->flags);
    if (HD_UNLIKELY(!(flags & HD_FLAG_GC))) HD_STORE_RELAXED(&object->flags, (uint8_t)(flags | HD_FLAG_GC));
}
HD_INLINE void hd_tuple_put_steal(HdValue tuple, HdSize i, HdValue v) { HD_AS(HdTuple, tuple)->at[i] = v; }
HD_INLINE HdValue hd_tuple_at_borrowed(HdValue tuple, HdSize i) { return HD_AS(HdTuple, tuple)->at[i]; }
HD_INLINE HdSize hd_tuple_length(HdValue tuple) { return HD_AS(HdTuple, tuple)->length; }
HdValue hd_tuple_from_values(HdThread *t, const HdValue *items, HdSize count) HD_CHECK;
HdValue hd_tuple_from_refs_steal(HdThread *t, const HdRef *items, HdSize count) HD_CHECK; /* BUILD_TUPLE */
HdValue hd_tuple_from_refs(HdThread *t, const HdRef *items, HdSize count) HD_CHECK;       /* *args: copies */
HdValue hd_tuple_from_iterable(HdThread *t, HdValue iterable) HD_CHECK;
HdValue hd_tuple_pack(HdThread *t, HdSize count, ...) HD_CHECK; /* HdValue arguments, lent */
HdValue hd_tuple_slice(HdThread *t, HdValue tuple, HdSize start, HdSize end) HD_CHECK;
int hd_tuple_init(HdThread *t) HD_CHECK;

#endif
