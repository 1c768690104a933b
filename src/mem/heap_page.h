/* heap_page.h -- the inside of heap.c that is worth inlining: taking a block from a page that has one, where an object of a
 * fixed size is made, and giving it back. Everything else goes through heap.h.
 */
#ifndef HD_HEAP_PAGE_H
#define HD_HEAP_PAGE_H

#include "heap.h"
#include "mem_state.h"

enum {
    HD_HEAP_PAGE = 64 * 1024,
    HD_HEAP_STEP = 16,       /* classes up to SMALL are STEP apart, */
    HD_HEAP_SMALL = 512,     /* above that four to a doubling */
    HD_HEAP_RAW_LARGE = 1024, /* bigger raw blocks come from malloc */
    HD_HEAP_SMALL_CLASSES = HD_HEAP_SMALL / HD_HEAP_STEP + 1,
    HD_HEAP_CLASSES = HD_HEAP_SMALL_CLASSES + 4 * 4,
};

#if defined(HD_ASAN) || defined(HD_TSAN)
enum { HD_HEAP_FROM_SYSTEM = true }; /* so that the sanitizer sees each block's life */
#else
enum { HD_HEAP_FROM_SYSTEM = false };
#endif

typedef struct HdPage {
    HdHeap *heap;
    HdHeap *listed;      /* its heap while it is in its bin's list, else NULL; atomic */
    struct HdPage *next; /* in its bin's list of pages with room, or in the pool */
    void *free;          /* blocks free, linked through their first word */
    void *remote;        /* blocks freed by other threads; atomic */
    char *bump, *end;    /* never used blocks */
    char *first;
    uint32_t block_size;
    uint32_t used;
    uint8_t class_index;
    bool is_raw;
    bool in_use; /* belongs to a bin: the collector walks it if it is not raw; atomic */
} HdPage;

typedef struct HdBin {
    HdPage *pages; /* pages with room; the first is allocated from */
} HdBin;

/* Small blocks have a fast path that looks at the first page of a bin alone. While allocations are counted (to make one
 * fail), pages are listed in `counted` instead, so that the fast path finds none and each allocation is seen. */
typedef struct HdBins {
    HdBin objects[HD_HEAP_CLASSES], raw[HD_HEAP_CLASSES];
} HdBins;

struct HdHeap {
    HdBins bins, counted;
    bool counting;
    HdHeapFailure failure;
    HdHeap *next; /* abandoned heaps */
    HdSize gc_allocated; /* atomic; see hd_heap_gc_allocated */
    HdSize gc_least;     /* its lower limit */
    uint32_t births;     /* containers ever made, times 4: no number of gc.c's own */
    void *spare;         /* a raw block from malloc, kept for the next one of its size; NULL: none */
    size_t spare_size;
};

/* Fields of the header that lie side by side, stored as one. */
typedef uint32_t __attribute__((may_alias)) HdWord32;
typedef uint64_t __attribute__((may_alias)) HdWord64;
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && offsetof(HdObject, flags) == offsetof(HdObject, owner) + 3 &&
               offsetof(HdObject, shared) == offsetof(HdObject, local) + 4, "the picture in header.h");

HD_INLINE size_t hd_heap_small_class(size_t size) { return (size + HD_HEAP_STEP - 1) / HD_HEAP_STEP; }

/* heap.c: what the inlined paths below leave to it. */
HdObject *hd_heap_object_slow(HdThread *t, HdType *type, size_t size, uint8_t flags, size_t zeroed) HD_CHECK;
void hd_heap_block_free_slow(HdThread *t, void *block, HdPage *page); /* the page is another heap's, or not listed */
void hd_heap_free_large(HdThread *t, HdObject *object); /* with HD_FLAG_LARGE */
void hd_heap_page_relist(HdThread *t, HdPage *page); /* its own page, which was full, or is empty now */

/* The header of a new object, of which the rest is as it should be. */
HD_INLINE HdObject *hd_heap_begin(HdThread *t, HdHeap *heap, HdObject *object, HdType *type, uint8_t flags) {
    HD_STORE_RELAXED(&object->type, type);
    HD_STORE_RELAXED((HdWord32 *)&object->owner, t->owner_id | (uint32_t)flags << 24); /* and no lock */
    if (flags & HD_FLAG_GC) object->gc = heap->births += 4;
    HD_STORE_RELEASE((HdWord64 *)&object->local, 1); /* and `shared` 0: alive from here on */
    if (!(flags & HD_FLAG_GC)) return object;
    HdSize allocated = HD_LOAD_RELAXED(&heap->gc_allocated) + 1;
    HD_STORE_RELAXED(&heap->gc_allocated, allocated);
    if (HD_UNLIKELY(allocated > HD_LOAD_RELAXED(&hd_mem.gc_threshold))) hd_gc_request(t);
    return object;
}

