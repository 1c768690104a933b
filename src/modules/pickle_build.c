/* pickle_build.c -- the opcodes that find classes and functions, call them, and fill what they made. */
#include "pickle_types.h"

/* --- names --- */

/* Names of Python 3 for those of Python 2; replaces both in place. */
static int rename_from_python2(HdThread *t, HdValue *module_name, HdValue *name) {
    HdPickleState *state = hd_pickle_state();
    HD_OWNED HdValue key = hd_tuple_pack(t, 2, *module_name, *name);
    HD_OWNED HdValue item = HD_NULL;
    int found = hd_is_null(key) ? -1 : hd_dict_find(t, state->name_mapping, key, &item);
    if (found < 0) return -1;
    if (found) {
        if (!hd_is_tuple(item) || hd_tuple_length(item) != 2 || !hd_is_str(hd_tuple_at_borrowed(item, 0)) ||
            !hd_is_str(hd_tuple_at_borrowed(item, 1))) {
            return hd_raise_int(t, &hd_RuntimeError, "_compat_pickle.NAME_MAPPING values should be 2-tuples of str, not %T",
                                item);
        }
        hd_replace_steal(t, module_name, hd_retain(t, hd_tuple_at_borrowed(item, 0)));
        hd_replace_steal(t, name, hd_retain(t, hd_tuple_at_borrowed(item, 1)));
        return 0;
    }
    found = hd_dict_find(t, state->import_mapping, *module_name, &item);
    if (found <= 0) return found;
    if (!hd_is_str(item)) {
        return hd_raise_int(t, &hd_RuntimeError, "_compat_pickle.IMPORT_MAPPING values should be strings, not %T", item);
    }
    hd_replace_steal(t, module_name, hd_move(&item));
    return 0;
}

HdValue hd_unpickle_find_class(HdThread *t, HdUnpickler *u, HdValue given_module, HdValue given_name) {
    HD_OWNED HdValue module_name = hd_retain(t, given_module), name = hd_retain(t, given_name);
    if (u->protocol < 3 && u->fix_imports && rename_from_python2(t, &module_name, &name) < 0) return HD_NULL;
    HdValue lent, object = hd_pickle_name_find(t, module_name, name, &lent);
    if (!hd_is_null(object)) return object;
    HD_OWNED HdValue exact = hd_str_exact(t, module_name);
    HD_OWNED HdValue module = hd_is_null(exact) ? HD_NULL : hd_object_hooks.import_module(t, exact);
    if (hd_is_null(module)) return HD_NULL;
    if (u->protocol >= 4) {
        object = hd_pickle_dotted(t, module, name, NULL);
        if (!hd_is_null(object)) hd_pickle_name_note(t, module_name, name, module);
        return object;
    }
    int found = hd_object_find_attr(t, module, name, &object);
    if (found) return found < 0 ? HD_NULL : object;
    return hd_raise(t, &hd_AttributeError, "Can't get attribute %R on %R", name, module);
}

/* find_class, the subclass's if there is one. */
static HdValue find_class(HdThread *t, HdUnpickler *u, HdValue self, HdValue module_name, HdValue name) {
    if (hd_is_exact_object(self, &hd_unpickler_type)) return hd_unpickle_find_class(t, u, module_name, name);
    return hd_object_call_method2(t, self, "find_class", module_name, name);
}

static HdValue read_name(HdThread *t, HdUnpickler *u, const char *encoding) {
    const uint8_t *line;
    HdSize length = hd_unpickle_read_line(t, u, &line);
    if (length < 0) return HD_NULL;
    if (length < 2) return hd_raise(t, hd_unpickling_error(), "pickle data was truncated");
    return hd_str_decode(t, (const char *)line, length - 1, encoding, "strict");
}

static HdValue read_global(HdThread *t, HdUnpickler *u, HdValue self, const char *encoding) {
    HD_OWNED HdValue module_name = read_name(t, u, encoding);
    HD_OWNED HdValue name = hd_is_null(module_name) ? HD_NULL : read_name(t, u, encoding);
    return hd_is_null(name) ? HD_NULL : find_class(t, u, self, module_name, name);
}

