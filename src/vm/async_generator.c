/* async_generator.c -- what `async def` with `yield` gives: the awaitables of asend, athrow and aclose.
 *
 * A value that the generator yields arrives wrapped (ASYNC_GEN_WRAP) and ends the await with it; everything else that
 * comes out of the frame is something it awaits, and goes on to the event loop. No locks; `busy` keeps a second await
 * out while one runs.
 */
#include "descr.h"
#include "errors.h"
#include "eval.h"
#include "exceptions.h"
#include "generator.h"

enum { STATE_INIT, STATE_ITER, STATE_CLOSED };

typedef struct HdAsyncValue {
    HdObject head;
    HdValue value;
} HdAsyncValue;

typedef struct HdAsyncCall { /* asend, athrow and aclose */
    HdObject head;
    HdValue generator;
    HdValue value;            /* asend: to be sent; athrow: the type; aclose: HD_NULL */
    HdValue second, traceback; /* athrow */
    uint8_t state;
} HdAsyncCall;

static HdGenerator *generator_of(HdAsyncCall *call) { return HD_AS(HdGenerator, call->generator); }

HdValue hd_async_wrap_value(HdThread *t, HdValue v) {
    HdAsyncValue *wrapped = HD_NEW(t, HdAsyncValue, &hd_async_wrapped_value_type);
    if (!wrapped) return HD_NULL;
    wrapped->value = hd_retain(t, v);
    return hd_from_object(wrapped);
}

static void raise_stop(HdThread *t) {
    HdValue stop = hd_object_call0(t, hd_type_value(&hd_StopAsyncIteration));
    if (hd_is_null(stop)) return;
    hd_raise_instance(t, stop);
    hd_release(t, stop);
}

static bool is_wrapped(HdValue v) { return hd_is_exact_object(v, &hd_async_wrapped_value_type); }

static HdValue new_call(HdThread *t, HdType *type, HdValue generator, HdValue value) {
    HdGenerator *g = HD_AS(HdGenerator, generator);
    if (!g->hooks_done) {
        g->hooks_done = 1;
        if (!hd_is_null(t->async_gen_finalizer) && !hd_is_none(t->async_gen_finalizer)) {
            g->finalizer = hd_retain(t, t->async_gen_finalizer);
        }
        if (!hd_is_null(t->async_gen_firstiter) && !hd_is_none(t->async_gen_firstiter)) {
            HdValue hook = hd_retain(t, t->async_gen_firstiter);
            HdValue result = hd_object_call1(t, hook, generator);
            hd_release(t, hook);
            if (hd_is_null(result)) return HD_NULL;
            hd_release(t, result);
        }
    }
    HdAsyncCall *call = HD_NEW(t, HdAsyncCall, type);
    if (!call) return HD_NULL;
    call->generator = hd_retain(t, generator);
    call->value = hd_retain(t, value);
    return hd_from_object(call);
}

HdValue hd_async_generator_anext(HdThread *t, HdValue self) { return new_call(t, &hd_async_asend_type, self, hd_None); }

static HdValue method_asend(HdThread *t, HdValue self, const HdValue *args) {
    return new_call(t, &hd_async_asend_type, self, args[0]);
}
static HdValue method_athrow(HdThread *t, HdValue self, const HdValue *args) {
    HdValue v = new_call(t, &hd_async_athrow_type, self, args[0]);
    if (hd_is_null(v)) return HD_NULL;
    HdAsyncCall *call = HD_AS(HdAsyncCall, v);
    call->second = hd_retain(t, args[1]);
    call->traceback = hd_retain(t, args[2]);
    return v;
}
static HdValue method_aclose(HdThread *t, HdValue self, const HdValue *args) {
    return new_call(t, &hd_async_athrow_type, self, HD_NULL);
}

/* What came out of the frame, HD_NULL with or without an exception when it ended: the result of send(). */
static HdValue unwrap(HdThread *t, HdGenerator *g, HdValue result) {
    if (hd_is_null(result)) {
        if (!hd_raised(t)) raise_stop(t);
        if (hd_raised_is(t, &hd_StopAsyncIteration) || hd_raised_is(t, &hd_GeneratorExit)) g->closed = 1;
        g->busy = 0;
        return HD_NULL;
    }
    if (!is_wrapped(result)) return result;
    hd_raise_stop_iteration(t, HD_AS(HdAsyncValue, result)->value);
    hd_release(t, result);
    g->busy = 0;
    return HD_NULL;
}

/* HD_NULL without an exception: the frame returned. */
static HdValue plain(HdThread *t, HdSendStatus status, HdValue result) {
    if (status == HD_SEND_NEXT) return result;
    if (status == HD_SEND_RETURN) hd_release(t, result);
    return HD_NULL;
}

