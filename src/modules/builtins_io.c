/* builtins_io.c -- see builtins_io.h.
 *
 * print converts all its arguments first and then writes once: the text stream writes one str under its lock, so the
 * lines of several threads never mix. Any other `file` gets CPython's sequence of calls.
 */
#include "builtins_io.h"

#include "compile.h"

/* sys.<name>, owned; RuntimeError "lost sys.<name>". */
static HdValue sys_stream(HdThread *t, const char *name) {
    HdValue stream = hd_dict_get_text(t, hd_runtime.sys_dict, name);
    return hd_is_null(stream) ? hd_raise(t, &hd_RuntimeError, "lost sys.%s", name) : stream;
}

/* The separator or end of print: HD_NULL for the usual one; -1 = raised. */
static int print_option(HdThread *t, HdValue *option, const char *name) {
    if (hd_is_null(*option) || hd_is_none(*option)) {
        *option = HD_NULL;
        return 0;
    }
    if (hd_is_str(*option)) return 0;
    return hd_raise_int(t, &hd_TypeError, "%s must be None or a string, not %T", name, *option);
}

static HdValue print_text(HdThread *t, HdValue values, HdValue separator, HdValue end) {
    HD_CLEANUP(hd_str_builder_discard) HdStrBuilder b;
    hd_str_builder_init(&b, t);
    for (HdSize i = 0; i < hd_tuple_length(values); i++) {
        if (i) {
            if (hd_is_null(separator)) hd_str_builder_char(&b, ' ');
            else hd_str_builder_str(&b, separator);
        }
        HD_OWNED HdValue text = hd_object_str(t, hd_tuple_at_borrowed(values, i));
        if (hd_is_null(text)) return HD_NULL;
        hd_str_builder_str(&b, text);
    }
    if (hd_is_null(end)) hd_str_builder_char(&b, '\n');
    else hd_str_builder_str(&b, end);
    return hd_str_builder_finish(&b);
}

static int write_to(HdThread *t, HdValue write, HdValue text) {
    HdValue result = hd_object_call1(t, write, text);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}
static int write_ascii(HdThread *t, HdValue write, const char *text) {
    HD_OWNED HdValue str = hd_str_from_ascii(t, text, (HdSize)strlen(text));
    return hd_is_null(str) ? -1 : write_to(t, write, str);
}

/* CPython's calls: one for each value, separator and the end. */
static int print_pieces(HdThread *t, HdValue file, HdValue values, HdValue separator, HdValue end) {
    HD_OWNED HdValue write = hd_object_getattr(t, file, HD_NAME("write"));
    if (hd_is_null(write)) return -1;
    for (HdSize i = 0; i < hd_tuple_length(values); i++) {
        if (i && (hd_is_null(separator) ? write_ascii(t, write, " ") : write_to(t, write, separator)) < 0) return -1;
        HD_OWNED HdValue text = hd_object_str(t, hd_tuple_at_borrowed(values, i));
        if (hd_is_null(text) || write_to(t, write, text) < 0) return -1;
    }
    return hd_is_null(end) ? write_ascii(t, write, "\n") : write_to(t, write, end);
}

HdValue hd_builtins_print(HdThread *t, HdValue self, const HdValue *args) {
    HdValue values = args[0], separator = args[1], end = args[2];
    if (print_option(t, &separator, "sep") < 0 || print_option(t, &end, "end") < 0) return HD_NULL;
    HD_OWNED HdValue file = hd_is_null(args[3]) || hd_is_none(args[3]) ? sys_stream(t, "stdout") : hd_retain(t, args[3]);
    if (hd_is_null(file)) return HD_NULL;
    if (hd_is_none(file)) return hd_None;
    if (hd_runtime.text_io_type && hd_is_exact(file, hd_runtime.text_io_type)) {
        HD_OWNED HdValue text = print_text(t, values, separator, end);
        if (hd_is_null(text)) return HD_NULL;
        HdValue written = hd_object_call_method1(t, file, "write", text);
        if (hd_is_null(written)) return HD_NULL;
        hd_release(t, written);
    } else if (print_pieces(t, file, values, separator, end) < 0) {
        return HD_NULL;
    }
    int flush = hd_is_null(args[4]) ? 0 : hd_object_truth(t, args[4]);
    if (flush < 0) return HD_NULL;
    if (flush) {
        HdValue flushed = hd_object_call_method0(t, file, "flush");
        if (hd_is_null(flushed)) return HD_NULL;
        hd_release(t, flushed);
    }
    return hd_None;
}

