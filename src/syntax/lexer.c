/* lexer.c -- see lexer.h. The rules and the messages are those of Python 3.11's reference, chapter 2.
 *
 * A newline is counted only when a character behind it is read, so that errors at the end of the text are reported in
 * its last line. No locks, never parks.
 */
#include "lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "unicode.h"

enum { C_SPACE = 1, C_DIGIT = 2, C_LETTER = 4, C_HEX = 8 }; /* letters are what an identifier may begin with */
static const uint8_t char_class[256] = {
    [' '] = C_SPACE,
    ['\t'] = C_SPACE,
    ['\f'] = C_SPACE,
    ['0' ... '9'] = C_DIGIT | C_HEX,
    ['A' ... 'F'] = C_LETTER | C_HEX,
    ['G' ... 'Z'] = C_LETTER,
    ['a' ... 'f'] = C_LETTER | C_HEX,
    ['g' ... 'z'] = C_LETTER,
    ['_'] = C_LETTER,
    [0x80 ... 0xFF] = C_LETTER,
};
#define IS(c, classes) ((char_class[(uint8_t)(c)] & (classes)) != 0)

/* ---- errors ------------------------------------------------------------------------------------------------------- */

static char *format_list(HdArena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : hd_arena_alloc(arena, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *hd_lexer_format(HdArena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = format_list(arena, format, args);
    va_end(args);
    return text;
}

static HD_COLD bool no_memory(HdLexer *lexer) {
    lexer->error = (HdSyntaxError){.kind = HD_ERROR_MEMORY};
    lexer->failed = true;
    return false;
}

int hd_lexer_columns(const char *line, HdSize bytes) {
    int columns = 0;
    for (HdSize i = 0; i < bytes; i++) columns += ((uint8_t)line[i] & 0xC0) != 0x80;
    return columns;
}

/* A 1-based byte offset in a line as a 1-based code point offset; beyond the line it is clamped. */
int hd_lexer_token_columns(const char *line, HdSize length, int offset) {
    if (offset <= 0 || !line) return offset;
    HdSize inside = offset > length ? length : offset;
    return hd_lexer_columns(line, inside) + (offset > length ? 1 : 0);
}

void hd_lexer_error_line(HdLexer *lexer, int lineno, bool with_newline, const char **line, HdSize *length) {
    const char *start = lexer->line_start;
    int at = lexer->lineno;
    bool current = with_newline && at <= lineno;
    while (at > lineno && start > lexer->text) {
        start--;
        while (start > lexer->text && start[-1] != '\n') start--;
        at--;
    }
    const char *end = memchr(start, '\n', (size_t)(lexer->end - start));
    /* As CPython, with the lines of a string or joined line before it; a string without end has set line_start back. */
    if (current && lexer->buffer <= start) start = lexer->buffer;
    end = end ? end + (with_newline ? 1 : 0) : lexer->end;
    *line = start;
    *length = end - start;
}

/* A lexical error in the current line; offsets are 1-based code points, -1: behind the last character read. */
static HD_COLD bool error_at(HdLexer *lexer, int offset, int end_offset, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *message = format_list(lexer->arena, format, args);
    va_end(args);
    if (!message) return no_memory(lexer);
    HdSyntaxError *e = &lexer->error;
    *e = (HdSyntaxError){.kind = HD_ERROR_SYNTAX, .message = message, .lineno = lexer->lineno};
    if (offset < 0) offset = hd_lexer_columns(lexer->line_start, lexer->cur - lexer->line_start);
    e->offset = offset;
    e->end_lineno = lexer->lineno;
    e->end_offset = end_offset < 0 ? offset : end_offset;
    hd_lexer_error_line(lexer, lexer->lineno, false, &e->text, &e->text_length);
    lexer->failed = true;
    return false;
}
#define ERROR(...) error_at(lexer, -1, -1, __VA_ARGS__)

/* An error about the line as a whole. */
static HD_COLD bool line_error(HdLexer *lexer, HdSyntaxErrorKind kind, const char *message, int offset, int end) {
    HdSyntaxError *e = &lexer->error;
    *e = (HdSyntaxError){.kind = kind, .message = message, .lineno = lexer->lineno, .end_lineno = lexer->lineno};
    hd_lexer_error_line(lexer, lexer->lineno, true, &e->text, &e->text_length);
    e->offset = hd_lexer_token_columns(e->text, e->text_length, offset);
    e->end_offset = end;
    lexer->failed = lexer->soft = true;
    return false;
}

static HD_COLD bool never_closed(HdLexer *lexer) {
    int at = lexer->level - 1;
    char *message = hd_lexer_format(lexer->arena, "'%c' was never closed", lexer->brackets[at]);
    if (!message) return no_memory(lexer);
    int lineno = lexer->bracket_lines[at];
    HdSyntaxError *e = &lexer->error;
    *e = (HdSyntaxError){.kind = HD_ERROR_SYNTAX, .message = message, .lineno = lineno, .end_lineno = lineno};
    hd_lexer_error_line(lexer, lineno, lexer->lineno <= lineno, &e->text, &e->text_length);
    e->offset = hd_lexer_token_columns(e->text, e->text_length, lexer->bracket_columns[at] + 1);
    lexer->failed = lexer->ended = lexer->soft = true;
    return false;
}

void hd_lexer_never_closed(HdLexer *lexer) { (void)never_closed(lexer); }

static HD_COLD bool unexpected_end(HdLexer *lexer) {
    lexer->ended = true;
    if (lexer->level) return never_closed(lexer);
    return line_error(lexer, HD_ERROR_SYNTAX, "unexpected EOF while parsing", (int)(lexer->cur - lexer->line_start), -1);
}

void hd_lexer_warn(HdLexer *lexer, bool deprecation, const char *message, int lineno, int col, int end_lineno,
                   int end_col) {
    if (!lexer->warnings_tail) return;
    HdParseWarning *warning = message ? hd_arena_alloc(lexer->arena, sizeof *warning) : NULL;
    if (!warning) return; /* the next allocation reports it */
    *warning = (HdParseWarning){NULL, deprecation, message, lineno, col, end_lineno, end_col};
    *lexer->warnings_tail = warning;
    lexer->warnings_tail = &warning->next;
}

/* ---- characters --------------------------------------------------------------------------------------------------- */

void hd_lexer_init(HdLexer *lexer, HdArena *arena, HdAstNames *names, const char *text, size_t length) {
    memset(lexer, 0, offsetof(HdLexer, indents));
    lexer->indents[0] = lexer->alternate[0] = 0;
    memset(&lexer->first_line, 0, sizeof *lexer - offsetof(HdLexer, first_line));
    lexer->arena = arena;
    lexer->names = names;
    lexer->text = lexer->cur = lexer->line_start = lexer->buffer = text;
    lexer->end = text + length;
    lexer->lineno = length ? 1 : 0;
    lexer->at_line_start = true;
}

/* Opens the line that a newline read before has announced, if there is one. To be called before reading. */
HD_INLINE void open_line(HdLexer *lexer) {
    if (lexer->line_pending && lexer->cur < lexer->end) {
        lexer->line_pending = false;
        lexer->lineno++;
        lexer->line_start = lexer->buffer = lexer->cur;
    }
}

/* Takes the newline under the cursor. */
HD_INLINE void take_newline(HdLexer *lexer) {
    lexer->cur++;
    lexer->line_pending = true;
}

/* The cursor is behind a backslash: joins the next line. */
static bool continue_line(HdLexer *lexer) {
    if (*lexer->cur != '\n') {
        if (lexer->cur >= lexer->end) {
            lexer->cur = lexer->end;
            if (lexer->cur[-1] == '\\') return unexpected_end(lexer);
        }
        lexer->cur++;
        int offset = hd_lexer_columns(lexer->buffer, lexer->cur - lexer->buffer);
        (void)line_error(lexer, HD_ERROR_SYNTAX, "unexpected character after line continuation character", 0, 0);
        lexer->error.offset = offset;
        return false;
    }
    take_newline(lexer);
    if (lexer->cur >= lexer->end) return unexpected_end(lexer);
    const char *buffer = lexer->buffer;
    open_line(lexer);
    lexer->buffer = buffer;
    return true;
}

/* ---- indentation -------------------------------------------------------------------------------------------------- */

static HD_COLD bool tab_error(HdLexer *lexer) {
    return line_error(lexer, HD_ERROR_TAB, "inconsistent use of tabs and spaces in indentation", 1, 0);
}

/* Compares the indentation of a line with the stack. `alternate` counts a tab as one column: where both measures
 * disagree about an order, tabs and spaces are mixed. */
static bool set_indent(HdLexer *lexer, int column, int alternate) {
    int *indents = lexer->indents, *alternates = lexer->alternate;
    if (column == indents[lexer->indent])
        return alternate == alternates[lexer->indent] || tab_error(lexer);
    if (column > indents[lexer->indent]) {
        if (lexer->indent + 1 >= HD_LEXER_MAX_INDENT)
            return line_error(lexer, HD_ERROR_INDENTATION, "too many levels of indentation", 1, 0);
        if (alternate <= alternates[lexer->indent]) return tab_error(lexer);
        lexer->pending++;
        indents[++lexer->indent] = column;
        alternates[lexer->indent] = alternate;
        return true;
    }
    while (lexer->indent > 0 && column < indents[lexer->indent]) {
        lexer->pending--;
        lexer->indent--;
    }
    if (column != indents[lexer->indent]) {
        const char *end = memchr(lexer->cur, '\n', (size_t)(lexer->end - lexer->cur));
        return line_error(lexer, HD_ERROR_INDENTATION, "unindent does not match any outer indentation level",
                          (int)((end ? end + 1 : lexer->end) - lexer->line_start), -1);
    }
    return alternate == alternates[lexer->indent] || tab_error(lexer);
}

/* At the start of a line: measures its indentation. *blank: nothing but a comment in it. */
static bool read_indentation(HdLexer *lexer, bool *blank) {
    int column = 0, alternate = 0, joined_column = 0, joined_alternate = 0;
    *blank = false;
    for (;;) {
        open_line(lexer);
        char c = *lexer->cur;
        if (c == ' ') {
            column++, alternate++;
        } else if (c == '\t') {
            column = (column / 8 + 1) * 8;
            alternate++;
        } else if (c == '\f') {
            column = alternate = 0;
        } else if (c == '\\') { /* the first of the joined lines decides */
            joined_column = joined_column ? joined_column : column;
            joined_alternate = joined_alternate ? joined_alternate : alternate;
            lexer->cur++;
            if (!continue_line(lexer)) return false;
            lexer->buffer = lexer->line_start;
            continue;
        } else {
            break;
        }
        lexer->cur++;
    }
    if (*lexer->cur == '#' || *lexer->cur == '\n') {
        *blank = true;
        return true;
    }
    if (lexer->level) return true;
    return set_indent(lexer, joined_column ? joined_column : column, joined_alternate ? joined_alternate : alternate);
}

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

static bool starts_with(const char *text, const char *word) { return strncmp(text, word, strlen(word)) == 0; }

/* Behind a number: a keyword may follow at once (with a warning), another letter may not. */
static bool check_number_end(HdLexer *lexer, const char *kind) {
    const char *s = lexer->cur;
    if (!IS(*s, C_LETTER | C_DIGIT)) return true;
    bool keyword = starts_with(s, "and") || starts_with(s, "else") || starts_with(s, "for") || starts_with(s, "if") ||
                   starts_with(s, "in") || starts_with(s, "is") || starts_with(s, "or") || starts_with(s, "not");
    if (!keyword) return ERROR("invalid %s literal", kind);
    int col = (int)(s - lexer->line_start);
    hd_lexer_warn(lexer, false, hd_lexer_format(lexer->arena, "invalid %s literal", kind), lexer->lineno, col,
                  lexer->lineno, col);
    return true;
}

/* Digits with single underscores between them; the cursor stands on the first digit. */
static bool decimal_tail(HdLexer *lexer) {
    for (;;) {
        while (IS(*lexer->cur, C_DIGIT)) lexer->cur++;
        if (*lexer->cur != '_') return true;
        lexer->cur++;
        if (!IS(*lexer->cur, C_DIGIT)) return ERROR("invalid decimal literal");
    }
}

static bool radix_digit(char c, int radix) {
    return radix == 16 ? IS(c, C_HEX) : c >= '0' && c < '0' + radix;
}

/* Behind 0x, 0o or 0b. */
static bool radix_number(HdLexer *lexer, int radix, const char *kind) {
    do {
        if (*lexer->cur == '_') lexer->cur++;
        if (!radix_digit(*lexer->cur, radix)) {
            if (!IS(*lexer->cur, C_DIGIT)) return ERROR("invalid %s literal", kind);
            lexer->cur++;
            return ERROR("invalid digit '%c' in %s literal", lexer->cur[-1], kind);
        }
        while (radix_digit(*lexer->cur, radix)) lexer->cur++;
    } while (*lexer->cur == '_');
    if (IS(*lexer->cur, C_DIGIT)) {
        lexer->cur++;
        return ERROR("invalid digit '%c' in %s literal", lexer->cur[-1], kind);
    }
    return check_number_end(lexer, kind);
}

/* From the digits behind a point, or from the exponent, on. */
static bool number_rest(HdLexer *lexer, bool fraction) {
    if (fraction && IS(*lexer->cur, C_DIGIT) && !decimal_tail(lexer)) return false;
    if (*lexer->cur == 'e' || *lexer->cur == 'E') {
        const char *s = lexer->cur + 1;
        if (*s == '+' || *s == '-') {
            lexer->cur = s + 1;
            if (!IS(*lexer->cur, C_DIGIT)) return ERROR("invalid decimal literal");
        } else if (!IS(*s, C_DIGIT)) {
            return check_number_end(lexer, "decimal");
        } else {
            lexer->cur = s;
        }
        if (!decimal_tail(lexer)) return false;
    }
    if (*lexer->cur == 'j' || *lexer->cur == 'J') {
        lexer->cur++;
        return check_number_end(lexer, "imaginary");
    }
    return check_number_end(lexer, "decimal");
}

static bool zero_number(HdLexer *lexer, const char *start) {
    char c = lexer->cur[0];
    if (c == 'x' || c == 'X') return lexer->cur++, radix_number(lexer, 16, "hexadecimal");
    if (c == 'o' || c == 'O') return lexer->cur++, radix_number(lexer, 8, "octal");
    if (c == 'b' || c == 'B') return lexer->cur++, radix_number(lexer, 2, "binary");
    for (;;) {
        if (*lexer->cur == '_') {
            lexer->cur++;
            if (!IS(*lexer->cur, C_DIGIT)) return ERROR("invalid decimal literal");
        }
        if (*lexer->cur != '0') break;
        lexer->cur++;
    }
    const char *zeros_end = lexer->cur + 1;
    bool nonzero = IS(*lexer->cur, C_DIGIT);
    if (nonzero && !decimal_tail(lexer)) return false;
    c = *lexer->cur;
    if (c == '.') return lexer->cur++, number_rest(lexer, true);
    if (c == 'e' || c == 'E' || c == 'j' || c == 'J') return number_rest(lexer, false);
    if (nonzero)
        return error_at(lexer, (int)(start + 1 - lexer->line_start), (int)(zeros_end - lexer->line_start),
                        "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal "
                        "integers");
    return check_number_end(lexer, "decimal");
}

static bool number(HdLexer *lexer) {
    const char *start = lexer->cur;
    if (*start == '0') return lexer->cur++, zero_number(lexer, start);
    if (*start == '.') return lexer->cur++, number_rest(lexer, true);
    if (!decimal_tail(lexer)) return false;
    bool fraction = *lexer->cur == '.';
    if (fraction) lexer->cur++;
    return number_rest(lexer, fraction);
}

/* ---- strings ------------------------------------------------------------------------------------------------------ */

static HD_COLD bool unterminated(HdLexer *lexer, const char *start, const char *first_line_start, int first_line,
                                 int quotes, bool at_end) {
    int last = lexer->lineno;
    lexer->cur = start + 1;
    lexer->line_start = first_line_start;
    lexer->lineno = first_line;
    if (at_end) lexer->ended = lexer->ended_in_string = true;
    if (quotes == 3) return ERROR("unterminated triple-quoted string literal (detected at line %d)", last);
    return ERROR("unterminated string literal (detected at line %d)", last);
}

/* The cursor stands on the opening quote; `start` is where prefix letters begin. */
static bool string(HdLexer *lexer, const char *start) {
    char quote = *lexer->cur;
    int quotes = 1, run = 0;
    const char *first_line_start = lexer->line_start, *buffer = lexer->buffer;
    int first_line = lexer->lineno;
    lexer->cur++;
    if (lexer->cur[0] == quote && lexer->cur[1] == quote) {
        quotes = 3;
        lexer->cur += 2;
    } else if (lexer->cur[0] == quote) {
        lexer->cur++;
        return true;
    }
    while (run != quotes) {
        open_line(lexer);
        char c = *lexer->cur;
        if (c == '\0' || (c == '\n' && quotes == 1))
            return unterminated(lexer, start, first_line_start, first_line, quotes, c == '\0');
        if (c == quote) {
            run++;
            lexer->cur++;
            continue;
        }
        run = 0;
        if (c == '\\') {
            lexer->cur++;
            if (*lexer->cur == '\0') continue;
        }
        if (*lexer->cur == '\n')
            take_newline(lexer);
        else
            lexer->cur++;
    }
    lexer->buffer = buffer;
    return true;
}

/* How many letters of a string prefix stand at `s` with a quote behind them; 0: no string here. */
static int string_prefix(const char *s) {
    bool b = false, u = false, r = false, f = false;
    int length = 0;
    for (;; length++) {
        char c = (char)(s[length] | 0x20);
        if (s[length] == '"' || s[length] == '\'') return length;
        if (c == 'b' && !(b || u || f))
            b = true;
        else if (c == 'u' && !(b || u || r || f))
            u = true;
        else if (c == 'r' && !(r || u))
            r = true;
        else if (c == 'f' && !(f || b || u))
            f = true;
        else
            return 0;
    }
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

#define WORD(text, type)                                                                                              \
    if (length == sizeof text - 1 && memcmp(s, text, sizeof text - 1) == 0) return type
static HdTokenType keyword(const char *s, size_t length) {
    if (length < 2 || length > 8) return T_NAME;
    switch (s[0]) {
    case 'F': WORD("False", T_FALSE); break;
    case 'N': WORD("None", T_NONE); break;
    case 'T': WORD("True", T_TRUE); break;
    case 'a':
        WORD("and", T_AND);
        WORD("as", T_AS);
        WORD("assert", T_ASSERT);
        WORD("async", T_ASYNC);
        WORD("await", T_AWAIT);
        break;
    case 'b': WORD("break", T_BREAK); break;
    case 'c':
        WORD("class", T_CLASS);
        WORD("continue", T_CONTINUE);
        break;
    case 'd':
        WORD("def", T_DEF);
        WORD("del", T_DEL);
        break;
    case 'e':
        WORD("else", T_ELSE);
        WORD("elif", T_ELIF);
        WORD("except", T_EXCEPT);
        break;
    case 'f':
        WORD("for", T_FOR);
        WORD("from", T_FROM);
        WORD("finally", T_FINALLY);
        break;
    case 'g': WORD("global", T_GLOBAL); break;
    case 'i':
        WORD("if", T_IF);
        WORD("in", T_IN);
        WORD("is", T_IS);
        WORD("import", T_IMPORT);
        break;
    case 'l': WORD("lambda", T_LAMBDA); break;
    case 'n':
        WORD("not", T_NOT);
        WORD("nonlocal", T_NONLOCAL);
        break;
    case 'o': WORD("or", T_OR); break;
    case 'p': WORD("pass", T_PASS); break;
    case 'r':
        WORD("return", T_RETURN);
        WORD("raise", T_RAISE);
        break;
    case 't': WORD("try", T_TRY); break;
    case 'w':
        WORD("with", T_WITH);
        WORD("while", T_WHILE);
        break;
    case 'y': WORD("yield", T_YIELD); break;
    }
    return T_NAME;
}

/* One code point of UTF-8 and its length; a malformed byte gives length 0. */
static uint32_t decode_point(const char *s, int *length) {
    const uint8_t *u = (const uint8_t *)s;
    int n = u[0] < 0x80 ? 1 : u[0] < 0xC2 ? 0 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : u[0] < 0xF5 ? 4 : 0;
    uint32_t c = n <= 1 ? u[0] : u[0] & (0x7Fu >> n);
    for (int i = 1; i < n; i++) {
        if ((u[i] & 0xC0) != 0x80) {
            *length = 0;
            return 0;
        }
        c = c << 6 | (u[i] & 0x3F);
    }
    if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10FFFF))) n = 0;
    *length = n;
    return c;
}

