/* thread.h -- HdThread, the record of one Python thread, passed as `HdThread *t` to whatever may run Python, park or
 * raise; starting, ending, attaching and detaching threads.
 *
 * A record is never unmapped: an ended thread's record is recycled, so a stale pointer reads a record, never a hole.
 * Fields belong to the thread itself unless their comment says otherwise; what other threads touch is accessed through
 * atomic.h alone.
 *
 * `state` is a compare-and-swap word: DETACHED (runs no Python, counts as quiescent), ATTACHED (may run Python),
 * SUSPENDED (detached, and must not attach until the stopped world starts again), CLAIMED (detached, and must not
 * attach for the moment that another thread needs to merge a count of its). With the GIL on a thread that is attached
 * holds the GIL.
 */
#ifndef HD_THREAD_H
#define HD_THREAD_H

#include "apart.h"
#include "atomic.h"
#include "base.h"
#include "value.h"

typedef struct HdThread HdThread;
typedef struct HdRuntime HdRuntime; /* runtime/ */
typedef struct HdHeap HdHeap;       /* mem/ */
typedef struct HdEpochBlock HdEpochBlock;
typedef struct HdHeldMutex HdHeldMutex;
struct HdFrame;   /* vm/ */
struct HdExcInfo; /* vm/ */

/* Why a thread's breaker is set (`t->why`), posted with hd_safepoint_post. */
enum {
    HD_WHY_GIL_DROP = 1 << 0,       /* another thread is due */
    HD_WHY_STOP = 1 << 1,           /* somebody stops the world */
    HD_WHY_EPOCH = 1 << 2,          /* somebody waits for a quiescent point */
    HD_WHY_SIGNALS = 1 << 8,        /* main thread: a signal arrived */
    HD_WHY_PENDING = 1 << 9,        /* a pending call is queued */
    HD_WHY_ASYNC_EXCEPTION = 1 << 10, /* t->async_exception is set */
    HD_WHY_GC = 1 << 11,            /* a collection was requested */
    HD_WHY_FINALIZE = 1 << 12,      /* finalizers wait to be run */
    HD_WHY_TRACE = 1 << 13,         /* tracing or profiling changed */
    HD_WHY_USER = 1 << 14,          /* for instrument/ */
    HD_WHY_MERGE = 1 << 15,         /* mem/: references that other threads gave up wait to be dropped (count.h) */
    /* May be served between any two bytecodes: runs no Python, raises nothing. */
    HD_WHY_ANYWHERE = 0xff,
    /* Waits for a function entry, a back edge or the return from a call: may run Python and raise. */
    HD_WHY_DEFERRED = 0xff00,
};

enum {
    HD_THREAD_DETACHED = 0,
    HD_THREAD_ATTACHED = 1,
    HD_THREAD_SUSPENDED = 2,
    HD_THREAD_STOP_ASKED = 4, /* flag beside ATTACHED: the stopper waits, so a detach must report to it */
    HD_THREAD_CLAIMED = 8,    /* see hd_thread_claim */
};

/* One critical section: up to two one-byte locks, taken together (mutex.h). Suspended while the thread is detached. */
typedef struct HdSection {
    uint8_t *first, *second; /* second may be NULL */
    bool held;               /* false: suspended */
} HdSection;

/* Somebody wants to know how much of a thread's computing is done outside Python (modules/, heddle.parallel). */
typedef struct HdThreadWatch {
    int64_t left_at;          /* the thread's processor clock when it detached */
    int64_t computed_outside; /* ns of processor time between detaching and attaching */
} HdThreadWatch;

enum {
    HD_THREAD_SLOTS = 8,   /* HdValue slots for the rooms above */
    HD_THREAD_SLOT_LOOP = 0,         /* modules/: the event loop of asyncio that runs, or HD_NULL */
    HD_THREAD_SLOT_LOOP_PROCESS = 1, /* and the process it was started in, an immediate int */
    HD_THREAD_OWN_SECTIONS = 8,
    HD_THREAD_PROCESSORS = 1024, /* as in cpu_set_t */
    HD_THREAD_APART_MAX = 64, /* twice RETRY_AFTER of park.c: looking on is tried first */
};

