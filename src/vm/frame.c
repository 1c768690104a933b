/* frame.c -- the thread's Python stack: pushing and ending activations. The Python objects are in frame_object.c.
 *
 * A thread's stack grows by chunks, so that it costs little in a thread that does little; one spare chunk is kept, so
 * that a call in a loop at a chunk's end does not allocate each time. No locks: the stack is its thread's own.
 */
#include "frame.h"

#include "errors.h"

enum { CHUNK_BYTES = 32 * 1024 };

static size_t chunk_bytes(const HdStackChunk *chunk) { return (size_t)(chunk->end - (const char *)chunk); }

HdFrame *hd_frame_push_slow(HdThread *t, size_t bytes) {
    HdVmThread *vm = t->vm;
    HdStackChunk *chunk = vm->spare;
    if (chunk && (size_t)(chunk->end - chunk->data) >= bytes) {
        vm->spare = NULL;
    } else {
        size_t size = CHUNK_BYTES;
        while (size < bytes + sizeof(HdStackChunk)) size *= 2;
        chunk = hd_heap_raw(t, size);
        if (!chunk) {
            hd_raise_no_memory(t);
            return NULL;
        }
        chunk->end = (char *)chunk + size;
    }
    chunk->previous = vm->chunk;
    chunk->previous_top = t->python_top;
    vm->chunk = chunk;
    vm->first = chunk->data;
    t->python_top = chunk->data + bytes;
    t->python_limit = chunk->end;
    return (HdFrame *)chunk->data;
}

void hd_frame_pop_slow(HdThread *t) {
    HdVmThread *vm = t->vm;
    HdStackChunk *chunk = vm->chunk;
    if (!chunk->previous) return; /* the first chunk stays */
    t->python_top = chunk->previous_top;
    vm->chunk = chunk->previous;
    t->python_limit = vm->chunk->end;
    vm->first = vm->chunk->data;
    if (vm->spare) hd_heap_raw_free(t, vm->spare, chunk_bytes(vm->spare));
    vm->spare = chunk;
}

HdFrame *hd_frame_new_steal(HdThread *t, HdValue function) {
    HdCode *code = HD_LOAD_ACQUIRE(&HD_AS(HdFunction, function)->code);
    HdFrame *frame = hd_frame_push(t, hd_frame_bytes(code));
    if (!frame) {
        hd_release(t, function);
        return NULL;
    }
    hd_frame_begin_steal(frame, NULL, code, function, HD_RETURN_TO_C);
    frame->unusual = (char *)frame == ((HdVmThread *)t->vm)->first;
    for (int i = 0; i < code->localsplus_count; i++) frame->slots[i] = HD_REF_NULL;
    frame->sp = frame->slots + code->localsplus_count;
    return frame;
}

void hd_frame_clear(HdThread *t, HdFrame *frame) {
    while (frame->sp > frame->slots) {
        HdRef r = *--frame->sp;
        hd_ref_release(t, r);
    }
    hd_clear_slot(t, &frame->locals);
    hd_clear_slot(t, &frame->function);
}

void hd_frame_own_slots(HdThread *t, HdFrame *frame) {
    for (HdRef *slot = frame->slots; slot < frame->sp; slot++) {
        if (hd_ref_is_uncounted(*slot)) *slot = hd_ref_retain(t, hd_ref_value(*slot));
    }
}

int hd_frame_traverse(const HdFrame *frame, HdVisit visit, void *context) {
    for (const HdRef *slot = frame->slots; slot < frame->sp; slot++) {
        if (hd_ref_is_counted_object(*slot)) HD_VISIT(hd_ref_value(*slot));
    }
    HD_VISIT(frame->locals);
    HD_VISIT(frame->function);
    if (frame->object) HD_VISIT(hd_from_object(frame->object));
    return 0;
}

/* The frame object outlives the activation: it gets a copy of the slots. */
static void hand_over(HdThread *t, HdFrame *frame) {
    HdFrameObject *object = frame->object;
    size_t bytes = sizeof(HdFrame) + (size_t)(frame->sp - frame->slots) * sizeof(HdRef);
    HdFrame *own = hd_heap_raw(t, bytes);
    HdValue raised = hd_take_raised(t);
    if (own && frame->previous && hd_is_null(object->back)) {
        HdValue back = hd_frame_object_borrowed(t, frame->previous);
        if (hd_is_null(back)) hd_clear_raised(t);
        HD_STORE_RELEASE(&object->back.bits, hd_retain(t, back).bits);
    }
    if (own) {
        hd_frame_own_slots(t, frame);
        memcpy(own, frame, bytes);
        own->sp = own->slots + (frame->sp - frame->slots);
        own->owner = HD_FRAME_OBJECT;
        own->previous = NULL;
        own->object = NULL;
        HD_STORE_RELEASE(&object->frame, own);
        HD_STORE_RELEASE(&object->own_bytes, bytes); /* last: who sees it sees the rest */
    } else {
        HD_STORE_RELEASE(&object->frame, NULL);
        hd_frame_clear(t, frame);
    }
    hd_set_raised_steal(t, raised);
    frame->object = NULL;
    hd_release(t, hd_from_object(object));
}

/* What an exception left on the evaluation stack goes first: `raise X()` leaves X there, which would hold its own traceback. */
static void drop_stack(HdThread *t, HdFrame *frame) {
    HdValue raised = hd_take_raised(t);
    for (HdRef *stack = hd_frame_stack(frame); frame->sp > stack;) {
        HdRef r = *--frame->sp;
        hd_ref_release(t, r);
    }
    hd_set_raised_steal(t, raised);
}

void hd_frame_end_slow(HdThread *t, HdFrame *frame) {
    drop_stack(t, frame);
    HdObject *object = &frame->object->head;
    if (hd_count_is_one(t, object)) {
        HdFrameObject *unused = frame->object;
        frame->object = NULL;
        unused->frame = NULL;
        hd_release(t, hd_from_object(unused));
        hd_frame_clear(t, frame);
        return;
    }
    hand_over(t, frame);
}

void hd_frame_end(HdThread *t, HdFrame *frame) {
    if (HD_UNLIKELY(frame->object != NULL)) hd_frame_end_slow(t, frame);
    else hd_frame_clear(t, frame);
    if (frame->owner == HD_FRAME_THREAD) hd_frame_pop(t, frame);
}

/* --- what runtime/ and modules/ ask for --- */

HdValue hd_frame_get(HdThread *t, HdSize depth) {
    HdFrame *frame = t->frame;
    while (frame && depth > 0) {
        frame = frame->previous;
        depth--;
    }
    if (!frame) return hd_raise(t, &hd_ValueError, "call stack is not deep enough");
    return hd_retain(t, hd_frame_object_borrowed(t, frame));
}

HdValue hd_frame_current_globals_borrowed(HdThread *t) {
    return t->frame ? hd_frame_globals_borrowed(t->frame) : HD_NULL;
}

HdValue hd_frame_current_builtins_borrowed(HdThread *t) {
    return t->frame ? hd_frame_builtins_borrowed(t->frame) : t->runtime->builtins;
}

HdValue hd_frame_current_locals(HdThread *t) {
    if (!t->frame) return hd_raise(t, &hd_SystemError, "frame does not exist");
    return hd_retain(t, hd_frame_locals_borrowed(t, t->frame));
}
