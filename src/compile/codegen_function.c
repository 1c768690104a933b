/* codegen_function.c -- what makes a code object of its own: functions, lambdas, classes, comprehensions, modules.
 *
 * See codegen.c for the rule about positions. No locks.
 */
#include "compiler.h"
#include "scope.h"

/* --- making the function --- */
static void load_closure(HdCompiler *c, HdBuild *inner) {
    for (int i = 0; i < inner->frees.count; i++) {
        HdName *name = inner->frees.items[i];
        int at = hd_compiler_map_find(&c->build->cells, name);
        if (at < 0) {
            at = hd_compiler_map_find(&c->build->frees, name);
            if (at < 0) {
                hd_raise(c->t, &hd_SystemError, "compiler: no cell for '%s'", name->bytes);
                c->failed = true;
                return;
            }
            at += c->build->cells.count;
        }
        HD_EMIT(c, LOAD_CLOSURE, at);
    }
    HD_EMIT(c, BUILD_TUPLE, inner->frees.count);
}

/* Takes over `code`; flags tell which of defaults, kwdefaults, annotations lie on the stack. */
static void make_function_steal(HdCompiler *c, HdValue code, HdBuild *inner, int flags) {
    if (c->failed || hd_is_null(code)) {
        hd_release(c->t, code);
        return;
    }
    if (inner->frees.count) {
        load_closure(c, inner);
        flags |= HD_FUNCTION_CLOSURE;
    }
    hd_emit_const(c, hd_constant_canonical_steal(c, code));
    HD_EMIT(c, MAKE_FUNCTION, 0);
    for (int bit = HD_FUNCTION_CLOSURE; bit; bit >>= 1)
        if (flags & bit) HD_EMIT(c, SET_FUNCTION_ATTRIBUTE, bit);
}

static void decorators(HdCompiler *c, const HdNodeList *list) { hd_codegen_exprs(c, list); }

static void apply_decorators(HdCompiler *c, const HdNodeList *list) {
    HdPosition outer = c->build->at;
    for (int i = list->count - 1; i >= 0; i--) {
        c->build->at = hd_position_of(list->items[i]);
        HD_EMIT(c, CALL, 0); /* decorator, function: the function stands where self does */
    }
    c->build->at = outer;
}

/* --- parameters --- */
static bool names_are_good(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++)
        if (hd_codegen_forbidden(c, HD_AST(arg, list->items[i])->arg, HD_STORE)) return false;
    return true;
}

static bool parameters_are_good(HdCompiler *c, HdAstarguments *args) {
    if (!names_are_good(c, &args->posonlyargs) || !names_are_good(c, &args->args)) return false;
    if (args->vararg && hd_codegen_forbidden(c, HD_AST(arg, args->vararg)->arg, HD_STORE)) return false;
    if (!names_are_good(c, &args->kwonlyargs)) return false;
    return !args->kwarg || !hd_codegen_forbidden(c, HD_AST(arg, args->kwarg)->arg, HD_STORE);
}

static int defaults(HdCompiler *c, HdAstarguments *args) {
    int flags = 0, count = 0;
    if (args->defaults.count) {
        hd_codegen_exprs(c, &args->defaults);
        HD_EMIT(c, BUILD_TUPLE, args->defaults.count);
        flags |= HD_FUNCTION_DEFAULTS;
    }
    for (int i = 0; i < args->kw_defaults.count; i++) count += args->kw_defaults.items[i] != NULL;
    if (!count) return flags;
    HdValue keys = hd_tuple_new(c->t, count);
    if (hd_is_null(keys)) {
        hd_compiler_failed(c);
        return flags;
    }
    int at = 0;
    for (int i = 0; i < args->kw_defaults.count; i++) {
        if (!args->kw_defaults.items[i]) continue;
        HdName *name = HD_AST(arg, args->kwonlyargs.items[i])->arg;
        HdValue text = hd_compiler_name_value(c, hd_scope_mangle(c, c->build->private_name, name));
        hd_tuple_put_steal(keys, at++, hd_is_null(text) ? hd_None : hd_retain(c->t, text));
        hd_codegen_expr(c, args->kw_defaults.items[i]);
    }
    hd_emit_const(c, hd_constant_canonical_steal(c, keys));
    HD_EMIT(c, BUILD_CONST_KEY_MAP, count);
    return flags | HD_FUNCTION_KWDEFAULTS;
}

