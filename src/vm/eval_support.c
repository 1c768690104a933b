/* eval_support.c -- the slow halves of the eval loop's handlers: names, containers, text, exceptions, imports.
 *
 * No state, no locks; everything may run Python.
 */
#include "errors.h"
#include "eval.h"
#include "exceptions.h"
#include "module_object.h"
#include "set.h"
#include "slice.h"
#include "str_builder.h"

/* --- names --- */

static void raise_with_name(HdThread *t, HdType *type, HdValue name, const char *format) {
    hd_raise(t, type, format, name);
    if (hd_raised_is(t, &hd_NameError)) {
        HdNameError *error = HD_AS(HdNameError, t->exception);
        hd_replace_steal(t, &error->name, hd_retain(t, name));
    }
}

void hd_eval_raise_name(HdThread *t, HdValue name) { raise_with_name(t, &hd_NameError, name, "name '%U' is not defined"); }

void hd_eval_raise_unbound(HdThread *t, const HdCode *code, uint32_t local) {
    HdValue name = hd_code_local_name(code, local);
    if (hd_code_local_kind(code, local) & HD_LOCAL_FREE) {
        raise_with_name(t, &hd_NameError, name,
                        "cannot access free variable '%U' where it is not associated with a value in enclosing scope");
    } else {
        raise_with_name(t, &hd_UnboundLocalError, name,
                        "cannot access local variable '%U' where it is not associated with a value");
    }
}

/* From any mapping: 1 found, 0 not, -1 raised. */
static int mapping_find(HdThread *t, HdValue mapping, HdValue name, HdValue *out) {
    if (hd_is_exact_dict(mapping)) return hd_dict_find(t, mapping, name, out);
    *out = hd_object_getitem(t, mapping, name);
    if (!hd_is_null(*out)) return 1;
    if (!hd_raised_is(t, &hd_KeyError)) return -1;
    hd_clear_raised(t);
    return 0;
}

HdValue hd_eval_load_global(HdThread *t, HdFrame *frame, HdValue name) {
    HdValue v = HD_NULL;
    int found = mapping_find(t, hd_frame_globals_borrowed(frame), name, &v);
    if (found == 0) found = mapping_find(t, hd_frame_builtins_borrowed(frame), name, &v);
    if (found == 1) return v;
    if (found == 0) hd_eval_raise_name(t, name);
    return HD_NULL;
}

/* False: the frame has no mapping of names. Module code that somebody made a function of takes its globals. */
static bool has_names(HdThread *t, HdFrame *frame) {
    if (HD_LIKELY(!hd_is_null(frame->locals))) return true;
    if (frame->code->flags & HD_CO_OPTIMIZED) return false;
    hd_frame_set_locals_steal(frame, hd_retain(t, hd_frame_globals_borrowed(frame)));
    return true;
}

HdValue hd_eval_load_name(HdThread *t, HdFrame *frame, HdValue name) {
    HdValue v = HD_NULL;
    if (!has_names(t, frame)) return hd_raise(t, &hd_SystemError, "no locals when loading %R", name);
    int found = mapping_find(t, frame->locals, name, &v);
    if (found == 1) return v;
    if (found < 0) return HD_NULL;
    return hd_eval_load_global(t, frame, name);
}

int hd_eval_store_name(HdThread *t, HdFrame *frame, HdValue name, HdValue value) {
    if (!has_names(t, frame)) return hd_raise_int(t, &hd_SystemError, "no locals found when storing %R", name);
    if (hd_is_exact_dict(frame->locals)) return hd_dict_set(t, frame->locals, name, value);
    return hd_object_setitem(t, frame->locals, name, value);
}

int hd_eval_delete_name(HdThread *t, HdFrame *frame, HdValue name) {
    if (!has_names(t, frame)) return hd_raise_int(t, &hd_SystemError, "no locals when deleting %R", name);
    if (hd_object_delitem(t, frame->locals, name) == 0) return 0;
    if (!hd_raised_is(t, &hd_KeyError)) return -1;
    hd_clear_raised(t);
    hd_eval_raise_name(t, name);
    return -1;
}

int hd_eval_delete_global(HdThread *t, HdFrame *frame, HdValue name) {
    if (hd_dict_delete(t, hd_frame_globals_borrowed(frame), name) == 0) return 0;
    if (!hd_raised_is(t, &hd_KeyError)) return -1;
    hd_clear_raised(t);
    hd_eval_raise_name(t, name);
    return -1;
}

