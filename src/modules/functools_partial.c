/* functools_partial.c -- functools.partial.
 *
 * Its fields change in __setstate__ alone, under the object's lock; a call takes references to them first.
 */
#include <stdlib.h>

#include "functools_types.h"
#include "object_internal.h"

typedef struct Partial {
    HdObject head;
    HdValue function, args, kwargs; /* args: exact tuple; kwargs: dict */
    HdAttrs attrs;
} Partial;
#define PARTIAL(v) HD_AS(Partial, v)

enum { ON_STACK = 16 };

static int partial_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Partial *)self)->function);
    HD_VISIT(((Partial *)self)->args);
    HD_VISIT(((Partial *)self)->kwargs);
    return 0;
}
static void partial_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Partial *)self)->function);
    hd_clear_slot(t, &((Partial *)self)->args);
    hd_clear_slot(t, &((Partial *)self)->kwargs);
    hd_type_free(t, self);
}

/* A copy of `dict` (HD_NULL: empty) with the keyword arguments of a call. */
static HdValue with_keywords(HdThread *t, HdValue dict, const HdRef *values, HdValue kwnames) {
    HD_OWNED HdValue result = hd_is_null(dict) ? hd_dict_new(t) : hd_dict_copy(t, dict);
    HdSize count = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    for (HdSize i = 0; i < count && !hd_is_null(result); i++) {
        if (hd_dict_set(t, result, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(values[i])) < 0) return HD_NULL;
    }
    return hd_move(&result);
}
static HdValue with_arguments(HdThread *t, HdValue args, const HdRef *more, HdSize count) {
    if (!count) return hd_retain(t, args);
    HdSize length = hd_tuple_length(args);
    HdValue result = hd_tuple_new(t, length + count);
    if (hd_is_null(result)) return HD_NULL;
    for (HdSize i = 0; i < length; i++) hd_tuple_put_steal(result, i, hd_retain(t, hd_tuple_at_borrowed(args, i)));
    for (HdSize i = 0; i < count; i++) hd_tuple_put_steal(result, length + i, hd_retain(t, hd_ref_value(more[i])));
    return result;
}

static HdValue partial_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    Partial *p = PARTIAL(self);
    HD_OWNED HdValue function = hd_field_get(t, p, &p->function);
    HD_OWNED HdValue own = hd_field_get(t, p, &p->args);
    HD_OWNED HdValue keywords = hd_field_get(t, p, &p->kwargs);
    if (!hd_is_null(keywords) && hd_dict_length(keywords)) {
        HD_OWNED HdValue all = with_arguments(t, own, args, nargs);
        HD_OWNED HdValue merged = hd_is_null(all) ? HD_NULL : with_keywords(t, keywords, args + nargs, kwnames);
        return hd_is_null(merged) ? HD_NULL : hd_object_call_ex(t, function, all, merged);
    }
    HdSize before = hd_tuple_length(own), given = nargs + (hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames));
    if (!before) return hd_object_call(t, function, args, nargs, kwnames);
    HdRef few[ON_STACK], *refs = few;
    if (before + given > ON_STACK && !(refs = malloc((size_t)(before + given) * sizeof *refs)))
        return hd_raise_no_memory(t);
    for (HdSize i = 0; i < before; i++) refs[i] = hd_ref_counted(hd_tuple_at_borrowed(own, i));
    if (given) memcpy(refs + before, args, (size_t)given * sizeof *refs);
    HdValue result = hd_object_call(t, function, refs, before + nargs, kwnames);
    if (refs != few) free(refs);
    return result;
}

