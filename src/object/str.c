/* str.c -- the str type: storage, making, interning, hash, comparison, concatenation. Methods, searching, formatting
 * and codecs have files of their own (str_methods.c, str_case.c, str_split.c, str_repr.c, str_format*.c, codecs*.c).
 *
 * A str does not change once it was handed out, with one exception: hd_str_append_steal grows a str whose only
 * reference the caller holds. A str made by it has spare room behind its text; as long as `utf8` is NULL,
 * `utf8_length` is the number of spare code points. (A cached UTF-8 text keeps its own size in front.)
 * The intern table's lock is taken only when the GIL is off; nothing here parks otherwise.
 */
#include "str_internal.h"

#include <limits.h>
#include <stdlib.h>

#include "codecs.h"
#include "hash.h"
#include "heap_page.h"
#include "list.h"
#include "number.h"
#include "search.h"
#include "slice.h"
#include "unicode.h"
#include "utf8.h"

#define INTERN_GONE ((HdStr *)1)

/* --- units --- */

void hd_str_copy_units(void *to, int to_kind, const void *from, int from_kind, HdSize count) {
    if (to_kind == from_kind) {
        memcpy(to, from, (size_t)(count * to_kind));
    } else if (to_kind == 2 && from_kind == 1) {
        for (HdSize i = 0; i < count; i++) ((uint16_t *)to)[i] = ((const uint8_t *)from)[i];
    } else if (to_kind == 4 && from_kind == 1) {
        for (HdSize i = 0; i < count; i++) ((uint32_t *)to)[i] = ((const uint8_t *)from)[i];
    } else if (to_kind == 4 && from_kind == 2) {
        for (HdSize i = 0; i < count; i++) ((uint32_t *)to)[i] = ((const uint16_t *)from)[i];
    } else if (to_kind == 1 && from_kind == 2) {
        for (HdSize i = 0; i < count; i++) ((uint8_t *)to)[i] = (uint8_t)((const uint16_t *)from)[i];
    } else if (to_kind == 1) {
        for (HdSize i = 0; i < count; i++) ((uint8_t *)to)[i] = (uint8_t)((const uint32_t *)from)[i];
    } else {
        for (HdSize i = 0; i < count; i++) ((uint16_t *)to)[i] = (uint16_t)((const uint32_t *)from)[i];
    }
}

uint32_t hd_str_any_bits(const void *data, int kind, HdSize length) {
    if (kind == 1) return hd_utf8_ascii_prefix(data, (size_t)length) == (size_t)length ? 0x7F : 0xFF;
    const char *p = data, *end = p + length * kind;
    /* Once a code point needs the whole width the others do not matter. */
    uint64_t any = 0, wide = kind == 2 ? 0xFF00FF00FF00FF00u : 0xFFFF0000FFFF0000u;
    for (; end - p >= 32 && !(any & wide); p += 32) {
        uint64_t word[4];
        memcpy(word, p, sizeof word);
        any |= word[0] | word[1] | word[2] | word[3];
    }
    any |= any >> 32;
    if (kind == 2) any |= any >> 16;
    uint32_t bits = kind == 2 ? (uint16_t)any : (uint32_t)any;
    for (; p < end && !(any & wide); p += kind) bits |= hd_str_unit(p, kind, 0);
    return bits;
}

/* --- making --- */

static HdSize var_size(HdObject *object) {
    HdStr *s = (HdStr *)object;
    return ((HdSize)sizeof *s + (s->length + 1) * s->kind + 7) & ~(HdSize)7;
}

static HdValue new_str(HdThread *t, HdSize length, uint32_t max_char, HdSize spare) {
    int kind = hd_str_kind_for(max_char);
    if (HD_UNLIKELY(length < 0 || length > (HD_SIZE_MAX - (HdSize)sizeof(HdStr) - 16) / kind - spare)) {
        return hd_raise_no_memory(t);
    }
    HdSize bytes = ((HdSize)sizeof(HdStr) + (length + spare + 1) * kind + 7) & ~(HdSize)7;
    HdObject *object = HD_LIKELY(bytes <= HD_HEAP_SMALL)
                           ? hd_heap_object_here(t, &hd_str_type, (size_t)bytes, 0, sizeof(HdStr))
                           : hd_heap_object_part(t, &hd_str_type, (size_t)bytes, 0, sizeof(HdStr));
    if (HD_UNLIKELY(!object)) return hd_raise_no_memory(t);
    HdStr *s = (HdStr *)object;
    s->length = length;
    s->kind = (uint8_t)kind;
    s->ascii = max_char < 0x80;
    s->utf8_length = spare > UINT32_MAX ? UINT32_MAX : (uint32_t)spare;
    hd_str_put(hd_from_object(s), length, 0);
    return hd_from_object(s);
}

