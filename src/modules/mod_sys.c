/* mod_sys.c -- the module sys: what the runtime tells about itself, and the knobs of the running program.
 *
 * Streams, argv and path are filled by runtime/ at start. Structs (flags, version_info, …) are structseqs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "config.h"
#include "gil.h"
#include "import.h"
#include "heddle/module.h"
#include "safepoint.h"
#include "sys_data.h"
#include "traceback_print.h"
#include "vm.h"

/* --- hooks --- */

static HdValue sys_displayhook(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_none(args[0])) return hd_None;
    if (hd_dict_set_text(t, hd_runtime.builtins, "_", hd_None) < 0) return HD_NULL;
    HD_OWNED HdValue out = hd_dict_get_text(t, hd_runtime.sys_dict, "stdout");
    if (hd_is_null(out) || hd_is_none(out)) return hd_raise(t, &hd_RuntimeError, "lost sys.stdout");
    HD_OWNED HdValue text = hd_object_repr(t, args[0]);
    if (hd_is_null(text)) return HD_NULL;
    HdValue written = hd_object_call_method1(t, out, "write", text);
    if (hd_is_null(written)) {
        if (!hd_raised_is(t, &hd_UnicodeEncodeError)) return HD_NULL;
        hd_clear_raised(t);
        hd_replace_steal(t, &text, hd_object_ascii(t, args[0]));
        if (hd_is_null(text)) return HD_NULL;
        written = hd_object_call_method1(t, out, "write", text);
        if (hd_is_null(written)) return HD_NULL;
    }
    hd_release(t, written);
    HD_OWNED HdValue newline = hd_str_from_char(t, '\n');
    written = hd_object_call_method1(t, out, "write", newline);
    if (hd_is_null(written)) return HD_NULL;
    hd_release(t, written);
    return hd_dict_set_text(t, hd_runtime.builtins, "_", args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue sys_excepthook(HdThread *t, HdValue self, const HdValue *args) {
    hd_traceback_print_exception(t, args[1], args[2]);
    return hd_None;
}

static HdValue sys_unraisablehook(HdThread *t, HdValue self, const HdValue *args) {
    hd_traceback_print_unraisable(t, args[0]);
    return hd_None;
}

static HdValue sys_breakpointhook(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    const char *wanted = hd_runtime.config->ignore_environment ? NULL : getenv("PYTHONBREAKPOINT");
    if (!wanted || !*wanted) wanted = "pdb.set_trace";
    if (strcmp(wanted, "0") == 0) return hd_None;
    const char *dot = strrchr(wanted, '.');
    char module[256];
    if (!dot) snprintf(module, sizeof module, "builtins");
    else snprintf(module, sizeof module, "%.*s", (int)(dot - wanted), wanted);
    HD_OWNED HdValue hook = hd_object_import_from(t, module, dot ? dot + 1 : wanted);
    if (hd_is_null(hook)) {
        hd_clear_raised(t);
        if (hd_warn(t, &hd_RuntimeWarning, 1, "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"", wanted) < 0) return HD_NULL;
        return hd_None;
    }
    return hd_object_call(t, hook, args, nargs, kwnames);
}

/* --- exceptions and exit --- */

static HdValue sys_exc_info(HdThread *t, HdValue self, const HdValue *args) {
    HdValue exception = hd_handled_exception_borrowed(t);
    if (hd_is_null(exception) || hd_is_none(exception)) return hd_tuple_pack(t, 3, hd_None, hd_None, hd_None);
    HdValue traceback = hd_exception_traceback_borrowed(exception);
    return hd_tuple_pack(t, 3, hd_type_value(hd_type_of(exception)), exception,
                         hd_is_null(traceback) ? hd_None : traceback);
}
static HdValue sys_exception(HdThread *t, HdValue self, const HdValue *args) {
    HdValue exception = hd_handled_exception_borrowed(t);
    return hd_is_null(exception) ? hd_None : hd_retain(t, exception);
}
static HdValue sys_exit(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue exception = hd_is_null(args[0]) ? hd_object_call0(t, hd_type_value(&hd_SystemExit))
                                 : hd_is_exact_tuple(args[0])
                                     ? hd_object_call_ex(t, hd_type_value(&hd_SystemExit), args[0], HD_NULL)
                                     : hd_object_call1(t, hd_type_value(&hd_SystemExit), args[0]);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}

/* --- objects --- */

static HdValue sys_getrefcount(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "getrefcount", kwnames) < 0 || hd_native_check_count(t, "getrefcount", nargs, 1, 1) < 0)
        return HD_NULL;
    HdValue v = hd_ref_value(args[0]);
    if (!hd_is_object(v)) return hd_imm_int(UINT32_MAX);
    /* an argument slot that does not count its object: CPython's would, and so do we */
    return hd_imm_int(hd_count_get(t, hd_as_object(v)) + hd_ref_is_uncounted(args[0]));
}
static HdValue sys_getsizeof(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_special(t, args[0], HD_NAME("__sizeof__"), &method);
    HD_OWNED HdValue size = HD_NULL;
    if (found > 0) size = hd_object_call0(t, method);
    else if (found == 0) hd_raise(t, &hd_TypeError, "Type %T doesn't define __sizeof__", args[0]);
    if (!hd_is_null(size)) {
        HdSize bytes = hd_number_as_size(t, size, &hd_OverflowError);
        if (bytes == -1 && hd_raised(t)) return HD_NULL;
        if (bytes < 0) return hd_raise(t, &hd_ValueError, "__sizeof__() should return >= 0");
        return hd_int_from_size(t, bytes);
    }
    if (hd_is_null(args[1]) || !hd_raised_is(t, &hd_TypeError)) return HD_NULL;
    hd_clear_raised(t);
    return hd_retain(t, args[1]);
}
static HdValue sys_intern(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "intern() argument must be str, not %T", args[0]);
    if (!hd_is_exact_str(args[0])) return hd_raise(t, &hd_TypeError, "can't intern %T", args[0]);
    return hd_str_intern_steal(t, hd_retain(t, args[0]));
}
static HdValue sys_getallocatedblocks(HdThread *t, HdValue self, const HdValue *args) {
    HdHeapStats stats;
    hd_heap_stats(&stats);
    return hd_int_from_size(t, (HdSize)(stats.objects_live + stats.raw_live));
}

