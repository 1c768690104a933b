/* fold.c -- folding constants in the tree, before anything else looks at it; as CPython 3.11 does, so that the constants
 * of code objects agree. No locks. Runs only the operators of built-in constants, within limits of size.
 */
#include "bytes.h"
#include "compiler.h"
#include "int.h"
#include "set.h"

enum { MAX_INT_BITS = 128, MAX_ITEMS = 256, MAX_TEXT = 4096, MAX_TOTAL_ITEMS = 1024 };

static HdNode *expr(HdCompiler *c, HdNode *node);
static void statements(HdCompiler *c, HdNodeList *list);

static bool is_constant(HdNode *node) { return node && node->kind == HD_AST_Constant; }
static HdValue value_of(HdCompiler *c, HdNode *node) { return hd_constant_of_node(c, HD_AST(Constant, node)); }

static void exprs(HdCompiler *c, HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++)
        if (list->items[i]) list->items[i] = expr(c, list->items[i]);
}
#define EXPR(field) ((field) = expr(c, (field)))
#define OPTIONAL(field) ((field) = (field) ? expr(c, (field)) : NULL)

/* The folded node for a result (taken over), or the node as it was when the operation failed. */
static HdNode *folded_steal(HdCompiler *c, HdNode *node, HdValue result) {
    if (!hd_is_null(result)) {
        HdNode *made = hd_constant_node_steal(c, result, node);
        return made ? made : node;
    }
    if (hd_raised_is(c->t, &hd_KeyboardInterrupt)) c->failed = true;
    else hd_clear_raised(c->t); /* it will be raised again when the code runs */
    return node;
}

/* --- limits --- */
static HdSize total_items(HdValue v, HdSize limit) {
    if (!hd_is_exact_tuple(v)) return limit;
    limit -= hd_tuple_length(v);
    for (HdSize i = 0; limit >= 0 && i < hd_tuple_length(v); i++) limit = total_items(hd_tuple_at_borrowed(v, i), limit);
    return limit;
}

static HdSize repeated_size(HdValue v) {
    if (hd_is_exact_tuple(v)) return hd_tuple_length(v);
    if (hd_is_instance(v, &hd_frozenset_type)) return hd_set_length(v);
    if (hd_is_exact_str(v)) return hd_str_length(v);
    if (hd_is_bytes(v)) return hd_bytes_length(v);
    return -1;
}

static bool multiply_is_safe(HdValue a, HdValue b) {
    if (hd_is_int(a) && hd_is_int(b)) {
        if (hd_int_sign(a) == 0 || hd_int_sign(b) == 0) return true;
        return hd_int_bit_length(a) + hd_int_bit_length(b) <= MAX_INT_BITS;
    }
    if (hd_is_int(b) && !hd_is_int(a)) {
        HdValue swap = a;
        a = b;
        b = swap;
    }
    if (!hd_is_int(a)) return true;
    HdSize size = repeated_size(b);
    if (size <= 0) return true;
    int64_t n;
    if (!hd_int_try_i64(a, &n) || n < 0) return n == 0;
    bool container = !hd_is_exact_str(b) && !hd_is_bytes(b);
    if (n > (container ? MAX_ITEMS : MAX_TEXT) / size) return false;
    return !container || n == 0 || total_items(b, MAX_TOTAL_ITEMS / n) >= 0;
}

static bool power_is_safe(HdValue a, HdValue b) {
    if (!hd_is_int(a) || !hd_is_int(b) || hd_int_sign(a) == 0 || hd_int_sign(b) <= 0) return true;
    int64_t n;
    return hd_int_try_i64(b, &n) && n <= MAX_INT_BITS && hd_int_bit_length(a) <= MAX_INT_BITS / n;
}

static bool shift_is_safe(HdValue a, HdValue b) {
    if (!hd_is_int(a) || !hd_is_int(b) || hd_int_sign(a) == 0 || hd_int_sign(b) == 0) return true;
    int64_t n;
    return hd_int_try_i64(b, &n) && n >= 0 && n <= MAX_INT_BITS && hd_int_bit_length(a) <= MAX_INT_BITS - n;
}

