/* stmt.c -- statements and the start rules. See parser.h.
 *
 * A statement rule pushes what it made onto the parser's stack (one line can hold several) and returns whether there
 * was one.
 */
#include "parser.h"

static bool statement(HdParser *p);

/* ---- tokens that must be there ------------------------------------------------------------------------------------ */

/* Where CPython, in either pass, insists on a token. */
static bool force(HdParser *p, HdTokenType type, const char *text) {
    if (take(p, type)) return true;
    if (p->failed) return false;
    int i = p->mark;
    const HdToken *token = &p->tokens[i];
    if (token->col < 0) {
        hd_parser_error(p, HD_ERROR_SYNTAX, token->lineno, token->col, token->end_lineno, token->end_col,
                        "expected '%s'", text);
        return false;
    }
    ERROR_TOKEN(p, i, "expected '%s'", text);
    return false;
}


/* ---- assignments -------------------------------------------------------------------------------------------------- */

static const uint8_t augmented_of[T_COUNT + 1] = {
    [T_PLUSEQUAL] = HD_AST_Add,          [T_MINEQUAL] = HD_AST_Sub,
    [T_STAREQUAL] = HD_AST_Mult,         [T_ATEQUAL] = HD_AST_MatMult,
    [T_SLASHEQUAL] = HD_AST_Div,         [T_PERCENTEQUAL] = HD_AST_Mod,
    [T_AMPEREQUAL] = HD_AST_BitAnd,      [T_VBAREQUAL] = HD_AST_BitOr,
    [T_CIRCUMFLEXEQUAL] = HD_AST_BitXor, [T_LEFTSHIFTEQUAL] = HD_AST_LShift,
    [T_RIGHTSHIFTEQUAL] = HD_AST_RShift, [T_DOUBLESTAREQUAL] = HD_AST_Pow,
    [T_DOUBLESLASHEQUAL] = HD_AST_FloorDiv,
};

static bool is_single_target(const HdNode *node) {
    return node->kind == HD_AST_Name || node->kind == HD_AST_Attribute || node->kind == HD_AST_Subscript;
}

static HdNode *yield_or_star_expressions(HdParser *p) {
    return at(p, T_YIELD) ? hd_parser_yield(p) : hd_parser_star_expressions(p);
}

/* target ':' annotation ['=' value], with the mark behind the target. */
static HdNode *annotated(HdParser *p, HdNode *target, int start) {
    p->mark++;
    HdNode *annotation = hd_parser_expression(p), *value = NULL;
    if (!annotation) return back(p, start);
    if (at(p, T_EQUAL)) {
        int before = p->mark++;
        value = yield_or_star_expressions(p);
        if (p->failed) return NULL;
        if (!value) p->mark = before;
    }
    bool simple = p->tokens[start].type == T_NAME && target->kind == HD_AST_Name;
    if (too_old(p, 6, simple ? "Variable annotation syntax is" : "Variable annotations syntax is")) return NULL;
    hd_parser_set_context(target, HD_AST_Store);
    NODE(p, AnnAssign, n);
    n->target = target;
    n->annotation = annotation;
    n->value = value;
    n->simple = simple;
    return DONE(p, n, start);
}

static HdNode *augmented(HdParser *p, HdNode *target, int start) {
    int operator= augmented_of[type_of(p)];
    p->mark++;
    if (operator== HD_AST_MatMult && too_old(p, 5, "The '@' operator is")) return NULL;
    HdNode *value = yield_or_star_expressions(p);
    if (!value) return back(p, start);
    hd_parser_set_context(target, HD_AST_Store);
    NODE(p, AugAssign, n);
    n->target = target;
    n->op = (uint8_t) operator;
    n->value = value;
    return DONE(p, n, start);
}

/* (targets '=')+ value, with the mark on the first '='. */
static HdNode *assigned(HdParser *p, HdNode *target, int start) {
    int base = p->top;
    HdNode *value = target;
    while (at(p, T_EQUAL)) {
        if (!hd_parser_is_target(value, true)) goto fail;
        hd_parser_push(p, value);
        p->mark++;
        value = yield_or_star_expressions(p);
        if (!value) goto fail;
    }
    for (int i = base; i < p->top; i++) hd_parser_set_context(p->stack[i], HD_AST_Store);
    NODE(p, Assign, n);
    n->type_comment = hd_parser_type_comment(p);
    n->targets = hd_parser_list(p, base);
    n->value = value;
    return DONE(p, n, start);
fail:
    p->top = base;
    return back(p, start);
}

