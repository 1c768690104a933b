/* start.c -- see start.h. Runs on the main thread; until hd_start returns there is no other Python thread. */
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "builtin_types.h"
#include "hash.h"
#include "import.h"
#include "heddle/module.h"
#include "safepoint.h"
#include "signals.h"
#include "state.h"
#include "traceback_print.h"
#include "vm.h"
#include "zip_hook.h"

/* --- threads --- */

static int thread_create(HdThread *t, HdThread *creator) {
    t->runtime = &hd_runtime;
    t->recursion_limit = hd_runtime.recursion_limit;
    HD_STORE_RELAXED(&t->heap, hd_runtime.gil_enabled && creator ? creator->heap : hd_heap_new(hd_runtime.gil_enabled));
    if (!t->heap) return -1;
    return hd_vm_thread_begin(t);
}
static void thread_begin(HdThread *t) { hd_count_thread_start(t); }
static void thread_end(HdThread *t) {
    HdValue *owned[] = {&t->exception, &t->async_exception, &t->context, &t->thread_locals, &t->trace_function,
                        &t->profile_function, &t->async_gen_firstiter, &t->async_gen_finalizer};
    for (size_t i = 0; i < HD_COUNT_OF(owned); i++) hd_clear_slot(t, owned[i]);
    for (size_t i = 0; i < HD_THREAD_SLOTS; i++) hd_clear_slot(t, &t->slots[i]);
    hd_count_thread_leave(t);
    hd_vm_thread_end(t); /* no Python on this thread from here on */
    hd_count_thread_end(t);
}
static void thread_destroy(HdThread *t) {
    hd_count_thread_lost(t);
    if (!hd_runtime.gil_enabled && t->heap) hd_heap_abandon(t->heap);
    HD_STORE_RELAXED(&t->heap, (HdHeap *)NULL);
}

/* --- safe points --- */

static int safe_point_gc(HdThread *t) {
    hd_gc_poll(t);
    return 0;
}
static int safe_point_async(HdThread *t) {
    HdValue exception = {HD_EXCHANGE(&t->async_exception.bits, 0)};
    if (hd_is_null(exception)) return 0;
    HD_OWNED HdValue instance = hd_is_type(exception) ? hd_object_call0(t, exception) : hd_retain(t, exception);
    hd_release(t, exception);
    if (!hd_is_null(instance)) hd_raise_instance(t, instance);
    return -1;
}

/* --- the names and seeds of this process --- */

static void choose_hash_key(const HdConfig *config) {
    HdHashKey key;
    if (config->hash_seed_given) {
        key = hd_hash_key_from_seed(config->hash_seed);
    } else if (getrandom(&key, sizeof key, 0) != sizeof key) {
        key = hd_hash_key_from_seed((uint32_t)getpid());
    }
    hd_runtime.hash_key[0] = key.k0;
    hd_runtime.hash_key[1] = key.k1;
}

/* HEDDLE_YIELD=SEED[:RATE] makes threads give way at random instructions, one in RATE (100), for tests. */
static void choose_yields(void) {
    const char *given = getenv("HEDDLE_YIELD");
    if (!given || !*given) return;
    char *end;
    uint64_t seed = strtoull(given, &end, 10);
    uint64_t rate = *end == ':' ? strtoull(end + 1, NULL, 10) : 100;
    if (rate > 0 && rate < 1 << 30) hd_safepoint_set_yield(seed, (uint32_t)rate);
}

static HdValue module_of(HdThread *t, const char *name) {
    const HdBuiltinModule *entry = hd_import_builtin(name);
    HD_OWNED HdValue module = hd_import_create(t, entry->def, name);
    if (hd_is_null(module) || hd_dict_set_text(t, hd_runtime.modules, name, module) < 0) return HD_NULL;
    return hd_move(&module);
}