static int annotation(HdCompiler *c, HdName *name, HdNode *node) {
    if (!node || c->failed) return 0;
    hd_emit_const(c, hd_compiler_name_value(c, hd_scope_mangle(c, c->build->private_name, name)));
    if (c->features & HD_CO_FUTURE_ANNOTATIONS) {
        hd_emit_const(c, hd_unparse_value(c, node));
    } else if (node->kind == HD_AST_Starred) {
        hd_codegen_expr(c, HD_AST(Starred, node)->value); /* *args: *Ts */
        HD_EMIT(c, UNPACK_SEQUENCE, 1);
    } else {
        hd_codegen_expr(c, node);
    }
    return 2;
}

static int argument_annotations(HdCompiler *c, const HdNodeList *list) {
    int count = 0;
    for (int i = 0; i < list->count; i++) {
        HdAstarg *arg = HD_AST(arg, list->items[i]);
        count += annotation(c, arg->arg, arg->annotation);
    }
    return count;
}

static int annotations(HdCompiler *c, HdAstarguments *args, HdNode *returns) {
    int count = argument_annotations(c, &args->args) + argument_annotations(c, &args->posonlyargs);
    if (args->vararg) count += annotation(c, HD_AST(arg, args->vararg)->arg, HD_AST(arg, args->vararg)->annotation);
    count += argument_annotations(c, &args->kwonlyargs);
    if (args->kwarg) count += annotation(c, HD_AST(arg, args->kwarg)->arg, HD_AST(arg, args->kwarg)->annotation);
    count += annotation(c, c->n_return, returns);
    if (!count) return 0;
    HD_EMIT(c, BUILD_TUPLE, count);
    return HD_FUNCTION_ANNOTATIONS;
}

static void set_counts(HdCompiler *c, HdAstarguments *args) {
    if (c->failed) return;
    c->build->argcount = args->posonlyargs.count + args->args.count;
    c->build->posonlyargcount = args->posonlyargs.count;
    c->build->kwonlyargcount = args->kwonlyargs.count;
}

/* --- functions --- */
static HdAstConstant *docstring(const HdNodeList *body) {
    if (body->count == 0 || body->items[0]->kind != HD_AST_Expr) return NULL;
    HdNode *value = HD_AST(Expr, body->items[0])->value;
    if (value->kind != HD_AST_Constant) return NULL;
    HdConstant *constant = &HD_AST(Constant, value)->value;
    if (constant->kind == HD_CONSTANT_STR) return HD_AST(Constant, value);
    if (constant->kind == HD_CONSTANT_OBJECT && hd_is_exact_str((HdValue){constant->object}))
        return HD_AST(Constant, value);
    return NULL;
}

void hd_codegen_function(HdCompiler *c, HdNode *node) {
    HdAstFunctionDef *n = (HdAstFunctionDef *)node;
    bool is_async = node->kind == HD_AST_AsyncFunctionDef;
    HdAstarguments *args = HD_AST(arguments, n->args);
    if (!parameters_are_good(c, args)) return;
    decorators(c, &n->decorator_list);
    int line = n->decorator_list.count ? n->decorator_list.items[0]->lineno : node->lineno;
    int flags = defaults(c, args);
    flags |= annotations(c, args, n->returns);
    hd_emit_open(c, is_async ? HD_BUILD_ASYNC_FUNCTION : HD_BUILD_FUNCTION, n->name, node, line);
    if (c->failed) return;
    HdBuild *inner = c->build;
    HdAstConstant *doc = docstring(&n->body);
    bool keep_doc = doc && c->optimize < 2;
    hd_constant_index(c, &inner->consts, keep_doc ? hd_constant_of_node(c, doc) : hd_None);
    set_counts(c, args);
    if (inner->argcount && inner->parent->kind == HD_BUILD_CLASS)
        inner->self_name = HD_AST(arg, args->posonlyargs.count ? args->posonlyargs.items[0] : args->args.items[0])->arg;
    for (int i = keep_doc ? 1 : 0; i < n->body.count && !c->failed; i++) hd_codegen_statement(c, n->body.items[i]);
    make_function_steal(c, hd_emit_close(c, true), inner, flags);
    apply_decorators(c, &n->decorator_list);
    hd_codegen_name(c, n->name, HD_STORE);
}

