/* frame.h -- HdFrame, one activation of Python code, on a per-thread stack of chunks; frame and traceback objects.
 *
 * A Python call pushes an HdFrame and never calls the eval loop again in C. The slots behind the struct are the local
 * variables (arguments, locals, cells, free variables: code->localsplus_count of them), then the evaluation stack. A slot is
 * an HdRef: it may hold a value that it does not count (a constant, a borrowed local, an argument lent by the caller's
 * frame); such a slot never outlives the frame or the call that lent it: hd_frame_own_slots counts all of them when
 * the slots move to the heap.
 *
 * A frame belongs to its thread, or to a generator that is suspended; nobody else touches it. The Python object `frame`
 * is made on demand and takes the slots over when the activation ends before it.
 */
#ifndef HD_FRAME_H
#define HD_FRAME_H

#include "code.h"
#include "function.h"
#include "errors.h"
#include "object.h"

/* What happens with the value when the frame returns. */
enum {
    HD_RETURN_TO_C,    /* the eval loop is left with it */
    HD_RETURN_PUSH,    /* pushed in the caller */
    HD_RETURN_INIT,    /* __init__: must be None; the caller has the instance on its stack */
    HD_RETURN_FOR,     /* generator under FOR_ITER: ends the loop */
    HD_RETURN_SEND,    /* generator under SEND: the result of `yield from` or `await` */
    HD_RETURN_DROP,    /* thrown away (STORE_ATTR of a property, …) */
};

enum {
    HD_FRAME_THREAD,    /* lies on the thread's Python stack */
    HD_FRAME_GENERATOR, /* lies in a generator object */
    HD_FRAME_OBJECT,    /* the activation ended; the frame object owns this copy */
};

typedef struct HdFrameObject HdFrameObject;

typedef struct HdFrame {
    struct HdFrame *previous; /* the caller, whoever entered in between */
    HdCode *code;             /* lent: the function keeps every code it ever had while it lives */
    HdValue function;         /* owned HdFunction; globals and builtins are its */
    HdValue locals;           /* owned; the mapping of module and class code, the snapshot of f_locals for functions */
    const HdUnit *ip;         /* next unit; valid while the frame is not on top of a running loop */
    HdRef *sp;                /* first free stack slot; the same */
    HdFrameObject *object;    /* owned; NULL: nobody asked */
    union {
        struct {
            uint8_t owner;    /* HD_FRAME_… */
            bool unusual;     /* it has locals or an object, was there while its thread traced, or begins a chunk */
        };
        uint16_t ending;      /* both: 0, and a return need only drop its slots and its function */
    };
    uint16_t on_return;       /* HD_RETURN_… */
    int32_t trace_line;       /* line of the last "line" event */
    int64_t traced;           /* units up to the end of the one that was traced last; 0: none */
    HdRef slots[];
} HdFrame;

HD_INLINE HdFunction *hd_frame_function(const HdFrame *frame) { return HD_AS(HdFunction, frame->function); }
HD_INLINE HdValue hd_frame_globals_borrowed(const HdFrame *frame) { return hd_frame_function(frame)->globals; }
HD_INLINE HdValue hd_frame_builtins_borrowed(const HdFrame *frame) { return hd_frame_function(frame)->builtins; }
HD_INLINE HdRef *hd_frame_stack(const HdFrame *frame) { return (HdRef *)frame->slots + frame->code->localsplus_count; }
/* Index of the unit that runs (or ran last), -1 before the first. */
HD_INLINE HdSize hd_frame_index(const HdFrame *frame) { return frame->ip - frame->code->units - 1; }

/* --- the thread's Python stack --- */
typedef struct HdStackChunk {
    struct HdStackChunk *previous;
    char *end;
    char *previous_top; /* where the previous chunk's free part begins */
    char *unused;       /* keeps data aligned */
    char data[];
} HdStackChunk;
/* t->vm */
typedef struct HdVmThread {
    char *first;           /* first frame of the newest chunk: popping it leaves the chunk; its free part is the thread's python_top */
    HdStackChunk *chunk, *spare;
    HdExcInfo base;        /* the bottom of t->exc_info */
    HdValue hint_namespace; /* lent: of the class being made, with `hint` for its instances' attributes (vm.c) */
    int hint;
    int coroutine_origin_depth; /* sys.set_coroutine_origin_tracking_depth */
} HdVmThread;

HdFrame *hd_frame_push_slow(HdThread *t, size_t bytes) HD_CHECK;
void hd_frame_pop_slow(HdThread *t);

