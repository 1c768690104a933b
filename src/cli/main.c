/* main.c -- heddle [options] [script | -c code | -m module | -] [args]. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile.h"
#include "import.h"
#include "heddle/module.h"
#include "modules_list.h"
#include "options.h"
#include "repl.h"
#include "start.h"
#include "vm.h"

/* --- sys.argv and sys.path[0] --- */

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

/* Puts `folder` in front of sys.path. */
static int prepend_path(HdThread *t, const char *folder) {
    HD_OWNED HdValue path = hd_dict_get_text(t, hd_runtime.sys_dict, "path");
    HD_OWNED HdValue item = hd_str_from_fs(t, folder, (HdSize)strlen(folder));
    return hd_is_null(path) || hd_is_null(item) ? -1 : hd_list_insert(t, path, 0, item);
}

/* The folder of a script, links resolved, as CPython's sys.path[0]. */
static int script_path(HdThread *t, const char *script) {
    char resolved[PATH_MAX], target[PATH_MAX];
    ssize_t length = readlink(script, target, sizeof target - 1);
    const char *name = script;
    if (length > 0) {
        target[length] = 0;
        name = target;
        if (target[0] != '/' && strrchr(script, '/')) {
            int head = (int)(strrchr(script, '/') - script);
            if (snprintf(resolved, sizeof resolved, "%.*s/%s", head, script, target) < (int)sizeof resolved) name = strcpy(target, resolved);
        }
    }
    if (realpath(name, resolved)) name = resolved;
    char folder[PATH_MAX];
    const char *slash = strrchr(name, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - name ? slash - name : 1) : 0, name);
    return prepend_path(t, folder);
}

/* --- __main__ --- */

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

/* Compiles and runs; 0 or the exit status. */
static int run_source(HdThread *t, const char *bytes, size_t length, const char *filename, int flags, HdValue namespace) {
    HD_OWNED HdValue name = hd_str_from_fs(t, filename, (HdSize)strlen(filename));
    HD_OWNED HdValue code = hd_is_null(name) ? HD_NULL
                                             : hd_compile_source(t, bytes, (HdSize)length, name, HD_PARSE_EXEC, flags,
                                                                 hd_runtime.config->optimize);
    HdValue result = hd_is_null(code) ? HD_NULL : hd_vm_exec_code(t, code, namespace, HD_NULL);
    if (hd_is_null(result)) return hd_report_uncaught(t);
    hd_release(t, result);
    return 0;
}

/* Everything that can be read from a descriptor; NULL with errno. */
static char *read_all(int fd, size_t *length) {
    size_t capacity = 1 << 16, have = 0;
    char *bytes = malloc(capacity);
    while (bytes) {
        ssize_t got = read(fd, bytes + have, capacity - have);
        if (got == 0) break;
        if (got < 0) {
            if (errno == EINTR) continue;
            free(bytes);
            return NULL;
        }
        have += (size_t)got;
        if (have == capacity) {
            char *grown = realloc(bytes, capacity *= 2);
            if (!grown) free(bytes);
            bytes = grown;
        }
    }
    *length = have;
    return bytes;
}

static int cannot_open(const char *script, int error) {
    fprintf(stderr, "heddle: can't open file '%s': [Errno %d] %s\n", script, error, strerror(error));
    return 2;
}

/* runpy for -m and for folders and zip files. */
static int run_module(HdThread *t, const char *function, const char *name, bool alter_argv) {
    HD_OWNED HdValue runner = hd_object_import_from(t, "runpy", function);
    HD_OWNED HdValue name_str = hd_is_null(runner) ? HD_NULL : hd_str_from_fs(t, name, (HdSize)strlen(name));
    HdValue result = hd_is_null(name_str) ? HD_NULL : hd_object_call2(t, runner, name_str, hd_bool(alter_argv));
    if (hd_is_null(result)) return hd_report_uncaught(t);
    hd_release(t, result);
    return 0;
}

