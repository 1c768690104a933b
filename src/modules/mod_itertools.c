/* mod_itertools.c -- the module itertools: the simple iterators. Products, permutations and combinations are in
 * itertools_combine.c, groupby and tee in itertools_split.c.
 *
 * A step may run Python and holds no lock meanwhile; what it changes is exchanged under the iterator's lock, so that
 * threads that share an iterator see sound values in some order. count and repeat step atomically.
 */
#include "itertools_types.h"

void hd_itertool_dealloc(HdThread *t, HdObject *self) {
    HdItertool *it = (HdItertool *)self;
    hd_release(t, it->a);
    hd_release(t, it->b);
    hd_release(t, it->c);
    hd_type_free(t, self);
}
int hd_itertool_traverse(HdObject *self, HdVisit visit, void *context) {
    HdItertool *it = (HdItertool *)self;
    HD_VISIT(it->a);
    HD_VISIT(it->b);
    HD_VISIT(it->c);
    return 0;
}
HdValue hd_itertool_reduce_steal(HdThread *t, HdValue self, HdValue args, HdValue state) {
    HdValue result = HD_NULL, type = hd_type_value(hd_type_of(self));
    if (!hd_is_null(args)) result = hd_is_null(state) ? hd_tuple_pack(t, 2, type, args) : hd_tuple_pack(t, 3, type, args, state);
    hd_release(t, args);
    hd_release(t, state);
    return result;
}
#define REDUCE(function) HD_METHOD(function, "__reduce__($self, /)", "How pickle makes it again.")
#define SETSTATE(function) HD_METHOD(function, "__setstate__($self, state, /)", "Goes to a state that __reduce__ gave.")

/* A subclass may take keywords if it has an __init__ for them. */
static bool takes_no_keywords(const HdType *type) { return !(type->flags & HD_TYPE_HEAP) || type->init == hd_object_type.init; }
/* Arguments of the types that take a fixed number of positional ones and no keywords. */
static int positional(HdThread *t, HdType *type, const char *name, HdSize nargs, HdValue kwnames, HdSize count) {
    if (takes_no_keywords(type) && hd_native_no_keywords(t, name, kwnames) < 0) return -1;
    return hd_native_check_count(t, name, nargs, count, count);
}
static HdItertool *make(HdThread *t, HdType *type, HdValue a_steal, HdValue b_lent) {
    HdItertool *it = hd_is_null(a_steal) ? NULL : HD_NEW(t, HdItertool, type);
    if (!it) {
        hd_release(t, a_steal);
        return NULL;
    }
    it->a = a_steal;
    it->b = hd_retain(t, b_lent);
    return it;
}

/* --- accumulate: a iterator, b function or None, c total; initial waits in n == 1 as c --- */

static HdValue accumulate_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "accumulate(iterable, func=None, *, initial=None)", NULL);
    HdValue bound[3];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdItertool *it = make(t, type, hd_object_iter(t, bound[0]), hd_is_null(bound[1]) ? hd_None : bound[1]);
    if (!it) return HD_NULL;
    if (!hd_is_null(bound[2]) && !hd_is_none(bound[2])) {
        it->c = hd_retain(t, bound[2]);
        it->flag = true;
    }
    return hd_from_object(it);
}
static HdValue accumulate_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    hd_lock_object(t, &it->head);
    HdValue total = hd_retain(t, it->c);
    bool initial = it->flag;
    it->flag = false;
    hd_unlock_object(t, &it->head);
    if (initial) return total;
    HdValue item = hd_itertool_draw(t, it->a);
    if (hd_is_null(item)) {
        hd_release(t, total);
        return HD_NULL;
    }
    HdValue sum = item;
    if (!hd_is_null(total)) {
        sum = hd_is_none(it->b) ? hd_number_add(t, total, item) : hd_object_call2(t, it->b, total, item);
        hd_release(t, item);
        hd_release(t, total);
        if (hd_is_null(sum)) return HD_NULL;
    }
    hd_itertool_put_steal(t, it, &it->c, hd_retain(t, sum));
    return sum;
}
/* A total of None cannot be a state (that is: no state): islice(accumulate(chain((None,), rest), func), 1, None). */
static HdValue accumulate_reduce_none(HdThread *t, HdValue self) {
    HD_OWNED HdValue first = hd_tuple_pack(t, 1, hd_None);
    HD_OWNED HdValue chain_type = hd_object_import_from(t, "itertools", "chain");
    HD_OWNED HdValue islice_type = hd_object_import_from(t, "itertools", "islice");
    if (hd_is_null(first) || hd_is_null(chain_type) || hd_is_null(islice_type)) return HD_NULL;
    HD_OWNED HdValue chain = hd_object_call2(t, chain_type, first, IT(self)->a);
    HD_OWNED HdValue again = hd_is_null(chain) ? HD_NULL : hd_object_call2(t, hd_type_value(hd_type_of(self)), chain, IT(self)->b);
    HD_OWNED HdValue args = hd_is_null(again) ? HD_NULL : hd_tuple_pack(t, 3, again, hd_imm_int(1), hd_None);
    return hd_is_null(args) ? HD_NULL : hd_tuple_pack(t, 2, islice_type, args);
}
static HdValue accumulate_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    HdValue total = hd_itertool_get(t, it, &it->c);
    if (it->flag) { /* the initial value is still to come: a chain in front of the source */
        HD_OWNED HdValue first = hd_tuple_pack(t, 1, total), all = HD_NULL, chain = HD_NULL;
        hd_release(t, total);
        HD_OWNED HdValue type = hd_object_import_from(t, "itertools", "chain");
        if (!hd_is_null(first) && !hd_is_null(type)) chain = hd_object_call2(t, type, first, it->a);
        if (hd_is_null(chain)) return HD_NULL;
        return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, chain, it->b), hd_None);
    }
    if (!hd_is_null(total) && hd_is_none(total)) return accumulate_reduce_none(t, self);
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, it->a, it->b), hd_is_null(total) ? hd_None : total);
}
static HdValue accumulate_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    hd_itertool_put_steal(t, it, &it->c, hd_retain(t, args[0]));
    return hd_None;
}
static const HdMethodDef accumulate_methods[] = {REDUCE(accumulate_reduce), SETSTATE(accumulate_setstate),
                                                 HD_METHODS_END};
