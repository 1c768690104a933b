/* pattern.c -- the patterns of `case`. See parser.h. */
#include "parser.h"

static bool capture_follows_not(HdParser *p) { /* !('.' | '(' | '=') */
    int type = type_of(p);
    return type != T_DOT && type != T_LPAR && type != T_EQUAL;
}

static HdNode *value_pattern(HdParser *p, HdNode *value, int start) {
    NODE(p, MatchValue, n);
    n->value = value;
    return DONE(p, n, start);
}

/* ['-'] NUMBER, the number real or imaginary as asked. */
static HdNode *signed_number(HdParser *p) {
    int start = p->mark;
    bool minus = take(p, T_MINUS);
    HdNode *number = hd_parser_number(p);
    if (!number) return back(p, start);
    if (!minus) return number;
    NODE(p, UnaryOp, n);
    n->op = HD_AST_USub;
    n->operand = number;
    return DONE(p, n, start);
}

static bool is_imaginary(const HdNode *number) {
    if (number->kind == HD_AST_UnaryOp) number = ((const HdAstUnaryOp *)number)->operand;
    return ((const HdAstConstant *)number)->value.kind == HD_CONSTANT_COMPLEX;
}

/* signed_number !('+' | '-'), or signed_real ('+' | '-') imaginary. */
static HdNode *number_expression(HdParser *p) {
    int start = p->mark;
    HdNode *left = signed_number(p);
    if (!left) return NULL;
    if (!at(p, T_PLUS) && !at(p, T_MINUS)) return left;
    int operator= at(p, T_PLUS) ? HD_AST_Add : HD_AST_Sub;
    p->mark++;
    HdNode *right = hd_parser_number(p);
    if (!right) return back(p, start);
    if (is_imaginary(left)) {
        ERROR_NODE(p, left, "real number required in complex literal");
        return NULL;
    }
    if (!is_imaginary(right)) {
        ERROR_NODE(p, right, "imaginary number required in complex literal");
        return NULL;
    }
    NODE(p, BinOp, n);
    n->left = left;
    n->op = (uint8_t) operator;
    n->right = right;
    return DONE(p, n, start);
}

static HdNode *singleton(HdParser *p, HdConstantKind kind, bool as_pattern) {
    int start = p->mark++;
    if (!as_pattern) {
        NODE(p, Constant, c);
        c->value.kind = (uint8_t)kind;
        return DONE(p, c, start);
    }
    NODE(p, MatchSingleton, n);
    n->value.kind = (uint8_t)kind;
    return DONE(p, n, start);
}

/* Literals; as a pattern, or as an expression (a key of a mapping pattern). */
static HdNode *literal(HdParser *p, bool as_pattern) {
    int start = p->mark;
    HdNode *value = NULL;
    switch (type_of(p)) {
    case T_NUMBER:
    case T_MINUS: value = number_expression(p); break;
    case T_STRING: value = hd_parser_strings(p); break;
    case T_NONE: return singleton(p, HD_CONSTANT_NONE, as_pattern);
    case T_TRUE: return singleton(p, HD_CONSTANT_TRUE, as_pattern);
    case T_FALSE: return singleton(p, HD_CONSTANT_FALSE, as_pattern);
    default: return NULL;
    }
    if (!value || !as_pattern) return value;
    return value_pattern(p, value, start);
}

/* NAME ('.' NAME)*; *dotted: there was a point. */
static HdNode *dotted(HdParser *p, bool *dotted) {
    int start = p->mark;
    HdNode *node = hd_parser_name(p);
    *dotted = false;
    while (node && at(p, T_DOT)) {
        p->mark++;
        if (!at(p, T_NAME)) {
            p->mark--;
            break;
        }
        NODE(p, Attribute, n);
        n->value = node;
        n->attr = p->tokens[p->mark++].name;
        n->ctx = HD_AST_Load;
        node = DONE(p, n, start);
        *dotted = true;
    }
    return p->failed ? NULL : node;
}

static HdNode *match_as(HdParser *p, HdNode *pattern, HdName *name, int start) {
    NODE(p, MatchAs, n);
    n->pattern = pattern;
    n->name = name;
    return DONE(p, n, start);
}

