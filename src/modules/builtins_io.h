/* builtins_io.h -- the built-in functions that talk to streams and files: print, input, file names, syntax trees. */
#ifndef HD_BUILTINS_IO_H
#define HD_BUILTINS_IO_H

#include "heddle/module.h"

HdValue hd_builtins_print(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_builtins_input(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
/* A str from a file name given as str, bytes or os.PathLike. */
HdValue hd_builtins_fs_name(HdThread *t, HdValue v) HD_CHECK;
/* compile(tree): 1 = v is a syntax tree and *code is set, 0 = it is not, -1 = raised. */
int hd_builtins_compile_tree(HdThread *t, HdValue v, HdValue filename, int mode, int flags, int optimize,
                             HdValue *code) HD_CHECK;
/* compile(text, flags=PyCF_ONLY_AST). */
HdValue hd_builtins_parse_tree(HdThread *t, const char *text, HdSize length, HdValue filename, int mode, int flags) HD_CHECK;

#endif
