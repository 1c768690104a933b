/* mutex.c -- locks built on parking (see mutex.h). */
#include "mutex.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "park.h"
#include "probe.h"
#include "state.h"

/* Pauses before parking; and between two looks, doubled each time: a waiter that looks all the time takes the cache line from
 * the holder, who then gets nothing done. */
enum { PAUSES = 600, LONGEST_PAUSE = 128 };
#define FAIR_AFTER HD_MILLISECOND
enum {
    OPEN_AFTER = 16, /* stores of one thread that found the lock taken, before it leaves one open */
    OPEN_COST = 32,  /* after a lock was closed none is left open for so many times as long as that took */
};
#define OPEN_COST_MOST (20 * HD_MICROSECOND) /* more is bad luck: somebody was preempted inside */

/* What a parked locker leaves for the unlocker. */
typedef struct Claim {
    HdTime fair_at; /* from then on it is handed the lock */
} Claim;

/* After the end began who holds a lock never runs again: C code takes it from him (Python's own locks stay locked). */
static bool holder_is_gone(HdThread *t, unsigned flags) {
    return flags == 0 && HD_UNLIKELY(HD_LOAD_RELAXED(&hd_sync.finalizer) == t) &&
           (!hd_sync.scheduler->parallel || HD_LOAD_RELAXED(&hd_sync.stopper) == t);
}

/* --- open locks --- */

static bool can_leave_open(void) { return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0; }

bool hd_open_wait(const uint8_t *lock) {
    for (int pauses = PAUSES, pause = 1; pauses > 0; pauses -= pause) {
        uint8_t now = HD_LOAD_RELAXED(lock);
        if (!(now & HD_MUTEX_LOCKED) || (now & HD_MUTEX_PARKED)) return now == HD_MUTEX_OPEN;
        for (int i = 0; i < pause; i++) hd_cpu_relax();
        if (pause < LONGEST_PAUSE) pause *= 2;
    }
    return false;
}

static void wait_until_out(HdThread *each, void *byte) {
    for (int i = 0; HD_LOAD_ACQUIRE(&each->inside) == byte; i++) {
        if (i < PAUSES) hd_cpu_relax();
        else sched_yield(); /* it was preempted inside */
    }
}

/* The byte has just been taken while it was open. */
static void close_lock(uint8_t *byte) {
    HdTime began = hd_clock_monotonic();
    /* A forked child may have to register again. */
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0 &&
        (!can_leave_open() || syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)) {
        HD_PANIC("membarrier: %s", strerror(errno));
    }
    hd_thread_each(wait_until_out, byte);
    HdTime now = hd_clock_monotonic(), cost = now - began < OPEN_COST_MOST ? now - began : OPEN_COST_MOST;
    HD_STORE_RELAXED(&hd_sync.open_from, now + OPEN_COST * cost);
}

HdLockResult hd_mutex_lock_byte_slow(HdThread *t, uint8_t *byte, HdTime deadline, unsigned flags) {
    Claim claim = {0};
    int pauses = t->locks && !(flags & HD_LOCK_AWAITS) ? PAUSES : 0; /* under the GIL the holder cannot run while we spin */
    int pause = 1;
    flags &= ~(unsigned)HD_LOCK_AWAITS;
    for (;;) {
        uint8_t now = HD_LOAD_RELAXED(byte);
        if (!(now & HD_MUTEX_LOCKED)) {
            if (HD_CAS(byte, &now, (uint8_t)((now & ~HD_MUTEX_OPEN) | HD_MUTEX_LOCKED))) {
                if (now & HD_MUTEX_OPEN) close_lock(byte);
                if (claim.fair_at) HD_PROBE(mutex_taken, t, byte);
                return HD_LOCK_TAKEN;
            }
            continue;
        }
        if (holder_is_gone(t, flags)) return HD_LOCK_TAKEN;
        if (pauses > 0 && !(now & HD_MUTEX_PARKED)) {
            for (int i = 0; i < pause; i++) hd_cpu_relax();
            pauses -= pause;
            if (pause < LONGEST_PAUSE) pause *= 2;
            continue;
        }
        if (deadline <= 0) return HD_LOCK_TIMEOUT;
        if (!(now & HD_MUTEX_PARKED) && !HD_CAS(byte, &now, (uint8_t)(now | HD_MUTEX_PARKED))) continue;
        if (!claim.fair_at) {
            claim.fair_at = hd_clock_monotonic() + FAIR_AFTER;
            HD_PROBE(mutex_wait, t, byte);
        }
        switch (hd_park_if8(t, byte, HD_MUTEX_LOCKED | HD_MUTEX_PARKED, &claim, deadline, flags)) {
        case HD_PARK_UNPARKED:
            if (t->park_token) {
                t->park_token = 0; /* what it says is that a lock was handed over and is not taken up yet (fork) */
                HD_PROBE(mutex_taken, t, byte);
                return HD_LOCK_TAKEN;
            }
            break;
        case HD_PARK_TIMEOUT: return hd_mutex_try_byte(byte) ? HD_LOCK_TAKEN : HD_LOCK_TIMEOUT;
        case HD_PARK_INTERRUPTED: return HD_LOCK_INTERRUPTED;
        case HD_PARK_INVALID: break;
        }
    }
}