/* An assignment of any sort. *expression: what stands there instead, an expression (behind the mark). */
static HdNode *assignment(HdParser *p, HdNode **expression) {
    int start = p->mark;
    HdNode *first = yield_or_star_expressions(p);
    *expression = NULL;
    if (!first) return NULL;
    int type = type_of(p);
    if (type == T_EQUAL) return assigned(p, first, start);
    if (type == T_COLON && is_single_target(first)) return annotated(p, first, start);
    if (augmented_of[type] && is_single_target(first)) return augmented(p, first, start);
    *expression = first;
    return NULL;
}

static HdNode *expression_statement(HdParser *p, HdNode *value, int start) {
    NODE(p, Expr, n);
    n->value = value;
    return DONE(p, n, start);
}

static HdNode *assignment_or_expression(HdParser *p) {
    int start = p->mark;
    HdNode *value, *node = assignment(p, &value);
    if (node || p->failed) return node;
    if (!p->second_pass) return value ? expression_statement(p, value, start) : back(p, start);
    int type = value ? type_of(p) : T_END, end = p->mark;
    p->mark = start;
    if (p->diagnose && !augmented_of[type]) hd_invalid_assignment(p);
    if (p->diagnose && augmented_of[type] && !is_single_target(value)) hd_invalid_assignment(p);
    if (p->failed) return NULL;
    if (value) {
        p->mark = end;
        return expression_statement(p, value, start);
    }
    if (!at(p, T_YIELD) && (value = hd_parser_star_expressions(p))) return expression_statement(p, value, start);
    return back(p, start);
}

/* ---- simple statements -------------------------------------------------------------------------------------------- */

static HdNode *bare_statement(HdParser *p, HdAstKind kind) {
    int start = p->mark++;
    HdNode *node = new_node(p, kind);
    return node ? hd_parser_finish(p, node, start) : NULL;
}

static HdNode *return_statement(HdParser *p) {
    int start = p->mark++;
    HdNode *value = at(p, T_NEWLINE) || at(p, T_SEMI) ? NULL : hd_parser_star_expressions(p);
    if (p->failed) return NULL;
    NODE(p, Return, n);
    n->value = value;
    return DONE(p, n, start);
}

static HdNode *raise_statement(HdParser *p) {
    int start = p->mark++;
    HdNode *exception = at(p, T_NEWLINE) || at(p, T_SEMI) ? NULL : hd_parser_expression(p), *cause = NULL;
    if (exception && at(p, T_FROM)) {
        int before = p->mark++;
        cause = hd_parser_expression(p);
        if (!cause) p->mark = before;
    }
    if (p->failed) return NULL;
    NODE(p, Raise, n);
    n->exc = exception;
    n->cause = cause;
    return DONE(p, n, start);
}

static HdNode *assert_statement(HdParser *p) {
    int start = p->mark++;
    HdNode *test = hd_parser_expression(p), *message = NULL;
    if (!test) return back(p, start);
    if (at(p, T_COMMA)) {
        int before = p->mark++;
        message = hd_parser_expression(p);
        if (!message) p->mark = before;
    }
    if (p->failed) return NULL;
    NODE(p, Assert, n);
    n->test = test;
    n->msg = message;
    return DONE(p, n, start);
}

static bool is_del_target(const HdNode *node) {
    const HdNodeList *elements;
    if (is_single_target(node)) return true;
    if (node->kind == HD_AST_Tuple)
        elements = &((const HdAstTuple *)node)->elts;
    else if (node->kind == HD_AST_List)
        elements = &((const HdAstList *)node)->elts;
    else
        return false;
    for (int i = 0; i < elements->count; i++)
        if (!is_del_target(elements->items[i])) return false;
    return true;
}

static HdNode *del_statement(HdParser *p) {
    int start = p->mark++, base = p->top;
    for (;;) {
        int before = p->mark;
        HdNode *target = at(p, T_NEWLINE) || at(p, T_SEMI) ? NULL : hd_parser_primary(p);
        if (!target || !is_del_target(target)) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, target);
        if (!take(p, T_COMMA)) break;
    }
    if (!p->failed && p->top > base && (at(p, T_NEWLINE) || at(p, T_SEMI))) {
        for (int i = base; i < p->top; i++) hd_parser_set_context(p->stack[i], HD_AST_Del);
        NODE(p, Delete, n);
        n->targets = hd_parser_list(p, base);
        return DONE(p, n, start);
    }
    p->top = base;
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_del(p);
    return NULL;
}

static HdNode *names_statement(HdParser *p, HdAstKind kind) {
    int start = p->mark++, count = 0;
    while (at(p, T_NAME)) {
        p->mark++;
        count++;
        if (!at(p, T_COMMA)) break;
        p->mark++;
        if (!at(p, T_NAME)) {
            p->mark--;
            break;
        }
    }
    if (!count || p->failed) return back(p, start);
    HdNode *node = new_node(p, kind);
    if (!node) return NULL;
    HdNameList *names = &((HdAstGlobal *)node)->names; /* Global and Nonlocal have one layout */
    names->items = hd_parser_alloc(p, (size_t)count * sizeof *names->items);
    if (!names->items) return NULL;
    for (int i = 0; i < count; i++) names->items[i] = p->tokens[start + 1 + 2 * i].name;
    names->count = count;
    return hd_parser_finish(p, node, start);
}

