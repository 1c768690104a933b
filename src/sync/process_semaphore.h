/* process_semaphore.h -- semaphores with a name that processes share (POSIX), for multiprocessing.
 *
 * Those between threads are in mutex.h. Failures are told as the system does: NULL or -1, and errno.
 */
#ifndef HD_PROCESS_SEMAPHORE_H
#define HD_PROCESS_SEMAPHORE_H

#include "blocking.h"

typedef struct HdProcessSemaphore HdProcessSemaphore; /* the system's own */

/* A new one, whose name must be free; or the one of that name. */
HdProcessSemaphore *hd_process_semaphore_create(const char *name, unsigned value);
HdProcessSemaphore *hd_process_semaphore_open(const char *name);
int hd_process_semaphore_unlink(const char *name);
int hd_process_semaphore_close(HdProcessSemaphore *semaphore);
/* Tried without waiting first. value: 0, or -1 with errno, which is ETIMEDOUT when the deadline passed. */
HdBlockingResult hd_process_semaphore_take(HdThread *t, HdProcessSemaphore *semaphore, HdTime deadline);
int hd_process_semaphore_give(HdProcessSemaphore *semaphore);
int hd_process_semaphore_value(HdProcessSemaphore *semaphore); /* -1: error */

#endif
