/* native.h -- functions and methods written in C: their tables, and how their arguments are bound.
 *
 * A native function's signature is written once, as text, in the form that inspect.signature reads:
 *     "sort($self, /, *, key=None, reverse=False)"
 * From it come __text_signature__, the binding of arguments and CPython's error messages. A bound function gets one
 * HdValue per parameter, lent, in order of the signature (without $self/$module/$type); a parameter that was not given is HD_NULL
 * whatever its default reads; `*args` arrives as a tuple, `**kwargs` as a dict (both never HD_NULL).
 * A default of `<none>` makes a parameter optional and hides the signature from inspect; `<unrepresentable>`, which CPython has
 * too, makes it optional and is shown.
 * Raw functions get their arguments where they lie and check them by themselves; their signature may be the bare name.
 * An optional second form separates two texts: nothing else is ever parsed from the docstring.
 */
#ifndef HD_NATIVE_H
#define HD_NATIVE_H

#include "type.h"

/* `self`: the instance for methods, the type for class methods, the module for functions. */
typedef HdValue (*HdNative)(HdThread *t, HdValue self, const HdValue *args);
typedef HdValue (*HdNativeRaw)(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);

enum { HD_METHOD_PLAIN = 0, HD_METHOD_CLASS = 1, HD_METHOD_STATIC = 2 };

typedef struct HdMethodDef {
    const char *signature; /* "name(parameters)" or "name" */
    const char *doc;
    HdNative bound;  /* exactly one of bound and raw */
    HdNativeRaw raw;
    int kind; /* HD_METHOD_… */
    bool takes; /* a wrong number of arguments is told as "takes at most 3 arguments (4 given)" */
} HdMethodDef;

#define HD_METHOD(function, signature_text, doc_text) {(signature_text), (doc_text), (function), NULL, HD_METHOD_PLAIN}
#define HD_METHOD_TAKES(function, signature_text, doc_text) {(signature_text), (doc_text), (function), NULL, HD_METHOD_PLAIN, true}
#define HD_METHOD_RAW(function, signature_text, doc_text) {(signature_text), (doc_text), NULL, (function), HD_METHOD_PLAIN}
#define HD_CLASS_METHOD(function, signature_text, doc_text) {(signature_text), (doc_text), (function), NULL, HD_METHOD_CLASS}
#define HD_CLASS_METHOD_RAW(function, signature_text, doc_text) {(signature_text), (doc_text), NULL, (function), HD_METHOD_CLASS}
#define HD_STATIC_METHOD(function, signature_text, doc_text) {(signature_text), (doc_text), (function), NULL, HD_METHOD_STATIC}
#define HD_STATIC_METHOD_RAW(function, signature_text, doc_text) {(signature_text), (doc_text), NULL, (function), HD_METHOD_STATIC}
#define HD_METHODS_END {NULL, NULL, NULL, NULL, 0, false}

enum { HD_PARAM_MAX = 24 };
/* A signature, parsed once. */
typedef struct HdSignature {
    const HdMethodDef *def;
    char *text;             /* "($self, /, x)" for __text_signature__, or NULL */
    HdValue name;           /* str, interned */
    char *full_name;        /* "list.append", "math.sin", "len": for messages */
    HdValue params[HD_PARAM_MAX]; /* interned names */
    int16_t count;          /* parameters without * and ** */
    int16_t positional_only, positional, required; /* first n of each; keyword-only ones come behind positional */
    uint32_t required_keywords; /* bit i: keyword-only parameter i has no default */
    bool has_var_positional, has_var_keyword;
    bool simple; /* positional-only, nothing variable */
    bool direct; /* a `bound` whose parameters may all be given by position: without keywords the VM may call it itself after
                  * checking the count */
} HdSignature;

/* builtin_function_or_method (self bound or module) and method_descriptor / classmethod_descriptor share the call. */
typedef struct HdNativeFunction {
    HdObject head;
    HdSignature *signature; /* lives as long as the process */
    HdValue self;           /* HD_NULL for method descriptors */
    HdValue module;         /* name or HD_NULL */
    HdType *owner;          /* defining type of a descriptor, else NULL */
} HdNativeFunction;
extern HdType hd_native_function_type;  /* builtin_function_or_method */
extern HdType hd_method_descriptor_type; /* unbound native method: list.append */
extern HdType hd_classmethod_descriptor_type;
extern HdType hd_slot_wrapper_type;     /* wrapper_descriptor: int.__add__ */
extern HdType hd_method_wrapper_type;   /* method-wrapper: (1).__add__ */
extern HdType hd_getset_descriptor_type, hd_member_descriptor_type;

HdValue hd_native_function_new(HdThread *t, const HdMethodDef *def, HdValue self, HdValue module_name) HD_CHECK;
/* A descriptor for a type's method table entry: method, classmethod or staticmethod by def->kind. */
HdValue hd_native_descriptor_new(HdThread *t, HdType *owner, const HdMethodDef *def) HD_CHECK;
HdValue hd_native_getset_new(HdThread *t, HdType *owner, const HdGetSetDef *def) HD_CHECK;
HdValue hd_native_member_new(HdThread *t, HdType *owner, const HdMemberDef *def) HD_CHECK;
/* The definition behind a descriptor of the kind that serves instances of `type`, else NULL. */
const HdMemberDef *hd_native_member_def(HdValue descriptor, const HdType *type);
const HdGetSetDef *hd_native_getset_def(HdValue descriptor, const HdType *type);
/* Binds and calls. `self` lent. */
HdValue hd_native_call(HdThread *t, const HdSignature *signature, HdValue self, const HdRef *args, HdSize nargs,
                       HdValue kwnames) HD_CHECK;
/* Parses def->signature; cached for the process. NULL = raised. */
HdSignature *hd_native_signature(HdThread *t, const HdMethodDef *def) HD_CHECK;
/* Binds by a signature text of the caller's own, e.g. for create/init slots: out[] gets lent values; a tuple and dict
 * made for * and ** are owned by the caller at their places. -1 = raised. `signature_cache` is a static pointer. */
int hd_native_bind(HdThread *t, const HdMethodDef *def, const HdRef *args, HdSize nargs, HdValue kwnames,
                   HdValue *out) HD_CHECK;
/* TypeError when keywords were given / when nargs is outside min..max (max < 0: any); messages as CPython's. */
int hd_native_no_keywords(HdThread *t, const char *name, HdValue kwnames) HD_CHECK;
int hd_native_check_count(HdThread *t, const char *name, HdSize nargs, HdSize min, HdSize max) HD_CHECK;

#endif
