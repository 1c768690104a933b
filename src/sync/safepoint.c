/* safepoint.c -- serving the eval breaker, pending calls, stop-the-world (see safepoint.h).
 *
 * Stop-the-world without the GIL: the stopper walks the registry. A DETACHED thread becomes SUSPENDED; an ATTACHED one
 * gets STOP_ASKED beside it and is counted in `stop_remaining`. From then on each of its ways out of ATTACHED is a
 * compare-and-swap that fails, so it reports (hd_safepoint_report_stopped): no thread can slip away uncounted, and no
 * rescan is needed.
 */
#include "safepoint.h"

#include "epoch.h"
#include "state.h"

void hd_safepoint_set_tables(const void *const *run, const void *const *brk) {
    hd_raw_lock(&hd_sync.registry);
    hd_sync.table_run = run;
    hd_sync.table_break = brk;
    for (HdThread *each = hd_sync.threads; each; each = each->next) {
        each->table_run = run;
        HD_STORE_RELAXED(&each->table_break, brk);
        HD_STORE_RELEASE(&each->dispatch, HD_LOAD_RELAXED(&each->why) ? brk : run);
    }
    hd_raw_unlock(&hd_sync.registry);
}

void hd_safepoint_set_own_tables(HdThread *t, const void *const *run, const void *const *brk) {
    t->table_run = run;
    HD_STORE_SEQ(&t->table_break, brk);
    HD_STORE_SEQ(&t->dispatch, run);
    if (HD_LOAD_SEQ(&t->why)) HD_STORE_SEQ(&t->dispatch, brk);
}

void hd_safepoint_set_hooks(const HdSafepointHooks *hooks) { hd_sync.safepoint_hooks = *hooks; }

HdSafepointHooks *hd_safepoint_hooks(void) { return &hd_sync.safepoint_hooks; }

/* --- the two doors --- */

static uint32_t take_requests(HdThread *t) {
    HD_STORE_SEQ(&t->dispatch, t->table_run);
    return __atomic_exchange_n(&t->why, 0, __ATOMIC_SEQ_CST);
}

static void serve_anywhere(HdThread *t, uint32_t why) {
    if (why & HD_WHY_EPOCH) hd_epoch_quiescent(t);
    if (HD_UNLIKELY(HD_LOAD_RELAXED(&hd_sync.stopper) == t)) {
        /* We hold the world: what wants us to give way has to ask again. */
        if (why & HD_WHY_GIL_DROP) hd_safepoint_post(t, HD_WHY_GIL_DROP);
        return;
    }
    if (why & HD_WHY_STOP) {
        /* Already suspended and started again in a wait: then the flag is gone and this does nothing. */
        if (HD_LOAD_ACQUIRE(&t->state) & HD_THREAD_STOP_ASKED) {
            hd_thread_detach(t, HD_BLOCK_SURE);
            hd_thread_attach(t, HD_WAKE_THREAD);
        }
    }
    if (why & HD_WHY_GIL_DROP) hd_sync.scheduler->yield(t, HD_YIELD_ASKED);
}

void hd_safepoint_any(HdThread *t) {
    uint32_t why = take_requests(t);
    if (why & HD_WHY_DEFERRED) hd_safepoint_post(t, why & HD_WHY_DEFERRED);
    serve_anywhere(t, why);
}

int hd_safepoint_signals(HdThread *t) {
    if (!t->is_main) return 0;
    __atomic_fetch_and(&t->why, ~(uint32_t)HD_WHY_SIGNALS, __ATOMIC_SEQ_CST);
    int (*handle)(HdThread *) = hd_sync.safepoint_hooks.signals;
    if (!handle || handle(t) == 0) return 0;
    if (hd_signals_waiting()) hd_safepoint_post(t, HD_WHY_SIGNALS);
    return -1;
}

static int serve_pending(HdThread *t) {
    /* At most one queue's worth: a call that queues itself again must not keep us here. */
    for (int i = 0; i < HD_PENDING_MAX; i++) {
        hd_raw_lock(&hd_sync.pending_lock);
        bool any = hd_sync.pending_count > 0;
        HdPendingCall call = {0};
        if (any) {
            call = hd_sync.pending[hd_sync.pending_first];
            hd_sync.pending_first = (hd_sync.pending_first + 1) % HD_PENDING_MAX;
            hd_sync.pending_count--;
        }
        bool more = hd_sync.pending_count > 0;
        hd_raw_unlock(&hd_sync.pending_lock);
        if (!any) return 0;
        if (call.function(t, call.argument) < 0) {
            if (more) hd_safepoint_post(t, HD_WHY_PENDING);
            return -1;
        }
    }
    hd_safepoint_post(t, HD_WHY_PENDING);
    return 0;
}

