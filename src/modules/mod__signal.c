/* mod__signal.c -- the module _signal: which Python object handles which signal, and the calls around it.
 *
 * The C side (handler, main thread's attention, masks, waiting) is src/sync/signals.h. This module keeps the handlers
 * and is called from the main thread's safe points to run them. Handlers are written by the main thread alone and
 * read under the module's lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <heddle/module.h>

#include "blocking.h"
#include "clock.h"
#include "mutex.h"
#include "safepoint.h"
#include "signals.h"
#include "thread.h"
#include "time_value.h"

enum { SIGNALS = 65 };

typedef struct State {
    HdValue handlers[SIGNALS]; /* 0 default, 1 ignored, None: not ours, else a callable; guarded by `lock` */
    HdMutex lock;
    HdValue default_int, siginfo, itimer_error;
} State;

static State *state_of(HdValue module) { return hd_module_state(module); }
static const HdValue handler_default = {1}, handler_ignore = {9}; /* the ints 0 and 1 */

static HdValue get_handler(HdThread *t, State *state, int number) {
    hd_mutex_lock(t, &state->lock);
    HdValue handler = hd_retain(t, state->handlers[number]);
    hd_mutex_unlock(&state->lock);
    return hd_is_null(handler) ? hd_None : handler;
}

/* A signal number from an argument; 0 raised. */
static int signal_number(HdThread *t, HdValue arg) {
    int number = hd_number_as_int(t, arg);
    if (number == -1 && hd_raised(t)) return 0;
    if (number < 1 || number >= SIGNALS) {
        hd_raise(t, &hd_ValueError, "signal number out of range");
        return 0;
    }
    return number;
}

/* --- running handlers --- */

static State *running_state(HdThread *t) {
    HD_OWNED HdValue module = hd_dict_get_text(t, t->runtime->modules, "_signal");
    return hd_is_null(module) || !hd_is_instance(module, &hd_module_type) ? NULL : hd_module_state(module);
}

static HdValue current_frame(HdThread *t) {
    HD_OWNED HdValue get = hd_dict_get_text(t, t->runtime->sys_dict, "_getframe");
    if (hd_is_null(get)) return hd_None;
    HdValue frame = hd_object_call0(t, get);
    if (!hd_is_null(frame)) return frame;
    hd_clear_raised(t); /* no Python code runs */
    return hd_None;
}

static void report_wakeup_error(HdThread *t) {
    int error = hd_signals_wakeup_error();
    if (!error) return;
    HD_OWNED HdValue stream = hd_dict_get_text(t, t->runtime->sys_dict, "stderr");
    HD_OWNED HdValue text = hd_str_from_text(t, "Exception ignored when trying to write to the signal wakeup fd:\n");
    if (!hd_is_null(stream) && !hd_is_none(stream) && !hd_is_null(text))
        hd_release(t, hd_object_call_method1(t, stream, "write", text));
    hd_clear_raised(t);
    hd_raise_errno(t, error, HD_NULL);
    hd_write_unraisable(t, HD_NULL);
}

/* HdSafepointHooks.signals */
static int run_handlers(HdThread *t) {
    State *state = running_state(t);
    if (!state) return 0;
    report_wakeup_error(t);
    for (int number; (number = hd_signals_take()) != 0;) {
        HD_OWNED HdValue handler = get_handler(t, state, number);
        /* It may have been changed between the signal's arrival and now. */
        if (hd_is_none(handler) || hd_same(handler, handler_default) || hd_same(handler, handler_ignore)) continue;
        HD_OWNED HdValue frame = current_frame(t);
        HD_OWNED HdValue result = hd_object_call2(t, handler, hd_imm_int(number), frame);
        if (hd_is_null(result)) return -1;
    }
    return 0;
}

/* Handlers of signals that a call has just brought about. */
static HdValue none_after_signals(HdThread *t) { return hd_safepoint_signals(t) < 0 ? HD_NULL : hd_None; }

/* --- handlers --- */

static HdValue signal_default_int_handler(HdThread *t, HdValue self, const HdValue *args) {
    hd_raise_value(t, &hd_KeyboardInterrupt, HD_NULL);
    return HD_NULL;
}

