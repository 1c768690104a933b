/* posix_spawn.c -- posix_spawn and posix_spawnp (posix.h). */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "posix.h"

/* What the keyword arguments come to; what was given as text lives in `keep`. */
typedef struct Spawn {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    HdValue keep; /* list */
} Spawn;
static void spawn_clear(Spawn *s) {
    posix_spawn_file_actions_destroy(&s->actions);
    posix_spawnattr_destroy(&s->attributes);
    hd_count_cleanup(&s->keep);
}
static int failed(HdThread *t, int error) {
    hd_raise_errno(t, error, HD_NULL);
    return -1;
}

/* --- file actions --- */

HD_CHECK static int int_at(HdThread *t, HdValue action, HdSize i, int *out) {
    *out = hd_number_as_int(t, hd_tuple_at_borrowed(action, i));
    return *out == -1 && hd_raised(t) ? -1 : 0;
}
HD_CHECK static int add_open(HdThread *t, Spawn *s, HdValue action) {
    int fd, flags, error;
    if (hd_tuple_length(action) != 5)
        return hd_raise_int(t, &hd_TypeError, "A open file_action tuple must have 5 elements");
    if (int_at(t, action, 1, &fd) < 0) return -1;
    HD_OWNED HdValue path = hd_posix_fs_bytes(t, hd_tuple_at_borrowed(action, 2));
    if (hd_is_null(path) || int_at(t, action, 3, &flags) < 0) return -1;
    uint64_t mode = hd_number_as_u64_mask(t, hd_tuple_at_borrowed(action, 4));
    if (hd_raised(t) || hd_list_append(t, s->keep, path) < 0) return -1;
    error = posix_spawn_file_actions_addopen(&s->actions, fd, (const char *)hd_bytes_data(path), flags, (mode_t)mode);
    return error ? failed(t, error) : 0;
}
HD_CHECK static int add_action(HdThread *t, Spawn *s, HdValue action) {
    if (!hd_is_tuple(action) || hd_tuple_length(action) == 0)
        return hd_raise_int(t, &hd_TypeError, "Each file_actions element must be a non-empty tuple");
    int kind, fd, fd2, error = 0;
    if (int_at(t, action, 0, &kind) < 0) return -1;
    switch (kind) {
    case HD_POSIX_SPAWN_OPEN:
        return add_open(t, s, action);
    case HD_POSIX_SPAWN_CLOSE:
        if (hd_tuple_length(action) != 2)
            return hd_raise_int(t, &hd_TypeError, "A close file_action tuple must have 2 elements");
        if (int_at(t, action, 1, &fd) < 0) return -1;
        error = posix_spawn_file_actions_addclose(&s->actions, fd);
        break;
    case HD_POSIX_SPAWN_DUP2:
        if (hd_tuple_length(action) != 3)
            return hd_raise_int(t, &hd_TypeError, "A dup2 file_action tuple must have 3 elements");
        if (int_at(t, action, 1, &fd) < 0 || int_at(t, action, 2, &fd2) < 0) return -1;
        error = posix_spawn_file_actions_adddup2(&s->actions, fd, fd2);
        break;
    default:
        return hd_raise_int(t, &hd_TypeError, "Unknown file_actions identifier");
    }
    return error ? failed(t, error) : 0;
}
HD_CHECK static int add_actions(HdThread *t, Spawn *s, HdValue given) {
    if (hd_is_null(given) || hd_is_none(given)) return 0;
    HD_OWNED HdValue sequence = hd_object_fast_sequence(t, given, "file_actions must be a sequence or None");
    HD_OWNED HdValue actions = hd_is_null(sequence) ? HD_NULL : hd_tuple_from_iterable(t, sequence);
    if (hd_is_null(actions)) return -1;
    for (HdSize i = 0; i < hd_tuple_length(actions); i++) {
        if (add_action(t, s, hd_tuple_at_borrowed(actions, i)) < 0) return -1;
    }
    return 0;
}

/* --- attributes --- */

