/* type_new.c -- classes made at run time: metaclass, best base, MRO, __slots__, layout, and the calls that follow.
 *
 * A class under construction is seen by nobody else until its MRO is known and it joins its bases' subclasses. Runs Python
 * (mro(), __set_name__, __init_subclass__, a metaclass's __new__), so it holds no lock over anything.
 */
#include <stdlib.h>

#include "descr.h"
#include "dict.h"
#include "list.h"
#include "module_object.h"
#include "object_internal.h"
#include "str.h"
#include "weakref.h"

/* --- bases --- */

HdType *hd_type_metaclass(HdThread *t, HdType *winner, HdValue bases) {
    for (HdSize i = 0; i < hd_tuple_length(bases); i++) {
        HdType *other = hd_type_of(hd_tuple_at_borrowed(bases, i));
        if (hd_type_is_subtype(winner, other)) continue;
        if (hd_type_is_subtype(other, winner)) {
            winner = other;
            continue;
        }
        hd_raise(t, &hd_TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the "
                                   "metaclasses of all its bases");
        return NULL;
    }
    return winner;
}

/* Bytes that instances have before their attrs word: what cannot be shared between two unrelated bases. */
static HdSize body_size(const HdType *type) {
    if (type->itemsize) return type->basicsize + type->tail_size - (type->attrs_offset == HD_ATTRS_TAIL ? (HdSize)sizeof(HdAttrs) : 0);
    return type->flags2 & HD_TYPE2_ATTRS_LAST ? type->attrs_offset : type->basicsize;
}

HdType *hd_type_solid_base(HdType *type) {
    while (type->base && body_size(type) == body_size(type->base) && type->itemsize == type->base->itemsize) type = type->base;
    return type;
}

HdType *hd_type_best_base(HdThread *t, HdValue bases) {
    HdType *best = NULL, *solid = NULL;
    for (HdSize i = 0; i < hd_tuple_length(bases); i++) {
        HdValue v = hd_tuple_at_borrowed(bases, i);
        if (!hd_is_type(v)) {
            hd_raise(t, &hd_TypeError, "bases must be types");
            return NULL;
        }
        HdType *base = HD_AS(HdType, v);
        if (!(base->flags & HD_TYPE_BASE)) {
            hd_raise(t, &hd_TypeError, "type '%s' is not an acceptable base type", base->name);
            return NULL;
        }
        HdType *candidate = hd_type_solid_base(base);
        if (!best || (solid != candidate && hd_type_is_subtype(candidate, solid))) {
            best = base;
            solid = candidate;
        } else if (!hd_type_is_subtype(solid, candidate)) {
            hd_raise(t, &hd_TypeError, "multiple bases have instance lay-out conflict");
            return NULL;
        }
    }
    return best;
}

/* --- the MRO: C3 linearisation (Barrett et al. 1996) --- */

static HdValue base_name(HdThread *t, HdValue base) {
    return hd_is_type(base) ? hd_object_getattr_text(t, base, "__name__") : hd_object_repr(t, base);
}

static HdValue raise_no_order(HdThread *t, const HdValue *heads, HdSize count) {
    HD_OWNED HdValue names = hd_list_new(t, count);
    HD_OWNED HdValue comma = hd_str_from_text(t, ", ");
    if (hd_is_null(names) || hd_is_null(comma)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        bool seen = false;
        for (HdSize k = 0; k < i; k++) seen |= hd_same(heads[k], heads[i]);
        if (seen) continue;
        HdValue name = base_name(t, heads[i]);
        if (hd_is_null(name) || hd_list_append_steal(t, names, name) < 0) return HD_NULL;
    }
    HD_OWNED HdValue text = hd_str_join(t, comma, names);
    if (hd_is_null(text)) return HD_NULL;
    return hd_raise(t, &hd_TypeError, "Cannot create a consistent method resolution\norder (MRO) for bases %U", text);
}

/* The lists to merge: the MROs of the bases, then the bases themselves; at[i] steps along list i. */
typedef struct Merge {
    HdValue bases;
    HdSize count; /* of bases; there is one list more */
    HdSize *at;
} Merge;

static HdValue merge_list(const Merge *m, HdSize i) {
    return i < m->count ? HD_AS(HdType, hd_tuple_at_borrowed(m->bases, i))->mro : m->bases;
}

