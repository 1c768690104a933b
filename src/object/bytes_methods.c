/* bytes_methods.c -- the methods that bytes and bytearray share. Results have the type of self (never a subclass).
 *
 * Each works on a view (bytes_internal.h) of self, so that no lock is held and nothing moves while Python runs.
 */
#include "ascii.h"
#include "bytes_internal.h"
#include "codecs.h"
#include "list.h"
#include "number.h"
#include "search.h"
#include "str_builder.h"
#include "str_internal.h"

static bool is_lower(uint8_t c) { return (uint8_t)(c - 'a') < 26; }
static bool is_upper(uint8_t c) { return (uint8_t)(c - 'A') < 26; }
static bool is_alpha(uint8_t c) { return is_lower(c | 32); }
static bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static bool is_space(uint8_t c) { return c == ' ' || (uint8_t)(c - 9) < 5; }
static uint8_t to_upper(uint8_t c) { return is_lower(c) ? c - 32 : c; }

/* Ends the views when the function that owns them returns. */
typedef struct View {
    HdBytesView view;
    HdThread *t;
} View;
HD_INLINE void view_cleanup(View *v) {
    if (HD_UNLIKELY(v->t != NULL)) hd_bytes_view_end(v->t, &v->view);
}
#define VIEW(name) HD_CLEANUP(view_cleanup) View name; name.t = NULL
HD_INLINE int view_of(HdThread *t, HdValue v, View *out) {
    if (HD_LIKELY(hd_is_bytes(v))) { /* nothing to end */
        out->view.data = hd_bytes_data(v);
        out->view.length = hd_bytes_length(v);
        return 0;
    }
    if (hd_bytes_view(t, v, &out->view) < 0) return -1;
    out->t = t;
    return 0;
}

/* --- case and character classes --- */

/* A new object of self's kind and length, to be filled; its bytes, or NULL when it is empty or memory is out. */
static uint8_t *new_like(HdThread *t, HdValue self, HdSize length, HdValue *result) {
    *result = hd_bytes_like(t, self, NULL, length);
    return hd_is_null(*result) || length == 0 ? NULL : hd_bytes_like_data(*result);
}

static HdValue change_case(HdThread *t, HdValue self, uint8_t first) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdValue result;
    uint8_t *out = new_like(t, self, v.view.length, &result);
    if (out) hd_ascii_change_case(out, v.view.data, (size_t)v.view.length, first);
    return result;
}
HD_BYTES_METHOD(lower) { return change_case(t, self, 'A'); }
HD_BYTES_METHOD(upper) { return change_case(t, self, 'a'); }

HD_BYTES_METHOD(swapcase) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdValue result;
    uint8_t *out = new_like(t, self, v.view.length, &result);
    for (HdSize i = 0; out && i < v.view.length; i++) {
        uint8_t c = v.view.data[i];
        out[i] = is_alpha(c) ? c ^ 32 : c;
    }
    return result;
}

HD_BYTES_METHOD(capitalize) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize length = v.view.length;
    if (length == 1) { /* one-byte results are shared */
        uint8_t first = to_upper(v.view.data[0]);
        return hd_bytes_like(t, self, &first, 1);
    }
    HdValue result;
    uint8_t *out = new_like(t, self, length, &result);
    if (!out) return result;
    out[0] = to_upper(v.view.data[0]);
    hd_ascii_change_case(out + 1, v.view.data + 1, (size_t)length - 1, 'A');
    return result;
}

HD_BYTES_METHOD(title) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdValue result;
    uint8_t *out = new_like(t, self, v.view.length, &result);
    if (out) hd_ascii_title(out, v.view.data, (size_t)v.view.length);
    return result;
}

HD_INLINE HdValue all_are(HdThread *t, HdValue self, bool (*test)(uint8_t), bool empty) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    for (HdSize i = 0; i < v.view.length; i++)
        if (!test(v.view.data[i])) return hd_False;
    return hd_bool(v.view.length > 0 || empty);
}
static bool is_alnum(uint8_t c) { return is_alpha(c) || is_digit(c); }
static bool is_ascii(uint8_t c) { return c < 128; }
HD_BYTES_METHOD(isalnum) { return all_are(t, self, is_alnum, false); }
HD_BYTES_METHOD(isalpha) { return all_are(t, self, is_alpha, false); }
HD_BYTES_METHOD(isascii) { return all_are(t, self, is_ascii, true); }
HD_BYTES_METHOD(isdigit) { return all_are(t, self, is_digit, false); }
HD_BYTES_METHOD(isspace) { return all_are(t, self, is_space, false); }

