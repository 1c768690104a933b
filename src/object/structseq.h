/* structseq.h -- tuples with named fields, made by native modules (os.stat_result, time.struct_time, sys.flags). */
#ifndef HD_STRUCTSEQ_H
#define HD_STRUCTSEQ_H

#include "object.h"

typedef struct HdStructSeqField { const char *name, *doc; } HdStructSeqField; /* NULL name ends; "" = unnamed */
/* A class "module.name" whose instances are tuples of `visible` items with `fields` as attributes; owned. */
HdValue hd_structseq_type_new(HdThread *t, const char *full_name, const char *doc, const HdStructSeqField *fields,
                              HdSize visible) HD_CHECK;
/* An instance; the values (as many as fields) are taken over. HD_NULL if any is HD_NULL. */
HdValue hd_structseq_new_steal(HdThread *t, HdValue type, HdValue *values, HdSize count) HD_CHECK;
/* How such a class makes an instance: type(sequence, dict={}); what the sequence lacks comes from the dict or is None. */
HdValue hd_structseq_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;

#endif
