/* posix_users.c -- users, groups, sessions, process numbers (posix.h). No call here waits. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "posix.h"

static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }
static HdValue done(HdThread *t, int result) { return result < 0 ? os_error(t) : hd_None; }
#define INT(variable, index)                                \
    int variable = hd_number_as_int(t, args[index]);        \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define ID(variable, index, what)                           \
    uint32_t variable;                                      \
    if (hd_posix_id(t, args[index], what, &variable) < 0) return HD_NULL

int hd_posix_id(HdThread *t, HdValue v, const char *what, uint32_t *out) {
    if (!hd_number_check_index(v)) return hd_raise_int(t, &hd_TypeError, "%s should be integer, not %T", what, v);
    HD_OWNED HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return -1;
    int64_t id;
    bool fits = hd_int_try_i64(number, &id);
    bool in_range = fits && id >= -1 && id <= UINT32_MAX;
    if (!in_range && (fits || hd_int_sign(number) < 0))
        return hd_raise_int(t, &hd_OverflowError, "%s is less than minimum", what);
    if (!in_range) return hd_raise_int(t, &hd_OverflowError, "%s is greater than maximum", what);
    *out = (uint32_t)id;
    return 0;
}
HdValue hd_posix_from_id(HdThread *t, uint32_t id) { return hd_imm_int(id == UINT32_MAX ? -1 : (int64_t)id); }

/* --- who --- */

static HdValue posix_getpid(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(getpid()); }
static HdValue posix_getppid(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(getppid()); }
static HdValue posix_getuid(HdThread *t, HdValue self, const HdValue *args) { return hd_posix_from_id(t, getuid()); }
static HdValue posix_geteuid(HdThread *t, HdValue self, const HdValue *args) { return hd_posix_from_id(t, geteuid()); }
static HdValue posix_getgid(HdThread *t, HdValue self, const HdValue *args) { return hd_posix_from_id(t, getgid()); }
static HdValue posix_getegid(HdThread *t, HdValue self, const HdValue *args) { return hd_posix_from_id(t, getegid()); }
static HdValue posix_getresuid(HdThread *t, HdValue self, const HdValue *args) {
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) < 0) return os_error(t);
    return hd_tuple_pack(t, 3, hd_posix_from_id(t, real), hd_posix_from_id(t, effective), hd_posix_from_id(t, saved));
}
static HdValue posix_getresgid(HdThread *t, HdValue self, const HdValue *args) {
    gid_t real, effective, saved;
    if (getresgid(&real, &effective, &saved) < 0) return os_error(t);
    return hd_tuple_pack(t, 3, hd_posix_from_id(t, real), hd_posix_from_id(t, effective), hd_posix_from_id(t, saved));
}
static HdValue posix_setuid(HdThread *t, HdValue self, const HdValue *args) {
    ID(id, 0, "uid");
    return done(t, setuid(id));
}
static HdValue posix_seteuid(HdThread *t, HdValue self, const HdValue *args) {
    ID(id, 0, "uid");
    return done(t, seteuid(id));
}
static HdValue posix_setgid(HdThread *t, HdValue self, const HdValue *args) {
    ID(id, 0, "gid");
    return done(t, setgid(id));
}
static HdValue posix_setegid(HdThread *t, HdValue self, const HdValue *args) {
    ID(id, 0, "gid");
    return done(t, setegid(id));
}
static HdValue posix_setreuid(HdThread *t, HdValue self, const HdValue *args) {
    ID(real, 0, "uid");
    ID(effective, 1, "uid");
    return done(t, setreuid(real, effective));
}
static HdValue posix_setregid(HdThread *t, HdValue self, const HdValue *args) {
    ID(real, 0, "gid");
    ID(effective, 1, "gid");
    return done(t, setregid(real, effective));
}
static HdValue posix_setresuid(HdThread *t, HdValue self, const HdValue *args) {
    ID(real, 0, "uid");
    ID(effective, 1, "uid");
    ID(saved, 2, "uid");
    return done(t, setresuid(real, effective, saved));
}
static HdValue posix_setresgid(HdThread *t, HdValue self, const HdValue *args) {
    ID(real, 0, "gid");
    ID(effective, 1, "gid");
    ID(saved, 2, "gid");
    return done(t, setresgid(real, effective, saved));
}
static HdValue posix_getlogin(HdThread *t, HdValue self, const HdValue *args) {
    char name[LOGIN_NAME_MAX + 1];
    int error = getlogin_r(name, sizeof name);
    return error ? hd_raise_errno(t, error, HD_NULL) : hd_str_from_fs(t, name, (HdSize)strlen(name));
}

