/* operator_getters.c -- operator.itemgetter, attrgetter and methodcaller. They never change once made. */
#include "operator_getters.h"

typedef struct Getter {
    HdObject head;
    HdValue what;   /* itemgetter: tuple of keys; attrgetter: tuple of names, or of tuples of names for dotted ones;
                       methodcaller: tuple of the arguments */
    HdValue names;  /* attrgetter: tuple of the names as they were given; methodcaller: the method's name */
    HdValue kwargs; /* methodcaller: dict or HD_NULL */
} Getter;
#define GETTER(v) HD_AS(Getter, v)

static int getter_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Getter *)self)->what);
    HD_VISIT(((Getter *)self)->names);
    HD_VISIT(((Getter *)self)->kwargs);
    return 0;
}
static void getter_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Getter *)self)->what);
    hd_clear_slot(t, &((Getter *)self)->names);
    hd_clear_slot(t, &((Getter *)self)->kwargs);
    hd_type_free(t, self);
}
static HdValue make_steal(HdThread *t, HdType *type, HdValue what, HdValue names) {
    Getter *g = hd_is_null(what) || hd_is_null(names) ? NULL : HD_NEW(t, Getter, type);
    if (!g) {
        hd_release(t, what);
        hd_release(t, names);
        return HD_NULL;
    }
    g->what = what;
    g->names = names;
    return hd_from_object(g);
}
/* Making one needs an argument and calling one needs exactly one. */
static int check_call(HdThread *t, const char *name, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, name, kwnames) < 0) return -1;
    return hd_native_check_count(t, name, nargs, 1, 1);
}
static int check_create(HdThread *t, const char *name, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, name, kwnames) < 0) return -1;
    return nargs ? 0 : hd_native_check_count(t, name, nargs, 1, 1);
}
static HdValue show(HdThread *t, HdValue self, HdValue args) {
    int shown = hd_object_repr_enter(t, self);
    const char *name = hd_type_of(self)->name;
    if (shown != 0) return shown < 0 ? HD_NULL : hd_str_format(t, "%s(...)", name);
    bool one = hd_tuple_length(args) == 1;
    HdValue result =
        one ? hd_str_format(t, "%s(%R)", name, hd_tuple_at_borrowed(args, 0)) : hd_str_format(t, "%s%R", name, args);
    hd_object_repr_leave(t, self);
    return result;
}

/* --- itemgetter --- */

static HdValue item_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (check_create(t, "itemgetter", nargs, kwnames) < 0) return HD_NULL;
    HdValue keys = hd_tuple_from_refs(t, args, nargs);
    return make_steal(t, type, keys, hd_retain(t, keys));
}
static HdValue item_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (check_call(t, "itemgetter", nargs, kwnames) < 0) return HD_NULL;
    HdValue keys = GETTER(self)->what, from = hd_ref_value(args[0]);
    HdSize count = hd_tuple_length(keys);
    if (count == 1) return hd_object_getitem(t, from, hd_tuple_at_borrowed(keys, 0));
    HD_OWNED HdValue result = hd_tuple_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(result); i++) {
        HdValue item = hd_object_getitem(t, from, hd_tuple_at_borrowed(keys, i));
        if (hd_is_null(item)) return HD_NULL;
        hd_tuple_put_steal(result, i, item);
    }
    return hd_move(&result);
}
static HdValue getter_repr(HdThread *t, HdValue self) { return show(t, self, GETTER(self)->names); }
static HdValue getter_reduce(HdThread *t, HdValue self, const HdValue *args) {
    return hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), GETTER(self)->names);
}

static const HdMethodDef getter_methods[] = {
    HD_METHOD(getter_reduce, "__reduce__($self, /)", "Return state information for pickling"),
    HD_METHODS_END,
};
#define GETTER_TYPE(type_name, text)                                                                                   \
    HD_TYPE_HEAD(type_name), .doc = (text), .basicsize = sizeof(Getter), .flags = HD_TYPE_GC,                          \
                             .flags2 = HD_TYPE2_NO_WEAKREF, .dealloc = getter_dealloc, .traverse = getter_traverse

