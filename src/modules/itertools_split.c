/* itertools_split.c -- groupby and tee.
 *
 * groupby and its groups share the current item; tee's iterators share a chain of blocks of drawn items. Drawing and
 * comparing run Python and hold no lock; what they change is exchanged under the owner's lock.
 */
#include "itertools_types.h"

/* --- groupby --- */

typedef struct GroupBy {
    HdObject head;
    HdValue source, key;                 /* iterator; function or None */
    HdValue target_key, current_key, current; /* HD_NULL: none yet */
    uint64_t group_serial;               /* of the group given last: only that one may draw */
} GroupBy;
typedef struct Grouper {
    HdObject head;
    HdValue parent, key;
    uint64_t serial;
} Grouper;
#define GROUPBY(v) HD_AS(GroupBy, v)

static HdValue read_field(HdThread *t, HdObject *owner, HdValue *field) {
    hd_lock_object(t, owner);
    HdValue v = hd_retain(t, *field);
    hd_unlock_object(t, owner);
    return v;
}
static void write_field_steal(HdThread *t, HdObject *owner, HdValue *field, HdValue v) {
    hd_lock_object(t, owner);
    HdValue old = hd_slot_exchange(field, v);
    hd_unlock_object(t, owner);
    hd_release(t, old);
}

static HdValue groupby_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "groupby(iterable, key=None)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdValue source = hd_object_iter(t, bound[0]);
    GroupBy *it = hd_is_null(source) ? NULL : HD_NEW(t, GroupBy, type);
    if (!it) {
        hd_release(t, source);
        return HD_NULL;
    }
    it->source = source;
    it->key = hd_retain(t, hd_is_null(bound[1]) ? hd_None : bound[1]);
    return hd_from_object(it);
}
/* Draws an item and its key: 0, or -1 at the end or raised. */
static int groupby_draw(HdThread *t, GroupBy *it) {
    HdValue item = hd_itertool_draw(t, it->source);
    if (hd_is_null(item)) return -1;
    HdValue key = hd_is_none(it->key) ? hd_retain(t, item) : hd_object_call1(t, it->key, item);
    if (hd_is_null(key)) {
        hd_release(t, item);
        return -1;
    }
    hd_lock_object(t, &it->head);
    HdValue old_item = hd_slot_exchange(&it->current, item), old_key = hd_slot_exchange(&it->current_key, key);
    hd_unlock_object(t, &it->head);
    hd_release(t, old_item);
    hd_release(t, old_key);
    return 0;
}
/* Does the current key equal `other` (taken over, HD_NULL: nothing equals it)? */
static int key_equals_steal(HdThread *t, GroupBy *it, HdValue other) {
    HdValue current = read_field(t, &it->head, &it->current_key);
    int equal = hd_is_null(current) || hd_is_null(other) ? 0 : hd_object_equal(t, other, current);
    hd_release(t, current);
    hd_release(t, other);
    return equal;
}
static HdValue grouper_new(HdThread *t, GroupBy *parent, HdValue key) {
    Grouper *group = HD_NEW(t, Grouper, &hd_itertools_grouper_type);
    if (!group) return HD_NULL;
    group->parent = hd_retain(t, hd_from_object(parent));
    group->key = hd_retain(t, key);
    hd_lock_object(t, &parent->head);
    group->serial = ++parent->group_serial;
    hd_unlock_object(t, &parent->head);
    return hd_from_object(group);
}
static HdValue groupby_next(HdThread *t, HdValue self) {
    GroupBy *it = GROUPBY(self);
    hd_lock_object(t, &it->head);
    it->group_serial++; /* the group given before draws no more */
    hd_unlock_object(t, &it->head);
    for (HdSize i = 1;; i++) { /* skip what is left of the group before */
        HdValue target = read_field(t, &it->head, &it->target_key), current = read_field(t, &it->head, &it->current_key);
        bool none = hd_is_null(current), fresh = !none && hd_is_null(target);
        hd_release(t, current);
        if (fresh) {
            hd_release(t, target);
            break;
        }
        if (none) {
            hd_release(t, target);
        } else {
            int equal = key_equals_steal(t, it, target);
            if (equal < 0) return HD_NULL;
            if (!equal) break;
        }
        if (groupby_draw(t, it) < 0) return HD_NULL;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
    HD_OWNED HdValue key = read_field(t, &it->head, &it->current_key);
    write_field_steal(t, &it->head, &it->target_key, hd_retain(t, key));
    HD_OWNED HdValue group = grouper_new(t, it, key);
    return hd_is_null(group) ? HD_NULL : hd_tuple_pack(t, 2, key, group);
}
static HdValue groupby_reduce(HdThread *t, HdValue self, const HdValue *args) {
    GroupBy *it = GROUPBY(self);
    HdValue pack = hd_tuple_pack(t, 2, it->source, it->key);
    HD_OWNED HdValue target = read_field(t, &it->head, &it->target_key);
    HD_OWNED HdValue key = read_field(t, &it->head, &it->current_key), item = read_field(t, &it->head, &it->current);
    bool whole = !hd_is_null(target) && !hd_is_null(key) && !hd_is_null(item);
    return hd_itertool_reduce_steal(t, self, pack, whole ? hd_tuple_pack(t, 3, item, target, key) : HD_NULL);
}
static HdValue groupby_setstate(HdThread *t, HdValue self, const HdValue *args) {
    GroupBy *it = GROUPBY(self);
    if (!hd_is_tuple(args[0])) return hd_raise(t, &hd_TypeError, "state is not a tuple");
    if (hd_tuple_length(args[0]) != 3) return hd_raise(t, &hd_TypeError, "function takes exactly 3 arguments");
    write_field_steal(t, &it->head, &it->current, hd_retain(t, hd_tuple_at_borrowed(args[0], 0)));
    write_field_steal(t, &it->head, &it->target_key, hd_retain(t, hd_tuple_at_borrowed(args[0], 1)));
    write_field_steal(t, &it->head, &it->current_key, hd_retain(t, hd_tuple_at_borrowed(args[0], 2)));
    return hd_None;
}
static void groupby_dealloc(HdThread *t, HdObject *self) {
    GroupBy *it = (GroupBy *)self;
    hd_release(t, it->source);
    hd_release(t, it->key);
    hd_release(t, it->target_key);
    hd_release(t, it->current_key);
    hd_release(t, it->current);
    hd_type_free(t, self);
}
static int groupby_traverse(HdObject *self, HdVisit visit, void *context) {
    GroupBy *it = (GroupBy *)self;
    HD_VISIT(it->source);
    HD_VISIT(it->key);
    HD_VISIT(it->target_key);
    HD_VISIT(it->current_key);
    HD_VISIT(it->current);
    return 0;
}
static const HdMethodDef groupby_methods[] = {
    HD_METHOD(groupby_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(groupby_setstate, "__setstate__($self, state, /)", "Goes to a state that __reduce__ gave."),
    HD_METHODS_END,
};
HdType hd_itertools_groupby_type = {
    HD_TYPE_HEAD("itertools.groupby"),
    .doc = "groupby(iterable, key=None)\n--\n\nPairs of a key and the run of neighbouring items that have it.",
    .basicsize = sizeof(GroupBy),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = groupby_dealloc,
    .traverse = groupby_traverse,
    .create = groupby_create,
    .iter = hd_iter_self,
    .next = groupby_next,
    .methods = groupby_methods,
};

static HdValue grouper_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_check_count(t, "_grouper", nargs, 2, 2) < 0) return HD_NULL;
    HdValue parent = hd_ref_value(args[0]);
    if (!hd_is_instance(parent, &hd_itertools_groupby_type)) {
        return hd_raise(t, &hd_TypeError, "_grouper() argument 1 must be itertools.groupby, not %T", parent);
    }
    return grouper_new(t, GROUPBY(parent), hd_ref_value(args[1]));
}
static HdValue grouper_next(HdThread *t, HdValue self) {
    Grouper *group = HD_AS(Grouper, self);
    GroupBy *it = GROUPBY(group->parent);
    if (HD_LOAD_RELAXED(&it->group_serial) != group->serial) return HD_NULL;
    if (hd_is_null(it->current) && groupby_draw(t, it) < 0) return HD_NULL;
    int equal = key_equals_steal(t, it, hd_retain(t, group->key));
    if (equal <= 0) return HD_NULL;
    hd_lock_object(t, &it->head);
    HdValue item = hd_slot_exchange(&it->current, HD_NULL);
    hd_unlock_object(t, &it->head);
    return item;
}
static HdValue grouper_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Grouper *group = HD_AS(Grouper, self);
    if (GROUPBY(group->parent)->group_serial != group->serial) return hd_iter_reduce(t, "iter", hd_tuple_empty());
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 2, group->parent, group->key), HD_NULL);
}
static void grouper_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((Grouper *)self)->parent);
    hd_release(t, ((Grouper *)self)->key);
    hd_type_free(t, self);
}
static int grouper_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Grouper *)self)->parent);
    HD_VISIT(((Grouper *)self)->key);
    return 0;
}
static const HdMethodDef grouper_methods[] = {
    HD_METHOD(grouper_reduce, "__reduce__($self, /)", "How pickle makes it again."), HD_METHODS_END,
};
HdType hd_itertools_grouper_type = {
    HD_TYPE_HEAD("itertools._grouper"),
    .basicsize = sizeof(Grouper),
    .flags = HD_TYPE_GC,
    .dealloc = grouper_dealloc,
    .traverse = grouper_traverse,
    .create = grouper_create,
    .iter = hd_iter_self,
    .next = grouper_next,
    .methods = grouper_methods,
};

