/* bytes_format.c -- `bytes % args` and `bytearray % args` (PEP 461). Parsing and numbers are in percent.c. */
#include "bytes_internal.h"
#include "int.h"
#include "number.h"
#include "percent.h"
#include "search.h"
#include "str.h"

typedef struct Bytes {
    HdThread *t;
    uint8_t *data;
    HdSize length, capacity;
    uint8_t small[256]; /* `data`, as long as it is enough */
} Bytes;

static int room(Bytes *b, HdSize more) {
    if (more <= b->capacity - b->length) return 0;
    if (more > HD_SIZE_MAX / 4 - b->length) goto fail;
    HdSize capacity = (b->length + more) + (b->length + more) / 2 + 64;
    void *data = b->data != b->small ? hd_heap_raw_resize(b->t, b->data, (size_t)b->capacity, (size_t)capacity)
                                     : hd_heap_raw(b->t, (size_t)capacity);
    if (!data) goto fail;
    if (b->data == b->small) memcpy(data, b->small, (size_t)b->length);
    b->data = data;
    b->capacity = capacity;
    return 0;
fail:
    hd_raise_no_memory(b->t);
    return -1;
}

static int add(Bytes *b, const void *data, HdSize length) {
    if (room(b, length) < 0) return -1;
    if (length) memcpy(b->data + b->length, data, (size_t)length);
    b->length += length;
    return 0;
}

static int fill(Bytes *b, HdSize count) {
    if (count <= 0) return 0;
    if (room(b, count) < 0) return -1;
    memset(b->data + b->length, ' ', (size_t)count);
    b->length += count;
    return 0;
}

static int add_padded(HdPercent *p, Bytes *b, const void *data, HdSize length, bool cut) {
    if (cut && p->precision >= 0 && p->precision < length) length = p->precision;
    HdSize padding = p->width > length ? p->width - length : 0;
    if (!p->left && fill(b, padding) < 0) return -1;
    if (add(b, data, length) < 0) return -1;
    return p->left ? fill(b, padding) : 0;
}

static HdValue key_of(HdThread *t, const HdPercentSource *source, HdSize start, HdSize end) {
    return hd_bytes_new(t, (const uint8_t *)source->data + start, end - start);
}

static int add_object(HdPercent *p, Bytes *b, HdValue v) {
    HdThread *t = p->t;
    HdValue method;
    HD_OWNED HdValue made = HD_NULL;
    if (!hd_is_exact(v, &hd_bytes_type) && !hd_is_bytearray(v)) {
        int found = hd_object_find_special(t, v, HD_NAME("__bytes__"), &method);
        if (found < 0) return -1;
        if (found) {
            made = hd_object_call0(t, method);
            hd_release(t, method);
            if (hd_is_null(made)) return -1;
            if (!hd_is_bytes(made)) return hd_raise_int(t, &hd_TypeError, "__bytes__ returned non-bytes (type %T)", made);
            v = made;
        } else if (!hd_buffer_check(v)) {
            return hd_raise_int(t, &hd_TypeError,
                                "%%b requires a bytes-like object, or an object that implements __bytes__, not '%T'", v);
        }
    }
    HdBytesView view;
    if (hd_bytes_view(t, v, &view) < 0) return -1;
    int status = add_padded(p, b, view.data, view.length, true);
    hd_bytes_view_end(t, &view);
    return status;
}

static int add_char(HdPercent *p, Bytes *b, HdValue v) {
    HdThread *t = p->t;
    if (hd_is_bytes(v) || hd_is_bytearray(v)) {
        HdBytesView view;
        if (hd_bytes_view(t, v, &view) < 0) return -1;
        uint8_t c = view.length == 1 ? view.data[0] : 0;
        bool good = view.length == 1;
        hd_bytes_view_end(t, &view);
        if (good) return add_padded(p, b, &c, 1, false);
    } else if (hd_is_int(v)) {
        int64_t n;
        if (!hd_int_try_i64(v, &n) || n < 0 || n > 255) {
            return hd_raise_int(t, &hd_OverflowError, "%%c arg not in range(256)");
        }
        uint8_t c = (uint8_t)n;
        return add_padded(p, b, &c, 1, false);
    }
    return hd_raise_int(t, &hd_TypeError, "%%c requires an integer in range(256) or a single byte");
}

static int convert(HdPercent *p, Bytes *b, HdSize at) {
    HdThread *t = p->t;
    uint32_t c = p->conversion;
    if (p->literal) return add(b, "%", 1);
    HdValue v = hd_percent_argument_borrowed(p);
    if (hd_is_null(v)) return -1;
    HD_OWNED HdValue text = HD_NULL;
    switch (c) {
    case 's':
    case 'b': return add_object(p, b, v);
    case 'c': return add_char(p, b, v);
    case 'a':
    case 'r':
        text = hd_object_ascii(t, v);
        return hd_is_null(text) ? -1 : add_padded(p, b, hd_str_data(text), hd_str_length(text), true);
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        text = hd_percent_number(p, v);
        return hd_is_null(text) ? -1 : add(b, hd_str_data(text), hd_str_length(text));
    default:
        return hd_raise_int(t, &hd_ValueError, "unsupported format character '%c' (0x%x) at index %zd",
                            c > 31 && c < 127 ? (int)c : '?', (unsigned)c, at - 1);
    }
}

HdValue hd_bytes_percent(HdThread *t, HdValue self, HdValue args) {
    HdBytesView view;
    if (hd_bytes_view(t, self, &view) < 0) return HD_NULL;
    HdPercent p;
    hd_percent_init(&p, t, args, !hd_is_bytes(args) && !hd_is_bytearray(args) && !hd_is_str(args));
    HdPercentSource source = {view.data, 1, view.length, key_of, self};
    Bytes b;
    b.t = t;
    b.data = b.small;
    b.length = 0;
    b.capacity = (HdSize)sizeof b.small;
    int status = 0;
    for (HdSize at = 0; status == 0 && at < source.length;) {
        HdSize next = hd_search_unit(view.data + at, 1, source.length - at, '%');
        next = next < 0 ? source.length : at + next;
        status = add(&b, view.data + at, next - at);
        at = next + 1;
        if (status < 0 || next == source.length) break;
        status = hd_percent_parse(&p, &source, &at);
        if (status == 0) status = convert(&p, &b, at);
        if (!hd_is_null(p.key_value)) hd_release(t, hd_move(&p.key_value));
    }
    if (!hd_is_null(p.key_value)) hd_release(t, hd_move(&p.key_value));
    if (status == 0) status = hd_percent_finish(&p, "bytes");
    HdValue result = status == 0 ? hd_bytes_like(t, self, b.data, b.length) : HD_NULL;
    if (b.data != b.small) hd_heap_raw_free(t, b.data, (size_t)b.capacity);
    hd_bytes_view_end(t, &view);
    return result;
}
