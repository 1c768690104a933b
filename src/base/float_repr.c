/* float_repr.c -- double to text and back.
 *
 * Shortest digits: Raffaele Giulietti, "The Schubfach way to render doubles" (2020), with the 128-bit powers that
 * tools/gen_pow10.py writes. Exact digits: the number is m * 2**e, so m * 5**-e (or m * 2**e) written in decimal by
 * GMP's mpn layer holds every digit. Reading: one 64 x 128 bit product decides nearly always (the idea of Eisel and
 * Lemire); the rest goes through exact mpn arithmetic.
 * Pure functions on the stack: no locks, never parks.
 */
#include "float_repr.h"

#include <gmp.h>
#include <math.h>

_Static_assert(GMP_NUMB_BITS == 64, "limbs of 64 bits without nails");

typedef unsigned __int128 u128;

#define POW10_FIRST (-292)
#define POW10_LAST 324
static const struct { uint64_t high, low; } pow10_table[] = {
#include "pow10_table.inc"
};
_Static_assert(HD_COUNT_OF(pow10_table) == POW10_LAST - POW10_FIRST + 1, "regenerate pow10_table.inc");

static int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }

/* number = *mantissa * 2**result, for a finite number; the sign is dropped. */
static int split(double number, uint64_t *mantissa) {
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    int exponent = (int)(word >> 52) & 0x7ff;
    *mantissa = word & (((uint64_t)1 << 52) - 1);
    if (exponent == 0) return -1074;
    *mantissa |= (uint64_t)1 << 52;
    return exponent - 1075;
}

/* --- shortest digits --- */

/* floor(g * cp / 2**128) with the last bit set when something was cut off ("round to odd"). */
static uint64_t round_to_odd(int k, uint64_t cp) {
    u128 x = (u128)pow10_table[k - POW10_FIRST].low * cp;
    u128 y = (u128)pow10_table[k - POW10_FIRST].high * cp + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* The shortest decimal mantissa for c * 2**q; *exponent10 gets its power of ten. */
static uint64_t schubfach(uint64_t c, int q, bool closer_below, int *exponent10) {
    unsigned odd = c & 1;
    int k = (q * 1262611 - (closer_below ? 524031 : 0)) >> 22;
    int h = q + floor_log2_pow10(-k) + 1;
    uint64_t below = round_to_odd(-k, (4 * c - 2 + closer_below) << h) + odd;
    uint64_t middle = round_to_odd(-k, (4 * c) << h);
    uint64_t above = round_to_odd(-k, (4 * c + 2) << h) - odd;
    uint64_t s = middle / 4;
    if (s >= 10) {
        uint64_t s10 = s / 10;
        bool low_in = below <= 40 * s10, high_in = 40 * s10 + 40 <= above;
        if (low_in != high_in) {
            *exponent10 = k + 1;
            return s10 + high_in;
        }
    }
    *exponent10 = k;
    bool low_in = below <= 4 * s, high_in = 4 * s + 4 <= above;
    if (low_in != high_in) return s + high_in;
    uint64_t half = 4 * s + 2;
    return s + (middle > half || (middle == half && (s & 1)));
}

void hd_decimal_shortest(HdDecimal *d, double number) {
    uint64_t c;
    int q = split(number, &c), exponent10;
    if (c == 0) {
        d->count = d->point = 0;
        return;
    }
    uint64_t s;
    if (q <= 0 && q > -53 && (c & (((uint64_t)1 << -q) - 1)) == 0) { /* a small whole number */
        s = c >> -q;
        exponent10 = 0;
    } else {
        s = schubfach(c, q, c == (uint64_t)1 << 52 && q > -1074, &exponent10);
    }
    char text[20];
    int at = sizeof text;
    while (s) {
        text[--at] = (char)('0' + s % 10);
        s /= 10;
    }
    int count = (int)sizeof text - at;
    d->point = exponent10 + count;
    while (text[at + count - 1] == '0') count--;
    d->count = count;
    memcpy(d->digits, text + at, (size_t)count);
}

/* --- exact digits --- */

static const uint64_t powers10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
                                    100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
                                    10000000000000000, 100000000000000000, 1000000000000000000};

