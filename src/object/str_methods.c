/* str_methods.c -- the rest of str's methods, and the table of all of them. */
#include "str_methods.h"

#include "buffer.h"
#include "codecs.h"
#include "dict.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "search.h"
#include "str_builder.h"
#include "str_internal.h"
#include "unicode.h"

/* --- searching --- */

/* find() and its kin: the needle, and the bounds into *start and *end. */
static int find_arguments(HdThread *t, HdValue self, const HdValue *args, HdSize *start, HdSize *end) {
    if (!hd_is_str(args[0])) return hd_raise_int(t, &hd_TypeError, "must be str, not %T", args[0]);
    return hd_str_bounds(t, args[1], args[2], hd_str_length(self), start, end);
}

static HdValue find(HdThread *t, HdValue self, const HdValue *args, bool backwards, bool raise) {
    HdSize start, end;
    if (find_arguments(t, self, args, &start, &end) < 0) return HD_NULL;
    HdSize found = hd_str_find(self, args[0], start, end, backwards);
    if (found < 0 && raise) return hd_raise(t, &hd_ValueError, "substring not found");
    return hd_imm_int(found);
}

static HdValue method_find(HdThread *t, HdValue self, const HdValue *args) { return find(t, self, args, false, false); }
static HdValue method_rfind(HdThread *t, HdValue self, const HdValue *args) { return find(t, self, args, true, false); }
static HdValue method_index(HdThread *t, HdValue self, const HdValue *args) { return find(t, self, args, false, true); }
static HdValue method_rindex(HdThread *t, HdValue self, const HdValue *args) { return find(t, self, args, true, true); }

static HdValue method_count(HdThread *t, HdValue self, const HdValue *args) {
    HdSize start, end;
    if (find_arguments(t, self, args, &start, &end) < 0) return HD_NULL;
    if (start > end) return hd_imm_int(0);
    return hd_imm_int(hd_search_count(hd_str_at_pointer(self, start), hd_str(self)->kind, end - start,
                                      hd_str_data(args[0]), hd_str(args[0])->kind, hd_str_length(args[0]),
                                      HD_SIZE_MAX));
}

/* Whether `part` lies at the start (or end) of self[start:end]. */
static bool tail_matches(HdValue self, HdValue part, HdSize start, HdSize end, bool at_end) {
    HdSize length = hd_str_length(part);
    if (start > end || end - start < length) return false;
    if (length == 0) return true;
    HdSize at = at_end ? end - length : start;
    const HdStr *s = hd_str(self), *p = hd_str(part);
    if (s->kind == p->kind) return memcmp(hd_str_at_pointer(self, at), p + 1, (size_t)(length * p->kind)) == 0;
    for (HdSize i = 0; i < length; i++)
        if (hd_str_at(self, at + i) != hd_str_at(part, i)) return false;
    return true;
}

static HdValue starts_or_ends(HdThread *t, HdValue self, const HdValue *args, bool at_end) {
    HdSize start, end;
    const char *name = at_end ? "endswith" : "startswith";
    if (hd_str_bounds(t, args[1], args[2], hd_str_length(self), &start, &end) < 0) return HD_NULL;
    if (hd_is_tuple(args[0])) {
        HdSize count = hd_tuple_length(args[0]);
        for (HdSize i = 0; i < count; i++) {
            HdValue part = hd_tuple_at_borrowed(args[0], i);
            if (!hd_is_str(part)) {
                return hd_raise(t, &hd_TypeError, "tuple for %s must only contain str, not %T", name, part);
            }
            if (tail_matches(self, part, start, end, at_end)) return hd_True;
        }
        return hd_False;
    }
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "%s first arg must be str or a tuple of str, not %T", name, args[0]);
    }
    return hd_bool(tail_matches(self, args[0], start, end, at_end));
}

