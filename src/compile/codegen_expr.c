/* codegen_expr.c -- expressions but calls and comprehensions. See codegen.c for the rule about positions. No locks. */
#include "bytes.h"
#include "compiler.h"
#include "float.h"
#include "int.h"
#include "scope.h"
#include "set.h"

enum { STACK_GUIDELINE = 30 }; /* longer displays are built piece by piece */

/* --- names --- */
bool hd_codegen_forbidden(HdCompiler *c, HdName *name, int context) {
    if (c->failed) return true;
    if (name != c->n_debug || context == HD_LOAD) return false;
    hd_compiler_error_at(c, c->build->at,
                         context == HD_STORE ? "cannot assign to __debug__" : "cannot delete __debug__");
    return true;
}

/* A class may have both: a free `__class__` of its own and the cell of that name for its methods. */
static int cell_index(HdCompiler *c, HdName *name, bool free) {
    int at = free ? -1 : hd_compiler_map_find(&c->build->cells, name);
    if (at >= 0) return at;
    at = hd_compiler_map_find(&c->build->frees, name);
    return at < 0 ? -1 : c->build->cells.count + at;
}

void hd_codegen_name(HdCompiler *c, HdName *name, int context) {
    static const uint8_t ops[4][3] = {{HD_INS_LOAD_DEREF, HD_INS_STORE_DEREF, HD_INS_DELETE_DEREF},
                                      {HD_INS_LOAD_FAST, HD_INS_STORE_FAST, HD_INS_DELETE_FAST},
                                      {HD_INS_LOAD_GLOBAL, HD_INS_STORE_GLOBAL, HD_INS_DELETE_GLOBAL},
                                      {HD_INS_LOAD_NAME, HD_INS_STORE_NAME, HD_INS_DELETE_NAME}};
    if (c->failed || !name || hd_codegen_forbidden(c, name, context)) return;
    HdBuild *build = c->build;
    HdName *mangled = hd_scope_mangle(c, build->private_name, name);
    HdSymbol *symbol = hd_scope_find(build->scope, mangled);
    int scope = symbol ? symbol->scope : HD_SCOPE_UNKNOWN;
    bool in_function = build->scope->kind == HD_SCOPE_FUNCTION_BLOCK;
    if (scope == HD_SCOPE_FREE || scope == HD_SCOPE_CELL) {
        int index = cell_index(c, mangled, scope == HD_SCOPE_FREE);
        unsigned op = ops[0][context];
        if (op == HD_INS_LOAD_DEREF && build->scope->kind == HD_SCOPE_CLASS_BLOCK) op = HD_INS_LOAD_CLASSDEREF;
        if (index >= 0) {
            hd_emit(c, op, (uint32_t)index); /* renumbered by the assembler */
            return;
        }
    }
    if (scope == HD_SCOPE_LOCAL && in_function) {
        int index = hd_compiler_map_add(c, &build->varnames, mangled);
        if (index >= 0) hd_emit(c, ops[1][context], (uint32_t)index);
        return;
    }
    bool global = scope == HD_SCOPE_GLOBAL_EXPLICIT || (scope == HD_SCOPE_GLOBAL_IMPLICIT && in_function);
    int index = hd_compiler_map_add(c, &build->names, mangled);
    if (index >= 0) hd_emit(c, ops[global ? 2 : 3][context], (uint32_t)index);
}

/* --- warnings about what cannot work --- */
static const char *constant_type(HdAstConstant *n) {
    switch (n->value.kind) {
    case HD_CONSTANT_NONE: return "NoneType";
    case HD_CONSTANT_TRUE:
    case HD_CONSTANT_FALSE: return "bool";
    case HD_CONSTANT_ELLIPSIS: return "ellipsis";
    case HD_CONSTANT_INT:
    case HD_CONSTANT_BIG_INT: return "int";
    case HD_CONSTANT_FLOAT: return "float";
    case HD_CONSTANT_COMPLEX: return "complex";
    case HD_CONSTANT_STR: return "str";
    case HD_CONSTANT_BYTES: return "bytes";
    default: return hd_type_name((HdValue){n->value.object});
    }
}

