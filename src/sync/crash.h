/* crash.h -- what a dump of all threads in an emergency needs: handlers of fatal signals, a stack for them, a look at the
 * threads without locks, and a watchdog that is no Python thread.
 *
 * What runs in a handler or in the watchdog may use async-signal-safe functions only, and reads the records and frames of
 * threads that may be running: it may see something torn, as any such tool.
 */
#ifndef HD_CRASH_H
#define HD_CRASH_H

#include <signal.h>

#include "clock.h"
#include "thread.h"

/* Makes `handler` the C handler of a signal, on the alternate stack; `old` gets what was there. 0, or -1 with errno.
 * `nested`: the signal may arrive again while its handler runs. */
int hd_crash_handle(int number, void (*handler)(int), bool nested, struct sigaction *old) HD_CHECK;
/* Puts back what was there. Async-signal-safe. */
void hd_crash_restore(int number, const struct sigaction *old);
/* Sends the calling thread a signal. Async-signal-safe. */
void hd_crash_raise(int number);
/* Gives the calling thread an alternate signal stack, if it has none; 0 or errno. */
int hd_crash_stack(void) HD_CHECK;

/* Calls `visit` for each thread, newest first, without the registry's lock, until it returns false. */
void hd_crash_each_thread(bool (*visit)(HdThread *thread, void *context), void *context);

/* Starts the watchdog: calls `bark` when `interval` has passed, and again each time while `repeat`. There is one at most; a
 * running one is stopped first. 0 or errno. */
int hd_crash_watch(HdThread *t, HdTime interval, bool repeat, void (*bark)(void *context), void *context) HD_CHECK;
/* Stops it; it does not bark any more on return. */
void hd_crash_unwatch(HdThread *t);
void hd_crash_after_fork(void); /* in the child: there is none */

#endif