/* ---- imports ------------------------------------------------------------------------------------------------------ */

/* NAME ('.' NAME)*, as one name; NULL: none here. */
static HdName *dotted_name(HdParser *p) {
    int start = p->mark;
    if (!take(p, T_NAME)) return NULL;
    while (at(p, T_DOT)) {
        p->mark++;
        if (!take(p, T_NAME)) {
            p->mark--;
            break;
        }
    }
    if (p->failed) return NULL;
    if (p->mark == start + 1) return p->tokens[start].name;
    size_t length = 0;
    for (int i = start; i < p->mark; i += 2) length += p->tokens[i].name->length + 1;
    char *text = hd_parser_alloc(p, length), *w = text;
    if (!text) return NULL;
    for (int i = start; i < p->mark; i += 2) {
        memcpy(w, p->tokens[i].name->bytes, p->tokens[i].name->length);
        w += p->tokens[i].name->length;
        *w++ = '.';
    }
    HdName *name = hd_ast_intern(p->names, text, length - 1);
    if (!name) hd_parser_no_memory(p);
    return name;
}

static HdNode *alias_node(HdParser *p, HdName *name, int start) {
    HdName *other = NULL;
    if (at(p, T_AS)) {
        p->mark++;
        if (at(p, T_NAME))
            other = p->tokens[p->mark++].name;
        else
            p->mark--;
    }
    if (p->failed) return NULL;
    NODE(p, alias, n);
    n->name = name;
    n->asname = other;
    return DONE(p, n, start);
}

static HdNode *import_statement(HdParser *p) {
    int start = p->mark++, base = p->top;
    do {
        int before = p->mark;
        HdName *name = dotted_name(p);
        if (!name) {
            p->mark = p->top > base ? before - 1 : before;
            break;
        }
        hd_parser_push(p, alias_node(p, name, before));
    } while (take(p, T_COMMA));
    if (p->failed) return NULL;
    if (p->top == base) return back(p, start);
    NODE(p, Import, n);
    n->names = hd_parser_list(p, base);
    return DONE(p, n, start);
}

/* Pushes NAME ['as' NAME] (',' ...)*; the comma behind the last is left. */
static int import_names(HdParser *p) {
    int count = 0;
    for (;;) {
        int before = p->mark;
        if (count && !take(p, T_COMMA)) break;
        int start = p->mark;
        if (!at(p, T_NAME)) {
            p->mark = before;
            break;
        }
        p->mark++;
        HdNode *alias = alias_node(p, p->tokens[start].name, start);
        if (!alias) return 0;
        hd_parser_push(p, alias);
        count++;
    }
    return p->failed ? 0 : count;
}

static bool import_targets(HdParser *p) {
    int start = p->mark, base = p->top;
    if (take(p, T_LPAR)) {
        if (import_names(p)) {
            take(p, T_COMMA);
            if (take(p, T_RPAR)) return true;
        }
    } else if (at(p, T_STAR)) {
        p->mark++;
        HdName *star = hd_ast_intern(p->names, "*", 1);
        if (!star) return hd_parser_no_memory(p) != NULL;
        NODE(p, alias, n);
        n->name = star;
        hd_parser_push(p, DONE(p, n, start));
        return !p->failed;
    } else if (import_names(p) && !at(p, T_COMMA)) {
        return !p->failed;
    }
    p->top = base;
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_import_targets(p);
    return false;
}

static HdNode *import_from_statement(HdParser *p) {
    int start = p->mark++, base = p->top, level = 0;
    for (;; p->mark++) {
        if (at(p, T_DOT))
            level++;
        else if (at(p, T_ELLIPSIS))
            level += 3;
        else
            break;
    }
    HdName *module = dotted_name(p);
    if (p->failed || (!module && !level) || !take(p, T_IMPORT) || !import_targets(p)) return back(p, start);
    NODE(p, ImportFrom, n);
    n->module = module;
    n->names = hd_parser_list(p, base);
    n->level = level;
    return DONE(p, n, start);
}

