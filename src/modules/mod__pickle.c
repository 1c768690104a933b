/* mod__pickle.c -- the module _pickle: Pickler, Unpickler, dump, dumps, load and loads, with the bytes that CPython's
 * make. The types are here, their work is in pickle_*.c; the lock discipline is told in pickle_types.h.
 */
#include <stdlib.h>

#include "pickle_types.h"

HdPickleState *hd_pickle_state(void) { return hd_pickler_type.native_data; }

/* --- Pickler --- */

static void pickler_clear(HdThread *t, HdObject *self) {
    HdPickler *p = (HdPickler *)self;
    HdValue *fields[] = {&p->write, &p->buffer_callback, &p->persistent_id, &p->dispatch_table, &p->persist, &p->override,
                         &p->dispatch, &p->fast_memo};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
    hd_pickle_memo_clear(t, &p->memo);
}
static void pickler_dealloc(HdThread *t, HdObject *self) {
    pickler_clear(t, self);
    free(((HdPickler *)self)->data);
    hd_type_free(t, self);
}
static int pickler_traverse(HdObject *self, HdVisit visit, void *context) {
    HdPickler *p = (HdPickler *)self;
    HdValue fields[] = {p->write, p->buffer_callback, p->persistent_id, p->dispatch_table, p->persist, p->override,
                        p->dispatch, p->fast_memo};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) HD_VISIT(fields[i]);
    for (HdSize i = 0; i < p->memo.count; i++) HD_VISIT(p->memo.objects[i]);
    return 0;
}

static HdValue or_null(HdValue v) { return hd_is_none(v) ? HD_NULL : v; }

int hd_pickler_init(HdThread *t, HdPickler *p, HdValue file_or_null, HdValue protocol, HdValue fix_imports,
                    HdValue buffer_callback) {
    int number = hd_is_null(or_null(protocol)) ? HD_PICKLE_DEFAULT : hd_number_as_int(t, protocol);
    if (number == -1 && hd_raised(t)) return -1;
    if (number < 0) number = HD_PICKLE_HIGHEST;
    if (number > HD_PICKLE_HIGHEST) {
        return hd_raise_int(t, &hd_ValueError, "pickle protocol must be <= %d", HD_PICKLE_HIGHEST);
    }
    int fix = hd_is_null(fix_imports) ? 1 : hd_object_truth(t, fix_imports);
    if (fix < 0) return -1;
    if (!hd_is_null(or_null(buffer_callback)) && number < 5) {
        return hd_raise_int(t, &hd_ValueError, "buffer_callback needs protocol >= 5");
    }
    HD_OWNED HdValue write = HD_NULL;
    if (!hd_is_null(file_or_null)) {
        int found = hd_object_find_attr(t, file_or_null, HD_NAME("write"), &write);
        if (found < 0) return -1;
        if (!found) return hd_raise_int(t, &hd_TypeError, "file must have a 'write' attribute");
    }
    p->protocol = number;
    p->binary = number > 0;
    p->fast = 0;
    p->fix_imports = fix && number < 3;
    hd_replace_steal(t, &p->write, hd_move(&write));
    hd_replace_steal(t, &p->buffer_callback, hd_retain(t, or_null(buffer_callback)));
    hd_pickle_memo_clear(t, &p->memo);
    p->ready = true;
    return 0;
}

static const HdMethodDef pickler_new = {
    .signature = "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)"};

static int pickler_init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[4];
    HdPickler *p = HD_AS(HdPickler, self);
    if (hd_native_bind(t, &pickler_new, refs, nargs, kwnames, args) < 0) return -1;
    int entered = hd_pickle_enter(t, &p->busy);
    if (entered < 0) return -1;
    int status = hd_pickler_init(t, p, args[0], args[1], args[2], args[3]);
    if (entered) hd_pickle_leave(&p->busy);
    return status;
}

/* What dump() needed while it ran. */
static void end_dump(HdThread *t, HdPickler *p) {
    p->framing = false;
    hd_clear_slot(t, &p->persist);
    hd_clear_slot(t, &p->override);
    hd_clear_slot(t, &p->dispatch);
    hd_clear_slot(t, &p->fast_memo);
}

static HdValue pickler_dump(HdThread *t, HdValue self, const HdValue *args) {
    HdPickler *p = HD_AS(HdPickler, self);
    if (!p->ready || hd_is_null(p->write)) {
        return hd_raise(t, hd_pickling_error(), "Pickler.__init__() was not called by %N.__init__()", hd_type_of(self));
    }
    int entered = hd_pickle_enter(t, &p->busy);
    if (entered < 0) return HD_NULL;
    if (!entered) return hd_raise(t, &hd_RuntimeError, "Pickler.dump() was called while it ran");
    int status = hd_pickle_dump(t, p, self, args[0]);
    if (status == 0) status = hd_pickle_flush(t, p);
    end_dump(t, p);
    hd_pickle_leave(&p->busy);
    return status < 0 ? HD_NULL : hd_None;
}

