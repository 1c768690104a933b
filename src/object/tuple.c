/* tuple.c -- tuple: immutable once anybody but its maker has seen it, so reading takes no lock.
 *
 * The empty tuple is one immortal object. Comparing, hashing and showing items may run Python; nothing here parks.
 */
#include "list.h"

#include "descr.h"
#include "dict.h"
#include "heap_page.h"
#include "int.h"
#include "iter.h"
#include "number.h"
#include "set.h"
#include "slice.h"
#include "str_builder.h"

#define TUPLE(v) HD_AS(HdTuple, v)
#define LENGTH_MAX (HD_SIZE_MAX / (HdSize)(2 * sizeof(HdValue)))

enum { FEW = 12 }; /* tuples up to this length are made in line */

static HdTuple empty_tuple = {.head = HD_STATIC_HEADER(&hd_tuple_type)}; /* immortal, never changed */

HdValue hd_tuple_empty(void) { return hd_from_object(&empty_tuple); }

static HdSize tuple_var_size(HdObject *self) {
    return (HdSize)sizeof(HdTuple) + ((HdTuple *)self)->length * (HdSize)sizeof(HdValue);
}

/* `filled`: the caller fills it at once; else it is zeroed. */
HD_INLINE HdValue make(HdThread *t, HdSize length, bool filled) {
    if (length == 0) return hd_tuple_empty();
    if (HD_UNLIKELY(length < 0 || length > LENGTH_MAX)) return hd_raise_no_memory(t);
    size_t size = sizeof(HdTuple) + (size_t)length * sizeof(HdValue), zeroed = filled ? sizeof(HdTuple) : size;
    HdTuple *tuple = (HdTuple *)(HD_LIKELY(length <= FEW) ? hd_heap_object_here(t, &hd_tuple_type, size, HD_FLAG_GC, zeroed)
                                                          : hd_heap_object_part(t, &hd_tuple_type, size, HD_FLAG_GC, zeroed));
    if (HD_UNLIKELY(!tuple)) return hd_raise_no_memory(t);
    tuple->length = length;
    return hd_from_object(tuple);
}

HdValue hd_tuple_new(HdThread *t, HdSize length) { return make(t, length, false); }

HdValue hd_tuple_from_values(HdThread *t, const HdValue *items, HdSize count) {
    HdValue result = make(t, count, true);
    if (HD_UNLIKELY(hd_is_null(result))) return HD_NULL;
    HdValue *at = TUPLE(result)->at;
    for (HdSize i = 0; i < count; i++) at[i] = hd_retain(t, items[i]);
    return result;
}

HdValue hd_tuple_from_refs_steal(HdThread *t, const HdRef *items, HdSize count) {
    HdValue result = make(t, count, true);
    if (HD_UNLIKELY(hd_is_null(result))) {
        for (HdSize i = 0; i < count; i++) hd_ref_release(t, items[i]);
        return HD_NULL;
    }
    HdValue *at = TUPLE(result)->at;
    for (HdSize i = 0; i < count; i++) at[i] = hd_ref_take(t, items[i]);
    return result;
}

HdValue hd_tuple_from_refs(HdThread *t, const HdRef *items, HdSize count) {
    HdValue result = make(t, count, true);
    if (HD_UNLIKELY(hd_is_null(result))) return HD_NULL;
    HdValue *at = TUPLE(result)->at;
    for (HdSize i = 0; i < count; i++) at[i] = hd_retain(t, hd_ref_value(items[i]));
    return result;
}

HdValue hd_tuple_from_iterable(HdThread *t, HdValue iterable) {
    if (hd_is_exact_tuple(iterable)) return hd_retain(t, iterable);
    if (hd_is_exact_list(iterable)) return hd_list_as_tuple(t, iterable);
    HdValue list = hd_list_from_iterable(t, iterable);
    if (hd_is_null(list)) return HD_NULL;
    HdList *l = HD_AS(HdList, list);
    HdValue result = hd_tuple_new(t, l->length); /* nobody else has the list: its items move over */
    if (!hd_is_null(result) && l->length) {
        memcpy(TUPLE(result)->at, l->array->at, (size_t)l->length * sizeof(HdValue));
        l->length = 0;
    }
    hd_release(t, list);
    return result;
}

