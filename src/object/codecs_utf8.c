/* codecs_utf8.c -- UTF-8. */
#include "codecs_internal.h"
#include "utf8.h"

/* Appends valid UTF-8. */
static int add_valid(HdDecoding *d, const uint8_t *data, const HdUtf8Scan *scan) {
    HdStrBuilder *b = &d->out;
    if (scan->any < 0x80) return hd_str_builder_ascii(b, (const char *)data, (HdSize)scan->valid);
    const uint8_t *at = data, *end = data + scan->valid;
    while (at < end) {
        size_t ascii = hd_utf8_ascii_prefix(at, (size_t)(end - at));
        if (ascii && hd_str_builder_ascii(b, (const char *)at, (HdSize)ascii) < 0) return -1;
        at += ascii;
        while (at < end && *at >= 0x80)
            if (hd_str_builder_char(b, hd_utf8_next(&at, end, true)) < 0) return -1;
    }
    return 0;
}

HdValue hd_codecs_utf8_decode(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    HdUtf8Scan scan;
    if (consumed) *consumed = size;
    if (HD_LIKELY(hd_utf8_ascii_prefix(data, (size_t)size) == (size_t)size)) return hd_str_from_ascii(t, data, size);
    if (hd_utf8_scan(data, (size_t)size, false, &scan)) return hd_str_from_utf8(t, data, size);
    HdDecoding d;
    hd_decoding_begin(&d, t, "utf-8", data, size, errors);
    HdSize at = 0;
    while (at < d.size) {
        bool valid = hd_utf8_scan(d.data + at, (size_t)(d.size - at), false, &scan);
        if (add_valid(&d, d.data + at, &scan) < 0) return hd_decoding_end(&d, false);
        at += (HdSize)scan.valid;
        if (valid) break;
        if (scan.truncated && consumed) break;
        uint8_t lead = d.data[at];
        /* The begin of a surrogate, which an error handler may want whole. */
        if (consumed && lead == 0xED && d.size - at == 2 && d.data[at + 1] >= 0xA0 && d.data[at + 1] <= 0xBF) break;
        const char *reason = scan.truncated ? "unexpected end of data"
                             : lead < 0xC2 || lead > 0xF4 ? "invalid start byte" : "invalid continuation byte";
        HdSize end = scan.truncated ? d.size : at + (HdSize)scan.bad;
        if (hd_decoding_error(&d, at, end, reason, &at) < 0) return hd_decoding_end(&d, false);
    }
    if (consumed) *consumed = at;
    return hd_decoding_end(&d, true);
}

HdValue hd_codecs_utf8_encode(HdThread *t, HdValue str, const char *errors) {
    HdSize length = hd_str_length(str);
    const void *data = hd_str_data(str);
    unsigned kind = hd_str(str)->kind;
    if (hd_str(str)->ascii) return hd_bytes_new(t, data, length);
    HdSize at = 0, bad = (HdSize)hd_utf8_find_surrogate(data, kind, (size_t)length);
    if (bad == length) {
        /* What is not long gets room for the most that it can take; it is cut then. */
        bool room = kind > 1 && length <= 8192;
        HdSize size = room ? length * (kind == 2 ? 3 : 4) : (HdSize)hd_utf8_encoded_size(data, kind, (size_t)length);
        HdValue bytes = hd_bytes_new(t, NULL, size);
        if (hd_is_null(bytes)) return bytes;
        size = (HdSize)hd_utf8_encode(data, kind, (size_t)length, hd_bytes_data(bytes));
        return room ? hd_bytes_shrink_steal(t, bytes, size) : bytes;
    }
    HdEncoding e;
    hd_encoding_begin(&e, t, "utf-8", str, errors);
    bool escape = errors && strcmp(errors, "surrogateescape") == 0;
    while (at < length) {
        const char *from = (const char *)data + at * (HdSize)kind;
        HdSize good = (HdSize)hd_utf8_find_surrogate(from, kind, (size_t)(length - at));
        HdSize size = (HdSize)hd_utf8_encoded_size(from, kind, (size_t)good);
        if (hd_encoding_room(&e, size) < 0) return hd_encoding_end(&e, false);
        hd_utf8_encode(from, kind, (size_t)good, e.out + e.length);
        e.length += size;
        at += good;
        for (uint32_t c; escape && at < length && (c = hd_str_at(str, at)) - 0xDC80 < 0x80; at++)
            if (hd_encoding_byte(&e, (uint8_t)c) < 0) return hd_encoding_end(&e, false);
        if (at == length) break;
        if (hd_str_at(str, at) - 0xD800 >= 0x800) continue;
        HdSize end = at + 1;
        while (end < length && hd_str_at(str, end) - 0xD800 < 0x800) end++;
        HdValue replacement;
        HdSize start = at;
        if (hd_encoding_error(&e, at, end, "surrogates not allowed", &at, &replacement) < 0) return hd_encoding_end(&e, false);
        if (hd_is_null(replacement)) continue;
        int status;
        if (hd_is_bytes(replacement)) {
            status = hd_encoding_bytes(&e, hd_bytes_data(replacement), hd_bytes_length(replacement));
        } else {
            /* As in CPython: what a handler gives for UTF-8 must be ASCII. */
            status = hd_str(replacement)->ascii
                         ? hd_encoding_bytes(&e, hd_str_data(replacement), hd_str_length(replacement))
                         : hd_encoding_raise(&e, start, end, "surrogates not allowed");
        }
        hd_release(t, replacement);
        if (status < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}
