/* module_object.h -- the module type. */
#ifndef HD_MODULE_OBJECT_H
#define HD_MODULE_OBJECT_H

#include "object.h"

typedef struct HdModule {
    HdObject head;
    HdValue dict;  /* the namespace; never HD_NULL after creation */
    HdValue name;
    void *state;   /* native modules: HdModuleDef.state_size bytes, zeroed */
    const struct HdModuleDef *def;
    bool ready;    /* native modules: exec ran */
} HdModule;
extern HdType hd_module_type;
HdValue hd_module_new(HdThread *t, HdValue name) HD_CHECK; /* with __name__, __doc__, __package__, __loader__, __spec__ */
HD_INLINE HdValue hd_module_dict_borrowed(HdValue module) { return HD_AS(HdModule, module)->dict; }
HdValue hd_module_get(HdThread *t, HdValue module, HdValue name); /* of its dict, owned; HD_NULL: not there */
int hd_module_set(HdThread *t, HdValue module, const char *name, HdValue value) HD_CHECK;
int hd_module_set_steal(HdThread *t, HdValue module, const char *name, HdValue value) HD_CHECK; /* value HD_NULL: -1 */
int hd_module_set_int(HdThread *t, HdValue module, const char *name, int64_t value) HD_CHECK;
int hd_module_set_text(HdThread *t, HdValue module, const char *name, const char *text) HD_CHECK;
/* Readies a static type and puts it under its short name. */
int hd_module_add_type(HdThread *t, HdValue module, HdType *type) HD_CHECK;
/* A new exception class "module.Name" with `base` (type or tuple), put into the module; owned. */
HdValue hd_module_add_exception(HdThread *t, HdValue module, const char *full_name, HdValue base_or_null) HD_CHECK;

#endif
