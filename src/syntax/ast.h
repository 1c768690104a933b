/* ast.h -- the abstract syntax tree: what the parser makes and the compiler reads. Generated from ast.def.
 *
 * Each node class X of ast.def is a struct HdAstX whose first member `head` is an HdNode (kind and position), so a
 * HdNode* names any node and HD_AST(X, node) is the checked cast down. Field names are those of Python's `ast`.
 *
 *     switch (node->kind) {
 *     case HD_AST_If: {
 *         HdAstIf *n = HD_AST(If, node);
 *         compile_test(c, n->test);                                   // expr ONE or OPT: HdNode * (NULL when absent)
 *         for (int i = 0; i < n->body.count; i++) visit(c, n->body.items[i]);   // MANY: HdNodeList
 *
 * C types of fields:   sum or product          HdNode *            MANY: HdNodeList (an item may be NULL, see ast.def)
 *                      identifier              HdName *            MANY: HdNameList
 *                      operator sums           uint8_t             MANY: HdOpList     values: HD_AST_Add, HD_AST_Load ...
 *                      string                  HdAstString *       (NULL when absent)
 *                      constant                HdConstant          (inside the node)
 *                      int                     int
 *
 * Names are interned in the arena of the tree: within one HdAstNames equal names are equal pointers. A name is UTF-8,
 * already NFKC-normalised. Nodes, lists and bytes all live in that arena and are never freed alone.
 * lineno starts at 1; col_offset counts UTF-8 bytes from 0; the end points behind the last byte.
 * Classes without attributes (comprehension, arguments, withitem, match_case, mod) leave the position 0, except that
 * `arguments` etc. may hold one for error messages.
 *
 * Trees built from Python `ast` objects use the same structs: their constants may be any object (HD_CONSTANT_OBJECT).
 */
#ifndef HD_AST_H
#define HD_AST_H

#include "arena.h"
#include "base.h"

typedef enum HdAstKind {
    HD_AST_NONE,
#define HD_AST_NODE(sum, class, fields) HD_AST_##class,
#include "ast.def"
    HD_AST_KIND_COUNT
} HdAstKind;

/* One enumeration over all operator classes, so that a value names its class without its sum. */
typedef enum HdAstOperator {
    HD_AST_NO_OPERATOR,
#define HD_AST_OPERATOR(sum, class, text) HD_AST_##class,
#include "ast.def"
    HD_AST_OPERATOR_COUNT
} HdAstOperator;

/* Sums and products by name: HD_AST_SUM_stmt, HD_AST_SUM_arg, ...; then the primitive field types. */
typedef enum HdAstSum {
    HD_AST_SUM_NONE,
#define HD_AST_SUM(sum, attributes) HD_AST_SUM_##sum,
#define HD_AST_PRODUCT(class, attributes) HD_AST_SUM_##class,
#define HD_AST_OPERATOR_SUM(sum) HD_AST_SUM_##sum,
#include "ast.def"
    HD_AST_SUM_identifier,
    HD_AST_SUM_string,
    HD_AST_SUM_int,
    HD_AST_SUM_constant,
    HD_AST_SUM_COUNT
} HdAstSum;

typedef struct HdNode {
    uint8_t kind;  /* HdAstKind */
    uint8_t marks; /* private to whoever works on the tree at the moment; 0 from the parser */
    int32_t lineno, col_offset, end_lineno, end_col_offset;
} HdNode;

typedef struct HdName {
    uint32_t length, hash;
    struct HdName *next; /* in the bucket of its HdAstNames */
    void *user;          /* for the compiler: an interned str, an index; NULL from the parser */
    char bytes[];        /* NUL-terminated */
} HdName;

typedef struct HdAstString {
    HdSize length;
    char bytes[]; /* NUL-terminated */
} HdAstString;

typedef struct HdNodeList {
    HdNode **items;
    int count;
} HdNodeList;

typedef struct HdNameList {
    HdName **items;
    int count;
} HdNameList;

typedef struct HdOpList {
    uint8_t *items;
    int count;
} HdOpList;

typedef enum HdConstantKind {
    HD_CONSTANT_NONE,
    HD_CONSTANT_TRUE,
    HD_CONSTANT_FALSE,
    HD_CONSTANT_ELLIPSIS,
    HD_CONSTANT_INT,     /* integer */
    HD_CONSTANT_BIG_INT, /* bytes/length: digits alone (no sign, prefix, underscore), in `base` 10 or 16; > INT64_MAX */
    HD_CONSTANT_FLOAT,   /* real */
    HD_CONSTANT_COMPLEX, /* real, imag (a literal has real 0.0) */
    HD_CONSTANT_STR,     /* bytes/length: UTF-8, lone surrogates encoded as three bytes each; may hold NUL */
    HD_CONSTANT_BYTES,   /* bytes/length */
    HD_CONSTANT_OBJECT,  /* object: a value of the runtime, kept alive by whoever built the tree; never from the parser */
} HdConstantKind;

