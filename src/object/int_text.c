/* int_text.c -- int to text and back, to bytes and back.
 *
 * Conversions of long numbers are GMP's (sub-quadratic). The limit on decimal digits (CVE-2020-10735,
 * sys.set_int_max_str_digits) is HdRuntime.int_max_str_digits; it spares numbers of up to 640 digits and the bases
 * that are powers of two. No locks; runs no Python.
 */
#include "bytes.h"
#include "int_internal.h"
#include "number_text.h"
#include "str.h"

enum { DIGITS_NEVER_LIMITED = 640 };

/* --- to text --- */

char *hd_int_put_digits(char *end, uint64_t magnitude, unsigned base) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    if (base == 10) {
        do *--end = (char)('0' + magnitude % 10);
        while ((magnitude /= 10) != 0);
    } else if (base == 16) {
        do *--end = digits[magnitude & 15];
        while ((magnitude >>= 4) != 0);
    } else {
        do *--end = digits[magnitude % base];
        while ((magnitude /= base) != 0);
    }
    return end;
}

static HdValue small_to_str(HdThread *t, int64_t n, unsigned base, bool prefix) {
    char text[HD_INT_DIGITS + 3], *end = text + sizeof text;
    char *at = hd_int_put_digits(end, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, base);
    if (prefix) {
        *--at = base == 16 ? 'x' : base == 8 ? 'o' : 'b';
        *--at = '0';
    }
    if (n < 0) *--at = '-';
    return hd_str_from_ascii(t, at, end - at);
}

/* Decimal, of two limbs. */
static HdValue two_limbs_to_str(HdThread *t, unsigned __int128 n, bool negative) {
    const uint64_t chunk = 10000000000000000000u; /* 10**19 */
    char text[48], *end = text + sizeof text, *at = end;
    while (n > UINT64_MAX) { /* all the digits of a chunk, zeros in front too */
        char *first = hd_int_put_digits(at, (uint64_t)(n % chunk), 10);
        while (first > at - 19) *--first = '0';
        at = first;
        n /= chunk;
    }
    at = hd_int_put_digits(at, (uint64_t)n, 10);
    if (negative) *--at = '-';
    return hd_str_from_ascii(t, at, end - at);
}

static HdValue raise_digits(HdThread *t) {
    return hd_raise(t, &hd_ValueError,
                    "Exceeds the limit (%d digits) for integer string conversion; "
                    "use sys.set_int_max_str_digits() to increase the limit",
                    hd_runtime.int_max_str_digits);
}