static HdNode *plain_simple_statement(HdParser *p) {
    int start = p->mark;
    switch (type_of(p)) {
    case T_RETURN: return return_statement(p);
    case T_IMPORT: return import_statement(p);
    case T_FROM: return import_from_statement(p);
    case T_RAISE: return raise_statement(p);
    case T_PASS: return bare_statement(p, HD_AST_Pass);
    case T_DEL: return del_statement(p);
    case T_ASSERT: return assert_statement(p);
    case T_BREAK: return bare_statement(p, HD_AST_Break);
    case T_CONTINUE: return bare_statement(p, HD_AST_Continue);
    case T_GLOBAL: return names_statement(p, HD_AST_Global);
    case T_NONLOCAL: return names_statement(p, HD_AST_Nonlocal);
    case T_NEWLINE:
    case T_INDENT:
    case T_DEDENT:
    case T_END: return NULL;
    default: break;
    }
    HdNode *node = assignment_or_expression(p);
    return node || p->failed ? node : back(p, start);
}

static HdNode *simple_statement(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return plain_simple_statement(p);
    if (hd_parser_remembered(p, M_SIMPLE, &node)) return node;
    return hd_parser_remember(p, M_SIMPLE, start, plain_simple_statement(p));
}

/* simple (';' simple)* [';'] NEWLINE */
static bool simple_statements(HdParser *p) {
    int start = p->mark, base = p->top;
    for (;;) {
        HdNode *node = simple_statement(p);
        if (!node) break;
        hd_parser_push(p, node);
        if (!take(p, T_SEMI)) break;
        if (at(p, T_NEWLINE)) break;
    }
    if (!p->failed && p->top > base && take(p, T_NEWLINE)) return true;
    p->top = base;
    p->mark = start;
    return false;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------- */

static bool plain_block(HdParser *p, HdNodeList *body) {
    int start = p->mark, base = p->top;
    if (!at(p, T_NEWLINE)) {
        if (!simple_statements(p)) return false;
        *body = hd_parser_list(p, base);
        return !p->failed;
    }
    p->mark++;
    if (take(p, T_INDENT)) {
        while (statement(p)) {}
        if (!p->failed && p->top > base && take(p, T_DEDENT)) {
            *body = hd_parser_list(p, base);
            return !p->failed;
        }
        p->top = base;
        p->mark = start;
        return false;
    }
    p->mark = start;
    if (p->diagnose && !p->failed) {
        p->mark++;
        if (!at(p, T_INDENT) && !p->failed)
            hd_parser_error_last(p, HD_ERROR_INDENTATION, "expected an indented block");
        p->mark = start;
    }
    return false;
}

bool hd_parser_block(HdParser *p, HdNodeList *body) {
    HdNode *node = NULL;
    int start = p->mark;
    *body = (HdNodeList){0};
    if (HD_LIKELY(!p->second_pass)) return plain_block(p, body);
    if (!hd_parser_remembered(p, M_BLOCK, &node)) {
        if (plain_block(p, body)) {
            node = new_node(p, HD_AST_Module);
            if (!node) return false;
            HD_AST(Module, node)->body = *body;
        }
        node = hd_parser_remember(p, M_BLOCK, start, node);
    }
    if (!node) return false;
    *body = HD_AST(Module, node)->body;
    return true;
}

/* 'else' ':' block; true when there was none, too. */
static bool else_block(HdParser *p, HdNodeList *body) {
    *body = (HdNodeList){0};
    if (!at(p, T_ELSE)) return !p->failed;
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_bare_block(p, T_ELSE, "'else' statement");
        if (p->failed) return false;
    }
    p->mark++;
    if (!force(p, T_COLON, ":")) return false;
    if (!hd_parser_block(p, body)) p->mark = start;
    return !p->failed;
}

/* ---- if, while, for ----------------------------------------------------------------------------------------------- */

/* KEYWORD named_expression ':' block. */
static bool test_and_block(HdParser *p, const char *name, HdNode **test, HdNodeList *body) {
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_test_statement(p, p->tokens[start].type, name);
        if (p->failed) return false;
    }
    p->mark++;
    *test = hd_parser_named_expression(p);
    if (*test && take(p, T_COLON) && hd_parser_block(p, body)) return true;
    p->mark = start;
    return false;
}

/* A chain of elif makes nested If nodes; they are built in a loop and all end where the chain ends. */
static HdNode *if_statement(HdParser *p) {
    int base = p->top;
    HdNode *test;
    HdNodeList body, otherwise;
    int start = p->mark;
    if (!test_and_block(p, "if", &test, &body)) return NULL;
    HdAstIf *last = NULL, *top = NULL;
    for (;;) {
        HdAstIf *n = (HdAstIf *)new_node(p, HD_AST_If);
        if (!n) return NULL;
        n->test = test;
        n->body = body;
        n->head.lineno = p->tokens[start].lineno;
        n->head.col_offset = p->tokens[start].col;
        if (last) {
            hd_parser_push(p, &n->head);
            last->orelse = hd_parser_list(p, base);
            if (p->failed) return NULL;
        } else {
            top = n;
        }
        last = n;
        start = p->mark;
        if (!at(p, T_ELIF) || !test_and_block(p, "elif", &test, &body)) break;
    }
    if (p->failed || !else_block(p, &otherwise)) return NULL;
    HdNode end = {0};
    if (!hd_parser_finish(p, &end, 0)) return NULL;
    for (HdAstIf *n = top;; n = HD_AST(If, n->orelse.items[0])) {
        n->head.end_lineno = end.end_lineno;
        n->head.end_col_offset = end.end_col_offset;
        if (n == last) break;
    }
    last->orelse = otherwise;
    return &top->head;
}

