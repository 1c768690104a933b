/* set.h -- set and frozenset: open addressing, one table replaced whole; changes hold the set's lock. */
#ifndef HD_SET_H
#define HD_SET_H

#include "object.h"

typedef struct HdSetEntry {
    int64_t hash;
    HdValue key; /* HD_NULL: never used; the dummy value: deleted */
} HdSetEntry;
typedef struct HdSetTable {
    HdSize mask, fill;
    uint64_t born; /* the set's `changes` when this became its table: the next one may lie at the same address */
    HdSetEntry at[];
} HdSetTable;
typedef struct HdSet {
    HdObject head;
    HdSize used;
    HdSetTable *table; /* never NULL; the empty table is shared and immutable */
    int64_t hash;      /* frozenset: 0 not computed; set: where pop() goes on looking */
    uint64_t changes;  /* grows with each key added or removed and with each new table; atomic */
} HdSet;
extern HdType hd_set_type, hd_frozenset_type, hd_set_iterator_type;
HD_INLINE bool hd_is_set(HdValue v) { return hd_is_instance(v, &hd_set_type) || hd_is_instance(v, &hd_frozenset_type); }
HdValue hd_set_new(HdThread *t, HdValue iterable_or_null) HD_CHECK;
HdValue hd_frozenset_new(HdThread *t, HdValue iterable_or_null) HD_CHECK;
int hd_set_add(HdThread *t, HdValue set, HdValue key) HD_CHECK;
int hd_set_contains(HdThread *t, HdValue set, HdValue key) HD_CHECK;
int hd_set_discard(HdThread *t, HdValue set, HdValue key) HD_CHECK; /* 1 was there, 0 not */
int hd_set_update(HdThread *t, HdValue set, HdValue iterable) HD_CHECK;
HD_INLINE HdSize hd_set_length(HdValue s) { return HD_LOAD_RELAXED(&HD_AS(HdSet, s)->used); }
/* Owned keys, safe beside other threads; *position starts at 0; 1, 0 at the end. */
int hd_set_contains_hash(HdThread *t, HdValue set, HdValue key, int64_t hash) HD_CHECK;
int hd_set_add_hash(HdThread *t, HdValue set, HdValue key, int64_t hash) HD_CHECK;
int hd_set_next_hash(HdThread *t, HdValue set, HdSize *position, HdValue *key, int64_t *hash);
int hd_set_clear(HdThread *t, HdValue set) HD_CHECK;
HdValue hd_set_keys_list(HdThread *t, HdValue set) HD_CHECK; /* at one moment */
int hd_set_init(HdThread *t) HD_CHECK;
int hd_set_next(HdThread *t, HdValue set, HdSize *position, HdValue *key);

#endif
