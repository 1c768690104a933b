/* parallel_pool.c -- ThreadPool: a queue of tasks and the loop in which a worker thread serves it (parallel_types.h).
 *
 * The queue is a ring under the pool's lock. A worker that finds nothing counts itself among the sleepers and takes a
 * unit of `wakeups`; who queues something takes one sleeper off the count and gives one unit. So nobody is woken for
 * nothing and nobody sleeps while there is work. Workers are threads of threading, started through `spawn`, one at a
 * time, when something is queued and nobody sleeps.
 */
#include "parallel_types.h"

enum { FIRST_CAPACITY = 64 };

/* --- the ring; callers hold the lock --- */

static bool grow(HdThread *t, HdPool *p) {
    HdSize capacity = p->capacity ? 2 * p->capacity : FIRST_CAPACITY;
    HdValue *ring = hd_heap_raw(t, (size_t)capacity * sizeof *ring);
    if (!ring) return false;
    for (HdSize i = 0; i < p->count; i++) ring[i] = p->ring[(p->first + i) & (p->capacity - 1)];
    if (p->ring) hd_heap_raw_free(t, p->ring, (size_t)p->capacity * sizeof *ring);
    p->ring = ring;
    p->capacity = capacity;
    p->first = 0;
    return true;
}
static HdValue take_first(HdPool *p) {
    HdValue item = p->ring[p->first];
    p->first = (p->first + 1) & (p->capacity - 1);
    p->count--;
    return item;
}
static HdValue take_locked(HdThread *t, HdPool *p) {
    hd_lock_object(t, &p->head);
    HdValue item = p->count ? take_first(p) : HD_NULL;
    hd_unlock_object(t, &p->head);
    return item;
}
/* Takes back what could not be served; false: it is not there any more. */
static bool take_back(HdThread *t, HdPool *p, HdValue item) {
    bool found = false;
    hd_lock_object(t, &p->head);
    for (HdSize i = p->count; i-- > 0 && !found;) {
        HdValue *place = &p->ring[(p->first + i) & (p->capacity - 1)];
        found = hd_same(*place, item);
        if (found) *place = HD_NULL;
    }
    hd_unlock_object(t, &p->head);
    if (found) hd_release(t, item);
    return found;
}

/* --- queueing --- */

/* One more worker; -1 raised, unless others are there to do the work. */
static int start_worker(HdThread *t, HdValue self, HdValue item) {
    HdPool *p = hd_pool_of(self);
    HD_OWNED HdValue started = hd_object_call1(t, p->spawn, self);
    if (!hd_is_null(started)) return 0;
    hd_lock_object(t, &p->head);
    int32_t left = --p->workers;
    hd_unlock_object(t, &p->head);
    if (left > 0) {
        hd_clear_raised(t);
        return 0;
    }
    HdValue raised = hd_take_raised(t);
    take_back(t, p, item);
    hd_set_raised_steal(t, raised);
    return -1;
}

int hd_pool_push(HdThread *t, HdValue self, HdValue item) {
    HdPool *p = hd_pool_of(self);
    bool call = false, start = false;
    hd_lock_object(t, &p->head);
    bool stopping = p->stopping, room = !stopping && (p->count < p->capacity || grow(t, p));
    if (room) {
        p->ring[(p->first + p->count) & (p->capacity - 1)] = hd_retain(t, item);
        p->count++;
        call = p->sleepers > 0;
        start = !call && p->workers < p->max_workers;
        if (call) p->sleepers--;
        if (start) p->workers++;
    }
    hd_unlock_object(t, &p->head);
    if (stopping) return hd_raise_int(t, &hd_RuntimeError, "cannot schedule new futures after shutdown");
    if (!room) {
        hd_raise_no_memory(t);
        return -1;
    }
    if (call) hd_semaphore_give(&p->wakeups);
    return start ? start_worker(t, self, item) : 0;
}

static HdValue pool_submit(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdPool *p = hd_pool_of(self);
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "submit() missing 1 required positional argument: 'fn'");
    HD_OWNED HdValue future = hd_type_alloc(t, HD_AS(HdType, p->future_type));
    if (hd_is_null(future)) return HD_NULL;
    HdTask *f = hd_task_of(future);
    f->function = hd_retain(t, hd_ref_value(args[0]));
    f->args = hd_tuple_from_refs(t, args + 1, nargs - 1);
    if (hd_is_null(f->args)) return HD_NULL;
    HdSize names = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (names) {
        f->kwargs = hd_dict_new_sized(t, names);
        if (hd_is_null(f->kwargs)) return HD_NULL;
        for (HdSize i = 0; i < names; i++) {
            if (hd_dict_set(t, f->kwargs, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(args[nargs + i])) < 0)
                return HD_NULL;
        }
    }
    HdMeter *meter = hd_meter_of(p->meter);
    f->meter = hd_retain(t, p->meter);
    f->generation = meter->generation;
    f->submitted = hd_clock_monotonic();
    HD_FETCH_ADD(&meter->submitted, 1);
    if (hd_pool_push(t, self, future) < 0) {
        HD_FETCH_SUB(&meter->submitted, 1);
        return HD_NULL;
    }
    return hd_move(&future);
}

