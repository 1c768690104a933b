/* literal.c -- values of number and string literals. See parser.h. */
#include <stdlib.h>

#include "float_repr.h"
#include "parser.h"
#include "unicode.h"
#include "utf8.h"

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

static int digit_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* Digits of radix 2 or 8 into hexadecimal text, in place of an arithmetic library. */
static char *to_hexadecimal(HdParser *p, const char *digits, size_t count, int bits, size_t *out_count) {
    size_t total = (count * (size_t)bits + 3) / 4;
    char *out = hd_parser_alloc(p, total + 1);
    if (!out) return NULL;
    for (size_t i = 0; i < total; i++) { /* i: hexadecimal digit from the low end */
        int value = 0;
        for (size_t b = i * 4; b < i * 4 + 4; b++) {
            size_t at = b / (size_t)bits;
            if (at < count && (digits[count - 1 - at] - '0') >> (b % (size_t)bits) & 1) value |= 1 << (b - i * 4);
        }
        out[total - 1 - i] = "0123456789abcdef"[value];
    }
    *out_count = total;
    return out;
}

static bool integer_value(HdParser *p, const char *digits, size_t count, int radix, HdConstant *out) {
    while (count > 1 && *digits == '0') digits++, count--;
    uint64_t value = 0;
    bool fits = true;
    for (size_t i = 0; i < count && fits; i++)
        fits = !__builtin_mul_overflow(value, (uint64_t)radix, &value) &&
               !__builtin_add_overflow(value, (uint64_t)digit_value(digits[i]), &value) && value <= INT64_MAX;
    if (fits) {
        out->kind = HD_CONSTANT_INT;
        out->integer = (int64_t)value;
        return true;
    }
    int limit = p->input->int_max_str_digits;
    if (radix == 10 && limit > 0 && count > (size_t)limit) {
        const HdToken *token = &p->tokens[p->mark - 1];
        hd_parser_error(p, HD_ERROR_SYNTAX, token->lineno, -1, token->end_lineno, -1,
                        "Exceeds the limit (%d digits) for integer string conversion: value has %zu digits; use "
                        "sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer "
                        "literals to avoid decimal conversion limits.",
                        limit, count);
        return false;
    }
    out->kind = HD_CONSTANT_BIG_INT;
    out->base = radix == 10 ? 10 : 16;
    if (radix == 2 || radix == 8) {
        digits = to_hexadecimal(p, digits, count, radix == 2 ? 1 : 3, &count);
        if (!digits) return false;
        while (count > 1 && *digits == '0') digits++, count--;
    }
    out->bytes = digits;
    out->length = (HdSize)count;
    return true;
}

/* The text is a well-formed NUMBER token. */
bool hd_parser_number_value(HdParser *p, const char *text, size_t length, HdConstant *out) {
    char small[64], *clean = small;
    if (length == 1) {
        out->kind = HD_CONSTANT_INT;
        out->integer = text[0] - '0';
        return true;
    }
    if (length >= sizeof small && !(clean = hd_parser_alloc(p, length + 1))) return false;
    size_t count = 0;
    bool plain = true;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '_') continue;
        plain = plain && text[i] >= '0' && text[i] <= '9';
        clean[count++] = text[i];
    }
    clean[count] = '\0';
    if (!plain && clean[0] == '0' && strchr("xXoObB", clean[1])) {
        int radix = (clean[1] | 0x20) == 'x' ? 16 : (clean[1] | 0x20) == 'o' ? 8 : 2;
        if (clean == small && count > 15 && !(clean = hd_arena_copy(p->arena, small, count))) return false;
        return integer_value(p, clean + 2, count - 2, radix, out);
    }
    if (plain) {
        if (clean == small && count > 15 && !(clean = hd_arena_copy(p->arena, small, count))) return false;
        return integer_value(p, clean, count, 10, out);
    }
    size_t used;
    double value = hd_float_parse(clean, count, &used);
    if ((clean[count - 1] | 0x20) == 'j') {
        out->kind = HD_CONSTANT_COMPLEX;
        out->real = 0.0;
        out->imag = value;
    } else {
        out->kind = HD_CONSTANT_FLOAT;
        out->real = value;
    }
    return true;
}