static int load_stack_global(HdThread *t, HdUnpickler *u, HdValue self) {
    HD_OWNED HdValue name = hd_unpickle_pop(t, u);
    HD_OWNED HdValue module_name = hd_is_null(name) ? HD_NULL : hd_unpickle_pop(t, u);
    if (hd_is_null(module_name)) return -1;
    if (!hd_is_exact_str(module_name) || !hd_is_exact_str(name)) {
        return hd_raise_int(t, hd_unpickling_error(), "STACK_GLOBAL requires str");
    }
    return hd_unpickle_push_steal(t, u, find_class(t, u, self, module_name, name));
}

static int load_extension(HdThread *t, HdUnpickler *u, HdValue self, HdSize count) {
    HdPickleState *state = hd_pickle_state();
    const uint8_t *bytes;
    uint32_t word = 0;
    if (hd_unpickle_read(t, u, count, &bytes) < 0) return -1;
    memcpy(&word, bytes, (size_t)count);
    if (word == 0 || word > 0x7fffffff) return hd_raise_int(t, hd_unpickling_error(), "EXT specifies code <= 0");
    HdValue code = hd_imm_int(word), object;
    int found = hd_dict_find(t, state->extension_cache, code, &object);
    if (found) return found < 0 ? -1 : hd_unpickle_push_steal(t, u, object);
    HD_OWNED HdValue pair = HD_NULL;
    found = hd_dict_find(t, state->inverted_registry, code, &pair);
    if (found < 0) return -1;
    if (!found) return hd_raise_int(t, &hd_ValueError, "unregistered extension code %ld", (long)word);
    if (!hd_is_tuple(pair) || hd_tuple_length(pair) != 2 || !hd_is_str(hd_tuple_at_borrowed(pair, 0)) ||
        !hd_is_str(hd_tuple_at_borrowed(pair, 1))) {
        return hd_raise_int(t, &hd_ValueError, "_inverted_registry[%ld] isn't a 2-tuple of strings", (long)word);
    }
    HD_OWNED HdValue made = find_class(t, u, self, hd_tuple_at_borrowed(pair, 0), hd_tuple_at_borrowed(pair, 1));
    if (hd_is_null(made) || hd_dict_set(t, state->extension_cache, code, made) < 0) return -1;
    return hd_unpickle_push_steal(t, u, hd_move(&made));
}

/* --- making objects --- */

/* An instance of an old-style class, or what calling it gives. */
static HdValue instantiate(HdThread *t, HdValue class_, HdValue args) {
    if (hd_tuple_length(args) == 0 && hd_is_type(class_)) {
        HD_OWNED HdValue function = HD_NULL;
        int found = hd_object_find_attr(t, class_, HD_NAME("__getinitargs__"), &function);
        if (found < 0) return HD_NULL;
        if (!found) return hd_object_call_method1(t, class_, "__new__", class_);
    }
    return hd_object_call_ex(t, class_, args, HD_NULL);
}

static int load_obj(HdThread *t, HdUnpickler *u) {
    HdSize mark = hd_unpickle_pop_mark(t, u);
    if (mark < 0) return -1;
    if (u->depth - mark < 1) return hd_unpickle_underflow(t, u);
    HD_OWNED HdValue args = hd_unpickle_pop_tuple(t, u, mark + 1);
    HD_OWNED HdValue class_ = hd_is_null(args) ? HD_NULL : hd_unpickle_pop(t, u);
    return hd_is_null(class_) ? -1 : hd_unpickle_push_steal(t, u, instantiate(t, class_, args));
}

static int load_inst(HdThread *t, HdUnpickler *u, HdValue self) {
    HdSize mark = hd_unpickle_pop_mark(t, u);
    HD_OWNED HdValue class_ = mark < 0 ? HD_NULL : read_global(t, u, self, "ascii");
    HD_OWNED HdValue args = hd_is_null(class_) ? HD_NULL : hd_unpickle_pop_tuple(t, u, mark);
    return hd_is_null(args) ? -1 : hd_unpickle_push_steal(t, u, instantiate(t, class_, args));
}

