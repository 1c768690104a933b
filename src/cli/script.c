/* script.c -- see script.h. Runs on the main thread; files are read before anything of them runs. */
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocking.h"
#include "compile.h"
#include "heddle/module.h"
#include "start.h"
#include "vm.h"

#define IMPORTLIB "_frozen_importlib_external"
typedef enum { SOURCE, SOURCE_OF_STDIN, COMPILED } FileKind;

/* --- sys.path[0] --- */

int hd_script_prepend_path(HdThread *t, const char *folder) {
    HD_OWNED HdValue path = hd_dict_get_text(t, hd_runtime.sys_dict, "path");
    HD_OWNED HdValue item = hd_str_from_fs(t, folder, (HdSize)strlen(folder));
    return hd_is_null(path) || hd_is_null(item) ? -1 : hd_list_insert(t, path, 0, item);
}

/* The folder of a script, its last link resolved. */
static int prepend_script_folder(HdThread *t, const char *script) {
    char resolved[PATH_MAX], target[PATH_MAX], joined[2 * PATH_MAX];
    const char *name = script;
    ssize_t length = readlink(script, target, sizeof target - 1);
    if (length > 0) {
        target[length] = 0;
        const char *slash = strrchr(script, '/');
        name = target;
        if (target[0] != '/' && slash) {
            snprintf(joined, sizeof joined, "%.*s/%s", (int)(slash - script), script, target);
            name = joined;
        }
    }
    if (realpath(name, resolved)) name = resolved;
    char folder[2 * PATH_MAX];
    const char *slash = strrchr(name, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash > name ? slash - name : 1) : 0, name);
    return hd_script_prepend_path(t, folder);
}

/* --- running --- */

/* Runs what was compiled; HD_NULL: that failed, and the error is told. */
static int run_code(HdThread *t, HdValue code, HdValue namespace) {
    HdValue result = hd_is_null(code) ? HD_NULL : hd_vm_exec_code(t, code, namespace, HD_NULL);
    if (hd_is_null(result)) return hd_report_uncaught(t);
    hd_release(t, result);
    return 0;
}

int hd_script_run_source(HdThread *t, const char *bytes, size_t length, const char *filename, bool from_file,
                         HdValue namespace) {
    HD_OWNED HdValue name = hd_str_from_fs(t, filename, (HdSize)strlen(filename));
    HD_OWNED HdValue code = hd_is_null(name)
                                ? HD_NULL
                                : hd_compile_source(t, bytes, (HdSize)length, name, HD_PARSE_EXEC,
                                                    from_file ? HD_COMPILE_FROM_FILE : 0, hd_runtime.config->optimize);
    return run_code(t, code, namespace);
}

/* runpy, for -m and for folders and zip files (whose module is __main__, found by sys.path[0]). */
static int run_as_main(HdThread *t, const char *name, bool alter_argv) {
    HD_OWNED HdValue runner = hd_object_import_from(t, "runpy", "_run_module_as_main");
    HD_OWNED HdValue name_str = hd_is_null(runner) ? HD_NULL : hd_str_from_fs(t, name, (HdSize)strlen(name));
    HdValue result = hd_is_null(name_str) ? HD_NULL : hd_object_call2(t, runner, name_str, hd_bool(alter_argv));
    if (hd_is_null(result)) return hd_report_uncaught(t);
    hd_release(t, result);
    return 0;
}
int hd_script_run_module(HdThread *t, const char *name) { return run_as_main(t, name, true); }

static int run_path_entry(HdThread *t, const HdConfig *c) {
    if (hd_script_prepend_path(t, c->script_path) < 0) return hd_report_uncaught(t);
    return run_as_main(t, "__main__", false);
}

