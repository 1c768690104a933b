/* boot_code.h -- code of the modules that run before imports work, compiled once and kept in the code cache. */
#ifndef HD_BOOT_CODE_H
#define HD_BOOT_CODE_H

#include "object.h"

/* The code object of the Python file `path`, named `<frozen importlib.…>` in tracebacks by module `name`; owned. */
HdValue hd_boot_code(HdThread *t, const char *path, const char *name) HD_CHECK;
/* The folder for cached code (sys.pycache_prefix), UTF-8; NULL when there is no place to write to. */
const char *hd_boot_cache_folder(void);

#endif
