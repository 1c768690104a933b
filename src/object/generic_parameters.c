/* generic_parameters.c -- type parameters of list[T] and int | T, and putting types in for them (PEP 585, 604, 646).
 *
 * What a type variable is, is told by its attributes (__typing_subst__ and their like), so nearly every step may run
 * Python; no lock is held. Lists made here are seen by nobody else.
 */
#include "generic_alias.h"
#include "list.h"
#include "str.h"

static HdSize index_of(HdValue tuple, HdValue item) {
    for (HdSize i = 0; i < hd_tuple_length(tuple); i++) {
        if (hd_same(hd_tuple_at_borrowed(tuple, i), item)) return i;
    }
    return -1;
}

/* --- finding --- */

static int add_once(HdThread *t, HdValue list, HdValue item) {
    for (HdSize i = 0; i < hd_list_length(list); i++) {
        if (hd_same(hd_list_at_borrowed(list, i), item)) return 0;
    }
    return hd_list_append(t, list, item);
}

static int add_parameters_of(HdThread *t, HdValue list, HdValue arg) {
    HD_OWNED HdValue found = HD_NULL;
    if (hd_is_type(arg)) return 0; /* a bare class has a __parameters__ that is none of ours */
    int status = hd_object_find_attr(t, arg, HD_NAME("__typing_subst__"), &found);
    if (status != 0) return status < 0 ? -1 : add_once(t, list, arg);
    if (hd_object_find_attr(t, arg, HD_NAME("__parameters__"), &found) < 0) return -1;
    if (hd_is_null(found) || !hd_is_tuple(found)) return 0;
    for (HdSize i = 0; i < hd_tuple_length(found); i++) {
        if (add_once(t, list, hd_tuple_at_borrowed(found, i)) < 0) return -1;
    }
    return 0;
}

HdValue hd_generic_parameters(HdThread *t, HdValue args) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = 0; i < hd_tuple_length(args); i++) {
        if (add_parameters_of(t, list, hd_tuple_at_borrowed(args, i)) < 0) return HD_NULL;
    }
    return hd_list_as_tuple(t, list);
}

/* --- substitution --- */

static int extend(HdThread *t, HdValue list, HdValue tuple) {
    for (HdSize i = 0; i < hd_tuple_length(tuple); i++) {
        if (hd_list_append(t, list, hd_tuple_at_borrowed(tuple, i)) < 0) return -1;
    }
    return 0;
}

/* The types that an unpacked tuple type stands for; *out stays HD_NULL when `arg` is none. */
static int unpacked_args(HdThread *t, HdValue arg, HdValue *out) {
    *out = HD_NULL;
    if (hd_is_type(arg)) return 0;
    int found = hd_object_find_attr(t, arg, HD_NAME("__typing_unpacked_tuple_args__"), out);
    if (found > 0 && hd_is_none(*out)) *out = HD_NULL;
    return found < 0 ? -1 : 0;
}

/* The items as a tuple, with *tuple[int, str] among them spread out; tuples of open length stay. */
static HdValue spread(HdThread *t, HdValue item) {
    bool is_tuple = hd_is_tuple(item);
    HdSize count = is_tuple ? hd_tuple_length(item) : 1;
    HD_OWNED HdValue list = hd_list_new(t, count);
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        HdValue one = is_tuple ? hd_tuple_at_borrowed(item, i) : item;
        HD_OWNED HdValue inner = HD_NULL;
        if (unpacked_args(t, one, &inner) < 0) return HD_NULL;
        HdSize length = !hd_is_null(inner) && hd_is_tuple(inner) ? hd_tuple_length(inner) : -1;
        bool closed = length == 0 || (length > 0 && !hd_same(hd_tuple_at_borrowed(inner, length - 1), hd_Ellipsis));
        if ((closed ? extend(t, list, inner) : hd_list_append(t, list, one)) < 0) return HD_NULL;
    }
    return hd_list_as_tuple(t, list);
}

/* Lets each parameter look at all the items first: a TypeVarTuple takes its share together. Takes over `items`. */
static HdValue prepare_steal(HdThread *t, HdValue self, HdValue parameters, HdValue items) {
    for (HdSize i = 0; !hd_is_null(items) && i < hd_tuple_length(parameters); i++) {
        HD_OWNED HdValue before = items;
        HD_OWNED HdValue method = HD_NULL;
        int found =
            hd_object_find_attr(t, hd_tuple_at_borrowed(parameters, i), HD_NAME("__typing_prepare_subst__"), &method);
        if (found < 0) return HD_NULL;
        if (!found || hd_is_none(method)) {
            hd_move(&before);
            continue;
        }
        HD_OWNED HdValue answer = hd_object_call2(t, method, self, before);
        if (hd_is_null(answer)) return HD_NULL;
        items = hd_is_tuple(answer) ? hd_move(&answer) : hd_tuple_pack(t, 1, answer);
    }
    return items;
}

