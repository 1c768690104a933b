/* traceback_print.c -- see traceback_print.h. */
#include "traceback_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "frame.h"
#include "import.h"
#include "parse.h"
#include "utf8.h"
#include "vm.h"

enum {
    INDENT = 4,
    REPEATS = 3,         /* equal entries in a row that are shown */
    MAX_GROUP_WIDTH = 15,
    MAX_GROUP_DEPTH = 10,
    LINE_MAX_BYTES = 4096,
};

typedef struct Printer {
    HdThread *t;
    HdStrBuilder *out;
    HdValue seen;       /* set of ids of exceptions already shown */
    int margin;         /* columns in front of each line, inside groups */
    int group_depth;
    bool need_close;
    long limit;         /* sys.tracebacklimit */
} Printer;

static int print_exception(Printer *p, HdValue exception, bool with_traceback, HdValue traceback);

/* --- pieces of text --- */

static void text(Printer *p, const char *utf8) { hd_str_builder_text(p->out, utf8); }
static void margin(Printer *p) {
    if (p->group_depth == 0) return;
    hd_str_builder_fill(p->out, ' ', p->margin);
    text(p, "| ");
}
/* A str whose further lines each get the margin too. */
static void str_with_margin(Printer *p, HdValue str) {
    HdSize start = 0, length = hd_str_length(str);
    for (;;) {
        HdSize end = hd_str_find_char(str, '\n', start, length, false);
        if (end < 0 || end + 1 >= length) {
            hd_str_builder_slice(p->out, str, start, length);
            return;
        }
        hd_str_builder_slice(p->out, str, start, end + 1);
        margin(p);
        start = end + 1;
    }
}

/* --- source lines --- */

/* Reads line `number` of a file into `line` (without the newline); false when it cannot be had. */
static bool read_line(const char *path, int number, char *line, size_t size) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool found = false, whole = true;
    for (int at = 1; fgets(line, (int)size, file);) {
        size_t length = strlen(line);
        bool ends = length && line[length - 1] == '\n';
        if (at == number && whole) {
            while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) line[--length] = 0;
            found = true;
            break;
        }
        whole = ends;
        at += ends;
    }
    fclose(file);
    return found;
}

