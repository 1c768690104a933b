/* number_text.c -- turning a str into plain ASCII for the number parsers. Runs no Python, takes no locks. */
#include "number_text.h"

#include "str.h"
#include "unicode.h"

int hd_number_text_init(HdThread *t, HdNumberText *out, HdValue str) {
    HdSize length = hd_str_length(str);
    out->room = NULL;
    out->room_size = 0;
    out->length = length;
    if (hd_str(str)->ascii) {
        out->text = hd_str_data(str);
        return 0;
    }
    char *to = out->small;
    if (length > (HdSize)sizeof out->small) {
        to = out->room = hd_heap_raw(t, (size_t)length);
        out->room_size = (size_t)length;
        if (!to) {
            hd_raise_no_memory(t);
            return -1;
        }
    }
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        int digit = c < 128 ? -1 : hd_unicode_decimal(c);
        to[i] = c < 128 ? (char)c : digit >= 0 ? (char)('0' + digit) : hd_unicode_is_space(c) ? ' ' : '?';
    }
    out->text = to;
    return 0;
}

void hd_number_text_free(HdThread *t, HdNumberText *text) {
    if (text->room) hd_heap_raw_free(t, text->room, text->room_size);
}

HdSize hd_number_text_no_underscores(const char *text, HdSize length, char *out) {
    HdSize n = 0;
    for (HdSize i = 0; i < length; i++) {
        if (text[i] != '_') {
            out[n++] = text[i];
            continue;
        }
        bool before = i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
        bool after = i + 1 < length && text[i + 1] >= '0' && text[i + 1] <= '9';
        if (!before || !after) return -1;
    }
    return n;
}
