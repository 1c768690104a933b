/* output_block.h -- where compression and decompression put what they make: a block that grows, from the C library, so
 * that it can grow while the thread is detached. Belongs to one call; no locks.
 */
#ifndef HD_OUTPUT_BLOCK_H
#define HD_OUTPUT_BLOCK_H

#include <stdlib.h>

#include "heddle/module.h"

typedef struct HdOutputBlock {
    uint8_t *data;
    HdSize length, capacity, limit; /* limit: bytes that may be made at most */
} HdOutputBlock;

enum {
    HD_OUTPUT_FIRST = 16 * 1024,
    HD_OUTPUT_PIECE = 1 << 30, /* libraries count the room they get in 32 bits */
};

/* `limit` < 0: none. */
HD_INLINE HdOutputBlock hd_output_block(HdSize limit) {
    return (HdOutputBlock){.limit = limit < 0 ? HD_SIZE_MAX : limit};
}

/* Room for at least one byte more: its size, 0 when the limit is reached, -1 when memory is out. Raises nothing. */
HD_INLINE HdSize hd_output_block_room(HdOutputBlock *out, HdSize first) {
    if (out->length == out->capacity) {
        if (out->length >= out->limit) return 0;
        HdSize capacity = out->capacity > HD_SIZE_MAX / 2 ? HD_SIZE_MAX : out->capacity * 2;
        if (capacity < first) capacity = first > 0 ? first : 1;
        if (capacity > out->limit) capacity = out->limit;
        uint8_t *data = realloc(out->data, (size_t)capacity);
        if (!data) return -1;
        out->data = data;
        out->capacity = capacity;
    }
    HdSize room = out->capacity - out->length;
    return room > HD_OUTPUT_PIECE ? HD_OUTPUT_PIECE : room;
}

/* What was made, as bytes; the block is gone. */
HD_INLINE HdValue hd_output_block_finish(HdThread *t, HdOutputBlock *out) {
    HdValue bytes = out->length ? hd_bytes_new(t, out->data, out->length) : hd_bytes_empty();
    free(out->data);
    return bytes;
}

#endif
