/* marshal.c -- see marshal.h. Reads with bounds checked everywhere: the bytes may be damaged.
 *
 * Takes no locks; parks only in read() of a file given from Python. Containers being dumped are stepped through safely
 * beside other threads; a list that changes meanwhile is dumped as it was found item by item.
 */
#include "marshal.h"

#include "buffer.h"
#include "bytes.h"
#include "dict.h"
#include "float.h"
#include "int.h"
#include "set.h"
#include "utf8.h"
#include "verify.h"

enum { FORMAT = 3, /* of code objects: raise it when they or the compiler's habits change */
    MAX_DEPTH = 2000, FLAG_REF = 0x80 };

uint32_t hd_marshal_cache_key(void) {
    uint32_t hash = 2166136261u + FORMAT;
    for (unsigned op = 0; op < HD_OPS_COUNT; op++) {
        const HdOpInfo *info = &hd_ops_info[op];
        const char *texts[] = {info->name, info->picture, info->meaning};
        for (int i = 0; i < 3; i++)
            for (const char *at = texts[i]; *at; at++) hash = (hash ^ (uint8_t)*at) * 16777619u;
        hash = (hash ^ info->operand ^ (uint32_t)info->family << 8) * 16777619u;
    }
    return hash;
}

/* --- writing --- */
typedef struct Seen { /* objects written with a reference number: open addressing by address */
    uint64_t word;
    uint32_t number;
} Seen;
typedef struct Writer {
    HdThread *t;
    uint8_t *data;
    size_t size, capacity;
    Seen *seen;
    uint32_t seen_mask, seen_count;
    int version, depth;
    bool failed;
} Writer;

static void put(Writer *w, const void *from, size_t size) {
    if (w->failed || !size) return;
    if (size > w->capacity - w->size) {
        size_t larger = w->capacity * 2 + size + 256;
        uint8_t *data = w->data ? hd_heap_raw_resize(w->t, w->data, w->capacity, larger) : hd_heap_raw(w->t, larger);
        if (!data) {
            hd_raise_no_memory(w->t);
            w->failed = true;
            return;
        }
        w->data = data;
        w->capacity = larger;
    }
    memcpy(w->data + w->size, from, size);
    w->size += size;
}
static void put_byte(Writer *w, int byte) {
    uint8_t b = (uint8_t)byte;
    put(w, &b, 1);
}
static void put_u16(Writer *w, uint16_t n) {
    uint8_t b[] = {(uint8_t)n, (uint8_t)(n >> 8)};
    put(w, b, 2);
}
static void put_i32(Writer *w, int64_t n) {
    uint8_t b[] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
    put(w, b, 4);
}
static bool put_size(Writer *w, HdSize n) {
    if (n > INT32_MAX && !w->failed) {
        hd_raise(w->t, &hd_ValueError, "unmarshallable object");
        w->failed = true;
    }
    put_i32(w, n);
    return !w->failed;
}
static void put_sized(Writer *w, const void *from, HdSize size) {
    if (put_size(w, size)) put(w, from, (size_t)size);
}
static void put_value(Writer *w, HdValue v);

static uint32_t word_hash(uint64_t word) { return (uint32_t)((word * 0x9E3779B97F4A7C15u) >> 32); }

static bool seen_grow(Writer *w) {
    uint32_t mask = w->seen ? w->seen_mask * 2 + 1 : 63;
    Seen *seen = hd_heap_raw_zeroed(w->t, ((size_t)mask + 1) * sizeof *seen);
    if (!seen) {
        hd_raise_no_memory(w->t);
        w->failed = true;
        return false;
    }
    for (uint32_t i = 0; w->seen && i <= w->seen_mask; i++) {
        if (!w->seen[i].word) continue;
        uint32_t at = word_hash(w->seen[i].word) & mask;
        while (seen[at].word) at = (at + 1) & mask;
        seen[at] = w->seen[i];
    }
    if (w->seen) hd_heap_raw_free(w->t, w->seen, ((size_t)w->seen_mask + 1) * sizeof *seen);
    w->seen = seen;
    w->seen_mask = mask;
    return true;
}