/* --- operators --- */
static HdNode *binary(HdCompiler *c, HdAstBinOp *n) {
    if (!is_constant(n->left) || !is_constant(n->right) || n->op == HD_AST_MatMult) return &n->head;
    HdValue a = value_of(c, n->left), b = value_of(c, n->right);
    if (c->failed) return &n->head;
    if (n->op == HD_AST_Mult && !multiply_is_safe(a, b)) return &n->head;
    if (n->op == HD_AST_Pow && !power_is_safe(a, b)) return &n->head;
    if (n->op == HD_AST_LShift && !shift_is_safe(a, b)) return &n->head;
    if (n->op == HD_AST_Mod && (hd_is_str(a) || hd_is_bytes(a))) return &n->head;
    return folded_steal(c, &n->head, hd_number_op(c->t, (int)hd_codegen_operator(n->op), a, b));
}

static HdNode *unary(HdCompiler *c, HdAstUnaryOp *n) {
    if (is_constant(n->operand)) {
        HdValue v = value_of(c, n->operand), result;
        if (c->failed) return &n->head;
        if (n->op == HD_AST_Not) {
            int truth = hd_object_truth(c->t, v);
            result = truth < 0 ? HD_NULL : hd_bool(!truth);
        } else {
            result = n->op == HD_AST_Invert ? hd_number_invert(c->t, v)
                     : n->op == HD_AST_UAdd ? hd_number_positive(c->t, v)
                                            : hd_number_negative(c->t, v);
        }
        return folded_steal(c, &n->head, result);
    }
    /* not (a is b) is a is not b; only where the comparison gives a bool by itself. */
    if (n->op != HD_AST_Not || n->operand->kind != HD_AST_Compare) return &n->head;
    HdAstCompare *compare = HD_AST(Compare, n->operand);
    if (compare->ops.count != 1) return &n->head;
    uint8_t *op = &compare->ops.items[0];
    switch (*op) {
    case HD_AST_Is: *op = HD_AST_IsNot; break;
    case HD_AST_IsNot: *op = HD_AST_Is; break;
    case HD_AST_In: *op = HD_AST_NotIn; break;
    case HD_AST_NotIn: *op = HD_AST_In; break;
    default: return &n->head;
    }
    return &compare->head;
}

static HdValue tuple_of(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++)
        if (!is_constant(list->items[i])) return HD_NULL;
    HdValue tuple = list->count ? hd_tuple_new(c->t, list->count) : hd_retain(c->t, hd_tuple_empty());
    if (hd_is_null(tuple)) {
        c->failed = true;
        return tuple;
    }
    for (int i = 0; i < list->count; i++) {
        HdValue v = value_of(c, list->items[i]);
        hd_tuple_put_steal(tuple, i, hd_is_null(v) ? hd_None : hd_retain(c->t, v));
    }
    return tuple;
}

static HdNode *tuple(HdCompiler *c, HdAstTuple *n) {
    if (n->ctx != HD_AST_Load) return &n->head;
    HdValue v = tuple_of(c, &n->elts);
    if (hd_is_null(v)) return &n->head;
    HdNode *made = hd_constant_node_steal(c, v, &n->head);
    return made ? made : &n->head;
}

static HdNode *subscript(HdCompiler *c, HdAstSubscript *n) {
    if (n->ctx != HD_AST_Load || !is_constant(n->value) || !is_constant(n->slice)) return &n->head;
    HdValue v = value_of(c, n->value), key = value_of(c, n->slice);
    if (c->failed) return &n->head;
    return folded_steal(c, &n->head, hd_object_getitem(c->t, v, key));
}

/* What is only iterated over or searched in may be immutable. */
static HdNode *iterated(HdCompiler *c, HdNode *node) {
    if (node->kind == HD_AST_List) {
        HdNodeList *elts = &HD_AST(List, node)->elts;
        for (int i = 0; i < elts->count; i++)
            if (elts->items[i]->kind == HD_AST_Starred) return node;
        HdValue v = tuple_of(c, elts);
        if (c->failed) return node;
        if (!hd_is_null(v)) {
            HdNode *made = hd_constant_node_steal(c, v, node);
            return made ? made : node;
        }
        HdAstTuple *made = hd_compiler_alloc(c, sizeof *made);
        if (!made) return node;
        made->head = *node;
        made->head.kind = HD_AST_Tuple;
        made->elts = *elts;
        made->ctx = HD_AST(List, node)->ctx;
        return &made->head;
    }
    if (node->kind != HD_AST_Set) return node;
    HdValue v = tuple_of(c, &HD_AST(Set, node)->elts);
    if (hd_is_null(v)) return node;
    HdValue set = hd_frozenset_new(c->t, v);
    hd_release(c->t, v);
    return folded_steal(c, node, set);
}

