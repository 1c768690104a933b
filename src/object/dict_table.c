/* dict_table.c -- the table under dict: lookup, insertion, deletion, growth, copying, stepping; hd_dict_… for C.
 *
 * An index table (probed as CPython does) gives places in an array of entries in insertion order. Changes hold the
 * dict's lock. A lookup takes none: it loads `keys` with acquire and looks at it again at the end. For that (GIL off)
 *  - an entry is written before its index is published; a deleted one is emptied, value first;
 *  - a table that was replaced is emptied before it is retired, so that nobody takes a reference from it;
 *  - `changes` grows before and after each change of the structure: equal before and after a search means that nothing
 *    moved, and that the search did not begin in the middle of a change.
 * Keys that C can compare alone (`native`) are found under the lock; for others __eq__ runs without it, and the writer
 * (GIL off) looks at `changes` under the lock before it acts, and starts again when somebody was faster.
 * Values and keys are dropped after the unlock.
 */
#include "dict.h"


#include "dict_table.h"
#include "heap_page.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"
#include "slot.h"

#define DICT(v) HD_AS(HdDict, v)
enum { EMPTY = -1, DELETED = -2, LOG2_MIN = 3, PERTURB = 5 };

/* Every empty dict's table; never written: it has no room. */
static const HdDictKeys empty_keys = {.version = 1, .only_str = 1, .native = 1, .indices = {EMPTY}};
#define EMPTY_KEYS ((HdDictKeys *)&empty_keys)

/* --- layout --- */

static HdSize usable_of(unsigned log2_size) { return (HdSize)(((size_t)2 << log2_size) / 3); }
static unsigned log2_index_of(unsigned log2_size) { return log2_size < 8 ? 0 : log2_size < 16 ? 1 : log2_size < 32 ? 2 : 3; }
static size_t indices_bytes(unsigned log2_size) {
    size_t bytes = (size_t)1 << (log2_size + log2_index_of(log2_size));
    return (bytes + 7) & ~(size_t)7;
}
static size_t header_bytes(void) { return offsetof(HdDictKeys, indices); }
static size_t keys_bytes(unsigned log2_size) {
    return header_bytes() + indices_bytes(log2_size) + (size_t)usable_of(log2_size) * sizeof(HdDictEntry);
}
static unsigned log2_for(HdSize slots) {
    unsigned log2 = LOG2_MIN;
    while (((HdSize)1 << log2) < slots) log2++;
    return log2;
}
/* The size whose table holds `count` entries without growing. */
static unsigned log2_for_count(HdSize count) { return log2_for((count * 3 + 1) / 2); }

HD_INLINE HdSize index_at(const HdDictKeys *k, size_t i) {
    switch (k->log2_index) {
        case 0: return HD_LOAD_ACQUIRE((const int8_t *)k->indices + i);
        case 1: return HD_LOAD_ACQUIRE((const int16_t *)k->indices + i);
        case 2: return HD_LOAD_ACQUIRE((const int32_t *)k->indices + i);
        default: return HD_LOAD_ACQUIRE((const int64_t *)k->indices + i);
    }
}
HD_INLINE void index_put(HdDictKeys *k, size_t i, HdSize entry) {
    switch (k->log2_index) {
        case 0: HD_STORE_RELEASE((int8_t *)k->indices + i, (int8_t)entry); break;
        case 1: HD_STORE_RELEASE((int16_t *)k->indices + i, (int16_t)entry); break;
        case 2: HD_STORE_RELEASE((int32_t *)k->indices + i, (int32_t)entry); break;
        default: HD_STORE_RELEASE((int64_t *)k->indices + i, entry); break;
    }
}
#define PROBE_BEGIN(k, hash)                                                 \
    size_t mask_ = ((size_t)1 << (k)->log2_size) - 1, perturb_ = (size_t)(hash), slot = perturb_ & mask_
#define PROBE_NEXT()                                   \
    do {                                               \
        perturb_ >>= PERTURB;                          \
        slot = (slot * 5 + perturb_ + 1) & mask_;      \
    } while (0)

static HdDictKeys *keys_new(HdThread *t, unsigned log2_size) {
    if (log2_size > 40) return NULL;
    HdDictKeys *k = hd_heap_raw(t, keys_bytes(log2_size));
    if (HD_UNLIKELY(!k)) return NULL;
    size_t index_size = indices_bytes(log2_size);
    k->version = 0;
    k->log2_size = (uint8_t)log2_size;
    k->log2_index = (uint8_t)log2_index_of(log2_size);
    k->only_str = k->native = 1;
    k->usable = usable_of(log2_size);
    k->entry_count = k->first = 0;
    k->born = 0;
    k->entries = (HdDictEntry *)(k->indices + index_size);
    memset(k->indices, 0xff, index_size);
    if (t->locks) memset(k->entries, 0, (size_t)k->usable * sizeof(HdDictEntry));
    return k;
}
/* Gives a table back whose references are elsewhere or gone. */
static void keys_retire(HdThread *t, HdDictKeys *k) {
    if (k == EMPTY_KEYS) return;
    if (!t->locks) {
        hd_heap_raw_free(t, k, keys_bytes(k->log2_size));
        return;
    }
    for (HdSize i = 0; i < k->entry_count; i++) {
        HD_STORE_RELEASE(&k->entries[i].value.bits, 0);
        HD_STORE_RELEASE(&k->entries[i].key.bits, 0);
    }
    hd_heap_raw_retire(t, k, keys_bytes(k->log2_size));
}


/* --- finding; entry number or -1 --- */