HdValue hd_tuple_pack(HdThread *t, HdSize count, ...) {
    HdValue result = make(t, count, true);
    if (hd_is_null(result)) return HD_NULL;
    __builtin_va_list args;
    __builtin_va_start(args, count);
    for (HdSize i = 0; i < count; i++) TUPLE(result)->at[i] = hd_retain(t, __builtin_va_arg(args, HdValue));
    __builtin_va_end(args);
    return result;
}

HdValue hd_tuple_slice(HdThread *t, HdValue tuple, HdSize start, HdSize end) {
    HdSize length = hd_tuple_length(tuple);
    if (start < 0) start = 0;
    if (end > length) end = length;
    if (end < start) end = start;
    if (start == 0 && end == length && hd_is_exact_tuple(tuple)) return hd_retain(t, tuple);
    return hd_tuple_from_values(t, TUPLE(tuple)->at + start, end - start);
}

/* --- slots --- */

/* xxHash's mixing of 64-bit lanes without its final avalanche, as tuples hash in CPython since 3.8. */
static int64_t tuple_hash(HdThread *t, HdValue self) {
    const uint64_t prime1 = 11400714785074694791u, prime2 = 14029467366897019727u, prime5 = 2870177450012600261u;
    if (hd_object_enter(t, "") < 0) return -1;
    HdTuple *tuple = TUPLE(self);
    uint64_t sum = prime5;
    for (HdSize i = 0; i < tuple->length; i++) {
        int64_t lane = hd_object_hash(t, tuple->at[i]);
        if (lane == -1) return -1;
        sum += (uint64_t)lane * prime2;
        sum = sum << 31 | sum >> 33;
        sum *= prime1;
    }
    sum += (uint64_t)tuple->length ^ (prime5 ^ 3527539u);
    return sum == UINT64_MAX ? 1546275796 : (int64_t)sum;
}

static HdValue tuple_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_tuple(left) || !hd_is_tuple(right)) return hd_NotImplemented;
    if (hd_object_enter(t, " in comparison") < 0) return HD_NULL;
    HdTuple *a = TUPLE(left), *b = TUPLE(right);
    HdSize n = a->length, m = b->length, shorter = n < m ? n : m, i = 0;
    for (; i < shorter; i++) {
        int equal = hd_object_equal(t, a->at[i], b->at[i]);
        if (equal < 0) return HD_NULL;
        if (!equal) {
            if (op == HD_EQ || op == HD_NE) return hd_bool(op == HD_NE);
            return hd_object_compare(t, a->at[i], b->at[i], op);
        }
    }
    switch (op) {
        case HD_LT: return hd_bool(n < m);
        case HD_LE: return hd_bool(n <= m);
        case HD_EQ: return hd_bool(n == m);
        case HD_NE: return hd_bool(n != m);
        case HD_GT: return hd_bool(n > m);
        default: return hd_bool(n >= m);
    }
}

static HdValue tuple_repr(HdThread *t, HdValue self) {
    HdTuple *tuple = TUPLE(self);
    if (!tuple->length) return hd_str_from_ascii(t, "()", 2);
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_from_ascii(t, "(...)", 5);
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    (void)hd_str_builder_char(&b, '(');
    for (HdSize i = 0; i < tuple->length; i++) {
        HdValue text = hd_object_repr(t, tuple->at[i]);
        if (hd_is_null(text)) {
            hd_str_builder_discard(&b);
            hd_object_repr_leave(t, self);
            return HD_NULL;
        }
        if (i) (void)hd_str_builder_ascii(&b, ", ", 2);
        (void)hd_str_builder_str(&b, text);
        hd_release(t, text);
    }
    if (tuple->length == 1) (void)hd_str_builder_char(&b, ',');
    (void)hd_str_builder_char(&b, ')');
    hd_object_repr_leave(t, self);
    return hd_str_builder_finish(&b);
}

