/* parser.h -- what the files of the parser share. Not for other rooms (those read parse.h).
 *
 * Recursive descent over an array of tokens filled on demand. A rule is a function that returns a node and leaves the
 * mark behind it, or returns NULL: either no match (the mark is back where the rule began) or, with p->failed, an
 * error that ends everything. A file is parsed once in plain fashion. When that fails a second pass runs over the
 * same tokens with p->diagnose on: rules then try, in the order in which CPython 3.11 does, the wrong forms that have
 * a message of their own (diagnose.c); and since the wrong forms make the grammar ambiguous, rules remember their
 * results (p->second_pass). Where nothing more is known the message is "invalid syntax" at the last token read.
 */
#ifndef HD_PARSER_H
#define HD_PARSER_H

#include "lexer.h"

typedef struct HdMemo HdMemo;
typedef struct HdParser {
    HdArena *arena;
    HdAstNames *names;
    const HdParseInput *input;
    HdToken *tokens;
    int count, capacity;
    int mark;
    bool failed;      /* error is filled */
    bool from_lexer;  /* the error came from the lexer */
    bool second_pass; /* results are remembered */
    bool diagnose;    /* wrong forms are tried */
    bool in_fstring;
    bool parsing_started, at_start_of_input;
    int fstring_column; /* added to columns of the first line of an f-string's expression */
    int depth;
    int strings_end; /* string tokens before this one have given their warnings */
    const char *stack_limit;
    HdNodeList type_ignores; /* of the module */
    HdNode **stack; /* lists under construction */
    int top, stack_capacity;
    HdMemo **memos; /* by token */
    int memo_capacity;
    HdName *name_match, *name_case, *name_underscore, *name_print, *name_exec;
    HdSyntaxError error;
    HdLexer lexer;
} HdParser;

typedef enum HdMemoRule {
    M_EXPRESSION,
    M_DISJUNCTION,
    M_BITWISE_OR,
    M_PRIMARY,
    M_STAR_EXPRESSION,
    M_NAMED_EXPRESSION,
    M_INVALID_NAMED,
    M_ARGUMENTS,
    M_ARGS,
    M_BLOCK,
    M_SIMPLE,
    M_FOR_IF,
    M_STAR_TARGETS,
    M_PARAMETERS,
    M_LAMBDA_PARAMETERS,
    M_PATTERN,
    M_OR_PATTERN,
} HdMemoRule;

/* ---- parser.c: tokens, errors, memory ---- */
int hd_parser_fill(HdParser *p);
HdNode *hd_parser_no_memory(HdParser *p);
void *hd_parser_alloc(HdParser *p, size_t size);
void hd_parser_push(HdParser *p, HdNode *node);
/* Adds to a list of the tree that is not on the stack; false: p->failed. */
bool hd_parser_append(HdParser *p, HdNodeList *list, HdNode *node);
HdNodeList hd_parser_list(HdParser *p, int base);
HdNode *hd_parser_finish(HdParser *p, HdNode *node, int start);
bool hd_parser_enter(HdParser *p);
bool hd_parser_remembered(HdParser *p, HdMemoRule rule, HdNode **node);
HdNode *hd_parser_remember(HdParser *p, HdMemoRule rule, int start, HdNode *node);
bool hd_parser_init(HdParser *p, HdArena *arena, const HdParseInput *input, HdAstNames *names);
void hd_parser_free(HdParser *p);
/* A type comment at the mark, taken; NULL when there is none. */
HdAstString *hd_parser_type_comment(HdParser *p);
/* Runs `rule`, in the second pass when it must, and leaves p->error. */
HdNode *hd_parser_run(HdParser *p, HdNode *(*rule)(HdParser *p));

/* Errors: all return NULL and set p->failed. Columns 0-based bytes. */
void *hd_parser_error(HdParser *p, HdSyntaxErrorKind kind, int lineno, int col, int end_lineno, int end_col,
                      const char *format, ...) HD_PRINTF(7, 8);
void *hd_parser_error_last(HdParser *p, HdSyntaxErrorKind kind, const char *format, ...) HD_PRINTF(3, 4);
#define ERROR_LAST(p, ...) hd_parser_error_last(p, HD_ERROR_SYNTAX, __VA_ARGS__)
#define ERROR_NODE(p, a, ...)                                                                                         \
    hd_parser_error(p, HD_ERROR_SYNTAX, (a)->lineno, (a)->col_offset, (a)->end_lineno, (a)->end_col_offset, __VA_ARGS__)
