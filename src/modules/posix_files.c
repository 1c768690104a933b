/* posix_files.c -- names, folders, links, permissions, times (posix.h). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "posix.h"

/* --- paths --- */

int hd_posix_path(HdThread *t, HdValue v, const char *function, const char *name, bool allow_fd, bool allow_none,
                  PosixPath *out) {
    *out = (PosixPath){.fd = -1, .object = v};
    const char *expected = allow_fd && allow_none ? "string, bytes, os.PathLike, integer or None"
                           : allow_fd             ? "string, bytes, os.PathLike or integer"
                           : allow_none           ? "string, bytes, os.PathLike or None"
                                                  : "string, bytes or os.PathLike";
    if (hd_is_null(v) || (hd_is_none(v) && allow_none)) {
        out->text = ".";
        out->object = HD_NULL;
        return 0;
    }
    HD_OWNED HdValue text = hd_is_str(v) || hd_is_bytes(v) ? hd_retain(t, v) : HD_NULL;
    if (hd_is_null(text) && hd_buffer_check(v)) {
        if (hd_warn(t, &hd_DeprecationWarning, 1, "%s: %s should be %s, not %T", function, name, expected, v) < 0)
            return -1;
        text = hd_bytes_from_object(t, v);
        if (hd_is_null(text)) return -1;
    } else if (hd_is_null(text)) {
        if (allow_fd && hd_number_check_index(v)) {
            int64_t fd = hd_number_as_i64(t, v);
            if (fd == -1 && hd_raised(t)) return -1;
            if (fd > INT_MAX) return hd_raise_int(t, &hd_OverflowError, "fd is greater than maximum");
            if (fd < INT_MIN) return hd_raise_int(t, &hd_OverflowError, "fd is less than minimum");
            out->fd = (int)fd;
            return 0;
        }
        HD_OWNED HdValue method = HD_NULL;
        int found = hd_object_find_special(t, v, HD_NAME("__fspath__"), &method);
        if (found < 0) return -1;
        if (!found) return hd_raise_int(t, &hd_TypeError, "%s: %s should be %s, not %T", function, name, expected, v);
        text = hd_object_call0(t, method);
        if (hd_is_null(text)) return -1;
        if (!hd_is_str(text) && !hd_is_bytes(text))
            return hd_raise_int(t, &hd_TypeError, "expected %T.__fspath__() to return str or bytes, not %T", v, text);
    }
    out->is_bytes = hd_is_bytes(text);
    out->bytes = out->is_bytes ? hd_retain(t, text) : hd_str_to_fs(t, text);
    if (hd_is_null(out->bytes)) return -1;
    out->text = (const char *)hd_bytes_data(out->bytes);
    if (strlen(out->text) != (size_t)hd_bytes_length(out->bytes)) {
        hd_posix_path_clear(out);
        if (!out->is_bytes) return hd_raise_int(t, &hd_ValueError, "embedded null byte");
        return hd_raise_int(t, &hd_ValueError, "%s: embedded null character in %s", function, name);
    }
    return 0;
}
void hd_posix_path_clear(PosixPath *path) { hd_count_cleanup(&path->bytes); path->bytes = HD_NULL; }
HdValue hd_posix_error(HdThread *t, const PosixPath *path) { return hd_raise_errno(t, errno, path->object); }
HdValue hd_posix_error2(HdThread *t, const PosixPath *path, const PosixPath *path2) {
    return hd_raise_errno2(t, errno, path->object, path2->object);
}
int hd_posix_dir_fd(HdThread *t, HdValue v, int *out) {
    *out = AT_FDCWD;
    if (hd_is_null(v) || hd_is_none(v)) return 0;
    if (!hd_number_check_index(v))
        return hd_raise_int(t, &hd_TypeError, "argument should be integer or None, not %T", v);
    int fd = hd_number_as_int(t, v);
    if (fd == -1 && hd_raised(t)) return -1;
    *out = fd;
    return 0;
}
int hd_posix_flag(HdThread *t, HdValue v, bool fallback) { return hd_is_null(v) ? fallback : hd_object_truth(t, v); }
HdValue hd_posix_name(HdThread *t, const char *text, size_t length, bool bytes) {
    return bytes ? hd_bytes_new(t, text, (HdSize)length) : hd_str_from_fs(t, text, (HdSize)length);
}