HdValue hd_eval_load_classderef(HdThread *t, HdFrame *frame, uint32_t local) {
    HdValue v = HD_NULL;
    if (!hd_is_null(frame->locals)) {
        int found = mapping_find(t, frame->locals, hd_code_local_name(frame->code, local), &v);
        if (found == 1) return v;
        if (found < 0) return HD_NULL;
    }
    v = hd_cell_get(t, hd_ref_value(frame->slots[local]));
    if (hd_is_null(v)) hd_eval_raise_unbound(t, frame->code, local);
    return v;
}

int hd_eval_setup_annotations(HdThread *t, HdFrame *frame) {
    HdValue name = HD_NAME("__annotations__"), v = HD_NULL;
    if (!has_names(t, frame)) return hd_raise_int(t, &hd_SystemError, "no locals found when setting up annotations");
    int found = mapping_find(t, frame->locals, name, &v);
    if (found == 1) hd_release(t, v);
    if (found != 0) return found < 0 ? -1 : 0;
    HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) return -1;
    int result = hd_object_setitem(t, frame->locals, name, dict);
    hd_release(t, dict);
    return result;
}

HdValue hd_eval_load_build_class(HdThread *t, HdFrame *frame) {
    HdValue v = HD_NULL;
    int found = mapping_find(t, hd_frame_builtins_borrowed(frame), HD_NAME("__build_class__"), &v);
    if (found == 0) hd_raise(t, &hd_NameError, "__build_class__ not found");
    return found == 1 ? v : HD_NULL;
}

HdValue hd_eval_load_super(HdThread *t, HdFrame *frame, const HdRef *args, uint32_t operand, bool method, HdValue *self) {
    HdValue super = hd_ref_value(args[0]), type = hd_ref_value(args[1]), object = hd_ref_value(args[2]);
    HdValue name = frame->code->name_items[operand >> 1];
    *self = HD_NULL;
    if (hd_same(super, hd_type_value(&hd_super_type)) && hd_is_type(type) && !hd_same(name, HD_NAME("__class__"))) {
        HdType *class_ = HD_AS(HdType, type);
        if (method && hd_is_instance(object, class_)) {
            /* a function of the MRO behind `class_`, unbound */
            HdValue mro = hd_type_of(object)->mro;
            HdSize count = hd_tuple_length(mro), i = 0;
            while (i < count && !hd_same(hd_tuple_at_borrowed(mro, i), type)) i++;
            for (i++; i < count; i++) {
                HdType *base = HD_AS(HdType, hd_tuple_at_borrowed(mro, i));
                HdValue v = hd_dict_get_str(t, base->dict, name);
                if (hd_is_null(v)) continue;
                if (hd_type_of(v)->flags & HD_TYPE_METHOD_DESCRIPTOR) {
                    *self = object;
                    return v;
                }
                hd_release(t, v);
                break;
            }
        }
        return hd_super_lookup(t, class_, object, name);
    }
    HdValue made = operand & 1 ? hd_object_call2(t, super, type, object) : hd_object_call0(t, super);
    if (hd_is_null(made)) return HD_NULL;
    HdValue v = hd_object_getattr(t, made, name);
    hd_release(t, made);
    return v;
}

/* --- containers --- */

static int raise_not_enough(HdThread *t, HdSize expected, HdSize got) {
    return hd_raise_int(t, &hd_ValueError, "not enough values to unpack (expected %zd, got %zd)", expected, got);
}

static HdValue unpack_iterator(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    if (!type->iter && !type->getitem) return hd_raise(t, &hd_TypeError, "cannot unpack non-iterable %T object", v);
    return hd_object_iter(t, v);
}

static void drop_items(HdThread *t, HdRef *top, HdSize count) {
    for (HdSize i = 1; i <= count; i++) hd_ref_release(t, top[-i]);
}