/* --- frames --- */

static HdValue sys_getframe(HdThread *t, HdValue self, const HdValue *args) {
    HdSize depth = hd_is_null(args[0]) ? 0 : hd_number_as_size(t, args[0], &hd_OverflowError);
    if (depth == -1 && hd_raised(t)) return HD_NULL;
    return hd_frame_get(t, depth < 0 ? 0 : depth);
}

/* What sys._current_frames and _current_exceptions see of one thread; taken while the world stands still. */
typedef struct ThreadSight {
    uint64_t ident;
    HdFrame *frame;
    HdValue exception; /* lent */
} ThreadSight;
typedef struct Sights {
    ThreadSight *at;
    size_t count, capacity;
} Sights;
static void see_thread(HdThread *thread, void *context) {
    Sights *sights = context;
    if (sights->count == sights->capacity) return;
    HdValue exception = thread->exc_info ? hd_handled_exception_borrowed(thread) : HD_NULL;
    sights->at[sights->count++] = (ThreadSight){HD_LOAD_RELAXED(&thread->ident), thread->frame, exception};
}
static HdValue exc_info_of(HdThread *t, HdValue exception) {
    if (hd_is_null(exception) || hd_is_none(exception)) return hd_tuple_pack(t, 3, hd_None, hd_None, hd_None);
    HdValue traceback = hd_exception_traceback_borrowed(exception);
    return hd_tuple_pack(t, 3, hd_type_value(hd_type_of(exception)), exception, hd_is_null(traceback) ? hd_None : traceback);
}
/* {ident: frame} or {ident: (type, exception, traceback)}; other threads stay where they are until the dict is made. */
static HdValue look_at_threads(HdThread *t, bool frames) {
    HD_OWNED HdValue result = hd_dict_new(t);
    Sights sights = {.capacity = hd_thread_count() + 64};
    sights.at = malloc(sights.capacity * sizeof *sights.at);
    if (hd_is_null(result) || !sights.at) {
        free(sights.at);
        return hd_raise_no_memory(t);
    }
    hd_safepoint_stop_world(t);
    hd_thread_each(see_thread, &sights);
    bool ok = true;
    for (size_t i = 0; i < sights.count && ok; i++) {
        HdValue shown = sights.at[i].exception;
        if (frames) {
            if (!sights.at[i].frame) continue;
            shown = hd_frame_object_borrowed(t, sights.at[i].frame);
        }
        HD_OWNED HdValue ident = hd_int_from_u64(t, sights.at[i].ident);
        HD_OWNED HdValue entry = frames ? (hd_is_null(shown) ? HD_NULL : hd_retain(t, shown)) : exc_info_of(t, shown);
        ok = !hd_is_null(entry) && hd_dict_set(t, result, ident, entry) == 0;
    }
    hd_safepoint_start_world(t);
    free(sights.at);
    return ok ? hd_move(&result) : HD_NULL;
}
static HdValue sys_current_frames(HdThread *t, HdValue self, const HdValue *args) { return look_at_threads(t, true); }
static HdValue sys_current_exceptions(HdThread *t, HdValue self, const HdValue *args) { return look_at_threads(t, false); }
static HdValue sys_settrace(HdThread *t, HdValue self, const HdValue *args) {
    return hd_vm_set_trace(t, hd_is_none(args[0]) ? HD_NULL : args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue sys_gettrace(HdThread *t, HdValue self, const HdValue *args) {
    return hd_is_null(t->trace_function) ? hd_None : hd_retain(t, t->trace_function);
}
static HdValue sys_setprofile(HdThread *t, HdValue self, const HdValue *args) {
    return hd_vm_set_profile(t, hd_is_none(args[0]) ? HD_NULL : args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue sys_getprofile(HdThread *t, HdValue self, const HdValue *args) {
    return hd_is_null(t->profile_function) ? hd_None : hd_retain(t, t->profile_function);
}
static HdValue sys_call_tracing(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_tuple(args[1])) return hd_raise(t, &hd_TypeError, "call_tracing() argument 2 must be tuple, not %T", args[1]);
    int32_t tracing = t->tracing;
    t->tracing = 0;
    HdValue result = hd_object_call_ex(t, args[0], args[1], HD_NULL);
    t->tracing = tracing;
    return result;
}

/* --- limits --- */

static HdValue sys_getrecursionlimit(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(hd_runtime.recursion_limit);
}
static void set_limit(HdThread *thread, void *context) {
    HD_STORE_RELAXED(&thread->recursion_limit, *(int *)context);
    if (!HD_LOAD_RELAXED(&thread->use_tracing)) HD_STORE_RELAXED(&thread->enter_limit, *(int *)context);
}
static HdValue sys_setrecursionlimit(HdThread *t, HdValue self, const HdValue *args) {
    int limit = hd_number_as_int(t, args[0]);
    if (limit == -1 && hd_raised(t)) return HD_NULL;
    if (limit < 1) return hd_raise(t, &hd_ValueError, "recursion limit must be greater or equal than 1");
    if (t->recursion_depth >= limit)
        return hd_raise(t, &hd_RecursionError, "cannot set the recursion limit to %d at the recursion depth %d: the limit is too low",
                        limit, t->recursion_depth);
    hd_runtime.recursion_limit = limit;
    hd_thread_each(set_limit, &limit);
    return hd_None;
}
static HdValue sys_getswitchinterval(HdThread *t, HdValue self, const HdValue *args) {
    return hd_float_new(t, (double)hd_gil_get_interval() / 1e9);
}
static HdValue sys_setswitchinterval(HdThread *t, HdValue self, const HdValue *args) {
    double seconds = hd_number_as_double(t, args[0]);
    if (seconds == -1.0 && hd_raised(t)) return HD_NULL;
    if (!(seconds > 0.0)) return hd_raise(t, &hd_ValueError, "switch interval must be strictly positive");
    hd_gil_set_interval(seconds > 1e9 ? (HdTime)1000000000 * 1000000000 : (HdTime)(seconds * 1e9 + 0.5));
    return hd_None;
}
static HdValue sys_get_int_max_str_digits(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(hd_runtime.int_max_str_digits);
}
static HdValue sys_set_int_max_str_digits(HdThread *t, HdValue self, const HdValue *args) {
    int digits = hd_number_as_int(t, args[0]);
    if (digits == -1 && hd_raised(t)) return HD_NULL;
    if (digits != 0 && digits < 640) return hd_raise(t, &hd_ValueError, "maxdigits must be 0 or larger than 640");
    hd_runtime.int_max_str_digits = digits;
    return hd_None;
}
static HdValue sys_is_gil_enabled(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_runtime.gil_enabled);
}
static HdValue sys_is_finalizing(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_runtime.finalizing);
}

/* --- asynchronous generators and coroutines --- */

static HdValue sys_set_asyncgen_hooks(HdThread *t, HdValue self, const HdValue *args) {
    HdValue *slots[2] = {&t->async_gen_firstiter, &t->async_gen_finalizer};
    const char *names[2] = {"firstiter", "finalizer"};
    for (int i = 0; i < 2; i++) {
        if (!hd_is_null(args[i]) && !hd_is_none(args[i]) && !hd_object_is_callable(args[i]))
            return hd_raise(t, &hd_TypeError, "callable %s expected, got %T", names[i], args[i]);
    }
    for (int i = 0; i < 2; i++) {
        if (hd_is_null(args[i])) continue;
        hd_replace_steal(t, slots[i], hd_is_none(args[i]) ? HD_NULL : hd_retain(t, args[i]));
    }
    return hd_None;
}
static HdValue sys_get_asyncgen_hooks(HdThread *t, HdValue self, const HdValue *args) {
    return hd_sys_asyncgen_hooks(t, self);
}
static HdValue sys_set_origin_depth(HdThread *t, HdValue self, const HdValue *args) {
    int depth = hd_number_as_int(t, args[0]);
    if (depth == -1 && hd_raised(t)) return HD_NULL;
    if (depth < 0) return hd_raise(t, &hd_ValueError, "depth must be >= 0");
    ((HdVmThread *)t->vm)->coroutine_origin_depth = depth;
    return hd_None;
}
static HdValue sys_get_origin_depth(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(((HdVmThread *)t->vm)->coroutine_origin_depth);
}

/* --- the rest --- */

static HdValue sys_getdefaultencoding(HdThread *t, HdValue self, const HdValue *args) { return hd_str_from_text(t, "utf-8"); }
static HdValue sys_getfilesystemencodeerrors(HdThread *t, HdValue self, const HdValue *args) {
    return hd_str_from_text(t, "surrogateescape");
}
static HdValue sys_getdlopenflags(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(hd_import_dlopen_flags());
}
static HdValue sys_setdlopenflags(HdThread *t, HdValue self, const HdValue *args) {
    int flags = hd_number_as_int(t, args[0]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    hd_import_set_dlopen_flags(flags);
    return hd_None;
}
static HdValue sys_audit(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_sys_audit(t, self, args, nargs);
}
static HdValue sys_addaudithook(HdThread *t, HdValue self, const HdValue *args) { return hd_sys_add_audit_hook(t, self, args[0]); }
static HdValue sys_clear_type_cache(HdThread *t, HdValue self, const HdValue *args) { return hd_None; }

static const HdMethodDef functions[] = {
    HD_METHOD(sys_displayhook, "displayhook(object, /)", "Print an object to sys.stdout and also save it in builtins._"),
    HD_METHOD(sys_excepthook, "excepthook(exctype, value, traceback, /)", "Handle an exception by displaying it with a traceback on sys.stderr."),
    HD_METHOD(sys_unraisablehook, "unraisablehook(unraisable, /)", "Handle an unraisable exception."),
    HD_METHOD_RAW(sys_breakpointhook, "breakpointhook", "breakpointhook(*args, **kws)\n\nThis hook function is called by built-in breakpoint()."),
    HD_METHOD(sys_exc_info, "exc_info()", "Return (type, value, traceback) of the exception being handled."),
    HD_METHOD(sys_exception, "exception()", "Return the exception being handled, or None."),
    HD_METHOD(sys_exit, "exit(status=None, /)", "Exit the interpreter by raising SystemExit(status)."),
    HD_METHOD_RAW(sys_getrefcount, "getrefcount", "getrefcount(object, /)\n\nReturn the reference count of object, the argument's reference included."),
    HD_METHOD(sys_getsizeof, "getsizeof(object, default=<none>)", "Return the size of object in bytes."),
    HD_METHOD(sys_intern, "intern(string, /)", "Intern the given string."),
    HD_METHOD(sys_getallocatedblocks, "getallocatedblocks()", "Return the number of memory blocks currently allocated."),
    HD_METHOD(sys_getframe, "_getframe(depth=0, /)", "Return a frame object from the call stack."),
    HD_METHOD(sys_current_frames, "_current_frames()", "Return a dict mapping each thread's identifier to its current stack frame."),
    HD_METHOD(sys_current_exceptions, "_current_exceptions()", "Return a dict mapping each thread's identifier to its current raised exception."),
    HD_METHOD(sys_settrace, "settrace(function, /)", "Set the global debug tracing function."),
    HD_METHOD(sys_gettrace, "gettrace()", "Return the global debug tracing function."),
    HD_METHOD(sys_setprofile, "setprofile(function, /)", "Set the profiling function."),
    HD_METHOD(sys_getprofile, "getprofile()", "Return the profiling function."),
    HD_METHOD(sys_call_tracing, "call_tracing(func, args, /)", "Call func(*args), while tracing is enabled."),
    HD_METHOD(sys_getrecursionlimit, "getrecursionlimit()", "Return the maximum depth of the Python stack."),
    HD_METHOD(sys_setrecursionlimit, "setrecursionlimit(limit, /)", "Set the maximum depth of the Python stack to n."),
    HD_METHOD(sys_getswitchinterval, "getswitchinterval()", "Return the current thread switch interval in seconds."),
    HD_METHOD(sys_setswitchinterval, "setswitchinterval(interval, /)", "Set the ideal thread switching delay in seconds."),
    HD_METHOD(sys_get_int_max_str_digits, "get_int_max_str_digits()", "Return the maximum string digits limit for non-binary int<->str conversions."),
    HD_METHOD(sys_set_int_max_str_digits, "set_int_max_str_digits(maxdigits)", "Set the maximum string digits limit for non-binary int<->str conversions."),
    HD_METHOD(sys_is_gil_enabled, "_is_gil_enabled()", "Return whether a GIL serialises the threads of this process."),
    HD_METHOD(sys_is_finalizing, "is_finalizing()", "Return True if Python is exiting."),
    HD_METHOD(sys_set_asyncgen_hooks, "set_asyncgen_hooks(firstiter=<none>, finalizer=<none>)", "Set a finalizer for async generators objects."),
    HD_METHOD(sys_get_asyncgen_hooks, "get_asyncgen_hooks()", "Return the installed asynchronous generators hooks."),
    HD_METHOD(sys_set_origin_depth, "set_coroutine_origin_tracking_depth(depth)", "Enable or disable origin tracking for coroutine objects in this thread."),
    HD_METHOD(sys_get_origin_depth, "get_coroutine_origin_tracking_depth()", "Check status of origin tracking for coroutine objects in this thread."),
    HD_METHOD(sys_getdefaultencoding, "getdefaultencoding()", "Return the current default encoding used by the Unicode implementation."),
    HD_METHOD(sys_getdefaultencoding, "getfilesystemencoding()", "Return the encoding used to convert Unicode filenames to OS filenames."),
    HD_METHOD(sys_getfilesystemencodeerrors, "getfilesystemencodeerrors()", "Return the error mode used for Unicode to OS filename conversion."),
    HD_METHOD(sys_getdlopenflags, "getdlopenflags()", "Return the current value of the flags that are used for dlopen calls."),
    HD_METHOD(sys_setdlopenflags, "setdlopenflags(flags, /)", "Set the flags that are used for dlopen calls, as by imports of native modules."),
    HD_METHOD_RAW(sys_audit, "audit", "audit(event, *args)\n\nPasses the event to any hooks that are attached."),
    HD_METHOD(sys_addaudithook, "addaudithook(hook)", "Adds a new audit hook callback."),
    HD_METHOD(sys_clear_type_cache, "_clear_type_cache()", "Clear the internal type lookup cache."),
    HD_METHODS_END,
};

static int sys_exec(HdThread *t, HdValue module) { return hd_sys_data_add(t, module); }

const HdModuleDef hd_module_sys = {
    .name = "sys",
    .doc = "This module provides access to some objects used or maintained by the\n"
           "interpreter and to functions that interact strongly with the interpreter.",
    .state_size = sizeof(HdSysState),
    .functions = functions,
    .exec = sys_exec,
};
