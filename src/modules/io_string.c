/* io_string.c -- StringIO: a str as a stream. The text lies in an array of code points; operations hold the object's
 * lock (GIL off). */
#include "io_types.h"
#include "mutex.h"

typedef struct StringIO {
    HdObject head;
    HdAttrs attrs;
    uint32_t *data; /* raw block of `capacity` code points */
    HdSize capacity, length, position;
    bool closed, initialised;
    bool translate;     /* read: all newlines become "\n" */
    bool universal;     /* read: lines end at all three kinds */
    const char *write_newline; /* what "\n" becomes when written, NULL: itself */
    char newline[3];
    bool newline_given; /* newline is not None */
    int seen;
} StringIO;
HD_INLINE StringIO *string_io(HdValue v) { return HD_AS(StringIO, v); }

static int check(HdThread *t, HdValue self) {
    StringIO *s = string_io(self);
    if (!s->initialised) return hd_raise_int(t, &hd_ValueError, "I/O operation on uninitialized object");
    return HD_LOAD_RELAXED(&s->closed) ? hd_raise_int(t, &hd_ValueError, "I/O operation on closed file") : 0;
}

static int reserve(HdThread *t, StringIO *s, HdSize length) {
    if (length <= s->capacity) return 0;
    if (length > HD_SIZE_MAX / 8) return hd_raise_int(t, &hd_OverflowError, "new buffer size too large");
    HdSize capacity = length + (length >> 3) + (length < 9 ? 3 : 16);
    uint32_t *grown = hd_heap_raw_resize(t, s->data, (size_t)s->capacity * 4, (size_t)capacity * 4);
    if (!grown) return hd_raise_no_memory(t), -1;
    s->data = grown;
    s->capacity = capacity;
    return 0;
}

static int write_str(HdThread *t, StringIO *s, HdValue text) {
    HD_OWNED HdValue own = HD_NULL;
    if (s->universal) {
        own = hd_io_translate(t, text, s->translate, s->translate ? &s->seen : NULL);
        if (hd_is_null(own)) return -1;
        text = own;
    }
    HD_OWNED HdValue replaced = HD_NULL;
    if (s->write_newline) {
        HD_OWNED HdValue newline = hd_str_from_char(t, '\n');
        HD_OWNED HdValue to = hd_str_from_text(t, s->write_newline);
        replaced = hd_is_null(to) ? HD_NULL : hd_str_replace(t, text, newline, to, -1);
        if (hd_is_null(replaced)) return -1;
        text = replaced;
    }
    HdSize length = hd_str_length(text);
    hd_lock_object(t, &s->head);
    int status = length > HD_SIZE_MAX / 8 - s->position ? hd_raise_int(t, &hd_OverflowError, "new position too large")
                                                        : reserve(t, s, s->position + length);
    if (status == 0) {
        if (s->position > s->length) memset(s->data + s->length, 0, (size_t)(s->position - s->length) * 4);
        for (HdSize i = 0; i < length; i++) s->data[s->position + i] = hd_str_at(text, i);
        s->position += length;
        if (s->position > s->length) s->length = s->position;
    }
    hd_unlock_object(t, &s->head);
    return status;
}

static HdValue create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) { return hd_type_alloc(t, type); }
static const HdMethodDef init_def = {.signature = "StringIO(initial_value='', newline='\\n')"};
static int init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[2];
    if (hd_native_bind(t, &init_def, refs, nargs, kwnames, args) < 0) return -1;
    StringIO *s = string_io(self);
    const char *newline = "\n";
    if (!hd_is_null(args[1])) {
        if (hd_is_none(args[1])) newline = NULL;
        else if (!hd_is_str(args[1])) return hd_raise_int(t, &hd_TypeError, "newline must be str or None, not %T", args[1]);
        else if (!(newline = hd_str_utf8(t, args[1], NULL))) return -1;
    }
    if (newline && strcmp(newline, "") && strcmp(newline, "\n") && strcmp(newline, "\r") && strcmp(newline, "\r\n"))
        return hd_raise_int(t, &hd_ValueError, "illegal newline value: %R", args[1]);
    if (!hd_is_null(args[0]) && !hd_is_none(args[0]) && !hd_is_str(args[0]))
        return hd_raise_int(t, &hd_TypeError, "initial_value must be str or None, not %T", args[0]);
    s->initialised = true;
    s->closed = false;
    s->length = s->position = 0;
    s->seen = 0;
    s->newline_given = newline != NULL;
    strcpy(s->newline, newline ? newline : "");
    s->universal = !newline || !*newline;
    s->translate = !newline;
    s->write_newline = newline && *newline == '\r' ? s->newline : NULL;
    if (!hd_is_null(args[0]) && !hd_is_none(args[0]) && write_str(t, s, args[0]) < 0) return -1;
    s->position = 0;
    return 0;
}

