/* repl.h -- the interactive prompt. */
#ifndef HD_REPL_H
#define HD_REPL_H

#include "object.h"

/* Reads statements from standard input and runs them in `namespace` until the end of input; the exit status. */
int hd_repl_run(HdThread *t, HdValue namespace);

#endif
