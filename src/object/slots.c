/* slots.c -- special methods: slots.def as a table, C slots as methods (wrapper_descriptor), and which C function serves a
 * class whose methods Python code defines. The functions that call those methods are in slots_generic.c.
 *
 * A class made by Python code copies the slots of its one base and then looks again at the slots whose special methods it
 * defines; with several bases every slot is looked up along the MRO. When the found method is a wrapper around a C slot of
 * a base, the class gets that C function itself, else the generic one. Slots change under the type's lock and are
 * read without it, a word at a time.
 */
#include "dict.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "slots_generic.h"
#include "str.h"

#define HD_SLOT(field, Kind, dunder, reflected)                                                   \
    {dunder, offsetof(HdType, field), HD_KIND_##Kind, 0, (HdAnyFunction)hd_generic_##field},      \
    {reflected, offsetof(HdType, field), HD_KIND_##Kind, 1, (HdAnyFunction)hd_generic_##field},
static const HdSlotRow rows[] = {
#include "slots.def"
#undef HD_SLOT
    {"__le__", offsetof(HdType, compare), HD_KIND_Compare, HD_LE, (HdAnyFunction)hd_generic_compare},
    {"__eq__", offsetof(HdType, compare), HD_KIND_Compare, HD_EQ, (HdAnyFunction)hd_generic_compare},
    {"__ne__", offsetof(HdType, compare), HD_KIND_Compare, HD_NE, (HdAnyFunction)hd_generic_compare},
    {"__gt__", offsetof(HdType, compare), HD_KIND_Compare, HD_GT, (HdAnyFunction)hd_generic_compare},
    {"__ge__", offsetof(HdType, compare), HD_KIND_Compare, HD_GE, (HdAnyFunction)hd_generic_compare},
};
enum { ROWS = HD_COUNT_OF(rows) };

/* Rows for "" and for the list of comparisons only keep the pairs regular. */
HD_INLINE bool row_is_real(const HdSlotRow *row) { return row->name[0] == '_' && !strchr(row->name, ' '); }

/* As HD_NAME: written once, with one value whoever writes. */
static uint64_t row_names[ROWS];
static HdValue row_name(size_t i) {
    uint64_t bits = HD_LOAD_ACQUIRE(&row_names[i]);
    return bits ? (HdValue){bits} : hd_name_slow(&row_names[i], rows[i].name);
}

HD_INLINE HdAnyFunction *slot_of(HdType *type, size_t offset) { return (HdAnyFunction *)(void *)((char *)type + offset); }

bool hd_slots_is_dunder(HdValue name) {
    HdSize length = hd_str_length(name);
    return length > 4 && hd_str_at(name, 0) == '_' && hd_str_at(name, 1) == '_' && hd_str_at(name, length - 1) == '_' &&
           hd_str_at(name, length - 2) == '_';
}

/* --- static types: from slot to method --- */

int hd_slots_add_wrappers(HdThread *t, HdType *type) {
    bool concat = type->add && type->length && type->getitem;
    for (size_t i = 0; i < ROWS; i++) {
        const HdSlotRow *row = &rows[i];
        HdAnyFunction function = *slot_of(type, row->offset);
        if (!row_is_real(row) || !function) continue;
        if (row->kind == HD_KIND_GetAttr && row->which == 1) continue; /* no built-in type has __getattr__ */
        if (concat && row->offset == offsetof(HdType, add) && row->which == 1) continue; /* list has no __radd__ */
        if (row->offset == offsetof(HdType, hash) && type->hash == hd_object_hash_unhashable) {
            if (hd_dict_set(t, type->dict, row_name(i), hd_None) < 0) return -1;
            continue;
        }
        HdValue method = row->kind == HD_KIND_New ? hd_slots_new_function(t, type)
                                                  : hd_slots_wrapper_new(t, type, row, function);
        int result = hd_is_null(method) ? -1 : hd_dict_set(t, type->dict, row_name(i), method);
        hd_release(t, method);
        if (result < 0) return -1;
    }
    return 0;
}

void hd_slots_inherit_native(HdType *type, HdType *base) {
    bool own_equality = type->compare != NULL, own_hash = type->hash != NULL, own_init = type->init != NULL;
    for (size_t i = 0; i < ROWS; i += 1) {
        const HdSlotRow *row = &rows[i];
        if (row->which != 0) continue;
        if (row->kind == HD_KIND_New || row->kind == HD_KIND_Hash || row->kind == HD_KIND_Compare) continue;
        HdAnyFunction *slot = slot_of(type, row->offset);
        if (!*slot) *slot = *slot_of(base, row->offset);
    }
    if (!own_equality && !own_hash) { /* together or not at all: equal objects must hash equal */
        type->compare = base->compare;
        type->hash = base->hash;
    } else if (!own_equality) {
        type->compare = base->compare;
    }
    if (!type->create) {
        if ((base == &hd_object_type && !own_init) || (base->flags & HD_TYPE_DISALLOW_NEW)) type->flags |= HD_TYPE_DISALLOW_NEW;
        else type->create = base->create;
    }
}

/* --- classes made by Python code: from method to slot --- */

static void refresh_flags(HdType *type) {
    uint32_t flags2 = type->flags2 & ~(uint32_t)(HD_TYPE2_GENERIC_GETATTR | HD_TYPE2_GENERIC_SETATTR | HD_TYPE2_DATA_DESCR |
                                                 HD_TYPE2_GETATTR_HOOK | HD_TYPE2_DEL);
    if (type->getattr == hd_object_generic_getattr) flags2 |= HD_TYPE2_GENERIC_GETATTR;
    if (type->getattr == hd_generic_getattr_fallback || type->getattr == hd_generic_getattr) flags2 |= HD_TYPE2_GETATTR_HOOK;
    if (type->setattr == hd_object_generic_setattr) flags2 |= HD_TYPE2_GENERIC_SETATTR;
    if (type->descr_set) flags2 |= HD_TYPE2_DATA_DESCR;
    if (type->finalize == hd_generic_finalize) flags2 |= HD_TYPE2_DEL;
    HD_STORE_RELAXED(&type->flags2, flags2);
}

/* What one name says about a slot: nothing, a C function, or "call the method". */
typedef struct Finding {
    HdAnyFunction specific;
    bool generic;
} Finding;

static void look_at(HdThread *t, HdType *type, size_t i, Finding *finding) {
    const HdSlotRow *row = &rows[i];
    HdValue method = hd_type_lookup_borrowed(t, type, row_name(i));
    if (hd_is_null(method)) return;
    HdAnyFunction specific = NULL;
    if (hd_is_exact_object(method, &hd_slot_wrapper_type)) {
        HdSlotWrapper *wrapper = HD_AS(HdSlotWrapper, method);
        if (wrapper->row->offset == row->offset && wrapper->row->which == row->which && hd_type_is_subtype(type, wrapper->owner)) {
            specific = wrapper->function;
        }
    } else if (row->kind == HD_KIND_New) {
        HdType *owner = hd_slots_new_owner(method);
        if (owner) specific = (HdAnyFunction)owner->create;
    } else if (row->kind == HD_KIND_Hash && hd_is_none(method)) {
        specific = (HdAnyFunction)hd_object_hash_unhashable;
    }
    if (!specific || (finding->specific && finding->specific != specific)) finding->generic = true;
    else finding->specific = specific;
}

/* __getattribute__ that is the plain one together with a __getattr__ has a function of its own. */
static HdAnyFunction getattr_function(HdThread *t, HdType *type) {
    HdValue plain = hd_type_lookup_borrowed(t, type, HD_NAME("__getattribute__"));
    HdValue hook = hd_type_lookup_borrowed(t, type, HD_NAME("__getattr__"));
    HdAnyFunction specific = NULL;
    if (!hd_is_null(plain) && hd_is_exact_object(plain, &hd_slot_wrapper_type) &&
        HD_AS(HdSlotWrapper, plain)->row->kind == HD_KIND_GetAttr) {
        specific = HD_AS(HdSlotWrapper, plain)->function;
    }
    if (hd_is_null(hook)) return specific ? specific : (HdAnyFunction)hd_generic_getattr;
    return specific == (HdAnyFunction)hd_object_generic_getattr ? (HdAnyFunction)hd_generic_getattr_fallback
                                                               : (HdAnyFunction)hd_generic_getattr;
}

static void update_slot(HdThread *t, HdType *type, const HdSlotRow *any) {
    HdAnyFunction chosen;
    if (any->kind == HD_KIND_GetAttr) {
        chosen = getattr_function(t, type);
    } else {
        Finding finding = {NULL, false};
        for (size_t i = 0; i < ROWS; i++) {
            if (rows[i].offset == any->offset && row_is_real(&rows[i])) look_at(t, type, i, &finding);
        }
        chosen = finding.generic ? any->generic : finding.specific;
    }
    __atomic_store_n(slot_of(type, any->offset), chosen, __ATOMIC_RELEASE);
}

void hd_slots_copy(HdType *type, const HdType *base) {
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].which == 0) *slot_of(type, rows[i].offset) = *slot_of((HdType *)base, rows[i].offset);
    }
    refresh_flags(type);
}