static bool source_line(HdThread *t, HdValue filename, int number, char *line, size_t size) {
    const char *path = hd_str_utf8(t, filename, NULL);
    if (!path) {
        hd_clear_raised(t);
        return false;
    }
    if (path[0] == '<') return false;
    if (read_line(path, number, line, size)) return hd_utf8_valid(line, strlen(line), false);
    if (path[0] == '/') return false;
    HD_OWNED HdValue folders = hd_dict_get_text(t, hd_runtime.sys_dict, "path");
    if (hd_is_null(folders) || !hd_is_list(folders)) return false;
    for (HdSize i = 0; i < hd_list_length(folders); i++) {
        HD_OWNED HdValue folder = hd_list_get(t, folders, i);
        const char *text = !hd_is_null(folder) && hd_is_str(folder) ? hd_str_utf8(t, folder, NULL) : NULL;
        char full[LINE_MAX_BYTES];
        if (!text) hd_clear_raised(t);
        else if (snprintf(full, sizeof full, "%s/%s", text, path) < (int)sizeof full && read_line(full, number, line, size))
            return hd_utf8_valid(line, strlen(line), false);
    }
    return false;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

bool hd_traceback_anchors(const char *segment, size_t length, int *left_end, int *right_start) {
    HdArena arena;
    hd_arena_init(&arena);
    bool found = false;
    HdParseInput input = {.source = segment, .length = length, .mode = HD_PARSE_EXEC, .source_is_text = true};
    HdParseResult result;
    HdSyntaxError error;
    if (hd_parse(&arena, &input, &result, &error)) {
        HdAstModule *module = HD_AST(Module, result.tree);
        HdNode *statement = module->body.count == 1 ? module->body.items[0] : NULL;
        HdNode *value = statement && statement->kind == HD_AST_Expr ? HD_AST(Expr, statement)->value : NULL;
        if (value && value->kind == HD_AST_BinOp && value->lineno == value->end_lineno) {
            HdAstBinOp *op = HD_AST(BinOp, value);
            for (int i = op->left->end_col_offset; i < op->right->col_offset; i++) {
                if (is_blank(segment[i])) continue;
                *left_end = i;
                *right_start = i + 1;
                if (i + 1 < op->right->col_offset && !is_blank(segment[i + 1])) ++*right_start;
                found = true;
                break;
            }
        } else if (value && value->kind == HD_AST_Subscript && value->lineno == value->end_lineno) {
            HdAstSubscript *subscript = HD_AST(Subscript, value);
            *left_end = subscript->value->end_col_offset;
            *right_start = subscript->slice->end_col_offset + 1;
            found = true;
        }
    }
    hd_arena_free(&arena);
    return found;
}

/* The line of carets under a source line that was printed from `line + skipped` on. */
static void print_carets(Printer *p, const char *line, size_t skipped, const HdPosition *at) {
    size_t length = strlen(line);
    if (at->line <= 0 || at->column < 0 || at->end_column < 0 || (size_t)at->column > length) return;
    size_t end = at->end_line == at->line ? (size_t)at->end_column : length;
    if (end > length) return;
    int left = -1, right = -1;
    if (at->end_line == at->line) {
        if (end <= (size_t)at->column) return;
        hd_traceback_anchors(line + at->column, end - (size_t)at->column, &left, &right);
    } else {
        while (end > (size_t)at->column && is_blank(line[end - 1])) end--;
    }
    size_t stripped = length;
    while (stripped > skipped && is_blank(line[stripped - 1])) stripped--;
    size_t start_chars = hd_utf8_count(line + skipped, (size_t)at->column > skipped ? (size_t)at->column - skipped : 0);
    size_t end_chars = hd_utf8_count(line + skipped, end - skipped);
    if (left < 0 && end_chars - start_chars == hd_utf8_count(line + skipped, stripped - skipped)) return;
    size_t left_chars = 0, right_chars = 0;
    if (left >= 0) {
        left_chars = start_chars + hd_utf8_count(line + at->column, (size_t)left);
        right_chars = start_chars + hd_utf8_count(line + at->column, (size_t)right);
    }
    margin(p);
    hd_str_builder_fill(p->out, ' ', INDENT);
    for (size_t i = 0; i < end_chars; i++) {
        const char *mark = i < start_chars ? " " : left < 0 ? "^" : i >= left_chars && i < right_chars ? "^" : "~";
        text(p, mark);
    }
    text(p, "\n");
}

/* --- tracebacks --- */

static void print_entry(Printer *p, HdTraceback *entry) {
    HD_OWNED HdValue held = hd_frame_object_code(p->t, entry->frame);
    if (hd_is_null(held)) return;
    HdCode *code = hd_code(held);
    margin(p);
    text(p, "  File \"");
    hd_str_builder_str(p->out, code->filename);
    char number[48];
    snprintf(number, sizeof number, "\", line %d, in ", hd_traceback_line(entry));
    text(p, number);
    hd_str_builder_str(p->out, code->name);
    text(p, "\n");
    char line[LINE_MAX_BYTES];
    if (hd_traceback_line(entry) <= 0 || !source_line(p->t, code->filename, hd_traceback_line(entry), line, sizeof line)) return;
    size_t skipped = 0, length = strlen(line);
    while (is_blank(line[skipped])) skipped++;
    while (length > skipped && is_blank(line[length - 1])) length--;
    if (length == skipped) return;
    margin(p);
    hd_str_builder_fill(p->out, ' ', INDENT);
    char kept = line[length];
    line[length] = 0;
    text(p, line + skipped);
    line[length] = kept;
    text(p, "\n");
    HdPosition at;
    hd_code_position(code, (uint32_t)entry->lasti / 2, &at);
    if (at.line == hd_traceback_line(entry)) print_carets(p, line, skipped, &at);
}

static bool same_place(HdThread *t, HdTraceback *a, HdTraceback *b) {
    HD_OWNED HdValue x = hd_frame_object_code(t, a->frame);
    HD_OWNED HdValue y = hd_frame_object_code(t, b->frame);
    return !hd_is_null(x) && hd_same(x, y) && hd_traceback_line(a) == hd_traceback_line(b);
}

static void print_repeats(Printer *p, long count) {
    if (count <= REPEATS) return;
    char line[80];
    count -= REPEATS;
    snprintf(line, sizeof line, count > 1 ? "  [Previous line repeated %ld more times]\n" : "  [Previous line repeated %ld more time]\n", count);
    margin(p);
    text(p, line);
}

static void print_traceback(Printer *p, HdValue traceback) {
    long depth = 0;
    for (HdValue at = traceback; !hd_is_null(at) && !hd_is_none(at); at = HD_AS(HdTraceback, at)->next) depth++;
    HdTraceback *last = NULL;
    long count = 0;
    for (HdValue at = traceback; !hd_is_null(at) && !hd_is_none(at); at = HD_AS(HdTraceback, at)->next, depth--) {
        if (depth > p->limit) continue;
        HdTraceback *entry = HD_AS(HdTraceback, at);
        if (!last || !same_place(p->t, last, entry)) {
            print_repeats(p, count);
            last = entry;
            count = 0;
        }
        if (++count <= REPEATS) print_entry(p, entry);
    }
    print_repeats(p, count);
}

/* --- one exception --- */

/* "  File …, line n", the text and the carets of a SyntaxError; false when the attributes do not allow it. */
static bool print_syntax_error(Printer *p, HdValue exception) {
    HdSyntaxErrorObject *e = HD_AS(HdSyntaxErrorObject, exception);
    if (hd_is_null(e->lineno) || !hd_is_imm_int(e->lineno)) return false;
    char number[48];
    snprintf(number, sizeof number, "\", line %lld\n", (long long)hd_imm_int_value(e->lineno));
    margin(p);
    text(p, "  File \"");
    if (hd_is_null(e->filename) || hd_is_none(e->filename) || !hd_is_str(e->filename)) text(p, "<string>");
    else hd_str_builder_str(p->out, e->filename);
    text(p, number);
    if (hd_is_null(e->text) || !hd_is_str(e->text)) return true;
    HdSize end = hd_str_length(e->text), start = 0;
    while (end && (hd_str_at(e->text, end - 1) == '\n' || hd_str_at(e->text, end - 1) == '\r')) end--;
    HdSize newline = hd_str_find_char(e->text, '\n', 0, end, true);
    if (newline >= 0) start = newline + 1;
    while (start < end && is_blank((char)hd_str_at(e->text, start)) && hd_str_at(e->text, start) < 128) start++;
    while (end > start && hd_str_at(e->text, end - 1) == ' ') end--;
    margin(p);
    text(p, "    ");
    hd_str_builder_slice(p->out, e->text, start, end);
    text(p, "\n");
    if (hd_is_null(e->offset) || !hd_is_imm_int(e->offset)) return true;
    int64_t from = hd_imm_int_value(e->offset) - 1 - start, to = from + 1;
    if (!hd_is_null(e->end_offset) && hd_is_imm_int(e->end_offset)) {
        bool same_line = hd_is_null(e->end_lineno) || hd_is_none(e->end_lineno) || hd_same(e->end_lineno, e->lineno);
        to = same_line ? hd_imm_int_value(e->end_offset) - 1 - start : end - start;
        if (hd_imm_int_value(e->end_offset) == 0 || to <= from) to = from + 1;
    }
    if (from < 0) return true;
    if (from > end - start) from = end - start;
    if (to > end - start) to = end - start;
    if (to <= from) to = from + 1;
    margin(p);
    text(p, "    ");
    hd_str_builder_fill(p->out, ' ', from);
    hd_str_builder_fill(p->out, '^', to - from);
    text(p, "\n");
    return true;
}

/* "module.Qualname" of the exception's class; bare for builtins and __main__. */
static void print_class(Printer *p, HdValue exception) {
    HdThread *t = p->t;
    HdValue type = hd_type_value(hd_type_of(exception));
    HD_OWNED HdValue module = HD_NULL;
    if (hd_object_find_attr(t, type, HD_NAME("__module__"), &module) < 0) hd_clear_raised(t);
    if (hd_is_null(module) || !hd_is_str(module)) text(p, "<unknown>.");
    else if (!hd_str_equals_text(module, "builtins") && !hd_str_equals_text(module, "__main__")) {
        hd_str_builder_str(p->out, module);
        text(p, ".");
    }
    HD_OWNED HdValue name = HD_NULL;
    if (hd_object_find_attr(t, type, HD_NAME("__qualname__"), &name) < 0) hd_clear_raised(t);
    if (hd_is_null(name) || !hd_is_str(name)) text(p, "<unknown>");
    else hd_str_builder_str(p->out, name);
}

static void print_notes(Printer *p, HdValue exception) {
    HdThread *t = p->t;
    HD_OWNED HdValue notes = HD_NULL;
    if (hd_object_find_attr(t, exception, HD_NAME("__notes__"), &notes) < 0) hd_clear_raised(t);
    if (hd_is_null(notes)) return;
    bool sequence = hd_is_list(notes) || hd_is_tuple(notes);
    HD_OWNED HdValue items = sequence ? hd_object_fast_sequence(t, notes, "") : hd_list_from_values(t, &notes, 1);
    HdSize count = hd_is_null(items) ? 0 : hd_object_length(t, items);
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue note = hd_object_getitem_index(t, items, i);
        HD_OWNED HdValue shown = hd_is_null(note) ? HD_NULL : sequence ? hd_object_str(t, note) : hd_object_repr(t, note);
        margin(p);
        if (hd_is_null(shown)) text(p, "<note str() failed>");
        else str_with_margin(p, shown);
        text(p, "\n");
        hd_clear_raised(t);
    }
    hd_clear_raised(t);
}

