/* emit.c -- opening and closing code objects and adding instructions to their blocks. See compiler.h. No locks. */
#include "compiler.h"
#include "scope.h"

HdFlowBlock *hd_emit_block(HdCompiler *c) {
    HdFlowBlock *block = hd_compiler_alloc(c, sizeof *block);
    if (block) block->start_depth = -1;
    return block;
}

/* Goes on with `block`, which follows what was emitted last. */
void hd_emit_use(HdCompiler *c, HdFlowBlock *block) {
    if (c->failed || !block) return;
    c->build->last->next = block;
    c->build->last = c->build->current = block;
}

bool hd_emit_returned(HdCompiler *c) {
    HdFlowBlock *block = c->build->current;
    return block->count > 0 && hd_flow_is_end(block->insns[block->count - 1].op);
}

static HdInsn *add(HdCompiler *c) {
    if (HD_UNLIKELY(c->failed)) return NULL;
    HdBuild *build = c->build;
    HdFlowBlock *block = build->current;
    /* What follows a jump in the same block would never run; it gets a block of its own, found unreachable later. */
    if (block->count > 0 && (hd_flow_is_end(block->insns[block->count - 1].op) ||
                             (hd_flow_has_target(block->insns[block->count - 1].op) &&
                              !hd_flow_is_setup(block->insns[block->count - 1].op)))) {
        block = hd_emit_block(c);
        if (!block) return NULL;
        hd_emit_use(c, block);
    }
    if (block->count == block->capacity) {
        int capacity = block->capacity;
        if (!capacity) capacity = 4; /* grow doubles from here */
        HdInsn *insns = hd_compiler_alloc(c, (size_t)(block->capacity ? capacity * 2 : capacity) * sizeof *insns);
        if (!insns) return NULL;
        if (block->count) memcpy(insns, block->insns, (size_t)block->count * sizeof *insns);
        block->capacity = block->capacity ? capacity * 2 : capacity;
        block->insns = insns;
    }
    build->insn_count++;
    return &block->insns[block->count++];
}

void hd_emit_at(HdCompiler *c, unsigned op, uint32_t operand, HdPosition at) {
    HdInsn *insn = add(c);
    if (!insn) return;
    if (operand > HD_OPERAND_MAX) {
        hd_raise(c->t, &hd_OverflowError, "code object too large");
        c->failed = true;
        return;
    }
    insn->op = (uint16_t)op;
    insn->operand = operand;
    insn->at = at;
}
void hd_emit(HdCompiler *c, unsigned op, uint32_t operand) { hd_emit_at(c, op, operand, c->build->at); }
void hd_emit_noline(HdCompiler *c, unsigned op, uint32_t operand) { hd_emit_at(c, op, operand, HD_NO_POSITION); }

static void jump_at(HdCompiler *c, unsigned op, HdFlowBlock *target, HdPosition at) {
    HdInsn *insn = add(c);
    if (!insn) return;
    insn->op = (uint16_t)op;
    insn->target = target;
    insn->at = at;
}
void hd_emit_jump(HdCompiler *c, unsigned op, HdFlowBlock *target) { jump_at(c, op, target, c->build->at); }
void hd_emit_jump_noline(HdCompiler *c, unsigned op, HdFlowBlock *target) { jump_at(c, op, target, HD_NO_POSITION); }

void hd_emit_const(HdCompiler *c, HdValue canonical) {
    if (c->failed) return;
    int index = hd_constant_index(c, &c->build->consts, canonical);
    hd_emit(c, HD_INS_LOAD_CONST, (uint32_t)index);
}

void hd_emit_name(HdCompiler *c, unsigned op, HdName *name) {
    int index = hd_compiler_map_add(c, &c->build->names, hd_scope_mangle(c, c->build->private_name, name));
    if (index < 0) return;
    uint32_t operand = (uint32_t)index;
    hd_emit(c, op, operand);
}

