/* type.c -- the core of types: looking up along the MRO with its cache, versions, allocation and the end of objects,
 * completing static types. Making classes is in type_new.c, attributes of classes in type_attr.c, special methods in slots.c.
 *
 * The cache of lookups: each type has a small table from name to what the MRO says (HD_NULL: nothing). A reader takes no
 * lock: an entry is written once, value first, and a table that became stale is replaced by NULL as a whole and freed
 * through an epoch. Invariant: a type with a cache has a version, and so do all its bases; hd_type_modified takes both away
 * from a type and all below it. An entry computed from an older state is never put in: the version is compared under
 * the lock (hd_runtime.types_lock), which also guards versions and the lists of subclasses; nothing waits while it is held.
 * The end of objects: hd_type_dealloc nests only to a bound and queues the rest per thread, so that long chains of
 * objects end without deep recursion.
 */
#include "type.h"

#include <stdlib.h>

#include "safepoint.h"

#include "bytes.h"
#include "dict.h"
#include "epoch.h"
#include "heap_page.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"
#include "weakref.h"

/* --- names --- */

const char *hd_type_short_name(const HdType *type) {
    if (type->flags & HD_TYPE_HEAP) return type->name;
    const char *dot = strrchr(type->name, '.');
    return dot ? dot + 1 : type->name;
}
const char *hd_type_name(HdValue v) { return hd_type_short_name(hd_type_of(v)); }

bool hd_type_is_subtype(const HdType *sub, const HdType *super) {
    if (sub == super) return true;
    HdValue mro = sub->mro;
    if (HD_LIKELY(!hd_is_null(mro))) {
        const HdTuple *tuple = HD_AS(HdTuple, mro);
        for (HdSize i = 0; i < tuple->length; i++) {
            if (hd_as_object(tuple->at[i]) == &super->head) return true;
        }
        return false;
    }
    for (; sub; sub = sub->base) {
        if (sub == super) return true;
    }
    return super == &hd_object_type;
}

/* --- the cache of lookups --- */

typedef struct CacheEntry {
    uint64_t name; /* atomic; 0: free; the table owns a reference */
    uint64_t value;
} CacheEntry;
typedef struct HdTypeCache {
    uint32_t mask, used;
    CacheEntry at[];
} HdTypeCache;
enum { CACHE_FIRST = 16, CACHE_MOST = 4096 };

HD_INLINE uint32_t cache_hash(uint64_t name) { return (uint32_t)(name >> 4 ^ name >> 13); }

/* Position of the name's entry, or of the free one where it belongs. */
HD_INLINE CacheEntry *cache_find(HdTypeCache *cache, uint64_t name) {
    for (uint32_t i = cache_hash(name);; i++) {
        CacheEntry *e = &cache->at[i & cache->mask];
        uint64_t found = HD_LOAD_ACQUIRE(&e->name);
        if (found == name || !found) return e;
    }
}

static size_t cache_bytes(const HdTypeCache *cache) { return sizeof *cache + (cache->mask + 1) * sizeof(CacheEntry); }

/* After an epoch; interned names run no finalizer. */
static void cache_free(HdThread *t, void *block, size_t size) {
    HdTypeCache *cache = block;
    for (uint32_t i = 0; i <= cache->mask; i++) hd_release(t, (HdValue){cache->at[i].name});
    hd_heap_raw_free(t, block, size);
}

static void cache_drop(HdThread *t, HdType *type) {
    HdTypeCache *cache = type->cache;
    if (!cache) return;
    HD_STORE_RELEASE(&type->cache, NULL);
    hd_epoch_retire(t, cache, cache_bytes(cache), cache_free);
}

static HdTypeCache *cache_new(HdThread *t, uint32_t size) {
    HdTypeCache *cache = hd_heap_raw_zeroed(t, sizeof *cache + size * sizeof(CacheEntry));
    if (cache) cache->mask = size - 1;
    return cache;
}

