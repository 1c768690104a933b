/* search.c -- see search.h. The search itself is in search_forwards.inc and search_backwards.inc, made once for each pair of
 * widths. */
#include "search.h"

/* Units side by side in 16 bytes, compared at once; a unit that is equal becomes all ones. */
typedef uint8_t Units1 __attribute__((vector_size(16)));
typedef uint16_t Units2 __attribute__((vector_size(16)));
typedef uint32_t Units4 __attribute__((vector_size(16)));
typedef uint64_t Words __attribute__((vector_size(16)));
#define UNITS_OF(T) __typeof__(_Generic((T)0, uint8_t: (Units1){0}, uint16_t: (Units2){0}, uint32_t: (Units4){0}))

#define SEARCH_T uint8_t
#define SEARCH_U uint8_t
#define SEARCH_H(i) ((uint32_t)hay[i])
#define SEARCH_N(i) ((uint32_t)needle[i])
#define SEARCH_NAME(x) x##_1_1
#include "search_forwards.inc"
#define SEARCH_T uint16_t
#define SEARCH_U uint8_t
#define SEARCH_H(i) ((uint32_t)hay[i])
#define SEARCH_N(i) ((uint32_t)needle[i])
#define SEARCH_NAME(x) x##_2_1
#include "search_forwards.inc"
#define SEARCH_T uint16_t
#define SEARCH_U uint16_t
#define SEARCH_H(i) ((uint32_t)hay[i])
#define SEARCH_N(i) ((uint32_t)needle[i])
#define SEARCH_NAME(x) x##_2_2
#include "search_forwards.inc"
#define SEARCH_T uint32_t
#define SEARCH_U uint8_t
#define SEARCH_H(i) (hay[i])
#define SEARCH_N(i) ((uint32_t)needle[i])
#define SEARCH_NAME(x) x##_4_1
#include "search_forwards.inc"
#define SEARCH_T uint32_t
#define SEARCH_U uint16_t
#define SEARCH_H(i) (hay[i])
#define SEARCH_N(i) ((uint32_t)needle[i])
#define SEARCH_NAME(x) x##_4_2
#include "search_forwards.inc"
#define SEARCH_T uint32_t
#define SEARCH_U uint32_t
#define SEARCH_H(i) (hay[i])
#define SEARCH_N(i) (needle[i])
#define SEARCH_NAME(x) x##_4_4
#include "search_forwards.inc"

#define SEARCH_T uint8_t
#define SEARCH_U uint8_t
#define SEARCH_H(i) ((uint32_t)hay[n - 1 - (i)])
#define SEARCH_N(i) ((uint32_t)needle[m - 1 - (i)])
#define SEARCH_NAME(x) x##_r_1_1
#include "search_backwards.inc"
#define SEARCH_T uint16_t
#define SEARCH_U uint8_t
#define SEARCH_H(i) ((uint32_t)hay[n - 1 - (i)])
#define SEARCH_N(i) ((uint32_t)needle[m - 1 - (i)])
#define SEARCH_NAME(x) x##_r_2_1
#include "search_backwards.inc"
#define SEARCH_T uint16_t
#define SEARCH_U uint16_t
#define SEARCH_H(i) ((uint32_t)hay[n - 1 - (i)])
#define SEARCH_N(i) ((uint32_t)needle[m - 1 - (i)])
#define SEARCH_NAME(x) x##_r_2_2
#include "search_backwards.inc"
#define SEARCH_T uint32_t
#define SEARCH_U uint8_t
#define SEARCH_H(i) (hay[n - 1 - (i)])
#define SEARCH_N(i) ((uint32_t)needle[m - 1 - (i)])
#define SEARCH_NAME(x) x##_r_4_1
#include "search_backwards.inc"
#define SEARCH_T uint32_t
#define SEARCH_U uint16_t
#define SEARCH_H(i) (hay[n - 1 - (i)])
#define SEARCH_N(i) ((uint32_t)needle[m - 1 - (i)])
#define SEARCH_NAME(x) x##_r_4_2
#include "search_backwards.inc"
#define SEARCH_T uint32_t
#define SEARCH_U uint32_t
#define SEARCH_H(i) (hay[n - 1 - (i)])
#define SEARCH_N(i) (needle[m - 1 - (i)])
#define SEARCH_NAME(x) x##_r_4_4
#include "search_backwards.inc"