HD_INLINE HdValue one_case(HdThread *t, HdValue self, bool (*wanted)(uint8_t), bool (*other)(uint8_t)) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    bool found = false;
    for (HdSize i = 0; i < v.view.length; i++) {
        if (other(v.view.data[i])) return hd_False;
        found |= wanted(v.view.data[i]);
    }
    return hd_bool(found);
}
HD_BYTES_METHOD(islower) { return one_case(t, self, is_lower, is_upper); }
HD_BYTES_METHOD(isupper) { return one_case(t, self, is_upper, is_lower); }

HD_BYTES_METHOD(istitle) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    bool found = false, in_word = false;
    for (HdSize i = 0; i < v.view.length; i++) {
        uint8_t c = v.view.data[i];
        if (is_upper(c) ? in_word : is_lower(c) && !in_word) return hd_False;
        in_word = is_alpha(c);
        found |= in_word;
    }
    return hd_bool(found);
}

/* --- searching --- */

/* The needle of find() and its kin: a buffer, or an int as one byte. */
static int needle_of(HdThread *t, HdValue v, View *out, uint8_t *byte) {
    if (hd_is_bytes(v) || hd_buffer_check(v)) return view_of(t, v, out);
    if (!hd_number_check_index(v)) {
        return hd_raise_int(t, &hd_TypeError, "argument should be integer or bytes-like object, not '%T'", v);
    }
    int n = hd_bytes_byte(t, v, "byte must be in range(0, 256)");
    if (n < 0) return -1;
    *byte = (uint8_t)n;
    out->view.data = byte;
    out->view.length = 1;
    return 0;
}

enum { FIND, RFIND, COUNT };
static int search(HdThread *t, HdValue self, const HdValue *args, int what, HdSize *found) {
    VIEW(v); VIEW(needle);
    uint8_t byte;
    HdSize start, end;
    if (needle_of(t, args[0], &needle, &byte) < 0) return -1;
    if (view_of(t, self, &v) < 0) return -1;
    if (hd_str_bounds(t, args[1], args[2], v.view.length, &start, &end) < 0) return -1;
    *found = what == COUNT ? 0 : -1;
    if (start > end) return 0;
    const uint8_t *data = v.view.data + start;
    if (what == COUNT) {
        *found = hd_search_count(data, 1, end - start, needle.view.data, 1, needle.view.length, HD_SIZE_MAX);
    } else {
        *found = (what == FIND ? hd_search_find : hd_search_rfind)(data, 1, end - start, needle.view.data, 1,
                                                                  needle.view.length);
        if (*found >= 0) *found += start;
    }
    return 0;
}

static HdValue find(HdThread *t, HdValue self, const HdValue *args, int what, bool raise) {
    HdSize found;
    if (search(t, self, args, what, &found) < 0) return HD_NULL;
    if (found < 0 && raise) return hd_raise(t, &hd_ValueError, "subsection not found");
    return hd_imm_int(found);
}
HD_BYTES_METHOD(find) { return find(t, self, args, FIND, false); }
HD_BYTES_METHOD(rfind) { return find(t, self, args, RFIND, false); }
HD_BYTES_METHOD(index) { return find(t, self, args, FIND, true); }
HD_BYTES_METHOD(rindex) { return find(t, self, args, RFIND, true); }
HD_BYTES_METHOD(count) { return find(t, self, args, COUNT, false); }

int hd_bytes_contains(HdThread *t, HdValue self, HdValue item) {
    if (hd_is_bytes(self) && hd_is_imm_int(item) && (uint64_t)hd_imm_int_value(item) < 256) {
        return memchr(hd_bytes_data(self), (int)hd_imm_int_value(item), (size_t)hd_bytes_length(self)) != NULL;
    }
    VIEW(v); VIEW(needle);
    uint8_t byte;
    if (!hd_is_bytes(item) && hd_number_check_index(item)) {
        int n = hd_bytes_byte(t, item, "byte must be in range(0, 256)");
        if (n < 0) return -1;
        byte = (uint8_t)n;
        needle.view.data = &byte;
        needle.view.length = 1;
    } else if (view_of(t, item, &needle) < 0) {
        return -1;
    }
    if (view_of(t, self, &v) < 0) return -1;
    return hd_search_find(v.view.data, 1, v.view.length, needle.view.data, 1, needle.view.length) >= 0;
}