HdValue hd_str_empty(void) { return hd_runtime.interned->empty; }

HdValue hd_str_new(HdThread *t, HdSize length, uint32_t max_char) {
    if (length == 0) return hd_str_empty();
    return new_str(t, length, max_char, 0);
}

HdValue hd_str_settle_steal(HdThread *t, HdValue v) {
    if (hd_is_null(v) || hd_str_length(v) > 1) return v;
    HdValue shared = hd_str_empty();
    if (hd_str_length(v) == 1) {
        uint32_t c = hd_str_at(v, 0);
        if (c > 0xFF) return v;
        shared = hd_runtime.interned->latin1[c];
    }
    if (!hd_same(shared, v)) hd_release(t, v);
    return shared;
}

HdValue hd_str_narrow_steal(HdThread *t, HdValue v) {
    HdStr *s = hd_str(v);
    if (s->length > 1) {
        if (s->ascii) return v;
        uint32_t any = hd_str_any_bits(s + 1, s->kind, s->length);
        if (s->kind == 1) s->ascii = any < 0x80;
        if (s->kind == 1 || hd_str_kind_for(any) == s->kind) return v;
    }
    HdValue narrow = hd_str_from_kind(t, s->kind, s + 1, s->length);
    hd_release(t, v);
    return narrow;
}

HdValue hd_str_from_char(HdThread *t, uint32_t c) {
    if (c < 0x100) return hd_runtime.interned->latin1[c];
    HdValue v = new_str(t, 1, c, 0);
    if (!hd_is_null(v)) hd_str_put(v, 0, c);
    return v;
}

HdValue hd_str_from_ascii(HdThread *t, const char *bytes, HdSize length) {
    if (length <= 1) return length == 0 ? hd_str_empty() : hd_str_from_char(t, (uint8_t)bytes[0]);
    HdValue v = new_str(t, length, 0x7F, 0);
    if (!hd_is_null(v)) hd_str_copy_bytes(hd_str_data(v), (const char *)bytes, (size_t)length);
    return v;
}

HdValue hd_str_from_latin1(HdThread *t, const uint8_t *bytes, HdSize length) {
    if (length <= 1) return length == 0 ? hd_str_empty() : hd_str_from_char(t, bytes[0]);
    HdValue v = new_str(t, length, hd_str_any_bits(bytes, 1, length), 0);
    if (!hd_is_null(v)) hd_str_copy_bytes(hd_str_data(v), (const char *)bytes, (size_t)length);
    return v;
}

HdValue hd_str_from_kind(HdThread *t, int kind, const void *data, HdSize length) {
    if (kind == 1) return hd_str_from_latin1(t, data, length);
    if (length == 0) return hd_str_empty();
    if (length == 1) return hd_str_from_char(t, hd_str_unit(data, kind, 0));
    HdValue v = new_str(t, length, hd_str_any_bits(data, kind, length), 0);
    if (!hd_is_null(v)) hd_str_copy_units(hd_str_data(v), hd_str(v)->kind, data, kind, length);
    return v;
}

/* A str of text that `scan` found valid. */
static HdValue from_scanned(HdThread *t, const char *bytes, HdSize size, const HdUtf8Scan *scan) {
    if (scan->length == 0) return hd_str_empty();
    HdValue v = new_str(t, (HdSize)scan->length, scan->any < 0x80 ? 0x7F : scan->any, 0);
    if (hd_is_null(v)) return v;
    void *data = hd_str_data(v);
    switch (hd_str(v)->kind) {
    case 1: hd_utf8_decode_1(bytes, (size_t)size, data); break;
    case 2: hd_utf8_decode_2(bytes, (size_t)size, data); break;
    default: hd_utf8_decode_4(bytes, (size_t)size, data); break;
    }
    return scan->length == 1 ? hd_str_settle_steal(t, v) : v;
}

