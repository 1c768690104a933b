/* mod__multiprocessing.c -- the module _multiprocessing: named semaphores between processes (SemLock).
 *
 * A SemLock is a lock or semaphore of the kernel's; what it adds is who of this process holds it. Its count and owner
 * are atomic. Waiting goes through sync/process_semaphore.h.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

#include <heddle/module.h>

#include "process_semaphore.h"
#include "time_value.h"

enum { KIND_RECURSIVE_MUTEX, KIND_SEMAPHORE };

typedef struct SemLock {
    HdObject head;
    HdProcessSemaphore *handle;
    uint64_t owner; /* atomic: ident of the thread that took it last */
    int count;      /* atomic: how often this process holds it */
    int kind, maxvalue;
    char *name; /* NULL: none */
} SemLock;
static HdType semlock_type;
HD_INLINE SemLock *lock_of(HdValue v) { return HD_AS(SemLock, v); }

static bool is_mine(HdThread *t, const SemLock *s) {
    return HD_LOAD_RELAXED(&s->count) > 0 && HD_LOAD_RELAXED(&s->owner) == t->ident;
}
static HdValue os_error(HdThread *t) { return hd_raise_errno(t, errno, HD_NULL); }

/* --- life --- */

/* An object around an open semaphore; on failure the semaphore is still the caller's. */
static HdValue semlock_new(HdThread *t, HdType *type, HdProcessSemaphore *handle, int kind, int maxvalue,
                           const char *name) {
    char *copy = name ? strdup(name) : NULL;
    if (name && !copy) return hd_raise_no_memory(t);
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) {
        free(copy);
        return self;
    }
    SemLock *s = lock_of(self);
    s->handle = handle;
    s->kind = kind;
    s->maxvalue = maxvalue;
    s->name = copy;
    return self;
}
HD_CHECK static const char *name_arg(HdThread *t, HdValue v) {
    HdSize length;
    if (!hd_is_str(v)) {
        hd_raise(t, &hd_TypeError, "argument 'name' must be str, not %s", hd_type_name(v));
        return NULL;
    }
    const char *text = hd_str_utf8(t, v, &length);
    if (!text || strlen(text) == (size_t)length) return text;
    hd_raise(t, &hd_ValueError, "embedded null character");
    return NULL;
}
static HdValue semlock_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "SemLock(kind, value, maxvalue, name, unlink)", NULL);
    HdValue bound[5];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    int numbers[3];
    for (int i = 0; i < 3; i++) {
        numbers[i] = hd_number_as_int(t, bound[i]);
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    const char *name = name_arg(t, bound[3]);
    int unlink = name ? hd_object_truth(t, bound[4]) : -1;
    if (unlink < 0) return HD_NULL;
    if (numbers[0] != KIND_RECURSIVE_MUTEX && numbers[0] != KIND_SEMAPHORE)
        return hd_raise(t, &hd_ValueError, "unrecognized kind");
    HdProcessSemaphore *handle = hd_process_semaphore_create(name, (unsigned)numbers[1]);
    if (!handle) return os_error(t);
    if (unlink && hd_process_semaphore_unlink(name) < 0) {
        os_error(t);
    } else {
        HdValue self = semlock_new(t, type, handle, numbers[0], numbers[2], unlink ? NULL : name);
        if (!hd_is_null(self)) return self;
        if (!unlink) hd_process_semaphore_unlink(name);
    }
    hd_process_semaphore_close(handle);
    return HD_NULL;
}
/* In another process: by name when there is one, else the handle is inherited memory. */
static HdValue semlock_rebuild(HdThread *t, HdValue type, const HdValue *args) {
    uint64_t handle_bits = hd_number_as_u64(t, args[0]);
    int kind = hd_raised(t) ? 0 : hd_number_as_int(t, args[1]);
    int maxvalue = hd_raised(t) ? 0 : hd_number_as_int(t, args[2]);
    if (hd_raised(t)) return HD_NULL;
    const char *name = NULL;
    HdProcessSemaphore *handle = (HdProcessSemaphore *)(uintptr_t)handle_bits;
    if (!hd_is_none(args[3])) {
        name = name_arg(t, args[3]);
        if (!name) return HD_NULL;
        handle = hd_process_semaphore_open(name);
        if (!handle) return os_error(t);
    }
    HdValue self = semlock_new(t, HD_AS(HdType, type), handle, kind, maxvalue, name);
    if (hd_is_null(self) && name) hd_process_semaphore_close(handle);
    return self;
}
static void semlock_dealloc(HdThread *t, HdObject *self) {
    SemLock *s = (SemLock *)self;
    if (s->handle) hd_process_semaphore_close(s->handle);
    free(s->name);
    hd_type_free(t, self);
}

