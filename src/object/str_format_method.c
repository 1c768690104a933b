/* str_format_method.c -- str.format, format_map and str.__format__. Runs Python: holds no locks. */
#include "str_format_method.h"

#include "format_spec.h"
#include "list.h"
#include "str_builder.h"
#include "str_internal.h"
#include "str_methods.h"
#include "unicode.h"

/* --- parsing --- */

/* The rest of a field behind its '{', up to and over its '}'. */
static int parse_field(HdThread *t, HdValue str, HdSize *at, HdSize end, HdFormatField *out) {
    uint32_t c = 0;
    HdSize i = *at;
    bool stop = false;
    out->name_start = i;
    while (i < end && !stop) {
        c = hd_str_at(str, i++);
        if (c == '{') return hd_raise_int(t, &hd_ValueError, "unexpected '{' in field name");
        if (c == '[') {
            while (i < end && hd_str_at(str, i) != ']') i++;
        } else if (c == '}' || c == ':' || c == '!') {
            stop = true;
        }
    }
    if (!stop) return hd_raise_int(t, &hd_ValueError, "expected '}' before end of string");
    out->name_end = i - 1;
    *at = i;
    if (c == '}') return 0;
    if (c == '!') {
        if (i >= end) return hd_raise_int(t, &hd_ValueError, "end of string while looking for conversion specifier");
        out->conversion = hd_str_at(str, i++);
        if (i < end) {
            c = hd_str_at(str, i++);
            if (c == '}') {
                *at = i;
                return 0;
            }
            if (c != ':') return hd_raise_int(t, &hd_ValueError, "expected ':' after conversion specifier");
        }
    }
    out->spec_start = i;
    for (int depth = 1; i < end;) {
        c = hd_str_at(str, i++);
        if (c == '{') {
            out->spec_nested = true;
            depth++;
        } else if (c == '}' && --depth == 0) {
            out->spec_end = i - 1;
            *at = i;
            return 0;
        }
    }
    return hd_raise_int(t, &hd_ValueError, "unmatched '{' in format spec");
}

int hd_str_format_next(HdThread *t, HdValue str, HdSize *at, HdSize end, HdFormatField *out) {
    *out = (HdFormatField){0};
    if (*at >= end) return 0;
    HdSize i = *at;
    out->literal_start = i;
    uint32_t c = 0;
    while (i < end) {
        c = hd_str_at(str, i);
        if (c == '{' || c == '}') break;
        i++;
    }
    out->literal_end = i;
    if (i == end) {
        *at = end;
        return 1;
    }
    bool twice = i + 1 < end && hd_str_at(str, i + 1) == c;
    if (twice) { /* an escaped brace: it belongs to the literal */
        out->literal_end = i + 1;
        *at = i + 2;
        return 1;
    }
    if (c == '}') return hd_raise_int(t, &hd_ValueError, "Single '}' encountered in format string");
    if (i + 1 == end) return hd_raise_int(t, &hd_ValueError, "Single '{' encountered in format string");
    out->has_field = true;
    *at = i + 1;
    return parse_field(t, str, at, end, out) < 0 ? -1 : 1;
}

/* The number that the range spells; -1: none; -2: raised. */
static HdSize get_number(HdThread *t, HdValue str, HdSize start, HdSize end) {
    HdSize number = 0;
    if (start >= end) return -1;
    for (HdSize i = start; i < end; i++) {
        uint32_t c = hd_str_at(str, i);
        int digit = c < 0x80 ? (c - '0' < 10 ? (int)(c - '0') : -1) : hd_unicode_decimal(c);
        if (digit < 0) return -1;
        if (number > (HD_SIZE_MAX - digit) / 10) {
            hd_raise(t, &hd_ValueError, "Too many decimal digits in format string");
            return -2;
        }
        number = number * 10 + digit;
    }
    return number;
}

HdSize hd_str_format_first(HdThread *t, HdValue str, HdSize start, HdSize end, HdSize *index) {
    HdSize i = start;
    while (i < end && hd_str_at(str, i) != '.' && hd_str_at(str, i) != '[') i++;
    *index = get_number(t, str, start, i);
    return *index == -2 ? -1 : i;
}

