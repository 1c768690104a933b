/* test_sync_gil.c -- the GIL: exclusion, fairness, urgency, sleep(0), giving way, stealing, no starvation, waiting in line,
 * fetching. The machine may be busy: what threads are to get they may get late, within LIMIT. */
#include "sync_check.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include "blocking.h"
#include "clock.h"
#include "gil.h"

static uint32_t stop, ready;
static long counter; /* guarded by the GIL */
typedef struct Spinner {
    long spins;
    HdTime cpu; /* atomic */
} Spinner;
#define LIMIT (20 * HD_SECOND)

/* A busy Python thread: bytecodes with safe points. */
static void spin(HdThread *t, void *argument) {
    Spinner *spinner = argument;
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (!HD_LOAD_RELAXED(&stop)) {
        long seen = counter;
        for (int i = 0; i < 20; i++) hd_cpu_relax();
        counter = seen + 1;
        if (++spinner->spins % 64 == 0) HD_STORE_RELAXED(&spinner->cpu, hd_clock_read(HD_CLOCK_THREAD));
        CHECK(hd_safepoint_poll(t) == 0);
    }
}

/* Waits until each of n spinners ran for `wanted`, and for a quarter of what any did. */
static void wait_for_shares(HdThread *t, Spinner *spinners, int n, HdTime wanted) {
    HdTime limit = hd_clock_monotonic() + LIMIT, least, most;
    do {
        CHECK(hd_clock_monotonic() < limit);
        CHECK(hd_clock_sleep(t, hd_clock_monotonic() + 10 * HD_MILLISECOND) == 0);
        least = HD_FOREVER;
        most = 0;
        for (int i = 0; i < n; i++) {
            HdTime cpu = HD_LOAD_RELAXED(&spinners[i].cpu);
            if (cpu < least) least = cpu;
            if (cpu > most) most = cpu;
        }
    } while (least < wanted || least * 4 < most);
}

static void exclusion(HdThread *t) {
    static Spinner spinners[4];
    Team team = {0};
    hd_gil_set_interval(100 * HD_MICROSECOND);
    for (int i = 0; i < 4; i++) team_start(t, &team, spin, &spinners[i]);
    CHECK(hd_clock_sleep(t, hd_clock_monotonic() + 100 * HD_MILLISECOND) == 0);
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
    long sum = 0;
    for (int i = 0; i < 4; i++) sum += spinners[i].spins;
    CHECK(sum == counter && sum > 0);
}

static void fairness(HdThread *t) {
    static Spinner spinners[4];
    Team team = {0};
    hd_gil_set_interval(HD_MILLISECOND);
    for (int i = 0; i < 4; i++) team_start(t, &team, spin, &spinners[i]);
    wait_for_shares(t, spinners, 4, 50 * HD_MILLISECOND);
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
}

/* Each of n threads that yields lets every other go first: their turns come round and round. */
static int turns[64], turn_count;
static void take_turns(HdThread *t, void *argument) {
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (HD_LOAD_SEQ(&ready) < 3) hd_gil_yield(t);
    /* All are in the queue or running now; the switch interval is far away. */
    for (int i = 0; i < 20; i++) {
        turns[turn_count++] = (int)(intptr_t)argument;
        hd_gil_yield(t);
    }
}
static void yielding(HdThread *t) {
    Team team = {0};
    hd_gil_set_interval(10 * HD_SECOND);
    for (int i = 0; i < 3; i++) team_start(t, &team, take_turns, (void *)(intptr_t)i);
    team_join(t, &team);
    CHECK(turn_count == 60);
    /* In the middle nobody has begun late or ended yet. */
    int repeats = 0;
    for (int i = 12; i < 45; i++) repeats += turns[i] != turns[i - 3];
    CHECK(repeats <= 6);
}

/* A thread that comes back from the outside preempts a busy one within its time, however long the switch interval. */
static int pair[2];
static void echo(HdThread *t, void *argument) {
    char byte;
    for (;;) {
        HdBlockingResult got = hd_blocking_recv(t, pair[1], &byte, 1, 0, HD_FOREVER);
        CHECK(!got.raised && got.value >= 0);
        if (got.value == 0) return;
        CHECK(hd_blocking_send(t, pair[1], &byte, 1, 0, HD_FOREVER).value == 1);
    }
}
static void urgency(HdThread *t) {
    static Spinner spinner;
    Team team = {0};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    hd_gil_set_interval(10 * HD_SECOND);
    team_start(t, &team, echo, NULL);
    team_start(t, &team, spin, &spinner);
    while (HD_LOAD_SEQ(&ready) < 1) hd_gil_yield(t);
    HdTime began = hd_clock_monotonic();
    for (int i = 0; i < 100; i++) {
        char byte = 'x';
        CHECK(hd_blocking_send(t, pair[0], &byte, 1, 0, HD_FOREVER).value == 1);
        CHECK(hd_blocking_recv(t, pair[0], &byte, 1, 0, HD_FOREVER).value == 1 && byte == 'x');
    }
    CHECK(hd_clock_monotonic() - began < LIMIT);
    CHECK(spinner.spins > 0);
    shutdown(pair[0], SHUT_RDWR);
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
}