static void print_message(Printer *p, HdValue exception) {
    HdThread *t = p->t;
    bool syntax = hd_is_instance(exception, &hd_SyntaxError) && print_syntax_error(p, exception);
    margin(p);
    print_class(p, exception);
    HD_OWNED HdValue message = HD_NULL;
    if (syntax) {
        HdValue own = HD_AS(HdSyntaxErrorObject, exception)->msg;
        message = hd_is_null(own) ? HD_NULL : hd_object_str(t, own);
    } else {
        message = hd_object_str(t, exception);
    }
    if (hd_is_null(message)) {
        text(p, ": <exception str() failed>");
        hd_clear_raised(t);
    } else if (hd_str_length(message)) {
        text(p, ": ");
        str_with_margin(p, message);
    }
    HD_OWNED HdValue suggestion = hd_suggestion(t, exception);
    if (hd_is_null(suggestion)) hd_clear_raised(t);
    else if (!hd_is_none(suggestion)) {
        text(p, ". Did you mean: '");
        hd_str_builder_str(p->out, suggestion);
        text(p, "'?");
    }
    text(p, "\n");
    print_notes(p, exception);
}

static void print_single(Printer *p, HdValue exception, HdValue traceback) {
    if (!hd_is_null(traceback) && !hd_is_none(traceback) && p->limit > 0) {
        margin(p);
        text(p, "Traceback (most recent call last):\n");
        print_traceback(p, traceback);
    }
    print_message(p, exception);
}

