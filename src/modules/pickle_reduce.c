/* pickle_reduce.c -- saving by name (classes, functions) and by what a reducer returned. */
#include "pickle_types.h"

/* --- by name --- */

HdValue hd_pickle_dotted(HdThread *t, HdValue object, HdValue dotted, HdValue *parent) {
    HdSize length = hd_str_length(dotted), start = 0;
    bool path = length == 0 || hd_str_at(dotted, 0) == '<' || hd_str_find_char(dotted, '.', 0, length, false) >= 0;
    if (HD_LIKELY(!path)) {
        HdValue found;
        if (hd_object_find_attr(t, object, dotted, &found) < 0) return HD_NULL;
        if (hd_is_null(found)) return hd_raise(t, &hd_AttributeError, "Can't get attribute %R on %R", dotted, object);
        if (parent) *parent = hd_retain(t, object);
        return found;
    }
    HD_OWNED HdValue above = HD_NULL, at = hd_retain(t, object);
    while (start <= length) {
        HdSize dot = hd_str_find_char(dotted, '.', start, length, false), end = dot < 0 ? length : dot;
        HdValue piece = hd_str_substring(t, dotted, start, end);
        if (hd_is_null(piece)) return HD_NULL;
        HD_OWNED HdValue name = hd_str_intern_steal(t, piece);
        if (hd_str_equals_text(name, "<locals>")) {
            return hd_raise(t, &hd_AttributeError, "Can't get local attribute %R on %R", dotted, object);
        }
        HdValue next;
        int found = hd_object_find_attr(t, at, name, &next);
        if (found < 0) return HD_NULL;
        if (!found) return hd_raise(t, &hd_AttributeError, "Can't get attribute %R on %R", dotted, object);
        hd_replace_steal(t, &above, hd_move(&at));
        at = next;
        start = end + 1;
    }
    if (parent) *parent = hd_move(&above);
    return hd_move(&at);
}

/* Whether a module has the object under the name; errors of its attributes count as no. */
static int module_has(HdThread *t, HdValue module_name, HdValue module, HdValue object, HdValue name) {
    if (hd_is_none(module) || (hd_is_str(module_name) && hd_str_equals_text(module_name, "__main__"))) return 0;
    HD_OWNED HdValue found = hd_pickle_dotted(t, module, name, NULL);
    if (!hd_is_null(found)) return hd_same(found, object);
    if (!hd_raised_is(t, &hd_AttributeError)) return -1;
    hd_clear_raised(t);
    return 0;
}

/* The name of the module that an object is said to be in, or is found in. */
static HdValue module_of(HdThread *t, HdValue object, HdValue name) {
    HD_OWNED HdValue module_name = HD_NULL;
    int found = hd_object_find_attr(t, object, HD_NAME("__module__"), &module_name);
    if (found < 0) return HD_NULL;
    if (found && !hd_is_none(module_name)) return hd_move(&module_name);
    HD_OWNED HdValue modules = hd_dict_get_text(t, hd_runtime.sys_dict, "modules");
    if (hd_is_null(modules)) return hd_raise(t, &hd_RuntimeError, "unable to get sys.modules");
    HD_OWNED HdValue copy = hd_is_dict(modules) ? hd_dict_copy(t, modules) : hd_dict_new(t);
    if (hd_is_null(copy) || (!hd_is_dict(modules) && hd_dict_merge(t, copy, modules, 1) < 0)) return HD_NULL;
    HdSize position = 0;
    HdValue key, module;
    while (hd_dict_next_borrowed(copy, &position, &key, &module)) { /* nobody else has the copy */
        int has = module_has(t, key, module, object, name);
        if (has) return has < 0 ? HD_NULL : hd_retain(t, key);
    }
    return hd_retain(t, HD_NAME("__main__"));
}