static HdNode *star_pattern(HdParser *p) {
    int start = p->mark++;
    if (!at(p, T_NAME)) return back(p, start);
    HdName *name = p->tokens[p->mark++].name;
    if (name != p->name_underscore && !capture_follows_not(p)) return back(p, start);
    if (p->failed) return NULL;
    NODE(p, MatchStar, n);
    n->name = name == p->name_underscore ? NULL : name;
    return DONE(p, n, start);
}

static HdNode *maybe_star_pattern(HdParser *p) { return at(p, T_STAR) ? star_pattern(p) : hd_parser_pattern(p); }

/* Pushes maybe_star_pattern (',' maybe_star_pattern)* [',']; *comma: a comma was seen. */
static int push_patterns(HdParser *p, bool *comma) {
    int count = 0;
    *comma = false;
    for (;;) {
        HdNode *item = maybe_star_pattern(p);
        if (!item) break;
        hd_parser_push(p, item);
        count++;
        if (!take(p, T_COMMA)) break;
        *comma = true;
    }
    return p->failed ? 0 : count;
}

static HdNode *sequence(HdParser *p, int base, int start) {
    NODE(p, MatchSequence, n);
    n->patterns = hd_parser_list(p, base);
    return DONE(p, n, start);
}

static HdNode *bracket_pattern(HdParser *p, HdTokenType close) {
    int start = p->mark++, base = p->top;
    bool comma, star = at(p, T_STAR);
    int count = push_patterns(p, &comma);
    if (p->failed || !take(p, close)) {
        p->top = base;
        return back(p, start);
    }
    if (close == T_RPAR && count == 1 && !comma) {
        p->top = base;
        if (star) return back(p, start);
        return p->stack[base]; /* a group is its inner pattern */
    }
    return sequence(p, base, start);
}

static HdNode *mapping_key(HdParser *p) {
    bool has_dot;
    int start = p->mark;
    if (!at(p, T_NAME)) return literal(p, false);
    HdNode *node = dotted(p, &has_dot);
    return node && has_dot ? node : back(p, start);
}

static HdNode *mapping_pattern(HdParser *p) {
    int start = p->mark++, base = p->top;
    HdName *rest = NULL;
    while (!at(p, T_RBRACE)) {
        int before = p->mark;
        if (take(p, T_DOUBLESTAR)) {
            if (!at(p, T_NAME) || at_name(p, p->name_underscore)) goto fail;
            rest = p->tokens[p->mark++].name;
            if (!capture_follows_not(p)) goto fail;
            take(p, T_COMMA);
            break;
        }
        HdNode *key = mapping_key(p), *value = key && take(p, T_COLON) ? hd_parser_pattern(p) : NULL;
        if (!value) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, key);
        hd_parser_push(p, value);
        if (!take(p, T_COMMA)) break;
    }
    if (p->failed || !take(p, T_RBRACE)) goto fail;
    int count = (p->top - base) / 2;
    NODE(p, MatchMapping, n);
    n->keys.items = hd_parser_alloc(p, (size_t)count * sizeof(HdNode *) + 1);
    n->patterns.items = hd_parser_alloc(p, (size_t)count * sizeof(HdNode *) + 1);
    if (p->failed) return NULL;
    for (int i = 0; i < count; i++) {
        n->keys.items[i] = p->stack[base + 2 * i];
        n->patterns.items[i] = p->stack[base + 2 * i + 1];
    }
    n->keys.count = n->patterns.count = count;
    n->rest = rest;
    p->top = base;
    return DONE(p, n, start);
fail:
    p->top = base;
    return back(p, start);
}

