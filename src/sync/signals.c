/* signals.c -- signals (see signals.h). What the handler touches is atomic and in hd_sync. */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "blocking.h"
#include "park.h"
#include "safepoint.h"
#include "state.h"

void hd_signals_trip(int number) {
    int saved = errno;
    HD_STORE_SEQ(&hd_sync.signal_tripped[number], 1);
    HD_STORE_SEQ(&hd_sync.signal_any, 1);
    HdThread *main = HD_LOAD_ACQUIRE(&hd_sync.main);
    if (main) {
        hd_safepoint_post(main, HD_WHY_SIGNALS);
        hd_park_interrupt(main);
    }
    int fd = HD_LOAD_ACQUIRE(&hd_sync.wakeup_fd);
    if (fd >= 0) {
        unsigned char byte = (unsigned char)number;
        ssize_t written;
        do {
            written = write(fd, &byte, 1);
        } while (written < 0 && errno == EINTR);
        if (written < 0 && (HD_LOAD_RELAXED(&hd_sync.wakeup_warn) || (errno != EAGAIN && errno != EWOULDBLOCK))) {
            HD_STORE_RELEASE(&hd_sync.wakeup_error, errno);
        }
    }
    errno = saved;
}

static void on_signal(int number) { hd_signals_trip(number); }

int hd_signals_set(int number, HdSignalAction action) {
    struct sigaction sa = {0};
    sigemptyset(&sa.sa_mask);
    switch (action) {
    case HD_SIGNAL_DEFAULT: sa.sa_handler = SIG_DFL; break;
    case HD_SIGNAL_IGNORE: sa.sa_handler = SIG_IGN; break;
    default:
        sa.sa_handler = on_signal;
        sa.sa_flags = SA_ONSTACK; /* not SA_RESTART: a blocking call must come back so that the handler can run */
        break;
    }
    return sigaction(number, &sa, NULL);
}

int hd_signals_get(int number, HdSignalAction *action) {
    struct sigaction sa;
    if (sigaction(number, NULL, &sa) < 0) return -1;
    if (sa.sa_handler == SIG_DFL) {
        *action = HD_SIGNAL_DEFAULT;
    } else if (sa.sa_handler == SIG_IGN) {
        *action = HD_SIGNAL_IGNORE;
    } else {
        *action = sa.sa_handler == on_signal ? HD_SIGNAL_HANDLE : HD_SIGNAL_FOREIGN;
    }
    return 0;
}

int hd_signals_set_restart(int number, bool restart) {
    struct sigaction sa;
    if (sigaction(number, NULL, &sa) < 0) return -1;
    if (restart) {
        sa.sa_flags |= SA_RESTART;
    } else {
        sa.sa_flags &= ~SA_RESTART;
    }
    return sigaction(number, &sa, NULL);
}

int hd_signals_take(void) {
    if (!HD_LOAD_SEQ(&hd_sync.signal_any)) return 0;
    /* Cleared first: a signal that arrives during the walk sets it again. */
    HD_STORE_SEQ(&hd_sync.signal_any, 0);
    for (int number = 1; number < HD_SIGNAL_MAX; number++) {
        if (HD_LOAD_RELAXED(&hd_sync.signal_tripped[number]) &&
            __atomic_exchange_n(&hd_sync.signal_tripped[number], 0, __ATOMIC_SEQ_CST)) {
            HD_STORE_SEQ(&hd_sync.signal_any, 1); /* there may be more */
            return number;
        }
    }
    return 0;
}

bool hd_signals_waiting(void) { return HD_LOAD_SEQ(&hd_sync.signal_any) != 0; }

int hd_signals_set_wakeup(int fd, bool warn) {
    HD_STORE_RELAXED(&hd_sync.wakeup_warn, warn);
    return HD_EXCHANGE(&hd_sync.wakeup_fd, fd);
}

int hd_signals_wakeup_error(void) { return HD_EXCHANGE(&hd_sync.wakeup_error, 0); }

static void to_sigset(uint64_t set, sigset_t *out) {
    sigemptyset(out);
    for (int number = 1; number < HD_SIGNAL_MAX; number++) {
        if (set >> (number - 1) & 1) sigaddset(out, number);
    }
}

static uint64_t from_sigset(const sigset_t *set) {
    uint64_t out = 0;
    for (int number = 1; number < HD_SIGNAL_MAX; number++) {
        if (sigismember(set, number) == 1) out |= (uint64_t)1 << (number - 1);
    }
    return out;
}

int hd_signals_mask(int how, uint64_t set, uint64_t *old) {
    sigset_t mask, before;
    to_sigset(set, &mask);
    int error = pthread_sigmask(how, &mask, &before);
    if (error) {
        errno = error;
        return -1;
    }
    *old = from_sigset(&before);
    return 0;
}

int hd_signals_pending(uint64_t *set) {
    sigset_t pending;
    if (sigpending(&pending) < 0) return -1;
    *set = from_sigset(&pending);
    return 0;
}

int hd_signals_kill_thread(uint64_t ident, int number) { return pthread_kill((pthread_t)ident, number); }

int hd_signals_wait(HdThread *t, uint64_t set, HdTime deadline, siginfo_t *info) {
    sigset_t mask;
    to_sigset(set, &mask);
    for (;;) {
        struct timespec left, *limit = NULL;
        if (deadline != HD_FOREVER) {
            HdTime rest = deadline - hd_clock_read(HD_CLOCK_MONOTONIC);
            if (rest < 0) rest = 0;
            left = (struct timespec){rest / HD_SECOND, rest % HD_SECOND};
            limit = &left;
        }
        hd_blocking_enter(t, HD_BLOCK_SURE);
        int number = sigtimedwait(&mask, info, limit);
        hd_blocking_leave(t);
        if (number > 0) return number;
        if (errno == EAGAIN) return 0;
        if (errno != EINTR) return -1;
        if (hd_safepoint_signals(t) < 0) return -2;
    }
}

int hd_signals_pause(HdThread *t) {
    hd_blocking_enter(t, HD_BLOCK_SURE);
    pause();
    hd_blocking_leave(t);
    return hd_safepoint_signals(t);
}
