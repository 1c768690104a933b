/* mod__contextvars.c -- the module _contextvars: Context, ContextVar, Token (PEP 567).
 *
 * A thread's current context is t->context (HD_NULL: an empty one is made when first needed). Its variables are a
 * persistent map (context_map.h), exchanged whole under the context's lock, so that a copy takes the map and nothing
 * else. A context is entered by one thread at a time.
 */
#include "context_map.h"

#include "atomic.h"
#include "iter.h"
#include "object_internal.h"

typedef struct Context {
    HdObject head;
    HdValue map;      /* guarded by the lock */
    HdValue previous; /* while entered: what was current before, or HD_NULL */
    uint8_t entered;  /* atomic */
} Context;
typedef struct Variable {
    HdObject head;
    HdValue name, fallback; /* fallback: HD_NULL if none */
} Variable;
typedef struct Token {
    HdObject head;
    HdValue context, variable, old; /* old: HD_NULL if the variable had no value */
    uint8_t used;                   /* atomic */
} Token;
#define CONTEXT(v) HD_AS(Context, v)
#define VARIABLE(v) HD_AS(Variable, v)
#define TOKEN(v) HD_AS(Token, v)

static HdType context_type, variable_type, token_type;

/* --- Token.MISSING --- */

static HdValue missing_repr(HdThread *t, HdValue self) { return hd_str_from_text(t, "<Token.MISSING>"); }
static void missing_dealloc(HdThread *t, HdObject *self) { HD_PANIC("Token.MISSING was released once too often"); }
static HdType missing_type = {
    HD_TYPE_HEAD("Token.MISSING"), .basicsize = sizeof(HdObject), .flags = HD_TYPE_DISALLOW_NEW,
    .flags2 = HD_TYPE2_NO_WEAKREF, .dealloc = missing_dealloc,    .repr = missing_repr,
};
static HdObject missing = HD_STATIC_HEADER(&missing_type);

/* --- contexts --- */

static HdValue map_of(HdThread *t, HdValue context) {
    return hd_field_get(t, CONTEXT(context), &CONTEXT(context)->map);
}

static HdValue new_context_steal(HdThread *t, HdValue map) {
    HdValue context = hd_type_alloc(t, &context_type);
    if (hd_is_null(context))
        hd_release(t, map);
    else
        CONTEXT(context)->map = map;
    return context;
}
/* The thread's context, lent; HD_NULL = raised. */
static HdValue current_borrowed(HdThread *t) {
    if (hd_is_null(t->context)) t->context = new_context_steal(t, HD_NULL);
    return t->context;
}

static HdValue context_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs || (!hd_is_null(kwnames) && hd_tuple_length(kwnames))) {
        return hd_raise(t, &hd_TypeError, "Context() does not accept any arguments");
    }
    return new_context_steal(t, HD_NULL);
}
static int context_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Context *)self)->map);
    HD_VISIT(((Context *)self)->previous);
    return 0;
}
static void context_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Context *)self)->map);
    hd_clear_slot(t, &((Context *)self)->previous);
}
static void context_dealloc(HdThread *t, HdObject *self) {
    context_clear(t, self);
    hd_type_free(t, self);
}

static int check_key(HdThread *t, HdValue key) {
    if (hd_is_exact_object(key, &variable_type)) return 0;
    return hd_raise_int(t, &hd_TypeError, "a ContextVar key was expected, got %R", key);
}
/* 1 found, 0 not, -1 raised. */
static int look_up(HdThread *t, HdValue self, HdValue key, HdValue *out) {
    *out = HD_NULL;
    if (check_key(t, key) < 0) return -1;
    HD_OWNED HdValue map = map_of(t, self);
    *out = hd_retain(t, hd_context_map_find_borrowed(map, key));
    return !hd_is_null(*out);
}
static HdValue context_getitem(HdThread *t, HdValue self, HdValue key) {
    HdValue value;
    int found = look_up(t, self, key, &value);
    return found == 0 ? hd_raise_value(t, &hd_KeyError, key) : value;
}
static int context_contains(HdThread *t, HdValue self, HdValue key) {
    HdValue value;
    int found = look_up(t, self, key, &value);
    hd_release(t, value);
    return found;
}
static HdSize context_length(HdThread *t, HdValue self) {
    HD_OWNED HdValue map = map_of(t, self);
    return hd_context_map_length(map);
}
static HdValue context_get(HdThread *t, HdValue self, const HdValue *a) {
    HdValue value;
    int found = look_up(t, self, a[0], &value);
    if (found != 0) return value;
    return hd_is_null(a[1]) ? hd_None : hd_retain(t, a[1]);
}