static const char *static_type(HdNode *node) {
    switch (node->kind) {
    case HD_AST_Tuple: return "tuple";
    case HD_AST_List:
    case HD_AST_ListComp: return "list";
    case HD_AST_Dict:
    case HD_AST_DictComp: return "dict";
    case HD_AST_Set:
    case HD_AST_SetComp: return "set";
    case HD_AST_GeneratorExp: return "generator";
    case HD_AST_Lambda: return "function";
    case HD_AST_JoinedStr:
    case HD_AST_FormattedValue: return "str";
    case HD_AST_Constant: return constant_type(HD_AST(Constant, node));
    default: return NULL;
    }
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcmp(text, *words) == 0) return true;
    return false;
}

static void check_subscripted(HdCompiler *c, HdNode *node) {
    static const char *const bad[] = {"NoneType", "ellipsis", "int", "bool", "float", "complex", "set", "frozenset", NULL};
    switch (node->kind) {
    case HD_AST_Constant:
        if (!is_one_of(static_type(node), bad)) return;
        break;
    case HD_AST_Set:
    case HD_AST_SetComp:
    case HD_AST_GeneratorExp:
    case HD_AST_Lambda: break;
    default: return;
    }
    hd_compiler_warn_at(c, c->build->at, "'%.200s' object is not subscriptable; perhaps you missed a comma?",
                        static_type(node));
}

static void check_index(HdCompiler *c, HdNode *node, HdNode *index) {
    static const char *const good[] = {"int", "bool", "slice", NULL}, *const texts[] = {"str", "bytes", "tuple", NULL};
    const char *type = static_type(index);
    if (!type || is_one_of(type, good)) return;
    switch (node->kind) {
    case HD_AST_Constant:
        if (!is_one_of(static_type(node), texts)) return;
        break;
    case HD_AST_Tuple:
    case HD_AST_List:
    case HD_AST_ListComp:
    case HD_AST_JoinedStr:
    case HD_AST_FormattedValue: break;
    default: return;
    }
    hd_compiler_warn_at(c, c->build->at,
                        "%.200s indices must be integers or slices, not %.200s; perhaps you missed a comma?",
                        static_type(node), type);
}

static bool may_be_identical(HdNode *node) {
    static const char *const singletons[] = {"NoneType", "bool", "ellipsis", NULL};
    return node->kind != HD_AST_Constant || is_one_of(static_type(node), singletons);
}

static void check_compare(HdCompiler *c, HdAstCompare *n) {
    bool left = may_be_identical(n->left);
    for (int i = 0; i < n->ops.count; i++) {
        bool right = may_be_identical(n->comparators.items[i]);
        int op = n->ops.items[i];
        if ((op == HD_AST_Is || op == HD_AST_IsNot) && (!left || !right)) {
            hd_compiler_warn_at(c, c->build->at, "%s",
                                op == HD_AST_Is ? "\"is\" with a literal. Did you mean \"==\"?"
                                                : "\"is not\" with a literal. Did you mean \"!=\"?");
        }
        left = right;
    }
}

/* --- comparison and truth --- */
static void compare_op(HdCompiler *c, int op) {
    switch (op) {
    case HD_AST_Eq: HD_EMIT(c, COMPARE_OP, HD_EQ); break;
    case HD_AST_NotEq: HD_EMIT(c, COMPARE_OP, HD_NE); break;
    case HD_AST_Lt: HD_EMIT(c, COMPARE_OP, HD_LT); break;
    case HD_AST_LtE: HD_EMIT(c, COMPARE_OP, HD_LE); break;
    case HD_AST_Gt: HD_EMIT(c, COMPARE_OP, HD_GT); break;
    case HD_AST_GtE: HD_EMIT(c, COMPARE_OP, HD_GE); break;
    case HD_AST_Is: HD_EMIT(c, IS_OP, 0); break;
    case HD_AST_IsNot: HD_EMIT(c, IS_OP, 1); break;
    case HD_AST_In: HD_EMIT(c, CONTAINS_OP, 0); break;
    default: HD_EMIT(c, CONTAINS_OP, 1);
    }
}

