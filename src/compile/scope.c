/* scope.c -- first walk of the symbol table: notes what each block binds and uses. See scope.h.
 *
 * Visits in the order of CPython's symbol table, because the first error found is the one told. No locks.
 */
#include "scope.h"

/* --- containers --- */
static uint32_t name_hash(HdName *name) { return name->hash * 2654435761u >> 8; }

HdSymbol *hd_scope_find(HdScope *scope, HdName *name) {
    if (!scope->table) {
        for (int i = 0; i < scope->symbol_count; i++)
            if (scope->symbols[i].name == name) return &scope->symbols[i];
        return NULL;
    }
    for (uint32_t at = name_hash(name) & scope->table_mask; scope->table[at]; at = (at + 1) & scope->table_mask)
        if (scope->symbols[scope->table[at] - 1].name == name) return &scope->symbols[scope->table[at] - 1];
    return NULL;
}

HdSymbol *hd_scope_add(HdCompiler *c, HdScope *scope, HdName *name) {
    if (c->failed) return NULL;
    HdSymbol *symbol = hd_scope_find(scope, name);
    if (symbol) return symbol;
    int capacity = scope->symbol_capacity;
    HdSymbol *symbols =
        hd_compiler_grow(c, scope->symbols, scope->symbol_count, &scope->symbol_capacity, sizeof *symbols);
    if (!symbols) return NULL;
    scope->symbols = symbols;
    symbol = &symbols[scope->symbol_count++];
    symbol->name = name;
    if (scope->symbol_capacity != capacity && scope->symbol_capacity > 8) {
        uint32_t mask = (uint32_t)scope->symbol_capacity * 2 - 1;
        int32_t *table = hd_compiler_alloc(c, ((size_t)mask + 1) * sizeof *table);
        if (!table) return NULL;
        for (int i = 0; i < scope->symbol_count; i++) {
            uint32_t at = name_hash(symbols[i].name) & mask;
            while (table[at]) at = (at + 1) & mask;
            table[at] = i + 1;
        }
        scope->table = table;
        scope->table_mask = mask;
    } else if (scope->table) {
        uint32_t at = name_hash(name) & scope->table_mask;
        while (scope->table[at]) at = (at + 1) & scope->table_mask;
        scope->table[at] = scope->symbol_count;
    }
    return symbol;
}

static uint32_t node_hash(const HdNode *node) { return (uint32_t)((uint64_t)(uintptr_t)node >> 4) * 2654435761u >> 6; }

static void remember_scope(HdCompiler *c, HdNode *node, HdScope *scope) {
    if (!c->scope_keys || (uint32_t)c->scope_count * 2 > c->scope_mask) {
        uint32_t mask = c->scope_keys ? c->scope_mask * 2 + 1 : 63;
        HdNode **keys = hd_compiler_alloc(c, ((size_t)mask + 1) * sizeof *keys);
        HdScope **values = hd_compiler_alloc(c, ((size_t)mask + 1) * sizeof *values);
        if (!keys || !values) return;
        for (uint32_t i = 0; c->scope_keys && i <= c->scope_mask; i++) {
            if (!c->scope_keys[i]) continue;
            uint32_t at = node_hash(c->scope_keys[i]) & mask;
            while (keys[at]) at = (at + 1) & mask;
            keys[at] = c->scope_keys[i];
            values[at] = c->scope_values[i];
        }
        c->scope_keys = keys;
        c->scope_values = values;
        c->scope_mask = mask;
    }
    uint32_t at = node_hash(node) & c->scope_mask;
    while (c->scope_keys[at] && c->scope_keys[at] != node) at = (at + 1) & c->scope_mask;
    if (!c->scope_keys[at]) c->scope_count++;
    c->scope_keys[at] = node;
    c->scope_values[at] = scope;
}

