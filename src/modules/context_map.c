/* context_map.c -- see context_map.h. Runs no Python but when it drops references.
 *
 * The hash of a key is its address, mixed so that no two addresses collide; each level of nodes uses five of its bits.
 */
#include "context_map.h"

enum { LEVEL_BITS = 5, LEVEL_MASK = 31 };

/* One pair of slots for each bit set: a key and its value, or HD_NULL and a node of the next level. */
typedef struct Node {
    HdObject head;
    HdSize length; /* keys here and below */
    uint32_t bitmap;
    HdValue at[];
} Node;
#define NODE(v) HD_AS(Node, v)

static int pairs(const Node *n) { return __builtin_popcount(n->bitmap); }

static uint64_t hash_of(HdValue key) {
    uint64_t h = (key.bits >> 3) * 0x9E3779B97F4A7C15u; /* both steps can be undone: no collisions */
    return h ^ h >> 32;
}
static uint32_t bit_of(uint64_t hash, int shift) { return 1u << (hash >> shift & LEVEL_MASK); }
static int index_of(const Node *n, uint32_t bit) { return __builtin_popcount(n->bitmap & (bit - 1)); }

/* --- the type --- */

static HdSize node_var_size(HdObject *self) {
    return (HdSize)(sizeof(Node) + 2 * (size_t)pairs((Node *)self) * sizeof(HdValue));
}
static int node_traverse(HdObject *self, HdVisit visit, void *context) {
    Node *n = (Node *)self;
    for (int i = 0; i < 2 * pairs(n); i++) HD_VISIT(n->at[i]);
    return 0;
}
static void node_dealloc(HdThread *t, HdObject *self) {
    Node *n = (Node *)self;
    for (int i = 0; i < 2 * pairs(n); i++) hd_clear_slot(t, &n->at[i]);
    hd_type_free(t, self);
}
HdType hd_context_map_node_type = {
    HD_TYPE_HEAD("hamt_bitmap_node"),
    .basicsize = sizeof(Node),
    .itemsize = 2 * sizeof(HdValue),
    .var_size = node_var_size,
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = node_dealloc,
    .traverse = node_traverse,
};

static Node *new_node(HdThread *t, uint32_t bitmap, HdSize length) {
    size_t size = sizeof(Node) + 2 * (size_t)__builtin_popcount(bitmap) * sizeof(HdValue);
    Node *n = (Node *)hd_as_object(hd_type_alloc_var(t, &hd_context_map_node_type, (HdSize)size));
    if (!n) return NULL;
    n->bitmap = bitmap;
    n->length = length;
    return n;
}

/* A copy of `from` with `bitmap`, which has a pair more, a pair less or the same ones; the pair at `bit` stays empty.
 */
static Node *copy_but(HdThread *t, Node *from, uint32_t bitmap, uint32_t bit, HdSize length) {
    Node *n = new_node(t, bitmap, length);
    if (!n) return NULL;
    for (uint32_t left = bitmap & from->bitmap & ~bit; left; left &= left - 1) {
        uint32_t one = left & -left;
        HdValue *source = &from->at[2 * index_of(from, one)], *target = &n->at[2 * index_of(n, one)];
        target[0] = hd_retain(t, source[0]);
        target[1] = hd_retain(t, source[1]);
    }
    return n;
}
/* Fills the pair at `bit`; `second` is taken over. */
static HdValue with_pair(HdThread *t, Node *n, uint32_t bit, HdValue first, HdValue second) {
    if (!n) {
        hd_release(t, second);
        return HD_NULL;
    }
    HdValue *pair = &n->at[2 * index_of(n, bit)];
    pair[0] = hd_retain(t, first);
    pair[1] = second;
    return hd_from_object(n);
}

/* --- reading --- */

HdSize hd_context_map_length(HdValue map) { return hd_is_null(map) ? 0 : NODE(map)->length; }

HdValue hd_context_map_find_borrowed(HdValue map, HdValue key) {
    uint64_t hash = hash_of(key);
    for (int shift = 0; !hd_is_null(map); shift += LEVEL_BITS) {
        Node *n = NODE(map);
        uint32_t bit = bit_of(hash, shift);
        if (!(n->bitmap & bit)) return HD_NULL;
        HdValue *pair = &n->at[2 * index_of(n, bit)];
        if (!hd_is_null(pair[0])) return hd_same(pair[0], key) ? pair[1] : HD_NULL;
        map = pair[1];
    }
    return HD_NULL;
}

