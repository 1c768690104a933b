/* sys_data.h -- the data of the module sys: version, flags, limits of numbers, names of modules, paths. */
#ifndef HD_SYS_DATA_H
#define HD_SYS_DATA_H

#include "heddle/module.h"

/* State of the module sys. */
typedef struct HdSysState {
    HdValue asyncgen_hooks_type;
    HdValue audit_hooks; /* list or HD_NULL */
} HdSysState;

int hd_sys_data_add(HdThread *t, HdValue module) HD_CHECK;
HdValue hd_sys_stdlib_names(HdThread *t) HD_CHECK; /* a frozenset */
HdValue hd_sys_asyncgen_hooks(HdThread *t, HdValue module) HD_CHECK;
HdValue hd_sys_audit(HdThread *t, HdValue module, const HdRef *args, HdSize nargs) HD_CHECK;
HdValue hd_sys_add_audit_hook(HdThread *t, HdValue module, HdValue hook) HD_CHECK;

#endif
