/* gil.c -- the GIL (see gil.h): the scheduler for kernel threads of which one runs at a time.
 *
 * Locks: `gil->lock` guards the queues and all that is not marked atomic. A thread changes `holder` from itself to
 * stealable without the lock; everything else happens to `holder` under it or by compare-and-swap.
 * Lost wake-ups: a releaser stores `holder`, then reads `waiters`; a waiter adds itself to `waiters`, then reads
 * `holder` (both sequentially consistent), so one of them sees the other.
 */
#include "gil.h"

#include "probe.h"
#include "safepoint.h"
#include "scheduler.h"
#include "state.h"

/* Flags in `holder`. */
#define STEALABLE ((uintptr_t)1)   /* its owner waits for something */
#define STEALABLE_SOON ((uintptr_t)2) /* its owner may be back at once */
#define FLAGS ((uintptr_t)3)

/* States of t->gil_word. */
enum {
    GIL_IDLE,
    GIL_AWAKE,    /* in a queue, on its way to look again */
    GIL_SLEEPING, /* in a queue, in the kernel: needs a wake */
    GIL_GRANTED,  /* out of the queue: it is the holder */
};

#define MIN_RUN (15 * HD_MICROSECOND)
#define FIRST_SLICE (100 * HD_MICROSECOND)
#define URGENT_SLICE HD_MILLISECOND
#define STEAL_AFTER (20 * HD_MICROSECOND)
#define MAX_SPINS 4 /* then a waiter sleeps, however short its wait is expected to be */
#define SPIN_MAX (50 * HD_MICROSECOND)
#define POLL_SHORT (200 * HD_MICROSECOND)
#define FREE_DEBT (200 * HD_MICROSECOND)
#define MAX_DEBT (8 * HD_MILLISECOND)
#define LINE_UP_FOR (10 * HD_MICROSECOND)
enum { TRUST_MAX = 6, TRUST_AGAIN = 32 };
#define RUN_HANDED ((HdTime)-1) /* granted to a thread that is not on a processor yet */

static HdGil *the_gil(void) { return &hd_sync.gil; }
static HdThread *holder_thread(uintptr_t holder) { return (HdThread *)(holder & ~FLAGS); }

/* --- queues --- */

static void queue_insert(HdGil *gil, HdThread *t) {
    HdGilQueue *queue = &gil->queues[t->gil_class];
    HdThread *after = queue->last, *before = NULL;
    while (after && after->gil_virtual > t->gil_virtual) {
        before = after;
        after = after->gil_previous;
    }
    t->gil_previous = after;
    t->gil_next = before;
    if (after) {
        after->gil_next = t;
    } else {
        queue->first = t;
    }
    if (before) {
        before->gil_previous = t;
    } else {
        queue->last = t;
    }
    __atomic_fetch_add(&gil->waiters, 1, __ATOMIC_SEQ_CST);
}

static void queue_remove(HdGil *gil, HdThread *t) {
    HdGilQueue *queue = &gil->queues[t->gil_class];
    if (t->gil_previous) {
        t->gil_previous->gil_next = t->gil_next;
    } else {
        queue->first = t->gil_next;
    }
    if (t->gil_next) {
        t->gil_next->gil_previous = t->gil_previous;
    } else {
        queue->last = t->gil_previous;
    }
    t->gil_next = t->gil_previous = NULL;
    __atomic_fetch_sub(&gil->waiters, 1, __ATOMIC_SEQ_CST);
}

/* Who is next; NULL when nobody waits. */
static HdThread *queue_best(HdGil *gil) {
    HdThread *urgent = gil->queues[HD_GIL_URGENT].first;
    HdThread *other = gil->queues[HD_GIL_RESUMED].first;
    if (!other) other = gil->queues[HD_GIL_ORDINARY].first;
    if (urgent && (gil->debt <= FREE_DEBT || !other)) return urgent;
    return other;
}

/* --- accounts --- */

static HdTime slice_of(HdGil *gil, HdThread *t) {
    HdTime interval = HD_LOAD_RELAXED(&gil->interval);
    HdTime slice = t->gil_slice ? t->gil_slice : FIRST_SLICE;
    if (slice > interval) slice = interval;
    if (gil->run_urgent && slice > URGENT_SLICE) slice = URGENT_SLICE;
    slice -= t->gil_used;
    return slice < MIN_RUN ? MIN_RUN : slice;
}