/* A table with room for one more; under the lock. NULL when memory is out. */
static HdTypeCache *cache_with_room(HdThread *t, HdType *type) {
    HdTypeCache *cache = type->cache;
    if (cache && cache->used * 4 < (cache->mask + 1) * 3) return cache;
    uint32_t size = cache ? (cache->mask + 1) * 2 : CACHE_FIRST;
    bool start_over = size > CACHE_MOST; /* a program that makes up names without end */
    HdTypeCache *made = cache_new(t, start_over ? CACHE_FIRST : size);
    if (!made) return NULL;
    if (cache && !start_over) {
        for (uint32_t i = 0; i <= cache->mask; i++) {
            CacheEntry *e = &cache->at[i];
            if (!e->name) continue;
            hd_retain(t, (HdValue){e->name});
            *cache_find(made, e->name) = *e;
        }
        made->used = cache->used;
    }
    cache_drop(t, type);
    HD_STORE_RELEASE(&type->cache, made);
    return made;
}

/* `value` is lent, so this must not wait: whoever waits counts as done with what he was lent. */
static void cache_put(HdThread *t, HdType *type, uint32_t version, HdValue name, HdValue value) {
    if (t->locks && !hd_mutex_try_byte(&hd_runtime.types_lock)) return; /* another time */
    if (type->version == version) {
        HdTypeCache *cache = cache_with_room(t, type);
        CacheEntry *e = cache ? cache_find(cache, name.bits) : NULL;
        if (e && !e->name) {
            hd_retain(t, name);
            HD_STORE_RELAXED(&e->value, value.bits);
            HD_STORE_RELEASE(&e->name, name.bits);
            cache->used++;
        }
    }
    if (t->locks) hd_mutex_unlock_byte(&hd_runtime.types_lock);
}

/* Along the MRO, without the cache. */
static HdValue lookup_mro(HdThread *t, HdType *type, HdValue name) {
    HdValue mro = hd_retain(t, type->mro);
    HdValue found = HD_NULL;
    if (hd_is_null(mro)) return HD_NULL;
    for (HdSize i = 0; i < hd_tuple_length(mro); i++) {
        HdValue dict = HD_AS(HdType, hd_tuple_at_borrowed(mro, i))->dict;
        if (hd_is_null(dict)) continue;
        found = hd_dict_get_str(t, dict, name);
        if (hd_is_null(found)) continue;
        hd_release(t, found); /* the class's dict keeps it */
        break;
    }
    hd_release(t, mro);
    return found;
}

static HD_NOINLINE HdValue lookup_slow(HdThread *t, HdType *type, HdValue name) {
    uint32_t version = hd_type_version(t, type);
    HdValue found = lookup_mro(t, type, name);
    if (version && hd_str_is_interned(name)) cache_put(t, type, version, name, found);
    return found;
}

HdValue hd_type_lookup_borrowed(HdThread *t, HdType *type, HdValue name) {
    HdTypeCache *cache = HD_LOAD_ACQUIRE(&type->cache);
    if (HD_UNLIKELY(!cache)) return lookup_slow(t, type, name);
    for (uint32_t i = cache_hash(name.bits), mask = cache->mask;; i++) {
        CacheEntry *e = &cache->at[i & mask];
        uint64_t found = HD_LOAD_ACQUIRE(&e->name);
        if (HD_LIKELY(found == name.bits)) return (HdValue){HD_LOAD_RELAXED(&e->value)};
        if (!found) return lookup_slow(t, type, name);
    }
}

/* --- changing a type in use --- */

void hd_type_stop_readers(HdThread *t) {
    if (!hd_runtime.gil_enabled) hd_safepoint_stop_world(t);
}
void hd_type_start_readers(HdThread *t) {
    if (!hd_runtime.gil_enabled) hd_safepoint_start_world(t);
}

/* --- versions --- */

/* Under the lock. */
static uint32_t version_assign(HdType *type) {
    if (type->version || hd_is_null(type->mro)) return type->version;
    for (HdSize i = 1; i < hd_tuple_length(type->mro); i++) {
        HdType *base = HD_AS(HdType, hd_tuple_at_borrowed(type->mro, i));
        if (base != type && !version_assign(base)) return 0;
    }
    if (hd_runtime.next_type_version >= UINT32_MAX - 65536) return 0;
    HD_STORE_RELEASE(&type->version, ++hd_runtime.next_type_version);
    return type->version;
}

