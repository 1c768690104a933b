/* atomic.h -- atomic access to plain variables, by memory order.
 *
 * Variables that several threads touch are declared with their plain type and touched through these only.
 * ThreadSanitizer does not understand fences, so there are none: acquire/release and read-modify-write serve.
 */
#ifndef HD_ATOMIC_H
#define HD_ATOMIC_H

#include "base.h"

#define HD_LOAD_RELAXED(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define HD_LOAD_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define HD_LOAD_SEQ(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define HD_STORE_RELAXED(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define HD_STORE_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define HD_STORE_SEQ(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define HD_EXCHANGE(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define HD_FETCH_ADD(p, v) __atomic_fetch_add((p), (v), __ATOMIC_ACQ_REL)
#define HD_FETCH_SUB(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_ACQ_REL)
#define HD_FETCH_OR(p, v) __atomic_fetch_or((p), (v), __ATOMIC_ACQ_REL)
#define HD_FETCH_AND(p, v) __atomic_fetch_and((p), (v), __ATOMIC_ACQ_REL)
#define HD_FETCH_ADD_RELAXED(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
/* Strong compare-and-swap: true on success; on failure *expected holds what was found. */
#define HD_CAS(p, expected, desired) \
    __atomic_compare_exchange_n((p), (expected), (desired), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#define HD_CAS_SEQ(p, expected, desired) \
    __atomic_compare_exchange_n((p), (expected), (desired), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

HD_INLINE void hd_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
