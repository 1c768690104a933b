/* functools_lru.c -- functools.lru_cache's wrapper: unbounded, bounded with the least recently used out first, or none.
 *
 * Unbounded, the dict maps a key to the result; bounded, to a link that holds key and result and stands in a ring in
 * the order of use. The ring is guarded by the wrapper's lock and counts its links, as does the dict. A link is in
 * both, or on its way in or out: a hit on one that is not in the ring leaves it there; one in the ring that the dict
 * does not know (the cache was emptied meanwhile) goes out in its turn. The function is called without a lock, so
 * threads may compute the same result twice; the first to come back keeps its place.
 */
#include "functools_types.h"
#include "mutex.h"
#include "object_internal.h"

typedef struct Link {
    HdObject head;
    HdValue key, result;
    int64_t hash;
    struct Link *previous, *next; /* NULL: not in the ring */
} Link;

typedef struct Lru {
    HdObject head;
    HdValue function, cache, info_type, kwd_mark; /* cache: dict; never change */
    HdSize max_size;                              /* -1: unbounded */
    bool typed;
    uint64_t hits, misses;
    Link *first, *last; /* oldest and newest use */
    HdAttrs attrs;
} Lru;
#define LRU(v) HD_AS(Lru, v)

static void count(HdThread *t, uint64_t *counter) {
    if (t->locks)
        HD_FETCH_ADD_RELAXED(counter, 1);
    else
        ++*counter;
}

/* --- the ring; callers hold the lock --- */

static bool in_ring(Lru *c, Link *link) { return link->previous || link->next || c->first == link; }
static void ring_remove(Lru *c, Link *link) {
    if (link->previous)
        link->previous->next = link->next;
    else
        c->first = link->next;
    if (link->next)
        link->next->previous = link->previous;
    else
        c->last = link->previous;
    link->previous = link->next = NULL;
}
static void ring_append(Lru *c, Link *link) {
    link->previous = c->last;
    if (c->last)
        c->last->next = link;
    else
        c->first = link;
    c->last = link;
}

/* --- life --- */

static int link_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Link *)self)->key);
    HD_VISIT(((Link *)self)->result);
    return 0;
}
static void link_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Link *)self)->key);
    hd_clear_slot(t, &((Link *)self)->result);
    hd_type_free(t, self);
}
HdType hd_functools_lru_link_type = {
    HD_TYPE_HEAD("functools._lru_list_elem"),
    .basicsize = sizeof(Link),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = link_dealloc,
    .traverse = link_traverse,
};

static int lru_traverse(HdObject *self, HdVisit visit, void *context) {
    Lru *c = (Lru *)self;
    HD_VISIT(c->function);
    HD_VISIT(c->cache);
    HD_VISIT(c->info_type);
    HD_VISIT(c->kwd_mark);
    for (Link *link = c->first; link; link = link->next) HD_VISIT(hd_from_object(link));
    return 0;
}
static int empty(HdThread *t, Lru *c) {
    for (;;) {
        hd_lock_object(t, &c->head);
        Link *link = c->first;
        if (link) ring_remove(c, link);
        hd_unlock_object(t, &c->head);
        if (!link) return hd_is_null(c->cache) ? 0 : hd_dict_clear(t, c->cache);
        hd_release_object(t, &link->head);
    }
}
static void lru_clear(HdThread *t, HdObject *self) {
    if (empty(t, (Lru *)self) < 0) hd_clear_raised(t);
}
static void lru_dealloc(HdThread *t, HdObject *self) {
    Lru *c = (Lru *)self;
    while (c->first) {
        Link *link = c->first;
        ring_remove(c, link);
        hd_release_object(t, &link->head);
    }
    hd_clear_slot(t, &c->cache);
    hd_clear_slot(t, &c->function);
    hd_clear_slot(t, &c->info_type);
    hd_clear_slot(t, &c->kwd_mark);
    hd_type_free(t, self);
}

static HdValue lru_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "lru_cache(user_function, maxsize, typed, cache_info_type)", NULL);
    HdValue a[4];
    if (hd_native_bind(t, &def, args, nargs, kwnames, a) < 0) return HD_NULL;
    int typed = hd_object_truth(t, a[2]);
    if (typed < 0) return HD_NULL;
    if (!hd_object_is_callable(a[0])) return hd_raise(t, &hd_TypeError, "the first argument must be callable");
    HdSize max_size = -1;
    if (!hd_is_none(a[1])) {
        if (!hd_number_check_index(a[1])) return hd_raise(t, &hd_TypeError, "maxsize should be integer or None");
        max_size = hd_number_as_size(t, a[1], &hd_OverflowError);
        if (max_size == -1 && hd_raised(t)) return HD_NULL;
        if (max_size < 0) max_size = 0;
    }
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Lru *c = LRU(self);
    c->function = hd_retain(t, a[0]);
    c->info_type = hd_retain(t, a[3]);
    c->max_size = max_size;
    c->typed = typed;
    if (hd_is_null(c->cache = hd_dict_new(t))) return HD_NULL;
    /* An object of its own between positional and keyword arguments in a key. */
    if (hd_is_null(c->kwd_mark = hd_type_alloc(t, &hd_object_type))) return HD_NULL;
    return hd_move(&self);
}