#define PATH(variable, index, function, name, allow_fd, allow_none)                                        \
    HD_CLEANUP(hd_posix_path_clear) PosixPath variable = {0};                                              \
    if (hd_posix_path(t, args[index], function, name, allow_fd, allow_none, &variable) < 0) return HD_NULL
#define DIR_FD(variable, index) \
    int variable;               \
    if (hd_posix_dir_fd(t, args[index], &variable) < 0) return HD_NULL
#define INT(variable, index, fallback)                                                         \
    int variable = hd_is_null(args[index]) ? (fallback) : hd_number_as_int(t, args[index]);    \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define FLAG(variable, index, fallback)                            \
    int variable = hd_posix_flag(t, args[index], (fallback));      \
    if (variable < 0) return HD_NULL
/* Runs a call that returns -1 on error, and gives None or OSError. */
#define SIMPLE(path, call)                              \
    do {                                                \
        int result_, raised_;                           \
        HD_BLOCKING_CALL(t, raised_, result_ = (call)); \
        if (raised_) return HD_NULL;                    \
        return result_ < 0 ? hd_posix_error(t, &(path)) : hd_None; \
    } while (0)

/* --- folders and names --- */

static HdValue posix_listdir(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "listdir", "path", true, true);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int fd = path.text ? -1 : dup(path.fd);
    DIR *dir = path.text ? opendir(path.text) : fd >= 0 ? fdopendir(fd) : NULL;
    if (dir && !path.text) rewinddir(dir);
    hd_blocking_leave(t);
    if (!dir) return hd_posix_error(t, &path);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    while (!hd_is_null(list)) {
        errno = 0;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        struct dirent *entry = readdir(dir);
        hd_blocking_leave(t);
        if (!entry) break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        HD_OWNED HdValue name = hd_posix_name(t, entry->d_name, strlen(entry->d_name), path.is_bytes);
        if (hd_is_null(name) || hd_list_append(t, list, name) < 0) hd_clear_slot(t, &list);
    }
    int error = errno;
    closedir(dir);
    if (!hd_is_null(list) && error) return hd_raise_errno(t, error, path.object);
    return hd_move(&list);
}
static HdValue posix_mkdir(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "mkdir", "path", false, false);
    INT(mode, 1, 0777);
    DIR_FD(dir, 2);
    SIMPLE(path, mkdirat(dir, path.text, (mode_t)mode));
}
static HdValue posix_rmdir(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "rmdir", "path", false, false);
    DIR_FD(dir, 1);
    SIMPLE(path, unlinkat(dir, path.text, AT_REMOVEDIR));
}
static HdValue posix_unlink(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "unlink", "path", false, false);
    DIR_FD(dir, 1);
    SIMPLE(path, unlinkat(dir, path.text, 0));
}
static HdValue posix_remove(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "remove", "path", false, false);
    DIR_FD(dir, 1);
    SIMPLE(path, unlinkat(dir, path.text, 0));
}
static HdValue rename_to(HdThread *t, const HdValue *args, const char *function) {
    PATH(from, 0, function, "src", false, false);
    PATH(to, 1, function, "dst", false, false);
    DIR_FD(from_dir, 2);
    DIR_FD(to_dir, 3);
    int result, raised;
    HD_BLOCKING_CALL(t, raised, result = renameat(from_dir, from.text, to_dir, to.text));
    if (raised) return HD_NULL;
    return result < 0 ? hd_posix_error2(t, &from, &to) : hd_None;
}
static HdValue posix_rename(HdThread *t, HdValue self, const HdValue *args) { return rename_to(t, args, "rename"); }
static HdValue posix_replace(HdThread *t, HdValue self, const HdValue *args) { return rename_to(t, args, "replace"); }
static HdValue posix_link(HdThread *t, HdValue self, const HdValue *args) {
    PATH(from, 0, "link", "src", false, false);
    PATH(to, 1, "link", "dst", false, false);
    DIR_FD(from_dir, 2);
    DIR_FD(to_dir, 3);
    FLAG(follow, 4, true);
    int result, raised;
    HD_BLOCKING_CALL(t, raised, result = linkat(from_dir, from.text, to_dir, to.text, follow ? AT_SYMLINK_FOLLOW : 0));
    if (raised) return HD_NULL;
    return result < 0 ? hd_posix_error2(t, &from, &to) : hd_None;
}
static HdValue posix_symlink(HdThread *t, HdValue self, const HdValue *args) {
    PATH(from, 0, "symlink", "src", false, false);
    PATH(to, 1, "symlink", "dst", false, false);
    DIR_FD(dir, 3);
    int result, raised;
    HD_BLOCKING_CALL(t, raised, result = symlinkat(from.text, dir, to.text));
    if (raised) return HD_NULL;
    return result < 0 ? hd_posix_error2(t, &from, &to) : hd_None;
}
static HdValue posix_readlink(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "readlink", "path", false, false);
    DIR_FD(dir, 1);
    char target[PATH_MAX];
    ssize_t length;
    int raised;
    HD_BLOCKING_CALL(t, raised, length = readlinkat(dir, path.text, target, sizeof target));
    if (raised) return HD_NULL;
    return length < 0 ? hd_posix_error(t, &path) : hd_posix_name(t, target, (size_t)length, path.is_bytes);
}
static HdValue current_folder(HdThread *t, bool bytes) {
    char here[PATH_MAX];
    return getcwd(here, sizeof here) ? hd_posix_name(t, here, strlen(here), bytes) : hd_raise_errno(t, errno, HD_NULL);
}
static HdValue posix_getcwd(HdThread *t, HdValue self, const HdValue *args) { return current_folder(t, false); }
static HdValue posix_getcwdb(HdThread *t, HdValue self, const HdValue *args) { return current_folder(t, true); }
static HdValue posix_chdir(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "chdir", "path", true, false);
    SIMPLE(path, path.text ? chdir(path.text) : fchdir(path.fd));
}
static HdValue posix_fchdir(HdThread *t, HdValue self, const HdValue *args) {
    PosixPath path = {.fd = -1};
    if (hd_descriptor_arg(t, args[0], &path.fd) < 0) return HD_NULL;
    SIMPLE(path, fchdir(path.fd));
}
static HdValue posix_chroot(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "chroot", "path", false, false);
    SIMPLE(path, chroot(path.text));
}
static HdValue posix_mkfifo(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "mkfifo", "path", false, false);
    INT(mode, 1, 0666);
    DIR_FD(dir, 2);
    SIMPLE(path, mkfifoat(dir, path.text, (mode_t)mode));
}
static HdValue posix_mknod(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "mknod", "path", false, false);
    INT(mode, 1, 0600);
    INT(device, 2, 0);
    DIR_FD(dir, 3);
    SIMPLE(path, mknodat(dir, path.text, (mode_t)mode, (dev_t)device));
}
static HdValue posix_truncate(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "truncate", "path", true, false);
    int64_t length = hd_number_as_i64(t, args[1]);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    SIMPLE(path, path.text ? truncate(path.text, length) : ftruncate(path.fd, length));
}

