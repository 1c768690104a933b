/* pickle_write.c -- a Pickler's output: the buffer, frames, and the memo's opcodes. */
#include <stdio.h>
#include <stdlib.h>

#include "pickle_types.h"

enum { LEAST = 512 }; /* bytes of room at first: enough for what programs send each other */

/* Room for `count` bytes behind what waits. */
static int reserve(HdThread *t, HdPickler *p, HdSize count) {
    if (count <= p->capacity - p->length) return 0;
    if (count > HD_SIZE_MAX / 4 - p->length) {
        hd_raise_no_memory(t);
        return -1;
    }
    HdSize capacity = (p->length + count) / 2 * 3 + LEAST;
    uint8_t *data = realloc(p->data, (size_t)capacity);
    if (!data) {
        hd_raise_no_memory(t);
        return -1;
    }
    p->data = data;
    p->capacity = capacity;
    return 0;
}

/* Room for `count` bytes in a frame, which begins here if there is none. */
HD_INLINE int reserve_in_frame(HdThread *t, HdPickler *p, HdSize count) {
    bool new_frame = p->framing && p->frame_start == -1;
    if (reserve(t, p, count + (new_frame ? HD_PICKLE_FRAME_HEADER : 0)) < 0) return -1;
    if (new_frame) { /* the header is filled in when the frame ends */
        p->frame_start = p->length;
        p->length += HD_PICKLE_FRAME_HEADER;
    }
    return 0;
}

int hd_pickle_write(HdThread *t, HdPickler *p, const void *bytes, HdSize count) {
    if (reserve_in_frame(t, p, count) < 0) return -1;
    memcpy(p->data + p->length, bytes, (size_t)count);
    p->length += count;
    return 0;
}

int hd_pickle_end_frame(HdThread *t, HdPickler *p) {
    if (!p->framing || p->frame_start == -1) return 0;
    uint8_t *header = p->data + p->frame_start;
    HdSize size = p->length - p->frame_start - HD_PICKLE_FRAME_HEADER;
    if (size >= HD_PICKLE_FRAME_MIN) {
        uint64_t number = (uint64_t)size;
        header[0] = OP_FRAME;
        memcpy(header + 1, &number, 8);
    } else {
        memmove(header, header + HD_PICKLE_FRAME_HEADER, (size_t)size);
        p->length -= HD_PICKLE_FRAME_HEADER;
    }
    p->frame_start = -1;
    return 0;
}

static int call_write(HdThread *t, HdPickler *p, HdValue bytes) {
    HdValue result = hd_object_call1(t, p->write, bytes);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}

int hd_pickle_flush(HdThread *t, HdPickler *p) {
    if (hd_is_null(p->write)) return 0;
    HD_OWNED HdValue bytes = hd_bytes_new(t, p->data, p->length);
    if (hd_is_null(bytes)) return -1;
    p->length = 0;
    p->frame_start = -1;
    return call_write(t, p, bytes);
}

int hd_pickle_boundary(HdThread *t, HdPickler *p) {
    if (!p->framing || p->frame_start == -1) return 0;
    if (p->length - p->frame_start - HD_PICKLE_FRAME_HEADER < HD_PICKLE_FRAME_TARGET) return 0;
    return hd_pickle_end_frame(t, p) < 0 ? -1 : hd_pickle_flush(t, p);
}

int hd_pickle_write_long(HdThread *t, HdPickler *p, const uint8_t *header, HdSize header_size, const uint8_t *bytes,
                         HdSize count, HdValue payload) {
    if (count < HD_PICKLE_FRAME_TARGET) {
        if (reserve_in_frame(t, p, header_size + count) < 0) return -1;
        uint8_t *out = p->data + p->length;
        for (HdSize i = 0; i < header_size; i++) out[i] = header[i];
        memcpy(out + header_size, bytes, (size_t)count);
        p->length += header_size + count;
        return 0;
    }
    bool framing = p->framing;
    if (hd_pickle_end_frame(t, p) < 0) return -1;
    p->framing = false; /* such data stand between the frames */
    int status = hd_pickle_write(t, p, header, header_size);
    if (status == 0 && hd_is_null(p->write)) {
        status = hd_pickle_write(t, p, bytes, count);
    } else if (status == 0) {
        HD_OWNED HdValue piece = hd_is_null(payload) ? hd_bytes_new(t, bytes, count) : hd_retain(t, payload);
        status = hd_is_null(piece) || hd_pickle_flush(t, p) < 0 || call_write(t, p, piece) < 0 ? -1 : 0;
    }
    p->framing = framing;
    return status;
}

/* Writes an opcode with a number: as text, in one byte, or in four. */
static int write_number(HdThread *t, HdPickler *p, HdSize number, int text_op, int short_op, int long_op) {
    uint8_t out[5];
    if (!p->binary) {
        char text[32];
        int length = snprintf(text, sizeof text, "%c%zd\n", text_op, number);
        return hd_pickle_write(t, p, text, length);
    }
    uint32_t word = (uint32_t)number;
    out[0] = (uint8_t)(number < 256 ? short_op : long_op);
    memcpy(out + 1, &word, 4);
    if (number > UINT32_MAX) return hd_raise_int(t, hd_pickling_error(), "memo id too large for LONG_BINPUT");
    return hd_pickle_write(t, p, out, number < 256 ? 2 : 5);
}

int hd_pickle_memo_get(HdThread *t, HdPickler *p, HdSize number) {
    return write_number(t, p, number, OP_GET, OP_BINGET, OP_LONG_BINGET);
}

int hd_pickle_memo_put(HdThread *t, HdPickler *p, HdValue object) {
    if (p->fast) return 0;
    HdSize number = p->memo.count;
    if (hd_pickle_memo_add(t, &p->memo, object, number) < 0) return -1;
    if (p->protocol >= 4) return hd_pickle_op(t, p, OP_MEMOIZE);
    return write_number(t, p, number, OP_PUT, OP_BINPUT, OP_LONG_BINPUT);
}
