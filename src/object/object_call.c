/* object_call.c -- calling any value. Arguments lie in HdRef slots that are lent for the call. Runs Python. */
#include <stdlib.h>

#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

HdValue hd_object_call(HdThread *t, HdValue callable, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdCall call = hd_type_of(callable)->call;
    if (HD_UNLIKELY(!call)) return hd_raise(t, &hd_TypeError, "'%T' object is not callable", callable);
    if (HD_UNLIKELY(hd_stack_low(t))) {
        hd_raise_recursion(t, " while calling a Python object");
        return HD_NULL;
    }
    assert(!hd_raised(t)); /* somebody did not look whether what he called failed */
    HdValue result = call(t, callable, args, nargs, kwnames);
    assert(hd_is_null(result) == hd_raised(t));
    return result;
}

bool hd_object_is_callable(HdValue v) { return hd_type_of(v)->call != NULL; }

HdValue hd_object_call0(HdThread *t, HdValue callable) { return hd_object_call(t, callable, NULL, 0, HD_NULL); }
HdValue hd_object_call1(HdThread *t, HdValue callable, HdValue a) {
    HdRef refs[1] = {hd_ref_counted(a)};
    return hd_object_call(t, callable, refs, 1, HD_NULL);
}
HdValue hd_object_call2(HdThread *t, HdValue callable, HdValue a, HdValue b) {
    HdRef refs[2] = {hd_ref_counted(a), hd_ref_counted(b)};
    return hd_object_call(t, callable, refs, 2, HD_NULL);
}
HdValue hd_object_call3(HdThread *t, HdValue callable, HdValue a, HdValue b, HdValue c) {
    HdRef refs[3] = {hd_ref_counted(a), hd_ref_counted(b), hd_ref_counted(c)};
    return hd_object_call(t, callable, refs, 3, HD_NULL);
}

/* An HdValue array read as slots: a value's word is a slot that somebody else counts. */
HdValue hd_object_call_values(HdThread *t, HdValue callable, const HdValue *args, HdSize nargs) {
    _Static_assert(sizeof(HdValue) == sizeof(HdRef), "one word each");
    return hd_object_call(t, callable, (const HdRef *)(const void *)args, nargs, HD_NULL);
}

enum { ON_STACK = 16 };

HdValue hd_object_call_prepend(HdThread *t, HdValue callable, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    HdSize total = nargs + keywords + 1;
    HdRef few[ON_STACK], *refs = few;
    if (total > ON_STACK && !(refs = malloc((size_t)total * sizeof *refs))) return hd_raise_no_memory(t);
    refs[0] = hd_ref_counted(self);
    if (total > 1) memcpy(refs + 1, args, (size_t)(total - 1) * sizeof *refs);
    HdValue result = hd_object_call(t, callable, refs, nargs + 1, kwnames);
    if (refs != few) free(refs);
    return result;
}

/* The names of `kwargs` as a tuple, and its values, owned, at refs. */
static HdValue spread_keywords(HdThread *t, HdValue kwargs, HdSize count, HdRef *refs) {
    HdValue names = hd_tuple_new(t, count);
    if (hd_is_null(names)) return HD_NULL;
    HdSize position = 0, n = 0;
    HdValue key, value;
    bool good = true;
    while (n < count && hd_dict_next(t, kwargs, &position, &key, &value)) {
        good &= hd_is_str(key);
        hd_tuple_put_steal(names, n, key);
        refs[n++] = hd_ref_counted(value);
    }
    if (good && n == count) return names;
    for (HdSize i = 0; i < n; i++) hd_ref_release(t, refs[i]);
    hd_release(t, names);
    return hd_raise(t, good ? &hd_RuntimeError : &hd_TypeError,
                    good ? "dictionary changed size during iteration" : "keywords must be strings");
}

HdValue hd_object_call_ex(HdThread *t, HdValue callable, HdValue args, HdValue kwargs) {
    HdSize nargs = hd_tuple_length(args);
    HdSize keywords = hd_is_null(kwargs) ? 0 : hd_dict_length(kwargs);
    if (!keywords) return hd_object_call(t, callable, (const HdRef *)(const void *)HD_AS(HdTuple, args)->at, nargs, HD_NULL);
    HdRef few[ON_STACK], *refs = few;
    if (nargs + keywords > ON_STACK && !(refs = malloc((size_t)(nargs + keywords) * sizeof *refs))) return hd_raise_no_memory(t);
    for (HdSize i = 0; i < nargs; i++) refs[i] = hd_ref_counted(hd_tuple_at_borrowed(args, i));
    HdValue result = HD_NULL;
    HdValue names = spread_keywords(t, kwargs, keywords, refs + nargs);
    if (!hd_is_null(names)) {
        result = hd_object_call(t, callable, refs, nargs, names);
        for (HdSize i = 0; i < keywords; i++) hd_ref_release(t, refs[nargs + i]);
        hd_release(t, names);
    }
    if (refs != few) free(refs);
    return result;
}

HdValue hd_object_call_method(HdThread *t, HdValue v, HdValue name, const HdValue *args, HdSize nargs) {
    if (HD_UNLIKELY(hd_is_null(name))) return HD_NULL; /* there was no memory for it */
    HdValue self;
    HdValue method = hd_object_getmethod(t, v, name, &self);
    if (hd_is_null(method)) return HD_NULL;
    HdValue result;
    if (hd_is_null(self)) result = hd_object_call_values(t, method, args, nargs);
    else result = hd_object_call_prepend(t, method, self, (const HdRef *)(const void *)args, nargs, HD_NULL);
    hd_release(t, method);
    return result;
}

HdValue hd_object_call_method_text(HdThread *t, HdValue v, const char *text, const HdValue *args, HdSize nargs) {
    HD_OWNED HdValue name = hd_str_intern_text(t, text);
    return hd_object_call_method(t, v, name, args, nargs);
}
