/* iter_builtin.c -- enumerate, zip, map, filter: iterators over other iterators.
 *
 * Each step may run Python, so no lock is held over it; what a step changes (the counter of enumerate) is changed
 * under the lock. zip gives its tuple back and fills it again when nobody kept the last one.
 */
#include "descr.h"
#include "dict.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"

/* --- enumerate --- */

typedef struct Enumerate {
    HdObject head;
    HdSize index;    /* while the count is not big */
    HdValue source;  /* iterator */
    HdValue big;     /* HD_NULL, or the count beyond immediate ints */
} Enumerate;

static HdValue enumerate_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue bound[2] = {HD_NULL, HD_NULL};
    HdSize given = nargs + (hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames));
    if (nargs == given && nargs == 1) bound[0] = hd_ref_value(args[0]);
    else if (given > 2) {
        return hd_raise(t, &hd_TypeError, "enumerate() takes at most 2 arguments (%zd given)", given);
    } else {
        for (HdSize i = 0; i < nargs; i++) bound[i] = hd_ref_value(args[i]);
        for (HdSize i = nargs; i < given; i++) {
            HdValue name = hd_tuple_at_borrowed(kwnames, i - nargs);
            if (hd_str_equals_text(name, "iterable") && nargs == 0) bound[0] = hd_ref_value(args[i]);
            else if (hd_str_equals_text(name, "start")) bound[1] = hd_ref_value(args[i]);
            else return hd_raise(t, &hd_TypeError, "'%U' is an invalid keyword argument for enumerate()", name);
        }
        if (hd_is_null(bound[0])) {
            return hd_raise(t, &hd_TypeError, "enumerate() missing required argument 'iterable'");
        }
    }
    HD_OWNED HdValue start = hd_is_null(bound[1]) ? hd_imm_int(0) : hd_number_index(t, bound[1]);
    if (hd_is_null(start)) return HD_NULL;
    HdValue exact = hd_int_exact(t, start);
    if (hd_is_null(exact)) return HD_NULL;
    HdValue source = hd_object_iter(t, bound[0]);
    Enumerate *it = hd_is_null(source) ? NULL : HD_NEW(t, Enumerate, type);
    if (!it) {
        hd_release(t, source);
        hd_release(t, exact);
        return HD_NULL;
    }
    it->source = source;
    if (hd_is_imm_int(exact)) it->index = hd_imm_int_value(exact);
    else it->big = exact;
    return hd_from_object(it);
}

/* The number of the next item, owned; the counter goes up. */
static HdValue enumerate_count(HdThread *t, Enumerate *it) {
    hd_lock_object(t, &it->head);
    HdValue number = hd_retain(t, it->big);
    HdSize index = it->index;
    if (hd_is_null(number) && HD_LIKELY(index < HD_INT_MAX)) {
        it->index = index + 1;
        hd_unlock_object(t, &it->head);
        return hd_imm_int(index);
    }
    hd_unlock_object(t, &it->head);
    if (hd_is_null(number)) number = hd_imm_int(index);
    HdValue after = hd_int_add(t, number, hd_imm_int(1));
    if (hd_is_null(after)) {
        hd_release(t, number);
        return HD_NULL;
    }
    hd_lock_object(t, &it->head);
    HdValue old = it->big;
    if (hd_is_imm_int(after)) { /* a negative count came back into range */
        it->index = hd_imm_int_value(after);
        it->big = HD_NULL;
    } else {
        it->big = after;
    }
    hd_unlock_object(t, &it->head);
    hd_release(t, old);
    return number;
}

static HdValue pair_steal(HdThread *t, HdValue a, HdValue b) {
    HdValue pair = hd_tuple_new(t, 2);
    if (HD_UNLIKELY(hd_is_null(pair))) {
        hd_release(t, a);
        hd_release(t, b);
        return HD_NULL;
    }
    hd_tuple_put_steal(pair, 0, a);
    hd_tuple_put_steal(pair, 1, b);
    return pair;
}

