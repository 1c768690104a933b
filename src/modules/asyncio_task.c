/* asyncio_task.c -- Task: a future that runs a coroutine step by step (see asyncio_types.h).
 *
 * While a task is not done, either it waits for a future (fut_waiter), one of whose callbacks wakes it, or its next
 * step is with the loop.
 */
#include <stddef.h>

#include "asyncio_types.h"
#include "attrs.h"
#include "generator.h"
#include "object_internal.h"

typedef struct Task {
    HD_FUTURE_FIELDS;
    HdValue waiter; /* the future it waits for, HD_NULL: none */
    HdValue coroutine;
    HdValue name;         /* str, or the int of a name that nobody has asked for */
    HdValue task_context; /* contextvars.Context */
    int32_t cancel_requests;
    uint8_t must_cancel, log_destroy_pending;
    HdAttrs attrs;
} Task;
HD_INLINE Task *task_of(HdValue v) { return HD_AS(Task, v); }

/* Not of a subclass, which may override what is done with it. */
HD_INLINE bool is_native(HdValue v) {
    return hd_is_exact(v, &hd_asyncio_future_type) || hd_is_exact(v, &hd_asyncio_task_type);
}

/* --- steps with the loop --- */

/* What the loop calls for the next step: with `exception`, that is thrown into the coroutine. */
typedef struct Step {
    HdObject head;
    HdValue task, exception;
} Step;
static HdValue task_step(HdThread *t, HdValue self, HdValue exception);

HD_CHECK static int step_soon(HdThread *t, HdValue self, HdValue exception) {
    HdValue step = hd_type_alloc(t, &hd_asyncio_step_type);
    if (hd_is_null(step)) return -1;
    HD_AS(Step, step)->task = hd_retain(t, self);
    HD_AS(Step, step)->exception = hd_retain(t, exception);
    Task *task = task_of(self);
    int result = hd_asyncio_call_soon(t, task->loop, step, HD_NULL, task->task_context);
    hd_release(t, step);
    return result;
}
/* The next step throws RuntimeError(message) into the coroutine; takes the message over. */
HD_CHECK static int error_soon_steal(HdThread *t, HdValue self, HdValue message) {
    HD_OWNED HdValue text = message;
    HD_OWNED HdValue error = hd_is_null(text) ? HD_NULL : hd_object_call1(t, hd_type_value(&hd_RuntimeError), text);
    return hd_is_null(error) ? -1 : step_soon(t, self, error);
}
static HdValue step_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!hd_is_null(kwnames) && hd_tuple_length(kwnames))
        return hd_raise(t, &hd_TypeError, "function takes no keyword arguments");
    if (nargs) return hd_raise(t, &hd_TypeError, "function takes no positional arguments");
    return task_step(t, HD_AS(Step, self)->task, HD_AS(Step, self)->exception);
}
static HdValue step_get_self(HdThread *t, HdValue self, void *closure) {
    HdValue task = HD_AS(Step, self)->task;
    return hd_is_null(task) ? hd_None : hd_retain(t, task);
}
static int step_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Step *)self)->task);
    HD_VISIT(((Step *)self)->exception);
    return 0;
}
static void step_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Step *)self)->task);
    hd_clear_slot(t, &((Step *)self)->exception);
}
static void step_dealloc(HdThread *t, HdObject *self) {
    step_clear(t, self);
    hd_type_free(t, self);
}
static const HdGetSetDef step_getsets[] = {{"__self__", step_get_self, NULL, NULL, NULL}, {NULL}};
HdType hd_asyncio_step_type = {
    HD_TYPE_HEAD("TaskStepMethWrapper"),
    .basicsize = sizeof(Step),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = step_dealloc,
    .traverse = step_traverse,
    .clear = step_clear,
    .call = step_call,
    .getsets = step_getsets,
};

/* The callback of the future that a task waits for: its outcome is the next step's. */
static HdValue task_wakeup(HdThread *t, HdValue self, const HdValue *args) {
    HdValue future = args[0];
    HD_OWNED HdValue exception = HD_NULL;
    HD_OWNED HdValue result = HD_NULL;
    if (is_native(future)) {
        HdValue raised;
        result = hd_future_outcome(t, future, &raised);
        exception = raised;
    } else {
        result = hd_object_call_method0(t, future, "result");
    }
    if (hd_is_null(result) && hd_is_null(exception)) exception = hd_take_raised(t);
    return task_step(t, self, exception);
}
static const HdMethodDef wakeup_def = HD_METHOD(task_wakeup, "task_wakeup($self, object, /)", NULL);

