/* asyncio_future.c -- Future and the iterator of `await future` (see asyncio_types.h). */
#include <stddef.h>

#include "asyncio_types.h"
#include "attrs.h"
#include "object_internal.h"

typedef struct FutureObject {
    HD_FUTURE_FIELDS;
    HdAttrs attrs;
} FutureObject;

/* --- the state --- */

int hd_future_check(HdThread *t, HdValue self) {
    if (HD_LIKELY(!hd_is_null(hd_future_of(self)->loop))) return 0;
    return hd_raise_int(t, &hd_RuntimeError, "Future object is not initialized.");
}
HD_COLD static HdValue invalid_state(HdThread *t, const char *message) {
    HdValue type = hd_asyncio_name(t, HD_ASYNCIO_INVALID_STATE);
    HD_OWNED HdValue text = hd_is_null(type) ? HD_NULL : hd_str_from_text(t, message);
    HD_OWNED HdValue exception = hd_is_null(text) ? HD_NULL : hd_object_call1(t, type, text);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}

int hd_future_init(HdThread *t, HdValue self, HdValue loop) {
    HdFuture *f = hd_future_of(self);
    loop = hd_is_null(loop) || hd_is_none(loop) ? hd_asyncio_get_event_loop(t) : hd_retain(t, loop);
    if (hd_is_null(loop)) return -1;
    if (!hd_is_null(f->loop) || !hd_is_null(f->cancel_message)) hd_future_clear(t, &f->head); /* it was called before */
    HD_STORE_RELAXED(&f->log_traceback, 0);
    f->blocking = 0;
    HD_STORE_RELEASE(&f->state, HD_FUTURE_PENDING);
    hd_field_set_steal(t, f, &f->loop, loop);
    HD_OWNED HdValue debug = hd_object_call_method(t, loop, HD_NAME("get_debug"), NULL, 0);
    int on = hd_is_null(debug) ? -1 : hd_object_truth(t, debug);
    if (on <= 0 || t->runtime->finalizing) return on < 0 ? -1 : 0;
    HdValue extract = hd_asyncio_name(t, HD_ASYNCIO_EXTRACT_STACK);
    HdValue stack = hd_is_null(extract) ? HD_NULL : hd_object_call0(t, extract);
    if (hd_is_null(stack)) return -1;
    hd_field_set_steal(t, f, &f->source_traceback, stack);
    return 0;
}
static HdValue future_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
static int future_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "Future(*, loop=None)", NULL);
    HdValue loop;
    if (HD_LIKELY(nargs == 0 && !hd_is_null(kwnames) && hd_tuple_length(kwnames) == 1 &&
                  hd_same(hd_tuple_at_borrowed(kwnames, 0), HD_NAME("loop"))))
        return hd_future_init(t, self, hd_ref_value(args[0]));
    return hd_native_bind(t, &def, args, nargs, kwnames, &loop) < 0 ? -1 : hd_future_init(t, self, loop);
}

/* --- callbacks --- */

