/* cache.h -- inline caches: what an instruction learned, beside the code.
 *
 * code->caches has a pointer a unit, to an HdCache, of kind 0 where there is nothing (hd_cache_none), so that nobody need
 * ask. Behind them lies a counter a unit, 16 bits: in the low twelve the executions until the next try to specialise, or the
 * misses until a form without an entry is given up; in the high four a level.
 *
 * A site that was given up has a level: only every so many executions of a thread count there, so that threads that run the
 * same code do not write to its counters all the time. With each try that finds nothing to specialise for, the level grows,
 * and the pause doubles.
 *
 * An entry never changes once published, but for its count of misses, which is a hint; it is replaced by one store, the old
 * one is retired through an epoch. The opcode of a unit and its entry are stored one after the other, so a handler checks
 * the entry's kind before it believes it: threads may run and specialise the same code at a time.
 *
 * What an entry lends (shapes, functions, types) is kept alive by the type whose version it checks.
 */
#ifndef HD_CACHE_H
#define HD_CACHE_H

#include "attrs.h"
#include "code.h"
#include "frame.h"

enum {
    HD_CACHE_GLOBAL = 1,     /* version: globals' keys; index */
    HD_CACHE_BUILTIN,        /* version: globals' keys, version2: builtins' keys; index */
    HD_CACHE_FIELD,          /* version: type's; shape, offset of the attrs word, offset of the value in the object */
    HD_CACHE_FIELD_DICT,     /* version: type's; the instance has a dict; no data descriptor in the class */
    HD_CACHE_SLOT,           /* version: type's; offset of a __slots__ value in the object */
    HD_CACHE_TUPLE_FIELD,    /* version: type's; index of the item */
    HD_CACHE_CLASS_VALUE,    /* version: type's; shape without the name (NULL: none needed); value of the class, no descriptor */
    HD_CACHE_MODULE,         /* version: the module dict's keys; index */
    HD_CACHE_PROPERTY,       /* version: type's; value: the getter, a function */
    HD_CACHE_METHOD,         /* version: type's; shape without the name or NULL; value: the function */
    HD_CACHE_TYPE_ATTR,      /* owner is a class: version: the class's; value */
    HD_CACHE_STORE_FIELD,    /* as FIELD */
    HD_CACHE_STORE_ADD,      /* as FIELD; next_shape: what the instance gets */
    HD_CACHE_INIT,           /* version: class's; value: the function __init__ */
    HD_CACHE_SUPER,          /* version: type of self's; value: function; value2: the class */
    HD_CACHE_GETITEM,        /* version: type's; value: __getitem__ function */
};

typedef struct HdCache {
    uint8_t kind;      /* HD_CACHE_… */
    uint8_t tail;      /* offsets count from hd_type_tail */
    uint16_t misses;   /* relaxed */
    uint32_t version;
    uint32_t version2;
    uint32_t index;
    HdSize word_offset, value_offset;
    HdShape *shape, *next_shape;
    HdValue value, value2;
    struct HdCache *next; /* another entry of the same kind, tried when this one does not fit; NULL */
} HdCache;

enum {
    HD_CACHE_WARMUP = 3,    /* the first try is at this execution */
    HD_CACHE_EVERY = 61,    /* executions for one that counts; a prime: loops of any length have all their sites counted */
    HD_CACHE_LEVELS = 8,
    HD_CACHE_LEVEL_SHIFT = 12,
    HD_CACHE_MISSES = 24,   /* misses before an entry is given up */
    HD_CACHE_WAYS = 4,      /* entries chained for polymorphic sites */
};

extern HdCache hd_cache_none;

HD_INLINE HdCache *hd_cache_entry(HdCache **slot, uint8_t kind) {
    HdCache *entry = HD_LOAD_ACQUIRE(slot);
    return HD_LIKELY(entry->kind == kind) ? entry : NULL;
}
HD_INLINE uint16_t *hd_cache_counter(const HdCode *code, const HdUnit *unit) {
    return (uint16_t *)(HD_LOAD_ACQUIRE(&code->caches) + code->count) + (unit - code->units);
}
/* Counts down: false when the count is up. */
HD_INLINE bool hd_cache_count(uint16_t *counter, uint16_t word) {
    if ((word & ((1u << HD_CACHE_LEVEL_SHIFT) - 1)) <= 1) return false;
    HD_STORE_RELAXED(counter, (uint16_t)(word - 1));
    return true;
}
/* Counts an execution of the general form; true when it is time to try to specialise. */
HD_INLINE bool hd_cache_due(HdThread *t, const HdCode *code, const HdUnit *unit) {
    uint16_t *counter = hd_cache_counter(code, unit), word = HD_LOAD_RELAXED(counter);
    if (word >> HD_CACHE_LEVEL_SHIFT) {
        if (HD_LIKELY(++t->general_forms < HD_CACHE_EVERY)) return false;
        t->general_forms = 0;
    }
    return !hd_cache_count(counter, word);
}
HD_INLINE void hd_cache_set_opcode(HdUnit *unit, unsigned opcode) {
    HD_STORE_RELAXED((uint8_t *)unit, (uint8_t)opcode); /* little-endian: the opcode is the low byte */
}

/* The caches of a code object, and code->cache_delta; -1 = MemoryError. */
int hd_cache_prepare(HdThread *t, HdCode *code) HD_CHECK;
/* A miss of the entry; gives it up when there were too many. */
void hd_cache_miss(HdThread *t, HdCode *code, HdUnit *unit);
void hd_cache_free(HdThread *t, HdCode *code);

/* Each looks at the operands and rewrites the unit if it can; never raises. */
void hd_cache_load_global(HdThread *t, HdFrame *frame, HdUnit *unit, HdValue name);
void hd_cache_load_attr(HdThread *t, HdCode *code, HdUnit *unit, HdValue owner, HdValue name, bool method);
void hd_cache_store_attr(HdThread *t, HdCode *code, HdUnit *unit, HdValue owner, HdValue name);
void hd_cache_super(HdThread *t, HdCode *code, HdUnit *unit, HdValue super, HdValue class_, HdValue self, HdValue name);
void hd_cache_call_class(HdThread *t, HdCode *code, HdUnit *unit, HdType *type);
/* Operators whose specialised forms need no entry: just another opcode. */
void hd_cache_swap(HdThread *t, HdCode *code, HdUnit *unit, unsigned opcode);

#endif