static int start_modules(HdThread *t) {
    hd_runtime.modules = hd_dict_new(t);
    if (hd_is_null(hd_runtime.modules)) return -1;
    hd_runtime.builtins_module = module_of(t, "builtins");
    if (hd_is_null(hd_runtime.builtins_module)) return -1;
    hd_runtime.builtins = hd_retain(t, hd_module_dict_borrowed(hd_runtime.builtins_module));
    if (hd_builtin_types_add(t, hd_runtime.builtins_module) < 0 || hd_import_exec(t, hd_runtime.builtins_module) < 0) return -1;
    hd_runtime.import_func = hd_dict_get_text(t, hd_runtime.builtins, "__import__");
    hd_runtime.sys_module = module_of(t, "sys");
    if (hd_is_null(hd_runtime.sys_module)) return -1;
    hd_runtime.sys_dict = hd_retain(t, hd_module_dict_borrowed(hd_runtime.sys_module));
    /* until the streams are there (-v tells of the imports they need), print says nothing */
    if (hd_dict_set_text(t, hd_runtime.sys_dict, "stdout", hd_None) < 0 || hd_dict_set_text(t, hd_runtime.sys_dict, "stderr", hd_None) < 0)
        return -1;
    return hd_import_exec(t, hd_runtime.sys_module);
}

/* sys.path as CPython lays it out: PYTHONPATH, Heddle's own lib, the standard library. The script's folder comes in
 * front of it when it is run (cli/). */
static int add_path(HdThread *t, HdValue path, const char *folder, size_t length) {
    HD_OWNED HdValue item = hd_str_from_fs(t, folder, (HdSize)length);
    return hd_is_null(item) ? -1 : hd_list_append(t, path, item);
}
static int start_path(HdThread *t) {
    HD_OWNED HdValue path = hd_dict_get_text(t, hd_runtime.sys_dict, "path");
    if (hd_is_null(path)) return -1;
    const char *given = hd_runtime.config->ignore_environment ? NULL : getenv("PYTHONPATH");
    while (given && *given) {
        size_t length = strcspn(given, ":");
        if (length && add_path(t, path, given, length) < 0) return -1;
        given += length + (given[length] == ':');
    }
    char own[4096];
    const char *lib = getenv("HEDDLE_LIB");
    if (lib && *lib) {
        snprintf(own, sizeof own, "%s", lib);
    } else { /* ../lib beside the binary's folder (a checkout), else ../share/heddle/lib (installed) */
        ssize_t length = readlink("/proc/self/exe", own, sizeof own - 64);
        own[length > 0 ? length : 0] = 0;
        for (int up = 0; up < 2; up++) {
            char *slash = strrchr(own, '/');
            if (slash) *slash = 0;
        }
        char *end = own + strlen(own);
        strcpy(end, "/lib/heddle/__init__.py");
        bool checkout = access(own, R_OK) == 0;
        strcpy(end, checkout ? "/lib" : "/share/heddle/lib");
    }
    if (add_path(t, path, own, strlen(own)) < 0) return -1;
    const char *stdlib = hd_import_stdlib();
    return add_path(t, path, stdlib, strlen(stdlib));
}

/* --- streams --- */

