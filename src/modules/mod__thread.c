/* mod__thread.c -- the module _thread: locks, starting threads, thread-local data; what threading.py is built on.
 *
 * The locks are src/sync's one-byte mutex with a Python face; thread-local data lies in thread_local.c.
 * The module's state is shared by threads: its numbers are atomic.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include <heddle/module.h>

#include "clock.h"
#include "mutex.h"
#include "park.h"
#include "safepoint.h"
#include "signals.h"
#include "thread.h"
#include "thread_local.h"
#include "time_value.h"

#define TIMEOUT_MAX_SECONDS 9223372036.0

typedef struct State {
    int64_t count;      /* atomic: threads started here that have not ended */
    size_t stack_size;  /* atomic: for new threads, 0 is the default */
    HdValue hook_args;  /* the class _ExceptHookArgs */
} State;

static State *state_of(HdValue module) { return hd_module_state(module); }

/* --- taking a lock the way Python asks for it --- */

/* acquire's two arguments to a deadline: HD_FOREVER, 0 for one try, or a time. -1 raised. */
static int parse_deadline(HdThread *t, HdValue blocking, HdValue timeout, HdTime *deadline) {
    bool block = true;
    if (!hd_is_null(blocking)) {
        int flag = hd_number_as_int(t, blocking);
        if (flag == -1 && hd_raised(t)) return -1;
        block = flag != 0;
    }
    HdTime wait = -HD_SECOND;
    if (!hd_is_null(timeout)) {
        if (hd_time_value_from_seconds(t, timeout, HD_ROUND_UP, &wait) < 0) {
            return -1;
        }
    }
    if (!block && wait != -HD_SECOND) {
        return hd_raise_int(t, &hd_ValueError, "can't specify a timeout for a non-blocking call");
    }
    if (wait < 0 && wait != -HD_SECOND) {
        return hd_raise_int(t, &hd_ValueError, "timeout value must be positive");
    }
    if (!block) {
        *deadline = 0;
    } else if (wait == -HD_SECOND) {
        *deadline = HD_FOREVER;
    } else if (wait > (HdTime)TIMEOUT_MAX_SECONDS * HD_SECOND) {
        return hd_raise_int(t, &hd_OverflowError, "timeout value is too large");
    } else {
        *deadline = wait == 0 ? 0 : hd_clock_deadline(wait);
    }
    return 0;
}

/* A mutex that Python code locks, and what is known of how.
 *
 * Threads that fight over a lock get more done the longer each keeps it: what it guards lies in the caches of who had it last.
 * So who finds it taken rests before it looks again, the longer the more often others took the lock meanwhile. Where threads
 * wake each other in turn nobody does: then nobody rests for the next waits. */
typedef struct Mutex {
    HdMutex mutex;
    uint32_t taken;   /* how often it was; this and what follows are atomic, and written by the holder only */
    int32_t rest;     /* in pauses (some 10 to 50 ns), 0: none */
    int32_t unrested; /* for so many more waits */
} Mutex;
enum { SHORTEST_REST = 128, LONGEST_REST = 2048, NOT_AGAIN = 256 };
#define MANY(pauses) ((uint32_t)(pauses) / 32) /* times that the lock was taken during a rest */

static void learn_to_rest(Mutex *mutex, int32_t rested, uint32_t taken) {
    if (rested == 0) {
        int32_t unrested = HD_LOAD_RELAXED(&mutex->unrested);
        if (unrested > 0) HD_STORE_RELAXED(&mutex->unrested, unrested - 1);
        else HD_STORE_RELAXED(&mutex->rest, SHORTEST_REST);
    } else if (taken >= MANY(rested)) {
        if (rested < LONGEST_REST) HD_STORE_RELAXED(&mutex->rest, 2 * rested);
    } else if (rested > SHORTEST_REST) {
        HD_STORE_RELAXED(&mutex->rest, rested / 2);
    } else {
        HD_STORE_RELAXED(&mutex->rest, 0);
        HD_STORE_RELAXED(&mutex->unrested, NOT_AGAIN);
    }
}