static HdNode *compare(HdCompiler *c, HdAstCompare *n) {
    int last = n->ops.count - 1;
    if (n->ops.items[last] == HD_AST_In || n->ops.items[last] == HD_AST_NotIn)
        n->comparators.items[last] = iterated(c, n->comparators.items[last]);
    return &n->head;
}

/* --- '…' % (…) as a formatted string --- */
static HdNode *literal(HdCompiler *c, const char *text, size_t length, const HdNode *at) {
    HdValue v = hd_str_from_wtf8(c->t, text, (HdSize)length);
    return hd_constant_node_steal(c, v, at);
}

/* One conversion at *at (behind the %): %s %r %a with flags -, width and precision. NULL: not one of these. */
static HdNode *conversion(HdCompiler *c, const char **at, const char *end, HdNode *value) {
    const char *p = *at;
    bool left = false;
    int width = 0, precision = -1;
    while (p < end && *p == '-') left = true, p++;
    while (p < end && *p >= '0' && *p <= '9' && width < 1000) width = width * 10 + (*p++ - '0');
    if (p < end && *p == '.') {
        p++;
        precision = 0;
        while (p < end && *p >= '0' && *p <= '9' && precision < 1000) precision = precision * 10 + (*p++ - '0');
    }
    if (p >= end || (*p != 's' && *p != 'r' && *p != 'a') || width >= 1000 || precision >= 1000) return NULL;
    HdAstFormattedValue *n = hd_compiler_alloc(c, sizeof *n);
    if (!n) return NULL;
    n->head = *value;
    n->head.kind = HD_AST_FormattedValue;
    n->value = value;
    n->conversion = *p++;
    *at = p;
    char spec[32];
    size_t length = 0;
    if (!left && width > 0) spec[length++] = '>';
    if (width > 0) length += (size_t)__builtin_sprintf(spec + length, "%d", width);
    if (precision >= 0) length += (size_t)__builtin_sprintf(spec + length, ".%d", precision);
    if (length) {
        n->format_spec = literal(c, spec, length, value);
        if (!n->format_spec) return NULL;
    }
    return &n->head;
}

static HdNode *percent(HdCompiler *c, HdAstBinOp *n) {
    if (!is_constant(n->left) || n->right->kind != HD_AST_Tuple) return NULL;
    HdNodeList *elts = &HD_AST(Tuple, n->right)->elts;
    for (int i = 0; i < elts->count; i++)
        if (elts->items[i]->kind == HD_AST_Starred) return NULL;
    HdValue format = value_of(c, n->left);
    if (c->failed || !hd_is_exact_str(format)) return NULL;
    HdSize size;
    const char *text = hd_str_utf8(c->t, format, &size), *end = text + size;
    if (!text) {
        hd_clear_raised(c->t);
        return NULL;
    }
    HdNode **parts = hd_compiler_alloc(c, ((size_t)elts->count * 2 + 1) * sizeof *parts);
    char *piece = hd_compiler_alloc(c, (size_t)size + 1);
    int count = 0, used = 0;
    if (!parts || !piece) return NULL;
    for (const char *at = text;;) {
        size_t length = 0;
        while (at < end && !(*at == '%' && !(at + 1 < end && at[1] == '%'))) {
            if (*at == '%') at++;
            piece[length++] = *at++;
        }
        if (length && !(parts[count++] = literal(c, piece, length, &n->head))) return NULL;
        if (at >= end) break;
        at++;
        if (used >= elts->count || !(parts[count] = conversion(c, &at, end, elts->items[used]))) return NULL;
        count++;
        used++;
    }
    if (used < elts->count) return NULL;
    HdAstJoinedStr *joined = hd_compiler_alloc(c, sizeof *joined);
    if (!joined) return NULL;
    joined->head = n->head;
    joined->head.kind = HD_AST_JoinedStr;
    joined->values = (HdNodeList){parts, count};
    return &joined->head;
}

