/* io_bytes.c -- BytesIO: a bytes buffer as a stream. All that looks at the data or the position holds the object's lock
 * (GIL off), and asks under it whether the stream is still open; arguments are converted before. The lock of the bytearray
 * inside is never waited for: nobody else knows it. */
#include "io_types.h"
#include "mutex.h"

typedef struct BytesIO {
    HdObject head;
    HdAttrs attrs;
    HdValue data; /* bytearray; HD_NULL once closed */
    HdSize position;
    HdSize exports; /* views from getbuffer() alive */
} BytesIO;
HD_INLINE BytesIO *bytes_io(HdValue v) { return HD_AS(BytesIO, v); }

static int check(HdThread *t, HdValue self) {
    if (HD_LOAD_RELAXED(&bytes_io(self)->data.bits)) return 0;
    return hd_raise_int(t, &hd_ValueError, "I/O operation on closed file.");
}
static int check_exports(HdThread *t, HdValue self) {
    if (HD_LOAD_RELAXED(&bytes_io(self)->exports) == 0) return 0;
    return hd_raise_int(t, &hd_BufferError, "Existing exports of data: object cannot be re-sized");
}
static HdSize length_of(HdValue self) { return HD_AS(HdByteArray, bytes_io(self)->data)->length; }
static uint8_t *data_of(HdValue self) { return hd_bytearray_data(bytes_io(self)->data); }

static HdValue create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    bytes_io(self)->data = hd_bytearray_new(t, NULL, 0);
    if (hd_is_null(bytes_io(self)->data)) hd_clear_slot(t, &self);
    return self;
}
static const HdMethodDef init_def = {.signature = "BytesIO(initial_bytes=b'')"};
static int init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[1];
    if (hd_native_bind(t, &init_def, refs, nargs, kwnames, args) < 0 || check_exports(t, self) < 0) return -1;
    HdValue data;
    if (hd_is_null(args[0]) || hd_is_none(args[0])) {
        hd_lock_object(t, hd_as_object(self));
        bool fresh = !hd_is_null(bytes_io(self)->data) && length_of(self) == 0;
        if (fresh) bytes_io(self)->position = 0;
        hd_unlock_object(t, hd_as_object(self));
        if (fresh) return 0;
        data = hd_bytearray_new(t, NULL, 0);
    } else {
        HdBuffer buffer;
        if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
        data = hd_bytearray_new(t, buffer.data, buffer.length);
        hd_buffer_release(t, &buffer);
    }
    if (hd_is_null(data)) return -1;
    hd_lock_object(t, hd_as_object(self));
    bytes_io(self)->position = 0;
    HdValue old = hd_slot_exchange(&bytes_io(self)->data, data);
    hd_unlock_object(t, hd_as_object(self));
    hd_release(t, old);
    return 0;
}

/* Bytes from the position on, at most `size` (< 0: all); moves the position. The lock is held. */
static HdValue take(HdThread *t, HdValue self, HdSize size) {
    BytesIO *b = bytes_io(self);
    HdSize left = length_of(self) - b->position;
    if (left < 0) left = 0;
    if (size < 0 || size > left) size = left;
    HdValue bytes = size ? hd_bytes_new(t, data_of(self) + b->position, size) : hd_bytes_empty();
    if (!hd_is_null(bytes)) b->position += size;
    return bytes;
}
static HdValue bytes_read(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_io_size(t, args[0]);
    if (size == -2) return HD_NULL;
    hd_lock_object(t, hd_as_object(self));
    HdValue bytes = check(t, self) < 0 ? HD_NULL : take(t, self, size);
    hd_unlock_object(t, hd_as_object(self));
    return bytes;
}
/* Length of the line at the position, at most `limit`. */
static HdSize line_length(HdValue self, HdSize limit) {
    HdSize left = length_of(self) - bytes_io(self)->position;
    if (left <= 0) return 0;
    if (limit >= 0 && left > limit) left = limit;
    const uint8_t *start = data_of(self) + bytes_io(self)->position, *newline = memchr(start, '\n', (size_t)left);
    return newline ? newline - start + 1 : left;
}
/* A line of at most `limit` bytes (< 0: of any length), b'' at the end; takes the lock. */
static HdValue take_line(HdThread *t, HdValue self, HdSize limit) {
    hd_lock_object(t, hd_as_object(self));
    HdValue line = check(t, self) < 0 ? HD_NULL : take(t, self, line_length(self, limit));
    hd_unlock_object(t, hd_as_object(self));
    return line;
}
static HdValue bytes_readline(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_io_size(t, args[0]);
    return size == -2 ? HD_NULL : take_line(t, self, size);
}
static HdValue bytes_next(HdThread *t, HdValue self) {
    HdValue line = take_line(t, self, -1);
    if (hd_is_null(line) || hd_bytes_length(line)) return line;
    hd_release(t, line);
    return HD_NULL;
}
static HdValue bytes_readlines(HdThread *t, HdValue self, const HdValue *args) {
    HdSize hint = hd_io_size(t, args[0]);
    if (hint == -2 || check(t, self) < 0) return HD_NULL;
    HD_OWNED HdValue lines = hd_list_new(t, 0);
    for (HdSize total = 0; !hd_is_null(lines);) {
        HD_OWNED HdValue line = take_line(t, self, -1);
        if (hd_is_null(line)) return HD_NULL;
        if (!hd_bytes_length(line)) break;
        if (hd_list_append(t, lines, line) < 0) return HD_NULL;
        total += hd_bytes_length(line);
        if (hint > 0 && total >= hint) break;
    }
    return hd_move(&lines);
}
static HdValue bytes_readinto(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    if (check(t, self) < 0 || hd_io_target(t, args[0], "readinto", &buffer) < 0) return HD_NULL;
    BytesIO *b = bytes_io(self);
    HdSize left = -1;
    hd_lock_object(t, &b->head);
    if (check(t, self) == 0) {
        left = length_of(self) - b->position;
        if (left < 0) left = 0;
        if (left > buffer.length) left = buffer.length;
        if (left) memcpy(buffer.data, data_of(self) + b->position, (size_t)left);
        b->position += left;
    }
    hd_unlock_object(t, &b->head);
    hd_buffer_release(t, &buffer);
    return left < 0 ? HD_NULL : hd_int_from_size(t, left);
}