static HdType accumulate_type = {
    HD_ITERTOOL("itertools.accumulate",
                "accumulate(iterable, func=None, *, initial=None)\n--\n\nRunning totals (or other running results)."),
    .create = accumulate_create, .next = accumulate_next, .methods = accumulate_methods,
};

/* --- chain: a iterator of iterables, b current iterator --- */

static HdValue chain_new(HdThread *t, HdType *type, HdValue source_steal) {
    HdItertool *it = make(t, type, source_steal, HD_NULL);
    return it ? hd_from_object(it) : HD_NULL;
}
static HdValue chain_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (takes_no_keywords(type) && hd_native_no_keywords(t, "chain", kwnames) < 0) return HD_NULL;
    HD_OWNED HdValue tuple = hd_tuple_from_refs(t, args, nargs);
    return hd_is_null(tuple) ? HD_NULL : chain_new(t, type, hd_object_iter(t, tuple));
}
static HdValue chain_from_iterable(HdThread *t, HdValue type, const HdValue *args) {
    return chain_new(t, HD_AS(HdType, type), hd_object_iter(t, args[0]));
}
static HdValue chain_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    for (;;) {
        HdValue current = hd_itertool_get(t, it, &it->b);
        if (hd_is_null(current)) {
            HdValue source = hd_itertool_get(t, it, &it->a);
            if (hd_is_null(source)) return HD_NULL;
            HdValue iterable = hd_object_next(t, source);
            hd_release(t, source);
            if (!hd_is_null(iterable)) {
                current = hd_object_iter(t, iterable);
                hd_release(t, iterable);
            }
            if (hd_is_null(current)) { /* the end, or an error: chain is over either way */
                hd_itertool_put_steal(t, it, &it->a, HD_NULL);
                return HD_NULL;
            }
            hd_itertool_put_steal(t, it, &it->b, hd_retain(t, current));
        }
        HdValue item = hd_object_next(t, current);
        if (hd_is_null(item) && !hd_raised(t)) {
            hd_lock_object(t, &it->head);
            HdValue old = HD_NULL;
            if (hd_same(it->b, current)) old = hd_slot_exchange(&it->b, HD_NULL);
            hd_unlock_object(t, &it->head);
            hd_release(t, old);
            hd_release(t, current);
            continue;
        }
        hd_release(t, current);
        return item;
    }
}
static HdValue chain_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    HD_OWNED HdValue source = hd_itertool_get(t, it, &it->a), current = hd_itertool_get(t, it, &it->b);
    if (hd_is_null(source)) return hd_itertool_reduce_steal(t, self, hd_tuple_empty(), HD_NULL);
    HdValue state = hd_is_null(current) ? hd_tuple_pack(t, 1, source) : hd_tuple_pack(t, 2, source, current);
    return hd_is_null(state) ? HD_NULL : hd_itertool_reduce_steal(t, self, hd_tuple_empty(), state);
}
static HdValue chain_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    if (!hd_is_tuple(args[0])) return hd_raise(t, &hd_TypeError, "state is not a tuple");
    HdSize length = hd_tuple_length(args[0]);
    if (length < 1 || length > 2) {
        return hd_raise(t, &hd_TypeError, "function takes at %s %d argument%s (%zd given)", length ? "most" : "least",
                        length ? 2 : 1, length ? "s" : "", length);
    }
    for (HdSize i = 0; i < length; i++) {
        if (!hd_object_is_iterator(hd_tuple_at_borrowed(args[0], i))) {
            return hd_raise(t, &hd_TypeError, "Arguments must be iterators.");
        }
    }
    hd_itertool_put_steal(t, it, &it->a, hd_retain(t, hd_tuple_at_borrowed(args[0], 0)));
    hd_itertool_put_steal(t, it, &it->b, length == 2 ? hd_retain(t, hd_tuple_at_borrowed(args[0], 1)) : HD_NULL);
    return hd_None;
}
static HdValue class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}
static const HdMethodDef chain_methods[] = {
    HD_CLASS_METHOD(chain_from_iterable, "from_iterable($type, iterable, /)",
                    "chain() of the iterables that one iterable gives, drawn as needed."),
    REDUCE(chain_reduce), SETSTATE(chain_setstate),
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class."),
    HD_METHODS_END,
};
static HdType chain_type = {
    HD_ITERTOOL("itertools.chain", "chain(*iterables) --> chain object\n\nThe items of one iterable after the other."),
    .create = chain_create, .next = chain_next, .methods = chain_methods,
};

