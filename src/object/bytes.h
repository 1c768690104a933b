/* bytes.h -- bytes and bytearray. */
#ifndef HD_BYTES_H
#define HD_BYTES_H

#include "object.h"

typedef struct HdBytes {
    HdObject head;
    HdSize length;
    int64_t hash; /* 0: not computed */
    uint8_t data[]; /* ends in a NUL that length does not count */
} HdBytes;
/* Guarded by its lock; `exports` buffers are lent out: no resizing meanwhile. */
typedef struct HdByteArray {
    HdObject head;
    HdSize length, capacity;
    uint8_t *data;  /* raw block of `capacity` bytes, or NULL */
    HdSize start;   /* first byte in use, so that deleting at the front is cheap */
    HdSize exports;
} HdByteArray;
extern HdType hd_bytes_type, hd_bytearray_type;

HD_INLINE bool hd_is_bytes(HdValue v) { return hd_is_object(v) && (HD_LOAD_RELAXED(&hd_as_object(v)->type)->flags & HD_TYPE_BYTES); }
HD_INLINE bool hd_is_bytearray(HdValue v) { return hd_is_instance(v, &hd_bytearray_type); }
HD_INLINE uint8_t *hd_bytes_data(HdValue v) { return HD_AS(HdBytes, v)->data; }
HD_INLINE HdSize hd_bytes_length(HdValue v) { return HD_AS(HdBytes, v)->length; }
HdValue hd_bytes_new(HdThread *t, const void *data_or_null, HdSize length) HD_CHECK; /* NULL: uninitialised, to be filled */
HdValue hd_bytes_empty(void);
/* Cuts a bytes object nobody else has seen to `length`; takes over v. */
HdValue hd_bytes_shrink_steal(HdThread *t, HdValue v, HdSize length) HD_CHECK;
HdValue hd_bytes_concat(HdThread *t, HdValue a, HdValue b) HD_CHECK; /* any buffers */
HdValue hd_bytes_repr(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_bytes_from_object(HdThread *t, HdValue v) HD_CHECK; /* buffer or iterable of ints */
HdValue hd_bytearray_new(HdThread *t, const void *data_or_null, HdSize length) HD_CHECK;
int hd_bytearray_resize(HdThread *t, HdValue v, HdSize length) HD_CHECK; /* BufferError while exported */
HD_INLINE uint8_t *hd_bytearray_data(HdValue v) { return HD_AS(HdByteArray, v)->data + HD_AS(HdByteArray, v)->start; }
int hd_bytes_init(HdThread *t) HD_CHECK;

/* --- bytes in shared memory (bytes_shared.c) --- */
enum { HD_BYTES_SHARED_DATA = 4096 }; /* where the data begin in the file; a zero byte follows them */
/* Maps a memfd of that layout and takes the descriptor over (not when it raises). */
HdValue hd_bytes_from_shared(HdThread *t, int fd, HdSize length) HD_CHECK;
int hd_bytes_shared_descriptor(HdValue v); /* lent; -1: v is no such bytes, or gave it up */
void hd_bytes_shared_free(HdThread *t, HdObject *object); /* for its dealloc */

#endif