static HdValue slice(HdThread *t, StringIO *s, HdSize from, HdSize to) {
    return hd_str_from_kind(t, 4, s->data ? s->data + from : (uint32_t *)"\0\0\0", to - from);
}
static HdValue string_read(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_io_size(t, args[0]);
    if (size == -2 || check(t, self) < 0) return HD_NULL;
    StringIO *s = string_io(self);
    hd_lock_object(t, &s->head);
    HdSize left = s->length > s->position ? s->length - s->position : 0;
    if (size < 0 || size > left) size = left;
    HdValue text = size ? slice(t, s, s->position, s->position + size) : hd_str_empty();
    if (!hd_is_null(text)) s->position += size;
    hd_unlock_object(t, &s->head);
    return text;
}
/* Index behind the line at the position. */
static HdSize line_end(const StringIO *s, HdSize limit) {
    HdSize end = limit >= 0 && limit < s->length - s->position ? s->position + limit : s->length;
    bool crlf = strcmp(s->newline, "\r\n") == 0;
    for (HdSize i = s->position; i < end; i++) {
        uint32_t c = s->data[i];
        if (s->universal && !s->translate) {
            if (c == '\n') return i + 1;
            if (c == '\r') return i + 1 + (i + 1 < end && s->data[i + 1] == '\n');
        } else if (crlf) {
            if (c == '\r' && i + 1 < end && s->data[i + 1] == '\n') return i + 2;
        } else if (c == (s->newline[0] == '\r' ? '\r' : '\n')) {
            return i + 1;
        }
    }
    return end;
}
static HdValue read_line(HdThread *t, HdValue self, HdSize limit) {
    StringIO *s = string_io(self);
    hd_lock_object(t, &s->head);
    bool at_end = s->position >= s->length;
    HdSize end = at_end ? s->position : line_end(s, limit);
    HdValue line = at_end ? hd_str_empty() : slice(t, s, s->position, end);
    if (!hd_is_null(line)) s->position = end;
    hd_unlock_object(t, &s->head);
    return line;
}
static HdValue string_readline(HdThread *t, HdValue self, const HdValue *args) {
    HdSize limit = hd_io_size(t, args[0]);
    return limit == -2 || check(t, self) < 0 ? HD_NULL : read_line(t, self, limit);
}
static HdValue string_next(HdThread *t, HdValue self) {
    if (check(t, self) < 0) return HD_NULL;
    HdValue line;
    if (hd_is_exact(self, &hd_io_string_type)) {
        line = read_line(t, self, -1);
    } else {
        line = hd_object_call_method0(t, self, "readline");
        if (!hd_is_null(line) && !hd_is_str(line)) {
            hd_raise(t, &hd_OSError, "readline() should have returned a str object, not '%T'", line);
            hd_clear_slot(t, &line);
        }
    }
    if (hd_is_null(line) || hd_str_length(line)) return line;
    hd_release(t, line);
    return HD_NULL;
}
static HdValue string_write(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "string argument expected, got '%T'", args[0]);
    if (check(t, self) < 0) return HD_NULL;
    HdSize length = hd_str_length(args[0]);
    if (length && write_str(t, string_io(self), args[0]) < 0) return HD_NULL;
    return hd_int_from_size(t, length);
}
static HdValue string_seek(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0) return HD_NULL;
    HdSize offset = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (offset == -1 && hd_raised(t)) return HD_NULL;
    int whence = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if (whence == -1 && hd_raised(t)) return HD_NULL;
    if (whence < 0 || whence > 2) return hd_raise(t, &hd_ValueError, "Invalid whence (%d, should be 0, 1 or 2)", whence);
    if (whence == 0 && offset < 0) return hd_raise(t, &hd_ValueError, "Negative seek position %zd", offset);
    if (whence != 0 && offset != 0) return hd_raise(t, &hd_OSError, "Can't do nonzero cur-relative seeks");
    StringIO *s = string_io(self);
    hd_lock_object(t, &s->head);
    HdSize position = whence == 0 ? offset : whence == 2 ? s->length : s->position;
    HD_STORE_RELAXED(&s->position, position);
    hd_unlock_object(t, &s->head);
    return hd_int_from_size(t, position);
}
static HdValue string_tell(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0) return HD_NULL;
    hd_lock_object(t, hd_as_object(self));
    HdSize position = string_io(self)->position;
    hd_unlock_object(t, hd_as_object(self));
    return hd_int_from_size(t, position);
}
static HdValue string_truncate(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0) return HD_NULL;
    StringIO *s = string_io(self);
    bool here = hd_is_null(args[0]) || hd_is_none(args[0]);
    HdSize size = here ? 0 : hd_number_as_size(t, args[0], &hd_OverflowError);
    if (size == -1 && hd_raised(t)) return HD_NULL;
    if (size < 0) return hd_raise(t, &hd_ValueError, "Negative size value %zd", size);
    hd_lock_object(t, &s->head);
    if (here) size = s->position;
    if (size < s->length) s->length = size;
    hd_unlock_object(t, &s->head);
    return hd_int_from_size(t, size);
}
static HdValue string_getvalue(HdThread *t, HdValue self, const HdValue *args) {
    if (check(t, self) < 0) return HD_NULL;
    hd_lock_object(t, hd_as_object(self));
    HdValue text = slice(t, string_io(self), 0, string_io(self)->length);
    hd_unlock_object(t, hd_as_object(self));
    return text;
}
static HdValue string_close(HdThread *t, HdValue self, const HdValue *args) {
    HD_STORE_RELAXED(&string_io(self)->closed, true);
    return hd_None;
}
static HdValue string_true(HdThread *t, HdValue self, const HdValue *args) { return check(t, self) < 0 ? HD_NULL : hd_True; }
static HdValue string_closed(HdThread *t, HdValue self, void *closure) {
    if (!string_io(self)->initialised) return hd_raise(t, &hd_ValueError, "I/O operation on uninitialized object");
    return hd_bool(string_io(self)->closed);
}
static HdValue string_line_buffering(HdThread *t, HdValue self, void *closure) { return check(t, self) < 0 ? HD_NULL : hd_False; }
static HdValue string_newlines(HdThread *t, HdValue self, void *closure) {
    if (check(t, self) < 0) return HD_NULL;
    return string_io(self)->translate ? hd_io_newlines(t, string_io(self)->seen) : hd_None;
}
static HdValue string_getstate(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue value = string_getvalue(t, self, NULL);
    if (hd_is_null(value)) return HD_NULL;
    StringIO *s = string_io(self);
    HD_OWNED HdValue newline = s->newline_given ? hd_str_from_text(t, s->newline) : hd_None;
    HD_OWNED HdValue dict = HD_NULL;
    if (hd_is_null(newline) || hd_object_find_attr(t, self, HD_NAME("__dict__"), &dict) < 0) return HD_NULL;
    HD_OWNED HdValue copy = hd_is_null(dict) || hd_dict_length(dict) == 0 ? hd_None : hd_dict_copy(t, dict);
    HD_OWNED HdValue position = hd_int_from_size(t, s->position);
    return hd_is_null(copy) ? HD_NULL : hd_tuple_pack(t, 4, value, newline, position, copy);
}
static HdValue string_setstate(HdThread *t, HdValue self, const HdValue *args) {
    if (string_io(self)->closed) return hd_raise(t, &hd_ValueError, "I/O operation on closed file");
    HdValue state = args[0];
    if (!hd_is_tuple(state) || hd_tuple_length(state) < 4)
        return hd_raise(t, &hd_TypeError, "%T.__setstate__ argument should be 4-tuple, got %T", self, state);
    HdValue value = hd_tuple_at_borrowed(state, 0);
    if (!hd_is_str(value) && !hd_is_none(value))
        return hd_raise(t, &hd_TypeError, "%T.__setstate__ argument should be 4-tuple with str first, got %T", self, value);
    HdRef refs[] = {hd_ref_uncounted(hd_str_empty()), hd_ref_uncounted(hd_tuple_at_borrowed(state, 1))};
    if (init(t, self, refs, 2, HD_NULL) < 0) return HD_NULL;
    StringIO *s = string_io(self);
    HdSize length = hd_is_none(value) ? 0 : hd_str_length(value);
    hd_lock_object(t, &s->head);
    int room = reserve(t, s, length);
    for (HdSize i = 0; room == 0 && i < length; i++) s->data[i] = hd_str_at(value, i); /* newlines were translated when first written */
    if (room == 0) s->length = length;
    hd_unlock_object(t, &s->head);
    if (room < 0) return HD_NULL;
    HdValue position = hd_tuple_at_borrowed(state, 2), dict = hd_tuple_at_borrowed(state, 3);
    if (!hd_is_int(position)) return hd_raise(t, &hd_TypeError, "third item of state must be an integer, got %T", position);
    HdSize at = hd_number_as_size(t, position, &hd_OverflowError);
    if (at == -1 && hd_raised(t)) return HD_NULL;
    if (at < 0) return hd_raise(t, &hd_ValueError, "position value cannot be negative");
    s->position = at;
    if (hd_is_none(dict)) return hd_None;
    if (!hd_is_dict(dict)) return hd_raise(t, &hd_TypeError, "fourth item of state should be a dict, got a %T", dict);
    HD_OWNED HdValue own = hd_object_getattr(t, self, HD_NAME("__dict__"));
    return hd_is_null(own) || hd_dict_merge(t, own, dict, 1) < 0 ? HD_NULL : hd_None;
}
static void dealloc(HdThread *t, HdObject *self) {
    StringIO *s = (StringIO *)self;
    hd_heap_raw_free(t, s->data, (size_t)s->capacity * 4);
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) { return 0; }