static bool in_some_tail(const Merge *m, HdValue candidate) {
    for (HdSize i = 0; i <= m->count; i++) {
        HdValue list = merge_list(m, i);
        for (HdSize k = m->at[i] + 1; k < hd_tuple_length(list); k++) {
            if (hd_same(hd_tuple_at_borrowed(list, k), candidate)) return true;
        }
    }
    return false;
}

/* Appends the merge to `result`; -1 = raised. */
static int merge_all(HdThread *t, Merge *m, HdValue result) {
    for (;;) {
        HdValue good = HD_NULL, heads[64];
        HdSize left = 0;
        for (HdSize i = 0; i <= m->count && hd_is_null(good); i++) {
            HdValue list = merge_list(m, i);
            if (m->at[i] >= hd_tuple_length(list)) continue;
            HdValue head = hd_tuple_at_borrowed(list, m->at[i]);
            if (left < 64) heads[left++] = head;
            if (!in_some_tail(m, head)) good = head;
        }
        if (!left) return 0;
        if (hd_is_null(good)) {
            raise_no_order(t, heads, left);
            return -1;
        }
        if (hd_list_append(t, result, good) < 0) return -1;
        for (HdSize i = 0; i <= m->count; i++) {
            HdValue list = merge_list(m, i);
            if (m->at[i] < hd_tuple_length(list) && hd_same(hd_tuple_at_borrowed(list, m->at[i]), good)) m->at[i]++;
        }
    }
}

/* A list: the class and its linearised ancestors. */
static HdValue c3(HdThread *t, HdType *type) {
    HdValue bases = type->bases;
    HdSize count = hd_tuple_length(bases);
    for (HdSize i = 0; i < count; i++) {
        HdType *base = HD_AS(HdType, hd_tuple_at_borrowed(bases, i));
        if (hd_is_null(base->mro)) return hd_raise(t, &hd_TypeError, "Cannot extend an incomplete type '%s'", base->name);
        for (HdSize k = 0; k < i; k++) {
            if (HD_AS(HdType, hd_tuple_at_borrowed(bases, k)) != base) continue;
            HD_OWNED HdValue name = base_name(t, hd_type_value(base));
            return hd_is_null(name) ? HD_NULL : hd_raise(t, &hd_TypeError, "duplicate base class %V", name);
        }
    }
    HdValue self = hd_type_value(type);
    HdValue result = hd_list_from_values(t, &self, 1);
    if (hd_is_null(result)) return HD_NULL;
    Merge m = {bases, count, calloc((size_t)count + 1, sizeof *m.at)};
    int failed = m.at ? merge_all(t, &m, result) : (hd_raise_no_memory(t), -1);
    free(m.at);
    if (!failed) return result;
    hd_release(t, result);
    return HD_NULL;
}

HdValue hd_type_c3(HdThread *t, HdType *type) { return c3(t, type); }

/* What a metaclass's own mro() gave must be classes whose layout the class's base can stand for. */
static int check_custom_mro(HdThread *t, HdType *type, HdValue mro) {
    HdType *solid = hd_type_solid_base(type->base ? type->base : type);
    for (HdSize i = 0; i < hd_tuple_length(mro); i++) {
        HdValue v = hd_tuple_at_borrowed(mro, i);
        if (!hd_is_type(v)) return hd_raise_int(t, &hd_TypeError, "mro() returned a non-class ('%T')", v);
        if (HD_AS(HdType, v) != type && !hd_type_is_subtype(solid, hd_type_solid_base(HD_AS(HdType, v)))) {
            return hd_raise_int(t, &hd_TypeError, "mro() returned base with unsuitable layout ('%s')", HD_AS(HdType, v)->name);
        }
    }
    return 0;
}

