/* thread_local.c -- threading.local: an object whose attributes are each thread's own.
 *
 * The object keeps a dict from a thread's serial number to that thread's attribute dict, so that all of them go with
 * it; a thread remembers (t->thread_locals: id of the local -> weak reference) where it left something, so that its
 * part goes with the thread. A local that died leaves a dead weak reference with other threads; those are swept when
 * a thread has collected some.
 */
#include "thread_local.h"

enum { SWEEP_AT = 64 };

typedef struct Local {
    HdObject head;
    HdValue dicts;        /* dict: serial -> attribute dict; changed through dict.h alone */
    HdValue args, kwargs; /* of the constructor, for __init__ in further threads; HD_NULL: none */
} Local;

/* Names a local in t->thread_locals: its address. One that took a dead one's address takes over its dead entry. */
static HdValue key_of(HdValue self) { return hd_imm_int((int64_t)(uintptr_t)hd_as_object(self)); }

/* --- one thread's part --- */

/* Forgets locals of this thread that are gone. */
static int sweep(HdThread *t) {
    HD_OWNED HdValue keys = hd_dict_keys_list(t, t->thread_locals);
    if (hd_is_null(keys)) return -1;
    for (HdSize i = 0; i < hd_list_length(keys); i++) {
        HdValue key = hd_list_at_borrowed(keys, i);
        HD_OWNED HdValue weak = HD_NULL;
        if (hd_dict_find(t, t->thread_locals, key, &weak) <= 0) return -1;
        HD_OWNED HdValue local = hd_weakref_get(t, weak);
        if (hd_is_null(local) && hd_dict_delete(t, t->thread_locals, key) < 0) return -1;
    }
    return 0;
}

static int remember(HdThread *t, HdValue self) {
    if (hd_is_null(t->thread_locals)) {
        t->thread_locals = hd_dict_new(t);
        if (hd_is_null(t->thread_locals)) return -1;
    }
    HdSize length = hd_dict_length(t->thread_locals);
    /* At powers of two: sweeping costs no more than filling did. */
    if (length >= SWEEP_AT && (length & (length - 1)) == 0 && sweep(t) < 0) return -1;
    HD_OWNED HdValue weak = hd_weakref_new(t, self, HD_NULL);
    if (hd_is_null(weak)) return -1;
    return hd_dict_set(t, t->thread_locals, key_of(self), weak);
}

void hd_thread_local_leave(HdThread *t) {
    /* Dropping values may run Python that uses locals again. */
    for (int round = 0; round < 4 && !hd_is_null(t->thread_locals); round++) {
        HdValue locals = t->thread_locals;
        t->thread_locals = HD_NULL;
        HdValue list = hd_dict_values_list(t, locals);
        for (HdSize i = 0; !hd_is_null(list) && i < hd_list_length(list); i++) {
            HdValue local = hd_weakref_get(t, hd_list_at_borrowed(list, i));
            if (hd_is_null(local)) continue;
            HdValue dict = HD_NULL;
            if (hd_dict_pop(t, HD_AS(Local, local)->dicts, hd_imm_int((int64_t)t->serial), &dict) < 0) {
                hd_clear_raised(t);
            }
            hd_release(t, dict);
            hd_release(t, local);
        }
        hd_release(t, list);
        hd_release(t, locals);
        if (hd_raised(t)) hd_clear_raised(t);
    }
}

/* This thread's attribute dict, owned; a thread's first use calls __init__ as the constructor was called. */
static HdValue own_dict(HdThread *t, HdValue self) {
    Local *local = HD_AS(Local, self);
    HdValue key = hd_imm_int((int64_t)t->serial);
    HdValue dict = HD_NULL;
    int found = hd_dict_find(t, local->dicts, key, &dict);
    if (found != 0) return found < 0 ? HD_NULL : dict;
    dict = hd_dict_new(t);
    if (hd_is_null(dict)) return HD_NULL;
    if (hd_dict_set(t, local->dicts, key, dict) < 0 || remember(t, self) < 0) {
        hd_release(t, dict);
        return HD_NULL;
    }
    HdType *type = hd_type_of(self);
    if (type->init == hd_object_type.init) return dict;
    HD_OWNED HdValue init = hd_object_getattr_text(t, hd_type_value(type), "__init__");
    HD_OWNED HdValue first = hd_is_null(init) ? HD_NULL : hd_tuple_pack(t, 1, self);
    HD_OWNED HdValue args = hd_is_null(first)        ? HD_NULL
                            : hd_is_null(local->args) ? hd_retain(t, first)
                                                      : hd_number_add(t, first, local->args);
    HD_OWNED HdValue result = hd_is_null(args) ? HD_NULL : hd_object_call_ex(t, init, args, local->kwargs);
    if (hd_is_null(result)) {
        /* The next use tries again. */
        HdValue failure = hd_take_raised(t), gone = HD_NULL;
        if (hd_dict_pop(t, local->dicts, key, &gone) < 0) hd_clear_raised(t);
        hd_release(t, gone);
        hd_release(t, dict);
        hd_set_raised_steal(t, failure);
        return HD_NULL;
    }
    return dict;
}