/* Writes the run that ends now into the books. Called by the holder, or for one whose run is being taken. */
static void charge(HdGil *gil, HdThread *t, HdTime now) {
    if (gil->run_start == RUN_HANDED) return;
    HdTime ran = now - gil->run_start;
    if (ran <= 0) return;
    gil->run_start = now;
    t->gil_virtual += ran;
    t->gil_used += ran;
    gil->virtual_now += ran / (HdTime)(HD_LOAD_RELAXED(&gil->waiters) + 1);
    if (gil->run_urgent) {
        gil->debt += ran;
        if (gil->debt > MAX_DEBT) gil->debt = MAX_DEBT;
    } else {
        gil->debt -= 2 * ran;
        if (gil->debt < 0) gil->debt = 0;
    }
}

/* `next` gets the GIL from this thread, which is about to sleep. If it is asleep since another thread woke it, it runs on this
 * processor, where waking it is a switch and not a message to another one; but not before it has kept sleeping elsewhere for
 * a while, with nothing gained by looking on (park.c). */
static void fetch(HdThread *next) {
    int here = hd_scheduler_processor();
    bool asleep = HD_LOAD_ACQUIRE(&next->gil_word) == GIL_SLEEPING;
    if (!asleep || !next->gil_invited || next->gil_processor == here) return;
    if (HD_LOAD_RELAXED(&next->park_patience) > 0) return;
    if (next->park_apart < HD_THREAD_APART_MAX) {
        next->park_apart++;
    } else {
        next->gil_fetched = hd_scheduler_fetch(next, here, next->gil_processors);
    }
}

/* Makes `next` the holder; true when it sleeps and has to be woken after the lock is let go. */
static bool grant(HdGil *gil, HdThread *next) {
    queue_remove(gil, next);
    gil->run_start = RUN_HANDED;
    gil->run_urgent = next->gil_class == HD_GIL_URGENT;
    gil->drop_posted = false;
    gil->switches++;
    if (next->gil_class != HD_GIL_RESUMED) next->gil_used = 0;
    if (next->gil_virtual > gil->virtual_now) gil->virtual_now = next->gil_virtual;
    HD_STORE_SEQ(&gil->holder, (uintptr_t)next);
    return HD_EXCHANGE(&next->gil_word, GIL_GRANTED) == GIL_SLEEPING;
}

static void wake_up(HdThread *waiter) { hd_futex_wake(HD_LOAD_RELAXED(&waiter->gil_futex), 1); }

static bool poke(HdThread *waiter) {
    uint32_t sleeping = GIL_SLEEPING;
    return HD_CAS(&waiter->gil_word, &sleeping, GIL_AWAKE);
}

static void ask_holder(HdGil *gil, HdThread *t, uintptr_t holder) {
    if (gil->drop_posted) return;
    gil->drop_posted = true;
    HD_PROBE(gil_asked, t, holder_thread(holder));
    hd_safepoint_post(holder_thread(holder), HD_WHY_GIL_DROP);
}

/* --- waiting --- */

/* What a waiter does until it looks again. */
typedef struct Plan {
    HdTime spin_until; /* 0: do not spin */
    HdTime deadline;
} Plan;

/* A short call may be over soon: let it be for STEAL_AFTER, counted from when this waiter first saw it. */
static bool soon_over(uintptr_t holder, uintptr_t *seen, HdTime *seen_at, HdTime now) {
    if (*seen != holder) {
        *seen = holder;
        *seen_at = now;
        return false;
    }
    return now - *seen_at >= STEAL_AFTER;
}

