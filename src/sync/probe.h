/* probe.h -- places where instrument/ can look on: null by default, one load and a branch each.
 *
 * A probe runs on the thread that does the thing, sometimes under an inner lock of src/sync and sometimes without the
 * right to run Python: it may only write to memory of its own.
 */
#ifndef HD_PROBE_H
#define HD_PROBE_H

#include "atomic.h"

typedef struct HdThread HdThread;

typedef struct HdProbes {
    void (*gil_taken)(HdThread *t, int64_t waited);             /* ns since it began to wait */
    void (*gil_released)(HdThread *t, int reason);              /* HdBlock, or -1 for a yield */
    void (*gil_asked)(HdThread *t, HdThread *holder);           /* t asks the holder to drop it */
    void (*detached)(HdThread *t);
    void (*attached)(HdThread *t);
    void (*unpark)(HdThread *woken, const void *address);
    void (*mutex_wait)(HdThread *t, const void *mutex);
    void (*mutex_taken)(HdThread *t, const void *mutex);        /* after a wait */
    void (*thread_started)(HdThread *t);
    void (*thread_ended)(HdThread *t);
} HdProbes;

extern const HdProbes *hd_probes; /* atomic; NULL: nobody looks on */

#define HD_PROBE(event, ...)                                        \
    do {                                                            \
        const HdProbes *probes_ = HD_LOAD_ACQUIRE(&hd_probes);      \
        if (HD_UNLIKELY(probes_ != NULL) && probes_->event) {       \
            probes_->event(__VA_ARGS__);                            \
        }                                                           \
    } while (0)

#endif