void hd_codegen_lambda(HdCompiler *c, HdNode *node) {
    HdAstLambda *n = HD_AST(Lambda, node);
    HdAstarguments *args = HD_AST(arguments, n->args);
    if (!parameters_are_good(c, args)) return;
    int flags = defaults(c, args);
    hd_emit_open(c, HD_BUILD_LAMBDA, c->n_lambda, node, node->lineno);
    if (c->failed) return;
    HdBuild *inner = c->build;
    hd_constant_index(c, &inner->consts, hd_None); /* the first constant is the docstring */
    set_counts(c, args);
    hd_codegen_expr(c, n->body);
    bool generator = inner->scope->generator;
    if (!generator) {
        c->build->at = hd_position_of(n->body);
        HD_EMIT(c, RETURN_VALUE, 0);
    }
    make_function_steal(c, hd_emit_close(c, !generator), inner, flags);
}

/* --- bodies of modules and classes --- */
static bool has_annotation(const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) {
        HdNode *node = list->items[i];
        bool found = false;
        switch (node->kind) {
        case HD_AST_AnnAssign: return true;
        case HD_AST_For:
        case HD_AST_AsyncFor: found = has_annotation(&((HdAstFor *)node)->body) || has_annotation(&((HdAstFor *)node)->orelse); break;
        case HD_AST_While: found = has_annotation(&HD_AST(While, node)->body) || has_annotation(&HD_AST(While, node)->orelse); break;
        case HD_AST_If: found = has_annotation(&HD_AST(If, node)->body) || has_annotation(&HD_AST(If, node)->orelse); break;
        case HD_AST_With:
        case HD_AST_AsyncWith: found = has_annotation(&((HdAstWith *)node)->body); break;
        case HD_AST_Match:
            for (int j = 0; j < HD_AST(Match, node)->cases.count && !found; j++)
                found = has_annotation(&HD_AST(match_case, HD_AST(Match, node)->cases.items[j])->body);
            break;
        case HD_AST_Try:
        case HD_AST_TryStar: {
            HdAstTry *n = (HdAstTry *)node;
            for (int j = 0; j < n->handlers.count && !found; j++)
                found = has_annotation(&HD_AST(ExceptHandler, n->handlers.items[j])->body);
            found = found || has_annotation(&n->body) || has_annotation(&n->finalbody) || has_annotation(&n->orelse);
            break;
        }
        default: break;
        }
        if (found) return true;
    }
    return false;
}

void hd_codegen_body(HdCompiler *c, const HdNodeList *body) {
    if (c->build->kind == HD_BUILD_MODULE && body->count) c->build->at = hd_position_of(body->items[0]);
    if (has_annotation(body)) HD_EMIT(c, SETUP_ANNOTATIONS, 0);
    HdAstConstant *doc = c->optimize < 2 ? docstring(body) : NULL;
    if (doc) {
        hd_codegen_expr(c, &doc->head);
        c->build->at = HD_NO_POSITION;
        hd_codegen_name(c, c->n_doc, HD_STORE);
    }
    for (int i = doc ? 1 : 0; i < body->count && !c->failed; i++) hd_codegen_statement(c, body->items[i]);
}

void hd_codegen_class(HdCompiler *c, HdNode *node) {
    HdAstClassDef *n = HD_AST(ClassDef, node);
    decorators(c, &n->decorator_list);
    int line = n->decorator_list.count ? n->decorator_list.items[0]->lineno : node->lineno;
    hd_emit_open(c, HD_BUILD_CLASS, n->name, node, line);
    if (c->failed) return;
    HdBuild *inner = c->build;
    inner->private_name = n->name;
    hd_codegen_name(c, c->n_name, HD_LOAD);
    hd_codegen_name(c, c->n_module, HD_STORE);
    HdValue qualname = hd_str_from_wtf8(c->t, inner->qualname, (HdSize)inner->qualname_length);
    hd_emit_const(c, hd_constant_canonical_steal(c, qualname));
    hd_codegen_name(c, c->n_qualname, HD_STORE);
    hd_codegen_body(c, &n->body);
    c->build->at = HD_NO_POSITION;
    if (inner->scope->needs_class_closure) {
        HD_EMIT(c, LOAD_CLOSURE, hd_compiler_map_find(&inner->cells, c->n_class));
        HD_EMIT(c, COPY, 1);
        hd_codegen_name(c, c->n_classcell, HD_STORE);
    } else {
        hd_emit_const(c, hd_None);
    }
    HD_EMIT(c, RETURN_VALUE, 0);
    HdValue code = hd_emit_close(c, true);
    HD_EMIT(c, LOAD_BUILD_CLASS, 0);
    HD_EMIT(c, PUSH_NULL, 0);
    make_function_steal(c, code, inner, 0);
    if (c->failed) return;
    hd_emit_const(c, hd_compiler_name_value(c, n->name));
    hd_codegen_call_arguments(c, 2, &n->bases, &n->keywords);
    apply_decorators(c, &n->decorator_list);
    hd_codegen_name(c, n->name, HD_STORE);
}

