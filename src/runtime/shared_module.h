/* shared_module.h -- native modules that need a library of their own: shared objects beside the binary. */
#ifndef HD_SHARED_MODULE_H
#define HD_SHARED_MODULE_H

#include "heddle/module.h"

/* Loads modules/<name>.so of the binary's folder and finds its definition; it stays loaded. NULL = ImportError. */
const HdModuleDef *hd_shared_module_load(HdThread *t, const char *name) HD_CHECK;

#endif
