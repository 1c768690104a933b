/* mod__queue.c -- the module _queue: SimpleQueue, an unbounded FIFO that may be used from everywhere, finalizers and
 * signal handlers included.
 *
 * The items lie in a ring buffer guarded by the queue's lock; a semaphore counts those that nobody has claimed. Whoever
 * gets one takes a unit of the semaphore first (this may park) and then finds an item for certain. Nothing here runs
 * Python while it holds the lock.
 */
#include <heddle/module.h>

#include "mutex.h"
#include "park.h"
#include "safepoint.h"
#include "time_value.h"

enum { FIRST_CAPACITY = 8 };

typedef struct Queue {
    HdObject head;
    HdSemaphore unclaimed;
    HdSize first, count, capacity; /* capacity: 0 or a power of two */
    HdValue *items;
} Queue;
#define QUEUE(v) HD_AS(Queue, v)

static HdType empty_type = {
    HD_TYPE_HEAD("_queue.Empty"),
    .doc = "Exception raised by Queue.get(block=0)/get_nowait().",
    .base = &hd_Exception,
    .flags = HD_TYPE_BASE,
};

/* --- the ring; callers hold the lock --- */

static bool grow(HdThread *t, Queue *q) {
    HdSize capacity = q->capacity ? 2 * q->capacity : FIRST_CAPACITY;
    HdValue *items = hd_heap_raw(t, (size_t)capacity * sizeof *items);
    if (!items) return false;
    for (HdSize i = 0; i < q->count; i++) items[i] = q->items[(q->first + i) & (q->capacity - 1)];
    if (q->items) hd_heap_raw_free(t, q->items, (size_t)q->capacity * sizeof *items);
    q->items = items;
    q->capacity = capacity;
    q->first = 0;
    return true;
}
static HdValue take_first(Queue *q) {
    HdValue item = q->items[q->first];
    q->first = (q->first + 1) & (q->capacity - 1);
    HD_STORE_RELAXED(&q->count, q->count - 1);
    return item;
}

/* --- life --- */

static HdValue queue_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!(type->flags & HD_TYPE_HEAP)) {
        if (hd_native_no_keywords(t, "SimpleQueue", kwnames) < 0) return HD_NULL;
        if (nargs) return hd_raise(t, &hd_TypeError, "SimpleQueue() takes no positional arguments");
    }
    return hd_type_alloc(t, type);
}
static int queue_traverse(HdObject *self, HdVisit visit, void *context) {
    Queue *q = (Queue *)self;
    for (HdSize i = 0; i < q->count; i++) HD_VISIT(q->items[(q->first + i) & (q->capacity - 1)]);
    return 0;
}
static void queue_clear(HdThread *t, HdObject *self) {
    Queue *q = (Queue *)self;
    for (;;) {
        hd_lock_object(t, self);
        HdValue item = q->count ? take_first(q) : HD_NULL;
        hd_unlock_object(t, self);
        if (hd_is_null(item)) break;
        hd_release(t, item);
    }
    HD_STORE_RELEASE(&q->unclaimed.count, 0);
}
static void queue_dealloc(HdThread *t, HdObject *self) {
    Queue *q = (Queue *)self;
    queue_clear(t, self);
    if (q->items) hd_heap_raw_free(t, q->items, (size_t)q->capacity * sizeof *q->items);
    hd_type_free(t, self);
}

/* --- methods --- */

static HdValue queue_put(HdThread *t, HdValue self, const HdValue *a) {
    Queue *q = QUEUE(self);
    hd_lock_object(t, &q->head);
    bool room = q->count < q->capacity || grow(t, q);
    if (room) {
        q->items[(q->first + q->count) & (q->capacity - 1)] = hd_retain(t, a[0]);
        HD_STORE_RELAXED(&q->count, q->count + 1);
    }
    hd_unlock_object(t, &q->head);
    if (!room) return hd_raise_no_memory(t);
    hd_semaphore_give(&q->unclaimed);
    return hd_None;
}

