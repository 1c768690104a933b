/* pickle_memo.c -- the memos of Pickler and Unpickler, and the objects through which Python sees them. */
#include "pickle_types.h"

int hd_pickle_enter(HdThread *t, uint64_t *busy) {
    uint64_t none = 0;
    if (HD_LOAD_ACQUIRE(busy) == t->serial) return 0;
    if (HD_CAS(busy, &none, t->serial)) return 1;
    return hd_raise_int(t, &hd_RuntimeError, "another thread is pickling or unpickling with this object");
}

/* --- the pickler's table --- */

static HdSize slot_of(const HdPickleMemo *memo, HdValue object) {
    HdSize at = (HdSize)((object.bits >> 3) * 0x9e3779b97f4a7c15u >> 20) & memo->mask;
    while (memo->slots[at] && !hd_same(memo->objects[memo->slots[at] - 1], object)) at = (at + 1) & memo->mask;
    return at;
}

HdSize hd_pickle_memo_find(const HdPickleMemo *memo, HdValue object) {
    return memo->slots ? (HdSize)memo->slots[slot_of(memo, object)] - 1 : -1;
}

static int grow(HdThread *t, HdPickleMemo *memo, HdSize wanted) {
    HdSize capacity = memo->capacity ? memo->capacity : 32;
    while (capacity < wanted) capacity *= 2;
    HdSize size = capacity * 2;
    HdValue *objects = hd_heap_raw_resize(t, memo->objects, (size_t)memo->capacity * sizeof *objects,
                                          (size_t)capacity * sizeof *objects);
    if (!objects) return hd_raise_no_memory(t), -1;
    memset(objects + memo->capacity, 0, (size_t)(capacity - memo->capacity) * sizeof *objects);
    HdSize old_capacity = memo->capacity;
    memo->objects = objects;
    uint32_t *slots = hd_heap_raw_zeroed(t, (size_t)size * sizeof *slots);
    if (!slots) {
        memo->capacity = capacity;
        return hd_raise_no_memory(t), -1;
    }
    if (memo->slots) hd_heap_raw_free(t, memo->slots, (size_t)(memo->mask + 1) * sizeof *slots);
    memo->capacity = capacity;
    memo->slots = slots;
    memo->mask = size - 1;
    for (HdSize i = 0; i < old_capacity; i++) {
        if (!hd_is_null(objects[i]) && !hd_is_none(objects[i])) slots[slot_of(memo, objects[i])] = (uint32_t)i + 1;
    }
    return 0;
}

int hd_pickle_memo_add(HdThread *t, HdPickleMemo *memo, HdValue object, HdSize number) {
    if (number < 0 || number >= UINT32_MAX / 4) return hd_raise_int(t, &hd_OverflowError, "memo key out of range");
    if (number >= memo->capacity && grow(t, memo, number + 1) < 0) return -1;
    if (!hd_is_none(object)) {
        HdSize at = slot_of(memo, object);
        if (memo->slots[at]) return 0;
        memo->slots[at] = (uint32_t)number + 1;
    }
    hd_retain(t, object);
    HdValue old = memo->objects[number];
    memo->objects[number] = object;
    if (number >= memo->count) memo->count = number + 1;
    hd_release(t, old);
    return 0;
}

void hd_pickle_memo_clear(HdThread *t, HdPickleMemo *memo) {
    HdPickleMemo old = *memo;
    *memo = (HdPickleMemo){0};
    if (old.slots) hd_heap_raw_free(t, old.slots, (size_t)(old.mask + 1) * sizeof *old.slots);
    for (HdSize i = 0; i < old.count; i++) hd_release(t, old.objects[i]); /* behind those there are none */
    if (old.objects) hd_heap_raw_free(t, old.objects, (size_t)old.capacity * sizeof *old.objects);
}

/* --- the unpickler's array --- */

enum { FAR = 1 << 20 }; /* a number that is this large, and twice the array, is for the dict: it may be made up */

static int put_far(HdThread *t, HdUnpickler *u, HdSize number, HdValue value) {
    if (hd_is_null(u->memo_far)) u->memo_far = hd_dict_new(t);
    if (hd_is_null(u->memo_far)) return -1;
    HdSize before = hd_dict_length(u->memo_far);
    HD_OWNED HdValue key = hd_int_from_size(t, number);
    if (hd_is_null(key) || hd_dict_set(t, u->memo_far, key, value) < 0) return -1;
    u->memo_count += hd_dict_length(u->memo_far) - before;
    return 0;
}