HdType hd_operator_itemgetter_type = {
    GETTER_TYPE(
        "operator.itemgetter",
        "itemgetter(item, ...) --> itemgetter object\n\nA callable that gives items of its operand: itemgetter(2)(r)\n"
        "is r[2], itemgetter(2, 5)(r) is (r[2], r[5])."),
    .create = item_create,
    .call = item_call,
    .repr = getter_repr,
    .methods = getter_methods,
};

/* --- attrgetter --- */

static HdValue intern_slice(HdThread *t, HdValue name, HdSize start, HdSize end) {
    HdValue part = hd_str_substring(t, name, start, end);
    return hd_is_null(part) || !hd_is_exact_str(part) ? part : hd_str_intern_steal(t, part);
}

/* The name, interned; with dots a tuple of its parts. */
static HdValue split_name(HdThread *t, HdValue name) {
    HdSize length = hd_str_length(name);
    if (hd_str_find_char(name, '.', 0, length, false) < 0) return intern_slice(t, name, 0, length);
    HD_OWNED HdValue parts = hd_list_new(t, 2);
    if (hd_is_null(parts)) return HD_NULL;
    for (HdSize start = 0; start <= length;) {
        HdSize dot = hd_str_find_char(name, '.', start, length, false);
        if (dot < 0) dot = length;
        HdValue part = intern_slice(t, name, start, dot);
        if (hd_is_null(part) || hd_list_append_steal(t, parts, part) < 0) return HD_NULL;
        start = dot + 1;
    }
    return hd_list_as_tuple(t, parts);
}
static HdValue attr_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (check_create(t, "attrgetter", nargs, kwnames) < 0) return HD_NULL;
    HD_OWNED HdValue names = hd_tuple_from_refs(t, args, nargs);
    HD_OWNED HdValue what = hd_is_null(names) ? HD_NULL : hd_tuple_new(t, nargs);
    for (HdSize i = 0; i < nargs && !hd_is_null(what); i++) {
        HdValue name = hd_tuple_at_borrowed(names, i);
        if (!hd_is_str(name)) return hd_raise(t, &hd_TypeError, "attribute name must be a string");
        HdValue split = split_name(t, name);
        if (hd_is_null(split)) return HD_NULL;
        hd_tuple_put_steal(what, i, split);
    }
    return make_steal(t, type, hd_move(&what), hd_move(&names));
}
static HdValue follow(HdThread *t, HdValue v, HdValue path) {
    if (!hd_is_tuple(path)) return hd_object_getattr(t, v, path);
    HdValue at = hd_retain(t, v);
    for (HdSize i = 0; i < hd_tuple_length(path) && !hd_is_null(at); i++) {
        HD_OWNED HdValue from = at;
        at = hd_object_getattr(t, from, hd_tuple_at_borrowed(path, i));
    }
    return at;
}
static HdValue attr_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (check_call(t, "attrgetter", nargs, kwnames) < 0) return HD_NULL;
    HdValue paths = GETTER(self)->what, from = hd_ref_value(args[0]);
    HdSize count = hd_tuple_length(paths);
    if (count == 1) return follow(t, from, hd_tuple_at_borrowed(paths, 0));
    HD_OWNED HdValue result = hd_tuple_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(result); i++) {
        HdValue value = follow(t, from, hd_tuple_at_borrowed(paths, i));
        if (hd_is_null(value)) return HD_NULL;
        hd_tuple_put_steal(result, i, value);
    }
    return hd_move(&result);
}

HdType hd_operator_attrgetter_type = {
    GETTER_TYPE("operator.attrgetter",
                "attrgetter(attr, ...) --> attrgetter object\n\nA callable that gives attributes of its operand:\n"
                "attrgetter('name')(r) is r.name, attrgetter('name.first', 'date')(r) is (r.name.first, r.date)."),
    .create = attr_create,
    .call = attr_call,
    .repr = getter_repr,
    .methods = getter_methods,
};

/* --- methodcaller --- */

