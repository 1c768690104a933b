/* generator.c -- generators and coroutines. Async generators are in async_generator.c.
 *
 * No locks: the atomic state says who owns the frame. Dropping an unfinished generator runs its `finally` blocks
 * (finalize), as closing it would.
 */
#include "generator.h"

#include "errors.h"
#include "eval.h"
#include "exceptions.h"
#include "heap_page.h"

static HdVmThread *vm_thread(HdThread *t) { return t->vm; }
static HdGenerator *as_generator(HdValue v) { return HD_AS(HdGenerator, v); }

static HdValue qualname_borrowed(const HdGenerator *g) {
    return hd_is_null(g->qualname) ? g->frame.code->qualname : g->qualname;
}

static HdSize generator_size(HdObject *self) {
    HdGenerator *g = (HdGenerator *)self;
    return (HdSize)(sizeof(HdGenerator) + (size_t)g->frame_slots * sizeof(HdRef));
}

static HdType *type_of_code(const HdCode *code) {
    if (code->flags & HD_CO_ASYNC_GENERATOR) return &hd_async_generator_type;
    return code->flags & HD_CO_COROUTINE ? &hd_coroutine_type : &hd_generator_type;
}

/* cr_origin: (file, line, function) of the callers, newest first. */
HD_COLD static HdValue coroutine_origin(HdThread *t, HdFrame *frame, int depth) {
    HdValue list = hd_list_new(t, depth);
    if (hd_is_null(list)) return HD_NULL;
    for (frame = frame->previous; frame && depth > 0; frame = frame->previous, depth--) {
        HdValue row = hd_tuple_pack(t, 3, frame->code->filename, hd_imm_int(hd_frame_line(frame)), frame->code->name);
        if (hd_is_null(row) || hd_list_append_steal(t, list, row) < 0) {
            hd_release(t, list);
            return HD_NULL;
        }
    }
    HdValue tuple = hd_list_as_tuple(t, list);
    hd_release(t, list);
    return tuple;
}

HdValue hd_generator_new(HdThread *t, HdFrame *frame) {
    HdCode *code = frame->code;
    HdType *type = type_of_code(code);
    size_t bytes = sizeof(HdGenerator) + (size_t)code->frame_size * sizeof(HdRef);
    enum { ZEROED = offsetof(HdGenerator, frame.function) };
    HdGenerator *g = (HdGenerator *)(HD_LIKELY(bytes <= HD_HEAP_SMALL)
                                         ? hd_heap_object_here(t, type, bytes, HD_FLAG_GC, ZEROED)
                                         : hd_heap_object_part(t, type, bytes, HD_FLAG_GC, ZEROED));
    if (HD_UNLIKELY(!g)) return hd_raise_no_memory(t);
    HdValue v = hd_from_object(g);
    HdFunction *f = hd_frame_function(frame);
    g->frame_slots = (uint32_t)code->frame_size;
    g->state = HD_GENERATOR_DONE;
    if (HD_UNLIKELY(vm_thread(t)->coroutine_origin_depth > 0) && type == &hd_coroutine_type) {
        g->origin = coroutine_origin(t, frame, vm_thread(t)->coroutine_origin_depth);
        if (hd_is_null(g->origin)) {
            hd_release(t, v);
            return HD_NULL;
        }
    }
    if (HD_UNLIKELY(!hd_same(f->name, code->name))) g->name = hd_retain(t, f->name);
    if (HD_UNLIKELY(!hd_same(f->qualname, code->qualname))) g->qualname = hd_retain(t, f->qualname);
    hd_retain_object(t, &code->head);
    g->frame = *frame;
    HdRef *to = g->frame.slots;
    for (const HdRef *slot = frame->slots, *end = frame->sp; slot < end; slot++, to++) {
        HdRef r = *slot;
        *to = HD_UNLIKELY(hd_ref_is_uncounted(r)) ? hd_ref_retain(t, hd_ref_value(r)) : r;
    }
    g->frame.sp = to;
    g->frame.previous = NULL;
    g->frame.owner = HD_FRAME_GENERATOR;
    if (frame->object) frame->object->frame = &g->frame;
    HD_STORE_RELEASE(&g->state, HD_GENERATOR_CREATED);
    return v;
}

