/* ctypes_field.c -- Structure and Union, their metaclasses, and the descriptors of their members.
 *
 * No locks: see ctypes_types.h.
 */
#include "ctypes_types.h"

/* --- members --- */

/* An integer of `size` bytes in memory, in the member's byte order. */
static uint64_t load_bits(const HdCfield *f, const char *at, HdSize size) {
    uint64_t word = 0;
    for (HdSize i = 0; i < size; i++) word |= (uint64_t)(uint8_t)at[f->swapped ? size - 1 - i : i] << (8 * i);
    return word;
}
static void store_bits(const HdCfield *f, char *at, HdSize size, uint64_t word) {
    for (HdSize i = 0; i < size; i++) at[f->swapped ? size - 1 - i : i] = (char)(word >> (8 * i));
}
static uint64_t bit_mask(const HdCfield *f) { return f->bits == 64 ? ~(uint64_t)0 : ((uint64_t)1 << f->bits) - 1; }

static HdValue get_bits(HdThread *t, const HdCfield *f, const char *at) {
    uint64_t bits = load_bits(f, at, f->size) >> f->low & bit_mask(f);
    char code = hd_ctype(f->proto)->code->code;
    if (code == '?') return hd_bool(bits != 0);
    bool is_signed = strchr("bhilq", code) != NULL;
    if (is_signed && bits >> (f->bits - 1)) return hd_int_from_i64(t, (int64_t)(bits | ~bit_mask(f)));
    return hd_int_from_u64(t, bits);
}
static int set_bits(HdThread *t, const HdCfield *f, char *at, HdValue v) {
    uint64_t bits;
    if (hd_is_cdata(v)) {
        HD_OWNED HdValue inner = hd_object_getattr_text(t, v, "value");
        if (hd_is_null(inner)) return -1;
        bits = hd_number_as_u64_mask(t, inner);
    } else if (hd_ctypes_is_code(hd_ctype(f->proto), '?')) {
        int truth = hd_object_truth(t, v);
        if (truth < 0) return -1;
        bits = (uint64_t)truth;
    } else {
        bits = hd_number_as_u64_mask(t, v);
    }
    if (hd_raised(t)) return -1;
    uint64_t word = load_bits(f, at, f->size) & ~(bit_mask(f) << f->low);
    store_bits(f, at, f->size, word | (bits & bit_mask(f)) << f->low);
    return 0;
}

/* 'c' or 'u' for arrays of characters, which are given as bytes and str; else 0. */
static char text_item(const HdCfield *f) {
    HdCtype *c = hd_ctype(f->proto);
    if (c->kind != HD_CTYPE_ARRAY) return 0;
    return hd_ctypes_is_code(hd_ctype(c->proto), 'c') ? 'c' : hd_ctypes_is_code(hd_ctype(c->proto), 'u') ? 'u' : 0;
}

/* Where the member lies in an instance; NULL = raised. */
static char *member_address(HdThread *t, const HdCfield *f, HdValue object) {
    if (hd_is_cdata(object) && f->offset + f->size <= hd_cdata(object)->size) return hd_cdata(object)->data + f->offset;
    hd_raise(t, &hd_TypeError, "not a ctype instance");
    return NULL;
}

static HdValue field_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    HdCfield *f = HD_AS(HdCfield, self);
    if (hd_is_null(object) || hd_is_none(object)) return hd_retain(t, self);
    char *at = member_address(t, f, object);
    if (!at) return HD_NULL;
    if (f->bits) return get_bits(t, f, at);
    char text = text_item(f);
    if (text) return text == 'c' ? hd_ctypes_chars_get(t, at, f->size) : hd_ctypes_wchars_get(t, at, f->size);
    return hd_ctypes_get(t, f->proto, object, f->index, f->size, at);
}