static int tail_matches(HdThread *t, HdBytesView *v, HdValue part, HdSize start, HdSize end, bool at_end) {
    VIEW(p);
    if (view_of(t, part, &p) < 0) return -1;
    HdSize length = p.view.length;
    if (start > end || end - start < length) return 0;
    return memcmp(v->data + (at_end ? end - length : start), p.view.data, (size_t)length) == 0;
}

static HdValue starts_or_ends(HdThread *t, HdValue self, const HdValue *args, bool at_end) {
    VIEW(v);
    HdSize start, end;
    const char *name = at_end ? "endswith" : "startswith";
    if (view_of(t, self, &v) < 0 || hd_str_bounds(t, args[1], args[2], v.view.length, &start, &end) < 0) return HD_NULL;
    if (hd_is_tuple(args[0])) {
        for (HdSize i = 0; i < hd_tuple_length(args[0]); i++) {
            int status = tail_matches(t, &v.view, hd_tuple_at_borrowed(args[0], i), start, end, at_end);
            if (status < 0) return HD_NULL;
            if (status) return hd_True;
        }
        return hd_False;
    }
    int status = tail_matches(t, &v.view, args[0], start, end, at_end);
    if (status >= 0) return hd_bool(status);
    if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
    hd_clear_raised(t);
    return hd_raise(t, &hd_TypeError, "%s first arg must be bytes or a tuple of bytes, not %T", name, args[0]);
}
HD_BYTES_METHOD(startswith) { return starts_or_ends(t, self, args, false); }
HD_BYTES_METHOD(endswith) { return starts_or_ends(t, self, args, true); }

/* self[start:end] as a result: bytes itself when it is all of it. */
static HdValue part_of(HdThread *t, HdValue self, const HdBytesView *v, HdSize start, HdSize end) {
    if (end - start == v->length && hd_is_exact(self, &hd_bytes_type)) return hd_retain(t, self);
    return hd_bytes_like(t, self, v->data + start, end - start);
}

HD_BYTES_METHOD(removeprefix) {
    VIEW(v); VIEW(p);
    if (view_of(t, args[0], &p) < 0 || view_of(t, self, &v) < 0) return HD_NULL;
    HdSize length = p.view.length;
    bool there = length <= v.view.length && memcmp(v.view.data, p.view.data, (size_t)length) == 0;
    return part_of(t, self, &v.view, there ? length : 0, v.view.length);
}
HD_BYTES_METHOD(removesuffix) {
    VIEW(v); VIEW(p);
    if (view_of(t, args[0], &p) < 0 || view_of(t, self, &v) < 0) return HD_NULL;
    HdSize length = p.view.length, all = v.view.length;
    bool there = length <= all && memcmp(v.view.data + all - length, p.view.data, (size_t)length) == 0;
    return part_of(t, self, &v.view, 0, there ? all - length : all);
}

