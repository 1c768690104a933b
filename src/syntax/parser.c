/* parser.c -- the machinery of the parser: tokens on demand, memory, errors, remembered results, the two passes.
 * See parser.h.
 */
#include "parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct HdMemo {
    HdMemo *next;
    HdNode *node;
    int end;
    uint8_t rule;
};

enum { MAX_DEPTH = 6000, DEFAULT_STACK = 1 << 20 };

/* ---- memory ------------------------------------------------------------------------------------------------------- */

HD_COLD HdNode *hd_parser_no_memory(HdParser *p) {
    if (!p->failed) p->error = (HdSyntaxError){.kind = HD_ERROR_MEMORY};
    p->failed = true;
    return NULL;
}

void *hd_parser_alloc(HdParser *p, size_t size) {
    void *memory = hd_arena_alloc(p->arena, size);
    return memory ? memory : hd_parser_no_memory(p);
}

void hd_parser_push(HdParser *p, HdNode *node) {
    if (HD_UNLIKELY(p->top == p->stack_capacity)) {
        int capacity = p->stack_capacity ? p->stack_capacity * 2 : 64;
        HdNode **stack = realloc(p->stack, (size_t)capacity * sizeof *stack);
        if (!stack) {
            hd_parser_no_memory(p);
            return;
        }
        p->stack = stack;
        p->stack_capacity = capacity;
    }
    p->stack[p->top++] = node;
}

/* What was pushed since `base`, as a list. */
HdNodeList hd_parser_list(HdParser *p, int base) {
    HdNodeList list = {NULL, p->top - base};
    p->top = base;
    if (!list.count) return list;
    list.items = hd_parser_alloc(p, (size_t)list.count * sizeof *list.items);
    if (!list.items) return (HdNodeList){NULL, 0};
    memcpy(list.items, p->stack + base, (size_t)list.count * sizeof *list.items);
    return list;
}

bool hd_parser_append(HdParser *p, HdNodeList *list, HdNode *node) {
    if ((list->count & (list->count - 1)) == 0) { /* full at each power of two */
        int capacity = list->count ? list->count * 2 : 1;
        HdNode **items = hd_parser_alloc(p, (size_t)capacity * sizeof *items);
        if (!items) return false;
        if (list->count) memcpy(items, list->items, (size_t)list->count * sizeof *items);
        list->items = items;
    }
    list->items[list->count++] = node;
    return true;
}

/* Gives the node its position: from token `start` to the last one taken that has text. */
HdNode *hd_parser_finish(HdParser *p, HdNode *node, int start) {
    if (HD_UNLIKELY(p->failed)) return NULL;
    const HdToken *first = &p->tokens[start], *last = &p->tokens[p->mark - 1];
    while (last > first && (last->type == T_NEWLINE || last->type == T_INDENT || last->type == T_DEDENT)) last--;
    node->lineno = first->lineno;
    node->col_offset = first->col;
    node->end_lineno = last->end_lineno;
    node->end_col_offset = last->end_col;
    return node;
}

/* Guards recursion; p->depth goes down again at the way out. */
bool hd_parser_enter(HdParser *p) {
    if (HD_LIKELY(++p->depth < MAX_DEPTH && (const char *)__builtin_frame_address(0) > p->stack_limit)) return true;
    hd_parser_no_memory(p); /* what CPython raises here */
    return false;
}

bool hd_parser_init(HdParser *p, HdArena *arena, const HdParseInput *input, HdAstNames *names) {
    memset(p, 0, offsetof(HdParser, lexer));
    p->arena = arena;
    p->input = input;
    p->names = names;
    p->stack_limit = input->stack_limit;
    if (!p->stack_limit) p->stack_limit = (const char *)__builtin_frame_address(0) - DEFAULT_STACK;
    static const char *const words[] = {"match", "case", "_", "print", "exec"};
    HdName **names_of[] = {&p->name_match, &p->name_case, &p->name_underscore, &p->name_print, &p->name_exec};
    for (size_t i = 0; i < HD_COUNT_OF(words); i++) {
        *names_of[i] = hd_ast_intern(names, words[i], strlen(words[i]));
        if (!*names_of[i]) return hd_parser_no_memory(p) != NULL;
    }
    return true;
}