HdSize hd_search_unit(const void *hay, unsigned kind, HdSize n, uint32_t unit) {
    if (n <= 0) return -1;
    if (kind == 1) {
        if (unit > 0xFF) return -1;
        const char *found = memchr(hay, (int)unit, (size_t)n);
        return found ? found - (const char *)hay : -1;
    }
    return kind == 2 ? unit_2_2(hay, n, unit) : unit_4_4(hay, n, unit);
}

HdSize hd_search_unit_last(const void *hay, unsigned kind, HdSize n, uint32_t unit) {
    if (n <= 0) return -1;
    if (kind == 1) {
        if (unit > 0xFF) return -1;
        const char *found = memrchr(hay, (int)unit, (size_t)n);
        return found ? found - (const char *)hay : -1;
    }
    if (kind == 2) {
        const uint16_t *p = hay;
        for (HdSize i = n; i > 0; i--)
            if (p[i - 1] == unit) return i - 1;
    } else {
        const uint32_t *p = hay;
        for (HdSize i = n; i > 0; i--)
            if (p[i - 1] == unit) return i - 1;
    }
    return -1;
}

HD_INLINE uint32_t unit_at(const void *units, unsigned kind) {
    return kind == 1 ? *(const uint8_t *)units : kind == 2 ? *(const uint16_t *)units : *(const uint32_t *)units;
}

HdSize hd_search_find(const void *hay, unsigned hay_kind, HdSize n, const void *needle, unsigned needle_kind,
                      HdSize m) {
    if (m > n) return -1;
    if (m == 0) return 0;
    if (m == 1) return hd_search_unit(hay, hay_kind, n, unit_at(needle, needle_kind));
    switch (hay_kind * 10 + needle_kind) {
    case 11: return find_1_1(hay, n, needle, m);
    case 21: return find_2_1(hay, n, needle, m);
    case 22: return find_2_2(hay, n, needle, m);
    case 41: return find_4_1(hay, n, needle, m);
    case 42: return find_4_2(hay, n, needle, m);
    case 44: return find_4_4(hay, n, needle, m);
    default: return -1;
    }
}

HdSize hd_search_rfind(const void *hay, unsigned hay_kind, HdSize n, const void *needle, unsigned needle_kind,
                       HdSize m) {
    if (m > n) return -1;
    if (m == 0) return n;
    if (m == 1) return hd_search_unit_last(hay, hay_kind, n, unit_at(needle, needle_kind));
    HdSize found;
    switch (hay_kind * 10 + needle_kind) {
    case 11: found = find_r_1_1(hay, n, needle, m); break;
    case 21: found = find_r_2_1(hay, n, needle, m); break;
    case 22: found = find_r_2_2(hay, n, needle, m); break;
    case 41: found = find_r_4_1(hay, n, needle, m); break;
    case 42: found = find_r_4_2(hay, n, needle, m); break;
    case 44: found = find_r_4_4(hay, n, needle, m); break;
    default: return -1;
    }
    return found < 0 ? -1 : n - m - found;
}

/* How many of the n are `wanted`. */
static HdSize count_bytes(const unsigned char *hay, HdSize n, unsigned char wanted) {
    HdSize count = 0, at = 0;
    Units1 all = wanted - (Units1){0};
    while (n - at >= 16) {
        Units1 counts = {0}; /* of each of the 16 places; up to 255 */
        for (int round = 0; round < 255 && n - at >= 16; round++, at += 16) {
            Units1 part;
            memcpy(&part, hay + at, sizeof part);
            counts -= (Units1)(part == all);
        }
        for (int i = 0; i < 16; i++) count += counts[i];
    }
    for (; at < n; at++) count += hay[at] == wanted;
    return count;
}

HdSize hd_search_count(const void *hay, unsigned hay_kind, HdSize n, const void *needle, unsigned needle_kind, HdSize m,
                       HdSize limit) {
    if (m == 0) return n + 1 < limit ? n + 1 : limit;
    if (m == 1 && hay_kind == 1 && needle_kind == 1 && limit >= n)
        return count_bytes(hay, n, *(const unsigned char *)needle);
    HdSize count = 0, at = 0;
    while (count < limit) {
        HdSize found = hd_search_find((const char *)hay + at * hay_kind, hay_kind, n - at, needle, needle_kind, m);
        if (found < 0) break;
        count++;
        at += found + m;
    }
    return count;
}
