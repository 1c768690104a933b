/* parse.h -- the public face of src/syntax: source bytes in, tree (ast.h) or one error out.
 *
 * Takes no locks, keeps no state, parks nowhere; what it needs from above (decoders, memory limits, the stack) comes
 * in with HdParseInput. Everything it returns lives in the arena given.
 */
#ifndef HD_PARSE_H
#define HD_PARSE_H

#include "ast.h"

typedef enum HdParseMode { HD_PARSE_EXEC, HD_PARSE_EVAL, HD_PARSE_SINGLE, HD_PARSE_FUNC_TYPE } HdParseMode;

typedef enum HdSyntaxErrorKind {
    HD_ERROR_NONE,
    HD_ERROR_SYNTAX,
    HD_ERROR_INDENTATION,
    HD_ERROR_TAB,
    HD_ERROR_ENCODING, /* SyntaxError: a message, no position */
    HD_ERROR_VALUE,    /* ValueError: no position */
    HD_ERROR_MEMORY,   /* MemoryError: no message, no position */
    HD_ERROR_RECURSION /* RecursionError: a message, no position */
} HdSyntaxErrorKind;

typedef struct HdSyntaxError {
    HdSyntaxErrorKind kind;
    const char *message; /* UTF-8, NUL-terminated, in the arena or static; NULL when there is none */
    int lineno, offset;  /* 1-based; offset counts code points; 0 or -1 where CPython shows such */
    int end_lineno, end_offset;
    const char *text; /* the source line with its newline, UTF-8; NULL where CPython shows None */
    HdSize text_length;
    bool incomplete; /* more input could mend it (the REPL asks for another line) */
} HdSyntaxError;

/* A DeprecationWarning ("invalid escape sequence '\d'") or SyntaxWarning ("invalid decimal literal"). */
typedef struct HdParseWarning {
    struct HdParseWarning *next;
    bool deprecation; /* DeprecationWarning, else SyntaxWarning */
    const char *message;
    int lineno;
    /* Should the caller turn the warning into an error, CPython raises SyntaxError(message) at this place. */
    int col_offset, end_lineno, end_col_offset;
} HdParseWarning;

typedef struct HdParseInput {
    const char *source;
    size_t length;
    HdParseMode mode;
    bool source_is_text;       /* source came from a str: already UTF-8, a coding cookie means nothing */
    bool allow_incomplete;     /* "incomplete input" (error.incomplete) when the end came too early (codeop) */
    bool dont_imply_dedent;    /* in SINGLE mode a block must be closed by an empty line (codeop) */
    bool barry_as_bdfl;        /* `<>` is the inequality, `!=` an error (PEP 401) */
    bool type_comments;        /* `# type: ...` goes into the tree */
    bool allow_top_level_await; /* told to the compiler; the parser accepts it anyhow */
    int feature_minor;         /* ast.parse(feature_version=(3, n)); what is newer is an error; 0 means newest */
    int int_max_str_digits;    /* longest decimal literal (sys.set_int_max_str_digits); 0: no limit */
    const char *file_name;     /* of a program read from this file, for the error about its encoding; NULL: any other source */
    const void *stack_limit;   /* lowest C stack address the parser may reach; NULL: a depth counter alone */
    HdAstNames *names;         /* intern here (same arena); NULL: a fresh table */
    /* Decodes a whole file in an encoding other than utf-8, latin-1, ascii. Returns UTF-8 in the arena, or NULL: unknown
     * encoding (*bad false) or undecodable (*bad true). NULL: every other encoding is unknown. */
    char *(*decode)(void *user, HdArena *arena, const char *encoding, const char *bytes, size_t length,
                    size_t *out_length, bool *bad);
    void *user;
} HdParseInput;

typedef struct HdParseResult {
    HdNode *tree;
    HdAstNames *names;
    HdParseWarning *warnings; /* in order of appearance; also there after an error */
    const char *encoding;     /* found by cookie or BOM, normalised; "utf-8" otherwise */
} HdParseResult;

/* True and result->tree, or false and *error filled. `error` and `result` are always written. */
bool hd_parse(HdArena *arena, const HdParseInput *input, HdParseResult *result, HdSyntaxError *error) HD_CHECK;

#endif
