/* mutex.h -- locks: a one-byte mutex, one that its owner may take again, critical sections on objects, event, once,
 * semaphore, condition variable, reader-writer lock.
 *
 * All start as zero bytes and need no ending. A wait parks (park.h): the thread is detached meanwhile. A mutex may be
 * unlocked by another thread than locked it. Nothing here raises; waits that can be interrupted say so.
 *
 * The mutex barges: an unlocked one goes to whoever comes first, so that a busy thread does not give way at each
 * unlock; a waiter that has waited for a millisecond is handed it directly, so that nobody starves.
 * After WebKit's one-byte lock (Pizlo, 2016).
 */
#ifndef HD_MUTEX_H
#define HD_MUTEX_H

#include "clock.h"
#include "thread.h"

/*   bit    7 ... 3    2        1        0
 *        +---------+--------+--------+--------+
 *        |    0    |  OPEN  | PARKED | LOCKED |      PARKED: somebody may be parked at the byte's address
 *        +---------+--------+--------+--------+      OPEN: alone; see hd_open_enter */
typedef struct HdMutex {
    uint8_t byte;
} HdMutex;
enum {
    HD_MUTEX_LOCKED = 1,
    HD_MUTEX_PARKED = 2,
    HD_MUTEX_OPEN = 4,
};

typedef enum HdLockResult {
    HD_LOCK_TAKEN,
    HD_LOCK_TIMEOUT,
    HD_LOCK_INTERRUPTED, /* main thread: a signal waits to be handled (hd_safepoint_signals) */
} HdLockResult;

enum { HD_LOCK_AWAITS = 0x100 }; /* another thread is to unlock what this one locked: to look again at once is in vain */

/* `flags`: HD_PARK_INTERRUPTIBLE, HD_LOCK_AWAITS or 0. A deadline in the past tries once. */
HdLockResult hd_mutex_lock_byte_slow(HdThread *t, uint8_t *byte, HdTime deadline, unsigned flags);
void hd_mutex_unlock_byte_slow(uint8_t *byte);
bool hd_mutex_unlock_if_locked_slow(uint8_t *byte);

HD_INLINE bool hd_mutex_try_byte(uint8_t *byte) {
    uint8_t expected = HD_LOAD_RELAXED(byte);
    return !(expected & (HD_MUTEX_LOCKED | HD_MUTEX_OPEN)) && HD_CAS(byte, &expected, (uint8_t)(expected | HD_MUTEX_LOCKED));
}
HD_INLINE void hd_mutex_lock_byte(HdThread *t, uint8_t *byte) {
    uint8_t expected = 0;
    if (HD_UNLIKELY(!HD_CAS(byte, &expected, HD_MUTEX_LOCKED))) {
        (void)hd_mutex_lock_byte_slow(t, byte, HD_FOREVER, 0);
    }
}
HD_INLINE void hd_mutex_unlock_byte(uint8_t *byte) {
    uint8_t expected = HD_MUTEX_LOCKED;
    if (HD_UNLIKELY(!HD_CAS(byte, &expected, 0))) hd_mutex_unlock_byte_slow(byte);
}

HD_INLINE bool hd_mutex_try(HdMutex *mutex) { return hd_mutex_try_byte(&mutex->byte); }
HD_INLINE void hd_mutex_lock(HdThread *t, HdMutex *mutex) { hd_mutex_lock_byte(t, &mutex->byte); }
HD_INLINE void hd_mutex_unlock(HdMutex *mutex) { hd_mutex_unlock_byte(&mutex->byte); }
/* False when it was not locked, for locks that Python code unlocks. */
HD_INLINE bool hd_mutex_unlock_if_locked(HdMutex *mutex) {
    uint8_t expected = HD_MUTEX_LOCKED;
    return HD_LIKELY(HD_CAS(&mutex->byte, &expected, 0)) || hd_mutex_unlock_if_locked_slow(&mutex->byte);
}
HD_INLINE bool hd_mutex_is_locked(const HdMutex *mutex) {
    return (HD_LOAD_ACQUIRE(&mutex->byte) & HD_MUTEX_LOCKED) != 0;
}
HD_INLINE HdLockResult hd_mutex_lock_until(HdThread *t, HdMutex *mutex, HdTime deadline, unsigned flags) {
    if (HD_LIKELY(hd_mutex_try(mutex))) return HD_LOCK_TAKEN;
    return hd_mutex_lock_byte_slow(t, &mutex->byte, deadline, flags);
}

