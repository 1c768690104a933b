/* percent.c -- see percent.h. */
#include "percent.h"

#include <limits.h>

#include "dict.h"
#include "float_repr.h"
#include "format_spec.h"
#include "int_internal.h"
#include "list.h"
#include "number.h"
#include "bytes.h"
#include "str_internal.h"

void hd_percent_init(HdPercent *p, HdThread *t, HdValue args, bool mapping_allowed) {
    *p = (HdPercent){.t = t, .args = args, .count = -1, .width = -1, .precision = -1};
    if (hd_is_tuple(args)) p->count = hd_tuple_length(args);
    else if (mapping_allowed && hd_type_of(args)->getitem) p->mapping = args;
}

HdValue hd_percent_argument_borrowed(HdPercent *p) {
    if (!hd_is_null(p->key_value)) return p->key_value;
    if (p->count >= 0) {
        if (p->next < p->count) return hd_tuple_at_borrowed(p->args, p->next++);
    } else if (p->next == 0) {
        p->next = 1;
        return p->args;
    }
    return hd_raise(p->t, &hd_TypeError, "not enough arguments for format string");
}

int hd_percent_finish(HdPercent *p, const char *kind) {
    if (p->count >= 0 ? p->next < p->count : p->next == 0 && hd_is_null(p->mapping)) {
        return hd_raise_int(p->t, &hd_TypeError, "not all arguments converted during %s formatting", kind);
    }
    return 0;
}

static int parse_key(HdPercent *p, const HdPercentSource *source, HdSize *at) {
    HdThread *t = p->t;
    if (hd_is_null(p->mapping)) return hd_raise_int(t, &hd_TypeError, "format requires a mapping");
    HdSize start = ++*at;
    int depth = 1;
    while (*at < source->length && depth > 0) {
        uint32_t c = hd_str_unit(source->data, source->kind, (*at)++);
        if (c == ')') depth--;
        else if (c == '(') depth++;
    }
    if (depth > 0) return hd_raise_int(t, &hd_ValueError, "incomplete format key");
    HD_OWNED HdValue key = source->key(t, source, start, *at - 1);
    if (hd_is_null(key)) return -1;
    HdValue value = hd_object_getitem(t, p->mapping, key);
    if (hd_is_null(value)) return -1;
    hd_release(t, p->key_value);
    p->key_value = value;
    p->count = -1;
    p->next = -1;
    return 0;
}

/* A width or precision: digits or '*'. */
static int parse_amount(HdPercent *p, const HdPercentSource *source, HdSize *at, HdSize *amount, HdSize limit,
                        const char *what) {
    HdThread *t = p->t;
    uint32_t c = *at < source->length ? hd_str_unit(source->data, source->kind, *at) : 0;
    if (c == '*') {
        HdValue v = hd_percent_argument_borrowed(p);
        if (hd_is_null(v)) return -1;
        if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "* wants int");
        int64_t n;
        if (!hd_int_try_i64(v, &n) || n > limit || n < -HD_SIZE_MAX) {
            return hd_raise_int(t, &hd_OverflowError,
                                limit == INT_MAX ? "Python int too large to convert to C int"
                                                 : "Python int too large to convert to C ssize_t");
        }
        *amount = n;
        ++*at;
        return 0;
    }
    if (c - '0' >= 10) return 0;
    HdSize number = 0;
    while (*at < source->length && (c = hd_str_unit(source->data, source->kind, *at)) - '0' < 10) {
        if (number > (limit - (HdSize)(c - '0')) / 10) return hd_raise_int(t, &hd_ValueError, "%s too big", what);
        number = number * 10 + (HdSize)(c - '0');
        ++*at;
    }
    *amount = number;
    return 0;
}

int hd_percent_parse(HdPercent *p, const HdPercentSource *source, HdSize *at) {
    HdThread *t = p->t;
    p->left = p->sign = p->blank = p->alternate = p->zero = false;
    p->width = p->precision = -1;
    p->conversion = 0;
    uint32_t begin = *at < source->length ? hd_str_unit(source->data, source->kind, *at) : 0;
    p->literal = begin == '%';
    if (begin == 's' || begin == 'd' || begin == 'r') { /* mostly there is nothing but that */
        p->conversion = begin;
        ++*at;
        return 0;
    }
    if (*at < source->length && hd_str_unit(source->data, source->kind, *at) == '(' && parse_key(p, source, at) < 0) {
        return -1;
    }
    for (; *at < source->length; ++*at) {
        uint32_t c = hd_str_unit(source->data, source->kind, *at);
        if (c == '-') p->left = true;
        else if (c == '+') p->sign = true;
        else if (c == ' ') p->blank = true;
        else if (c == '#') p->alternate = true;
        else if (c == '0') p->zero = true;
        else break;
    }
    if (parse_amount(p, source, at, &p->width, HD_SIZE_MAX, "width") < 0) return -1;
    if (p->width < -1) { /* from '*' */
        p->left = true;
        p->width = -p->width;
    } else if (p->width == -1 && *at > 0 && hd_str_unit(source->data, source->kind, *at - 1) == '*') {
        p->left = true;
        p->width = 1;
    }
    if (*at < source->length && hd_str_unit(source->data, source->kind, *at) == '.') {
        ++*at;
        p->precision = 0;
        if (parse_amount(p, source, at, &p->precision, INT_MAX, "precision") < 0) return -1;
        if (p->precision < 0) p->precision = 0;
    }
    if (*at < source->length) {
        uint32_t c = hd_str_unit(source->data, source->kind, *at);
        if (c == 'h' || c == 'l' || c == 'L') ++*at;
    }
    if (*at >= source->length) return hd_raise_int(t, &hd_ValueError, "incomplete format");
    p->conversion = hd_str_unit(source->data, source->kind, (*at)++);
    return 0;
}

