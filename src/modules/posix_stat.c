/* posix_stat.c -- stat, lstat, fstat, statvfs, scandir and DirEntry (posix.h). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mutex.h"
#include "posix.h"

HdValue hd_posix_stat_module(HdThread *t) { return hd_dict_get_text(t, hd_runtime.modules, "posix"); }

static HdValue nanoseconds(HdThread *t, const struct timespec *time) {
    __int128 total = (__int128)time->tv_sec * 1000000000 + time->tv_nsec;
    if (total >= INT64_MIN && total <= INT64_MAX) return hd_int_from_i64(t, (int64_t)total);
    HD_OWNED HdValue seconds = hd_int_from_i64(t, time->tv_sec);
    HD_OWNED HdValue product = hd_int_mul(t, seconds, hd_imm_int(1000000000));
    return hd_is_null(product) ? HD_NULL : hd_int_add(t, product, hd_imm_int(time->tv_nsec));
}
static HdValue seconds(HdThread *t, const struct timespec *time) {
    return hd_float_new(t, (double)time->tv_sec + 1e-9 * (double)time->tv_nsec);
}

static HdValue make_stat(HdThread *t, HdValue module, const struct stat *s) {
    const struct timespec *times[3] = {&s->st_atim, &s->st_mtim, &s->st_ctim};
    HdValue values[19];
    int n = 0;
    values[n++] = hd_int_from_u64(t, s->st_mode);
    values[n++] = hd_int_from_u64(t, s->st_ino);
    values[n++] = hd_int_from_u64(t, s->st_dev);
    values[n++] = hd_int_from_u64(t, s->st_nlink);
    values[n++] = hd_int_from_u64(t, s->st_uid);
    values[n++] = hd_int_from_u64(t, s->st_gid);
    values[n++] = hd_int_from_i64(t, s->st_size);
    for (int i = 0; i < 3; i++) values[n++] = hd_int_from_i64(t, times[i]->tv_sec);
    for (int i = 0; i < 3; i++) values[n++] = seconds(t, times[i]);
    for (int i = 0; i < 3; i++) values[n++] = nanoseconds(t, times[i]);
    values[n++] = hd_int_from_i64(t, s->st_blksize);
    values[n++] = hd_int_from_i64(t, s->st_blocks);
    values[n++] = hd_int_from_u64(t, s->st_rdev);
    return hd_structseq_new_steal(t, posix_state(module)->stat_result, values, n);
}

static HdValue stat_at(HdThread *t, HdValue module, const PosixPath *path, int dir, bool follow) {
    struct stat info;
    int result, raised;
    HD_BLOCKING_CALL(t, raised,
                     result = !path->text ? fstat(path->fd, &info)
                                          : fstatat(dir, path->text, &info, follow ? 0 : AT_SYMLINK_NOFOLLOW));
    if (raised) return HD_NULL;
    return result < 0 ? hd_posix_error(t, path) : make_stat(t, module, &info);
}
static HdValue posix_stat(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    int dir, follow;
    if (hd_posix_path(t, args[0], "stat", "path", true, false, &path) < 0 || hd_posix_dir_fd(t, args[1], &dir) < 0)
        return HD_NULL;
    if ((follow = hd_posix_flag(t, args[2], true)) < 0) return HD_NULL;
    if (!path.text && dir != AT_FDCWD)
        return hd_raise(t, &hd_ValueError, "stat: can't specify dir_fd without matching path");
    if (!path.text && !follow) return hd_raise(t, &hd_ValueError, "stat: cannot use fd and follow_symlinks together");
    return stat_at(t, self, &path, dir, follow);
}
static HdValue posix_lstat(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    int dir;
    if (hd_posix_path(t, args[0], "lstat", "path", false, false, &path) < 0 || hd_posix_dir_fd(t, args[1], &dir) < 0)
        return HD_NULL;
    return stat_at(t, self, &path, dir, false);
}
static HdValue posix_fstat(HdThread *t, HdValue self, const HdValue *args) {
    PosixPath path = {.fd = hd_number_as_int(t, args[0])};
    if (path.fd == -1 && hd_raised(t)) return HD_NULL;
    return stat_at(t, self, &path, AT_FDCWD, true);
}
static HdValue make_statvfs(HdThread *t, HdValue self, const PosixPath *path) {
    struct statvfs s;
    int result, raised;
    HD_BLOCKING_CALL(t, raised, result = path->text ? statvfs(path->text, &s) : fstatvfs(path->fd, &s));
    if (raised) return HD_NULL;
    if (result < 0) return hd_posix_error(t, path);
    uint64_t numbers[] = {s.f_bsize, s.f_frsize, s.f_blocks, s.f_bfree,   s.f_bavail, s.f_files,
                          s.f_ffree, s.f_favail, s.f_flag,   s.f_namemax, s.f_fsid};
    HdValue values[HD_COUNT_OF(numbers)];
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) values[i] = hd_int_from_u64(t, numbers[i]);
    return hd_structseq_new_steal(t, posix_state(self)->statvfs_result, values, HD_COUNT_OF(numbers));
}
static HdValue posix_statvfs(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    if (hd_posix_path(t, args[0], "statvfs", "path", true, false, &path) < 0) return HD_NULL;
    return make_statvfs(t, self, &path);
}
static HdValue posix_fstatvfs(HdThread *t, HdValue self, const HdValue *args) {
    PosixPath path = {.fd = hd_number_as_int(t, args[0])};
    return path.fd == -1 && hd_raised(t) ? HD_NULL : make_statvfs(t, self, &path);
}

/* --- DirEntry --- */