int hd_str_format_rest(HdThread *t, HdValue str, HdSize *at, HdSize end, bool *is_attribute, HdSize *index,
                       HdSize *name_start, HdSize *name_end) {
    HdSize i = *at;
    if (i >= end) return 0;
    uint32_t c = hd_str_at(str, i++);
    *index = -1;
    *name_start = i;
    if (c == '.') {
        *is_attribute = true;
        while (i < end && hd_str_at(str, i) != '.' && hd_str_at(str, i) != '[') i++;
        *name_end = *at = i;
    } else if (c == '[') {
        *is_attribute = false;
        while (i < end && hd_str_at(str, i) != ']') i++;
        if (i == end) return hd_raise_int(t, &hd_ValueError, "Missing ']' in format string");
        *name_end = i;
        *at = i + 1;
        *index = get_number(t, str, *name_start, i);
        if (*index == -2) return -1;
    } else {
        return hd_raise_int(t, &hd_ValueError, "Only '.' or '[' may follow ']' in format field specifier");
    }
    if (*name_start == *name_end) return hd_raise_int(t, &hd_ValueError, "Empty attribute in format string");
    return 1;
}

/* --- rendering --- */

typedef struct Formatter {
    HdThread *t;
    const HdRef *args; /* as they were given to format(); NULL for format_map */
    HdSize nargs;
    HdValue kwnames;   /* names of the values behind the first nargs; or HD_NULL */
    HdValue mapping;   /* of format_map; or HD_NULL */
    enum { NUMBERING_OPEN, NUMBERING_AUTO, NUMBERING_MANUAL } numbering;
    HdSize next;
} Formatter;

static HdValue first_object(Formatter *f, HdValue str, HdSize start, HdSize stop, HdSize index) {
    HdThread *t = f->t;
    bool empty = start == stop;
    if (empty || index >= 0) {
        int wanted = empty ? NUMBERING_AUTO : NUMBERING_MANUAL;
        if (f->numbering == NUMBERING_OPEN) f->numbering = wanted;
        if ((int)f->numbering != wanted) {
            return hd_raise(t, &hd_ValueError,
                            empty ? "cannot switch from manual field specification to automatic field numbering"
                                  : "cannot switch from automatic field numbering to manual field specification");
        }
        if (empty) index = f->next++;
        if (!hd_is_null(f->mapping)) return hd_raise(t, &hd_ValueError, "Format string contains positional fields");
        if (index >= f->nargs) {
            return hd_raise(t, &hd_IndexError, "Replacement index %zd out of range for positional args tuple", index);
        }
        return hd_retain(t, hd_ref_value(f->args[index]));
    }
    HD_OWNED HdValue key = hd_str_substring(t, str, start, stop);
    if (hd_is_null(key)) return HD_NULL;
    if (!hd_is_null(f->mapping)) return hd_object_getitem(t, f->mapping, key);
    HdSize names = hd_is_null(f->kwnames) ? 0 : hd_tuple_length(f->kwnames);
    for (HdSize i = 0; i < names; i++)
        if (hd_str_equal(hd_tuple_at_borrowed(f->kwnames, i), key)) return hd_retain(t, hd_ref_value(f->args[f->nargs + i]));
    return hd_raise_value(t, &hd_KeyError, key);
}

static HdValue field_object(Formatter *f, HdValue str, HdSize start, HdSize end) {
    HdThread *t = f->t;
    HdSize index, at = hd_str_format_first(t, str, start, end, &index);
    if (at < 0) return HD_NULL;
    HdValue object = first_object(f, str, start, at, index);
    bool is_attribute;
    HdSize name_start, name_end;
    while (!hd_is_null(object)) {
        int status = hd_str_format_rest(t, str, &at, end, &is_attribute, &index, &name_start, &name_end);
        if (status == 0) return object;
        HdValue next = HD_NULL;
        if (status > 0 && index >= 0) {
            next = hd_object_getitem_index(t, object, index);
        } else if (status > 0) {
            HD_OWNED HdValue name = hd_str_substring(t, str, name_start, name_end);
            if (hd_is_null(name)) next = HD_NULL;
            else next = is_attribute ? hd_object_getattr(t, object, name) : hd_object_getitem(t, object, name);
        }
        hd_release(t, object);
        object = next;
    }
    return HD_NULL;
}