/* --- a mutex that its owner may take again, for what calls back into Python while it is held --- */
typedef struct HdOwnedMutex {
    HdMutex mutex;
    int depth;      /* the owner's alone */
    uint64_t owner; /* atomic: serial of the thread that holds it, 0: nobody */
} HdOwnedMutex;
HD_INLINE void hd_owned_mutex_lock(HdThread *t, HdOwnedMutex *lock) {
    if (HD_LOAD_RELAXED(&lock->owner) != t->serial) {
        hd_mutex_lock(t, &lock->mutex);
        HD_STORE_RELAXED(&lock->owner, t->serial);
    }
    lock->depth++;
}
HD_INLINE HdLockResult hd_owned_mutex_lock_until(HdThread *t, HdOwnedMutex *lock, HdTime deadline, unsigned flags) {
    if (HD_LOAD_RELAXED(&lock->owner) != t->serial) {
        HdLockResult result = hd_mutex_lock_until(t, &lock->mutex, deadline, flags);
        if (result != HD_LOCK_TAKEN) return result;
        HD_STORE_RELAXED(&lock->owner, t->serial);
    }
    lock->depth++;
    return HD_LOCK_TAKEN;
}
HD_INLINE void hd_owned_mutex_unlock(HdOwnedMutex *lock) {
    if (--lock->depth) return;
    HD_STORE_RELAXED(&lock->owner, 0);
    hd_mutex_unlock(&lock->mutex);
}

/* --- critical sections: the lock byte in an object's header ---
 *
 * Nothing at all happens while the GIL is on, or there was never a second thread. Else the byte is a mutex, remembered in
 * the thread's stack of sections: when the thread detaches (to wait, to stop for the world) all its sections are suspended,
 * that is unlocked, and the innermost is taken again when it attaches; so two sections can never deadlock, and what a
 * section guards may have changed over anything that waits. A lock is dropped before anything that may run Python: do not
 * rely on suspension. Sections end in the opposite order of their beginning. */
void hd_mutex_section_begin(HdThread *t, uint8_t *first, uint8_t *second);
void hd_mutex_section_end(HdThread *t);
void hd_mutex_sections_suspend(HdThread *t); /* at detach */
void hd_mutex_sections_resume(HdThread *t);  /* at attach */
/* In a forked child, for a thread that is not there: lets go of the lock that was handed to it and that it had not taken
 * up, and of those it held over a wait (HdHeldMutex). */
void hd_mutex_orphaned(HdThread *gone);

/* The byte of an object is unlocked by a load and a store instead of a compare-and-swap, which would cost as much again as
 * the locking. A waiter that sets PARKED between the two is overlooked; so these waiters look again now and then,
 * later than they are handed a lock that was unlocked properly. */
HD_INLINE void hd_mutex_unlock_section_byte(uint8_t *byte) {
    if (HD_LIKELY(HD_LOAD_RELAXED(byte) == HD_MUTEX_LOCKED)) HD_STORE_RELEASE(byte, 0);
    else hd_mutex_unlock_byte_slow(byte);
}

/* For a few instructions that call nothing: no section is remembered. False: somebody has it, take the long way. */
HD_CHECK HD_INLINE bool hd_lock_brief(HdThread *t, uint8_t *lock) { return !t->locks || hd_mutex_try_byte(lock); }
HD_INLINE void hd_unlock_brief(HdThread *t, uint8_t *lock) {
    if (t->locks) hd_mutex_unlock_section_byte(lock);
}