/* --- one step --- */

/* Waits for a future. One of another event loop, or whose `yield` did not come from `await`: the coroutine hears of it.
 */
HD_CHECK static int wait_for_native(HdThread *t, HdValue self, HdValue future) {
    Task *task = task_of(self);
    HdFuture *f = hd_future_of(future);
    HD_OWNED HdValue loop = hd_field_get(t, f, &f->loop);
    if (!hd_same(loop, task->loop))
        return error_soon_steal(t, self,
                                hd_str_format(t, "Task %R got Future %R attached to a different loop", self, future));
    if (!f->blocking)
        return error_soon_steal(
            t, self, hd_str_format(t, "yield was used instead of yield from in task %R with %R", self, future));
    f->blocking = 0;
    HD_OWNED HdValue wakeup = hd_native_function_new(t, &wakeup_def, self, HD_NULL);
    if (hd_is_null(wakeup) || hd_future_add_callback(t, future, wakeup, task->task_context) < 0) return -1;
    hd_field_set_steal(t, task, &task->waiter, hd_retain(t, future));
    return 0;
}
HD_CHECK static int cancel_with_message(HdThread *t, HdValue future, HdValue message) {
    HdValue keyword = hd_asyncio_state()->msg_keyword;
    HD_OWNED HdValue method = hd_object_getattr(t, future, HD_NAME("cancel"));
    if (hd_is_null(method)) return -1;
    HdRef argument = hd_ref_uncounted(hd_is_null(message) ? hd_None : message);
    HD_OWNED HdValue done = hd_object_call(t, method, &argument, 0, keyword);
    return hd_is_null(done) ? -1 : hd_object_truth(t, done);
}
/* The same for a subclass, or a foreign class that looks like a future: its methods are called. */
HD_CHECK static int wait_for_foreign(HdThread *t, HdValue self, HdValue future, HdValue blocking) {
    Task *task = task_of(self);
    HD_OWNED HdValue get_loop = HD_NULL;
    HD_OWNED HdValue loop = HD_NULL;
    int is_blocking = hd_object_truth(t, blocking);
    if (is_blocking < 0) return -1;
    int found = hd_object_find_attr(t, future, HD_NAME("get_loop"), &get_loop);
    if (found < 0) return -1;
    loop = found ? hd_object_call0(t, get_loop) : hd_object_getattr(t, future, HD_NAME("_loop"));
    if (hd_is_null(loop)) return -1;
    if (!hd_same(loop, task->loop))
        return error_soon_steal(t, self,
                                hd_str_format(t, "Task %R got Future %R attached to a different loop", self, future));
    if (!is_blocking)
        return error_soon_steal(
            t, self, hd_str_format(t, "yield was used instead of yield from in task %R with %R", self, future));
    if (hd_object_setattr(t, future, HD_NAME("_asyncio_future_blocking"), hd_False) < 0) return -1;
    HD_OWNED HdValue wakeup = hd_native_function_new(t, &wakeup_def, self, HD_NULL);
    HD_OWNED HdValue add = hd_is_null(wakeup) ? HD_NULL : hd_object_getattr(t, future, HD_NAME("add_done_callback"));
    if (hd_is_null(add)) return -1;
    HdRef arguments[2] = {hd_ref_uncounted(wakeup), hd_ref_uncounted(task->task_context)};
    HD_OWNED HdValue added = hd_object_call(t, add, arguments, 1, hd_asyncio_state()->context_keyword);
    if (hd_is_null(added)) return -1;
    hd_field_set_steal(t, task, &task->waiter, hd_retain(t, future));
    return 0;
}
/* The coroutine has given `yielded` away: what it waits for. */
HD_CHECK static int wait_for(HdThread *t, HdValue self, HdValue yielded) {
    Task *task = task_of(self);
    if (hd_is_none(yielded)) return step_soon(t, self, HD_NULL);
    if (hd_same(yielded, self))
        return error_soon_steal(t, self, hd_str_format(t, "Task cannot await on itself: %R", self));
    HD_OWNED HdValue blocking = HD_NULL;
    int waits;
    if (is_native(yielded)) {
        waits = wait_for_native(t, self, yielded);
    } else {
        if (hd_object_find_attr(t, yielded, HD_NAME("_asyncio_future_blocking"), &blocking) < 0) return -1;
        if (hd_is_null(blocking) || hd_is_none(blocking)) {
            bool generator = hd_is_exact_object(yielded, &hd_generator_type);
            return error_soon_steal(t, self,
                                    generator ? hd_str_format(t,
                                                              "yield was used instead of yield from for generator "
                                                              "in task %R with %R",
                                                              self, yielded)
                                              : hd_str_format(t, "Task got bad yield: %R", yielded));
        }
        waits = wait_for_foreign(t, self, yielded, blocking);
    }
    if (waits < 0) return -1;
    if (!task->must_cancel) return 0;
    HD_OWNED HdValue waiter = hd_field_get(t, task, &task->waiter);
    if (!hd_same(waiter, yielded)) return 0;
    HD_OWNED HdValue message = hd_field_get(t, task, &task->cancel_message);
    int cancelled = cancel_with_message(t, yielded, message);
    if (cancelled > 0) task->must_cancel = 0;
    return cancelled < 0 ? -1 : 0;
}

