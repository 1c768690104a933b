/* ctypes_layout.c -- where the members of a structure or union lie: `_fields_`, `_pack_`, `_anonymous_`.
 *
 * Bit fields share storage as GCC's do on Linux: one that does not fit into the storage open at the moment widens it if
 * its own type is larger and has room, else opens new storage. One thread lays a class out; no locks.
 */
#include "ctypes_types.h"

#include <stdlib.h>

typedef struct Layout {
    HdCtype *c;
    bool is_union, big; /* big: big-endian bit fields */
    int64_t pack;       /* 0: natural alignment */
    HdSize size, offset, align, largest;
    int open_bits, used_bits; /* storage of bit fields that is open: its width, bits taken */
    HdValue format;           /* str, owned; HD_NULL: not described */
} Layout;

static HdSize align_up(HdSize n, HdSize align) { return align ? (n + align - 1) / align * align : n; }

/* Opens new storage, or places an ordinary member. */
static void place_new(Layout *l, HdCfield *f, const HdCtype *type) {
    HdSize align = l->pack && l->pack < type->align ? l->pack : type->align;
    l->offset = align_up(l->offset, align);
    f->offset = l->offset;
    l->offset += type->size;
    l->size = l->offset;
    if (align > l->align) l->align = align;
}

static void place(Layout *l, HdCfield *f, const HdCtype *type) {
    int width = (int)type->size * 8;
    if (!f->bits) {
        l->open_bits = 0;
        place_new(l, f, type);
        return;
    }
    if (l->open_bits && width <= l->open_bits && l->used_bits + f->bits <= l->open_bits) {
        f->offset = l->offset - l->open_bits / 8;
    } else if (l->open_bits && width >= l->open_bits && l->used_bits + f->bits <= width) {
        l->offset += type->size - l->open_bits / 8;
        l->size = l->offset;
        l->open_bits = width;
        f->offset = l->offset - type->size;
    } else {
        l->open_bits = width;
        l->used_bits = 0;
        place_new(l, f, type);
    }
    f->size = l->open_bits / 8; /* of the storage */
    f->low = l->big ? l->open_bits - l->used_bits - f->bits : l->used_bits;
    l->used_bits += f->bits;
}

static void place_in_union(Layout *l, HdCfield *f, const HdCtype *type) {
    l->offset = l->open_bits = 0;
    place(l, f, type);
    if (l->size > l->largest) l->largest = l->size;
}

/* --- one member --- */

static int bits_argument(HdThread *t, HdValue v, const HdCtype *type) {
    int64_t bits = 0;
    bool integer = type->kind == HD_CTYPE_SIMPLE && strchr("bBhHiIlLqQ?", type->code->code);
    if (!integer) return hd_raise_int(t, &hd_TypeError, "bit fields not allowed for type %s", type->type.name);
    if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "an integer is required (got type %s)", hd_type_name(v));
    if (!hd_int_try_i64(v, &bits) || bits <= 0 || bits > type->size * 8) {
        return hd_raise_int(t, &hd_ValueError, "number of bits invalid for bit field");
    }
    return (int)bits;
}

static int describe(HdThread *t, Layout *l, HdValue name, const HdCtype *type) {
    if (hd_is_null(l->format)) return 0;
    HD_OWNED HdValue shape = hd_str_empty();
    for (int i = 0; type->kind == HD_CTYPE_ARRAY && i < type->ndim && !hd_is_null(shape); i++) {
        HdValue longer = hd_str_format(t, i ? "%U,%ld" : "%U(%ld", shape, (long)type->shape[i]);
        hd_release(t, shape);
        shape = longer;
    }
    if (hd_is_null(shape)) return -1;
    HdValue longer = hd_str_format(t, "%U%U%s%s:%U:", l->format, shape, hd_str_length(shape) ? ")" : "", type->format,
                                   name);
    hd_replace_steal(t, &l->format, longer);
    return hd_is_null(longer) ? -1 : 0;
}

