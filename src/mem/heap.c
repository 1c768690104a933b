/* heap.c -- pages of equal blocks, one heap per thread (GIL off) or one for all (GIL on).
 *
 * A page is 64 KiB, aligned to its size, so a block's page is found by masking its address. Pages are cut from chunks
 * of 4 MiB and never unmapped while blocks of them may be read without a lock; an empty page goes to a shared pool and
 * may serve another class later (GIL off: only raw pages do). A block is freed by the page's heap into the page's own
 * list, by another thread into the page's `remote` list (a compare-and-swap), which the heap takes over when it runs dry.
 * The walk of the collector goes over all chunks. Objects over LARGE bytes, and all of them in sanitizer builds, come
 * from malloc with a link in front.
 *
 * Locks: `pool` guards chunks, the page pool and the list of large objects. Nothing here parks or runs Python.
 */
#include "heap_page.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "epoch.h"

enum {
    CHUNK_SIZE = 4 * 1024 * 1024,
    PAGES_IN_CHUNK = CHUNK_SIZE / HD_HEAP_PAGE,
    SHORT = 128,          /* up to here objects are cleared without a call */
    LARGE = 8 * 1024,     /* bigger objects are blocks of their own */
    CUT = 2 * 1024,       /* bytes of new blocks made free at a time */
    SPARE_LEAST = 16 * 1024, SPARE_MOST = 256 * 1024, /* sizes of which a heap keeps a raw block */
    LEAST_ALLOCATED = -100000, /* as far as the containers that a thread freed for others are remembered (mem_state.h) */
};

typedef struct Chunk {
    char *base;
    struct Chunk *next;
} Chunk;

/* In front of a large object's header. */
typedef struct Large {
    struct Large *next, *previous;
    size_t size;
    size_t padding;
} Large;

static struct {
    uint8_t lock;
    Chunk *chunks;
    int pages_cut; /* of the newest chunk */
    HdPage *pool;    /* empty pages */
    HdHeap *abandoned;
    Large large; /* ring */
    size_t bytes_system, large_bytes, large_count;
} pool;

static void pool_lock(void) {
    while (__atomic_test_and_set(&pool.lock, __ATOMIC_ACQUIRE)) hd_cpu_relax();
}
static void pool_unlock(void) { __atomic_clear(&pool.lock, __ATOMIC_RELEASE); }

static size_t class_sizes(int index) {
    if (index < HD_HEAP_SMALL_CLASSES) return (size_t)index * HD_HEAP_STEP;
    int beyond = index - HD_HEAP_SMALL_CLASSES;
    size_t base = (size_t)HD_HEAP_SMALL << (beyond / 4);
    return base + base / 4 * (size_t)(beyond % 4 + 1);
}
HD_INLINE int class_of(size_t size) {
    if (HD_LIKELY(size <= HD_HEAP_SMALL)) return (int)hd_heap_small_class(size);
    int doubling = 63 - __builtin_clzll((size - 1) / HD_HEAP_SMALL);
    size_t base = (size_t)HD_HEAP_SMALL << doubling;
    return HD_HEAP_SMALL_CLASSES + doubling * 4 + (int)((size - base + base / 4 - 1) / (base / 4)) - 1;
}

HdHeap *hd_heap_new(bool for_all) {
    pool_lock();
    if (!pool.large.next) pool.large.next = pool.large.previous = &pool.large;
    HdHeap *heap = pool.abandoned;
    if (heap) pool.abandoned = heap->next;
    pool_unlock();
    if (!heap && (heap = hd_apart_new(sizeof *heap))) heap->gc_least = for_all ? 0 : LEAST_ALLOCATED;
    return heap;
}

void hd_heap_abandon(HdHeap *heap) {
    hd_gc_heap_left(heap);
    pool_lock();
    heap->next = pool.abandoned;
    pool.abandoned = heap;
    pool_unlock();
}

