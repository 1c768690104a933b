/* parallel_map.c -- MapJob and MapIterator: one function over many items, without a future for each (parallel_types.h).
 *
 * A job's items lie in a ring from `given` to `fed`: fed by whoever asks for results (or all at once), taken one by
 * one by the workers that hold a ticket (an entry of the job in the pool's queue), given in order, or as they come. A
 * worker keeps its ticket while there are items, and lets other work go first after SERVE_FOR. What is ahead of the
 * consumer is bounded by the window, which grows while items are short, so that nobody has to be woken for each.
 */
#include "parallel_types.h"

#define SERVE_FOR (10 * HD_MILLISECOND)
#define AHEAD (4 * HD_MILLISECOND) /* of work that a wide window holds for each worker */
enum { FIRST_CAPACITY = 16, MOST_AHEAD = 4096 };

enum { ITEM_WAITS, ITEM_RESULT, ITEM_EXCEPTION };
typedef struct Item {
    HdValue value; /* the item, then the result or exception; HD_NULL while it runs */
    HdTime fed_at;
    uint8_t status;
} Item;

/* 0 <= given <= finished <= taken <= fed (given <= taken when results come in order); fed - given <= capacity. Unordered
 * results lie in `done` from `given` to `finished`, ordered ones in the item's place. */
typedef struct MapJob {
    HdObject head;
    HdValue function, pool;
    HdValue source; /* iterator; HD_NULL: exhausted */
    HdValue error;  /* to be raised when all results were given */
    Item *ring, *done;
    HdSize capacity;
    int64_t fed, taken, given, finished;
    int64_t run_total, run_count; /* ns, items */
    HdTime deadline;
    int32_t tickets, active;      /* entries in the queue or being served; workers in an item */
    int32_t window;               /* least; 0: everything is fed at once */
    uint32_t progress;            /* atomic: changes when somebody who waits should look */
    bool waiting, star, ordered, collect;
    bool over; /* atomic: an exception was raised: there are no more results */
} MapJob;
typedef struct MapIterator {
    HdObject head;
    HdValue job;
} MapIterator;
static MapJob *job_of(HdValue v) { return HD_AS(MapJob, v); }
static HdMeter *meter_of(MapJob *job) { return hd_meter_of(hd_pool_of(job->pool)->meter); }

/* --- the ring; callers hold the lock --- */

static Item *place(Item *ring, MapJob *job, int64_t index) { return &ring[index & (job->capacity - 1)]; }

static Item *grown(HdThread *t, MapJob *job, Item *old, HdSize capacity, int64_t from, int64_t to) {
    Item *ring = hd_heap_raw_zeroed(t, (size_t)capacity * sizeof *ring);
    for (int64_t i = from; ring && i < to; i++) ring[i & (capacity - 1)] = *place(old, job, i);
    return ring;
}
static bool grow(HdThread *t, MapJob *job) {
    HdSize capacity = job->capacity ? 2 * job->capacity : FIRST_CAPACITY, old_size = job->capacity;
    Item *ring = grown(t, job, job->ring, capacity, job->ordered ? job->given : job->taken, job->fed);
    Item *done = job->ordered ? NULL : grown(t, job, job->done, capacity, job->given, job->finished);
    if (!ring || (!job->ordered && !done)) {
        if (ring) hd_heap_raw_free(t, ring, (size_t)capacity * sizeof *ring);
        return false;
    }
    if (job->ring) hd_heap_raw_free(t, job->ring, (size_t)old_size * sizeof *ring);
    if (job->done) hd_heap_raw_free(t, job->done, (size_t)old_size * sizeof *ring);
    job->ring = ring;
    job->done = done;
    job->capacity = capacity;
    return true;
}

/* After the unlock: lets the consumer, or who closes the job, look again. */
static void wake(MapJob *job) { hd_park_wake_all(&job->progress); }
static bool call_waiter(MapJob *job) {
    bool waiting = job->waiting;
    job->waiting = false;
    if (waiting) __atomic_fetch_add(&job->progress, 1, __ATOMIC_SEQ_CST);
    return waiting;
}

/* --- dropping what nobody has begun --- */

