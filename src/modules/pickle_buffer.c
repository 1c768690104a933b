/* pickle_buffer.c -- PickleBuffer: a buffer that may be pickled out of band (PEP 574). The view is fixed when it is
 * made and ends once, under the object's lock.
 */
#include "mutex.h"
#include "pickle_types.h"

typedef struct PickleBuffer {
    HdObject head;
    HdBuffer view; /* owner HD_NULL: released */
} PickleBuffer;

/* The object whose buffer it is, owned; HD_NULL and raised when it was released. */
static HdValue owner_of(HdThread *t, HdValue self) {
    HdValue owner = hd_slot_read(t, &HD_AS(PickleBuffer, self)->view.owner, hd_as_object(self));
    if (hd_is_null(owner)) hd_raise(t, &hd_ValueError, "operation forbidden on released PickleBuffer object");
    return owner;
}

static const HdMethodDef buffer_new = {.signature = "PickleBuffer(object, /)"};

static HdValue buffer_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[1];
    if (hd_native_bind(t, &buffer_new, refs, nargs, kwnames, args) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    if (hd_buffer_get(t, args[0], &HD_AS(PickleBuffer, self)->view, HD_BUFFER_FULL_RO) < 0) return HD_NULL;
    return hd_move(&self);
}

static int buffer_get(HdThread *t, HdValue self, HdBuffer *out, int flags) {
    HD_OWNED HdValue owner = owner_of(t, self);
    return hd_is_null(owner) ? -1 : hd_buffer_get(t, owner, out, flags);
}

static void end_view(HdThread *t, PickleBuffer *b) {
    hd_lock_object(t, &b->head);
    HdBuffer view = b->view;
    b->view.owner = HD_NULL;
    hd_unlock_object(t, &b->head);
    if (view.shape == b->view.small) view.shape = view.small; /* the view moved */
    hd_buffer_release(t, &view);
}

static HdValue buffer_release(HdThread *t, HdValue self, const HdValue *args) {
    end_view(t, HD_AS(PickleBuffer, self));
    return hd_None;
}

static HdValue buffer_raw(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue owner = owner_of(t, self);
    HD_OWNED HdValue view = hd_is_null(owner) ? HD_NULL : hd_memoryview_new(t, owner);
    HD_OWNED HdValue contiguous = hd_is_null(view) ? HD_NULL : hd_object_getattr_text(t, view, "contiguous");
    if (hd_is_null(contiguous)) return HD_NULL;
    if (!hd_same(contiguous, hd_True)) {
        return hd_raise(t, &hd_BufferError, "cannot extract raw buffer from non-contiguous buffer");
    }
    HD_OWNED HdValue code = hd_str_from_text(t, "B");
    return hd_is_null(code) ? HD_NULL : hd_object_call_method1(t, view, "cast", code);
}

static void buffer_dealloc(HdThread *t, HdObject *self) {
    end_view(t, (PickleBuffer *)self);
    hd_type_free(t, self);
}
static void buffer_clear(HdThread *t, HdObject *self) { end_view(t, (PickleBuffer *)self); }
static int buffer_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((PickleBuffer *)self)->view.owner);
    return 0;
}

static const HdMethodDef buffer_methods[] = {
    HD_METHOD(buffer_raw, "raw($self, /)", "A memoryview of the bytes; BufferError when they do not lie together."),
    HD_METHOD(buffer_release, "release($self, /)", "Releases the buffer."),
    HD_METHODS_END,
};

HdType hd_pickle_buffer_type = {
    HD_TYPE_HEAD("pickle.PickleBuffer"),
    .doc = "A buffer that may be pickled out of band.",
    .basicsize = sizeof(PickleBuffer),
    .flags = HD_TYPE_GC,
    .create = buffer_create,
    .dealloc = buffer_dealloc,
    .traverse = buffer_traverse,
    .clear = buffer_clear,
    .getbuffer = buffer_get,
    .methods = buffer_methods,
};
