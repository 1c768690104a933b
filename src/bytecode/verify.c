/* verify.c -- see verify.h. One pass over the units, one walk over the paths; no state, no locks, runs no Python.
 *
 * What is not checked: that locals read by LOAD_FAST are bound and that LOAD_FAST_BORROW outlives its use. A cache is
 * written by this runtime and named by a hash of ops.def; the verifier is there for damage, not for malice.
 */
#include "verify.h"

typedef struct Walk {
    const HdCodeParts *parts;
    int32_t *depth; /* of the stack at each unit, -1: not reached */
    uint32_t *work;
    uint32_t work_count;
    int locals, frees;
    const char *wrong;
} Walk;

static bool operand_is_good(const Walk *w, unsigned op, uint32_t n, uint32_t at) {
    const HdCodeParts *p = w->parts;
    uint32_t next = at + 1;
    switch (hd_ops_info[op].operand) {
    case HD_OPERAND_CONST: return n < (uint32_t)hd_tuple_length(p->consts);
    case HD_OPERAND_NAME: return n < (uint32_t)hd_tuple_length(p->names);
    case HD_OPERAND_SUPER: return n / 2 < (uint32_t)hd_tuple_length(p->names);
    case HD_OPERAND_LOCAL: return n < (uint32_t)w->locals;
    case HD_OPERAND_CELL:
        return n < (uint32_t)w->locals && (p->localsplus_kinds[n] & (HD_LOCAL_CELL | HD_LOCAL_FREE));
    case HD_OPERAND_FORWARD: return n < p->count - next;
    case HD_OPERAND_BACKWARD: return n <= next && n > 0;
    case HD_OPERAND_DEPTH: return op == HD_INS_RERAISE || n > 0;
    case HD_OPERAND_BINARY: return n < 26;
    case HD_OPERAND_COMPARE: return (n & HD_COMPARE_OPERATOR) <= HD_GE && !(n & ~(uint32_t)(HD_COMPARE_OPERATOR | HD_COMPARE_TO_BOOL));
    case HD_OPERAND_INVERT: return n < 2;
    case HD_OPERAND_CONVERSION: return n >= 1 && n <= 3;
    case HD_OPERAND_FUNCTION: return n == 1 || n == 2 || n == 4 || n == 8;
    case HD_OPERAND_AWAIT: return n < 3;
    case HD_OPERAND_COUNT:
        if (op == HD_INS_COPY_FREE_VARS) return n == (uint32_t)w->frees;
        if (op == HD_INS_RAISE_VARARGS) return n <= 2;
        if (op == HD_INS_BUILD_SLICE) return n == 2 || n == 3;
        return true;
    default: return true;
    }
}

static void reach(Walk *w, uint32_t at, int64_t depth) {
    if (at >= w->parts->count || depth < 0 || depth > w->parts->stack_size) {
        w->wrong = at >= w->parts->count ? "control runs off the end" : "the stack is too small";
        return;
    }
    if (w->depth[at] >= 0) {
        if (w->depth[at] != depth) w->wrong = "stack depths differ where paths meet";
        return;
    }
    w->depth[at] = (int32_t)depth;
    w->work[w->work_count++] = at;
}

static void walk(Walk *w) {
    const HdCodeParts *p = w->parts;
    reach(w, 0, 0);
    while (w->work_count && !w->wrong) {
        uint32_t at = w->work[--w->work_count];
        HdUnit unit = p->units[at];
        unsigned op = hd_ops_opcode(unit);
        uint32_t n = hd_ops_operand(unit);
        int64_t depth = w->depth[at];
        if (hd_ops_pops(op, n) > depth) {
            w->wrong = "an instruction pops more than there is";
            return;
        }
        if (op == HD_INS_RERAISE && n >= depth) w->wrong = "RERAISE without lasti";
        if (hd_ops_info[op].operand == HD_OPERAND_FORWARD) reach(w, at + 1 + n, depth + hd_ops_effect(op, n, true));
        if (hd_ops_info[op].operand == HD_OPERAND_BACKWARD) reach(w, at + 1 - n, depth);
        if (!hd_ops_is_end(op) && !w->wrong) reach(w, at + 1, depth + hd_ops_effect(op, n, false));
    }
}

