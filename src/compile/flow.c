/* flow.c -- the control-flow graph of one code object: handlers, stack depths, dead code, jump threading, peephole.
 *
 * Order of the passes (hd_flow_optimize): drop what is unreachable; note for each instruction where its exceptions go;
 * compute stack depths; turn SETUP_… and POP_BLOCK into NOP; fold and thread; move code that only exceptions reach
 * behind the rest; give lines to what has none; drop needless NOPs and jumps.
 * A line that a NOP alone carries is never lost: tracing wants to see it. No locks.
 */
#include "compiler.h"

enum { COPY_LIMIT = 4 }; /* exit blocks up to this many instructions are copied into their predecessors */

static HdInsn *last_of(HdFlowBlock *block) { return block->count ? &block->insns[block->count - 1] : NULL; }
static bool falls_through(HdFlowBlock *block) { return !block->count || !hd_flow_is_end(last_of(block)->op); }
static HdFlowBlock *skip_empty(HdFlowBlock *block) {
    while (block && block->count == 0) block = block->next;
    return block;
}
static void make_nop(HdInsn *insn) {
    insn->op = HD_INS_NOP;
    insn->operand = 0;
    insn->target = NULL;
    insn->handler = NULL;
}

int hd_flow_effect(const HdInsn *insn, bool jump) {
    switch (insn->op) {
    case HD_PSEUDO_SETUP_FINALLY: return jump ? 1 : 0;
    case HD_PSEUDO_SETUP_CLEANUP: return jump ? 2 : 0;
    case HD_PSEUDO_SETUP_WITH: return jump ? 1 : 0;
    case HD_PSEUDO_POP_BLOCK:
    case HD_PSEUDO_JUMP:
    case HD_PSEUDO_JUMP_NO_INTERRUPT: return 0;
    default: return (int)hd_ops_effect(insn->op, insn->operand, jump);
    }
}

/* --- a stack of blocks to visit --- */
typedef struct Work {
    HdFlowBlock **items;
    int count, capacity;
} Work;

static void work_push(HdCompiler *c, Work *work, HdFlowBlock *block) {
    HdFlowBlock **items = hd_compiler_grow(c, work->items, work->count, &work->capacity, sizeof *items);
    if (!items) return;
    work->items = items;
    items[work->count++] = block;
}

/* --- reachability --- */
/* Marks blocks reachable from the entry; with handlers, through exceptions too. Counts predecessors by jump and fall. */
static void mark(HdCompiler *c, HdBuild *build, bool handlers) {
    Work work = {0};
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        b->predecessors = 0;
        b->visited = false;
    }
    build->entry->predecessors = 1;
    build->entry->visited = true;
    work_push(c, &work, build->entry);
    while (work.count && !c->failed) {
        HdFlowBlock *b = work.items[--work.count];
        for (int i = 0; i < b->count; i++) {
            HdInsn *insn = &b->insns[i];
            HdFlowBlock *to[2] = {insn->target && (handlers || !hd_flow_is_setup(insn->op)) ? insn->target : NULL,
                              handlers && insn->op != HD_INS_NOP ? insn->handler : NULL};
            if (to[0] && !hd_flow_is_setup(insn->op)) to[0]->predecessors++;
            for (int j = 0; j < 2; j++) {
                if (!to[j] || to[j]->visited) continue;
                to[j]->visited = true;
                work_push(c, &work, to[j]);
            }
        }
        if (!b->next || !falls_through(b)) continue;
        b->next->predecessors++;
        if (b->next->visited) continue;
        b->next->visited = true;
        work_push(c, &work, b->next);
    }
}

static void drop_unreachable(HdCompiler *c, HdBuild *build) {
    mark(c, build, true);
    for (HdFlowBlock *b = build->entry; b && b->next;) {
        if (b->next->visited) b = b->next;
        else b->next = b->next->next;
    }
}

/* --- exceptions --- */
static HdFlowBlock **copy_stack(HdCompiler *c, HdFlowBlock **stack, int depth) {
    HdFlowBlock **copy = hd_compiler_alloc(c, sizeof *copy * (HD_FRAME_BLOCKS_MAX * 2 + 4));
    if (copy && depth) memcpy(copy, stack, sizeof *copy * (size_t)depth);
    return copy;
}