static int mutex_take_slow(HdThread *t, Mutex *mutex, HdTime deadline, bool awaits_other) {
    unsigned flags = HD_PARK_INTERRUPTIBLE | (awaits_other ? HD_LOCK_AWAITS : 0);
    bool learns = t->locks && deadline > 0 && !awaits_other; /* under the GIL the holder cannot run while we rest */
    int32_t rest = learns ? HD_LOAD_RELAXED(&mutex->rest) : 0;
    uint32_t before = HD_LOAD_RELAXED(&mutex->taken);
    for (int i = 0; i < rest; i++) hd_cpu_relax();
    uint32_t taken = HD_LOAD_RELAXED(&mutex->taken) - before;
    for (;;) {
        switch (hd_mutex_lock_until(t, &mutex->mutex, deadline, flags)) {
        case HD_LOCK_TAKEN:
            HD_STORE_RELAXED(&mutex->taken, HD_LOAD_RELAXED(&mutex->taken) + 1);
            if (learns) learn_to_rest(mutex, rest, taken);
            return 1;
        case HD_LOCK_TIMEOUT: return 0;
        case HD_LOCK_INTERRUPTED:
            if (hd_safepoint_signals(t) < 0) return -1;
            break;
        }
    }
}

/* 1 taken, 0 timed out, -1 a signal handler raised. `awaits_other`: another thread is to unlock what this one locked. */
HD_INLINE int mutex_take(HdThread *t, Mutex *mutex, HdTime deadline, bool awaits_other) {
    if (HD_UNLIKELY(!hd_mutex_try(&mutex->mutex))) return mutex_take_slow(t, mutex, deadline, awaits_other);
    HD_STORE_RELAXED(&mutex->taken, HD_LOAD_RELAXED(&mutex->taken) + 1);
    return 1;
}

static const HdMethodDef acquire_def = {"acquire($self, /, blocking=True, timeout=-1)", NULL, NULL, NULL, 0};

/* Binds acquire's arguments where they lie; most calls have none. */
static int bind_acquire(HdThread *t, const HdRef *args, HdSize nargs, HdValue kwnames, HdTime *deadline) {
    *deadline = HD_FOREVER;
    if (nargs == 0 && hd_is_null(kwnames)) return 0;
    HdValue bound[2];
    if (hd_native_bind(t, &acquire_def, args, nargs, kwnames, bound) < 0) return -1;
    return parse_deadline(t, bound[0], bound[1], deadline);
}

/* --- lock --- */

/* `holder` is what locked() tells: a mutex handed on to a waiter is never unlocked, but until that thread runs, Python
 * code must not find the lock taken that it has just released (threading._shutdown relies on it). */
typedef struct Lock {
    HdObject head;
    Mutex mutex;
    uint64_t holder; /* atomic: serial of who took the mutex, set when it runs; 0 before the mutex is unlocked */
} Lock;

static HdType lock_type;

HD_INLINE HdValue lock_take(HdThread *t, HdValue self, HdTime deadline) {
    Lock *lock = HD_AS(Lock, self);
    int taken = mutex_take(t, &lock->mutex, deadline, HD_LOAD_RELAXED(&lock->holder) == t->serial);
    if (taken > 0) HD_STORE_RELAXED(&lock->holder, t->serial);
    return taken < 0 ? HD_NULL : hd_bool(taken);
}
static HdValue lock_acquire(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdTime deadline;
    return bind_acquire(t, args, nargs, kwnames, &deadline) < 0 ? HD_NULL : lock_take(t, self, deadline);
}
/* `with` calls these two: their signatures are simple, so that the VM calls them directly. */
static HdValue lock_enter(HdThread *t, HdValue self, const HdValue *args) { return lock_take(t, self, HD_FOREVER); }

static HdValue lock_unlock(HdThread *t, HdValue self) {
    Lock *lock = HD_AS(Lock, self);
    if (HD_LIKELY(HD_LOAD_RELAXED(&lock->holder))) {
        HD_STORE_RELAXED(&lock->holder, 0);
        if (HD_LIKELY(hd_mutex_unlock_if_locked(&lock->mutex.mutex))) return hd_None;
    }
    return hd_raise(t, &hd_RuntimeError, "release unlocked lock");
}
static HdValue lock_release(HdThread *t, HdValue self, const HdValue *args) { return lock_unlock(t, self); }
static HdValue lock_locked(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(HD_LOAD_RELAXED(&HD_AS(Lock, self)->holder));
}
static HdValue lock_at_fork(HdThread *t, HdValue self, const HdValue *args) {
    HD_STORE_RELAXED(&HD_AS(Lock, self)->holder, 0);
    HD_STORE_RELEASE(&HD_AS(Lock, self)->mutex.mutex.byte, 0);
    return hd_None;
}
static HdValue lock_repr(HdThread *t, HdValue self) {
    const char *locked = HD_LOAD_RELAXED(&HD_AS(Lock, self)->holder) ? "locked" : "unlocked";
    return hd_str_format(t, "<%s %s object at %p>", locked, hd_type_of(self)->name, (void *)hd_as_object(self));
}