/* --- the walk --- */
static void arguments(HdCompiler *c, HdNode *node) {
    HdAstarguments *n = HD_AST(arguments, node);
    HdNodeList *lists[] = {&n->posonlyargs, &n->args, &n->kwonlyargs};
    if (!(c->features & HD_CO_FUTURE_ANNOTATIONS)) {
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < lists[j]->count; i++) OPTIONAL(HD_AST(arg, lists[j]->items[i])->annotation);
        if (n->vararg) OPTIONAL(HD_AST(arg, n->vararg)->annotation);
        if (n->kwarg) OPTIONAL(HD_AST(arg, n->kwarg)->annotation);
    }
    exprs(c, &n->kw_defaults);
    exprs(c, &n->defaults);
}

static void generators(HdCompiler *c, HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++) {
        HdAstcomprehension *g = HD_AST(comprehension, list->items[i]);
        EXPR(g->target);
        EXPR(g->iter);
        exprs(c, &g->ifs);
        g->iter = iterated(c, g->iter);
    }
}

static void keywords(HdCompiler *c, HdNodeList *list) {
    for (int i = 0; i < list->count; i++) EXPR(HD_AST(keyword, list->items[i])->value);
}

static HdNode *expr(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return node;
    switch (node->kind) {
    case HD_AST_BoolOp: exprs(c, &HD_AST(BoolOp, node)->values); break;
    case HD_AST_BinOp: {
        HdAstBinOp *n = HD_AST(BinOp, node);
        EXPR(n->left);
        if (n->op == HD_AST_Mod && is_constant(n->left) && n->right->kind == HD_AST_Tuple) {
            exprs(c, &HD_AST(Tuple, n->right)->elts);
            HdNode *formatted = percent(c, n);
            if (formatted || c->failed) return formatted ? formatted : node;
            n->right = tuple(c, HD_AST(Tuple, n->right));
        } else {
            EXPR(n->right);
        }
        return c->failed ? node : binary(c, n);
    }
    case HD_AST_UnaryOp:
        EXPR(HD_AST(UnaryOp, node)->operand);
        return c->failed ? node : unary(c, HD_AST(UnaryOp, node));
    case HD_AST_Lambda:
        arguments(c, HD_AST(Lambda, node)->args);
        EXPR(HD_AST(Lambda, node)->body);
        break;
    case HD_AST_IfExp:
        EXPR(HD_AST(IfExp, node)->test);
        EXPR(HD_AST(IfExp, node)->body);
        EXPR(HD_AST(IfExp, node)->orelse);
        break;
    case HD_AST_Dict:
        exprs(c, &HD_AST(Dict, node)->keys);
        exprs(c, &HD_AST(Dict, node)->values);
        break;
    case HD_AST_Set: exprs(c, &HD_AST(Set, node)->elts); break;
    case HD_AST_ListComp:
        EXPR(HD_AST(ListComp, node)->elt);
        generators(c, &HD_AST(ListComp, node)->generators);
        break;
    case HD_AST_SetComp:
        EXPR(HD_AST(SetComp, node)->elt);
        generators(c, &HD_AST(SetComp, node)->generators);
        break;
    case HD_AST_DictComp:
        EXPR(HD_AST(DictComp, node)->key);
        EXPR(HD_AST(DictComp, node)->value);
        generators(c, &HD_AST(DictComp, node)->generators);
        break;
    case HD_AST_GeneratorExp:
        EXPR(HD_AST(GeneratorExp, node)->elt);
        generators(c, &HD_AST(GeneratorExp, node)->generators);
        break;
    case HD_AST_Await: EXPR(HD_AST(Await, node)->value); break;
    case HD_AST_Yield: OPTIONAL(HD_AST(Yield, node)->value); break;
    case HD_AST_YieldFrom: EXPR(HD_AST(YieldFrom, node)->value); break;
    case HD_AST_Compare:
        EXPR(HD_AST(Compare, node)->left);
        exprs(c, &HD_AST(Compare, node)->comparators);
        return c->failed ? node : compare(c, HD_AST(Compare, node));
    case HD_AST_Call:
        EXPR(HD_AST(Call, node)->func);
        exprs(c, &HD_AST(Call, node)->args);
        keywords(c, &HD_AST(Call, node)->keywords);
        break;
    case HD_AST_FormattedValue:
        EXPR(HD_AST(FormattedValue, node)->value);
        OPTIONAL(HD_AST(FormattedValue, node)->format_spec);
        break;
    case HD_AST_JoinedStr: exprs(c, &HD_AST(JoinedStr, node)->values); break;
    case HD_AST_Attribute: EXPR(HD_AST(Attribute, node)->value); break;
    case HD_AST_Subscript:
        EXPR(HD_AST(Subscript, node)->value);
        EXPR(HD_AST(Subscript, node)->slice);
        return c->failed ? node : subscript(c, HD_AST(Subscript, node));
    case HD_AST_Starred: EXPR(HD_AST(Starred, node)->value); break;
    case HD_AST_Slice:
        OPTIONAL(HD_AST(Slice, node)->lower);
        OPTIONAL(HD_AST(Slice, node)->upper);
        OPTIONAL(HD_AST(Slice, node)->step);
        break;
    case HD_AST_Name:
        if (HD_AST(Name, node)->ctx == HD_AST_Load && HD_AST(Name, node)->id == c->n_debug)
            return folded_steal(c, node, hd_bool(c->optimize == 0));
        break;
    case HD_AST_NamedExpr: EXPR(HD_AST(NamedExpr, node)->value); break;
    case HD_AST_List: exprs(c, &HD_AST(List, node)->elts); break;
    case HD_AST_Tuple:
        exprs(c, &HD_AST(Tuple, node)->elts);
        return c->failed ? node : tuple(c, HD_AST(Tuple, node));
    default: break;
    }
    return node;
}

