/* mod_mmap.c -- the module mmap: files and shared memory mapped into the process.
 *
 * What a map points to is guarded by its lock: while another thread reads or writes bytes it is neither unmapped nor
 * moved. Lent buffers are counted; while there are any the map can be neither closed nor resized. No state.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <heddle/module.h>

#include "blocking.h"
#include "mutex.h"
#include "search.h"

enum { ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY };

typedef struct Map {
    HdObject head;
    char *data; /* NULL: closed */
    HdSize size, position;
    int64_t offset;
    int fd; /* a copy of our own; -1: none */
    int access;
    bool fixed; /* shared memory without a file cannot grow: the new pages would have nothing behind them */
    HdSize exports;
} Map;
static HdType map_type;
HD_INLINE Map *map_of(HdValue v) { return HD_AS(Map, v); }

/* The lock is held on return 0; -1: closed, an exception is set and no lock held. */
HD_CHECK static int begin(HdThread *t, Map *m) {
    hd_lock_object(t, &m->head);
    if (HD_LIKELY(m->data != NULL)) return 0;
    hd_unlock_object(t, &m->head);
    return hd_raise_int(t, &hd_ValueError, "mmap closed or invalid");
}
static void end(HdThread *t, Map *m) { hd_unlock_object(t, &m->head); }
HD_CHECK static int check_writable(HdThread *t, const Map *m) {
    if (m->access != ACCESS_READ) return 0;
    return hd_raise_int(t, &hd_TypeError, "mmap can't modify a readonly memory map.");
}
static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }

/* --- life --- */

