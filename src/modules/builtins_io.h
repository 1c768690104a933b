/* builtins_io.h -- the built-in functions that talk to streams and files: print, input, file names, source. */
#ifndef HD_BUILTINS_IO_H
#define HD_BUILTINS_IO_H

#include "heddle/module.h"

HdValue hd_builtins_print(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_builtins_input(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
/* A str from a file name given as str, bytes or os.PathLike. */
HdValue hd_builtins_fs_name(HdThread *t, HdValue v) HD_CHECK;
/* Source as bytes that live as long as `*keep`; *flags learns that it is text. `what` says in errors what is taken.
 * NULL = raised. */
const char *hd_builtins_source(HdThread *t, HdValue v, const char *function, const char *what, HdSize *length,
                               HdValue *keep, int *flags) HD_CHECK;

#endif