/* --- compress: a data, b selectors --- */

static HdValue compress_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "compress(data, selectors)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HD_OWNED HdValue data = hd_object_iter(t, bound[0]);
    HD_OWNED HdValue selectors = hd_is_null(data) ? HD_NULL : hd_object_iter(t, bound[1]);
    if (hd_is_null(selectors)) return HD_NULL;
    HdItertool *it = make(t, type, hd_move(&data), selectors);
    return it ? hd_from_object(it) : HD_NULL;
}
static HdValue compress_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    for (HdSize i = 1;; i++) {
        HdValue item = hd_itertool_draw(t, it->a);
        if (hd_is_null(item)) return HD_NULL;
        HdValue selector = hd_itertool_draw(t, it->b);
        int good = hd_is_null(selector) ? -1 : hd_object_truth(t, selector);
        hd_release(t, selector);
        if (good > 0) return item;
        hd_release(t, item);
        if (good < 0 || ((i & 1023) == 0 && hd_object_poll(t) < 0)) return HD_NULL;
    }
}
static HdValue pair_reduce(HdThread *t, HdValue self, const HdValue *args) { /* (type, (a, b)) */
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, IT(self)->a, IT(self)->b), HD_NULL);
}
static const HdMethodDef compress_methods[] = {REDUCE(pair_reduce), HD_METHODS_END};
static HdType compress_type = {
    HD_ITERTOOL("itertools.compress", "compress(data, selectors)\n--\n\nThe data whose selector is true."),
    .create = compress_create, .next = compress_next, .methods = compress_methods,
};

/* --- count: a the next number, b the step --- */

static HdValue count_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "count(start=0, step=1)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdValue start = hd_is_null(bound[0]) ? hd_imm_int(0) : bound[0];
    HdValue step = hd_is_null(bound[1]) ? hd_imm_int(1) : bound[1];
    if (!hd_number_check(start) || !hd_number_check(step)) return hd_raise(t, &hd_TypeError, "a number is required");
    HdItertool *it = make(t, type, hd_retain(t, start), step);
    return it ? hd_from_object(it) : HD_NULL;
}
static HdValue count_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    for (;;) {
        hd_lock_object(t, &it->head);
        HdValue now = it->a, after;
        if (HD_LIKELY(hd_both_imm_int(now, it->b) && hd_imm_int_add(now, it->b, &after))) {
            it->a = after;
            hd_unlock_object(t, &it->head);
            return now;
        }
        hd_retain(t, now);
        hd_unlock_object(t, &it->head);
        after = hd_number_add(t, now, it->b); /* may run Python; then looks whether another thread was faster */
        if (hd_is_null(after)) {
            hd_release(t, now);
            return HD_NULL;
        }
        hd_lock_object(t, &it->head);
        bool mine = hd_same(it->a, now);
        HdValue old = mine ? hd_slot_exchange(&it->a, after) : after;
        hd_unlock_object(t, &it->head);
        hd_release(t, old);
        if (mine) return now;
        hd_release(t, now);
    }
}
static bool step_is_one(HdValue step) { return hd_same(step, hd_imm_int(1)); }
static HdValue count_repr(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    HD_OWNED HdValue now = hd_itertool_get(t, it, &it->a);
    if (step_is_one(it->b)) return hd_str_format(t, "%N(%R)", hd_type_of(self), now);
    return hd_str_format(t, "%N(%R, %R)", hd_type_of(self), now, it->b);
}
static HdValue count_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    HD_OWNED HdValue now = hd_itertool_get(t, it, &it->a);
    bool brief = step_is_one(it->b) && hd_is_exact_int(now);
    return hd_itertool_reduce_steal(t, self, brief ? hd_tuple_pack(t, 1, now) : hd_tuple_pack(t, 2, now, it->b), HD_NULL);
}
static const HdMethodDef count_methods[] = {REDUCE(count_reduce), HD_METHODS_END};
static HdType count_type = {
    HD_ITERTOOL("itertools.count", "count(start=0, step=1)\n--\n\nstart, start + step, start + 2 * step, ..."),
    .create = count_create, .next = count_next, .repr = count_repr, .methods = count_methods,
};

