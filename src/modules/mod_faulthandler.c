/* mod_faulthandler.c -- the module faulthandler: stacks of all threads when the process faults, on a signal, after a time, or
 * when asked.
 *
 * Signal handlers belong to the process and get no argument: what they read lies in `fault`, the one static of this module.
 * It is written by Python code under the module's lock; a handler reads an entry that is complete before its signal is
 * handled. The files whose descriptors are in use are kept alive by the module's state.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <heddle/module.h>

#include "crash.h"
#include "fault_dump.h"
#include "safepoint.h"
#include "time_value.h"

enum { SIGNALS = 65, FATAL = 5 };

typedef struct Handler {
    int fd;
    bool enabled, all_threads, chain;
    struct sigaction previous;
} Handler;

static struct {
    bool enabled; /* the fatal ones */
    int fd;
    bool all_threads;
    Handler fatal[FATAL], user[SIGNALS];
    int later_fd;
    bool later_exit;
    char later_header[64];
} fault;

static const struct {
    int number;
    const char *name;
} fatal_signals[FATAL] = {
    {SIGBUS, "Bus error"}, {SIGILL, "Illegal instruction"}, {SIGFPE, "Floating point exception"}, {SIGABRT, "Aborted"},
    {SIGSEGV, "Segmentation fault"},
};

typedef struct State {
    HdValue file, later_file, user_files[SIGNALS]; /* guarded by the module's lock */
} State;

/* Keeps a file alive in the module's state. */
static void keep_file(HdThread *t, HdValue module, HdValue *place, HdValue file) {
    hd_retain(t, file);
    hd_lock_object(t, hd_as_object(module));
    HdValue old = hd_slot_exchange(place, file);
    hd_unlock_object(t, hd_as_object(module));
    hd_release(t, old);
}

/* --- arguments --- */

/* The descriptor of a file, sys.stderr if none is given; -1: raised. `holder` gets what keeps it open, owned. */
static int descriptor_of(HdThread *t, HdValue given, HdValue *holder) {
    if (hd_is_null(given) || hd_is_none(given)) {
        *holder = hd_dict_get_text(t, hd_runtime.sys_dict, "stderr");
        if (hd_is_null(*holder)) return hd_raise_int(t, &hd_RuntimeError, "unable to get sys.stderr");
        if (hd_is_none(*holder)) return hd_raise_int(t, &hd_RuntimeError, "sys.stderr is None");
    } else if (hd_is_int(given)) {
        int fd = hd_number_as_int(t, given);
        if (fd == -1 && hd_raised(t)) return -1;
        *holder = hd_None;
        return fd >= 0 ? fd : hd_raise_int(t, &hd_ValueError, "file is not a valid file descripter");
    } else {
        *holder = hd_retain(t, given);
    }
    HD_OWNED HdValue number = hd_object_call_method0(t, *holder, "fileno");
    if (hd_is_null(number)) return -1;
    int fd = hd_is_int(number) ? hd_number_as_int(t, number) : -1;
    if (hd_raised(t)) hd_clear_raised(t);
    if (fd < 0) return hd_raise_int(t, &hd_RuntimeError, "file.fileno() is not a valid file descriptor");
    HdValue flushed = hd_object_call_method0(t, *holder, "flush");
    if (hd_is_null(flushed)) hd_clear_raised(t);
    hd_release(t, flushed);
    return fd;
}

/* A flag that may be missing; -1: raised. */
static int flag(HdThread *t, HdValue v, bool missing) {
    if (hd_is_null(v)) return missing;
    int number = hd_number_as_int(t, v);
    return number == -1 && hd_raised(t) ? -1 : number != 0;
}

/* --- now --- */

static HdValue fault_dump_traceback(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue file = HD_NULL;
    int all = flag(t, args[1], true);
    int fd = all < 0 ? -1 : descriptor_of(t, args[0], &file);
    if (fd < 0) return HD_NULL;
    if (!all) {
        hd_fault_dump_thread(fd, t);
        return hd_None;
    }
    hd_safepoint_stop_world(t); /* or their stacks would change meanwhile */
    hd_fault_dump_all(fd, t);
    hd_safepoint_start_world(t);
    return hd_None;
}

/* --- fatal signals --- */

static void on_fatal_signal(int number) {
    int saved = errno, i = 0;
    while (i < FATAL - 1 && fatal_signals[i].number != number) i++;
    hd_crash_restore(number, &fault.fatal[i].previous); /* a second fault, here, ends the process */
    fault.fatal[i].enabled = false;
    hd_fault_dump_text(fault.fd, "Fatal Python error: ");
    hd_fault_dump_text(fault.fd, fatal_signals[i].name);
    hd_fault_dump_text(fault.fd, "\n\n");
    if (fault.all_threads) hd_fault_dump_all(fault.fd, hd_thread_current());
    else hd_fault_dump_thread(fault.fd, hd_thread_current());
    errno = saved;
    hd_crash_raise(number);
}

