/* mod__posixsubprocess.c -- the module _posixsubprocess: fork and exec in one call, for subprocess.
 *
 * Everything the child needs is put into C memory first; between fork and exec the child calls only what is safe in a
 * signal handler, unless there is a preexec_fn, which runs Python and so wants the world stopped and the fork hooks
 * run. Without one the call is made detached, and with vfork when it changes no ids: the parent's thread then sleeps
 * until the child has gone to exec. The child reports failure through a pipe, in the form subprocess reads: "Exception
 * name:errno in hex:message".
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix.h"
#include "signals.h"

/* What the child does, from the arguments. */
typedef struct Child {
    PosixStrings argv, env, programs;
    bool has_env, close_fds, restore_signals, new_session, has_groups, has_gid, has_uid, use_vfork;
    int *keep; /* sorted */
    HdSize keep_count;
    HdValue cwd; /* bytes or HD_NULL */
    int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write;
    int process_group, umask;
    gid_t *groups;
    size_t group_count;
    uint32_t gid, uid;
    HdValue preexec; /* lent; HD_NULL: none */
    uint64_t old_mask;
    bool after_vfork;
} Child;
static void child_clear(Child *c) {
    hd_posix_strings_clear(&c->argv);
    hd_posix_strings_clear(&c->env);
    hd_posix_strings_clear(&c->programs);
    hd_count_cleanup(&c->cwd);
    free(c->keep);
    free(c->groups);
}

/* --- in the child; nothing here may allocate, lock or touch Python, but for run_preexec --- */

static bool set_inheritable(int fd) {
    int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) >= 0;
}
static bool move_to(int from, int to) {
    if (from == to) return set_inheritable(from);
    return from < 0 || dup2(from, to) >= 0;
}
/* The three standard descriptors come from wherever the pipes are, even from among themselves. */
static bool connect_pipes(Child *c) {
    int ours[] = {c->p2cwrite, c->c2pread, c->errread, c->errpipe_read};
    for (size_t i = 0; i < HD_COUNT_OF(ours); i++) {
        if (ours[i] >= 0) close(ours[i]);
    }
    if (c->c2pwrite == 0 && (c->c2pwrite = dup(0)) < 0) return false;
    while (c->errwrite == 0 || c->errwrite == 1) {
        if ((c->errwrite = dup(c->errwrite)) < 0) return false;
    }
    return move_to(c->p2cread, 0) && move_to(c->c2pwrite, 1) && move_to(c->errwrite, 2);
}
static void close_between(unsigned low, unsigned high) { /* both included */
    if (low > high || close_range(low, high, 0) == 0) return;
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit > 0 && high >= (unsigned)limit) high = (unsigned)limit - 1;
    for (unsigned fd = low; fd <= high; fd++) close((int)fd);
}
static void close_others(const Child *c) {
    unsigned low = 3;
    for (HdSize i = 0; i < c->keep_count; i++) {
        if (c->keep[i] < (int)low) continue;
        close_between(low, (unsigned)c->keep[i] - 1);
        low = (unsigned)c->keep[i] + 1;
    }
    close_between(low, INT_MAX);
}
/* After vfork a handler of ours would run in the parent's memory: only what exec would do anyway is done earlier. */
static void reset_signals(const Child *c) {
    if (!c->after_vfork) return;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) < 0 || action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL)
            continue;
        action.sa_handler = SIG_DFL;
        action.sa_flags = 0;
        (void)sigaction(number, &action, NULL);
    }
    uint64_t old;
    (void)!hd_signals_mask(SIG_SETMASK, c->old_mask, &old);
}
static bool set_ids(const Child *c) {
    if (c->new_session && setsid() < 0) return false;
    if (c->process_group >= 0 && setpgid(0, c->process_group) < 0) return false;
    if (c->has_groups && setgroups(c->group_count, c->groups) < 0) return false;
    if (c->has_gid && setregid(c->gid, c->gid) < 0) return false;
    return !c->has_uid || setreuid(c->uid, c->uid) >= 0;
}
static bool prepare(Child *c) {
    for (HdSize i = 0; i < c->keep_count; i++) {
        if (c->keep[i] != c->errpipe_write && !set_inheritable(c->keep[i])) return false;
    }
    if (!connect_pipes(c)) return false;
    if (!hd_is_null(c->cwd) && chdir((const char *)hd_bytes_data(c->cwd)) < 0) return false;
    if (c->umask >= 0) umask((mode_t)c->umask);
    if (c->restore_signals) {
        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
    }
    reset_signals(c);
    return set_ids(c);
}
static void tell(int fd, const char *text) {
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
}
_Noreturn static void fail(const Child *c, int error, const char *message) {
    if (error) {
        char text[2 + 8 + 1], *at = text + sizeof text;
        *--at = 0;
        *--at = ':';
        for (unsigned rest = (unsigned)error; rest; rest >>= 4) *--at = "0123456789ABCDEF"[rest & 15];
        tell(c->errpipe_write, "OSError:");
        tell(c->errpipe_write, at);
    } else {
        tell(c->errpipe_write, "SubprocessError:0:");
    }
    tell(c->errpipe_write, message);
    _exit(255);
}
/* Does not come back. `t` is given when Python may run: the child was forked with the world stopped. */
_Noreturn static void run_child(HdThread *t, Child *c) {
    if (!prepare(c)) fail(c, errno, "noexec");
    if (!hd_is_null(c->preexec)) {
        HdValue result = hd_object_call0(t, c->preexec);
        if (hd_is_null(result)) fail(c, 0, "Exception occurred in preexec_fn.");
        hd_release(t, result);
    }
    if (c->close_fds) close_others(c);
    int error = 0;
    for (HdSize i = 0; i < c->programs.count; i++) {
        if (c->has_env) execve(c->programs.at[i], c->argv.at, c->env.at);
        else execv(c->programs.at[i], c->argv.at);
        if (errno != ENOENT && errno != ENOTDIR && !error) error = errno;
    }
    fail(c, error ? error : errno, "");
}