/* ---- escapes ------------------------------------------------------------------------------------------------------ */

/* `escape` points at the character behind the backslash. */
void hd_parser_warn_escape(HdParser *p, const char *escape, int token) {
    if (token < p->strings_end) return;
    const HdToken *t = &p->tokens[token];
    char *message;
    if (*escape >= '4' && *escape <= '7' && escape[1] >= '0' && escape[1] <= '7' && escape[2] >= '0' && escape[2] <= '7')
        message = hd_lexer_format(p->arena, "invalid octal escape sequence '\\%.3s'", escape);
    else
        message = hd_lexer_format(p->arena, "invalid escape sequence '\\%c'", *escape);
    hd_lexer_warn(&p->lexer, true, message, t->lineno, t->col, t->end_lineno, t->end_col);
}

/* An error of the decoder: as if each character beyond ASCII had been written \UXXXXXXXX, which is how CPython counts. */
static bool unicode_error(HdParser *p, const char *text, const char *start, const char *end, const char *reason) {
    size_t at = 0;
    for (const char *s = text; s < start; s++) at += (uint8_t)*s < 0x80 ? 1 : ((uint8_t)*s & 0xC0) != 0x80 ? 10 : 0;
    size_t last = at + (size_t)(end - start) - 1;
    if (last <= at)
        ERROR_LAST(p, "(unicode error) 'unicodeescape' codec can't decode byte 0x%02x in position %zu: %s",
                   (uint8_t)*start, at, reason);
    else
        ERROR_LAST(p, "(unicode error) 'unicodeescape' codec can't decode bytes in position %zu-%zu: %s", at, last,
                   reason);
    return false;
}

static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/* \x, \u and \U; *s stands behind the letter. */
static bool hex_escape(HdParser *p, const char *text, const char **s, const char *end, int digits, uint32_t *point) {
    const char *start = *s - 2;
    uint32_t value = 0;
    for (int i = 0; i < digits; i++, (*s)++) {
        if (*s >= end || !is_hex(**s))
            return unicode_error(p, text, start, *s,
                                 digits == 2   ? "truncated \\xXX escape"
                                 : digits == 4 ? "truncated \\uXXXX escape"
                                               : "truncated \\UXXXXXXXX escape");
        value = value << 4 | (uint32_t)digit_value(**s);
    }
    if (value > HD_UNICODE_MAX) return unicode_error(p, text, start, *s, "illegal Unicode character");
    *point = value;
    return true;
}

static bool name_escape(HdParser *p, const char *text, const char **s, const char *end, uint32_t *point) {
    const char *start = *s - 2;
    if (*s >= end || **s != '{') return unicode_error(p, text, start, *s, "malformed \\N character escape");
    const char *name = ++*s;
    while (*s < end && **s != '}') (*s)++;
    if (*s >= end || *s == name) return unicode_error(p, text, start, *s, "malformed \\N character escape");
    size_t length = (size_t)(*s - name);
    ++*s;
    *point = hd_unicode_lookup(name, length);
    if (*point == HD_UNICODE_NO_NAME) return unicode_error(p, text, start, *s, "unknown Unicode character name");
    return true;
}

/* A byte that is written by one letter; -1: another escape. */
static int simple_escape(char c) {
    switch (c) {
    case '\\': return '\\';
    case '\'': return '\'';
    case '"': return '"';
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return -1;
    }
}

