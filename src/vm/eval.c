/* eval.c -- the eval loop.
 *
 * One function in C runs any number of Python frames: a call, a generator's resumption and a return change `frame` and
 * go on. It is left when a frame with HD_RETURN_TO_C ends. Dispatch goes through t->dispatch, which another thread may
 * exchange for the table that breaks in at `breaker`; so a switch can come between any two instructions, and nothing
 * here may keep what another thread can change over an instruction's end.
 *
 * Registers: `ip` the next unit, `sp` the first free stack slot, `frame`, and `cache_delta`, which turns a unit's
 * address into its cache's (caches has 8 bytes a unit, units 4). SAVE() writes ip and sp to the frame; every handler
 * that may leave this function's sight does so first. On `goto error` the operands still on the stack are dropped by
 * the unwinder.
 *
 * The handlers are in eval_*.inc, by family; their slow halves in eval_*.c.
 */
#include "eval.h"

#include "exceptions.h"
#include "float.h"
#include "int.h"
#include "iter.h"
#include "number.h"
#include "safepoint.h"
#include "set.h"
#include "slice.h"
#include "native.h"

#define ARG (unit >> 8)
#define NEXT()                                 \
    do {                                       \
        unit = HD_LOAD_RELAXED(ip);            \
        ip++;                                  \
        goto *HD_LOAD_RELAXED(&t->dispatch)[unit & 0xff]; \
    } while (0)
#define SAVE() (frame->ip = ip, frame->sp = sp)
#define LOAD_FRAME()                                                                         \
    do {                                                                                     \
        ip = frame->ip;                                                                      \
        sp = frame->sp;                                                                      \
        cache_delta = HD_LOAD_ACQUIRE(&frame->code->cache_delta);                            \
    } while (0)
#define CACHE_SLOT ((HdCache **)(2 * (uintptr_t)(ip - 1) + cache_delta))
#define NEXT_CACHE_SLOT ((HdCache **)(2 * (uintptr_t)ip + cache_delta))
#define THIS_UNIT ((HdUnit *)(ip - 1))
#define NAME(i) (frame->code->name_items[i])
#define PUSH(ref) (*sp = (ref), sp++) /* in this order: `*sp++ = …` takes gcc another register */
#define POP() (sp--, *sp)
#define VALUE(depth) hd_ref_value(sp[-(depth)])

#define RELEASE(ref)                                                        \
    do {                                                                    \
        if (hd_ref_is_counted_object(ref)) RELEASE_BOUND(ref);               \
    } while (0)
/* The same of one that is not HD_REF_NULL. */
#define RELEASE_BOUND(ref)                                                  \
    do {                                                                    \
        HdRef dropped_ = (ref);                                             \
        if ((dropped_.bits & 7) == 0) {                                     \
            HdObject *object_ = (HdObject *)(uintptr_t)dropped_.bits;       \
            uint16_t owner_ = HD_LOAD_ACQUIRE(&object_->owner);             \
            if (HD_LIKELY(owner_ == t->owner_id)) {                         \
                uint32_t left_ = object_->local - 1;                        \
                HD_STORE_RELAXED(&object_->local, left_);                   \
                if (HD_UNLIKELY(left_ == 0)) {                              \
                    SAVE();                                                 \
                    hd_count_zero(t, object_);                              \
                }                                                           \
            } else if (owner_ != HD_OWNER_IMMORTAL && !hd_deferred_try(t, object_, owner_, -1)) { \
                SAVE();                                                     \
                hd_count_release_slow(t, object_);                          \
            }                                                               \
        }                                                                   \
    } while (0)
#define IS_SIZED(object) (HD_LOAD_RELAXED(&HD_LOAD_RELAXED(&(object)->type)->flags2) & HD_TYPE2_SIZED)
/* The type of what a slot holds. */
#define TYPE_OF(ref) (HD_LIKELY(hd_ref_is_object(ref)) ? HD_LOAD_RELAXED(&hd_ref_as_object(ref)->type) : hd_type_of(hd_ref_value(ref)))
/* One operand, or two, give way to an owned result. */
#define FINISH_1(v) FINISH_1_REF(hd_ref_counted(v))
#define FINISH_1_REF(ref)                  \
    do {                                   \
        HdRef old_ = sp[-1];               \
        sp[-1] = (ref);                    \
        RELEASE_BOUND(old_);               \
        NEXT();                            \
    } while (0)
