/* builtin_types.h -- all static types: made ready in order, and put into the module builtins. */
#ifndef HD_BUILTIN_TYPES_H
#define HD_BUILTIN_TYPES_H

#include "heddle/module.h"

int hd_builtin_types_ready(HdThread *t) HD_CHECK;
int hd_builtin_types_add(HdThread *t, HdValue builtins) HD_CHECK;

#endif