HdValue hd_str_from_utf8(HdThread *t, const char *bytes, HdSize length) {
    if (HD_LIKELY(hd_utf8_ascii_prefix(bytes, (size_t)length) == (size_t)length)) return hd_str_from_ascii(t, bytes, length);
    HdUtf8Scan scan;
    if (HD_UNLIKELY(!hd_utf8_scan(bytes, (size_t)length, false, &scan))) {
        return hd_str_decode(t, bytes, length, "utf-8", "strict");
    }
    return from_scanned(t, bytes, length, &scan);
}

HdValue hd_str_from_wtf8(HdThread *t, const char *bytes, HdSize length) {
    HdUtf8Scan scan;
    if (HD_UNLIKELY(!hd_utf8_scan(bytes, (size_t)length, true, &scan))) {
        return hd_str_decode(t, bytes, length, "utf-8", "surrogatepass");
    }
    return from_scanned(t, bytes, length, &scan);
}

HdValue hd_str_from_text(HdThread *t, const char *text) { return hd_str_from_utf8(t, text, (HdSize)strlen(text)); }

HdValue hd_str_exact(HdThread *t, HdValue v) {
    if (hd_is_exact_str(v)) return hd_retain(t, v);
    return hd_str_from_kind(t, hd_str(v)->kind, hd_str_data(v), hd_str_length(v));
}

HdValue hd_str_substring(HdThread *t, HdValue v, HdSize start, HdSize end) {
    HdSize length = end - start;
    if (length == hd_str_length(v) && hd_is_exact_str(v)) return hd_retain(t, v);
    if (length <= 0) return hd_str_empty();
    if (hd_str(v)->ascii) return hd_str_from_ascii(t, (const char *)hd_str_data(v) + start, length);
    return hd_str_from_kind(t, hd_str(v)->kind, hd_str_at_pointer(v, start), length);
}

HdValue hd_str_concat(HdThread *t, HdValue a, HdValue b) {
    HdSize left = hd_str_length(a), right = hd_str_length(b);
    if (left == 0) return hd_str_exact(t, b);
    if (right == 0) return hd_str_exact(t, a);
    if (HD_UNLIKELY(left > HD_SIZE_MAX - right)) return hd_raise(t, &hd_OverflowError, "strings are too large to concat");
    uint32_t max_a = hd_str_max_char(a), max_b = hd_str_max_char(b);
    HdValue v = new_str(t, left + right, max_a > max_b ? max_a : max_b, 0);
    if (hd_is_null(v)) return v;
    hd_str_write(v, 0, a, 0, left);
    hd_str_write(v, left, b, 0, right);
    return v;
}

HdValue hd_str_append_steal(HdThread *t, HdValue left, HdValue right) {
    HdStr *s = hd_str(left);
    HdSize length = hd_str_length(right);
    bool alone = hd_is_exact_str(left) && hd_count_is_one(t, hd_as_object(left)) && !hd_str_is_interned(left) &&
                 s->length >= 16 && length > 0;
    if (!alone) {
        HdValue result = hd_str_concat(t, left, right);
        hd_release(t, left);
        return result;
    }
    if (s->utf8) {
        free(s->utf8 - sizeof(HdSize));
        s->utf8 = NULL;
        s->utf8_length = 0;
    }
    if (s->utf8_length >= (uint64_t)length && s->kind >= hd_str(right)->kind) {
        hd_str_write(left, s->length, right, 0, length);
        s->length += length;
        s->utf8_length -= (uint32_t)length;
        s->ascii &= hd_str(right)->ascii;
        s->hash = 0;
        hd_str_put(left, s->length, 0);
        return left;
    }
    HdValue grown = HD_NULL;
    if (s->length > HD_SIZE_MAX / 8 - length) {
        hd_raise_no_memory(t);
    } else {
        uint32_t max_a = hd_str_max_char(left), max_b = hd_str_max_char(right);
        HdSize total = s->length + length;
        grown = new_str(t, total, max_a > max_b ? max_a : max_b, total / 4 + 16);
        if (!hd_is_null(grown)) {
            hd_str_write(grown, 0, left, 0, s->length);
            hd_str_write(grown, s->length, right, 0, length);
        }
    }
    hd_release(t, left);
    return grown;
}

