/* ast_validate.c -- the sense of a tree that came from Python objects: what the parser would never make is refused,
 * with CPython's messages, before the compiler sees it.
 *
 * Each check returns 0, or -1 with an exception set. Reads the tree alone and runs no Python; no locks.
 */
#include "ast_types.h"

static int expression(HdThread *t, HdNode *node, int context);
static int statement(HdThread *t, HdNode *node);
static int pattern(HdThread *t, HdNode *node, bool star);

#define TRY(check)                                                                                                    \
    do {                                                                                                              \
        if ((check) < 0) return -1;                                                                                   \
    } while (0)

static int wrong(HdThread *t, const char *message) { return hd_raise_int(t, &hd_ValueError, "%s", message); }

/* --- what all nodes have --- */

static int position(HdThread *t, const HdNode *n) {
    if (n->lineno > n->end_lineno)
        return hd_raise_int(t, &hd_ValueError, "AST node line range (%d, %d) is not valid", n->lineno, n->end_lineno);
    if ((n->lineno < 0 && n->end_lineno != n->lineno) || (n->col_offset < 0 && n->end_col_offset != n->col_offset))
        return hd_raise_int(t, &hd_ValueError, "AST node column range (%d, %d) for line range (%d, %d) is not valid",
                            n->col_offset, n->end_col_offset, n->lineno, n->end_lineno);
    if (n->lineno == n->end_lineno && n->col_offset > n->end_col_offset)
        return hd_raise_int(t, &hd_ValueError, "line %d, column %d-%d is not a valid range", n->lineno, n->col_offset,
                            n->end_col_offset);
    return 0;
}

static bool is_text(const HdName *name, const char *text) {
    return name->length == strlen(text) && memcmp(name->bytes, text, name->length) == 0;
}

static int identifier(HdThread *t, const HdName *name) {
    static const char *const constants[] = {"None", "True", "False"};
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (is_text(name, constants[i]))
            return hd_raise_int(t, &hd_ValueError, "identifier field can't represent '%s' constant", constants[i]);
    }
    return 0;
}

static int not_empty(HdThread *t, int count, const char *what, const char *owner) {
    return count ? 0 : hd_raise_int(t, &hd_ValueError, "empty %s on %s", what, owner);
}

/* --- lists --- */

static int expressions(HdThread *t, const HdNodeList *list, int context, bool null_allowed) {
    for (int i = 0; i < list->count; i++) {
        if (list->items[i]) TRY(expression(t, list->items[i], context));
        else if (!null_allowed) return wrong(t, "None disallowed in expression list");
    }
    return 0;
}
static int loads(HdThread *t, const HdNodeList *list) { return expressions(t, list, HD_AST_Load, false); }
static int load(HdThread *t, HdNode *node) { return expression(t, node, HD_AST_Load); }
static int store(HdThread *t, HdNode *node) { return expression(t, node, HD_AST_Store); }
static int maybe(HdThread *t, HdNode *node) { return node ? load(t, node) : 0; }

static int statements(HdThread *t, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) {
        if (!list->items[i]) return wrong(t, "None disallowed in statement list");
        TRY(statement(t, list->items[i]));
    }
    return 0;
}
static int body(HdThread *t, const HdNodeList *list, const char *owner) {
    TRY(not_empty(t, list->count, "body", owner));
    return statements(t, list);
}

static int patterns(HdThread *t, const HdNodeList *list, bool star) {
    for (int i = 0; i < list->count; i++) TRY(pattern(t, list->items[i], star));
    return 0;
}

static int keywords(HdThread *t, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) TRY(load(t, HD_AST(keyword, list->items[i])->value));
    return 0;
}

static int generators(HdThread *t, const HdNodeList *list) {
    if (!list->count) return wrong(t, "comprehension with no generators");
    for (int i = 0; i < list->count; i++) {
        HdAstcomprehension *n = HD_AST(comprehension, list->items[i]);
        TRY(store(t, n->target));
        TRY(load(t, n->iter));
        TRY(loads(t, &n->ifs));
    }
    return 0;
}

/* --- parameters --- */

static int parameters(HdThread *t, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) {
        TRY(position(t, list->items[i]));
        TRY(maybe(t, HD_AST(arg, list->items[i])->annotation));
    }
    return 0;
}

