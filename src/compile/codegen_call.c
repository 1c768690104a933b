/* codegen_call.c -- calls: of functions, methods and super(). See codegen.c for the rule about positions. No locks. */
#include "compiler.h"
#include "scope.h"

enum { STACK_GUIDELINE = 30 };

static void check_callable(HdCompiler *c, HdNode *node) {
    static const char *const names[HD_AST_KIND_COUNT] = {
        [HD_AST_Tuple] = "tuple", [HD_AST_List] = "list", [HD_AST_ListComp] = "list", [HD_AST_Dict] = "dict",
        [HD_AST_DictComp] = "dict", [HD_AST_Set] = "set", [HD_AST_SetComp] = "set",
        [HD_AST_GeneratorExp] = "generator", [HD_AST_JoinedStr] = "str", [HD_AST_FormattedValue] = "str"};
    const char *type = names[node->kind];
    if (node->kind == HD_AST_Constant) {
        HdValue v = hd_constant_of_node(c, HD_AST(Constant, node));
        type = hd_is_null(v) ? NULL : hd_type_name(v);
    }
    if (type)
        hd_compiler_warn_at(c, c->build->at, "'%.200s' object is not callable; perhaps you missed a comma?", type);
}

static bool keywords_are_good(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) {
        HdAstkeyword *one = HD_AST(keyword, list->items[i]);
        if (!one->arg) continue;
        if (hd_codegen_forbidden(c, one->arg, HD_STORE)) return false;
        for (int j = i + 1; j < list->count; j++) {
            HdAstkeyword *other = HD_AST(keyword, list->items[j]);
            if (other->arg != one->arg) continue;
            hd_compiler_error_at(c, hd_position_of(&other->head), "keyword argument repeated: %s", one->arg->bytes);
            return false;
        }
    }
    return true;
}

static HdValue keyword_names(HdCompiler *c, const HdNodeList *list, int begin, int end) {
    HdValue names = hd_tuple_new(c->t, end - begin);
    if (hd_is_null(names)) {
        hd_compiler_failed(c);
        return HD_NULL;
    }
    for (int i = begin; i < end; i++) {
        HdValue name = hd_compiler_name_value(c, HD_AST(keyword, list->items[i])->arg);
        hd_tuple_put_steal(names, i - begin, hd_is_null(name) ? hd_None : hd_retain(c->t, name));
    }
    return hd_constant_canonical_steal(c, names);
}

static bool is_simple(const HdNodeList *args, const HdNodeList *keywords) {
    for (int i = 0; i < args->count; i++)
        if (args->items[i]->kind == HD_AST_Starred) return false;
    for (int i = 0; i < keywords->count; i++)
        if (!HD_AST(keyword, keywords->items[i])->arg) return false;
    return true;
}

/* f(a, b, *c): one starred argument, which is the last, and no keywords. */
static bool is_star_last(const HdNodeList *args, const HdNodeList *keywords) {
    if (keywords->count || !args->count || args->count > STACK_GUIDELINE) return false;
    for (int i = 0; i < args->count; i++)
        if ((args->items[i]->kind == HD_AST_Starred) != (i == args->count - 1)) return false;
    return true;
}

/* The arguments of such a call, and the call. */
static void call_star(HdCompiler *c, int pushed, const HdNodeList *args) {
    int last = args->count - 1;
    for (int i = 0; i < last; i++) hd_codegen_expr(c, args->items[i]);
    hd_codegen_expr(c, HD_AST(Starred, args->items[last])->value);
    HD_EMIT(c, CALL_STAR, pushed + last);
}

/* f(**{begin…end}): a dict of some keywords. */
static void some_keywords(HdCompiler *c, const HdNodeList *list, int begin, int end) {
    int n = end - begin;
    bool big = n * 2 > STACK_GUIDELINE;
    if (n > 1 && !big) {
        for (int i = begin; i < end; i++) hd_codegen_expr(c, HD_AST(keyword, list->items[i])->value);
        hd_emit_const(c, keyword_names(c, list, begin, end));
        HD_EMIT(c, BUILD_CONST_KEY_MAP, n);
        return;
    }
    if (big) HD_EMIT(c, BUILD_MAP, 0);
    for (int i = begin; i < end && !c->failed; i++) {
        HdAstkeyword *one = HD_AST(keyword, list->items[i]);
        hd_emit_const(c, hd_compiler_name_value(c, one->arg));
        hd_codegen_expr(c, one->value);
        if (big) HD_EMIT(c, MAP_ADD, 1);
    }
    if (!big) HD_EMIT(c, BUILD_MAP, n);
}

