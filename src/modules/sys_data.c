/* sys_data.c -- see sys_data.h. Shapes and names are CPython 3.11's, so that the library's parsers of them work. */
#include "sys_data.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot_code.h"
#include "config.h"
#include "import.h"
#include "ops.h"

#define PYTHON_VERSION "3.11.2"

static int add_struct(HdThread *t, HdValue module, const char *name, const char *full_name, const char *doc,
                      const HdStructSeqField *fields, HdValue *values, HdSize count, bool sealed) {
    HD_OWNED HdValue type = hd_structseq_type_new(t, full_name, doc, fields, count);
    if (hd_is_null(type)) {
        for (HdSize i = 0; i < count; i++) hd_release(t, values[i]);
        return -1;
    }
    HdValue only = hd_structseq_new_steal(t, type, values, count);
    if (sealed) { /* the one instance is all there is */
        HD_AS(HdType, type)->create = NULL;
        HD_AS(HdType, type)->flags |= HD_TYPE_DISALLOW_NEW;
    }
    return hd_module_set_steal(t, module, name, only);
}

static int add_version(HdThread *t, HdValue module) {
    static const HdStructSeqField fields[] = {{"major", "Major release number"}, {"minor", "Minor release number"},
                                              {"micro", "Patch release number"},
                                              {"releaselevel", "'alpha', 'beta', 'candidate', or 'final'"},
                                              {"serial", "Serial release number"}, {NULL, NULL}};
    HdValue values[] = {hd_imm_int(3), hd_imm_int(11), hd_imm_int(2), hd_str_from_text(t, "final"), hd_imm_int(0)};
    if (add_struct(t, module, "version_info", "sys.version_info", "Version information as a named tuple.", fields, values, 5, true) < 0)
        return -1;
    if (hd_module_set_text(t, module, "version", PYTHON_VERSION " (heddle, Nov 23 2026, 00:00:00) [GCC " __VERSION__ "]") < 0 ||
        hd_module_set_int(t, module, "hexversion", 0x030b02f0) < 0 || hd_module_set_int(t, module, "api_version", 1013) < 0 ||
        hd_module_set_text(t, module, "copyright", "Copyright (c) 2026 the Heddle authors.") < 0)
        return -1;
    HD_OWNED HdValue namespace = hd_simple_namespace_new(t, HD_NULL);
    if (hd_is_null(namespace)) return -1;
    HD_OWNED HdValue info = hd_dict_get_text(t, hd_module_dict_borrowed(module), "version_info");
    HD_OWNED HdValue name = hd_str_from_text(t, "heddle");
    HD_OWNED HdValue tag = hd_str_from_text(t, "heddle-311-" HD_OPS_VERSION);
    HD_OWNED HdValue multiarch = hd_str_from_text(t, "x86_64-linux-gnu");
    if (hd_is_null(info) || hd_is_null(name) || hd_is_null(tag) || hd_is_null(multiarch)) return -1;
    if (hd_object_setattr(t, namespace, HD_NAME("name"), name) < 0 || hd_object_setattr(t, namespace, HD_NAME("cache_tag"), tag) < 0 ||
        hd_object_setattr(t, namespace, HD_NAME("version"), info) < 0 ||
        hd_object_setattr(t, namespace, HD_NAME("hexversion"), hd_imm_int(0x030b02f0)) < 0 ||
        hd_object_setattr(t, namespace, HD_NAME("_multiarch"), multiarch) < 0)
        return -1;
    return hd_module_set(t, module, "implementation", namespace);
}