void hd_slots_update_all(HdThread *t, HdType *type) {
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].which == 0) update_slot(t, type, &rows[i]);
    }
    refresh_flags(type);
}

static void update_below(HdThread *t, HdType *type, const HdSlotRow *row) {
    update_slot(t, type, row);
    refresh_flags(type);
    if (!HD_LOAD_RELAXED(&type->subclass_count)) return;
    HD_OWNED HdValue below = hd_type_subclasses_list(t, type);
    if (hd_is_null(below)) {
        hd_clear_raised(t);
        return;
    }
    for (HdSize i = 0; i < hd_list_length(below); i++) update_below(t, HD_AS(HdType, hd_list_at_borrowed(below, i)), row);
}

void hd_slots_update_name(HdThread *t, HdType *type, HdValue name) {
    if (!hd_slots_is_dunder(name)) return;
    hd_type_stop_readers(t);
    for (size_t i = 0; i < ROWS; i++) {
        if (row_is_real(&rows[i]) && hd_str_equals_text(name, rows[i].name)) update_below(t, type, &rows[i]);
    }
    hd_type_start_readers(t);
}

/* --- calling a C slot as a method --- */

static int want(HdThread *t, HdSize nargs, HdSize count) {
    if (nargs == count) return 0;
    return hd_raise_int(t, &hd_TypeError, "expected %zd argument%s, got %zd", count, count == 1 ? "" : "s", nargs);
}
static HdValue from_int(HdThread *t, int64_t n) {
    return n == -1 && hd_raised(t) ? HD_NULL : hd_int_from_i64(t, n);
}
static HdValue from_bool(int n) { return n < 0 ? HD_NULL : hd_bool(n != 0); }
static HdValue from_status(int n) { return n < 0 ? HD_NULL : hd_None; }

