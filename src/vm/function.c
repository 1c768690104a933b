/* function.c -- the type `function`: creation and attributes. Binding of arguments is in function_bind.c.
 *
 * Locks: assignments to attributes take the function's lock (GIL off). Never parks by itself.
 */
#include "function.h"

#include "errors.h"
#include "frame.h"
#include "module_object.h"
#include "mutex.h"
#include "vm.h"

void hd_function_set_version(HdFunction *f) {
    HdRuntime *runtime = &hd_runtime;
    struct HdVmState *vm = runtime->vm;
    uint32_t version = HD_LOAD_RELAXED(&vm->next_function_version);
    if (version == 0) return; /* used up */
    HD_STORE_RELAXED(&f->version, HD_FETCH_ADD(&vm->next_function_version, 1));
}

HdValue hd_function_new(HdThread *t, HdValue code_value, HdValue globals) {
    HdFunction *f = HD_NEW(t, HdFunction, &hd_function_type);
    if (!f) return HD_NULL;
    HdCode *code = HD_AS(HdCode, code_value);
    f->code = HD_AS(HdCode, hd_retain(t, code_value));
    f->globals = hd_retain(t, globals);
    f->name = hd_retain(t, code->name);
    f->qualname = hd_retain(t, code->qualname);
    f->module = hd_dict_get_str(t, globals, HD_NAME("__name__"));
    if (code->flags & HD_CO_OPTIMIZED && HD_AS(HdTuple, code->consts)->length > 0) {
        HdValue doc = hd_tuple_at_borrowed(code->consts, 0);
        f->doc = hd_retain(t, hd_is_str(doc) ? doc : hd_None);
    } else {
        f->doc = hd_None;
    }
    HdValue builtins = hd_dict_get_str(t, globals, HD_NAME("__builtins__"));
    if (hd_is_null(builtins)) {
        builtins = hd_retain(t, t->frame ? hd_frame_builtins_borrowed(t->frame) : t->runtime->builtins);
    } else if (hd_is_exact_object(builtins, &hd_module_type)) {
        HdValue dict = hd_retain(t, hd_module_dict_borrowed(builtins));
        hd_release(t, builtins);
        builtins = dict;
    }
    f->builtins = builtins;
    return hd_from_object(f);
}

/* Code, globals and closure stay, so that what a late finalizer brings back can be called; the cells are cleared by
 * themselves. */
static void function_clear(HdThread *t, HdObject *self) {
    HdFunction *f = (HdFunction *)self;
    hd_clear_slot(t, &f->defaults);
    hd_clear_slot(t, &f->kwdefaults);
    hd_clear_slot(t, &f->doc);
    hd_clear_slot(t, &f->module); /* any object, by assignment */
    hd_clear_slot(t, &f->annotations);
}

static void function_dealloc(HdThread *t, HdObject *self) {
    HdFunction *f = (HdFunction *)self;
    function_clear(t, self);
    hd_clear_slot(t, &f->name);
    hd_clear_slot(t, &f->qualname);
    hd_clear_slot(t, &f->globals);
    hd_clear_slot(t, &f->builtins);
    hd_clear_slot(t, &f->closure);
    hd_clear_slot(t, &f->old_codes);
    HdValue code = hd_from_object(f->code);
    f->code = NULL;
    hd_release(t, code);
    hd_type_free(t, self);
}

static int function_traverse(HdObject *self, HdVisit visit, void *context) {
    HdFunction *f = (HdFunction *)self;
    HD_VISIT(hd_from_object(f->code));
    HD_VISIT(f->globals);
    HD_VISIT(f->builtins);
    HD_VISIT(f->defaults);
    HD_VISIT(f->kwdefaults);
    HD_VISIT(f->closure);
    HD_VISIT(f->name);
    HD_VISIT(f->qualname);
    HD_VISIT(f->module);
    HD_VISIT(f->doc);
    HD_VISIT(f->annotations);
    HD_VISIT(f->old_codes);
    return 0;
}

static HdValue function_repr(HdThread *t, HdValue self) {
    return hd_str_format(t, "<function %U at %p>", HD_AS(HdFunction, self)->qualname, hd_as_object(self));
}

static HdValue function_descr_get(HdThread *t, HdValue self, HdValue object, HdValue type) {
    if (hd_is_null(object) || (hd_is_none(object) && hd_is_null(type))) return hd_retain(t, self);
    if (hd_is_none(object) && !hd_same(type, hd_type_value(&hd_none_type))) return hd_retain(t, self);
    return hd_method_new(t, self, object);
}

/* --- attributes --- */

static HdValue *field(HdValue self, void *offset) { return (HdValue *)((char *)hd_as_object(self) + (uintptr_t)offset); }

static void set_field(HdThread *t, HdValue self, HdValue *slot, HdValue value) {
    HdObject *object = hd_as_object(self);
    hd_retain(t, value);
    hd_lock_object(t, object);
    HdValue old = hd_slot_exchange(slot, value);
    hd_unlock_object(t, object);
    hd_release(t, old);
}

