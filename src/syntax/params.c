/* params.c -- the parameters of `def` and `lambda`. See parser.h. */
#include "parser.h"

HdNode *hd_parser_empty_parameters(HdParser *p) { return new_node(p, HD_AST_arguments); }

/* NAME [':' annotation]; a lambda's has no annotation. */
HdNode *hd_parser_parameter(HdParser *p, bool lambda) {
    int start = p->mark;
    if (!take(p, T_NAME)) return NULL;
    HdNode *annotation = NULL;
    if (!lambda && at(p, T_COLON)) {
        p->mark++;
        annotation = hd_parser_expression(p);
        if (p->failed) return NULL;
        if (!annotation) p->mark--;
    }
    NODE(p, arg, n);
    n->arg = p->tokens[start].name;
    n->annotation = annotation;
    return DONE(p, n, start);
}

/* What lies behind '*': NAME, with an annotation that may be starred. */
static HdNode *star_parameter(HdParser *p, bool lambda) {
    int start = p->mark;
    if (lambda || !at(p, T_NAME) || type_after(p) != T_COLON) return hd_parser_parameter(p, lambda);
    p->mark += 2;
    if (!at(p, T_STAR)) {
        p->mark = start;
        return hd_parser_parameter(p, lambda);
    }
    HdNode *annotation = hd_parser_star_expression(p);
    if (!annotation) return back(p, start);
    NODE(p, arg, n);
    n->arg = p->tokens[start].name;
    n->annotation = annotation;
    return DONE(p, n, start);
}

/* The parts under construction, each a run of the parser's stack, moved out when its list is complete. */
typedef struct Parts {
    HdParser *p;
    bool lambda;
    HdTokenType end; /* ')' or ':' */
    HdAstarguments *n;
    bool default_seen;
    int count, defaults; /* plain parameters and defaults so far */
} Parts;

static HdNode *default_value(HdParser *p) {
    int before = p->mark;
    if (!take(p, T_EQUAL)) return NULL;
    HdNode *value = hd_parser_expression(p);
    if (value || p->failed) return value;
    p->mark = before;
    if (p->diagnose) hd_invalid_default(p);
    return NULL;
}

/* The comma behind a parameter, or the end ahead; with its type comment, which lambda does not have. */
static bool parameter_end(Parts *parts, HdNode *arg) {
    HdParser *p = parts->p;
    bool comma = take(p, T_COMMA);
    if (HD_UNLIKELY(!parts->lambda && at(p, T_TYPE_COMMENT)))
        HD_AST(arg, arg)->type_comment = hd_parser_type_comment(p);
    return comma || at(p, parts->end);
}

/* One parameter, its default, and the comma or the end behind it; false: mark back, no such parameter here. */
static bool parameter(Parts *parts, HdNode **arg, HdNode **value) {
    HdParser *p = parts->p;
    int start = p->mark;
    *value = NULL;
    *arg = hd_parser_parameter(p, parts->lambda);
    if (!*arg) return false;
    if (at(p, T_EQUAL)) *value = default_value(p);
    if (!p->failed && parameter_end(parts, *arg)) return true;
    p->mark = start;
    return false;
}

static bool kwds(Parts *parts) {
    HdParser *p = parts->p;
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_kwds(p, parts->lambda);
        if (p->failed) return false;
    }
    if (!take(p, T_DOUBLESTAR)) return false;
    HdNode *arg = hd_parser_parameter(p, parts->lambda);
    if (!arg || !parameter_end(parts, arg)) return p->mark = start, false;
    parts->n->kwarg = arg;
    return true;
}

/* '*' [NAME] ',' and the keyword-only parameters. */
static void star_etc(Parts *parts) {
    HdParser *p = parts->p;
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_star_etc(p, parts->lambda);
        if (p->failed) return;
    }
    HdNode *arg, *value;
    bool more;
    if (!take(p, T_STAR)) {
        kwds(parts);
        return;
    }
    bool bare = take(p, T_COMMA);
    if (!bare) {
        parts->n->vararg = star_parameter(p, parts->lambda);
        if (!parts->n->vararg || !parameter_end(parts, parts->n->vararg)) {
            p->mark = start;
            return;
        }
    }
    while ((more = parameter(parts, &arg, &value)))
        if (!hd_parser_append(p, &parts->n->kwonlyargs, arg) || !hd_parser_append(p, &parts->n->kw_defaults, value)) return;
    if (p->failed) return;
    if (bare && !parts->n->kwonlyargs.count) {
        p->mark = start;
        return;
    }
    kwds(parts);
}

/* Plain parameters up to '/', '*', '**' or the end. A '/' makes those before it positional-only, once. */
static bool plain_parameters(Parts *parts) {
    HdParser *p = parts->p;
    HdAstarguments *n = parts->n;
    HdNode *arg, *value;
    bool slash = false;
    for (;;) {
        int before = p->mark;
        if (at(p, T_SLASH) && !slash && n->args.count) {
            p->mark++;
            if (!take(p, T_COMMA) && !at(p, parts->end)) return p->mark = before, true;
            slash = true;
            n->posonlyargs = n->args;
            n->args = (HdNodeList){0};
            continue;
        }
        if (!parameter(parts, &arg, &value)) return !p->failed;
        if (!value && n->defaults.count) { /* a parameter without default behind one with: no match from here on */
            p->mark = before;
            return true;
        }
        if (!hd_parser_append(p, &n->args, arg) || (value && !hd_parser_append(p, &n->defaults, value))) return false;
    }
}

/* NULL when there are none (or p->failed). */
HdNode *hd_parser_parameters(HdParser *p, bool lambda) {
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_parameters(p, lambda);
        if (p->failed) return NULL;
    }
    Parts parts = {.p = p, .lambda = lambda, .end = lambda ? T_COLON : T_RPAR};
    parts.n = (HdAstarguments *)new_node(p, HD_AST_arguments);
    if (!parts.n || !plain_parameters(&parts)) return NULL;
    star_etc(&parts);
    if (p->failed || p->mark == start) return NULL;
    if (parts.n->posonlyargs.count && too_old(p, 8, "Positional-only parameters are")) return NULL;
    return &parts.n->head;
}
