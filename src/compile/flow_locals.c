/* flow_locals.c -- what is known about local variables: which loads must check, and which may borrow. No locks.
 *
 * First a forward data flow over "may be unbound": LOAD_FAST of such a local becomes LOAD_FAST_CHECK.
 * Then, block by block, the stack is followed: LOAD_FAST becomes LOAD_FAST_BORROW when its value is consumed inside
 * the block before the local is stored to or deleted, and is not itself stored in a local. The local then keeps the
 * value alive for as long as the stack slot holds it. (The idea is CPython 3.14's.)
 */
#include "compiler.h"

typedef struct Flow {
    HdCompiler *c;
    HdFlowBlock **work;
    int count, capacity;
    int words;
} Flow;

static void merge(Flow *f, HdFlowBlock *to, const uint64_t *state) {
    if (!to || f->c->failed) return;
    bool changed = false;
    if (!to->unbound) {
        to->unbound = hd_compiler_alloc(f->c, (size_t)f->words * sizeof *to->unbound);
        if (!to->unbound) return;
        changed = true;
    }
    for (int i = 0; i < f->words; i++) {
        uint64_t more = to->unbound[i] | state[i];
        changed |= more != to->unbound[i];
        to->unbound[i] = more;
    }
    if (!changed || to->on_list) return;
    HdFlowBlock **work = hd_compiler_grow(f->c, f->work, f->count, &f->capacity, sizeof *work);
    if (!work) return;
    f->work = work;
    work[f->count++] = to;
    to->on_list = true;
}

static void scan(Flow *f, HdFlowBlock *b, uint64_t *state) {
    memcpy(state, b->unbound, (size_t)f->words * sizeof *state);
    HdFlowBlock *told = NULL; /* the handler that knows the present state, or a smaller one */
    for (int i = 0; i < b->count; i++) {
        HdInsn *insn = &b->insns[i];
        uint32_t word = insn->operand / 64;
        uint64_t bit = (uint64_t)1 << insn->operand % 64;
        if (insn->handler && insn->handler != told) {
            merge(f, insn->handler, state);
            told = insn->handler;
        }
        switch (insn->op) {
        case HD_INS_STORE_FAST: state[word] &= ~bit; break;
        case HD_INS_DELETE_FAST:
        case HD_INS_LOAD_FAST_AND_CLEAR:
            state[word] |= bit;
            told = NULL;
            break;
        case HD_INS_LOAD_FAST:
        case HD_INS_LOAD_FAST_CHECK:
            insn->op = state[word] & bit ? HD_INS_LOAD_FAST_CHECK : insn->op;
            state[word] &= ~bit; /* bound from here on, or it raised */
            break;
        default: break;
        }
        if (insn->target) merge(f, insn->target, state);
    }
    if (b->next && (!b->count || !hd_flow_is_end(b->insns[b->count - 1].op))) merge(f, b->next, state);
}

/* --- borrowing --- */
typedef struct Ref {
    int32_t insn; /* the LOAD_FAST that pushed it, -1: something else */
    int32_t local;
} Ref;
typedef struct Stack {
    Ref *at;
    int depth;
    bool *keep; /* by instruction: must be counted */
} Stack;
#define OTHER ((Ref){-1, -1})

static void push(Stack *s, Ref ref) { s->at[s->depth++] = ref; }
static Ref pop(Stack *s) { return s->at[--s->depth]; }
static void must_count(Stack *s, Ref ref) {
    if (ref.insn >= 0) s->keep[ref.insn] = true;
}
static void local_changes(Stack *s, uint32_t local) {
    for (int i = 0; i < s->depth; i++)
        if (s->at[i].local == (int32_t)local) must_count(s, s->at[i]);
}

/* Items at the bottom of what an instruction pops that stay where they are. */
static int64_t staying(const HdInsn *insn) {
    switch (insn->op) {
    case HD_INS_LIST_APPEND:
    case HD_INS_SET_ADD:
    case HD_INS_MAP_ADD:
    case HD_INS_LIST_EXTEND:
    case HD_INS_SET_UPDATE:
    case HD_INS_DICT_UPDATE:
    case HD_INS_DICT_MERGE: return insn->operand;
    case HD_INS_FOR_ITER:
    case HD_INS_SEND:
    case HD_INS_GET_LEN:
    case HD_INS_MATCH_MAPPING:
    case HD_INS_MATCH_SEQUENCE:
    case HD_INS_GET_ANEXT:
    case HD_INS_CHECK_EXC_MATCH:
    case HD_INS_CLEANUP_THROW:
    case HD_INS_IMPORT_FROM: return 1;
    case HD_INS_MATCH_KEYS: return 2;
    case HD_INS_WITH_EXCEPT_START: return 5;
    default: return 0;
    }
}

