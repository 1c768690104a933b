/* set.c -- the types set and frozenset over the table of set_table.c: operators, methods, iterator.
 *
 * No lock is taken here; operations on two sets are atomic step by step, copies as a whole.
 */
#include "set_table.h"

#include "descr.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "number.h"
#include "str_builder.h"

#define SET(v) HD_AS(HdSet, v)
static bool is_frozen(HdValue v) { return hd_is_instance(v, &hd_frozenset_type); }
static HdType *basetype_of(HdValue v) { return is_frozen(v) ? &hd_frozenset_type : &hd_set_type; }
static HdValue new_like(HdThread *t, HdValue v, HdValue iterable) { /* set or frozenset, whatever the subclass */
    return basetype_of(v) == &hd_set_type ? hd_set_new(t, iterable) : hd_frozenset_new(t, iterable);
}

/* --- set algebra --- */

static int subtract_from(HdThread *t, HdValue self, HdValue other);

/* Calls `act` for each key of a set with its hash, or of an iterable. */
typedef int (*Act)(HdThread *t, HdValue context, HdValue other, HdValue key, int64_t hash);
static int each(HdThread *t, HdValue walked, HdValue context, HdValue other, Act act) {
    HdValue key;
    int64_t hash;
    int status = 0;
    if (hd_is_set(walked)) {
        HdSize position = 0;
        while (status == 0 && hd_set_next_hash(t, walked, &position, &key, &hash)) {
            status = act(t, context, other, key, hash);
            hd_release(t, key);
        }
        return status;
    }
    if (hd_is_exact_dict(walked)) {
        HdSize position = 0;
        HdValue value;
        while (status == 0 && hd_dict_next_hash(t, walked, &position, &key, &value, &hash)) {
            status = act(t, context, other, key, hash);
            hd_release(t, key);
            hd_release(t, value);
        }
        return status;
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, walked);
    if (hd_is_null(iterator)) return -1;
    for (HdSize i = 1; status == 0; i++) {
        key = hd_object_next(t, iterator);
        if (hd_is_null(key)) return hd_raised(t) ? -1 : 0;
        hash = hd_key_hash(t, key);
        status = hash == -1 ? -1 : act(t, context, other, key, hash);
        hd_release(t, key);
        if (status == 0 && (i & 1023) == 0) status = hd_object_poll(t);
    }
    return status;
}

static int act_add_common(HdThread *t, HdValue result, HdValue other, HdValue key, int64_t hash) {
    int found = hd_set_contains_hash(t, other, key, hash);
    return found > 0 ? hd_set_add_hash(t, result, key, hash) : found;
}
static int act_add_missing(HdThread *t, HdValue result, HdValue other, HdValue key, int64_t hash) {
    HdValue value;
    int found;
    if (hd_is_exact_dict(other)) {
        found = hd_dict_find_hash(t, other, key, hash, &value);
        if (found > 0) hd_release(t, value);
    } else {
        found = hd_set_contains_hash(t, other, key, hash);
    }
    return found == 0 ? hd_set_add_hash(t, result, key, hash) : found < 0 ? -1 : 0;
}
static int act_discard(HdThread *t, HdValue set, HdValue other, HdValue key, int64_t hash) {
    return hd_set_discard_hash(t, set, key, hash) < 0 ? -1 : 0;
}
static int act_toggle(HdThread *t, HdValue set, HdValue other, HdValue key, int64_t hash) {
    int found = hd_set_discard_hash(t, set, key, hash);
    return found == 0 ? hd_set_add_hash(t, set, key, hash) : found < 0 ? -1 : 0;
}
static int act_is_common(HdThread *t, HdValue set, HdValue other, HdValue key, int64_t hash) { /* 1 stops */
    return hd_set_contains_hash(t, other, key, hash);
}
static int act_is_missing(HdThread *t, HdValue set, HdValue other, HdValue key, int64_t hash) {
    int found = hd_set_contains_hash(t, other, key, hash);
    return found < 0 ? -1 : !found;
}