/* The number that copyreg has for the name: 1 and written, 0 none. */
static int save_extension(HdThread *t, HdPickler *p, HdValue object, HdValue module_name, HdValue name) {
    if (hd_dict_length(hd_pickle_state()->extension_registry) == 0) return 0;
    HD_OWNED HdValue key = hd_tuple_pack(t, 2, module_name, name);
    HD_OWNED HdValue code = HD_NULL;
    int found = hd_is_null(key) ? -1 : hd_dict_find(t, hd_pickle_state()->extension_registry, key, &code);
    if (found <= 0) return found;
    if (!hd_is_int(code)) {
        return hd_raise_int(t, hd_pickling_error(), "Can't pickle %R: extension code %R isn't an integer", object, code);
    }
    int64_t number = hd_number_as_i64(t, code);
    if (number == -1 && hd_raised(t)) return -1;
    if (number <= 0 || number > 0x7fffffff) {
        return hd_raise_int(t, &hd_RuntimeError, "Can't pickle %R: extension code %ld is out of range", object, (long)number);
    }
    uint32_t word = (uint32_t)number;
    uint8_t out[5] = {(uint8_t)(number <= 0xff ? OP_EXT1 : number <= 0xffff ? OP_EXT2 : OP_EXT4)};
    memcpy(out + 1, &word, 4);
    return hd_pickle_write(t, p, out, number <= 0xff ? 2 : number <= 0xffff ? 3 : 5) < 0 ? -1 : 1;
}

/* Names of Python 2 for those of Python 3; replaces both in place. */
static int rename_for_python2(HdThread *t, HdValue *module_name, HdValue *name) {
    HdPickleState *state = hd_pickle_state();
    HD_OWNED HdValue key = hd_tuple_pack(t, 2, *module_name, *name);
    HD_OWNED HdValue item = HD_NULL;
    int found = hd_is_null(key) ? -1 : hd_dict_find(t, state->reverse_name_mapping, key, &item);
    if (found < 0) return -1;
    if (found) {
        if (!hd_is_tuple(item) || hd_tuple_length(item) != 2 || !hd_is_str(hd_tuple_at_borrowed(item, 0)) ||
            !hd_is_str(hd_tuple_at_borrowed(item, 1))) {
            return hd_raise_int(t, &hd_RuntimeError,
                                "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples of str, not %T", item);
        }
        hd_replace_steal(t, module_name, hd_retain(t, hd_tuple_at_borrowed(item, 0)));
        hd_replace_steal(t, name, hd_retain(t, hd_tuple_at_borrowed(item, 1)));
        return 0;
    }
    found = hd_dict_find(t, state->reverse_import_mapping, *module_name, &item);
    if (found <= 0) return found;
    if (!hd_is_str(item)) {
        return hd_raise_int(t, &hd_RuntimeError,
                            "_compat_pickle.REVERSE_IMPORT_MAPPING values should be strings, not %T", item);
    }
    hd_replace_steal(t, module_name, hd_move(&item));
    return 0;
}

/* GLOBAL and two lines. */
static int save_global_lines(HdThread *t, HdPickler *p, HdValue given_module, HdValue given_name) {
    HD_OWNED HdValue module_name = hd_retain(t, given_module), name = hd_retain(t, given_name);
    if (p->fix_imports && rename_for_python2(t, &module_name, &name) < 0) return -1;
    const char *encoding = p->protocol >= 3 ? "utf-8" : "ascii";
    HdValue names[2] = {module_name, name};
    if (hd_pickle_op(t, p, OP_GLOBAL) < 0) return -1;
    for (int i = 0; i < 2; i++) {
        HD_OWNED HdValue bytes = hd_str_encode(t, names[i], encoding, NULL);
        if (hd_is_null(bytes)) {
            if (hd_raised_is(t, &hd_UnicodeEncodeError)) {
                hd_clear_raised(t);
                hd_raise(t, hd_pickling_error(), "can't pickle %s identifier '%U' using pickle protocol %d",
                         i ? "global" : "module", names[i], p->protocol);
            }
            return -1;
        }
        if (hd_pickle_write(t, p, hd_bytes_data(bytes), hd_bytes_length(bytes)) < 0) return -1;
        if (hd_pickle_op(t, p, '\n') < 0) return -1;
    }
    return 0;
}

/* The last name of a dotted one. */
static HdValue last_name(HdThread *t, HdValue dotted) {
    HdSize length = hd_str_length(dotted), dot = hd_str_find_char(dotted, '.', 0, length, true);
    return dot < 0 ? hd_retain(t, dotted) : hd_str_substring(t, dotted, dot + 1, length);
}