int hd_eval_unpack(HdThread *t, HdValue v, HdSize count, HdRef *top) {
    if (hd_is_exact_tuple(v) && hd_tuple_length(v) == count) {
        for (HdSize i = 0; i < count; i++) top[-1 - i] = hd_ref_retain(t, hd_tuple_at_borrowed(v, i));
        return 0;
    }
    if (hd_is_exact_tuple(v)) {
        HdSize length = hd_tuple_length(v);
        if (length < count) return raise_not_enough(t, count, length);
        return hd_raise_int(t, &hd_ValueError, "too many values to unpack (expected %zd)", count);
    }
    hd_retain(t, v); /* its place on the stack is about to be overwritten */
    HdValue iterator = unpack_iterator(t, v);
    hd_release(t, v);
    if (hd_is_null(iterator)) return -1;
    HdSize i = 0;
    for (; i < count; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        top[-1 - i] = hd_ref_counted(item);
    }
    HdValue more = HD_NULL;
    if (i == count) more = hd_object_next(t, iterator);
    hd_release(t, iterator);
    if (i == count && hd_is_null(more) && !hd_raised(t)) return 0;
    if (!hd_raised(t)) {
        if (i < count) raise_not_enough(t, count, i);
        else hd_raise(t, &hd_ValueError, "too many values to unpack (expected %zd)", count);
    }
    hd_release(t, more);
    drop_items(t, top, i);
    return -1;
}

int hd_eval_unpack_ex(HdThread *t, HdValue v, HdSize before, HdSize after, HdRef *top) {
    HdValue iterator = unpack_iterator(t, v);
    if (hd_is_null(iterator)) return -1;
    HdSize i = 0;
    for (; i < before; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        top[-1 - i] = hd_ref_counted(item);
    }
    HdValue list = HD_NULL;
    if (i == before) list = hd_list_from_iterable(t, iterator);
    hd_release(t, iterator);
    if (hd_is_null(list)) {
        if (!hd_raised(t)) {
            hd_raise(t, &hd_ValueError, "not enough values to unpack (expected at least %zd, got %zd)", before + after, i);
        }
        drop_items(t, top, i);
        return -1;
    }
    HdSize length = hd_list_length(list);
    if (length < after) {
        hd_raise(t, &hd_ValueError, "not enough values to unpack (expected at least %zd, got %zd)", before + after,
                 before + length);
        hd_release(t, list);
        drop_items(t, top, i);
        return -1;
    }
    for (HdSize k = 0; k < after; k++) {
        HdValue item = hd_list_pop(t, list, hd_list_length(list) - 1);
        top[-(before + 1 + after) + k] = hd_ref_counted(item);
    }
    top[-1 - before] = hd_ref_counted(list);
    return 0;
}

HdValue hd_eval_build_map(HdThread *t, const HdRef *items, HdSize pairs) {
    HdValue dict = hd_dict_new_sized(t, pairs);
    if (hd_is_null(dict)) return HD_NULL;
    for (HdSize i = 0; i < pairs; i++) {
        if (hd_dict_set(t, dict, hd_ref_value(items[2 * i]), hd_ref_value(items[2 * i + 1])) < 0) {
            hd_release(t, dict);
            return HD_NULL;
        }
    }
    return dict;
}

HdValue hd_eval_build_const_map(HdThread *t, const HdRef *values, HdValue keys) {
    HdSize count = hd_tuple_length(keys);
    HdValue dict = hd_dict_new_sized(t, count);
    if (hd_is_null(dict)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(keys, i), hd_ref_value(values[i])) < 0) {
            hd_release(t, dict);
            return HD_NULL;
        }
    }
    return dict;
}

HdValue hd_eval_build_string(HdThread *t, const HdRef *items, HdSize count) {
    HdValue few[16], *values = few;
    if (count > 16) {
        values = hd_heap_raw(t, (size_t)count * sizeof *values);
        if (!values) return hd_raise_no_memory(t);
    }
    for (HdSize i = 0; i < count; i++) values[i] = hd_ref_value(items[i]);
    HdValue result = hd_str_join_values(t, hd_str_empty(), values, count);
    if (values != few) hd_heap_raw_free(t, values, (size_t)count * sizeof *values);
    return result;
}

HdValue hd_eval_build_set(HdThread *t, const HdRef *items, HdSize count) {
    HdValue set = hd_set_new(t, HD_NULL);
    if (hd_is_null(set)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        if (hd_set_add(t, set, hd_ref_value(items[i])) < 0) {
            hd_release(t, set);
            return HD_NULL;
        }
    }
    return set;
}

