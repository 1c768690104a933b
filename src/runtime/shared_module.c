/* shared_module.c -- see shared_module.h.
 *
 * Such a module is written like any other; it finds what it calls of the runtime among the binary's own symbols
 * (docs/decisions/shared-modules.md). Loading reads files, so the thread is detached meanwhile. Takes no locks:
 * importlib holds the module's own, and the loader counts by itself.
 */
#include "shared_module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "blocking.h"
#include "import.h"

/* The path of the shared object; false when it would be too long. */
static bool module_path(const char *name, char *path, size_t size) {
    char binary[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", binary, sizeof binary - 1);
    if (length <= 0) return false;
    binary[length] = 0;
    char *slash = strrchr(binary, '/');
    if (slash) *slash = 0;
    return snprintf(path, size, "%s/modules/%s.so", binary, name) < (int)size;
}

static void raise_import(HdThread *t, const char *name, const char *path, const char *words) {
    HD_OWNED HdValue message = hd_str_from_fs(t, words, (HdSize)strlen(words));
    HD_OWNED HdValue exception = hd_is_null(message) ? HD_NULL : hd_exception_new1(t, &hd_ImportError, message);
    HD_OWNED HdValue name_str = hd_is_null(exception) ? HD_NULL : hd_str_from_text(t, name);
    HD_OWNED HdValue path_str = hd_is_null(name_str) ? HD_NULL : hd_str_from_fs(t, path, (HdSize)strlen(path));
    if (hd_is_null(path_str)) return;
    hd_replace_steal(t, &HD_AS(HdImportError, exception)->name, hd_move(&name_str));
    hd_replace_steal(t, &HD_AS(HdImportError, exception)->path, hd_move(&path_str));
    hd_raise_instance(t, exception);
}

const HdModuleDef *hd_shared_module_load(HdThread *t, const char *name) {
    char path[PATH_MAX], symbol[128], words[512] = "";
    if (!module_path(name, path, sizeof path) ||
        snprintf(symbol, sizeof symbol, "hd_module_%s", name) >= (int)sizeof symbol) {
        raise_import(t, name, "", "the path of the module's shared object is too long or not known");
        return NULL;
    }
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    void *handle = dlopen(path, hd_import_dlopen_flags());
    const HdModuleDef *def = handle ? dlsym(handle, symbol) : NULL;
    const char *error = def ? NULL : dlerror(); /* per thread, until the next call */
    if (error) snprintf(words, sizeof words, "%s", error);
    hd_blocking_leave(t);
    if (!def) raise_import(t, name, path, words);
    return def;
}