static HdValue signal_signal(HdThread *t, HdValue self, const HdValue *args) {
    State *state = state_of(self);
    if (!t->is_main) {
        return hd_raise(t, &hd_ValueError, "signal only works in main thread of the main interpreter");
    }
    int number = signal_number(t, args[0]);
    if (!number) return HD_NULL;
    HdSignalAction action = HD_SIGNAL_HANDLE;
    HdValue handler = args[1];
    if (hd_same(handler, handler_default) || hd_same(handler, handler_ignore)) {
        action = hd_same(handler, handler_ignore) ? HD_SIGNAL_IGNORE : HD_SIGNAL_DEFAULT;
    } else if (hd_is_int(handler) && !hd_object_is_callable(handler)) {
        /* an enum member, as signal.SIG_DFL is */
        int64_t value = hd_number_as_i64(t, handler);
        if (value == -1 && hd_raised(t)) return HD_NULL;
        if (value != 0 && value != 1) {
            return hd_raise(t, &hd_TypeError,
                            "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
        }
        action = value ? HD_SIGNAL_IGNORE : HD_SIGNAL_DEFAULT;
        handler = hd_imm_int(value);
    } else if (!hd_object_is_callable(handler)) {
        return hd_raise(t, &hd_TypeError, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
    }
    if (hd_safepoint_signals(t) < 0) return HD_NULL;
    if (hd_signals_set(number, action) < 0) return hd_raise_errno(t, errno, HD_NULL);
    hd_mutex_lock(t, &state->lock);
    HdValue old = state->handlers[number];
    state->handlers[number] = hd_retain(t, handler);
    hd_mutex_unlock(&state->lock);
    return hd_is_null(old) ? hd_None : old;
}

static HdValue signal_getsignal(HdThread *t, HdValue self, const HdValue *args) {
    int number = signal_number(t, args[0]);
    return number ? get_handler(t, state_of(self), number) : HD_NULL;
}

static HdValue signal_siginterrupt(HdThread *t, HdValue self, const HdValue *args) {
    int number = signal_number(t, args[0]);
    if (!number) return HD_NULL;
    int flag = hd_number_as_int(t, args[1]);
    if (flag == -1 && hd_raised(t)) return HD_NULL;
    return hd_signals_set_restart(number, flag == 0) < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}

static HdValue signal_set_wakeup_fd(HdThread *t, HdValue self, const HdValue *args) {
    int fd = hd_number_as_int(t, args[0]);
    if (fd == -1 && hd_raised(t)) return HD_NULL;
    int warn = hd_is_null(args[1]) ? 1 : hd_object_truth(t, args[1]);
    if (warn < 0) return HD_NULL;
    if (!t->is_main) {
        return hd_raise(t, &hd_ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
    }
    if (fd != -1) {
        struct stat status;
        if (fstat(fd, &status) < 0) return hd_raise_errno(t, errno, HD_NULL);
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0) return hd_raise_errno(t, errno, HD_NULL);
        if (!(flags & O_NONBLOCK)) return hd_raise(t, &hd_ValueError, "the fd %i must be in non-blocking mode", fd);
    }
    return hd_imm_int(hd_signals_set_wakeup(fd, warn));
}

/* --- sets of signals --- */

HD_CHECK static int to_mask(HdThread *t, HdValue iterable, uint64_t *mask) {
    *mask = 0;
    HD_OWNED HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return -1;
    for (;;) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        int64_t number = hd_number_as_i64(t, item);
        if (number == -1 && hd_raised(t) && !hd_raised_is(t, &hd_OverflowError)) return -1;
        if (number < 1 || number >= SIGNALS) {
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_ValueError, "signal number %ld out of range [1; %i]", (long)number, SIGNALS - 1);
        }
        *mask |= (uint64_t)1 << (number - 1);
    }
}

static HdValue from_mask(HdThread *t, uint64_t mask) {
    HdValue set = hd_set_new(t, HD_NULL);
    for (int number = 1; !hd_is_null(set) && number < SIGNALS; number++) {
        if ((mask >> (number - 1) & 1) && hd_set_add(t, set, hd_imm_int(number)) < 0) {
            hd_release(t, set);
            return HD_NULL;
        }
    }
    return set;
}

