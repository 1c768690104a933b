/* import.c -- see import.h.
 *
 * The finders and loaders are Debian's importlib/_bootstrap.py and _bootstrap_external.py, run as boot code from the
 * standard library's folder (or from the code cache beside other cached modules) and known as _frozen_importlib and
 * _frozen_importlib_external, the names the rest of the library looks for. In front of them stands a look into
 * sys.modules. The import lock is importlib's own, per module.
 */
#include "import.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "boot_code.h"
#include "compile.h"
#include "config.h"
#include "frame.h"
#include "mutex.h"
#include "shared_module.h"
#include "vm.h"

static const HdBuiltinModule *builtin_modules;

void hd_import_register(const HdBuiltinModule *modules) { builtin_modules = modules; }
const HdBuiltinModule *hd_import_builtins(void) { return builtin_modules; }

const HdBuiltinModule *hd_import_builtin(const char *name) {
    for (const HdBuiltinModule *module = builtin_modules; module->name; module++) {
        if (strcmp(module->name, name) == 0) return module;
    }
    return NULL;
}

const char *hd_import_stdlib(void) {
    const char *folder = getenv("HEDDLE_STDLIB");
    return folder && *folder ? folder : "/usr/lib/python3.11";
}

/* --- native modules --- */

const HdModuleDef *hd_import_definition(HdThread *t, const HdBuiltinModule *module) {
    return module->def ? module->def : hd_shared_module_load(t, module->name);
}

HdValue hd_import_create(HdThread *t, const HdModuleDef *def, const char *name) {
    HD_OWNED HdValue name_str = hd_str_from_text(t, name);
    HD_OWNED HdValue module = hd_is_null(name_str) ? HD_NULL : hd_module_new(t, name_str);
    if (hd_is_null(module)) return HD_NULL;
    HdModule *m = HD_AS(HdModule, module);
    m->def = def;
    if (def->state_size) {
        m->state = calloc(1, (size_t)def->state_size);
        if (!m->state) return hd_raise_no_memory(t);
    }
    if (def->doc && hd_module_set_text(t, module, "__doc__", def->doc) < 0) return HD_NULL;
    for (const HdMethodDef *function = def->functions; function && function->signature; function++) {
        HdValue made = hd_native_function_new(t, function, module, name_str);
        if (hd_is_null(made)) return HD_NULL;
        HD_OWNED HdValue function_name = hd_object_getattr_text(t, made, "__name__");
        const char *text = hd_is_null(function_name) ? NULL : hd_str_utf8(t, function_name, NULL);
        if (!text || hd_module_set_steal(t, module, text, made) < 0) return HD_NULL;
    }
    return hd_move(&module);
}

int hd_import_exec(HdThread *t, HdValue module) {
    HdModule *m = HD_AS(HdModule, module);
    if (m->ready || !m->def) return 0;
    m->ready = true;
    return m->def->exec ? m->def->exec(t, module) : 0;
}

/* Creates, runs and enters a native module; lent by sys.modules afterwards. */
static HdValue load_builtin(HdThread *t, const char *name) {
    const HdBuiltinModule *entry = hd_import_builtin(name);
    if (!entry) return hd_raise(t, &hd_ImportError, "no native module named '%s'", name);
    const HdModuleDef *def = hd_import_definition(t, entry);
    if (!def) return HD_NULL;
    HD_OWNED HdValue module = hd_import_create(t, def, name);
    if (hd_is_null(module) || hd_dict_set_text(t, hd_runtime.modules, name, module) < 0) return HD_NULL;
    if (hd_import_exec(t, module) < 0) return HD_NULL;
    return hd_move(&module);
}

/* --- the import lock --- */

typedef struct HdImportState {
    HdMutex lock;
    uint64_t owner; /* atomic: serial number of the thread that holds it, 0: nobody */
    int depth;      /* the owner's */
    int dlopen_flags; /* atomic: of shared objects with native modules */
} HdImportState;

int hd_import_dlopen_flags(void) { return HD_LOAD_RELAXED(&hd_runtime.import->dlopen_flags); }
void hd_import_set_dlopen_flags(int flags) { HD_STORE_RELAXED(&hd_runtime.import->dlopen_flags, flags); }

void hd_import_lock(HdThread *t) {
    HdImportState *state = hd_runtime.import;
    if (HD_LOAD_RELAXED(&state->owner) != t->serial) {
        hd_mutex_lock(t, &state->lock);
        HD_STORE_RELAXED(&state->owner, t->serial);
    }
    state->depth++;
}
bool hd_import_unlock(HdThread *t) {
    HdImportState *state = hd_runtime.import;
    if (HD_LOAD_RELAXED(&state->owner) != t->serial) return false;
    if (--state->depth == 0) {
        HD_STORE_RELAXED(&state->owner, 0);
        hd_mutex_unlock(&state->lock);
    }
    return true;
}
bool hd_import_lock_held(void) { return HD_LOAD_RELAXED(&hd_runtime.import->owner) != 0; }
void hd_import_lock_after_fork(HdThread *t) { hd_runtime.import->lock.byte = HD_MUTEX_LOCKED; }

