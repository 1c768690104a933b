/* generator.h -- generators, coroutines and async generators: a frame that lives in an object.
 *
 * The frame runs where it lies; resuming links it behind the current frame. `state` is atomic: whoever moves it to
 * RUNNING owns the frame until it moves it on, so two threads cannot run one generator ("already executing").
 */
#ifndef HD_GENERATOR_H
#define HD_GENERATOR_H

#include "frame.h"

enum {
    HD_GENERATOR_CREATED, /* not started */
    HD_GENERATOR_SUSPENDED,
    HD_GENERATOR_RUNNING,
    HD_GENERATOR_DONE, /* the frame is gone */
};

typedef struct HdGenerator {
    HdObject head;
    HdValue name, qualname; /* HD_NULL: those of the frame's code */
    HdValue origin;        /* coroutines: cr_origin, a tuple or HD_NULL */
    HdValue finalizer;     /* async generators: the hook */
    HdExcInfo exc;         /* exception being handled while suspended in an except block */
    uint8_t state;         /* atomic */
    uint8_t hooks_done;    /* async generators: firstiter was called */
    uint8_t closed;        /* async generators */
    uint8_t busy;          /* async generators: an asend/athrow/aclose runs */
    uint32_t frame_slots;  /* room behind the frame */
    HdFrame frame;         /* last: its slots follow; frame.code is owned by the generator */
} HdGenerator;

extern HdType hd_generator_type, hd_coroutine_type, hd_async_generator_type;
extern HdType hd_coroutine_wrapper_type, hd_async_wrapped_value_type, hd_async_asend_type, hd_async_athrow_type;

HD_INLINE HdGenerator *hd_generator_of_frame(HdFrame *frame) { return HD_CONTAINER_OF(frame, HdGenerator, frame); }
HD_INLINE bool hd_is_generator(HdValue v) { return hd_is_exact_object(v, &hd_generator_type); }
HD_INLINE bool hd_is_coroutine(HdValue v) { return hd_is_exact_object(v, &hd_coroutine_type); }
/* A generator object with a copy of the running frame, whose slots move over. */
HdValue hd_generator_new(HdThread *t, HdFrame *frame) HD_CHECK;
/* Takes the generator from CREATED or SUSPENDED to RUNNING and links its frame; false when somebody else has it or it
 * is done (nothing raised). */
HD_INLINE bool hd_generator_start(HdThread *t, HdGenerator *g) {
    uint8_t state = HD_LOAD_ACQUIRE(&g->state);
    if (HD_UNLIKELY(state > HD_GENERATOR_SUSPENDED)) return false;
    if (HD_UNLIKELY(t->locks) && !hd_is_private(t, &g->head)) {
        if (!HD_CAS(&g->state, &state, HD_GENERATOR_RUNNING)) return false;
    } else {
        g->state = HD_GENERATOR_RUNNING;
    }
    g->exc.previous = t->exc_info;
    t->exc_info = &g->exc;
    g->frame.previous = t->frame;
    return true;
}
/* Raises what resuming a running generator raises. */
void hd_generator_raise_busy(HdThread *t, HdGenerator *g);
/* The frame returned or raised: drops it. t->exc_info is set back. */
void hd_generator_finish(HdThread *t, HdGenerator *g);
/* Turns a StopIteration (StopAsyncIteration) that leaves the frame into a RuntimeError. */
void hd_generator_convert_stop(HdThread *t, HdGenerator *g);
/* Sends `value`; the send slot of generators and coroutines. */
HdSendStatus hd_generator_send(HdThread *t, HdValue generator, HdValue value, HdValue *result) HD_CHECK;
/* The same with `value` taken over (HD_NULL: the exception that is set is raised inside); and throw(). */
HdSendStatus hd_generator_resume(HdThread *t, HdGenerator *g, HdValue value, bool closing, HdValue *result) HD_CHECK;
HdSendStatus hd_generator_throw(HdThread *t, HdGenerator *g, HdValue type, HdValue value, HdValue traceback,
                                HdValue *result) HD_CHECK;
/* What a suspended generator waits for (gi_yieldfrom), owned or HD_NULL. */
HdValue hd_generator_yield_from(HdThread *t, HdGenerator *g);

/* async_generator.c, for the type's tables */
extern const HdMethodDef hd_async_generator_methods[];
HdValue hd_async_generator_anext(HdThread *t, HdValue self) HD_CHECK;
/* Value yielded by an async generator, marked. */
HdValue hd_async_wrap_value(HdThread *t, HdValue v) HD_CHECK;
/* The iterator behind `await v`. */
HdValue hd_generator_awaitable(HdThread *t, HdValue v) HD_CHECK;
int hd_generator_init(HdThread *t) HD_CHECK;

#endif