static void step(Stack *s, HdInsn *insn, int index) {
    switch (insn->op) {
    case HD_INS_LOAD_FAST: push(s, (Ref){index, (int32_t)insn->operand}); return;
    case HD_INS_STORE_FAST:
        must_count(s, pop(s));
        local_changes(s, insn->operand);
        return;
    case HD_INS_DELETE_FAST: local_changes(s, insn->operand); return;
    case HD_INS_LOAD_FAST_AND_CLEAR:
        local_changes(s, insn->operand);
        push(s, OTHER);
        return;
    case HD_INS_COPY: push(s, s->at[s->depth - (int)insn->operand]); return;
    case HD_INS_SWAP: {
        Ref top = s->at[s->depth - 1];
        s->at[s->depth - 1] = s->at[s->depth - (int)insn->operand];
        s->at[s->depth - (int)insn->operand] = top;
        return;
    }
    case HD_INS_LOAD_METHOD: {
        Ref self = pop(s);
        push(s, OTHER);
        push(s, self);
        return;
    }
    case HD_INS_LOAD_SUPER_METHOD: {
        Ref self = pop(s);
        s->depth -= 2;
        push(s, OTHER);
        push(s, self);
        return;
    }
    case HD_INS_JUMP_IF_FALSE_OR_POP:
    case HD_INS_JUMP_IF_TRUE_OR_POP: must_count(s, pop(s)); return;
    default: break;
    }
    if (insn->op >= 256) return;
    int64_t stay = staying(insn);
    int64_t pops = hd_ops_pops(insn->op, insn->operand) - stay;
    int64_t pushes = hd_ops_pushes(insn->op, insn->operand) - stay;
    s->depth -= (int)pops;
    for (int64_t i = 0; i < pushes; i++) push(s, OTHER);
}

static void borrow(HdCompiler *c, HdFlowBlock *b, Ref *room, bool *keep, int room_depth) {
    if (!b->count || b->start_depth < 0) return;
    Stack s = {.at = room, .depth = b->start_depth, .keep = keep};
    for (int i = 0; i < s.depth; i++) room[i] = OTHER;
    memset(keep, 0, (size_t)b->count * sizeof *keep);
    for (int i = 0; i < b->count; i++) {
        step(&s, &b->insns[i], i);
        if (s.depth < 0 || s.depth > room_depth) return;
    }
    for (int i = 0; i < s.depth; i++) must_count(&s, s.at[i]); /* outlives the block */
    for (int i = 0; i < b->count; i++)
        if (b->insns[i].op == HD_INS_LOAD_FAST && !keep[i]) b->insns[i].op = HD_INS_LOAD_FAST_BORROW;
    (void)c;
}

void hd_flow_locals(HdCompiler *c, HdBuild *build, int local_count, int parameter_count) {
    if (c->failed || !local_count) return;
    Flow f = {.c = c, .words = (local_count + 63) / 64};
    uint64_t *state = hd_compiler_alloc(c, (size_t)f.words * sizeof *state);
    if (!state) return;
    for (int i = parameter_count; i < local_count; i++) state[i / 64] |= (uint64_t)1 << i % 64;
    int most = 1;
    for (HdFlowBlock *b = build->entry; b; b = b->next) {
        b->on_list = false;
        b->unbound = NULL;
        if (b->count > most) most = b->count;
    }
    merge(&f, build->entry, state);
    while (f.count && !c->failed) {
        HdFlowBlock *b = f.work[--f.count];
        b->on_list = false;
        scan(&f, b, state);
    }
    int room_depth = build->insn_count + 4;
    Ref *room = hd_compiler_alloc(c, (size_t)(room_depth + 4) * sizeof *room);
    bool *keep = hd_compiler_alloc(c, (size_t)most);
    if (!room || !keep) return;
    for (HdFlowBlock *b = build->entry; b; b = b->next) borrow(c, b, room, keep, room_depth);
}
