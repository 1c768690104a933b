/* attrs.h -- where an instance keeps its attributes: shapes with inline values, or a dict.
 *
 * The attrs word of an instance holds a pointer to an HdShape (the ordered names of its attributes, their values lie
 * inline behind the word) or, once somebody asked for __dict__ or there was no room, a pointer to an HdDict with bit 0
 * set. Shapes form a tree per class: adding a name moves the instance to the child shape of that name, so two
 * instances that got the same names in the same order share a shape, and an inline cache needs one compare.
 * Deleting a name turns the instance to a dict. Without the GIL: a reader loads the shape, the value, and the shape again;
 * writers hold the instance's lock, store the value first and publish the shape with release.
 * Source of the idea: maps of Self (Chambers, Ungar, Lee 1989), as in PyPy and V8.
 */
#ifndef HD_ATTRS_H
#define HD_ATTRS_H

#include "type.h"

enum { HD_SHAPE_LINEAR = 8, HD_SHAPE_MAX = 64 };
typedef struct HdShape {
    HdType *type;           /* whose instances; shapes live as long as their type (lent) */
    struct HdShape *parent; /* without the last name; NULL for the root */
    HdValue name;           /* the last name, interned; owned */
    uint32_t count;         /* number of names */
    uint32_t capacity;      /* inline values of the instances of this tree; the same in all its shapes */
    struct HdShape **children; /* guarded by the type's lock */
    uint32_t child_count, child_capacity;
    const uint64_t *names;  /* `count` words: the names in order */
    const uint8_t *table;   /* count > HD_SHAPE_LINEAR: open addressing, number of a name + 1, 0 empty; else NULL */
    uint32_t table_mask;
    struct HdShape *older;  /* root only: the root this one replaced when instances outgrew it */
} HdShape;

typedef struct HdAttrs {
    uint64_t word;    /* HdShape *, or HdDict * | 1, or 0: nothing yet */
    HdValue values[]; /* shape->capacity of them; none when no shape was ever here */
} HdAttrs;

HD_INLINE HdAttrs *hd_attrs_of(HdObject *object) {
    HdSize offset = HD_LOAD_RELAXED(&object->type)->attrs_offset;
    if (HD_LIKELY(offset > 0)) return (HdAttrs *)((char *)object + offset);
    return offset == 0 ? NULL : (HdAttrs *)hd_type_tail(object);
}
HD_INLINE bool hd_attrs_is_dict(uint64_t word) { return (word & 1) != 0; }
/* Index of `name` (interned) in a shape, -1 if it is not there. */
int hd_shape_index_table(const HdShape *shape, HdValue name);
HD_INLINE int hd_shape_index(const HdShape *shape, HdValue name) {
    if (HD_UNLIKELY(shape->table != NULL)) return hd_shape_index_table(shape, name);
    for (uint32_t i = 0; i < shape->count; i++) {
        if (shape->names[i] == name.bits) return (int)i;
    }
    return -1;
}
/* The root shape of a class, made on first use; NULL = MemoryError. */
HdShape *hd_shape_root(HdThread *t, HdType *type) HD_CHECK;
/* The child shape with `name` added; the caller has checked that shape->count < shape->capacity. NULL = MemoryError. */
HdShape *hd_shape_child(HdThread *t, HdShape *shape, HdValue name) HD_CHECK;

HD_INLINE bool hd_attrs_used(const HdAttrs *attrs) { /* some attribute is or was there */
    uint64_t word = HD_LOAD_ACQUIRE(&attrs->word);
    return hd_attrs_is_dict(word) || (word && ((const HdShape *)(uintptr_t)word)->count > 0);
}
/* Lent, without a lock: only while nobody can change the instance. */
HdValue hd_attrs_find_borrowed(HdObject *object, HdValue name);

/* Own attributes of an instance, no descriptors. Get: owned or HD_NULL without exception when missing. */
HdValue hd_attrs_get(HdThread *t, HdObject *object, HdValue name);
/* value HD_NULL deletes: 1 when there was nothing to delete; 0 done, -1 raised. */
int hd_attrs_set(HdThread *t, HdObject *object, HdValue name, HdValue value) HD_CHECK;
/* The instance's __dict__ (made on first use, then it is where the attributes live); owned. */
HdValue hd_attrs_dict(HdThread *t, HdObject *object) HD_CHECK;
int hd_attrs_set_dict(HdThread *t, HdObject *object, HdValue dict) HD_CHECK;
/* The pair behind a `__dict__` entry of a type's getsets table. */
HdValue hd_attrs_get_dict_attr(HdThread *t, HdValue self, void *closure);
int hd_attrs_set_dict_attr(HdThread *t, HdValue self, HdValue value, void *closure);
/* All shapes of a class that goes away. */
void hd_shape_free_all(HdThread *t, HdType *type);
int hd_attrs_traverse(HdObject *object, HdVisit visit, void *context);
void hd_attrs_clear(HdThread *t, HdObject *object);
void hd_attrs_free(HdThread *t, HdObject *object); /* of an object that ends: nobody else can get at it, it is not looked at again */

#endif