/* With the GIL or the lock held. `equal` compares keys with the same hash: 1, 0, or -1, which ends the search with UNSURE. */
enum { UNSURE = -2 };
HD_INLINE HdSize find_with(const HdDictKeys *k, HdValue key, int64_t hash, int (*equal)(HdValue a, HdValue b)) {
    PROBE_BEGIN(k, hash);
    for (;;) {
        HdSize at = index_at(k, slot);
        if (HD_LIKELY(at >= 0)) {
            const HdDictEntry *e = &k->entries[at];
            if (HD_LIKELY(hd_same(e->key, key))) return at;
            if (e->hash == hash) {
                int found = equal(e->key, key);
                if (found) return found > 0 ? at : UNSURE;
            }
        } else if (at == EMPTY) {
            return -1;
        }
        PROBE_NEXT();
    }
}

HD_INLINE int equal_str(HdValue a, HdValue b) { return hd_str_equal(a, b); }
HD_INLINE int equal_native(HdValue a, HdValue b) { return hd_key_equal_native(a, b); }
/* Whether two keys with the same hash are equal as far as C can tell alone: 1, 0, or -1: unsure. */
static int equal_without_python(HdValue a, HdValue b) {
    if (hd_key_is_native(a) && hd_key_is_native(b)) return hd_same(a, b) || hd_key_equal_native(a, b);
    if (!hd_is_exact_object(a, &hd_tuple_type) || !hd_is_exact_object(b, &hd_tuple_type)) return -1;
    HdSize length = hd_tuple_length(a);
    if (length != hd_tuple_length(b)) return 0;
    for (HdSize i = 0; i < length; i++) {
        HdValue x = hd_tuple_at_borrowed(a, i), y = hd_tuple_at_borrowed(b, i);
        if (hd_same(x, y)) continue;
        if (!hd_key_is_native(x) || !hd_key_is_native(y)) return -1;
        if (!hd_key_equal_native(x, y)) return 0;
    }
    return 1;
}

/* only_str table, exact str key */
static HdSize find_str(const HdDictKeys *k, HdValue key, int64_t hash) { return find_with(k, key, hash, equal_str); }
/* native table and key */
static HdSize find_native(const HdDictKeys *k, HdValue key, int64_t hash) { return find_with(k, key, hash, equal_native); }
HD_INLINE HdSize find_alone(const HdDictKeys *k, HdValue key, int64_t hash) {
    return k->only_str && hd_is_object(key) && !hd_is_none(key) ? find_str(k, key, hash) : find_native(k, key, hash);
}
/* any; may be UNSURE: a comparison would run Python */
static HdSize find_without_python(const HdDictKeys *k, HdValue key, int64_t hash) {
    return find_with(k, key, hash, equal_without_python);
}

typedef struct Found {
    HdDictKeys *keys;
    HdSize index;
    uint64_t changes; /* the dict's, when the search began */
} Found;

/* Whether `k`, which was the dict's table when `changes` was `began`, is it still. With the GIL on old tables are freed at
 * once, so the address alone does not tell. */
static bool has_still(HdDict *d, const HdDictKeys *k, uint64_t began) {
    return HD_LOAD_ACQUIRE(&d->keys) == k && k->born <= began;
}

/* Any key, no lock held, may run Python. 0, or -1 raised. */
static int find_any(HdThread *t, HdDict *d, HdValue key, int64_t hash, Found *found) {
    uint64_t began;
restart:
    began = found->changes = HD_LOAD_ACQUIRE(&d->changes);
    HdDictKeys *k = found->keys = HD_LOAD_ACQUIRE(&d->keys);
    PROBE_BEGIN(k, hash);
    for (;;) {
        HdSize at = index_at(k, slot);
        if (at >= 0) {
            HdDictEntry *e = &k->entries[at];
            HdValue own = {HD_LOAD_ACQUIRE(&e->key.bits)};
            if (hd_same(own, key)) {
                found->index = at;
                return 0;
            }
            if (!hd_is_null(own) && HD_LOAD_RELAXED(&e->hash) == hash) {
                own = hd_slot_read(t, &e->key, &d->head);
                if (hd_is_null(own)) goto restart;
                int equal = equal_without_python(own, key);
                if (equal < 0) equal = hd_object_equal(t, own, key);
                /* as in CPython: only another table, or another key here, makes it start again */
                uint64_t changes = HD_LOAD_ACQUIRE(&d->changes);
                bool same = has_still(d, k, began) && HD_LOAD_ACQUIRE(&e->key.bits) == own.bits;
                hd_release(t, own);
                if (equal < 0) return -1;
                if (!same || !has_still(d, k, began)) goto restart;
                if (equal) {
                    found->changes = changes; /* what the comparison did to other entries does not matter */
                    found->index = at;
                    return 0;
                }
            }
        } else if (at == EMPTY) {
            if (HD_UNLIKELY(!has_still(d, k, began))) goto restart;
            found->index = -1;
            return 0;
        }
        PROBE_NEXT();
    }
}

int hd_dict_find_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue *out) {
    HdDict *d = DICT(dict);
    if (HD_LIKELY(!t->locks)) {
        HdDictKeys *k = d->keys;
        if (HD_LIKELY(k->native && hd_key_is_native(key))) {
            HdSize at = find_alone(k, key, hash);
            if (at < 0) return 0;
            *out = hd_retain(t, k->entries[at].value);
            return 1;
        }
    }
    for (;;) {
        Found found;
        if (find_any(t, d, key, hash, &found) < 0) return -1;
        if (found.index < 0) return 0;
        HdDictEntry *e = &found.keys->entries[found.index];
        HdValue own = {HD_LOAD_ACQUIRE(&e->key.bits)};
        HdValue value = hd_slot_read(t, &e->value, &d->head);
        if (HD_LIKELY(!t->locks)) {
            *out = value;
            return 1;
        }
        if (!hd_is_null(value) && HD_LOAD_ACQUIRE(&d->keys) == found.keys && HD_LOAD_ACQUIRE(&e->key.bits) == own.bits &&
            (hd_same(own, key) || HD_LOAD_ACQUIRE(&d->changes) == found.changes)) {
            *out = value;
            return 1;
        }
        hd_release(t, value);
    }
}