int hd_type_compute_mro(HdThread *t, HdType *type) {
    HdType *meta = type->head.type;
    HdValue mro;
    bool custom = false;
    if (meta != &hd_type_type) {
        HdValue method = hd_type_lookup_borrowed(t, meta, HD_NAME("mro"));
        custom = !hd_same(method, hd_type_lookup_borrowed(t, &hd_type_type, HD_NAME("mro")));
    }
    if (custom) {
        HD_OWNED HdValue answer = hd_object_call_method0(t, hd_type_value(type), "mro");
        mro = hd_is_null(answer) ? HD_NULL : hd_tuple_from_iterable(t, answer);
        if (!hd_is_null(mro) && check_custom_mro(t, type, mro) < 0) {
            hd_release(t, mro);
            return -1;
        }
    } else if (hd_tuple_length(type->bases) == 1) {
        HdValue above = HD_AS(HdType, hd_tuple_at_borrowed(type->bases, 0))->mro;
        if (hd_is_null(above)) {
            return hd_raise_int(t, &hd_TypeError, "Cannot extend an incomplete type '%s'",
                                HD_AS(HdType, hd_tuple_at_borrowed(type->bases, 0))->name);
        }
        HdSize count = hd_tuple_length(above);
        mro = hd_tuple_new(t, count + 1);
        if (hd_is_null(mro)) return -1;
        hd_tuple_put_steal(mro, 0, hd_retain(t, hd_type_value(type)));
        for (HdSize i = 0; i < count; i++) hd_tuple_put_steal(mro, i + 1, hd_retain(t, hd_tuple_at_borrowed(above, i)));
    } else {
        HdValue list = c3(t, type);
        mro = hd_is_null(list) ? HD_NULL : hd_list_as_tuple(t, list);
        hd_release(t, list);
    }
    if (hd_is_null(mro)) return -1;
    HdValue old;
    if (hd_is_null(type->mro)) { /* nobody sees it yet */
        old = type->mro;
        type->mro = mro;
    } else {
        hd_type_stop_readers(t);
        old = hd_slot_exchange(&type->mro, mro);
        hd_type_start_readers(t);
    }
    hd_count_retire(t, old);
    return 0;
}

/* --- __slots__ --- */

typedef struct NewClass { /* what the steps of making a class share */
    HdType *meta, *base, *type;
    HdValue name, bases, dict; /* dict owned */
    HdValue namespace;         /* what dict was copied from */
    HdValue slots;             /* list of mangled names, sorted; owned; HD_NULL: no __slots__ or none left */
    bool add_dict, add_weakref;
} NewClass;

/* __x in class _C becomes _C__x. */
static HdValue mangle(HdThread *t, HdValue class_name, HdValue name) {
    HdSize length = hd_str_length(name);
    if (length < 3 || hd_str_at(name, 0) != '_' || hd_str_at(name, 1) != '_') return hd_retain(t, name);
    if (hd_str_at(name, length - 1) == '_' && hd_str_at(name, length - 2) == '_') return hd_retain(t, name);
    HdSize first = 0;
    while (first < hd_str_length(class_name) && hd_str_at(class_name, first) == '_') first++;
    if (first == hd_str_length(class_name)) return hd_retain(t, name);
    HD_OWNED HdValue stripped = hd_str_substring(t, class_name, first, hd_str_length(class_name));
    return hd_is_null(stripped) ? HD_NULL : hd_str_format(t, "_%U%U", stripped, name);
}

static int one_slot(HdThread *t, NewClass *c, HdValue slot, bool may_dict, bool may_weakref) {
    if (!hd_is_str(slot)) return hd_raise_int(t, &hd_TypeError, "__slots__ items must be strings, not '%T'", slot);
    if (!hd_str_is_identifier(slot)) return hd_raise_int(t, &hd_TypeError, "__slots__ must be identifiers");
    if (hd_str_equals_text(slot, "__dict__")) {
        if (!may_dict || c->add_dict) return hd_raise_int(t, &hd_TypeError, "__dict__ slot disallowed: we already got one");
        c->add_dict = true;
        return 0;
    }
    if (hd_str_equals_text(slot, "__weakref__")) {
        if (!may_weakref || c->add_weakref) return hd_raise_int(t, &hd_TypeError, "__weakref__ slot disallowed: we already got one");
        c->add_weakref = true;
        return 0;
    }
    HD_OWNED HdValue mangled = mangle(t, c->name, slot);
    if (hd_is_null(mangled)) return -1;
    if (!hd_str_equals_text(slot, "__qualname__") && !hd_str_equals_text(slot, "__classcell__")) {
        int there = hd_dict_contains(t, c->dict, mangled);
        if (there < 0) return -1;
        if (there) return hd_raise_int(t, &hd_ValueError, "%R in __slots__ conflicts with class variable", slot);
    }
    return hd_list_append(t, c->slots, mangled);
}

