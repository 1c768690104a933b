/* unparse.c -- the text of an expression, as `from __future__ import annotations` stores it. No locks.
 *
 * Parentheses come from precedence alone; what the source had is gone. Runs repr of constants only.
 */
#include "compiler.h"
#include "float.h"
#include "str_builder.h"

enum { P_TUPLE, P_TEST, P_OR, P_AND, P_NOT, P_CMP, P_EXPR, P_BOR = P_EXPR, P_BXOR, P_BAND, P_SHIFT, P_ARITH, P_TERM,
    P_FACTOR, P_POWER, P_AWAIT, P_ATOM };

typedef struct Out {
    HdThread *t;
    HdStrBuilder b;
    bool failed;
} Out;

static void expr(Out *o, HdNode *node, int level);

static void text(Out *o, const char *utf8) {
    if (!o->failed) hd_str_builder_text(&o->b, utf8);
}
static void text_if(Out *o, bool when, const char *utf8) {
    if (when) text(o, utf8);
}
static void str_steal(Out *o, HdValue v) {
    if (hd_is_null(v)) {
        o->failed = true;
        return;
    }
    if (!o->failed) hd_str_builder_str(&o->b, v);
    hd_release(o->t, v);
}

static void list(Out *o, const HdNodeList *items, int level) {
    for (int i = 0; i < items->count; i++) {
        text_if(o, i > 0, ", ");
        expr(o, items->items[i], level);
    }
}

static void binary(Out *o, HdAstBinOp *n, int level) {
    int own;
    bool right = n->op == HD_AST_Pow;
    switch (n->op) {
    case HD_AST_Add:
    case HD_AST_Sub: own = P_ARITH; break;
    case HD_AST_LShift:
    case HD_AST_RShift: own = P_SHIFT; break;
    case HD_AST_BitOr: own = P_BOR; break;
    case HD_AST_BitXor: own = P_BXOR; break;
    case HD_AST_BitAnd: own = P_BAND; break;
    case HD_AST_Pow: own = P_POWER; break;
    default: own = P_TERM;
    }
    text_if(o, level > own, "(");
    expr(o, n->left, own + right);
    text(o, " ");
    text(o, hd_ast_operators[n->op].text);
    text(o, " ");
    expr(o, n->right, own + !right);
    text_if(o, level > own, ")");
}

static void parameter(Out *o, HdNode *node) {
    HdAstarg *arg = HD_AST(arg, node);
    text(o, arg->arg->bytes);
    if (!arg->annotation) return;
    text(o, ": ");
    expr(o, arg->annotation, P_TEST);
}

static void parameters(Out *o, HdAstarguments *n) {
    bool first = true;
    int positional = n->posonlyargs.count + n->args.count;
    for (int i = 0; i < positional; i++) {
        text_if(o, !first, ", ");
        first = false;
        bool only = i < n->posonlyargs.count;
        parameter(o, only ? n->posonlyargs.items[i] : n->args.items[i - n->posonlyargs.count]);
        int def = i - (positional - n->defaults.count);
        if (def >= 0) {
            text(o, "=");
            expr(o, n->defaults.items[def], P_TEST);
        }
        text_if(o, only && i + 1 == n->posonlyargs.count, ", /");
    }
    if (n->vararg || n->kwonlyargs.count) {
        text_if(o, !first, ", ");
        first = false;
        text(o, "*");
        if (n->vararg) parameter(o, n->vararg);
    }
    for (int i = 0; i < n->kwonlyargs.count; i++) {
        text_if(o, !first, ", ");
        first = false;
        parameter(o, n->kwonlyargs.items[i]);
        if (!n->kw_defaults.items[i]) continue;
        text(o, "=");
        expr(o, n->kw_defaults.items[i], P_TEST);
    }
    if (n->kwarg) {
        text_if(o, !first, ", ");
        text(o, "**");
        parameter(o, n->kwarg);
    }
}

static void lambda(Out *o, HdAstLambda *n, int level) {
    HdAstarguments *args = HD_AST(arguments, n->args);
    bool any = args->posonlyargs.count || args->args.count || args->vararg || args->kwonlyargs.count || args->kwarg;
    text_if(o, level > P_TEST, "(");
    text(o, any ? "lambda " : "lambda");
    parameters(o, args);
    text(o, ": ");
    expr(o, n->body, P_TEST);
    text_if(o, level > P_TEST, ")");
}