HD_BYTES_METHOD(replace) {
    VIEW(v); VIEW(old); VIEW(new_);
    if (view_of(t, args[0], &old) < 0 || view_of(t, args[1], &new_) < 0) return HD_NULL;
    HdSize max = HD_SIZE_MAX;
    if (!hd_is_null(args[2])) {
        max = hd_number_as_size(t, args[2], &hd_OverflowError);
        if (max == -1 && hd_raised(t)) return HD_NULL;
        if (max < 0) max = HD_SIZE_MAX;
    }
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize length = v.view.length, width = old.view.length, wide = new_.view.length;
    if (width == 1 && wide == 1 && max >= length && length > 1) {
        uint8_t from = old.view.data[0], to = new_.view.data[0];
        const uint8_t *found = memchr(v.view.data, from, (size_t)length);
        if (!found) return part_of(t, self, &v.view, 0, length);
        HdValue result = hd_bytes_like(t, self, v.view.data, length);
        if (hd_is_null(result)) return result;
        uint8_t *out = hd_bytes_like_data(result), *end = out + length;
        for (out += found - v.view.data; out; out = memchr(out, from, (size_t)(end - out))) *out++ = to;
        return result;
    }
    HdSize count = max == 0 ? 0 : hd_search_count(v.view.data, 1, length, old.view.data, 1, width, max);
    if (count == 0) return part_of(t, self, &v.view, 0, length);
    if (wide > width && count > (HD_SIZE_MAX - length) / (wide - width)) {
        return hd_raise(t, &hd_OverflowError, "replace bytes is too long");
    }
    HdSize total = length + count * (wide - width), from = 0;
    HdValue result = hd_bytes_like(t, self, NULL, total);
    if (hd_is_null(result) || total == 0) return result;
    uint8_t *out = hd_bytes_like_data(result);
    for (HdSize i = 0; i < count; i++) {
        HdSize found = width == 0 ? from + (i > 0)
                                  : from + hd_search_find(v.view.data + from, 1, length - from, old.view.data, 1, width);
        memcpy(out, v.view.data + from, (size_t)(found - from));
        out += found - from;
        memcpy(out, new_.view.data, (size_t)wide);
        out += wide;
        from = found + width;
    }
    memcpy(out, v.view.data + from, (size_t)(length - from));
    return result;
}

/* --- taking apart --- */

static int add_part(HdThread *t, HdValue list, HdValue self, const HdBytesView *v, HdSize start, HdSize end) {
    HdValue part = part_of(t, self, v, start, end);
    return hd_is_null(part) ? -1 : hd_list_append_private_steal(t, list, part);
}

static int split_into(HdThread *t, HdValue list, HdValue self, const HdBytesView *v, const HdBytesView *sep, HdSize max) {
    HdSize i = 0, length = v->length;
    if (sep) {
        while (max-- > 0) {
            HdSize found = hd_search_find(v->data + i, 1, length - i, sep->data, 1, sep->length);
            if (found < 0) break;
            if (add_part(t, list, self, v, i, i + found) < 0) return -1;
            i += found + sep->length;
        }
        return add_part(t, list, self, v, i, length);
    }
    while (max-- > 0) {
        while (i < length && is_space(v->data[i])) i++;
        if (i == length) return 0;
        HdSize start = i;
        while (i < length && !is_space(v->data[i])) i++;
        if (add_part(t, list, self, v, start, i) < 0) return -1;
    }
    while (i < length && is_space(v->data[i])) i++;
    return i < length ? add_part(t, list, self, v, i, length) : 0;
}

static int rsplit_into(HdThread *t, HdValue list, HdValue self, const HdBytesView *v, const HdBytesView *sep, HdSize max) {
    HdSize end = v->length;
    if (sep) {
        while (max-- > 0) {
            HdSize found = hd_search_rfind(v->data, 1, end, sep->data, 1, sep->length);
            if (found < 0) break;
            if (add_part(t, list, self, v, found + sep->length, end) < 0) return -1;
            end = found;
        }
        if (add_part(t, list, self, v, 0, end) < 0) return -1;
    } else {
        while (max-- > 0) {
            while (end > 0 && is_space(v->data[end - 1])) end--;
            if (end == 0) break;
            HdSize stop = end;
            while (end > 0 && !is_space(v->data[end - 1])) end--;
            if (add_part(t, list, self, v, end, stop) < 0) return -1;
        }
        while (end > 0 && is_space(v->data[end - 1])) end--;
        if (end > 0 && add_part(t, list, self, v, 0, end) < 0) return -1;
    }
    return hd_list_reverse(t, list);
}

static HdValue split(HdThread *t, HdValue self, const HdValue *args, bool backwards) {
    VIEW(v); VIEW(sep);
    HdSize max = HD_SIZE_MAX;
    if (!hd_is_null(args[1])) {
        max = hd_number_as_size(t, args[1], &hd_OverflowError);
        if (max == -1 && hd_raised(t)) return HD_NULL;
        if (max < 0) max = HD_SIZE_MAX;
    }
    bool space = hd_is_null(args[0]) || hd_is_none(args[0]);
    if (!space) {
        if (view_of(t, args[0], &sep) < 0) return HD_NULL;
        if (sep.view.length == 0) return hd_raise(t, &hd_ValueError, "empty separator");
    }
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdValue list = hd_list_new(t, max < 7 ? max + 1 : 8);
    if (hd_is_null(list)) return list;
    if ((backwards ? rsplit_into : split_into)(t, list, self, &v.view, space ? NULL : &sep.view, max) == 0) return list;
    hd_release(t, list);
    return HD_NULL;
}
HD_BYTES_METHOD(split) { return split(t, self, args, false); }
HD_BYTES_METHOD(rsplit) { return split(t, self, args, true); }