/* --- tee --- */

enum { BLOCK_ITEMS = 57 };
/* A block of drawn items. `drawn` only grows; items and next are filled under the block's lock. */
typedef struct TeeData {
    HdObject head;
    HdValue source;
    HdSize drawn;
    uint32_t running; /* atomic: somebody draws the next item */
    HdValue next;     /* the block behind, HD_NULL: not made yet */
    HdValue items[BLOCK_ITEMS];
} TeeData;
typedef struct Tee {
    HdObject head;
    HdValue data;
    HdSize index;
} Tee;
#define DATA(v) HD_AS(TeeData, v)

static HdValue data_new(HdThread *t, HdValue source) {
    TeeData *data = HD_NEW(t, TeeData, &hd_itertools_tee_data_type);
    if (!data) return HD_NULL;
    data->source = hd_retain(t, source);
    return hd_from_object(data);
}
static HdValue tee_over(HdThread *t, HdType *type, HdValue data_steal, HdSize index) {
    Tee *tee = hd_is_null(data_steal) ? NULL : HD_NEW(t, Tee, type);
    if (!tee) {
        hd_release(t, data_steal);
        return HD_NULL;
    }
    tee->data = data_steal;
    tee->index = index;
    return hd_from_object(tee);
}
static HdValue tee_from_iterable(HdThread *t, HdValue iterable) {
    HD_OWNED HdValue source = hd_object_iter(t, iterable);
    if (hd_is_null(source)) return HD_NULL;
    if (hd_is_instance(source, &hd_itertools_tee_type)) {
        Tee *other = HD_AS(Tee, source);
        hd_lock_object(t, &other->head);
        HdValue data = hd_retain(t, other->data);
        HdSize index = other->index;
        hd_unlock_object(t, &other->head);
        return tee_over(t, &hd_itertools_tee_type, data, index);
    }
    return tee_over(t, &hd_itertools_tee_type, data_new(t, source), 0);
}
/* Item `index` of a block, drawn if need be. */
static HdValue data_item(HdThread *t, TeeData *data, HdSize index) {
    for (;;) {
        hd_lock_object(t, &data->head);
        HdValue item = index < data->drawn ? hd_retain(t, data->items[index]) : HD_NULL;
        hd_unlock_object(t, &data->head);
        if (!hd_is_null(item)) return item;
        uint32_t idle = 0;
        if (!HD_CAS(&data->running, &idle, 1)) {
            return hd_raise(t, &hd_RuntimeError, "cannot re-enter the tee iterator");
        }
        if (data->drawn > index) {
            HD_STORE_RELEASE(&data->running, 0);
            continue;
        }
        item = hd_itertool_draw(t, data->source);
        if (!hd_is_null(item)) {
            hd_lock_object(t, &data->head);
            data->items[data->drawn] = hd_retain(t, item);
            data->drawn++;
            hd_unlock_object(t, &data->head);
        }
        HD_STORE_RELEASE(&data->running, 0);
        return item;
    }
}
static HdValue data_next_block(HdThread *t, TeeData *data) {
    HdValue next = read_field(t, &data->head, &data->next);
    if (!hd_is_null(next)) return next;
    HdValue fresh = data_new(t, data->source);
    if (hd_is_null(fresh)) return HD_NULL;
    hd_lock_object(t, &data->head);
    if (hd_is_null(data->next)) data->next = hd_retain(t, fresh);
    next = hd_retain(t, data->next);
    hd_unlock_object(t, &data->head);
    hd_release(t, fresh);
    return next;
}
static HdValue tee_next(HdThread *t, HdValue self) {
    Tee *tee = HD_AS(Tee, self);
    hd_lock_object(t, &tee->head);
    HD_OWNED HdValue data = hd_retain(t, tee->data);
    HdSize index = tee->index;
    hd_unlock_object(t, &tee->head);
    if (index >= BLOCK_ITEMS) {
        HdValue next = data_next_block(t, DATA(data));
        if (hd_is_null(next)) return HD_NULL;
        hd_lock_object(t, &tee->head);
        HdValue old = HD_NULL;
        if (hd_same(tee->data, data)) {
            old = hd_slot_exchange(&tee->data, hd_retain(t, next));
            tee->index = 0;
        }
        hd_unlock_object(t, &tee->head);
        hd_release(t, old);
        hd_release(t, data);
        data = next;
        index = 0;
    }
    HdValue item = data_item(t, DATA(data), index);
    if (hd_is_null(item)) return HD_NULL;
    hd_lock_object(t, &tee->head);
    if (hd_same(tee->data, data) && tee->index == index) tee->index = index + 1;
    hd_unlock_object(t, &tee->head);
    return item;
}
static HdValue tee_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_check_count(t, "_tee", nargs, 1, 1) < 0) return HD_NULL;
    return tee_from_iterable(t, hd_ref_value(args[0]));
}
static HdValue tee_copy(HdThread *t, HdValue self, const HdValue *args) {
    Tee *tee = HD_AS(Tee, self);
    hd_lock_object(t, &tee->head);
    HdValue data = hd_retain(t, tee->data);
    HdSize index = tee->index;
    hd_unlock_object(t, &tee->head);
    return tee_over(t, &hd_itertools_tee_type, data, index);
}
static HdValue tee_reduce(HdThread *t, HdValue self, const HdValue *args) {
    Tee *tee = HD_AS(Tee, self);
    HdValue pack = hd_tuple_pack(t, 1, hd_tuple_empty());
    return hd_itertool_reduce_steal(t, self, pack, hd_tuple_pack(t, 2, tee->data, hd_imm_int(tee->index)));
}
static HdValue tee_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Tee *tee = HD_AS(Tee, self);
    if (!hd_is_tuple(args[0])) return hd_raise(t, &hd_TypeError, "state is not a tuple");
    if (hd_tuple_length(args[0]) != 2 || !hd_is_exact_object(hd_tuple_at_borrowed(args[0], 0), &hd_itertools_tee_data_type)) {
        return hd_raise(t, &hd_TypeError, "state must be a tuple (_tee_dataobject, int)");
    }
    HdSize index = hd_number_as_size(t, hd_tuple_at_borrowed(args[0], 1), &hd_OverflowError);
    if (index == -1 && hd_raised(t)) return HD_NULL;
    HdValue data = hd_tuple_at_borrowed(args[0], 0);
    if (index < 0 || index > BLOCK_ITEMS || index > DATA(data)->drawn) return hd_raise(t, &hd_ValueError, "Index out of range");
    write_field_steal(t, &tee->head, &tee->data, hd_retain(t, data));
    tee->index = index;
    return hd_None;
}
static void tee_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((Tee *)self)->data);
    hd_type_free(t, self);
}
static int tee_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Tee *)self)->data);
    return 0;
}
static const HdMethodDef tee_methods[] = {
    HD_METHOD(tee_copy, "__copy__($self, /)", "An independent iterator at the same place."),
    HD_METHOD(tee_reduce, "__reduce__($self, /)", "How pickle makes it again."),
    HD_METHOD(tee_setstate, "__setstate__($self, state, /)", "Goes to a state that __reduce__ gave."),
    HD_METHODS_END,
};
HdType hd_itertools_tee_type = {
    HD_TYPE_HEAD("itertools._tee"),
    .doc = "_tee(iterable, /)\n--\n\nAn iterator of tee().",
    .basicsize = sizeof(Tee),
    .flags = HD_TYPE_GC,
    .dealloc = tee_dealloc,
    .traverse = tee_traverse,
    .create = tee_create,
    .iter = hd_iter_self,
    .next = tee_next,
    .methods = tee_methods,
};