static HdValue new_lock(HdThread *t) { return hd_type_alloc(t, &lock_type); }

static const HdMethodDef lock_methods[] = {
    HD_METHOD_RAW(lock_acquire, "acquire($self, /, blocking=True, timeout=-1)",
                  "Locks the lock and tells whether it did; without a time-out it waits until it can."),
    HD_METHOD_RAW(lock_acquire, "acquire_lock($self, /, blocking=True, timeout=-1)", "An old name of acquire()."),
    HD_METHOD(lock_release, "release($self, /)", "Unlocks the lock, whoever locked it. It must be locked."),
    HD_METHOD(lock_release, "release_lock($self, /)", "An old name of release()."),
    HD_METHOD(lock_locked, "locked($self, /)", "Whether the lock is locked."),
    HD_METHOD(lock_locked, "locked_lock($self, /)", "An old name of locked()."),
    HD_METHOD(lock_enter, "__enter__($self, /)", "Locks the lock."),
    HD_METHOD(lock_release, "__exit__($self, type=None, value=None, traceback=None, /)", "Unlocks the lock."),
    HD_METHOD(lock_at_fork, "_at_fork_reinit($self, /)", "Makes the lock anew, unlocked, in a forked child."),
    HD_METHODS_END,
};
static HdType lock_type = {
    HD_TYPE_HEAD("_thread.lock"),
    .doc = "A lock object is a synchronization primitive; allocate_lock() makes one.",
    .basicsize = sizeof(Lock),
    .flags = HD_TYPE_DISALLOW_NEW,
    .repr = lock_repr,
    .methods = lock_methods,
};

/* --- RLock --- */

typedef struct RLock {
    HdObject head;
    Mutex mutex;
    uint64_t owner; /* atomic: ident of the thread that holds it, or 0; each thread looks for its own only */
    uint64_t count; /* touched by the owner alone (and told to others, as it happens to be) */
} RLock;

static HdType rlock_type;

static bool rlock_mine(HdThread *t, RLock *lock) { return HD_LOAD_RELAXED(&lock->owner) == t->ident; }

static int rlock_take(HdThread *t, RLock *lock, HdTime deadline) {
    if (rlock_mine(t, lock)) {
        if (lock->count == UINT64_MAX) return hd_raise_int(t, &hd_OverflowError, "Internal lock count overflowed");
        HD_STORE_RELAXED(&lock->count, lock->count + 1);
        return 1;
    }
    int taken = mutex_take(t, &lock->mutex, deadline, false);
    if (taken == 1) {
        HD_STORE_RELAXED(&lock->owner, t->ident);
        HD_STORE_RELAXED(&lock->count, 1);
    }
    return taken;
}

static HdValue rlock_acquire(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdTime deadline;
    if (bind_acquire(t, args, nargs, kwnames, &deadline) < 0) return HD_NULL;
    int taken = rlock_take(t, HD_AS(RLock, self), deadline);
    return taken < 0 ? HD_NULL : hd_bool(taken);
}

static HdValue rlock_enter(HdThread *t, HdValue self, const HdValue *args) {
    int taken = rlock_take(t, HD_AS(RLock, self), HD_FOREVER);
    return taken < 0 ? HD_NULL : hd_True;
}

