/* exceptions.c -- BaseException and what most exception types share; StopIteration, SystemExit, KeyError, NameError,
 * AttributeError and MemoryError; making all the types ready. OSError is in exceptions_os.c, ImportError, SyntaxError
 * and the Unicode errors in exceptions_text.c, groups in exception_group.c.
 *
 * Fields of an instance change under its lock and are read without it. `args` is never HD_NULL once create has run.
 */
#include "exceptions.h"

#include "descr.h"
#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

/* --- life --- */

HdValue hd_exception_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    HdValue tuple = hd_tuple_from_refs(t, args, nargs);
    if (hd_is_null(tuple)) {
        hd_release(t, self);
        return HD_NULL;
    }
    HD_AS(HdException, self)->args = tuple;
    return self;
}

int hd_exception_init_args(HdThread *t, HdValue self, const HdRef *args, HdSize nargs) {
    HdException *e = HD_AS(HdException, self);
    HdValue old = e->args;
    if (!hd_is_null(old) && hd_tuple_length(old) == nargs) { /* usually create has just stored the same ones */
        HdSize i = 0;
        while (i < nargs && hd_same(hd_tuple_at_borrowed(old, i), hd_ref_value(args[i]))) i++;
        if (i == nargs) return 0;
    }
    HdValue tuple = hd_tuple_from_refs(t, args, nargs);
    if (hd_is_null(tuple)) return -1;
    hd_field_set_steal(t, e, &e->args, tuple);
    return 0;
}

int hd_exception_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!hd_is_null(kwnames) && hd_tuple_length(kwnames) > 0) {
        return hd_raise_int(t, &hd_TypeError, "%T() takes no keyword arguments", self);
    }
    return hd_exception_init_args(t, self, args, nargs);
}

int hd_exception_traverse(HdObject *self, HdVisit visit, void *context) {
    HdException *e = (HdException *)self;
    HD_VISIT(e->args);
    HD_VISIT(e->traceback);
    HD_VISIT(e->context);
    HD_VISIT(e->cause);
    return 0;
}

void hd_exception_clear(HdThread *t, HdObject *self) {
    HdException *e = (HdException *)self;
    hd_clear_slot(t, &e->traceback);
    hd_clear_slot(t, &e->context);
    hd_clear_slot(t, &e->cause);
    HdValue args = e->args; /* a cleared exception may still be looked at */
    HD_STORE_RELEASE(&e->args.bits, hd_tuple_empty().bits);
    hd_release(t, args);
}

/* The type's own clear drops every field; args is then the immortal empty tuple. */
void hd_exception_dealloc(HdThread *t, HdObject *self) {
    self->type->clear(t, self);
    hd_type_free(t, self);
}

HdValue hd_exception_new1(HdThread *t, HdType *type, HdValue argument) {
    HdRef ref = hd_ref_counted(argument);
    if (type->create == hd_exception_create && type->init == hd_exception_init) {
        return hd_exception_create(t, type, &ref, 1, HD_NULL);
    }
    HdValue result = hd_object_call(t, hd_type_value(type), &ref, 1, HD_NULL);
    if (!hd_is_null(result) && !hd_is_exception(result)) {
        hd_raise(t, &hd_TypeError, "calling %R should have returned an instance of BaseException, not %R",
                 hd_type_value(type), hd_type_value(hd_type_of(result)));
        hd_release(t, result);
        return HD_NULL;
    }
    return result;
}

/* --- text --- */

HdValue hd_exception_str(HdThread *t, HdValue self) {
    HdValue args = hd_field_get(t, hd_as_object(self), &HD_AS(HdException, self)->args);
    HdValue result;
    switch (hd_tuple_length(args)) {
    case 0: result = hd_str_empty(); break;
    case 1: result = hd_object_str(t, hd_tuple_at_borrowed(args, 0)); break;
    default: result = hd_object_str(t, args);
    }
    hd_release(t, args);
    return result;
}

HdValue hd_exception_repr(HdThread *t, HdValue self) {
    HdValue args = hd_field_get(t, hd_as_object(self), &HD_AS(HdException, self)->args);
    HdValue result = hd_tuple_length(args) == 1 ? hd_str_format(t, "%N(%R)", hd_type_of(self), hd_tuple_at_borrowed(args, 0))
                                                : hd_str_format(t, "%N%R", hd_type_of(self), args);
    hd_release(t, args);
    return result;
}

/* --- attributes --- */

static HdValue get_args(HdThread *t, HdValue self, void *closure) {
    return hd_field_get(t, hd_as_object(self), &HD_AS(HdException, self)->args);
}
static int set_args(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "args may not be deleted");
    HdValue tuple = hd_tuple_from_iterable(t, value);
    if (hd_is_null(tuple)) return -1;
    hd_field_set_steal(t, hd_as_object(self), &HD_AS(HdException, self)->args, tuple);
    return 0;
}

