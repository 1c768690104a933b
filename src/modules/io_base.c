/* io_base.c -- the abstract streams: what every stream can do by calling its own abstract methods.
 *
 * No C fields: whether a stream is closed is kept in its attribute __IOBase_closed, as in CPython, so that Python
 * classes may derive from these types freely. No locks.
 */
#include "io_types.h"

HdValue hd_io_unsupported_borrowed(HdThread *t) {
    HdValue module = hd_dict_get_text(t, hd_runtime.modules, "_io");
    if (hd_is_null(module)) return hd_raise(t, &hd_RuntimeError, "the module _io is gone");
    HdValue type = hd_dict_get_text(t, hd_module_dict_borrowed(module), "UnsupportedOperation");
    hd_release(t, module);
    if (hd_is_null(type)) return hd_raise(t, &hd_AttributeError, "module '_io' has no attribute 'UnsupportedOperation'");
    hd_release(t, type); /* the module's dict keeps it */
    return type;
}

HdValue hd_io_raise_unsupported(HdThread *t, const char *message) {
    HdValue type = hd_io_unsupported_borrowed(t);
    return hd_is_null(type) ? HD_NULL : hd_raise(t, HD_AS(HdType, type), "%s", message);
}

int hd_io_target(HdThread *t, HdValue v, const char *function, HdBuffer *out) {
    if (hd_buffer_get(t, v, out, HD_BUFFER_WRITABLE) == 0) return 0;
    if (!hd_raised_is(t, &hd_BufferError) && !hd_raised_is(t, &hd_TypeError)) return -1;
    return hd_raise_int(t, &hd_TypeError, "%s() argument must be read-write bytes-like object, not %T", function, v);
}

int hd_io_ask(HdThread *t, HdValue stream, const char *method) {
    HdValue answer = hd_object_call_method_text(t, stream, method, NULL, 0);
    if (hd_is_null(answer)) return -1;
    int truth = hd_object_truth(t, answer);
    hd_release(t, answer);
    return truth;
}

static int is_closed(HdThread *t, HdValue stream) {
    HD_OWNED HdValue closed = hd_object_getattr(t, stream, HD_NAME("closed"));
    return hd_is_null(closed) ? -1 : hd_object_truth(t, closed);
}

int hd_io_check_closed(HdThread *t, HdValue stream) {
    int closed = is_closed(t, stream);
    if (closed > 0) return hd_raise_int(t, &hd_ValueError, "I/O operation on closed file.");
    return closed;
}

int hd_io_check_able(HdThread *t, HdValue stream, const char *method, const char *message) {
    int able = hd_io_ask(t, stream, method);
    if (able == 0) {
        hd_io_raise_unsupported(t, message);
        return -1;
    }
    return able < 0 ? -1 : 0;
}