/* All callbacks go to the loop, in order. What cannot be told the loop is lost with the error that says why. */
HD_CHECK static int schedule(HdThread *t, HdValue self) {
    HdFuture *f = hd_future_of(self);
    hd_lock_object(t, &f->head);
    HD_OWNED HdValue callback = hd_slot_exchange(&f->callback, HD_NULL);
    HD_OWNED HdValue context = hd_slot_exchange(&f->context, HD_NULL);
    HD_OWNED HdValue list = hd_slot_exchange(&f->callbacks, HD_NULL);
    hd_unlock_object(t, &f->head);
    if (hd_is_null(callback) && hd_is_null(list)) return 0;
    HD_OWNED HdValue loop = hd_field_get(t, f, &f->loop);
    if (!hd_is_null(callback) && hd_asyncio_call_soon(t, loop, callback, self, context) < 0) return -1;
    for (HdSize i = 0; !hd_is_null(list) && i < hd_list_length(list); i++) {
        HD_OWNED HdValue pair = hd_list_get(t, list, i);
        if (hd_is_null(pair)) break;
        if (hd_asyncio_call_soon(t, loop, hd_tuple_at_borrowed(pair, 0), self, hd_tuple_at_borrowed(pair, 1)) < 0)
            return -1;
    }
    return 0;
}
int hd_future_add_callback(HdThread *t, HdValue self, HdValue callback, HdValue context) {
    HdFuture *f = hd_future_of(self);
    hd_lock_object(t, &f->head);
    bool pending = f->state == HD_FUTURE_PENDING;
    bool first = pending && hd_is_null(f->callback) && hd_is_null(f->callbacks);
    if (first) {
        f->callback = hd_retain(t, callback);
        f->context = hd_retain(t, context);
    }
    hd_unlock_object(t, &f->head);
    if (first) return 0;
    if (!pending) {
        HD_OWNED HdValue loop = hd_field_get(t, f, &f->loop);
        return hd_asyncio_call_soon(t, loop, callback, self, context);
    }
    HD_OWNED HdValue pair = hd_tuple_pack(t, 2, callback, context);
    HD_OWNED HdValue list = hd_is_null(pair) ? HD_NULL : hd_list_new(t, 1);
    if (hd_is_null(list)) return -1;
    hd_lock_object(t, &f->head);
    if (hd_is_null(f->callbacks)) f->callbacks = hd_move(&list);
    HD_OWNED HdValue all = hd_retain(t, f->callbacks);
    hd_unlock_object(t, &f->head);
    return hd_list_append(t, all, pair);
}
static HdValue future_add_done_callback(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_future_check(t, self) < 0) return HD_NULL;
    bool given = !hd_is_null(args[1]);
    HD_OWNED HdValue context = given ? hd_retain(t, args[1]) : hd_asyncio_copy_context(t);
    if (hd_is_null(context) || hd_future_add_callback(t, self, args[0], context) < 0) return HD_NULL;
    return hd_None;
}
/* Takes the first callback out if it equals `wanted`: 1, 0, -1 raised. */
HD_CHECK static int remove_first(HdThread *t, HdFuture *f, HdValue wanted) {
    HD_OWNED HdValue callback = hd_field_get(t, f, &f->callback);
    if (hd_is_null(callback)) return 0;
    int equal = hd_object_equal(t, callback, wanted);
    if (equal <= 0) return equal;
    hd_lock_object(t, &f->head);
    bool still = hd_same(f->callback, callback);
    HD_OWNED HdValue first = still ? hd_slot_exchange(&f->callback, HD_NULL) : HD_NULL;
    HD_OWNED HdValue context = still ? hd_slot_exchange(&f->context, HD_NULL) : HD_NULL;
    hd_unlock_object(t, &f->head);
    return still;
}
/* Comparing runs Python, which may change the list: what it holds by then is gone through, each item once. */
static HdValue future_remove_done_callback(HdThread *t, HdValue self, const HdValue *args) {
    HdFuture *f = hd_future_of(self);
    if (hd_future_check(t, self) < 0) return HD_NULL;
    HdSize removed = remove_first(t, f, args[0]), kept_count = 0, seen = 0;
    if (removed < 0) return HD_NULL;
    HD_OWNED HdValue list = hd_field_get(t, f, &f->callbacks);
    if (hd_is_null(list)) return hd_imm_int(removed);
    HD_OWNED HdValue kept = hd_list_new(t, 0);
    if (hd_is_null(kept)) return HD_NULL;
    for (; seen < hd_list_length(list); seen++) {
        HD_OWNED HdValue pair = hd_list_get(t, list, seen);
        if (hd_is_null(pair)) break;
        int equal = hd_object_equal(t, hd_tuple_at_borrowed(pair, 0), args[0]);
        if (equal < 0 || (!equal && hd_list_append(t, kept, pair) < 0)) return HD_NULL;
        kept_count += !equal;
    }
    if (kept_count == seen) return hd_imm_int(removed);
    HdSize length = hd_list_length(list);
    if (hd_list_set_slice(t, list, 0, seen < length ? seen : length, kept) < 0) return HD_NULL;
    HD_OWNED HdValue empty = HD_NULL;
    hd_lock_object(t, &f->head);
    if (hd_same(f->callbacks, list) && hd_list_length(list) == 0) empty = hd_slot_exchange(&f->callbacks, HD_NULL);
    hd_unlock_object(t, &f->head);
    return hd_imm_int(removed + seen - kept_count);
}

