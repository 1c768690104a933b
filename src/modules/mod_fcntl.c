/* mod_fcntl.c -- the module fcntl: fcntl, ioctl, flock, lockf.
 *
 * Memory for the kernel to write into is a copy on the C stack while it fits; larger buffers are lent as they are.
 * Calls that may wait give up the GIL. No state, no locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <heddle/module.h>

#include "blocking.h"
#include "descriptor_arg.h"

static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }
#define FD(variable, index) \
    int variable;           \
    if (hd_descriptor_arg(t, args[index], &variable) < 0) return HD_NULL
#define INT(variable, index)                         \
    int variable = hd_number_as_int(t, args[index]); \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define CALL(assignment)                          \
    do {                                          \
        int raised_;                              \
        HD_BLOCKING_CALL(t, raised_, assignment); \
        if (raised_) return HD_NULL;              \
    } while (0)

enum { SMALL = 1024 };

/* The bytes of a str (as UTF-8) or a bytes-like object in `room`, ended by a NUL; their length, or -1 raised. */
HD_CHECK static HdSize copy_bytes(HdThread *t, HdValue v, const char *function, char room[SMALL + 1]) {
    HdSize length;
    if (hd_is_str(v)) {
        const char *text = hd_str_utf8(t, v, &length);
        if (!text) return -1;
        if (length <= SMALL) memcpy(room, text, (size_t)length);
    } else {
        HdBuffer buffer;
        if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
        length = buffer.length;
        if (length <= SMALL) memcpy(room, buffer.data, (size_t)length);
        hd_buffer_release(t, &buffer);
    }
    if (length > SMALL) return hd_raise_int(t, &hd_ValueError, "%s string arg too long", function);
    room[length] = 0;
    return length;
}
static bool is_bytes_like(HdValue v) { return hd_is_str(v) || hd_buffer_check(v); }

static HdValue fcntl_fcntl(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(command, 1);
    int result;
    if (!hd_is_null(args[2]) && is_bytes_like(args[2])) {
        char room[SMALL + 1];
        HdSize length = copy_bytes(t, args[2], "fcntl", room);
        if (length < 0) return HD_NULL;
        CALL(result = fcntl(fd, command, room));
        return result < 0 ? os_error(t) : hd_bytes_new(t, room, length);
    }
    unsigned argument = hd_is_null(args[2]) ? 0 : (unsigned)hd_number_as_u64_mask(t, args[2]);
    if (hd_raised(t)) return HD_NULL;
    CALL(result = fcntl(fd, command, (int)argument));
    return result < 0 ? os_error(t) : hd_imm_int(result);
}