/* --- boot code --- */

/* Runs importlib/<file> of the standard library as module `name`; owned. */
static HdValue load_boot_module(HdThread *t, const char *file, const char *name) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/importlib/%s", hd_import_stdlib(), file) >= (int)sizeof path)
        return hd_raise(t, &hd_ImportError, "the name of the standard library's folder is too long");
    HD_OWNED HdValue code = hd_boot_code(t, path, name);
    if (hd_is_null(code)) return HD_NULL;
    HD_OWNED HdValue name_str = hd_str_from_text(t, name);
    HD_OWNED HdValue module = hd_is_null(name_str) ? HD_NULL : hd_module_new(t, name_str);
    if (hd_is_null(module)) return HD_NULL;
    HdValue dict = hd_module_dict_borrowed(module);
    if (hd_dict_set_text(t, dict, "__builtins__", hd_runtime.builtins) < 0) return HD_NULL;
    if (hd_dict_set_text(t, hd_runtime.modules, name, module) < 0) return HD_NULL;
    HdValue result = hd_vm_exec_code(t, code, dict, HD_NULL);
    if (hd_is_null(result)) return HD_NULL;
    hd_release(t, result);
    return hd_move(&module);
}

int hd_import_start(HdThread *t) {
    hd_runtime.import = hd_heap_raw_zeroed(t, sizeof(HdImportState));
    if (!hd_runtime.import) {
        hd_raise_no_memory(t);
        return -1;
    }
    hd_runtime.import->dlopen_flags = RTLD_NOW | RTLD_LOCAL;
    HD_OWNED HdValue imp = load_builtin(t, "_imp");
    HD_OWNED HdValue thread = hd_is_null(imp) ? HD_NULL : load_builtin(t, "_thread");
    HD_OWNED HdValue warnings = hd_is_null(thread) ? HD_NULL : load_builtin(t, "_warnings");
    HD_OWNED HdValue weakref = hd_is_null(warnings) ? HD_NULL : load_builtin(t, "_weakref");
    if (hd_is_null(weakref)) return -1;
    HD_OWNED HdValue bootstrap = load_boot_module(t, "_bootstrap.py", "_frozen_importlib");
    if (hd_is_null(bootstrap)) return -1;
    hd_runtime.importlib = hd_retain(t, bootstrap);
    HdValue installed = hd_object_call_method2(t, bootstrap, "_install", hd_runtime.sys_module, imp);
    if (hd_is_null(installed)) return -1;
    hd_release(t, installed);
    HD_OWNED HdValue external = load_boot_module(t, "_bootstrap_external.py", "_frozen_importlib_external");
    if (hd_is_null(external)) return -1;
    if (hd_object_setattr(t, bootstrap, HD_NAME("_bootstrap_external"), external) < 0) return -1;
    if (hd_object_setattr(t, external, HD_NAME("_bootstrap"), bootstrap) < 0) return -1;
    /* _install of the external half calls _set_bootstrap_module and puts the path hooks and finder in place */
    installed = hd_object_call_method1(t, external, "_install", bootstrap);
    if (hd_is_null(installed)) return -1;
    hd_release(t, installed);
    return 0;
}

/* --- the import statement --- */

static HdValue modules_get(HdThread *t, HdValue name) {
    HdValue module;
    if (hd_is_exact_dict(hd_runtime.modules)) {
        return hd_dict_find(t, hd_runtime.modules, name, &module) > 0 ? module : HD_NULL;
    }
    return hd_object_getitem(t, hd_runtime.modules, name);
}

/* 1 when the module's spec says that it is being initialised now. */
static int is_initializing(HdThread *t, HdValue module) {
    HD_OWNED HdValue spec = HD_NULL;
    if (hd_is_exact_object(module, &hd_module_type)) spec = hd_module_get(t, module, HD_NAME("__spec__"));
    int found = hd_is_null(spec) ? hd_object_find_attr(t, module, HD_NAME("__spec__"), &spec) : 1;
    if (found < 0) hd_clear_raised(t); /* as in CPython */
    if (found <= 0 || hd_is_none(spec)) return 0;
    HdValue name = HD_NAME("_initializing");
    HdType *type = hd_type_of(spec);
    bool plain = hd_is_object(spec) && type->getattr == hd_object_type.getattr &&
                 hd_is_null(hd_type_lookup_borrowed(t, type, name));
    HD_OWNED HdValue flag = plain ? hd_attrs_get(t, hd_as_object(spec), name) : HD_NULL;
    if (hd_is_null(flag)) found = hd_object_find_attr(t, spec, name, &flag);
    return found <= 0 ? found : hd_object_truth(t, flag);
}