static HdValue rlock_unlock(HdThread *t, HdValue self) {
    RLock *lock = HD_AS(RLock, self);
    if (!rlock_mine(t, lock) || lock->count == 0) {
        return hd_raise(t, &hd_RuntimeError, "cannot release un-acquired lock");
    }
    uint64_t left = lock->count - 1;
    HD_STORE_RELAXED(&lock->count, left);
    if (left == 0) {
        HD_STORE_RELAXED(&lock->owner, 0);
        hd_mutex_unlock(&lock->mutex.mutex);
    }
    return hd_None;
}
static HdValue rlock_release(HdThread *t, HdValue self, const HdValue *args) { return rlock_unlock(t, self); }
static HdValue rlock_is_owned(HdThread *t, HdValue self, const HdValue *args) {
    RLock *lock = HD_AS(RLock, self);
    return hd_bool(rlock_mine(t, lock) && lock->count > 0);
}
static HdValue rlock_recursion_count(HdThread *t, HdValue self, const HdValue *args) {
    RLock *lock = HD_AS(RLock, self);
    return hd_int_from_u64(t, rlock_mine(t, lock) ? lock->count : 0);
}

/* What Condition does around a wait: gives the lock up whole, and takes it back whole. */
static HdValue rlock_release_save(HdThread *t, HdValue self, const HdValue *args) {
    RLock *lock = HD_AS(RLock, self);
    if (!rlock_mine(t, lock) || lock->count == 0) {
        return hd_raise(t, &hd_RuntimeError, "cannot release un-acquired lock");
    }
    HD_OWNED HdValue count = hd_int_from_u64(t, lock->count);
    HD_OWNED HdValue owner = hd_int_from_u64(t, t->ident);
    if (hd_is_null(count) || hd_is_null(owner)) return HD_NULL;
    HdValue saved = hd_tuple_pack(t, 2, count, owner);
    if (hd_is_null(saved)) return HD_NULL;
    HD_STORE_RELAXED(&lock->count, 0);
    HD_STORE_RELAXED(&lock->owner, 0);
    hd_mutex_unlock(&lock->mutex.mutex);
    return saved;
}
static HdValue rlock_acquire_restore(HdThread *t, HdValue self, const HdValue *args) {
    RLock *lock = HD_AS(RLock, self);
    if (!hd_is_tuple(args[0]) || hd_tuple_length(args[0]) != 2) {
        return hd_raise(t, &hd_TypeError, "_acquire_restore() argument 1 must be a (count, owner) tuple");
    }
    uint64_t count = hd_number_as_u64(t, hd_tuple_at_borrowed(args[0], 0));
    if (count == (uint64_t)-1 && hd_raised(t)) return HD_NULL;
    uint64_t owner = hd_number_as_u64(t, hd_tuple_at_borrowed(args[0], 1));
    if (owner == (uint64_t)-1 && hd_raised(t)) return HD_NULL;
    hd_mutex_lock(t, &lock->mutex.mutex); /* a handler that raised here would leave the Condition's user without its lock */
    HD_STORE_RELAXED(&lock->owner, owner);
    HD_STORE_RELAXED(&lock->count, count);
    return hd_None;
}
static HdValue rlock_at_fork(HdThread *t, HdValue self, const HdValue *args) {
    RLock *lock = HD_AS(RLock, self);
    HD_STORE_RELEASE(&lock->mutex.mutex.byte, 0);
    HD_STORE_RELAXED(&lock->owner, 0);
    HD_STORE_RELAXED(&lock->count, 0);
    return hd_None;
}
static HdValue rlock_repr(HdThread *t, HdValue self) {
    RLock *lock = HD_AS(RLock, self);
    uint64_t count = HD_LOAD_RELAXED(&lock->count);
    return hd_str_format(t, "<%s %s object owner=%ld count=%lu at %p>", count ? "locked" : "unlocked",
                         hd_type_of(self)->name, (long)HD_LOAD_RELAXED(&lock->owner), (unsigned long)count,
                         (void *)hd_as_object(self));
}
static HdValue rlock_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