HdValue hd_str_repeat(HdThread *t, HdValue self, HdSize times) {
    HdSize length = hd_str_length(self);
    if (times <= 0 || length == 0) return hd_str_empty();
    if (times == 1) return hd_str_exact(t, self);
    if (length > HD_SIZE_MAX / times) return hd_raise(t, &hd_OverflowError, "repeated string is too long");
    HdValue v = new_str(t, length * times, hd_str_max_char(self), 0);
    if (hd_is_null(v)) return v;
    char *data = hd_str_data(v);
    size_t unit = (size_t)(length * hd_str(v)->kind), total = unit * (size_t)times;
    if (unit == 1) {
        memset(data, (int)hd_str_at(self, 0), total);
        return v;
    }
    memcpy(data, hd_str_data(self), unit);
    for (size_t done = unit; done < total;) {
        size_t more = done < total - done ? done : total - done;
        memcpy(data + done, data, more);
        done += more;
    }
    return v;
}

/* --- hash and comparison --- */

int64_t hd_str_hash_slow(HdValue v) {
    HdStr *s = hd_str(v);
    HdHashKey key = {hd_runtime.hash_key[0], hd_runtime.hash_key[1]};
    int64_t hash = hd_hash_bytes(key, s + 1, (size_t)(s->length * s->kind));
    HD_STORE_RELAXED(&s->hash, hash);
    return hash;
}

bool hd_str_equal(HdValue a, HdValue b) {
    if (hd_same(a, b)) return true;
    const HdStr *x = hd_str(a), *y = hd_str(b);
    if (x->length != y->length || x->kind != y->kind) return false;
    return memcmp(x + 1, y + 1, (size_t)(x->length * x->kind)) == 0;
}

/* How many of the first `size` bytes are alike, in whole words. */
static HdSize equal_words(const void *a, const void *b, HdSize size) {
    HdSize at = 0;
    for (uint64_t x, y; size - at >= (HdSize)sizeof x; at += (HdSize)sizeof x) {
        memcpy(&x, (const char *)a + at, sizeof x);
        memcpy(&y, (const char *)b + at, sizeof y);
        if (x != y) break;
    }
    return at;
}

int hd_str_compare(HdValue a, HdValue b) {
    const HdStr *x = hd_str(a), *y = hd_str(b);
    HdSize common = x->length < y->length ? x->length : y->length;
    if (x->kind == 1 && y->kind == 1) {
        int order = memcmp(x + 1, y + 1, (size_t)common);
        if (order) return order < 0 ? -1 : 1;
    } else {
        HdSize i = x->kind == y->kind ? equal_words(x + 1, y + 1, common * x->kind) / x->kind : 0;
        for (; i < common; i++) {
            uint32_t c = hd_str_unit(x + 1, x->kind, i), d = hd_str_unit(y + 1, y->kind, i);
            if (c != d) return c < d ? -1 : 1;
        }
    }
    return x->length < y->length ? -1 : x->length > y->length;
}

bool hd_str_equals_text(HdValue v, const char *ascii) {
    const HdStr *s = hd_str(v);
    size_t length = strlen(ascii);
    return s->kind == 1 && (size_t)s->length == length && memcmp(s + 1, ascii, length) == 0;
}

static HdValue slot_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_str(left) || !hd_is_str(right)) return hd_NotImplemented;
    if (op == HD_EQ) return hd_bool(hd_str_equal(left, right));
    if (op == HD_NE) return hd_bool(!hd_str_equal(left, right));
    int order = hd_same(left, right) ? 0 : hd_str_compare(left, right);
    switch (op) {
    case HD_LT: return hd_bool(order < 0);
    case HD_LE: return hd_bool(order <= 0);
    case HD_GT: return hd_bool(order > 0);
    default: return hd_bool(order >= 0);
    }
}

/* --- interning --- */

static void lock_table(HdThread *t, HdInternTable *table) {
    if (t->locks) hd_mutex_lock(t, &table->lock);
}
static void unlock_table(HdThread *t, HdInternTable *table) {
    if (t->locks) hd_mutex_unlock(&table->lock);
}

