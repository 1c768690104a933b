/* import.h -- the import statement: importlib's bootstrap as boot code, and the fast path in front of it. */
#ifndef HD_IMPORT_H
#define HD_IMPORT_H

#include "heddle/module.h"

/* One row per native module; ends with a NULL name. */
typedef struct HdBuiltinModule {
    const char *name;
    const HdModuleDef *def; /* NULL: in a shared object beside the binary (shared_module.h) */
} HdBuiltinModule;
void hd_import_register(const HdBuiltinModule *modules); /* once, before hd_import_start */
const HdBuiltinModule *hd_import_builtin(const char *name); /* NULL: no such module */
const HdBuiltinModule *hd_import_builtins(void);
/* The module's definition, loaded if need be; NULL = ImportError. */
const HdModuleDef *hd_import_definition(HdThread *t, const HdBuiltinModule *module) HD_CHECK;

/* Makes a native module from its definition: functions, state, exec. Not put into sys.modules. Owned. */
HdValue hd_import_create(HdThread *t, const HdModuleDef *def, const char *name) HD_CHECK;
/* Runs the definition's exec; -1 = raised. */
int hd_import_exec(HdThread *t, HdValue module) HD_CHECK;

/* Loads importlib._bootstrap and _bootstrap_external and installs them. After builtins and sys. */
int hd_import_start(HdThread *t) HD_CHECK;
/* The import lock of old, which importlib takes around its table of module locks, and fork around itself: recursive,
 * owned by a thread. hd_import_unlock: false when the thread does not hold it. Taking it may park. */
void hd_import_lock(HdThread *t);
bool hd_import_unlock(HdThread *t);
bool hd_import_lock_held(void);
void hd_import_lock_after_fork(HdThread *t); /* in the child: nobody waits for it any more; t holds it */
/* How shared objects with native modules are loaded: dlopen's flags (sys.setdlopenflags). */
int hd_import_dlopen_flags(void);
void hd_import_set_dlopen_flags(int flags);
/* What the import statement calls when builtins.__import__ is ours. `globals`, `fromlist`: dict/tuple or None. */
HdValue hd_import_name(HdThread *t, HdValue name, HdValue globals, HdValue fromlist, int level) HD_CHECK;
/* importlib.import_module(name): the module itself, also for dotted names. `name`: an exact str. For names in C:
 * hd_object_import. */
HdValue hd_import_module(HdThread *t, HdValue name) HD_CHECK;
/* Folder of the standard library: HEDDLE_STDLIB, else /usr/lib/python3.11. */
const char *hd_import_stdlib(void);

#endif