static void enter_block(HdCompiler *c, Work *work, HdFlowBlock *to, HdFlowBlock **stack, int depth) {
    if (!to || to->visited) return;
    to->visited = true;
    to->except_stack = copy_stack(c, stack, depth);
    to->except_depth = depth;
    if (to->except_stack) work_push(c, work, to);
}

/* Follows SETUP_… and POP_BLOCK from the entry and notes each instruction's handler. */
static void label_handlers(HdCompiler *c, HdBuild *build) {
    Work work = {0};
    for (HdFlowBlock *b = build->entry; b; b = b->next) b->visited = false;
    enter_block(c, &work, build->entry, NULL, 0);
    while (work.count && !c->failed) {
        HdFlowBlock *b = work.items[--work.count];
        HdFlowBlock **stack = b->except_stack;
        int depth = b->except_depth;
        for (int i = 0; i < b->count && !c->failed; i++) {
            HdInsn *insn = &b->insns[i];
            if (hd_flow_is_setup(insn->op)) {
                insn->target->is_handler = true;
                insn->target->keeps_lasti = insn->op != HD_PSEUDO_SETUP_FINALLY;
                enter_block(c, &work, insn->target, stack, depth);
                if (depth < HD_FRAME_BLOCKS_MAX * 2 + 4) stack[depth++] = insn->target;
                continue;
            }
            if (insn->op == HD_PSEUDO_POP_BLOCK) {
                if (depth) depth--;
                continue;
            }
            insn->handler = depth ? stack[depth - 1] : NULL;
            if (insn->target) enter_block(c, &work, insn->target, stack, depth);
        }
        if (falls_through(b)) enter_block(c, &work, b->next, stack, depth);
    }
}

/* --- stack depth --- */
static void reach(HdCompiler *c, Work *work, HdFlowBlock *to, int depth) {
    if (!to) return;
    if (to->start_depth >= 0) {
        if (to->start_depth == depth || c->failed) return;
        hd_raise(c->t, &hd_SystemError, "compiler: stack depths %d and %d meet", to->start_depth, depth);
        c->failed = true;
        return;
    }
    to->start_depth = depth;
    work_push(c, work, to);
}

static int stack_depth(HdCompiler *c, HdBuild *build) {
    Work work = {0};
    int most = 0;
    for (HdFlowBlock *b = build->entry; b; b = b->next) b->start_depth = -1;
    reach(c, &work, build->entry, 0);
    while (work.count && !c->failed) {
        HdFlowBlock *b = work.items[--work.count];
        int depth = b->start_depth;
        for (int i = 0; i < b->count; i++) {
            HdInsn *insn = &b->insns[i];
            if (insn->target) {
                int there = depth + hd_flow_effect(insn, true);
                if (there > most) most = there;
                reach(c, &work, insn->target, there);
            }
            depth += hd_flow_effect(insn, false);
            if (depth > most) most = depth;
            if (depth < 0 && !c->failed) {
                hd_raise(c->t, &hd_SystemError, "compiler: stack underflow");
                c->failed = true;
            }
        }
        if (falls_through(b)) reach(c, &work, b->next, depth);
    }
    return most;
}

static void drop_setups(HdBuild *build) {
    for (HdFlowBlock *b = build->entry; b; b = b->next)
        for (int i = 0; i < b->count; i++)
            if (hd_flow_is_setup(b->insns[i].op) || b->insns[i].op == HD_PSEUDO_POP_BLOCK) make_nop(&b->insns[i]);
}

/* --- NOPs and jumps --- */
static bool nop_is_needed(HdFlowBlock *b, int at, int kept, int line) {
    if (line < 0) return false;
    if (kept > 0 && b->insns[kept - 1].at.line == line) return false;
    if (at + 1 < b->count) {
        HdInsn *next = &b->insns[at + 1];
        if (next->at.line == line) return false;
        if (next->at.line < 0) {
            next->at = b->insns[at].at;
            return false;
        }
        return true;
    }
    HdFlowBlock *next = skip_empty(b->next);
    if (!next) return false;
    return next->insns[0].at.line != line;
}