/* --- a worker --- */

/* Something to do, owned; HD_NULL: the pool has been shut down, and nothing is left. */
static HdValue take(HdThread *t, HdPool *p) {
    for (;;) {
        hd_lock_object(t, &p->head);
        HdValue item = HD_NULL;
        while (p->count && hd_is_null(item)) item = take_first(p);
        bool sleep = hd_is_null(item) && !p->stopping;
        if (sleep) p->sleepers++;
        hd_unlock_object(t, &p->head);
        if (!sleep) return item;
        (void)hd_semaphore_take(t, &p->wakeups, HD_FOREVER, 0);
    }
}

static void finish(HdThread *t, HdValue future, HdMeter *meter, HdValue result) {
    HdTaskState state = hd_is_null(result) ? HD_TASK_EXCEPTION : HD_TASK_RESULT;
    HD_FETCH_SUB(&meter->running, 1);
    HD_FETCH_ADD(hd_is_null(result) ? &meter->failed : &meter->completed, 1);
    if (hd_is_null(result)) result = hd_take_raised(t);
    if (hd_task_finish_steal(t, future, state, result) < 0) hd_write_unraisable(t, future);
}

static void run_task(HdThread *t, HdValue future) {
    HdTask *f = hd_task_of(future);
    HdMeter *meter = hd_meter_of(f->meter);
    int begun = hd_task_begin(t, future);
    if (begun <= 0) {
        if (begun < 0) hd_write_unraisable(t, future);
        return;
    }
    HD_FETCH_ADD(&meter->running, 1);
    HdTime began = hd_clock_monotonic();
    hd_meter_times_add(&meter->waiting, began - f->submitted);
    HdValue result = hd_object_call_ex(t, f->function, f->args, f->kwargs);
    hd_meter_times_add(&meter->runtime, hd_clock_monotonic() - began);
    HdValue raised = hd_is_null(result) ? hd_take_raised(t) : HD_NULL;
    hd_field_set_steal(t, f, &f->function, HD_NULL);
    hd_field_set_steal(t, f, &f->args, HD_NULL);
    hd_field_set_steal(t, f, &f->kwargs, HD_NULL);
    if (hd_is_null(result)) hd_set_raised_steal(t, raised);
    finish(t, future, meter, result);
}

static HdValue pool_work(HdThread *t, HdValue self, const HdValue *args) {
    HdPool *p = hd_pool_of(self);
    int status = 0;
    while (status == 0) {
        HD_OWNED HdValue item = take(t, p);
        if (hd_is_null(item)) break;
        if (!hd_is_exact_object(item, &hd_map_job_type)) {
            run_task(t, item);
        } else if (hd_map_serve(t, item) && hd_pool_push(t, self, item) < 0) {
            HD_OWNED HdValue raised = hd_take_raised(t);
            hd_map_abandon(t, item, raised);
        }
        status = hd_object_poll(t);
    }
    hd_lock_object(t, &p->head);
    p->workers--;
    hd_unlock_object(t, &p->head);
    return status < 0 ? HD_NULL : hd_None;
}

/* --- the end --- */

static void drop(HdThread *t, HdValue item) {
    if (hd_is_exact_object(item, &hd_map_job_type)) {
        hd_map_abandon(t, item, HD_NULL);
    } else if (hd_task_cancel(t, item) < 0 || hd_task_begin(t, item) < 0) {
        hd_write_unraisable(t, item);
    }
}
static void drop_all(HdThread *t, HdPool *p) {
    for (;;) {
        hd_lock_object(t, &p->head);
        bool empty = p->count == 0;
        HD_OWNED HdValue item = empty ? HD_NULL : take_first(p);
        hd_unlock_object(t, &p->head);
        if (empty) return;
        if (!hd_is_null(item)) drop(t, item);
    }
}
static HdValue pool_stop(HdThread *t, HdValue self, const HdValue *args) {
    HdPool *p = hd_pool_of(self);
    int cancel = hd_is_null(args[0]) ? 0 : hd_object_truth(t, args[0]);
    if (cancel < 0) return HD_NULL;
    hd_lock_object(t, &p->head);
    p->stopping = true;
    int32_t sleepers = p->sleepers;
    p->sleepers = 0;
    hd_unlock_object(t, &p->head);
    for (int32_t i = 0; i < sleepers; i++) hd_semaphore_give(&p->wakeups);
    if (cancel) drop_all(t, p);
    return hd_None;
}
static void pool_clear(HdThread *t, HdObject *self);
/* In a forked child: there are no workers, and what was queued runs in the parent. */
static HdValue pool_after_fork(HdThread *t, HdValue self, const HdValue *args) {
    HdPool *p = hd_pool_of(self);
    p->workers = p->sleepers = 0;
    p->wakeups = (HdSemaphore){0};
    pool_clear(t, &p->head);
    return hd_None;
}
static HdValue pool_load(HdThread *t, HdValue self, const HdValue *args) {
    HdPool *p = hd_pool_of(self);
    hd_lock_object(t, &p->head);
    int64_t queued = p->count, workers = p->workers;
    hd_unlock_object(t, &p->head);
    return hd_tuple_pack(t, 2, hd_imm_int(queued), hd_imm_int(workers));
}
static HdValue pool_map(HdThread *t, HdValue self, const HdValue *args) { return hd_map_start(t, self, args); }