uint32_t hd_type_version(HdThread *t, HdType *type) {
    uint32_t version = HD_LOAD_ACQUIRE(&type->version);
    if (HD_LIKELY(version != 0)) return version;
    hd_lock_byte(t, &hd_runtime.types_lock);
    version = version_assign(type);
    hd_unlock_byte(t, &hd_runtime.types_lock);
    return version;
}

/* Under the lock, which keeps the subclasses where they are. */
static void forget(HdThread *t, HdType *type) {
    if (type->version == 0 && !type->cache) return; /* then nothing below it has any either */
    for (uint32_t i = 0; i < type->subclass_count; i++) forget(t, type->subclasses[i]);
    HD_STORE_RELEASE(&type->version, 0);
    cache_drop(t, type);
}

void hd_type_modified(HdThread *t, HdType *type) {
    hd_lock_byte(t, &hd_runtime.types_lock);
    forget(t, type);
    hd_unlock_byte(t, &hd_runtime.types_lock);
}

/* --- subclasses --- */

int hd_type_add_subclass(HdThread *t, HdType *base, HdType *type) {
    int result = 0;
    if (t->parallel) hd_slot_share(&type->head); /* a list of them takes references that it has no right to */
    hd_lock_byte(t, &hd_runtime.types_lock);
    if (base->subclass_count == base->subclass_capacity) {
        uint32_t capacity = base->subclass_capacity ? base->subclass_capacity * 2 : 4;
        HdType **grown = hd_heap_raw_resize(t, base->subclasses, base->subclass_capacity * sizeof *grown, capacity * sizeof *grown);
        if (grown) {
            base->subclasses = grown;
            base->subclass_capacity = capacity;
        } else {
            result = -1;
        }
    }
    if (result == 0) {
        base->subclasses[base->subclass_count] = type;
        HD_STORE_RELAXED(&base->subclass_count, base->subclass_count + 1); /* looked at without the lock */
    }
    hd_unlock_byte(t, &hd_runtime.types_lock);
    if (result < 0) hd_raise_no_memory(t);
    return result;
}

void hd_type_remove_subclass(HdThread *t, HdType *base, HdType *type) {
    hd_lock_byte(t, &hd_runtime.types_lock);
    for (uint32_t i = 0; i < base->subclass_count; i++) {
        if (base->subclasses[i] != type) continue;
        memmove(&base->subclasses[i], &base->subclasses[i + 1], (base->subclass_count - i - 1) * sizeof *base->subclasses);
        HD_STORE_RELAXED(&base->subclass_count, base->subclass_count - 1);
        break;
    }
    hd_unlock_byte(t, &hd_runtime.types_lock);
}

/* Room for `room` subclasses must be there: nothing may wait while the lock is held. True: it was enough. */
static bool fill_subclasses(HdThread *t, HdType *type, HdList *list, HdSize room) {
    hd_lock_byte(t, &hd_runtime.types_lock);
    bool enough = type->subclass_count <= room;
    for (uint32_t i = 0; enough && i < type->subclass_count; i++) {
        HdObject *subclass = &type->subclasses[i]->head;
        if (!hd_weakref_try_retain(t, subclass)) continue; /* it ends just now */
        list->array->at[list->length++] = hd_from_object(subclass);
    }
    hd_unlock_byte(t, &hd_runtime.types_lock);
    return enough;
}

HdValue hd_type_subclasses_list(HdThread *t, HdType *type) {
    for (;;) {
        HdSize room = HD_LOAD_RELAXED(&type->subclass_count);
        HdValue list = hd_list_new(t, room);
        if (hd_is_null(list) || fill_subclasses(t, type, HD_AS(HdList, list), room)) return list;
        hd_release(t, list);
    }
}

/* --- instances --- */

enum { FEW_BYTES = HD_HEAP_SMALL }; /* instances up to this size are made in line */