typedef struct Unlock {
    uint8_t *byte;
    bool was_locked;
} Unlock;

static void unlock_decide(void *context, HdThread *waiter, bool more) {
    Unlock *unlock = context;
    uint8_t parked = more ? HD_MUTEX_PARKED : 0;
    /* Two unlocked at once (a mistake of Python code): the waiter only looks again. */
    unlock->was_locked = (HD_LOAD_RELAXED(unlock->byte) & HD_MUTEX_LOCKED) != 0;
    if (!unlock->was_locked) return;
    if (waiter) {
        const Claim *claim = waiter->park_tag;
        if (hd_clock_monotonic() >= claim->fair_at) {
            waiter->park_token = 1;
            HD_STORE_RELEASE(unlock->byte, (uint8_t)(HD_MUTEX_LOCKED | parked));
            return;
        }
    }
    HD_STORE_RELEASE(unlock->byte, parked);
}

bool hd_mutex_unlock_if_locked_slow(uint8_t *byte) {
    for (;;) {
        uint8_t now = HD_LOAD_RELAXED(byte);
        if (!(now & HD_MUTEX_LOCKED)) return false;
        if (now & HD_MUTEX_PARKED) {
            /* LOCKED | PARKED cannot change under us: lockers only park, and the queue's lock orders that. */
            Unlock unlock = {byte, false};
            hd_park_wake_one(byte, unlock_decide, &unlock);
            return unlock.was_locked;
        }
        if (HD_CAS(byte, &now, 0)) return true;
    }
}

void hd_mutex_unlock_byte_slow(uint8_t *byte) {
    if (!hd_mutex_unlock_if_locked_slow(byte)) HD_PANIC("unlocking a mutex that is not locked");
}

/* --- critical sections --- */

static void section_grow(HdThread *t) {
    int32_t capacity = t->section_capacity * 2;
    HdSection *old = t->sections == t->own_sections ? NULL : t->sections;
    HdSection *sections = realloc(old, (size_t)capacity * sizeof *sections);
    if (!sections) HD_PANIC("out of memory for %d critical sections", capacity);
    if (!old) memcpy(sections, t->own_sections, sizeof t->own_sections);
    t->sections = sections;
    t->section_capacity = capacity;
}

/* See hd_mutex_unlock_section_byte. */
static void lock_section_byte(HdThread *t, uint8_t *byte) {
    while (!hd_mutex_try_byte(byte) &&
           hd_mutex_lock_byte_slow(t, byte, hd_clock_monotonic() + 2 * FAIR_AFTER, 0) == HD_LOCK_TIMEOUT) {}
}

/* Takes the locks of section `index`. While it does, the section shows no locks: waiting detaches and attaches, which
 * must neither suspend nor resume what is not held yet. */
static void section_take(HdThread *t, int32_t index) {
    uint8_t *first = t->sections[index].first, *second = t->sections[index].second;
    t->sections[index].first = NULL;
    for (;;) {
        lock_section_byte(t, first);
        if (!second || hd_mutex_try_byte(second)) break;
        /* Waiting for the second while holding the first would park with a lock that no suspension knows of. */
        hd_mutex_unlock_section_byte(first);
        lock_section_byte(t, second);
        hd_mutex_unlock_section_byte(second);
    }
    t->sections[index] = (HdSection){first, second, true};
}

static void section_release(HdSection *section) {
    if (!section->held) return;
    section->held = false;
    if (section->second) hd_mutex_unlock_section_byte(section->second);
    hd_mutex_unlock_section_byte(section->first);
}

void hd_mutex_section_begin(HdThread *t, uint8_t *first, uint8_t *second) {
    if (second == first) second = NULL;
    if (second && (uintptr_t)second < (uintptr_t)first) {
        uint8_t *swap = first;
        first = second;
        second = swap;
    }
    if (HD_UNLIKELY(t->section_count == t->section_capacity)) section_grow(t);
    int32_t index = t->section_count++;
    t->sections[index] = (HdSection){first, second, false};
    section_take(t, index);
}

