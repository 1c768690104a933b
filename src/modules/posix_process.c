/* posix_process.c -- fork, exec, waiting for children, signals to processes, ending (posix.h).
 *
 * Between hd_posix_before_fork and hd_posix_after_fork the world is stopped; the hooks of register_at_fork run outside
 * of that, attached and without a lock. Waiting calls give up the GIL.
 */
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gc.h"
#include "import.h"
#include "posix.h"
#include "state.h"

static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }
#define INT(variable, index)                                \
    int variable = hd_number_as_int(t, args[index]);        \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define CALL(assignment)                                    \
    do {                                                    \
        int raised_;                                        \
        HD_BLOCKING_CALL(t, raised_, assignment);           \
        if (raised_) return HD_NULL;                        \
    } while (0)

/* --- arrays of texts for exec --- */

HdValue hd_posix_fs_bytes(HdThread *t, HdValue v) {
    HD_OWNED HdValue path = HD_NULL;
    if (hd_is_str(v) || hd_is_bytes(v)) {
        path = hd_retain(t, v);
    } else {
        HD_OWNED HdValue method = HD_NULL;
        int found = hd_object_find_special(t, v, HD_NAME("__fspath__"), &method);
        if (found < 0) return HD_NULL;
        if (!found) return hd_raise(t, &hd_TypeError, "expected str, bytes or os.PathLike object, not %T", v);
        path = hd_object_call0(t, method);
        if (hd_is_null(path)) return HD_NULL;
        if (!hd_is_str(path) && !hd_is_bytes(path))
            return hd_raise(t, &hd_TypeError, "expected %T.__fspath__() to return str or bytes, not %T", v, path);
    }
    HD_OWNED HdValue bytes = hd_is_bytes(path) ? hd_retain(t, path) : hd_str_to_fs(t, path);
    if (hd_is_null(bytes)) return HD_NULL;
    if (strlen((const char *)hd_bytes_data(bytes)) != (size_t)hd_bytes_length(bytes))
        return hd_raise(t, &hd_ValueError, "embedded null byte");
    return hd_move(&bytes);
}

void hd_posix_strings_clear(PosixStrings *strings) {
    free(strings->at);
    strings->at = NULL;
    hd_count_cleanup(&strings->owner);
    strings->owner = HD_NULL;
}
/* Makes `at` of the bytes in the list `owner`. */
HD_CHECK static int strings_finish(HdThread *t, PosixStrings *out) {
    out->count = hd_list_length(out->owner);
    out->at = calloc((size_t)out->count + 1, sizeof *out->at);
    if (!out->at) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (HdSize i = 0; i < out->count; i++) {
        HD_OWNED HdValue bytes = hd_list_get(t, out->owner, i); /* nobody else knows the list */
        out->at[i] = (char *)hd_bytes_data(bytes);
    }
    return 0;
}
int hd_posix_strings(HdThread *t, HdValue sequence, PosixStrings *out) {
    *out = (PosixStrings){.owner = hd_list_new(t, 0)};
    HD_OWNED HdValue items = hd_is_null(out->owner) ? HD_NULL : hd_tuple_from_iterable(t, sequence);
    if (hd_is_null(items)) goto failed;
    for (HdSize i = 0; i < hd_tuple_length(items); i++) {
        HdValue bytes = hd_posix_fs_bytes(t, hd_tuple_at_borrowed(items, i));
        if (hd_is_null(bytes) || hd_list_append_steal(t, out->owner, bytes) < 0) goto failed;
    }
    if (strings_finish(t, out) == 0) return 0;
failed:
    hd_posix_strings_clear(out);
    return -1;
}
HD_CHECK static int env_entry(HdThread *t, HdValue list, HdValue key, HdValue value) {
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, key);
    HD_OWNED HdValue text = hd_is_null(name) ? HD_NULL : hd_posix_fs_bytes(t, value);
    if (hd_is_null(text)) return -1;
    const char *data = (const char *)hd_bytes_data(name);
    if (!*data || strchr(data + 1, '=')) return hd_raise_int(t, &hd_ValueError, "illegal environment variable name");
    HD_OWNED HdValue equals = hd_bytes_new(t, "=", 1);
    HD_OWNED HdValue front = hd_is_null(equals) ? HD_NULL : hd_bytes_concat(t, name, equals);
    HdValue entry = hd_is_null(front) ? HD_NULL : hd_bytes_concat(t, front, text);
    return hd_is_null(entry) ? -1 : hd_list_append_steal(t, list, entry);
}
bool hd_posix_is_mapping(HdValue v) { return hd_type_of(v)->getitem && !hd_is_null(v); }
int hd_posix_env(HdThread *t, HdValue mapping, PosixStrings *out) {
    *out = (PosixStrings){.owner = hd_list_new(t, 0)};
    HD_OWNED HdValue keys = hd_is_null(out->owner) ? HD_NULL : hd_object_call_method0(t, mapping, "keys");
    HD_OWNED HdValue values = hd_is_null(keys) ? HD_NULL : hd_object_call_method0(t, mapping, "values");
    HD_OWNED HdValue names = hd_is_null(values) ? HD_NULL : hd_tuple_from_iterable(t, keys);
    HD_OWNED HdValue texts = hd_is_null(names) ? HD_NULL : hd_tuple_from_iterable(t, values);
    if (hd_is_null(texts)) goto failed;
    HdSize count = hd_tuple_length(names);
    if (hd_tuple_length(texts) != count) {
        hd_raise(t, &hd_RuntimeError, "the environment changed while it was read");
        goto failed;
    }
    for (HdSize i = 0; i < count; i++) {
        if (env_entry(t, out->owner, hd_tuple_at_borrowed(names, i), hd_tuple_at_borrowed(texts, i)) < 0) goto failed;
    }
    if (strings_finish(t, out) == 0) return 0;
failed:
    hd_posix_strings_clear(out);
    return -1;
}