/* Writes a reference and returns true if v was written before; else sets *flag if it gets a number. */
static bool put_reference(Writer *w, HdValue v, int *flag) {
    *flag = 0;
    if (w->version < 3 || !hd_is_object(v) || hd_count_get(w->t, hd_as_object(v)) == 1) return false;
    if ((!w->seen || w->seen_count * 2 > w->seen_mask) && !seen_grow(w)) return true;
    uint32_t at = word_hash(v.bits) & w->seen_mask;
    for (; w->seen[at].word; at = (at + 1) & w->seen_mask) {
        if (w->seen[at].word != v.bits) continue;
        put_byte(w, 'r');
        put_i32(w, w->seen[at].number);
        return true;
    }
    w->seen[at] = (Seen){v.bits, w->seen_count++};
    *flag = FLAG_REF;
    return false;
}

/* Digits of 15 bits, least significant first, their number negative for negative ints. */
static void put_int(Writer *w, HdValue v, int flag) {
    int64_t n;
    if (hd_int_try_i64(v, &n) && n >= INT32_MIN && n <= INT32_MAX) {
        put_byte(w, 'i' | flag);
        put_i32(w, n);
        return;
    }
    put_byte(w, 'l' | flag);
    mp_limb_t one;
    const mp_limb_t *limbs = &one;
    HdSize count = 1;
    bool negative = hd_int_sign(v) < 0;
    if (hd_is_imm_int(v)) {
        n = hd_imm_int_value(v);
        one = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    } else {
        limbs = HD_AS(HdInt, v)->limbs;
        count = HD_AS(HdInt, v)->size < 0 ? -HD_AS(HdInt, v)->size : HD_AS(HdInt, v)->size;
    }
    HdSize bits = count * 64 - (count ? __builtin_clzll(limbs[count - 1]) : 0), digits = (bits + 14) / 15;
    if (!put_size(w, digits)) return;
    w->size -= 4;
    put_i32(w, negative ? -digits : digits);
    for (HdSize i = 0; i < digits && !w->failed; i++) {
        HdSize bit = i * 15, limb = bit / 64;
        unsigned shift = bit % 64;
        uint64_t word = limbs[limb] >> shift;
        if (shift > 49 && limb + 1 < count) word |= limbs[limb + 1] << (64 - shift);
        put_u16(w, (uint16_t)(word & 0x7fff));
    }
}

static void put_double(Writer *w, double d) { put(w, &d, sizeof d); }

static void put_text_double(Writer *w, double d) {
    HD_OWNED HdValue text = hd_float_repr(w->t, d);
    HdSize length = 0;
    const char *utf8 = hd_is_null(text) ? NULL : hd_str_utf8(w->t, text, &length);
    if (!utf8) {
        w->failed = true;
        return;
    }
    put_byte(w, (int)length);
    put(w, utf8, (size_t)length);
}

static void put_str(Writer *w, HdValue v, int flag) {
    bool interned = hd_str_is_interned(v);
    HdSize length = hd_str_length(v);
    if (w->version >= 4 && hd_str(v)->ascii) {
        bool is_short = length < 256;
        put_byte(w, (is_short ? (interned ? 'Z' : 'z') : (interned ? 'A' : 'a')) | flag);
        if (is_short) put_byte(w, (int)length);
        else if (!put_size(w, length)) return;
        put(w, hd_str_data(v), (size_t)length);
        return;
    }
    put_byte(w, (w->version >= 3 && interned ? 't' : 'u') | flag);
    const HdStr *s = hd_str(v);
    size_t size = hd_utf8_encoded_size(hd_str_data(v), s->kind, (size_t)length);
    if (!put_size(w, (HdSize)size)) return;
    uint8_t *bytes = hd_heap_raw(w->t, size + 1);
    if (!bytes) {
        hd_raise_no_memory(w->t);
        w->failed = true;
        return;
    }
    hd_utf8_encode(hd_str_data(v), s->kind, (size_t)length, bytes);
    put(w, bytes, size);
    hd_heap_raw_free(w->t, bytes, size + 1);
}