static void compare(HdCompiler *c, HdAstCompare *n) {
    check_compare(c, n);
    hd_codegen_expr(c, n->left);
    int last = n->ops.count - 1;
    if (last == 0) {
        hd_codegen_expr(c, n->comparators.items[0]);
        compare_op(c, n->ops.items[0]);
        return;
    }
    HdFlowBlock *cleanup = hd_emit_block(c), *end = hd_emit_block(c);
    for (int i = 0; i < last; i++) {
        hd_codegen_expr(c, n->comparators.items[i]);
        HD_EMIT(c, SWAP, 2);
        HD_EMIT(c, COPY, 2);
        compare_op(c, n->ops.items[i]);
        hd_emit_jump(c, HD_INS_JUMP_IF_FALSE_OR_POP, cleanup);
    }
    hd_codegen_expr(c, n->comparators.items[last]);
    compare_op(c, n->ops.items[last]);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, end);
    hd_emit_use(c, cleanup);
    HD_EMIT(c, SWAP, 2);
    HD_EMIT(c, POP_TOP, 0);
    hd_emit_use(c, end);
}

static void jump_if_compare(HdCompiler *c, HdAstCompare *n, HdFlowBlock *target, bool when) {
    check_compare(c, n);
    HdFlowBlock *cleanup = hd_emit_block(c), *end = hd_emit_block(c);
    int last = n->ops.count - 1;
    hd_codegen_expr(c, n->left);
    for (int i = 0; i < last; i++) {
        hd_codegen_expr(c, n->comparators.items[i]);
        HD_EMIT(c, SWAP, 2);
        HD_EMIT(c, COPY, 2);
        compare_op(c, n->ops.items[i]);
        hd_emit_jump(c, HD_INS_POP_JUMP_IF_FALSE, cleanup);
    }
    hd_codegen_expr(c, n->comparators.items[last]);
    compare_op(c, n->ops.items[last]);
    hd_emit_jump(c, when ? HD_INS_POP_JUMP_IF_TRUE : HD_INS_POP_JUMP_IF_FALSE, target);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, end);
    hd_emit_use(c, cleanup);
    HD_EMIT(c, POP_TOP, 0);
    if (!when) hd_emit_jump_noline(c, HD_PSEUDO_JUMP, target);
    hd_emit_use(c, end);
}

void hd_codegen_jump_if(HdCompiler *c, HdNode *test, HdFlowBlock *target, bool when) {
    if (hd_compiler_too_deep(c)) return;
    switch (test->kind) {
    case HD_AST_UnaryOp:
        if (HD_AST(UnaryOp, test)->op != HD_AST_Not) break;
        hd_codegen_jump_if(c, HD_AST(UnaryOp, test)->operand, target, !when);
        return;
    case HD_AST_BoolOp: {
        HdAstBoolOp *n = HD_AST(BoolOp, test);
        bool stops = n->op == HD_AST_Or;
        HdFlowBlock *other = stops != when ? hd_emit_block(c) : target;
        for (int i = 0; i + 1 < n->values.count; i++) hd_codegen_jump_if(c, n->values.items[i], other, stops);
        hd_codegen_jump_if(c, n->values.items[n->values.count - 1], target, when);
        if (other != target) hd_emit_use(c, other);
        return;
    }
    case HD_AST_IfExp: {
        HdAstIfExp *n = HD_AST(IfExp, test);
        HdFlowBlock *end = hd_emit_block(c), *orelse = hd_emit_block(c);
        hd_codegen_jump_if(c, n->test, orelse, false);
        hd_codegen_jump_if(c, n->body, target, when);
        hd_emit_jump_noline(c, HD_PSEUDO_JUMP, end);
        hd_emit_use(c, orelse);
        hd_codegen_jump_if(c, n->orelse, target, when);
        hd_emit_use(c, end);
        return;
    }
    case HD_AST_Compare:
        if (HD_AST(Compare, test)->ops.count > 1) {
            HdPosition outer = c->build->at;
            c->build->at = hd_position_of(test);
            jump_if_compare(c, HD_AST(Compare, test), target, when);
            c->build->at = outer;
            return;
        }
        break;
    default: break;
    }
    hd_codegen_expr(c, test);
    hd_emit_jump(c, when ? HD_INS_POP_JUMP_IF_TRUE : HD_INS_POP_JUMP_IF_FALSE, target);
}

