/* diagnose.c -- the wrong forms that have a message of their own. See parser.h.
 *
 * Run in the second pass only. Each function looks for one family of mistakes at the mark, in CPython 3.11's order,
 * raises when it finds one, and otherwise puts the mark back. What it parses on the way may raise, too: that is how
 * the innermost mistake wins.
 */
#include "parser.h"

const char *hd_parser_expression_name(const HdNode *node) {
    switch (node->kind) {
    case HD_AST_Attribute: return "attribute";
    case HD_AST_Subscript: return "subscript";
    case HD_AST_Starred: return "starred";
    case HD_AST_Name: return "name";
    case HD_AST_List: return "list";
    case HD_AST_Tuple: return "tuple";
    case HD_AST_Lambda: return "lambda";
    case HD_AST_Call: return "function call";
    case HD_AST_BoolOp:
    case HD_AST_BinOp:
    case HD_AST_UnaryOp: return "expression";
    case HD_AST_GeneratorExp: return "generator expression";
    case HD_AST_Yield:
    case HD_AST_YieldFrom: return "yield expression";
    case HD_AST_Await: return "await expression";
    case HD_AST_ListComp: return "list comprehension";
    case HD_AST_SetComp: return "set comprehension";
    case HD_AST_DictComp: return "dict comprehension";
    case HD_AST_Dict: return "dict literal";
    case HD_AST_Set: return "set display";
    case HD_AST_JoinedStr:
    case HD_AST_FormattedValue: return "f-string expression";
    case HD_AST_Compare: return "comparison";
    case HD_AST_IfExp: return "conditional expression";
    case HD_AST_NamedExpr: return "named expression";
    case HD_AST_Constant:
        switch (((const HdAstConstant *)node)->value.kind) {
        case HD_CONSTANT_NONE: return "None";
        case HD_CONSTANT_TRUE: return "True";
        case HD_CONSTANT_FALSE: return "False";
        case HD_CONSTANT_ELLIPSIS: return "ellipsis";
        default: return "literal";
        }
    default: return "expression";
    }
}

/* Leaves the function when an error was raised; otherwise the next wrong form starts at `start` again. */
#define NEXT                                                                                                          \
    do {                                                                                                              \
        if (p->failed) return;                                                                                        \
        p->mark = start;                                                                                              \
        p->top = top;                                                                                                 \
    } while (0)
#define BEGIN int start = p->mark, top = p->top

/* ---- assignment targets ------------------------------------------------------------------------------------------- */

typedef enum TargetKind { STAR_TARGETS, DEL_TARGETS, FOR_TARGETS } TargetKind;

static HdNode *invalid_target(HdNode *node, TargetKind kind) {
    const HdNodeList *elements;
    switch (node->kind) {
    case HD_AST_List: elements = &HD_AST(List, node)->elts; break;
    case HD_AST_Tuple: elements = &HD_AST(Tuple, node)->elts; break;
    case HD_AST_Starred: return kind == DEL_TARGETS ? node : invalid_target(HD_AST(Starred, node)->value, kind);
    case HD_AST_Compare: /* `f() in x` of a for statement reads as a comparison */
        if (kind != FOR_TARGETS) return node;
        if (HD_AST(Compare, node)->ops.items[0] != HD_AST_In) return NULL;
        return invalid_target(HD_AST(Compare, node)->left, kind);
    case HD_AST_Name:
    case HD_AST_Subscript:
    case HD_AST_Attribute: return NULL;
    default: return node;
    }
    for (int i = 0; i < elements->count; i++) {
        HdNode *bad = invalid_target(elements->items[i], kind);
        if (bad) return bad;
    }
    return NULL;
}

static void raise_invalid_target(HdParser *p, HdNode *node, TargetKind kind) {
    HdNode *bad = invalid_target(node, kind);
    if (!bad) return;
    ERROR_NODE(p, bad, "cannot %s %s", kind == DEL_TARGETS ? "delete" : "assign to", hd_parser_expression_name(bad));
}

/* ---- expressions -------------------------------------------------------------------------------------------------- */

static bool is_legacy_name(HdParser *p, const HdNode *node) {
    if (node->kind != HD_AST_Name) return false;
    HdName *id = ((const HdAstName *)node)->id;
    return id == p->name_print || id == p->name_exec;
}

/* A name that a soft keyword starts with counts as one here, as in CPython 3.11. */
static bool at_soft_keyword(HdParser *p) {
    if (!at(p, T_NAME)) return false;
    const HdName *name = p->tokens[p->mark].name, *words[] = {p->name_underscore, p->name_case, p->name_match};
    for (size_t i = 0; i < HD_COUNT_OF(words); i++)
        if (name->length <= words[i]->length && memcmp(name->bytes, words[i]->bytes, name->length) == 0) return true;
    return false;
}

