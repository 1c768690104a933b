/* posix_system.c -- the environment, scheduling, times, the machine; the classes of results (posix.h). */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gil.h"
#include "posix.h"
#include "safepoint.h"

static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }
#define INT(variable, index)                                \
    int variable = hd_number_as_int(t, args[index]);        \
    if (variable == -1 && hd_raised(t)) return HD_NULL

/* --- the environment of the process --- */

static HdValue posix_putenv(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    HD_OWNED HdValue value = hd_is_null(name) ? HD_NULL : hd_posix_fs_bytes(t, args[1]);
    if (hd_is_null(value)) return HD_NULL;
    if (strchr((const char *)hd_bytes_data(name), '='))
        return hd_raise(t, &hd_ValueError, "illegal environment variable name");
    return setenv((const char *)hd_bytes_data(name), (const char *)hd_bytes_data(value), 1) < 0 ? os_error(t) : hd_None;
}
static HdValue posix_unsetenv(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    return unsetenv((const char *)hd_bytes_data(name)) < 0 ? os_error(t) : hd_None;
}

/* --- the machine --- */

static HdValue posix_uname(HdThread *t, HdValue self, const HdValue *args) {
    struct utsname u;
    if (uname(&u) < 0) return os_error(t);
    const char *texts[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
    HdValue values[HD_COUNT_OF(texts)];
    for (size_t i = 0; i < HD_COUNT_OF(texts); i++) values[i] = hd_str_from_fs(t, texts[i], (HdSize)strlen(texts[i]));
    return hd_structseq_new_steal(t, posix_state(self)->uname_result, values, HD_COUNT_OF(values));
}
static HdValue posix_cpu_count(HdThread *t, HdValue self, const HdValue *args) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? hd_None : hd_imm_int(count);
}
static HdValue posix_getloadavg(HdThread *t, HdValue self, const HdValue *args) {
    double load[3];
    if (getloadavg(load, 3) != 3) return hd_raise(t, &hd_OSError, "Load averages are unobtainable");
    HD_OWNED HdValue first = hd_float_new(t, load[0]);
    HD_OWNED HdValue second = hd_float_new(t, load[1]);
    HD_OWNED HdValue third = hd_float_new(t, load[2]);
    if (hd_is_null(first) || hd_is_null(second) || hd_is_null(third)) return HD_NULL;
    return hd_tuple_pack(t, 3, first, second, third);
}
static HdValue posix_times(HdThread *t, HdValue self, const HdValue *args) {
    struct tms u;
    clock_t elapsed = times(&u);
    if (elapsed == (clock_t)-1) return os_error(t);
    double ticks = (double)sysconf(_SC_CLK_TCK);
    clock_t numbers[] = {u.tms_utime, u.tms_stime, u.tms_cutime, u.tms_cstime, elapsed};
    HdValue values[HD_COUNT_OF(numbers)];
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) values[i] = hd_float_new(t, (double)numbers[i] / ticks);
    return hd_structseq_new_steal(t, posix_state(self)->times_result, values, HD_COUNT_OF(values));
}
static HdValue posix_strerror(HdThread *t, HdValue self, const HdValue *args) {
    INT(code, 0);
    char room[128];
    return hd_str_from_text(t, strerror_r(code, room, sizeof room));
}
static HdValue posix_ctermid(HdThread *t, HdValue self, const HdValue *args) {
    char name[L_ctermid];
    return hd_str_from_text(t, ctermid(name));
}
static HdValue device_part(HdThread *t, HdValue v, bool major_part) {
    if (!hd_is_int(v)) return hd_raise(t, &hd_TypeError, "an integer is required");
    uint64_t device = hd_number_as_u64(t, v);
    if (hd_raised(t)) return HD_NULL;
    return hd_imm_int(major_part ? major(device) : minor(device));
}
static HdValue posix_major(HdThread *t, HdValue self, const HdValue *args) { return device_part(t, args[0], true); }
static HdValue posix_minor(HdThread *t, HdValue self, const HdValue *args) { return device_part(t, args[0], false); }
static HdValue posix_makedev(HdThread *t, HdValue self, const HdValue *args) {
    INT(high, 0);
    INT(low, 1);
    return hd_int_from_i64(t, (int64_t)makedev((unsigned)high, (unsigned)low));
}

/* --- scheduling --- */