#define ERROR_NODES(p, a, b, ...)                                                                                     \
    hd_parser_error(p, HD_ERROR_SYNTAX, (a)->lineno, (a)->col_offset, (b)->end_lineno, (b)->end_col_offset, __VA_ARGS__)
#define ERROR_TOKEN(p, i, ...)                                                                                        \
    hd_parser_error(p, HD_ERROR_SYNTAX, (p)->tokens[i].lineno, (p)->tokens[i].col, (p)->tokens[i].end_lineno,         \
                    (p)->tokens[i].end_col, __VA_ARGS__)
#define ERROR_TOKENS(p, i, j, ...)                                                                                    \
    hd_parser_error(p, HD_ERROR_SYNTAX, (p)->tokens[i].lineno, (p)->tokens[i].col, (p)->tokens[j].end_lineno,         \
                    (p)->tokens[j].end_col, __VA_ARGS__)

/* True, with an error, when the source is to be of a version older than 3.`minor`; `what` ends in "is" or "are". */
bool hd_parser_too_old(HdParser *p, int minor, const char *what);
HD_INLINE bool too_old(HdParser *p, int minor, const char *what) {
    return HD_UNLIKELY(p->input->feature_minor && p->input->feature_minor < minor) && hd_parser_too_old(p, minor, what);
}

HD_INLINE int type_of(HdParser *p) {
    return HD_LIKELY(p->mark < p->count) ? p->tokens[p->mark].type : hd_parser_fill(p);
}
/* The type of the token behind the next one; the next one must have been seen. */
HD_INLINE int type_after(HdParser *p) {
    p->mark++;
    int type = type_of(p);
    p->mark--;
    return type;
}
HD_INLINE bool at(HdParser *p, HdTokenType type) { return type_of(p) == (int)type; }
HD_INLINE bool take(HdParser *p, HdTokenType type) {
    if (type_of(p) != (int)type) return false;
    p->mark++;
    return true;
}
HD_INLINE bool at_name(HdParser *p, HdName *name) { return at(p, T_NAME) && p->tokens[p->mark].name == name; }
HD_INLINE HdNode *back(HdParser *p, int mark) {
    p->mark = mark;
    return NULL;
}
HD_INLINE HdNode *new_node(HdParser *p, HdAstKind kind) {
    HdNode *node = hd_ast_new(p->arena, kind);
    return HD_LIKELY(node != NULL) ? node : hd_parser_no_memory(p);
}
/* A node of the class whose text goes from token `start` to the last one taken; `n` names it. Fields follow. */
#define NODE(p, class, n)                                                                                             \
    HdAst##class *n = (HdAst##class *)new_node(p, HD_AST_##class);                                                    \
    if (HD_UNLIKELY(!n)) return NULL
#define DONE(p, n, start) hd_parser_finish(p, &(n)->head, start)

/* ---- expr.c ---- */
HdNode *hd_parser_star_expressions(HdParser *p);
HdNode *hd_parser_star_expression(HdParser *p);
HdNode *hd_parser_star_named_expression(HdParser *p);
HdNode *hd_parser_named_expression(HdParser *p);
HdNode *hd_parser_expression(HdParser *p);
HdNode *hd_parser_expression_without_invalid(HdParser *p);
HdNode *hd_parser_expressions(HdParser *p);
HdNode *hd_parser_yield(HdParser *p);
HdNode *hd_parser_disjunction(HdParser *p);
HdNode *hd_parser_bitwise_or(HdParser *p);
HdNode *hd_parser_primary(HdParser *p);
HdNode *hd_parser_name(HdParser *p);
HdNode *hd_parser_number(HdParser *p);
HdNode *hd_parser_list_display(HdParser *p);
HdNode *hd_parser_tuple(HdParser *p);
HdNode *hd_parser_genexp(HdParser *p);
HdNode *hd_parser_arguments(HdParser *p);
HdNode *hd_parser_args(HdParser *p);
HdNode *hd_parser_key_value(HdParser *p, HdNode **value);
/* for_if_clauses: false when there are none; *clauses from the arena. */
bool hd_parser_for_if(HdParser *p, HdNodeList *clauses);
HdNode *hd_parser_star_targets(HdParser *p);
HdNode *hd_parser_star_target(HdParser *p);
bool hd_parser_is_target(const HdNode *node, bool star);
void hd_parser_set_context(HdNode *node, int context);
/* Pushes `star_named_expression (',' star_named_expression)* [',']`; their number, 0 for none. */
int hd_parser_star_named_list(HdParser *p);

