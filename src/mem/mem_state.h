/* mem_state.h -- what the files of mem/ share among themselves: the collector's counters and the registered hooks. */
#ifndef HD_MEM_STATE_H
#define HD_MEM_STATE_H

#include "gc.h"

typedef struct HdMem {
    void (*dealloc)(HdThread *t, HdObject *object);
    HdGcHooks gc;
    size_t gc_threshold; /* containers allocated before the next collection; SIZE_MAX while disabled or requested */
} HdMem;
extern HdMem hd_mem;

/* Allocation passed the threshold: asks for a collection at the next safe point. */
void hd_gc_request(HdThread *t);
/* Containers allocated minus freed since the last reset, in t's heap. */
size_t hd_heap_gc_allocated(HdThread *t, bool reset);

#endif