static HdValue posix_sched_yield(HdThread *t, HdValue self, const HdValue *args) {
    hd_gil_yield(t);
    if (sched_yield() < 0) return os_error(t);
    return hd_safepoint_poll(t) < 0 ? HD_NULL : hd_None;
}
static HdValue posix_sched_get_priority_max(HdThread *t, HdValue self, const HdValue *args) {
    INT(policy, 0);
    int priority = sched_get_priority_max(policy);
    return priority < 0 ? os_error(t) : hd_imm_int(priority);
}
static HdValue posix_sched_get_priority_min(HdThread *t, HdValue self, const HdValue *args) {
    INT(policy, 0);
    int priority = sched_get_priority_min(policy);
    return priority < 0 ? os_error(t) : hd_imm_int(priority);
}
static HdValue posix_sched_getscheduler(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    int policy = sched_getscheduler(pid);
    return policy < 0 ? os_error(t) : hd_imm_int(policy);
}
int hd_posix_sched_param(HdThread *t, HdValue module, HdValue v, struct sched_param *out) {
    if (!hd_same(hd_type_value(hd_type_of(v)), posix_state(module)->sched_param))
        return hd_raise_int(t, &hd_TypeError, "must have a sched_param object");
    int64_t priority = hd_number_as_i64(t, hd_tuple_at_borrowed(v, 0));
    if (priority == -1 && hd_raised(t)) return -1;
    if (priority > INT32_MAX || priority < INT32_MIN)
        return hd_raise_int(t, &hd_OverflowError, "sched_priority out of range");
    *out = (struct sched_param){.sched_priority = (int)priority};
    return 0;
}
static HdValue posix_sched_setscheduler(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    INT(policy, 1);
    struct sched_param param;
    if (hd_posix_sched_param(t, self, args[2], &param) < 0) return HD_NULL;
    return sched_setscheduler(pid, policy, &param) < 0 ? os_error(t) : hd_None;
}
static HdValue posix_sched_getparam(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    struct sched_param param;
    if (sched_getparam(pid, &param) < 0) return os_error(t);
    HdValue value = hd_imm_int(param.sched_priority);
    return hd_structseq_new_steal(t, posix_state(self)->sched_param, &value, 1);
}
static HdValue posix_sched_setparam(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    struct sched_param param;
    if (hd_posix_sched_param(t, self, args[1], &param) < 0) return HD_NULL;
    return sched_setparam(pid, &param) < 0 ? os_error(t) : hd_None;
}
static HdValue posix_sched_rr_get_interval(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    struct timespec interval;
    if (sched_rr_get_interval(pid, &interval) < 0) return os_error(t);
    return hd_float_new(t, (double)interval.tv_sec + 1e-9 * (double)interval.tv_nsec);
}
enum { CPUS_MAX = 8192 };
static HdValue posix_sched_getaffinity(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    cpu_set_t cpus[CPUS_MAX / CPU_SETSIZE];
    if (sched_getaffinity(pid, sizeof cpus, cpus) < 0) return os_error(t);
    HD_OWNED HdValue set = hd_set_new(t, HD_NULL);
    for (int i = 0; i < CPUS_MAX && !hd_is_null(set); i++) {
        if (CPU_ISSET_S(i, sizeof cpus, cpus) && hd_set_add(t, set, hd_imm_int(i)) < 0) return HD_NULL;
    }
    return hd_move(&set);
}
static HdValue posix_sched_setaffinity(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    cpu_set_t cpus[CPUS_MAX / CPU_SETSIZE];
    CPU_ZERO_S(sizeof cpus, cpus);
    HD_OWNED HdValue iterator = hd_object_iter(t, args[1]);
    if (hd_is_null(iterator)) return HD_NULL;
    for (;;) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        if (!hd_is_int(item))
            return hd_raise(t, &hd_TypeError, "expected an iterator of ints, but iterator yielded %R",
                            hd_type_value(hd_type_of(item)));
        int64_t cpu = hd_number_as_i64(t, item);
        if (cpu == -1 && hd_raised(t)) return HD_NULL;
        if (cpu < 0) return hd_raise(t, &hd_ValueError, "negative CPU number");
        if (cpu >= INT32_MAX) return hd_raise(t, &hd_OverflowError, "CPU number too large");
        if (cpu >= CPUS_MAX) return hd_raise_errno(t, EINVAL, HD_NULL);
        CPU_SET_S((size_t)cpu, sizeof cpus, cpus);
    }
    if (hd_raised(t)) return HD_NULL;
    if (sched_setaffinity(pid, sizeof cpus, cpus) < 0) return os_error(t);
    t->kernel_dirty = true;
    return hd_None;
}