/* Serves one kind of request; -1 raised. */
static int serve_deferred(HdThread *t, uint32_t bit) {
    const HdSafepointHooks *hooks = &hd_sync.safepoint_hooks;
    switch (bit) {
    case HD_WHY_SIGNALS: return hd_safepoint_signals(t);
    case HD_WHY_PENDING: return t->is_main ? serve_pending(t) : 0;
    case HD_WHY_GC: return hooks->gc ? hooks->gc(t) : 0;
    case HD_WHY_FINALIZE: return hooks->finalize ? hooks->finalize(t) : 0;
    case HD_WHY_TRACE: return hooks->trace ? hooks->trace(t) : 0;
    case HD_WHY_MERGE:
        if (hooks->merge) hooks->merge(t);
        return 0;
    case HD_WHY_USER:
        if (hooks->user) hooks->user(t);
        return 0;
    case HD_WHY_ASYNC_EXCEPTION: return hooks->async_exception ? hooks->async_exception(t) : 0;
    default: return 0;
    }
}

int hd_safepoint_full(HdThread *t) {
    /* In the order CPython has: handlers first, what raises for certain last. */
    static const uint32_t order[] = {HD_WHY_SIGNALS,  HD_WHY_PENDING, HD_WHY_MERGE, HD_WHY_GC,
                                     HD_WHY_FINALIZE, HD_WHY_TRACE,   HD_WHY_USER,  HD_WHY_ASYNC_EXCEPTION};
    uint32_t why = take_requests(t);
    serve_anywhere(t, why);
    for (size_t i = 0; i < HD_COUNT_OF(order); i++) {
        if (!(why & order[i])) continue;
        why &= ~order[i];
        if (serve_deferred(t, order[i]) < 0) {
            if (why & HD_WHY_DEFERRED) hd_safepoint_post(t, why & HD_WHY_DEFERRED);
            return -1;
        }
    }
    return 0;
}

bool hd_safepoint_add_pending(HdPendingFunction function, void *argument) {
    hd_raw_lock(&hd_sync.pending_lock);
    bool room = hd_sync.pending_count < HD_PENDING_MAX;
    if (room) {
        int last = (hd_sync.pending_first + hd_sync.pending_count++) % HD_PENDING_MAX;
        hd_sync.pending[last] = (HdPendingCall){function, argument};
    }
    hd_raw_unlock(&hd_sync.pending_lock);
    HdThread *main = hd_thread_main();
    if (room && main) hd_safepoint_post(main, HD_WHY_PENDING);
    return room;
}

bool hd_safepoint_post_any(HdThread *t, uint32_t why) {
    /* For who attaches from now on; and whoever is attached already is found below. */
    __atomic_fetch_or(&hd_sync.attach_why, why, __ATOMIC_SEQ_CST);
    hd_raw_lock(&hd_sync.registry);
    HdThread *each = hd_sync.threads;
    while (each && (each == t || !(HD_LOAD_SEQ(&each->state) & HD_THREAD_ATTACHED))) each = each->next;
    if (each) hd_safepoint_post(each, why);
    hd_raw_unlock(&hd_sync.registry);
    return each != NULL;
}

/* --- giving way at random --- */

void hd_safepoint_set_yield(uint64_t seed, uint32_t rate) {
    hd_sync.yield_seed = seed;
    hd_sync.yield_rate = rate;
}

bool hd_safepoint_yields(void) { return hd_sync.yield_rate != 0; }

static uint32_t yield_random(HdThread *t) {
    uint64_t x = t->yield_state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(x >> 32);
}

void hd_safepoint_yield(HdThread *t) {
    if (HD_LIKELY(t->yield_left)) {
        t->yield_left--;
        return;
    }
    if (!t->yield_state) t->yield_state = (hd_sync.yield_seed + 1) * UINT64_C(0x2545f4914f6cdd1d) ^ (t->serial << 32);
    t->yield_left = yield_random(t) % (2 * hd_sync.yield_rate);
    if (HD_LOAD_RELAXED(&hd_sync.stopper) == t) return;
    uint32_t kind = yield_random(t);
    if (kind % 4) {
        hd_sync.scheduler->yield(t, HD_YIELD_BEHIND);
        return;
    }
    /* Longer than the others need for a few instructions. */
    uint32_t never = 0;
    hd_thread_detach(t, HD_BLOCK_SURE);
    hd_futex_wait(&never, 0, hd_clock_monotonic() + (HdTime)(kind / 4 % 64) * HD_MICROSECOND);
    hd_thread_attach(t, HD_WAKE_THREAD);
}

