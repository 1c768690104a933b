/* weakref.c -- weak references: the table of who refers weakly to what, weakref.ref, clearing and callbacks.
 *
 * The table is split into shards by the target's address; each has its own lock and an open-addressed map from target to
 * the list of its weak references: the plain reference and the plain proxy (exact types, no callback; there is one of each
 * at most, handed out again) come first, then the others, newest first.
 * Invariants: a reference with a target is in the target's list, and HD_FLAG_WEAKREFS of the target says that there is a
 * list; `target` goes from an object to NULL once and never back; a target's list is taken down before its block is freed.
 * The list does not count its members: one that ends takes itself out, and whoever takes a member from the list does so
 * by try-retain (slot.h), for which targets and members are marked while the GIL is off.
 * Locks: the shards' mutexes, taken only when the GIL is off (with it on nothing can come between), held over no call of
 * Python and no release; raw blocks are allocated under them. A wait for one parks.
 */
#include "weakref.h"

#include "descr.h"
#include "hash.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

enum { SHARDS = 64, FIRST_SIZE = 8 };

typedef struct Entry {
    HdObject *target; /* NULL: free */
    HdWeakref *first;
} Entry;
typedef struct Shard {
    HdMutex lock;
    uint32_t used, size; /* size: 0 or a power of two */
    Entry *at;
} Shard;
struct HdWeakrefTable {
    Shard shards[SHARDS];
};

static HdWeakref *weak(HdValue v) { return HD_AS(HdWeakref, v); }

/* --- the table --- */

HD_INLINE uint64_t scramble(const HdObject *target) { return ((uint64_t)(uintptr_t)target >> 3) * 0x9E3779B97F4A7C15u; }

static Shard *lock_shard(HdThread *t, const HdObject *target) {
    Shard *shard = &hd_runtime.weakrefs->shards[scramble(target) >> 58];
    if (HD_UNLIKELY(t->locks)) hd_mutex_lock(t, &shard->lock);
    return shard;
}
static void unlock_shard(HdThread *t, Shard *shard) {
    if (HD_UNLIKELY(t->locks)) hd_mutex_unlock(&shard->lock);
}

HD_INLINE uint32_t home_of(const Shard *shard, const HdObject *target) {
    return (uint32_t)(scramble(target) >> 20) & (shard->size - 1);
}

/* The target's entry, or the free one where it belongs; the map has a free entry. */
static Entry *entry_of(Shard *shard, const HdObject *target) {
    uint32_t i = home_of(shard, target);
    while (shard->at[i].target && shard->at[i].target != target) i = (i + 1) & (shard->size - 1);
    return &shard->at[i];
}

static HdWeakref *first_of(Shard *shard, const HdObject *target) {
    return shard->size ? entry_of(shard, target)->first : NULL;
}

static bool make_room(HdThread *t, Shard *shard) {
    if ((shard->used + 1) * 2 <= shard->size) return true; /* most searches find nothing: few neighbours */
    Shard grown = {.size = shard->size ? shard->size * 2 : FIRST_SIZE};
    grown.at = hd_heap_raw_zeroed(t, grown.size * sizeof *grown.at);
    if (!grown.at) return false;
    for (uint32_t i = 0; i < shard->size; i++) {
        if (shard->at[i].target) *entry_of(&grown, shard->at[i].target) = shard->at[i];
    }
    if (shard->at) hd_heap_raw_free(t, shard->at, shard->size * sizeof *shard->at);
    shard->at = grown.at;
    shard->size = grown.size;
    return true;
}

/* Frees an entry; those behind it move up, so that searches need no tombstones. */
static void remove_entry(Shard *shard, Entry *entry) {
    uint32_t mask = shard->size - 1, hole = (uint32_t)(entry - shard->at);
    for (uint32_t i = (hole + 1) & mask; shard->at[i].target; i = (i + 1) & mask) {
        uint32_t home = home_of(shard, shard->at[i].target);
        if (((i - home) & mask) < ((i - hole) & mask)) continue; /* the hole lies before its home */
        shard->at[hole] = shard->at[i];
        hole = i;
    }
    shard->at[hole] = (Entry){0};
    shard->used--;
}

/* --- lists --- */

/* There is one of these for each target at most. */
static bool is_plain(const HdType *type, HdValue callback) {
    return hd_is_null(callback) && (type == &hd_weakref_type || type == &hd_weakproxy_type || type == &hd_weakcallableproxy_type);
}

