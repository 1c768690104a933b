/* test_syntax_dump.c -- dumps trees as `ast.dump(tree, include_attributes=True)` writes them; tests itself when run
 * without arguments.
 *
 *     test_syntax_dump FILE...                      the dump of each file, or its error, one a line
 *     test_syntax_dump --snippets FILE              records "MODE LENGTH\n" and so many bytes; an answer a line
 *     test_syntax_dump --time FILE...               lines a second
 * tests/syntax/compare.py runs it beside CPython.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "float_repr.h"
#include "parse.h"
#include "unicode.h"
#include "utf8.h"

/* ---- writing Python values ---------------------------------------------------------------------------------------- */

typedef struct Out {
    char *bytes;
    size_t length, capacity;
} Out;

static void put(Out *out, const char *bytes, size_t length) {
    if (out->length + length + 1 > out->capacity) {
        out->capacity = (out->length + length + 1) * 2;
        out->bytes = realloc(out->bytes, out->capacity);
        if (!out->bytes) abort();
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
    out->bytes[out->length] = '\0';
}
static void puts_to(Out *out, const char *text) { put(out, text, strlen(text)); }
static void put_int(Out *out, long long value) {
    char text[32];
    snprintf(text, sizeof text, "%lld", value);
    puts_to(out, text);
}

static char quote_for(const char *bytes, HdSize length) {
    return memchr(bytes, '\'', (size_t)length) && !memchr(bytes, '"', (size_t)length) ? '"' : '\'';
}

static void put_char(Out *out, uint32_t c, char quote, bool printable) {
    char text[16];
    if (c == '\\' || c == (uint32_t)quote)
        snprintf(text, sizeof text, "\\%c", (char)c);
    else if (c == '\n')
        strcpy(text, "\\n");
    else if (c == '\r')
        strcpy(text, "\\r");
    else if (c == '\t')
        strcpy(text, "\\t");
    else if (printable) {
        put(out, text, hd_utf8_put((uint8_t *)text, c));
        return;
    } else if (c < 0x100)
        snprintf(text, sizeof text, "\\x%02x", c);
    else if (c < 0x10000)
        snprintf(text, sizeof text, "\\u%04x", c);
    else
        snprintf(text, sizeof text, "\\U%08x", c);
    puts_to(out, text);
}

static void put_str(Out *out, const char *bytes, HdSize length) {
    char quote = quote_for(bytes, length);
    const uint8_t *s = (const uint8_t *)bytes, *end = s + length;
    put(out, &quote, 1);
    while (s < end) {
        uint32_t c = hd_utf8_next(&s, end, true);
        if (c == HD_UTF8_BAD) {
            puts_to(out, "<BAD UTF-8>");
            break;
        }
        put_char(out, c, quote, c < 0x80 ? c >= 0x20 && c < 0x7F : hd_unicode_is_printable(c));
    }
    put(out, &quote, 1);
}

static void put_bytes(Out *out, const char *bytes, HdSize length) {
    char quote = quote_for(bytes, length);
    puts_to(out, "b");
    put(out, &quote, 1);
    for (HdSize i = 0; i < length; i++)
        put_char(out, (uint8_t)bytes[i], quote, (uint8_t)bytes[i] >= 0x20 && (uint8_t)bytes[i] < 0x7F);
    put(out, &quote, 1);
}

/* Hexadecimal digits as decimal ones, the school way. */
static void put_big(Out *out, const HdConstant *value) {
    if (value->base == 10) {
        put(out, value->bytes, (size_t)value->length);
        return;
    }
    size_t room = (size_t)value->length * 2 + 2, used = 1;
    uint8_t *digits = calloc(room, 1);
    if (!digits) abort();
    for (HdSize i = 0; i < value->length; i++) {
        char c = value->bytes[i];
        unsigned carry = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
        for (size_t d = 0; d < used || carry; d++) {
            carry += digits[d] * 16u;
            digits[d] = (uint8_t)(carry % 10);
            carry /= 10;
            if (d >= used) used = d + 1;
        }
    }
    while (used-- > 0) {
        char c = (char)('0' + digits[used]);
        put(out, &c, 1);
    }
    free(digits);
}

static void put_float(Out *out, double value, bool imaginary) {
    char text[32];
    size_t length = hd_float_repr_text(value, text);
    if (imaginary && length > 2 && memcmp(text + length - 2, ".0", 2) == 0) length -= 2;
    put(out, text, length);
}

static void put_constant(Out *out, const HdConstant *value) {
    switch (value->kind) {
    case HD_CONSTANT_NONE: puts_to(out, "None"); break;
    case HD_CONSTANT_TRUE: puts_to(out, "True"); break;
    case HD_CONSTANT_FALSE: puts_to(out, "False"); break;
    case HD_CONSTANT_ELLIPSIS: puts_to(out, "Ellipsis"); break;
    case HD_CONSTANT_INT: put_int(out, value->integer); break;
    case HD_CONSTANT_BIG_INT: put_big(out, value); break;
    case HD_CONSTANT_FLOAT: put_float(out, value->real, false); break;
    case HD_CONSTANT_COMPLEX:
        put_float(out, value->imag, true);
        puts_to(out, "j");
        break;
    case HD_CONSTANT_STR: put_str(out, value->bytes, value->length); break;
    case HD_CONSTANT_BYTES: put_bytes(out, value->bytes, value->length); break;
    }
}

/* ---- dumping nodes ------------------------------------------------------------------------------------------------ */

static void dump(Out *out, const HdNode *node);

static void dump_operator(Out *out, int operator) {
    puts_to(out, hd_ast_operators[operator].name);
    puts_to(out, "()");
}

static void dump_list(Out *out, const HdAstFieldInfo *field, const void *at) {
    puts_to(out, "[");
    int count = ((const HdNodeList *)at)->count;
    for (int i = 0; i < count; i++) {
        if (i) puts_to(out, ", ");
        if (field->type == HD_AST_SUM_identifier)
            put_str(out, ((const HdNameList *)at)->items[i]->bytes, ((const HdNameList *)at)->items[i]->length);
        else if (hd_ast_sums[field->type].is_operator)
            dump_operator(out, ((const HdOpList *)at)->items[i]);
        else if (((const HdNodeList *)at)->items[i])
            dump(out, ((const HdNodeList *)at)->items[i]);
        else
            puts_to(out, "None");
    }
    puts_to(out, "]");
}

/* False: an optional field that is absent. */
static bool dump_field(Out *out, const HdAstFieldInfo *field, const void *at, const char *separator) {
    const void *pointer = NULL;
    bool is_pointer = field->count != HD_AST_MANY && field->type != HD_AST_SUM_int &&
                      field->type != HD_AST_SUM_constant && !hd_ast_sums[field->type].is_operator;
    if (is_pointer) memcpy(&pointer, at, sizeof pointer);
    if (is_pointer && !pointer && field->count == HD_AST_OPT) return false;
    puts_to(out, separator);
    puts_to(out, field->name);
    puts_to(out, "=");
    if (field->count == HD_AST_MANY)
        dump_list(out, field, at);
    else if (field->type == HD_AST_SUM_int)
        put_int(out, *(const int *)at);
    else if (field->type == HD_AST_SUM_constant)
        put_constant(out, at);
    else if (hd_ast_sums[field->type].is_operator)
        dump_operator(out, *(const uint8_t *)at);
    else if (field->type == HD_AST_SUM_identifier)
        put_str(out, ((const HdName *)pointer)->bytes, ((const HdName *)pointer)->length);
    else if (field->type == HD_AST_SUM_string)
        put_str(out, ((const HdAstString *)pointer)->bytes, ((const HdAstString *)pointer)->length);
    else
        dump(out, pointer);
    return true;
}

static void dump(Out *out, const HdNode *node) {
    const HdAstClassInfo *info = &hd_ast_classes[node->kind];
    const char *separator = "";
    puts_to(out, info->name);
    puts_to(out, "(");
    for (int i = 0; i < info->field_count; i++)
        if (dump_field(out, &info->fields[i], (const char *)node + info->fields[i].offset, separator)) separator = ", ";
    if (hd_ast_sums[info->sum].has_attributes) {
        char text[128];
        snprintf(text, sizeof text, "%slineno=%d, col_offset=%d, end_lineno=%d, end_col_offset=%d", separator,
                 node->lineno, node->col_offset, node->end_lineno, node->end_col_offset);
        puts_to(out, text);
    }
    puts_to(out, ")");
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

static const char *const error_names[] = {"",           "SyntaxError", "IndentationError", "TabError", "SyntaxError",
                                          "ValueError", "MemoryError", "RecursionError"};

static void answer(Out *out, const char *source, size_t length, HdParseMode mode, int flags) {
    HdArena arena;
    HdParseInput input = {.source = source, .length = length, .mode = mode, .int_max_str_digits = 4300};
    input.allow_incomplete = input.dont_imply_dedent = (flags & 8) != 0;
    input.source_is_text = (flags & 16) != 0;
    HdParseResult result;
    HdSyntaxError error;
    hd_arena_init(&arena);
    if (hd_parse(&arena, &input, &result, &error)) {
        dump(out, result.tree);
    } else {
        char place[96];
        puts_to(out, "ERROR ");
        puts_to(out, error_names[error.kind]);
        puts_to(out, " ");
        put_str(out, error.message ? error.message : "", error.message ? (HdSize)strlen(error.message) : 0);
        snprintf(place, sizeof place, " (%d, %d, %d, %d)", error.lineno, error.offset, error.end_lineno,
                 error.end_offset);
        puts_to(out, place);
        puts_to(out, " ");
        if (error.text) put_str(out, error.text, error.text_length);
        if (!error.text) puts_to(out, "None");
    }
    for (HdParseWarning *w = result.warnings; w; w = w->next) {
        char line[32];
        snprintf(line, sizeof line, " WARNING %d ", w->lineno);
        puts_to(out, line);
        puts_to(out, w->message);
    }
    hd_arena_free(&arena);
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t capacity = 1 << 16, used = 0, got;
    char *bytes = malloc(capacity);
    while (bytes && (got = fread(bytes + used, 1, capacity - used, file)) > 0) {
        used += got;
        if (used == capacity) bytes = realloc(bytes, capacity *= 2);
    }
    fclose(file);
    *length = used;
    return bytes;
}

static int dump_files(char **paths, int count) {
    for (int i = 0; i < count; i++) {
        size_t length;
        char *source = read_file(paths[i], &length);
        Out out = {0};
        if (!source) continue;
        answer(&out, source, length, HD_PARSE_EXEC, 0);
        printf("%s\n", out.bytes);
        free(out.bytes);
        free(source);
    }
    return 0;
}

static int dump_snippets(const char *path) {
    size_t length, at = 0;
    char *records = read_file(path, &length);
    if (!records) return 1;
    while (at < length) {
        int mode = 0, used = 0;
        size_t size = 0;
        if (sscanf(records + at, "%d %zu\n%n", &mode, &size, &used) != 2) break;
        at = (size_t)((char *)memchr(records + at, '\n', length - at) - records) + 1;
        Out out = {0};
        answer(&out, records + at, size, (HdParseMode)(mode & 7), mode);
        printf("%s\n", out.bytes);
        free(out.bytes);
        at += size;
    }
    free(records);
    return 0;
}

static int time_files(char **paths, int count) {
    size_t lines = 0, bytes = 0, memory = 0;
    double seconds = 0;
    for (int i = 0; i < count; i++) {
        size_t length;
        char *source = read_file(paths[i], &length);
        if (!source) continue;
        HdArena arena;
        HdParseInput input = {.source = source, .length = length};
        HdParseResult result;
        HdSyntaxError error;
        struct timespec start, end;
        hd_arena_init(&arena);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        bool good = hd_parse(&arena, &input, &result, &error);
        memory += arena.total;
        hd_arena_free(&arena);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        seconds += (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
        for (size_t j = 0; good && j < length; j++) lines += source[j] == '\n';
        if (good) bytes += length;
        free(source);
    }
    printf("%zu lines, %zu bytes, %.3f s: %.0f lines/s, %.1f bytes of arena a byte\n", lines, bytes, seconds,
           (double)lines / seconds, (double)memory / (double)bytes);
    return 0;
}

/* ---- its own test ------------------------------------------------------------------------------------------------- */

static const struct {
    HdParseMode mode;
    const char *source, *expected;
} cases[] = {
    {HD_PARSE_EVAL, "a+1",
     "Expression(body=BinOp(left=Name(id='a', ctx=Load(), lineno=1, col_offset=0, end_lineno=1, end_col_offset=1), "
     "op=Add(), right=Constant(value=1, lineno=1, col_offset=2, end_lineno=1, end_col_offset=3), lineno=1, "
     "col_offset=0, end_lineno=1, end_col_offset=3))"},
    {HD_PARSE_EXEC, "if 1:\n  x = (a b)\n",
     "ERROR SyntaxError 'invalid syntax. Perhaps you forgot a comma?' (2, 8, 2, 11) '  x = (a b)\\n'"},
    {HD_PARSE_EXEC, "(\n", "ERROR SyntaxError \"'(' was never closed\" (1, 1, 1, 0) '(\\n'"},
    {HD_PARSE_EVAL, "0xffffffffffffffffffff",
     "Expression(body=Constant(value=1208925819614629174706175, lineno=1, col_offset=0, end_lineno=1, "
     "end_col_offset=22))"},
};

static int test_cases(void) {
    int failures = 0;
    for (size_t i = 0; i < HD_COUNT_OF(cases); i++) {
        Out out = {0};
        answer(&out, cases[i].source, strlen(cases[i].source), cases[i].mode, 16);
        if (strcmp(out.bytes, cases[i].expected) != 0) {
            printf("source:   %s\nexpected: %s\nfound:    %s\n", cases[i].source, cases[i].expected, out.bytes);
            failures++;
        }
        free(out.bytes);
    }
    return failures;
}

/* Deep and long inputs end in a tree or an error, never in a crash. */
static int test_depth(void) {
    static const struct {
        const char *unit;
        size_t count;
        bool good;
    } deep[] = {{"(", 10000000, false}, {"-", 5000000, false}, {"a+", 200000, true},  {"not ", 1000000, false},
                {"[", 150, true},       {"lambda:", 1000000, false}, {"a if b else ", 1000000, false},
                {"a.b(c)[d].", 100000, true}, {"f\"{", 1000, false}, {"a**", 1000000, false}, {"await ", 100000, false}};
    int failures = 0;
    for (size_t i = 0; i < HD_COUNT_OF(deep); i++) {
        size_t unit = strlen(deep[i].unit), length = unit * deep[i].count;
        char *source = malloc(length + 512);
        if (!source) return 1;
        for (size_t n = 0; n < deep[i].count; n++) memcpy(source + n * unit, deep[i].unit, unit);
        source[length++] = 'a';
        if (deep[i].unit[0] == '[') length += (size_t)memset(source + length, ']', 150) ? 150 : 0;
        HdArena arena;
        HdParseInput input = {.source = source, .length = length};
        HdParseResult result;
        HdSyntaxError error;
        hd_arena_init(&arena);
        bool good = hd_parse(&arena, &input, &result, &error);
        if (good != deep[i].good) {
            printf("%zu times `%s`: %s %s\n", deep[i].count, deep[i].unit, good ? "good" : error_names[error.kind],
                   !good && error.message ? error.message : "");
            failures++;
        }
        hd_arena_free(&arena);
        free(source);
    }
    return failures;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--snippets") == 0) return dump_snippets(argv[2]);
    if (argc > 2 && strcmp(argv[1], "--time") == 0) return time_files(argv + 2, argc - 2);
    if (argc > 1) return dump_files(argv + 1, argc - 1);
    return test_cases() + test_depth() ? 1 : 0;
}
