/* json_string.c -- strings of JSON: quoting them and reading them back.
 *
 * A str does not change, so nothing here takes a lock; nothing parks.
 */
#include "json_types.h"

HdValue hd_json_raise(HdThread *t, const char *message, HdValue str, HdSize position) {
    HD_OWNED HdValue type = hd_object_import_from(t, "json.decoder", "JSONDecodeError");
    if (hd_is_null(type)) return HD_NULL;
    HD_OWNED HdValue text = hd_str_from_text(t, message);
    if (hd_is_null(text)) return HD_NULL;
    HD_OWNED HdValue at = hd_int_from_size(t, position);
    if (hd_is_null(at)) return HD_NULL;
    HD_OWNED HdValue exception = hd_object_call3(t, type, text, str, at);
    if (hd_is_null(exception)) return HD_NULL;
    if (!hd_is_exception(exception)) {
        return hd_raise(t, &hd_TypeError, "exceptions must derive from BaseException");
    }
    return hd_raise_instance(t, exception);
}

/* --- out --- */

static void escape_unit(HdStrBuilder *b, uint32_t unit) {
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', digits[unit >> 12], digits[unit >> 8 & 15], digits[unit >> 4 & 15], digits[unit & 15]};
    (void)hd_str_builder_ascii(b, text, 6);
}
static void escape(HdStrBuilder *b, uint32_t c) {
    char letter = 0;
    switch (c) {
    case '"': case '\\': letter = (char)c; break;
    case '\b': letter = 'b'; break;
    case '\f': letter = 'f'; break;
    case '\n': letter = 'n'; break;
    case '\r': letter = 'r'; break;
    case '\t': letter = 't'; break;
    default: break;
    }
    if (letter) {
        char text[2] = {'\\', letter};
        (void)hd_str_builder_ascii(b, text, 2);
    } else if (c > 0xffff) {
        escape_unit(b, 0xd800 | ((c - 0x10000) >> 10));
        escape_unit(b, 0xdc00 | ((c - 0x10000) & 0x3ff));
    } else {
        escape_unit(b, c);
    }
}

void hd_json_quote(HdStrBuilder *b, HdValue str, bool ascii) {
    uint32_t most = ascii ? '~' : 0x10ffff;
    HdSize length = hd_str_length(str), from = 0;
    (void)hd_str_builder_char(b, '"');
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        if (HD_LIKELY(c >= ' ' && c <= most && c != '"' && c != '\\')) continue;
        if (i > from) (void)hd_str_builder_slice(b, str, from, i);
        escape(b, c);
        from = i + 1;
    }
    if (length > from) (void)hd_str_builder_slice(b, str, from, length);
    (void)hd_str_builder_char(b, '"');
}
static HdValue quoted(HdThread *t, HdValue v, bool ascii) {
    if (!hd_is_str(v)) return hd_raise(t, &hd_TypeError, "first argument must be a string, not %T", v);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    hd_json_quote(&b, v, ascii);
    return hd_str_builder_finish(&b);
}
HdValue hd_json_encode_basestring(HdThread *t, HdValue module, const HdValue *args) {
    return quoted(t, args[0], false);
}
HdValue hd_json_encode_basestring_ascii(HdThread *t, HdValue module, const HdValue *args) {
    return quoted(t, args[0], true);
}

/* --- in --- */

/* The first place at or behind `i` with a quote, a backslash or (strict) a control character; else the length. */
static HdSize plain_end(HdValue str, HdSize i, bool strict) {
    HdSize length = hd_str_length(str);
    uint32_t least = strict ? ' ' : 0;
    if (hd_str(str)->kind == 1) {
        const uint8_t *text = hd_str_data(str);
        while (i < length && text[i] != '"' && text[i] != '\\' && text[i] >= least) i++;
        return i;
    }
    for (; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        if (c == '"' || c == '\\' || c < least) break;
    }
    return i;
}

