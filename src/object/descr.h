/* descr.h -- property, classmethod, staticmethod, super, bound methods, cells, GenericAlias, Union, SimpleNamespace. */
#ifndef HD_DESCR_H
#define HD_DESCR_H

#include "object.h"

typedef struct HdMethod { /* types.MethodType */
    HdObject head;
    HdValue function, self;
} HdMethod;
typedef struct HdCell {
    HdObject head;
    HdValue value; /* HD_NULL: empty */
} HdCell;
typedef struct HdProperty {
    HdObject head;
    HdValue get, set, del, doc, name;
    bool getter_doc;
} HdProperty;
typedef struct HdMethodBox { /* classmethod and staticmethod */
    HdObject head;
    HdValue function;
} HdMethodBox;
typedef struct HdCapsule {
    HdObject head;
    void *pointer;
    const char *name; /* lives as long as the capsule */
    void (*destroy)(HdThread *t, void *pointer); /* may be NULL */
} HdCapsule;
extern HdType hd_method_type, hd_cell_type, hd_property_type, hd_classmethod_type, hd_staticmethod_type, hd_super_type;
extern HdType hd_generic_alias_type, hd_generic_alias_iterator_type, hd_union_type, hd_simple_namespace_type, hd_capsule_type;
HdValue hd_method_new(HdThread *t, HdValue function, HdValue self) HD_CHECK;
HdValue hd_cell_new(HdThread *t, HdValue value_or_null) HD_CHECK;
HdValue hd_cell_get(HdThread *t, HdValue cell); /* owned or HD_NULL, no exception */
void hd_cell_set(HdThread *t, HdValue cell, HdValue value_or_null);
HdValue hd_generic_alias_new(HdThread *t, HdValue origin, HdValue args) HD_CHECK;
HdValue hd_union_or(HdThread *t, HdValue left, HdValue right) HD_CHECK; /* X | Y of types */
HdValue hd_union_args_borrowed(HdValue v); /* the tuple of types of a union, HD_NULL for anything else */
HdValue hd_simple_namespace_new(HdThread *t, HdValue dict_or_null) HD_CHECK;
HdValue hd_capsule_new(HdThread *t, void *pointer, const char *name, void (*destroy)(HdThread *t, void *pointer)) HD_CHECK;
/* The pointer of a capsule of this name; NULL = raised (ValueError). */
void *hd_capsule_pointer(HdThread *t, HdValue v, const char *name) HD_CHECK;
/* super(type, object).name: for LOAD_SUPER_ATTR and super's getattr. */
HdValue hd_super_lookup(HdThread *t, HdType *type, HdValue object, HdValue name) HD_CHECK;

#endif
