/* io_text.c -- TextIOWrapper: str in and out of a buffered binary stream.
 *
 * Written text is encoded at once and gathered in `pending` (bytes) up to the chunk size. UTF-8, ASCII and Latin-1 are
 * encoded natively, everything else by the codec's incremental encoder. Reading goes through the codec's incremental
 * decoder; `decoded[used..)` is what was decoded and not yet given out. tell() gives an opaque cookie from which
 * seek() can bring the decoder back to the same state: the position where the decoder was fresh, how many bytes
 * to feed it, how many characters to skip (the design of PEP 3116's TextIOWrapper).
 * Each operation holds the stream's own mutex in both modes, so that what one call writes stays together.
 */
#include "codecs.h"
#include "config.h"
#include "io_types.h"
#include "mutex.h"

enum { CHUNK = 8192 };

typedef struct TextIO {
    HdObject head;
    HdAttrs attrs;
    HdValue buffer, encoding, errors;
    HdValue encoder, decoder; /* incremental codec objects; HD_NULL when not needed */
    HdValue decoded;          /* str or HD_NULL */
    HdValue snapshot_bytes;   /* bytes fed since the decoder's state was snapshot_flags; HD_NULL: none */
    int64_t snapshot_flags;
    HdSize used;
    uint8_t *pending;
    HdSize pending_length, pending_capacity;
    HdSize chunk_size;
    HdHeldMutex mutex;
    const char *native;        /* "utf-8", "ascii", "latin-1": encoded without a codec object; else NULL */
    char read_newline[3];
    bool initialised, detached, line_buffering, write_through;
    bool read_translate, read_universal;
    const char *write_newline; /* what "\n" becomes; NULL: itself */
    bool seekable, telling, has_read1;
    bool encoder_at_start, finalizing;
} TextIO;
HD_INLINE TextIO *text_io(HdValue v) { return HD_AS(TextIO, v); }

static int check_ready(HdThread *t, HdValue self) {
    TextIO *x = text_io(self);
    if (x->initialised) return 0;
    return hd_raise_int(t, &hd_ValueError, x->detached ? "underlying buffer has been detached" : "I/O operation on uninitialized object");
}
static int check_open(HdThread *t, HdValue self) {
    if (check_ready(t, self) < 0) return -1;
    HD_OWNED HdValue closed = hd_object_getattr(t, text_io(self)->buffer, HD_NAME("closed"));
    int truth = hd_is_null(closed) ? -1 : hd_object_truth(t, closed);
    return truth > 0 ? hd_raise_int(t, &hd_ValueError, "I/O operation on closed file.") : truth;
}
/* The mutex is re-entered by the thread that holds it: a signal handler may print while print is at work. */
static bool enter(HdThread *t, HdValue self) {
    TextIO *x = text_io(self);
    if (hd_held_by(t, &x->mutex)) return false;
    hd_held_lock(t, &x->mutex);
    return true;
}
static void leave(HdThread *t, HdValue self, bool entered) {
    if (entered) hd_held_unlock(t, &text_io(self)->mutex);
}

/* --- making --- */

static HdValue create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) { return hd_type_alloc(t, type); }

static const char *native_encoding(const char *name) {
    static const char *const names[][2] = {{"utf-8", "utf-8"}, {"utf8", "utf-8"}, {"UTF-8", "utf-8"}, {"utf_8", "utf-8"}, {"UTF8", "utf-8"},
                                           {"ascii", "ascii"}, {"us-ascii", "ascii"}, {"latin-1", "latin-1"}, {"latin1", "latin-1"},
                                           {"iso-8859-1", "latin-1"}, {"iso8859-1", "latin-1"}, {"iso-latin-1", "latin-1"}};
    for (size_t i = 0; i < HD_COUNT_OF(names); i++) {
        if (strcmp(name, names[i][0]) == 0) return names[i][1];
    }
    return NULL;
}

static int set_newline(HdThread *t, TextIO *x, HdValue newline) {
    const char *text = NULL;
    if (!hd_is_null(newline) && !hd_is_none(newline)) {
        if (!hd_is_str(newline)) return hd_raise_int(t, &hd_TypeError, "TextIOWrapper() argument 'newline' must be str or None, not %T", newline);
        text = hd_str_utf8(t, newline, NULL);
        if (!text) return -1;
        if (strcmp(text, "") && strcmp(text, "\n") && strcmp(text, "\r") && strcmp(text, "\r\n"))
            return hd_raise_int(t, &hd_ValueError, "illegal newline value: %s", text);
    }
    strcpy(x->read_newline, text ? text : "");
    x->read_universal = !text || !*text;
    x->read_translate = !text;
    x->write_newline = text && *text == '\r' ? x->read_newline : NULL;
    return 0;
}

/* The codec's incremental half, made with `errors`; owned. */
static HdValue incremental(HdThread *t, HdValue info, const char *attribute, HdValue errors) {
    HD_OWNED HdValue factory = hd_object_getattr_text(t, info, attribute);
    return hd_is_null(factory) ? HD_NULL : hd_object_call1(t, factory, errors);
}

static int set_codec(HdThread *t, TextIO *x, HdValue info) {
    const char *name = hd_str_utf8(t, x->encoding, NULL);
    if (!name) return -1;
    hd_clear_slot(t, &x->encoder);
    hd_clear_slot(t, &x->decoder);
    int readable = hd_io_ask(t, x->buffer, "readable");
    if (readable < 0) return -1;
    if (readable) {
        x->decoder = incremental(t, info, "incrementaldecoder", x->errors);
        if (hd_is_null(x->decoder)) return -1;
        if (x->read_universal) {
            HdValue wrapped = hd_object_call2(t, hd_type_value(&hd_io_newline_type), x->decoder, hd_bool(x->read_translate));
            if (hd_is_null(wrapped)) return -1;
            hd_replace_steal(t, &x->decoder, wrapped);
        }
    }
    int writable = hd_io_ask(t, x->buffer, "writable");
    if (writable < 0) return -1;
    x->native = writable ? native_encoding(name) : NULL;
    x->encoder_at_start = true;
    if (writable && !x->native) {
        x->encoder = incremental(t, info, "incrementalencoder", x->errors);
        if (hd_is_null(x->encoder)) return -1;
    }
    return 0;
}

