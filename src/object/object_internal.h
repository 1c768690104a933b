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

/* weakref.c, for the proxies in weakproxy.c */
HdValue hd_weakref_make(HdThread *t, HdType *type, HdValue target, HdValue callback_or_null) HD_CHECK;
int hd_weakref_traverse(HdObject *self, HdVisit visit, void *context);
void hd_weakref_clear(HdThread *t, HdObject *self);
void hd_weakref_dealloc(HdThread *t, HdObject *self);
int hd_weakproxy_init(HdThread *t) HD_CHECK;

/* type_new.c, slots.c, type_attr.c */
void hd_slots_inherit_native(HdType *type, HdType *base);       /* static types: in groups, where empty */
int hd_slots_add_wrappers(HdThread *t, HdType *type) HD_CHECK;  /* static types: slot -> dunder */
/* The table of special methods: one row a name. */
enum {
    HD_KIND_Unary, HD_KIND_Binary, HD_KIND_BinaryOne, HD_KIND_InPlace, HD_KIND_Ternary, HD_KIND_Inquiry, HD_KIND_Length,
    HD_KIND_Hash, HD_KIND_Compare, HD_KIND_Contains, HD_KIND_SetItem, HD_KIND_GetAttr, HD_KIND_SetAttr, HD_KIND_Next,
    HD_KIND_DescrGet, HD_KIND_DescrSet, HD_KIND_Call, HD_KIND_New, HD_KIND_Init, HD_KIND_Finalize,
};
typedef void (*HdAnyFunction)(void);
typedef struct HdSlotRow {
    const char *name;
    uint16_t offset;       /* of the slot in HdType */
    uint8_t kind;
    uint8_t which;         /* 0: first name of the slot, 1: second; HD_LT … for comparisons */
    HdAnyFunction generic; /* what the slot is when Python code defines the method */
} HdSlotRow;
typedef struct HdSlotWrapper { /* wrapper_descriptor: int.__add__ */
    HdObject head;
    HdType *owner;
    const HdSlotRow *row;
    HdAnyFunction function;
} HdSlotWrapper;
typedef struct HdMethodWrapper { /* method-wrapper: (1).__add__ */
    HdObject head;
    HdValue self, wrapper;
} HdMethodWrapper;
HdValue hd_slots_call_row(HdThread *t, const HdSlotRow *row, HdAnyFunction function, HdType *owner, HdValue self,
                          const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
HdValue hd_slots_wrapper_new(HdThread *t, HdType *owner, const HdSlotRow *row, HdAnyFunction function) HD_CHECK;
/* The `__new__` of a static type, and the type whose `create` such a function calls; NULL: v is something else. */
HdValue hd_slots_new_function(HdThread *t, HdType *type) HD_CHECK;
HdType *hd_slots_new_owner(HdValue v);
/* callable(self, *args): puts `self` in front of the arguments. */
HdValue hd_object_call_prepend(HdThread *t, HdValue callable, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
void hd_slots_copy(HdType *type, const HdType *base);           /* heap types: every slot */
void hd_slots_update_all(HdThread *t, HdType *type);
void hd_slots_update_name(HdThread *t, HdType *type, HdValue name); /* after the attribute changed; subclasses too */
bool hd_slots_is_dunder(HdValue name);
HdValue hd_slots_doc(HdThread *t, const char *name) HD_CHECK; /* __doc__ of a slot's method; str or None */
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
HdValue hd_type_c3(HdThread *t, HdType *type) HD_CHECK; /* type.mro(): a list */
HdType *hd_type_solid_base(HdType *type);
bool hd_type_same_layout(const HdType *a, const HdType *b);
HdValue hd_type_dir_method(HdThread *t, HdValue self, const HdValue *unused);
HdValue hd_type_repr(HdThread *t, HdValue self);
HdValue hd_type_or(HdThread *t, HdValue left, HdValue right);
void hd_type_members_free(HdThread *t, HdMemberDef *members);
void hd_type_register_hooks(void);
/* A built-in type's `doc` may begin with what inspect reads: "Name(parameters)", then this, then the documentation. The
 * end of the parameters, or NULL when there are none. */
#define HD_TYPE_SIGNATURE_MARK "\n--\n\n"
const char *hd_type_signature_end(const HdType *type);
const char *hd_type_doc_text(const HdType *type); /* the rest; NULL: no documentation */
int hd_object_real_isinstance(HdThread *t, HdValue v, HdValue class) HD_CHECK;   /* without __instancecheck__ */
int hd_object_real_issubclass(HdThread *t, HdValue derived, HdValue class) HD_CHECK;
extern const HdMethodDef hd_type_methods[];
extern const HdGetSetDef hd_type_getsets[];
/* Attribute of a class; HD_NULL without an exception when missing. */
HdValue hd_type_find(HdThread *t, HdValue self, HdValue name);
HdValue hd_type_module_name(HdThread *t, HdType *type) HD_CHECK; /* __module__, owned */
HdValue hd_type_qualified_name(HdThread *t, HdType *type) HD_CHECK; /* "module.qualname", builtins without module; str */

#endif