/* A partial of a partial calls the inner one's function itself, unless the inner one has attributes. */
static HdValue partial_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "type 'partial' takes at least one argument");
    HD_OWNED HdValue function = hd_retain(t, hd_ref_value(args[0]));
    HD_OWNED HdValue inner_args = hd_tuple_empty();
    HD_OWNED HdValue inner_kwargs = HD_NULL;
    if (!hd_object_is_callable(function)) return hd_raise(t, &hd_TypeError, "the first argument must be callable");
    if (hd_type_of(function)->call == partial_call && !hd_attrs_used(hd_attrs_of(hd_as_object(function)))) {
        Partial *inner = PARTIAL(function);
        inner_args = hd_field_get(t, inner, &inner->args);
        inner_kwargs = hd_field_get(t, inner, &inner->kwargs);
        HdValue innermost = hd_field_get(t, inner, &inner->function);
        hd_release(t, function);
        function = innermost;
    }
    HD_OWNED HdValue all = with_arguments(t, inner_args, args + 1, nargs - 1);
    HD_OWNED HdValue kwargs = hd_is_null(all) ? HD_NULL : with_keywords(t, inner_kwargs, args + nargs, kwnames);
    Partial *p = hd_is_null(kwargs) ? NULL : HD_NEW(t, Partial, type);
    if (!p) return HD_NULL;
    p->function = hd_move(&function);
    p->args = hd_move(&all);
    p->kwargs = hd_move(&kwargs);
    return hd_from_object(p);
}

static int show(HdThread *t, HdStrBuilder *b, Partial *p) {
    HD_OWNED HdValue function = hd_field_get(t, p, &p->function);
    HD_OWNED HdValue args = hd_field_get(t, p, &p->args);
    HD_OWNED HdValue kwargs = hd_field_get(t, p, &p->kwargs);
    HD_OWNED HdValue items = hd_dict_items_list(t, kwargs);
    HD_OWNED HdValue first = hd_is_null(items) ? HD_NULL : hd_object_repr(t, function);
    if (hd_is_null(first)) return -1;
    hd_str_builder_str(b, first);
    for (HdSize i = 0; i < hd_tuple_length(args); i++) {
        HD_OWNED HdValue text = hd_str_format(t, ", %R", hd_tuple_at_borrowed(args, i));
        if (hd_is_null(text)) return -1;
        hd_str_builder_str(b, text);
    }
    for (HdSize i = 0; i < hd_list_length(items); i++) {
        HdValue pair = hd_list_at_borrowed(items, i);
        HD_OWNED HdValue text =
            hd_str_format(t, ", %V=%R", hd_tuple_at_borrowed(pair, 0), hd_tuple_at_borrowed(pair, 1));
        if (hd_is_null(text)) return -1;
        hd_str_builder_str(b, text);
    }
    return 0;
}
static HdValue partial_repr(HdThread *t, HdValue self) {
    int shown = hd_object_repr_enter(t, self);
    if (shown != 0) return shown < 0 ? HD_NULL : hd_str_from_text(t, "...");
    HdStrBuilder b HD_CLEANUP(hd_str_builder_discard);
    hd_str_builder_init(&b, t);
    hd_str_builder_text(&b, hd_type_of(self)->name);
    hd_str_builder_char(&b, '(');
    int status = show(t, &b, PARTIAL(self));
    hd_object_repr_leave(t, self);
    if (status < 0) return HD_NULL;
    hd_str_builder_char(&b, ')');
    return hd_str_builder_finish(&b);
}

static HdValue partial_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    Partial *p = PARTIAL(self);
    HD_OWNED HdValue function = hd_field_get(t, p, &p->function);
    HD_OWNED HdValue args = hd_field_get(t, p, &p->args);
    HD_OWNED HdValue kwargs = hd_field_get(t, p, &p->kwargs);
    HD_OWNED HdValue dict = hd_attrs_used(hd_attrs_of(&p->head)) ? hd_attrs_dict(t, &p->head) : hd_None;
    HD_OWNED HdValue state = hd_is_null(dict) ? HD_NULL : hd_tuple_pack(t, 4, function, args, kwargs, dict);
    HD_OWNED HdValue call = hd_is_null(state) ? HD_NULL : hd_tuple_pack(t, 1, function);
    return hd_is_null(call) ? HD_NULL : hd_tuple_pack(t, 3, hd_type_value(hd_type_of(self)), call, state);
}