/* limbs *= 5**power; returns the new length. There must be room. */
static mp_size_t multiply_pow5(mp_limb_t *limbs, mp_size_t size, int64_t power) {
    const mp_limb_t chunk = 7450580596923828125u; /* 5**27 */
    while (power > 0) {
        mp_limb_t factor = chunk;
        if (power < 27) {
            factor = 1;
            for (int64_t i = 0; i < power; i++) factor *= 5;
        }
        power -= 27;
        mp_limb_t carry = mpn_mul_1(limbs, limbs, size, factor);
        if (carry) limbs[size++] = carry;
    }
    return size;
}

void hd_decimal_exact(HdDecimal *d, double number) {
    uint64_t m;
    int e = split(number, &m);
    if (m == 0) {
        d->count = d->point = 0;
        return;
    }
    int zeros = __builtin_ctzll(m);
    m >>= zeros;
    e += zeros;
    mp_limb_t limbs[64] = {m};
    mp_size_t size = 1;
    if (e < 0) {
        size = multiply_pow5(limbs, size, -e);
    } else if (e > 0) {
        size = e / 64 + 1;
        limbs[0] = 0;
        limbs[size - 1] = m;
        if (e % 64) {
            mp_limb_t carry = mpn_lshift(limbs + size - 1, limbs + size - 1, 1, (unsigned)(e % 64));
            if (carry) limbs[size++] = carry;
        }
    }
    size_t count = mpn_get_str((unsigned char *)d->digits, 10, limbs, size);
    size_t lead = 0;
    while (lead < count && d->digits[lead] == 0) lead++;
    count -= lead;
    if (lead) memmove(d->digits, d->digits + lead, count);
    d->point = (int)count + (e < 0 ? e : 0);
    while (d->digits[count - 1] == 0) count--;
    for (size_t i = 0; i < count; i++) d->digits[i] += '0';
    d->count = (int)count;
}

void hd_decimal_round(HdDecimal *d, int64_t keep) {
    if (keep >= d->count) return;
    bool up = false;
    if (keep >= 0) {
        char next = d->digits[keep];
        bool last_odd = keep > 0 && (d->digits[keep - 1] & 1);
        up = next > '5' || (next == '5' && (keep + 1 < d->count || last_odd));
    } else {
        keep = 0;
    }
    if (up) {
        while (keep > 0 && d->digits[keep - 1] == '9') keep--;
        if (keep > 0) {
            d->digits[keep - 1]++;
        } else {
            d->digits[0] = '1';
            d->point++;
            keep = 1;
        }
    } else {
        while (keep > 0 && d->digits[keep - 1] == '0') keep--;
    }
    d->count = (int)keep;
}

/* Digits of the number rounded to `places` behind the point, as hd_decimal_exact and hd_decimal_round give them, where
 * 128 bits hold number * 10**places; false: they do not. */
static bool fixed(HdDecimal *d, double number, int64_t places) {
    uint64_t m;
    int e = split(number, &m);
    if (places < 0 || places > 18 || e > 0 || e < -127) return false;
    u128 scaled = (u128)m * powers10[places]; /* below 2**113 */
    u128 whole = scaled >> -e, rest = scaled & (((u128)1 << -e) - 1), half = e ? (u128)1 << (-e - 1) : 1;
    if (whole > INT64_MAX) return false;
    uint64_t n = (uint64_t)whole;
    n += rest > half || (rest == half && (n & 1));
    char text[20];
    int at = sizeof text;
    for (; n; n /= 10) text[--at] = (char)('0' + n % 10);
    int count = (int)sizeof text - at;
    d->point = count ? count - (int)places : 0;
    while (count && text[at + count - 1] == '0') count--;
    d->count = count;
    memcpy(d->digits, text + at, (size_t)count);
    return true;
}