static HdValue finish(HdThread *t, HdValue result, int status) {
    if (status == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}

static HdValue intersection(HdThread *t, HdValue self, HdValue other) {
    if (hd_same(self, other)) return new_like(t, self, self);
    HdValue result = new_like(t, self, HD_NULL);
    if (hd_is_null(result)) return HD_NULL;
    if (hd_is_set(other) && hd_set_length(other) > hd_set_length(self)) { /* walk the smaller one */
        return finish(t, result, each(t, self, result, other, act_add_common));
    }
    return finish(t, result, each(t, other, result, self, act_add_common));
}

static HdValue difference(HdThread *t, HdValue self, HdValue other) {
    bool set = hd_is_set(other), dict = hd_is_exact_dict(other);
    HdSize size = set ? hd_set_length(other) : dict ? hd_dict_length(other) : 0;
    if ((!set && !dict) || hd_set_length(self) >> 2 > size) { /* copy and take out */
        HdValue result = new_like(t, self, self);
        return hd_is_null(result) ? HD_NULL : finish(t, result, subtract_from(t, result, other));
    }
    HdValue result = new_like(t, self, HD_NULL);
    if (hd_is_null(result)) return HD_NULL;
    return finish(t, result, each(t, self, result, other, act_add_missing));
}

static int subtract_from(HdThread *t, HdValue self, HdValue other) {
    if (hd_same(self, other)) return hd_set_clear(t, self);
    HD_OWNED HdValue common = HD_NULL;
    if (hd_is_set(other) && hd_set_length(other) >> 3 > hd_set_length(self)) { /* the walk is shorter over what is common */
        common = intersection(t, self, other);
        if (hd_is_null(common)) return -1;
        other = common;
    }
    if (each(t, other, self, other, act_discard) < 0) return -1;
    return hd_set_tidy(t, self);
}

static int toggle_all(HdThread *t, HdValue self, HdValue other) {
    if (hd_same(self, other)) return hd_set_clear(t, self);
    HD_OWNED HdValue unique = HD_NULL;
    if (!hd_is_set(other) && !hd_is_exact_dict(other)) { /* an item given twice counts once */
        unique = new_like(t, self, other);
        if (hd_is_null(unique)) return -1;
        other = unique;
    }
    return each(t, other, self, other, act_toggle);
}
static HdValue symmetric_difference(HdThread *t, HdValue self, HdValue other) {
    HdValue result = new_like(t, self, other);
    return hd_is_null(result) ? HD_NULL : finish(t, result, toggle_all(t, result, self));
}

/* 1 if all of self is in other, a set. */
static int is_subset(HdThread *t, HdValue self, HdValue other) {
    if (hd_set_length(self) > hd_set_length(other)) return 0;
    int missing = each(t, self, self, other, act_is_missing);
    return missing < 0 ? -1 : !missing;
}

/* --- slots --- */

static HdSize set_length(HdThread *t, HdValue self) { return hd_set_length(self); }
static int set_contains(HdThread *t, HdValue self, HdValue key) { return hd_set_contains(t, self, key); }

static HdValue set_repr(HdThread *t, HdValue self) {
    HdType *type = hd_type_of(self);
    const char *name = hd_type_short_name(type);
    int entered = hd_object_repr_enter(t, self);
    if (entered) return entered < 0 ? HD_NULL : hd_str_format(t, "%s(...)", name);
    HdValue list = hd_set_keys_list(t, self), result = HD_NULL;
    if (!hd_is_null(list) && !hd_list_length(list)) {
        result = hd_str_format(t, "%s()", name);
    } else if (!hd_is_null(list)) {
        HdValue text = hd_object_repr(t, list); /* "[...]" */
        if (!hd_is_null(text)) {
            HdValue inner = hd_str_substring(t, text, 1, hd_str_length(text) - 1);
            if (!hd_is_null(inner)) {
                result = type == &hd_set_type ? hd_str_format(t, "{%U}", inner) : hd_str_format(t, "%s({%U})", name, inner);
            }
            hd_release(t, inner);
        }
        hd_release(t, text);
    }
    hd_release(t, list);
    hd_object_repr_leave(t, self);
    return result;
}

static HdValue set_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_set(left) || !hd_is_set(right)) return hd_NotImplemented;
    HdSize n = hd_set_length(left), m = hd_set_length(right);
    int result = 0;
    switch (op) {
        case HD_EQ:
        case HD_NE:
            if (n == m && !(is_frozen(left) && is_frozen(right) && SET(left)->hash && SET(right)->hash &&
                            SET(left)->hash != SET(right)->hash)) {
                result = is_subset(t, left, right);
            }
            if (op == HD_NE && result >= 0) result = !result;
            break;
        case HD_LE: result = is_subset(t, left, right); break;
        case HD_GE: result = is_subset(t, right, left); break;
        case HD_LT: result = n < m ? is_subset(t, left, right) : 0; break;
        default: result = n > m ? is_subset(t, right, left) : 0; break;
    }
    return result < 0 ? HD_NULL : hd_bool(result);
}