/* --- numbers --- */

static HdValue wrong_type(HdPercent *p, HdValue v) {
    bool integer = p->conversion == 'o' || p->conversion == 'x' || p->conversion == 'X';
    return hd_raise(p->t, &hd_TypeError, "%%%c format: %s is required, not %T", (int)p->conversion,
                    integer ? "an integer" : "a real number", v);
}

/* Digits of an int conversion, with a '-' in front for negative numbers. */
static HdValue int_digits(HdPercent *p, HdValue v) {
    HdThread *t = p->t;
    int base = p->conversion == 'o' ? 8 : p->conversion == 'x' || p->conversion == 'X' ? 16 : 10;
    HD_OWNED HdValue number = HD_NULL;
    if (hd_is_int(v)) {
        number = hd_retain(t, v);
    } else {
        if (!hd_number_check(v)) return wrong_type(p, v);
        number = base == 10 ? hd_number_int(t, v) : hd_number_index(t, v);
        if (hd_is_null(number)) {
            if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
            hd_clear_raised(t);
            return wrong_type(p, v);
        }
    }
    return hd_int_to_str(t, number, base, false);
}

static HdValue float_digits(HdPercent *p, HdValue v) {
    double number = hd_number_as_double(p->t, v);
    if (number == -1.0 && hd_raised(p->t)) return HD_NULL;
    HdSize precision = p->precision < 0 ? 6 : p->precision;
    return hd_format_spec_double(p->t, number, (char)p->conversion, precision, p->alternate ? HD_FLOAT_ALT : 0);
}

HdValue hd_percent_number(HdPercent *p, HdValue v) {
    HdThread *t = p->t;
    uint32_t c = p->conversion;
    bool is_float = c == 'e' || c == 'E' || c == 'f' || c == 'F' || c == 'g' || c == 'G';
    char small[HD_INT_DIGITS + 1];
    const char *text;
    HdSize length;
    int64_t n;
    HD_OWNED HdValue digits = HD_NULL;
    if (!is_float && hd_is_int(v) && hd_int_try_i64(v, &n)) {
        unsigned base = c == 'o' ? 8 : c == 'x' || c == 'X' ? 16 : 10;
        char *end = small + sizeof small, *at = hd_int_put_digits(end, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, base);
        if (n < 0) *--at = '-';
        text = at;
        length = end - at;
    } else {
        digits = is_float ? float_digits(p, v) : int_digits(p, v);
        if (hd_is_null(digits)) return HD_NULL;
        text = hd_str_data(digits);
        length = hd_str_length(digits);
    }
    HdSize start = 0;
    char prefix[4];
    int prefixed = 0;
    char first = length ? *text : 0;
    if (first == '-' || first == '+') {
        prefix[prefixed++] = first;
        start = 1;
    } else if (p->sign) {
        prefix[prefixed++] = '+';
    } else if (p->blank) {
        prefix[prefixed++] = ' ';
    }
    if (p->alternate && (c == 'x' || c == 'X' || c == 'o')) {
        prefix[prefixed++] = '0';
        prefix[prefixed++] = (char)c;
    }
    HdSize body = length - start, zeros = !is_float && p->precision > body ? p->precision - body : 0;
    if (zeros > INT_MAX - 3) return hd_raise(t, &hd_ValueError, "precision too large");
    HdSize total = prefixed + zeros + body, padding = p->width > total ? p->width - total : 0;
    if (padding == 0 && prefixed == (int)start && zeros == 0 && c != 'X') {
        return hd_is_null(digits) ? hd_str_from_ascii(t, text, length) : hd_move(&digits);
    }
    if (padding > HD_SIZE_MAX / 2) return hd_raise_no_memory(t);
    HdValue result = hd_str_new(t, total + padding, 0x7F);
    if (hd_is_null(result)) return result;
    if (p->zero && !p->left) {
        zeros += padding;
        padding = 0;
    }
    char *to = hd_str_data(result);
    HdSize left = p->left ? 0 : padding;
    memset(to, ' ', (size_t)left);
    to += left;
    memcpy(to, prefix, (size_t)prefixed);
    to += prefixed;
    memset(to, '0', (size_t)zeros);
    to += zeros;
    if (c == 'X') {
        for (HdSize i = 0; i < body; i++) to[i] = (char)(text[start + i] >= 'a' ? text[start + i] - 32 : text[start + i]);
    } else {
        hd_str_copy_bytes(to, text + start, (size_t)body);
    }
    memset(to + body, ' ', (size_t)(padding - left));
    return hd_str_settle_steal(t, result);
}