/* An empty page: from the pool or cut from a chunk; NULL when memory is out. Pool locked. */
static HdPage *page_obtain(void) {
    HdPage *page = pool.pool;
    if (page) {
        pool.pool = page->next;
        return page;
    }
    if (!pool.chunks || pool.pages_cut == PAGES_IN_CHUNK) {
        Chunk *chunk = malloc(sizeof *chunk);
        if (!chunk) return NULL;
        char *memory = mmap(NULL, 2 * CHUNK_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            free(chunk);
            return NULL;
        }
        char *aligned = (char *)(((uintptr_t)memory + CHUNK_SIZE - 1) & ~(uintptr_t)(CHUNK_SIZE - 1));
        if (aligned > memory) munmap(memory, (size_t)(aligned - memory));
        munmap(aligned + CHUNK_SIZE, (size_t)(memory + CHUNK_SIZE - aligned));
        *chunk = (Chunk){.base = aligned, .next = pool.chunks};
        pool.chunks = chunk;
        pool.pages_cut = 0;
        pool.bytes_system += CHUNK_SIZE;
    }
    return (HdPage *)(pool.chunks->base + (size_t)pool.pages_cut++ * HD_HEAP_PAGE);
}

static HdPage *page_new(HdHeap *heap, int index, bool is_raw) {
    pool_lock();
    HdPage *page = page_obtain();
    pool_unlock();
    if (!page) return NULL;
    size_t size = class_sizes(index), head = (sizeof *page + 63) & ~(size_t)63;
    char *first = (char *)page + head;
    size_t count = (HD_HEAP_PAGE - head) / size;
    *page = (HdPage){.heap = heap, .bump = first, .first = first, .end = first + count * size,
                   .block_size = (uint32_t)size, .class_index = (uint8_t)index, .is_raw = is_raw};
    HD_STORE_RELEASE(&page->in_use, true);
    return page;
}

static void bin_list(HdBin *bin, HdPage *page) {
    page->next = bin->pages;
    HD_STORE_RELAXED(&page->listed, page->heap);
    bin->pages = page;
}

/* Takes over what other threads freed. */
static void page_collect_remote(HdPage *page) {
    void *list = HD_LOAD_RELAXED(&page->remote);
    if (!list) return;
    list = HD_EXCHANGE(&page->remote, NULL);
    while (list) {
        void *next = *(void **)list;
        *(void **)list = page->free;
        page->free = list;
        page->used--;
        list = next;
    }
}

/* The first page of the bin with room, made the bin's first. */
static HdPage *bin_refill(HdHeap *heap, HdBin *bin, int index, bool is_raw) {
    while (bin->pages) {
        HdPage *page = bin->pages;
        page_collect_remote(page);
        if (page->free || page->bump < page->end) return page;
        bin->pages = page->next; /* full: listed again when a block comes back */
        HD_STORE_RELAXED(&page->listed, (HdHeap *)NULL);
    }
    HdPage *page = page_new(heap, index, is_raw);
    if (page) bin_list(bin, page);
    return page;
}

/* Counts an allocation; true if it is to fail. */
static bool refused(HdHeap *heap) {
    if (HD_LIKELY(!heap->counting)) return false;
    HdHeapFailure *f = &heap->failure;
    if (f->seen++ < f->after || f->seen - f->after > f->length) return false;
    f->failed++;
    return true;
}

static HdBin *bin_of(HdHeap *heap, int index, bool is_raw) {
    HdBins *bins = heap->counting ? &heap->counted : &heap->bins;
    return is_raw ? &bins->raw[index] : &bins->objects[index];
}

/* Makes free blocks of some that were never used, so that the next ones are taken without a call; at least one. */
static void page_cut(HdPage *page) {
    size_t size = page->block_size;
    char *block = page->bump, *end = page->end;
    if ((size_t)(end - block) > CUT) end = block + (CUT > size ? CUT / size * size : size);
    page->free = block;
    for (char *next; block < end; block = next) {
        next = block + size;
        *(void **)block = next < end ? next : NULL;
        if (!page->is_raw) ((HdObject *)block)->shared = HD_SHARED_DEAD; /* before a walker sees it */
    }
    HD_STORE_RELEASE(&page->bump, end);
}