static HdValue context_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_exact_object(b, &context_type)) return hd_NotImplemented;
    HD_OWNED HdValue x = map_of(t, a);
    HD_OWNED HdValue y = map_of(t, b);
    int equal = hd_same(x, y);
    if (!equal && hd_context_map_length(x) == hd_context_map_length(y)) {
        HD_OWNED HdValue all = hd_context_map_flatten(t, x);
        if (hd_is_null(all)) return HD_NULL;
        equal = 1;
        for (HdSize i = 0; i < hd_tuple_length(all) && equal > 0; i += 2) {
            HdValue other = hd_context_map_find_borrowed(y, hd_tuple_at_borrowed(all, i));
            equal = hd_is_null(other) ? 0 : hd_object_equal(t, hd_tuple_at_borrowed(all, i + 1), other);
        }
    }
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}

/* --- running in a context --- */

static int enter(HdThread *t, HdValue self) {
    uint8_t no = 0, *entered = &CONTEXT(self)->entered;
    if (t->locks ? !HD_CAS(entered, &no, 1) : *entered) {
        return hd_raise_int(t, &hd_RuntimeError, "cannot enter context: %R is already entered", self);
    }
    if (!t->locks) HD_STORE_RELAXED(entered, 1);
    CONTEXT(self)->previous = t->context;
    t->context = hd_retain(t, self);
    return 0;
}
static void leave(HdThread *t, HdValue self) {
    HdValue own = t->context;
    t->context = CONTEXT(self)->previous;
    CONTEXT(self)->previous = HD_NULL;
    HD_STORE_RELEASE(&CONTEXT(self)->entered, 0);
    hd_release(t, own);
}
static HdValue context_run(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "run() missing 1 required positional argument");
    if (enter(t, self) < 0) return HD_NULL;
    HdValue result = hd_object_call(t, hd_ref_value(args[0]), args + 1, nargs - 1, kwnames);
    leave(t, self);
    return result;
}
static HdValue context_copy(HdThread *t, HdValue self, const HdValue *a) {
    return new_context_steal(t, map_of(t, self));
}

static HdValue copy_context(HdThread *t, HdValue module, const HdValue *a) {
    HdValue current = current_borrowed(t);
    return hd_is_null(current) ? HD_NULL : context_copy(t, current, NULL);
}

/* --- iterators over a context as it was: keys, values, items --- */

typedef struct Iterator {
    HdObject head;
    HdValue all; /* tuple: key, value, key, value … */
    HdSize next; /* atomic */
} Iterator;

static HdType keys_type, values_type, items_type;