static HdValue caller_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "methodcaller needs at least one argument, the method name");
    HdValue name = hd_ref_value(args[0]);
    if (!hd_is_str(name)) return hd_raise(t, &hd_TypeError, "method name must be a string");
    name = hd_retain(t, name);
    if (hd_is_exact_str(name)) name = hd_str_intern_steal(t, name);
    HD_OWNED HdValue made = make_steal(t, type, hd_tuple_from_refs(t, args + 1, nargs - 1), name);
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (hd_is_null(made) || !keywords) return hd_move(&made);
    HdValue dict = GETTER(made)->kwargs = hd_dict_new(t);
    for (HdSize i = 0; i < keywords; i++) {
        if (hd_is_null(dict)) return HD_NULL;
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(args[nargs + i])) < 0) return HD_NULL;
    }
    return hd_move(&made);
}
static HdValue caller_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (check_call(t, "methodcaller", nargs, kwnames) < 0) return HD_NULL;
    Getter *g = GETTER(self);
    HdValue on = hd_ref_value(args[0]);
    if (hd_is_null(g->kwargs))
        return hd_object_call_method(t, on, g->names, HD_AS(HdTuple, g->what)->at, hd_tuple_length(g->what));
    HD_OWNED HdValue method = hd_object_getattr(t, on, g->names);
    return hd_is_null(method) ? HD_NULL : hd_object_call_ex(t, method, g->what, g->kwargs);
}

static int show_arguments(HdThread *t, HdStrBuilder *b, Getter *g) {
    HD_OWNED HdValue name = hd_object_repr(t, g->names);
    if (hd_is_null(name)) return -1;
    hd_str_builder_str(b, name);
    for (HdSize i = 0; i < hd_tuple_length(g->what); i++) {
        HD_OWNED HdValue text = hd_str_format(t, ", %R", hd_tuple_at_borrowed(g->what, i));
        if (hd_is_null(text)) return -1;
        hd_str_builder_str(b, text);
    }
    HdSize position = 0;
    HdValue key, value;
    while (!hd_is_null(g->kwargs) && hd_dict_next_borrowed(g->kwargs, &position, &key, &value)) {
        HD_OWNED HdValue text = hd_str_format(t, ", %V=%R", key, value);
        if (hd_is_null(text)) return -1;
        hd_str_builder_str(b, text);
    }
    return 0;
}
static HdValue caller_repr(HdThread *t, HdValue self) {
    const char *name = hd_type_of(self)->name;
    int shown = hd_object_repr_enter(t, self);
    if (shown != 0) return shown < 0 ? HD_NULL : hd_str_format(t, "%s(...)", name);
    HdStrBuilder b HD_CLEANUP(hd_str_builder_discard);
    hd_str_builder_init(&b, t);
    hd_str_builder_text(&b, name);
    hd_str_builder_char(&b, '(');
    int status = show_arguments(t, &b, GETTER(self));
    hd_object_repr_leave(t, self);
    if (status < 0) return HD_NULL;
    hd_str_builder_char(&b, ')');
    return hd_str_builder_finish(&b);
}

/* With keywords through functools.partial, for pickle passes positional arguments alone. */
static HdValue caller_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    Getter *g = GETTER(self);
    HdValue type = hd_type_value(hd_type_of(self));
    HD_OWNED HdValue first = hd_tuple_pack(t, 1, g->names);
    if (hd_is_null(first)) return HD_NULL;
    if (hd_is_null(g->kwargs)) {
        HD_OWNED HdValue args = hd_number_add(t, first, g->what);
        return hd_is_null(args) ? HD_NULL : hd_tuple_pack(t, 2, type, args);
    }
    HD_OWNED HdValue partial = hd_object_import_from(t, "functools", "partial");
    HD_OWNED HdValue args = hd_is_null(partial) ? HD_NULL : hd_tuple_pack(t, 2, type, g->names);
    HD_OWNED HdValue made = hd_is_null(args) ? HD_NULL : hd_object_call_ex(t, partial, args, g->kwargs);
    return hd_is_null(made) ? HD_NULL : hd_tuple_pack(t, 2, made, g->what);
}
static const HdMethodDef caller_methods[] = {
    HD_METHOD(caller_reduce, "__reduce__($self, /)", "Return state information for pickling"),
    HD_METHODS_END,
};

HdType hd_operator_methodcaller_type = {
    GETTER_TYPE("operator.methodcaller",
                "methodcaller(name, ...) --> methodcaller object\n\nA callable that calls a method of its operand:\n"
                "methodcaller('name', 'date', foo=1)(r) is r.name('date', foo=1)."),
    .create = caller_create,
    .call = caller_call,
    .repr = caller_repr,
    .methods = caller_methods,
};
