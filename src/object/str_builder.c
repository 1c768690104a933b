/* str_builder.c -- see str_builder.h. Takes no lock: a builder belongs to one thread. */
#include "str_builder.h"

#include "str_internal.h"
#include "utf8.h"

void hd_str_builder_init(HdStrBuilder *b, HdThread *t) { *b = (HdStrBuilder){.t = t, .kind = 1}; }

void hd_str_builder_discard(HdStrBuilder *b) {
    if (b->data) hd_heap_raw_free(b->t, b->data, (size_t)(b->capacity * b->kind));
    b->data = NULL;
    b->length = b->capacity = 0;
    b->kind = 1;
    b->max_char = 0;
}

static int fail(HdStrBuilder *b) {
    b->failed = true;
    hd_raise_no_memory(b->t);
    return -1;
}

/* Room for `more` code points up to max_char. */
static int prepare(HdStrBuilder *b, HdSize more, uint32_t max_char) {
    if (b->failed) return -1;
    int kind = hd_str_kind_for(max_char);
    if (HD_LIKELY(kind <= b->kind && b->capacity - b->length >= more)) {
        if (max_char > b->max_char) b->max_char = max_char;
        return 0;
    }
    if (kind < b->kind) kind = b->kind;
    if (more > HD_SIZE_MAX / 8 - b->length) return fail(b);
    HdSize need = b->length + more, capacity = b->capacity;
    if (need > capacity) capacity = need + need / 2 + 32;
    if (kind == b->kind && b->data) {
        void *data = hd_heap_raw_resize(b->t, b->data, (size_t)(b->capacity * kind), (size_t)(capacity * kind));
        if (!data) return fail(b);
        b->data = data;
    } else {
        void *data = hd_heap_raw(b->t, (size_t)(capacity * kind));
        if (!data) return fail(b);
        if (b->data) {
            hd_str_copy_units(data, kind, b->data, b->kind, b->length);
            hd_heap_raw_free(b->t, b->data, (size_t)(b->capacity * b->kind));
        }
        b->data = data;
        b->kind = kind;
    }
    b->capacity = capacity;
    if (max_char > b->max_char) b->max_char = max_char;
    return 0;
}

HD_INLINE void put(HdStrBuilder *b, uint32_t c) {
    if (b->kind == 1) ((uint8_t *)b->data)[b->length++] = (uint8_t)c;
    else if (b->kind == 2) ((uint16_t *)b->data)[b->length++] = (uint16_t)c;
    else ((uint32_t *)b->data)[b->length++] = c;
}

int hd_str_builder_char(HdStrBuilder *b, uint32_t c) {
    if (prepare(b, 1, c) < 0) return -1;
    put(b, c);
    return 0;
}

static int add_units(HdStrBuilder *b, const void *data, int kind, HdSize count, uint32_t max_char) {
    if (count == 0) return 0;
    if (prepare(b, count, max_char) < 0) return -1;
    hd_str_copy_units((char *)b->data + b->length * b->kind, b->kind, data, kind, count);
    b->length += count;
    return 0;
}

int hd_str_builder_ascii(HdStrBuilder *b, const char *bytes, HdSize length) {
    return add_units(b, bytes, 1, length, 0x7F);
}

int hd_str_builder_text(HdStrBuilder *b, const char *utf8) {
    size_t size = strlen(utf8), ascii = hd_utf8_ascii_prefix(utf8, size);
    if (hd_str_builder_ascii(b, utf8, (HdSize)ascii) < 0) return -1;
    const uint8_t *at = (const uint8_t *)utf8 + ascii, *end = (const uint8_t *)utf8 + size;
    while (at < end) {
        uint32_t c = hd_utf8_next(&at, end, true);
        if (c == HD_UTF8_BAD) {
            at++;
            c = 0xFFFD;
        }
        if (hd_str_builder_char(b, c) < 0) return -1;
    }
    return 0;
}

int hd_str_builder_slice(HdStrBuilder *b, HdValue str, HdSize start, HdSize end) {
    HdSize count = end - start;
    if (count <= 0) return 0;
    uint32_t max_char = hd_str_max_char(str);
    if (max_char >= 0x80 && count < hd_str_length(str)) /* a part may be narrower than the whole */
        max_char = hd_str_any_bits(hd_str_at_pointer(str, start), hd_str(str)->kind, count);
    return add_units(b, hd_str_at_pointer(str, start), hd_str(str)->kind, count, max_char);
}

int hd_str_builder_str(HdStrBuilder *b, HdValue str) {
    return add_units(b, hd_str_data(str), hd_str(str)->kind, hd_str_length(str), hd_str_max_char(str));
}

int hd_str_builder_fill(HdStrBuilder *b, uint32_t c, HdSize count) {
    if (count <= 0) return 0;
    if (prepare(b, count, c) < 0) return -1;
    while (count-- > 0) put(b, c);
    return 0;
}

HdValue hd_str_builder_finish(HdStrBuilder *b) {
    HdValue v = HD_NULL;
    if (b->failed) {
        if (!hd_raised(b->t)) hd_raise_no_memory(b->t);
    } else if (b->length == 0) {
        v = hd_str_empty();
    } else if (b->max_char < 0x80) {
        v = hd_str_from_ascii(b->t, b->data, b->length);
    } else {
        v = hd_str_from_kind(b->t, b->kind, b->data, b->length);
    }
    hd_str_builder_discard(b);
    b->failed = false;
    return v;
}