static HdValue tuple_getitem(HdThread *t, HdValue self, HdValue key) {
    HdTuple *tuple = TUPLE(self);
    HdSize index;
    if (HD_LIKELY(hd_is_imm_int(key))) {
        index = hd_imm_int_value(key);
    } else if (hd_is_exact_object(key, &hd_slice_type)) {
        HdSize start, stop, step;
        if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return HD_NULL;
        HdSize count = hd_slice_adjust(tuple->length, &start, &stop, step);
        if (step == 1) return hd_tuple_slice(t, self, start, start + count);
        HdValue result = make(t, count, true);
        if (hd_is_null(result)) return HD_NULL;
        for (HdSize i = 0; i < count; i++) TUPLE(result)->at[i] = hd_retain(t, tuple->at[start + i * step]);
        return result;
    } else if (hd_number_check_index(key)) {
        index = hd_number_as_size(t, key, &hd_IndexError);
        if (index == -1 && hd_raised(t)) return HD_NULL;
    } else {
        return hd_raise(t, &hd_TypeError, "tuple indices must be integers or slices, not %T", key);
    }
    if (index < 0) index += tuple->length;
    if (index < 0 || index >= tuple->length) return hd_raise(t, &hd_IndexError, "tuple index out of range");
    return hd_retain(t, tuple->at[index]);
}

static HdValue tuple_add(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_tuple(left) || !hd_is_tuple(right)) return hd_NotImplemented;
    HdTuple *a = TUPLE(left), *b = TUPLE(right);
    if (!a->length && hd_is_exact_tuple(right)) return hd_retain(t, right);
    if (!b->length && hd_is_exact_tuple(left)) return hd_retain(t, left);
    if (a->length > LENGTH_MAX - b->length) return hd_raise_no_memory(t);
    HdValue result = hd_tuple_new(t, a->length + b->length);
    if (hd_is_null(result)) return HD_NULL;
    HdValue *to = TUPLE(result)->at;
    for (HdSize i = 0; i < a->length; i++) *to++ = hd_retain(t, a->at[i]);
    for (HdSize i = 0; i < b->length; i++) *to++ = hd_retain(t, b->at[i]);
    return result;
}

static HdValue tuple_multiply(HdThread *t, HdValue left, HdValue right) {
    HdValue self = hd_is_tuple(left) ? left : right, number = hd_is_tuple(left) ? right : left;
    if (!hd_is_tuple(self) || !hd_number_check_index(number)) return hd_NotImplemented;
    HdSize times = hd_number_as_size(t, number, &hd_OverflowError);
    if (times == -1 && hd_raised(t)) return HD_NULL;
    HdTuple *tuple = TUPLE(self);
    HdSize n = tuple->length;
    if ((n == 0 || times == 1) && hd_is_exact_tuple(self)) return hd_retain(t, self);
    if (n == 0 || times <= 0) return hd_tuple_empty();
    if (times > LENGTH_MAX / n) return hd_raise_no_memory(t);
    HdValue result = hd_tuple_new(t, n * times);
    if (hd_is_null(result)) return HD_NULL;
    HdValue *to = TUPLE(result)->at;
    for (HdSize k = 0; k < times; k++) {
        for (HdSize i = 0; i < n; i++) *to++ = hd_retain(t, tuple->at[i]);
    }
    return result;
}

static HdSize tuple_length(HdThread *t, HdValue self) { return hd_tuple_length(self); }

static int tuple_contains(HdThread *t, HdValue self, HdValue item) {
    HdTuple *tuple = TUPLE(self);
    for (HdSize i = 0; i < tuple->length; i++) {
        int equal = hd_object_equal(t, tuple->at[i], item);
        if (equal) return equal;
    }
    return 0;
}

static HdValue tuple_iter(HdThread *t, HdValue self) { return hd_iter_tuple(t, self); }

/* --- methods --- */

static HdValue tuple_method_index(HdThread *t, HdValue self, const HdValue *args) {
    HdTuple *tuple = TUPLE(self);
    HdSize start = 0, stop = HD_SIZE_MAX, length = tuple->length;
    if (!hd_is_null(args[1]) && hd_slice_index(t, args[1], &start) < 0) return HD_NULL;
    if (!hd_is_null(args[2]) && hd_slice_index(t, args[2], &stop) < 0) return HD_NULL;
    if (start < 0 && (start += length) < 0) start = 0;
    if (stop < 0) stop += length;
    if (stop > length) stop = length;
    for (HdSize i = start; i < stop; i++) {
        int equal = hd_object_equal(t, tuple->at[i], args[0]);
        if (equal < 0) return HD_NULL;
        if (equal) return hd_int_from_size(t, i);
    }
    return hd_raise(t, &hd_ValueError, "tuple.index(x): x not in tuple");
}