static HdValue method_startswith(HdThread *t, HdValue self, const HdValue *args) {
    return starts_or_ends(t, self, args, false);
}
static HdValue method_endswith(HdThread *t, HdValue self, const HdValue *args) {
    return starts_or_ends(t, self, args, true);
}

static HdValue method_removeprefix(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise_bad_argument(t, "removeprefix", "str", args[0]);
    HdSize length = hd_str_length(self);
    if (!tail_matches(self, args[0], 0, length, false)) return hd_str_exact(t, self);
    return hd_str_substring(t, self, hd_str_length(args[0]), length);
}

static HdValue method_removesuffix(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise_bad_argument(t, "removesuffix", "str", args[0]);
    HdSize length = hd_str_length(self);
    if (!tail_matches(self, args[0], 0, length, true)) return hd_str_exact(t, self);
    return hd_str_substring(t, self, 0, length - hd_str_length(args[0]));
}

/* --- replace --- */

/* One code point by another that needs no wider str. */
static HdValue replace_char(HdThread *t, HdValue v, uint32_t old, uint32_t new_, HdSize max) {
    HdSize length = hd_str_length(v), at = hd_str_find_char(v, old, 0, length, false);
    if (at < 0) return hd_str_exact(t, v);
    HdValue result = hd_str_new(t, length, hd_str_max_char(v));
    if (hd_is_null(result)) return result;
    hd_str_write(result, 0, v, 0, length);
    for (; at >= 0 && max > 0; max--) {
        hd_str_put(result, at, new_);
        at = hd_str_find_char(v, old, at + 1, length, false);
    }
    return hd_str_narrow_steal(t, result);
}

HdValue hd_str_replace(HdThread *t, HdValue v, HdValue old, HdValue new_, HdSize max) {
    HdSize length = hd_str_length(v), width = hd_str_length(old), wide = hd_str_length(new_);
    if (max < 0) max = HD_SIZE_MAX;
    if (max == 0 || length < width || (length == 0 && width > 0) || hd_str_equal(old, new_)) return hd_str_exact(t, v);
    int kind = hd_str(v)->kind, old_kind = hd_str(old)->kind;
    if (width == 1 && wide == 1 && hd_str(new_)->kind <= kind && (hd_str(new_)->ascii || !hd_str(v)->ascii))
        return replace_char(t, v, hd_str_at(old, 0), hd_str_at(new_, 0), max);
    HdSize count = hd_search_count(hd_str_data(v), kind, length, hd_str_data(old), old_kind, width, max);
    if (count == 0) return hd_str_exact(t, v);
    if (wide > width && count > (HD_SIZE_MAX - length) / (wide - width)) {
        return hd_raise(t, &hd_OverflowError, "replace string is too long");
    }
    uint32_t max_v = hd_str_max_char(v), max_new = hd_str_max_char(new_);
    HdSize total = length + count * (wide - width);
    /* What is replaced may have been all that was wide: a wide result is narrowed at the end. */
    HdValue result = hd_str_new(t, total, max_v > max_new ? max_v : max_new);
    if (hd_is_null(result) || total == 0) return result;
    HdSize from = 0, to = 0;
    for (HdSize i = 0; i < count; i++) {
        HdSize found = width == 0 ? from + (i > 0) : hd_str_find(v, old, from, length, false);
        hd_str_write(result, to, v, from, found - from);
        to += found - from;
        hd_str_write(result, to, new_, 0, wide);
        to += wide;
        from = found + width;
    }
    hd_str_write(result, to, v, from, length - from);
    return max_v > max_new ? hd_str_narrow_steal(t, result) : hd_str_settle_steal(t, result);
}

static HdValue method_replace(HdThread *t, HdValue self, const HdValue *args) {
    for (int i = 0; i < 2; i++) {
        if (!hd_is_str(args[i]))
            return hd_raise(t, &hd_TypeError, "replace() argument %d must be str, not %T", i + 1, args[i]);
    }
    HdSize max = -1;
    if (!hd_is_null(args[2])) {
        max = hd_number_as_size(t, args[2], &hd_OverflowError);
        if (max == -1 && hd_raised(t)) return HD_NULL;
    }
    return hd_str_replace(t, self, args[0], args[1], max);
}

