/* mod__io.c -- the module _io: open, open_code, text_encoding, and the types (io_types.h). */
#include <unistd.h>

#include "builtins_io.h"
#include "config.h"
#include "io_types.h"

/* open()'s mode, taken apart. */
typedef struct OpenMode {
    bool create, read, write, append, update, text, binary;
    char raw[8]; /* for FileIO */
} OpenMode;

static int parse_mode(HdThread *t, const char *mode, OpenMode *out) {
    for (const char *at = mode; *at; at++) {
        if (strchr(at + 1, *at)) return hd_raise_int(t, &hd_ValueError, "invalid mode: '%s'", mode);
        switch (*at) {
        case 'x': out->create = true; break;
        case 'r': out->read = true; break;
        case 'w': out->write = true; break;
        case 'a': out->append = true; break;
        case '+': out->update = true; break;
        case 't': out->text = true; break;
        case 'b': out->binary = true; break;
        default: return hd_raise_int(t, &hd_ValueError, "invalid mode: '%s'", mode);
        }
    }
    char *raw = out->raw;
    if (out->create) *raw++ = 'x';
    if (out->read) *raw++ = 'r';
    if (out->write) *raw++ = 'w';
    if (out->append) *raw++ = 'a';
    if (out->update) *raw++ = '+';
    *raw = 0;
    if (out->text && out->binary) return hd_raise_int(t, &hd_ValueError, "can't have text and binary mode at once");
    if (out->create + out->read + out->write + out->append > 1)
        return hd_raise_int(t, &hd_ValueError, "must have exactly one of create/read/write/append mode");
    if (!(out->create || out->read || out->write || out->append))
        return hd_raise_int(t, &hd_ValueError, "Must have exactly one of create/read/write/append mode and at most one plus");
    return 0;
}

/* Closes a half-made stream and keeps the exception. */
static HdValue give_up(HdThread *t, HdValue stream) {
    HD_OWNED HdValue error = hd_take_raised(t);
    HdValue closed = hd_object_call_method0(t, stream, "close");
    if (hd_is_null(closed)) {
        HD_OWNED HdValue second = hd_take_raised(t);
        hd_exception_set_context_steal(t, second, hd_move(&error));
        hd_set_raised_steal(t, hd_move(&second));
        return HD_NULL;
    }
    hd_release(t, closed);
    hd_set_raised_steal(t, hd_move(&error));
    return HD_NULL;
}

/* The raw stream wrapped as asked; owned. */
static HdValue wrap(HdThread *t, HdValue raw, const OpenMode *mode, HdValue mode_str, HdSize buffering, const HdValue *args) {
    int is_tty = hd_io_ask(t, raw, "isatty");
    if (is_tty < 0) return HD_NULL;
    bool line_buffering = buffering == 1 && !mode->binary;
    if (buffering == 1 && mode->binary) {
        if (hd_warn(t, &hd_RuntimeWarning, 1, "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used") < 0)
            return HD_NULL;
        buffering = -1;
    }
    if (buffering < 0 && is_tty) {
        buffering = -1;
        line_buffering = true;
    }
    if (buffering < 0 || line_buffering) {
        HD_OWNED HdValue block = hd_object_getattr_text(t, raw, "_blksize");
        HdSize size = hd_is_null(block) ? -1 : hd_number_as_size(t, block, &hd_OverflowError);
        if (size == -1 && hd_raised(t)) return HD_NULL;
        buffering = size > 1 ? size : HD_IO_BUFFER_SIZE;
    }
    if (buffering == 0) {
        if (!mode->binary) return hd_raise(t, &hd_ValueError, "can't have unbuffered text I/O");
        return hd_retain(t, raw);
    }
    HdType *type = mode->update ? &hd_io_random_type : mode->create || mode->write || mode->append ? &hd_io_writer_type : &hd_io_reader_type;
    HD_OWNED HdValue size = hd_int_from_size(t, buffering);
    HD_OWNED HdValue buffer = hd_object_call2(t, hd_type_value(type), raw, size);
    if (hd_is_null(buffer) || mode->binary) return hd_move(&buffer);
    HdValue wrapper_args[] = {buffer, hd_is_null(args[3]) ? hd_None : args[3], hd_is_null(args[4]) ? hd_None : args[4],
                              hd_is_null(args[5]) ? hd_None : args[5], hd_bool(line_buffering)};
    HD_OWNED HdValue text = hd_object_call_values(t, hd_type_value(&hd_io_text_type), wrapper_args, 5);
    if (hd_is_null(text) || hd_object_setattr(t, text, HD_NAME("mode"), mode_str) < 0) return give_up(t, buffer);
    return hd_move(&text);
}