/* Independent of the order of the keys; the constants are CPython's. */
static int64_t frozenset_hash(HdThread *t, HdValue self) {
    HdSet *s = SET(self);
    int64_t known = HD_LOAD_RELAXED(&s->hash);
    if (known) return known;
    uint64_t sum = 0;
    HdSetTable *table = s->table;
    for (HdSize i = 0; i <= table->mask; i++) {
        if (!hd_set_is_key(table->at[i].key)) continue;
        uint64_t h = (uint64_t)table->at[i].hash;
        sum ^= ((h ^ 89869747u) ^ (h << 16)) * 3644798167u;
    }
    sum ^= ((uint64_t)s->used + 1) * 1927868237u;
    sum ^= (sum >> 11) ^ (sum >> 25);
    sum = sum * 69069u + 907133923u;
    int64_t hash = sum == UINT64_MAX ? 590923713 : (int64_t)sum;
    HD_STORE_RELAXED(&s->hash, hash);
    return hash;
}

static HdValue set_or(HdThread *t, HdValue left, HdValue right) {
    if (!hd_is_set(left) || !hd_is_set(right)) return hd_NotImplemented;
    HdValue result = new_like(t, left, left);
    return hd_is_null(result) || hd_same(left, right) ? result : finish(t, result, hd_set_merge(t, result, right));
}
static HdValue set_and(HdThread *t, HdValue left, HdValue right) {
    return hd_is_set(left) && hd_is_set(right) ? intersection(t, left, right) : hd_NotImplemented;
}
static HdValue set_subtract(HdThread *t, HdValue left, HdValue right) {
    return hd_is_set(left) && hd_is_set(right) ? difference(t, left, right) : hd_NotImplemented;
}
static HdValue set_xor(HdThread *t, HdValue left, HdValue right) {
    return hd_is_set(left) && hd_is_set(right) ? symmetric_difference(t, left, right) : hd_NotImplemented;
}
static HdValue self_if(HdThread *t, HdValue self, int status) { return status < 0 ? HD_NULL : hd_retain(t, self); }
static HdValue set_inplace_or(HdThread *t, HdValue self, HdValue other) {
    return hd_is_set(other) ? self_if(t, self, hd_set_merge(t, self, other)) : hd_NotImplemented;
}
static int intersect_with(HdThread *t, HdValue self, HdValue other) {
    HdValue common = intersection(t, self, other);
    if (hd_is_null(common)) return -1;
    hd_set_swap(t, self, common);
    hd_release(t, common);
    return 0;
}
static HdValue set_inplace_and(HdThread *t, HdValue self, HdValue other) {
    return hd_is_set(other) ? self_if(t, self, intersect_with(t, self, other)) : hd_NotImplemented;
}
static HdValue set_inplace_subtract(HdThread *t, HdValue self, HdValue other) {
    return hd_is_set(other) ? self_if(t, self, subtract_from(t, self, other)) : hd_NotImplemented;
}
static HdValue set_inplace_xor(HdThread *t, HdValue self, HdValue other) {
    return hd_is_set(other) ? self_if(t, self, toggle_all(t, self, other)) : hd_NotImplemented;
}

/* --- methods --- */