static HdValue iterate(HdThread *t, HdValue self, HdType *type) {
    HD_OWNED HdValue map = map_of(t, self);
    HD_OWNED HdValue all = hd_context_map_flatten(t, map);
    Iterator *it = hd_is_null(all) ? NULL : HD_NEW(t, Iterator, type);
    if (it) it->all = hd_move(&all);
    return hd_from_object(it);
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    Iterator *it = HD_AS(Iterator, self);
    HdSize i = HD_LOAD_RELAXED(&it->next);
    do {
        if (i >= hd_tuple_length(it->all)) return HD_NULL;
    } while (!HD_CAS(&it->next, &i, i + 2));
    HdValue key = hd_tuple_at_borrowed(it->all, i), value = hd_tuple_at_borrowed(it->all, i + 1);
    if (hd_type_of(self) == &items_type) return hd_tuple_pack(t, 2, key, value);
    return hd_retain(t, hd_type_of(self) == &keys_type ? key : value);
}
static HdSize iterator_length(HdThread *t, HdValue self) { return hd_tuple_length(HD_AS(Iterator, self)->all) / 2; }
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Iterator *)self)->all);
    return 0;
}
static void iterator_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Iterator *)self)->all);
    hd_type_free(t, self);
}
#define ITERATOR_TYPE(type_name)                                                                                       \
    {                                                                                                                  \
        HD_TYPE_HEAD(type_name), .basicsize = sizeof(Iterator), .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,            \
                                 .flags2 = HD_TYPE2_NO_WEAKREF, .dealloc = iterator_dealloc,                           \
                                 .traverse = iterator_traverse, .iter = hd_iter_self, .next = iterator_next,           \
                                 .length = iterator_length                                                             \
    }
static HdType keys_type = ITERATOR_TYPE("keys");
static HdType values_type = ITERATOR_TYPE("values");
static HdType items_type = ITERATOR_TYPE("items");

static HdValue context_iter(HdThread *t, HdValue self) { return iterate(t, self, &keys_type); }
static HdValue context_keys(HdThread *t, HdValue self, const HdValue *a) { return iterate(t, self, &keys_type); }
static HdValue context_values(HdThread *t, HdValue self, const HdValue *a) { return iterate(t, self, &values_type); }
static HdValue context_items(HdThread *t, HdValue self, const HdValue *a) { return iterate(t, self, &items_type); }

static HdValue no_pickle(HdThread *t, HdValue self, const HdValue *a) {
    return hd_raise(t, &hd_TypeError, "cannot pickle '%s' object", hd_type_of(self)->name);
}
#define NO_PICKLE HD_METHOD(no_pickle, "__reduce__($self, /)", "Refuses: these cannot be pickled.")

static const HdMethodDef context_methods[] = {
    HD_METHOD(context_get, "get($self, key, default=None, /)",
              "The value of the variable `key`, or the default if it has none here."),
    HD_METHOD(context_items, "items($self, /)", "All variables with their values."),
    HD_METHOD(context_keys, "keys($self, /)", "All variables that have a value here."),
    HD_METHOD(context_values, "values($self, /)", "The values of all variables."),
    HD_METHOD(context_copy, "copy($self, /)", "A copy of the context; takes no longer for a large one."),
    HD_METHOD_RAW(context_run, "run", "run(callable, *args, **kwargs): calls it with this context as the current one."),
    NO_PICKLE,
    HD_METHODS_END,
};
static HdType context_type = {
    HD_TYPE_HEAD("_contextvars.Context"),
    .basicsize = sizeof(Context),
    .flags = HD_TYPE_GC,
    .dealloc = context_dealloc,
    .traverse = context_traverse,
    .clear = context_clear,
    .create = context_create,
    .compare = context_compare,
    .hash = hd_object_hash_unhashable,
    .iter = context_iter,
    .length = context_length,
    .getitem = context_getitem,
    .contains = context_contains,
    .methods = context_methods,
};

/* --- variables --- */

static HdValue variable_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue fallback = HD_NULL;
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (nargs == 0) return hd_raise(t, &hd_TypeError, "ContextVar() takes exactly 1 positional argument (0 given)");
    if (nargs > 1)
        return hd_raise(t, &hd_TypeError, "ContextVar() takes at most 1 positional argument (%zd given)", nargs);
    for (HdSize i = 0; i < keywords; i++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, i);
        if (!hd_str_equals_text(name, "default")) {
            return hd_raise(t, &hd_TypeError, "'%U' is an invalid keyword argument for ContextVar()", name);
        }
        fallback = hd_ref_value(args[nargs + i]);
    }
    if (!hd_is_str(hd_ref_value(args[0]))) return hd_raise(t, &hd_TypeError, "context variable name must be a str");
    Variable *v = HD_NEW(t, Variable, type);
    if (!v) return HD_NULL;
    v->name = hd_retain(t, hd_ref_value(args[0]));
    v->fallback = hd_retain(t, fallback);
    return hd_from_object(v);
}
static int variable_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Variable *)self)->name);
    HD_VISIT(((Variable *)self)->fallback);
    return 0;
}
static void variable_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Variable *)self)->name);
    hd_clear_slot(t, &((Variable *)self)->fallback);
    hd_type_free(t, self);
}
static HdValue variable_repr(HdThread *t, HdValue self) {
    Variable *v = VARIABLE(self);
    if (hd_is_null(v->fallback)) return hd_str_format(t, "<ContextVar name=%R at %p>", v->name, (void *)v);
    return hd_str_format(t, "<ContextVar name=%R default=%R at %p>", v->name, v->fallback, (void *)v);
}

