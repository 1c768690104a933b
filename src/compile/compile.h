/* compile.h -- the public face of src/compile: source or a tree in, a code object or an exception out.
 *
 * Nothing is kept between calls and nothing is shared, so no locks. Runs Python only to emit warnings and to decode
 * source in a foreign encoding.
 */
#ifndef HD_COMPILE_H
#define HD_COMPILE_H

#include "code.h"
#include "object.h"
#include "parse.h"

/* Flags of compile(): CPython's numbers. The HD_CO_FUTURE_… bits may be among them. */
enum {
    HD_COMPILE_SOURCE_IS_TEXT = 0x100, /* the bytes came from a str */
    HD_COMPILE_DONT_IMPLY_DEDENT = 0x200,
    HD_COMPILE_ONLY_AST = 0x400, /* for the caller; not looked at here */
    HD_COMPILE_IGNORE_COOKIE = 0x800,
    HD_COMPILE_TYPE_COMMENTS = 0x1000,
    HD_COMPILE_TOP_LEVEL_AWAIT = 0x2000,
    HD_COMPILE_ALLOW_INCOMPLETE = 0x4000,
    HD_COMPILE_FROM_FILE = 0x10000000, /* ours: a program read from the file of that name, whose encoding is checked strictly */
};

struct HdScope;

/* Parses and compiles. `optimize` is 0, 1 (-O) or 2 (-OO). filename: str. */
HdValue hd_compile_source(HdThread *t, const char *bytes, HdSize length, HdValue filename, HdParseMode mode, int flags,
                          int optimize) HD_CHECK;
/* Compiles a ready tree, which is used up on the way (its constants point to what is gone afterwards). `names` and all nodes live in `arena`. `source`, which may be
 * NULL, gives the text lines of errors. */
HdValue hd_compile_tree(HdThread *t, HdNode *tree, HdAstNames *names, HdArena *arena, HdValue filename, int flags,
                        int optimize, const char *source, HdSize length) HD_CHECK;
/* Parses, raising what goes wrong and issuing the parser's warnings; the tree lives in `arena`. -1 = raised. */
int hd_compile_parse(HdThread *t, HdArena *arena, const char *bytes, HdSize length, HdValue filename, HdParseMode mode,
                     int flags, int feature_minor, HdParseResult *result) HD_CHECK;
/* Parses and builds the symbol table (scope.h); what `use` makes of its top while it is there is the result. */
HdValue hd_compile_scopes(HdThread *t, const char *bytes, HdSize length, HdValue filename, HdParseMode mode, int flags,
                          HdValue (*use)(HdThread *t, const struct HdScope *top, void *context), void *context) HD_CHECK;

/* The value of a constant of the tree; owned. */
HdValue hd_compile_constant(HdThread *t, const HdConstant *constant) HD_CHECK;
/* The source text of an expression as `from __future__ import annotations` stores it; str, owned. */
HdValue hd_compile_unparse(HdThread *t, HdNode *expression) HD_CHECK;
/* Raises a SyntaxError (or `type`, a subclass) with all its attributes; text NULL: None. Returns -1. */
int hd_compile_raise(HdThread *t, HdType *type, const char *message, HdValue filename, const HdPosition *at,
                     const char *text, HdSize text_length);

#endif