static bool at_level_zero(HdParser *p) { return p->mark > 0 && p->tokens[p->mark - 1].level == 0; }

void hd_invalid_expression(HdParser *p) {
    BEGIN;
    bool excluded = (at(p, T_NAME) && type_after(p) == T_STRING) || at_soft_keyword(p);
    if (!p->failed && !excluded) {
        HdNode *a = hd_parser_disjunction(p), *b = a ? hd_parser_expression_without_invalid(p) : NULL;
        if (b && !is_legacy_name(p, a) && !at_level_zero(p))
            ERROR_NODES(p, a, b, "invalid syntax. Perhaps you forgot a comma?");
    }
    NEXT;
    HdNode *a = hd_parser_disjunction(p);
    if (a && take(p, T_IF)) {
        HdNode *b = hd_parser_disjunction(p);
        if (b && !at(p, T_ELSE) && !at(p, T_COLON) && !p->failed)
            ERROR_NODES(p, a, b, "expected 'else' after 'if' expression");
    }
    NEXT;
    if (at(p, T_NAME)) { /* a statement of Python 2; any name is tried, for what the rest may raise */
        HdNode *name = hd_parser_name(p), *b = NULL;
        if (name && !at(p, T_LPAR)) b = hd_parser_star_expressions(p);
        if (b && is_legacy_name(p, name)) {
            const char *id = HD_AST(Name, name)->id->bytes;
            ERROR_NODES(p, name, b, "Missing parentheses in call to '%s'. Did you mean %s(...)?", id, id);
        }
    }
    NEXT;
}