static HdValue get_value(HdThread *t, HdValue self, void *offset) {
    HdValue v = hd_slot_read(t, field(self, offset), hd_as_object(self));
    return hd_is_null(v) ? hd_None : v;
}

static HdValue get_name(HdThread *t, HdValue self, void *offset) {
    return hd_slot_read(t, field(self, offset), hd_as_object(self));
}

static int set_name(HdThread *t, HdValue self, HdValue value, void *offset) {
    bool is_name = (uintptr_t)offset == offsetof(HdFunction, name);
    if (hd_is_null(value) || !hd_is_str(value)) {
        return hd_raise_int(t, &hd_TypeError, "%s must be set to a string object", is_name ? "__name__" : "__qualname__");
    }
    set_field(t, self, field(self, offset), value);
    return 0;
}

static int set_value(HdThread *t, HdValue self, HdValue value, void *offset) {
    set_field(t, self, field(self, offset), hd_is_null(value) ? hd_None : value);
    return 0;
}

static HdValue get_code(HdThread *t, HdValue self, void *unused) {
    return hd_retain(t, hd_from_object(HD_LOAD_ACQUIRE(&HD_AS(HdFunction, self)->code)));
}

static int set_code(HdThread *t, HdValue self, HdValue value, void *unused) {
    HdFunction *f = HD_AS(HdFunction, self);
    if (hd_is_null(value) || !hd_is_code(value)) {
        return hd_raise_int(t, &hd_TypeError, "__code__ must be set to a code object");
    }
    HdCode *code = hd_code(value);
    HdSize cells = hd_is_null(f->closure) ? 0 : hd_tuple_length(f->closure);
    if (cells != code->free_count) {
        return hd_raise_int(t, &hd_ValueError, "%U() requires a code object with %zd free vars, not %zd", f->name, cells,
                            (HdSize)code->free_count);
    }
    hd_lock_object(t, &f->head);
    if (hd_is_null(f->old_codes)) f->old_codes = hd_list_new(t, 1);
    int result = hd_is_null(f->old_codes) ? -1 : hd_list_append_steal(t, f->old_codes, hd_from_object(f->code));
    if (result == 0) {
        hd_retain(t, value);
        HD_STORE_RELAXED(&f->version, 0);
        HD_STORE_RELEASE(&f->code, code);
    }
    hd_unlock_object(t, &f->head);
    return result;
}

static int set_defaults(HdThread *t, HdValue self, HdValue value, void *offset) {
    HdFunction *f = HD_AS(HdFunction, self);
    bool keywords = (uintptr_t)offset == offsetof(HdFunction, kwdefaults);
    if (!hd_is_null(value) && hd_is_none(value)) value = HD_NULL;
    if (!hd_is_null(value) && !(keywords ? hd_is_dict(value) : hd_is_tuple(value))) {
        return hd_raise_int(t, &hd_TypeError, keywords ? "__kwdefaults__ must be set to a dict object"
                                                       : "__defaults__ must be set to a tuple object");
    }
    HD_STORE_RELAXED(&f->version, 0);
    set_field(t, self, field(self, offset), value);
    return 0;
}

static HdValue get_annotations(HdThread *t, HdValue self, void *unused) {
    HdFunction *f = HD_AS(HdFunction, self);
    HdValue now = hd_slot_read(t, &f->annotations, &f->head);
    if (!hd_is_null(now) && !hd_is_tuple(now)) return now;
    HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) {
        hd_release(t, now);
        return HD_NULL;
    }
    for (HdSize i = 0; !hd_is_null(now) && i + 1 < hd_tuple_length(now); i += 2) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(now, i), hd_tuple_at_borrowed(now, i + 1)) < 0) {
            hd_release(t, now);
            hd_release(t, dict);
            return HD_NULL;
        }
    }
    hd_lock_object(t, &f->head);
    HdValue dropped = dict;
    if (hd_same(f->annotations, now)) {
        dropped = hd_slot_exchange(&f->annotations, hd_retain(t, dict));
    } else { /* another thread was first */
        dict = hd_retain(t, f->annotations);
    }
    hd_unlock_object(t, &f->head);
    hd_release(t, dropped);
    hd_release(t, now);
    return dict;
}

static int set_annotations(HdThread *t, HdValue self, HdValue value, void *unused) {
    if (!hd_is_null(value) && hd_is_none(value)) value = HD_NULL;
    if (!hd_is_null(value) && !hd_is_dict(value)) {
        return hd_raise_int(t, &hd_TypeError, "__annotations__ must be set to a dict object");
    }
    set_field(t, self, &HD_AS(HdFunction, self)->annotations, value);
    return 0;
}

