/* test_sync_blocking.c -- system calls that may wait: whole reads and writes, the first try, deadlines, signals. */
#include "sync_check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "blocking.h"
#include "clock.h"
#include "signals.h"

enum { BIG = 300000 };
static int ends[2];
static char data[BIG];

static void drain(HdThread *t, void *argument) {
    size_t got = 0;
    char buffer[5000];
    while (got < BIG) {
        HdBlockingResult result = hd_blocking_read(t, ends[0], buffer, sizeof buffer);
        CHECK(result.value > 0);
        for (ssize_t i = 0; i < result.value; i++) CHECK(buffer[i] == data[got + (size_t)i]);
        got += (size_t)result.value;
    }
}
static void whole_writes(HdThread *t) {
    for (size_t i = 0; i < BIG; i++) data[i] = (char)(i * 31);
    CHECK(pipe(ends) == 0);
    Team team = {0};
    team_start(t, &team, drain, NULL);
    /* More than fits, and in pieces that are tried first. */
    size_t sent = 0;
    while (sent < BIG) {
        size_t piece = BIG - sent < 60000 ? BIG - sent : 60000;
        CHECK(hd_blocking_write(t, ends[1], data + sent, piece).value == (ssize_t)piece);
        sent += piece;
    }
    team_join(t, &team);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    team_start(t, &team, drain, NULL);
    CHECK(hd_blocking_send(t, ends[1], data, BIG, 0, HD_FOREVER).value == BIG);
    team_join(t, &team);
}

static void not_waiting(HdThread *t) {
    char byte;
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    CHECK(hd_blocking_read(t, ends[0], &byte, 1).value == -1 && errno == EAGAIN);
    CHECK(hd_blocking_write(t, ends[1], "x", 1).value == 1);
    CHECK(hd_blocking_read(t, ends[0], &byte, 1).value == 1 && byte == 'x');
    close(ends[1]);
    CHECK(hd_blocking_read(t, ends[0], &byte, 1).value == 0);
    CHECK(hd_blocking_read(t, 9999, &byte, 1).value == -1 && errno == EBADF);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(hd_blocking_recv(t, ends[0], &byte, 1, 0, 0).value == -1 && errno == EAGAIN);
    HdTime before = hd_clock_monotonic();
    CHECK(hd_blocking_recv(t, ends[0], &byte, 1, 0, before + 5 * HD_MILLISECOND).value == -1 && errno == ETIMEDOUT);
    CHECK(hd_clock_monotonic() - before >= 5 * HD_MILLISECOND);
}

static void files(HdThread *t) {
    char name[] = "/tmp/heddle-test-XXXXXX", buffer[70000];
    int fd = mkstemp(name);
    CHECK(fd >= 0);
    unlink(name);
    for (size_t i = 0; i < sizeof buffer; i++) buffer[i] = (char)(i * 7);
    CHECK(hd_blocking_write(t, fd, buffer, 50000).value == 50000);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    memset(buffer, 0, sizeof buffer);
    CHECK(hd_blocking_read(t, fd, buffer, 60000).value == 50000);
    for (size_t i = 0; i < 50000; i++) CHECK(buffer[i] == (char)(i * 7));
    CHECK(hd_blocking_read(t, fd, buffer, 100).value == 0);
}

static void polling(HdThread *t) {
    CHECK(pipe(ends) == 0);
    HdTime before = hd_clock_monotonic();
    HdBlockingResult result = hd_blocking_wait_fd(t, ends[0], POLLIN, before + 5 * HD_MILLISECOND);
    CHECK(result.value == 0 && !result.raised && hd_clock_monotonic() - before >= 5 * HD_MILLISECOND);
    CHECK(hd_blocking_wait_fd(t, ends[0], POLLIN, 0).value == 0);
    CHECK(hd_blocking_wait_fd(t, ends[1], POLLOUT, HD_FOREVER).value == 1);
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
    before = hd_clock_monotonic();
    CHECK(hd_blocking_epoll(t, epoll, &event, 1, before + 3 * HD_MILLISECOND).value == 0);
    CHECK(hd_clock_monotonic() - before >= 3 * HD_MILLISECOND);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(hd_blocking_epoll(t, epoll, &event, 1, HD_FOREVER).value == 1);
    CHECK(hd_blocking_wait_fd(t, ends[0], POLLIN, HD_FOREVER).value == 1);
}

static int handled, raise_at;
static int handle(HdThread *t) {
    while (hd_signals_take()) __atomic_fetch_add(&handled, 1, __ATOMIC_SEQ_CST);
    return handled >= raise_at ? -1 : 0;
}
static void nag(HdThread *t, void *argument) {
    /* Signals the main thread until its handler has raised. */
    while (HD_LOAD_RELAXED(&handled) < 3) {
        CHECK(hd_signals_kill_thread(hd_thread_main()->ident, SIGUSR1) == 0);
        CHECK(hd_clock_sleep(t, hd_clock_monotonic() + HD_MILLISECOND) == 0);
    }
}
static void signals_interrupt(HdThread *t) {
    char byte;
    hd_safepoint_hooks()->signals = handle;
    CHECK(hd_signals_set(SIGUSR1, HD_SIGNAL_HANDLE) == 0);
    CHECK(pipe(ends) == 0);
    for (int round = 0; round < 4; round++) {
        handled = 0;
        raise_at = 3;
        Team team = {0};
        team_start(t, &team, nag, NULL);
        bool raised = false;
        switch (round) {
        case 0: raised = hd_blocking_read(t, ends[0], &byte, 1).raised; break;
        case 1: raised = hd_blocking_wait_fd(t, ends[0], POLLIN, HD_FOREVER).raised; break;
        case 2: raised = hd_clock_sleep(t, HD_FOREVER) < 0; break;
        default: {
            siginfo_t info;
            raised = hd_signals_wait(t, (uint64_t)1 << (SIGUSR2 - 1), HD_FOREVER, &info) == -2;
        }
        }
        CHECK(raised && handled >= 3);
        raise_at = 1000000;
        team_join(t, &team);
        CHECK(hd_safepoint_poll(t) == 0);
    }
}

int main(void) {
    RUN_BOTH(whole_writes);
    RUN_BOTH(not_waiting);
    RUN_BOTH(files);
    RUN_BOTH(polling);
    RUN_BOTH(signals_interrupt);
    return 0;
}