/* `error`, taken over, is raised when the results that are there have been given; HD_NULL: nothing is. */
static void drop_rest(HdThread *t, MapJob *job, HdValue error) {
    hd_lock_object(t, &job->head);
    int64_t first = job->taken, end = job->fed;
    HdValue source = hd_slot_exchange(&job->source, HD_NULL);
    HdValue old = error;
    if (!hd_is_null(error) && hd_is_null(job->error)) old = hd_slot_exchange(&job->error, error);
    bool wakes = call_waiter(job);
    HD_FETCH_ADD(&meter_of(job)->cancelled, (uint64_t)(end - first));
    /* Their places stay as they are until they are emptied here: nobody else looks beyond `fed`. */
    job->fed = first;
    Item *items = end > first ? hd_heap_raw(t, (size_t)(end - first) * sizeof *items) : NULL;
    for (int64_t i = first; i < end; i++) {
        if (items) items[i - first] = *place(job->ring, job, i);
        place(job->ring, job, i)->value = HD_NULL; /* without memory for the list they are lost, not freed twice */
    }
    hd_unlock_object(t, &job->head);
    if (wakes) wake(job);
    for (int64_t i = 0; items && i < end - first; i++) hd_release(t, items[i].value);
    if (items) hd_heap_raw_free(t, items, (size_t)(end - first) * sizeof *items);
    hd_release(t, source);
    hd_release(t, old);
}

void hd_map_abandon(HdThread *t, HdValue self, HdValue exception) {
    MapJob *job = job_of(self);
    HdValue error = hd_retain(t, exception);
    if (hd_is_null(error)) {
        HD_OWNED HdValue type = hd_object_import_from(t, "concurrent.futures", "CancelledError");
        if (!hd_is_null(type)) error = hd_object_call0(t, type);
        if (hd_is_null(error)) error = hd_take_raised(t);
    }
    hd_lock_object(t, &job->head);
    job->tickets--;
    hd_unlock_object(t, &job->head);
    drop_rest(t, job, error);
}

/* --- a worker --- */

/* The next item, owned; HD_NULL: none is left, and the ticket is given up. */
static HdValue take_item(HdThread *t, MapJob *job, int64_t *index, HdTime *fed_at) {
    HdValue value = HD_NULL;
    hd_lock_object(t, &job->head);
    if (job->taken < job->fed) {
        *index = job->taken++;
        Item *item = place(job->ring, job, *index);
        value = item->value;
        *fed_at = item->fed_at;
        item->value = HD_NULL;
        job->active++;
    } else {
        job->tickets--;
    }
    hd_unlock_object(t, &job->head);
    return value;
}
static void deliver(HdThread *t, MapJob *job, int64_t index, HdValue value, int status, HdTime ran) {
    hd_lock_object(t, &job->head);
    Item *item = job->ordered ? place(job->ring, job, index) : place(job->done, job, job->finished);
    HD_STORE_RELEASE(&item->value.bits, value.bits);
    item->status = (uint8_t)status;
    job->finished++;
    job->active--;
    job->run_count++;
    job->run_total += ran;
    bool wakes = (!job->ordered || index == job->given || job->active == 0) && call_waiter(job);
    hd_unlock_object(t, &job->head);
    if (wakes) wake(job);
}

bool hd_map_serve(HdThread *t, HdValue self) {
    MapJob *job = job_of(self);
    HdMeter *meter = meter_of(job);
    HdTime now = hd_clock_monotonic(), end = now + SERVE_FOR;
    for (;;) {
        int64_t index;
        HdTime fed_at, began = now;
        HdValue item = take_item(t, job, &index, &fed_at);
        if (hd_is_null(item)) return false;
        HD_FETCH_ADD(&meter->running, 1);
        hd_meter_times_add(&meter->waiting, began - fed_at);
        HdValue value = job->star ? hd_object_call_ex(t, job->function, item, HD_NULL)
                                  : hd_object_call1(t, job->function, item);
        bool failed = hd_is_null(value);
        if (failed) value = hd_take_raised(t);
        hd_release(t, item);
        now = hd_clock_monotonic();
        hd_meter_times_add(&meter->runtime, now - began);
        HD_FETCH_SUB(&meter->running, 1);
        HD_FETCH_ADD(failed ? &meter->failed : &meter->completed, 1);
        deliver(t, job, index, value, failed ? ITEM_EXCEPTION : ITEM_RESULT, now - began);
        if (hd_object_poll(t) < 0) hd_write_unraisable(t, job->function);
        if (now > end) return true;
    }
}

