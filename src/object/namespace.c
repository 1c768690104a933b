/* namespace.c -- types.SimpleNamespace: an object that is its attributes. */
#include "descr.h"
#include "dict.h"
#include "list.h"
#include "str.h"
#include "str_builder.h"

typedef struct Namespace {
    HdObject head;
    HdAttrs attrs;
} Namespace;

HdValue hd_simple_namespace_new(HdThread *t, HdValue dict_or_null) {
    HD_OWNED HdValue made = hd_type_alloc(t, &hd_simple_namespace_type);
    if (hd_is_null(made) || hd_is_null(dict_or_null)) return hd_move(&made);
    HD_OWNED HdValue dict = hd_attrs_dict(t, hd_as_object(made));
    if (hd_is_null(dict) || hd_dict_merge(t, dict, dict_or_null, 1) < 0) return HD_NULL;
    return hd_move(&made);
}

static HdValue namespace_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
static int namespace_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs) return hd_raise_int(t, &hd_TypeError, "no positional arguments expected");
    HdSize count = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (!count) return 0;
    HD_OWNED HdValue dict = hd_attrs_dict(t, hd_as_object(self));
    if (hd_is_null(dict)) return -1;
    for (HdSize i = 0; i < count; i++) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(args[i])) < 0) return -1;
    }
    return 0;
}

static int show(HdThread *t, HdStrBuilder *b, HdValue dict) {
    HD_OWNED HdValue items = hd_dict_items_list(t, dict);
    if (hd_is_null(items)) return -1;
    bool first = true;
    for (HdSize i = 0; i < hd_list_length(items); i++) {
        HdValue pair = hd_list_at_borrowed(items, i), key = hd_tuple_at_borrowed(pair, 0);
        if (!hd_is_str(key) || hd_str_length(key) == 0) continue;
        HD_OWNED HdValue text = hd_object_repr(t, hd_tuple_at_borrowed(pair, 1));
        if (hd_is_null(text)) return -1;
        if (!first) hd_str_builder_text(b, ", ");
        first = false;
        hd_str_builder_str(b, key);
        hd_str_builder_char(b, '=');
        hd_str_builder_str(b, text);
    }
    return 0;
}
static HdValue namespace_repr(HdThread *t, HdValue self) {
    const char *name = hd_is_exact(self, &hd_simple_namespace_type) ? "namespace" : hd_type_name(self);
    int shown = hd_object_repr_enter(t, self);
    if (shown != 0) return shown < 0 ? HD_NULL : hd_str_format(t, "%s(...)", name);
    HdStrBuilder b HD_CLEANUP(hd_str_builder_discard);
    hd_str_builder_init(&b, t);
    hd_str_builder_text(&b, name);
    hd_str_builder_char(&b, '(');
    HdValue dict = hd_attrs_dict(t, hd_as_object(self));
    int status = hd_is_null(dict) ? -1 : show(t, &b, dict);
    hd_release(t, dict);
    hd_object_repr_leave(t, self);
    if (status < 0) return HD_NULL;
    hd_str_builder_char(&b, ')');
    return hd_str_builder_finish(&b);
}

static HdValue namespace_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if (!hd_is_instance(a, &hd_simple_namespace_type) || !hd_is_instance(b, &hd_simple_namespace_type)) {
        return hd_NotImplemented;
    }
    HD_OWNED HdValue x = hd_attrs_dict(t, hd_as_object(a));
    HD_OWNED HdValue y = hd_is_null(x) ? HD_NULL : hd_attrs_dict(t, hd_as_object(b));
    return hd_is_null(y) ? HD_NULL : hd_object_compare(t, x, y, op);
}

static HdValue namespace_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue dict = hd_attrs_dict(t, hd_as_object(self));
    if (hd_is_null(dict)) return HD_NULL;
    return hd_tuple_pack(t, 3, hd_type_value(hd_type_of(self)), hd_tuple_empty(), dict);
}

static int namespace_traverse(HdObject *self, HdVisit visit, void *context) { return 0; }
static void namespace_dealloc(HdThread *t, HdObject *self) { hd_type_free(t, self); }

static const HdMethodDef namespace_methods[] = {
    HD_METHOD(namespace_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
static int refuse_dict(HdThread *t, HdValue self, HdValue value, void *closure) {
    return hd_raise_int(t, &hd_AttributeError, "readonly attribute");
}
static const HdGetSetDef namespace_getsets[] = {
    {"__dict__", hd_attrs_get_dict_attr, refuse_dict},
    {NULL},
};

HdType hd_simple_namespace_type = {
    HD_TYPE_HEAD("types.SimpleNamespace"),
    .doc = "SimpleNamespace(**kwargs)\n\nAn object with the given attributes.",
    .basicsize = sizeof(Namespace),
    .attrs_offset = offsetof(Namespace, attrs),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = namespace_dealloc,
    .traverse = namespace_traverse,
    .create = namespace_create,
    .init = namespace_init,
    .repr = namespace_repr,
    .compare = namespace_compare,
    .hash = hd_object_hash_unhashable,
    .getattr = hd_object_generic_getattr,
    .setattr = hd_object_generic_setattr,
    .methods = namespace_methods,
    .getsets = namespace_getsets,
};
