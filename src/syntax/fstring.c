/* fstring.c -- the bodies of f-strings: literal parts, replacement fields, format specifications. See parser.h.
 *
 * As in CPython 3.11 an f-string is one token; the text of a replacement field is put in parentheses and parsed as a
 * source of its own, whose first line continues at the field's place in the file.
 */
#include "parser.h"

enum { MAX_BRACKETS = 200 };

typedef struct Field { /* reads the body of one f-string token */
    HdParser *p;
    HdStringJoin *join;
    const char *at, *end;
    bool raw;
} Field;

static bool parts(Field *f, HdStringJoin *join, int level);

/* ---- literal parts ------------------------------------------------------------------------------------------------ */

/* Reads literal text into join->text. *field: a replacement field (or the end of a specification) stands next. */
static bool literal_part(Field *f, HdStringJoin *join, int level, bool *field) {
    HdParser *p = f->p;
    const char *start = f->at, *s = start, *stop = NULL;
    *field = true;
    while (s < f->end) {
        char c = *s++;
        if (!f->raw && c == '\\' && s < f->end) {
            c = *s++;
            if (c == 'N') { /* the braces of \N{name} are no field */
                if (s < f->end && *s++ == '{')
                    while (s < f->end && *s++ != '}') {}
                continue;
            }
            if (c == '{') hd_parser_warn_escape(p, s - 1, join->token);
        }
        if (c != '{' && c != '}') continue;
        if (level == 0 && s < f->end && *s == c) { /* doubled: one of them is text */
            f->at = s + 1;
            stop = s;
            *field = false;
            break;
        }
        if (level == 0 && c == '}') {
            ERROR_LAST(p, "f-string: single '}' is not allowed");
            return false;
        }
        s--;
        break;
    }
    if (!stop) stop = f->at = s;
    if (stop == start) return true;
    HdConstant value = {0};
    return hd_parser_decode_string(p, start, (size_t)(stop - start), f->raw, false, join->token, &value) &&
           hd_parser_text_add(p, &join->text, value.bytes, (size_t)value.length);
}

/* ---- the expression ----------------------------------------------------------------------------------------------- */

/* Moves f->at over the expression, to the '!', ':', '=' or '}' that ends it. */
static bool skip_expression(Field *f) {
    HdParser *p = f->p;
    char quote = 0, brackets[MAX_BRACKETS];
    int quotes = 0, depth = 0;
    const char *s = f->at, *end = f->end;
    for (; s < end; s++) {
        char c = *s;
        bool tripled = s + 2 < end && s[1] == c && s[2] == c;
        if (c == '\\') return ERROR_LAST(p, "f-string expression part cannot include a backslash");
        if (quote) {
            if (c == quote && (quotes == 1 || tripled)) {
                s += quotes - 1;
                quote = 0;
            }
        } else if (c == '\'' || c == '"') {
            quotes = tripled ? 3 : 1;
            s += quotes - 1;
            quote = c;
        } else if (c == '[' || c == '{' || c == '(') {
            if (depth >= MAX_BRACKETS) return ERROR_LAST(p, "f-string: too many nested parenthesis");
            brackets[depth++] = c;
        } else if (c == '#') {
            return ERROR_LAST(p, "f-string expression part cannot include '#'");
        } else if (depth == 0 && (c == '!' || c == ':' || c == '}' || c == '=' || c == '>' || c == '<')) {
            if (s + 1 < end && s[1] == '=' && c != ':' && c != '}') {
                s++; /* a comparison */
                continue;
            }
            if (c != '>' && c != '<') break;
        } else if (c == ']' || c == '}' || c == ')') {
            if (depth == 0) return ERROR_LAST(p, "f-string: unmatched '%c'", c);
            char opening = brackets[--depth];
            if ((opening == '(') != (c == ')') || (opening == '[') != (c == ']'))
                return ERROR_LAST(p, "f-string: closing parenthesis '%c' does not match opening parenthesis '%c'", c,
                                  opening);
        }
    }
    f->at = s;
    if (quote) return ERROR_LAST(p, "f-string: unterminated string");
    if (depth) return ERROR_LAST(p, "f-string: unmatched '%c'", brackets[depth - 1]);
    if (s >= end) return ERROR_LAST(p, "f-string: expecting '}'");
    return true;
}

/* Where the expression stands in the file: lines behind the token's first, and columns to add to its first line. */
static void locate(HdParser *p, const char *brace, int token, int *lines, int *columns) {
    const HdToken *t = &p->tokens[token];
    const char *text = p->lexer.text + t->start, *s = brace + 1;
    *lines = *columns = 0;
    while (*s == ' ' || *s == '\t' || *s == '\f') s++;
    if (*s != '\n') { /* an expression that begins on a new line has its own columns */
        const char *from = brace;
        while (from > text && *from != '\n') from--;
        *columns = (int)(brace - from) - (*from == '\n');
    }
    for (s = text; s < brace; s++) *lines += *s == '\n';
}

static HdNode *fstring_start(HdParser *p) { return hd_parser_star_expressions(p); }

