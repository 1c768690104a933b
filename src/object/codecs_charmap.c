/* codecs_charmap.c -- one-byte encodings: Latin-1, ASCII, character maps; and str.translate, which is one of them. */
#include "codecs_internal.h"
#include "dict.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "search.h"
#include "utf8.h"

HdValue hd_codecs_latin1_decode(HdThread *t, const void *data, HdSize size) {
    return hd_str_from_latin1(t, data, size);
}

HdValue hd_codecs_ascii_decode(HdThread *t, const void *data, HdSize size, const char *errors) {
    if (hd_utf8_ascii_prefix(data, (size_t)size) == (size_t)size) return hd_str_from_ascii(t, data, size);
    HdDecoding d;
    hd_decoding_begin(&d, t, "ascii", data, size, errors);
    for (HdSize at = 0; at < d.size;) {
        HdSize good = (HdSize)hd_utf8_ascii_prefix(d.data + at, (size_t)(d.size - at));
        if (hd_str_builder_ascii(&d.out, (const char *)d.data + at, good) < 0) return hd_decoding_end(&d, false);
        at += good;
        if (at >= d.size) break;
        if (hd_decoding_error(&d, at, at + 1, "ordinal not in range(128)", &at) < 0) return hd_decoding_end(&d, false);
    }
    return hd_decoding_end(&d, true);
}

