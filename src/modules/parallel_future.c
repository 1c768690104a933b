/* parallel_future.c -- FutureBase: a concurrent.futures.Future in C (see parallel_types.h).
 *
 * heddle.parallel derives its Future from it and from concurrent.futures.Future, so that whatever takes one of those
 * takes these. A state changes under the object's lock; once somebody has asked for `_condition` (wait,
 * as_completed), with that condition held, as in concurrent/futures/_base.py. result() parks at the state.
 */
#include "parallel_types.h"

#include "time_value.h"

static HdTaskState state_of(HdTask *f) { return (HdTaskState)HD_LOAD_ACQUIRE(&f->state); }

/* --- changes of state --- */

typedef struct Change {
    uint32_t from;  /* bit set of the states that may change */
    HdTaskState to;
    HdValue outcome;   /* taken over when the change is made */
    const char *tell;  /* method of the waiters of wait() and as_completed(), or NULL */
} Change;

/* Under the object's lock. What was there is given back in `callbacks`, to be called. */
static bool apply(HdTask *f, Change *change, HdValue *callbacks) {
    if (!(change->from & 1u << f->state)) return false;
    if (!hd_is_null(change->outcome)) {
        HD_STORE_RELEASE(&f->outcome.bits, change->outcome.bits);
        change->outcome = HD_NULL;
    }
    bool was_over = hd_task_is_over((HdTaskState)f->state);
    HD_STORE_SEQ(&f->state, (uint8_t)change->to);
    if (hd_task_is_over(change->to) && !was_over) *callbacks = hd_slot_exchange(&f->callbacks, HD_NULL);
    return true;
}

static int tell_waiters(HdThread *t, HdTask *f, const char *method) {
    HD_OWNED HdValue waiters = hd_field_get(t, f, &f->waiters);
    for (HdSize i = 0; !hd_is_null(waiters) && i < hd_list_length(waiters); i++) {
        HD_OWNED HdValue waiter = hd_list_get(t, waiters, i);
        if (hd_is_null(waiter)) break;
        HdValue self = hd_from_object(f);
        HD_OWNED HdValue done = hd_object_call_method_text(t, waiter, method, &self, 1);
        if (hd_is_null(done)) return -1;
    }
    return 0;
}

/* The change with the condition held; 1 made, 0 not from this state, -1 raised. */
static int change_slowly(HdThread *t, HdTask *f, HdValue condition, Change *change, HdValue *callbacks) {
    HD_OWNED HdValue taken = hd_object_call_method0(t, condition, "acquire");
    if (hd_is_null(taken)) return -1;
    hd_lock_object(t, &f->head);
    int made = apply(f, change, callbacks);
    hd_unlock_object(t, &f->head);
    if (made && change->tell && tell_waiters(t, f, change->tell) < 0) made = -1;
    if (made > 0 && hd_task_is_over(change->to)) {
        HD_OWNED HdValue told = hd_object_call_method0(t, condition, "notify_all");
        if (hd_is_null(told)) made = -1;
    }
    HdValue raised = hd_take_raised(t);
    HD_OWNED HdValue released = hd_object_call_method0(t, condition, "release");
    if (!hd_is_null(raised)) hd_set_raised_steal(t, raised);
    return hd_is_null(released) ? -1 : made;
}

