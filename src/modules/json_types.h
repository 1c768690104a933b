/* json_types.h -- what the files of _json share. */
#ifndef HD_JSON_TYPES_H
#define HD_JSON_TYPES_H

#include <heddle/module.h>

/* json_string.c: text of JSON strings, out and in. */

/* Adds the JSON form of a str, quotes included; `ascii`: everything beyond ASCII is escaped. */
void hd_json_quote(HdStrBuilder *b, HdValue str, bool ascii);
/* Reads the string whose first character behind the quote is at `begin`. *next: behind the closing quote. */
HdValue hd_json_unquote(HdThread *t, HdValue str, HdSize begin, bool strict, HdSize *next) HD_CHECK;
/* Raises json.decoder.JSONDecodeError(message, str, position). */
HD_COLD HdValue hd_json_raise(HdThread *t, const char *message, HdValue str, HdSize position);

HdValue hd_json_encode_basestring(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_json_encode_basestring_ascii(HdThread *t, HdValue module, const HdValue *args);
HdValue hd_json_scanstring(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames);

extern HdType hd_json_scanner_type, hd_json_encoder_type;

#endif
