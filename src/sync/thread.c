/* thread.c -- thread records, their registry, kernel threads and fork (see thread.h).
 *
 * Locks: `hd_sync.registry` guards the list of live threads and the free records; `hd_sync.worker_lock` the idle
 * kernel threads. Kernel threads are kept for a while after their Python thread ended, because making one costs more
 * than the rest of start and join together.
 */
#include "thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crash.h"
#include "epoch.h"
#include "state.h"

enum {
    OWNER_GIL = 1,   /* mem/header.h: HD_OWNER_GIL */
    OWNER_FIRST = 2, /* mem/header.h: HD_OWNER_FIRST */
    OWNER_LAST = 65532,
    OWNER_STEP = 2,  /* HD_OWNER_LEAVING: the first id is even */
    STACK_DEFAULT = 8 << 20,
    STACK_RESERVE = 192 << 10, /* on top of what was asked for: below stack_low, for C that does not check */
    STACK_MARGIN_MAIN = 256 << 10,
    STACK_HARD = 32 << 10,
    RECORDS_AT_ONCE = 32,
    IDLE_MAX = 32,
};
#define IDLE_TIME (300 * HD_MILLISECOND)

HdSync hd_sync;
const HdProbes *hd_probes;
_Thread_local HdThread *hd_thread_self_ __attribute__((tls_model("initial-exec")));

typedef struct Stack {
    char *low, *top; /* usable bytes: [low, top) */
} Stack;

struct HdWorker {
    uint32_t word; /* atomic futex: 0 idle, 1 has a job */
    size_t stack_size; /* as asked for; 0: not to be kept */
    Stack stack;
    HdWorker *next;
    HdThread *job;
    HdThreadStart start;
    sigset_t mask;
    uint64_t ident;
};

void hd_sync_start(bool gil) {
    if (hd_sync.started) return;
    hd_sync.started = true;
    hd_sync.scheduler = gil ? &hd_scheduler_gil : &hd_scheduler_free;
    hd_sync.gil.interval = 5 * HD_MILLISECOND;
    hd_sync.wakeup_fd = -1;
    hd_sync.next_owner = OWNER_FIRST;
    hd_sync.epoch = 1;
}

bool hd_sync_has_gil(void) { return !hd_sync.scheduler->parallel; }

/* --- attaching --- */

void hd_thread_detach(HdThread *t, HdBlock block) {
    uint32_t why = HD_LOAD_RELAXED(&t->why);
    if (HD_UNLIKELY(why & (HD_WHY_MERGE | HD_WHY_EPOCH))) {
        /* When nobody else is attached: once more from outside (free_release). */
        if ((why & HD_WHY_MERGE) && hd_sync.safepoint_hooks.merge_leave(t)) (void)hd_safepoint_post_any(t, HD_WHY_MERGE);
        if (t->limbo_hurry) hd_epoch_leave(t);
    }
    if (HD_UNLIKELY(t->section_count)) hd_mutex_sections_suspend(t);
    HD_PROBE(detached, t);
    if (HD_UNLIKELY(t->watch != NULL)) t->watch->left_at = hd_clock_read(HD_CLOCK_THREAD);
    hd_sync.scheduler->release(t, block);
}

void hd_thread_attach(HdThread *t, HdWake wake) {
    int saved = errno;
    if (HD_UNLIKELY(t->watch != NULL)) t->watch->computed_outside += hd_clock_read(HD_CLOCK_THREAD) - t->watch->left_at;
    hd_sync.scheduler->acquire(t, wake);
    HD_PROBE(attached, t);
    if (HD_UNLIKELY(t->section_count)) hd_mutex_sections_resume(t);
    errno = saved;
}

bool hd_thread_claim(HdThread *t, HdThread *sleeper) {
    uint32_t expected = HD_THREAD_DETACHED;
    if (HD_CAS_SEQ(&sleeper->state, &expected, HD_THREAD_CLAIMED)) return true;
    /* Who stopped the world has all of them. */
    return expected == HD_THREAD_SUSPENDED && HD_LOAD_RELAXED(&hd_sync.stopper) == t;
}

void hd_thread_unclaim(HdThread *sleeper) {
    uint32_t expected = HD_THREAD_CLAIMED;
    HD_CAS_SEQ(&sleeper->state, &expected, HD_THREAD_DETACHED);
}

/* --- records --- */

void hd_thread_set_hooks(const HdThreadHooks *hooks) { hd_sync.hooks = *hooks; }

