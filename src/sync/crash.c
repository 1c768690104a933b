/* crash.c -- see crash.h. The watchdog is a kernel thread that takes no signals and knows no HdThread; `guard` is held by
 * whoever starts or stops it. A fork leaves it behind: the child sees that its process is another one. */
#include "crash.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "state.h"

enum { STACK = 64 * 1024, LOOPS_MAX = 1 << 20 };

static struct {
    HdMutex guard;
    pthread_t thread;
    pid_t process; /* where it runs; 0: nowhere */
    uint32_t stop; /* atomic futex: 1 asks it to end */
    HdTime interval;
    bool repeat;
    void (*bark)(void *context);
    void *context;
} watchdog;

int hd_crash_handle(int number, void (*handler)(int), bool nested, struct sigaction *old) {
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART | (nested ? SA_NODEFER : 0)};
    sigemptyset(&sa.sa_mask);
    return sigaction(number, &sa, old);
}
void hd_crash_restore(int number, const struct sigaction *old) { (void)sigaction(number, old, NULL); }
void hd_crash_raise(int number) { (void)raise(number); }

int hd_crash_stack(void) {
    stack_t stack;
    if (sigaltstack(NULL, &stack) < 0) return errno;
    if (!(stack.ss_flags & SS_DISABLE)) return 0;
    stack = (stack_t){.ss_sp = malloc(STACK), .ss_size = STACK}; /* stays as long as the thread may fault */
    if (!stack.ss_sp) return ENOMEM;
    if (sigaltstack(&stack, NULL) == 0) return 0;
    int error = errno;
    free(stack.ss_sp);
    return error;
}

void hd_crash_each_thread(bool (*visit)(HdThread *thread, void *context), void *context) {
    int left = LOOPS_MAX; /* the list may change under our eyes */
    for (HdThread *each = HD_LOAD_ACQUIRE(&hd_sync.threads_last); each && left--; each = HD_LOAD_ACQUIRE(&each->previous)) {
        if (!visit(each, context)) break;
    }
}

/* --- the watchdog --- */

static void *watch(void *unused) {
    (void)unused;
    do {
        HdTime deadline = hd_clock_monotonic() + watchdog.interval;
        while (!HD_LOAD_ACQUIRE(&watchdog.stop) && hd_clock_monotonic() < deadline) {
            hd_futex_wait(&watchdog.stop, 0, deadline);
        }
        if (HD_LOAD_ACQUIRE(&watchdog.stop)) break;
        watchdog.bark(watchdog.context);
    } while (watchdog.repeat);
    return NULL;
}

/* Under the guard. */
static void end_watchdog(void) {
    if (watchdog.process == getpid()) {
        HD_STORE_RELEASE(&watchdog.stop, 1);
        hd_futex_wake(&watchdog.stop, 1);
        pthread_join(watchdog.thread, NULL);
    }
    watchdog.process = 0;
}

static int start_watchdog(void) {
    sigset_t all, old;
    sigfillset(&all);
    HD_STORE_RELEASE(&watchdog.stop, 0);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&watchdog.thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!error) watchdog.process = getpid();
    return error;
}

int hd_crash_watch(HdThread *t, HdTime interval, bool repeat, void (*bark)(void *context), void *context) {
    hd_mutex_lock(t, &watchdog.guard);
    hd_thread_detach(t, HD_BLOCK_MAYBE);
    end_watchdog();
    watchdog.interval = interval;
    watchdog.repeat = repeat;
    watchdog.bark = bark;
    watchdog.context = context;
    int error = start_watchdog();
    hd_thread_attach(t, HD_WAKE_THREAD);
    hd_mutex_unlock(&watchdog.guard);
    return error;
}

void hd_crash_after_fork(void) {
    watchdog.guard = (HdMutex){0};
    watchdog.process = 0;
}

void hd_crash_unwatch(HdThread *t) {
    hd_mutex_lock(t, &watchdog.guard);
    hd_thread_detach(t, HD_BLOCK_MAYBE);
    end_watchdog();
    hd_thread_attach(t, HD_WAKE_THREAD);
    hd_mutex_unlock(&watchdog.guard);
}