/* The plain reference or proxy of a list, owned; NULL when there is none or it ends just now. */
static HdWeakref *find_plain(HdThread *t, HdWeakref *list, const HdType *type) {
    for (HdWeakref *w = list; w && is_plain(w->head.type, w->callback); w = w->next) {
        if (w->head.type == type && hd_slot_try_retain(t, &w->head)) return w;
    }
    return NULL;
}

static void insert(Entry *entry, HdWeakref *w) {
    HdWeakref *before = NULL, *behind = entry->first;
    bool plain_reference = w->head.type == &hd_weakref_type && hd_is_null(w->callback);
    while (!plain_reference && behind && is_plain(behind->head.type, behind->callback)) {
        bool is_reference = behind->head.type == &hd_weakref_type;
        if (!is_reference && is_plain(w->head.type, w->callback)) break;
        before = behind;
        behind = behind->next;
    }
    w->previous = before;
    w->next = behind;
    if (behind) behind->previous = w;
    *(before ? &before->next : &entry->first) = w;
}

/* Puts `w` into its target's list. NULL: done; a plain reference that was there first, owned; or `w` for no memory. */
static HdWeakref *link(HdThread *t, HdWeakref *w, HdObject *target) {
    Shard *shard = lock_shard(t, target);
    HdWeakref *other = is_plain(w->head.type, w->callback) ? find_plain(t, first_of(shard, target), w->head.type) : NULL;
    if (!other && !make_room(t, shard)) other = w;
    if (!other) {
        Entry *entry = entry_of(shard, target);
        if (!entry->target) {
            entry->target = target;
            shard->used++;
            HD_FETCH_OR(&target->flags, (uint8_t)HD_FLAG_WEAKREFS);
        }
        insert(entry, w);
        HD_STORE_RELEASE(&w->target, target);
    }
    unlock_shard(t, shard);
    return other;
}

/* Takes a reference out of its target's list, if it is in one. */
static void unlink_reference(HdThread *t, HdWeakref *w) {
    HdObject *target = HD_LOAD_ACQUIRE(&w->target);
    if (!target) return;
    Shard *shard = lock_shard(t, target);
    if (w->target) { /* else the target ended meanwhile */
        Entry *entry = entry_of(shard, target);
        if (w->next) w->next->previous = w->previous;
        *(w->previous ? &w->previous->next : &entry->first) = w->next;
        if (!entry->first) {
            remove_entry(shard, entry);
            HD_FETCH_AND(&target->flags, (uint8_t)~HD_FLAG_WEAKREFS);
        }
        HD_STORE_RELEASE(&w->target, NULL);
    }
    unlock_shard(t, shard);
}

/* --- the end of a target --- */

/* References whose callbacks are to be called, owned, linked through `next`: they are in no list any more. */
typedef struct Calls {
    HdWeakref *first, *last;
} Calls;

/* Clears all weak references of an object and adds those with callbacks to `calls`; while `collecting`, only those that are
 * reachable themselves. */
static void take_down(HdThread *t, HdObject *object, bool collecting, Calls *calls) {
    Shard *shard = lock_shard(t, object);
    HdWeakref *next = first_of(shard, object);
    if (next) remove_entry(shard, entry_of(shard, object));
    HD_FETCH_AND(&object->flags, (uint8_t)~HD_FLAG_WEAKREFS);
    for (HdWeakref *w = next; w; w = next) {
        next = w->next;
        w->next = w->previous = NULL;
        bool wanted = !hd_is_null(w->callback) && !(collecting && (HD_LOAD_RELAXED(&w->head.flags) & HD_FLAG_UNREACHABLE)) &&
                      hd_slot_try_retain(t, &w->head);
        HD_STORE_RELEASE(&w->target, NULL); /* last: from now on its end takes no lock */
        if (!wanted) continue;
        *(calls->last ? &calls->last->next : &calls->first) = w;
        calls->last = w;
    }
    unlock_shard(t, shard);
}

static HdValue take_callback(HdThread *t, HdWeakref *w) {
    hd_lock_object(t, &w->head);
    HdValue callback = hd_slot_exchange(&w->callback, HD_NULL);
    hd_unlock_object(t, &w->head);
    return callback;
}

static void call_all(HdThread *t, Calls *calls) {
    for (HdWeakref *w = calls->first, *next; w; w = next) {
        next = w->next;
        w->next = NULL;
        HD_OWNED HdValue reference = hd_from_object(w);
        HD_OWNED HdValue callback = take_callback(t, w);
        if (hd_is_null(callback)) continue;
        HdValue result = hd_object_call1(t, callback, reference);
        if (hd_is_null(result)) hd_write_unraisable(t, callback);
        hd_release(t, result);
    }
}

