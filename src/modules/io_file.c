/* io_file.c -- FileIO: unbuffered reading and writing of a descriptor.
 *
 * Every system call goes through sync/blocking.h, so the GIL is given up while it waits and signals are served. The
 * object's fields change only in open and close; without the GIL a close beside a read may hit a descriptor that was
 * reused, as in CPython.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocking.h"
#include "builtins_io.h"
#include "io_types.h"

typedef struct HdFileIO {
    HdObject head;
    HdAttrs attrs;
    int fd; /* -1: closed or never opened */
    bool readable, writable, created, appending, close_fd;
    int8_t seekable; /* -1: not asked yet */
    HdSize block_size;
} HdFileIO;

HD_INLINE HdFileIO *file_of(HdValue v) { return HD_AS(HdFileIO, v); }

static HdValue closed_error(HdThread *t) { return hd_raise(t, &hd_ValueError, "I/O operation on closed file"); }
static HdValue mode_error(HdThread *t, const char *action) {
    HdValue type = hd_io_unsupported_borrowed(t);
    return hd_is_null(type) ? HD_NULL : hd_raise(t, HD_AS(HdType, type), "File not open for %s", action);
}
static HdValue os_error(HdThread *t, HdValue self) { return hd_raise_errno(t, errno, HD_NULL); }

/* --- opening --- */

typedef struct Mode {
    bool read, write, create, append, exclusive, update;
} Mode;

static int parse_mode(HdThread *t, const char *text, Mode *mode) {
    static const char message[] = "Must have exactly one of create/read/write/append mode and at most one plus";
    int kinds = 0;
    bool binary = false;
    for (const char *at = text; *at; at++) {
        switch (*at) {
        case 'x': kinds++, mode->create = mode->exclusive = mode->write = true; break;
        case 'r': kinds++, mode->read = true; break;
        case 'w': kinds++, mode->create = mode->write = true; break;
        case 'a': kinds++, mode->create = mode->append = mode->write = true; break;
        case 'b': if (binary) return hd_raise_int(t, &hd_ValueError, "invalid mode: %.200s", text); binary = true; break;
        case '+':
            if (mode->update) return hd_raise_int(t, &hd_ValueError, message);
            mode->update = true;
            break;
        default: return hd_raise_int(t, &hd_ValueError, "invalid mode: %.200s", text);
        }
    }
    if (kinds != 1) return hd_raise_int(t, &hd_ValueError, message);
    if (mode->update) mode->read = mode->write = true;
    return 0;
}

/* A descriptor for `path` by our own open(2) or the opener; -1 = raised. */
static int open_path(HdThread *t, HdValue file, HdValue opener, int flags) {
    if (!hd_is_null(opener) && !hd_is_none(opener)) {
        HD_OWNED HdValue result = hd_object_call2(t, opener, file, hd_imm_int(flags));
        if (hd_is_null(result)) return -1;
        if (!hd_is_int(result)) return hd_raise_int(t, &hd_TypeError, "expected integer from opener");
        int fd = hd_number_as_int(t, result);
        if (fd < 0 && !hd_raised(t)) hd_raise(t, &hd_ValueError, "opener returned %d", fd);
        return fd < 0 ? -1 : fd;
    }
    HD_OWNED HdValue name = hd_builtins_fs_name(t, file);
    HD_OWNED HdValue path = hd_is_null(name) ? HD_NULL : hd_str_to_fs(t, name);
    if (hd_is_null(path)) return -1;
    if (strlen((char *)hd_bytes_data(path)) != (size_t)hd_bytes_length(path))
        return hd_raise_int(t, &hd_ValueError, "embedded null byte");
    int fd, raised;
    HD_BLOCKING_CALL(t, raised, fd = open((char *)hd_bytes_data(path), flags, 0666));
    if (raised) return -1;
    if (fd < 0) hd_raise_errno(t, errno, file);
    return fd;
}

static HdValue file_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    file_of(self)->fd = -1;
    file_of(self)->seekable = -1;
    file_of(self)->close_fd = true;
    return self;
}

