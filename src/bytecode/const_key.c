/* const_key.c -- see const_key.h. Only exact built-in types are looked into; everything else is itself. No locks. */
#include "const_key.h"

#include "bytes.h"
#include "float.h"
#include "int.h"
#include "list.h"
#include "set.h"
#include "str.h"

static int64_t mix(int64_t a, int64_t b) { return (int64_t)(((uint64_t)a ^ (uint64_t)b) * 0x9E3779B97F4A7C15u); }

static int64_t bits_of(double number) {
    int64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

int64_t hd_const_key_hash(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    int64_t seed = (int64_t)(uintptr_t)type;
    if (type == &hd_str_type) return mix(seed, hd_str_hash(v));
    if (type == &hd_int_type) return mix(seed, hd_int_hash(v));
    if (type == &hd_float_type) return mix(seed, bits_of(hd_float_value(v)));
    if (type == &hd_complex_type)
        return mix(mix(seed, bits_of(HD_AS(HdComplex, v)->real)), bits_of(HD_AS(HdComplex, v)->imag));
    if (type == &hd_bytes_type) {
        uint64_t hash = 14695981039346656037u;
        for (HdSize i = 0; i < hd_bytes_length(v); i++) hash = (hash ^ hd_bytes_data(v)[i]) * 1099511628211u;
        return mix(seed, (int64_t)hash);
    }
    if (type == &hd_tuple_type) {
        for (HdSize i = 0; i < hd_tuple_length(v); i++) seed = mix(seed, hd_const_key_hash(t, hd_tuple_at_borrowed(v, i)) + i);
        return seed;
    }
    if (type == &hd_frozenset_type) {
        uint64_t sum = 0;
        HdSize position = 0;
        HdValue key;
        while (hd_set_next(t, v, &position, &key)) {
            sum += (uint64_t)hd_const_key_hash(t, key);
            hd_release(t, key);
        }
        return mix(seed, (int64_t)sum);
    }
    return mix(seed, (int64_t)v.bits);
}

static bool same_set(HdThread *t, HdValue a, HdValue b) {
    HdSize position = 0;
    HdValue key, other;
    bool all = hd_set_length(a) == hd_set_length(b);
    while (all && hd_set_next(t, a, &position, &key)) {
        bool found = false;
        HdSize at = 0;
        while (!found && hd_set_next(t, b, &at, &other)) {
            found = hd_const_key_same(t, key, other);
            hd_release(t, other);
        }
        hd_release(t, key);
        all = found;
    }
    return all;
}

bool hd_const_key_same(HdThread *t, HdValue a, HdValue b) {
    if (hd_same(a, b)) return true;
    HdType *type = hd_type_of(a);
    if (type != hd_type_of(b) || !hd_is_object(a) || !hd_is_object(b)) return false;
    if (type == &hd_str_type) return hd_str_equal(a, b);
    if (type == &hd_int_type) return hd_int_compare(a, b) == 0;
    if (type == &hd_float_type) return bits_of(hd_float_value(a)) == bits_of(hd_float_value(b));
    if (type == &hd_complex_type)
        return bits_of(HD_AS(HdComplex, a)->real) == bits_of(HD_AS(HdComplex, b)->real) &&
               bits_of(HD_AS(HdComplex, a)->imag) == bits_of(HD_AS(HdComplex, b)->imag);
    if (type == &hd_bytes_type)
        return hd_bytes_length(a) == hd_bytes_length(b) &&
               memcmp(hd_bytes_data(a), hd_bytes_data(b), (size_t)hd_bytes_length(a)) == 0;
    if (type == &hd_tuple_type) {
        if (hd_tuple_length(a) != hd_tuple_length(b)) return false;
        for (HdSize i = 0; i < hd_tuple_length(a); i++)
            if (!hd_const_key_same(t, hd_tuple_at_borrowed(a, i), hd_tuple_at_borrowed(b, i))) return false;
        return true;
    }
    return type == &hd_frozenset_type && same_set(t, a, b);
}