/* The coroutine raised: the task is cancelled or has that exception. */
HD_CHECK static int step_failed(HdThread *t, HdValue self) {
    Task *task = task_of(self);
    HdValue cancelled = hd_asyncio_name(t, HD_ASYNCIO_CANCELLED);
    if (!hd_is_null(cancelled) && hd_raised_is(t, HD_AS(HdType, cancelled))) {
        hd_field_set_steal(t, task, &task->cancelled_exception, hd_take_raised(t));
        return hd_future_cancel(t, self, HD_NULL) < 0 ? -1 : 0;
    }
    bool passes = hd_raised_is(t, &hd_KeyboardInterrupt) || hd_raised_is(t, &hd_SystemExit);
    HD_OWNED HdValue exception = hd_take_raised(t);
    if (hd_future_set_exception(t, self, exception) < 0) return -1;
    if (!passes) return 0;
    hd_set_raised_steal(t, hd_move(&exception));
    return -1;
}
HD_CHECK static int step_returned(HdThread *t, HdValue self, HdValue result) {
    Task *task = task_of(self);
    if (!task->must_cancel) return hd_future_set_result(t, self, result);
    task->must_cancel = 0; /* cancelled right before the coroutine ended */
    HD_OWNED HdValue message = hd_field_get(t, task, &task->cancel_message);
    return hd_future_cancel(t, self, message) < 0 ? -1 : 0;
}
/* What to throw: the CancelledError of a cancelled task instead of anything but another CancelledError. -1 raised. */
HD_CHECK static int choose_exception(HdThread *t, HdValue self, HdValue *exception) {
    Task *task = task_of(self);
    if (!task->must_cancel) return 0;
    HdValue cancelled = hd_asyncio_name(t, HD_ASYNCIO_CANCELLED);
    if (hd_is_null(cancelled)) return -1;
    bool is_one = !hd_is_null(*exception) && hd_is_instance(*exception, HD_AS(HdType, cancelled));
    if (!is_one) {
        HdValue made = hd_future_make_cancelled(t, self);
        if (hd_is_null(made)) return -1;
        hd_replace_steal(t, exception, made);
    }
    task->must_cancel = 0;
    return 0;
}
HD_CHECK static int run_step(HdThread *t, HdValue self, HdValue given) {
    Task *task = task_of(self);
    HD_OWNED HdValue exception = hd_retain(t, given);
    if (choose_exception(t, self, &exception) < 0) return -1;
    hd_field_set_steal(t, task, &task->waiter, HD_NULL);
    HD_OWNED HdValue coroutine = hd_field_get(t, task, &task->coroutine);
    if (hd_is_null(coroutine)) return hd_raise_int(t, &hd_RuntimeError, "uninitialized Task object");
    HD_OWNED HdValue result = HD_NULL;
    HdSendStatus status;
    if (hd_is_null(exception)) {
        HdValue sent = HD_NULL;
        status = hd_object_send(t, coroutine, hd_None, &sent);
        result = sent;
    } else {
        result = hd_object_call_method1(t, coroutine, "throw", exception);
        status = hd_is_null(result) ? HD_SEND_ERROR : HD_SEND_NEXT;
    }
    if (status == HD_SEND_ERROR && hd_raised_is(t, &hd_StopIteration)) {
        HdValue value = HD_NULL;
        if (hd_take_stop_iteration(t, &value) <= 0) return -1;
        result = value;
        status = HD_SEND_RETURN;
    }
    if (status == HD_SEND_NEXT) return wait_for(t, self, result);
    return status == HD_SEND_RETURN ? step_returned(t, self, result) : step_failed(t, self);
}
static HdValue task_step(HdThread *t, HdValue self, HdValue exception) {
    Task *task = task_of(self);
    if (hd_future_state(self) != HD_FUTURE_PENDING) {
        HdValue type = hd_asyncio_name(t, HD_ASYNCIO_INVALID_STATE);
        HD_OWNED HdValue text = hd_is_null(type) ? HD_NULL
                                                 : hd_str_format(t, "__step(): already done: %R %R", self,
                                                                 hd_is_null(exception) ? hd_None : exception);
        HD_OWNED HdValue error = hd_is_null(text) ? HD_NULL : hd_object_call1(t, type, text);
        return hd_is_null(error) ? HD_NULL : hd_raise_instance(t, error);
    }
    HD_OWNED HdValue kept = hd_retain(t, self);
    HD_OWNED HdValue loop = hd_field_get(t, task, &task->loop);
    if (hd_asyncio_enter(t, loop, self) < 0) return HD_NULL;
    int result = run_step(t, self, exception);
    HdValue raised = hd_take_raised(t);
    if (hd_asyncio_leave(t, loop, self) < 0) result = -1;
    if (!hd_is_null(raised)) {
        hd_clear_raised(t);
        hd_set_raised_steal(t, raised);
    }
    return result < 0 ? HD_NULL : hd_None;
}

