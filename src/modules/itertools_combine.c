/* itertools_combine.c -- product, permutations, combinations, combinations_with_replacement.
 *
 * A step computes the next indices and builds a tuple of pool items: no Python runs, so it holds the iterator's lock.
 */
#include "itertools_types.h"

/* One struct for the four. Indices and cycles lie in one raw block of `words` numbers. */
typedef struct Combine {
    HdObject head;
    HdValue pools;       /* product: tuple of tuples; else one tuple, the pool */
    HdSize r;            /* length of a result */
    HdSize *indices, *cycles;
    HdSize words;
    bool started, stopped;
} Combine;
#define COMBINE(v) HD_AS(Combine, v)

static void dealloc(HdThread *t, HdObject *self) {
    Combine *it = (Combine *)self;
    hd_release(t, it->pools);
    if (it->indices) hd_heap_raw_free(t, it->indices, (size_t)it->words * sizeof(HdSize));
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Combine *)self)->pools);
    return 0;
}

static Combine *combine_new(HdThread *t, HdType *type, HdValue pools, HdSize r, HdSize words) {
    if (words > HD_SIZE_MAX / (HdSize)sizeof(HdSize)) {
        hd_raise_no_memory(t);
        return NULL;
    }
    Combine *it = HD_NEW(t, Combine, type);
    if (!it) return NULL;
    it->words = words ? words : 1;
    it->indices = hd_heap_raw_zeroed(t, (size_t)it->words * sizeof(HdSize));
    if (!it->indices) {
        hd_release_object(t, &it->head);
        hd_raise_no_memory(t);
        return NULL;
    }
    it->r = r;
    it->pools = hd_retain(t, pools);
    return it;
}

static HdTuple *pool_at(Combine *it, bool product, HdSize i) {
    return HD_AS(HdTuple, product ? HD_AS(HdTuple, it->pools)->at[i] : it->pools);
}
static HdValue result_of(HdThread *t, Combine *it, bool product) { /* the lock is held */
    HdValue result = hd_tuple_new(t, it->r);
    if (hd_is_null(result)) return HD_NULL;
    for (HdSize i = 0; i < it->r; i++) {
        hd_tuple_put_steal(result, i, hd_retain(t, pool_at(it, product, i)->at[it->indices[i]]));
    }
    return result;
}
/* A step: `advance` moves the indices on, false at the end. */
static HdValue step(HdThread *t, HdValue self, bool product, bool (*advance)(Combine *it)) {
    Combine *it = COMBINE(self);
    HdValue result = HD_NULL;
    hd_lock_object(t, &it->head);
    if (!it->stopped) {
        if (!it->started) it->started = true;
        else if (!advance(it)) it->stopped = true;
        if (!it->stopped) result = result_of(t, it, product);
    }
    hd_unlock_object(t, &it->head);
    return result;
}

/* `r` of the constructors; -1 raised. */
static HdSize length_of(HdThread *t, HdValue v) {
    HdSize r = hd_number_as_size(t, v, &hd_OverflowError);
    if (r == -1 && hd_raised(t)) return -1;
    if (r < 0) return hd_raise_int(t, &hd_ValueError, "r must be non-negative");
    return r;
}

/* --- reduce and setstate --- */

