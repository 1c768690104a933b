/* token.h -- the kinds of tokens and the token itself. */
#ifndef HD_TOKEN_H
#define HD_TOKEN_H

#include "ast.h"

/* Keywords stand in a run, so that `type >= T_FIRST_KEYWORD` tells them from names. */
typedef enum HdTokenType {
    T_END,
    T_NAME,
    T_NUMBER,
    T_STRING,
    T_NEWLINE,
    T_INDENT,
    T_DEDENT,
    T_TYPE_COMMENT, /* `# type: ...`, when they are asked for; start is behind the colon */
    T_TYPE_IGNORE,  /* `# type: ignore...`; start is behind the word; the parser never sees one */
    T_STRAY, /* one character that begins no token: `$`, `?`, a lone `!` */
    T_LPAR,
    T_RPAR,
    T_LSQB,
    T_RSQB,
    T_LBRACE,
    T_RBRACE,
    T_COLON,
    T_COMMA,
    T_SEMI,
    T_DOT,
    T_ELLIPSIS,
    T_ARROW,
    T_COLONEQUAL,
    T_EQUAL,
    T_PLUS,
    T_MINUS,
    T_STAR,
    T_DOUBLESTAR,
    T_SLASH,
    T_DOUBLESLASH,
    T_PERCENT,
    T_AT,
    T_VBAR,
    T_AMPER,
    T_CIRCUMFLEX,
    T_TILDE,
    T_LEFTSHIFT,
    T_RIGHTSHIFT,
    T_LESS,
    T_GREATER,
    T_LESSEQUAL,
    T_GREATEREQUAL,
    T_EQEQUAL,
    T_NOTEQUAL,
    T_PLUSEQUAL,
    T_MINEQUAL,
    T_STAREQUAL,
    T_SLASHEQUAL,
    T_PERCENTEQUAL,
    T_AMPEREQUAL,
    T_VBAREQUAL,
    T_CIRCUMFLEXEQUAL,
    T_LEFTSHIFTEQUAL,
    T_RIGHTSHIFTEQUAL,
    T_DOUBLESTAREQUAL,
    T_DOUBLESLASHEQUAL,
    T_ATEQUAL,
    T_FIRST_KEYWORD,
    T_FALSE = T_FIRST_KEYWORD,
    T_NONE,
    T_TRUE,
    T_AND,
    T_AS,
    T_ASSERT,
    T_ASYNC,
    T_AWAIT,
    T_BREAK,
    T_CLASS,
    T_CONTINUE,
    T_DEF,
    T_DEL,
    T_ELIF,
    T_ELSE,
    T_EXCEPT,
    T_FINALLY,
    T_FOR,
    T_FROM,
    T_GLOBAL,
    T_IF,
    T_IMPORT,
    T_IN,
    T_IS,
    T_LAMBDA,
    T_NONLOCAL,
    T_NOT,
    T_OR,
    T_PASS,
    T_RAISE,
    T_RETURN,
    T_TRY,
    T_WHILE,
    T_WITH,
    T_YIELD,
    T_COUNT
} HdTokenType;

typedef struct HdToken {
    uint8_t type;
    uint8_t level;  /* how many brackets are open behind it */
    uint8_t prefix; /* STRING: number of letters before the quotes */
    int32_t lineno, col, end_lineno, end_col; /* col is -1 where there is no text (INDENT, DEDENT, END) */
    uint32_t start, end;                      /* byte offsets into the lexer's text */
    HdName *name;                             /* NAME */
} HdToken;

#endif