/* --- groups --- */

static void print_group_rule(Printer *p, HdSize number, HdSize total, bool truncated) {
    hd_str_builder_fill(p->out, ' ', p->margin);
    char line[80];
    if (truncated) snprintf(line, sizeof line, "%s+---------------- ... ----------------\n", number == 1 ? "+-" : "  ");
    else snprintf(line, sizeof line, "%s+---------------- %lld ----------------\n", number == 1 ? "+-" : "  ", (long long)number);
    (void)total;
    text(p, line);
}

static int print_group(Printer *p, HdValue exception, HdValue traceback) {
    HdThread *t = p->t;
    bool top = p->group_depth == 0;
    if (p->group_depth >= MAX_GROUP_DEPTH) {
        margin(p);
        text(p, "... (max_group_depth is 10)\n");
        return 0;
    }
    if (top) {
        p->margin += 2;
        p->group_depth = 1;
    }
    if (!hd_is_null(traceback) && !hd_is_none(traceback) && p->limit > 0) {
        hd_str_builder_fill(p->out, ' ', p->margin);
        text(p, top ? "+ Exception Group Traceback (most recent call last):\n" : "| Exception Group Traceback (most recent call last):\n");
        print_traceback(p, traceback);
    }
    print_message(p, exception);
    HD_OWNED HdValue members = hd_retain(t, HD_AS(HdExceptionGroup, exception)->exceptions);
    HdSize count = hd_is_tuple(members) ? hd_tuple_length(members) : 0, shown = count <= MAX_GROUP_WIDTH ? count : MAX_GROUP_WIDTH + 1;
    p->need_close = false;
    for (HdSize i = 0; i < shown; i++) {
        bool last = i == shown - 1;
        if (last) p->need_close = true;
        bool truncated = i >= MAX_GROUP_WIDTH;
        print_group_rule(p, i + 1, count, truncated);
        p->group_depth++;
        p->margin += 2;
        int status = 0;
        if (truncated) {
            char line[80];
            snprintf(line, sizeof line, "and %lld more exception%s\n", (long long)(count - MAX_GROUP_WIDTH), count - MAX_GROUP_WIDTH > 1 ? "s" : "");
            margin(p);
            text(p, line);
        } else {
            HdValue member = hd_tuple_at_borrowed(members, i);
            status = print_exception(p, member, true, hd_exception_traceback_borrowed(member));
        }
        if (last && p->need_close) {
            hd_str_builder_fill(p->out, ' ', p->margin);
            text(p, "+------------------------------------\n");
            p->need_close = false;
        }
        p->group_depth--;
        p->margin -= 2;
        if (status < 0) return -1;
    }
    if (top) {
        p->margin -= 2;
        p->group_depth = 0;
    }
    return 0;
}

