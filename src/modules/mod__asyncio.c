/* mod__asyncio.c -- the module _asyncio: running loops, the registry of tasks, names of the package asyncio (see
 * asyncio_types.h).
 *
 * The loop that a thread runs lies in the thread's record, with the process it belongs to: a forked child runs none.
 */
#include <unistd.h>

#include "asyncio_types.h"

HdAsyncioState *hd_asyncio_state(void) { return hd_module_state(hd_from_object(hd_asyncio_future_type.native_data)); }

HdValue hd_asyncio_name(HdThread *t, HdAsyncioName name) {
    static const struct {
        const char *module, *attribute;
    } sources[] = {
        [HD_ASYNCIO_INVALID_STATE] = {"asyncio.exceptions", "InvalidStateError"},
        [HD_ASYNCIO_CANCELLED] = {"asyncio.exceptions", "CancelledError"},
        [HD_ASYNCIO_FUTURE_REPR] = {"asyncio.base_futures", "_future_repr"},
        [HD_ASYNCIO_TASK_REPR] = {"asyncio.base_tasks", "_task_repr"},
        [HD_ASYNCIO_TASK_GET_STACK] = {"asyncio.base_tasks", "_task_get_stack"},
        [HD_ASYNCIO_TASK_PRINT_STACK] = {"asyncio.base_tasks", "_task_print_stack"},
        [HD_ASYNCIO_ISCOROUTINE] = {"asyncio.coroutines", "iscoroutine"},
        [HD_ASYNCIO_GET_POLICY] = {"asyncio.events", "get_event_loop_policy"},
        [HD_ASYNCIO_EXTRACT_STACK] = {"traceback", "extract_stack"},
        [HD_ASYNCIO_COPY_CONTEXT] = {"_contextvars", "copy_context"},
    };
    HdValue *slot = &hd_asyncio_state()->names[name];
    HdValue known = {HD_LOAD_ACQUIRE(&slot->bits)};
    if (HD_LIKELY(!hd_is_null(known))) return known;
    HdValue found = hd_object_import_from(t, sources[name].module, sources[name].attribute);
    if (hd_is_null(found)) return HD_NULL;
    uint64_t empty = 0;
    if (HD_CAS(&slot->bits, &empty, found.bits)) return found;
    hd_release(t, found);
    return (HdValue){empty};
}

/* --- the loop --- */

int hd_asyncio_call_soon(HdThread *t, HdValue loop, HdValue callback, HdValue argument, HdValue context) {
    HdValue self;
    HD_OWNED HdValue method = hd_object_getmethod(t, loop, HD_NAME("call_soon"), &self);
    if (hd_is_null(method)) return -1;
    HdRef arguments[4];
    HdSize count = 0;
    if (!hd_is_null(self)) arguments[count++] = hd_ref_uncounted(self);
    arguments[count++] = hd_ref_uncounted(callback);
    if (!hd_is_null(argument)) arguments[count++] = hd_ref_uncounted(argument);
    HdValue keyword = hd_is_null(context) ? HD_NULL : hd_asyncio_state()->context_keyword;
    if (!hd_is_null(context)) arguments[count] = hd_ref_uncounted(context);
    HdValue handle = hd_object_call(t, method, arguments, count, keyword);
    hd_release(t, handle);
    return hd_is_null(handle) ? -1 : 0;
}
HdValue hd_asyncio_copy_context(HdThread *t) {
    HdValue copy = hd_asyncio_name(t, HD_ASYNCIO_COPY_CONTEXT);
    return hd_is_null(copy) ? HD_NULL : hd_object_call0(t, copy);
}
void hd_asyncio_report(HdThread *t, HdValue loop, HdValue context, HdValue self) {
    HD_OWNED HdValue handler = hd_object_getattr(t, loop, HD_NAME("call_exception_handler"));
    HD_OWNED HdValue result = hd_is_null(handler) ? HD_NULL : hd_object_call1(t, handler, context);
    if (hd_is_null(result)) hd_write_unraisable(t, self);
}

