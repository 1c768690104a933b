/* test_sync_thread.c -- threads: a storm of starts, stop-the-world, epochs, pending calls, fork, shutdown. */
#include "sync_check.h"

#include <pthread.h>

#include "clock.h"
#include "epoch.h"

/* ThreadSanitizer would refuse to start threads in a forked child. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "die_after_fork=0"; }

static uint32_t ran, stop;

static void tick(HdThread *t, void *argument) {
    CHECK(hd_thread_current() == t && hd_thread_is_attached(t) && !t->is_main);
    CHECK((char *)__builtin_frame_address(0) > t->stack_low && t->stack_low > t->stack_hard);
    __atomic_fetch_add(&ran, 1, __ATOMIC_SEQ_CST);
}
static void storm(HdThread *t) {
    for (int round = 0; round < 100; round++) {
        Team team = {0};
        for (int i = 0; i < 10; i++) team_start(t, &team, tick, NULL);
        team_join(t, &team);
    }
    CHECK(ran == 1000);
    while (hd_thread_count() != 1) hd_gil_yield(t); /* `done` comes after the record is given back */
}

static void small_stack(HdThread *t) {
    HdEvent done = {0};
    uint64_t ident;
    HdThreadStart start = {.main = tick, .stack_size = 32768, .done = &done};
    CHECK(hd_thread_start(t, &start, &ident) == 0);
    CHECK(hd_event_wait(t, &done, HD_FOREVER, 0) == HD_LOCK_TAKEN);
    CHECK(ran == 1);
    start.stack_size = (size_t)1 << 46;
    CHECK(hd_thread_start(t, &start, &ident) != 0);
    CHECK(hd_thread_count() == 1);
}

/* While the world is stopped nobody changes the pair; outside it everybody does. */
static long pair_a, pair_b;
static HdMutex pair_mutex;
static uint32_t mutators;
static void mutate(HdThread *t, void *argument) {
    __atomic_fetch_add(&mutators, 1, __ATOMIC_SEQ_CST);
    for (int round = 0; !HD_LOAD_ACQUIRE(&stop); round++) {
        hd_mutex_lock(t, &pair_mutex);
        pair_a++;
        for (int i = 0; i < 50; i++) hd_cpu_relax();
        pair_b++;
        hd_mutex_unlock(&pair_mutex);
        CHECK(hd_safepoint_poll(t) == 0);
        if (round % 100 == 0) hd_gil_yield(t);
    }
}
static void stop_some(HdThread *t, void *argument) {
    for (int i = 0; i < 200; i++) {
        hd_safepoint_stop_world(t);
        hd_safepoint_stop_world(t);
        long a = pair_a;
        CHECK(a == pair_b);
        for (int j = 0; j < 200; j++) hd_cpu_relax();
        CHECK(a == pair_a && a == pair_b);
        hd_safepoint_start_world(t);
        hd_safepoint_start_world(t);
        CHECK(hd_safepoint_poll(t) == 0);
        if (i % 8 == 0) hd_gil_yield(t);
    }
}
static void stop_the_world(HdThread *t) {
    Team mutators = {0}, stoppers = {0};
    for (int i = 0; i < 3; i++) team_start(t, &mutators, mutate, NULL);
    for (int i = 0; i < 2; i++) team_start(t, &stoppers, stop_some, NULL);
    team_join(t, &stoppers);
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &mutators);
}

/* Readers follow a pointer without a lock; what they see is never freed under them. */
typedef struct Box {
    uint64_t magic, value;
} Box;
static Box *current;
static uint32_t freed;
static void free_box(HdThread *t, void *block, size_t size) {
    Box *box = block;
    CHECK(box->magic == 0xfeedfacecafef00d && size == sizeof(Box));
    HD_STORE_RELAXED(&box->magic, 0);
    free(box);
    __atomic_fetch_add(&freed, 1, __ATOMIC_SEQ_CST);
}
static void read_boxes(HdThread *t, void *argument) {
    while (!HD_LOAD_ACQUIRE(&stop)) {
        Box *box = HD_LOAD_ACQUIRE(&current);
        for (int i = 0; i < 10; i++) CHECK(HD_LOAD_RELAXED(&box->magic) == 0xfeedfacecafef00d);
        CHECK(hd_safepoint_poll(t) == 0);
    }
}
static Box *new_box(uint64_t value) {
    Box *box = malloc(sizeof *box);
    CHECK(box != NULL);
    *box = (Box){0xfeedfacecafef00d, value};
    return box;
}
static void epochs(HdThread *t) {
    current = new_box(0);
    Team team = {0};
    for (int i = 0; i < 2; i++) team_start(t, &team, read_boxes, NULL);
    for (uint64_t i = 1; i <= 40000; i++) {
        Box *old = HD_EXCHANGE(&current, new_box(i));
        hd_epoch_retire(t, old, sizeof *old, free_box);
        CHECK(hd_safepoint_poll(t) == 0);
        if (i % 1000 == 0) hd_gil_yield(t);
    }
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
    hd_epoch_quiescent(t);
    CHECK(freed == 40000 && t->limbo == NULL && t->limbo_bytes == 0);
    free(current);
}