/* A blocking call frees the GIL for others, and while nobody wants it coming back is not a switch. */
static void stealing(HdThread *t) {
    uint64_t before = hd_sync.gil.switches;
    for (int i = 0; i < 1000; i++) {
        hd_blocking_enter(t, HD_BLOCK_SURE);
        hd_blocking_leave(t);
    }
    CHECK(hd_sync.gil.switches == before);
    static Spinner spinner;
    Team team = {0};
    team_start(t, &team, spin, &spinner);
    hd_blocking_enter(t, HD_BLOCK_SURE);
    while (HD_LOAD_SEQ(&ready) == 0) usleep(100);
    hd_blocking_leave(t);
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
}

/* Threads that make short blocking calls without end starve nobody. */
static void short_calls(HdThread *t, void *argument) {
    while (!HD_LOAD_RELAXED(&stop)) {
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        hd_blocking_leave(t);
        counter++;
        CHECK(hd_safepoint_poll(t) == 0);
    }
}
static void no_starvation(HdThread *t) {
    static Spinner spinners[2];
    Team team = {0};
    for (int i = 0; i < 2; i++) team_start(t, &team, short_calls, NULL);
    for (int i = 0; i < 2; i++) team_start(t, &team, spin, &spinners[i]);
    wait_for_shares(t, spinners, 2, 20 * HD_MILLISECOND);
    HD_STORE_RELEASE(&stop, 1);
    team_join(t, &team);
}

/* Who is woken gets the GIL, whatever the waker does next: runs on, waits outside in a call that may be short, or parks. */
static uint32_t go, ran;
static void when_told(HdThread *t, void *argument) {
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    for (uint32_t round = 0; round < 3; round++) {
        while (HD_LOAD_SEQ(&go) == round) {
            HdParkResult result = hd_park_if32(t, &go, round, HD_FOREVER, 0);
            CHECK(result == HD_PARK_UNPARKED || result == HD_PARK_INVALID);
        }
        __atomic_fetch_add(&ran, 1, __ATOMIC_SEQ_CST);
        hd_park_wake_all(&ran);
    }
}
static void tell(HdThread *t) {
    hd_blocking_enter(t, HD_BLOCK_SURE);
    usleep(2000); /* so that they sleep, as a rule */
    hd_blocking_leave(t);
    __atomic_fetch_add(&go, 1, __ATOMIC_SEQ_CST);
    while (hd_park_wake_one(&go, NULL, NULL)) {}
}
static void lined_up(HdThread *t) {
    Team team = {0};
    hd_gil_set_interval(50 * HD_MILLISECOND);
    for (int i = 0; i < 3; i++) team_start(t, &team, when_told, NULL);
    while (HD_LOAD_SEQ(&ready) < 3) hd_gil_yield(t);
    tell(t);
    while (HD_LOAD_SEQ(&ran) < 3) CHECK(hd_safepoint_poll(t) == 0);
    t->gil_trust = 4;
    tell(t);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    while (HD_LOAD_SEQ(&ran) < 6) usleep(100);
    hd_blocking_leave(t);
    tell(t);
    for (uint32_t now; (now = HD_LOAD_SEQ(&ran)) < 9;) (void)hd_park_if32(t, &ran, now, HD_FOREVER, 0);
    team_join(t, &team);
}

/* A call of poll that need not wait lets a thread go first that has had less of the GIL, and no other. */
static void run_once(HdThread *t, void *argument) { __atomic_fetch_add(&ran, 1, __ATOMIC_SEQ_CST); }
static void giving_way(HdThread *t) {
    Team team = {0};
    int ends[2];
    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    struct pollfd readable = {.fd = ends[0], .events = POLLIN};
    team_start(t, &team, run_once, NULL);
    /* No safe point: from here on only poll can let it run. */
    while (HD_LOAD_SEQ(&hd_sync.gil.waiters) == 0) hd_cpu_relax();
    t->gil_virtual = 0;
    CHECK(hd_blocking_poll(t, &readable, 1, 0).value == 1 && HD_LOAD_SEQ(&ran) == 0); /* was not going to wait */
    hd_raw_lock(&hd_sync.gil.lock);
    t->gil_virtual = hd_sync.gil.queues[HD_GIL_ORDINARY].first->gil_virtual + HD_SECOND;
    hd_raw_unlock(&hd_sync.gil.lock);
    CHECK(hd_blocking_poll(t, &readable, 1, HD_FOREVER).value == 1 && HD_LOAD_SEQ(&ran) == 1);
    team_join(t, &team);
}

