/* header.h -- the head of every object: its type, its counts, its lock. The bit picture of an object.
 *
 *      0        8         12        16      18    19     20        24
 *      +--------+---------+---------+-------+-----+------+---------+----------------
 *      | type   | local   | shared  | owner |lock |flags | gc      | the type's own fields
 *      +--------+---------+---------+-------+-----+------+---------+----------------
 *      free block: `type` holds the free link, `shared` says HD_SHARED_DEAD; the counts stay readable (type-stable pages).
 *
 * Counting is biased (Choi, Shull, Torrellas, PACT 2018; PEP 703): the thread whose owner_id is `owner` counts in
 * `local` without atomics, everybody else in `shared` with them. With the GIL on every thread has the owner id
 * HD_OWNER_GIL, so all counting is plain. True count = local + (shared >> HD_SHARED_SHIFT).
 * `shared` is read as signed: another thread may drop a reference that the owner counted.
 * owner == HD_OWNER_NONE: merged (all in `shared`; `local` is for deferred.c).
 * owner == HD_OWNER_IMMORTAL: never counted, never freed. `shared` says so, too (hd_shared_is_immortal), and decides: who was
 * about to count the object when it was made immortal still may.
 * owner == HD_OWNER_DEFERRED: each thread counts on its own (deferred.h); `local` is the object's number there.
 */
#ifndef HD_HEADER_H
#define HD_HEADER_H

#include "atomic.h"
#include "value.h"

typedef struct HdType HdType;

struct HdObject {
    HdType *type;    /* changed only by assignment to __class__, under the object's lock */
    uint32_t local;  /* references counted by the owner; touched by the owner alone */
    uint32_t shared; /* references counted by others, shifted; low bits are HD_SHARED_… states; atomic */
    uint16_t owner;  /* owner id of the thread that made it, or one of the HD_OWNER_… that are no thread's */
    uint8_t lock;    /* one-byte mutex, taken only when the GIL is off (sync/mutex.h) */
    uint8_t flags;   /* HD_FLAG_…; changed atomically once others may see the object */
    uint32_t gc;     /* the collector's scratch count; between collections when it was made, or that gc.freeze() saw it */
};

enum {
    HD_OWNER_NONE = 0,
    HD_OWNER_GIL = 1,   /* every thread's owner id while the GIL is on */
    HD_OWNER_FIRST = 2, /* first id of a thread of its own, GIL off; each has two, this and the next */
    HD_OWNER_LEAVING = 1, /* the second: for what a thread does after nobody waits for it any more (count.h) */
    HD_OWNER_IMMORTAL = 65534, /* this and the next: no thread's */
    HD_OWNER_DEFERRED = 65535,
};

/* Low bits of `shared`. */
enum {
    HD_SHARED_MAYBE = 1,  /* somebody may try to take a reference without owning one (slot.h) */
    HD_SHARED_QUEUED = 2, /* waits in its owner's merge queue */
    HD_SHARED_MERGED = 3, /* owner is HD_OWNER_NONE, the whole count is here */
    HD_SHARED_STATE = 3,
    HD_SHARED_SHIFT = 2,
};
#define HD_SHARED_ONE (1u << HD_SHARED_SHIFT)
#define HD_SHARED_DEAD 0x80000000u     /* the block is free or being taken apart */
#define HD_SHARED_IMMORTAL 0x7f800003u
/* Far from any true count, and with room for counts that came too late. */
HD_INLINE bool hd_shared_is_immortal(uint32_t shared) { return shared >> 24 == 0x7f; }
/* Code that takes an object apart may count it for a moment: what is near DEAD is dead; true counts never get there. */
HD_INLINE bool hd_shared_is_dead(uint32_t shared) { return shared - HD_SHARED_DEAD < 1u << 20; }

enum {
    HD_FLAG_GC = 1,           /* the collector looks at it: it may be part of a cycle */
    HD_FLAG_FINALIZED = 2,    /* its finalizer ran; it does not run again */
    HD_FLAG_WEAKREFS = 4,     /* weak references to it exist (object/weakref.c) */
    HD_FLAG_CONTENDED = 8, /* a thread that did not own it was seen counting it (count.c) */
    HD_FLAG_UNREACHABLE = 16, /* collector: found unreachable in the running collection */
    HD_FLAG_LARGE = 32,       /* heap.c: a block of its own from the system allocator */
    HD_FLAG_OWN1 = 64,        /* free for the object's type */
    HD_FLAG_QUIET = 128,      /* its finalizer would find nothing to do any more */
};

/* Initialiser of a static, immortal object. */
#define HD_STATIC_HEADER(type_ptr) \
    { .type = (type_ptr), .local = 0, .shared = HD_SHARED_IMMORTAL, .owner = HD_OWNER_IMMORTAL }

_Static_assert(sizeof(HdObject) == 24, "three words");

#endif
