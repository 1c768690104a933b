/* mod_resource.c -- the module resource: limits and usage of the process. No locks, nothing waits. */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include <heddle/module.h>

typedef struct State {
    HdValue struct_rusage;
} State;
static State *state_of(HdValue module) { return hd_module_state(module); }

#define INT(variable, index)                         \
    int variable = hd_number_as_int(t, args[index]); \
    if (variable == -1 && hd_raised(t)) return HD_NULL

static HdValue resource_getrusage(HdThread *t, HdValue self, const HdValue *args) {
    INT(who, 0);
    struct rusage u;
    if (getrusage(who, &u) < 0) {
        if (errno == EINVAL) return hd_raise(t, &hd_ValueError, "invalid who parameter");
        return hd_raise_errno(t, errno, HD_NULL);
    }
    long numbers[] = {u.ru_maxrss, u.ru_ixrss,  u.ru_idrss,  u.ru_isrss,  u.ru_minflt,   u.ru_majflt, u.ru_nswap,
                      u.ru_inblock, u.ru_oublock, u.ru_msgsnd, u.ru_msgrcv, u.ru_nsignals, u.ru_nvcsw, u.ru_nivcsw};
    HdValue values[2 + HD_COUNT_OF(numbers)];
    values[0] = hd_float_new(t, (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec * 1e-6);
    values[1] = hd_float_new(t, (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec * 1e-6);
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) values[2 + i] = hd_int_from_i64(t, numbers[i]);
    return hd_structseq_new_steal(t, state_of(self)->struct_rusage, values, HD_COUNT_OF(values));
}

/* --- limits --- */

HD_CHECK static int to_limits(HdThread *t, HdValue v, struct rlimit *out) {
    HD_OWNED HdValue pair = hd_tuple_from_iterable(t, v);
    if (hd_is_null(pair)) return -1;
    if (hd_tuple_length(pair) != 2) return hd_raise_int(t, &hd_ValueError, "expected a tuple of 2 integers");
    rlim_t *fields[] = {&out->rlim_cur, &out->rlim_max};
    for (int i = 0; i < 2; i++) {
        int64_t number = hd_number_as_i64(t, hd_tuple_at_borrowed(pair, i));
        if (number == -1 && hd_raised(t)) return -1;
        *fields[i] = (rlim_t)number;
    }
    return 0;
}
static HdValue from_limits(HdThread *t, const struct rlimit *limits) {
    HD_OWNED HdValue current = hd_int_from_i64(t, (int64_t)limits->rlim_cur); /* RLIM_INFINITY reads -1 */
    HD_OWNED HdValue maximum = hd_int_from_i64(t, (int64_t)limits->rlim_max);
    return hd_is_null(current) || hd_is_null(maximum) ? HD_NULL : hd_tuple_pack(t, 2, current, maximum);
}
static HdValue check_resource(HdThread *t, int resource) {
    return resource < 0 || resource >= RLIM_NLIMITS ? hd_raise(t, &hd_ValueError, "invalid resource specified")
                                                    : hd_None;
}
static HdValue resource_getrlimit(HdThread *t, HdValue self, const HdValue *args) {
    INT(resource, 0);
    struct rlimit limits;
    if (hd_is_null(check_resource(t, resource))) return HD_NULL;
    return getrlimit((__rlimit_resource_t)resource, &limits) < 0 ? hd_raise_errno(t, errno, HD_NULL)
                                                                 : from_limits(t, &limits);
}
static HdValue resource_setrlimit(HdThread *t, HdValue self, const HdValue *args) {
    INT(resource, 0);
    struct rlimit limits;
    if (hd_is_null(check_resource(t, resource)) || to_limits(t, args[1], &limits) < 0) return HD_NULL;
    if (setrlimit((__rlimit_resource_t)resource, &limits) == 0) return hd_None;
    if (errno == EINVAL) return hd_raise(t, &hd_ValueError, "current limit exceeds maximum limit");
    if (errno == EPERM) return hd_raise(t, &hd_ValueError, "not allowed to raise maximum limit");
    return hd_raise_errno(t, errno, HD_NULL);
}
static HdValue resource_prlimit(HdThread *t, HdValue self, const HdValue *args) {
    INT(pid, 0);
    INT(resource, 1);
    struct rlimit old, limits;
    if (hd_is_null(check_resource(t, resource))) return HD_NULL;
    bool change = !hd_is_null(args[2]) && !hd_is_none(args[2]);
    if (change && to_limits(t, args[2], &limits) < 0) return HD_NULL;
    if (prlimit(pid, (__rlimit_resource_t)resource, change ? &limits : NULL, &old) == 0) return from_limits(t, &old);
    if (errno == EINVAL) return hd_raise(t, &hd_ValueError, "current limit exceeds maximum limit");
    return hd_raise_errno(t, errno, HD_NULL);
}
static HdValue resource_getpagesize(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(getpagesize());
}

static const HdMethodDef resource_functions[] = {
    HD_METHOD(resource_getrusage, "getrusage(who, /)", "What the process, its children or the thread have used."),
    HD_METHOD(resource_getrlimit, "getrlimit(resource, /)", "The limits of a resource as (current, maximum)."),
    HD_METHOD(resource_setrlimit, "setrlimit(resource, limits, /)",
              "Set the limits of a resource from (current, maximum)."),
    HD_METHOD(resource_prlimit, "prlimit(pid, resource, limits=<none>, /)",
              "Get, and set if given, the limits of a process."),
    HD_METHOD(resource_getpagesize, "getpagesize()", "The size of a page of memory in bytes."),
    HD_METHODS_END,
};
static const HdStructSeqField rusage_fields[] = {
    {"ru_utime", "user time used"},
    {"ru_stime", "system time used"},
    {"ru_maxrss", "max. resident set size"},
    {"ru_ixrss", "shared memory size"},
    {"ru_idrss", "unshared data size"},
    {"ru_isrss", "unshared stack size"},
    {"ru_minflt", "page faults not requiring I/O"},
    {"ru_majflt", "page faults requiring I/O"},
    {"ru_nswap", "number of swap outs"},
    {"ru_inblock", "block input operations"},
    {"ru_oublock", "block output operations"},
    {"ru_msgsnd", "IPC messages sent"},
    {"ru_msgrcv", "IPC messages received"},
    {"ru_nsignals", "signals received"},
    {"ru_nvcsw", "voluntary context switches"},
    {"ru_nivcsw", "involuntary context switches"},
    {NULL, NULL},
};

static int resource_exec(HdThread *t, HdValue module) {
#define C(name) {#name, (int64_t)(name)}
    static const struct {
        const char *name;
        int64_t value;
    } constants[] = {
        C(RLIMIT_AS), C(RLIMIT_CORE), C(RLIMIT_CPU), C(RLIMIT_DATA), C(RLIMIT_FSIZE), C(RLIMIT_MEMLOCK),
        C(RLIMIT_MSGQUEUE), C(RLIMIT_NICE), C(RLIMIT_NOFILE), C(RLIMIT_NPROC), C(RLIMIT_OFILE), C(RLIMIT_RSS),
        C(RLIMIT_RTPRIO), C(RLIMIT_RTTIME), C(RLIMIT_SIGPENDING), C(RLIMIT_STACK), C(RLIM_INFINITY), C(RUSAGE_CHILDREN),
        C(RUSAGE_SELF), C(RUSAGE_THREAD),
    };
#undef C
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    state_of(module)->struct_rusage =
        hd_structseq_type_new(t, "resource.struct_rusage", "struct_rusage: Result from getrusage.", rusage_fields,
                              HD_COUNT_OF(rusage_fields) - 1);
    if (hd_is_null(state_of(module)->struct_rusage)) return -1;
    if (hd_module_set(t, module, "struct_rusage", state_of(module)->struct_rusage) < 0) return -1;
    return hd_module_set(t, module, "error", hd_type_value(&hd_OSError));
}
static int resource_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->struct_rusage);
    return 0;
}
static void resource_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &state_of(module)->struct_rusage); }

const HdModuleDef hd_module_resource = {
    .name = "resource",
    .doc = "Limits on what the process may use, and what it has used.",
    .state_size = sizeof(State),
    .functions = resource_functions,
    .exec = resource_exec,
    .traverse = resource_traverse,
    .clear = resource_clear,
};
