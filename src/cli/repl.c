/* repl.c -- see repl.h. A statement is complete when the compiler says so; a block ends with an empty line. Prompts go
 * to stderr. Standard input is read byte by byte, so that what follows a statement is left for input() and sys.stdin.
 */
#include "repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "blocking.h"
#include "compile.h"
#include "config.h"
#include "heddle/module.h"
#include "start.h"
#include "vm.h"

/* Statement text read so far. */
typedef struct Input {
    char *bytes;
    size_t length, capacity;
    bool ended; /* the end came where a statement could begin */
} Input;

bool hd_repl_wanted(void) { return hd_runtime.config->interactive || isatty(0); }

void hd_repl_greet(void) {
    if (hd_runtime.config->quiet) return;
    fputs("Heddle 0.1.0 (Python 3.11) on linux\n", stderr);
    if (!hd_runtime.config->no_site)
        fputs("Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n", stderr);
}

/* --- prompts --- */

static int set_prompts(HdThread *t) {
    static const char *const prompts[][2] = {{"ps1", ">>> "}, {"ps2", "... "}};
    for (int i = 0; i < 2; i++) {
        HD_OWNED HdValue name = hd_str_intern_text(t, prompts[i][0]);
        int there = hd_is_null(name) ? -1 : hd_dict_contains(t, hd_runtime.sys_dict, name);
        if (there < 0) return -1;
        if (there) continue;
        HD_OWNED HdValue text = hd_str_from_text(t, prompts[i][1]);
        if (hd_is_null(text) || hd_dict_set(t, hd_runtime.sys_dict, name, text) < 0) return -1;
    }
    return 0;
}

/* str(sys.ps1); nothing if that fails. */
static void prompt(HdThread *t, const char *name) {
    HD_OWNED HdValue given = hd_dict_get_text(t, hd_runtime.sys_dict, name);
    HD_OWNED HdValue text = hd_is_null(given) ? HD_NULL : hd_object_str(t, given);
    const char *bytes = hd_is_null(text) ? NULL : hd_str_utf8(t, text, NULL);
    hd_clear_raised(t);
    if (bytes) fputs(bytes, stderr);
    fflush(stderr);
}

/* --- reading --- */

static int append(HdThread *t, Input *in, char c) {
    if (in->length + 2 > in->capacity) {
        size_t capacity = in->capacity ? in->capacity * 2 : 256;
        char *grown = realloc(in->bytes, capacity);
        if (!grown) {
            hd_raise_no_memory(t);
            return -1;
        }
        in->bytes = grown;
        in->capacity = capacity;
    }
    in->bytes[in->length++] = c;
    in->bytes[in->length] = 0;
    return 0;
}

/* Appends one line: 1, 0 at the end of input, -1 raised (Ctrl-C, no memory). A last line without a newline gets one. */
static int read_line(HdThread *t, Input *in) {
    for (size_t start = in->length;;) {
        char c;
        HdBlockingResult got = hd_blocking_read(t, 0, &c, 1);
        if (got.raised) return -1;
        if (got.value <= 0) {
            if (in->length > start) prompt(t, "ps2");
            fputc('\n', stderr);
            return in->length > start ? append(t, in, '\n') : 0;
        }
        if (append(t, in, c) < 0) return -1;
        if (c == '\n') return 1;
    }
}

/* Whether text from `start` is nothing but blanks, or, if `comments`, one comment. */
static bool is_blank(const Input *in, size_t start, bool comments) {
    while (start < in->length && strchr(" \t\f\r\n", in->bytes[start])) start++;
    return start == in->length || (comments && in->bytes[start] == '#' &&
                                   memchr(in->bytes + start, '\n', in->length - start) == in->bytes + in->length - 1);
}

/* The first `length` bytes as code. */
static HdValue compile_part(HdThread *t, const Input *in, size_t length, int flags) {
    HD_OWNED HdValue filename = hd_str_from_text(t, "<stdin>");
    if (hd_is_null(filename)) return HD_NULL;
    return hd_compile_source(t, in->bytes, (HdSize)length, filename, HD_PARSE_SINGLE, flags,
                             hd_runtime.config->optimize);
}