HdScope *hd_scope_of_node(HdCompiler *c, HdNode *node) {
    for (uint32_t at = node_hash(node) & c->scope_mask; c->scope_keys[at]; at = (at + 1) & c->scope_mask)
        if (c->scope_keys[at] == node) return c->scope_values[at];
    HD_PANIC("node without a scope");
}

HdName *hd_scope_mangle(HdCompiler *c, HdName *private_name, HdName *name) {
    const char *text = name->bytes;
    if (HD_LIKELY(!private_name) || text[0] != '_' || text[1] != '_') return name;
    size_t length = name->length;
    if ((text[length - 1] == '_' && text[length - 2] == '_') || memchr(text, '.', length)) return name;
    const char *class_name = private_name->bytes;
    while (*class_name == '_') class_name++;
    if (!*class_name) return name;
    size_t class_length = strlen(class_name);
    char *mangled = hd_compiler_alloc(c, class_length + length + 2);
    if (!mangled) return name;
    mangled[0] = '_';
    memcpy(mangled + 1, class_name, class_length);
    memcpy(mangled + 1 + class_length, text, length);
    HdName *result = hd_compiler_name(c, mangled, 1 + class_length + length);
    return result ? result : name;
}

/* --- blocks --- */
static void enter(HdCompiler *c, HdName *name, HdScopeKind kind, HdNode *node) {
    HdScope *scope = hd_compiler_alloc(c, sizeof *scope);
    if (!scope) return;
    scope->kind = kind;
    scope->name = name;
    scope->node = node;
    scope->parent = c->scope;
    scope->at = hd_position_of(node);
    HdScope *parent = c->scope;
    if (parent && (parent->nested || parent->kind == HD_SCOPE_FUNCTION_BLOCK)) scope->nested = true;
    if (parent) scope->comp_iter_expression = parent->comp_iter_expression;
    c->scope = scope;
    if (!parent) c->top_scope = scope;
    if (kind == HD_SCOPE_ANNOTATION_BLOCK) return; /* its names leave no trace */
    if (parent) {
        HdScope **children = hd_compiler_grow(c, parent->children, parent->child_count, &parent->child_capacity,
                                              sizeof *children);
        if (!children) return;
        parent->children = children;
        children[parent->child_count++] = scope;
    }
    remember_scope(c, node, scope);
}

static void leave(HdCompiler *c) {
    if (c->scope) c->scope = c->scope->parent;
}

static void add_definition(HdCompiler *c, HdScope *scope, HdName *name, int flag, HdPosition at) {
    if (c->failed) return;
    HdName *mangled = hd_scope_mangle(c, c->private_name, name);
    HdSymbol *symbol = hd_scope_add(c, scope, mangled);
    if (!symbol) return;
    if ((flag & HD_DEF_PARAM) && (symbol->flags & HD_DEF_PARAM)) {
        hd_compiler_error_at(c, at, "duplicate argument '%s' in function definition", name->bytes);
        return;
    }
    symbol->flags |= (uint16_t)flag;
    if (scope->comp_iter_target) {
        /* In the target of a comprehension: the name must not be one that := bound from inside. */
        if (symbol->flags & (HD_DEF_GLOBAL | HD_DEF_NONLOCAL)) {
            hd_compiler_error_at(c, at, "comprehension inner loop cannot rebind assignment expression target '%s'",
                                 name->bytes);
            return;
        }
        symbol->flags |= HD_DEF_COMP_ITER;
    }
    if (flag & HD_DEF_PARAM) {
        HdName **parameters = hd_compiler_grow(c, scope->parameters, scope->parameter_count,
                                               &scope->parameter_capacity, sizeof *parameters);
        if (!parameters) return;
        scope->parameters = parameters;
        parameters[scope->parameter_count++] = mangled;
    } else if (flag & HD_DEF_GLOBAL) {
        HdSymbol *global = hd_scope_add(c, c->top_scope, mangled);
        if (global) global->flags |= (uint16_t)flag;
    }
}