static HdValue pickler_clear_memo(HdThread *t, HdValue self, const HdValue *args) {
    HdPickler *p = HD_AS(HdPickler, self);
    int entered = hd_pickle_enter(t, &p->busy);
    if (entered < 0) return HD_NULL;
    hd_pickle_memo_clear(t, &p->memo);
    if (entered) hd_pickle_leave(&p->busy);
    return hd_None;
}

static HdValue pickler_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdPickler *p = HD_AS(HdPickler, self);
    HdSize size = (HdSize)sizeof(HdPickler) + p->capacity + p->memo.capacity * (HdSize)sizeof(HdValue) +
                  (p->memo.slots ? p->memo.mask + 1 : 0) * (HdSize)sizeof(uint32_t);
    return hd_int_from_size(t, size);
}

/* persistent_id and persistent_load: what was set, else AttributeError, as if nothing were there. */
static HdValue get_method(HdThread *t, HdValue self, void *closure) {
    bool pickler = hd_is_instance(self, &hd_pickler_type);
    HdValue *field = pickler ? &HD_AS(HdPickler, self)->persistent_id : &HD_AS(HdUnpickler, self)->persistent_load;
    HdValue v = hd_slot_read(t, field, hd_as_object(self));
    return hd_is_null(v) ? hd_raise(t, &hd_AttributeError, "%s", (const char *)closure) : v;
}
static int set_method(HdThread *t, HdValue self, HdValue value, void *closure) {
    const char *name = closure;
    bool pickler = hd_is_instance(self, &hd_pickler_type);
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "attribute deletion is not supported");
    if (!hd_object_is_callable(value)) {
        return hd_raise_int(t, &hd_TypeError, "%s must be a callable taking one argument", name);
    }
    HdValue *field = pickler ? &HD_AS(HdPickler, self)->persistent_id : &HD_AS(HdUnpickler, self)->persistent_load;
    HdObject *object = hd_as_object(self);
    hd_retain(t, value);
    hd_lock_object(t, object);
    HdValue old = hd_slot_exchange(field, value);
    hd_unlock_object(t, object);
    hd_release(t, old);
    return 0;
}

static const HdMethodDef pickler_methods[] = {
    HD_METHOD(pickler_dump, "dump($self, obj, /)", "Writes a pickle of obj to the file."),
    HD_METHOD(pickler_clear_memo, "clear_memo($self, /)",
              "Forgets which objects were written: they are written again, not referred to."),
    HD_METHOD(pickler_sizeof, "__sizeof__($self, /)", "Bytes in memory."),
    HD_METHODS_END,
};
static const HdMemberDef pickler_members[] = {
    {"bin", HD_MEMBER_INT, offsetof(HdPickler, binary), false, NULL},
    {"fast", HD_MEMBER_INT, offsetof(HdPickler, fast), false, NULL},
    {"_out_of_band", HD_MEMBER_SIZE, offsetof(HdPickler, out_of_band), false, NULL}, /* heddle.parallel */
    {"dispatch_table", HD_MEMBER_SLOT, offsetof(HdPickler, dispatch_table), false, NULL},
    {0},
};
static const HdGetSetDef pickler_getsets[] = {
    {"memo", hd_pickle_get_memo, hd_pickle_set_memo, NULL, NULL},
    {"persistent_id", get_method, set_method, NULL, "persistent_id"},
    {0},
};
static HdValue plain_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

HdType hd_pickler_type = {
    HD_TYPE_HEAD("_pickle.Pickler"),
    .doc = "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n--\n\n"
           "Writes pickles to a binary file.\n\n"
           "protocol: 0 to 5, 4 unless given; a negative one means the highest. fix_imports: with protocols below 3, write\n"
           "the names that Python 2 has for modules. buffer_callback: called with each PickleBuffer; unless it returns\n"
           "something true, the buffer stays out of the pickle (protocol 5).",
    .basicsize = sizeof(HdPickler),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .create = plain_create,
    .init = pickler_init,
    .dealloc = pickler_dealloc,
    .traverse = pickler_traverse,
    .clear = pickler_clear,
    .methods = pickler_methods,
    .members = pickler_members,
    .getsets = pickler_getsets,
};

/* --- Unpickler --- */