/* Handlers are entered from anywhere in their range where the stack is deep enough. */
static void walk_handlers(Walk *w) {
    const HdCodeParts *p = w->parts;
    for (bool more = true; more && !w->wrong;) {
        more = false;
        for (uint32_t i = 0; i < p->handler_count && !w->wrong; i++) {
            const HdHandler *h = &p->handlers[i];
            bool entered = false;
            for (uint32_t at = h->start; at < h->end && !w->wrong; at++) {
                if (w->depth[at] < 0) continue;
                entered = true;
                if ((uint32_t)w->depth[at] < h->depth) w->wrong = "a handler wants a deeper stack";
            }
            if (!entered || w->wrong || w->depth[h->target] >= 0) continue;
            reach(w, h->target, (int64_t)h->depth + h->lasti + 1);
            walk(w);
            more = true;
        }
    }
}

static const char *check_shape(const HdCodeParts *p, Walk *w) {
    if (p->count == 0 || p->count > HD_OPERAND_MAX) return "no instructions";
    if (p->stack_size < 0 || p->stack_size > (1 << 24)) return "bad stack size";
    int64_t arguments = (int64_t)p->argcount + p->kwonlyargcount + ((p->flags & HD_CO_VARARGS) != 0) +
                        ((p->flags & HD_CO_VARKEYWORDS) != 0);
    HdSize total = hd_tuple_length(p->localsplus_names);
    HdSize plain = 0;
    for (HdSize i = 0; i < total; i++) {
        plain += (p->localsplus_kinds[i] & HD_LOCAL_PLAIN) != 0;
        w->frees += (p->localsplus_kinds[i] & HD_LOCAL_FREE) != 0;
    }
    w->locals = (int)total;
    for (HdSize i = total - w->frees; i < total; i++)
        if (p->localsplus_kinds[i] != HD_LOCAL_FREE) return "free variables are not last";
    if (p->posonlyargcount > p->argcount || arguments > plain) return "varnames is too small";
    for (uint32_t i = 0; i < p->count; i++) {
        unsigned op = hd_ops_opcode(p->units[i]);
        if (op >= HD_OPS_COUNT || hd_ops_info[op].family != op) return "unknown instruction";
        if (!operand_is_good(w, op, hd_ops_operand(p->units[i]), i)) return "an operand is out of range";
    }
    if (!hd_ops_is_end(hd_ops_opcode(p->units[p->count - 1]))) return "control runs off the end";
    uint32_t last = 0;
    for (uint32_t i = 0; i < p->handler_count; i++) {
        const HdHandler *h = &p->handlers[i];
        if (h->start < last || h->end <= h->start || h->end > p->count || h->target >= p->count)
            return "the exception table is malformed";
        last = h->end;
    }
    return hd_code_positions_valid(p->positions, p->positions_size, p->count) ? NULL : "the line table is malformed";
}

const char *hd_verify_parts(HdThread *t, const HdCodeParts *parts) {
    Walk w = {.parts = parts};
    w.wrong = check_shape(parts, &w);
    if (w.wrong) return w.wrong;
    size_t size = parts->count * sizeof(int32_t);
    w.depth = hd_heap_raw(t, size);
    w.work = hd_heap_raw(t, size);
    if (w.depth && w.work) {
        memset(w.depth, 0xff, size);
        walk(&w);
        if (!w.wrong) walk_handlers(&w);
    } else {
        w.wrong = "out of memory";
    }
    if (w.depth) hd_heap_raw_free(t, w.depth, size);
    if (w.work) hd_heap_raw_free(t, w.work, size);
    return w.wrong;
}