static HdValue signal_pthread_sigmask(HdThread *t, HdValue self, const HdValue *args) {
    int how = hd_number_as_int(t, args[0]);
    if (how == -1 && hd_raised(t)) return HD_NULL;
    uint64_t mask, old;
    if (to_mask(t, args[1], &mask) < 0) return HD_NULL;
    if (hd_signals_mask(how, mask, &old) < 0) return hd_raise_errno(t, errno, HD_NULL);
    /* What was unblocked has arrived by now. */
    if (hd_safepoint_signals(t) < 0) return HD_NULL;
    return from_mask(t, old);
}

static HdValue signal_sigpending(HdThread *t, HdValue self, const HdValue *args) {
    uint64_t mask;
    return hd_signals_pending(&mask) < 0 ? hd_raise_errno(t, errno, HD_NULL) : from_mask(t, mask);
}

static HdValue signal_valid_signals(HdThread *t, HdValue self, const HdValue *args) {
    sigset_t all;
    uint64_t mask = 0;
    sigfillset(&all);
    for (int number = 1; number < SIGNALS; number++) {
        if (sigismember(&all, number) == 1) mask |= (uint64_t)1 << (number - 1);
    }
    return from_mask(t, mask);
}

/* Waits for a signal of the set; 0 timed out, -1 raised. */
static int wait_for(HdThread *t, HdValue set, HdTime deadline, siginfo_t *info) {
    uint64_t mask;
    if (to_mask(t, set, &mask) < 0) return -1;
    int number = hd_signals_wait(t, mask, deadline, info);
    if (number == -1) hd_raise_errno(t, errno, HD_NULL);
    return number < 0 ? -1 : number;
}

static HdValue make_siginfo(HdThread *t, State *state, const siginfo_t *info) {
    HdValue values[] = {
        hd_imm_int(info->si_signo), hd_imm_int(info->si_code),   hd_imm_int(info->si_errno), hd_imm_int(info->si_pid),
        hd_imm_int(info->si_uid),   hd_imm_int(info->si_status), hd_imm_int(info->si_band),
    };
    return hd_structseq_new_steal(t, state->siginfo, values, HD_COUNT_OF(values));
}

static HdValue signal_sigwait(HdThread *t, HdValue self, const HdValue *args) {
    siginfo_t info;
    int number = wait_for(t, args[0], HD_FOREVER, &info);
    return number < 0 ? HD_NULL : hd_imm_int(number);
}
static HdValue signal_sigwaitinfo(HdThread *t, HdValue self, const HdValue *args) {
    siginfo_t info;
    return wait_for(t, args[0], HD_FOREVER, &info) < 0 ? HD_NULL : make_siginfo(t, state_of(self), &info);
}
static HdValue signal_sigtimedwait(HdThread *t, HdValue self, const HdValue *args) {
    HdTime timeout;
    if (hd_time_value_from_seconds(t, args[1], HD_ROUND_CEILING, &timeout) < 0) return HD_NULL;
    if (timeout < 0) return hd_raise(t, &hd_ValueError, "timeout must be non-negative");
    siginfo_t info;
    int number = wait_for(t, args[0], hd_clock_deadline(timeout), &info);
    if (number < 0) return HD_NULL;
    return number == 0 ? hd_None : make_siginfo(t, state_of(self), &info);
}

/* --- sending --- */