static void call_unpacked(HdCompiler *c, int pushed, const HdNodeList *args, const HdNodeList *keywords) {
    if (pushed == 0 && args->count == 1 && args->items[0]->kind == HD_AST_Starred)
        hd_codegen_expr(c, HD_AST(Starred, args->items[0])->value);
    else
        hd_codegen_sequence(c, args, pushed, HD_INS_BUILD_LIST, HD_INS_LIST_APPEND, HD_INS_LIST_EXTEND, true);
    bool have = false;
    int waiting = 0;
    for (int i = 0; i <= keywords->count && !c->failed; i++) {
        HdAstkeyword *one = i < keywords->count ? HD_AST(keyword, keywords->items[i]) : NULL;
        if (one && one->arg) {
            waiting++;
            continue;
        }
        if (waiting) {
            some_keywords(c, keywords, i - waiting, i);
            if (have) HD_EMIT(c, DICT_MERGE, 1);
            have = true;
            waiting = 0;
        }
        if (!one) break;
        if (!have) HD_EMIT(c, BUILD_MAP, 0);
        have = true;
        hd_codegen_expr(c, one->value);
        HD_EMIT(c, DICT_MERGE, 1);
    }
    HD_EMIT(c, CALL_FUNCTION_EX, have);
}

/* Callable, NULL and `pushed` arguments are on the stack: the rest of the arguments and the call. */
void hd_codegen_call_arguments(HdCompiler *c, int pushed, const HdNodeList *args, const HdNodeList *keywords) {
    if (c->failed || !keywords_are_good(c, keywords)) return;
    if (is_star_last(args, keywords)) {
        call_star(c, pushed, args);
        return;
    }
    if (args->count + keywords->count * 2 > STACK_GUIDELINE || !is_simple(args, keywords)) {
        call_unpacked(c, pushed, args, keywords);
        return;
    }
    hd_codegen_exprs(c, args);
    int n = pushed + args->count + keywords->count;
    if (!keywords->count) {
        HD_EMIT(c, CALL, n);
        return;
    }
    for (int i = 0; i < keywords->count; i++) hd_codegen_expr(c, HD_AST(keyword, keywords->items[i])->value);
    hd_emit_const(c, keyword_names(c, keywords, 0, keywords->count));
    HD_EMIT(c, CALL_KW, n);
}

/* super().name and super(a, b).name, as long as nothing visible shadows super. */
static bool is_super_call(HdCompiler *c, HdNode *node) {
    if (node->kind != HD_AST_Call) return false;
    HdAstCall *call = HD_AST(Call, node);
    HdBuild *build = c->build;
    if (call->func->kind != HD_AST_Name || HD_AST(Name, call->func)->id != c->n_super || call->keywords.count)
        return false;
    HdSymbol *symbol = hd_scope_find(build->scope, c->n_super);
    if (build->scope->kind != HD_SCOPE_FUNCTION_BLOCK || !symbol || symbol->scope != HD_SCOPE_GLOBAL_IMPLICIT)
        return false;
    HdSymbol *top = hd_scope_find(c->top_scope, c->n_super);
    if (top && top->scope != HD_SCOPE_GLOBAL_IMPLICIT) return false;
    if (call->args.count == 2)
        return call->args.items[0]->kind != HD_AST_Starred && call->args.items[1]->kind != HD_AST_Starred;
    if (call->args.count != 0 || build->argcount == 0) return false;
    if (build->kind != HD_BUILD_FUNCTION && build->kind != HD_BUILD_ASYNC_FUNCTION && build->kind != HD_BUILD_LAMBDA)
        return false;
    HdSymbol *class_cell = hd_scope_find(build->scope, c->n_class);
    return class_cell && class_cell->scope == HD_SCOPE_FREE;
}

