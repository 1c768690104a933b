/* functools_types.h -- the types of _functools: partial and the wrapper of lru_cache. */
#ifndef HD_FUNCTOOLS_TYPES_H
#define HD_FUNCTOOLS_TYPES_H

#include <heddle/module.h>

extern HdType hd_functools_partial_type, hd_functools_lru_type, hd_functools_lru_link_type;

#endif
