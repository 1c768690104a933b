/* io_buffered.c -- BufferedReader, BufferedWriter, BufferedRandom (one struct), BufferedRWPair.
 *
 * A stream keeps what it read ahead (`ahead[at..have)`) and what waits to be written (`pending[0..waiting)`); at most
 * one of them is in use: reading flushes first, writing moves the raw position back over what was read ahead.
 * Each operation holds the stream's own mutex, in both modes, because it gives the GIL up inside; a signal handler or
 * finalizer that comes back to the same stream on the same thread gets RuntimeError instead of waiting for itself.
 */
#include "io_types.h"
#include "mutex.h"

#include <errno.h>

typedef struct Buffered {
    HdObject head;
    HdAttrs attrs;
    HdValue raw; /* HD_NULL: not initialised, or detached */
    uint8_t *ahead, *pending;
    HdSize size; /* of each buffer */
    HdSize at, have, waiting;
    HdHeldMutex mutex;
    bool readable, writable, detached, initialised, finalizing;
} Buffered;
HD_INLINE Buffered *buffered_of(HdValue v) { return HD_AS(Buffered, v); }

static int check_ready(HdThread *t, Buffered *b) {
    if (b->initialised && !hd_is_null(b->raw)) return 0;
    return hd_raise_int(t, &hd_ValueError, b->detached ? "raw stream has been detached" : "I/O operation on uninitialized object");
}

static int enter(HdThread *t, HdValue self) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0) return -1;
    if (HD_UNLIKELY(hd_held_by(t, &b->mutex))) return hd_raise_int(t, &hd_RuntimeError, "reentrant call inside %R", self);
    hd_held_lock(t, &b->mutex);
    /* Its holder was stopped for good by the end of the program, or is not in this child: it was in a write, which the
     * kernel makes or not, or which the parent makes. */
    if (HD_UNLIKELY(b->mutex.orphaned)) {
        b->mutex.orphaned = false;
        b->waiting = 0;
    }
    return 0;
}
static void leave(HdThread *t, HdValue self) { hd_held_unlock(t, &buffered_of(self)->mutex); }

/* "write to closed file" and its like. */
static int check_open(HdThread *t, HdValue self, const char *what) {
    HD_OWNED HdValue closed = hd_object_getattr(t, buffered_of(self)->raw, HD_NAME("closed"));
    int truth = hd_is_null(closed) ? -1 : hd_object_truth(t, closed);
    return truth > 0 ? hd_raise_int(t, &hd_ValueError, "%s", what) : truth;
}

/* --- the buffers; the mutex is held --- */

static HdSize readable_bytes(const Buffered *b) { return b->have - b->at; }

/* BlockingIOError; `written` bytes of what the caller gave are written or kept. */
static int would_block(HdThread *t, HdSize written) {
    HD_OWNED HdValue message = hd_str_from_text(t, "write could not complete without blocking");
    HD_OWNED HdValue count = hd_int_from_size(t, written);
    if (hd_is_null(message) || hd_is_null(count)) return -1;
    HdValue args[] = {hd_imm_int(EAGAIN), message, count};
    HD_OWNED HdValue error = hd_object_call_values(t, hd_type_value(&hd_BlockingIOError), args, 3);
    if (!hd_is_null(error)) hd_raise_instance(t, error);
    return -1;
}

/* Writes everything that waits; -1 raised (BlockingIOError keeps the rest). */
static int flush_pending(HdThread *t, Buffered *b) {
    HdSize done = 0;
    while (done < b->waiting) {
        HdSize count = hd_io_raw_write(t, b->raw, b->pending + done, b->waiting - done);
        if (count >= 0) done += count;
        if (count == HD_IO_WOULD_BLOCK || count == -1 || hd_raised(t)) {
            memmove(b->pending, b->pending + done, (size_t)(b->waiting - done));
            b->waiting -= done;
            if (count == HD_IO_WOULD_BLOCK) would_block(t, 0);
            return -1;
        }
        if (hd_object_poll(t) < 0) {
            memmove(b->pending, b->pending + done, (size_t)(b->waiting - done));
            b->waiting -= done;
            return -1;
        }
    }
    b->waiting = 0;
    return 0;
}

static int64_t raw_seek(HdThread *t, Buffered *b, int64_t offset, int whence) {
    HD_OWNED HdValue position = hd_int_from_i64(t, offset);
    HdValue args[] = {position, hd_imm_int(whence)};
    HD_OWNED HdValue result = hd_object_call_method(t, b->raw, HD_NAME("seek"), args, 2);
    return hd_is_null(result) ? -1 : hd_io_offset(t, result);
}
static int64_t raw_tell(HdThread *t, Buffered *b) {
    HD_OWNED HdValue result = hd_object_call_method0(t, b->raw, "tell");
    return hd_is_null(result) ? -1 : hd_io_offset(t, result);
}

