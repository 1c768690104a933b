/* parallel_claims.c -- Claims: which tasks of a batch a worker process has begun; and the end of a process.
 *
 * One page, shared with a child that is forked after it was made. The parent opens a batch of n tasks; the worker claims
 * one after the other; the parent may take back those that nobody has claimed, at any time. One word holds both numbers,
 * so that a task is either begun or taken back:
 *
 *      63 ............ 32 31 ............. 0
 *      +-----------------+-----------------+
 *      | tasks there are | tasks begun     |
 *      +-----------------+-----------------+
 *
 * After the death of the worker the page says which task it was in. Nothing here parks.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parallel_types.h"

typedef struct Page {
    uint64_t word;  /* atomic */
    int64_t began;  /* atomic: monotonic ns when the last task was claimed; 0: between tasks */
} Page;
typedef struct Claims {
    HdObject head;
    Page *page;
} Claims;
static Page *page_of(HdValue v) { return HD_AS(Claims, v)->page; }
static uint32_t begun(uint64_t word) { return (uint32_t)word; }
static uint32_t there(uint64_t word) { return (uint32_t)(word >> 32); }

static HdValue claims_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "Claims", kwnames) < 0 || hd_native_check_count(t, "Claims", nargs, 0, 0) < 0) {
        return HD_NULL;
    }
    Page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return hd_raise_errno(t, errno, HD_NULL);
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) munmap(page, sizeof *page);
    else HD_AS(Claims, self)->page = page;
    return self;
}
static HdValue claims_open(HdThread *t, HdValue self, const HdValue *args) {
    HdSize count = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (count == -1 && hd_raised(t)) return HD_NULL;
    if (count < 0 || count > INT32_MAX) return hd_raise(t, &hd_ValueError, "a count of tasks is required");
    HD_STORE_SEQ(&page_of(self)->began, 0);
    HD_STORE_SEQ(&page_of(self)->word, (uint64_t)count << 32);
    return hd_None;
}
static HdValue claims_claim(HdThread *t, HdValue self, const HdValue *args) {
    Page *page = page_of(self);
    uint64_t word = HD_LOAD_SEQ(&page->word);
    do {
        if (begun(word) >= there(word)) {
            HD_STORE_SEQ(&page->began, 0);
            return hd_imm_int(-1);
        }
    } while (!HD_CAS_SEQ(&page->word, &word, word + 1));
    HdTime now = hd_clock_monotonic();
    HD_STORE_SEQ(&page->began, now);
    return hd_imm_int(begun(word));
}
static HdValue claims_reclaim(HdThread *t, HdValue self, const HdValue *args) {
    Page *page = page_of(self);
    uint64_t word = HD_LOAD_SEQ(&page->word);
    while (!HD_CAS_SEQ(&page->word, &word, (uint64_t)begun(word) << 32 | begun(word))) continue;
    return hd_imm_int(begun(word));
}
static HdValue claims_position(HdThread *t, HdValue self, const HdValue *args) {
    Page *page = page_of(self);
    uint64_t word = HD_LOAD_SEQ(&page->word);
    int64_t began = HD_LOAD_SEQ(&page->began);
    int64_t age = began ? hd_clock_monotonic() - began : 0;
    return hd_tuple_pack(t, 3, hd_imm_int(begun(word)), hd_imm_int(there(word)), hd_imm_int(age > 0 ? age : 0));
}
static void claims_dealloc(HdThread *t, HdObject *self) {
    Page *page = ((Claims *)self)->page;
    if (page) munmap(page, sizeof *page);
    hd_type_free(t, self);
}
static const HdMethodDef claims_methods[] = {
    HD_METHOD(claims_open, "open($self, count, /)", "For the parent: a batch of so many tasks goes to the worker."),
    HD_METHOD(claims_claim, "claim($self, /)", "For the worker: the next task's number; -1: there is none left."),
    HD_METHOD(claims_reclaim, "reclaim($self, /)",
              "For the parent: takes back what has not begun; the number of tasks that have."),
    HD_METHOD(claims_position, "position($self, /)",
              "(tasks begun, tasks there are, how long the last one has been running in ns)"),
    HD_METHODS_END,
};
HdType hd_claims_type = {
    HD_TYPE_HEAD("_parallel.Claims"),
    .doc = "Claims()\n--\n\nA page shared with a forked worker that says how far it is.",
    .basicsize = sizeof(Claims),
    .create = claims_create,
    .dealloc = claims_dealloc,
    .methods = claims_methods,
};

/* --- processes --- */

/* The kernel kills this process when the thread that forked it ends; which has to be one that lives as long. */
HdValue hd_parallel_die_with(HdThread *t, HdValue module, const HdValue *args) {
    int parent = hd_number_as_int(t, args[0]);
    if (parent == -1 && hd_raised(t)) return HD_NULL;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return hd_bool(getppid() == parent);
}
HdValue hd_parallel_pidfd(HdThread *t, HdValue module, const HdValue *args) {
    int pid = hd_number_as_int(t, args[0]);
    if (pid == -1 && hd_raised(t)) return HD_NULL;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_imm_int(fd);
}
