/* codecs_utf16.c -- UTF-16 and UTF-32, little, big and native endian, with and without byte order mark. */
#include "codecs_internal.h"

enum { NATIVE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? -1 : 1 };

HD_INLINE uint32_t get16(const uint8_t *p, bool little) {
    return little ? (uint32_t)p[1] << 8 | p[0] : (uint32_t)p[0] << 8 | p[1];
}
HD_INLINE uint32_t get32(const uint8_t *p, bool little) {
    return little ? get16(p + 2, true) << 16 | get16(p, true) : get16(p, false) << 16 | get16(p + 2, false);
}

HdValue hd_codecs_utf16_decode(HdThread *t, const void *data, HdSize size, const char *errors, int *order,
                               HdSize *consumed) {
    HdSize at = 0;
    int found = order ? *order : 0;
    if (found == 0 && size >= 2) {
        uint32_t mark = get16(data, true);
        if (mark == 0xFEFF) found = -1, at = 2;
        else if (mark == 0xFFFE) found = 1, at = 2;
    }
    if (order) *order = found;
    bool little = (found ? found : NATIVE) < 0;
    HdDecoding d;
    hd_decoding_begin(&d, t, little ? "utf-16-le" : "utf-16-be", data, size, errors);
    while (at < d.size) {
        const char *reason = NULL;
        HdSize end = at + 2;
        if (d.size - at < 2) {
            if (consumed) break;
            reason = "truncated data";
            end = d.size;
        } else {
            uint32_t c = get16(d.data + at, little);
            if (c - 0xD800 >= 0x800) {
                if (hd_str_builder_char(&d.out, c) < 0) return hd_decoding_end(&d, false);
                at += 2;
                continue;
            }
            if (c >= 0xDC00) {
                reason = "illegal encoding";
            } else if (d.size - at < 4) {
                if (consumed) break;
                reason = "unexpected end of data";
                end = d.size;
            } else {
                uint32_t low = get16(d.data + at + 2, little);
                if (low - 0xDC00 < 0x400) {
                    if (hd_str_builder_char(&d.out, 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00)) < 0)
                        return hd_decoding_end(&d, false);
                    at += 4;
                    continue;
                }
                reason = "illegal UTF-16 surrogate";
            }
        }
        if (hd_decoding_error(&d, at, end, reason, &at) < 0) return hd_decoding_end(&d, false);
    }
    if (consumed) *consumed = at;
    return hd_decoding_end(&d, true);
}

HdValue hd_codecs_utf32_decode(HdThread *t, const void *data, HdSize size, const char *errors, int *order,
                               HdSize *consumed) {
    HdSize at = 0;
    int found = order ? *order : 0;
    if (found == 0 && size >= 4) {
        uint32_t mark = get32(data, true);
        if (mark == 0xFEFF) found = -1, at = 4;
        else if (mark == 0xFFFE0000) found = 1, at = 4;
    }
    if (order) *order = found;
    bool little = (found ? found : NATIVE) < 0;
    HdDecoding d;
    hd_decoding_begin(&d, t, little ? "utf-32-le" : "utf-32-be", data, size, errors);
    while (at < d.size) {
        const char *reason;
        HdSize end = at + 4;
        if (d.size - at < 4) {
            if (consumed) break;
            reason = "truncated data";
            end = d.size;
        } else {
            uint32_t c = get32(d.data + at, little);
            if (c <= 0x10FFFF && c - 0xD800 >= 0x800) {
                if (hd_str_builder_char(&d.out, c) < 0) return hd_decoding_end(&d, false);
                at += 4;
                continue;
            }
            reason = c > 0x10FFFF ? "code point not in range(0x110000)"
                                  : "code point in surrogate code point range(0xd800, 0xe000)";
        }
        if (hd_decoding_error(&d, at, end, reason, &at) < 0) return hd_decoding_end(&d, false);
    }
    if (consumed) *consumed = at;
    return hd_decoding_end(&d, true);
}

static int put16(HdEncoding *e, uint32_t unit, bool little) {
    uint8_t pair[2] = {(uint8_t)(little ? unit : unit >> 8), (uint8_t)(little ? unit >> 8 : unit)};
    return hd_encoding_bytes(e, pair, 2);
}

static int put(HdEncoding *e, uint32_t c, bool wide, bool little) {
    if (wide) {
        if (little) return put16(e, c & 0xFFFF, true) < 0 ? -1 : put16(e, c >> 16, true);
        return put16(e, c >> 16, false) < 0 ? -1 : put16(e, c & 0xFFFF, false);
    }
    if (c < 0x10000) return put16(e, c, little);
    if (put16(e, 0xD800 + ((c - 0x10000) >> 10), little) < 0) return -1;
    return put16(e, 0xDC00 + ((c - 0x10000) & 0x3FF), little);
}

static HdValue encode(HdThread *t, HdValue str, const char *errors, int order, bool wide) {
    bool little = (order ? order : NATIVE) < 0;
    const char *name = wide ? (order == 0 ? "utf-32" : little ? "utf-32-le" : "utf-32-be")
                            : (order == 0 ? "utf-16" : little ? "utf-16-le" : "utf-16-be");
    HdSize length = hd_str_length(str);
    HdEncoding e;
    hd_encoding_begin(&e, t, name, str, errors);
    if (length > HD_SIZE_MAX / 16 || hd_encoding_room(&e, (length + 1) * (wide ? 4 : 2)) < 0) {
        if (!hd_raised(t)) hd_raise_no_memory(t);
        return hd_encoding_end(&e, false);
    }
    if (order == 0 && put(&e, 0xFEFF, wide, little) < 0) return hd_encoding_end(&e, false);
    for (HdSize i = 0; i < length;) {
        uint32_t c = hd_str_at(str, i);
        if (c - 0xD800 >= 0x800) {
            if (put(&e, c, wide, little) < 0) return hd_encoding_end(&e, false);
            i++;
            continue;
        }
        HdValue replacement;
        HdSize start = i;
        if (hd_encoding_error(&e, i, i + 1, "surrogates not allowed", &i, &replacement) < 0) return hd_encoding_end(&e, false);
        if (hd_is_null(replacement)) continue;
        int status = 0;
        if (hd_is_bytes(replacement)) {
            status = hd_bytes_length(replacement) & (wide ? 3 : 1)
                         ? hd_encoding_raise(&e, start, start + 1, "surrogates not allowed")
                         : hd_encoding_bytes(&e, hd_bytes_data(replacement), hd_bytes_length(replacement));
        } else if (!hd_str(replacement)->ascii) {
            status = hd_encoding_raise(&e, start, start + 1, "surrogates not allowed");
        } else {
            for (HdSize k = 0; status == 0 && k < hd_str_length(replacement); k++)
                status = put(&e, hd_str_at(replacement, k), wide, little);
        }
        hd_release(t, replacement);
        if (status < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}

HdValue hd_codecs_utf16_encode(HdThread *t, HdValue str, const char *errors, int order) {
    return encode(t, str, errors, order, false);
}
HdValue hd_codecs_utf32_encode(HdThread *t, HdValue str, const char *errors, int order) {
    return encode(t, str, errors, order, true);
}