static void invalid_named_expression(HdParser *p) {
    BEGIN;
    HdNode *a = hd_parser_expression(p);
    if (a && take(p, T_COLONEQUAL)) {
        if (hd_parser_expression(p))
            ERROR_NODE(p, a, "cannot use assignment expressions with %s", hd_parser_expression_name(a));
    }
    NEXT;
    if (at(p, T_NAME) && type_after(p) == T_EQUAL) {
        a = hd_parser_name(p);
        p->mark++;
        HdNode *b = a ? hd_parser_bitwise_or(p) : NULL;
        if (b && !at(p, T_EQUAL) && !at(p, T_COLONEQUAL) && !p->failed)
            ERROR_NODES(p, a, b, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    }
    NEXT;
    bool excluded = at(p, T_TRUE) || at(p, T_NONE) || at(p, T_FALSE);
    if (!excluded && (at(p, T_LSQB) || at(p, T_LPAR))) {
        if (at(p, T_LSQB))
            excluded = hd_parser_list_display(p) != NULL;
        else
            excluded = hd_parser_tuple(p) || (!p->failed && hd_parser_genexp(p));
        NEXT;
    }
    if (excluded || p->failed) return;
    a = hd_parser_bitwise_or(p);
    if (a && take(p, T_EQUAL)) {
        HdNode *b = hd_parser_bitwise_or(p);
        if (b && !at(p, T_EQUAL) && !at(p, T_COLONEQUAL) && !p->failed)
            ERROR_NODE(p, a, "cannot assign to %s here. Maybe you meant '==' instead of '='?",
                       hd_parser_expression_name(a));
    }
    NEXT;
}

void hd_invalid_named_expression(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (hd_parser_remembered(p, M_INVALID_NAMED, &node)) return;
    invalid_named_expression(p);
    if (!p->failed) p->mark = start;
    hd_parser_remember(p, M_INVALID_NAMED, start, NULL);
}

static HdNode *starred_expression(HdParser *p) { /* '*' expression, as a Starred node */
    int start = p->mark;
    if (!take(p, T_STAR)) return NULL;
    HdNode *value = hd_parser_expression(p);
    if (!value) return back(p, start);
    NODE(p, Starred, n);
    n->value = value;
    return DONE(p, n, start);
}

void hd_invalid_comprehension(HdParser *p) {
    BEGIN;
    HdNodeList clauses;
    p->mark++;
    HdNode *a = starred_expression(p);
    if (a && hd_parser_for_if(p, &clauses))
        ERROR_NODE(p, a, "iterable unpacking cannot be used in comprehension");
    NEXT;
    if (at(p, T_LPAR)) return;
    p->mark++;
    a = hd_parser_star_named_expression(p);
    int comma = p->mark;
    if (a && take(p, T_COMMA)) {
        int base = p->top, count = hd_parser_star_named_list(p);
        HdNode *last = count ? p->stack[base + count - 1] : NULL;
        if (last && !p->failed && hd_parser_for_if(p, &clauses))
            ERROR_NODES(p, a, last, "did you forget parentheses around the comprehension target?");
        if (p->failed) return;
        p->mark = comma + 1;
        if (hd_parser_for_if(p, &clauses))
            hd_parser_error(p, HD_ERROR_SYNTAX, a->lineno, a->col_offset, p->tokens[comma].end_lineno,
                            p->tokens[comma].end_col,
                            "did you forget parentheses around the comprehension target?");
    }
    NEXT;
}

void hd_invalid_dict_comprehension(HdParser *p) {
    BEGIN;
    HdNodeList clauses;
    p->mark++;
    int stars = p->mark;
    if (take(p, T_DOUBLESTAR) && hd_parser_bitwise_or(p) && hd_parser_for_if(p, &clauses) && take(p, T_RBRACE))
        ERROR_TOKEN(p, stars, "dict unpacking cannot be used in dict comprehension");
    NEXT;
}

void hd_invalid_group(HdParser *p) {
    BEGIN;
    p->mark++;
    HdNode *a = starred_expression(p);
    if (a && take(p, T_RPAR)) ERROR_NODE(p, a, "cannot use starred expression here");
    NEXT;
    int stars = ++p->mark;
    if (take(p, T_DOUBLESTAR) && hd_parser_expression(p) && take(p, T_RPAR))
        ERROR_TOKEN(p, stars, "cannot use double starred expression here");
    NEXT;
}

/* From (lineno, col) to where the lexer has come. */
static void error_to_here(HdParser *p, int lineno, int col, const char *message) {
    int end = (int)(p->lexer.cur - p->lexer.line_start);
    hd_parser_error(p, HD_ERROR_SYNTAX, lineno, col, p->lexer.lineno, end - 1, "%s", message);
}

/* expression ':' and no value, or one with a star. */
static void check_pair_value(HdParser *p) {
    HdNode *key = hd_parser_expression(p);
    int colon = p->mark;
    if (!key || !take(p, T_COLON)) return;
    int star = p->mark;
    if (take(p, T_STAR)) {
        if (hd_parser_bitwise_or(p))
            error_to_here(p, p->tokens[star].lineno, p->tokens[star].col,
                          "cannot use a starred expression in a dictionary value");
    } else if (at(p, T_RBRACE) || at(p, T_COMMA)) {
        ERROR_TOKEN(p, colon, "expression expected after dictionary key and ':'");
    }
}

/* Behind '{': what is wrong with the pairs of a dict. CPython looks for this in the first pass, too. */
void hd_invalid_double_starred(HdParser *p) {
    BEGIN;
    int good = 0;
    for (;; good++) {
        int before = p->mark;
        HdNode *value;
        bool found = !good || take(p, T_COMMA);
        if (found && take(p, T_DOUBLESTAR))
            found = hd_parser_bitwise_or(p) != NULL;
        else
            found = found && hd_parser_key_value(p, &value);
        if (p->failed) return;
        if (found) continue;
        p->mark = before;
        break;
    }
    if (good && take(p, T_COMMA)) { /* behind good pairs a key without ':', or a bad value */
        int pair = p->mark;
        HdNode *a = hd_parser_expression(p);
        if (a && !at(p, T_COLON) && !p->failed)
            hd_parser_error(p, HD_ERROR_SYNTAX, a->lineno, a->end_col_offset - 1, a->end_lineno, -1,
                            "':' expected after dictionary key");
        if (p->failed) return;
        p->mark = pair;
        check_pair_value(p);
    }
    NEXT;
    check_pair_value(p);
    NEXT;
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static HdNode *comprehension_end(HdNodeList clauses) {
    HdAstcomprehension *last = HD_AST(comprehension, clauses.items[clauses.count - 1]);
    return last->ifs.count ? last->ifs.items[last->ifs.count - 1] : last->iter;
}

static void raise_genexp(HdParser *p, HdNode *a, HdNodeList clauses) {
    ERROR_NODES(p, a, comprehension_end(clauses), "Generator expression must be parenthesized");
}

static bool has_unpacked_keyword(HdNode *call) {
    HdNodeList keywords = HD_AST(Call, call)->keywords;
    for (int i = 0; i < keywords.count; i++)
        if (!HD_AST(keyword, keywords.items[i])->arg) return true;
    return false;
}

void hd_invalid_arguments(HdParser *p) {
    BEGIN;
    HdNodeList clauses;
    HdNode *a = hd_parser_args(p);
    if (a && take(p, T_COMMA) && at(p, T_STAR))
        ERROR_NODE(p, a, "iterable argument unpacking follows keyword argument unpacking");
    NEXT;
    a = hd_parser_expression(p);
    if (a && hd_parser_for_if(p, &clauses) && take(p, T_COMMA)) {
        int before = p->mark;
        HdNodeList more;
        bool follows = hd_parser_args(p) != NULL;
        if (!follows && !p->failed) {
            p->mark = before;
            follows = hd_parser_expression(p) && hd_parser_for_if(p, &more);
        }
        (void)follows; /* what follows is optional; it may raise */
        if (!p->failed) raise_genexp(p, a, clauses);
    }
    NEXT;
    if (at(p, T_NAME) && type_after(p) == T_EQUAL) {
        p->mark += 2;
        if (hd_parser_expression(p) && hd_parser_for_if(p, &clauses))
            ERROR_TOKENS(p, start, start + 1, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    }
    NEXT;
    a = hd_parser_args(p);
    if (a && hd_parser_for_if(p, &clauses)) { /* all but the last argument are good */
        HdAstCall *call = HD_AST(Call, a);
        if (call->args.count > 1) {
            HdNode *last = call->args.items[call->args.count - 1];
            raise_genexp(p, last, clauses);
        }
    }
    NEXT;
    a = hd_parser_args(p);
    if (a && take(p, T_COMMA)) {
        HdNode *b = hd_parser_expression(p);
        if (b && hd_parser_for_if(p, &clauses)) raise_genexp(p, b, clauses);
    }
    NEXT;
    a = hd_parser_args(p);
    if (a && take(p, T_COMMA) && hd_parser_args(p))
        ERROR_LAST(p, has_unpacked_keyword(a) ? "positional argument follows keyword argument unpacking"
                                              : "positional argument follows keyword argument");
    NEXT;
}

void hd_invalid_kwarg(HdParser *p) {
    BEGIN;
    HdNodeList clauses;
    int type = type_of(p);
    if ((type == T_TRUE || type == T_FALSE || type == T_NONE) && type_after(p) == T_EQUAL)
        ERROR_TOKENS(p, start, start + 1, "cannot assign to %s",
                     type == T_TRUE ? "True" : type == T_FALSE ? "False" : "None");
    NEXT;
    bool named = at(p, T_NAME) && type_after(p) == T_EQUAL;
    if (named) {
        p->mark += 2;
        if (hd_parser_expression(p) && hd_parser_for_if(p, &clauses))
            ERROR_TOKENS(p, start, start + 1, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
        NEXT;
        return;
    }
    NEXT;
    HdNode *a = hd_parser_expression(p);
    if (a && at(p, T_EQUAL))
        hd_parser_error(p, HD_ERROR_SYNTAX, a->lineno, a->col_offset, p->tokens[p->mark].end_lineno,
                        p->tokens[p->mark].end_col,
                        "expression cannot contain assignment, perhaps you meant \"==\"?");
    NEXT;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

void hd_invalid_for_target(HdParser *p) {
    BEGIN;
    take(p, T_ASYNC);
    if (take(p, T_FOR)) {
        HdNode *a = hd_parser_star_expressions(p);
        if (a) raise_invalid_target(p, a, FOR_TARGETS);
    }
    NEXT;
}

/* Skips (star_targets '=')*. */
static void skip_targets(HdParser *p) {
    for (;;) {
        int before = p->mark;
        if (hd_parser_star_targets(p) && take(p, T_EQUAL)) continue;
        p->mark = before;
        return;
    }
}

static bool is_augmented(int type) { return type >= T_PLUSEQUAL && type <= T_ATEQUAL; }

void hd_invalid_assignment(HdParser *p) {
    BEGIN;
    HdNode *a = NULL;
    if (at(p, T_LSQB) || at(p, T_LPAR)) { /* a list or tuple, perhaps in parentheses */
        int open = 0;
        while (at(p, T_LPAR)) {
            int before = p->mark;
            a = hd_parser_tuple(p);
            if (a || p->failed) break;
            p->mark = before + 1;
            open++;
        }
        if (!a && !p->failed && at(p, T_LSQB)) a = hd_parser_list_display(p);
        while (a && open && take(p, T_RPAR)) open--;
        if (a && !open && take(p, T_COLON) && hd_parser_expression(p))
            ERROR_NODE(p, a, "only single target (not %s) can be annotated",
                       a->kind == HD_AST_List ? "list" : "tuple");
        NEXT;
    }
    a = hd_parser_star_named_expression(p);
    if (a && take(p, T_COMMA)) {
        int base = p->top;
        while (!p->failed) { /* star_named_expressions*, which may be several lists */
            int before = p->mark;
            if (!hd_parser_star_named_list(p) || p->mark == before) break;
        }
        p->top = base;
        if (!p->failed && take(p, T_COLON) && hd_parser_expression(p))
            ERROR_NODE(p, a, "only single target (not tuple) can be annotated");
    }
    NEXT;
    a = hd_parser_expression(p);
    if (a && take(p, T_COLON) && hd_parser_expression(p)) ERROR_NODE(p, a, "illegal target for annotation");
    NEXT;
    skip_targets(p);
    a = p->failed ? NULL : hd_parser_star_expressions(p);
    if (a && at(p, T_EQUAL)) raise_invalid_target(p, a, STAR_TARGETS);
    NEXT;
    skip_targets(p);
    a = p->failed ? NULL : hd_parser_yield(p);
    if (a && at(p, T_EQUAL)) ERROR_NODE(p, a, "assignment to yield expression not possible");
    NEXT;
    a = hd_parser_star_expressions(p);
    if (a && is_augmented(type_of(p))) {
        p->mark++;
        if (at(p, T_YIELD) ? hd_parser_yield(p) : hd_parser_star_expressions(p))
            ERROR_NODE(p, a, "'%s' is an illegal expression for augmented assignment", hd_parser_expression_name(a));
    }
    NEXT;
}

void hd_invalid_del(HdParser *p) {
    BEGIN;
    p->mark++;
    HdNode *a = hd_parser_star_expressions(p);
    if (a) raise_invalid_target(p, a, DEL_TARGETS);
    NEXT;
}

void hd_invalid_import_targets(HdParser *p) {
    BEGIN;
    bool more = at(p, T_NAME);
    while (more && take(p, T_NAME)) {
        if (take(p, T_AS) && !take(p, T_NAME)) break;
        more = take(p, T_COMMA);
    }
    if (more && at(p, T_NEWLINE))
        ERROR_LAST(p, "trailing comma not allowed without surrounding parentheses");
    NEXT;
}

/* ---- blocks that are missing -------------------------------------------------------------------------------------- */

/* The mark is behind the ':' that the word at token `word` belongs to. */
static void check_indented(HdParser *p, int word, const char *what) {
    if (!take(p, T_NEWLINE) || at(p, T_INDENT) || p->failed) return;
    hd_parser_error_last(p, HD_ERROR_INDENTATION, "expected an indented block after %s on line %d", what,
                         p->tokens[word].lineno);
}

static void colon_or_block(HdParser *p, int word, const char *what) {
    if (at(p, T_NEWLINE))
        ERROR_LAST(p, "expected ':'");
    else if (take(p, T_COLON))
        check_indented(p, word, what);
}

void hd_invalid_test_statement(HdParser *p, HdTokenType keyword, const char *name) {
    BEGIN;
    char what[32] = "'";
    strcat(strcat(what, name), "' statement");
    if (take(p, keyword) && hd_parser_named_expression(p)) colon_or_block(p, start, what);
    NEXT;
}

void hd_invalid_bare_block(HdParser *p, HdTokenType keyword, const char *name) {
    BEGIN;
    if (take(p, keyword) && take(p, T_COLON)) check_indented(p, start, name);
    NEXT;
}

void hd_invalid_for(HdParser *p) {
    BEGIN;
    take(p, T_ASYNC);
    int word = p->mark;
    if (take(p, T_FOR) && hd_parser_star_targets(p) && take(p, T_IN) && hd_parser_star_expressions(p))
        colon_or_block(p, word, "'for' statement");
    NEXT;
}

void hd_invalid_class(HdParser *p) {
    BEGIN;
    if (take(p, T_CLASS) && take(p, T_NAME)) {
        int before = p->mark;
        if (take(p, T_LPAR)) {
            if (!at(p, T_RPAR)) (void)!hd_parser_arguments(p);
            if (p->failed) return;
            if (!take(p, T_RPAR)) p->mark = before;
        }
        colon_or_block(p, start, "class definition");
    }
    NEXT;
}

void hd_invalid_def(HdParser *p) {
    BEGIN;
    take(p, T_ASYNC);
    int word = p->mark;
    if (take(p, T_DEF) && take(p, T_NAME) && take(p, T_LPAR)) {
        if (!at(p, T_RPAR)) (void)!hd_parser_parameters(p, false);
        if (!p->failed && take(p, T_RPAR)) {
            bool good = !take(p, T_ARROW) || hd_parser_expression(p);
            if (good && !p->failed && take(p, T_COLON)) check_indented(p, word, "function definition");
        }
    }
    NEXT;
}

/* expression ['as' star_target] (',' ...)*; `lists`: `expressions`, as inside parentheses. */
static bool skip_with_items(HdParser *p, bool lists) {
    for (int count = 0;; count++) {
        int before = p->mark;
        if (count && !take(p, T_COMMA)) return true;
        if (!(lists ? hd_parser_expressions(p) : hd_parser_expression(p))) {
            p->mark = before;
            return count > 0 && !p->failed;
        }
        before = p->mark;
        if (take(p, T_AS) && !hd_parser_star_target(p)) p->mark = before;
        if (p->failed) return false;
    }
}

static void invalid_with(HdParser *p, bool indent) {
    BEGIN;
    for (int parenthesised = 0; parenthesised < 2; parenthesised++) {
        take(p, T_ASYNC);
        int word = p->mark;
        if (!take(p, T_WITH)) return;
        bool good = !parenthesised || take(p, T_LPAR);
        good = good && skip_with_items(p, parenthesised);
        if (good && parenthesised) {
            take(p, T_COMMA);
            good = take(p, T_RPAR);
        }
        if (good && indent && take(p, T_COLON)) check_indented(p, word, "'with' statement");
        if (good && !indent && at(p, T_NEWLINE) && !p->failed) ERROR_LAST(p, "expected ':'");
        NEXT;
    }
}

void hd_invalid_with(HdParser *p) { invalid_with(p, false); }
void hd_invalid_with_indent(HdParser *p) { invalid_with(p, true); }

void hd_invalid_with_item(HdParser *p) {
    BEGIN;
    if (hd_parser_expression(p) && take(p, T_AS)) {
        HdNode *a = hd_parser_expression(p);
        if (a && (at(p, T_COMMA) || at(p, T_RPAR) || at(p, T_COLON))) raise_invalid_target(p, a, STAR_TARGETS);
    }
    NEXT;
}

/* ['as' NAME] */
static void skip_as_name(HdParser *p) {
    if (take(p, T_AS) && !take(p, T_NAME)) p->mark--;
}

static int skip_handlers(HdParser *p, bool star) {
    int count = 0;
    while (at(p, T_EXCEPT) && hd_parser_except_block(p, star)) count++;
    return p->failed ? 0 : count;
}

void hd_invalid_try(HdParser *p) {
    BEGIN;
    HdNodeList body;
    hd_invalid_bare_block(p, T_TRY, "'try' statement");
    NEXT;
    p->mark++;
    if (take(p, T_COLON) && hd_parser_block(p, &body) && !at(p, T_EXCEPT) && !at(p, T_FINALLY) && !p->failed)
        ERROR_LAST(p, "expected 'except' or 'finally' block");
    for (int star = 0; star < 2; star++) { /* handlers of one sort, then one of the other */
        NEXT;
        p->mark++;
        if (!take(p, T_COLON)) return;
        while (hd_parser_block(p, &body)) {}
        if (!p->failed && skip_handlers(p, star)) {
            int other = p->mark;
            bool good = take(p, T_EXCEPT) && (star || take(p, T_STAR));
            if (good && (!star || !at(p, T_COLON))) {
                good = hd_parser_expression(p) != NULL;
                skip_as_name(p);
            }
            if (good && take(p, T_COLON))
                ERROR_TOKENS(p, other, other + !star, "cannot have both 'except' and 'except*' on the same 'try'");
        }
    }
    NEXT;
}

void hd_invalid_except(HdParser *p) {
    BEGIN;
    p->mark++;
    bool star = take(p, T_STAR);
    HdNode *a = hd_parser_expression(p);
    if (a && take(p, T_COMMA) && hd_parser_expressions(p)) {
        skip_as_name(p);
        if (at(p, T_COLON)) {
            p->mark++;
            error_to_here(p, a->lineno, a->col_offset, "multiple exception types must be parenthesized");
        }
    }
    NEXT;
    p->mark++;
    take(p, T_STAR);
    if (hd_parser_expression(p)) {
        skip_as_name(p);
        if (at(p, T_NEWLINE)) ERROR_LAST(p, "expected ':'");
    }
    NEXT;
    p->mark++;
    if (at(p, T_NEWLINE)) ERROR_LAST(p, "expected ':'");
    NEXT;
    p->mark++;
    if (star && take(p, T_STAR) && (at(p, T_NEWLINE) || at(p, T_COLON)))
        ERROR_LAST(p, "expected one or more exception types");
    NEXT;
}

void hd_invalid_except_indent(HdParser *p, bool star) {
    BEGIN;
    if (take(p, T_EXCEPT) && (!star || take(p, T_STAR))) {
        bool good = !star && at(p, T_COLON);
        if (!good && hd_parser_expression(p)) {
            good = true;
            skip_as_name(p);
        }
        if (good && take(p, T_COLON))
            check_indented(p, start, star ? "'except*' statement" : "'except' statement");
    }
    NEXT;
}

void hd_invalid_match(HdParser *p) {
    BEGIN;
    p->mark++;
    HdNode *first = hd_parser_star_named_expression(p);
    bool subject = first && first->kind != HD_AST_Starred;
    if (first && take(p, T_COMMA)) {
        int base = p->top;
        (void)hd_parser_star_named_list(p);
        p->top = base;
        subject = !p->failed;
    }
    if (subject) colon_or_block(p, start, "'match' statement");
    NEXT;
}

void hd_invalid_case(HdParser *p) {
    BEGIN;
    p->mark++;
    if (hd_parser_patterns(p)) {
        bool good = true;
        if (take(p, T_IF)) good = hd_parser_named_expression(p) != NULL;
        if (good) colon_or_block(p, start, "'case' statement");
    }
    NEXT;
}

/* ---- patterns ----------------------------------------------------------------------------------------------------- */

void hd_invalid_as_pattern(HdParser *p) {
    BEGIN;
    if (hd_parser_or_pattern(p) && take(p, T_AS)) {
        if (at_name(p, p->name_underscore)) {
            ERROR_TOKEN(p, p->mark, "cannot use '_' as a target");
        } else if (!at(p, T_NAME)) {
            HdNode *a = hd_parser_expression(p);
            if (a) ERROR_NODE(p, a, "invalid pattern target");
        }
    }
    NEXT;
}

/* NAME ('.' NAME)* '(' ... NAME '=' pattern ',' pattern: positional patterns behind keywords. */
void hd_invalid_class_pattern(HdParser *p) {
    BEGIN;
    HdNode *first = NULL, *last = NULL;
    bool keyword_seen = false, more = true;
    while (take(p, T_NAME) && take(p, T_DOT)) {}
    if (take(p, T_LPAR)) {
        while (more && !at(p, T_RPAR)) {
            bool keyword = at(p, T_NAME) && type_after(p) == T_EQUAL;
            if (keyword) {
                if (first) break;
                p->mark += 2;
                keyword_seen = true;
            }
            HdNode *pattern = hd_parser_pattern(p);
            if (!pattern) break;
            if (!keyword && keyword_seen) {
                last = pattern;
                if (!first) first = pattern;
            }
            more = take(p, T_COMMA);
        }
        if (first && !p->failed) ERROR_NODES(p, first, last, "positional patterns follow keyword patterns");
    }
    NEXT;
}

/* ---- parameters --------------------------------------------------------------------------------------------------- */

/* param [default] followed by ',' or the end; *has_default. The comma is taken. */
static HdNode *any_parameter(HdParser *p, bool lambda, bool *has_default) {
    int start = p->mark;
    HdNode *node = hd_parser_parameter(p, lambda);
    if (!node) return NULL;
    *has_default = false;
    if (take(p, T_EQUAL)) {
        int before = p->mark - 1;
        *has_default = true;
        if (!hd_parser_expression(p)) {
            if (p->failed) return NULL;
            p->mark = before;
            hd_invalid_default(p);
            return back(p, start);
        }
    }
    if (take(p, T_COMMA)) return type_of(p) == T_COUNT ? NULL : node; /* CPython reads on for a type comment */
    return at(p, lambda ? T_COLON : T_RPAR) ? node : back(p, start);
}

/* Skips parameters without default. */
static int skip_plain(HdParser *p, bool lambda) {
    int count = 0;
    for (;; count++) {
        int before = p->mark;
        HdNode *node = hd_parser_parameter(p, lambda);
        if (node && (take(p, T_COMMA) || at(p, lambda ? T_COLON : T_RPAR))) continue;
        p->mark = before;
        break;
    }
    return count;
}

static int skip_any(HdParser *p, bool lambda) {
    int count = 0;
    bool has_default;
    while (any_parameter(p, lambda, &has_default)) count++;
    return p->failed ? 0 : count;
}

/* A '/' behind parameters, with its ',' or the end. */
static bool skip_slash(HdParser *p, bool lambda) {
    int before = p->mark;
    if (skip_any(p, lambda) && take(p, T_SLASH) && (take(p, T_COMMA) || at(p, lambda ? T_COLON : T_RPAR))) return true;
    if (!p->failed) p->mark = before;
    return false;
}

void hd_invalid_parameters(HdParser *p, bool lambda) {
    BEGIN;
    HdTokenType end = lambda ? T_COLON : T_RPAR;
    bool has_default = false;
    /* a default, and then a parameter without one, perhaps with a '/' in between */
    skip_plain(p, lambda);
    bool defaults = false;
    while (!p->failed) {
        int before = p->mark;
        HdNode *node = any_parameter(p, lambda, &has_default);
        if (!node && !p->failed && defaults && at(p, T_SLASH) && p->mark == before) {
            p->mark++;
            if (take(p, T_COMMA)) continue;
            p->mark = before;
            break;
        }
        if (!node) break;
        if (!has_default && defaults) {
            ERROR_NODE(p, node, "non-default argument follows default argument");
            break;
        }
        if (!has_default) { /* the helper rule needs a default or a slash first */
            p->mark = before;
            break;
        }
        defaults = true;
    }
    NEXT;
    skip_plain(p, lambda);
    int open = p->mark;
    if (!p->failed && take(p, T_LPAR)) {
        int count = 0;
        while (take(p, T_NAME)) { /* names with commas */
            if (!lambda && take(p, T_COLON) && !hd_parser_expression(p)) break;
            count++;
            if (!take(p, T_COMMA)) break;
        }
        if (count && at(p, T_RPAR) && !p->failed)
            ERROR_TOKENS(p, open, p->mark, "%s parameters cannot be parenthesized", lambda ? "Lambda expression" : "Function");
    }
    NEXT;
    if (take(p, T_SLASH) && at(p, T_COMMA)) ERROR_TOKEN(p, start, "at least one argument must precede /");
    NEXT;
    if (skip_slash(p, lambda)) {
        skip_any(p, lambda);
        if (!p->failed && at(p, T_SLASH)) ERROR_TOKEN(p, p->mark, "/ may appear only once");
    }
    NEXT;
    (void)skip_slash(p, lambda);
    if (p->failed) return;
    skip_any(p, lambda);
    if (!p->failed && take(p, T_STAR)) {
        bool good = take(p, T_COMMA);
        if (!good && hd_parser_parameter(p, lambda)) good = take(p, T_COMMA) || at(p, end);
        if (good && !p->failed) skip_any(p, lambda);
        if (good && !p->failed && at(p, T_SLASH)) ERROR_TOKEN(p, p->mark, "/ must be ahead of *");
    }
    NEXT;
    if (skip_any(p, lambda) && take(p, T_SLASH) && at(p, T_STAR))
        ERROR_TOKEN(p, p->mark, "expected comma between / and *");
    NEXT;
}

void hd_invalid_default(HdParser *p) {
    BEGIN;
    if (take(p, T_EQUAL) && (at(p, T_RPAR) || at(p, T_COMMA)))
        ERROR_TOKEN(p, start, "expected default value expression");
    NEXT;
}

void hd_invalid_star_etc(HdParser *p, bool lambda) {
    BEGIN;
    HdTokenType end = lambda ? T_COLON : T_RPAR;
    if (take(p, T_STAR)) {
        bool bare = at(p, end);
        if (!bare && take(p, T_COMMA)) bare = at(p, end) || at(p, T_DOUBLESTAR);
        if (bare && lambda)
            ERROR_LAST(p, "named arguments must follow bare *");
        else if (bare)
            ERROR_TOKEN(p, start, "named arguments must follow bare *");
    }
    NEXT;
    if (!lambda && take(p, T_STAR) && take(p, T_COMMA) && take(p, T_TYPE_COMMENT))
        ERROR_LAST(p, "bare * has associated type comment");
    NEXT;
    if (take(p, T_STAR) && hd_parser_parameter(p, lambda) && at(p, T_EQUAL))
        ERROR_TOKEN(p, p->mark, "var-positional argument cannot have default value");
    NEXT;
    if (take(p, T_STAR)) {
        bool good = take(p, T_COMMA);
        if (!good && hd_parser_parameter(p, lambda)) good = take(p, T_COMMA) || at(p, end);
        if (good && !p->failed) skip_any(p, lambda);
        int second = p->mark;
        if (good && !p->failed && take(p, T_STAR)) {
            bool again = at(p, T_COMMA);
            if (!again && hd_parser_parameter(p, lambda)) again = at(p, T_COMMA) || at(p, end);
            if (again && !p->failed) ERROR_TOKEN(p, second, "* argument may appear only once");
        }
    }
    NEXT;
}

void hd_invalid_kwds(HdParser *p, bool lambda) {
    BEGIN;
    if (take(p, T_DOUBLESTAR) && hd_parser_parameter(p, lambda)) {
        if (at(p, T_EQUAL)) ERROR_TOKEN(p, p->mark, "var-keyword argument cannot have default value");
        if (!p->failed && take(p, T_COMMA)) {
            HdNode *a = hd_parser_parameter(p, lambda);
            if (a)
                ERROR_NODE(p, a, "arguments cannot follow var-keyword argument");
            else if (at(p, T_STAR) || at(p, T_DOUBLESTAR) || at(p, T_SLASH))
                ERROR_TOKEN(p, p->mark, "arguments cannot follow var-keyword argument");
        }
    }
    NEXT;
}
