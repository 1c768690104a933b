/* dict.h -- dict: a compact ordered table (Raymond Hettinger's design) whose key table is replaced whole.
 *
 * `keys` holds an index table and the entries in insertion order. Changes hold the dict's lock; lookups do not: they
 * load `keys` with acquire, and a replaced table is freed through an epoch. A table whose keys are all exact str
 * compares by pointer, then hash and text, and runs no Python.
 * keys->version: nonzero while no key was added, removed or the table replaced since an inline cache asked for it.
 */
#ifndef HD_DICT_H
#define HD_DICT_H

#include "object.h"
#include "str.h"

typedef struct HdDictEntry {
    int64_t hash;
    HdValue key, value; /* key HD_NULL: deleted entry */
} HdDictEntry;
typedef struct HdDictKeys {
    uint32_t version;     /* atomic; 0: none given out */
    uint8_t log2_size;    /* slots in the index table */
    uint8_t log2_index;   /* bytes an index: 1 << log2_index */
    uint8_t only_str;     /* all keys are exact str */
    uint8_t native;       /* all keys are exact str, immediate numbers or None: comparing them runs no Python */
    HdSize usable;        /* entries that may still be added */
    HdSize entry_count;   /* entries used, deleted ones included; written with release */
    HdSize first;         /* no entry before this one is alive */
    uint64_t born;        /* the dict's `changes` when this became its table: the next one may lie at the same address */
    HdDictEntry *entries; /* behind the indices, in the same block */
    char indices[];       /* -1 empty, -2 deleted, else entry number */
} HdDictKeys;
typedef struct HdDict {
    HdObject head;
    HdSize used;
    HdDictKeys *keys; /* never NULL; the empty table is shared and immutable */
    uint64_t changes; /* grows with each key added or removed and with each new table; atomic */
} HdDict;
/* dict_keys, dict_values, dict_items and mappingproxy */
typedef struct HdDictView {
    HdObject head;
    HdValue dict;
} HdDictView;
typedef struct HdDictIterator {
    HdObject head;
    HdValue dict;         /* HD_NULL: exhausted */
    HdSize position, left; /* next entry; keys still to come */
    HdSize used;          /* length when it was made; -1: the dict changed, each step raises */
    HdValue result;       /* items: the pair given last, filled again when nobody kept it */
} HdDictIterator;
extern HdType hd_dict_type, hd_dict_keys_type, hd_dict_values_type, hd_dict_items_type, hd_mappingproxy_type;
extern HdType hd_dict_key_iterator_type, hd_dict_value_iterator_type, hd_dict_item_iterator_type;
extern HdType hd_dict_reverse_key_iterator_type, hd_dict_reverse_value_iterator_type, hd_dict_reverse_item_iterator_type;

HD_INLINE bool hd_is_dict(HdValue v) { return hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags & HD_TYPE_DICT); }
HD_INLINE bool hd_is_exact_dict(HdValue v) { return hd_is_exact_object(v, &hd_dict_type); }
HdValue hd_dict_new(HdThread *t) HD_CHECK;
HdValue hd_dict_new_sized(HdThread *t, HdSize expected) HD_CHECK;
HD_INLINE HdSize hd_dict_length(HdValue d) { return HD_LOAD_RELAXED(&HD_AS(HdDict, d)->used); }
/* 1 found (*out owned), 0 not there, -1 raised by a key's __eq__ or __hash__. Takes no lock. */
int hd_dict_find(HdThread *t, HdValue dict, HdValue key, HdValue *out) HD_CHECK;
int hd_dict_find_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue *out) HD_CHECK;
/* For str keys and dicts whose keys are all str this raises nothing and runs no Python: owned or HD_NULL. */
HdValue hd_dict_get_str(HdThread *t, HdValue dict, HdValue str_key);
HdValue hd_dict_get_text(HdThread *t, HdValue dict, const char *key); /* owned or HD_NULL, no exception */
int hd_dict_contains(HdThread *t, HdValue dict, HdValue key) HD_CHECK;
int hd_dict_set(HdThread *t, HdValue dict, HdValue key, HdValue value) HD_CHECK;
int hd_dict_set_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue value) HD_CHECK;
int hd_dict_set_text(HdThread *t, HdValue dict, const char *key, HdValue value) HD_CHECK; /* key interned */
/* setdefault: the value now in the dict, owned. */
HdValue hd_dict_set_default(HdThread *t, HdValue dict, HdValue key, HdValue value) HD_CHECK;
HdValue hd_dict_set_default_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue value,
                                 bool *inserted) HD_CHECK;