/* --- results --- */

/* Writes the outcome and the state if it is pending; false, and nothing taken over, if it is not. */
static bool settle_steal(HdThread *t, HdFuture *f, HdValue *field, HdValue v, int state) {
    hd_lock_object(t, &f->head);
    bool pending = f->state == HD_FUTURE_PENDING;
    HdValue old = pending ? hd_slot_exchange(field, v) : v;
    if (pending) HD_STORE_RELEASE(&f->state, (uint8_t)state);
    hd_unlock_object(t, &f->head);
    hd_release(t, old);
    return pending;
}
int hd_future_set_result(HdThread *t, HdValue self, HdValue result) {
    HdFuture *f = hd_future_of(self);
    if (hd_future_check(t, self) < 0) return -1;
    if (!settle_steal(t, f, &f->result, hd_retain(t, result), HD_FUTURE_FINISHED)) {
        invalid_state(t, "invalid state");
        return -1;
    }
    return schedule(t, self);
}
int hd_future_set_exception(HdThread *t, HdValue self, HdValue exception) {
    HdFuture *f = hd_future_of(self);
    if (hd_future_check(t, self) < 0) return -1;
    if (hd_future_state(self) != HD_FUTURE_PENDING) {
        invalid_state(t, "invalid state");
        return -1;
    }
    bool is_class = hd_is_type(exception) && hd_type_is_subtype(HD_AS(HdType, exception), &hd_BaseException);
    HD_OWNED HdValue instance = is_class ? hd_object_call0(t, exception) : hd_retain(t, exception);
    if (hd_is_null(instance)) return -1;
    if (!hd_is_exception(instance)) return hd_raise_int(t, &hd_TypeError, "invalid exception object");
    if (hd_is_exact(instance, &hd_StopIteration)) {
        return hd_raise_int(t, &hd_TypeError,
                            "StopIteration interacts badly with generators and cannot be raised into a "
                            "Future");
    }
    HdValue traceback = hd_exception_traceback_borrowed(instance);
    hd_field_set_steal(t, f, &f->traceback, hd_retain(t, traceback));
    if (!settle_steal(t, f, &f->exception, hd_retain(t, instance), HD_FUTURE_FINISHED)) {
        invalid_state(t, "invalid state");
        return -1;
    }
    if (schedule(t, self) < 0) return -1;
    HD_STORE_RELAXED(&f->log_traceback, 1);
    return 0;
}
int hd_future_cancel(HdThread *t, HdValue self, HdValue message) {
    HdFuture *f = hd_future_of(self);
    if (hd_future_check(t, self) < 0) return -1;
    HD_STORE_RELAXED(&f->log_traceback, 0);
    if (hd_future_state(self) != HD_FUTURE_PENDING) return 0;
    HdValue text = hd_is_null(message) || hd_is_none(message) ? HD_NULL : hd_retain(t, message);
    if (!settle_steal(t, f, &f->cancel_message, text, HD_FUTURE_CANCELLED)) return 0;
    return schedule(t, self) < 0 ? -1 : 1;
}
HdValue hd_future_make_cancelled(HdThread *t, HdValue self) {
    HdFuture *f = hd_future_of(self);
    hd_lock_object(t, &f->head);
    HdValue kept = hd_slot_exchange(&f->cancelled_exception, HD_NULL);
    hd_unlock_object(t, &f->head);
    if (!hd_is_null(kept)) return kept;
    HdValue type = hd_asyncio_name(t, HD_ASYNCIO_CANCELLED);
    if (hd_is_null(type)) return HD_NULL;
    HD_OWNED HdValue message = hd_field_get(t, f, &f->cancel_message);
    bool plain = hd_is_null(message) || hd_is_none(message);
    return plain ? hd_object_call0(t, type) : hd_object_call1(t, type, message);
}
HdValue hd_future_outcome(HdThread *t, HdValue self, HdValue *exception) {
    HdFuture *f = hd_future_of(self);
    *exception = HD_NULL;
    int state = hd_future_state(self);
    if (state == HD_FUTURE_PENDING) return invalid_state(t, "Result is not set.");
    if (state == HD_FUTURE_CANCELLED) {
        *exception = hd_future_make_cancelled(t, self);
        return HD_NULL;
    }
    HD_STORE_RELAXED(&f->log_traceback, 0);
    HdValue raised = hd_field_get(t, f, &f->exception);
    if (hd_is_null(raised)) return hd_field_get(t, f, &f->result);
    HD_OWNED HdValue traceback = hd_field_get(t, f, &f->traceback);
    if (hd_exception_set_traceback(t, raised, hd_is_null(traceback) ? hd_None : traceback) < 0) {
        hd_release(t, raised);
    } else {
        *exception = raised;
    }
    return HD_NULL;
}
static HdValue outcome_or_raise(HdThread *t, HdValue self) {
    HdValue exception;
    HdValue result = hd_future_outcome(t, self, &exception);
    if (hd_is_null(exception)) return result;
    hd_raise_instance(t, exception);
    hd_release(t, exception);
    return HD_NULL;
}
static HdValue future_result(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_null(hd_future_of(self)->loop)) return invalid_state(t, "Future object is not initialized.");
    return outcome_or_raise(t, self);
}
static HdValue future_exception(HdThread *t, HdValue self, const HdValue *args) {
    HdFuture *f = hd_future_of(self);
    if (hd_is_null(f->loop)) return invalid_state(t, "Future object is not initialized.");
    int state = hd_future_state(self);
    if (state == HD_FUTURE_PENDING) return invalid_state(t, "Exception is not set.");
    if (state == HD_FUTURE_CANCELLED) return outcome_or_raise(t, self);
    HD_STORE_RELAXED(&f->log_traceback, 0);
    HdValue exception = hd_field_get(t, f, &f->exception);
    return hd_is_null(exception) ? hd_None : exception;
}
static HdValue future_set_result(HdThread *t, HdValue self, const HdValue *args) {
    return hd_future_set_result(t, self, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue future_set_exception(HdThread *t, HdValue self, const HdValue *args) {
    return hd_future_set_exception(t, self, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue future_cancel(HdThread *t, HdValue self, const HdValue *args) {
    int done = hd_future_cancel(t, self, args[0]);
    return done < 0 ? HD_NULL : hd_bool(done);
}
static HdValue future_cancelled(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_future_state(self) == HD_FUTURE_CANCELLED && !hd_is_null(hd_future_of(self)->loop));
}
static HdValue future_done(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_future_state(self) != HD_FUTURE_PENDING && !hd_is_null(hd_future_of(self)->loop));
}
static HdValue future_get_loop(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_future_check(t, self) < 0) return HD_NULL;
    return hd_field_get(t, hd_future_of(self), &hd_future_of(self)->loop);
}
static HdValue future_make_cancelled_error(HdThread *t, HdValue self, const HdValue *args) {
    return hd_future_make_cancelled(t, self);
}
static HdValue future_class_getitem(HdThread *t, HdValue type, const HdValue *args) {
    return hd_generic_alias_new(t, type, args[0]);
}
static HdValue future_repr(HdThread *t, HdValue self) {
    if (hd_future_check(t, self) < 0) return HD_NULL;
    HdValue repr = hd_asyncio_name(t, HD_ASYNCIO_FUTURE_REPR);
    return hd_is_null(repr) ? HD_NULL : hd_object_call1(t, repr, self);
}

/* --- attributes --- */

/* closure: offset of the field; None when it is empty. */
static HdValue get_field(HdThread *t, HdValue self, void *closure) {
    HdValue v = hd_field_get(t, hd_future_of(self), (HdValue *)((char *)hd_future_of(self) + (uintptr_t)closure));
    return hd_is_null(v) ? hd_None : v;
}
static HdValue get_checked_field(HdThread *t, HdValue self, void *closure) {
    return hd_future_check(t, self) < 0 ? HD_NULL : get_field(t, self, closure);
}
static int set_cancel_message(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    hd_field_set_steal(t, hd_future_of(self), &hd_future_of(self)->cancel_message, hd_retain(t, v));
    return 0;
}
static HdValue get_state(HdThread *t, HdValue self, void *closure) {
    static const char *const names[] = {"PENDING", "CANCELLED", "FINISHED"};
    return hd_future_check(t, self) < 0 ? HD_NULL : hd_str_intern_text(t, names[hd_future_state(self)]);
}
static HdValue get_blocking(HdThread *t, HdValue self, void *closure) {
    HdFuture *f = hd_future_of(self);
    return hd_bool(!hd_is_null(f->loop) && f->blocking);
}
static int set_blocking(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_future_check(t, self) < 0) return -1;
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    int on = hd_object_truth(t, v);
    if (on < 0) return -1;
    hd_future_of(self)->blocking = (uint8_t)on;
    return 0;
}
static HdValue get_log_traceback(HdThread *t, HdValue self, void *closure) {
    return hd_future_check(t, self) < 0 ? HD_NULL : hd_bool(HD_LOAD_RELAXED(&hd_future_of(self)->log_traceback));
}
static int set_log_traceback(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    int on = hd_object_truth(t, v);
    if (on) return on < 0 ? -1 : hd_raise_int(t, &hd_ValueError, "_log_traceback can only be set to False");
    HD_STORE_RELAXED(&hd_future_of(self)->log_traceback, 0);
    return 0;
}
static HdValue get_callbacks(HdThread *t, HdValue self, void *closure) {
    HdFuture *f = hd_future_of(self);
    if (hd_future_check(t, self) < 0) return HD_NULL;
    hd_lock_object(t, &f->head);
    HD_OWNED HdValue callback = hd_retain(t, f->callback);
    HD_OWNED HdValue context = hd_retain(t, f->context);
    HD_OWNED HdValue list = hd_retain(t, f->callbacks);
    hd_unlock_object(t, &f->head);
    if (hd_is_null(callback) && hd_is_null(list)) return hd_None;
    HD_OWNED HdValue all = hd_list_new(t, 1);
    if (hd_is_null(all)) return HD_NULL;
    if (!hd_is_null(callback)) {
        HdValue pair = hd_tuple_pack(t, 2, callback, context);
        if (hd_is_null(pair) || hd_list_append_steal(t, all, pair) < 0) return HD_NULL;
    }
    if (!hd_is_null(list) && hd_list_extend(t, all, list) < 0) return HD_NULL;
    return hd_move(&all);
}