HdValue hd_asyncio_running_loop_borrowed(HdThread *t) {
    HdValue loop = t->slots[HD_THREAD_SLOT_LOOP];
    if (hd_is_null(loop) || hd_imm_int_value(t->slots[HD_THREAD_SLOT_LOOP_PROCESS]) == getpid()) return loop;
    return HD_NULL;
}
HdValue hd_asyncio_get_event_loop(HdThread *t) {
    HdValue running = hd_asyncio_running_loop_borrowed(t);
    if (!hd_is_null(running)) return hd_retain(t, running);
    HdValue get_policy = hd_asyncio_name(t, HD_ASYNCIO_GET_POLICY);
    HD_OWNED HdValue policy = hd_is_null(get_policy) ? HD_NULL : hd_object_call0(t, get_policy);
    return hd_is_null(policy) ? HD_NULL : hd_object_call_method0(t, policy, "get_event_loop");
}
static HdValue asyncio_running_or_none(HdThread *t, HdValue self, const HdValue *args) {
    HdValue loop = hd_asyncio_running_loop_borrowed(t);
    return hd_is_null(loop) ? hd_None : hd_retain(t, loop);
}
static HdValue asyncio_get_running_loop(HdThread *t, HdValue self, const HdValue *args) {
    HdValue loop = hd_asyncio_running_loop_borrowed(t);
    return hd_is_null(loop) ? hd_raise(t, &hd_RuntimeError, "no running event loop") : hd_retain(t, loop);
}
static HdValue asyncio_set_running_loop(HdThread *t, HdValue self, const HdValue *args) {
    t->slots[HD_THREAD_SLOT_LOOP_PROCESS] = hd_imm_int(getpid());
    hd_replace_steal(t, &t->slots[HD_THREAD_SLOT_LOOP], hd_is_none(args[0]) ? HD_NULL : hd_retain(t, args[0]));
    return hd_None;
}
static HdValue asyncio_get_event_loop(HdThread *t, HdValue self, const HdValue *args) {
    return hd_asyncio_get_event_loop(t);
}

/* --- the registry of tasks --- */