/* A sequence's concatenation raises where a number would say NotImplemented. */
static HdValue sequence_result(HdThread *t, const HdSlotRow *row, const HdType *owner, HdValue self, HdValue other, HdValue result) {
    if (!hd_same(result, hd_NotImplemented) || !(owner->flags2 & HD_TYPE2_CONCAT)) return result;
    size_t o = row->offset;
    if (o == offsetof(HdType, add) || o == offsetof(HdType, inplace_add)) {
        return hd_number_raise_unsupported(t, HD_OP_ADD, self, other);
    }
    if (o == offsetof(HdType, multiply) || o == offsetof(HdType, inplace_multiply)) {
        return hd_raise(t, &hd_TypeError, "'%T' object cannot be interpreted as an integer", other);
    }
    return result;
}

/* object.__setattr__(some_class, …) must not get around the class's own checks. */
static int setattr_is_fair(HdThread *t, HdSetAttr function, HdValue self, const char *what) {
    HdType *type = hd_type_of(self);
    if (!(type->flags & HD_TYPE_TYPE)) return 0;
    while (type && type->setattr == hd_generic_setattr) type = type->base;
    if (type && type->setattr != function) {
        return hd_raise_int(t, &hd_TypeError, "can't apply this %s to %T object", what, self);
    }
    return 0;
}