/* A name with characters beyond ASCII: each must be allowed, and the name of record is its NFKC form. */
static HdName *wide_name(HdLexer *lexer, const char *start) {
    for (const char *s = start; s < lexer->cur;) {
        int length;
        uint32_t c = decode_point(s, &length);
        if (length == 0) {
            HdSyntaxError *e = &lexer->error;
            lexer->cur = s;
            (void)line_error(lexer, HD_ERROR_SYNTAX, "invalid or incomplete UTF-8 in an identifier",
                             (int)(s - lexer->line_start) + 1, -1);
            e->message = "(unicode error) 'utf-8' codec can't decode bytes of an identifier";
            return NULL;
        }
        bool good = c == '_' || (s == start ? hd_unicode_is_xid_start(c) : hd_unicode_is_xid_continue(c));
        s += length;
        if (good) continue;
        lexer->cur = s;
        if (hd_unicode_is_printable(c))
            (void)ERROR("invalid character '%.*s' (U+%04X)", length, s - length, (unsigned)c);
        else
            (void)ERROR("invalid non-printable character U+%04X", (unsigned)c);
        return NULL;
    }
    size_t size = 0;
    char *normal = hd_unicode_normalize_utf8(HD_UNICODE_NFKC, start, (size_t)(lexer->cur - start), &size);
    HdName *name = normal ? hd_ast_intern(lexer->names, normal, size) : NULL;
    free(normal);
    if (!name) (void)no_memory(lexer);
    return name;
}

