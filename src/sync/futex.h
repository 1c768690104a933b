/* futex.h -- the kernel's wait, and a raw lock on it. Private to src/sync: everybody else parks (park.h).
 *
 * A raw lock is held for a few dozen instructions, never across a park, a callback into other rooms or a system call
 * other than its own. It is not a safe point and knows no HdThread.
 */
#ifndef HD_FUTEX_H
#define HD_FUTEX_H

#include "atomic.h"
#include "clock.h"

typedef struct HdRawLock {
    uint32_t word; /* 0 free, 1 held, 2 held and somebody waits */
} HdRawLock;

/* Waits while *word == expected; false when the deadline passed. May return early (signal, spurious). Keeps errno. */
bool hd_futex_wait(uint32_t *word, uint32_t expected, HdTime deadline);
/* Async-signal-safe. The word may lie in memory that has been reused: then somebody wakes for nothing. */
void hd_futex_wake(uint32_t *word, int count);

void hd_raw_lock_slow(HdRawLock *lock);
HD_INLINE void hd_raw_lock(HdRawLock *lock) {
    uint32_t free = 0;
    if (HD_UNLIKELY(!HD_CAS(&lock->word, &free, 1))) hd_raw_lock_slow(lock);
}
HD_INLINE void hd_raw_unlock(HdRawLock *lock) {
    if (HD_UNLIKELY(HD_EXCHANGE(&lock->word, 0) == 2)) hd_futex_wake(&lock->word, 1);
}

#endif