/* What a callback raises is logged, as concurrent.futures does. */
static void log_failure(HdThread *t, HdValue self) {
    HdValue raised = hd_take_raised(t);
    HD_OWNED HdValue logger = hd_object_import_from(t, "concurrent.futures._base", "LOGGER");
    HD_OWNED HdValue text = hd_is_null(logger) ? HD_NULL : hd_str_from_text(t, "exception calling callback for %r");
    HD_OWNED HdValue method = hd_is_null(text) ? HD_NULL : hd_object_getattr_text(t, logger, "error");
    HD_OWNED HdValue names = hd_is_null(method) ? HD_NULL : hd_tuple_pack(t, 1, HD_NAME("exc_info"));
    if (!hd_is_null(names)) {
        HdRef refs[] = {hd_ref_uncounted(text), hd_ref_uncounted(self), hd_ref_uncounted(raised)};
        HD_OWNED HdValue done = hd_object_call(t, method, refs, 2, names);
    }
    if (hd_raised(t)) hd_write_unraisable(t, self);
    hd_release(t, raised);
}
static void call_back(HdThread *t, HdValue self, HdValue callback) {
    HD_OWNED HdValue done = hd_object_call1(t, callback, self);
    if (hd_is_null(done)) log_failure(t, self);
}
static void call_all(HdThread *t, HdValue self, HdValue callbacks) {
    for (HdSize i = 0; i < hd_list_length(callbacks); i++) {
        HD_OWNED HdValue callback = hd_list_get(t, callbacks, i);
        if (!hd_is_null(callback)) call_back(t, self, callback);
    }
}

/* 1 made, 0 not from this state, -1 raised. */
static int change_state(HdThread *t, HdValue self, Change *change) {
    HdTask *f = hd_task_of(self);
    HD_OWNED HdValue callbacks = HD_NULL;
    hd_lock_object(t, &f->head);
    HD_OWNED HdValue condition = hd_retain(t, f->condition);
    int made = hd_is_null(condition) ? apply(f, change, &callbacks) : 0;
    hd_unlock_object(t, &f->head);
    if (!hd_is_null(condition)) made = change_slowly(t, f, condition, change, &callbacks);
    if (HD_LOAD_SEQ(&f->waited)) hd_park_wake_all(&f->state);
    if (!hd_is_null(callbacks)) {
        HdValue raised = hd_take_raised(t);
        call_all(t, self, callbacks);
        if (!hd_is_null(raised)) hd_set_raised_steal(t, raised);
    }
    return made;
}

enum { UNFINISHED = 1 << HD_TASK_PENDING | 1 << HD_TASK_RUNNING };

HD_COLD static HdValue raise_named(HdThread *t, const char *name, HdValue message) {
    HD_OWNED HdValue type = hd_object_import_from(t, "concurrent.futures", name);
    if (hd_is_null(type)) return HD_NULL;
    HD_OWNED HdValue exception = hd_is_null(message) ? hd_object_call0(t, type) : hd_object_call1(t, type, message);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}

static const char *const state_names[] = {"PENDING",  "RUNNING",  "CANCELLED", "CANCELLED_AND_NOTIFIED",
                                          "FINISHED", "FINISHED"};

int hd_task_finish_steal(HdThread *t, HdValue self, HdTaskState state, HdValue outcome) {
    const char *tell = state == HD_TASK_RESULT ? "add_result" : "add_exception";
    Change change = {UNFINISHED, state, outcome, tell};
    int made = change_state(t, self, &change);
    hd_release(t, change.outcome);
    if (made == 0) {
        HD_OWNED HdValue message =
            hd_str_format(t, "%s: %R", state_names[hd_task_of(self)->state], self);
        if (!hd_is_null(message)) raise_named(t, "InvalidStateError", message);
    }
    return made > 0 ? 0 : -1;
}

int hd_task_begin(HdThread *t, HdValue self) {
    Change run = {1 << HD_TASK_PENDING, HD_TASK_RUNNING, HD_NULL, NULL};
    int made = change_state(t, self, &run);
    if (made) return made;
    Change notify = {1 << HD_TASK_CANCELLED, HD_TASK_NOTIFIED, HD_NULL, "add_cancelled"};
    made = change_state(t, self, &notify);
    if (made) return made < 0 ? -1 : 0;
    return hd_raise_int(t, &hd_RuntimeError, "Future in unexpected state");
}

