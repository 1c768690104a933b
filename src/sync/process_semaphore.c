/* process_semaphore.c -- semaphores with a name that processes share (see process_semaphore.h). Waiting detaches. */
#include "process_semaphore.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stddef.h>
#include <time.h>

static sem_t *sem_of(HdProcessSemaphore *semaphore) { return (sem_t *)semaphore; }
static HdProcessSemaphore *opened(sem_t *semaphore) {
    return semaphore == SEM_FAILED ? NULL : (HdProcessSemaphore *)semaphore;
}

HdProcessSemaphore *hd_process_semaphore_create(const char *name, unsigned value) {
    return opened(sem_open(name, O_CREAT | O_EXCL, 0600, value));
}
HdProcessSemaphore *hd_process_semaphore_open(const char *name) { return opened(sem_open(name, 0)); }
int hd_process_semaphore_unlink(const char *name) { return sem_unlink(name); }
int hd_process_semaphore_close(HdProcessSemaphore *semaphore) { return sem_close(sem_of(semaphore)); }
int hd_process_semaphore_give(HdProcessSemaphore *semaphore) { return sem_post(sem_of(semaphore)); }
int hd_process_semaphore_value(HdProcessSemaphore *semaphore) {
    int value;
    if (sem_getvalue(sem_of(semaphore), &value) < 0) return -1;
    return value < 0 ? 0 : value;
}

HdBlockingResult hd_process_semaphore_take(HdThread *t, HdProcessSemaphore *semaphore, HdTime deadline) {
    for (;;) {
        if (sem_trywait(sem_of(semaphore)) == 0) return (HdBlockingResult){0, false};
        if (errno == EAGAIN && deadline == 0) {
            errno = ETIMEDOUT;
            return (HdBlockingResult){-1, false};
        }
        if (errno != EAGAIN && errno != EINTR) return (HdBlockingResult){-1, false};
        struct timespec until = {.tv_sec = deadline / HD_SECOND, .tv_nsec = deadline % HD_SECOND};
        hd_blocking_enter(t, HD_BLOCK_SURE);
        int result = deadline == HD_FOREVER ? sem_wait(sem_of(semaphore))
                                            : sem_clockwait(sem_of(semaphore), CLOCK_MONOTONIC, &until);
        hd_blocking_leave(t);
        if (result == 0 || errno != EINTR) return (HdBlockingResult){result, false};
        if (hd_blocking_interrupted(t) < 0) return (HdBlockingResult){-1, true};
    }
}