static int load_reduce(HdThread *t, HdUnpickler *u) {
    HD_OWNED HdValue args = hd_unpickle_pop(t, u);
    HD_OWNED HdValue callable = hd_is_null(args) ? HD_NULL : hd_unpickle_pop(t, u);
    if (hd_is_null(callable)) return -1;
    if (!hd_is_tuple(args)) return hd_raise_int(t, &hd_TypeError, "argument list must be a tuple");
    return hd_unpickle_push_steal(t, u, hd_object_call_ex(t, callable, args, HD_NULL));
}

static int load_newobj(HdThread *t, HdUnpickler *u, bool with_keywords) {
    const char *op = with_keywords ? "NEWOBJ_EX" : "NEWOBJ";
    HD_OWNED HdValue kwargs = with_keywords ? hd_unpickle_pop(t, u) : HD_NULL;
    if (with_keywords && hd_is_null(kwargs)) return -1;
    HD_OWNED HdValue args = hd_unpickle_pop(t, u);
    HD_OWNED HdValue class_ = hd_is_null(args) ? HD_NULL : hd_unpickle_pop(t, u);
    if (hd_is_null(class_)) return -1;
    if (!hd_is_type(class_)) {
        return hd_raise_int(t, hd_unpickling_error(), "%s class argument must be a type, not %T", op, class_);
    }
    HdType *type = HD_AS(HdType, class_);
    if (!type->create) return hd_raise_int(t, hd_unpickling_error(), "%s class argument '%N' doesn't have __new__", op, type);
    if (!hd_is_tuple(args)) {
        return hd_raise_int(t, hd_unpickling_error(), "%s args argument must be a tuple, not %T", op, args);
    }
    if (with_keywords && !hd_is_dict(kwargs)) {
        return hd_raise_int(t, hd_unpickling_error(), "%s kwargs argument must be a dict, not %T", op, kwargs);
    }
    if (!with_keywords || hd_dict_length(kwargs) == 0) {
        const HdRef *refs = (const HdRef *)(const void *)HD_AS(HdTuple, args)->at;
        return hd_unpickle_push_steal(t, u, type->create(t, type, refs, hd_tuple_length(args), HD_NULL));
    }
    HD_OWNED HdValue new_ = hd_object_getattr(t, class_, HD_NAME("__new__"));
    HD_OWNED HdValue list = hd_is_null(new_) ? HD_NULL : hd_list_new(t, 1 + hd_tuple_length(args));
    if (hd_is_null(list) || hd_list_append(t, list, class_) < 0 || hd_list_extend(t, list, args) < 0) return -1;
    HD_OWNED HdValue all = hd_list_as_tuple(t, list);
    return hd_is_null(all) ? -1 : hd_unpickle_push_steal(t, u, hd_object_call_ex(t, new_, all, kwargs));
}

static int load_persistent(HdThread *t, HdUnpickler *u, bool binary) {
    if (hd_is_null(u->persist)) {
        return hd_raise_int(t, hd_unpickling_error(),
                            "A load persistent id instruction was encountered,\nbut no persistent_load function was specified.");
    }
    HD_OWNED HdValue id = HD_NULL;
    if (binary) {
        id = hd_unpickle_pop(t, u);
    } else {
        const uint8_t *line;
        HdSize length = hd_unpickle_read_line(t, u, &line);
        if (length < 1) return -1;
        id = hd_str_decode(t, (const char *)line, length - 1, "ascii", "strict");
        if (hd_is_null(id) && hd_raised_is(t, &hd_UnicodeDecodeError)) {
            hd_clear_raised(t);
            return hd_raise_int(t, hd_unpickling_error(), "persistent IDs in protocol 0 must be ASCII strings");
        }
    }
    return hd_is_null(id) ? -1 : hd_unpickle_push_steal(t, u, hd_object_call1(t, u->persist, id));
}

