/* start.h -- the life of the runtime: start, run, end. */
#ifndef HD_START_H
#define HD_START_H

#include "config.h"

/* Brings everything up to working imports and sys.stdin/stdout/stderr, on the calling thread, which becomes the main
 * thread. hd_import_register has been called. NULL when it failed (a message was written to stderr). Once per process. */
HdThread *hd_start(const HdConfig *config) HD_CHECK;
/* Ends it in CPython's order: threading._shutdown, atexit, flush of the streams, modules, last collection.
 * `status`: the exit status so far; the result is it, or 120 if flushing failed. */
int hd_finish(HdThread *t, int status);
/* Flushes sys.stdout and sys.stderr; what goes wrong is not told. */
void hd_flush_output(HdThread *t);
/* Handles an uncaught exception: SystemExit gives its status (not while config->inspect), everything else is printed. Clears it. The exit status;
 * KeyboardInterrupt gives HD_EXIT_SIGINT, after which the process should die by SIGINT. */
enum { HD_EXIT_SIGINT = -1 };
int hd_report_uncaught(HdThread *t);

#endif