/* Bases other than the one that decides the layout may bring a __dict__ or weak references. */
static void look_at_other_bases(NewClass *c, bool may_dict, bool may_weakref) {
    for (HdSize i = 0; i < hd_tuple_length(c->bases); i++) {
        HdType *other = HD_AS(HdType, hd_tuple_at_borrowed(c->bases, i));
        if (other == c->base) continue;
        if (may_dict && other->attrs_offset) c->add_dict = true;
        if (may_weakref && !(other->flags2 & HD_TYPE2_NO_WEAKREF)) c->add_weakref = true;
    }
}

static int read_slots(HdThread *t, NewClass *c) {
    /* Classes and modules have a __dict__ of their own kind, which serves subclasses too. */
    bool own_kind = (c->base->flags & HD_TYPE_TYPE) || hd_type_is_subtype(c->base, &hd_module_type);
    bool may_dict = c->base->attrs_offset == 0 && !own_kind;
    bool sized = c->base->itemsize != 0 && !(c->base->flags & HD_TYPE_STR); /* the length of a str is no part of its layout */
    bool may_weakref = (c->base->flags2 & HD_TYPE2_NO_WEAKREF) && !sized;
    HD_OWNED HdValue given = hd_dict_get_str(t, c->dict, HD_NAME("__slots__"));
    if (hd_is_null(given)) {
        c->add_dict = may_dict;
        c->add_weakref = may_weakref;
        return 0;
    }
    HD_OWNED HdValue names = hd_is_str(given) ? hd_tuple_pack(t, 1, given) : hd_tuple_from_iterable(t, given);
    if (hd_is_null(names)) return -1;
    if (hd_tuple_length(names) > 0 && c->base->itemsize) {
        return hd_raise_int(t, &hd_TypeError, "nonempty __slots__ not supported for subtype of '%s'", c->base->name);
    }
    c->slots = hd_list_new(t, hd_tuple_length(names));
    if (hd_is_null(c->slots)) return -1;
    for (HdSize i = 0; i < hd_tuple_length(names); i++) {
        if (one_slot(t, c, hd_tuple_at_borrowed(names, i), may_dict, may_weakref) < 0) return -1;
    }
    if (hd_list_sort(t, c->slots, hd_None, false) < 0) return -1;
    look_at_other_bases(c, may_dict, may_weakref);
    return 0;
}

/* --- layout --- */

void hd_type_members_free(HdThread *t, HdMemberDef *members) {
    for (HdMemberDef *m = members; m->name; m++) free((char *)m->name);
    free(members);
}

/* Member definitions for the slots, from `offset` on. */
static int place_slots(HdThread *t, NewClass *c, HdSize *offset) {
    HdSize count = hd_is_null(c->slots) ? 0 : hd_list_length(c->slots);
    if (!count) return 0;
    HdMemberDef *members = calloc((size_t)count + 1, sizeof *members);
    if (!members) return hd_raise_no_memory(t), -1;
    c->type->members = members;
    for (HdSize i = 0; i < count; i++) {
        const char *text = hd_str_utf8(t, hd_list_at_borrowed(c->slots, i), NULL);
        char *name = text ? strdup(text) : NULL;
        if (!name) return hd_raised(t) ? -1 : (hd_raise_no_memory(t), -1);
        members[i] = (HdMemberDef){name, HD_MEMBER_SLOT, *offset, false, NULL, false};
        *offset += (HdSize)sizeof(HdValue);
    }
    return 0;
}

static int lay_out(HdThread *t, NewClass *c) {
    HdType *type = c->type, *base = c->base;
    type->itemsize = base->itemsize;
    type->var_size = base->var_size;
    type->tail_size = base->tail_size;
    type->basicsize = base->basicsize;
    type->attrs_offset = base->attrs_offset;
    if (type->itemsize) {
        if (c->add_dict) {
            type->attrs_offset = HD_ATTRS_TAIL;
            type->tail_size += (HdSize)sizeof(HdAttrs);
        }
        return 0;
    }
    bool last = c->add_dict || (base->flags2 & HD_TYPE2_ATTRS_LAST);
    HdSize end = (body_size(base) + 7) & ~(HdSize)7;
    if (place_slots(t, c, &end) < 0) return -1;
    type->basicsize = end;
    if (!last) return 0;
    type->flags2 |= HD_TYPE2_ATTRS_LAST;
    type->attrs_offset = end;
    type->basicsize = end + (HdSize)sizeof(HdAttrs);
    if (base->flags & HD_TYPE_HEAP) type->attrs_hint = base->attrs_hint;
    if (hd_object_hooks.attrs_hint) {
        int hint = hd_object_hooks.attrs_hint(t, c->namespace) + (base->flags & HD_TYPE_HEAP ? base->attrs_hint : 0);
        if (hint > 0) type->attrs_hint = (uint16_t)(hint > 32 ? 32 : hint);
    }
    return 0;
}