static void define(HdCompiler *c, HdName *name, int flag, const HdNode *node) {
    add_definition(c, c->scope, name, flag, hd_position_of(node));
}

static int flags_of(HdCompiler *c, HdName *name) {
    HdSymbol *symbol = hd_scope_find(c->scope, hd_scope_mangle(c, c->private_name, name));
    return symbol ? symbol->flags : 0;
}

static void record_directive(HdCompiler *c, HdName *name, const HdNode *node) {
    HdScope *scope = c->scope;
    HdDirective *directives = hd_compiler_grow(c, scope->directives, scope->directive_count,
                                               &scope->directive_capacity, sizeof *directives);
    if (!directives) return;
    scope->directives = directives;
    directives[scope->directive_count++] =
        (HdDirective){hd_scope_mangle(c, c->private_name, name), hd_position_of(node)};
}

/* --- the walk --- */
static void statement(HdCompiler *c, HdNode *node);
static void expression(HdCompiler *c, HdNode *node);
static void pattern(HdCompiler *c, HdNode *node);

static void statements(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++) statement(c, list->items[i]);
}

static void expressions(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++)
        if (list->items[i]) expression(c, list->items[i]);
}

static void optional(HdCompiler *c, HdNode *node) {
    if (node) expression(c, node);
}

static void annotation(HdCompiler *c, HdNode *node) {
    bool future = (c->features & HD_CO_FUTURE_ANNOTATIONS) != 0;
    if (future) enter(c, c->n_annotation_block, HD_SCOPE_ANNOTATION_BLOCK, node);
    if (!c->failed) expression(c, node);
    if (future) leave(c);
}

static void argument_annotations(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) optional(c, HD_AST(arg, list->items[i])->annotation);
}

static void annotations(HdCompiler *c, HdNode *node, HdAstarguments *args, HdNode *returns) {
    bool future = (c->features & HD_CO_FUTURE_ANNOTATIONS) != 0;
    if (future) enter(c, c->n_annotation_block, HD_SCOPE_ANNOTATION_BLOCK, node);
    if (c->failed) return;
    argument_annotations(c, &args->posonlyargs);
    argument_annotations(c, &args->args);
    if (args->vararg) optional(c, HD_AST(arg, args->vararg)->annotation);
    if (args->kwarg) optional(c, HD_AST(arg, args->kwarg)->annotation);
    argument_annotations(c, &args->kwonlyargs);
    if (future) leave(c);
    if (returns) annotation(c, returns);
}

static void parameters(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) define(c, HD_AST(arg, list->items[i])->arg, HD_DEF_PARAM, list->items[i]);
}

static void arguments(HdCompiler *c, HdAstarguments *args) {
    parameters(c, &args->posonlyargs);
    parameters(c, &args->args);
    parameters(c, &args->kwonlyargs);
    if (args->vararg) {
        define(c, HD_AST(arg, args->vararg)->arg, HD_DEF_PARAM, args->vararg);
        c->scope->varargs = true;
    }
    if (args->kwarg) {
        define(c, HD_AST(arg, args->kwarg)->arg, HD_DEF_PARAM, args->kwarg);
        c->scope->varkeywords = true;
    }
}

static void function(HdCompiler *c, HdNode *node) {
    HdAstFunctionDef *f = (HdAstFunctionDef *)node; /* AsyncFunctionDef has the same fields */
    HdAstarguments *args = HD_AST(arguments, f->args);
    define(c, f->name, HD_DEF_LOCAL, node);
    expressions(c, &args->defaults);
    expressions(c, &args->kw_defaults);
    annotations(c, node, args, f->returns);
    expressions(c, &f->decorator_list);
    if (c->failed) return;
    enter(c, f->name, HD_SCOPE_FUNCTION_BLOCK, node);
    if (c->failed) return;
    if (node->kind == HD_AST_AsyncFunctionDef) c->scope->coroutine = true;
    arguments(c, args);
    statements(c, &f->body);
    leave(c);
}

