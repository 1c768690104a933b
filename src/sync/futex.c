/* futex.c -- the futex system call and the raw lock. */
#include "futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool hd_futex_wait(uint32_t *word, uint32_t expected, HdTime deadline) {
    int saved = errno;
    struct timespec until, *limit = NULL;
    if (deadline != HD_FOREVER) {
        if (deadline < 0) deadline = 0;
        until.tv_sec = deadline / HD_SECOND;
        until.tv_nsec = deadline % HD_SECOND;
        limit = &until;
    }
    /* The bitset form takes an absolute time on the monotonic clock. */
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, limit, NULL,
                          FUTEX_BITSET_MATCH_ANY);
    bool expired = result < 0 && errno == ETIMEDOUT;
    errno = saved;
    return !expired;
}

void hd_futex_wake(uint32_t *word, int count) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
    errno = saved;
}

void hd_raw_lock_slow(HdRawLock *lock) {
    for (int i = 0; i < 100; i++) {
        uint32_t free = 0;
        if (HD_LOAD_RELAXED(&lock->word) == 0 && HD_CAS(&lock->word, &free, 1)) return;
        hd_cpu_relax();
    }
    while (HD_EXCHANGE(&lock->word, 2) != 0) hd_futex_wait(&lock->word, 2, HD_FOREVER);
}