static void put_code(Writer *w, HdCode *code, int flag) {
    put_byte(w, 'c' | flag);
    const int32_t numbers[] = {code->argcount, code->posonlyargcount, code->kwonlyargcount, code->stack_size,
                               (int32_t)code->flags, code->first_line, code->attrs_hint};
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) put_i32(w, numbers[i]);
    put_size(w, (HdSize)(code->count * sizeof(HdUnit)));
    for (uint32_t i = 0; i < code->count; i++) put_i32(w, hd_code_plain_unit(code, i));
    put_value(w, code->consts);
    put_value(w, code->names);
    put_value(w, code->localsplus_names);
    put_sized(w, code->localsplus_kinds, code->localsplus_count);
    put_value(w, code->filename);
    put_value(w, code->name);
    put_value(w, code->qualname);
    put_sized(w, code->positions, code->positions_size);
    put_sized(w, code->handlers, (HdSize)(code->handler_count * sizeof(HdHandler)));
}

static void unmarshallable(Writer *w) {
    if (w->failed) return;
    hd_raise(w->t, &hd_ValueError, "unmarshallable object");
    w->failed = true;
}

static void put_set(Writer *w, HdValue v, int flag) {
    put_byte(w, (hd_is_instance(v, &hd_frozenset_type) ? '>' : '<') | flag);
    /* Sorted by their own bytes, so that equal sets give equal files. */
    HD_OWNED HdValue order = hd_list_new(w->t, 0);
    HD_OWNED HdValue items = hd_list_new(w->t, 0);
    HdSize position = 0;
    HdValue key;
    bool good = !hd_is_null(order) && !hd_is_null(items);
    while (good && hd_set_next(w->t, v, &position, &key)) {
        HD_OWNED HdValue bytes = hd_marshal_dump(w->t, key, w->version);
        HdValue pair = hd_is_null(bytes) ? HD_NULL : hd_tuple_pack(w->t, 2, bytes, hd_imm_int(hd_list_length(items)));
        good = hd_list_append_steal(w->t, items, key) == 0 && !hd_is_null(pair) &&
               hd_list_append_steal(w->t, order, pair) == 0;
    }
    if (!good || hd_list_sort(w->t, order, hd_None, false) < 0) {
        w->failed = true;
        return;
    }
    HdSize count = hd_list_length(order);
    put_size(w, count);
    for (HdSize i = 0; i < count && !w->failed; i++) {
        HdValue index = hd_tuple_at_borrowed(hd_list_at_borrowed(order, i), 1);
        put_value(w, hd_list_at_borrowed(items, hd_imm_int_value(index)));
    }
}