static bool is_iterable(HdValue v) { return hd_type_of(v)->iter || hd_type_of(v)->getitem; }

int hd_eval_list_extend(HdThread *t, HdValue list, HdValue iterable) {
    if (hd_list_extend(t, list, iterable) == 0) return 0;
    if (hd_raised_is(t, &hd_TypeError) && !is_iterable(iterable)) {
        hd_clear_raised(t);
        hd_raise(t, &hd_TypeError, "Value after * must be an iterable, not %T", iterable);
    }
    return -1;
}

int hd_eval_dict_update(HdThread *t, HdValue dict, HdValue mapping) {
    HdValue keys = HD_NULL;
    if (!hd_is_dict(mapping)) {
        int found = hd_object_find_attr(t, mapping, HD_NAME("keys"), &keys);
        if (found < 0) return -1;
        if (found == 0) return hd_raise_int(t, &hd_TypeError, "'%T' object is not a mapping", mapping);
        hd_release(t, keys);
    }
    return hd_dict_merge(t, dict, mapping, 1);
}

/* "module.qualname()" or "qualname()" of a callable, for messages; owned. */
static HdValue callable_text(HdThread *t, HdValue callable) {
    HdValue qualname = HD_NULL, module = HD_NULL, text;
    if (hd_object_find_attr(t, callable, HD_NAME("__qualname__"), &qualname) < 0) return HD_NULL;
    if (hd_is_null(qualname) || !hd_is_str(qualname)) {
        hd_release(t, qualname);
        return hd_object_str(t, callable);
    }
    if (hd_object_find_attr(t, callable, HD_NAME("__module__"), &module) < 0) {
        hd_release(t, qualname);
        return HD_NULL;
    }
    if (hd_is_null(module) || !hd_is_str(module) || hd_str_equals_text(module, "builtins")) {
        text = hd_str_format(t, "%U()", qualname);
    } else {
        text = hd_str_format(t, "%U.%U()", module, qualname);
    }
    hd_release(t, qualname);
    hd_release(t, module);
    return text;
}

int hd_eval_dict_merge(HdThread *t, HdValue dict, HdValue mapping, HdValue callable) {
    HdValue keys = HD_NULL;
    int found = 1;
    if (!hd_is_dict(mapping)) {
        found = hd_object_find_attr(t, mapping, HD_NAME("keys"), &keys);
        if (found < 0) return -1;
        hd_release(t, keys);
    }
    if (found && hd_dict_merge(t, dict, mapping, 2) == 0) return 0;
    if (found && !hd_raised_is(t, &hd_KeyError)) return -1;
    HdValue error = hd_take_raised(t);
    HdValue text = callable_text(t, callable);
    if (hd_is_null(text)) {
        hd_release(t, error);
        return -1;
    }
    if (!found) {
        hd_raise(t, &hd_TypeError, "%U argument after ** must be a mapping, not %T", text, mapping);
    } else {
        HdValue args = HD_AS(HdException, error)->args;
        HdValue key = hd_tuple_length(args) == 1 ? hd_tuple_at_borrowed(args, 0) : hd_None;
        hd_raise(t, &hd_TypeError, "%U got multiple values for keyword argument '%V'", text, key);
    }
    hd_release(t, error);
    hd_release(t, text);
    return -1;
}

HdValue hd_eval_args_tuple(HdThread *t, HdValue callable, HdValue args) {
    if (!is_iterable(args)) {
        if (hd_is_null(callable)) return hd_raise(t, &hd_TypeError, "Value after * must be an iterable, not %T", args);
        HdValue text = callable_text(t, callable);
        if (hd_is_null(text)) return HD_NULL;
        hd_raise(t, &hd_TypeError, "%U argument after * must be an iterable, not %T", text, args);
        hd_release(t, text);
        return HD_NULL;
    }
    return hd_tuple_from_iterable(t, args);
}

