/* deferred.c -- the table of deferred objects; making objects deferred, settling their counts (deferred.h). */
#include "deferred.h"

#include <stdlib.h>

#include "clock.h"
#include "count.h"
#include "futex.h"
#include "mem_state.h"
#include "safepoint.h"

/* Unused objects are looked for when so many were made deferred, when the last look was so long ago and objects are still
 * fought over, and at the end of threads, those that end while others run not all at once. */
enum { SETTLE_AFTER = 4096 };
#define SETTLE_EVERY HD_SECOND
#define SETTLE_INTERVAL (10 * HD_MILLISECOND)
enum {
    NO_NUMBER = UINT32_MAX,
};

static struct {
    HdRawLock lock;
    HdObject **objects; /* by number; NULL: free */
    uint32_t capacity, used; /* numbers from `used` on were never given out */
    uint32_t *free; /* numbers given back, `capacity` places */
    uint32_t free_count;
    uint32_t live;  /* atomic: objects that are deferred */
    uint32_t added; /* atomic: since they were last settled */
    HdTime settled; /* atomic: when that was */
} table;

/* Under the lock. False: no memory. */
static bool grow_table(void) {
    uint32_t capacity = table.capacity ? table.capacity * 2 : 256;
    HdObject **objects = realloc(table.objects, capacity * sizeof *objects);
    if (objects) table.objects = objects;
    uint32_t *numbers = realloc(table.free, capacity * sizeof *numbers);
    if (numbers) table.free = numbers;
    if (!objects || !numbers) return false;
    table.capacity = capacity;
    return true;
}

static uint32_t take_number(void) {
    if (table.free_count) return table.free[--table.free_count];
    if (table.used == table.capacity && !grow_table()) return NO_NUMBER;
    return table.used++;
}

static bool is_due(void) {
    if (!HD_LOAD_RELAXED(&table.live)) return false;
    if (HD_LOAD_RELAXED(&table.added) >= SETTLE_AFTER) return true;
    return hd_clock_monotonic() - HD_LOAD_RELAXED(&table.settled) >= SETTLE_EVERY;
}

/* Under the lock, of a merged object: whether another thread was here before t. */
static bool is_shared(HdThread *t, HdObject *object) {
    uint32_t first = HD_LOAD_RELAXED(&object->local);
    if (!first) HD_STORE_RELAXED(&object->local, t->owner_id);
    return first && first != t->owner_id;
}

void hd_deferred_add(HdThread *t, HdObject *object) {
    HdDeferral deferral = hd_mem.gc.may_defer(object);
    if (deferral == HD_DEFER_NEVER || (HD_LOAD_RELAXED(&object->flags) & HD_FLAG_UNREACHABLE)) return;
    hd_raw_lock(&table.lock);
    uint32_t shared = HD_LOAD_ACQUIRE(&object->shared);
    bool merged = HD_LOAD_RELAXED(&object->owner) == HD_OWNER_NONE && (shared & HD_SHARED_STATE) == HD_SHARED_MERGED &&
                  !hd_shared_is_dead(shared) && !hd_shared_is_immortal(shared) && !hd_deferred_is_biased(shared);
    uint32_t number = merged && (deferral == HD_DEFER_ALWAYS || is_shared(t, object)) ? take_number() : NO_NUMBER;
    if (number != NO_NUMBER) {
        table.objects[number] = object;
        HD_STORE_RELAXED(&object->local, number);
        HD_FETCH_ADD(&object->shared, HD_DEFERRED_BIAS << HD_SHARED_SHIFT);
        HD_STORE_RELEASE(&object->owner, (uint16_t)HD_OWNER_DEFERRED);
        HD_STORE_RELAXED(&table.live, table.live + 1);
        HD_STORE_RELAXED(&table.added, table.added + 1);
    }
    hd_raw_unlock(&table.lock);
    if (is_due()) hd_safepoint_post(t, HD_WHY_MERGE);
}

bool hd_deferred_make_immortal(HdObject *object) {
    hd_raw_lock(&table.lock);
    bool possible = !hd_deferred_is(object);
    if (possible) {
        HD_STORE_RELEASE(&object->shared, (uint32_t)HD_SHARED_IMMORTAL);
        HD_STORE_RELEASE(&object->owner, (uint16_t)HD_OWNER_IMMORTAL);
    }
    hd_raw_unlock(&table.lock);
    return possible;
}

