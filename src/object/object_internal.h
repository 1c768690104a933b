/* object_internal.h -- small things that several files of this room share and nobody outside needs. */
#ifndef HD_OBJECT_INTERNAL_H
#define HD_OBJECT_INTERNAL_H

#include "mutex.h"
#include "object.h"

/* Stores into a field of `object` that other threads may read or write; drops what was there outside the lock. */
HD_INLINE void hd_field_set_steal(HdThread *t, void *object, HdValue *field, HdValue v) {
    HdObject *o = object;
    hd_lock_object(t, o);
    HdValue old = hd_slot_exchange(field, v);
    hd_unlock_object(t, o);
    hd_release(t, old);
}
HD_INLINE HdValue hd_field_get(HdThread *t, void *object, HdValue *field) { return hd_slot_read(t, field, object); }

/* exceptions.c, for its sister files */
HdValue hd_exception_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames);
int hd_exception_init_args(HdThread *t, HdValue self, const HdRef *args, HdSize nargs);
int hd_exception_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
HdValue hd_exception_str(HdThread *t, HdValue self);
HdValue hd_exception_repr(HdThread *t, HdValue self);
int hd_exception_traverse(HdObject *self, HdVisit visit, void *context);
void hd_exception_clear(HdThread *t, HdObject *self);
void hd_exception_dealloc(HdThread *t, HdObject *self);
/* Picks the keyword arguments `names` (ended by NULL) into out[] (lent, HD_NULL when not given). */
int hd_exception_keywords(HdThread *t, HdValue self, const char *type_name, const HdRef *args, HdSize nargs, HdValue kwnames,
                          const char *const *names, HdValue *out) HD_CHECK;
int hd_exceptions_os_init(HdThread *t) HD_CHECK;
int hd_exceptions_text_init(HdThread *t) HD_CHECK;
int hd_exception_group_init(HdThread *t) HD_CHECK;
void hd_exceptions_os_setup(void);
void hd_exceptions_text_setup(void);
void hd_exception_group_setup(void);

/* type_new.c, slots.c, type_attr.c */
void hd_slots_inherit_native(HdType *type, HdType *base);       /* static types: in groups, where empty */
int hd_slots_add_wrappers(HdThread *t, HdType *type) HD_CHECK;  /* static types: slot -> dunder */
void hd_slots_copy(HdType *type, const HdType *base);           /* heap types: every slot */
void hd_slots_update_all(HdThread *t, HdType *type);
void hd_slots_update_name(HdThread *t, HdType *type, HdValue name); /* after the attribute changed; subclasses too */
bool hd_slots_is_dunder(HdValue name);
bool hd_slots_inherits_from_one(const HdType *type);
int hd_type_compute_mro(HdThread *t, HdType *type) HD_CHECK;
int hd_type_add_subclass(HdThread *t, HdType *base, HdType *type) HD_CHECK;
void hd_type_remove_subclass(HdThread *t, HdType *base, HdType *type);
HdValue hd_type_subclasses_list(HdThread *t, HdType *type) HD_CHECK; /* live subclasses */
HdType *hd_type_best_base(HdThread *t, HdValue bases) HD_CHECK;
HdValue hd_type_getattro(HdThread *t, HdValue self, HdValue name);
int hd_type_setattro(HdThread *t, HdValue self, HdValue name, HdValue value);
HdValue hd_type_type_create(HdThread *t, HdType *metatype, const HdRef *args, HdSize nargs, HdValue kwnames);
int hd_type_type_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
HdValue hd_type_type_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
HdType *hd_type_solid_base(HdType *type);
bool hd_type_same_layout(const HdType *a, const HdType *b);
extern const HdMethodDef hd_type_methods[];
extern const HdGetSetDef hd_type_getsets[];
HdValue hd_type_module_name(HdThread *t, HdType *type) HD_CHECK; /* __module__, owned */
HdValue hd_type_qualified_name(HdThread *t, HdType *type) HD_CHECK; /* "module.qualname", builtins without module; str */

#endif