int hd_eval_gather_args(HdThread *t, HdRef *base, HdRef *end, HdRef *few, HdCallArgs *out) {
    HdRef *first = base + (hd_ref_is_null(base[1]) ? 2 : 1);
    HdTuple *rest = HD_AS(HdTuple, hd_ref_value(end[-1]));
    HdSize plain = end - 1 - first;
    out->count = plain + rest->length;
    out->refs = few;
    if (HD_UNLIKELY(out->count > HD_EVAL_FEW_ARGS)) {
        out->refs = hd_heap_raw(t, (size_t)out->count * sizeof(HdRef));
        if (!out->refs) {
            hd_raise_no_memory(t);
            return -1;
        }
    }
    for (HdSize i = 0; i < plain; i++) out->refs[i] = first[i];
    for (HdSize i = 0; i < rest->length; i++) out->refs[plain + i] = hd_ref_lent(rest->at[i]);
    return 0;
}

static bool plain_index(HdValue v, HdSize otherwise, HdSize *out) {
    if (hd_is_none(v)) {
        *out = otherwise;
        return true;
    }
    if (!hd_is_imm_int(v)) return false;
    *out = hd_imm_int_value(v);
    return true;
}

HdValue hd_eval_slice(HdThread *t, HdValue v, HdValue start, HdValue stop) {
    HdSize first, end;
    HdType *type = hd_type_of(v);
    if ((type == &hd_list_type || type == &hd_str_type || type == &hd_tuple_type) && plain_index(start, 0, &first) &&
        plain_index(stop, HD_SIZE_MAX, &end)) {
        HdSize length = type == &hd_list_type ? hd_list_length(v) : type == &hd_str_type ? hd_str_length(v) : hd_tuple_length(v);
        hd_slice_adjust(length, &first, &end, 1);
        if (end < first) end = first;
        if (type == &hd_list_type) return hd_list_slice(t, v, first, end);
        if (type == &hd_str_type) return hd_str_substring(t, v, first, end);
        return hd_tuple_slice(t, v, first, end);
    }
    HdValue slice = hd_slice_new(t, start, stop, hd_None);
    if (hd_is_null(slice)) return HD_NULL;
    HdValue result = hd_object_getitem(t, v, slice);
    hd_release(t, slice);
    return result;
}

int hd_eval_store_slice(HdThread *t, HdValue v, HdValue start, HdValue stop, HdValue value) {
    HdValue slice = hd_slice_new(t, start, stop, hd_None);
    if (hd_is_null(slice)) return -1;
    int result = hd_object_setitem(t, v, slice, value);
    hd_release(t, slice);
    return result;
}

HdValue hd_eval_format(HdThread *t, HdValue v, HdValue spec) { return hd_object_format(t, v, spec); }

HdValue hd_eval_convert(HdThread *t, HdValue v, uint32_t how) {
    if (how == HD_CONVERT_STR) return hd_object_str(t, v);
    return how == HD_CONVERT_REPR ? hd_object_repr(t, v) : hd_object_ascii(t, v);
}

/* --- match --- */

HdValue hd_eval_match_keys(HdThread *t, HdValue subject, HdValue keys) {
    HdSize count = hd_tuple_length(keys);
    HdValue values = hd_tuple_new(t, count);
    if (hd_is_null(values)) return HD_NULL;
    HdValue seen = hd_set_new(t, HD_NULL), get = HD_NULL, dummy = HD_NULL, result = HD_NULL;
    if (hd_is_null(seen)) goto done;
    get = hd_object_getattr(t, subject, HD_NAME("get"));
    if (hd_is_null(get)) goto done;
    dummy = hd_list_new(t, 0);
    if (hd_is_null(dummy)) goto done;
    for (HdSize i = 0; i < count; i++) {
        HdValue key = hd_tuple_at_borrowed(keys, i);
        int known = hd_set_contains(t, seen, key);
        if (known < 0 || (known == 0 && hd_set_add(t, seen, key) < 0)) goto done;
        if (known) {
            hd_raise(t, &hd_ValueError, "mapping pattern checks duplicate key (%R)", key);
            goto done;
        }
        HdValue v = hd_object_call2(t, get, key, dummy);
        if (hd_is_null(v)) goto done;
        if (hd_same(v, dummy)) {
            hd_release(t, v);
            result = hd_None;
            goto done;
        }
        hd_tuple_put_steal(values, i, v);
    }
    result = hd_retain(t, values);
done:
    hd_release(t, dummy);
    hd_release(t, get);
    hd_release(t, seen);
    hd_release(t, values);
    return result;
}