const HdMethodDef hd_posix_system_functions[] = {
    HD_METHOD(posix_putenv, "putenv(name, value, /)",
              "Sets a variable of the environment that programs started from now on see."),
    HD_METHOD(posix_unsetenv, "unsetenv(name, /)",
              "Removes a variable of the environment that programs started from now on see."),
    HD_METHOD(posix_uname, "uname()", "Name, host, release, version and machine of the system."),
    HD_METHOD(posix_cpu_count, "cpu_count()", "How many processors are on line, or None."),
    HD_METHOD(posix_getloadavg, "getloadavg()",
              "How many processes ran or wanted to, on the average of 1, 5 and 15 minutes."),
    HD_METHOD(posix_times, "times()", "Processor times of the process and its children, and the time elapsed."),
    HD_METHOD(posix_strerror, "strerror(code, /)", "The system's words for an error number."),
    HD_METHOD(posix_ctermid, "ctermid()", "The path of the controlling terminal."),
    HD_METHOD(posix_major, "major(device, /)", "The major number in a device number."),
    HD_METHOD(posix_minor, "minor(device, /)", "The minor number in a device number."),
    HD_METHOD(posix_makedev, "makedev(major, minor, /)", "A device number of its two parts."),
    HD_METHOD(posix_sched_yield, "sched_yield()", "Lets others run first."),
    HD_METHOD(posix_sched_get_priority_max, "sched_get_priority_max(policy)",
              "The highest priority of a scheduling policy."),
    HD_METHOD(posix_sched_get_priority_min, "sched_get_priority_min(policy)",
              "The lowest priority of a scheduling policy."),
    HD_METHOD(posix_sched_getscheduler, "sched_getscheduler(pid, /)", "The scheduling policy of a process."),
    HD_METHOD(posix_sched_setscheduler, "sched_setscheduler(pid, policy, param, /)",
              "Sets policy and parameters of a process's scheduling."),
    HD_METHOD(posix_sched_getparam, "sched_getparam(pid, /)", "The scheduling parameters of a process."),
    HD_METHOD(posix_sched_setparam, "sched_setparam(pid, param, /)", "Sets the scheduling parameters of a process."),
    HD_METHOD(posix_sched_rr_get_interval, "sched_rr_get_interval(pid, /)",
              "Seconds a process runs before another of its priority does."),
    HD_METHOD(posix_sched_getaffinity, "sched_getaffinity(pid, /)",
              "The processors a process may run on; 0 is the calling one."),
    HD_METHOD(posix_sched_setaffinity, "sched_setaffinity(pid, mask, /)", "Sets the processors a process may run on."),
    HD_METHODS_END,
};

/* --- classes of results --- */

/* sched_param(sched_priority): the one result class that is made from its field instead of a sequence. */
static HdValue sched_param_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "sched_param(sched_priority)", NULL);
    HdValue bound[1];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdValue value = hd_retain(t, bound[0]);
    return hd_structseq_new_steal(t, hd_type_value(type), &value, 1);
}
static const HdStructSeqField terminal_fields[] = {{"columns", "width of the terminal window in characters"},
                                                   {"lines", "height of the terminal window in characters"},
                                                   {NULL, NULL}};
static const HdStructSeqField times_fields[] = {{"user", "user time"},
                                                {"system", "system time"},
                                                {"children_user", "user time of children"},
                                                {"children_system", "system time of children"},
                                                {"elapsed", "elapsed time since an arbitrary point in the past"},
                                                {NULL, NULL}};
static const HdStructSeqField uname_fields[] = {
    {"sysname", "operating system name"},    {"nodename", "name of machine on network (implementation-defined)"},
    {"release", "operating system release"}, {"version", "operating system version"},
    {"machine", "hardware identifier"},      {NULL, NULL}};
static const HdStructSeqField waitid_fields[] = {{"si_pid", NULL},    {"si_uid", NULL},  {"si_signo", NULL},
                                                 {"si_status", NULL}, {"si_code", NULL}, {NULL, NULL}};
static const HdStructSeqField sched_fields[] = {{"sched_priority", "the scheduling priority"}, {NULL, NULL}};

int hd_posix_system_init(HdThread *t, HdValue module) {
    PosixState *state = posix_state(module);
    const struct {
        HdValue *slot;
        const char *name, *doc;
        const HdStructSeqField *fields;
        HdSize visible;
    } classes[] = {
        {&state->terminal_size, "os.terminal_size", "A tuple of (columns, lines) for holding terminal window size",
         terminal_fields, 2},
        {&state->times_result, "posix.times_result", "times_result: Result from os.times().", times_fields, 5},
        {&state->uname_result, "posix.uname_result", "uname_result: Result from os.uname().", uname_fields, 5},
        {&state->waitid_result, "posix.waitid_result", "waitid_result: Result from waitid.", waitid_fields, 5},
        {&state->sched_param, "posix.sched_param", "Currently has only one field: sched_priority", sched_fields, 1},
    };
    for (size_t i = 0; i < HD_COUNT_OF(classes); i++) {
        *classes[i].slot =
            hd_structseq_type_new(t, classes[i].name, classes[i].doc, classes[i].fields, classes[i].visible);
        if (hd_is_null(*classes[i].slot)) return -1;
        if (hd_module_set(t, module, strchr(classes[i].name, '.') + 1, *classes[i].slot) < 0) return -1;
    }
    HD_AS(HdType, state->sched_param)->create = sched_param_create;
    HdValue *hooks[] = {&state->before_fork, &state->after_fork_child, &state->after_fork_parent};
    for (int i = 0; i < 3; i++) {
        *hooks[i] = hd_list_new(t, 0);
        if (hd_is_null(*hooks[i])) return -1;
    }
    return 0;
}