/* --- life --- */

static HdValue task_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
/* 1 if a task can run it, 0, -1 raised. */
HD_CHECK static int is_coroutine(HdThread *t, HdValue v) {
    if (hd_is_coroutine(v)) return 1;
    HdValue check = hd_asyncio_name(t, HD_ASYNCIO_ISCOROUTINE);
    HD_OWNED HdValue answer = hd_is_null(check) ? HD_NULL : hd_object_call1(t, check, v);
    return hd_is_null(answer) ? -1 : hd_object_truth(t, answer);
}
static HdValue text_of_name(HdThread *t, HdValue name) {
    return hd_is_exact_str(name) ? hd_retain(t, name) : hd_object_str(t, name);
}
static int task_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "Task(coro, *, loop=None, name=None, context=None)", NULL);
    HdValue bound[4];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0 || hd_future_init(t, self, bound[1]) < 0) return -1;
    Task *task = task_of(self);
    int good = is_coroutine(t, bound[0]);
    if (good <= 0) {
        task->log_destroy_pending = 0;
        return good < 0 ? -1 : hd_raise_int(t, &hd_TypeError, "a coroutine was expected, got %R", bound[0]);
    }
    bool has_context = !hd_is_null(bound[3]) && !hd_is_none(bound[3]);
    HdValue context = has_context ? hd_retain(t, bound[3]) : hd_asyncio_copy_context(t);
    if (hd_is_null(context)) return -1;
    hd_field_set_steal(t, task, &task->task_context, context);
    hd_field_set_steal(t, task, &task->waiter, HD_NULL);
    hd_field_set_steal(t, task, &task->coroutine, hd_retain(t, bound[0]));
    task->must_cancel = 0;
    task->log_destroy_pending = 1;
    task->cancel_requests = 0;
    bool has_name = !hd_is_null(bound[2]) && !hd_is_none(bound[2]);
    HdValue name =
        has_name ? text_of_name(t, bound[2]) : hd_int_from_u64(t, HD_FETCH_ADD(&hd_asyncio_state()->task_count, 1) + 1);
    if (hd_is_null(name)) return -1;
    hd_field_set_steal(t, task, &task->name, name);
    if (step_soon(t, self, HD_NULL) < 0) return -1;
    return hd_asyncio_register(t, self);
}
/* Tells the loop of a task that ends while it still had to run. */
static void task_finalize(HdThread *t, HdValue self) {
    Task *task = task_of(self);
    if (task->state == HD_FUTURE_PENDING && task->log_destroy_pending && !hd_is_null(task->loop)) {
        HdValue pending = hd_take_raised(t);
        HD_OWNED HdValue message = hd_str_from_text(t, "Task was destroyed but it is pending!");
        HD_OWNED HdValue context = hd_is_null(message) ? HD_NULL : hd_dict_new(t);
        if (!hd_is_null(context) && hd_dict_set_text(t, context, "task", self) == 0 &&
            hd_dict_set_text(t, context, "message", message) == 0 &&
            (hd_is_null(task->source_traceback) ||
             hd_dict_set_text(t, context, "source_traceback", task->source_traceback) == 0)) {
            hd_asyncio_report(t, task->loop, context, self);
        }
        if (hd_raised(t)) hd_write_unraisable(t, self);
        hd_set_raised_steal(t, pending);
    }
    hd_future_finalize(t, self);
}
static int task_traverse(HdObject *self, HdVisit visit, void *context) {
    Task *task = (Task *)self;
    HD_VISIT(task->waiter);
    HD_VISIT(task->coroutine);
    HD_VISIT(task->name);
    HD_VISIT(task->task_context);
    return hd_future_traverse(self, visit, context);
}
static void task_clear(HdThread *t, HdObject *self) {
    Task *task = (Task *)self;
    hd_clear_slot(t, &task->waiter);
    hd_clear_slot(t, &task->coroutine);
    hd_clear_slot(t, &task->name);
    hd_clear_slot(t, &task->task_context);
    hd_future_clear(t, self);
}
static void task_dealloc(HdThread *t, HdObject *self) {
    task_clear(t, self);
    hd_type_free(t, self);
}
static HdValue task_repr(HdThread *t, HdValue self) {
    HdValue repr = hd_asyncio_name(t, HD_ASYNCIO_TASK_REPR);
    return hd_is_null(repr) ? HD_NULL : hd_object_call1(t, repr, self);
}