/* --- permissions and times --- */

static HdValue posix_access(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "access", "path", false, false);
    INT(mode, 1, 0);
    DIR_FD(dir, 2);
    FLAG(effective, 3, false);
    FLAG(follow, 4, true);
    int result, raised;
    HD_BLOCKING_CALL(
        t, raised,
        result = faccessat(dir, path.text, mode, (effective ? AT_EACCESS : 0) | (follow ? 0 : AT_SYMLINK_NOFOLLOW)));
    return raised ? HD_NULL : hd_bool(result == 0);
}
static HdValue posix_chmod(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "chmod", "path", true, false);
    INT(mode, 1, 0);
    DIR_FD(dir, 2);
    FLAG(follow, 3, true);
    int raised, status;
    HD_BLOCKING_CALL(t, raised, status = path.text ? fchmodat(dir, path.text, (mode_t)mode, follow ? 0 : AT_SYMLINK_NOFOLLOW)
                                                   : fchmod(path.fd, (mode_t)mode));
    if (raised) return HD_NULL;
    if (status < 0 && !follow && errno == EOPNOTSUPP)
        return hd_raise(t, &hd_NotImplementedError, "chmod: follow_symlinks unavailable on this platform");
    return status < 0 ? hd_posix_error(t, &path) : hd_None;
}
static HdValue posix_fchmod(HdThread *t, HdValue self, const HdValue *args) {
    PosixPath path = {.fd = hd_number_as_int(t, args[0])};
    if (path.fd == -1 && hd_raised(t)) return HD_NULL;
    INT(mode, 1, 0);
    SIMPLE(path, fchmod(path.fd, (mode_t)mode));
}
static HdValue posix_chown(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "chown", "path", true, false);
    uint32_t user, group;
    if (hd_posix_id(t, args[1], "uid", &user) < 0 || hd_posix_id(t, args[2], "gid", &group) < 0) return HD_NULL;
    DIR_FD(dir, 3);
    FLAG(follow, 4, true);
    SIMPLE(path, path.text ? fchownat(dir, path.text, user, group, follow ? 0 : AT_SYMLINK_NOFOLLOW)
                           : fchown(path.fd, user, group));
}
static HdValue posix_fchown(HdThread *t, HdValue self, const HdValue *args) {
    PosixPath path = {.fd = hd_number_as_int(t, args[0])};
    uint32_t user, group;
    if (path.fd == -1 && hd_raised(t)) return HD_NULL;
    if (hd_posix_id(t, args[1], "uid", &user) < 0 || hd_posix_id(t, args[2], "gid", &group) < 0) return HD_NULL;
    SIMPLE(path, fchown(path.fd, user, group));
}
static HdValue posix_lchown(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "lchown", "path", false, false);
    uint32_t user, group;
    if (hd_posix_id(t, args[1], "uid", &user) < 0 || hd_posix_id(t, args[2], "gid", &group) < 0) return HD_NULL;
    SIMPLE(path, lchown(path.text, user, group));
}
static HdValue posix_umask(HdThread *t, HdValue self, const HdValue *args) {
    INT(mask, 0, 0);
    return hd_imm_int(umask((mode_t)mask));
}

