/* ast_types.h -- what the files of the module _ast share: its state and the two conversions. */
#ifndef HD_AST_TYPES_H
#define HD_AST_TYPES_H

#include <heddle/module.h>

#include "ast.h"

/* Everything is owned, made once by exec and never replaced, so it is read without a lock. */
typedef struct HdAstState {
    HdValue classes[HD_AST_KIND_COUNT];           /* the Python class of a node */
    HdValue fields[HD_AST_KIND_COUNT];            /* tuple of the interned names of its fields */
    HdValue sums[HD_AST_SUM_COUNT];               /* the abstract class of a sum; a product's own class */
    HdValue operator_classes[HD_AST_OPERATOR_COUNT];
    HdValue operators[HD_AST_OPERATOR_COUNT];     /* the one instance that trees made here share */
    HdValue attributes;                           /* ('lineno', 'col_offset', 'end_lineno', 'end_col_offset') */
} HdAstState;

extern HdType hd_ast_type; /* ast.AST */

/* Fills the state and the module with the classes, in the order of ast.def. */
int hd_ast_add_types(HdThread *t, HdValue module) HD_CHECK;
/* The module's state, importing it if need be; NULL = raised. `*module` is owned and keeps the state alive. */
HdAstState *hd_ast_state(HdThread *t, HdValue *module) HD_CHECK;

/* The tree as Python objects; owned. HdName.user is used meanwhile. */
HdValue hd_ast_to_python(HdThread *t, HdAstState *state, HdNode *tree, HdAstNames *names) HD_CHECK;
/* A tree of the class `wanted` (Module, Expression, Interactive) from Python objects; NULL = raised. What lives in
 * the tree as an object is put into the list `keep`. */
HdNode *hd_ast_from_python(HdThread *t, HdAstState *state, HdValue object, HdAstKind wanted, HdArena *arena,
                           HdAstNames *names, HdValue keep) HD_CHECK;
/* Raises what is wrong with a tree that the parser has not made; -1 = raised. */
int hd_ast_validate(HdThread *t, HdNode *tree) HD_CHECK;

/* For compile(): 1 = v is a syntax tree and *result is set, 0 = it is not one, -1 = raised. mode: HdParseMode. */
int hd_ast_compile(HdThread *t, HdValue v, HdValue filename, int mode, int flags, int optimize,
                   HdValue *result) HD_CHECK;
/* compile(text, …, PyCF_ONLY_AST); feature_minor < 0: the newest. */
HdValue hd_ast_parse(HdThread *t, const char *text, HdSize length, HdValue filename, int mode, int flags,
                     int feature_minor) HD_CHECK;

#endif