static void set_flags(NewClass *c) {
    HdType *type = c->type, *base = c->base;
    type->flags = HD_TYPE_HEAP | HD_TYPE_BASE | HD_TYPE_READY;
    type->flags |= base->flags & (HD_TYPE_INT | HD_TYPE_LIST | HD_TYPE_TUPLE | HD_TYPE_BYTES | HD_TYPE_STR | HD_TYPE_DICT |
                                  HD_TYPE_EXCEPTION | HD_TYPE_TYPE | HD_TYPE_MATCH_SELF);
    type->flags |= HD_TYPE_GC; /* an instance refers to its class at least, and the class may keep the instance */
    type->flags2 |= base->flags2 & (HD_TYPE2_FLOAT | HD_TYPE2_NO_WEAKREF | HD_TYPE2_CONCAT);
    if (c->add_weakref) type->flags2 &= ~(uint32_t)HD_TYPE2_NO_WEAKREF;
    type->dealloc = base->dealloc;
    type->traverse = base->traverse;
    type->clear = base->clear;
    type->send = base->send;
    type->getbuffer = base->getbuffer;
    type->releasebuffer = base->releasebuffer;
    type->native_data = base->native_data;
}

/* Pattern matching's flags come from any ancestor; a later one does not undo an earlier one. */
static void inherit_collection_flags(HdType *type) {
    for (HdSize i = 1; i < hd_tuple_length(type->mro); i++) {
        uint32_t flags = HD_AS(HdType, hd_tuple_at_borrowed(type->mro, i))->flags & (HD_TYPE_SEQUENCE | HD_TYPE_MAPPING);
        if (flags) {
            type->flags |= flags;
            return;
        }
    }
}

/* --- the class's dict --- */

static HdValue get_weakref_attr(HdThread *t, HdValue self, void *closure) {
    HdValue list = hd_weakref_list(t, self);
    if (hd_is_null(list)) return HD_NULL;
    HdValue first = hd_list_get(t, list, 0);
    hd_release(t, list);
    return hd_is_null(first) ? hd_None : first;
}
static const HdGetSetDef dict_def = {"__dict__", hd_attrs_get_dict_attr, hd_attrs_set_dict_attr, "dictionary for instance variables (if defined)"};
static const HdGetSetDef weakref_def = {"__weakref__", get_weakref_attr, NULL, "list of weak references to the object (if defined)"};

static int put_steal(HdThread *t, HdValue dict, HdValue key, HdValue value) {
    if (hd_is_null(value)) return -1;
    int result = hd_dict_set(t, dict, key, value);
    hd_release(t, value);
    return result;
}

/* A descriptor that the class body may have put something else in the place of. */
static int put_default_getset(HdThread *t, HdType *type, HdValue name, const HdGetSetDef *def) {
    int there = hd_dict_contains(t, type->dict, name);
    return there ? (there < 0 ? -1 : 0) : put_steal(t, type->dict, name, hd_native_getset_new(t, type, def));
}

static int put_default_module(HdThread *t, HdValue dict) {
    int there = hd_dict_contains(t, dict, HD_NAME("__module__"));
    if (there || !hd_object_hooks.current_globals) return there < 0 ? -1 : 0;
    HdValue globals = hd_object_hooks.current_globals(t);
    if (hd_is_null(globals)) return 0;
    HdValue name = hd_dict_get_str(t, globals, HD_NAME("__name__"));
    hd_release(t, globals);
    return hd_is_null(name) ? 0 : put_steal(t, dict, HD_NAME("__module__"), name);
}

static int take_qualname(HdThread *t, NewClass *c) {
    HdValue qualname;
    int found = hd_dict_pop(t, c->dict, HD_NAME("__qualname__"), &qualname);
    if (found < 0) return -1;
    if (found && !hd_is_str(qualname)) {
        hd_raise(t, &hd_TypeError, "type __qualname__ must be a str, not %T", qualname);
        hd_release(t, qualname);
        return -1;
    }
    c->type->qualname = found ? qualname : hd_retain(t, c->name);
    return 0;
}