void hd_mutex_section_end(HdThread *t) {
    assert(t->section_count > 0);
    section_release(&t->sections[--t->section_count]);
    int32_t outer = t->section_count - 1;
    if (HD_UNLIKELY(outer >= 0 && !t->sections[outer].held)) section_take(t, outer);
}

void hd_unlock_byte_contended(HdThread *t, uint8_t *lock) {
    if (t->locks && t->section_count && ++t->open_wanted >= OPEN_AFTER) {
        t->open_wanted = 0;
        HdSection *section = &t->sections[t->section_count - 1];
        if (section->held && HD_LOAD_RELAXED(lock) == HD_MUTEX_LOCKED &&
            hd_clock_monotonic() >= HD_LOAD_RELAXED(&hd_sync.open_from) && can_leave_open()) {
            t->section_count--;
            section->held = false;
            HD_STORE_RELEASE(lock, (uint8_t)HD_MUTEX_OPEN); /* who has just parked looks again, as above */
            return;
        }
    }
    hd_unlock_byte(t, lock);
}

void hd_mutex_orphaned(HdThread *gone) {
    if (gone->park_token) HD_STORE_RELEASE((uint8_t *)(uintptr_t)gone->park_address, 0);
    while (gone->held) {
        HdHeldMutex *held = gone->held;
        gone->held = held->next;
        *held = (HdHeldMutex){.orphaned = true};
    }
}

void hd_mutex_sections_suspend(HdThread *t) {
    for (int32_t i = t->section_count; i-- > 0;) section_release(&t->sections[i]);
}

void hd_mutex_sections_resume(HdThread *t) {
    int32_t top = t->section_count - 1;
    if (top >= 0 && t->sections[top].first && !t->sections[top].held) section_take(t, top);
}

/* --- held mutex --- */

void hd_held_lock(HdThread *t, HdHeldMutex *held) {
    hd_mutex_lock(t, &held->mutex);
    /* Taken from a thread that the end of the program stopped: that one's list is not looked at any more. */
    if (HD_UNLIKELY(HD_LOAD_RELAXED(&held->owner) != NULL)) held->orphaned = true;
    HD_STORE_RELAXED(&held->owner, t);
    held->next = t->held;
    t->held = held;
}

void hd_held_unlock(HdThread *t, HdHeldMutex *held) {
    HdHeldMutex **link = &t->held;
    while (*link != held) link = &(*link)->next;
    *link = held->next;
    HD_STORE_RELAXED(&held->owner, (HdThread *)NULL);
    hd_mutex_unlock(&held->mutex);
}

/* --- event --- */

void hd_event_set(HdEvent *event) {
    if (HD_EXCHANGE(&event->byte, 1) == 2) hd_park_wake_all(&event->byte);
}

void hd_event_reset(HdEvent *event) { HD_STORE_RELEASE(&event->byte, 0); }

static HdLockResult as_lock_result(HdParkResult result) {
    switch (result) {
    case HD_PARK_TIMEOUT: return HD_LOCK_TIMEOUT;
    case HD_PARK_INTERRUPTED: return HD_LOCK_INTERRUPTED;
    default: return HD_LOCK_TAKEN;
    }
}

HdLockResult hd_event_wait(HdThread *t, HdEvent *event, HdTime deadline, unsigned flags) {
    for (;;) {
        uint8_t now = HD_LOAD_ACQUIRE(&event->byte);
        if (now == 1) return HD_LOCK_TAKEN;
        if (deadline <= 0) return HD_LOCK_TIMEOUT;
        if (now == 0 && !HD_CAS(&event->byte, &now, 2)) continue;
        HdParkResult result = hd_park_if8(t, &event->byte, 2, NULL, deadline, flags);
        if (result == HD_PARK_TIMEOUT || result == HD_PARK_INTERRUPTED) {
            return hd_event_is_set(event) ? HD_LOCK_TAKEN : as_lock_result(result);
        }
    }
}

/* --- once --- */

int hd_once_slow(HdThread *t, HdOnce *once, HdOnceFunction function, void *argument) {
    for (;;) {
        uint8_t now = HD_LOAD_ACQUIRE(&once->byte);
        if (now == 3) return 0;
        if (now == 0) {
            if (!HD_CAS(&once->byte, &now, 1)) continue;
            int result = function(t, argument);
            if (HD_EXCHANGE(&once->byte, (uint8_t)(result == 0 ? 3 : 0)) == 2) hd_park_wake_all(&once->byte);
            return result;
        }
        if (now == 1 && !HD_CAS(&once->byte, &now, 2)) continue;
        (void)hd_park_if8(t, &once->byte, 2, NULL, HD_FOREVER, 0);
    }
}