/* argv of exec and spawn: a tuple or list whose first item is not empty.  */
int hd_posix_argv(HdThread *t, HdValue v, const char *where, PosixStrings *out) {
    *out = (PosixStrings){0};
    if (!hd_is_list(v) && !hd_is_tuple(v)) return hd_raise_int(t, &hd_TypeError, "%s must be a tuple or list", where);
    if (hd_posix_strings(t, v, out) < 0) return -1;
    const char *wrong = out->count == 0 ? "must not be empty" : !*out->at[0] ? "first element cannot be empty" : NULL;
    if (!wrong) return 0;
    hd_posix_strings_clear(out);
    return hd_raise_int(t, &hd_ValueError, "%s %s", where, wrong);
}
static HdValue posix_execv(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    HD_CLEANUP(hd_posix_strings_clear) PosixStrings argv = {0};
    if (hd_posix_path(t, args[0], "execv", "path", false, false, &path) < 0) return HD_NULL;
    if (hd_posix_argv(t, args[1], "execv() arg 2", &argv) < 0) return HD_NULL;
    execv(path.text, argv.at);
    return hd_posix_error(t, &path);
}
static HdValue posix_execve(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    HD_CLEANUP(hd_posix_strings_clear) PosixStrings argv = {0}, env = {0};
    if (hd_posix_path(t, args[0], "execve", "path", true, false, &path) < 0) return HD_NULL;
    if (hd_posix_argv(t, args[1], "execve: argv", &argv) < 0) return HD_NULL;
    if (!hd_posix_is_mapping(args[2]))
        return hd_raise(t, &hd_TypeError, "execve: environment must be a mapping object");
    if (hd_posix_env(t, args[2], &env) < 0) return HD_NULL;
    if (path.text) execve(path.text, argv.at, env.at);
    else fexecve(path.fd, argv.at, env.at);
    return hd_posix_error(t, &path);
}

/* --- fork --- */