/* The same for `keep` digits altogether, of numbers from 1 to 10**15. */
static bool fixed_digits(HdDecimal *d, double number, int64_t keep) {
    double size = fabs(number);
    if (!(size >= 1) || keep > 18) return false;
    int before = 1; /* digits before the point */
    while (before < 16 && size >= (double)powers10[before]) before++;
    return before < 16 && fixed(d, number, keep - before);
}

/* --- layout --- */

typedef struct Out {
    char *buffer;
    size_t size, length;
} Out;

static void put(Out *out, char c) {
    if (out->length < out->size) out->buffer[out->length] = c;
    out->length++;
}

static void put_fill(Out *out, char c, int64_t count) {
    if (count <= 0) return;
    if (out->length < out->size) {
        size_t room = out->size - out->length;
        memset(out->buffer + out->length, c, (size_t)count < room ? (size_t)count : room);
    }
    out->length += (size_t)count;
}

/* The digits from place `from` up to `to` of d; places before the first and after the last digit are '0'. */
static void put_digits(Out *out, const HdDecimal *d, int64_t from, int64_t to) {
    if (from < 0) {
        int64_t end = to < 0 ? to : 0;
        put_fill(out, '0', end - from);
        from = end;
    }
    for (; from < to && from < d->count; from++) put(out, d->digits[from]);
    put_fill(out, '0', to - from);
}

static void put_exponent(Out *out, char letter, int exponent) {
    put(out, letter);
    put(out, exponent < 0 ? '-' : '+');
    unsigned n = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (n >= 100) put(out, (char)('0' + n / 100));
    put(out, (char)('0' + n / 10 % 10));
    put(out, (char)('0' + n % 10));
}

static size_t format_special(double number, char code, int flags, Out *out) {
    bool upper = code == 'E' || code == 'F' || code == 'G';
    const char *name = isnan(number) ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf");
    if (!isnan(number) && number < 0) put(out, '-');
    else if (flags & HD_FLOAT_SIGN) put(out, '+');
    for (; *name; name++) put(out, *name);
    return out->length;
}

size_t hd_float_format(double number, char code, int64_t precision, int flags, char *buffer, size_t size) {
    Out out = {buffer, size, 0};
    if (!isfinite(number)) return format_special(number, code, flags, &out);
    HdDecimal d;
    char kind = (char)(code | 0x20), letter = code == kind ? 'e' : 'E';
    bool exponential = kind == 'e';
    int64_t fraction = 0; /* digits after the point */
    if (kind == 'r') {
        hd_decimal_shortest(&d, number);
        exponential = d.count && (d.point <= -4 || d.point > 16);
        fraction = exponential ? d.count - 1 : d.count - d.point;
    } else {
        if (kind == 'g' && precision == 0) precision = 1;
        int64_t keep = kind == 'e' ? precision + 1 : precision;
        if (!(kind == 'f' ? fixed(&d, number, precision) : fixed_digits(&d, number, keep))) {
            hd_decimal_exact(&d, number);
            hd_decimal_round(&d, kind == 'f' ? keep + d.point : keep);
        }
        fraction = precision;
        if (kind == 'g') {
            int64_t limit = precision - (flags & HD_FLOAT_DOT_0 ? 1 : 0);
            int point = d.count ? d.point : 1;
            exponential = point <= -4 || point > limit;
            int64_t digits = flags & HD_FLOAT_ALT ? precision : d.count;
            fraction = exponential ? digits - 1 : digits - point;
        }
    }
    if (d.count == 0) d.point = 1; /* zero is "0", exponent 0 */
    if (fraction < 0) fraction = 0;

    bool negative = signbit(number) && !((flags & HD_FLOAT_NO_NEG_0) && d.count == 0);
    if (negative) put(&out, '-');
    else if (flags & HD_FLOAT_SIGN) put(&out, '+');
    int64_t point = exponential ? 1 : d.point;
    if (point <= 0) put(&out, '0');
    else put_digits(&out, &d, 0, point);
    if (fraction > 0 || (flags & HD_FLOAT_ALT)) put(&out, '.');
    put_digits(&out, &d, point, point + fraction);
    if (exponential) put_exponent(&out, letter, d.point - 1);
    else if ((flags & HD_FLOAT_DOT_0) && fraction == 0) {
        if (!(flags & HD_FLOAT_ALT)) put(&out, '.');
        put(&out, '0');
    }
    return out.length;
}

