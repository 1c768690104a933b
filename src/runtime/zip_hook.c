/* zip_hook.c -- see zip_hook.h. Takes on what zipimport.zipimporter would, but imports zipimport only when a path
 * really names a file (or something inside of one): most programs have no zip file on their path and need not pay for
 * it. Takes no locks; a stat of a path on sys.path is not worth detaching for.
 */
#include "zip_hook.h"

#include <limits.h>
#include <sys/stat.h>

#include "import.h"
#include "heddle/module.h"

/* Whether `path`, or the longest part of it that exists, is a file. */
static bool leads_to_file(const char *path) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) return false;
    memcpy(part, path, length + 1);
    while (*part) {
        struct stat info;
        if (stat(part, &info) == 0) return S_ISREG(info.st_mode);
        char *slash = strrchr(part, '/');
        if (!slash) return false;
        *slash = 0;
    }
    return false;
}

/* sys.modules["zipimport"], loaded from the standard library without a look at sys.path: that search would come back
 * here. What zipimport itself imports does, and then finds it without its class. */
static HdValue zipimport_module(HdThread *t) {
    HD_OWNED HdValue loaded = hd_dict_get_text(t, hd_runtime.modules, "zipimport");
    if (!hd_is_null(loaded) || hd_raised(t)) return hd_is_null(loaded) ? HD_NULL : hd_object_import(t, "zipimport");
    HD_OWNED HdValue spec_from = hd_object_import_from(t, "_frozen_importlib_external", "spec_from_file_location");
    HD_OWNED HdValue name = hd_is_null(spec_from) ? HD_NULL : hd_str_from_text(t, "zipimport");
    HD_OWNED HdValue file = hd_is_null(name) ? HD_NULL : hd_str_format(t, "%s/zipimport.py", hd_import_stdlib());
    HD_OWNED HdValue spec = hd_is_null(file) ? HD_NULL : hd_object_call2(t, spec_from, name, file);
    return hd_is_null(spec) ? HD_NULL : hd_object_call_method1(t, hd_runtime.importlib, "_load", spec);
}

static HdValue zip_hook(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue bytes = hd_is_str(args[0]) ? hd_str_to_fs(t, args[0]) : HD_NULL;
    if (hd_is_null(bytes) || !leads_to_file((const char *)hd_bytes_data(bytes))) {
        hd_clear_raised(t);
        return hd_raise(t, &hd_ImportError, "not a Zip file: %R", args[0]);
    }
    HD_OWNED HdValue module = zipimport_module(t);
    HD_OWNED HdValue importer = HD_NULL;
    if (hd_is_null(module) || hd_object_find_attr(t, module, HD_NAME("zipimporter"), &importer) < 0) return HD_NULL;
    if (hd_is_null(importer)) return hd_raise(t, &hd_ImportError, "zipimport is being imported");
    return hd_object_call1(t, importer, args[0]);
}

static const HdMethodDef zip_hook_def =
    HD_METHOD(zip_hook, "zip_hook(path, /)", "Path hook for zip files: zipimport.zipimporter(path), or ImportError.");

int hd_zip_hook_install(HdThread *t) {
    HD_OWNED HdValue hooks = hd_dict_get_text(t, hd_runtime.sys_dict, "path_hooks");
    HD_OWNED HdValue name = hd_str_from_text(t, "zipimport");
    HD_OWNED HdValue hook =
        hd_is_null(hooks) || hd_is_null(name) ? HD_NULL : hd_native_function_new(t, &zip_hook_def, HD_NULL, name);
    return hd_is_null(hook) ? -1 : hd_list_insert(t, hooks, 0, hook);
}