/* --- feeding --- */

/* Under the lock: whether one more ticket is of use. */
static bool wants_ticket(MapJob *job) {
    bool wanted = job->tickets < hd_pool_of(job->pool)->max_workers && job->tickets < job->fed - job->taken;
    job->tickets += wanted;
    return wanted;
}
HD_CHECK static int push_ticket(HdThread *t, HdValue self) {
    MapJob *job = job_of(self);
    if (hd_pool_push(t, job->pool, self) == 0) return 0;
    hd_lock_object(t, &job->head);
    job->tickets--;
    hd_unlock_object(t, &job->head);
    return -1;
}
/* Takes the item over. */
HD_CHECK static int feed_one(HdThread *t, HdValue self, HdValue value) {
    MapJob *job = job_of(self);
    HdTime now = hd_clock_monotonic();
    hd_lock_object(t, &job->head);
    int64_t first = job->given;
    bool room = job->fed - first < job->capacity || grow(t, job), ticket = false;
    if (room) {
        *place(job->ring, job, job->fed) = (Item){value, now, ITEM_WAITS};
        job->fed++;
        HD_FETCH_ADD(&meter_of(job)->submitted, 1);
        ticket = wants_ticket(job);
    }
    hd_unlock_object(t, &job->head);
    if (!room) {
        hd_release(t, value);
        hd_raise_no_memory(t);
        return -1;
    }
    return ticket ? push_ticket(t, self) : 0;
}
/* Draws up to `count` items. What the source raises waits its turn, but for a job that is fed at once. */
HD_CHECK static int feed(HdThread *t, HdValue self, int64_t count) {
    MapJob *job = job_of(self);
    for (int64_t i = 0; i < count; i++) {
        HD_OWNED HdValue source = hd_field_get(t, job, &job->source);
        if (hd_is_null(source)) return 0;
        HdValue value = hd_object_next(t, source);
        if (hd_is_null(value)) {
            if (hd_raised(t)) hd_field_set_steal(t, job, &job->error, hd_take_raised(t));
            hd_field_set_steal(t, job, &job->source, HD_NULL);
            return 0;
        }
        if (feed_one(t, self, value) < 0) return -1;
        if ((i & 1023) == 1023 && hd_object_poll(t) < 0) return -1;
    }
    return 0;
}

/* How many more items should be drawn now. */
static int64_t wanted(HdThread *t, MapJob *job, bool must_wait) {
    hd_lock_object(t, &job->head);
    int64_t ahead = job->fed - job->given, most = job->window, mean = job->run_count ? job->run_total / job->run_count : 0;
    if (job->run_count) {
        int64_t wide = hd_pool_of(job->pool)->max_workers * AHEAD / (mean + 1);
        if (wide > MOST_AHEAD) wide = MOST_AHEAD;
        if (wide > most) most = wide;
    }
    bool exhausted = hd_is_null(job->source);
    hd_unlock_object(t, &job->head);
    /* In steps, each of which may wake workers: when half has gone, or when there is nothing else to do. */
    return exhausted || (ahead > most / 2 && !must_wait) || ahead >= most ? 0 : most - ahead;
}

/* --- the consumer --- */

/* 1: a result, or an exception, in *item, owned; 0: not there yet, look at *seen; -1: there will be none. */
static int take_result(HdThread *t, MapJob *job, Item *item, uint32_t *seen) {
    hd_lock_object(t, &job->head);
    int found = job->given == job->fed ? -1 : 0;
    Item *next = found < 0 ? NULL : place(job->ordered ? job->ring : job->done, job, job->given);
    if (next && (job->ordered ? next->status != ITEM_WAITS : job->given < job->finished)) {
        *item = *next;
        next->value = HD_NULL;
        next->status = ITEM_WAITS;
        job->given++;
        found = 1;
    } else if (found == 0) {
        job->waiting = true;
        *seen = HD_LOAD_SEQ(&job->progress);
    }
    hd_unlock_object(t, &job->head);
    return found;
}

