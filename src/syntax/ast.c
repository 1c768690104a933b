/* ast.c -- class descriptions, interned names and node allocation; see ast.h. Parks nowhere, takes no locks. */
#include "ast.h"

/* A row without a name ends each run, so that a class without fields is not an empty array. */
#define HD_AST_FIELD(class, type, count, name)                                                                        \
    {#name, HD_AST_SUM_##type, HD_AST_##count, offsetof(HdAst##class, name)},
#define HD_AST_NODE(sum, class, fields) static const HdAstFieldInfo fields_of_##class[] = {fields{NULL, 0, 0, 0}};
#include "ast.def"

const HdAstClassInfo hd_ast_classes[HD_AST_KIND_COUNT] = {
#define HD_AST_NODE(sum, class, fields)                                                                               \
    [HD_AST_##class] = {#class, HD_AST_SUM_##sum, HD_COUNT_OF(fields_of_##class) - 1, sizeof(HdAst##class),           \
                        fields_of_##class},
#include "ast.def"
};

const HdAstSumInfo hd_ast_sums[HD_AST_SUM_COUNT] = {
#define HD_AST_SUM(sum, attributes) [HD_AST_SUM_##sum] = {#sum, attributes, attributes == 2, false, false},
#define HD_AST_PRODUCT(class, attributes) [HD_AST_SUM_##class] = {#class, attributes, attributes == 2, true, false},
#define HD_AST_OPERATOR_SUM(sum) [HD_AST_SUM_##sum] = {#sum, false, false, false, true},
#include "ast.def"
    [HD_AST_SUM_identifier] = {"identifier", false, false, false, false},
    [HD_AST_SUM_string] = {"string", false, false, false, false},
    [HD_AST_SUM_int] = {"int", false, false, false, false},
    [HD_AST_SUM_constant] = {"constant", false, false, false, false},
};

const HdAstOperatorInfo hd_ast_operators[HD_AST_OPERATOR_COUNT] = {
#define HD_AST_OPERATOR(sum, class, text) [HD_AST_##class] = {#class, text, HD_AST_SUM_##sum},
#include "ast.def"
};

HdAstNames *hd_ast_names_new(HdArena *arena) {
    HdAstNames *names = hd_arena_alloc(arena, sizeof *names);
    if (!names) return NULL;
    names->arena = arena;
    names->mask = 255;
    names->buckets = hd_arena_alloc(arena, (names->mask + 1) * sizeof *names->buckets);
    return names->buckets ? names : NULL;
}

/* Doubles the buckets; the old array stays in the arena. Without memory the chains just grow longer. */
static void names_grow(HdAstNames *names) {
    uint32_t mask = names->mask * 2 + 1;
    HdName **buckets = hd_arena_alloc(names->arena, ((size_t)mask + 1) * sizeof *buckets);
    if (!buckets) return;
    for (uint32_t i = 0; i <= names->mask; i++)
        for (HdName *name = names->buckets[i], *next; name; name = next) {
            next = name->next;
            name->next = buckets[name->hash & mask];
            buckets[name->hash & mask] = name;
        }
    names->buckets = buckets;
    names->mask = mask;
}

HdName *hd_ast_intern(HdAstNames *names, const char *bytes, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
    hash ^= hash >> 15;
    for (HdName *name = names->buckets[hash & names->mask]; name; name = name->next)
        if (name->hash == hash && name->length == length && memcmp(name->bytes, bytes, length) == 0) return name;
    if (length > UINT32_MAX / 2) return NULL;
    HdName *name = hd_arena_alloc(names->arena, sizeof *name + length + 1);
    if (!name) return NULL;
    name->length = (uint32_t)length;
    name->hash = hash;
    memcpy(name->bytes, bytes, length);
    name->next = names->buckets[hash & names->mask];
    names->buckets[hash & names->mask] = name;
    if (++names->count > names->mask) names_grow(names);
    return name;
}

HdNode *hd_ast_new(HdArena *arena, HdAstKind kind) {
    HdNode *node = hd_arena_alloc(arena, hd_ast_classes[kind].size);
    if (node) node->kind = (uint8_t)kind;
    return node;
}

HdAstString *hd_ast_string(HdArena *arena, const char *bytes, size_t length) {
    HdAstString *string = hd_arena_alloc(arena, sizeof *string + length + 1);
    if (!string) return NULL;
    string->length = (HdSize)length;
    memcpy(string->bytes, bytes, length);
    return string;
}

HdAstConstant *hd_ast_docstring(const HdNodeList *body) {
    if (body->count == 0 || body->items[0]->kind != HD_AST_Expr) return NULL;
    HdNode *value = HD_AST(Expr, body->items[0])->value;
    if (value->kind != HD_AST_Constant || HD_AST(Constant, value)->value.kind != HD_CONSTANT_STR) return NULL;
    return HD_AST(Constant, value);
}