int hd_dict_delete(HdThread *t, HdValue dict, HdValue key) HD_CHECK; /* KeyError */
/* 1 and *out owned, 0 not there, -1 raised. */
int hd_dict_pop(HdThread *t, HdValue dict, HdValue key, HdValue *out) HD_CHECK;
int hd_dict_pop_hash(HdThread *t, HdValue dict, HdValue key, int64_t hash, HdValue *out) HD_CHECK;
int hd_dict_clear(HdThread *t, HdValue dict) HD_CHECK;
HdValue hd_dict_copy(HdThread *t, HdValue dict) HD_CHECK;
/* dict.update(other): mapping or iterable of pairs. override: 0 keep existing, 1 replace, 2 raise KeyError on duplicates. */
int hd_dict_merge(HdThread *t, HdValue dict, HdValue other, int override) HD_CHECK;
HdValue hd_dict_keys_list(HdThread *t, HdValue dict) HD_CHECK;
HdValue hd_dict_values_list(HdThread *t, HdValue dict) HD_CHECK;
HdValue hd_dict_items_list(HdThread *t, HdValue dict) HD_CHECK;
/* Steps through the entries: *position starts at 0; lent key and value. Safe only while nobody changes the dict. */
bool hd_dict_next_borrowed(HdValue dict, HdSize *position, HdValue *key, HdValue *value);
/* The same with owned key and value, safe beside other threads; 1, 0 at the end. */
int hd_dict_next(HdThread *t, HdValue dict, HdSize *position, HdValue *key, HdValue *value);
int hd_dict_next_hash(HdThread *t, HdValue dict, HdSize *position, HdValue *key, HdValue *value, int64_t *hash);
/* Backwards: *position starts at HD_SIZE_MAX. */
int hd_dict_previous(HdThread *t, HdValue dict, HdSize *position, HdValue *key, HdValue *value);
/* Removes the last entry: 1 and both owned, 0 when empty. */
int hd_dict_pop_item(HdThread *t, HdValue dict, HdValue *key, HdValue *value);
int hd_dict_pop_first(HdThread *t, HdValue dict, HdValue *key, HdValue *value); /* the first entry */
/* Moves a key to the end or to the front: 1, 0 when it is not there, -1 raised. */
int hd_dict_move(HdThread *t, HdValue dict, HdValue key, bool to_end) HD_CHECK;
void hd_dict_make_empty(HdValue dict); /* for `create` of native subtypes: a fresh, zeroed instance becomes a dict */
void hd_dict_release_all(HdThread *t, HdObject *dict); /* for their dealloc */
HdValue hd_dict_view_new(HdThread *t, HdType *type, HdValue dict) HD_CHECK;
int hd_dict_update_call(HdThread *t, HdValue dict, const HdRef *args, HdSize nargs, HdValue kwnames,
                        const char *name) HD_CHECK; /* dict.update(*args, **kwargs) */
HdValue hd_mappingproxy_new(HdThread *t, HdValue mapping) HD_CHECK;

/* --- for inline caches: globals and builtins --- */
/* A version of the key table, given out on demand (0: none to be had); entry number of a str key or -1. */
uint32_t hd_dict_keys_version(HdThread *t, HdDict *dict);
HdSize hd_dict_entry_index(HdThread *t, HdValue dict, HdValue str_key);
int hd_dict_init(HdThread *t) HD_CHECK;

#endif
