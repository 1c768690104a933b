/* str_split.c -- taking strs apart and joining them: split, rsplit, splitlines, partition, strip, join, expandtabs. */
#include "list.h"
#include "number.h"
#include "str_builder.h"
#include "str_internal.h"
#include "str_methods.h"
#include "unicode.h"

/* A list for the parts that at most `max` cuts leave; most texts have few. */
static HdValue list_of_parts(HdThread *t, HdSize max) { return hd_list_new(t, max < 7 ? max + 1 : 8); }

static int append_part(HdThread *t, HdValue list, HdValue self, HdSize start, HdSize end) {
    HdValue part = hd_str_substring(t, self, start, end);
    return hd_is_null(part) ? -1 : hd_list_append_private_steal(t, list, part);
}

HD_INLINE bool space_at(HdValue self, HdSize i) {
    uint32_t c = hd_str_at(self, i);
    return c < 128 ? c == ' ' || c - 9 < 5 || c - 0x1C < 4 : hd_unicode_is_space(c);
}

HD_INLINE bool line_break_at(HdValue self, HdSize i) {
    uint32_t c = hd_str_at(self, i);
    return c < 128 ? c - 10 < 4 || c - 0x1C < 3 : hd_unicode_is_line_break(c);
}

static int split_space(HdThread *t, HdValue list, HdValue self, HdSize max) {
    HdSize i = 0, length = hd_str_length(self);
    for (; max-- > 0;) {
        while (i < length && space_at(self, i)) i++;
        if (i == length) return 0;
        HdSize start = i;
        while (i < length && !space_at(self, i)) i++;
        if (append_part(t, list, self, start, i) < 0) return -1;
    }
    while (i < length && space_at(self, i)) i++;
    /* The rest keeps the space at its end. */
    return i < length ? append_part(t, list, self, i, length) : 0;
}

static int rsplit_space(HdThread *t, HdValue list, HdValue self, HdSize max) {
    HdSize end = hd_str_length(self);
    for (; max-- > 0;) {
        while (end > 0 && space_at(self, end - 1)) end--;
        if (end == 0) return 0;
        HdSize stop = end;
        while (end > 0 && !space_at(self, end - 1)) end--;
        if (append_part(t, list, self, end, stop) < 0) return -1;
    }
    while (end > 0 && space_at(self, end - 1)) end--;
    return end > 0 ? append_part(t, list, self, 0, end) : 0;
}

static int check_separator(HdThread *t, HdValue separator) {
    if (!hd_is_str(separator)) return hd_raise_int(t, &hd_TypeError, "must be str or None, not %T", separator);
    if (hd_str_length(separator) == 0) return hd_raise_int(t, &hd_ValueError, "empty separator");
    return 0;
}

HdValue hd_str_split(HdThread *t, HdValue self, HdValue separator, HdSize max) {
    if (max < 0) max = HD_SIZE_MAX;
    HdValue list = list_of_parts(t, max);
    if (hd_is_null(list)) return list;
    if (hd_is_null(separator) || hd_is_none(separator)) {
        if (split_space(t, list, self, max) < 0) goto fail;
        return list;
    }
    if (check_separator(t, separator) < 0) goto fail;
    HdSize at = 0, length = hd_str_length(self), width = hd_str_length(separator);
    while (max-- > 0) {
        HdSize found = hd_str_find(self, separator, at, length, false);
        if (found < 0) break;
        if (append_part(t, list, self, at, found) < 0) goto fail;
        at = found + width;
    }
    if (append_part(t, list, self, at, length) < 0) goto fail;
    return list;
fail:
    hd_release(t, list);
    return HD_NULL;
}

static HdValue rsplit(HdThread *t, HdValue self, HdValue separator, HdSize max) {
    HdValue list = list_of_parts(t, max);
    if (hd_is_null(list)) return list;
    if (hd_is_null(separator) || hd_is_none(separator)) {
        if (rsplit_space(t, list, self, max) < 0) goto fail;
    } else {
        if (check_separator(t, separator) < 0) goto fail;
        HdSize end = hd_str_length(self), width = hd_str_length(separator);
        while (max-- > 0) {
            HdSize found = hd_str_find(self, separator, 0, end, true);
            if (found < 0) break;
            if (append_part(t, list, self, found + width, end) < 0) goto fail;
            end = found;
        }
        if (append_part(t, list, self, 0, end) < 0) goto fail;
    }
    if (hd_list_reverse(t, list) < 0) goto fail;
    return list;
fail:
    hd_release(t, list);
    return HD_NULL;
}

