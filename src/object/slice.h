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
} HdRangeIterator;
extern HdType hd_slice_type, hd_range_type, hd_range_iterator_type;
HdValue hd_slice_new(HdThread *t, HdValue start, HdValue stop, HdValue step) HD_CHECK;
/* C numbers of a slice's parts, None filled in, clipped to HdSize; ValueError for a zero step. Runs __index__. */
int hd_slice_unpack(HdThread *t, HdValue slice, HdSize *start, HdSize *stop, HdSize *step) HD_CHECK;
/* Adjusts them to a length and returns the number of items. */
HdSize hd_slice_adjust(HdSize length, HdSize *start, HdSize *stop, HdSize step);
HdValue hd_range_new(HdThread *t, HdValue start, HdValue stop, HdValue step) HD_CHECK;

#endif
