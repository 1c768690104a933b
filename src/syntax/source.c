/* source.c -- hd_parse: from raw bytes to a tree. Byte order mark, coding cookie, decoding, line ends. See parse.h. */
#include <strings.h>

#include "parser.h"
#include "utf8.h"

static bool fail(HdSyntaxError *error, HdSyntaxErrorKind kind, const char *message) {
    *error = (HdSyntaxError){.kind = kind, .message = message};
    if (kind == HD_ERROR_SYNTAX) error->offset = -1;
    return false;
}

static bool out_of_memory(HdSyntaxError *error) { return fail(error, HD_ERROR_MEMORY, NULL); }

static bool is_encoding_char(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
}

/* PEP 263: a comment in one of the first two lines, with nothing but comment or blank before it, that has
 * `coding[:=] *name`. Gives the name's place, or NULL. *more: the next line may still have one. */
static const char *cookie_in_line(const char *line, const char *end, size_t *length, bool *more) {
    const char *s = line;
    *more = false;
    while (s < end && (*s == ' ' || *s == '\t' || *s == '\f')) s++;
    if (s == end || *s == '\r') return *more = true, NULL;
    if (*s != '#') return NULL;
    *more = true;
    for (; end - s >= 7; s++) {
        if (memcmp(s, "coding", 6) != 0 || (s[6] != ':' && s[6] != '=')) continue;
        const char *name = s + 7;
        while (name < end && (*name == ' ' || *name == '\t')) name++;
        const char *stop = name;
        while (stop < end && is_encoding_char(*stop)) stop++;
        if (stop == name) continue;
        *length = (size_t)(stop - name);
        return name;
    }
    return NULL;
}