size_t hd_float_repr_text(double number, char buffer[32]) {
    return hd_float_format(number, 'r', 0, HD_FLOAT_DOT_0, buffer, 32);
}

/* --- reading --- */

double hd_float_assemble(uint64_t mantissa, int64_t exponent, bool sticky) {
    if (mantissa == 0) return 0.0;
    int zeros = __builtin_clzll(mantissa);
    mantissa <<= zeros;
    exponent -= zeros;
    if (exponent > 1023 - 63) return HUGE_VAL;
    int64_t drop = 11;
    if (exponent + 63 < -1022) drop += -1022 - (exponent + 63);
    if (drop > 64) return 0.0;
    uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
    uint64_t rest = drop == 64 ? mantissa : mantissa << (64 - drop);
    uint64_t half = (uint64_t)1 << 63;
    if (rest > half || (rest == half && (sticky || (kept & 1)))) kept++;
    return ldexp((double)kept, (int)(exponent + drop));
}

enum { MAX_DIGITS = 800 }; /* 767 decide every double; more only say "a little more" */

/* mantissa * 10**exponent, through one product with a 128-bit power; false when the result is too close to call. */
static bool read_fast(uint64_t mantissa, int64_t exponent, double *out) {
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (mantissa <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) {
        *out = exponent < 0 ? (double)mantissa / exact[-exponent] : (double)mantissa * exact[exponent];
        return true;
    }
    if (exponent < POW10_FIRST || exponent > 308) return false;
    int zeros = __builtin_clzll(mantissa);
    mantissa <<= zeros;
    const uint64_t high = pow10_table[exponent - POW10_FIRST].high, low = pow10_table[exponent - POW10_FIRST].low;
    u128 product = (u128)mantissa * high + (uint64_t)(((u128)mantissa * low) >> 64);
    /* The power was rounded up by less than one unit, so the true product is at most two units below this one. */
    int64_t binary = floor_log2_pow10((int)exponent) - 127 - zeros + 64;
    int width = product >> 127 ? 128 : 127;
    int64_t top = binary + width - 1;
    if (top < -1022 || top > 1022) return false;
    int drop = width - 53;
    u128 rest = product & (((u128)1 << drop) - 1), half = (u128)1 << (drop - 1);
    if (rest <= 2 || (rest >= half - 2 && rest <= half + 2)) return false;
    uint64_t kept = (uint64_t)(product >> drop) + (rest > half);
    *out = ldexp((double)kept, (int)(binary + drop));
    return true;
}