static HdValue numbers(HdThread *t, const HdSize *at, HdSize count) {
    HdValue tuple = hd_tuple_new(t, count);
    if (hd_is_null(tuple)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) hd_tuple_put_steal(tuple, i, hd_imm_int(at[i]));
    return tuple;
}
/* Index `i` of a state tuple, clipped to 0..limit. */
static int state_index(HdThread *t, HdValue tuple, HdSize i, HdSize limit, HdSize *out) {
    HdSize index = hd_number_as_size(t, hd_tuple_at_borrowed(tuple, i), &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return -1;
    *out = index < 0 ? 0 : index > limit ? limit : index;
    return 0;
}
static bool state_tuple(HdValue state, HdSize length) { return hd_is_tuple(state) && hd_tuple_length(state) == length; }

static HdValue pool_reduce(HdThread *t, HdValue self, const HdValue *args) { /* combinations, with or without */
    Combine *it = COMBINE(self);
    if (it->stopped) {
        return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, hd_tuple_empty(), hd_imm_int(it->r)), HD_NULL);
    }
    HdValue pack = hd_tuple_pack(t, 2, it->pools, hd_imm_int(it->r));
    return hd_itertool_reduce_steal(t, self, pack, it->started ? numbers(t, it->indices, it->r) : HD_NULL);
}
static HdValue combinations_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Combine *it = COMBINE(self);
    if (!state_tuple(args[0], it->r)) return hd_raise(t, &hd_ValueError, "invalid arguments");
    HdSize n = hd_tuple_length(it->pools);
    for (HdSize i = 0; i < it->r; i++) {
        if (state_index(t, args[0], i, i + n - it->r, &it->indices[i]) < 0) return HD_NULL;
    }
    it->started = true;
    return hd_None;
}
static HdValue replacement_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Combine *it = COMBINE(self);
    if (!state_tuple(args[0], it->r)) return hd_raise(t, &hd_ValueError, "invalid arguments");
    for (HdSize i = 0; i < it->r; i++) {
        if (state_index(t, args[0], i, hd_tuple_length(it->pools) - 1, &it->indices[i]) < 0) return HD_NULL;
    }
    it->started = true;
    return hd_None;
}

/* --- product --- */

static HdValue product_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSize repeat = 1, keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (keywords > 1) {
        return hd_raise(t, &hd_TypeError, "product() takes at most 1 keyword argument (%zd given)", keywords);
    }
    if (keywords) {
        HdValue name = hd_tuple_at_borrowed(kwnames, 0);
        if (!hd_str_equals_text(name, "repeat")) {
            return hd_raise(t, &hd_TypeError, "'%U' is an invalid keyword argument for product()", name);
        }
        repeat = hd_number_as_size(t, hd_ref_value(args[nargs]), &hd_OverflowError);
        if (repeat == -1 && hd_raised(t)) return HD_NULL;
        if (repeat < 0) return hd_raise(t, &hd_ValueError, "repeat argument cannot be negative");
    }
    if (repeat == 0) nargs = 0;
    if (nargs && repeat > HD_SIZE_MAX / 64 / nargs) return hd_raise(t, &hd_OverflowError, "repeat argument too large");
    HdSize count = nargs * repeat;
    HD_OWNED HdValue pools = hd_tuple_new(t, count);
    if (hd_is_null(pools)) return HD_NULL;
    bool empty = false;
    for (HdSize i = 0; i < nargs; i++) {
        HdValue pool = hd_tuple_from_iterable(t, hd_ref_value(args[i]));
        if (hd_is_null(pool)) return HD_NULL;
        hd_tuple_put_steal(pools, i, pool);
        empty = empty || hd_tuple_length(pool) == 0;
    }
    for (HdSize i = nargs; i < count; i++) {
        hd_tuple_put_steal(pools, i, hd_retain(t, hd_tuple_at_borrowed(pools, i - nargs)));
    }
    Combine *it = combine_new(t, type, pools, count, count);
    if (!it) return HD_NULL;
    it->stopped = empty;
    return hd_from_object(it);
}
static bool product_advance(Combine *it) {
    for (HdSize i = it->r; i-- > 0;) {
        if (++it->indices[i] < pool_at(it, true, i)->length) return true;
        it->indices[i] = 0;
    }
    return false;
}
static HdValue product_next(HdThread *t, HdValue self) { return step(t, self, true, product_advance); }
static HdValue product_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Combine *it = COMBINE(self);
    if (it->stopped) return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 1, hd_tuple_empty()), HD_NULL);
    return hd_itertool_reduce_steal(t, self, hd_retain(t, it->pools),
                                    it->started ? numbers(t, it->indices, it->r) : HD_NULL);
}
static HdValue product_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Combine *it = COMBINE(self);
    if (!state_tuple(args[0], it->r)) return hd_raise(t, &hd_ValueError, "invalid arguments");
    for (HdSize i = 0; i < it->r; i++) {
        HdSize length = pool_at(it, true, i)->length;
        if (!length) {
            it->stopped = true;
            return hd_None;
        }
        if (state_index(t, args[0], i, length - 1, &it->indices[i]) < 0) return HD_NULL;
    }
    it->started = true;
    return hd_None;
}
static HdValue product_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    return hd_imm_int((HdSize)sizeof(Combine) + COMBINE(self)->words * (HdSize)sizeof(HdSize));
}