typedef struct HdConstant {
    uint8_t kind; /* HdConstantKind */
    uint8_t base; /* of BIG_INT */
    bool ascii;   /* STR: every byte is below 128 */
    union {
        int64_t integer;
        double real;
        HdSize length;
        uint64_t object;
    };
    union {
        double imag;
        const char *bytes;
    };
} HdConstant;

/* The structs HdAstModule, HdAstFunctionDef, ... */
#define HD_AST_C_ONE(type) HD_AST_C_##type
#define HD_AST_C_OPT(type) HD_AST_C_##type
#define HD_AST_C_MANY(type) HD_AST_LIST_##type
#define HD_AST_C_mod HdNode *
#define HD_AST_C_stmt HdNode *
#define HD_AST_C_expr HdNode *
#define HD_AST_C_pattern HdNode *
#define HD_AST_C_comprehension HdNode *
#define HD_AST_C_excepthandler HdNode *
#define HD_AST_C_arguments HdNode *
#define HD_AST_C_arg HdNode *
#define HD_AST_C_keyword HdNode *
#define HD_AST_C_alias HdNode *
#define HD_AST_C_withitem HdNode *
#define HD_AST_C_match_case HdNode *
#define HD_AST_C_type_ignore HdNode *
#define HD_AST_C_expr_context uint8_t
#define HD_AST_C_boolop uint8_t
#define HD_AST_C_operator uint8_t
#define HD_AST_C_unaryop uint8_t
#define HD_AST_C_cmpop uint8_t
#define HD_AST_C_identifier HdName *
#define HD_AST_C_string HdAstString *
#define HD_AST_C_constant HdConstant
#define HD_AST_C_int int
#define HD_AST_LIST_stmt HdNodeList
#define HD_AST_LIST_expr HdNodeList
#define HD_AST_LIST_pattern HdNodeList
#define HD_AST_LIST_comprehension HdNodeList
#define HD_AST_LIST_excepthandler HdNodeList
#define HD_AST_LIST_arg HdNodeList
#define HD_AST_LIST_keyword HdNodeList
#define HD_AST_LIST_alias HdNodeList
#define HD_AST_LIST_withitem HdNodeList
#define HD_AST_LIST_match_case HdNodeList
#define HD_AST_LIST_type_ignore HdNodeList
#define HD_AST_LIST_identifier HdNameList
#define HD_AST_LIST_cmpop HdOpList

#define HD_AST_FIELD(class, type, count, name) HD_AST_C_##count(type) name;
#define HD_AST_NODE(sum, class, fields)                                                                               \
    typedef struct HdAst##class {                                                                                     \
        HdNode head;                                                                                                  \
        fields                                                                                                        \
    } HdAst##class;
#include "ast.def"

/* Checked cast down: HD_AST(If, node)->test. */
#define HD_AST(class, node) ((HdAst##class *)hd_ast_check((HdNode *)(node), HD_AST_##class))
HD_INLINE HdNode *hd_ast_check(HdNode *node, HdAstKind kind) {
    assert(node && node->kind == kind);
    (void)kind;
    return node;
}

/* Description of the classes, for walkers that treat all nodes alike (dump, the module `_ast`). */
typedef enum HdAstCount { HD_AST_ONE, HD_AST_OPT, HD_AST_MANY } HdAstCount;
typedef struct HdAstFieldInfo {
    const char *name;
    uint8_t type;  /* HdAstSum */
    uint8_t count; /* HdAstCount */
    uint16_t offset;
} HdAstFieldInfo;
typedef struct HdAstClassInfo {
    const char *name;
    uint8_t sum; /* HdAstSum */
    uint8_t field_count;
    uint16_t size;
    const HdAstFieldInfo *fields;
} HdAstClassInfo;
typedef struct HdAstSumInfo {
    const char *name;
    bool has_attributes, needs_end, is_product, is_operator;
} HdAstSumInfo;
typedef struct HdAstOperatorInfo {
    const char *name, *text;
    uint8_t sum;
} HdAstOperatorInfo;
extern const HdAstClassInfo hd_ast_classes[HD_AST_KIND_COUNT];
extern const HdAstSumInfo hd_ast_sums[HD_AST_SUM_COUNT];
extern const HdAstOperatorInfo hd_ast_operators[HD_AST_OPERATOR_COUNT];

/* The names of a tree. Lives in the arena; NULL when memory is out. */
typedef struct HdAstNames {
    HdArena *arena;
    HdName **buckets;
    uint32_t mask, count;
} HdAstNames;
HdAstNames *hd_ast_names_new(HdArena *arena) HD_CHECK;
HdName *hd_ast_intern(HdAstNames *names, const char *bytes, size_t length) HD_CHECK;

/* A zeroed node of the class; NULL when memory is out. */
HdNode *hd_ast_new(HdArena *arena, HdAstKind kind) HD_CHECK;
HdAstString *hd_ast_string(HdArena *arena, const char *bytes, size_t length) HD_CHECK;
/* The literal docstring of a body (its first statement is a str Constant), or NULL. */
HdAstConstant *hd_ast_docstring(const HdNodeList *body);

#endif