/* 0.d1d2... digits as a whole number times 10**exponent, by exact arithmetic. */
static double read_exact(const char *digits, int count, int64_t exponent, bool sticky) {
    if (count + exponent > 310) return HUGE_VAL;
    if (count + exponent < -326) return 0.0;
    unsigned char raw[MAX_DIGITS];
    for (int i = 0; i < count; i++) raw[i] = (unsigned char)(digits[i] - '0');
    mp_limb_t number[160];
    mp_size_t size = mpn_set_str(number, raw, (size_t)count, 10);
    while (size > 0 && number[size - 1] == 0) size--;
    int64_t binary = 0;
    if (exponent >= 0) {
        size = multiply_pow5(number, size, exponent);
        binary = exponent;
    } else {
        /* Divide by 5**-exponent after a shift by whole limbs that leaves at least two limbs of quotient. */
        mp_limb_t divisor[64] = {1}, quotient[160];
        mp_size_t divisor_size = multiply_pow5(divisor, 1, -exponent);
        mp_size_t shift = divisor_size + 2 > size ? divisor_size + 2 - size : 0;
        memmove(number + shift, number, (size_t)size * sizeof *number);
        memset(number, 0, (size_t)shift * sizeof *number);
        size += shift;
        mp_limb_t remainder[64];
        mpn_tdiv_qr(quotient, remainder, 0, number, size, divisor, divisor_size);
        if (!mpn_zero_p(remainder, divisor_size)) sticky = true;
        size = size - divisor_size + 1;
        while (quotient[size - 1] == 0) size--;
        memcpy(number, quotient, (size_t)size * sizeof *number);
        binary = exponent - 64 * (int64_t)shift;
    }
    uint64_t top = number[size - 1];
    if (size > 1) {
        int zeros = __builtin_clzll(top);
        uint64_t next = number[size - 2];
        if (zeros) {
            top = top << zeros | next >> (64 - zeros);
            next <<= zeros;
        }
        if (next || (size > 2 && !mpn_zero_p(number, size - 2))) sticky = true;
        binary += 64 * (int64_t)(size - 1) - zeros;
    }
    return hd_float_assemble(top, binary, sticky);
}

static bool matches(const char *text, size_t length, const char *word) {
    size_t n = strlen(word);
    if (length < n) return false;
    for (size_t i = 0; i < n; i++) {
        if ((text[i] | 0x20) != word[i]) return false;
    }
    return true;
}