static Plan plan_for_holder(HdGil *gil, HdThread *t, uintptr_t holder, HdTime now, int spins) {
    Plan plan = {0, HD_FOREVER};
    bool urgent = t->gil_class == HD_GIL_URGENT;
    if (gil->run_start == RUN_HANDED) {
        /* Its minimum run starts when it is on a processor. */
        if (urgent && spins < MAX_SPINS) plan.spin_until = now + MIN_RUN;
        plan.deadline = now + POLL_SHORT;
    } else if (urgent && !gil->run_urgent) {
        HdTime owed = gil->debt > FREE_DEBT ? (gil->debt - FREE_DEBT) / 2 : 0;
        HdTime due = gil->run_start + (owed > MIN_RUN ? owed : MIN_RUN);
        if (now >= due) {
            ask_holder(gil, t, holder);
            if (spins < MAX_SPINS) plan.spin_until = now + MIN_RUN;
            plan.deadline = now + HD_MILLISECOND;
        } else {
            if (due - now <= SPIN_MAX && spins < MAX_SPINS) plan.spin_until = due;
            plan.deadline = due;
        }
    }
    if (!gil->timer) gil->timer = t;
    if (gil->timer == t) {
        HdTime due = now + POLL_SHORT;
        if (gil->run_start != RUN_HANDED) {
            due = gil->run_start + slice_of(gil, holder_thread(holder));
            if (now >= due) {
                ask_holder(gil, t, holder);
                due = now + HD_LOAD_RELAXED(&gil->interval);
                /* Who is next anyway saves the kernel a sleep and a wake. */
                if (spins < MAX_SPINS && queue_best(gil) == t) plan.spin_until = now + SPIN_MAX;
            }
        }
        if (due < plan.deadline) plan.deadline = due;
    }
    if (t->gil_polls) {
        t->gil_polls = false;
        if (plan.deadline > now + POLL_SHORT) plan.deadline = now + POLL_SHORT;
    }
    return plan;
}

static void spin_or_sleep(HdGil *gil, HdThread *t, const Plan *plan, uintptr_t holder) {
    if (plan->spin_until) {
        for (int i = 0; HD_LOAD_ACQUIRE(&t->gil_word) == GIL_AWAKE && HD_LOAD_RELAXED(&gil->holder) == holder; i++) {
            hd_cpu_relax();
            if ((i & 15) == 15 && hd_clock_monotonic() >= plan->spin_until) break;
        }
        return;
    }
    t->gil_processor = hd_scheduler_processor();
    uint32_t awake = GIL_AWAKE;
    if (!HD_CAS(&t->gil_word, &awake, GIL_SLEEPING)) return;
    hd_futex_wait(&t->gil_word, GIL_SLEEPING, plan->deadline);
    uint32_t sleeping = GIL_SLEEPING;
    HD_CAS(&t->gil_word, &sleeping, GIL_AWAKE);
}

/* Tries to take a GIL nobody runs under, for whoever is best. Returns true when t got it. */
static bool take_free(HdGil *gil, HdThread *t, uintptr_t holder, HdThread **wake) {
    /* The owner may come back at this very moment; then its compare-and-swap or ours fails. */
    HdThread *best = queue_best(gil);
    if (!HD_CAS_SEQ(&gil->holder, &holder, (uintptr_t)best)) return false;
    gil->steals++;
    if (grant(gil, best)) *wake = best;
    return best == t;
}

/* With the lock held: a thread that must not run Python any more lets go of it and stays here for ever. */
static void hang_if_over(HdGil *gil, HdThread *t) {
    HdThread *finalizer = HD_LOAD_ACQUIRE(&hd_sync.finalizer);
    if (HD_LIKELY(!finalizer || finalizer == t)) return;
    hd_raw_unlock(&gil->lock);
    hd_scheduler_hang();
}

/* With the lock held, by the holder: if all who wait are asleep without a timer, the holder's breaker watches for them. */
static void begin_line_up(HdGil *gil, HdThread *t, HdTime now) {
    bool untended = !gil->timer && HD_LOAD_RELAXED(&gil->waiters) != 0;
    gil->lined_up_at = untended ? now : 0;
    if (untended) hd_safepoint_post(t, HD_WHY_GIL_DROP);
}

