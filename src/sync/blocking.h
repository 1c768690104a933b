/* blocking.h -- system calls that may wait: letting others run meanwhile, EINTR, and trying without waiting first.
 *
 * The pattern:
 *     do {
 *         hd_blocking_enter(t, HD_BLOCK_MAYBE);
 *         result = open(path, flags, mode);
 *         hd_blocking_leave(t);
 *     } while (result < 0 && errno == EINTR && !(raised = hd_blocking_interrupted(t)));
 * Between enter and leave nothing that Python may see is touched. errno survives leave.
 */
#ifndef HD_BLOCKING_H
#define HD_BLOCKING_H

#include <sys/types.h>

#include "clock.h"
#include "thread.h"

struct pollfd;
struct epoll_event;

HD_INLINE void hd_blocking_enter(HdThread *t, HdBlock block) { hd_thread_detach(t, block); }
HD_INLINE void hd_blocking_leave(HdThread *t) { hd_thread_attach(t, HD_WAKE_OUTSIDE); }
/* For long computation in C that touches no Python (compression, hashing): coming back does not preempt. */
HD_INLINE void hd_blocking_leave_computation(HdThread *t) { hd_thread_attach(t, HD_WAKE_NOBODY); }
/* For functions that a library calls back in the thread that called it, detached or not: attached between the two. */
HD_INLINE HdThread *hd_blocking_callback_begin(bool *detached) {
    HdThread *t = hd_thread_current();
    *detached = !hd_thread_is_attached(t);
    if (*detached) hd_blocking_leave_computation(t);
    return t;
}
HD_INLINE void hd_blocking_callback_end(HdThread *t, bool detached) {
    if (detached) hd_blocking_enter(t, HD_BLOCK_MAYBE);
}
/* After EINTR: runs signal handlers. -1: one raised; 0: make the call again. */
int hd_blocking_interrupted(HdThread *t) HD_CHECK;

/* HD_BLOCKING_CALL(t, raised, result = call(...)): the pattern above for calls that report errors by -1 and errno.
 * `raised` becomes -1 when a signal handler raised, else 0. */
#define HD_BLOCKING_CALL(t, raised, assignment)                                       \
    do {                                                                              \
        ssize_t outcome_;                                                             \
        (raised) = 0;                                                                 \
        do {                                                                          \
            hd_blocking_enter((t), HD_BLOCK_MAYBE);                                   \
            outcome_ = (ssize_t)(assignment);                                         \
            hd_blocking_leave(t);                                                     \
        } while (outcome_ == -1 && hd_blocking_was_eintr() &&                         \
                 ((raised) = hd_blocking_interrupted(t)) == 0);                       \
    } while (0)
bool hd_blocking_was_eintr(void); /* errno == EINTR */

/* What a wrapped call came to: the result of the system call, with errno when it is -1, or a handler raised. */
typedef struct HdBlockingResult {
    ssize_t value;
    bool raised;
} HdBlockingResult;

/* read(2) and write(2). Up to 64 KiB are tried without waiting first (pipes, sockets, cached files): then nobody else
 * runs meanwhile and nothing is lost by it. EINTR is handled. */
HdBlockingResult hd_blocking_read(HdThread *t, int fd, void *buffer, size_t size);
HdBlockingResult hd_blocking_write(HdThread *t, int fd, const void *buffer, size_t size);
/* recv(2)/send(2) the same way. `deadline`: HD_FOREVER to wait for ever, 0 for a socket in non-blocking mode (then
 * EAGAIN comes back); when it passes, value is -1 and errno ETIMEDOUT. */
HdBlockingResult hd_blocking_recv(HdThread *t, int fd, void *buffer, size_t size, int flags, HdTime deadline);
HdBlockingResult hd_blocking_send(HdThread *t, int fd, const void *buffer, size_t size, int flags, HdTime deadline);

/* poll(2) until the deadline (HD_FOREVER: no limit): looks without waiting first. value: ready descriptors, 0 when the
 * deadline passed. */
HdBlockingResult hd_blocking_poll(HdThread *t, struct pollfd *fds, size_t count, HdTime deadline);
enum { HD_WAIT_READABLE = 1, HD_WAIT_WRITABLE = 4 };
/* One descriptor; `events` as for poll: HD_WAIT_READABLE, HD_WAIT_WRITABLE. value: 1 ready, 0 deadline passed. */
HdBlockingResult hd_blocking_wait_fd(HdThread *t, int fd, short events, HdTime deadline);
/* epoll_wait(2), the same way. */
HdBlockingResult hd_blocking_epoll(HdThread *t, int epoll, struct epoll_event *events, int max, HdTime deadline);

#endif