void hd_generator_finish(HdThread *t, HdGenerator *g) {
    HdValue raised = t->exception;
    bool returned = HD_LIKELY(hd_is_null(raised));
    if (!returned) t->exception = HD_NULL;
    t->exc_info = g->exc.previous;
    g->exc.previous = NULL;
    hd_clear_slot(t, &g->exc.exc);
    g->frame.previous = NULL;
    HD_STORE_RELEASE(&g->state, HD_GENERATOR_DONE);
    if (t->locks) HD_FETCH_OR(&g->head.flags, (uint8_t)HD_FLAG_QUIET);
    else g->head.flags |= HD_FLAG_QUIET;
    hd_frame_end(t, &g->frame);
    if (!returned || HD_UNLIKELY(!hd_is_null(t->exception))) hd_set_raised_steal(t, raised);
}

static const char *kind_name(HdGenerator *g) {
    if (g->head.type == &hd_coroutine_type) return "coroutine";
    return g->head.type == &hd_async_generator_type ? "async generator" : "generator";
}

void hd_generator_convert_stop(HdThread *t, HdGenerator *g) {
    if (hd_raised_is(t, &hd_StopIteration)) {
        hd_raise_from(t, &hd_RuntimeError, "%s raised StopIteration", kind_name(g));
    } else if (g->head.type == &hd_async_generator_type && hd_raised_is(t, &hd_StopAsyncIteration)) {
        hd_raise_from(t, &hd_RuntimeError, "async generator raised StopAsyncIteration");
    }
}

void hd_generator_raise_busy(HdThread *t, HdGenerator *g) {
    if (g->head.type == &hd_coroutine_type) hd_raise(t, &hd_ValueError, "coroutine already executing");
    else hd_raise(t, &hd_ValueError, "%s already executing", kind_name(g));
}

/* What is thrown into a generator in the middle of an `except` clause has that clause's exception as its context. */
static void chain_context(HdThread *t, HdGenerator *g) {
    if (hd_is_null(g->exc.exc) || hd_is_none(g->exc.exc)) return;
    HdValue raised = hd_take_raised(t);
    hd_raise_instance(t, raised);
    hd_release(t, raised);
}

/* Resumes with `value` (taken over) or, when it is HD_NULL, with the exception that is set. */
static HdSendStatus resume(HdThread *t, HdGenerator *g, HdValue value, bool closing, HdValue *result) {
    uint8_t state = HD_LOAD_ACQUIRE(&g->state);
    *result = HD_NULL;
    if (state == HD_GENERATOR_CREATED && !hd_is_null(value) && !hd_is_none(value)) {
        hd_raise(t, &hd_TypeError, "can't send non-None value to a just-started %s", kind_name(g));
        hd_release(t, value);
        return HD_SEND_ERROR;
    }
    if (state == HD_GENERATOR_DONE || !hd_generator_start(t, g)) {
        if (HD_LOAD_ACQUIRE(&g->state) != HD_GENERATOR_DONE) {
            hd_release(t, value);
            hd_clear_raised(t);
            hd_generator_raise_busy(t, g);
            return HD_SEND_ERROR;
        }
        if (g->head.type == &hd_coroutine_type && !closing) {
            hd_release(t, value);
            hd_clear_raised(t);
            hd_raise(t, &hd_RuntimeError, "cannot reuse already awaited coroutine");
            return HD_SEND_ERROR;
        }
        if (hd_is_null(value)) return HD_SEND_ERROR; /* throw() into a finished generator */
        hd_release(t, value);
        *result = hd_None;
        return HD_SEND_RETURN;
    }
    bool throwing = hd_is_null(value);
    if (!throwing) *g->frame.sp++ = hd_ref_counted(value);
    else if (state != HD_GENERATOR_CREATED) *g->frame.sp++ = hd_ref_uncounted(hd_None);
    if (throwing) chain_context(t, g);
    hd_retain_object(t, &g->head);
    *result = hd_eval_run(t, &g->frame, throwing);
    bool yielded = t->yielded; /* not by its state: another thread may run it by now */
    hd_release_object(t, &g->head);
    if (hd_is_null(*result)) return HD_SEND_ERROR;
    return yielded ? HD_SEND_NEXT : HD_SEND_RETURN;
}

