/* parallel_claims.c -- Claims: how far a worker process is with its batch of tasks, and the journal of its results.
 *
 * A mapping without a name, shared with the child that is forked after it was made. The parent opens a batch of n
 * tasks; the worker claims one after the other; the parent may take back those that nobody has claimed, at any time.
 * One word holds both numbers, so that a task is either begun or taken back:
 *
 *      63 ............ 32 31 ............. 0
 *      +-----------------+-----------------+
 *      | tasks there are | tasks begun     |
 *      +-----------------+-----------------+
 *
 * The worker writes each result into the journal as soon as there is one: it outlives the worker, which may be killed
 * at any moment, and no message has to be sent for each. A record is its length (4 bytes) and its bytes; `used` is
 * written after them. After the death of the worker the page says which task it was in. Nothing here parks.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parallel_types.h"

enum { JOURNAL = 256 * 1024 };
typedef struct Page {
    uint64_t word; /* atomic */
    int64_t began; /* atomic: monotonic ns when the last task was claimed; 0: between tasks */
    uint64_t used; /* atomic: bytes of the journal, written by the worker; set to 0 by the parent between batches */
    char journal[JOURNAL];
} Page;
typedef struct Claims {
    HdObject head;
    Page *page;
    uint64_t read; /* the parent's: bytes of the journal that it has seen */
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
    HD_STORE_SEQ(&page_of(self)->used, 0);
    HD_AS(Claims, self)->read = 0;
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
/* --- the journal --- */

static HdValue claims_put(HdThread *t, HdValue self, const HdValue *args) {
    Page *page = page_of(self);
    HdBuffer record;
    if (hd_buffer_get(t, args[0], &record, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    uint64_t used = HD_LOAD_RELAXED(&page->used), length = (uint64_t)record.length;
    uint32_t head = (uint32_t)length;
    bool fits = length <= JOURNAL && used + sizeof head + length <= JOURNAL;
    if (fits) {
        memcpy(page->journal + used, &head, sizeof head);
        memcpy(page->journal + used + sizeof head, record.data, length);
        HD_STORE_SEQ(&page->used, used + sizeof head + length);
    }
    hd_buffer_release(t, &record);
    return hd_bool(fits);
}
/* What a worker whose memory was overwritten left behind is not trusted. */
static HdValue claims_records(HdThread *t, HdValue self, const HdValue *args) {
    Claims *claims = HD_AS(Claims, self);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    uint64_t used = HD_LOAD_ACQUIRE(&claims->page->used);
    if (used > JOURNAL) used = JOURNAL;
    uint32_t length;
    while (claims->read + sizeof length <= used) {
        memcpy(&length, claims->page->journal + claims->read, sizeof length);
        if (length > used - claims->read - sizeof length) break;
        HdValue record = hd_bytes_new(t, claims->page->journal + claims->read + sizeof length, (HdSize)length);
        if (hd_is_null(record) || hd_list_append_steal(t, list, record) < 0) return HD_NULL;
        claims->read += sizeof length + length;
    }
    return hd_move(&list);
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
    HD_METHOD(claims_put, "put($self, record, /)", "For the worker: writes a result down; False: there is no room."),
    HD_METHOD(claims_records, "records($self, /)", "For the parent: what was written since it last asked."),
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