static HdValue data_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_check_count(t, "_tee_dataobject", nargs, 3, 3) < 0) return HD_NULL;
    HdValue items = hd_ref_value(args[1]), next = hd_ref_value(args[2]);
    if (!hd_is_list(items)) return hd_raise(t, &hd_TypeError, "argument 2 must be list, not %T", items);
    HdValue self = data_new(t, hd_ref_value(args[0]));
    if (hd_is_null(self)) return HD_NULL;
    TeeData *data = DATA(self);
    for (; data->drawn < BLOCK_ITEMS; data->drawn++) {
        HdValue item = hd_list_get(t, items, data->drawn);
        if (hd_is_null(item)) break;
        data->items[data->drawn] = item;
    }
    bool linked = hd_is_exact_object(next, &hd_itertools_tee_data_type);
    if ((linked && data->drawn != BLOCK_ITEMS) || (!linked && !hd_is_none(next)) || hd_list_length(items) > BLOCK_ITEMS) {
        hd_release(t, self);
        return hd_raise(t, &hd_ValueError, "Invalid arguments");
    }
    if (linked) data->next = hd_retain(t, next);
    return self;
}
static HdValue data_reduce(HdThread *t, HdValue self, const HdValue *args) {
    TeeData *data = DATA(self);
    HD_OWNED HdValue items = hd_list_from_values(t, data->items, data->drawn);
    HD_OWNED HdValue next = read_field(t, &data->head, &data->next);
    if (hd_is_null(items)) return HD_NULL;
    return hd_itertool_reduce_steal(t, self, hd_tuple_pack(t, 3, data->source, items, hd_is_null(next) ? hd_None : next),
                                    HD_NULL);
}
/* A long chain of blocks is freed in a loop, not by recursion. */
static void data_dealloc(HdThread *t, HdObject *self) {
    TeeData *data = (TeeData *)self;
    hd_release(t, data->source);
    for (HdSize i = 0; i < data->drawn; i++) hd_release(t, data->items[i]);
    HdValue next = data->next;
    while (!hd_is_null(next) && hd_count_is_one(t, hd_as_object(next))) {
        HdValue after = DATA(next)->next;
        DATA(next)->next = HD_NULL;
        hd_release(t, next);
        next = after;
    }
    hd_release(t, next);
    hd_type_free(t, self);
}
static int data_traverse(HdObject *self, HdVisit visit, void *context) {
    TeeData *data = (TeeData *)self;
    HD_VISIT(data->source);
    for (HdSize i = 0; i < data->drawn; i++) HD_VISIT(data->items[i]);
    HD_VISIT(data->next);
    return 0;
}
static const HdMethodDef data_methods[] = {
    HD_METHOD(data_reduce, "__reduce__($self, /)", "How pickle makes it again."), HD_METHODS_END,
};
HdType hd_itertools_tee_data_type = {
    HD_TYPE_HEAD("itertools._tee_dataobject"),
    .doc = "_tee_dataobject(iterable, values, next, /)\n--\n\nA block of items that tee() has drawn.",
    .basicsize = sizeof(TeeData),
    .flags = HD_TYPE_GC,
    .dealloc = data_dealloc,
    .traverse = data_traverse,
    .create = data_create,
    .methods = data_methods,
};