static HdValue posix_register_at_fork(HdThread *t, HdValue self, const HdValue *args) {
    PosixState *state = posix_state(self);
    HdValue *lists[] = {&state->before_fork, &state->after_fork_child, &state->after_fork_parent};
    static const char *const names[] = {"before", "after_in_child", "after_in_parent"};
    bool any = false;
    for (int i = 0; i < 3; i++) {
        if (hd_is_null(args[i])) continue;
        any = true;
        if (!hd_object_is_callable(args[i]))
            return hd_raise(t, &hd_TypeError, "'%s' must be callable, not %T", names[i], args[i]);
    }
    if (!any) return hd_raise(t, &hd_TypeError, "At least one argument is required.");
    for (int i = 0; i < 3; i++) {
        if (!hd_is_null(args[i]) && hd_list_append(t, *lists[i], args[i]) < 0) return HD_NULL;
    }
    return hd_None;
}
/* Calls the hooks of a list; what they raise is reported and does not stop the others. */
static void run_hooks(HdThread *t, HdValue list, bool backwards) {
    HdSize count;
    HdValue *hooks = hd_list_snapshot(t, list, &count);
    if (count < 0) hd_write_unraisable(t, list);
    for (HdSize i = 0; i < count; i++) {
        HdValue hook = hooks[backwards ? count - 1 - i : i];
        HdValue result = hd_object_call0(t, hook);
        if (hd_is_null(result)) hd_write_unraisable(t, hook);
        else hd_release(t, result);
    }
    if (hooks) hd_list_snapshot_free(t, hooks, count);
}
/* The state of the module in sys.modules, kept alive by *module; NULL when it is not there: then there are no hooks. */
static PosixState *current_state(HdThread *t, HdValue *module) {
    *module = hd_posix_stat_module(t);
    if (hd_is_null(*module) || !hd_is_instance(*module, &hd_module_type) ||
        HD_AS(HdModule, *module)->def != &hd_module_posix)
        return NULL;
    return posix_state(*module);
}
void hd_posix_before_fork(HdThread *t) {
    HD_OWNED HdValue module = HD_NULL;
    PosixState *state = current_state(t, &module);
    if (state) run_hooks(t, state->before_fork, true);
    hd_import_lock(t); /* the child must not see modules half imported by threads it does not have */
    hd_sync_before_fork(t);
}
void hd_posix_after_fork(HdThread *t, bool child) {
    if (child) hd_sync_after_fork_child(t);
    else hd_sync_after_fork_parent(t);
    if (child) {
        hd_import_lock_after_fork(t);
        hd_gc_after_fork(t);
    }
    (void)!hd_import_unlock(t);
    HD_OWNED HdValue module = HD_NULL;
    PosixState *state = current_state(t, &module);
    if (state) run_hooks(t, child ? state->after_fork_child : state->after_fork_parent, false);
}
static HdValue posix_fork(HdThread *t, HdValue self, const HdValue *args) {
    hd_posix_before_fork(t);
    pid_t child = fork();
    int error = errno;
    hd_posix_after_fork(t, child == 0);
    return child < 0 ? hd_raise_errno(t, error, HD_NULL) : hd_imm_int(child);
}
static HdValue posix_forkpty(HdThread *t, HdValue self, const HdValue *args) {
    int master = -1;
    hd_posix_before_fork(t);
    pid_t child = forkpty(&master, NULL, NULL, NULL);
    int error = errno;
    hd_posix_after_fork(t, child == 0);
    if (child < 0) return hd_raise_errno(t, error, HD_NULL);
    return hd_tuple_pack(t, 2, hd_imm_int(child), hd_imm_int(child == 0 ? -1 : master));
}
static HdValue posix_system(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue command = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(command)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_SURE);
    int status = system((const char *)hd_bytes_data(command));
    hd_blocking_leave(t);
    return hd_imm_int(status);
}

/* --- waiting --- */

