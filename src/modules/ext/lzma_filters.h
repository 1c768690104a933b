/* lzma_filters.h -- filter chains of the module _lzma: from dicts to liblzma's structs and back; its errors. */
#ifndef HD_LZMA_FILTERS_H
#define HD_LZMA_FILTERS_H

#include <lzma.h>

#include "heddle/module.h"

/* Options of any kind of filter, kept where the chain is. */
typedef union HdLzmaOptions {
    lzma_options_lzma lzma;
    lzma_options_delta delta;
    lzma_options_bcj bcj;
} HdLzmaOptions;
typedef struct HdLzmaChain {
    lzma_filter filters[LZMA_FILTERS_MAX + 1]; /* ends with LZMA_VLI_UNKNOWN */
    HdLzmaOptions options[LZMA_FILTERS_MAX];
} HdLzmaChain;

/* Raises for liblzma's code: LZMAError (`error_type`), or MemoryError. */
HD_COLD void hd_lzma_raise(HdThread *t, HdValue error_type, lzma_ret code);
/* An optional number of 32 or 64 bits; -1 raised. */
int hd_lzma_u32(HdThread *t, HdValue v, uint32_t *out) HD_CHECK;
int hd_lzma_u64(HdThread *t, HdValue v, uint64_t *out) HD_CHECK;
/* A sequence of dicts as a chain; the chain must stay where it is. */
int hd_lzma_chain(HdThread *t, HdValue error_type, HdValue sequence, HdLzmaChain *out) HD_CHECK;
/* One dict as a filter with its options. */
int hd_lzma_filter(HdThread *t, HdValue error_type, HdValue spec, lzma_filter *filter, HdLzmaOptions *options) HD_CHECK;
/* A filter as a dict. */
HdValue hd_lzma_filter_dict(HdThread *t, const lzma_filter *filter) HD_CHECK;

#endif
