/* sync_check.h -- for the unit tests of src/sync: a check that stays on in release builds, threads, both modes. */
#ifndef HD_SYNC_CHECK_H
#define HD_SYNC_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mutex.h"
#include "park.h"
#include "safepoint.h"
#include "state.h"
#include "thread.h"

#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                                         \
        }                                                                                    \
    } while (0)

enum { TEAM_MAX = 64 };
typedef struct Team {
    HdEvent done[TEAM_MAX];
    int count;
} Team;

static inline void team_start(HdThread *t, Team *team, HdThreadMain main, void *argument) {
    uint64_t ident = 0;
    CHECK(team->count < TEAM_MAX);
    HdThreadStart start = {.main = main, .argument = argument, .done = &team->done[team->count++]};
    CHECK(hd_thread_start(t, &start, &ident) == 0);
    CHECK(ident != 0);
}

static inline void team_join(HdThread *t, Team *team) {
    for (int i = 0; i < team->count; i++) CHECK(hd_event_wait(t, &team->done[i], HD_FOREVER, 0) == HD_LOCK_TAKEN);
    memset(team, 0, sizeof *team);
}

/* Runs `body` in a process of its own, with and without the GIL; a test that hangs dies by the alarm. */
static inline void run_in(bool gil, const char *name, void (*body)(HdThread *t)) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60);
        hd_sync_start(gil);
        HdThread *t = hd_thread_start_main(NULL);
        CHECK(t != NULL);
        body(t);
        exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    if (status != 0) {
        fprintf(stderr, "%s (gil %s): failed with status %x\n", name, gil ? "on" : "off", (unsigned)status);
        exit(1);
    }
}
#define RUN_BOTH(body)              \
    do {                            \
        run_in(true, #body, body);  \
        run_in(false, #body, body); \
    } while (0)

#endif