/* Literals in patterns: -1 and 1 + 2j are operators to the parser. */
static void pattern_value(HdCompiler *c, HdNode **value) { *value = expr(c, *value); }

static void pattern(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    HdNodeList *list = NULL, *more = NULL;
    switch (node->kind) {
    case HD_AST_MatchValue: pattern_value(c, &HD_AST(MatchValue, node)->value); break;
    case HD_AST_MatchSequence: list = &HD_AST(MatchSequence, node)->patterns; break;
    case HD_AST_MatchMapping: {
        HdAstMatchMapping *n = HD_AST(MatchMapping, node);
        for (int i = 0; i < n->keys.count; i++) pattern_value(c, &n->keys.items[i]);
        list = &n->patterns;
        break;
    }
    case HD_AST_MatchClass:
        EXPR(HD_AST(MatchClass, node)->cls);
        list = &HD_AST(MatchClass, node)->patterns;
        more = &HD_AST(MatchClass, node)->kwd_patterns;
        break;
    case HD_AST_MatchAs:
        if (HD_AST(MatchAs, node)->pattern) pattern(c, HD_AST(MatchAs, node)->pattern);
        break;
    case HD_AST_MatchOr: list = &HD_AST(MatchOr, node)->patterns; break;
    default: break;
    }
    for (int i = 0; list && i < list->count && !c->failed; i++) pattern(c, list->items[i]);
    for (int i = 0; more && i < more->count && !c->failed; i++) pattern(c, more->items[i]);
}

/* A body; if folding made its first statement a string, that is no docstring: it is wrapped so as not to look like one. */
static void body(HdCompiler *c, HdNodeList *list) {
    bool doc = hd_ast_docstring(list) != NULL;
    statements(c, list);
    if (c->failed || doc || !list->count || list->items[0]->kind != HD_AST_Expr) return;
    HdAstExpr *first = HD_AST(Expr, list->items[0]);
    if (!is_constant(first->value) || !hd_is_str(value_of(c, first->value))) return;
    HdAstJoinedStr *joined = hd_compiler_alloc(c, sizeof *joined);
    HdNode **items = hd_compiler_alloc(c, sizeof *items);
    if (!joined || !items) return;
    items[0] = first->value;
    joined->head = *first->value;
    joined->head.kind = HD_AST_JoinedStr;
    joined->head.marks = 0;
    joined->values = (HdNodeList){items, 1};
    first->value = &joined->head;
}