static HdValue tee(HdThread *t, HdValue module, const HdValue *args) {
    HdSize count = 2;
    if (!hd_is_null(args[1])) {
        count = hd_number_as_size(t, args[1], &hd_OverflowError);
        if (count == -1 && hd_raised(t)) return HD_NULL;
        if (count < 0) return hd_raise(t, &hd_ValueError, "n must be >= 0");
    }
    HD_OWNED HdValue result = hd_tuple_new(t, count);
    if (hd_is_null(result) || count == 0) return hd_move(&result);
    HD_OWNED HdValue source = hd_object_iter(t, args[0]), copier = HD_NULL;
    if (hd_is_null(source)) return HD_NULL;
    HdValue found;
    int copies = hd_object_find_attr(t, source, HD_NAME("__copy__"), &found);
    if (copies < 0) return HD_NULL;
    HdSize made = 0;
    if (copies) {
        copier = found;
        hd_tuple_put_steal(result, made++, hd_retain(t, source));
    } else {
        HdValue first = tee_from_iterable(t, source);
        if (hd_is_null(first)) return HD_NULL;
        hd_tuple_put_steal(result, made++, first);
        copier = hd_object_getattr(t, first, HD_NAME("__copy__"));
        if (hd_is_null(copier)) return HD_NULL;
    }
    for (; made < count; made++) {
        HdValue copy = hd_object_call0(t, copier);
        if (hd_is_null(copy)) return HD_NULL;
        hd_tuple_put_steal(result, made, copy);
    }
    return hd_move(&result);
}
const HdMethodDef hd_itertools_tee_def = HD_METHOD(tee, "tee($module, iterable, n=2, /)", NULL);
