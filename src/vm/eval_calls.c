/* eval_calls.c -- frames for calls that need binding, classes that are called, recursion, awaiting; what C code calls.
 *
 * No locks; everything may run Python.
 */
#include "errors.h"
#include "eval.h"
#include "exceptions.h"

int hd_eval_too_deep(HdThread *t) {
    if (t->recursion_headroom > 0 && t->recursion_depth <= t->recursion_limit + 50) return 0;
    t->recursion_headroom++;
    hd_raise_recursion(t, "");
    t->recursion_headroom--;
    return -1;
}

HdFrame *hd_eval_push_call(HdThread *t, HdValue function, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdFrame *frame = hd_frame_new_steal(t, hd_retain(t, function));
    if (!frame) return NULL;
    if (hd_function_bind(t, frame, args, nargs, kwnames) < 0) {
        hd_frame_end(t, frame);
        return NULL;
    }
    frame->previous = t->frame;
    return frame;
}

HdValue hd_vm_call_function(HdThread *t, HdValue function, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdFrame *frame = hd_eval_push_call(t, function, args, nargs, kwnames);
    if (!frame) return HD_NULL;
    return hd_eval_run(t, frame, false);
}

HdValue hd_function_call(HdThread *t, HdValue function, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_vm_call_function(t, function, args, nargs, kwnames);
}

HdValue hd_eval_class_instance(HdThread *t, HdType *type, HdValue *init) {
    if (type->create != hd_object_type.create || !(type->flags & HD_TYPE_HEAP) || (type->flags & HD_TYPE_ABSTRACT)) {
        return HD_NULL;
    }
    *init = hd_type_lookup_borrowed(t, type, HD_NAME("__init__"));
    if (hd_is_null(*init) || !hd_is_exact_object(*init, &hd_function_type)) return HD_NULL;
    return hd_type_alloc(t, type);
}

/* --- iteration and awaiting --- */

HdValue hd_eval_yield_from_iter(HdThread *t, HdFrame *frame, HdValue v) {
    if (hd_is_exact_object(v, &hd_coroutine_type)) {
        if (frame->code->flags & (HD_CO_COROUTINE | HD_CO_ITERABLE_COROUTINE)) return hd_retain(t, v);
        return hd_raise(t, &hd_TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator");
    }
    if (hd_is_exact_object(v, &hd_generator_type)) return hd_retain(t, v);
    return hd_object_iter(t, v);
}

HdValue hd_generator_awaitable(HdThread *t, HdValue v) {
    if (hd_is_exact_object(v, &hd_coroutine_type)) return hd_retain(t, v);
    if (hd_is_exact_object(v, &hd_generator_type) &&
        HD_AS(HdGenerator, v)->frame.code->flags & HD_CO_ITERABLE_COROUTINE) return hd_retain(t, v);
    HdType *type = hd_type_of(v);
    if (!type->await_) return hd_raise(t, &hd_TypeError, "object %T can't be used in 'await' expression", v);
    HdValue result = type->await_(t, v);
    if (hd_is_null(result)) return HD_NULL;
    if (hd_is_exact_object(result, &hd_coroutine_type) ||
        (hd_is_exact_object(result, &hd_generator_type) &&
         HD_AS(HdGenerator, result)->frame.code->flags & HD_CO_ITERABLE_COROUTINE)) {
        hd_release(t, result);
        return hd_raise(t, &hd_TypeError, "__await__() returned a coroutine");
    }
    if (!hd_object_is_iterator(result)) {
        hd_raise(t, &hd_TypeError, "__await__() returned non-iterator of type '%T'", result);
        hd_release(t, result);
        return HD_NULL;
    }
    return result;
}

HdValue hd_eval_get_awaitable(HdThread *t, HdValue v, uint32_t how) {
    HdType *type = hd_type_of(v);
    if (how && !type->await_ && type != &hd_generator_type) {
        return hd_raise(t, &hd_TypeError, "'async with' received an object from %s that does not implement __await__: %T",
                        how == 1 ? "__aenter__" : "__aexit__", v);
    }
    HdValue iterator = hd_generator_awaitable(t, v);
    if (!hd_is_null(iterator) && hd_is_exact_object(iterator, &hd_coroutine_type)) {
        HdValue waits = hd_generator_yield_from(t, HD_AS(HdGenerator, iterator));
        if (!hd_is_null(waits)) {
            hd_release(t, waits);
            hd_release(t, iterator);
            return hd_raise(t, &hd_RuntimeError, "coroutine is being awaited already");
        }
    }
    return iterator;
}

HdValue hd_eval_get_aiter(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    if (!type->aiter) {
        return hd_raise(t, &hd_TypeError, "'async for' requires an object with __aiter__ method, got %T", v);
    }
    HdValue iterator = type->aiter(t, v);
    if (hd_is_null(iterator)) return HD_NULL;
    if (!hd_type_of(iterator)->anext) {
        hd_raise(t, &hd_TypeError, "'async for' received an object from __aiter__ that does not implement __anext__: %T",
                 iterator);
        hd_release(t, iterator);
        return HD_NULL;
    }
    return iterator;
}

HdValue hd_eval_get_anext(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    if (!type->anext) {
        return hd_raise(t, &hd_TypeError, "'async for' requires an iterator with __anext__ method, got %T", v);
    }
    HdValue next = type->anext(t, v);
    if (hd_is_null(next) || type == &hd_async_generator_type) return next;
    HdValue awaitable = hd_generator_awaitable(t, next);
    if (hd_is_null(awaitable)) {
        hd_raise_from(t, &hd_TypeError, "'async for' received an invalid object from __anext__: %T", next);
    }
    hd_release(t, next);
    return awaitable;
}