HdValue hd_unpickler_memo_get(HdThread *t, HdUnpickler *u, HdSize number) {
    HdValue v = number >= 0 && number < u->memo_capacity ? u->memo[number] : HD_NULL;
    if (!hd_is_null(v) || hd_is_null(u->memo_far)) return hd_retain(t, v);
    HD_OWNED HdValue key = hd_int_from_size(t, number);
    return !hd_is_null(key) && hd_dict_find(t, u->memo_far, key, &v) > 0 ? v : HD_NULL;
}

int hd_unpickler_memo_put(HdThread *t, HdUnpickler *u, HdSize number, HdValue value) {
    if (number >= u->memo_capacity) {
        if (number >= FAR && number / 2 > u->memo_capacity) return put_far(t, u, number, value);
        HdSize capacity = number < 32 ? 64 : number * 2;
        HdValue *memo = hd_heap_raw_resize(t, u->memo, (size_t)u->memo_capacity * sizeof *memo,
                                           (size_t)capacity * sizeof *memo);
        if (!memo) return hd_raise_no_memory(t), -1;
        memset(memo + u->memo_capacity, 0, (size_t)(capacity - u->memo_capacity) * sizeof *memo);
        u->memo = memo;
        u->memo_capacity = capacity;
    }
    HdValue old = u->memo[number];
    u->memo[number] = hd_retain(t, value);
    if (hd_is_null(old)) u->memo_count++;
    hd_release(t, old);
    return 0;
}

void hd_unpickler_memo_clear(HdThread *t, HdUnpickler *u) {
    HdValue *memo = u->memo;
    HdSize capacity = u->memo_capacity, left = u->memo_count;
    if (!hd_is_null(u->memo_far)) left -= hd_dict_length(u->memo_far);
    u->memo = NULL;
    u->memo_count = u->memo_capacity = 0;
    hd_clear_slot(t, &u->memo_far);
    for (HdSize i = 0; i < capacity && left > 0; i++) {
        left -= !hd_is_null(memo[i]);
        hd_release(t, memo[i]);
    }
    if (memo) hd_heap_raw_free(t, memo, (size_t)capacity * sizeof *memo);
}

/* --- as Python sees them --- */

typedef struct Proxy {
    HdObject head;
    HdValue owner;
} Proxy;

static HdValue owner_of(HdValue proxy) { return HD_AS(Proxy, proxy)->owner; }
static bool is_pickler(HdValue owner) { return hd_is_instance(owner, &hd_pickler_type); }
static uint64_t *busy_of(HdValue owner) {
    return is_pickler(owner) ? &HD_AS(HdPickler, owner)->busy : &HD_AS(HdUnpickler, owner)->busy;
}

HdValue hd_pickle_get_memo(HdThread *t, HdValue self, void *closure) {
    HdValue proxy = hd_type_alloc(t, is_pickler(self) ? &hd_pickler_memo_type : &hd_unpickler_memo_type);
    if (!hd_is_null(proxy)) HD_AS(Proxy, proxy)->owner = hd_retain(t, self);
    return proxy;
}

static HdValue proxy_clear(HdThread *t, HdValue self, const HdValue *args) {
    HdValue owner = owner_of(self);
    int entered = hd_pickle_enter(t, busy_of(owner));
    if (entered < 0) return HD_NULL;
    if (is_pickler(owner)) hd_pickle_memo_clear(t, &HD_AS(HdPickler, owner)->memo);
    else hd_unpickler_memo_clear(t, HD_AS(HdUnpickler, owner));
    if (entered) hd_pickle_leave(busy_of(owner));
    return hd_None;
}

/* {id: (number, object)} of a pickler, {number: object} of an unpickler. The owner is entered. */
static HdValue copy_memo(HdThread *t, HdValue owner) {
    bool pickler = is_pickler(owner);
    HdValue far = pickler ? HD_NULL : HD_AS(HdUnpickler, owner)->memo_far;
    HD_OWNED HdValue dict = hd_is_null(far) ? hd_dict_new(t) : hd_dict_copy(t, far);
    if (hd_is_null(dict)) return HD_NULL;
    for (HdSize i = 0;; i++) {
        HdSize end = pickler ? HD_AS(HdPickler, owner)->memo.count : HD_AS(HdUnpickler, owner)->memo_capacity;
        if (i >= end) return hd_move(&dict);
        HD_OWNED HdValue object =
            hd_retain(t, pickler ? HD_AS(HdPickler, owner)->memo.objects[i] : HD_AS(HdUnpickler, owner)->memo[i]);
        if (hd_is_null(object)) continue;
        if (pickler && hd_is_none(object)) { /* a __dict__ that was not made: another stands for it */
            object = hd_dict_new(t);
            if (hd_is_null(object)) return HD_NULL;
        }
        HD_OWNED HdValue key = pickler ? hd_int_from_u64(t, object.bits) : hd_imm_int(i);
        HD_OWNED HdValue value = pickler ? hd_tuple_pack(t, 2, hd_imm_int(i), object) : hd_retain(t, object);
        if (hd_is_null(key) || hd_is_null(value) || hd_dict_set(t, dict, key, value) < 0) return HD_NULL;
    }
}