/* An argument that is itself generic, with the items put in for its parameters. */
static HdValue substitute_inside(HdThread *t, HdValue arg, HdValue parameters, HdValue items) {
    HD_OWNED HdValue inner = HD_NULL;
    if (hd_object_find_attr(t, arg, HD_NAME("__parameters__"), &inner) < 0) return HD_NULL;
    if (hd_is_null(inner) || !hd_is_tuple(inner) || hd_tuple_length(inner) == 0) return hd_retain(t, arg);
    HD_OWNED HdValue list = hd_list_new(t, hd_tuple_length(inner));
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = 0; i < hd_tuple_length(inner); i++) {
        HdValue parameter = hd_tuple_at_borrowed(inner, i), item = parameter;
        HdSize at = index_of(parameters, parameter);
        if (at >= 0) item = hd_tuple_at_borrowed(items, at);
        bool many = at >= 0 && hd_type_of(parameter)->iter && hd_is_tuple(item); /* a TypeVarTuple */
        if ((many ? extend(t, list, item) : hd_list_append(t, list, item)) < 0) return HD_NULL;
    }
    HD_OWNED HdValue key = hd_list_as_tuple(t, list);
    return hd_is_null(key) ? HD_NULL : hd_object_getitem(t, arg, key);
}

static int substitute_one(HdThread *t, HdValue list, HdValue arg, HdValue parameters, HdValue items) {
    if (hd_is_type(arg)) return hd_list_append(t, list, arg);
    HD_OWNED HdValue flag = HD_NULL;
    HD_OWNED HdValue method = HD_NULL;
    HD_OWNED HdValue made = HD_NULL;
    int unpack = hd_object_find_attr(t, arg, HD_NAME("__typing_is_unpacked_typevartuple__"), &flag);
    if (unpack > 0) unpack = hd_object_truth(t, flag);
    if (unpack < 0) return -1;
    int found = hd_object_find_attr(t, arg, HD_NAME("__typing_subst__"), &method);
    if (found < 0) return -1;
    HdSize at = found ? index_of(parameters, arg) : -1;
    if (at >= 0)
        made = hd_object_call1(t, method, hd_tuple_at_borrowed(items, at));
    else
        made = substitute_inside(t, arg, parameters, items);
    if (hd_is_null(made)) return -1;
    if (!unpack) return hd_list_append(t, list, made);
    if (!hd_is_tuple(made))
        return hd_raise_int(t, &hd_TypeError, "expected __typing_subst__ of %R to return a tuple, not %T", arg, made);
    return extend(t, list, made);
}

HdValue hd_generic_substitute(HdThread *t, HdValue self, HdValue args, HdValue parameters, HdValue item) {
    if (hd_object_enter(t, " while substituting type parameters") < 0) return HD_NULL;
    HdSize wanted = hd_tuple_length(parameters);
    if (wanted == 0) return hd_raise(t, &hd_TypeError, "%R is not a generic class", self);
    HD_OWNED HdValue items = prepare_steal(t, self, parameters, spread(t, item));
    if (hd_is_null(items)) return HD_NULL;
    HdSize given = hd_tuple_length(items);
    if (given != wanted) {
        return hd_raise(t, &hd_TypeError, "Too %s arguments for %R; actual %zd, expected %zd",
                        given > wanted ? "many" : "few", self, given, wanted);
    }
    HD_OWNED HdValue list = hd_list_new(t, hd_tuple_length(args));
    if (hd_is_null(list)) return HD_NULL;
    for (HdSize i = 0; i < hd_tuple_length(args); i++) {
        if (substitute_one(t, list, hd_tuple_at_borrowed(args, i), parameters, items) < 0) return HD_NULL;
    }
    return hd_list_as_tuple(t, list);
}

/* --- text --- */

/* The class's name with its module before it: 1 shown, 0 it has none, -1 raised. */
static int show_class(HdThread *t, HdStrBuilder *b, HdValue v) {
    HD_OWNED HdValue qualname = HD_NULL;
    HD_OWNED HdValue module = HD_NULL;
    int found = hd_object_find_attr(t, v, HD_NAME("__qualname__"), &qualname);
    if (found <= 0) return found;
    found = hd_object_find_attr(t, v, HD_NAME("__module__"), &module);
    if (found <= 0 || hd_is_none(module)) return found < 0 ? -1 : 0;
    HD_OWNED HdValue name = hd_object_str(t, qualname);
    HD_OWNED HdValue where = hd_is_null(name) ? HD_NULL : hd_object_str(t, module);
    if (hd_is_null(where)) return -1;
    if (!hd_str_equals_text(where, "builtins")) {
        hd_str_builder_str(b, where);
        hd_str_builder_char(b, '.');
    }
    hd_str_builder_str(b, name);
    return 1;
}

int hd_generic_show(HdThread *t, HdStrBuilder *b, HdValue v) {
    HD_OWNED HdValue origin = HD_NULL;
    HD_OWNED HdValue args = HD_NULL;
    if (hd_same(v, hd_Ellipsis)) {
        hd_str_builder_text(b, "...");
        return 0;
    }
    int generic = hd_object_find_attr(t, v, HD_NAME("__origin__"), &origin);
    if (generic > 0) generic = hd_object_find_attr(t, v, HD_NAME("__args__"), &args);
    if (generic < 0) return -1;
    int shown = generic ? 0 : show_class(t, b, v);
    if (shown != 0) return shown < 0 ? -1 : 0;
    HD_OWNED HdValue repr = hd_object_repr(t, v);
    if (hd_is_null(repr)) return -1;
    hd_str_builder_str(b, repr);
    return 0;
}