HdValue hd_int_to_str(HdThread *t, HdValue v, int base, bool prefix) {
    int64_t n;
    if (hd_int_try_i64(v, &n)) return small_to_str(t, n, (unsigned)base, prefix && base != 10);
    HdIntView x;
    hd_int_view(&x, v);
    if (x.size <= 2 && base == 10)
        return two_limbs_to_str(t, (unsigned __int128)(x.size == 2 ? x.limbs[1] : 0) << 64 | x.limbs[0], x.negative);
    HdSize bits = hd_int_bits(x.limbs, x.size);
    bool power_of_2 = (base & (base - 1)) == 0;
    int limit = hd_runtime.int_max_str_digits;
    /* log10(2) is a little more than 0.30102: more digits than the limit for sure? */
    if (!power_of_2 && limit > 0 && (double)(bits - 1) * 0.30102 > (double)(limit + DIGITS_NEVER_LIMITED)) {
        return raise_digits(t);
    }
    HdSize room = (HdSize)mpn_sizeinbase(x.limbs, x.size, base) + 2;
    size_t copy_size = (size_t)(x.size + 1) * sizeof(mp_limb_t);
    if (hd_int_secure(t, 2 * x.size) < 0) return HD_NULL;
    mp_limb_t *copy = hd_heap_raw(t, copy_size);
    unsigned char *digits = hd_heap_raw(t, (size_t)room);
    HdValue result = HD_NULL;
    if (!copy || !digits) {
        hd_raise_no_memory(t);
        goto done;
    }
    memcpy(copy, x.limbs, (size_t)x.size * sizeof(mp_limb_t));
    HdSize count = (HdSize)mpn_get_str(digits, base, copy, x.size), lead = 0;
    while (digits[lead] == 0) lead++;
    count -= lead;
    if (!power_of_2 && limit > 0 && count > DIGITS_NEVER_LIMITED && count > limit) {
        raise_digits(t);
        goto done;
    }
    bool mark = prefix && base != 10;
    result = hd_str_new(t, count + x.negative + 2 * mark, 127);
    if (hd_is_null(result)) goto done;
    char *to = hd_str_data(result);
    if (x.negative) *to++ = '-';
    if (mark) {
        *to++ = '0';
        *to++ = base == 16 ? 'x' : base == 8 ? 'o' : 'b';
    }
    for (HdSize i = 0; i < count; i++) to[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[digits[lead + i]];
done:
    if (copy) hd_heap_raw_free(t, copy, copy_size);
    if (digits) hd_heap_raw_free(t, digits, (size_t)room);
    return result;
}

/* --- from text --- */

static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

typedef enum ParseStatus { PARSE_OK, PARSE_INVALID, PARSE_RAISED } ParseStatus;

/* What a literal's head says: sign, base, where the digits start and end. */
typedef struct Literal {
    const char *at, *end;
    int base;
    bool negative, zero_only; /* base 0 and a leading zero: all digits must be zero */
} Literal;

static bool read_head(Literal *l, const char *text, HdSize length, int base) {
    l->at = text;
    l->end = text + length;
    while (l->at < l->end && hd_number_text_is_space(*l->at)) l->at++;
    while (l->end > l->at && hd_number_text_is_space(l->end[-1])) l->end--;
    l->negative = l->at < l->end && *l->at == '-';
    l->zero_only = false;
    if (l->at < l->end && (*l->at == '-' || *l->at == '+')) l->at++;
    if (l->at >= l->end) return false;
    char mark = l->end - l->at >= 2 && l->at[0] == '0' ? (char)(l->at[1] | 0x20) : 0;
    int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (base == 0) {
        l->base = marked ? marked : 10;
        l->zero_only = !marked && l->at[0] == '0';
    } else {
        l->base = base;
    }
    if (marked && marked == l->base) {
        l->at += 2;
        if (l->at < l->end && *l->at == '_') l->at++;
    }
    return l->at < l->end;
}

static HdValue raise_long_text(HdThread *t, HdSize digits) {
    return hd_raise(t, &hd_ValueError,
                    "Exceeds the limit (%d digits) for integer string conversion: value has %zd digits; "
                    "use sys.set_int_max_str_digits() to increase the limit",
                    hd_runtime.int_max_str_digits, digits);
}

/* `digits` are checked; up to `count` of them with underscores between. */
static HdValue long_from_digits(HdThread *t, const Literal *l, HdSize count) {
    bool power_of_2 = (l->base & (l->base - 1)) == 0;
    int limit = hd_runtime.int_max_str_digits;
    if (!power_of_2 && limit > 0 && count > DIGITS_NEVER_LIMITED && count > limit) return raise_long_text(t, count);
    int bits = l->base == 10 ? 333 : l->base == 36 ? 517 : 100 * (32 - __builtin_clz((unsigned)l->base - 1));
    HdSize size = (HdSize)((unsigned __int128)count * (unsigned)bits / 6400) + 2; /* hundredths of bits a digit */
    if (hd_int_secure(t, 2 * size) < 0) return HD_NULL;
    unsigned char *raw = hd_heap_raw(t, (size_t)count);
    if (!raw) return hd_raise_no_memory(t);
    HdSize n = 0;
    for (const char *p = l->at; p < l->end; p++) {
        if (*p != '_') raw[n++] = (unsigned char)digit_value(*p);
    }
    HdIntResult r;
    HdValue result = HD_NULL;
    if (hd_int_result_begin(t, &r, size) == 0) {
        mp_size_t used = mpn_set_str(r.limbs, raw, (size_t)n, l->base);
        result = hd_int_result_finish(t, &r, used, l->negative);
    }
    hd_heap_raw_free(t, raw, (size_t)count);
    return result;
}

static ParseStatus parse(HdThread *t, const char *text, HdSize length, int base, HdValue *out) {
    Literal l;
    if (!read_head(&l, text, length, base)) return PARSE_INVALID;
    uint64_t n = 0;
    HdSize count = 0;
    uint64_t low = 0, scale = 1; /* what follows n once n is full: the number is n * scale + low */
    bool after_digit = false, full = false, overflow = false, nonzero = false;
    for (const char *p = l.at; p < l.end; p++) {
        if (*p == '_') {
            if (!after_digit) return PARSE_INVALID;
            after_digit = false;
            continue;
        }
        int digit = digit_value(*p);
        if (digit >= l.base) return PARSE_INVALID;
        after_digit = true;
        nonzero |= digit != 0;
        count++;
        uint64_t next, base = (uint64_t)l.base;
        if (!full) {
            if (HD_LIKELY(!__builtin_mul_overflow(n, base, &next) && !__builtin_add_overflow(next, (uint64_t)digit, &next))) {
                n = next;
                continue;
            }
            full = true;
        }
        overflow = overflow || __builtin_mul_overflow(scale, base, &scale) || __builtin_mul_overflow(low, base, &low) ||
                   __builtin_add_overflow(low, (uint64_t)digit, &low);
    }
    if (!after_digit || (l.zero_only && nonzero)) return PARSE_INVALID;
    if (!overflow && count <= DIGITS_NEVER_LIMITED) {
        unsigned __int128 whole = (unsigned __int128)n * scale + low;
        mp_limb_t words[2] = {(mp_limb_t)whole, (mp_limb_t)(whole >> 64)};
        *out = hd_int_from_limbs(t, words, words[1] ? 2 : 1, l.negative);
    } else {
        *out = long_from_digits(t, &l, count);
    }
    return hd_is_null(*out) ? PARSE_RAISED : PARSE_OK;
}

static HdValue raise_literal(HdThread *t, int base, HdValue shown) {
    HD_OWNED HdValue repr = hd_object_repr(t, shown);
    if (hd_is_null(repr)) return HD_NULL;
    if (hd_str_length(repr) > 200) {
        HdValue cut = hd_str_substring(t, repr, 0, 200);
        if (hd_is_null(cut)) return HD_NULL;
        hd_replace_steal(t, &repr, cut);
    }
    return hd_raise(t, &hd_ValueError, "invalid literal for int() with base %d: %U", base, repr);
}

HdValue hd_int_from_text(HdThread *t, const char *text, HdSize length, int base) {
    HdValue out = HD_NULL;
    if (parse(t, text, length, base, &out) != PARSE_INVALID) return out;
    HdValue shown = hd_str_from_utf8(t, text, length);
    if (!hd_is_null(shown)) raise_literal(t, base, shown);
    hd_release(t, shown);
    return HD_NULL;
}

HdValue hd_int_from_str(HdThread *t, HdValue str, int base) {
    HdNumberText text;
    HdValue out = HD_NULL;
    if (hd_number_text_init(t, &text, str) < 0) return HD_NULL;
    ParseStatus status = parse(t, text.text, text.length, base, &out);
    hd_number_text_free(t, &text);
    return status == PARSE_INVALID ? raise_literal(t, base, str) : out;
}

HdValue hd_int_from_bytes_text(HdThread *t, const char *text, HdSize length, int base) {
    HdValue out = HD_NULL;
    if (parse(t, text, length, base, &out) != PARSE_INVALID) return out;
    HdValue shown = hd_bytes_new(t, text, length);
    if (!hd_is_null(shown)) raise_literal(t, base, shown);
    hd_release(t, shown);
    return HD_NULL;
}

/* --- bytes --- */

HdValue hd_int_from_bytes(HdThread *t, const uint8_t *bytes, HdSize count, bool little, bool is_signed) {
    if (count == 0) return hd_imm_int(0);
    bool negative = is_signed && (bytes[little ? count - 1 : 0] & 0x80);
    HdSize size = (count + 7) / 8;
    HdIntResult r;
    if (hd_int_result_begin(t, &r, size) < 0) return HD_NULL;
    for (HdSize i = 0; i < size; i++) r.limbs[i] = negative ? ~(mp_limb_t)0 : 0;
    for (HdSize i = 0; i < count; i++) {
        mp_limb_t byte = bytes[little ? i : count - 1 - i];
        unsigned shift = (unsigned)(i % 8) * 8;
        r.limbs[i / 8] = (r.limbs[i / 8] & ~((mp_limb_t)0xff << shift)) | byte << shift;
    }
    if (negative) mpn_neg(r.limbs, r.limbs, size);
    return hd_int_result_finish(t, &r, size, negative);
}

int hd_int_to_bytes(HdThread *t, HdValue v, uint8_t *bytes, HdSize count, bool little, bool is_signed) {
    HdIntView x;
    hd_int_view(&x, v);
    if (x.negative && !is_signed) return hd_raise_int(t, &hd_OverflowError, "can't convert negative int to unsigned");
    HdSize bits = hd_int_bits(x.limbs, x.size);
    bool fits = bits <= count * 8 - (is_signed && count > 0);
    if (!fits && x.negative && bits == count * 8) /* -2**(8n-1) takes no more bits than its magnitude */
        fits = mpn_scan1(x.limbs, 0) == (mp_bitcnt_t)(bits - 1);
    if (!fits) return hd_raise_int(t, &hd_OverflowError, "int too big to convert");
    mp_limb_t carry = x.negative, limb = 0;
    for (HdSize i = 0; i < count; i++) {
        if (i % 8 == 0) {
            limb = i / 8 < x.size ? x.limbs[i / 8] : 0;
            if (x.negative) {
                limb = ~limb + carry;
                carry = carry && limb == 0;
            }
        }
        bytes[little ? i : count - 1 - i] = (uint8_t)limb;
        limb >>= 8;
    }
    return 0;
}