/* --- code objects --- */
static int by_text(HdName *a, HdName *b) {
    size_t length = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, length); /* UTF-8 sorts like code points */
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* The cells or free names of a scope, sorted so that they do not depend on the order of use. */
static void collect(HdCompiler *c, HdScope *scope, HdNameMap *map, HdScopeOf kind, int flag) {
    HdName **found = hd_compiler_alloc(c, (size_t)(scope->symbol_count + 1) * sizeof *found);
    if (!found) return;
    int count = 0;
    for (int i = 0; i < scope->symbol_count; i++) {
        HdSymbol *symbol = &scope->symbols[i];
        if (symbol->scope != kind && !(symbol->flags & flag)) continue;
        int at = count++;
        for (; at > 0 && by_text(found[at - 1], symbol->name) > 0; at--) found[at] = found[at - 1];
        found[at] = symbol->name;
    }
    for (int i = 0; i < count; i++) hd_compiler_map_add(c, map, found[i]);
}

static void set_qualname(HdCompiler *c, HdBuild *build) {
    HdBuild *parent = build->parent;
    build->qualname = build->name->bytes;
    build->qualname_length = build->name->length;
    if (!parent || parent->kind == HD_BUILD_MODULE) return;
    if (build->kind == HD_BUILD_FUNCTION || build->kind == HD_BUILD_ASYNC_FUNCTION || build->kind == HD_BUILD_CLASS) {
        HdSymbol *symbol = hd_scope_find(parent->scope, hd_scope_mangle(c, parent->private_name, build->name));
        if (symbol && symbol->scope == HD_SCOPE_GLOBAL_EXPLICIT) return;
    }
    bool inside = parent->kind == HD_BUILD_FUNCTION || parent->kind == HD_BUILD_ASYNC_FUNCTION ||
                  parent->kind == HD_BUILD_LAMBDA;
    const char *middle = inside ? ".<locals>." : ".";
    size_t middle_length = strlen(middle);
    size_t length = parent->qualname_length + middle_length + build->name->length;
    char *text = hd_compiler_alloc(c, length + 1);
    if (!text) return;
    memcpy(text, parent->qualname, parent->qualname_length);
    memcpy(text + parent->qualname_length, middle, middle_length);
    memcpy(text + parent->qualname_length + middle_length, build->name->bytes, build->name->length);
    build->qualname = text;
    build->qualname_length = length;
}

void hd_emit_open(HdCompiler *c, HdBuildKind kind, HdName *name, HdNode *node, int line) {
    if (c->failed) return;
    HdBuild *build = hd_compiler_alloc(c, sizeof *build);
    HdFlowBlock *entry = hd_emit_block(c);
    if (!build || !entry) return;
    build->parent = c->build;
    build->kind = kind;
    build->name = name;
    build->scope = hd_scope_of_node(c, node);
    build->first_line = line;
    build->at = (HdPosition){line, line, 0, 0};
    build->entry = build->current = build->last = entry;
    build->private_name = c->build ? c->build->private_name : NULL;
    for (int i = 0; i < build->scope->parameter_count; i++)
        hd_compiler_map_add(c, &build->varnames, build->scope->parameters[i]);
    collect(c, build->scope, &build->cells, HD_SCOPE_CELL, 0);
    if (build->scope->needs_class_closure) hd_compiler_map_add(c, &build->cells, c->n_class);
    collect(c, build->scope, &build->frees, HD_SCOPE_FREE, HD_DEF_FREE_CLASS);
    set_qualname(c, build);
    c->build = build;
    c->nest_level++;
}

void hd_emit_abandon(HdCompiler *c) {
    c->build = c->build->parent;
    c->nest_level--;
}

HdValue hd_emit_close(HdCompiler *c, bool return_none) {
    if (c->failed) return HD_NULL;
    if (!hd_emit_returned(c)) {
        c->build->at = HD_NO_POSITION;
        if (return_none) hd_emit_const(c, hd_None);
        HD_EMIT(c, RETURN_VALUE, 0);
    }
    HdValue code = c->failed ? HD_NULL : hd_assemble(c, c->build);
    hd_emit_abandon(c);
    return code;
}