static HdValue get_or_none(HdThread *t, HdValue self, HdValue *field) {
    HdValue v = hd_field_get(t, hd_as_object(self), field);
    return hd_is_null(v) ? hd_None : v;
}

static HdValue get_traceback(HdThread *t, HdValue self, void *closure) {
    return get_or_none(t, self, &HD_AS(HdException, self)->traceback);
}
static int set_traceback(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "__traceback__ may not be deleted");
    return hd_exception_set_traceback(t, self, value);
}

static HdValue get_context(HdThread *t, HdValue self, void *closure) {
    return get_or_none(t, self, &HD_AS(HdException, self)->context);
}
static int set_context(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "__context__ may not be deleted");
    if (hd_is_none(value)) {
        value = HD_NULL;
    } else if (!hd_is_exception(value)) {
        return hd_raise_int(t, &hd_TypeError, "exception context must be None or derive from BaseException");
    }
    hd_exception_set_context_steal(t, self, hd_retain(t, value));
    return 0;
}

static HdValue get_cause(HdThread *t, HdValue self, void *closure) {
    return get_or_none(t, self, &HD_AS(HdException, self)->cause);
}
static int set_cause(HdThread *t, HdValue self, HdValue value, void *closure) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "__cause__ may not be deleted");
    if (hd_is_none(value)) {
        value = HD_NULL;
    } else if (!hd_is_exception(value)) {
        return hd_raise_int(t, &hd_TypeError, "exception cause must be None or derive from BaseException");
    }
    hd_exception_set_cause_steal(t, self, hd_retain(t, value));
    return 0;
}

HdValue hd_exception_traceback_borrowed(HdValue exception) { return HD_AS(HdException, exception)->traceback; }

int hd_exception_set_traceback(HdThread *t, HdValue exception, HdValue traceback_or_none) {
    HdValue value = traceback_or_none;
    if (hd_is_none(value)) {
        value = HD_NULL;
    } else if (!hd_is_null(value) && strcmp(hd_type_of(value)->name, "traceback") != 0) {
        return hd_raise_int(t, &hd_TypeError, "__traceback__ must be a traceback or None");
    }
    hd_field_set_steal(t, hd_as_object(exception), &HD_AS(HdException, exception)->traceback, hd_retain(t, value));
    return 0;
}

void hd_exception_set_context_steal(HdThread *t, HdValue exception, HdValue context) {
    hd_field_set_steal(t, hd_as_object(exception), &HD_AS(HdException, exception)->context, context);
}

void hd_exception_set_cause_steal(HdThread *t, HdValue exception, HdValue cause) {
    HD_AS(HdException, exception)->suppress_context = 1;
    hd_field_set_steal(t, hd_as_object(exception), &HD_AS(HdException, exception)->cause, cause);
}

static const HdGetSetDef base_getsets[] = {
    {"__dict__", hd_attrs_get_dict_attr, hd_attrs_set_dict_attr},
    {"args", get_args, set_args},
    {"__traceback__", get_traceback, set_traceback},
    {"__context__", get_context, set_context, "exception context"},
    {"__cause__", get_cause, set_cause, "exception cause"},
    {NULL},
};
static const HdMemberDef base_members[] = {
    {"__suppress_context__", HD_MEMBER_BOOL, offsetof(HdException, suppress_context), false, NULL},
    {NULL},
};

/* --- methods --- */

static HdValue base_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    HdValue args = get_args(t, self, NULL);
    HdValue type = hd_type_value(hd_type_of(self));
    HdAttrs *attrs = hd_attrs_of(hd_as_object(self));
    HdValue result;
    if (attrs && hd_attrs_used(attrs)) {
        HdValue dict = hd_attrs_dict(t, hd_as_object(self));
        result = hd_is_null(dict) ? HD_NULL : hd_tuple_pack(t, 3, type, args, dict);
        hd_release(t, dict);
    } else {
        result = hd_tuple_pack(t, 2, type, args);
    }
    hd_release(t, args);
    return result;
}

static HdValue base_setstate(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_none(args[0])) return hd_None;
    if (!hd_is_dict(args[0])) return hd_raise(t, &hd_TypeError, "state is not a dictionary");
    HdSize position = 0;
    HdValue key, value;
    while (hd_dict_next(t, args[0], &position, &key, &value)) {
        int result = hd_object_setattr(t, self, key, value);
        hd_release(t, key);
        hd_release(t, value);
        if (result < 0) return HD_NULL;
    }
    return hd_None;
}

