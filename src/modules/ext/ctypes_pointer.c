/* ctypes_pointer.c -- pointers to C types: the metaclass and _Pointer.
 *
 * A pointer keeps what it points to alive under "1", and what that keeps under "0". No locks: see ctypes_types.h.
 */
#include "ctypes_types.h"

/* --- making a class --- */

static int set_target(HdThread *t, HdCtype *c, HdValue proto) {
    if (!hd_is_type(proto)) return hd_raise_int(t, &hd_TypeError, "_type_ must be a type");
    HdCtype *target = hd_ctype_with_layout(proto);
    if (!target) return hd_raise_int(t, &hd_TypeError, "_type_ must have storage info");
    hd_replace_steal(t, &c->proto, hd_retain(t, proto));
    return 0;
}

/* "&<i", "&(2,3)<h" */
static char *pointer_format(HdThread *t, const HdCtype *target) {
    if (target->kind != HD_CTYPE_ARRAY) return hd_ctypes_format(t, "&%s", target->format);
    HD_OWNED HdValue shape = hd_str_format(t, "%ld", (long)target->shape[0]);
    for (int i = 1; i < target->ndim && !hd_is_null(shape); i++) {
        HdValue longer = hd_str_format(t, "%U,%ld", shape, (long)target->shape[i]);
        hd_release(t, shape);
        shape = longer;
    }
    const char *text = hd_is_null(shape) ? NULL : hd_str_utf8(t, shape, NULL);
    return text ? hd_ctypes_format(t, "&(%s)%s", text, target->format) : NULL;
}

static HdValue pointer_meta_create(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue self = hd_ctypes_new_class(t, meta, args, nargs, kwnames);
    if (hd_is_null(self)) return self;
    HdCtype *c = hd_ctype(self);
    HD_OWNED HdValue proto = hd_ctypes_own_attribute(t, &c->type, "_type_");
    if (!hd_is_null(proto) && set_target(t, c, proto) < 0) return HD_NULL;
    c->size = sizeof(void *);
    c->align = _Alignof(void *);
    c->length = 1;
    c->ffi = &ffi_type_pointer;
    c->flags = HD_CTYPE_IS_POINTER;
    c->format = hd_is_null(c->proto) ? hd_ctypes_format(t, "B") : pointer_format(t, hd_ctype(c->proto));
    if (!c->format) return HD_NULL;
    c->kind = HD_CTYPE_POINTER;
    return hd_move(&self);
}

static HdValue set_type(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_ctypes_need_layout(t, self)) return HD_NULL;
    if (set_target(t, hd_ctype(self), args[0]) < 0) return HD_NULL;
    return hd_type_setattro(t, self, HD_NAME("_type_"), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue pointer_from_param(HdThread *t, HdValue type, const HdValue *args) {
    HdValue v = args[0], proto = hd_ctype(type)->proto;
    if (hd_is_none(v)) return hd_None;
    if (hd_is_null(proto)) return hd_ctypes_from_param(t, type, args);
    int is = hd_object_isinstance(t, v, proto);
    if (is) return is < 0 ? HD_NULL : hd_ctypes_byref(t, v, 0);
    if (hd_is_cdata(v)) {
        HdCtype *c = hd_ctype_of(v);
        if ((c->kind == HD_CTYPE_POINTER || c->kind == HD_CTYPE_ARRAY) && !hd_is_null(c->proto)) {
            is = hd_object_issubclass(t, c->proto, proto);
            if (is) return is < 0 ? HD_NULL : hd_retain(t, v);
        }
    }
    return hd_ctypes_from_param(t, type, args);
}

/* --- _Pointer --- */

static HdCtype *need_target(HdThread *t, HdValue self) {
    HdValue proto = hd_ctype_of(self)->proto;
    if (!hd_is_null(proto)) return hd_ctype(proto);
    hd_raise(t, &hd_TypeError, "Pointer has no _type_");
    return NULL;
}
static char *target_address(HdThread *t, HdValue self) {
    char *address;
    memcpy(&address, hd_cdata(self)->data, sizeof address);
    if (!address) hd_raise(t, &hd_ValueError, "NULL pointer access");
    return address;
}

static HdValue get_contents(HdThread *t, HdValue self, void *closure) {
    char *address = target_address(t, self);
    HdCtype *target = address ? need_target(t, self) : NULL;
    return target ? hd_ctypes_at(t, &target->type, address, self, 0) : HD_NULL;
}

static int set_contents(HdThread *t, HdValue self, HdValue v, void *closure) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "Pointer does not support item deletion");
    HdCtype *target = need_target(t, self);
    if (!target) return -1;
    int is = hd_object_isinstance(t, v, hd_type_value(&target->type));
    if (is < 0) return -1;
    if (!is || !hd_is_cdata(v)) {
        return hd_raise_int(t, &hd_TypeError, "expected %s instead of %s", target->type.name, hd_type_name(v));
    }
    memcpy(hd_cdata(self)->data, &hd_cdata(v)->data, sizeof(void *));
    if (hd_ctypes_keep_steal(t, self, 1, hd_retain(t, v)) < 0) return -1;
    return hd_ctypes_keep_steal(t, self, 0, hd_ctypes_objects(t, v));
}