static int close_descriptor(HdThread *t, HdValue self) {
    HdFileIO *f = file_of(self);
    int fd = f->fd;
    f->fd = -1;
    if (fd < 0) return 0;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int failed = close(fd);
    int error = errno;
    hd_blocking_leave(t);
    if (failed < 0 && error != EINTR) {
        hd_raise_errno(t, error, HD_NULL);
        return -1;
    }
    return 0;
}

/* Looks at what was opened: folders are refused, the block size is kept; -1 = raised. */
static int look_at(HdThread *t, HdValue self, HdValue file) {
    HdFileIO *f = file_of(self);
    struct stat info;
    if (fstat(f->fd, &info) < 0) {
        if (errno == EBADF) {
            hd_raise_errno(t, errno, hd_is_int(file) ? HD_NULL : file);
            return -1;
        }
        return 0;
    }
    if (S_ISDIR(info.st_mode)) {
        hd_raise_errno(t, EISDIR, file);
        return -1;
    }
    f->block_size = info.st_blksize > 1 ? info.st_blksize : HD_IO_BUFFER_SIZE;
    return 0;
}

static const HdMethodDef file_init_def = {
    .signature = "FileIO(file, mode='r', closefd=True, opener=None)",
};
static int file_init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[4];
    if (hd_native_bind(t, &file_init_def, refs, nargs, kwnames, args) < 0) return -1;
    HdFileIO *f = file_of(self);
    if (f->fd >= 0 && f->close_fd && close_descriptor(t, self) < 0) return -1;
    f->fd = -1;
    f->seekable = -1;
    f->readable = f->writable = f->created = f->appending = false;
    if (hd_same(args[0], hd_True) || hd_same(args[0], hd_False)) {
        if (hd_warn(t, &hd_RuntimeWarning, 1, "bool is used as a file descriptor") < 0) return -1;
    }
    int fd = -1;
    if (hd_is_int(args[0])) {
        fd = hd_number_as_int(t, args[0]);
        if (fd < 0) {
            if (!hd_raised(t)) return hd_raise_int(t, &hd_ValueError, "negative file descriptor");
            if (!hd_raised_is(t, &hd_OverflowError)) return -1;
            hd_clear_raised(t); /* no descriptor, then: it is taken for a name */
            return hd_raise_int(t, &hd_TypeError, "expected str, bytes or os.PathLike object, not %T", args[0]);
        }
    }
    Mode mode = {0};
    const char *mode_text = "r";
    if (!hd_is_null(args[1])) {
        if (!hd_is_str(args[1])) return hd_raise_int(t, &hd_TypeError, "FileIO() argument 'mode' must be str, not %T", args[1]);
        mode_text = hd_str_utf8(t, args[1], NULL);
        if (!mode_text) return -1;
    }
    if (parse_mode(t, mode_text, &mode) < 0) return -1;
    int close_fd = hd_is_null(args[2]) ? 1 : hd_object_truth(t, args[2]);
    if (close_fd < 0) return -1;
    f->readable = mode.read;
    f->writable = mode.write;
    f->created = mode.exclusive;
    f->appending = mode.append;
    int flags = (mode.read && mode.write ? O_RDWR : mode.write ? O_WRONLY : O_RDONLY) | (mode.create ? O_CREAT : 0) |
                (mode.exclusive ? O_EXCL : 0) | (mode.append ? O_APPEND : 0) | O_CLOEXEC |
                (mode.create && !mode.append && !mode.exclusive ? O_TRUNC : 0);
    if (fd >= 0) {
        f->fd = fd;
        f->close_fd = close_fd;
    } else {
        if (!close_fd) return hd_raise_int(t, &hd_ValueError, "Cannot use closefd=False with file name");
        f->close_fd = true;
        fd = open_path(t, args[0], args[3], flags);
        if (fd < 0) return -1;
        f->fd = fd;
        if (!hd_is_null(args[3]) && !hd_is_none(args[3])) fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    bool own = !hd_is_int(args[0]);
    if (look_at(t, self, args[0]) < 0 || hd_object_setattr(t, self, HD_NAME("name"), args[0]) < 0) {
        HD_OWNED HdValue error = hd_take_raised(t);
        if (own) (void)!close_descriptor(t, self);
        else f->fd = -1;
        hd_clear_raised(t);
        hd_set_raised_steal(t, hd_move(&error));
        return -1;
    }
    if (mode.append) lseek(fd, 0, SEEK_END);
    return 0;
}