/* `lock` is the address of the object's lock byte. */
HD_INLINE void hd_lock_byte(HdThread *t, uint8_t *lock) {
    if (HD_LIKELY(!t->locks)) return;
    int32_t index = t->section_count;
    if (HD_UNLIKELY(index == t->section_capacity || !hd_mutex_try_byte(lock))) {
        hd_mutex_section_begin(t, lock, NULL);
        return;
    }
    t->sections[index] = (HdSection){lock, NULL, true};
    t->section_count = index + 1;
}
/* Two at once, in address order; they may be the same. */
HD_INLINE void hd_lock_bytes(HdThread *t, uint8_t *lock, uint8_t *other) {
    if (HD_LIKELY(!t->locks)) return;
    if (lock == other) {
        hd_lock_byte(t, lock);
        return;
    }
    uint8_t *first = lock < other ? lock : other, *second = lock < other ? other : lock;
    int32_t index = t->section_count;
    if (HD_LIKELY(index < t->section_capacity && hd_mutex_try_byte(first))) {
        if (HD_LIKELY(hd_mutex_try_byte(second))) {
            t->sections[index] = (HdSection){first, second, true};
            t->section_count = index + 1;
            return;
        }
        hd_mutex_unlock_section_byte(first);
    }
    hd_mutex_section_begin(t, first, second);
}
/* Ends the innermost section; one that began before there was a second thread is not there. */
HD_INLINE void hd_unlock_byte(HdThread *t, uint8_t *lock) {
    if (HD_LIKELY(!t->locks) || HD_UNLIKELY(!t->section_count)) return;
    HdSection *section = &t->sections[t->section_count - 1];
    if (HD_UNLIKELY(!section->held || section->second || (t->section_count > 1 && !section[-1].held))) {
        hd_mutex_section_end(t);
        return;
    }
    t->section_count--;
    section->held = false;
    hd_mutex_unlock_section_byte(section->first);
}
HD_INLINE void hd_unlock_bytes(HdThread *t, uint8_t *lock, uint8_t *other) {
    if (HD_LIKELY(!t->locks) || HD_UNLIKELY(!t->section_count)) return;
    HdSection *section = &t->sections[t->section_count - 1];
    if (HD_UNLIKELY(!section->held || (t->section_count > 1 && !section[-1].held))) {
        hd_mutex_section_end(t);
        return;
    }
    t->section_count--;
    section->held = false;
    if (section->second) hd_mutex_unlock_section_byte(section->second);
    hd_mutex_unlock_section_byte(section->first);
}

/* --- open locks ---
 *
 * Threads that each change other values of one container fight over nothing but its lock. When that is seen, the lock is
 * left open: who only exchanges a value by one atomic instruction goes in beside others, and says so in its record, which
 * costs two plain stores. Who wants the lock for more closes it first: it takes the byte, makes every processor see that
 * (membarrier) and waits until nobody is inside any more. After "BRAVO -- Biased Locking for Reader-Writer Locks"
 * (Dice and Kogan, USENIX ATC 2019), where those who go in beside each other are readers. */

/* True: until hd_open_leave nobody has the lock. In between: no wait, no safe point, no Python. */
HD_CHECK HD_INLINE bool hd_open_enter(HdThread *t, uint8_t *lock) {
    if (HD_LOAD_RELAXED(lock) != HD_MUTEX_OPEN) return false;
    HD_STORE_RELAXED(&t->inside, lock);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* for the processor, membarrier orders the two */
    if (HD_LIKELY(HD_LOAD_ACQUIRE(lock) == HD_MUTEX_OPEN)) return true;
    HD_STORE_RELEASE(&t->inside, (uint8_t *)NULL);
    return false;
}
HD_INLINE void hd_open_leave(HdThread *t) { HD_STORE_RELEASE(&t->inside, (uint8_t *)NULL); }
/* For whom an open lock would do: a short wait for one that is locked. True: it is open now. */
bool hd_open_wait(const uint8_t *lock);
/* Ends the innermost section, which was fought over by a store for which an open lock would do; leaves its lock open when
 * that has happened often of late, and closing locks is not what time goes into. */