static HdNode *while_statement(HdParser *p) {
    int start = p->mark;
    HdNode *test;
    HdNodeList body, otherwise;
    if (!test_and_block(p, "while", &test, &body) || !else_block(p, &otherwise)) return NULL;
    NODE(p, While, n);
    n->test = test;
    n->body = body;
    n->orelse = otherwise;
    return DONE(p, n, start);
}

static HdNode *for_statement(HdParser *p) {
    int start = p->mark;
    HdNodeList body, otherwise;
    if (p->diagnose) {
        hd_invalid_for(p);
        if (p->failed) return NULL;
    }
    bool async = take(p, T_ASYNC);
    if (!take(p, T_FOR)) return back(p, start);
    HdNode *target = hd_parser_star_targets(p);
    if (!target || !take(p, T_IN)) {
        p->mark = start;
        if (p->diagnose && !p->failed) hd_invalid_for_target(p);
        return NULL;
    }
    HdNode *iterable = hd_parser_star_expressions(p);
    if (!iterable || !take(p, T_COLON)) return back(p, start);
    HdAstString *type_comment = hd_parser_type_comment(p);
    if (!hd_parser_block(p, &body)) return back(p, start);
    if (!else_block(p, &otherwise) || (async && too_old(p, 5, "Async for loops are"))) return NULL;
    hd_parser_set_context(target, HD_AST_Store);
    HdAstFor *n = (HdAstFor *)new_node(p, async ? HD_AST_AsyncFor : HD_AST_For); /* of one layout */
    if (!n) return NULL;
    n->target = target;
    n->iter = iterable;
    n->body = body;
    n->orelse = otherwise;
    n->type_comment = type_comment;
    return DONE(p, n, start);
}

/* ---- with --------------------------------------------------------------------------------------------------------- */

/* expression ['as' star_target &(',' | ')' | ':')] */
static HdNode *with_item(HdParser *p) {
    int start = p->mark;
    HdNode *context = hd_parser_expression(p), *target = NULL;
    if (!context) return NULL;
    if (at(p, T_AS)) {
        int before = p->mark++;
        target = hd_parser_star_target(p);
        if (target && !at(p, T_COMMA) && !at(p, T_RPAR) && !at(p, T_COLON)) target = NULL;
        if (p->failed) return NULL;
        if (!target) {
            p->mark = start;
            if (p->diagnose) hd_invalid_with_item(p);
            if (p->failed) return NULL;
            p->mark = before;
        }
    }
    if (target) hd_parser_set_context(target, HD_AST_Store);
    NODE(p, withitem, n);
    n->context_expr = context;
    n->optional_vars = target;
    return DONE(p, n, start);
}

static int with_items(HdParser *p) {
    int count = 0;
    for (;;) {
        int before = p->mark;
        if (count && !take(p, T_COMMA)) break;
        HdNode *item = with_item(p);
        if (!item) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, item);
        count++;
    }
    return p->failed ? 0 : count;
}

static HdNode *with_statement(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNodeList body;
    if (p->diagnose) {
        hd_invalid_with_indent(p);
        if (p->failed) return NULL;
    }
    bool async = take(p, T_ASYNC), found = false;
    HdAstString *type_comment = NULL;
    if (!take(p, T_WITH)) return back(p, start);
    int items_at = p->mark;
    if (take(p, T_LPAR) && with_items(p)) { /* items in parentheses, if a ':' follows them */
        take(p, T_COMMA);
        found = take(p, T_RPAR) && take(p, T_COLON) && hd_parser_block(p, &body);
        if (found && !async && too_old(p, 9, "Parenthesized context managers are")) return NULL;
    }
    if (p->failed) return NULL;
    if (!found) {
        p->top = base;
        p->mark = items_at;
        found = with_items(p) && take(p, T_COLON);
        if (found) type_comment = hd_parser_type_comment(p);
        found = found && hd_parser_block(p, &body);
    }
    if (!found) {
        p->top = base;
        p->mark = start;
        if (p->diagnose && !p->failed) hd_invalid_with(p);
        return NULL;
    }
    if (async && too_old(p, 5, "Async with statements are")) return NULL;
    HdAstWith *n = (HdAstWith *)new_node(p, async ? HD_AST_AsyncWith : HD_AST_With); /* of one layout */
    if (!n) return NULL;
    n->items = hd_parser_list(p, base);
    n->body = body;
    n->type_comment = type_comment;
    return DONE(p, n, start);
}