static HdValue pair(HdThread *t, pid_t child, int status) {
    return hd_tuple_pack(t, 2, hd_imm_int(child), hd_imm_int(status));
}
static HdValue posix_waitpid(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    INT(options, 1);
    int status = 0;
    pid_t child;
    CALL(child = waitpid(pid, &status, options));
    return child < 0 ? os_error(t) : pair(t, child, status);
}
static HdValue posix_wait(HdThread *t, HdValue self, const HdValue *args) {
    int status = 0;
    pid_t child;
    CALL(child = wait(&status));
    return child < 0 ? os_error(t) : pair(t, child, status);
}
static HdValue timeval_seconds(HdThread *t, const struct timeval *time) {
    return hd_float_new(t, (double)time->tv_sec + (double)time->tv_usec * 1e-6);
}
/* (pid, status, resource.struct_rusage) */
static HdValue wait_usage(HdThread *t, pid_t pid, int options) {
    struct rusage u = {0};
    int status = 0;
    pid_t child;
    CALL(child = wait4(pid, &status, options, &u));
    if (child < 0) return os_error(t);
    HD_OWNED HdValue type = hd_object_import_from(t, "resource", "struct_rusage");
    if (hd_is_null(type)) return HD_NULL;
    long numbers[] = {u.ru_maxrss, u.ru_ixrss,  u.ru_idrss,  u.ru_isrss,  u.ru_minflt,   u.ru_majflt, u.ru_nswap,
                      u.ru_inblock, u.ru_oublock, u.ru_msgsnd, u.ru_msgrcv, u.ru_nsignals, u.ru_nvcsw, u.ru_nivcsw};
    HdValue values[2 + HD_COUNT_OF(numbers)] = {timeval_seconds(t, &u.ru_utime), timeval_seconds(t, &u.ru_stime)};
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) values[2 + i] = hd_int_from_i64(t, numbers[i]);
    HD_OWNED HdValue usage = hd_structseq_new_steal(t, type, values, HD_COUNT_OF(values));
    return hd_is_null(usage) ? HD_NULL : hd_tuple_pack(t, 3, hd_imm_int(child), hd_imm_int(status), usage);
}
static HdValue posix_wait3(HdThread *t, HdValue self, const HdValue *args) {
    INT(options, 0);
    return wait_usage(t, -1, options);
}
static HdValue posix_wait4(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    INT(options, 1);
    return wait_usage(t, pid, options);
}
static HdValue posix_waitid(HdThread *t, HdValue self, const HdValue *args) {
    INT(kind, 0);
    INT(id, 1);
    INT(options, 2);
    siginfo_t info = {0};
    int result;
    CALL(result = waitid((idtype_t)kind, (id_t)id, &info, options));
    if (result < 0) return os_error(t);
    if (info.si_pid == 0) return hd_None;
    HdValue values[] = {hd_imm_int(info.si_pid), hd_posix_from_id(t, info.si_uid), hd_imm_int(info.si_signo),
                        hd_imm_int(info.si_status), hd_imm_int(info.si_code)};
    return hd_structseq_new_steal(t, posix_state(self)->waitid_result, values, HD_COUNT_OF(values));
}
static HdValue posix_pidfd_open(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    int flags = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    long fd = syscall(SYS_pidfd_open, pid, flags);
    return fd < 0 ? os_error(t) : hd_imm_int(fd);
}

#define STATUS(name, make)                                                            \
    static HdValue posix_##name(HdThread *t, HdValue self, const HdValue *args) {     \
        INT(status, 0);                                                               \
        return make(name(status));                                                    \
    }
STATUS(WCOREDUMP, hd_bool)
STATUS(WIFCONTINUED, hd_bool)
STATUS(WIFSTOPPED, hd_bool)
STATUS(WIFSIGNALED, hd_bool)
STATUS(WIFEXITED, hd_bool)
STATUS(WEXITSTATUS, hd_imm_int)
STATUS(WTERMSIG, hd_imm_int)
STATUS(WSTOPSIG, hd_imm_int)
#undef STATUS
static HdValue posix_waitstatus_to_exitcode(HdThread *t, HdValue self, const HdValue *args) {
    INT(status, 0);
    if (WIFEXITED(status)) return hd_imm_int(WEXITSTATUS(status));
    if (WIFSIGNALED(status)) return hd_imm_int(-WTERMSIG(status));
    if (WIFSTOPPED(status))
        return hd_raise(t, &hd_ValueError, "process stopped by delivery of signal %i", WSTOPSIG(status));
    return hd_raise(t, &hd_ValueError, "invalid wait status: %i", status);
}

/* --- signals and the end --- */