static void statement(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    switch (node->kind) {
    case HD_AST_FunctionDef:
    case HD_AST_AsyncFunctionDef: {
        HdAstFunctionDef *n = (HdAstFunctionDef *)node;
        arguments(c, n->args);
        body(c, &n->body);
        exprs(c, &n->decorator_list);
        if (!(c->features & HD_CO_FUTURE_ANNOTATIONS)) OPTIONAL(n->returns);
        break;
    }
    case HD_AST_ClassDef: {
        HdAstClassDef *n = HD_AST(ClassDef, node);
        exprs(c, &n->bases);
        keywords(c, &n->keywords);
        body(c, &n->body);
        exprs(c, &n->decorator_list);
        break;
    }
    case HD_AST_Return: OPTIONAL(HD_AST(Return, node)->value); break;
    case HD_AST_Delete: exprs(c, &HD_AST(Delete, node)->targets); break;
    case HD_AST_Assign:
        exprs(c, &HD_AST(Assign, node)->targets);
        EXPR(HD_AST(Assign, node)->value);
        break;
    case HD_AST_AugAssign:
        EXPR(HD_AST(AugAssign, node)->target);
        EXPR(HD_AST(AugAssign, node)->value);
        break;
    case HD_AST_AnnAssign:
        EXPR(HD_AST(AnnAssign, node)->target);
        if (!(c->features & HD_CO_FUTURE_ANNOTATIONS)) EXPR(HD_AST(AnnAssign, node)->annotation);
        OPTIONAL(HD_AST(AnnAssign, node)->value);
        break;
    case HD_AST_For:
    case HD_AST_AsyncFor: {
        HdAstFor *n = (HdAstFor *)node;
        EXPR(n->target);
        EXPR(n->iter);
        statements(c, &n->body);
        statements(c, &n->orelse);
        if (!c->failed && node->kind == HD_AST_For) n->iter = iterated(c, n->iter);
        break;
    }
    case HD_AST_While:
        EXPR(HD_AST(While, node)->test);
        statements(c, &HD_AST(While, node)->body);
        statements(c, &HD_AST(While, node)->orelse);
        break;
    case HD_AST_If:
        EXPR(HD_AST(If, node)->test);
        statements(c, &HD_AST(If, node)->body);
        statements(c, &HD_AST(If, node)->orelse);
        break;
    case HD_AST_With:
    case HD_AST_AsyncWith: {
        HdAstWith *n = (HdAstWith *)node;
        for (int i = 0; i < n->items.count; i++) {
            EXPR(HD_AST(withitem, n->items.items[i])->context_expr);
            OPTIONAL(HD_AST(withitem, n->items.items[i])->optional_vars);
        }
        statements(c, &n->body);
        break;
    }
    case HD_AST_Match: {
        HdAstMatch *n = HD_AST(Match, node);
        EXPR(n->subject);
        for (int i = 0; i < n->cases.count && !c->failed; i++) {
            HdAstmatch_case *one = HD_AST(match_case, n->cases.items[i]);
            pattern(c, one->pattern);
            OPTIONAL(one->guard);
            statements(c, &one->body);
        }
        break;
    }
    case HD_AST_Raise:
        OPTIONAL(HD_AST(Raise, node)->exc);
        OPTIONAL(HD_AST(Raise, node)->cause);
        break;
    case HD_AST_Try:
    case HD_AST_TryStar: {
        HdAstTry *n = (HdAstTry *)node;
        statements(c, &n->body);
        for (int i = 0; i < n->handlers.count && !c->failed; i++) {
            OPTIONAL(HD_AST(ExceptHandler, n->handlers.items[i])->type);
            statements(c, &HD_AST(ExceptHandler, n->handlers.items[i])->body);
        }
        statements(c, &n->orelse);
        statements(c, &n->finalbody);
        break;
    }
    case HD_AST_Assert:
        EXPR(HD_AST(Assert, node)->test);
        OPTIONAL(HD_AST(Assert, node)->msg);
        break;
    case HD_AST_Expr: EXPR(HD_AST(Expr, node)->value); break;
    default: break;
    }
}

static void statements(HdCompiler *c, HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++) statement(c, list->items[i]);
}

void hd_fold_tree(HdCompiler *c, HdNode *tree) {
    switch (tree->kind) {
    case HD_AST_Module: body(c, &HD_AST(Module, tree)->body); break;
    case HD_AST_Interactive: statements(c, &HD_AST(Interactive, tree)->body); break;
    case HD_AST_Expression: EXPR(HD_AST(Expression, tree)->body); break;
    default: break;
    }
}
