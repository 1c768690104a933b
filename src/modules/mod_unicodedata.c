/* mod_unicodedata.c -- the module unicodedata: the Unicode database of src/base for programs, also as of version 3.2.0. */
#include <stdlib.h>

#include "heddle/module.h"
#include "unicode.h"

/* ucd_3_2_0: its methods take the same functions, `self` tells the version. */
typedef struct Ucd {
    HdObject head;
} Ucd;
static HdType ucd_type;

static HdUnicodeVersion version_of(HdValue self) {
    return hd_is_exact(self, &ucd_type) ? HD_UNICODE_3_2 : HD_UNICODE_14;
}

/* The code point of a one-character str, or -1. */
static int32_t character(HdThread *t, const char *function, const char *which, HdValue v) {
    if (hd_is_str(v) && hd_str_length(v) == 1) return (int32_t)hd_str_at(v, 0);
    if (hd_is_str(v)) {
        return hd_raise_int(t, &hd_TypeError, "%s() %s must be a unicode character, not a string of length %zd", function,
                            which, hd_str_length(v));
    }
    return hd_raise_int(t, &hd_TypeError, "%s() %s must be a unicode character, not %T", function, which, v);
}
#define CHARACTER(function, which)                                  \
    int32_t c = character(t, function, which, args[0]);             \
    if (c < 0) return HD_NULL

static HdValue text(HdThread *t, const char *s) { return hd_str_from_ascii(t, s, (HdSize)strlen(s)); }

static HdValue category(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("category", "argument");
    return text(t, hd_unicode_category((uint32_t)c, version_of(self)));
}
static HdValue bidirectional(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("bidirectional", "argument");
    return text(t, hd_unicode_bidirectional((uint32_t)c, version_of(self)));
}
static HdValue east_asian_width(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("east_asian_width", "argument");
    return text(t, hd_unicode_east_asian_width((uint32_t)c, version_of(self)));
}
static HdValue combining(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("combining", "argument");
    return hd_imm_int(hd_unicode_combining((uint32_t)c, version_of(self)));
}
static HdValue mirrored(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("mirrored", "argument");
    return hd_imm_int(hd_unicode_is_mirrored((uint32_t)c, version_of(self)));
}
static HdValue decomposition(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("decomposition", "argument");
    char out[256];
    if (!hd_unicode_decomposition((uint32_t)c, version_of(self), out, sizeof out)) out[0] = 0;
    return text(t, out);
}

static HdValue standard_or_raise(HdThread *t, HdValue standard, const char *message) {
    return hd_is_null(standard) ? hd_raise(t, &hd_ValueError, "%s", message) : hd_retain(t, standard);
}

static HdValue decimal(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("decimal", "argument 1");
    int value = version_of(self) == HD_UNICODE_3_2 ? hd_unicode_decimal_3_2((uint32_t)c) : hd_unicode_decimal((uint32_t)c);
    return value < 0 ? standard_or_raise(t, args[1], "not a decimal") : hd_imm_int(value);
}
static HdValue digit(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("digit", "argument 1");
    int value = hd_unicode_digit((uint32_t)c);
    return value < 0 ? standard_or_raise(t, args[1], "not a digit") : hd_imm_int(value);
}
static HdValue numeric(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("numeric", "argument 1");
    double value;
    bool has = version_of(self) == HD_UNICODE_3_2 ? hd_unicode_numeric_3_2((uint32_t)c, &value)
                                                  : hd_unicode_numeric((uint32_t)c, &value);
    return has ? hd_float_new(t, value) : standard_or_raise(t, args[1], "not a numeric character");
}

static HdValue name(HdThread *t, HdValue self, const HdValue *args) {
    CHARACTER("name", "argument 1");
    char out[HD_UNICODE_NAME_MAX + 1];
    size_t length = 0;
    if (version_of(self) == HD_UNICODE_14 || hd_unicode_assigned_3_2((uint32_t)c)) length = hd_unicode_name((uint32_t)c, out);
    return length ? hd_str_from_ascii(t, out, (HdSize)length) : standard_or_raise(t, args[1], "no such name");
}

static HdValue lookup(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length;
    HdBuffer buffer = {0};
    const char *spelled;
    if (hd_is_str(args[0])) {
        spelled = hd_str_utf8(t, args[0], &length);
        if (!spelled) return HD_NULL;
    } else {
        if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        spelled = buffer.data;
        length = buffer.length;
    }
    HdValue result = HD_NULL;
    uint32_t c = hd_unicode_lookup(spelled, (size_t)length), points[4];
    bool old = version_of(self) == HD_UNICODE_3_2;
    if (length > 256) {
        hd_raise(t, &hd_KeyError, "name too long");
    } else if (c != HD_UNICODE_NO_NAME && !(old && !hd_unicode_assigned_3_2(c))) {
        result = hd_str_from_char(t, c);
    } else {
        int count = old ? 0 : hd_unicode_lookup_sequence(spelled, (size_t)length, points);
        if (count) {
            result = hd_str_from_kind(t, 4, points, count);
        } else {
            HD_OWNED HdValue message = hd_str_format(t, "undefined character name '%.*s'", (int)length, spelled);
            if (!hd_is_null(message)) hd_raise_value(t, &hd_KeyError, message);
        }
    }
    if (!hd_is_null(buffer.owner)) hd_buffer_release(t, &buffer);
    return result;
}

static int form_of(HdThread *t, HdValue v, const char *function, HdUnicodeForm *form) {
    static const char *const names[] = {"NFC", "NFD", "NFKC", "NFKD"};
    if (!hd_is_str(v)) return hd_raise_int(t, &hd_TypeError, "%s() argument 1 must be str, not %T", function, v);
    for (int i = 0; i < 4; i++) {
        if (hd_str_equals_text(v, names[i])) {
            *form = (HdUnicodeForm)i;
            return 0;
        }
    }
    return hd_raise_int(t, &hd_ValueError, "invalid normalization form");
}