static HD_NOINLINE void *block_obtain_slow(HdHeap *heap, int index, bool is_raw) {
    if (refused(heap)) return NULL;
    HdBin *bin = bin_of(heap, index, is_raw);
    HdPage *page = bin_refill(heap, bin, index, is_raw);
    if (!page) return NULL;
    if (!page->free) page_cut(page);
    void *block = page->free;
    page->free = *(void **)block;
    page->used++;
    return block;
}

HD_INLINE void *block_obtain(HdHeap *heap, HdBin *bin, int index, bool is_raw) {
    HdPage *page = bin->pages;
    void *block;
    if (HD_UNLIKELY(!page || !(block = page->free))) return block_obtain_slow(heap, index, is_raw);
    page->free = *(void **)block;
    page->used++;
    return block;
}

static HD_NOINLINE void block_free_remote(void *block, HdPage *page) {
    void *head = HD_LOAD_RELAXED(&page->remote);
    do {
        *(void **)block = head;
    } while (!HD_CAS(&page->remote, &head, block));
}

/* The heap's own page with a block more: of a full page, or the last of its page. */
void hd_heap_page_relist(HdThread *t, HdPage *page) {
    HdBin *bin = bin_of(page->heap, page->class_index, page->is_raw);
    if (!page->listed) {
        /* behind the first page, so that a nearly full one is not allocated from at once */
        if (bin->pages) {
            page->next = bin->pages->next;
            HD_STORE_RELAXED(&page->listed, page->heap);
            bin->pages->next = page;
        } else {
            bin_list(bin, page);
        }
        return;
    }
    if (page == bin->pages || (t->locks && !page->is_raw) || HD_LOAD_RELAXED(&page->remote)) return;
    HdPage **link = &bin->pages->next; /* empty: back to the pool; the list of pages with room is short */
    for (int steps = 0; *link && *link != page; link = &(*link)->next) {
        if (++steps > 64) return;
    }
    if (!*link) return;
    *link = page->next;
    HD_STORE_RELEASE(&page->in_use, false);
    pool_lock();
    page->next = pool.pool;
    pool.pool = page;
    pool_unlock();
}

void hd_heap_block_free_slow(HdThread *t, void *block, HdPage *page) {
    if (page->heap != t->heap) {
        block_free_remote(block, page);
        return;
    }
    *(void **)block = page->free;
    page->free = block;
    page->used--;
    hd_heap_page_relist(t, page);
}

/* --- objects --- */

static HdObject *large_new(size_t size, size_t zeroed) {
    Large *large = zeroed == size ? calloc(1, sizeof *large + size) : malloc(sizeof *large + size);
    if (!large) return NULL;
    if (zeroed < size) memset(large, 0, sizeof *large + zeroed);
    large->size = size;
    HdObject *object = (HdObject *)(large + 1);
    object->shared = HD_SHARED_DEAD; /* until the caller has filled the header */
    pool_lock();
    large->next = pool.large.next;
    large->previous = &pool.large;
    large->next->previous = large;
    pool.large.next = large;
    pool.large_bytes += size;
    pool.large_count++;
    pool_unlock();
    return object;
}

static void free_system(HdThread *t, void *block, size_t size) { free(block); }

void hd_heap_free_large(HdThread *t, HdObject *object) {
    Large *large = (Large *)object - 1;
    pool_lock();
    large->previous->next = large->next;
    large->next->previous = large->previous;
    pool.large_bytes -= large->size;
    pool.large_count--;
    pool_unlock();
    hd_epoch_retire(t, large, sizeof *large + large->size, free_system);
}

