/* expr.c -- expressions: recursive descent, with precedence climbing for the binary operators. See parser.h. */
#include "parser.h"

#define FAIL(p, start) return back(p, start)

/* ---- names, numbers ----------------------------------------------------------------------------------------------- */

HdNode *hd_parser_name(HdParser *p) {
    if (!at(p, T_NAME)) return NULL;
    int start = p->mark++;
    NODE(p, Name, n);
    n->id = p->tokens[start].name;
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

static HdNode *constant(HdParser *p, HdConstantKind kind) {
    int start = p->mark++;
    NODE(p, Constant, n);
    n->value.kind = (uint8_t)kind;
    return DONE(p, n, start);
}

HdNode *hd_parser_number(HdParser *p) {
    if (!at(p, T_NUMBER)) return NULL;
    int start = p->mark++;
    const HdToken *token = &p->tokens[start];
    if (p->input->feature_minor && memchr(p->lexer.text + token->start, '_', token->end - token->start) &&
        too_old(p, 6, "Underscores in numeric literals are"))
        return NULL;
    NODE(p, Constant, n);
    if (!hd_parser_number_value(p, p->lexer.text + token->start, token->end - token->start, &n->value)) {
        if (!p->failed) return hd_parser_no_memory(p);
        return NULL;
    }
    return DONE(p, n, start);
}

/* ---- lists of expressions ----------------------------------------------------------------------------------------- */

static bool ends_list(int type) {
    return type == T_RPAR || type == T_RSQB || type == T_RBRACE || type == T_NEWLINE || type == T_EQUAL ||
           type == T_COLON || type == T_SEMI || type == T_END;
}

/* item (',' item)* [',']: one item is itself, more or a comma make a Tuple. */
static HdNode *tuple_of(HdParser *p, HdNode *(*item)(HdParser *p)) {
    int start = p->mark, base = p->top;
    HdNode *first = item(p);
    if (!first || !at(p, T_COMMA)) return first;
    hd_parser_push(p, first);
    while (at(p, T_COMMA)) {
        p->mark++;
        if (ends_list(type_of(p))) break;
        HdNode *next = item(p);
        if (!next) break;
        hd_parser_push(p, next);
    }
    if (p->failed) return NULL;
    NODE(p, Tuple, n);
    n->elts = hd_parser_list(p, base);
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

static HdNode *starred(HdParser *p, HdNode *(*operand)(HdParser *p)) {
    int start = p->mark++;
    HdNode *value = operand(p);
    if (!value) FAIL(p, start);
    NODE(p, Starred, n);
    n->value = value;
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

HdNode *hd_parser_star_expression(HdParser *p) {
    HdNode *node;
    if (!at(p, T_STAR)) return hd_parser_expression(p);
    if (p->second_pass && hd_parser_remembered(p, M_STAR_EXPRESSION, &node)) return node;
    int start = p->mark;
    node = starred(p, hd_parser_bitwise_or);
    return p->second_pass ? hd_parser_remember(p, M_STAR_EXPRESSION, start, node) : node;
}

HdNode *hd_parser_star_expressions(HdParser *p) { return tuple_of(p, hd_parser_star_expression); }
HdNode *hd_parser_expressions(HdParser *p) { return tuple_of(p, hd_parser_expression); }

HdNode *hd_parser_star_named_expression(HdParser *p) {
    return at(p, T_STAR) ? starred(p, hd_parser_bitwise_or) : hd_parser_named_expression(p);
}

int hd_parser_star_named_list(HdParser *p) {
    int count = 0;
    for (;;) {
        int before = p->mark;
        if (count && !take(p, T_COMMA)) break;
        HdNode *item = ends_list(type_of(p)) ? NULL : hd_parser_star_named_expression(p);
        if (!item) {
            if (!count) p->mark = before;
            break; /* a trailing comma stays taken */
        }
        hd_parser_push(p, item);
        count++;
    }
    return p->failed ? 0 : count;
}

HdNode *hd_parser_yield(HdParser *p) {
    int start = p->mark;
    if (!take(p, T_YIELD)) return NULL;
    if (take(p, T_FROM)) {
        HdNode *value = hd_parser_expression(p);
        if (value) {
            NODE(p, YieldFrom, n);
            n->value = value;
            return DONE(p, n, start);
        }
        if (p->failed) return NULL;
        p->mark = start + 1;
    }
    HdNode *value = ends_list(type_of(p)) ? NULL : hd_parser_star_expressions(p);
    if (p->failed) return NULL;
    NODE(p, Yield, n);
    n->value = value;
    return DONE(p, n, start);
}

/* ---- named and conditional expressions ---------------------------------------------------------------------------- */

/* NAME ':=' expression, once both tokens have been seen. */
static HdNode *assignment_expression(HdParser *p) {
    int start = p->mark;
    HdNode *target = hd_parser_name(p);
    if (!target) return NULL;
    p->mark++;
    HdNode *value = hd_parser_expression(p);
    if (!value) FAIL(p, start);
    if (too_old(p, 8, "Assignment expressions are")) return NULL;
    HD_AST(Name, target)->ctx = HD_AST_Store;
    NODE(p, NamedExpr, n);
    n->target = target;
    n->value = value;
    return DONE(p, n, start);
}

HdNode *hd_parser_named_expression(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (p->second_pass && hd_parser_remembered(p, M_NAMED_EXPRESSION, &node)) return node;
    if (at(p, T_NAME) && type_after(p) == T_COLONEQUAL) {
        node = assignment_expression(p);
    } else {
        if (HD_UNLIKELY(p->diagnose)) {
            hd_invalid_named_expression(p);
            if (p->failed) return NULL;
        }
        node = hd_parser_expression(p);
        if (node && at(p, T_COLONEQUAL)) node = back(p, start);
    }
    return p->second_pass ? hd_parser_remember(p, M_NAMED_EXPRESSION, start, node) : node;
}

/* (NAME ':=' expression | expression !':='): an element of a call or generator expression. */
static HdNode *argument_expression(HdParser *p) {
    if (at(p, T_NAME) && type_after(p) == T_COLONEQUAL) return assignment_expression(p);
    int start = p->mark;
    HdNode *node = hd_parser_expression(p);
    if (node && at(p, T_COLONEQUAL)) FAIL(p, start);
    return node;
}

static HdNode *lambda(HdParser *p) {
    int start = p->mark++;
    HdNode *args = at(p, T_COLON) ? hd_parser_empty_parameters(p) : hd_parser_parameters(p, true);
    if (!args && !p->failed) args = hd_parser_empty_parameters(p);
    if (!args || !take(p, T_COLON)) FAIL(p, start);
    HdNode *body = hd_parser_expression(p);
    if (!body) FAIL(p, start);
    NODE(p, Lambda, n);
    n->args = args;
    n->body = body;
    return DONE(p, n, start);
}

static HdNode *plain_expression(HdParser *p) {
    int start = p->mark;
    if (!hd_parser_enter(p)) return NULL;
    bool is_lambda = at(p, T_LAMBDA);
    HdNode *body = is_lambda ? lambda(p) : hd_parser_disjunction(p);
    if (body && !is_lambda && at(p, T_IF)) {
        int at_if = p->mark++;
        HdNode *test = hd_parser_disjunction(p);
        HdNode *otherwise = test && take(p, T_ELSE) ? hd_parser_expression(p) : NULL;
        if (otherwise) {
            p->depth--;
            NODE(p, IfExp, n);
            n->test = test;
            n->body = body;
            n->orelse = otherwise;
            return DONE(p, n, start);
        }
        p->mark = at_if;
    }
    p->depth--;
    return p->failed ? NULL : body;
}

HdNode *hd_parser_expression(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return plain_expression(p);
    if (hd_parser_remembered(p, M_EXPRESSION, &node)) return node;
    if (!hd_parser_enter(p)) return NULL;
    if (p->diagnose) hd_invalid_expression(p);
    node = p->failed ? NULL : plain_expression(p);
    p->depth--;
    return hd_parser_remember(p, M_EXPRESSION, start, node);
}

HdNode *hd_parser_expression_without_invalid(HdParser *p) {
    bool diagnose = p->diagnose;
    p->diagnose = false;
    HdNode *node = plain_expression(p);
    p->diagnose = diagnose;
    return node;
}

/* ---- boolean operators, comparisons ------------------------------------------------------------------------------- */

static const uint8_t comparison_of[T_COUNT + 1] = {
    [T_EQEQUAL] = HD_AST_Eq, [T_NOTEQUAL] = HD_AST_NotEq,  [T_LESS] = HD_AST_Lt, [T_LESSEQUAL] = HD_AST_LtE,
    [T_GREATER] = HD_AST_Gt, [T_GREATEREQUAL] = HD_AST_GtE, [T_IN] = HD_AST_In,   [T_IS] = HD_AST_Is,
    [T_NOT] = HD_AST_NotIn,
};

static int comparison_operator(HdParser *p) {
    int type = type_of(p), operator= comparison_of[type];
    if (!operator) return 0;
    if (HD_UNLIKELY(type == T_NOTEQUAL && p->input->barry_as_bdfl && p->lexer.text[p->tokens[p->mark].start] == '!')) {
        ERROR_TOKEN(p, p->mark, "with Barry as BDFL, use '<>' instead of '!='");
        return 0;
    }
    if (type == T_NOT) {
        if (type_after(p) != T_IN) return 0;
        p->mark++;
    }
    p->mark++;
    if (type == T_IS && take(p, T_NOT)) return HD_AST_IsNot;
    return operator;
}

static HdNode *comparison(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNode *left = hd_parser_bitwise_or(p);
    if (!left || !comparison_of[type_of(p)]) return left;
    uint8_t few[16], *operators = few;
    int count = 0, capacity = (int)sizeof few;
    for (;;) {
        int before = p->mark, operator= comparison_operator(p);
        if (!operator) break;
        HdNode *right = hd_parser_bitwise_or(p);
        if (!right) {
            p->mark = before;
            break;
        }
        if (count == capacity) {
            uint8_t *more = hd_parser_alloc(p, (size_t)capacity * 2);
            if (!more) return NULL;
            memcpy(more, operators, (size_t)count);
            operators = more;
            capacity *= 2;
        }
        operators[count++] = (uint8_t) operator;
        hd_parser_push(p, right);
    }
    if (p->failed) return NULL;
    if (!count) return left;
    NODE(p, Compare, n);
    n->left = left;
    n->comparators = hd_parser_list(p, base);
    n->ops.items = hd_parser_alloc(p, (size_t)count);
    if (!n->ops.items) return NULL;
    memcpy(n->ops.items, operators, (size_t)count);
    n->ops.count = count;
    return DONE(p, n, start);
}

static HdNode *inversion(HdParser *p) {
    if (!at(p, T_NOT)) return comparison(p);
    int start = p->mark++;
    if (!hd_parser_enter(p)) return NULL;
    HdNode *operand = inversion(p);
    p->depth--;
    if (!operand) FAIL(p, start);
    NODE(p, UnaryOp, n);
    n->op = HD_AST_Not;
    n->operand = operand;
    return DONE(p, n, start);
}

static HdNode *conjunction(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNode *first = inversion(p);
    if (!first || !at(p, T_AND)) return first;
    hd_parser_push(p, first);
    while (at(p, T_AND)) {
        int before = p->mark++;
        HdNode *next = inversion(p);
        if (!next) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, next);
    }
    if (p->failed) return NULL;
    if (p->top - base == 1) return p->top = base, first;
    NODE(p, BoolOp, n);
    n->op = HD_AST_And;
    n->values = hd_parser_list(p, base);
    return DONE(p, n, start);
}

static HdNode *plain_disjunction(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNode *first = conjunction(p);
    if (!first || !at(p, T_OR)) return first;
    hd_parser_push(p, first);
    while (at(p, T_OR)) {
        int before = p->mark++;
        HdNode *next = conjunction(p);
        if (!next) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, next);
    }
    if (p->failed) return NULL;
    if (p->top - base == 1) return p->top = base, first;
    NODE(p, BoolOp, n);
    n->op = HD_AST_Or;
    n->values = hd_parser_list(p, base);
    return DONE(p, n, start);
}

HdNode *hd_parser_disjunction(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return plain_disjunction(p);
    if (hd_parser_remembered(p, M_DISJUNCTION, &node)) return node;
    return hd_parser_remember(p, M_DISJUNCTION, start, plain_disjunction(p));
}

/* ---- arithmetic --------------------------------------------------------------------------------------------------- */

static const struct {
    uint8_t level, operator;
} binary_of[T_COUNT + 1] = {
    [T_VBAR] = {1, HD_AST_BitOr},      [T_CIRCUMFLEX] = {2, HD_AST_BitXor},  [T_AMPER] = {3, HD_AST_BitAnd},
    [T_LEFTSHIFT] = {4, HD_AST_LShift}, [T_RIGHTSHIFT] = {4, HD_AST_RShift}, [T_PLUS] = {5, HD_AST_Add},
    [T_MINUS] = {5, HD_AST_Sub},       [T_STAR] = {6, HD_AST_Mult},          [T_SLASH] = {6, HD_AST_Div},
    [T_DOUBLESLASH] = {6, HD_AST_FloorDiv}, [T_PERCENT] = {6, HD_AST_Mod},   [T_AT] = {6, HD_AST_MatMult},
};

static HdNode *factor(HdParser *p);

static HdNode *power(HdParser *p) {
    int start = p->mark;
    HdNode *base;
    if (at(p, T_AWAIT)) {
        p->mark++;
        HdNode *value = hd_parser_primary(p);
        if (!value) FAIL(p, start);
        if (too_old(p, 5, "Await expressions are")) return NULL;
        NODE(p, Await, n);
        n->value = value;
        base = DONE(p, n, start);
    } else {
        base = hd_parser_primary(p);
    }
    if (!base || !at(p, T_DOUBLESTAR)) return base;
    int before = p->mark++;
    HdNode *exponent = factor(p);
    if (!exponent) {
        p->mark = before;
        return p->failed ? NULL : base;
    }
    NODE(p, BinOp, n);
    n->left = base;
    n->op = HD_AST_Pow;
    n->right = exponent;
    return DONE(p, n, start);
}

static HdNode *factor(HdParser *p) {
    int type = type_of(p), start = p->mark;
    int operator= type == T_MINUS ? HD_AST_USub : type == T_PLUS ? HD_AST_UAdd : type == T_TILDE ? HD_AST_Invert : 0;
    if (!hd_parser_enter(p)) return NULL;
    if (!operator) {
        HdNode *node = power(p);
        p->depth--;
        return node;
    }
    p->mark++;
    HdNode *operand = factor(p);
    p->depth--;
    if (!operand) FAIL(p, start);
    NODE(p, UnaryOp, n);
    n->op = (uint8_t) operator;
    n->operand = operand;
    return DONE(p, n, start);
}

static HdNode *binary(HdParser *p, int level) {
    int start = p->mark;
    HdNode *left = factor(p);
    if (!left) return NULL;
    for (;;) {
        int type = type_of(p);
        if (binary_of[type].level < level || !binary_of[type].level) return p->failed ? NULL : left;
        int before = p->mark++;
        HdNode *right = binary(p, binary_of[type].level + 1);
        if (!right) {
            p->mark = before;
            return p->failed ? NULL : left;
        }
        if (type == T_AT && too_old(p, 5, "The '@' operator is")) return NULL;
        NODE(p, BinOp, n);
        n->left = left;
        n->op = binary_of[type].operator;
        n->right = right;
        left = DONE(p, n, start);
    }
}

HdNode *hd_parser_bitwise_or(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return binary(p, 1);
    if (hd_parser_remembered(p, M_BITWISE_OR, &node)) return node;
    return hd_parser_remember(p, M_BITWISE_OR, start, binary(p, 1));
}

/* ---- comprehensions ----------------------------------------------------------------------------------------------- */

/* One `[async] for targets in iterable (if test)*`. */
static HdNode *for_if(HdParser *p) {
    int start = p->mark;
    bool async = take(p, T_ASYNC);
    if (!take(p, T_FOR)) FAIL(p, start);
    HdNode *target = hd_parser_star_targets(p);
    if (!target || !take(p, T_IN)) {
        p->mark = start;
        if (p->diagnose && !p->failed) hd_invalid_for_target(p);
        return NULL;
    }
    HdNode *iterable = hd_parser_disjunction(p);
    if (!iterable) FAIL(p, start);
    int base = p->top;
    while (at(p, T_IF)) {
        int before = p->mark++;
        HdNode *test = hd_parser_disjunction(p);
        if (!test) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, test);
    }
    if (p->failed || (async && too_old(p, 6, "Async comprehensions are"))) return NULL;
    hd_parser_set_context(target, HD_AST_Store);
    NODE(p, comprehension, n);
    n->target = target;
    n->iter = iterable;
    n->ifs = hd_parser_list(p, base);
    n->is_async = async;
    return &n->head;
}