/* --- semaphore --- */

static bool semaphore_try(HdSemaphore *semaphore) {
    uint32_t count = HD_LOAD_SEQ(&semaphore->count);
    while (count > 0) {
        if (HD_CAS_SEQ(&semaphore->count, &count, count - 1)) return true;
    }
    return false;
}

HdLockResult hd_semaphore_take(HdThread *t, HdSemaphore *semaphore, HdTime deadline, unsigned flags) {
    if (semaphore_try(semaphore)) return HD_LOCK_TAKEN;
    if (deadline <= 0) return HD_LOCK_TIMEOUT;
    __atomic_fetch_add(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
    HdLockResult result = HD_LOCK_TAKEN;
    while (!semaphore_try(semaphore)) {
        result = as_lock_result(hd_park_if32(t, &semaphore->count, 0, deadline, flags));
        if (result != HD_LOCK_TAKEN) {
            if (semaphore_try(semaphore)) result = HD_LOCK_TAKEN;
            break;
        }
    }
    __atomic_fetch_sub(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
    return result;
}

void hd_semaphore_give(HdSemaphore *semaphore) {
    __atomic_fetch_add(&semaphore->count, 1, __ATOMIC_SEQ_CST);
    if (HD_LOAD_SEQ(&semaphore->waiters)) hd_park_wake_one(&semaphore->count, NULL, NULL);
}

/* --- condition variable --- */

HdLockResult hd_condition_wait(HdThread *t, HdCondition *condition, HdMutex *mutex, HdTime deadline, unsigned flags) {
    uint32_t sequence = HD_LOAD_SEQ(&condition->sequence);
    hd_mutex_unlock(mutex);
    HdLockResult result = as_lock_result(hd_park_if32(t, &condition->sequence, sequence, deadline, flags));
    hd_mutex_lock(t, mutex);
    return result;
}

void hd_condition_signal(HdCondition *condition) {
    __atomic_fetch_add(&condition->sequence, 1, __ATOMIC_SEQ_CST);
    hd_park_wake_one(&condition->sequence, NULL, NULL);
}

void hd_condition_broadcast(HdCondition *condition) {
    __atomic_fetch_add(&condition->sequence, 1, __ATOMIC_SEQ_CST);
    hd_park_wake_all(&condition->sequence);
}

/* --- reader-writer lock --- */

enum { RW_WRITER = 1, RW_WAITERS = 2, RW_READER = 4 };

/* Parks until the lock's word changes; `now` is the word that was in the way. */
static void rwlock_wait(HdThread *t, HdRwLock *lock, uint32_t now) {
    if (!(now & RW_WAITERS)) {
        if (!HD_CAS(&lock->word, &now, now | RW_WAITERS)) return;
        now |= RW_WAITERS;
    }
    (void)hd_park_if32(t, &lock->word, now, HD_FOREVER, 0);
}

void hd_rwlock_read(HdThread *t, HdRwLock *lock) {
    for (;;) {
        uint32_t now = HD_LOAD_ACQUIRE(&lock->word);
        if (!(now & (RW_WRITER | RW_WAITERS))) {
            if (HD_CAS(&lock->word, &now, now + RW_READER)) return;
        } else {
            rwlock_wait(t, lock, now);
        }
    }
}

void hd_rwlock_read_end(HdRwLock *lock) {
    uint32_t now = HD_FETCH_SUB(&lock->word, RW_READER) - RW_READER;
    /* The last reader lets everybody who waits try again. */
    if (now == RW_WAITERS && HD_CAS(&lock->word, &now, 0)) hd_park_wake_all(&lock->word);
}

void hd_rwlock_write(HdThread *t, HdRwLock *lock) {
    for (;;) {
        uint32_t now = HD_LOAD_ACQUIRE(&lock->word);
        if ((now & ~(uint32_t)RW_WAITERS) == 0) {
            if (HD_CAS(&lock->word, &now, now | RW_WRITER)) return;
        } else {
            rwlock_wait(t, lock, now);
        }
    }
}

void hd_rwlock_write_end(HdRwLock *lock) {
    if (HD_EXCHANGE(&lock->word, 0) & RW_WAITERS) hd_park_wake_all(&lock->word);
}