HdSendStatus hd_generator_send(HdThread *t, HdValue generator, HdValue value, HdValue *result) {
    return resume(t, as_generator(generator), hd_retain(t, value), false, result);
}

/* As a method call returns it: the value yielded, or StopIteration raised. */
static HdValue as_method_result(HdThread *t, HdSendStatus status, HdValue result, bool quiet_none) {
    if (status == HD_SEND_NEXT) return result;
    if (status == HD_SEND_ERROR) return HD_NULL;
    if (quiet_none && hd_is_none(result)) return HD_NULL; /* the next slot: exhausted */
    hd_raise_stop_iteration(t, hd_is_none(result) ? HD_NULL : result);
    hd_release(t, result);
    return HD_NULL;
}

static HdValue generator_next(HdThread *t, HdValue self) {
    HdValue result;
    HdSendStatus status = resume(t, as_generator(self), hd_None, false, &result);
    return as_method_result(t, status, result, true);
}

static HdValue method_send(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result;
    HdSendStatus status = resume(t, as_generator(self), hd_retain(t, args[0]), false, &result);
    return as_method_result(t, status, result, false);
}

/* --- yield from --- */

HdValue hd_generator_yield_from(HdThread *t, HdGenerator *g) {
    if (HD_LOAD_ACQUIRE(&g->state) != HD_GENERATOR_SUSPENDED) return HD_NULL;
    HdFrame *frame = &g->frame;
    HdSize index = hd_frame_index(frame);
    if (index < 0) return HD_NULL;
    HdUnit unit = hd_code_plain_unit(frame->code, (uint32_t)index);
    if (hd_ops_opcode(unit) != HD_INS_YIELD_VALUE || !(hd_ops_operand(unit) & 1)) return HD_NULL;
    return hd_retain(t, hd_ref_value(frame->sp[-1]));
}

/* Closes what a generator waits for. -1 raised. */
static int close_iterator(HdThread *t, HdValue waits) {
    HdValue result;
    HdType *type = hd_type_of(waits);
    if (type == &hd_generator_type || type == &hd_coroutine_type) {
        result = hd_object_call_method0(t, waits, "close");
    } else {
        HdValue close;
        int found = hd_object_find_attr(t, waits, HD_NAME("close"), &close);
        if (found < 0) hd_write_unraisable(t, waits);
        if (found <= 0) return 0;
        result = hd_object_call0(t, close);
        hd_release(t, close);
    }
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}

/* While the inner iterator runs, the outer generator counts as running. */
static bool borrow_state(HdGenerator *g) {
    uint8_t expected = HD_GENERATOR_SUSPENDED;
    return HD_CAS(&g->state, &expected, HD_GENERATOR_RUNNING);
}