/* Before writing on a stream that also reads: the raw position becomes the one the user sees. */
static int drop_ahead(HdThread *t, Buffered *b) {
    HdSize left = readable_bytes(b);
    b->at = b->have = 0;
    return left && raw_seek(t, b, -left, 1) < 0 ? -1 : 0;
}

/* Reads once more into the empty buffer: bytes got, 0 end, HD_IO_WOULD_BLOCK, -1. */
static HdSize fill(HdThread *t, Buffered *b) {
    b->at = b->have = 0;
    HdSize count = hd_io_raw_read(t, b->raw, b->ahead, b->size);
    if (count > 0) b->have = count;
    return count;
}

/* Copies up to `size` bytes to `out`, reading as often as needed; what was got, or a negative status if nothing was. */
static HdSize read_full(HdThread *t, Buffered *b, uint8_t *out, HdSize size) {
    HdSize done = 0;
    while (done < size) {
        HdSize there = readable_bytes(b);
        if (there) {
            if (there > size - done) there = size - done;
            memcpy(out + done, b->ahead + b->at, (size_t)there);
            b->at += there;
            done += there;
            continue;
        }
        HdSize left = size - done, count;
        if (left >= b->size) {
            b->at = b->have = 0;
            count = hd_io_raw_read(t, b->raw, out + done, left - left % b->size);
            if (count > 0) done += count;
        } else {
            count = fill(t, b);
        }
        if (count == -1) return -1;
        if (count <= 0) return done ? done : count;
    }
    return done;
}

/* --- making --- */

static HdValue buffered_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

static int make_buffers(HdThread *t, Buffered *b, HdSize size) {
    hd_heap_raw_free(t, b->ahead, (size_t)b->size);
    hd_heap_raw_free(t, b->pending, (size_t)b->size);
    b->ahead = b->pending = NULL;
    b->size = size;
    if (b->readable && !(b->ahead = hd_heap_raw(t, (size_t)size))) return hd_raise_no_memory(t), -1;
    if (b->writable && !(b->pending = hd_heap_raw(t, (size_t)size))) return hd_raise_no_memory(t), -1;
    return 0;
}

static int init(HdThread *t, HdValue self, const HdMethodDef *def, const HdRef *refs, HdSize nargs, HdValue kwnames, bool read,
                bool write) {
    HdValue args[2];
    if (hd_native_bind(t, def, refs, nargs, kwnames, args) < 0) return -1;
    Buffered *b = buffered_of(self);
    b->initialised = b->detached = false;
    HdSize size = hd_is_null(args[1]) ? HD_IO_BUFFER_SIZE : hd_number_as_size(t, args[1], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return -1;
    if (read && write && hd_io_check_able(t, args[0], "seekable", "File or stream is not seekable.") < 0) return -1;
    if (read && hd_io_check_able(t, args[0], "readable", "File or stream is not readable.") < 0) return -1;
    if (write && hd_io_check_able(t, args[0], "writable", "File or stream is not writable.") < 0) return -1;
    if (size <= 0) return hd_raise_int(t, &hd_ValueError, "buffer size must be strictly positive");
    b->readable = read;
    b->writable = write;
    hd_replace_steal(t, &b->raw, hd_retain(t, args[0]));
    b->at = b->have = b->waiting = 0;
    if (make_buffers(t, b, size) < 0) return -1;
    b->initialised = true;
    return 0;
}
static const HdMethodDef reader_def = {.signature = "BufferedReader(raw, buffer_size=8192)"};
static const HdMethodDef writer_def = {.signature = "BufferedWriter(raw, buffer_size=8192)"};
static const HdMethodDef random_def = {.signature = "BufferedRandom(raw, buffer_size=8192)"};
static int reader_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return init(t, self, &reader_def, args, nargs, kwnames, true, false);
}
static int writer_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return init(t, self, &writer_def, args, nargs, kwnames, false, true);
}
static int random_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return init(t, self, &random_def, args, nargs, kwnames, true, true);
}

/* --- reading --- */

static int prepare_reading(HdThread *t, HdValue self, const char *closed_message) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0 || check_open(t, self, closed_message) < 0 || enter(t, self) < 0) return -1;
    if (b->writable && b->waiting && flush_pending(t, b) < 0) {
        leave(t, self);
        return -1;
    }
    return 0;
}