/* --- cycle: a iterator (HD_NULL: over), b list of saved items, n next of them; flag: saved list is complete --- */

static HdValue cycle_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (positional(t, type, "cycle", nargs, kwnames, 1) < 0) return HD_NULL;
    HD_OWNED HdValue source = hd_object_iter(t, hd_ref_value(args[0]));
    if (hd_is_null(source)) return HD_NULL;
    HD_OWNED HdValue saved = hd_list_new(t, 0);
    if (hd_is_null(saved)) return HD_NULL;
    HdItertool *it = make(t, type, hd_move(&source), saved);
    return it ? hd_from_object(it) : HD_NULL;
}
static HdValue cycle_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    HD_OWNED HdValue source = hd_itertool_get(t, it, &it->a);
    if (!hd_is_null(source)) {
        HdValue item = hd_object_next(t, source);
        if (!hd_is_null(item)) {
            if (it->flag || hd_list_append(t, it->b, item) == 0) return item;
            hd_release(t, item);
            return HD_NULL;
        }
        if (hd_raised(t)) return HD_NULL;
        hd_itertool_put_steal(t, it, &it->a, HD_NULL);
    }
    HdSize length = hd_list_length(it->b);
    if (!length) return HD_NULL;
    hd_lock_object(t, &it->head);
    HdSize at = it->n < length ? it->n : 0;
    it->n = at + 1 < length ? at + 1 : 0;
    hd_unlock_object(t, &it->head);
    return hd_list_get(t, it->b, at);
}
static HdValue cycle_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    HD_OWNED HdValue source = hd_itertool_get(t, it, &it->a);
    if (hd_is_null(source)) { /* an iterator over the saved items, at the same place */
        HdValue copy = hd_iter_list(t, it->b);
        if (hd_is_null(copy)) return HD_NULL;
        HD_AS(HdSequenceIterator, copy)->index = it->n;
        HD_OWNED HdValue state = hd_tuple_pack(t, 2, it->b, hd_True);
        HdValue pack = hd_tuple_pack(t, 1, copy);
        hd_release(t, copy);
        return hd_itertool_reduce_steal(t, self, pack, hd_move(&state));
    }
    HdValue state = hd_tuple_pack(t, 2, it->b, hd_bool(it->flag));
    if (hd_is_null(state)) return HD_NULL;
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 1, source), state);
}
static HdValue cycle_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    if (!hd_is_tuple(args[0])) return hd_raise(t, &hd_TypeError, "state is not a tuple");
    if (hd_tuple_length(args[0]) != 2 || !hd_is_list(hd_tuple_at_borrowed(args[0], 0))) {
        return hd_raise(t, &hd_TypeError, "state must be a tuple (list, bool)");
    }
    HdValue number = hd_tuple_at_borrowed(args[0], 1);
    int complete = hd_number_as_int(t, number);
    if (complete == -1 && hd_raised(t)) return HD_NULL;
    HdValue saved = hd_list_slice(t, hd_tuple_at_borrowed(args[0], 0), 0, HD_SIZE_MAX);
    if (hd_is_null(saved)) return HD_NULL;
    hd_itertool_put_steal(t, it, &it->b, saved);
    it->flag = complete != 0;
    it->n = 0;
    return hd_None;
}
static const HdMethodDef cycle_methods[] = {REDUCE(cycle_reduce), SETSTATE(cycle_setstate), HD_METHODS_END};
static HdType cycle_type = {
    HD_ITERTOOL("itertools.cycle", "cycle(iterable, /)\n--\n\nThe items of the iterable, again and again."),
    .create = cycle_create, .next = cycle_next, .methods = cycle_methods,
};

/* --- dropwhile, takewhile, filterfalse, starmap: a iterator, b function; flag: dropping is over / taking is over --- */