static HdValue call_descr_get(HdThread *t, HdDescrGet function, HdValue self, const HdRef *args, HdSize nargs) {
    if (hd_native_check_count(t, "__get__", nargs, 1, 2) < 0) return HD_NULL;
    HdValue object = hd_ref_value(args[0]), type = nargs > 1 ? hd_ref_value(args[1]) : HD_NULL;
    if (hd_is_none(object)) object = HD_NULL;
    if (!hd_is_null(type) && hd_is_none(type)) type = HD_NULL;
    if (hd_is_null(object) && hd_is_null(type)) return hd_raise(t, &hd_TypeError, "__get__(None, None) is invalid");
    return function(t, self, object, type);
}

static HdValue call_ternary(HdThread *t, const HdSlotRow *row, HdTernary function, HdValue self, const HdRef *args, HdSize nargs) {
    if (hd_native_check_count(t, "", nargs, 1, 2) < 0) return HD_NULL;
    HdValue other = hd_ref_value(args[0]), third = nargs > 1 ? hd_ref_value(args[1]) : hd_None;
    return row->which ? function(t, other, self, third) : function(t, self, other, third);
}

#define ARG(i) hd_ref_value(args[i])
#define AS(Kind) ((Hd##Kind)function)

HdValue hd_slots_call_row(HdThread *t, const HdSlotRow *row, HdAnyFunction function, HdType *owner, HdValue self, const HdRef *args,
                          HdSize nargs, HdValue kwnames) {
    if (row->kind == HD_KIND_Call) return AS(Call)(t, self, args, nargs, kwnames);
    if (row->kind == HD_KIND_Init) return from_status(AS(Init)(t, self, args, nargs, kwnames));
    if (!hd_is_null(kwnames) && hd_tuple_length(kwnames)) {
        return hd_raise(t, &hd_TypeError, "wrapper %s() takes no keyword arguments", row->name);
    }
    switch (row->kind) {
    case HD_KIND_Unary: return want(t, nargs, 0) < 0 ? HD_NULL : AS(Unary)(t, self);
    case HD_KIND_Hash: return want(t, nargs, 0) < 0 ? HD_NULL : from_int(t, AS(Hash)(t, self));
    case HD_KIND_Length: return want(t, nargs, 0) < 0 ? HD_NULL : from_int(t, AS(Length)(t, self));
    case HD_KIND_Inquiry: return want(t, nargs, 0) < 0 ? HD_NULL : from_bool(AS(Inquiry)(t, self));
    case HD_KIND_Next: {
        if (want(t, nargs, 0) < 0) return HD_NULL;
        HdValue item = AS(Next)(t, self);
        return hd_is_null(item) && !hd_raised(t) ? hd_raise_stop_iteration(t, HD_NULL) : item;
    }
    case HD_KIND_Finalize:
        if (want(t, nargs, 0) < 0) return HD_NULL;
        AS(Finalize)(t, self);
        return hd_None;
    case HD_KIND_Binary: {
        if (want(t, nargs, 1) < 0) return HD_NULL;
        HdValue result = row->which ? AS(Binary)(t, ARG(0), self) : AS(Binary)(t, self, ARG(0));
        return sequence_result(t, row, owner, self, ARG(0), result);
    }
    case HD_KIND_InPlace:
        if (want(t, nargs, 1) < 0) return HD_NULL;
        return sequence_result(t, row, owner, self, ARG(0), AS(InPlace)(t, self, ARG(0)));
    case HD_KIND_Ternary: return call_ternary(t, row, AS(Ternary), self, args, nargs);
    case HD_KIND_BinaryOne: return want(t, nargs, 1) < 0 ? HD_NULL : AS(BinaryOne)(t, self, ARG(0));
    case HD_KIND_Compare: return want(t, nargs, 1) < 0 ? HD_NULL : AS(Compare)(t, self, ARG(0), row->which);
    case HD_KIND_Contains: return want(t, nargs, 1) < 0 ? HD_NULL : from_bool(AS(Contains)(t, self, ARG(0)));
    case HD_KIND_SetItem:
        if (want(t, nargs, row->which ? 1 : 2) < 0) return HD_NULL;
        return from_status(AS(SetItem)(t, self, ARG(0), row->which ? HD_NULL : ARG(1)));
    case HD_KIND_GetAttr:
        if (want(t, nargs, 1) < 0) return HD_NULL;
        if (!hd_is_str(ARG(0))) return hd_raise(t, &hd_TypeError, "attribute name must be string, not '%T'", ARG(0));
        return AS(GetAttr)(t, self, ARG(0));
    case HD_KIND_SetAttr:
        if (want(t, nargs, row->which ? 1 : 2) < 0) return HD_NULL;
        if (!hd_is_str(ARG(0))) return hd_raise(t, &hd_TypeError, "attribute name must be string, not '%T'", ARG(0));
        if (setattr_is_fair(t, AS(SetAttr), self, row->name) < 0) return HD_NULL;
        return from_status(AS(SetAttr)(t, self, ARG(0), row->which ? HD_NULL : ARG(1)));
    case HD_KIND_DescrGet: return call_descr_get(t, AS(DescrGet), self, args, nargs);
    case HD_KIND_DescrSet:
        if (want(t, nargs, row->which ? 1 : 2) < 0) return HD_NULL;
        return from_status(AS(DescrSet)(t, self, ARG(0), row->which ? HD_NULL : ARG(1)));
    default: HD_PANIC("slot row %s cannot be called", row->name);
    }
}