HdObject *hd_heap_object_slow(HdThread *t, HdType *type, size_t size, uint8_t flags, size_t zeroed) {
    HdObject *object;
    if (HD_LIKELY(size <= LARGE && !HD_HEAP_FROM_SYSTEM)) {
        int index = class_of(size);
        object = block_obtain(t->heap, &t->heap->bins.objects[index], index, false);
        if (HD_UNLIKELY(!object)) return NULL;
        memset(object + 1, 0, zeroed - sizeof *object);
    } else {
        if (size > PTRDIFF_MAX - 4096) return NULL;
        object = refused(t->heap) ? NULL : large_new(size, zeroed);
        if (!object) return NULL;
        flags |= HD_FLAG_LARGE;
    }
    return hd_heap_begin(t, t->heap, object, type, flags);
}

HdObject *hd_heap_object_part(HdThread *t, HdType *type, size_t size, uint8_t flags, size_t zeroed) {
    if (HD_UNLIKELY(size > HD_HEAP_SMALL)) return hd_heap_object_slow(t, type, size, flags, zeroed);
    HdObject *object = hd_heap_object_here(t, type, size, flags, zeroed < SHORT ? zeroed : SHORT);
    if (zeroed > SHORT && object) memset((char *)object + SHORT, 0, zeroed - SHORT);
    return object;
}

void hd_heap_free_object(HdThread *t, HdObject *object) { hd_heap_free_object_here(t, object); }

HdSize hd_heap_gc_allocated(const HdHeap *heap) { return HD_LOAD_RELAXED(&heap->gc_allocated); }
void hd_heap_gc_summed(HdHeap *heap) { HD_STORE_RELAXED(&heap->gc_allocated, 0); }

/* --- raw blocks --- */

/* Programs that read ask for a buffer of one size again and again, of which they use little: one such block is kept while
 * nobody runs beside this thread (then it would be one a thread). */
HD_INLINE bool may_be_spare(HdThread *t, size_t size) {
    return !HD_HEAP_FROM_SYSTEM && size >= SPARE_LEAST && size <= SPARE_MOST && !t->locks;
}
static void *raw_from_system(HdThread *t, size_t size) {
    HdHeap *heap = t->heap;
    if (size > PTRDIFF_MAX - 4096 || refused(heap)) return NULL;
    if (!heap->spare || heap->spare_size != size || t->locks) return malloc(size ? size : 1);
    void *block = heap->spare;
    heap->spare = NULL;
    return block;
}
static void raw_to_system(HdThread *t, void *block, size_t size) {
    if (may_be_spare(t, size)) {
        HdHeap *heap = t->heap;
        void *older = heap->spare;
        heap->spare = block;
        heap->spare_size = size;
        block = older;
    }
    free(block);
}

void *hd_heap_raw(HdThread *t, size_t size) {
    if (HD_LIKELY(size <= HD_HEAP_RAW_LARGE && !HD_HEAP_FROM_SYSTEM)) {
        int index = class_of(size ? size : 1);
        return block_obtain(t->heap, &t->heap->bins.raw[index], index, true);
    }
    return raw_from_system(t, size);
}

void *hd_heap_raw_zeroed(HdThread *t, size_t size) {
    if (size > HD_HEAP_RAW_LARGE || HD_HEAP_FROM_SYSTEM)
        return size > PTRDIFF_MAX - 4096 || refused(t->heap) ? NULL : calloc(1, size ? size : 1);
    void *block = hd_heap_raw(t, size);
    if (block) memset(block, 0, size);
    return block;
}

void *hd_heap_raw_resize(HdThread *t, void *block, size_t old_size, size_t new_size) {
    if (!block) return hd_heap_raw(t, new_size);
    if (new_size > PTRDIFF_MAX - 4096) return NULL;
    if ((old_size > HD_HEAP_RAW_LARGE && new_size > HD_HEAP_RAW_LARGE) || HD_HEAP_FROM_SYSTEM)
        return refused(t->heap) ? NULL : realloc(block, new_size ? new_size : 1);
    if (old_size <= HD_HEAP_RAW_LARGE && new_size <= HD_HEAP_RAW_LARGE &&
        class_of(old_size ? old_size : 1) == class_of(new_size ? new_size : 1))
        return block;
    void *moved = hd_heap_raw(t, new_size);
    if (!moved) return NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    hd_heap_raw_free(t, block, old_size);
    return moved;
}