HdValue hd_io_open(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue mode_str = hd_is_null(args[1]) ? hd_str_from_char(t, 'r') : hd_retain(t, args[1]);
    if (!hd_is_str(mode_str)) return hd_raise(t, &hd_TypeError, "open() argument 'mode' must be str, not %T", mode_str);
    const char *mode_text = hd_str_utf8(t, mode_str, NULL);
    HdSize buffering = hd_is_null(args[2]) ? -1 : hd_number_as_int(t, args[2]);
    if (!mode_text || (buffering == -1 && hd_raised(t))) return HD_NULL;
    HD_OWNED HdValue file = hd_is_int(args[0]) ? hd_retain(t, args[0]) : HD_NULL;
    if (hd_is_null(file)) {
        if (hd_is_str(args[0]) || hd_is_bytes(args[0])) {
            file = hd_retain(t, args[0]);
        } else {
            HD_OWNED HdValue method = HD_NULL;
            int found = hd_object_find_special(t, args[0], HD_NAME("__fspath__"), &method);
            if (found < 0) return HD_NULL;
            if (found) {
                file = hd_object_call0(t, method);
                if (!hd_is_null(file) && !hd_is_str(file) && !hd_is_bytes(file))
                    return hd_raise(t, &hd_TypeError, "expected %T.__fspath__() to return str or bytes, not %T", args[0], file);
            } else if (hd_number_check_index(args[0])) {
                file = hd_number_index(t, args[0]);
            } else {
                return hd_raise(t, &hd_TypeError, "expected str, bytes or os.PathLike object, not %T", args[0]);
            }
            if (hd_is_null(file)) return HD_NULL;
        }
    }
    OpenMode mode = {0};
    if (parse_mode(t, mode_text, &mode) < 0) return HD_NULL;
    if (mode.binary) {
        static const char *const names[] = {"encoding", "errors", "newline"};
        static const char *const articles[] = {"an", "an", "a"};
        for (int i = 0; i < 3; i++) {
            if (!hd_is_null(args[3 + i]) && !hd_is_none(args[3 + i]))
                return hd_raise(t, &hd_ValueError, "binary mode doesn't take %s %s argument", articles[i], names[i]);
        }
    }
    HD_OWNED HdValue raw_mode = hd_str_from_text(t, mode.raw);
    if (hd_is_null(raw_mode)) return HD_NULL;
    HdValue raw_args[] = {file, raw_mode, hd_is_null(args[6]) ? hd_True : args[6], hd_is_null(args[7]) ? hd_None : args[7]};
    HD_OWNED HdValue raw = hd_object_call_values(t, hd_type_value(&hd_io_file_type), raw_args, 4);
    if (hd_is_null(raw)) return HD_NULL;
    HdValue stream = wrap(t, raw, &mode, mode_str, buffering, args);
    return hd_is_null(stream) ? give_up(t, raw) : stream;
}

static HdValue io_open_code(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "open_code() argument 'path' must be str, not %T", args[0]);
    HD_OWNED HdValue mode = hd_str_from_text(t, "rb");
    HdValue open_args[8] = {args[0], mode, HD_NULL, HD_NULL, HD_NULL, HD_NULL, HD_NULL, HD_NULL};
    return hd_is_null(mode) ? HD_NULL : hd_io_open(t, self, open_args);
}
static HdValue io_text_encoding(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_none(args[0])) return hd_retain(t, args[0]);
    if (hd_runtime.config->warn_default_encoding) {
        int level = hd_is_null(args[1]) ? 2 : hd_number_as_int(t, args[1]);
        if (level == -1 && hd_raised(t)) return HD_NULL;
        if (hd_warn(t, &hd_EncodingWarning, level, "'encoding' argument not specified") < 0) return HD_NULL;
    }
    return hd_str_from_text(t, hd_runtime.config->utf8_mode ? "utf-8" : "locale");
}

static const HdMethodDef functions[] = {
    HD_METHOD(hd_io_open, "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
              "Open file and return a stream.  Raise OSError upon failure."),
    HD_METHOD(io_open_code, "open_code(path)", "Opens the provided file with the intent to import the contents."),
    HD_METHOD(io_text_encoding, "text_encoding(encoding, stacklevel=2, /)", "A helper function to choose the text encoding."),
    HD_METHODS_END,
};

static int io_exec(HdThread *t, HdValue module) {
    static HdType *const types[] = {&hd_io_base_type, &hd_io_raw_base_type, &hd_io_buffered_base_type, &hd_io_text_base_type,
                                    &hd_io_file_type, &hd_io_bytes_type, &hd_io_string_type, &hd_io_newline_type, &hd_io_reader_type,
                                    &hd_io_writer_type, &hd_io_random_type, &hd_io_pair_type, &hd_io_text_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    HD_OWNED HdValue bases = hd_tuple_pack(t, 2, hd_type_value(&hd_OSError), hd_type_value(&hd_ValueError));
    HD_OWNED HdValue unsupported = hd_is_null(bases) ? HD_NULL : hd_module_add_exception(t, module, "io.UnsupportedOperation", bases);
    if (hd_is_null(unsupported) || hd_module_set(t, module, "BlockingIOError", hd_type_value(&hd_BlockingIOError)) < 0 ||
        hd_module_set_int(t, module, "DEFAULT_BUFFER_SIZE", HD_IO_BUFFER_SIZE) < 0)
        return -1;
    hd_runtime.text_io_type = &hd_io_text_type;
    return 0;
}

const HdModuleDef hd_module__io = {
    .name = "_io",
    .doc = "The io module provides the Python interfaces to stream handling.",
    .functions = functions,
    .exec = io_exec,
};
