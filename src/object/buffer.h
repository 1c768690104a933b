/* buffer.h -- the buffer protocol: lending an object's bytes; and memoryview. The fields and flags are PEP 3118's. */
#ifndef HD_BUFFER_H
#define HD_BUFFER_H

#include "object.h"

typedef struct HdBuffer {
    void *data;
    HdValue owner; /* owned; HD_NULL once released */
    HdSize length; /* bytes */
    HdSize itemsize;
    bool read_only;
    int ndim;
    const char *format; /* NULL: "B" */
    HdSize *shape, *strides, *suboffsets;
    void *internal;
    HdSize small[2]; /* room for the shape and stride of one dimension */
} HdBuffer;
enum {
    HD_BUFFER_SIMPLE = 0, HD_BUFFER_WRITABLE = 1, HD_BUFFER_FORMAT = 4, HD_BUFFER_ND = 8,
    HD_BUFFER_STRIDES = 0x10 | 8, HD_BUFFER_C_CONTIGUOUS = 0x20 | 0x18, HD_BUFFER_F_CONTIGUOUS = 0x40 | 0x18,
    HD_BUFFER_ANY_CONTIGUOUS = 0x80 | 0x18, HD_BUFFER_INDIRECT = 0x100 | 0x18,
    HD_BUFFER_FULL = 0x100 | 0x18 | 4 | 1, HD_BUFFER_FULL_RO = 0x100 | 0x18 | 4,
};
HD_INLINE bool hd_buffer_check(HdValue v) { return hd_type_of(v)->getbuffer != NULL; }
int hd_buffer_get(HdThread *t, HdValue v, HdBuffer *out, int flags) HD_CHECK; /* "a bytes-like object is required, not 'X'" */
void hd_buffer_release(HdThread *t, HdBuffer *buffer);
/* Fills a one-dimensional byte buffer; what simple getbuffer slots call. BufferError when writable is asked of read-only. */
int hd_buffer_fill(HdThread *t, HdBuffer *out, HdValue owner, void *data, HdSize length, bool read_only, int flags) HD_CHECK;
/* Copies the items in C order into `out` (buffer->length bytes), whatever the strides; runs no Python. */
void hd_buffer_copy_out(const HdBuffer *buffer, void *out);
extern HdType hd_memoryview_type;
HdValue hd_memoryview_new(HdThread *t, HdValue v) HD_CHECK;
/* A view of memory that nobody owns: valid until the caller releases the memoryview (`release()`). */
HdValue hd_memoryview_from_memory(HdThread *t, void *data, HdSize length, bool read_only) HD_CHECK;

#endif