static int run_script(HdThread *t, const HdConfig *c, HdValue namespace) {
    struct stat info;
    if (stat(c->script, &info) == 0 && S_ISDIR(info.st_mode)) {
        char main_file[PATH_MAX];
        snprintf(main_file, sizeof main_file, "%s/__main__.py", c->script);
        if (access(main_file, R_OK) != 0) {
            fprintf(stderr, "heddle: can't find '__main__' module in '%s'\n", c->script);
            return 1;
        }
        if (prepend_path(t, c->script) < 0) return hd_report_uncaught(t);
        return run_module(t, "_run_module_as_main", "__main__", false);
    }
    int fd = open(c->script, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_open(c->script, errno);
    size_t length;
    char *bytes = read_all(fd, &length);
    int error = errno;
    close(fd);
    if (!bytes) return cannot_open(c->script, error);
    HD_OWNED HdValue file = hd_str_from_fs(t, c->script, (HdSize)strlen(c->script));
    int status = hd_is_null(file) || hd_dict_set_text(t, namespace, "__file__", file) < 0 ||
                         hd_dict_set_text(t, namespace, "__cached__", hd_None) < 0 ||
                         (!c->safe_path && script_path(t, c->script) < 0)
                     ? hd_report_uncaught(t)
                     : HD_OPTIONS_RUN;
    if (status == HD_OPTIONS_RUN) {
        char *start = bytes;
        if (c->skip_first_line) {
            char *newline = memchr(bytes, '\n', length);
            start = newline ? newline : bytes + length;
        }
        status = run_source(t, start, length - (size_t)(start - bytes), c->script, 0, namespace);
    }
    free(bytes);
    return status;
}

static int run_stdin(HdThread *t, HdValue namespace) {
    if (isatty(0) || hd_runtime.config->interactive) return hd_repl_run(t, namespace);
    size_t length;
    char *bytes = read_all(0, &length);
    if (!bytes) return cannot_open("<stdin>", errno);
    int status = run_source(t, bytes, length, "<stdin>", 0, namespace);
    free(bytes);
    return status;
}

static int import_site(HdThread *t) {
    if (hd_runtime.config->no_site) return 0;
    HdValue site = hd_import_module(t, "site");
    if (hd_is_null(site)) return -1;
    hd_release(t, site);
    return 0;
}

static int run(HdThread *t, const HdConfig *c) {
    HD_OWNED HdValue namespace = make_main(t);
    if (hd_is_null(namespace) || set_argv(t, c) < 0 || import_site(t) < 0) return hd_report_uncaught(t);
    if ((c->command || c->module || !c->script || strcmp(c->script, "-") == 0) && !c->safe_path) {
        char here[PATH_MAX];
        if (prepend_path(t, c->module && getcwd(here, sizeof here) ? here : "") < 0) return hd_report_uncaught(t);
    }
    if (c->warn_count) { /* the options take effect when the module warnings is imported */
        HdValue warnings = hd_import_module(t, "warnings");
        if (hd_is_null(warnings)) return hd_report_uncaught(t);
        hd_release(t, warnings);
    }
    int status;
    if (c->command) {
        size_t length = strlen(c->command);
        char *text = malloc(length + 2);
        if (!text) return 1;
        memcpy(text, c->command, length);
        memcpy(text + length, "\n", 2);
        status = run_source(t, text, length + 1, "<string>", 0, namespace);
        free(text);
    } else if (c->module) {
        status = run_module(t, "_run_module_as_main", c->module, true);
    } else if (c->script && strcmp(c->script, "-") != 0) {
        status = run_script(t, c, namespace);
    } else {
        return run_stdin(t, namespace);
    }
    if (c->inspect && isatty(0)) status = hd_repl_run(t, namespace);
    return status;
}

int main(int argc, char **argv) {
    HdConfig config;
    int status = hd_options_parse(argc, argv, &config);
    if (status != HD_OPTIONS_RUN) return status;
    hd_import_register(hd_modules_list());
    HdThread *t = hd_start(&config);
    if (!t) return 1;
    status = run(t, &config);
    bool interrupted = status == HD_EXIT_SIGINT;
    status = hd_finish(t, interrupted ? 130 : status);
    if (interrupted) { /* die of the signal, so that the shell sees what happened */
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    exit(status);
}