/* --- chains --- */

/* 1 if the exception was shown before; marks it. */
static int mark_seen(Printer *p, HdValue exception) {
    HD_OWNED HdValue id = hd_int_from_u64(p->t, exception.bits);
    int known = hd_is_null(id) ? -1 : hd_set_contains(p->t, p->seen, id);
    return known ? known : hd_set_add(p->t, p->seen, id);
}

static int print_linked(Printer *p, HdValue linked, const char *message) {
    HD_OWNED HdValue id = hd_int_from_u64(p->t, linked.bits);
    int known = hd_set_contains(p->t, p->seen, id);
    if (known) return known < 0 ? -1 : 0;
    bool need_close = p->need_close;
    p->need_close = false;
    int status = print_exception(p, linked, true, hd_exception_traceback_borrowed(linked));
    p->need_close = need_close;
    if (status < 0) return -1;
    margin(p);
    text(p, "\n");
    margin(p);
    text(p, message);
    margin(p);
    text(p, "\n");
    return 0;
}

static int print_exception(Printer *p, HdValue exception, bool with_traceback, HdValue traceback) {
    if (hd_stack_low(p->t)) return -1;
    if (mark_seen(p, exception) < 0) return -1;
    HdException *e = HD_AS(HdException, exception);
    if (!hd_is_null(e->cause) && !hd_is_none(e->cause)) {
        if (print_linked(p, e->cause, "The above exception was the direct cause of the following exception:\n") < 0) return -1;
    } else if (!hd_is_null(e->context) && !hd_is_none(e->context) && !e->suppress_context) {
        if (print_linked(p, e->context, "During handling of the above exception, another exception occurred:\n") < 0) return -1;
    }
    if (!with_traceback) traceback = HD_NULL;
    if (hd_is_instance(exception, &hd_BaseExceptionGroup)) return print_group(p, exception, traceback);
    print_single(p, exception, traceback);
    return 0;
}