int hd_asyncio_register(HdThread *t, HdValue task) {
    HD_OWNED HdValue added = hd_object_call_method(t, hd_asyncio_state()->all_tasks, HD_NAME("add"), &task, 1);
    return hd_is_null(added) ? -1 : 0;
}
int hd_asyncio_enter(HdThread *t, HdValue loop, HdValue task) {
    int64_t hash = hd_object_hash(t, loop);
    if (hash == -1) return -1;
    bool inserted;
    HD_OWNED HdValue current = hd_dict_set_default_hash(t, hd_asyncio_state()->current_tasks, loop, hash, task, &inserted);
    if (hd_is_null(current)) return -1;
    if (inserted) return 0;
    return hd_raise_int(t, &hd_RuntimeError, "Cannot enter into task %R while another task %R is being executed.", task,
                        current);
}
int hd_asyncio_leave(HdThread *t, HdValue loop, HdValue task) {
    HdValue dict = hd_asyncio_state()->current_tasks;
    HD_OWNED HdValue current = HD_NULL;
    int64_t hash = hd_object_hash(t, loop);
    if (hash == -1) return -1;
    int found = hd_dict_pop_hash(t, dict, loop, hash, &current);
    if (found < 0) return -1;
    if (found && hd_same(current, task)) return 0;
    if (found && hd_dict_set_hash(t, dict, loop, hash, current) < 0) return -1; /* it was another's */
    return hd_raise_int(t, &hd_RuntimeError, "Leaving task %R does not match the current task %R.", task,
                        found ? current : hd_None);
}
static HdValue asyncio_register_task(HdThread *t, HdValue self, const HdValue *args) {
    return hd_asyncio_register(t, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue asyncio_unregister_task(HdThread *t, HdValue self, const HdValue *args) {
    return hd_object_call_method1(t, hd_asyncio_state()->all_tasks, "discard", args[0]);
}
static HdValue asyncio_enter_task(HdThread *t, HdValue self, const HdValue *args) {
    return hd_asyncio_enter(t, args[0], args[1]) < 0 ? HD_NULL : hd_None;
}
static HdValue asyncio_leave_task(HdThread *t, HdValue self, const HdValue *args) {
    return hd_asyncio_leave(t, args[0], args[1]) < 0 ? HD_NULL : hd_None;
}

/* --- the module --- */

static const HdMethodDef asyncio_functions[] = {
    HD_METHOD(asyncio_get_event_loop, "get_event_loop($module, /)", "The running event loop, else the policy's."),
    HD_METHOD(asyncio_get_event_loop, "_get_event_loop($module, /, stacklevel=3)", "An old name of get_event_loop()."),
    HD_METHOD(asyncio_get_running_loop, "get_running_loop($module, /)",
              "The event loop that this thread runs; RuntimeError if there is none."),
    HD_METHOD(asyncio_running_or_none, "_get_running_loop($module, /)",
              "The event loop that this thread runs, or None."),
    HD_METHOD(asyncio_set_running_loop, "_set_running_loop($module, loop, /)",
              "Sets the loop that this thread runs; for event loops alone."),
    HD_METHOD(asyncio_register_task, "_register_task($module, /, task)", "Makes a task known to all_tasks()."),
    HD_METHOD(asyncio_unregister_task, "_unregister_task($module, /, task)", "Takes a task out of all_tasks()."),
    HD_METHOD(asyncio_enter_task, "_enter_task($module, /, loop, task)",
              "The loop runs a step of the task from now on."),
    HD_METHOD(asyncio_leave_task, "_leave_task($module, /, loop, task)", "The step of the task is over."),
    HD_METHODS_END,
};

static int asyncio_exec(HdThread *t, HdValue module) {
    HdAsyncioState *state = hd_module_state(module);
    HD_OWNED HdValue weak_set = hd_object_import_from(t, "weakref", "WeakSet");
    if (hd_is_null(weak_set)) return -1;
    state->all_tasks = hd_object_call0(t, weak_set);
    state->current_tasks = hd_dict_new(t);
    state->context_keyword = hd_tuple_pack(t, 1, HD_NAME("context"));
    state->msg_keyword = hd_tuple_pack(t, 1, HD_NAME("msg"));
    if (hd_is_null(state->all_tasks) || hd_is_null(state->current_tasks) || hd_is_null(state->context_keyword) ||
        hd_is_null(state->msg_keyword))
        return -1;
    if (hd_module_set(t, module, "_all_tasks", state->all_tasks) < 0 ||
        hd_module_set(t, module, "_current_tasks", state->current_tasks) < 0)
        return -1;
    if (hd_type_ready(t, &hd_asyncio_future_iterator_type) < 0 || hd_type_ready(t, &hd_asyncio_step_type) < 0 ||
        hd_module_add_type(t, module, &hd_asyncio_future_type) < 0 ||
        hd_module_add_type(t, module, &hd_asyncio_task_type) < 0)
        return -1;
    /* The classes outlive the module object and need its state. */
    HdValue older = hd_from_object(hd_asyncio_future_type.native_data);
    hd_asyncio_future_type.native_data = hd_as_object(hd_retain(t, module));
    hd_release(t, older);
    return 0;
}
static int asyncio_traverse(HdValue module, HdVisit visit, void *context) {
    HdAsyncioState *state = hd_module_state(module);
    for (int i = 0; i < HD_ASYNCIO_NAMES; i++) HD_VISIT(state->names[i]);
    HD_VISIT(state->all_tasks);
    HD_VISIT(state->current_tasks);
    HD_VISIT(state->context_keyword);
    HD_VISIT(state->msg_keyword);
    return 0;
}
static void asyncio_clear(HdThread *t, HdValue module) {
    HdAsyncioState *state = hd_module_state(module);
    for (int i = 0; i < HD_ASYNCIO_NAMES; i++) hd_clear_slot(t, &state->names[i]);
    hd_clear_slot(t, &state->all_tasks);
    hd_clear_slot(t, &state->current_tasks);
    hd_clear_slot(t, &state->context_keyword);
    hd_clear_slot(t, &state->msg_keyword);
}

const HdModuleDef hd_module__asyncio = {
    .name = "_asyncio",
    .doc = "Futures, tasks and the running event loop, for the package asyncio.",
    .state_size = sizeof(HdAsyncioState),
    .functions = asyncio_functions,
    .exec = asyncio_exec,
    .traverse = asyncio_traverse,
    .clear = asyncio_clear,
};
