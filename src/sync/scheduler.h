/* scheduler.h -- who may run when: the interface behind which kernel threads under the GIL, kernel threads without it, and
 * a scheduler that decides every switch stand.
 *
 * thread.c, park.c and safepoint.c go through this table and nothing else; nobody above src/sync sees it, except
 * instrument/, which may bring the third. `acquire` and `release` are called by hd_thread_attach and hd_thread_detach.
 */
#ifndef HD_SCHEDULER_H
#define HD_SCHEDULER_H

#include "clock.h"
#include "thread.h"

typedef enum HdYield {
    HD_YIELD_ASKED,  /* a drop request was seen */
    HD_YIELD_POLITE, /* it might have had to wait and had not: who has had less of the GIL goes first */
    HD_YIELD_BEHIND, /* sleep(0): go behind every waiter */
} HdYield;

typedef struct HdScheduler {
    const char *name;
    bool parallel; /* several threads run at a time: per-object locks are needed */
    void (*acquire)(HdThread *t, HdWake wake);
    void (*release)(HdThread *t, HdBlock block);
    /* Called attached; returns attached. */
    void (*yield)(HdThread *t, HdYield yield);
    /* Waits, released, while *word == expected; false when the deadline passed. `expected` may have gone already. */
    bool (*block)(HdThread *t, uint32_t *word, uint32_t expected, HdTime deadline);
    /* Wakes thread `woken`, whose block is over because *word was changed. Async-signal-safe. */
    void (*wake)(HdThread *woken, uint32_t *word);
    /* `woken`, asleep in `block`, is about to be told that its wait is over, and will then acquire. True: it has been put
     * in line for that, and no `wake` is needed. NULL or false: it is woken at once. Under the lock of a queue (park.c). */
    bool (*line_up)(HdThread *woken, uint32_t *word);
    void (*shutdown)(HdThread *t);    /* no other thread acquires from now on */
    void (*after_fork)(HdThread *t);  /* child: t is the only thread, and runs */
    /* What Python's clocks show; NULL or false: the real time. */
    bool (*clock)(HdClock clock, HdTime *out);
} HdScheduler;

extern const HdScheduler hd_scheduler_gil;  /* gil.c */
extern const HdScheduler hd_scheduler_free; /* scheduler.c */

/* Kernel waits for schedulers that use them. */
bool hd_scheduler_kernel_block(HdThread *t, uint32_t *word, uint32_t expected, HdTime deadline);
void hd_scheduler_kernel_wake(HdThread *woken, uint32_t *word);
/* The processor that this thread is on; -1: unknown. It may be another at once. */
int hd_scheduler_processor(void);
/* From now on the kernel thread of t, which sleeps, may run on this processor only, until hd_scheduler_let_go; false: nothing
 * was done (it may not run there). `allowed` keeps where it might run. */
bool hd_scheduler_fetch(HdThread *t, int processor, uint64_t allowed[HD_THREAD_PROCESSORS / 64]);
void hd_scheduler_let_go(HdThread *t, const uint64_t allowed[HD_THREAD_PROCESSORS / 64]);
/* Never returns: a thread that may not run Python any more. */
HD_NORETURN void hd_scheduler_hang(void);

#endif