static bool is_incomplete(HdThread *t) {
    if (!hd_raised_is(t, &hd_SyntaxError)) return false;
    HdValue message = HD_AS(HdSyntaxErrorObject, t->exception)->msg;
    return !hd_is_null(message) && hd_is_str(message) && hd_str_equals_text(message, "incomplete input");
}

/* The statement in `in`, whose last line begins at `last`, as code: HD_NULL and *more when it goes on in the next line.
 * The parser takes a block for complete when a newline follows it; so the last newline is left out, and an empty line
 * is what ends a block. */
static HdValue compile_input(HdThread *t, Input *in, size_t last, bool *more) {
    enum { ASK_FOR_MORE = HD_COMPILE_DONT_IMPLY_DEDENT | HD_COMPILE_ALLOW_INCOMPLETE };
    bool empty_line = is_blank(in, last, false);
    HdValue code = compile_part(t, in, empty_line ? last : in->length - 1, ASK_FOR_MORE);
    if (!hd_is_null(code) || !is_incomplete(t)) return code;
    hd_clear_raised(t);
    HD_OWNED HdValue with_newline = compile_part(t, in, in->length, ASK_FOR_MORE);
    if (hd_is_null(with_newline)) { /* an error that no further line mends? */
        if (!is_incomplete(t)) return HD_NULL;
        hd_clear_raised(t);
    }
    if (empty_line) { /* within brackets or a string it counts for nothing; elsewhere a block was wanted */
        code = compile_part(t, in, in->length, 0);
        if (!hd_is_null(code) || hd_raised_is(t, &hd_IndentationError)) return code;
        hd_clear_raised(t);
    }
    *more = true;
    return HD_NULL;
}

/* Reads and compiles one statement, asking for more lines as long as it needs them: 1 and its code, 0 when there was
 * none, -1 raised. */
static int read_statement(HdThread *t, Input *in, HdValue *code) {
    in->length = 0;
    bool more = false;
    do {
        prompt(t, more ? "ps2" : "ps1");
        size_t last = in->length;
        int got = read_line(t, in);
        if (got < 0) return -1;
        in->ended = got == 0 && in->length == 0;
        if (is_blank(in, 0, true)) return 0;
        more = false;
        *code = got ? compile_input(t, in, last, &more) : compile_part(t, in, in->length, 0);
    } while (more);
    return hd_is_null(*code) ? -1 : 1;
}

/* --- the dialogue --- */

/* Reports what was raised; the exit status if that ends the dialogue, else -1. */
static int report(HdThread *t) {
    bool ends = hd_raised_is(t, &hd_SystemExit);
    int status = hd_report_uncaught(t);
    return ends ? status : -1;
}

/* One round; the exit status if it ends the dialogue, else -1. */
static int round_of(HdThread *t, Input *in, HdValue namespace) {
    HD_OWNED HdValue code = HD_NULL;
    int got = read_statement(t, in, &code);
    if (got < 0 && hd_raised_is(t, &hd_KeyboardInterrupt)) { /* Ctrl-C while typing drops what was typed */
        hd_clear_raised(t);
        fputs("\nKeyboardInterrupt\n", stderr);
        return -1;
    }
    HdValue result = got > 0 ? hd_vm_exec_code(t, code, namespace, HD_NULL) : HD_NULL;
    hd_release(t, result);
    int status = hd_raised(t) ? report(t) : -1;
    hd_flush_output(t);
    return status;
}

/* sys.__interactivehook__, by which site brings in history and completion. */
static void call_hook(HdThread *t) {
    HD_OWNED HdValue hook = hd_dict_get_text(t, hd_runtime.sys_dict, "__interactivehook__");
    if (hd_is_null(hook)) return;
    HdValue result = hd_object_call0(t, hook);
    if (!hd_is_null(result)) {
        hd_release(t, result);
        return;
    }
    fputs("Failed calling sys.__interactivehook__\n", stderr);
    (void)hd_report_uncaught(t);
}

int hd_repl_run(HdThread *t, HdValue namespace) {
    hd_runtime.config->inspect = 0; /* from here on SystemExit exits */
    if (!hd_runtime.config->isolated) call_hook(t);
    if (set_prompts(t) < 0) return hd_report_uncaught(t);
    Input in = {0};
    int status = -1;
    while (status < 0 && !in.ended) status = round_of(t, &in, namespace);
    free(in.bytes);
    return status < 0 ? 0 : status;
}
