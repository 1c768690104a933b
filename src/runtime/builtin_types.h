/* builtin_types.h -- the types and constants of the module builtins. */
#ifndef HD_BUILTIN_TYPES_H
#define HD_BUILTIN_TYPES_H

#include "heddle/module.h"

int hd_builtin_types_add(HdThread *t, HdValue builtins) HD_CHECK;

#endif