/* Makes room up to `length` (zeros in the gap), growing by parts so that many small writes stay linear. */
static int grow(HdThread *t, HdValue self, HdSize length) {
    return length > length_of(self) ? hd_bytearray_resize(t, bytes_io(self)->data, length) : 0;
}
static HdValue bytes_write(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0 || check_exports(t, self) < 0) return HD_NULL;
    if (hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "a bytes-like object is required, not 'str'");
    HdBuffer buffer;
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    BytesIO *b = bytes_io(self);
    HdValue result = HD_NULL;
    hd_lock_object(t, &b->head);
    if (check(t, self) < 0 || check_exports(t, self) < 0) {
        result = HD_NULL;
    } else if (buffer.length == 0) {
        result = hd_imm_int(0);
    } else if (b->position > HD_SIZE_MAX - buffer.length) {
        hd_raise(t, &hd_OverflowError, "new buffer size too large");
    } else {
        HdSize old = length_of(self);
        if (grow(t, self, b->position + buffer.length) == 0) {
            if (b->position > old) memset(data_of(self) + old, 0, (size_t)(b->position - old));
            memcpy(data_of(self) + b->position, buffer.data, (size_t)buffer.length);
            b->position += buffer.length;
            result = hd_int_from_size(t, buffer.length);
        }
    }
    hd_unlock_object(t, &b->head);
    hd_buffer_release(t, &buffer);
    return result;
}
static HdValue bytes_writelines(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    for (;;) {
        HD_OWNED HdValue line = hd_object_next(t, iterator);
        if (hd_is_null(line)) return hd_raised(t) ? HD_NULL : hd_None;
        HD_OWNED HdValue written = bytes_write(t, self, &line);
        if (hd_is_null(written)) return HD_NULL;
    }
}
static HdValue bytes_seek(HdThread *t, HdValue self, const HdValue *args) {
    HdSize offset = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (offset == -1 && hd_raised(t)) return HD_NULL;
    int whence = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if ((whence == -1 && hd_raised(t)) || check(t, self) < 0) return HD_NULL;
    if (whence == 0 && offset < 0) return hd_raise(t, &hd_ValueError, "negative seek value %zd", offset);
    if (whence < 0 || whence > 2) return hd_raise(t, &hd_ValueError, "invalid whence (%d, should be 0, 1 or 2)", whence);
    hd_lock_object(t, hd_as_object(self));
    bool open = check(t, self) == 0;
    HdSize from = !open ? 0 : whence == 1 ? bytes_io(self)->position : whence == 2 ? length_of(self) : 0;
    bool fits = offset <= HD_SIZE_MAX - from;
    offset = !fits || offset + from < 0 ? 0 : offset + from;
    if (open && fits) bytes_io(self)->position = offset;
    hd_unlock_object(t, hd_as_object(self));
    if (!open) return HD_NULL;
    return fits ? hd_int_from_size(t, offset) : hd_raise(t, &hd_OverflowError, "new position too large");
}
static HdSize position_of(HdThread *t, HdValue self) {
    hd_lock_object(t, hd_as_object(self));
    HdSize position = bytes_io(self)->position;
    hd_unlock_object(t, hd_as_object(self));
    return position;
}
static HdValue bytes_tell(HdThread *t, HdValue self, const HdValue *args) {
    return check(t, self) < 0 ? HD_NULL : hd_int_from_size(t, position_of(t, self));
}
static HdValue bytes_truncate(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0 || check_exports(t, self) < 0) return HD_NULL;
    bool here = hd_is_null(args[0]) || hd_is_none(args[0]);
    HdSize size = here ? position_of(t, self) : hd_number_as_size(t, args[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise(t, &hd_ValueError, "negative size value %zd", size);
    hd_lock_object(t, hd_as_object(self));
    int status = check(t, self) < 0 || check_exports(t, self) < 0 ? -1
                 : size < length_of(self) ? hd_bytearray_resize(t, bytes_io(self)->data, size) : 0;
    hd_unlock_object(t, hd_as_object(self));
    return status < 0 ? HD_NULL : hd_int_from_size(t, size);
}
static HdValue bytes_getvalue(HdThread *t, HdValue self, const HdValue *args) {
    hd_lock_object(t, hd_as_object(self));
    HdValue value = check(t, self) < 0 ? HD_NULL : hd_bytes_new(t, length_of(self) ? data_of(self) : (void *)"", length_of(self));
    hd_unlock_object(t, hd_as_object(self));
    return value;
}
static HdValue bytes_getbuffer(HdThread *t, HdValue self, const HdValue *args) {
    return check(t, self) < 0 ? HD_NULL : hd_memoryview_new(t, self);
}
static int get_buffer(HdThread *t, HdValue self, HdBuffer *view, int flags) {
    hd_lock_object(t, hd_as_object(self));
    int status = check(t, self) < 0 ? -1 : hd_buffer_fill(t, view, self, data_of(self), length_of(self), false, flags);
    if (status == 0) HD_STORE_RELAXED(&bytes_io(self)->exports, bytes_io(self)->exports + 1);
    hd_unlock_object(t, hd_as_object(self));
    return status;
}
static void release_buffer(HdThread *t, HdValue self, HdBuffer *view) {
    hd_lock_object(t, hd_as_object(self));
    HD_STORE_RELAXED(&bytes_io(self)->exports, bytes_io(self)->exports - 1);
    hd_unlock_object(t, hd_as_object(self));
}

static HdValue bytes_close(HdThread *t, HdValue self, const HdValue *args) {
    hd_lock_object(t, hd_as_object(self));
    int status = check_exports(t, self);
    HdValue data = status < 0 ? HD_NULL : hd_slot_exchange(&bytes_io(self)->data, HD_NULL);
    hd_unlock_object(t, hd_as_object(self));
    hd_release(t, data);
    return status < 0 ? HD_NULL : hd_None;
}
static HdValue bytes_true(HdThread *t, HdValue self, const HdValue *args) { return check(t, self) < 0 ? HD_NULL : hd_True; }
static HdValue bytes_false(HdThread *t, HdValue self, const HdValue *args) { return check(t, self) < 0 ? HD_NULL : hd_False; }
static HdValue bytes_flush(HdThread *t, HdValue self, const HdValue *args) { return check(t, self) < 0 ? HD_NULL : hd_None; }
/* As in CPython: at its end only an instance of a subclass is closed. */
static void finalize(HdThread *t, HdValue self) {
    if (!hd_is_exact_object(self, &hd_io_bytes_type)) hd_io_finalize(t, self);
}
static HdValue bytes_closed(HdThread *t, HdValue self, void *closure) { return hd_bool(!HD_LOAD_RELAXED(&bytes_io(self)->data.bits)); }

static HdValue bytes_getstate(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue value = bytes_getvalue(t, self, NULL);
    if (hd_is_null(value)) return HD_NULL;
    HD_OWNED HdValue dict = HD_NULL;
    if (hd_object_find_attr(t, self, HD_NAME("__dict__"), &dict) < 0) return HD_NULL;
    HD_OWNED HdValue copy = hd_is_null(dict) || hd_dict_length(dict) == 0 ? hd_None : hd_dict_copy(t, dict);
    HD_OWNED HdValue position = hd_int_from_size(t, position_of(t, self));
    return hd_is_null(copy) ? HD_NULL : hd_tuple_pack(t, 3, value, position, copy);
}
static HdValue bytes_setstate(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0) return HD_NULL;
    if (!hd_is_tuple(args[0]) || hd_tuple_length(args[0]) < 3)
        return hd_raise(t, &hd_TypeError, "%T.__setstate__ argument should be 3-tuple, got %T", self, args[0]);
    HdRef initial = hd_ref_uncounted(hd_tuple_at_borrowed(args[0], 0));
    if (init(t, self, &initial, 1, HD_NULL) < 0) return HD_NULL;
    HdValue position = hd_tuple_at_borrowed(args[0], 1), dict = hd_tuple_at_borrowed(args[0], 2);
    if (!hd_is_int(position)) return hd_raise(t, &hd_TypeError, "second item of state must be an integer, not %T", position);
    HdSize at = hd_number_as_size(t, position, &hd_OverflowError);
    if (at == -1 && hd_raised(t)) return HD_NULL;
    if (at < 0) return hd_raise(t, &hd_ValueError, "position value cannot be negative");
    hd_lock_object(t, hd_as_object(self));
    bytes_io(self)->position = at;
    hd_unlock_object(t, hd_as_object(self));
    if (hd_is_none(dict)) return hd_None;
    if (!hd_is_dict(dict)) return hd_raise(t, &hd_TypeError, "third item of state should be a dict, got a %T", dict);
    HD_OWNED HdValue own = hd_object_getattr(t, self, HD_NAME("__dict__"));
    return hd_is_null(own) || hd_dict_merge(t, own, dict, 1) < 0 ? HD_NULL : hd_None;
}
static void clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((BytesIO *)self)->data); }
static void dealloc(HdThread *t, HdObject *self) {
    clear(t, self);
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) { return 0; }