static HdValue convert(HdThread *t, HdValue object, uint32_t conversion) {
    switch (conversion) {
    case 'r': return hd_object_repr(t, object);
    case 's': return hd_object_str(t, object);
    case 'a': return hd_object_ascii(t, object);
    default:
        if (conversion > 32 && conversion < 127) {
            return hd_raise(t, &hd_ValueError, "Unknown conversion specifier %c", (int)conversion);
        }
        return hd_raise(t, &hd_ValueError, "Unknown conversion specifier \\x%x", (unsigned)conversion);
    }
}

static int render(Formatter *f, HdStrBuilder *b, HdValue str, HdSize start, HdSize end, int depth);

static int render_field(Formatter *f, HdStrBuilder *b, HdValue str, const HdFormatField *field, int depth) {
    HdThread *t = f->t;
    HD_OWNED HdValue object = field_object(f, str, field->name_start, field->name_end);
    if (hd_is_null(object)) return -1;
    if (field->conversion) {
        HdValue converted = convert(t, object, field->conversion);
        if (hd_is_null(converted)) return -1;
        hd_replace_steal(t, &object, converted);
    }
    HD_OWNED HdValue spec = HD_NULL;
    if (field->spec_nested) {
        HdStrBuilder inner;
        hd_str_builder_init(&inner, t);
        if (render(f, &inner, str, field->spec_start, field->spec_end, depth - 1) < 0) {
            hd_str_builder_discard(&inner);
            return -1;
        }
        spec = hd_str_builder_finish(&inner);
    } else {
        spec = hd_str_substring(t, str, field->spec_start, field->spec_end);
    }
    if (hd_is_null(spec)) return -1;
    if (hd_is_exact_str(object) && hd_str_length(spec) == 0) return hd_str_builder_str(b, object);
    HD_OWNED HdValue text = hd_object_format(t, object, spec);
    return hd_is_null(text) ? -1 : hd_str_builder_str(b, text);
}

static int render(Formatter *f, HdStrBuilder *b, HdValue str, HdSize start, HdSize end, int depth) {
    if (depth < 0) return hd_raise_int(f->t, &hd_ValueError, "Max string recursion exceeded");
    HdFormatField field;
    int status;
    while ((status = hd_str_format_next(f->t, str, &start, end, &field)) > 0) {
        if (hd_str_builder_slice(b, str, field.literal_start, field.literal_end) < 0) return -1;
        if (field.has_field && render_field(f, b, str, &field, depth) < 0) return -1;
    }
    return status;
}

static HdValue format(Formatter *f, HdValue str) {
    HdStrBuilder b;
    hd_str_builder_init(&b, f->t);
    if (render(f, &b, str, 0, hd_str_length(str), 1) < 0) {
        hd_str_builder_discard(&b);
        return HD_NULL;
    }
    return hd_str_builder_finish(&b);
}

HdValue hd_str_method_format(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    Formatter f = {.t = t, .args = args, .nargs = nargs, .kwnames = kwnames, .mapping = HD_NULL};
    return format(&f, self);
}

HdValue hd_str_method_format_map(HdThread *t, HdValue self, const HdValue *args) {
    Formatter f = {.t = t, .kwnames = HD_NULL, .mapping = args[0]};
    return format(&f, self);
}

HdValue hd_str_format_spec(HdThread *t, HdValue v, HdValue spec) { return hd_format_spec_text(t, v, spec); }

HdValue hd_str_method___format__(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "__format__() argument must be str, not %T", args[0]);
    if (hd_str_length(args[0]) == 0) return hd_is_exact_str(self) ? hd_retain(t, self) : hd_object_str(t, self);
    return hd_format_spec_text(t, self, args[0]);
}