static HdValue none_if(int status) { return status < 0 ? HD_NULL : hd_None; }

static HdValue set_method_add(HdThread *t, HdValue self, const HdValue *args) {
    return none_if(hd_set_add(t, self, args[0]));
}
static HdValue set_method_clear(HdThread *t, HdValue self, const HdValue *args) {
    return none_if(hd_set_clear(t, self));
}
static HdValue set_method_copy(HdThread *t, HdValue self, const HdValue *args) { return new_like(t, self, self); }
static HdValue frozenset_method_copy(HdThread *t, HdValue self, const HdValue *args) {
    return hd_is_exact_object(self, &hd_frozenset_type) ? hd_retain(t, self) : new_like(t, self, self);
}
static HdValue set_method_discard(HdThread *t, HdValue self, const HdValue *args) {
    return none_if(hd_set_discard(t, self, args[0]));
}
static HdValue set_method_remove(HdThread *t, HdValue self, const HdValue *args) {
    int found = hd_set_discard(t, self, args[0]);
    if (found) return none_if(found);
    return hd_raise_value(t, &hd_KeyError, args[0]);
}
static HdValue set_method_contains(HdThread *t, HdValue self, const HdValue *args) {
    int found = hd_set_contains(t, self, args[0]);
    return found < 0 ? HD_NULL : hd_bool(found);
}
static HdValue set_method_pop(HdThread *t, HdValue self, const HdValue *args) {
    HdValue key;
    return hd_set_pop(t, self, &key) ? key : hd_raise(t, &hd_KeyError, "pop from an empty set");
}

#define OTHERS(i, other)                                                                     \
    HdTuple *others_ = HD_AS(HdTuple, args[0]);                                              \
    for (HdSize i = 0; i < others_->length; i++)                                             \
        for (HdValue other = others_->at[i], once_ = hd_True; !hd_is_null(once_); once_ = HD_NULL)

static HdValue set_method_update(HdThread *t, HdValue self, const HdValue *args) {
    OTHERS(i, other) {
        if (hd_set_update(t, self, other) < 0) return HD_NULL;
    }
    return hd_None;
}
static HdValue set_method_union(HdThread *t, HdValue self, const HdValue *args) {
    HdValue result = new_like(t, self, self);
    if (hd_is_null(result)) return HD_NULL;
    OTHERS(i, other) {
        if (hd_same(other, self)) continue;
        if (hd_set_update(t, result, other) < 0) return finish(t, result, -1);
    }
    return result;
}
static HdValue set_method_intersection(HdThread *t, HdValue self, const HdValue *args) {
    HdTuple *others = HD_AS(HdTuple, args[0]);
    if (!others->length) return new_like(t, self, self);
    HdValue result = hd_retain(t, self);
    for (HdSize i = 0; i < others->length && !hd_is_null(result); i++) {
        HdValue next = intersection(t, result, others->at[i]);
        hd_release(t, result);
        result = next;
    }
    return result;
}
static HdValue set_method_intersection_update(HdThread *t, HdValue self, const HdValue *args) {
    HdValue common = set_method_intersection(t, self, args);
    if (hd_is_null(common)) return HD_NULL;
    hd_set_swap(t, self, common);
    hd_release(t, common);
    return hd_None;
}
static HdValue set_method_difference(HdThread *t, HdValue self, const HdValue *args) {
    HdTuple *others = HD_AS(HdTuple, args[0]);
    if (!others->length) return new_like(t, self, self);
    HdValue result = difference(t, self, others->at[0]);
    for (HdSize i = 1; i < others->length && !hd_is_null(result); i++) {
        if (subtract_from(t, result, others->at[i]) < 0) return finish(t, result, -1);
    }
    return result;
}
static HdValue set_method_difference_update(HdThread *t, HdValue self, const HdValue *args) {
    OTHERS(i, other) {
        if (subtract_from(t, self, other) < 0) return HD_NULL;
    }
    return hd_None;
}
static HdValue set_method_symmetric_difference(HdThread *t, HdValue self, const HdValue *args) {
    return symmetric_difference(t, self, args[0]);
}
static HdValue set_method_symmetric_difference_update(HdThread *t, HdValue self, const HdValue *args) {
    return none_if(toggle_all(t, self, args[0]));
}

