/* test_sync_mutex.c -- locks: exclusion, time-outs, hand-off, critical sections, the locks built on parking. */
#include "sync_check.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>

#include "clock.h"

static HdMutex mutex;
static long counter;
enum { ROUNDS = 20000 };

static void count_up(HdThread *t, void *argument) {
    for (int i = 0; i < ROUNDS; i++) {
        hd_mutex_lock(t, &mutex);
        long seen = counter;
        if (i % 64 == 0) hd_gil_yield(t); /* let others run into the lock */
        counter = seen + 1;
        hd_mutex_unlock(&mutex);
        CHECK(hd_safepoint_poll(t) == 0);
    }
}
static void exclusion(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 4; i++) team_start(t, &team, count_up, NULL);
    team_join(t, &team);
    CHECK(counter == 4 * ROUNDS);
    CHECK(!hd_mutex_is_locked(&mutex) && mutex.byte == 0);
}

static void timeouts(HdThread *t) {
    hd_mutex_lock(t, &mutex);
    CHECK(!hd_mutex_try(&mutex));
    CHECK(hd_mutex_lock_until(t, &mutex, 0, 0) == HD_LOCK_TIMEOUT);
    CHECK(hd_mutex_lock_until(t, &mutex, hd_clock_monotonic() + 2 * HD_MILLISECOND, 0) == HD_LOCK_TIMEOUT);
    hd_mutex_unlock(&mutex);
    CHECK(hd_mutex_try(&mutex));
}

/* A thread that locks and unlocks without end does not keep a waiter out. */
static uint32_t stop;
static void hog(HdThread *t, void *argument) {
    while (!HD_LOAD_ACQUIRE(&stop)) {
        hd_mutex_lock(t, &mutex);
        HdTime until = hd_clock_monotonic() + 300 * HD_MICROSECOND;
        while (hd_clock_monotonic() < until) CHECK(hd_safepoint_poll(t) == 0);
        hd_mutex_unlock(&mutex);
    }
}
static void hand_off(HdThread *t) {
    Team team = {0};
    team_start(t, &team, hog, NULL);
    for (int i = 0; i < 20; i++) {
        hd_mutex_lock(t, &mutex);
        hd_mutex_unlock(&mutex);
    }
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
}

/* Pairs of objects locked in both orders, nested, with safe points inside: no deadlock, and sums are kept. */
typedef struct Account {
    uint8_t lock;
    long balance;
} Account;
static Account accounts[4];
static void transfer(HdThread *t, void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1103515245 + 12345;
        Account *from = &accounts[seed >> 16 & 3], *to = &accounts[seed >> 20 & 3];
        hd_lock_objects(t, from, to);
        from->balance--;
        to->balance++;
        hd_unlock_objects(t, from, to);
        hd_lock_object(t, from);
        hd_lock_object(t, to == from ? &accounts[(to - accounts + 1) & 3] : to);
        CHECK(t->locks == (t->section_count == 2));
        hd_unlock_object(t, to);
        hd_unlock_object(t, from);
        CHECK(t->section_count == 0);
        CHECK(hd_safepoint_poll(t) == 0);
    }
}
static void sections(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 4; i++) team_start(t, &team, transfer, (void *)(uintptr_t)(i + 1));
    team_join(t, &team);
    long sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += accounts[i].balance;
        CHECK(accounts[i].lock == 0);
    }
    CHECK(sum == 0);
}

static void many_sections(HdThread *t, void *argument) {
    static uint8_t locks[40];
    for (int i = 0; i < 40; i++) hd_lock_byte(t, &locks[i]);
    for (int i = 0; i < 40; i++) CHECK(locks[i] == (t->locks ? HD_MUTEX_LOCKED : 0));
    hd_thread_detach(t, HD_BLOCK_SURE);
    for (int i = 0; i < 40; i++) CHECK(locks[i] == 0);
    hd_thread_attach(t, HD_WAKE_THREAD);
    CHECK(locks[39] == (t->locks ? HD_MUTEX_LOCKED : 0) && locks[38] == 0);
    for (int i = 40; i-- > 0;) hd_unlock_byte(t, &locks[i]);
    for (int i = 0; i < 40; i++) CHECK(locks[i] == 0);
}

static void section_depth(HdThread *t) {
    Team team = {0};
    team_start(t, &team, many_sections, NULL);
    team_join(t, &team);
}

static HdOnce once;
static int once_runs;
static int run_once(HdThread *t, void *argument) {
    once_runs++;
    hd_gil_yield(t);
    return 0;
}
static HdSemaphore semaphore;
static HdCondition condition;
static HdRwLock rwlock;
static int shared_a, shared_b, items;