static void keywords(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) expression(c, HD_AST(keyword, list->items[i])->value);
}

static void class_definition(HdCompiler *c, HdAstClassDef *n) {
    define(c, n->name, HD_DEF_LOCAL, &n->head);
    expressions(c, &n->bases);
    keywords(c, &n->keywords);
    expressions(c, &n->decorator_list);
    if (c->failed) return;
    enter(c, n->name, HD_SCOPE_CLASS_BLOCK, &n->head);
    if (c->failed) return;
    HdName *outer = c->private_name;
    c->private_name = n->name;
    statements(c, &n->body);
    c->private_name = outer;
    leave(c);
}

static void annotated_assignment(HdCompiler *c, HdAstAnnAssign *n) {
    if (n->target->kind == HD_AST_Name) {
        HdAstName *target = HD_AST(Name, n->target);
        int flags = flags_of(c, target->id);
        if ((flags & (HD_DEF_GLOBAL | HD_DEF_NONLOCAL)) && c->scope != c->top_scope && n->simple) {
            hd_compiler_error_at(c, hd_position_of(&n->head), "annotated name '%s' can't be %s", target->id->bytes,
                                 flags & HD_DEF_GLOBAL ? "global" : "nonlocal");
            return;
        }
        if (n->simple) define(c, target->id, HD_DEF_ANNOT | HD_DEF_LOCAL, n->target);
        else if (n->value) define(c, target->id, HD_DEF_LOCAL, n->target);
    } else {
        expression(c, n->target);
    }
    if (!c->failed) annotation(c, n->annotation);
    optional(c, n->value);
}

static void declaration(HdCompiler *c, HdNode *node, const HdNameList *names, bool global) {
    const char *what = global ? "global" : "nonlocal";
    for (int i = 0; i < names->count && !c->failed; i++) {
        HdName *name = names->items[i];
        int flags = flags_of(c, name);
        if (flags & (HD_DEF_PARAM | HD_DEF_LOCAL | HD_USE | HD_DEF_ANNOT)) {
            const char *format = flags & HD_DEF_PARAM   ? "name '%s' is parameter and %s"
                                 : flags & HD_USE       ? "name '%s' is used prior to %s declaration"
                                 : flags & HD_DEF_ANNOT ? "annotated name '%s' can't be %s"
                                                        : "name '%s' is assigned to before %s declaration";
            hd_compiler_error_at(c, hd_position_of(node), format, name->bytes, what);
            return;
        }
        define(c, name, global ? HD_DEF_GLOBAL : HD_DEF_NONLOCAL, node);
        record_directive(c, name, node);
    }
}

static void alias(HdCompiler *c, HdNode *node) {
    HdAstalias *n = HD_AST(alias, node);
    HdName *name = n->asname ? n->asname : n->name;
    if (name == c->n_star) {
        if (c->scope->kind != HD_SCOPE_MODULE_BLOCK)
            hd_compiler_error_at(c, hd_position_of(node), "import * only allowed at module level");
        return;
    }
    const char *dot = memchr(name->bytes, '.', name->length);
    if (dot && !n->asname) name = hd_compiler_name(c, name->bytes, (size_t)(dot - name->bytes));
    if (name) define(c, name, HD_DEF_IMPORT, node);
}

static void with_items(HdCompiler *c, const HdNodeList *items) {
    for (int i = 0; i < items->count; i++) {
        HdAstwithitem *item = HD_AST(withitem, items->items[i]);
        expression(c, item->context_expr);
        optional(c, item->optional_vars);
    }
}

static void handlers(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) {
        HdAstExceptHandler *n = HD_AST(ExceptHandler, list->items[i]);
        optional(c, n->type);
        if (n->name) define(c, n->name, HD_DEF_LOCAL, &n->head);
        statements(c, &n->body);
    }
}