/* --- reading and writing --- */

/* A system call's outcome as Python's: None for "would block", HD_NULL raised. */
static HdValue outcome(HdThread *t, HdValue self, HdBlockingResult result) {
    if (result.raised) return HD_NULL;
    if (result.value >= 0) return hd_int_from_size(t, result.value);
    return errno == EAGAIN || errno == EWOULDBLOCK ? hd_None : os_error(t, self);
}

static HdValue file_read(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0) return closed_error(t);
    if (!f->readable) return mode_error(t, "reading");
    HdSize size = hd_io_size(t, args[0]);
    if (size == -2) return HD_NULL;
    if (size < 0) return hd_object_call_method0(t, self, "readall");
    if (size > 0x7ffff000) size = 0x7ffff000;
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return bytes;
    HdBlockingResult result = hd_blocking_read(t, f->fd, hd_bytes_data(bytes), (size_t)size);
    if (result.value >= 0 && !result.raised) return hd_bytes_shrink_steal(t, bytes, result.value);
    int error = errno;
    hd_release(t, bytes);
    errno = error;
    return outcome(t, self, result);
}

static HdValue file_readall(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0) return closed_error(t);
    struct stat info;
    HdSize capacity = HD_IO_BUFFER_SIZE, have = 0;
    off_t at = lseek(f->fd, 0, SEEK_CUR);
    if (fstat(f->fd, &info) == 0 && at >= 0 && info.st_size >= at && info.st_size < PTRDIFF_MAX / 2) capacity = (HdSize)(info.st_size - at) + 1;
    HdValue bytes = hd_bytes_new(t, NULL, capacity);
    while (!hd_is_null(bytes)) {
        if (have == capacity) {
            HdSize grown = capacity < 65536 ? capacity * 2 + 256 : capacity + (capacity >> 1);
            HdValue larger = hd_bytes_new(t, NULL, grown);
            if (!hd_is_null(larger)) memcpy(hd_bytes_data(larger), hd_bytes_data(bytes), (size_t)have);
            hd_release(t, bytes);
            bytes = larger;
            capacity = grown;
            continue;
        }
        HdSize want = capacity - have > 0x7ffff000 ? 0x7ffff000 : capacity - have;
        HdBlockingResult result = hd_blocking_read(t, f->fd, hd_bytes_data(bytes) + have, (size_t)want);
        if (result.value == 0 && !result.raised) break;
        if (result.value < 0 || result.raised) {
            if (!result.raised && have > 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            int error = errno;
            hd_release(t, bytes);
            errno = error;
            return outcome(t, self, result);
        }
        have += result.value;
    }
    return hd_is_null(bytes) ? bytes : hd_bytes_shrink_steal(t, bytes, have);
}

static HdValue file_readinto(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0) return closed_error(t);
    if (!f->readable) return mode_error(t, "reading");
    HdBuffer buffer;
    if (hd_io_target(t, args[0], "readinto", &buffer) < 0) return HD_NULL;
    HdBlockingResult result = hd_blocking_read(t, f->fd, buffer.data, (size_t)buffer.length);
    int error = errno;
    hd_buffer_release(t, &buffer);
    errno = error;
    return outcome(t, self, result);
}

static HdValue file_write(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0) return closed_error(t);
    if (!f->writable) return mode_error(t, "writing");
    HdBuffer buffer;
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    size_t size = buffer.length > 0x7ffff000 ? 0x7ffff000 : (size_t)buffer.length;
    HdBlockingResult result = hd_blocking_write(t, f->fd, buffer.data, size);
    int error = errno;
    hd_buffer_release(t, &buffer);
    errno = error;
    return outcome(t, self, result);
}

