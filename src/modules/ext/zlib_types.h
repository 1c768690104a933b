/* zlib_types.h -- what the files of the module zlib share: errors, and the two stream objects. */
#ifndef HD_ZLIB_TYPES_H
#define HD_ZLIB_TYPES_H

#include <zlib.h>

#include "heddle/module.h"

enum {
    HD_ZLIB_BUFFER = 16 * 1024, /* DEF_BUF_SIZE */
    HD_ZLIB_MEM_LEVEL = 8,      /* DEF_MEM_LEVEL */
};

/* Raises `error_type` (zlib.error) "Error <code> <doing>: <why>". `why`: what the stream says, may be NULL. */
HD_COLD HdValue hd_zlib_raise(HdThread *t, HdValue error_type, const char *why, int code, const char *doing);

/* The functions that make the stream objects. */
HdValue hd_zlib_compressobj(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;
HdValue hd_zlib_decompressobj(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;
/* Readies the types; their names are not among the module's. */
int hd_zlib_objects_ready(HdThread *t) HD_CHECK;
HdValue hd_zlib_error_borrowed(HdValue module);

#endif