static void statement(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    switch (node->kind) {
    case HD_AST_FunctionDef:
    case HD_AST_AsyncFunctionDef: function(c, node); break;
    case HD_AST_ClassDef: class_definition(c, HD_AST(ClassDef, node)); break;
    case HD_AST_Return:
        if (HD_AST(Return, node)->value) {
            expression(c, HD_AST(Return, node)->value);
            c->scope->returns_value = true;
        }
        break;
    case HD_AST_Delete: expressions(c, &HD_AST(Delete, node)->targets); break;
    case HD_AST_Assign:
        expressions(c, &HD_AST(Assign, node)->targets);
        expression(c, HD_AST(Assign, node)->value);
        break;
    case HD_AST_AugAssign:
        expression(c, HD_AST(AugAssign, node)->target);
        expression(c, HD_AST(AugAssign, node)->value);
        break;
    case HD_AST_AnnAssign: annotated_assignment(c, HD_AST(AnnAssign, node)); break;
    case HD_AST_For:
    case HD_AST_AsyncFor: {
        HdAstFor *n = (HdAstFor *)node;
        expression(c, n->target);
        expression(c, n->iter);
        statements(c, &n->body);
        statements(c, &n->orelse);
        break;
    }
    case HD_AST_While: {
        HdAstWhile *n = HD_AST(While, node);
        expression(c, n->test);
        statements(c, &n->body);
        statements(c, &n->orelse);
        break;
    }
    case HD_AST_If: {
        HdAstIf *n = HD_AST(If, node);
        expression(c, n->test);
        statements(c, &n->body);
        statements(c, &n->orelse);
        break;
    }
    case HD_AST_With:
    case HD_AST_AsyncWith:
        with_items(c, &((HdAstWith *)node)->items);
        statements(c, &((HdAstWith *)node)->body);
        break;
    case HD_AST_Match: {
        HdAstMatch *n = HD_AST(Match, node);
        expression(c, n->subject);
        for (int i = 0; i < n->cases.count; i++) {
            HdAstmatch_case *one = HD_AST(match_case, n->cases.items[i]);
            pattern(c, one->pattern);
            optional(c, one->guard);
            statements(c, &one->body);
        }
        break;
    }
    case HD_AST_Raise:
        optional(c, HD_AST(Raise, node)->exc);
        optional(c, HD_AST(Raise, node)->cause);
        break;
    case HD_AST_Try:
    case HD_AST_TryStar: {
        HdAstTry *n = (HdAstTry *)node;
        statements(c, &n->body);
        statements(c, &n->orelse);
        handlers(c, &n->handlers);
        statements(c, &n->finalbody);
        break;
    }
    case HD_AST_Assert:
        expression(c, HD_AST(Assert, node)->test);
        optional(c, HD_AST(Assert, node)->msg);
        break;
    case HD_AST_Import:
        for (int i = 0; i < HD_AST(Import, node)->names.count; i++) alias(c, HD_AST(Import, node)->names.items[i]);
        break;
    case HD_AST_ImportFrom:
        for (int i = 0; i < HD_AST(ImportFrom, node)->names.count; i++)
            alias(c, HD_AST(ImportFrom, node)->names.items[i]);
        break;
    case HD_AST_Global: declaration(c, node, &HD_AST(Global, node)->names, true); break;
    case HD_AST_Nonlocal: declaration(c, node, &HD_AST(Nonlocal, node)->names, false); break;
    case HD_AST_Expr: expression(c, HD_AST(Expr, node)->value); break;
    default: break; /* Pass, Break, Continue */
    }
}