HdSize hd_io_size(HdThread *t, HdValue v) {
    if (hd_is_null(v) || hd_is_none(v)) return -1;
    if (!hd_number_check_index(v)) {
        hd_raise(t, &hd_TypeError, "argument should be integer or None, not '%T'", v);
        return -2;
    }
    HdSize size = hd_number_as_size(t, v, &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return -2;
    if (size == -2) return -3;
    return size < -1 ? -1 : size;
}

int64_t hd_io_offset(HdThread *t, HdValue v) {
    int64_t offset = hd_number_as_i64(t, v);
    if (offset < 0) {
        if (!hd_raised(t)) hd_raise(t, &hd_OSError, "Raw stream returned invalid position %lld", (long long)offset);
        return -1;
    }
    return offset;
}

/* --- _IOBase --- */

static HdValue unsupported(HdThread *t, const char *what) { return hd_io_raise_unsupported(t, what); }

static HdValue base_seek(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "seek"); }
static HdValue base_truncate(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "truncate"); }
static HdValue base_fileno(HdThread *t, HdValue self, const HdValue *args) { return unsupported(t, "fileno"); }
static HdValue base_tell(HdThread *t, HdValue self, const HdValue *args) {
    HdValue seek_args[] = {hd_imm_int(0), hd_imm_int(1)};
    return hd_object_call_method(t, self, HD_NAME("seek"), seek_args, 2);
}
static HdValue base_flush(HdThread *t, HdValue self, const HdValue *args) {
    return hd_io_check_closed(t, self) < 0 ? HD_NULL : hd_None;
}
static HdValue base_get_closed(HdThread *t, HdValue self, void *closure) {
    HdValue flag;
    int found = hd_object_find_attr(t, self, HD_NAME("__IOBase_closed"), &flag);
    if (found < 0) return HD_NULL;
    if (found) hd_release(t, flag);
    return hd_bool(found);
}
static HdValue base_close(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue closed = base_get_closed(t, self, NULL);
    if (hd_is_null(closed)) return HD_NULL;
    if (hd_same(closed, hd_True)) return hd_None;
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    HD_OWNED HdValue error = hd_is_null(flushed) ? hd_take_raised(t) : HD_NULL;
    hd_release(t, flushed);
    if (hd_object_setattr(t, self, HD_NAME("__IOBase_closed"), hd_True) < 0) return HD_NULL;
    if (!hd_is_null(error)) {
        hd_set_raised_steal(t, hd_move(&error));
        return HD_NULL;
    }
    return hd_None;
}
static HdValue answer_no(HdThread *t, HdValue self, const HdValue *args) {
    return hd_io_check_closed(t, self) < 0 ? HD_NULL : hd_False;
}
static HdValue base_no(HdThread *t, HdValue self, const HdValue *args) { return hd_False; }
static HdValue base_enter(HdThread *t, HdValue self, const HdValue *args) {
    return hd_io_check_closed(t, self) < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue base_exit(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_object_call_method0(t, self, "close");
}
static HdValue base_check(HdThread *t, HdValue self, const char *method, const char *message) {
    return hd_io_check_able(t, self, method, message) < 0 ? HD_NULL : hd_True;
}
static HdValue base_check_closed(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_io_check_closed(t, self) < 0 ? HD_NULL : hd_None;
}
static HdValue base_check_readable(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return base_check(t, self, "readable", "File or stream is not readable.");
}
static HdValue base_check_writable(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return base_check(t, self, "writable", "File or stream is not writable.");
}
static HdValue base_check_seekable(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return base_check(t, self, "seekable", "File or stream is not seekable.");
}

/* How many bytes readline may ask for at once: up to the newline that peek() shows, else one. */
static HdSize peek_amount(HdThread *t, HdValue self, HdValue peek, HdSize limit) {
    HD_OWNED HdValue ahead = hd_object_call1(t, peek, hd_imm_int(1));
    if (hd_is_null(ahead)) return -1;
    if (!hd_is_bytes(ahead)) return hd_raise_int(t, &hd_OSError, "peek() should have returned a bytes object, not '%T'", ahead);
    HdSize length = hd_bytes_length(ahead);
    if (length == 0) return 1;
    if (limit >= 0 && length > limit) length = limit;
    const uint8_t *newline = memchr(hd_bytes_data(ahead), '\n', (size_t)length);
    return newline ? newline - hd_bytes_data(ahead) + 1 : length;
}

static HdValue base_readline(HdThread *t, HdValue self, const HdValue *args) {
    HdSize limit = hd_io_size(t, args[0]);
    if (limit == -2) return HD_NULL;
    HD_OWNED HdValue peek = HD_NULL;
    if (hd_object_find_attr(t, self, HD_NAME("peek"), &peek) < 0) return HD_NULL;
    HD_OWNED HdValue line = hd_bytearray_new(t, NULL, 0);
    if (hd_is_null(line)) return HD_NULL;
    for (HdSize have = 0; limit < 0 || have < limit;) {
        HdSize wanted = hd_is_null(peek) ? 1 : peek_amount(t, self, peek, limit < 0 ? -1 : limit - have);
        if (wanted < 0) return HD_NULL;
        HD_OWNED HdValue size = hd_int_from_size(t, wanted);
        HD_OWNED HdValue piece = hd_object_call_method1(t, self, "read", size);
        if (hd_is_null(piece)) return HD_NULL;
        if (!hd_is_bytes(piece)) return hd_raise(t, &hd_OSError, "read() should have returned a bytes object, not '%T'", piece);
        HdSize got = hd_bytes_length(piece);
        if (got == 0) break;
        if (hd_bytearray_resize(t, line, have + got) < 0) return HD_NULL;
        memcpy(hd_bytearray_data(line) + have, hd_bytes_data(piece), (size_t)got);
        have += got;
        if (hd_bytearray_data(line)[have - 1] == '\n') break;
    }
    return hd_bytes_new(t, hd_bytearray_data(line), HD_AS(HdByteArray, line)->length);
}

static HdValue base_iter(HdThread *t, HdValue self) { return hd_io_check_closed(t, self) < 0 ? HD_NULL : hd_retain(t, self); }
static HdValue base_next(HdThread *t, HdValue self) {
    HdValue line = hd_object_call_method0(t, self, "readline");
    if (hd_is_null(line)) return HD_NULL;
    HdSize length = hd_object_length(t, line);
    if (length > 0) return line;
    hd_release(t, line);
    return HD_NULL;
}
static HdValue base_readlines(HdThread *t, HdValue self, const HdValue *args) {
    HdSize hint = hd_io_size(t, args[0]);
    if (hint == -2) return HD_NULL;
    HD_OWNED HdValue lines = hd_list_new(t, 0);
    HD_OWNED HdValue iterator = hd_is_null(lines) ? HD_NULL : hd_object_iter(t, self);
    if (hd_is_null(iterator)) return HD_NULL;
    for (HdSize total = 0; hint <= 0 || total < hint;) {
        HD_OWNED HdValue line = hd_object_next(t, iterator);
        if (hd_is_null(line)) {
            if (hd_raised(t)) return HD_NULL;
            break;
        }
        HdSize length = hd_object_length(t, line);
        if (length < 0 || hd_list_append(t, lines, line) < 0) return HD_NULL;
        total += length;
    }
    return hd_move(&lines);
}
static HdValue base_writelines(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_io_check_closed(t, self) < 0) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    for (;;) {
        HD_OWNED HdValue line = hd_object_next(t, iterator);
        if (hd_is_null(line)) return hd_raised(t) ? HD_NULL : hd_None;
        HdValue written = hd_object_call_method1(t, self, "write", line);
        if (hd_is_null(written)) return HD_NULL;
        hd_release(t, written);
    }
}