/* Under the registry lock. Records come from the system and never go back. */
static bool more_records(void) {
    HdThread *block = mmap(NULL, RECORDS_AT_ONCE * sizeof *block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                           -1, 0);
    if (block == MAP_FAILED) return false;
    for (int i = RECORDS_AT_ONCE; i-- > 0;) {
        block[i].next_free = hd_sync.free_threads;
        hd_sync.free_threads = &block[i];
    }
    return true;
}

/* Zeroes what belongs to one life. What others may still look at through a stale pointer is stored atomically. */
static void clear_record(HdThread *t) {
    uint16_t owner = t->owner_id;
    HdHeap *heap = t->heap;
    memset(&t->exception, 0, offsetof(HdThread, park_word) - offsetof(HdThread, exception));
    memset(&t->park_address, 0, offsetof(HdThread, gil_word) - offsetof(HdThread, park_address));
    memset(&t->gil_next, 0, sizeof *t - offsetof(HdThread, gil_next));
    HD_STORE_RELAXED(&t->why, 0);
    HD_STORE_RELAXED(&t->park_word, 0);
    HD_STORE_RELAXED(&t->gil_word, 0);
    t->owner_id = owner < OWNER_FIRST ? owner : owner / OWNER_STEP * OWNER_STEP;
    t->heap = heap;
    t->is_main = false;
}

static HdThread *new_record(HdRuntime *runtime) {
    hd_raw_lock(&hd_sync.registry);
    if (!hd_sync.free_threads && !more_records()) {
        hd_raw_unlock(&hd_sync.registry);
        return NULL;
    }
    HdThread *t = hd_sync.free_threads;
    if (!t->owner_id) {
        if (!hd_sync.scheduler->parallel) {
            t->owner_id = OWNER_GIL;
        } else if (hd_sync.next_owner <= OWNER_LAST) {
            t->owner_id = (uint16_t)hd_sync.next_owner;
            hd_sync.next_owner += OWNER_STEP;
        } else {
            hd_raw_unlock(&hd_sync.registry);
            return NULL;
        }
    }
    hd_sync.free_threads = t->next_free;
    clear_record(t);
    t->parallel = hd_sync.scheduler->parallel;
    t->locks = t->parallel && hd_sync.threads;
    t->runtime = runtime;
    t->sections = t->own_sections;
    t->section_capacity = HD_THREAD_OWN_SECTIONS;
    t->serial = ++hd_sync.next_serial;
    t->table_run = hd_sync.table_run;
    HD_STORE_RELAXED(&t->table_break, hd_sync.table_break);
    HD_STORE_RELAXED(&t->dispatch, hd_sync.table_run);
    HD_STORE_SEQ(&t->state, hd_sync.world_stopped ? HD_THREAD_SUSPENDED : HD_THREAD_DETACHED);
    t->previous = hd_sync.threads_last;
    if (t->previous) {
        t->previous->next = t;
    } else {
        hd_sync.threads = t;
    }
    hd_sync.threads_last = t;
    hd_sync.thread_count++;
    hd_raw_unlock(&hd_sync.registry);
    return t;
}

/* Under the registry lock. The owner id stays with the record, and with it the count words of the objects that the
 * thread leaves behind: the record's next life owns them. */
static void unlist(HdThread *t) {
    if (t->previous) {
        t->previous->next = t->next;
    } else {
        hd_sync.threads = t->next;
    }
    if (t->next) {
        t->next->previous = t->previous;
    } else {
        hd_sync.threads_last = t->previous;
    }
    hd_sync.thread_count--;
    t->next_free = hd_sync.free_threads;
    hd_sync.free_threads = t;
}

static void free_record(HdThread *t) {
    if (t->sections != t->own_sections) free(t->sections);
    hd_raw_lock(&hd_sync.registry);
    unlist(t);
    hd_raw_unlock(&hd_sync.registry);
}

void hd_thread_each(void (*visit)(HdThread *thread, void *context), void *context) {
    hd_raw_lock(&hd_sync.registry);
    for (HdThread *each = hd_sync.threads; each; each = each->next) visit(each, context);
    hd_raw_unlock(&hd_sync.registry);
}