static void put_object(Writer *w, HdValue v, int flag) {
    HdType *type = hd_type_of(v);
    if (type == &hd_int_type) {
        put_int(w, v, flag);
    } else if (type == &hd_float_type) {
        put_byte(w, (w->version > 1 ? 'g' : 'f') | flag);
        if (w->version > 1) put_double(w, hd_float_value(v));
        else put_text_double(w, hd_float_value(v));
    } else if (type == &hd_complex_type) {
        put_byte(w, (w->version > 1 ? 'y' : 'x') | flag);
        if (w->version > 1) {
            put_double(w, HD_AS(HdComplex, v)->real);
            put_double(w, HD_AS(HdComplex, v)->imag);
        } else {
            put_text_double(w, HD_AS(HdComplex, v)->real);
            put_text_double(w, HD_AS(HdComplex, v)->imag);
        }
    } else if (type == &hd_bytes_type) {
        put_byte(w, 's' | flag);
        put_sized(w, hd_bytes_data(v), hd_bytes_length(v));
    } else if (type == &hd_str_type) {
        put_str(w, v, flag);
    } else if (type == &hd_tuple_type) {
        HdSize length = hd_tuple_length(v);
        bool small = w->version >= 4 && length < 256;
        put_byte(w, (small ? ')' : '(') | flag);
        if (small) put_byte(w, (int)length);
        else put_size(w, length);
        for (HdSize i = 0; i < length && !w->failed; i++) put_value(w, hd_tuple_at_borrowed(v, i));
    } else if (type == &hd_list_type) {
        HdSize length = hd_list_length(v);
        put_byte(w, '[' | flag);
        put_size(w, length);
        for (HdSize i = 0; i < length && !w->failed; i++) {
            HD_OWNED HdValue item = hd_list_get(w->t, v, i);
            put_value(w, hd_is_null(item) ? hd_None : item); /* None: another thread made the list shorter */
        }
    } else if (type == &hd_dict_type) {
        HdSize position = 0;
        HdValue key, value;
        put_byte(w, '{' | flag);
        while (!w->failed && hd_dict_next(w->t, v, &position, &key, &value)) {
            HD_OWNED HdValue k = key;
            HD_OWNED HdValue x = value;
            put_value(w, k);
            put_value(w, x);
        }
        put_byte(w, '0');
    } else if (type == &hd_set_type || type == &hd_frozenset_type) {
        put_set(w, v, flag);
    } else if (hd_is_code(v)) {
        put_code(w, hd_code(v), flag);
    } else if (hd_buffer_check(v)) {
        HdBuffer buffer;
        if (hd_buffer_get(w->t, v, &buffer, HD_BUFFER_SIMPLE) < 0) {
            hd_clear_raised(w->t);
            unmarshallable(w);
            return;
        }
        put_byte(w, 's' | flag);
        put_sized(w, buffer.data, buffer.length);
        hd_buffer_release(w->t, &buffer);
    } else {
        unmarshallable(w);
    }
}

static void put_value(Writer *w, HdValue v) {
    if (w->failed) return;
    if (w->depth >= MAX_DEPTH || hd_stack_low(w->t)) {
        hd_raise(w->t, &hd_ValueError, "object too deeply nested to marshal");
        w->failed = true;
        return;
    }
    int flag;
    w->depth++;
    if (hd_is_none(v)) put_byte(w, 'N');
    else if (hd_same(v, hd_True)) put_byte(w, 'T');
    else if (hd_same(v, hd_False)) put_byte(w, 'F');
    else if (hd_same(v, hd_Ellipsis)) put_byte(w, '.');
    else if (hd_is_type(v) && HD_AS(HdType, v) == &hd_StopIteration) put_byte(w, 'S');
    else if (!put_reference(w, v, &flag)) put_object(w, v, flag);
    w->depth--;
}

HdValue hd_marshal_dump(HdThread *t, HdValue v, int version) {
    Writer w = {.t = t, .version = version < 0 ? HD_MARSHAL_VERSION : version};
    put_value(&w, v);
    HdValue bytes = w.failed ? HD_NULL : hd_bytes_new(t, w.data, (HdSize)w.size);
    if (w.data) hd_heap_raw_free(t, w.data, w.capacity);
    if (w.seen) hd_heap_raw_free(t, w.seen, ((size_t)w.seen_mask + 1) * sizeof *w.seen);
    return bytes;
}

/* --- reading --- */
typedef struct Reader {
    HdThread *t;
    const uint8_t *start, *at, *end;
    HdValue file;  /* HD_NULL: from memory */
    HdValue chunk; /* the last piece read from it */
    HdValue refs;  /* list */
    int depth;
} Reader;

/* The next n bytes, valid until the next call; NULL = raised. */
static const uint8_t *take(Reader *r, HdSize n) {
    static const uint8_t nothing[1];
    if (n == 0) return nothing;
    if (hd_is_null(r->file)) {
        if (n < 0 || n > r->end - r->at) {
            hd_raise(r->t, &hd_EOFError, "marshal data too short");
            return NULL;
        }
        const uint8_t *at = r->at;
        r->at += n;
        return at;
    }
    HdValue chunk = hd_object_call_method1(r->t, r->file, "read", hd_imm_int(n));
    hd_replace_steal(r->t, &r->chunk, chunk);
    if (hd_is_null(chunk)) return NULL;
    if (!hd_is_bytes(chunk)) {
        hd_raise(r->t, &hd_TypeError, "file.read() returned not bytes but %T", chunk);
        return NULL;
    }
    if (hd_bytes_length(chunk) == n) return hd_bytes_data(chunk);
    if (hd_bytes_length(chunk) > n)
        hd_raise(r->t, &hd_ValueError, "read() returned too much data: %zd bytes requested, %zd returned", n, hd_bytes_length(chunk));
    else hd_raise(r->t, &hd_EOFError, "marshal data too short");
    return NULL;
}