static HdValue generator_close(HdThread *t, HdGenerator *g) {
    uint8_t state = HD_LOAD_ACQUIRE(&g->state);
    if (state == HD_GENERATOR_DONE) return hd_None;
    if (state == HD_GENERATOR_RUNNING) {
        hd_generator_raise_busy(t, g);
        return HD_NULL;
    }
    if (state == HD_GENERATOR_CREATED) { /* nothing to run */
        if (!hd_generator_start(t, g)) return hd_None;
        hd_generator_finish(t, g);
        return hd_None;
    }
    HdValue waits = hd_generator_yield_from(t, g);
    int failed = 0;
    if (!hd_is_null(waits)) {
        if (borrow_state(g)) {
            failed = close_iterator(t, waits);
            HD_STORE_RELEASE(&g->state, HD_GENERATOR_SUSPENDED);
        }
        hd_release(t, waits);
    }
    if (failed == 0) {
        HdValue exit = hd_object_call0(t, hd_type_value(&hd_GeneratorExit));
        if (hd_is_null(exit)) return HD_NULL;
        hd_set_raised_steal(t, exit);
    }
    HdValue result;
    HdSendStatus status = resume(t, g, HD_NULL, true, &result);
    if (status == HD_SEND_NEXT) {
        hd_release(t, result);
        return hd_raise(t, &hd_RuntimeError, "%s ignored GeneratorExit", kind_name(g));
    }
    if (status == HD_SEND_RETURN) {
        hd_release(t, result);
        return hd_None;
    }
    if (hd_raised_is(t, &hd_StopIteration) || hd_raised_is(t, &hd_GeneratorExit)) {
        hd_clear_raised(t);
        return hd_None;
    }
    return HD_NULL;
}

static HdValue method_close(HdThread *t, HdValue self, const HdValue *args) { return generator_close(t, as_generator(self)); }

/* Sets the exception that throw(type, value, traceback) means; -1: raised something else (also set). */
static int set_thrown(HdThread *t, HdValue type, HdValue value, HdValue traceback) {
    HdValue instance;
    if (!hd_is_null(traceback) && hd_is_none(traceback)) traceback = HD_NULL;
    if (!hd_is_null(traceback) && !hd_is_exact_object(traceback, &hd_traceback_type)) {
        return hd_raise_int(t, &hd_TypeError, "throw() third argument must be a traceback object");
    }
    bool has_value = !hd_is_null(value) && !hd_is_none(value);
    if (hd_is_type(type) && hd_type_is_subtype(HD_AS(HdType, type), &hd_BaseException)) {
        if (has_value && hd_is_instance(value, HD_AS(HdType, type))) instance = hd_retain(t, value);
        else if (has_value && hd_is_tuple(value)) instance = hd_object_call_ex(t, type, value, HD_NULL);
        else if (has_value) instance = hd_object_call1(t, type, value);
        else instance = hd_object_call0(t, type);
        /* what goes wrong in the making is thrown in its place */
        if (hd_is_null(instance)) return 0;
        if (!hd_is_exception(instance)) {
            hd_raise(t, &hd_TypeError, "calling %R should have returned an instance of BaseException, not %R", type,
                     hd_type_value(hd_type_of(instance)));
            hd_release(t, instance);
            return 0;
        }
    } else if (hd_is_exception(type)) {
        if (has_value) return hd_raise_int(t, &hd_TypeError, "instance exception may not have a separate value");
        instance = hd_retain(t, type);
    } else {
        return hd_raise_int(t, &hd_TypeError,
                            "exceptions must be classes or instances deriving from BaseException, not %T", type);
    }
    if (!hd_is_null(traceback) && hd_exception_set_traceback(t, instance, traceback) < 0) {
        hd_release(t, instance);
        return -1;
    }
    hd_set_raised_steal(t, instance);
    return 0;
}

/* Between the caller and the inner iterator stands the outer generator's frame, as if it had called. */
static void link_frame(HdThread *t, HdGenerator *g) {
    g->frame.previous = t->frame;
    t->frame = &g->frame;
}
static void unlink_frame(HdThread *t, HdGenerator *g) {
    t->frame = g->frame.previous;
    g->frame.previous = NULL;
}