static void end_load(HdThread *t, HdUnpickler *u) {
    hd_unpickle_cut(t, u, 0);
    hd_clear_slot(t, &u->persist);
    hd_clear_slot(t, &u->line);
    u->mark_count = 0;
}
static void unpickler_clear(HdThread *t, HdObject *self) {
    HdUnpickler *u = (HdUnpickler *)self;
    HdValue *fields[] = {&u->read, &u->readinto, &u->readline, &u->peek, &u->persistent_load, &u->buffers, &u->encoding,
                         &u->errors};
    end_load(t, u);
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
    hd_unpickler_memo_clear(t, u);
    hd_buffer_release(t, &u->input);
    u->position = u->available = u->prefetched = 0;
}
static void unpickler_dealloc(HdThread *t, HdObject *self) {
    HdUnpickler *u = (HdUnpickler *)self;
    unpickler_clear(t, self);
    if (u->stack) hd_heap_raw_free(t, u->stack, (size_t)u->stack_capacity * sizeof *u->stack);
    if (u->marks) hd_heap_raw_free(t, u->marks, (size_t)u->mark_capacity * sizeof *u->marks);
    hd_type_free(t, self);
}
static int unpickler_traverse(HdObject *self, HdVisit visit, void *context) {
    HdUnpickler *u = (HdUnpickler *)self;
    HdValue fields[] = {u->read, u->readinto, u->readline, u->peek, u->persistent_load, u->buffers, u->persist,
                        u->input.owner, u->line, u->memo_far};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) HD_VISIT(fields[i]);
    for (HdSize i = 0; i < u->memo_capacity; i++) HD_VISIT(u->memo[i]);
    for (HdSize i = 0; i < u->depth; i++) HD_VISIT(u->stack[i]);
    return 0;
}

static int file_method(HdThread *t, HdValue file, const char *name, HdValue *slot) {
    HD_OWNED HdValue key = hd_str_intern_text(t, name);
    HdValue method = HD_NULL;
    if (hd_is_null(key) || hd_object_find_attr(t, file, key, &method) < 0) return -1;
    hd_replace_steal(t, slot, method);
    return 0;
}

int hd_unpickler_init(HdThread *t, HdUnpickler *u, HdValue file, HdValue fix_imports, HdValue encoding, HdValue errors,
                      HdValue buffers) {
    int fix = hd_is_null(fix_imports) ? 1 : hd_object_truth(t, fix_imports);
    if (fix < 0) return -1;
    HdValue texts[2] = {encoding, errors};
    for (int i = 0; i < 2; i++) {
        if (hd_is_null(texts[i]) || hd_is_str(texts[i])) continue;
        return hd_raise_int(t, &hd_TypeError, "Unpickler() argument '%s' must be str, not %T", i ? "errors" : "encoding",
                            texts[i]);
    }
    HD_OWNED HdValue iterator = hd_is_null(buffers) || hd_is_none(buffers) ? HD_NULL : hd_object_iter(t, buffers);
    if (hd_raised(t)) return -1;
    if (!hd_is_null(file)) {
        if (file_method(t, file, "peek", &u->peek) < 0 || file_method(t, file, "readinto", &u->readinto) < 0 ||
            file_method(t, file, "read", &u->read) < 0 || file_method(t, file, "readline", &u->readline) < 0) {
            return -1;
        }
        if (hd_is_null(u->read) || hd_is_null(u->readline)) {
            return hd_raise_int(t, &hd_TypeError, "file must have 'read' and 'readline' attributes");
        }
    }
    u->fix_imports = fix;
    u->protocol = 0;
    hd_replace_steal(t, &u->encoding, hd_is_null(encoding) ? HD_NAME("ASCII") : hd_retain(t, encoding));
    hd_replace_steal(t, &u->errors, hd_is_null(errors) ? HD_NAME("strict") : hd_retain(t, errors));
    hd_replace_steal(t, &u->buffers, hd_move(&iterator));
    hd_unpickler_memo_clear(t, u);
    return 0;
}

static const HdMethodDef unpickler_new = {
    .signature = "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())"};

static int unpickler_init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[5];
    HdUnpickler *u = HD_AS(HdUnpickler, self);
    if (hd_native_bind(t, &unpickler_new, refs, nargs, kwnames, args) < 0) return -1;
    int entered = hd_pickle_enter(t, &u->busy);
    if (entered < 0) return -1;
    if (!entered) return hd_raise_int(t, &hd_RuntimeError, "Unpickler.__init__() was called while it ran");
    hd_buffer_release(t, &u->input);
    u->position = u->available = u->prefetched = 0;
    int status = hd_unpickler_init(t, u, args[0], args[1], args[2], args[3], args[4]);
    hd_pickle_leave(&u->busy);
    return status;
}