static HdValue variable_get(HdThread *t, HdValue self, const HdValue *a) {
    if (!hd_is_null(t->context)) {
        HD_OWNED HdValue map = map_of(t, t->context);
        HdValue value = hd_context_map_find_borrowed(map, self);
        if (!hd_is_null(value)) return hd_retain(t, value);
    }
    if (!hd_is_null(a[0])) return hd_retain(t, a[0]);
    if (!hd_is_null(VARIABLE(self)->fallback)) return hd_retain(t, VARIABLE(self)->fallback);
    return hd_raise_value(t, &hd_LookupError, self);
}

/* Gives a variable a value in a context that this thread has entered; HD_NULL takes its value away. */
static int store(HdThread *t, HdValue context, HdValue map, HdValue variable, HdValue value) {
    HdValue changed;
    if (hd_is_null(value)) {
        if (hd_is_null(hd_context_map_find_borrowed(map, variable))) {
            hd_raise_value(t, &hd_LookupError, variable);
            return -1;
        }
        if (hd_context_map_remove(t, map, variable, &changed) < 0) return -1;
    } else {
        changed = hd_context_map_set(t, map, variable, value);
        if (hd_is_null(changed)) return -1;
    }
    hd_field_set_steal(t, CONTEXT(context), &CONTEXT(context)->map, changed);
    return 0;
}
static HdValue variable_set(HdThread *t, HdValue self, const HdValue *a) {
    HD_OWNED HdValue context = hd_retain(t, current_borrowed(t));
    HdValue made = hd_is_null(context) ? HD_NULL : hd_type_alloc(t, &token_type);
    if (hd_is_null(made)) return HD_NULL;
    HD_OWNED HdValue map = map_of(t, context);
    Token *token = TOKEN(made);
    token->old = hd_retain(t, hd_context_map_find_borrowed(map, self));
    token->context = hd_retain(t, context);
    token->variable = hd_retain(t, self);
    if (store(t, context, map, self, a[0]) == 0) return made;
    hd_release(t, made);
    return HD_NULL;
}
static HdValue variable_reset(HdThread *t, HdValue self, const HdValue *a) {
    if (!hd_is_exact_object(a[0], &token_type))
        return hd_raise(t, &hd_TypeError, "expected an instance of Token, got %R", a[0]);
    Token *token = TOKEN(a[0]);
    if (HD_LOAD_ACQUIRE(&token->used)) return hd_raise(t, &hd_RuntimeError, "%R has already been used once", a[0]);
    if (!hd_same(token->variable, self))
        return hd_raise(t, &hd_ValueError, "%R was created by a different ContextVar", a[0]);
    HD_OWNED HdValue context = hd_retain(t, current_borrowed(t));
    if (hd_is_null(context)) return HD_NULL;
    if (!hd_same(token->context, context))
        return hd_raise(t, &hd_ValueError, "%R was created in a different Context", a[0]);
    HD_STORE_RELEASE(&token->used, 1);
    HD_OWNED HdValue map = map_of(t, context);
    return store(t, context, map, self, token->old) < 0 ? HD_NULL : hd_None;
}
static HdValue class_getitem(HdThread *t, HdValue type, const HdValue *a) {
    return hd_generic_alias_new(t, type, a[0]);
}
#define GETITEM HD_CLASS_METHOD(class_getitem, "__class_getitem__($type, object, /)", "Generic alias of the class.")