/* codecs.lookup(encoding), a text encoding; owned. */
static HdValue lookup(HdThread *t, HdValue encoding) {
    HdSize length;
    const char *name = hd_str_utf8(t, encoding, &length);
    if (!name) return HD_NULL;
    if (strlen(name) != (size_t)length) return hd_raise(t, &hd_ValueError, "embedded null character");
    HD_OWNED HdValue info = hd_codecs_lookup(t, name);
    if (hd_is_null(info)) return HD_NULL;
    HD_OWNED HdValue flag = HD_NULL;
    if (hd_object_find_attr(t, info, HD_NAME("_is_text_encoding"), &flag) < 0) return HD_NULL;
    if (!hd_is_null(flag) && hd_same(flag, hd_False))
        return hd_raise(t, &hd_LookupError, "'%U' is not a text encoding; use codecs.open() to handle arbitrary codecs", encoding);
    return hd_move(&info);
}

/* Appending to what is there: no second byte order mark. */
static int fix_encoder_state(HdThread *t, TextIO *x) {
    if (!x->seekable || (!x->native && hd_is_null(x->encoder))) return 0;
    HD_OWNED HdValue position = hd_object_call_method0(t, x->buffer, "tell");
    if (hd_is_null(position)) return -1;
    if (hd_same(position, hd_imm_int(0))) return 0;
    x->encoder_at_start = false;
    if (hd_is_null(x->encoder)) return 0;
    HdValue set = hd_object_call_method1(t, x->encoder, "setstate", hd_imm_int(0));
    if (hd_is_null(set)) return -1;
    hd_release(t, set);
    return 0;
}

static const HdMethodDef init_def = {
    .signature = "TextIOWrapper(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)",
};
static int init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[6];
    if (hd_native_bind(t, &init_def, refs, nargs, kwnames, args) < 0) return -1;
    TextIO *x = text_io(self);
    x->initialised = x->detached = false;
    HD_OWNED HdValue encoding = HD_NULL;
    bool unnamed = hd_is_null(args[1]) || hd_is_none(args[1]);
    if (unnamed && hd_runtime.config->warn_default_encoding &&
        hd_warn(t, &hd_EncodingWarning, 1, "'encoding' argument not specified") < 0)
        return -1;
    if (unnamed) encoding = hd_str_intern_text(t, "UTF-8");
    else if (!hd_is_str(args[1])) return hd_raise_int(t, &hd_TypeError, "TextIOWrapper() argument 'encoding' must be str or None, not %T", args[1]);
    else if (hd_str_equals_text(args[1], "locale")) encoding = hd_str_intern_text(t, "UTF-8");
    else encoding = hd_retain(t, args[1]);
    HD_OWNED HdValue errors = HD_NULL;
    if (hd_is_null(args[2]) || hd_is_none(args[2])) errors = hd_str_intern_text(t, "strict");
    else if (!hd_is_str(args[2])) return hd_raise_int(t, &hd_TypeError, "TextIOWrapper() argument 'errors' must be str or None, not %T", args[2]);
    else errors = hd_retain(t, args[2]);
    if (hd_is_null(encoding) || hd_is_null(errors) || set_newline(t, x, args[3]) < 0) return -1;
    int line_buffering = hd_is_null(args[4]) ? 0 : hd_object_truth(t, args[4]);
    int write_through = hd_is_null(args[5]) ? 0 : hd_object_truth(t, args[5]);
    if (line_buffering < 0 || write_through < 0) return -1;
    HD_OWNED HdValue info = lookup(t, encoding);
    if (hd_is_null(info)) return -1;
    if (hd_runtime.config->dev_mode) {
        const char *name = hd_str_utf8(t, errors, NULL);
        HD_OWNED HdValue handler = name ? hd_codecs_lookup_error(t, name) : HD_NULL;
        if (hd_is_null(handler)) return -1;
    }
    hd_replace_steal(t, &x->buffer, hd_retain(t, args[0]));
    hd_replace_steal(t, &x->encoding, hd_move(&encoding));
    hd_replace_steal(t, &x->errors, hd_move(&errors));
    x->line_buffering = line_buffering;
    x->write_through = write_through;
    x->chunk_size = CHUNK;
    x->pending_length = x->used = 0;
    hd_clear_slot(t, &x->decoded);
    hd_clear_slot(t, &x->snapshot_bytes);
    if (set_codec(t, x, info) < 0) return -1;
    int seekable = hd_io_ask(t, args[0], "seekable");
    if (seekable < 0) return -1;
    x->seekable = x->telling = seekable;
    HD_OWNED HdValue read1 = HD_NULL;
    int has_read1 = hd_object_find_attr(t, args[0], HD_NAME("read1"), &read1);
    if (has_read1 < 0) return -1;
    x->has_read1 = has_read1;
    if (fix_encoder_state(t, x) < 0) return -1;
    x->initialised = true;
    return 0;
}

/* --- writing --- */

/* Hands the gathered bytes to the buffer. */
static int write_pending(HdThread *t, TextIO *x) {
    if (x->pending_length == 0) return 0;
    HD_OWNED HdValue bytes = hd_bytes_new(t, x->pending, x->pending_length);
    if (hd_is_null(bytes)) return -1;
    x->pending_length = 0;
    HdValue written = hd_object_call_method1(t, x->buffer, "write", bytes);
    if (hd_is_null(written)) return -1;
    hd_release(t, written);
    return 0;
}