static HdValue unpickler_load(HdThread *t, HdValue self, const HdValue *args) {
    HdUnpickler *u = HD_AS(HdUnpickler, self);
    if (hd_is_null(u->read)) {
        return hd_raise(t, hd_unpickling_error(), "Unpickler.__init__() was not called by %N.__init__()", hd_type_of(self));
    }
    int entered = hd_pickle_enter(t, &u->busy);
    if (entered < 0) return HD_NULL;
    if (!entered) return hd_raise(t, &hd_RuntimeError, "Unpickler.load() was called while it ran");
    HdValue result = hd_unpickle(t, u, self);
    end_load(t, u);
    hd_pickle_leave(&u->busy);
    return result;
}

static HdValue unpickler_find_class(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0]) || !hd_is_str(args[1])) {
        return hd_raise(t, &hd_TypeError, "find_class() arguments must be str");
    }
    return hd_unpickle_find_class(t, HD_AS(HdUnpickler, self), args[0], args[1]);
}

static HdValue unpickler_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdUnpickler *u = HD_AS(HdUnpickler, self);
    return hd_int_from_size(t, (HdSize)sizeof(HdUnpickler) +
                                   (u->memo_capacity + u->stack_capacity + u->mark_capacity) * (HdSize)sizeof(HdValue));
}

static const HdMethodDef unpickler_methods[] = {
    HD_METHOD(unpickler_load, "load($self, /)", "Reads a pickle from the file; the object it describes."),
    HD_METHOD(unpickler_find_class, "find_class($self, module_name, global_name, /)",
              "The object of this name in the module, which is imported. Subclasses may allow less."),
    HD_METHOD(unpickler_sizeof, "__sizeof__($self, /)", "Bytes in memory."),
    HD_METHODS_END,
};
static const HdGetSetDef unpickler_getsets[] = {
    {"memo", hd_pickle_get_memo, hd_pickle_set_memo, NULL, NULL},
    {"persistent_load", get_method, set_method, NULL, "persistent_load"},
    {0},
};

HdType hd_unpickler_type = {
    HD_TYPE_HEAD("_pickle.Unpickler"),
    .doc = "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())\n--\n\n"
           "Reads pickles from a binary file with read(), readline() and perhaps readinto() and peek().\n\n"
           "encoding, errors: how the str of Python 2 are decoded; 'bytes' leaves them as they are. buffers: what the\n"
           "buffer_callback of the Pickler was given.",
    .basicsize = sizeof(HdUnpickler),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .create = plain_create,
    .init = unpickler_init,
    .dealloc = unpickler_dealloc,
    .traverse = unpickler_traverse,
    .clear = unpickler_clear,
    .methods = unpickler_methods,
    .getsets = unpickler_getsets,
};

/* --- functions --- */

/* args: obj, file (dump alone), protocol, fix_imports, buffer_callback */
static HdValue dump_object(HdThread *t, HdValue object, HdValue file, const HdValue *args) {
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_pickler_type);
    if (hd_is_null(self)) return HD_NULL;
    HdPickler *p = HD_AS(HdPickler, self);
    if (hd_pickler_init(t, p, file, args[0], args[1], args[2]) < 0) return HD_NULL;
    p->busy = t->serial;
    int status = hd_pickle_dump(t, p, self, object);
    HdValue result = HD_NULL;
    if (status == 0 && hd_is_null(file)) result = hd_bytes_new(t, p->data, p->length);
    else if (status == 0 && hd_pickle_flush(t, p) == 0) result = hd_None;
    end_dump(t, p);
    hd_pickle_leave(&p->busy);
    return result;
}
static HdValue pickle_dump(HdThread *t, HdValue module, const HdValue *args) {
    return dump_object(t, args[0], args[1], args + 2);
}
static HdValue pickle_dumps(HdThread *t, HdValue module, const HdValue *args) {
    return dump_object(t, args[0], HD_NULL, args + 1);
}