static HdValue function_create(HdThread *t, HdType *type, const char *name, const HdRef *args, HdSize nargs,
                               HdValue kwnames) {
    if (positional(t, type, name, nargs, kwnames, 2) < 0) return HD_NULL;
    HdItertool *it = make(t, type, hd_object_iter(t, hd_ref_value(args[1])), hd_ref_value(args[0]));
    return it ? hd_from_object(it) : HD_NULL;
}
static int call_truth(HdThread *t, HdValue function, HdValue item) {
    HdValue verdict = hd_object_call1(t, function, item);
    int truth = hd_is_null(verdict) ? -1 : hd_object_truth(t, verdict);
    hd_release(t, verdict);
    return truth;
}
static HdValue dropwhile_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return function_create(t, type, "dropwhile", args, nargs, kwnames);
}
static HdValue dropwhile_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    for (HdSize i = 1;; i++) {
        HdValue item = hd_itertool_draw(t, it->a);
        if (hd_is_null(item) || HD_LOAD_RELAXED(&it->flag)) return item;
        int drop = call_truth(t, it->b, item);
        if (drop == 0) {
            HD_STORE_RELAXED(&it->flag, true);
            return item;
        }
        hd_release(t, item);
        if (drop < 0 || ((i & 1023) == 0 && hd_object_poll(t) < 0)) return HD_NULL;
    }
}
static HdValue takewhile_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return function_create(t, type, "takewhile", args, nargs, kwnames);
}
static HdValue takewhile_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    if (HD_LOAD_RELAXED(&it->flag)) return HD_NULL;
    HdValue item = hd_itertool_draw(t, it->a);
    if (hd_is_null(item)) return HD_NULL;
    int take = call_truth(t, it->b, item);
    if (take > 0) return item;
    hd_release(t, item);
    if (take == 0) HD_STORE_RELAXED(&it->flag, true);
    return HD_NULL;
}
static HdValue filterfalse_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return function_create(t, type, "filterfalse", args, nargs, kwnames);
}
static HdValue filterfalse_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    bool plain = hd_is_none(it->b) || hd_same(it->b, hd_type_value(&hd_bool_type));
    for (HdSize i = 1;; i++) {
        HdValue item = hd_itertool_draw(t, it->a);
        if (hd_is_null(item)) return HD_NULL;
        int good = plain ? hd_object_truth(t, item) : call_truth(t, it->b, item);
        if (good == 0) return item;
        hd_release(t, item);
        if (good < 0 || ((i & 1023) == 0 && hd_object_poll(t) < 0)) return HD_NULL;
    }
}
static HdValue starmap_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return function_create(t, type, "starmap", args, nargs, kwnames);
}
static HdValue starmap_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    HdValue item = hd_itertool_draw(t, it->a);
    if (hd_is_null(item)) return HD_NULL;
    HdValue tuple = hd_tuple_from_iterable(t, item);
    hd_release(t, item);
    if (hd_is_null(tuple)) return HD_NULL;
    HdValue result = hd_object_call_values(t, it->b, HD_AS(HdTuple, tuple)->at, hd_tuple_length(tuple));
    hd_release(t, tuple);
    return result;
}
static HdValue function_reduce(HdThread *t, HdValue self, const HdValue *args) {
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, IT(self)->b, IT(self)->a), HD_NULL);
}
static HdValue flag_reduce(HdThread *t, HdValue self, const HdValue *args) {
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, IT(self)->b, IT(self)->a), hd_imm_int(IT(self)->flag));
}
static HdValue flag_setstate(HdThread *t, HdValue self, const HdValue *args) {
    int flag = hd_object_truth(t, args[0]);
    if (flag < 0) return HD_NULL;
    IT(self)->flag = flag;
    return hd_None;
}
static const HdMethodDef flag_methods[] = {REDUCE(flag_reduce), SETSTATE(flag_setstate), HD_METHODS_END};
static const HdMethodDef function_methods[] = {REDUCE(function_reduce), HD_METHODS_END};
static HdType dropwhile_type = {
    HD_ITERTOOL("itertools.dropwhile", "dropwhile(predicate, iterable, /)\n--\n\n"
                "Leaves out items as long as the predicate is true, then gives every item."),
    .create = dropwhile_create, .next = dropwhile_next, .methods = flag_methods,
};
static HdType takewhile_type = {
    HD_ITERTOOL("itertools.takewhile", "takewhile(predicate, iterable, /)\n--\n\n"
                "Gives items as long as the predicate is true."),
    .create = takewhile_create, .next = takewhile_next, .methods = flag_methods,
};
static HdType filterfalse_type = {
    HD_ITERTOOL("itertools.filterfalse", "filterfalse(function, iterable, /)\n--\n\n"
                "The items for which the function gives something false; with None, the items that are false."),
    .create = filterfalse_create, .next = filterfalse_next, .methods = function_methods,
};
static HdType starmap_type = {
    HD_ITERTOOL("itertools.starmap", "starmap(function, iterable, /)\n--\n\nfunction(*item) for each item."),
    .create = starmap_create, .next = starmap_next, .methods = function_methods,
};

