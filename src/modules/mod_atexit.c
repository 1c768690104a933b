/* mod_atexit.c -- the module atexit: functions to be called when the program ends (runtime/start.c calls _run_exitfuncs).
 *
 * The functions lie in a list of (function, args, kwargs or None), which takes care of threads; what was unregistered
 * leaves None behind, so that numbers stay while they are called.
 */
#include <heddle/module.h>

typedef struct State {
    HdValue callbacks; /* list; HD_NULL before the first use and once the collector has cleared the module */
} State;

/* The list, owned. */
static HdValue callbacks_of(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    HdValue list = hd_slot_read(t, &state->callbacks, hd_as_object(module));
    if (!hd_is_null(list)) return list;
    HdValue made = hd_list_new(t, 0);
    if (hd_is_null(made)) return HD_NULL;
    hd_lock_object(t, hd_as_object(module));
    if (hd_is_null(state->callbacks)) state->callbacks = hd_retain(t, made);
    list = hd_retain(t, state->callbacks);
    hd_unlock_object(t, hd_as_object(module));
    hd_release(t, made);
    return list;
}

static HdValue keywords_dict(HdThread *t, const HdRef *values, HdValue kwnames) {
    if (hd_is_null(kwnames) || hd_tuple_length(kwnames) == 0) return hd_None;
    HdValue dict = hd_dict_new(t);
    for (HdSize i = 0; !hd_is_null(dict) && i < hd_tuple_length(kwnames); i++) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(values[i])) < 0) hd_clear_slot(t, &dict);
    }
    return dict;
}

static HdValue atexit_register(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs == 0) return hd_raise(t, &hd_TypeError, "register() takes at least 1 argument (0 given)");
    HdValue function = hd_ref_value(args[0]);
    if (!hd_object_is_callable(function)) return hd_raise(t, &hd_TypeError, "the first argument must be callable");
    HD_OWNED HdValue rest = hd_tuple_from_refs(t, args + 1, nargs - 1);
    HD_OWNED HdValue keywords = hd_is_null(rest) ? HD_NULL : keywords_dict(t, args + nargs, kwnames);
    HD_OWNED HdValue entry = hd_is_null(keywords) ? HD_NULL : hd_tuple_pack(t, 3, function, rest, keywords);
    HD_OWNED HdValue list = hd_is_null(entry) ? HD_NULL : callbacks_of(t, self);
    if (hd_is_null(list) || hd_list_append(t, list, entry) < 0) return HD_NULL;
    return hd_retain(t, function);
}

static int remove_all(HdThread *t, HdValue list) { return hd_list_set_slice(t, list, 0, HD_SIZE_MAX, HD_NULL); }

static int call_entry(HdThread *t, HdValue entry) {
    HdValue keywords = hd_tuple_at_borrowed(entry, 2);
    HdValue result = hd_object_call_ex(t, hd_tuple_at_borrowed(entry, 0), hd_tuple_at_borrowed(entry, 1),
                                       hd_is_none(keywords) ? HD_NULL : keywords);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}

/* The last one first. What is registered meanwhile is not called, as in CPython 3.11. */
static HdValue atexit_run(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue list = callbacks_of(t, self);
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = hd_list_length(list); i-- > 0;) {
        HD_OWNED HdValue entry = hd_list_get(t, list, i);
        if (hd_is_null(entry) || hd_is_none(entry)) continue;
        if (call_entry(t, entry) < 0) hd_write_unraisable_message(t, "in atexit callback", hd_tuple_at_borrowed(entry, 0));
    }
    return remove_all(t, list) < 0 ? HD_NULL : hd_None;
}

static HdValue atexit_clear(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue list = callbacks_of(t, self);
    return hd_is_null(list) || remove_all(t, list) < 0 ? HD_NULL : hd_None;
}
static HdValue atexit_ncallbacks(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue list = callbacks_of(t, self);
    return hd_is_null(list) ? HD_NULL : hd_int_from_i64(t, hd_list_length(list));
}

static HdValue atexit_unregister(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue list = callbacks_of(t, self);
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = 0; i < hd_list_length(list); i++) {
        HD_OWNED HdValue entry = hd_list_get(t, list, i);
        if (hd_is_null(entry) || hd_is_none(entry)) continue;
        int equal = hd_object_equal(t, hd_tuple_at_borrowed(entry, 0), args[0]);
        if (equal < 0) return HD_NULL;
        if (!equal) continue;
        HD_OWNED HdValue still = hd_list_get(t, list, i); /* __eq__ may have cleared the list */
        if (hd_same(still, entry) && hd_list_set(t, list, i, hd_None) < 0) return HD_NULL;
    }
    return hd_None;
}

static int atexit_traverse(HdValue module, HdVisit visit, void *context) {
    State *state = hd_module_state(module);
    HD_VISIT(state->callbacks);
    return 0;
}
static void atexit_drop(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    hd_clear_slot(t, &state->callbacks);
}

static const HdMethodDef atexit_functions[] = {
    HD_METHOD_RAW(atexit_register, "register",
                  "register(func, *args, **kwargs) -> func\n\n"
                  "Has func(*args, **kwargs) called when the program ends. The function is given back, so that this\n"
                  "may stand before its definition as a decorator."),
    HD_METHOD(atexit_unregister, "unregister($module, func, /)", "Forgets every registration of a function."),
    HD_METHOD(atexit_run, "_run_exitfuncs($module, /)",
              "Calls all registered functions, the last one first.\n\nExceptions are shown by sys.unraisablehook."),
    HD_METHOD(atexit_clear, "_clear($module, /)", "Forgets all registered functions."),
    HD_METHOD(atexit_ncallbacks, "_ncallbacks($module, /)", "The number of registered functions."),
    HD_METHODS_END,
};

const HdModuleDef hd_module_atexit = {
    .name = "atexit",
    .doc = "Functions to be called when the program ends normally: register() and unregister().",
    .state_size = sizeof(State),
    .functions = atexit_functions,
    .traverse = atexit_traverse,
    .clear = atexit_drop,
};
