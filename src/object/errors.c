/* errors.c -- raising, testing and clearing a thread's exception, and the formatter of messages.
 *
 * Invariant: t->exception is HD_NULL or an instance of BaseException. Nothing here takes a lock; formatting with %V, %R
 * or %A and making an exception may run Python.
 */
#include "errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descr.h"
#include "dict.h"
#include "int.h"
#include "list.h"
#include "object.h"
#include "str.h"
#include "str_builder.h"
#include "utf8.h"

/* --- the formatter --- */

/* Bytes that ought to be UTF-8; whatever is not becomes a replacement character. */
static int put_bytes(HdThread *t, HdStrBuilder *b, const char *bytes, size_t size) {
    size_t ascii = hd_utf8_ascii_prefix(bytes, size);
    if (ascii && hd_str_builder_ascii(b, bytes, (HdSize)ascii) < 0) return -1;
    const uint8_t *at = (const uint8_t *)bytes + ascii, *end = (const uint8_t *)bytes + size;
    while (at < end) {
        uint32_t c = hd_utf8_next(&at, end, true);
        if (c == HD_UTF8_BAD) {
            at++;
            c = 0xFFFD;
        }
        if (hd_str_builder_char(b, c) < 0) return -1;
    }
    return 0;
}

/* Length of a C string, at most `most`, not ending inside a UTF-8 sequence. */
static size_t bounded_length(const char *text, long most) {
    if (most < 0) return strlen(text);
    size_t length = strnlen(text, (size_t)most);
    if (text[length] == '\0') return length;
    while (length > 0 && ((uint8_t)text[length] & 0xC0) == 0x80) length--;
    return length;
}

static int put_value(HdThread *t, HdStrBuilder *b, HdValue str, long precision) {
    if (precision >= 0 && precision < hd_str_length(str)) return hd_str_builder_slice(b, str, 0, precision);
    return hd_str_builder_str(b, str);
}

typedef struct Spec {
    char flags[8];
    long width, precision;
    int length; /* 'l', 'L' for ll, 'z', 0 */
    char conversion;
} Spec;

static const char *parse_spec(const char *at, Spec *spec, int *star) {
    memset(spec, 0, sizeof *spec);
    spec->width = -1;
    spec->precision = -1;
    *star = 0;
    for (int n = 0; *at && strchr("-+ #0", *at) && n < 6; at++) spec->flags[n++] = *at;
    if (*at >= '0' && *at <= '9') spec->width = strtol(at, (char **)&at, 10);
    if (*at == '.') {
        at++;
        if (*at == '*') {
            *star = 1;
            at++;
        } else {
            spec->precision = strtol(at, (char **)&at, 10);
        }
    }
    if (at[0] == 'l' && at[1] == 'l') {
        spec->length = 'L';
        at += 2;
    } else if (*at == 'l' || *at == 'z') {
        spec->length = *at++;
    }
    spec->conversion = *at;
    return *at ? at + 1 : at;
}

static int put_number(HdStrBuilder *b, const Spec *spec, uint64_t number) {
    char format[40], text[128];
    int n = snprintf(format, sizeof format, "%%%s", spec->flags);
    if (spec->width >= 0) n += snprintf(format + n, sizeof format - (size_t)n, "%d", (int)(spec->width > 60 ? 60 : spec->width));
    if (spec->precision >= 0) n += snprintf(format + n, sizeof format - (size_t)n, ".%d", (int)(spec->precision > 40 ? 40 : spec->precision));
    snprintf(format + n, sizeof format - (size_t)n, "ll%c", spec->conversion == 'i' ? 'd' : spec->conversion);
    int length = snprintf(text, sizeof text, format, (unsigned long long)number);
    return hd_str_builder_ascii(b, text, length);
}

static int put_object(HdThread *t, HdStrBuilder *b, const Spec *spec, HdValue v) {
    if (spec->conversion == 'U') return put_value(t, b, v, spec->precision);
    HdValue text = spec->conversion == 'V'   ? hd_object_str(t, v)
                   : spec->conversion == 'R' ? hd_object_repr(t, v)
                                             : hd_object_ascii(t, v);
    if (hd_is_null(text)) return -1;
    int result = put_value(t, b, text, spec->precision);
    hd_release(t, text);
    return result;
}