static int gather(HdThread *t, TextIO *x, const uint8_t *bytes, HdSize length) {
    if (x->pending_length + length > x->chunk_size && x->pending_length && write_pending(t, x) < 0) return -1;
    if (x->pending_length + length > x->pending_capacity) {
        HdSize capacity = x->pending_length + length < 512 ? 512 : (x->pending_length + length) * 2;
        uint8_t *grown = hd_heap_raw_resize(t, x->pending, (size_t)x->pending_capacity, (size_t)capacity);
        if (!grown) return hd_raise_no_memory(t), -1;
        x->pending = grown;
        x->pending_capacity = capacity;
    }
    if (length) memcpy(x->pending + x->pending_length, bytes, (size_t)length);
    x->pending_length += length;
    return 0;
}

/* The text's bytes; owned. */
static HdValue encode(HdThread *t, TextIO *x, HdValue text) {
    if (x->native) {
        const char *errors = hd_str_utf8(t, x->errors, NULL);
        return errors ? hd_str_encode(t, text, x->native, errors) : HD_NULL;
    }
    HdValue bytes = hd_object_call_method1(t, x->encoder, "encode", text);
    if (hd_is_null(bytes) || hd_is_bytes(bytes)) return bytes;
    hd_raise(t, &hd_TypeError, "encoder should return a bytes object, not '%T'", bytes);
    hd_release(t, bytes);
    return HD_NULL;
}

static int write_text(HdThread *t, TextIO *x, HdValue text) {
    HdSize length = hd_str_length(text);
    bool has_newline = (x->write_newline || x->line_buffering) && hd_str_find_char(text, '\n', 0, length, false) >= 0;
    HD_OWNED HdValue translated = HD_NULL;
    if (has_newline && x->write_newline) {
        HD_OWNED HdValue from = hd_str_from_char(t, '\n');
        HD_OWNED HdValue to = hd_str_from_text(t, x->write_newline);
        translated = hd_is_null(to) ? HD_NULL : hd_str_replace(t, text, from, to, -1);
        if (hd_is_null(translated)) return -1;
        text = translated;
    }
    bool flush = x->line_buffering && (has_newline || hd_str_find_char(text, '\r', 0, hd_str_length(text), false) >= 0);
    if (x->native && hd_str(text)->ascii) {
        if (gather(t, x, hd_str_data(text), hd_str_length(text)) < 0) return -1;
    } else {
        HD_OWNED HdValue bytes = encode(t, x, text);
        if (hd_is_null(bytes) || gather(t, x, hd_bytes_data(bytes), hd_bytes_length(bytes)) < 0) return -1;
    }
    if ((x->pending_length >= x->chunk_size || flush || x->write_through) && write_pending(t, x) < 0) return -1;
    if (flush) {
        HdValue flushed = hd_object_call_method0(t, x->buffer, "flush");
        if (hd_is_null(flushed)) return -1;
        hd_release(t, flushed);
    }
    return 0;
}

static HdValue text_write(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "write() argument must be str, not %T", args[0]);
    if (check_open(t, self) < 0) return HD_NULL;
    TextIO *x = text_io(self);
    if (!x->native && hd_is_null(x->encoder)) return hd_io_raise_unsupported(t, "not writable");
    bool entered = enter(t, self);
    int status = write_text(t, x, args[0]);
    x->used = 0;
    hd_clear_slot(t, &x->decoded);
    hd_clear_slot(t, &x->snapshot_bytes);
    if (status == 0 && !hd_is_null(x->decoder)) {
        HdValue reset = hd_object_call_method0(t, x->decoder, "reset");
        if (hd_is_null(reset)) status = -1;
        else hd_release(t, reset);
    }
    leave(t, self, entered);
    return status < 0 ? HD_NULL : hd_int_from_size(t, hd_str_length(args[0]));
}

static HdValue text_flush(HdThread *t, HdValue self, const HdValue *args) {
    if (check_open(t, self) < 0) return HD_NULL;
    TextIO *x = text_io(self);
    bool entered = enter(t, self);
    x->telling = x->seekable;
    int status = write_pending(t, x);
    leave(t, self, entered);
    return status < 0 ? HD_NULL : hd_object_call_method0(t, x->buffer, "flush");
}

/* --- reading; the mutex is held --- */

static HdSize available(const TextIO *x) { return hd_is_null(x->decoded) ? 0 : hd_str_length(x->decoded) - x->used; }
static void set_decoded_steal(HdThread *t, TextIO *x, HdValue text) {
    hd_replace_steal(t, &x->decoded, text);
    x->used = 0;
}
static HdValue take(HdThread *t, TextIO *x, HdSize count) {
    HdSize left = available(x);
    if (count < 0 || count > left) count = left;
    if (count == 0) return hd_str_empty();
    HdValue text = hd_str_substring(t, x->decoded, x->used, x->used + count);
    if (!hd_is_null(text)) x->used += count;
    return text;
}

/* The decoder's (bytes, flags); -1 = raised. */
static int decoder_state(HdThread *t, TextIO *x, HdValue *bytes, int64_t *flags) {
    HD_OWNED HdValue state = hd_object_call_method0(t, x->decoder, "getstate");
    if (hd_is_null(state)) return -1;
    if (!hd_is_tuple(state) || hd_tuple_length(state) != 2 || !hd_is_bytes(hd_tuple_at_borrowed(state, 0)))
        return hd_raise_int(t, &hd_TypeError, "illegal decoder state");
    *flags = hd_number_as_i64(t, hd_tuple_at_borrowed(state, 1));
    if (hd_raised(t)) return -1;
    *bytes = hd_retain(t, hd_tuple_at_borrowed(state, 0));
    return 0;
}

static HdValue decode(HdThread *t, TextIO *x, HdValue bytes, bool final) {
    HdValue args[] = {bytes, hd_bool(final)};
    HdValue text = hd_object_call_method(t, x->decoder, HD_NAME("decode"), args, 2);
    if (hd_is_null(text) || hd_is_str(text)) return text;
    hd_raise(t, &hd_TypeError, "decoder should return a string result, not '%T'", text);
    hd_release(t, text);
    return HD_NULL;
}