/* Waits in the queue until t is the holder. Called with the lock held and t queued; returns with it let go. */
static void wait_in_queue(HdGil *gil, HdThread *t, HdTime spin_first) {
    uintptr_t seen = 0;
    HdTime seen_at = 0;
    HdThread *wake = NULL;
    int spins = 0;
    while (HD_LOAD_ACQUIRE(&t->gil_word) != GIL_GRANTED) {
        hang_if_over(gil, t);
        uintptr_t holder = HD_LOAD_SEQ(&gil->holder);
        HdTime now = hd_clock_monotonic();
        Plan plan = {0, HD_FOREVER};
        if (holder == 0 || (holder & STEALABLE) ||
            ((holder & STEALABLE_SOON) && soon_over(holder, &seen, &seen_at, now))) {
            if (take_free(gil, t, holder, &wake)) break;
            if (!wake) continue;
        } else if (holder & STEALABLE_SOON) {
            plan.spin_until = seen_at + STEAL_AFTER;
        } else {
            if (seen == (holder | STEALABLE_SOON)) {
                /* It was back before we might take it. */
                t->gil_polls = true;
                gil->quiet_until = now + POLL_SHORT;
            }
            seen = 0;
            plan = plan_for_holder(gil, t, holder, now, spins);
            if (spin_first > now && !plan.spin_until) plan.spin_until = spin_first;
        }
        hd_raw_unlock(&gil->lock);
        if (wake) {
            wake_up(wake);
            wake = NULL;
        } else {
            spins += plan.spin_until != 0;
            spin_or_sleep(gil, t, &plan, holder);
        }
        hd_raw_lock(&gil->lock);
    }
    HD_STORE_RELAXED(&t->gil_word, GIL_IDLE);
    t->gil_denied = false;
    bool fetched = t->gil_fetched;
    t->gil_fetched = false;
    gil->run_start = hd_clock_monotonic();
    HdThread *timer = NULL;
    if (gil->timer == t) {
        /* Somebody else has to keep the timer: who is to run last. */
        gil->timer = NULL;
        for (int class = HD_GIL_CLASSES; class-- > 0 && !timer;) timer = gil->queues[class].last;
        gil->timer = timer;
    }
    bool must_wake = timer && poke(timer);
    begin_line_up(gil, t, gil->run_start);
    hd_raw_unlock(&gil->lock);
    if (must_wake) wake_up(timer);
    if (fetched) hd_scheduler_let_go(t, t->gil_processors);
}

/* --- the scheduler's functions --- */

/* Under the lock: t gets in line. */
static void join_queue(HdGil *gil, HdThread *t, int class, HdTime now) {
    uintptr_t holder = HD_LOAD_SEQ(&gil->holder);
    if (HD_LOAD_RELAXED(&gil->waiters) == 0 && gil->run_start != RUN_HANDED && holder != 0 && !(holder & FLAGS)) {
        /* The contention begins now; what the holder ran alone costs it nothing. */
        gil->run_start = now;
        gil->run_urgent = false;
        gil->drop_posted = false;
        holder_thread(holder)->gil_used = 0;
    }
    int64_t floor = gil->virtual_now - HD_LOAD_RELAXED(&gil->interval);
    if (t->gil_virtual < floor) t->gil_virtual = floor;
    t->gil_class = (uint8_t)class;
    queue_insert(gil, t);
}

static HD_NOINLINE void acquire_slow(HdThread *t, HdWake reason) {
    HdGil *gil = the_gil();
    HdTime began = hd_clock_monotonic();
    hd_raw_lock(&gil->lock);
    hang_if_over(gil, t);
    uint32_t sleeping = GIL_SLEEPING;
    HdTime spin_first = 0;
    if (HD_LOAD_ACQUIRE(&t->gil_word) == GIL_IDLE) {
        HD_STORE_RELAXED(&t->gil_word, GIL_AWAKE);
        t->gil_invited = reason == HD_WAKE_THREAD;
        join_queue(gil, t, reason == HD_WAKE_OUTSIDE ? HD_GIL_URGENT : HD_GIL_ORDINARY, began);
        /* Who woke it tends to wait for the answer, and so to give the GIL up at once. */
        if (t->gil_invited && t->park_patience > 0) spin_first = began + MIN_RUN;
    } else {
        HD_CAS(&t->gil_word, &sleeping, GIL_AWAKE); /* lined up, or has got it already */
    }
    HD_STORE_RELAXED(&t->gil_futex, &t->gil_word);
    wait_in_queue(gil, t, spin_first);
    HD_PROBE(gil_taken, t, hd_clock_monotonic() - began);
}

static void gil_acquire(HdThread *t, HdWake reason) {
    HdGil *gil = the_gil();
    uintptr_t holder = HD_LOAD_RELAXED(&gil->holder);
    bool mine = holder_thread(holder) == t && (holder & FLAGS);
    /* Free, or left by ourselves: then nobody has run since. */
    if (!((mine || (holder == 0 && !HD_LOAD_RELAXED(&hd_sync.finalizer) && HD_LOAD_RELAXED(&gil->waiters) == 0)) &&
          HD_CAS_SEQ(&gil->holder, &holder, (uintptr_t)t))) {
        acquire_slow(t, reason);
    } else {
        HD_PROBE(gil_taken, t, 0);
    }
    HD_STORE_RELAXED(&t->state, HD_THREAD_ATTACHED);
}