void hd_weakref_clear_all(HdThread *t, HdObject *object) {
    Calls calls = {0};
    take_down(t, object, false, &calls);
    call_all(t, &calls);
}

/* All references to the garbage go before the first callback runs, so that no callback can reach garbage (PEP 442). */
void hd_weakref_gc_clear(HdThread *t, HdObject **unreachable, HdSize count) {
    Calls calls = {0};
    for (HdSize i = 0; i < count; i++) {
        if (HD_LOAD_RELAXED(&unreachable[i]->flags) & HD_FLAG_WEAKREFS) take_down(t, unreachable[i], true, &calls);
    }
    call_all(t, &calls);
}

/* --- making and reading --- */

bool hd_weakref_try_retain(HdThread *t, HdObject *object) { return hd_slot_try_retain(t, object); }

bool hd_is_weakref(HdValue v) {
    return hd_is_object(v) && v.bits && (hd_is_instance(v, &hd_weakref_type) || hd_is_exact_object(v, &hd_weakproxy_type) ||
                                         hd_is_exact_object(v, &hd_weakcallableproxy_type));
}

HdValue hd_weakref_make(HdThread *t, HdType *type, HdValue target, HdValue callback) {
    if (!hd_is_object(target) || (hd_type_of(target)->flags2 & HD_TYPE2_NO_WEAKREF)) {
        return hd_raise(t, &hd_TypeError, "cannot create weak reference to '%s' object", hd_type_of(target)->name);
    }
    HdObject *object = hd_as_object(target);
    if (is_plain(type, callback) && (HD_LOAD_RELAXED(&object->flags) & HD_FLAG_WEAKREFS)) {
        Shard *shard = lock_shard(t, object);
        HdWeakref *there = find_plain(t, first_of(shard, object), type);
        unlock_shard(t, shard);
        if (there) return hd_from_object(there);
    }
    HdWeakref *w = HD_NEW(t, HdWeakref, type);
    if (!w) return HD_NULL;
    w->callback = hd_retain(t, callback);
    w->hash = -1;
    if (t->parallel) {
        hd_slot_share(object);
        hd_slot_share(&w->head);
    }
    HdWeakref *other = link(t, w, object);
    if (!other) return hd_from_object(w);
    hd_release_object(t, &w->head);
    return other == w ? hd_raise_no_memory(t) : hd_from_object(other);
}

HdValue hd_weakref_new(HdThread *t, HdValue target, HdValue callback) {
    return hd_weakref_make(t, &hd_weakref_type, target, callback);
}

HdValue hd_weakref_get(HdThread *t, HdValue weakref) {
    HdWeakref *w = weak(weakref);
    HdObject *target = HD_LOAD_ACQUIRE(&w->target);
    if (!target || !hd_slot_try_retain(t, target)) return HD_NULL;
    if (HD_LIKELY(HD_LOAD_ACQUIRE(&w->target) == target)) return hd_from_object(target);
    hd_release_object(t, target); /* it ended, and its block may be another object by now */
    return HD_NULL;
}

HdSize hd_weakref_count(HdThread *t, HdValue target) {
    if (!hd_is_object(target)) return 0;
    HdSize count = 0;
    Shard *shard = lock_shard(t, hd_as_object(target));
    for (HdWeakref *w = first_of(shard, hd_as_object(target)); w; w = w->next) count++;
    unlock_shard(t, shard);
    return count;
}

/* Fills at most `room` places with owned references; their number. */
static HdSize gather(HdThread *t, HdObject *target, HdValue *out, HdSize room) {
    HdSize count = 0;
    Shard *shard = lock_shard(t, target);
    for (HdWeakref *w = first_of(shard, target); w && count < room; w = w->next) {
        if (hd_slot_try_retain(t, &w->head)) out[count++] = hd_from_object(w);
    }
    unlock_shard(t, shard);
    return count;
}

HdValue hd_weakref_list(HdThread *t, HdValue target) {
    HdSize room = hd_weakref_count(t, target);
    if (!room) return hd_list_new(t, 0);
    size_t bytes = (size_t)room * sizeof(HdValue);
    HdValue *items = hd_heap_raw(t, bytes);
    if (!items) return hd_raise_no_memory(t);
    HdSize count = gather(t, hd_as_object(target), items, room);
    HdValue list = hd_list_from_values(t, items, count);
    for (HdSize i = 0; i < count; i++) hd_release(t, items[i]);
    hd_heap_raw_free(t, items, bytes);
    return list;
}

/* --- weakref.ref --- */