/* --- in the parent --- */

/* Apart, so that the child, which borrows this frame, overwrites nothing the parent still reads. */
__attribute__((noinline)) static pid_t fork_detached(HdThread *t, Child *c) {
    if (!c->use_vfork) {
        pid_t child = fork();
        if (child == 0) run_child(t, c);
        return child;
    }
    if (hd_signals_mask(SIG_BLOCK, UINT64_MAX, &c->old_mask) < 0) return -1;
    c->after_vfork = true;
    pid_t child = vfork();
    if (child == 0) run_child(t, c);
    int error = errno;
    uint64_t old;
    (void)!hd_signals_mask(SIG_SETMASK, c->old_mask, &old);
    errno = error;
    return child;
}
static pid_t fork_with_hooks(HdThread *t, Child *c) {
    hd_posix_before_fork(t);
    pid_t child = fork();
    int error = errno;
    hd_posix_after_fork(t, child == 0);
    if (child == 0) run_child(t, c);
    errno = error;
    return child;
}

/* --- arguments --- */

HD_CHECK static int take_keep(HdThread *t, Child *c, HdValue tuple) {
    if (!hd_is_tuple(tuple))
        return hd_raise_int(t, &hd_TypeError, "fork_exec() argument 4 must be tuple, not %T", tuple);
    c->keep_count = hd_tuple_length(tuple);
    c->keep = calloc((size_t)c->keep_count + 1, sizeof *c->keep);
    if (!c->keep) {
        hd_raise_no_memory(t);
        return -1;
    }
    int64_t before = -1;
    for (HdSize i = 0; i < c->keep_count; i++) {
        HdValue item = hd_tuple_at_borrowed(tuple, i);
        int64_t fd;
        if (!hd_is_int(item) || !hd_int_try_i64(item, &fd) || fd <= before || fd > INT_MAX)
            return hd_raise_int(t, &hd_ValueError, "bad value(s) in fds_to_keep");
        c->keep[i] = (int)(before = fd);
    }
    return 0;
}
HD_CHECK static int take_groups(HdThread *t, Child *c, HdValue given) {
    if (hd_is_none(given)) return 0;
    if (!hd_is_list(given)) return hd_raise_int(t, &hd_TypeError, "setgroups argument must be a list");
    HD_OWNED HdValue ids = hd_tuple_from_iterable(t, given);
    if (hd_is_null(ids)) return -1;
    HdSize count = hd_tuple_length(ids);
    if (count > 65536) return hd_raise_int(t, &hd_ValueError, "too many groups");
    c->groups = calloc((size_t)count + 1, sizeof *c->groups);
    if (!c->groups) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (HdSize i = 0; i < count; i++) {
        HdValue item = hd_tuple_at_borrowed(ids, i);
        if (!hd_is_int(item)) return hd_raise_int(t, &hd_TypeError, "groups must be integers");
        if (hd_posix_id(t, item, "gid", &c->groups[i]) < 0) {
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_ValueError, "invalid group id");
        }
    }
    c->group_count = (size_t)count;
    c->has_groups = true;
    return 0;
}
HD_CHECK static int take_id(HdThread *t, HdValue given, const char *what, bool *has, uint32_t *id) {
    *has = !hd_is_none(given);
    return *has ? hd_posix_id(t, given, what, id) : 0;
}
/* The numbers among the arguments: descriptors, the process group, the mask; and the flags. */
HD_CHECK static int take_numbers(HdThread *t, Child *c, const HdValue *args) {
    struct {
        int index, *out;
    } ints[] = {{6, &c->p2cread},        {7, &c->p2cwrite},  {8, &c->c2pread},       {9, &c->c2pwrite},
                {10, &c->errread},       {11, &c->errwrite}, {12, &c->errpipe_read}, {13, &c->errpipe_write},
                {16, &c->process_group}, {20, &c->umask}};
    for (size_t i = 0; i < HD_COUNT_OF(ints); i++) {
        *ints[i].out = hd_number_as_int(t, args[ints[i].index]);
        if (*ints[i].out == -1 && hd_raised(t)) return -1;
    }
    struct {
        int index;
        bool *out;
    } flags[] = {{2, &c->close_fds}, {14, &c->restore_signals}, {15, &c->new_session}, {22, &c->use_vfork}};
    for (size_t i = 0; i < HD_COUNT_OF(flags); i++) {
        bool as_int = flags[i].index == 14 || flags[i].index == 15;
        int on = as_int ? hd_number_as_int(t, args[flags[i].index]) : hd_object_truth(t, args[flags[i].index]);
        if (on == -1 && hd_raised(t)) return -1;
        *flags[i].out = on;
    }
    if (c->close_fds && c->errpipe_write < 3) return hd_raise_int(t, &hd_ValueError, "errpipe_write must be >= 3");
    return 0;
}
/* Programs and environment arrive as bytes. */
HD_CHECK static int take_bytes(HdThread *t, HdValue given, PosixStrings *out) {
    HD_OWNED HdValue items = hd_tuple_from_iterable(t, given);
    if (hd_is_null(items)) return -1;
    for (HdSize i = 0; i < hd_tuple_length(items); i++) {
        HdValue item = hd_tuple_at_borrowed(items, i);
        if (!hd_is_bytes(item)) return hd_raise_int(t, &hd_TypeError, "expected bytes, %T found", item);
    }
    return hd_posix_strings(t, items, out);
}
HD_CHECK static int take_arguments(HdThread *t, Child *c, const HdValue *args) {
    if (take_numbers(t, c, args) < 0 || take_keep(t, c, args[3]) < 0 || take_bytes(t, args[1], &c->programs) < 0)
        return -1;
    if (!hd_is_none(args[0])) {
        HD_OWNED HdValue list = hd_object_fast_sequence(t, args[0], "argv must be a tuple");
        if (hd_is_null(list) || hd_posix_strings(t, list, &c->argv) < 0) return -1;
    }
    c->has_env = !hd_is_none(args[5]);
    if (c->has_env && take_bytes(t, args[5], &c->env) < 0) return -1;
    if (!hd_is_none(args[4])) {
        c->cwd = hd_posix_fs_bytes(t, args[4]);
        if (hd_is_null(c->cwd)) return -1;
    }
    if (take_groups(t, c, args[18]) < 0) return -1;
    if (take_id(t, args[17], "gid", &c->has_gid, &c->gid) < 0) return -1;
    if (take_id(t, args[19], "uid", &c->has_uid, &c->uid) < 0) return -1;
    if (!hd_is_none(args[21])) c->preexec = args[21];
    if (c->has_groups || c->has_gid || c->has_uid || !hd_is_null(c->preexec)) c->use_vfork = false;
    return 0;
}