/* The count that a raw stream's readinto or write returned. */
static HdSize raw_count(HdThread *t, HdValue result, HdSize size, const char *what) {
    if (hd_is_null(result)) return -1;
    if (hd_is_none(result)) return HD_IO_WOULD_BLOCK;
    HdSize count = hd_number_as_size(t, result, &hd_ValueError);
    hd_release(t, result);
    if (count == -1 && hd_raised(t)) {
        HD_OWNED HdValue cause = hd_take_raised(t);
        hd_raise(t, &hd_OSError, "raw %s() failed", what);
        hd_exception_set_cause_steal(t, t->exception, hd_retain(t, cause));
        hd_exception_set_context_steal(t, t->exception, hd_move(&cause));
        return -1;
    }
    if (count < 0 || count > size) {
        hd_raise(t, &hd_OSError, "raw %s() returned invalid length %zd (should have been between 0 and %zd)", what, count, size);
        return -1;
    }
    return count;
}

static HdSize system_count(HdThread *t, HdValue raw, HdBlockingResult result) {
    if (result.raised) return -1;
    if (result.value >= 0) return result.value;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return HD_IO_WOULD_BLOCK;
    os_error(t, raw);
    return -1;
}

HdSize hd_io_raw_read(HdThread *t, HdValue raw, void *data, HdSize size) {
    if (hd_is_exact(raw, &hd_io_file_type) && file_of(raw)->fd >= 0 && file_of(raw)->readable)
        return system_count(t, raw, hd_blocking_read(t, file_of(raw)->fd, data, (size_t)size));
    HD_OWNED HdValue view = hd_memoryview_from_memory(t, data, size, false);
    if (hd_is_null(view)) return -1;
    HdSize count = raw_count(t, hd_object_call_method1(t, raw, "readinto", view), size, "readinto");
    HD_OWNED HdValue error = hd_take_raised(t);
    HdValue released = hd_object_call_method0(t, view, "release"); /* the memory is ours: nobody may keep the view */
    if (hd_is_null(released)) return -1;
    if (!hd_is_null(error)) hd_set_raised_steal(t, hd_move(&error));
    return count;
}

HdSize hd_io_raw_write(HdThread *t, HdValue raw, const void *data, HdSize size) {
    if (hd_is_exact(raw, &hd_io_file_type) && file_of(raw)->fd >= 0 && file_of(raw)->writable)
        return system_count(t, raw, hd_blocking_write(t, file_of(raw)->fd, data, (size_t)size));
    HD_OWNED HdValue view = hd_memoryview_from_memory(t, (void *)data, size, true);
    if (hd_is_null(view)) return -1;
    HdSize count = raw_count(t, hd_object_call_method1(t, raw, "write", view), size, "write");
    HD_OWNED HdValue error = hd_take_raised(t);
    HdValue released = hd_object_call_method0(t, view, "release");
    if (hd_is_null(released)) return -1;
    if (!hd_is_null(error)) hd_set_raised_steal(t, hd_move(&error));
    return count;
}

/* --- position --- */

static HdValue seek_to(HdThread *t, HdValue self, int64_t offset, int whence) {
    HdFileIO *f = file_of(self);
    int64_t position = lseek(f->fd, offset, whence);
    if (position < 0) return os_error(t, self);
    f->seekable = 1;
    return hd_int_from_i64(t, position);
}
static HdValue file_seek(HdThread *t, HdValue self, const HdValue *args) {
    if (file_of(self)->fd < 0) return closed_error(t);
    if (!hd_number_check_index(args[0])) return hd_raise(t, &hd_TypeError, "'%T' object cannot be interpreted as an integer", args[0]);
    int64_t offset = hd_number_as_i64(t, args[0]);
    if (offset == -1 && hd_raised(t)) return HD_NULL;
    int whence = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if (whence == -1 && hd_raised(t)) return HD_NULL;
    return seek_to(t, self, offset, whence);
}
static HdValue file_tell(HdThread *t, HdValue self, const HdValue *args) {
    return file_of(self)->fd < 0 ? closed_error(t) : seek_to(t, self, 0, SEEK_CUR);
}
static HdValue file_truncate(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0) return closed_error(t);
    if (!f->writable) return mode_error(t, "writing");
    HD_OWNED HdValue size = hd_is_null(args[0]) || hd_is_none(args[0]) ? seek_to(t, self, 0, SEEK_CUR) : hd_retain(t, args[0]);
    if (hd_is_null(size)) return HD_NULL;
    int64_t length = hd_number_as_i64(t, size);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    int result, raised;
    HD_BLOCKING_CALL(t, raised, result = ftruncate(f->fd, length));
    if (raised) return HD_NULL;
    return result < 0 ? os_error(t, self) : hd_move(&size);
}