/* Reads and decodes one more chunk into `decoded`: 1 something came, 0 the end, -1 raised. */
static int read_chunk(HdThread *t, TextIO *x, HdSize hint) {
    if (hd_is_null(x->decoder)) {
        hd_io_raise_unsupported(t, "not readable");
        return -1;
    }
    HD_OWNED HdValue state_bytes = HD_NULL;
    int64_t flags = 0;
    if (x->telling && decoder_state(t, x, &state_bytes, &flags) < 0) return -1;
    HD_OWNED HdValue size = hd_int_from_size(t, hint > x->chunk_size ? hint : x->chunk_size);
    HD_OWNED HdValue chunk = hd_object_call_method(t, x->buffer, x->has_read1 ? HD_NAME("read1") : HD_NAME("read"), &size, 1);
    if (hd_is_null(chunk)) return -1;
    HD_OWNED HdValue bytes = hd_is_bytes(chunk) ? hd_retain(t, chunk) : HD_NULL;
    if (hd_is_null(bytes)) {
        if (!hd_buffer_check(chunk))
            return hd_raise_int(t, &hd_TypeError, "underlying %s() should have returned a bytes-like object, not '%T'",
                                x->has_read1 ? "read1" : "read", chunk);
        bytes = hd_bytes_from_object(t, chunk);
        if (hd_is_null(bytes)) return -1;
    }
    bool end = hd_bytes_length(bytes) == 0;
    HdValue text = decode(t, x, bytes, end);
    if (hd_is_null(text)) return -1;
    HdSize length = hd_str_length(text);
    set_decoded_steal(t, x, text);
    if (x->telling) {
        HdValue fed = hd_bytes_concat(t, state_bytes, bytes);
        if (hd_is_null(fed)) return -1;
        hd_replace_steal(t, &x->snapshot_bytes, fed);
        x->snapshot_flags = flags;
    }
    return !end || length > 0;
}

static HdValue read_text(HdThread *t, TextIO *x, HdSize size) {
    if (hd_is_null(x->decoder)) return hd_io_raise_unsupported(t, "not readable");
    if (write_pending(t, x) < 0) return HD_NULL;
    if (size < 0) {
        HD_OWNED HdValue bytes = hd_object_call_method0(t, x->buffer, "read");
        if (hd_is_null(bytes)) return HD_NULL;
        HD_OWNED HdValue rest = decode(t, x, bytes, true);
        HD_OWNED HdValue first = hd_is_null(rest) ? HD_NULL : take(t, x, -1);
        if (hd_is_null(first)) return HD_NULL;
        hd_clear_slot(t, &x->decoded);
        x->used = 0;
        hd_clear_slot(t, &x->snapshot_bytes);
        return hd_str_length(first) ? hd_str_concat(t, first, rest) : hd_move(&rest);
    }
    HD_OWNED HdValue result = take(t, x, size);
    while (!hd_is_null(result) && hd_str_length(result) < size) {
        int status = read_chunk(t, x, size - hd_str_length(result));
        if (status < 0) return HD_NULL;
        if (status == 0) break;
        HD_OWNED HdValue more = take(t, x, size - hd_str_length(result));
        hd_replace_steal(t, &result, hd_is_null(more) ? HD_NULL : hd_str_concat(t, result, more));
    }
    return hd_move(&result);
}
static HdValue text_read(HdThread *t, HdValue self, const HdValue *args) {
    HdSize size = hd_io_size(t, args[0]);
    if (size == -2 || check_open(t, self) < 0) return HD_NULL;
    bool entered = enter(t, self);
    HdValue text = read_text(t, text_io(self), size);
    leave(t, self, entered);
    return text;
}

static HdValue read_line(HdThread *t, TextIO *x, HdSize limit) {
    if (write_pending(t, x) < 0) return HD_NULL;
    HD_OWNED HdValue line = HD_NULL; /* what earlier chunks gave */
    for (;;) {
        HdSize have = hd_is_null(line) ? 0 : hd_str_length(line);
        while (available(x) == 0) {
            int status = read_chunk(t, x, 0);
            if (status < 0) return HD_NULL;
            if (status == 0) {
                hd_clear_slot(t, &x->decoded);
                x->used = 0;
                hd_clear_slot(t, &x->snapshot_bytes);
                return hd_is_null(line) ? hd_str_empty() : hd_move(&line);
            }
        }
        HdSize start = x->used, end = hd_str_length(x->decoded);
        /* a "\r\n" may be cut in two by the chunk: search in the joined text then */
        if (have && !x->read_translate && hd_str_at(line, have - 1) == '\r') {
            HdValue joined = hd_str_concat(t, line, x->decoded);
            if (hd_is_null(joined)) return HD_NULL;
            HdValue rest = hd_str_substring(t, joined, 0, hd_str_length(joined));
            hd_release(t, joined);
            if (hd_is_null(rest)) return HD_NULL;
            set_decoded_steal(t, x, rest);
            hd_clear_slot(t, &line);
            have = 0;
            start = 0;
            end = hd_str_length(x->decoded);
        }
        HdSize found = hd_io_line_end(x->decoded, start, end, x->read_translate, x->read_universal, x->read_newline);
        HdSize stop = found < 0 ? end : found;
        bool full = false;
        if (limit >= 0 && have + stop - start >= limit) {
            stop = start + limit - have;
            full = true;
        }
        HdValue piece = take(t, x, stop - start);
        if (hd_is_null(piece)) return HD_NULL;
        if (have) {
            hd_replace_steal(t, &line, hd_str_concat(t, line, piece));
            hd_release(t, piece);
        } else {
            hd_replace_steal(t, &line, piece);
        }
        if (hd_is_null(line) || found >= 0 || full) return hd_move(&line);
    }
}
static HdValue locked_line(HdThread *t, HdValue self, HdSize limit) {
    bool entered = enter(t, self);
    HdValue line = read_line(t, text_io(self), limit);
    leave(t, self, entered);
    return line;
}
static HdValue text_readline(HdThread *t, HdValue self, const HdValue *args) {
    HdSize limit = hd_io_size(t, args[0]);
    if (limit == -2 || check_open(t, self) < 0) return HD_NULL;
    return limit == 0 ? hd_str_empty() : locked_line(t, self, limit);
}
static HdValue text_next(HdThread *t, HdValue self) {
    if (check_ready(t, self) < 0) return HD_NULL;
    TextIO *x = text_io(self);
    x->telling = false;
    HdValue line;
    if (hd_is_exact(self, &hd_io_text_type)) {
        line = check_open(t, self) < 0 ? HD_NULL : locked_line(t, self, -1);
    } else {
        line = hd_object_call_method0(t, self, "readline");
        if (!hd_is_null(line) && !hd_is_str(line)) {
            hd_raise(t, &hd_OSError, "readline() should have returned a str object, not '%T'", line);
            hd_clear_slot(t, &line);
        }
    }
    if (hd_is_null(line) || hd_str_length(line)) return line;
    hd_release(t, line);
    hd_clear_slot(t, &x->snapshot_bytes);
    x->telling = x->seekable;
    return HD_NULL;
}