static HdValue fault_enable(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue file = HD_NULL;
    int all = flag(t, args[1], true);
    int fd = all < 0 ? -1 : descriptor_of(t, args[0], &file);
    if (fd < 0) return HD_NULL;
    int error = hd_crash_stack();
    if (error) return hd_raise_errno(t, error, HD_NULL);
    State *state = hd_module_state(self);
    keep_file(t, self, &state->file, file);
    fault.fd = fd;
    fault.all_threads = all;
    for (int i = 0; i < FATAL; i++) {
        Handler *handler = &fault.fatal[i];
        if (handler->enabled) continue;
        if (hd_crash_handle(fatal_signals[i].number, on_fatal_signal, true, &handler->previous) < 0) {
            return hd_raise_errno(t, errno, HD_NULL);
        }
        handler->enabled = true;
    }
    fault.enabled = true;
    return hd_None;
}

static HdValue fault_disable(HdThread *t, HdValue self, const HdValue *args) {
    bool was = fault.enabled;
    fault.enabled = false;
    for (int i = 0; i < FATAL; i++) {
        if (!fault.fatal[i].enabled) continue;
        fault.fatal[i].enabled = false;
        hd_crash_restore(fatal_signals[i].number, &fault.fatal[i].previous);
    }
    State *state = hd_module_state(self);
    keep_file(t, self, &state->file, HD_NULL);
    return hd_bool(was);
}

static HdValue fault_is_enabled(HdThread *t, HdValue self, const HdValue *args) { return hd_bool(fault.enabled); }

/* --- other signals --- */

static void on_user_signal(int number) {
    Handler *handler = &fault.user[number];
    if (!handler->enabled) return;
    int saved = errno;
    if (handler->all_threads) hd_fault_dump_all(handler->fd, hd_thread_current());
    else hd_fault_dump_thread(handler->fd, hd_thread_current());
    if (handler->chain) {
        hd_crash_restore(number, &handler->previous);
        errno = saved;
        hd_crash_raise(number);
        struct sigaction ignored;
        if (hd_crash_handle(number, on_user_signal, true, &ignored) < 0) handler->enabled = false;
    }
    errno = saved;
}

/* A signal number; 0: raised. */
static int user_signal(HdThread *t, HdValue v) {
    int number = hd_number_as_int(t, v);
    if (number == -1 && hd_raised(t)) return 0;
    for (int i = 0; i < FATAL; i++) {
        if (fatal_signals[i].number != number) continue;
        hd_raise(t, &hd_RuntimeError, "signal %d cannot be registered, use enable() instead", number);
        return 0;
    }
    if (number >= 1 && number < SIGNALS) return number;
    hd_raise(t, &hd_ValueError, "signal number out of range");
    return 0;
}

static HdValue fault_register(HdThread *t, HdValue self, const HdValue *args) {
    int number = user_signal(t, args[0]);
    if (!number) return HD_NULL;
    int all = flag(t, args[2], true), chain = all < 0 ? -1 : flag(t, args[3], false);
    if (chain < 0) return HD_NULL;
    HD_OWNED HdValue file = HD_NULL;
    int fd = descriptor_of(t, args[1], &file);
    if (fd < 0) return HD_NULL;
    int error = hd_crash_stack();
    if (error) return hd_raise_errno(t, error, HD_NULL);
    State *state = hd_module_state(self);
    Handler *handler = &fault.user[number];
    keep_file(t, self, &state->user_files[number], file);
    handler->fd = fd;
    handler->all_threads = all;
    handler->chain = chain;
    struct sigaction previous;
    if (hd_crash_handle(number, on_user_signal, chain, &previous) < 0) return hd_raise_errno(t, errno, HD_NULL);
    if (!handler->enabled) handler->previous = previous;
    handler->enabled = true;
    return hd_None;
}

static HdValue fault_unregister(HdThread *t, HdValue self, const HdValue *args) {
    int number = user_signal(t, args[0]);
    if (!number) return HD_NULL;
    Handler *handler = &fault.user[number];
    if (!handler->enabled) return hd_False;
    handler->enabled = false;
    hd_crash_restore(number, &handler->previous);
    State *state = hd_module_state(self);
    keep_file(t, self, &state->user_files[number], HD_NULL);
    return hd_True;
}

/* --- later --- */

static void bark(void *context) {
    hd_fault_dump_text(fault.later_fd, fault.later_header);
    hd_fault_dump_all(fault.later_fd, NULL);
    if (fault.later_exit) _exit(1);
}