/* --- questions --- */

static HdValue file_readable(HdThread *t, HdValue self, const HdValue *args) {
    return file_of(self)->fd < 0 ? closed_error(t) : hd_bool(file_of(self)->readable);
}
static HdValue file_writable(HdThread *t, HdValue self, const HdValue *args) {
    return file_of(self)->fd < 0 ? closed_error(t) : hd_bool(file_of(self)->writable);
}
static HdValue file_seekable(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0) return closed_error(t);
    if (f->seekable < 0) f->seekable = lseek(f->fd, 0, SEEK_CUR) >= 0;
    return hd_bool(f->seekable > 0);
}
static HdValue file_isatty(HdThread *t, HdValue self, const HdValue *args) {
    return file_of(self)->fd < 0 ? closed_error(t) : hd_bool(isatty(file_of(self)->fd));
}
static HdValue file_fileno(HdThread *t, HdValue self, const HdValue *args) {
    return file_of(self)->fd < 0 ? closed_error(t) : hd_imm_int(file_of(self)->fd);
}

/* --- end of life --- */

static HdValue file_close(HdThread *t, HdValue self, const HdValue *args) {
    HdFileIO *f = file_of(self);
    HD_OWNED HdValue base = hd_object_getattr(t, hd_type_value(&hd_io_raw_base_type), HD_NAME("close"));
    HD_OWNED HdValue result = hd_is_null(base) ? HD_NULL : hd_object_call1(t, base, self);
    if (!f->close_fd) {
        f->fd = -1;
        return hd_move(&result);
    }
    HD_OWNED HdValue first = hd_is_null(result) ? hd_take_raised(t) : HD_NULL;
    if (close_descriptor(t, self) < 0) {
        if (!hd_is_null(first)) hd_exception_set_context_steal(t, t->exception, hd_move(&first));
        return HD_NULL;
    }
    if (!hd_is_null(first)) {
        hd_set_raised_steal(t, hd_move(&first));
        return HD_NULL;
    }
    return hd_move(&result);
}

static void warn_unclosed(HdThread *t, HdValue self, HdValue source) {
    HdFileIO *f = file_of(self);
    if (f->fd < 0 || !f->close_fd) return;
    HdValue pending = t->exception;
    t->exception = HD_NULL;
    if (hd_warn_source(t, &hd_ResourceWarning, 1, source, "unclosed file %R", source) < 0) {
        if (hd_raised_is(t, &hd_Warning)) hd_write_unraisable(t, self);
        hd_clear_raised(t);
    }
    t->exception = pending;
}
static HdValue file_dealloc_warn(HdThread *t, HdValue self, const HdValue *args) {
    warn_unclosed(t, self, args[0]);
    return hd_None;
}

static void file_finalize(HdThread *t, HdValue self) {
    warn_unclosed(t, self, self);
    hd_io_finalize(t, self);
}