bool hd_parser_for_if(HdParser *p, HdNodeList *clauses) {
    int base = p->top;
    while (at(p, T_FOR) || at(p, T_ASYNC)) {
        HdNode *clause = for_if(p);
        if (!clause) break;
        hd_parser_push(p, clause);
    }
    if (p->failed || p->top == base) return p->top = base, false;
    *clauses = hd_parser_list(p, base);
    return !p->failed;
}

HD_INLINE bool at_for(HdParser *p) {
    int type = type_of(p);
    return type == T_FOR || type == T_ASYNC;
}

/* ---- parentheses -------------------------------------------------------------------------------------------------- */

static HdNode *comprehension_node(HdParser *p, HdAstKind kind, HdNode *element, HdNodeList clauses, int start) {
    HdNode *node = new_node(p, kind); /* ListComp, SetComp and GeneratorExp have one layout */
    if (!node) return NULL;
    HdAstListComp *n = (HdAstListComp *)node;
    n->elt = element;
    n->generators = clauses;
    return hd_parser_finish(p, node, start);
}

HdNode *hd_parser_genexp(HdParser *p) {
    int start = p->mark;
    HdNodeList clauses;
    if (!take(p, T_LPAR)) return NULL;
    HdNode *element = argument_expression(p);
    if (element && hd_parser_for_if(p, &clauses) && take(p, T_RPAR))
        return comprehension_node(p, HD_AST_GeneratorExp, element, clauses, start);
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_comprehension(p);
    return NULL;
}