/* (seconds as int or float) or ns as int, to timespec. */
static int to_timespec(HdThread *t, HdValue v, bool nanoseconds, struct timespec *out) {
    if (nanoseconds || hd_is_int(v)) {
        HD_OWNED HdValue quotient = HD_NULL;
        HD_OWNED HdValue remainder = hd_imm_int(0);
        if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "ns must be a tuple of two ints");
        if (nanoseconds && hd_int_divmod(t, v, hd_imm_int(1000000000), &quotient, &remainder) < 0) return -1;
        if (!nanoseconds) quotient = hd_retain(t, v);
        out->tv_sec = hd_number_as_i64(t, quotient);
        if (hd_raised(t)) return -1;
        out->tv_nsec = hd_imm_int_value(remainder);
        return 0;
    }
    double seconds = hd_number_as_double(t, v);
    if (seconds == -1.0 && hd_raised(t)) return -1;
    double whole = __builtin_floor(seconds);
    if (!(whole > -9e18 && whole < 9e18))
        return hd_raise_int(t, &hd_OverflowError, "timestamp out of range for platform time_t");
    out->tv_sec = (time_t)whole;
    out->tv_nsec = (long)((seconds - whole) * 1e9);
    return 0;
}
static HdValue posix_utime(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "utime", "path", true, false);
    bool has_times = !hd_is_null(args[1]) && !hd_is_none(args[1]), has_ns = !hd_is_null(args[2]);
    if (has_times && has_ns)
        return hd_raise(t, &hd_ValueError, "utime: you may specify either 'times' or 'ns' but not both");
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    HdValue given = has_times ? args[1] : args[2];
    if (has_times || has_ns) {
        if (!hd_is_tuple(given) || hd_tuple_length(given) != 2)
            return hd_raise(t, &hd_TypeError, has_times ? "utime: 'times' must be either a tuple of two ints or None"
                                                        : "utime: 'ns' must be a tuple of two ints");
        for (int i = 0; i < 2; i++) {
            if (to_timespec(t, hd_tuple_at_borrowed(given, i), has_ns, &times[i]) < 0) return HD_NULL;
        }
    }
    DIR_FD(dir, 3);
    FLAG(follow, 4, true);
    SIMPLE(path,
           path.text ? utimensat(dir, path.text, times, follow ? 0 : AT_SYMLINK_NOFOLLOW) : futimens(path.fd, times));
}

/* --- extended attributes --- */