/* --- groups --- */

static HdValue group_list(HdThread *t, const gid_t *groups, int count) {
    HD_OWNED HdValue list = hd_list_new(t, count);
    for (int i = 0; i < count && !hd_is_null(list); i++) {
        if (hd_list_append_steal(t, list, hd_posix_from_id(t, groups[i])) < 0) return HD_NULL;
    }
    return hd_move(&list);
}
static HdValue posix_getgroups(HdThread *t, HdValue self, const HdValue *args) {
    int count = getgroups(0, NULL);
    if (count < 0) return os_error(t);
    gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
    if (!groups) return hd_raise_no_memory(t);
    count = getgroups(count, groups);
    HdValue result = count < 0 ? os_error(t) : group_list(t, groups, count);
    free(groups);
    return result;
}
static HdValue posix_setgroups(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue items = hd_object_fast_sequence(t, args[0], "setgroups argument must be a sequence");
    HD_OWNED HdValue ids = hd_is_null(items) ? HD_NULL : hd_tuple_from_iterable(t, items);
    if (hd_is_null(ids)) return HD_NULL;
    HdSize count = hd_tuple_length(ids);
    if (count > 65536) return hd_raise(t, &hd_ValueError, "too many groups");
    gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
    if (!groups) return hd_raise_no_memory(t);
    for (HdSize i = 0; i < count; i++) {
        HdValue item = hd_tuple_at_borrowed(ids, i);
        bool is_int = hd_is_int(item);
        if (!is_int || hd_posix_id(t, item, "gid", &groups[i]) < 0) {
            free(groups);
            return is_int ? HD_NULL : hd_raise(t, &hd_TypeError, "groups must be integers");
        }
    }
    int result = setgroups((size_t)count, groups), error = errno;
    free(groups);
    return result < 0 ? hd_raise_errno(t, error, HD_NULL) : hd_None;
}
static HdValue posix_getgrouplist(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0]))
        return hd_raise(t, &hd_TypeError, "getgrouplist() argument 1 must be str, not %T", args[0]);
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    ID(base, 1, "gid");
    for (int room = 64;; room *= 2) {
        gid_t *groups = calloc((size_t)room, sizeof *groups);
        if (!groups) return hd_raise_no_memory(t);
        int count = room;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        int result = getgrouplist((const char *)hd_bytes_data(name), base, groups, &count);
        hd_blocking_leave(t);
        HdValue list = result < 0 ? HD_NULL : group_list(t, groups, count);
        free(groups);
        if (result >= 0) return list;
        if (room > 65536) return hd_raise_errno(t, ERANGE, HD_NULL);
    }
}
static HdValue posix_initgroups(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    ID(base, 1, "gid");
    return done(t, initgroups((const char *)hd_bytes_data(name), base));
}

/* --- process groups, sessions, priorities --- */

static HdValue posix_getpgrp(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(getpgrp()); }
static HdValue posix_setpgrp(HdThread *t, HdValue self, const HdValue *args) { return done(t, setpgid(0, 0)); }
static HdValue posix_getpgid(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    pid_t group = getpgid(pid);
    return group < 0 ? os_error(t) : hd_imm_int(group);
}
static HdValue posix_setpgid(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    INT(group, 1);
    return done(t, setpgid(pid, group));
}
static HdValue posix_getsid(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    pid_t session = getsid(pid);
    return session < 0 ? os_error(t) : hd_imm_int(session);
}
static HdValue posix_setsid(HdThread *t, HdValue self, const HdValue *args) { return done(t, setsid()); }
static HdValue posix_tcgetpgrp(HdThread *t, HdValue self, const HdValue *args) {
    INT(fd, 0);
    pid_t group = tcgetpgrp(fd);
    return group < 0 ? os_error(t) : hd_imm_int(group);
}
static HdValue posix_tcsetpgrp(HdThread *t, HdValue self, const HdValue *args) {
    INT(fd, 0);
    INT(group, 1);
    return done(t, tcsetpgrp(fd, group));
}
static HdValue posix_nice(HdThread *t, HdValue self, const HdValue *args) {
    INT(increment, 0);
    errno = 0;
    int value = nice(increment);
    return value == -1 && errno ? os_error(t) : hd_imm_int(value);
}
static HdValue posix_getpriority(HdThread *t, HdValue self, const HdValue *args) {
    INT(which, 0);
    INT(who, 1);
    errno = 0;
    int value = getpriority((unsigned)which, (id_t)who);
    return value == -1 && errno ? os_error(t) : hd_imm_int(value);
}
static HdValue posix_setpriority(HdThread *t, HdValue self, const HdValue *args) {
    INT(which, 0);
    INT(who, 1);
    INT(priority, 2);
    return done(t, setpriority((unsigned)which, (id_t)who, priority));
}

