/* function.h -- the type `function`: code with its globals, defaults and closure; binding of arguments.
 *
 * Attributes that Python code may assign (`__code__`, `__defaults__`, …) change under the object's lock and give the
 * function a new version, so that inline caches notice. A replaced code object is kept until the function dies,
 * because frames and caches lend it from here.
 */
#ifndef HD_FUNCTION_H
#define HD_FUNCTION_H

#include "code.h"
#include "descr.h"
#include "dict.h"
#include "list.h"
#include "object.h"
#include "str.h"

typedef struct HdFunction {
    HdObject head;
    HdCode *code;        /* owned; atomic */
    HdValue globals;     /* dict; never changes */
    HdValue builtins;    /* dict; never changes */
    uint32_t version;    /* atomic: changes with code, defaults and kwdefaults; 0: none to be had */
    HdValue defaults;    /* tuple or HD_NULL */
    HdValue kwdefaults;  /* dict or HD_NULL */
    HdValue closure;     /* tuple of cells or HD_NULL */
    HdValue name, qualname;
    HdValue module;      /* HD_NULL: read from globals when made */
    HdValue doc;
    HdValue annotations; /* dict, or tuple (name, value, …) until asked for, or HD_NULL */
    HdValue old_codes;   /* list or HD_NULL */
    HdAttrs attrs;       /* no inline values: __dict__ */
} HdFunction;
extern HdType hd_function_type;

HD_INLINE bool hd_is_function(HdValue v) { return hd_is_exact_object(v, &hd_function_type); }
HdValue hd_function_new(HdThread *t, HdValue code, HdValue globals) HD_CHECK;
void hd_function_set_version(HdFunction *f);

struct HdFrame;
/* Fills the parameters of `frame` (its slots are all empty) from the arguments, which are copied. -1 = raised. */
int hd_function_bind(HdThread *t, struct HdFrame *frame, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
/* Calls from C; what the type's call slot does. */
HdValue hd_function_call(HdThread *t, HdValue function, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
int hd_function_init(HdThread *t) HD_CHECK;

#endif
