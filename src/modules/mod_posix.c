/* mod_posix.c -- the module posix: its constants, its environment, and the tables of the other posix files (posix.h).
 *
 * The module's state (result classes, fork hooks) is written when the module is made; the lists of fork hooks are
 * Python lists with their own lock.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/memfd.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sysexits.h>
#include <unistd.h>

#include "posix.h"

typedef struct Constant {
    const char *name;
    int64_t value;
} Constant;
#define C(name) {#name, name}
static const Constant constants[] = {
    /* access, seek, lock */
    C(F_OK),
    C(R_OK),
    C(W_OK),
    C(X_OK),
    C(SEEK_DATA),
    C(SEEK_HOLE),
    C(F_LOCK),
    C(F_TEST),
    C(F_TLOCK),
    C(F_ULOCK),
    /* open */
    C(O_ACCMODE),
    C(O_APPEND),
    C(O_ASYNC),
    C(O_CLOEXEC),
    C(O_CREAT),
    C(O_DIRECT),
    C(O_DIRECTORY),
    C(O_DSYNC),
    C(O_EXCL),
    C(O_FSYNC),
    C(O_NDELAY),
    C(O_NOATIME),
    C(O_NOCTTY),
    C(O_NOFOLLOW),
    C(O_NONBLOCK),
    C(O_PATH),
    C(O_RDONLY),
    C(O_RDWR),
    C(O_RSYNC),
    C(O_SYNC),
    C(O_TMPFILE),
    C(O_TRUNC),
    C(O_WRONLY),
    C(O_LARGEFILE),
    /* waiting and processes */
    C(WCONTINUED),
    C(WEXITED),
    C(WNOHANG),
    C(WNOWAIT),
    C(WSTOPPED),
    C(WUNTRACED),
    C(P_ALL),
    C(P_PGID),
    C(P_PID),
    C(P_PIDFD),
    C(CLD_CONTINUED),
    C(CLD_DUMPED),
    C(CLD_EXITED),
    C(CLD_KILLED),
    C(CLD_STOPPED),
    C(CLD_TRAPPED),
    C(PRIO_PGRP),
    C(PRIO_PROCESS),
    C(PRIO_USER),
    C(SCHED_BATCH),
    C(SCHED_FIFO),
    C(SCHED_IDLE),
    C(SCHED_OTHER),
    C(SCHED_RESET_ON_FORK),
    C(SCHED_RR),
    {"POSIX_SPAWN_OPEN", HD_POSIX_SPAWN_OPEN},
    {"POSIX_SPAWN_CLOSE", HD_POSIX_SPAWN_CLOSE},
    {"POSIX_SPAWN_DUP2", HD_POSIX_SPAWN_DUP2},
    /* exit codes */
    C(EX_CANTCREAT),
    C(EX_CONFIG),
    C(EX_DATAERR),
    C(EX_IOERR),
    C(EX_NOHOST),
    C(EX_NOINPUT),
    C(EX_NOPERM),
    C(EX_NOUSER),
    C(EX_OK),
    C(EX_OSERR),
    C(EX_OSFILE),
    C(EX_PROTOCOL),
    C(EX_SOFTWARE),
    C(EX_TEMPFAIL),
    C(EX_UNAVAILABLE),
    C(EX_USAGE),
    /* descriptors and memory files */
    C(EFD_CLOEXEC),
    C(EFD_NONBLOCK),
    C(EFD_SEMAPHORE),
    C(GRND_NONBLOCK),
    C(GRND_RANDOM),
    C(MFD_ALLOW_SEALING),
    C(MFD_CLOEXEC),
    C(MFD_HUGETLB),
    C(MFD_HUGE_16GB),
    C(MFD_HUGE_16MB),
    C(MFD_HUGE_1GB),
    C(MFD_HUGE_1MB),
    C(MFD_HUGE_256MB),
    C(MFD_HUGE_2GB),
    C(MFD_HUGE_2MB),
    C(MFD_HUGE_32MB),
    C(MFD_HUGE_512KB),
    C(MFD_HUGE_512MB),
    C(MFD_HUGE_64KB),
    C(MFD_HUGE_8MB),
    C(MFD_HUGE_MASK),
    C(MFD_HUGE_SHIFT),
    C(POSIX_FADV_DONTNEED),
    C(POSIX_FADV_NOREUSE),
    C(POSIX_FADV_NORMAL),
    C(POSIX_FADV_RANDOM),
    C(POSIX_FADV_SEQUENTIAL),
    C(POSIX_FADV_WILLNEED),
    C(RWF_APPEND),
    C(RWF_DSYNC),
    C(RWF_HIPRI),
    C(RWF_NOWAIT),
    C(RWF_SYNC),
    C(SPLICE_F_MORE),
    C(SPLICE_F_MOVE),
    C(SPLICE_F_NONBLOCK),
    /* file systems */
    C(ST_APPEND),
    C(ST_MANDLOCK),
    C(ST_NOATIME),
    C(ST_NODEV),
    C(ST_NODIRATIME),
    C(ST_NOEXEC),
    C(ST_NOSUID),
    C(ST_RDONLY),
    C(ST_RELATIME),
    C(ST_SYNCHRONOUS),
    C(ST_WRITE),
    C(XATTR_CREATE),
    C(XATTR_REPLACE),
    {"XATTR_SIZE_MAX", 65536},
    /* shared objects, limits */
    C(RTLD_DEEPBIND),
    C(RTLD_GLOBAL),
    C(RTLD_LAZY),
    C(RTLD_LOCAL),
    C(RTLD_NODELETE),
    C(RTLD_NOLOAD),
    C(RTLD_NOW),
    {"NGROUPS_MAX", 65536},
    C(TMP_MAX),
};
#undef C