static HdValue base_with_traceback(HdThread *t, HdValue self, const HdValue *args) {
    if (set_traceback(t, self, args[0], NULL) < 0) return HD_NULL;
    return hd_retain(t, self);
}

static HdValue base_add_note(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "note must be a str, not '%T'", args[0]);
    HdValue notes;
    int found = hd_object_find_attr(t, self, HD_NAME("__notes__"), &notes);
    if (found < 0) return HD_NULL;
    if (!found) {
        notes = hd_list_new(t, 1);
        if (hd_is_null(notes)) return HD_NULL;
        if (hd_object_setattr(t, self, HD_NAME("__notes__"), notes) < 0) {
            hd_release(t, notes);
            return HD_NULL;
        }
    }
    int result = hd_is_list(notes) ? hd_list_append(t, notes, args[0])
                                   : hd_raise_int(t, &hd_TypeError, "Cannot add note: __notes__ is not a list");
    hd_release(t, notes);
    return result < 0 ? HD_NULL : hd_None;
}

static const HdMethodDef base_methods[] = {
    HD_METHOD(base_reduce, "__reduce__($self, /)", NULL),
    HD_METHOD(base_setstate, "__setstate__($self, state, /)", NULL),
    HD_METHOD(base_with_traceback, "with_traceback($self, tb, /)", "Sets self.__traceback__ and returns self."),
    HD_METHOD(base_add_note, "add_note($self, note, /)", "Adds a note, shown below the traceback."),
    HD_METHODS_END,
};

HdType hd_BaseException = {
    HD_TYPE_HEAD("BaseException"),
    .doc = "The root of all exceptions.",
    .basicsize = sizeof(HdException) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdException),
    .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_EXCEPTION,
    .create = hd_exception_create,
    .init = hd_exception_init,
    .dealloc = hd_exception_dealloc,
    .traverse = hd_exception_traverse,
    .clear = hd_exception_clear,
    .repr = hd_exception_repr,
    .str = hd_exception_str,
    .getattr = hd_object_generic_getattr,
    .setattr = hd_object_generic_setattr,
    .methods = base_methods,
    .getsets = base_getsets,
    .members = base_members,
};

#define DEFINE(Name, Base, Struct)                                \
    HdType hd_##Name = {                                          \
        HD_TYPE_HEAD(#Name),                                      \
        .basicsize = sizeof(Struct) + sizeof(HdAttrs),            \
        .attrs_offset = sizeof(Struct),                           \
        .flags = HD_TYPE_BASE | HD_TYPE_GC | HD_TYPE_EXCEPTION,   \
        .base = &hd_##Base,                                       \
        .create = hd_exception_create,                            \
        .init = hd_exception_init,                                \
        .dealloc = hd_exception_dealloc,                          \
        .traverse = hd_exception_traverse,                        \
        .clear = hd_exception_clear,                              \
    };
HD_EXCEPTIONS(DEFINE)
#undef DEFINE

/* --- the exceptions with a field or two --- */

static int stop_iteration_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_exception_init(t, self, args, nargs, kwnames) < 0) return -1;
    HdValue value = nargs > 0 ? hd_ref_value(args[0]) : hd_None;
    hd_field_set_steal(t, hd_as_object(self), &HD_AS(HdStopIteration, self)->value, hd_retain(t, value));
    return 0;
}
static int stop_iteration_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdStopIteration *)self)->value);
    return hd_exception_traverse(self, visit, context);
}
static void stop_iteration_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdStopIteration *)self)->value);
    hd_exception_clear(t, self);
}
static const HdMemberDef stop_iteration_members[] = {
    {"value", HD_MEMBER_VALUE, offsetof(HdStopIteration, value), false, "generator return value"},
    {NULL},
};

static int system_exit_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_exception_init(t, self, args, nargs, kwnames) < 0) return -1;
    if (nargs == 0) return 0;
    HdValue code = nargs == 1 ? hd_retain(t, hd_ref_value(args[0])) : get_args(t, self, NULL);
    hd_field_set_steal(t, hd_as_object(self), &HD_AS(HdSystemExit, self)->code, code);
    return 0;
}
static const HdMemberDef system_exit_members[] = {
    {"code", HD_MEMBER_VALUE, offsetof(HdSystemExit, code), false, "exception code"},
    {NULL},
};

static HdValue key_error_str(HdThread *t, HdValue self) {
    HdValue args = get_args(t, self, NULL);
    /* The key as a literal: a KeyError of '' would show nothing otherwise. */
    HdValue result =
        hd_tuple_length(args) == 1 ? hd_object_repr(t, hd_tuple_at_borrowed(args, 0)) : hd_exception_str(t, self);
    hd_release(t, args);
    return result;
}