static int split_limit(HdThread *t, HdValue given, HdSize *max) {
    *max = -1;
    if (!hd_is_null(given)) {
        *max = hd_number_as_size(t, given, &hd_OverflowError);
        if (*max == -1 && hd_raised(t)) return -1;
    }
    if (*max < 0) *max = HD_SIZE_MAX;
    return 0;
}

HdValue hd_str_method_split(HdThread *t, HdValue self, const HdValue *args) {
    HdSize max;
    if (split_limit(t, args[1], &max) < 0) return HD_NULL;
    return hd_str_split(t, self, args[0], max);
}

HdValue hd_str_method_rsplit(HdThread *t, HdValue self, const HdValue *args) {
    HdSize max;
    if (split_limit(t, args[1], &max) < 0) return HD_NULL;
    return rsplit(t, self, args[0], max);
}

HdValue hd_str_method_splitlines(HdThread *t, HdValue self, const HdValue *args) {
    bool keep = false;
    if (!hd_is_null(args[0])) {
        int truth = hd_object_truth(t, args[0]);
        if (truth < 0) return HD_NULL;
        keep = truth;
    }
    HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return list;
    HdSize length = hd_str_length(self);
    for (HdSize i = 0; i < length;) {
        HdSize start = i;
        while (i < length && !line_break_at(self, i)) i++;
        HdSize end = i;
        if (i < length) {
            i += hd_str_at(self, i) == '\r' && i + 1 < length && hd_str_at(self, i + 1) == '\n' ? 2 : 1;
            if (keep) end = i;
        }
        if (append_part(t, list, self, start, end) < 0) {
            hd_release(t, list);
            return HD_NULL;
        }
    }
    return list;
}

static HdValue partition(HdThread *t, HdValue self, HdValue separator, bool backwards) {
    if (!hd_is_str(separator)) return hd_raise(t, &hd_TypeError, "must be str, not %T", separator);
    if (hd_str_length(separator) == 0) return hd_raise(t, &hd_ValueError, "empty separator");
    HdSize length = hd_str_length(self), found = hd_str_find(self, separator, 0, length, backwards);
    if (found < 0) {
        HD_OWNED HdValue whole = hd_str_exact(t, self);
        if (hd_is_null(whole)) return HD_NULL;
        return backwards ? hd_tuple_pack(t, 3, hd_str_empty(), hd_str_empty(), whole)
                         : hd_tuple_pack(t, 3, whole, hd_str_empty(), hd_str_empty());
    }
    HD_OWNED HdValue before = hd_str_substring(t, self, 0, found);
    if (hd_is_null(before)) return HD_NULL;
    HD_OWNED HdValue after = hd_str_substring(t, self, found + hd_str_length(separator), length);
    if (hd_is_null(after)) return HD_NULL;
    return hd_tuple_pack(t, 3, before, separator, after);
}

HdValue hd_str_method_partition(HdThread *t, HdValue self, const HdValue *args) {
    return partition(t, self, args[0], false);
}
HdValue hd_str_method_rpartition(HdThread *t, HdValue self, const HdValue *args) {
    return partition(t, self, args[0], true);
}

HD_INLINE bool is_in(HdValue set, uint32_t c) {
    HdSize size = hd_str_length(set);
    return size == 1 ? hd_str_at(set, 0) == c : hd_str_find_char(set, c, 0, size, false) >= 0;
}

static HdValue strip(HdThread *t, HdValue self, HdValue set, bool left, bool right, const char *name) {
    HdSize start = 0, end = hd_str_length(self);
    if (hd_is_null(set) || hd_is_none(set)) {
        while (left && start < end && space_at(self, start)) start++;
        while (right && end > start && space_at(self, end - 1)) end--;
    } else if (!hd_is_str(set)) {
        return hd_raise(t, &hd_TypeError, "%s arg must be None or str", name);
    } else {
        while (left && start < end && is_in(set, hd_str_at(self, start))) start++;
        while (right && end > start && is_in(set, hd_str_at(self, end - 1))) end--;
    }
    return hd_str_substring(t, self, start, end);
}

