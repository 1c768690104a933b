/* capsule.c -- PyCapsule: a C pointer with a name, which native modules hand to each other through Python. */
#include "descr.h"
#include "str.h"

HdValue hd_capsule_new(HdThread *t, void *pointer, const char *name, void (*destroy)(HdThread *t, void *pointer)) {
    HdCapsule *c = HD_NEW(t, HdCapsule, &hd_capsule_type);
    if (!c) return HD_NULL;
    c->pointer = pointer;
    c->name = name;
    c->destroy = destroy;
    return hd_from_object(c);
}

void *hd_capsule_pointer(HdThread *t, HdValue v, const char *name) {
    HdCapsule *c = hd_is_exact_object(v, &hd_capsule_type) ? HD_AS(HdCapsule, v) : NULL;
    if (c && c->pointer && strcmp(c->name, name) == 0) return c->pointer;
    hd_raise(t, &hd_ValueError, "expected a capsule named \"%s\"", name);
    return NULL;
}

static void capsule_dealloc(HdThread *t, HdObject *self) {
    HdCapsule *c = (HdCapsule *)self;
    if (c->destroy) c->destroy(t, c->pointer);
    hd_type_free(t, self);
}
static HdValue capsule_repr(HdThread *t, HdValue v) {
    return hd_str_format(t, "<capsule object \"%s\" at %p>", HD_AS(HdCapsule, v)->name, (void *)v.bits);
}

HdType hd_capsule_type = {
    HD_TYPE_HEAD("PyCapsule"),      .doc = "A C pointer with a name, for native modules to hand to each other.",
    .basicsize = sizeof(HdCapsule), .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = capsule_dealloc,     .repr = capsule_repr,
};