/* ---- params.c ---- */
HdNode *hd_parser_parameters(HdParser *p, bool lambda);
HdNode *hd_parser_parameter(HdParser *p, bool lambda);
HdNode *hd_parser_empty_parameters(HdParser *p);

/* ---- literal.c, fstring.c ---- */
HdNode *hd_parser_strings(HdParser *p);
bool hd_parser_number_value(HdParser *p, const char *text, size_t length, HdConstant *out);
/* Body of a literal without quotes; false: p->failed. `out` is UTF-8 (or bytes). */
bool hd_parser_decode_string(HdParser *p, const char *text, size_t length, bool raw, bool bytes, int token,
                             HdConstant *out);
void hd_parser_warn_escape(HdParser *p, const char *escape, int token);
typedef struct HdTextBuffer {
    char *bytes;
    size_t length, capacity;
} HdTextBuffer;
typedef struct HdStringJoin {
    HdTextBuffer text; /* of the literal under construction */
    bool has_text;
    bool any_fstring;
    int first, last; /* tokens of the whole run */
    int base;        /* of the list of values on the parser's stack */
    int token;       /* the one being read */
} HdStringJoin;
bool hd_parser_text_add(HdParser *p, HdTextBuffer *buffer, const char *bytes, size_t length);
HdNode *hd_parser_text_node(HdParser *p, HdStringJoin *join, const char *bytes, size_t length);
/* Adds the parts of one f-string body to `join`. */
bool hd_parser_fstring(HdParser *p, HdStringJoin *join, const char *body, const char *end, bool raw);

/* ---- pattern.c ---- */
HdNode *hd_parser_patterns(HdParser *p);
HdNode *hd_parser_pattern(HdParser *p);
HdNode *hd_parser_or_pattern(HdParser *p);

/* ---- stmt.c ---- */
HdNode *hd_parser_file(HdParser *p);
HdNode *hd_parser_eval(HdParser *p);
HdNode *hd_parser_interactive(HdParser *p);
HdNode *hd_parser_func_type(HdParser *p);
bool hd_parser_block(HdParser *p, HdNodeList *body);
HdNode *hd_parser_except_block(HdParser *p, bool star);

/* ---- diagnose.c: the wrong forms. Each restores the mark; they matter by setting p->failed. ---- */
const char *hd_parser_expression_name(const HdNode *node);
void hd_invalid_expression(HdParser *p);
void hd_invalid_named_expression(HdParser *p);
void hd_invalid_comprehension(HdParser *p);
void hd_invalid_dict_comprehension(HdParser *p);
void hd_invalid_group(HdParser *p);
void hd_invalid_arguments(HdParser *p);
void hd_invalid_kwarg(HdParser *p);
void hd_invalid_double_starred(HdParser *p);
void hd_invalid_for_target(HdParser *p);
void hd_invalid_assignment(HdParser *p);
void hd_invalid_del(HdParser *p);
void hd_invalid_import_targets(HdParser *p);
void hd_invalid_parameters(HdParser *p, bool lambda);
void hd_invalid_default(HdParser *p);
void hd_invalid_star_etc(HdParser *p, bool lambda);
void hd_invalid_kwds(HdParser *p, bool lambda);
void hd_invalid_with_item(HdParser *p);
void hd_invalid_with(HdParser *p);
void hd_invalid_with_indent(HdParser *p);
void hd_invalid_try(HdParser *p);
void hd_invalid_except(HdParser *p);
void hd_invalid_except_indent(HdParser *p, bool star);
void hd_invalid_match(HdParser *p);
void hd_invalid_case(HdParser *p);
void hd_invalid_as_pattern(HdParser *p);
void hd_invalid_class_pattern(HdParser *p);
void hd_invalid_class(HdParser *p);
void hd_invalid_def(HdParser *p);
void hd_invalid_for(HdParser *p);
/* 'if', 'elif', 'while' TEST without colon or block; 'else', 'finally' without block. */
void hd_invalid_test_statement(HdParser *p, HdTokenType keyword, const char *name);
void hd_invalid_bare_block(HdParser *p, HdTokenType keyword, const char *name);

#endif
