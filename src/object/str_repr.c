/* str_repr.c -- repr() of str. */
#include "str_builder.h"
#include "str_internal.h"
#include "unicode.h"

void hd_str_escape(HdStrBuilder *b, uint32_t c) {
    static const char digits[] = "0123456789abcdef";
    int count = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
    char text[10] = {'\\', count == 2 ? 'x' : count == 4 ? 'u' : 'U'};
    for (int i = 0; i < count; i++) text[2 + i] = digits[c >> 4 * (count - 1 - i) & 15];
    hd_str_builder_ascii(b, text, count + 2);
}

HdValue hd_str_repr(HdThread *t, HdValue v) {
    HdSize length = hd_str_length(v);
    bool single = false, twofold = false, plain = true;
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(v, i);
        if (c == '\'') single = true;
        else if (c == '"') twofold = true;
        else if (c < ' ' || c == '\\' || (c >= 0x7F && !hd_unicode_is_printable(c))) plain = false;
    }
    uint32_t quote = single && !twofold ? '"' : '\'';
    if (plain && !(single && twofold)) { /* nothing to escape: by far the commonest */
        if (length > HD_SIZE_MAX - 2) return hd_raise(t, &hd_OverflowError, "string is too long to generate repr");
        HdValue text = hd_str_new(t, length + 2, hd_str_max_char(v));
        if (hd_is_null(text)) return text;
        hd_str_put(text, 0, quote);
        hd_str_write(text, 1, v, 0, length);
        hd_str_put(text, length + 1, quote);
        return text;
    }
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    hd_str_builder_char(&b, quote);
    for (HdSize i = 0; i < length && !b.failed; i++) {
        uint32_t c = hd_str_at(v, i);
        if (c == quote || c == '\\') {
            hd_str_builder_char(&b, '\\');
            hd_str_builder_char(&b, c);
        } else if (c == '\t') {
            hd_str_builder_ascii(&b, "\\t", 2);
        } else if (c == '\n') {
            hd_str_builder_ascii(&b, "\\n", 2);
        } else if (c == '\r') {
            hd_str_builder_ascii(&b, "\\r", 2);
        } else if (c < ' ' || c == 0x7F || (c > 0x7F && !hd_unicode_is_printable(c))) {
            hd_str_escape(&b, c);
        } else {
            hd_str_builder_char(&b, c);
        }
    }
    hd_str_builder_char(&b, quote);
    return hd_str_builder_finish(&b);
}
