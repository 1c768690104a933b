/* struct_format.c -- see struct_format.h. No locks; runs Python through __index__, __float__ and __bool__ of values. */
#include "struct_format.h"

#include <math.h>

#include "int_internal.h"

/* --- parsing --- */

/* Size of a code, 0 if there is no such code. */
static HdSize code_size(char code, bool native) {
    switch (code) {
    case 'x': case 'b': case 'B': case 'c': case 's': case 'p': case '?': return 1;
    case 'h': case 'H': case 'e': return 2;
    case 'i': case 'I': case 'f': return 4;
    case 'l': case 'L': return native ? 8 : 4;
    case 'q': case 'Q': case 'd': return 8;
    case 'n': case 'N': case 'P': return native ? 8 : 0;
    default: return 0;
    }
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

typedef struct Parser {
    const char *at, *end;
    bool native, little, align;
} Parser;

static void read_order(Parser *p) {
    p->native = p->align = p->little = true;
    if (p->at >= p->end) return;
    switch (*p->at) {
    case '<': p->native = p->align = false; break;
    case '>': case '!': p->native = p->align = p->little = false; break;
    case '=': p->native = p->align = false; break;
    case '@': break;
    default: return;
    }
    p->at++;
}

static int raise_too_long(HdThread *t, HdType *error) { return hd_raise_int(t, error, "total struct size too long"); }

/* The next item: 1, 0 at the end, -1 raised. */
static int next_item(HdThread *t, HdType *error, Parser *p, char *code, HdSize *repeat, HdSize *size) {
    while (p->at < p->end && is_space(*p->at)) p->at++;
    if (p->at >= p->end) return 0;
    *repeat = 1;
    if (*p->at >= '0' && *p->at <= '9') {
        HdSize n = 0;
        for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
            if (n > (HD_SIZE_MAX - 9) / 10) return raise_too_long(t, error);
            n = n * 10 + (*p->at - '0');
        }
        if (p->at >= p->end) return hd_raise_int(t, error, "repeat count given without format specifier");
        *repeat = n;
    }
    *code = *p->at++;
    *size = code_size(*code, p->native);
    if (*size == 0) return hd_raise_int(t, error, "bad char in struct format");
    return 1;
}

/* Walks the format: fills `items` if not NULL, and the totals. */
static int walk(HdThread *t, HdType *error, const char *text, HdSize length, HdStructItem *items, HdStructFormat *out) {
    Parser p = {.at = text, .end = text + length};
    read_order(&p);
    out->count = out->values = out->size = 0;
    char code = 0;
    HdSize repeat = 0, size = 1;
    int found;
    while ((found = next_item(t, error, &p, &code, &repeat, &size)) > 0) {
        if (p.align) {
            HdSize over = out->size % size;
            if (over) out->size += size - over;
        }
        bool text_code = code == 's' || code == 'p';
        HdSize bytes;
        if (__builtin_mul_overflow(repeat, size, &bytes)) return raise_too_long(t, error);
        if (items && code != 'x' && (repeat || text_code)) {
            items[out->count] = (HdStructItem){.code = code, .native = p.native, .little = p.little, .offset = out->size,
                                               .size = text_code ? repeat : size, .repeat = text_code ? 1 : repeat};
        }
        if (code != 'x' && (repeat || text_code)) {
            out->count++;
            out->values += text_code ? 1 : repeat;
        }
        if (__builtin_add_overflow(out->size, bytes, &out->size)) return raise_too_long(t, error);
    }
    return found;
}

int hd_struct_format_parse(HdThread *t, HdType *error, const char *text, HdSize length, HdStructFormat *out) {
    out->items = NULL;
    if (walk(t, error, text, length, NULL, out) < 0) return -1;
    size_t size = (size_t)(out->count ? out->count : 1) * sizeof(HdStructItem);
    HdStructItem *items = hd_heap_raw(t, size);
    if (!items) {
        hd_raise_no_memory(t);
        return -1;
    }
    if (walk(t, error, text, length, items, out) < 0) {
        hd_heap_raw_free(t, items, size);
        return -1;
    }
    out->items = items;
    return 0;
}

void hd_struct_format_free(HdThread *t, HdStructFormat *format) {
    if (!format->items) return;
    hd_heap_raw_free(t, format->items, (size_t)(format->count ? format->count : 1) * sizeof(HdStructItem));
    format->items = NULL;
}

/* --- half precision --- */

