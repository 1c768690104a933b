/* module.h -- what a native module is written against: its definition, and the headers of the runtime it may use.
 *
 * A module `name` lives in src/modules/mod_<name>.c and defines `const HdModuleDef hd_module_<name>`; the list of
 * built-in modules is made from the file names (tools/modules.sh). Module state is one zeroed struct per module
 * object, never a C static.
 */
#ifndef HD_MODULE_H
#define HD_MODULE_H

#include "buffer.h"
#include "bytes.h"
#include "descr.h"
#include "dict.h"
#include "float.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "module_object.h"
#include "number.h"
#include "object.h"
#include "set.h"
#include "slice.h"
#include "str.h"
#include "str_builder.h"
#include "structseq.h"
#include "weakref.h"

typedef struct HdModuleDef {
    const char *name; /* full name: "_thread" */
    const char *doc;  /* NULL: none */
    HdSize state_size;
    const HdMethodDef *functions;               /* self is the module */
    int (*exec)(HdThread *t, HdValue module);   /* adds types and constants; -1 = raised; may be NULL */
    int (*traverse)(HdValue module, HdVisit visit, void *context); /* references in the state; may be NULL */
    void (*clear)(HdThread *t, HdValue module);                    /* drops them; may be NULL */
} HdModuleDef;

HD_INLINE void *hd_module_state(HdValue module) { return HD_AS(HdModule, module)->state; }

#endif