HD_BYTES_METHOD(splitlines) {
    VIEW(v);
    int keep = hd_is_null(args[0]) ? 0 : hd_object_truth(t, args[0]);
    if (keep < 0 || view_of(t, self, &v) < 0) return HD_NULL;
    HdValue list = hd_list_new(t, 0);
    const uint8_t *data = v.view.data;
    for (HdSize i = 0; !hd_is_null(list) && i < v.view.length;) {
        HdSize start = i;
        while (i < v.view.length && data[i] != '\n' && data[i] != '\r') i++;
        HdSize end = i;
        if (i < v.view.length) {
            i += data[i] == '\r' && i + 1 < v.view.length && data[i + 1] == '\n' ? 2 : 1;
            if (keep) end = i;
        }
        if (add_part(t, list, self, &v.view, start, end) < 0) {
            hd_release(t, list);
            return HD_NULL;
        }
    }
    return list;
}

static HdValue partition(HdThread *t, HdValue self, HdValue separator, bool backwards) {
    VIEW(v); VIEW(sep);
    if (view_of(t, separator, &sep) < 0) return HD_NULL;
    if (sep.view.length == 0) return hd_raise(t, &hd_ValueError, "empty separator");
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize length = v.view.length;
    HdSize found = (backwards ? hd_search_rfind : hd_search_find)(v.view.data, 1, length, sep.view.data, 1,
                                                                  sep.view.length);
    HD_OWNED HdValue before = HD_NULL;
    HD_OWNED HdValue middle = HD_NULL;
    HD_OWNED HdValue after = HD_NULL;
    if (found < 0) {
        before = backwards ? hd_bytes_like(t, self, NULL, 0) : part_of(t, self, &v.view, 0, length);
        middle = hd_bytes_like(t, self, NULL, 0);
        after = backwards ? part_of(t, self, &v.view, 0, length) : hd_bytes_like(t, self, NULL, 0);
    } else {
        before = part_of(t, self, &v.view, 0, found);
        middle = hd_is_bytearray(self) ? hd_bytearray_new(t, sep.view.data, sep.view.length) : hd_retain(t, separator);
        after = part_of(t, self, &v.view, found + sep.view.length, length);
    }
    if (hd_is_null(before) || hd_is_null(middle) || hd_is_null(after)) return HD_NULL;
    return hd_tuple_pack(t, 3, before, middle, after);
}
HD_BYTES_METHOD(partition) { return partition(t, self, args[0], false); }
HD_BYTES_METHOD(rpartition) { return partition(t, self, args[0], true); }

/* Whether the byte is one of the set (all white space, when there is none). */
HD_INLINE bool is_in(const HdBytesView *set, uint8_t c) {
    if (!set) return is_space(c);
    return set->length == 1 ? *set->data == c : memchr(set->data, c, (size_t)set->length) != NULL;
}
static HdValue strip(HdThread *t, HdValue self, HdValue set, bool left, bool right) {
    VIEW(v); VIEW(s);
    bool spaces = hd_is_null(set) || hd_is_none(set);
    if (!spaces && view_of(t, set, &s) < 0) return HD_NULL;
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize start = 0, end = v.view.length;
    const HdBytesView *in = spaces ? NULL : &s.view;
    while (left && start < end && is_in(in, v.view.data[start])) start++;
    while (right && end > start && is_in(in, v.view.data[end - 1])) end--;
    return part_of(t, self, &v.view, start, end);
}
HD_BYTES_METHOD(strip) { return strip(t, self, args[0], true, true); }
HD_BYTES_METHOD(lstrip) { return strip(t, self, args[0], true, false); }
HD_BYTES_METHOD(rstrip) { return strip(t, self, args[0], false, true); }

/* --- join --- */