/* --- islice: a iterator (HD_NULL: over), n items drawn, m next to give, k step; stop is in other/`stop` --- */

typedef struct Slice {
    HdObject head;
    HdValue a, b, c; /* a: iterator */
    HdSize drawn, next, step;
    bool flag, other;
    HdSize stop; /* -1: none */
} Slice;

static int slice_bound(HdThread *t, HdValue v, HdSize none, HdSize *out, const char *message) {
    *out = none;
    if (hd_is_none(v)) return 0;
    *out = hd_number_check_index(v) ? hd_number_as_size(t, v, NULL) : -1;
    if (hd_raised(t)) hd_clear_raised(t), *out = -1;
    return *out < 0 ? hd_raise_int(t, &hd_ValueError, "%s", message) : 0;
}
static HdValue islice_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const char stop_text[] = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    static const char both_text[] = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    if (takes_no_keywords(type) && hd_native_no_keywords(t, "islice", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "islice", nargs, 2, 4) < 0) return HD_NULL;
    HdSize start = 0, stop, step = 1;
    if (nargs == 2) {
        if (slice_bound(t, hd_ref_value(args[1]), -1, &stop, stop_text) < 0) return HD_NULL;
    } else {
        HdSize ignored;
        if (!hd_is_none(hd_ref_value(args[2])) && slice_bound(t, hd_ref_value(args[2]), -1, &ignored, stop_text) < 0) {
            return HD_NULL;
        }
        if (slice_bound(t, hd_ref_value(args[1]), 0, &start, both_text) < 0) return HD_NULL;
        if (slice_bound(t, hd_ref_value(args[2]), -1, &stop, both_text) < 0) return HD_NULL;
    }
    if (nargs == 4) {
        HdValue v = hd_ref_value(args[3]);
        if (!hd_is_none(v)) step = hd_number_check_index(v) ? hd_number_as_size(t, v, NULL) : -1;
        if (hd_raised(t)) hd_clear_raised(t), step = -1;
        if (step < 1) return hd_raise(t, &hd_ValueError, "Step for islice() must be a positive integer or None.");
    }
    HdValue source = hd_object_iter(t, hd_ref_value(args[0]));
    Slice *it = hd_is_null(source) ? NULL : HD_NEW(t, Slice, type);
    if (!it) {
        hd_release(t, source);
        return HD_NULL;
    }
    it->a = source;
    it->next = start;
    it->stop = stop;
    it->step = step;
    return hd_from_object(it);
}
static HdValue islice_next(HdThread *t, HdValue self) {
    Slice *it = HD_AS(Slice, self);
    HdItertool *base = (HdItertool *)it;
    HdValue source = hd_itertool_get(t, base, &it->a);
    if (hd_is_null(source)) return HD_NULL;
    HdValue item = HD_NULL;
    HdSize stop = it->stop;
    for (HdSize i = 1; it->drawn < it->next; i++) { /* what lies before the next item to give */
        HdValue skipped = hd_itertool_draw(t, source);
        if (hd_is_null(skipped)) goto over;
        hd_release(t, skipped);
        it->drawn++;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) goto failed;
    }
    if (stop >= 0 && it->drawn >= stop) goto over;
    item = hd_itertool_draw(t, source);
    if (hd_is_null(item)) goto over;
    it->drawn++;
    HdSize before = it->next;
    it->next = before > HD_SIZE_MAX - it->step ? HD_SIZE_MAX : before + it->step;
    if (stop >= 0 && it->next > stop) it->next = stop;
    hd_release(t, source);
    return item;
over:
    hd_itertool_put_steal(t, base, &it->a, HD_NULL);