int hd_task_cancel(HdThread *t, HdValue self) {
    HdTask *f = hd_task_of(self);
    Change change = {1 << HD_TASK_PENDING, HD_TASK_CANCELLED, HD_NULL, NULL};
    int made = change_state(t, self, &change);
    if (made > 0) {
        HD_OWNED HdValue meter = hd_field_get(t, f, &f->meter);
        if (!hd_is_null(meter)) HD_FETCH_ADD(&hd_meter_of(meter)->cancelled, 1);
    }
    if (made) return made;
    HdTaskState state = state_of(f);
    return state == HD_TASK_CANCELLED || state == HD_TASK_NOTIFIED;
}

/* --- waiting --- */

int hd_task_deadline(HdThread *t, HdValue timeout, HdTime *deadline) {
    *deadline = HD_FOREVER;
    if (hd_is_null(timeout) || hd_is_none(timeout)) return 0;
    HdTime wait;
    if (hd_time_value_from_seconds(t, timeout, HD_ROUND_CEILING, &wait) < 0) return -1;
    *deadline = wait > 0 ? hd_clock_deadline(wait) : 0;
    return 0;
}

static bool still_unfinished(void *context) { return !hd_task_is_over((HdTaskState)HD_LOAD_SEQ((uint8_t *)context)); }

/* 0 over, -1 raised: it took too long, or a signal handler raised. */
static int wait_until(HdThread *t, HdValue self, HdTime deadline) {
    HdTask *f = hd_task_of(self);
    while (!hd_task_is_over(state_of(f))) {
        HD_OWNED HdValue meter = hd_field_get(t, f, &f->meter);
        if (!hd_is_null(meter) && hd_meter_of(meter)->generation != f->generation) {
            return hd_raise_int(t, &hd_RuntimeError, "the task belongs to the process that this one was forked from");
        }
        if (deadline <= 0) {
            raise_named(t, "TimeoutError", HD_NULL);
            return -1;
        }
        HD_STORE_SEQ(&f->waited, 1);
        HdParkResult result =
            hd_park(t, &f->state, still_unfinished, &f->state, NULL, deadline, HD_PARK_INTERRUPTIBLE);
        if (result == HD_PARK_TIMEOUT) deadline = 0;
        if (result == HD_PARK_INTERRUPTED && hd_safepoint_signals(t) < 0) return -1;
    }
    return 0;
}

static HdValue outcome_or_raise(HdThread *t, HdValue self) {
    HdTask *f = hd_task_of(self);
    HdTaskState state = state_of(f);
    if (state <= HD_TASK_NOTIFIED) return raise_named(t, "CancelledError", HD_NULL);
    HD_OWNED HdValue outcome = hd_field_get(t, f, &f->outcome);
    if (state == HD_TASK_RESULT) return hd_move(&outcome);
    return hd_raise_instance(t, outcome);
}

/* --- methods --- */