static int arguments(HdThread *t, HdNode *node) {
    HdAstarguments *n = HD_AST(arguments, node);
    TRY(parameters(t, &n->posonlyargs));
    TRY(parameters(t, &n->args));
    if (n->vararg) TRY(maybe(t, HD_AST(arg, n->vararg)->annotation));
    TRY(parameters(t, &n->kwonlyargs));
    if (n->kwarg) TRY(maybe(t, HD_AST(arg, n->kwarg)->annotation));
    if (n->defaults.count > (int64_t)n->posonlyargs.count + n->args.count)
        return wrong(t, "more positional defaults than args on arguments");
    if (n->kw_defaults.count != n->kwonlyargs.count)
        return wrong(t, "length of kwonlyargs is not the same as kw_defaults on arguments");
    TRY(loads(t, &n->defaults));
    return expressions(t, &n->kw_defaults, HD_AST_Load, true);
}

/* --- constants --- */

static int constant_value(HdThread *t, HdValue v) {
    if (hd_is_none(v) || hd_same(v, hd_True) || hd_same(v, hd_False) || hd_same(v, hd_Ellipsis) || hd_is_exact_int(v) ||
        hd_is_exact_float(v) || hd_is_exact_str(v) || hd_is_exact_object(v, &hd_bytes_type) ||
        hd_is_exact_object(v, &hd_complex_type))
        return 0;
    if (hd_object_enter(t, " during compilation") < 0) return -1;
    if (hd_is_exact_tuple(v)) {
        for (HdSize i = 0; i < hd_tuple_length(v); i++) TRY(constant_value(t, hd_tuple_at_borrowed(v, i)));
        return 0;
    }
    if (hd_is_exact_object(v, &hd_frozenset_type)) {
        HdValue key;
        for (HdSize at = 0; hd_set_next(t, v, &at, &key) > 0;) {
            int status = constant_value(t, key);
            hd_release(t, key);
            TRY(status);
        }
        return 0;
    }
    return hd_raise_int(t, &hd_TypeError, "got an invalid type in Constant: %T", v);
}
static int constant(HdThread *t, const HdConstant *c) {
    return c->kind == HD_CONSTANT_OBJECT ? constant_value(t, (HdValue){c->object}) : 0;
}

static bool is_singleton(const HdConstant *c) {
    return c->kind == HD_CONSTANT_NONE || c->kind == HD_CONSTANT_TRUE || c->kind == HD_CONSTANT_FALSE;
}

typedef enum Plain { OTHER, REAL, IMAGINARY, TEXT } Plain;
static Plain plain(const HdConstant *c) {
    switch (c->kind) {
    case HD_CONSTANT_INT:
    case HD_CONSTANT_BIG_INT:
    case HD_CONSTANT_FLOAT: return REAL;
    case HD_CONSTANT_COMPLEX: return IMAGINARY;
    case HD_CONSTANT_STR:
    case HD_CONSTANT_BYTES: return TEXT;
    case HD_CONSTANT_OBJECT: {
        HdValue v = {c->object};
        if (hd_is_exact_int(v)) return REAL;
        return hd_is_exact_object(v, &hd_complex_type) ? IMAGINARY : OTHER;
    }
    default: return OTHER;
    }
}

/* --- patterns --- */

static bool is_number(const HdNode *node, bool real, bool imaginary) {
    if (node->kind != HD_AST_Constant) return false;
    Plain what = plain(&((const HdAstConstant *)node)->value);
    return (real && what == REAL) || (imaginary && what == IMAGINARY);
}
static bool is_negative(HdNode *node, bool imaginary) {
    return node->kind == HD_AST_UnaryOp && HD_AST(UnaryOp, node)->op == HD_AST_USub &&
           is_number(HD_AST(UnaryOp, node)->operand, true, imaginary);
}
static bool is_complex(HdNode *node) { /* 1 + 2j, -1 - 2j */
    if (node->kind != HD_AST_BinOp) return false;
    HdAstBinOp *n = HD_AST(BinOp, node);
    return (n->op == HD_AST_Add || n->op == HD_AST_Sub) &&
           (is_number(n->left, true, false) || is_negative(n->left, false)) && is_number(n->right, false, true);
}