/* --- calls --- */

/* What a call's arguments are remembered by: the one argument if it is an exact str or int, else a tuple. */
static HdValue make_key(HdThread *t, Lru *c, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (!c->typed && !keywords) {
        HdValue only = nargs == 1 ? hd_ref_value(args[0]) : HD_NULL;
        if (nargs == 1 && (hd_is_exact_str(only) || hd_is_exact_int(only))) return hd_retain(t, only);
        return hd_tuple_from_refs(t, args, nargs);
    }
    HdSize length = nargs + (keywords ? 1 + 2 * keywords : 0) + (c->typed ? nargs + keywords : 0), n = 0;
    HdValue key = hd_tuple_new(t, length);
    if (hd_is_null(key)) return HD_NULL;
    for (HdSize i = 0; i < nargs; i++) hd_tuple_put_steal(key, n++, hd_retain(t, hd_ref_value(args[i])));
    if (keywords) hd_tuple_put_steal(key, n++, hd_retain(t, c->kwd_mark));
    for (HdSize i = 0; i < keywords; i++) {
        hd_tuple_put_steal(key, n++, hd_retain(t, hd_tuple_at_borrowed(kwnames, i)));
        hd_tuple_put_steal(key, n++, hd_retain(t, hd_ref_value(args[nargs + i])));
    }
    for (HdSize i = 0; c->typed && i < nargs + keywords; i++) {
        hd_tuple_put_steal(key, n++, hd_retain(t, hd_type_value(hd_type_of(hd_ref_value(args[i])))));
    }
    return key;
}

static HdValue call_unbounded(HdThread *t, Lru *c, HdValue key, int64_t hash, const HdRef *args, HdSize nargs,
                              HdValue kwnames) {
    HD_OWNED HdValue result = HD_NULL;
    int found = hd_dict_find_hash(t, c->cache, key, hash, &result);
    if (found < 0) return HD_NULL;
    count(t, found ? &c->hits : &c->misses);
    if (found) return hd_move(&result);
    result = hd_object_call(t, c->function, args, nargs, kwnames);
    if (hd_is_null(result) || hd_dict_set_hash(t, c->cache, key, hash, result) < 0) return HD_NULL;
    return hd_move(&result);
}

/* Makes the link the one used last, if it is in the ring. */
static void use(HdThread *t, Lru *c, Link *link) {
    hd_lock_object(t, &c->head);
    if (c->last != link && in_ring(c, link)) {
        ring_remove(c, link);
        ring_append(c, link);
    }
    hd_unlock_object(t, &c->head);
}

/* Drops those used longest ago until the cache is no larger than it may be. */
static int shrink(HdThread *t, Lru *c) {
    while (hd_dict_length(c->cache) > c->max_size) {
        hd_lock_object(t, &c->head);
        Link *oldest = c->first;
        if (oldest) ring_remove(c, oldest);
        hd_unlock_object(t, &c->head);
        if (!oldest) return 0;
        HD_OWNED HdValue held = hd_from_object(oldest);
        HD_OWNED HdValue gone = HD_NULL;
        if (hd_dict_pop_hash(t, c->cache, oldest->key, oldest->hash, &gone) < 0) return -1;
    }
    return 0;
}

static int keep(HdThread *t, Lru *c, HdValue key, int64_t hash, HdValue result) {
    Link *link = HD_NEW(t, Link, &hd_functools_lru_link_type);
    if (!link) return -1;
    HD_OWNED HdValue held = hd_from_object(link);
    link->key = hd_retain(t, key);
    link->hash = hash;
    link->result = hd_retain(t, result);
    bool inserted;
    HD_OWNED HdValue now = hd_dict_set_default_hash(t, c->cache, key, hash, held, &inserted);
    if (hd_is_null(now)) return -1;
    if (!inserted) return 0; /* another call was faster */
    hd_retain_object(t, &link->head);
    hd_lock_object(t, &c->head);
    ring_append(c, link);
    hd_unlock_object(t, &c->head);
    return shrink(t, c);
}

