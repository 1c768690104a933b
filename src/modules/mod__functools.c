/* mod__functools.c -- the module _functools: reduce and cmp_to_key. partial is in functools_partial.c, the wrapper of
 * lru_cache in functools_lru.c.
 */
#include "functools_types.h"

/* --- reduce --- */

static HdValue reduce(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "reduce", kwnames) < 0 || hd_native_check_count(t, "reduce", nargs, 2, 3) < 0)
        return HD_NULL;
    HdValue function = hd_ref_value(args[0]);
    HD_OWNED HdValue iterator = hd_object_iter(t, hd_ref_value(args[1]));
    if (hd_is_null(iterator)) {
        if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
        hd_clear_raised(t);
        return hd_raise(t, &hd_TypeError, "reduce() arg 2 must support iteration");
    }
    HdValue total = nargs == 3 ? hd_retain(t, hd_ref_value(args[2])) : HD_NULL;
    for (HdSize i = 1;; i++) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        if (hd_is_null(total)) {
            total = hd_move(&item);
            continue;
        }
        HD_OWNED HdValue before = total;
        total = hd_object_call2(t, function, before, item);
        if (hd_is_null(total)) return HD_NULL;
        if ((i & 1023) == 0 && hd_object_poll(t) < 0) break;
    }
    if (hd_raised(t)) {
        hd_release(t, total);
        return HD_NULL;
    }
    if (hd_is_null(total)) return hd_raise(t, &hd_TypeError, "reduce() of empty iterable with no initial value");
    return total;
}

/* --- cmp_to_key: K(object) compares by calling a function of two objects --- */

typedef struct Key {
    HdObject head;
    HdValue compare; /* never changes */
    HdValue object;  /* HD_NULL: K itself */
} Key;
#define KEY(v) HD_AS(Key, v)

static HdType key_type;

static HdValue make_key(HdThread *t, HdValue compare, HdValue object) {
    Key *k = HD_NEW(t, Key, &key_type);
    if (!k) return HD_NULL;
    k->compare = hd_retain(t, compare);
    k->object = hd_retain(t, object);
    return hd_from_object(k);
}
static int key_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Key *)self)->compare);
    HD_VISIT(((Key *)self)->object);
    return 0;
}
static void key_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Key *)self)->compare);
    hd_clear_slot(t, &((Key *)self)->object);
    hd_type_free(t, self);
}
static HdValue key_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "K(obj)", NULL);
    HdValue object;
    if (hd_native_bind(t, &def, args, nargs, kwnames, &object) < 0) return HD_NULL;
    return make_key(t, KEY(self)->compare, object);
}
static HdValue key_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if (!hd_is_exact_object(b, &key_type) || !hd_is_exact_object(a, &key_type)) {
        return hd_raise(t, &hd_TypeError, "other argument must be K instance");
    }
    HD_OWNED HdValue x = hd_slot_read(t, &KEY(a)->object, hd_as_object(a));
    HD_OWNED HdValue y = hd_slot_read(t, &KEY(b)->object, hd_as_object(b));
    if (hd_is_null(x) || hd_is_null(y)) return hd_raise(t, &hd_AttributeError, "object");
    HD_OWNED HdValue order = hd_object_call2(t, KEY(a)->compare, x, y);
    return hd_is_null(order) ? HD_NULL : hd_object_compare(t, order, hd_imm_int(0), op);
}
static const HdMemberDef key_members[] = {
    {"obj", HD_MEMBER_VALUE, offsetof(Key, object), false, "Value wrapped by a key function."},
    {NULL},
};
static HdType key_type = {
    HD_TYPE_HEAD("functools.KeyWrapper"),
    .basicsize = sizeof(Key),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = key_dealloc,
    .traverse = key_traverse,
    .call = key_call,
    .compare = key_compare,
    .hash = hd_object_hash_unhashable,
    .members = key_members,
};

static HdValue cmp_to_key(HdThread *t, HdValue module, const HdValue *args) { return make_key(t, args[0], HD_NULL); }

/* --- the module --- */

static const HdMethodDef functions[] = {
    HD_METHOD_RAW(
        reduce, "reduce",
        "reduce(function, iterable[, initial]) -> value\n\nCalls the function with the value so far and each item\n"
        "in turn, from left to right: reduce(f, [a, b, c]) is f(f(a, b), c). The value begins with initial,\n"
        "if given, else with the first item."),
    HD_METHOD(cmp_to_key, "cmp_to_key(mycmp)", "Convert a cmp= function into a key= function."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &key_type) < 0 || hd_type_ready(t, &hd_functools_lru_link_type) < 0) return -1;
    if (hd_module_add_type(t, module, &hd_functools_partial_type) < 0) return -1;
    return hd_module_add_type(t, module, &hd_functools_lru_type);
}

extern const HdModuleDef hd_module__functools;
const HdModuleDef hd_module__functools = {
    .name = "_functools",
    .doc = "Tools that operate on functions.",
    .functions = functions,
    .exec = exec,
};
