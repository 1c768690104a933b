/* object.h -- the protocols: what can be done with any value. The umbrella header of this room.
 *
 * Arguments lent, results owned, HD_NULL or -1 = an exception is set in `t`. Everything here may run Python, and so
 * release the GIL, unless it says otherwise: never call it with a lock held.
 */
#ifndef HD_OBJECT_H
#define HD_OBJECT_H

#include "attrs.h"
#include "errors.h"
#include "heap.h"
#include "native.h"
#include "runtime_state.h"
#include "singletons.h"
#include "slot.h"
#include "type.h"

/* Starts the room: str, tuple and dict first, then every type declared in src/object. After the heap and t exist, once. */
int hd_object_init(HdThread *t) HD_CHECK;

/* --- text --- */
HdValue hd_object_repr(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_object_str(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_object_ascii(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_object_bytes(HdThread *t, HdValue v) HD_CHECK; /* bytes(v) */
HdValue hd_object_format(HdThread *t, HdValue v, HdValue spec_or_null) HD_CHECK;
/* Guards reprs against cycles: 1 = already being shown by this thread, 0 = entered, -1 = raised. */
int hd_object_repr_enter(HdThread *t, HdValue v) HD_CHECK;
void hd_object_repr_leave(HdThread *t, HdValue v);

/* --- comparison and truth --- */
HdValue hd_object_compare(HdThread *t, HdValue a, HdValue b, int op) HD_CHECK; /* a < b …: HD_LT … */
int hd_object_compare_bool(HdThread *t, HdValue a, HdValue b, int op) HD_CHECK; /* identity implies == */
HD_INLINE int hd_object_equal(HdThread *t, HdValue a, HdValue b) { /* identity implies equality */
    return hd_same(a, b) ? 1 : hd_object_compare_bool(t, a, b, HD_EQ);
}
int64_t hd_object_hash(HdThread *t, HdValue v) HD_CHECK; /* -1 = raised */
int64_t hd_object_hash_pointer(const void *pointer);
int64_t hd_object_hash_unhashable(HdThread *t, HdValue v); /* the hash slot of types that set __hash__ = None */
int hd_object_truth_slow(HdThread *t, HdValue v) HD_CHECK;
HD_INLINE int hd_object_truth(HdThread *t, HdValue v) { /* 1, 0, -1 */
    if (hd_same(v, hd_True)) return 1;
    if (hd_same(v, hd_False) || hd_same(v, hd_None)) return 0;
    return hd_object_truth_slow(t, v);
}

/* --- attributes; `name` is a str, interned for speed --- */
HdValue hd_object_getattr(HdThread *t, HdValue v, HdValue name) HD_CHECK;
HdValue hd_object_getattr_text(HdThread *t, HdValue v, const char *name) HD_CHECK;
/* 1 found (*out owned), 0 no such attribute and no exception, -1 raised. */
int hd_object_find_attr(HdThread *t, HdValue v, HdValue name, HdValue *out) HD_CHECK;
int hd_object_setattr(HdThread *t, HdValue v, HdValue name, HdValue value) HD_CHECK;
int hd_object_delattr(HdThread *t, HdValue v, HdValue name) HD_CHECK;
/* The slots of object itself: descriptors of the type, then own attributes, then class attributes. */
HdValue hd_object_generic_getattr(HdThread *t, HdValue self, HdValue name) HD_CHECK;
/* As above without raising AttributeError: HD_NULL and no exception when missing. */
HdValue hd_object_generic_find(HdThread *t, HdValue self, HdValue name);
int hd_object_generic_setattr(HdThread *t, HdValue self, HdValue name, HdValue value) HD_CHECK;
/* For method calls `v.name(...)`: the function with *self = v when it is a method to be called with v as first
 * argument (v not retained), or the bound attribute with *self = HD_NULL. Owned; HD_NULL = raised. */
HdValue hd_object_getmethod(HdThread *t, HdValue v, HdValue name, HdValue *self) HD_CHECK;
/* A special method looked up on the type, bound: 1 found, 0 not there, -1 raised. */
int hd_object_find_special(HdThread *t, HdValue v, HdValue name, HdValue *out) HD_CHECK;
HdValue hd_object_dir(HdThread *t, HdValue v) HD_CHECK; /* sorted list */

/* --- calls --- */
HdValue hd_object_call(HdThread *t, HdValue callable, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
HdValue hd_object_call0(HdThread *t, HdValue callable) HD_CHECK;
HdValue hd_object_call1(HdThread *t, HdValue callable, HdValue a) HD_CHECK;
HdValue hd_object_call2(HdThread *t, HdValue callable, HdValue a, HdValue b) HD_CHECK;
HdValue hd_object_call3(HdThread *t, HdValue callable, HdValue a, HdValue b, HdValue c) HD_CHECK;
HdValue hd_object_call_values(HdThread *t, HdValue callable, const HdValue *args, HdSize nargs) HD_CHECK;
/* callable(*args_tuple, **kwargs_dict_or_null) */
HdValue hd_object_call_ex(HdThread *t, HdValue callable, HdValue args, HdValue kwargs) HD_CHECK;
HdValue hd_object_call_method(HdThread *t, HdValue v, HdValue name, const HdValue *args, HdSize nargs) HD_CHECK;
HdValue hd_object_call_method_text(HdThread *t, HdValue v, const char *name, const HdValue *args, HdSize nargs) HD_CHECK;
/* By a name that is a literal. */
#define hd_object_call_method0(t, v, name) hd_object_call_method(t, v, HD_NAME_OR_NULL(t, name), NULL, 0)
#define hd_object_call_method1(t, v, name, a) \
    hd_object_call_method(t, v, HD_NAME_OR_NULL(t, name), (const HdValue[]){a}, 1)
#define hd_object_call_method2(t, v, name, a, b) \
    hd_object_call_method(t, v, HD_NAME_OR_NULL(t, name), (const HdValue[]){a, b}, 2)
bool hd_object_is_callable(HdValue v);

/* --- containers and iteration --- */
HdValue hd_object_iter(HdThread *t, HdValue v) HD_CHECK;
/* The next item; HD_NULL without an exception when exhausted (a StopIteration is swallowed), with one when raised. */
HdValue hd_object_next(HdThread *t, HdValue iterator);
bool hd_object_is_iterator(HdValue v);
HdSize hd_object_length(HdThread *t, HdValue v) HD_CHECK;
HdSize hd_object_length_hint(HdThread *t, HdValue v, HdSize fallback) HD_CHECK;
HdValue hd_object_getitem(HdThread *t, HdValue v, HdValue key) HD_CHECK;
HdValue hd_object_getitem_index(HdThread *t, HdValue v, HdSize index) HD_CHECK;
int hd_object_setitem(HdThread *t, HdValue v, HdValue key, HdValue value) HD_CHECK;
int hd_object_delitem(HdThread *t, HdValue v, HdValue key) HD_CHECK;
int hd_object_contains(HdThread *t, HdValue container, HdValue item) HD_CHECK;
/* A list or tuple with v's items: v itself (retained) if it is exactly one; TypeError `message` if not iterable. */
HdValue hd_object_fast_sequence(HdThread *t, HdValue v, const char *message) HD_CHECK;
HdSendStatus hd_object_send(HdThread *t, HdValue iterator, HdValue value, HdValue *result) HD_CHECK;
/* Long C loops over general iterators call this every 1,024 items: switches threads, runs signal handlers. */
int hd_object_poll(HdThread *t) HD_CHECK;

/* --- classes --- */
int hd_object_isinstance(HdThread *t, HdValue v, HdValue class_or_tuple) HD_CHECK; /* with __instancecheck__ */
int hd_object_issubclass(HdThread *t, HdValue v, HdValue class_or_tuple) HD_CHECK;
HdValue hd_object_class(HdThread *t, HdValue v) HD_CHECK; /* v.__class__ */
bool hd_object_is_class(HdValue v);                  /* has __bases__: type */

/* --- recursion --- */
/* For C code that calls itself over Python data: -1 and RecursionError ("… while <where>") near the stack's end. */
HD_CHECK HD_INLINE int hd_object_enter(HdThread *t, const char *where) {
    if (HD_UNLIKELY(hd_stack_low(t))) return hd_raise_recursion(t, where);
    return 0;
}

#endif