/* --- filling objects --- */

/* Appends what lies above `from` to the list-like below it. */
static int append_items(HdThread *t, HdUnpickler *u, HdSize from) {
    if (from > u->depth || from <= u->fence) return hd_unpickle_underflow(t, u);
    if (from == u->depth) return 0;
    HD_OWNED HdValue items = hd_unpickle_pop_list(t, u, from);
    HD_OWNED HdValue list = hd_retain(t, u->stack[from - 1]);
    if (hd_is_null(items)) return -1;
    if (hd_is_exact_list(list)) return hd_list_extend(t, list, items);
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_attr(t, list, HD_NAME("extend"), &method);
    if (found < 0) return -1;
    if (found) {
        HdValue result = hd_object_call1(t, method, items);
        hd_release(t, result);
        return hd_is_null(result) ? -1 : 0;
    }
    method = hd_object_getattr(t, list, HD_NAME("append"));
    for (HdSize i = 0; i < hd_list_length(items); i++) {
        HdValue result = hd_is_null(method) ? HD_NULL : hd_object_call1(t, method, hd_list_at_borrowed(items, i));
        if (hd_is_null(result)) return -1;
        hd_release(t, result);
    }
    return hd_is_null(method) ? -1 : 0;
}

static int set_items(HdThread *t, HdUnpickler *u, HdSize from) {
    if (from > u->depth || from <= u->fence) return hd_unpickle_underflow(t, u);
    if ((u->depth - from) % 2) return hd_raise_int(t, hd_unpickling_error(), "odd number of items for SETITEMS");
    HD_OWNED HdValue items = hd_unpickle_pop_tuple(t, u, from);
    HD_OWNED HdValue dict = hd_retain(t, u->stack[from - 1]);
    if (hd_is_null(items)) return -1;
    bool exact = hd_is_exact_dict(dict);
    for (HdSize i = 0; i < hd_tuple_length(items); i += 2) {
        HdValue key = hd_tuple_at_borrowed(items, i), value = hd_tuple_at_borrowed(items, i + 1);
        if ((exact ? hd_dict_set(t, dict, key, value) : hd_object_setitem(t, dict, key, value)) < 0) return -1;
    }
    return 0;
}

static int add_items(HdThread *t, HdUnpickler *u) {
    HdSize from = hd_unpickle_pop_mark(t, u);
    if (from < 0) return -1;
    if (from > u->depth || from <= u->fence) return hd_unpickle_underflow(t, u);
    HD_OWNED HdValue items = hd_unpickle_pop_tuple(t, u, from);
    HD_OWNED HdValue set = hd_retain(t, u->stack[from - 1]);
    if (hd_is_null(items)) return -1;
    if (hd_is_exact_object(set, &hd_set_type)) return hd_set_update(t, set, items);
    HD_OWNED HdValue method = hd_object_getattr(t, set, HD_NAME("add"));
    if (hd_is_null(method)) return -1;
    for (HdSize i = 0; i < hd_tuple_length(items); i++) {
        HdValue result = hd_object_call1(t, method, hd_tuple_at_borrowed(items, i));
        if (hd_is_null(result)) return -1;
        hd_release(t, result);
    }
    return 0;
}

/* Whether an object's __dict__ holds its own attributes, as usual. */
static bool has_own_dict(HdThread *t, HdValue object) {
    HdType *type = hd_type_of(object);
    if (type->getattr != hd_object_type.getattr || !type->attrs_offset) return false;
    HdValue descriptor = hd_type_lookup_borrowed(t, type, HD_NAME("__dict__"));
    const HdGetSetDef *def = hd_is_null(descriptor) ? NULL : hd_native_getset_def(descriptor, type);
    return def && def->get == hd_attrs_get_dict_attr;
}