int hd_dict_find(HdThread *t, HdValue dict, HdValue key, HdValue *out) {
    int64_t hash = hd_key_hash(t, key);
    return HD_UNLIKELY(hash == -1) ? -1 : hd_dict_find_hash(t, dict, key, hash, out);
}

HdValue hd_dict_get_str(HdThread *t, HdValue dict, HdValue key) {
    HdDict *d = DICT(dict);
    HdDictKeys *k = HD_LOAD_RELAXED(&d->keys);
    if (HD_LIKELY(!t->locks && k->only_str)) {
        HdSize at = find_str(k, key, hd_str_hash(key));
        return at < 0 ? HD_NULL : hd_retain(t, k->entries[at].value);
    }
    /* Comparing other keys may run Python, in which an instance gets another dict. (Where there are locks the caller holds it.) */
    HD_OWNED HdValue held = t->locks || k->native ? HD_NULL : hd_retain(t, dict);
    HdValue value;
    int found = hd_dict_find_hash(t, dict, key, hd_str_hash(key), &value);
    if (found > 0) return value;
    if (found < 0) hd_clear_raised(t);
    return HD_NULL;
}

HdValue hd_dict_get_text(HdThread *t, HdValue dict, const char *text) {
    HdValue key = hd_str_from_text(t, text);
    if (hd_is_null(key)) {
        hd_clear_raised(t);
        return HD_NULL;
    }
    HdValue value = hd_dict_get_str(t, dict, key);
    hd_release(t, key);
    return value;
}

int hd_dict_contains(HdThread *t, HdValue dict, HdValue key) {
    int64_t hash = hd_key_hash(t, key);
    if (HD_UNLIKELY(hash == -1)) return -1;
    HdDict *d = DICT(dict);
    HdDictKeys *k = HD_LOAD_RELAXED(&d->keys);
    if (HD_LIKELY(!t->locks && k->native && hd_key_is_native(key))) return find_alone(k, key, hash) >= 0;
    Found found;
    return find_any(t, d, key, hash, &found) < 0 ? -1 : found.index >= 0;
}

/* --- changing; the lock is held --- */

static void touch(HdDict *d) { HD_STORE_RELEASE(&d->changes, d->changes + 1); }

static void index_add(HdDictKeys *k, int64_t hash, HdSize entry) {
    PROBE_BEGIN(k, hash);
    while (index_at(k, slot) >= 0) PROBE_NEXT();
    index_put(k, slot, entry);
}

/* Moves the entries to a new table of the given size, with `gap` empty ones in front. False: out of memory. */
static bool resize_gap(HdThread *t, HdDict *d, unsigned log2_size, HdSize gap) {
    HdDictKeys *old = d->keys, *k = keys_new(t, log2_size);
    if (HD_UNLIKELY(!k)) return false;
    k->only_str = old->only_str;
    k->native = old->native;
    k->first = gap;
    memset(k->entries, 0, (size_t)gap * sizeof(HdDictEntry));
    HdSize count = gap;
    for (HdSize i = old->first; i < old->entry_count; i++) {
        if (hd_is_null(old->entries[i].value)) continue;
        k->entries[count] = old->entries[i];
        index_add(k, k->entries[count].hash, count);
        count++;
    }
    k->entry_count = count;
    k->usable -= count; /* the gap is for entries that come in front */
    touch(d);
    k->born = d->changes;
    HD_STORE_RELEASE(&d->keys, k);
    touch(d);
    keys_retire(t, old);
    return true;
}
static bool resize(HdThread *t, HdDict *d, unsigned log2_size) { return resize_gap(t, d, log2_size, 0); }

/* Adds a key that is not there; takes its own references. False: out of memory. */
static bool insert_new(HdThread *t, HdDict *d, HdValue key, int64_t hash, HdValue value) {
    HdDictKeys *k = d->keys;
    if (HD_UNLIKELY(k->usable <= 0)) {
        if (!resize(t, d, log2_for(d->used * 3))) return false;
        k = d->keys;
    }
    if (!hd_is_exact_str(key)) {
        k->only_str = 0;
        if (!hd_key_is_native(key)) k->native = 0;
    }
    touch(d);
    if (k->version) HD_STORE_RELEASE(&k->version, 0);
    HdSize at = k->entry_count;
    HdDictEntry *e = &k->entries[at];
    HD_STORE_RELAXED(&e->hash, hash); /* the place may have held another key, which readers still look at */
    HD_STORE_RELEASE(&e->key.bits, hd_retain(t, key).bits);
    HD_STORE_RELEASE(&e->value.bits, hd_retain(t, value).bits);
    index_add(k, hash, at);
    k->usable--;
    HD_STORE_RELEASE(&k->entry_count, at + 1);
    HD_STORE_RELEASE(&d->used, d->used + 1);
    touch(d);
    return true;
}

/* Takes entry `at` out; its key and value now belong to the caller. */
static void remove_entry(HdDict *d, HdSize at, HdValue *key, HdValue *value) {
    HdDictKeys *k = d->keys;
    HdDictEntry *e = &k->entries[at];
    touch(d);
    if (k->version) HD_STORE_RELEASE(&k->version, 0);
    PROBE_BEGIN(k, e->hash);
    while (index_at(k, slot) != at) PROBE_NEXT();
    index_put(k, slot, DELETED);
    *value = e->value;
    *key = e->key;
    HD_STORE_RELEASE(&e->value.bits, 0);
    HD_STORE_RELEASE(&e->key.bits, 0);
    HD_STORE_RELEASE(&d->used, d->used - 1);
    touch(d);
}