bool hd_struct_half_from_double(double d, uint16_t *out) {
    uint16_t sign = signbit(d) ? 0x8000 : 0;
    if (isnan(d)) {
        *out = sign | 0x7e00;
        return true;
    }
    double magnitude = fabs(d);
    if (isinf(d)) {
        *out = sign | 0x7c00;
        return true;
    }
    if (magnitude == 0.0) {
        *out = sign;
        return true;
    }
    int exponent;
    frexp(magnitude, &exponent);
    exponent--; /* magnitude = 1.xxx * 2**exponent */
    if (exponent < -14) exponent = -14;
    double units = nearbyint(ldexp(magnitude, 10 - exponent)); /* half to even */
    if (units >= 2048.0) {
        units /= 2;
        exponent++;
    }
    if (exponent > 15) return false;
    unsigned mantissa = (unsigned)units;
    if (mantissa < 1024) *out = (uint16_t)(sign | mantissa); /* subnormal */
    else *out = (uint16_t)(sign | (unsigned)(exponent + 15) << 10 | (mantissa - 1024));
    return true;
}

double hd_struct_half_to_double(uint16_t half) {
    int exponent = half >> 10 & 31;
    unsigned mantissa = half & 1023;
    double d;
    if (exponent == 31) d = mantissa ? NAN : HUGE_VAL;
    else if (exponent == 0) d = ldexp(mantissa, -24);
    else d = ldexp(mantissa + 1024, exponent - 25);
    return half & 0x8000 ? -d : d;
}

/* --- items --- */

static void store(const HdStructItem *item, uint64_t word, uint8_t *bytes) {
    for (HdSize i = 0; i < item->size; i++) {
        bytes[item->little ? i : item->size - 1 - i] = (uint8_t)word;
        word >>= 8;
    }
}

static uint64_t load(const HdStructItem *item, const uint8_t *bytes) {
    uint64_t word = 0;
    for (HdSize i = 0; i < item->size; i++) word |= (uint64_t)bytes[item->little ? i : item->size - 1 - i] << (8 * i);
    return word;
}

static bool is_signed(char code) { return code == 'b' || code == 'h' || code == 'i' || code == 'l' || code == 'q' || code == 'n'; }

static int raise_beyond(HdThread *t, HdType *error, const HdStructItem *item) {
    bool wide = item->size == 8 && (!item->little || item->code == 'P');
    return hd_raise_int(t, error, wide ? "int too large to convert" : "argument out of range");
}

/* Big-endian formats have words of their own in CPython. */
static int raise_range(HdThread *t, HdType *error, const HdStructItem *item) {
    bool short_by_name = item->little;
    switch (item->code) {
    case 'b': return hd_raise_int(t, error, "byte format requires -128 <= number <= 127");
    case 'B': return hd_raise_int(t, error, "ubyte format requires 0 <= number <= 255");
    case 'h':
        return hd_raise_int(t, error, "%s format requires -32768 <= number <= 32767", short_by_name ? "short" : "'h'");
    case 'H': return hd_raise_int(t, error, "%s format requires 0 <= number <= 65535", short_by_name ? "ushort" : "'H'");
    default: break;
    }
    if (item->size == 8) return raise_beyond(t, error, item);
    if (is_signed(item->code)) {
        return hd_raise_int(t, error, "'%c' format requires -2147483648 <= number <= 2147483647", item->code);
    }
    return hd_raise_int(t, error, "'%c' format requires 0 <= number <= 4294967295", item->code);
}

static int put_int(HdThread *t, HdType *error, const HdStructItem *item, HdValue v, uint8_t *bytes) {
    HD_OWNED HdValue number = HD_NULL;
    if (hd_is_int(v)) {
        number = hd_retain(t, v);
    } else {
        if (!hd_number_check_index(v)) return hd_raise_int(t, error, "required argument is not an integer");
        number = hd_number_index(t, v);
        if (hd_is_null(number)) return -1;
    }
    HdIntView x;
    hd_int_view(&x, number);
    uint64_t magnitude = x.size ? x.limbs[0] : 0;
    bool negative = x.negative && x.size;
    if (x.size > 1) return raise_beyond(t, error, item);
    if (item->code == 'P') {
        store(item, negative ? 0 - magnitude : magnitude, bytes);
        return 0;
    }
    int bits = (int)item->size * 8;
    bool fits;
    if (is_signed(item->code)) {
        fits = magnitude < (uint64_t)1 << (bits - 1) || (negative && magnitude == (uint64_t)1 << (bits - 1));
        if (!fits && magnitude > (uint64_t)INT64_MAX + negative) return raise_beyond(t, error, item);
    } else {
        bool wide = item->code == 'I' || item->code == 'L' || (item->code == 'H' && !item->little);
        bool no_long = item->size < 4 && !wide && magnitude > (uint64_t)INT64_MAX + negative;
        if ((negative && wide) || no_long) return hd_raise_int(t, error, "argument out of range");
        fits = !negative && (bits == 64 || magnitude >> bits == 0);
    }
    if (!fits) return raise_range(t, error, item);
    store(item, negative ? 0 - magnitude : magnitude, bytes);
    return 0;
}