/* --- position --- */

/* A cookie is an int: position | flags << 64 | bytes to feed << 128 | characters to skip << 192 | need eof << 256. */
typedef struct Cookie {
    int64_t position, flags, feed, skip, eof;
} Cookie;

static HdValue pack_cookie(HdThread *t, const Cookie *c) {
    if (!c->flags && !c->feed && !c->skip && !c->eof) return hd_int_from_i64(t, c->position);
    uint64_t words[5] = {(uint64_t)c->position, (uint64_t)c->flags, (uint64_t)c->feed, (uint64_t)c->skip, (uint64_t)c->eof};
    return hd_int_from_limbs(t, (mp_limb_t *)words, 5, false);
}
static int unpack_cookie(HdThread *t, HdValue v, Cookie *c) {
    HD_OWNED HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return -1;
    if (hd_int_sign(number) < 0) return hd_raise_int(t, &hd_ValueError, "negative seek position %R", number);
    uint64_t words[5];
    if (hd_int_to_bytes(t, number, (uint8_t *)words, sizeof words, true, false) < 0) return -1;
    *c = (Cookie){(int64_t)words[0], (int64_t)words[1], (int64_t)words[2], (int64_t)words[3], (int64_t)words[4]};
    return 0;
}

static int set_decoder_state(HdThread *t, TextIO *x, int64_t flags) {
    if (hd_is_null(x->decoder)) return 0;
    HD_OWNED HdValue flag = hd_int_from_i64(t, flags);
    HD_OWNED HdValue state = hd_tuple_pack(t, 2, hd_bytes_empty(), flag);
    HdValue set = hd_is_null(state) ? HD_NULL : hd_object_call_method1(t, x->decoder, "setstate", state);
    if (hd_is_null(set)) return -1;
    hd_release(t, set);
    return 0;
}
static int reset_coder(HdThread *t, HdValue coder) {
    if (hd_is_null(coder)) return 0;
    HdValue reset = hd_object_call_method0(t, coder, "reset");
    if (hd_is_null(reset)) return -1;
    hd_release(t, reset);
    return 0;
}

/* Finds where in the snapshot's bytes the decoder last stood fresh before `used` characters were out. */
static int locate(HdThread *t, TextIO *x, Cookie *c) {
    HdValue fed = x->snapshot_bytes;
    HdSize size = hd_bytes_length(fed), wanted = x->used, decoded = 0;
    c->flags = x->snapshot_flags;
    HD_OWNED HdValue saved_bytes = HD_NULL;
    int64_t saved_flags;
    if (decoder_state(t, x, &saved_bytes, &saved_flags) < 0) return -1;
    int status = set_decoder_state(t, x, c->flags);
    HdSize done = 0;
    HdSize fresh_at = 0;
    while (status == 0 && decoded < wanted && done < size) {
        HD_OWNED HdValue byte = hd_bytes_new(t, hd_bytes_data(fed) + done, 1);
        HD_OWNED HdValue text = hd_is_null(byte) ? HD_NULL : decode(t, x, byte, false);
        if (hd_is_null(text)) {
            status = -1;
            break;
        }
        done++;
        decoded += hd_str_length(text);
        HD_OWNED HdValue bytes = HD_NULL;
        int64_t flags;
        if (decoder_state(t, x, &bytes, &flags) < 0) {
            status = -1;
        } else if (hd_bytes_length(bytes) == 0 && decoded <= wanted) {
            fresh_at = done;
            wanted -= decoded;
            decoded = 0;
            c->flags = flags;
        }
    }
    if (status == 0 && decoded < wanted) {
        HD_OWNED HdValue text = decode(t, x, hd_bytes_empty(), true);
        if (hd_is_null(text)) status = -1;
        else {
            decoded += hd_str_length(text);
            c->eof = 1;
            if (decoded < wanted) {
                hd_raise(t, &hd_OSError, "can't reconstruct logical file position");
                status = -1;
            }
        }
    }
    c->position += fresh_at;
    c->feed = done - fresh_at;
    c->skip = wanted;
    if (wanted == 0) c->feed = 0, c->eof = 0;
    HD_OWNED HdValue error = hd_take_raised(t);
    HD_OWNED HdValue flag = hd_int_from_i64(t, saved_flags);
    HD_OWNED HdValue state = hd_tuple_pack(t, 2, saved_bytes, flag);
    HdValue set = hd_is_null(state) ? HD_NULL : hd_object_call_method1(t, x->decoder, "setstate", state);
    if (hd_is_null(set)) status = -1;
    else hd_release(t, set);
    if (!hd_is_null(error)) hd_set_raised_steal(t, hd_move(&error));
    return status;
}