/* The slot of an equal str, or the one to put it into. */
static HdStr **find_slot(HdInternTable *table, HdValue v, int64_t hash) {
    HdStr **free_slot = NULL;
    for (size_t at = (size_t)hash & table->mask;; at = (at + 1) & table->mask) {
        HdStr **slot = &table->slots[at];
        if (!*slot) return free_slot ? free_slot : slot;
        if (*slot == INTERN_GONE) {
            if (!free_slot) free_slot = slot;
        } else if ((*slot)->hash == hash && hd_str_equal(hd_from_object(*slot), v)) {
            return slot;
        }
    }
}

static bool grow_table(HdInternTable *table) {
    size_t size = 64;
    while (size < table->used * 4) size *= 2;
    HdStr **slots = calloc(size, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; table->slots && i <= table->mask; i++) {
        HdStr *s = table->slots[i];
        if (!s || s == INTERN_GONE) continue;
        size_t at = (size_t)s->hash & (size - 1);
        while (slots[at]) at = (at + 1) & (size - 1);
        slots[at] = s;
    }
    free(table->slots);
    table->slots = slots;
    table->mask = size - 1;
    table->filled = table->used;
    return true;
}

HdValue hd_str_intern_steal(HdThread *t, HdValue v) {
    if (hd_is_null(v) || !hd_is_exact_str(v) || hd_str_is_interned(v)) return v;
    HdInternTable *table = hd_runtime.interned;
    int64_t hash = hd_str_hash(v);
    HdValue found = HD_NULL;
    lock_table(t, table);
    if (table->filled * 3 < table->mask * 2 || grow_table(table)) {
        HdStr **slot = find_slot(table, v, hash);
        if (*slot && *slot != INTERN_GONE) {
            found = hd_retain(t, hd_from_object(*slot));
        } else {
            if (!*slot) table->filled++;
            table->used++;
            if (hash == 0) HD_STORE_RELAXED(&hd_str(v)->hash, hash);
            *slot = hd_str(v);
            if (t->parallel) {
                hd_count_make_immortal(t, hd_as_object(v));
                HD_STORE_RELAXED(&hd_str(v)->interned, HD_STR_INTERNED_IMMORTAL);
            } else {
                hd_str(v)->interned = HD_STR_INTERNED;
            }
        }
    } /* else: out of memory; the str stays as it is, only slower to compare */
    unlock_table(t, table);
    if (hd_is_null(found)) return v;
    hd_release(t, v);
    return found;
}

HdValue hd_str_intern_text(HdThread *t, const char *text) {
    return hd_str_intern_steal(t, hd_str_from_text(t, text));
}

HdValue hd_str_from_name(HdThread *t, const char *bytes, HdSize length, bool *known) {
    *known = false;
    if (length <= 1 || t->locks) return hd_str_from_ascii(t, bytes, length);
    const HdInternTable *table = hd_runtime.interned;
    HdHashKey key = {hd_runtime.hash_key[0], hd_runtime.hash_key[1]};
    int64_t hash = hd_hash_bytes(key, bytes, (size_t)length);
    for (size_t at = (size_t)hash & table->mask; table->slots[at]; at = (at + 1) & table->mask) {
        HdStr *s = table->slots[at];
        if (s == INTERN_GONE || s->hash != hash || s->length != length || !s->ascii) continue;
        if (memcmp(s + 1, bytes, (size_t)length) != 0) continue;
        *known = true;
        return hd_retain(t, hd_from_object(s));
    }
    HdValue v = hd_str_from_ascii(t, bytes, length);
    if (!hd_is_null(v)) HD_STORE_RELAXED(&hd_str(v)->hash, hash);
    return v;
}

void hd_str_intern_immortal(HdThread *t, HdValue *v) {
    *v = hd_str_intern_steal(t, *v);
    if (hd_is_null(*v) || !hd_str_is_interned(*v)) return;
    HdInternTable *table = hd_runtime.interned;
    lock_table(t, table);
    if (hd_str(*v)->interned != HD_STR_INTERNED_IMMORTAL) {
        hd_count_make_immortal(t, hd_as_object(*v));
        HD_STORE_RELAXED(&hd_str(*v)->interned, HD_STR_INTERNED_IMMORTAL);
    }
    unlock_table(t, table);
}

