/* collections_types.h -- the types of the module _collections, one file each. */
#ifndef HD_COLLECTIONS_TYPES_H
#define HD_COLLECTIONS_TYPES_H

#include <heddle/module.h>

#include "mutex.h"

/* collections_deque.c, collections_deque_iterator.c
 *
 * A ring: item i lies at items[(first + i) & (capacity - 1)]. Everything but head and max_length is read and changed
 * under the deque's lock. `state` grows with each change of the order, so that walks notice it. */
typedef struct HdDeque {
    HdObject head;
    HdValue *items;    /* NULL when capacity is 0 */
    HdSize capacity;   /* 0 or a power of two */
    HdSize first, length;
    HdSize max_length; /* -1: none; changed by __init__ alone */
    uint64_t state;
} HdDeque;
extern HdType hd_deque_type, hd_deque_iterator_type, hd_deque_reverse_iterator_type;
HD_INLINE bool hd_is_deque(HdValue v) { return hd_is_instance(v, &hd_deque_type); }
HD_INLINE HdValue *hd_deque_slot(const HdDeque *d, HdSize i) { return &d->items[(d->first + i) & (d->capacity - 1)]; }
HdValue hd_deque_iter(HdThread *t, HdValue self);
HdValue hd_deque_reversed(HdThread *t, HdValue self, const HdValue *args);

/* collections_dict.c */
extern HdType hd_defaultdict_type;

/* collections_ordered.c */
extern HdType hd_ordered_dict_type;
int hd_ordered_dict_init(HdThread *t) HD_CHECK; /* the types of its views and iterators */

#endif