static int put_float(HdThread *t, HdType *error, const HdStructItem *item, HdValue v, uint8_t *bytes) {
    double d = hd_number_as_double(t, v);
    if (d == -1.0 && hd_raised(t)) {
        hd_clear_raised(t);
        return hd_raise_int(t, error, "required argument is not a float");
    }
    uint64_t word;
    if (item->code == 'd') {
        memcpy(&word, &d, 8);
    } else if (item->code == 'f') {
        float f = (float)d;
        if (isinf(f) && !isinf(d) && !item->native) {
            return hd_raise_int(t, &hd_OverflowError, "float too large to pack with f format");
        }
        uint32_t half;
        memcpy(&half, &f, 4);
        word = half;
    } else {
        uint16_t half;
        if (!hd_struct_half_from_double(d, &half)) {
            return hd_raise_int(t, &hd_OverflowError, "float too large to pack with e format");
        }
        word = half;
    }
    store(item, word, bytes);
    return 0;
}

static int put_text(HdThread *t, HdType *error, const HdStructItem *item, HdValue v, uint8_t *bytes) {
    const uint8_t *data;
    HdSize length;
    if (hd_is_bytes(v)) {
        data = hd_bytes_data(v);
        length = hd_bytes_length(v);
    } else if (hd_is_bytearray(v)) {
        data = hd_bytearray_data(v);
        length = HD_AS(HdByteArray, v)->length;
    } else {
        return hd_raise_int(t, error, "argument for '%c' must be a bytes object", item->code);
    }
    memset(bytes, 0, (size_t)item->size);
    if (item->code == 'p') {
        if (item->size == 0) return 0;
        if (length > item->size - 1) length = item->size - 1;
        bytes[0] = (uint8_t)(length > 255 ? 255 : length);
        memcpy(bytes + 1, data, (size_t)length);
    } else {
        memcpy(bytes, data, (size_t)(length < item->size ? length : item->size));
    }
    return 0;
}

int hd_struct_format_put(HdThread *t, HdType *error, const HdStructItem *item, HdValue v, uint8_t *bytes) {
    switch (item->code) {
    case 'c':
        if (!hd_is_bytes(v) || hd_bytes_length(v) != 1) {
            return hd_raise_int(t, error, "char format requires a bytes object of length 1");
        }
        bytes[0] = hd_bytes_data(v)[0];
        return 0;
    case 's': case 'p': return put_text(t, error, item, v, bytes);
    case 'e': case 'f': case 'd': {
        int put = put_float(t, error, item, v, bytes);
        if (put < 0 && hd_is_int(v) && hd_raised_is(t, &hd_OverflowError))
            return hd_raise_int(t, error, "int too large to convert");
        return put;
    }
    case '?': {
        int truth = hd_object_truth(t, v);
        bytes[0] = truth > 0;
        return truth < 0 ? -1 : 0;
    }
    default: return put_int(t, error, item, v, bytes);
    }
}

HdValue hd_struct_format_get(HdThread *t, const HdStructItem *item, const uint8_t *bytes) {
    uint64_t word;
    switch (item->code) {
    case 'c': return hd_bytes_new(t, bytes, 1);
    case 's': return hd_bytes_new(t, bytes, item->size);
    case 'p': {
        HdSize length = item->size ? bytes[0] : 0;
        if (length >= item->size) length = item->size ? item->size - 1 : 0;
        return hd_bytes_new(t, bytes + 1, length);
    }
    case '?': return hd_bool(bytes[0] != 0);
    case 'd': {
        double d;
        word = load(item, bytes);
        memcpy(&d, &word, 8);
        return hd_float_new(t, d);
    }
    case 'f': {
        float f;
        uint32_t half = (uint32_t)load(item, bytes);
        memcpy(&f, &half, 4);
        return hd_float_new(t, f);
    }
    case 'e': return hd_float_new(t, hd_struct_half_to_double((uint16_t)load(item, bytes)));
    default:
        word = load(item, bytes);
        if (!is_signed(item->code)) return hd_int_from_u64(t, word);
        int unused = 64 - (int)item->size * 8;
        return hd_int_from_i64(t, (int64_t)(word << unused) >> unused);
    }
}