static int add_member(HdThread *t, Layout *l, HdValue pair, HdSize index, HdSize base_length) {
    HdSize count = hd_is_tuple(pair) ? hd_tuple_length(pair) : 0;
    if (count < 2 || count > 3 || !hd_is_str(hd_tuple_at_borrowed(pair, 0))) {
        return hd_raise_int(t, &hd_TypeError, "'_fields_' must be a sequence of (name, C type) pairs");
    }
    HdValue name = hd_tuple_at_borrowed(pair, 0), proto = hd_tuple_at_borrowed(pair, 1);
    HdCtype *type = hd_ctype_with_layout(proto), *c = l->c;
    if (!type) {
        return hd_raise_int(t, &hd_TypeError, "second item in _fields_ tuple (index %zd) must be a C type", index);
    }
    int bits = count == 3 ? bits_argument(t, hd_tuple_at_borrowed(pair, 2), type) : 0;
    if (bits < 0) return -1;
    if (type->flags & (HD_CTYPE_IS_POINTER | HD_CTYPE_HAS_POINTER)) c->flags |= HD_CTYPE_HAS_POINTER;
    if (bits || type->has_bits) c->has_bits = true;
    hd_ctype_make_final(type);
    HD_OWNED HdValue field = hd_type_alloc(t, &hd_ctypes_field_type);
    if (hd_is_null(field) || describe(t, l, name, type) < 0) return -1;
    HdCfield *f = HD_AS(HdCfield, field);
    f->proto = hd_retain(t, proto);
    f->size = type->size;
    f->index = base_length + index;
    f->bits = bits;
    f->swapped = type->kind == HD_CTYPE_SIMPLE && type->swapped;
    if (l->is_union) place_in_union(l, f, type);
    else place(l, f, type);
    if (l->offset < 0 || l->offset > HD_SIZE_MAX / 2) return hd_raise_int(t, &hd_OverflowError, "structure too large");
    return hd_list_append(t, c->fields, field) < 0 ? -1 : hd_object_setattr(t, hd_type_value(&c->type), name, field);
}

/* --- _pack_ and _anonymous_ --- */

static int find_pack(HdThread *t, HdValue type, int64_t *pack) {
    HD_OWNED HdValue v = HD_NULL;
    int found = hd_object_find_attr(t, type, HD_NAME("_pack_"), &v);
    if (found <= 0) return found;
    if (hd_is_int(v) && hd_int_try_i64(v, pack) && *pack >= 0 && *pack <= INT32_MAX) return 1;
    return hd_raise_int(t, &hd_ValueError, "_pack_ must be a non-negative integer");
}

/* The member of `inner` as one of the type in which it lies at `offset`. */
static int lift_one(HdThread *t, HdValue type, HdValue name, const HdCfield *inner, HdSize offset, HdSize index) {
    HD_OWNED HdValue made = hd_type_alloc(t, &hd_ctypes_field_type);
    if (hd_is_null(made)) return -1;
    HdCfield *f = HD_AS(HdCfield, made);
    f->offset = offset + inner->offset;
    f->size = inner->size;
    f->index = index + inner->index;
    f->bits = inner->bits;
    f->low = inner->low;
    f->swapped = inner->swapped;
    f->proto = hd_retain(t, inner->proto);
    return hd_object_setattr(t, type, name, made);
}

/* Puts the members of an anonymous member among the type's own. */
static int lift(HdThread *t, HdValue type, const HdCfield *outer, HdSize offset, HdSize index) {
    HD_OWNED HdValue fields = hd_object_getattr_text(t, outer->proto, "_fields_");
    HD_OWNED HdValue list =
        hd_is_null(fields) ? HD_NULL : hd_object_fast_sequence(t, fields, "_fields_ must be a sequence");
    HD_OWNED HdValue tuple = hd_is_null(list) ? HD_NULL : hd_tuple_from_iterable(t, list);
    if (hd_is_null(tuple) || hd_object_enter(t, "") < 0) return -1;
    offset += outer->offset;
    index += outer->index;
    for (HdSize i = 0; i < hd_tuple_length(tuple); i++) {
        HdValue pair = hd_tuple_at_borrowed(tuple, i);
        if (!hd_is_tuple(pair) || !hd_tuple_length(pair) || !hd_is_str(hd_tuple_at_borrowed(pair, 0))) {
            return hd_raise_int(t, &hd_TypeError, "_fields_ must be a sequence of (name, C type) pairs");
        }
        HdValue name = hd_tuple_at_borrowed(pair, 0);
        HD_OWNED HdValue inner = hd_object_getattr(t, outer->proto, name);
        if (hd_is_null(inner)) return -1;
        if (!hd_is_exact(inner, &hd_ctypes_field_type)) return hd_raise_int(t, &hd_TypeError, "unexpected type");
        HdCfield *f = HD_AS(HdCfield, inner);
        int result = f->anonymous ? lift(t, type, f, offset, index) : lift_one(t, type, name, f, offset, index);
        if (result < 0) return -1;
    }
    return 0;
}

