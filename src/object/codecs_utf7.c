/* codecs_utf7.c -- UTF-7 (RFC 2152): ASCII with runs of base64 for UTF-16 between '+' and '-'. */
#include "codecs_internal.h"

static int base64_value(uint32_t c) {
    if (c - 'A' < 26) return (int)(c - 'A');
    if (c - 'a' < 26) return (int)(c - 'a' + 26);
    if (c - '0' < 10) return (int)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Characters that the encoder writes as they are: sets D and O of the RFC, white space, and not '\\', '~', '+'. */
static bool encodes_itself(uint32_t c) {
    if (c >= 127) return false;
    if (c < ' ') return c == '\t' || c == '\n' || c == '\r';
    return c != '\\' && c != '~' && c != '+';
}

typedef struct Shift {
    bool inside;
    HdSize start;       /* of the run, at its '+' */
    HdSize out_start;   /* what was written before it, to take half a run back */
    uint32_t bits;
    int count;          /* bits waiting */
    uint32_t surrogate; /* a first surrogate that waits for its second */
} Shift;

/* One more base64 digit. */
static int take_digit(HdDecoding *d, Shift *s, int value) {
    s->bits = s->bits << 6 | (uint32_t)value;
    s->count += 6;
    if (s->count < 16) return 0;
    s->count -= 16;
    uint32_t unit = s->bits >> s->count & 0xFFFF;
    s->bits &= (1u << s->count) - 1;
    if (s->surrogate) {
        uint32_t first = s->surrogate;
        s->surrogate = 0;
        if (unit - 0xDC00 < 0x400) {
            return hd_str_builder_char(&d->out, 0x10000 + ((first - 0xD800) << 10) + (unit - 0xDC00));
        }
        if (hd_str_builder_char(&d->out, first) < 0) return -1;
    }
    if (unit - 0xD800 < 0x400) {
        s->surrogate = unit;
        return 0;
    }
    return hd_str_builder_char(&d->out, unit);
}

HdValue hd_codecs_utf7_decode(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    HdDecoding d;
    Shift s = {0};
    hd_decoding_begin(&d, t, "utf7", data, size, errors);
    HdSize at = 0;
    while (at < d.size) {
        uint8_t c = d.data[at];
        const char *reason = NULL;
        HdSize start = at, end = at + 1;
        if (s.inside) {
            int value = base64_value(c);
            if (value >= 0) {
                if (take_digit(&d, &s, value) < 0) return hd_decoding_end(&d, false);
                at++;
                continue;
            }
            s.inside = false;
            start = s.start;
            if (s.count > 0 && s.count >= 6) {
                reason = "partial character in base64 sequence";
                at++;
            } else if (s.count > 0 && s.bits != 0) {
                reason = "non-zero padding bits in shift sequence";
                at++;
            }
            if (!reason) {
                if (s.surrogate && c < 128 && hd_str_builder_char(&d.out, s.surrogate) < 0) return hd_decoding_end(&d, false);
                s.surrogate = 0;
                if (c == '-') at++; /* the '-' belongs to the run */
                else if (c >= 128) reason = "unexpected special character", start = at, end = ++at;
                if (!reason) continue;
            }
            end = at;
        } else if (c == '+') {
            if (at + 1 < d.size && d.data[at + 1] == '-') { /* "+-" is '+' */
                if (hd_str_builder_char(&d.out, '+') < 0) return hd_decoding_end(&d, false);
                at += 2;
                continue;
            }
            if (at + 1 < d.size && base64_value(d.data[at + 1]) < 0) {
                reason = "ill-formed sequence";
                end = at + 2;
            } else {
                s = (Shift){.inside = true, .start = at, .out_start = d.out.length};
                at++;
                continue;
            }
        } else if (c < 128) {
            if (hd_str_builder_char(&d.out, c) < 0) return hd_decoding_end(&d, false);
            at++;
            continue;
        } else {
            reason = "unexpected special character";
        }
        if (hd_decoding_error(&d, start, end, reason, &at) < 0) return hd_decoding_end(&d, false);
    }
    if (s.inside && !consumed) {
        bool whole = !s.surrogate && s.count < 6 && !(s.count > 0 && s.bits != 0);
        if (!whole) {
            HdSize next;
            if (hd_decoding_error(&d, s.start, d.size, "unterminated shift sequence", &next) < 0) {
                return hd_decoding_end(&d, false);
            }
        }
    }
    if (consumed) {
        *consumed = at;
        if (s.inside) { /* the run is read again when more has come */
            *consumed = s.start;
            d.out.length = s.out_start;
        }
    }
    return hd_decoding_end(&d, true);
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int add_unit(HdEncoding *e, uint32_t unit, uint32_t *bits, int *count) {
    *bits = *bits << 16 | unit;
    *count += 16;
    while (*count >= 6) {
        *count -= 6;
        if (hd_encoding_byte(e, (uint8_t)digits[*bits >> *count & 63]) < 0) return -1;
    }
    *bits &= (1u << *count) - 1;
    return 0;
}

HdValue hd_codecs_utf7_encode(HdThread *t, HdValue str) {
    HdEncoding e;
    hd_encoding_begin(&e, t, "utf7", str, NULL);
    HdSize length = hd_str_length(str);
    bool inside = false;
    uint32_t bits = 0;
    int count = 0;
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        int status = 0;
        if (inside && encodes_itself(c)) {
            if (count) status = hd_encoding_byte(&e, (uint8_t)digits[bits << (6 - count) & 63]);
            bits = 0;
            count = 0;
            inside = false;
            /* A character that could be read as part of the run is set off by '-'. */
            if (status == 0 && (base64_value(c) >= 0 || c == '-')) status = hd_encoding_byte(&e, '-');
            if (status == 0) status = hd_encoding_byte(&e, (uint8_t)c);
        } else if (!inside && c == '+') {
            status = hd_encoding_bytes(&e, "+-", 2);
        } else if (!inside && encodes_itself(c)) {
            status = hd_encoding_byte(&e, (uint8_t)c);
        } else {
            if (!inside) status = hd_encoding_byte(&e, '+');
            inside = true;
            if (status == 0 && c >= 0x10000) {
                status = add_unit(&e, 0xD800 + ((c - 0x10000) >> 10), &bits, &count);
                c = 0xDC00 + ((c - 0x10000) & 0x3FF);
            }
            if (status == 0) status = add_unit(&e, c, &bits, &count);
        }
        if (status < 0) return hd_encoding_end(&e, false);
    }
    if (inside) {
        if (count && hd_encoding_byte(&e, (uint8_t)digits[bits << (6 - count) & 63]) < 0) return hd_encoding_end(&e, false);
        if (hd_encoding_byte(&e, '-') < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}