#define FINISH_2(v)                              \
    do {                                         \
        HdRef first_ = sp[-2], second_ = sp[-1]; \
        sp[-2] = hd_ref_counted(v);              \
        sp--;                                    \
        RELEASE_BOUND(second_);                  \
        RELEASE_BOUND(first_);                   \
        NEXT();                                  \
    } while (0)
/* The result of a call. None that is dropped at once, as it often is, need not go over the stack; but where somebody wants to
 * break in (or to see each instruction) the place behind the call is kept. */
#define PUSH_RESULT()                                                               \
    do {                                                                            \
        if (hd_is_none(result) && (HD_LOAD_RELAXED(ip) & 0xff) == HD_INS_POP_TOP && \
            HD_LOAD_RELAXED(&t->dispatch) == run_table) {                           \
            ip++;                                                                   \
            NEXT();                                                                 \
        }                                                                           \
        PUSH(hd_ref_counted(result));                                               \
        NEXT();                                                                     \
    } while (0)
#define ERROR_IF(condition)                       \
    do {                                          \
        if (HD_UNLIKELY(condition)) goto error;   \
    } while (0)
#define REF_NONE hd_ref_uncounted(hd_None)
#define REF_BOOL(b) hd_ref_uncounted(hd_bool(b))

/* A reference that owns, in a slot of the stack: what retain of count.h does, with a shortcut for immortals, which are lent. */
HD_INLINE HdRef own_object(HdThread *t, HdObject *object) {
    uint16_t owner = HD_LOAD_ACQUIRE(&object->owner);
    if (HD_LIKELY(owner == t->owner_id)) {
        HD_STORE_RELAXED(&object->local, object->local + 1);
    } else if (owner == HD_OWNER_IMMORTAL) {
        return (HdRef){hd_from_object(object).bits - 1}; /* hd_ref_lent of an object */
    } else if (!hd_deferred_try(t, object, owner, 1)) {
        hd_count_retain_slow(t, object);
    }
    return hd_ref_counted(hd_from_object(object));
}
HD_INLINE HdRef own_ref(HdThread *t, HdValue v) {
    return hd_is_object(v) ? own_object(t, hd_as_object(v)) : hd_ref_counted(v);
}
HD_INLINE HdValue own(HdThread *t, HdValue v) {
    own_ref(t, v);
    return v;
}
/* hd_slot_read for a slot of the stack, while the container is not shared; HD_REF_NULL when it is empty. */
HD_INLINE HdRef read_unshared(HdThread *t, const HdValue *slot) {
    return hd_is_null(*slot) ? HD_REF_NULL : own_ref(t, *slot);
}
HD_INLINE HdRef read_slot(HdThread *t, const HdValue *slot, HdObject *container) {
    if (HD_UNLIKELY(t->locks)) return hd_ref_counted(hd_slot_read(t, slot, container));
    return read_unshared(t, slot);
}
#define OWNER_MATCHES(object, entry) (HD_LOAD_RELAXED(&HD_LOAD_RELAXED(&(object)->type)->version) == (entry)->version)
#define AT_OFFSET(object, offset) ((char *)(object) + (offset))
/* The inline value of `object` that the entry tells of; HD_REF_NULL if it does not fit. */
HD_INLINE HdRef read_field(HdThread *t, HdObject *object, const HdCache *entry) {
    if (HD_UNLIKELY(!OWNER_MATCHES(object, entry))) return HD_REF_NULL; /* first: other classes' instances may be shorter */
    uint64_t *at = (uint64_t *)AT_OFFSET(object, entry->word_offset), word = (uint64_t)(uintptr_t)entry->shape;
    if (HD_UNLIKELY(HD_LOAD_ACQUIRE(at) != word)) return HD_REF_NULL;
    HdValue *slot = (HdValue *)AT_OFFSET(object, entry->value_offset);
    if (HD_LIKELY(!t->locks)) return read_unshared(t, slot);
    HdValue read = hd_slot_read(t, slot, object);
    if (HD_LIKELY(HD_LOAD_ACQUIRE(at) == word)) return hd_ref_counted(read);
    hd_release(t, read);
    return HD_REF_NULL;
}
HD_INLINE HdValue take(HdThread *t, HdRef r) {
    return hd_ref_is_uncounted(r) ? own(t, hd_ref_value(r)) : (HdValue){r.bits};
}
static HD_NOINLINE HdFrame *push_in_new_chunk(HdThread *t, HdFrame *frame, HdValue function, HdCode *code, const HdRef *args,
                                              HdSize nargs) {
    HdFrame *callee = hd_frame_push_slow(t, hd_frame_bytes(code));
    if (!callee) {
        hd_release(t, function);
        return NULL;
    }
    hd_frame_begin_steal(callee, frame, code, function, HD_RETURN_PUSH);
    callee->unusual = true;
    callee->sp = callee->slots + code->localsplus_count;
    for (HdSize i = 0; i < code->localsplus_count; i++) callee->slots[i] = i < nargs ? args[i] : HD_REF_NULL;
    return callee;
}
/* A frame for `function` (taken over), which needs no binding of arguments, with the arguments in its slots: bits of uncounted ones are
 * kept, the caller's frame keeps them alive. */