/* --- taking and giving back --- */

static HdValue acquire(HdThread *t, SemLock *s, HdTime deadline) {
    if (s->kind == KIND_RECURSIVE_MUTEX && is_mine(t, s)) {
        HD_FETCH_ADD(&s->count, 1);
        return hd_True;
    }
    HdBlockingResult result = hd_process_semaphore_take(t, s->handle, deadline);
    if (result.raised) return HD_NULL;
    if (result.value < 0) return errno == ETIMEDOUT ? hd_False : os_error(t);
    HD_FETCH_ADD(&s->count, 1);
    HD_STORE_RELAXED(&s->owner, t->ident);
    return hd_True;
}
static HdValue semlock_acquire(HdThread *t, HdValue self, const HdValue *args) {
    int block = hd_is_null(args[0]) ? 1 : hd_object_truth(t, args[0]);
    if (block < 0) return HD_NULL;
    HdTime deadline = block ? HD_FOREVER : 0;
    if (block && !hd_is_null(args[1]) && !hd_is_none(args[1])) {
        double seconds = hd_number_as_double(t, args[1]);
        if (seconds == -1.0 && hd_raised(t)) return HD_NULL;
        if (seconds > 1e9)
            deadline = HD_FOREVER;
        else
            deadline = seconds > 0 ? hd_clock_deadline((HdTime)(seconds * 1e9 + 0.5)) : 0;
    }
    return acquire(t, lock_of(self), deadline);
}
static HdValue semlock_release(HdThread *t, HdValue self, const HdValue *args) {
    SemLock *s = lock_of(self);
    if (s->kind == KIND_RECURSIVE_MUTEX) {
        if (!is_mine(t, s))
            return hd_raise(t, &hd_AssertionError, "attempt to release recursive lock not owned by thread");
        if (HD_LOAD_RELAXED(&s->count) > 1) {
            HD_FETCH_SUB(&s->count, 1);
            return hd_None;
        }
    } else {
        int value = hd_process_semaphore_value(s->handle);
        if (value < 0) return os_error(t);
        if (value >= s->maxvalue) return hd_raise(t, &hd_ValueError, "semaphore or lock released too many times");
    }
    HD_FETCH_SUB(&s->count, 1); /* before another thread can take it and count */
    if (hd_process_semaphore_give(s->handle) == 0) return hd_None;
    HD_FETCH_ADD(&s->count, 1);
    return os_error(t);
}
static HdValue semlock_enter(HdThread *t, HdValue self, const HdValue *args) {
    return acquire(t, lock_of(self), HD_FOREVER);
}
static HdValue semlock_exit(HdThread *t, HdValue self, const HdValue *args) { return semlock_release(t, self, args); }

/* --- asking --- */

static HdValue semlock_count(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int(HD_LOAD_RELAXED(&lock_of(self)->count));
}
static HdValue semlock_is_mine(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(is_mine(t, lock_of(self)));
}
static HdValue semlock_get_value(HdThread *t, HdValue self, const HdValue *args) {
    int value = hd_process_semaphore_value(lock_of(self)->handle);
    return value < 0 ? os_error(t) : hd_imm_int(value);
}
static HdValue semlock_is_zero(HdThread *t, HdValue self, const HdValue *args) {
    int value = hd_process_semaphore_value(lock_of(self)->handle);
    return value < 0 ? os_error(t) : hd_bool(value == 0);
}
static HdValue semlock_after_fork(HdThread *t, HdValue self, const HdValue *args) {
    HD_STORE_RELAXED(&lock_of(self)->count, 0);
    return hd_None;
}
static HdValue semlock_get_handle(HdThread *t, HdValue self, void *closure) {
    return hd_int_from_u64(t, (uint64_t)(uintptr_t)lock_of(self)->handle);
}
static HdValue semlock_get_name(HdThread *t, HdValue self, void *closure) {
    const char *name = lock_of(self)->name;
    return name ? hd_str_from_text(t, name) : hd_None;
}

