/* zip_hook.h -- the entry of sys.path_hooks for zip files. */
#ifndef HD_ZIP_HOOK_H
#define HD_ZIP_HOOK_H

#include "object.h"

/* Puts it in front of sys.path_hooks; -1 = raised. */
int hd_zip_hook_install(HdThread *t) HD_CHECK;

#endif