enum { XATTR_MAX = 65536 };
static HdValue posix_getxattr(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "getxattr", "path", true, false);
    PATH(name, 1, "getxattr", "attribute", false, false);
    FLAG(follow, 2, true);
    HdValue bytes = hd_bytes_new(t, NULL, XATTR_MAX);
    if (hd_is_null(bytes)) return bytes;
    uint8_t *value = hd_bytes_data(bytes);
    ssize_t length = !path.text ? fgetxattr(path.fd, name.text, value, XATTR_MAX)
                     : follow   ? getxattr(path.text, name.text, value, XATTR_MAX)
                                : lgetxattr(path.text, name.text, value, XATTR_MAX);
    if (length >= 0) return hd_bytes_shrink_steal(t, bytes, length);
    int error = errno;
    hd_release(t, bytes);
    errno = error;
    return hd_posix_error(t, &path);
}
static HdValue posix_setxattr(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "setxattr", "path", true, false);
    PATH(name, 1, "setxattr", "attribute", false, false);
    INT(flags, 3, 0);
    FLAG(follow, 4, true);
    HdBuffer value;
    if (hd_buffer_get(t, args[2], &value, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    int result = !path.text ? fsetxattr(path.fd, name.text, value.data, (size_t)value.length, flags)
                 : follow   ? setxattr(path.text, name.text, value.data, (size_t)value.length, flags)
                            : lsetxattr(path.text, name.text, value.data, (size_t)value.length, flags);
    int error = errno;
    hd_buffer_release(t, &value);
    errno = error;
    return result < 0 ? hd_posix_error(t, &path) : hd_None;
}
static HdValue posix_removexattr(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "removexattr", "path", true, false);
    PATH(name, 1, "removexattr", "attribute", false, false);
    FLAG(follow, 2, true);
    SIMPLE(path, !path.text ? fremovexattr(path.fd, name.text)
                 : follow   ? removexattr(path.text, name.text)
                            : lremovexattr(path.text, name.text));
}
static HdValue posix_listxattr(HdThread *t, HdValue self, const HdValue *args) {
    PATH(path, 0, "listxattr", "path", true, true);
    FLAG(follow, 1, true);
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, XATTR_MAX);
    if (hd_is_null(bytes)) return HD_NULL;
    char *names = (char *)hd_bytes_data(bytes);
    ssize_t length = !path.text ? flistxattr(path.fd, names, XATTR_MAX)
                     : follow   ? listxattr(path.text, names, XATTR_MAX)
                                : llistxattr(path.text, names, XATTR_MAX);
    if (length < 0) return hd_posix_error(t, &path);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    for (ssize_t at = 0; at < length && !hd_is_null(list); at += (ssize_t)strlen(names + at) + 1) {
        HD_OWNED HdValue name = hd_str_from_fs(t, names + at, (HdSize)strlen(names + at));
        if (hd_is_null(name) || hd_list_append(t, list, name) < 0) hd_clear_slot(t, &list);
    }
    return hd_move(&list);
}

/* --- paths as text --- */

/* Where the part begins that ".." cannot go above: behind "/", or "//" when there are exactly two. */
static HdSize root_length(HdValue path) {
    HdSize slashes = 0, length = hd_str_length(path);
    while (slashes < length && slashes < 3 && hd_str_at(path, slashes) == '/') slashes++;
    return slashes == 3 ? 1 : slashes;
}
typedef struct Part {
    HdSize start, end;
    bool up; /* ".." that nothing was there for */
} Part;
/* Drops empty parts and ".", and takes a part away for each "..". */
static HdSize split_parts(HdValue path, HdSize root, Part *kept) {
    HdSize length = hd_str_length(path), count = 0;
    for (HdSize start = root, end; start < length; start = end + 1) {
        for (end = start; end < length && hd_str_at(path, end) != '/';) end++;
        if (end == start) continue;
        bool dot = hd_str_at(path, start) == '.';
        if (dot && end - start == 1) continue;
        bool up = dot && end - start == 2 && hd_str_at(path, start + 1) == '.';
        if (up && count > 0 && !kept[count - 1].up) count--;
        else if (!up || !root) kept[count++] = (Part){start, end, up};
    }
    return count;
}
static HdValue posix__path_normpath(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "expected 'str', not '%T'", args[0]);
    HdSize root = root_length(args[0]);
    Part *kept = calloc((size_t)hd_str_length(args[0]) / 2 + 1, sizeof *kept);
    if (!kept) return hd_raise_no_memory(t);
    HdSize count = split_parts(args[0], root, kept);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    (void)hd_str_builder_slice(&b, args[0], 0, root);
    for (HdSize i = 0; i < count; i++) {
        if (i) (void)hd_str_builder_char(&b, '/');
        (void)hd_str_builder_slice(&b, args[0], kept[i].start, kept[i].end);
    }
    free(kept);
    return hd_str_builder_finish(&b);
}
static HdValue posix_fspath(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_str(args[0]) || hd_is_bytes(args[0])) return hd_retain(t, args[0]);
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_special(t, args[0], HD_NAME("__fspath__"), &method);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_TypeError, "expected str, bytes or os.PathLike object, not %T", args[0]);
    HD_OWNED HdValue path = hd_object_call0(t, method);
    if (hd_is_null(path) || hd_is_str(path) || hd_is_bytes(path)) return hd_move(&path);
    return hd_raise(t, &hd_TypeError, "expected %T.__fspath__() to return str or bytes, not %T", args[0], path);
}