static int field_set(HdThread *t, HdValue self, HdValue object, HdValue v) {
    HdCfield *f = HD_AS(HdCfield, self);
    char *at = member_address(t, f, object);
    if (!at) return -1;
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "can't delete attribute");
    if (f->bits) return set_bits(t, f, at, v);
    char text = text_item(f);
    if (!text) return hd_ctypes_set(t, f->proto, object, f->index, f->size, at, v);
    HdValue done = text == 'c' ? hd_ctypes_chars_set(t, at, v, f->size) : hd_ctypes_wchars_set(t, at, v, f->size);
    return hd_is_null(done) ? -1 : 0;
}

static HdValue field_repr(HdThread *t, HdValue self) {
    HdCfield *f = HD_AS(HdCfield, self);
    const char *name = HD_AS(HdType, f->proto)->name;
    if (f->bits) {
        return hd_str_format(t, "<Field type=%s, ofs=%zd:%d, bits=%d>", name, f->offset, f->low, f->bits);
    }
    return hd_str_format(t, "<Field type=%s, ofs=%zd, size=%zd>", name, f->offset, f->size);
}
static HdValue field_get_size(HdThread *t, HdValue self, void *closure) {
    HdCfield *f = HD_AS(HdCfield, self);
    return hd_int_from_size(t, f->bits ? (HdSize)f->bits << 16 | f->low : f->size);
}
static int field_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdCfield *)self)->proto);
    return 0;
}
static void field_clear(HdThread *t, HdObject *self) {}
static void field_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdCfield *)self)->proto);
    hd_type_free(t, self);
}

static const HdMemberDef field_members[] = {
    {"offset", HD_MEMBER_SIZE, offsetof(HdCfield, offset), true, "offset in bytes of this field", false},
    {0},
};
static const HdGetSetDef field_getsets[] = {
    {"size", field_get_size, NULL, "size in bytes of this field; of a bit field: width << 16 | lowest bit", NULL},
    {0},
};
HdType hd_ctypes_field_type = {
    HD_TYPE_HEAD("_ctypes.CField"),
    .doc = "Structure/Union member",
    .basicsize = sizeof(HdCfield),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = field_dealloc,
    .traverse = field_traverse,
    .clear = field_clear,
    .repr = field_repr,
    .descr_get = field_get,
    .descr_set = field_set,
    .members = field_members,
    .getsets = field_getsets,
};

/* --- the metaclasses --- */

HdCtype *hd_ctypes_struct_base(HdCtype *c) {
    HdType *base = c->type.base;
    return base ? hd_ctype_with_layout(hd_type_value(base)) : NULL;
}

/* What the base has, or nothing yet. */
static int start_layout(HdThread *t, HdCtype *c, HdCtypeKind kind) {
    HdCtype *base = hd_ctypes_struct_base(c);
    c->align = 1;
    if (base) {
        c->size = base->size;
        c->align = base->align;
        c->length = base->length;
        c->flags = base->flags;
        c->has_bits = base->has_bits;
        c->swapped = base->swapped;
        hd_ctype_make_final(base);
    }
    c->format = hd_ctypes_format(t, "%s", base ? base->format : "B");
    if (!c->format) return -1;
    c->kind = kind;
    return hd_ctypes_set_ffi(t, c);
}

static HdValue create_struct_class(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames,
                                   HdCtypeKind kind) {
    HD_OWNED HdValue self = hd_ctypes_new_class(t, meta, args, nargs, kwnames);
    if (hd_is_null(self)) return self;
    HdCtype *c = hd_ctype(self);
    HD_OWNED HdValue abstract = hd_ctypes_own_attribute(t, &c->type, "_abstract_");
    if (!hd_is_null(abstract)) return hd_move(&self);
    if (start_layout(t, c, kind) < 0) return HD_NULL;
    HD_OWNED HdValue fields = hd_ctypes_own_attribute(t, &c->type, "_fields_");
    if (!hd_is_null(fields) && hd_object_setattr(t, self, HD_NAME("_fields_"), fields) < 0) return HD_NULL;
    return hd_move(&self);
}
static HdValue structure_meta_create(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return create_struct_class(t, meta, args, nargs, kwnames, HD_CTYPE_STRUCT);
}
static HdValue union_meta_create(HdThread *t, HdType *meta, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return create_struct_class(t, meta, args, nargs, kwnames, HD_CTYPE_UNION);
}

