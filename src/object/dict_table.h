/* dict_table.h -- what the files of dict share among themselves. */
#ifndef HD_DICT_TABLE_H
#define HD_DICT_TABLE_H

#include "dict.h"
#include "hash.h"

void hd_dict_table_init(HdDict *d);                 /* the shared empty table */
void hd_dict_table_free(HdThread *t, HdDict *d);    /* dealloc: nobody else has the dict */
size_t hd_dict_table_bytes(HdDict *d);              /* for __sizeof__ */
int hd_dict_table_traverse(HdDict *d, HdVisit visit, void *context);

/* Keys that C can compare alone. */
HD_INLINE bool hd_key_is_native(HdValue key) {
    return !hd_is_object(key) || hd_is_exact_str(key) || hd_is_none(key);
}
HD_INLINE bool hd_key_equal_native(HdValue a, HdValue b) { /* equal hashes, different words */
    if (hd_is_object(a)) return hd_is_object(b) && hd_is_exact_str(a) && hd_is_exact_str(b) && hd_str_equal(a, b);
    if (hd_is_object(b) || hd_is_imm_int(a) == hd_is_imm_int(b)) {
        return hd_is_imm_float(a) && hd_is_imm_float(b) && hd_imm_float_value(a) == hd_imm_float_value(b);
    }
    double f = hd_imm_float_value(hd_is_imm_int(a) ? b : a);
    int64_t n = hd_imm_int_value(hd_is_imm_int(a) ? a : b);
    return f >= -0x1p62 && f <= 0x1p62 && (int64_t)f == n && (double)(int64_t)f == f;
}
HD_INLINE int64_t hd_key_hash(HdThread *t, HdValue key) {
    if (HD_LIKELY(hd_is_exact_str(key))) return hd_str_hash(key);
    if (hd_is_imm_int(key)) return hd_hash_int64(hd_imm_int_value(key));
    return hd_object_hash(t, key);
}

#endif
