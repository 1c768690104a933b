/* iter.h -- the general iterators: of sequences by index, of callables, and of list, tuple; map, filter, zip, …
 *
 * The VM's FOR_ITER steps list and tuple iterators inline, so their layout is here.
 */
#ifndef HD_ITER_H
#define HD_ITER_H

#include "object.h"

/* index < 0: exhausted, sequence dropped. Without the GIL the index moves by compare-and-swap. */
typedef struct HdSequenceIterator {
    HdObject head;
    HdValue sequence;
    HdSize index;
} HdSequenceIterator;
extern HdType hd_list_iterator_type, hd_tuple_iterator_type, hd_sequence_iterator_type, hd_callable_iterator_type;
extern HdType hd_enumerate_type, hd_reversed_type, hd_zip_type, hd_map_type, hd_filter_type;
/* One step of an iterator, for iterators over iterators: HD_NULL at the end, where a StopIteration may be raised. */
HD_INLINE HdValue hd_iter_draw(HdThread *t, HdValue iterator) {
    return hd_object_enter(t, "") < 0 ? HD_NULL : hd_type_of(iterator)->next(t, iterator);
}
HdValue hd_iter_builtin(HdThread *t, const char *name) HD_CHECK; /* builtins.<name>, for __reduce__ */
/* (builtins.iter, (a,)) or (builtins.iter, (a,), index): what __reduce__ of iterators gives. `a` is lent. */
HdValue hd_iter_reduce(HdThread *t, const char *builtin, HdValue a) HD_CHECK;
HdValue hd_iter_reduce_index(HdThread *t, const char *builtin, HdValue a, HdValue index) HD_CHECK;
HdValue hd_iter_self(HdThread *t, HdValue self); /* __iter__ of iterators */
int hd_iter_init(HdThread *t) HD_CHECK;
HdValue hd_iter_sequence(HdThread *t, HdValue sequence) HD_CHECK; /* over __getitem__ */
HdValue hd_iter_callable(HdThread *t, HdValue callable, HdValue sentinel) HD_CHECK;
HdValue hd_iter_list(HdThread *t, HdValue list) HD_CHECK;
HdValue hd_iter_tuple(HdThread *t, HdValue tuple) HD_CHECK;

#endif