static const HdMethodDef methods[] = {
    HD_METHOD(bytes_read, "read($self, size=-1, /)", "Read at most size bytes, returned as a bytes object."),
    HD_METHOD(bytes_read, "read1($self, size=-1, /)", "Read at most size bytes, returned as a bytes object."),
    HD_METHOD(bytes_readline, "readline($self, size=-1, /)", "Next line from the file, as a bytes object."),
    HD_METHOD(bytes_readlines, "readlines($self, size=None, /)", "List of bytes objects, each a line from the file."),
    HD_METHOD(bytes_readinto, "readinto($self, buffer, /)", "Read bytes into buffer."),
    HD_METHOD(bytes_write, "write($self, b, /)", "Write bytes to file."),
    HD_METHOD(bytes_writelines, "writelines($self, lines, /)", "Write lines to the file."),
    HD_METHOD(bytes_seek, "seek($self, pos, whence=0, /)", "Change stream position."),
    HD_METHOD(bytes_tell, "tell($self, /)", "Current file position, an integer."),
    HD_METHOD(bytes_truncate, "truncate($self, size=None, /)", "Truncate the file to at most size bytes."),
    HD_METHOD(bytes_getvalue, "getvalue($self, /)", "Retrieve the entire contents of the BytesIO object."),
    HD_METHOD(bytes_getbuffer, "getbuffer($self, /)", "Get a read-write view over the contents of the BytesIO object."),
    HD_METHOD(bytes_close, "close($self, /)", "Disable all I/O operations."),
    HD_METHOD(bytes_true, "readable($self, /)", NULL),
    HD_METHOD(bytes_true, "writable($self, /)", NULL),
    HD_METHOD(bytes_true, "seekable($self, /)", NULL),
    HD_METHOD(bytes_false, "isatty($self, /)", NULL),
    HD_METHOD(bytes_flush, "flush($self, /)", NULL),
    HD_METHOD(bytes_getstate, "__getstate__($self, /)", NULL),
    HD_METHOD(bytes_setstate, "__setstate__($self, state, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef getsets[] = {{"closed", bytes_closed, NULL, "True if the file is closed.", NULL}, {NULL}};
HdType hd_io_bytes_type = {
    HD_TYPE_HEAD("_io.BytesIO"),
    .doc = "Buffered I/O implementation using an in-memory bytes buffer.",
    .base = &hd_io_buffered_base_type,
    .basicsize = sizeof(BytesIO),
    .attrs_offset = offsetof(BytesIO, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = dealloc,
    .finalize = finalize,
    .traverse = traverse,
    .clear = clear,
    .create = create,
    .init = init,
    .next = bytes_next,
    .getbuffer = get_buffer,
    .releasebuffer = release_buffer,
    .methods = methods,
    .getsets = getsets,
};