HdNode *hd_parser_tuple(HdParser *p) {
    int start = p->mark, base = p->top;
    if (!take(p, T_LPAR)) return NULL;
    if (!at(p, T_RPAR)) {
        HdNode *first = hd_parser_star_named_expression(p);
        if (!first || !at(p, T_COMMA)) FAIL(p, start);
        hd_parser_push(p, first);
        p->mark++;
        if (!at(p, T_RPAR)) hd_parser_star_named_list(p);
    }
    if (p->failed || !take(p, T_RPAR)) {
        p->top = base;
        FAIL(p, start);
    }
    NODE(p, Tuple, n);
    n->elts = hd_parser_list(p, base);
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

static HdNode *group(HdParser *p) {
    int start = p->mark++;
    HdNode *inner = at(p, T_YIELD) ? hd_parser_yield(p) : hd_parser_named_expression(p);
    if (inner && take(p, T_RPAR)) return inner;
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_group(p);
    return NULL;
}

/* tuple, group or generator expression. The first pass decides by what follows the first element. */
static HdNode *parenthesised(HdParser *p) {
    int start = p->mark;
    if (p->second_pass) {
        HdNode *node = hd_parser_tuple(p);
        if (!node && !p->failed) node = group(p);
        if (!node && !p->failed) node = hd_parser_genexp(p);
        return node;
    }
    p->mark++;
    if (at(p, T_YIELD)) {
        HdNode *inner = hd_parser_yield(p);
        if (inner && take(p, T_RPAR)) return inner;
        FAIL(p, start);
    }
    int base = p->top;
    if (take(p, T_RPAR)) {
        NODE(p, Tuple, n);
        n->ctx = HD_AST_Load;
        return DONE(p, n, start);
    }
    HdNode *first = hd_parser_star_named_expression(p);
    if (!first) FAIL(p, start);
    if (at(p, T_RPAR)) {
        if (first->kind == HD_AST_Starred) FAIL(p, start);
        p->mark++;
        return first;
    }
    if (at(p, T_COMMA)) {
        hd_parser_push(p, first);
        p->mark++;
        if (!at(p, T_RPAR)) hd_parser_star_named_list(p);
        if (p->failed || !take(p, T_RPAR)) {
            p->top = base;
            FAIL(p, start);
        }
        NODE(p, Tuple, n);
        n->elts = hd_parser_list(p, base);
        n->ctx = HD_AST_Load;
        return DONE(p, n, start);
    }
    HdNodeList clauses;
    if (!at_for(p) || first->kind == HD_AST_Starred || !hd_parser_for_if(p, &clauses) || !take(p, T_RPAR))
        FAIL(p, start);
    return comprehension_node(p, HD_AST_GeneratorExp, first, clauses, start);
}

/* ---- lists, sets, dicts ------------------------------------------------------------------------------------------- */

HdNode *hd_parser_list_display(HdParser *p) {
    int start = p->mark, base = p->top;
    if (!take(p, T_LSQB)) return NULL;
    if (!at(p, T_RSQB)) hd_parser_star_named_list(p);
    if (p->failed || !take(p, T_RSQB)) {
        HdNodeList clauses;
        /* The first pass sees `for` behind a single element here and goes on with what it has. */
        if (!p->second_pass && !p->failed && p->top - base == 1 && at_for(p) &&
            p->stack[base]->kind != HD_AST_Starred && p->tokens[p->mark - 1].type != T_COMMA) {
            HdNode *element = p->stack[base];
            p->top = base;
            if (hd_parser_for_if(p, &clauses) && take(p, T_RSQB))
                return comprehension_node(p, HD_AST_ListComp, element, clauses, start);
        }
        p->top = base;
        FAIL(p, start);
    }
    NODE(p, List, n);
    n->elts = hd_parser_list(p, base);
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

static HdNode *comprehension_display(HdParser *p, HdTokenType open, HdTokenType close, HdAstKind kind) {
    int start = p->mark;
    HdNodeList clauses;
    if (!take(p, open)) return NULL;
    HdNode *element = hd_parser_named_expression(p);
    if (element && hd_parser_for_if(p, &clauses) && take(p, close))
        return comprehension_node(p, kind, element, clauses, start);
    p->mark = start;
    if (p->diagnose && !p->failed) hd_invalid_comprehension(p);
    return NULL;
}

static HdNode *bracketed(HdParser *p) {
    HdNode *node = hd_parser_list_display(p);
    if (!node && p->second_pass && !p->failed) node = comprehension_display(p, T_LSQB, T_RSQB, HD_AST_ListComp);
    return node;
}

/* expression ':' expression */
HdNode *hd_parser_key_value(HdParser *p, HdNode **value) {
    int start = p->mark;
    HdNode *key = hd_parser_expression(p);
    if (!key || !take(p, T_COLON)) FAIL(p, start);
    *value = hd_parser_expression(p);
    if (!*value) FAIL(p, start);
    return key;
}

/* Pushes keys and values in turn: '**' bitwise_or pushes NULL and the value. False: no such pair here. */
static bool push_pair(HdParser *p) {
    int start = p->mark;
    HdNode *key = NULL, *value;
    if (take(p, T_DOUBLESTAR)) {
        value = hd_parser_bitwise_or(p);
        if (!value) return p->mark = start, false;
    } else {
        key = hd_parser_key_value(p, &value);
        if (!key) return false;
    }
    hd_parser_push(p, key);
    hd_parser_push(p, value);
    return !p->failed;
}

static HdNode *dict_node(HdParser *p, int base, int start) {
    int count = (p->top - base) / 2;
    NODE(p, Dict, n);
    n->keys.items = hd_parser_alloc(p, (size_t)count * sizeof(HdNode *) + 1);
    n->values.items = hd_parser_alloc(p, (size_t)count * sizeof(HdNode *) + 1);
    if (p->failed) return NULL;
    for (int i = 0; i < count; i++) {
        n->keys.items[i] = p->stack[base + 2 * i];
        n->values.items[i] = p->stack[base + 2 * i + 1];
    }
    n->keys.count = n->values.count = count;
    p->top = base;
    return DONE(p, n, start);
}

static HdNode *dict_comprehension(HdParser *p, HdNode *key, HdNode *value, int start) {
    HdNodeList clauses;
    if (!hd_parser_for_if(p, &clauses) || !take(p, T_RBRACE)) FAIL(p, start);
    NODE(p, DictComp, n);
    n->key = key;
    n->value = value;
    n->generators = clauses;
    return DONE(p, n, start);
}

static HdNode *set_node(HdParser *p, int base, int start) {
    NODE(p, Set, n);
    n->elts = hd_parser_list(p, base);
    return DONE(p, n, start);
}

static HdNode *bad_dict(HdParser *p, int base, int start) {
    p->top = base;
    p->mark = start + 1;
    if (p->failed) return NULL;
    bool remember = p->second_pass; /* nested dicts would be read again and again */
    p->second_pass = true;
    hd_invalid_double_starred(p);
    p->second_pass = remember;
    return back(p, start);
}

/* The pairs behind '{' up to '}', the first perhaps pushed already. */
static HdNode *dict_rest(HdParser *p, int base, int start) {
    bool more = p->top == base || take(p, T_COMMA);
    while (more && !at(p, T_RBRACE) && push_pair(p)) more = take(p, T_COMMA);
    if (p->failed || !take(p, T_RBRACE)) return bad_dict(p, base, start);
    return dict_node(p, base, start);
}

/* The alternatives one after the other, with their wrong forms. */
static HdNode *braced_second_pass(HdParser *p) {
    int start = p->mark, base = p->top;
    p->mark++;
    HdNode *node = dict_rest(p, base, start);
    if (node || p->failed) return node;
    p->mark = start + 1;
    if (hd_parser_star_named_list(p) && take(p, T_RBRACE)) return set_node(p, base, start);
    if (p->failed) return NULL;
    p->top = base;
    p->mark = start + 1;
    HdNode *value, *key = hd_parser_key_value(p, &value);
    if (key && (node = dict_comprehension(p, key, value, start))) return node;
    if (p->failed) return NULL;
    p->mark = start;
    if (p->diagnose) hd_invalid_dict_comprehension(p);
    if (p->failed) return NULL;
    return comprehension_display(p, T_LBRACE, T_RBRACE, HD_AST_SetComp);
}

static HdNode *braced(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNodeList clauses;
    if (p->second_pass) return braced_second_pass(p);
    p->mark++;
    if (at(p, T_RBRACE) || at(p, T_DOUBLESTAR)) return dict_rest(p, base, start);
    HdNode *first = hd_parser_star_named_expression(p);
    if (!first) FAIL(p, start);
    if (at(p, T_COLON) && first->kind != HD_AST_Starred &&
        !(p->tokens[start + 1].type == T_NAME && p->tokens[start + 2].type == T_COLONEQUAL)) {
        p->mark++;
        HdNode *value = hd_parser_expression(p);
        if (!value) return bad_dict(p, base, start);
        if (at_for(p)) return dict_comprehension(p, first, value, start);
        hd_parser_push(p, first);
        hd_parser_push(p, value);
        return dict_rest(p, base, start);
    }
    if (at_for(p) && first->kind != HD_AST_Starred) {
        if (!hd_parser_for_if(p, &clauses) || !take(p, T_RBRACE)) FAIL(p, start);
        return comprehension_node(p, HD_AST_SetComp, first, clauses, start);
    }
    hd_parser_push(p, first);
    if (take(p, T_COMMA) && !at(p, T_RBRACE)) hd_parser_star_named_list(p);
    if (p->failed || !take(p, T_RBRACE)) {
        p->top = base;
        FAIL(p, start);
    }
    return set_node(p, base, start);
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static HdNode *keyword_node(HdParser *p, HdName *name, HdNode *value, int start) {
    NODE(p, keyword, n);
    n->arg = name;
    n->value = value;
    return DONE(p, n, start);
}

/* NAME '=' expression, '*' expression, or with `doubles` '**' expression. */
static HdNode *keyword_argument(HdParser *p, bool doubles) {
    int start = p->mark;
    if (p->diagnose) {
        hd_invalid_kwarg(p);
        if (p->failed) return NULL;
    }
    if (at(p, T_NAME) && type_after(p) == T_EQUAL) {
        p->mark += 2;
        HdNode *value = hd_parser_expression(p);
        if (!value) FAIL(p, start);
        return keyword_node(p, p->tokens[start].name, value, start);
    }
    if (!doubles && at(p, T_STAR)) return starred(p, hd_parser_expression);
    if (doubles && take(p, T_DOUBLESTAR)) {
        HdNode *value = hd_parser_expression(p);
        if (!value) FAIL(p, start);
        return keyword_node(p, NULL, value, start);
    }
    return NULL;
}

static HdNode *positional_argument(HdParser *p) {
    if (at(p, T_STAR)) return starred(p, hd_parser_expression);
    int start = p->mark;
    if (at(p, T_NAME) && type_after(p) == T_EQUAL) return NULL;
    HdNode *node = argument_expression(p);
    if (node && at(p, T_EQUAL)) FAIL(p, start);
    return node;
}

/* Sorts what lies on the stack from `base` into a Call without function. */
static HdNode *call_node(HdParser *p, int base, int start) {
    int keywords = 0, count = p->top - base;
    for (int i = base; i < p->top; i++) keywords += p->stack[i]->kind == HD_AST_keyword;
    NODE(p, Call, n);
    n->args.items = hd_parser_alloc(p, (size_t)(count - keywords) * sizeof(HdNode *) + 1);
    n->keywords.items = hd_parser_alloc(p, (size_t)keywords * sizeof(HdNode *) + 1);
    if (p->failed) return NULL;
    for (int i = base; i < p->top; i++) {
        HdNodeList *list = p->stack[i]->kind == HD_AST_keyword ? &n->keywords : &n->args;
        list->items[list->count++] = p->stack[i];
    }
    p->top = base;
    return DONE(p, n, start);
}

/* Comma-separated items of one sort, pushed; the comma behind the last is left. With `comma` one comes first. */
static int push_arguments(HdParser *p, bool comma, int sort) {
    int count = 0;
    for (;;) {
        int before = p->mark;
        if ((count || comma) && !take(p, T_COMMA)) break;
        HdNode *item = at(p, T_RPAR) ? NULL : sort == 0 ? positional_argument(p) : keyword_argument(p, sort == 2);
        if (!item) {
            p->mark = before;
            break;
        }
        hd_parser_push(p, item);
        count++;
    }
    return p->failed ? 0 : count;
}

/* Arguments of which `count` lie on the stack from `base`, the first at token `start`. */
static HdNode *args_rest(HdParser *p, int base, int start, int count) {
    if (count == 0 || at(p, T_COMMA)) count += push_arguments(p, count > 0, 0);
    if (!p->failed) count += push_arguments(p, count > 0, 1);
    if (!p->failed) count += push_arguments(p, count > 0, 2);
    if (p->failed) return NULL;
    if (!count) FAIL(p, start);
    return call_node(p, base, start);
}

HdNode *hd_parser_args(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (!p->second_pass) return args_rest(p, p->top, start, 0);
    if (hd_parser_remembered(p, M_ARGS, &node)) return node;
    return hd_parser_remember(p, M_ARGS, start, args_rest(p, p->top, start, 0));
}

/* args [','] &')' */
HdNode *hd_parser_arguments(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (p->second_pass && hd_parser_remembered(p, M_ARGUMENTS, &node)) return node;
    node = hd_parser_args(p);
    if (node) {
        take(p, T_COMMA);
        if (!at(p, T_RPAR)) node = back(p, start);
    }
    if (!node && p->diagnose && !p->failed) hd_invalid_arguments(p);
    if (p->failed) return NULL;
    return p->second_pass ? hd_parser_remember(p, M_ARGUMENTS, start, node) : node;
}

/* The cursor stands on '('. The function's text began at token `start`. */
static HdNode *call(HdParser *p, HdNode *function, int start) {
    int open = p->mark, base = p->top;
    HdNode *only = NULL, *node = NULL;
    HdNodeList clauses;
    if (p->second_pass) {
        only = hd_parser_genexp(p);
        if (p->failed) return NULL;
        if (!only) p->mark = open + 1;
        if (!only && !at(p, T_RPAR)) {
            node = hd_parser_arguments(p);
            if (!node) FAIL(p, open);
        }
    } else {
        p->mark++;
        if (!at(p, T_RPAR)) {
            HdNode *first = positional_argument(p);
            if (first && first->kind != HD_AST_Starred && at_for(p)) {
                if (!hd_parser_for_if(p, &clauses) || !take(p, T_RPAR)) FAIL(p, open);
                only = comprehension_node(p, HD_AST_GeneratorExp, first, clauses, open);
            } else if (!p->failed) {
                if (first) hd_parser_push(p, first);
                node = args_rest(p, base, open + 1, first != NULL);
                if (node) take(p, T_COMMA);
                if (!node) FAIL(p, open);
            }
        }
    }
    if (p->failed) return NULL;
    if (only) hd_parser_push(p, only);
    if (!node) node = call_node(p, base, start);
    if (!node || (!only && !take(p, T_RPAR))) FAIL(p, open);
    HD_AST(Call, node)->func = function;
    return hd_parser_finish(p, node, start);
}

/* ---- subscripts --------------------------------------------------------------------------------------------------- */

static HdNode *slice(HdParser *p) {
    int start = p->mark;
    HdNode *lower = NULL, *upper = NULL, *step = NULL;
    if (!at(p, T_COLON)) {
        if (at(p, T_NAME) && type_after(p) == T_COLONEQUAL) return hd_parser_named_expression(p);
        if (p->second_pass) { /* `[expression] ':' ...` comes before named_expression */
            lower = hd_parser_expression(p);
            if (p->failed) return NULL;
            if (!lower || !at(p, T_COLON)) {
                p->mark = start;
                return hd_parser_named_expression(p);
            }
        } else {
            lower = hd_parser_expression(p);
            if (!lower || at(p, T_COLONEQUAL)) FAIL(p, start);
            if (!at(p, T_COLON)) return lower;
        }
    }
    p->mark++;
    int type = type_of(p);
    if (type != T_COLON && type != T_COMMA && type != T_RSQB) upper = hd_parser_expression(p);
    if (!p->failed && take(p, T_COLON)) {
        type = type_of(p);
        if (type != T_COMMA && type != T_RSQB) step = hd_parser_expression(p);
    }
    if (p->failed) return NULL;
    NODE(p, Slice, n);
    n->lower = lower;
    n->upper = upper;
    n->step = step;
    return DONE(p, n, start);
}

static HdNode *slices(HdParser *p) {
    int start = p->mark, base = p->top;
    HdNode *first = at(p, T_STAR) ? starred(p, hd_parser_expression) : slice(p);
    if (!first) return NULL;
    if (!at(p, T_COMMA) && first->kind != HD_AST_Starred) return first;
    hd_parser_push(p, first);
    while (take(p, T_COMMA)) {
        if (at(p, T_RSQB)) break;
        HdNode *next = at(p, T_STAR) ? starred(p, hd_parser_expression) : slice(p);
        if (!next) break;
        hd_parser_push(p, next);
    }
    if (p->failed) return NULL;
    NODE(p, Tuple, n);
    n->elts = hd_parser_list(p, base);
    n->ctx = HD_AST_Load;
    return DONE(p, n, start);
}

/* ---- atoms and primaries ------------------------------------------------------------------------------------------ */

static HdNode *atom(HdParser *p) {
    switch (type_of(p)) {
    case T_NAME: return hd_parser_name(p);
    case T_NUMBER: return hd_parser_number(p);
    case T_STRING: return hd_parser_strings(p);
    case T_TRUE: return constant(p, HD_CONSTANT_TRUE);
    case T_FALSE: return constant(p, HD_CONSTANT_FALSE);
    case T_NONE: return constant(p, HD_CONSTANT_NONE);
    case T_ELLIPSIS: return constant(p, HD_CONSTANT_ELLIPSIS);
    case T_LPAR: return parenthesised(p);
    case T_LSQB: return bracketed(p);
    case T_LBRACE: return braced(p);
    default: return NULL;
    }
}

static HdNode *plain_primary(HdParser *p) {
    int start = p->mark;
    HdNode *node = atom(p);
    while (node && !p->failed) {
        int before = p->mark, type = type_of(p);
        if (HD_UNLIKELY(p->diagnose) && (type == T_LSQB || type == T_LBRACE)) {
            hd_invalid_comprehension(p);
            if (p->failed) return NULL;
        }
        switch (type) {
        case T_DOT: {
            p->mark++;
            if (!at(p, T_NAME)) {
                p->mark = before;
                return p->failed ? NULL : node;
            }
            NODE(p, Attribute, n);
            n->attr = p->tokens[p->mark++].name;
            n->value = node;
            n->ctx = HD_AST_Load;
            node = DONE(p, n, start);
            break;
        }
        case T_LPAR: {
            HdNode *called = call(p, node, start);
            if (called) {
                node = called;
                break;
            }
            p->mark = before;
            return p->failed ? NULL : node;
        }
        case T_LSQB: {
            p->mark++;
            HdNode *index = slices(p);
            if (!index || !take(p, T_RSQB)) {
                p->mark = before;
                return p->failed ? NULL : node;
            }
            NODE(p, Subscript, n);
            n->value = node;
            n->slice = index;
            n->ctx = HD_AST_Load;
            node = DONE(p, n, start);
            break;
        }
        default: return p->failed ? NULL : node;
        }
    }
    return p->failed ? NULL : node;
}

HdNode *hd_parser_primary(HdParser *p) {
    HdNode *node;
    int start = p->mark;
    if (HD_LIKELY(!p->second_pass)) return plain_primary(p);
    if (hd_parser_remembered(p, M_PRIMARY, &node)) return node;
    return hd_parser_remember(p, M_PRIMARY, start, plain_primary(p));
}

/* ---- targets ------------------------------------------------------------------------------------------------------ */

/* Whether a parsed expression has the form of an assignment target; with `star`, `*target` counts. */
bool hd_parser_is_target(const HdNode *node, bool star) {
    const HdNodeList *elements;
    switch (node->kind) {
    case HD_AST_Name:
    case HD_AST_Attribute:
    case HD_AST_Subscript: return true;
    case HD_AST_Starred: return star && hd_parser_is_target(((const HdAstStarred *)node)->value, false);
    case HD_AST_Tuple: elements = &((const HdAstTuple *)node)->elts; break;
    case HD_AST_List: elements = &((const HdAstList *)node)->elts; break;
    default: return false;
    }
    for (int i = 0; i < elements->count; i++)
        if (!hd_parser_is_target(elements->items[i], true)) return false;
    return true;
}

void hd_parser_set_context(HdNode *node, int context) {
    const HdNodeList *elements;
    switch (node->kind) {
    case HD_AST_Name: HD_AST(Name, node)->ctx = (uint8_t)context; return;
    case HD_AST_Attribute: HD_AST(Attribute, node)->ctx = (uint8_t)context; return;
    case HD_AST_Subscript: HD_AST(Subscript, node)->ctx = (uint8_t)context; return;
    case HD_AST_Starred:
        HD_AST(Starred, node)->ctx = (uint8_t)context;
        hd_parser_set_context(HD_AST(Starred, node)->value, context);
        return;
    case HD_AST_Tuple:
        HD_AST(Tuple, node)->ctx = (uint8_t)context;
        elements = &HD_AST(Tuple, node)->elts;
        break;
    case HD_AST_List:
        HD_AST(List, node)->ctx = (uint8_t)context;
        elements = &HD_AST(List, node)->elts;
        break;
    default: return;
    }
    for (int i = 0; i < elements->count; i++) hd_parser_set_context(elements->items[i], context);
}

HdNode *hd_parser_star_target(HdParser *p) {
    int start = p->mark;
    HdNode *node = at(p, T_STAR) ? starred(p, hd_parser_primary) : hd_parser_primary(p);
    if (node && !hd_parser_is_target(node, true)) FAIL(p, start);
    return node;
}

/* Loads still: whoever uses the targets sets their context, once the whole form has matched. */
HdNode *hd_parser_star_targets(HdParser *p) { return tuple_of(p, hd_parser_star_target); }