static HdValue enumerate_next(HdThread *t, HdValue self) {
    Enumerate *it = HD_AS(Enumerate, self);
    HdValue item = hd_iter_draw(t, it->source);
    if (hd_is_null(item)) return HD_NULL;
    HdValue number = enumerate_count(t, it);
    if (hd_is_null(number)) {
        hd_release(t, item);
        return HD_NULL;
    }
    return pair_steal(t, number, item);
}

static HdValue enumerate_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Enumerate *it = HD_AS(Enumerate, self);
    hd_lock_object(t, &it->head);
    HD_OWNED HdValue number = hd_is_null(it->big) ? hd_imm_int(it->index) : hd_retain(t, it->big);
    hd_unlock_object(t, &it->head);
    HD_OWNED HdValue pair = hd_tuple_pack(t, 2, it->source, number);
    return hd_is_null(pair) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), pair);
}
static HdValue class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}
static void enumerate_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((Enumerate *)self)->source);
    hd_release(t, ((Enumerate *)self)->big);
    hd_type_free(t, self);
}
static int enumerate_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Enumerate *)self)->source);
    return 0;
}
static const HdMethodDef enumerate_methods[] = {
    HD_METHOD(enumerate_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
HdType hd_enumerate_type = {
    HD_TYPE_HEAD("enumerate"),
    .doc = "enumerate(iterable, start=0)\n--\n\nPairs of a count and an item: (start, first), (start + 1, second), ...",
    .basicsize = sizeof(Enumerate),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = enumerate_dealloc,
    .traverse = enumerate_traverse,
    .create = enumerate_create,
    .iter = hd_iter_self,
    .next = enumerate_next,
    .methods = enumerate_methods,
};

/* --- zip and map: a tuple of iterators --- */

typedef struct Several {
    HdObject head;
    HdValue sources;  /* tuple of iterators */
    HdValue result;   /* zip: the tuple to fill again; map: the function */
    bool strict;
} Several;

static HdValue iterators_of(HdThread *t, const HdRef *args, HdSize count) {
    HdValue tuple = hd_tuple_new(t, count);
    if (hd_is_null(tuple)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        HdValue it = hd_object_iter(t, hd_ref_value(args[i]));
        if (hd_is_null(it)) {
            hd_release(t, tuple);
            return HD_NULL;
        }
        hd_tuple_put_steal(tuple, i, it);
    }
    return tuple;
}

static HdValue zip_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    int strict = 0;
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (keywords > 1) {
        return hd_raise(t, &hd_TypeError, "zip() takes at most 1 keyword argument (%zd given)", keywords);
    }
    if (keywords) {
        HdValue name = hd_tuple_at_borrowed(kwnames, 0);
        if (!hd_str_equals_text(name, "strict")) {
            return hd_raise(t, &hd_TypeError, "'%U' is an invalid keyword argument for zip()", name);
        }
        strict = hd_object_truth(t, hd_ref_value(args[nargs]));
        if (strict < 0) return HD_NULL;
    }
    HdValue sources = iterators_of(t, args, nargs);
    Several *it = hd_is_null(sources) ? NULL : HD_NEW(t, Several, type);
    if (!it) {
        hd_release(t, sources);
        return HD_NULL;
    }
    it->sources = sources;
    it->strict = strict;
    return hd_from_object(it);
}

/* strict=True and source `i` ended: the others must end too. */
static HdValue zip_ended(HdThread *t, HdTuple *sources, HdSize i) {
    if (hd_raised(t)) {
        if (!hd_raised_is(t, &hd_StopIteration)) return HD_NULL;
        hd_clear_raised(t);
    }
    if (i) {
        return hd_raise(t, &hd_ValueError, "zip() argument %zd is shorter than argument%s%zd", i + 1,
                        i == 1 ? " " : "s 1-", i);
    }
    for (i = 1; i < sources->length; i++) {
        HdValue extra = hd_iter_draw(t, sources->at[i]);
        if (!hd_is_null(extra)) {
            hd_release(t, extra);
            return hd_raise(t, &hd_ValueError, "zip() argument %zd is longer than argument%s%zd", i + 1,
                            i == 1 ? " " : "s 1-", i);
        }
        if (hd_raised(t)) {
            if (!hd_raised_is(t, &hd_StopIteration)) return HD_NULL;
            hd_clear_raised(t);
        }
    }
    return HD_NULL;
}

static HdValue zip_next(HdThread *t, HdValue self) {
    Several *it = HD_AS(Several, self);
    HdTuple *sources = HD_AS(HdTuple, it->sources);
    HdSize count = sources->length;
    if (!count) return HD_NULL;
    HdValue result = it->result;
    if (!hd_is_null(result) && !t->locks && hd_count_is_one(t, hd_as_object(result))) {
        it->result = HD_NULL; /* ours alone while it is filled */
    } else {
        result = hd_tuple_new(t, count);
        if (hd_is_null(result)) return HD_NULL;
    }
    for (HdSize i = 0; i < count; i++) {
        HdValue item = hd_iter_draw(t, sources->at[i]);
        if (hd_is_null(item)) {
            hd_release(t, result);
            return it->strict ? zip_ended(t, sources, i) : HD_NULL;
        }
        HdValue old = hd_tuple_at_borrowed(result, i);
        hd_tuple_put_steal(result, i, item);
        hd_release(t, old);
    }
    hd_tuple_refill(result);
    if (!t->locks) {
        HdValue old = it->result;
        it->result = hd_retain(t, result);
        hd_release(t, old);
    }
    return result;
}

static HdValue zip_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Several *it = HD_AS(Several, self);
    HdValue type = hd_type_value(hd_type_of(self));
    return it->strict ? hd_tuple_pack(t, 3, type, it->sources, hd_True) : hd_tuple_pack(t, 2, type, it->sources);
}
static HdValue zip_setstate(HdThread *t, HdValue self, const HdValue *args) {
    int strict = hd_object_truth(t, args[0]);
    if (strict < 0) return HD_NULL;
    HD_AS(Several, self)->strict = strict;
    return hd_None;
}
static void several_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((Several *)self)->sources);
    hd_release(t, ((Several *)self)->result);
    hd_type_free(t, self);
}
static int several_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Several *)self)->sources);
    HD_VISIT(((Several *)self)->result);
    return 0;
}
static const HdMethodDef zip_methods[] = {
    HD_METHOD(zip_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(zip_setstate, "__setstate__($self, state, /)", "Set strict."),
    HD_METHODS_END,
};
HdType hd_zip_type = {
    HD_TYPE_HEAD("zip"),
    .doc = "zip(*iterables, strict=False) --> tuples of one item of each iterable\n\n"
           "Ends with the shortest iterable; strict=True makes differing lengths a ValueError.",
    .basicsize = sizeof(Several),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = several_dealloc,
    .traverse = several_traverse,
    .create = zip_create,
    .iter = hd_iter_self,
    .next = zip_next,
    .methods = zip_methods,
};

static HdValue map_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if ((type == &hd_map_type || type->init == hd_object_type.init) && hd_native_no_keywords(t, "map", kwnames) < 0) return HD_NULL;
    if (nargs < 2) return hd_raise(t, &hd_TypeError, "map() must have at least two arguments.");
    HdValue sources = iterators_of(t, args + 1, nargs - 1);
    Several *it = hd_is_null(sources) ? NULL : HD_NEW(t, Several, type);
    if (!it) {
        hd_release(t, sources);
        return HD_NULL;
    }
    it->sources = sources;
    it->result = hd_retain(t, hd_ref_value(args[0]));
    return hd_from_object(it);
}
static HdValue map_next(HdThread *t, HdValue self) {
    Several *it = HD_AS(Several, self);
    HdTuple *sources = HD_AS(HdTuple, it->sources);
    HdSize count = sources->length;
    if (HD_LIKELY(count == 1)) {
        HdValue item = hd_iter_draw(t, sources->at[0]);
        if (hd_is_null(item)) return HD_NULL;
        HdValue result = hd_object_call1(t, it->result, item);
        hd_release(t, item);
        return result;
    }
    HD_OWNED HdValue items = hd_tuple_new(t, count);
    if (hd_is_null(items)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        HdValue item = hd_iter_draw(t, sources->at[i]);
        if (hd_is_null(item)) return HD_NULL;
        hd_tuple_put_steal(items, i, item);
    }
    return hd_object_call_values(t, it->result, HD_AS(HdTuple, items)->at, count);
}
static HdValue map_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Several *it = HD_AS(Several, self);
    HdTuple *sources = HD_AS(HdTuple, it->sources);
    HD_OWNED HdValue all = hd_tuple_new(t, sources->length + 1);
    if (hd_is_null(all)) return HD_NULL;
    hd_tuple_put_steal(all, 0, hd_retain(t, it->result));
    for (HdSize i = 0; i < sources->length; i++) hd_tuple_put_steal(all, i + 1, hd_retain(t, sources->at[i]));
    return hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), all);
}
static const HdMethodDef map_methods[] = {
    HD_METHOD(map_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
HdType hd_map_type = {
    HD_TYPE_HEAD("map"),
    .doc = "map(func, *iterables) --> map object\n\n"
           "Calls the function with one item of each iterable, until the shortest ends.",
    .basicsize = sizeof(Several),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = several_dealloc,
    .traverse = several_traverse,
    .create = map_create,
    .iter = hd_iter_self,
    .next = map_next,
    .methods = map_methods,
};

/* --- filter --- */

static HdValue filter_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if ((type == &hd_filter_type || type->init == hd_object_type.init) && hd_native_no_keywords(t, "filter", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "filter", nargs, 2, 2) < 0) return HD_NULL;
    HdValue source = hd_object_iter(t, hd_ref_value(args[1]));
    Several *it = hd_is_null(source) ? NULL : HD_NEW(t, Several, type);
    if (!it) {
        hd_release(t, source);
        return HD_NULL;
    }
    it->sources = source;
    it->result = hd_retain(t, hd_ref_value(args[0]));
    return hd_from_object(it);
}
static HdValue filter_next(HdThread *t, HdValue self) {
    Several *it = HD_AS(Several, self);
    bool plain = hd_is_none(it->result) || hd_same(it->result, hd_type_value(&hd_bool_type));
    for (HdSize i = 1;; i++) {
        HdValue item = hd_iter_draw(t, it->sources);
        if (hd_is_null(item)) return HD_NULL;
        int good;
        if (plain) {
            good = hd_object_truth(t, item);
        } else {
            HdValue verdict = hd_object_call1(t, it->result, item);
            good = hd_is_null(verdict) ? -1 : hd_object_truth(t, verdict);
            hd_release(t, verdict);
        }
        if (good > 0) return item;
        hd_release(t, item);
        if (good < 0) return HD_NULL;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
}
static HdValue filter_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Several *it = HD_AS(Several, self);
    HD_OWNED HdValue pair = hd_tuple_pack(t, 2, it->result, it->sources);
    return hd_is_null(pair) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), pair);
}
static const HdMethodDef filter_methods[] = {
    HD_METHOD(filter_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
HdType hd_filter_type = {
    HD_TYPE_HEAD("filter"),
    .doc = "filter(function or None, iterable) --> filter object\n\n"
           "The items for which the function gives something true; with None, the items that are true.",
    .basicsize = sizeof(Several),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = several_dealloc,
    .traverse = several_traverse,
    .create = filter_create,
    .iter = hd_iter_self,
    .next = filter_next,
    .methods = filter_methods,
};