void hd_heap_raw_free(HdThread *t, void *block, size_t size) {
    if (!block) return;
    if (size <= HD_HEAP_RAW_LARGE && !HD_HEAP_FROM_SYSTEM) {
        hd_heap_block_free(t, block);
    } else {
        raw_to_system(t, block, size);
    }
}

static void free_page_block(HdThread *t, void *block, size_t size) { hd_heap_block_free(t, block); }

void hd_heap_raw_retire(HdThread *t, void *block, size_t size) {
    if (!block) return;
    if (HD_LIKELY(!t->locks)) {
        hd_heap_raw_free(t, block, size);
    } else {
        hd_epoch_retire(t, block, size, size <= HD_HEAP_RAW_LARGE && !HD_HEAP_FROM_SYSTEM ? free_page_block : free_system);
    }
}

/* --- making allocations fail --- */

void hd_heap_fail(HdThread *t, uint32_t after, uint32_t length) {
    HdHeap *heap = t->heap;
    if (!heap->counting) {
        heap->counted = heap->bins;
        memset(&heap->bins, 0, sizeof heap->bins);
        heap->counting = true;
    }
    heap->failure = (HdHeapFailure){.after = after, .length = length};
}

HdHeapFailure hd_heap_fail_end(HdThread *t) {
    HdHeap *heap = t->heap;
    if (heap->counting) {
        heap->counting = false;
        heap->bins = heap->counted;
    }
    return heap->failure;
}

/* --- the walk --- */

int hd_heap_each_page(HdHeapWalk walk, int (*visit)(HdObject *object, void *context), void *context) {
    for (Large *large = pool.large.next, *next; large && large != &pool.large; large = next) {
        next = large->next;
        HdObject *object = (HdObject *)(large + 1);
        if (hd_shared_is_dead(HD_LOAD_ACQUIRE(&object->shared)) || !(object->flags & HD_FLAG_GC)) continue;
        int result = visit(object, context);
        if (result) return result;
    }
    int pages = pool.pages_cut;
    for (Chunk *chunk = pool.chunks; chunk; chunk = chunk->next, pages = PAGES_IN_CHUNK) {
        for (int i = 0; i < pages; i++) {
            HdPage *page = (HdPage *)(chunk->base + (size_t)i * HD_HEAP_PAGE);
            if (!HD_LOAD_ACQUIRE(&page->in_use) || page->is_raw) continue;
            int result = walk(page, visit, context);
            if (result) return result;
        }
    }
    return 0;
}

int hd_heap_each(int (*visit)(HdObject *object, void *context), void *context) {
    return hd_heap_each_page(hd_heap_walk_page, visit, context);
}

void hd_heap_stats(HdHeapStats *out) {
    pool_lock();
    *out = (HdHeapStats){.bytes_system = pool.bytes_system + pool.large_bytes,
                         .bytes_live = pool.large_bytes, .objects_live = pool.large_count};
    int pages = pool.pages_cut;
    for (Chunk *chunk = pool.chunks; chunk; chunk = chunk->next, pages = PAGES_IN_CHUNK) {
        for (int i = 0; i < pages; i++) {
            HdPage *page = (HdPage *)(chunk->base + (size_t)i * HD_HEAP_PAGE);
            if (!HD_LOAD_ACQUIRE(&page->in_use)) continue;
            out->bytes_live += (size_t)page->used * page->block_size;
            *(page->is_raw ? &out->raw_live : &out->objects_live) += page->used;
        }
    }
    pool_unlock();
}