/* Takes the lock with the place of `key` known: 0 and *at (or -1) with the lock held, -1 raised without it. */
static int lock_and_find(HdThread *t, HdDict *d, HdValue key, int64_t hash, HdSize *at) {
    bool native = hd_key_is_native(key);
    for (;;) {
        hd_lock_object(t, &d->head);
        *at = HD_LIKELY(native && d->keys->native) ? find_alone(d->keys, key, hash) : find_without_python(d->keys, key, hash);
        if (HD_LIKELY(*at != UNSURE)) return 0;
        hd_unlock_object(t, &d->head);
        Found found;
        if (find_any(t, d, key, hash, &found) < 0) return -1;
        hd_lock_object(t, &d->head);
        /* With the GIL on nothing happened since the last comparison. */
        if (HD_LIKELY(d->changes == found.changes || !t->locks)) {
            *at = found.index;
            return 0;
        }
        hd_unlock_object(t, &d->head);
    }
}

/* The value of a key that is there, while the lock is open: true when done. */
static bool set_beside_others(HdThread *t, HdDict *d, HdValue key, int64_t hash, HdValue value) {
    HdValue old = HD_NULL;
    hd_retain(t, value);
    if (hd_open_enter(t, &d->head.lock)) {
        HdSize at = find_without_python(d->keys, key, hash);
        if (at >= 0) old.bits = HD_EXCHANGE(&d->keys->entries[at].value.bits, value.bits);
        hd_open_leave(t);
    }
    bool done = !hd_is_null(old);
    hd_release(t, done ? old : value);
    return done;
}

int hd_dict_set_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue value) {
    HdDict *d = DICT(dict);
    uint8_t lock = HD_LOAD_RELAXED(&d->head.lock);
    if (HD_UNLIKELY(lock) && (lock == HD_MUTEX_OPEN || hd_open_wait(&d->head.lock)) &&
        set_beside_others(t, d, key, hash, value)) {
        return 0;
    }
    HdSize at;
    if (lock_and_find(t, d, key, hash, &at) < 0) return -1;
    HdValue old = HD_NULL;
    bool ok = true;
    if (at >= 0) old = hd_slot_exchange(&d->keys->entries[at].value, hd_retain(t, value));
    else ok = insert_new(t, d, key, hash, value);
    if (HD_UNLIKELY(lock & HD_MUTEX_LOCKED) && at >= 0) hd_unlock_byte_contended(t, &d->head.lock);
    else hd_unlock_object(t, &d->head);
    hd_release(t, old);
    if (HD_LIKELY(ok)) return 0;
    hd_raise_no_memory(t);
    return -1;
}

int hd_dict_set(HdThread *t, HdValue dict, HdValue key, HdValue value) {
    int64_t hash = hd_key_hash(t, key);
    return HD_UNLIKELY(hash == -1) ? -1 : hd_dict_set_hash(t, dict, key, hash, value);
}

int hd_dict_set_text(HdThread *t, HdValue dict, const char *text, HdValue value) {
    HdValue key = hd_str_intern_text(t, text);
    if (hd_is_null(key)) return -1;
    int status = hd_dict_set_hash(t, dict, key, hd_str_hash(key), value);
    hd_release(t, key);
    return status;
}

HdValue hd_dict_set_default_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue value, bool *inserted) {
    HdDict *d = DICT(dict);
    HdSize at;
    if (lock_and_find(t, d, key, hash, &at) < 0) return HD_NULL;
    HdValue now = HD_NULL;
    if (at >= 0) now = hd_retain(t, d->keys->entries[at].value);
    else if (insert_new(t, d, key, hash, value)) now = hd_retain(t, value);
    hd_unlock_object(t, &d->head);
    *inserted = at < 0;
    return hd_is_null(now) ? hd_raise_no_memory(t) : now;
}
HdValue hd_dict_set_default(HdThread *t, HdValue dict, HdValue key, HdValue value) {
    int64_t hash = hd_key_hash(t, key);
    bool inserted;
    return hash == -1 ? HD_NULL : hd_dict_set_default_hash(t, dict, key, hash, value, &inserted);
}

int hd_dict_pop_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue *out) {
    HdDict *d = DICT(dict);
    HdSize at;
    if (lock_and_find(t, d, key, hash, &at) < 0) return -1;
    HdValue own = HD_NULL;
    if (at >= 0) remove_entry(d, at, &own, out);
    hd_unlock_object(t, &d->head);
    hd_release(t, own);
    return at >= 0;
}
int hd_dict_pop(HdThread *t, HdValue dict, HdValue key, HdValue *out) {
    HdDict *d = DICT(dict);
    /* as in CPython, an empty dict does not even hash the key */
    if (!HD_LOAD_RELAXED(&d->used) && HD_LOAD_RELAXED(&d->keys) == EMPTY_KEYS) return 0;
    int64_t hash = hd_key_hash(t, key);
    return hash == -1 ? -1 : hd_dict_pop_hash(t, dict, key, hash, out);
}

int hd_dict_delete(HdThread *t, HdValue dict, HdValue key) {
    HdDict *d = DICT(dict);
    int64_t hash = hd_key_hash(t, key);
    if (hash == -1) return -1;
    HdSize at;
    if (lock_and_find(t, d, key, hash, &at) < 0) return -1;
    HdValue own = HD_NULL, value = HD_NULL;
    if (at >= 0) remove_entry(d, at, &own, &value);
    hd_unlock_object(t, &d->head);
    hd_release(t, own);
    hd_release(t, value);
    if (at >= 0) return 0;
    hd_raise_value(t, &hd_KeyError, key);
    return -1;
}