const HdMethodDef hd_posix_file_functions[] = {
    HD_METHOD(posix_listdir, "listdir(path=None)", "The names in a folder, in no order."),
    HD_METHOD(posix_mkdir, "mkdir(path, mode=511, *, dir_fd=None)", "Makes a folder."),
    HD_METHOD(posix_rmdir, "rmdir(path, *, dir_fd=None)", "Removes an empty folder."),
    HD_METHOD(posix_unlink, "unlink(path, *, dir_fd=None)", "Removes a name of a file."),
    HD_METHOD(posix_remove, "remove(path, *, dir_fd=None)", "Removes a name of a file; unlink() by another name."),
    HD_METHOD(posix_rename, "rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
              "Moves a file or folder to another name."),
    HD_METHOD(posix_replace, "replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
              "Moves a file or folder to another name, in place of what was there."),
    HD_METHOD(posix_link, "link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
              "Gives a file a further name."),
    HD_METHOD(posix_symlink, "symlink(src, dst, target_is_directory=False, *, dir_fd=None)",
              "Makes a symbolic link named dst that points to src."),
    HD_METHOD(posix_readlink, "readlink(path, *, dir_fd=None)", "Where a symbolic link points."),
    HD_METHOD(posix_getcwd, "getcwd()", "The current folder, as str."),
    HD_METHOD(posix_getcwdb, "getcwdb()", "The current folder, as bytes."),
    HD_METHOD(posix_chdir, "chdir(path)", "Makes a folder the current one."),
    HD_METHOD(posix_fchdir, "fchdir(fd)", "Makes the folder behind a descriptor the current one."),
    HD_METHOD(posix_chroot, "chroot(path)", "Makes a folder the root of the process."),
    HD_METHOD(posix_mkfifo, "mkfifo(path, mode=438, *, dir_fd=None)", "Makes a named pipe."),
    HD_METHOD(posix_mknod, "mknod(path, mode=384, device=0, *, dir_fd=None)",
              "Makes a file, a named pipe or a device."),
    HD_METHOD(posix_truncate, "truncate(path, length)", "Cuts or stretches a file to a length."),
    HD_METHOD(posix_access, "access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
              "Whether the real user may use the path in this way: F_OK, or R_OK, W_OK and X_OK together."),
    HD_METHOD(posix_chmod, "chmod(path, mode, *, dir_fd=None, follow_symlinks=True)",
              "Sets the permission bits of a file."),
    HD_METHOD(posix_fchmod, "fchmod(fd, mode)", "Sets the permission bits of the file behind a descriptor."),
    HD_METHOD(posix_chown, "chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)",
              "Gives a file to a user and a group; -1 leaves one as it is."),
    HD_METHOD(posix_fchown, "fchown(fd, uid, gid)", "Gives the file behind a descriptor to a user and a group."),
    HD_METHOD(posix_lchown, "lchown(path, uid, gid)",
              "Gives a file to a user and a group; a symbolic link itself, not what it points to."),
    HD_METHOD(posix_umask, "umask(mask, /)", "Sets which permission bits new files do not get; the old mask."),
    HD_METHOD(posix_utime, "utime(path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)",
              "Sets when a file was read and changed: seconds in `times`, nanoseconds in `ns`, or now."),
    HD_METHOD(posix_getxattr, "getxattr(path, attribute, *, follow_symlinks=True)",
              "The value of one extended attribute of a file."),
    HD_METHOD(posix_setxattr, "setxattr(path, attribute, value, flags=0, *, follow_symlinks=True)",
              "Sets one extended attribute of a file."),
    HD_METHOD(posix_removexattr, "removexattr(path, attribute, *, follow_symlinks=True)",
              "Removes one extended attribute of a file."),
    HD_METHOD(posix_listxattr, "listxattr(path=None, *, follow_symlinks=True)",
              "The names of a file's extended attributes."),
    HD_METHOD(posix__path_normpath, "_path_normpath(path)",
              "The path without empty parts, \".\" and \"..\", as far as text alone tells."),
    HD_METHOD(posix_fspath, "fspath(path)", "The path as str or bytes; asks __fspath__ of other objects."),
    HD_METHODS_END,
};