static HdValue signal_raise_signal(HdThread *t, HdValue self, const HdValue *args) {
    int number = hd_number_as_int(t, args[0]);
    if (number == -1 && hd_raised(t)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int status = raise(number);
    hd_blocking_leave(t);
    if (status) return hd_raise_errno(t, errno, HD_NULL);
    return none_after_signals(t);
}

static HdValue signal_pthread_kill(HdThread *t, HdValue self, const HdValue *args) {
    uint64_t ident = hd_number_as_u64_mask(t, args[0]);
    if (hd_raised(t)) return HD_NULL;
    int number = hd_number_as_int(t, args[1]);
    if (number == -1 && hd_raised(t)) return HD_NULL;
    int error = hd_signals_kill_thread(ident, number);
    return error ? hd_raise_errno(t, error, HD_NULL) : none_after_signals(t);
}

static HdValue signal_pidfd_send_signal(HdThread *t, HdValue self, const HdValue *args) {
    int fd = hd_number_as_int(t, args[0]);
    if (fd == -1 && hd_raised(t)) return HD_NULL;
    int number = hd_number_as_int(t, args[1]);
    if (number == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_null(args[2]) && !hd_is_none(args[2])) return hd_raise(t, &hd_TypeError, "siginfo must be None");
    unsigned flags = 0;
    if (!hd_is_null(args[3])) {
        flags = (unsigned)hd_number_as_int(t, args[3]);
        if (hd_raised(t)) return HD_NULL;
    }
    if (syscall(SYS_pidfd_send_signal, fd, number, NULL, flags) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_None;
}

static HdValue signal_strsignal(HdThread *t, HdValue self, const HdValue *args) {
    int number = signal_number(t, args[0]);
    if (!number) return HD_NULL;
    const char *text = sigdescr_np(number);
    if (text) return hd_str_from_text(t, text);
    if (number < SIGRTMIN || number > SIGRTMAX) return hd_None;
    return hd_str_format(t, "Real-time signal %d", number - SIGRTMIN);
}

/* --- timers --- */

static HdValue signal_alarm(HdThread *t, HdValue self, const HdValue *args) {
    int seconds = hd_number_as_int(t, args[0]);
    if (seconds == -1 && hd_raised(t)) return HD_NULL;
    return hd_imm_int(alarm((unsigned)seconds));
}

static HdValue signal_pause(HdThread *t, HdValue self, const HdValue *args) {
    return hd_signals_pause(t) < 0 ? HD_NULL : hd_None;
}

static HdValue from_itimer(HdThread *t, const struct itimerval *timer) {
    HD_OWNED HdValue value = hd_float_new(t, (double)timer->it_value.tv_sec + (double)timer->it_value.tv_usec / 1e6);
    HD_OWNED HdValue interval =
        hd_float_new(t, (double)timer->it_interval.tv_sec + (double)timer->it_interval.tv_usec / 1e6);
    if (hd_is_null(value) || hd_is_null(interval)) return HD_NULL;
    return hd_tuple_pack(t, 2, value, interval);
}

HD_CHECK static int to_timeval(HdThread *t, HdValue arg, struct timeval *out) {
    *out = (struct timeval){0};
    if (hd_is_null(arg)) return 0;
    HdTime time;
    if (hd_time_value_from_seconds(t, arg, HD_ROUND_CEILING, &time) < 0) return -1;
    HdTime micro = time / 1000 + (time % 1000 > 0);
    out->tv_sec = micro / 1000000;
    out->tv_usec = micro % 1000000;
    return 0;
}

static HdValue itimer_failed(HdThread *t, HdValue module) {
    HD_OWNED HdValue number = hd_imm_int(errno);
    HD_OWNED HdValue text = hd_str_from_text(t, strerror(errno));
    if (hd_is_null(text)) return HD_NULL;
    HD_OWNED HdValue error = hd_object_call2(t, state_of(module)->itimer_error, number, text);
    return hd_is_null(error) ? HD_NULL : hd_raise_instance(t, error);
}

static HdValue signal_setitimer(HdThread *t, HdValue self, const HdValue *args) {
    int which = hd_number_as_int(t, args[0]);
    if (which == -1 && hd_raised(t)) return HD_NULL;
    struct itimerval timer, old;
    if (to_timeval(t, args[1], &timer.it_value) < 0 || to_timeval(t, args[2], &timer.it_interval) < 0) return HD_NULL;
    if (setitimer(which, &timer, &old) != 0) return itimer_failed(t, self);
    return from_itimer(t, &old);
}

static HdValue signal_getitimer(HdThread *t, HdValue self, const HdValue *args) {
    int which = hd_number_as_int(t, args[0]);
    if (which == -1 && hd_raised(t)) return HD_NULL;
    struct itimerval timer;
    return getitimer(which, &timer) != 0 ? itimer_failed(t, self) : from_itimer(t, &timer);
}

/* --- the module --- */

static const HdMethodDef signal_functions[] = {
    HD_METHOD(signal_alarm, "alarm($module, seconds, /)", "Arrange for SIGALRM to arrive after the given number of seconds."),
    HD_METHOD(signal_setitimer, "setitimer($module, which, seconds, interval=0.0, /)",
              "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).\n\nReturns old values as a tuple."),
    HD_METHOD(signal_getitimer, "getitimer($module, which, /)", "Returns current value of given itimer."),
    HD_METHOD(signal_signal, "signal($module, signalnum, handler, /)",
              "Set the action for the given signal: SIG_DFL, SIG_IGN, or a callable, which is called with the signal's "
              "number and the interrupted frame. Returns the previous action."),
    HD_METHOD(signal_raise_signal, "raise_signal($module, signalnum, /)", "Send a signal to the executing process."),
    HD_METHOD(signal_strsignal, "strsignal($module, signalnum, /)", "Return the system description of the given signal."),
    HD_METHOD(signal_getsignal, "getsignal($module, signalnum, /)",
              "Return the current action for the given signal; None: the handler is not one of Python's."),
    HD_METHOD(signal_set_wakeup_fd, "set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)",
              "Sets the descriptor to be written to when a signal comes in; returns the old one, -1 if there was none."),
    HD_METHOD(signal_siginterrupt, "siginterrupt($module, signalnum, flag, /)", "Change system call restart behaviour."),
    HD_METHOD(signal_pause, "pause($module, /)", "Wait until a signal arrives."),
    HD_METHOD(signal_default_int_handler, "default_int_handler($module, signalnum, frame, /)",
              "The default handler for SIGINT installed by Python.\n\nIt raises KeyboardInterrupt."),
    HD_METHOD(signal_pidfd_send_signal, "pidfd_send_signal($module, pidfd, signalnum, siginfo=None, flags=0, /)",
              "Send a signal to a process referred to by a pid file descriptor."),
    HD_METHOD(signal_pthread_kill, "pthread_kill($module, thread_id, signalnum, /)", "Send a signal to a thread."),
    HD_METHOD(signal_pthread_sigmask, "pthread_sigmask($module, how, mask, /)",
              "Fetch and/or change the signal mask of the calling thread."),
    HD_METHOD(signal_sigpending, "sigpending($module, /)", "Examine pending signals: the set of those that wait."),
    HD_METHOD(signal_sigwait, "sigwait($module, sigset, /)", "Wait for a signal of the set; returns its number."),
    HD_METHOD(signal_sigwaitinfo, "sigwaitinfo($module, sigset, /)", "Wait synchronously for a signal of the set."),
    HD_METHOD(signal_sigtimedwait, "sigtimedwait($module, sigset, timeout, /)", "Like sigwaitinfo(), but with a timeout."),
    HD_METHOD(signal_valid_signals, "valid_signals($module, /)", "Return a set of valid signal numbers on this platform."),
    HD_METHODS_END,
};

static const struct {
    const char *name;
    int value;
} constants[] = {
    {"NSIG", SIGNALS},         {"SIG_DFL", 0},            {"SIG_IGN", 1},         {"SIG_BLOCK", SIG_BLOCK},
    {"SIG_UNBLOCK", SIG_UNBLOCK}, {"SIG_SETMASK", SIG_SETMASK}, {"SIGHUP", SIGHUP}, {"SIGINT", SIGINT},
    {"SIGQUIT", SIGQUIT},      {"SIGILL", SIGILL},        {"SIGTRAP", SIGTRAP},   {"SIGIOT", SIGIOT},
    {"SIGABRT", SIGABRT},      {"SIGFPE", SIGFPE},        {"SIGKILL", SIGKILL},   {"SIGBUS", SIGBUS},
    {"SIGSEGV", SIGSEGV},      {"SIGSYS", SIGSYS},        {"SIGPIPE", SIGPIPE},   {"SIGALRM", SIGALRM},
    {"SIGTERM", SIGTERM},      {"SIGUSR1", SIGUSR1},      {"SIGUSR2", SIGUSR2},   {"SIGCLD", SIGCHLD},
    {"SIGCHLD", SIGCHLD},      {"SIGPWR", SIGPWR},        {"SIGIO", SIGIO},       {"SIGURG", SIGURG},
    {"SIGWINCH", SIGWINCH},    {"SIGPOLL", SIGPOLL},      {"SIGSTOP", SIGSTOP},   {"SIGTSTP", SIGTSTP},
    {"SIGCONT", SIGCONT},      {"SIGTTIN", SIGTTIN},      {"SIGTTOU", SIGTTOU},   {"SIGVTALRM", SIGVTALRM},
    {"SIGPROF", SIGPROF},      {"SIGXCPU", SIGXCPU},      {"SIGXFSZ", SIGXFSZ},   {"SIGSTKFLT", SIGSTKFLT},
    {"ITIMER_REAL", ITIMER_REAL}, {"ITIMER_VIRTUAL", ITIMER_VIRTUAL}, {"ITIMER_PROF", ITIMER_PROF},
};

/* What each signal does as the process was started; SIGINT gets Python's handler unless it is ignored. */
HD_CHECK static int install_handlers(HdThread *t, HdValue module) {
    State *state = state_of(module);
    for (int number = 1; number < SIGNALS; number++) {
        HdSignalAction action;
        if (hd_signals_get(number, &action) < 0) action = HD_SIGNAL_FOREIGN;
        state->handlers[number] = action == HD_SIGNAL_DEFAULT  ? handler_default
                                  : action == HD_SIGNAL_IGNORE ? handler_ignore
                                                               : hd_None;
    }
    state->default_int = hd_dict_get_text(t, hd_module_dict_borrowed(module), "default_int_handler");
    if (hd_is_null(state->default_int)) return hd_raise_int(t, &hd_SystemError, "_signal lacks default_int_handler");
    if (hd_same(state->handlers[SIGINT], handler_default) && t->is_main) {
        if (hd_signals_set(SIGINT, HD_SIGNAL_HANDLE) < 0) return 0;
        state->handlers[SIGINT] = hd_retain(t, state->default_int);
    }
    hd_safepoint_hooks()->signals = run_handlers;
    return 0;
}

static int signal_exec(HdThread *t, HdValue module) {
    static const HdStructSeqField siginfo_fields[] = {{"si_signo", "signal number"},
                                                      {"si_code", "signal code"},
                                                      {"si_errno", "errno associated with this signal"},
                                                      {"si_pid", "sending process ID"},
                                                      {"si_uid", "real user ID of sending process"},
                                                      {"si_status", "exit value or signal"},
                                                      {"si_band", "band event for SIGPOLL"},
                                                      {NULL, NULL}};
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    if (hd_module_set_int(t, module, "SIGRTMIN", SIGRTMIN) < 0) return -1;
    if (hd_module_set_int(t, module, "SIGRTMAX", SIGRTMAX) < 0) return -1;
    State *state = state_of(module);
    state->siginfo = hd_structseq_type_new(t, "signal.struct_siginfo",
                                           "struct_siginfo: Result from sigwaitinfo or sigtimedwait.", siginfo_fields,
                                           HD_COUNT_OF(siginfo_fields) - 1);
    if (hd_is_null(state->siginfo) || hd_module_set(t, module, "struct_siginfo", state->siginfo) < 0) return -1;
    state->itimer_error = hd_module_add_exception(t, module, "signal.itimer_error", hd_type_value(&hd_OSError));
    if (hd_is_null(state->itimer_error) || hd_module_set(t, module, "ItimerError", state->itimer_error) < 0) return -1;
    return install_handlers(t, module);
}

static int signal_traverse(HdValue module, HdVisit visit, void *context) {
    State *state = state_of(module);
    for (int i = 0; i < SIGNALS; i++) HD_VISIT(state->handlers[i]);
    HD_VISIT(state->default_int);
    HD_VISIT(state->siginfo);
    HD_VISIT(state->itimer_error);
    return 0;
}
static void signal_clear(HdThread *t, HdValue module) {
    State *state = state_of(module);
    for (int i = 0; i < SIGNALS; i++) hd_clear_slot(t, &state->handlers[i]);
    hd_clear_slot(t, &state->default_int);
    hd_clear_slot(t, &state->siginfo);
    hd_clear_slot(t, &state->itimer_error);
}

const HdModuleDef hd_module__signal = {
    .name = "_signal",
    .doc = "This module provides mechanisms to use signal handlers in Python.",
    .state_size = sizeof(State),
    .functions = signal_functions,
    .exec = signal_exec,
    .traverse = signal_traverse,
    .clear = signal_clear,
};