/* One attribute for a class pattern: 1 and appended, 0 there is none, -1 raised. */
static int match_attribute(HdThread *t, HdValue subject, HdValue type, HdValue name, HdValue seen, HdValue list) {
    int known = hd_set_contains(t, seen, name);
    if (known < 0 || (known == 0 && hd_set_add(t, seen, name) < 0)) return -1;
    if (known) {
        return hd_raise_int(t, &hd_TypeError, "%U() got multiple sub-patterns for attribute %R",
                            HD_AS(HdType, type)->name_object, name);
    }
    HdValue v;
    int found = hd_object_find_attr(t, subject, name, &v);
    if (found <= 0) return found;
    return hd_list_append_steal(t, list, v) < 0 ? -1 : 1;
}

static int match_positional(HdThread *t, HdValue subject, HdValue type, HdSize count, HdValue seen, HdValue list) {
    HdValue names = HD_NULL;
    const char *type_name = hd_type_short_name(HD_AS(HdType, type));
    bool whole = false;
    int found = hd_object_find_attr(t, type, HD_NAME("__match_args__"), &names);
    if (found < 0) return -1;
    if (found == 0) {
        whole = (HD_AS(HdType, type)->flags & HD_TYPE_MATCH_SELF) != 0;
    } else if (!hd_is_exact_tuple(names)) {
        hd_raise(t, &hd_TypeError, "%s.__match_args__ must be a tuple (got %T)", type_name, names);
        hd_release(t, names);
        return -1;
    }
    HdSize allowed = whole ? 1 : found ? hd_tuple_length(names) : 0;
    int result = 1;
    if (allowed < count) {
        result = hd_raise_int(t, &hd_TypeError, "%s() accepts %zd positional sub-pattern%s (%zd given)", type_name, allowed,
                              allowed == 1 ? "" : "s", count);
    } else if (whole) {
        result = hd_list_append(t, list, subject) < 0 ? -1 : 1;
    } else {
        for (HdSize i = 0; i < count && result == 1; i++) {
            HdValue name = hd_tuple_at_borrowed(names, i);
            if (!hd_is_exact_str(name)) {
                result = hd_raise_int(t, &hd_TypeError, "__match_args__ elements must be strings (got %T)", name);
            } else {
                result = match_attribute(t, subject, type, name, seen, list);
            }
        }
    }
    hd_release(t, names);
    return result;
}

HdValue hd_eval_match_class(HdThread *t, HdValue subject, HdValue type, HdSize positional, HdValue names) {
    if (!hd_is_type(type)) return hd_raise(t, &hd_TypeError, "called match pattern must be a class");
    int is_instance = hd_object_isinstance(t, subject, type);
    if (is_instance < 0) return HD_NULL;
    if (!is_instance) return hd_None;
    HdValue seen = hd_set_new(t, HD_NULL);
    if (hd_is_null(seen)) return HD_NULL;
    HdValue list = hd_list_new(t, positional + hd_tuple_length(names)), result = HD_NULL;
    int found = hd_is_null(list) ? -1 : 1;
    if (found == 1 && positional) found = match_positional(t, subject, type, positional, seen, list);
    for (HdSize i = 0; found == 1 && i < hd_tuple_length(names); i++) {
        found = match_attribute(t, subject, type, hd_tuple_at_borrowed(names, i), seen, list);
    }
    if (found == 1) result = hd_list_as_tuple(t, list);
    else if (found == 0) result = hd_None;
    hd_release(t, list);
    hd_release(t, seen);
    return result;
}

/* --- exceptions --- */

static bool is_exception_class(HdValue v) {
    return hd_is_type(v) && hd_type_is_subtype(HD_AS(HdType, v), &hd_BaseException);
}

int hd_eval_exception_matches(HdThread *t, HdValue exception, HdValue type) {
    if (hd_is_tuple(type)) {
        for (HdSize i = 0; i < hd_tuple_length(type); i++) { /* all are checked before any is tried, as CPython does */
            HdValue item = hd_tuple_at_borrowed(type, i);
            if (!hd_is_tuple(item) && !is_exception_class(item)) {
                return hd_raise_int(t, &hd_TypeError, "catching classes that do not inherit from BaseException is not allowed");
            }
        }
        if (hd_object_enter(t, "") < 0) return -1;
        for (HdSize i = 0; i < hd_tuple_length(type); i++) {
            int match = hd_eval_exception_matches(t, exception, hd_tuple_at_borrowed(type, i));
            if (match != 0) return match;
        }
        return 0;
    }
    if (!is_exception_class(type)) {
        return hd_raise_int(t, &hd_TypeError, "catching classes that do not inherit from BaseException is not allowed");
    }
    return hd_is_instance(exception, HD_AS(HdType, type));
}