bool hd_thread_post_to(uint64_t ident, uint32_t why, void (*apply)(HdThread *thread, void *context), void *context) {
    bool found = false;
    hd_raw_lock(&hd_sync.registry);
    for (HdThread *each = hd_sync.threads; each && !found; each = each->next) {
        if (HD_LOAD_RELAXED(&each->ident) != ident) continue;
        found = true;
        if (apply) apply(each, context);
        hd_safepoint_post(each, why);
    }
    hd_raw_unlock(&hd_sync.registry);
    return found;
}

size_t hd_thread_count(void) {
    hd_raw_lock(&hd_sync.registry);
    size_t count = hd_sync.thread_count;
    hd_raw_unlock(&hd_sync.registry);
    return count;
}

HdThread *hd_thread_main(void) { return HD_LOAD_ACQUIRE(&hd_sync.main); }

void hd_thread_begin_shutdown(HdThread *t) {
    HD_STORE_SEQ(&hd_sync.finalizer, t);
    hd_sync.scheduler->shutdown(t);
}

/* --- stacks --- */

static void set_stack(HdThread *t, char *low, char *top, size_t margin) {
    /* Thread-local storage lies on the stack too, and a sanitizer's is large: what counts is what is left here. */
    size_t left = (size_t)((char *)__builtin_frame_address(0) - low);
    if (margin > left / 2) margin = left / 2;
    t->stack_top = top;
    t->stack_hard = low + (margin < 2 * STACK_HARD ? margin / 2 : STACK_HARD);
    t->stack_low = low + margin;
}

static Stack own_stack(void) {
    pthread_attr_t attributes;
    char *here = __builtin_frame_address(0);
    Stack stack = {here - (256 << 10), here};
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        void *low;
        size_t size, guard;
        pthread_attr_getstack(&attributes, &low, &size);
        pthread_attr_getguardsize(&attributes, &guard);
        pthread_attr_destroy(&attributes);
        stack = (Stack){(char *)low + guard, (char *)low + size};
    }
    return stack;
}

static void use_stack(HdThread *t, Stack stack) { set_stack(t, stack.low, stack.top, STACK_RESERVE - STACK_HARD); }

/* The main thread's stack grows on demand up to the limit; asking pthread for it reads /proc, which start-up can do
 * without. */
static void find_main_stack(HdThread *t) {
    extern void *__libc_stack_end;
    struct rlimit limit;
    size_t size = STACK_DEFAULT;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) size = limit.rlim_cur;
    if (size > (size_t)1 << 30) size = (size_t)1 << 30;
    char *top = __libc_stack_end;
    char *here = __builtin_frame_address(0);
    if (here > top || here < top - size) {
        use_stack(t, own_stack()); /* not on the stack the process began with */
        return;
    }
    set_stack(t, top - size + 4096, top, STACK_MARGIN_MAIN);
}

/* --- the second thread ---
 *
 * Until there is one nothing is locked, also without the GIL; from then on it stays so. */

static void set_locks(HdThread *each, void *context) { each->locks = true; }

/* t is not the first thread. The others are at a safe point, where nothing hangs on whether they lock. */
static void lock_from_now_on(HdThread *t) {
    if (!t->parallel || HD_LOAD_ACQUIRE(&hd_sync.threaded)) return;
    hd_safepoint_stop_world(t);
    hd_thread_each(set_locks, NULL);
    HD_STORE_RELEASE(&hd_sync.threaded, true);
    hd_safepoint_start_world(t);
}

/* --- life of a thread --- */

static void bind(HdThread *t) {
    hd_thread_self_ = t;
    HD_STORE_RELAXED(&t->ident, (uint64_t)pthread_self());
    t->native_id = (uint64_t)syscall(SYS_gettid);
}

static HdThread *start_here(HdRuntime *runtime, bool main) {
    HdThread *t = new_record(runtime);
    if (!t) return NULL;
    bind(t);
    if (main) {
        find_main_stack(t);
        t->is_main = true;
        HD_STORE_RELEASE(&hd_sync.main, t);
    } else {
        use_stack(t, own_stack());
        hd_raw_lock(&hd_sync.outside_lock);
        bool failed = hd_sync.hooks.create && hd_sync.hooks.create(t, NULL) != 0;
        if (failed) {
            hd_thread_self_ = NULL;
            free_record(t);
        }
        hd_raw_unlock(&hd_sync.outside_lock);
        if (failed) return NULL;
    }
    hd_thread_attach(t, HD_WAKE_OUTSIDE);
    if (!main) lock_from_now_on(t);
    HD_PROBE(thread_started, t);
    if (hd_sync.hooks.begin && !main) hd_sync.hooks.begin(t);
    return t;
}