static void drop_nops(HdBuild *build) {
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        int kept = 0;
        for (int i = 0; i < b->count; i++) {
            if (b->insns[i].op == HD_INS_NOP && !nop_is_needed(b, i, kept, b->insns[i].at.line)) continue;
            if (kept != i) b->insns[kept] = b->insns[i];
            kept++;
        }
        b->count = kept;
    }
}

static bool drop_jumps(HdBuild *build) {
    bool changed = false;
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        HdInsn *last = last_of(b);
        if (!last || !hd_flow_is_jump(last->op)) continue;
        if (skip_empty(last->target) != skip_empty(b->next) || !skip_empty(b->next)) continue;
        make_nop(last);
        changed = true;
    }
    return changed;
}

/* --- folding --- */
static int truth_of(HdCompiler *c, HdBuild *build, HdInsn *insn) {
    int truth = hd_object_truth(c->t, build->consts.items[insn->operand]);
    if (truth < 0) hd_compiler_failed(c);
    return truth;
}

static void fold_tuple(HdCompiler *c, HdBuild *build, HdFlowBlock *b, int at) {
    int n = (int)b->insns[at].operand, first = at - n;
    if (first < 0) return;
    for (int i = first; i < at; i++)
        if (b->insns[i].op != HD_INS_LOAD_CONST) return;
    HdValue tuple = hd_tuple_new(c->t, n);
    if (hd_is_null(tuple)) {
        hd_compiler_failed(c);
        return;
    }
    for (int i = 0; i < n; i++)
        hd_tuple_put_steal(tuple, i, hd_retain(c->t, build->consts.items[b->insns[first + i].operand]));
    int index = hd_constant_index(c, &build->consts, hd_constant_canonical_steal(c, tuple));
    for (int i = first; i < at; i++) {
        make_nop(&b->insns[i]);
        b->insns[i].at = b->insns[at].at; /* the display is one instruction of one place now */
    }
    b->insns[at].op = HD_INS_LOAD_CONST;
    b->insns[at].operand = (uint32_t)index;
}

/* `a, b = x, y`: the tuple is never made; two or three stores follow and simply change places if that changes nothing. */
static void fold_unpack(HdFlowBlock *b, int at) {
    HdInsn *build = &b->insns[at], *unpack = &b->insns[at + 1];
    uint32_t n = build->operand;
    if (unpack->operand != n || n < 1 || n > 3) return;
    make_nop(build);
    if (n == 1) {
        make_nop(unpack);
        return;
    }
    unpack->op = HD_INS_SWAP;
    unpack->operand = n;
    if (at + 1 + (int)n >= b->count) return;
    HdInsn *stores = unpack + 1;
    for (uint32_t i = 0; i < n; i++) {
        if (stores[i].op != HD_INS_STORE_FAST || stores[i].at.line != unpack->at.line) return;
        for (uint32_t j = 0; j < i; j++)
            if (stores[j].operand == stores[i].operand) return;
    }
    HdInsn first = stores[0];
    stores[0] = stores[n - 1];
    stores[n - 1] = first;
    make_nop(unpack);
}

static void fold_constant_jump(HdCompiler *c, HdBuild *build, HdInsn *insn, HdInsn *next) {
    bool when = next->op == HD_INS_POP_JUMP_IF_TRUE || next->op == HD_INS_JUMP_IF_TRUE_OR_POP;
    bool keeps = next->op == HD_INS_JUMP_IF_TRUE_OR_POP || next->op == HD_INS_JUMP_IF_FALSE_OR_POP;
    int truth = truth_of(c, build, insn);
    if (truth < 0) return;
    bool jumps = truth == when;
    if (jumps) next->op = HD_PSEUDO_JUMP;
    else make_nop(next);
    if (!jumps || !keeps) make_nop(insn);
}