void hd_unlock_byte_contended(HdThread *t, uint8_t *lock);

/* The same for anything with a field `lock` of one byte: hd_lock_object(t, object). */
#define hd_lock_object(t, object) hd_lock_byte((t), &(object)->lock)
#define hd_unlock_object(t, object) hd_unlock_byte((t), &(object)->lock)
#define hd_lock_objects(t, a, b) hd_lock_bytes((t), &(a)->lock, &(b)->lock)
#define hd_unlock_objects(t, a, b) hd_unlock_bytes((t), &(a)->lock, &(b)->lock)

/* --- held mutex: knows who holds it, for what is held over waits and calls of Python ---
 *
 * A fork may find it held; in the child, where the holder is not, it is free again and says `orphaned`: what it guards
 * was left in the middle. Who takes it may clear that. The end of the program leaves `owner` to who takes it by force. */
struct HdHeldMutex {
    HdMutex mutex;
    bool orphaned;
    HdThread *owner;   /* atomic */
    HdHeldMutex *next; /* of the owner's */
};
HD_INLINE bool hd_held_by(HdThread *t, const HdHeldMutex *held) { return HD_LOAD_RELAXED(&held->owner) == t; }
void hd_held_lock(HdThread *t, HdHeldMutex *held);
void hd_held_unlock(HdThread *t, HdHeldMutex *held);

/* --- event: set once (or until reset), wakes everybody --- */
struct HdEvent {
    uint8_t byte; /* 0 clear, 1 set, 2 clear and somebody waits */
};
typedef struct HdEvent HdEvent;
HD_INLINE bool hd_event_is_set(const HdEvent *event) { return HD_LOAD_ACQUIRE(&event->byte) == 1; }
void hd_event_set(HdEvent *event);
void hd_event_reset(HdEvent *event); /* nobody may wait */
HdLockResult hd_event_wait(HdThread *t, HdEvent *event, HdTime deadline, unsigned flags);

/* --- once: runs a function one time; others wait until it has --- */
typedef struct HdOnce {
    uint8_t byte; /* 0 not yet, 1 running, 2 running and somebody waits, 3 done */
} HdOnce;
typedef int (*HdOnceFunction)(HdThread *t, void *argument);
int hd_once_slow(HdThread *t, HdOnce *once, HdOnceFunction function, void *argument);
/* 0, or what the function returned when it failed (then the next caller tries again). */
HD_INLINE int hd_once(HdThread *t, HdOnce *once, HdOnceFunction function, void *argument) {
    if (HD_LIKELY(HD_LOAD_ACQUIRE(&once->byte) == 3)) return 0;
    return hd_once_slow(t, once, function, argument);
}

/* --- counting semaphore --- */
typedef struct HdSemaphore {
    uint32_t count;   /* atomic */
    uint32_t waiters; /* atomic: upper bound of threads parked */
} HdSemaphore;
HdLockResult hd_semaphore_take(HdThread *t, HdSemaphore *semaphore, HdTime deadline, unsigned flags);
void hd_semaphore_give(HdSemaphore *semaphore);

/* --- condition variable; spurious wake-ups are possible --- */
typedef struct HdCondition {
    uint32_t sequence; /* atomic: changes with each signal */
} HdCondition;
/* Unlocks the mutex, waits, locks it again. */
HdLockResult hd_condition_wait(HdThread *t, HdCondition *condition, HdMutex *mutex, HdTime deadline, unsigned flags);
void hd_condition_signal(HdCondition *condition);
void hd_condition_broadcast(HdCondition *condition);

/* --- reader-writer lock; a waiting writer keeps new readers out --- */
typedef struct HdRwLock {
    uint32_t word; /* atomic: readers << 2 | WAITERS(2) | WRITER(1) */
} HdRwLock;
void hd_rwlock_read(HdThread *t, HdRwLock *lock);
void hd_rwlock_read_end(HdRwLock *lock);
void hd_rwlock_write(HdThread *t, HdRwLock *lock);
void hd_rwlock_write_end(HdRwLock *lock);

#endif