static HdValue proxy_copy(HdThread *t, HdValue self, const HdValue *args) {
    HdValue owner = owner_of(self);
    int entered = hd_pickle_enter(t, busy_of(owner));
    if (entered < 0) return HD_NULL;
    HdValue copy = copy_memo(t, owner);
    if (entered) hd_pickle_leave(busy_of(owner));
    return copy;
}

static HdValue proxy_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue copy = proxy_copy(t, self, args);
    HD_OWNED HdValue arguments = hd_is_null(copy) ? HD_NULL : hd_tuple_pack(t, 1, copy);
    return hd_is_null(arguments) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(&hd_dict_type), arguments);
}

/* One entry of a dict that becomes the memo. */
static int put_entry(HdThread *t, HdValue owner, HdValue key, HdValue value) {
    if (is_pickler(owner)) {
        if (!hd_is_tuple(value) || hd_tuple_length(value) != 2) {
            return hd_raise_int(t, &hd_TypeError, "'memo' values must be 2-item tuples");
        }
        HdSize number = hd_number_as_size(t, hd_tuple_at_borrowed(value, 0), &hd_OverflowError);
        if (number == -1 && hd_raised(t)) return -1;
        return hd_pickle_memo_add(t, &HD_AS(HdPickler, owner)->memo, hd_tuple_at_borrowed(value, 1), number);
    }
    if (!hd_is_int(key)) return hd_raise_int(t, &hd_TypeError, "memo key must be integers");
    HdSize number = hd_number_as_size(t, key, &hd_OverflowError);
    if (number == -1 && hd_raised(t)) return -1;
    if (number < 0) return hd_raise_int(t, &hd_ValueError, "memo key must be positive integers.");
    return hd_unpickler_memo_put(t, HD_AS(HdUnpickler, owner), number, value);
}

int hd_pickle_set_memo(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "attribute deletion is not supported");
    HD_OWNED HdValue dict = HD_NULL;
    HdType *proxy_type = is_pickler(self) ? &hd_pickler_memo_type : &hd_unpickler_memo_type;
    if (hd_is_exact_object(value, proxy_type)) {
        dict = proxy_copy(t, value, NULL);
    } else if (hd_is_dict(value)) {
        dict = hd_dict_copy(t, value);
    } else {
        return hd_raise_int(t, &hd_TypeError, "'memo' attribute must be a %sPicklerMemoProxy object or dict, not %T",
                            is_pickler(self) ? "" : "Un", value);
    }
    if (hd_is_null(dict)) return -1;
    int entered = hd_pickle_enter(t, busy_of(self));
    if (entered < 0) return -1;
    if (is_pickler(self)) hd_pickle_memo_clear(t, &HD_AS(HdPickler, self)->memo);
    else hd_unpickler_memo_clear(t, HD_AS(HdUnpickler, self));
    HdSize position = 0;
    HdValue key, item;
    int status = 0;
    while (status == 0 && hd_dict_next_borrowed(dict, &position, &key, &item)) status = put_entry(t, self, key, item);
    if (entered) hd_pickle_leave(busy_of(self));
    return status;
}

static void proxy_clear_slots(HdThread *t, HdObject *self) { hd_clear_slot(t, &((Proxy *)self)->owner); }
static void proxy_dealloc(HdThread *t, HdObject *self) {
    proxy_clear_slots(t, self);
    hd_type_free(t, self);
}
static int proxy_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Proxy *)self)->owner);
    return 0;
}

static const HdMethodDef proxy_methods[] = {
    HD_METHOD(proxy_clear, "clear($self, /)", "Removes all items from the memo."),
    HD_METHOD(proxy_copy, "copy($self, /)", "The memo as a dict."),
    HD_METHOD(proxy_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};
#define PROXY_TYPE(type_name)                               \
    {                                                       \
        HD_TYPE_HEAD(type_name),                            \
        .basicsize = sizeof(Proxy),                         \
        .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,         \
        .dealloc = proxy_dealloc,                           \
        .traverse = proxy_traverse,                         \
        .clear = proxy_clear_slots,                         \
        .methods = proxy_methods,                           \
    }
HdType hd_pickler_memo_type = PROXY_TYPE("_pickle.PicklerMemoProxy");
HdType hd_unpickler_memo_type = PROXY_TYPE("_pickle.UnpicklerMemoProxy");