static void load_super(HdCompiler *c, HdNode *node) {
    HdAstCall *call = HD_AST(Call, node);
    hd_codegen_expr(c, call->func);
    HdPosition outer = c->build->at;
    c->build->at = hd_position_of(node);
    if (call->args.count) {
        hd_codegen_exprs(c, &call->args);
    } else {
        hd_codegen_name(c, c->n_class, HD_LOAD);
        hd_codegen_name(c, c->build->varnames.items[0], HD_LOAD);
    }
    c->build->at = outer;
}

static void super_op(HdCompiler *c, unsigned op, HdAstAttribute *n) {
    int index = hd_compiler_map_add(c, &c->build->names, hd_scope_mangle(c, c->build->private_name, n->attr));
    if (index < 0) return;
    bool two = HD_AST(Call, n->value)->args.count == 2;
    hd_emit(c, op, (uint32_t)index * 2 + two);
}

bool hd_codegen_super_attribute(HdCompiler *c, HdNode *node) {
    HdAstAttribute *n = HD_AST(Attribute, node);
    if (!is_super_call(c, n->value)) return false;
    load_super(c, n->value);
    HdPosition outer = c->build->at;
    hd_codegen_attr_position(c, node);
    super_op(c, HD_INS_LOAD_SUPER_ATTR, n);
    c->build->at = outer;
    return true;
}

/* A module imported at this level: its functions are attributes, not methods. */
static bool is_import(HdCompiler *c, HdNode *node) {
    if (node->kind != HD_AST_Name || c->build->kind != HD_BUILD_MODULE) return false;
    HdSymbol *symbol = hd_scope_find(c->top_scope, HD_AST(Name, node)->id);
    return symbol && (symbol->flags & HD_DEF_IMPORT);
}

static bool method_call(HdCompiler *c, HdNode *node) {
    HdAstCall *n = HD_AST(Call, node);
    if (n->func->kind != HD_AST_Attribute || HD_AST(Attribute, n->func)->ctx != HD_AST_Load) return false;
    HdAstAttribute *method = HD_AST(Attribute, n->func);
    if (is_import(c, method->value)) return false;
    if (n->args.count + n->keywords.count + (n->keywords.count != 0) >= STACK_GUIDELINE) return false;
    bool star = is_star_last(&n->args, &n->keywords);
    if (!star && !is_simple(&n->args, &n->keywords)) return false;
    HdPosition whole = c->build->at;
    bool super = is_super_call(c, method->value);
    if (super) load_super(c, method->value);
    else hd_codegen_expr(c, method->value);
    c->build->at = hd_position_of(n->func);
    hd_codegen_attr_position(c, n->func);
    if (super) super_op(c, HD_INS_LOAD_SUPER_METHOD, method);
    else hd_emit_name(c, HD_INS_LOAD_METHOD, method->attr);
    if (star) {
        c->build->at = whole;
        call_star(c, 0, &n->args);
        return true;
    }
    hd_codegen_exprs(c, &n->args);
    uint32_t count = (uint32_t)(n->args.count + n->keywords.count);
    for (int i = 0; i < n->keywords.count; i++) hd_codegen_expr(c, HD_AST(keyword, n->keywords.items[i])->value);
    c->build->at = whole;
    hd_codegen_attr_position(c, n->func);
    if (n->keywords.count) {
        hd_emit_const(c, keyword_names(c, &n->keywords, 0, n->keywords.count));
        HD_EMIT(c, CALL_KW, count);
    } else {
        HD_EMIT(c, CALL, count);
    }
    c->build->at = whole;
    return true;
}

void hd_codegen_call(HdCompiler *c, HdNode *node) {
    HdAstCall *n = HD_AST(Call, node);
    if (!keywords_are_good(c, &n->keywords) || method_call(c, node)) return;
    check_callable(c, n->func);
    hd_codegen_expr(c, n->func);
    HdPosition whole = c->build->at;
    c->build->at = hd_position_of(n->func);
    HD_EMIT(c, PUSH_NULL, 0);
    c->build->at = whole;
    hd_codegen_call_arguments(c, 0, &n->args, &n->keywords);
}