/* Warns when a module's __package__ and its spec differ. */
static int check_parent(HdThread *t, HdValue package, HdValue spec) {
    HD_OWNED HdValue parent = hd_object_getattr(t, spec, HD_NAME("parent"));
    if (hd_is_null(parent)) return -1;
    int equal = hd_object_equal(t, package, parent);
    if (equal) return equal < 0 ? -1 : 0;
    return hd_warn(t, &hd_ImportWarning, 1, "__package__ != __spec__.parent (%R != %R)", package, parent);
}

/* The package that `globals` belongs to, for relative imports; owned. */
static HdValue calculate_package(HdThread *t, HdValue globals) {
    HD_OWNED HdValue package = hd_None, spec = hd_None;
    if (hd_dict_find(t, globals, HD_NAME("__package__"), &package) < 0) return HD_NULL;
    if (hd_dict_find(t, globals, HD_NAME("__spec__"), &spec) < 0) return HD_NULL;
    if (hd_is_null(package)) package = hd_None;
    if (hd_is_null(spec)) spec = hd_None;
    if (!hd_is_none(package)) {
        if (!hd_is_str(package)) return hd_raise(t, &hd_TypeError, "package must be a string");
        if (!hd_is_none(spec) && check_parent(t, package, spec) < 0) return HD_NULL;
        return hd_move(&package);
    }
    if (!hd_is_none(spec)) {
        HdValue parent = hd_object_getattr(t, spec, HD_NAME("parent"));
        if (hd_is_null(parent) || hd_is_str(parent)) return parent;
        hd_release(t, parent);
        return hd_raise(t, &hd_TypeError, "__spec__.parent must be a string");
    }
    if (hd_warn(t, &hd_ImportWarning, 1, "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__") < 0) {
        return HD_NULL;
    }
    HD_OWNED HdValue name = HD_NULL;
    if (hd_dict_find(t, globals, HD_NAME("__name__"), &name) <= 0)
        return hd_raised(t) ? HD_NULL : hd_raise(t, &hd_KeyError, "'__name__' not in globals");
    if (!hd_is_str(name)) return hd_raise(t, &hd_TypeError, "__name__ must be a string");
    int is_package = hd_dict_contains(t, globals, HD_NAME("__path__"));
    if (is_package) return is_package < 0 ? HD_NULL : hd_move(&name);
    HdSize dot = hd_str_find_char(name, '.', 0, hd_str_length(name), true);
    return hd_str_substring(t, name, 0, dot < 0 ? 0 : dot);
}

static HdValue resolve_name(HdThread *t, HdValue name, HdValue globals, int level) {
    if (!hd_is_dict(globals)) {
        if (hd_is_none(globals)) return hd_raise(t, &hd_KeyError, "'__name__' not in globals");
        return hd_raise(t, &hd_TypeError, "globals must be a dict");
    }
    HD_OWNED HdValue package = calculate_package(t, globals);
    if (hd_is_null(package)) return HD_NULL;
    HdSize end = hd_str_length(package);
    if (end == 0) return hd_raise(t, &hd_ImportError, "attempted relative import with no known parent package");
    for (int i = 1; i < level; i++) {
        end = hd_str_find_char(package, '.', 0, end, true);
        if (end < 0) return hd_raise(t, &hd_ImportError, "attempted relative import beyond top-level package");
    }
    HD_OWNED HdValue base = hd_str_substring(t, package, 0, end);
    if (hd_is_null(base) || hd_str_length(name) == 0) return hd_move(&base);
    return hd_str_format(t, "%U.%U", base, name);
}

/* sys.modules[name], imported if need be; owned. */
static HdValue find_or_load(HdThread *t, HdValue name) {
    HD_OWNED HdValue module = modules_get(t, name);
    if (hd_is_null(module) && hd_raised(t)) {
        if (!hd_raised_is(t, &hd_KeyError)) return HD_NULL;
        hd_clear_raised(t);
    }
    if (!hd_is_null(module) && !hd_is_none(module)) {
        int initializing = is_initializing(t, module);
        if (initializing < 0) return HD_NULL;
        if (initializing) { /* another thread is at it: wait for it by taking the module's lock */
            HdValue waited = hd_object_call_method1(t, hd_runtime.importlib, "_lock_unlock_module", name);
            if (hd_is_null(waited)) return HD_NULL;
            hd_release(t, waited);
        }
        return hd_move(&module);
    }
    return hd_object_call_method2(t, hd_runtime.importlib, "_find_and_load", name, hd_runtime.import_func);
}