static HdValue tell(HdThread *t, HdValue self) {
    TextIO *x = text_io(self);
    if (!x->seekable) return hd_io_raise_unsupported(t, "underlying stream is not seekable");
    if (!x->telling) return hd_raise(t, &hd_OSError, "telling position disabled by next() call");
    if (write_pending(t, x) < 0) return HD_NULL;
    HdValue flushed = hd_object_call_method0(t, x->buffer, "flush");
    if (hd_is_null(flushed)) return HD_NULL;
    hd_release(t, flushed);
    HD_OWNED HdValue position = hd_object_call_method0(t, x->buffer, "tell");
    if (hd_is_null(position) || hd_is_null(x->decoder) || hd_is_null(x->snapshot_bytes)) return hd_move(&position);
    Cookie c = {.position = hd_io_offset(t, position)};
    if (c.position < 0) return HD_NULL;
    c.position -= hd_bytes_length(x->snapshot_bytes);
    if (locate(t, x, &c) < 0) return HD_NULL;
    return pack_cookie(t, &c);
}
static HdValue text_tell(HdThread *t, HdValue self, const HdValue *args) {
    if (check_open(t, self) < 0) return HD_NULL;
    bool entered = enter(t, self);
    HdValue cookie = tell(t, self);
    leave(t, self, entered);
    return cookie;
}

/* buffer.seek(position, whence); owned. */
static HdValue buffer_seek(HdThread *t, TextIO *x, HdValue position, int whence) {
    HdValue args[] = {position, hd_imm_int(whence)};
    return hd_object_call_method(t, x->buffer, HD_NAME("seek"), args, 2);
}
static void forget_decoded(HdThread *t, TextIO *x) {
    hd_clear_slot(t, &x->decoded);
    x->used = 0;
    hd_clear_slot(t, &x->snapshot_bytes);
}
static int restart_encoder(HdThread *t, TextIO *x, bool at_start) {
    x->encoder_at_start = at_start;
    if (hd_is_null(x->encoder)) return 0;
    if (at_start) return reset_coder(t, x->encoder);
    HdValue set = hd_object_call_method1(t, x->encoder, "setstate", hd_imm_int(0));
    if (hd_is_null(set)) return -1;
    hd_release(t, set);
    return 0;
}

static int seek_cookie(HdThread *t, TextIO *x, const Cookie *c) {
    HD_OWNED HdValue start = hd_int_from_i64(t, c->position);
    HD_OWNED HdValue moved = buffer_seek(t, x, start, 0);
    if (hd_is_null(moved)) return -1;
    forget_decoded(t, x);
    if (!hd_is_null(x->decoder)) {
        bool fresh = c->position == 0 && c->flags == 0;
        if ((fresh ? reset_coder(t, x->decoder) : set_decoder_state(t, x, c->flags)) < 0) return -1;
    }
    if (c->skip) {
        HD_OWNED HdValue count = hd_int_from_i64(t, c->feed);
        HD_OWNED HdValue bytes = hd_object_call_method1(t, x->buffer, "read", count);
        if (hd_is_null(bytes)) return -1;
        if (!hd_is_bytes(bytes)) return hd_raise_int(t, &hd_TypeError, "underlying read() should have returned a bytes object, not '%T'", bytes);
        HdValue text = decode(t, x, bytes, c->eof != 0);
        if (hd_is_null(text)) return -1;
        set_decoded_steal(t, x, text);
        hd_replace_steal(t, &x->snapshot_bytes, hd_retain(t, bytes));
        x->snapshot_flags = c->flags;
        if (hd_str_length(text) < c->skip) return hd_raise_int(t, &hd_OSError, "can't restore logical file position");
        x->used = c->skip;
    } else {
        hd_replace_steal(t, &x->snapshot_bytes, hd_bytes_empty());
        x->snapshot_flags = c->flags;
    }
    return restart_encoder(t, x, c->position == 0 && c->flags == 0);
}

static HdValue seek(HdThread *t, HdValue self, HdValue cookie, int whence) {
    TextIO *x = text_io(self);
    if (!x->seekable) return hd_io_raise_unsupported(t, "underlying stream is not seekable");
    HD_OWNED HdValue target = hd_retain(t, cookie);
    int zero = whence ? hd_object_equal(t, cookie, hd_imm_int(0)) : 0;
    if (zero < 0) return HD_NULL;
    if (whence == 1) {
        if (!zero) return hd_io_raise_unsupported(t, "can't do nonzero cur-relative seeks");
        hd_replace_steal(t, &target, tell(t, self));
        if (hd_is_null(target)) return HD_NULL;
    } else if (whence == 2) {
        if (!zero) return hd_io_raise_unsupported(t, "can't do nonzero end-relative seeks");
    } else if (whence != 0) {
        return hd_raise(t, &hd_ValueError, "invalid whence (%d, should be 0, 1 or 2)", whence);
    }
    if (write_pending(t, x) < 0) return HD_NULL;
    HdValue flushed = hd_object_call_method0(t, x->buffer, "flush");
    if (hd_is_null(flushed)) return HD_NULL;
    hd_release(t, flushed);
    if (whence == 2) {
        forget_decoded(t, x);
        if (reset_coder(t, x->decoder) < 0) return HD_NULL;
        HD_OWNED HdValue end = buffer_seek(t, x, hd_imm_int(0), 2);
        if (hd_is_null(end) || restart_encoder(t, x, hd_same(end, hd_imm_int(0))) < 0) return HD_NULL;
        return hd_move(&end);
    }
    Cookie c = {0};
    if (unpack_cookie(t, target, &c) < 0 || seek_cookie(t, x, &c) < 0) return HD_NULL;
    return hd_move(&target);
}
static HdValue text_seek(HdThread *t, HdValue self, const HdValue *args) {
    int whence = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if ((whence == -1 && hd_raised(t)) || check_open(t, self) < 0) return HD_NULL;
    bool entered = enter(t, self);
    HdValue result = seek(t, self, args[0], whence);
    leave(t, self, entered);
    return result;
}
static HdValue text_truncate(HdThread *t, HdValue self, const HdValue *args) {
    if (check_ready(t, self) < 0) return HD_NULL;
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    if (hd_is_null(flushed)) return HD_NULL;
    hd_release(t, flushed);
    return hd_object_call_method1(t, text_io(self)->buffer, "truncate", hd_is_null(args[0]) ? hd_None : args[0]);
}

/* --- reconfigure, detach, close --- */

