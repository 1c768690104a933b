/* sqlite_row.c -- Row: a tuple whose items can be got by column name too. Immutable: no locks. */
#include "sqlite_types.h"

typedef struct Row {
    HdObject head;
    HdValue data, description; /* tuples */
} Row;
HD_INLINE Row *as_row(HdValue v) { return HD_AS(Row, v); }

static HdValue row_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (type == &hd_sqlite_row_type && hd_native_no_keywords(t, "Row", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "Row", nargs, 2, 2) < 0) return HD_NULL;
    HdValue cursor = hd_ref_value(args[0]), data = hd_ref_value(args[1]);
    if (!hd_is_instance(cursor, &hd_sqlite_cursor_type)) {
        return hd_raise(t, &hd_TypeError, "Row() argument 1 must be sqlite3.Cursor, not %s", hd_type_name(cursor));
    }
    if (!hd_is_tuple(data)) {
        return hd_raise(t, &hd_TypeError, "Row() argument 2 must be tuple, not %s", hd_type_name(data));
    }
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    HdValue description = hd_field_get(t, hd_as_object(cursor), &hd_sqlite_cursor(cursor)->description);
    if (!hd_is_null(description) && !hd_is_tuple(description)) {
        hd_release(t, description);
        description = HD_NULL;
    }
    as_row(self)->data = hd_retain(t, data);
    as_row(self)->description = hd_is_null(description) ? hd_tuple_empty() : description;
    return self;
}

static HdValue column_name(HdValue self, HdSize i) {
    return hd_tuple_at_borrowed(hd_tuple_at_borrowed(as_row(self)->description, i), 0);
}

/* Names are compared without regard to the case of ASCII letters. */
static bool same_name(HdValue a, HdValue b) {
    HdSize length = hd_str_length(a);
    if (length != hd_str_length(b)) return false;
    for (HdSize i = 0; i < length; i++) {
        uint32_t x = hd_str_at(a, i), y = hd_str_at(b, i);
        if (x - 'A' < 26) x |= 32;
        if (y - 'A' < 26) y |= 32;
        if (x != y) return false;
    }
    return true;
}

static HdValue row_getitem(HdThread *t, HdValue self, HdValue key) {
    HdValue data = as_row(self)->data;
    if (hd_is_int(key)) {
        HdSize index = hd_number_as_size(t, key, &hd_IndexError), count = hd_tuple_length(data);
        if (index == -1 && hd_raised(t)) return HD_NULL;
        if (index < 0) index += count;
        if (index < 0 || index >= count) return hd_raise(t, &hd_IndexError, "tuple index out of range");
        return hd_retain(t, hd_tuple_at_borrowed(data, index));
    }
    if (hd_is_str(key)) {
        HdSize count = hd_tuple_length(as_row(self)->description);
        for (HdSize i = 0; i < count && i < hd_tuple_length(data); i++) {
            if (same_name(column_name(self, i), key)) return hd_retain(t, hd_tuple_at_borrowed(data, i));
        }
        return hd_raise(t, &hd_IndexError, "No item with that key");
    }
    if (hd_is_exact(key, &hd_slice_type)) return hd_object_getitem(t, data, key);
    return hd_raise(t, &hd_IndexError, "Index must be int or string");
}

static HdSize row_length(HdThread *t, HdValue self) { return hd_tuple_length(as_row(self)->data); }
static HdValue row_iter(HdThread *t, HdValue self) { return hd_object_iter(t, as_row(self)->data); }
static HdValue row_keys(HdThread *t, HdValue self, const HdValue *unused) {
    HdSize count = hd_tuple_length(as_row(self)->description);
    HD_OWNED HdValue list = hd_list_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(list); i++) {
        if (hd_list_append(t, list, column_name(self, i)) < 0) return HD_NULL;
    }
    return hd_move(&list);
}
static int64_t row_hash(HdThread *t, HdValue self) {
    int64_t a = hd_object_hash(t, as_row(self)->description);
    int64_t b = a == -1 ? -1 : hd_object_hash(t, as_row(self)->data);
    if (b == -1) return -1;
    return (a ^ b) == -1 ? -2 : a ^ b;
}
static HdValue row_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_instance(left, &hd_sqlite_row_type) ||
        !hd_is_instance(right, &hd_sqlite_row_type)) {
        return hd_NotImplemented;
    }
    int same = hd_object_equal(t, as_row(left)->description, as_row(right)->description);
    if (same < 0) return HD_NULL;
    if (!same) return hd_bool(op == HD_NE);
    return hd_object_compare(t, as_row(left)->data, as_row(right)->data, op);
}

static int row_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Row *)self)->data);
    HD_VISIT(((Row *)self)->description);
    return 0;
}
static void row_clear(HdThread *t, HdObject *self) {}
static void row_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Row *)self)->data);
    hd_clear_slot(t, &((Row *)self)->description);
    hd_type_free(t, self);
}

static const HdMethodDef row_methods[] = {
    HD_METHOD(row_keys, "keys($self, /)", "Returns the keys of the row."),
    HD_METHODS_END,
};
HdType hd_sqlite_row_type = {
    HD_TYPE_HEAD("sqlite3.Row"),
    .basicsize = sizeof(Row),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = row_dealloc,
    .traverse = row_traverse,
    .clear = row_clear,
    .create = row_create,
    .getitem = row_getitem,
    .length = row_length,
    .iter = row_iter,
    .hash = row_hash,
    .compare = row_compare,
    .methods = row_methods,
};