static HdValue normalized(HdThread *t, HdUnicodeForm form, HdUnicodeVersion version, HdValue str) {
    size_t length;
    uint32_t *points = hd_unicode_normalize(form, version, hd_str_data(str), hd_str(str)->kind,
                                            (size_t)hd_str_length(str), &length);
    if (!points) return hd_raise_no_memory(t);
    HdValue result = hd_str_from_kind(t, 4, points, (HdSize)length);
    free(points);
    return result;
}

static HdValue normalize(HdThread *t, HdValue self, const HdValue *args) {
    HdUnicodeForm form;
    if (!hd_is_str(args[1])) return hd_raise(t, &hd_TypeError, "normalize() argument 2 must be str, not %T", args[1]);
    if (hd_str_length(args[1]) == 0 && hd_is_str(args[0])) return hd_retain(t, args[1]);
    if (form_of(t, args[0], "normalize", &form) < 0) return HD_NULL;
    HdUnicodeVersion version = version_of(self);
    if (version == HD_UNICODE_14 &&
        hd_unicode_quick_check(form, hd_str_data(args[1]), hd_str(args[1])->kind, (size_t)hd_str_length(args[1])) ==
            HD_UNICODE_YES) {
        return hd_str_exact(t, args[1]);
    }
    return normalized(t, form, version, args[1]);
}

static HdValue is_normalized(HdThread *t, HdValue self, const HdValue *args) {
    HdUnicodeForm form;
    if (!hd_is_str(args[1])) return hd_raise(t, &hd_TypeError, "is_normalized() argument 2 must be str, not %T", args[1]);
    if (hd_str_length(args[1]) == 0 && hd_is_str(args[0])) return hd_True;
    if (form_of(t, args[0], "is_normalized", &form) < 0) return HD_NULL;
    HdUnicodeVersion version = version_of(self);
    HdUnicodeQuick quick = version == HD_UNICODE_3_2
                               ? HD_UNICODE_MAYBE
                               : hd_unicode_quick_check(form, hd_str_data(args[1]), hd_str(args[1])->kind,
                                                        (size_t)hd_str_length(args[1]));
    if (quick != HD_UNICODE_MAYBE) return hd_bool(quick == HD_UNICODE_YES);
    HD_OWNED HdValue made = normalized(t, form, version, args[1]);
    return hd_is_null(made) ? HD_NULL : hd_bool(hd_str_equal(made, args[1]));
}

#define TABLE(self_text)                                                                                            \
    HD_METHOD(decimal, "decimal(" self_text ", chr, default=<unrepresentable>, /)", "Converts a Unicode character into its equivalent decimal value."), \
    HD_METHOD(digit, "digit(" self_text ", chr, default=<unrepresentable>, /)", "Converts a Unicode character into its equivalent digit value."), \
    HD_METHOD(numeric, "numeric(" self_text ", chr, default=<unrepresentable>, /)", "Converts a Unicode character into its equivalent numeric value."), \
    HD_METHOD(category, "category(" self_text ", chr, /)", "Returns the general category assigned to the character chr as string."), \
    HD_METHOD(bidirectional, "bidirectional(" self_text ", chr, /)", "Returns the bidirectional class assigned to the character chr as string."), \
    HD_METHOD(combining, "combining(" self_text ", chr, /)", "Returns the canonical combining class assigned to the character chr as integer."), \
    HD_METHOD(mirrored, "mirrored(" self_text ", chr, /)", "Returns the mirrored property assigned to the character chr as integer."), \
    HD_METHOD(east_asian_width, "east_asian_width(" self_text ", chr, /)", "Returns the east asian width assigned to the character chr as string."), \
    HD_METHOD(decomposition, "decomposition(" self_text ", chr, /)", "Returns the character decomposition mapping assigned to the character chr as string."), \
    HD_METHOD(name, "name(" self_text ", chr, default=<unrepresentable>, /)", "Returns the name assigned to the character chr as a string."), \
    HD_METHOD(lookup, "lookup(" self_text ", name, /)", "Look up character by name."), \
    HD_METHOD(is_normalized, "is_normalized(" self_text ", form, unistr, /)", "Return whether the Unicode string unistr is in the normal form 'form'."), \
    HD_METHOD(normalize, "normalize(" self_text ", form, unistr, /)", "Return the normal form 'form' for the Unicode string unistr."), \
    HD_METHODS_END

static const HdMethodDef functions[] = {TABLE("$module")};
static const HdMethodDef methods[] = {TABLE("$self")};

static HdValue get_version(HdThread *t, HdValue self, void *closure) { return text(t, "3.2.0"); }
static const HdGetSetDef getsets[] = {
    {"unidata_version", get_version, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static HdType ucd_type = {
    HD_TYPE_HEAD("unicodedata.UCD"),
    .basicsize = sizeof(Ucd),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE,
    .methods = methods,
    .getsets = getsets,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_module_add_type(t, module, &ucd_type) < 0) return -1;
    if (hd_module_set_text(t, module, "unidata_version", HD_UNICODE_VERSION) < 0) return -1;
    return hd_module_set_steal(t, module, "ucd_3_2_0", hd_type_alloc(t, &ucd_type));
}

const HdModuleDef hd_module_unicodedata = {
    .name = "unicodedata",
    .doc = "This module provides access to the Unicode Character Database which\ndefines character properties for all Unicode characters.",
    .functions = functions,
    .exec = exec,
};