static const HdMethodDef rlock_methods[] = {
    HD_METHOD_RAW(rlock_acquire, "acquire($self, /, blocking=True, timeout=-1)",
                  "Locks the lock, or counts one more if this thread holds it; tells whether it did."),
    HD_METHOD(rlock_release, "release($self, /)", "Counts one less; at zero the lock is unlocked."),
    HD_METHOD(rlock_enter, "__enter__($self, /)", "Locks the lock."),
    HD_METHOD(rlock_release, "__exit__($self, type=None, value=None, traceback=None, /)", "Releases the lock once."),
    HD_METHOD(rlock_is_owned, "_is_owned($self, /)", "For Condition: whether this thread holds the lock."),
    HD_METHOD(rlock_acquire_restore, "_acquire_restore($self, state, /)", "For Condition: takes the lock back."),
    HD_METHOD(rlock_release_save, "_release_save($self, /)", "For Condition: gives the lock up, whatever its count."),
    HD_METHOD(rlock_recursion_count, "_recursion_count($self, /)", "How often this thread holds the lock."),
    HD_METHOD(rlock_at_fork, "_at_fork_reinit($self, /)", "Makes the lock anew, unlocked, in a forked child."),
    HD_METHODS_END,
};
static HdType rlock_type = {
    HD_TYPE_HEAD("_thread.RLock"),
    .doc = "A lock that the thread that holds it may take again.",
    .basicsize = sizeof(RLock),
    .flags = HD_TYPE_BASE,
    .create = rlock_create,
    .repr = rlock_repr,
    .methods = rlock_methods,
};

/* --- threads --- */

/* What a new thread has to call; owned by it. */
typedef struct Boot {
    HdValue module, function, args, kwargs;
} Boot;

static void boot_free(HdThread *t, Boot *boot) {
    hd_release(t, boot->module);
    hd_release(t, boot->function);
    hd_release(t, boot->args);
    hd_release(t, boot->kwargs);
    free(boot);
}

/* The last things of a thread that Python can see: its locals go, then whoever joins it is let on. */
static void thread_leave(HdThread *t) {
    hd_thread_local_leave(t);
    hd_clear_slot(t, &t->context);
    hd_count_thread_leave(t);
    HdValue sentinel = t->sentinel;
    t->sentinel = HD_NULL;
    if (hd_is_null(sentinel)) return;
    HD_STORE_RELAXED(&HD_AS(Lock, sentinel)->holder, 0);
    (void)hd_mutex_unlock_if_locked(&HD_AS(Lock, sentinel)->mutex.mutex);
    hd_release(t, sentinel);
}

static void thread_main(HdThread *t, void *argument) {
    Boot *boot = argument;
    HdValue result = hd_object_call_ex(t, boot->function, boot->args, boot->kwargs);
    if (!hd_is_null(result)) {
        hd_release(t, result);
    } else if (hd_raised_is(t, &hd_SystemExit)) {
        hd_clear_raised(t); /* the end of this thread, quietly */
    } else {
        hd_write_unraisable_message(t, "in thread started by", boot->function);
    }
    HdValue module = hd_retain(t, boot->module);
    boot_free(t, boot);
    HD_FETCH_SUB(&state_of(module)->count, 1);
    hd_release(t, module);
    thread_leave(t);
}

static HdValue thread_start_new_thread(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_object_is_callable(args[0])) return hd_raise(t, &hd_TypeError, "first arg must be callable");
    if (!hd_is_tuple(args[1])) return hd_raise(t, &hd_TypeError, "2nd arg must be a tuple");
    if (!hd_is_null(args[2]) && !hd_is_dict(args[2])) {
        return hd_raise(t, &hd_TypeError, "optional 3rd arg must be a dictionary");
    }
    State *state = state_of(self);
    Boot *boot = malloc(sizeof *boot);
    if (!boot) return hd_raise_no_memory(t);
    *boot = (Boot){hd_retain(t, self), hd_retain(t, args[0]), hd_retain(t, args[1]),
                   hd_is_null(args[2]) ? HD_NULL : hd_retain(t, args[2])};
    HdThreadStart start = {.main = thread_main, .argument = boot, .daemon = true,
                           .stack_size = HD_LOAD_RELAXED(&state->stack_size)};
    uint64_t ident = 0;
    HD_FETCH_ADD(&state->count, 1);
    if (hd_thread_start(t, &start, &ident) != 0) {
        HD_FETCH_SUB(&state->count, 1);
        boot_free(t, boot);
        return hd_raise(t, &hd_RuntimeError, "can't start new thread");
    }
    return hd_int_from_u64(t, ident);
}