int hd_eval_check_group_types(HdThread *t, HdValue type) {
    HdSize count = hd_is_tuple(type) ? hd_tuple_length(type) : 1;
    for (HdSize i = 0; i < count; i++) {
        HdValue item = hd_is_tuple(type) ? hd_tuple_at_borrowed(type, i) : type;
        if (!is_exception_class(item)) {
            return hd_raise_int(t, &hd_TypeError, "catching classes that do not inherit from BaseException is not allowed");
        }
        if (hd_type_is_subtype(HD_AS(HdType, item), &hd_BaseExceptionGroup)) {
            return hd_raise_int(t, &hd_TypeError,
                                "catching ExceptionGroup with except* is not allowed. Use except instead.");
        }
    }
    return 0;
}

bool hd_eval_reraise_current(HdThread *t) {
    HdValue exception = hd_handled_exception_borrowed(t);
    if (hd_is_null(exception)) {
        hd_raise(t, &hd_RuntimeError, "No active exception to reraise");
        return false;
    }
    hd_set_raised_steal(t, hd_retain(t, exception));
    return true;
}

/* An instance from a class or an instance; owned, HD_NULL = raised. */
static HdValue exception_instance(HdThread *t, HdValue v, const char *message) {
    if (is_exception_class(v)) {
        HdValue made = hd_object_call0(t, v);
        if (hd_is_null(made)) return HD_NULL;
        if (!hd_is_exception(made)) {
            hd_raise(t, &hd_TypeError, "calling %R should have returned an instance of BaseException, not %R", v,
                     hd_type_value(hd_type_of(made)));
            hd_release(t, made);
            return HD_NULL;
        }
        return made;
    }
    if (hd_is_exception(v)) return hd_retain(t, v);
    return hd_raise(t, &hd_TypeError, "%s", message);
}

void hd_eval_raise(HdThread *t, HdValue exception, HdValue cause) {
    HdValue instance = exception_instance(t, exception, "exceptions must derive from BaseException");
    if (hd_is_null(instance)) return;
    if (!hd_is_null(cause)) {
        HdValue from = hd_None;
        if (!hd_is_none(cause)) {
            from = exception_instance(t, cause, "exception causes must derive from BaseException");
            if (hd_is_null(from)) {
                hd_release(t, instance);
                return;
            }
        }
        hd_exception_set_cause_steal(t, instance, hd_is_none(from) ? HD_NULL : from);
    }
    hd_raise_instance(t, instance);
    hd_release(t, instance);
}

/* The method `name` of the manager's class, owned; *bound: it is bound already, else it wants the manager as self.
 * HD_NULL without an exception: there is none. */
static HdValue find_method(HdThread *t, HdValue manager, HdValue name, bool *bound) {
    HdType *type = hd_type_of(manager);
    HdValue method = hd_type_lookup_borrowed(t, type, name);
    *bound = true;
    if (hd_is_null(method)) return HD_NULL;
    HdType *method_type = hd_type_of(method);
    if (method_type->flags & HD_TYPE_METHOD_DESCRIPTOR) {
        *bound = false;
        return hd_retain(t, method);
    }
    return method_type->descr_get ? method_type->descr_get(t, method, manager, hd_type_value(type)) : hd_retain(t, method);
}

/* enter(manager): a native method of a simple signature (a lock's) is called at once. */
static HdValue call_enter(HdThread *t, HdValue enter, HdValue manager) {
    if (HD_LIKELY(hd_is_exact_object(enter, &hd_method_descriptor_type))) {
        HdNativeFunction *native = HD_AS(HdNativeFunction, enter);
        if (HD_LIKELY(native->signature->direct && native->signature->count == 0 && native->owner == hd_type_of(manager)))
            return native->signature->def->bound(t, manager, NULL);
    }
    HdRef self = hd_ref_counted(manager);
    return hd_object_call(t, enter, &self, 1, HD_NULL);
}

