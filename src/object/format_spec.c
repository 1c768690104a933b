/* format_spec.c -- parsing format specifications and laying out text and numbers by them.
 *
 * A number is laid out from five pieces: padding, sign, prefix (0x), whole digits with grouping, the rest (fraction,
 * exponent, percent sign). Runs Python only through int(str subclasses); no locks.
 */
#include "format_spec.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <math.h>

#include "float.h"
#include "float_repr.h"
#include "int_internal.h"
#include "str.h"
#include "str_builder.h"
#include "str_internal.h"
#include "unicode.h"

/* --- parsing --- */

static bool is_align(uint32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

/* Reads a number at *at: 1 read, 0 none there, -1 raised. Digits of any script count. */
static int read_number(HdThread *t, HdValue spec, HdSize *at, HdSize *out) {
    HdSize n = 0, start = *at, length = hd_str_length(spec);
    for (; *at < length; ++*at) {
        uint32_t c = hd_str_at(spec, *at);
        int digit = c < 0x80 ? (c - '0' < 10 ? (int)(c - '0') : -1) : hd_unicode_decimal(c);
        if (digit < 0) break;
        if (n > (HD_SIZE_MAX - digit) / 10) {
            return hd_raise_int(t, &hd_ValueError, "Too many decimal digits in format string");
        }
        n = n * 10 + digit;
    }
    if (*at == start) return 0;
    *out = n;
    return 1;
}

static int raise_invalid(HdThread *t, HdValue spec, HdValue object) {
    return hd_raise_int(t, &hd_ValueError, "Invalid format specifier '%U' for object of type '%T'", spec, object);
}

static int read_grouping(HdThread *t, HdValue spec, HdSize *at, HdFormatSpec *out) {
    HdSize length = hd_str_length(spec);
    while (*at < length) {
        uint32_t c = hd_str_at(spec, *at);
        if (c != ',' && c != '_') break;
        if (out->grouping) {
            if (out->grouping != (char)c) {
                return hd_raise_int(t, &hd_ValueError, "Cannot specify both ',' and '_'.");
            }
            return hd_raise_int(t, &hd_ValueError, "Cannot specify '%c' with '%c'.", out->grouping, (int)c);
        }
        out->grouping = (char)c;
        ++*at;
    }
    return 0;
}

static int raise_grouping(HdThread *t, char grouping, uint32_t type) {
    if (type > 32 && type < 128) {
        return hd_raise_int(t, &hd_ValueError, "Cannot specify '%c' with '%c'.", grouping, (int)type);
    }
    return hd_raise_int(t, &hd_ValueError, "Cannot specify '%c' with '\\x%x'.", grouping, (unsigned)type);
}

static int check_grouping(HdThread *t, const HdFormatSpec *f) {
    switch (f->type) {
    case 'd': case 'e': case 'f': case 'g': case 'E': case 'G': case '%': case 'F': case 0:
        return 0;
    case 'b': case 'o': case 'x': case 'X':
        if (f->grouping == '_') return 0;
        break;
    default:
        break;
    }
    return raise_grouping(t, f->grouping, f->type);
}

int hd_format_spec_parse(HdThread *t, HdValue spec, HdValue object, char default_align, HdFormatSpec *out) {
    HdSize at = 0, length = hd_str_length(spec);
    *out = (HdFormatSpec){.fill = ' ', .align = default_align, .width = -1, .precision = -1};
    if (length >= 2 && is_align(hd_str_at(spec, 1))) {
        out->fill = hd_str_at(spec, 0);
        out->align = (char)hd_str_at(spec, 1);
        out->fill_given = out->align_given = true;
        at = 2;
    } else if (length >= 1 && is_align(hd_str_at(spec, 0))) {
        out->align = (char)hd_str_at(spec, 0);
        out->align_given = true;
        at = 1;
    }
#define NEXT_IS(c) (at < length && hd_str_at(spec, at) == (c))
    if (NEXT_IS('+') || NEXT_IS('-') || NEXT_IS(' ')) out->sign = (char)hd_str_at(spec, at++);
    if (NEXT_IS('z')) {
        out->no_negative_zero = true;
        at++;
    }
    if (NEXT_IS('#')) {
        out->alternate = true;
        at++;
    }
    if (!out->fill_given && NEXT_IS('0')) {
        out->fill = '0';
        if (!out->align_given && default_align == '>') out->align = '=';
        at++;
    }
    if (read_number(t, spec, &at, &out->width) < 0) return -1;
    if (read_grouping(t, spec, &at, out) < 0) return -1;
    if (NEXT_IS('.')) {
        at++;
        int found = read_number(t, spec, &at, &out->precision);
        if (found < 0) return -1;
        if (found == 0) return hd_raise_int(t, &hd_ValueError, "Format specifier missing precision");
    }
#undef NEXT_IS
    if (length - at > 1) return raise_invalid(t, spec, object);
    if (length - at == 1) out->type = hd_str_at(spec, at);
    return out->grouping ? check_grouping(t, out) : 0;
}

static HdValue raise_unknown(HdThread *t, uint32_t type, HdValue object) {
    if (type > 32 && type < 128) {
        return hd_raise(t, &hd_ValueError, "Unknown format code '%c' for object of type '%T'", (int)type, object);
    }
    return hd_raise(t, &hd_ValueError, "Unknown format code '\\x%x' for object of type '%T'", (unsigned)type, object);
}

/* --- text --- */

/* How much padding goes to the left, for a field of `width`. */
static HdSize left_padding(char align, HdSize padding) {
    return align == '>' || align == '=' ? padding : align == '^' ? padding / 2 : 0;
}

HdValue hd_format_spec_text(HdThread *t, HdValue text, HdValue spec) {
    if (hd_str_length(spec) == 0) return hd_str_exact(t, text);
    HdFormatSpec f;
    if (hd_format_spec_parse(t, spec, text, '<', &f) < 0) return HD_NULL;
    if (f.type != 0 && f.type != 's') return raise_unknown(t, f.type, text);
    if (f.sign) {
        return hd_raise(t, &hd_ValueError, f.sign == ' ' ? "Space not allowed in string format specifier"
                                                         : "Sign not allowed in string format specifier");
    }
    if (f.no_negative_zero) {
        return hd_raise(t, &hd_ValueError, "Negative zero coercion (z) not allowed in string format specifier");
    }
    if (f.alternate) {
        return hd_raise(t, &hd_ValueError, "Alternate form (#) not allowed in string format specifier");
    }
    if (f.grouping) return raise_grouping(t, f.grouping, 's'), HD_NULL;
    if (f.align == '=') {
        return hd_raise(t, &hd_ValueError, "'=' alignment not allowed in string format specifier");
    }
    HdSize length = hd_str_length(text);
    if (f.precision >= 0 && f.precision < length) length = f.precision;
    HdSize padding = f.width > length ? f.width - length : 0, left = left_padding(f.align, padding);
    if (padding == 0) {
        if (length == hd_str_length(text)) return hd_str_exact(t, text);
        return hd_str_substring(t, text, 0, length);
    }
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    hd_str_builder_fill(&b, f.fill, left);
    hd_str_builder_slice(&b, text, 0, length);
    hd_str_builder_fill(&b, f.fill, padding - left);
    return hd_str_builder_finish(&b);
}

/* --- numbers --- */

/* Where thousands are set apart: the separator's text and the sizes of groups as in localeconv(). */
typedef struct Grouping {
    HdValue separator; /* str, owned; HD_NULL: none */
    HdValue point;     /* str, owned */
    const char *sizes; /* "\3" repeats */
    char sizes_room[16];
} Grouping;

static void free_grouping(Grouping *g) {
    hd_count_cleanup(&g->separator);
    hd_count_cleanup(&g->point);
}

static int init_grouping(HdThread *t, Grouping *g, const HdFormatSpec *f) {
    g->separator = g->point = HD_NULL;
    g->sizes = "";
    if (f->type == 'n') {
        const struct lconv *lc = localeconv();
        g->point = hd_str_from_fs(t, lc->decimal_point, (HdSize)strlen(lc->decimal_point));
        if (hd_is_null(g->point)) return -1;
        if (*lc->thousands_sep && strlen(lc->grouping) < sizeof g->sizes_room) {
            strcpy(g->sizes_room, lc->grouping);
            g->sizes = g->sizes_room;
            g->separator = hd_str_from_fs(t, lc->thousands_sep, (HdSize)strlen(lc->thousands_sep));
            if (hd_is_null(g->separator)) return -1;
        }
        return 0;
    }
    g->point = hd_str_from_char(t, '.');
    if (hd_is_null(g->point)) return -1;
    if (f->grouping) {
        bool four = f->type == 'b' || f->type == 'o' || f->type == 'x' || f->type == 'X';
        g->sizes = four ? "\4" : "\3";
        g->separator = hd_str_from_char(t, (uint8_t)f->grouping);
        if (hd_is_null(g->separator)) return -1;
    }
    return 0;
}

/* The size of group number `i` from the right; HD_SIZE_MAX: no more grouping. */
static HdSize group_size(const char *sizes, HdSize i) {
    HdSize n = (HdSize)strlen(sizes);
    if (n == 0) return HD_SIZE_MAX;
    char size = sizes[i < n ? i : n - 1];
    return size <= 0 || size == CHAR_MAX ? HD_SIZE_MAX : size;
}

/* How many separators go between `digits` digits. */
static HdSize count_separators(const Grouping *g, HdSize digits) {
    if (hd_is_null(g->separator)) return 0;
    HdSize count = 0;
    for (HdSize i = 0; digits > 0; i++) {
        HdSize size = group_size(g->sizes, i);
        if (digits <= size) break;
        digits -= size;
        count++;
    }
    return count;
}

/* Zeros wanted before `digits` digits so that with separators they fill `width`. */
static HdSize zeros_to_fill(const Grouping *g, HdSize digits, HdSize width) {
    HdSize separator = hd_is_null(g->separator) ? 0 : hd_str_length(g->separator);
    if (digits + count_separators(g, digits) * separator >= width) return 0;
    if (separator == 0 || digits == 0) return width - digits; /* inf and nan: zeros alone */
    /* Groups from the right until the width is reached; a number never starts with a separator. */
    HdSize total = digits, have = 0, left = width;
    for (HdSize i = 0; left > 0; i++) {
        HdSize size = group_size(g->sizes, i);
        if (size > left) size = left;
        have += size;
        left -= size;
        if (left <= 0) break;
        left -= separator;
        if (left <= 0) { /* the separator ends exactly at, or beyond, the width: one digit more before it */
            have += 1;
            break;
        }
    }
    return have > total ? have - total : 0;
}

/* Writes zeros and digits with their separators. */
static void put_grouped(HdStrBuilder *b, const Grouping *g, HdSize zeros, const char *digits, HdSize count) {
    HdSize total = zeros + count;
    if (hd_is_null(g->separator) || count == 0) {
        hd_str_builder_fill(b, '0', zeros);
        hd_str_builder_ascii(b, digits, count);
        return;
    }
    /* Places, from the right, behind which a separator stands, found by walking the groups from the left. */
    HdSize groups = count_separators(g, total), done = 0;
    for (HdSize i = groups; i >= 0; i--) {
        HdSize right = 0; /* digits to the right of group i */
        if (i <= 64) {
            for (HdSize k = 0; k < i; k++) right += group_size(g->sizes, k);
        } else { /* the last size repeats */
            HdSize n = (HdSize)strlen(g->sizes);
            for (HdSize k = 0; k < n; k++) right += group_size(g->sizes, k);
            right += (i - n) * group_size(g->sizes, n);
        }
        HdSize end = total - right;
        if (done < zeros) {
            HdSize fill = (end < zeros ? end : zeros) - done;
            hd_str_builder_fill(b, '0', fill);
            done += fill;
        }
        if (done < end) {
            hd_str_builder_ascii(b, digits + (done - zeros), end - done);
            done = end;
        }
        if (i > 0) hd_str_builder_str(b, g->separator);
    }
}

/* A number in pieces: [-+ ]prefix digits [.] rest */
typedef struct Pieces {
    bool negative;
    const char *prefix;
    HdSize prefix_length;
    const char *digits;
    HdSize digit_count;
    bool point; /* a decimal point follows the digits */
    const char *rest;
    HdSize rest_length;
} Pieces;

static void put_number(HdStrBuilder *b, const HdFormatSpec *f, const Grouping *g, const Pieces *p) {
    char sign = p->negative ? '-' : f->sign == '+' || f->sign == ' ' ? f->sign : 0;
    HdSize fixed = (sign != 0) + p->prefix_length + p->rest_length + (p->point ? hd_str_length(g->point) : 0);
    HdSize zeros = 0;
    if (f->fill == '0' && f->align == '=' && f->width > fixed) zeros = zeros_to_fill(g, p->digit_count, f->width - fixed);
    HdSize digits = zeros + p->digit_count;
    HdSize length = fixed + digits;
    if (!hd_is_null(g->separator) && p->digit_count) length += count_separators(g, digits) * hd_str_length(g->separator);
    HdSize padding = f->width > length ? f->width - length : 0;
    HdSize left = f->align == '=' ? 0 : left_padding(f->align, padding), middle = f->align == '=' ? padding : 0;
    hd_str_builder_fill(b, f->fill, left);
    if (sign) hd_str_builder_char(b, (uint8_t)sign);
    hd_str_builder_ascii(b, p->prefix, p->prefix_length);
    hd_str_builder_fill(b, f->fill, middle);
    put_grouped(b, g, zeros, p->digits, p->digit_count);
    if (p->point) hd_str_builder_str(b, g->point);
    hd_str_builder_ascii(b, p->rest, p->rest_length);
    hd_str_builder_fill(b, f->fill, padding - left - middle);
}

static char *put_fill(char *to, char c, HdSize count) {
    for (HdSize i = 0; i < count; i++) to[i] = c; /* mostly few */
    return to + count;
}
static char *put_text(char *to, const char *text, HdSize length) {
    hd_str_copy_bytes(to, text, (size_t)length);
    return to + length;
}

/* put_number() for what is ASCII and has no groups. */
static HdValue lay_out_plain(HdThread *t, const HdFormatSpec *f, const Pieces *p) {
    char sign = p->negative ? '-' : f->sign == '+' || f->sign == ' ' ? f->sign : 0, fill = (char)f->fill;
    HdSize length = (sign != 0) + p->prefix_length + p->digit_count + p->point + p->rest_length;
    HdSize padding = f->width > length ? f->width - length : 0;
    HdSize middle = f->align == '=' ? padding : 0, left = middle ? 0 : left_padding(f->align, padding);
    HdValue v = hd_str_new(t, length + padding, 0x7F);
    if (hd_is_null(v)) return v;
    char *to = put_fill(hd_str_data(v), fill, left);
    if (sign) *to++ = sign;
    to = put_text(to, p->prefix, p->prefix_length);
    to = put_fill(to, fill, middle);
    to = put_text(to, p->digits, p->digit_count);
    if (p->point) *to++ = '.';
    to = put_text(to, p->rest, p->rest_length);
    put_fill(to, fill, padding - left - middle);
    return hd_str_settle_steal(t, v);
}

static HdValue lay_out(HdThread *t, const HdFormatSpec *f, const Pieces *p) {
    if (!f->grouping && f->type != 'n' && f->fill < 0x80 && p->digit_count + p->rest_length > 0) return lay_out_plain(t, f, p);
    Grouping g;
    HdValue result = HD_NULL;
    if (init_grouping(t, &g, f) == 0) {
        HdStrBuilder b;
        hd_str_builder_init(&b, t);
        put_number(&b, f, &g, p);
        result = hd_str_builder_finish(&b);
    }
    free_grouping(&g);
    return result;
}

/* --- int --- */

static HdValue format_char(HdThread *t, HdFormatSpec *f, HdValue number) {
    if (f->sign) return hd_raise(t, &hd_ValueError, "Sign not allowed with integer format specifier 'c'");
    if (f->alternate) {
        return hd_raise(t, &hd_ValueError, "Alternate form (#) not allowed with integer format specifier 'c'");
    }
    int64_t c;
    if (!hd_int_try_i64(number, &c)) {
        return hd_raise(t, &hd_OverflowError, "Python int too large to convert to C long");
    }
    if (c < 0 || c > 0x10ffff) return hd_raise(t, &hd_OverflowError, "%%c arg not in range(0x110000)");
    HdSize padding = f->width > 1 ? f->width - 1 : 0, left = left_padding(f->align, padding);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    hd_str_builder_fill(&b, f->fill, left);
    hd_str_builder_char(&b, (uint32_t)c);
    hd_str_builder_fill(&b, f->fill, padding - left);
    return hd_str_builder_finish(&b);
}

static HdValue format_double(HdThread *t, HdFormatSpec *f, double number);

static HdValue format_digits(HdThread *t, HdFormatSpec *f, HdValue number) {
    int base = f->type == 'x' || f->type == 'X' ? 16 : f->type == 'o' ? 8 : f->type == 'b' ? 2 : 10;
    int64_t n;
    if (f->type != 'X' && hd_int_try_i64(number, &n)) {
        char room[HD_INT_DIGITS], *first = hd_int_put_digits(room + sizeof room, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, (unsigned)base);
        Pieces p = {.negative = n < 0, .digits = first, .digit_count = room + sizeof room - first, .prefix = "", .rest = ""};
        if (f->alternate && base != 10) {
            p.prefix = base == 16 ? "0x" : base == 8 ? "0o" : "0b";
            p.prefix_length = 2;
        }
        return lay_out(t, f, &p);
    }
    HD_OWNED HdValue text = hd_int_to_str(t, number, base, false);
    if (hd_is_null(text)) return HD_NULL;
    char *digits = hd_str_data(text);
    HD_OWNED HdValue upper = HD_NULL;
    if (f->type == 'X') {
        upper = hd_str_new(t, hd_str_length(text), 127);
        if (hd_is_null(upper)) return HD_NULL;
        char *to = hd_str_data(upper);
        for (HdSize i = 0; i < hd_str_length(text); i++) {
            to[i] = digits[i] >= 'a' && digits[i] <= 'f' ? (char)(digits[i] - 32) : digits[i];
        }
        digits = to;
    }
    Pieces p = {.negative = digits[0] == '-', .prefix = "", .rest = ""};
    p.digits = digits + p.negative;
    p.digit_count = hd_str_length(text) - p.negative;
    if (f->alternate && base != 10) {
        p.prefix = f->type == 'x' ? "0x" : f->type == 'X' ? "0X" : base == 8 ? "0o" : "0b";
        p.prefix_length = 2;
    }
    return lay_out(t, f, &p);
}

HdValue hd_format_spec_int(HdThread *t, HdValue number, HdValue spec) {
    if (hd_str_length(spec) == 0) {
        return hd_is_exact_int(number) ? hd_int_to_str(t, number, 10, false) : hd_object_str(t, number);
    }
    HdFormatSpec f;
    if (hd_format_spec_parse(t, spec, number, '>', &f) < 0) return HD_NULL;
    switch (f.type) {
    case 0: case 'd': case 'n': case 'b': case 'o': case 'x': case 'X': case 'c':
        if (f.precision >= 0) {
            return hd_raise(t, &hd_ValueError, "Precision not allowed in integer format specifier");
        }
        if (f.no_negative_zero) {
            return hd_raise(t, &hd_ValueError, "Negative zero coercion (z) not allowed in integer format specifier");
        }
        return f.type == 'c' ? format_char(t, &f, number) : format_digits(t, &f, number);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case '%': {
        double d = hd_int_as_double(t, number);
        if (d == -1.0 && hd_raised(t)) return HD_NULL;
        return format_double(t, &f, d);
    }
    default:
        return raise_unknown(t, f.type, number);
    }
}

/* --- float --- */

/* Text of a double in `small` or in a raw block; NULL = raised. */
typedef struct FloatText {
    char small[128];
    char *text;
    size_t length, room_size; /* room_size 0: in small */
} FloatText;

static int float_text_init(HdThread *t, FloatText *out, double number, char code, HdSize precision, int flags) {
    out->text = out->small;
    out->room_size = 0;
    out->length = hd_float_format(number, code, precision, flags, out->small, sizeof out->small);
    if (out->length <= sizeof out->small) return 0;
    out->room_size = out->length;
    out->text = hd_heap_raw(t, out->room_size);
    if (!out->text) {
        hd_raise_no_memory(t);
        return -1;
    }
    hd_float_format(number, code, precision, flags, out->text, out->room_size);
    return 0;
}

static void float_text_free(HdThread *t, FloatText *text) {
    if (text->room_size) hd_heap_raw_free(t, text->text, text->room_size);
}

HdValue hd_format_spec_double(HdThread *t, double number, char code, HdSize precision, int flags) {
    FloatText text;
    if (float_text_init(t, &text, number, code, precision, flags) < 0) return HD_NULL;
    HdValue result = hd_str_from_ascii(t, text.text, (HdSize)text.length);
    float_text_free(t, &text);
    return result;
}

/* Fills in the pieces of a float's text (without sign: `text` may start with '-'). */
static void split_float(const char *text, HdSize length, Pieces *p) {
    *p = (Pieces){.prefix = "", .rest = ""};
    if (length && *text == '-') {
        p->negative = true;
        text++;
        length--;
    }
    HdSize n = 0;
    while (n < length && text[n] >= '0' && text[n] <= '9') n++;
    p->digits = text;
    p->digit_count = n;
    p->point = n < length && text[n] == '.';
    p->rest = text + n + p->point;
    p->rest_length = length - n - p->point;
}

/* The code and precision for hd_float_format that the specification asks for. */
static void float_code(const HdFormatSpec *f, char *code, HdSize *precision, int *flags) {
    *flags = (f->alternate ? HD_FLOAT_ALT : 0) | (f->no_negative_zero ? HD_FLOAT_NO_NEG_0 : 0);
    *precision = f->precision < 0 ? 6 : f->precision;
    *code = (char)f->type;
    if (f->type == 0) {
        *flags |= HD_FLOAT_DOT_0;
        *code = f->precision < 0 ? 'r' : 'g';
    } else if (f->type == 'n') {
        *code = 'g';
    } else if (f->type == '%') {
        *code = 'f';
    }
}

static HdValue format_double(HdThread *t, HdFormatSpec *f, double number) {
    if (f->precision > INT_MAX) return hd_raise(t, &hd_ValueError, "precision too big");
    char code;
    HdSize precision;
    int flags;
    float_code(f, &code, &precision, &flags);
    if (f->type == '%') number *= 100;
    FloatText text;
    if (float_text_init(t, &text, number, code, precision, flags) < 0) return HD_NULL;
    Pieces p;
    split_float(text.text, (HdSize)text.length, &p);
    FloatText percent = {.room_size = 0};
    HdValue result = HD_NULL;
    if (f->type == '%') { /* the sign belongs to what follows the digits */
        size_t size = (size_t)p.rest_length + 1;
        char *rest = size <= sizeof percent.small ? percent.small : hd_heap_raw(t, size);
        if (!rest) {
            hd_raise_no_memory(t);
            goto done;
        }
        if (rest != percent.small) {
            percent.text = rest;
            percent.room_size = size;
        }
        memcpy(rest, p.rest, size - 1);
        rest[size - 1] = '%';
        p.rest = rest;
        p.rest_length = (HdSize)size;
    }
    result = lay_out(t, f, &p);
done:
    float_text_free(t, &text);
    float_text_free(t, &percent);
    return result;
}

HdValue hd_format_spec_float(HdThread *t, HdValue number, HdValue spec) {
    if (hd_str_length(spec) == 0) {
        return hd_is_exact_float(number) ? hd_float_repr(t, hd_float_value(number)) : hd_object_str(t, number);
    }
    HdFormatSpec f;
    if (hd_format_spec_parse(t, spec, number, '>', &f) < 0) return HD_NULL;
    switch (f.type) {
    case 0: case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'n': case '%':
        return format_double(t, &f, hd_float_value(number));
    default:
        return raise_unknown(t, f.type, number);
    }
}

/* --- complex --- */

static HdValue format_complex(HdThread *t, HdFormatSpec *f, double real, double imag) {
    char code;
    HdSize precision;
    int flags;
    float_code(f, &code, &precision, &flags);
    flags &= ~HD_FLOAT_DOT_0;
    bool parentheses = false, skip_real = false;
    if (f->type == 0) { /* like str(), but by precision */
        code = f->precision < 0 ? 'r' : 'g';
        if (real == 0.0 && copysign(1.0, real) == 1.0) skip_real = true;
        else parentheses = true;
    }
    FloatText re, im;
    if (float_text_init(t, &re, real, code, precision, flags) < 0) return HD_NULL;
    if (float_text_init(t, &im, imag, code, precision, flags) < 0) {
        float_text_free(t, &re);
        return HD_NULL;
    }
    Grouping g;
    HdValue result = HD_NULL;
    if (init_grouping(t, &g, f) == 0) {
        HdFormatSpec part = {.fill = ' ', .align = '<', .sign = f->sign, .width = -1, .type = f->type};
        Pieces p;
        HdStrBuilder b;
        hd_str_builder_init(&b, t);
        if (!skip_real) {
            split_float(re.text, (HdSize)re.length, &p);
            put_number(&b, &part, &g, &p);
            part.sign = '+';
        }
        split_float(im.text, (HdSize)im.length, &p);
        put_number(&b, &part, &g, &p);
        hd_str_builder_char(&b, 'j');
        HD_OWNED HdValue body = hd_str_builder_finish(&b);
        if (!hd_is_null(body)) {
            HdSize length = hd_str_length(body) + 2 * parentheses;
            HdSize padding = f->width > length ? f->width - length : 0, left = left_padding(f->align, padding);
            hd_str_builder_init(&b, t);
            hd_str_builder_fill(&b, f->fill, left);
            if (parentheses) hd_str_builder_char(&b, '(');
            hd_str_builder_str(&b, body);
            if (parentheses) hd_str_builder_char(&b, ')');
            hd_str_builder_fill(&b, f->fill, padding - left);
            result = hd_str_builder_finish(&b);
        }
    }
    free_grouping(&g);
    float_text_free(t, &re);
    float_text_free(t, &im);
    return result;
}

HdValue hd_format_spec_complex(HdThread *t, HdValue number, HdValue spec) {
    if (hd_str_length(spec) == 0) return hd_object_str(t, number);
    HdFormatSpec f;
    if (hd_format_spec_parse(t, spec, number, '>', &f) < 0) return HD_NULL;
    switch (f.type) {
    case 0: case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'n':
        break;
    default:
        return raise_unknown(t, f.type, number);
    }
    if (f.precision > INT_MAX) return hd_raise(t, &hd_ValueError, "precision too big");
    if (f.fill == '0') {
        return hd_raise(t, &hd_ValueError, "Zero padding is not allowed in complex format specifier");
    }
    if (f.align == '=') {
        return hd_raise(t, &hd_ValueError, "'=' alignment flag is not allowed in complex format specifier");
    }
    return format_complex(t, &f, HD_AS(HdComplex, number)->real, HD_AS(HdComplex, number)->imag);
}
