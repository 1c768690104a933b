/* struct_format.h -- the formats of the module struct: parsing them, and turning single items into bytes and back. */
#ifndef HD_STRUCT_FORMAT_H
#define HD_STRUCT_FORMAT_H

#include <heddle/module.h>

typedef struct HdStructItem {
    char code;        /* as written */
    bool native;      /* sizes and overflow as C has them */
    bool little;
    HdSize offset, size; /* of the first one; size of each */
    HdSize repeat;
} HdStructItem;

typedef struct HdStructFormat {
    HdStructItem *items; /* raw block */
    HdSize count;
    HdSize values; /* how many Python values it takes */
    HdSize size;   /* bytes */
} HdStructFormat;

/* -1 with struct.error (class `error`) raised. */
int hd_struct_format_parse(HdThread *t, HdType *error, const char *text, HdSize length, HdStructFormat *out) HD_CHECK;
void hd_struct_format_free(HdThread *t, HdStructFormat *format);
/* One value of `item` to or from item->size bytes. */
int hd_struct_format_put(HdThread *t, HdType *error, const HdStructItem *item, HdValue v, uint8_t *bytes) HD_CHECK;
HdValue hd_struct_format_get(HdThread *t, const HdStructItem *item, const uint8_t *bytes) HD_CHECK;
/* IEEE half precision, rounded half to even; false when too large. */
bool hd_struct_half_from_double(double d, uint16_t *out);
double hd_struct_half_to_double(uint16_t half);

#endif
