/* hash_common.h -- what modules with hash objects share: which arguments can be hashed, and digests as text. */
#ifndef HD_HASH_COMMON_H
#define HD_HASH_COMMON_H

#include "heddle/module.h"

enum { HD_HASH_DETACH = 2048 }; /* bytes from which others may run meanwhile */

/* The bytes to be hashed; TypeError for str and what has no buffer. */
HD_CHECK HD_INLINE int hd_hash_buffer(HdThread *t, HdValue v, HdBuffer *out) {
    if (hd_is_str(v)) return hd_raise_int(t, &hd_TypeError, "Strings must be encoded before hashing");
    if (!hd_buffer_check(v)) return hd_raise_int(t, &hd_TypeError, "object supporting the buffer API required");
    return hd_buffer_get(t, v, out, HD_BUFFER_SIMPLE);
}

/* The bytes as a str of hexadecimal digits. */
HD_CHECK HD_INLINE HdValue hd_hash_hex(HdThread *t, const uint8_t *bytes, HdSize count) {
    if (count > HD_SIZE_MAX / 2) return hd_raise_no_memory(t);
    HdValue text = hd_str_new(t, count * 2, 127);
    if (hd_is_null(text)) return text;
    char *out = hd_str_data(text);
    for (HdSize i = 0; i < count; i++) {
        *out++ = "0123456789abcdef"[bytes[i] >> 4];
        *out++ = "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

#endif
