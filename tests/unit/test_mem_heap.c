/* test_mem_heap.c -- blocks come back distinct, aligned and zeroed; freed ones say dead and are used again; the walk
 * sees live containers and no others. */
#include <stdio.h>
#include <stdlib.h>

#include "count.h"
#include "gc.h"
#include "heap.h"
#include "state.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

static void free_dead(HdThread *t, HdObject *object) { hd_heap_free_object(t, object); }
static int count_one(HdObject *object, void *context) {
    (void)object;
    ++*(int *)context;
    return 0;
}
static int traverse(HdObject *object, HdVisit visit, void *context) {
    HD_VISIT(*(HdValue *)(object + 1));
    return 0;
}
static void clear(HdThread *t, HdObject *object) { hd_clear_slot(t, (HdValue *)(object + 1)); }
static void nothing(HdThread *t, HdObject **objects, HdSize count) { (void)t, (void)objects, (void)count; }
static bool not_hidden(const HdObject *object) { return false; }
static void no_finalizer(HdThread *t, HdObject *object) { (void)t, (void)object; }

int main(void) {
    static char runtime[64];
    hd_sync_start(true);
    HdThread *t = hd_thread_start_main((HdRuntime *)runtime);
    CHECK(t);
    t->heap = hd_heap_new(false);
    t->owner_id = HD_OWNER_GIL;
    hd_count_register(free_dead);
    static char no_type; /* of none of the objects */
    HdGcHooks hooks = {traverse, clear, nothing, no_finalizer, not_hidden, NULL, (HdType *)&no_type, NULL};
    hd_gc_register(&hooks);

    enum { COUNT = 5000 };
    static HdObject *objects[COUNT];
    for (int i = 0; i < COUNT; i++) {
        size_t size = sizeof(HdObject) + 8 + (size_t)(i * 7 % 9000);
        objects[i] = hd_heap_object(t, NULL, size, i % 2 ? HD_FLAG_GC : 0);
        CHECK(objects[i] && ((uintptr_t)objects[i] & 7) == 0 && hd_count_get(t, objects[i]) == 1);
        for (size_t at = sizeof(HdObject); at < size; at++) CHECK(((char *)objects[i])[at] == 0);
        memset(objects[i] + 1, 0xee, size - sizeof(HdObject));
        *(HdValue *)(objects[i] + 1) = HD_NULL;
    }
    int seen = 0;
    hd_heap_each(count_one, &seen);
    CHECK(seen == COUNT / 2);
    /* a cycle of two and a chain from it: the collector frees exactly what only they hold */
    *(HdValue *)(objects[1] + 1) = hd_from_object(objects[3]);
    *(HdValue *)(objects[3] + 1) = hd_from_object(objects[1]);
    for (int i = 0; i < COUNT; i++) {
        if (i != 1 && i != 3) hd_release_object(t, objects[i]);
    }
    seen = 0;
    hd_heap_each(count_one, &seen);
    CHECK(seen == 2);
    hd_retain_object(t, objects[1]);
    CHECK(hd_gc_collect(t) == 0);
    hd_release_object(t, objects[1]);
    CHECK(hd_gc_collect(t) == 2);
    seen = 0;
    hd_heap_each(count_one, &seen);
    CHECK(seen == 0);
    for (size_t size = 1; size < 3000; size += 37) {
        char *block = hd_heap_raw(t, size);
        CHECK(block);
        memset(block, 1, size);
        block = hd_heap_raw_resize(t, block, size, size * 3);
        CHECK(block && block[size - 1] == 1);
        hd_heap_raw_free(t, block, size * 3);
    }
    return 0;
}
