/* trace.c -- sys.settrace and sys.setprofile: events of call, line, opcode, return and exception.
 *
 * A thread with a trace function dispatches through a table whose every entry comes to hd_trace_instruction first; a
 * profile function alone needs the flag only. Events are not sent while a trace function runs (t->tracing). Natively
 * written functions send no c_call events.
 */
#include "errors.h"
#include "eval.h"
#include "safepoint.h"

/* Calls function(frame, event, argument); owned. The exception that is set, if any, is kept over it. */
static HdValue call_hook(HdThread *t, HdFrame *frame, HdValue function, HdValue event, HdValue argument) {
    HdValue object = hd_frame_object_borrowed(t, frame);
    if (hd_is_null(object)) return HD_NULL;
    hd_retain(t, object);
    hd_retain(t, function);
    t->tracing++;
    HdValue result = hd_is_null(hd_frame_locals_borrowed(t, frame))
                         ? HD_NULL
                         : hd_object_call3(t, function, object, event, hd_is_null(argument) ? hd_None : argument);
    t->tracing--;
    if (HD_AS(HdFrameObject, object)->frame == frame) hd_frame_locals_to_fast(t, frame);
    hd_release(t, function);
    hd_release(t, object);
    return result;
}

static void set_enter_limit(HdThread *thread, void *mine) {
    if (thread == mine) HD_STORE_RELAXED(&thread->enter_limit, thread->use_tracing ? -1 : HD_LOAD_RELAXED(&thread->recursion_limit));
}

static void update_mode(HdThread *t) {
    struct HdVmState *vm = t->runtime->vm;
    bool tracing = !hd_is_null(t->trace_function), profiling = !hd_is_null(t->profile_function);
    HD_STORE_RELAXED(&t->use_tracing, tracing || profiling);
    hd_thread_each(set_enter_limit, t); /* who changes the limit asks for use_tracing */
    for (HdFrame *frame = t->frame; frame && t->use_tracing; frame = frame->previous) frame->unusual = true;
    hd_safepoint_set_own_tables(t, tracing ? vm->trace_table : vm->run_table, vm->break_table);
}

/* The trace function raised: tracing ends, the exception goes on. */
static int failed(HdThread *t, HdFrame *frame) {
    HdValue raised = hd_take_raised(t);
    hd_clear_slot(t, &t->trace_function);
    if (frame->object) hd_clear_slot(t, &frame->object->trace);
    update_mode(t);
    hd_set_raised_steal(t, raised);
    return -1;
}

/* Sends an event to the frame's own trace function; what that returns takes its place. */
static int send_local(HdThread *t, HdFrame *frame, HdValue event, HdValue argument) {
    if (t->tracing || hd_is_null(t->trace_function) || !frame->object || hd_is_null(frame->object->trace)) return 0;
    HdValue result = call_hook(t, frame, frame->object->trace, event, argument);
    if (hd_is_null(result)) return failed(t, frame);
    if (!hd_is_none(result) && frame->object) hd_replace_steal(t, &frame->object->trace, result);
    else hd_release(t, result);
    return 0;
}

static int send_profile(HdThread *t, HdFrame *frame, HdValue event, HdValue argument) {
    if (t->tracing || hd_is_null(t->profile_function)) return 0;
    HdValue result = call_hook(t, frame, t->profile_function, event, argument);
    if (hd_is_null(result)) {
        HdValue raised = hd_take_raised(t);
        hd_clear_slot(t, &t->profile_function);
        update_mode(t);
        hd_set_raised_steal(t, raised);
        return -1;
    }
    hd_release(t, result);
    return 0;
}

int hd_trace_call(HdThread *t, HdFrame *frame) {
    if (frame->code->flags & HD_CO_ANY_GENERATOR && frame->owner == HD_FRAME_THREAD) return 0; /* only makes it */
    if (!t->tracing && !hd_is_null(t->trace_function)) {
        HdValue result = call_hook(t, frame, t->trace_function, HD_NAME("call"), HD_NULL);
        if (hd_is_null(result)) return failed(t, frame);
        if (!hd_is_none(result) && frame->object) hd_replace_steal(t, &frame->object->trace, result);
        else hd_release(t, result);
        /* a resumed generator goes on in the middle of a line */
        frame->trace_line = frame->owner == HD_FRAME_GENERATOR
                                ? hd_code_line(frame->code, (uint32_t)(frame->ip - frame->code->units))
                                : -1;
    }
    return send_profile(t, frame, HD_NAME("call"), HD_NULL);
}

int hd_trace_return(HdThread *t, HdFrame *frame, HdValue value) {
    HdValue raised = hd_take_raised(t);
    int result = send_local(t, frame, HD_NAME("return"), value);
    if (result == 0) result = send_profile(t, frame, HD_NAME("return"), value);
    if (result < 0) hd_release(t, raised);
    else hd_set_raised_steal(t, raised);
    return result;
}

void hd_trace_exception(HdThread *t, HdFrame *frame) {
    if (t->tracing || hd_is_null(t->trace_function) || !frame->object || hd_is_null(frame->object->trace)) return;
    HdValue raised = hd_take_raised(t);
    HdValue traceback = HD_AS(HdException, raised)->traceback;
    HdValue argument = hd_tuple_pack(t, 3, hd_type_value(hd_type_of(raised)), raised,
                                     hd_is_null(traceback) ? hd_None : traceback);
    if (!hd_is_null(argument) && send_local(t, frame, HD_NAME("exception"), argument) == 0) {
        hd_release(t, argument);
        hd_set_raised_steal(t, raised);
        return;
    }
    hd_release(t, argument);
    hd_release(t, raised); /* the trace function's exception takes its place */
}