static int add_numbers(HdThread *t, HdValue module) {
    static const HdStructSeqField floats[] = {
        {"max", "DBL_MAX -- maximum representable finite float"}, {"max_exp", "DBL_MAX_EXP"}, {"max_10_exp", "DBL_MAX_10_EXP"},
        {"min", "DBL_MIN -- minimum positive normalized float"}, {"min_exp", "DBL_MIN_EXP"}, {"min_10_exp", "DBL_MIN_10_EXP"},
        {"dig", "DBL_DIG"}, {"mant_dig", "DBL_MANT_DIG"}, {"epsilon", "DBL_EPSILON"}, {"radix", "FLT_RADIX"},
        {"rounds", "FLT_ROUNDS"}, {NULL, NULL}};
    HdValue values[] = {hd_float_new(t, __DBL_MAX__), hd_imm_int(__DBL_MAX_EXP__), hd_imm_int(__DBL_MAX_10_EXP__), hd_float_new(t, __DBL_MIN__),
                        hd_imm_int(__DBL_MIN_EXP__), hd_imm_int(__DBL_MIN_10_EXP__), hd_imm_int(__DBL_DIG__), hd_imm_int(__DBL_MANT_DIG__),
                        hd_float_new(t, __DBL_EPSILON__), hd_imm_int(__FLT_RADIX__), hd_imm_int(1)};
    if (add_struct(t, module, "float_info", "sys.float_info", "A named tuple holding information about the float type.", floats,
                   values, 11, false) < 0)
        return -1;
    static const HdStructSeqField ints[] = {{"bits_per_digit", "size of a digit in bits"}, {"sizeof_digit", "size in bytes of the C type used to represent a digit"},
                                            {"default_max_str_digits", "maximum string conversion digits limitation"},
                                            {"str_digits_check_threshold", "minimum positive value for int_max_str_digits"}, {NULL, NULL}};
    HdValue int_values[] = {hd_imm_int(30), hd_imm_int(4), hd_imm_int(4300), hd_imm_int(640)};
    if (add_struct(t, module, "int_info", "sys.int_info", "A named tuple that holds information about Python's internal representation of integers.",
                   ints, int_values, 4, false) < 0)
        return -1;
    static const HdStructSeqField hashes[] = {
        {"width", "width of the type used for hashing, in bits"}, {"modulus", "prime number giving the modulus on which the hash function is based"},
        {"inf", "value to be used for hash of a positive infinity"}, {"nan", "value to be used for hash of a nan"},
        {"imag", "multiplier used for the imaginary part of a complex number"}, {"algorithm", "name of the algorithm for hashing of str, bytes and memoryviews"},
        {"hash_bits", "internal output size of hash algorithm"}, {"seed_bits", "seed size of hash algorithm"},
        {"cutoff", "small string optimization cutoff"}, {NULL, NULL}};
    HdValue hash_values[] = {hd_imm_int(64), hd_int_from_i64(t, ((int64_t)1 << 61) - 1), hd_imm_int(314159), hd_imm_int(0),
                             hd_imm_int(1000003), hd_str_from_text(t, "siphash13"), hd_imm_int(64), hd_imm_int(128), hd_imm_int(0)};
    if (add_struct(t, module, "hash_info", "sys.hash_info", "A named tuple providing parameters used for computing hashes.", hashes,
                   hash_values, 9, false) < 0)
        return -1;
    static const HdStructSeqField threads[] = {{"name", "name of the thread implementation"}, {"lock", "name of the lock implementation"},
                                               {"version", "name and version of the thread library"}, {NULL, NULL}};
    char version[64] = "";
    (void)confstr(_CS_GNU_LIBPTHREAD_VERSION, version, sizeof version);
    HdValue thread_values[] = {hd_str_from_text(t, "pthread"), hd_None, hd_str_from_text(t, version)};
    if (add_struct(t, module, "thread_info", "sys.thread_info", "A named tuple holding information about the thread implementation.",
                   threads, thread_values, 3, false) < 0)
        return -1;
    return hd_module_set_steal(t, module, "maxsize", hd_int_from_i64(t, INT64_MAX)) < 0 ||
                   hd_module_set_int(t, module, "maxunicode", 0x10ffff) < 0 ||
                   hd_module_set_text(t, module, "float_repr_style", "short") < 0 ||
                   hd_module_set_text(t, module, "byteorder", "little") < 0
               ? -1
               : 0;
}