/* Makes a name of `async` or `await` where they were no keywords. `async` begins a definition when `def` follows it. */
static void old_async(HdLexer *lexer, HdToken *token) {
    if ((token->type != T_ASYNC && token->type != T_AWAIT) || lexer->in_async_def) return;
    if (token->type == T_ASYNC) {
        HdParseWarning *dropped = NULL;
        HdLexer ahead = *lexer;
        HdToken next;
        ahead.warnings_tail = &dropped;
        if (hd_lexer_next(&ahead, &next) && next.type == T_DEF) {
            lexer->in_async_def = true;
            lexer->async_def_newline = false;
            lexer->async_def_indent = lexer->indent;
            return;
        }
    }
    token->type = T_NAME;
}

static bool name(HdLexer *lexer, HdToken *token) {
    const char *start = lexer->cur, *s = start;
    while (IS(*s, C_LETTER | C_DIGIT) && (uint8_t)*s < 0x80) s++;
    if ((uint8_t)*s < 0x80) {
        lexer->cur = s;
        token->type = keyword(start, (size_t)(s - start));
        if (HD_UNLIKELY(lexer->async_names)) old_async(lexer, token);
        if (token->type != T_NAME) return true;
        token->name = hd_ast_intern(lexer->names, start, (size_t)(s - start));
        return token->name || no_memory(lexer);
    }
    while (IS(*s, C_LETTER | C_DIGIT)) s++;
    lexer->cur = s;
    token->type = T_NAME;
    token->name = wide_name(lexer, start);
    return token->name != NULL;
}