static const HdMethodDef variable_methods[] = {
    HD_METHOD(variable_get, "get($self, default=<unrepresentable>, /)",
              "The variable's value in the current context; without one the default given here, that of the variable,\n"
              "or LookupError."),
    HD_METHOD(variable_set, "set($self, value, /)",
              "Gives the variable a value in the current context; returns a token that reset() takes to undo it."),
    HD_METHOD(variable_reset, "reset($self, token, /)",
              "Gives the variable back the value it had before the set() that made the token."),
    GETITEM,
    NO_PICKLE,
    HD_METHODS_END,
};
static const HdMemberDef variable_members[] = {
    {"name", HD_MEMBER_VALUE, offsetof(Variable, name), true, NULL},
    {NULL},
};
static HdType variable_type = {
    HD_TYPE_HEAD("_contextvars.ContextVar"),
    .basicsize = sizeof(Variable),
    .flags = HD_TYPE_GC,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = variable_dealloc,
    .traverse = variable_traverse,
    .create = variable_create,
    .repr = variable_repr,
    .methods = variable_methods,
    .members = variable_members,
};

/* --- tokens --- */

static HdValue token_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_raise(t, &hd_RuntimeError, "Tokens can only be created by ContextVars");
}
static int token_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Token *)self)->context);
    HD_VISIT(((Token *)self)->variable);
    HD_VISIT(((Token *)self)->old);
    return 0;
}
static void token_dealloc(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Token *)self)->context);
    hd_clear_slot(t, &((Token *)self)->variable);
    hd_clear_slot(t, &((Token *)self)->old);
    hd_type_free(t, self);
}
static HdValue token_repr(HdThread *t, HdValue self) {
    const char *used = HD_LOAD_ACQUIRE(&TOKEN(self)->used) ? " used" : "";
    return hd_str_format(t, "<Token%s var=%R at %p>", used, TOKEN(self)->variable, (void *)TOKEN(self));
}
static HdValue token_old(HdThread *t, HdValue self, void *closure) {
    return hd_is_null(TOKEN(self)->old) ? hd_from_object(&missing) : hd_retain(t, TOKEN(self)->old);
}
static const HdMethodDef token_methods[] = {GETITEM, NO_PICKLE, HD_METHODS_END};
static const HdMemberDef token_members[] = {
    {"var", HD_MEMBER_VALUE, offsetof(Token, variable), true, NULL},
    {NULL},
};
static const HdGetSetDef token_getsets[] = {{"old_value", token_old}, {NULL}};
static HdType token_type = {
    HD_TYPE_HEAD("_contextvars.Token"),
    .basicsize = sizeof(Token),
    .flags = HD_TYPE_GC,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = token_dealloc,
    .traverse = token_traverse,
    .create = token_create,
    .repr = token_repr,
    .hash = hd_object_hash_unhashable,
    .methods = token_methods,
    .members = token_members,
    .getsets = token_getsets,
};

/* --- the module --- */

static const HdMethodDef functions[] = {
    HD_METHOD(copy_context, "copy_context($module, /)", "A copy of the current context."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    HdType *const hidden[] = {&missing_type, &hd_context_map_node_type, &keys_type, &values_type, &items_type};
    for (size_t i = 0; i < HD_COUNT_OF(hidden); i++) {
        if (hd_type_ready(t, hidden[i]) < 0) return -1;
    }
    if (hd_module_add_type(t, module, &context_type) < 0 || hd_module_add_type(t, module, &variable_type) < 0 ||
        hd_module_add_type(t, module, &token_type) < 0)
        return -1;
    return hd_type_setattr(t, &token_type, HD_NAME("MISSING"), hd_from_object(&missing));
}

extern const HdModuleDef hd_module__contextvars;
const HdModuleDef hd_module__contextvars = {
    .name = "_contextvars",
    .doc = "Context variables: values that belong to a context of execution, such as an asynchronous task.",
    .functions = functions,
    .exec = exec,
};
