/* exception_group.c -- BaseExceptionGroup and ExceptionGroup (PEP 654), and what `except*` needs.
 *
 * `message` and `exceptions` (a tuple) never change once made. Splitting walks the tree recursively under the stack guard.
 */
#include "descr.h"
#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

static HdExceptionGroup *group(HdValue v) { return HD_AS(HdExceptionGroup, v); }
static bool is_group(HdValue v) { return hd_is_instance(v, &hd_BaseExceptionGroup); }

/* The class that a group of `type` with these exceptions really gets; NULL = raised. */
static HdType *group_class(HdThread *t, HdType *type, HdValue exceptions) {
    bool nested_base = false;
    for (HdSize i = 0; i < hd_tuple_length(exceptions); i++) {
        HdValue e = hd_tuple_at_borrowed(exceptions, i);
        if (!hd_is_exception(e)) {
            hd_raise(t, &hd_ValueError, "Item %zd of second argument (exceptions) is not an exception", i);
            return NULL;
        }
        if (!hd_is_instance(e, &hd_Exception)) nested_base = true;
    }
    HdType *plain = HD_AS(HdType, hd_runtime.exception_group);
    if (type == &hd_BaseExceptionGroup) return nested_base ? type : plain;
    if (!nested_base) return type;
    if (type == plain) {
        hd_raise(t, &hd_TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
        return NULL;
    }
    if (hd_type_is_subtype(type, &hd_Exception)) {
        hd_raise(t, &hd_TypeError, "Cannot nest BaseExceptions in '%N'", type);
        return NULL;
    }
    return type;
}

static HdValue group_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs != 2) {
        return hd_raise(t, &hd_TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments (%zd given)", nargs);
    }
    HdValue message = hd_ref_value(args[0]), sequence = hd_ref_value(args[1]);
    if (!hd_is_str(message)) {
        return hd_raise(t, &hd_TypeError, "BaseExceptionGroup.__new__() argument 1 must be str, not %s",
                        hd_is_none(message) ? "None" : hd_type_name(message));
    }
    HdType *sequence_type = hd_type_of(sequence);
    if (!sequence_type->getitem || (sequence_type->flags & HD_TYPE_DICT)) {
        return hd_raise(t, &hd_TypeError, "second argument (exceptions) must be a sequence");
    }
    HD_OWNED HdValue exceptions = hd_tuple_from_iterable(t, sequence);
    if (hd_is_null(exceptions)) return HD_NULL;
    if (hd_tuple_length(exceptions) == 0) {
        return hd_raise(t, &hd_ValueError, "second argument (exceptions) must be a non-empty sequence");
    }
    type = group_class(t, type, exceptions);
    if (!type) return HD_NULL;
    HdValue self = hd_exception_create(t, type, args, nargs, HD_NULL);
    if (hd_is_null(self)) return HD_NULL;
    group(self)->message = hd_retain(t, message);
    group(self)->exceptions = hd_move(&exceptions);
    return self;
}

static int group_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdExceptionGroup *)self)->message);
    HD_VISIT(((HdExceptionGroup *)self)->exceptions);
    return hd_exception_traverse(self, visit, context);
}
static void group_clear(HdThread *t, HdObject *self) {
    HdExceptionGroup *g = (HdExceptionGroup *)self;
    hd_clear_slot(t, &g->message);
    HdValue exceptions = g->exceptions;
    HD_STORE_RELEASE(&g->exceptions.bits, hd_tuple_empty().bits);
    hd_release(t, exceptions);
    hd_exception_clear(t, self);
}

static HdValue group_str(HdThread *t, HdValue self) {
    HdSize count = hd_tuple_length(group(self)->exceptions);
    HdValue message = group(self)->message;
    return hd_str_format(t, "%V (%zd sub-exception%s)", hd_is_null(message) ? hd_None : message, count, count == 1 ? "" : "s");
}

/* --- making parts --- */

static HdValue derive(HdThread *t, HdValue self, HdValue exceptions) {
    HdValue args[2] = {group(self)->message, exceptions};
    return hd_object_call_values(t, hd_type_value(&hd_BaseExceptionGroup), args, 2);
}