static HdSendStatus throw_into(HdThread *t, HdGenerator *g, HdValue type, HdValue value, HdValue traceback, HdValue *result) {
    HdValue waits = hd_generator_yield_from(t, g);
    *result = HD_NULL;
    if (!hd_is_null(waits)) {
        bool is_exit = hd_is_type(type) ? hd_type_is_subtype(HD_AS(HdType, type), &hd_GeneratorExit)
                                        : hd_is_instance(type, &hd_GeneratorExit);
        HdType *waits_type = hd_type_of(waits);
        if (is_exit) {
            int failed = 0;
            if (borrow_state(g)) {
                failed = close_iterator(t, waits);
                HD_STORE_RELEASE(&g->state, HD_GENERATOR_SUSPENDED);
            }
            hd_release(t, waits);
            if (failed < 0) return resume(t, g, HD_NULL, false, result);
            goto here;
        }
        if (!borrow_state(g)) {
            hd_release(t, waits);
            hd_generator_raise_busy(t, g);
            return HD_SEND_ERROR;
        }
        HdValue got = HD_NULL;
        link_frame(t, g);
        if (waits_type == &hd_generator_type || waits_type == &hd_coroutine_type) {
            HdGenerator *inner = as_generator(waits);
            HdSendStatus status = throw_into(t, inner, type, value, traceback, &got);
            got = as_method_result(t, status, got, false);
        } else {
            HdValue method;
            int found = hd_object_find_attr(t, waits, HD_NAME("throw"), &method);
            if (found <= 0) {
                unlink_frame(t, g);
                HD_STORE_RELEASE(&g->state, HD_GENERATOR_SUSPENDED);
                hd_release(t, waits);
                if (found < 0) return HD_SEND_ERROR;
                goto here;
            }
            HdValue args[3] = {type, value, traceback};
            HdSize count = hd_is_null(traceback) ? hd_is_null(value) ? 1 : 2 : 3;
            if (count == 3 && hd_is_null(value)) args[1] = hd_None;
            got = hd_object_call_values(t, method, args, count);
            hd_release(t, method);
        }
        unlink_frame(t, g);
        HD_STORE_RELEASE(&g->state, HD_GENERATOR_SUSPENDED);
        hd_release(t, waits);
        if (!hd_is_null(got)) {
            *result = got;
            return HD_SEND_NEXT;
        }
        /* the inner one ended or failed: CLEANUP_THROW of the outer frame looks at what is raised */
        return resume(t, g, HD_NULL, false, result);
    }
here:
    if (set_thrown(t, type, value, traceback) < 0) return HD_SEND_ERROR;
    return resume(t, g, HD_NULL, false, result);
}

static HdValue method_throw(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result;
    HdSendStatus status = throw_into(t, as_generator(self), args[0], args[1], args[2], &result);
    return as_method_result(t, status, result, false);
}

/* --- life --- */

/* By the library's function, which knows where the coroutine was made; plainly if that does not work. */
static void warn_unawaited(HdThread *t, HdGenerator *g) {
    HdValue self = hd_from_object(g);
    HD_OWNED HdValue warn = hd_object_import_from(t, "warnings", "_warn_unawaited_coroutine");
    if (hd_is_null(warn)) hd_clear_raised(t);
    HD_OWNED HdValue result = hd_is_null(warn) ? HD_NULL : hd_object_call1(t, warn, self);
    bool warned = !hd_is_null(result) || hd_raised_is(t, &hd_RuntimeWarning);
    if (hd_raised(t)) hd_write_unraisable(t, self);
    if (!warned && hd_warn(t, &hd_RuntimeWarning, 1, "coroutine '%U' was never awaited", qualname_borrowed(g)) < 0)
        hd_write_unraisable(t, self);
}

static void generator_finalize(HdThread *t, HdValue self) {
    HdGenerator *g = as_generator(self);
    uint8_t state = HD_LOAD_ACQUIRE(&g->state);
    if (state >= HD_GENERATOR_RUNNING) return;
    HdValue raised = hd_take_raised(t);
    if (g->head.type == &hd_async_generator_type && !hd_is_null(g->finalizer) && !g->closed) {
        HdValue result = hd_object_call1(t, g->finalizer, self);
        if (hd_is_null(result)) hd_write_unraisable(t, self);
        hd_release(t, result);
        hd_set_raised_steal(t, raised);
        return;
    }
    if (g->head.type == &hd_coroutine_type && state == HD_GENERATOR_CREATED) {
        warn_unawaited(t, g);
    } else if (state == HD_GENERATOR_SUSPENDED) {
        HdValue result = generator_close(t, g);
        if (hd_is_null(result)) hd_write_unraisable(t, self);
        hd_release(t, result);
    }
    hd_set_raised_steal(t, raised);
}