/* `import a.b.c` binds a: the module to return when there is no fromlist. */
static HdValue top_package(HdThread *t, HdValue module, HdValue name, HdValue absolute, int level) {
    HdSize dot = hd_str_find_char(name, '.', 0, hd_str_length(name), false);
    if (hd_str_length(name) && dot < 0 && level == 0) return hd_retain(t, module);
    if (level == 0) {
        HD_OWNED HdValue front = hd_str_substring(t, name, 0, dot);
        return hd_is_null(front) ? HD_NULL : find_or_load(t, front);
    }
    if (dot < 0) return hd_retain(t, module);
    HdSize keep = hd_str_length(absolute) - (hd_str_length(name) - dot);
    HD_OWNED HdValue front = hd_str_substring(t, absolute, 0, keep);
    if (hd_is_null(front)) return HD_NULL;
    HdValue found = modules_get(t, front);
    if (hd_is_null(found) && !hd_raised(t))
        return hd_raise(t, &hd_KeyError, "%R not in sys.modules as expected", front);
    return found;
}

/* --- tracebacks without the machinery --- */

static bool is_importlib(HdThread *t, const HdTraceback *entry, bool *call_with_frames_removed) {
    HD_OWNED HdValue code = hd_frame_object_code(t, entry->frame);
    if (hd_is_null(code)) return false;
    HdValue file = hd_code(code)->filename;
    *call_with_frames_removed = hd_str_equals_text(hd_code(code)->name, "_call_with_frames_removed");
    return hd_str_equals_text(file, "<frozen importlib._bootstrap>") ||
           hd_str_equals_text(file, "<frozen importlib._bootstrap_external>");
}

/* Takes importlib's own frames out of the traceback being raised: all of them for an ImportError, else each run of them
 * that ends in _call_with_frames_removed. -v shows them. */
static void remove_importlib_frames(HdThread *t) {
    if (hd_runtime.config->verbose || !hd_raised(t)) return;
    bool always = hd_raised_is(t, &hd_ImportError), inside = false;
    HdValue *run = NULL, *link = &HD_AS(HdException, t->exception)->traceback;
    while (!hd_is_null(*link) && !hd_is_none(*link)) {
        HdTraceback *entry = HD_AS(HdTraceback, *link);
        bool cut = false, was_inside = inside;
        inside = is_importlib(t, entry, &cut);
        if (inside && !was_inside) run = link;
        if (inside && (always || cut)) {
            hd_replace_steal(t, run, hd_retain(t, entry->next));
            link = run;
        } else {
            link = &entry->next;
        }
    }
}

static HdValue import_name(HdThread *t, HdValue name, HdValue globals, HdValue fromlist, int level) {
    if (!hd_is_str(name)) return hd_raise(t, &hd_TypeError, "module name must be a string");
    if (level < 0) return hd_raise(t, &hd_ValueError, "level must be >= 0");
    HD_OWNED HdValue absolute = level ? resolve_name(t, name, globals, level) : hd_retain(t, name);
    if (hd_is_null(absolute)) return HD_NULL;
    if (level == 0 && hd_str_length(name) == 0) return hd_raise(t, &hd_ValueError, "Empty module name");
    HD_OWNED HdValue module = find_or_load(t, absolute);
    if (hd_is_null(module)) return HD_NULL;
    int has_from = hd_is_none(fromlist) ? 0 : hd_object_truth(t, fromlist);
    if (has_from < 0) return HD_NULL;
    if (!has_from) return top_package(t, module, name, absolute, level);
    HD_OWNED HdValue path = HD_NULL;
    int found = hd_object_find_attr(t, module, HD_NAME("__path__"), &path);
    if (found < 0) return HD_NULL;
    if (!found) return hd_move(&module);
    HD_OWNED HdValue import_function = hd_dict_get_text(t, hd_runtime.builtins, "__import__");
    if (hd_is_null(import_function)) return hd_raise(t, &hd_ImportError, "__import__ not found");
    HD_OWNED HdValue handler = hd_object_getattr(t, hd_runtime.importlib, HD_NAME("_handle_fromlist"));
    return hd_is_null(handler) ? HD_NULL : hd_object_call3(t, handler, module, fromlist, import_function);
}

HdValue hd_import_name(HdThread *t, HdValue name, HdValue globals, HdValue fromlist, int level) {
    HdValue module = import_name(t, name, globals, fromlist, level);
    if (hd_is_null(module)) remove_importlib_frames(t);
    return module;
}

HdValue hd_import_module(HdThread *t, HdValue name) {
    HdValue module = find_or_load(t, name);
    if (hd_is_null(module)) remove_importlib_frames(t);
    return module;
}