int hd_trace_instruction(HdThread *t, HdFrame *frame, const HdUnit *unit) {
    int32_t index = (int32_t)(unit - frame->code->units), last = (int32_t)frame->traced - 1;
    frame->traced = index + 1;
    if (t->tracing || !frame->object || hd_is_null(frame->object->trace)) return 0;
    if (frame->object->trace_lines) {
        int line = hd_code_line(frame->code, (uint32_t)index);
        bool back = last >= 0 && index < last &&
                    hd_ops_opcode(hd_code_plain_unit(frame->code, (uint32_t)last)) != HD_INS_JUMP_BACKWARD_NO_INTERRUPT;
        uint8_t op = (uint8_t)hd_ops_opcode(hd_code_plain_unit(frame->code, (uint32_t)index));
        bool prologue = op == HD_INS_MAKE_CELL || op == HD_INS_COPY_FREE_VARS || op == HD_INS_RETURN_GENERATOR;
        if (line > 0 && !prologue && (line != frame->trace_line || back)) {
            frame->trace_line = line;
            if (send_local(t, frame, HD_NAME("line"), HD_NULL) < 0) return -1;
        }
    }
    if (frame->object && frame->object->trace_opcodes && !hd_is_null(frame->object->trace)) {
        return send_local(t, frame, HD_NAME("opcode"), HD_NULL);
    }
    return 0;
}

/* --- f_lineno --- */

/* Stack depth before each unit, -1 where control cannot come; by walking all ways. */
static void find_depths(const HdCode *code, int32_t *depths, uint32_t *todo) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < code->count; i++) depths[i] = -1;
    depths[0] = 0;
    todo[count++] = 0;
    for (uint32_t h = 0; h < code->handler_count; h++) {
        const HdHandler *handler = &code->handlers[h];
        if (depths[handler->target] >= 0) continue;
        depths[handler->target] = (int32_t)handler->depth + handler->lasti + 1;
        todo[count++] = handler->target;
    }
    while (count > 0) {
        uint32_t at = todo[--count];
        for (;;) {
            HdUnit unit = hd_code_plain_unit(code, at);
            unsigned op = hd_ops_opcode(unit);
            int64_t n = hd_ops_operand(unit);
            if (hd_ops_is_jump(op)) {
                bool backward = hd_ops_info[op].operand == HD_OPERAND_BACKWARD;
                int64_t target = (int64_t)at + 1 + (backward ? -n : n);
                int64_t depth = depths[at] + hd_ops_effect(op, n, true);
                if (op == HD_INS_FOR_ITER) depth = depths[at] + 1;
                if (target >= 0 && target < code->count && depths[target] < 0) {
                    depths[target] = (int32_t)depth;
                    todo[count++] = (uint32_t)target;
                }
            }
            if (hd_ops_is_end(op) || at + 1 >= code->count || depths[at + 1] >= 0) break;
            depths[at + 1] = (int32_t)(depths[at] + hd_ops_effect(op, n, false));
            at++;
        }
    }
}

int hd_trace_set_line(HdThread *t, HdFrameObject *object, HdValue value) {
    HdFrame *frame = object->frame;
    if (!hd_is_imm_int(value)) return hd_raise_int(t, &hd_ValueError, "lineno must be an integer");
    if (!frame || frame->owner == HD_FRAME_OBJECT || hd_is_null(object->trace) || !t->tracing || t->frame == NULL) {
        return hd_raise_int(t, &hd_ValueError, "f_lineno can only be set by a trace function");
    }
    const HdCode *code = frame->code;
    int64_t line = hd_imm_int_value(value);
    if (line < code->first_line) {
        return hd_raise_int(t, &hd_ValueError, "line %lld comes before the current code block", (long long)line);
    }
    /* the first line with code at or behind the one asked for */
    int best = 0;
    uint32_t target = 0;
    for (uint32_t i = 0; i < code->count; i++) {
        int here = hd_code_line(code, i);
        if (here >= line && (best == 0 || here < best)) {
            best = here;
            target = i;
        }
    }
    if (best == 0) return hd_raise_int(t, &hd_ValueError, "line %lld comes after the current code block", (long long)line);
    size_t bytes = (size_t)code->count * 2 * sizeof(int32_t) + 16;
    int32_t *depths = hd_heap_raw(t, bytes);
    if (!depths) {
        hd_raise_no_memory(t);
        return -1;
    }
    find_depths(code, depths, (uint32_t *)(depths + code->count));
    HdSize now = frame->sp - hd_frame_stack(frame);
    int32_t wanted = depths[target];
    hd_heap_raw_free(t, depths, bytes);
    if (wanted < 0 || wanted > now) return hd_raise_int(t, &hd_ValueError, "can't jump into the middle of a block");
    while (frame->sp - hd_frame_stack(frame) > wanted) {
        HdRef r = *--frame->sp;
        hd_ref_release(t, r);
    }
    frame->ip = code->units + target;
    frame->trace_line = best;
    return 0;
}

static int set_function(HdThread *t, HdValue *slot, HdValue function) {
    if (!hd_is_null(function) && hd_is_none(function)) function = HD_NULL;
    hd_replace_steal(t, slot, hd_retain(t, function));
    update_mode(t);
    return 0;
}

int hd_vm_set_trace(HdThread *t, HdValue function) { return set_function(t, &t->trace_function, function); }
int hd_vm_set_profile(HdThread *t, HdValue function) { return set_function(t, &t->profile_function, function); }