static HdValue text_reconfigure(HdThread *t, HdValue self, const HdValue *args) {
    if (check_ready(t, self) < 0) return HD_NULL;
    TextIO *x = text_io(self);
    bool has_encoding = !hd_is_null(args[0]) && !hd_is_none(args[0]), has_errors = !hd_is_null(args[1]) && !hd_is_none(args[1]);
    bool has_newline = !hd_is_null(args[2]);
    if ((has_encoding || has_errors || has_newline) && !hd_is_null(x->decoded))
        return hd_io_raise_unsupported(t, "It is not possible to set the encoding or newline of stream after the first read");
    int line_buffering = hd_is_null(args[3]) || hd_is_none(args[3]) ? x->line_buffering : hd_object_truth(t, args[3]);
    int write_through = hd_is_null(args[4]) || hd_is_none(args[4]) ? x->write_through : hd_object_truth(t, args[4]);
    if (line_buffering < 0 || write_through < 0) return HD_NULL;
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    if (hd_is_null(flushed)) return HD_NULL;
    hd_release(t, flushed);
    if (has_newline && set_newline(t, x, args[2]) < 0) return HD_NULL;
    if (has_encoding || has_errors || has_newline) {
        if (has_encoding) {
            if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "reconfigure() argument 'encoding' must be str or None, not %T", args[0]);
            bool locale = hd_str_equals_text(args[0], "locale");
            hd_replace_steal(t, &x->encoding, locale ? hd_str_intern_text(t, "UTF-8") : hd_retain(t, args[0]));
            if (!has_errors) hd_replace_steal(t, &x->errors, hd_str_intern_text(t, "strict"));
        }
        if (has_errors) {
            if (!hd_is_str(args[1])) return hd_raise(t, &hd_TypeError, "reconfigure() argument 'errors' must be str or None, not %T", args[1]);
            hd_replace_steal(t, &x->errors, hd_retain(t, args[1]));
        }
        HD_OWNED HdValue info = lookup(t, x->encoding);
        if (hd_is_null(info) || set_codec(t, x, info) < 0 || fix_encoder_state(t, x) < 0) return HD_NULL;
    }
    x->line_buffering = line_buffering;
    x->write_through = write_through;
    return hd_None;
}
static HdValue text_detach(HdThread *t, HdValue self, const HdValue *args) {
    if (check_ready(t, self) < 0) return HD_NULL;
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    if (hd_is_null(flushed)) return HD_NULL;
    hd_release(t, flushed);
    text_io(self)->detached = true;
    text_io(self)->initialised = false;
    return hd_move(&text_io(self)->buffer);
}
static HdValue text_close(HdThread *t, HdValue self, const HdValue *args) {
    if (check_ready(t, self) < 0) return HD_NULL;
    TextIO *x = text_io(self);
    HD_OWNED HdValue closed = hd_object_getattr(t, x->buffer, HD_NAME("closed"));
    int truth = hd_is_null(closed) ? -1 : hd_object_truth(t, closed);
    if (truth) return truth < 0 ? HD_NULL : hd_None;
    if (x->finalizing) hd_io_warn_unclosed(t, x->buffer, self);
    HdValue flushed = hd_object_call_method0(t, self, "flush");
    HD_OWNED HdValue error = hd_is_null(flushed) ? hd_take_raised(t) : HD_NULL;
    hd_release(t, flushed);
    HdValue result = hd_object_call_method0(t, x->buffer, "close");
    if (hd_is_null(error)) return result;
    if (hd_is_null(result)) {
        hd_exception_set_context_steal(t, t->exception, hd_move(&error));
        return HD_NULL;
    }
    hd_release(t, result);
    hd_set_raised_steal(t, hd_move(&error));
    return HD_NULL;
}

/* --- questions --- */

static HdValue forward(HdThread *t, HdValue self, const char *method) {
    return check_ready(t, self) < 0 ? HD_NULL : hd_object_call_method_text(t, text_io(self)->buffer, method, NULL, 0);
}
static HdValue text_fileno(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "fileno"); }
static HdValue text_seekable(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "seekable"); }
static HdValue text_readable(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "readable"); }
static HdValue text_writable(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "writable"); }
static HdValue text_isatty(HdThread *t, HdValue self, const HdValue *args) { return forward(t, self, "isatty"); }

