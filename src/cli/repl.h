/* repl.h -- the interactive prompt. */
#ifndef HD_REPL_H
#define HD_REPL_H

#include "object.h"

/* Whether standard input is to be read as a dialogue: a terminal, or -i. */
bool hd_repl_wanted(void);
/* The banner, unless -q. */
void hd_repl_greet(void);
/* Reads statements from standard input and runs them in `namespace` until the end of input; the exit status. */
int hd_repl_run(HdThread *t, HdValue namespace);

#endif