/* A text stream over descriptor `fd`, or None when it is closed. */
static HdValue open_stream(HdThread *t, HdValue io, int fd, const char *name, const char *mode, const char *errors) {
    if (fcntl(fd, F_GETFD) < 0) return hd_None;
    bool raw_output = hd_runtime.config->unbuffered && fd != 0;
    HD_OWNED HdValue open = hd_object_getattr_text(t, io, "open");
    HD_OWNED HdValue mode_str = hd_str_from_text(t, fd == 0 ? "rb" : "wb");
    if (hd_is_null(open) || hd_is_null(mode_str)) return HD_NULL;
    HdValue binary_args[] = {hd_imm_int(fd), mode_str, hd_imm_int(raw_output ? 0 : -1), hd_None, hd_None, hd_None, hd_False};
    HD_OWNED HdValue binary = hd_object_call_values(t, open, binary_args, 7);
    if (hd_is_null(binary)) return HD_NULL;
    HD_OWNED HdValue raw = raw_output ? hd_retain(t, binary) : hd_object_getattr_text(t, binary, "raw");
    HD_OWNED HdValue name_str = hd_str_from_text(t, name);
    if (hd_is_null(raw) || hd_is_null(name_str) || hd_object_setattr(t, raw, HD_NAME("name"), name_str) < 0) return HD_NULL;
    const char *encoding = "utf-8";
    char given_encoding[64];
    const char *given = hd_runtime.config->ignore_environment ? NULL : getenv("PYTHONIOENCODING");
    if (given && *given) {
        const char *colon = strchr(given, ':');
        snprintf(given_encoding, sizeof given_encoding, "%.*s", (int)(colon ? colon - given : (ptrdiff_t)strlen(given)), given);
        if (*given_encoding) encoding = given_encoding;
        if (colon && colon[1] && fd != 2) errors = colon + 1;
        else if (*given_encoding && fd != 2) errors = "strict";
    }
    HD_OWNED HdValue encoding_str = hd_str_from_text(t, encoding);
    HD_OWNED HdValue errors_str = hd_str_from_text(t, errors);
    HD_OWNED HdValue newline = hd_str_from_text(t, "\n");
    HD_OWNED HdValue wrapper = hd_object_getattr_text(t, io, "TextIOWrapper");
    if (hd_is_null(encoding_str) || hd_is_null(errors_str) || hd_is_null(newline) || hd_is_null(wrapper)) return HD_NULL;
    bool line_buffering = isatty(fd) || fd == 2 || hd_runtime.config->interactive;
    HdValue args[] = {binary, encoding_str, errors_str, fd == 0 ? hd_None : newline, hd_bool(line_buffering && !raw_output),
                      hd_bool(hd_runtime.config->unbuffered)};
    HD_OWNED HdValue stream = hd_object_call_values(t, wrapper, args, 6);
    HD_OWNED HdValue mode_text = hd_str_from_text(t, mode);
    if (hd_is_null(stream) || hd_is_null(mode_text) || hd_object_setattr(t, stream, HD_NAME("mode"), mode_text) < 0) return HD_NULL;
    return hd_move(&stream);
}

static int start_streams(HdThread *t) {
    HD_OWNED HdValue io = hd_object_import(t, "_io");
    if (hd_is_null(io)) return -1;
    HD_OWNED HdValue open = hd_object_getattr_text(t, io, "open");
    if (hd_is_null(open) || hd_dict_set_text(t, hd_runtime.builtins, "open", open) < 0) return -1;
    static const char *const names[3][4] = {{"<stdin>", "r", "stdin", "__stdin__"},
                                            {"<stdout>", "w", "stdout", "__stdout__"},
                                            {"<stderr>", "w", "stderr", "__stderr__"}};
    const char *locale = getenv("LC_ALL");
    if (!locale || !*locale) locale = getenv("LC_CTYPE");
    if (!locale || !*locale) locale = getenv("LANG");
    static const char *const lenient[] = {"", "C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8"};
    bool plain = !locale || hd_runtime.config->utf8_mode;
    for (size_t i = 0; !plain && i < HD_COUNT_OF(lenient); i++) plain = strcmp(locale, lenient[i]) == 0;
    for (int fd = 0; fd < 3; fd++) {
        const char *errors = fd == 2 ? "backslashreplace" : plain ? "surrogateescape" : "strict";
        HD_OWNED HdValue stream = open_stream(t, io, fd, names[fd][0], names[fd][1], errors);
        if (hd_is_null(stream) || hd_dict_set_text(t, hd_runtime.sys_dict, names[fd][2], stream) < 0 ||
            hd_dict_set_text(t, hd_runtime.sys_dict, names[fd][3], stream) < 0)
            return -1;
    }
    return 0;
}

/* --- start --- */

static int start_objects(HdThread *t) {
    if (hd_object_init(t) < 0 || hd_code_init(t) < 0 || hd_vm_init(t) < 0) return -1;
    return start_modules(t);
}

/* The C library's texts are UTF-8 unless the environment asks for another encoding (PEP 538). */
static void start_locale(void) {
    const char *name = setlocale(LC_CTYPE, "");
    if (!name || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0) setlocale(LC_CTYPE, "C.UTF-8");
}