/* ---- try ---------------------------------------------------------------------------------------------------------- */

HdNode *hd_parser_except_block(HdParser *p, bool star) {
    int start = p->mark;
    HdNode *type = NULL;
    HdName *name = NULL;
    HdNodeList body;
    if (p->diagnose) {
        hd_invalid_except_indent(p, star);
        if (p->failed) return NULL;
    }
    if (!take(p, T_EXCEPT)) return back(p, start);
    if (star && !take(p, T_STAR)) goto fail;
    if (!at(p, T_COLON) || star) {
        type = hd_parser_expression(p);
        if (!type) goto fail;
        if (take(p, T_AS)) {
            if (!at(p, T_NAME)) goto fail;
            name = p->tokens[p->mark++].name;
        }
    }
    if (!take(p, T_COLON) || !hd_parser_block(p, &body)) goto fail;
    NODE(p, ExceptHandler, n);
    n->type = type;
    n->name = name;
    n->body = body;
    return DONE(p, n, start);
fail:
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_except(p);
    return NULL;
}

/* 'finally' ':' block; true when there was none, too. */
static bool finally_block(HdParser *p, HdNodeList *body) {
    *body = (HdNodeList){0};
    if (!at(p, T_FINALLY)) return !p->failed;
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_bare_block(p, T_FINALLY, "'finally' statement");
        if (p->failed) return false;
    }
    p->mark++;
    if (!force(p, T_COLON, ":")) return false;
    if (!hd_parser_block(p, body)) p->mark = start;
    return !p->failed;
}

static HdNode *try_statement(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNodeList body, otherwise = {0}, final;
    if (p->diagnose) {
        hd_invalid_try(p);
        if (p->failed) return NULL;
    }
    p->mark++;
    if (!force(p, T_COLON, ":") || !hd_parser_block(p, &body)) return back(p, start);
    if (p->failed) return NULL;
    bool star = at(p, T_EXCEPT) && type_after(p) == T_STAR;
    while (at(p, T_EXCEPT)) {
        HdNode *handler = hd_parser_except_block(p, star);
        if (!handler) break;
        hd_parser_push(p, handler);
    }
    if (p->failed) return NULL;
    bool handled = p->top > base;
    HdNodeList handlers = hd_parser_list(p, base);
    if (handled && !else_block(p, &otherwise)) return NULL;
    int before = p->mark;
    if (p->failed || !finally_block(p, &final)) return NULL;
    if (!handled && p->mark == before) return back(p, start);
    if (star && too_old(p, 11, "Exception groups are")) return NULL;
    HdAstTry *n = (HdAstTry *)new_node(p, star ? HD_AST_TryStar : HD_AST_Try); /* of one layout */
    if (!n) return NULL;
    n->body = body;
    n->handlers = handlers;
    n->orelse = otherwise;
    n->finalbody = final;
    return DONE(p, n, start);
}

/* ---- match -------------------------------------------------------------------------------------------------------- */