static HdValue get_dict(HdThread *t, HdValue self, void *unused) { return hd_attrs_dict(t, hd_as_object(self)); }
static int set_dict(HdThread *t, HdValue self, HdValue value, void *unused) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "cannot delete __dict__");
    if (!hd_is_dict(value)) {
        return hd_raise_int(t, &hd_TypeError, "__dict__ must be set to a dictionary, not a '%T'", value);
    }
    return hd_attrs_set_dict(t, hd_as_object(self), value);
}

#define OFFSET(name) ((void *)offsetof(HdFunction, name))
static const HdGetSetDef getsets[] = {
    {"__code__", get_code, set_code, NULL, NULL},
    {"__defaults__", get_value, set_defaults, NULL, OFFSET(defaults)},
    {"__kwdefaults__", get_value, set_defaults, NULL, OFFSET(kwdefaults)},
    {"__annotations__", get_annotations, set_annotations, NULL, NULL},
    {"__dict__", get_dict, set_dict, NULL, NULL},
    {"__name__", get_name, set_name, NULL, OFFSET(name)},
    {"__qualname__", get_name, set_name, NULL, OFFSET(qualname)},
    {"__module__", get_value, set_value, NULL, OFFSET(module)},
    {"__doc__", get_value, set_value, NULL, OFFSET(doc)},
    {NULL},
};
static const HdMemberDef members[] = {
    {"__closure__", HD_MEMBER_VALUE, offsetof(HdFunction, closure), true, NULL, false},
    {"__globals__", HD_MEMBER_VALUE, offsetof(HdFunction, globals), true, NULL, false},
    {"__builtins__", HD_MEMBER_VALUE, offsetof(HdFunction, builtins), true, NULL, false},
    {NULL},
};

/* function(code, globals, name=None, argdefs=None, closure=None) */
static HdValue function_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef signature = {"function(code, globals, name=None, argdefs=None, closure=None)", NULL, NULL,
                                          NULL, HD_METHOD_PLAIN};
    HdValue a[5];
    if (hd_native_bind(t, &signature, args, nargs, kwnames, a) < 0) return HD_NULL;
    HdValue name = hd_is_null(a[2]) ? hd_None : a[2], defaults = hd_is_null(a[3]) ? hd_None : a[3];
    HdValue closure = hd_is_null(a[4]) ? hd_None : a[4];
    if (!hd_is_code(a[0])) return hd_raise_bad_argument(t, "function() argument 'code'", "code", a[0]);
    if (!hd_is_dict(a[1])) return hd_raise_bad_argument(t, "function() argument 'globals'", "dict", a[1]);
    if (!hd_is_none(name) && !hd_is_str(name)) {
        return hd_raise(t, &hd_TypeError, "arg 3 (name) must be None or string");
    }
    if (!hd_is_none(defaults) && !hd_is_tuple(defaults)) {
        return hd_raise(t, &hd_TypeError, "arg 4 (defaults) must be None or tuple");
    }
    HdCode *code = hd_code(a[0]);
    if (!hd_is_tuple(closure)) {
        if (code->free_count && hd_is_none(closure)) return hd_raise(t, &hd_TypeError, "arg 5 (closure) must be tuple");
        if (!hd_is_none(closure)) return hd_raise(t, &hd_TypeError, "arg 5 (closure) must be None or tuple");
    }
    HdSize cells = hd_is_none(closure) ? 0 : hd_tuple_length(closure);
    if (cells != code->free_count) {
        return hd_raise(t, &hd_ValueError, "%U requires closure of length %zd, not %zd", code->name,
                        (HdSize)code->free_count, cells);
    }
    for (HdSize i = 0; i < cells; i++) {
        HdValue cell = hd_tuple_at_borrowed(closure, i);
        if (!hd_is_exact_object(cell, &hd_cell_type)) {
            return hd_raise(t, &hd_TypeError, "arg 5 (closure) expected cell, found %T", cell);
        }
    }
    HdValue result = hd_function_new(t, a[0], a[1]);
    if (hd_is_null(result)) return HD_NULL;
    HdFunction *f = HD_AS(HdFunction, result);
    if (!hd_is_none(name)) hd_replace_steal(t, &f->name, hd_retain(t, name));
    if (!hd_is_none(defaults)) f->defaults = hd_retain(t, defaults);
    if (cells) f->closure = hd_retain(t, closure);
    return result;
}

HdType hd_function_type = {
    HD_TYPE_HEAD("function"),
    .doc = "Create a function object.",
    .basicsize = sizeof(HdFunction),
    .attrs_offset = offsetof(HdFunction, attrs),
    .flags = HD_TYPE_GC | HD_TYPE_METHOD_DESCRIPTOR,
    .dealloc = function_dealloc,
    .traverse = function_traverse,
    .clear = function_clear,
    .repr = function_repr,
    .call = hd_function_call,
    .descr_get = function_descr_get,
    .create = function_create,
    .getsets = getsets,
    .members = members,
};

int hd_function_init(HdThread *t) { return hd_type_ready(t, &hd_function_type); }