HD_INLINE HdObject *allocate(HdThread *t, HdType *type, HdSize size, HdSize zeroed) {
    uint8_t flags = type->flags & HD_TYPE_GC ? HD_FLAG_GC : 0;
    HdObject *o = HD_LIKELY(size <= FEW_BYTES) ? hd_heap_object_here(t, type, (size_t)size, flags, (size_t)zeroed)
                                               : hd_heap_object_part(t, type, (size_t)size, flags, (size_t)zeroed);
    if (HD_UNLIKELY(!o)) {
        hd_raise_no_memory(t);
        return NULL;
    }
    if (type->flags & HD_TYPE_HEAP) hd_retain_object(t, &type->head);
    return o;
}

HdValue hd_type_alloc(HdThread *t, HdType *type) {
    if (HD_UNLIKELY(type->itemsize)) return hd_type_alloc_var(t, type, type->basicsize);
    if (!(type->flags2 & HD_TYPE2_ATTRS_LAST)) return hd_from_object(allocate(t, type, type->basicsize, type->basicsize));
    HdShape *root = HD_LOAD_ACQUIRE(&type->root_shape);
    if (HD_UNLIKELY(!root) && !(root = hd_shape_root(t, type))) return HD_NULL;
    HdSize offset = type->attrs_offset;
    HdSize zeroed = offset + (HdSize)sizeof(HdAttrs); /* of the values, those are looked at that the shape has names for */
    HdObject *o = allocate(t, type, zeroed + (HdSize)(root->capacity * sizeof(HdValue)), zeroed);
    if (HD_UNLIKELY(!o)) return HD_NULL;
    ((HdAttrs *)((char *)o + offset))->word = (uint64_t)(uintptr_t)root;
    return hd_from_object(o);
}

HdValue hd_type_alloc_quiet(HdThread *t, HdType *type) {
    HdShape *root = HD_LOAD_ACQUIRE(&type->root_shape);
    HdSize offset = type->attrs_offset, size = type->basicsize;
    if (type->flags2 & HD_TYPE2_ATTRS_LAST) {
        if (!root) return HD_NULL;
        size = offset + (HdSize)sizeof(HdAttrs) + (HdSize)(root->capacity * sizeof(HdValue));
    }
    HdObject *o = hd_heap_object(t, type, (size_t)size, type->flags & HD_TYPE_GC ? HD_FLAG_GC : 0);
    if (!o) return HD_NULL;
    if (type->flags2 & HD_TYPE2_ATTRS_LAST) ((HdAttrs *)((char *)o + offset))->word = (uint64_t)(uintptr_t)root;
    return hd_from_object(o);
}

HdValue hd_type_alloc_var(HdThread *t, HdType *type, HdSize var_bytes) {
    var_bytes = (var_bytes + 7) & ~(HdSize)7;
    if (var_bytes < 0 || var_bytes > HD_SIZE_MAX - 4096) return hd_raise_no_memory(t);
    return hd_from_object(allocate(t, type, var_bytes + type->tail_size, var_bytes + type->tail_size));
}

/* Calls `each` for every place of a slot of the classes made by Python code. */
#define EACH_SLOT(object, slot_name, body)                                                               \
    for (HdType *type_ = (object)->type; type_ && (type_->flags & HD_TYPE_HEAP); type_ = type_->base) {  \
        for (const HdMemberDef *m_ = type_->members; m_ && m_->name; m_++) {                             \
            if (m_->kind != HD_MEMBER_SLOT) continue;                                                    \
            HdValue *slot_name = (HdValue *)((m_->tail ? hd_type_tail(object) : (char *)(object)) + m_->offset); \
            body;                                                                                        \
        }                                                                                                \
    }

int hd_type_traverse_object(HdObject *object, HdVisit visit, void *context) {
    HdType *type = object->type;
    HdTraverse traverse = type->traverse;
    if (HD_LIKELY(!type->attrs_offset && !(type->flags & HD_TYPE_HEAP))) return traverse ? traverse(object, visit, context) : 0;
    if (traverse) {
        int result = traverse(object, visit, context);
        if (result) return result;
    }
    if (type->attrs_offset) {
        int result = hd_attrs_traverse(object, visit, context);
        if (result) return result;
    }
    if (!(type->flags & HD_TYPE_HEAP)) return 0;
    EACH_SLOT(object, slot, HD_VISIT(*slot));
    HD_VISIT(hd_type_value(type));
    return 0;
}

