/* mem_state.h -- what the files of mem/ share among themselves: the collector's counters and the registered hooks. */
#ifndef HD_MEM_STATE_H
#define HD_MEM_STATE_H

#include "gc.h"

typedef struct HdMem {
    void (*dealloc)(HdThread *t, HdObject *object);
    HdGcHooks gc;
    HdSize gc_threshold; /* atomic: containers allocated before the next collection; HD_SIZE_MAX while disabled or requested */
} HdMem;
extern HdMem hd_mem;

/* This thread alone passed the threshold: asks for a collection at the next safe point, if all together did. */
void hd_gc_request(HdThread *t);
/* Containers made in a heap, less those freed by its thread, since they were last summed up. A heap is its thread's, and with
 * the GIL on everybody's. Not below zero there, and not far below without the GIL: garbage must not wait for long because
 * much was freed. */
HdSize hd_heap_gc_allocated(const HdHeap *heap);
void hd_heap_gc_summed(HdHeap *heap); /* by its thread, or with the world stopped, or without a thread */
/* A heap is left by its thread: what it made and freed counts on. */
void hd_gc_heap_left(HdHeap *heap);

#endif
