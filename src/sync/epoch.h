/* epoch.h -- freeing what readers without a lock may still see.
 *
 * Quiescent-state reclamation: a writer unlinks a block, then retires it; it is freed once every thread that was
 * attached at that time has passed a quiescent point (a safe point, or a detach). A reader keeps no pointer to such a
 * block across a safe point. With the GIL on, and while the world is stopped, a retired block is freed at once.
 * When a thread's limbo passes a bound the others' breakers are posted, so that epochs go by.
 */
#ifndef HD_EPOCH_H
#define HD_EPOCH_H

#include "thread.h"

typedef void (*HdEpochFree)(HdThread *t, void *block, size_t size);
/* Calls `free(t, block, size)` when no reader can hold `block` any more; runs no Python, takes no locks of others. */
void hd_epoch_retire(HdThread *t, void *block, size_t size, HdEpochFree free);
/* Somebody waits for what t retired last: it is to be freed as soon as the others have passed a safe point. */
void hd_epoch_hurry(HdThread *t);
/* t goes outside Python and somebody waits for what is in its limbo: another thread takes that over. */
void hd_epoch_leave(HdThread *t);
/* t holds no pointer from a lock-free read: at safe points. Frees what has become free. */
void hd_epoch_quiescent(HdThread *t);
/* A token for "everything unlinked before now", and whether all threads have passed it. For page reuse in mem/. */
uint64_t hd_epoch_mark(void);
bool hd_epoch_passed(HdThread *t, uint64_t mark);
/* The thread ends or is lost: its limbo goes to `heir`. */
void hd_epoch_inherit(HdThread *heir, HdThread *gone);

#endif
