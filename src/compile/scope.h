/* scope.h -- the symbol table: which names a block binds, and where each name it uses comes from.
 *
 * One HdScope a module, class, function, lambda or comprehension. Built in two walks: the first notes every binding and
 * use (scope.c), the second resolves names from the outside in and free names from the inside out (scope_resolve.c).
 * Everything lives in the compiler's arena. The numbers are those that the module `_symtable` shows.
 */
#ifndef HD_SCOPE_H
#define HD_SCOPE_H

#include "compiler.h"

enum {
    HD_DEF_GLOBAL = 1, HD_DEF_LOCAL = 2, HD_DEF_PARAM = 4, HD_DEF_NONLOCAL = 8, HD_USE = 16, HD_DEF_FREE = 32,
    HD_DEF_FREE_CLASS = 64, HD_DEF_IMPORT = 128, HD_DEF_ANNOT = 256, HD_DEF_COMP_ITER = 512,
    HD_DEF_BOUND = HD_DEF_LOCAL | HD_DEF_PARAM | HD_DEF_IMPORT,
};
typedef enum HdScopeOf { HD_SCOPE_UNKNOWN, HD_SCOPE_LOCAL, HD_SCOPE_GLOBAL_EXPLICIT, HD_SCOPE_GLOBAL_IMPLICIT,
    HD_SCOPE_FREE, HD_SCOPE_CELL } HdScopeOf;
typedef enum HdScopeKind { HD_SCOPE_FUNCTION_BLOCK, HD_SCOPE_CLASS_BLOCK, HD_SCOPE_MODULE_BLOCK,
    HD_SCOPE_ANNOTATION_BLOCK } HdScopeKind;
enum { HD_COMP_NONE, HD_COMP_LIST, HD_COMP_DICT, HD_COMP_SET, HD_COMP_GENERATOR };

typedef struct HdSymbol {
    HdName *name;
    uint16_t flags;
    uint8_t scope; /* HdScopeOf */
} HdSymbol;

typedef struct HdDirective {
    HdName *name;
    HdPosition at;
} HdDirective;

struct HdScope {
    HdScopeKind kind;
    HdNode *node;
    HdName *name;
    HdScope *parent;
    HdScope **children;
    int child_count, child_capacity;
    HdSymbol *symbols; /* in order of first sight */
    int symbol_count, symbol_capacity;
    int32_t *table; /* open addressing by name; NULL while few */
    uint32_t table_mask;
    HdName **parameters; /* varnames to begin with */
    int parameter_count, parameter_capacity;
    HdDirective *directives;
    int directive_count, directive_capacity;
    HdPosition at;
    uint8_t comprehension; /* HD_COMP_… */
    bool nested, has_free, child_has_free, generator, coroutine, varargs, varkeywords, returns_value;
    bool needs_class_closure, comp_iter_target;
    int comp_iter_expression;
};

/* Builds the table of a tree; false: c->failed. The module's scope is c->top_scope. */
bool hd_scope_build(HdCompiler *c, HdNode *tree);
/* The scope made for a node. */
HdScope *hd_scope_of_node(HdCompiler *c, HdNode *node);
HdSymbol *hd_scope_find(HdScope *scope, HdName *name); /* NULL: not there */
HdSymbol *hd_scope_add(HdCompiler *c, HdScope *scope, HdName *name); /* found or made; NULL: no memory */
bool hd_scope_resolve(HdCompiler *c);
/* `_Class__name` for private names inside a class. */
HdName *hd_scope_mangle(HdCompiler *c, HdName *private_name, HdName *name);

#endif