struct HdThread {
    /* --- hot: read by every bytecode or every object operation --- */
    const void *const *dispatch; /* the table the eval loop goes through; others exchange it to break in (safepoint.h) */
    uint16_t owner_id;           /* reference counting owner id (HD_OWNER_…); with the GIL on the same for every thread */
    bool locks;                  /* objects need their locks: the GIL is off and this was not always the only thread */
    bool parallel;               /* the GIL is off: for what is left behind in objects for the time when `locks` is set */
    bool is_main;
    uint32_t why;                /* atomic: HD_WHY_… */
    HdHeap *heap;                /* mem/: where this thread allocates; atomic when it changes */
    HdValue exception;           /* the exception being raised, HD_NULL if none */
    int32_t *deferred_counts;    /* mem/: this thread's counts of deferred objects, by their number (deferred.h) */
    uint32_t deferred_capacity;
    uint32_t foreign_counts;     /* mem/: counts of objects of other threads since the last one that was looked at */
    uint32_t general_forms;      /* vm/: executions of instructions that nothing is known about (cache.h) */
    uint8_t *inside;             /* atomic: the open lock beside whose other users it changes something (mutex.h) */
    char *stack_low;             /* below this address a recursive C walk raises RecursionError */
    struct HdFrame *frame;       /* current Python frame; vm/ */
    char *python_top, *python_limit; /* vm/: the free part of the newest chunk of the Python stack */
    struct HdExcInfo *exc_info;  /* stack of handled exceptions; vm/ */
    HdRuntime *runtime;
    uint32_t state;              /* atomic: HD_THREAD_… */
    int32_t recursion_depth;     /* Python frames in use, counted by vm/ */
    int32_t recursion_limit;     /* copy of sys.getrecursionlimit() */
    int32_t enter_limit;         /* the same, or -1 while there is more to do for a frame that begins (use_tracing) */
    int32_t recursion_headroom;  /* extra frames while RecursionError is being handled */

    /* --- for the rooms above; opaque here --- */
    HdValue async_exception; /* atomic: set by others, taken at a deferred safe point */
    HdValue context;         /* current contextvars context */
    HdValue thread_locals;   /* dict: which threading.local objects have something for this thread (_thread) */
    HdValue sentinel;        /* lock to release when the thread has ended (_thread._set_sentinel), or HD_NULL */
    HdValue trace_function, profile_function;
    HdValue async_gen_firstiter, async_gen_finalizer;
    HdValue slots[HD_THREAD_SLOTS]; /* to be shared out by runtime/ */
    HdValue borrowed;        /* atomic: what it reads without a reference of its own (mem/slot.h), or HD_NULL */
    void *vm;                /* vm/: the Python stack and its bookkeeping */
    void *mem;               /* mem/: merge queue, allocation statistics */
    void *object;            /* object/: what is kept per thread */
    void *modules;           /* modules/: per-thread state */
    void *instrument;        /* instrument/ */
    int32_t tracing;         /* >0: inside a trace function */
    uint32_t repr_depth;     /* recursion guards of object/ */
    int32_t dealloc_depth;   /* object/: nested deallocs */
    struct HdObject *trash;  /* object/: objects without references whose dealloc waits until that is less */
    bool use_tracing;
    bool yielded;            /* vm/: whether the generator that the eval loop was left with yielded */

    /* --- who and where --- */
    uint64_t ident;      /* threading.get_ident() */
    uint64_t native_id;  /* the kernel's id */
    uint64_t serial;     /* 1, 2, 3 … in order of creation, never reused */
    char *stack_hard;    /* the lowest usable address; between it and stack_low RecursionError is raised and handled */
    char *stack_top;
    char name[24];       /* for diagnostics; not the Python name */
    bool daemon;         /* need not end before the process does */
    bool is_ending;      /* atomic: it runs no code of its program any more */