/* A signal sent to the own process is handled before the call returns, as users expect of kill(getpid(), …). */
static HdValue sent(HdThread *t, int result) {
    if (result < 0) return os_error(t);
    return hd_blocking_interrupted(t) < 0 ? HD_NULL : hd_None;
}
static HdValue posix_kill(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    INT(number, 1);
    return sent(t, kill(pid, number));
}
static HdValue posix_killpg(HdThread *t, HdValue self, const HdValue *args) {
    INT(group, 0);
    INT(number, 1);
    return sent(t, killpg(group, number));
}
static HdValue posix__exit(HdThread *t, HdValue self, const HdValue *args) {
    INT(status, 0);
    _exit(status);
}
static HdValue posix_abort(HdThread *t, HdValue self, const HdValue *args) { abort(); }

const HdMethodDef hd_posix_process_functions[] = {
    HD_METHOD(posix_execv, "execv(path, argv, /)", "Becomes another program, with these arguments."),
    HD_METHOD(posix_execve, "execve(path, argv, env)",
              "Becomes another program, with these arguments and this environment."),
    HD_METHOD(posix_register_at_fork,
              "register_at_fork(*, before=<unrepresentable>, after_in_child=<unrepresentable>, "
              "after_in_parent=<unrepresentable>)",
              "Calls these around each fork(): before it, then in the child or in the parent."),
    HD_METHOD(posix_fork, "fork()",
              "Doubles the process.\n\nGives 0 in the child and the child's number in the parent."),
    HD_METHOD(posix_forkpty, "forkpty()",
              "fork(), with a new terminal for the child: (number or 0, descriptor of the terminal's other end)."),
    HD_METHOD(posix_system, "system(command)", "Runs a command in a shell; its wait status."),
    HD_METHOD(posix_waitpid, "waitpid(pid, options, /)", "Waits for a child: (number, wait status)."),
    HD_METHOD(posix_wait, "wait()", "Waits for any child: (number, wait status)."),
    HD_METHOD(posix_wait3, "wait3(options)", "Waits for any child: (number, wait status, usage)."),
    HD_METHOD(posix_wait4, "wait4(pid, options)", "Waits for a child: (number, wait status, usage)."),
    HD_METHOD(posix_waitid, "waitid(idtype, id, options, /)", "Waits for a change of a child, as waitid(2)."),
    HD_METHOD(posix_pidfd_open, "pidfd_open(pid, flags=0)", "A descriptor that stands for a process."),
    HD_METHOD(posix_WCOREDUMP, "WCOREDUMP(status, /)", "Whether a wait status tells of a core file."),
    HD_METHOD(posix_WIFCONTINUED, "WIFCONTINUED(status)",
              "Whether a wait status tells of a child that goes on after a stop."),
    HD_METHOD(posix_WIFSTOPPED, "WIFSTOPPED(status)", "Whether a wait status tells of a child that is stopped."),
    HD_METHOD(posix_WIFSIGNALED, "WIFSIGNALED(status)", "Whether a wait status tells of a child that a signal ended."),
    HD_METHOD(posix_WIFEXITED, "WIFEXITED(status)", "Whether a wait status tells of a child that ended by exit."),
    HD_METHOD(posix_WEXITSTATUS, "WEXITSTATUS(status)", "The exit status inside a wait status."),
    HD_METHOD(posix_WTERMSIG, "WTERMSIG(status)", "The signal that ended the child, from a wait status."),
    HD_METHOD(posix_WSTOPSIG, "WSTOPSIG(status)", "The signal that stopped the child, from a wait status."),
    HD_METHOD(posix_waitstatus_to_exitcode, "waitstatus_to_exitcode(status)",
              "The exit code in a wait status; minus the signal if that ended the child."),
    HD_METHOD(posix_kill, "kill(pid, signal, /)", "Sends a signal to a process."),
    HD_METHOD(posix_killpg, "killpg(pgid, signal, /)", "Sends a signal to a process group."),
    HD_METHOD(posix__exit, "_exit(status)", "Ends the process at once: no handlers run, nothing is flushed."),
    HD_METHOD(posix_abort, "abort()", "Ends the process by SIGABRT."),
    HD_METHODS_END,
};