static void dict(Out *o, HdAstDict *n) {
    text(o, "{");
    for (int i = 0; i < n->values.count; i++) {
        text_if(o, i > 0, ", ");
        if (n->keys.items[i]) {
            expr(o, n->keys.items[i], P_TEST);
            text(o, ": ");
            expr(o, n->values.items[i], P_TEST);
        } else {
            text(o, "**");
            expr(o, n->values.items[i], P_EXPR);
        }
    }
    text(o, "}");
}

static void generators(Out *o, const HdNodeList *items) {
    for (int i = 0; i < items->count; i++) {
        HdAstcomprehension *g = HD_AST(comprehension, items->items[i]);
        text(o, g->is_async ? " async for " : " for ");
        expr(o, g->target, P_TUPLE);
        text(o, " in ");
        expr(o, g->iter, P_TEST + 1);
        for (int j = 0; j < g->ifs.count; j++) {
            text(o, " if ");
            expr(o, g->ifs.items[j], P_TEST + 1);
        }
    }
}

static void compare(Out *o, HdAstCompare *n, int level) {
    text_if(o, level > P_CMP, "(");
    expr(o, n->left, P_CMP + 1);
    for (int i = 0; i < n->ops.count; i++) {
        text(o, " ");
        text(o, hd_ast_operators[n->ops.items[i]].text);
        text(o, " ");
        expr(o, n->comparators.items[i], P_CMP + 1);
    }
    text_if(o, level > P_CMP, ")");
}

static void call(Out *o, HdAstCall *n) {
    expr(o, n->func, P_ATOM);
    if (n->args.count == 1 && !n->keywords.count && n->args.items[0]->kind == HD_AST_GeneratorExp) {
        expr(o, n->args.items[0], P_ATOM); /* brings its own parentheses */
        return;
    }
    text(o, "(");
    list(o, &n->args, P_TEST);
    for (int i = 0; i < n->keywords.count; i++) {
        HdAstkeyword *one = HD_AST(keyword, n->keywords.items[i]);
        text_if(o, i > 0 || n->args.count > 0, ", ");
        if (one->arg) {
            text(o, one->arg->bytes);
            text(o, "=");
        } else {
            text(o, "**");
        }
        expr(o, one->value, P_TEST);
    }
    text(o, ")");
}

/* repr, with infinities written as a number too large. */
static void constant_value(Out *o, HdValue v) {
    if (hd_same(v, hd_Ellipsis)) {
        text(o, "...");
        return;
    }
    HdValue repr = hd_object_repr(o->t, v);
    if (!hd_is_null(repr) && (hd_is_float(v) || hd_is_complex(v))) {
        HD_OWNED HdValue inf = hd_str_from_text(o->t, "inf"), huge = hd_str_from_text(o->t, "1e309");
        HdValue replaced = hd_is_null(inf) || hd_is_null(huge) ? HD_NULL : hd_str_replace(o->t, repr, inf, huge, -1);
        hd_release(o->t, repr);
        repr = replaced;
    }
    str_steal(o, repr);
}

static void constant(Out *o, HdAstConstant *n) {
    if (n->kind) text(o, n->kind->bytes);
    HdValue v = hd_compile_constant(o->t, &n->value);
    if (hd_is_null(v)) {
        o->failed = true;
        return;
    }
    if (hd_is_exact_object(v, &hd_tuple_type)) {
        text(o, "(");
        for (HdSize i = 0; i < hd_tuple_length(v); i++) {
            text_if(o, i > 0, ", ");
            constant_value(o, hd_tuple_at_borrowed(v, i));
        }
        text(o, hd_tuple_length(v) == 1 ? ",)" : ")");
    } else {
        constant_value(o, v);
    }
    hd_release(o->t, v);
}

/* --- f-strings --- */
static void fstring_part(Out *o, HdNode *node, bool is_spec);

static void fstring_text(Out *o, HdAstConstant *n) {
    HdValue v = hd_compile_constant(o->t, &n->value);
    if (hd_is_null(v) || !hd_is_str(v)) {
        o->failed = true;
        return;
    }
    for (HdSize i = 0; i < hd_str_length(v) && !o->failed; i++) {
        uint32_t ch = hd_str_at(v, i);
        hd_str_builder_char(&o->b, ch);
        if (ch == '{' || ch == '}') hd_str_builder_char(&o->b, ch);
    }
    hd_release(o->t, v);
}