static HdValue raise_empty(HdThread *t) {
    HD_OWNED HdValue exception = hd_object_call0(t, hd_type_value(&empty_type));
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}
static HdValue get_until(HdThread *t, Queue *q, HdTime deadline) {
    for (;;) {
        HdLockResult result = hd_semaphore_take(t, &q->unclaimed, deadline, HD_PARK_INTERRUPTIBLE);
        if (result == HD_LOCK_TIMEOUT) return raise_empty(t);
        if (result == HD_LOCK_INTERRUPTED) {
            if (hd_safepoint_signals(t) < 0) return HD_NULL;
            continue;
        }
        hd_lock_object(t, &q->head);
        HdValue item = q->count ? take_first(q) : HD_NULL; /* none only after the collector emptied the queue */
        hd_unlock_object(t, &q->head);
        if (!hd_is_null(item)) return item;
    }
}
static HdValue queue_get(HdThread *t, HdValue self, const HdValue *a) {
    int block = hd_is_null(a[0]) ? 1 : hd_object_truth(t, a[0]);
    if (block < 0) return HD_NULL;
    HdTime deadline = block ? HD_FOREVER : 0;
    if (block && !hd_is_null(a[1]) && !hd_is_none(a[1])) {
        HdTime wait;
        if (hd_time_value_from_seconds(t, a[1], HD_ROUND_CEILING, &wait) < 0) return HD_NULL;
        if (wait < 0) return hd_raise(t, &hd_ValueError, "'timeout' must be a non-negative number");
        deadline = wait ? hd_clock_deadline(wait) : 0;
    }
    return get_until(t, QUEUE(self), deadline);
}
static HdValue queue_get_nowait(HdThread *t, HdValue self, const HdValue *a) { return get_until(t, QUEUE(self), 0); }
static HdValue queue_empty(HdThread *t, HdValue self, const HdValue *a) {
    return hd_bool(HD_LOAD_RELAXED(&QUEUE(self)->count) == 0);
}
static HdValue queue_qsize(HdThread *t, HdValue self, const HdValue *a) {
    return hd_int_from_size(t, HD_LOAD_RELAXED(&QUEUE(self)->count));
}
static HdValue class_getitem(HdThread *t, HdValue type, const HdValue *a) {
    return hd_generic_alias_new(t, type, a[0]);
}
static HdValue queue_reduce(HdThread *t, HdValue self, const HdValue *a) {
    return hd_raise(t, &hd_TypeError, "cannot pickle '%s' object", hd_type_of(self)->name);
}

static const HdMethodDef queue_methods[] = {
    HD_METHOD(queue_put, "put($self, /, item, block=True, timeout=None)",
              "Put the item on the queue. The other arguments are there for Queue's sake: the method never waits."),
    HD_METHOD(queue_put, "put_nowait($self, /, item)", "Put the item on the queue, without waiting."),
    HD_METHOD(
        queue_get, "get($self, /, block=True, timeout=None)",
        "Remove and return an item. Waits for one, at most timeout seconds if given; raises Empty when there is none."),
    HD_METHOD(queue_get_nowait, "get_nowait($self, /)", "Remove and return an item, or raise Empty at once."),
    HD_METHOD(queue_empty, "empty($self, /)", "Whether the queue is empty (it need not stay so)."),
    HD_METHOD(queue_qsize, "qsize($self, /)", "How many items there are (it need not stay so)."),
    HD_METHOD(queue_reduce, "__reduce__($self, /)", "Refuses: a queue cannot be pickled."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
static HdType queue_type = {
    HD_TYPE_HEAD("_queue.SimpleQueue"),
    .doc = "SimpleQueue()\n--\n\nSimple, unbounded, reentrant FIFO queue.",
    .basicsize = sizeof(Queue),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = queue_dealloc,
    .traverse = queue_traverse,
    .clear = queue_clear,
    .create = queue_create,
    .methods = queue_methods,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_module_add_type(t, module, &empty_type) < 0) return -1;
    return hd_module_add_type(t, module, &queue_type);
}

extern const HdModuleDef hd_module__queue;
const HdModuleDef hd_module__queue = {
    .name = "_queue",
    .doc = "The native part of the module queue.",
    .exec = exec,
};
