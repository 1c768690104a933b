/* mod__imp.c -- the module _imp: what importlib needs of the runtime. There are no frozen modules and no extension
 * modules: extension_suffixes() is empty, so that CPython's shared objects are never taken for ours.
 */
#include "import.h"
#include "heddle/module.h"
#include "code.h"
#include "config.h"
#include "hash.h"

static HdValue imp_lock_held(HdThread *t, HdValue self, const HdValue *args) { return hd_bool(hd_import_lock_held()); }
static HdValue imp_acquire_lock(HdThread *t, HdValue self, const HdValue *args) {
    hd_import_lock(t);
    return hd_None;
}
static HdValue imp_release_lock(HdThread *t, HdValue self, const HdValue *args) {
    return hd_import_unlock(t) ? hd_None : hd_raise(t, &hd_RuntimeError, "not holding the import lock");
}

static const HdBuiltinModule *find(HdThread *t, HdValue name) {
    const char *text = hd_is_str(name) ? hd_str_utf8(t, name, NULL) : NULL;
    if (!text) {
        hd_clear_raised(t);
        return NULL;
    }
    return hd_import_builtin(text);
}
static HdValue imp_is_builtin(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "is_builtin() argument must be str, not %T", args[0]);
    const HdBuiltinModule *module = find(t, args[0]);
    bool once = module && (strcmp(module->name, "sys") == 0 || strcmp(module->name, "builtins") == 0);
    return hd_imm_int(!module ? 0 : once ? -1 : 1);
}
static HdValue imp_create_builtin(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue name = hd_object_getattr(t, args[0], HD_NAME("name"));
    if (hd_is_null(name)) return HD_NULL;
    HdValue present;
    int found = hd_dict_find(t, hd_runtime.modules, name, &present);
    if (found) return found < 0 ? HD_NULL : present;
    const HdBuiltinModule *module = find(t, name);
    if (!module) return hd_None;
    const HdModuleDef *def = hd_import_definition(t, module);
    return def ? hd_import_create(t, def, module->name) : HD_NULL;
}
static HdValue imp_exec_builtin(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_instance(args[0], &hd_module_type)) return hd_imm_int(0);
    if (HD_AS(HdModule, args[0])->ready) return hd_imm_int(0);
    return hd_import_exec(t, args[0]) < 0 ? HD_NULL : hd_imm_int(0);
}

static HdValue imp_is_frozen(HdThread *t, HdValue self, const HdValue *args) { return hd_False; }
static HdValue imp_no_frozen(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_ImportError, "No such frozen object named %V", args[0]);
}
static HdValue imp_find_frozen(HdThread *t, HdValue self, const HdValue *args) { return hd_None; }
static HdValue imp_empty_list(HdThread *t, HdValue self, const HdValue *args) { return hd_list_new(t, 0); }
static HdValue imp_no_dynamic(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_ImportError, "Heddle loads no extension modules made for another Python");
}
static HdValue imp_override(HdThread *t, HdValue self, const HdValue *args) { return hd_None; }

/* Gives `code` and the code objects among its constants that came from `old` the file name `path`. */
static void fix_filename(HdThread *t, HdCode *code, HdValue old, HdValue path) {
    if (!hd_str_equal(code->filename, old)) return;
    hd_replace_steal(t, &code->filename, hd_retain(t, path));
    for (HdSize i = 0; i < hd_tuple_length(code->consts); i++) {
        HdValue constant = hd_tuple_at_borrowed(code->consts, i);
        if (hd_is_code(constant) && !hd_stack_low(t)) fix_filename(t, hd_code(constant), old, path);
    }
}
static HdValue imp_fix_co_filename(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_code(args[0])) return hd_raise(t, &hd_TypeError, "_fix_co_filename() argument 1 must be code, not %T", args[0]);
    if (!hd_is_str(args[1])) return hd_raise(t, &hd_TypeError, "_fix_co_filename() argument 2 must be str, not %T", args[1]);
    HdCode *code = hd_code(args[0]);
    if (hd_str_equal(code->filename, args[1])) return hd_None;
    HD_OWNED HdValue old = hd_retain(t, code->filename);
    fix_filename(t, code, old, args[1]);
    return hd_None;
}
static HdValue imp_source_hash(HdThread *t, HdValue self, const HdValue *args) {
    int64_t key = hd_number_as_i64(t, args[0]);
    if (key == -1 && hd_raised(t)) return HD_NULL;
    HdBuffer source;
    if (hd_buffer_get(t, args[1], &source, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    uint64_t hash = (uint64_t)hd_hash_bytes((HdHashKey){(uint64_t)key, 0}, source.data, (size_t)source.length);
    hd_buffer_release(t, &source);
    return hd_bytes_new(t, &hash, sizeof hash);
}

static const HdMethodDef functions[] = {
    HD_METHOD(imp_lock_held, "lock_held()", "Return True if the import lock is currently held, else False."),
    HD_METHOD(imp_acquire_lock, "acquire_lock()", "Acquires the interpreter's import lock for the current thread."),
    HD_METHOD(imp_release_lock, "release_lock()", "Release the interpreter's import lock."),
    HD_METHOD(imp_is_builtin, "is_builtin(name, /)", "Returns True if the module name corresponds to a built-in module."),
    HD_METHOD(imp_create_builtin, "create_builtin(spec, /)", "Create an extension module."),
    HD_METHOD(imp_exec_builtin, "exec_builtin(mod, /)", "Initialize a built-in module."),
    HD_METHOD(imp_is_frozen, "is_frozen(name, /)", "Returns True if the module name corresponds to a frozen module."),
    HD_METHOD(imp_no_frozen, "init_frozen(name, /)", "Initializes a frozen module."),
    HD_METHOD(imp_no_frozen, "get_frozen_object(name, data=None, /)", "Create a code object for a frozen module."),
    HD_METHOD(imp_no_frozen, "is_frozen_package(name, /)", "Returns True if the module name is of a frozen package."),
    HD_METHOD(imp_find_frozen, "find_frozen(name, /, *, withdata=False)", "Return info about the corresponding frozen module (if there is one) or None."),
    HD_METHOD(imp_empty_list, "_frozen_module_names()", "Returns the list of available frozen modules."),
    HD_METHOD(imp_empty_list, "extension_suffixes()", "Returns the list of file suffixes used to identify extension modules."),
    HD_METHOD(imp_no_dynamic, "create_dynamic(spec, file=<none>, /)", "Create an extension module."),
    HD_METHOD(imp_no_dynamic, "exec_dynamic(mod, /)", "Initialize an extension module."),
    HD_METHOD(imp_override, "_override_frozen_modules_for_tests(override, /)", "(internal-only) Override PyConfig.use_frozen_modules."),
    HD_METHOD(imp_fix_co_filename, "_fix_co_filename(code, path, /)", "Changes code.co_filename to specify the passed-in path."),
    HD_METHOD(imp_source_hash, "source_hash(key, source)", "Return the hash of a source file for a checked hash-based .pyc."),
    HD_METHODS_END,
};

static int imp_exec(HdThread *t, HdValue module) {
    const char *check = hd_runtime.config->check_pycs;
    return hd_module_set_text(t, module, "check_hash_based_pycs", check ? check : "default");
}

const HdModuleDef hd_module__imp = {
    .name = "_imp",
    .doc = "(Extremely) low-level import machinery bits as used by importlib.",
    .functions = functions,
    .exec = imp_exec,
};
