/* anext_awaitable.c -- see anext_awaitable.h. */
#include "anext_awaitable.h"

#include "generator.h"

typedef struct Anext {
    HdObject head;
    HdValue awaitable, fallback;
} Anext;
HD_INLINE Anext *anext_of(HdValue v) { return HD_AS(Anext, v); }

HdValue hd_anext_new(HdThread *t, HdValue awaitable, HdValue fallback) {
    HdValue self = hd_type_alloc(t, &hd_anext_awaitable_type);
    if (hd_is_null(self)) return self;
    anext_of(self)->awaitable = hd_retain(t, awaitable);
    anext_of(self)->fallback = hd_retain(t, fallback);
    return self;
}

/* StopAsyncIteration becomes StopIteration(fallback); other exceptions pass. */
static HdValue end(HdThread *t, HdValue self) {
    if (!hd_raised_is(t, &hd_StopAsyncIteration)) return HD_NULL;
    hd_clear_raised(t);
    return hd_raise_stop_iteration(t, anext_of(self)->fallback);
}
/* What waits, owned: a coroutine steps through the iterator of its own __await__. */
static HdValue steps(HdThread *t, HdValue self) {
    HdValue iterator = hd_generator_awaitable(t, anext_of(self)->awaitable);
    if (hd_is_null(iterator) || hd_type_of(iterator)->next || !hd_type_of(iterator)->await_) return iterator;
    HdValue wrapper = hd_type_of(iterator)->await_(t, iterator);
    hd_release(t, iterator);
    return wrapper;
}
static HdValue forward(HdThread *t, HdValue self, const char *name, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue iterator = steps(t, self);
    HD_OWNED HdValue method = hd_is_null(iterator) ? HD_NULL : hd_object_getattr_text(t, iterator, name);
    HdValue result = hd_is_null(method) ? HD_NULL : hd_object_call(t, method, args, nargs, kwnames);
    return hd_is_null(result) ? end(t, self) : result;
}
static HdValue anext_send(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return forward(t, self, "send", args, nargs, kwnames);
}
static HdValue anext_throw(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return forward(t, self, "throw", args, nargs, kwnames);
}
static HdValue anext_close(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return forward(t, self, "close", args, nargs, kwnames);
}
static HdValue anext_next(HdThread *t, HdValue self) {
    HD_OWNED HdValue iterator = steps(t, self);
    if (hd_is_null(iterator)) return HD_NULL;
    HdType *type = hd_type_of(iterator);
    HdValue item = type->next ? type->next(t, iterator) : hd_raise(t, &hd_TypeError, "'%T' object is not an iterator", iterator);
    return hd_is_null(item) && hd_raised(t) ? end(t, self) : item;
}
static HdValue anext_self(HdThread *t, HdValue self) { return hd_retain(t, self); }
static void anext_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Anext *)self)->awaitable);
    hd_clear_slot(t, &((Anext *)self)->fallback);
}
static void anext_dealloc(HdThread *t, HdObject *self) {
    anext_clear(t, self);
    hd_type_free(t, self);
}
static int anext_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Anext *)self)->awaitable);
    HD_VISIT(((Anext *)self)->fallback);
    return 0;
}
static const HdMethodDef methods[] = {
    HD_METHOD_RAW(anext_send, "send", NULL),
    HD_METHOD_RAW(anext_throw, "throw", NULL),
    HD_METHOD_RAW(anext_close, "close", NULL),
    HD_METHODS_END,
};
HdType hd_anext_awaitable_type = {
    HD_TYPE_HEAD("anext_awaitable"),
    .basicsize = sizeof(Anext),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = anext_dealloc,
    .traverse = anext_traverse,
    .clear = anext_clear,
    .await_ = anext_self,
    .iter = anext_self,
    .next = anext_next,
    .methods = methods,
};