static void forget_interned(HdThread *t, HdStr *s) {
    HdInternTable *table = hd_runtime.interned;
    lock_table(t, table);
    for (size_t at = (size_t)s->hash & table->mask; table->slots[at]; at = (at + 1) & table->mask) {
        if (table->slots[at] != s) continue;
        table->slots[at] = INTERN_GONE;
        table->used--;
        break;
    }
    unlock_table(t, table);
}

static void dealloc(HdThread *t, HdObject *self) {
    HdStr *s = (HdStr *)self;
    if (s->interned) forget_interned(t, s);
    if (s->utf8) free(s->utf8 - sizeof(HdSize));
    hd_type_free(t, self);
}

/* --- reading --- */

const char *hd_str_utf8(HdThread *t, HdValue v, HdSize *length) {
    HdStr *s = hd_str(v);
    if (s->ascii) {
        if (length) *length = s->length;
        return (const char *)(s + 1);
    }
    char *utf8 = HD_LOAD_ACQUIRE(&s->utf8);
    if (!utf8) {
        if ((HdSize)hd_utf8_find_surrogate(s + 1, s->kind, (size_t)s->length) < s->length) {
            hd_release(t, hd_str_encode(t, v, "utf-8", "strict")); /* raises */
            return NULL;
        }
        size_t size = hd_utf8_encoded_size(s + 1, s->kind, (size_t)s->length);
        char *block = malloc(sizeof(HdSize) + size + 1);
        if (!block) {
            hd_raise_no_memory(t);
            return NULL;
        }
        HdSize stored = (HdSize)size;
        memcpy(block, &stored, sizeof stored);
        utf8 = block + sizeof(HdSize);
        hd_utf8_encode(s + 1, s->kind, (size_t)s->length, (uint8_t *)utf8);
        utf8[size] = 0;
        char *expected = NULL;
        if (!HD_CAS(&s->utf8, &expected, utf8)) { /* another thread was faster */
            free(block);
            utf8 = expected;
        }
    }
    if (length) memcpy(length, utf8 - sizeof(HdSize), sizeof *length);
    return utf8;
}

HdSize hd_str_find(HdValue v, HdValue needle, HdSize start, HdSize end, bool backwards) {
    if (start > end) return -1;
    HdSize found = (backwards ? hd_search_rfind : hd_search_find)(
        hd_str_at_pointer(v, start), hd_str(v)->kind, end - start, hd_str_data(needle), hd_str(needle)->kind,
        hd_str_length(needle));
    return found < 0 ? -1 : start + found;
}

HdSize hd_str_find_char(HdValue v, uint32_t c, HdSize start, HdSize end, bool backwards) {
    if (start > end) return -1;
    HdSize found = (backwards ? hd_search_unit_last : hd_search_unit)(hd_str_at_pointer(v, start), hd_str(v)->kind,
                                                                     end - start, c);
    return found < 0 ? -1 : start + found;
}

bool hd_str_is_identifier(HdValue v) {
    HdSize length = hd_str_length(v);
    if (length == 0) return false;
    uint32_t first = hd_str_at(v, 0);
    if (first != '_' && !hd_unicode_is_xid_start(first)) return false;
    for (HdSize i = 1; i < length; i++)
        if (!hd_unicode_is_xid_continue(hd_str_at(v, i))) return false;
    return true;
}

/* Not given or None: *out as it is. */
HD_CHECK HD_INLINE int bound(HdThread *t, HdValue v, HdSize *out) {
    if (hd_is_null(v) || hd_is_none(v)) return 0;
    if (HD_LIKELY(hd_is_imm_int(v))) {
        *out = hd_imm_int_value(v);
        return 0;
    }
    if (!hd_number_check_index(v)) {
        return hd_raise_int(t, &hd_TypeError, "slice indices must be integers or None or have an __index__ method");
    }
    *out = hd_number_as_size(t, v, NULL);
    return *out == -1 && hd_raised(t) ? -1 : 0;
}
int hd_str_bounds(HdThread *t, HdValue start, HdValue end, HdSize length, HdSize *from, HdSize *to) {
    HdSize first = 0, last = HD_SIZE_MAX;
    if (bound(t, start, &first) < 0 || bound(t, end, &last) < 0) return -1;
    if (last > length) last = length;
    else if (last < 0) last = last + length < 0 ? 0 : last + length;
    if (first < 0) first = first + length < 0 ? 0 : first + length;
    *from = first;
    *to = last;
    return 0;
}