/* A plain function under one of these names is meant as a static or class method. */
static int wrap_function(HdThread *t, HdValue dict, HdValue name, HdType *box) {
    HD_OWNED HdValue f = hd_dict_get_str(t, dict, name);
    if (hd_is_null(f) || strcmp(hd_type_of(f)->name, "function") != 0) return 0;
    return put_steal(t, dict, name, hd_object_call1(t, hd_type_value(box), f));
}

static int take_classcell(HdThread *t, NewClass *c) {
    HdValue cell;
    int found = hd_dict_pop(t, c->dict, HD_NAME("__classcell__"), &cell);
    if (found <= 0) return found;
    if (hd_is_exact_object(cell, &hd_cell_type)) {
        hd_cell_set(t, cell, hd_type_value(c->type));
        hd_release(t, cell);
        return 0;
    }
    hd_raise(t, &hd_TypeError, "__classcell__ must be a nonlocal cell, not %R", hd_type_value(hd_type_of(cell)));
    hd_release(t, cell);
    return -1;
}

/* Every class has a __doc__; a text must have a UTF-8 form. */
static int check_doc(HdThread *t, HdValue dict) {
    HD_OWNED HdValue doc = HD_NULL;
    int found = hd_dict_find(t, dict, HD_NAME("__doc__"), &doc);
    if (found < 0) return -1;
    if (!found) return hd_dict_set(t, dict, HD_NAME("__doc__"), hd_None);
    return hd_is_str(doc) && !hd_str_utf8(t, doc, NULL) ? -1 : 0;
}

static int fill_dict(HdThread *t, NewClass *c) {
    HdType *type = c->type;
    if (put_default_module(t, c->dict) < 0 || take_qualname(t, c) < 0 || take_classcell(t, c) < 0) return -1;
    if (wrap_function(t, c->dict, HD_NAME("__new__"), &hd_staticmethod_type) < 0) return -1;
    if (wrap_function(t, c->dict, HD_NAME("__init_subclass__"), &hd_classmethod_type) < 0) return -1;
    if (wrap_function(t, c->dict, HD_NAME("__class_getitem__"), &hd_classmethod_type) < 0) return -1;
    for (const HdMemberDef *m = type->members; m && m->name; m++) {
        HdValue name = hd_str_intern_text(t, m->name);
        if (hd_is_null(name)) return -1;
        int result = put_steal(t, c->dict, name, hd_native_member_new(t, type, m));
        hd_release(t, name);
        if (result < 0) return -1;
    }
    if (c->add_dict && put_default_getset(t, type, HD_NAME("__dict__"), &dict_def) < 0) return -1;
    if (c->add_weakref && put_default_getset(t, type, HD_NAME("__weakref__"), &weakref_def) < 0) return -1;
    if (check_doc(t, c->dict) < 0) return -1;
    int equal = hd_dict_contains(t, c->dict, HD_NAME("__eq__"));
    int hash = equal > 0 ? hd_dict_contains(t, c->dict, HD_NAME("__hash__")) : 1;
    if (equal < 0 || hash < 0) return -1;
    return hash ? 0 : hd_dict_set(t, c->dict, HD_NAME("__hash__"), hd_None);
}

/* --- after the class exists --- */

static int set_one_name(HdThread *t, HdType *type, HdValue key, HdValue value) {
    HdType *value_type = hd_type_of(value);
    HdValue method;
    if (hd_is_null(hd_type_lookup_borrowed(t, value_type, HD_NAME("__set_name__")))) return 0;
    int found = hd_object_find_special(t, value, HD_NAME("__set_name__"), &method);
    if (found <= 0) return found;
    HdValue result = hd_object_call2(t, method, hd_type_value(type), key);
    hd_release(t, method);
    if (!hd_is_null(result)) {
        hd_release(t, result);
        return 0;
    }
    hd_raise_from(t, &hd_RuntimeError, "Error calling __set_name__ on '%N' instance %R in '%s'", value_type, key, type->name);
    return -1;
}

static int set_names(HdThread *t, HdType *type) {
    HD_OWNED HdValue items = hd_dict_items_list(t, type->dict); /* __set_name__ may change the class */
    if (hd_is_null(items)) return -1;
    for (HdSize i = 0; i < hd_list_length(items); i++) {
        HdValue pair = hd_list_at_borrowed(items, i);
        if (set_one_name(t, type, hd_tuple_at_borrowed(pair, 0), hd_tuple_at_borrowed(pair, 1)) < 0) return -1;
    }
    return 0;
}

