/* itertools_types.h -- what the files of itertools share: one struct serves for nearly all of its iterators. */
#ifndef HD_ITERTOOLS_TYPES_H
#define HD_ITERTOOLS_TYPES_H

#include <heddle/module.h>

#include "mutex.h"

/* What the fields mean stands at each type. Values that change are read and changed under the object's lock. */
typedef struct HdItertool {
    HdObject head;
    HdValue a, b, c;
    HdSize n, m, k;
    bool flag, other;
} HdItertool;
#define IT(v) HD_AS(HdItertool, v)

HD_INLINE HdValue hd_itertool_get(HdThread *t, HdItertool *it, HdValue *field) {
    hd_lock_object(t, &it->head);
    HdValue v = hd_retain(t, *field);
    hd_unlock_object(t, &it->head);
    return v;
}
HD_INLINE void hd_itertool_put_steal(HdThread *t, HdItertool *it, HdValue *field, HdValue v) {
    hd_lock_object(t, &it->head);
    HdValue old = hd_slot_exchange(field, v);
    hd_unlock_object(t, &it->head);
    hd_release(t, old);
}
/* One step of a source; whoever calls this does not go on at the end, so a StopIteration may pass. */
HD_INLINE HdValue hd_itertool_draw(HdThread *t, HdValue iterator) { return hd_iter_draw(t, iterator); }

void hd_itertool_dealloc(HdThread *t, HdObject *self);
int hd_itertool_traverse(HdObject *self, HdVisit visit, void *context);
/* (type, args) or (type, args, state); args and state are taken over, HD_NULL state leaves it out. */
HdValue hd_itertool_reduce_steal(HdThread *t, HdValue self, HdValue args, HdValue state) HD_CHECK;

#define HD_ITERTOOL_BASE(type_name, text)                                                         \
    HD_TYPE_HEAD(type_name), .doc = (text),                                                       \
    .dealloc = hd_itertool_dealloc, .traverse = hd_itertool_traverse, .iter = hd_iter_self
#define HD_ITERTOOL(type_name, text) HD_ITERTOOL_BASE(type_name, text), .basicsize = sizeof(HdItertool), \
    .flags = HD_TYPE_GC | HD_TYPE_BASE

extern HdType hd_itertools_product_type, hd_itertools_permutations_type, hd_itertools_combinations_type,
    hd_itertools_replacement_type, hd_itertools_groupby_type, hd_itertools_grouper_type, hd_itertools_tee_type,
    hd_itertools_tee_data_type;
extern const HdMethodDef hd_itertools_tee_def;

#endif