static HdValue partial_setstate(HdThread *t, HdValue self, const HdValue *given) {
    Partial *p = PARTIAL(self);
    HdValue state = given[0];
    bool good = hd_is_tuple(state) && hd_tuple_length(state) == 4;
    HdValue function = good ? hd_tuple_at_borrowed(state, 0) : HD_NULL,
            args = good ? hd_tuple_at_borrowed(state, 1) : HD_NULL;
    HdValue kwargs = good ? hd_tuple_at_borrowed(state, 2) : HD_NULL,
            attrs = good ? hd_tuple_at_borrowed(state, 3) : HD_NULL;
    if (!good || !hd_object_is_callable(function) || !hd_is_tuple(args) ||
        (!hd_is_none(kwargs) && !hd_is_dict(kwargs)) || (!hd_is_none(attrs) && !hd_is_dict(attrs))) {
        return hd_raise(t, &hd_TypeError, "invalid partial state");
    }
    HD_OWNED HdValue exact = hd_is_exact_tuple(args) ? hd_retain(t, args) : hd_tuple_from_iterable(t, args);
    HD_OWNED HdValue dict = hd_is_null(exact)          ? HD_NULL
                            : hd_is_none(kwargs)       ? hd_dict_new(t)
                            : hd_is_exact_dict(kwargs) ? hd_retain(t, kwargs)
                                                       : hd_dict_copy(t, kwargs);
    if (hd_is_null(dict)) return HD_NULL;
    if (!hd_is_none(attrs) || hd_attrs_used(hd_attrs_of(&p->head))) {
        HD_OWNED HdValue own = hd_is_none(attrs) ? hd_dict_new(t) : hd_retain(t, attrs);
        if (hd_is_null(own) || hd_attrs_set_dict(t, &p->head, own) < 0) return HD_NULL;
    }
    hd_field_set_steal(t, p, &p->function, hd_retain(t, function));
    hd_field_set_steal(t, p, &p->args, hd_move(&exact));
    hd_field_set_steal(t, p, &p->kwargs, hd_move(&dict));
    return hd_None;
}
static HdValue class_getitem(HdThread *t, HdValue type, const HdValue *args) {
    return hd_generic_alias_new(t, type, args[0]);
}

static const HdMethodDef partial_methods[] = {
    HD_METHOD(partial_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(partial_setstate, "__setstate__($self, state, /)", "Goes to a state that __reduce__ gave."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
static const HdMemberDef partial_members[] = {
    {"func", HD_MEMBER_VALUE, offsetof(Partial, function), true, "function object to use in future partial calls"},
    {"args", HD_MEMBER_VALUE, offsetof(Partial, args), true, "tuple of arguments to future partial calls"},
    {"keywords", HD_MEMBER_VALUE, offsetof(Partial, kwargs), true,
     "dictionary of keyword arguments to future partial calls"},
    {NULL},
};
static int set_dict(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "cannot delete __dict__");
    return hd_attrs_set_dict_attr(t, self, value, closure);
}
static const HdGetSetDef partial_getsets[] = {
    {"__dict__", hd_attrs_get_dict_attr, set_dict},
    {NULL},
};

HdType hd_functools_partial_type = {
    HD_TYPE_HEAD("functools.partial"),
    .doc = "partial(func, *args, **keywords) - new function with partial application\n"
           "    of the given arguments and keywords.\n",
    .basicsize = sizeof(Partial),
    .attrs_offset = offsetof(Partial, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = partial_dealloc,
    .traverse = partial_traverse,
    .create = partial_create,
    .call = partial_call,
    .repr = partial_repr,
    .getattr = hd_object_generic_getattr,
    .setattr = hd_object_generic_setattr,
    .methods = partial_methods,
    .members = partial_members,
    .getsets = partial_getsets,
};