HD_INLINE HdFrame *push_simple(HdThread *t, HdFrame *frame, HdValue function, HdCode *code, const HdRef *args, HdSize nargs) {
    size_t bytes = hd_frame_bytes(code);
    HdFrame *callee = (HdFrame *)t->python_top;
    if (HD_UNLIKELY((size_t)(t->python_limit - (char *)callee) < bytes)) {
        return push_in_new_chunk(t, frame, function, code, args, nargs);
    }
    t->python_top = (char *)callee + bytes;
    hd_frame_begin_steal(callee, frame, code, function, HD_RETURN_PUSH);
    HdRef *slot = callee->slots, *end = slot + code->localsplus_count;
    for (HdSize i = 0; i < nargs; i++) *slot++ = args[i];
    for (; slot < end; slot += 2) { /* every frame has room behind its locals (code.c) */
        slot[0] = slot[1] = HD_REF_NULL;
        __asm__("" : "+r"(slot)); /* not a call of memset for two or three */
    }
    callee->sp = end;
    return callee;
}
/* The defaults of the parameters behind the first `nargs`, which is fewer than there are, where that is all that binding has
 * to do; NULL if it is not, or when somebody may set others meanwhile. */
HD_INLINE HdValue *defaults_of(HdThread *t, const HdFunction *function, const HdCode *code, HdSize nargs) {
    if (HD_UNLIKELY(t->locks) || hd_is_null(function->defaults) || nargs >= code->simple_argcount) return NULL;
    HdSize missing = code->simple_argcount - nargs, have = hd_tuple_length(function->defaults);
    return have < missing ? NULL : HD_AS(HdTuple, function->defaults)->at + (have - missing);
}

static HD_NOINLINE int breaker_full(HdThread *t) { return hd_safepoint_full(t); }

/* Whether what runs Python may be served now, before `next` runs: at a back edge and at the start of a function (1: the
 * place is `next` itself), behind a call or at a resumption (-1: it is the instruction before). 0: not now. */
static int full_point(const HdFrame *frame, const HdUnit *next) {
    if (hd_ops_info[hd_ops_opcode(HD_LOAD_RELAXED(next))].safe == HD_SAFE_BACK || next == frame->code->units) return 1;
    uint8_t before = hd_ops_info[hd_ops_opcode(HD_LOAD_RELAXED(next - 1))].safe;
    return before == HD_SAFE_CALL || before == HD_SAFE_ENTRY ? -1 : 0;
}