static HdValue asend_send(HdThread *t, HdValue self, HdValue value) {
    HdAsyncCall *call = HD_AS(HdAsyncCall, self);
    HdGenerator *g = generator_of(call);
    if (call->state == STATE_CLOSED) {
        return hd_raise(t, &hd_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
    }
    if (call->state == STATE_INIT) {
        if (g->busy) {
            return hd_raise(t, &hd_RuntimeError, "anext(): asynchronous generator is already running");
        }
        if (hd_is_none(value)) value = call->value;
        call->state = STATE_ITER;
        g->busy = 1;
    }
    HdValue result;
    HdSendStatus status = hd_generator_resume(t, g, hd_retain(t, value), false, &result);
    result = unwrap(t, g, plain(t, status, result));
    if (hd_is_null(result)) call->state = STATE_CLOSED;
    return result;
}

static HdValue asend_throw(HdThread *t, HdValue self, const HdValue *args) {
    HdAsyncCall *call = HD_AS(HdAsyncCall, self);
    if (call->state == STATE_CLOSED) {
        return hd_raise(t, &hd_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
    }
    HdValue result;
    HdSendStatus status = hd_generator_throw(t, generator_of(call), args[0], args[1], args[2], &result);
    result = unwrap(t, generator_of(call), plain(t, status, result));
    if (hd_is_null(result)) call->state = STATE_CLOSED;
    return result;
}

static HdValue ignored_exit(HdThread *t, HdAsyncCall *call, HdValue result) {
    hd_release(t, result);
    generator_of(call)->busy = 0;
    call->state = STATE_CLOSED;
    return hd_raise(t, &hd_RuntimeError, "async generator ignored GeneratorExit");
}

static HdValue athrow_failed(HdThread *t, HdAsyncCall *call) {
    generator_of(call)->busy = 0;
    call->state = STATE_CLOSED;
    if (!hd_raised(t)) raise_stop(t);
    if (hd_is_null(call->value) && (hd_raised_is(t, &hd_StopAsyncIteration) || hd_raised_is(t, &hd_GeneratorExit))) {
        hd_clear_raised(t);
        hd_raise_stop_iteration(t, HD_NULL);
    }
    return HD_NULL;
}

/* The first send: throws into the generator. */
static HdValue athrow_begin(HdThread *t, HdAsyncCall *call, HdValue value) {
    HdGenerator *g = generator_of(call);
    bool closing = hd_is_null(call->value);
    if (g->busy) {
        call->state = STATE_CLOSED;
        return hd_raise(t, &hd_RuntimeError, "%s: asynchronous generator is already running", closing ? "aclose()" : "athrow()");
    }
    if (g->closed) {
        call->state = STATE_CLOSED;
        raise_stop(t);
        return HD_NULL;
    }
    if (!hd_is_none(value)) {
        return hd_raise(t, &hd_RuntimeError, "can't send non-None value to a just-started coroutine");
    }
    call->state = STATE_ITER;
    g->busy = 1;
    HdValue result;
    HdSendStatus status;
    if (closing) {
        g->closed = 1;
        status = hd_generator_throw(t, g, hd_type_value(&hd_GeneratorExit), HD_NULL, HD_NULL, &result);
        result = plain(t, status, result);
        if (!hd_is_null(result) && is_wrapped(result)) return ignored_exit(t, call, result);
    } else {
        status = hd_generator_throw(t, g, call->value, call->second, call->traceback, &result);
        result = unwrap(t, g, plain(t, status, result));
    }
    return hd_is_null(result) ? athrow_failed(t, call) : result;
}

static HdValue athrow_send(HdThread *t, HdValue self, HdValue value) {
    HdAsyncCall *call = HD_AS(HdAsyncCall, self);
    HdGenerator *g = generator_of(call);
    if (call->state == STATE_CLOSED) {
        return hd_raise(t, &hd_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
    }
    if (HD_LOAD_ACQUIRE(&g->state) == HD_GENERATOR_DONE) {
        call->state = STATE_CLOSED;
        hd_raise_stop_iteration(t, HD_NULL);
        return HD_NULL;
    }
    if (call->state == STATE_INIT) return athrow_begin(t, call, value);
    HdValue result;
    HdSendStatus status = hd_generator_resume(t, g, hd_retain(t, value), false, &result);
    result = plain(t, status, result);
    if (!hd_is_null(call->value)) return unwrap(t, g, result);
    if (hd_is_null(result)) return athrow_failed(t, call);
    return is_wrapped(result) ? ignored_exit(t, call, result) : result;
}

static HdValue athrow_throw(HdThread *t, HdValue self, const HdValue *args) {
    HdAsyncCall *call = HD_AS(HdAsyncCall, self);
    HdGenerator *g = generator_of(call);
    if (call->state == STATE_CLOSED) {
        return hd_raise(t, &hd_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
    }
    HdValue result;
    HdSendStatus status = hd_generator_throw(t, g, args[0], args[1], args[2], &result);
    result = plain(t, status, result);
    if (!hd_is_null(call->value)) return unwrap(t, g, result);
    if (hd_is_null(result)) return athrow_failed(t, call);
    return is_wrapped(result) ? ignored_exit(t, call, result) : result;
}

static HdValue call_close(HdThread *t, HdValue self, const HdValue *args) {
    HD_AS(HdAsyncCall, self)->state = STATE_CLOSED;
    return hd_None;
}
static HdValue return_self(HdThread *t, HdValue self) { return hd_retain(t, self); }
static HdValue asend_next(HdThread *t, HdValue self) { return asend_send(t, self, hd_None); }
static HdValue athrow_next(HdThread *t, HdValue self) { return athrow_send(t, self, hd_None); }
static HdValue asend_method(HdThread *t, HdValue self, const HdValue *args) { return asend_send(t, self, args[0]); }
static HdValue athrow_method(HdThread *t, HdValue self, const HdValue *args) { return athrow_send(t, self, args[0]); }

static HdSendStatus send_result(HdThread *t, HdValue value, HdValue *result) {
    *result = value;
    if (!hd_is_null(value)) return HD_SEND_NEXT;
    return hd_take_stop_iteration(t, result) == 1 ? HD_SEND_RETURN : HD_SEND_ERROR;
}
static HdSendStatus asend_slot(HdThread *t, HdValue self, HdValue value, HdValue *result) {
    return send_result(t, asend_send(t, self, value), result);
}
static HdSendStatus athrow_slot(HdThread *t, HdValue self, HdValue value, HdValue *result) {
    return send_result(t, athrow_send(t, self, value), result);
}

static void call_clear(HdThread *t, HdObject *self) {
    HdAsyncCall *call = (HdAsyncCall *)self;
    hd_clear_slot(t, &call->value);
    hd_clear_slot(t, &call->second);
    hd_clear_slot(t, &call->traceback);
    hd_clear_slot(t, &call->generator);
}
static void call_dealloc(HdThread *t, HdObject *self) {
    call_clear(t, self);
    hd_type_free(t, self);
}
static int call_traverse(HdObject *self, HdVisit visit, void *context) {
    HdAsyncCall *call = (HdAsyncCall *)self;
    HD_VISIT(call->generator);
    HD_VISIT(call->value);
    HD_VISIT(call->second);
    HD_VISIT(call->traceback);
    return 0;
}
static void value_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((HdAsyncValue *)self)->value); }
static void value_dealloc(HdThread *t, HdObject *self) {
    value_clear(t, self);
    hd_type_free(t, self);
}
static int value_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdAsyncValue *)self)->value);
    return 0;
}