/* --- life --- */

/* Tells the loop of an exception that nobody has asked for. */
void hd_future_finalize(HdThread *t, HdValue self) {
    HdFuture *f = hd_future_of(self);
    if (!HD_LOAD_RELAXED(&f->log_traceback) || hd_is_null(f->exception)) return;
    HD_STORE_RELAXED(&f->log_traceback, 0);
    HdValue pending = hd_take_raised(t);
    HD_OWNED HdValue message =
        hd_str_format(t, "%s exception was never retrieved", hd_type_short_name(hd_type_of(self)));
    HD_OWNED HdValue context = hd_is_null(message) ? HD_NULL : hd_dict_new(t);
    if (!hd_is_null(context) && hd_dict_set_text(t, context, "message", message) == 0 &&
        hd_dict_set_text(t, context, "exception", f->exception) == 0 &&
        hd_dict_set_text(t, context, "future", self) == 0 &&
        (hd_is_null(f->source_traceback) ||
         hd_dict_set_text(t, context, "source_traceback", f->source_traceback) == 0)) {
        hd_asyncio_report(t, f->loop, context, self);
    }
    if (hd_raised(t)) hd_write_unraisable(t, self);
    hd_set_raised_steal(t, pending);
}
int hd_future_traverse(HdObject *self, HdVisit visit, void *context) {
    HdFuture *f = (HdFuture *)self;
    HD_VISIT(f->loop);
    HD_VISIT(f->callback);
    HD_VISIT(f->context);
    HD_VISIT(f->callbacks);
    HD_VISIT(f->result);
    HD_VISIT(f->exception);
    HD_VISIT(f->traceback);
    HD_VISIT(f->source_traceback);
    HD_VISIT(f->cancel_message);
    HD_VISIT(f->cancelled_exception);
    return 0;
}
void hd_future_clear(HdThread *t, HdObject *self) {
    HdFuture *f = (HdFuture *)self;
    for (HdValue *field = &f->loop; field <= &f->cancelled_exception; field++) {
        if (!hd_is_null(*field)) hd_field_set_steal(t, f, field, HD_NULL);
    }
}
static void future_dealloc(HdThread *t, HdObject *self) {
    hd_future_clear(t, self);
    hd_type_free(t, self);
}