/* --- comprehensions --- */
typedef struct Comprehension {
    HdNode *node, *element, *value; /* value: of a dict comprehension */
    const HdNodeList *generators;
    int kind;
} Comprehension;

static void generator_clause(HdCompiler *c, Comprehension *k, int index, int depth);

static void innermost(HdCompiler *c, Comprehension *k, int depth) {
    hd_codegen_expr(c, k->element);
    switch (k->kind) {
    case HD_COMP_GENERATOR:
        if (c->build->scope->coroutine && c->build->scope->generator) HD_EMIT(c, ASYNC_GEN_WRAP, 0);
        HD_EMIT(c, YIELD_VALUE, 0);
        HD_EMIT(c, POP_TOP, 0);
        break;
    case HD_COMP_LIST: HD_EMIT(c, LIST_APPEND, depth + 1); break;
    case HD_COMP_SET: HD_EMIT(c, SET_ADD, depth + 1); break;
    default:
        hd_codegen_expr(c, k->value);
        HD_EMIT(c, MAP_ADD, depth + 1);
    }
}

static void conditions_and_rest(HdCompiler *c, Comprehension *k, int index, int depth, HdFlowBlock *skip) {
    HdAstcomprehension *g = HD_AST(comprehension, k->generators->items[index]);
    for (int i = 0; i < g->ifs.count; i++) hd_codegen_jump_if(c, g->ifs.items[i], skip, false);
    if (index + 1 < k->generators->count) generator_clause(c, k, index + 1, depth);
    else innermost(c, k, depth);
    hd_emit_use(c, skip);
}

static void async_clause(HdCompiler *c, Comprehension *k, int index, int depth) {
    HdAstcomprehension *g = HD_AST(comprehension, k->generators->items[index]);
    HdFlowBlock *start = hd_emit_block(c), *skip = hd_emit_block(c), *except = hd_emit_block(c);
    if (index == 0) {
        HD_EMIT(c, LOAD_FAST, 0);
    } else {
        hd_codegen_expr(c, g->iter);
        HD_EMIT(c, GET_AITER, 0);
    }
    hd_emit_use(c, start);
    hd_codegen_push(c, HD_FRAME_ASYNC_COMPREHENSION, start, NULL);
    hd_emit_jump(c, HD_PSEUDO_SETUP_FINALLY, except);
    HD_EMIT(c, GET_ANEXT, 0);
    hd_emit_const(c, hd_None);
    hd_codegen_yield_from(c);
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_codegen_expr(c, g->target);
    conditions_and_rest(c, k, index, depth + 1, skip);
    hd_emit_jump(c, HD_PSEUDO_JUMP, start);
    hd_codegen_pop(c);
    hd_emit_use(c, except);
    HD_EMIT(c, END_ASYNC_FOR, 0);
}

/* `for y in [f(x)]` assigns without a loop. */
static HdNode *single_item(HdNode *iter) {
    const HdNodeList *elts = iter->kind == HD_AST_List    ? &HD_AST(List, iter)->elts
                             : iter->kind == HD_AST_Tuple ? &HD_AST(Tuple, iter)->elts
                                                          : NULL;
    return elts && elts->count == 1 && elts->items[0]->kind != HD_AST_Starred ? elts->items[0] : NULL;
}

static void sync_clause(HdCompiler *c, Comprehension *k, int index, int depth) {
    HdAstcomprehension *g = HD_AST(comprehension, k->generators->items[index]);
    HdFlowBlock *start = hd_emit_block(c), *skip = hd_emit_block(c), *anchor = hd_emit_block(c);
    HdNode *single = index ? single_item(g->iter) : NULL;
    if (index == 0) {
        HD_EMIT(c, LOAD_FAST, 0);
    } else if (single) {
        hd_codegen_expr(c, single);
    } else {
        hd_codegen_expr(c, g->iter);
        HD_EMIT(c, GET_ITER, 0);
    }
    if (!single) {
        depth++;
        hd_emit_use(c, start);
        hd_emit_jump(c, HD_INS_FOR_ITER, anchor);
    }
    hd_codegen_expr(c, g->target);
    conditions_and_rest(c, k, index, depth, skip);
    if (single) return;
    hd_emit_jump(c, HD_PSEUDO_JUMP, start);
    hd_emit_use(c, anchor);
    HD_EMIT(c, END_FOR, 0);
    HD_EMIT(c, POP_ITER, 0);
}