HD_CHECK static int to_signals(HdThread *t, HdValue given, sigset_t *out) {
    sigemptyset(out);
    HD_OWNED HdValue iterator = hd_object_iter(t, given);
    if (hd_is_null(iterator)) return -1;
    for (;;) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        int64_t number = hd_number_as_i64(t, item);
        if (number == -1 && hd_raised(t)) return -1;
        if (number < 1 || number >= NSIG)
            return hd_raise_int(t, &hd_ValueError, "signal number %ld out of range [1; %i]", (long)number, NSIG - 1);
        (void)sigaddset(out, (int)number); /* the C library's own signals are left out */
    }
}
HD_CHECK static int set_scheduler(HdThread *t, HdValue module, Spawn *s, HdValue given, int *flags) {
    if (!hd_is_tuple(given) || hd_tuple_length(given) != 2)
        return hd_raise_int(t, &hd_TypeError, "A scheduler tuple must have two elements");
    HdValue policy = hd_tuple_at_borrowed(given, 0);
    if (!hd_is_none(policy)) {
        int number = hd_number_as_int(t, policy);
        if (number == -1 && hd_raised(t)) return -1;
        int error = posix_spawnattr_setschedpolicy(&s->attributes, number);
        if (error) return failed(t, error);
        *flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    struct sched_param param;
    if (hd_posix_sched_param(t, module, hd_tuple_at_borrowed(given, 1), &param) < 0) return -1;
    int error = posix_spawnattr_setschedparam(&s->attributes, &param);
    *flags |= POSIX_SPAWN_SETSCHEDPARAM;
    return error ? failed(t, error) : 0;
}
/* args: setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler */
HD_CHECK static int set_attributes(HdThread *t, HdValue module, Spawn *s, const HdValue *args) {
    int flags = 0;
    if (!hd_is_null(args[0])) {
        int group = hd_number_as_int(t, args[0]);
        if (group == -1 && hd_raised(t)) return -1;
        posix_spawnattr_setpgroup(&s->attributes, group);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    for (int i = 1; i <= 2; i++) {
        int on = hd_is_null(args[i]) ? 0 : i == 1 ? hd_number_as_int(t, args[i]) : hd_object_truth(t, args[i]);
        if (on == -1 && hd_raised(t)) return -1;
        if (on) flags |= i == 1 ? POSIX_SPAWN_RESETIDS : POSIX_SPAWN_SETSID;
    }
    sigset_t signals;
    if (!hd_is_null(args[3])) {
        if (to_signals(t, args[3], &signals) < 0) return -1;
        posix_spawnattr_setsigmask(&s->attributes, &signals);
        flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (!hd_is_null(args[4])) {
        if (to_signals(t, args[4], &signals) < 0) return -1;
        posix_spawnattr_setsigdefault(&s->attributes, &signals);
        flags |= POSIX_SPAWN_SETSIGDEF;
    }
    if (!hd_is_null(args[5]) && set_scheduler(t, module, s, args[5], &flags) < 0) return -1;
    int error = posix_spawnattr_setflags(&s->attributes, (short)flags);
    return error ? failed(t, error) : 0;
}

static HdValue spawn(HdThread *t, HdValue module, const HdValue *args, bool search) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    HD_CLEANUP(hd_posix_strings_clear) PosixStrings argv = {0}, env = {0};
    if (hd_posix_path(t, args[0], search ? "posix_spawnp" : "posix_spawn", "path", false, false, &path) < 0)
        return HD_NULL;
    if (hd_posix_argv(t, args[1], search ? "posix_spawnp: argv" : "posix_spawn: argv", &argv) < 0) return HD_NULL;
    if (!hd_posix_is_mapping(args[2]))
        return hd_raise(t, &hd_TypeError, "%s: environment must be a mapping object",
                        search ? "posix_spawnp" : "posix_spawn");
    if (hd_posix_env(t, args[2], &env) < 0) return HD_NULL;
    HD_CLEANUP(spawn_clear) Spawn s = {.keep = HD_NULL};
    posix_spawn_file_actions_init(&s.actions);
    posix_spawnattr_init(&s.attributes);
    s.keep = hd_list_new(t, 0);
    if (hd_is_null(s.keep) || add_actions(t, &s, args[3]) < 0 || set_attributes(t, module, &s, args + 4) < 0)
        return HD_NULL;
    pid_t child;
    errno = (search ? posix_spawnp : posix_spawn)(&child, path.text, &s.actions, &s.attributes, argv.at, env.at);
    return errno ? hd_posix_error(t, &path) : hd_imm_int(child);
}
static HdValue posix_posix_spawn(HdThread *t, HdValue self, const HdValue *args) { return spawn(t, self, args, false); }
static HdValue posix_posix_spawnp(HdThread *t, HdValue self, const HdValue *args) { return spawn(t, self, args, true); }

#define PARAMETERS                                                                                              \
    "(path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, "      \
    "setsigmask=(), setsigdef=(), scheduler=<unrepresentable>)"
const HdMethodDef hd_posix_spawn_functions[] = {
    HD_METHOD(posix_posix_spawn, "posix_spawn" PARAMETERS,
              "Starts a program in a new process; the number of the process."),
    HD_METHOD(posix_posix_spawnp, "posix_spawnp" PARAMETERS, "posix_spawn() that looks the program up along PATH."),
    HD_METHODS_END,
};
