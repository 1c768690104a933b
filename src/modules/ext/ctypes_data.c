/* ctypes_data.c -- _CData, the base of all instances of C types: memory, what it keeps alive, reading and writing parts
 * of it as Python values, the buffer protocol, pickling, and the ways to put an instance onto memory that is there.
 *
 * `objects` of a root is created and replaced under the instance's own lock; the dict in it locks by itself.
 */
#include "ctypes_types.h"

#include <dlfcn.h>
#include <stdlib.h>

const char hd_ctypes_mark;

/* --- life --- */

static HdValue allocate(HdThread *t, HdType *type) {
    HdCtype *c = hd_ctypes_need_layout(t, hd_type_value(type));
    if (!c) return HD_NULL;
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    hd_ctype_make_final(c);
    hd_cdata(self)->size = c->size;
    hd_cdata(self)->length = c->length;
    return self;
}

HdValue hd_ctypes_new(HdThread *t, HdType *type) {
    HdValue self = allocate(t, type);
    if (hd_is_null(self)) return self;
    HdCdata *d = hd_cdata(self);
    d->data = d->small;
    d->owns = true;
    if (d->size > (HdSize)sizeof d->small) {
        d->data = calloc(1, (size_t)d->size);
        if (!d->data) {
            hd_release(t, self);
            return hd_raise_no_memory(t);
        }
    }
    return self;
}

HdValue hd_ctypes_at(HdThread *t, HdType *type, void *address, HdValue base_or_null, HdSize index) {
    HdValue self = allocate(t, type);
    if (hd_is_null(self)) return self;
    HdCdata *d = hd_cdata(self);
    d->data = address;
    d->base = hd_retain(t, base_or_null);
    d->index = index;
    return self;
}

HdValue hd_ctypes_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_ctypes_new(t, type);
}

int hd_ctypes_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdCdata *)self)->base);
    HD_VISIT(((HdCdata *)self)->objects);
    return 0;
}
void hd_ctypes_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((HdCdata *)self)->objects); }
void hd_ctypes_dealloc(HdThread *t, HdObject *self) {
    HdCdata *d = (HdCdata *)self;
    if (d->owns && d->data != d->small) free(d->data);
    hd_clear_slot(t, &d->objects);
    hd_clear_slot(t, &d->base);
    hd_type_free(t, self);
}

/* --- what memory keeps alive --- */

/* The instance whose memory this is a part of, lent. */
static HdValue root_borrowed(HdValue v) {
    while (!hd_is_null(hd_cdata(v)->base)) v = hd_cdata(v)->base;
    return v;
}

HdValue hd_ctypes_objects(HdThread *t, HdValue v) {
    HdCdata *root = hd_cdata(root_borrowed(v));
    HdValue found = hd_field_get(t, root, &root->objects);
    if (!hd_is_null(found)) return found;
    if (!root->length) return hd_None;
    HD_OWNED HdValue made = hd_dict_new(t);
    if (hd_is_null(made)) return made;
    hd_lock_object(t, &root->head);
    if (hd_is_null(root->objects)) root->objects = hd_retain(t, made);
    hd_unlock_object(t, &root->head);
    return hd_field_get(t, root, &root->objects);
}

/* "2" for a part of the root, "0:2" for part 0 of its part 2; hexadecimal. */
static HdValue part_key(HdThread *t, HdValue v, HdSize index) {
    HD_OWNED HdValue key = hd_str_format(t, "%lx", (unsigned long)index);
    while (!hd_is_null(key) && !hd_is_null(hd_cdata(v)->base)) {
        HdValue longer = hd_str_format(t, "%U:%lx", key, (unsigned long)hd_cdata(v)->index);
        hd_release(t, key);
        key = longer;
        v = hd_cdata(v)->base;
    }
    return hd_move(&key);
}

int hd_ctypes_keep_steal(HdThread *t, HdValue v, HdSize index, HdValue keep) {
    HD_OWNED HdValue kept = keep;
    if (hd_is_null(keep)) return -1;
    if (hd_is_none(keep)) return 0;
    HD_OWNED HdValue objects = hd_ctypes_objects(t, v);
    if (hd_is_null(objects)) return -1;
    if (!hd_is_exact_dict(objects)) {
        HdValue root = root_borrowed(v);
        hd_field_set_steal(t, hd_as_object(root), &hd_cdata(root)->objects, hd_move(&kept));
        return 0;
    }
    HD_OWNED HdValue key = part_key(t, v, index);
    return hd_is_null(key) ? -1 : hd_dict_set(t, objects, key, kept);
}

