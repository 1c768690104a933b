/* bytes_internal.h -- what bytes, bytearray and their shared methods have in common. */
#ifndef HD_BYTES_INTERNAL_H
#define HD_BYTES_INTERNAL_H

#include "buffer.h"
#include "bytes.h"
#include "native.h"

/* The bytes of a bytes, bytearray or other buffer while a method works on them. A bytearray that other threads may
 * change (GIL off) is copied; other objects are held through the buffer protocol. */
typedef struct HdBytesView {
    const uint8_t *data;
    HdSize length;
    void *copy;      /* raw block of `length` bytes, or NULL */
    HdBuffer buffer; /* owner HD_NULL: not in use */
} HdBytesView;
/* -1 and TypeError for what is no buffer. */
int hd_bytes_view_slow(HdThread *t, HdValue v, HdBytesView *out) HD_CHECK;
HD_CHECK HD_INLINE int hd_bytes_view(HdThread *t, HdValue v, HdBytesView *out) {
    out->copy = NULL;
    out->buffer.owner = HD_NULL;
    if (!hd_is_bytes(v)) return hd_bytes_view_slow(t, v, out);
    out->data = hd_bytes_data(v);
    out->length = hd_bytes_length(v);
    return 0;
}
void hd_bytes_view_end_slow(HdThread *t, HdBytesView *view);
HD_INLINE void hd_bytes_view_end(HdThread *t, HdBytesView *view) {
    if (HD_UNLIKELY(view->copy || !hd_is_null(view->buffer.owner))) hd_bytes_view_end_slow(t, view);
}

/* BytesWarning under -b for str(self), and for self == other (or !=) where other is a str or int; -1 = raised. */
int hd_bytes_warn_str(HdThread *t, HdValue self) HD_CHECK;
int hd_bytes_warn_compare(HdThread *t, HdValue self, HdValue other, int op) HD_CHECK;

/* A bytes or bytearray, like self's type (never a subclass). */
HdValue hd_bytes_like(HdThread *t, HdValue self, const void *data_or_null, HdSize length) HD_CHECK;
HD_INLINE uint8_t *hd_bytes_like_data(HdValue v) {
    return hd_is_bytes(v) ? hd_bytes_data(v) : hd_bytearray_data(v);
}
/* An int 0..255; -1 = raised (ValueError "byte must be in range(0, 256)"). */
int hd_bytes_byte(HdThread *t, HdValue v, const char *message) HD_CHECK;
HdValue hd_bytes_repr_of(HdThread *t, const uint8_t *data, HdSize length, const char *before, const char *after) HD_CHECK;
/* bytes.hex([sep[, bytes_per_sep]]) of any memory; sep HD_NULL: none. */
HdValue hd_bytes_hex(HdThread *t, const uint8_t *data, HdSize length, HdValue sep, HdValue per_sep) HD_CHECK;
HdValue hd_bytes_percent(HdThread *t, HdValue self, HdValue args) HD_CHECK;
HdValue hd_bytes_iter(HdThread *t, HdValue self) HD_CHECK;
/* What bytes(source, encoding, errors) and bytearray(...) make of it: an exact bytes. */
HdValue hd_bytes_construct(HdThread *t, HdValue source, HdValue encoding, HdValue errors, bool for_bytes) HD_CHECK;
/* Subscription by int or slice of immutable bytes; `like` decides the result's type. */
HdValue hd_bytes_subscript(HdThread *t, HdValue like, const uint8_t *data, HdSize length, HdValue key, const char *name) HD_CHECK;
HdValue hd_bytes_parse_hex(HdThread *t, HdValue text) HD_CHECK; /* bytes */
int hd_bytes_contains(HdThread *t, HdValue self, HdValue item) HD_CHECK;
extern HdType hd_bytes_iterator_type, hd_bytearray_iterator_type;