/* --- slots --- */

static HdValue slot_str(HdThread *t, HdValue self) { return hd_str_exact(t, self); }
static int64_t slot_hash(HdThread *t, HdValue self) { return hd_str_hash(self); }
static HdSize slot_length(HdThread *t, HdValue self) { return hd_str_length(self); }

static int slot_contains(HdThread *t, HdValue self, HdValue item) {
    if (!hd_is_str(item)) {
        return hd_raise_int(t, &hd_TypeError, "'in <string>' requires string as left operand, not %T", item);
    }
    return hd_str_find(self, item, 0, hd_str_length(self), false) >= 0;
}

static HdValue slot_add(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_str(left)) return hd_NotImplemented;
    if (!hd_is_str(right)) {
        /* A sequence's concatenation comes after the numbers' __radd__, and so does its complaint. */
        HdType *type = hd_type_of(right);
        if (type->add && type->add != hd_str_type.add) return hd_NotImplemented;
        return hd_raise(t, &hd_TypeError, "can only concatenate str (not \"%T\") to str", right);
    }
    return hd_str_concat(t, left, right);
}

static HdValue slot_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue self = left, times = right;
    if (!hd_is_str(self)) self = right, times = left;
    if (!hd_is_str(self) || !hd_number_check_index(times)) {
        if (hd_is_str(left)) {
            HdType *type = hd_type_of(right);
            if (!type->multiply)
                return hd_raise(t, &hd_TypeError, "can't multiply sequence by non-int of type '%T'", right);
        }
        return hd_NotImplemented;
    }
    HdSize count = hd_number_as_size(t, times, &hd_OverflowError);
    if (count == -1 && hd_raised(t)) return HD_NULL;
    return hd_str_repeat(t, self, count);
}

static HdValue slot_remainder(HdThread *t, HdValue left, HdValue right) {
    return hd_is_str(left) ? hd_str_percent(t, left, right) : hd_NotImplemented;
}

HdValue hd_str_getitem(HdThread *t, HdValue self, HdValue key) {
    HdSize length = hd_str_length(self);
    if (hd_is_imm_int(key)) {
        HdSize i = hd_imm_int_value(key);
        if (i < 0) i += length;
        if (i >= 0 && i < length) return hd_str_from_char(t, hd_str_at(self, i));
    }
    if (hd_number_check_index(key)) {
        HdSize i = hd_number_as_size(t, key, &hd_IndexError);
        if (i == -1 && hd_raised(t)) return HD_NULL;
        if (i < 0) i += length;
        if (i < 0 || i >= length) return hd_raise(t, &hd_IndexError, "string index out of range");
        return hd_str_from_char(t, hd_str_at(self, i));
    }
    if (!hd_is_exact(key, &hd_slice_type)) {
        return hd_raise(t, &hd_TypeError, "string indices must be integers, not '%T'", key);
    }
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return HD_NULL;
    HdSize count = hd_slice_adjust(length, &start, &stop, step);
    if (count <= 0) return hd_str_empty();
    if (step == 1) return hd_str_substring(t, self, start, start + count);
    HdValue v = hd_str_new(t, count, hd_str_max_char(self));
    if (hd_is_null(v)) return v;
    const void *from = hd_str_at_pointer(self, start);
    void *to = hd_str_data(v);
    switch (hd_str(self)->kind) {
    case 1: for (HdSize i = 0; i < count; i++) ((uint8_t *)to)[i] = ((const uint8_t *)from)[i * step]; break;
    case 2: for (HdSize i = 0; i < count; i++) ((uint16_t *)to)[i] = ((const uint16_t *)from)[i * step]; break;
    default: for (HdSize i = 0; i < count; i++) ((uint32_t *)to)[i] = ((const uint32_t *)from)[i * step]; break;
    }
    return hd_str_narrow_steal(t, v);
}

static const HdMethodDef new_def =
    HD_METHOD(NULL, "str(object='', encoding='utf-8', errors='strict')", NULL);