static int copy_notes(HdThread *t, HdValue from, HdValue to) {
    HdValue notes;
    int found = hd_object_find_attr(t, from, HD_NAME("__notes__"), &notes);
    if (found <= 0) return found;
    int result = 0;
    HdType *type = hd_type_of(notes);
    if (type->getitem && !(type->flags & HD_TYPE_DICT)) { /* a copy, so that the parts' notes are their own */
        HdValue copy = hd_list_from_iterable(t, notes);
        result = hd_is_null(copy) ? -1 : hd_object_setattr(t, to, HD_NAME("__notes__"), copy);
        hd_release(t, copy);
    }
    hd_release(t, notes);
    return result;
}

/* A group like `original` with other exceptions (a list); None when there are none. */
static HdValue part(HdThread *t, HdValue original, HdValue exceptions) {
    if (hd_is_null(exceptions) || hd_list_length(exceptions) == 0) return hd_None;
    HdValue made = hd_object_call_method1(t, original, "derive", exceptions);
    if (hd_is_null(made)) return HD_NULL;
    if (!is_group(made)) {
        hd_raise(t, &hd_TypeError, "derive must return an instance of BaseExceptionGroup");
        hd_release(t, made);
        return HD_NULL;
    }
    HdException *from = HD_AS(HdException, original);
    HdValue traceback = hd_field_get(t, from, &from->traceback);
    hd_field_set_steal(t, hd_as_object(made), &HD_AS(HdException, made)->traceback, traceback);
    hd_exception_set_context_steal(t, made, hd_field_get(t, from, &from->context));
    hd_field_set_steal(t, hd_as_object(made), &HD_AS(HdException, made)->cause, hd_field_get(t, from, &from->cause));
    HD_AS(HdException, made)->suppress_context = from->suppress_context;
    if (copy_notes(t, original, made) < 0) {
        hd_release(t, made);
        return HD_NULL;
    }
    return made;
}

/* --- splitting --- */

typedef enum { BY_TYPE, BY_FUNCTION, BY_IDENTITY } MatchKind;
typedef struct Matcher {
    MatchKind kind;
    HdValue value; /* class or tuple of classes; callable; set of ids */
} Matcher;

static bool is_exception_class(HdValue v) {
    return hd_is_type(v) && hd_type_is_subtype(HD_AS(HdType, v), &hd_BaseException);
}

static int matcher_init(HdThread *t, HdValue value, Matcher *out) {
    out->value = value;
    out->kind = BY_FUNCTION;
    if (hd_is_type(value) ? is_exception_class(value) : hd_is_tuple(value)) {
        out->kind = BY_TYPE;
        bool good = true;
        if (hd_is_tuple(value)) {
            for (HdSize i = 0; i < hd_tuple_length(value); i++) good &= is_exception_class(hd_tuple_at_borrowed(value, i));
        }
        if (good) return 0;
    } else if (hd_object_is_callable(value) && !hd_is_type(value)) {
        return 0;
    }
    return hd_raise_int(t, &hd_TypeError, "expected a function, exception type or tuple of exception types");
}

static bool given_exception(HdValue e, HdValue types) {
    if (!hd_is_tuple(types)) return hd_is_instance(e, HD_AS(HdType, types));
    for (HdSize i = 0; i < hd_tuple_length(types); i++) {
        if (given_exception(e, hd_tuple_at_borrowed(types, i))) return true;
    }
    return false;
}

static int matches(HdThread *t, HdValue e, const Matcher *matcher) {
    if (matcher->kind == BY_TYPE) return given_exception(e, matcher->value);
    if (matcher->kind == BY_IDENTITY) {
        if (is_group(e)) return 0;
        for (HdSize i = 0; i < hd_list_length(matcher->value); i++) {
            if (hd_same(hd_list_at_borrowed(matcher->value, i), e)) return 1;
        }
        return 0;
    }
    HdValue answer = hd_object_call1(t, matcher->value, e);
    if (hd_is_null(answer)) return -1;
    int result = hd_object_truth(t, answer);
    hd_release(t, answer);
    return result;
}