static HdValue future_result(HdThread *t, HdValue self, const HdValue *args) {
    HdTime deadline;
    if (hd_task_deadline(t, args[0], &deadline) < 0 || wait_until(t, self, deadline) < 0) return HD_NULL;
    return outcome_or_raise(t, self);
}
static HdValue future_exception(HdThread *t, HdValue self, const HdValue *args) {
    HdTime deadline;
    if (hd_task_deadline(t, args[0], &deadline) < 0 || wait_until(t, self, deadline) < 0) return HD_NULL;
    HdTaskState state = state_of(hd_task_of(self));
    if (state == HD_TASK_RESULT) return hd_None;
    if (state == HD_TASK_EXCEPTION) return hd_field_get(t, hd_task_of(self), &hd_task_of(self)->outcome);
    return outcome_or_raise(t, self);
}
static HdValue future_cancel(HdThread *t, HdValue self, const HdValue *args) {
    int done = hd_task_cancel(t, self);
    return done < 0 ? HD_NULL : hd_bool(done);
}
static HdValue future_cancelled(HdThread *t, HdValue self, const HdValue *args) {
    HdTaskState state = state_of(hd_task_of(self));
    return hd_bool(state == HD_TASK_CANCELLED || state == HD_TASK_NOTIFIED);
}
static HdValue future_running(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(state_of(hd_task_of(self)) == HD_TASK_RUNNING);
}
static HdValue future_done(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_task_is_over(state_of(hd_task_of(self))));
}
static HdValue future_add_done_callback(HdThread *t, HdValue self, const HdValue *args) {
    HdTask *f = hd_task_of(self);
    HD_OWNED HdValue list = hd_list_new(t, 1);
    if (hd_is_null(list)) return HD_NULL;
    hd_lock_object(t, &f->head);
    bool over = hd_task_is_over((HdTaskState)f->state);
    int added = 0;
    if (!over) {
        if (hd_is_null(f->callbacks)) f->callbacks = hd_move(&list);
        added = hd_list_append(t, f->callbacks, args[0]);
    }
    hd_unlock_object(t, &f->head);
    if (over) call_back(t, self, args[0]);
    return added < 0 ? HD_NULL : hd_None;
}
static HdValue future_begin(HdThread *t, HdValue self, const HdValue *args) {
    int begun = hd_task_begin(t, self);
    return begun < 0 ? HD_NULL : hd_bool(begun);
}
static HdValue future_set_result(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result = hd_retain(t, args[0]);
    return hd_task_finish_steal(t, self, HD_TASK_RESULT, result) < 0 ? HD_NULL : hd_None;
}
static HdValue future_set_exception(HdThread *t, HdValue self, const HdValue *args) {
    HdValue exception = hd_retain(t, args[0]);
    return hd_task_finish_steal(t, self, HD_TASK_EXCEPTION, exception) < 0 ? HD_NULL : hd_None;
}
/* For pools written in Python: whose counts cancel() changes. */
static HdValue future_enlist(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_exact_object(args[0], &hd_meter_type)) return hd_raise(t, &hd_TypeError, "a Meter is required");
    HdTask *f = hd_task_of(self);
    f->submitted = hd_clock_monotonic();
    f->generation = hd_meter_of(args[0])->generation;
    hd_field_set_steal(t, f, &f->meter, hd_retain(t, args[0]));
    HD_FETCH_ADD(&hd_meter_of(args[0])->submitted, 1);
    return hd_None;
}

/* --- what concurrent.futures reads --- */

static HdValue get_state(HdThread *t, HdValue self, void *closure) {
    return hd_str_intern_text(t, state_names[state_of(hd_task_of(self))]);
}
/* A field that is made when it is first asked for. */
static HdValue get_or_keep(HdThread *t, HdTask *f, HdValue *field, HdValue made) {
    if (hd_is_null(made)) return HD_NULL;
    hd_lock_object(t, &f->head);
    if (hd_is_null(*field)) HD_STORE_RELEASE(&field->bits, hd_move(&made).bits);
    HdValue value = hd_retain(t, *field);
    hd_unlock_object(t, &f->head);
    hd_release(t, made);
    return value;
}
static HdValue get_condition(HdThread *t, HdValue self, void *closure) {
    HdTask *f = hd_task_of(self);
    HdValue there = hd_field_get(t, f, &f->condition);
    if (!hd_is_null(there)) return there;
    HD_OWNED HdValue type = hd_object_import_from(t, "threading", "Condition");
    return hd_is_null(type) ? HD_NULL : get_or_keep(t, f, &f->condition, hd_object_call0(t, type));
}
static HdValue get_waiters(HdThread *t, HdValue self, void *closure) {
    HdTask *f = hd_task_of(self);
    HdValue there = hd_field_get(t, f, &f->waiters);
    return hd_is_null(there) ? get_or_keep(t, f, &f->waiters, hd_list_new(t, 0)) : there;
}
static HdValue get_callbacks(HdThread *t, HdValue self, void *closure) {
    HdTask *f = hd_task_of(self);
    HdValue there = hd_field_get(t, f, &f->callbacks);
    return hd_is_null(there) ? hd_list_new(t, 0) : there;
}
static HdValue get_outcome(HdThread *t, HdValue self, void *closure) {
    HdTask *f = hd_task_of(self);
    HdTaskState wanted = closure ? HD_TASK_EXCEPTION : HD_TASK_RESULT;
    return state_of(f) == wanted ? hd_field_get(t, f, &f->outcome) : hd_None;
}

