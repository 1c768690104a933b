/* buffer.c -- the buffer protocol's plumbing: taking, releasing, copying out. memoryview is in memoryview.c. */
#include "buffer.h"

#include "bytes.h"

int hd_buffer_get(HdThread *t, HdValue v, HdBuffer *out, int flags) {
    HdGetBuffer get = hd_type_of(v)->getbuffer;
    *out = (HdBuffer){0};
    if (!get) return hd_raise_int(t, &hd_TypeError, "a bytes-like object is required, not '%T'", v);
    if (get(t, v, out, flags) < 0) {
        out->owner = HD_NULL;
        return -1;
    }
    return 0;
}

void hd_buffer_release(HdThread *t, HdBuffer *buffer) {
    HdValue owner = buffer->owner;
    if (hd_is_null(owner)) return;
    HdReleaseBuffer release = hd_type_of(owner)->releasebuffer;
    if (release) release(t, owner, buffer);
    buffer->owner = HD_NULL;
    hd_release(t, owner);
}

int hd_buffer_fill(HdThread *t, HdBuffer *out, HdValue owner, void *data, HdSize length, bool read_only, int flags) {
    if ((flags & HD_BUFFER_WRITABLE) && read_only) {
        return hd_raise_int(t, &hd_BufferError, "Object is not writable.");
    }
    *out = (HdBuffer){.data = data, .owner = hd_retain(t, owner), .length = length, .itemsize = 1,
                      .read_only = read_only, .ndim = 1};
    if (flags & HD_BUFFER_FORMAT) out->format = "B";
    out->small[0] = length;
    out->small[1] = 1;
    if ((flags & HD_BUFFER_ND) == HD_BUFFER_ND) out->shape = &out->small[0];
    if ((flags & HD_BUFFER_STRIDES) == HD_BUFFER_STRIDES) out->strides = &out->small[1];
    return 0;
}

/* Copies dimension `dim` of the array at `from`; returns the place behind what was written. */
static char *copy_dimension(const HdBuffer *b, int dim, const char *from, char *out) {
    if (dim == b->ndim) {
        memcpy(out, from, (size_t)b->itemsize);
        return out + b->itemsize;
    }
    for (HdSize i = 0; i < b->shape[dim]; i++) {
        const char *at = from + i * b->strides[dim];
        if (b->suboffsets && b->suboffsets[dim] >= 0) at = *(char *const *)at + b->suboffsets[dim];
        out = copy_dimension(b, dim + 1, at, out);
    }
    return out;
}

static bool c_contiguous(const HdBuffer *b) {
    if (b->suboffsets) return false;
    if (!b->strides || !b->shape) return true;
    HdSize expected = b->itemsize;
    for (int i = b->ndim - 1; i >= 0; i--) {
        if (b->shape[i] > 1 && b->strides[i] != expected) return false;
        expected *= b->shape[i];
    }
    return true;
}

void hd_buffer_copy_out(const HdBuffer *b, void *out) {
    if (b->length == 0) return;
    if (c_contiguous(b)) memcpy(out, b->data, (size_t)b->length);
    else copy_dimension(b, 0, b->data, out);
}