void hd_io_warn_unclosed(HdThread *t, HdValue inner, HdValue stream) {
    HdValue warned = hd_object_call_method1(t, inner, "_dealloc_warn", stream);
    if (hd_is_null(warned)) hd_clear_raised(t);
    else hd_release(t, warned);
}

void hd_io_finalize(HdThread *t, HdValue self) {
    HdValue pending = t->exception;
    t->exception = HD_NULL;
    int closed = is_closed(t, self);
    if (closed < 0) hd_clear_raised(t);
    if (closed == 0) {
        (void)!hd_object_setattr(t, self, HD_NAME("_finalizing"), hd_True);
        hd_clear_raised(t);
        HdValue result = hd_object_call_method0(t, self, "close");
        if (hd_is_null(result)) hd_clear_raised(t);
        else hd_release(t, result);
    }
    t->exception = pending;
}

static HdValue base_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (type->init != hd_object_type.init) nargs = 0, kwnames = HD_NULL; /* the arguments are for __init__ */
    return hd_object_type.create(t, type, args, nargs, kwnames);
}
static void base_dealloc(HdThread *t, HdObject *self) { hd_type_free(t, self); }
static int base_traverse(HdObject *self, HdVisit visit, void *context) { return 0; }

static const HdMethodDef base_methods[] = {
    HD_METHOD_RAW(base_seek, "seek", "Change stream position."),
    HD_METHOD(base_tell, "tell($self, /)", "Return current stream position."),
    HD_METHOD_RAW(base_truncate, "truncate", "Truncate file to size bytes."),
    HD_METHOD(base_flush, "flush($self, /)", "Flush write buffers, if applicable."),
    HD_METHOD(base_close, "close($self, /)", "Flush and close the IO object."),
    HD_METHOD(base_no, "seekable($self, /)", "Return whether object supports random access."),
    HD_METHOD(base_no, "readable($self, /)", "Return whether object was opened for reading."),
    HD_METHOD(base_no, "writable($self, /)", "Return whether object was opened for writing."),
    HD_METHOD_RAW(base_check_closed, "_checkClosed", NULL),
    HD_METHOD_RAW(base_check_readable, "_checkReadable", NULL),
    HD_METHOD_RAW(base_check_writable, "_checkWritable", NULL),
    HD_METHOD_RAW(base_check_seekable, "_checkSeekable", NULL),
    HD_METHOD(base_fileno, "fileno($self, /)", "Returns underlying file descriptor if one exists."),
    HD_METHOD(answer_no, "isatty($self, /)", "Return whether this is an 'interactive' stream."),
    HD_METHOD(base_enter, "__enter__($self, /)", NULL),
    HD_METHOD_RAW(base_exit, "__exit__", NULL),
    HD_METHOD(base_readline, "readline($self, size=-1, /)", "Read and return a line from the stream."),
    HD_METHOD(base_readlines, "readlines($self, hint=-1, /)", "Return a list of lines from the stream."),
    HD_METHOD(base_writelines, "writelines($self, lines, /)", "Write a list of lines to stream."),
    HD_METHODS_END,
};
static const HdGetSetDef base_getsets[] = {
    {"closed", base_get_closed, NULL, NULL, NULL},
    {"__dict__", hd_attrs_get_dict_attr, NULL, NULL, NULL},
    {NULL},
};