/* --- attributes: object's rules, with this thread's dict as the instance's --- */

static HdValue local_getattr(HdThread *t, HdValue self, HdValue name) {
    HD_OWNED HdValue dict = own_dict(t, self);
    if (hd_is_null(dict)) return HD_NULL;
    if (hd_str_equals_text(name, "__dict__")) return hd_move(&dict);
    HdType *type = hd_type_of(self);
    HD_OWNED HdValue found = hd_type_lookup_borrowed(t, type, name);
    if (!hd_is_null(found)) hd_retain(t, found);
    HdType *found_type = hd_is_null(found) ? NULL : hd_type_of(found);
    if (found_type && found_type->descr_get && found_type->descr_set) {
        return found_type->descr_get(t, found, self, hd_type_value(type));
    }
    HdValue own = HD_NULL;
    int has = hd_dict_find(t, dict, name, &own);
    if (has != 0) return has < 0 ? HD_NULL : own;
    if (found_type && found_type->descr_get) return found_type->descr_get(t, found, self, hd_type_value(type));
    if (found_type) return hd_move(&found);
    return hd_raise_attribute(t, self, name);
}

static int local_setattr(HdThread *t, HdValue self, HdValue name, HdValue value) {
    HD_OWNED HdValue dict = own_dict(t, self);
    if (hd_is_null(dict)) return -1;
    if (hd_str_equals_text(name, "__dict__")) {
        return hd_raise_int(t, &hd_AttributeError, "'%T' object attribute '%U' is read-only", self, name);
    }
    HD_OWNED HdValue found = hd_type_lookup_borrowed(t, hd_type_of(self), name);
    if (!hd_is_null(found)) {
        hd_retain(t, found);
        HdType *found_type = hd_type_of(found);
        if (found_type->descr_set) return found_type->descr_set(t, found, self, value);
    }
    if (!hd_is_null(value)) return hd_dict_set(t, dict, name, value);
    HdValue old = HD_NULL;
    int had = hd_dict_pop(t, dict, name, &old);
    hd_release(t, old);
    if (had == 0) {
        hd_raise_attribute(t, self, name);
        return -1;
    }
    return had < 0 ? -1 : 0;
}

/* --- life --- */

static HdValue pack_kwargs(HdThread *t, const HdRef *values, HdValue kwnames) {
    HdValue dict = hd_dict_new(t);
    for (HdSize i = 0; !hd_is_null(dict) && i < hd_tuple_length(kwnames); i++) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(values[i])) < 0) {
            hd_release(t, dict);
            return HD_NULL;
        }
    }
    return dict;
}

static HdValue local_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (nargs + keywords > 0 && type->init == hd_object_type.init) {
        return hd_raise(t, &hd_TypeError, "Initialization arguments are not supported");
    }
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Local *local = HD_AS(Local, self);
    if (nargs > 0) {
        local->args = hd_tuple_from_refs(t, args, nargs);
        if (hd_is_null(local->args)) return HD_NULL;
    }
    if (keywords > 0) {
        local->kwargs = pack_kwargs(t, args + nargs, kwnames);
        if (hd_is_null(local->kwargs)) return HD_NULL;
    }
    local->dicts = hd_dict_new(t);
    if (hd_is_null(local->dicts)) return HD_NULL;
    /* This thread's dict now: here the caller runs __init__ next. */
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) return HD_NULL;
    if (hd_dict_set(t, local->dicts, hd_imm_int((int64_t)t->serial), dict) < 0 || remember(t, self) < 0) return HD_NULL;
    return hd_move(&self);
}

static int local_traverse(HdObject *self, HdVisit visit, void *context) {
    Local *local = (Local *)self;
    HD_VISIT(local->dicts);
    HD_VISIT(local->args);
    HD_VISIT(local->kwargs);
    return 0;
}

static void local_clear(HdThread *t, HdObject *self) {
    Local *local = (Local *)self;
    hd_clear_slot(t, &local->args);
    hd_clear_slot(t, &local->kwargs);
    if (!hd_is_null(local->dicts) && hd_dict_clear(t, local->dicts) < 0) hd_clear_raised(t);
}

static void local_dealloc(HdThread *t, HdObject *self) {
    Local *local = (Local *)self;
    if (!hd_is_null(t->thread_locals)) {
        HdValue failure = hd_take_raised(t), weak = HD_NULL;
        if (hd_dict_pop(t, t->thread_locals, key_of(hd_from_object(self)), &weak) < 0) hd_clear_raised(t);
        hd_release(t, weak);
        if (!hd_is_null(failure)) hd_set_raised_steal(t, failure);
    }
    hd_clear_slot(t, &local->args);
    hd_clear_slot(t, &local->kwargs);
    hd_clear_slot(t, &local->dicts);
    hd_type_free(t, self);
}

HdType hd_thread_local_type = {
    HD_TYPE_HEAD("_thread._local"),
    .doc = "Thread-local data",
    .basicsize = sizeof(Local),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = local_create,
    .dealloc = local_dealloc,
    .traverse = local_traverse,
    .clear = local_clear,
    .getattr = local_getattr,
    .setattr = local_setattr,
};
