/* object_text.c -- values as text: repr, str, ascii, format, bytes. Runs Python, holds no locks. */
#include <stdlib.h>

#include "bytes.h"
#include "float.h"
#include "format_spec.h"
#include "int.h"
#include "object_internal.h"
#include "str.h"
#include "str_builder.h"

static HdValue check_str_steal(HdThread *t, HdValue result, const char *method) {
    if (hd_is_null(result) || hd_is_str(result)) return result;
    hd_raise(t, &hd_TypeError, "%s returned non-string (type %T)", method, result);
    hd_release(t, result);
    return HD_NULL;
}

/* Whoever builds a text piece by piece need not look after each piece whether memory ran out: no Python is called any more,
 * and the exception stays. */
HdValue hd_object_repr(HdThread *t, HdValue v) {
    if (HD_UNLIKELY(hd_raised(t))) return HD_NULL;
    if (hd_is_null(v)) return hd_str_from_text(t, "<NULL>");
    static const char where[] = " while getting the repr of an object";
    if (hd_object_enter(t, where) < 0) return HD_NULL;
    if (HD_UNLIKELY(t->recursion_depth >= t->recursion_limit + t->recursion_headroom)) { /* counts as a frame, as in CPython */
        hd_raise_recursion(t, where);
        return HD_NULL;
    }
    t->recursion_depth++;
    HdValue text = hd_type_of(v)->repr(t, v);
    t->recursion_depth--;
    return check_str_steal(t, text, "__repr__");
}

HdValue hd_object_str(HdThread *t, HdValue v) {
    if (hd_is_null(v)) return hd_str_from_text(t, "<NULL>");
    if (HD_UNLIKELY(hd_raised(t))) return HD_NULL;
    if (hd_is_exact_str(v)) return hd_retain(t, v);
    HdUnary str = hd_type_of(v)->str;
    if (!str) return hd_object_repr(t, v);
    if (hd_object_enter(t, " while getting the str of an object") < 0) return HD_NULL;
    return check_str_steal(t, str(t, v), "__str__");
}

HdValue hd_object_ascii(HdThread *t, HdValue v) {
    HdValue repr = hd_object_repr(t, v);
    if (hd_is_null(repr) || hd_str(repr)->ascii) return repr;
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    for (HdSize i = 0; i < hd_str_length(repr); i++) {
        uint32_t c = hd_str_at(repr, i);
        if (c < 0x80) hd_str_builder_char(&b, c);
        else hd_str_escape(&b, c);
        if (b.failed) break;
    }
    hd_release(t, repr);
    return hd_str_builder_finish(&b);
}

HdValue hd_object_bytes(HdThread *t, HdValue v) {
    if (hd_is_exact_object(v, &hd_bytes_type)) return hd_retain(t, v);
    HdValue method;
    int found = hd_object_find_special(t, v, HD_NAME("__bytes__"), &method);
    if (found < 0) return HD_NULL;
    if (!found) return hd_bytes_from_object(t, v);
    HdValue result = hd_object_call0(t, method);
    hd_release(t, method);
    if (hd_is_null(result) || hd_is_bytes(result)) return result;
    hd_raise(t, &hd_TypeError, "__bytes__ returned non-bytes (type %T)", result);
    hd_release(t, result);
    return HD_NULL;
}

HdValue hd_object_format(HdThread *t, HdValue v, HdValue spec_or_null) {
    if (!hd_is_null(spec_or_null) && !hd_is_str(spec_or_null)) {
        return hd_raise(t, &hd_SystemError, "Format specifier must be a string, not %T", spec_or_null);
    }
    HdValue spec = hd_is_null(spec_or_null) ? hd_str_empty() : spec_or_null;
    if (hd_is_exact_str(v)) return hd_format_spec_text(t, v, spec); /* whose __format__ nobody can have changed */
    if (hd_is_exact_int(v)) return hd_format_spec_int(t, v, spec);
    if (hd_is_exact_float(v)) return hd_format_spec_float(t, v, spec);
    HdValue method;
    int found = hd_object_find_special(t, v, HD_NAME("__format__"), &method);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_TypeError, "Type %T doesn't define __format__", v);
    HdValue result = hd_object_call1(t, method, spec);
    hd_release(t, method);
    if (hd_is_null(result) || hd_is_str(result)) return result;
    hd_raise(t, &hd_TypeError, "__format__ must return a str, not %T", result);
    hd_release(t, result);
    return HD_NULL;
}

/* t->object: the objects whose repr is being made. */
typedef struct Shown {
    HdValue *at; /* lent */
    int count, capacity;
} Shown;

int hd_object_repr_enter(HdThread *t, HdValue v) {
    if (!t->object && !(t->object = hd_apart_new(sizeof(Shown)))) return hd_raise_no_memory(t), -1;
    Shown *shown = t->object;
    for (int i = 0; i < shown->count; i++) {
        if (hd_same(shown->at[i], v)) return 1;
    }
    if (shown->count == shown->capacity) {
        int capacity = shown->capacity ? shown->capacity * 2 : 16;
        HdValue *grown = realloc(shown->at, (size_t)capacity * sizeof *grown);
        if (!grown) return hd_raise_no_memory(t), -1;
        shown->at = grown;
        shown->capacity = capacity;
    }
    shown->at[shown->count++] = v;
    return 0;
}

void hd_object_repr_leave(HdThread *t, HdValue v) {
    Shown *shown = t->object;
    for (int i = shown->count; i-- > 0;) {
        if (!hd_same(shown->at[i], v)) continue;
        shown->at[i] = shown->at[--shown->count];
        return;
    }
}