static int tell_parents(HdThread *t, HdType *type, const HdRef *kwargs, HdValue kwnames) {
    HdValue self = hd_type_value(type);
    bool there = false; /* mro() may leave the class itself out */
    for (HdSize i = 0; i < hd_tuple_length(type->mro); i++) there |= hd_same(hd_tuple_at_borrowed(type->mro, i), self);
    if (!there) return hd_raise_int(t, &hd_TypeError, "super(type, obj): obj must be an instance or subtype of type");
    HD_OWNED HdValue super = hd_object_call2(t, hd_type_value(&hd_super_type), self, self);
    HD_OWNED HdValue method = hd_is_null(super) ? HD_NULL : hd_object_getattr(t, super, HD_NAME("__init_subclass__"));
    if (hd_is_null(method)) return -1;
    HdValue result = hd_object_call(t, method, kwargs, 0, kwnames);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}

/* --- making it --- */

bool hd_slots_inherits_from_one(const HdType *type) {
    HdSize count = hd_tuple_length(type->mro);
    HdValue above = type->base->mro;
    return !hd_is_null(above) && hd_tuple_length(type->bases) == 1 && count == hd_tuple_length(above) + 1 &&
           type->base == HD_AS(HdType, hd_tuple_at_borrowed(type->bases, 0)) &&
           (count < 2 || hd_same(hd_tuple_at_borrowed(type->mro, 1), hd_type_value(type->base)));
}

static void fill_slots(HdThread *t, HdType *type) {
    hd_slots_copy(type, type->base);
    if (!hd_slots_inherits_from_one(type)) {
        hd_slots_update_all(t, type);
        return;
    }
    HdSize position = 0;
    HdValue key, value;
    while (hd_dict_next_borrowed(type->dict, &position, &key, &value)) {
        if (hd_is_exact_str(key)) hd_slots_update_name(t, type, key);
    }
}

static int check_name(HdThread *t, HdValue name) {
    HdSize length;
    const char *text = hd_str_utf8(t, name, &length);
    if (!text) return -1;
    if (memchr(text, 0, (size_t)length)) return hd_raise_int(t, &hd_ValueError, "type name must not contain null characters");
    return 0;
}

static int build(HdThread *t, NewClass *c) {
    HdType *type = c->type;
    type->name_object = hd_retain(t, c->name);
    type->name = hd_str_utf8(t, c->name, NULL);
    type->base = c->base;
    if (c->base->flags & HD_TYPE_HEAP) hd_retain_object(t, &c->base->head);
    type->bases = hd_retain(t, c->bases);
    if (lay_out(t, c) < 0) return -1;
    set_flags(c);
    type->dict = hd_retain(t, c->dict);
    if (fill_dict(t, c) < 0 || hd_type_compute_mro(t, type) < 0) return -1;
    inherit_collection_flags(type);
    for (HdSize i = 0; i < hd_tuple_length(c->bases); i++) {
        if (hd_type_add_subclass(t, HD_AS(HdType, hd_tuple_at_borrowed(c->bases, i)), type) < 0) return -1;
    }
    fill_slots(t, type);
    return 0;
}

static HdValue make(HdThread *t, NewClass *c, HdValue namespace, const HdRef *kwargs, HdValue kwnames) {
    if (check_name(t, c->name) < 0) return HD_NULL;
    c->base = hd_type_best_base(t, c->bases);
    if (!c->base) return HD_NULL;
    c->namespace = namespace;
    c->dict = hd_dict_new(t);
    if (hd_is_null(c->dict) || hd_dict_merge(t, c->dict, namespace, 1) < 0) return HD_NULL;
    if (read_slots(t, c) < 0) return HD_NULL;
    HdValue self = hd_type_alloc(t, c->meta);
    if (hd_is_null(self)) return HD_NULL;
    c->type = HD_AS(HdType, self);
    c->type->flags = HD_TYPE_HEAP; /* so that dealloc knows it */
    if (build(t, c) < 0 || set_names(t, c->type) < 0 || tell_parents(t, c->type, kwargs, kwnames) < 0) {
        hd_release(t, self);
        return HD_NULL;
    }
    return self;
}

