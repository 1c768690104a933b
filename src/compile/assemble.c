/* assemble.c -- the blocks of one code object laid out as units, with its tables. No locks. */
#include "compiler.h"
#include "scope.h"

/* Conditional jumps go forward only: one that would go back jumps over a jump back instead. */
static void normalize_jumps(HdCompiler *c, HdBuild *build) {
    uint32_t n = 0;
    for (HdFlowBlock *b = build->entry; b; b = b->next) b->offset = n++;
    for (HdFlowBlock *b = build->entry; b && !c->failed; b = b->next) {
        HdInsn *last = b->count ? &b->insns[b->count - 1] : NULL;
        if (!last || !last->target || hd_flow_is_jump(last->op) || last->target->offset > b->offset) continue;
        unsigned op = last->op;
        unsigned inverted = op == HD_INS_POP_JUMP_IF_TRUE       ? HD_INS_POP_JUMP_IF_FALSE
                            : op == HD_INS_POP_JUMP_IF_FALSE    ? HD_INS_POP_JUMP_IF_TRUE
                            : op == HD_INS_POP_JUMP_IF_NONE     ? HD_INS_POP_JUMP_IF_NOT_NONE
                            : op == HD_INS_POP_JUMP_IF_NOT_NONE ? HD_INS_POP_JUMP_IF_NONE
                                                                : 0;
        HdFlowBlock *back = hd_emit_block(c);
        HdInsn *insn = hd_compiler_alloc(c, sizeof *insn);
        if (!back || !insn) return;
        if (!inverted || !b->next) {
            hd_raise(c->t, &hd_SystemError, "compiler: a conditional jump goes back");
            c->failed = true;
            return;
        }
        *insn = (HdInsn){.op = HD_PSEUDO_JUMP, .target = last->target, .handler = last->handler, .at = last->at};
        back->insns = insn;
        back->count = back->capacity = 1;
        back->offset = b->offset;
        back->next = b->next;
        last->op = (uint16_t)inverted;
        last->target = b->next;
        b->next = back;
        b = back;
    }
}

/* --- localsplus --- */
typedef struct Layout {
    int locals, cells, frees, total;
    int *cell_place; /* of each cell */
} Layout;

static void lay_out(HdCompiler *c, HdBuild *build, Layout *layout) {
    layout->locals = build->varnames.count;
    layout->cells = build->cells.count;
    layout->frees = build->frees.count;
    layout->cell_place = hd_compiler_alloc(c, (size_t)(layout->cells + 1) * sizeof(int));
    if (!layout->cell_place) return;
    int next = layout->locals;
    for (int i = 0; i < layout->cells; i++) {
        int parameter = hd_compiler_map_find(&build->varnames, build->cells.items[i]);
        layout->cell_place[i] = parameter >= 0 ? parameter : next++;
    }
    layout->total = next + layout->frees;
}

static uint32_t place_of(const Layout *layout, uint32_t cell) {
    if ((int)cell < layout->cells) return (uint32_t)layout->cell_place[cell];
    return (uint32_t)(layout->total - layout->frees) + cell - (uint32_t)layout->cells;
}

/* --- flags --- */
static uint32_t code_flags(HdCompiler *c, HdBuild *build) {
    HdScope *scope = build->scope;
    uint32_t flags = (uint32_t)c->features;
    if (scope->kind == HD_SCOPE_FUNCTION_BLOCK) {
        flags |= HD_CO_NEWLOCALS | HD_CO_OPTIMIZED;
        if (scope->nested) flags |= HD_CO_NESTED;
        if (scope->generator && !scope->coroutine) flags |= HD_CO_GENERATOR;
        if (!scope->generator && scope->coroutine) flags |= HD_CO_COROUTINE;
        if (scope->generator && scope->coroutine) flags |= HD_CO_ASYNC_GENERATOR;
        if (scope->varargs) flags |= HD_CO_VARARGS;
        if (scope->varkeywords) flags |= HD_CO_VARKEYWORDS;
    }
    if (hd_codegen_top_level_await(c) && scope->coroutine && !scope->generator) flags |= HD_CO_COROUTINE;
    return flags;
}

/* --- units --- */
typedef struct Assembly {
    HdUnit *units;
    HdPosition *positions;
    HdFlowBlock **handlers; /* of each unit */
    uint32_t count;
} Assembly;