failed:
    hd_release(t, source);
    return HD_NULL;
}
static HdValue islice_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Slice *it = HD_AS(Slice, self);
    HD_OWNED HdValue source = hd_itertool_get(t, (HdItertool *)it, &it->a);
    if (hd_is_null(source)) {
        HD_OWNED HdValue empty = hd_list_new(t, 0);
        HD_OWNED HdValue iterator = hd_is_null(empty) ? HD_NULL : hd_iter_list(t, empty);
        if (hd_is_null(iterator)) return HD_NULL;
        return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, iterator, hd_imm_int(0)), hd_imm_int(0));
    }
    HdValue stop = it->stop < 0 ? hd_None : hd_imm_int(it->stop);
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 4, source, hd_imm_int(it->next), stop, hd_imm_int(it->step)),
                                    hd_imm_int(it->drawn));
}
static HdValue islice_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdSize drawn = hd_number_as_size(t, args[0], &hd_OverflowError);
    if (drawn == -1 && hd_raised(t)) return HD_NULL;
    HD_AS(Slice, self)->drawn = drawn;
    return hd_None;
}
static const HdMethodDef islice_methods[] = {REDUCE(islice_reduce), SETSTATE(islice_setstate), HD_METHODS_END};
static HdType islice_type = {
    HD_ITERTOOL_BASE("itertools.islice", "islice(iterable, stop) --> islice object\n"
                "islice(iterable, start, stop[, step]) --> islice object\n\nItems by position, as a slice names them."),
    .basicsize = sizeof(Slice), .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .create = islice_create, .next = islice_next, .methods = islice_methods,
};

/* --- pairwise: a iterator (HD_NULL: over), b the item before --- */

static HdValue pairwise_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (positional(t, type, "pairwise", nargs, kwnames, 1) < 0) return HD_NULL;
    HdItertool *it = make(t, type, hd_object_iter(t, hd_ref_value(args[0])), HD_NULL);
    return it ? hd_from_object(it) : HD_NULL;
}
static HdValue pairwise_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    HD_OWNED HdValue source = hd_itertool_get(t, it, &it->a);
    if (hd_is_null(source)) return HD_NULL;
    HD_OWNED HdValue before = hd_itertool_get(t, it, &it->b);
    if (hd_is_null(before)) {
        before = hd_itertool_draw(t, source);
        if (hd_is_null(before)) {
            hd_itertool_put_steal(t, it, &it->a, HD_NULL);
            return HD_NULL;
        }
        hd_itertool_put_steal(t, it, &it->b, hd_retain(t, before));
    }
    HD_OWNED HdValue item = hd_itertool_draw(t, source);
    if (hd_is_null(item)) {
        hd_itertool_put_steal(t, it, &it->a, HD_NULL);
        hd_itertool_put_steal(t, it, &it->b, HD_NULL);
        return HD_NULL;
    }
    HdValue pair = hd_tuple_pack(t, 2, before, item);
    hd_itertool_put_steal(t, it, &it->b, hd_move(&item));
    return pair;
}
static HdType pairwise_type = {
    HD_ITERTOOL("itertools.pairwise", "pairwise(iterable, /)\n--\n\nOverlapping pairs: (s0, s1), (s1, s2), ..."),
    .create = pairwise_create, .next = pairwise_next,
};

/* --- repeat: a object, n times left (-1: for ever) --- */

static HdValue repeat_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "repeat(object, times=None)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdSize times = -1;
    if (!hd_is_null(bound[1])) {
        times = hd_number_as_size(t, bound[1], &hd_OverflowError);
        if (times == -1 && hd_raised(t)) return HD_NULL;
        if (times < 0) times = 0;
    }
    HdItertool *it = make(t, type, hd_retain(t, bound[0]), HD_NULL);
    if (!it) return HD_NULL;
    it->n = times;
    return hd_from_object(it);
}
static HdValue repeat_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    hd_lock_object(t, &it->head);
    bool more = it->n != 0;
    if (it->n > 0) it->n--;
    hd_unlock_object(t, &it->head);
    return more ? hd_retain(t, it->a) : HD_NULL;
}
static HdValue repeat_repr(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    if (it->n < 0) return hd_str_format(t, "%N(%R)", hd_type_of(self), it->a);
    return hd_str_format(t, "%N(%R, %zd)", hd_type_of(self), it->a, it->n);
}
static HdValue repeat_hint(HdThread *t, HdValue self, const HdValue *args) {
    if (IT(self)->n < 0) return hd_raise(t, &hd_TypeError, "len() of unsized object");
    return hd_imm_int(IT(self)->n);
}
static HdValue repeat_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    HdValue pack = it->n < 0 ? hd_tuple_pack(t, 1, it->a) : hd_tuple_pack(t, 2, it->a, hd_imm_int(it->n));
    return hd_itertool_reduce_steal(t, self, pack, HD_NULL);
}
static const HdMethodDef repeat_methods[] = {
    HD_METHOD(repeat_hint, "__length_hint__($self, /)", "How many items are left."), REDUCE(repeat_reduce),
    HD_METHODS_END,
};
static HdType repeat_type = {
    HD_ITERTOOL("itertools.repeat", "repeat(object [,times]) -> the object, as often as times says, or for ever"),
    .create = repeat_create, .next = repeat_next, .repr = repeat_repr, .methods = repeat_methods,
};

/* --- zip_longest: a tuple of iterators (HD_NULL: ended), b fill value, n iterators still going --- */

