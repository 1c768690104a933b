/* str_format.c -- `str % args`. Parsing and numbers are in percent.c. */
#include "int.h"
#include "number.h"
#include "percent.h"
#include "str_builder.h"
#include "str_internal.h"

static HdValue key_of(HdThread *t, const HdPercentSource *source, HdSize start, HdSize end) {
    return hd_str_substring(t, source->owner, start, end);
}

static HdValue char_text(HdThread *t, HdValue v) {
    if (hd_is_str(v)) {
        if (hd_str_length(v) == 1) return hd_str_exact(t, v);
        return hd_raise(t, &hd_TypeError, "%%c requires int or char");
    }
    if (!hd_number_check_index(v)) return hd_raise(t, &hd_TypeError, "%%c requires int or char");
    HD_OWNED HdValue number = hd_number_index(t, v);
    if (hd_is_null(number)) return HD_NULL;
    int64_t c;
    if (!hd_int_try_i64(number, &c) || c < 0 || c > 0x10FFFF) {
        return hd_raise(t, &hd_OverflowError, "%%c arg not in range(0x110000)");
    }
    return hd_str_from_char(t, (uint32_t)c);
}

static int add_padded(HdPercent *p, HdStrBuilder *b, HdValue text, bool cut) {
    if (p->width < 0 && (!cut || p->precision < 0)) return hd_str_builder_str(b, text);
    HdSize length = hd_str_length(text);
    if (cut && p->precision >= 0 && p->precision < length) length = p->precision;
    HdSize padding = p->width > length ? p->width - length : 0;
    if (!p->left && hd_str_builder_fill(b, ' ', padding) < 0) return -1;
    if (hd_str_builder_slice(b, text, 0, length) < 0) return -1;
    return p->left ? hd_str_builder_fill(b, ' ', padding) : 0;
}

static int convert(HdPercent *p, HdStrBuilder *b, HdSize at) {
    HdThread *t = p->t;
    uint32_t c = p->conversion;
    if (p->literal) return hd_str_builder_char(b, '%');
    HdValue v = hd_percent_argument_borrowed(p);
    if (hd_is_null(v)) return -1;
    HD_OWNED HdValue text = HD_NULL;
    switch (c) {
    case 's':
        if (hd_is_exact_str(v)) return add_padded(p, b, v, true);
        text = hd_object_str(t, v);
        return hd_is_null(text) ? -1 : add_padded(p, b, text, true);
    case 'r':
        text = hd_object_repr(t, v);
        return hd_is_null(text) ? -1 : add_padded(p, b, text, true);
    case 'a':
        text = hd_object_ascii(t, v);
        return hd_is_null(text) ? -1 : add_padded(p, b, text, true);
    case 'c':
        text = char_text(t, v);
        return hd_is_null(text) ? -1 : add_padded(p, b, text, false);
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        text = hd_percent_number(p, v);
        return hd_is_null(text) ? -1 : hd_str_builder_str(b, text);
    default:
        return hd_raise_int(t, &hd_ValueError, "unsupported format character '%c' (0x%x) at index %zd",
                            c > 31 && c < 127 ? (int)c : '?', (unsigned)c, at - 1);
    }
}

HdValue hd_str_percent(HdThread *t, HdValue format, HdValue args) {
    HdPercent p;
    hd_percent_init(&p, t, args, !hd_is_str(args));
    HdPercentSource source = {hd_str_data(format), hd_str(format)->kind, hd_str_length(format), key_of, format};
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    int status = 0;
    for (HdSize at = 0; status == 0 && at < source.length;) {
        HdSize next = hd_str_find_char(format, '%', at, source.length, false);
        if (next < 0) next = source.length;
        status = hd_str_builder_slice(&b, format, at, next);
        at = next + 1;
        if (status < 0 || next == source.length) break;
        status = hd_percent_parse(&p, &source, &at);
        if (status == 0) status = convert(&p, &b, at);
        if (!hd_is_null(p.key_value)) hd_release(t, hd_move(&p.key_value));
    }
    if (!hd_is_null(p.key_value)) hd_release(t, hd_move(&p.key_value));
    if (status == 0) status = hd_percent_finish(&p, "string");
    if (status < 0) {
        hd_str_builder_discard(&b);
        return HD_NULL;
    }
    return hd_str_builder_finish(&b);
}