/* The target of := binds in the nearest enclosing function or module, past comprehensions. */
static void extend_named_target(HdCompiler *c, HdNode *node) {
    HdName *name = HD_AST(Name, node)->id;
    HdName *mangled = hd_scope_mangle(c, c->private_name, name);
    HdPosition at = hd_position_of(node);
    for (HdScope *scope = c->scope; scope; scope = scope->parent) {
        HdSymbol *symbol = hd_scope_find(scope, mangled);
        if (scope->comprehension) {
            if (symbol && (symbol->flags & HD_DEF_COMP_ITER)) {
                hd_compiler_error_at(c, at, "assignment expression cannot rebind comprehension iteration variable '%s'",
                                     name->bytes);
                return;
            }
            continue;
        }
        if (scope->kind == HD_SCOPE_FUNCTION_BLOCK) {
            bool global = symbol && (symbol->flags & HD_DEF_GLOBAL);
            add_definition(c, c->scope, name, global ? HD_DEF_GLOBAL : HD_DEF_NONLOCAL, at);
            record_directive(c, name, node);
            add_definition(c, scope, name, HD_DEF_LOCAL, at);
            return;
        }
        if (scope->kind == HD_SCOPE_MODULE_BLOCK) {
            add_definition(c, c->scope, name, HD_DEF_GLOBAL, at);
            record_directive(c, name, node);
            add_definition(c, scope, name, HD_DEF_GLOBAL, at);
            return;
        }
        if (scope->kind == HD_SCOPE_CLASS_BLOCK) {
            hd_compiler_error_at(c, at, "assignment expression within a comprehension cannot be used in a class body");
            return;
        }
    }
}

static void named_expression(HdCompiler *c, HdAstNamedExpr *n) {
    if (c->scope->comp_iter_expression > 0) {
        hd_compiler_error_at(c, hd_position_of(&n->head),
                             "assignment expression cannot be used in a comprehension iterable expression");
        return;
    }
    if (c->scope->comprehension) extend_named_target(c, n->target);
    if (c->failed) return;
    expression(c, n->value);
    expression(c, n->target);
}

static void comprehension_clause(HdCompiler *c, HdAstcomprehension *g) {
    c->scope->comp_iter_target = true;
    expression(c, g->target);
    c->scope->comp_iter_target = false;
    c->scope->comp_iter_expression++;
    expression(c, g->iter);
    c->scope->comp_iter_expression--;
    expressions(c, &g->ifs);
    if (g->is_async) c->scope->coroutine = true;
}

static void comprehension(HdCompiler *c, HdNode *node, HdName *name, int kind, const HdNodeList *generators,
                          HdNode *element, HdNode *value) {
    bool is_generator = kind == HD_COMP_GENERATOR;
    HdAstcomprehension *outermost = HD_AST(comprehension, generators->items[0]);
    /* The outermost iterable is evaluated in the block around it. */
    c->scope->comp_iter_expression++;
    expression(c, outermost->iter);
    c->scope->comp_iter_expression--;
    if (c->failed) return;
    enter(c, name, HD_SCOPE_FUNCTION_BLOCK, node);
    if (c->failed) return;
    HdScope *scope = c->scope;
    if (outermost->is_async) scope->coroutine = true;
    scope->comprehension = (uint8_t)kind;
    scope->generator = is_generator;
    define(c, c->n_dot0, HD_DEF_PARAM, node);
    scope->comp_iter_target = true;
    expression(c, outermost->target);
    scope->comp_iter_target = false;
    expressions(c, &outermost->ifs);
    for (int i = 1; i < generators->count; i++) comprehension_clause(c, HD_AST(comprehension, generators->items[i]));
    if (value) expression(c, value);
    expression(c, element);
    bool is_async = scope->coroutine && !is_generator;
    leave(c);
    if (is_async && !c->failed) c->scope->coroutine = true;
}

static bool in_annotation(HdCompiler *c, const char *what, HdNode *node) {
    if (c->scope->kind != HD_SCOPE_ANNOTATION_BLOCK) return false;
    hd_compiler_error_at(c, hd_position_of(node), "'%s' can not be used within an annotation", what);
    return true;
}