/* Somebody waits: see to it that the GIL does not lie idle. `left` is what we stored in holder. */
static HD_NOINLINE void release_contended(HdGil *gil, HdThread *t, uintptr_t left) {
    HdThread *wake = NULL;
    hd_raw_lock(&gil->lock);
    uintptr_t holder = HD_LOAD_SEQ(&gil->holder);
    if (holder == left) {
        HdTime now = hd_clock_monotonic();
        charge(gil, t, now);
        if (gil->lined_up_at && t->gil_trust < TRUST_MAX) t->gil_trust++;
        HdThread *next = queue_best(gil);
        if (next && !(left & STEALABLE_SOON)) {
            bool awake = HD_LOAD_ACQUIRE(&next->gil_word) == GIL_AWAKE;
            if (left == 0 || awake || next->gil_denied || next->gil_futex != &next->gil_word) {
                if (HD_CAS_SEQ(&gil->holder, &holder, (uintptr_t)next)) {
                    if (left & STEALABLE) fetch(next);
                    if (grant(gil, next)) wake = next;
                }
            } else if (poke(next)) {
                next->gil_denied = true; /* taken back when it gets the GIL */
                wake = next;
            }
            t->gil_used = 0;
        } else if (next && (now >= gil->quiet_until || !gil->timer) && poke(next)) {
            wake = next;
        }
    }
    hd_raw_unlock(&gil->lock);
    if (wake) wake_up(wake);
}

static void gil_release(HdThread *t, HdBlock block) {
    HdGil *gil = the_gil();
    uintptr_t left = 0;
    if (block != HD_BLOCK_END) left = (uintptr_t)t | (block == HD_BLOCK_SURE ? STEALABLE : STEALABLE_SOON);
    HD_STORE_RELAXED(&t->state, HD_THREAD_DETACHED);
    HD_PROBE(gil_released, t, (int)block);
    __atomic_store_n(&gil->holder, left, __ATOMIC_SEQ_CST);
    if (HD_UNLIKELY(HD_LOAD_SEQ(&gil->waiters) != 0)) release_contended(gil, t, left);
}

/* The holder of the GIL is about to wake a thread: not yet. See gil.h. */
static bool gil_line_up(HdThread *woken, uint32_t *word) {
    HdGil *gil = the_gil();
    HdThread *t = hd_thread_current();
    if (!t || !hd_thread_is_attached(t) || HD_LOAD_RELAXED(&hd_sync.finalizer)) return false;
    HdTime now = hd_clock_monotonic();
    hd_raw_lock(&gil->lock);
    /* Nothing is risked while another waiter keeps the timer. */
    if (!gil->timer && t->gil_trust == 0) {
        t->gil_distrusted = (uint8_t)((t->gil_distrusted + 1) % TRUST_AGAIN);
        if (t->gil_distrusted != 1) {
            hd_raw_unlock(&gil->lock);
            return false;
        }
    }
    HD_STORE_RELAXED(&woken->gil_futex, word);
    HD_STORE_RELAXED(&woken->gil_word, GIL_SLEEPING);
    woken->gil_invited = true;
    join_queue(gil, woken, HD_GIL_ORDINARY, now);
    if (!gil->lined_up_at) begin_line_up(gil, t, now);
    hd_raw_unlock(&gil->lock);
    return true;
}

/* With the lock held, when the breaker of the holder t is served: if it goes on running, somebody in line has to be awake
 * to keep the timer. */
static void end_of_line_up(HdGil *gil, HdThread *t, HdTime now) {
    if (!gil->lined_up_at) return;
    if (!gil->timer && now - gil->lined_up_at < LINE_UP_FOR) {
        hd_safepoint_post(t, HD_WHY_GIL_DROP);
        return;
    }
    gil->lined_up_at = 0;
    if (t->gil_trust > 0) t->gil_trust--;
    HdThread *next = gil->timer ? NULL : queue_best(gil);
    if (!next || !poke(next)) return;
    hd_raw_unlock(&gil->lock);
    wake_up(next);
    hd_raw_lock(&gil->lock);
}