static int struct_meta_setattr(HdThread *t, HdValue self, HdValue name, HdValue v) {
    if (hd_type_setattro(t, self, name, v) < 0) return -1;
    if (hd_is_null(v) || !hd_is_str(name) || !hd_str_equals_text(name, "_fields_")) return 0;
    if (!hd_ctype_with_layout(self)) return hd_raise_int(t, &hd_TypeError, "ctypes state is not initialized");
    return hd_ctypes_set_fields(t, self, v);
}

/* --- instances --- */

/* Gives the members of the base first, then the type's own; -1 raised, else how many arguments are used up. */
static HdSize init_positional(HdThread *t, HdValue self, HdCtype *c, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdCtype *base = hd_ctypes_struct_base(c);
    HdSize used = base ? init_positional(t, self, base, args, nargs, kwnames) : 0;
    if (used < 0) return -1;
    HD_OWNED HdValue fields = hd_ctypes_own_attribute(t, &c->type, "_fields_");
    HdSize count = hd_is_null(fields) ? 0 : hd_object_length(t, fields);
    if (count < 0) return -1;
    for (HdSize i = 0; i < count && used < nargs; i++, used++) {
        HD_OWNED HdValue pair = hd_object_getitem_index(t, fields, i);
        HD_OWNED HdValue name = hd_is_null(pair) ? HD_NULL : hd_object_getitem_index(t, pair, 0);
        if (hd_is_null(name)) return -1;
        if (!hd_is_null(kwnames)) {
            int twice = hd_object_contains(t, kwnames, name);
            if (twice < 0) return -1;
            if (twice) return hd_raise_int(t, &hd_TypeError, "duplicate values for field %R", name);
        }
        if (hd_object_setattr(t, self, name, hd_ref_value(args[used])) < 0) return -1;
    }
    return used;
}

static int struct_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize used = nargs ? init_positional(t, self, hd_ctype_of(self), args, nargs, kwnames) : 0;
    if (used < 0) return -1;
    if (used < nargs) return hd_raise_int(t, &hd_TypeError, "too many initializers");
    for (HdSize i = 0; !hd_is_null(kwnames) && i < hd_tuple_length(kwnames); i++) {
        if (hd_object_setattr(t, self, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(args[nargs + i])) < 0) return -1;
    }
    return 0;
}

static const HdMethodDef struct_meta_methods[] = {
    HD_CTYPES_FROM_METHODS,
    HD_CTYPES_FROM_PARAM(hd_ctypes_from_param),
    HD_METHODS_END,
};
HdType hd_ctypes_structure_meta = {
    HD_CTYPES_META("_ctypes.PyCStructType"),
    .doc = "Metaclass of structures.",
    .create = structure_meta_create,
    .setattr = struct_meta_setattr,
    .methods = struct_meta_methods,
};
HdType hd_ctypes_union_meta = {
    HD_CTYPES_META("_ctypes.UnionType"),
    .doc = "Metaclass of unions.",
    .create = union_meta_create,
    .setattr = struct_meta_setattr,
    .methods = struct_meta_methods,
};

#define STRUCT_TYPE(meta, type_name, words)                                                            \
    {.type = {                                                                                         \
         .head = HD_STATIC_HEADER(meta), .name = (type_name), .doc = (words),                          \
         .base = &hd_ctypes_data_type.type, .basicsize = sizeof(HdCdata),                              \
         .flags = HD_TYPE_BASE | HD_TYPE_GC, .dealloc = hd_ctypes_dealloc,                             \
         .traverse = hd_ctypes_traverse, .clear = hd_ctypes_clear, .create = hd_ctypes_create,         \
         .init = struct_init,                                                                          \
     }}
HdCtype hd_ctypes_structure_type = STRUCT_TYPE(&hd_ctypes_structure_meta, "_ctypes.Structure", "Base of structures.");
HdCtype hd_ctypes_union_type = STRUCT_TYPE(&hd_ctypes_union_meta, "_ctypes.Union", "Base of unions.");