/* --- parts of memory as Python values --- */

HdValue hd_ctypes_get(HdThread *t, HdValue type, HdValue owner, HdSize index, HdSize size, void *at) {
    HdCtype *c = hd_ctype(type);
    if (c->kind == HD_CTYPE_SIMPLE && !hd_ctype_is_derived_simple(c)) return c->get(t, at, size);
    return hd_ctypes_at(t, &c->type, at, owner, index);
}

static HdValue raise_incompatible(HdThread *t, HdValue v, HdCtype *c) {
    return hd_raise(t, &hd_TypeError, "incompatible types, %s instance instead of %s instance", hd_type_name(v),
                    c->type.name);
}

/* From an instance: what the new place must keep alive. */
static HdValue copy_instance(HdThread *t, HdCtype *c, void *at, HdSize size, HdValue v) {
    int same = hd_object_isinstance(t, v, hd_type_value(&c->type));
    if (same < 0) return HD_NULL;
    if (same) {
        memmove(at, hd_cdata(v)->data, (size_t)(size < hd_cdata(v)->size ? size : hd_cdata(v)->size));
        return hd_ctypes_objects(t, v);
    }
    if (c->kind != HD_CTYPE_POINTER || hd_ctype_of(v)->kind != HD_CTYPE_ARRAY) return raise_incompatible(t, v, c);
    if (!hd_same(hd_ctype_of(v)->proto, c->proto)) return raise_incompatible(t, v, c);
    HD_OWNED HdValue objects = hd_ctypes_objects(t, v);
    if (hd_is_null(objects)) return HD_NULL;
    memcpy(at, &hd_cdata(v)->data, sizeof(void *)); /* the array becomes a pointer to it: the array itself must live */
    return hd_tuple_pack(t, 2, objects, v);
}

static HdValue put(HdThread *t, HdCtype *c, void *at, HdSize size, HdValue v) {
    if (hd_is_cdata(v)) return copy_instance(t, c, at, size, v);
    if (c->kind == HD_CTYPE_SIMPLE) return c->set(t, at, v, size);
    if (hd_is_tuple(v)) {
        HD_OWNED HdValue made = hd_object_call_ex(t, hd_type_value(&c->type), v, HD_NULL);
        if (!hd_is_null(made)) return put(t, c, at, size, made);
        HD_OWNED HdValue error = hd_take_raised(t);
        return hd_raise(t, &hd_RuntimeError, "(%s) %s: %V", c->type.name, hd_type_name(error), error);
    }
    if (hd_is_none(v) && c->kind == HD_CTYPE_POINTER) {
        memset(at, 0, sizeof(void *));
        return hd_None;
    }
    return hd_raise(t, &hd_TypeError, "expected %s instance, got %s", c->type.name, hd_type_name(v));
}

int hd_ctypes_set(HdThread *t, HdValue type, HdValue owner, HdSize index, HdSize size, void *at, HdValue v) {
    HdCtype *c = hd_ctype(type);
    bool plain = c->kind == HD_CTYPE_SIMPLE && !hd_is_cdata(v);
    HdValue keep = plain ? c->set(t, at, v, size) : put(t, c, at, size, v);
    return hd_ctypes_keep_steal(t, owner, index, keep);
}

/* --- buffers --- */

int hd_ctypes_getbuffer(HdThread *t, HdValue self, HdBuffer *view, int flags) {
    HdCdata *d = hd_cdata(self);
    HdCtype *c = hd_ctype_of(self), *item = c;
    while (item->kind == HD_CTYPE_ARRAY) item = hd_ctype(item->proto);
    *view = (HdBuffer){.data = d->data, .owner = hd_retain(t, self), .length = d->size, .itemsize = item->size,
                       .ndim = c->ndim, .format = c->format, .shape = c->shape, .strides = c->strides};
    return 0;
}

/* --- attributes --- */

static const HdMemberDef data_members[] = {
    {"_objects", HD_MEMBER_VALUE, offsetof(HdCdata, objects), true, "what the memory keeps alive; not to be changed",
     false},
    {"_b_base_", HD_MEMBER_VALUE, offsetof(HdCdata, base), true, "the base object", false},
    {"_b_needsfree_", HD_MEMBER_BOOL, offsetof(HdCdata, owns), true, "whether the object owns the memory or not",
     false},
    {0},
};