    /* --- safe points (safepoint.h) --- */
    const void *const *table_run;   /* the table to go back to */
    const void *const *table_break; /* the table that breaks in */
    uint64_t epoch_seen;            /* atomic: newest epoch at which this thread was quiescent */
    bool reads;                     /* atomic: waits in the middle of a read: not quiescent, although detached */
    HdEpochBlock *limbo;            /* retired blocks, oldest first (epoch.h) */
    HdEpochBlock *limbo_tail;
    size_t limbo_bytes;
    uint64_t limbo_hurry;           /* newest entry that somebody waits for; 0: none */
    HdThreadWatch *watch;           /* NULL: nobody measures it */
    uint64_t yield_state;           /* hd_safepoint_set_yield: this thread's random numbers; 0: not started */
    uint32_t yield_left;            /* … instructions to its next switch */

    /* --- parking (park.h) --- */
    uint32_t park_word;          /* atomic: futex; HD_PARK_… states of park.c */
    const void *park_address;    /* what it waits for; guarded by its bucket's lock */
    HdThread *park_next;
    void *park_tag;              /* left by the parker for the unparker's callback */
    uintptr_t park_token;        /* left by the unparker */
    bool park_queued;
    bool park_attaches;          /* it attaches when it is woken */
    uint8_t park_patience;       /* atomic: how often looking on before sleeping has paid of late; 0: it does not */
    uint8_t park_skipped;        /* parks since then without looking on */
    uint8_t park_apart;          /* how often a thread on another processor handed it the GIL since looking on paid last */
    int32_t park_waker;          /* the processor of who woke it last */

    /* --- the GIL (gil.h); guarded by the GIL's inner lock unless noted --- */
    uint32_t gil_word;           /* atomic: futex, GIL_… states of gil.c */
    uint32_t *gil_futex;         /* where it sleeps: its gil_word, or its park_word */
    HdThread *gil_next, *gil_previous;
    int64_t gil_virtual;         /* virtual run time, ns */
    int64_t gil_slice;           /* length of the next contended slice, ns; 0: not contended yet */
    int64_t gil_used;            /* part of the slice used before it was preempted */
    uint8_t gil_class;           /* which queue it waits in */
    bool gil_invited;            /* it waits because another thread woke it, or it is new */
    bool gil_fetched;            /* may run only on the processor of who handed it the GIL, until it has run */
    int32_t gil_processor;       /* the one it went to sleep on */
    uint64_t gil_processors[HD_THREAD_PROCESSORS / 64]; /* where it may run when it is not fetched */
    bool gil_denied;             /* was woken to take the GIL and lost it to its returning holder */
    uint8_t gil_trust;           /* how often of late it gave the GIL up soon after it had woken another thread */
    uint8_t gil_distrusted;      /* … wakings since then that were not put off */
    bool gil_polls;              /* the holder makes short calls: look again soon */

    /* --- critical sections (mutex.h) --- */
    HdSection *sections;
    int32_t section_count, section_capacity;
    HdSection own_sections[HD_THREAD_OWN_SECTIONS];
    HdHeldMutex *held;           /* mutexes kept over waits, newest first */
    uint8_t open_wanted;         /* stores that found a lock taken which might be open */

    /* --- registry (thread.c); guarded by the registry lock --- */
    HdThread *next, *previous;   /* live threads in order of creation */
    HdThread *next_free;         /* recycled records */
    bool kernel_dirty;           /* the kernel thread's own settings were changed (affinity …): not to be reused */
    bool waits_outside;          /* inside hd_thread_detach for a wait on the outside world */
} __attribute__((aligned(HD_APART))); /* what one thread writes all the time is in no cache line that another one reads */

/* The thread that runs now, NULL on a kernel thread that is none of ours. For the few places without `t`. */
extern _Thread_local HdThread *hd_thread_self_ __attribute__((tls_model("initial-exec")));
HD_INLINE HdThread *hd_thread_current(void) { return hd_thread_self_; }

/* True when a recursive C walk must not go deeper: raise RecursionError. */
HD_INLINE bool hd_stack_low(HdThread *t) { return HD_UNLIKELY(hd_stack_here() < t->stack_low); }

/* --- attaching and detaching --- */