static HdValue call_bounded(HdThread *t, Lru *c, HdValue key, int64_t hash, const HdRef *args, HdSize nargs,
                            HdValue kwnames) {
    HD_OWNED HdValue known = HD_NULL;
    int found = hd_dict_find_hash(t, c->cache, key, hash, &known);
    if (found < 0) return HD_NULL;
    count(t, found ? &c->hits : &c->misses);
    if (found) {
        use(t, c, HD_AS(Link, known));
        return hd_retain(t, HD_AS(Link, known)->result);
    }
    HD_OWNED HdValue result = hd_object_call(t, c->function, args, nargs, kwnames);
    if (hd_is_null(result) || keep(t, c, key, hash, result) < 0) return HD_NULL;
    return hd_move(&result);
}

static HdValue lru_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    Lru *c = LRU(self);
    if (c->max_size == 0) {
        count(t, &c->misses);
        return hd_object_call(t, c->function, args, nargs, kwnames);
    }
    HD_OWNED HdValue key = make_key(t, c, args, nargs, kwnames);
    if (hd_is_null(key)) return HD_NULL;
    int64_t hash = hd_object_hash(t, key);
    if (hash == -1) return HD_NULL;
    return c->max_size < 0 ? call_unbounded(t, c, key, hash, args, nargs, kwnames)
                           : call_bounded(t, c, key, hash, args, nargs, kwnames);
}

/* --- methods --- */

static HdValue lru_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    if (hd_is_null(object) || hd_is_none(object)) return hd_retain(t, self);
    return hd_method_new(t, self, object);
}
static HdValue lru_info(HdThread *t, HdValue self, const HdValue *unused) {
    Lru *c = LRU(self);
    HD_OWNED HdValue hits = hd_int_from_u64(t, HD_LOAD_RELAXED(&c->hits));
    HD_OWNED HdValue misses = hd_int_from_u64(t, HD_LOAD_RELAXED(&c->misses));
    HD_OWNED HdValue max_size = c->max_size < 0 ? hd_None : hd_int_from_size(t, c->max_size);
    HD_OWNED HdValue size = hd_int_from_size(t, hd_dict_length(c->cache));
    if (hd_is_null(hits) || hd_is_null(misses) || hd_is_null(max_size) || hd_is_null(size)) return HD_NULL;
    HdValue values[] = {hits, misses, max_size, size};
    return hd_object_call_values(t, c->info_type, values, 4);
}
static HdValue lru_cache_clear(HdThread *t, HdValue self, const HdValue *unused) {
    HD_STORE_RELAXED(&LRU(self)->hits, 0);
    HD_STORE_RELAXED(&LRU(self)->misses, 0);
    return empty(t, LRU(self)) < 0 ? HD_NULL : hd_None;
}
static HdValue lru_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    return hd_object_getattr(t, self, HD_NAME("__qualname__"));
}
static HdValue lru_self(HdThread *t, HdValue self, const HdValue *unused) { return hd_retain(t, self); }

static const HdMethodDef lru_methods[] = {
    HD_METHOD(lru_info, "cache_info($self, /)", "Hits, misses, the greatest size and the present one."),
    HD_METHOD(lru_cache_clear, "cache_clear($self, /)", "Empties the cache and its counts."),
    HD_METHOD(lru_reduce, "__reduce__($self, /)", "How pickle finds it again: by its qualified name."),
    HD_METHOD(lru_self, "__copy__($self, /)", "The wrapper itself."),
    HD_METHOD(lru_self, "__deepcopy__($self, memo, /)", "The wrapper itself."),
    HD_METHODS_END,
};
static int set_dict(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "cannot delete __dict__");
    return hd_attrs_set_dict_attr(t, self, value, closure);
}
static const HdGetSetDef lru_getsets[] = {
    {"__dict__", hd_attrs_get_dict_attr, set_dict},
    {NULL},
};

HdType hd_functools_lru_type = {
    HD_TYPE_HEAD("functools._lru_cache_wrapper"),
    .doc = "A callable that calls user_function and remembers results by the arguments.\n\n"
           "maxsize: 0 remembers nothing, None everything, n the n results used last\n"
           "typed: whether f(3) and f(3.0) are different calls\n"
           "cache_info_type: called with hits, misses, maxsize and the present size by cache_info()",
    .basicsize = sizeof(Lru),
    .attrs_offset = offsetof(Lru, attrs),
    .flags = HD_TYPE_GC | HD_TYPE_METHOD_DESCRIPTOR,
    .dealloc = lru_dealloc,
    .traverse = lru_traverse,
    .clear = lru_clear,
    .create = lru_create,
    .call = lru_call,
    .descr_get = lru_get,
    .methods = lru_methods,
    .getsets = lru_getsets,
};