/* "inf", "infinity" or "nan" at the start of text; *used is 0 when there is none. */
static double read_word(const char *text, size_t length, size_t *used) {
    *used = 0;
    if (matches(text, length, "infinity")) *used = 8;
    else if (matches(text, length, "inf") || matches(text, length, "nan")) *used = 3;
    else return 0.0;
    return (text[0] | 0x20) == 'n' ? (double)NAN : HUGE_VAL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

typedef struct Scan {
    char digits[MAX_DIGITS];
    int count;
    bool sticky;
    int64_t exponent;
    uint64_t head; /* the first 19 digits as a number */
} Scan;

static void scan_digit(Scan *s, char c, bool after_point) {
    if (s->count == 0 && c == '0') {
        s->exponent -= after_point;
        return;
    }
    if (s->count < MAX_DIGITS) {
        if (s->count < 19) s->head = s->head * 10 + (uint64_t)(c - '0');
        s->digits[s->count++] = c;
        s->exponent -= after_point;
    } else {
        s->sticky |= c != '0';
        s->exponent += !after_point;
    }
}

/* Reads an optional exponent at text[at]; returns the index after it. */
static size_t scan_exponent(const char *text, size_t length, size_t at, int64_t *exponent) {
    if (at >= length || (text[at] | 0x20) != 'e') return at;
    size_t i = at + 1;
    bool negative = i < length && text[i] == '-';
    if (i < length && (text[i] == '-' || text[i] == '+')) i++;
    if (i >= length || !is_digit(text[i])) return at;
    int64_t n = 0;
    for (; i < length && is_digit(text[i]); i++) {
        if (n < (int64_t)1 << 56) n = n * 10 + (text[i] - '0');
    }
    *exponent += negative ? -n : n;
    return i;
}

double hd_float_parse(const char *text, size_t length, size_t *used) {
    size_t i = 0;
    bool negative = length > 0 && text[0] == '-';
    if (length > 0 && (text[0] == '-' || text[0] == '+')) i = 1;
    size_t word;
    double number = read_word(text + i, length - i, &word);
    if (word) {
        *used = i + word;
        return negative ? -number : number;
    }
    Scan s;
    s.count = 0;
    s.sticky = false;
    s.exponent = 0;
    s.head = 0;
    size_t start = i;
    for (; i < length && is_digit(text[i]); i++) scan_digit(&s, text[i], false);
    size_t seen = i - start;
    if (i < length && text[i] == '.') {
        size_t point = i++;
        for (; i < length && is_digit(text[i]); i++) scan_digit(&s, text[i], true);
        seen += i - point - 1;
    }
    if (seen == 0) {
        *used = 0;
        return 0.0;
    }
    *used = scan_exponent(text, length, i, &s.exponent);
    while (s.count > 19 && !s.sticky && s.digits[s.count - 1] == '0') {
        s.count--;
        s.exponent++;
    }
    if (s.count == 0) number = 0.0;
    else if (s.count > 19 || !read_fast(s.head, s.exponent, &number))
        number = read_exact(s.digits, s.count, s.exponent, s.sticky);
    return negative ? -number : number;
}

/* --- hexadecimal --- */

size_t hd_float_hex(double number, char buffer[32]) {
    Out out = {buffer, 32, 0};
    if (!isfinite(number)) return format_special(number, 'r', 0, &out);
    uint64_t m;
    int e = split(number, &m);
    if (signbit(number)) put(&out, '-');
    put(&out, '0');
    put(&out, 'x');
    put(&out, (char)('0' + (m >> 52)));
    put(&out, '.');
    if (m == 0) {
        put(&out, '0');
        e = -52;
    } else {
        for (int shift = 48; shift >= 0; shift -= 4) put(&out, "0123456789abcdef"[(m >> shift) & 15]);
    }
    e += 52;
    put(&out, 'p');
    put(&out, e < 0 ? '-' : '+');
    char text[8];
    int at = sizeof text;
    unsigned n = (unsigned)(e < 0 ? -e : e);
    do text[--at] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    for (; at < (int)sizeof text; at++) put(&out, text[at]);
    return out.length;
}

static int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

HdHexStatus hd_float_from_hex(const char *text, size_t length, double *result) {
    size_t i = 0;
    while (i < length && is_space(text[i])) i++;
    while (length > i && is_space(text[length - 1])) length--;
    bool negative = i < length && text[i] == '-';
    if (i < length && (text[i] == '-' || text[i] == '+')) i++;
    size_t word;
    double number = read_word(text + i, length - i, &word);
    if (word) {
        *result = negative ? -number : number;
        return i + word == length ? HD_HEX_OK : HD_HEX_INVALID;
    }
    if (length - i >= 2 && text[i] == '0' && (text[i + 1] | 0x20) == 'x') i += 2;
    uint64_t mantissa = 0;
    bool sticky = false, point = false;
    int64_t exponent = 0;
    size_t seen = 0;
    for (; i < length; i++) {
        int digit = hex_value(text[i]);
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (digit < 0) break;
        seen++;
        if (mantissa >> 60) {
            sticky |= digit != 0;
            exponent += point ? 0 : 4;
        } else {
            mantissa = mantissa << 4 | (uint64_t)digit;
            exponent -= point ? 4 : 0;
        }
    }
    if (seen == 0) return HD_HEX_INVALID;
    if (i < length && (text[i] | 0x20) == 'p') {
        i++;
        bool minus = i < length && text[i] == '-';
        if (i < length && (text[i] == '-' || text[i] == '+')) i++;
        if (i >= length || !is_digit(text[i])) return HD_HEX_INVALID;
        int64_t n = 0;
        for (; i < length && is_digit(text[i]); i++) {
            if (n < (int64_t)1 << 56) n = n * 10 + (text[i] - '0');
        }
        exponent += minus ? -n : n;
    }
    if (i != length) return HD_HEX_INVALID;
    number = hd_float_assemble(mantissa, exponent, sticky);
    if (isinf(number)) return HD_HEX_OVERFLOW;
    *result = negative ? -number : number;
    return HD_HEX_OK;
}