static int start_signals(void) {
    return hd_signals_set(SIGPIPE, HD_SIGNAL_IGNORE) < 0 || hd_signals_set(SIGXFSZ, HD_SIGNAL_IGNORE) < 0 ? -1 : 0;
}

static int import_only(HdThread *t, const char *name) {
    HdValue module = hd_object_import(t, name);
    if (hd_is_null(module)) return -1;
    hd_release(t, module);
    return 0;
}

static int start_faulthandler(HdThread *t) {
    HD_OWNED HdValue module = hd_object_import(t, "faulthandler");
    HD_OWNED HdValue result = hd_is_null(module) ? HD_NULL : hd_object_call_method0(t, module, "enable");
    return hd_is_null(result) ? -1 : 0;
}

HdThread *hd_start(const HdConfig *config) {
    static HdConfig kept; /* the process's configuration: written here once */
    kept = *config;
    hd_runtime.config = &kept;
    hd_runtime.gil_enabled = !config->gil_off;
    hd_runtime.bytes_warning = config->bytes_warning > 0;
    hd_runtime.no_debug_ranges = config->no_debug_ranges;
    hd_runtime.recursion_limit = 1000;
    hd_runtime.int_max_str_digits = config->int_max_str_digits >= 0 ? config->int_max_str_digits : 4300;
    choose_hash_key(config);
    hd_sync_start(hd_runtime.gil_enabled);
    choose_yields();
    HdThreadHooks hooks = {thread_create, thread_begin, thread_end, thread_destroy};
    hd_thread_set_hooks(&hooks);
    HdThread *t = hd_thread_start_main(&hd_runtime);
    if (!t || thread_create(t, NULL) < 0) {
        fprintf(stderr, "heddle: not enough memory to start\n");
        return NULL;
    }
    thread_begin(t);
    hd_safepoint_hooks()->gc = safe_point_gc;
    hd_safepoint_hooks()->async_exception = safe_point_async;
    hd_safepoint_hooks()->merge = hd_count_merge_queue;
    hd_safepoint_hooks()->merge_leave = hd_count_leave;
    hd_safepoint_hooks()->merge_call = hd_count_call_somebody;
    hd_object_hooks.import_module = hd_import_module;
    hd_object_hooks.unraisable = hd_traceback_unraisable;
    start_locale();
    const char *what = "the built-in types and modules";
    bool ok = start_signals() == 0 && start_objects(t) == 0;
    if (ok) what = "importlib", ok = hd_import_start(t) == 0;
    if (ok) what = "sys.path", ok = start_path(t) == 0 && hd_zip_hook_install(t) == 0;
    if (ok) what = "the encodings", ok = import_only(t, "encodings") == 0;
    if (ok) what = "sys.stdin, sys.stdout and sys.stderr", ok = start_streams(t) == 0;
    if (ok) what = "signals", ok = import_only(t, "_signal") == 0;
    if (ok && config->faulthandler) what = "faulthandler", ok = start_faulthandler(t) == 0;
    if (!ok) {
        fprintf(stderr, "heddle: starting %s failed\n", what);
        if (hd_raised(t)) {
            HD_OWNED HdValue exception = hd_take_raised(t);
            HD_OWNED HdValue stream = hd_dict_get_text(t, hd_runtime.sys_dict, "stderr");
            HD_OWNED HdValue name = hd_str_from_text(t, "stderr"); /* without it, what is printed goes to the descriptor */
            if (hd_is_none(stream) && !hd_is_null(name) && hd_dict_delete(t, hd_runtime.sys_dict, name) < 0) hd_clear_raised(t);
            hd_traceback_print_exception(t, exception, hd_exception_traceback_borrowed(exception));
        }
        return NULL;
    }
    hd_runtime.checks_codecs = config->dev_mode > 0;
    return t;
}

/* --- end --- */