static void clear_object(HdThread *t, HdObject *object) {
    HdType *type = object->type;
    if (type->clear) type->clear(t, object);
    if (type->attrs_offset) hd_attrs_clear(t, object);
    EACH_SLOT(object, slot, hd_clear_slot(t, slot));
}

static HD_NOINLINE void free_instance(HdThread *t, HdObject *self, HdType *type) {
    if (type->attrs_offset) hd_attrs_free(t, self);
    EACH_SLOT(self, slot, hd_release(t, *slot));
    hd_heap_free_object(t, self);
    if (type->flags & HD_TYPE_HEAP) hd_release_object(t, &type->head);
}

void hd_type_free(HdThread *t, HdObject *self) {
    HdType *type = self->type;
    if (type->attrs_offset || (type->flags & HD_TYPE_HEAP)) free_instance(t, self, type);
    else hd_heap_free_object_here(t, self);
}

void hd_type_finalize(HdThread *t, HdObject *object) {
    HdType *type = object->type;
    if (!type->finalize || (HD_LOAD_RELAXED(&object->flags) & HD_FLAG_FINALIZED)) return;
    if (HD_FETCH_OR(&object->flags, (uint8_t)HD_FLAG_FINALIZED) & HD_FLAG_FINALIZED) return;
    HdValue pending = hd_take_raised(t);
    type->finalize(t, hd_from_object(object));
    hd_clear_raised(t);
    t->exception = pending;
}

/* --- the end of an object --- */

enum { DEALLOC_DEPTH = 50 };

/* The link of the trash chain lies in the count words, which nobody reads any more once `shared` says dead. */
static void trash_push(HdThread *t, HdObject *object) {
    uint64_t link = (uint64_t)(uintptr_t)t->trash;
    HD_STORE_RELEASE(&object->shared, HD_SHARED_DEAD);
    HD_STORE_RELAXED(&object->local, (uint32_t)link);
    object->gc = (uint32_t)(link >> 32);
    t->trash = object;
}
static HdObject *trash_pop(HdThread *t) {
    HdObject *object = t->trash;
    t->trash = (HdObject *)(uintptr_t)((uint64_t)object->local | (uint64_t)object->gc << 32);
    HD_STORE_RELAXED(&object->local, 0u);
    object->gc = 0;
    return object;
}

static HD_NOINLINE void trash_empty(HdThread *t) {
    while (t->trash) {
        HdObject *next = trash_pop(t);
        t->dealloc_depth++;
        next->type->dealloc(t, next);
        t->dealloc_depth--;
    }
}

HD_INLINE void call_dealloc(HdThread *t, HdObject *object, HdType *type) {
    if (!(type->flags & HD_TYPE_GC)) {
        type->dealloc(t, object);
        return;
    }
    if (HD_UNLIKELY(t->dealloc_depth >= DEALLOC_DEPTH)) {
        trash_push(t, object);
        return;
    }
    HD_STORE_RELEASE(&object->shared, HD_SHARED_DEAD); /* what it lets go may run Python, and so the collector */
    t->dealloc_depth++;
    type->dealloc(t, object);
    if (--t->dealloc_depth == 0 && HD_UNLIKELY(t->trash != NULL)) trash_empty(t);
}