static void yield(HdCompiler *c, HdNode *node, HdNode *value) {
    if (in_annotation(c, "yield expression", node)) return;
    optional(c, value);
    c->scope->generator = true;
    if (!c->scope->comprehension) return;
    static const char *const where[] = {"", "list comprehension", "dict comprehension", "set comprehension",
                                        "generator expression"};
    hd_compiler_error_at(c, hd_position_of(node), "'yield' inside %s", where[c->scope->comprehension]);
}

static void lambda(HdCompiler *c, HdAstLambda *n) {
    HdAstarguments *args = HD_AST(arguments, n->args);
    expressions(c, &args->defaults);
    expressions(c, &args->kw_defaults);
    if (c->failed) return;
    enter(c, hd_compiler_name(c, "lambda", 6), HD_SCOPE_FUNCTION_BLOCK, &n->head);
    if (c->failed) return;
    arguments(c, args);
    expression(c, n->body);
    leave(c);
}

static void name_use(HdCompiler *c, HdAstName *n) {
    define(c, n->id, n->ctx == HD_AST_Load ? HD_USE : HD_DEF_LOCAL, &n->head);
    /* Special-case super: it counts as a use of __class__. */
    if (n->ctx == HD_AST_Load && c->scope->kind == HD_SCOPE_FUNCTION_BLOCK && n->id == c->n_super)
        define(c, c->n_class, HD_USE, &n->head);
}

static void expression(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    switch (node->kind) {
    case HD_AST_NamedExpr:
        if (!in_annotation(c, "named expression", node)) named_expression(c, HD_AST(NamedExpr, node));
        break;
    case HD_AST_BoolOp: expressions(c, &HD_AST(BoolOp, node)->values); break;
    case HD_AST_BinOp:
        expression(c, HD_AST(BinOp, node)->left);
        expression(c, HD_AST(BinOp, node)->right);
        break;
    case HD_AST_UnaryOp: expression(c, HD_AST(UnaryOp, node)->operand); break;
    case HD_AST_Lambda: lambda(c, HD_AST(Lambda, node)); break;
    case HD_AST_IfExp:
        expression(c, HD_AST(IfExp, node)->test);
        expression(c, HD_AST(IfExp, node)->body);
        expression(c, HD_AST(IfExp, node)->orelse);
        break;
    case HD_AST_Dict:
        expressions(c, &HD_AST(Dict, node)->keys);
        expressions(c, &HD_AST(Dict, node)->values);
        break;
    case HD_AST_Set: expressions(c, &HD_AST(Set, node)->elts); break;
    case HD_AST_GeneratorExp:
        comprehension(c, node, hd_compiler_name(c, "genexpr", 7), HD_COMP_GENERATOR,
                      &HD_AST(GeneratorExp, node)->generators, HD_AST(GeneratorExp, node)->elt, NULL);
        break;
    case HD_AST_ListComp:
        comprehension(c, node, hd_compiler_name(c, "listcomp", 8), HD_COMP_LIST, &HD_AST(ListComp, node)->generators,
                      HD_AST(ListComp, node)->elt, NULL);
        break;
    case HD_AST_SetComp:
        comprehension(c, node, hd_compiler_name(c, "setcomp", 7), HD_COMP_SET, &HD_AST(SetComp, node)->generators,
                      HD_AST(SetComp, node)->elt, NULL);
        break;
    case HD_AST_DictComp:
        comprehension(c, node, hd_compiler_name(c, "dictcomp", 8), HD_COMP_DICT, &HD_AST(DictComp, node)->generators,
                      HD_AST(DictComp, node)->key, HD_AST(DictComp, node)->value);
        break;
    case HD_AST_Yield: yield(c, node, HD_AST(Yield, node)->value); break;
    case HD_AST_YieldFrom: yield(c, node, HD_AST(YieldFrom, node)->value); break;
    case HD_AST_Await:
        if (in_annotation(c, "await expression", node)) return;
        expression(c, HD_AST(Await, node)->value);
        c->scope->coroutine = true;
        break;
    case HD_AST_Compare:
        expression(c, HD_AST(Compare, node)->left);
        expressions(c, &HD_AST(Compare, node)->comparators);
        break;
    case HD_AST_Call:
        expression(c, HD_AST(Call, node)->func);
        expressions(c, &HD_AST(Call, node)->args);
        keywords(c, &HD_AST(Call, node)->keywords);
        break;
    case HD_AST_FormattedValue:
        expression(c, HD_AST(FormattedValue, node)->value);
        optional(c, HD_AST(FormattedValue, node)->format_spec);
        break;
    case HD_AST_JoinedStr: expressions(c, &HD_AST(JoinedStr, node)->values); break;
    case HD_AST_Attribute: expression(c, HD_AST(Attribute, node)->value); break;
    case HD_AST_Subscript:
        expression(c, HD_AST(Subscript, node)->value);
        expression(c, HD_AST(Subscript, node)->slice);
        break;
    case HD_AST_Starred: expression(c, HD_AST(Starred, node)->value); break;
    case HD_AST_Slice:
        optional(c, HD_AST(Slice, node)->lower);
        optional(c, HD_AST(Slice, node)->upper);
        optional(c, HD_AST(Slice, node)->step);
        break;
    case HD_AST_Name: name_use(c, HD_AST(Name, node)); break;
    case HD_AST_List: expressions(c, &HD_AST(List, node)->elts); break;
    case HD_AST_Tuple: expressions(c, &HD_AST(Tuple, node)->elts); break;
    default: break; /* Constant */
    }
}

