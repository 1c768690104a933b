/* runtime_state.c -- the one HdRuntime, the hooks of upper rooms, and importing from C. */
#include "runtime_state.h"

#include "object.h"
#include "str.h"

HdRuntime hd_runtime;
HdObjectHooks hd_object_hooks;

HdValue hd_object_import(HdThread *t, const char *name) {
    if (!hd_object_hooks.import_module) return hd_raise(t, &hd_ImportError, "import machinery is not ready: %s", name);
    HD_OWNED HdValue str = hd_str_intern_text(t, name);
    return hd_is_null(str) ? HD_NULL : hd_object_hooks.import_module(t, str);
}

HdValue hd_object_import_from(HdThread *t, const char *module, const char *attribute) {
    HdValue m = hd_object_import(t, module);
    if (hd_is_null(m)) return HD_NULL;
    HdValue result = hd_object_getattr_text(t, m, attribute);
    hd_release(t, m);
    return result;
}
