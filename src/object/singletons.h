/* singletons.h -- None, True, False, Ellipsis, NotImplemented, and the interned names of built-in code. */
#ifndef HD_SINGLETONS_H
#define HD_SINGLETONS_H

#include "type.h"

extern HdType hd_none_type, hd_bool_type, hd_ellipsis_type, hd_not_implemented_type;
extern HdObject hd_none_object, hd_true_object, hd_false_object, hd_ellipsis_object, hd_not_implemented_object;
#define hd_None hd_from_object(&hd_none_object)
#define hd_True hd_from_object(&hd_true_object)
#define hd_False hd_from_object(&hd_false_object)
#define hd_Ellipsis hd_from_object(&hd_ellipsis_object)
#define hd_NotImplemented hd_from_object(&hd_not_implemented_object)

HD_INLINE bool hd_is_none(HdValue v) { return hd_same(v, hd_None); }
HD_INLINE HdValue hd_bool(bool b) { return b ? hd_True : hd_False; }

/* The interned, immortal str of a C string literal, lent: HD_NAME(t, "__init__"). Made once per place and kept;
 * the only mutable C statics we have, written once with one value whoever writes. */
HdValue hd_name_slow(uint64_t *cache, const char *text);
/* The same where a failure can be told: HD_NULL, raised, when there is no memory for it. */
HdValue hd_name_make(HdThread *t, uint64_t *cache, const char *text);
#define HD_NAME_OR_NULL(t, text)                                                     \
    ({                                                                               \
        static uint64_t name_cache_;                                                 \
        uint64_t name_bits_ = HD_LOAD_ACQUIRE(&name_cache_);                         \
        name_bits_ ? (HdValue){name_bits_} : hd_name_make(t, &name_cache_, "" text); \
    })
#define HD_NAME(text)                                                             \
    ({                                                                            \
        static uint64_t name_cache_;                                              \
        uint64_t name_bits_ = HD_LOAD_ACQUIRE(&name_cache_);                      \
        name_bits_ ? (HdValue){name_bits_} : hd_name_slow(&name_cache_, (text)); \
    })

#endif
