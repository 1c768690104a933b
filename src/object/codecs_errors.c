/* codecs_errors.c -- what to do about what cannot be decoded or encoded: the built-in error handlers, and calling those
 * that programs register. May run Python: no locks held.
 */
#include "codecs_internal.h"

#include <stdio.h>

#include "exceptions.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "unicode.h"

static const char *const names[] = {"strict", "ignore", "replace", "surrogateescape", "surrogatepass",
                                    "backslashreplace", "xmlcharrefreplace", "namereplace"};

HdErrorPolicy hd_codecs_policy(const char *errors) {
    if (!errors) return HD_ERRORS_STRICT;
    for (unsigned i = 0; i < HD_COUNT_OF(names); i++)
        if (strcmp(errors, names[i]) == 0) return (HdErrorPolicy)i;
    return HD_ERRORS_OTHER;
}

/* --- exceptions --- */

static HdValue make_exception(HdThread *t, HdType *type, const char *encoding, HdValue object, HdSize start, HdSize end,
                              const char *reason) {
    HD_OWNED HdValue name = hd_str_from_text(t, encoding);
    HD_OWNED HdValue text = hd_str_from_text(t, reason);
    if (hd_is_null(name) || hd_is_null(text)) return HD_NULL;
    HdValue args[5] = {name, object, hd_imm_int(start), hd_imm_int(end), text};
    return hd_object_call_values(t, hd_type_value(type), args, 5);
}

/* Makes *exception describe this error, a new one or the one of the last error changed. */
static int update_exception(HdThread *t, HdValue *exception, HdType *type, const char *encoding, HdValue object,
                            HdSize start, HdSize end, const char *reason) {
    if (hd_is_null(*exception)) {
        *exception = make_exception(t, type, encoding, object, start, end, reason);
        return hd_is_null(*exception) ? -1 : 0;
    }
    HdUnicodeError *e = HD_AS(HdUnicodeError, *exception);
    HdValue text = hd_str_from_text(t, reason);
    if (hd_is_null(text)) return -1;
    e->start = start;
    e->end = end;
    hd_replace_steal(t, &e->reason, text);
    return 0;
}

/* The fields of a UnicodeError as the handlers want them: indices clipped to the object. */
typedef struct Problem {
    HdValue object;
    HdSize start, end, length;
    enum { ENCODE, DECODE, TRANSLATE } what;
} Problem;

static int read_problem(HdThread *t, HdValue exception, Problem *p) {
    if (hd_is_instance(exception, &hd_UnicodeEncodeError)) p->what = ENCODE;
    else if (hd_is_instance(exception, &hd_UnicodeDecodeError)) p->what = DECODE;
    else if (hd_is_instance(exception, &hd_UnicodeTranslateError)) p->what = TRANSLATE;
    else return hd_raise_int(t, &hd_TypeError, "don't know how to handle %T in error callback", exception);
    HdUnicodeError *e = HD_AS(HdUnicodeError, exception);
    p->object = e->object;
    bool right = !hd_is_null(p->object) && (p->what == DECODE ? hd_is_bytes(p->object) : hd_is_str(p->object));
    if (!right) {
        return hd_raise_int(t, &hd_TypeError, "object attribute must be %s", p->what == DECODE ? "bytes" : "unicode");
    }
    p->length = p->what == DECODE ? hd_bytes_length(p->object) : hd_str_length(p->object);
    p->start = e->start < 0 ? 0 : e->start;
    if (p->start >= p->length) p->start = p->length > 0 ? p->length - 1 : 0;
    p->end = e->end < 1 ? 1 : e->end;
    if (p->end > p->length) p->end = p->length;
    return 0;
}

static HdValue wrong_type(HdThread *t, HdValue exception) {
    return hd_raise(t, &hd_TypeError, "don't know how to handle %T in error callback", exception);
}

static HdValue raise_it(HdThread *t, HdValue exception) {
    if (hd_is_exception(exception)) return hd_raise_instance(t, exception);
    return hd_raise(t, &hd_TypeError, "codec must pass exception instance");
}

static HdValue answer_steal(HdThread *t, HdValue replacement, HdSize position) {
    if (hd_is_null(replacement)) return HD_NULL;
    HdValue tuple = hd_tuple_pack(t, 2, replacement, hd_imm_int(position));
    hd_release(t, replacement);
    return tuple;
}

/* --- the handlers --- */