/* --- padding --- */

static HdValue pad(HdThread *t, HdValue self, HdSize left, HdSize right, uint32_t fill) {
    if (left <= 0 && right <= 0) return hd_str_exact(t, self);
    HdSize length = hd_str_length(self);
    if (left > HD_SIZE_MAX - length || right > HD_SIZE_MAX - length - left) {
        return hd_raise(t, &hd_OverflowError, "padded string is too long");
    }
    uint32_t max_char = hd_str_max_char(self);
    HdValue v = hd_str_new(t, left + length + right, fill > max_char ? fill : max_char);
    if (hd_is_null(v)) return v;
    for (HdSize i = 0; i < left; i++) hd_str_put(v, i, fill);
    hd_str_write(v, left, self, 0, length);
    for (HdSize i = 0; i < right; i++) hd_str_put(v, left + length + i, fill);
    return hd_str_settle_steal(t, v);
}

/* width and fill character of ljust() and its kin; how much is missing into *missing. */
static int pad_arguments(HdThread *t, HdValue self, const HdValue *args, HdSize *width, HdSize *missing,
                         uint32_t *fill) {
    *width = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (*width == -1 && hd_raised(t)) return -1;
    *fill = ' ';
    if (!hd_is_null(args[1])) {
        if (!hd_is_str(args[1])) {
            return hd_raise_int(t, &hd_TypeError, "The fill character must be a unicode character, not %T", args[1]);
        }
        if (hd_str_length(args[1]) != 1) {
            return hd_raise_int(t, &hd_TypeError, "The fill character must be exactly one character long");
        }
        *fill = hd_str_at(args[1], 0);
    }
    *missing = *width > hd_str_length(self) ? *width - hd_str_length(self) : 0;
    return 0;
}

static HdValue method_ljust(HdThread *t, HdValue self, const HdValue *args) {
    HdSize width, missing;
    uint32_t fill;
    if (pad_arguments(t, self, args, &width, &missing, &fill) < 0) return HD_NULL;
    return pad(t, self, 0, missing, fill);
}

static HdValue method_rjust(HdThread *t, HdValue self, const HdValue *args) {
    HdSize width, missing;
    uint32_t fill;
    if (pad_arguments(t, self, args, &width, &missing, &fill) < 0) return HD_NULL;
    return pad(t, self, missing, 0, fill);
}

static HdValue method_center(HdThread *t, HdValue self, const HdValue *args) {
    HdSize width, missing;
    uint32_t fill;
    if (pad_arguments(t, self, args, &width, &missing, &fill) < 0) return HD_NULL;
    HdSize left = missing / 2 + (missing & width & 1);
    return pad(t, self, left, missing - left, fill);
}

static HdValue method_zfill(HdThread *t, HdValue self, const HdValue *args) {
    HdSize width = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (width == -1 && hd_raised(t)) return HD_NULL;
    HdSize missing = width - hd_str_length(self);
    if (missing <= 0) return hd_str_exact(t, self);
    HdValue v = pad(t, self, missing, 0, '0');
    if (hd_is_null(v) || hd_str_length(self) == 0) return v;
    uint32_t sign = hd_str_at(v, missing);
    if (sign == '+' || sign == '-') {
        hd_str_put(v, 0, sign);
        hd_str_put(v, missing, '0');
    }
    return v;
}

/* --- encode, translate --- */