/* Everything up to the end; the mutex is held. */
static HdValue read_all(HdThread *t, Buffered *b) {
    HD_OWNED HdValue first = hd_bytes_new(t, b->ahead + b->at, readable_bytes(b));
    if (hd_is_null(first)) return HD_NULL;
    b->at = b->have = 0;
    HD_OWNED HdValue readall = HD_NULL;
    if (hd_object_find_attr(t, b->raw, HD_NAME("readall"), &readall) < 0) return HD_NULL;
    if (!hd_is_null(readall)) {
        HD_OWNED HdValue rest = hd_object_call0(t, readall);
        if (hd_is_null(rest)) return HD_NULL;
        if (hd_is_none(rest)) return hd_bytes_length(first) ? hd_move(&first) : hd_None;
        if (!hd_is_bytes(rest)) return hd_raise(t, &hd_TypeError, "readall() should return bytes");
        return hd_bytes_length(first) ? hd_bytes_concat(t, first, rest) : hd_move(&rest);
    }
    for (;;) {
        HD_OWNED HdValue piece = hd_object_call_method0(t, b->raw, "read");
        if (hd_is_null(piece)) return HD_NULL;
        if (hd_is_none(piece)) return hd_bytes_length(first) ? hd_move(&first) : hd_None;
        if (!hd_is_bytes(piece)) return hd_raise(t, &hd_TypeError, "read() should return bytes");
        if (hd_bytes_length(piece) == 0) return hd_move(&first);
        hd_replace_steal(t, &first, hd_bytes_concat(t, first, piece));
        if (hd_is_null(first)) return HD_NULL;
    }
}

static HdValue buffered_read(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_io_size(t, args[0]);
    if (size == -2) return HD_NULL;
    if (!hd_is_null(args[0]) && size < -1) return hd_raise(t, &hd_ValueError, "read length must be non-negative or -1");
    if (prepare_reading(t, self, "read of closed file") < 0) return HD_NULL;
    Buffered *b = buffered_of(self);
    HdValue result;
    if (size < 0) {
        result = read_all(t, b);
    } else if (size <= readable_bytes(b)) {
        result = hd_bytes_new(t, b->ahead + b->at, size);
        if (!hd_is_null(result)) b->at += size;
    } else {
        result = hd_bytes_new(t, NULL, size);
        if (!hd_is_null(result)) {
            HdSize got = read_full(t, b, hd_bytes_data(result), size);
            if (got >= 0) {
                result = hd_bytes_shrink_steal(t, result, got);
            } else {
                hd_release(t, result);
                result = got == HD_IO_WOULD_BLOCK ? hd_None : HD_NULL;
            }
        }
    }
    leave(t, self);
    return result;
}

