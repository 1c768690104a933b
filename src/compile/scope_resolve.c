/* scope_resolve.c -- second walk of the symbol table: where each name of each block lives. See scope.h.
 *
 * From the outside in go the names bound by enclosing functions and those declared global; from the inside out come the
 * free names, which make cells of the names that enclosing functions bind. No locks.
 */
#include "scope.h"

/* A set of names; sets are copied for each block, as blocks are few and sets small. */
typedef HdNameMap NameSet;


/* Removal: the slot stays, marked; membership must then look at `gone`. */
typedef struct Names {
    NameSet all;
    bool *gone;
    int gone_capacity;
} Names;

static void names_add(HdCompiler *c, Names *names, HdName *name) {
    int i = hd_compiler_map_add(c, &names->all, name);
    if (i < 0) return;
    if (i >= names->gone_capacity) {
        int capacity = names->all.capacity;
        bool *gone = hd_compiler_alloc(c, (size_t)capacity);
        if (!gone) return;
        if (names->gone_capacity) memcpy(gone, names->gone, (size_t)names->gone_capacity);
        names->gone = gone;
        names->gone_capacity = capacity;
    }
    names->gone[i] = false;
}
static bool names_has(const Names *names, HdName *name) {
    int i = hd_compiler_map_find(&names->all, name);
    return i >= 0 && !names->gone[i];
}
static bool names_remove(Names *names, HdName *name) {
    int i = hd_compiler_map_find(&names->all, name);
    if (i < 0 || names->gone[i]) return false;
    names->gone[i] = true;
    return true;
}
static void names_copy(HdCompiler *c, Names *to, const Names *from) {
    for (int i = 0; i < from->all.count && !c->failed; i++)
        if (!from->gone[i]) names_add(c, to, from->all.items[i]);
}

static HdPosition directive_position(const HdScope *scope, HdName *name) {
    for (int i = 0; i < scope->directive_count; i++)
        if (scope->directives[i].name == name) return scope->directives[i].at;
    return scope->at;
}

/* Decides one name from its flags and what encloses the block. bound is NULL at module level. */
static void analyze_name(HdCompiler *c, HdScope *scope, HdSymbol *symbol, Names *bound, Names *local, Names *free,
                         Names *global) {
    HdName *name = symbol->name;
    int flags = symbol->flags;
    if (flags & HD_DEF_GLOBAL) {
        if (flags & HD_DEF_NONLOCAL) {
            hd_compiler_error_at(c, directive_position(scope, name), "name '%s' is nonlocal and global", name->bytes);
            return;
        }
        symbol->scope = HD_SCOPE_GLOBAL_EXPLICIT;
        names_add(c, global, name);
        if (bound) names_remove(bound, name);
        return;
    }
    if (flags & HD_DEF_NONLOCAL) {
        if (!bound) {
            hd_compiler_error_at(c, directive_position(scope, name), "nonlocal declaration not allowed at module level");
        } else if (!names_has(bound, name)) {
            hd_compiler_error_at(c, directive_position(scope, name), "no binding for nonlocal '%s' found", name->bytes);
        } else {
            symbol->scope = HD_SCOPE_FREE;
            scope->has_free = true;
            names_add(c, free, name);
        }
        return;
    }
    if (flags & HD_DEF_BOUND) {
        symbol->scope = HD_SCOPE_LOCAL;
        names_add(c, local, name);
        names_remove(global, name);
        return;
    }
    if (bound && names_has(bound, name)) {
        symbol->scope = HD_SCOPE_FREE;
        scope->has_free = true;
        names_add(c, free, name);
        return;
    }
    if (names_has(global, name)) {
        symbol->scope = HD_SCOPE_GLOBAL_IMPLICIT;
        return;
    }
    if (scope->nested) scope->has_free = true;
    symbol->scope = HD_SCOPE_GLOBAL_IMPLICIT;
}

/* Free names of the blocks inside that this function binds become cells. */
static void make_cells(HdScope *scope, Names *free) {
    for (int i = 0; i < scope->symbol_count; i++) {
        HdSymbol *symbol = &scope->symbols[i];
        if (symbol->scope == HD_SCOPE_LOCAL && names_remove(free, symbol->name)) symbol->scope = HD_SCOPE_CELL;
    }
}

/* Writes the free names that pass through a block into its symbols. */
static void update_symbols(HdCompiler *c, HdScope *scope, Names *bound, Names *free, bool is_class) {
    for (int i = 0; i < free->all.count && !c->failed; i++) {
        if (free->gone[i]) continue;
        HdName *name = free->all.items[i];
        HdSymbol *symbol = hd_scope_find(scope, name);
        if (symbol) {
            /* In a class a name may be bound in its namespace and free as well. */
            if (is_class && (symbol->flags & (HD_DEF_BOUND | HD_DEF_GLOBAL))) symbol->flags |= HD_DEF_FREE_CLASS;
            continue;
        }
        if (bound && !names_has(bound, name)) continue; /* from further out than what we know: global */
        symbol = hd_scope_add(c, scope, name);
        if (symbol) symbol->scope = HD_SCOPE_FREE;
    }
}

static void analyze(HdCompiler *c, HdScope *scope, Names *bound, Names *free, Names *global) {
    if (hd_compiler_too_deep(c)) return;
    Names local = {0}, new_bound = {0}, new_free = {0}, new_global = {0};
    bool is_class = scope->kind == HD_SCOPE_CLASS_BLOCK, is_function = scope->kind == HD_SCOPE_FUNCTION_BLOCK;
    /* Names declared in a class do not reach the blocks inside it. */
    if (is_class) {
        names_copy(c, &new_global, global);
        if (bound) names_copy(c, &new_bound, bound);
    }
    for (int i = 0; i < scope->symbol_count && !c->failed; i++)
        analyze_name(c, scope, &scope->symbols[i], bound, &local, free, global);
    if (c->failed) return;
    if (!is_class) {
        if (is_function) names_copy(c, &new_bound, &local);
        if (bound) names_copy(c, &new_bound, bound);
        names_copy(c, &new_global, global);
    } else {
        names_add(c, &new_bound, c->n_class); /* methods see an implicit __class__ */
    }
    for (int i = 0; i < scope->child_count && !c->failed; i++) {
        HdScope *child = scope->children[i];
        Names child_bound = {0}, child_free = {0}, child_global = {0};
        names_copy(c, &child_bound, &new_bound);
        names_copy(c, &child_free, &new_free);
        names_copy(c, &child_global, &new_global);
        analyze(c, child, &child_bound, &child_free, &child_global);
        for (int j = 0; j < child_free.all.count && !c->failed; j++)
            if (!child_free.gone[j]) names_add(c, &new_free, child_free.all.items[j]);
        if (child->has_free || child->child_has_free) scope->child_has_free = true;
    }
    if (c->failed) return;
    if (is_function) make_cells(scope, &new_free);
    else if (is_class && names_remove(&new_free, c->n_class)) scope->needs_class_closure = true;
    update_symbols(c, scope, bound, &new_free, is_class);
    names_copy(c, free, &new_free);
}

bool hd_scope_resolve(HdCompiler *c) {
    Names free = {0}, global = {0};
    analyze(c, c->top_scope, NULL, &free, &global);
    return !c->failed;
}
