/* slice.h -- slice and range, and index arithmetic. */
#ifndef HD_SLICE_H
#define HD_SLICE_H

#include "object.h"

typedef struct HdSlice {
    HdObject head;
    HdValue start, stop, step;
} HdSlice;
/* Immutable. start, stop, step, length are ints of any size; `small` when all four are immediate. */
typedef struct HdRange {
    HdObject head;
    HdValue start, stop, step, length;
    bool small;
} HdRange;
/* Iterator over a range whose values are immediate; the VM's FOR_ITER steps it inline. */
typedef struct HdRangeIterator {
    HdObject head;
    int64_t next, step, left;
    int64_t length; /* items when it was made, for __reduce__ */
} HdRangeIterator;
extern HdType hd_slice_type, hd_range_type, hd_range_iterator_type;
HdValue hd_slice_new(HdThread *t, HdValue start, HdValue stop, HdValue step) HD_CHECK;
/* C numbers of a slice's parts, None filled in, clipped to HdSize; ValueError for a zero step. Runs __index__. */
int hd_slice_unpack(HdThread *t, HdValue slice, HdSize *start, HdSize *stop, HdSize *step) HD_CHECK;
/* Adjusts them to a length and returns the number of items. */
HdSize hd_slice_adjust(HdSize length, HdSize *start, HdSize *stop, HdSize step);
/* A slice index from any value with __index__, clipped to HdSize; TypeError. */
int hd_slice_index(HdThread *t, HdValue v, HdSize *out) HD_CHECK;
/* slice.indices() for lengths of any size: the three as ints, owned. */
int hd_slice_indices(HdThread *t, HdValue slice, HdValue length, HdValue out[3]) HD_CHECK;
extern HdType hd_long_range_iterator_type;
int hd_slice_init(HdThread *t) HD_CHECK; /* slice, range and their iterators */
HdValue hd_range_new(HdThread *t, HdValue start, HdValue stop, HdValue step) HD_CHECK;

#endif