static HdValue fault_dump_later(HdThread *t, HdValue self, const HdValue *args) {
    HdTime timeout;
    if (hd_time_value_from_seconds(t, args[0], HD_ROUND_UP, &timeout) < 0) return HD_NULL;
    if (timeout < HD_MICROSECOND) return hd_raise(t, &hd_ValueError, "timeout must be greater than 0");
    int repeat = flag(t, args[1], false), leave = repeat < 0 ? -1 : flag(t, args[3], false);
    if (leave < 0) return HD_NULL;
    HD_OWNED HdValue file = HD_NULL;
    int fd = descriptor_of(t, args[2], &file);
    if (fd < 0) return HD_NULL;
    hd_crash_unwatch(t);
    State *state = hd_module_state(self);
    keep_file(t, self, &state->later_file, file);
    int64_t micro = timeout / HD_MICROSECOND, seconds = micro / 1000000;
    int length = snprintf(fault.later_header, sizeof fault.later_header, "Timeout (%lld:%02d:%02d", (long long)(seconds / 3600),
                          (int)(seconds / 60 % 60), (int)(seconds % 60));
    char *end = fault.later_header + length;
    size_t room = sizeof fault.later_header - (size_t)length;
    if (micro % 1000000) snprintf(end, room, ".%06d)!\n", (int)(micro % 1000000));
    else snprintf(end, room, ")!\n");
    fault.later_fd = fd;
    fault.later_exit = leave;
    int error = hd_crash_watch(t, timeout, repeat, bark, NULL);
    if (error) return hd_raise(t, &hd_RuntimeError, "unable to start watchdog thread");
    return hd_None;
}

static HdValue fault_cancel_later(HdThread *t, HdValue self, const HdValue *args) {
    hd_crash_unwatch(t);
    State *state = hd_module_state(self);
    keep_file(t, self, &state->later_file, HD_NULL);
    return hd_None;
}

/* --- faults on purpose, for tests --- */

static HdValue fault_sigsegv(HdThread *t, HdValue self, const HdValue *args) {
    hd_crash_raise(SIGSEGV);
    return hd_None;
}
static HdValue fault_sigabrt(HdThread *t, HdValue self, const HdValue *args) {
    hd_crash_raise(SIGABRT);
    return hd_None;
}
static HdValue fault_sigfpe(HdThread *t, HdValue self, const HdValue *args) {
    hd_crash_raise(SIGFPE);
    return hd_None;
}

/* --- the module --- */

static int fault_traverse(HdValue module, HdVisit visit, void *context) {
    State *state = hd_module_state(module);
    HD_VISIT(state->file);
    HD_VISIT(state->later_file);
    for (int i = 0; i < SIGNALS; i++) HD_VISIT(state->user_files[i]);
    return 0;
}
/* The files are about to be closed: nothing may write to their descriptors any more. */
static void fault_clear(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    if (!hd_is_null(state->later_file)) hd_crash_unwatch(t);
    if (fault.enabled && !hd_is_null(state->file)) fault_disable(t, module, NULL);
    for (int i = 0; i < SIGNALS; i++) {
        if (hd_is_null(state->user_files[i])) continue;
        if (fault.user[i].enabled) hd_crash_restore(i, &fault.user[i].previous);
        fault.user[i].enabled = false;
        hd_clear_slot(t, &state->user_files[i]);
    }
    hd_clear_slot(t, &state->file);
    hd_clear_slot(t, &state->later_file);
}

#define MISSING "=<unrepresentable>"
static const HdMethodDef fault_functions[] = {
    HD_METHOD(fault_enable, "enable($module, file" MISSING ", all_threads" MISSING ")",
              "enable(file=sys.stderr, all_threads=True): from now on a fault of the process shows the stacks"),
    HD_METHOD(fault_disable, "disable($module, /)", "disable(): undoes enable()"),
    HD_METHOD(fault_is_enabled, "is_enabled($module, /)", "is_enabled()->bool: whether faults show the stacks"),
    HD_METHOD(fault_dump_traceback, "dump_traceback($module, file" MISSING ", all_threads" MISSING ")",
              "dump_traceback(file=sys.stderr, all_threads=True): writes the stack of this thread, or of all, to the file"),
    HD_METHOD(fault_dump_later,
              "dump_traceback_later($module, timeout, repeat" MISSING ", file" MISSING ", exit" MISSING ")",
              "dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False):\n"
              "writes the stacks of all threads after so many seconds, once or each time; with exit=True calls _exit(1) then"),
    HD_METHOD(fault_cancel_later, "cancel_dump_traceback_later($module, /)",
              "cancel_dump_traceback_later(): undoes dump_traceback_later()"),
    HD_METHOD(fault_register, "register($module, signum, file" MISSING ", all_threads" MISSING ", chain" MISSING ")",
              "register(signum, file=sys.stderr, all_threads=True, chain=False): the signal shows the stacks; with chain=True\n"
              "the handler that was there before is called too"),
    HD_METHOD(fault_unregister, "unregister($module, signum, /)", "unregister(signum): undoes register()"),
    HD_METHOD(fault_sigsegv, "_sigsegv($module, release_gil" MISSING ", /)", "_sigsegv(): a SIGSEGV for this thread"),
    HD_METHOD(fault_sigsegv, "_read_null($module, /)", "_read_null(): a SIGSEGV for this thread"),
    HD_METHOD(fault_sigabrt, "_sigabrt($module, /)", "_sigabrt(): a SIGABRT for this thread"),
    HD_METHOD(fault_sigfpe, "_sigfpe($module, /)", "_sigfpe(): a SIGFPE for this thread"),
    HD_METHODS_END,
};

const HdModuleDef hd_module_faulthandler = {
    .name = "faulthandler",
    .doc = "faulthandler module.",
    .state_size = sizeof(State),
    .functions = fault_functions,
    .traverse = fault_traverse,
    .clear = fault_clear,
};