int hd_exception_keywords(HdThread *t, HdValue self, const char *type_name, const HdRef *args, HdSize nargs, HdValue kwnames,
                          const char *const *names, HdValue *out) {
    for (int n = 0; names[n]; n++) out[n] = HD_NULL;
    HdSize count = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    for (HdSize i = 0; i < count; i++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, i);
        int n = 0;
        while (names[n] && !hd_str_equals_text(name, names[n])) n++;
        if (!names[n]) return hd_raise_int(t, &hd_TypeError, "'%U' is an invalid keyword argument for %s()", name, type_name);
        out[n] = hd_ref_value(args[nargs + i]);
    }
    return 0;
}

static int name_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const char *const names[] = {"name", NULL};
    HdValue name;
    if (hd_exception_init_args(t, self, args, nargs) < 0) return -1;
    if (hd_exception_keywords(t, self, "NameError", args, nargs, kwnames, names, &name) < 0) return -1;
    hd_field_set_steal(t, hd_as_object(self), &HD_AS(HdNameError, self)->name, hd_retain(t, name));
    return 0;
}
static int name_error_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdNameError *)self)->name);
    return hd_exception_traverse(self, visit, context);
}
static void name_error_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdNameError *)self)->name);
    hd_exception_clear(t, self);
}
static const HdMemberDef name_error_members[] = {
    {"name", HD_MEMBER_VALUE, offsetof(HdNameError, name), false, "name"},
    {NULL},
};

static int attribute_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const char *const names[] = {"name", "obj", NULL};
    HdValue given[2];
    if (hd_exception_init_args(t, self, args, nargs) < 0) return -1;
    if (hd_exception_keywords(t, self, "AttributeError", args, nargs, kwnames, names, given) < 0) return -1;
    HdAttributeError *e = HD_AS(HdAttributeError, self);
    hd_field_set_steal(t, e, &e->name, hd_retain(t, given[0]));
    hd_field_set_steal(t, e, &e->obj, hd_retain(t, given[1]));
    return 0;
}
static int attribute_error_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdAttributeError *)self)->name);
    HD_VISIT(((HdAttributeError *)self)->obj);
    return hd_exception_traverse(self, visit, context);
}
static void attribute_error_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((HdAttributeError *)self)->name);
    hd_clear_slot(t, &((HdAttributeError *)self)->obj);
    hd_exception_clear(t, self);
}
static const HdMemberDef attribute_error_members[] = {
    {"name", HD_MEMBER_VALUE, offsetof(HdAttributeError, name), false, "attribute name"},
    {"obj", HD_MEMBER_VALUE, offsetof(HdAttributeError, obj), false, "object"},
    {NULL},
};

static void setup_simple(void) {
    hd_StopIteration.init = stop_iteration_init;
    hd_StopIteration.traverse = stop_iteration_traverse;
    hd_StopIteration.clear = stop_iteration_clear;
    hd_StopIteration.members = stop_iteration_members;
    hd_SystemExit.init = system_exit_init;
    hd_SystemExit.traverse = stop_iteration_traverse; /* the same layout */
    hd_SystemExit.clear = stop_iteration_clear;
    hd_SystemExit.members = system_exit_members;
    hd_KeyError.str = key_error_str;
    hd_NameError.init = hd_UnboundLocalError.init = name_error_init;
    hd_NameError.traverse = hd_UnboundLocalError.traverse = name_error_traverse;
    hd_NameError.clear = hd_UnboundLocalError.clear = name_error_clear;
    hd_NameError.members = name_error_members;
    hd_AttributeError.init = attribute_error_init;
    hd_AttributeError.traverse = attribute_error_traverse;
    hd_AttributeError.clear = attribute_error_clear;
    hd_AttributeError.members = attribute_error_members;
}

int hd_exceptions_init(HdThread *t) {
    _Static_assert(sizeof(HdStopIteration) == sizeof(HdSystemExit), "they share traverse and clear");
    setup_simple();
    hd_exceptions_os_setup();
    hd_exceptions_text_setup();
    hd_exception_group_setup();
    if (hd_type_ready(t, &hd_BaseException) < 0) return -1;
#define READY(name, base, layout) \
    if (hd_type_ready(t, &hd_##name) < 0) return -1;
    HD_EXCEPTIONS(READY)
#undef READY
    hd_runtime.memory_error = hd_exception_create(t, &hd_MemoryError, NULL, 0, HD_NULL);
    if (hd_is_null(hd_runtime.memory_error)) return -1;
    hd_count_make_immortal(t, hd_as_object(hd_runtime.memory_error));
    return hd_exception_group_init(t);
}