HdThread *hd_thread_start_main(HdRuntime *runtime) { return start_here(runtime, true); }

HdThread *hd_thread_adopt(HdRuntime *runtime) { return start_here(runtime, false); }

/* From attached to gone. */
static void end_thread(HdThread *t, HdEvent *done) {
    HD_STORE_RELAXED(&t->is_ending, true);
    if (hd_sync.hooks.end) hd_sync.hooks.end(t);
    HD_PROBE(thread_ended, t);
    hd_epoch_leave(t);
    hd_thread_detach(t, HD_BLOCK_END);
    hd_raw_lock(&hd_sync.outside_lock);
    if (hd_sync.hooks.destroy) hd_sync.hooks.destroy(t);
    hd_thread_self_ = NULL;
    free_record(t);
    hd_raw_unlock(&hd_sync.outside_lock); /* t may be another thread's now, even one that stops the world */
    if (done) hd_event_set(done);
}

void hd_thread_abandon(HdThread *t) { end_thread(t, NULL); }

static void run_job(HdWorker *worker) {
    HdThread *t = worker->job;
    HdThreadStart start = worker->start;
    worker->job = NULL;
    pthread_sigmask(SIG_SETMASK, &worker->mask, NULL);
    bind(t);
    use_stack(t, worker->stack);
    hd_thread_attach(t, HD_WAKE_THREAD);
    HD_PROBE(thread_started, t);
    if (hd_sync.hooks.begin) hd_sync.hooks.begin(t);
    start.main(t, start.argument);
    if (t->kernel_dirty) worker->stack_size = 0; /* end it */
    end_thread(t, start.done);
}

/* Waits for another job; false when the kernel thread is to end. */
static bool next_job(HdWorker *worker) {
    hd_raw_lock(&hd_sync.worker_lock);
    if (worker->stack_size == 0 || hd_sync.idle_count >= IDLE_MAX) {
        hd_raw_unlock(&hd_sync.worker_lock);
        return false;
    }
    HD_STORE_RELAXED(&worker->word, 0);
    worker->next = hd_sync.idle_workers;
    hd_sync.idle_workers = worker;
    hd_sync.idle_count++;
    hd_raw_unlock(&hd_sync.worker_lock);
    /* No signal may choose an idle thread: the handler would run, but nothing else could be interrupted. */
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    HdTime deadline = hd_clock_monotonic() + IDLE_TIME;
    while (HD_LOAD_ACQUIRE(&worker->word) == 0) {
        if (hd_futex_wait(&worker->word, 0, deadline)) continue;
        hd_raw_lock(&hd_sync.worker_lock);
        HdWorker **link = &hd_sync.idle_workers;
        while (*link && *link != worker) link = &(*link)->next;
        bool idle = *link == worker;
        if (idle) {
            *link = worker->next;
            hd_sync.idle_count--;
        }
        hd_raw_unlock(&hd_sync.worker_lock);
        if (idle) return false;
        deadline = HD_FOREVER; /* a job is on its way */
    }
    return true;
}

static void *worker_main(void *argument) {
    HdWorker *worker = argument;
    worker->ident = (uint64_t)pthread_self();
    worker->stack = own_stack();
    do {
        run_job(worker);
    } while (next_job(worker));
    free(worker);
    return NULL;
}

static HdWorker *take_idle(size_t stack_size) {
    hd_raw_lock(&hd_sync.worker_lock);
    HdWorker **link = &hd_sync.idle_workers;
    while (*link && (*link)->stack_size != stack_size) link = &(*link)->next;
    HdWorker *worker = *link;
    if (worker) {
        *link = worker->next;
        hd_sync.idle_count--;
    }
    hd_raw_unlock(&hd_sync.worker_lock);
    return worker;
}

static int new_kernel_thread(HdWorker *worker, uint64_t *ident) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error) return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    error = pthread_attr_setstacksize(&attributes, worker->stack_size);
    /* Born with all signals blocked: its first act is to set the mask it was given. */
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &worker->mask);
    sigset_t mask = worker->mask;
    pthread_t id;
    if (!error) error = pthread_create(&id, &attributes, worker_main, worker);
    if (!error) *ident = (uint64_t)id;
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