/* --- permutations --- */

static HdValue permutations_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "permutations(iterable, r=None)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HD_OWNED HdValue pool = hd_tuple_from_iterable(t, bound[0]);
    if (hd_is_null(pool)) return HD_NULL;
    HdSize n = hd_tuple_length(pool), r = n;
    if (!hd_is_null(bound[1]) && !hd_is_none(bound[1])) {
        if (!hd_is_int(bound[1])) return hd_raise(t, &hd_TypeError, "Expected int as r");
        if ((r = length_of(t, bound[1])) < 0) return HD_NULL;
    }
    Combine *it = combine_new(t, type, pool, r, r > n ? 1 : n + r);
    if (!it) return HD_NULL;
    if (r > n) {
        it->stopped = true;
        return hd_from_object(it);
    }
    it->cycles = it->indices + n;
    for (HdSize i = 0; i < n; i++) it->indices[i] = i;
    for (HdSize i = 0; i < r; i++) it->cycles[i] = n - i;
    return hd_from_object(it);
}
static bool permutations_advance(Combine *it) {
    HdSize n = HD_AS(HdTuple, it->pools)->length, *at = it->indices;
    if (!n) return false;
    for (HdSize i = it->r; i-- > 0;) {
        if (--it->cycles[i] == 0) { /* turn indices[i:] to the left by one */
            HdSize first = at[i];
            memmove(&at[i], &at[i + 1], (size_t)(n - i - 1) * sizeof *at);
            at[n - 1] = first;
            it->cycles[i] = n - i;
        } else {
            HdSize j = n - it->cycles[i], swap = at[i];
            at[i] = at[j];
            at[j] = swap;
            return true;
        }
    }
    return false;
}
static HdValue permutations_next(HdThread *t, HdValue self) { return step(t, self, false, permutations_advance); }
static HdValue permutations_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Combine *it = COMBINE(self);
    if (it->stopped) {
        return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, hd_tuple_empty(), hd_imm_int(it->r)), HD_NULL);
    }
    HdValue pack = hd_tuple_pack(t, 2, it->pools, hd_imm_int(it->r)), state = HD_NULL;
    if (it->started) {
        HD_OWNED HdValue indices = numbers(t, it->indices, hd_tuple_length(it->pools));
        HD_OWNED HdValue cycles = numbers(t, it->cycles, it->r);
        if (!hd_is_null(indices) && !hd_is_null(cycles)) state = hd_tuple_pack(t, 2, indices, cycles);
    }
    return hd_itertool_reduce_steal(t, self, pack, state);
}
static HdValue permutations_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Combine *it = COMBINE(self);
    HdSize n = hd_tuple_length(it->pools);
    if (it->stopped) return hd_raise(t, &hd_ValueError, "invalid arguments");
    if (!state_tuple(args[0], 2)) return hd_raise(t, &hd_TypeError, "function takes exactly 2 arguments");
    HdValue indices = hd_tuple_at_borrowed(args[0], 0), cycles = hd_tuple_at_borrowed(args[0], 1);
    if (!state_tuple(indices, n) || !state_tuple(cycles, it->r)) {
        return hd_raise(t, &hd_ValueError, "invalid arguments");
    }
    for (HdSize i = 0; i < n; i++) {
        if (state_index(t, indices, i, n - 1, &it->indices[i]) < 0) return HD_NULL;
    }
    for (HdSize i = 0; i < it->r; i++) {
        HdSize cycle;
        if (state_index(t, cycles, i, n - i, &cycle) < 0) return HD_NULL;
        it->cycles[i] = cycle < 1 ? 1 : cycle;
    }
    it->started = true;
    return hd_None;
}

/* --- combinations --- */