static bool decode_escapes(HdParser *p, const char *text, size_t length, bool bytes, int token, HdConstant *constant) {
    const char *s = text, *end = text + length, *first_bad = NULL;
    /* No escape is longer decoded than written. */
    uint8_t *out = hd_parser_alloc(p, length + 1), *w = out;
    if (!out) return false;
    bool ascii = true;
    while (s < end) {
        if (*s != '\\') {
            ascii = ascii && (uint8_t)*s < 0x80;
            *w++ = (uint8_t)*s++;
            continue;
        }
        const char *escape = ++s;
        if (s >= end) { /* only before the brace of an f-string */
            *w++ = '\\';
            break;
        }
        char c = *s++;
        int simple = simple_escape(c);
        uint32_t point = 0;
        if (simple >= 0) {
            *w++ = (uint8_t)simple;
        } else if (c == '\n') {
            continue;
        } else if (c >= '0' && c <= '7') {
            point = (uint32_t)(c - '0');
            for (int i = 0; i < 2 && s < end && *s >= '0' && *s <= '7'; i++) point = point << 3 | (uint32_t)(*s++ - '0');
            if (point > 0xFF && !first_bad) first_bad = escape;
            ascii = ascii && point < 0x80;
            if (bytes)
                *w++ = (uint8_t)point;
            else
                w += hd_utf8_put(w, point);
        } else if (bytes && c == 'x') {
            if (end - s < 2 || !is_hex(s[0]) || !is_hex(s[1])) {
                ERROR_LAST(p, "(value error) invalid \\x escape at position %td", escape - 1 - text);
                return false;
            }
            *w++ = (uint8_t)(digit_value(s[0]) << 4 | digit_value(s[1]));
            s += 2;
        } else if (!bytes && (c == 'x' || c == 'u' || c == 'U' || c == 'N')) {
            bool good = c == 'N' ? name_escape(p, text, &s, end, &point)
                                 : hex_escape(p, text, &s, end, c == 'x' ? 2 : c == 'u' ? 4 : 8, &point);
            if (!good) return false;
            ascii = ascii && point < 0x80;
            w += hd_utf8_put(w, point);
        } else {
            if (!first_bad && (uint8_t)c < 0x80) first_bad = escape;
            *w++ = '\\';
            s = escape;
        }
    }
    if (first_bad) hd_parser_warn_escape(p, first_bad, token);
    constant->bytes = (const char *)out;
    constant->length = w - out;
    constant->ascii = ascii;
    return true;
}

/* Source bytes that are no UTF-8 are noticed where they are decoded, as in CPython. */
static bool check_utf8(HdParser *p, const char *text, size_t length, bool *ascii) {
    HdUtf8Scan scan;
    if (hd_utf8_ascii_prefix(text, length) == length) return *ascii = true;
    *ascii = false;
    if (hd_utf8_scan(text, length, p->input->source_is_text, &scan)) return true;
    const char *reason = scan.truncated                              ? "unexpected end of data"
                         : (uint8_t)text[scan.valid] < 0xC2 || (uint8_t)text[scan.valid] > 0xF4 ? "invalid start byte"
                                                                     : "invalid continuation byte";
    if (scan.bad > 1)
        ERROR_LAST(p, "(unicode error) 'utf-8' codec can't decode bytes in position %zu-%zu: %s", scan.valid,
                   scan.valid + scan.bad - 1, reason);
    else
        ERROR_LAST(p, "(unicode error) 'utf-8' codec can't decode byte 0x%02x in position %zu: %s",
                   (uint8_t)text[scan.valid], scan.valid, reason);
    return false;
}

bool hd_parser_decode_string(HdParser *p, const char *text, size_t length, bool raw, bool bytes, int token,
                             HdConstant *out) {
    out->kind = bytes ? HD_CONSTANT_BYTES : HD_CONSTANT_STR;
    if (bytes) {
        if (hd_utf8_ascii_prefix(text, length) != length) {
            ERROR_LAST(p, "bytes can only contain ASCII literal characters");
            return false;
        }
        out->ascii = true;
    } else if (!check_utf8(p, text, length, &out->ascii)) {
        return false;
    }
    if (!raw && length && memchr(text, '\\', length)) return decode_escapes(p, text, length, bytes, token, out);
    out->bytes = text;
    out->length = (HdSize)length;
    return true;
}

/* ---- adjacent literals -------------------------------------------------------------------------------------------- */