static void fstring_value(Out *o, HdAstFormattedValue *n) {
    Out inner = {.t = o->t};
    hd_str_builder_init(&inner.b, o->t);
    expr(&inner, n->value, P_TEST + 1);
    HdValue shown = hd_str_builder_finish(&inner.b);
    if (inner.failed || hd_is_null(shown)) {
        hd_release(o->t, shown);
        o->failed = true;
        return;
    }
    text(o, hd_str_length(shown) && hd_str_at(shown, 0) == '{' ? "{ " : "{");
    str_steal(o, shown);
    if (n->conversion > 0) {
        char mark[] = {'!', (char)n->conversion, 0};
        text(o, mark);
    }
    if (n->format_spec) {
        text(o, ":");
        fstring_part(o, n->format_spec, true);
    }
    text(o, "}");
}

static void fstring_part(Out *o, HdNode *node, bool is_spec) {
    switch (node->kind) {
    case HD_AST_Constant: fstring_text(o, HD_AST(Constant, node)); break;
    case HD_AST_JoinedStr:
        for (int i = 0; i < HD_AST(JoinedStr, node)->values.count; i++)
            fstring_part(o, HD_AST(JoinedStr, node)->values.items[i], is_spec);
        break;
    case HD_AST_FormattedValue: fstring_value(o, HD_AST(FormattedValue, node)); break;
    default: o->failed = true; hd_raise(o->t, &hd_SystemError, "unknown expression kind inside f-string");
    }
}

static void fstring(Out *o, HdNode *node) {
    Out inner = {.t = o->t};
    hd_str_builder_init(&inner.b, o->t);
    fstring_part(&inner, node, false);
    HdValue body = hd_str_builder_finish(&inner.b);
    if (inner.failed || hd_is_null(body)) {
        hd_release(o->t, body);
        o->failed = true;
        return;
    }
    text(o, "f");
    str_steal(o, hd_str_repr(o->t, body));
    hd_release(o->t, body);
}

static void slice(Out *o, HdAstSlice *n) {
    if (n->lower) expr(o, n->lower, P_TEST);
    text(o, ":");
    if (n->upper) expr(o, n->upper, P_TEST);
    if (!n->step) return;
    text(o, ":");
    expr(o, n->step, P_TEST);
}

static void bool_op(Out *o, HdAstBoolOp *n, int level) {
    int own = n->op == HD_AST_And ? P_AND : P_OR;
    text_if(o, level > own, "(");
    for (int i = 0; i < n->values.count; i++) {
        text_if(o, i > 0, n->op == HD_AST_And ? " and " : " or ");
        expr(o, n->values.items[i], own + 1);
    }
    text_if(o, level > own, ")");
}

static void unary(Out *o, HdAstUnaryOp *n, int level) {
    int own = n->op == HD_AST_Not ? P_NOT : P_FACTOR;
    text_if(o, level > own, "(");
    text(o, hd_ast_operators[n->op].text);
    text_if(o, n->op == HD_AST_Not, " ");
    expr(o, n->operand, own);
    text_if(o, level > own, ")");
}

static void comprehension(Out *o, const char *open, HdNode *element, HdNode *value, const HdNodeList *items,
                          const char *close) {
    text(o, open);
    expr(o, element, P_TEST);
    if (value) {
        text(o, ": ");
        expr(o, value, P_TEST);
    }
    generators(o, items);
    text(o, close);
}

static void attribute(Out *o, HdAstAttribute *n) {
    expr(o, n->value, P_ATOM);
    bool number = false;
    if (n->value->kind == HD_AST_Constant) {
        HdValue v = hd_compile_constant(o->t, &HD_AST(Constant, n->value)->value);
        number = !hd_is_null(v) && hd_is_exact(v, &hd_int_type);
        hd_release(o->t, v);
    }
    text(o, number ? " ." : "."); /* 1 .real */
    text(o, n->attr->bytes);
}