HdValue hd_builtins_input(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue in = sys_stream(t, "stdin");
    HD_OWNED HdValue out = hd_is_null(in) ? HD_NULL : sys_stream(t, "stdout");
    if (hd_is_null(out)) return HD_NULL;
    if (hd_is_none(in)) return hd_raise(t, &hd_RuntimeError, "input(): lost sys.stdin");
    if (hd_is_none(out)) return hd_raise(t, &hd_RuntimeError, "input(): lost sys.stdout");
    HD_OWNED HdValue errors = hd_dict_get_text(t, hd_runtime.sys_dict, "stderr");
    if (!hd_is_null(errors) && !hd_is_none(errors)) {
        HdValue flushed = hd_object_call_method0(t, errors, "flush");
        if (hd_is_null(flushed)) hd_clear_raised(t);
        else hd_release(t, flushed);
    }
    if (!hd_is_null(args[0])) {
        HD_OWNED HdValue prompt = hd_object_str(t, args[0]);
        if (hd_is_null(prompt)) return HD_NULL;
        HdValue written = hd_object_call_method1(t, out, "write", prompt);
        if (hd_is_null(written)) return HD_NULL;
        hd_release(t, written);
    }
    HdValue flushed = hd_object_call_method0(t, out, "flush");
    if (hd_is_null(flushed)) hd_clear_raised(t);
    hd_release(t, flushed);
    HD_OWNED HdValue line = hd_object_call_method0(t, in, "readline");
    if (hd_is_null(line)) return HD_NULL;
    if (!hd_is_str(line)) return hd_raise(t, &hd_TypeError, "object.readline() returned non-string");
    HdSize length = hd_str_length(line);
    if (length == 0) return hd_raise(t, &hd_EOFError, "EOF when reading a line");
    return hd_str_at(line, length - 1) == '\n' ? hd_str_substring(t, line, 0, length - 1) : hd_move(&line);
}

HdValue hd_builtins_fs_name(HdThread *t, HdValue v) {
    if (hd_is_str(v)) return hd_retain(t, v);
    if (hd_is_bytes(v)) return hd_str_from_fs(t, (const char *)hd_bytes_data(v), hd_bytes_length(v));
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_special(t, v, HD_NAME("__fspath__"), &method);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_TypeError, "expected str, bytes or os.PathLike object, not %T", v);
    HD_OWNED HdValue path = hd_object_call0(t, method);
    if (hd_is_null(path)) return HD_NULL;
    if (!hd_is_str(path) && !hd_is_bytes(path))
        return hd_raise(t, &hd_TypeError, "expected %T.__fspath__() to return str or bytes, not %T", v, path);
    return hd_builtins_fs_name(t, path);
}

const char *hd_builtins_source(HdThread *t, HdValue v, const char *function, const char *what, HdSize *length,
                               HdValue *keep, int *flags) {
    const char *text = NULL;
    if (hd_is_str(v)) {
        *flags |= HD_COMPILE_SOURCE_IS_TEXT;
        *keep = hd_retain(t, v);
        text = hd_str_utf8(t, v, length);
        if (!text) return NULL;
    } else if (hd_buffer_check(v)) {
        *keep = hd_bytes_from_object(t, v);
        if (hd_is_null(*keep)) return NULL;
        text = (const char *)hd_bytes_data(*keep);
        *length = hd_bytes_length(*keep);
    } else {
        hd_raise(t, &hd_TypeError, "%s() arg 1 must be a %s object", function, what);
        return NULL;
    }
    if (memchr(text, 0, (size_t)*length)) {
        hd_raise(t, &hd_ValueError, "source code string cannot contain null bytes");
        return NULL;
    }
    return text;
}
