/* test_sync_park.c -- parking: order, validation, time-outs, no lost wake-ups, interruption by a signal. */
#include "sync_check.h"

#include <signal.h>

#include "clock.h"
#include "signals.h"

static uint32_t word;
static uint32_t arrived;
static int order[TEAM_MAX];
static int order_count;
static HdMutex order_mutex;

static void park_and_tell(HdThread *t, void *argument) {
    CHECK(hd_park_if32(t, &word, 0, HD_FOREVER, 0) == HD_PARK_UNPARKED);
    hd_mutex_lock(t, &order_mutex);
    order[order_count++] = (int)(intptr_t)argument;
    hd_mutex_unlock(&order_mutex);
}

static bool queue_has(int count) {
    int found = 0;
    for (int i = 0; i < HD_PARK_BUCKETS; i++) {
        hd_raw_lock(&hd_sync.buckets[i].lock);
        for (HdThread *each = hd_sync.buckets[i].first; each; each = each->park_next) found += each->park_address == &word;
        hd_raw_unlock(&hd_sync.buckets[i].lock);
    }
    return found == count;
}

static void wait_queue(HdThread *t, int count) {
    while (!queue_has(count)) {
        CHECK(hd_safepoint_poll(t) == 0);
        hd_gil_yield(t);
    }
}

static void first_in_first_out(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 8; i++) {
        team_start(t, &team, park_and_tell, (void *)(intptr_t)i);
        wait_queue(t, i + 1);
    }
    for (int i = 0; i < 8; i++) {
        CHECK(hd_park_wake_one(&word, NULL, NULL));
        CHECK(hd_event_wait(t, &team.done[i], HD_FOREVER, 0) == HD_LOCK_TAKEN);
        CHECK(order_count == i + 1 && order[i] == i);
    }
    CHECK(!hd_park_wake_one(&word, NULL, NULL));
}

static void wake_all(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 8; i++) team_start(t, &team, park_and_tell, (void *)(intptr_t)i);
    wait_queue(t, 8);
    CHECK(hd_park_wake_all(&word) == 8);
    team_join(t, &team);
    CHECK(order_count == 8);
}

static void validation_and_timeout(HdThread *t) {
    CHECK(hd_park_if32(t, &word, 1, HD_FOREVER, 0) == HD_PARK_INVALID);
    HdTime before = hd_clock_monotonic();
    CHECK(hd_park_if32(t, &word, 0, before + 20 * HD_MILLISECOND, 0) == HD_PARK_TIMEOUT);
    CHECK(hd_clock_monotonic() - before >= 20 * HD_MILLISECOND);
    CHECK(queue_has(0));
}

/* A baton goes back and forth between two threads; a lost wake-up hangs, and the alarm ends the test. */
static void baton(HdThread *t, void *argument) {
    uint32_t mine = (uint32_t)(uintptr_t)argument;
    for (int i = 0; i < 20000; i++) {
        for (;;) {
            uint32_t now = HD_LOAD_SEQ(&word);
            if (now % 2 == mine) break;
            hd_park_if32(t, &word, now, HD_FOREVER, 0);
        }
        __atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
        hd_park_wake_one(&word, NULL, NULL);
    }
}

static void no_lost_wakeups(HdThread *t) {
    Team team = {0};
    team_start(t, &team, baton, (void *)0);
    team_start(t, &team, baton, (void *)1);
    team_join(t, &team);
    CHECK(word == 40000);
}

/* Time-outs race with wake-ups: each wake is either received or was for nobody. */
static uint32_t tokens, received;
static void short_waits(HdThread *t, void *argument) {
    while (HD_LOAD_SEQ(&arrived) == 0) {
        if (hd_park_if32(t, &word, 0, hd_clock_monotonic() + 50 * HD_MICROSECOND, 0) == HD_PARK_UNPARKED) {
            __atomic_fetch_add(&received, 1, __ATOMIC_SEQ_CST);
        }
    }
}
static void timeout_races(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 4; i++) team_start(t, &team, short_waits, NULL);
    for (int i = 0; i < 20000; i++) {
        if (hd_park_wake_one(&word, NULL, NULL)) tokens++;
        if (i % 16 == 0) hd_gil_yield(t);
        CHECK(hd_safepoint_poll(t) == 0);
    }
    HD_STORE_SEQ(&arrived, 1);
    team_join(t, &team);
    CHECK(received == tokens);
}

static int handled;
static int handle_signals(HdThread *t) {
    while (hd_signals_take()) handled++;
    return 0;
}
static void send_signal(HdThread *t, void *argument) {
    while (HD_LOAD_ACQUIRE(&hd_thread_main()->park_word) == 0) hd_gil_yield(t);
    CHECK(hd_thread_main() != t);
    kill(getpid(), SIGUSR1);
}
static void signal_interrupts(HdThread *t) {
    hd_safepoint_hooks()->signals = handle_signals;
    CHECK(hd_signals_set(SIGUSR1, HD_SIGNAL_HANDLE) == 0);
    Team team = {0};
    team_start(t, &team, send_signal, NULL);
    CHECK(hd_park_if32(t, &word, 0, HD_FOREVER, HD_PARK_INTERRUPTIBLE) == HD_PARK_INTERRUPTED);
    CHECK(hd_safepoint_signals(t) == 0 && handled == 1);
    team_join(t, &team);
    /* Not interruptible: the signal waits for the next safe point. */
    raise(SIGUSR1);
    CHECK(hd_park_if32(t, &word, 0, hd_clock_monotonic() + HD_MILLISECOND, 0) == HD_PARK_TIMEOUT);
    CHECK(handled == 1 && hd_safepoint_poll(t) == 0 && handled == 2);
    HdTime before = hd_clock_monotonic();
    CHECK(hd_clock_sleep(t, before + 5 * HD_MILLISECOND) == 0);
    CHECK(hd_clock_monotonic() - before >= 5 * HD_MILLISECOND);
}

int main(void) {
    RUN_BOTH(first_in_first_out);
    RUN_BOTH(wake_all);
    RUN_BOTH(validation_and_timeout);
    RUN_BOTH(no_lost_wakeups);
    RUN_BOTH(timeout_races);
    RUN_BOTH(signal_interrupts);
    return 0;
}