HdType hd_io_base_type = {
    HD_TYPE_HEAD("_io._IOBase"),
    .doc = "The abstract base class for all I/O classes.",
    .basicsize = sizeof(HdObject) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdObject),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = base_create,
    .dealloc = base_dealloc,
    .traverse = base_traverse,
    .iter = base_iter,
    .next = base_next,
    .finalize = hd_io_finalize,
    .methods = base_methods,
    .getsets = base_getsets,
};

/* --- _RawIOBase --- */

static HdValue raw_readall(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue whole = hd_bytearray_new(t, NULL, 0);
    if (hd_is_null(whole)) return HD_NULL;
    for (HdSize have = 0;;) {
        HD_OWNED HdValue piece = hd_object_call_method1(t, self, "read", hd_imm_int(HD_IO_BUFFER_SIZE));
        if (hd_is_null(piece)) return HD_NULL;
        if (hd_is_none(piece)) {
            if (have == 0) return hd_None;
            break;
        }
        if (!hd_is_bytes(piece)) return hd_raise(t, &hd_TypeError, "read() should return bytes");
        HdSize got = hd_bytes_length(piece);
        if (got == 0) break;
        if (hd_bytearray_resize(t, whole, have + got) < 0) return HD_NULL;
        memcpy(hd_bytearray_data(whole) + have, hd_bytes_data(piece), (size_t)got);
        have += got;
    }
    return hd_bytes_new(t, hd_bytearray_data(whole), HD_AS(HdByteArray, whole)->length);
}
static HdValue raw_read(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_io_size(t, args[0]);
    if (size == -2) return HD_NULL;
    if (size < 0) return hd_object_call_method0(t, self, "readall");
    HD_OWNED HdValue buffer = hd_bytearray_new(t, NULL, 0);
    if (hd_is_null(buffer) || hd_bytearray_resize(t, buffer, size) < 0) return HD_NULL;
    HD_OWNED HdValue count = hd_object_call_method1(t, self, "readinto", buffer);
    if (hd_is_null(count) || hd_is_none(count)) return hd_move(&count);
    HdSize got = hd_number_as_size(t, count, &hd_ValueError);
    if (got == -1 && hd_raised(t)) return HD_NULL;
    if (got < 0 || got > size) return hd_raise(t, &hd_ValueError, "readinto returned %zd outside buffer size %zd", got, size);
    return hd_bytes_new(t, hd_bytearray_data(buffer), got);
}
static const HdMethodDef raw_methods[] = {
    HD_METHOD(raw_read, "read($self, size=-1, /)", NULL),
    HD_METHOD(raw_readall, "readall($self, /)", "Read until EOF, using multiple read() call."),
    HD_METHODS_END,
};
HdType hd_io_raw_base_type = {
    HD_TYPE_HEAD("_io._RawIOBase"),
    .doc = "Base class for raw binary I/O.",
    .base = &hd_io_base_type,
    .basicsize = sizeof(HdObject) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdObject),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .finalize = hd_io_finalize,
    .methods = raw_methods,
};

/* --- _BufferedIOBase --- */