int hd_dict_pop_item(HdThread *t, HdValue dict, HdValue *key, HdValue *value) {
    HdDict *d = DICT(dict);
    hd_lock_object(t, &d->head);
    HdSize at = d->used ? d->keys->entry_count - 1 : -1;
    while (at >= 0 && hd_is_null(d->keys->entries[at].value)) at--;
    if (at >= 0) {
        remove_entry(d, at, key, value);
        HD_STORE_RELEASE(&d->keys->entry_count, at);
        if (d->keys->first > at) HD_STORE_RELAXED(&d->keys->first, at);
    }
    hd_unlock_object(t, &d->head);
    return at >= 0;
}

int hd_dict_pop_first(HdThread *t, HdValue dict, HdValue *key, HdValue *value) {
    HdDict *d = DICT(dict);
    hd_lock_object(t, &d->head);
    bool some = d->used > 0;
    if (some) {
        HdDictKeys *k = d->keys;
        HdSize at = k->first;
        while (hd_is_null(k->entries[at].value)) at++;
        remove_entry(d, at, key, value);
        HD_STORE_RELAXED(&k->first, at + 1);
    }
    hd_unlock_object(t, &d->head);
    return some;
}

int hd_dict_move(HdThread *t, HdValue dict, HdValue key, bool to_end) {
    HdDict *d = DICT(dict);
    int64_t hash = hd_key_hash(t, key);
    HdSize at;
    if (hash == -1 || lock_and_find(t, d, key, hash, &at) < 0) return -1;
    bool found = at >= 0, ok = true;
    HdValue own = HD_NULL, value = HD_NULL;
    if (found && to_end && at != d->keys->entry_count - 1) {
        if (d->keys->usable <= 0) { /* room first, so that nothing is lost when there is no memory */
            HdValue wanted = d->keys->entries[at].key;
            ok = resize(t, d, log2_for(d->used * 3));
            for (at = 0; ok && !hd_same(d->keys->entries[at].key, wanted);) at++;
        }
        if (ok) {
            hash = d->keys->entries[at].hash;
            remove_entry(d, at, &own, &value);
            ok = insert_new(t, d, own, hash, value);
        }
    } else if (found && !to_end) {
        HdDictKeys *k = d->keys;
        HdSize first = k->first;
        while (first < at && hd_is_null(k->entries[first].value)) first++;
        HD_STORE_RELAXED(&k->first, first);
        if (at != first) {
            if (first == 0) {
                HdValue wanted = k->entries[at].key;
                HdSize gap = d->used / 2 + 1;
                ok = resize_gap(t, d, log2_for_count(d->used + gap), gap);
                k = d->keys;
                for (at = first = k->first; ok && !hd_same(k->entries[at].key, wanted);) at++;
            }
            if (ok) {
                hash = k->entries[at].hash;
                remove_entry(d, at, &own, &value);
                HdDictEntry *e = &k->entries[--first];
                HD_STORE_RELAXED(&e->hash, hash);
                HD_STORE_RELEASE(&e->key.bits, hd_retain(t, own).bits);
                HD_STORE_RELEASE(&e->value.bits, hd_retain(t, value).bits);
                index_add(k, hash, first);
                HD_STORE_RELAXED(&k->first, first);
                HD_STORE_RELEASE(&d->used, d->used + 1);
                touch(d);
            }
        }
    }
    hd_unlock_object(t, &d->head);
    hd_release(t, own);
    hd_release(t, value);
    if (ok) return found;
    hd_raise_no_memory(t);
    return -1;
}

int hd_dict_clear(HdThread *t, HdValue dict) {
    HdDict *d = DICT(dict);
    hd_lock_object(t, &d->head);
    HdDictKeys *old = d->keys, *mine = old;
    if (old == EMPTY_KEYS) {
        hd_unlock_object(t, &d->head);
        return 0;
    }
    if (t->locks) { /* readers may hold the table: its contents move to one of our own, to be dropped below */
        mine = hd_heap_raw(t, keys_bytes(old->log2_size));
        if (!mine) {
            hd_unlock_object(t, &d->head);
            hd_raise_no_memory(t);
            return -1;
        }
        memcpy(mine, old, keys_bytes(old->log2_size));
        mine->entries = (HdDictEntry *)((char *)mine + ((char *)old->entries - (char *)old));
    }
    touch(d);
    HD_STORE_RELEASE(&d->used, 0);
    HD_STORE_RELEASE(&d->keys, EMPTY_KEYS);
    touch(d);
    if (mine != old) keys_retire(t, old);
    hd_unlock_object(t, &d->head);
    for (HdSize i = 0; i < mine->entry_count; i++) {
        hd_release(t, mine->entries[i].value);
        hd_release(t, mine->entries[i].key);
    }
    hd_heap_raw_free(t, mine, keys_bytes(mine->log2_size));
    return 0;
}

/* --- making and copying --- */

HdValue hd_dict_new(HdThread *t) {
    HdDict *d = HD_HEAP_MAKE(t, HdDict, &hd_dict_type, HD_FLAG_GC);
    if (HD_UNLIKELY(!d)) return hd_raise_no_memory(t);
    d->keys = EMPTY_KEYS;
    return hd_from_object(d);
}

HdValue hd_dict_new_sized(HdThread *t, HdSize expected) {
    HdValue result = hd_dict_new(t);
    if (hd_is_null(result) || expected <= 0) return result;
    HdDictKeys *k = keys_new(t, log2_for_count(expected < (1 << 17) ? expected : (1 << 17)));
    if (!k) {
        hd_release(t, result);
        return hd_raise_no_memory(t);
    }
    DICT(result)->keys = k;
    return result;
}

