/* set_table.c -- the table under set and frozenset: lookup, insertion, growth; hd_set_… for C.
 *
 * Open addressing with CPython's probing (runs of ten slots, then a jump), growth and order, so that the same keys
 * print in the same order. Changes hold the set's lock; lookups take none and look at `table` or `changes` again.
 * A slot goes from empty to a key to the dummy and never back, except with a new table; a replaced table is emptied
 * (GIL off) before it is retired. __eq__ runs without the lock; who changes the set compares `changes` under it first,
 * which grows before and after each change: a search that began in the middle of one is not believed either.
 */
#include "set_table.h"

#include "int.h"
#include "list.h"
#include "slot.h"

#define SET(v) HD_AS(HdSet, v)
enum { LINEAR = 9, PERTURB = 5, SIZE_MIN = 8 };

static HdObject dummy_object = HD_STATIC_HEADER(&hd_object_type); /* marks a deleted key; never leaves this file */
#define DUMMY hd_from_object(&dummy_object)
static const struct {
    HdSetTable table;
    HdSetEntry entries[SIZE_MIN];
} empty_table = {.table = {.mask = SIZE_MIN - 1}};
#define EMPTY_TABLE ((HdSetTable *)&empty_table.table)

static size_t table_bytes(HdSize mask) { return sizeof(HdSetTable) + (size_t)(mask + 1) * sizeof(HdSetEntry); }
bool hd_set_is_key(HdValue entry) { return !hd_is_null(entry) && !hd_same(entry, DUMMY); }

static HdSetTable *table_new(HdThread *t, HdSize size) {
    if (size > HD_SIZE_MAX / 64) return NULL;
    HdSetTable *table = hd_heap_raw_zeroed(t, table_bytes(size - 1));
    if (table) table->mask = size - 1;
    return table;
}
static void table_retire(HdThread *t, HdSetTable *table) {
    if (table == EMPTY_TABLE) return;
    if (!t->locks) {
        hd_heap_raw_free(t, table, table_bytes(table->mask));
        return;
    }
    for (HdSize i = 0; i <= table->mask; i++) HD_STORE_RELEASE(&table->at[i].key.bits, 0);
    hd_heap_raw_retire(t, table, table_bytes(table->mask));
}
static void touch(HdSet *s) { HD_STORE_RELEASE(&s->changes, s->changes + 1); }