static HdValue set_method_isdisjoint(HdThread *t, HdValue self, const HdValue *args) {
    HdValue other = args[0];
    if (hd_same(self, other)) return hd_bool(hd_set_length(self) == 0);
    int common = hd_is_set(other) && hd_set_length(other) > hd_set_length(self)
                     ? each(t, self, self, other, act_is_common)
                     : each(t, other, self, self, act_is_common);
    return common < 0 ? HD_NULL : hd_bool(!common);
}
static HdValue set_method_issubset(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue other = hd_is_set(args[0]) ? hd_retain(t, args[0]) : hd_set_new(t, args[0]);
    if (hd_is_null(other)) return HD_NULL;
    int result = is_subset(t, self, other);
    return result < 0 ? HD_NULL : hd_bool(result);
}
static HdValue set_method_issuperset(HdThread *t, HdValue self, const HdValue *args) {
    int result;
    if (hd_is_set(args[0])) {
        result = is_subset(t, args[0], self);
    } else {
        int missing = each(t, args[0], self, self, act_is_missing);
        result = missing < 0 ? -1 : !missing;
    }
    return result < 0 ? HD_NULL : hd_bool(result);
}
static HdValue set_method_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue keys = hd_set_keys_list(t, self);
    HD_OWNED HdValue pack = hd_is_null(keys) ? HD_NULL : hd_tuple_pack(t, 1, keys);
    if (hd_is_null(pack)) return HD_NULL;
    HD_OWNED HdValue state = hd_object_call_method0(t, self, "__getstate__");
    return hd_is_null(state) ? HD_NULL : hd_tuple_pack(t, 3, hd_type_value(hd_type_of(self)), pack, state);
}
static HdValue set_method_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdType *type = hd_type_of(self);
    return hd_int_from_size(t, type->basicsize + type->tail_size + (HdSize)hd_set_table_bytes(SET(self)));
}
static HdValue class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

/* --- iterator --- */

typedef struct SetIterator {
    HdObject head;
    HdValue set; /* HD_NULL: exhausted */
    HdSize position, used, left;
} SetIterator;

