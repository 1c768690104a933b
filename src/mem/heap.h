/* heap.h -- memory: pages of objects, raw blocks, and what to do when there is none.
 *
 * Objects live in type-stable pages, one size class a page; a thread allocates from its own heap without locks
 * (with the GIL on all threads share one heap). The count words of a free block stay readable and say dead.
 * Raw blocks are for arrays and tables; their size is told again when they are freed.
 * Nothing here raises: NULL means out of memory, and the caller (object/) raises MemoryError.
 */
#ifndef HD_HEAP_H
#define HD_HEAP_H

#include "header.h"
#include "thread.h"

typedef struct HdHeap HdHeap;

/* A heap for a thread (GIL off) or for all of them (GIL on); NULL when memory is out. */
HdHeap *hd_heap_new(bool for_all) HD_CHECK;
/* Gives the heap of an ended thread to whoever starts next; its live objects stay. */
void hd_heap_abandon(HdHeap *heap);

/* A block for an object: header set (count 1, owned by t), of the rest the first `zeroed` bytes of the block zeroed (at least
 * a word behind the header). NULL when memory is out.
 * The collector sees it from now on if flags has HD_FLAG_GC: traverse must cope with zeroed fields, and what is not zeroed is
 * to be filled, or told by zeroed fields not to be there, before the thread comes to a safe point. */
HdObject *hd_heap_object_part(HdThread *t, HdType *type, size_t size, uint8_t flags, size_t zeroed) HD_CHECK;
/* All of it zeroed. */
HD_CHECK HD_INLINE HdObject *hd_heap_object(HdThread *t, HdType *type, size_t size, uint8_t flags) {
    return hd_heap_object_part(t, type, size, flags, size);
}
/* Gives an object's block back; called by dealloc functions last. */
void hd_heap_free_object(HdThread *t, HdObject *object);

void *hd_heap_raw(HdThread *t, size_t size) HD_CHECK; /* not zeroed */
void *hd_heap_raw_zeroed(HdThread *t, size_t size) HD_CHECK;
void *hd_heap_raw_resize(HdThread *t, void *block, size_t old_size, size_t new_size) HD_CHECK;
void hd_heap_raw_free(HdThread *t, void *block, size_t size);
/* The same for a block that readers without a lock may still see: freed after an epoch (GIL on: at once). */
void hd_heap_raw_retire(HdThread *t, void *block, size_t size);

/* Debug mode: of the allocations of t's heap from here on (all threads' with the GIL on), `length` fail after the first
 * `after`, until hd_heap_fail_end, which tells what happened. What does not go through this heap (arenas, the system's
 * own) does not count. */
typedef struct HdHeapFailure {
    uint32_t after, length;
    uint32_t seen, failed;
} HdHeapFailure;
void hd_heap_fail(HdThread *t, uint32_t after, uint32_t length);
HdHeapFailure hd_heap_fail_end(HdThread *t);

/* Calls `visit` for every live object with HD_FLAG_GC; the world is stopped or the GIL held. Nonzero stops. */
int hd_heap_each(int (*visit)(HdObject *object, void *context), void *context);
/* Bytes held from the system, bytes in live objects, objects allocated minus freed. */
typedef struct HdHeapStats {
    size_t bytes_system, bytes_live, objects_live, raw_live;
} HdHeapStats;
void hd_heap_stats(HdHeapStats *out);

#endif