typedef struct DirEntry {
    HdObject head;
    HdValue name, path, stat, lstat; /* the two results are kept once asked for */
    uint64_t inode;
    uint8_t kind; /* DT_… */
    int dir_fd;
} DirEntry;
HD_INLINE DirEntry *entry_of(HdValue v) { return HD_AS(DirEntry, v); }

static HdValue fetch_stat(HdThread *t, HdValue self, bool follow) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    DirEntry *e = entry_of(self);
    if (hd_posix_path(t, e->dir_fd == AT_FDCWD ? e->path : e->name, "stat", "path", false, false, &path) < 0)
        return HD_NULL;
    HD_OWNED HdValue module = hd_posix_stat_module(t);
    path.object = e->path;
    return hd_is_null(module) ? hd_raise(t, &hd_RuntimeError, "the module posix is gone")
                              : stat_at(t, module, &path, e->dir_fd, follow);
}
static HdValue entry_stat_result(HdThread *t, HdValue self, bool follow) {
    DirEntry *e = entry_of(self);
    HdValue *slot = follow && (e->kind == DT_LNK || e->kind == DT_UNKNOWN) ? &e->stat : &e->lstat;
    HdValue known = hd_slot_read(t, slot, &e->head);
    if (!hd_is_null(known)) return known;
    HdValue made = fetch_stat(t, self, slot == &e->stat);
    if (hd_is_null(made)) return made;
    hd_lock_object(t, &e->head);
    HdValue old = hd_slot_exchange(slot, hd_retain(t, made));
    hd_unlock_object(t, &e->head);
    hd_release(t, old);
    return made;
}
static HdValue entry_stat(HdThread *t, HdValue self, const HdValue *args) {
    int follow = hd_posix_flag(t, args[0], true);
    return follow < 0 ? HD_NULL : entry_stat_result(t, self, follow);
}
static HdValue is_kind(HdThread *t, HdValue self, bool follow, uint8_t kind, uint32_t mode) {
    DirEntry *e = entry_of(self);
    bool ask = e->kind == DT_UNKNOWN || (follow && e->kind == DT_LNK);
    if (!ask) return hd_bool(e->kind == kind);
    HD_OWNED HdValue result = entry_stat_result(t, self, follow);
    if (hd_is_null(result)) {
        if (!hd_raised_is(t, &hd_FileNotFoundError)) return HD_NULL;
        hd_clear_raised(t);
        return hd_False;
    }
    return hd_bool(((uint32_t)hd_imm_int_value(hd_tuple_at_borrowed(result, 0)) & S_IFMT) == mode);
}
static HdValue entry_is_dir(HdThread *t, HdValue self, const HdValue *args) {
    int follow = hd_posix_flag(t, args[0], true);
    return follow < 0 ? HD_NULL : is_kind(t, self, follow, DT_DIR, S_IFDIR);
}
static HdValue entry_is_file(HdThread *t, HdValue self, const HdValue *args) {
    int follow = hd_posix_flag(t, args[0], true);
    return follow < 0 ? HD_NULL : is_kind(t, self, follow, DT_REG, S_IFREG);
}
static HdValue entry_is_symlink(HdThread *t, HdValue self, const HdValue *args) {
    return is_kind(t, self, false, DT_LNK, S_IFLNK);
}
static HdValue entry_inode(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_u64(t, entry_of(self)->inode);
}
static HdValue entry_fspath(HdThread *t, HdValue self, const HdValue *args) {
    return hd_retain(t, entry_of(self)->path);
}
static HdValue entry_repr(HdThread *t, HdValue self) { return hd_str_format(t, "<DirEntry %R>", entry_of(self)->name); }
static void entry_dealloc(HdThread *t, HdObject *self) {
    DirEntry *e = (DirEntry *)self;
    hd_clear_slot(t, &e->name);
    hd_clear_slot(t, &e->path);
    hd_clear_slot(t, &e->stat);
    hd_clear_slot(t, &e->lstat);
    hd_type_free(t, self);
}
static HdValue entry_class_getitem(HdThread *t, HdValue type, const HdValue *args) {
    return hd_generic_alias_new(t, type, args[0]);
}
static const HdMethodDef entry_methods[] = {
    HD_CLASS_METHOD(entry_class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHOD(entry_is_dir, "is_dir($self, /, *, follow_symlinks=True)",
              "Whether it is a folder."),
    HD_METHOD(entry_is_file, "is_file($self, /, *, follow_symlinks=True)",
              "Whether it is a plain file."),
    HD_METHOD(entry_is_symlink, "is_symlink($self, /)",
              "Whether it is a symbolic link."),
    HD_METHOD(entry_stat, "stat($self, /, *, follow_symlinks=True)",
              "What os.stat() says of it; asked once."),
    HD_METHOD(entry_inode, "inode($self, /)", "The number of its inode."),
    HD_METHOD(entry_fspath, "__fspath__($self, /)", "Its path."),
    HD_METHODS_END,
};
static const HdMemberDef entry_members[] = {
    {"name", HD_MEMBER_VALUE, offsetof(DirEntry, name), true,
     "its name in the folder", false},
    {"path", HD_MEMBER_VALUE, offsetof(DirEntry, path), true,
     "the path given to scandir() and the name", false},
    {NULL},
};
HdType hd_posix_dir_entry_type = {
    HD_TYPE_HEAD("posix.DirEntry"),
    .basicsize = sizeof(DirEntry),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = entry_dealloc,
    .repr = entry_repr,
    .methods = entry_methods,
    .members = entry_members,
};

/* --- scandir --- */

typedef struct Scandir {
    HdObject head;
    HdMutex mutex; /* guards dir, in both modes: reading gives the GIL up */
    DIR *dir;      /* NULL: closed */
    HdValue folder; /* str or bytes to join names to; HD_NULL for a descriptor */
    bool is_bytes;
    int fd; /* the descriptor that was given, or -1 */
} Scandir;
HD_INLINE Scandir *scandir_of(HdValue v) { return HD_AS(Scandir, v); }

static void close_scandir(HdThread *t, Scandir *s) {
    hd_mutex_lock(t, &s->mutex);
    DIR *dir = s->dir;
    s->dir = NULL;
    hd_mutex_unlock(&s->mutex);
    if (!dir) return;
    if (s->fd >= 0) rewinddir(dir);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    closedir(dir);
    hd_blocking_leave(t);
}
static HdValue posix_scandir(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    if (hd_posix_path(t, args[0], "scandir", "path", true, true, &path) < 0) return HD_NULL;
    HdValue iterator = hd_type_alloc(t, &hd_posix_scandir_type);
    if (hd_is_null(iterator)) return iterator;
    Scandir *s = scandir_of(iterator);
    s->fd = path.text ? -1 : path.fd;
    s->is_bytes = path.is_bytes;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int copy = path.text ? -1 : dup(path.fd);
    s->dir = path.text ? opendir(path.text) : copy >= 0 ? fdopendir(copy) : NULL;
    hd_blocking_leave(t);
    if (!s->dir) {
        hd_posix_error(t, &path);
        hd_release(t, iterator);
        return HD_NULL;
    }
    if (path.text) {
        s->folder = hd_posix_name(t, path.text, strlen(path.text), path.is_bytes);
        if (hd_is_null(s->folder)) hd_clear_slot(t, &iterator);
    }
    return iterator;
}
static HdValue join_path(HdThread *t, Scandir *s, HdValue name) {
    if (hd_is_null(s->folder)) return hd_retain(t, name);
    HdSize length = hd_object_length(t, s->folder);
    if (s->is_bytes) {
        bool slash = length && hd_bytes_data(s->folder)[length - 1] == '/';
        HD_OWNED HdValue separator = hd_bytes_new(t, "/", slash ? 0 : 1);
        HD_OWNED HdValue front = hd_is_null(separator) ? HD_NULL : hd_bytes_concat(t, s->folder, separator);
        return hd_is_null(front) ? HD_NULL : hd_bytes_concat(t, front, name);
    }
    bool slash = length && hd_str_at(s->folder, length - 1) == '/';
    return hd_str_format(t, slash ? "%U%U" : "%U/%U", s->folder, name);
}
/* Copies the next entry but "." and ".." out. False at the end, with errno 0 or the error. */
static bool read_entry(HdThread *t, Scandir *s, struct dirent *out) {
    hd_mutex_lock(t, &s->mutex);
    struct dirent *found;
    do {
        errno = 0;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        found = s->dir ? readdir(s->dir) : NULL;
        hd_blocking_leave(t);
    } while (found && (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0));
    if (found) memcpy(out, found, offsetof(struct dirent, d_name) + strlen(found->d_name) + 1);
    int error = errno;
    hd_mutex_unlock(&s->mutex);
    errno = error;
    return found;
}
static HdValue scandir_next(HdThread *t, HdValue self) {
    Scandir *s = scandir_of(self);
    struct dirent found;
    if (!read_entry(t, s, &found)) {
        int error = errno;
        close_scandir(t, s);
        return error ? hd_raise_errno(t, error, s->folder) : HD_NULL;
    }
    HdValue entry = hd_type_alloc(t, &hd_posix_dir_entry_type);
    if (hd_is_null(entry)) return entry;
    DirEntry *e = entry_of(entry);
    e->inode = found.d_ino;
    e->kind = found.d_type;
    e->dir_fd = s->fd >= 0 ? s->fd : AT_FDCWD;
    e->name = hd_posix_name(t, found.d_name, strlen(found.d_name), s->is_bytes);
    e->path = hd_is_null(e->name) ? HD_NULL : join_path(t, s, e->name);
    if (hd_is_null(e->path)) hd_clear_slot(t, &entry);
    return entry;
}
static HdValue scandir_iter(HdThread *t, HdValue self) { return hd_retain(t, self); }
static HdValue scandir_close(HdThread *t, HdValue self, const HdValue *args) {
    close_scandir(t, scandir_of(self));
    return hd_None;
}
static HdValue scandir_enter(HdThread *t, HdValue self, const HdValue *args) { return hd_retain(t, self); }
static HdValue scandir_exit(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    close_scandir(t, scandir_of(self));
    return hd_None;
}
static void scandir_finalize(HdThread *t, HdValue self) {
    if (!scandir_of(self)->dir) return;
    HdValue pending = t->exception;
    t->exception = HD_NULL;
    if (hd_warn(t, &hd_ResourceWarning, 1, "unclosed scandir iterator %R", self) < 0) {
        if (hd_raised_is(t, &hd_Warning)) hd_write_unraisable(t, self);
        hd_clear_raised(t);
    }
    close_scandir(t, scandir_of(self));
    t->exception = pending;
}
static void scandir_dealloc(HdThread *t, HdObject *self) {
    close_scandir(t, (Scandir *)self);
    hd_clear_slot(t, &((Scandir *)self)->folder);
    hd_type_free(t, self);
}
static const HdMethodDef scandir_methods[] = {
    HD_METHOD(scandir_close, "close($self, /)", NULL),
    HD_METHOD(scandir_enter, "__enter__($self, /)", NULL),
    HD_METHOD_RAW(scandir_exit, "__exit__", NULL),
    HD_METHODS_END,
};
HdType hd_posix_scandir_type = {
    HD_TYPE_HEAD("posix.ScandirIterator"),
    .basicsize = sizeof(Scandir),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = scandir_dealloc,
    .finalize = scandir_finalize,
    .iter = scandir_iter,
    .next = scandir_next,
    .methods = scandir_methods,
};

const HdMethodDef hd_posix_stat_functions[] = {
    HD_METHOD(posix_stat, "stat(path, *, dir_fd=None, follow_symlinks=True)",
              "What the system knows about a path or the file behind a descriptor."),
    HD_METHOD(posix_lstat, "lstat(path, *, dir_fd=None)",
              "What the system knows about a path; a symbolic link itself."),
    HD_METHOD(posix_fstat, "fstat(fd)", "What the system knows about the file behind a descriptor."),
    HD_METHOD(posix_statvfs, "statvfs(path)", "What the system knows about the file system of a path."),
    HD_METHOD(posix_fstatvfs, "fstatvfs(fd, /)", "What the system knows about the file system of an open file."),
    HD_METHOD(posix_scandir, "scandir(path=None)", "An iterator over what is in a folder, as DirEntry objects."),
    HD_METHODS_END,
};

/* stat_result(sequence): times that were not given are the whole seconds. */
static HdValue stat_result_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue result = hd_structseq_create(t, type, args, nargs, kwnames);
    if (hd_is_null(result)) return result;
    HdValue *at = HD_AS(HdTuple, result)->at; /* nobody else knows it yet */
    for (int i = 7; i < 10; i++) {
        if (hd_is_none(at[i + 3])) at[i + 3] = hd_retain(t, at[i]);
    }
    return result;
}

