/* pickle_read.c -- an Unpickler's input: a buffer that is there as a whole, or a file read piece by piece.
 *
 * From a file no more is taken than the pickle has, so that what follows can be read afterwards; with peek() more is
 * looked at, and taken when it was used.
 */
#include "pickle_types.h"

enum { PEEK = 128 * 1024 };

static int set_input(HdThread *t, HdUnpickler *u, HdValue bytes) {
    hd_buffer_release(t, &u->input);
    u->bytes = NULL;
    u->position = u->available = u->prefetched = 0;
    if (hd_buffer_get(t, bytes, &u->input, HD_BUFFER_SIMPLE) < 0) return -1;
    u->bytes = u->input.data;
    u->available = u->prefetched = u->input.length;
    return 0;
}

int hd_unpickle_skip_consumed(HdThread *t, HdUnpickler *u) {
    HdSize count = u->position - u->prefetched;
    if (count <= 0) return 0;
    HD_OWNED HdValue number = hd_int_from_size(t, count);
    HdValue result = hd_is_null(number) ? HD_NULL : hd_object_call1(t, u->read, number);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    u->prefetched = u->position;
    return 0;
}

static int raise_short(HdThread *t) { return hd_raise_int(t, hd_unpickling_error(), "pickle data was truncated"); }

/* Looks ahead: 1 when enough is there, 0 when not or the file cannot. */
static int peek(HdThread *t, HdUnpickler *u, HdSize count) {
    if (hd_is_null(u->peek) || count >= PEEK) return 0;
    HD_OWNED HdValue bytes = hd_object_call1(t, u->peek, hd_imm_int(PEEK));
    if (hd_is_null(bytes)) {
        if (!hd_raised_is(t, &hd_NotImplementedError)) return -1;
        hd_clear_raised(t);
        hd_clear_slot(t, &u->peek);
        return 0;
    }
    if (set_input(t, u, bytes) < 0) return -1;
    u->prefetched = 0;
    return u->available >= count;
}

/* Makes `count` bytes available at the position. */
static int fill(HdThread *t, HdUnpickler *u, HdSize count) {
    if (hd_is_null(u->read)) return raise_short(t);
    if (hd_unpickle_skip_consumed(t, u) < 0) return -1;
    int enough = peek(t, u, count);
    if (enough) return enough < 0 ? -1 : 0;
    HD_OWNED HdValue number = hd_int_from_size(t, count);
    HD_OWNED HdValue bytes = hd_is_null(number) ? HD_NULL : hd_object_call1(t, u->read, number);
    if (hd_is_null(bytes) || set_input(t, u, bytes) < 0) return -1;
    return u->available < count ? raise_short(t) : 0;
}

int hd_unpickle_read_more(HdThread *t, HdUnpickler *u, HdSize count, const uint8_t **out) {
    if (u->available == u->position || hd_is_null(u->read)) {
        if (fill(t, u, count) < 0) return -1;
        *out = u->bytes + u->position;
        u->position += count;
        return 0;
    }
    /* the rest of what is there and what follows, as one piece */
    HD_OWNED HdValue whole = hd_bytes_new(t, NULL, count);
    if (hd_is_null(whole) || hd_unpickle_read_into(t, u, hd_bytes_data(whole), count) < 0) return -1;
    hd_replace_steal(t, &u->line, hd_move(&whole));
    *out = hd_bytes_data(u->line);
    return 0;
}

/* Reads into the buffer by the file's readinto, or read. */
static int file_read_into(HdThread *t, HdUnpickler *u, uint8_t *out, HdSize count) {
    if (hd_unpickle_skip_consumed(t, u) < 0) return -1;
    if (hd_is_null(u->readinto)) {
        HD_OWNED HdValue number = hd_int_from_size(t, count);
        HD_OWNED HdValue bytes = hd_is_null(number) ? HD_NULL : hd_object_call1(t, u->read, number);
        if (hd_is_null(bytes)) return -1;
        if (!hd_is_bytes(bytes)) return hd_raise_int(t, &hd_ValueError, "read() returned non-bytes object (%T)", bytes);
        if (hd_bytes_length(bytes) < count) return raise_short(t);
        memcpy(out, hd_bytes_data(bytes), (size_t)count);
        return 0;
    }
    HD_OWNED HdValue view = hd_memoryview_from_memory(t, out, count, false);
    HD_OWNED HdValue result = hd_is_null(view) ? HD_NULL : hd_object_call1(t, u->readinto, view);
    HdSize done = hd_is_null(result) ? -1 : hd_number_as_size(t, result, &hd_ValueError);
    HD_OWNED HdValue error = hd_take_raised(t);
    HdValue released = hd_is_null(view) ? HD_NULL : hd_object_call_method0(t, view, "release");
    if (hd_is_null(released)) hd_clear_raised(t);
    hd_release(t, released);
    if (!hd_is_null(error)) hd_set_raised_steal(t, hd_move(&error));
    if (hd_raised(t)) return -1;
    return done < count ? raise_short(t) : 0;
}

int hd_unpickle_read_into(HdThread *t, HdUnpickler *u, uint8_t *out, HdSize count) {
    HdSize there = u->available - u->position;
    if (there > count) there = count;
    if (there > 0) {
        memcpy(out, u->bytes + u->position, (size_t)there);
        u->position += there;
        out += there;
        count -= there;
    }
    if (count == 0) return 0;
    return hd_is_null(u->read) ? raise_short(t) : file_read_into(t, u, out, count);
}

HdSize hd_unpickle_read_line(HdThread *t, HdUnpickler *u, const uint8_t **out) {
    const uint8_t *start = u->bytes + u->position;
    HdSize there = u->available - u->position;
    const uint8_t *end = there > 0 ? memchr(start, '\n', (size_t)there) : NULL;
    if (!end && !hd_is_null(u->read)) {
        if (hd_unpickle_skip_consumed(t, u) < 0) return -1;
        HD_OWNED HdValue rest = there > 0 ? hd_bytes_new(t, start, there) : HD_NULL;
        HD_OWNED HdValue line = hd_object_call0(t, u->readline);
        if (hd_is_null(line)) return -1;
        if (there > 0 && u->prefetched >= u->available) { /* the file stands behind what was there */
            HD_OWNED HdValue whole = hd_is_null(rest) ? HD_NULL : hd_bytes_concat(t, rest, line);
            if (hd_is_null(whole) || set_input(t, u, whole) < 0) return -1;
        } else if (set_input(t, u, line) < 0) {
            return -1;
        }
        start = u->bytes;
        there = u->available;
        end = there > 0 && start[there - 1] == '\n' ? start + there - 1 : NULL;
    }
    if (!end) return raise_short(t);
    *out = start;
    u->position = end + 1 - u->bytes;
    return end + 1 - start;
}
