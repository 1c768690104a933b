/* future.c -- `from __future__ import …` at the top of a module. No locks. */
#include "compiler.h"

static const struct {
    const char *name;
    int flag;
} features[] = {
    {"nested_scopes", 0}, {"generators", 0}, {"division", 0}, {"absolute_import", 0}, {"with_statement", 0},
    {"print_function", 0}, {"unicode_literals", 0}, {"generator_stop", 0},
    {"barry_as_FLUFL", HD_CO_FUTURE_BARRY_AS_BDFL}, {"annotations", HD_CO_FUTURE_ANNOTATIONS},
};

static void one_import(HdCompiler *c, HdAstImportFrom *n) {
    for (int i = 0; i < n->names.count && !c->failed; i++) {
        const char *name = HD_AST(alias, n->names.items[i])->name->bytes;
        bool known = false;
        for (size_t j = 0; j < HD_COUNT_OF(features) && !known; j++) {
            known = strcmp(name, features[j].name) == 0;
            if (known) c->features |= features[j].flag;
        }
        if (known) continue;
        HdPosition at = hd_position_of(&n->head);
        at.end_line = at.line;
        at.end_column = -1; /* not told */
        if (strcmp(name, "braces") == 0) hd_compiler_error_at(c, at, "not a chance");
        else hd_compiler_error_at(c, at, "future feature %.100s is not defined", name);
    }
}

static bool is_future_import(HdCompiler *c, HdNode *node) {
    if (node->kind != HD_AST_ImportFrom) return false;
    HdAstImportFrom *n = HD_AST(ImportFrom, node);
    return n->module == c->n_future && !n->level;
}

/* Only other imports of this kind and the docstring may come before. One that comes later on the line of what ended the
 * search is told here, one on a line of its own by the code generator. */
void hd_future_scan(HdCompiler *c, HdNode *tree) {
    const HdNodeList *body = tree->kind == HD_AST_Module        ? &HD_AST(Module, tree)->body
                             : tree->kind == HD_AST_Interactive ? &HD_AST(Interactive, tree)->body
                                                                : NULL;
    if (!body || !body->count) return;
    bool done = false;
    int line = 0;
    for (int i = hd_ast_docstring(body) ? 1 : 0; i < body->count && !c->failed; i++) {
        HdNode *node = body->items[i];
        if (done && node->lineno > line) return;
        line = node->lineno;
        if (!is_future_import(c, node)) {
            done = true;
        } else if (done) {
            HdPosition at = {line, line, node->col_offset - 1, -1}; /* counted from 0, unlike the other errors */
            hd_compiler_error_at(c, at, "from __future__ imports must occur at the beginning of the file");
        } else {
            one_import(c, HD_AST(ImportFrom, node));
            c->future_line = line;
        }
    }
}