const HdMethodDef hd_posix_user_functions[] = {
    HD_METHOD(posix_getpid, "getpid()", "The number of this process."),
    HD_METHOD(posix_getppid, "getppid()", "The number of the parent process."),
    HD_METHOD(posix_getuid, "getuid()", "The user of the process."),
    HD_METHOD(posix_geteuid, "geteuid()", "The effective user of the process."),
    HD_METHOD(posix_getgid, "getgid()", "The group of the process."),
    HD_METHOD(posix_getegid, "getegid()", "The effective group of the process."),
    HD_METHOD(posix_getresuid, "getresuid()", "Real, effective and saved user of the process."),
    HD_METHOD(posix_getresgid, "getresgid()", "Real, effective and saved group of the process."),
    HD_METHOD(posix_setuid, "setuid(uid, /)", "Changes the user."),
    HD_METHOD(posix_seteuid, "seteuid(euid, /)", "Changes the effective user."),
    HD_METHOD(posix_setgid, "setgid(gid, /)", "Changes the group."),
    HD_METHOD(posix_setegid, "setegid(egid, /)", "Changes the effective group."),
    HD_METHOD(posix_setreuid, "setreuid(ruid, euid, /)", "Changes real and effective user."),
    HD_METHOD(posix_setregid, "setregid(rgid, egid, /)", "Changes real and effective group."),
    HD_METHOD(posix_setresuid, "setresuid(ruid, euid, suid, /)", "Changes real, effective and saved user."),
    HD_METHOD(posix_setresgid, "setresgid(rgid, egid, sgid, /)", "Changes real, effective and saved group."),
    HD_METHOD(posix_getlogin, "getlogin()", "Who logged in on the controlling terminal."),
    HD_METHOD(posix_getgroups, "getgroups()", "The further groups of the process."),
    HD_METHOD(posix_setgroups, "setgroups(groups, /)", "Sets the further groups of the process."),
    HD_METHOD(posix_getgrouplist, "getgrouplist(user, group, /)", "All groups a user is in, the given one among them."),
    HD_METHOD(posix_initgroups, "initgroups(username, gid, /)",
              "Puts the process into all groups of a user and one more."),
    HD_METHOD(posix_getpgrp, "getpgrp()", "The process group of this process."),
    HD_METHOD(posix_setpgrp, "setpgrp()", "Makes this process lead a group of its own."),
    HD_METHOD(posix_getpgid, "getpgid(pid)", "The process group of a process."),
    HD_METHOD(posix_setpgid, "setpgid(pid, pgrp, /)", "Moves a process to a process group."),
    HD_METHOD(posix_getsid, "getsid(pid, /)", "The session of a process."),
    HD_METHOD(posix_setsid, "setsid()", "Makes this process lead a session of its own."),
    HD_METHOD(posix_tcgetpgrp, "tcgetpgrp(fd, /)", "The process group in front of a terminal."),
    HD_METHOD(posix_tcsetpgrp, "tcsetpgrp(fd, pgid, /)", "Puts a process group in front of a terminal."),
    HD_METHOD(posix_nice, "nice(increment, /)", "Makes the process nicer by so much; how nice it is now."),
    HD_METHOD(posix_getpriority, "getpriority(which, who)", "How nice a process, group or user is."),
    HD_METHOD(posix_setpriority, "setpriority(which, who, priority)", "Sets how nice a process, group or user is."),
    HD_METHODS_END,
};
