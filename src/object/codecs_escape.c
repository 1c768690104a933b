/* codecs_escape.c -- unicode_escape, raw_unicode_escape, and the escapes of bytes literals (escape_decode). */
#include "codecs_internal.h"
#include "unicode.h"
#include "utf8.h"

static int hex_value(uint32_t c) {
    if (c - '0' < 10) return (int)(c - '0');
    c |= 32;
    return c - 'a' < 6 ? (int)(c - 'a' + 10) : -1;
}

/* What a decoder found at a backslash: a character, or an error. */
typedef struct Escape {
    uint32_t c;
    HdSize end;         /* behind the escape, or behind its wrong part */
    const char *reason; /* NULL: c is good */
    bool incomplete;    /* the input may go on */
    bool unknown;       /* no escape at all: backslash and character stand for themselves */
} Escape;

static void hex_escape(const HdDecoding *d, HdSize at, int digits, const char *reason, Escape *out) {
    uint32_t c = 0;
    HdSize i = at;
    for (; i < at + digits; i++) {
        int value = i < d->size ? hex_value(d->data[i]) : -1;
        if (value < 0) {
            out->reason = reason;
            out->end = i;
            out->incomplete = i == d->size;
            return;
        }
        c = c << 4 | (uint32_t)value;
    }
    out->c = c;
    out->end = i;
}

static void name_escape(const HdDecoding *d, HdSize at, Escape *out) {
    out->reason = "malformed \\N character escape";
    out->end = at;
    if (at >= d->size) {
        out->incomplete = true;
        return;
    }
    if (d->data[at] != '{') return;
    HdSize start = ++at;
    while (at < d->size && d->data[at] != '}') at++;
    out->end = at;
    if (at == d->size) {
        out->incomplete = true;
        return;
    }
    if (at == start) return;
    out->end = at + 1;
    uint32_t c = hd_unicode_lookup((const char *)d->data + start, (size_t)(at - start));
    out->reason = c == HD_UNICODE_NO_NAME ? "unknown Unicode character name" : NULL;
    out->c = c;
}

/* The escape whose backslash is at `at`. */
static void read_escape(const HdDecoding *d, HdSize at, Escape *out) {
    *out = (Escape){0};
    HdSize i = at + 1;
    if (i >= d->size) {
        out->reason = "\\ at end of string";
        out->end = i;
        out->incomplete = true;
        return;
    }
    uint8_t c = d->data[i++];
    out->end = i;
    switch (c) {
    case '\n': out->c = HD_UTF8_BAD; return; /* a joined line: nothing */
    case '\\': case '\'': case '"': out->c = c; return;
    case 'b': out->c = '\b'; return;
    case 'f': out->c = '\f'; return;
    case 't': out->c = '\t'; return;
    case 'n': out->c = '\n'; return;
    case 'r': out->c = '\r'; return;
    case 'v': out->c = '\v'; return;
    case 'a': out->c = '\a'; return;
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7':
        out->c = c - '0';
        for (int k = 0; k < 2 && i < d->size && (uint8_t)(d->data[i] - '0') < 8; k++)
            out->c = out->c * 8 + (d->data[i++] - '0');
        out->end = i;
        return;
    case 'x': hex_escape(d, i, 2, "truncated \\xXX escape", out); return;
    case 'u': hex_escape(d, i, 4, "truncated \\uXXXX escape", out); return;
    case 'U':
        hex_escape(d, i, 8, "truncated \\UXXXXXXXX escape", out);
        if (!out->reason && out->c > 0x10FFFF) out->reason = "illegal Unicode character";
        return;
    case 'N': name_escape(d, i, out); return;
    default:
        out->c = c;
        out->unknown = true;
    }
}

HdValue hd_codecs_unicode_escape_decode(HdThread *t, const void *data, HdSize size, const char *errors,
                                        HdSize *consumed, const char **warned) {
    HdDecoding d;
    hd_decoding_begin(&d, t, "unicodeescape", data, size, errors);
    if (warned) *warned = NULL;
    HdSize at = 0;
    while (at < d.size) {
        HdSize run = at;
        while (run < d.size && d.data[run] != '\\') run++;
        if (run > at) { /* Latin-1 up to the next backslash */
            bool ascii = true;
            for (HdSize i = at; i < run; i++) ascii &= d.data[i] < 128;
            int status = 0;
            if (ascii) status = hd_str_builder_ascii(&d.out, (const char *)d.data + at, run - at);
            else for (HdSize i = at; status == 0 && i < run; i++) status = hd_str_builder_char(&d.out, d.data[i]);
            if (status < 0) return hd_decoding_end(&d, false);
            at = run;
            continue;
        }
        Escape escape;
        read_escape(&d, at, &escape);
        if (escape.reason) {
            if (escape.incomplete && consumed) break;
            if (hd_decoding_error(&d, at, escape.end, escape.reason, &at) < 0) return hd_decoding_end(&d, false);
            continue;
        }
        if (escape.unknown || (escape.c > 0xFF && d.data[at + 1] <= '7' && d.data[at + 1] >= '0')) {
            if (warned && !*warned && (const void *)d.data == data) *warned = (const char *)data + at + 1;
        }
        int status = 0;
        if (escape.unknown) status = hd_str_builder_char(&d.out, '\\');
        if (status == 0 && escape.c != HD_UTF8_BAD) status = hd_str_builder_char(&d.out, escape.c);
        if (status < 0) return hd_decoding_end(&d, false);
        at = escape.end;
    }
    if (consumed) *consumed = at;
    return hd_decoding_end(&d, true);
}