int hd_posix_stat_init(HdThread *t, HdValue module) {
    static const HdStructSeqField stat_fields[] = {{"st_mode", "protection bits"},
                                                   {"st_ino", "inode"},
                                                   {"st_dev", "device"},
                                                   {"st_nlink", "number of hard links"},
                                                   {"st_uid", "user ID of owner"},
                                                   {"st_gid", "group ID of owner"},
                                                   {"st_size", "total size, in bytes"},
                                                   {"", "integer time of last access"},
                                                   {"", "integer time of last modification"},
                                                   {"", "integer time of last change"},
                                                   {"st_atime", "time of last access"},
                                                   {"st_mtime", "time of last modification"},
                                                   {"st_ctime", "time of last change"},
                                                   {"st_atime_ns", "time of last access in nanoseconds"},
                                                   {"st_mtime_ns", "time of last modification in nanoseconds"},
                                                   {"st_ctime_ns", "time of last change in nanoseconds"},
                                                   {"st_blksize", "blocksize for filesystem I/O"},
                                                   {"st_blocks", "number of blocks allocated"},
                                                   {"st_rdev", "device type (if inode device)"},
                                                   {NULL, NULL}};
    static const HdStructSeqField vfs_fields[] = {{"f_bsize", NULL},   {"f_frsize", NULL}, {"f_blocks", NULL},
                                                  {"f_bfree", NULL},   {"f_bavail", NULL}, {"f_files", NULL},
                                                  {"f_ffree", NULL},   {"f_favail", NULL}, {"f_flag", NULL},
                                                  {"f_namemax", NULL}, {"f_fsid", NULL},   {NULL, NULL}};
    PosixState *state = posix_state(module);
    state->stat_result =
        hd_structseq_type_new(t, "os.stat_result", "stat_result: Result from stat, fstat, or lstat.", stat_fields, 10);
    state->statvfs_result = hd_structseq_type_new(t, "os.statvfs_result",
                                                  "statvfs_result: Result from statvfs or fstatvfs.", vfs_fields, 10);
    if (hd_is_null(state->stat_result) || hd_is_null(state->statvfs_result)) return -1;
    HD_AS(HdType, state->stat_result)->create = stat_result_create;
    if (hd_module_set(t, module, "stat_result", state->stat_result) < 0 ||
        hd_module_set(t, module, "statvfs_result", state->statvfs_result) < 0)
        return -1;
    if (hd_type_ready(t, &hd_posix_scandir_type) < 0) return -1;
    return hd_module_add_type(t, module, &hd_posix_dir_entry_type);
}