static int one_or_two(HdThread *t, const char *name, const HdRef *args, HdSize nargs, HdValue *target, HdValue *callback) {
    if (hd_native_check_count(t, name, nargs, 1, 2) < 0) return -1;
    *target = hd_ref_value(args[0]);
    *callback = nargs > 1 ? hd_ref_value(args[1]) : HD_NULL;
    if (!hd_is_null(*callback) && hd_is_none(*callback)) *callback = HD_NULL;
    return 0;
}

static HdValue weakref_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue target, callback;
    if (one_or_two(t, "__new__", args, nargs, &target, &callback) < 0) return HD_NULL;
    return hd_weakref_make(t, type, target, callback);
}

static int weakref_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue target, callback;
    if (hd_native_no_keywords(t, "ref", kwnames) < 0) return -1;
    return one_or_two(t, "__init__", args, nargs, &target, &callback);
}

int hd_weakref_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdWeakref *)self)->callback);
    return 0;
}
void hd_weakref_clear(HdThread *t, HdObject *self) {
    HdWeakref *w = (HdWeakref *)self;
    unlink_reference(t, w);
    hd_release(t, take_callback(t, w));
}
void hd_weakref_dealloc(HdThread *t, HdObject *self) {
    hd_weakref_clear(t, self);
    hd_type_free(t, self);
}

static HdValue weakref_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "weakref", kwnames) < 0 || hd_native_check_count(t, "weakref", nargs, 0, 0) < 0) return HD_NULL;
    HdValue target = hd_weakref_get(t, self);
    return hd_is_null(target) ? hd_None : target;
}

static HdValue weakref_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue target = hd_weakref_get(t, self);
    if (hd_is_null(target)) return hd_str_format(t, "<weakref at %p; dead>", (void *)self.bits);
    HD_OWNED HdValue name = HD_NULL;
    if (hd_object_find_attr(t, target, HD_NAME("__name__"), &name) < 0) return HD_NULL;
    const char *type_name = hd_type_of(target)->name;
    if (hd_is_null(name) || !hd_is_str(name)) {
        return hd_str_format(t, "<weakref at %p; to '%s' at %p>", (void *)self.bits, type_name, (void *)target.bits);
    }
    return hd_str_format(t, "<weakref at %p; to '%s' at %p (%U)>", (void *)self.bits, type_name, (void *)target.bits, name);
}

static int64_t weakref_hash(HdThread *t, HdValue self) {
    int64_t hash = HD_LOAD_RELAXED(&weak(self)->hash);
    if (hash != -1) return hash;
    HD_OWNED HdValue target = hd_weakref_get(t, self);
    if (hd_is_null(target)) return hd_raise_int(t, &hd_TypeError, "weak object has gone away");
    hash = hd_object_hash(t, target);
    if (hash != -1) HD_STORE_RELAXED(&weak(self)->hash, hash);
    return hash;
}

static HdValue weakref_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_instance(left, &hd_weakref_type) || !hd_is_instance(right, &hd_weakref_type)) {
        return hd_NotImplemented;
    }
    HD_OWNED HdValue a = hd_weakref_get(t, left);
    HD_OWNED HdValue b = hd_weakref_get(t, right);
    if (hd_is_null(a) || hd_is_null(b)) return hd_bool(hd_same(left, right) == (op == HD_EQ));
    return hd_object_compare(t, a, b, op);
}

static HdValue weakref_class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

static const HdMethodDef weakref_methods[] = {
    HD_CLASS_METHOD(weakref_class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHODS_END,
};
static const HdMemberDef weakref_members[] = {
    {"__callback__", HD_MEMBER_VALUE, offsetof(HdWeakref, callback), true},
    {NULL},
};

HdType hd_weakref_type = {
    HD_TYPE_HEAD("weakref.ReferenceType"),
    .basicsize = sizeof(HdWeakref),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = hd_weakref_dealloc,
    .traverse = hd_weakref_traverse,
    .clear = hd_weakref_clear,
    .create = weakref_create,
    .init = weakref_init,
    .call = weakref_call,
    .repr = weakref_repr,
    .hash = weakref_hash,
    .compare = weakref_compare,
    .methods = weakref_methods,
    .members = weakref_members,
};

int hd_weakref_init(HdThread *t) {
    if (hd_runtime.weakrefs) return 0;
    hd_runtime.weakrefs = hd_heap_raw_zeroed(t, sizeof *hd_runtime.weakrefs);
    if (!hd_runtime.weakrefs) {
        hd_raise_no_memory(t);
        return -1;
    }
    if (hd_type_ready(t, &hd_weakref_type) < 0) return -1;
    return hd_weakproxy_init(t);
}