/* --- where it goes --- */

static void write_plain(const char *bytes, size_t length) {
    while (length) {
        ssize_t written = write(2, bytes, length);
        if (written <= 0) return;
        bytes += written;
        length -= (size_t)written;
    }
}

static void write_str(HdThread *t, HdValue str) {
    HD_OWNED HdValue err = hd_is_null(hd_runtime.sys_dict) ? HD_NULL : hd_dict_get_text(t, hd_runtime.sys_dict, "stderr");
    if (!hd_is_null(err) && hd_is_none(err)) return;
    if (!hd_is_null(err)) {
        HdValue written = hd_object_call_method1(t, err, "write", str);
        if (!hd_is_null(written)) {
            hd_release(t, written);
            written = hd_object_call_method0(t, err, "flush");
            if (!hd_is_null(written)) hd_release(t, written);
        }
        hd_clear_raised(t);
        return;
    }
    HdSize length;
    const char *bytes = hd_str_utf8(t, str, &length);
    if (bytes) write_plain(bytes, (size_t)length);
    hd_clear_raised(t);
}

void hd_traceback_write(HdThread *t, const char *utf8) {
    HD_OWNED HdValue str = hd_str_from_text(t, utf8);
    if (!hd_is_null(str)) write_str(t, str);
    hd_clear_raised(t);
}

static long traceback_limit(HdThread *t) {
    HD_OWNED HdValue limit = hd_is_null(hd_runtime.sys_dict) ? HD_NULL : hd_dict_get_text(t, hd_runtime.sys_dict, "tracebacklimit");
    if (hd_is_null(limit) || !hd_is_imm_int(limit)) return 1000;
    int64_t n = hd_imm_int_value(limit);
    return n < 0 ? 0 : n > 1000000 ? 1000000 : (long)n;
}

void hd_traceback_print_exception(HdThread *t, HdValue exception, HdValue traceback) {
    if (!hd_is_exception(exception)) {
        HD_OWNED HdValue line = hd_str_format(t, "TypeError: print_exception(): Exception expected for value, %T found\n", exception);
        if (!hd_is_null(line)) write_str(t, line);
        hd_clear_raised(t);
        return;
    }
    HdValue pending = t->exception;
    t->exception = HD_NULL;
    HdStrBuilder out;
    hd_str_builder_init(&out, t);
    HD_OWNED HdValue seen = hd_set_new(t, HD_NULL);
    Printer p = {.t = t, .out = &out, .seen = seen, .limit = traceback_limit(t)};
    if (hd_is_null(traceback)) traceback = hd_exception_traceback_borrowed(exception);
    if (hd_is_null(seen) || print_exception(&p, exception, true, traceback) < 0) {
        hd_clear_raised(t);
        print_message(&p, exception);
    }
    HD_OWNED HdValue whole = hd_str_builder_finish(&out);
    if (!hd_is_null(whole)) write_str(t, whole);
    hd_clear_raised(t);
    t->exception = pending;
}

void hd_traceback_print_plain(HdThread *t) {
    HD_OWNED HdValue exception = hd_take_raised(t);
    if (!hd_is_null(exception)) hd_traceback_print_exception(t, exception, HD_NULL);
}

/* --- unraisable --- */