/* Flushes sys.stdout or sys.stderr; false if it failed, which is reported if `report`. */
static bool flush(HdThread *t, const char *name, bool report) {
    HD_OWNED HdValue stream = hd_dict_get_text(t, hd_runtime.sys_dict, name);
    if (hd_is_null(stream) || hd_is_none(stream)) return true;
    HD_OWNED HdValue closed = HD_NULL;
    if (hd_object_find_attr(t, stream, HD_NAME("closed"), &closed) > 0 && hd_object_truth(t, closed) > 0) return true;
    hd_clear_raised(t);
    HdValue result = hd_object_call_method0(t, stream, "flush");
    if (!hd_is_null(result)) {
        hd_release(t, result);
        return true;
    }
    if (report) hd_write_unraisable(t, stream);
    else hd_clear_raised(t);
    return false;
}

static void call_if_imported(HdThread *t, const char *module_name, const char *function) {
    HD_OWNED HdValue module = hd_dict_get_text(t, hd_runtime.modules, module_name);
    if (hd_is_null(module)) return;
    HdValue result = hd_object_call_method_text(t, module, function, NULL, 0);
    if (hd_is_null(result)) hd_write_unraisable(t, module);
    else hd_release(t, result);
}

/* Empties a namespace that somebody still holds: names with one underscore first, then the others, as CPython does. */
static void clear_names(HdThread *t, HdValue module) {
    HdValue dict = hd_module_dict_borrowed(module);
    for (int pass = 0; pass < 2; pass++) {
        HD_OWNED HdValue names = hd_dict_keys_list(t, dict);
        for (HdSize i = 0; !hd_is_null(names) && i < hd_list_length(names); i++) {
            HD_OWNED HdValue name = hd_list_get(t, names, i);
            if (hd_is_null(name) || !hd_is_str(name) || hd_str_length(name) == 0) continue;
            bool private = hd_str_at(name, 0) == '_' && !(hd_str_length(name) > 1 && hd_str_at(name, 1) == '_');
            if (pass == 0 ? !private : private || hd_str_equals_text(name, "__builtins__")) continue;
            if (hd_dict_set(t, dict, name, hd_None) < 0) hd_clear_raised(t);
        }
        hd_clear_raised(t);
    }
}

/* Drops the modules: __main__ first, then the others in reverse order of import, sys and builtins last, and collects. */
static void drop_modules(HdThread *t) {
    static const char *const names[] = {"path", "argv", "ps1", "ps2", "last_type", "last_value", "last_traceback",
                                        "path_hooks", "path_importer_cache", "meta_path"};
    for (size_t i = 0; i < HD_COUNT_OF(names); i++) {
        HD_OWNED HdValue key = hd_str_intern_text(t, names[i]);
        if (hd_dict_contains(t, hd_runtime.sys_dict, key) > 0 && hd_dict_set(t, hd_runtime.sys_dict, key, hd_None) < 0)
            hd_clear_raised(t);
    }
    HD_OWNED HdValue modules = hd_dict_values_list(t, hd_runtime.modules);
    if (hd_is_null(modules) || hd_dict_clear(t, hd_runtime.modules) < 0) {
        hd_clear_raised(t);
        return;
    }
    HdSize count = hd_list_length(modules);
    HD_OWNED HdValue references = hd_list_new(t, count);
    for (HdSize i = 0; !hd_is_null(references) && i < count; i++) {
        HD_OWNED HdValue module = hd_list_get(t, modules, i);
        HD_OWNED HdValue reference = hd_is_instance(module, &hd_module_type) ? hd_weakref_new(t, module, HD_NULL) : hd_None;
        if (hd_is_null(reference) || hd_list_append(t, references, reference) < 0) hd_clear_raised(t);
    }
    hd_clear_slot(t, &modules);
    hd_gc_collect(t);
    /* whatever is still there is held from outside its module: empty its namespace */
    for (HdSize i = hd_is_null(references) ? 0 : hd_list_length(references); i-- > 0;) {
        HD_OWNED HdValue reference = hd_list_get(t, references, i);
        HD_OWNED HdValue module = hd_is_none(reference) ? HD_NULL : hd_weakref_get(t, reference);
        if (hd_is_null(module) || hd_same(module, hd_runtime.sys_module) || hd_same(module, hd_runtime.builtins_module)) continue;
        clear_names(t, module);
    }
    hd_gc_collect(t);
}