static const HdMethodDef semlock_methods[] = {
    HD_METHOD(semlock_acquire, "acquire($self, /, block=True, timeout=None)", "Takes the lock; whether it did."),
    HD_METHOD(semlock_release, "release($self, /)", "Gives the lock back."),
    HD_METHOD(semlock_count, "_count($self, /)", "How often this process holds the lock."),
    HD_METHOD(semlock_is_mine, "_is_mine($self, /)", "Whether this thread took the lock last and it is held."),
    HD_METHOD(semlock_get_value, "_get_value($self, /)", "The value of the semaphore."),
    HD_METHOD(semlock_is_zero, "_is_zero($self, /)", "Whether the semaphore's value is zero."),
    HD_METHOD(semlock_after_fork, "_after_fork($self, /)", "In a child: this process holds nothing."),
    HD_CLASS_METHOD(semlock_rebuild, "_rebuild($type, handle, kind, maxvalue, name, /)",
                    "The same lock in another process."),
    HD_METHOD(semlock_enter, "__enter__($self, /)", "Takes the lock."),
    HD_METHOD(semlock_exit, "__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)", "Gives the lock back."),
    HD_METHODS_END,
};
static const HdMemberDef semlock_members[] = {
    {"kind", HD_MEMBER_INT, offsetof(SemLock, kind), true, ""},
    {"maxvalue", HD_MEMBER_INT, offsetof(SemLock, maxvalue), true, ""},
    {NULL},
};
static const HdGetSetDef semlock_getsets[] = {
    {"handle", semlock_get_handle, NULL, "", NULL},
    {"name", semlock_get_name, NULL, "", NULL},
    {NULL},
};
static HdType semlock_type = {
    HD_TYPE_HEAD("_multiprocessing.SemLock"),
    .doc = "Semaphore/Mutex type",
    .basicsize = sizeof(SemLock),
    .flags = HD_TYPE_BASE,
    .create = semlock_create,
    .dealloc = semlock_dealloc,
    .methods = semlock_methods,
    .members = semlock_members,
    .getsets = semlock_getsets,
};

/* --- the module --- */

static HdValue sem_unlink_(HdThread *t, HdValue self, const HdValue *args) {
    const char *name = name_arg(t, args[0]);
    if (!name) return HD_NULL;
    return hd_process_semaphore_unlink(name) < 0 ? os_error(t) : hd_None;
}
static const HdMethodDef functions[] = {
    HD_METHOD(sem_unlink_, "sem_unlink($module, name, /)", "Removes the name of a semaphore."),
    HD_METHODS_END,
};
static int multiprocessing_exec(HdThread *t, HdValue module) {
    if (hd_module_add_type(t, module, &semlock_type) < 0) return -1;
    HD_OWNED HdValue most = hd_int_from_i64(t, INT_MAX);
    if (hd_is_null(most) || hd_type_setattr(t, &semlock_type, HD_NAME("SEM_VALUE_MAX"), most) < 0) return -1;
    HD_OWNED HdValue flags = hd_dict_new(t);
    if (hd_is_null(flags) || hd_dict_set_text(t, flags, "HAVE_SEM_OPEN", hd_imm_int(1)) < 0 ||
        hd_dict_set_text(t, flags, "HAVE_SEM_TIMEDWAIT", hd_imm_int(1)) < 0)
        return -1;
    return hd_module_set(t, module, "flags", flags);
}

const HdModuleDef hd_module__multiprocessing = {
    .name = "_multiprocessing",
    .doc = "Semaphores that processes share, for the package multiprocessing.",
    .functions = functions,
    .exec = multiprocessing_exec,
};