HdValue hd_type_new_class(HdThread *t, HdType *metatype, HdValue name, HdValue bases, HdValue namespace, const HdRef *kwargs,
                          HdValue kwnames) {
    HdValue object = hd_type_value(&hd_object_type);
    HD_OWNED HdValue real_bases = hd_tuple_length(bases) ? hd_retain(t, bases) : hd_tuple_from_values(t, &object, 1);
    if (hd_is_null(real_bases)) return HD_NULL;
    for (HdSize i = 0; i < hd_tuple_length(real_bases); i++) {
        HdValue base = hd_tuple_at_borrowed(real_bases, i), entries;
        if (hd_is_type(base)) continue;
        int found = hd_object_find_attr(t, base, HD_NAME("__mro_entries__"), &entries);
        hd_release(t, found > 0 ? entries : HD_NULL);
        if (found < 0) return HD_NULL;
        if (found) return hd_raise(t, &hd_TypeError, "type() doesn't support MRO entry resolution; use types.new_class()");
    }
    HdType *winner = hd_type_metaclass(t, metatype, real_bases);
    if (!winner) return HD_NULL;
    if (winner != metatype && winner->create != hd_type_type_create) {
        HdSize extra = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
        HdRef *refs = malloc((size_t)(3 + extra) * sizeof *refs);
        if (!refs) return hd_raise_no_memory(t);
        refs[0] = hd_ref_counted(name);
        refs[1] = hd_ref_counted(bases);
        refs[2] = hd_ref_counted(namespace);
        for (HdSize i = 0; i < extra; i++) refs[3 + i] = kwargs[i];
        HdValue result = winner->create(t, winner, refs, 3, kwnames);
        free(refs);
        return result;
    }
    NewClass c = {.meta = winner, .name = name, .bases = real_bases};
    HdValue result = make(t, &c, namespace, kwargs, kwnames);
    hd_release(t, c.dict);
    hd_release(t, c.slots);
    return result;
}

/* --- type(...) --- */

static int type_argument(HdThread *t, int number, HdValue v, bool good, const char *wanted) {
    if (good) return 0;
    return hd_raise_int(t, &hd_TypeError, "type.__new__() argument %d must be %s, not %s", number, wanted,
                        hd_is_none(v) ? "None" : hd_type_name(v));
}

HdValue hd_type_type_create(HdThread *t, HdType *metatype, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs != 3) return hd_raise(t, &hd_TypeError, "type.__new__() takes exactly 3 arguments (%zd given)", nargs);
    HdValue name = hd_ref_value(args[0]), bases = hd_ref_value(args[1]), namespace = hd_ref_value(args[2]);
    if (type_argument(t, 1, name, hd_is_str(name), "str") < 0 || type_argument(t, 2, bases, hd_is_tuple(bases), "tuple") < 0 ||
        type_argument(t, 3, namespace, hd_is_dict(namespace), "dict") < 0) {
        return HD_NULL;
    }
    return hd_type_new_class(t, metatype, name, bases, namespace, args + 3, kwnames);
}

int hd_type_type_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs == 1 && !hd_is_null(kwnames) && hd_tuple_length(kwnames)) {
        return hd_raise_int(t, &hd_TypeError, "type.__init__() takes no keyword arguments");
    }
    if (nargs != 1 && nargs != 3) return hd_raise_int(t, &hd_TypeError, "type.__init__() takes 1 or 3 arguments");
    return 0;
}

HdValue hd_type_type_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdType *type = HD_AS(HdType, self);
    if (type == &hd_type_type) {
        HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
        if (nargs == 1 && !keywords) return hd_retain(t, hd_type_value(hd_type_of(hd_ref_value(args[0]))));
        if (nargs != 3) return hd_raise(t, &hd_TypeError, "type() takes 1 or 3 arguments");
    }
    if (HD_UNLIKELY(!type->create)) return hd_raise(t, &hd_TypeError, "cannot create '%s' instances", type->name);
    HdValue made = type->create(t, type, args, nargs, kwnames);
    if (hd_is_null(made)) return HD_NULL;
    HdType *made_type = hd_type_of(made);
    if (made_type != type && !hd_type_is_subtype(made_type, type)) return made;
    if (made_type->init && made_type->init(t, made, args, nargs, kwnames) < 0) {
        hd_release(t, made);
        return HD_NULL;
    }
    return made;
}