/* Finalizer and weak references, with deallocs nested from 0 again: they run Python. */
static HD_NOINLINE void say_goodbye(HdThread *t, HdObject *object, HdType *type) {
    int depth = t->dealloc_depth;
    t->dealloc_depth = 0;
    if (type->finalize && !(HD_LOAD_RELAXED(&object->flags) & (HD_FLAG_FINALIZED | HD_FLAG_QUIET))) {
        /* The finalizer borrows a reference; dropping it leads back here unless it gave the object away. */
        if (HD_LOAD_RELAXED(&object->owner) == t->owner_id) HD_STORE_RELAXED(&object->local, 1u);
        else hd_count_retain_slow(t, object);
        hd_type_finalize(t, object);
        t->dealloc_depth = depth;
        hd_release_object(t, object);
        return;
    }
    HdValue pending = hd_take_raised(t);
    HD_STORE_RELEASE(&object->shared, HD_SHARED_DEAD); /* callbacks may collect: not again what ends already */
    hd_weakref_clear_all(t, object);
    t->exception = pending;
    t->dealloc_depth = depth;
    call_dealloc(t, object, type);
}

void hd_type_dealloc(HdThread *t, HdObject *object) {
    HdType *type = object->type;
    uint8_t flags = HD_LOAD_RELAXED(&object->flags);
    bool finalize = type->finalize && !(flags & (HD_FLAG_FINALIZED | HD_FLAG_QUIET));
    if (HD_UNLIKELY(finalize || (flags & HD_FLAG_WEAKREFS))) say_goodbye(t, object, type);
    else call_dealloc(t, object, type);
}

/* --- completing static types --- */

static void inherit(HdType *type, HdType *base) {
    type->flags |= base->flags & (HD_TYPE_INT | HD_TYPE_LIST | HD_TYPE_TUPLE | HD_TYPE_BYTES | HD_TYPE_STR | HD_TYPE_DICT |
                                  HD_TYPE_EXCEPTION | HD_TYPE_TYPE | HD_TYPE_SEQUENCE | HD_TYPE_MAPPING | HD_TYPE_MATCH_SELF);
    type->flags2 |= base->flags2 & (HD_TYPE2_FLOAT | HD_TYPE2_CONCAT);
    if (!type->basicsize) type->basicsize = base->basicsize;
    if (!type->itemsize) type->itemsize = base->itemsize;
    if (!type->var_size) type->var_size = base->var_size;
    if (!type->attrs_offset) {
        type->attrs_offset = base->attrs_offset;
        type->flags2 |= base->flags2 & HD_TYPE2_ATTRS_LAST;
    }
    if (!(type->flags & HD_TYPE_GC) && (base->flags & HD_TYPE_GC) && !type->traverse) {
        type->flags |= HD_TYPE_GC;
        type->traverse = base->traverse;
        if (!type->clear) type->clear = base->clear;
    }
    if (!type->dealloc) type->dealloc = base->dealloc;
    if (!type->send) type->send = base->send;
    if (!type->getbuffer && !type->releasebuffer) {
        type->getbuffer = base->getbuffer;
        type->releasebuffer = base->releasebuffer;
    }
}

static int put_new(HdThread *t, HdValue dict, const char *name, HdValue value) {
    if (hd_is_null(value)) return -1;
    int result = hd_dict_set_text(t, dict, name, value);
    hd_release(t, value);
    return result;
}

/* The method's name: its signature up to the parenthesis. */
static int put_method(HdThread *t, HdType *type, const HdMethodDef *def) {
    HdSize length = (HdSize)strcspn(def->signature, "(");
    HdValue name = hd_str_from_utf8(t, def->signature, length);
    if (hd_is_null(name)) return -1;
    name = hd_str_intern_steal(t, name);
    HdValue method = hd_native_descriptor_new(t, type, def);
    int result = hd_is_null(method) ? -1 : hd_dict_set(t, type->dict, name, method);
    hd_release(t, method);
    hd_release(t, name);
    return result;
}

const char *hd_type_signature_end(const HdType *type) {
    return type->doc ? strstr(type->doc, HD_TYPE_SIGNATURE_MARK) : NULL;
}

const char *hd_type_doc_text(const HdType *type) {
    const char *end = hd_type_signature_end(type);
    return end ? end + strlen(HD_TYPE_SIGNATURE_MARK) : type->doc;
}

