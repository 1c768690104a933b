/* weakref.h -- weak references and proxies.
 *
 * Which weak references an object has is kept in a table beside the objects (HdRuntime.weakrefs, sharded, one
 * HdMutex a shard); HD_FLAG_WEAKREFS in the header says that there are some.
 */
#ifndef HD_WEAKREF_H
#define HD_WEAKREF_H

#include "object.h"

typedef struct HdWeakref {
    HdObject head;
    HdObject *target;  /* NULL once cleared; set under the shard's lock; read through hd_weakref_get */
    HdValue callback;  /* HD_NULL: none */
    int64_t hash;      /* -1: not computed */
    struct HdWeakref *next, *previous; /* others of the same target, newest first; guarded by the shard */
} HdWeakref;
extern HdType hd_weakref_type, hd_weakproxy_type, hd_weakcallableproxy_type;
HdValue hd_weakref_new(HdThread *t, HdValue target, HdValue callback_or_null) HD_CHECK; /* TypeError */
HdValue hd_weakproxy_new(HdThread *t, HdValue target, HdValue callback_or_null) HD_CHECK; /* TypeError */
bool hd_is_weakref(HdValue v); /* a reference or a proxy */
HdValue hd_weakref_get(HdThread *t, HdValue weakref); /* owned, or HD_NULL when the target is gone */
/* Takes a reference on an object that may be ending just now; false if it is. The caller holds a lock that keeps the
 * block from being reused. */
bool hd_weakref_try_retain(HdThread *t, HdObject *object);
HdSize hd_weakref_count(HdThread *t, HdValue target);
HdValue hd_weakref_list(HdThread *t, HdValue target) HD_CHECK;
/* Clears all weak references of an object whose count reached zero and calls their callbacks. */
void hd_weakref_clear_all(HdThread *t, HdObject *object);
void hd_weakref_gc_clear(HdThread *t, HdObject **unreachable, HdSize count); /* HdGcHooks.clear_weakrefs */
int hd_weakref_init(HdThread *t) HD_CHECK;

#endif