/* ---- operators and brackets --------------------------------------------------------------------------------------- */

static bool open_bracket(HdLexer *lexer, char c) {
    if (lexer->level >= HD_LEXER_MAX_LEVEL) return ERROR("too many nested parentheses");
    lexer->brackets[lexer->level] = c;
    lexer->bracket_lines[lexer->level] = lexer->lineno;
    lexer->bracket_columns[lexer->level] = (int)(lexer->cur - 1 - lexer->line_start);
    lexer->level++;
    return true;
}

static bool close_bracket(HdLexer *lexer, char c) {
    if (!lexer->level) return ERROR("unmatched '%c'", c);
    lexer->level--;
    char opening = lexer->brackets[lexer->level];
    if ((opening == '(' && c == ')') || (opening == '[' && c == ']') || (opening == '{' && c == '}')) return true;
    int line = lexer->bracket_lines[lexer->level];
    if (line != lexer->lineno)
        return ERROR("closing parenthesis '%c' does not match opening parenthesis '%c' on line %d", c, opening, line);
    return ERROR("closing parenthesis '%c' does not match opening parenthesis '%c'", c, opening);
}

#define PICK(length, kind) return lexer->cur += (length), token->type = (kind), true
static bool operator(HdLexer *lexer, HdToken *token) {
    const char *s = lexer->cur;
    switch (s[0]) {
    case '(': lexer->cur++, token->type = T_LPAR; return open_bracket(lexer, '(');
    case '[': lexer->cur++, token->type = T_LSQB; return open_bracket(lexer, '[');
    case '{': lexer->cur++, token->type = T_LBRACE; return open_bracket(lexer, '{');
    case ')': lexer->cur++, token->type = T_RPAR; return close_bracket(lexer, ')');
    case ']': lexer->cur++, token->type = T_RSQB; return close_bracket(lexer, ']');
    case '}': lexer->cur++, token->type = T_RBRACE; return close_bracket(lexer, '}');
    case ',': PICK(1, T_COMMA);
    case ';': PICK(1, T_SEMI);
    case '~': PICK(1, T_TILDE);
    case '.':
        if (s[1] == '.' && s[2] == '.') PICK(3, T_ELLIPSIS);
        PICK(1, T_DOT);
    case ':':
        if (s[1] == '=') PICK(2, T_COLONEQUAL);
        PICK(1, T_COLON);
    case '=':
        if (s[1] == '=') PICK(2, T_EQEQUAL);
        PICK(1, T_EQUAL);
    case '!':
        if (s[1] == '=') PICK(2, T_NOTEQUAL);
        PICK(1, T_STRAY);
    case '+':
        if (s[1] == '=') PICK(2, T_PLUSEQUAL);
        PICK(1, T_PLUS);
    case '-':
        if (s[1] == '=') PICK(2, T_MINEQUAL);
        if (s[1] == '>') PICK(2, T_ARROW);
        PICK(1, T_MINUS);
    case '*':
        if (s[1] == '*' && s[2] == '=') PICK(3, T_DOUBLESTAREQUAL);
        if (s[1] == '*') PICK(2, T_DOUBLESTAR);
        if (s[1] == '=') PICK(2, T_STAREQUAL);
        PICK(1, T_STAR);
    case '/':
        if (s[1] == '/' && s[2] == '=') PICK(3, T_DOUBLESLASHEQUAL);
        if (s[1] == '/') PICK(2, T_DOUBLESLASH);
        if (s[1] == '=') PICK(2, T_SLASHEQUAL);
        PICK(1, T_SLASH);
    case '%':
        if (s[1] == '=') PICK(2, T_PERCENTEQUAL);
        PICK(1, T_PERCENT);
    case '@':
        if (s[1] == '=') PICK(2, T_ATEQUAL);
        PICK(1, T_AT);
    case '|':
        if (s[1] == '=') PICK(2, T_VBAREQUAL);
        PICK(1, T_VBAR);
    case '&':
        if (s[1] == '=') PICK(2, T_AMPEREQUAL);
        PICK(1, T_AMPER);
    case '^':
        if (s[1] == '=') PICK(2, T_CIRCUMFLEXEQUAL);
        PICK(1, T_CIRCUMFLEX);
    case '<':
        if (s[1] == '<' && s[2] == '=') PICK(3, T_LEFTSHIFTEQUAL);
        if (s[1] == '<') PICK(2, T_LEFTSHIFT);
        if (s[1] == '=') PICK(2, T_LESSEQUAL);
        if (s[1] == '>') PICK(2, lexer->barry_as_bdfl ? T_NOTEQUAL : T_STRAY); /* one token, of PEP 401's dialect alone */
        PICK(1, T_LESS);
    case '>':
        if (s[1] == '>' && s[2] == '=') PICK(3, T_RIGHTSHIFTEQUAL);
        if (s[1] == '>') PICK(2, T_RIGHTSHIFT);
        if (s[1] == '=') PICK(2, T_GREATEREQUAL);
        PICK(1, T_GREATER);
    }
    lexer->cur++;
    if ((uint8_t)s[0] < 0x20 || s[0] == 0x7F) return ERROR("invalid non-printable character U+%04X", s[0]);
    token->type = T_STRAY;
    return true;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------- */

/* A token without text: INDENT, DEDENT, END. */
static bool bare_token(HdLexer *lexer, HdToken *token, HdTokenType type) {
    token->type = (uint8_t)type;
    token->level = (uint8_t)lexer->level;
    token->lineno = token->end_lineno = lexer->lineno;
    token->col = token->end_col = -1;
    token->start = token->end = (uint32_t)(lexer->cur - lexer->text);
    return true;
}

/* Behind `# type: ` of the comment at the cursor, with blanks as one likes; NULL: it is another comment. */
static const char *type_comment(const HdLexer *lexer) {
    const char *s = lexer->cur;
    if (!lexer->type_comments || *s++ != '#') return NULL;
    while (*s == ' ' || *s == '\t') s++;
    if (!starts_with(s, "type:")) return NULL;
    s += 5;
    while (*s == ' ' || *s == '\t') s++;
    return s;
}

/* The comment at the cursor as a token, whose text begins at `text`. One that ignores takes its line along if nothing
 * else is there. */
static bool type_comment_token(HdLexer *lexer, HdToken *token, const char *text, bool blank) {
    const char *end = memchr(text, '\n', (size_t)(lexer->end - text));
    if (!end) end = lexer->end;
    token->type = T_TYPE_COMMENT;
    if (starts_with(text, "ignore") && !((uint8_t)text[6] >= 128 || (IS(text[6], C_LETTER | C_DIGIT) && text[6] != '_'))) {
        token->type = T_TYPE_IGNORE;
        text += 6;
    }
    token->level = (uint8_t)lexer->level;
    token->lineno = token->end_lineno = lexer->lineno;
    token->col = (int32_t)(text - lexer->line_start);
    token->end_col = (int32_t)(end - lexer->line_start);
    token->start = (uint32_t)(text - lexer->text);
    token->end = (uint32_t)(end - lexer->text);
    lexer->cur = end;
    if (blank && token->type == T_TYPE_IGNORE && end < lexer->end) {
        take_newline(lexer);
        lexer->at_line_start = true;
    }
    return true;
}

/* Skips blanks, comments and joined lines, up to a type comment. A NEWLINE token begins at its comment, at *newline. */
static bool skip_blanks(HdLexer *lexer, const char **newline) {
    for (;;) {
        while (IS(*lexer->cur, C_SPACE)) lexer->cur++;
        *newline = lexer->cur;
        if (*lexer->cur == '#') {
            if (HD_UNLIKELY(type_comment(lexer) != NULL)) return true;
            const char *end = memchr(lexer->cur, '\n', (size_t)(lexer->end - lexer->cur));
            lexer->cur = end ? end : lexer->end;
        }
        if (*lexer->cur != '\\') return true;
        lexer->cur++;
        if (!continue_line(lexer)) return false;
    }
}

/* Moves to where the next token begins, past blank lines. True with *done: an INDENT, DEDENT or type comment was given. */
static bool advance(HdLexer *lexer, HdToken *token, const char **newline, bool *done) {
    for (;;) {
        bool blank = false;
        if (lexer->at_line_start) {
            lexer->at_line_start = false;
            if (!read_indentation(lexer, &blank)) return false;
            if (lexer->cur >= lexer->end) lexer->at_end = true;
            if (lexer->async_def_newline && !blank && lexer->level == 0 && lexer->async_def_indent >= lexer->indent)
                lexer->in_async_def = lexer->async_def_newline = false;
        }
        if (lexer->pending) {
            *done = true;
            if (lexer->pending > 0) return lexer->pending--, bare_token(lexer, token, T_INDENT);
            return lexer->pending++, bare_token(lexer, token, T_DEDENT);
        }
        open_line(lexer);
        if (!skip_blanks(lexer, newline)) return false;
        if (*lexer->cur == '#') {
            *done = true;
            return type_comment_token(lexer, token, type_comment(lexer), blank);
        }
        if (lexer->cur >= lexer->end) lexer->at_end = true;
        if (*lexer->cur != '\n') return true;
        if (!blank && lexer->level == 0) return true;
        take_newline(lexer);
        lexer->at_line_start = true;
    }
}

bool hd_lexer_next(HdLexer *lexer, HdToken *token) {
    bool done = false;
    const char *newline;
    token->name = NULL;
    token->prefix = 0;
    if (!advance(lexer, token, &newline, &done)) return false;
    if (done) return true;
    const char *start = lexer->cur;
    if (start >= lexer->end) {
        if (lexer->level) return never_closed(lexer);
        return bare_token(lexer, token, T_END);
    }
    token->lineno = lexer->lineno;
    token->col = (int32_t)(start - lexer->line_start);
    char c = *start;
    if (c == '\n') {
        token->type = T_NEWLINE;
        lexer->async_def_newline = lexer->in_async_def;
        take_newline(lexer);
        lexer->at_line_start = true;
        token->end_lineno = lexer->lineno;
        token->end_col = token->col;
        token->col = (int32_t)(newline - lexer->line_start);
        token->level = 0;
        token->start = token->end = (uint32_t)(start - lexer->text);
        return true;
    }
    bool good;
    if (IS(c, C_LETTER)) {
        int prefix = string_prefix(start);
        if (prefix) {
            lexer->cur += prefix;
            token->type = T_STRING;
            token->prefix = (uint8_t)prefix;
            good = string(lexer, start);
        } else {
            good = name(lexer, token);
        }
    } else if (IS(c, C_DIGIT) || (c == '.' && IS(start[1], C_DIGIT))) {
        token->type = T_NUMBER;
        good = number(lexer);
    } else if (c == '"' || c == '\'') {
        token->type = T_STRING;
        good = string(lexer, start);
    } else {
        good = operator(lexer, token);
    }
    /* All but strings and three-letter operators look one character ahead. */
    if (lexer->cur >= lexer->end && token->type != T_STRING &&
        !(token->type < T_FIRST_KEYWORD && token->type > T_STRAY && lexer->cur - start == 3))
        lexer->at_end = true;
    if (token->type == T_DOT && start[1] == '.' && start + 2 >= lexer->end) lexer->at_end = true; /* `..` is read for `...` */
    if (!good) return false;
    token->level = (uint8_t)lexer->level;
    token->end_lineno = lexer->lineno;
    token->end_col = (int32_t)(lexer->cur - lexer->line_start);
    token->start = (uint32_t)(start - lexer->text);
    token->end = (uint32_t)(lexer->cur - lexer->text);
    if (HD_UNLIKELY(lexer->first_line)) { /* inside an f-string: columns of its first line are shifted */
        if (lexer->lineno == lexer->first_line) {
            token->col += lexer->first_line_column;
            token->end_col += lexer->first_line_column;
        }
    }
    return true;
}