static int add_bytes(HdThread *t, uint8_t **data, HdSize *length, HdSize *capacity, const HdBytesView *v) {
    if (v->length > HD_SIZE_MAX / 4 - *length) {
        return hd_raise_int(t, &hd_OverflowError, "join() result is too long");
    }
    if (*length + v->length > *capacity) {
        HdSize room = (*length + v->length) * 2 + 64;
        void *more = hd_heap_raw_resize(t, *data, (size_t)*capacity, (size_t)room);
        if (!more) {
            hd_raise_no_memory(t);
            return -1;
        }
        *data = more;
        *capacity = room;
    }
    memcpy(*data + *length, v->data, (size_t)v->length);
    *length += v->length;
    return 0;
}

/* The length of the bytes `items` joined; -1: not all are bytes, or it is too much. */
static HdSize length_of_all(const HdValue *items, HdSize count, HdSize separator) {
    HdSize total = 0;
    for (HdSize i = 0; i < count; i++) {
        if (!hd_is_bytes(items[i])) return -1;
        HdSize more = hd_bytes_length(items[i]) + (i ? separator : 0);
        if (more < 0 || total > HD_SIZE_MAX / 2 - more) return -1;
        total += more;
    }
    return total;
}

/* Nobody changes `items` meanwhile: this runs no Python. */
static HdValue join_all(HdThread *t, HdValue self, const HdValue *items, HdSize count, const HdBytesView *separator, HdSize total) {
    uint8_t only;
    HdValue result = hd_bytes_like(t, self, NULL, total);
    if (hd_is_null(result) || total == 0) return result;
    uint8_t *out = total == 1 ? &only : hd_bytes_like_data(result);
    for (HdSize i = 0; i < count; i++) {
        if (i && separator->length) {
            hd_str_copy_bytes((char *)out, (const char *)separator->data, (size_t)separator->length);
            out += separator->length;
        }
        HdSize length = hd_bytes_length(items[i]);
        hd_str_copy_bytes((char *)out, (const char *)hd_bytes_data(items[i]), (size_t)length);
        out += length;
    }
    if (total > 1) return result;
    hd_release(t, result); /* one-byte results are shared */
    return hd_bytes_like(t, self, &only, 1);
}

HD_BYTES_METHOD(join) {
    HD_OWNED HdValue sequence = hd_object_fast_sequence(t, args[0], "can only join an iterable");
    if (hd_is_null(sequence)) return HD_NULL;
    bool list = hd_is_list(sequence);
    HdSize count = list ? hd_list_length(sequence) : hd_tuple_length(sequence);
    if (count == 1) {
        HD_OWNED HdValue only = list ? hd_list_get(t, sequence, 0) : hd_retain(t, hd_tuple_at_borrowed(sequence, 0));
        if (hd_is_exact(only, &hd_bytes_type) && hd_is_bytes(self)) return hd_move(&only);
    }
    VIEW(sep);
    if (view_of(t, self, &sep) < 0) return HD_NULL;
    if (!list || !t->locks) {
        const HdValue *items = !list ? HD_AS(HdTuple, sequence)->at : count ? HD_AS(HdList, sequence)->array->at : NULL;
        HdSize total = length_of_all(items, count, sep.view.length);
        if (total >= 0) return join_all(t, self, items, count, &sep.view, total);
    }
    HdSize length = 0, capacity = 256;
    uint8_t *data = hd_heap_raw(t, (size_t)capacity);
    if (!data) return hd_raise_no_memory(t);
    HdValue result = HD_NULL;
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue item = HD_NULL;
        if (list) item = hd_list_get(t, sequence, i);
        else if (i < count) item = hd_retain(t, hd_tuple_at_borrowed(sequence, i));
        if (hd_is_null(item)) break;
        if (!hd_buffer_check(item)) {
            hd_raise(t, &hd_TypeError, "sequence item %zd: expected a bytes-like object, %T found", i, item);
            goto out;
        }
        VIEW(v);
        if (view_of(t, item, &v) < 0) goto out;
        if (i && sep.view.length && add_bytes(t, &data, &length, &capacity, &sep.view) < 0) goto out;
        if (add_bytes(t, &data, &length, &capacity, &v.view) < 0) goto out;
    }
    result = hd_bytes_like(t, self, data, length);
out:
    hd_heap_raw_free(t, data, (size_t)capacity);
    return result;
}

/* --- padding --- */