/* ioctl into a writable buffer, which sees what the kernel writes. */
static HdValue ioctl_mutating(HdThread *t, int fd, unsigned request, HdBuffer *buffer) {
    char room[SMALL + 1];
    bool copied = buffer->length <= SMALL;
    if (copied) {
        memcpy(room, buffer->data, (size_t)buffer->length);
        room[buffer->length] = 0;
    }
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = ioctl(fd, request, copied ? room : buffer->data);
    hd_blocking_leave(t);
    int error = errno;
    if (copied) memcpy(buffer->data, room, (size_t)buffer->length);
    return result < 0 ? hd_raise_errno(t, error, HD_NULL) : hd_imm_int(result);
}
static HdValue fcntl_ioctl(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    unsigned request = (unsigned)hd_number_as_u64_mask(t, args[1]);
    if (hd_raised(t)) return HD_NULL;
    int result, mutate = hd_is_null(args[3]) ? 1 : hd_object_truth(t, args[3]);
    if (mutate < 0) return HD_NULL;
    if (!hd_is_null(args[2]) && is_bytes_like(args[2])) {
        HdBuffer buffer;
        if (mutate && !hd_is_str(args[2])) {
            if (hd_buffer_get(t, args[2], &buffer, HD_BUFFER_WRITABLE) == 0) {
                HdValue answer = ioctl_mutating(t, fd, request, &buffer);
                hd_buffer_release(t, &buffer);
                return answer;
            }
            hd_clear_raised(t); /* read-only: the answer is returned */
        }
        char room[SMALL + 1];
        HdSize length = copy_bytes(t, args[2], "ioctl", room);
        if (length < 0) return HD_NULL;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        result = ioctl(fd, request, room);
        hd_blocking_leave(t);
        return result < 0 ? os_error(t) : hd_bytes_new(t, room, length);
    }
    int argument = hd_is_null(args[2]) ? 0 : hd_number_as_int(t, args[2]);
    if (argument == -1 && hd_raised(t)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    result = ioctl(fd, request, argument);
    hd_blocking_leave(t);
    return result < 0 ? os_error(t) : hd_imm_int(result);
}
static HdValue fcntl_flock(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(operation, 1);
    int result;
    CALL(result = flock(fd, operation));
    return result < 0 ? os_error(t) : hd_None;
}
static HdValue fcntl_lockf(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    INT(command, 1);
    struct flock lock = {0};
    if (command == LOCK_UN) lock.l_type = F_UNLCK;
    else if (command & LOCK_SH) lock.l_type = F_RDLCK;
    else if (command & LOCK_EX) lock.l_type = F_WRLCK;
    else return hd_raise(t, &hd_ValueError, "unrecognized lockf argument");
    if (!hd_is_null(args[2])) lock.l_len = hd_number_as_i64(t, args[2]);
    if (!hd_raised(t) && !hd_is_null(args[3])) lock.l_start = hd_number_as_i64(t, args[3]);
    if (!hd_raised(t) && !hd_is_null(args[4])) lock.l_whence = (short)hd_number_as_int(t, args[4]);
    if (hd_raised(t)) return HD_NULL;
    int result;
    CALL(result = fcntl(fd, command & LOCK_NB ? F_SETLK : F_SETLKW, &lock));
    return result < 0 ? os_error(t) : hd_None;
}

static const HdMethodDef fcntl_functions[] = {
    HD_METHOD(fcntl_fcntl, "fcntl(fd, cmd, arg=0, /)",
              "Does `cmd` with a descriptor; bytes come back if `arg` is bytes."),
    HD_METHOD(fcntl_ioctl, "ioctl(fd, request, arg=0, mutate_flag=True, /)",
              "Asks the driver behind a descriptor; a writable `arg` is changed in place."),
    HD_METHOD(fcntl_flock, "flock(fd, operation, /)",
              "Takes or gives back a lock on a whole file: LOCK_SH, LOCK_EX, LOCK_UN, with LOCK_NB."),
    HD_METHOD(fcntl_lockf, "lockf(fd, cmd, len=0, start=0, whence=0, /)",
              "Takes, tests or gives back a lock on a part of a file."),
    HD_METHODS_END,
};

static int fcntl_exec(HdThread *t, HdValue module) {
#define C(name) {#name, (int64_t)(name)}
    static const struct {
        const char *name;
        int64_t value;
    } constants[] = {
        C(DN_ACCESS),    C(DN_ATTRIB),    C(DN_CREATE),  C(DN_DELETE),    C(DN_MODIFY),   C(DN_MULTISHOT),
        C(DN_RENAME),    C(FASYNC),       C(FD_CLOEXEC), C(F_ADD_SEALS),  C(F_DUPFD),     C(F_DUPFD_CLOEXEC),
        C(F_EXLCK),      C(F_GETFD),      C(F_GETFL),    C(F_GETLEASE),   C(F_GETLK),     C(F_GETLK64),
        C(F_GETOWN),     C(F_GETPIPE_SZ), C(F_GETSIG),   C(F_GET_SEALS),  C(F_NOTIFY),    C(F_OFD_GETLK),
        C(F_OFD_SETLK),  C(F_OFD_SETLKW), C(F_RDLCK),    C(F_SEAL_GROW),  C(F_SEAL_SEAL), C(F_SEAL_SHRINK),
        C(F_SEAL_WRITE), C(F_SETFD),      C(F_SETFL),    C(F_SETLEASE),   C(F_SETLK),     C(F_SETLK64),
        C(F_SETLKW),     C(F_SETLKW64),   C(F_SETOWN),   C(F_SETPIPE_SZ), C(F_SETSIG),    C(F_SHLCK),
        C(F_UNLCK),      C(F_WRLCK),      C(LOCK_EX),    C(LOCK_MAND),    C(LOCK_NB),     C(LOCK_READ),
        C(LOCK_RW),      C(LOCK_SH),      C(LOCK_UN),    C(LOCK_WRITE),
    };
#undef C
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    return 0;
}

const HdModuleDef hd_module_fcntl = {
    .name = "fcntl",
    .doc = "File control and I/O control on file descriptors: fcntl() and ioctl().",
    .functions = fcntl_functions,
    .exec = fcntl_exec,
};