/* The object must be what its name leads to; its module and what the last name is looked up in, owned. */
static int check_global(HdThread *t, HdValue object, HdValue name, HdValue module_name, HdValue *module, HdValue *parent) {
    HdValue lent, known = hd_pickle_name_find(t, module_name, name, &lent);
    hd_release(t, known); /* the module has it */
    if (!hd_is_null(known) && hd_same(known, object)) {
        *module = hd_retain(t, lent);
        *parent = hd_retain(t, lent);
        return 0;
    }
    HD_OWNED HdValue exact = hd_is_str(module_name) ? hd_str_exact(t, module_name) : HD_NULL;
    *module = hd_is_null(exact) ? HD_NULL : hd_object_hooks.import_module(t, exact);
    if (hd_is_null(*module)) {
        if (hd_raised_is(t, &hd_MemoryError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, hd_pickling_error(), "Can't pickle %R: import of module %R failed", object, module_name);
    }
    HD_OWNED HdValue found = hd_pickle_dotted(t, *module, name, parent);
    if (hd_is_null(found)) {
        bool local = hd_str_find(name, HD_NAME("<locals>"), 0, hd_str_length(name), false) >= 0;
        if (local && hd_raised_is(t, &hd_AttributeError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, hd_pickling_error(), "Can't pickle %R: attribute lookup %V on %V failed", object, name,
                            module_name);
    }
    if (hd_same(found, object)) return hd_pickle_name_note(t, module_name, name, *module), 0;
    return hd_raise_int(t, hd_pickling_error(), "Can't pickle %R: it's not the same object as %V.%V", object, module_name,
                        name);
}

static int save_named(HdThread *t, HdPickler *p, HdValue object, HdValue name) {
    HD_OWNED HdValue module_name = module_of(t, object, name);
    HD_OWNED HdValue module = HD_NULL, parent = HD_NULL;
    if (hd_is_null(module_name) || check_global(t, object, name, module_name, &module, &parent) < 0) return -1;
    if (p->protocol >= 2) {
        int done = save_extension(t, p, object, module_name, name);
        if (done) return done < 0 ? -1 : 0;
    }
    HD_OWNED HdValue last = last_name(t, name);
    if (hd_is_null(last)) return -1;
    if (hd_same(parent, module)) name = last; /* a path that leads back to the module can be shorter */
    if (p->protocol >= 4) {
        if (hd_pickle_save(t, p, module_name, false) < 0 || hd_pickle_save(t, p, name, false) < 0) return -1;
        return hd_pickle_op(t, p, OP_STACK_GLOBAL) < 0 ? -1 : hd_pickle_memo_put(t, p, object);
    }
    if (hd_same(parent, module)) {
        return save_global_lines(t, p, module_name, name) < 0 ? -1 : hd_pickle_memo_put(t, p, object);
    }
    HD_OWNED HdValue arguments = hd_tuple_pack(t, 2, parent, last); /* getattr(parent, last) */
    HD_OWNED HdValue reduced = hd_is_null(arguments) ? HD_NULL : hd_tuple_pack(t, 2, hd_pickle_state()->getattr, arguments);
    return hd_is_null(reduced) ? -1 : hd_pickle_save_reduce(t, p, reduced, object);
}

int hd_pickle_save_global(HdThread *t, HdPickler *p, HdValue object, HdValue name_or_null) {
    HD_OWNED HdValue name = hd_retain(t, name_or_null);
    if (hd_is_null(name)) {
        int found = hd_object_find_attr(t, object, HD_NAME("__qualname__"), &name);
        if (found < 0) return -1;
        if (!found) name = hd_object_getattr(t, object, HD_NAME("__name__"));
        if (hd_is_null(name)) return -1;
    }
    if (!hd_is_str(name)) {
        return hd_raise_int(t, hd_pickling_error(), "Can't pickle %R: its name is not a str", object);
    }
    return save_named(t, p, object, name);
}

int hd_pickle_save_type(HdThread *t, HdPickler *p, HdValue object) {
    const struct {
        HdType *type;
        HdValue only;
    } singletons[] = {
        {&hd_none_type, hd_None}, {&hd_ellipsis_type, hd_Ellipsis}, {&hd_not_implemented_type, hd_NotImplemented},
    };
    for (size_t i = 0; i < HD_COUNT_OF(singletons); i++) {
        if (!hd_same(object, hd_type_value(singletons[i].type))) continue;
        HD_OWNED HdValue arguments = hd_tuple_pack(t, 1, singletons[i].only); /* these have no name: type(None) */
        HD_OWNED HdValue reduced =
            hd_is_null(arguments) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(&hd_type_type), arguments);
        return hd_is_null(reduced) ? -1 : hd_pickle_save_reduce(t, p, reduced, object);
    }
    return hd_pickle_save_global(t, p, object, HD_NULL);
}

/* --- by what a reducer returned --- */

enum { CALLABLE, ARGUMENTS, STATE, ITEMS, PAIRS, SETTER, PARTS };

/* The parts of the tuple, lent; None counts as not given from the third on. -1 raised. */
static int take_apart(HdThread *t, HdValue reduced, HdValue parts[PARTS]) {
    HdSize size = hd_tuple_length(reduced);
    if (size < 2 || size > PARTS) {
        return hd_raise_int(t, hd_pickling_error(), "tuple returned by __reduce__ must contain 2 through 6 elements");
    }
    for (HdSize i = 0; i < PARTS; i++) {
        parts[i] = i < size ? hd_tuple_at_borrowed(reduced, i) : HD_NULL;
        if (i >= STATE && hd_is_none(parts[i])) parts[i] = HD_NULL;
    }
    if (!hd_object_is_callable(parts[CALLABLE])) {
        return hd_raise_int(t, hd_pickling_error(), "first item of the tuple returned by __reduce__ must be callable");
    }
    if (!hd_is_tuple(parts[ARGUMENTS])) {
        return hd_raise_int(t, hd_pickling_error(), "second item of the tuple returned by __reduce__ must be a tuple");
    }
    for (int i = ITEMS; i <= PAIRS; i++) {
        if (hd_is_null(parts[i]) || hd_object_is_iterator(parts[i])) continue;
        return hd_raise_int(t, hd_pickling_error(),
                            "%s element of the tuple returned by __reduce__ must be an iterator, not %T",
                            i == ITEMS ? "fourth" : "fifth", parts[i]);
    }
    if (hd_is_null(parts[SETTER]) || hd_object_is_callable(parts[SETTER])) return 0;
    return hd_raise_int(t, hd_pickling_error(),
                        "sixth element of the tuple returned by __reduce__ must be a function, not %T", parts[SETTER]);
}

/* Protocols 2 and 3 have no NEWOBJ_EX: partial(cls.__new__, cls, *args, **kwargs)(). */
static int save_new_partial(HdThread *t, HdPickler *p, HdValue class_, HdValue args, HdValue kwargs) {
    HD_OWNED HdValue new_ = hd_object_getattr(t, class_, HD_NAME("__new__"));
    HD_OWNED HdValue list = hd_is_null(new_) ? HD_NULL : hd_list_new(t, 2);
    if (hd_is_null(list) || hd_list_append(t, list, new_) < 0 || hd_list_append(t, list, class_) < 0 ||
        hd_list_extend(t, list, args) < 0) {
        return -1;
    }
    HD_OWNED HdValue all = hd_list_as_tuple(t, list);
    HD_OWNED HdValue partial = hd_is_null(all) ? HD_NULL : hd_object_call_ex(t, hd_pickle_state()->partial, all, kwargs);
    if (hd_is_null(partial) || hd_pickle_save(t, p, partial, false) < 0) return -1;
    if (hd_pickle_save(t, p, hd_tuple_empty(), false) < 0) return -1;
    return hd_pickle_op(t, p, OP_REDUCE);
}

static int save_newobj_ex(HdThread *t, HdPickler *p, HdValue arguments) {
    if (hd_tuple_length(arguments) != 3) {
        return hd_raise_int(t, hd_pickling_error(), "length of the NEWOBJ_EX argument tuple must be exactly 3, not %zd",
                            hd_tuple_length(arguments));
    }
    HdValue class_ = hd_tuple_at_borrowed(arguments, 0), args = hd_tuple_at_borrowed(arguments, 1);
    HdValue kwargs = hd_tuple_at_borrowed(arguments, 2);
    if (!hd_is_type(class_)) {
        return hd_raise_int(t, hd_pickling_error(), "first item from NEWOBJ_EX argument tuple must be a class, not %T", class_);
    }
    if (!hd_is_tuple(args)) {
        return hd_raise_int(t, hd_pickling_error(), "second item from NEWOBJ_EX argument tuple must be a tuple, not %T", args);
    }
    if (!hd_is_dict(kwargs)) {
        return hd_raise_int(t, hd_pickling_error(), "third item from NEWOBJ_EX argument tuple must be a dict, not %T", kwargs);
    }
    if (p->protocol < 4) return save_new_partial(t, p, class_, args, kwargs);
    if (hd_pickle_save(t, p, class_, false) < 0 || hd_pickle_save(t, p, args, false) < 0) return -1;
    return hd_pickle_save(t, p, kwargs, false) < 0 ? -1 : hd_pickle_op(t, p, OP_NEWOBJ_EX);
}

static int save_newobj(HdThread *t, HdPickler *p, HdValue arguments, HdValue object) {
    if (hd_tuple_length(arguments) < 1) return hd_raise_int(t, hd_pickling_error(), "__newobj__ arglist is empty");
    HdValue class_ = hd_tuple_at_borrowed(arguments, 0);
    HD_OWNED HdValue new_ = HD_NULL;
    int found = hd_object_find_attr(t, class_, HD_NAME("__new__"), &new_);
    if (found < 0) return -1;
    if (!found) return hd_raise_int(t, hd_pickling_error(), "args[0] from __newobj__ args has no __new__");
    if (!hd_is_null(object)) {
        HD_OWNED HdValue own = hd_object_class(t, object);
        if (hd_is_null(own)) return -1;
        if (!hd_same(own, class_)) {
            return hd_raise_int(t, hd_pickling_error(), "args[0] from __newobj__ args has the wrong class");
        }
    }
    HD_OWNED HdValue rest = hd_tuple_slice(t, arguments, 1, hd_tuple_length(arguments));
    if (hd_is_null(rest) || hd_pickle_save(t, p, class_, false) < 0 || hd_pickle_save(t, p, rest, false) < 0) return -1;
    return hd_pickle_op(t, p, OP_NEWOBJ);
}

/* The object itself, without its state. */
static int save_made(HdThread *t, HdPickler *p, const HdValue *parts, HdValue object) {
    if (p->protocol >= 2) {
        HD_OWNED HdValue name = HD_NULL;
        if (hd_object_find_attr(t, parts[CALLABLE], HD_NAME("__name__"), &name) < 0) return -1;
        if (!hd_is_null(name) && hd_is_str(name)) {
            if (hd_str_equals_text(name, "__newobj_ex__")) return save_newobj_ex(t, p, parts[ARGUMENTS]);
            if (hd_str_equals_text(name, "__newobj__")) return save_newobj(t, p, parts[ARGUMENTS], object);
        }
    }
    if (hd_pickle_save(t, p, parts[CALLABLE], false) < 0 || hd_pickle_save(t, p, parts[ARGUMENTS], false) < 0) return -1;
    return hd_pickle_op(t, p, OP_REDUCE);
}

static int save_state(HdThread *t, HdPickler *p, const HdValue *parts, HdValue object) {
    if (hd_is_null(parts[SETTER])) {
        return hd_pickle_save(t, p, parts[STATE], false) < 0 ? -1 : hd_pickle_op(t, p, OP_BUILD);
    }
    /* setter(object, state), whose result is dropped */
    if (hd_pickle_save(t, p, parts[SETTER], false) < 0 || hd_pickle_save(t, p, object, false) < 0) return -1;
    if (hd_pickle_save(t, p, parts[STATE], false) < 0 || hd_pickle_op(t, p, OP_TUPLE2) < 0) return -1;
    return hd_pickle_op(t, p, OP_REDUCE) < 0 ? -1 : hd_pickle_op(t, p, OP_POP);
}

int hd_pickle_save_reduce(HdThread *t, HdPickler *p, HdValue reduced, HdValue object) {
    HdValue parts[PARTS];
    if (take_apart(t, reduced, parts) < 0 || save_made(t, p, parts, object) < 0) return -1;
    if (!hd_is_null(object)) {
        HdSize number = hd_pickle_memo_find(&p->memo, object);
        if (number >= 0) { /* its arguments lead to it: drop this one, refer to that */
            return hd_pickle_op(t, p, OP_POP) < 0 ? -1 : hd_pickle_memo_get(t, p, number);
        }
        if (hd_pickle_memo_put(t, p, object) < 0) return -1;
    }
    if (!hd_is_null(parts[ITEMS]) && hd_pickle_save_items(t, p, parts[ITEMS]) < 0) return -1;
    if (!hd_is_null(parts[PAIRS]) && hd_pickle_save_pairs(t, p, parts[PAIRS]) < 0) return -1;
    return hd_is_null(parts[STATE]) ? 0 : save_state(t, p, parts, object);
}