/* --- stop-the-world --- */

/* The stopper itself has the lock. */
void hd_safepoint_outside_begin(HdThread *t) {
    if (HD_LOAD_RELAXED(&hd_sync.stopper) != t) hd_raw_lock(&hd_sync.outside_lock);
}
void hd_safepoint_outside_end(HdThread *t) {
    if (HD_LOAD_RELAXED(&hd_sync.stopper) != t) hd_raw_unlock(&hd_sync.outside_lock);
}

void hd_safepoint_report_stopped(HdThread *t) {
    hd_raw_lock(&hd_sync.registry);
    HD_STORE_SEQ(&t->state, HD_THREAD_SUSPENDED);
    bool last = HD_FETCH_SUB(&hd_sync.stop_remaining, 1) == 1;
    hd_raw_unlock(&hd_sync.registry);
    if (last) hd_futex_wake(&hd_sync.stop_remaining, 1);
}

/* Under the registry lock: true when the thread will report. */
static bool ask_to_stop(HdThread *thread) {
    for (;;) {
        uint32_t state = HD_LOAD_SEQ(&thread->state);
        switch (state) {
        case HD_THREAD_DETACHED:
            if (HD_CAS_SEQ(&thread->state, &state, HD_THREAD_SUSPENDED)) return false;
            break;
        case HD_THREAD_ATTACHED:
            if (HD_CAS_SEQ(&thread->state, &state, HD_THREAD_ATTACHED | HD_THREAD_STOP_ASKED)) return true;
            break;
        case HD_THREAD_CLAIMED: /* by a thread that does not wait meanwhile */
            hd_cpu_relax();
            break;
        default: return false;
        }
    }
}

static void stop_attached(HdThread *t) {
    /* Nobody else runs, so objects need no locks; one may even be held by a thread that it was handed to in its wait. */
    t->locks = false;
    hd_raw_lock(&hd_sync.registry);
    hd_sync.world_stopped = true;
    uint32_t asked = 0;
    HD_STORE_SEQ(&hd_sync.stop_remaining, 0);
    for (HdThread *each = hd_sync.threads; each; each = each->next) {
        if (each != t && ask_to_stop(each)) {
            /* Reports wait for the registry lock, so the count is whole before the first comes off. */
            asked++;
            hd_safepoint_post(each, HD_WHY_STOP);
        }
    }
    HD_STORE_SEQ(&hd_sync.stop_remaining, asked);
    hd_raw_unlock(&hd_sync.registry);
    for (;;) {
        uint32_t remaining = HD_LOAD_SEQ(&hd_sync.stop_remaining);
        if (remaining == 0) break;
        hd_futex_wait(&hd_sync.stop_remaining, remaining, HD_FOREVER);
    }
}

void hd_safepoint_stop_world(HdThread *t) {
    if (HD_LOAD_RELAXED(&hd_sync.stopper) == t) {
        hd_sync.stop_depth++;
        return;
    }
    hd_mutex_lock(t, &hd_sync.stop_lock);
    HD_STORE_RELEASE(&hd_sync.stopper, t);
    hd_sync.stop_depth = 1;
    if (hd_sync.scheduler->parallel) stop_attached(t);
    hd_raw_lock(&hd_sync.outside_lock);
}

void hd_safepoint_start_world(HdThread *t) {
    assert(hd_sync.stopper == t && hd_sync.stop_depth > 0);
    if (--hd_sync.stop_depth > 0) return;
    hd_raw_unlock(&hd_sync.outside_lock);
    if (hd_sync.scheduler->parallel) {
        t->locks = HD_LOAD_RELAXED(&hd_sync.threaded);
        bool left = false;
        hd_raw_lock(&hd_sync.registry);
        hd_sync.world_stopped = false;
        for (HdThread *each = hd_sync.threads; each; each = each->next) {
            if (each == t || HD_LOAD_SEQ(&each->state) != HD_THREAD_SUSPENDED) continue;
            /* References left to it after it was suspended outside, by those who ran on for a moment: it would not see them. */
            if (HD_LOAD_SEQ(&each->why) & HD_WHY_MERGE) left |= hd_sync.safepoint_hooks.merge_leave(each);
            HD_STORE_SEQ(&each->state, HD_THREAD_DETACHED);
            hd_futex_wake(&each->state, 1);
        }
        hd_raw_unlock(&hd_sync.registry);
        if (left) hd_safepoint_post(t, HD_WHY_MERGE);
    }
    HD_STORE_RELEASE(&hd_sync.stopper, NULL);
    hd_mutex_unlock(&hd_sync.stop_lock);
}