static void fold_none_test(HdCompiler *c, HdBuild *build, HdInsn *insn) {
    /* LOAD_CONST None, IS_OP, POP_JUMP_IF_… */
    if (!hd_is_none(build->consts.items[insn->operand])) return;
    HdInsn *jump = insn + 2;
    if (jump->op != HD_INS_POP_JUMP_IF_TRUE && jump->op != HD_INS_POP_JUMP_IF_FALSE) return;
    bool none = (jump->op == HD_INS_POP_JUMP_IF_TRUE) != (bool)insn[1].operand;
    jump->op = none ? HD_INS_POP_JUMP_IF_NONE : HD_INS_POP_JUMP_IF_NOT_NONE;
    make_nop(insn);
    make_nop(insn + 1);
}

static void peephole(HdCompiler *c, HdBuild *build, HdFlowBlock *b) {
    for (int i = 0; i < b->count && !c->failed; i++) {
        HdInsn *insn = &b->insns[i], *next = i + 1 < b->count ? insn + 1 : NULL;
        unsigned op2 = next ? next->op : HD_INS_NOP;
        switch (insn->op) {
        case HD_INS_LOAD_CONST:
            if (op2 == HD_INS_POP_JUMP_IF_TRUE || op2 == HD_INS_POP_JUMP_IF_FALSE ||
                op2 == HD_INS_JUMP_IF_TRUE_OR_POP || op2 == HD_INS_JUMP_IF_FALSE_OR_POP)
                fold_constant_jump(c, build, insn, next);
            else if (op2 == HD_INS_IS_OP && i + 2 < b->count) fold_none_test(c, build, insn);
            break;
        case HD_INS_BUILD_TUPLE:
            if (op2 == HD_INS_UNPACK_SEQUENCE) fold_unpack(b, i);
            else fold_tuple(c, build, b, i);
            break;
        case HD_INS_UNARY_NOT:
            if (op2 == HD_INS_POP_JUMP_IF_TRUE || op2 == HD_INS_POP_JUMP_IF_FALSE) {
                next->op = op2 == HD_INS_POP_JUMP_IF_TRUE ? HD_INS_POP_JUMP_IF_FALSE : HD_INS_POP_JUMP_IF_TRUE;
                make_nop(insn);
            }
            break;
        case HD_INS_COMPARE_OP:
            if (op2 == HD_INS_POP_JUMP_IF_TRUE || op2 == HD_INS_POP_JUMP_IF_FALSE || op2 == HD_INS_UNARY_NOT)
                insn->operand |= HD_COMPARE_TO_BOOL;
            break;
        default: break;
        }
    }
}

/* Pairs that become one instruction; after NOPs are gone, so that neighbours are neighbours. */
static void pair_up(HdBuild *build) {
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        int kept = 0;
        for (int i = 0; i < b->count; i++) {
            HdInsn insn = b->insns[i];
            HdInsn *next = i + 1 < b->count ? &b->insns[i + 1] : NULL;
            if (next && insn.op == HD_INS_LOAD_GLOBAL && next->op == HD_INS_PUSH_NULL) {
                insn.op = HD_INS_LOAD_GLOBAL_NULL;
                i++;
            } else if (next && insn.op == HD_INS_LOAD_CONST && next->op == HD_INS_RETURN_VALUE &&
                       (insn.at.line == next->at.line || insn.at.line < 0 || next->at.line < 0)) {
                insn.op = HD_INS_RETURN_CONST;
                if (insn.at.line < 0 || next->at.line >= 0) insn.at = next->at;
                i++;
            }
            b->insns[kept++] = insn;
        }
        b->count = kept;
    }
}

/* --- jump threading --- */
static bool thread_to(HdInsn *insn, HdInsn *there, unsigned op, HdFlowBlock *target) {
    if (there->at.line >= 0 && there->at.line != insn->at.line) return false;
    if (insn->target == target || !target) return false;
    insn->op = (uint16_t)op;
    insn->target = target;
    return true;
}