static void drop_frame(HdThread *t, HdGenerator *g) {
    if (g->state == HD_GENERATOR_DONE || g->state == HD_GENERATOR_RUNNING) return;
    g->state = HD_GENERATOR_DONE;
    g->frame.previous = NULL;
    hd_frame_end(t, &g->frame);
}

static void generator_clear(HdThread *t, HdObject *self) {
    HdGenerator *g = (HdGenerator *)self;
    drop_frame(t, g);
    hd_clear_slot(t, &g->exc.exc);
    hd_clear_slot(t, &g->origin);
    hd_clear_slot(t, &g->finalizer);
}

static void generator_dealloc(HdThread *t, HdObject *self) {
    HdGenerator *g = (HdGenerator *)self;
    drop_frame(t, g);
    if (g->exc.exc.bits | g->origin.bits | g->finalizer.bits | g->name.bits | g->qualname.bits) {
        hd_release(t, g->exc.exc);
        hd_release(t, g->origin);
        hd_release(t, g->finalizer);
        hd_release(t, g->name);
        hd_release(t, g->qualname);
    }
    if (g->frame.code) hd_release_object(t, &g->frame.code->head);
    hd_type_free(t, self);
}

static int generator_traverse(HdObject *self, HdVisit visit, void *context) {
    HdGenerator *g = (HdGenerator *)self;
    HD_VISIT(g->name);
    HD_VISIT(g->qualname);
    HD_VISIT(g->origin);
    HD_VISIT(g->finalizer);
    HD_VISIT(g->exc.exc);
    if (g->frame.code) HD_VISIT(hd_from_object(g->frame.code));
    if (g->state == HD_GENERATOR_CREATED || g->state == HD_GENERATOR_SUSPENDED) {
        return hd_frame_traverse(&g->frame, visit, context);
    }
    return 0;
}

static HdValue generator_repr(HdThread *t, HdValue self) {
    HdGenerator *g = as_generator(self);
    const char *kind = g->head.type == &hd_async_generator_type ? "async_generator" : kind_name(g);
    return hd_str_format(t, "<%s object %U at %p>", kind, qualname_borrowed(g), hd_as_object(self));
}

static HdValue return_self(HdThread *t, HdValue self) { return hd_retain(t, self); }

/* --- attributes --- */

static HdValue get_frame(HdThread *t, HdValue self, void *unused) {
    HdGenerator *g = as_generator(self);
    if (HD_LOAD_ACQUIRE(&g->state) == HD_GENERATOR_DONE) return hd_None;
    return hd_retain(t, hd_frame_object_borrowed(t, &g->frame));
}
static HdValue get_code(HdThread *t, HdValue self, void *unused) {
    return hd_retain(t, hd_from_object(as_generator(self)->frame.code));
}
static HdValue get_running(HdThread *t, HdValue self, void *unused) {
    return hd_bool(HD_LOAD_ACQUIRE(&as_generator(self)->state) == HD_GENERATOR_RUNNING);
}
static HdValue get_ag_running(HdThread *t, HdValue self, void *unused) { return hd_bool(as_generator(self)->busy); }
static HdValue get_suspended(HdThread *t, HdValue self, void *unused) {
    return hd_bool(HD_LOAD_ACQUIRE(&as_generator(self)->state) == HD_GENERATOR_SUSPENDED);
}
static HdValue get_yield_from(HdThread *t, HdValue self, void *unused) {
    HdValue v = hd_generator_yield_from(t, as_generator(self));
    return hd_is_null(v) ? hd_None : v;
}
static HdValue get_origin(HdThread *t, HdValue self, void *unused) {
    HdValue v = as_generator(self)->origin;
    return hd_is_null(v) ? hd_None : hd_retain(t, v);
}
static HdValue get_name(HdThread *t, HdValue self, void *unused) {
    HdGenerator *g = as_generator(self);
    return hd_retain(t, hd_is_null(g->name) ? g->frame.code->name : g->name);
}
static HdValue get_qualname(HdThread *t, HdValue self, void *unused) {
    return hd_retain(t, qualname_borrowed(as_generator(self)));
}
static int set_name(HdThread *t, HdValue self, HdValue value, void *qualname) {
    if (hd_is_null(value) || !hd_is_str(value)) {
        return hd_raise_int(t, &hd_TypeError, "%s must be set to a string object", qualname ? "__qualname__" : "__name__");
    }
    hd_replace_steal(t, qualname ? &as_generator(self)->qualname : &as_generator(self)->name, hd_retain(t, value));
    return 0;
}