/* Four hexadecimal digits at `at` (there are as many characters): their value, -1 if one is none. */
static int32_t hex4(HdValue str, HdSize at) {
    int32_t n = 0;
    for (HdSize i = at; i < at + 4; i++) {
        uint32_t c = hd_str_at(str, i);
        if (c >= '0' && c <= '9') n = n * 16 + (int32_t)(c - '0');
        else if (c >= 'a' && c <= 'f') n = n * 16 + (int32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F') n = n * 16 + (int32_t)(c - 'A' + 10);
        else return -1;
    }
    return n;
}

/* Reads what follows "\u"; *at is the place of the first digit, then that behind the last. -1 raised. */
static int32_t unescape_unicode(HdThread *t, HdValue str, HdSize *at) {
    HdSize length = hd_str_length(str), digits = *at;
    int32_t c = digits + 4 < length ? hex4(str, digits) : -1;
    if (c < 0) {
        hd_json_raise(t, "Invalid \\uXXXX escape", str, digits - 1);
        return -1;
    }
    *at = digits + 4;
    if (c < 0xd800 || c > 0xdbff || digits + 10 >= length) return c;
    if (hd_str_at(str, digits + 4) != '\\' || hd_str_at(str, digits + 5) != 'u') return c;
    int32_t low = hex4(str, digits + 6);
    if (low < 0) {
        hd_json_raise(t, "Invalid \\uXXXX escape", str, digits + 5);
        return -1;
    }
    if (low < 0xdc00 || low > 0xdfff) return c;
    *at = digits + 10;
    return 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
}
/* Reads what follows a backslash at *at - 1. */
static int32_t unescape(HdThread *t, HdValue str, HdSize begin, HdSize *at) {
    if (*at >= hd_str_length(str)) {
        hd_json_raise(t, "Unterminated string starting at", str, begin - 1);
        return -1;
    }
    switch (hd_str_at(str, (*at)++)) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': return unescape_unicode(t, str, at);
    default:
        hd_json_raise(t, "Invalid \\escape", str, *at - 2);
        return -1;
    }
}

HdValue hd_json_unquote(HdThread *t, HdValue str, HdSize begin, bool strict, HdSize *next) {
    HdSize length = hd_str_length(str);
    if (begin < 0 || begin > length) return hd_raise(t, &hd_ValueError, "end is out of bounds");
    HdSize end = plain_end(str, begin, strict);
    if (end < length && hd_str_at(str, end) == '"') { /* the usual case: nothing to replace */
        *next = end + 1;
        return hd_str_substring(t, str, begin, end);
    }
    HdStrBuilder b HD_CLEANUP(hd_str_builder_discard);
    hd_str_builder_init(&b, t);
    for (HdSize at = begin;; end = plain_end(str, at, strict)) {
        if (end >= length) return hd_json_raise(t, "Unterminated string starting at", str, begin - 1);
        if (end > at) (void)hd_str_builder_slice(&b, str, at, end);
        uint32_t c = hd_str_at(str, end);
        at = end + 1;
        if (c == '"') {
            *next = at;
            return hd_str_builder_finish(&b);
        }
        if (c != '\\') return hd_json_raise(t, "Invalid control character at", str, end);
        int32_t meant = unescape(t, str, begin, &at);
        if (meant < 0) return HD_NULL;
        (void)hd_str_builder_char(&b, (uint32_t)meant);
    }
}

HdValue hd_json_scanstring(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "scanstring", kwnames) < 0) return HD_NULL;
    if (nargs < 2 || nargs > 3) {
        return hd_raise(t, &hd_TypeError, "scanstring() takes at %s arguments (%zd given)",
                        nargs < 2 ? "least 2" : "most 3", nargs);
    }
    HdSize end = hd_number_as_size(t, hd_ref_value(args[1]), &hd_OverflowError), next;
    if (end == -1 && hd_raised(t)) return HD_NULL;
    int strict = nargs > 2 ? hd_object_truth(t, hd_ref_value(args[2])) : 1;
    if (strict < 0) return HD_NULL;
    HdValue str = hd_ref_value(args[0]);
    if (!hd_is_str(str)) return hd_raise(t, &hd_TypeError, "first argument must be a string, not %T", str);
    HD_OWNED HdValue text = hd_json_unquote(t, str, end, strict, &next);
    if (hd_is_null(text)) return HD_NULL;
    HD_OWNED HdValue behind = hd_int_from_size(t, next);
    return hd_is_null(behind) ? HD_NULL : hd_tuple_pack(t, 2, text, behind);
}