/* *match owned, *rest too unless it is NULL (not wanted). */
static int split(HdThread *t, HdValue e, const Matcher *matcher, HdValue *match, HdValue *rest) {
    *match = HD_NULL;
    if (rest) *rest = HD_NULL;
    int whole = matches(t, e, matcher);
    if (whole < 0) return -1;
    if (whole || !is_group(e)) {
        *match = whole ? hd_retain(t, e) : hd_None;
        if (rest) *rest = whole ? hd_None : hd_retain(t, e);
        return 0;
    }
    if (hd_object_enter(t, " in exceptiongroup_split_recursive") < 0) return -1;
    HD_OWNED HdValue matched = hd_list_new(t, 0);
    HD_OWNED HdValue left = rest ? hd_list_new(t, 0) : HD_NULL;
    if (hd_is_null(matched) || (rest && hd_is_null(left))) return -1;
    HdValue exceptions = group(e)->exceptions;
    for (HdSize i = 0; i < hd_tuple_length(exceptions); i++) {
        HdValue yes, no = hd_None;
        if (split(t, hd_tuple_at_borrowed(exceptions, i), matcher, &yes, rest ? &no : NULL) < 0) return -1;
        int failed = !hd_is_none(yes) && hd_list_append(t, matched, yes) < 0;
        failed |= !failed && !hd_is_none(no) && hd_list_append(t, left, no) < 0;
        hd_release(t, yes);
        hd_release(t, no);
        if (failed) return -1;
    }
    HdValue yes = part(t, e, matched);
    if (hd_is_null(yes)) return -1;
    if (rest) {
        HdValue no = part(t, e, left);
        if (hd_is_null(no)) {
            hd_release(t, yes);
            return -1;
        }
        *rest = no;
    }
    *match = yes;
    return 0;
}

static HdValue group_split(HdThread *t, HdValue self, const HdValue *args) {
    Matcher matcher;
    HdValue match, rest;
    if (matcher_init(t, args[0], &matcher) < 0 || split(t, self, &matcher, &match, &rest) < 0) return HD_NULL;
    HdValue result = hd_tuple_pack(t, 2, match, rest);
    hd_release(t, match);
    hd_release(t, rest);
    return result;
}

static HdValue group_subgroup(HdThread *t, HdValue self, const HdValue *args) {
    Matcher matcher;
    HdValue match;
    if (matcher_init(t, args[0], &matcher) < 0 || split(t, self, &matcher, &match, NULL) < 0) return HD_NULL;
    return match;
}

static HdValue group_derive(HdThread *t, HdValue self, const HdValue *args) { return derive(t, self, args[0]); }
static HdValue group_class_getitem(HdThread *t, HdValue type, const HdValue *args) {
    return hd_generic_alias_new(t, type, args[0]);
}