static HdValue zip_longest_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue fill = hd_None;
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (keywords) {
        if (keywords > 1 || !hd_str_equals_text(hd_tuple_at_borrowed(kwnames, 0), "fillvalue")) {
            return hd_raise(t, &hd_TypeError, "zip_longest() got an unexpected keyword argument");
        }
        fill = hd_ref_value(args[nargs]);
    }
    HD_OWNED HdValue sources = hd_tuple_new(t, nargs);
    if (hd_is_null(sources)) return HD_NULL;
    for (HdSize i = 0; i < nargs; i++) {
        HdValue source = hd_object_iter(t, hd_ref_value(args[i]));
        if (hd_is_null(source)) return HD_NULL;
        hd_tuple_put_steal(sources, i, source);
    }
    HdItertool *it = make(t, type, hd_move(&sources), fill);
    if (!it) return HD_NULL;
    it->n = nargs;
    return hd_from_object(it);
}
static HdValue zip_longest_next(HdThread *t, HdValue self) {
    HdItertool *it = IT(self);
    HdTuple *sources = HD_AS(HdTuple, it->a);
    HdSize count = sources->length;
    if (!count || !it->n) return HD_NULL;
    HD_OWNED HdValue result = hd_tuple_new(t, count);
    if (hd_is_null(result)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        HdValue source = hd_itertool_get(t, it, &sources->at[i]), item = HD_NULL;
        if (!hd_is_null(source)) {
            item = hd_object_next(t, source);
            hd_release(t, source);
            if (hd_is_null(item)) {
                if (hd_raised(t)) {
                    it->n = 0;
                    return HD_NULL;
                }
                hd_lock_object(t, &it->head);
                HdValue old = hd_slot_exchange(&sources->at[i], HD_NULL);
                HdSize left = it->n > 0 && !hd_is_null(old) ? --it->n : it->n;
                hd_unlock_object(t, &it->head);
                hd_release(t, old);
                if (!left) return HD_NULL;
            }
        }
        hd_tuple_put_steal(result, i, hd_is_null(item) ? hd_retain(t, it->b) : item);
    }
    return hd_move(&result);
}
static HdValue zip_longest_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    HdTuple *sources = HD_AS(HdTuple, it->a);
    HdValue pack = hd_tuple_new(t, sources->length);
    if (hd_is_null(pack)) return HD_NULL;
    for (HdSize i = 0; i < sources->length; i++) {
        HdValue source = hd_itertool_get(t, it, &sources->at[i]);
        hd_tuple_put_steal(pack, i, hd_is_null(source) ? hd_tuple_empty() : source);
    }
    return hd_itertool_reduce_steal(t, self, pack, hd_retain(t, it->b));
}
static HdValue zip_longest_setstate(HdThread *t, HdValue self, const HdValue *args) {
    HdItertool *it = IT(self);
    hd_itertool_put_steal(t, it, &it->b, hd_retain(t, args[0]));
    return hd_None;
}
static const HdMethodDef zip_longest_methods[] = {REDUCE(zip_longest_reduce), SETSTATE(zip_longest_setstate),
                                                  HD_METHODS_END};
static HdType zip_longest_type = {
    HD_ITERTOOL("itertools.zip_longest", "zip_longest(*iterables, fillvalue=None) --> zip_longest object\n\n"
                "Like zip(), but goes on to the end of the longest iterable."),
    .create = zip_longest_create, .next = zip_longest_next, .methods = zip_longest_methods,
};

/* --- the module --- */

static int exec(HdThread *t, HdValue module) {
    HdType *types[] = {
        &accumulate_type, &hd_itertools_combinations_type, &hd_itertools_replacement_type, &cycle_type,
        &dropwhile_type, &takewhile_type, &islice_type, &starmap_type, &chain_type, &compress_type,
        &filterfalse_type, &count_type, &zip_longest_type, &pairwise_type, &hd_itertools_permutations_type,
        &hd_itertools_product_type, &repeat_type, &hd_itertools_groupby_type, &hd_itertools_grouper_type,
        &hd_itertools_tee_type, &hd_itertools_tee_data_type,
    };
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    return 0;
}

static HdValue tee(HdThread *t, HdValue module, const HdValue *args) {
    return hd_itertools_tee_def.bound(t, module, args);
}
static const HdMethodDef functions[] = {
    HD_METHOD(tee, "tee($module, iterable, n=2, /)", "A tuple of n independent iterators over one iterable."),
    HD_METHODS_END,
};

extern const HdModuleDef hd_module_itertools;
const HdModuleDef hd_module_itertools = {
    .name = "itertools",
    .doc = "Iterators as building blocks: endless ones, selecting and combining ones, and those of combinatorics.",
    .functions = functions,
    .exec = exec,
};