static void gil_yield(HdThread *t, HdYield yield) {
    HdGil *gil = the_gil();
    if (HD_LOAD_SEQ(&gil->waiters) == 0) return;
    HdTime began = hd_clock_monotonic();
    hd_raw_lock(&gil->lock);
    end_of_line_up(gil, t, began);
    HdThread *next = queue_best(gil);
    if (!next || (yield == HD_YIELD_ASKED && !gil->drop_posted)) {
        hd_raw_unlock(&gil->lock);
        return;
    }
    charge(gil, t, began);
    if (yield == HD_YIELD_POLITE && next->gil_virtual >= t->gil_virtual) {
        hd_raw_unlock(&gil->lock);
        return;
    }
    HD_PROBE(gil_released, t, -1);
    HdTime spin_first = 0;
    t->gil_class = HD_GIL_ORDINARY;
    if (yield == HD_YIELD_BEHIND) {
        for (int class = 0; class < HD_GIL_CLASSES; class++) {
            HdThread *last = gil->queues[class].last;
            if (last && last->gil_virtual > t->gil_virtual) t->gil_virtual = last->gil_virtual;
        }
    } else if (next->gil_class == HD_GIL_URGENT && !gil->run_urgent && slice_of(gil, t) > MIN_RUN) {
        t->gil_class = HD_GIL_RESUMED;
        spin_first = began + MIN_RUN; /* urgent runs tend to be short */
    } else if (yield == HD_YIELD_ASKED) {
        HdTime interval = HD_LOAD_RELAXED(&gil->interval);
        HdTime slice = t->gil_slice ? t->gil_slice : FIRST_SLICE;
        slice += slice / 2;
        t->gil_slice = slice < interval ? slice : interval;
    }
    HD_STORE_RELAXED(&t->gil_word, GIL_AWAKE);
    HD_STORE_RELAXED(&t->gil_futex, &t->gil_word);
    t->gil_invited = false;
    fetch(next);
    bool must_wake = grant(gil, next);
    queue_insert(gil, t);
    if (!gil->timer || gil->timer == next) gil->timer = t;
    HD_STORE_RELAXED(&t->state, HD_THREAD_DETACHED);
    if (must_wake) {
        hd_raw_unlock(&gil->lock);
        wake_up(next);
        hd_raw_lock(&gil->lock);
    }
    wait_in_queue(gil, t, spin_first);
    HD_STORE_RELAXED(&t->state, HD_THREAD_ATTACHED);
    HD_PROBE(gil_taken, t, hd_clock_monotonic() - began);
}

static void gil_shutdown(HdThread *t) {
    /* t holds it. Who waits now waits for ever; who comes later hangs in acquire_slow. */
    HdGil *gil = the_gil();
    hd_raw_lock(&gil->lock);
    for (int class = 0; class < HD_GIL_CLASSES; class++) gil->queues[class] = (HdGilQueue){0};
    gil->timer = NULL;
    HD_STORE_SEQ(&gil->waiters, 0);
    hd_raw_unlock(&gil->lock);
}

static void gil_after_fork(HdThread *t) {
    HdGil *gil = the_gil();
    HdTime interval = gil->interval;
    *gil = (HdGil){.holder = (uintptr_t)t, .interval = interval};
    t->gil_next = t->gil_previous = NULL;
    t->gil_virtual = 0;
    t->gil_used = 0;
    HD_STORE_RELAXED(&t->state, HD_THREAD_ATTACHED);
}

const HdScheduler hd_scheduler_gil = {
    .name = "gil",
    .parallel = false,
    .acquire = gil_acquire,
    .release = gil_release,
    .yield = gil_yield,
    .block = hd_scheduler_kernel_block,
    .wake = hd_scheduler_kernel_wake,
    .line_up = gil_line_up,
    .shutdown = gil_shutdown,
    .after_fork = gil_after_fork,
};

void hd_gil_set_interval(HdTime interval) { HD_STORE_RELAXED(&hd_sync.gil.interval, interval); }

HdTime hd_gil_get_interval(void) { return HD_LOAD_RELAXED(&hd_sync.gil.interval); }

void hd_gil_yield(HdThread *t) { hd_sync.scheduler->yield(t, HD_YIELD_BEHIND); }