/* A table of the same contents with references of its own; NULL: out of memory. The lock is held. */
static HdDictKeys *keys_copy(HdThread *t, HdDict *d) {
    HdDictKeys *old = d->keys, *k;
    if (!d->used) return EMPTY_KEYS;
    if (d->used == old->entry_count && d->used >= usable_of(old->log2_size) / 3) {
        k = hd_heap_raw(t, keys_bytes(old->log2_size));
        if (!k) return NULL;
        memcpy(k, old, keys_bytes(old->log2_size));
        k->entries = (HdDictEntry *)((char *)k + ((char *)old->entries - (char *)old));
        k->version = 0;
        k->born = 0;
        for (HdSize i = 0; i < k->entry_count; i++) {
            hd_retain(t, k->entries[i].key);
            hd_retain(t, k->entries[i].value);
        }
        return k;
    }
    if (!(k = keys_new(t, log2_for_count(d->used)))) return NULL;
    k->only_str = old->only_str;
    k->native = old->native;
    for (HdSize i = 0; i < old->entry_count; i++) {
        HdDictEntry *e = &old->entries[i];
        if (hd_is_null(e->value)) continue;
        HdSize at = k->entry_count++;
        k->entries[at] = (HdDictEntry){e->hash, hd_retain(t, e->key), hd_retain(t, e->value)};
        index_add(k, e->hash, at);
        k->usable--;
    }
    return k;
}

HdValue hd_dict_copy(HdThread *t, HdValue dict) {
    HdValue result = hd_dict_new(t);
    if (hd_is_null(result)) return HD_NULL;
    HdDict *from = DICT(dict), *to = DICT(result);
    hd_lock_object(t, &from->head);
    HdDictKeys *k = keys_copy(t, from);
    if (k) {
        to->keys = k;
        to->used = from->used;
    }
    hd_unlock_object(t, &from->head);
    if (k) return result;
    hd_release(t, result);
    return hd_raise_no_memory(t);
}

/* --- merging --- */

/* Both locks held: 1 done, 0 duplicate (override 2; *duplicate owned), -1 memory, UNSURE when keys need Python to be
   compared (the pairs before those are merged). Values that were replaced are put into `dropped`, a list. */
static int merge_without_python(HdThread *t, HdDict *to, HdDict *from, int override, HdValue dropped, HdValue *duplicate) {
    HdSize count = from->keys->entry_count;
    bool native = from->keys->native && to->keys->native;
    for (HdSize i = 0; i < count; i++) {
        HdDictEntry *e = &from->keys->entries[i];
        if (hd_is_null(e->value)) continue;
        HdSize at = native ? find_alone(to->keys, e->key, e->hash) : find_without_python(to->keys, e->key, e->hash);
        if (at == UNSURE) return UNSURE;
        if (at < 0) {
            if (!insert_new(t, to, e->key, e->hash, e->value)) return -1;
        } else if (override == 1) {
            HdValue old = hd_slot_exchange(&to->keys->entries[at].value, hd_retain(t, e->value));
            if (!hd_is_object(old)) continue;
            if (hd_list_append_steal(t, dropped, old) < 0) return -1;
        } else if (override == 2) {
            *duplicate = hd_retain(t, e->key);
            return 0;
        }
    }
    return 1;
}

/* True when done (*status); false when keys need Python to be compared. */
static bool merge_at_once(HdThread *t, HdDict *to, HdDict *from, int override, int *status) {
    HdValue dropped = HD_NULL, duplicate = HD_NULL;
    if (HD_LOAD_RELAXED(&to->used) && override == 1) {
        dropped = hd_list_new(t, 0);
        if (hd_is_null(dropped)) return *status = -1, true;
    }
    bool done = true;
    HdDictKeys *gone = NULL;
    int result = 1;
    hd_lock_objects(t, &to->head, &from->head);
    if (!to->used && from->used) {
        HdDictKeys *k = keys_copy(t, from);
        if (k) {
            gone = to->keys;
            touch(to);
            k->born = to->changes;
            HD_STORE_RELEASE(&to->keys, k);
            HD_STORE_RELEASE(&to->used, from->used);
            touch(to);
            keys_retire(t, gone);
        } else {
            result = -1;
        }
    } else if (from->used && to->used && override == 1 && hd_is_null(dropped)) {
        done = false;
    } else if (override == 2 && !(from->keys->native && to->keys->native)) {
        done = false; /* beginning again would find what is merged */
    } else if (from->used) {
        HdSize total = to->used + from->used;
        if (to->keys->usable * 3 < from->used * 2 && !resize(t, to, log2_for_count(total))) result = -1;
        if (result > 0) result = merge_without_python(t, to, from, override, dropped, &duplicate);
        if (result == UNSURE) done = false, result = 1;
    }
    hd_unlock_objects(t, &to->head, &from->head);
    hd_release(t, dropped);
    if (result < 0) hd_raise_no_memory(t);
    if (result == 0) {
        hd_raise_value(t, &hd_KeyError, duplicate);
        hd_release(t, duplicate);
    }
    *status = result > 0 ? 0 : -1;
    return done;
}

/* One pair of an update: 0, -1. */
static int merge_one(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue value, int override) {
    if (override == 1) return hd_dict_set_hash(t, dict, key, hash, value);
    bool inserted;
    HdValue now = hd_dict_set_default_hash(t, dict, key, hash, value, &inserted);
    if (hd_is_null(now)) return -1;
    hd_release(t, now);
    if (inserted || override == 0) return 0;
    hd_raise_value(t, &hd_KeyError, key);
    return -1;
}

static int merge_dict(HdThread *t, HdValue dict, HdValue other, int override) {
    HdDict *to = DICT(dict), *from = DICT(other);
    if (to == from || !HD_LOAD_RELAXED(&from->used)) return 0;
    int status;
    if (merge_at_once(t, to, from, override, &status)) return status;
    HdSize position = 0, used = HD_LOAD_RELAXED(&from->used);
    HdValue key, value;
    int64_t hash;
    while (hd_dict_next_hash(t, other, &position, &key, &value, &hash)) {
        status = merge_one(t, dict, key, hash, value, override);
        hd_release(t, key);
        hd_release(t, value);
        if (status < 0) return -1;
        if (HD_LOAD_RELAXED(&from->used) != used) {
            return hd_raise_int(t, &hd_RuntimeError, "dict mutated during update");
        }
    }
    return 0;
}

