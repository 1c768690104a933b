/* codecs.h -- text encodings: the registry of codecs and error handlers, and the codecs written in C.
 *
 * `errors` is the name of an error handler, NULL for "strict". A decoder with `consumed` decodes what is complete and
 * says how many bytes that was (incremental decoding); with NULL an incomplete end is an error.
 */
#ifndef HD_CODECS_H
#define HD_CODECS_H

#include "object.h"

/* --- the registry; runs Python --- */
int hd_codecs_register(HdThread *t, HdValue search_function) HD_CHECK;
int hd_codecs_unregister(HdThread *t, HdValue search_function) HD_CHECK;
HdValue hd_codecs_lookup(HdThread *t, const char *encoding) HD_CHECK; /* CodecInfo; LookupError */
int hd_codecs_register_error(HdThread *t, const char *name, HdValue handler) HD_CHECK;
HdValue hd_codecs_lookup_error(HdThread *t, const char *name_or_null) HD_CHECK;
/* codecs.encode(object, encoding, errors): any result */
HdValue hd_codecs_encode(HdThread *t, HdValue object, const char *encoding, const char *errors_or_null) HD_CHECK;
HdValue hd_codecs_decode(HdThread *t, HdValue object, const char *encoding, const char *errors_or_null) HD_CHECK;
/* str(object, encoding, errors) and bytes.decode: only text encodings, the result is a str. */
HdValue hd_codecs_decode_object(HdThread *t, HdValue object, const char *encoding, const char *errors) HD_CHECK;

/* --- codecs in C --- */
HdValue hd_codecs_utf8_decode(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) HD_CHECK;
HdValue hd_codecs_utf8_encode(HdThread *t, HdValue str, const char *errors) HD_CHECK;
HdValue hd_codecs_utf7_decode(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) HD_CHECK;
HdValue hd_codecs_utf7_encode(HdThread *t, HdValue str) HD_CHECK;
/* *order: -1 little, 1 big, 0 by byte order mark, else native; set to what was found. */
HdValue hd_codecs_utf16_decode(HdThread *t, const void *data, HdSize size, const char *errors, int *order,
                               HdSize *consumed) HD_CHECK;
HdValue hd_codecs_utf16_encode(HdThread *t, HdValue str, const char *errors, int order) HD_CHECK; /* 0: with mark */
HdValue hd_codecs_utf32_decode(HdThread *t, const void *data, HdSize size, const char *errors, int *order,
                               HdSize *consumed) HD_CHECK;
HdValue hd_codecs_utf32_encode(HdThread *t, HdValue str, const char *errors, int order) HD_CHECK;
HdValue hd_codecs_latin1_decode(HdThread *t, const void *data, HdSize size) HD_CHECK;
HdValue hd_codecs_latin1_encode(HdThread *t, HdValue str, const char *errors) HD_CHECK;
HdValue hd_codecs_ascii_decode(HdThread *t, const void *data, HdSize size, const char *errors) HD_CHECK;
HdValue hd_codecs_ascii_encode(HdThread *t, HdValue str, const char *errors) HD_CHECK;
/* *warned: the first bad escape (a pointer into data), or NULL; the caller warns. */
HdValue hd_codecs_unicode_escape_decode(HdThread *t, const void *data, HdSize size, const char *errors,
                                        HdSize *consumed, const char **warned) HD_CHECK;
HdValue hd_codecs_unicode_escape_encode(HdThread *t, HdValue str) HD_CHECK;
HdValue hd_codecs_raw_unicode_escape_decode(HdThread *t, const void *data, HdSize size, const char *errors,
                                            HdSize *consumed) HD_CHECK;
HdValue hd_codecs_raw_unicode_escape_encode(HdThread *t, HdValue str) HD_CHECK;
HdValue hd_codecs_escape_decode(HdThread *t, const void *data, HdSize size, const char *errors,
                                const char **warned) HD_CHECK; /* bytes */
HdValue hd_codecs_charmap_decode(HdThread *t, const void *data, HdSize size, const char *errors,
                                 HdValue map_or_none) HD_CHECK;
HdValue hd_codecs_charmap_encode(HdThread *t, HdValue str, const char *errors, HdValue map_or_none) HD_CHECK;
HdValue hd_codecs_charmap_build(HdThread *t, HdValue decoding_table) HD_CHECK;
/* str.translate(table) */
HdValue hd_codecs_translate(HdThread *t, HdValue str, HdValue table) HD_CHECK;

int hd_codecs_init(HdThread *t) HD_CHECK;

#endif