static int match_value(HdThread *t, HdNode *node) {
    TRY(load(t, node));
    if (node->kind == HD_AST_Constant) {
        if (plain(&HD_AST(Constant, node)->value) != OTHER) return 0;
        return wrong(t, "unexpected constant inside of a literal pattern");
    }
    if (node->kind == HD_AST_Attribute || node->kind == HD_AST_JoinedStr || is_negative(node, true) || is_complex(node))
        return 0;
    return wrong(t, "patterns may only match literals and attribute lookups");
}

static int capture(HdThread *t, const HdName *name) {
    if (is_text(name, "_")) return wrong(t, "can't capture name '_' in patterns");
    return identifier(t, name);
}

static int mapping(HdThread *t, HdAstMatchMapping *n) {
    if (n->keys.count != n->patterns.count)
        return wrong(t, "MatchMapping doesn't have the same number of keys as patterns");
    if (n->rest) TRY(capture(t, n->rest));
    for (int i = 0; i < n->keys.count; i++) {
        HdNode *key = n->keys.items[i];
        if (!key) return wrong(t, "None disallowed in expression list");
        if (key->kind == HD_AST_Constant && is_singleton(&HD_AST(Constant, key)->value)) continue;
        TRY(match_value(t, key));
    }
    return patterns(t, &n->patterns, false);
}

static int class_pattern(HdThread *t, HdAstMatchClass *n) {
    if (n->kwd_attrs.count != n->kwd_patterns.count)
        return wrong(t, "MatchClass doesn't have the same number of keyword attributes as patterns");
    TRY(load(t, n->cls));
    HdNode *cls = n->cls;
    while (cls->kind == HD_AST_Attribute) cls = HD_AST(Attribute, cls)->value;
    if (cls->kind != HD_AST_Name) return wrong(t, "MatchClass cls field can only contain Name or Attribute nodes.");
    for (int i = 0; i < n->kwd_attrs.count; i++) TRY(identifier(t, n->kwd_attrs.items[i]));
    TRY(patterns(t, &n->patterns, false));
    return patterns(t, &n->kwd_patterns, false);
}

static int as_pattern(HdThread *t, HdAstMatchAs *n) {
    if (n->name) TRY(capture(t, n->name));
    if (!n->pattern) return 0;
    if (!n->name) return wrong(t, "MatchAs must specify a target name if a pattern is given");
    return pattern(t, n->pattern, false);
}

static int pattern(HdThread *t, HdNode *node, bool star) {
    TRY(position(t, node));
    TRY(hd_object_enter(t, " during compilation"));
    switch (node->kind) {
    case HD_AST_MatchValue: return match_value(t, HD_AST(MatchValue, node)->value);
    case HD_AST_MatchSingleton:
        if (is_singleton(&HD_AST(MatchSingleton, node)->value)) return 0;
        return wrong(t, "MatchSingleton can only contain True, False and None");
    case HD_AST_MatchSequence: return patterns(t, &HD_AST(MatchSequence, node)->patterns, true);
    case HD_AST_MatchMapping: return mapping(t, HD_AST(MatchMapping, node));
    case HD_AST_MatchClass: return class_pattern(t, HD_AST(MatchClass, node));
    case HD_AST_MatchStar:
        if (!star) return wrong(t, "can't use MatchStar here");
        return HD_AST(MatchStar, node)->name ? capture(t, HD_AST(MatchStar, node)->name) : 0;
    case HD_AST_MatchAs: return as_pattern(t, HD_AST(MatchAs, node));
    default:
        if (HD_AST(MatchOr, node)->patterns.count < 2) return wrong(t, "MatchOr requires at least 2 patterns");
        return patterns(t, &HD_AST(MatchOr, node)->patterns, false);
    }
}

/* --- expressions --- */

/* An expression that stands in the context told; its parts are left to expression_parts. */
static int check_context(HdThread *t, HdNode *node, int context) {
    int own;
    switch (node->kind) {
    case HD_AST_Attribute: own = HD_AST(Attribute, node)->ctx; break;
    case HD_AST_Subscript: own = HD_AST(Subscript, node)->ctx; break;
    case HD_AST_Starred: own = HD_AST(Starred, node)->ctx; break;
    case HD_AST_Name:
        TRY(identifier(t, HD_AST(Name, node)->id));
        own = HD_AST(Name, node)->ctx;
        break;
    case HD_AST_List: own = HD_AST(List, node)->ctx; break;
    case HD_AST_Tuple: own = HD_AST(Tuple, node)->ctx; break;
    default:
        if (context == HD_AST_Load) return 0;
        return hd_raise_int(t, &hd_ValueError, "expression which can't be assigned to in %s context",
                            hd_ast_operators[context].name);
    }
    if (own == context) return 0;
    return hd_raise_int(t, &hd_ValueError, "expression must have %s context but has %s instead",
                        hd_ast_operators[context].name, hd_ast_operators[own].name);
}