static const HdMethodDef group_methods[] = {
    HD_METHOD(group_derive, "derive($self, excs, /)", NULL),
    HD_METHOD(group_split, "split($self, condition, /)", NULL),
    HD_METHOD(group_subgroup, "subgroup($self, condition, /)", NULL),
    HD_CLASS_METHOD(group_class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHODS_END,
};
static const HdMemberDef group_members[] = {
    {"message", HD_MEMBER_VALUE, offsetof(HdExceptionGroup, message), true, "exception message"},
    {"exceptions", HD_MEMBER_VALUE, offsetof(HdExceptionGroup, exceptions), true, "nested exceptions"},
    {NULL},
};

/* --- except* --- */

int hd_exception_group_match(HdThread *t, HdValue exception, HdValue types, HdValue *match, HdValue *rest) {
    *match = *rest = HD_NULL;
    if (given_exception(exception, types)) {
        *rest = hd_None;
        if (is_group(exception)) {
            *match = hd_retain(t, exception);
            return 0;
        }
        HD_OWNED HdValue list = hd_list_from_values(t, &exception, 1);
        if (hd_is_null(list)) return -1;
        HdValue args[2] = {hd_str_empty(), list};
        *match = hd_object_call_values(t, hd_type_value(&hd_BaseExceptionGroup), args, 2);
        return hd_is_null(*match) ? -1 : 0;
    }
    if (!is_group(exception)) {
        *match = hd_None;
        *rest = hd_retain(t, exception);
        return 0;
    }
    /* Through the method, which a subclass may override. */
    HD_OWNED HdValue pair = hd_object_call_method1(t, exception, "split", types);
    if (hd_is_null(pair)) return -1;
    if (!hd_is_tuple(pair)) {
        return hd_raise_int(t, &hd_TypeError, "%T.split must return a tuple, not %T", exception, pair);
    }
    if (hd_tuple_length(pair) < 2) {
        return hd_raise_int(t, &hd_TypeError, "%T.split must return a 2-tuple, got tuple of size %zd", exception,
                            hd_tuple_length(pair));
    }
    *match = hd_retain(t, hd_tuple_at_borrowed(pair, 0));
    *rest = hd_retain(t, hd_tuple_at_borrowed(pair, 1));
    return 0;
}

static bool same_origin(HdValue a, HdValue b) {
    HdException *x = HD_AS(HdException, a), *y = HD_AS(HdException, b);
    HdValue notes_a = hd_attrs_find_borrowed(hd_as_object(a), HD_NAME("__notes__"));
    HdValue notes_b = hd_attrs_find_borrowed(hd_as_object(b), HD_NAME("__notes__"));
    return hd_same(notes_a, notes_b) && hd_same(x->traceback, y->traceback) && hd_same(x->cause, y->cause) &&
           hd_same(x->context, y->context);
}

static int collect_leaves(HdThread *t, HdValue e, HdValue list) {
    if (!is_group(e)) return hd_list_append(t, list, e);
    if (hd_object_enter(t, " in collect_exception_group_leaves") < 0) return -1;
    HdValue exceptions = group(e)->exceptions;
    for (HdSize i = 0; i < hd_tuple_length(exceptions); i++) {
        if (collect_leaves(t, hd_tuple_at_borrowed(exceptions, i), list) < 0) return -1;
    }
    return 0;
}

HdValue hd_exception_group_reraise(HdThread *t, HdValue original, HdValue parts_list) {
    HdSize count = hd_list_length(parts_list);
    if (!is_group(original)) { /* a naked exception: at most one clause ran */
        return count ? hd_list_get(t, parts_list, 0) : hd_None;
    }
    HD_OWNED HdValue raised = hd_list_new(t, 0);
    HD_OWNED HdValue leaves = hd_list_new(t, 0); /* of what goes on unhandled */
    if (hd_is_null(raised) || hd_is_null(leaves)) return HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue e = hd_list_get(t, parts_list, i);
        if (hd_is_null(e) || hd_is_none(e)) continue;
        int result = same_origin(e, original) ? collect_leaves(t, e, leaves) : hd_list_append(t, raised, e);
        if (result < 0) return HD_NULL;
    }
    Matcher matcher = {BY_IDENTITY, leaves};
    HD_OWNED HdValue unhandled = HD_NULL;
    if (split(t, original, &matcher, &unhandled, NULL) < 0) return HD_NULL;
    if (hd_list_length(raised) == 0) return hd_move(&unhandled);
    if (!hd_is_none(unhandled) && hd_list_append(t, raised, unhandled) < 0) return HD_NULL;
    HdValue args[2] = {hd_str_empty(), raised};
    return hd_object_call_values(t, hd_type_value(&hd_BaseExceptionGroup), args, 2);
}

void hd_exception_group_setup(void) {
    hd_BaseExceptionGroup.create = group_create;
    hd_BaseExceptionGroup.traverse = group_traverse;
    hd_BaseExceptionGroup.clear = group_clear;
    hd_BaseExceptionGroup.str = group_str;
    hd_BaseExceptionGroup.methods = group_methods;
    hd_BaseExceptionGroup.members = group_members;
}

int hd_exception_group_init(HdThread *t) {
    HD_OWNED HdValue bases = hd_tuple_pack(t, 2, hd_type_value(&hd_BaseExceptionGroup), hd_type_value(&hd_Exception));
    HD_OWNED HdValue namespace = hd_dict_new(t);
    HD_OWNED HdValue name = hd_str_intern_text(t, "ExceptionGroup");
    HD_OWNED HdValue module = hd_str_intern_text(t, "builtins");
    if (hd_is_null(bases) || hd_is_null(namespace) || hd_is_null(name) || hd_is_null(module)) return -1;
    if (hd_dict_set_text(t, namespace, "__module__", module) < 0) return -1;
    hd_runtime.exception_group = hd_type_new_class(t, &hd_type_type, name, bases, namespace, NULL, HD_NULL);
    return hd_is_null(hd_runtime.exception_group) ? -1 : 0;
}