/* What a thread waits for while it is detached: decides how soon a waiter may take the GIL. */
typedef enum HdBlock {
    HD_BLOCK_SURE,  /* it will wait: its place is free at once */
    HD_BLOCK_MAYBE, /* it may be back within microseconds: keep its place for about 20 us */
    HD_BLOCK_END,   /* it does not come back */
} HdBlock;
/* What ended the wait: only the outside world (descriptor, timer, process, signal) preempts on return. */
typedef enum HdWake {
    HD_WAKE_THREAD,  /* another Python thread: queue */
    HD_WAKE_NOBODY,  /* it did not wait, but worked without Python: queue */
    HD_WAKE_OUTSIDE, /* preempt after the holder's minimum run */
} HdWake;

/* Suspends critical sections, then gives up the right to run Python. Nothing that Python may see may be touched
 * until the thread is attached again. */
void hd_thread_detach(HdThread *t, HdBlock block);
/* Waits for the right to run Python; resumes the innermost critical section. After shutdown began it never returns
 * on a thread other than the one that shuts down. Keeps errno. */
void hd_thread_attach(HdThread *t, HdWake wake);
HD_INLINE bool hd_thread_is_attached(HdThread *t) {
    return (HD_LOAD_RELAXED(&t->state) & HD_THREAD_ATTACHED) != 0;
}

/* GIL off: keeps `sleeper`, which is outside Python, from coming back for a moment, so that counts that only it may
 * touch can be merged. False: it runs, or somebody else keeps it. Between the two calls: no wait, no safe point. */
bool hd_thread_claim(HdThread *t, HdThread *sleeper) HD_CHECK;
void hd_thread_unclaim(HdThread *sleeper);

/* --- birth and death --- */

/* Upper rooms' parts of a thread; registered once, before the second thread. All may be NULL. */
typedef struct HdThreadHooks {
    int (*create)(HdThread *t, HdThread *creator); /* on the creator; nonzero: out of memory, nothing is left behind */
    void (*begin)(HdThread *t);                    /* on the new thread, attached */
    void (*end)(HdThread *t);                      /* on the ending thread, attached: drops all Python values */
    void (*destroy)(HdThread *t);                  /* after `end`, or for a thread lost by fork (then without `end`) */
} HdThreadHooks;
void hd_thread_set_hooks(const HdThreadHooks *hooks);

/* Makes the calling kernel thread the main thread: record, stack bounds; attached on return. NULL: out of memory.
 * hd_sync_start (state.h) has been called. */
HdThread *hd_thread_start_main(HdRuntime *runtime) HD_CHECK;
/* Gives a kernel thread made by others (an embedder) a record; attached on return. */
HdThread *hd_thread_adopt(HdRuntime *runtime) HD_CHECK;
/* Ends an adopted thread: runs the end hooks; `t` is gone on return. */
void hd_thread_abandon(HdThread *t);

typedef void (*HdThreadMain)(HdThread *t, void *argument);
typedef struct HdEvent HdEvent;
typedef struct HdThreadStart {
    HdThreadMain main;  /* runs attached */
    void *argument;
    size_t stack_size;  /* bytes usable by the thread; 0: the default */
    bool daemon;
    HdEvent *done;      /* set when the thread has ended, after its last touch of Python; may be NULL (mutex.h) */
} HdThreadStart;
/* Starts a thread; 0, or an errno value (EAGAIN, ENOMEM) and nothing is left behind. *ident: threading.get_ident(). */
int hd_thread_start(HdThread *t, const HdThreadStart *start, uint64_t *ident) HD_CHECK;

/* Calls `visit` for each live thread under the registry lock (must not park, attach or start threads). */
void hd_thread_each(void (*visit)(HdThread *thread, void *context), void *context);
/* Posts `why` (HD_WHY_…) to the live thread with this ident; false when there is none. `apply`, if given, runs on the
 * record first, under the registry lock. */
bool hd_thread_post_to(uint64_t ident, uint32_t why, void (*apply)(HdThread *thread, void *context), void *context);
size_t hd_thread_count(void);
HdThread *hd_thread_main(void);

/* From now on no other thread attaches: daemon threads hang where they are. Called attached, once, by the thread that
 * shuts down. */
void hd_thread_begin_shutdown(HdThread *t);

#endif
