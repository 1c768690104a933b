/* signals.h -- signals: the C handler, what it leaves behind, and getting the main thread's attention.
 *
 * The handler marks the signal, writes a byte to the wakeup descriptor, posts HD_WHY_SIGNALS to the main thread and
 * ends its interruptible wait. Handlers written in Python run on the main thread at its next full safe point, or from
 * its wait: whoever gets INTERRUPTED back calls hd_safepoint_signals. Which Python object handles what is kept above.
 */
#ifndef HD_SIGNALS_H
#define HD_SIGNALS_H

#include <signal.h>

#include "clock.h"
#include "thread.h"

typedef enum HdSignalAction {
    HD_SIGNAL_DEFAULT,
    HD_SIGNAL_IGNORE,
    HD_SIGNAL_HANDLE,  /* our handler */
    HD_SIGNAL_FOREIGN, /* somebody else's C handler (only ever told, never set) */
} HdSignalAction;

/* 0, or -1 with errno. */
int hd_signals_set(int number, HdSignalAction action) HD_CHECK;
int hd_signals_get(int number, HdSignalAction *action) HD_CHECK;
/* siginterrupt(3): whether system calls go on after the signal. */
int hd_signals_set_restart(int number, bool restart) HD_CHECK;
/* As if the signal had arrived. */
void hd_signals_trip(int number);
/* The next signal that has arrived and not been taken, lowest first; 0 when there is none. */
int hd_signals_take(void);
bool hd_signals_waiting(void);
/* -1: none. Returns the old one. With `warn`, hd_signals_wakeup_error tells of a full buffer too. */
int hd_signals_set_wakeup(int fd, bool warn);
/* errno of a failed write to the wakeup descriptor since the last call, 0 if none. */
int hd_signals_wakeup_error(void);
/* The mask of the calling kernel thread, as a bit for each signal (bit n-1 for signal n). `how` as in sigprocmask. */
int hd_signals_mask(int how, uint64_t set, uint64_t *old) HD_CHECK;

/* The signals that are blocked and wait to be delivered to the calling thread. */
int hd_signals_pending(uint64_t *set) HD_CHECK;
/* pthread_kill: 0 or errno. */
int hd_signals_kill_thread(uint64_t ident, int number);
/* Waits, detached, for one of the signals of `set`, which the caller has blocked (sigtimedwait). The signal's number;
 * 0: the deadline passed; -1: error in errno; -2: a signal handler raised. */
int hd_signals_wait(HdThread *t, uint64_t set, HdTime deadline, siginfo_t *info) HD_CHECK;
/* pause(2): until a signal handler has run; -1: it raised. */
int hd_signals_pause(HdThread *t) HD_CHECK;

#endif