static HdValue set_iter(HdThread *t, HdValue self) {
    SetIterator *it = (SetIterator *)hd_heap_object(t, &hd_set_iterator_type, sizeof *it, HD_FLAG_GC);
    if (!it) return hd_raise_no_memory(t);
    it->set = hd_retain(t, self);
    it->used = it->left = hd_set_length(self);
    return hd_from_object(it);
}
static HdValue iterator_step(HdThread *t, SetIterator *it, HdValue set) {
    for (;;) {
        HdSize position = HD_LOAD_RELAXED(&it->position), before = position;
        if (position < 0) return HD_NULL;
        if (HD_LOAD_RELAXED(&it->used) != hd_set_length(set)) {
            HD_STORE_RELAXED(&it->used, -1); /* stays so */
            return hd_raise(t, &hd_RuntimeError, "Set changed size during iteration");
        }
        HdValue key;
        if (!hd_set_next(t, set, &position, &key)) {
            HD_STORE_RELAXED(&it->left, 0);
            if (t->locks) HD_STORE_RELEASE(&it->position, -1);
            hd_slot_let_go(t, &it->head, &it->set);
            return HD_NULL;
        }
        if (HD_LIKELY(!t->locks)) it->position = position;
        else if (!HD_CAS(&it->position, &before, position)) {
            hd_release(t, key);
            continue;
        }
        HD_STORE_RELAXED(&it->left, HD_LOAD_RELAXED(&it->left) - 1);
        return key;
    }
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    SetIterator *it = HD_AS(SetIterator, self);
    HdBorrow borrow = hd_slot_borrow(t, &it->set);
    HdValue key = hd_is_null(borrow.v) ? HD_NULL : iterator_step(t, it, borrow.v);
    hd_slot_borrow_end(t, borrow);
    return key;
}
static HdValue iterator_hint(HdThread *t, HdValue self, const HdValue *args) {
    SetIterator *it = HD_AS(SetIterator, self);
    HD_OWNED HdValue set = hd_slot_own(t, &it->set);
    bool valid = !hd_is_null(set) && HD_LOAD_RELAXED(&it->used) == hd_set_length(set);
    return hd_int_from_size(t, valid ? HD_LOAD_RELAXED(&it->left) : 0);
}
static HdValue iterator_reduce(HdThread *t, HdValue self, const HdValue *args) {
    SetIterator *it = HD_AS(SetIterator, self);
    SetIterator *copy = HD_NEW(t, SetIterator, &hd_set_iterator_type); /* the rest is drawn from a copy */
    if (!copy) return HD_NULL;
    HD_OWNED HdValue owner = hd_from_object(copy);
    copy->set = hd_slot_own(t, &it->set);
    copy->position = HD_LOAD_RELAXED(&it->position);
    copy->used = HD_LOAD_RELAXED(&it->used);
    copy->left = HD_LOAD_RELAXED(&it->left);
    HD_OWNED HdValue rest = hd_list_from_iterable(t, owner);
    return hd_is_null(rest) ? HD_NULL : hd_iter_reduce(t, "iter", rest);
}
static void iterator_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((SetIterator *)self)->set);
    hd_type_free(t, self);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((SetIterator *)self)->set);
    return 0;
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_hint, "__length_hint__($self, /)", "How many items are left."),
    HD_METHOD(iterator_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHODS_END,
};
HdType hd_set_iterator_type = {
    HD_TYPE_HEAD("set_iterator"),
    .basicsize = sizeof(SetIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .iter = hd_iter_self,
    .next = iterator_next,
    .methods = iterator_methods,
};

/* --- life --- */

static HdValue new_of_type(HdThread *t, HdType *type) {
    HdValue self = hd_type_alloc(t, type);
    if (!hd_is_null(self)) hd_set_table_init(SET(self));
    return self;
}
static HdValue set_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return new_of_type(t, type);
}
static int set_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "set", kwnames) < 0) return -1;
    if (hd_native_check_count(t, "set", nargs, 0, 1) < 0) return -1;
    if (hd_set_clear(t, self) < 0) return -1;
    SET(self)->hash = 0;
    return nargs ? hd_set_update(t, self, hd_ref_value(args[0])) : 0;
}
static HdValue frozenset_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if ((type == &hd_frozenset_type || type->init == hd_frozenset_type.init) &&
        hd_native_no_keywords(t, "frozenset", kwnames) < 0)
        return HD_NULL;
    if (hd_native_check_count(t, "frozenset", nargs, 0, 1) < 0) return HD_NULL;
    HdValue iterable = nargs ? hd_ref_value(args[0]) : HD_NULL;
    if (nargs && type == &hd_frozenset_type && hd_is_exact_object(iterable, &hd_frozenset_type)) {
        return hd_retain(t, iterable);
    }
    HdValue self = new_of_type(t, type);
    if (hd_is_null(self) || !nargs) return self;
    return finish(t, self, hd_set_update(t, self, iterable));
}
static void set_dealloc(HdThread *t, HdObject *self) {
    hd_set_table_free(t, (HdSet *)self);
    hd_type_free(t, self);
}
static int set_traverse(HdObject *self, HdVisit visit, void *context) {
    return hd_set_table_traverse((HdSet *)self, visit, context);
}
static void set_gc_clear(HdThread *t, HdObject *self) {
    if (((HdSet *)self)->table && hd_set_clear(t, hd_from_object(self)) < 0) hd_clear_raised(t);
}