static int dict_display(HdThread *t, HdAstDict *n) {
    if (n->keys.count != n->values.count) return wrong(t, "Dict doesn't have the same number of keys as values");
    TRY(expressions(t, &n->keys, HD_AST_Load, true));
    return loads(t, &n->values);
}

static int compare(HdThread *t, HdAstCompare *n) {
    if (!n->comparators.count) return wrong(t, "Compare with no comparators");
    if (n->comparators.count != n->ops.count)
        return wrong(t, "Compare has a different number of comparators and operands");
    TRY(loads(t, &n->comparators));
    return load(t, n->left);
}

static int comprehension(HdThread *t, const HdNodeList *clauses, HdNode *first, HdNode *second) {
    TRY(generators(t, clauses));
    TRY(load(t, first));
    return maybe(t, second);
}

static int bool_op(HdThread *t, HdAstBoolOp *n) {
    if (n->values.count < 2) return wrong(t, "BoolOp with less than 2 values");
    return loads(t, &n->values);
}

static int call(HdThread *t, HdAstCall *n) {
    TRY(load(t, n->func));
    TRY(loads(t, &n->args));
    return keywords(t, &n->keywords);
}

static int two(HdThread *t, HdNode *first, HdNode *second) {
    TRY(load(t, first));
    return load(t, second);
}

static int named(HdThread *t, HdAstNamedExpr *n) {
    if (n->target->kind != HD_AST_Name) return hd_raise_int(t, &hd_TypeError, "NamedExpr target must be a Name");
    return load(t, n->value);
}

static int expression_parts(HdThread *t, HdNode *node, int context) {
#define N(class) HD_AST(class, node)
    switch (node->kind) {
    case HD_AST_BoolOp: return bool_op(t, N(BoolOp));
    case HD_AST_NamedExpr: return named(t, N(NamedExpr));
    case HD_AST_BinOp: return two(t, N(BinOp)->left, N(BinOp)->right);
    case HD_AST_UnaryOp: return load(t, N(UnaryOp)->operand);
    case HD_AST_Lambda:
        TRY(arguments(t, N(Lambda)->args));
        return load(t, N(Lambda)->body);
    case HD_AST_IfExp:
        TRY(two(t, N(IfExp)->test, N(IfExp)->body));
        return load(t, N(IfExp)->orelse);
    case HD_AST_Dict: return dict_display(t, N(Dict));
    case HD_AST_Set: return loads(t, &N(Set)->elts);
    case HD_AST_ListComp: return comprehension(t, &N(ListComp)->generators, N(ListComp)->elt, NULL);
    case HD_AST_SetComp: return comprehension(t, &N(SetComp)->generators, N(SetComp)->elt, NULL);
    case HD_AST_GeneratorExp: return comprehension(t, &N(GeneratorExp)->generators, N(GeneratorExp)->elt, NULL);
    case HD_AST_DictComp: return comprehension(t, &N(DictComp)->generators, N(DictComp)->key, N(DictComp)->value);
    case HD_AST_Await: return load(t, N(Await)->value);
    case HD_AST_Yield: return maybe(t, N(Yield)->value);
    case HD_AST_YieldFrom: return load(t, N(YieldFrom)->value);
    case HD_AST_Compare: return compare(t, N(Compare));
    case HD_AST_Call: return call(t, N(Call));
    case HD_AST_FormattedValue:
        TRY(load(t, N(FormattedValue)->value));
        return maybe(t, N(FormattedValue)->format_spec);
    case HD_AST_JoinedStr: return loads(t, &N(JoinedStr)->values);
    case HD_AST_Constant: return constant(t, &N(Constant)->value);
    case HD_AST_Attribute: return load(t, N(Attribute)->value);
    case HD_AST_Subscript: return two(t, N(Subscript)->slice, N(Subscript)->value);
    case HD_AST_Starred: return expression(t, N(Starred)->value, context);
    case HD_AST_List: return expressions(t, &N(List)->elts, context, false);
    case HD_AST_Tuple: return expressions(t, &N(Tuple)->elts, context, false);
    case HD_AST_Slice:
        TRY(maybe(t, N(Slice)->lower));
        TRY(maybe(t, N(Slice)->upper));
        return maybe(t, N(Slice)->step);
    default: return 0; /* Name */
    }
#undef N
}

