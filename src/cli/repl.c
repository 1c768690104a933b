/* repl.c -- see repl.h. A statement is complete when the compiler says so; a block ends with an empty line. */
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
} Input;

static void prompt(HdThread *t, const char *name, const char *usual) {
    HD_OWNED HdValue given = hd_dict_get_text(t, hd_runtime.sys_dict, name);
    HD_OWNED HdValue text = hd_is_null(given) ? hd_str_from_text(t, usual) : hd_object_str(t, given);
    const char *bytes = hd_is_null(text) ? NULL : hd_str_utf8(t, text, NULL);
    hd_clear_raised(t);
    fputs(bytes ? bytes : usual, stderr);
    fflush(stderr);
}

/* Appends one line: 1, 0 at the end of input, -1 raised (Ctrl-C, no memory). */
static int read_line(HdThread *t, Input *in) {
    for (;;) {
        char c;
        HdBlockingResult got = hd_blocking_read(t, 0, &c, 1);
        if (got.raised) return -1;
        if (got.value <= 0) return in->length ? 1 : 0;
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
        if (c == '\n') return 1;
    }
}

/* The statement in `in` as code: HD_NULL and *more when it goes on in the next line. */
static HdValue compile_input(HdThread *t, Input *in, bool *more) {
    HD_OWNED HdValue filename = hd_str_from_text(t, "<stdin>");
    if (hd_is_null(filename)) return HD_NULL;
    HdValue code = hd_compile_source(t, in->bytes, (HdSize)in->length, filename, HD_PARSE_SINGLE,
                                     HD_COMPILE_DONT_IMPLY_DEDENT | HD_COMPILE_ALLOW_INCOMPLETE, hd_runtime.config->optimize);
    *more = false;
    if (!hd_is_null(code) || !hd_raised_is(t, &hd_SyntaxError)) return code;
    HdValue message = HD_AS(HdSyntaxErrorObject, t->exception)->msg;
    if (!hd_is_null(message) && hd_is_str(message) && hd_str_equals_text(message, "incomplete input")) {
        hd_clear_raised(t);
        *more = true;
    }
    return HD_NULL;
}

/* Runs one statement; the exit status if it ends the session, else -1. */
static int run_statement(HdThread *t, HdValue code, HdValue namespace) {
    HdValue result = hd_is_null(code) ? HD_NULL : hd_vm_exec_code(t, code, namespace, HD_NULL);
    if (!hd_is_null(result)) {
        hd_release(t, result);
        return -1;
    }
    if (hd_raised_is(t, &hd_SystemExit)) return hd_report_uncaught(t);
    (void)hd_report_uncaught(t);
    return -1;
}

int hd_repl_run(HdThread *t, HdValue namespace) {
    if (isatty(0) && !hd_runtime.config->quiet)
        fputs("Heddle 0.1.0 (Python 3.11) on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n", stderr);
    Input in = {0};
    int status = -1;
    bool more = false, ended = false;
    while (status < 0 && !ended) {
        prompt(t, more ? "ps2" : "ps1", more ? "... " : ">>> ");
        size_t before = in.length;
        int got = read_line(t, &in);
        if (got < 0) {
            in.length = 0;
            more = false;
            if (!hd_raised_is(t, &hd_KeyboardInterrupt)) {
                status = hd_report_uncaught(t);
                break;
            }
            hd_clear_raised(t);
            fputs("\nKeyboardInterrupt\n", stderr);
            continue;
        }
        ended = got == 0 || (in.length == before);
        if (in.length == 0) continue;
        HD_OWNED HdValue code = compile_input(t, &in, &more);
        if (more && !ended) continue;
        more = false;
        status = run_statement(t, code, namespace);
        in.length = 0;
    }
    free(in.bytes);
    if (isatty(0)) fputc('\n', stderr);
    return status < 0 ? 0 : status;
}