bool hd_parser_text_add(HdParser *p, HdTextBuffer *buffer, const char *bytes, size_t length) {
    if (!length) return true;
    if (length > buffer->capacity - buffer->length) {
        size_t capacity = buffer->capacity * 2 + length + 32;
        char *more = hd_parser_alloc(p, capacity);
        if (!more) return false;
        if (buffer->length) memcpy(more, buffer->bytes, buffer->length);
        buffer->bytes = more;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    return true;
}

/* A node that, like every part of a run of literals, has the position of the whole run. */
static HdNode *finish_run(HdParser *p, HdStringJoin *join, HdNode *node) {
    const HdToken *first = &p->tokens[join->first], *last = &p->tokens[join->last];
    node->lineno = first->lineno;
    node->col_offset = first->col;
    node->end_lineno = last->end_lineno;
    node->end_col_offset = last->end_col;
    return node;
}

HdNode *hd_parser_text_node(HdParser *p, HdStringJoin *join, const char *bytes, size_t length) {
    NODE(p, Constant, n);
    n->value.kind = HD_CONSTANT_STR;
    n->value.bytes = bytes ? bytes : "";
    n->value.length = (HdSize)length;
    n->value.ascii = hd_utf8_ascii_prefix(n->value.bytes, length) == length;
    if (p->lexer.text[p->tokens[join->first].start] == 'u') {
        n->kind = hd_ast_string(p->arena, "u", 1);
        if (!n->kind) return hd_parser_no_memory(p);
    }
    return finish_run(p, join, &n->head);
}

typedef struct Literal {
    const char *body, *end;
    bool raw, bytes, formatted;
} Literal;

static Literal read_token(HdParser *p, int index) {
    const HdToken *token = &p->tokens[index];
    Literal literal = {0};
    const char *s = p->lexer.text + token->start, *end = p->lexer.text + token->end;
    for (int i = 0; i < token->prefix; i++) {
        char c = (char)(*s++ | 0x20);
        literal.raw |= c == 'r';
        literal.bytes |= c == 'b';
        literal.formatted |= c == 'f';
    }
    int quotes = end - s >= 6 && s[1] == s[0] && s[2] == s[0] ? 3 : 1;
    literal.body = s + quotes;
    literal.end = end - quotes;
    return literal;
}

static HdNode *run_of_bytes(HdParser *p, HdStringJoin *join, const HdConstant *value) {
    NODE(p, Constant, n);
    n->value = *value;
    return finish_run(p, join, &n->head);
}

static HdNode *joined(HdParser *p, HdStringJoin *join) {
    if (join->text.length) hd_parser_push(p, hd_parser_text_node(p, join, join->text.bytes, join->text.length));
    if (p->failed) return NULL;
    NODE(p, JoinedStr, n);
    n->values = hd_parser_list(p, join->base);
    return finish_run(p, join, &n->head);
}

/* STRING+ */
HdNode *hd_parser_strings(HdParser *p) {
    HdStringJoin join = {.first = p->mark, .base = p->top};
    HdConstant value = {0};
    bool bytes = false;
    int start = p->mark;
    while (at(p, T_STRING)) p->mark++;
    int end = p->mark;
    if (p->failed || end == start) return back(p, start);
    join.last = end - 1;
    for (join.token = start; join.token < end; join.token++) {
        Literal literal = read_token(p, join.token);
        size_t length = (size_t)(literal.end - literal.body);
        if (!literal.formatted &&
            !hd_parser_decode_string(p, literal.body, length, literal.raw, literal.bytes, join.token, &value))
            return NULL;
        if (join.token > start && bytes != literal.bytes) return ERROR_LAST(p, "cannot mix bytes and nonbytes literals");
        bytes = literal.bytes;
        if (literal.formatted) {
            if (too_old(p, 6, "Format strings are")) return NULL;
            join.any_fstring = true;
            if (!hd_parser_fstring(p, &join, literal.body, literal.end, literal.raw)) return NULL;
        } else if (end - start == 1) {
            break;
        } else if (!hd_parser_text_add(p, &join.text, value.bytes, (size_t)value.length)) {
            return NULL;
        }
    }
    if (p->strings_end < end) p->strings_end = end;
    if (join.any_fstring) return joined(p, &join);
    if (end - start > 1) {
        value.bytes = join.text.bytes ? join.text.bytes : "";
        value.length = (HdSize)join.text.length;
    }
    if (bytes) return run_of_bytes(p, &join, &value);
    return hd_parser_text_node(p, &join, value.bytes, (size_t)value.length);
}