#define SHARED_METHODS                                                                                              \
    HD_METHOD(set_method_contains, "__contains__($self, object, /)", "x in self"),                                  \
    HD_METHOD(set_method_difference, "difference($self, /, *others)", "The items that are in none of the others."), \
    HD_METHOD(set_method_intersection, "intersection($self, /, *others)", "The items that are in all the others."), \
    HD_METHOD(set_method_isdisjoint, "isdisjoint($self, other, /)", "True if no item is in both."),                 \
    HD_METHOD(set_method_issubset, "issubset($self, other, /)", "True if every item is in the other."),             \
    HD_METHOD(set_method_issuperset, "issuperset($self, other, /)", "True if every item of the other is here."),    \
    HD_METHOD(set_method_symmetric_difference, "symmetric_difference($self, other, /)",                             \
              "The items that are in exactly one of the two."),                                                     \
    HD_METHOD(set_method_union, "union($self, /, *others)", "The items that are in any of them."),                  \
    HD_METHOD(set_method_reduce, "__reduce__($self, /)", "How pickle makes it again."),                             \
    HD_METHOD(set_method_sizeof, "__sizeof__($self, /)", "Bytes that the set takes in memory."),                    \
    HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class.")

static const HdMethodDef set_methods[] = {
    SHARED_METHODS,
    HD_METHOD(set_method_add, "add($self, item, /)", "Add an item; nothing happens if it is there."),
    HD_METHOD(set_method_clear, "clear($self, /)", "Remove every item."),
    HD_METHOD(set_method_copy, "copy($self, /)", "A new set with the same items."),
    HD_METHOD(set_method_discard, "discard($self, item, /)", "Remove an item if it is there."),
    HD_METHOD(set_method_remove, "remove($self, item, /)", "Remove an item; KeyError if it is not there."),
    HD_METHOD(set_method_pop, "pop($self, /)", "Remove some item and return it; KeyError if there is none."),
    HD_METHOD(set_method_update, "update($self, /, *others)", "Add the items of all the others."),
    HD_METHOD(set_method_difference_update, "difference_update($self, /, *others)", "Remove the others' items."),
    HD_METHOD(set_method_intersection_update, "intersection_update($self, /, *others)",
              "Keep only the items that are in all the others."),
    HD_METHOD(set_method_symmetric_difference_update, "symmetric_difference_update($self, other, /)",
              "Keep the items that are in exactly one of the two."),
    HD_METHODS_END,
};
static const HdMethodDef frozenset_methods[] = {
    SHARED_METHODS,
    HD_METHOD(frozenset_method_copy, "copy($self, /)", "The set itself."),
    HD_METHODS_END,
};

#define SHARED_SLOTS                                                                 \
    .basicsize = sizeof(HdSet),                                                      \
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_MATCH_SELF | HD_TYPE_ITER_NATIVE,   \
    .dealloc = set_dealloc,                                                          \
    .traverse = set_traverse,                                                        \
    .clear = set_gc_clear,                                                           \
    .repr = set_repr,                                                                \
    .compare = set_compare,                                                          \
    .iter = set_iter,                                                                \
    .length = set_length,                                                            \
    .contains = set_contains,                                                        \
    .subtract = set_subtract,                                                        \
    .and_ = set_and,                                                                 \
    .or_ = set_or,                                                                   \
    .xor_ = set_xor

HdType hd_set_type = {
    HD_TYPE_HEAD("set"),
    .doc = "set() -> an empty set\nset(iterable) -> a set of the items\n\nAn unordered collection of distinct items.",
    SHARED_SLOTS,
    .create = set_create,
    .init = set_init,
    .hash = hd_object_hash_unhashable,
    .inplace_subtract = set_inplace_subtract,
    .inplace_and = set_inplace_and,
    .inplace_or = set_inplace_or,
    .inplace_xor = set_inplace_xor,
    .methods = set_methods,
};
HdType hd_frozenset_type = {
    HD_TYPE_HEAD("frozenset"),
    .doc = "frozenset() -> an empty frozenset\nfrozenset(iterable) -> a frozenset of the items\n\n"
           "An unordered collection of distinct items that cannot be changed.",
    SHARED_SLOTS,
    .create = frozenset_create,
    .hash = frozenset_hash,
    .methods = frozenset_methods,
};

int hd_set_init(HdThread *t) {
    if (hd_type_ready(t, &hd_set_type) < 0 || hd_type_ready(t, &hd_frozenset_type) < 0) return -1;
    return hd_type_ready(t, &hd_set_iterator_type);
}