static void generator_clause(HdCompiler *c, Comprehension *k, int index, int depth) {
    if (hd_compiler_too_deep(c)) return;
    if (HD_AST(comprehension, k->generators->items[index])->is_async) async_clause(c, k, index, depth);
    else sync_clause(c, k, index, depth);
}

static Comprehension describe(HdCompiler *c, HdNode *node, HdName **name) {
    switch (node->kind) {
    case HD_AST_ListComp:
        *name = c->n_listcomp;
        return (Comprehension){node, HD_AST(ListComp, node)->elt, NULL, &HD_AST(ListComp, node)->generators, HD_COMP_LIST};
    case HD_AST_SetComp:
        *name = c->n_setcomp;
        return (Comprehension){node, HD_AST(SetComp, node)->elt, NULL, &HD_AST(SetComp, node)->generators, HD_COMP_SET};
    case HD_AST_DictComp:
        *name = c->n_dictcomp;
        return (Comprehension){node, HD_AST(DictComp, node)->key, HD_AST(DictComp, node)->value,
                               &HD_AST(DictComp, node)->generators, HD_COMP_DICT};
    default:
        *name = c->n_genexpr;
        return (Comprehension){node, HD_AST(GeneratorExp, node)->elt, NULL, &HD_AST(GeneratorExp, node)->generators,
                               HD_COMP_GENERATOR};
    }
}

void hd_codegen_comprehension(HdCompiler *c, HdNode *node) {
    HdName *name;
    Comprehension k = describe(c, node, &name);
    HdAstcomprehension *outermost = HD_AST(comprehension, k.generators->items[0]);
    HdBuildKind around = c->build->kind;
    bool top_await = hd_codegen_top_level_await(c);
    hd_emit_open(c, HD_BUILD_COMPREHENSION, name, node, node->lineno);
    if (c->failed) return;
    HdBuild *inner = c->build;
    inner->argcount = 1;
    inner->at = hd_position_of(node);
    bool is_async = inner->scope->coroutine;
    if (is_async && k.kind != HD_COMP_GENERATOR && around != HD_BUILD_ASYNC_FUNCTION &&
        around != HD_BUILD_COMPREHENSION && !top_await) {
        hd_compiler_error_at(c, inner->at, "asynchronous comprehension outside of an asynchronous function");
        return;
    }
    if (k.kind == HD_COMP_LIST) HD_EMIT(c, BUILD_LIST, 0);
    else if (k.kind == HD_COMP_SET) HD_EMIT(c, BUILD_SET, 0);
    else if (k.kind == HD_COMP_DICT) HD_EMIT(c, BUILD_MAP, 0);
    generator_clause(c, &k, 0, 0);
    if (k.kind != HD_COMP_GENERATOR) HD_EMIT(c, RETURN_VALUE, 0);
    HdValue code = hd_emit_close(c, true);
    if (top_await && is_async) c->build->scope->coroutine = true;
    make_function_steal(c, code, inner, 0);
    hd_codegen_expr(c, outermost->iter);
    if (outermost->is_async) HD_EMIT(c, GET_AITER, 0);
    else HD_EMIT(c, GET_ITER, 0);
    HD_EMIT(c, CALL, 0); /* the iterator stands where self does */
    if (!is_async || k.kind == HD_COMP_GENERATOR) return;
    HD_EMIT(c, GET_AWAITABLE, 0);
    hd_emit_const(c, hd_None);
    hd_codegen_yield_from(c);
}

/* --- the whole --- */
void hd_codegen_tree(HdCompiler *c, HdNode *tree, HdValue *code) {
    hd_emit_open(c, HD_BUILD_MODULE, c->n_module_block, tree, 1);
    if (c->failed) return;
    c->build->at = HD_NO_POSITION;
    bool return_none = true;
    switch (tree->kind) {
    case HD_AST_Module: hd_codegen_body(c, &HD_AST(Module, tree)->body); break;
    case HD_AST_Interactive:
        c->interactive = true;
        if (has_annotation(&HD_AST(Interactive, tree)->body)) HD_EMIT(c, SETUP_ANNOTATIONS, 0);
        hd_codegen_statements(c, &HD_AST(Interactive, tree)->body);
        break;
    default:
        hd_codegen_expr(c, HD_AST(Expression, tree)->body);
        return_none = false;
    }
    *code = hd_emit_close(c, return_none);
}