static HdValue from_buffer(HdThread *t, HdValue self, void *name) {
    return check_ready(t, self) < 0 ? HD_NULL : hd_object_getattr_text(t, text_io(self)->buffer, name);
}
static HdValue get_value(HdThread *t, HdValue self, void *offset) {
    HdValue v = *(HdValue *)((char *)hd_as_object(self) + (intptr_t)offset);
    if ((intptr_t)offset == offsetof(TextIO, buffer) && hd_is_null(v)) return check_ready(t, self) < 0 ? HD_NULL : hd_None;
    return hd_is_null(v) ? hd_None : hd_retain(t, v);
}
static HdValue get_line_buffering(HdThread *t, HdValue self, void *closure) { return hd_bool(text_io(self)->line_buffering); }
static HdValue get_write_through(HdThread *t, HdValue self, void *closure) { return hd_bool(text_io(self)->write_through); }
static HdValue get_finalizing(HdThread *t, HdValue self, void *closure) { return hd_bool(text_io(self)->finalizing); }
static int set_finalizing(HdThread *t, HdValue self, HdValue value, void *closure) {
    int truth = hd_is_null(value) ? 0 : hd_object_truth(t, value);
    if (truth < 0) return -1;
    text_io(self)->finalizing = truth;
    return 0;
}
static HdValue get_newlines(HdThread *t, HdValue self, void *closure) {
    if (check_ready(t, self) < 0) return HD_NULL;
    HdValue decoder = text_io(self)->decoder, newlines;
    if (hd_is_null(decoder)) return hd_None;
    int found = hd_object_find_attr(t, decoder, HD_NAME("newlines"), &newlines);
    return found < 0 ? HD_NULL : found ? newlines : hd_None;
}
static HdValue get_chunk_size(HdThread *t, HdValue self, void *closure) {
    return check_ready(t, self) < 0 ? HD_NULL : hd_int_from_size(t, text_io(self)->chunk_size);
}
static int set_chunk_size(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (check_ready(t, self) < 0) return -1;
    if (hd_is_null(value)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    HdSize size = hd_number_as_size(t, value, &hd_ValueError);
    if (size == -1 && hd_raised(t)) return -1;
    if (size <= 0) return hd_raise_int(t, &hd_ValueError, "a strictly positive integer is required");
    text_io(self)->chunk_size = size;
    return 0;
}
/* `self.name` for the repr: HD_NULL if there is none, or the stream is detached; -1 = raised. */
static int find_for_repr(HdThread *t, HdValue self, HdValue name, HdValue *out) {
    if (hd_object_find_attr(t, self, name, out) >= 0) return 0;
    if (!hd_raised_is(t, &hd_ValueError)) return -1;
    hd_clear_raised(t);
    return 0;
}
static HdValue text_repr(HdThread *t, HdValue self) {
    if (!text_io(self)->detached && check_ready(t, self) < 0) return HD_NULL;
    int entered = hd_object_repr_enter(t, self);
    if (entered < 0) return HD_NULL;
    if (entered) return hd_raise(t, &hd_RuntimeError, "reentrant call inside %s.__repr__", hd_type_of(self)->name);
    HD_OWNED HdValue name = HD_NULL;
    HD_OWNED HdValue mode = HD_NULL;
    HdValue text = HD_NULL;
    if (find_for_repr(t, self, HD_NAME("name"), &name) == 0 && find_for_repr(t, self, HD_NAME("mode"), &mode) == 0) {
        HD_OWNED HdValue name_part = hd_is_null(name) ? hd_str_empty() : hd_str_format(t, " name=%R", name);
        HD_OWNED HdValue mode_part = hd_is_null(mode) ? hd_str_empty() : hd_str_format(t, " mode=%R", mode);
        if (!hd_is_null(name_part) && !hd_is_null(mode_part))
            text = hd_str_format(t, "<%s%U%U encoding=%R>", hd_type_of(self)->name, name_part, mode_part, text_io(self)->encoding);
    }
    hd_object_repr_leave(t, self);
    return text;
}
static HdValue no_pickle(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_raise(t, &hd_TypeError, "cannot pickle '%T' object", self);
}
static void finalize(HdThread *t, HdValue self) {
    if (text_io(self)->initialised) hd_io_finalize(t, self);
}
static void clear(HdThread *t, HdObject *self) {
    TextIO *x = (TextIO *)self;
    x->initialised = false;
    HdValue *slots[] = {&x->buffer, &x->encoding, &x->errors, &x->encoder, &x->decoder, &x->decoded, &x->snapshot_bytes};
    for (size_t i = 0; i < HD_COUNT_OF(slots); i++) hd_clear_slot(t, slots[i]);
}
static void dealloc(HdThread *t, HdObject *self) {
    TextIO *x = (TextIO *)self;
    hd_heap_raw_free(t, x->pending, (size_t)x->pending_capacity);
    clear(t, self);
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) {
    TextIO *x = (TextIO *)self;
    HD_VISIT(x->buffer);
    HD_VISIT(x->encoder);
    HD_VISIT(x->decoder);
    return 0;
}

static const HdMethodDef methods[] = {
    HD_METHOD(text_write, "write($self, text, /)", NULL),
    HD_METHOD(text_read, "read($self, size=-1, /)", NULL),
    HD_METHOD(text_readline, "readline($self, size=-1, /)", NULL),
    HD_METHOD(text_flush, "flush($self, /)", NULL),
    HD_METHOD(text_close, "close($self, /)", NULL),
    HD_METHOD(text_detach, "detach($self, /)", NULL),
    HD_METHOD(text_reconfigure,
              "reconfigure($self, /, *, encoding=None, errors=None, newline=<none>, line_buffering=None, write_through=None)",
              "Reconfigure the text stream with new parameters."),
    HD_METHOD(text_tell, "tell($self, /)", NULL),
    HD_METHOD(text_seek, "seek($self, cookie, whence=0, /)", NULL),
    HD_METHOD(text_truncate, "truncate($self, pos=None, /)", NULL),
    HD_METHOD(text_fileno, "fileno($self, /)", NULL),
    HD_METHOD(text_seekable, "seekable($self, /)", NULL),
    HD_METHOD(text_readable, "readable($self, /)", NULL),
    HD_METHOD(text_writable, "writable($self, /)", NULL),
    HD_METHOD(text_isatty, "isatty($self, /)", NULL),
    HD_METHOD_RAW(no_pickle, "__getstate__", NULL),
    HD_METHOD_RAW(no_pickle, "__reduce_ex__", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef getsets[] = {
    {"name", from_buffer, NULL, NULL, "name"},
    {"closed", from_buffer, NULL, NULL, "closed"},
    {"buffer", get_value, NULL, NULL, (void *)offsetof(TextIO, buffer)},
    {"encoding", get_value, NULL, NULL, (void *)offsetof(TextIO, encoding)},
    {"errors", get_value, NULL, NULL, (void *)offsetof(TextIO, errors)},
    {"line_buffering", get_line_buffering, NULL, NULL, NULL},
    {"write_through", get_write_through, NULL, NULL, NULL},
    {"newlines", get_newlines, NULL, NULL, NULL},
    {"_CHUNK_SIZE", get_chunk_size, set_chunk_size, NULL, NULL},
    {"_finalizing", get_finalizing, set_finalizing, NULL, NULL},
    {NULL},
};
HdType hd_io_text_type = {
    HD_TYPE_HEAD("_io.TextIOWrapper"),
    .doc = "Character and line based layer over a BufferedIOBase object, buffer.",
    .base = &hd_io_text_base_type,
    .basicsize = sizeof(TextIO),
    .attrs_offset = offsetof(TextIO, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = dealloc,
    .traverse = traverse,
    .clear = clear,
    .create = create,
    .init = init,
    .repr = text_repr,
    .next = text_next,
    .finalize = finalize,
    .methods = methods,
    .getsets = getsets,
};