static const char *mode_text(const HdFileIO *f) {
    if (f->created) return f->readable ? "xb+" : "xb";
    if (f->appending) return f->readable ? "ab+" : "ab";
    if (f->readable) return f->writable ? "rb+" : "rb";
    return "wb";
}
static HdValue file_repr(HdThread *t, HdValue self) {
    HdFileIO *f = file_of(self);
    const char *name = hd_type_of(self)->name;
    if (f->fd < 0) return hd_str_format(t, "<%s [closed]>", name);
    HD_OWNED HdValue file = HD_NULL;
    int found = hd_object_find_attr(t, self, HD_NAME("name"), &file);
    if (found < 0) return HD_NULL;
    const char *closefd = f->close_fd ? "True" : "False";
    if (!found) return hd_str_format(t, "<%s fd=%d mode='%s' closefd=%s>", name, f->fd, mode_text(f), closefd);
    int entered = hd_object_repr_enter(t, self);
    if (entered < 0) return HD_NULL;
    if (entered) return hd_raise(t, &hd_RuntimeError, "reentrant call inside %s.__repr__", name);
    HdValue text = hd_str_format(t, "<%s name=%R mode='%s' closefd=%s>", name, file, mode_text(f), closefd);
    hd_object_repr_leave(t, self);
    return text;
}
static HdValue file_get_closed(HdThread *t, HdValue self, void *closure) { return hd_bool(file_of(self)->fd < 0); }
static HdValue file_get_closefd(HdThread *t, HdValue self, void *closure) { return hd_bool(file_of(self)->close_fd); }
static HdValue file_get_mode(HdThread *t, HdValue self, void *closure) { return hd_str_from_text(t, mode_text(file_of(self))); }
static HdValue file_get_block(HdThread *t, HdValue self, void *closure) { return hd_int_from_size(t, file_of(self)->block_size); }
static HdValue file_get_finalizing(HdThread *t, HdValue self, void *closure) { return hd_False; }

static int file_set_block(HdThread *t, HdValue self, HdValue value, void *closure) {
    HdSize size = hd_is_null(value) ? 0 : hd_number_as_size(t, value, &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return -1;
    file_of(self)->block_size = size;
    return 0;
}
static int ignore_set(HdThread *t, HdValue self, HdValue value, void *closure) { return 0; }

static HdValue file_no_pickle(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_raise(t, &hd_TypeError, "cannot pickle '%T' object", self);
}
static void file_dealloc(HdThread *t, HdObject *self) { hd_type_free(t, self); }

static const HdMethodDef file_methods[] = {
    HD_METHOD(file_read, "read($self, size=-1, /)", "Read at most size bytes, returned as bytes."),
    HD_METHOD(file_readall, "readall($self, /)", "Read all data from the file, returned as bytes."),
    HD_METHOD(file_readinto, "readinto($self, buffer, /)", "Same as RawIOBase.readinto()."),
    HD_METHOD(file_write, "write($self, b, /)", "Write buffer b to file, return number of bytes written."),
    HD_METHOD(file_seek, "seek($self, pos, whence=0, /)", "Move to new file position and return the file position."),
    HD_METHOD(file_tell, "tell($self, /)", "Current file position."),
    HD_METHOD(file_truncate, "truncate($self, size=None, /)", "Truncate the file to at most size bytes."),
    HD_METHOD(file_close, "close($self, /)", "Close the file."),
    HD_METHOD(file_readable, "readable($self, /)", "True if file was opened in a read mode."),
    HD_METHOD(file_writable, "writable($self, /)", "True if file was opened in a write mode."),
    HD_METHOD(file_seekable, "seekable($self, /)", "True if file supports random-access."),
    HD_METHOD(file_isatty, "isatty($self, /)", "True if the file is connected to a TTY device."),
    HD_METHOD(file_fileno, "fileno($self, /)", "Return the underlying file descriptor (an integer)."),
    HD_METHOD(file_dealloc_warn, "_dealloc_warn($self, source, /)", NULL),
    HD_METHOD_RAW(file_no_pickle, "__getstate__", NULL),
    HD_METHOD_RAW(file_no_pickle, "__reduce_ex__", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef file_getsets[] = {
    {"closed", file_get_closed, NULL, "True if the file is closed", NULL},
    {"closefd", file_get_closefd, NULL, "True if the file descriptor will be closed by close().", NULL},
    {"mode", file_get_mode, NULL, "String giving the file mode", NULL},
    {"_blksize", file_get_block, file_set_block, NULL, NULL},
    {"_finalizing", file_get_finalizing, ignore_set, NULL, NULL},
    {NULL},
};

HdType hd_io_file_type = {
    HD_TYPE_HEAD("_io.FileIO"),
    .doc = "Open a file.",
    .base = &hd_io_raw_base_type,
    .basicsize = sizeof(HdFileIO),
    .attrs_offset = offsetof(HdFileIO, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = file_dealloc,
    .create = file_create,
    .init = file_init,
    .repr = file_repr,
    .finalize = file_finalize,
    .methods = file_methods,
    .getsets = file_getsets,
};
