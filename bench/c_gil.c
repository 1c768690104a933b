/* c_gil.c -- what the GIL itself can do, measured from C: round trips over a socket pair alone and beside busy threads,
 * two busy threads against one, start and join, a contended lock.
 *
 * Build and run: see bench/c_gil.sh. Figures are for comparing one commit with another on the same machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "clock.h"
#include "gil.h"
#include "safepoint.h"
#include "state.h"

static uint32_t stop, ready;
static volatile uint64_t sink;

/* One "bytecode" of about 5 ns and a safe point. */
static uint64_t work(HdThread *t, uint64_t count) {
    uint64_t x = sink;
    for (uint64_t i = 0; i < count; i++) {
        for (int j = 0; j < 4; j++) x = x * 6364136223846793005u + 1442695040888963407u;
        if (hd_safepoint_poll(t) < 0) abort();
    }
    sink = x;
    return count;
}

static void busy(HdThread *t, void *argument) {
    uint64_t *done = argument;
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (!HD_LOAD_RELAXED(&stop)) *done += work(t, 100);
}

static int pair[2];
static void echo(HdThread *t, void *argument) {
    char byte;
    while (hd_blocking_recv(t, pair[1], &byte, 1, 0, HD_FOREVER).value == 1) {
        work(t, 200); /* a few bytecodes of Python around each call */
        if (hd_blocking_send(t, pair[1], &byte, 1, 0, HD_FOREVER).value != 1) return;
    }
}

static int by_size(const void *a, const void *b) {
    HdTime x = *(const HdTime *)a, y = *(const HdTime *)b;
    return (x > y) - (x < y);
}

static void start(HdThread *t, HdThreadMain main, void *argument, HdEvent *done) {
    uint64_t ident;
    HdThreadStart how = {.main = main, .argument = argument, .done = done};
    if (hd_thread_start(t, &how, &ident) != 0) abort();
}

static double alone_speed, alone_rate;

static void round_trips(HdThread *t, int busy_count) {
    static HdTime times[2000000];
    static uint64_t counts[16];
    HdEvent echo_done = {0}, busy_done[16] = {0};
    memset(counts, 0, sizeof counts);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) abort();
    stop = ready = 0;
    start(t, echo, NULL, &echo_done);
    for (int i = 0; i < busy_count; i++) start(t, busy, &counts[i], &busy_done[i]);
    while (HD_LOAD_SEQ(&ready) < (uint32_t)busy_count) hd_gil_yield(t);
    if (hd_clock_sleep(t, hd_clock_monotonic() + 20 * HD_MILLISECOND) < 0) abort();
    uint64_t before = 0, after = 0;
    for (int i = 0; i < busy_count; i++) before += counts[i];
    HdTime began = hd_clock_monotonic(), now = began;
    size_t n = 0;
    while (now - began < HD_SECOND && n < HD_COUNT_OF(times)) {
        char byte = 'x';
        if (hd_blocking_send(t, pair[0], &byte, 1, 0, HD_FOREVER).value != 1) abort();
        if (hd_blocking_recv(t, pair[0], &byte, 1, 0, HD_FOREVER).value != 1) abort();
        work(t, 200);
        HdTime then = now;
        now = hd_clock_monotonic();
        times[n++] = now - then;
    }
    for (int i = 0; i < busy_count; i++) after += counts[i];
    double seconds = (double)(now - began) / 1e9;
    HD_STORE_RELEASE(&stop, 1);
    shutdown(pair[0], SHUT_RDWR);
    hd_event_wait(t, &echo_done, HD_FOREVER, 0);
    for (int i = 0; i < busy_count; i++) hd_event_wait(t, &busy_done[i], HD_FOREVER, 0);
    close(pair[0]);
    close(pair[1]);
    qsort(times, n, sizeof times[0], by_size);
    double rate = (double)n / seconds;
    if (!busy_count) alone_rate = rate;
    printf("round trips beside %2d busy: %8.0f /s (%.2fx)  p50 %6.1f us  p99 %7.1f us  max %7.1f us  busy speed %.2fx\n",
           busy_count, rate, rate / alone_rate, (double)times[n / 2] / 1e3, (double)times[n * 99 / 100] / 1e3,
           (double)times[n - 1] / 1e3, (double)(after - before) / seconds / alone_speed);
}

enum { UNITS = 20000000 };
static void share(HdThread *t, void *argument) { work(t, UNITS); }

static void two_busy(HdThread *t) {
    HdTime began = hd_clock_monotonic();
    work(t, UNITS);
    work(t, UNITS);
    double row = (double)(hd_clock_monotonic() - began);
    alone_speed = 2.0 * UNITS / row * 1e9;
    HdEvent done[2] = {0};
    began = hd_clock_monotonic();
    start(t, share, NULL, &done[0]);
    start(t, share, NULL, &done[1]);
    for (int i = 0; i < 2; i++) hd_event_wait(t, &done[i], HD_FOREVER, 0);
    double both = (double)(hd_clock_monotonic() - began);
    printf("two busy threads: %.3fx of the same work in a row (%.0f ms)\n", row / both, row / 1e6);
}

static void nothing(HdThread *t, void *argument) {}

static void start_join(HdThread *t) {
    enum { ROUNDS = 20000 };
    HdTime began = hd_clock_monotonic();
    for (int i = 0; i < ROUNDS; i++) {
        HdEvent done = {0};
        start(t, nothing, NULL, &done);
        hd_event_wait(t, &done, HD_FOREVER, 0);
    }
    printf("start and join: %.1f us\n", (double)(hd_clock_monotonic() - began) / ROUNDS / 1e3);
}

int main(int argc, char **argv) {
    hd_sync_start(!(argc > 1 && strcmp(argv[1], "--gil=off") == 0));
    HdThread *t = hd_thread_start_main(NULL);
    if (!t) return 1;
    two_busy(t);
    start_join(t);
    round_trips(t, 0);
    round_trips(t, 1);
    round_trips(t, 2);
    round_trips(t, 10);
    return 0;
}