/* One row for each method that both types have: X(function, signature, doc). bytes_methods.c has the functions. */
#define HD_BYTES_METHOD(name) HdValue hd_bytes_method_##name(HdThread *t, HdValue self, const HdValue *args)
HD_BYTES_METHOD(capitalize);
HD_BYTES_METHOD(center);
HD_BYTES_METHOD(count);
HD_BYTES_METHOD(decode);
HD_BYTES_METHOD(endswith);
HD_BYTES_METHOD(expandtabs);
HD_BYTES_METHOD(find);
HD_BYTES_METHOD(hex);
HD_BYTES_METHOD(index);
HD_BYTES_METHOD(isalnum);
HD_BYTES_METHOD(isalpha);
HD_BYTES_METHOD(isascii);
HD_BYTES_METHOD(isdigit);
HD_BYTES_METHOD(islower);
HD_BYTES_METHOD(isspace);
HD_BYTES_METHOD(istitle);
HD_BYTES_METHOD(isupper);
HD_BYTES_METHOD(join);
HD_BYTES_METHOD(ljust);
HD_BYTES_METHOD(lower);
HD_BYTES_METHOD(lstrip);
HD_BYTES_METHOD(maketrans);
HD_BYTES_METHOD(partition);
HD_BYTES_METHOD(removeprefix);
HD_BYTES_METHOD(removesuffix);
HD_BYTES_METHOD(replace);
HD_BYTES_METHOD(rfind);
HD_BYTES_METHOD(rindex);
HD_BYTES_METHOD(rjust);
HD_BYTES_METHOD(rpartition);
HD_BYTES_METHOD(rsplit);
HD_BYTES_METHOD(rstrip);
HD_BYTES_METHOD(split);
HD_BYTES_METHOD(splitlines);
HD_BYTES_METHOD(startswith);
HD_BYTES_METHOD(strip);
HD_BYTES_METHOD(swapcase);
HD_BYTES_METHOD(title);
HD_BYTES_METHOD(translate);
HD_BYTES_METHOD(upper);
HD_BYTES_METHOD(zfill);

