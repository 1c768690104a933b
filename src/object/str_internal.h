/* str_internal.h -- what the str*.c and codec files share and nobody else needs. */
#ifndef HD_STR_INTERNAL_H
#define HD_STR_INTERNAL_H

#include "mutex.h"
#include "str.h"

/* All interned strs, found by hash; and the shared strs of no and of one Latin-1 character.
 * With the GIL on the table holds no counts: a str that dies takes itself out. With it off interned strs are immortal,
 * so that a lookup can never meet a dying one. */
typedef struct HdInternTable {
    HdMutex lock;
    HdStr **slots; /* open addressing; NULL: never used, INTERN_GONE: taken out */
    size_t mask, used, filled;
    HdValue empty;
    HdValue latin1[256];
} HdInternTable;

HD_INLINE int hd_str_kind_for(uint32_t max_char) { return max_char < 0x100 ? 1 : max_char < 0x10000 ? 2 : 4; }
HD_INLINE uint32_t hd_str_max_char(HdValue v) { /* a bound, good for hd_str_new */
    const HdStr *s = hd_str(v);
    return s->ascii ? 0x7F : s->kind == 1 ? 0xFF : s->kind == 2 ? 0xFFFF : 0x10FFFF;
}
HD_INLINE const void *hd_str_at_pointer(HdValue v, HdSize i) {
    return (const char *)hd_str_data(v) + i * hd_str(v)->kind;
}
HD_INLINE uint32_t hd_str_unit(const void *data, int kind, HdSize i) {
    return kind == 1   ? ((const uint8_t *)data)[i]
           : kind == 2 ? ((const uint16_t *)data)[i]
                       : ((const uint32_t *)data)[i];
}
/* Copies code points between arrays of different width; the target's kind must hold them. */
void hd_str_copy_units(void *to, int to_kind, const void *from, int from_kind, HdSize count);
/* The bitwise or of so many code points that its width tells the kind that holds all of them. */
uint32_t hd_str_any_bits(const void *data, int kind, HdSize length);
/* memcpy for what is mostly short. */
HD_INLINE void hd_str_copy_bytes(char *to, const char *from, size_t size) {
    if (size > 16) {
        memcpy(to, from, size);
    } else if (size >= 8) { /* two words that may overlap; both are read first */
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + size - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + size - 8, &tail, 8);
    } else if (size >= 4) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + size - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + size - 4, &tail, 4);
    } else if (size) {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
}
/* Copies `count` code points of `from` into the unfinished str `to` at `at`. */
HD_INLINE void hd_str_write(HdValue to, HdSize at, HdValue from, HdSize start, HdSize count) {
    int kind = hd_str(to)->kind;
    char *place = (char *)hd_str_data(to) + at * kind;
    if (HD_LIKELY(kind == hd_str(from)->kind)) hd_str_copy_bytes(place, hd_str_at_pointer(from, start), (size_t)(count * kind));
    else hd_str_copy_units(place, kind, hd_str_at_pointer(from, start), hd_str(from)->kind, count);
}
/* A str that nobody else has seen, in the narrowest kind: it may have been made wider than its text. Takes over v. */
HdValue hd_str_narrow_steal(HdThread *t, HdValue v);
/* The shared str instead of a fresh one of length 0 or 1; takes over v. */
HdValue hd_str_settle_steal(HdThread *t, HdValue v);
/* start and end of find() and the like: None or HD_NULL keep the default, ints are clipped; then adjusted to length. */
int hd_str_bounds(HdThread *t, HdValue start_or_null, HdValue end_or_null, HdSize length, HdSize *start, HdSize *end);

extern const struct HdMethodDef hd_str_methods[];
extern HdType hd_str_iterator_type, hd_str_ascii_iterator_type;
HdValue hd_str_iter(HdThread *t, HdValue self);
HdValue hd_str_getitem(HdThread *t, HdValue self, HdValue key);
HdValue hd_str_repeat(HdThread *t, HdValue self, HdSize times);

#endif