/* object.__dict__.update(state), keys interned. */
static int update_dict(HdThread *t, HdValue object, HdValue state) {
    if (!hd_is_dict(state)) return hd_raise_int(t, hd_unpickling_error(), "state is not a dictionary");
    bool own = has_own_dict(t, object); /* which need not be made for that */
    HD_OWNED HdValue dict = own ? HD_NULL : hd_object_getattr(t, object, HD_NAME("__dict__"));
    if (hd_raised(t)) return -1;
    HdSize position = 0;
    HdValue key, value;
    while (hd_dict_next(t, state, &position, &key, &value)) {
        HD_OWNED HdValue name = hd_is_exact_str(key) ? hd_str_intern_steal(t, key) : key;
        HD_OWNED HdValue owned = value;
        if (own && hd_is_exact_str(name) && hd_str_is_interned(name)) {
            if (hd_attrs_set(t, hd_as_object(object), name, value) < 0) return -1;
            continue;
        }
        if (hd_is_null(dict)) dict = hd_object_getattr(t, object, HD_NAME("__dict__"));
        if (hd_is_null(dict) || hd_object_setitem(t, dict, name, value) < 0) return -1;
    }
    return 0;
}

static int set_slots(HdThread *t, HdValue object, HdValue slots) {
    if (!hd_is_dict(slots)) return hd_raise_int(t, hd_unpickling_error(), "slot state is not a dictionary");
    HdSize position = 0;
    HdValue key, value;
    while (hd_dict_next(t, slots, &position, &key, &value)) {
        HD_OWNED HdValue owned_key = key, owned_value = value;
        if (hd_object_setattr(t, object, key, value) < 0) return -1;
    }
    return 0;
}

static int load_build(HdThread *t, HdUnpickler *u) {
    if (u->depth - 2 < u->fence) return hd_unpickle_underflow(t, u);
    HD_OWNED HdValue state = hd_unpickle_pop(t, u);
    HD_OWNED HdValue object = hd_retain(t, u->stack[u->depth - 1]);
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_attr(t, object, HD_NAME("__setstate__"), &method);
    if (found < 0) return -1;
    if (found) {
        HdValue result = hd_object_call1(t, method, state);
        hd_release(t, result);
        return hd_is_null(result) ? -1 : 0;
    }
    HdValue attributes = state, slots = hd_None;
    if (hd_is_tuple(state) && hd_tuple_length(state) == 2) {
        attributes = hd_tuple_at_borrowed(state, 0);
        slots = hd_tuple_at_borrowed(state, 1);
    }
    if (!hd_is_none(attributes) && update_dict(t, object, attributes) < 0) return -1;
    return hd_is_none(slots) ? 0 : set_slots(t, object, slots);
}

int hd_unpickle_build(HdThread *t, HdUnpickler *u, HdValue self, int op) {
    HdSize mark;
    switch (op) {
    case OP_GLOBAL: return hd_unpickle_push_steal(t, u, read_global(t, u, self, "utf-8"));
    case OP_STACK_GLOBAL: return load_stack_global(t, u, self);
    case OP_REDUCE: return load_reduce(t, u);
    case OP_BUILD: return load_build(t, u);
    case OP_NEWOBJ: return load_newobj(t, u, false);
    case OP_NEWOBJ_EX: return load_newobj(t, u, true);
    case OP_OBJ: return load_obj(t, u);
    case OP_INST: return load_inst(t, u, self);
    case OP_EXT1: return load_extension(t, u, self, 1);
    case OP_EXT2: return load_extension(t, u, self, 2);
    case OP_EXT4: return load_extension(t, u, self, 4);
    case OP_APPEND: return append_items(t, u, u->depth - 1);
    case OP_SETITEM: return set_items(t, u, u->depth - 2);
    case OP_APPENDS: return (mark = hd_unpickle_pop_mark(t, u)) < 0 ? -1 : append_items(t, u, mark);
    case OP_SETITEMS: return (mark = hd_unpickle_pop_mark(t, u)) < 0 ? -1 : set_items(t, u, mark);
    case OP_ADDITEMS: return add_items(t, u);
    default: return load_persistent(t, u, op == OP_BINPERSID);
    }
}