static HdValue buffered_read1(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_is_null(args[0]) ? -1 : hd_number_as_size(t, args[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (prepare_reading(t, self, "read of closed file") < 0) return HD_NULL;
    Buffered *b = buffered_of(self);
    if (size < 0) size = b->size;
    HdValue result = HD_NULL;
    HdSize there = readable_bytes(b);
    if (there == 0 && size > 0) {
        HdSize got = fill(t, b);
        there = got == -1 ? -1 : readable_bytes(b);
    }
    if (there >= 0) {
        if (there > size) there = size;
        result = hd_bytes_new(t, b->ahead + b->at, there);
        if (!hd_is_null(result)) b->at += there;
    }
    leave(t, self);
    return result;
}

/* What is there, and at most one read of the raw stream: for what the buffer cannot hold, or if nothing was there. */
static HdSize read_once(HdThread *t, Buffered *b, uint8_t *out, HdSize size) {
    HdSize there = readable_bytes(b);
    if (there == 0 && size > 0 && size <= b->size) {
        HdSize status = fill(t, b);
        if (status <= 0) return status;
        there = status;
    }
    HdSize done = there > size ? size : there;
    if (done) memcpy(out, b->ahead + b->at, (size_t)done);
    b->at += done;
    if (size - done <= b->size) return done;
    b->at = b->have = 0;
    HdSize count = hd_io_raw_read(t, b->raw, out + done, size - done);
    return count > 0 ? done + count : count == -1 || done == 0 ? count : done;
}

static HdValue read_into(HdThread *t, HdValue self, HdValue target, bool once) {
    HdBuffer buffer;
    if (hd_io_target(t, target, once ? "readinto1" : "readinto", &buffer) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (prepare_reading(t, self, "readinto of closed file") == 0) {
        Buffered *b = buffered_of(self);
        HdSize got, size = buffer.length;
        got = once ? read_once(t, b, buffer.data, size) : read_full(t, b, buffer.data, size);
        result = got >= 0 ? hd_int_from_size(t, got) : got == HD_IO_WOULD_BLOCK ? hd_None : HD_NULL;
        leave(t, self);
    }
    hd_buffer_release(t, &buffer);
    return result;
}
static HdValue buffered_readinto(HdThread *t, HdValue self, const HdValue *args) { return read_into(t, self, args[0], false); }
static HdValue buffered_readinto1(HdThread *t, HdValue self, const HdValue *args) { return read_into(t, self, args[0], true); }

static HdValue buffered_peek(HdThread *t, HdValue self, const HdValue *args) {
    if (prepare_reading(t, self, "peek of closed file") < 0) return HD_NULL;
    Buffered *b = buffered_of(self);
    HdValue result = HD_NULL;
    if (readable_bytes(b) || fill(t, b) != -1) result = hd_bytes_new(t, b->ahead + b->at, readable_bytes(b));
    leave(t, self);
    return result;
}

/* One line of at most `limit` bytes (-1: any); the mutex is held. */
static HdValue read_line(HdThread *t, Buffered *b, HdSize limit) {
    HD_OWNED HdValue line = HD_NULL;
    for (HdSize total = 0;;) {
        HdSize there = readable_bytes(b);
        if (there == 0) {
            HdSize got = fill(t, b);
            if (got == -1) return HD_NULL;
            if (got <= 0) break;
            there = got;
        }
        if (limit >= 0 && there > limit - total) there = limit - total;
        const uint8_t *start = b->ahead + b->at, *newline = memchr(start, '\n', (size_t)there);
        HdSize take = newline ? newline - start + 1 : there;
        HdValue piece = hd_bytes_new(t, start, take);
        if (hd_is_null(piece)) return HD_NULL;
        b->at += take;
        total += take;
        if (hd_is_null(line)) {
            line = piece;
        } else {
            hd_replace_steal(t, &line, hd_bytes_concat(t, line, piece));
            hd_release(t, piece);
            if (hd_is_null(line)) return HD_NULL;
        }
        if (newline || (limit >= 0 && total >= limit)) break;
    }
    return hd_is_null(line) ? hd_bytes_empty() : hd_move(&line);
}
static HdValue buffered_readline(HdThread *t, HdValue self, const HdValue *args) {
    HdSize limit = hd_io_size(t, args[0]);
    if (limit == -2 || prepare_reading(t, self, "readline of closed file") < 0) return HD_NULL;
    HdValue line = limit == 0 ? hd_bytes_empty() : read_line(t, buffered_of(self), limit);
    leave(t, self);
    return line;
}
static HdValue buffered_next(HdThread *t, HdValue self) {
    HdType *type = hd_type_of(self);
    HdValue line;
    if (type == &hd_io_reader_type || type == &hd_io_random_type) {
        HdValue none = HD_NULL;
        line = buffered_readline(t, self, &none);
    } else {
        line = hd_object_call_method0(t, self, "readline");
        if (!hd_is_null(line) && !hd_is_bytes(line)) {
            hd_raise(t, &hd_OSError, "readline() should have returned a bytes object, not '%T'", line);
            hd_clear_slot(t, &line);
        }
    }
    if (hd_is_null(line) || hd_bytes_length(line)) return line;
    hd_release(t, line);
    return HD_NULL;
}

/* --- writing --- */

/* The buffer could not be emptied: if that would block, what fits is kept, and only the rest is refused. */
static int keep_what_fits(HdThread *t, Buffered *b, const uint8_t *data, HdSize size) {
    if (!hd_raised_is(t, &hd_BlockingIOError)) return -1;
    HdSize room = b->size - b->waiting, kept = size < room ? size : room;
    memcpy(b->pending + b->waiting, data, (size_t)kept);
    b->waiting += kept;
    hd_clear_raised(t);
    return kept == size ? 0 : would_block(t, kept);
}

/* Buffers or writes; the mutex is held. -1 = raised. */
static int write_bytes(HdThread *t, Buffered *b, const uint8_t *data, HdSize size) {
    if (size <= b->size - b->waiting) {
        memcpy(b->pending + b->waiting, data, (size_t)size);
        b->waiting += size;
        return 0;
    }
    if (b->waiting && flush_pending(t, b) < 0) return keep_what_fits(t, b, data, size);
    HdSize written = 0;
    while (size > b->size) { /* big pieces go straight through */
        HdSize count = hd_io_raw_write(t, b->raw, data, size);
        if (count == -1) return -1;
        if (count == HD_IO_WOULD_BLOCK) {
            memcpy(b->pending, data, (size_t)b->size);
            b->waiting = b->size;
            return would_block(t, written + b->size);
        }
        data += count;
        written += count;
        size -= count;
        if (hd_object_poll(t) < 0) return -1;
    }
    memcpy(b->pending, data, (size_t)size);
    b->waiting = size;
    return 0;
}

static HdValue buffered_write(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    HdBuffer buffer;
    if (hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "a bytes-like object is required, not 'str'");
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (check_ready(t, b) == 0 && enter(t, self) == 0) {
        if (check_open(t, self, "write to closed file") == 0 && (!b->readable || drop_ahead(t, b) == 0) &&
            write_bytes(t, b, buffer.data, buffer.length) == 0)
            result = hd_int_from_size(t, buffer.length);
        leave(t, self);
    }
    hd_buffer_release(t, &buffer);
    return result;
}

static HdValue buffered_flush(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0 || check_open(t, self, "flush of closed file") < 0 || enter(t, self) < 0) return HD_NULL;
    int status = b->writable ? flush_pending(t, b) : 0;
    if (status == 0 && b->readable && b->writable) status = drop_ahead(t, b);
    leave(t, self);
    return status < 0 ? HD_NULL : hd_None;
}
static HdValue simple_flush(HdThread *t, HdValue self, const HdValue *args) {
    return check_ready(t, buffered_of(self)) < 0 ? HD_NULL : hd_object_call_method0(t, buffered_of(self)->raw, "flush");
}

/* --- position --- */

static HdValue buffered_tell(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0) return HD_NULL;
    int64_t position = raw_tell(t, b);
    if (position < 0) return HD_NULL;
    return hd_int_from_i64(t, position - readable_bytes(b) + b->waiting);
}

static HdValue buffered_seek(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    int whence = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if (whence == -1 && hd_raised(t)) return HD_NULL;
    if (whence < 0 || whence > 4) return hd_raise(t, &hd_ValueError, "whence value %d unsupported", whence);
    if (check_ready(t, b) < 0 || check_open(t, self, "seek of closed file") < 0) return HD_NULL;
    if (hd_io_check_able(t, b->raw, "seekable", "File or stream is not seekable.") < 0) return HD_NULL;
    int64_t offset = hd_number_as_i64(t, args[0]);
    if (offset == -1 && hd_raised(t)) return HD_NULL;
    if (enter(t, self) < 0) return HD_NULL;
    int64_t position = -1;
    if (b->waiting && flush_pending(t, b) < 0) goto done;
    if (whence != 2 && b->readable && readable_bytes(b)) { /* within what was read ahead: no system call but tell */
        int64_t raw = raw_tell(t, b);
        if (raw < 0) goto done;
        int64_t now = raw - readable_bytes(b), target = whence == 0 ? offset : now + offset;
        if (whence < 2 && target >= raw - b->have && target <= raw) {
            b->at = b->have - (HdSize)(raw - target);
            position = target;
            goto done;
        }
        if (whence == 1) offset -= readable_bytes(b);
    }
    b->at = b->have = 0;
    position = raw_seek(t, b, offset, whence);
done:
    leave(t, self);
    return position < 0 ? HD_NULL : hd_int_from_i64(t, position);
}

static HdValue buffered_truncate(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0 || check_open(t, self, "truncate of closed file") < 0) return HD_NULL;
    if (!b->writable) return hd_io_raise_unsupported(t, "truncate");
    if (enter(t, self) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    HD_OWNED HdValue size = hd_is_null(args[0]) ? hd_None : hd_retain(t, args[0]);
    if (flush_pending(t, b) == 0 && (!b->readable || drop_ahead(t, b) == 0))
        result = hd_object_call_method1(t, b->raw, "truncate", size);
    leave(t, self);
    return result;
}

/* --- questions and the end --- */

static HdValue forward(HdThread *t, HdValue self, const char *method) {
    return check_ready(t, buffered_of(self)) < 0 ? HD_NULL : hd_object_call_method_text(t, buffered_of(self)->raw, method, NULL, 0);
}
static HdValue buffered_seekable(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "seekable"); }
static HdValue buffered_readable(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "readable"); }
static HdValue buffered_writable(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "writable"); }
static HdValue buffered_fileno(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "fileno"); }
static HdValue buffered_isatty(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "isatty"); }