HdValue hd_codecs_escape_text(HdThread *t, HdErrorPolicy policy, HdValue str, HdSize start, HdSize end) {
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    for (HdSize i = start; i < end && !b.failed; i++) {
        uint32_t c = hd_str_at(str, i);
        char text[HD_UNICODE_NAME_MAX + 8];
        int length;
        char name[HD_UNICODE_NAME_MAX + 1];
        if (policy == HD_ERRORS_XMLCHARREFREPLACE) {
            length = snprintf(text, sizeof text, "&#%u;", (unsigned)c);
        } else if (policy == HD_ERRORS_NAMEREPLACE && hd_unicode_name(c, name)) {
            length = snprintf(text, sizeof text, "\\N{%s}", name);
        } else {
            length = snprintf(text, sizeof text, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
        }
        hd_str_builder_ascii(&b, text, length);
    }
    return hd_str_builder_finish(&b);
}

static HdValue replace(HdThread *t, HdValue exception, const Problem *p) {
    if (p->what == DECODE) return answer_steal(t, hd_str_from_char(t, 0xFFFD), p->end);
    HdSize count = p->end - p->start;
    HD_OWNED HdValue one = hd_str_from_char(t, p->what == ENCODE ? '?' : 0xFFFD);
    return hd_is_null(one) ? HD_NULL : answer_steal(t, hd_str_repeat(t, one, count), p->end);
}

static HdValue backslash_replace(HdThread *t, HdValue exception, const Problem *p) {
    if (p->what != DECODE) {
        return answer_steal(t, hd_codecs_escape_text(t, HD_ERRORS_BACKSLASHREPLACE, p->object, p->start, p->end), p->end);
    }
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    for (HdSize i = p->start; i < p->end && !b.failed; i++) {
        char text[8];
        hd_str_builder_ascii(&b, text, snprintf(text, sizeof text, "\\x%02x", hd_bytes_data(p->object)[i]));
    }
    return answer_steal(t, hd_str_builder_finish(&b), p->end);
}

static HdValue surrogate_escape(HdThread *t, HdValue exception, const Problem *p) {
    if (p->what == ENCODE) {
        HdSize count = p->end - p->start;
        HdValue bytes = hd_bytes_new(t, NULL, count);
        for (HdSize i = 0; !hd_is_null(bytes) && i < count; i++) {
            uint32_t c = hd_str_at(p->object, p->start + i);
            if (c < 0xDC80 || c > 0xDCFF) {
                hd_release(t, bytes);
                return raise_it(t, exception);
            }
            hd_bytes_data(bytes)[i] = (uint8_t)(c - 0xDC00);
        }
        return answer_steal(t, bytes, p->end);
    }
    if (p->what == TRANSLATE) return wrong_type(t, exception);
    uint16_t points[4];
    int count = 0;
    while (count < 4 && count < p->end - p->start && hd_bytes_data(p->object)[p->start + count] >= 128) {
        points[count] = (uint16_t)(0xDC00 + hd_bytes_data(p->object)[p->start + count]);
        count++;
    }
    if (count == 0) return raise_it(t, exception);
    return answer_steal(t, hd_str_from_kind(t, 2, points, count), p->start + count);
}

enum { UNKNOWN, UTF8, UTF16LE, UTF16BE, UTF32LE, UTF32BE };
/* The UTF a name means, in any of its spellings, and how many bytes it needs for a surrogate. */
static int utf_of(HdValue encoding, int *width) {
    char name[16];
    size_t n = 0;
    HdSize length = hd_is_null(encoding) || !hd_is_str(encoding) ? 0 : hd_str_length(encoding);
    for (HdSize i = 0; i < length && n < sizeof name - 1; i++) {
        uint32_t c = hd_str_at(encoding, i);
        if (c == '-' || c == '_') continue;
        name[n++] = c < 128 ? (char)(c - 'A' < 26 ? c + 32 : c) : '?';
    }
    name[n] = 0;
    bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    if (strncmp(name, "utf", 3) != 0) {
        *width = 3;
        return strcmp(name, "cp65001") == 0 || strcmp(name, "cputf8") == 0 ? UTF8 : UNKNOWN;
    }
    if (strcmp(name, "utf8") == 0) return *width = 3, UTF8;
    bool is16 = strncmp(name + 3, "16", 2) == 0;
    if (!is16 && strncmp(name + 3, "32", 2) != 0) return UNKNOWN;
    const char *order = name + 5;
    if (strcmp(order, "le") == 0) little = true;
    else if (strcmp(order, "be") == 0) little = false;
    else if (*order) return UNKNOWN;
    *width = is16 ? 2 : 4;
    return is16 ? (little ? UTF16LE : UTF16BE) : little ? UTF32LE : UTF32BE;
}

static HdValue surrogate_pass(HdThread *t, HdValue exception, const Problem *p) {
    int width = 0, utf = utf_of(HD_AS(HdUnicodeError, exception)->encoding, &width);
    if (p->what == TRANSLATE) return wrong_type(t, exception);
    if (utf == UNKNOWN) return raise_it(t, exception);
    if (p->what == ENCODE) {
        HdSize count = p->end - p->start;
        HdValue bytes = hd_bytes_new(t, NULL, count * width);
        for (HdSize i = 0; !hd_is_null(bytes) && i < count; i++) {
            uint32_t c = hd_str_at(p->object, p->start + i);
            uint8_t *out = hd_bytes_data(bytes) + i * width, low = (uint8_t)c, high = (uint8_t)(c >> 8);
            if (c - 0xD800 >= 0x800) {
                hd_release(t, bytes);
                return raise_it(t, exception);
            }
            memset(out, 0, (size_t)width);
            switch (utf) {
            case UTF8:
                out[0] = (uint8_t)(0xE0 | c >> 12);
                out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
                out[2] = (uint8_t)(0x80 | (c & 0x3F));
                break;
            case UTF16LE: case UTF32LE: out[0] = low, out[1] = high; break;
            default: out[width - 2] = high, out[width - 1] = low; break;
            }
        }
        return answer_steal(t, bytes, p->end);
    }
    const uint8_t *in = hd_bytes_data(p->object) + p->start;
    HdSize left = p->length - p->start;
    uint32_t c = 0;
    if (left >= width) {
        switch (utf) {
        case UTF8:
            if ((in[0] & 0xF0) == 0xE0 && (in[1] & 0xC0) == 0x80 && (in[2] & 0xC0) == 0x80)
                c = (uint32_t)(in[0] & 0x0F) << 12 | (uint32_t)(in[1] & 0x3F) << 6 | (in[2] & 0x3F);
            break;
        case UTF16LE: c = (uint32_t)in[1] << 8 | in[0]; break;
        case UTF16BE: c = (uint32_t)in[0] << 8 | in[1]; break;
        case UTF32LE: c = (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | in[0]; break;
        default: c = (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3]; break;
        }
    }
    if (c - 0xD800 >= 0x800) return raise_it(t, exception);
    return answer_steal(t, hd_str_from_char(t, c), p->start + width);
}

HdValue hd_codecs_builtin_handler(HdThread *t, HdErrorPolicy policy, HdValue exception) {
    Problem p = {0};
    if (policy == HD_ERRORS_STRICT) return raise_it(t, exception);
    if (read_problem(t, exception, &p) < 0) return HD_NULL;
    switch (policy) {
    case HD_ERRORS_IGNORE: return answer_steal(t, hd_str_empty(), p.end);
    case HD_ERRORS_REPLACE: return replace(t, exception, &p);
    case HD_ERRORS_SURROGATEESCAPE: return surrogate_escape(t, exception, &p);
    case HD_ERRORS_SURROGATEPASS: return surrogate_pass(t, exception, &p);
    case HD_ERRORS_BACKSLASHREPLACE: return backslash_replace(t, exception, &p);
    default:
        if (p.what != ENCODE) return wrong_type(t, exception);
        return answer_steal(t, hd_codecs_escape_text(t, policy, p.object, p.start, p.end), p.end);
    }
}

#define HANDLER(name, policy)                                                        \
    static HdValue handle_##name(HdThread *t, HdValue self, const HdValue *args) {   \
        return hd_codecs_builtin_handler(t, policy, args[0]);                        \
    }
HANDLER(strict, HD_ERRORS_STRICT)
HANDLER(ignore, HD_ERRORS_IGNORE)
HANDLER(replace, HD_ERRORS_REPLACE)
HANDLER(surrogateescape, HD_ERRORS_SURROGATEESCAPE)
HANDLER(surrogatepass, HD_ERRORS_SURROGATEPASS)
HANDLER(backslashreplace, HD_ERRORS_BACKSLASHREPLACE)
HANDLER(xmlcharrefreplace, HD_ERRORS_XMLCHARREFREPLACE)
HANDLER(namereplace, HD_ERRORS_NAMEREPLACE)

/* In the order of HdErrorPolicy. */
const HdMethodDef hd_codecs_handlers[] = {
    HD_METHOD(handle_strict, "strict_errors(exception, /)", "Implements the 'strict' error handling, which raises a UnicodeError on coding errors."),
    HD_METHOD(handle_ignore, "ignore_errors(exception, /)", "Implements the 'ignore' error handling, which ignores malformed data and continues."),
    HD_METHOD(handle_replace, "replace_errors(exception, /)", "Implements the 'replace' error handling, which replaces malformed data with a replacement marker."),
    HD_METHOD(handle_surrogateescape, "surrogateescape(exception, /)", NULL),
    HD_METHOD(handle_surrogatepass, "surrogatepass(exception, /)", NULL),
    HD_METHOD(handle_backslashreplace, "backslashreplace_errors(exception, /)", "Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence."),
    HD_METHOD(handle_xmlcharrefreplace, "xmlcharrefreplace_errors(exception, /)", "Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference."),
    HD_METHOD(handle_namereplace, "namereplace_errors(exception, /)", "Implements the 'namereplace' error handling, which replaces an unencodable character with a \\N{...} escape sequence."),
    HD_METHODS_END,
};
const char *const hd_codecs_handler_names[] = {"strict", "ignore", "replace", "surrogateescape", "surrogatepass",
                                               "backslashreplace", "xmlcharrefreplace", "namereplace", NULL};

/* Calls the handler for `exception`; its two answers. */
static int ask(HdThread *t, HdErrorPolicy policy, HdValue *handler, const char *errors, HdValue exception,
               HdSize length, bool decoding, HdValue *replacement, HdSize *next) {
    HD_OWNED HdValue answer = HD_NULL;
    if (policy != HD_ERRORS_OTHER) {
        answer = hd_codecs_builtin_handler(t, policy, exception);
    } else {
        if (hd_is_null(*handler)) *handler = hd_codecs_lookup_error(t, errors);
        if (hd_is_null(*handler)) return -1;
        answer = hd_object_call1(t, *handler, exception);
    }
    if (hd_is_null(answer)) return -1;
    const char *message = decoding ? "decoding error handler must return (str, int) tuple"
                                   : "encoding error handler must return (str/bytes, int) tuple";
    if (!hd_is_tuple(answer) || hd_tuple_length(answer) != 2) return hd_raise_int(t, &hd_TypeError, "%s", message);
    HdValue text = hd_tuple_at_borrowed(answer, 0), position = hd_tuple_at_borrowed(answer, 1);
    if (!hd_is_str(text) && (decoding || !hd_is_bytes(text))) return hd_raise_int(t, &hd_TypeError, "%s", message);
    if (!hd_number_check_index(position)) return hd_raise_int(t, &hd_TypeError, "%s", message);
    HdSize at = hd_number_as_size(t, position, &hd_OverflowError);
    if (at == -1 && hd_raised(t)) return -1;
    *replacement = hd_retain(t, text);
    *next = at;
    return 0;
}

static int check_position(HdThread *t, HdSize *next, HdSize length, HdValue *replacement) {
    HdSize given = *next;
    if (*next < 0) *next += length;
    if (*next >= 0 && *next <= length) return 0;
    hd_release(t, hd_move(replacement));
    return hd_raise_int(t, &hd_IndexError, "position %zd from error handler out of bounds", given);
}

/* --- decoding --- */

void hd_decoding_begin(HdDecoding *d, HdThread *t, const char *encoding, const void *data, HdSize size,
                       const char *errors) {
    *d = (HdDecoding){.t = t, .encoding = encoding, .errors = errors, .policy = hd_codecs_policy(errors),
                      .data = data, .size = size};
    hd_str_builder_init(&d->out, t);
}

int hd_decoding_error(HdDecoding *d, HdSize start, HdSize end, const char *reason, HdSize *next) {
    HdThread *t = d->t;
    switch (d->policy) {
    case HD_ERRORS_IGNORE: *next = end; return 0;
    case HD_ERRORS_REPLACE: *next = end; return hd_str_builder_char(&d->out, 0xFFFD);
    case HD_ERRORS_SURROGATEESCAPE:
        if (d->data[start] < 128) break; /* the handler raises */
        while (start < end && d->data[start] >= 128)
            if (hd_str_builder_char(&d->out, 0xDC00u + d->data[start++]) < 0) return -1;
        *next = start;
        return 0;
    default: break;
    }
    if (hd_is_null(d->object)) {
        d->object = hd_bytes_new(t, d->data, d->size);
        if (hd_is_null(d->object)) return -1;
        d->data = hd_bytes_data(d->object);
    }
    if (update_exception(t, &d->exception, &hd_UnicodeDecodeError, d->encoding, d->object, start, end, reason) < 0) return -1;
    HdValue replacement = HD_NULL;
    if (ask(t, d->policy, &d->handler, d->errors, d->exception, d->size, true, &replacement, next) < 0) return -1;
    HdValue object = HD_AS(HdUnicodeError, d->exception)->object;
    if (!hd_same(object, d->object)) { /* the handler put other input in its place */
        if (hd_is_null(object) || !hd_is_bytes(object)) {
            hd_release(t, replacement);
            return hd_raise_int(t, &hd_TypeError, "exception attribute object must be bytes");
        }
        hd_replace_steal(t, &d->object, hd_retain(t, object));
        d->data = hd_bytes_data(object);
        d->size = hd_bytes_length(object);
    }
    if (check_position(t, next, d->size, &replacement) < 0) return -1;
    int status = hd_str_builder_str(&d->out, replacement);
    hd_release(t, replacement);
    return status;
}

HdValue hd_decoding_end(HdDecoding *d, bool ok) {
    HdValue result = HD_NULL;
    if (ok) result = hd_str_builder_finish(&d->out);
    else hd_str_builder_discard(&d->out);
    hd_release(d->t, d->object);
    hd_release(d->t, d->exception);
    hd_release(d->t, d->handler);
    return result;
}

/* --- encoding --- */

void hd_encoding_begin(HdEncoding *e, HdThread *t, const char *encoding, HdValue str, const char *errors) {
    *e = (HdEncoding){.t = t, .encoding = encoding, .errors = errors, .policy = hd_codecs_policy(errors), .str = str};
}

int hd_encoding_room(HdEncoding *e, HdSize more) {
    if (more <= e->capacity - e->length) return 0;
    if (more < HD_SIZE_MAX / 4 - e->length) {
        HdSize capacity = e->length + more + (e->length + more) / 4 + 64;
        void *out = e->out ? hd_heap_raw_resize(e->t, e->out, (size_t)e->capacity, (size_t)capacity)
                           : hd_heap_raw(e->t, (size_t)capacity);
        if (out) {
            e->out = out;
            e->capacity = capacity;
            return 0;
        }
    }
    hd_raise_no_memory(e->t);
    return -1;
}

int hd_encoding_bytes(HdEncoding *e, const void *data, HdSize count) {
    if (hd_encoding_room(e, count) < 0) return -1;
    if (count) memcpy(e->out + e->length, data, (size_t)count);
    e->length += count;
    return 0;
}

int hd_encoding_raise(HdEncoding *e, HdSize start, HdSize end, const char *reason) {
    if (update_exception(e->t, &e->exception, &hd_UnicodeEncodeError, e->encoding, e->str, start, end, reason) == 0)
        hd_raise_instance(e->t, e->exception);
    return -1;
}

int hd_encoding_error(HdEncoding *e, HdSize start, HdSize end, const char *reason, HdSize *next,
                      HdValue *replacement) {
    HdThread *t = e->t;
    *replacement = HD_NULL;
    *next = end;
    switch (e->policy) {
    case HD_ERRORS_STRICT: return hd_encoding_raise(e, start, end, reason);
    case HD_ERRORS_IGNORE: return 0;
    case HD_ERRORS_BACKSLASHREPLACE:
    case HD_ERRORS_XMLCHARREFREPLACE:
    case HD_ERRORS_NAMEREPLACE:
        *replacement = hd_codecs_escape_text(t, e->policy, e->str, start, end);
        return hd_is_null(*replacement) ? -1 : 0;
    default: break;
    }
    if (update_exception(t, &e->exception, &hd_UnicodeEncodeError, e->encoding, e->str, start, end, reason) < 0) return -1;
    HdSize length = hd_str_length(e->str);
    if (ask(t, e->policy, &e->handler, e->errors, e->exception, length, false, replacement, next) < 0) return -1;
    return check_position(t, next, length, replacement);
}

HdValue hd_encoding_end(HdEncoding *e, bool ok) {
    HdValue result = ok ? hd_bytes_new(e->t, e->length ? e->out : (const uint8_t *)"", e->length) : HD_NULL;
    if (e->out) hd_heap_raw_free(e->t, e->out, (size_t)e->capacity);
    hd_release(e->t, e->exception);
    hd_release(e->t, e->handler);
    return result;
}
