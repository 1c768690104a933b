/* posix_names.c -- configuration values by name: sysconf, confstr, pathconf (posix.h). */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "posix.h"

typedef struct ConfName {
    const char *name;
    int value;
} ConfName;
#define N(name) {"SC_" #name, _SC_##name}
static const ConfName sysconf_names[] = {
    N(2_CHAR_TERM), N(2_C_BIND), N(2_C_DEV), N(2_C_VERSION), N(2_FORT_DEV), N(2_FORT_RUN), N(2_LOCALEDEF),
    N(2_SW_DEV), N(2_UPE), N(2_VERSION), N(AIO_LISTIO_MAX), N(AIO_MAX), N(AIO_PRIO_DELTA_MAX), N(ARG_MAX),
    N(ASYNCHRONOUS_IO), N(ATEXIT_MAX), N(AVPHYS_PAGES), N(BC_BASE_MAX), N(BC_DIM_MAX), N(BC_SCALE_MAX),
    N(BC_STRING_MAX), N(CHARCLASS_NAME_MAX), N(CHAR_BIT), N(CHAR_MAX), N(CHAR_MIN), N(CHILD_MAX), N(CLK_TCK),
    N(COLL_WEIGHTS_MAX), N(DELAYTIMER_MAX), N(EQUIV_CLASS_MAX), N(EXPR_NEST_MAX), N(FSYNC), N(GETGR_R_SIZE_MAX),
    N(GETPW_R_SIZE_MAX), N(INT_MAX), N(INT_MIN), N(IOV_MAX), N(JOB_CONTROL), N(LINE_MAX), N(LOGIN_NAME_MAX),
    N(LONG_BIT), N(MAPPED_FILES), N(MB_LEN_MAX), N(MEMLOCK), N(MEMLOCK_RANGE), N(MEMORY_PROTECTION),
    N(MESSAGE_PASSING), N(MINSIGSTKSZ), N(MQ_OPEN_MAX), N(MQ_PRIO_MAX), N(NGROUPS_MAX), N(NL_ARGMAX), N(NL_LANGMAX),
    N(NL_MSGMAX), N(NL_NMAX), N(NL_SETMAX), N(NL_TEXTMAX), N(NPROCESSORS_CONF), N(NPROCESSORS_ONLN), N(NZERO),
    N(OPEN_MAX), N(PAGESIZE), N(PAGE_SIZE), N(PASS_MAX), N(PHYS_PAGES), N(PII), N(PII_INTERNET),
    N(PII_INTERNET_DGRAM), N(PII_INTERNET_STREAM), N(PII_OSI), N(PII_OSI_CLTS), N(PII_OSI_COTS), N(PII_OSI_M),
    N(PII_SOCKET), N(PII_XTI), N(POLL), N(PRIORITIZED_IO), N(PRIORITY_SCHEDULING), N(REALTIME_SIGNALS), N(RE_DUP_MAX),
    N(RTSIG_MAX), N(SAVED_IDS), N(SCHAR_MAX), N(SCHAR_MIN), N(SELECT), N(SEMAPHORES), N(SEM_NSEMS_MAX),
    N(SEM_VALUE_MAX), N(SHARED_MEMORY_OBJECTS), N(SHRT_MAX), N(SHRT_MIN), N(SIGQUEUE_MAX), N(SSIZE_MAX),
    N(STREAM_MAX), N(SYNCHRONIZED_IO), N(THREADS), N(THREAD_ATTR_STACKADDR), N(THREAD_ATTR_STACKSIZE),
    N(THREAD_DESTRUCTOR_ITERATIONS), N(THREAD_KEYS_MAX), N(THREAD_PRIORITY_SCHEDULING), N(THREAD_PRIO_INHERIT),
    N(THREAD_PRIO_PROTECT), N(THREAD_PROCESS_SHARED), N(THREAD_SAFE_FUNCTIONS), N(THREAD_STACK_MIN),
    N(THREAD_THREADS_MAX), N(TIMERS), N(TIMER_MAX), N(TTY_NAME_MAX), N(TZNAME_MAX), N(T_IOV_MAX), N(UCHAR_MAX),
    N(UINT_MAX), N(UIO_MAXIOV), N(ULONG_MAX), N(USHRT_MAX), N(VERSION), N(WORD_BIT), N(XBS5_ILP32_OFF32),
    N(XBS5_ILP32_OFFBIG), N(XBS5_LP64_OFF64), N(XBS5_LPBIG_OFFBIG), N(XOPEN_CRYPT), N(XOPEN_ENH_I18N),
    N(XOPEN_LEGACY), N(XOPEN_REALTIME), N(XOPEN_REALTIME_THREADS), N(XOPEN_SHM), N(XOPEN_UNIX), N(XOPEN_VERSION),
    N(XOPEN_XCU_VERSION), N(XOPEN_XPG2), N(XOPEN_XPG3), N(XOPEN_XPG4),
    {NULL, 0},
};
#undef N
#define N(name) {"CS_" #name, _CS_##name}
static const ConfName confstr_names[] = {
    N(GNU_LIBC_VERSION), N(GNU_LIBPTHREAD_VERSION), N(LFS64_CFLAGS), N(LFS64_LDFLAGS), N(LFS64_LIBS),
    N(LFS64_LINTFLAGS), N(LFS_CFLAGS), N(LFS_LDFLAGS), N(LFS_LIBS), N(LFS_LINTFLAGS), N(PATH),
    N(XBS5_ILP32_OFF32_CFLAGS), N(XBS5_ILP32_OFF32_LDFLAGS), N(XBS5_ILP32_OFF32_LIBS), N(XBS5_ILP32_OFF32_LINTFLAGS),
    N(XBS5_ILP32_OFFBIG_CFLAGS), N(XBS5_ILP32_OFFBIG_LDFLAGS), N(XBS5_ILP32_OFFBIG_LIBS),
    N(XBS5_ILP32_OFFBIG_LINTFLAGS), N(XBS5_LP64_OFF64_CFLAGS), N(XBS5_LP64_OFF64_LDFLAGS), N(XBS5_LP64_OFF64_LIBS),
    N(XBS5_LP64_OFF64_LINTFLAGS), N(XBS5_LPBIG_OFFBIG_CFLAGS), N(XBS5_LPBIG_OFFBIG_LDFLAGS),
    N(XBS5_LPBIG_OFFBIG_LIBS), N(XBS5_LPBIG_OFFBIG_LINTFLAGS),
    {NULL, 0},
};
#undef N
#define N(name) {"PC_" #name, _PC_##name}
static const ConfName pathconf_names[] = {
    N(ALLOC_SIZE_MIN), N(ASYNC_IO), N(CHOWN_RESTRICTED), N(FILESIZEBITS), N(LINK_MAX), N(MAX_CANON), N(MAX_INPUT),
    N(NAME_MAX), N(NO_TRUNC), N(PATH_MAX), N(PIPE_BUF), N(PRIO_IO), N(REC_INCR_XFER_SIZE), N(REC_MAX_XFER_SIZE),
    N(REC_MIN_XFER_SIZE), N(REC_XFER_ALIGN), N(SOCK_MAXBUF), N(SYMLINK_MAX), N(SYNC_IO), N(VDISABLE),
    {NULL, 0},
};
#undef N