static HdValue thread_allocate_lock(HdThread *t, HdValue self, const HdValue *args) { return new_lock(t); }
static HdValue thread_get_ident(HdThread *t, HdValue self, const HdValue *args) { return hd_int_from_u64(t, t->ident); }
static HdValue thread_get_native_id(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_u64(t, t->native_id);
}
static HdValue thread_count(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_i64(t, HD_LOAD_RELAXED(&state_of(self)->count));
}
static HdValue thread_exit(HdThread *t, HdValue self, const HdValue *args) {
    hd_raise_value(t, &hd_SystemExit, HD_NULL);
    return HD_NULL;
}

static HdValue thread_stack_size(HdThread *t, HdValue self, const HdValue *args) {
    enum { LEAST = 32768 };
    HdSize size = 0;
    if (!hd_is_null(args[0])) {
        size = hd_number_as_size(t, args[0], &hd_OverflowError);
        if (size == -1 && hd_raised(t)) return HD_NULL;
    }
    if (size < 0) return hd_raise(t, &hd_ValueError, "size must be 0 or a positive value");
    if (size != 0 && size < LEAST) return hd_raise(t, &hd_ValueError, "size not valid: %zd bytes", (size_t)size);
    size_t *place = &state_of(self)->stack_size;
    size_t old = HD_LOAD_RELAXED(place);
    HD_STORE_RELAXED(place, (size_t)size); /* no argument sets the default again, as in CPython */
    return hd_int_from_u64(t, old);
}

static HdValue thread_set_sentinel(HdThread *t, HdValue self, const HdValue *args) {
    HdValue lock = new_lock(t);
    if (hd_is_null(lock)) return HD_NULL;
    hd_replace_steal(t, &t->sentinel, hd_retain(t, lock));
    return lock;
}

static HdValue thread_interrupt_main(HdThread *t, HdValue self, const HdValue *args) {
    int number = SIGINT;
    if (!hd_is_null(args[0])) {
        number = hd_number_as_int(t, args[0]);
        if (number == -1 && hd_raised(t)) return HD_NULL;
    }
    HdSignalAction action;
    if (number < 1 || number > 64 || hd_signals_get(number, &action) < 0) {
        return hd_raise(t, &hd_ValueError, "signal number out of range");
    }
    if (action == HD_SIGNAL_HANDLE) hd_signals_trip(number);
    return hd_None;
}

/* --- the default of threading.excepthook --- */

static HdValue print_exception(HdThread *t, HdValue file, HdValue args, HdValue thread) {
    HD_OWNED HdValue name = HD_NULL;
    if (!hd_is_none(thread)) {
        int found = hd_object_find_attr(t, thread, HD_NAME("name"), &name);
        if (found < 0) hd_clear_raised(t);
    }
    HD_OWNED HdValue title = hd_is_null(name) ? hd_str_format(t, "Exception in thread %lu:\n", (unsigned long)t->ident)
                                              : hd_str_format(t, "Exception in thread %V:\n", name);
    if (hd_is_null(title)) return HD_NULL;
    HD_OWNED HdValue written = hd_object_call_method1(t, file, "write", title);
    if (hd_is_null(written)) return HD_NULL;
    HD_OWNED HdValue print = hd_object_import_from(t, "traceback", "print_exception");
    if (hd_is_null(print)) return HD_NULL;
    HD_OWNED HdValue names = hd_tuple_pack(t, 1, HD_NAME("file"));
    if (hd_is_null(names)) return HD_NULL;
    HdRef refs[4];
    for (int i = 0; i < 3; i++) refs[i] = hd_ref_uncounted(hd_tuple_at_borrowed(args, i));
    refs[3] = hd_ref_uncounted(file);
    HD_OWNED HdValue printed = hd_object_call(t, print, refs, 3, names);
    if (hd_is_null(printed)) return HD_NULL;
    HD_OWNED HdValue flushed = hd_object_call_method0(t, file, "flush");
    return hd_is_null(flushed) ? HD_NULL : hd_None;
}

static HdValue thread_excepthook(HdThread *t, HdValue self, const HdValue *args) {
    HdValue hook_args = args[0];
    if (!hd_is_tuple(hook_args) || !hd_same(hd_from_object(hd_type_of(hook_args)), state_of(self)->hook_args)) {
        return hd_raise(t, &hd_TypeError, "_thread._excepthook argument type must be ExceptHookArgs");
    }
    if (hd_same(hd_tuple_at_borrowed(hook_args, 0), hd_type_value(&hd_SystemExit))) return hd_None;
    HdValue thread = hd_tuple_at_borrowed(hook_args, 3);
    HD_OWNED HdValue file = hd_dict_get_text(t, t->runtime->sys_dict, "stderr");
    if (hd_is_null(file) || hd_is_none(file)) {
        if (hd_is_none(thread)) return hd_None;
        hd_clear_slot(t, &file);
        if (hd_object_find_attr(t, thread, HD_NAME("_stderr"), &file) < 0) return HD_NULL;
        if (hd_is_null(file) || hd_is_none(file)) return hd_None;
    }
    return print_exception(t, file, hook_args, thread);
}