static int lift_anonymous(HdThread *t, HdValue type) {
    HD_OWNED HdValue names = HD_NULL;
    int found = hd_object_find_attr(t, type, HD_NAME("_anonymous_"), &names);
    if (found <= 0) return found;
    HD_OWNED HdValue list = hd_object_fast_sequence(t, names, "_anonymous_ must be a sequence");
    HD_OWNED HdValue tuple = hd_is_null(list) ? HD_NULL : hd_tuple_from_iterable(t, list);
    if (hd_is_null(tuple)) return -1;
    for (HdSize i = 0; i < hd_tuple_length(tuple); i++) {
        HdValue name = hd_tuple_at_borrowed(tuple, i);
        HD_OWNED HdValue field = hd_is_str(name) ? hd_object_getattr(t, type, name) : HD_NULL;
        if (hd_raised(t)) return -1;
        if (!hd_is_exact(field, &hd_ctypes_field_type)) {
            return hd_raise_int(t, &hd_AttributeError, "%R is specified in _anonymous_ but not in _fields_", name);
        }
        HD_AS(HdCfield, field)->anonymous = true;
        if (lift(t, type, HD_AS(HdCfield, field), 0, 0) < 0) return -1;
    }
    return 0;
}

/* --- the whole --- */

static int finish(HdThread *t, Layout *l, HdSize length) {
    HdCtype *c = l->c;
    c->size = align_up(l->is_union && l->largest > l->size ? l->largest : l->size, l->align);
    c->align = l->align;
    c->length = length;
    char *format;
    if (hd_is_null(l->format)) {
        format = hd_ctypes_format(t, "B");
    } else {
        const char *text = hd_str_utf8(t, l->format, NULL);
        format = text ? hd_ctypes_format(t, "%s}", text) : NULL;
    }
    if (!format) return -1;
    free(c->format);
    c->format = format;
    if (HD_LOAD_RELAXED(&c->final)) return hd_raise_int(t, &hd_AttributeError, "Structure or union cannot contain itself");
    hd_ctype_make_final(c);
    if (hd_ctypes_set_ffi(t, c) < 0) return -1;
    return lift_anonymous(t, hd_type_value(&c->type));
}

static int lay_out(HdThread *t, Layout *l, HdValue type, HdValue fields) {
    HdCtype *c = l->c, *base = hd_ctypes_struct_base(c);
    HD_OWNED HdValue swapped = HD_NULL;
    int found = hd_object_find_attr(t, type, HD_NAME("_swappedbytes_"), &swapped);
    int packed = found < 0 ? -1 : find_pack(t, type, &l->pack);
    if (packed < 0) return -1;
    l->big = c->swapped = found == 1;
    HdSize count = hd_object_length(t, fields);
    if (count < 0) {
        if (!hd_raised_is(t, &hd_TypeError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, &hd_TypeError, "'_fields_' must be a sequence of pairs");
    }
    if (HD_LOAD_RELAXED(&c->final)) return hd_raise_int(t, &hd_AttributeError, "_fields_ is final");
    l->align = base && base->align ? base->align : 1;
    l->size = l->offset = l->largest = base ? base->size : 0;
    HdSize base_length = base ? base->length : 0;
    if (base) c->flags |= base->flags & HD_CTYPE_HAS_POINTER;
    if (base && base->has_bits) c->has_bits = true;
    hd_replace_steal(t, &c->fields, hd_list_new(t, count));
    if (hd_is_null(c->fields)) return -1;
    if (!packed && !l->is_union) l->format = hd_str_from_text(t, "T{");
    if (hd_raised(t)) return -1;
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue pair = hd_object_getitem_index(t, fields, i);
        if (hd_is_null(pair) || add_member(t, l, pair, i, base_length) < 0) return -1;
    }
    return finish(t, l, base_length + count);
}

int hd_ctypes_set_fields(HdThread *t, HdValue type, HdValue fields) {
    Layout l = {.c = hd_ctype(type), .is_union = hd_is_instance(type, &hd_ctypes_union_meta)};
    int result = lay_out(t, &l, type, fields);
    hd_release(t, l.format);
    return result;
}
