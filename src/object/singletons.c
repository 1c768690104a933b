/* singletons.c -- None, Ellipsis and NotImplemented, and the interned names of built-in code.
 *
 * The objects are static and immortal; bool lives with the numbers. Nothing here takes a lock.
 */
#include "singletons.h"

#include "object.h"
#include "str.h"

HdObject hd_none_object = HD_STATIC_HEADER(&hd_none_type);
HdObject hd_ellipsis_object = HD_STATIC_HEADER(&hd_ellipsis_type);
HdObject hd_not_implemented_object = HD_STATIC_HEADER(&hd_not_implemented_type);

HdValue hd_name_make(HdThread *t, uint64_t *cache, const char *text) {
    HdValue name = hd_str_from_text(t, text);
    if (hd_is_null(name)) return name;
    hd_str_intern_immortal(t, &name);
    HD_STORE_RELEASE(cache, name.bits);
    return name;
}

HdValue hd_name_slow(uint64_t *cache, const char *text) {
    HdValue name = hd_name_make(hd_thread_current(), cache, text);
    if (hd_is_null(name)) HD_PANIC("out of memory for the name %s", text);
    return name;
}

static HdValue singleton_new(HdThread *t, HdType *type, HdValue only, const char *name, HdSize nargs, HdValue kwnames) {
    if (nargs || (!hd_is_null(kwnames))) return hd_raise(t, &hd_TypeError, "%s takes no arguments", name);
    return only;
}

static HdValue none_repr(HdThread *t, HdValue self) { return hd_retain(t, HD_NAME("None")); }
static int none_truth(HdThread *t, HdValue self) { return 0; }
static HdValue none_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return singleton_new(t, type, hd_None, "NoneType", nargs, kwnames);
}
static void singleton_dealloc(HdThread *t, HdObject *self) { HD_PANIC("a singleton was released once too often"); }

HdType hd_none_type = {
    HD_TYPE_HEAD("NoneType"),
    .basicsize = sizeof(HdObject),
    .dealloc = singleton_dealloc,
    .repr = none_repr,
    .truth = none_truth,
    .create = none_new,
};

static HdValue ellipsis_repr(HdThread *t, HdValue self) { return hd_retain(t, HD_NAME("Ellipsis")); }
static HdValue ellipsis_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return singleton_new(t, type, hd_Ellipsis, "EllipsisType", nargs, kwnames);
}
static HdValue ellipsis_reduce(HdThread *t, HdValue self, const HdValue *args) { return hd_retain(t, HD_NAME("Ellipsis")); }
static const HdMethodDef ellipsis_methods[] = {
    HD_METHOD(ellipsis_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};

HdType hd_ellipsis_type = {
    HD_TYPE_HEAD("ellipsis"),
    .basicsize = sizeof(HdObject),
    .dealloc = singleton_dealloc,
    .repr = ellipsis_repr,
    .create = ellipsis_new,
    .methods = ellipsis_methods,
};

static HdValue not_implemented_repr(HdThread *t, HdValue self) { return hd_retain(t, HD_NAME("NotImplemented")); }
static int not_implemented_truth(HdThread *t, HdValue self) {
    if (hd_warn(t, &hd_DeprecationWarning, 1, "NotImplemented should not be used in a boolean context") < 0) return -1;
    return 1;
}
static HdValue not_implemented_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return singleton_new(t, type, hd_NotImplemented, "NotImplementedType", nargs, kwnames);
}
static HdValue not_implemented_reduce(HdThread *t, HdValue self, const HdValue *args) {
    return hd_retain(t, HD_NAME("NotImplemented"));
}
static const HdMethodDef not_implemented_methods[] = {
    HD_METHOD(not_implemented_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};

HdType hd_not_implemented_type = {
    HD_TYPE_HEAD("NotImplementedType"),
    .basicsize = sizeof(HdObject),
    .dealloc = singleton_dealloc,
    .repr = not_implemented_repr,
    .truth = not_implemented_truth,
    .create = not_implemented_new,
    .methods = not_implemented_methods,
};