/* --- the module --- */

static const HdMethodDef thread_functions[] = {
    HD_METHOD(thread_start_new_thread, "start_new_thread(function, args, kwargs=<none>, /)",
              "start_new_thread(function, args[, kwargs])\n\nStarts a thread that calls function(*args, **kwargs); returns "
              "its identifier."),
    HD_METHOD(thread_start_new_thread, "start_new(function, args, kwargs=<none>, /)", "An old name of start_new_thread()."),
    HD_METHOD(thread_allocate_lock, "allocate_lock($module, /)", "allocate_lock() -> a new lock, unlocked."),
    HD_METHOD(thread_allocate_lock, "allocate($module, /)", "An old name of allocate_lock()."),
    HD_METHOD(thread_get_ident, "get_ident($module, /)", "get_ident() -> a nonzero int that tells this thread from others."),
    HD_METHOD(thread_get_native_id, "get_native_id($module, /)", "get_native_id() -> the kernel's number of this thread."),
    HD_METHOD(thread_count, "_count($module, /)", "_count() -> number of threads that run, without the main thread."),
    HD_METHOD(thread_exit, "exit($module, /)", "exit() -- raises SystemExit, which ends the thread."),
    HD_METHOD(thread_exit, "exit_thread($module, /)", "An old name of exit()."),
    HD_METHOD(thread_stack_size, "stack_size(size=<none>, /)",
              "stack_size([size]) -> the stack size of new threads; sets it when given (0: the default)."),
    HD_METHOD(thread_set_sentinel, "_set_sentinel($module, /)",
              "_set_sentinel() -> a lock that is released when this thread has ended."),
    HD_METHOD(thread_interrupt_main, "interrupt_main(signum=<none>, /)",
              "interrupt_main(signum=signal.SIGINT, /) -- as if the signal had arrived."),
    HD_METHOD(thread_excepthook, "_excepthook($module, args, /)", "Shows an exception that ended a thread."),
    HD_METHODS_END,
};

static int thread_exec(HdThread *t, HdValue module) {
    static const HdStructSeqField fields[] = {{"exc_type", "Exception type"},
                                              {"exc_value", "Exception value"},
                                              {"exc_traceback", "Exception traceback"},
                                              {"thread", "Thread"},
                                              {NULL, NULL}};
    State *state = state_of(module);
    if (hd_module_add_type(t, module, &lock_type) < 0 || hd_module_add_type(t, module, &rlock_type) < 0) return -1;
    if (hd_module_add_type(t, module, &hd_thread_local_type) < 0) return -1;
    state->hook_args = hd_structseq_type_new(t, "_thread._ExceptHookArgs",
                                             "ExceptHookArgs: what threading.excepthook is given.", fields, 4);
    if (hd_is_null(state->hook_args)) return -1;
    if (hd_module_set(t, module, "_ExceptHookArgs", state->hook_args) < 0) return -1;
    if (hd_module_set(t, module, "LockType", hd_type_value(&lock_type)) < 0) return -1;
    if (hd_module_set(t, module, "error", hd_type_value(&hd_RuntimeError)) < 0) return -1;
    return hd_module_set_steal(t, module, "TIMEOUT_MAX", hd_float_new(t, TIMEOUT_MAX_SECONDS));
}

static int thread_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->hook_args);
    return 0;
}
static void thread_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &state_of(module)->hook_args); }

const HdModuleDef hd_module__thread = {
    .name = "_thread",
    .doc = "This module provides primitive operations to write multi-threaded programs.\n"
           "The 'threading' module provides a more convenient interface.",
    .state_size = sizeof(State),
    .functions = thread_functions,
    .exec = thread_exec,
    .traverse = thread_traverse,
    .clear = thread_clear,
};
