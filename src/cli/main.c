/* main.c -- heddle [options] [script | -c code | -m module | -] [args]. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "import.h"
#include "heddle/module.h"
#include "modules_list.h"
#include "options.h"
#include "repl.h"
#include "script.h"
#include "start.h"

static int set_argv(HdThread *t, const HdConfig *c) {
    const char *first = c->command ? "-c" : c->module ? "-m" : c->script ? c->script : "";
    HD_OWNED HdValue argv = hd_list_new(t, c->arg_count + 1);
    HD_OWNED HdValue name = hd_str_from_fs(t, first, (HdSize)strlen(first));
    if (hd_is_null(argv) || hd_is_null(name) || hd_list_append(t, argv, name) < 0) return -1;
    for (int i = 0; i < c->arg_count; i++) {
        HD_OWNED HdValue item = hd_str_from_fs(t, c->args[i], (HdSize)strlen(c->args[i]));
        if (hd_is_null(item) || hd_list_append(t, argv, item) < 0) return -1;
    }
    return hd_dict_set_text(t, hd_runtime.sys_dict, "argv", argv);
}

static HdValue make_main(HdThread *t) {
    HD_OWNED HdValue name = hd_str_from_text(t, "__main__");
    HD_OWNED HdValue module = hd_is_null(name) ? HD_NULL : hd_module_new(t, name);
    if (hd_is_null(module) || hd_dict_set_text(t, hd_runtime.modules, "__main__", module) < 0) return HD_NULL;
    HdValue dict = hd_module_dict_borrowed(module);
    HD_OWNED HdValue annotations = hd_dict_new(t);
    if (hd_is_null(annotations) || hd_dict_set_text(t, dict, "__builtins__", hd_runtime.builtins_module) < 0 ||
        hd_dict_set_text(t, dict, "__annotations__", annotations) < 0)
        return HD_NULL;
    HD_OWNED HdValue loader = hd_object_getattr_text(t, hd_runtime.importlib, "BuiltinImporter");
    if (hd_is_null(loader) || hd_dict_set_text(t, dict, "__loader__", loader) < 0) return HD_NULL;
    return hd_retain(t, dict);
}

static int import_only(HdThread *t, const char *name) {
    HdValue module = hd_object_import(t, name);
    if (hd_is_null(module)) return -1;
    hd_release(t, module);
    return 0;
}

/* -c: the text must end with a newline, as a file does. */
static int run_command(HdThread *t, const char *command, HdValue namespace) {
    size_t length = strlen(command);
    HD_OWNED HdValue as_str = hd_str_from_fs(t, command, (HdSize)length);
    if (hd_is_null(as_str) || !hd_str_utf8(t, as_str, NULL)) {
        fputs("Unable to decode the command from the command line:\n", stderr);
        return hd_report_uncaught(t);
    }
    char *text = malloc(length + 2);
    if (!text) {
        hd_raise_no_memory(t);
        return hd_report_uncaught(t);
    }
    memcpy(text, command, length);
    memcpy(text + length, "\n", 2);
    int status = hd_script_run_source(t, text, length + 1, "<string>", false, namespace);
    free(text);
    return status;
}

/* Whether a prompt is to follow the program: -i, or PYTHONINSPECT, which the program itself may set. */
static bool inspect_after(const HdConfig *c) {
    const char *given = c->ignore_environment ? NULL : getenv("PYTHONINSPECT");
    return (c->inspect || (given && *given)) && hd_repl_wanted();
}

static int run(HdThread *t, const HdConfig *c) {
    HD_OWNED HdValue namespace = make_main(t);
    if (hd_is_null(namespace) || set_argv(t, c) < 0 || (!c->no_site && import_only(t, "site") < 0))
        return hd_report_uncaught(t);
    bool from_stdin = !c->command && !c->module && (!c->script || strcmp(c->script, "-") == 0);
    if ((c->command || c->module || from_stdin) && !c->safe_path) {
        char here[PATH_MAX];
        if (hd_script_prepend_path(t, c->module && getcwd(here, sizeof here) ? here : "") < 0)
            return hd_report_uncaught(t);
    }
    /* the options -W take effect when the module warnings is imported */
    if (c->warn_count && import_only(t, "warnings") < 0) return hd_report_uncaught(t);
    if (from_stdin && hd_repl_wanted()) {
        hd_repl_greet();
        hd_script_run_startup(t, namespace);
        return hd_repl_run(t, namespace);
    }
    int status = c->command  ? run_command(t, c->command, namespace)
                 : c->module ? hd_script_run_module(t, c->module)
                 : from_stdin ? hd_script_run_stdin(t, namespace)
                              : hd_script_run_file(t, c, namespace);
    return inspect_after(c) ? hd_repl_run(t, namespace) : status;
}

int main(int argc, char **argv) {
    HdConfig config;
    int status = hd_options_parse(argc, argv, &config);
    if (status != HD_OPTIONS_RUN) return status;
    hd_import_register(hd_modules_list());
    HdThread *t = hd_start(&config);
    if (!t) return 1;
    status = run(t, hd_runtime.config);
    bool interrupted = status == HD_EXIT_SIGINT;
    status = hd_finish(t, interrupted ? 130 : status);
    if (interrupted) { /* die of the signal, so that the shell sees what happened */
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    exit(status);
}