static int merge_mapping(HdThread *t, HdValue dict, HdValue other, int override) {
    HD_OWNED HdValue keys = hd_object_call_method0(t, other, "keys");
    if (hd_is_null(keys)) return -1;
    HD_OWNED HdValue iterator = hd_object_iter(t, keys);
    if (hd_is_null(iterator)) return -1;
    for (HdSize i = 1;; i++) {
        HD_OWNED HdValue key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? -1 : 0;
        int64_t hash = hd_key_hash(t, key);
        if (hash == -1) return -1;
        if (override != 1) {
            int there = hd_dict_contains(t, dict, key);
            if (there < 0) return -1;
            if (there && override == 2) return hd_raise_value(t, &hd_KeyError, key), -1;
            if (there) continue;
        }
        HD_OWNED HdValue value = hd_object_getitem(t, other, key);
        if (hd_is_null(value) || hd_dict_set_hash(t, dict, key, hash, value) < 0) return -1;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) return -1;
    }
}

static int merge_pairs(HdThread *t, HdValue dict, HdValue other, int override) {
    HD_OWNED HdValue iterator = hd_object_iter(t, other);
    if (hd_is_null(iterator)) return -1;
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        HD_OWNED HdValue pair = hd_object_fast_sequence(t, item, "");
        if (hd_is_null(pair)) {
            if (!hd_raised_is(t, &hd_TypeError)) return -1;
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_TypeError, "cannot convert dictionary update sequence element #%zd to a sequence", i);
        }
        bool list = hd_is_list(pair);
        HdSize length = list ? hd_list_length(pair) : hd_tuple_length(pair);
        if (length != 2) {
            return hd_raise_int(t, &hd_ValueError,
                                "dictionary update sequence element #%zd has length %zd; 2 is required", i, length);
        }
        HD_OWNED HdValue key = list ? hd_list_get(t, pair, 0) : hd_retain(t, hd_tuple_at_borrowed(pair, 0));
        HD_OWNED HdValue value = list ? hd_list_get(t, pair, 1) : hd_retain(t, hd_tuple_at_borrowed(pair, 1));
        if (hd_is_null(key) || hd_is_null(value)) { /* another thread shortened the list */
            return hd_raise_int(t, &hd_ValueError,
                                "dictionary update sequence element #%zd has length %zd; 2 is required", i, (HdSize)1);
        }
        int64_t hash = hd_key_hash(t, key);
        if (hash == -1 || merge_one(t, dict, key, hash, value, override) < 0) return -1;
        if ((i & 1023) == 1023 && hd_object_poll(t) < 0) return -1;
    }
}

int hd_dict_merge(HdThread *t, HdValue dict, HdValue other, int override) {
    if (hd_is_dict(other) && hd_type_of(other)->iter == hd_dict_type.iter) return merge_dict(t, dict, other, override);
    HdValue keys;
    int mapping = hd_is_dict(other) ? 1 : hd_object_find_attr(t, other, HD_NAME("keys"), &keys);
    if (mapping < 0) return -1;
    if (mapping && !hd_is_dict(other)) hd_release(t, keys);
    return mapping ? merge_mapping(t, dict, other, override) : merge_pairs(t, dict, other, override);
}

/* --- lists of contents, at one moment --- */

static HdValue contents_list(HdThread *t, HdValue dict, int what) { /* 0 keys, 1 values, 2 items */
    HdDict *d = DICT(dict);
    HdValue result;
    for (;;) { /* the pairs are made first: nothing is allocated for the collector once the list is being filled */
        HdSize used = HD_LOAD_RELAXED(&d->used), i = 0;
        result = hd_list_new(t, used);
        if (hd_is_null(result)) return HD_NULL;
        HdList *list = HD_AS(HdList, result);
        if (what == 2) {
            for (; i < used; i++) {
                HdValue pair = hd_tuple_new(t, 2);
                if (hd_is_null(pair)) {
                    hd_release(t, result);
                    return HD_NULL;
                }
                list->array->at[i] = pair;
                list->length = i + 1;
            }
        }
        hd_lock_object(t, &d->head);
        if (HD_LIKELY(d->used == used)) break;
        hd_unlock_object(t, &d->head);
        hd_release(t, result);
    }
    HdList *list = HD_AS(HdList, result);
    HdSize count = 0;
    for (HdSize i = 0; i < d->keys->entry_count; i++) {
        HdDictEntry *e = &d->keys->entries[i];
        if (hd_is_null(e->value)) continue;
        HdValue *to = &list->array->at[count++];
        if (what == 2) {
            hd_tuple_put_steal(*to, 0, hd_retain(t, e->key));
            hd_tuple_put_steal(*to, 1, hd_retain(t, e->value));
        } else {
            *to = hd_retain(t, what ? e->value : e->key);
        }
    }
    list->length = count;
    hd_unlock_object(t, &d->head);
    return result;
}
HdValue hd_dict_keys_list(HdThread *t, HdValue dict) { return contents_list(t, dict, 0); }
HdValue hd_dict_values_list(HdThread *t, HdValue dict) { return contents_list(t, dict, 1); }
HdValue hd_dict_items_list(HdThread *t, HdValue dict) { return contents_list(t, dict, 2); }

/* --- stepping --- */