/* Everything that can be read from a descriptor (to be freed): 1, 0 with errno, or -1 raised. */
static int read_all(HdThread *t, int fd, char **bytes, size_t *length) {
    size_t capacity = 1 << 16;
    *length = 0;
    *bytes = malloc(capacity);
    while (*bytes) {
        HdBlockingResult got = hd_blocking_read(t, fd, *bytes + *length, capacity - *length);
        if (got.value == 0) return 1;
        if (got.value < 0) {
            int error = errno;
            free(*bytes);
            errno = error;
            return got.raised ? -1 : 0;
        }
        *length += (size_t)got.value;
        if (*length == capacity) {
            char *grown = realloc(*bytes, capacity *= 2);
            if (!grown) free(*bytes);
            *bytes = grown;
        }
    }
    errno = ENOMEM;
    return 0;
}

static int cannot_open(const char *script, int error) {
    fprintf(stderr, "%s: can't open file '%s': [Errno %d] %s\n", hd_runtime.config->program, script, error,
            strerror(error));
    return 2;
}

/* Whether a zip file's end record stands in the file's last part, and zipimport takes the file; -1 = raised. */
static int is_zip(HdThread *t, const char *path, const char *bytes, size_t length) {
    size_t tail = length < 65535 + 22 ? length : 65535 + 22;
    if (tail < 22 || !memmem(bytes + length - tail, tail, "PK\5\6", 4)) return 0;
    HD_OWNED HdValue importer = hd_object_import_from(t, "zipimport", "zipimporter");
    HD_OWNED HdValue name = hd_is_null(importer) ? HD_NULL : hd_str_from_fs(t, path, (HdSize)strlen(path));
    if (hd_is_null(name)) return -1;
    HD_OWNED HdValue made = hd_object_call1(t, importer, name);
    if (!hd_is_null(made)) return 1;
    if (!hd_raised_is(t, &hd_ImportError)) return -1;
    hd_clear_raised(t);
    return 0;
}

/* Whether a file is compiled code: by its name, or by the first half of the magic number; -1 = raised. */
static int is_pyc(HdThread *t, const char *path, const char *bytes, size_t length) {
    size_t name = strlen(path);
    if (name >= 4 && memcmp(path + name - 4, ".pyc", 4) == 0) return 1;
    HD_OWNED HdValue magic = hd_object_import_from(t, IMPORTLIB, "MAGIC_NUMBER");
    if (hd_is_null(magic)) return -1;
    return length >= 2 && memcmp(bytes, hd_bytes_data(magic), 2) == 0;
}

/* Gives __main__ the loader importlib has for such a file. */
static HdValue set_loader(HdThread *t, HdValue file, const char *class_name, HdValue namespace) {
    HD_OWNED HdValue type = hd_object_import_from(t, IMPORTLIB, class_name);
    HD_OWNED HdValue name = hd_str_from_text(t, "__main__");
    HD_OWNED HdValue loader = hd_is_null(type) || hd_is_null(name) ? HD_NULL : hd_object_call2(t, type, name, file);
    if (hd_is_null(loader) || hd_dict_set_text(t, namespace, "__loader__", loader) < 0) return HD_NULL;
    return hd_retain(t, loader);
}

/* The code of a .pyc file, which importlib has marshal verify. */
static HdValue load_pyc(HdThread *t, HdValue loader, const char *bytes, size_t length) {
    HD_OWNED HdValue magic = hd_object_import_from(t, IMPORTLIB, "MAGIC_NUMBER");
    HD_OWNED HdValue name = hd_str_from_text(t, "__main__");
    if (hd_is_null(magic) || hd_is_null(name)) return HD_NULL;
    if (length < 4 || memcmp(bytes, hd_bytes_data(magic), 4) != 0)
        return hd_raise(t, &hd_RuntimeError, "Bad magic number in .pyc file");
    return hd_object_call_method1(t, loader, "get_code", name);
}