static void expr(Out *o, HdNode *node, int level) {
    if (o->failed) return;
    if (hd_stack_low(o->t)) {
        hd_raise_recursion(o->t, " during compilation");
        o->failed = true;
        return;
    }
    switch (node->kind) {
    case HD_AST_BoolOp: bool_op(o, HD_AST(BoolOp, node), level); break;
    case HD_AST_BinOp: binary(o, HD_AST(BinOp, node), level); break;
    case HD_AST_UnaryOp: unary(o, HD_AST(UnaryOp, node), level); break;
    case HD_AST_Lambda: lambda(o, HD_AST(Lambda, node), level); break;
    case HD_AST_IfExp:
        text_if(o, level > P_TEST, "(");
        expr(o, HD_AST(IfExp, node)->body, P_TEST + 1);
        text(o, " if ");
        expr(o, HD_AST(IfExp, node)->test, P_TEST + 1);
        text(o, " else ");
        expr(o, HD_AST(IfExp, node)->orelse, P_TEST);
        text_if(o, level > P_TEST, ")");
        break;
    case HD_AST_Dict: dict(o, HD_AST(Dict, node)); break;
    case HD_AST_Set:
        text(o, "{");
        list(o, &HD_AST(Set, node)->elts, P_TEST);
        text(o, "}");
        break;
    case HD_AST_GeneratorExp:
        comprehension(o, "(", HD_AST(GeneratorExp, node)->elt, NULL, &HD_AST(GeneratorExp, node)->generators, ")");
        break;
    case HD_AST_ListComp:
        comprehension(o, "[", HD_AST(ListComp, node)->elt, NULL, &HD_AST(ListComp, node)->generators, "]");
        break;
    case HD_AST_SetComp:
        comprehension(o, "{", HD_AST(SetComp, node)->elt, NULL, &HD_AST(SetComp, node)->generators, "}");
        break;
    case HD_AST_DictComp:
        comprehension(o, "{", HD_AST(DictComp, node)->key, HD_AST(DictComp, node)->value,
                      &HD_AST(DictComp, node)->generators, "}");
        break;
    case HD_AST_Yield:
        text(o, HD_AST(Yield, node)->value ? "(yield " : "(yield");
        if (HD_AST(Yield, node)->value) expr(o, HD_AST(Yield, node)->value, P_TEST);
        text(o, ")");
        break;
    case HD_AST_YieldFrom:
        text(o, "(yield from ");
        expr(o, HD_AST(YieldFrom, node)->value, P_TEST);
        text(o, ")");
        break;
    case HD_AST_Await:
        text_if(o, level > P_AWAIT, "(");
        text(o, "await ");
        expr(o, HD_AST(Await, node)->value, P_ATOM);
        text_if(o, level > P_AWAIT, ")");
        break;
    case HD_AST_Compare: compare(o, HD_AST(Compare, node), level); break;
    case HD_AST_Call: call(o, HD_AST(Call, node)); break;
    case HD_AST_Constant: constant(o, HD_AST(Constant, node)); break;
    case HD_AST_JoinedStr:
    case HD_AST_FormattedValue: fstring(o, node); break;
    case HD_AST_Attribute: attribute(o, HD_AST(Attribute, node)); break;
    case HD_AST_Starred:
        text(o, "*");
        expr(o, HD_AST(Starred, node)->value, P_EXPR);
        break;
    case HD_AST_Name: text(o, HD_AST(Name, node)->id->bytes); break;
    case HD_AST_List:
        text(o, "[");
        list(o, &HD_AST(List, node)->elts, P_TEST);
        text(o, "]");
        break;
    case HD_AST_Tuple: {
        const HdNodeList *elts = &HD_AST(Tuple, node)->elts;
        bool parens = level > P_TUPLE || elts->count == 0;
        text_if(o, parens, "(");
        list(o, elts, P_TEST);
        text_if(o, elts->count == 1, ",");
        text_if(o, parens, ")");
        break;
    }
    case HD_AST_Subscript:
        expr(o, HD_AST(Subscript, node)->value, P_ATOM);
        text(o, "[");
        expr(o, HD_AST(Subscript, node)->slice, P_TUPLE);
        text(o, "]");
        break;
    case HD_AST_Slice: slice(o, HD_AST(Slice, node)); break;
    case HD_AST_NamedExpr:
        text_if(o, level > P_TUPLE, "(");
        expr(o, HD_AST(NamedExpr, node)->target, P_ATOM);
        text(o, " := ");
        expr(o, HD_AST(NamedExpr, node)->value, P_ATOM);
        text_if(o, level > P_TUPLE, ")");
        break;
    default: o->failed = true; hd_raise(o->t, &hd_SystemError, "unknown expression kind");
    }
}

HdValue hd_compile_unparse(HdThread *t, HdNode *expression) {
    Out o = {.t = t};
    hd_str_builder_init(&o.b, t);
    expr(&o, expression, P_TEST);
    if (!o.failed) return hd_str_builder_finish(&o.b);
    hd_str_builder_discard(&o.b);
    return HD_NULL;
}

HdValue hd_unparse_value(HdCompiler *c, HdNode *expression) {
    if (c->failed) return HD_NULL;
    return hd_constant_canonical_steal(c, hd_compile_unparse(c->t, expression));
}