static int add_flags(HdThread *t, HdValue module) {
    static const HdStructSeqField fields[] = {
        {"debug", "-d"}, {"inspect", "-i"}, {"interactive", "-i"}, {"optimize", "-O or -OO"}, {"dont_write_bytecode", "-B"},
        {"no_user_site", "-s"}, {"no_site", "-S"}, {"ignore_environment", "-E"}, {"verbose", "-v"}, {"bytes_warning", "-b"},
        {"quiet", "-q"}, {"hash_randomization", "-R"}, {"isolated", "-I"}, {"dev_mode", "-X dev"}, {"utf8_mode", "-X utf8"},
        {"warn_default_encoding", "-X warn_default_encoding"}, {"safe_path", "-P"},
        {"int_max_str_digits", "-X int_max_str_digits"}, {NULL, NULL}};
    const HdConfig *c = hd_runtime.config;
    HdValue values[] = {hd_imm_int(c->debug), hd_imm_int(c->inspect), hd_imm_int(c->interactive), hd_imm_int(c->optimize),
                        hd_imm_int(c->dont_write_bytecode), hd_imm_int(c->no_user_site), hd_imm_int(c->no_site),
                        hd_imm_int(c->ignore_environment), hd_imm_int(c->verbose), hd_imm_int(c->bytes_warning), hd_imm_int(c->quiet),
                        hd_imm_int(c->hash_randomization), hd_imm_int(c->isolated), hd_bool(c->dev_mode), hd_imm_int(c->utf8_mode),
                        hd_imm_int(c->warn_default_encoding), hd_bool(c->safe_path), hd_imm_int(hd_runtime.int_max_str_digits)};
    return add_struct(t, module, "flags", "sys.flags", "Flags provided through command line arguments or environment vars.", fields,
                      values, 18, true);
}

static int add_text_list(HdThread *t, HdValue module, const char *name, const char *const *items, int count) {
    HD_OWNED HdValue list = hd_list_new(t, count);
    if (hd_is_null(list)) return -1;
    for (int i = 0; i < count; i++) {
        HD_OWNED HdValue item = hd_str_from_fs(t, items[i], (HdSize)strlen(items[i]));
        if (hd_is_null(item) || hd_list_append(t, list, item) < 0) return -1;
    }
    return hd_module_set(t, module, name, list);
}

static int add_options(HdThread *t, HdValue module) {
    const HdConfig *c = hd_runtime.config;
    if (add_text_list(t, module, "warnoptions", c->warn_options, c->warn_count) < 0) return -1;
    if (add_text_list(t, module, "orig_argv", (const char *const *)c->original, c->original_count) < 0) return -1;
    HD_OWNED HdValue options = hd_dict_new(t);
    if (hd_is_null(options)) return -1;
    for (int i = 0; i < c->x_count; i++) {
        const char *equals = strchr(c->x_options[i], '=');
        HD_OWNED HdValue key = hd_str_from_fs(t, c->x_options[i], equals ? equals - c->x_options[i] : (HdSize)strlen(c->x_options[i]));
        HD_OWNED HdValue value = equals ? hd_str_from_fs(t, equals + 1, (HdSize)strlen(equals + 1)) : hd_True;
        if (hd_is_null(key) || hd_is_null(value) || hd_dict_set(t, options, key, value) < 0) return -1;
    }
    return hd_module_set(t, module, "_xoptions", options);
}

static int add_module_names(HdThread *t, HdValue module) {
    HD_OWNED HdValue names = hd_list_new(t, 64);
    if (hd_is_null(names)) return -1;
    for (const HdBuiltinModule *m = hd_import_builtins(); m->name; m++) {
        HD_OWNED HdValue name = hd_str_intern_text(t, m->name);
        if (hd_is_null(name) || hd_list_append(t, names, name) < 0) return -1;
    }
    if (hd_list_sort(t, names, hd_None, false) < 0) return -1;
    return hd_module_set_steal(t, module, "builtin_module_names", hd_list_as_tuple(t, names));
}

/* The path of the running binary. */
static HdValue executable(HdThread *t) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    return hd_str_from_fs(t, path, length > 0 ? length : 0);
}

static int add_paths(HdThread *t, HdValue module) {
    HdValue exe = executable(t);
    if (hd_module_set_steal(t, module, "executable", exe) < 0) return -1;
    HD_OWNED HdValue again = executable(t);
    if (hd_is_null(again) || hd_module_set(t, module, "_base_executable", again) < 0) return -1;
    static const char *const prefixes[] = {"prefix", "base_prefix", "exec_prefix", "base_exec_prefix"};
    for (size_t i = 0; i < HD_COUNT_OF(prefixes); i++) {
        if (hd_module_set_text(t, module, prefixes[i], "/usr") < 0) return -1;
    }
    const char *cache = hd_boot_cache_folder();
    if (hd_module_set_steal(t, module, "pycache_prefix", cache ? hd_str_from_fs(t, cache, (HdSize)strlen(cache)) : hd_None) < 0)
        return -1;
    if (hd_module_set(t, module, "dont_write_bytecode", hd_bool(hd_runtime.config->dont_write_bytecode || !cache)) < 0) return -1;
    if (hd_module_set_text(t, module, "platlibdir", "lib") < 0 || hd_module_set_text(t, module, "abiflags", "") < 0 ||
        hd_module_set_text(t, module, "platform", "linux") < 0 || hd_module_set(t, module, "_home", hd_None) < 0 ||
        hd_module_set_text(t, module, "_framework", "") < 0 || hd_module_set_text(t, module, "_stdlib_dir", hd_import_stdlib()) < 0)
        return -1;
    return 0;
}