HD_CHECK static int conf_value(HdThread *t, HdValue v, const ConfName *names, int *out) {
    if (hd_number_check_index(v)) {
        *out = hd_number_as_int(t, v);
        return *out == -1 && hd_raised(t) ? -1 : 0;
    }
    if (!hd_is_str(v)) return hd_raise_int(t, &hd_TypeError, "configuration names must be strings or integers");
    for (; names->name; names++) {
        if (hd_str_equals_text(v, names->name)) {
            *out = names->value;
            return 0;
        }
    }
    return hd_raise_int(t, &hd_ValueError, "unrecognized configuration name");
}
static HdValue posix_sysconf(HdThread *t, HdValue self, const HdValue *args) {
    int name;
    if (conf_value(t, args[0], sysconf_names, &name) < 0) return HD_NULL;
    errno = 0;
    long value = sysconf(name);
    return value == -1 && errno ? hd_raise_errno(t, errno, HD_NULL) : hd_int_from_i64(t, value);
}
static HdValue posix_confstr(HdThread *t, HdValue self, const HdValue *args) {
    int name;
    if (conf_value(t, args[0], confstr_names, &name) < 0) return HD_NULL;
    errno = 0;
    size_t length = confstr(name, NULL, 0);
    if (length == 0) return errno ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
    char *text = malloc(length);
    if (!text) return hd_raise_no_memory(t);
    confstr(name, text, length);
    HdValue result = hd_str_from_fs(t, text, (HdSize)strnlen(text, length - 1));
    free(text);
    return result;
}
static HdValue posix_pathconf(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    int name;
    if (hd_posix_path(t, args[0], "pathconf", "path", true, false, &path) < 0) return HD_NULL;
    if (conf_value(t, args[1], pathconf_names, &name) < 0) return HD_NULL;
    errno = 0;
    long value = path.text ? pathconf(path.text, name) : fpathconf(path.fd, name);
    return value == -1 && errno ? hd_posix_error(t, &path) : hd_int_from_i64(t, value);
}
static HdValue posix_fpathconf(HdThread *t, HdValue self, const HdValue *args) {
    int fd, name;
    if (hd_descriptor_arg(t, args[0], &fd) < 0 || conf_value(t, args[1], pathconf_names, &name) < 0) return HD_NULL;
    errno = 0;
    long value = fpathconf(fd, name);
    return value == -1 && errno ? hd_raise_errno(t, errno, HD_NULL) : hd_int_from_i64(t, value);
}

const HdMethodDef hd_posix_name_functions[] = {
    HD_METHOD(posix_sysconf, "sysconf(name, /)", "A number of the system's configuration, by name or number."),
    HD_METHOD(posix_confstr, "confstr(name, /)", "A text of the system's configuration, by name or number."),
    HD_METHOD(posix_pathconf, "pathconf(path, name)", "A limit that holds for a path, by name or number."),
    HD_METHOD(posix_fpathconf, "fpathconf(fd, name, /)",
              "A limit that holds for the file behind a descriptor, by name or number."),
    HD_METHODS_END,
};

HD_CHECK static int add_names(HdThread *t, HdValue module, const char *attribute, const ConfName *names) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    for (; names->name && !hd_is_null(dict); names++) {
        if (hd_dict_set_text(t, dict, names->name, hd_imm_int(names->value)) < 0) return -1;
    }
    return hd_module_set_steal(t, module, attribute, hd_move(&dict));
}
int hd_posix_names_init(HdThread *t, HdValue module) {
    if (add_names(t, module, "sysconf_names", sysconf_names) < 0) return -1;
    if (add_names(t, module, "confstr_names", confstr_names) < 0) return -1;
    return add_names(t, module, "pathconf_names", pathconf_names);
}