static bool take_i32(Reader *r, int32_t *out) {
    const uint8_t *b = take(r, 4);
    if (b) *out = (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
    return b != NULL;
}
static bool take_size(Reader *r, bool small, const char *what, HdSize *out) {
    if (small) {
        const uint8_t *b = take(r, 1);
        if (b) *out = *b;
        return b != NULL;
    }
    int32_t n;
    if (!take_i32(r, &n)) return false;
    if (n < 0) {
        hd_raise(r->t, &hd_ValueError, "bad marshal data (%s size out of range)", what);
        return false;
    }
    *out = n;
    return true;
}
static HdValue take_value(Reader *r);
static HdValue get_value(Reader *r, const char *where) {
    HdValue v = take_value(r);
    if (hd_is_null(v) && !hd_raised(r->t)) hd_raise(r->t, &hd_TypeError, "NULL object in marshal data for %s", where);
    return v;
}

/* Gives v a number if it was written with one. Takes over v and gives it back. */
static HdValue numbered_steal(Reader *r, HdValue v, bool flag) {
    if (!flag || hd_is_null(v)) return v;
    if (hd_list_append(r->t, r->refs, v) == 0) return v;
    hd_release(r->t, v);
    return HD_NULL;
}
/* A number for a value whose parts come first; -1 = raised, -2 = none wanted. */
static HdSize reserve(Reader *r, bool flag) {
    if (!flag) return -2;
    if (hd_list_append(r->t, r->refs, hd_None) < 0) return -1;
    return hd_list_length(r->refs) - 1;
}
static HdValue reserved_steal(Reader *r, HdValue v, HdSize number) {
    if (hd_is_null(v) || number < 0) return v;
    if (hd_list_set(r->t, r->refs, number, v) == 0) return v;
    hd_release(r->t, v);
    return HD_NULL;
}

static HdValue take_long(Reader *r) {
    int32_t n;
    if (!take_i32(r, &n)) return HD_NULL;
    if (n == INT32_MIN) return hd_raise(r->t, &hd_ValueError, "bad marshal data (long size out of range)");
    HdSize digits = n < 0 ? -n : n, count = (digits * 15 + 63) / 64;
    const uint8_t *b = take(r, digits * 2);
    if (!b) return HD_NULL;
    size_t size = (size_t)(count + 1) * sizeof(mp_limb_t);
    mp_limb_t *limbs = hd_heap_raw_zeroed(r->t, size);
    if (!limbs) return hd_raise_no_memory(r->t);
    HdValue v = HD_NULL;
    for (HdSize i = 0; i < digits; i++) {
        uint64_t digit = (uint64_t)b[2 * i] | (uint64_t)b[2 * i + 1] << 8;
        if (digit > 0x7fff || (i == digits - 1 && digit == 0)) {
            hd_raise(r->t, &hd_ValueError, digit ? "bad marshal data (digit out of range in long)"
                                                 : "bad marshal data (unnormalized long data)");
            goto out;
        }
        HdSize bit = i * 15;
        limbs[bit / 64] |= digit << bit % 64;
        if (bit % 64 > 49) limbs[bit / 64 + 1] |= digit >> (64 - bit % 64);
    }
    v = hd_int_from_limbs(r->t, limbs, count, n < 0);
out:
    hd_heap_raw_free(r->t, limbs, size);
    return v;
}

static bool take_double(Reader *r, bool text, double *out) {
    if (!text) {
        const uint8_t *b = take(r, 8);
        if (b) memcpy(out, b, 8);
        return b != NULL;
    }
    const uint8_t *length = take(r, 1);
    HdSize n = length ? *length : 0;
    const uint8_t *b = length ? take(r, n) : NULL;
    if (!b) return false;
    HD_OWNED HdValue s = hd_str_from_latin1(r->t, b, n);
    HD_OWNED HdValue v = hd_is_null(s) ? HD_NULL : hd_float_from_str(r->t, s);
    if (!hd_is_null(v)) *out = hd_float_value(v);
    return !hd_is_null(v);
}

static HdValue take_bytes(Reader *r) {
    HdSize n;
    if (!take_size(r, false, "bytes object", &n)) return HD_NULL;
    const uint8_t *b = take(r, n);
    return b ? hd_bytes_new(r->t, b, n) : HD_NULL;
}

static HdValue take_text(Reader *r, int kind) {
    HdSize n;
    bool ascii = kind != 'u' && kind != 't', interned = kind == 't' || kind == 'A' || kind == 'Z';
    if (!take_size(r, kind == 'z' || kind == 'Z', "string", &n)) return HD_NULL;
    const uint8_t *b = take(r, n);
    if (!b) return HD_NULL;
    HdValue v = ascii ? hd_str_from_latin1(r->t, b, n) : hd_str_from_wtf8(r->t, (const char *)b, n);
    return interned && !hd_is_null(v) ? hd_str_intern_steal(r->t, v) : v;
}

static HdValue take_tuple(Reader *r, bool small, bool flag) {
    HdSize n;
    if (!take_size(r, small, "tuple", &n)) return HD_NULL;
    if (hd_is_null(r->file) && n > r->end - r->at) return hd_raise(r->t, &hd_EOFError, "marshal data too short");
    /* The tuple itself gets its number first, so that it may contain itself through a list. */
    HD_OWNED HdValue tuple = n ? hd_tuple_new(r->t, n) : hd_retain(r->t, hd_tuple_empty());
    if (hd_is_null(tuple)) return HD_NULL;
    for (HdSize i = 0; i < n; i++) hd_tuple_put_steal(tuple, i, hd_None);
    if (flag && hd_list_append(r->t, r->refs, tuple) < 0) return HD_NULL;
    for (HdSize i = 0; i < n; i++) {
        HdValue item = get_value(r, "tuple");
        if (hd_is_null(item)) return HD_NULL;
        hd_tuple_put_steal(tuple, i, item);
    }
    return hd_move(&tuple);
}

static HdValue take_list(Reader *r, bool flag) {
    HdSize n;
    if (!take_size(r, false, "list", &n)) return HD_NULL;
    HD_OWNED HdValue list = hd_list_new(r->t, 0);
    if (hd_is_null(list) || (flag && hd_list_append(r->t, r->refs, list) < 0)) return HD_NULL;
    for (HdSize i = 0; i < n; i++) {
        HdValue item = get_value(r, "list");
        if (hd_is_null(item) || hd_list_append_steal(r->t, list, item) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue take_dict(Reader *r, bool flag) {
    HD_OWNED HdValue dict = hd_dict_new(r->t);
    if (hd_is_null(dict) || (flag && hd_list_append(r->t, r->refs, dict) < 0)) return HD_NULL;
    for (;;) {
        HD_OWNED HdValue key = take_value(r);
        if (hd_is_null(key)) return hd_raised(r->t) ? HD_NULL : hd_move(&dict);
        HD_OWNED HdValue value = take_value(r);
        if (hd_is_null(value)) return hd_raised(r->t) ? HD_NULL : hd_move(&dict);
        if (hd_dict_set(r->t, dict, key, value) < 0) return HD_NULL;
    }
}

static HdValue take_set(Reader *r, bool frozen, bool flag) {
    HdSize n;
    if (!take_size(r, false, "set", &n)) return HD_NULL;
    HdSize number = frozen ? reserve(r, flag) : -2;
    if (number == -1) return HD_NULL;
    HD_OWNED HdValue set = hd_set_new(r->t, HD_NULL);
    if (hd_is_null(set) || (!frozen && flag && hd_list_append(r->t, r->refs, set) < 0)) return HD_NULL;
    for (HdSize i = 0; i < n; i++) {
        HD_OWNED HdValue item = get_value(r, "set");
        if (hd_is_null(item) || hd_set_add(r->t, set, item) < 0) return HD_NULL;
    }
    return frozen ? reserved_steal(r, hd_frozenset_new(r->t, set), number) : hd_move(&set);
}

static HdValue take_typed(Reader *r, const HdType *type) {
    HdValue v = get_value(r, "code object");
    if (hd_is_null(v) || hd_is_exact(v, type)) return v;
    hd_release(r->t, v);
    return hd_raise(r->t, &hd_ValueError, "bad marshal data (code object)");
}

static HdValue take_code(Reader *r, bool flag) {
    HdSize number = reserve(r, flag);
    int32_t n[7];
    if (number == -1) return HD_NULL;
    for (int i = 0; i < 7; i++)
        if (!take_i32(r, &n[i])) return HD_NULL;
    HdCodeParts parts = {.argcount = n[0], .posonlyargcount = n[1], .kwonlyargcount = n[2], .stack_size = n[3],
                         .flags = (uint32_t)n[4], .first_line = n[5], .attrs_hint = n[6]};
    HD_OWNED HdValue units = take_bytes(r);
    if (hd_is_null(units)) return HD_NULL;
    HD_OWNED HdValue consts = take_typed(r, &hd_tuple_type);
    if (hd_is_null(consts)) return HD_NULL;
    HD_OWNED HdValue names = take_typed(r, &hd_tuple_type);
    if (hd_is_null(names)) return HD_NULL;
    HD_OWNED HdValue locals = take_typed(r, &hd_tuple_type);
    if (hd_is_null(locals)) return HD_NULL;
    HD_OWNED HdValue kinds = take_bytes(r);
    if (hd_is_null(kinds)) return HD_NULL;
    HD_OWNED HdValue filename = take_typed(r, &hd_str_type);
    if (hd_is_null(filename)) return HD_NULL;
    HD_OWNED HdValue name = take_typed(r, &hd_str_type);
    if (hd_is_null(name)) return HD_NULL;
    HD_OWNED HdValue qualname = take_typed(r, &hd_str_type);
    if (hd_is_null(qualname)) return HD_NULL;
    HD_OWNED HdValue positions = take_bytes(r);
    if (hd_is_null(positions)) return HD_NULL;
    HD_OWNED HdValue handlers = take_bytes(r);
    if (hd_is_null(handlers)) return HD_NULL;
    const char *wrong = NULL;
    if (hd_bytes_length(units) % 4 || hd_bytes_length(handlers) % (HdSize)sizeof(HdHandler) ||
        hd_bytes_length(kinds) != hd_tuple_length(locals))
        wrong = "sizes do not agree";
    for (HdSize i = 0; i < hd_tuple_length(names); i++)
        if (!hd_is_exact_str(hd_tuple_at_borrowed(names, i))) wrong = "a name is no str";
    for (HdSize i = 0; i < hd_tuple_length(locals); i++)
        if (!hd_is_exact_str(hd_tuple_at_borrowed(locals, i))) wrong = "a name is no str";
    parts.units = (const HdUnit *)hd_bytes_data(units);
    parts.count = (uint32_t)(hd_bytes_length(units) / 4);
    parts.consts = consts;
    parts.names = names;
    parts.localsplus_names = locals;
    parts.localsplus_kinds = hd_bytes_data(kinds);
    parts.filename = filename;
    parts.name = name;
    parts.qualname = qualname;
    parts.positions = hd_bytes_data(positions);
    parts.positions_size = (uint32_t)hd_bytes_length(positions);
    parts.handlers = (const HdHandler *)hd_bytes_data(handlers);
    parts.handler_count = (uint32_t)(hd_bytes_length(handlers) / (HdSize)sizeof(HdHandler));
    if (!wrong) wrong = hd_verify_parts(r->t, &parts);
    if (wrong) return hd_raise(r->t, &hd_ValueError, "bad marshal data (code object: %s)", wrong);
    return reserved_steal(r, hd_code_new(r->t, &parts), number);
}

static HdValue take_complex(Reader *r, bool text) {
    double real, imag;
    if (!take_double(r, text, &real) || !take_double(r, text, &imag)) return HD_NULL;
    return hd_complex_new(r->t, real, imag);
}

static HdValue take_body(Reader *r, int kind, bool flag) {
    switch (kind) {
    case '0': return HD_NULL; /* the end of a dict */
    case 'N': return hd_None;
    case 'T': return hd_True;
    case 'F': return hd_False;
    case '.': return hd_Ellipsis;
    case 'S': return hd_retain(r->t, hd_type_value(&hd_StopIteration));
    case 'i': {
        int32_t n;
        return take_i32(r, &n) ? numbered_steal(r, hd_imm_int(n), flag) : HD_NULL;
    }
    case 'I': {
        const uint8_t *b = take(r, 8);
        int64_t n;
        if (!b) return HD_NULL;
        memcpy(&n, b, 8);
        return numbered_steal(r, hd_int_from_i64(r->t, n), flag);
    }
    case 'l': return numbered_steal(r, take_long(r), flag);
    case 'f':
    case 'g': {
        double d;
        return take_double(r, kind == 'f', &d) ? numbered_steal(r, hd_float_new(r->t, d), flag) : HD_NULL;
    }
    case 'x':
    case 'y': return numbered_steal(r, take_complex(r, kind == 'x'), flag);
    case 's': return numbered_steal(r, take_bytes(r), flag);
    case 'u':
    case 't':
    case 'a':
    case 'A':
    case 'z':
    case 'Z': return numbered_steal(r, take_text(r, kind), flag);
    case '(':
    case ')': return take_tuple(r, kind == ')', flag);
    case '[': return take_list(r, flag);
    case '{': return take_dict(r, flag);
    case '<':
    case '>': return take_set(r, kind == '>', flag);
    case 'c': return take_code(r, flag);
    case 'r': {
        int32_t n;
        if (!take_i32(r, &n)) return HD_NULL;
        if (n < 0 || n >= hd_list_length(r->refs))
            return hd_raise(r->t, &hd_ValueError, "bad marshal data (invalid reference)");
        return hd_list_get(r->t, r->refs, n);
    }
    default: return hd_raise(r->t, &hd_ValueError, "bad marshal data (unknown type code)");
    }
}

/* HD_NULL without an exception: the mark that ends a dict. */
static HdValue take_value(Reader *r) {
    if (hd_is_null(r->file) && r->at >= r->end) return hd_raise(r->t, &hd_EOFError, "EOF read where object expected");
    const uint8_t *head = take(r, 1);
    if (!head) return HD_NULL;
    int kind = *head & ~FLAG_REF;
    bool flag = (*head & FLAG_REF) != 0;
    if (r->depth >= MAX_DEPTH || hd_stack_low(r->t)) return hd_raise(r->t, &hd_ValueError, "recursion limit exceeded");
    r->depth++;
    HdValue v = take_body(r, kind, flag);
    r->depth--;
    return v;
}

static HdValue load(Reader *r) {
    r->refs = hd_list_new(r->t, 0);
    HdValue v = hd_is_null(r->refs) ? HD_NULL : get_value(r, "object");
    hd_release(r->t, r->refs);
    hd_release(r->t, r->chunk);
    return v;
}

HdValue hd_marshal_load(HdThread *t, const char *bytes, HdSize length, HdSize *used) {
    Reader r = {.t = t, .start = (const uint8_t *)bytes, .at = (const uint8_t *)bytes, .end = (const uint8_t *)bytes + length};
    HdValue v = load(&r);
    if (used) *used = r.at - r.start;
    return v;
}

HdValue hd_marshal_load_file(HdThread *t, HdValue file) {
    Reader r = {.t = t, .file = file};
    return load(&r);
}