static void bool_op(HdCompiler *c, HdAstBoolOp *n) {
    HdFlowBlock *end = hd_emit_block(c);
    unsigned op = n->op == HD_AST_And ? HD_INS_JUMP_IF_FALSE_OR_POP : HD_INS_JUMP_IF_TRUE_OR_POP;
    for (int i = 0; i + 1 < n->values.count; i++) {
        hd_codegen_expr(c, n->values.items[i]);
        hd_emit_jump(c, op, end);
    }
    hd_codegen_expr(c, n->values.items[n->values.count - 1]);
    hd_emit_use(c, end);
}

static void if_expression(HdCompiler *c, HdAstIfExp *n) {
    HdFlowBlock *end = hd_emit_block(c), *next = hd_emit_block(c);
    hd_codegen_jump_if(c, n->test, next, false);
    hd_codegen_expr(c, n->body);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, end);
    hd_emit_use(c, next);
    hd_codegen_expr(c, n->orelse);
    hd_emit_use(c, end);
}

/* --- displays --- */
static bool all_constant(const HdNodeList *list, int begin, int end) {
    for (int i = begin; i < end; i++)
        if (!list->items[i] || list->items[i]->kind != HD_AST_Constant) return false;
    return true;
}

static HdValue constant_tuple(HdCompiler *c, const HdNodeList *list, int begin, int end) {
    HdValue tuple = hd_tuple_new(c->t, end - begin);
    if (hd_is_null(tuple)) {
        hd_compiler_failed(c);
        return tuple;
    }
    for (int i = begin; i < end; i++) {
        HdValue v = hd_constant_of_node(c, HD_AST(Constant, list->items[i]));
        hd_tuple_put_steal(tuple, i - begin, hd_is_null(v) ? hd_None : hd_retain(c->t, v));
    }
    return tuple;
}

void hd_codegen_sequence(HdCompiler *c, const HdNodeList *list, int pushed, unsigned build, unsigned add,
                         unsigned extend, bool tuple) {
    int n = list->count;
    if (n > 2 && all_constant(list, 0, n)) {
        HdValue folded = constant_tuple(c, list, 0, n);
        if (c->failed) return;
        if (tuple && !pushed) {
            hd_emit_const(c, hd_constant_canonical_steal(c, folded));
            return;
        }
        if (add == HD_INS_SET_ADD) {
            HdValue set = hd_frozenset_new(c->t, folded);
            hd_release(c->t, folded);
            folded = set;
        }
        folded = hd_constant_canonical_steal(c, folded);
        hd_emit(c, build, (uint32_t)pushed);
        hd_emit_const(c, folded);
        hd_emit(c, extend, 1);
        if (tuple) HD_EMIT(c, LIST_TO_TUPLE, 0);
        return;
    }
    bool big = n + pushed > STACK_GUIDELINE, star = false;
    for (int i = 0; i < n && !star; i++) star = list->items[i]->kind == HD_AST_Starred;
    if (!star && !big) {
        hd_codegen_exprs(c, list);
        hd_emit(c, tuple ? HD_INS_BUILD_TUPLE : build, (uint32_t)(n + pushed));
        return;
    }
    bool built = big;
    if (big) hd_emit(c, build, (uint32_t)pushed);
    for (int i = 0; i < n && !c->failed; i++) {
        HdNode *item = list->items[i];
        if (item->kind != HD_AST_Starred) {
            hd_codegen_expr(c, item);
            if (built) hd_emit(c, add, 1);
            continue;
        }
        if (!built) hd_emit(c, build, (uint32_t)(i + pushed));
        built = true;
        hd_codegen_expr(c, HD_AST(Starred, item)->value);
        hd_emit(c, extend, 1);
    }
    if (tuple) HD_EMIT(c, LIST_TO_TUPLE, 0);
}