/* What os.supports_fd, os.supports_dir_fd and os.supports_follow_symlinks are made from. */
static const char *const have_functions[] = {
    "HAVE_EVENTFD",  "HAVE_FACCESSAT", "HAVE_FCHDIR",     "HAVE_FCHMOD",    "HAVE_FCHMODAT",     "HAVE_FCHOWN",
    "HAVE_FCHOWNAT", "HAVE_FEXECVE",   "HAVE_FDOPENDIR",  "HAVE_FPATHCONF", "HAVE_FSTATAT",      "HAVE_FSTATVFS",
    "HAVE_FTRUNCATE", "HAVE_FUTIMENS", "HAVE_FUTIMES",    "HAVE_FUTIMESAT", "HAVE_LINKAT",       "HAVE_LCHOWN",
    "HAVE_LSTAT",    "HAVE_LUTIMES",   "HAVE_MEMFD_CREATE", "HAVE_MKDIRAT", "HAVE_MKFIFOAT",     "HAVE_MKNODAT",
    "HAVE_OPENAT",   "HAVE_READLINKAT", "HAVE_RENAMEAT",  "HAVE_SYMLINKAT", "HAVE_UNLINKAT",     "HAVE_UTIMENSAT",
};

/* The environment as the process has it now: a dict of bytes to bytes; the first entry of a name counts. */
static HdValue make_environ(HdThread *t) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    for (char **entry = environ; entry && *entry && !hd_is_null(dict); entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals) continue;
        HD_OWNED HdValue name = hd_bytes_new(t, *entry, equals - *entry);
        HD_OWNED HdValue value = hd_is_null(name) ? HD_NULL : hd_bytes_new(t, equals + 1, (HdSize)strlen(equals + 1));
        HD_OWNED HdValue kept = hd_is_null(value) ? HD_NULL : hd_dict_set_default(t, dict, name, value);
        if (hd_is_null(kept)) return HD_NULL;
    }
    return hd_move(&dict);
}
static HdValue make_have_functions(HdThread *t) {
    HD_OWNED HdValue list = hd_list_new(t, HD_COUNT_OF(have_functions));
    for (size_t i = 0; i < HD_COUNT_OF(have_functions) && !hd_is_null(list); i++) {
        HdValue name = hd_str_from_text(t, have_functions[i]);
        if (hd_is_null(name) || hd_list_append_steal(t, list, name) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

HD_CHECK static int add_functions(HdThread *t, HdValue module, const HdMethodDef *functions) {
    HdValue module_name = HD_AS(HdModule, module)->name;
    for (; functions->signature; functions++) {
        char name[64];
        size_t length = strcspn(functions->signature, "(");
        snprintf(name, sizeof name, "%.*s", (int)length, functions->signature);
        if (hd_module_set_steal(t, module, name, hd_native_function_new(t, functions, module, module_name)) < 0)
            return -1;
    }
    return 0;
}

static int posix_exec(HdThread *t, HdValue module) {
    const HdMethodDef *const tables[] = {hd_posix_file_functions, hd_posix_stat_functions,   hd_posix_io_functions,
                                         hd_posix_name_functions, hd_posix_system_functions, hd_posix_user_functions,
                                         hd_posix_spawn_functions, hd_posix_transfer_functions};
    for (size_t i = 0; i < HD_COUNT_OF(tables); i++) {
        if (add_functions(t, module, tables[i]) < 0) return -1;
    }
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    if (hd_posix_stat_init(t, module) < 0 || hd_posix_system_init(t, module) < 0 || hd_posix_names_init(t, module) < 0)
        return -1;
    if (hd_module_set(t, module, "error", hd_type_value(&hd_OSError)) < 0) return -1;
    if (hd_module_set_steal(t, module, "_have_functions", make_have_functions(t)) < 0) return -1;
    return hd_module_set_steal(t, module, "environ", make_environ(t));
}

static int posix_traverse(HdValue module, HdVisit visit, void *context) {
    const HdValue *values = hd_module_state(module);
    for (size_t i = 0; i < sizeof(PosixState) / sizeof(HdValue); i++) HD_VISIT(values[i]);
    return 0;
}
static void posix_clear(HdThread *t, HdValue module) {
    HdValue *values = hd_module_state(module);
    for (size_t i = 0; i < sizeof(PosixState) / sizeof(HdValue); i++) hd_clear_slot(t, &values[i]);
}

const HdModuleDef hd_module_posix = {
    .name = "posix",
    .doc = "The system calls of a POSIX system. Programs use them through the module os, which makes them portable.",
    .state_size = sizeof(PosixState),
    .functions = hd_posix_process_functions,
    .exec = posix_exec,
    .traverse = posix_traverse,
    .clear = posix_clear,
};