static int expression(HdThread *t, HdNode *node, int context) {
    TRY(position(t, node));
    TRY(hd_object_enter(t, " during compilation"));
    TRY(check_context(t, node, context));
    return expression_parts(t, node, context);
}

/* --- statements --- */

static int function(HdThread *t, const HdNodeList *inside, HdNode *args, const HdNodeList *decorators, HdNode *returns,
                    const char *owner) {
    TRY(body(t, inside, owner));
    TRY(arguments(t, args));
    TRY(loads(t, decorators));
    return maybe(t, returns);
}

static int class_statement(HdThread *t, HdAstClassDef *n) {
    TRY(body(t, &n->body, "ClassDef"));
    TRY(loads(t, &n->bases));
    TRY(keywords(t, &n->keywords));
    return loads(t, &n->decorator_list);
}

static int targets(HdThread *t, const HdNodeList *list, int context) {
    TRY(not_empty(t, list->count, "targets", context == HD_AST_Del ? "Delete" : "Assign"));
    return expressions(t, list, context, false);
}

static int annotated(HdThread *t, HdAstAnnAssign *n) {
    if (n->target->kind != HD_AST_Name && n->simple)
        return hd_raise_int(t, &hd_TypeError, "AnnAssign with simple non-Name target");
    TRY(store(t, n->target));
    TRY(maybe(t, n->value));
    return load(t, n->annotation);
}

static int for_statement(HdThread *t, HdNode *target, HdNode *iter, const HdNodeList *inside, const HdNodeList *orelse,
                         const char *owner) {
    TRY(store(t, target));
    TRY(load(t, iter));
    TRY(body(t, inside, owner));
    return statements(t, orelse);
}

static int branch(HdThread *t, HdNode *test, const HdNodeList *inside, const HdNodeList *orelse, const char *owner) {
    TRY(load(t, test));
    TRY(body(t, inside, owner));
    return statements(t, orelse);
}

static int with_statement(HdThread *t, const HdNodeList *items, const HdNodeList *inside, const char *owner) {
    TRY(not_empty(t, items->count, "items", owner));
    for (int i = 0; i < items->count; i++) {
        HdAstwithitem *item = HD_AST(withitem, items->items[i]);
        TRY(load(t, item->context_expr));
        if (item->optional_vars) TRY(store(t, item->optional_vars));
    }
    return body(t, inside, owner);
}

static int match_statement(HdThread *t, HdAstMatch *n) {
    TRY(load(t, n->subject));
    TRY(not_empty(t, n->cases.count, "cases", "Match"));
    for (int i = 0; i < n->cases.count; i++) {
        HdAstmatch_case *one = HD_AST(match_case, n->cases.items[i]);
        TRY(pattern(t, one->pattern, false));
        TRY(maybe(t, one->guard));
        TRY(body(t, &one->body, "match_case"));
    }
    return 0;
}

static int try_statement(HdThread *t, const HdNodeList *inside, const HdNodeList *handlers, const HdNodeList *orelse,
                         const HdNodeList *finalbody, const char *owner) {
    TRY(body(t, inside, owner));
    if (!handlers->count && !finalbody->count)
        return hd_raise_int(t, &hd_ValueError, "%s has neither except handlers nor finalbody", owner);
    if (!handlers->count && orelse->count)
        return hd_raise_int(t, &hd_ValueError, "%s has orelse but no except handlers", owner);
    for (int i = 0; i < handlers->count; i++) {
        HdAstExceptHandler *handler = HD_AST(ExceptHandler, handlers->items[i]);
        if (owner[3] == 0) TRY(position(t, &handler->head)); /* those of except* go unchecked in CPython too */
        TRY(maybe(t, handler->type));
        TRY(body(t, &handler->body, "ExceptHandler"));
    }
    TRY(statements(t, finalbody));
    return statements(t, orelse);
}