static HdNode *subject(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNode *first = hd_parser_star_named_expression(p);
    if (!first) return NULL;
    if (!at(p, T_COMMA)) return first->kind == HD_AST_Starred ? back(p, start) : first;
    hd_parser_push(p, first);
    p->mark++;
    hd_parser_star_named_list(p);
    if (p->failed) return NULL;
    NODE(p, Tuple, n);
    n->elts = hd_parser_list(p, base);
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

static HdNode *case_block(HdParser *p) {
    int start = p->mark;
    HdNodeList body;
    if (!at_name(p, p->name_case)) return NULL;
    if (p->diagnose) {
        hd_invalid_case(p);
        if (p->failed) return NULL;
    }
    p->mark++;
    HdNode *pattern = hd_parser_patterns(p), *guard = NULL;
    if (pattern && take(p, T_IF) && !(guard = hd_parser_named_expression(p))) return back(p, start);
    if (!pattern || !take(p, T_COLON) || !hd_parser_block(p, &body)) return back(p, start);
    NODE(p, match_case, n);
    n->pattern = pattern;
    n->guard = guard;
    n->body = body;
    return DONE(p, n, start);
}

/* The words before which a NAME `match` cannot be the statement. */
static bool no_subject(int type) {
    switch (type) {
    case T_NAME:
    case T_NUMBER:
    case T_STRING:
    case T_LPAR:
    case T_LSQB:
    case T_LBRACE:
    case T_MINUS:
    case T_PLUS:
    case T_TILDE:
    case T_STAR:
    case T_ELLIPSIS:
    case T_NOT:
    case T_LAMBDA:
    case T_AWAIT:
    case T_NONE:
    case T_TRUE:
    case T_FALSE: return false;
    default: return true;
    }
}

static HdNode *match_statement(HdParser *p) {
    int start = p->mark, base = p->top;
    p->mark++;
    if (no_subject(type_of(p))) return back(p, start);
    HdNode *value = subject(p);
    if (value && take(p, T_COLON) && take(p, T_NEWLINE) && take(p, T_INDENT)) {
        HdNode *block;
        while ((block = case_block(p))) hd_parser_push(p, block);
        if (!p->failed && p->top > base && take(p, T_DEDENT)) {
            if (too_old(p, 10, "Pattern matching is")) return NULL;
            NODE(p, Match, n);
            n->subject = value;
            n->cases = hd_parser_list(p, base);
            return DONE(p, n, start);
        }
    }
    p->top = base;
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_match(p);
    return NULL;
}

/* ---- def, class --------------------------------------------------------------------------------------------------- */

/* Behind the colon or, alone, on the next line; then a block must follow. */
static HdAstString *def_type_comment(HdParser *p) {
    int start = p->mark;
    if (HD_LIKELY(!p->input->type_comments)) return NULL;
    HdAstString *first = hd_parser_type_comment(p);
    int behind = p->mark;
    if (take(p, T_NEWLINE)) {
        HdAstString *second = hd_parser_type_comment(p);
        bool block = second && at(p, T_NEWLINE) && type_after(p) == T_INDENT;
        if (block && first && p->diagnose) ERROR_LAST(p, "Cannot have two type comments on def");
        if (block && !first) return second;
    }
    p->mark = first ? behind : start;
    return first;
}

static HdNode *def_statement(HdParser *p, HdNodeList decorators) {
    int start = p->mark;
    HdNodeList body;
    HdNode *returns = NULL;
    if (p->diagnose) {
        hd_invalid_def(p);
        if (p->failed) return NULL;
    }
    bool async = take(p, T_ASYNC);
    if (!take(p, T_DEF) || !at(p, T_NAME)) return back(p, start);
    HdName *name = p->tokens[p->mark++].name;
    if (!force(p, T_LPAR, "(")) return NULL;
    HdNode *args = at(p, T_RPAR) ? NULL : hd_parser_parameters(p, false);
    if (p->failed || !take(p, T_RPAR)) return back(p, start);
    if (at(p, T_ARROW)) {
        p->mark++;
        returns = hd_parser_expression(p);
        if (!returns) p->mark--;
    }
    if (p->failed || !force(p, T_COLON, ":")) return NULL;
    HdAstString *type_comment = def_type_comment(p);
    if (p->failed || !hd_parser_block(p, &body)) return back(p, start);
    if (async && too_old(p, 5, "Async functions are")) return NULL;
    if (!args && !(args = hd_parser_empty_parameters(p))) return NULL;
    HdAstFunctionDef *n =
        (HdAstFunctionDef *)new_node(p, async ? HD_AST_AsyncFunctionDef : HD_AST_FunctionDef); /* of one layout */
    if (!n) return NULL;
    n->name = name;
    n->args = args;
    n->body = body;
    n->decorator_list = decorators;
    n->returns = returns;
    n->type_comment = type_comment;
    return DONE(p, n, start);
}

static HdNode *class_statement(HdParser *p, HdNodeList decorators) {
    int start = p->mark;
    HdNodeList body;
    HdNode *arguments = NULL;
    if (p->diagnose) {
        hd_invalid_class(p);
        if (p->failed) return NULL;
    }
    if (!take(p, T_CLASS) || !at(p, T_NAME)) return back(p, start);
    HdName *name = p->tokens[p->mark++].name;
    if (at(p, T_LPAR)) {
        int before = p->mark++;
        arguments = at(p, T_RPAR) ? NULL : hd_parser_arguments(p);
        if (p->failed || !take(p, T_RPAR)) {
            p->mark = before;
            arguments = NULL;
        }
    }
    if (p->failed || !take(p, T_COLON) || !hd_parser_block(p, &body)) return back(p, start);
    NODE(p, ClassDef, n);
    n->name = name;
    if (arguments) {
        n->bases = HD_AST(Call, arguments)->args;
        n->keywords = HD_AST(Call, arguments)->keywords;
    }
    n->body = body;
    n->decorator_list = decorators;
    return DONE(p, n, start);
}

static HdNode *decorated(HdParser *p) {
    int start = p->mark, base = p->top;
    while (take(p, T_AT)) {
        HdNode *decorator = hd_parser_named_expression(p);
        if (!decorator || !take(p, T_NEWLINE)) {
            p->top = base;
            return back(p, start);
        }
        hd_parser_push(p, decorator);
    }
    HdNodeList decorators = hd_parser_list(p, base);
    HdNode *node = NULL;
    int type = type_of(p);
    if (type == T_CLASS)
        node = class_statement(p, decorators);
    else if (type == T_DEF || (type == T_ASYNC && type_after(p) == T_DEF))
        node = def_statement(p, decorators);
    return node ? node : back(p, start);
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static HdNode *async_statement(HdParser *p) {
    HdNodeList none = {0};
    switch (type_after(p)) {
    case T_DEF: return def_statement(p, none);
    case T_WITH: return with_statement(p);
    case T_FOR: return for_statement(p);
    default: return NULL;
    }
}

static HdNode *compound_statement(HdParser *p) {
    HdNodeList none = {0};
    switch (type_of(p)) {
    case T_DEF: return def_statement(p, none);
    case T_AT: return decorated(p);
    case T_ASYNC: return async_statement(p);
    case T_IF: return if_statement(p);
    case T_CLASS: return class_statement(p, none);
    case T_WITH: return with_statement(p);
    case T_FOR: return for_statement(p);
    case T_TRY: return try_statement(p);
    case T_WHILE: return while_statement(p);
    case T_NAME: return p->tokens[p->mark].name == p->name_match ? match_statement(p) : NULL;
    default: return NULL;
    }
}

static bool statement(HdParser *p) {
    int start = p->mark, top = p->top;
    if (!hd_parser_enter(p)) return false;
    HdNode *node = compound_statement(p);
    p->depth--;
    if (p->failed) return false;
    p->top = top;
    if (node) {
        hd_parser_push(p, node);
        return !p->failed;
    }
    p->mark = start;
    return simple_statements(p);
}

/* ---- start rules -------------------------------------------------------------------------------------------------- */

HdNode *hd_parser_file(HdParser *p) {
    int base = p->top;
    while (statement(p)) {}
    if (p->failed || !take(p, T_END)) return NULL;
    NODE(p, Module, n);
    n->body = hd_parser_list(p, base);
    n->type_ignores = p->type_ignores;
    return p->failed ? NULL : &n->head;
}

/* One statement of the interactive mode. */
HdNode *hd_parser_interactive(HdParser *p) {
    int base = p->top, start = p->mark;
    bool found = false;
    HdNode *compound = compound_statement(p);
    if (p->failed) return NULL;
    p->top = base;
    if (compound && take(p, T_NEWLINE)) {
        hd_parser_push(p, compound);
        found = true;
    }
    if (!found && !p->failed) {
        p->mark = start;
        found = simple_statements(p);
    }
    if (!found && !p->failed && take(p, T_NEWLINE)) { /* an empty line is a `pass` */
        NODE(p, Pass, pass);
        hd_parser_push(p, DONE(p, pass, start));
        found = true;
    }
    if (p->failed) return NULL;
    if (!found) {
        if (at(p, T_END)) p->lexer.ended = true;
        return NULL;
    }
    NODE(p, Interactive, n);
    n->body = hd_parser_list(p, base);
    return p->failed ? NULL : &n->head;
}

HdNode *hd_parser_eval(HdParser *p) {
    HdNode *body = hd_parser_expressions(p);
    if (!body) return NULL;
    while (take(p, T_NEWLINE)) {}
    if (!take(p, T_END)) return NULL;
    NODE(p, Expression, n);
    n->body = body;
    return &n->head;
}

/* '(' [types] ')' '->' type, where types may end in *type and **type. */
HdNode *hd_parser_func_type(HdParser *p) {
    int base = p->top;
    bool star = false, double_star = false;
    if (!take(p, T_LPAR)) return NULL;
    while (!at(p, T_RPAR)) {
        if (double_star) return NULL;
        if (take(p, T_DOUBLESTAR))
            double_star = true;
        else if (!star && take(p, T_STAR))
            star = true;
        else if (star)
            return NULL;
        HdNode *type = hd_parser_expression(p);
        if (!type) return NULL;
        hd_parser_push(p, type);
        if (!take(p, T_COMMA)) break;
        if (at(p, T_RPAR)) return NULL;
    }
    HdNodeList types = hd_parser_list(p, base);
    if (!take(p, T_RPAR) || !take(p, T_ARROW)) return NULL;
    HdNode *returns = hd_parser_expression(p);
    if (!returns) return NULL;
    while (take(p, T_NEWLINE)) {}
    if (!take(p, T_END)) return NULL;
    NODE(p, FunctionType, n);
    n->argtypes = types;
    n->returns = returns;
    return &n->head;
}