/* What access= stands for; -1 raised. */
HD_CHECK static int choose_access(HdThread *t, int *access, int *flags, int *prot) {
    if (*access != ACCESS_DEFAULT && (*flags != MAP_SHARED || *prot != (PROT_WRITE | PROT_READ)))
        return hd_raise_int(t, &hd_ValueError, "mmap can't specify both access and flags, prot.");
    switch (*access) {
    case ACCESS_READ: *prot = PROT_READ; return 0;
    case ACCESS_WRITE: return 0;
    case ACCESS_COPY: *flags = MAP_PRIVATE; return 0;
    case ACCESS_DEFAULT:
        if ((*prot & PROT_READ) && (*prot & PROT_WRITE)) return 0;
        *access = *prot & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;
        return 0;
    default: return hd_raise_int(t, &hd_ValueError, "mmap invalid access parameter.");
    }
}
/* The length to map of a regular file: all behind the offset when it is 0. */
HD_CHECK static int check_file(HdThread *t, int fd, int64_t offset, HdSize *size) {
    struct stat status;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    bool regular = fd != -1 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    hd_blocking_leave(t);
    if (!regular) return 0;
    if (*size == 0) {
        if (status.st_size == 0) return hd_raise_int(t, &hd_ValueError, "cannot mmap an empty file");
        if (offset >= status.st_size) return hd_raise_int(t, &hd_ValueError, "mmap offset is greater than file size");
        *size = (HdSize)(status.st_size - offset);
    } else if (offset > status.st_size || status.st_size - offset < *size) {
        return hd_raise_int(t, &hd_ValueError, "mmap length is greater than file size");
    }
    return 0;
}
static HdValue map_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "mmap(fileno, length, flags=1, prot=3, access=0, offset=0)", NULL);
    HdValue bound[6];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    int numbers[5] = {0, 0, MAP_SHARED, PROT_WRITE | PROT_READ, ACCESS_DEFAULT};
    for (int i = 0; i < 5; i++) {
        if (i == 1 || hd_is_null(bound[i])) continue;
        numbers[i] = hd_number_as_int(t, bound[i]);
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    HdSize size = hd_number_as_size(t, bound[1], &hd_OverflowError);
    int64_t offset = hd_raised(t) || hd_is_null(bound[5]) ? 0 : hd_number_as_i64(t, bound[5]);
    if (hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise(t, &hd_OverflowError, "memory mapped length must be positive");
    if (offset < 0) return hd_raise(t, &hd_OverflowError, "memory mapped offset must be positive");
    int fd = numbers[0], flags = numbers[2], prot = numbers[3], access = numbers[4];
    if (choose_access(t, &access, &flags, &prot) < 0 || check_file(t, fd, offset, &size) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Map *m = map_of(self);
    m->fd = -1;
    if (fd == -1) {
        flags |= MAP_ANONYMOUS;
    } else if ((m->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        return os_error(t);
    }
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    void *data = mmap(NULL, (size_t)size, prot, flags, fd, offset);
    hd_blocking_leave(t);
    if (data == MAP_FAILED) return os_error(t);
    m->data = data;
    m->size = size;
    m->offset = offset;
    m->access = access;
    m->fixed = fd == -1 && (flags & MAP_SHARED);
    return hd_move(&self);
}
/* Takes the map out of the object; outside the lock it is given back to the system. */
static void drop(HdThread *t, char *data, HdSize size, int fd) {
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    if (data) munmap(data, (size_t)size);
    if (fd >= 0) close(fd);
    hd_blocking_leave(t);
}
static void map_dealloc(HdThread *t, HdObject *self) {
    Map *m = (Map *)self;
    drop(t, m->data, m->size, m->fd);
    hd_type_free(t, self);
}
static HdValue map_close(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    hd_lock_object(t, &m->head);
    if (m->exports > 0) {
        hd_unlock_object(t, &m->head);
        return hd_raise(t, &hd_BufferError, "cannot close exported pointers exist");
    }
    char *data = m->data;
    int fd = m->fd;
    m->data = NULL;
    m->fd = -1;
    hd_unlock_object(t, &m->head);
    drop(t, data, m->size, fd);
    return hd_None;
}
static HdValue map_get_closed(HdThread *t, HdValue self, void *closure) {
    return hd_bool(HD_LOAD_RELAXED(&map_of(self)->data) == NULL);
}
static HdValue map_enter(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return HD_NULL;
    end(t, m);
    return hd_retain(t, self);
}
static HdValue map_exit(HdThread *t, HdValue self, const HdValue *args) { return map_close(t, self, args); }
static HdValue map_repr(HdThread *t, HdValue self) {
    static const char *const names[] = {"ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY"};
    Map *m = map_of(self);
    const char *name = hd_type_of(self)->name;
    if (!HD_LOAD_RELAXED(&m->data)) return hd_str_format(t, "<%s closed=True>", name);
    return hd_str_format(t, "<%s closed=False, access=%s, length=%zd, pos=%zd, offset=%lld>", name, names[m->access],
                         (size_t)HD_LOAD_RELAXED(&m->size), (size_t)HD_LOAD_RELAXED(&m->position),
                         (long long)m->offset);
}

/* --- reading and writing at the position --- */

/* The next `wanted` bytes (negative: all that is left) as bytes; the position moves on. */
static HdValue take(HdThread *t, Map *m, HdSize wanted) {
    HdSize size = HD_LOAD_RELAXED(&m->size), place = HD_LOAD_RELAXED(&m->position);
    HdSize left = place < size ? size - place : 0;
    HdValue bytes = hd_bytes_new(t, NULL, wanted < 0 || wanted > left ? left : wanted);
    if (hd_is_null(bytes)) return bytes;
    HdSize length = hd_bytes_length(bytes);
    if (begin(t, m) < 0) {
        hd_release(t, bytes);
        return HD_NULL;
    }
    left = m->position < m->size ? m->size - m->position : 0; /* it may have moved meanwhile */
    if (length > left) length = left;
    memcpy(hd_bytes_data(bytes), m->data + m->position, (size_t)length);
    m->position += length;
    end(t, m);
    return hd_bytes_shrink_steal(t, bytes, length);
}
static HdValue map_read(HdThread *t, HdValue self, const HdValue *args) {
    HdSize wanted = -1;
    if (!hd_is_null(args[0]) && !hd_is_none(args[0])) {
        wanted = hd_number_as_size(t, args[0], &hd_OverflowError);
        if (wanted == -1 && hd_raised(t)) return HD_NULL;
    }
    return take(t, map_of(self), wanted);
}
static HdValue map_readline(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return HD_NULL;
    HdSize left = m->position < m->size ? m->size - m->position : 0;
    const char *newline = left ? memchr(m->data + m->position, '\n', (size_t)left) : NULL;
    HdSize wanted = newline ? newline + 1 - (m->data + m->position) : left;
    end(t, m);
    return take(t, m, wanted);
}
static HdValue map_read_byte(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return HD_NULL;
    int byte = m->position < m->size ? (uint8_t)m->data[m->position++] : -1;
    end(t, m);
    return byte < 0 ? hd_raise(t, &hd_ValueError, "read byte out of range") : hd_imm_int(byte);
}
static HdValue put(HdThread *t, Map *m, const void *data, HdSize length, const char *out_of_range) {
    if (begin(t, m) < 0) return HD_NULL;
    if (check_writable(t, m) < 0) {
        end(t, m);
        return HD_NULL;
    }
    bool fits = m->position <= m->size && length <= m->size - m->position;
    if (fits) {
        memmove(m->data + m->position, data, (size_t)length); /* `data` may lie in the map itself */
        m->position += length;
    }
    end(t, m);
    return fits ? hd_int_from_size(t, length) : hd_raise(t, &hd_ValueError, "%s", out_of_range);
}
static HdValue map_write(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue written = put(t, map_of(self), buffer.data, buffer.length, "data out of range");
    hd_buffer_release(t, &buffer);
    return written;
}
static HdValue map_write_byte(HdThread *t, HdValue self, const HdValue *args) {
    int number = hd_number_as_int(t, args[0]);
    if (number == -1 && hd_raised(t)) return HD_NULL;
    if (number < 0) return hd_raise(t, &hd_OverflowError, "unsigned byte integer is less than minimum");
    if (number > 255) return hd_raise(t, &hd_OverflowError, "unsigned byte integer is greater than maximum");
    char byte = (char)number;
    HdValue written = put(t, map_of(self), &byte, 1, "write byte out of range");
    return hd_is_null(written) ? HD_NULL : hd_None;
}
static HdValue map_tell(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return HD_NULL;
    HdSize position = m->position;
    end(t, m);
    return hd_int_from_size(t, position);
}
static HdValue map_seek(HdThread *t, HdValue self, const HdValue *args) {
    HdSize distance = hd_number_as_size(t, args[0], &hd_OverflowError);
    int how = hd_raised(t) || hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    Map *m = map_of(self);
    if (hd_raised(t) || begin(t, m) < 0) return HD_NULL;
    HdSize base = how == 0 ? 0 : how == 1 ? m->position : m->size, place;
    bool known = how >= 0 && how <= 2;
    bool fits = known && !__builtin_add_overflow(base, distance, &place) && place >= 0 && place <= m->size;
    if (fits) m->position = place;
    end(t, m);
    if (!known) return hd_raise(t, &hd_ValueError, "unknown seek type");
    return fits ? hd_None : hd_raise(t, &hd_ValueError, "seek out of range");
}

/* --- the map as a whole --- */

static HdValue find(HdThread *t, Map *m, const HdValue *args, bool backwards) {
    HdSize start = 0, stop = HD_SIZE_MAX;
    bool from_position = hd_is_null(args[1]);
    if (!from_position) start = hd_number_as_size(t, args[1], NULL);
    if (!hd_raised(t) && !hd_is_null(args[2])) stop = hd_number_as_size(t, args[2], NULL);
    HdBuffer needle;
    if (hd_raised(t) || hd_buffer_get(t, args[0], &needle, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    if (begin(t, m) < 0) {
        hd_buffer_release(t, &needle);
        return HD_NULL;
    }
    if (from_position) start = m->position;
    if (start < 0) start = start + m->size < 0 ? 0 : start + m->size;
    if (start > m->size) start = m->size;
    if (stop < 0) stop = stop + m->size < 0 ? 0 : stop + m->size;
    if (stop > m->size) stop = m->size;
    HdSize place = -1;
    if (start <= stop) {
        place = backwards ? hd_search_rfind(m->data + start, 1, stop - start, needle.data, 1, needle.length)
                          : hd_search_find(m->data + start, 1, stop - start, needle.data, 1, needle.length);
    }
    end(t, m);
    hd_buffer_release(t, &needle);
    return hd_imm_int(place < 0 ? -1 : place + start);
}
static HdValue map_find(HdThread *t, HdValue self, const HdValue *args) { return find(t, map_of(self), args, false); }
static HdValue map_rfind(HdThread *t, HdValue self, const HdValue *args) { return find(t, map_of(self), args, true); }

static HdValue map_size(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return HD_NULL;
    int fd = m->fd;
    end(t, m);
    struct stat status;
    return fstat(fd, &status) < 0 ? os_error(t) : hd_int_from_i64(t, status.st_size);
}
static HdValue map_resize(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    HdSize size = hd_number_as_size(t, args[0], &hd_OverflowError);
    if ((size == -1 && hd_raised(t)) || begin(t, m) < 0) return HD_NULL;
    HdValue result = hd_None;
    if (m->exports > 0) {
        result = hd_raise(t, &hd_BufferError, "mmap can't resize with extant buffers exported.");
    } else if (m->access == ACCESS_READ || m->access == ACCESS_COPY) {
        result = hd_raise(t, &hd_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
    } else if (size < 0 || size > INT64_MAX - m->offset) {
        result = hd_raise(t, &hd_ValueError, "new size out of range");
    } else if (m->fixed && size > m->size) {
        result = hd_raise(t, &hd_ValueError, "mmap: can't expand a shared anonymous mapping on Linux");
    } else if (m->fd >= 0 && ftruncate(m->fd, m->offset + size) < 0) {
        result = os_error(t);
    } else {
        void *moved = mremap(m->data, (size_t)m->size, (size_t)size, MREMAP_MAYMOVE);
        if (moved == MAP_FAILED) {
            result = os_error(t);
        } else {
            m->data = moved;
            m->size = size;
        }
    }
    end(t, m);
    return result;
}
static HdValue map_flush(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    HdSize offset = hd_is_null(args[0]) ? 0 : hd_number_as_size(t, args[0], &hd_OverflowError);
    HdSize size = hd_raised(t) || hd_is_null(args[1]) ? -1 : hd_number_as_size(t, args[1], &hd_OverflowError);
    if (hd_raised(t) || begin(t, m) < 0) return HD_NULL;
    if (hd_is_null(args[1])) size = m->size - offset;
    bool fits = offset >= 0 && size >= 0 && offset <= m->size && size <= m->size - offset;
    bool writes = m->access != ACCESS_READ && m->access != ACCESS_COPY;
    char *place = m->data + (fits ? offset : 0);
    m->exports += fits && writes; /* keeps the map where it is while the system writes it out */
    end(t, m);
    if (!fits) return hd_raise(t, &hd_ValueError, "flush values out of range");
    if (!writes) return hd_None;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = msync(place, (size_t)size, MS_SYNC);
    hd_blocking_leave(t);
    int error = errno;
    hd_lock_object(t, &m->head);
    m->exports--;
    hd_unlock_object(t, &m->head);
    return result < 0 ? hd_raise_errno(t, error, HD_NULL) : hd_None;
}
static HdValue map_move(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    HdSize at[3];
    for (int i = 0; i < 3; i++) {
        at[i] = hd_number_as_size(t, args[i], &hd_OverflowError);
        if (at[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    HdSize target = at[0], source = at[1], count = at[2];
    if (begin(t, m) < 0) return HD_NULL;
    if (check_writable(t, m) < 0) {
        end(t, m);
        return HD_NULL;
    }
    bool fits = target >= 0 && source >= 0 && count >= 0 && target <= m->size && source <= m->size &&
                count <= m->size - target && count <= m->size - source;
    if (fits) memmove(m->data + target, m->data + source, (size_t)count);
    end(t, m);
    return fits ? hd_None : hd_raise(t, &hd_ValueError, "source, destination, or count out of range");
}
static HdValue map_madvise(HdThread *t, HdValue self, const HdValue *args) {
    Map *m = map_of(self);
    int option = hd_number_as_int(t, args[0]);
    HdSize start = hd_raised(t) || hd_is_null(args[1]) ? 0 : hd_number_as_size(t, args[1], &hd_OverflowError);
    HdSize length =
        hd_raised(t) || hd_is_null(args[2]) ? HD_SIZE_MAX : hd_number_as_size(t, args[2], &hd_OverflowError);
    if (hd_raised(t) || begin(t, m) < 0) return HD_NULL;
    HdValue result = hd_None;
    if (start < 0 || start >= m->size) {
        result = hd_raise(t, &hd_ValueError, "madvise start out of bounds");
    } else if (length < 0) {
        result = hd_raise(t, &hd_ValueError, "madvise length invalid");
    } else if (!hd_is_null(args[2]) && length > HD_SIZE_MAX - start) {
        result = hd_raise(t, &hd_OverflowError, "madvise length too large");
    } else {
        if (length > m->size - start) length = m->size - start;
        if (madvise(m->data + start, (size_t)length, option) < 0) result = os_error(t);
    }
    end(t, m);
    return result;
}
static HdValue map_sizeof(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int((int64_t)sizeof(Map)); }

/* --- the map as a sequence --- */

static HdSize map_length(HdThread *t, HdValue self) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return -1;
    HdSize size = m->size;
    end(t, m);
    return size;
}
/* An index of the key, counted from the front, or -1 raised. The lock is not held. */
HD_CHECK static HdSize index_of(HdThread *t, Map *m, HdValue key) {
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    if (index == -1 && hd_raised(t)) return -1;
    HdSize size = HD_LOAD_RELAXED(&m->size);
    if (index < 0) index += size;
    return index >= 0 && index < size ? index : hd_raise_int(t, &hd_IndexError, "mmap index out of range");
}
static HdValue slice_out(HdThread *t, Map *m, HdSize start, HdSize step, HdSize count) {
    HdValue bytes = hd_bytes_new(t, NULL, count);
    if (hd_is_null(bytes)) return bytes;
    if (begin(t, m) < 0) {
        hd_release(t, bytes);
        return HD_NULL;
    }
    bool fits = count == 0 || (start < m->size && start + (count - 1) * step < m->size);
    if (fits && step == 1)
        memcpy(hd_bytes_data(bytes), m->data + start, (size_t)count);
    else if (fits)
        for (HdSize i = 0; i < count; i++) hd_bytes_data(bytes)[i] = (uint8_t)m->data[start + i * step];
    end(t, m);
    if (fits) return bytes;
    hd_release(t, bytes);
    return hd_raise(t, &hd_IndexError, "mmap slice out of range");
}
static HdValue map_getitem(HdThread *t, HdValue self, HdValue key) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return HD_NULL;
    end(t, m);
    if (hd_number_check_index(key)) {
        HdSize index = index_of(t, m, key);
        if (index < 0 || begin(t, m) < 0) return HD_NULL;
        int byte = index < m->size ? (uint8_t)m->data[index] : -1;
        end(t, m);
        return byte < 0 ? hd_raise(t, &hd_IndexError, "mmap index out of range") : hd_imm_int(byte);
    }
    if (!hd_is_exact(key, &hd_slice_type)) return hd_raise(t, &hd_TypeError, "mmap indices must be integers");
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return HD_NULL;
    HdSize count = hd_slice_adjust(HD_LOAD_RELAXED(&m->size), &start, &stop, step);
    return slice_out(t, m, start, step, count);
}
HD_CHECK static int slice_in(HdThread *t, Map *m, HdValue key, HdValue value) {
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return -1;
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "mmap object doesn't support slice deletion");
    HdBuffer buffer;
    if (hd_buffer_get(t, value, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    int result = begin(t, m);
    if (result == 0) {
        HdSize count = hd_slice_adjust(m->size, &start, &stop, step);
        const char *data = buffer.data;
        if (buffer.length != count)
            result = -1;
        else if (step == 1)
            memmove(m->data + start, data, (size_t)count);
        else
            for (HdSize i = 0; i < count; i++) m->data[start + i * step] = data[i];
        end(t, m);
        if (result < 0) hd_raise(t, &hd_IndexError, "mmap slice assignment is wrong size");
    }
    hd_buffer_release(t, &buffer);
    return result;
}
static int map_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return -1;
    int writable = check_writable(t, m);
    end(t, m);
    if (writable < 0) return -1;
    if (hd_is_exact(key, &hd_slice_type)) return slice_in(t, m, key, value);
    if (!hd_number_check_index(key)) return hd_raise_int(t, &hd_TypeError, "mmap indices must be integers");
    HdSize index = index_of(t, m, key);
    if (index < 0) return -1;
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "mmap doesn't support item deletion");
    if (!hd_number_check_index(value)) return hd_raise_int(t, &hd_TypeError, "mmap item value must be an int");
    HdSize byte = hd_number_as_size(t, value, &hd_TypeError);
    if (byte == -1 && hd_raised(t)) return -1;
    if (byte < 0 || byte > 255) return hd_raise_int(t, &hd_ValueError, "mmap item value must be in range(0, 256)");
    if (begin(t, m) < 0) return -1;
    bool fits = index < m->size;
    if (fits) m->data[index] = (char)byte;
    end(t, m);
    return fits ? 0 : hd_raise_int(t, &hd_IndexError, "mmap index out of range");
}

/* Iterating gives bytes of length one (subscription gives ints). */
typedef struct MapIterator {
    HdObject head;
    HdValue map;
    HdSize index; /* atomic */
} MapIterator;
static HdType map_iterator_type;
static HdValue map_iter(HdThread *t, HdValue self) {
    HdValue iterator = hd_type_alloc(t, &map_iterator_type);
    if (!hd_is_null(iterator)) HD_AS(MapIterator, iterator)->map = hd_retain(t, self);
    return iterator;
}
static HdValue map_iterator_next(HdThread *t, HdValue self) {
    MapIterator *i = HD_AS(MapIterator, self);
    Map *m = map_of(i->map);
    HdSize index = HD_FETCH_ADD(&i->index, 1);
    if (begin(t, m) < 0) return HD_NULL;
    char byte = index < m->size ? m->data[index] : 0;
    bool over = index >= m->size;
    end(t, m);
    return over ? HD_NULL : hd_bytes_new(t, &byte, 1);
}
static void map_iterator_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((MapIterator *)self)->map);
    hd_type_free(t, self);
}
static HdType map_iterator_type = {
    HD_TYPE_HEAD("mmap.iterator"), .basicsize = sizeof(MapIterator),
    .flags = HD_TYPE_DISALLOW_NEW, .dealloc = map_iterator_dealloc,
    .iter = hd_iter_self,          .next = map_iterator_next,
};

/* --- the buffer --- */

static int map_getbuffer(HdThread *t, HdValue self, HdBuffer *out, int flags) {
    Map *m = map_of(self);
    if (begin(t, m) < 0) return -1;
    m->exports++;
    end(t, m);
    if (hd_buffer_fill(t, out, self, m->data, m->size, m->access == ACCESS_READ, flags) == 0) return 0;
    hd_lock_object(t, &m->head);
    m->exports--;
    hd_unlock_object(t, &m->head);
    return -1;
}
static void map_releasebuffer(HdThread *t, HdValue self, HdBuffer *buffer) {
    hd_lock_object(t, &map_of(self)->head);
    map_of(self)->exports--;
    hd_unlock_object(t, &map_of(self)->head);
}

/* --- the class and the module --- */

static const HdMethodDef map_methods[] = {
    HD_METHOD(map_close, "close($self, /)", "Gives the map back; it cannot be used afterwards."),
    HD_METHOD(map_find, "find($self, sub, start=<none>, end=<none>, /)",
              "find(sub[, start[, end]]) -> the first place of a byte string from the position on, or -1."),
    HD_METHOD(map_rfind, "rfind($self, sub, start=<none>, end=<none>, /)",
              "rfind(sub[, start[, end]]) -> the last place of a byte string, or -1."),
    HD_METHOD(map_flush, "flush($self, offset=0, size=<none>, /)",
              "flush([offset[, size]])\n\nWrites changes to the file."),
    HD_METHOD(map_madvise, "madvise($self, option, start=0, length=<none>, /)",
              "madvise(option[, start[, length]])\n\nTells the system how the memory will be used."),
    HD_METHOD(map_move, "move($self, dest, src, count, /)", "Copies count bytes within the map."),
    HD_METHOD(map_read, "read($self, n=None, /)", "The next n bytes, or all that is left."),
    HD_METHOD(map_read_byte, "read_byte($self, /)", "The next byte as an int."),
    HD_METHOD(map_readline, "readline($self, /)", "The bytes up to and with the next newline."),
    HD_METHOD(map_resize, "resize($self, newsize, /)", "Makes the map, and its file, larger or smaller."),
    HD_METHOD(map_seek, "seek($self, pos, whence=0, /)", "Moves the position, as in files."),
    HD_METHOD(map_size, "size($self, /)", "The length of the file, which may be more than the map's."),
    HD_METHOD(map_tell, "tell($self, /)", "The position."),
    HD_METHOD(map_write, "write($self, bytes, /)", "Writes bytes at the position; how many."),
    HD_METHOD(map_write_byte, "write_byte($self, byte, /)", "Writes one byte, an int, at the position."),
    HD_METHOD(map_enter, "__enter__($self, /)", NULL),
    HD_METHOD(map_exit, "__exit__($self, exc_type=None, exc_value=None, traceback=None, /)", NULL),
    HD_METHOD(map_sizeof, "__sizeof__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef map_getsets[] = {
    {"closed", map_get_closed, NULL, "whether the map is closed", NULL},
    {NULL},
};
static HdType map_type = {
    HD_TYPE_HEAD("mmap.mmap"),
    .doc = "mmap(fileno, length[, flags[, prot[, access[, offset]]]])\n\nMaps length bytes of the file behind a "
           "descriptor, from offset on; 0 is all of it,\nand fileno -1 memory without a file. access is ACCESS_READ, "
           "ACCESS_WRITE or\nACCESS_COPY, or flags and prot say the same in the system's words.",
    .basicsize = sizeof(Map),
    .flags = HD_TYPE_BASE,
    .create = map_create,
    .dealloc = map_dealloc,
    .repr = map_repr,
    .length = map_length,
    .getitem = map_getitem,
    .setitem = map_setitem,
    .iter = map_iter,
    .getbuffer = map_getbuffer,
    .releasebuffer = map_releasebuffer,
    .methods = map_methods,
    .getsets = map_getsets,
};

static int mmap_exec(HdThread *t, HdValue module) {
#define C(name)                                                                                                        \
    { #name, (int64_t)name }
    static const struct {
        const char *name;
        int64_t value;
    } constants[] = {
        C(ACCESS_COPY),   C(ACCESS_DEFAULT), C(ACCESS_READ),     C(ACCESS_WRITE),     C(MADV_DODUMP),
        C(MADV_DOFORK),   C(MADV_DONTDUMP),  C(MADV_DONTFORK),   C(MADV_DONTNEED),    C(MADV_FREE),
        C(MADV_HUGEPAGE), C(MADV_HWPOISON),  C(MADV_MERGEABLE),  C(MADV_NOHUGEPAGE),  C(MADV_NORMAL),
        C(MADV_RANDOM),   C(MADV_REMOVE),    C(MADV_SEQUENTIAL), C(MADV_UNMERGEABLE), C(MADV_WILLNEED),
        C(MAP_ANON),      C(MAP_ANONYMOUS),  C(MAP_DENYWRITE),   C(MAP_EXECUTABLE),   C(MAP_POPULATE),
        C(MAP_PRIVATE),   C(MAP_SHARED),     C(MAP_STACK),       C(PROT_EXEC),        C(PROT_READ),
        C(PROT_WRITE),
    };
#undef C
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    long page = sysconf(_SC_PAGESIZE);
    if (hd_module_set_int(t, module, "PAGESIZE", page) < 0 ||
        hd_module_set_int(t, module, "ALLOCATIONGRANULARITY", page) < 0)
        return -1;
    if (hd_module_set(t, module, "error", hd_type_value(&hd_OSError)) < 0) return -1;
    if (hd_type_ready(t, &map_iterator_type) < 0) return -1;
    return hd_module_add_type(t, module, &map_type);
}

const HdModuleDef hd_module_mmap = {
    .name = "mmap",
    .doc = "Files and shared memory mapped into the process.",
    .exec = mmap_exec,
};