/* --- methods --- */

static HdValue task_cancel(HdThread *t, HdValue self, const HdValue *args) {
    Task *task = task_of(self);
    HD_STORE_RELAXED(&task->log_traceback, 0);
    if (hd_future_state(self) != HD_FUTURE_PENDING) return hd_False;
    task->cancel_requests++;
    HD_OWNED HdValue waiter = hd_field_get(t, task, &task->waiter);
    if (!hd_is_null(waiter)) {
        /* The future stays: it may be a task that ignores this and has to be cancelled again. */
        int cancelled = cancel_with_message(t, waiter, args[0]);
        if (cancelled) return cancelled < 0 ? HD_NULL : hd_True;
    }
    task->must_cancel = 1; /* its next step is with the loop */
    hd_field_set_steal(t, task, &task->cancel_message, hd_is_null(args[0]) ? hd_None : hd_retain(t, args[0]));
    return hd_True;
}
static HdValue task_cancelling(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(task_of(self)->cancel_requests);
}
static HdValue task_uncancel(HdThread *t, HdValue self, const HdValue *args) {
    Task *task = task_of(self);
    if (task->cancel_requests > 0) task->cancel_requests--;
    return hd_imm_int(task->cancel_requests);
}
static HdValue task_get_coro(HdThread *t, HdValue self, const HdValue *args) {
    HdValue coroutine = hd_field_get(t, task_of(self), &task_of(self)->coroutine);
    return hd_is_null(coroutine) ? hd_None : coroutine;
}
static HdValue task_get_name(HdThread *t, HdValue self, const HdValue *args) {
    Task *task = task_of(self);
    HD_OWNED HdValue name = hd_field_get(t, task, &task->name);
    if (hd_is_null(name)) return hd_None;
    if (!hd_is_int(name)) return hd_move(&name);
    HdValue text = hd_str_format(t, "Task-%V", name);
    if (!hd_is_null(text)) hd_field_set_steal(t, task, &task->name, hd_retain(t, text));
    return text;
}
static HdValue task_set_name(HdThread *t, HdValue self, const HdValue *args) {
    HdValue name = text_of_name(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    hd_field_set_steal(t, task_of(self), &task_of(self)->name, name);
    return hd_None;
}
static HdValue task_get_stack(HdThread *t, HdValue self, const HdValue *args) {
    HdValue function = hd_asyncio_name(t, HD_ASYNCIO_TASK_GET_STACK);
    if (hd_is_null(function)) return HD_NULL;
    return hd_object_call2(t, function, self, hd_is_null(args[0]) ? hd_None : args[0]);
}
static HdValue task_print_stack(HdThread *t, HdValue self, const HdValue *args) {
    HdValue function = hd_asyncio_name(t, HD_ASYNCIO_TASK_PRINT_STACK);
    if (hd_is_null(function)) return HD_NULL;
    return hd_object_call3(t, function, self, hd_is_null(args[0]) ? hd_None : args[0],
                           hd_is_null(args[1]) ? hd_None : args[1]);
}
static HdValue task_set_result(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_RuntimeError, "Task does not support set_result operation");
}
static HdValue task_set_exception(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_RuntimeError, "Task does not support set_exception operation");
}