static void flatten(HdThread *t, Node *n, HdValue tuple, HdSize *next) {
    for (int i = 0; i < pairs(n); i++) {
        HdValue *pair = &n->at[2 * i];
        if (hd_is_null(pair[0])) {
            flatten(t, NODE(pair[1]), tuple, next);
            continue;
        }
        hd_tuple_put_steal(tuple, (*next)++, hd_retain(t, pair[0]));
        hd_tuple_put_steal(tuple, (*next)++, hd_retain(t, pair[1]));
    }
}
HdValue hd_context_map_flatten(HdThread *t, HdValue map) {
    HdValue tuple = hd_tuple_new(t, 2 * hd_context_map_length(map));
    HdSize next = 0;
    if (!hd_is_null(tuple) && !hd_is_null(map)) flatten(t, NODE(map), tuple, &next);
    return tuple;
}

/* --- changing --- */

static HdValue set(HdThread *t, HdValue map, int shift, HdValue key, uint64_t hash, HdValue value) {
    uint32_t bit = bit_of(hash, shift);
    if (hd_is_null(map)) return with_pair(t, new_node(t, bit, 1), bit, key, hd_retain(t, value));
    Node *n = NODE(map);
    if (!(n->bitmap & bit)) {
        return with_pair(t, copy_but(t, n, n->bitmap | bit, bit, n->length + 1), bit, key, hd_retain(t, value));
    }
    HdValue *pair = &n->at[2 * index_of(n, bit)];
    if (hd_same(pair[0], key))
        return with_pair(t, copy_but(t, n, n->bitmap, bit, n->length), bit, key, hd_retain(t, value));
    HdValue below;
    HdSize before = 1;
    if (hd_is_null(pair[0])) {
        before = NODE(pair[1])->length;
        below = set(t, pair[1], shift + LEVEL_BITS, key, hash, value);
    } else { /* two keys that part further down */
        HD_OWNED HdValue alone = set(t, HD_NULL, shift + LEVEL_BITS, pair[0], hash_of(pair[0]), pair[1]);
        below = hd_is_null(alone) ? HD_NULL : set(t, alone, shift + LEVEL_BITS, key, hash, value);
    }
    if (hd_is_null(below)) return HD_NULL;
    HdSize length = n->length - before + NODE(below)->length;
    return with_pair(t, copy_but(t, n, n->bitmap, bit, length), bit, HD_NULL, below);
}
HdValue hd_context_map_set(HdThread *t, HdValue map, HdValue key, HdValue value) {
    return set(t, map, 0, key, hash_of(key), value);
}

static int remove_from(HdThread *t, HdValue map, int shift, HdValue key, uint64_t hash, HdValue *out) {
    Node *n = NODE(map);
    uint32_t bit = bit_of(hash, shift);
    HdValue *pair = &n->at[2 * index_of(n, bit)];
    HD_OWNED HdValue below = HD_NULL;
    *out = HD_NULL;
    if (hd_is_null(pair[0]) && remove_from(t, pair[1], shift + LEVEL_BITS, key, hash, &below) < 0) return -1;
    if (hd_is_null(below)) {
        if (n->bitmap == bit) return 0;
        *out = hd_from_object(copy_but(t, n, n->bitmap & ~bit, bit, n->length - 1));
    } else {
        HdValue *only = NODE(below)->at; /* a key alone down there moves up */
        bool single = NODE(below)->length == 1 && !hd_is_null(only[0]);
        *out = with_pair(t, copy_but(t, n, n->bitmap, bit, n->length - 1), bit, single ? only[0] : HD_NULL,
                         hd_retain(t, single ? only[1] : below));
    }
    return hd_is_null(*out) ? -1 : 0;
}
int hd_context_map_remove(HdThread *t, HdValue map, HdValue key, HdValue *out) {
    return remove_from(t, map, 0, key, hash_of(key), out);
}
