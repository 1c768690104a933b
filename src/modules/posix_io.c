/* posix_io.c -- descriptors: open, read, write, seek, pipes, terminals (posix.h). */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "posix.h"

static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }
#define FD(variable, index)                                                \
    int variable = hd_number_as_int(t, args[index]);                       \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define OFFSET(variable, index)                                            \
    int64_t variable = hd_number_as_i64(t, args[index]);                   \
    if (variable == -1 && hd_raised(t)) return HD_NULL
#define CALL(assignment)                                                   \
    do {                                                                   \
        int raised_;                                                       \
        HD_BLOCKING_CALL(t, raised_, assignment);                          \
        if (raised_) return HD_NULL;                                       \
    } while (0)

static HdValue posix_open(HdThread *t, HdValue self, const HdValue *args) {
    HD_CLEANUP(hd_posix_path_clear) PosixPath path = {0};
    int dir;
    if (hd_posix_path(t, args[0], "open", "path", false, false, &path) < 0) return HD_NULL;
    FD(flags, 1);
    int mode = hd_is_null(args[2]) ? 0777 : hd_number_as_int(t, args[2]);
    if ((mode == -1 && hd_raised(t)) || hd_posix_dir_fd(t, args[3], &dir) < 0) return HD_NULL;
    int fd;
    CALL(fd = openat(dir, path.text, flags | O_CLOEXEC, mode));
    return fd < 0 ? hd_posix_error(t, &path) : hd_imm_int(fd);
}
static HdValue posix_close(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = close(fd);
    int error = errno;
    hd_blocking_leave(t);
    return result < 0 && error != EINTR ? hd_raise_errno(t, error, HD_NULL) : hd_None;
}
static HdValue posix_closerange(HdThread *t, HdValue self, const HdValue *args) {
    FD(low, 0);
    FD(high, 1);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    if (low < 0) low = 0;
    if (high > low) close_range((unsigned)low, (unsigned)high - 1, 0);
    hd_blocking_leave(t);
    return hd_None;
}
/* How much room a read needs: a pipe or socket never gives more at a time than it holds, whatever is asked for. */
static HdSize room_for(int fd, HdSize size) {
    enum { LONG = 1 << 18 };
    struct stat status;
    if (size <= LONG || fstat(fd, &status) < 0) return size;
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ? LONG : size;
}
static HdValue posix_read(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    HdSize size = hd_number_as_size(t, args[1], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise_errno(t, EINVAL, HD_NULL);
    if (size > 0x7ffff000) size = 0x7ffff000;
    size = room_for(fd, size);
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return bytes;
    HdBlockingResult result = hd_blocking_read(t, fd, hd_bytes_data(bytes), (size_t)size);
    if (!result.raised && result.value >= 0) return hd_bytes_shrink_steal(t, bytes, result.value);
    int error = errno;
    hd_release(t, bytes);
    return result.raised ? HD_NULL : hd_raise_errno(t, error, HD_NULL);
}
static HdValue posix_write(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    HdBuffer buffer;
    if (hd_buffer_get(t, args[1], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdBlockingResult result =
        hd_blocking_write(t, fd, buffer.data, buffer.length > 0x7ffff000 ? 0x7ffff000 : (size_t)buffer.length);
    int error = errno;
    hd_buffer_release(t, &buffer);
    if (result.raised) return HD_NULL;
    return result.value < 0 ? hd_raise_errno(t, error, HD_NULL) : hd_int_from_size(t, result.value);
}
static HdValue posix_pread(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    HdSize size = hd_number_as_size(t, args[1], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    OFFSET(offset, 2);
    if (size < 0) return hd_raise_errno(t, EINVAL, HD_NULL);
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return bytes;
    ssize_t got;
    int raised;
    HD_BLOCKING_CALL(t, raised, got = pread(fd, hd_bytes_data(bytes), (size_t)size, offset));
    if (!raised && got >= 0) return hd_bytes_shrink_steal(t, bytes, got);
    int error = errno;
    hd_release(t, bytes);
    return raised ? HD_NULL : hd_raise_errno(t, error, HD_NULL);
}
static HdValue posix_pwrite(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(offset, 2);
    HdBuffer buffer;
    if (hd_buffer_get(t, args[1], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    ssize_t written;
    int raised;
    HD_BLOCKING_CALL(t, raised, written = pwrite(fd, buffer.data, (size_t)buffer.length, offset));
    int error = errno;
    hd_buffer_release(t, &buffer);
    if (raised) return HD_NULL;
    return written < 0 ? hd_raise_errno(t, error, HD_NULL) : hd_int_from_size(t, written);
}
static HdValue posix_lseek(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(offset, 1);
    FD(whence, 2);
    int64_t position;
    CALL(position = lseek(fd, offset, whence));
    return position < 0 ? os_error(t) : hd_int_from_i64(t, position);
}
static HdValue posix_ftruncate(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(length, 1);
    int result;
    CALL(result = ftruncate(fd, length));
    return result < 0 ? os_error(t) : hd_None;
}
static HdValue posix_fsync(HdThread *t, HdValue self, const HdValue *args) {
    int fd, result;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    CALL(result = fsync(fd));
    return result < 0 ? os_error(t) : hd_None;
}
static HdValue posix_fdatasync(HdThread *t, HdValue self, const HdValue *args) {
    int fd, result;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    CALL(result = fdatasync(fd));
    return result < 0 ? os_error(t) : hd_None;
}
static HdValue posix_sync(HdThread *t, HdValue self, const HdValue *args) {
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    sync();
    hd_blocking_leave(t);
    return hd_None;
}
static HdValue posix_dup(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? os_error(t) : hd_imm_int(copy);
}
static HdValue posix_dup2(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    FD(target, 1);
    int inheritable = hd_posix_flag(t, args[2], true);
    if (inheritable < 0) return HD_NULL;
    if (fd < 0 || target < 0) return hd_raise_errno(t, EBADF, HD_NULL);
    int result;
    CALL(result = inheritable || fd == target ? dup2(fd, target) : dup3(fd, target, O_CLOEXEC));
    return result < 0 ? os_error(t) : hd_imm_int(result);
}
static HdValue pipe_with(HdThread *t, int flags) {
    int fds[2];
    if (pipe2(fds, flags) < 0) return os_error(t);
    return hd_tuple_pack(t, 2, hd_imm_int(fds[0]), hd_imm_int(fds[1]));
}
static HdValue posix_pipe(HdThread *t, HdValue self, const HdValue *args) { return pipe_with(t, O_CLOEXEC); }
static HdValue posix_pipe2(HdThread *t, HdValue self, const HdValue *args) {
    FD(flags, 0);
    return pipe_with(t, flags);
}
static HdValue posix_isatty(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    return hd_bool(isatty(fd));
}
static HdValue posix_ttyname(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    char name[256];
    int error = ttyname_r(fd, name, sizeof name);
    return error ? hd_raise_errno(t, error, HD_NULL) : hd_str_from_fs(t, name, (HdSize)strlen(name));
}
static HdValue posix_openpty(HdThread *t, HdValue self, const HdValue *args) {
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) < 0) return os_error(t);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    return hd_tuple_pack(t, 2, hd_imm_int(master), hd_imm_int(slave));
}
static HdValue posix_get_inheritable(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    int flags = fcntl(fd, F_GETFD);
    return flags < 0 ? os_error(t) : hd_bool(!(flags & FD_CLOEXEC));
}
static HdValue posix_set_inheritable(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    FD(inheritable, 1);
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fcntl(fd, F_SETFD, inheritable ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC) < 0) return os_error(t);
    return hd_None;
}
static HdValue posix_get_blocking(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? os_error(t) : hd_bool(!(flags & O_NONBLOCK));
}
static HdValue posix_set_blocking(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    int blocking = hd_object_truth(t, args[1]);
    if (blocking < 0) return HD_NULL;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0) return os_error(t);
    return hd_None;
}
static HdValue posix_device_encoding(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    return isatty(fd) ? hd_str_from_text(t, "UTF-8") : hd_None;
}
static HdValue posix_terminal_size(HdThread *t, HdValue self, const HdValue *args) {
    int fd = hd_is_null(args[0]) ? 1 : hd_number_as_int(t, args[0]);
    if (fd == -1 && hd_raised(t)) return HD_NULL;
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0) return os_error(t);
    HdValue values[] = {hd_imm_int(size.ws_col), hd_imm_int(size.ws_row)};
    return hd_structseq_new_steal(t, posix_state(self)->terminal_size, values, 2);
}
static HdValue posix_lockf(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    FD(command, 1);
    OFFSET(length, 2);
    int result;
    CALL(result = lockf(fd, command, length));
    return result < 0 ? os_error(t) : hd_None;
}
static HdValue posix_urandom(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise(t, &hd_ValueError, "negative argument not allowed");
    HdValue bytes = hd_bytes_new(t, NULL, size);
    for (HdSize done = 0; !hd_is_null(bytes) && done < size;) {
        ssize_t got = getrandom(hd_bytes_data(bytes) + done, (size_t)(size - done), 0);
        if (got > 0) done += got;
        else if (errno != EINTR) {
            hd_release(t, bytes);
            return os_error(t);
        }
    }
    return bytes;
}
static HdValue posix_getrandom(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    int flags = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise_errno(t, EINVAL, HD_NULL);
    HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes)) return bytes;
    ssize_t got = getrandom(hd_bytes_data(bytes), (size_t)size, (unsigned)flags);
    if (got >= 0) return hd_bytes_shrink_steal(t, bytes, got);
    hd_release(t, bytes);
    return os_error(t);
}
static HdValue posix_eventfd(HdThread *t, HdValue self, const HdValue *args) {
    FD(initial, 0);
    int flags = hd_is_null(args[1]) ? EFD_CLOEXEC : hd_number_as_int(t, args[1]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    int fd = eventfd((unsigned)initial, flags);
    return fd < 0 ? os_error(t) : hd_imm_int(fd);
}
static HdValue posix_eventfd_read(HdThread *t, HdValue self, const HdValue *args) {
    int fd, result;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    eventfd_t value;
    CALL(result = eventfd_read(fd, &value));
    return result < 0 ? os_error(t) : hd_int_from_u64(t, value);
}
static HdValue posix_eventfd_write(HdThread *t, HdValue self, const HdValue *args) {
    int fd, result;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    HD_OWNED HdValue number = hd_number_index(t, args[1]);
    if (hd_is_null(number)) return HD_NULL;
    if (hd_int_sign(number) < 0) return hd_raise(t, &hd_ValueError, "value must be positive");
    uint8_t bytes[sizeof(eventfd_t)];
    eventfd_t value = 0;
    if (hd_int_to_bytes(t, number, bytes, sizeof bytes, true, false) < 0) return HD_NULL;
    for (size_t i = sizeof bytes; i-- > 0;) value = value << 8 | bytes[i];
    CALL(result = eventfd_write(fd, value));
    return result < 0 ? os_error(t) : hd_None;
}
static HdValue posix_memfd_create(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    int flags = hd_is_null(args[1]) ? (int)MFD_CLOEXEC : hd_number_as_int(t, args[1]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    int fd = memfd_create((const char *)hd_bytes_data(name), (unsigned)flags);
    return fd < 0 ? os_error(t) : hd_imm_int(fd);
}
static HdValue posix_posix_fadvise(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(offset, 1);
    OFFSET(length, 2);
    FD(advice, 3);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int error = posix_fadvise(fd, offset, length, advice);
    hd_blocking_leave(t);
    return error ? hd_raise_errno(t, error, HD_NULL) : hd_None;
}
static HdValue posix_posix_fallocate(HdThread *t, HdValue self, const HdValue *args) {
    FD(fd, 0);
    OFFSET(offset, 1);
    OFFSET(length, 2);
    int error;
    do {
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        error = posix_fallocate(fd, offset, length);
        hd_blocking_leave(t);
        if (error == EINTR && hd_blocking_interrupted(t) < 0) return HD_NULL;
    } while (error == EINTR);
    return error ? hd_raise_errno(t, error, HD_NULL) : hd_None;
}
static HdValue posix_login_tty(HdThread *t, HdValue self, const HdValue *args) {
    int fd;
    if (hd_descriptor_arg(t, args[0], &fd) < 0) return HD_NULL;
    return login_tty(fd) < 0 ? os_error(t) : hd_None;
}

const HdMethodDef hd_posix_io_functions[] = {
    HD_METHOD(posix_open, "open(path, flags, mode=511, *, dir_fd=None)",
              "Opens a file; its descriptor, closed on exec."),
    HD_METHOD(posix_close, "close(fd)", "Closes a descriptor."),
    HD_METHOD(posix_closerange, "closerange(fd_low, fd_high, /)",
              "Closes the descriptors from fd_low up to but not fd_high; errors do not matter."),
    HD_METHOD(posix_read, "read(fd, length, /)", "Reads up to so many bytes; b'' at the end."),
    HD_METHOD(posix_write, "write(fd, data, /)", "Writes bytes; how many went."),
    HD_METHOD(posix_pread, "pread(fd, length, offset, /)", "Reads at an offset; the position stays."),
    HD_METHOD(posix_pwrite, "pwrite(fd, buffer, offset, /)", "Writes at an offset; the position stays."),
    HD_METHOD(posix_lseek, "lseek(fd, position, how, /)",
              "Moves where the next read or write begins; the new position."),
    HD_METHOD(posix_ftruncate, "ftruncate(fd, length, /)",
              "Cuts or stretches the file behind a descriptor to a length."),
    HD_METHOD(posix_fsync, "fsync(fd)", "Waits until a file is on the disk."),
    HD_METHOD(posix_fdatasync, "fdatasync(fd)", "Waits until a file's data is on the disk; its times may lag behind."),
    HD_METHOD(posix_sync, "sync()", "Starts writing everything to the disks."),
    HD_METHOD(posix_dup, "dup(fd, /)", "A second descriptor of the same open file, closed on exec."),
    HD_METHOD(posix_dup2, "dup2(fd, fd2, inheritable=True)", "Makes fd2 a descriptor of the same open file as fd."),
    HD_METHOD(posix_pipe, "pipe()", "A new pipe: the descriptors to read and to write."),
    HD_METHOD(posix_pipe2, "pipe2(flags, /)", "A new pipe with these flags on both descriptors."),
    HD_METHOD(posix_isatty, "isatty(fd, /)", "Whether a terminal is behind the descriptor."),
    HD_METHOD(posix_ttyname, "ttyname(fd, /)", "The path of the terminal behind a descriptor."),
    HD_METHOD(posix_openpty, "openpty()", "A new terminal: the descriptors of its two ends."),
    HD_METHOD(posix_get_inheritable, "get_inheritable(fd, /)", "Whether the descriptor stays open over exec."),
    HD_METHOD(posix_set_inheritable, "set_inheritable(fd, inheritable, /)",
              "Sets whether the descriptor stays open over exec."),
    HD_METHOD(posix_get_blocking, "get_blocking(fd, /)", "Whether calls on the descriptor wait."),
    HD_METHOD(posix_set_blocking, "set_blocking(fd, blocking, /)", "Sets whether calls on the descriptor wait."),
    HD_METHOD(posix_device_encoding, "device_encoding(fd)",
              "The encoding of a terminal's text; None if the descriptor is not a terminal."),
    HD_METHOD(posix_terminal_size, "get_terminal_size(fd=<none>, /)",
              "Columns and lines of the terminal behind a descriptor."),
    HD_METHOD(posix_lockf, "lockf(fd, command, length, /)", "Takes, tests or gives back a lock on a part of a file."),
    HD_METHOD(posix_urandom, "urandom(size, /)", "Random bytes fit for secrets."),
    HD_METHOD(posix_getrandom, "getrandom(size, flags=0)",
              "Random bytes of the kernel; fewer than asked for is possible."),
    HD_METHOD(posix_eventfd, "eventfd(initval, flags=<none>)",
              "A descriptor that counts: reads take the count, writes add to it."),
    HD_METHOD(posix_eventfd_read, "eventfd_read(fd)",
              "Takes the count of an eventfd descriptor, waiting while it is 0."),
    HD_METHOD(posix_eventfd_write, "eventfd_write(fd, value)", "Adds to the count of an eventfd descriptor."),
    HD_METHOD(posix_memfd_create, "memfd_create(name, flags=<none>)",
              "A descriptor of a new file that has no name and lives in memory."),
    HD_METHOD(posix_posix_fadvise, "posix_fadvise(fd, offset, length, advice, /)",
              "Tells the kernel how a part of a file will be used."),
    HD_METHOD(posix_posix_fallocate, "posix_fallocate(fd, offset, length, /)",
              "Makes sure that the disk has room for a part of a file."),
    HD_METHOD(posix_login_tty, "login_tty(fd, /)", "Starts a session on a terminal and makes it the standard streams."),
    HD_METHODS_END,
};