static void some_of_dict(HdCompiler *c, HdAstDict *d, int begin, int end) {
    int n = end - begin;
    bool big = n * 2 > STACK_GUIDELINE;
    if (n > 1 && !big && all_constant(&d->keys, begin, end)) {
        for (int i = begin; i < end; i++) hd_codegen_expr(c, d->values.items[i]);
        HdValue keys = constant_tuple(c, &d->keys, begin, end);
        if (c->failed) {
            hd_release(c->t, keys);
            return;
        }
        hd_emit_const(c, hd_constant_canonical_steal(c, keys));
        HD_EMIT(c, BUILD_CONST_KEY_MAP, n);
        return;
    }
    if (big) HD_EMIT(c, BUILD_MAP, 0);
    for (int i = begin; i < end; i++) {
        hd_codegen_expr(c, d->keys.items[i]);
        hd_codegen_expr(c, d->values.items[i]);
        if (big) HD_EMIT(c, MAP_ADD, 1);
    }
    if (!big) HD_EMIT(c, BUILD_MAP, n);
}

static void dict_display(HdCompiler *c, HdAstDict *d) {
    int n = d->values.count, waiting = 0;
    bool have = false;
    for (int i = 0; i < n && !c->failed; i++) {
        bool unpacking = !d->keys.items[i];
        if (!unpacking && waiting * 2 <= STACK_GUIDELINE) {
            waiting++;
            continue;
        }
        if (!unpacking) waiting++;
        if (waiting) {
            int end = unpacking ? i : i + 1;
            some_of_dict(c, d, end - waiting, end);
            if (have) HD_EMIT(c, DICT_UPDATE, 1);
            have = true;
            waiting = 0;
        }
        if (!unpacking) continue;
        if (!have) HD_EMIT(c, BUILD_MAP, 0);
        have = true;
        hd_codegen_expr(c, d->values.items[i]);
        HD_EMIT(c, DICT_UPDATE, 1);
    }
    if (waiting) {
        some_of_dict(c, d, n - waiting, n);
        if (have) HD_EMIT(c, DICT_UPDATE, 1);
        have = true;
    }
    if (!have) HD_EMIT(c, BUILD_MAP, 0);
}

static void unpack(HdCompiler *c, const HdNodeList *list) {
    bool star = false;
    for (int i = 0; i < list->count; i++) {
        if (list->items[i]->kind != HD_AST_Starred) continue;
        if (star) {
            hd_compiler_error_at(c, c->build->at, "multiple starred expressions in assignment");
            return;
        }
        int after = list->count - i - 1;
        if (i >= 1 << 8 || after >= 1 << 16) {
            hd_compiler_error_at(c, c->build->at, "too many expressions in star-unpacking assignment");
            return;
        }
        HD_EMIT(c, UNPACK_EX, i + (after << 8));
        star = true;
    }
    if (!star) HD_EMIT(c, UNPACK_SEQUENCE, list->count);
    for (int i = 0; i < list->count && !c->failed; i++) {
        HdNode *item = list->items[i];
        hd_codegen_expr(c, item->kind == HD_AST_Starred ? HD_AST(Starred, item)->value : item);
    }
}

static void sequence_expr(HdCompiler *c, HdNode *node, const HdNodeList *list, int context) {
    if (context == HD_AST_Store) unpack(c, list);
    else if (context == HD_AST_Del) hd_codegen_exprs(c, list);
    else
        hd_codegen_sequence(c, list, 0, HD_INS_BUILD_LIST, HD_INS_LIST_APPEND, HD_INS_LIST_EXTEND,
                            node->kind == HD_AST_Tuple);
}

/* --- attributes and subscripts --- */
/* An attribute of a chain over several lines is placed on the line of its name. */
void hd_codegen_attr_position(HdCompiler *c, HdNode *attribute) {
    HdPosition *at = &c->build->at;
    if (at->line == attribute->end_lineno) return;
    at->line = attribute->end_lineno;
    int length = (int)HD_AST(Attribute, attribute)->attr->length;
    if (length <= attribute->end_col_offset) {
        at->column = attribute->end_col_offset - length;
    } else {
        at->column = -1;
        at->end_column = -1;
    }
}

/* Notes `self.name = …` in a method, so that the class knows how much room its instances want. */
int hd_codegen_self_store(HdCompiler *c, HdNode *attribute) {
    HdBuild *build = c->build;
    HdAstAttribute *n = HD_AST(Attribute, attribute);
    if (c->failed || !build->self_name || n->value->kind != HD_AST_Name ||
        HD_AST(Name, n->value)->id != build->self_name || !build->parent)
        return 0;
    return hd_compiler_map_add(c, &build->parent->self_names, hd_scope_mangle(c, build->private_name, n->attr));
}