static int fill_dict(HdThread *t, HdType *type) {
    if (hd_slots_add_wrappers(t, type) < 0) return -1;
    for (const HdMethodDef *m = type->methods; m && m->signature; m++) {
        if (put_method(t, type, m) < 0) return -1;
    }
    for (const HdMemberDef *m = type->members; m && m->name; m++) {
        if (put_new(t, type->dict, m->name, hd_native_member_new(t, type, m)) < 0) return -1;
    }
    for (const HdGetSetDef *g = type->getsets; g && g->name; g++) {
        if (put_new(t, type->dict, g->name, hd_native_getset_new(t, type, g)) < 0) return -1;
    }
    int has_doc = hd_dict_contains(t, type->dict, HD_NAME("__doc__")); /* a descriptor for the instances' own */
    if (has_doc) return has_doc < 0 ? -1 : 0;
    const char *text = hd_type_doc_text(type);
    HdValue doc = text ? hd_str_from_text(t, text) : hd_None;
    return put_new(t, type->dict, "__doc__", doc);
}

/* base's MRO with the type in front. */
static int static_mro(HdThread *t, HdType *type) {
    HdSize rest = type->base ? hd_tuple_length(type->base->mro) : 0;
    HdValue mro = hd_tuple_new(t, rest + 1);
    if (hd_is_null(mro)) return -1;
    hd_tuple_put_steal(mro, 0, hd_type_value(type));
    for (HdSize i = 0; i < rest; i++) hd_tuple_put_steal(mro, i + 1, hd_retain(t, hd_tuple_at_borrowed(type->base->mro, i)));
    type->mro = mro;
    return 0;
}

static void set_flags2(HdType *type) {
    if (type->getattr == hd_object_generic_getattr) type->flags2 |= HD_TYPE2_GENERIC_GETATTR;
    if (type->setattr == hd_object_generic_setattr) type->flags2 |= HD_TYPE2_GENERIC_SETATTR;
    if (type->descr_set) type->flags2 |= HD_TYPE2_DATA_DESCR;
    if (type->add && type->length && type->getitem) type->flags2 |= HD_TYPE2_CONCAT;
}

int hd_type_ready(HdThread *t, HdType *type) {
    if (type->flags & (HD_TYPE_READY | HD_TYPE_HEAP)) return 0;
    if (!type->base && type != &hd_object_type) type->base = &hd_object_type;
    HdType *base = type->base;
    if (base && hd_type_ready(t, base) < 0) return -1;
    if (type->flags & HD_TYPE_READY) return 0;
    type->flags |= HD_TYPE_IMMUTABLE;
    type->dict = hd_dict_new(t);
    if (hd_is_null(type->dict) || static_mro(t, type) < 0) return -1;
    HdValue base_value = base ? hd_type_value(base) : HD_NULL;
    type->bases = base ? hd_tuple_from_values(t, &base_value, 1) : hd_tuple_empty();
    if (hd_is_null(type->bases)) return -1;
    bool own_size = type->basicsize != 0;
    if (type->attrs_offset > 0 && type->attrs_offset + (HdSize)sizeof(HdAttrs) == type->basicsize) {
        type->flags2 |= HD_TYPE2_ATTRS_LAST;
        if (!type->attrs_hint) type->attrs_hint = 1;
    }
    if (fill_dict(t, type) < 0) return -1; /* before inheriting: only what the type has of its own */
    if (base) {
        inherit(type, base);
        hd_slots_inherit_native(type, base);
        if (!own_size) type->tail_size = base->tail_size;
    }
    if (!type->hash) { /* equality without a hash, or a hash that must not be inherited */
        type->hash = hd_object_hash_unhashable;
        if (hd_dict_set_text(t, type->dict, "__hash__", hd_None) < 0) return -1;
    }
    set_flags2(type);
    if (base && hd_type_add_subclass(t, base, type) < 0) return -1;
    type->flags |= HD_TYPE_READY;
    return 0;
}

/* --- the type of types --- */

static int type_traverse(HdObject *self, HdVisit visit, void *context) {
    HdType *type = (HdType *)self;
    if (!(type->flags & HD_TYPE_HEAP)) return 0;
    HD_VISIT(type->dict);
    HD_VISIT(type->bases);
    HD_VISIT(type->mro);
    HD_VISIT(type->module);
    if (type->base) HD_VISIT(hd_type_value(type->base));
    return 0;
}

