/* constant.c -- constants of a compilation: one object for all that are equal in type and value.
 *
 * 1, 1.0 and True are three constants; so are 0.0 and -0.0. Tuples and frozensets are compared by their parts. The
 * table owns every value for as long as the compilation runs. No Python code runs here: only exact built-in types
 * are looked into, everything else is its own constant. Takes no locks.
 */
#include "bytes.h"
#include "compiler.h"
#include "const_key.h"
#include "float.h"
#include "int.h"

static bool table_grow(HdCompiler *c, HdConstTable *table) {
    int capacity = table->capacity;
    HdValue *items = hd_compiler_grow(c, table->items, table->count, &capacity, sizeof *items);
    if (!items) return false;
    if (items == table->items) return true;
    int64_t *hashes = hd_compiler_alloc(c, (size_t)capacity * sizeof *hashes);
    uint32_t mask = 15;
    while (mask < (uint32_t)capacity * 2) mask = mask * 2 + 1;
    int32_t *slots = hd_compiler_alloc(c, ((size_t)mask + 1) * sizeof *slots);
    if (!hashes || !slots) return false;
    if (table->count) memcpy(hashes, table->hashes, (size_t)table->count * sizeof *hashes);
    for (int i = 0; i < table->count; i++) {
        uint32_t at = (uint32_t)(hashes[i] >> 20) & mask;
        while (slots[at]) at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    table->items = items;
    table->hashes = hashes;
    table->table = slots;
    table->mask = mask;
    table->capacity = capacity;
    return true;
}

HdValue hd_constant_canonical_steal(HdCompiler *c, HdValue v) {
    if (hd_is_null(v)) {
        hd_compiler_failed(c);
        return HD_NULL;
    }
    if (!hd_is_object(v) || hd_is_none(v)) return v; /* immediate: nothing to own */
    HdConstTable *table = &c->constants;
    if (!table_grow(c, table)) {
        hd_release(c->t, v);
        return HD_NULL;
    }
    int64_t hash = hd_const_key_hash(c->t, v);
    uint32_t at = (uint32_t)(hash >> 20) & table->mask;
    for (; table->table[at]; at = (at + 1) & table->mask) {
        int i = table->table[at] - 1;
        if (table->hashes[i] != hash || !hd_const_key_same(c->t, table->items[i], v)) continue;
        hd_release(c->t, v);
        return table->items[i];
    }
    table->items[table->count] = v;
    table->hashes[table->count] = hash;
    table->table[at] = ++table->count;
    return v;
}

void hd_constant_release_all(HdCompiler *c) {
    for (int i = 0; i < c->constants.count; i++) hd_release(c->t, c->constants.items[i]);
    c->constants.count = 0;
}

HdValue hd_compile_constant(HdThread *t, const HdConstant *constant) {
    switch (constant->kind) {
    case HD_CONSTANT_NONE: return hd_None;
    case HD_CONSTANT_TRUE: return hd_True;
    case HD_CONSTANT_FALSE: return hd_False;
    case HD_CONSTANT_ELLIPSIS: return hd_Ellipsis;
    case HD_CONSTANT_INT: return hd_int_from_i64(t, constant->integer);
    case HD_CONSTANT_BIG_INT: return hd_int_from_text(t, constant->bytes, constant->length, constant->base);
    case HD_CONSTANT_FLOAT: return hd_float_new(t, constant->real);
    case HD_CONSTANT_COMPLEX: return hd_complex_new(t, constant->real, constant->imag);
    case HD_CONSTANT_STR:
        if (constant->ascii) return hd_str_from_ascii(t, constant->bytes, constant->length);
        return hd_str_from_wtf8(t, constant->bytes, constant->length);
    case HD_CONSTANT_BYTES: return hd_bytes_new(t, constant->bytes, constant->length);
    case HD_CONSTANT_OBJECT: return hd_retain(t, (HdValue){constant->object});
    }
    return HD_NULL;
}

/* HdNode.marks of a Constant whose value is in the table already. */
enum { KEPT = 1 };

/* Strings that look like names are interned: they will be looked up. */
static bool is_name(HdValue v) {
    HdSize length = hd_str_length(v);
    if (!hd_str(v)->ascii || length > 256) return false;
    for (HdSize i = 0; i < length; i++) {
        uint32_t ch = hd_str_at(v, i);
        if (!((ch | 32) >= 'a' && (ch | 32) <= 'z') && !(ch >= '0' && ch <= '9') && ch != '_') return false;
    }
    return true;
}

HdValue hd_constant_of_node(HdCompiler *c, HdAstConstant *node) {
    if (c->failed) return HD_NULL;
    if (node->value.kind == HD_CONSTANT_OBJECT && node->head.marks == KEPT) return (HdValue){node->value.object};
    HdValue v = hd_compile_constant(c->t, &node->value);
    if (!hd_is_null(v) && hd_is_exact_str(v) && is_name(v)) v = hd_str_intern_steal(c->t, v);
    v = hd_constant_canonical_steal(c, v);
    if (hd_is_null(v)) return v;
    node->value.kind = HD_CONSTANT_OBJECT;
    node->value.object = v.bits;
    node->head.marks = KEPT;
    return v;
}

HdNode *hd_constant_node_steal(HdCompiler *c, HdValue v, const HdNode *at) {
    v = hd_constant_canonical_steal(c, v);
    if (c->failed) return NULL;
    HdAstConstant *node = hd_compiler_alloc(c, sizeof *node);
    if (!node) return NULL;
    node->head = *at;
    node->head.kind = HD_AST_Constant;
    node->value.kind = HD_CONSTANT_OBJECT;
    node->value.object = v.bits;
    return &node->head;
}

static uint32_t word_hash(HdValue v) { return (uint32_t)((v.bits * 0x9E3779B97F4A7C15u) >> 40); }

/* Index of a canonical constant among those of one code object, added if new. */
int hd_constant_index(HdCompiler *c, HdConstMap *map, HdValue v) {
    if (c->failed) return 0;
    if (!map->table || map->count * 2 > (int)map->mask) {
        uint32_t mask = map->mask ? map->mask * 2 + 1 : 15;
        int32_t *table = hd_compiler_alloc(c, ((size_t)mask + 1) * sizeof *table);
        if (!table) return 0;
        for (int i = 0; i < map->count; i++) {
            uint32_t at = word_hash(map->items[i]) & mask;
            while (table[at]) at = (at + 1) & mask;
            table[at] = i + 1;
        }
        map->table = table;
        map->mask = mask;
    }
    uint32_t at = word_hash(v) & map->mask;
    for (; map->table[at]; at = (at + 1) & map->mask)
        if (hd_same(map->items[map->table[at] - 1], v)) return map->table[at] - 1;
    HdValue *items = hd_compiler_grow(c, map->items, map->count, &map->capacity, sizeof *items);
    if (!items) return 0;
    map->items = items;
    map->items[map->count] = v;
    map->table[at] = ++map->count;
    return map->count - 1;
}
