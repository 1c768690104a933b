/* park.c -- the parking lot (see park.h).
 *
 * Locks: one raw lock a bucket guards its queue and the park_… fields of the threads in it. `park_word` lies in the
 * thread's record, which is never unmapped, so an unparker may wake it after letting go of the bucket.
 */
#include "park.h"

#include "safepoint.h"
#include "state.h"

enum {
    WORD_IDLE,
    WORD_SPINNING, /* waits, on a processor: needs no wake */
    WORD_WAITING,  /* waits, perhaps in the kernel */
    WORD_UNPARKED,
    WORD_INTERRUPTED,
};

/* Two threads that hand work to each other answer within microseconds; a sleep and a wake-up across processors takes 10 to
 * 25 us. So who was last woken from another processor looks on for a while before it sleeps. How often that has paid of
 * late says whether it does it again; after failures it tries with one park in RETRY_AFTER, so that waiting burns no
 * processor. Where it does not pay because the other processors have other work, threads that the GIL lets run in turn only are
 * better off on one: there a wake-up is a switch of 2 us (`fetch` in gil.c). */
#define SPIN_FOR (30 * HD_MICROSECOND)
enum { PATIENCE_MAX = 4, RETRY_AFTER = 32 };

static HdParkBucket *bucket_of(const void *address) {
    uint64_t hash = (uint64_t)(uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
    return &hd_sync.buckets[(hash >> 32) % HD_PARK_BUCKETS];
}

static void enqueue(HdParkBucket *bucket, HdThread *t, const void *address, void *tag) {
    t->park_address = address;
    t->park_tag = tag;
    t->park_token = 0;
    t->park_next = NULL;
    t->park_queued = true;
    t->park_attaches = hd_thread_is_attached(t);
    if (bucket->last) {
        bucket->last->park_next = t;
    } else {
        bucket->first = t;
    }
    bucket->last = t;
}

static void unlink_after(HdParkBucket *bucket, HdThread *previous, HdThread *t) {
    if (previous) {
        previous->park_next = t->park_next;
    } else {
        bucket->first = t->park_next;
    }
    if (bucket->last == t) bucket->last = previous;
    t->park_next = NULL;
    t->park_queued = false;
}

static void unlink_thread(HdParkBucket *bucket, HdThread *t) {
    HdThread *previous = NULL;
    for (HdThread *each = bucket->first; each != t; each = each->park_next) previous = each;
    unlink_after(bucket, previous, t);
}

static bool may_spin(HdThread *t) {
    if (HD_LOAD_RELAXED(&t->park_waker) == hd_scheduler_processor()) return false;
    if (t->park_patience > 0) return true;
    t->park_skipped = (uint8_t)((t->park_skipped + 1) % RETRY_AFTER);
    return t->park_skipped == 0;
}

/* Detached. The word has changed on return, or is WAITING. */
static void spin_for_word(HdThread *t, HdTime deadline) {
    if (may_spin(t)) {
        HdTime until = hd_clock_monotonic() + SPIN_FOR;
        if (until > deadline) until = deadline;
        for (int i = 1; HD_LOAD_ACQUIRE(&t->park_word) == WORD_SPINNING; i++) {
            hd_cpu_relax();
            if (i % 16 == 0 && hd_clock_monotonic() >= until) break;
        }
    }
    uint32_t spinning = WORD_SPINNING;
    if (HD_CAS_SEQ(&t->park_word, &spinning, WORD_WAITING)) {
        if (t->park_patience > 0) HD_STORE_RELAXED(&t->park_patience, (uint8_t)(t->park_patience - 1));
    } else if (t->park_patience < PATIENCE_MAX) {
        HD_STORE_RELAXED(&t->park_patience, (uint8_t)(t->park_patience + 1));
        if (t->park_patience == PATIENCE_MAX) t->park_apart = 0;
    }
}

/* The wait itself. Detached. Returns with park_word UNPARKED, INTERRUPTED (interruptible only), or still WAITING after
 * the deadline. */
static void wait_for_word(HdThread *t, HdTime deadline, unsigned flags) {
    for (;;) {
        uint32_t word = HD_LOAD_ACQUIRE(&t->park_word);
        if (word == WORD_UNPARKED) return;
        if (word == WORD_INTERRUPTED) {
            if (flags & HD_PARK_INTERRUPTIBLE) return;
            HD_CAS(&t->park_word, &word, WORD_WAITING);
            continue;
        }
        if (!hd_sync.scheduler->block(t, &t->park_word, WORD_WAITING, deadline)) {
            if (HD_LOAD_ACQUIRE(&t->park_word) == WORD_WAITING) return;
        }
    }
}

static bool signal_waits(HdThread *t, unsigned flags) {
    return (flags & HD_PARK_INTERRUPTIBLE) && t->is_main && (HD_LOAD_SEQ(&t->why) & HD_WHY_SIGNALS);
}

static HdWake wake_kind(HdParkResult result, unsigned flags) {
    if (result == HD_PARK_INTERRUPTED || (result == HD_PARK_TIMEOUT && (flags & HD_PARK_TIMER))) return HD_WAKE_OUTSIDE;
    return HD_WAKE_THREAD;
}

HdParkResult hd_park(HdThread *t, const void *address, bool (*validate)(void *context), void *context, void *tag,
                     HdTime deadline, unsigned flags) {
    HdParkBucket *bucket = bucket_of(address);
    hd_raw_lock(&bucket->lock);
    if (!validate(context)) {
        hd_raw_unlock(&bucket->lock);
        return HD_PARK_INVALID;
    }
    t->gil_processor = hd_scheduler_processor();
    HD_STORE_SEQ(&t->park_word, WORD_SPINNING);
    enqueue(bucket, t, address, tag);
    hd_raw_unlock(&bucket->lock);

    bool attached = hd_thread_is_attached(t);
    if (attached) hd_thread_detach(t, HD_BLOCK_SURE);
    spin_for_word(t, deadline);
    if (!signal_waits(t, flags)) wait_for_word(t, deadline, flags);
    HdParkResult result = HD_PARK_UNPARKED;
    if (HD_LOAD_ACQUIRE(&t->park_word) != WORD_UNPARKED) {
        hd_raw_lock(&bucket->lock);
        if (t->park_queued) {
            unlink_thread(bucket, t);
            result = signal_waits(t, flags) ? HD_PARK_INTERRUPTED : HD_PARK_TIMEOUT;
            /* An interruption whose signal has been taken meanwhile reads as one too: the caller looks again. */
            if (HD_LOAD_RELAXED(&t->park_word) == WORD_INTERRUPTED) result = HD_PARK_INTERRUPTED;
        }
        hd_raw_unlock(&bucket->lock);
        /* Taken out of the queue by somebody who has yet to say so: park_next is theirs until they do. */
        if (result == HD_PARK_UNPARKED) wait_for_word(t, HD_FOREVER, 0);
    }
    HD_STORE_RELEASE(&t->park_word, WORD_IDLE);
    if (attached) hd_thread_attach(t, wake_kind(result, flags));
    return result;
}

typedef struct Expect {
    const void *address;
    uint32_t expected;
} Expect;

static bool equals8(void *context) {
    const Expect *expect = context;
    return HD_LOAD_SEQ((const uint8_t *)expect->address) == expect->expected;
}

static bool equals32(void *context) {
    const Expect *expect = context;
    return HD_LOAD_SEQ((const uint32_t *)expect->address) == expect->expected;
}

HdParkResult hd_park_if8(HdThread *t, const uint8_t *address, uint8_t expected, void *tag, HdTime deadline,
                         unsigned flags) {
    Expect expect = {address, expected};
    return hd_park(t, address, equals8, &expect, tag, deadline, flags);
}

HdParkResult hd_park_if32(HdThread *t, const uint32_t *address, uint32_t expected, HdTime deadline, unsigned flags) {
    Expect expect = {address, expected};
    return hd_park(t, address, equals32, &expect, NULL, deadline, flags);
}

HdParkResult hd_park_self(HdThread *t, HdTime deadline, unsigned flags) {
    /* In no queue: nobody but the clock and hd_park_interrupt ends it. */
    HD_STORE_SEQ(&t->park_word, WORD_WAITING);
    bool attached = hd_thread_is_attached(t);
    if (attached) hd_thread_detach(t, HD_BLOCK_SURE);
    if (!signal_waits(t, flags)) wait_for_word(t, deadline, flags);
    HdParkResult result = HD_PARK_TIMEOUT;
    if (signal_waits(t, flags) || HD_LOAD_RELAXED(&t->park_word) == WORD_INTERRUPTED) result = HD_PARK_INTERRUPTED;
    HD_STORE_RELEASE(&t->park_word, WORD_IDLE);
    if (attached) hd_thread_attach(t, wake_kind(result, flags));
    return result;
}

/* Under the bucket's lock: a sleeper that has to wait for its turn anyway sleeps on until then, which saves a wake-up. */
static bool line_up(HdThread *sleeper) {
    const HdScheduler *scheduler = hd_sync.scheduler;
    return scheduler->line_up && sleeper->park_attaches && HD_LOAD_ACQUIRE(&sleeper->park_word) == WORD_WAITING &&
           scheduler->line_up(sleeper, &sleeper->park_word);
}

bool hd_park_wake_one(const void *address, HdUnparkDecide decide, void *context) {
    HdParkBucket *bucket = bucket_of(address);
    hd_raw_lock(&bucket->lock);
    HdThread *previous = NULL, *found = bucket->first;
    while (found && found->park_address != address) {
        previous = found;
        found = found->park_next;
    }
    bool more = false;
    if (found) {
        for (HdThread *each = found->park_next; each && !more; each = each->park_next) more = each->park_address == address;
        unlink_after(bucket, previous, found);
    }
    if (decide) decide(context, found, more);
    bool sleeps = false;
    if (found) {
        HD_STORE_RELAXED(&found->park_waker, hd_scheduler_processor());
        bool lined_up = line_up(found);
        /* Once: from then on it may go on, and park again elsewhere. */
        sleeps = HD_EXCHANGE(&found->park_word, WORD_UNPARKED) != WORD_SPINNING && !lined_up;
    }
    hd_raw_unlock(&bucket->lock);
    if (!found) return false;
    HD_PROBE(unpark, found, address);
    if (sleeps) hd_sync.scheduler->wake(found, &found->park_word);
    return true;
}

size_t hd_park_wake_all(const void *address) {
    HdParkBucket *bucket = bucket_of(address);
    HdThread *woken = NULL, **tail = &woken;
    hd_raw_lock(&bucket->lock);
    HdThread *previous = NULL, *each = bucket->first;
    while (each) {
        HdThread *next = each->park_next;
        if (each->park_address == address) {
            unlink_after(bucket, previous, each);
            *tail = each; /* its park_word still says that it waits, so it stays in its wait and park_next is ours */
            tail = &each->park_next;
        } else {
            previous = each;
        }
        each = next;
    }
    hd_raw_unlock(&bucket->lock);
    size_t count = 0;
    while (woken) {
        HdThread *next = woken->park_next;
        woken->park_next = NULL;
        bool sleeps = HD_EXCHANGE(&woken->park_word, WORD_UNPARKED) != WORD_SPINNING;
        HD_PROBE(unpark, woken, address);
        if (sleeps) hd_sync.scheduler->wake(woken, &woken->park_word);
        woken = next;
        count++;
    }
    return count;
}

void hd_park_interrupt(HdThread *t) {
    uint32_t expected = WORD_WAITING;
    if (HD_CAS_SEQ(&t->park_word, &expected, WORD_INTERRUPTED)) {
        hd_sync.scheduler->wake(t, &t->park_word);
    } else if (expected == WORD_SPINNING && !HD_CAS_SEQ(&t->park_word, &expected, WORD_INTERRUPTED)) {
        hd_park_interrupt(t); /* it has just gone to sleep, or needs nothing any more */
    }
}