/* hd_heap_object_part, inlined: `size` at most HD_HEAP_SMALL, and with `zeroed` best a constant. */
HD_CHECK HD_INLINE HdObject *hd_heap_object_here(HdThread *t, HdType *type, size_t size, uint8_t flags, size_t zeroed) {
    HdHeap *heap = t->heap;
    HdPage *page = heap->bins.objects[hd_heap_small_class(size)].pages;
    HdObject *object;
    if (HD_HEAP_FROM_SYSTEM || HD_UNLIKELY(!page || !(object = page->free))) {
        return hd_heap_object_slow(t, type, size, flags, zeroed);
    }
    page->free = *(void **)object;
    page->used++;
    uint64_t *word = (uint64_t *)(object + 1), *end = (uint64_t *)((char *)object + zeroed);
    *word++ = 0;
    for (; word < end; word += 2) { /* in pairs of words: blocks are multiples of two */
        if (!__builtin_constant_p(zeroed)) __asm__("" : "+r"(word)); /* not a call of memset */
        word[0] = word[1] = 0;
    }
    return hd_heap_begin(t, heap, object, type, flags);
}
/* An instance of a struct, all zeroed. */
#define HD_HEAP_MAKE(t, Type, type_ptr, flags) \
    ((Type *)hd_heap_object_here((t), (type_ptr), sizeof(Type), (flags), sizeof(Type)))

HD_INLINE void hd_heap_block_free(HdThread *t, void *block) {
    HdPage *page = (HdPage *)((uintptr_t)block & ~(uintptr_t)(HD_HEAP_PAGE - 1));
    if (HD_UNLIKELY(HD_LOAD_RELAXED(&page->listed) != t->heap)) {
        hd_heap_block_free_slow(t, block, page);
        return;
    }
    *(void **)block = page->free;
    page->free = block;
    if (HD_UNLIKELY(--page->used == 0)) hd_heap_page_relist(t, page);
}

/* hd_heap_free_object, inlined. */
HD_INLINE void hd_heap_free_object_here(HdThread *t, HdObject *object) {
    HD_STORE_RELEASE(&object->shared, HD_SHARED_DEAD);
    uint8_t flags = HD_LOAD_ACQUIRE(&object->flags); /* a weak reference that ended may just have changed them */
    if (HD_LIKELY(flags & HD_FLAG_GC)) {
        HdHeap *heap = t->heap;
        HdSize allocated = HD_LOAD_RELAXED(&heap->gc_allocated);
        if (HD_LIKELY(allocated > heap->gc_least)) HD_STORE_RELAXED(&heap->gc_allocated, allocated - 1);
    }
    if (HD_UNLIKELY(flags & HD_FLAG_LARGE)) hd_heap_free_large(t, object);
    else hd_heap_block_free(t, object);
}

/* The same at the end of the dealloc function of a container that is never large (its type says dead already). */
HD_INLINE void hd_heap_free_container_here(HdThread *t, HdObject *object) {
    if (HD_HEAP_FROM_SYSTEM) {
        hd_heap_free_object(t, object);
        return;
    }
    HdHeap *heap = t->heap;
    HdSize allocated = HD_LOAD_RELAXED(&heap->gc_allocated);
    if (HD_LIKELY(allocated > heap->gc_least)) HD_STORE_RELAXED(&heap->gc_allocated, allocated - 1);
    hd_heap_block_free(t, object);
}

/* Calls `visit` for the live containers of a page that is in use; nonzero stops. */
HD_INLINE int hd_heap_walk_page(HdPage *page, int (*visit)(HdObject *object, void *context), void *context) {
    char *end = HD_LOAD_ACQUIRE(&page->bump);
    for (char *block = page->first; block < end; block += page->block_size) {
        HdObject *object = (HdObject *)block;
        if (hd_shared_is_dead(HD_LOAD_ACQUIRE(&object->shared)) || !(object->flags & HD_FLAG_GC)) continue;
        int result = visit(object, context);
        if (result) return result;
    }
    return 0;
}
/* hd_heap_each, with a `walk` of pages into which `visit` is inlined. */
typedef int (*HdHeapWalk)(HdPage *page, int (*visit)(HdObject *object, void *context), void *context);
int hd_heap_each_page(HdHeapWalk walk, int (*visit)(HdObject *object, void *context), void *context);

/* hd_heap_raw and hd_heap_raw_free, inlined. */
HD_CHECK HD_INLINE void *hd_heap_raw_here(HdThread *t, size_t size) {
    if (HD_UNLIKELY(HD_HEAP_FROM_SYSTEM || size > HD_HEAP_SMALL)) return hd_heap_raw(t, size);
    HdPage *page = t->heap->bins.raw[hd_heap_small_class(size)].pages;
    void *block;
    if (HD_UNLIKELY(!page || !(block = page->free))) return hd_heap_raw(t, size);
    page->free = *(void **)block;
    page->used++;
    return block;
}
HD_INLINE void hd_heap_raw_free_here(HdThread *t, void *block, size_t size) {
    if (HD_UNLIKELY(HD_HEAP_FROM_SYSTEM || size > HD_HEAP_RAW_LARGE)) hd_heap_raw_free(t, block, size);
    else hd_heap_block_free(t, block);
}

#endif