static HdValue pad(HdThread *t, HdValue self, const HdBytesView *v, HdSize left, HdSize right, uint8_t fill) {
    if (left <= 0 && right <= 0) return part_of(t, self, v, 0, v->length);
    if (left > HD_SIZE_MAX - v->length || right > HD_SIZE_MAX - v->length - left) return hd_raise_no_memory(t);
    HdSize total = left + v->length + right;
    if (total == 1 && v->length == 0) return hd_bytes_like(t, self, &fill, 1);
    HdValue result = hd_bytes_like(t, self, NULL, total);
    if (hd_is_null(result)) return result;
    uint8_t *out = hd_bytes_like_data(result);
    memset(out, fill, (size_t)left);
    memcpy(out + left, v->data, (size_t)v->length);
    memset(out + left + v->length, fill, (size_t)right);
    return result;
}

static HdValue justify(HdThread *t, HdValue self, const HdValue *args, const char *name, int where) {
    HdSize width = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (width == -1 && hd_raised(t)) return HD_NULL;
    uint8_t fill = ' ';
    if (!hd_is_null(args[1])) {
        VIEW(f);
        bool good = hd_is_bytes(args[1]) || hd_is_bytearray(args[1]);
        if (good && view_of(t, args[1], &f) < 0) return HD_NULL;
        if (!good || f.view.length != 1) {
            return hd_raise(t, &hd_TypeError, "%s() argument 2 must be a byte string of length 1, not %T", name, args[1]);
        }
        fill = f.view.data[0];
    }
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize missing = width > v.view.length ? width - v.view.length : 0;
    HdSize left = where < 0 ? 0 : where > 0 ? missing : missing / 2 + (missing & width & 1);
    return pad(t, self, &v.view, left, missing - left, fill);
}
HD_BYTES_METHOD(ljust) { return justify(t, self, args, "ljust", -1); }
HD_BYTES_METHOD(rjust) { return justify(t, self, args, "rjust", 1); }
HD_BYTES_METHOD(center) { return justify(t, self, args, "center", 0); }

HD_BYTES_METHOD(zfill) {
    HdSize width = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (width == -1 && hd_raised(t)) return HD_NULL;
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize missing = width - v.view.length;
    HdValue result = pad(t, self, &v.view, missing, 0, '0');
    if (hd_is_null(result) || missing <= 0 || v.view.length == 0) return result;
    uint8_t *out = hd_bytes_like_data(result);
    if (out[missing] == '+' || out[missing] == '-') {
        out[0] = out[missing];
        out[missing] = '0';
    }
    return result;
}

