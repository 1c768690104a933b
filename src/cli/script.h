/* script.h -- running what the command line names: text, a file, a folder or zip file, a module. Each returns the exit
 * status; an uncaught exception has been reported. */
#ifndef HD_SCRIPT_H
#define HD_SCRIPT_H

#include "config.h"

/* Puts `folder` in front of sys.path; -1 = raised. */
int hd_script_prepend_path(HdThread *t, const char *folder) HD_CHECK;
/* Compiles and runs source text in `namespace`; from_file: `filename` is a file's, whose encoding is checked. */
int hd_script_run_source(HdThread *t, const char *bytes, size_t length, const char *filename, bool from_file, HdValue namespace);
int hd_script_run_module(HdThread *t, const char *name);
int hd_script_run_file(HdThread *t, const HdConfig *c, HdValue namespace);
int hd_script_run_stdin(HdThread *t, HdValue namespace);
/* Runs the file that PYTHONSTARTUP names, if any, before the first prompt. */
void hd_script_run_startup(HdThread *t, HdValue namespace);

#endif