HdValue hd_str_format_list(HdThread *t, const char *format, va_list args) {
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    while (*format) {
        const char *percent = strchr(format, '%');
        size_t plain = percent ? (size_t)(percent - format) : strlen(format);
        if (plain && put_bytes(t, &b, format, plain) < 0) goto failed;
        if (!percent) break;
        Spec spec;
        int star;
        format = parse_spec(percent + 1, &spec, &star);
        if (star) spec.precision = va_arg(args, int);
        int result = 0;
        switch (spec.conversion) {
        case '%': result = hd_str_builder_char(&b, '%'); break;
        case 'c': result = hd_str_builder_char(&b, (uint32_t)va_arg(args, int)); break;
        case 's': {
            const char *text = va_arg(args, const char *);
            if (!text) text = "(null)";
            result = put_bytes(t, &b, text, bounded_length(text, spec.precision));
            break;
        }
        case 'd':
        case 'i': {
            int64_t number = spec.length == 'L'   ? va_arg(args, long long)
                             : spec.length == 'l' ? va_arg(args, long)
                             : spec.length == 'z' ? va_arg(args, ptrdiff_t)
                                                  : va_arg(args, int);
            result = put_number(&b, &spec, (uint64_t)number);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'o': {
            uint64_t number = spec.length == 'L'   ? va_arg(args, unsigned long long)
                              : spec.length == 'l' ? va_arg(args, unsigned long)
                              : spec.length == 'z' ? va_arg(args, size_t)
                                                   : va_arg(args, unsigned);
            result = put_number(&b, &spec, number);
            break;
        }
        case 'p': {
            char text[32];
            int length = snprintf(text, sizeof text, "0x%llx", (unsigned long long)(uintptr_t)va_arg(args, void *));
            result = hd_str_builder_ascii(&b, text, length);
            break;
        }
        case 'U':
        case 'V':
        case 'R':
        case 'A': result = put_object(t, &b, &spec, va_arg(args, HdValue)); break;
        case 'T': {
            const char *text = hd_type_of(va_arg(args, HdValue))->name;
            result = put_bytes(t, &b, text, bounded_length(text, spec.precision));
            break;
        }
        case 'N': {
            const char *text = hd_type_short_name(va_arg(args, const HdType *));
            result = put_bytes(t, &b, text, bounded_length(text, spec.precision));
            break;
        }
        default: HD_PANIC("bad format conversion '%c'", spec.conversion);
        }
        if (result < 0) goto failed;
    }
    return hd_str_builder_finish(&b);
failed:
    hd_str_builder_discard(&b);
    if (!hd_raised(t)) hd_raise_no_memory(t);
    return HD_NULL;
}

HdValue hd_str_format(HdThread *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    HdValue result = hd_str_format_list(t, format, args);
    va_end(args);
    return result;
}

/* --- the state --- */

bool hd_raised_is(HdThread *t, const HdType *type) {
    return !hd_is_null(t->exception) && hd_is_instance(t->exception, type);
}

void hd_clear_raised(HdThread *t) {
    HdValue old = t->exception;
    t->exception = HD_NULL;
    hd_release(t, old);
}

HdValue hd_take_raised(HdThread *t) {
    HdValue exception = t->exception;
    t->exception = HD_NULL;
    return exception;
}

void hd_set_raised_steal(HdThread *t, HdValue exception) {
    HdValue old = t->exception;
    t->exception = exception;
    hd_release(t, old);
}

HdValue hd_handled_exception_borrowed(HdThread *t) {
    for (HdExcInfo *info = t->exc_info; info; info = info->previous) {
        if (!hd_is_null(info->exc) && !hd_is_none(info->exc)) return info->exc;
    }
    return HD_NULL;
}

/* --- raising --- */

/* Makes the handled exception the context of the one being raised, and cuts the chain where that would close a ring. */
static void chain_context(HdThread *t, HdValue exception) {
    HdValue handled = hd_handled_exception_borrowed(t);
    if (hd_is_null(handled) || hd_same(handled, exception) || hd_same(exception, hd_runtime.memory_error)) return;
    HdValue link = handled, slow = handled;
    for (bool odd = false;; odd = !odd) {
        HdValue next = HD_AS(HdException, link)->context;
        if (hd_is_null(next)) break;
        if (hd_same(next, exception)) {
            hd_clear_slot(t, &HD_AS(HdException, link)->context);
            break;
        }
        link = next;
        if (odd) {
            slow = HD_AS(HdException, slow)->context;
            if (hd_same(slow, link)) break; /* somebody else made a ring: leave it */
        }
    }
    hd_exception_set_context_steal(t, exception, hd_retain(t, handled));
}

HdValue hd_raise_instance(HdThread *t, HdValue exception) {
    chain_context(t, exception);
    hd_set_raised_steal(t, hd_retain(t, exception));
    return HD_NULL;
}

static HdValue raise_new_steal(HdThread *t, HdValue exception) {
    if (hd_is_null(exception)) return HD_NULL;
    chain_context(t, exception);
    hd_set_raised_steal(t, exception);
    return HD_NULL;
}

HdValue hd_raise_value(HdThread *t, HdType *type, HdValue argument) {
    hd_clear_raised(t);
    /* A tuple is one argument here too: KeyError((1, 2)). */
    if (hd_is_null(argument)) return raise_new_steal(t, hd_object_call(t, hd_type_value(type), NULL, 0, HD_NULL));
    return raise_new_steal(t, hd_exception_new1(t, type, argument));
}

static HdValue raise_list(HdThread *t, HdType *type, const char *format, va_list args) {
    hd_clear_raised(t);
    HdValue message = hd_str_format_list(t, format, args);
    if (hd_is_null(message)) return HD_NULL;
    HdValue exception = hd_exception_new1(t, type, message);
    hd_release(t, message);
    return raise_new_steal(t, exception);
}

HdValue hd_raise(HdThread *t, HdType *type, const char *format, ...) {
    va_list args;
    va_start(args, format);
    raise_list(t, type, format, args);
    va_end(args);
    return HD_NULL;
}

int hd_raise_int(HdThread *t, HdType *type, const char *format, ...) {
    va_list args;
    va_start(args, format);
    raise_list(t, type, format, args);
    va_end(args);
    return -1;
}

HdValue hd_raise_from(HdThread *t, HdType *type, const char *format, ...) {
    HdValue cause = hd_take_raised(t);
    va_list args;
    va_start(args, format);
    raise_list(t, type, format, args);
    va_end(args);
    if (hd_is_null(cause)) return HD_NULL;
    if (hd_is_null(t->exception)) {
        hd_release(t, cause);
        return HD_NULL;
    }
    hd_exception_set_cause_steal(t, t->exception, hd_retain(t, cause));
    hd_exception_set_context_steal(t, t->exception, cause);
    return HD_NULL;
}

/* Most often one big request failed, and there is room for an exception of its own. Otherwise the ready-made one serves,
 * which keeps no traceback: it would grow, and keep frames alive, for ever. */
HdValue hd_raise_no_memory(HdThread *t) {
    HdValue exception = hd_type_alloc_quiet(t, &hd_MemoryError);
    if (hd_is_null(exception)) {
        exception = hd_runtime.memory_error;
        if (hd_is_null(exception)) HD_PANIC("out of memory while starting");
    } else {
        HD_AS(HdException, exception)->args = hd_tuple_empty();
    }
    hd_set_raised_steal(t, exception);
    return HD_NULL;
}

int hd_raise_recursion(HdThread *t, const char *where) {
    /* Making the message needs little stack; between stack_low and stack_hard there is room for it. */
    char *low = t->stack_low;
    t->stack_low = t->stack_hard;
    hd_raise(t, &hd_RecursionError, "maximum recursion depth exceeded%s", where);
    t->stack_low = low;
    return -1;
}

HdValue hd_raise_errno2(HdThread *t, int error, HdValue filename, HdValue filename2) {
    hd_clear_raised(t);
    char buffer[256];
    HdValue message = hd_str_from_text(t, error ? strerror_r(error, buffer, sizeof buffer) : "Error");
    if (hd_is_null(message)) return HD_NULL;
    HdRef args[5] = {hd_ref_counted(hd_imm_int(error)), hd_ref_counted(message), hd_ref_counted(filename),
                     hd_ref_counted(hd_None), hd_ref_counted(filename2)};
    HdSize count = hd_is_null(filename) ? 2 : hd_is_null(filename2) ? 3 : 5;
    HdValue exception = hd_object_call(t, hd_type_value(&hd_OSError), args, count, HD_NULL);
    hd_release(t, message);
    return raise_new_steal(t, exception);
}

HdValue hd_raise_errno(HdThread *t, int error, HdValue filename_or_null) {
    return hd_raise_errno2(t, error, filename_or_null, HD_NULL);
}

HdValue hd_raise_stop_iteration(HdThread *t, HdValue value_or_null) {
    hd_clear_raised(t);
    HdValue exception = hd_is_null(value_or_null) || hd_is_none(value_or_null)
                            ? hd_object_call0(t, hd_type_value(&hd_StopIteration))
                            : hd_exception_new1(t, &hd_StopIteration, value_or_null);
    return raise_new_steal(t, exception);
}

HdValue hd_raise_attribute(HdThread *t, HdValue object, HdValue name) {
    if (hd_is_type(object)) {
        hd_raise(t, &hd_AttributeError, "type object '%s' has no attribute '%V'", HD_AS(HdType, object)->name, name);
    } else {
        hd_raise(t, &hd_AttributeError, "'%T' object has no attribute '%V'", object, name);
    }
    if (hd_raised_is(t, &hd_AttributeError)) {
        HdAttributeError *e = HD_AS(HdAttributeError, t->exception);
        hd_replace_steal(t, &e->name, hd_retain(t, name));
        hd_replace_steal(t, &e->obj, hd_retain(t, object));
    }
    return HD_NULL;
}

HdValue hd_raise_bad_argument(HdThread *t, const char *function, const char *expected, HdValue got) {
    return hd_raise(t, &hd_TypeError, "%s() argument must be %s, not %s", function, expected,
                    hd_is_none(got) ? "None" : hd_type_name(got));
}

HdValue hd_raise_operand(HdThread *t, const char *operator_text, HdValue left, HdValue right) {
    return hd_raise(t, &hd_TypeError, "unsupported operand type(s) for %s: '%T' and '%T'", operator_text, left, right);
}

int hd_take_stop_iteration(HdThread *t, HdValue *value) {
    if (hd_is_null(t->exception)) {
        *value = hd_None;
        return 1;
    }
    if (!hd_raised_is(t, &hd_StopIteration)) {
        *value = HD_NULL;
        return 0;
    }
    HdValue exception = hd_take_raised(t);
    HdValue inner = HD_AS(HdStopIteration, exception)->value;
    *value = hd_is_null(inner) ? hd_None : hd_retain(t, inner);
    hd_release(t, exception);
    return 1;
}

void hd_write_unraisable(HdThread *t, HdValue where) { hd_write_unraisable_message(t, NULL, where); }

void hd_write_unraisable_message(HdThread *t, const char *message, HdValue where) {
    if (hd_is_null(t->exception)) return;
    if (hd_object_hooks.unraisable) {
        hd_object_hooks.unraisable(t, message, where);
    } else {
        fprintf(stderr, "Exception ignored: %s\n", hd_type_name(t->exception));
    }
    hd_clear_raised(t);
}

int hd_warn(HdThread *t, HdType *category, HdSize stack_level, const char *format, ...) {
    if (!hd_object_hooks.warn) return 0;
    va_list args;
    va_start(args, format);
    HdValue message = hd_str_format_list(t, format, args);
    va_end(args);
    if (hd_is_null(message)) return -1;
    int result = hd_object_hooks.warn(t, category, message, stack_level, HD_NULL);
    hd_release(t, message);
    return result;
}

int hd_warn_source(HdThread *t, HdType *category, HdSize stack_level, HdValue source, const char *format, ...) {
    if (!hd_object_hooks.warn) return 0;
    va_list args;
    va_start(args, format);
    HdValue message = hd_str_format_list(t, format, args);
    va_end(args);
    if (hd_is_null(message)) return -1;
    int result = hd_object_hooks.warn(t, category, message, stack_level, source);
    hd_release(t, message);
    return result;
}