enum { ARGUMENTS = 23 };
static HdValue fork_exec(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "fork_exec", kwnames) < 0) return HD_NULL;
    if (nargs != ARGUMENTS)
        return hd_raise(t, &hd_TypeError, "fork_exec() takes exactly %d arguments (%zd given)", ARGUMENTS, nargs);
    HdValue values[ARGUMENTS];
    for (int i = 0; i < ARGUMENTS; i++) values[i] = hd_ref_value(args[i]);
    HD_CLEANUP(child_clear) Child c = {.preexec = HD_NULL};
    if (take_arguments(t, &c, values) < 0) return HD_NULL;
    pid_t child;
    if (!hd_is_null(c.preexec)) {
        child = fork_with_hooks(t, &c);
    } else {
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        child = fork_detached(t, &c);
        hd_blocking_leave(t);
    }
    return child < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_imm_int(child);
}

static const HdMethodDef functions[] = {
    HD_METHOD_RAW(
        fork_exec, "fork_exec",
        "fork_exec(args, executable_list, close_fds, pass_fds, cwd, env,\n"
        "          p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write,\n"
        "          restore_signals, call_setsid, pgid_to_set, gid, groups_list, uid, umask, preexec_fn, use_vfork)\n\n"
        "Starts a program in a new process and returns the process's id."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__posixsubprocess = {
    .name = "_posixsubprocess",
    .doc = "A POSIX helper for the subprocess module.",
    .functions = functions,
};