static int raise_statement(HdThread *t, HdAstRaise *n) {
    if (!n->exc) return n->cause ? wrong(t, "Raise with cause but no exception") : 0;
    TRY(load(t, n->exc));
    return maybe(t, n->cause);
}

static int import_from(HdThread *t, HdAstImportFrom *n) {
    if (n->level < 0) return wrong(t, "Negative ImportFrom level");
    return not_empty(t, n->names.count, "names", "ImportFrom");
}

/* Statements without statements in them. */
static int simple_statement(HdThread *t, HdNode *node) {
#define N(class) HD_AST(class, node)
    switch (node->kind) {
    case HD_AST_Return: return maybe(t, N(Return)->value);
    case HD_AST_Delete: return targets(t, &N(Delete)->targets, HD_AST_Del);
    case HD_AST_Assign:
        TRY(targets(t, &N(Assign)->targets, HD_AST_Store));
        return load(t, N(Assign)->value);
    case HD_AST_AugAssign:
        TRY(store(t, N(AugAssign)->target));
        return load(t, N(AugAssign)->value);
    case HD_AST_AnnAssign: return annotated(t, N(AnnAssign));
    case HD_AST_Raise: return raise_statement(t, N(Raise));
    case HD_AST_Assert:
        TRY(load(t, N(Assert)->test));
        return maybe(t, N(Assert)->msg);
    case HD_AST_Import: return not_empty(t, N(Import)->names.count, "names", "Import");
    case HD_AST_ImportFrom: return import_from(t, N(ImportFrom));
    case HD_AST_Global: return not_empty(t, N(Global)->names.count, "names", "Global");
    case HD_AST_Nonlocal: return not_empty(t, N(Nonlocal)->names.count, "names", "Nonlocal");
    case HD_AST_Expr: return load(t, N(Expr)->value);
    default: return 0; /* Pass, Break, Continue */
    }
}

static int statement(HdThread *t, HdNode *node) {
    TRY(position(t, node));
    TRY(hd_object_enter(t, " during compilation"));
    switch (node->kind) {
    case HD_AST_FunctionDef: {
        HdAstFunctionDef *n = N(FunctionDef);
        return function(t, &n->body, n->args, &n->decorator_list, n->returns, "FunctionDef");
    }
    case HD_AST_AsyncFunctionDef: {
        HdAstAsyncFunctionDef *n = N(AsyncFunctionDef);
        return function(t, &n->body, n->args, &n->decorator_list, n->returns, "AsyncFunctionDef");
    }
    case HD_AST_ClassDef: return class_statement(t, N(ClassDef));
    case HD_AST_For: return for_statement(t, N(For)->target, N(For)->iter, &N(For)->body, &N(For)->orelse, "For");
    case HD_AST_AsyncFor: {
        HdAstAsyncFor *n = N(AsyncFor);
        return for_statement(t, n->target, n->iter, &n->body, &n->orelse, "AsyncFor");
    }
    case HD_AST_While: return branch(t, N(While)->test, &N(While)->body, &N(While)->orelse, "While");
    case HD_AST_If: return branch(t, N(If)->test, &N(If)->body, &N(If)->orelse, "If");
    case HD_AST_With: return with_statement(t, &N(With)->items, &N(With)->body, "With");
    case HD_AST_AsyncWith: return with_statement(t, &N(AsyncWith)->items, &N(AsyncWith)->body, "AsyncWith");
    case HD_AST_Match: return match_statement(t, N(Match));
    case HD_AST_Try: {
        HdAstTry *n = N(Try);
        return try_statement(t, &n->body, &n->handlers, &n->orelse, &n->finalbody, "Try");
    }
    case HD_AST_TryStar: {
        HdAstTryStar *n = N(TryStar);
        return try_statement(t, &n->body, &n->handlers, &n->orelse, &n->finalbody, "TryStar");
    }
    default: return simple_statement(t, node);
    }
#undef N
}

int hd_ast_validate(HdThread *t, HdNode *tree) {
    switch (tree->kind) {
    case HD_AST_Module: return statements(t, &HD_AST(Module, tree)->body);
    case HD_AST_Interactive: return statements(t, &HD_AST(Interactive, tree)->body);
    case HD_AST_Expression: return load(t, HD_AST(Expression, tree)->body);
    default:
        TRY(loads(t, &HD_AST(FunctionType, tree)->argtypes));
        return load(t, HD_AST(FunctionType, tree)->returns);
    }
}