static HdValue tuple_method_count(HdThread *t, HdValue self, const HdValue *args) {
    HdTuple *tuple = TUPLE(self);
    HdSize count = 0;
    for (HdSize i = 0; i < tuple->length; i++) {
        int equal = hd_object_equal(t, tuple->at[i], args[0]);
        if (equal < 0) return HD_NULL;
        count += equal;
    }
    return hd_int_from_size(t, count);
}

static HdValue tuple_method_getnewargs(HdThread *t, HdValue self, const HdValue *args) {
    HdValue copy = hd_tuple_from_values(t, TUPLE(self)->at, TUPLE(self)->length);
    if (hd_is_null(copy)) return HD_NULL;
    HdValue result = hd_tuple_pack(t, 1, copy);
    hd_release(t, copy);
    return result;
}

static HdValue tuple_method_class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

/* --- life --- */

static HdValue tuple_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!hd_is_null(kwnames) && (type == &hd_tuple_type || type->init == hd_object_type.init) &&
        hd_native_no_keywords(t, "tuple", kwnames) < 0)
        return HD_NULL;
    if (hd_native_check_count(t, "tuple", nargs, 0, 1) < 0) return HD_NULL;
    HdValue items = nargs ? hd_tuple_from_iterable(t, hd_ref_value(args[0])) : hd_tuple_empty();
    if (hd_is_null(items) || type == &hd_tuple_type) return items;
    HdSize length = hd_tuple_length(items);
    HdValue self = hd_type_alloc_var(t, type, (HdSize)sizeof(HdTuple) + length * (HdSize)sizeof(HdValue));
    if (!hd_is_null(self)) {
        for (HdSize i = 0; i < length; i++) TUPLE(self)->at[i] = hd_retain(t, TUPLE(items)->at[i]);
        TUPLE(self)->length = length;
    }
    hd_release(t, items);
    return self;
}

static void tuple_dealloc(HdThread *t, HdObject *self) {
    HdTuple *tuple = (HdTuple *)self;
    for (HdSize i = tuple->length; i-- > 0;) hd_release(t, tuple->at[i]);
    if (HD_LIKELY(self->type == &hd_tuple_type && tuple->length <= FEW)) hd_heap_free_container_here(t, self);
    else hd_type_free(t, self);
}
bool hd_tuple_is_leaf(const HdObject *self) {
    const HdTuple *tuple = (const HdTuple *)self;
    for (HdSize i = 0; i < tuple->length; i++) {
        HdValue v = tuple->at[i];
        if (hd_is_object(v) && (hd_is_null(v) || (hd_as_object(v)->flags & HD_FLAG_GC))) return false; /* or is being filled */
    }
    return true;
}
static int tuple_traverse(HdObject *self, HdVisit visit, void *context) {
    HdTuple *tuple = (HdTuple *)self;
    for (HdSize i = tuple->length; i-- > 0;) HD_VISIT(tuple->at[i]);
    return 0;
}

static const HdMethodDef tuple_methods[] = {
    HD_METHOD(tuple_method_getnewargs, "__getnewargs__($self, /)", "Arguments with which pickle makes it again."),
    HD_METHOD(tuple_method_index, "index($self, value, start=0, stop=sys.maxsize, /)",
              "Index of the first item that equals value.\n\nValueError if there is none."),
    HD_METHOD(tuple_method_count, "count($self, value, /)", "How many items equal value."),
    HD_CLASS_METHOD(tuple_method_class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};

HdType hd_tuple_type = {
    HD_TYPE_HEAD("tuple"),
    .doc = "tuple(iterable=(), /)\n--\n\nA sequence that cannot be changed.\n\n"
           "Without an argument the tuple is empty; a tuple given as the argument is returned itself.",
    .basicsize = sizeof(HdTuple),
    .itemsize = sizeof(HdValue),
    .var_size = tuple_var_size,
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_TUPLE | HD_TYPE_SEQUENCE | HD_TYPE_MATCH_SELF | HD_TYPE_ITER_NATIVE,
    .dealloc = tuple_dealloc,
    .traverse = tuple_traverse,
    .create = tuple_create,
    .repr = tuple_repr,
    .hash = tuple_hash,
    .compare = tuple_compare,
    .iter = tuple_iter,
    .length = tuple_length,
    .getitem = tuple_getitem,
    .contains = tuple_contains,
    .add = tuple_add,
    .multiply = tuple_multiply,
    .methods = tuple_methods,
};

int hd_tuple_init(HdThread *t) { return hd_type_ready(t, &hd_tuple_type); }