static HdValue data_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    if (hd_ctype_of(self)->flags & (HD_CTYPE_IS_POINTER | HD_CTYPE_HAS_POINTER)) {
        return hd_raise(t, &hd_ValueError, "ctypes objects containing pointers cannot be pickled");
    }
    HD_OWNED HdValue dict = hd_object_getattr_text(t, self, "__dict__");
    HD_OWNED HdValue bytes = hd_is_null(dict) ? HD_NULL : hd_bytes_new(t, hd_cdata(self)->data, hd_cdata(self)->size);
    HD_OWNED HdValue name = hd_is_null(bytes) ? HD_NULL : hd_str_from_text(t, "_ctypes");
    HD_OWNED HdValue builtins = hd_is_null(name) ? HD_NULL : hd_iter_builtin(t, "__import__");
    HD_OWNED HdValue module = hd_is_null(builtins) ? HD_NULL : hd_object_call1(t, builtins, name);
    HD_OWNED HdValue unpickle = hd_is_null(module) ? HD_NULL : hd_object_getattr_text(t, module, "_unpickle");
    HD_OWNED HdValue state = hd_is_null(unpickle) ? HD_NULL : hd_tuple_pack(t, 2, dict, bytes);
    HD_OWNED HdValue args =
        hd_is_null(state) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), state);
    return hd_is_null(args) ? HD_NULL : hd_tuple_pack(t, 2, unpickle, args);
}

static HdValue data_setstate(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_dict(args[0])) {
        return hd_raise(t, &hd_TypeError, "__setstate__() argument 1 must be dict, not %s", hd_type_name(args[0]));
    }
    if (!hd_is_bytes(args[1])) {
        return hd_raise(t, &hd_TypeError, "__setstate__() argument 2 must be bytes, not %s", hd_type_name(args[1]));
    }
    HD_OWNED HdValue dict = hd_object_getattr_text(t, self, "__dict__");
    if (hd_is_null(dict)) return HD_NULL;
    if (!hd_is_dict(dict)) {
        return hd_raise(t, &hd_TypeError, "%s.__dict__ must be a dictionary, not %s", hd_type_name(self),
                        hd_type_name(dict));
    }
    HdSize length = hd_bytes_length(args[1]);
    if (length > hd_cdata(self)->size) length = hd_cdata(self)->size;
    memmove(hd_cdata(self)->data, hd_bytes_data(args[1]), (size_t)length);
    return hd_dict_merge(t, dict, args[0], 1) < 0 ? HD_NULL : hd_None;
}

static HdValue data_from_outparam(HdThread *t, HdValue self, const HdValue *unused) { return hd_retain(t, self); }

static int64_t data_hash(HdThread *t, HdValue self) {
    return hd_raise_int(t, &hd_TypeError, "unhashable type");
}

static const HdMethodDef data_methods[] = {
    HD_METHOD(data_from_outparam, "__ctypes_from_outparam__($self)",
              "What an output parameter of this type is given back as."),
    HD_METHOD(data_reduce, "__reduce__($self)", "For pickling."),
    HD_METHOD(data_setstate, "__setstate__($self, dict, bytes, /)", "For unpickling."),
    HD_METHODS_END,
};

HdCtype hd_ctypes_data_type = {.type = {
    HD_TYPE_HEAD("_ctypes._CData"),
    .doc = "Base of all C data: a piece of memory.",
    .basicsize = sizeof(HdCdata),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW, /* no base for classes whose metaclass is not one of ours */
    .dealloc = hd_ctypes_dealloc,
    .traverse = hd_ctypes_traverse,
    .clear = hd_ctypes_clear,
    .getbuffer = hd_ctypes_getbuffer,
    .hash = data_hash,
    .methods = data_methods,
    .members = data_members,
}};

/* --- instances on memory that is there: methods of the metaclasses --- */

HdValue hd_ctypes_from_address(HdThread *t, HdValue type, const HdValue *args) {
    if (!hd_is_int(args[0])) return hd_raise(t, &hd_TypeError, "integer expected");
    uint64_t address = hd_number_as_u64_mask(t, args[0]);
    return hd_raised(t) ? HD_NULL : hd_ctypes_at(t, HD_AS(HdType, type), (void *)(uintptr_t)address, HD_NULL, 0);
}