static HdValue raw_attribute(HdThread *t, HdValue self, void *name) {
    return check_ready(t, buffered_of(self)) < 0 ? HD_NULL : hd_object_getattr_text(t, buffered_of(self)->raw, name);
}
static HdValue buffered_raw(HdThread *t, HdValue self, void *closure) {
    HdValue raw = buffered_of(self)->raw;
    return hd_is_null(raw) ? hd_None : hd_retain(t, raw);
}
static HdValue buffered_finalizing(HdThread *t, HdValue self, void *closure) { return hd_bool(buffered_of(self)->finalizing); }
static int set_finalizing(HdThread *t, HdValue self, HdValue value, void *closure) {
    int truth = hd_is_null(value) ? 0 : hd_object_truth(t, value);
    if (truth < 0) return -1;
    buffered_of(self)->finalizing = truth;
    return 0;
}
static HdValue buffered_dealloc_warn(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    if (b->initialised && !hd_is_null(b->raw)) hd_io_warn_unclosed(t, b->raw, args[0]);
    return hd_None;
}

/* raw.close(), while whoever wants to write waits: he then finds the stream closed. */
static HdValue close_raw(HdThread *t, HdValue self) {
    if (enter(t, self) < 0) return HD_NULL;
    HdValue result = hd_object_call_method0(t, buffered_of(self)->raw, "close");
    leave(t, self);
    return result;
}