void hd_parser_free(HdParser *p) {
    free(p->tokens);
    free(p->stack);
    free(p->memos);
    p->tokens = NULL;
    p->stack = NULL;
    p->memos = NULL;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------- */

static bool grow_tokens(HdParser *p) {
    int capacity = p->capacity ? p->capacity * 2 : 256;
    HdToken *tokens = p->capacity > INT32_MAX / 4 ? NULL : realloc(p->tokens, (size_t)capacity * sizeof *tokens);
    if (!tokens) return hd_parser_no_memory(p) != NULL;
    p->tokens = tokens;
    p->capacity = capacity;
    return true;
}

static HdAstString *token_string(HdParser *p, const HdToken *token) {
    HdAstString *text = hd_ast_string(p->arena, p->lexer.text + token->start, token->end - token->start);
    if (!text) hd_parser_no_memory(p);
    return text;
}

static bool keep_type_ignore(HdParser *p, const HdToken *token) {
    HdAstTypeIgnore *n = (HdAstTypeIgnore *)hd_ast_new(p->arena, HD_AST_TypeIgnore);
    if (!n) return hd_parser_no_memory(p) != NULL;
    n->lineno = token->lineno;
    n->tag = token_string(p, token);
    return n->tag && hd_parser_append(p, &p->type_ignores, &n->head);
}

HdAstString *hd_parser_type_comment(HdParser *p) {
    if (HD_LIKELY(!at(p, T_TYPE_COMMENT))) return NULL;
    return token_string(p, &p->tokens[p->mark++]);
}

/* Reads the next token and gives its type; T_COUNT, which matches nothing, after an error. */
int hd_parser_fill(HdParser *p) {
    if (p->failed) return T_COUNT;
    if (p->count == p->capacity && !grow_tokens(p)) return T_COUNT;
    HdToken *token = &p->tokens[p->count];
    if (!hd_lexer_next(&p->lexer, token)) {
        p->error = p->lexer.error;
        p->failed = p->from_lexer = true;
        return T_COUNT;
    }
    if (HD_UNLIKELY(token->type == T_TYPE_IGNORE)) return keep_type_ignore(p, token) ? hd_parser_fill(p) : T_COUNT;
    /* A single statement needs no newline at its end; its blocks close there. */
    if (p->input->mode == HD_PARSE_SINGLE && !p->in_fstring && token->type == T_END && p->parsing_started) {
        token->type = T_NEWLINE;
        p->parsing_started = false;
        if (p->lexer.indent && !p->input->dont_imply_dedent) {
            p->lexer.pending = -p->lexer.indent;
            p->lexer.indent = 0;
        }
    } else {
        p->parsing_started = true;
    }
    p->count++;
    return token->type;
}

/* ---- errors ------------------------------------------------------------------------------------------------------- */

static void *set_error(HdParser *p, HdSyntaxErrorKind kind, int lineno, int offset, int end_lineno, int end_offset,
                       const char *format, va_list args) {
    char message[512];
    if (p->failed) return NULL;
    vsnprintf(message, sizeof message, format, args);
    bool prefix = p->in_fstring && strncmp(message, "f-string", 8) != 0;
    p->failed = true;
    p->error = (HdSyntaxError){.kind = kind, .lineno = lineno, .end_lineno = end_lineno};
    p->error.message = hd_lexer_format(p->arena, "%s%s", prefix ? "f-string: " : "", message);
    if (!p->error.message) {
        p->error.kind = HD_ERROR_MEMORY;
        return NULL;
    }
    hd_lexer_error_line(&p->lexer, lineno, p->lexer.lineno <= lineno, &p->error.text, &p->error.text_length);
    if (p->in_fstring) { /* as CPython does, on every line */
        offset -= p->fstring_column;
        if (end_offset > 0) end_offset -= p->fstring_column;
    }
    p->error.offset = offset;
    p->error.end_offset = end_offset;
    if (!p->in_fstring && !p->lexer.byte_columns) {
        p->error.offset = hd_lexer_token_columns(p->error.text, p->error.text_length, offset);
        p->error.end_offset = hd_lexer_token_columns(p->error.text, p->error.text_length, end_offset);
    }
    return NULL;
}

HD_COLD void *hd_parser_error(HdParser *p, HdSyntaxErrorKind kind, int lineno, int col, int end_lineno, int end_col,
                              const char *format, ...) {
    va_list args;
    va_start(args, format);
    set_error(p, kind, lineno, col + 1, end_lineno, end_col + 1, format, args);
    va_end(args);
    return NULL;
}

/* At the last token that was read, wherever the mark is. */
HD_COLD void *hd_parser_error_last(HdParser *p, HdSyntaxErrorKind kind, const char *format, ...) {
    va_list args;
    va_start(args, format);
    HdToken none = {.lineno = 1, .end_lineno = 1, .col = -1, .end_col = -1};
    const HdToken *last = p->count ? &p->tokens[p->count - 1] : &none;
    int offset = last->col + 1;
    if (last->col < 0) offset = (int)(p->lexer.cur - p->lexer.line_start); /* a token without text */
    set_error(p, kind, last->lineno, offset, last->end_lineno, last->end_col < 0 ? -1 : last->end_col + 1, format,
              args);
    va_end(args);
    return NULL;
}

HD_COLD bool hd_parser_too_old(HdParser *p, int minor, const char *what) {
    ERROR_LAST(p, "%s only supported in Python 3.%d and greater", what, minor);
    return true;
}

/* An error of the lexer further down, or a bracket above that is still open, explains more than ours does. */
static void look_at_rest(HdParser *p) {
    if (p->lexer.failed || !p->count) return;
    int line = p->tokens[p->count - 1].lineno;
    HdToken token;
    do {
        if (hd_lexer_next(&p->lexer, &token)) continue;
        if (!p->lexer.soft) {
            p->error = p->lexer.error;
        } else if (p->lexer.level && line > p->lexer.bracket_lines[p->lexer.level - 1]) {
            hd_lexer_never_closed(&p->lexer);
            p->error = p->lexer.error;
        }
        return;
    } while (token.type != T_END);
}

/* ---- remembered results ------------------------------------------------------------------------------------------- */

bool hd_parser_remembered(HdParser *p, HdMemoRule rule, HdNode **node) {
    if (p->failed) {
        *node = NULL;
        return true;
    }
    if (p->mark >= p->memo_capacity) return false;
    for (HdMemo *memo = p->memos[p->mark]; memo; memo = memo->next)
        if (memo->rule == rule) {
            p->mark = memo->end;
            *node = memo->node;
            return true;
        }
    return false;
}

HdNode *hd_parser_remember(HdParser *p, HdMemoRule rule, int start, HdNode *node) {
    if (p->failed) return NULL;
    if (!node) p->mark = start;
    if (start >= p->memo_capacity) {
        int capacity = p->capacity > start ? p->capacity : start + 1;
        HdMemo **memos = realloc(p->memos, (size_t)capacity * sizeof *memos);
        if (!memos) return hd_parser_no_memory(p);
        memset(memos + p->memo_capacity, 0, (size_t)(capacity - p->memo_capacity) * sizeof *memos);
        p->memos = memos;
        p->memo_capacity = capacity;
    }
    HdMemo *memo = hd_parser_alloc(p, sizeof *memo);
    if (!memo) return NULL;
    *memo = (HdMemo){p->memos[start], node, p->mark, (uint8_t)rule};
    p->memos[start] = memo;
    return node;
}

/* ---- the two passes ----------------------------------------------------------------------------------------------- */

static void generic_error(HdParser *p, int last_token) {
    if (last_token < 0) {
        hd_parser_error(p, HD_ERROR_SYNTAX, 1, -1, 1, -1, "error at start before reading any input");
        return;
    }
    const HdToken *last = &p->tokens[last_token];
    if (last->type == T_INDENT || last->type == T_DEDENT) {
        hd_parser_error_last(p, HD_ERROR_INDENTATION, "%s",
                             last->type == T_INDENT ? "unexpected indent" : "unexpected unindent");
        return;
    }
    ERROR_TOKEN(p, last_token, "invalid syntax");
    look_at_rest(p);
}

static void incomplete(HdParser *p) {
    p->failed = false;
    if (p->from_lexer)
        hd_parser_error(p, HD_ERROR_SYNTAX, p->lexer.lineno, (int)(p->lexer.cur - p->lexer.line_start) - 1,
                        p->lexer.lineno, -2, "incomplete input");
    else
        hd_parser_error_last(p, HD_ERROR_SYNTAX, "incomplete input");
    p->error.incomplete = true;
}

/* Whether more than blanks and comments follows a single statement. */
static bool more_follows(const HdParser *p) {
    for (const char *s = p->lexer.cur; s < p->lexer.end; s++) {
        if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\f') continue;
        if (*s != '#') return true;
        while (s + 1 < p->lexer.end && s[1] != '\n') s++;
    }
    return false;
}

HdNode *hd_parser_run(HdParser *p, HdNode *(*rule)(HdParser *p)) {
    int depth = p->depth;
    HdNode *tree = rule(p);
    if (tree && p->input->mode == HD_PARSE_SINGLE && !p->in_fstring && more_follows(p))
        return ERROR_LAST(p, "multiple statements found while compiling a single statement");
    if (tree) return tree;
    bool memory = p->failed && p->error.kind == HD_ERROR_MEMORY;
    bool ended = p->from_lexer ? p->lexer.ended : p->lexer.at_end || p->lexer.ended;
    if (p->input->allow_incomplete && !p->in_fstring && !memory && ended) {
        incomplete(p);
        return NULL;
    }
    if (p->failed) {
        if (!p->from_lexer && !p->lexer.at_end && p->error.kind != HD_ERROR_MEMORY) look_at_rest(p);
        return NULL;
    }
    int last_token = p->count - 1;
    p->mark = p->top = 0;
    p->depth = depth;
    if (p->memos) memset(p->memos, 0, (size_t)p->memo_capacity * sizeof(HdMemo *));
    p->second_pass = p->diagnose = true;
    (void)!rule(p);
    if (!p->failed)
        generic_error(p, last_token);
    else if (!p->from_lexer && !p->lexer.at_end && p->error.kind != HD_ERROR_MEMORY)
        look_at_rest(p);
    return NULL;
}