static void type_clear(HdThread *t, HdObject *self) {
    HdType *type = (HdType *)self;
    if (!(type->flags & HD_TYPE_HEAP)) return;
    hd_type_modified(t, type);
    /* The MRO and bases stay until dealloc: instances in the same heap of garbage still need them. What makes rings is
     * the dict and the type's own place in its MRO. */
    if (!hd_is_null(type->dict) && hd_dict_clear(t, type->dict) < 0) hd_clear_raised(t);
    HdValue mro = type->mro;
    HD_STORE_RELEASE(&type->mro.bits, 0);
    hd_release(t, mro);
}

static void type_dealloc(HdThread *t, HdObject *self) {
    HdType *type = (HdType *)self;
    if (!(type->flags & HD_TYPE_HEAP)) HD_PANIC("static type %s was released once too often", type->name);
    cache_drop(t, type);
    if (!hd_is_null(type->bases)) {
        for (HdSize i = 0; i < hd_tuple_length(type->bases); i++) {
            HdValue base = hd_tuple_at_borrowed(type->bases, i);
            if (hd_is_type(base)) hd_type_remove_subclass(t, HD_AS(HdType, base), type);
        }
    }
    hd_shape_free_all(t, type);
    if (type->subclasses) hd_heap_raw_free(t, type->subclasses, type->subclass_capacity * sizeof *type->subclasses);
    HdValue *fields[] = {&type->dict, &type->mro, &type->bases, &type->module, &type->qualname, &type->name_object};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
    if (type->members) hd_type_members_free(t, (HdMemberDef *)type->members);
    HdType *base = type->base;
    type->base = NULL;
    if (base && (base->flags & HD_TYPE_HEAP)) hd_release_object(t, &base->head);
    hd_type_free(t, self);
}

HdType hd_type_type = {
    HD_TYPE_HEAD("type"),
    .doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    .basicsize = sizeof(HdType),
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_TYPE,
    .dealloc = type_dealloc,
    .traverse = type_traverse,
    .clear = type_clear,
    .repr = hd_type_repr,
    .call = hd_type_type_call,
    .getattr = hd_type_getattro,
    .setattr = hd_type_setattro,
    .create = hd_type_type_create,
    .init = hd_type_type_init,
    .or_ = hd_type_or,
    .methods = hd_type_methods,
    .getsets = hd_type_getsets,
};

/* --- start --- */

static bool is_hidden(const HdObject *object) { return (object->type->flags2 & HD_TYPE2_GC_HIDDEN) != 0; }
enum { DEFERRED_MOST = 64 * 1024 }; /* bytes or characters that may outlast their last reference */
static HdDeferral may_defer(const HdObject *object) {
    const HdType *type = HD_LOAD_RELAXED(&object->type);
    if (hd_type_is_subtype(type, &hd_type_type)) return HD_DEFER_ALWAYS;
    if (type->finalize || (HD_LOAD_RELAXED(&object->flags) & HD_FLAG_WEAKREFS)) return HD_DEFER_NEVER;
    if ((type->flags & HD_TYPE_BYTES) && ((const HdBytes *)object)->length > DEFERRED_MOST) return HD_DEFER_NEVER;
    if ((type->flags & HD_TYPE_STR) && ((const HdStr *)object)->length > DEFERRED_MOST) return HD_DEFER_NEVER;
    return type->call && !(type->flags & HD_TYPE_HEAP) ? HD_DEFER_ALWAYS : HD_DEFER_SHARED; /* what can be called is code */
}

void hd_type_register_hooks(void) {
    static const HdGcHooks hooks = {
        .leaf_type = &hd_tuple_type,
        .is_leaf = hd_tuple_is_leaf,
        .traverse = hd_type_traverse_object,
        .clear = clear_object,
        .clear_weakrefs = hd_weakref_gc_clear,
        .finalize = hd_type_finalize,
        .is_hidden = is_hidden,
        .may_defer = may_defer,
    };
    hd_gc_register(&hooks);
    hd_count_register(hd_type_dealloc);
}