void hd_deferred_count_slow(HdThread *t, HdObject *object, int32_t change) {
    uint32_t number = HD_LOAD_RELAXED(&object->local), capacity = t->deferred_capacity ? t->deferred_capacity : 256;
    while (capacity <= number) capacity *= 2;
    int32_t *grown = hd_apart_new(capacity * sizeof *grown);
    if (!grown) {
        HD_FETCH_ADD(&object->shared, (uint32_t)change << HD_SHARED_SHIFT);
        return;
    }
    if (t->deferred_capacity) memcpy(grown, t->deferred_counts, t->deferred_capacity * sizeof *grown);
    free(t->deferred_counts);
    t->deferred_counts = grown;
    t->deferred_capacity = capacity;
    grown[number] += change;
}

static void gather_counts(HdThread *each, void *unused) {
    for (uint32_t number = 0; number < each->deferred_capacity; number++) {
        int32_t count = each->deferred_counts[number];
        if (!count) continue;
        each->deferred_counts[number] = 0;
        HD_FETCH_ADD(&table.objects[number]->shared, (uint32_t)count << HD_SHARED_SHIFT);
    }
}

void hd_deferred_flush(HdThread *t) {
    if (!t->deferred_capacity) return;
    hd_raw_lock(&table.lock); /* the table may grow beside us */
    gather_counts(t, NULL);
    hd_raw_unlock(&table.lock);
    free(t->deferred_counts);
    t->deferred_counts = NULL;
    t->deferred_capacity = 0;
}

void hd_deferred_remove(HdObject *object) {
    uint32_t number = object->local;
    table.objects[number] = NULL;
    table.free[table.free_count++] = number;
    HD_STORE_RELAXED(&table.live, table.live - 1);
    HD_STORE_RELAXED(&object->local, 0);
    HD_FETCH_SUB(&object->shared, HD_DEFERRED_BIAS << HD_SHARED_SHIFT);
    HD_FETCH_AND(&object->flags, (uint8_t)~HD_FLAG_CONTENDED);
    HD_STORE_RELEASE(&object->owner, (uint16_t)HD_OWNER_NONE);
}

HdDeferredUnused hd_deferred_settle(HdThread *t, bool all) {
    HdDeferredUnused unused = {0};
    HD_STORE_RELAXED(&table.added, 0);
    if (!table.live) return unused;
    hd_thread_each(gather_counts, NULL);
    unused.objects = malloc(table.live * sizeof *unused.objects);
    for (uint32_t number = 0; number < table.used; number++) {
        HdObject *object = table.objects[number];
        if (!object) continue;
        bool is_unused = object->shared >> HD_SHARED_SHIFT == HD_DEFERRED_BIAS;
        if (is_unused && !unused.objects) continue; /* no memory: another time */
        if (is_unused || all) hd_deferred_remove(object);
        if (!is_unused) continue;
        HD_FETCH_ADD(&object->shared, HD_SHARED_ONE);
        unused.objects[unused.count++] = object;
    }
    return unused;
}

void hd_deferred_drop(HdThread *t, HdDeferredUnused unused) {
    for (size_t i = 0; i < unused.count; i++) hd_release_object(t, unused.objects[i]);
    free(unused.objects);
}

static void settle(HdThread *t, bool all) {
    HD_STORE_RELAXED(&table.settled, hd_clock_monotonic());
    hd_safepoint_stop_world(t);
    HdDeferredUnused unused = hd_deferred_settle(t, all);
    hd_safepoint_start_world(t);
    hd_deferred_drop(t, unused);
}

void hd_deferred_poll(HdThread *t) {
    if (is_due()) settle(t, false);
}

static void count_going_on(HdThread *each, void *context) { *(int *)context += !HD_LOAD_RELAXED(&each->is_ending); }

void hd_deferred_thread_end(HdThread *t) {
    if (!HD_LOAD_RELAXED(&table.live)) return;
    HD_STORE_RELAXED(&t->is_ending, true);
    int others = 0;
    hd_thread_each(count_going_on, &others);
    if (others > 1 && hd_clock_monotonic() - HD_LOAD_RELAXED(&table.settled) < SETTLE_INTERVAL) return;
    settle(t, others <= 1);
}