static const char *find_cookie(const char *source, size_t length, size_t *name_length) {
    const char *line = source, *end = source + length;
    for (int i = 0; i < 2 && line < end; i++) {
        const char *stop = line;
        bool more;
        while (stop < end && *stop != '\n' && *stop != '\r') stop++;
        const char *name = cookie_in_line(line, stop, name_length, &more);
        if (name) return name;
        if (!more) return NULL;
        line = stop + (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n' ? 2 : 1);
    }
    return NULL;
}

static bool starts(const char *name, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 && (name[length] == '\0' || name[length] == '-');
}

/* The common encodings under one name each; others as they were written. */
static const char *normal_name(HdArena *arena, const char *name, size_t length) {
    char low[13];
    size_t n = length < sizeof low - 1 ? length : sizeof low - 1;
    for (size_t i = 0; i < n; i++) {
        char c = name[i] == '_' ? '-' : name[i];
        low[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    low[n] = '\0';
    if (starts(low, "utf-8")) return "utf-8";
    if (starts(low, "latin-1") || starts(low, "iso-8859-1") || starts(low, "iso-latin-1")) return "iso-8859-1";
    static const char *const utf8[] = {"utf8", "u8", "utf", "cp65001"};
    static const char *const latin[] = {"latin1", "latin", "l1", "iso8859-1", "8859", "cp819"};
    for (size_t i = 0; i < HD_COUNT_OF(utf8); i++)
        if (strcmp(low, utf8[i]) == 0) return "utf-8";
    for (size_t i = 0; i < HD_COUNT_OF(latin); i++)
        if (strcmp(low, latin[i]) == 0) return "iso-8859-1";
    return hd_arena_copy(arena, name, length);
}

typedef struct Text {
    const char *bytes;
    size_t length;
} Text;

static bool latin_1(HdArena *arena, Text *text, HdSyntaxError *error) {
    size_t high = 0;
    for (size_t i = 0; i < text->length; i++) high += (uint8_t)text->bytes[i] >> 7;
    if (!high) return true;
    uint8_t *out = hd_arena_alloc(arena, text->length + high + 1), *w = out;
    if (!out) return out_of_memory(error);
    for (size_t i = 0; i < text->length; i++) w += hd_utf8_put(w, (uint8_t)text->bytes[i]);
    *text = (Text){(const char *)out, (size_t)(w - out)};
    return true;
}

static bool check_ascii(HdArena *arena, const Text *text, HdSyntaxError *error) {
    size_t prefix = hd_utf8_ascii_prefix(text->bytes, text->length);
    if (prefix == text->length) return true;
    return fail(error, HD_ERROR_SYNTAX,
                hd_lexer_format(arena, "'ascii' codec can't decode byte 0x%02x in position %zu: ordinal not in range(128)",
                                (uint8_t)text->bytes[prefix], prefix));
}

static bool check_declared_utf8(HdArena *arena, const Text *text, HdSyntaxError *error) {
    HdUtf8Scan scan;
    if (hd_utf8_scan(text->bytes, text->length, false, &scan)) return true;
    uint8_t byte = (uint8_t)text->bytes[scan.valid];
    const char *reason = scan.truncated               ? "unexpected end of data"
                         : byte < 0xC2 || byte > 0xF4 ? "invalid start byte"
                                                      : "invalid continuation byte";
    return fail(error, HD_ERROR_SYNTAX,
                hd_lexer_format(arena, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s", byte, scan.valid,
                                reason));
}

/* A program file without a cookie must be UTF-8 down to its comments. */
static bool check_file(HdArena *arena, const HdParseInput *input, const Text *text, HdSyntaxError *error) {
    HdUtf8Scan scan;
    if (!input->file_name || hd_utf8_scan(text->bytes, text->length, false, &scan)) return true;
    size_t line = 1;
    for (size_t i = 0; i < scan.valid; i++) line += text->bytes[i] == '\n';
    return fail(error, HD_ERROR_ENCODING,
                hd_lexer_format(arena,
                                "Non-UTF-8 code starting with '\\x%02x' in file %s on line %zu, but no encoding declared; "
                                "see https://peps.python.org/pep-0263/ for details",
                                (uint8_t)text->bytes[scan.valid], input->file_name, line));
}

static bool is_ascii_name(const char *name) {
    static const char *const names[] = {"ascii", "us-ascii", "646", "us"};
    for (size_t i = 0; i < HD_COUNT_OF(names); i++)
        if (strcasecmp(name, names[i]) == 0) return true;
    return false;
}

/* Makes UTF-8 of the source, whose first bytes may name its encoding. */
static bool decode(HdArena *arena, const HdParseInput *input, Text *text, const char **encoding, HdSyntaxError *error) {
    bool bom = text->length >= 3 && memcmp(text->bytes, "\xEF\xBB\xBF", 3) == 0;
    size_t length = 0;
    *encoding = "utf-8";
    if (input->source_is_text) return true;
    if (bom) {
        text->bytes += 3;
        text->length -= 3;
    }
    const char *cookie = find_cookie(text->bytes, text->length, &length);
    if (!cookie) return bom || check_file(arena, input, text, error);
    const char *name = normal_name(arena, cookie, length);
    if (!name) return out_of_memory(error);
    *encoding = name;
    if (bom && strcmp(name, "utf-8") == 0 && length == 4) name = "utf8"; /* an alias that does not count there */
    if (strcmp(name, "utf-8") == 0) return bom || input->file_name || check_declared_utf8(arena, text, error);
    if (bom) return fail(error, HD_ERROR_SYNTAX, hd_lexer_format(arena, "encoding problem: %s with BOM", name));
    if (strcmp(name, "iso-8859-1") == 0) return latin_1(arena, text, error);
    if (is_ascii_name(name)) return check_ascii(arena, text, error);
    bool bad = false;
    char *decoded = NULL;
    if (input->decode)
        decoded = input->decode(input->user, arena, name, text->bytes, text->length, &text->length, &bad);
    if (decoded) {
        text->bytes = decoded;
        return true;
    }
    if (input->file_name) return fail(error, HD_ERROR_ENCODING, hd_lexer_format(arena, "encoding problem: %s", name));
    return fail(error, HD_ERROR_SYNTAX, hd_lexer_format(arena, bad ? "encoding problem: %s" : "unknown encoding: %s", name));
}

/* A copy with '\n' for every line end, one at the end of a file, and a NUL behind it. */
static bool normalise_lines(HdArena *arena, const HdParseInput *input, Text *text, HdSyntaxError *error) {
    char *out = hd_arena_alloc(arena, text->length + 2), *w = out;
    if (!out) return out_of_memory(error);
    if (text->length && !memchr(text->bytes, '\r', text->length)) {
        memcpy(out, text->bytes, text->length);
        w = out + text->length;
    } else {
        for (size_t i = 0; i < text->length; i++) {
            char c = text->bytes[i];
            if (c == '\r') {
                c = '\n';
                if (i + 1 < text->length && text->bytes[i + 1] == '\n') i++;
            }
            *w++ = c;
        }
    }
    if (input->mode == HD_PARSE_EXEC && w > out && w[-1] != '\n') *w++ = '\n';
    *w = '\0';
    *text = (Text){out, (size_t)(w - out)};
    return true;
}

/* The line of an error goes into a str: what is no UTF-8 in it becomes U+FFFD. */
static void clean_text(HdArena *arena, HdSyntaxError *error) {
    if (!error->text || hd_utf8_valid(error->text, (size_t)error->text_length, true)) return;
    const char *s = error->text;
    size_t left = (size_t)error->text_length;
    char *out = hd_arena_alloc(arena, left * 3 + 1), *w = out;
    HdUtf8Scan scan;
    error->text = out;
    error->text_length = 0;
    if (!out) return;
    while (left) {
        hd_utf8_scan(s, left, true, &scan);
        memcpy(w, s, scan.valid);
        w += scan.valid;
        if (scan.bad) w += hd_utf8_put((uint8_t *)w, 0xFFFD);
        s += scan.valid + scan.bad;
        left -= scan.valid + scan.bad;
    }
    error->text_length = w - out;
}

bool hd_parse(HdArena *arena, const HdParseInput *input, HdParseResult *result, HdSyntaxError *error) {
    static HdNode *(*const start_rules[])(HdParser *) = {
        [HD_PARSE_EXEC] = hd_parser_file,
        [HD_PARSE_EVAL] = hd_parser_eval,
        [HD_PARSE_SINGLE] = hd_parser_interactive,
        [HD_PARSE_FUNC_TYPE] = hd_parser_func_type,
    };
    *result = (HdParseResult){.encoding = "utf-8"};
    *error = (HdSyntaxError){0};
    Text text = {input->source, input->length};
    if (text.length > INT32_MAX / 2) return out_of_memory(error);
    if (text.length && memchr(text.bytes, '\0', text.length))
        return fail(error, HD_ERROR_VALUE, "source code string cannot contain null bytes");
    if (!decode(arena, input, &text, &result->encoding, error) || !normalise_lines(arena, input, &text, error))
        return false;
    result->names = input->names ? input->names : hd_ast_names_new(arena);
    HdParser *p = hd_arena_alloc(arena, sizeof *p);
    if (!p || !result->names || !hd_parser_init(p, arena, input, result->names)) return out_of_memory(error);
    hd_lexer_init(&p->lexer, arena, result->names, text.bytes, text.length);
    p->lexer.type_comments = input->type_comments;
    p->lexer.barry_as_bdfl = input->barry_as_bdfl;
    p->lexer.async_names = input->feature_minor && input->feature_minor < 7;
    p->lexer.warnings_tail = &result->warnings;
    result->tree = hd_parser_run(p, start_rules[input->mode]);
    if (!result->tree) {
        *error = p->error;
        clean_text(arena, error);
    }
    hd_parser_free(p);
    return result->tree != NULL;
}