static void attribute(HdCompiler *c, HdAstAttribute *n) {
    if (n->ctx == HD_AST_Load && hd_codegen_super_attribute(c, &n->head)) return;
    hd_codegen_expr(c, n->value);
    HdPosition outer = c->build->at;
    hd_codegen_attr_position(c, &n->head);
    if (n->ctx == HD_AST_Load) {
        hd_emit_name(c, HD_INS_LOAD_ATTR, n->attr);
    } else if (n->ctx == HD_AST_Store) {
        if (hd_codegen_forbidden(c, n->attr, HD_STORE)) return;
        hd_codegen_self_store(c, &n->head);
        hd_emit_name(c, HD_INS_STORE_ATTR, n->attr);
    } else {
        hd_emit_name(c, HD_INS_DELETE_ATTR, n->attr);
    }
    c->build->at = outer;
}

static void slice(HdCompiler *c, HdAstSlice *n) {
    if (n->lower) hd_codegen_expr(c, n->lower);
    else hd_emit_const(c, hd_None);
    if (n->upper) hd_codegen_expr(c, n->upper);
    else hd_emit_const(c, hd_None);
    if (n->step) hd_codegen_expr(c, n->step);
    HD_EMIT(c, BUILD_SLICE, n->step ? 3 : 2);
}

static void subscript(HdCompiler *c, HdAstSubscript *n) {
    if (n->ctx == HD_AST_Load) {
        check_subscripted(c, n->value);
        check_index(c, n->value, n->slice);
    }
    hd_codegen_expr(c, n->value);
    if (n->slice->kind == HD_AST_Slice && !HD_AST(Slice, n->slice)->step && n->ctx != HD_AST_Del) {
        HdAstSlice *s = HD_AST(Slice, n->slice);
        if (s->lower) hd_codegen_expr(c, s->lower);
        else hd_emit_const(c, hd_None);
        if (s->upper) hd_codegen_expr(c, s->upper);
        else hd_emit_const(c, hd_None);
        hd_emit(c, n->ctx == HD_AST_Load ? HD_INS_BINARY_SLICE : HD_INS_STORE_SLICE, 0);
        return;
    }
    hd_codegen_expr(c, n->slice);
    if (n->ctx == HD_AST_Load) HD_EMIT(c, BINARY_SUBSCR, 0);
    else if (n->ctx == HD_AST_Store) HD_EMIT(c, STORE_SUBSCR, 0);
    else HD_EMIT(c, DELETE_SUBSCR, 0);
}

/* --- text --- */
static void formatted_value(HdCompiler *c, HdAstFormattedValue *n) {
    hd_codegen_expr(c, n->value);
    if (n->conversion == 's') HD_EMIT(c, CONVERT_VALUE, HD_CONVERT_STR);
    else if (n->conversion == 'r') HD_EMIT(c, CONVERT_VALUE, HD_CONVERT_REPR);
    else if (n->conversion == 'a') HD_EMIT(c, CONVERT_VALUE, HD_CONVERT_ASCII);
    else if (n->conversion != -1 && !c->failed) { /* a tree that the parser has not made */
        hd_raise(c->t, &hd_SystemError, "Unrecognized conversion character %d", n->conversion);
        c->failed = true;
    }
    if (n->format_spec) {
        hd_codegen_expr(c, n->format_spec);
        HD_EMIT(c, FORMAT_WITH_SPEC, 0);
    } else {
        HD_EMIT(c, FORMAT_SIMPLE, 0);
    }
}

static void joined_str(HdCompiler *c, HdAstJoinedStr *n) {
    if (n->values.count <= STACK_GUIDELINE) {
        hd_codegen_exprs(c, &n->values);
        if (n->values.count != 1) HD_EMIT(c, BUILD_STRING, n->values.count);
        return;
    }
    hd_emit_const(c, hd_compiler_name_value(c, c->n_empty));
    hd_emit_name(c, HD_INS_LOAD_METHOD, c->n_join);
    HD_EMIT(c, BUILD_LIST, 0);
    for (int i = 0; i < n->values.count && !c->failed; i++) {
        hd_codegen_expr(c, n->values.items[i]);
        HD_EMIT(c, LIST_APPEND, 1);
    }
    HD_EMIT(c, CALL, 1);
}