HD_BYTES_METHOD(expandtabs) {
    int size = 8;
    if (!hd_is_null(args[0])) {
        size = hd_number_as_int(t, args[0]);
        if (size == -1 && hd_raised(t)) return HD_NULL;
    }
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize total = 0, column = 0;
    for (int pass = 0;; pass++) { /* first measure, then write */
        HdValue result = HD_NULL;
        uint8_t *out = NULL;
        if (pass == 1) {
            result = hd_bytes_like(t, self, NULL, total);
            if (hd_is_null(result) || total == 0) return result;
            out = hd_bytes_like_data(result);
        }
        column = 0;
        for (HdSize i = 0; i < v.view.length; i++) {
            uint8_t c = v.view.data[i];
            HdSize fill = 1;
            if (c == '\t') {
                fill = size > 0 ? size - column % size : 0;
                column += fill;
            } else {
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
            if (pass == 0 && (total > HD_SIZE_MAX - fill || column > HD_SIZE_MAX - size)) {
                return hd_raise(t, &hd_OverflowError, "result too long");
            }
            if (pass == 0) {
                total += fill;
            } else if (c == '\t') {
                memset(out, ' ', (size_t)fill);
                out += fill;
            } else {
                *out++ = c;
            }
        }
        if (pass == 1) return result;
    }
}

/* --- translate, decode, hex --- */

HD_BYTES_METHOD(maketrans) {
    VIEW(from); VIEW(to);
    if (view_of(t, args[0], &from) < 0 || view_of(t, args[1], &to) < 0) return HD_NULL;
    if (from.view.length != to.view.length) {
        return hd_raise(t, &hd_ValueError, "maketrans arguments must have same length");
    }
    uint8_t table[256];
    for (int c = 0; c < 256; c++) table[c] = (uint8_t)c;
    for (HdSize i = 0; i < from.view.length; i++) table[from.view.data[i]] = to.view.data[i];
    return hd_bytes_new(t, table, 256);
}

HD_BYTES_METHOD(translate) {
    VIEW(v); VIEW(table); VIEW(gone);
    bool drop[256] = {0};
    bool has_table = !hd_is_none(args[0]);
    if (has_table) {
        if (view_of(t, args[0], &table) < 0) return HD_NULL;
        if (table.view.length != 256) {
            return hd_raise(t, &hd_ValueError, "translation table must be 256 characters long");
        }
    }
    if (!hd_is_null(args[1])) {
        if (view_of(t, args[1], &gone) < 0) return HD_NULL;
        for (HdSize i = 0; i < gone.view.length; i++) drop[gone.view.data[i]] = true;
    }
    if (view_of(t, self, &v) < 0) return HD_NULL;
    HdSize kept = 0;
    bool changed = false;
    for (HdSize i = 0; i < v.view.length; i++) {
        uint8_t c = v.view.data[i];
        kept += !drop[c];
        changed |= drop[c] || (has_table && table.view.data[c] != c);
    }
    if (!changed) return part_of(t, self, &v.view, 0, v.view.length);
    HdValue result = hd_bytes_like(t, self, NULL, kept);
    if (hd_is_null(result) || kept == 0) return result;
    uint8_t *out = hd_bytes_like_data(result);
    for (HdSize i = 0; i < v.view.length; i++) {
        uint8_t c = v.view.data[i];
        if (!drop[c]) *out++ = has_table ? table.view.data[c] : c;
    }
    return result;
}

HD_BYTES_METHOD(decode) {
    const char *text[2] = {"utf-8", NULL};
    for (int i = 0; i < 2; i++) {
        if (HD_LIKELY(hd_is_null(args[i]))) continue;
        if (!hd_is_str(args[i])) {
            return hd_raise(t, &hd_TypeError, "decode() argument '%s' must be str, not %T", i ? "errors" : "encoding",
                            args[i]);
        }
        HdSize length;
        text[i] = hd_str_utf8(t, args[i], &length);
        if (!text[i]) return HD_NULL;
        if (strlen(text[i]) != (size_t)length) return hd_raise(t, &hd_ValueError, "embedded null character");
    }
    return hd_codecs_decode_object(t, self, text[0], text[1]);
}

HdValue hd_bytes_hex(HdThread *t, const uint8_t *data, HdSize length, HdValue sep, HdValue per_sep) {
    static const char digits[] = "0123456789abcdef";
    HdSize group = 1;
    uint32_t separator = 0;
    if (!hd_is_null(per_sep)) {
        group = hd_number_as_int(t, per_sep);
        if (group == -1 && hd_raised(t)) return HD_NULL;
    }
    bool has_sep = !hd_is_null(sep);
    if (has_sep) {
        HdSize size;
        if (hd_is_str(sep)) {
            size = hd_str_length(sep);
            if (size == 1) separator = hd_str_at(sep, 0);
        } else if (hd_is_bytes(sep)) {
            size = hd_bytes_length(sep);
            if (size == 1) separator = hd_bytes_data(sep)[0];
        } else {
            return hd_raise(t, &hd_TypeError, "sep must be str or bytes.");
        }
        if (size != 1) return hd_raise(t, &hd_ValueError, "sep must be length 1.");
        if (separator > 127) return hd_raise(t, &hd_ValueError, "sep must be ASCII.");
    }
    bool from_left = group < 0;
    if (from_left) group = -group;
    HdSize separators = has_sep && group > 0 && length > 0 ? (length - 1) / group : 0;
    if (length > (HD_SIZE_MAX - separators) / 2) return hd_raise_no_memory(t);
    HdValue text = hd_str_new(t, length * 2 + separators, 0x7F);
    if (hd_is_null(text) || length == 0) return text;
    char *out = hd_str_data(text);
    for (HdSize i = 0; i < length; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
        HdSize done = from_left ? i + 1 : length - 1 - i;
        if (separators && i + 1 < length && done % group == 0) *out++ = (char)separator;
    }
    return text;
}

HD_BYTES_METHOD(hex) {
    VIEW(v);
    if (view_of(t, self, &v) < 0) return HD_NULL;
    return hd_bytes_hex(t, v.view.data, v.view.length, args[0], args[1]);
}
