/* park.h -- the one way to wait: a thread parks at an address until somebody unparks that address.
 *
 * After WebKit's parking lot (Pizlo, "Locking in WebKit", 2016): a table of queues keyed by address, so that a lock
 * costs a byte and no lock needs initialising, freeing or re-making after fork. First in, first out.
 * Parking detaches the thread and attaches it again on return: it is a safe point at which other threads run Python.
 * Callbacks run under the queue's inner lock: no parking, no unparking, no Python.
 */
#ifndef HD_PARK_H
#define HD_PARK_H

#include "clock.h"
#include "thread.h"

typedef enum HdParkResult {
    HD_PARK_UNPARKED,
    HD_PARK_TIMEOUT,
    HD_PARK_INTERRUPTED, /* main thread: a signal waits to be handled */
    HD_PARK_INVALID,     /* validation failed: did not wait */
} HdParkResult;

enum {
    HD_PARK_INTERRUPTIBLE = 1, /* return HD_PARK_INTERRUPTED for signals */
    HD_PARK_TIMER = 2,         /* the timeout is what is waited for (sleep): it preempts on return */
};

/* Waits at `address` if `validate(context)`, called under the queue's lock, still says so. `tag` is for the unparker. */
HdParkResult hd_park(HdThread *t, const void *address, bool (*validate)(void *context), void *context, void *tag,
                     HdTime deadline, unsigned flags);
/* Waits at `address` if the byte or word there still equals `expected`. */
HdParkResult hd_park_if8(HdThread *t, const uint8_t *address, uint8_t expected, void *tag, HdTime deadline,
                         unsigned flags);
HdParkResult hd_park_if32(HdThread *t, const uint32_t *address, uint32_t expected, HdTime deadline, unsigned flags);
/* Waits for nothing but the deadline or a signal. */
HdParkResult hd_park_self(HdThread *t, HdTime deadline, unsigned flags);

/* Wakes the thread that waits longest at `address`. `decide`, if given, is called first with that thread (NULL if
 * there is none) and whether more wait; it may set waiter->park_token. True if there was one. */
typedef void (*HdUnparkDecide)(void *context, HdThread *waiter, bool more);
bool hd_park_wake_one(const void *address, HdUnparkDecide decide, void *context);
size_t hd_park_wake_all(const void *address);
/* Ends an interruptible wait of `t`. Async-signal-safe. */
void hd_park_interrupt(HdThread *t);

#endif