/* Who sleeps on another processor is fetched to the one of the thread that hands it the GIL, and may run everywhere again. */
static cpu_set_t everywhere;
static int home, elsewhere;
static bool came_home;
static HdThread *sleeper;
static void on_processor(int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
}
static void sleep_elsewhere(HdThread *t, void *argument) {
    cpu_set_t now;
    bool keeps_away = argument != NULL;
    sleeper = t;
    for (uint32_t round = 0; !HD_LOAD_SEQ(&stop); round++) {
        on_processor(elsewhere);
        if (!keeps_away) CHECK(sched_setaffinity(0, sizeof everywhere, &everywhere) == 0);
        HD_STORE_RELAXED(&t->park_patience, (uint8_t)0);
        t->park_apart = HD_THREAD_APART_MAX;
        memset(t->gil_processors, 0, sizeof t->gil_processors);
        HD_STORE_SEQ(&ready, round + 1);
        hd_park_wake_all(&ready);
        while (HD_LOAD_SEQ(&go) == round) (void)hd_park_if32(t, &go, round, HD_FOREVER, 0);
        bool fetched = memcmp(t->gil_processors, &everywhere, sizeof everywhere) == 0; /* the kernel might have moved it too */
        HD_STORE_RELAXED(&came_home, (bool)(fetched && hd_scheduler_processor() == home));
        CHECK(sched_getaffinity(0, sizeof now, &now) == 0);
        CHECK(keeps_away ? CPU_COUNT(&now) == 1 && CPU_ISSET(elsewhere, &now) : CPU_EQUAL(&now, &everywhere));
    }
}
static void rounds_of_fetching(HdThread *t, bool keeps_away) {
    Team team = {0};
    HdTime limit = hd_clock_monotonic() + LIMIT;
    ready = go = stop = 0;
    came_home = false;
    team_start(t, &team, sleep_elsewhere, keeps_away ? &team : NULL);
    for (uint32_t round = 0; keeps_away ? round < 50 : !HD_LOAD_RELAXED(&came_home); round++) {
        CHECK(hd_clock_monotonic() < limit);
        for (uint32_t now; (now = HD_LOAD_SEQ(&ready)) <= round;) (void)hd_park_if32(t, &ready, now, HD_FOREVER, 0);
        hd_blocking_enter(t, HD_BLOCK_SURE);
        usleep(2000); /* so that it sleeps, as a rule */
        hd_blocking_leave(t);
        uint64_t allowed[HD_THREAD_PROCESSORS / 64];
        CHECK(!keeps_away || !hd_scheduler_fetch(sleeper, home, allowed)); /* it has asked to be elsewhere */
        t->gil_trust = 4;
        __atomic_fetch_add(&go, 1, __ATOMIC_SEQ_CST);
        hd_park_wake_one(&go, NULL, NULL);
        while (HD_LOAD_SEQ(&ready) <= round + 1) (void)hd_park_if32(t, &ready, round + 1, HD_FOREVER, 0);
    }
    HD_STORE_SEQ(&stop, 1);
    __atomic_fetch_add(&go, 1, __ATOMIC_SEQ_CST);
    hd_park_wake_one(&go, NULL, NULL);
    team_join(t, &team);
}
static void fetching(HdThread *t) {
    CHECK(sched_getaffinity(0, sizeof everywhere, &everywhere) == 0);
    if (CPU_COUNT(&everywhere) < 2) return;
    for (home = 0; !CPU_ISSET(home, &everywhere);) home++;
    for (elsewhere = home + 1; !CPU_ISSET(elsewhere, &everywhere);) elsewhere++;
    on_processor(home);
    rounds_of_fetching(t, false);
    rounds_of_fetching(t, true);
}

int main(void) {
    run_in(true, "exclusion", exclusion);
    run_in(true, "fairness", fairness);
    run_in(true, "yielding", yielding);
    run_in(true, "urgency", urgency);
    run_in(true, "giving_way", giving_way);
    run_in(true, "stealing", stealing);
    run_in(true, "no_starvation", no_starvation);
    run_in(true, "lined_up", lined_up);
    run_in(true, "fetching", fetching);
    return 0;
}
