/* str_builder.c -- see str_builder.h. Takes no lock: a builder belongs to one thread. */
#include "str_builder.h"

#include "str_internal.h"
#include "utf8.h"

void hd_str_builder_init(HdStrBuilder *b, HdThread *t) {
    b->t = t;
    b->data = b->small;
    b->length = 0;
    b->capacity = (HdSize)sizeof b->small;
    b->whole = HD_NULL;
    b->kind = 1;
    b->max_char = 0;
    b->failed = false;
}

static void free_data(HdStrBuilder *b) {
    if (b->data && b->data != b->small) hd_heap_raw_free(b->t, b->data, (size_t)(b->capacity * b->kind));
}

void hd_str_builder_discard(HdStrBuilder *b) {
    free_data(b);
    if (!hd_is_null(b->whole)) hd_release(b->t, b->whole);
    hd_str_builder_init(b, b->t);
}

static int fail(HdStrBuilder *b) {
    b->failed = true;
    hd_raise_no_memory(b->t);
    return -1;
}

static int add_whole(HdStrBuilder *b);

/* Room for `more` code points up to max_char. */
static int prepare(HdStrBuilder *b, HdSize more, uint32_t max_char) {
    if (b->failed || (HD_UNLIKELY(!hd_is_null(b->whole)) && add_whole(b) < 0)) return -1;
    int kind = hd_str_kind_for(max_char);
    if (HD_LIKELY(kind <= b->kind && b->capacity - b->length >= more)) {
        if (max_char > b->max_char) b->max_char = max_char;
        return 0;
    }
    if (kind < b->kind) kind = b->kind;
    if (more > HD_SIZE_MAX / 8 - b->length) return fail(b);
    HdSize need = b->length + more, capacity = b->capacity;
    if (need > capacity) capacity = need + need / 2 + 32;
    if (kind == b->kind && b->data != b->small) {
        void *data = hd_heap_raw_resize(b->t, b->data, (size_t)(b->capacity * kind), (size_t)(capacity * kind));
        if (!data) return fail(b);
        b->data = data;
    } else {
        void *data = hd_heap_raw(b->t, (size_t)(capacity * kind));
        if (!data) return fail(b);
        hd_str_copy_units(data, kind, b->data, b->kind, b->length);
        free_data(b);
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

int hd_str_builder_char_slow(HdStrBuilder *b, uint32_t c) {
    if (prepare(b, 1, c) < 0) return -1;
    put(b, c);
    return 0;
}

static int add_units(HdStrBuilder *b, const void *data, int kind, HdSize count, uint32_t max_char) {
    if (count == 0) return 0;
    if (prepare(b, count, max_char) < 0) return -1;
    char *to = (char *)b->data + b->length * b->kind;
    if (HD_LIKELY(kind == b->kind)) hd_str_copy_bytes(to, data, (size_t)(count * kind));
    else hd_str_copy_units(to, b->kind, data, kind, count);
    b->length += count;
    return 0;
}

static int add_whole(HdStrBuilder *b) {
    HdValue str = b->whole;
    b->whole = HD_NULL;
    b->data = b->small;
    b->capacity = (HdSize)sizeof b->small;
    int status = add_units(b, hd_str_data(str), hd_str(str)->kind, hd_str_length(str), hd_str_max_char(str));
    hd_release(b->t, str);
    return status;
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
    if (count == hd_str_length(str)) return hd_str_builder_str(b, str);
    uint32_t max_char = hd_str_max_char(str);
    if (max_char >= 0x80) /* a part may be narrower than the whole */
        max_char = hd_str_any_bits(hd_str_at_pointer(str, start), hd_str(str)->kind, count);
    return add_units(b, hd_str_at_pointer(str, start), hd_str(str)->kind, count, max_char);
}

int hd_str_builder_str(HdStrBuilder *b, HdValue str) {
    if (b->data == b->small && b->length == 0 && !b->failed && hd_is_exact_str(str)) {
        b->whole = hd_retain(b->t, str);
        b->data = NULL;
        b->capacity = 0;
        return 0;
    }
    return add_units(b, hd_str_data(str), hd_str(str)->kind, hd_str_length(str), hd_str_max_char(str));
}

int hd_str_builder_fill(HdStrBuilder *b, uint32_t c, HdSize count) {
    if (count <= 0) return 0;
    if (prepare(b, count, c) < 0) return -1;
    if (b->kind == 1) {
        memset((char *)b->data + b->length, (int)c, (size_t)count);
        b->length += count;
    } else {
        while (count-- > 0) put(b, c);
    }
    return 0;
}

HdValue hd_str_builder_finish(HdStrBuilder *b) {
    HdValue v = HD_NULL;
    if (b->failed) {
        if (!hd_raised(b->t)) hd_raise_no_memory(b->t);
    } else if (!hd_is_null(b->whole)) {
        v = b->whole;
        b->whole = HD_NULL;
    } else if (b->length == 0) {
        v = hd_str_empty();
    } else if (b->max_char < 0x80) {
        v = hd_str_from_ascii(b->t, b->data, b->length);
    } else {
        v = hd_str_from_kind(b->t, b->kind, b->data, b->length);
    }
    hd_str_builder_discard(b);
    return v;
}