static HdValue get_item(HdThread *t, HdValue self, HdSize index) {
    char *address = target_address(t, self);
    HdCtype *target = address ? need_target(t, self) : NULL;
    if (!target) return HD_NULL;
    return hd_ctypes_get(t, hd_type_value(&target->type), self, index, target->size, address + index * target->size);
}

/* start and stop must be there where they cannot be guessed; -1 raised, else the number of items. */
static HdSize slice_bounds(HdThread *t, HdSlice *slice, HdSize *start, HdSize *step) {
    HdSize stop;
    *step = 1;
    if (!hd_is_none(slice->step) && hd_slice_index(t, slice->step, step) < 0) return -1;
    if (*step == 0) return hd_raise_int(t, &hd_ValueError, "slice step cannot be zero");
    *start = 0;
    if (hd_is_none(slice->start)) {
        if (*step < 0) return hd_raise_int(t, &hd_ValueError, "slice start is required for step < 0");
    } else if (hd_slice_index(t, slice->start, start) < 0) {
        return -1;
    }
    if (hd_is_none(slice->stop)) return hd_raise_int(t, &hd_ValueError, "slice stop is required");
    if (hd_slice_index(t, slice->stop, &stop) < 0) return -1;
    if (*step > 0) return stop > *start ? (stop - *start - 1) / *step + 1 : 0;
    return *start > stop ? (*start - stop - 1) / -*step + 1 : 0;
}

static HdValue get_slice(HdThread *t, HdValue self, HdSlice *slice) {
    HdSize start, step, count = slice_bounds(t, slice, &start, &step);
    HdCtype *target = count < 0 ? NULL : need_target(t, self);
    if (!target) return HD_NULL;
    bool chars = hd_ctypes_is_code(target, 'c'), wide = hd_ctypes_is_code(target, 'u');
    if (chars || wide) {
        char *address = count ? target_address(t, self) : "";
        if (!address) return HD_NULL;
        return chars ? hd_ctypes_slice_chars(t, address, start, step, count)
                     : hd_ctypes_slice_wchars(t, address, start, step, count);
    }
    HD_OWNED HdValue list = hd_list_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(list); i++) {
        HdValue v = get_item(t, self, start + i * step);
        if (hd_is_null(v) || hd_list_append_steal(t, list, v) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue pointer_getitem(HdThread *t, HdValue self, HdValue key) {
    if (hd_is_exact(key, &hd_slice_type)) return get_slice(t, self, HD_AS(HdSlice, key));
    if (!hd_number_check_index(key)) return hd_raise(t, &hd_TypeError, "Pointer indices must be integer");
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    return index == -1 && hd_raised(t) ? HD_NULL : get_item(t, self, index);
}

static int pointer_setitem(HdThread *t, HdValue self, HdValue key, HdValue v) {
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "Pointer does not support item deletion");
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    if (index == -1 && hd_raised(t)) return -1;
    char *address = target_address(t, self);
    HdCtype *target = address ? need_target(t, self) : NULL;
    if (!target) return -1;
    return hd_ctypes_set(t, hd_type_value(&target->type), self, index, target->size, address + index * target->size, v);
}

static int pointer_truth(HdThread *t, HdValue self) {
    void *address;
    memcpy(&address, hd_cdata(self)->data, sizeof address);
    return address != NULL;
}

static HdValue pointer_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_is_null(((HdCtype *)type)->proto)) {
        return hd_raise(t, &hd_TypeError, "Cannot create instance: has no _type_");
    }
    return hd_ctypes_new(t, type);
}
static int pointer_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!hd_is_null(kwnames) && hd_tuple_length(kwnames)) {
        return hd_raise_int(t, &hd_TypeError, "%s() takes no keyword arguments", hd_type_name(self));
    }
    if (nargs > 1) {
        return hd_raise_int(t, &hd_TypeError, "POINTER() takes at most 1 argument (%zd given)", nargs);
    }
    return nargs ? set_contents(t, self, hd_ref_value(args[0]), NULL) : 0;
}

static const HdMethodDef pointer_meta_methods[] = {
    HD_CTYPES_FROM_METHODS,
    HD_CTYPES_FROM_PARAM(pointer_from_param),
    HD_METHOD(set_type, "set_type($self, type, /)", "Gives an incomplete pointer type its target."),
    HD_METHODS_END,
};
HdType hd_ctypes_pointer_meta = {
    HD_CTYPES_META("_ctypes.PyCPointerType"),
    .doc = "Metaclass of pointer types.",
    .create = pointer_meta_create,
    .methods = pointer_meta_methods,
};

static const HdGetSetDef pointer_getsets[] = {
    {"contents", get_contents, set_contents, "the object this pointer points to (read-write)", NULL},
    {0},
};
HdCtype hd_ctypes_pointer_type = {.type = {
    .head = HD_STATIC_HEADER(&hd_ctypes_pointer_meta),
    .name = "_ctypes._Pointer",
    .doc = "Base of pointers: a subclass gives _type_, a C type.",
    .base = &hd_ctypes_data_type.type,
    .basicsize = sizeof(HdCdata),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = hd_ctypes_dealloc,
    .traverse = hd_ctypes_traverse,
    .clear = hd_ctypes_clear,
    .create = pointer_create,
    .init = pointer_init,
    .getitem = pointer_getitem,
    .setitem = pointer_setitem,
    .truth = pointer_truth,
    .getsets = pointer_getsets,
}};