static HdValue buffered_close(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0) return HD_NULL;
    HD_OWNED HdValue closed = hd_object_getattr(t, b->raw, HD_NAME("closed"));
    int truth = hd_is_null(closed) ? -1 : hd_object_truth(t, closed);
    if (truth) return truth < 0 ? HD_NULL : hd_None;
    if (b->finalizing) hd_io_warn_unclosed(t, b->raw, self);
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    HD_OWNED HdValue error = hd_is_null(flushed) ? hd_take_raised(t) : HD_NULL;
    hd_release(t, flushed);
    HdValue result = close_raw(t, self);
    if (hd_is_null(error)) return result;
    if (hd_is_null(result)) {
        HD_OWNED HdValue second = hd_take_raised(t);
        hd_exception_set_context_steal(t, second, hd_move(&error));
        hd_set_raised_steal(t, hd_move(&second));
        return HD_NULL;
    }
    hd_release(t, result);
    hd_set_raised_steal(t, hd_move(&error));
    return HD_NULL;
}

static HdValue buffered_detach(HdThread *t, HdValue self, const HdValue *args) {
    Buffered *b = buffered_of(self);
    if (check_ready(t, b) < 0) return HD_NULL;
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    if (hd_is_null(flushed)) return HD_NULL;
    hd_release(t, flushed);
    b->detached = true;
    b->initialised = false;
    return hd_move(&b->raw);
}

static HdValue buffered_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue name = HD_NULL;
    if (!hd_is_null(buffered_of(self)->raw) && hd_object_find_attr(t, self, HD_NAME("name"), &name) < 0) {
        if (!hd_raised_is(t, &hd_ValueError)) return HD_NULL;
        hd_clear_raised(t);
    }
    if (hd_is_null(name)) return hd_str_format(t, "<%s>", hd_type_of(self)->name);
    int entered = hd_object_repr_enter(t, self);
    if (entered < 0) return HD_NULL;
    if (entered) return hd_raise(t, &hd_RuntimeError, "reentrant call inside %s.__repr__", hd_type_of(self)->name);
    HdValue text = hd_str_format(t, "<%s name=%R>", hd_type_of(self)->name, name);
    hd_object_repr_leave(t, self);
    return text;
}
static HdValue no_pickle(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_raise(t, &hd_TypeError, "cannot pickle '%T' object", self);
}
static void buffered_finalize(HdThread *t, HdValue self) {
    if (buffered_of(self)->initialised && !hd_is_null(buffered_of(self)->raw)) hd_io_finalize(t, self);
}
static void buffered_clear(HdThread *t, HdObject *self) {
    Buffered *b = (Buffered *)self;
    b->initialised = false;
    hd_clear_slot(t, &b->raw);
}
static void buffered_dealloc(HdThread *t, HdObject *self) {
    Buffered *b = (Buffered *)self;
    hd_heap_raw_free(t, b->ahead, (size_t)b->size);
    hd_heap_raw_free(t, b->pending, (size_t)b->size);
    buffered_clear(t, self);
    hd_type_free(t, self);
}
static int buffered_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Buffered *)self)->raw);
    return 0;
}

#define SHARED_METHODS                                                                               \
    HD_METHOD(buffered_close, "close($self, /)", NULL),                                              \
    HD_METHOD(buffered_detach, "detach($self, /)", NULL),                                            \
    HD_METHOD(buffered_seekable, "seekable($self, /)", NULL),                                        \
    HD_METHOD(buffered_fileno, "fileno($self, /)", NULL),                                            \
    HD_METHOD(buffered_isatty, "isatty($self, /)", NULL),                                            \
    HD_METHOD(buffered_tell, "tell($self, /)", NULL),                                                \
    HD_METHOD(buffered_seek, "seek($self, target, whence=0, /)", NULL),                              \
    HD_METHOD(buffered_truncate, "truncate($self, pos=None, /)", NULL),                              \
    HD_METHOD(buffered_dealloc_warn, "_dealloc_warn($self, source, /)", NULL),                       \
    HD_METHOD_RAW(no_pickle, "__getstate__", NULL),                                                  \
    HD_METHOD_RAW(no_pickle, "__reduce_ex__", NULL)