static int add_hex(HdEncoding *e, char letter, uint32_t c, int digits) {
    static const char hex[] = "0123456789abcdef";
    uint8_t text[10] = {'\\', (uint8_t)letter};
    for (int i = 0; i < digits; i++) text[2 + i] = (uint8_t)hex[c >> 4 * (digits - 1 - i) & 15];
    return hd_encoding_bytes(e, text, digits + 2);
}

HdValue hd_codecs_unicode_escape_encode(HdThread *t, HdValue str) {
    HdEncoding e;
    hd_encoding_begin(&e, t, "unicodeescape", str, NULL);
    HdSize length = hd_str_length(str);
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        int status;
        if (c == '\\') status = hd_encoding_bytes(&e, "\\\\", 2);
        else if (c == '\t') status = hd_encoding_bytes(&e, "\\t", 2);
        else if (c == '\n') status = hd_encoding_bytes(&e, "\\n", 2);
        else if (c == '\r') status = hd_encoding_bytes(&e, "\\r", 2);
        else if (c >= ' ' && c < 127) status = hd_encoding_byte(&e, (uint8_t)c);
        else if (c < 0x100) status = add_hex(&e, 'x', c, 2);
        else if (c < 0x10000) status = add_hex(&e, 'u', c, 4);
        else status = add_hex(&e, 'U', c, 8);
        if (status < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}

HdValue hd_codecs_raw_unicode_escape_decode(HdThread *t, const void *data, HdSize size, const char *errors,
                                            HdSize *consumed) {
    HdDecoding d;
    hd_decoding_begin(&d, t, "rawunicodeescape", data, size, errors);
    HdSize at = 0;
    while (at < d.size) {
        uint8_t c = d.data[at];
        if (c != '\\') {
            if (hd_str_builder_char(&d.out, c) < 0) return hd_decoding_end(&d, false);
            at++;
            continue;
        }
        if (at + 1 == d.size) { /* a lone backslash stands for itself, unless more may come */
            if (consumed) break;
            if (hd_str_builder_char(&d.out, '\\') < 0) return hd_decoding_end(&d, false);
            at++;
            continue;
        }
        c = d.data[at + 1];
        if (c != 'u' && c != 'U') {
            if (hd_str_builder_char(&d.out, '\\') < 0 || hd_str_builder_char(&d.out, c) < 0) return hd_decoding_end(&d, false);
            at += 2;
            continue;
        }
        Escape escape = {0};
        hex_escape(&d, at + 2, c == 'u' ? 4 : 8, c == 'u' ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape",
                   &escape);
        if (!escape.reason && escape.c > 0x10FFFF) escape.reason = "\\Uxxxxxxxx out of range";
        if (escape.reason) {
            if (escape.incomplete && consumed) break;
            if (hd_decoding_error(&d, at, escape.end, escape.reason, &at) < 0) return hd_decoding_end(&d, false);
            continue;
        }
        if (hd_str_builder_char(&d.out, escape.c) < 0) return hd_decoding_end(&d, false);
        at = escape.end;
    }
    if (consumed) *consumed = at;
    return hd_decoding_end(&d, true);
}

HdValue hd_codecs_raw_unicode_escape_encode(HdThread *t, HdValue str) {
    HdEncoding e;
    hd_encoding_begin(&e, t, "rawunicodeescape", str, NULL);
    HdSize length = hd_str_length(str);
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(str, i);
        int status = c < 0x100 ? hd_encoding_byte(&e, (uint8_t)c)
                     : c < 0x10000 ? add_hex(&e, 'u', c, 4) : add_hex(&e, 'U', c, 8);
        if (status < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}

HdValue hd_codecs_escape_decode(HdThread *t, const void *bytes, HdSize size, const char *errors, const char **warned) {
    const uint8_t *data = bytes;
    HdEncoding e; /* only its buffer */
    hd_encoding_begin(&e, t, "", HD_NULL, errors);
    HdDecoding source = {.data = data, .size = size};
    if (warned) *warned = NULL;
    for (HdSize at = 0; at < size;) {
        if (data[at] != '\\') {
            if (hd_encoding_byte(&e, data[at++]) < 0) return hd_encoding_end(&e, false);
            continue;
        }
        if (at + 1 == size) {
            hd_raise(t, &hd_ValueError, "Trailing \\ in string");
            return hd_encoding_end(&e, false);
        }
        uint8_t c = data[at + 1];
        Escape escape;
        if (c == 'u' || c == 'U' || c == 'N') escape = (Escape){.c = c, .end = at + 2, .unknown = true};
        else read_escape(&source, at, &escape);
        int status = 0;
        if (escape.reason) { /* only \x can be wrong */
            HdSize place = at;
            if (!errors || strcmp(errors, "strict") == 0) {
                status = hd_raise_int(t, &hd_ValueError, "invalid \\x escape at position %zd", place);
            } else if (strcmp(errors, "replace") == 0) {
                status = hd_encoding_byte(&e, '?');
            } else if (strcmp(errors, "ignore") != 0) {
                status = hd_raise_int(t, &hd_ValueError, "decoding error; unknown error handling code: %.400s", errors);
            }
            at = escape.end; /* over one good digit, if there is one */
        } else {
            if (escape.unknown || (escape.c > 0xFF && escape.c != HD_UTF8_BAD)) {
                if (warned && !*warned) *warned = (const char *)data + at + 1;
            }
            if (escape.unknown) status = hd_encoding_byte(&e, '\\');
            if (status == 0 && escape.c != HD_UTF8_BAD) status = hd_encoding_byte(&e, (uint8_t)escape.c);
            at = escape.end;
        }
        if (status < 0) return hd_encoding_end(&e, false);
    }
    return hd_encoding_end(&e, true);
}