/* --- await future --- */

typedef struct FutureIterator {
    HdObject head;
    HdValue future; /* HD_NULL: over */
} FutureIterator;
HD_INLINE FutureIterator *iterator_of(HdValue v) { return HD_AS(FutureIterator, v); }

static HdValue future_iter(HdThread *t, HdValue self) {
    if (hd_future_check(t, self) < 0) return HD_NULL;
    HdValue iterator = hd_type_alloc(t, &hd_asyncio_future_iterator_type);
    if (!hd_is_null(iterator)) iterator_of(iterator)->future = hd_retain(t, self);
    return iterator;
}
static HdSendStatus iterator_send(HdThread *t, HdValue self, HdValue value, HdValue *result) {
    FutureIterator *i = iterator_of(self);
    *result = HD_NULL;
    HD_OWNED HdValue future = hd_field_get(t, i, &i->future);
    if (hd_is_null(future)) {
        *result = hd_None;
        return HD_SEND_RETURN;
    }
    HdFuture *f = hd_future_of(future);
    if (hd_future_state(future) == HD_FUTURE_PENDING) {
        if (f->blocking) {
            hd_raise(t, &hd_RuntimeError, "await wasn't used with future");
            return HD_SEND_ERROR;
        }
        f->blocking = 1; /* a task sees by this that the future was awaited */
        *result = hd_move(&future);
        return HD_SEND_NEXT;
    }
    hd_field_set_steal(t, i, &i->future, HD_NULL);
    *result = outcome_or_raise(t, future);
    return hd_is_null(*result) ? HD_SEND_ERROR : HD_SEND_RETURN;
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    HdValue result;
    bool over = hd_is_null(iterator_of(self)->future);
    HdSendStatus status = iterator_send(t, self, hd_None, &result);
    if (status != HD_SEND_RETURN) return result;
    if (!over) hd_raise_stop_iteration(t, result);
    hd_release(t, result);
    return HD_NULL;
}
static HdValue iterator_send_method(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result = iterator_next(t, self);
    if (hd_is_null(result) && !hd_raised(t)) hd_raise_stop_iteration(t, HD_NULL);
    return result;
}
static HdValue iterator_throw(HdThread *t, HdValue self, const HdValue *args) {
    HdValue type = args[0], value = hd_is_null(args[1]) ? hd_None : args[1];
    HdValue traceback = hd_is_null(args[2]) ? hd_None : args[2];
    bool is_class = hd_is_type(type) && hd_type_is_subtype(HD_AS(HdType, type), &hd_BaseException);
    HD_OWNED HdValue exception = HD_NULL;
    if (is_class && hd_is_exception(value) && hd_is_instance(value, HD_AS(HdType, type))) {
        exception = hd_retain(t, value);
    } else if (is_class) {
        if (hd_is_none(value))
            exception = hd_object_call0(t, type);
        else
            exception =
                hd_is_tuple(value) ? hd_object_call_ex(t, type, value, HD_NULL) : hd_object_call1(t, type, value);
        if (hd_is_null(exception)) return HD_NULL;
    } else if (hd_is_exception(type)) {
        if (!hd_is_none(value)) return hd_raise(t, &hd_TypeError, "instance exception may not have a separate value");
        exception = hd_retain(t, type);
    } else {
        return hd_raise(t, &hd_TypeError,
                        "exceptions must be classes deriving BaseException or instances of such a class");
    }
    if (!hd_is_none(traceback) && hd_exception_set_traceback(t, exception, traceback) < 0) {
        hd_clear_raised(t);
        return hd_raise(t, &hd_TypeError, "throw() third argument must be a traceback");
    }
    hd_field_set_steal(t, iterator_of(self), &iterator_of(self)->future, HD_NULL);
    return hd_raise_instance(t, exception);
}
static HdValue iterator_close(HdThread *t, HdValue self, const HdValue *args) {
    hd_field_set_steal(t, iterator_of(self), &iterator_of(self)->future, HD_NULL);
    return hd_None;
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((FutureIterator *)self)->future);
    return 0;
}
static void iterator_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((FutureIterator *)self)->future); }
static void iterator_dealloc(HdThread *t, HdObject *self) {
    iterator_clear(t, self);
    hd_type_free(t, self);
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_send_method, "send($self, value, /)", NULL),
    HD_METHOD(iterator_throw, "throw($self, type, value=None, traceback=None, /)", NULL),
    HD_METHOD(iterator_close, "close($self, /)", NULL),
    HD_METHODS_END,
};
HdType hd_asyncio_future_iterator_type = {
    HD_TYPE_HEAD("_asyncio.FutureIter"),
    .basicsize = sizeof(FutureIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .clear = iterator_clear,
    .iter = hd_iter_self,
    .next = iterator_next,
    .send = iterator_send,
    .methods = iterator_methods,
};

/* --- the class --- */

static const HdMethodDef future_methods[] = {
    HD_METHOD(future_result, "result($self, /)",
              "The result, or the exception raised; CancelledError if it was cancelled, InvalidStateError if it is not "
              "done."),
    HD_METHOD(future_exception, "exception($self, /)", "The exception that was set, None if there is none."),
    HD_METHOD(future_set_result, "set_result($self, result, /)", "Marks the future done and sets its result."),
    HD_METHOD(future_set_exception, "set_exception($self, exception, /)",
              "Marks the future done and sets an exception."),
    HD_METHOD(
        future_add_done_callback, "add_done_callback($self, fn, /, *, context=<none>)",
        "add_done_callback(fn, *, context=None)\n\nThe loop calls fn(future) when it is done, soon if it is already."),
    HD_METHOD(future_remove_done_callback, "remove_done_callback($self, fn, /)",
              "Takes all callbacks equal to fn out; how many."),
    HD_METHOD(future_cancel, "cancel($self, /, msg=None)", "Cancels the future; False if it is done already."),
    HD_METHOD(future_cancelled, "cancelled($self, /)", "True if the future was cancelled."),
    HD_METHOD(future_done, "done($self, /)", "True if there is a result or an exception, or it was cancelled."),
    HD_METHOD(future_get_loop, "get_loop($self, /)", "The event loop the future belongs to."),
    HD_METHOD(future_make_cancelled_error, "_make_cancelled_error($self, /)",
              "The CancelledError to raise; the one kept from the task is given once."),
    HD_CLASS_METHOD(future_class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHODS_END,
};
#define FIELD(name) ((void *)(uintptr_t)offsetof(HdFuture, name))
static const HdGetSetDef future_getsets[] = {
    {"_state", get_state, NULL, NULL, NULL},
    {"_asyncio_future_blocking", get_blocking, set_blocking, NULL, NULL},
    {"_loop", get_field, NULL, NULL, FIELD(loop)},
    {"_callbacks", get_callbacks, NULL, NULL, NULL},
    {"_result", get_checked_field, NULL, NULL, FIELD(result)},
    {"_exception", get_checked_field, NULL, NULL, FIELD(exception)},
    {"_log_traceback", get_log_traceback, set_log_traceback, NULL, NULL},
    {"_source_traceback", get_checked_field, NULL, NULL, FIELD(source_traceback)},
    {"_cancel_message", get_field, set_cancel_message, NULL, FIELD(cancel_message)},
    {NULL},
};
HdType hd_asyncio_future_type = {
    HD_TYPE_HEAD("_asyncio.Future"),
    .doc =
        "Future(*, loop=None)\n\nA result that is not there yet. Its methods and callbacks belong to the thread of its "
        "loop;\nresult() does not wait, `await future` does.",
    .basicsize = sizeof(FutureObject),
    .attrs_offset = offsetof(FutureObject, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = future_create,
    .init = future_init,
    .finalize = hd_future_finalize,
    .dealloc = future_dealloc,
    .traverse = hd_future_traverse,
    .clear = hd_future_clear,
    .repr = future_repr,
    .iter = future_iter,
    .await_ = future_iter,
    .methods = future_methods,
    .getsets = future_getsets,
};