#define READ_METHODS                                                                                 \
    HD_METHOD(buffered_read, "read($self, size=-1, /)", NULL),                                       \
    HD_METHOD(buffered_read1, "read1($self, size=-1, /)", NULL),                                     \
    HD_METHOD(buffered_readinto, "readinto($self, buffer, /)", NULL),                                \
    HD_METHOD(buffered_readinto1, "readinto1($self, buffer, /)", NULL),                              \
    HD_METHOD(buffered_readline, "readline($self, size=-1, /)", NULL),                               \
    HD_METHOD(buffered_peek, "peek($self, size=0, /)", NULL),                                        \
    HD_METHOD(buffered_readable, "readable($self, /)", NULL)
#define WRITE_METHODS                                                                                \
    HD_METHOD(buffered_write, "write($self, buffer, /)", NULL),                                      \
    HD_METHOD(buffered_flush, "flush($self, /)", NULL),                                              \
    HD_METHOD(buffered_writable, "writable($self, /)", NULL)

static const HdMethodDef reader_methods[] = {SHARED_METHODS, READ_METHODS, HD_METHOD(simple_flush, "flush($self, /)", NULL),
                                             HD_METHODS_END};
static const HdMethodDef writer_methods[] = {SHARED_METHODS, WRITE_METHODS, HD_METHODS_END};
static const HdMethodDef random_methods[] = {SHARED_METHODS, READ_METHODS, WRITE_METHODS, HD_METHODS_END};
static const HdGetSetDef buffered_getsets[] = {
    {"closed", raw_attribute, NULL, NULL, "closed"},
    {"name", raw_attribute, NULL, NULL, "name"},
    {"mode", raw_attribute, NULL, NULL, "mode"},
    {"raw", buffered_raw, NULL, NULL, NULL},
    {"_finalizing", buffered_finalizing, set_finalizing, NULL, NULL},
    {NULL},
};
#define BUFFERED_TYPE(type_name, text, init_function, method_table, next_function)                     \
    {HD_TYPE_HEAD(type_name), .doc = (text), .base = &hd_io_buffered_base_type, .basicsize = sizeof(Buffered), \
     .attrs_offset = offsetof(Buffered, attrs), .flags = HD_TYPE_BASE | HD_TYPE_GC, .dealloc = buffered_dealloc, \
     .traverse = buffered_traverse, .clear = buffered_clear, .create = buffered_create, .init = (init_function), \
     .repr = buffered_repr, .finalize = buffered_finalize, .next = (next_function), .methods = (method_table), \
     .getsets = buffered_getsets}
HdType hd_io_reader_type = BUFFERED_TYPE("_io.BufferedReader", "Create a new buffered reader using the given readable raw IO object.",
                                         reader_init, reader_methods, buffered_next);
HdType hd_io_writer_type = BUFFERED_TYPE("_io.BufferedWriter", "A buffer for a writeable sequential RawIO object.", writer_init,
                                         writer_methods, NULL);
HdType hd_io_random_type = BUFFERED_TYPE("_io.BufferedRandom", "A buffered interface to random access streams.", random_init,
                                         random_methods, buffered_next);

/* --- BufferedRWPair --- */

typedef struct Pair {
    HdObject head;
    HdAttrs attrs;
    HdValue reader, writer;
} Pair;
HD_INLINE Pair *pair_of(HdValue v) { return HD_AS(Pair, v); }