static HdValue method_encode(HdThread *t, HdValue self, const HdValue *args) {
    const char *text[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        if (hd_is_null(args[i])) continue;
        if (!hd_is_str(args[i])) {
            return hd_raise(t, &hd_TypeError, "encode() argument '%s' must be str, not %T", i ? "errors" : "encoding",
                            args[i]);
        }
        HdSize length;
        text[i] = hd_str_utf8(t, args[i], &length);
        if (!text[i]) return HD_NULL;
        if (strlen(text[i]) != (size_t)length) return hd_raise(t, &hd_ValueError, "embedded null character");
    }
    return hd_str_encode(t, self, text[0], text[1]);
}

static HdValue method_translate(HdThread *t, HdValue self, const HdValue *args) {
    return hd_codecs_translate(t, self, args[0]);
}

static HdValue maketrans_from_dict(HdThread *t, HdValue given) {
    if (!hd_is_exact_dict(given)) {
        return hd_raise(t, &hd_TypeError, "if you give only one argument to maketrans it must be a dict");
    }
    HdValue table = hd_dict_new(t), key, value;
    if (hd_is_null(table)) return table;
    HdSize position = 0;
    int more;
    while ((more = hd_dict_next(t, given, &position, &key, &value)) > 0) {
        int status = -1;
        if (hd_is_str(key)) {
            if (hd_str_length(key) != 1) {
                hd_raise(t, &hd_ValueError, "string keys in translate table must be of length 1");
            } else {
                status = hd_dict_set(t, table, hd_imm_int(hd_str_at(key, 0)), value);
            }
        } else if (hd_is_int(key)) {
            status = hd_dict_set(t, table, key, value);
        } else {
            hd_raise(t, &hd_TypeError, "keys in translate table must be strings or integers");
        }
        hd_release(t, key);
        hd_release(t, value);
        if (status < 0) more = -1;
        if (status < 0) break;
    }
    if (more == 0) return table;
    hd_release(t, table);
    return HD_NULL;
}

static HdValue method_maketrans(HdThread *t, HdValue self, const HdValue *args) {
    HdValue x = args[0], y = args[1], z = args[2];
    if (hd_is_null(y)) return maketrans_from_dict(t, x);
    if (!hd_is_str(y)) return hd_raise(t, &hd_TypeError, "maketrans() argument 2 must be str, not %T", y);
    if (!hd_is_null(z) && !hd_is_str(z)) return hd_raise(t, &hd_TypeError, "maketrans() argument 3 must be str, not %T", z);
    if (!hd_is_str(x)) {
        return hd_raise(t, &hd_TypeError, "first maketrans argument must be a string if there is a second argument");
    }
    HdSize length = hd_str_length(x);
    if (length != hd_str_length(y)) {
        return hd_raise(t, &hd_ValueError, "the first two maketrans arguments must have equal length");
    }
    HdValue table = hd_dict_new(t);
    if (hd_is_null(table)) return table;
    for (HdSize i = 0; i < length; i++) {
        if (hd_dict_set(t, table, hd_imm_int(hd_str_at(x, i)), hd_imm_int(hd_str_at(y, i))) < 0) goto fail;
    }
    for (HdSize i = 0; !hd_is_null(z) && i < hd_str_length(z); i++) {
        if (hd_dict_set(t, table, hd_imm_int(hd_str_at(z, i)), hd_None) < 0) goto fail;
    }
    return table;
fail:
    hd_release(t, table);
    return HD_NULL;
}

static HdValue method_getnewargs(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue text = hd_str_from_kind(t, hd_str(self)->kind, hd_str_data(self), hd_str_length(self));
    return hd_is_null(text) ? HD_NULL : hd_tuple_pack(t, 1, text);
}

static HdValue method_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    const HdStr *s = hd_str(self);
    HdSize size = (HdSize)sizeof *s + (s->length + 1) * s->kind;
    if (s->utf8) {
        HdSize stored;
        memcpy(&stored, s->utf8 - sizeof stored, sizeof stored);
        size += stored + 1 + (HdSize)sizeof stored;
    }
    return hd_imm_int(size);
}