#define COMMON_GETSETS(prefix, kind)                                                                     \
    {prefix "_frame", get_frame, NULL, NULL, NULL}, {prefix "_code", get_code, NULL, NULL, NULL},  \
    {"__name__", get_name, set_name, "name of the " kind, NULL},                               \
    {"__qualname__", get_qualname, set_name, "qualified name of the " kind, (void *)1}

static const HdGetSetDef generator_getsets[] = {
    COMMON_GETSETS("gi", "generator"),
    {"gi_running", get_running, NULL, NULL, NULL},
    {"gi_suspended", get_suspended, NULL, NULL, NULL},
    {"gi_yieldfrom", get_yield_from, NULL, "object being iterated by yield from, or None", NULL},
    {NULL},
};
static const HdGetSetDef coroutine_getsets[] = {
    COMMON_GETSETS("cr", "coroutine"),
    {"cr_running", get_running, NULL, NULL, NULL},
    {"cr_suspended", get_suspended, NULL, NULL, NULL},
    {"cr_await", get_yield_from, NULL, "object being awaited on, or None", NULL},
    {"cr_origin", get_origin, NULL, NULL, NULL},
    {NULL},
};
static const HdGetSetDef async_generator_getsets[] = {
    COMMON_GETSETS("ag", "async generator"),
    {"ag_running", get_ag_running, NULL, NULL, NULL},
    {"ag_suspended", get_suspended, NULL, NULL, NULL},
    {"ag_await", get_yield_from, NULL, "object being awaited on, or None", NULL},
    {NULL},
};
static const HdMethodDef generator_methods[] = {
    HD_METHOD(method_send, "send($self, arg, /)", "Send a value into the generator and return the next yielded value, or raise StopIteration."),
    HD_METHOD(method_throw, "throw($self, type, value=<none>, traceback=<none>, /)", "Raise an exception in the generator, return the next yielded value, or raise StopIteration."),
    HD_METHOD(method_close, "close($self, /)", "Raise GeneratorExit inside the generator."),
    HD_METHODS_END,
};

HdType hd_generator_type = {
    HD_TYPE_HEAD("generator"),
    .basicsize = sizeof(HdGenerator),
    .itemsize = sizeof(HdRef),
    .var_size = generator_size,
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = generator_dealloc,
    .traverse = generator_traverse,
    .clear = generator_clear,
    .finalize = generator_finalize,
    .repr = generator_repr,
    .iter = return_self,
    .next = generator_next,
    .send = hd_generator_send,
    .methods = generator_methods,
    .getsets = generator_getsets,
};

/* --- coroutines --- */

typedef struct HdCoroutineWrapper { /* what coroutine.__await__() returns */
    HdObject head;
    HdValue coroutine;
} HdCoroutineWrapper;

static HdValue wrapped(HdValue self) { return HD_AS(HdCoroutineWrapper, self)->coroutine; }

static HdValue coroutine_await(HdThread *t, HdValue self) {
    HdCoroutineWrapper *w = HD_NEW(t, HdCoroutineWrapper, &hd_coroutine_wrapper_type);
    if (!w) return HD_NULL;
    w->coroutine = hd_retain(t, self);
    return hd_from_object(w);
}