/* --- generators and coroutines --- */
void hd_codegen_yield_from(HdCompiler *c) {
    HdFlowBlock *send = hd_emit_block(c), *fail = hd_emit_block(c), *exit = hd_emit_block(c);
    hd_emit_use(c, send);
    hd_emit_jump(c, HD_INS_SEND, exit);
    /* A StopIteration that close() or throw() brings ends the wait as a return does. */
    hd_emit_jump(c, HD_PSEUDO_SETUP_FINALLY, fail);
    HD_EMIT(c, YIELD_VALUE, 1);
    hd_emit_noline(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_emit_jump(c, HD_PSEUDO_JUMP_NO_INTERRUPT, send);
    hd_emit_use(c, fail);
    HD_EMIT(c, CLEANUP_THROW, 0);
    hd_emit_use(c, exit);
    HD_EMIT(c, END_SEND, 0);
}

static void yield(HdCompiler *c, HdAstYield *n) {
    if (c->build->scope->kind != HD_SCOPE_FUNCTION_BLOCK) {
        hd_compiler_error_at(c, c->build->at, "'yield' outside function");
        return;
    }
    if (n->value) hd_codegen_expr(c, n->value);
    else hd_emit_const(c, hd_None);
    if (c->build->scope->coroutine && c->build->scope->generator) HD_EMIT(c, ASYNC_GEN_WRAP, 0);
    HD_EMIT(c, YIELD_VALUE, 0);
}

static void yield_from(HdCompiler *c, HdAstYieldFrom *n) {
    if (c->build->scope->kind != HD_SCOPE_FUNCTION_BLOCK) {
        hd_compiler_error_at(c, c->build->at, "'yield' outside function");
        return;
    }
    if (c->build->kind == HD_BUILD_ASYNC_FUNCTION) {
        hd_compiler_error_at(c, c->build->at, "'yield from' inside async function");
        return;
    }
    hd_codegen_expr(c, n->value);
    HD_EMIT(c, GET_YIELD_FROM_ITER, 0);
    hd_emit_const(c, hd_None);
    hd_codegen_yield_from(c);
}

static void await(HdCompiler *c, HdAstAwait *n) {
    if (!hd_codegen_top_level_await(c)) {
        if (c->build->scope->kind != HD_SCOPE_FUNCTION_BLOCK) {
            hd_compiler_error_at(c, c->build->at, "'await' outside function");
            return;
        }
        if (c->build->kind != HD_BUILD_ASYNC_FUNCTION && c->build->kind != HD_BUILD_COMPREHENSION) {
            hd_compiler_error_at(c, c->build->at, "'await' outside async function");
            return;
        }
    }
    hd_codegen_expr(c, n->value);
    HD_EMIT(c, GET_AWAITABLE, 0);
    hd_emit_const(c, hd_None);
    hd_codegen_yield_from(c);
}

/* HD_OP_… of an operator of the tree. */
unsigned hd_codegen_operator(int op) {
    static const uint8_t numbers[HD_AST_OPERATOR_COUNT] = {
        [HD_AST_Add] = HD_OP_ADD, [HD_AST_Sub] = HD_OP_SUBTRACT, [HD_AST_Mult] = HD_OP_MULTIPLY,
        [HD_AST_MatMult] = HD_OP_MATRIX_MULTIPLY, [HD_AST_Div] = HD_OP_TRUE_DIVIDE, [HD_AST_Mod] = HD_OP_REMAINDER,
        [HD_AST_Pow] = HD_OP_POWER, [HD_AST_LShift] = HD_OP_LSHIFT, [HD_AST_RShift] = HD_OP_RSHIFT,
        [HD_AST_BitOr] = HD_OP_OR, [HD_AST_BitXor] = HD_OP_XOR, [HD_AST_BitAnd] = HD_OP_AND,
        [HD_AST_FloorDiv] = HD_OP_FLOOR_DIVIDE};
    return numbers[op];
}

static void expr(HdCompiler *c, HdNode *node) {
    switch (node->kind) {
    case HD_AST_NamedExpr:
        hd_codegen_expr(c, HD_AST(NamedExpr, node)->value);
        HD_EMIT(c, COPY, 1);
        hd_codegen_expr(c, HD_AST(NamedExpr, node)->target);
        break;
    case HD_AST_BoolOp: bool_op(c, HD_AST(BoolOp, node)); break;
    case HD_AST_BinOp:
        hd_codegen_expr(c, HD_AST(BinOp, node)->left);
        hd_codegen_expr(c, HD_AST(BinOp, node)->right);
        HD_EMIT(c, BINARY_OP, hd_codegen_operator(HD_AST(BinOp, node)->op));
        break;
    case HD_AST_UnaryOp: {
        HdAstUnaryOp *n = HD_AST(UnaryOp, node);
        hd_codegen_expr(c, n->operand);
        hd_emit(c,
                n->op == HD_AST_Invert ? HD_INS_UNARY_INVERT
                : n->op == HD_AST_Not  ? HD_INS_UNARY_NOT
                : n->op == HD_AST_UAdd ? HD_INS_UNARY_POSITIVE
                                       : HD_INS_UNARY_NEGATIVE,
                0);
        break;
    }
    case HD_AST_Lambda: hd_codegen_lambda(c, node); break;
    case HD_AST_IfExp: if_expression(c, HD_AST(IfExp, node)); break;
    case HD_AST_Dict: dict_display(c, HD_AST(Dict, node)); break;
    case HD_AST_Set:
        hd_codegen_sequence(c, &HD_AST(Set, node)->elts, 0, HD_INS_BUILD_SET, HD_INS_SET_ADD, HD_INS_SET_UPDATE, false);
        break;
    case HD_AST_GeneratorExp:
    case HD_AST_ListComp:
    case HD_AST_SetComp:
    case HD_AST_DictComp: hd_codegen_comprehension(c, node); break;
    case HD_AST_Yield: yield(c, HD_AST(Yield, node)); break;
    case HD_AST_YieldFrom: yield_from(c, HD_AST(YieldFrom, node)); break;
    case HD_AST_Await: await(c, HD_AST(Await, node)); break;
    case HD_AST_Compare: compare(c, HD_AST(Compare, node)); break;
    case HD_AST_Call: hd_codegen_call(c, node); break;
    case HD_AST_Constant: hd_emit_const(c, hd_constant_of_node(c, HD_AST(Constant, node))); break;
    case HD_AST_JoinedStr: joined_str(c, HD_AST(JoinedStr, node)); break;
    case HD_AST_FormattedValue: formatted_value(c, HD_AST(FormattedValue, node)); break;
    case HD_AST_Attribute: attribute(c, HD_AST(Attribute, node)); break;
    case HD_AST_Subscript: subscript(c, HD_AST(Subscript, node)); break;
    case HD_AST_Starred:
        hd_compiler_error_at(c, c->build->at,
                             HD_AST(Starred, node)->ctx == HD_AST_Store
                                 ? "starred assignment target must be in a list or tuple"
                                 : "can't use starred expression here");
        break;
    case HD_AST_Slice: slice(c, HD_AST(Slice, node)); break;
    case HD_AST_Name: {
        HdAstName *n = HD_AST(Name, node);
        hd_codegen_name(c, n->id, n->ctx == HD_AST_Load ? HD_LOAD : n->ctx == HD_AST_Store ? HD_STORE : HD_DELETE);
        break;
    }
    case HD_AST_List: sequence_expr(c, node, &HD_AST(List, node)->elts, HD_AST(List, node)->ctx); break;
    case HD_AST_Tuple: sequence_expr(c, node, &HD_AST(Tuple, node)->elts, HD_AST(Tuple, node)->ctx); break;
    default: break;
    }
}

void hd_codegen_expr(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    HdPosition outer = c->build->at;
    c->build->at = hd_position_of(node);
    expr(c, node);
    c->build->at = outer;
}

void hd_codegen_exprs(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++) hd_codegen_expr(c, list->items[i]);
}