#define HIDDEN "=<none>"
const HdMethodDef hd_str_methods[] = {
    HD_METHOD(method_encode, "encode($self, /, encoding='utf-8', errors='strict')",
              "Encode the string using the codec registered for encoding.\n\n"
              "  encoding\n    The encoding in which to encode the string.\n"
              "  errors\n    The error handling scheme to use for encoding errors.\n"
              "    The default is 'strict' meaning that encoding errors raise a\n"
              "    UnicodeEncodeError.  Other possible values are 'ignore', 'replace' and\n"
              "    'xmlcharrefreplace' as well as any other name registered with\n"
              "    codecs.register_error that can handle UnicodeEncodeErrors."),
    HD_METHOD(method_replace, "replace($self, old, new, count=-1, /)",
              "Return a copy with all occurrences of substring old replaced by new."),
    HD_METHOD(hd_str_method_split, "split($self, /, sep=None, maxsplit=-1)",
              "Return a list of the substrings in the string, using sep as the separator string."),
    HD_METHOD(hd_str_method_rsplit, "rsplit($self, /, sep=None, maxsplit=-1)",
              "Return a list of the substrings in the string, splitting from the end."),
    HD_METHOD(hd_str_method_join, "join($self, iterable, /)", "Concatenate any number of strings."),
    HD_METHOD(hd_str_method_capitalize, "capitalize($self, /)", "Return a capitalized version of the string."),
    HD_METHOD(hd_str_method_casefold, "casefold($self, /)", "Return a version of the string suitable for caseless comparisons."),
    HD_METHOD(hd_str_method_title, "title($self, /)", "Return a version of the string where each word is titlecased."),
    HD_METHOD(method_center, "center($self, width, fillchar=' ', /)", "Return a centered string of length width."),
    HD_METHOD_TAKES(method_count, "count($self, sub, start" HIDDEN ", end" HIDDEN ", /)",
              "Return the number of non-overlapping occurrences of substring sub in string S[start:end]."),
    HD_METHOD(hd_str_method_expandtabs, "expandtabs($self, /, tabsize=8)", "Return a copy where all tab characters are expanded using spaces."),
    HD_METHOD_TAKES(method_find, "find($self, sub, start" HIDDEN ", end" HIDDEN ", /)",
              "Return the lowest index in S where substring sub is found, or -1."),
    HD_METHOD(hd_str_method_partition, "partition($self, sep, /)", "Partition the string into three parts using the given separator."),
    HD_METHOD_TAKES(method_index, "index($self, sub, start" HIDDEN ", end" HIDDEN ", /)",
              "Return the lowest index in S where substring sub is found; raises ValueError when it is not found."),
    HD_METHOD(method_ljust, "ljust($self, width, fillchar=' ', /)", "Return a left-justified string of length width."),
    HD_METHOD(hd_str_method_lower, "lower($self, /)", "Return a copy of the string converted to lowercase."),
    HD_METHOD(hd_str_method_lstrip, "lstrip($self, chars=None, /)", "Return a copy of the string with leading whitespace removed."),
    HD_METHOD_TAKES(method_rfind, "rfind($self, sub, start" HIDDEN ", end" HIDDEN ", /)",
              "Return the highest index in S where substring sub is found, or -1."),
    HD_METHOD_TAKES(method_rindex, "rindex($self, sub, start" HIDDEN ", end" HIDDEN ", /)",
              "Return the highest index in S where substring sub is found; raises ValueError when it is not found."),
    HD_METHOD(method_rjust, "rjust($self, width, fillchar=' ', /)", "Return a right-justified string of length width."),
    HD_METHOD(hd_str_method_rstrip, "rstrip($self, chars=None, /)", "Return a copy of the string with trailing whitespace removed."),
    HD_METHOD(hd_str_method_rpartition, "rpartition($self, sep, /)", "Partition the string into three parts, searching from the end."),
    HD_METHOD(hd_str_method_splitlines, "splitlines($self, /, keepends=False)", "Return a list of the lines in the string, breaking at line boundaries."),
    HD_METHOD(hd_str_method_strip, "strip($self, chars=None, /)", "Return a copy of the string with leading and trailing whitespace removed."),
    HD_METHOD(hd_str_method_swapcase, "swapcase($self, /)", "Convert uppercase characters to lowercase and lowercase characters to uppercase."),
    HD_METHOD(method_translate, "translate($self, table, /)", "Replace each character in the string using the given translation table."),
    HD_METHOD(hd_str_method_upper, "upper($self, /)", "Return a copy of the string converted to uppercase."),
    HD_METHOD_TAKES(method_startswith, "startswith($self, prefix, start" HIDDEN ", end" HIDDEN ", /)",
              "Return True if S starts with the specified prefix, False otherwise."),
    HD_METHOD_TAKES(method_endswith, "endswith($self, suffix, start" HIDDEN ", end" HIDDEN ", /)",
              "Return True if S ends with the specified suffix, False otherwise."),
    HD_METHOD(method_removeprefix, "removeprefix($self, prefix, /)", "Return a str with the given prefix string removed if present."),
    HD_METHOD(method_removesuffix, "removesuffix($self, suffix, /)", "Return a str with the given suffix string removed if present."),
    HD_METHOD(hd_str_method_isascii, "isascii($self, /)", "Return True if all characters in the string are ASCII, False otherwise."),
    HD_METHOD(hd_str_method_islower, "islower($self, /)", "Return True if the string is a lowercase string, False otherwise."),
    HD_METHOD(hd_str_method_isupper, "isupper($self, /)", "Return True if the string is an uppercase string, False otherwise."),
    HD_METHOD(hd_str_method_istitle, "istitle($self, /)", "Return True if the string is a title-cased string, False otherwise."),
    HD_METHOD(hd_str_method_isspace, "isspace($self, /)", "Return True if the string is a whitespace string, False otherwise."),
    HD_METHOD(hd_str_method_isdecimal, "isdecimal($self, /)", "Return True if the string is a decimal string, False otherwise."),
    HD_METHOD(hd_str_method_isdigit, "isdigit($self, /)", "Return True if the string is a digit string, False otherwise."),
    HD_METHOD(hd_str_method_isnumeric, "isnumeric($self, /)", "Return True if the string is a numeric string, False otherwise."),
    HD_METHOD(hd_str_method_isalpha, "isalpha($self, /)", "Return True if the string is an alphabetic string, False otherwise."),
    HD_METHOD(hd_str_method_isalnum, "isalnum($self, /)", "Return True if the string is an alpha-numeric string, False otherwise."),
    HD_METHOD(hd_str_method_isidentifier, "isidentifier($self, /)", "Return True if the string is a valid Python identifier, False otherwise."),
    HD_METHOD(hd_str_method_isprintable, "isprintable($self, /)", "Return True if the string is printable, False otherwise."),
    HD_METHOD(method_zfill, "zfill($self, width, /)", "Pad a numeric string with zeros on the left, to fill a field of the given width."),
    HD_METHOD_RAW(hd_str_method_format, "format",
              "Return a formatted version of S, using substitutions from args and kwargs."),
    HD_METHOD(hd_str_method_format_map, "format_map($self, mapping, /)",
              "Return a formatted version of S, using substitutions from mapping."),
    HD_METHOD(hd_str_method___format__, "__format__($self, format_spec, /)", "Return a formatted version of the string as described by format_spec."),
    HD_STATIC_METHOD(method_maketrans, "maketrans(x, y" HIDDEN ", z" HIDDEN ", /)",
                     "Return a translation table usable for str.translate()."),
    HD_METHOD(method_getnewargs, "__getnewargs__($self, /)", NULL),
    HD_METHOD(method_sizeof, "__sizeof__($self, /)", "Return the size of the string in memory, in bytes."),
    HD_METHODS_END,
};