static HdValue combinations_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "combinations(iterable, r)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HD_OWNED HdValue pool = hd_tuple_from_iterable(t, bound[0]);
    HdSize r = hd_is_null(pool) ? -1 : length_of(t, bound[1]);
    if (r < 0) return HD_NULL;
    bool none = r > hd_tuple_length(pool);
    Combine *it = combine_new(t, type, pool, r, none ? 1 : r);
    if (!it) return HD_NULL;
    it->stopped = none;
    for (HdSize i = 0; !none && i < r; i++) it->indices[i] = i;
    return hd_from_object(it);
}
static bool combinations_advance(Combine *it) {
    HdSize n = HD_AS(HdTuple, it->pools)->length, r = it->r, i = r - 1;
    while (i >= 0 && it->indices[i] == i + n - r) i--;
    if (i < 0) return false;
    it->indices[i]++;
    for (i++; i < r; i++) it->indices[i] = it->indices[i - 1] + 1;
    return true;
}
static HdValue combinations_next(HdThread *t, HdValue self) { return step(t, self, false, combinations_advance); }

static HdValue replacement_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "combinations_with_replacement(iterable, r)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HD_OWNED HdValue pool = hd_tuple_from_iterable(t, bound[0]);
    HdSize r = hd_is_null(pool) ? -1 : length_of(t, bound[1]);
    if (r < 0) return HD_NULL;
    Combine *it = combine_new(t, type, pool, r, r);
    if (!it) return HD_NULL;
    it->stopped = r > 0 && !hd_tuple_length(pool);
    return hd_from_object(it);
}
static bool replacement_advance(Combine *it) {
    HdSize n = HD_AS(HdTuple, it->pools)->length, i = it->r - 1;
    while (i >= 0 && it->indices[i] == n - 1) i--;
    if (i < 0) return false;
    HdSize next = it->indices[i] + 1;
    for (; i < it->r; i++) it->indices[i] = next;
    return true;
}
static HdValue replacement_next(HdThread *t, HdValue self) { return step(t, self, false, replacement_advance); }

/* --- types --- */

#define METHODS(reduce, setstate)                                                                            \
    {                                                                                                        \
        HD_METHOD(reduce, "__reduce__($self, /)", "How pickle makes it again."),                             \
        HD_METHOD(setstate, "__setstate__($self, state, /)", "Goes to a state that __reduce__ gave."),       \
        HD_METHOD(product_sizeof, "__sizeof__($self, /)", "Bytes that the iterator takes in memory."),       \
        HD_METHODS_END,                                                                                      \
    }
static const HdMethodDef product_methods[] = METHODS(product_reduce, product_setstate);
static const HdMethodDef permutations_methods[] = METHODS(permutations_reduce, permutations_setstate);
static const HdMethodDef combinations_methods[] = METHODS(pool_reduce, combinations_setstate);
static const HdMethodDef replacement_methods[] = METHODS(pool_reduce, replacement_setstate);

#define COMBINE_TYPE(type_name, text, create_function, next_function, method_table) \
    {                                                                               \
        HD_TYPE_HEAD(type_name),                                                    \
        .doc = text,                                                                \
        .basicsize = sizeof(Combine),                                               \
        .flags = HD_TYPE_GC | HD_TYPE_BASE,                                         \
        .dealloc = dealloc,                                                         \
        .traverse = traverse,                                                       \
        .create = create_function,                                                  \
        .iter = hd_iter_self,                                                       \
        .next = next_function,                                                      \
        .methods = method_table,                                                    \
    }
HdType hd_itertools_product_type = COMBINE_TYPE(
    "itertools.product", "product(*iterables, repeat=1) --> product object\n\n"
    "All tuples of one item of each iterable, the last one moving fastest.",
    product_create, product_next, product_methods);
HdType hd_itertools_permutations_type = COMBINE_TYPE(
    "itertools.permutations", "permutations(iterable, r=None)\n--\n\nAll orders of r of the items.",
    permutations_create, permutations_next, permutations_methods);
HdType hd_itertools_combinations_type = COMBINE_TYPE(
    "itertools.combinations", "combinations(iterable, r)\n--\n\nAll choices of r of the items, in their order.",
    combinations_create, combinations_next, combinations_methods);
HdType hd_itertools_replacement_type = COMBINE_TYPE(
    "itertools.combinations_with_replacement", "combinations_with_replacement(iterable, r)\n--\n\n"
    "All choices of r of the items, in their order; an item may be chosen more than once.",
    replacement_create, replacement_next, replacement_methods);
