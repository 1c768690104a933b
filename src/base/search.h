/* search.h -- finding a sequence of 1-, 2- or 4-byte units in another, forwards and backwards, in linear time.
 *
 * Pure functions; no allocation. `kind` is the bytes a unit takes (1, 2 or 4); a needle wider than the haystack must
 * hold at least one unit that the haystack cannot (as canonical strings do), and so is never found.
 * Method: forwards a scan that compares the needle's first and last unit at many places at once, backwards one that skips by
 * the last unit (after Sunday and CPython's "fastsearch"); either turns to the two-way algorithm (Crochemore, Perrin 1991)
 * when it has compared too much, so that no input costs more than linear time. A vector's words are read as little-endian.
 */
#ifndef HD_SEARCH_H
#define HD_SEARCH_H

#include "base.h"

/* Index of the first (last) place where needle lies in haystack, or -1. An empty needle lies at 0 (at `n`). */
HdSize hd_search_find(const void *hay, unsigned hay_kind, HdSize n, const void *needle, unsigned needle_kind, HdSize m);
HdSize hd_search_rfind(const void *hay, unsigned hay_kind, HdSize n, const void *needle, unsigned needle_kind,
                       HdSize m);
/* How often it lies there without overlap, counting at most `limit`; an empty needle n + 1 times. */
HdSize hd_search_count(const void *hay, unsigned hay_kind, HdSize n, const void *needle, unsigned needle_kind, HdSize m,
                       HdSize limit);
/* Index of the first (last) unit equal to `unit`, or -1. */
HdSize hd_search_unit(const void *hay, unsigned kind, HdSize n, uint32_t unit);
HdSize hd_search_unit_last(const void *hay, unsigned kind, HdSize n, uint32_t unit);

#endif