#define HD_BYTES_HIDDEN "=<none>"
#define HD_BYTES_SHARED_METHODS \
    HD_METHOD(hd_bytes_method_capitalize, "capitalize($self, /)", "Return a copy with only its first character capitalized (ASCII) and the rest lower-cased."), \
    HD_METHOD(hd_bytes_method_center, "center($self, width, fillchar=b' ', /)", "Return a centered copy of length width."), \
    HD_METHOD_TAKES(hd_bytes_method_count, "count($self, sub, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return the number of non-overlapping occurrences of subsection sub."), \
    HD_METHOD(hd_bytes_method_decode, "decode($self, /, encoding='utf-8', errors='strict')", "Decode the bytes using the codec registered for encoding."), \
    HD_METHOD_TAKES(hd_bytes_method_endswith, "endswith($self, suffix, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return True if it ends with the specified suffix, False otherwise."), \
    HD_METHOD(hd_bytes_method_expandtabs, "expandtabs($self, /, tabsize=8)", "Return a copy where all tab characters are expanded using spaces."), \
    HD_METHOD_TAKES(hd_bytes_method_find, "find($self, sub, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return the lowest index where subsection sub is found, or -1."), \
    HD_METHOD(hd_bytes_method_hex, "hex($self, /, sep" HD_BYTES_HIDDEN ", bytes_per_sep=1)", "Create a string of hexadecimal numbers from the bytes."), \
    HD_METHOD_TAKES(hd_bytes_method_index, "index($self, sub, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return the lowest index where subsection sub is found; ValueError when it is not."), \
    HD_METHOD(hd_bytes_method_isalnum, "isalnum($self, /)", "Return True if all characters are alphanumeric (ASCII) and there is at least one."), \
    HD_METHOD(hd_bytes_method_isalpha, "isalpha($self, /)", "Return True if all characters are alphabetic (ASCII) and there is at least one."), \
    HD_METHOD(hd_bytes_method_isascii, "isascii($self, /)", "Return True if all characters are ASCII or it is empty."), \
    HD_METHOD(hd_bytes_method_isdigit, "isdigit($self, /)", "Return True if all characters are digits (ASCII) and there is at least one."), \
    HD_METHOD(hd_bytes_method_islower, "islower($self, /)", "Return True if all cased characters are lowercase and there is at least one."), \
    HD_METHOD(hd_bytes_method_isspace, "isspace($self, /)", "Return True if all characters are whitespace and there is at least one."), \
    HD_METHOD(hd_bytes_method_istitle, "istitle($self, /)", "Return True if it is titlecased and there is at least one character."), \
    HD_METHOD(hd_bytes_method_isupper, "isupper($self, /)", "Return True if all cased characters are uppercase and there is at least one."), \
    HD_METHOD(hd_bytes_method_join, "join($self, iterable_of_bytes, /)", "Concatenate any number of bytes objects."), \
    HD_METHOD(hd_bytes_method_ljust, "ljust($self, width, fillchar=b' ', /)", "Return a left-justified copy of length width."), \
    HD_METHOD(hd_bytes_method_lower, "lower($self, /)", "Return a copy with all ASCII characters converted to lowercase."), \
    HD_METHOD(hd_bytes_method_lstrip, "lstrip($self, bytes=None, /)", "Strip leading bytes contained in the argument."), \
    HD_STATIC_METHOD(hd_bytes_method_maketrans, "maketrans(frm, to, /)", "Return a translation table usable for the translate method."), \
    HD_METHOD(hd_bytes_method_partition, "partition($self, sep, /)", "Partition into three parts using the given separator."), \
    HD_METHOD(hd_bytes_method_removeprefix, "removeprefix($self, prefix, /)", "Return a copy with the given prefix removed if present."), \
    HD_METHOD(hd_bytes_method_removesuffix, "removesuffix($self, suffix, /)", "Return a copy with the given suffix removed if present."), \
    HD_METHOD(hd_bytes_method_replace, "replace($self, old, new, count=-1, /)", "Return a copy with all occurrences of old replaced by new."), \
    HD_METHOD_TAKES(hd_bytes_method_rfind, "rfind($self, sub, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return the highest index where subsection sub is found, or -1."), \
    HD_METHOD_TAKES(hd_bytes_method_rindex, "rindex($self, sub, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return the highest index where subsection sub is found; ValueError when it is not."), \
    HD_METHOD(hd_bytes_method_rjust, "rjust($self, width, fillchar=b' ', /)", "Return a right-justified copy of length width."), \
    HD_METHOD(hd_bytes_method_rpartition, "rpartition($self, sep, /)", "Partition into three parts, searching from the end."), \
    HD_METHOD(hd_bytes_method_rsplit, "rsplit($self, /, sep=None, maxsplit=-1)", "Return a list of the sections, splitting from the end."), \
    HD_METHOD(hd_bytes_method_rstrip, "rstrip($self, bytes=None, /)", "Strip trailing bytes contained in the argument."), \
    HD_METHOD(hd_bytes_method_split, "split($self, /, sep=None, maxsplit=-1)", "Return a list of the sections, using sep as the delimiter."), \
    HD_METHOD(hd_bytes_method_splitlines, "splitlines($self, /, keepends=False)", "Return a list of the lines, breaking at line boundaries."), \
    HD_METHOD_TAKES(hd_bytes_method_startswith, "startswith($self, prefix, start" HD_BYTES_HIDDEN ", end" HD_BYTES_HIDDEN ", /)", "Return True if it starts with the specified prefix, False otherwise."), \
    HD_METHOD(hd_bytes_method_strip, "strip($self, bytes=None, /)", "Strip leading and trailing bytes contained in the argument."), \
    HD_METHOD(hd_bytes_method_swapcase, "swapcase($self, /)", "Return a copy with uppercase ASCII characters converted to lowercase and vice versa."), \
    HD_METHOD(hd_bytes_method_title, "title($self, /)", "Return a titlecased version."), \
    HD_METHOD(hd_bytes_method_translate, "translate($self, table, /, delete=b'')", "Return a copy with each character mapped by the given translation table."), \
    HD_METHOD(hd_bytes_method_upper, "upper($self, /)", "Return a copy with all ASCII characters converted to uppercase."), \
    HD_METHOD(hd_bytes_method_zfill, "zfill($self, width, /)", "Pad a numeric string with zeros on the left, to fill a field of the given width.")

#endif
