/* epoch.c -- quiescent-state reclamation (see epoch.h).
 *
 * `hd_sync.epoch` only grows; a retired block is stamped with the epoch after its unlinking. A thread's `epoch_seen`
 * is the epoch it read at its last quiescent point. The scan reads a thread's state with a read-modify-write, so that
 * a thread that attaches later synchronises with the scan and sees the unlinking.
 */
#include "epoch.h"

#include <stdlib.h>

#include "safepoint.h"
#include "state.h"

enum {
    LIMBO_SCAN = 64 * 1024,   /* bytes in limbo at which a thread looks whether some can go */
    LIMBO_POST = 1024 * 1024, /* … at which it also asks the others to pass a safe point */
};

struct HdEpochBlock {
    HdEpochBlock *next;
    uint64_t epoch;
    void *block;
    size_t size;
    HdEpochFree free;
};

uint64_t hd_epoch_mark(void) { return __atomic_add_fetch(&hd_sync.epoch, 1, __ATOMIC_SEQ_CST); }

/* The oldest epoch some attached thread may still be in. */
static uint64_t oldest_seen(HdThread *t, bool post) {
    uint64_t oldest = HD_LOAD_SEQ(&hd_sync.epoch);
    hd_raw_lock(&hd_sync.registry);
    for (HdThread *each = hd_sync.threads; each; each = each->next) {
        if (each == t) continue;
        uint32_t state = __atomic_fetch_add(&each->state, 0, __ATOMIC_SEQ_CST);
        if (!(state & HD_THREAD_ATTACHED) && !HD_LOAD_RELAXED(&each->reads)) continue;
        uint64_t seen = HD_LOAD_SEQ(&each->epoch_seen);
        if (seen < oldest) {
            oldest = seen;
            if (post) hd_safepoint_post(each, HD_WHY_EPOCH);
        }
    }
    hd_raw_unlock(&hd_sync.registry);
    return oldest;
}

bool hd_epoch_passed(HdThread *t, uint64_t mark) {
    if (!hd_sync.scheduler->parallel) return true;
    return oldest_seen(t, false) >= mark;
}

static void free_until(HdThread *t, uint64_t epoch) {
    while (t->limbo && t->limbo->epoch <= epoch) {
        HdEpochBlock *entry = t->limbo;
        t->limbo = entry->next;
        if (!t->limbo) t->limbo_tail = NULL;
        t->limbo_bytes -= entry->size + sizeof *entry;
        entry->free(t, entry->block, entry->size);
        free(entry);
    }
}

void hd_epoch_leave(HdThread *t) {
    if (t->limbo) {
        hd_raw_lock(&hd_sync.limbo_lock);
        t->limbo_tail->next = hd_sync.limbo_left;
        HD_STORE_SEQ(&hd_sync.limbo_left, t->limbo);
        hd_raw_unlock(&hd_sync.limbo_lock);
        t->limbo = t->limbo_tail = NULL;
        t->limbo_bytes = 0;
        (void)hd_safepoint_post_any(t, HD_WHY_EPOCH);
    }
    t->limbo_hurry = 0;
}

/* Stamps need not be in order across the seam: what comes behind is restamped with the newest. */
static void append_limbo(HdThread *t, HdEpochBlock *first) {
    uint64_t epoch = hd_epoch_mark();
    for (HdEpochBlock *entry = first; entry; entry = entry->next) {
        entry->epoch = epoch;
        t->limbo_bytes += entry->size + sizeof *entry;
        if (!entry->next) {
            *(t->limbo_tail ? &t->limbo_tail->next : &t->limbo) = first;
            t->limbo_tail = entry;
        }
    }
}

static void take_limbo_left(HdThread *t) {
    hd_raw_lock(&hd_sync.limbo_lock);
    HdEpochBlock *first = hd_sync.limbo_left;
    HD_STORE_SEQ(&hd_sync.limbo_left, NULL);
    hd_raw_unlock(&hd_sync.limbo_lock);
    if (!first) return;
    append_limbo(t, first);
    t->limbo_hurry = t->limbo_tail->epoch;
}

void hd_epoch_quiescent(HdThread *t) {
    if (HD_UNLIKELY(HD_LOAD_RELAXED(&hd_sync.limbo_left))) take_limbo_left(t);
    HD_STORE_SEQ(&t->epoch_seen, HD_LOAD_SEQ(&hd_sync.epoch));
    if (!t->limbo) return;
    free_until(t, oldest_seen(t, t->limbo_hurry != 0));
    if (!t->limbo_hurry) return;
    if (t->limbo && t->limbo->epoch <= t->limbo_hurry) hd_safepoint_post(t, HD_WHY_EPOCH);
    else t->limbo_hurry = 0;
}

void hd_epoch_hurry(HdThread *t) {
    if (!t->limbo) return;
    t->limbo_hurry = t->limbo_tail->epoch;
    (void)oldest_seen(t, true);
    hd_safepoint_post(t, HD_WHY_EPOCH);
}

void hd_epoch_retire(HdThread *t, void *block, size_t size, HdEpochFree release) {
    bool alone = !hd_sync.scheduler->parallel || HD_LOAD_RELAXED(&hd_sync.stopper) == t;
    HdEpochBlock *entry = alone ? NULL : malloc(sizeof *entry);
    if (!entry) {
        if (alone) {
            release(t, block, size);
            return;
        }
        /* No memory to remember it by: make sure nobody reads. Who waits in the middle of a read may have it: then it is lost. */
        uint64_t mark = hd_epoch_mark();
        hd_safepoint_stop_world(t);
        if (hd_epoch_passed(t, mark)) release(t, block, size);
        hd_safepoint_start_world(t);
        return;
    }
    *entry = (HdEpochBlock){NULL, hd_epoch_mark(), block, size, release};
    if (t->limbo_tail) {
        t->limbo_tail->next = entry;
    } else {
        t->limbo = entry;
    }
    t->limbo_tail = entry;
    size_t before = t->limbo_bytes;
    t->limbo_bytes += size + sizeof *entry;
    if (t->limbo_bytes / LIMBO_SCAN != before / LIMBO_SCAN) {
        /* The retirer itself may be in the middle of a read: only what is older than its own last quiescent point. */
        uint64_t oldest = oldest_seen(t, t->limbo_bytes >= LIMBO_POST);
        uint64_t own = HD_LOAD_RELAXED(&t->epoch_seen);
        free_until(t, oldest < own ? oldest : own);
        if (t->limbo_bytes >= LIMBO_POST) hd_safepoint_post(t, HD_WHY_EPOCH);
    }
}

void hd_epoch_inherit(HdThread *heir, HdThread *gone) {
    if (!gone->limbo) return;
    append_limbo(heir, gone->limbo);
    gone->limbo = gone->limbo_tail = NULL;
    gone->limbo_bytes = 0;
}