/* Parses text[start, end) in parentheses, with a parser of its own. */
static HdNode *compile_expression(Field *f, const char *start, const char *end, int token) {
    HdParser *p = f->p;
    const char *s = start;
    while (s < end && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\f')) s++;
    if (s == end) {
        if (*end == '!' || *end == ':' || *end == '=')
            return ERROR_LAST(p, "f-string: expression required before '%c'", *end);
        return ERROR_LAST(p, "f-string: empty expression not allowed");
    }
    size_t length = (size_t)(end - start);
    char *text = hd_parser_alloc(p, length + 4);
    if (!text || !hd_parser_enter(p)) return NULL;
    text[0] = '(';
    memcpy(text + 1, start, length);
    text[length + 1] = ')';
    text[length + 2] = '\n';
    int lines, columns;
    locate(p, start - 1, token, &lines, &columns);
    HdParser *inner = hd_parser_alloc(p, sizeof *inner);
    if (!inner) return NULL;
    HdNode *node = NULL;
    if (hd_parser_init(inner, p->arena, p->input, p->names)) {
        const HdToken *t = &p->tokens[token];
        hd_lexer_init(&inner->lexer, p->arena, p->names, text, length + 3);
        inner->lexer.warnings_tail = token < p->strings_end ? NULL : p->lexer.warnings_tail;
        inner->lexer.lineno = inner->lexer.first_line = t->lineno + lines;
        inner->fstring_column = inner->lexer.first_line_column = lines ? columns : t->col + columns;
        inner->in_fstring = true;
        inner->depth = p->depth;
        inner->stack_limit = p->stack_limit;
        node = hd_parser_run(inner, fstring_start);
        if (inner->lexer.warnings_tail) p->lexer.warnings_tail = inner->lexer.warnings_tail;
    }
    p->depth--;
    if (!node) {
        p->error = inner->error;
        p->failed = true;
    }
    hd_parser_free(inner);
    return node;
}

/* ---- replacement fields ------------------------------------------------------------------------------------------- */

/* '!' letter. */
static bool conversion(Field *f, int *letter) {
    if (++f->at >= f->end) return ERROR_LAST(f->p, "f-string: expecting '}'");
    *letter = *f->at++;
    if (!strchr("sra", *letter))
        return ERROR_LAST(f->p, "f-string: invalid conversion character: expected 's', 'r', or 'a'");
    if (f->at >= f->end) return ERROR_LAST(f->p, "f-string: expecting '}'");
    return true;
}

static HdNode *run_position(HdParser *p, HdStringJoin *join, HdNode *node) {
    const HdToken *first = &p->tokens[join->first], *last = &p->tokens[join->last];
    node->lineno = first->lineno;
    node->col_offset = first->col;
    node->end_lineno = last->end_lineno;
    node->end_col_offset = last->end_col;
    return node;
}

/* Text collected so far becomes a node in front of the next field. */
static bool flush_text(HdParser *p, HdStringJoin *join) {
    if (!join->text.length) return true;
    HdNode *node = hd_parser_text_node(p, join, join->text.bytes, join->text.length);
    if (!node) return false;
    hd_parser_push(p, node);
    join->text = (HdTextBuffer){0};
    return !p->failed;
}

/* ':' parts, up to the closing brace. */
static HdNode *format_spec(Field *f, HdStringJoin *outer, int level) {
    HdParser *p = f->p;
    f->at++;
    if (f->at >= f->end) return ERROR_LAST(p, "f-string: expecting '}'");
    HdStringJoin join = {.first = outer->first, .last = outer->last, .token = outer->token, .base = p->top};
    if (!parts(f, &join, level + 1)) return NULL;
    join.first = join.last = outer->token; /* the end of a specification and its whole have the position of the token */
    if (!flush_text(p, &join)) return NULL;
    NODE(p, JoinedStr, n);
    n->values = hd_parser_list(p, join.base);
    return run_position(p, &join, &n->head);
}

/* '{' expression ['='] ['!' conversion] [':' specification] '}' */
static bool field(Field *f, HdStringJoin *join, int level) {
    HdParser *p = f->p;
    if (level >= 2) return ERROR_LAST(p, "f-string: expressions nested too deeply");
    const char *start = ++f->at;
    if (!skip_expression(f)) return false;
    HdNode *value = compile_expression(f, start, f->at, join->token), *spec = NULL;
    if (!value) return false;
    int letter = -1;
    bool debug = *f->at == '=';
    if (debug) {
        int minor = p->input->feature_minor;
        if (minor && minor < 8) return !hd_parser_too_old(p, 8, "f-string: self documenting expressions are");
        f->at++;
        while (f->at < f->end && (*f->at == ' ' || (*f->at >= '\t' && *f->at <= '\r'))) f->at++;
        if (f->at >= f->end) return ERROR_LAST(p, "f-string: expecting '}'");
        if (!hd_parser_text_add(p, &join->text, start, (size_t)(f->at - start))) return false;
    }
    if (*f->at == '!' && !conversion(f, &letter)) return false;
    if (*f->at == ':' && !flush_text(p, join)) return false; /* the list of the specification grows behind ours */
    if (*f->at == ':' && !(spec = format_spec(f, join, level))) return false;
    if (f->at >= f->end || *f->at != '}') return ERROR_LAST(p, "f-string: expecting '}'");
    f->at++;
    if (debug && !spec && letter == -1) letter = 'r';
    if (!flush_text(p, join)) return false;
    HdAstFormattedValue *n = (HdAstFormattedValue *)new_node(p, HD_AST_FormattedValue);
    if (!n) return false;
    n->value = value;
    n->conversion = letter;
    n->format_spec = spec;
    hd_parser_push(p, run_position(p, join, &n->head));
    return !p->failed;
}

/* Text and fields up to the end of the body, or of the specification. */
static bool parts(Field *f, HdStringJoin *join, int level) {
    for (;;) {
        bool at_field;
        if (!literal_part(f, join, level, &at_field)) return false;
        if (!at_field) continue;
        if (f->at >= f->end || *f->at == '}') return true;
        if (!field(f, join, level)) return false;
    }
}

bool hd_parser_fstring(HdParser *p, HdStringJoin *join, const char *body, const char *end, bool raw) {
    Field f = {.p = p, .join = join, .at = body, .end = end, .raw = raw};
    if (!parts(&f, join, 0)) return false;
    if (f.at < f.end) return ERROR_LAST(p, "f-string: unexpected end of string");
    return true;
}
