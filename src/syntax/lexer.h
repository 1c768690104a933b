/* lexer.h -- from UTF-8 text with '\n' line ends to tokens, one at a time.
 *
 * The text is followed by a NUL byte and holds no other. Tokens are made on demand, so that an error further down does
 * not hide one of the parser's above it. An error is left in lexer->error; `ended` tells errors that come from text
 * that stops too early. A lexer serves a file, or the expression inside an f-string.
 */
#ifndef HD_LEXER_H
#define HD_LEXER_H

#include "parse.h"
#include "token.h"

enum { HD_LEXER_MAX_INDENT = 100, HD_LEXER_MAX_LEVEL = 200 };

typedef struct HdLexer {
    HdArena *arena;
    HdAstNames *names;
    const char *text, *end, *cur;
    const char *line_start;
    const char *buffer; /* as line_start, but of the line where a string that ends in this line began */
    int lineno;
    bool line_pending; /* the last character read was a newline: the next one opens a new line */
    bool at_line_start;
    bool barry_as_bdfl; /* `<>` is T_NOTEQUAL */
    bool type_comments; /* give T_TYPE_COMMENT and T_TYPE_IGNORE */
    bool at_end; /* something has been looked for behind the last character */
    /* Before Python 3.7 `async` and `await` were names but in an `async def`, which ends at a line no deeper than itself. */
    bool async_names, in_async_def, async_def_newline;
    int async_def_indent;
    int level;   /* open brackets */
    int pending; /* INDENT (> 0) or DEDENT (< 0) tokens still to be given */
    int indent;  /* depth of indentation */
    int indents[HD_LEXER_MAX_INDENT], alternate[HD_LEXER_MAX_INDENT];
    char brackets[HD_LEXER_MAX_LEVEL];
    int bracket_lines[HD_LEXER_MAX_LEVEL], bracket_columns[HD_LEXER_MAX_LEVEL];
    /* Where the first line really starts, when the text is the expression of an f-string. */
    int first_line, first_line_column;
    HdParseWarning **warnings_tail;
    HdSyntaxError error;
    bool failed;          /* error is filled */
    bool ended;           /* the text ended inside a token, bracket or continued line */
    bool ended_in_string; /* `ended`, inside a string */
    bool soft;            /* the error is one that gives way to one of the parser's found before it */
} HdLexer;

void hd_lexer_init(HdLexer *lexer, HdArena *arena, HdAstNames *names, const char *text, size_t length);
/* Makes the error "'(' was never closed" of the innermost open bracket. */
void hd_lexer_never_closed(HdLexer *lexer);
/* False: lexer->error tells why. After the end it gives T_END for ever. */
bool hd_lexer_next(HdLexer *lexer, HdToken *token) HD_CHECK;
/* Formats into the arena; NULL when memory is out. */
char *hd_lexer_format(HdArena *arena, const char *format, ...) HD_PRINTF(2, 3);
void hd_lexer_warn(HdLexer *lexer, bool deprecation, const char *message, int lineno, int col, int end_lineno,
                   int end_col);
/* The line `lineno` of the text, with or without its newline. */
void hd_lexer_error_line(HdLexer *lexer, int lineno, bool with_newline, const char **line, HdSize *length);
/* Code points in `bytes` bytes of UTF-8. */
int hd_lexer_columns(const char *line, HdSize bytes);
int hd_lexer_token_columns(const char *line, HdSize length, int offset);

#endif
