/* blocking.c -- system calls that may wait (see blocking.h). */
#include "blocking.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "safepoint.h"
#include "state.h"

_Static_assert(HD_WAIT_READABLE == POLLIN && HD_WAIT_WRITABLE == POLLOUT, "as for poll");

enum { TRY_FIRST_MAX = 64 * 1024 };

int hd_blocking_interrupted(HdThread *t) { return hd_safepoint_signals(t); }

bool hd_blocking_was_eintr(void) { return errno == EINTR; }

/* Trying without waiting first is for keeping the GIL. When nobody is waiting for it, or there is none, leaving and coming
 * back cost less than the second system call. */
static bool is_wanted(void) { return HD_LOAD_RELAXED(&hd_sync.gil.waiters) != 0; }

static HdBlockingResult done(ssize_t value) { return (HdBlockingResult){value, false}; }
static HdBlockingResult raised(void) { return (HdBlockingResult){-1, true}; }

/* True when the result of a try without waiting is the result: success, or an error that waiting would not mend. */
static bool is_final(ssize_t result) {
    if (result >= 0) return true;
    return errno != EAGAIN && errno != EOPNOTSUPP && errno != EINTR && errno != EINVAL && errno != ENOSYS &&
           errno != ESPIPE;
}

/* read(2) that waits, going on after `got` bytes. An error behind some bytes is left for the next call. */
static HdBlockingResult read_waiting(HdThread *t, int fd, char *buffer, size_t size, ssize_t got) {
    ssize_t result;
    do {
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        result = read(fd, buffer + got, size - (size_t)got);
        hd_blocking_leave(t);
        if (result >= 0) return done(got + result);
        if (errno != EINTR) return done(got > 0 ? got : -1);
    } while (hd_blocking_interrupted(t) == 0);
    return raised();
}

HdBlockingResult hd_blocking_read(HdThread *t, int fd, void *buffer, size_t size) {
    if (size > TRY_FIRST_MAX || !is_wanted()) return read_waiting(t, fd, buffer, size, 0);
    struct iovec vector = {buffer, size};
    ssize_t result = preadv2(fd, &vector, 1, -1, RWF_NOWAIT);
    if (result > 0 && (size_t)result < size) {
        /* A pipe gives what it has; a file of which only a part is cached has to be read on. */
        struct stat status;
        bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
        return is_file ? read_waiting(t, fd, buffer, size, result) : done(result);
    }
    /* End of file is asked for again: some files say 0 where they would have to wait. */
    if (is_final(result) && !(result == 0 && size > 0)) return done(result);
    return read_waiting(t, fd, buffer, size, 0);
}

HdBlockingResult hd_blocking_write(HdThread *t, int fd, const void *buffer, size_t size) {
    ssize_t written = 0, result;
    if (size <= TRY_FIRST_MAX && is_wanted()) {
        struct iovec vector = {(void *)buffer, size};
        result = pwritev2(fd, &vector, 1, -1, RWF_NOWAIT);
        if (result == (ssize_t)size || (result < 0 && is_final(result))) return done(result);
        if (result > 0) written = result; /* a write that waits writes all: go on with the rest */
    }
    for (;;) {
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        result = write(fd, (const char *)buffer + written, size - (size_t)written);
        hd_blocking_leave(t);
        if (result >= 0) return done(written + result);
        if (errno != EINTR) return done(written > 0 ? written : -1);
        if (hd_blocking_interrupted(t) < 0) return raised();
    }
}

/* After a try said EAGAIN: waits for the descriptor. 1 ready, 0 time out or error (errno set), -1 raised. */
static int wait_ready(HdThread *t, int fd, short events, HdTime deadline) {
    HdBlockingResult ready = hd_blocking_wait_fd(t, fd, events, deadline);
    if (ready.raised) return -1;
    if (ready.value == 0) errno = ETIMEDOUT;
    return ready.value > 0;
}