/* --- attributes --- */

static HdValue get_log_destroy_pending(HdThread *t, HdValue self, void *closure) {
    return hd_bool(task_of(self)->log_destroy_pending);
}
static int set_log_destroy_pending(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    int on = hd_object_truth(t, v);
    if (on < 0) return -1;
    task_of(self)->log_destroy_pending = (uint8_t)on;
    return 0;
}
static HdValue get_must_cancel(HdThread *t, HdValue self, void *closure) { return hd_bool(task_of(self)->must_cancel); }
static HdValue get_coro(HdThread *t, HdValue self, void *closure) { return task_get_coro(t, self, NULL); }
static HdValue get_waiter(HdThread *t, HdValue self, void *closure) {
    HdValue waiter = hd_field_get(t, task_of(self), &task_of(self)->waiter);
    return hd_is_null(waiter) ? hd_None : waiter;
}

static const HdMethodDef task_methods[] = {
    HD_METHOD(task_cancel, "cancel($self, /, msg=None)",
              "Asks the task to end: CancelledError is thrown into its coroutine at the next turn of the loop. The\n"
              "coroutine may catch it. False if the task is done already."),
    HD_METHOD(task_cancelling, "cancelling($self, /)", "How often it was asked to end, less uncancel() calls."),
    HD_METHOD(task_uncancel, "uncancel($self, /)", "Takes one request to end back; how many are left."),
    HD_METHOD(task_get_coro, "get_coro($self, /)", "The coroutine."),
    HD_METHOD(task_get_name, "get_name($self, /)", "The name."),
    HD_METHOD(task_set_name, "set_name($self, value, /)", "Sets the name."),
    HD_METHOD(task_get_stack, "get_stack($self, /, *, limit=None)",
              "The frame the coroutine waits in, or the frames of the traceback that ended it; oldest first."),
    HD_METHOD(task_print_stack, "print_stack($self, /, *, limit=None, file=None)", "Prints what get_stack() gives."),
    HD_METHOD(task_set_result, "set_result($self, result, /)", NULL),
    HD_METHOD(task_set_exception, "set_exception($self, exception, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef task_getsets[] = {
    {"_log_destroy_pending", get_log_destroy_pending, set_log_destroy_pending, NULL, NULL},
    {"_must_cancel", get_must_cancel, NULL, NULL, NULL},
    {"_coro", get_coro, NULL, NULL, NULL},
    {"_fut_waiter", get_waiter, NULL, NULL, NULL},
    {NULL},
};
HdType hd_asyncio_task_type = {
    HD_TYPE_HEAD("_asyncio.Task"),
    .doc =
        "Task(coro, *, loop=None, name=None, context=None)\n\nA coroutine that the event loop runs, and the future of "
        "its result.",
    .base = &hd_asyncio_future_type,
    .basicsize = sizeof(Task),
    .attrs_offset = offsetof(Task, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = task_create,
    .init = task_init,
    .finalize = task_finalize,
    .dealloc = task_dealloc,
    .traverse = task_traverse,
    .clear = task_clear,
    .repr = task_repr,
    .methods = task_methods,
    .getsets = task_getsets,
};