static void add_unit(Assembly *a, unsigned op, uint32_t operand, HdPosition at, HdFlowBlock *handler) {
    a->units[a->count] = hd_ops_unit(op, operand);
    if (hd_runtime.no_debug_ranges) at = (HdPosition){at.line, at.line, -1, -1};
    a->positions[a->count] = at;
    a->handlers[a->count++] = handler;
}

/* What stands before the first instruction: the closure's cells, own cells, the making of a generator. */
static void add_prefix(HdBuild *build, const Layout *layout, uint32_t flags, Assembly *a) {
    HdPosition first = {build->first_line, build->first_line, -1, -1};
    first.end_line = -1;
    if (layout->frees) add_unit(a, HD_INS_COPY_FREE_VARS, (uint32_t)layout->frees, HD_NO_POSITION, NULL);
    for (int place = 0; place < layout->total - layout->frees; place++) {
        for (int i = 0; i < layout->cells; i++)
            if (layout->cell_place[i] == place)
                add_unit(a, HD_INS_MAKE_CELL, (uint32_t)place, HD_NO_POSITION, NULL);
    }
    if (flags & HD_CO_ANY_GENERATOR) {
        add_unit(a, HD_INS_RETURN_GENERATOR, 0, first, NULL);
        add_unit(a, HD_INS_POP_TOP, 0, first, NULL);
    }
}

static void add_blocks(HdCompiler *c, HdBuild *build, const Layout *layout, Assembly *a) {
    uint32_t offset = a->count;
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        b->offset = offset;
        offset += (uint32_t)b->count;
    }
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        for (int i = 0; i < b->count; i++) {
            HdInsn *insn = &b->insns[i];
            unsigned op = insn->op;
            uint32_t operand = insn->operand, next = a->count + 1;
            if (insn->target) {
                bool back = insn->target->offset < next;
                operand = back ? next - insn->target->offset : insn->target->offset - next;
                if (op == HD_PSEUDO_JUMP) op = back ? HD_INS_JUMP_BACKWARD : HD_INS_JUMP_FORWARD;
                if (op == HD_PSEUDO_JUMP_NO_INTERRUPT)
                    op = back ? HD_INS_JUMP_BACKWARD_NO_INTERRUPT : HD_INS_JUMP_FORWARD;
            } else if (hd_ops_info[op].operand == HD_OPERAND_CELL) {
                operand = place_of(layout, operand);
            }
            if (operand > HD_OPERAND_MAX && !c->failed) {
                hd_raise(c->t, &hd_OverflowError, "code object too large");
                c->failed = true;
            }
            add_unit(a, op, operand, insn->at, insn->handler);
        }
    }
}

static HdHandler *handler_table(HdCompiler *c, const Assembly *a, uint32_t *count) {
    uint32_t rows = 0;
    for (uint32_t i = 0; i < a->count; i++) rows += a->handlers[i] && (i == 0 || a->handlers[i - 1] != a->handlers[i]);
    *count = rows;
    if (!rows) return NULL;
    HdHandler *table = hd_compiler_alloc(c, rows * sizeof *table);
    if (!table) return NULL;
    rows = 0;
    for (uint32_t i = 0, end; i < a->count; i = end) {
        HdFlowBlock *handler = a->handlers[i];
        for (end = i + 1; end < a->count && a->handlers[end] == handler; end++) {}
        if (!handler) continue;
        int depth = handler->start_depth - 1 - handler->keeps_lasti;
        table[rows++] = (HdHandler){.start = i, .end = end, .target = handler->offset,
                                    .depth = (uint32_t)(depth < 0 ? 0 : depth), .lasti = handler->keeps_lasti};
    }
    return table;
}

/* --- the code object --- */
static HdValue name_tuple(HdCompiler *c, const HdNameMap *map) {
    HdValue tuple = hd_tuple_new(c->t, map->count);
    if (hd_is_null(tuple)) {
        hd_compiler_failed(c);
        return tuple;
    }
    for (int i = 0; i < map->count; i++) {
        HdValue name = hd_compiler_name_value(c, map->items[i]);
        hd_tuple_put_steal(tuple, i, hd_is_null(name) ? hd_None : hd_retain(c->t, name));
    }
    return tuple;
}