static HdValue class_getitem(HdThread *t, HdValue type, const HdValue *args) {
    return hd_generic_alias_new(t, type, args[0]);
}

const HdMethodDef hd_async_generator_methods[] = {
    HD_METHOD(method_asend, "asend($self, value, /)", "Send a value into the generator and return the next yielded value, or raise StopAsyncIteration."),
    HD_METHOD(method_athrow, "athrow($self, type, value=<none>, traceback=<none>, /)", "Raise an exception in the generator."),
    HD_METHOD(method_aclose, "aclose($self, /)", "Raise GeneratorExit inside the generator."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHODS_END,
};
static const HdMethodDef asend_methods[] = {
    HD_METHOD(asend_method, "send($self, arg, /)", NULL),
    HD_METHOD(asend_throw, "throw($self, type, value=<none>, traceback=<none>, /)", NULL),
    HD_METHOD(call_close, "close($self, /)", NULL),
    HD_METHODS_END,
};
static const HdMethodDef athrow_methods[] = {
    HD_METHOD(athrow_method, "send($self, arg, /)", NULL),
    HD_METHOD(athrow_throw, "throw($self, type, value=<none>, traceback=<none>, /)", NULL),
    HD_METHOD(call_close, "close($self, /)", NULL),
    HD_METHODS_END,
};

HdType hd_async_wrapped_value_type = {
    HD_TYPE_HEAD("async_generator_wrapped_value"),
    .basicsize = sizeof(HdAsyncValue),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = value_dealloc,
    .traverse = value_traverse,
    .clear = value_clear,
};
HdType hd_async_asend_type = {
    HD_TYPE_HEAD("async_generator_asend"),
    .basicsize = sizeof(HdAsyncCall),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = call_dealloc,
    .traverse = call_traverse,
    .clear = call_clear,
    .await_ = return_self,
    .iter = return_self,
    .next = asend_next,
    .send = asend_slot,
    .methods = asend_methods,
};
HdType hd_async_athrow_type = {
    HD_TYPE_HEAD("async_generator_athrow"),
    .basicsize = sizeof(HdAsyncCall),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = call_dealloc,
    .traverse = call_traverse,
    .clear = call_clear,
    .await_ = return_self,
    .iter = return_self,
    .next = athrow_next,
    .send = athrow_slot,
    .methods = athrow_methods,
};