int hd_finish(HdThread *t, int status) {
    call_if_imported(t, "threading", "_shutdown");
    call_if_imported(t, "atexit", "_run_exitfuncs");
    bool flushed = flush(t, "stdout", true) & flush(t, "stderr", false);
    hd_runtime.finalizing = true;
    hd_thread_begin_shutdown(t);
    hd_count_take_over(t);
    hd_gc_collect(t);
    drop_modules(t);
    hd_count_merge_queue(t);
    /* for what finalizers printed; a stream that failed has been reported */
    flushed = flush(t, "stdout", flushed) & flush(t, "stderr", false) & flushed;
    return flushed ? status : 120;
}

void hd_flush_output(HdThread *t) {
    (void)flush(t, "stdout", false);
    (void)flush(t, "stderr", false);
}

/* --- uncaught exceptions --- */

/* The status that SystemExit(code) asks for. */
static int exit_status(HdThread *t, HdValue exception) {
    HD_OWNED HdValue code = HD_NULL;
    if (hd_object_find_attr(t, exception, HD_NAME("code"), &code) <= 0) code = hd_None;
    hd_clear_raised(t);
    if (hd_is_none(code)) return 0;
    if (hd_is_int(code)) {
        int64_t n = hd_number_as_i64(t, code);
        if (n == -1 && hd_raised(t)) hd_clear_raised(t);
        return (int)(n & 0xff);
    }
    HD_OWNED HdValue text = hd_object_str(t, code);
    HD_OWNED HdValue err = hd_dict_get_text(t, hd_runtime.sys_dict, "stderr");
    HD_OWNED HdValue line = hd_is_null(text) ? HD_NULL : hd_str_format(t, "%U\n", text);
    if (!hd_is_null(line) && !hd_is_null(err) && !hd_is_none(err)) {
        HdValue written = hd_object_call_method1(t, err, "write", line);
        if (!hd_is_null(written)) hd_release(t, written);
    }
    hd_clear_raised(t);
    return 1;
}

int hd_report_uncaught(HdThread *t) {
    if (hd_raised_is(t, &hd_SystemExit) && !hd_runtime.config->inspect) {
        HD_OWNED HdValue exception = hd_take_raised(t);
        return exit_status(t, exception);
    }
    bool interrupted = hd_raised_is(t, &hd_KeyboardInterrupt);
    HD_OWNED HdValue exception = hd_take_raised(t);
    HdValue traceback = hd_exception_traceback_borrowed(exception);
    if (hd_is_null(traceback)) traceback = hd_None;
    HdValue type = hd_type_value(hd_type_of(exception));
    static const char *const names[] = {"last_type", "last_value", "last_traceback"};
    HdValue values[] = {type, exception, traceback};
    for (int i = 0; i < 3; i++) {
        if (hd_dict_set_text(t, hd_runtime.sys_dict, names[i], values[i]) < 0) hd_clear_raised(t);
    }
    (void)flush(t, "stdout", false);
    HD_OWNED HdValue hook = hd_dict_get_text(t, hd_runtime.sys_dict, "excepthook");
    if (hd_is_null(hook)) {
        hd_traceback_write(t, "sys.excepthook is missing\n");
        hd_traceback_print_exception(t, exception, traceback);
    } else {
        HdValue shown = hd_object_call3(t, hook, type, exception, traceback);
        if (hd_is_null(shown)) {
            if (hd_raised_is(t, &hd_SystemExit) && !hd_runtime.config->inspect) return hd_report_uncaught(t);
            HD_OWNED HdValue second = hd_take_raised(t);
            hd_traceback_write(t, "Error in sys.excepthook:\n");
            hd_traceback_print_exception(t, second, HD_NULL);
            hd_traceback_write(t, "\nOriginal exception was:\n");
            hd_traceback_print_exception(t, exception, traceback);
        } else {
            hd_release(t, shown);
        }
    }
    hd_clear_raised(t);
    return interrupted ? HD_EXIT_SIGINT : 1;
}