static void rw_worker(HdThread *t, void *argument) {
    CHECK(hd_once(t, &once, run_once, NULL) == 0);
    CHECK(once_runs == 1);
    for (int i = 0; i < 3000; i++) {
        if (i % 4 == 0) {
            hd_rwlock_write(t, &rwlock);
            shared_a++;
            if (i % 32 == 0) hd_gil_yield(t);
            shared_b++;
            hd_rwlock_write_end(&rwlock);
        } else {
            hd_rwlock_read(t, &rwlock);
            CHECK(shared_a == shared_b);
            hd_rwlock_read_end(&rwlock);
        }
        CHECK(hd_safepoint_poll(t) == 0);
    }
    hd_semaphore_give(&semaphore);
}
static void others(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 4; i++) team_start(t, &team, rw_worker, NULL);
    for (int i = 0; i < 4; i++) CHECK(hd_semaphore_take(t, &semaphore, HD_FOREVER, 0) == HD_LOCK_TAKEN);
    CHECK(hd_semaphore_take(t, &semaphore, 0, 0) == HD_LOCK_TIMEOUT);
    CHECK(hd_semaphore_take(t, &semaphore, hd_clock_monotonic() + HD_MILLISECOND, 0) == HD_LOCK_TIMEOUT);
    team_join(t, &team);
    CHECK(shared_a == 4 * 750 && shared_b == shared_a);
}

static void consumer(HdThread *t, void *argument) {
    for (int i = 0; i < 2000; i++) {
        hd_mutex_lock(t, &mutex);
        while (items == 0) (void)hd_condition_wait(t, &condition, &mutex, HD_FOREVER, 0);
        items--;
        hd_mutex_unlock(&mutex);
    }
}
static void producer(HdThread *t, void *argument) {
    for (int i = 0; i < 2000; i++) {
        hd_mutex_lock(t, &mutex);
        items++;
        hd_mutex_unlock(&mutex);
        hd_condition_signal(&condition);
        CHECK(hd_safepoint_poll(t) == 0);
    }
}
static void conditions(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 3; i++) team_start(t, &team, consumer, NULL);
    for (int i = 0; i < 3; i++) team_start(t, &team, producer, NULL);
    team_join(t, &team);
    CHECK(items == 0);
}

/* Some only exchange a value, beside each other when they find the lock open; others want it for themselves. */
static uint8_t door;
static uint32_t tokens[2], entered;
static long busy; /* guarded by the lock */
static void exchange(HdThread *t, void *argument) {
    uint32_t token = (uint32_t)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t lock = HD_LOAD_RELAXED(&door);
        if ((lock == HD_MUTEX_OPEN || (lock && hd_open_wait(&door))) && hd_open_enter(t, &door)) {
            CHECK(busy == 0);
            token = HD_EXCHANGE(&tokens[i & 1], token);
            CHECK(busy == 0);
            hd_open_leave(t);
            __atomic_fetch_add(&entered, 1, __ATOMIC_RELAXED);
        } else {
            hd_lock_byte(t, &door);
            busy++;
            CHECK(busy == 1);
            uint32_t old = tokens[i & 1];
            tokens[i & 1] = token;
            token = old;
            busy--;
            hd_unlock_byte_contended(t, &door);
        }
        CHECK(hd_safepoint_poll(t) == 0);
    }
    hd_lock_byte(t, &door); /* its last token, for the sum */
    counter += token;
    hd_unlock_byte(t, &door);
}
static void take_alone(HdThread *t, void *argument) {
    for (int i = 0; i < 200; i++) {
        hd_lock_byte(t, &door);
        CHECK(++busy == 1);
        uint32_t swap = tokens[0];
        tokens[0] = tokens[1];
        tokens[1] = swap;
        busy--;
        hd_unlock_byte(t, &door);
        CHECK(hd_clock_sleep(t, hd_clock_monotonic() + 100 * HD_MICROSECOND) == 0);
    }
}
static void open_locks(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 4; i++) team_start(t, &team, exchange, (void *)(uintptr_t)(1u << i));
    team_start(t, &team, take_alone, NULL);
    team_join(t, &team);
    CHECK(counter + tokens[0] + tokens[1] == 15);
    if (!t->parallel) CHECK(entered == 0);
    if (!t->parallel || syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0) return;
    for (HdTime limit = hd_clock_monotonic() + 20 * HD_SECOND; door != HD_MUTEX_OPEN;) {
        CHECK(hd_clock_monotonic() < limit);
        hd_lock_byte(t, &door);
        hd_unlock_byte_contended(t, &door);
    }
    CHECK(!hd_mutex_try_byte(&door) && hd_open_enter(t, &door) && t->inside == &door);
    hd_open_leave(t);
    hd_lock_byte(t, &door); /* closes it */
    CHECK(door == HD_MUTEX_LOCKED && !hd_open_enter(t, &door));
    hd_unlock_byte(t, &door);
    CHECK(door == 0);
}

int main(void) {
    RUN_BOTH(open_locks);
    RUN_BOTH(exclusion);
    RUN_BOTH(timeouts);
    RUN_BOTH(hand_off);
    RUN_BOTH(sections);
    RUN_BOTH(section_depth);
    RUN_BOTH(others);
    RUN_BOTH(conditions);
    return 0;
}