static const HdMethodDef pair_def = {.signature = "BufferedRWPair(reader, writer, buffer_size=8192, /)"};
static int pair_init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[3];
    if (hd_native_bind(t, &pair_def, refs, nargs, kwnames, args) < 0) return -1;
    if (hd_io_check_able(t, args[0], "readable", "File or stream is not readable.") < 0 ||
        hd_io_check_able(t, args[1], "writable", "File or stream is not writable.") < 0)
        return -1;
    HdValue size = hd_is_null(args[2]) ? hd_imm_int(HD_IO_BUFFER_SIZE) : args[2];
    HD_OWNED HdValue reader = hd_object_call2(t, hd_type_value(&hd_io_reader_type), args[0], size);
    HD_OWNED HdValue writer = hd_is_null(reader) ? HD_NULL : hd_object_call2(t, hd_type_value(&hd_io_writer_type), args[1], size);
    if (hd_is_null(writer)) return -1;
    hd_replace_steal(t, &pair_of(self)->reader, hd_move(&reader));
    hd_replace_steal(t, &pair_of(self)->writer, hd_move(&writer));
    return 0;
}
static HdValue pair_forward(HdThread *t, HdValue target, const char *name, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_is_null(target)) return hd_raise(t, &hd_ValueError, "I/O operation on uninitialized object");
    HD_OWNED HdValue method = hd_object_getattr_text(t, target, name);
    return hd_is_null(method) ? HD_NULL : hd_object_call(t, method, args, nargs, kwnames);
}
#define PAIR_FORWARD(name, side)                                                                              \
    static HdValue pair_##name(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { \
        return pair_forward(t, pair_of(self)->side, #name, args, nargs, kwnames);                             \
    }
PAIR_FORWARD(read, reader)
PAIR_FORWARD(peek, reader)
PAIR_FORWARD(read1, reader)
PAIR_FORWARD(readinto, reader)
PAIR_FORWARD(readinto1, reader)
PAIR_FORWARD(readable, reader)
PAIR_FORWARD(write, writer)
PAIR_FORWARD(flush, writer)
PAIR_FORWARD(writable, writer)

static HdValue pair_close(HdThread *t, HdValue self, const HdValue *args) {
    HdValue first = pair_forward(t, pair_of(self)->writer, "close", NULL, 0, HD_NULL);
    HD_OWNED HdValue error = hd_is_null(first) ? hd_take_raised(t) : HD_NULL;
    hd_release(t, first);
    HdValue second = pair_forward(t, pair_of(self)->reader, "close", NULL, 0, HD_NULL);
    if (hd_is_null(error)) return second;
    if (hd_is_null(second)) {
        hd_exception_set_context_steal(t, t->exception, hd_move(&error));
        return HD_NULL;
    }
    hd_release(t, second);
    hd_set_raised_steal(t, hd_move(&error));
    return HD_NULL;
}
static HdValue pair_isatty(HdThread *t, HdValue self, const HdValue *args) {
    HdValue writer = pair_forward(t, pair_of(self)->writer, "isatty", NULL, 0, HD_NULL);
    if (hd_is_null(writer) || hd_same(writer, hd_True)) return writer;
    hd_release(t, writer);
    return pair_forward(t, pair_of(self)->reader, "isatty", NULL, 0, HD_NULL);
}
static HdValue pair_closed(HdThread *t, HdValue self, void *closure) {
    HdValue writer = pair_of(self)->writer;
    if (hd_is_null(writer)) return hd_raise(t, &hd_RuntimeError, "the BufferedRWPair object is being garbage-collected");
    return hd_object_getattr(t, writer, HD_NAME("closed"));
}
static void pair_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Pair *)self)->reader);
    hd_clear_slot(t, &((Pair *)self)->writer);
}
static void pair_dealloc(HdThread *t, HdObject *self) {
    pair_clear(t, self);
    hd_type_free(t, self);
}
static int pair_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Pair *)self)->reader);
    HD_VISIT(((Pair *)self)->writer);
    return 0;
}
static const HdMethodDef pair_methods[] = {
    HD_METHOD_RAW(pair_read, "read", NULL), HD_METHOD_RAW(pair_peek, "peek", NULL), HD_METHOD_RAW(pair_read1, "read1", NULL),
    HD_METHOD_RAW(pair_readinto, "readinto", NULL), HD_METHOD_RAW(pair_readinto1, "readinto1", NULL),
    HD_METHOD_RAW(pair_readable, "readable", NULL), HD_METHOD_RAW(pair_write, "write", NULL),
    HD_METHOD_RAW(pair_flush, "flush", NULL), HD_METHOD_RAW(pair_writable, "writable", NULL),
    HD_METHOD(pair_close, "close($self, /)", NULL), HD_METHOD(pair_isatty, "isatty($self, /)", NULL), HD_METHODS_END,
};
static const HdGetSetDef pair_getsets[] = {{"closed", pair_closed, NULL, NULL, NULL}, {NULL}};
HdType hd_io_pair_type = {
    HD_TYPE_HEAD("_io.BufferedRWPair"),
    .doc = "A buffered reader and writer object together.",
    .base = &hd_io_buffered_base_type,
    .basicsize = sizeof(Pair),
    .attrs_offset = offsetof(Pair, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = pair_dealloc,
    .traverse = pair_traverse,
    .clear = pair_clear,
    .create = buffered_create,
    .init = pair_init,
    .methods = pair_methods,
    .getsets = pair_getsets,
};
