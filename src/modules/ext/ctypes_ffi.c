/* ctypes_ffi.c -- how a structure or union is passed by value, in the terms of libffi.
 *
 * libffi knows structures as lists of elements. Small ones, which may travel in registers, are taken apart into their
 * numbers, nested structures and arrays included. What libffi has no words for, unions and bit fields, is described by
 * elements of the same class in the x86-64 ABI: an eightbyte in which anything is not a float is integers. Large ones
 * lie in memory, where the elements do not matter.
 */
#include "ctypes_types.h"

#include <stdlib.h>

enum { SMALL = 64 }; /* the largest that any ABI passes in registers */

typedef struct Leaf {
    ffi_type *ffi;
    HdSize offset;
} Leaf;
typedef struct Leaves {
    Leaf at[SMALL];
    int count;
    bool mixed; /* a union or bit fields: leaves overlap */
} Leaves;

static void add_leaf(Leaves *l, ffi_type *ffi, HdSize offset) {
    if (l->count < SMALL) l->at[l->count++] = (Leaf){ffi, offset};
    else l->mixed = true;
}

/* The numbers of which a type consists; runs no Python. */
static void collect(Leaves *l, HdCtype *c, HdSize offset) {
    if (c->kind == HD_CTYPE_ARRAY) {
        HdCtype *item = hd_ctype(c->proto);
        for (HdSize i = 0; i < c->length && i < SMALL; i++) collect(l, item, offset + i * item->size);
        return;
    }
    if (c->kind != HD_CTYPE_STRUCT && c->kind != HD_CTYPE_UNION) {
        add_leaf(l, c->ffi, offset);
        return;
    }
    if (c->kind == HD_CTYPE_UNION) l->mixed = true;
    HdCtype *base = hd_ctypes_struct_base(c);
    if (base) collect(l, base, offset);
    for (HdSize i = 0; !hd_is_null(c->fields) && i < hd_list_length(c->fields); i++) {
        HdCfield *f = HD_AS(HdCfield, HD_AS(HdList, c->fields)->array->at[i]);
        if (f->bits) l->mixed = true;
        collect(l, hd_ctype(f->proto), offset + f->offset);
    }
}

/* Elements for the bytes from `from` to `end`, at most eight. */
static int describe_eightbyte(const Leaves *l, HdSize from, HdSize end, ffi_type **out) {
    bool integer = false, has_double = false, second = false;
    for (int i = 0; i < l->count; i++) {
        const Leaf *leaf = &l->at[i];
        if (leaf->offset >= end || leaf->offset + (HdSize)leaf->ffi->size <= from) continue;
        if (leaf->ffi == &ffi_type_double) has_double = true;
        else if (leaf->ffi == &ffi_type_float) second |= leaf->offset >= from + 4;
        else integer = true;
    }
    int count = 0;
    if (!integer && has_double) {
        out[count++] = &ffi_type_double;
    } else if (!integer) {
        out[count++] = &ffi_type_float;
        if (second) out[count++] = &ffi_type_float;
    } else {
        static ffi_type *const sizes[] = {&ffi_type_uint64, &ffi_type_uint32, &ffi_type_uint16, &ffi_type_uint8};
        HdSize at = from;
        for (int i = 0; i < 4; i++) {
            for (; at + (HdSize)sizes[i]->size <= end; at += (HdSize)sizes[i]->size) out[count++] = sizes[i];
        }
    }
    return count;
}

static int describe_mixed(const Leaves *l, HdSize size, ffi_type **out) {
    int count = 0;
    for (int i = 0; i < l->count; i++) { /* passed in memory, or as it is */
        if (l->at[i].ffi == &ffi_type_longdouble) return out[0] = &ffi_type_longdouble, 1;
    }
    for (HdSize from = 0; from < size; from += 8) {
        count += describe_eightbyte(l, from, from + 8 < size ? from + 8 : size, out + count);
    }
    return count;
}

int hd_ctypes_set_ffi(HdThread *t, HdCtype *c) {
    Leaves leaves = {.count = 0};
    ffi_type **elements = calloc(SMALL * 2 + 1, sizeof *elements);
    if (!elements) return hd_raise_no_memory(t), -1;
    int count = 0;
    if (c->size > SMALL) elements[count++] = &ffi_type_pointer;
    else if (c->size > 0) collect(&leaves, c, 0);
    if (leaves.mixed) {
        count = describe_mixed(&leaves, c->size, elements);
    } else {
        for (int i = 0; i < leaves.count; i++) elements[count++] = leaves.at[i].ffi;
    }
    elements[count] = NULL;
    free(c->elements);
    c->elements = elements;
    c->own_ffi = (ffi_type){.size = (size_t)c->size, .alignment = (unsigned short)c->align, .type = FFI_TYPE_STRUCT,
                            .elements = elements};
    c->ffi = &c->own_ffi;
    return 0;
}