/* Puts a key that is not there into a table without deleted slots in its way. */
static void insert_clean(HdSetTable *table, HdValue key, int64_t hash) {
    size_t mask = (size_t)table->mask, perturb = (size_t)hash, i = perturb & mask;
    for (;;) {
        HdSetEntry *e = &table->at[i];
        for (int probes = i + LINEAR <= mask ? LINEAR : 0; probes >= 0; probes--, e++) {
            if (!hd_is_null(e->key)) continue;
            HD_STORE_RELAXED(&e->hash, hash);
            HD_STORE_RELEASE(&e->key.bits, key.bits);
            return;
        }
        perturb >>= PERTURB;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

/* A new table for more than `minimum` keys. The lock is held; false: out of memory. */
static bool resize(HdThread *t, HdSet *s, HdSize minimum) {
    HdSize size = SIZE_MIN;
    while (size <= minimum) size <<= 1;
    HdSetTable *old = s->table, *table = table_new(t, size);
    if (!table) return false;
    for (HdSize i = 0; i <= old->mask; i++) {
        if (hd_set_is_key(old->at[i].key)) insert_clean(table, old->at[i].key, old->at[i].hash);
    }
    table->fill = s->used;
    touch(s);
    table->born = s->changes;
    HD_STORE_RELEASE(&s->table, table);
    touch(s);
    table_retire(t, old);
    return true;
}
static HdSize roomy(HdSet *s) { return s->used > 50000 ? s->used * 2 : s->used * 4; }

typedef struct Found {
    HdSetTable *table;
    HdSize index;  /* of the key, -1: not there */
    HdSize empty;  /* not there: where it belongs */
    uint64_t changes;
} Found;

/* Whether `table`, which was the set's when `changes` was `began`, is it still. With the GIL on old tables are freed at
 * once, so the address alone does not tell. */
static bool has_still(HdSet *s, const HdSetTable *table, uint64_t began) {
    return HD_LOAD_ACQUIRE(&s->table) == table && table->born <= began;
}

/* No lock held; may run Python. */
static int find(HdThread *t, HdSet *s, HdValue key, int64_t hash, Found *found) {
    uint64_t began;
restart:
    began = found->changes = HD_LOAD_ACQUIRE(&s->changes);
    HdSetTable *table = found->table = HD_LOAD_ACQUIRE(&s->table);
    size_t mask = (size_t)table->mask, perturb = (size_t)hash, i = perturb & mask;
    bool native = hd_key_is_native(key);
    for (;;) {
        HdSetEntry *e = &table->at[i];
        for (int probes = i + LINEAR <= mask ? LINEAR : 0; probes >= 0; probes--, e++) {
            HdValue own = {HD_LOAD_ACQUIRE(&e->key.bits)};
            if (hd_is_null(own)) {
                if (HD_UNLIKELY(!has_still(s, table, began))) goto restart;
                found->index = -1;
                found->empty = e - table->at;
                return 0;
            }
            if (hd_same(own, key)) {
                found->index = e - table->at;
                return 0;
            }
            if (HD_LOAD_RELAXED(&e->hash) != hash || hd_same(own, DUMMY)) continue;
            own = hd_slot_read(t, &e->key, &s->head);
            if (!hd_set_is_key(own)) goto restart;
            int equal;
            if (native && hd_key_is_native(own)) equal = hd_same(own, key) || hd_key_equal_native(own, key);
            else equal = hd_object_equal(t, own, key);
            /* as in CPython: only another table, or another key here, makes it start again */
            bool same = has_still(s, table, began) && HD_LOAD_ACQUIRE(&e->key.bits) == own.bits;
            hd_release(t, own);
            if (equal < 0) return -1;
            if (!same || !has_still(s, table, began)) goto restart;
            if (equal) {
                found->index = e - table->at;
                return 0;
            }
        }
        perturb >>= PERTURB;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

/* The place of a key with the lock held; -1 raised without it. */
static int lock_and_find(HdThread *t, HdSet *s, HdValue key, int64_t hash, Found *found) {
    for (;;) {
        if (find(t, s, key, hash, found) < 0) return -1;
        hd_lock_object(t, &s->head);
        /* With the GIL on nothing happened since the last comparison. */
        if (HD_LIKELY(s->changes == found->changes || !t->locks)) return 0;
        hd_unlock_object(t, &s->head);
    }
}

int hd_set_contains_hash(HdThread *t, HdValue set, HdValue key, int64_t hash) {
    Found found;
    return find(t, SET(set), key, hash, &found) < 0 ? -1 : found.index >= 0;
}

int hd_set_add_hash(HdThread *t, HdValue set, HdValue key, int64_t hash) {
    HdSet *s = SET(set);
    Found found;
    if (lock_and_find(t, s, key, hash, &found) < 0) return -1;
    bool ok = true;
    if (found.index < 0) {
        if (HD_UNLIKELY(s->table == EMPTY_TABLE)) ok = resize(t, s, 0);
        if (ok) {
            HdSetTable *table = s->table;
            HdSetEntry *e = &table->at[found.empty]; /* the empty table has the shape of the first one */
            touch(s);
            e->hash = hash;
            HD_STORE_RELEASE(&e->key.bits, hd_retain(t, key).bits);
            table->fill++;
            HD_STORE_RELEASE(&s->used, s->used + 1);
            touch(s);
            if (HD_UNLIKELY((size_t)table->fill * 5 >= (size_t)table->mask * 3)) ok = resize(t, s, roomy(s));
        }
    }
    hd_unlock_object(t, &s->head);
    if (HD_LIKELY(ok)) return 0;
    hd_raise_no_memory(t);
    return -1;
}

int hd_set_discard_hash(HdThread *t, HdValue set, HdValue key, int64_t hash) {
    HdSet *s = SET(set);
    Found found;
    if (lock_and_find(t, s, key, hash, &found) < 0) return -1;
    HdValue old = HD_NULL;
    if (found.index >= 0) {
        touch(s);
        HdSetEntry *e = &s->table->at[found.index];
        old = hd_slot_exchange(&e->key, DUMMY);
        HD_STORE_RELAXED(&e->hash, -1);
        HD_STORE_RELEASE(&s->used, s->used - 1);
        touch(s);
    }
    hd_unlock_object(t, &s->head);
    hd_release(t, old);
    return found.index >= 0;
}

int hd_set_add(HdThread *t, HdValue set, HdValue key) {
    int64_t hash = hd_key_hash(t, key);
    return hash == -1 ? -1 : hd_set_add_hash(t, set, key, hash);
}

/* The hash of a key asked for; a set is looked up as the frozenset that equals it (*owned then holds that). */
static int64_t asked_hash(HdThread *t, HdValue *key, HdValue *owned) {
    *owned = HD_NULL;
    int64_t hash = hd_key_hash(t, *key);
    if (HD_LIKELY(hash != -1)) return hash;
    if (!hd_is_instance(*key, &hd_set_type) || !hd_raised_is(t, &hd_TypeError)) return -1;
    hd_clear_raised(t);
    *owned = *key = hd_frozenset_new(t, *key);
    return hd_is_null(*key) ? -1 : hd_object_hash(t, *key);
}
int hd_set_contains(HdThread *t, HdValue set, HdValue key) {
    HdValue owned;
    int64_t hash = asked_hash(t, &key, &owned);
    int found = hash == -1 ? -1 : hd_set_contains_hash(t, set, key, hash);
    hd_release(t, owned);
    return found;
}
int hd_set_discard(HdThread *t, HdValue set, HdValue key) {
    HdValue owned;
    int64_t hash = asked_hash(t, &key, &owned);
    int found = hash == -1 ? -1 : hd_set_discard_hash(t, set, key, hash);
    hd_release(t, owned);
    return found;
}

int hd_set_clear(HdThread *t, HdValue set) {
    HdSet *s = SET(set);
    hd_lock_object(t, &s->head);
    HdSetTable *old = s->table, *mine = old;
    if (old == EMPTY_TABLE) {
        hd_unlock_object(t, &s->head);
        return 0;
    }
    if (t->locks) { /* readers may hold the table: its keys move to one of our own, to be dropped below */
        mine = hd_heap_raw(t, table_bytes(old->mask));
        if (!mine) {
            hd_unlock_object(t, &s->head);
            hd_raise_no_memory(t);
            return -1;
        }
        memcpy(mine, old, table_bytes(old->mask));
    }
    touch(s);
    HD_STORE_RELEASE(&s->used, 0);
    HD_STORE_RELEASE(&s->table, EMPTY_TABLE);
    touch(s);
    if (mine != old) table_retire(t, old);
    hd_unlock_object(t, &s->head);
    for (HdSize i = 0; i <= mine->mask; i++) hd_release(t, mine->at[i].key);
    hd_heap_raw_free(t, mine, table_bytes(mine->mask));
    return 0;
}

int hd_set_pop(HdThread *t, HdValue set, HdValue *out) {
    HdSet *s = SET(set);
    hd_lock_object(t, &s->head);
    bool some = s->used > 0;
    if (some) {
        HdSetTable *table = s->table;
        HdSize i = (HdSize)((uint64_t)s->hash & (uint64_t)table->mask);
        while (!hd_set_is_key(table->at[i].key)) i = i == table->mask ? 0 : i + 1;
        touch(s);
        *out = hd_slot_exchange(&table->at[i].key, DUMMY);
        HD_STORE_RELAXED(&table->at[i].hash, -1);
        HD_STORE_RELEASE(&s->used, s->used - 1);
        s->hash = i + 1;
        touch(s);
    }
    hd_unlock_object(t, &s->head);
    return some;
}

int hd_set_tidy(HdThread *t, HdValue set) {
    HdSet *s = SET(set);
    hd_lock_object(t, &s->head);
    bool ok = true;
    if (s->table->fill - s->used > s->table->mask / 4) ok = resize(t, s, roomy(s));
    hd_unlock_object(t, &s->head);
    if (ok) return 0;
    hd_raise_no_memory(t);
    return -1;
}

void hd_set_swap(HdThread *t, HdValue a, HdValue b) {
    HdSet *x = SET(a), *y = SET(b);
    hd_lock_objects(t, &x->head, &y->head);
    HdSetTable *table = x->table;
    HdSize used = x->used;
    touch(x);
    touch(y);
    HD_STORE_RELEASE(&x->table, y->table);
    HD_STORE_RELEASE(&x->used, y->used);
    HD_STORE_RELEASE(&y->table, table);
    HD_STORE_RELEASE(&y->used, used);
    touch(x);
    touch(y);
    hd_unlock_objects(t, &x->head, &y->head);
}

/* Copies all keys at once into a set that has none: 1 done, 0 the set has some, -1 memory. */
static int merge_empty(HdThread *t, HdSet *s, HdSet *o) {
    int done = 0;
    hd_lock_objects(t, &s->head, &o->head);
    if (s->table->fill == 0) {
        HdSize size = s->table->mask + 1;
        if (o->used * 5 >= s->table->mask * 3) {
            size = SIZE_MIN;
            while (size <= o->used * 2) size <<= 1;
        }
        HdSetTable *from = o->table, *old = s->table, *table = table_new(t, size);
        done = table ? 1 : -1;
        if (table) {
            bool same_shape = table->mask == from->mask && from->fill == o->used;
            for (HdSize i = 0; i <= from->mask; i++) {
                HdSetEntry *e = &from->at[i];
                if (!hd_set_is_key(e->key)) continue;
                hd_retain(t, e->key);
                if (same_shape) table->at[i] = *e;
                else insert_clean(table, e->key, e->hash);
            }
            table->fill = o->used;
            touch(s);
            table->born = s->changes;
            HD_STORE_RELEASE(&s->table, table);
            HD_STORE_RELEASE(&s->used, o->used);
            touch(s);
            table_retire(t, old);
        }
    }
    hd_unlock_objects(t, &s->head, &o->head);
    return done;
}

/* With the lock held: a key's index, -1: not there and *empty is where it belongs, -2: Python has to compare. */
static HdSize find_held(const HdSet *s, HdValue key, int64_t hash, HdSize *empty) {
    const HdSetTable *table = s->table;
    size_t mask = (size_t)table->mask, perturb = (size_t)hash, i = perturb & mask;
    for (;;) {
        const HdSetEntry *e = &table->at[i];
        for (int probes = i + LINEAR <= mask ? LINEAR : 0; probes >= 0; probes--, e++) {
            if (hd_is_null(e->key)) return *empty = e - table->at, -1;
            if (hd_same(e->key, key)) return e - table->at;
            if (e->hash != hash || hd_same(e->key, DUMMY)) continue;
            if (!hd_key_is_native(e->key)) return -2;
            if (hd_key_equal_native(e->key, key)) return e - table->at;
        }
        perturb >>= PERTURB;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

/* GIL off: adds all keys at once if C can compare them all: 1 done, 0 nothing done. */
static int merge_native(HdThread *t, HdSet *s, HdSet *o) {
    HdSize empty;
    hd_lock_objects(t, &s->head, &o->head);
    const HdSetTable *from = o->table;
    /* somebody may have cleared it since room was made */
    bool room = s->table != EMPTY_TABLE && (s->table->fill + o->used) * 5 < s->table->mask * 3;
    bool good = room || resize(t, s, (s->used + o->used) * 2);
    for (HdSize i = 0; good && i <= from->mask; i++) {
        HdValue key = from->at[i].key;
        if (!hd_set_is_key(key)) continue;
        good = hd_key_is_native(key) && find_held(s, key, from->at[i].hash, &empty) != -2;
    }
    for (HdSize i = 0; good && i <= from->mask; i++) {
        HdValue key = from->at[i].key;
        if (!hd_set_is_key(key) || find_held(s, key, from->at[i].hash, &empty) >= 0) continue;
        HdSetEntry *e = &s->table->at[empty];
        touch(s);
        HD_STORE_RELAXED(&e->hash, from->at[i].hash);
        HD_STORE_RELEASE(&e->key.bits, hd_retain(t, key).bits);
        s->table->fill++;
        HD_STORE_RELEASE(&s->used, s->used + 1);
        touch(s);
    }
    hd_unlock_objects(t, &s->head, &o->head);
    return good;
}

int hd_set_merge(HdThread *t, HdValue set, HdValue other) {
    HdSet *s = SET(set), *o = SET(other);
    if (s == o || !HD_LOAD_RELAXED(&o->used)) return 0;
    int done = merge_empty(t, s, o);
    if (done == 0) {
        hd_lock_object(t, &s->head);
        HdSize coming = HD_LOAD_RELAXED(&o->used);
        if ((s->table->fill + coming) * 5 >= s->table->mask * 3 && !resize(t, s, (s->used + coming) * 2)) done = -1;
        hd_unlock_object(t, &s->head);
    }
    if (done < 0) {
        hd_raise_no_memory(t);
        return -1;
    }
    if (done == 0 && t->locks) done = merge_native(t, s, o);
    HdSize position = 0;
    HdValue key;
    int64_t hash;
    while (done == 0 && hd_set_next_hash(t, other, &position, &key, &hash)) {
        int status = hd_set_add_hash(t, set, key, hash);
        hd_release(t, key);
        if (status < 0) return -1;
    }
    return 0;
}

/* --- making --- */

static HdValue set_new(HdThread *t, HdType *type, HdValue iterable) {
    HdSet *s = (HdSet *)hd_heap_object(t, type, sizeof(HdSet), HD_FLAG_GC);
    if (HD_UNLIKELY(!s)) return hd_raise_no_memory(t);
    s->table = EMPTY_TABLE;
    HdValue set = hd_from_object(s);
    if (hd_is_null(iterable) || hd_set_update(t, set, iterable) == 0) return set;
    hd_release(t, set);
    return HD_NULL;
}
HdValue hd_set_new(HdThread *t, HdValue iterable) { return set_new(t, &hd_set_type, iterable); }
HdValue hd_frozenset_new(HdThread *t, HdValue iterable) { return set_new(t, &hd_frozenset_type, iterable); }

int hd_set_update(HdThread *t, HdValue set, HdValue iterable) {
    if (hd_is_set(iterable)) return hd_set_merge(t, set, iterable);
    if (hd_is_exact_dict(iterable)) {
        HdSet *s = SET(set);
        HdSize coming = hd_dict_length(iterable), position = 0;
        bool ok = true;
        hd_lock_object(t, &s->head);
        if ((s->table->fill + coming) * 5 >= s->table->mask * 3) ok = resize(t, s, (s->used + coming) * 2);
        hd_unlock_object(t, &s->head);
        if (!ok) {
            hd_raise_no_memory(t);
            return -1;
        }
        HdValue key, value;
        int64_t hash;
        while (hd_dict_next_hash(t, iterable, &position, &key, &value, &hash)) {
            int status = hd_set_add_hash(t, set, key, hash);
            hd_release(t, key);
            hd_release(t, value);
            if (status < 0) return -1;
        }
        return 0;
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return -1;
    for (HdSize i = 1;; i++) {
        HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? -1 : 0;
        int status = hd_set_add(t, set, key);
        hd_release(t, key);
        if (status < 0 || ((i & 1023) == 0 && hd_object_poll(t) < 0)) return -1;
    }
}

HdValue hd_set_keys_list(HdThread *t, HdValue set) {
    HdSet *s = SET(set);
    for (;;) {
        HdSize used = HD_LOAD_RELAXED(&s->used), count = 0;
        HdValue result = hd_list_new(t, used);
        if (hd_is_null(result)) return HD_NULL;
        hd_lock_object(t, &s->head);
        bool fits = s->used == used;
        for (HdSize i = 0; fits && count < used; i++) {
            HdValue key = s->table->at[i].key;
            if (hd_set_is_key(key)) HD_AS(HdList, result)->array->at[count++] = hd_retain(t, key);
        }
        hd_unlock_object(t, &s->head);
        HD_AS(HdList, result)->length = count;
        if (fits) return result;
        hd_release(t, result);
    }
}

/* --- stepping --- */

int hd_set_next_hash(HdThread *t, HdValue set, HdSize *position, HdValue *key, int64_t *hash) {
    HdSet *s = SET(set);
    for (;;) {
        HdSetTable *table = HD_LOAD_ACQUIRE(&s->table);
        HdSize i = *position;
        while (i <= table->mask && !hd_set_is_key((HdValue){HD_LOAD_ACQUIRE(&table->at[i].key.bits)})) i++;
        if (i > table->mask) {
            if (HD_LOAD_ACQUIRE(&s->table) != table) continue;
            *position = i;
            return 0;
        }
        HdSetEntry *e = &table->at[i];
        HdValue found = hd_slot_read(t, &e->key, &s->head);
        if (HD_LIKELY(hd_set_is_key(found))) {
            *hash = HD_LOAD_ACQUIRE(&e->hash); /* of this key, if it is still there */
            if (HD_LIKELY(!t->locks || (HD_LOAD_ACQUIRE(&s->table) == table && HD_LOAD_ACQUIRE(&e->key.bits) == found.bits))) {
                *key = found;
                *position = i + 1;
                return 1;
            }
            hd_release(t, found);
        }
    }
}
int hd_set_next(HdThread *t, HdValue set, HdSize *position, HdValue *key) {
    int64_t hash;
    return hd_set_next_hash(t, set, position, key, &hash);
}

/* --- life, for set.c --- */

void hd_set_table_init(HdSet *s) { s->table = EMPTY_TABLE; }
void hd_set_table_free(HdThread *t, HdSet *s) {
    HdSetTable *table = s->table;
    if (!table || table == EMPTY_TABLE) return;
    HdSize left = s->used;
    for (HdSize i = 0; left > 0; i++) {
        if (!hd_set_is_key(table->at[i].key)) continue;
        hd_release(t, table->at[i].key);
        left--;
    }
    if (t->locks) hd_heap_raw_retire(t, table, table_bytes(table->mask));
    else hd_heap_raw_free(t, table, table_bytes(table->mask));
}
size_t hd_set_table_bytes(HdSet *s) { return s->table == EMPTY_TABLE ? 0 : table_bytes(s->table->mask); }
int hd_set_table_traverse(HdSet *s, HdVisit visit, void *context) {
    if (!s->table) return 0;
    for (HdSize i = 0; i <= s->table->mask; i++) {
        if (hd_set_is_key(s->table->at[i].key)) HD_VISIT(s->table->at[i].key);
    }
    return 0;
}