static HdValue give(HdThread *t, MapJob *job, Item *item) {
    if (item->status == ITEM_RESULT || job->collect) return item->value;
    HD_STORE_RELAXED(&job->over, true);
    drop_rest(t, job, HD_NULL);
    hd_raise_instance(t, item->value);
    hd_release(t, item->value);
    return HD_NULL;
}
/* The end, or what ended it. */
static HdValue finish(HdThread *t, MapJob *job) {
    hd_lock_object(t, &job->head);
    HD_OWNED HdValue error = hd_slot_exchange(&job->error, HD_NULL);
    hd_unlock_object(t, &job->head);
    return hd_is_null(error) ? HD_NULL : hd_raise_instance(t, error);
}

static HdValue iterator_next(HdThread *t, HdValue self) {
    HD_OWNED HdValue held = hd_retain(t, HD_AS(MapIterator, self)->job);
    MapJob *job = job_of(held);
    bool must_wait = false;
    while (!HD_LOAD_RELAXED(&job->over)) {
        int64_t more = wanted(t, job, must_wait);
        if (more && feed(t, held, more) < 0) return HD_NULL;
        Item item;
        uint32_t seen = 0;
        int found = take_result(t, job, &item, &seen);
        if (found > 0) return give(t, job, &item);
        if (found < 0) {
            if (!HD_LOAD_ACQUIRE(&job->source.bits)) return finish(t, job);
            continue;
        }
        must_wait = !must_wait && job->window;
        if (must_wait) continue; /* once more, drawing what the window allows */
        HdParkResult result = hd_park_if32(t, &job->progress, seen, job->deadline, HD_PARK_INTERRUPTIBLE);
        if (result == HD_PARK_INTERRUPTED && hd_safepoint_signals(t) < 0) return HD_NULL;
        if (result == HD_PARK_TIMEOUT) {
            drop_rest(t, job, HD_NULL);
            HD_STORE_RELAXED(&job->over, true);
            return hd_raise(t, &hd_TimeoutError, "the results took too long");
        }
    }
    return HD_NULL;
}

/* Waits until no worker is inside the job; -1: a signal handler raised. */
HD_CHECK static int settle(HdThread *t, MapJob *job) {
    for (;;) {
        hd_lock_object(t, &job->head);
        bool busy = job->active > 0;
        job->waiting = busy;
        uint32_t seen = HD_LOAD_SEQ(&job->progress);
        hd_unlock_object(t, &job->head);
        if (!busy) return 0;
        HdParkResult result = hd_park_if32(t, &job->progress, seen, HD_FOREVER, HD_PARK_INTERRUPTIBLE);
        if (result == HD_PARK_INTERRUPTED && hd_safepoint_signals(t) < 0) return -1;
    }
}
static HdValue iterator_close(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue held = hd_retain(t, HD_AS(MapIterator, self)->job);
    MapJob *job = job_of(held);
    drop_rest(t, job, HD_NULL);
    int waits = hd_is_null(args[0]) ? 1 : hd_object_truth(t, args[0]);
    if (waits < 0 || (waits && settle(t, job) < 0)) return HD_NULL;
    for (;;) { /* what nobody will ask for */
        Item item;
        uint32_t seen = 0;
        if (take_result(t, job, &item, &seen) <= 0) break;
        hd_release(t, item.value);
    }
    return hd_None;
}
static HdValue iterator_counts(HdThread *t, HdValue self, const HdValue *args) {
    MapJob *job = job_of(HD_AS(MapIterator, self)->job);
    hd_lock_object(t, &job->head);
    int64_t counts[] = {job->fed, job->finished, job->given};
    hd_unlock_object(t, &job->head);
    return hd_tuple_pack(t, 3, hd_imm_int(counts[0]), hd_imm_int(counts[1]), hd_imm_int(counts[2]));
}