/* The cursor stands on '(' behind the class's name. */
static HdNode *class_pattern(HdParser *p, HdNode *cls, int start) {
    int base = p->top;
    HdNodeList positional = {0};
    bool more = true;
    p->mark++;
    while (more && !at(p, T_RPAR) && !(at(p, T_NAME) && type_after(p) == T_EQUAL)) {
        HdNode *item = hd_parser_pattern(p);
        if (!item) goto fail;
        hd_parser_push(p, item);
        more = take(p, T_COMMA);
    }
    positional = hd_parser_list(p, base);
    int names_at = p->mark, count = 0;
    while (more && at(p, T_NAME) && type_after(p) == T_EQUAL) {
        p->mark += 2;
        HdNode *item = hd_parser_pattern(p);
        if (!item) goto fail;
        hd_parser_push(p, item);
        count++;
        more = take(p, T_COMMA);
    }
    HdNodeList patterns = hd_parser_list(p, base);
    if (p->failed || !take(p, T_RPAR)) goto fail;
    NODE(p, MatchClass, n);
    n->cls = cls;
    n->patterns = positional;
    n->kwd_patterns = patterns;
    n->kwd_attrs.items = hd_parser_alloc(p, (size_t)count * sizeof(HdName *) + 1);
    if (!n->kwd_attrs.items) return NULL;
    int level = p->tokens[names_at].level;
    for (int i = names_at; n->kwd_attrs.count < count; i++) /* NAME '=' at this level of brackets */
        if (p->tokens[i].type == T_NAME && p->tokens[i].level == level && p->tokens[i + 1].type == T_EQUAL)
            n->kwd_attrs.items[n->kwd_attrs.count++] = p->tokens[i].name;
    return DONE(p, n, start);
fail:
    p->top = base;
    return back(p, start);
}

static HdNode *name_pattern(HdParser *p) {
    int start = p->mark;
    bool has_dot;
    HdNode *node = dotted(p, &has_dot);
    if (!node) return NULL;
    if (at(p, T_LPAR)) {
        HdNode *result = class_pattern(p, node, start);
        if (!result && p->diagnose && !p->failed) {
            p->mark = start;
            hd_invalid_class_pattern(p);
        }
        return result || p->failed ? result : back(p, start);
    }
    if (has_dot) return at(p, T_EQUAL) ? back(p, start) : value_pattern(p, node, start);
    HdName *name = HD_AST(Name, node)->id;
    if (name == p->name_underscore) return match_as(p, NULL, NULL, start);
    if (!capture_follows_not(p)) return back(p, start);
    return match_as(p, NULL, name, start);
}

static HdNode *closed_pattern(HdParser *p) {
    if (!hd_parser_enter(p)) return NULL;
    HdNode *node;
    switch (type_of(p)) {
    case T_NAME: node = name_pattern(p); break;
    case T_LPAR: node = bracket_pattern(p, T_RPAR); break;
    case T_LSQB: node = bracket_pattern(p, T_RSQB); break;
    case T_LBRACE: node = mapping_pattern(p); break;
    default: node = literal(p, true);
    }
    p->depth--;
    return node;
}

static HdNode *or_pattern(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNode *first = closed_pattern(p);
    if (!first || !at(p, T_VBAR)) return first;
    hd_parser_push(p, first);
    while (at(p, T_VBAR)) {
        int before = p->mark++;
        HdNode *next = closed_pattern(p);
        if (!next) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, next);
    }
    if (p->failed) return NULL;
    if (p->top - base == 1) return p->top = base, first;
    NODE(p, MatchOr, n);
    n->patterns = hd_parser_list(p, base);
    return DONE(p, n, start);
}

HdNode *hd_parser_or_pattern(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return or_pattern(p);
    if (hd_parser_remembered(p, M_OR_PATTERN, &node)) return node;
    return hd_parser_remember(p, M_OR_PATTERN, start, or_pattern(p));
}

static HdNode *as_pattern(HdParser *p) {
    int start = p->mark;
    HdNode *node = hd_parser_or_pattern(p);
    if (!node) return NULL;
    if (!at(p, T_AS)) return node;
    int before = p->mark++;
    if (at(p, T_NAME) && !at_name(p, p->name_underscore)) {
        HdName *name = p->tokens[p->mark++].name;
        if (capture_follows_not(p)) return match_as(p, node, name, start);
    }
    if (p->failed) return NULL;
    p->mark = start;
    if (p->diagnose) hd_invalid_as_pattern(p);
    p->mark = before;
    return p->failed ? NULL : node;
}

HdNode *hd_parser_pattern(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return as_pattern(p);
    if (hd_parser_remembered(p, M_PATTERN, &node)) return node;
    return hd_parser_remember(p, M_PATTERN, start, as_pattern(p));
}

/* open_sequence_pattern | pattern */
HdNode *hd_parser_patterns(HdParser *p) {
    int start = p->mark, base = p->top;
    bool comma;
    int count = push_patterns(p, &comma);
    if (!count) return back(p, start);
    if (count > 1 || comma) return sequence(p, base, start);
    p->top = base;
    if (p->stack[base]->kind == HD_AST_MatchStar) return back(p, start);
    return p->stack[base];
}