/* Where the type's bytes begin in a buffer of `length`; -1 raised. */
static HdSize buffer_offset(HdThread *t, HdValue offset_or_null, HdSize length, HdSize size) {
    HdSize offset = hd_is_null(offset_or_null) ? 0 : hd_number_as_size(t, offset_or_null, &hd_OverflowError);
    if (offset == -1 && hd_raised(t)) return -1;
    if (offset < 0) return hd_raise_int(t, &hd_ValueError, "offset cannot be negative");
    if (size <= length - offset) return offset;
    if (offset) {
        return hd_raise_int(t, &hd_ValueError,
                            "Buffer size too small (%zd instead of at least %zd bytes)", length, size + offset);
    }
    return hd_raise_int(t, &hd_ValueError, "Buffer size too small (%zd instead of at least %zd bytes)", length, size);
}

static bool contiguous(const HdBuffer *b) {
    if (b->suboffsets) return false;
    HdSize stride = b->itemsize;
    for (int i = b->ndim - 1; b->strides && b->shape && i >= 0; i--) {
        if (b->shape[i] > 1 && b->strides[i] != stride) return false;
        stride *= b->shape[i];
    }
    return true;
}

HdValue hd_ctypes_from_buffer(HdThread *t, HdValue type, const HdValue *args) {
    HdCtype *c = hd_ctypes_need_layout(t, type);
    if (!c) return HD_NULL;
    HD_OWNED HdValue view = hd_memoryview_new(t, args[0]); /* it keeps the buffer lent out */
    if (hd_is_null(view)) return HD_NULL;
    HdBuffer buffer;
    if (hd_buffer_get(t, view, &buffer, HD_BUFFER_FULL_RO) < 0) return HD_NULL;
    HdValue self = HD_NULL;
    if (buffer.read_only) hd_raise(t, &hd_TypeError, "underlying buffer is not writable");
    else if (!contiguous(&buffer)) hd_raise(t, &hd_TypeError, "underlying buffer is not C contiguous");
    HdSize offset = hd_raised(t) ? -1 : buffer_offset(t, args[1], buffer.length, c->size);
    if (offset >= 0) self = hd_ctypes_at(t, &c->type, (char *)buffer.data + offset, HD_NULL, 0);
    hd_buffer_release(t, &buffer);
    if (!hd_is_null(self) && hd_ctypes_keep_steal(t, self, -1, hd_move(&view)) < 0) {
        hd_release(t, self);
        return HD_NULL;
    }
    return self;
}

HdValue hd_ctypes_from_buffer_copy(HdThread *t, HdValue type, const HdValue *args) {
    HdCtype *c = hd_ctypes_need_layout(t, type);
    HdBuffer buffer;
    if (!c || hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdSize offset = buffer_offset(t, args[1], buffer.length, c->size);
    HdValue self = offset < 0 ? HD_NULL : hd_ctypes_new(t, &c->type);
    if (!hd_is_null(self)) memcpy(hd_cdata(self)->data, (char *)buffer.data + offset, (size_t)c->size);
    hd_buffer_release(t, &buffer);
    return self;
}

HdValue hd_ctypes_in_dll(HdThread *t, HdValue type, const HdValue *args) {
    if (!hd_ctypes_need_layout(t, type)) return HD_NULL;
    HD_OWNED HdValue handle = hd_object_getattr_text(t, args[0], "_handle");
    if (hd_is_null(handle)) return HD_NULL;
    if (!hd_is_int(handle)) {
        return hd_raise(t, &hd_TypeError, "the _handle attribute of the second argument must be an integer");
    }
    if (!hd_is_str(args[1])) {
        return hd_raise(t, &hd_TypeError, "in_dll() argument 2 must be str, not %s", hd_type_name(args[1]));
    }
    const char *name = hd_str_utf8(t, args[1], NULL);
    uint64_t word = hd_number_as_u64_mask(t, handle);
    if (!name || hd_raised(t)) return HD_NULL;
    void *address = dlsym((void *)(uintptr_t)word, name);
    if (address) return hd_ctypes_at(t, HD_AS(HdType, type), address, HD_NULL, 0);
    const char *error = dlerror();
    return hd_raise(t, &hd_ValueError, "%s", error ? error : "the symbol's address is NULL");
}