static HdValue make(HdThread *t, const HdValue *args) {
    HdValue object = args[0];
    if (hd_is_null(object) && hd_is_null(args[1]) && hd_is_null(args[2])) return hd_str_empty();
    for (int i = 1; i < 3; i++) {
        if (!hd_is_null(args[i]) && !hd_is_str(args[i])) {
            return hd_raise(t, &hd_TypeError, "str() argument '%s' must be str, not %T", i == 1 ? "encoding" : "errors",
                            args[i]);
        }
    }
    if (hd_is_null(object)) return hd_str_empty();
    if (hd_is_null(args[1]) && hd_is_null(args[2])) return hd_object_str(t, object);
    const char *encoding = "utf-8", *errors = "strict";
    if (!hd_is_null(args[1]) && !(encoding = hd_str_utf8(t, args[1], NULL))) return HD_NULL;
    if (!hd_is_null(args[2]) && !(errors = hd_str_utf8(t, args[2], NULL))) return HD_NULL;
    return hd_codecs_decode_object(t, object, encoding, errors);
}

static HdValue slot_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue bound[3];
    if (nargs == 1 && hd_is_null(kwnames)) {
        bound[0] = hd_ref_value(args[0]);
        bound[1] = bound[2] = HD_NULL;
    } else if (hd_native_bind(t, &new_def, args, nargs, kwnames, bound) < 0) {
        return HD_NULL;
    }
    HdValue made = make(t, bound);
    if (type == &hd_str_type || hd_is_null(made)) return made;
    /* A subclass: the text is copied into an instance of it. */
    HdStr *from = hd_str(made);
    HdSize bytes = ((HdSize)sizeof(HdStr) + (from->length + 1) * from->kind + 7) & ~(HdSize)7;
    HdValue v = hd_type_alloc_var(t, type, bytes);
    if (!hd_is_null(v)) {
        HdStr *s = hd_str(v);
        s->length = from->length;
        s->kind = from->kind;
        s->ascii = from->ascii;
        memcpy(s + 1, from + 1, (size_t)((from->length + 1) * from->kind));
    }
    hd_release(t, made);
    return v;
}

HdType hd_str_type = {
    HD_TYPE_HEAD("str"),
    .doc = "str(object='') -> str\n"
           "str(bytes_or_buffer[, encoding[, errors]]) -> str\n\n"
           "Create a new string object from the given object. If encoding or\n"
           "errors is specified, then the object must expose a data buffer\n"
           "that will be decoded using the given encoding and error handler.\n"
           "Otherwise, returns the result of object.__str__() (if defined)\n"
           "or repr(object).\n"
           "encoding defaults to sys.getdefaultencoding().\n"
           "errors defaults to 'strict'.",
    .basicsize = sizeof(HdStr),
    .itemsize = 1,
    .var_size = var_size,
    .attrs_offset = HD_ATTRS_NONE,
    .flags = HD_TYPE_BASE | HD_TYPE_STR | HD_TYPE_IMMUTABLE | HD_TYPE_MATCH_SELF,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = dealloc,
    .repr = hd_str_repr,
    .str = slot_str,
    .hash = slot_hash,
    .compare = slot_compare,
    .iter = hd_str_iter,
    .create = slot_new,
    .add = slot_add,
    .multiply = slot_multiply,
    .remainder = slot_remainder,
    .length = slot_length,
    .getitem = hd_str_getitem,
    .contains = slot_contains,
    .methods = hd_str_methods,
};

/* Before any type is ready: raw strs of a type that will be readied later. */
int hd_str_init(HdThread *t) {
    if (hd_runtime.interned) return 0;
    HdInternTable *table = calloc(1, sizeof *table);
    if (!table || !grow_table(table)) {
        free(table);
        hd_raise_no_memory(t);
        return -1;
    }
    hd_runtime.interned = table;
    for (int c = -1; c < 256; c++) {
        HdValue v = new_str(t, c >= 0, c < 0 ? 0 : (uint32_t)c, 0);
        if (hd_is_null(v)) return -1;
        if (c >= 0) {
            hd_str_put(v, 0, (uint32_t)c);
            table->latin1[c] = v;
        } else {
            table->empty = v;
        }
        hd_str_intern_immortal(t, &v);
    }
    return 0;
}