/* --- __new__ of static types --- */

static HdValue call_new(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdType *type = HD_AS(HdType, self);
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "%s.__new__(): not enough arguments", type->name);
    HdValue first = hd_ref_value(args[0]);
    if (!hd_is_type(first)) {
        return hd_raise(t, &hd_TypeError, "%s.__new__(X): X is not a type object (%T)", type->name, first);
    }
    HdType *wanted = HD_AS(HdType, first);
    if (!hd_type_is_subtype(wanted, type)) {
        return hd_raise(t, &hd_TypeError, "%s.__new__(%s): %s is not a subtype of %s", type->name, wanted->name, wanted->name,
                        type->name);
    }
    /* The nearest static base decides: object.__new__(int) would make an int without a number. */
    HdType *nearest = wanted;
    while (nearest && (nearest->flags & HD_TYPE_HEAP)) nearest = nearest->base;
    if (nearest && nearest->create != type->create) {
        return hd_raise(t, &hd_TypeError, "%s.__new__(%s) is not safe, use %s.__new__()", type->name, wanted->name, nearest->name);
    }
    return type->create(t, wanted, args + 1, nargs - 1, kwnames);
}

static const HdMethodDef new_def = HD_METHOD_RAW(call_new, "__new__($type, *args, **kwargs)",
                                                 "Create and return a new object.  See help(type) for accurate signature.");

HdValue hd_slots_new_function(HdThread *t, HdType *type) {
    return hd_native_function_new(t, &new_def, hd_type_value(type), HD_NULL);
}

HdType *hd_slots_new_owner(HdValue v) {
    if (!hd_is_exact_object(v, &hd_native_function_type)) return NULL;
    HdNativeFunction *f = HD_AS(HdNativeFunction, v);
    return f->signature->def == &new_def ? HD_AS(HdType, f->self) : NULL;
}