static HdValue get_submitted(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(hd_task_of(self)->submitted);
}

/* --- life --- */

static HdValue future_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
static int future_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "Future", kwnames) < 0) return -1;
    return hd_native_check_count(t, "Future", nargs, 0, 0);
}
static int future_traverse(HdObject *self, HdVisit visit, void *context) {
    HdTask *f = (HdTask *)self;
    HD_VISIT(f->function);
    HD_VISIT(f->args);
    HD_VISIT(f->kwargs);
    HD_VISIT(f->meter);
    HD_VISIT(f->outcome);
    HD_VISIT(f->condition);
    HD_VISIT(f->waiters);
    HD_VISIT(f->callbacks);
    return 0;
}
static void future_clear(HdThread *t, HdObject *self) {
    HdTask *f = (HdTask *)self;
    HdValue *const fields[] = {&f->function, &f->args,      &f->kwargs,  &f->meter,
                               &f->outcome,  &f->condition, &f->waiters, &f->callbacks};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
}
static void future_dealloc(HdThread *t, HdObject *self) {
    future_clear(t, self);
    hd_type_free(t, self);
}

static const HdMethodDef future_methods[] = {
    HD_METHOD(future_result, "result($self, /, timeout=None)",
              "The result, or the exception that the call raised; waits for it, at most timeout seconds."),
    HD_METHOD(future_exception, "exception($self, /, timeout=None)", "The exception that the call raised, or None."),
    HD_METHOD(future_cancel, "cancel($self, /)", "Cancels the call if it has not begun; tells whether it is cancelled."),
    HD_METHOD(future_cancelled, "cancelled($self, /)", "Whether the call was cancelled."),
    HD_METHOD(future_running, "running($self, /)", "Whether the call runs now."),
    HD_METHOD(future_done, "done($self, /)", "Whether the call was cancelled or has ended."),
    HD_METHOD(future_add_done_callback, "add_done_callback($self, fn, /)",
              "fn(future) is called when the call has ended or was cancelled; at once if so."),
    HD_METHOD(future_begin, "set_running_or_notify_cancel($self, /)",
              "For executors: True, and the call runs now; False if it was cancelled."),
    HD_METHOD(future_set_result, "set_result($self, result, /)", "For executors: the call has ended."),
    HD_METHOD(future_set_exception, "set_exception($self, exception, /)", "For executors: the call raised."),
    HD_METHOD(future_enlist, "_enlist($self, meter, /)", "For pools: counts the task as submitted now."),
    HD_METHODS_END,
};
static const HdGetSetDef future_getsets[] = {
    {"_state", get_state, NULL, NULL, NULL},
    {"_condition", get_condition, NULL, NULL, NULL},
    {"_waiters", get_waiters, NULL, NULL, NULL},
    {"_done_callbacks", get_callbacks, NULL, NULL, NULL},
    {"_result", get_outcome, NULL, NULL, NULL},
    {"_submitted", get_submitted, NULL, "When it was submitted, in ns of time.monotonic_ns().", NULL},
    {"_exception", get_outcome, NULL, NULL, (void *)(uintptr_t)1},
    {NULL},
};
HdType hd_task_type = {
    HD_TYPE_HEAD("_parallel.FutureBase"),
    .doc = "The native part of heddle.parallel.Future.",
    .basicsize = sizeof(HdTask),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = future_create,
    .init = future_init,
    .dealloc = future_dealloc,
    .traverse = future_traverse,
    .clear = future_clear,
    .methods = future_methods,
    .getsets = future_getsets,
};