static bool thread_jump(HdFlowBlock *block, HdInsn *insn, const uint32_t here) {
    HdFlowBlock *to = skip_empty(insn->target);
    if (!to || to == block) return false;
    insn->target = to;
    HdInsn *there = &to->insns[0];
    unsigned op = insn->op;
    bool forward = there->target && there->target->offset > here;
    switch (op) {
    case HD_PSEUDO_JUMP:
        return there->op == HD_PSEUDO_JUMP && there->target != to && thread_to(insn, there, op, there->target);
    case HD_INS_POP_JUMP_IF_TRUE:
    case HD_INS_POP_JUMP_IF_FALSE:
    case HD_INS_POP_JUMP_IF_NONE:
    case HD_INS_POP_JUMP_IF_NOT_NONE:
        return there->op == HD_PSEUDO_JUMP && forward && thread_to(insn, there, op, there->target);
    case HD_INS_JUMP_IF_TRUE_OR_POP:
    case HD_INS_JUMP_IF_FALSE_OR_POP: {
        bool when = op == HD_INS_JUMP_IF_TRUE_OR_POP;
        if (there->op == HD_PSEUDO_JUMP || there->op == op)
            return forward && thread_to(insn, there, op, there->target);
        if (there->op != HD_INS_POP_JUMP_IF_TRUE && there->op != HD_INS_POP_JUMP_IF_FALSE) return false;
        unsigned pop = when ? HD_INS_POP_JUMP_IF_TRUE : HD_INS_POP_JUMP_IF_FALSE;
        if (there->op == pop) return forward && thread_to(insn, there, pop, there->target);
        return to->next && thread_to(insn, there, pop, to->next); /* the test there fails */
    }
    default: return false;
    }
}

static void number_blocks(HdBuild *build) {
    uint32_t n = 0;
    for (HdFlowBlock *b = build->entry; b; b = b->next) b->offset = n++;
}

static void thread_jumps(HdBuild *build) {
    number_blocks(build);
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        HdInsn *last = last_of(b);
        if (!last || !last->target) continue;
        for (int rounds = 0; rounds < 16 && thread_jump(b, last, b->offset); rounds++) {}
    }
}

/* --- copies of exit blocks --- */
static bool is_exit(HdFlowBlock *b) {
    if (!b->count) return false;
    unsigned op = last_of(b)->op;
    return op == HD_INS_RETURN_VALUE || op == HD_INS_RETURN_CONST || op == HD_INS_RAISE_VARARGS || op == HD_INS_RERAISE;
}
static bool is_exit_without_line(HdFlowBlock *b) {
    if (!is_exit(b)) return false;
    for (int i = 0; i < b->count; i++)
        if (b->insns[i].at.line >= 0) return false;
    return true;
}

static void append(HdCompiler *c, HdFlowBlock *b, const HdFlowBlock *from) {
    HdInsn *insns = hd_compiler_alloc(c, (size_t)(b->count + from->count) * sizeof *insns);
    if (!insns) return;
    if (b->count) memcpy(insns, b->insns, (size_t)b->count * sizeof *insns);
    memcpy(insns + b->count, from->insns, (size_t)from->count * sizeof *insns);
    b->insns = insns;
    b->count = b->capacity = b->count + from->count;
}

static void inline_exits(HdCompiler *c, HdBuild *build) {
    for (HdFlowBlock *b = build->entry; b && !c->failed; b = b->next) {
        HdInsn *last = last_of(b);
        if (!last || last->op != HD_PSEUDO_JUMP) continue;
        HdFlowBlock *to = skip_empty(last->target);
        if (!to || !is_exit(to) || to->count > COPY_LIMIT) continue;
        make_nop(last);
        append(c, b, to);
    }
}

static void copy_lineless_exits(HdCompiler *c, HdBuild *build) {
    for (HdFlowBlock *b = build->entry; b && !c->failed; b = b->next) {
        HdInsn *last = last_of(b);
        if (!last || !last->target) continue;
        HdFlowBlock *to = skip_empty(last->target);
        if (!to || !is_exit_without_line(to) || to->predecessors <= 1) continue;
        HdFlowBlock *copy = hd_emit_block(c);
        if (!copy) return;
        append(c, copy, to);
        copy->start_depth = to->start_depth;
        copy->predecessors = 1;
        if (c->failed) return;
        copy->insns[0].at = last->at;
        last->target = copy;
        to->predecessors--;
        /* Behind the original, which falls through to nothing. */
        copy->next = to->next;
        to->next = copy;
    }
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        HdFlowBlock *next = skip_empty(b->next);
        if (b->count && falls_through(b) && next && is_exit_without_line(next)) next->insns[0].at = last_of(b)->at;
    }
}