/* As in CPython: at its end only an instance of a subclass is closed. */
static void finalize(HdThread *t, HdValue self) {
    if (!hd_is_exact_object(self, &hd_io_string_type)) hd_io_finalize(t, self);
}

static const HdMethodDef methods[] = {
    HD_METHOD(string_read, "read($self, size=-1, /)", "Read at most size characters, returned as a string."),
    HD_METHOD(string_readline, "readline($self, size=-1, /)", "Read until newline or EOF."),
    HD_METHOD(string_write, "write($self, s, /)", "Write string to file."),
    HD_METHOD(string_seek, "seek($self, pos, whence=0, /)", "Change stream position."),
    HD_METHOD(string_tell, "tell($self, /)", "Tell the current file position."),
    HD_METHOD(string_truncate, "truncate($self, pos=None, /)", "Truncate size to pos."),
    HD_METHOD(string_getvalue, "getvalue($self, /)", "Retrieve the entire contents of the object."),
    HD_METHOD(string_close, "close($self, /)", "Close the IO object."),
    HD_METHOD(string_true, "readable($self, /)", NULL),
    HD_METHOD(string_true, "writable($self, /)", NULL),
    HD_METHOD(string_true, "seekable($self, /)", NULL),
    HD_METHOD(string_getstate, "__getstate__($self, /)", NULL),
    HD_METHOD(string_setstate, "__setstate__($self, state, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef getsets[] = {
    {"closed", string_closed, NULL, NULL, NULL},
    {"newlines", string_newlines, NULL, NULL, NULL},
    {"line_buffering", string_line_buffering, NULL, NULL, NULL},
    {NULL},
};
HdType hd_io_string_type = {
    HD_TYPE_HEAD("_io.StringIO"),
    .doc = "Text I/O implementation using an in-memory buffer.",
    .base = &hd_io_text_base_type,
    .basicsize = sizeof(StringIO),
    .attrs_offset = offsetof(StringIO, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = dealloc,
    .finalize = finalize,
    .traverse = traverse,
    .create = create,
    .init = init,
    .next = string_next,
    .methods = methods,
    .getsets = getsets,
};
