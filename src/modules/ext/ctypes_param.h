/* ctypes_param.h -- paramflags: parameters of a C function with names, defaults and output parameters. */
#ifndef HD_CTYPES_PARAM_H
#define HD_CTYPES_PARAM_H

#include "ctypes_types.h"

typedef struct HdCtypeOutputs {
    HdValue args; /* the arguments as they are passed: a tuple, lent */
    HdSize count; /* output parameters among them */
    bool is_output[HD_CTYPES_MAX_ARGUMENTS], is_both[HD_CTYPES_MAX_ARGUMENTS];
} HdCtypeOutputs;

/* Whether they suit the prototype; HD_NULL and None do. -1 = raised. */
int hd_ctypes_param_check(HdThread *t, const HdCtype *function, HdValue paramflags) HD_CHECK;
/* The arguments to pass, owned; tells which are outputs. */
HdValue hd_ctypes_param_arguments(HdThread *t, HdValue paramflags, HdValue argtypes, const HdRef *args, HdSize nargs,
                                  HdValue kwnames, HdCtypeOutputs *outputs) HD_CHECK;
/* The values of the output parameters: one value, or a tuple. */
HdValue hd_ctypes_param_outputs(HdThread *t, const HdCtypeOutputs *outputs) HD_CHECK;

#endif