HdValue hd_str_method_strip(HdThread *t, HdValue self, const HdValue *args) {
    return strip(t, self, args[0], true, true, "strip");
}
HdValue hd_str_method_lstrip(HdThread *t, HdValue self, const HdValue *args) {
    return strip(t, self, args[0], true, false, "lstrip");
}
HdValue hd_str_method_rstrip(HdThread *t, HdValue self, const HdValue *args) {
    return strip(t, self, args[0], false, true, "rstrip");
}

/* --- join --- */

HdValue hd_str_join_values(HdThread *t, HdValue separator, const HdValue *items, HdSize count) {
    if (count == 0) return hd_str_empty();
    if (count == 1 && hd_is_exact_str(items[0])) return hd_retain(t, items[0]);
    HdSize width = hd_is_null(separator) ? 0 : hd_str_length(separator), length = 0;
    uint32_t max_char = width && count > 1 ? hd_str_max_char(separator) : 0x7F;
    for (HdSize i = 0; i < count; i++) {
        uint32_t bound = hd_str_max_char(items[i]);
        if (bound > max_char) max_char = bound;
        HdSize more = hd_str_length(items[i]) + (i ? width : 0);
        if (more < 0 || length > HD_SIZE_MAX - more) {
            return hd_raise(t, &hd_OverflowError, "join() result is too long for a Python string");
        }
        length += more;
    }
    HdValue v = hd_str_new(t, length, max_char);
    if (hd_is_null(v) || length == 0) return v;
    HdSize at = 0;
    for (HdSize i = 0; i < count; i++) {
        if (i && width) {
            hd_str_write(v, at, separator, 0, width);
            at += width;
        }
        HdSize size = hd_str_length(items[i]);
        hd_str_write(v, at, items[i], 0, size);
        at += size;
    }
    return hd_str_settle_steal(t, v);
}

HdValue hd_str_join(HdThread *t, HdValue separator, HdValue iterable) {
    HD_OWNED HdValue sequence = hd_object_fast_sequence(t, iterable, "can only join an iterable");
    if (hd_is_null(sequence)) return HD_NULL;
    if (t->locks && hd_is_list(sequence)) { /* others may change the list while its items are copied */
        HdValue tuple = hd_list_as_tuple(t, sequence);
        if (hd_is_null(tuple)) return HD_NULL;
        hd_replace_steal(t, &sequence, tuple);
    }
    const HdValue *items;
    HdSize count;
    if (hd_is_list(sequence)) {
        count = hd_list_length(sequence);
        items = count ? HD_AS(HdList, sequence)->array->at : NULL;
    } else {
        count = hd_tuple_length(sequence);
        items = HD_AS(HdTuple, sequence)->at;
    }
    for (HdSize i = 0; i < count; i++) {
        if (!hd_is_str(items[i])) {
            return hd_raise(t, &hd_TypeError, "sequence item %zd: expected str instance, %T found", i, items[i]);
        }
    }
    return hd_str_join_values(t, separator, items, count);
}

HdValue hd_str_method_join(HdThread *t, HdValue self, const HdValue *args) { return hd_str_join(t, self, args[0]); }

HdValue hd_str_method_expandtabs(HdThread *t, HdValue self, const HdValue *args) {
    int size = 8;
    if (!hd_is_null(args[0])) {
        size = hd_number_as_int(t, args[0]);
        if (size == -1 && hd_raised(t)) return HD_NULL;
    }
    if (hd_str_find_char(self, '\t', 0, hd_str_length(self), false) < 0) return hd_str_exact(t, self);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    HdSize length = hd_str_length(self), column = 0;
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(self, i);
        if (c == '\t') {
            if (size <= 0) continue;
            HdSize fill = size - column % size;
            if (fill > HD_SIZE_MAX - column || b.length > HD_SIZE_MAX / 8 - fill) {
                hd_str_builder_discard(&b);
                return hd_raise(t, &hd_OverflowError, "new string is too long");
            }
            column += fill;
            if (hd_str_builder_fill(&b, ' ', fill) < 0) break;
            continue;
        }
        column = c == '\n' || c == '\r' ? 0 : column + 1;
        if (hd_str_builder_char(&b, c) < 0) break;
    }
    return hd_str_builder_finish(&b);
}