static void patterns(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count; i++) pattern(c, list->items[i]);
}

static void pattern(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    switch (node->kind) {
    case HD_AST_MatchValue: expression(c, HD_AST(MatchValue, node)->value); break;
    case HD_AST_MatchSequence: patterns(c, &HD_AST(MatchSequence, node)->patterns); break;
    case HD_AST_MatchStar:
        if (HD_AST(MatchStar, node)->name) define(c, HD_AST(MatchStar, node)->name, HD_DEF_LOCAL, node);
        break;
    case HD_AST_MatchMapping: {
        HdAstMatchMapping *n = HD_AST(MatchMapping, node);
        expressions(c, &n->keys);
        patterns(c, &n->patterns);
        if (n->rest) define(c, n->rest, HD_DEF_LOCAL, node);
        break;
    }
    case HD_AST_MatchClass:
        expression(c, HD_AST(MatchClass, node)->cls);
        patterns(c, &HD_AST(MatchClass, node)->patterns);
        patterns(c, &HD_AST(MatchClass, node)->kwd_patterns);
        break;
    case HD_AST_MatchAs:
        if (HD_AST(MatchAs, node)->pattern) pattern(c, HD_AST(MatchAs, node)->pattern);
        if (HD_AST(MatchAs, node)->name) define(c, HD_AST(MatchAs, node)->name, HD_DEF_LOCAL, node);
        break;
    case HD_AST_MatchOr: patterns(c, &HD_AST(MatchOr, node)->patterns); break;
    default: break; /* MatchSingleton */
    }
}

bool hd_scope_build(HdCompiler *c, HdNode *tree) {
    c->private_name = NULL;
    enter(c, c->n_top, HD_SCOPE_MODULE_BLOCK, tree);
    if (c->failed) return false;
    switch (tree->kind) {
    case HD_AST_Module: statements(c, &HD_AST(Module, tree)->body); break;
    case HD_AST_Interactive: statements(c, &HD_AST(Interactive, tree)->body); break;
    case HD_AST_Expression: expression(c, HD_AST(Expression, tree)->body); break;
    default: hd_raise(c->t, &hd_RuntimeError, "this compiler does not handle FunctionTypes"); c->failed = true;
    }
    leave(c);
    return !c->failed && hd_scope_resolve(c);
}
