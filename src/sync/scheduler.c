/* scheduler.c -- the scheduler without a GIL: whoever is attached runs; only a stopped world keeps a thread out. */
#include "scheduler.h"

#include <sched.h>

#include "futex.h"
#include "safepoint.h"
#include "state.h"

bool hd_scheduler_kernel_block(HdThread *t, uint32_t *word, uint32_t expected, HdTime deadline) {
    return hd_futex_wait(word, expected, deadline);
}

void hd_scheduler_kernel_wake(HdThread *woken, uint32_t *word) { hd_futex_wake(word, 1); }

int hd_scheduler_processor(void) { return sched_getcpu(); }

_Static_assert(sizeof(cpu_set_t) == HD_THREAD_PROCESSORS / 8, "gil_processors is one");

bool hd_scheduler_fetch(HdThread *t, int processor, uint64_t allowed[HD_THREAD_PROCESSORS / 64]) {
    cpu_set_t only, *all = (cpu_set_t *)allowed;
    if (processor < 0 || processor >= HD_THREAD_PROCESSORS) return false;
    if (sched_getaffinity((pid_t)t->native_id, sizeof *all, all) < 0) return false;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    return CPU_ISSET(processor, all) && sched_setaffinity((pid_t)t->native_id, sizeof only, &only) == 0;
}

void hd_scheduler_let_go(HdThread *t, const uint64_t allowed[HD_THREAD_PROCESSORS / 64]) {
    (void)sched_setaffinity((pid_t)t->native_id, sizeof(cpu_set_t), (const cpu_set_t *)allowed);
}

void hd_scheduler_hang(void) {
    uint32_t never = 0;
    for (;;) hd_futex_wait(&never, 0, HD_FOREVER);
}

/* t is detached, and somebody has its record: until that may have changed. */
static void wait_outside(HdThread *t, uint32_t state) {
    if (state == HD_THREAD_CLAIMED) sched_yield(); /* for the time of a few instructions */
    /* The world is stopped; whoever starts it again stores DETACHED and wakes. */
    else if (state == HD_THREAD_SUSPENDED) hd_futex_wait(&t->state, HD_THREAD_SUSPENDED, HD_FOREVER);
}

static void free_acquire(HdThread *t, HdWake wake) {
    for (;;) {
        uint32_t expected = HD_THREAD_DETACHED;
        if (HD_LIKELY(HD_CAS_SEQ(&t->state, &expected, HD_THREAD_ATTACHED))) break;
        wait_outside(t, expected);
    }
    if (HD_UNLIKELY(HD_LOAD_SEQ(&hd_sync.attach_why))) hd_safepoint_post(t, HD_EXCHANGE(&hd_sync.attach_why, 0));
    /* What it reads from now on is what the newest epoch shows. */
    if (HD_LIKELY(!t->reads)) HD_STORE_RELEASE(&t->epoch_seen, HD_LOAD_ACQUIRE(&hd_sync.epoch));
}

static void free_release(HdThread *t, HdBlock block) {
    uint32_t expected = HD_THREAD_ATTACHED;
    if (HD_UNLIKELY(!HD_CAS_SEQ(&t->state, &expected, HD_THREAD_DETACHED))) hd_safepoint_report_stopped(t);
    /* Somebody left us a reference after we looked, and before the claim that would have seen us outside. Who has the record
     * now need not know of it (a stop of the world): nobody would merge it before we are back. */
    if (HD_UNLIKELY(HD_LOAD_SEQ(&t->why) & HD_WHY_MERGE) && block != HD_BLOCK_END) {
        while (!hd_thread_claim(t, t)) wait_outside(t, HD_LOAD_RELAXED(&t->state));
        /* A stopper that holds the registry's lock waits for the end of a claim: that lock only after it. */
        bool work = hd_sync.safepoint_hooks.merge_leave(t);
        hd_thread_unclaim(t);
        if (!work) return;
        hd_safepoint_outside_begin(t); /* it may start a thread */
        hd_sync.safepoint_hooks.merge_call(t);
        hd_safepoint_outside_end(t);
    }
}

static void free_yield(HdThread *t, HdYield yield) {
    if (yield != HD_YIELD_BEHIND) return;
    hd_thread_detach(t, HD_BLOCK_MAYBE);
    sched_yield();
    hd_thread_attach(t, HD_WAKE_THREAD);
}

static void free_shutdown(HdThread *t) {
    /* The world stays stopped: everybody who is or comes detached is suspended for good. */
    hd_safepoint_stop_world(t);
}

static void free_after_fork(HdThread *t) { HD_STORE_RELEASE(&t->state, HD_THREAD_ATTACHED); }

const HdScheduler hd_scheduler_free = {
    .name = "free",
    .parallel = true,
    .acquire = free_acquire,
    .release = free_release,
    .yield = free_yield,
    .block = hd_scheduler_kernel_block,
    .wake = hd_scheduler_kernel_wake,
    .shutdown = free_shutdown,
    .after_fork = free_after_fork,
};