HdValue hd_vm_run(HdThread *t, HdFrame *frame) { return hd_eval_run(t, frame, false); }

HdValue hd_eval_run(HdThread *t, HdFrame *first, bool throwing) {
    static const void *const run_table[256] = {
#define OP(name, operand, pops, pushes, raises, safe, family, picture, meaning) [HD_INS_##name] = &&op_##name,
#include "ops.def"
#undef OP
    };
    static const void *const break_table[256] = {[0 ... 255] = &&breaker};
    static const void *const trace_table[256] = {[0 ... 255] = &&trace};
    static const void *const yield_table[256] = {[0 ... 255] = &&yield};
    if (HD_UNLIKELY(!first)) { /* hd_vm_init asks for the tables */
        struct HdVmState *vm = t->runtime->vm;
        vm->run_table = run_table;
        vm->break_table = break_table;
        vm->trace_table = trace_table;
        vm->yield_table = yield_table;
        return HD_NULL;
    }

    register HdFrame *frame HD_IN_REGISTER("rbx") = first;
    register const HdUnit *ip HD_IN_REGISTER("r13");
    register HdRef *sp HD_IN_REGISTER("r15");
    uintptr_t cache_delta;
    HdUnit unit;
    HdValue result;
    uint16_t on_return;

    frame->on_return = HD_RETURN_TO_C;
    if (HD_UNLIKELY(hd_stack_low(t))) {
        if (!throwing || !hd_raised(t)) hd_raise_recursion(t, " while calling a Python object");
        throwing = true;
    }
    if (HD_UNLIKELY(throwing)) {
        t->recursion_depth++;
        if (!HD_LOAD_ACQUIRE(&frame->code->cache_delta) && hd_cache_prepare(t, frame->code) < 0) hd_clear_raised(t);
        t->frame = frame;
        LOAD_FRAME();
        if (frame->owner == HD_FRAME_THREAD) goto unwind_no_entry;
        goto error;
    }

enter: /* `frame` is pushed and linked, with everything in it; its caller is saved */
    LOAD_FRAME();
entered:
    t->frame = frame;
    if (HD_UNLIKELY(++t->recursion_depth > HD_LOAD_RELAXED(&t->enter_limit) || cache_delta == 0)) {
        if (t->recursion_depth > HD_LOAD_RELAXED(&t->recursion_limit) && hd_eval_too_deep(t) < 0) goto leave_by_error;
        if (cache_delta == 0 && hd_cache_prepare(t, frame->code) < 0) goto leave_by_error;
        if (t->use_tracing) {
            frame->unusual = true;
            if (hd_trace_call(t, frame) < 0) goto leave_by_error;
        }
        LOAD_FRAME();
    }
    NEXT();

breaker: {
    int place = full_point(frame, ip - 1);
    SAVE();
    if (place == 0) {
        hd_safepoint_any(t);
    } else {
        if (place < 0) frame->ip = ip - 1;
        if (breaker_full(t) < 0) {
            ip = frame->ip;
            goto error;
        }
    }
}
    unit = HD_LOAD_RELAXED(ip - 1); /* somebody may have specialised it */
    goto *t->table_run[unit & 0xff];

yield: /* a debugging mode: see hd_safepoint_set_yield */
    SAVE();
    hd_safepoint_yield(t);
    unit = HD_LOAD_RELAXED(ip - 1);
    goto *run_table[unit & 0xff];

trace:
    SAVE();
    if (hd_trace_instruction(t, frame, ip - 1) < 0) {
        ip = frame->ip;
        goto error;
    }
    if (HD_UNLIKELY(frame->ip != ip)) { /* the trace function set f_lineno */
        ip = frame->ip;
        sp = frame->sp;
        unit = HD_LOAD_RELAXED(ip);
        ip++;
    }
    unit = HD_LOAD_RELAXED(ip - 1);
    goto *run_table[hd_ops_alone(unit)]; /* the next one is traced too */

#include "eval_stack.inc"
#include "eval_names.inc"
#include "eval_attrs.inc"
#include "eval_operators.inc"
#include "eval_build.inc"
#include "eval_flow.inc"
#include "eval_calls.inc"
#include "eval_generators.inc"
#include "eval_exceptions.inc"

do_return: /* `result` is owned; the frame's stack is empty but for what is dropped with it */
    if (HD_UNLIKELY(frame->ending)) goto unusual_return;
    {
        HdFrame *done = frame;
        frame = done->previous;
        t->frame = frame;
        t->recursion_depth--;
        HdRef *first = done->slots;
        while (sp > first) {
            HdRef r = POP();
            hd_ref_release(t, r);
        }
        hd_release_object(t, hd_as_object(done->function));
        t->python_top = (char *)done;
        on_return = done->on_return;
    }
returned: /* to `frame`, with `result` */
    if (HD_LIKELY(on_return == HD_RETURN_PUSH)) {
        LOAD_FRAME();
        PUSH_RESULT();
    }
    if (on_return == HD_RETURN_TO_C) return result;
    LOAD_FRAME();
    if (on_return == HD_RETURN_INIT) {
        if (HD_UNLIKELY(!hd_is_none(result))) {
            hd_raise(t, &hd_TypeError, "__init__() should return None, not '%T'", result);
            hd_release(t, result);
            goto error;
        }
        NEXT();
    }
    RELEASE(hd_ref_counted(result));
    NEXT();

unusual_return:
    SAVE();
    if (HD_UNLIKELY(t->use_tracing) && hd_trace_return(t, frame, result) < 0) {
        hd_release(t, result);
        goto unwind_traced;
    }
    if (frame->owner == HD_FRAME_GENERATOR) goto generator_return;
    {
        HdFrame *done = frame;
        on_return = done->on_return;
        frame = done->previous;
        t->frame = frame;
        t->recursion_depth--;
        hd_frame_end(t, done);
        goto returned;
    }

error: /* t->exception is set, raised by the unit before ip */
    SAVE();
    hd_traceback_add(t, frame);
    if (HD_UNLIKELY(t->use_tracing)) hd_trace_exception(t, frame);
unwind: {
    uint32_t index = (uint32_t)(ip - frame->code->units) - 1;
    const HdHandler *handler = hd_code_handler(frame->code, index);
    if (!handler) goto unwind_frame;
    HdRef *level = hd_frame_stack(frame) + handler->depth;
    while (sp > level) {
        HdRef r = POP();
        RELEASE(r);
    }
    if (handler->lasti) PUSH(hd_ref_counted(hd_imm_int(hd_frame_index(frame)))); /* RERAISE set it to the first raise */
    PUSH(hd_ref_counted(hd_take_raised(t)));
    ip = frame->code->units + handler->target;
    NEXT();
}
unwind_frame:
    if (HD_UNLIKELY(t->use_tracing)) {
        SAVE();
        HdValue raised = hd_take_raised(t);
        if (hd_trace_return(t, frame, HD_NULL) < 0) hd_release(t, raised);
        else hd_set_raised_steal(t, raised);
    }
unwind_traced:
    frame->sp = sp;
leave_by_error: /* the frame is linked and counted; its sp is saved */
    {
        HdFrame *done = frame;
        uint8_t on_return = done->on_return;
        frame = done->previous;
        t->recursion_depth--;
        if (done->owner == HD_FRAME_GENERATOR) {
            HdGenerator *g = hd_generator_of_frame(done);
            hd_generator_convert_stop(t, g);
            t->frame = frame;
            hd_generator_finish(t, g);
        } else {
            t->frame = frame;
            HdValue raised = hd_take_raised(t);
            hd_frame_end(t, done);
            hd_set_raised_steal(t, raised);
        }
        if (on_return == HD_RETURN_TO_C) return HD_NULL;
        LOAD_FRAME();
        goto error;
    }
unwind_no_entry:
    frame->sp = sp;
    goto leave_by_error;
}