bool hd_dict_next_borrowed(HdValue dict, HdSize *position, HdValue *key, HdValue *value) {
    HdDictKeys *k = DICT(dict)->keys;
    HdSize at = *position;
    while (at < k->entry_count && hd_is_null(k->entries[at].value)) at++;
    if (at >= k->entry_count) return false;
    *position = at + 1;
    if (key) *key = k->entries[at].key;
    if (value) *value = k->entries[at].value;
    return true;
}

/* Entry `at` with references; false when it is empty or was changed meanwhile. */
static bool read_entry(HdThread *t, HdDict *d, HdDictKeys *k, HdSize at, HdValue *key, HdValue *value, int64_t *hash) {
    HdDictEntry *e = &k->entries[at];
    HdValue own = hd_slot_read(t, &e->key, &d->head);
    if (hd_is_null(own)) return false;
    HdValue v = hd_slot_read(t, &e->value, &d->head);
    *hash = HD_LOAD_ACQUIRE(&e->hash);
    if (hd_is_null(v) || (t->locks && (HD_LOAD_ACQUIRE(&d->keys) != k || HD_LOAD_ACQUIRE(&e->key.bits) != own.bits))) {
        hd_release(t, own);
        hd_release(t, v);
        return false;
    }
    *key = own;
    *value = v;
    return true;
}

int hd_dict_next_hash(HdThread *t, HdValue dict, HdSize *position, HdValue *key, HdValue *value, int64_t *hash) {
    HdDict *d = DICT(dict);
    for (;;) {
        HdDictKeys *k = HD_LOAD_ACQUIRE(&d->keys);
        HdSize count = HD_LOAD_ACQUIRE(&k->entry_count), at = *position;
        HdSize first = HD_LOAD_RELAXED(&k->first);
        if (at < first) at = first;
        while (at < count && !HD_LOAD_ACQUIRE(&k->entries[at].value.bits)) at++;
        if (at >= count) {
            if (HD_LOAD_ACQUIRE(&d->keys) != k) continue;
            *position = at;
            return 0;
        }
        if (HD_LIKELY(read_entry(t, d, k, at, key, value, hash))) {
            *position = at + 1;
            return 1;
        }
    }
}

int hd_dict_next(HdThread *t, HdValue dict, HdSize *position, HdValue *key, HdValue *value) {
    int64_t hash;
    return hd_dict_next_hash(t, dict, position, key, value, &hash);
}

int hd_dict_previous(HdThread *t, HdValue dict, HdSize *position, HdValue *key, HdValue *value) {
    HdDict *d = DICT(dict);
    int64_t hash;
    for (;;) {
        HdDictKeys *k = HD_LOAD_ACQUIRE(&d->keys);
        HdSize count = HD_LOAD_ACQUIRE(&k->entry_count), at = *position < count ? *position : count;
        while (at > 0 && !HD_LOAD_ACQUIRE(&k->entries[at - 1].value.bits)) at--;
        if (at == 0) {
            if (HD_LOAD_ACQUIRE(&d->keys) != k) continue;
            *position = 0;
            return 0;
        }
        if (HD_LIKELY(read_entry(t, d, k, at - 1, key, value, &hash))) {
            *position = at - 1;
            return 1;
        }
    }
}

/* --- inline caches --- */

uint32_t hd_dict_keys_version(HdThread *t, HdDict *d) {
    HdDictKeys *k = HD_LOAD_ACQUIRE(&d->keys);
    uint32_t version = HD_LOAD_ACQUIRE(&k->version);
    if (version) return version;
    hd_lock_object(t, &d->head);
    k = d->keys;
    version = k->version;
    if (!version && k->only_str) {
        do { /* 0 says none, 1 is the empty table; used up at the end */
            version = HD_LOAD_RELAXED(&hd_runtime.next_keys_version);
            if (version == UINT32_MAX) break;
        } while (!HD_CAS(&hd_runtime.next_keys_version, &version, version < 1 ? 2 : version + 1));
        version = version == UINT32_MAX ? 0 : version < 1 ? 2 : version + 1;
        HD_STORE_RELEASE(&k->version, version);
    }
    hd_unlock_object(t, &d->head);
    return version;
}

HdSize hd_dict_entry_index(HdThread *t, HdValue dict, HdValue key) {
    HdDict *d = DICT(dict);
    hd_lock_object(t, &d->head);
    HdSize at = d->keys->native ? find_alone(d->keys, key, hd_str_hash(key)) : -1;
    hd_unlock_object(t, &d->head);
    return at;
}

/* --- life, for dict.c --- */

void hd_dict_make_empty(HdValue dict) { DICT(dict)->keys = EMPTY_KEYS; }
void hd_dict_release_all(HdThread *t, HdObject *dict) { hd_dict_table_free(t, (HdDict *)dict); }
void hd_dict_table_init(HdDict *d) { d->keys = EMPTY_KEYS; }
void hd_dict_table_free(HdThread *t, HdDict *d) {
    HdDictKeys *k = d->keys;
    if (!k || k == EMPTY_KEYS) return;
    for (HdSize i = 0; i < k->entry_count; i++) {
        hd_release(t, k->entries[i].value);
        hd_release(t, k->entries[i].key);
    }
    if (t->locks) hd_heap_raw_retire(t, k, keys_bytes(k->log2_size));
    else hd_heap_raw_free(t, k, keys_bytes(k->log2_size));
}
size_t hd_dict_table_bytes(HdDict *d) { return d->keys == EMPTY_KEYS ? 0 : keys_bytes(d->keys->log2_size); }
int hd_dict_table_traverse(HdDict *d, HdVisit visit, void *context) {
    HdDictKeys *k = d->keys;
    if (!k) return 0;
    for (HdSize i = 0; i < k->entry_count; i++) {
        HD_VISIT(k->entries[i].value);
        if (!k->only_str) HD_VISIT(k->entries[i].key);
    }
    return 0;
}