/* Latin-1 and ASCII: code points below `limit` are their own bytes. */
static HdValue encode_direct(HdThread *t, HdValue str, const char *errors, uint32_t limit) {
    HdSize length = hd_str_length(str);
    if (hd_str(str)->ascii || (limit == 256 && hd_str(str)->kind == 1)) return hd_bytes_new(t, hd_str_data(str), length);
    const char *reason = limit == 128 ? "ordinal not in range(128)" : "ordinal not in range(256)";
    HdEncoding e;
    hd_encoding_begin(&e, t, limit == 128 ? "ascii" : "latin-1", str, errors);
    if (hd_encoding_room(&e, length) < 0) return hd_encoding_end(&e, false);
    for (HdSize i = 0; i < length;) {
        uint32_t c = hd_str_at(str, i);
        if (c < limit) {
            if (hd_encoding_byte(&e, (uint8_t)c) < 0) return hd_encoding_end(&e, false);
            i++;
            continue;
        }
        HdSize start = i, end = i + 1;
        while (end < length && hd_str_at(str, end) >= limit) end++;
        HdValue replacement;
        if (hd_encoding_error(&e, start, end, reason, &i, &replacement) < 0) return hd_encoding_end(&e, false);
        if (hd_is_null(replacement)) continue;
        int status = 0;
        if (hd_is_bytes(replacement)) {
            status = hd_encoding_bytes(&e, hd_bytes_data(replacement), hd_bytes_length(replacement));
        } else {
            for (HdSize k = 0; status == 0 && k < hd_str_length(replacement); k++) {
                c = hd_str_at(replacement, k);
                status = c < limit ? hd_encoding_byte(&e, (uint8_t)c) : hd_encoding_raise(&e, start, end, reason);
            }
        }
        hd_release(t, replacement);
        if (status < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}

HdValue hd_codecs_latin1_encode(HdThread *t, HdValue str, const char *errors) { return encode_direct(t, str, errors, 256); }
HdValue hd_codecs_ascii_encode(HdThread *t, HdValue str, const char *errors) { return encode_direct(t, str, errors, 128); }

/* --- character maps --- */

/* map[key] for an int key: HD_NULL without an exception when a LookupError says that there is none. */
static HdValue look_up(HdThread *t, HdValue map, HdValue key) {
    HdValue found = HD_NULL;
    if (hd_is_exact_dict(map)) {
        (void)(hd_dict_find(t, map, key, &found) < 0);
        return found;
    }
    found = hd_object_getitem(t, map, key);
    if (hd_is_null(found) && hd_raised_is(t, &hd_LookupError)) hd_clear_raised(t);
    return found;
}

static int decode_one(HdDecoding *d, HdValue map, uint8_t byte, bool *undefined) {
    HdThread *t = d->t;
    HD_OWNED HdValue found = look_up(t, map, hd_imm_int(byte));
    *undefined = false;
    if (hd_is_null(found)) {
        *undefined = !hd_raised(t);
        return *undefined ? 0 : -1;
    }
    if (hd_is_none(found)) {
        *undefined = true;
        return 0;
    }
    if (hd_is_int(found)) {
        int64_t c;
        if (!hd_int_try_i64(found, &c) || c < 0 || c > 0x10FFFF) {
            return hd_raise_int(t, &hd_TypeError, "character mapping must be in range(0x110000)");
        }
        if (c == 0xFFFE) {
            *undefined = true;
            return 0;
        }
        return hd_str_builder_char(&d->out, (uint32_t)c);
    }
    if (!hd_is_str(found)) {
        return hd_raise_int(t, &hd_TypeError, "character mapping must return integer, None or str");
    }
    if (hd_str_length(found) == 1 && hd_str_at(found, 0) == 0xFFFE) {
        *undefined = true;
        return 0;
    }
    return hd_str_builder_str(&d->out, found);
}

HdValue hd_codecs_charmap_decode(HdThread *t, const void *data, HdSize size, const char *errors, HdValue map) {
    if (hd_is_null(map) || hd_is_none(map)) return hd_codecs_latin1_decode(t, data, size);
    HdDecoding d;
    hd_decoding_begin(&d, t, "charmap", data, size, errors);
    for (HdSize at = 0; at < d.size;) {
        bool undefined;
        uint8_t byte = d.data[at];
        int status = 0;
        if (hd_is_exact_str(map)) {
            uint32_t c = byte < hd_str_length(map) ? hd_str_at(map, byte) : 0xFFFE;
            undefined = c == 0xFFFE;
            if (!undefined) status = hd_str_builder_char(&d.out, c);
        } else {
            status = decode_one(&d, map, byte, &undefined);
        }
        if (status == 0 && undefined) {
            status = hd_decoding_error(&d, at, at + 1, "character maps to <undefined>", &at);
        } else {
            at++;
        }
        if (status < 0) return hd_decoding_end(&d, false);
    }
    return hd_decoding_end(&d, true);
}

/* Encodes c: 1 written, 0 it has no place in the map, -1 raised. */
static int encode_one(HdEncoding *e, HdValue map, uint32_t c, bool write) {
    HdThread *t = e->t;
    HD_OWNED HdValue found = look_up(t, map, hd_imm_int(c));
    if (hd_is_null(found)) return hd_raised(t) ? -1 : 0;
    if (hd_is_none(found)) return 0;
    if (hd_is_int(found)) {
        int64_t n;
        if (!hd_int_try_i64(found, &n) || n < 0 || n > 255) {
            return hd_raise_int(t, &hd_TypeError, "character mapping must be in range(256)");
        }
        return write && hd_encoding_byte(e, (uint8_t)n) < 0 ? -1 : 1;
    }
    if (!hd_is_bytes(found)) {
        return hd_raise_int(t, &hd_TypeError, "character mapping must return integer, bytes or None, not %T", found);
    }
    return write && hd_encoding_bytes(e, hd_bytes_data(found), hd_bytes_length(found)) < 0 ? -1 : 1;
}

HdValue hd_codecs_charmap_encode(HdThread *t, HdValue str, const char *errors, HdValue map) {
    if (hd_is_null(map) || hd_is_none(map)) return hd_codecs_latin1_encode(t, str, errors);
    static const char reason[] = "character maps to <undefined>";
    HdSize length = hd_str_length(str);
    HdEncoding e;
    hd_encoding_begin(&e, t, "charmap", str, errors);
    for (HdSize i = 0; i < length;) {
        int status = encode_one(&e, map, hd_str_at(str, i), true);
        if (status < 0) return hd_encoding_end(&e, false);
        if (status > 0) {
            i++;
            continue;
        }
        HdSize start = i, end = i + 1;
        while (end < length && (status = encode_one(&e, map, hd_str_at(str, end), false)) == 0) end++;
        if (status < 0) return hd_encoding_end(&e, false);
        HD_OWNED HdValue replacement = HD_NULL;
        if (e.policy == HD_ERRORS_REPLACE) { /* '?' must be in the map itself */
            replacement = hd_str_from_ascii(t, "?", 1);
            i = end;
            HdValue all = hd_is_null(replacement) ? HD_NULL : hd_str_repeat(t, replacement, end - start);
            if (hd_is_null(all)) return hd_encoding_end(&e, false);
            hd_replace_steal(t, &replacement, all);
        } else if (hd_encoding_error(&e, start, end, reason, &i, &replacement) < 0) {
            return hd_encoding_end(&e, false);
        }
        if (hd_is_null(replacement)) continue;
        if (hd_is_bytes(replacement)) {
            if (hd_encoding_bytes(&e, hd_bytes_data(replacement), hd_bytes_length(replacement)) < 0) return hd_encoding_end(&e, false);
            continue;
        }
        for (HdSize k = 0; k < hd_str_length(replacement); k++) {
            status = encode_one(&e, map, hd_str_at(replacement, k), true);
            if (status == 0) hd_encoding_raise(&e, start, end, reason);
            if (status <= 0) return hd_encoding_end(&e, false);
        }
    }
    return hd_encoding_end(&e, true);
}

HdValue hd_codecs_charmap_build(HdThread *t, HdValue table) {
    HdValue map = hd_dict_new(t);
    for (HdSize i = 0; !hd_is_null(map) && i < hd_str_length(table) && i < 256; i++) {
        uint32_t c = hd_str_at(table, i);
        if (c == 0xFFFE) continue;
        if (hd_dict_set(t, map, hd_imm_int(c), hd_imm_int(i)) < 0) {
            hd_release(t, map);
            return HD_NULL;
        }
    }
    return map;
}

/* --- translate --- */

/* 1: something was written (or left out), 0: c stands for itself, -1 raised. */
static int translate_one(HdThread *t, HdStrBuilder *b, HdValue table, uint32_t c) {
    HD_OWNED HdValue found = look_up(t, table, hd_imm_int(c));
    if (hd_is_null(found)) return hd_raised(t) ? -1 : 0;
    if (hd_is_none(found)) return 1;
    if (hd_is_int(found)) {
        int64_t n;
        if (!hd_int_try_i64(found, &n) || n < 0 || n > 0x10FFFF) {
            return hd_raise_int(t, &hd_ValueError, "character mapping must be in range(0x110000)");
        }
        return hd_str_builder_char(b, (uint32_t)n) < 0 ? -1 : 1;
    }
    if (!hd_is_str(found)) {
        return hd_raise_int(t, &hd_TypeError, "character mapping must return integer, None or str");
    }
    return hd_str_builder_str(b, found) < 0 ? -1 : 1;
}

enum { DROPPED = 0x80, NOT_SIMPLE = 0x81, UNKNOWN = 0xFF };
/* What an ASCII character becomes: ASCII, DROPPED, or NOT_SIMPLE; -1 raised. */
static int translate_ascii(HdThread *t, HdValue table, uint8_t c) {
    HD_OWNED HdValue found = look_up(t, table, hd_imm_int(c));
    if (hd_is_null(found)) return hd_raised(t) ? -1 : c;
    if (hd_is_none(found)) return DROPPED;
    if (hd_is_imm_int(found) && (uint64_t)hd_imm_int_value(found) < 0x80) return (int)hd_imm_int_value(found);
    if (hd_is_str(found) && hd_str_length(found) == 1 && hd_str(found)->ascii) return (int)hd_str_at(found, 0);
    return NOT_SIMPLE;
}

/* The begin of an ASCII str, as far as it becomes ASCII: each character is looked up once. Returns how much of it, -1 raised. */
static HdSize translate_simple(HdThread *t, HdStrBuilder *b, HdValue str, HdValue table) {
    uint8_t known[128];
    memset(known, UNKNOWN, sizeof known);
    const uint8_t *from = hd_str_data(str);
    HdSize length = hd_str_length(str), i = 0;
    for (; i < length; i++) {
        uint8_t c = from[i];
        if (known[c] == UNKNOWN) {
            int becomes = translate_ascii(t, table, c);
            if (becomes < 0) return -1;
            known[c] = (uint8_t)becomes;
        }
        if (known[c] == NOT_SIMPLE) break;
        if (known[c] != DROPPED && hd_str_builder_char(b, known[c]) < 0) return -1;
    }
    return i;
}

HdValue hd_codecs_translate(HdThread *t, HdValue str, HdValue table) {
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    HdSize length = hd_str_length(str), begin = 0;
    if (hd_str(str)->ascii && (begin = translate_simple(t, &b, str, table)) < 0) {
        hd_str_builder_discard(&b);
        return HD_NULL;
    }
    for (HdSize i = begin; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        int status = translate_one(t, &b, table, c);
        if (status == 0 && hd_str_builder_char(&b, c) < 0) status = -1;
        if (status < 0) {
            hd_str_builder_discard(&b);
            return HD_NULL;
        }
    }
    return hd_str_builder_finish(&b);
}
