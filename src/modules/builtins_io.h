/* builtins_io.h -- the built-in functions that talk to streams and files: print, input, file names. */
#ifndef HD_BUILTINS_IO_H
#define HD_BUILTINS_IO_H

#include "heddle/module.h"

HdValue hd_builtins_print(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_builtins_input(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
/* A str from a file name given as str, bytes or os.PathLike. */
HdValue hd_builtins_fs_name(HdThread *t, HdValue v) HD_CHECK;

#endif