/* args: fix_imports, encoding, errors, buffers */
static HdValue load_object(HdThread *t, HdValue file, HdValue data, const HdValue *args) {
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_unpickler_type);
    if (hd_is_null(self)) return HD_NULL;
    HdUnpickler *u = HD_AS(HdUnpickler, self);
    if (!hd_is_null(data)) {
        if (hd_buffer_get(t, data, &u->input, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
        u->bytes = u->input.data;
        u->available = u->prefetched = u->input.length;
    }
    if (hd_unpickler_init(t, u, file, args[0], args[1], args[2], args[3]) < 0) return HD_NULL;
    u->busy = t->serial;
    HdValue result = hd_unpickle(t, u, self);
    end_load(t, u);
    hd_pickle_leave(&u->busy);
    return result;
}
static HdValue pickle_load(HdThread *t, HdValue module, const HdValue *args) {
    return load_object(t, args[0], HD_NULL, args + 1);
}
static HdValue pickle_loads(HdThread *t, HdValue module, const HdValue *args) {
    return load_object(t, HD_NULL, args[0], args + 1);
}

static const HdMethodDef functions[] = {
    HD_METHOD(pickle_dump, "dump($module, /, obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)",
              "Writes a pickle of obj to the file."),
    HD_METHOD(pickle_dumps, "dumps($module, /, obj, protocol=None, *, fix_imports=True, buffer_callback=None)",
              "A pickle of obj, as bytes."),
    HD_METHOD(pickle_load,
              "load($module, /, file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())",
              "Reads a pickle from the file; the object it describes."),
    HD_METHOD(pickle_loads,
              "loads($module, data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())",
              "The object that the pickle in data describes."),
    HD_METHODS_END,
};

/* --- the module --- */

/* module.name, which must be a dict when `dict` says so. */
static int fetch(HdThread *t, const char *module_name, const char *name, bool dict, HdValue *out) {
    HD_OWNED HdValue module = hd_object_import(t, module_name);
    HD_OWNED HdValue v = hd_is_null(module) ? HD_NULL : hd_object_getattr_text(t, module, name);
    if (hd_is_null(v)) return -1;
    if (dict && !hd_is_exact_dict(v)) {
        return hd_raise_int(t, &hd_RuntimeError, "%s.%s should be a dict, not %T", module_name, name, v);
    }
    *out = hd_move(&v);
    return 0;
}

static int fetch_all(HdThread *t, HdPickleState *s) {
    const struct {
        const char *module, *name;
        bool dict;
        HdValue *out;
    } rows[] = {
        {"copyreg", "dispatch_table", true, &s->dispatch_table},
        {"copyreg", "_extension_registry", true, &s->extension_registry},
        {"copyreg", "_inverted_registry", true, &s->inverted_registry},
        {"copyreg", "_extension_cache", true, &s->extension_cache},
        {"_compat_pickle", "NAME_MAPPING", true, &s->name_mapping},
        {"_compat_pickle", "IMPORT_MAPPING", true, &s->import_mapping},
        {"_compat_pickle", "REVERSE_NAME_MAPPING", true, &s->reverse_name_mapping},
        {"_compat_pickle", "REVERSE_IMPORT_MAPPING", true, &s->reverse_import_mapping},
        {"codecs", "encode", false, &s->encode},
        {"functools", "partial", false, &s->partial},
        {"builtins", "getattr", false, &s->getattr},
    };
    for (size_t i = 0; i < HD_COUNT_OF(rows); i++) {
        if (fetch(t, rows[i].module, rows[i].name, rows[i].dict, rows[i].out) < 0) return -1;
    }
    return 0;
}

static int exec(HdThread *t, HdValue module) {
    HdPickleState *s = calloc(1, sizeof *s); /* objects outlive modules: kept as long as the process */
    if (!s || !(s->names = hd_pickle_names_new())) return free(s), hd_raise_no_memory(t), -1;
    if (fetch_all(t, s) < 0) return -1;
    s->error = hd_module_add_exception(t, module, "_pickle.PickleError", HD_NULL);
    if (hd_is_null(s->error)) return -1;
    s->pickling_error = hd_module_add_exception(t, module, "_pickle.PicklingError", s->error);
    s->unpickling_error = hd_module_add_exception(t, module, "_pickle.UnpicklingError", s->error);
    if (hd_is_null(s->pickling_error) || hd_is_null(s->unpickling_error)) return -1;
    HdType *shown[] = {&hd_pickler_type, &hd_unpickler_type, &hd_pickle_buffer_type};
    HdType *hidden[] = {&hd_pickler_memo_type, &hd_unpickler_memo_type};
    for (size_t i = 0; i < HD_COUNT_OF(shown); i++) {
        if (hd_module_add_type(t, module, shown[i]) < 0) return -1;
    }
    for (size_t i = 0; i < HD_COUNT_OF(hidden); i++) {
        if (hd_type_ready(t, hidden[i]) < 0) return -1;
    }
    hd_pickler_type.native_data = s;
    return 0;
}

const HdModuleDef hd_module__pickle = {
    .name = "_pickle",
    .doc = "Pickling in C, for the module pickle.",
    .functions = functions,
    .exec = exec,
};