HdValue hd_map_start(HdThread *t, HdValue pool, const HdValue *args) {
    int window = hd_number_as_int(t, args[3]);
    if (window == -1 && hd_raised(t)) return HD_NULL;
    int star = hd_object_truth(t, args[2]), ordered = hd_object_truth(t, args[4]), collect = hd_object_truth(t, args[5]);
    if (star < 0 || ordered < 0 || collect < 0) return HD_NULL;
    HdTime deadline;
    if (hd_task_deadline(t, args[6], &deadline) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_map_job_type);
    HD_OWNED HdValue iterator = hd_is_null(self) ? HD_NULL : hd_type_alloc(t, &hd_map_iterator_type);
    if (hd_is_null(iterator)) return HD_NULL;
    MapJob *job = job_of(self);
    job->pool = hd_retain(t, pool);
    job->function = hd_retain(t, args[0]);
    job->star = star;
    job->ordered = ordered;
    job->collect = collect;
    job->window = window;
    job->deadline = deadline;
    job->source = hd_object_iter(t, args[1]);
    HD_AS(MapIterator, iterator)->job = hd_retain(t, self);
    if (hd_is_null(job->source)) return HD_NULL;
    if (window == 0) {
        int fed = feed(t, self, INT64_MAX);
        bool raised = fed < 0 || !hd_is_null(job->error);
        if (raised) {
            drop_rest(t, job, HD_NULL);
            return fed < 0 ? HD_NULL : finish(t, job);
        }
    }
    return hd_move(&iterator);
}

/* --- life --- */

static int job_traverse(HdObject *self, HdVisit visit, void *context) {
    MapJob *job = (MapJob *)self;
    HD_VISIT(job->function);
    HD_VISIT(job->pool);
    HD_VISIT(job->source);
    HD_VISIT(job->error);
    for (HdSize i = 0; i < job->capacity; i++) {
        HD_VISIT(job->ring[i].value);
        if (job->done) HD_VISIT(job->done[i].value);
    }
    return 0;
}
static void clear_items(HdThread *t, Item *items, HdSize count) {
    for (HdSize i = 0; items && i < count; i++) hd_clear_slot(t, &items[i].value);
}
/* The collector finds a job that nobody serves and nobody asks: what it calls stays until its end. */
static void job_clear(HdThread *t, HdObject *self) {
    MapJob *job = (MapJob *)self;
    hd_clear_slot(t, &job->source);
    hd_clear_slot(t, &job->error);
    clear_items(t, job->ring, job->capacity);
    clear_items(t, job->done, job->capacity);
}
static void job_dealloc(HdThread *t, HdObject *self) {
    MapJob *job = (MapJob *)self;
    job_clear(t, self);
    if (job->ring) hd_heap_raw_free(t, job->ring, (size_t)job->capacity * sizeof *job->ring);
    if (job->done) hd_heap_raw_free(t, job->done, (size_t)job->capacity * sizeof *job->done);
    hd_clear_slot(t, &job->function);
    hd_clear_slot(t, &job->pool);
    hd_type_free(t, self);
}
HdType hd_map_job_type = {
    HD_TYPE_HEAD("_parallel.MapJob"),
    .basicsize = sizeof(MapJob),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = job_dealloc,
    .traverse = job_traverse,
    .clear = job_clear,
};

static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((MapIterator *)self)->job);
    return 0;
}
/* As a generator that is closed: who began to ask and stops wants no more. */
static void iterator_dealloc(HdThread *t, HdObject *self) {
    HdValue held = ((MapIterator *)self)->job;
    MapJob *job = job_of(held);
    if (!hd_is_null(held) && (job->window || job->given)) drop_rest(t, job, HD_NULL);
    hd_clear_slot(t, &((MapIterator *)self)->job);
    hd_type_free(t, self);
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_close, "close($self, wait=True, /)",
              "Items that have not begun are dropped; waits until those that have are over."),
    HD_METHOD(iterator_counts, "counts($self, /)", "(items drawn, items done, results given)"),
    HD_METHODS_END,
};
HdType hd_map_iterator_type = {
    HD_TYPE_HEAD("_parallel.MapIterator"),
    .basicsize = sizeof(MapIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .iter = hd_iter_self,
    .next = iterator_next,
    .methods = iterator_methods,
};
