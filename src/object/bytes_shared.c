/* bytes_shared.c -- bytes whose data lie in shared memory, so that they go to another process and back without a copy.
 *
 *      page 0 of the mapping                                   page 1 …
 *      +------------+------------------+-----------------------+-----------+---+
 *      | SharedMap  |  (unused)        | head, length, hash    | data      | 0 |
 *      +------------+------------------+-----------------------+-----------+---+
 *                                      ^ the HdBytes
 *
 * The memory is a file without a name (memfd) of the same layout, mapped privately: what this process writes (the
 * head, in page 0) stays its own, and the data are read in place. HD_FLAG_OWN1 says that a bytes is one of these. The
 * mapping goes through an epoch like every block that readers without a lock may look at. Parks nowhere.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "epoch.h"

typedef struct SharedMap {
    size_t size;
    int fd; /* to hand the memory on; -1: too many are open */
} SharedMap;
enum { MOST_DESCRIPTORS = 256 }; /* above this number a mapping gives its descriptor up */
_Static_assert(sizeof(SharedMap) + offsetof(HdBytes, data) <= HD_BYTES_SHARED_DATA, "both fit into the first page");

static SharedMap *map_of(HdValue v) {
    return (SharedMap *)(void *)((char *)hd_bytes_data(v) - HD_BYTES_SHARED_DATA);
}

HdValue hd_bytes_from_shared(HdThread *t, int fd, HdSize length) {
    size_t size = (size_t)HD_BYTES_SHARED_DATA + (size_t)length + 1;
    char *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED) return hd_raise_errno(t, errno, HD_NULL);
    bool keep = fd < MOST_DESCRIPTORS;
    if (!keep) close(fd);
    *(SharedMap *)(void *)base = (SharedMap){size, keep ? fd : -1};
    HdBytes *b = (HdBytes *)(void *)(base + HD_BYTES_SHARED_DATA - offsetof(HdBytes, data));
    b->length = length;
    b->hash = 0;
    b->head = (HdObject){.type = &hd_bytes_type, .local = 1, .owner = t->owner_id, .flags = HD_FLAG_OWN1};
    return hd_from_object(b);
}

int hd_bytes_shared_descriptor(HdValue v) {
    if (!hd_is_exact_object(v, &hd_bytes_type)) return -1;
    return HD_LOAD_RELAXED(&hd_as_object(v)->flags) & HD_FLAG_OWN1 ? map_of(v)->fd : -1;
}

static void unmap(HdThread *t, void *block, size_t size) {
    SharedMap *map = block;
    if (map->fd >= 0) close(map->fd);
    munmap(map, size);
}
void hd_bytes_shared_free(HdThread *t, HdObject *object) {
    SharedMap *map = map_of(hd_from_object(object));
    HD_STORE_RELEASE(&object->shared, HD_SHARED_DEAD);
    hd_epoch_retire(t, map, map->size, unmap);
    hd_epoch_hurry(t); /* it may be large, and t may be about to sleep */
}