int hd_eval_find_with(HdThread *t, HdValue manager, bool async, HdWithMethods *found) {
    const char *protocol = async ? "asynchronous context manager" : "context manager";
    found->enter = find_method(t, manager, async ? HD_NAME("__aenter__") : HD_NAME("__enter__"), &found->enter_bound);
    if (hd_is_null(found->enter)) {
        if (hd_raised(t)) return -1;
        return hd_raise_int(t, &hd_TypeError, "'%T' object does not support the %s protocol", manager, protocol);
    }
    found->exit = find_method(t, manager, async ? HD_NAME("__aexit__") : HD_NAME("__exit__"), &found->exit_bound);
    if (hd_is_null(found->exit)) {
        hd_release(t, found->enter);
        if (hd_raised(t)) return -1;
        return hd_raise_int(t, &hd_TypeError, "'%T' object does not support the %s protocol (missed %s method)", manager, protocol,
                            async ? "__aexit__" : "__exit__");
    }
    return 0;
}

HdValue hd_eval_enter_steal(HdThread *t, HdValue manager, const HdWithMethods *found) {
    HdValue result = found->enter_bound ? hd_object_call(t, found->enter, NULL, 0, HD_NULL) : call_enter(t, found->enter, manager);
    hd_release(t, found->enter);
    if (hd_is_null(result)) hd_release(t, found->exit);
    return result;
}

/* --- import --- */

HdValue hd_eval_import_from(HdThread *t, HdValue module, HdValue name) {
    HdValue v;
    int found = hd_object_find_attr(t, module, name, &v);
    if (found == 1) return v;
    if (found < 0) return HD_NULL;
    HdValue package = HD_NULL, path = HD_NULL, full = HD_NULL;
    if (hd_object_find_attr(t, module, HD_NAME("__name__"), &package) < 0) return HD_NULL;
    if (!hd_is_null(package) && hd_is_str(package)) {
        full = hd_str_format(t, "%U.%U", package, name);
        if (hd_is_null(full)) goto failed;
        found = hd_dict_find(t, t->runtime->modules, full, &v);
        hd_release(t, full);
        if (found != 0) {
            hd_release(t, package);
            return found == 1 ? v : HD_NULL;
        }
    } else {
        hd_release(t, package);
        package = hd_str_from_text(t, "<unknown module name>");
        if (hd_is_null(package)) return HD_NULL;
    }
    if (hd_object_find_attr(t, module, HD_NAME("__file__"), &path) < 0) hd_clear_raised(t);
    if (!hd_is_null(path) && !hd_is_str(path)) hd_clear_slot(t, &path);
    bool initializing = false;
    HdValue spec = HD_NULL, flag = HD_NULL;
    if (hd_object_find_attr(t, module, HD_NAME("__spec__"), &spec) == 1) {
        if (hd_object_find_attr(t, spec, HD_NAME("_initializing"), &flag) == 1) initializing = hd_object_truth(t, flag) == 1;
        hd_release(t, flag);
        hd_release(t, spec);
    }
    hd_clear_raised(t);
    if (hd_is_null(path)) {
        hd_raise(t, &hd_ImportError, "cannot import name %R from %R (unknown location)", name, package);
    } else if (initializing) {
        hd_raise(t, &hd_ImportError,
                 "cannot import name %R from partially initialized module %R (most likely due to a circular import) (%V)",
                 name, package, path);
    } else {
        hd_raise(t, &hd_ImportError, "cannot import name %R from %R (%V)", name, package, path);
    }
    if (hd_raised_is(t, &hd_ImportError)) {
        HdImportError *error = HD_AS(HdImportError, t->exception);
        hd_replace_steal(t, &error->name, hd_retain(t, package));
        hd_replace_steal(t, &error->path, hd_is_null(path) ? hd_None : hd_retain(t, path));
    }
failed:
    hd_release(t, package);
    hd_release(t, path);
    return HD_NULL;
}

int hd_eval_print_expr(HdThread *t, HdValue v) {
    HdValue hook = hd_dict_get_text(t, t->runtime->sys_dict, "displayhook");
    if (hd_is_null(hook)) return hd_raise_int(t, &hd_RuntimeError, "lost sys.displayhook");
    HdValue result = hd_object_call1(t, hook, v);
    hd_release(t, hook);
    if (hd_is_null(result)) return -1;
    hd_release(t, result);
    return 0;
}