HD_INLINE size_t hd_frame_bytes(const HdCode *code) {
    return sizeof(HdFrame) + (size_t)code->frame_size * sizeof(HdRef);
}
/* Room for a frame; NULL = MemoryError. */
HD_CHECK HD_INLINE HdFrame *hd_frame_push(HdThread *t, size_t bytes) {
    char *top = t->python_top;
    if (HD_UNLIKELY((size_t)(t->python_limit - top) < bytes)) return hd_frame_push_slow(t, bytes);
    t->python_top = top + bytes;
    return (HdFrame *)top;
}
/* Gives the newest frame's room back. */
HD_INLINE void hd_frame_pop(HdThread *t, HdFrame *frame) {
    t->python_top = (char *)frame;
    if (HD_UNLIKELY((char *)frame == ((HdVmThread *)t->vm)->first)) hd_frame_pop_slow(t);
}
/* What every new frame has, whose slots and sp are yet to be set; `function` is taken over. */
HD_INLINE void hd_frame_begin_steal(HdFrame *frame, HdFrame *previous, HdCode *code, HdValue function, uint16_t on_return) {
    frame->previous = previous;
    frame->code = code;
    frame->function = function;
    frame->locals = HD_NULL;
    frame->ip = code->units;
    frame->object = NULL;
    frame->owner = HD_FRAME_THREAD;
    frame->unusual = false;
    frame->on_return = on_return;
    frame->trace_line = 0;
    frame->traced = 0;
}
/* A frame for `function` (taken over) running `code`, pushed but not yet current; locals all empty. NULL = raised. */
HdFrame *hd_frame_new_steal(HdThread *t, HdValue function) HD_CHECK;
HD_INLINE void hd_frame_set_locals_steal(HdFrame *frame, HdValue locals) { /* it had none */
    frame->locals = locals;
    frame->unusual = true;
}
/* Ends an activation: hands the slots to the frame object if somebody else holds it, else drops them all. The frame
 * must no longer be t->frame's chain head (t->frame was set to frame->previous). */
void hd_frame_end(HdThread *t, HdFrame *frame);
void hd_frame_end_slow(HdThread *t, HdFrame *frame);
/* Drops the slots, locals and function. */
void hd_frame_clear(HdThread *t, HdFrame *frame);
/* Counts every uncounted slot, so that the frame may outlive its caller. */
void hd_frame_own_slots(HdThread *t, HdFrame *frame);
int hd_frame_traverse(const HdFrame *frame, HdVisit visit, void *context);

/* --- frame objects --- */
struct HdFrameObject {
    HdObject head;
    HdFrame *frame;      /* running, suspended or `own`; NULL after clear by the collector */
    size_t own_bytes;    /* nonzero: `frame` is a raw block of this object's */
    HdValue back;        /* the caller's frame object once the activation ended */
    HdValue trace;       /* f_trace */
    uint8_t trace_lines, trace_opcodes;
    int32_t line;        /* set by assignment to f_lineno; 0: none */
};
extern HdType hd_frame_type;
/* The frame object of an activation, lent (the frame owns it); HD_NULL = raised. */
HdValue hd_frame_object_borrowed(HdThread *t, HdFrame *frame) HD_CHECK;
/* The code of a frame object, owned, whichever thread runs it; HD_NULL when the frame was cleared for want of memory. */
HdValue hd_frame_object_code(HdThread *t, HdValue object);
int hd_frame_line(const HdFrame *frame); /* 0: none */
/* f_locals: brings the snapshot up to date; lent. HD_NULL = raised. */
HdValue hd_frame_locals_borrowed(HdThread *t, HdFrame *frame) HD_CHECK;
/* Writes the f_locals dict back into the fast locals (after a trace function ran). */
void hd_frame_locals_to_fast(HdThread *t, HdFrame *frame);

/* --- what runtime/ and modules/ ask for --- */
/* sys._getframe(depth): owned; ValueError. */
HdValue hd_frame_get(HdThread *t, HdSize depth) HD_CHECK;
/* The innermost frame of Python code, or NULL. */
HD_INLINE HdFrame *hd_frame_current(HdThread *t) { return t->frame; }
/* globals(), builtins and locals() of the innermost frame, lent; HD_NULL and no exception without a frame. */
HdValue hd_frame_current_globals_borrowed(HdThread *t);
HdValue hd_frame_current_builtins_borrowed(HdThread *t);
HdValue hd_frame_current_locals(HdThread *t) HD_CHECK; /* owned; SystemError without a frame */

/* --- traceback objects --- */
typedef struct HdTraceback {
    HdObject head;
    HdValue next;  /* HD_NULL: none */
    HdValue frame; /* frame object */
    int32_t lasti; /* logical offset: 2 * unit index */
    int32_t line;  /* 0: none; HD_LINE_LATER: to be looked up by lasti (hd_traceback_line) */
} HdTraceback;
enum { HD_LINE_LATER = INT32_MIN };
int hd_traceback_line(HdTraceback *traceback);
extern HdType hd_traceback_type;
/* Puts an entry for `frame` in front of the traceback of the exception being raised. */
void hd_traceback_add(HdThread *t, HdFrame *frame);
HdValue hd_traceback_new(HdThread *t, HdValue next_or_null, HdValue frame, int lasti, int line) HD_CHECK;

int hd_frame_init(HdThread *t) HD_CHECK;

#endif