/* The worker's kernel thread gets the job; 0 or errno. */
static int hand_over(HdWorker *worker, HdThread *created, const HdThreadStart *start, uint64_t *ident) {
    worker->job = created;
    worker->start = *start;
    *ident = worker->ident;
    pthread_sigmask(SIG_SETMASK, NULL, &worker->mask);
    HD_STORE_RELEASE(&worker->word, 1);
    hd_futex_wake(&worker->word, 1);
    return 0;
}

static int start_kernel_thread(HdThread *created, const HdThreadStart *start, size_t stack_size, uint64_t *ident) {
    HdWorker *worker = calloc(1, sizeof *worker);
    if (!worker) return ENOMEM;
    worker->word = 1;
    worker->stack_size = stack_size;
    worker->job = created;
    worker->start = *start;
    int error = new_kernel_thread(worker, ident);
    if (error) free(worker);
    return error;
}

int hd_thread_start(HdThread *t, const HdThreadStart *start, uint64_t *ident) {
    size_t stack_size = start->stack_size ? start->stack_size : STACK_DEFAULT - STACK_RESERVE;
    if (stack_size > (size_t)1 << 40) return ENOMEM;
    stack_size = (stack_size + STACK_RESERVE + 4095) & ~(size_t)4095;
    lock_from_now_on(t);
    HdThread *created = new_record(t->runtime);
    if (!created) return EAGAIN;
    created->daemon = start->daemon;
    if (hd_sync.hooks.create && hd_sync.hooks.create(created, t) != 0) {
        free_record(created);
        return ENOMEM;
    }
    HdWorker *worker = take_idle(stack_size);
    int error = worker ? hand_over(worker, created, start, ident)
                       : start_kernel_thread(created, start, stack_size, ident);
    if (error) {
        if (hd_sync.hooks.destroy) hd_sync.hooks.destroy(created);
        free_record(created);
    }
    return error;
}

/* --- fork --- */

void hd_sync_before_fork(HdThread *t) {
    /* Nobody else is in the middle of anything that the child would find half done, attached or outside. */
    hd_safepoint_stop_world(t);
    hd_raw_lock(&hd_sync.worker_lock);
    hd_raw_lock(&hd_sync.pending_lock);
    hd_raw_lock(&hd_sync.registry);
}

void hd_sync_after_fork_parent(HdThread *t) {
    hd_raw_unlock(&hd_sync.registry);
    hd_raw_unlock(&hd_sync.pending_lock);
    hd_raw_unlock(&hd_sync.worker_lock);
    hd_safepoint_start_world(t);
}

void hd_sync_after_fork_child(HdThread *t) {
    hd_sync.registry = hd_sync.pending_lock = hd_sync.worker_lock = hd_sync.outside_lock = hd_sync.limbo_lock = (HdRawLock){0};
    memset(hd_sync.buckets, 0, sizeof hd_sync.buckets);
    hd_sync.idle_workers = NULL; /* their kernel threads are not here; the memory is lost, at most IDLE_MAX records */
    hd_sync.idle_count = 0;
    hd_sync.pending_count = 0;
    hd_sync.world_stopped = false;
    hd_sync.stop_depth = 0;
    t->locks = hd_sync.threaded;
    hd_sync.stop_remaining = 0;
    hd_sync.stopper = NULL;
    hd_sync.stop_lock = (HdMutex){0};
    memset(hd_sync.signal_tripped, 0, sizeof hd_sync.signal_tripped);
    hd_sync.signal_any = 0;
    if (hd_sync.main) hd_sync.main->is_main = false;
    t->is_main = true;
    hd_sync.main = t;
    t->native_id = (uint64_t)syscall(SYS_gettid);
    hd_sync.scheduler->after_fork(t);
    hd_crash_after_fork();
    HdThread *each = hd_sync.threads;
    while (each) {
        HdThread *next = each->next;
        if (each != t) {
            hd_mutex_orphaned(each);
            hd_epoch_inherit(t, each);
            if (hd_sync.hooks.destroy) hd_sync.hooks.destroy(each);
            if (each->sections != each->own_sections) free(each->sections);
            HD_STORE_RELAXED(&each->state, HD_THREAD_DETACHED);
            unlist(each);
        }
        each = next;
    }
    /* What others were asked to do and did not come to; merging is src/mem's, where that is there. */
    if (hd_sync.scheduler->parallel)
        hd_safepoint_post(t, HD_WHY_EPOCH | (hd_sync.safepoint_hooks.merge_leave ? HD_WHY_MERGE : 0));
}