static HdValue localsplus(HdCompiler *c, HdBuild *build, const Layout *layout, uint8_t *kinds) {
    HdValue names = hd_tuple_new(c->t, layout->total);
    if (hd_is_null(names)) {
        hd_compiler_failed(c);
        return names;
    }
    for (int i = 0; i < layout->total; i++) hd_tuple_put_steal(names, i, hd_None);
    for (int i = 0; i < layout->locals; i++) {
        HdValue name = hd_compiler_name_value(c, build->varnames.items[i]);
        if (!hd_is_null(name)) hd_tuple_put_steal(names, i, hd_retain(c->t, name));
        kinds[i] = HD_LOCAL_PLAIN;
    }
    for (int i = 0; i < layout->cells + layout->frees; i++) {
        bool cell = i < layout->cells;
        HdName *which = cell ? build->cells.items[i] : build->frees.items[i - layout->cells];
        uint32_t place = place_of(layout, (uint32_t)i);
        HdValue name = hd_compiler_name_value(c, which);
        if (hd_is_null(name)) continue;
        kinds[place] |= cell ? HD_LOCAL_CELL : HD_LOCAL_FREE;
        if ((int)place >= layout->locals) hd_tuple_put_steal(names, place, hd_retain(c->t, name));
    }
    return names;
}

/* Constants that nothing uses any more are dropped from the end; the first may be the docstring and stays. */
static HdValue const_tuple(HdCompiler *c, HdBuild *build, const Assembly *a) {
    int used = build->consts.count ? 1 : 0;
    for (uint32_t i = 0; i < a->count; i++)
        if (hd_ops_info[hd_ops_opcode(a->units[i])].operand == HD_OPERAND_CONST &&
            (int)hd_ops_operand(a->units[i]) >= used)
            used = (int)hd_ops_operand(a->units[i]) + 1;
    HdValue tuple = hd_tuple_from_values(c->t, build->consts.items, used);
    if (hd_is_null(tuple)) hd_compiler_failed(c);
    return tuple;
}

HdValue hd_assemble(HdCompiler *c, HdBuild *build) {
    Layout layout = {0};
    Assembly a = {0};
    hd_flow_optimize(c, build);
    int stack_size = build->insn_count;
    if (!c->failed) hd_flow_locals(c, build, build->varnames.count, build->scope->parameter_count);
    if (!c->failed) normalize_jumps(c, build);
    if (!c->failed) lay_out(c, build, &layout);
    if (c->failed) return HD_NULL;
    size_t units = (size_t)layout.cells + 3;
    for (HdFlowBlock *b = build->entry; b; b = b->next) units += (size_t)b->count;
    a.units = hd_compiler_alloc(c, units * sizeof *a.units);
    a.positions = hd_compiler_alloc(c, units * sizeof *a.positions);
    a.handlers = hd_compiler_alloc(c, units * sizeof *a.handlers);
    uint8_t *table = hd_compiler_alloc(c, units * HD_POSITION_BYTES);
    uint8_t *kinds = hd_compiler_alloc(c, (size_t)layout.total + 1);
    if (c->failed) return HD_NULL;
    uint32_t flags = code_flags(c, build);
    add_prefix(build, &layout, flags, &a);
    add_blocks(c, build, &layout, &a);
    HdCodeParts parts = {.units = a.units,
                         .count = a.count,
                         .flags = flags,
                         .argcount = build->argcount,
                         .posonlyargcount = build->posonlyargcount,
                         .kwonlyargcount = build->kwonlyargcount,
                         .stack_size = stack_size > 0 ? stack_size : 1,
                         .first_line = build->first_line,
                         .attrs_hint = build->self_names.count,
                         .localsplus_kinds = kinds,
                         .filename = c->filename,
                         .positions = table};
    parts.positions_size = hd_code_positions_encode(table, a.positions, a.count, build->first_line);
    parts.handlers = handler_table(c, &a, &parts.handler_count);
    if (c->failed) return HD_NULL;
    HD_OWNED HdValue consts = const_tuple(c, build, &a);
    HD_OWNED HdValue names = name_tuple(c, &build->names);
    HD_OWNED HdValue locals = localsplus(c, build, &layout, kinds);
    HD_OWNED HdValue qualname = hd_str_from_wtf8(c->t, build->qualname, (HdSize)build->qualname_length);
    if (hd_is_null(qualname)) c->failed = true;
    if (c->failed) return HD_NULL;
    parts.consts = consts;
    parts.names = names;
    parts.localsplus_names = locals;
    parts.name = hd_compiler_name_value(c, build->name);
    parts.qualname = qualname;
    HdValue code = c->failed ? HD_NULL : hd_code_new(c->t, &parts);
    if (hd_is_null(code)) c->failed = true;
    return code;
}