/* --- lines --- */
/* What has no line takes it from what runs before it, where that is certain. */
static void spread_lines(HdBuild *build) {
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        if (!b->count) continue;
        HdPosition at = HD_NO_POSITION;
        for (int i = 0; i < b->count; i++) {
            if (b->insns[i].at.line < 0) b->insns[i].at = at;
            else at = b->insns[i].at;
        }
        if (falls_through(b) && b->next && b->next->predecessors == 1 && b->next->count &&
            b->next->insns[0].at.line < 0)
            b->next->insns[0].at = at;
        HdInsn *last = last_of(b);
        HdFlowBlock *to = last->target ? skip_empty(last->target) : NULL;
        if (to && to->predecessors == 1 && to->insns[0].at.line < 0) to->insns[0].at = at;
    }
}

static void exits_have_lines(HdBuild *build) {
    HdPosition at = {build->first_line, build->first_line, -1, -1};
    at.end_line = -1;
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        if (!b->count) continue;
        HdInsn *last = last_of(b);
        if (last->at.line >= 0) {
            at = (HdPosition){last->at.line, -1, -1, -1};
            continue;
        }
        if (last->op != HD_INS_RETURN_VALUE && last->op != HD_INS_RETURN_CONST) continue;
        for (int i = 0; i < b->count; i++)
            if (b->insns[i].at.line < 0) b->insns[i].at = at;
    }
}

/* --- cold code --- */
/* Moves blocks that only an exception can reach to the end. */
static void move_cold(HdCompiler *c, HdBuild *build) {
    mark(c, build, false);
    HdFlowBlock *cold = NULL, **cold_tail = &cold;
    for (HdFlowBlock *b = build->entry; b; b = b->next) b->cold = !b->visited;
    /* A cold block that falls into a warm one needs a jump. */
    for (HdFlowBlock *b = build->entry; b && !c->failed; b = b->next) {
        if (!b->cold || !b->next || b->next->cold || !falls_through(b)) continue;
        HdFlowBlock *jump = hd_emit_block(c);
        HdInsn *insn = hd_compiler_alloc(c, sizeof *insn);
        if (!jump || !insn) return;
        *insn = (HdInsn){.op = HD_PSEUDO_JUMP, .target = b->next, .at = HD_NO_POSITION};
        *jump = (HdFlowBlock){.insns = insn, .count = 1, .capacity = 1, .cold = true, .next = b->next};
        jump->start_depth = b->next->start_depth;
        b->next = jump;
        b = jump;
    }
    HdFlowBlock *warm = build->entry;
    for (HdFlowBlock *b = build->entry->next, *next; b; b = next) {
        next = b->next;
        b->next = NULL;
        if (b->cold) {
            *cold_tail = b;
            cold_tail = &b->next;
        } else {
            warm->next = b;
            warm = b;
        }
    }
    warm->next = cold;
}

void hd_flow_optimize(HdCompiler *c, HdBuild *build) {
    drop_unreachable(c, build);
    label_handlers(c, build);
    build->insn_count = stack_depth(c, build); /* reused: the stack's size from here on */
    if (c->failed) return;
    drop_setups(build);
    for (HdFlowBlock *b = build->entry; b && !c->failed; b = b->next) peephole(c, build, b);
    drop_unreachable(c, build);
    inline_exits(c, build);
    drop_nops(build);
    drop_unreachable(c, build);
    move_cold(c, build);
    if (c->failed) return;
    thread_jumps(build);
    drop_unreachable(c, build);
    copy_lineless_exits(c, build);
    drop_unreachable(c, build); /* counts predecessors */
    spread_lines(build);
    drop_nops(build);
    for (int i = 0; i < 4 && drop_jumps(build); i++) drop_nops(build);
    exits_have_lines(build);
    pair_up(build);
}