static HdValue wrapper_next(HdThread *t, HdValue self) { return generator_next(t, wrapped(self)); }
static HdValue wrapper_send(HdThread *t, HdValue self, const HdValue *args) { return method_send(t, wrapped(self), args); }
static HdValue wrapper_throw(HdThread *t, HdValue self, const HdValue *args) { return method_throw(t, wrapped(self), args); }
static HdValue wrapper_close(HdThread *t, HdValue self, const HdValue *args) { return method_close(t, wrapped(self), args); }
static HdSendStatus wrapper_send_slot(HdThread *t, HdValue self, HdValue value, HdValue *result) {
    return hd_generator_send(t, wrapped(self), value, result);
}
static void wrapper_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((HdCoroutineWrapper *)self)->coroutine); }
static void wrapper_dealloc(HdThread *t, HdObject *self) {
    wrapper_clear(t, self);
    hd_type_free(t, self);
}
static int wrapper_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdCoroutineWrapper *)self)->coroutine);
    return 0;
}

static const HdMethodDef coroutine_methods[] = {
    HD_METHOD(method_send, "send($self, arg, /)", "Send a value into coroutine, return the next value or raise StopIteration."),
    HD_METHOD(method_throw, "throw($self, type, value=<none>, traceback=<none>, /)", "Raise an exception in coroutine, return the next value or raise StopIteration."),
    HD_METHOD(method_close, "close($self, /)", "Raise GeneratorExit inside coroutine."),
    HD_METHODS_END,
};
static const HdMethodDef wrapper_methods[] = {
    HD_METHOD(wrapper_send, "send($self, arg, /)", NULL),
    HD_METHOD(wrapper_throw, "throw($self, type, value=<none>, traceback=<none>, /)", NULL),
    HD_METHOD(wrapper_close, "close($self, /)", NULL),
    HD_METHODS_END,
};

HdType hd_coroutine_type = {
    HD_TYPE_HEAD("coroutine"),
    .basicsize = sizeof(HdGenerator),
    .itemsize = sizeof(HdRef),
    .var_size = generator_size,
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = generator_dealloc,
    .traverse = generator_traverse,
    .clear = generator_clear,
    .finalize = generator_finalize,
    .repr = generator_repr,
    .await_ = coroutine_await,
    .send = hd_generator_send,
    .methods = coroutine_methods,
    .getsets = coroutine_getsets,
};

HdType hd_coroutine_wrapper_type = {
    HD_TYPE_HEAD("coroutine_wrapper"),
    .basicsize = sizeof(HdCoroutineWrapper),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = wrapper_dealloc,
    .traverse = wrapper_traverse,
    .clear = wrapper_clear,
    .iter = return_self,
    .next = wrapper_next,
    .send = wrapper_send_slot,
    .methods = wrapper_methods,
};

HdType hd_async_generator_type = {
    HD_TYPE_HEAD("async_generator"),
    .basicsize = sizeof(HdGenerator),
    .itemsize = sizeof(HdRef),
    .var_size = generator_size,
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = generator_dealloc,
    .traverse = generator_traverse,
    .clear = generator_clear,
    .finalize = generator_finalize,
    .repr = generator_repr,
    .aiter = return_self,
    .anext = hd_async_generator_anext,
    .methods = hd_async_generator_methods,
    .getsets = async_generator_getsets,
};

HdSendStatus hd_generator_resume(HdThread *t, HdGenerator *g, HdValue value, bool closing, HdValue *result) {
    return resume(t, g, value, closing, result);
}
HdSendStatus hd_generator_throw(HdThread *t, HdGenerator *g, HdValue type, HdValue value, HdValue traceback, HdValue *result) {
    return throw_into(t, g, type, value, traceback, result);
}

int hd_generator_init(HdThread *t) {
    HdType *types[] = {&hd_generator_type, &hd_coroutine_type, &hd_coroutine_wrapper_type, &hd_async_generator_type,
                       &hd_async_wrapped_value_type, &hd_async_asend_type, &hd_async_athrow_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_type_ready(t, types[i]) < 0) return -1;
    }
    return 0;
}