static int pending_runs;
static int pending(HdThread *t, void *argument) {
    CHECK(t->is_main && argument == &pending_runs);
    return ++pending_runs == 3 ? -1 : 0;
}
static void add_pending(HdThread *t, void *argument) {
    for (int i = 0; i < HD_PENDING_MAX; i++) CHECK(hd_safepoint_add_pending(pending, &pending_runs));
    CHECK(!hd_safepoint_add_pending(pending, &pending_runs));
}
static const void *const run_table[1], *const break_table[1];
static void pending_calls(HdThread *t) {
    hd_safepoint_set_tables(run_table, break_table);
    CHECK(t->dispatch == run_table);
    Team team = {0};
    team_start(t, &team, add_pending, NULL);
    team_join(t, &team);
    CHECK(t->dispatch == break_table);
    hd_safepoint_any(t); /* pending calls wait for the other door, and are not forgotten */
    CHECK(pending_runs == 0 && t->dispatch == break_table);
    CHECK(hd_safepoint_full(t) == -1 && pending_runs == 3); /* the third raised */
    CHECK(t->dispatch == break_table);
    CHECK(hd_safepoint_full(t) == 0 && pending_runs == HD_PENDING_MAX);
    CHECK(hd_safepoint_full(t) == 0 && t->dispatch == run_table && t->why == 0);
}

static HdMutex fork_mutex;
static void forked(HdThread *t) {
    Team team = {0};
    hd_mutex_lock(t, &fork_mutex);
    for (int i = 0; i < 3; i++) team_start(t, &team, mutate, NULL);
    /* A sanitizer's allocator does not survive a fork in the middle of an allocation, as starting threads make. */
    while (HD_LOAD_SEQ(&mutators) < 3) hd_gil_yield(t);
    for (int i = 0; i < 5; i++) {
        hd_gil_yield(t);
        hd_sync_before_fork(t);
        pid_t child = fork();
        if (child == 0) {
            hd_sync_after_fork_child(t);
            alarm(20);
            CHECK(hd_thread_count() == 1 && t->is_main && hd_thread_main() == t);
            pair_mutex = (HdMutex){0};
            Team own = {0};
            team_start(t, &own, tick, NULL);
            team_start(t, &own, tick, NULL);
            team_join(t, &own);
            CHECK(ran == 2);
            hd_safepoint_stop_world(t);
            hd_safepoint_start_world(t);
            hd_mutex_unlock(&fork_mutex);
            _exit(0);
        }
        hd_sync_after_fork_parent(t);
        int status = -1;
        hd_thread_detach(t, HD_BLOCK_SURE);
        CHECK(waitpid(child, &status, 0) == child);
        hd_thread_attach(t, HD_WAKE_OUTSIDE);
        if (status) fprintf(stderr, "child %d: status %x\n", i, (unsigned)status);
        CHECK(status == 0);
    }
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
}

static uint32_t after;
static void daemon_main(HdThread *t, void *argument) {
    for (;;) {
        CHECK(HD_LOAD_SEQ(&after) == 0);
        CHECK(hd_safepoint_poll(t) == 0);
        if (argument) CHECK(hd_clock_sleep(t, hd_clock_monotonic() + 100 * HD_MICROSECOND) == 0);
    }
}
static void shutdown_hangs_daemons(HdThread *t) {
    Team team = {0};
    for (int i = 0; i < 3; i++) team_start(t, &team, daemon_main, (void *)(intptr_t)(i & 1));
    for (int i = 0; i < 20; i++) hd_gil_yield(t);
    hd_thread_begin_shutdown(t);
    HD_STORE_SEQ(&after, 1);
    CHECK(hd_clock_sleep(t, hd_clock_monotonic() + 10 * HD_MILLISECOND) == 0);
    CHECK(hd_safepoint_poll(t) == 0);
}

/* Nothing is locked before there is a second thread, which may come from outside while the first runs; then everything. */
static uint8_t guarded;
static void *outsider(void *argument) {
    HdThread *t = hd_thread_adopt(NULL);
    CHECK(t && t->locks == t->parallel);
    hd_lock_byte(t, &guarded);
    CHECK((guarded & HD_MUTEX_LOCKED) == t->parallel);
    hd_unlock_byte(t, &guarded);
    HD_STORE_RELEASE(&after, 1);
    hd_thread_abandon(t);
    return NULL;
}
static void second_thread(HdThread *t) {
    pthread_t other;
    CHECK(!t->locks && t->parallel == !hd_sync_has_gil());
    hd_safepoint_stop_world(t);
    hd_safepoint_start_world(t);
    CHECK(!t->locks);
    hd_lock_byte(t, &guarded); /* not remembered: the end of it must not miss it */
    CHECK(guarded == 0);
    CHECK(pthread_create(&other, NULL, outsider, NULL) == 0);
    while (HD_LOAD_ACQUIRE(&after) == 0) CHECK(hd_safepoint_poll(t) == 0);
    hd_unlock_byte(t, &guarded);
    CHECK(t->locks == t->parallel && t->section_count == 0);
    hd_thread_detach(t, HD_BLOCK_SURE);
    pthread_join(other, NULL);
    hd_thread_attach(t, HD_WAKE_THREAD);
    hd_lock_byte(t, &guarded);
    CHECK((guarded & HD_MUTEX_LOCKED) == t->parallel);
    hd_unlock_byte(t, &guarded);
}

int main(void) {
    RUN_BOTH(second_thread);
    RUN_BOTH(storm);
    RUN_BOTH(small_stack);
    RUN_BOTH(stop_the_world);
    RUN_BOTH(epochs);
    RUN_BOTH(pending_calls);
    RUN_BOTH(forked);
    RUN_BOTH(shutdown_hangs_daemons);
    return 0;
}