void hd_traceback_print_unraisable(HdThread *t, HdValue args) {
    HD_OWNED HdValue exception = hd_object_getattr_text(t, args, "exc_value");
    HD_OWNED HdValue message = hd_is_null(exception) ? HD_NULL : hd_object_getattr_text(t, args, "err_msg");
    HD_OWNED HdValue traceback = hd_is_null(message) ? HD_NULL : hd_object_getattr_text(t, args, "exc_traceback");
    HD_OWNED HdValue object = hd_is_null(traceback) ? HD_NULL : hd_object_getattr_text(t, args, "object");
    if (hd_is_null(object)) {
        hd_clear_raised(t);
        return;
    }
    HD_OWNED HdValue where = hd_is_none(object) ? hd_str_empty() : hd_object_repr(t, object);
    if (hd_is_null(where)) {
        hd_clear_raised(t);
        where = hd_str_from_text(t, "<object repr() failed>");
    }
    HD_OWNED HdValue head = !hd_is_none(message) ? hd_str_format(t, hd_is_none(object) ? "%V:\n" : "%V: %U\n", message, where)
                            : hd_is_none(object) ? hd_str_empty()
                                                 : hd_str_format(t, "Exception ignored in: %U\n", where);
    if (!hd_is_null(head) && hd_str_length(head)) write_str(t, head);
    hd_clear_raised(t);
    if (hd_is_exception(exception)) hd_traceback_print_exception(t, exception, traceback);
}

/* One entry for the place where the innermost frame is; HD_NULL: there is none. */
static HdValue traceback_of_frame(HdThread *t) {
    HdFrame *frame = hd_frame_current(t);
    if (!frame) return HD_NULL;
    HdValue object = hd_frame_object_borrowed(t, frame);
    HdValue made = hd_is_null(object) ? HD_NULL : hd_traceback_new(t, HD_NULL, object, 2 * (int)hd_frame_index(frame), HD_LINE_LATER);
    hd_clear_raised(t);
    return made;
}

void hd_traceback_unraisable(HdThread *t, const char *message, HdValue where) {
    HD_OWNED HdValue exception = hd_take_raised(t);
    if (hd_is_null(exception)) return;
    HD_OWNED HdValue args = hd_simple_namespace_new(t, HD_NULL);
    HD_OWNED HdValue text = message ? hd_str_format(t, "Exception ignored %s", message) : hd_None;
    HdValue traceback = hd_exception_traceback_borrowed(exception);
    HD_OWNED HdValue here = hd_is_null(traceback) || hd_is_none(traceback) ? traceback_of_frame(t) : HD_NULL;
    if (!hd_is_null(here)) traceback = here;
    bool ok = !hd_is_null(args) && !hd_is_null(text) && hd_object_setattr(t, args, HD_NAME("exc_type"), hd_type_value(hd_type_of(exception))) == 0 &&
              hd_object_setattr(t, args, HD_NAME("exc_value"), exception) == 0 &&
              hd_object_setattr(t, args, HD_NAME("exc_traceback"), hd_is_null(traceback) ? hd_None : traceback) == 0 &&
              hd_object_setattr(t, args, HD_NAME("err_msg"), text) == 0 &&
              hd_object_setattr(t, args, HD_NAME("object"), hd_is_null(where) ? hd_None : where) == 0;
    HD_OWNED HdValue hook = ok && !hd_is_null(hd_runtime.sys_dict) ? hd_dict_get_text(t, hd_runtime.sys_dict, "unraisablehook") : HD_NULL;
    if (!hd_is_null(hook) && !hd_is_none(hook)) {
        HdValue shown = hd_object_call1(t, hook, args);
        if (!hd_is_null(shown)) {
            hd_release(t, shown);
            return;
        }
        hd_traceback_write(t, "Exception ignored in sys.unraisablehook\n");
        hd_traceback_print_plain(t);
        return;
    }
    hd_clear_raised(t);
    hd_traceback_print_exception(t, exception, HD_NULL);
}