static HdValue buffered_no_detach(HdThread *t, HdValue self, const HdValue *args) { return unsupported(t, "detach"); }
static HdValue buffered_no_read(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "read"); }
static HdValue buffered_no_read1(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "read1"); }
static HdValue buffered_no_write(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "write"); }

static HdValue read_into(HdThread *t, HdValue self, HdValue target, const char *method) {
    HdBuffer buffer;
    if (hd_io_target(t, target, strcmp(method, "read1") == 0 ? "readinto1" : "readinto", &buffer) < 0) return HD_NULL;
    HD_OWNED HdValue size = hd_int_from_size(t, buffer.length);
    HD_OWNED HdValue data = hd_object_call_method_text(t, self, method, &size, 1);
    HdValue result = HD_NULL;
    if (hd_is_null(data)) {
    } else if (!hd_is_bytes(data)) {
        hd_raise(t, &hd_TypeError, "read() should return bytes");
    } else if (hd_bytes_length(data) > buffer.length) {
        hd_raise(t, &hd_ValueError, "read() returned too much data: %zd bytes requested, %zd returned", buffer.length, hd_bytes_length(data));
    } else {
        memcpy(buffer.data, hd_bytes_data(data), (size_t)hd_bytes_length(data));
        result = hd_int_from_size(t, hd_bytes_length(data));
    }
    hd_buffer_release(t, &buffer);
    return result;
}
static HdValue buffered_readinto(HdThread *t, HdValue self, const HdValue *args) { return read_into(t, self, args[0], "read"); }
static HdValue buffered_readinto1(HdThread *t, HdValue self, const HdValue *args) { return read_into(t, self, args[0], "read1"); }

static const HdMethodDef buffered_base_methods[] = {
    HD_METHOD(buffered_no_detach, "detach($self, /)", "Disconnect this buffer from its underlying raw stream and return it."),
    HD_METHOD_RAW(buffered_no_read, "read", "Read and return up to n bytes."),
    HD_METHOD_RAW(buffered_no_read1, "read1", "Read and return up to n bytes, with at most one read() call."),
    HD_METHOD_RAW(buffered_no_write, "write", "Write the given buffer to the IO stream."),
    HD_METHOD(buffered_readinto, "readinto($self, buffer, /)", NULL),
    HD_METHOD(buffered_readinto1, "readinto1($self, buffer, /)", NULL),
    HD_METHODS_END,
};
HdType hd_io_buffered_base_type = {
    HD_TYPE_HEAD("_io._BufferedIOBase"),
    .doc = "Base class for buffered IO objects.",
    .base = &hd_io_base_type,
    .basicsize = sizeof(HdObject) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdObject),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .finalize = hd_io_finalize,
    .methods = buffered_base_methods,
};

/* --- _TextIOBase --- */

static HdValue text_no_detach(HdThread *t, HdValue self, const HdValue *args) { return unsupported(t, "detach"); }
static HdValue text_no_read(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "read"); }
static HdValue text_no_readline(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "readline"); }
static HdValue text_no_write(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return unsupported(t, "write"); }
static HdValue text_none(HdThread *t, HdValue self, void *closure) { return hd_None; }

static const HdMethodDef text_base_methods[] = {
    HD_METHOD(text_no_detach, "detach($self, /)", "Separate the underlying buffer from the TextIOBase and return it."),
    HD_METHOD_RAW(text_no_read, "read", "Read at most n characters from stream."),
    HD_METHOD_RAW(text_no_readline, "readline", "Read until newline or EOF."),
    HD_METHOD_RAW(text_no_write, "write", "Write string to stream."),
    HD_METHODS_END,
};
static const HdGetSetDef text_base_getsets[] = {
    {"encoding", text_none, NULL, "Encoding of the text stream.", NULL},
    {"newlines", text_none, NULL, "Line endings translated so far.", NULL},
    {"errors", text_none, NULL, "The error setting of the decoder or encoder.", NULL},
    {NULL},
};
HdType hd_io_text_base_type = {
    HD_TYPE_HEAD("_io._TextIOBase"),
    .doc = "Base class for text I/O.",
    .base = &hd_io_base_type,
    .basicsize = sizeof(HdObject) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdObject),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .finalize = hd_io_finalize,
    .methods = text_base_methods,
    .getsets = text_base_getsets,
};