int hd_sys_data_add(HdThread *t, HdValue module) {
    static const HdStructSeqField hooks[] = {{"firstiter", NULL}, {"finalizer", NULL}, {NULL, NULL}};
    HdSysState *state = hd_module_state(module);
    state->asyncgen_hooks_type = hd_structseq_type_new(t, "sys.asyncgen_hooks", NULL, hooks, 2);
    if (hd_is_null(state->asyncgen_hooks_type)) return -1;
    if (add_version(t, module) < 0 || add_numbers(t, module) < 0 || add_flags(t, module) < 0 || add_options(t, module) < 0 ||
        add_module_names(t, module) < 0 || add_paths(t, module) < 0)
        return -1;
    if (hd_module_set_steal(t, module, "stdlib_module_names", hd_sys_stdlib_names(t)) < 0) return -1;
    if (hd_module_set(t, module, "modules", hd_runtime.modules) < 0) return -1;
    static const char *const lists[] = {"meta_path", "path_hooks", "path", "argv"};
    for (size_t i = 0; i < HD_COUNT_OF(lists); i++) {
        if (hd_module_set_steal(t, module, lists[i], hd_list_new(t, 0)) < 0) return -1;
    }
    if (hd_module_set_steal(t, module, "path_importer_cache", hd_dict_new(t)) < 0) return -1;
    static const char *const saved[][2] = {{"__displayhook__", "displayhook"}, {"__excepthook__", "excepthook"},
                                           {"__unraisablehook__", "unraisablehook"}, {"__breakpointhook__", "breakpointhook"}};
    for (size_t i = 0; i < HD_COUNT_OF(saved); i++) {
        HdValue hook = hd_dict_get_text(t, hd_module_dict_borrowed(module), saved[i][1]);
        if (hd_module_set_steal(t, module, saved[i][0], hook) < 0) return -1;
    }
    return 0;
}

HdValue hd_sys_asyncgen_hooks(HdThread *t, HdValue module) {
    HdSysState *state = hd_module_state(module);
    HdValue values[2] = {hd_is_null(t->async_gen_firstiter) ? hd_None : hd_retain(t, t->async_gen_firstiter),
                         hd_is_null(t->async_gen_finalizer) ? hd_None : hd_retain(t, t->async_gen_finalizer)};
    return hd_structseq_new_steal(t, state->asyncgen_hooks_type, values, 2);
}

HdValue hd_sys_audit(HdThread *t, HdValue module, const HdRef *args, HdSize nargs) {
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "audit() missing 1 required positional argument: 'event'");
    if (!hd_is_str(hd_ref_value(args[0])))
        return hd_raise(t, &hd_TypeError, "expected str for argument 'event', not %T", hd_ref_value(args[0]));
    HdSysState *state = hd_module_state(module);
    if (hd_is_null(state->audit_hooks)) return hd_None;
    HD_OWNED HdValue rest = hd_tuple_from_refs(t, args + 1, nargs - 1);
    if (hd_is_null(rest)) return HD_NULL;
    for (HdSize i = 0; i < hd_list_length(state->audit_hooks); i++) {
        HD_OWNED HdValue hook = hd_list_get(t, state->audit_hooks, i);
        if (hd_is_null(hook)) break;
        HdValue result = hd_object_call2(t, hook, hd_ref_value(args[0]), rest);
        if (hd_is_null(result)) return HD_NULL;
        hd_release(t, result);
    }
    return hd_None;
}

HdValue hd_sys_add_audit_hook(HdThread *t, HdValue module, HdValue hook) {
    HdSysState *state = hd_module_state(module);
    if (hd_is_null(state->audit_hooks)) {
        state->audit_hooks = hd_list_new(t, 1);
        if (hd_is_null(state->audit_hooks)) return HD_NULL;
    }
    return hd_list_append(t, state->audit_hooks, hook) < 0 ? HD_NULL : hd_None;
}