/* --- life --- */

static HdValue pool_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "ThreadPool(max_workers, future_type, spawn, meter, /)", NULL);
    HdValue args[4];
    if (hd_native_bind(t, &def, refs, nargs, kwnames, args) < 0) return HD_NULL;
    int max_workers = hd_number_as_int(t, args[0]);
    if (max_workers == -1 && hd_raised(t)) return HD_NULL;
    if (max_workers < 1) return hd_raise(t, &hd_ValueError, "max_workers must be greater than 0");
    if (!hd_is_type(args[1]) || !hd_type_is_subtype(HD_AS(HdType, args[1]), &hd_task_type) ||
        !hd_is_exact_object(args[3], &hd_meter_type)) {
        return hd_raise(t, &hd_TypeError, "ThreadPool(int, subclass of FutureBase, callable, Meter)");
    }
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    HdPool *p = hd_pool_of(self);
    p->max_workers = max_workers;
    p->future_type = hd_retain(t, args[1]);
    p->spawn = hd_retain(t, args[2]);
    p->meter = hd_retain(t, args[3]);
    return self;
}
static int pool_traverse(HdObject *self, HdVisit visit, void *context) {
    HdPool *p = (HdPool *)self;
    HD_VISIT(p->future_type);
    HD_VISIT(p->spawn);
    HD_VISIT(p->meter);
    for (HdSize i = 0; i < p->count; i++) HD_VISIT(p->ring[(p->first + i) & (p->capacity - 1)]);
    return 0;
}
/* What a pool is made of stays until its end: methods that run meanwhile rely on it. A cycle goes through its queue. */
static void pool_clear(HdThread *t, HdObject *self) {
    HdPool *p = (HdPool *)self;
    hd_lock_object(t, self);
    HdSize left = p->count;
    hd_unlock_object(t, self);
    for (; left > 0; left--) hd_release(t, take_locked(t, p));
}
static void pool_dealloc(HdThread *t, HdObject *self) {
    HdPool *p = (HdPool *)self;
    pool_clear(t, self);
    if (p->ring) hd_heap_raw_free(t, p->ring, (size_t)p->capacity * sizeof *p->ring);
    hd_clear_slot(t, &p->future_type);
    hd_clear_slot(t, &p->spawn);
    hd_clear_slot(t, &p->meter);
    hd_type_free(t, self);
}

static const HdMethodDef pool_methods[] = {
    HD_METHOD_RAW(pool_submit, "submit($self, fn, /, *args, **kwargs)",
                  "Queues the call fn(*args, **kwargs); returns its future."),
    HD_METHOD(pool_map, "map($self, fn, iterable, star, window, ordered, collect, timeout, /)",
              "An iterator over the results of fn(item), or fn(*item) with star, in order. The items are drawn at once when "
              "window is 0, else when they are asked for, at most so many ahead."),
    HD_METHOD(pool_work, "work($self, /)", "Serves the queue until the pool is stopped; what a worker thread runs."),
    HD_METHOD(pool_stop, "stop($self, cancel=False, /)",
              "Nothing more is taken into the queue; what is in it is done, or cancelled, and the workers end."),
    HD_METHOD(pool_after_fork, "after_fork($self, /)", "In a forked child: nothing is queued, and there are no workers."),
    HD_METHOD(pool_load, "load($self, /)", "(entries in the queue, workers)"),
    HD_METHODS_END,
};
HdType hd_pool_type = {
    HD_TYPE_HEAD("_parallel.ThreadPool"),
    .doc = "ThreadPool(max_workers, future_type, spawn, meter, /)\n--\n\nA queue of calls and the loop of its workers.",
    .basicsize = sizeof(HdPool),
    .flags = HD_TYPE_GC,
    .create = pool_create,
    .dealloc = pool_dealloc,
    .traverse = pool_traverse,
    .clear = pool_clear,
    .methods = pool_methods,
};