/* Runs a file, or what stdin gave (`kind` SOURCE_OF_STDIN), as __main__, which has __file__ and __cached__ meanwhile. */
static int run_as_file(HdThread *t, const char *bytes, size_t length, const char *filename, FileKind kind,
                       HdValue namespace) {
    HD_OWNED HdValue file = hd_str_from_fs(t, filename, (HdSize)strlen(filename));
    if (hd_is_null(file) || hd_dict_set_text(t, namespace, "__file__", file) < 0 ||
        hd_dict_set_text(t, namespace, "__cached__", hd_None) < 0)
        return hd_report_uncaught(t);
    HD_OWNED HdValue loader =
        kind == SOURCE_OF_STDIN
            ? hd_retain(t, hd_None)
            : set_loader(t, file, kind == COMPILED ? "SourcelessFileLoader" : "SourceFileLoader", namespace);
    if (hd_is_null(loader)) return hd_report_uncaught(t);
    int status;
    if (kind == COMPILED) {
        HD_OWNED HdValue code = load_pyc(t, loader, bytes, length);
        status = run_code(t, code, namespace);
    } else {
        status = hd_script_run_source(t, bytes, length, filename, true, namespace);
    }
    static const char *const names[] = {"__file__", "__cached__"};
    for (int i = 0; i < 2; i++) {
        HD_OWNED HdValue name = hd_str_intern_text(t, names[i]);
        if (hd_is_null(name) || hd_dict_delete(t, namespace, name) < 0) hd_clear_raised(t);
    }
    return status;
}

static int run_contents(HdThread *t, const HdConfig *c, const char *bytes, size_t length, HdValue namespace) {
    if (!c->safe_path && prepend_script_folder(t, c->script_path) < 0) return hd_report_uncaught(t);
    int compiled = is_pyc(t, c->script_path, bytes, length);
    if (compiled < 0) return hd_report_uncaught(t);
    if (compiled) return run_as_file(t, bytes, length, c->script_path, COMPILED, namespace);
    const char *start = bytes;
    if (c->skip_first_line) { /* its newline stays, so that line numbers do */
        const char *newline = memchr(bytes, '\n', length);
        start = newline ? newline : bytes + length;
    }
    return run_as_file(t, start, length - (size_t)(start - bytes), c->script_path, SOURCE, namespace);
}

int hd_script_run_file(HdThread *t, const HdConfig *c, HdValue namespace) {
    struct stat info;
    if (stat(c->script_path, &info) == 0 && S_ISDIR(info.st_mode)) return run_path_entry(t, c);
    int fd = open(c->script_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_open(c->script_path, errno);
    char *bytes;
    size_t length;
    int got = read_all(t, fd, &bytes, &length), error = errno;
    close(fd);
    if (got <= 0) return got < 0 ? hd_report_uncaught(t) : cannot_open(c->script_path, error);
    int zip = is_zip(t, c->script_path, bytes, length);
    int status = zip < 0 ? hd_report_uncaught(t)
                 : zip   ? run_path_entry(t, c)
                         : run_contents(t, c, bytes, length, namespace);
    free(bytes);
    return status;
}

int hd_script_run_stdin(HdThread *t, HdValue namespace) {
    char *bytes;
    size_t length;
    int got = read_all(t, 0, &bytes, &length);
    if (got < 0) return hd_report_uncaught(t);
    if (got == 0) return errno == EBADF ? 0 : cannot_open("<stdin>", errno);
    int status = run_as_file(t, bytes, length, "<stdin>", SOURCE_OF_STDIN, namespace);
    free(bytes);
    return status;
}

void hd_script_run_startup(HdThread *t, HdValue namespace) {
    const char *file = hd_runtime.config->ignore_environment ? NULL : getenv("PYTHONSTARTUP");
    if (!file || !*file) return;
    char *bytes;
    size_t length;
    int fd = open(file, O_RDONLY | O_CLOEXEC), got = fd < 0 ? 0 : read_all(t, fd, &bytes, &length), error = errno;
    if (fd >= 0) close(fd);
    if (got > 0) {
        (void)hd_script_run_source(t, bytes, length, file, true, namespace);
        free(bytes);
        return;
    }
    if (got == 0) {
        fputs("Could not open PYTHONSTARTUP\n", stderr);
        HD_OWNED HdValue name = hd_str_from_fs(t, file, (HdSize)strlen(file));
        if (!hd_is_null(name)) hd_raise_errno(t, error, name);
    }
    (void)hd_report_uncaught(t);
}