HdBlockingResult hd_blocking_recv(HdThread *t, int fd, void *buffer, size_t size, int flags, HdTime deadline) {
    for (;;) {
        bool patient = deadline == HD_FOREVER; /* one call that waits and takes, instead of two */
        ssize_t result;
        if (!patient || is_wanted()) {
            result = recv(fd, buffer, size, flags | MSG_DONTWAIT);
            if (result >= 0 || (errno != EAGAIN && errno != EINTR) || (errno == EAGAIN && deadline == 0)) {
                return done(result);
            }
            patient = patient && errno == EAGAIN;
        }
        if (patient) {
            hd_blocking_enter(t, HD_BLOCK_SURE);
            result = recv(fd, buffer, size, flags);
            hd_blocking_leave(t);
            /* EAGAIN: the descriptor itself does not wait (shared with another process, or a socket's own timeout). */
            if (result >= 0 || errno != EINTR) return done(result);
        }
        if (errno == EINTR) {
            if (hd_blocking_interrupted(t) < 0) return raised();
            continue;
        }
        int ready = wait_ready(t, fd, POLLIN, deadline);
        if (ready < 0) return raised();
        if (ready == 0) return done(-1);
    }
}

HdBlockingResult hd_blocking_send(HdThread *t, int fd, const void *buffer, size_t size, int flags, HdTime deadline) {
    ssize_t sent = 0;
    for (;;) {
        ssize_t result = send(fd, (const char *)buffer + sent, size - (size_t)sent, flags | MSG_DONTWAIT);
        if (result >= 0) {
            sent += result;
            /* Without a time-out a stream takes all, as send(2) does. */
            if ((size_t)sent == size || deadline != HD_FOREVER) return done(sent);
        } else if (errno == EINTR) {
            if (hd_blocking_interrupted(t) < 0) return raised();
            continue;
        } else if (errno != EAGAIN || deadline == 0) {
            return done(sent > 0 ? sent : -1);
        }
        int ready = wait_ready(t, fd, POLLOUT, deadline);
        if (ready < 0) return raised();
        if (ready == 0) return done(sent > 0 ? sent : -1);
    }
}

static struct timespec *remaining(HdTime deadline, struct timespec *out) {
    if (deadline == HD_FOREVER) return NULL;
    HdTime left = deadline - hd_clock_read(HD_CLOCK_MONOTONIC);
    if (left < 0) left = 0;
    out->tv_sec = left / HD_SECOND;
    out->tv_nsec = left % HD_SECOND;
    return out;
}

HdBlockingResult hd_blocking_poll(HdThread *t, struct pollfd *fds, size_t count, HdTime deadline) {
    int result = deadline > 0 && !is_wanted() ? 0 : poll(fds, count, 0);
    /* A wait that had nothing to wait for is where a thread gives way: who works for it gets on meanwhile. */
    if (result > 0 && deadline > 0) hd_sync.scheduler->yield(t, HD_YIELD_POLITE);
    while (result == 0 || (result < 0 && errno == EINTR)) {
        if (result < 0 && hd_blocking_interrupted(t) < 0) return raised();
        if (deadline <= 0) return done(result < 0 ? 0 : result);
        struct timespec left, *limit = remaining(deadline, &left);
        bool last = limit && left.tv_sec == 0 && left.tv_nsec == 0;
        hd_blocking_enter(t, HD_BLOCK_SURE);
        result = ppoll(fds, count, limit, NULL);
        hd_blocking_leave(t);
        if (result == 0 && (last || limit)) return done(0);
    }
    return done(result);
}

HdBlockingResult hd_blocking_wait_fd(HdThread *t, int fd, short events, HdTime deadline) {
    struct pollfd entry = {.fd = fd, .events = events};
    return hd_blocking_poll(t, &entry, 1, deadline);
}

HdBlockingResult hd_blocking_epoll(HdThread *t, int epoll, struct epoll_event *events, int max, HdTime deadline) {
    int result = deadline > 0 && !is_wanted() ? 0 : epoll_wait(epoll, events, max, 0);
    while (result == 0 || (result < 0 && errno == EINTR)) {
        if (result < 0 && hd_blocking_interrupted(t) < 0) return raised();
        if (deadline <= 0) return done(result < 0 ? 0 : result);
        int wait = -1;
        if (deadline != HD_FOREVER) {
            /* Rounded up: it must not come back early. */
            HdTime left = deadline - hd_clock_read(HD_CLOCK_MONOTONIC);
            HdTime ms = left <= 0 ? 0 : (left + HD_MILLISECOND - 1) / HD_MILLISECOND;
            wait = ms > INT32_MAX ? INT32_MAX : (int)ms;
        }
        hd_blocking_enter(t, HD_BLOCK_SURE);
        result = epoll_wait(epoll, events, max, wait);
        hd_blocking_leave(t);
        if (result == 0 && wait == 0) return done(0);
    }
    return done(result);
}
