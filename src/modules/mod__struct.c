/* mod__struct.c -- the module _struct: Struct objects and the functions that use them through a cache of formats.
 *
 * A Struct's format is replaced only by calling __init__ again, under its lock; readers take none, so the old format is
 * retired, not freed.
 */
#include "mutex.h"
#include "struct_format.h"

typedef struct Struct {
    HdObject head;
    HdStructFormat *format; /* raw block; NULL until __init__ */
    HdValue text;           /* str */
} Struct;

typedef struct State {
    HdValue error, cache; /* struct.error; dict from format to Struct */
} State;

static HdType struct_type, unpack_iterator_type;

static HdType *error_type(void) { return struct_type.native_data; }

/* --- making --- */

static HdStructFormat *format_of(HdThread *t, HdValue self) {
    HdStructFormat *format = HD_LOAD_ACQUIRE(&HD_AS(Struct, self)->format);
    if (!format) hd_raise(t, &hd_RuntimeError, "Struct object is not initialized");
    return format;
}

static int init_struct(HdThread *t, HdValue self, HdValue format) {
    HD_OWNED HdValue text = HD_NULL;
    if (hd_is_str(format)) {
        HdValue bytes = hd_str_encode(t, format, "ascii", NULL); /* raises UnicodeEncodeError */
        if (hd_is_null(bytes)) return -1;
        hd_release(t, bytes);
        text = hd_str_exact(t, format);
    } else if (hd_is_bytes(format)) {
        text = hd_str_from_latin1(t, hd_bytes_data(format), hd_bytes_length(format));
    } else {
        return hd_raise_int(t, &hd_TypeError, "Struct() argument 1 must be a str or bytes object, not %T", format);
    }
    if (hd_is_null(text)) return -1;
    if (hd_str(text)->kind != 1) return hd_raise_int(t, error_type(), "bad char in struct format");
    HdStructFormat *parsed = hd_heap_raw(t, sizeof *parsed);
    if (!parsed) {
        hd_raise_no_memory(t);
        return -1;
    }
    if (hd_struct_format_parse(t, error_type(), hd_str_data(text), hd_str_length(text), parsed) < 0) {
        hd_heap_raw_free(t, parsed, sizeof *parsed);
        return -1;
    }
    Struct *s = HD_AS(Struct, self);
    hd_lock_object(t, &s->head);
    HdStructFormat *old = s->format;
    HD_STORE_RELEASE(&s->format, parsed);
    HdValue old_text = hd_slot_exchange(&s->text, hd_move(&text));
    hd_unlock_object(t, &s->head);
    hd_release(t, old_text);
    if (old) {
        HdSize items = old->count ? old->count : 1;
        hd_heap_raw_retire(t, old->items, (size_t)items * sizeof(HdStructItem));
        hd_heap_raw_retire(t, old, sizeof *old);
    }
    return 0;
}

static const HdMethodDef struct_signature = {"Struct(format)", NULL, NULL, NULL, 0};

static int struct_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue format;
    if (hd_native_bind(t, &struct_signature, args, nargs, kwnames, &format) < 0) return -1;
    return init_struct(t, self, format);
}

static HdValue struct_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

static void struct_dealloc(HdThread *t, HdObject *self) {
    Struct *s = (Struct *)self;
    if (s->format) {
        hd_struct_format_free(t, s->format);
        hd_heap_raw_free(t, s->format, sizeof *s->format);
    }
    hd_clear_slot(t, &s->text);
    hd_type_free(t, self);
}

/* --- packing --- */

static int pack_values(HdThread *t, const HdStructFormat *f, const HdRef *args, uint8_t *bytes) {
    memset(bytes, 0, (size_t)f->size);
    for (HdSize i = 0; i < f->count; i++) {
        const HdStructItem *item = &f->items[i];
        uint8_t *at = bytes + item->offset;
        for (HdSize k = 0; k < item->repeat; k++, at += item->size) {
            if (hd_struct_format_put(t, error_type(), item, hd_ref_value(*args++), at) < 0) return -1;
        }
    }
    return 0;
}

static HdValue pack(HdThread *t, HdValue self, const HdRef *args, HdSize nargs) {
    HdStructFormat *f = format_of(t, self);
    if (!f) return HD_NULL;
    if (nargs != f->values) {
        return hd_raise(t, error_type(), "pack expected %zd items for packing (got %zd)", f->values, nargs);
    }
    HdValue bytes = hd_bytes_new(t, NULL, f->size);
    if (hd_is_null(bytes)) return HD_NULL;
    if (pack_values(t, f, args, hd_bytes_data(bytes)) < 0) {
        hd_release(t, bytes);
        return HD_NULL;
    }
    return bytes;
}

/* Where `offset` points in a buffer of `length`; -1 raised. `packing` chooses the words. */
static HdSize check_offset(HdThread *t, HdSize offset, HdSize length, HdSize size, bool packing) {
    if (offset < 0) {
        if (offset + size > 0) {
            hd_raise(t, error_type(), packing ? "no space to pack %zd bytes at offset %zd"
                                              : "not enough data to unpack %zd bytes at offset %zd",
                     size, offset);
            return -1;
        }
        if (offset + length < 0) {
            hd_raise(t, error_type(), "offset %zd out of range for %zd-byte buffer", offset, length);
            return -1;
        }
        offset += length;
    }
    if (length - offset < size) {
        hd_raise(t, error_type(),
                 "%s requires a buffer of at least %zu bytes for %s %zd bytes at offset %zd (actual buffer size is %zd)",
                 packing ? "pack_into" : "unpack_from", (size_t)size + (size_t)offset, packing ? "packing" : "unpacking",
                 size, offset, length);
        return -1;
    }
    return offset;
}

static HdValue pack_into(HdThread *t, HdValue self, const HdRef *args, HdSize nargs) {
    HdStructFormat *f = format_of(t, self);
    if (!f) return HD_NULL;
    if (nargs < 1) return hd_raise(t, error_type(), "pack_into expected buffer argument");
    if (nargs < 2) return hd_raise(t, error_type(), "pack_into expected offset argument");
    if (nargs - 2 != f->values) {
        return hd_raise(t, error_type(), "pack_into expected %zd items for packing (got %zd)", f->values, nargs - 2);
    }
    HdBuffer buffer;
    HdValue target = hd_ref_value(args[0]);
    if (hd_buffer_get(t, target, &buffer, HD_BUFFER_WRITABLE) < 0) {
        if (!hd_raised_is(t, &hd_BufferError) && !hd_raised_is(t, &hd_TypeError)) return HD_NULL;
        hd_clear_raised(t);
        return hd_raise(t, &hd_TypeError, "argument must be read-write bytes-like object, not %T", target);
    }
    HdValue result = HD_NULL;
    HdSize offset = hd_number_as_size(t, hd_ref_value(args[1]), &hd_IndexError);
    if (offset != -1 || !hd_raised(t)) {
        offset = check_offset(t, offset, buffer.length, f->size, true);
        if (offset >= 0 && pack_values(t, f, args + 2, (uint8_t *)buffer.data + offset) == 0) result = hd_None;
    }
    hd_buffer_release(t, &buffer);
    return result;
}

/* --- unpacking --- */

static HdValue unpack_bytes(HdThread *t, const HdStructFormat *f, const uint8_t *bytes) {
    HdValue tuple = hd_tuple_new(t, f->values);
    if (hd_is_null(tuple)) return HD_NULL;
    HdSize n = 0;
    for (HdSize i = 0; i < f->count; i++) {
        const HdStructItem *item = &f->items[i];
        const uint8_t *at = bytes + item->offset;
        for (HdSize k = 0; k < item->repeat; k++, at += item->size) {
            HdValue v = hd_struct_format_get(t, item, at);
            if (hd_is_null(v)) {
                hd_release(t, tuple);
                return HD_NULL;
            }
            hd_tuple_put_steal(tuple, n++, v);
        }
    }
    return tuple;
}

static HdValue unpack(HdThread *t, HdValue self, HdValue source) {
    HdStructFormat *f = format_of(t, self);
    HdBuffer buffer;
    if (!f || hd_buffer_get(t, source, &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (buffer.length != f->size) hd_raise(t, error_type(), "unpack requires a buffer of %zd bytes", f->size);
    else result = unpack_bytes(t, f, buffer.data);
    hd_buffer_release(t, &buffer);
    return result;
}

static HdValue unpack_from(HdThread *t, HdValue self, HdValue source, HdValue offset_value) {
    HdStructFormat *f = format_of(t, self);
    if (!f) return HD_NULL;
    HdSize offset = 0;
    if (!hd_is_null(offset_value)) {
        offset = hd_number_as_size(t, offset_value, &hd_OverflowError);
        if (offset == -1 && hd_raised(t)) return HD_NULL;
    }
    HdBuffer buffer;
    if (hd_buffer_get(t, source, &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    offset = check_offset(t, offset, buffer.length, f->size, false);
    if (offset >= 0) result = unpack_bytes(t, f, (uint8_t *)buffer.data + offset);
    hd_buffer_release(t, &buffer);
    return result;
}

/* --- iter_unpack --- */

typedef struct UnpackIterator {
    HdObject head;
    HdValue structure; /* Struct; HD_NULL when exhausted */
    HdBuffer buffer;
    HdSize index;
} UnpackIterator;

static void iterator_drop(HdThread *t, UnpackIterator *it) {
    hd_lock_object(t, &it->head);
    HdValue structure = hd_slot_exchange(&it->structure, HD_NULL);
    hd_unlock_object(t, &it->head);
    if (hd_is_null(structure)) return;
    hd_buffer_release(t, &it->buffer);
    hd_release(t, structure);
}
static void iterator_dealloc(HdThread *t, HdObject *self) {
    iterator_drop(t, (UnpackIterator *)self);
    hd_type_free(t, self);
}
static int iterator_traverse(HdObject *self, HdVisit visit, void *context) {
    UnpackIterator *it = (UnpackIterator *)self;
    HD_VISIT(it->structure);
    if (!hd_is_null(it->structure)) HD_VISIT(it->buffer.owner);
    return 0;
}
static HdValue iterator_next(HdThread *t, HdValue self) {
    UnpackIterator *it = HD_AS(UnpackIterator, self);
    HdValue result = HD_NULL;
    hd_lock_object(t, &it->head);
    HD_OWNED HdValue structure = hd_retain(t, it->structure);
    HdSize at = it->index;
    HdStructFormat *f = hd_is_null(structure) ? NULL : HD_AS(Struct, structure)->format;
    bool more = f && at + f->size <= it->buffer.length;
    if (more) {
        it->index += f->size;
        result = unpack_bytes(t, f, (uint8_t *)it->buffer.data + at);
    }
    hd_unlock_object(t, &it->head);
    if (!more) iterator_drop(t, it);
    return result;
}
static HdValue iterator_self(HdThread *t, HdValue self) { return hd_retain(t, self); }
static HdValue iterator_length_hint(HdThread *t, HdValue self, const HdValue *args) {
    UnpackIterator *it = HD_AS(UnpackIterator, self);
    if (hd_is_null(it->structure)) return hd_imm_int(0);
    return hd_int_from_size(t, (it->buffer.length - it->index) / HD_AS(Struct, it->structure)->format->size);
}
static const HdMethodDef iterator_methods[] = {
    HD_METHOD(iterator_length_hint, "__length_hint__($self, /)", NULL),
    HD_METHODS_END,
};
static HdType unpack_iterator_type = {
    HD_TYPE_HEAD("_struct.unpack_iterator"),
    .basicsize = sizeof(UnpackIterator),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .iter = iterator_self,
    .next = iterator_next,
    .methods = iterator_methods,
};

static HdValue iter_unpack(HdThread *t, HdValue self, HdValue source) {
    HdStructFormat *f = format_of(t, self);
    if (!f) return HD_NULL;
    if (f->size == 0) return hd_raise(t, error_type(), "cannot iteratively unpack with a struct of length 0");
    HdBuffer buffer;
    if (hd_buffer_get(t, source, &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    if (buffer.length % f->size != 0) {
        hd_buffer_release(t, &buffer);
        return hd_raise(t, error_type(), "iterative unpacking requires a buffer of a multiple of %zd bytes", f->size);
    }
    UnpackIterator *it = HD_NEW(t, UnpackIterator, &unpack_iterator_type);
    if (!it) {
        hd_buffer_release(t, &buffer);
        return HD_NULL;
    }
    it->buffer = buffer;
    it->structure = hd_retain(t, self);
    return hd_from_object(it);
}

/* --- methods of Struct --- */

static HdValue struct_pack(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "pack", kwnames) < 0) return HD_NULL;
    return pack(t, self, args, nargs);
}
static HdValue struct_pack_into(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "pack_into", kwnames) < 0) return HD_NULL;
    return pack_into(t, self, args, nargs);
}
static HdValue struct_unpack(HdThread *t, HdValue self, const HdValue *args) { return unpack(t, self, args[0]); }
static HdValue struct_unpack_from(HdThread *t, HdValue self, const HdValue *args) {
    return unpack_from(t, self, args[0], args[1]);
}
static HdValue struct_iter_unpack(HdThread *t, HdValue self, const HdValue *args) {
    return iter_unpack(t, self, args[0]);
}
static HdValue struct_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    HdStructFormat *f = format_of(t, self);
    if (!f) return HD_NULL;
    return hd_int_from_size(t, (HdSize)(sizeof(Struct) + sizeof *f) + f->count * (HdSize)sizeof(HdStructItem));
}
static HdValue struct_get_format(HdThread *t, HdValue self, void *closure) {
    if (!format_of(t, self)) return HD_NULL;
    return hd_retain(t, HD_AS(Struct, self)->text);
}
static HdValue struct_get_size(HdThread *t, HdValue self, void *closure) {
    HdStructFormat *f = format_of(t, self);
    return f ? hd_int_from_size(t, f->size) : HD_NULL;
}

static const HdMethodDef struct_methods[] = {
    HD_METHOD(struct_iter_unpack, "iter_unpack($self, buffer, /)", "An iterator over tuples unpacked one after another."),
    HD_METHOD_RAW(struct_pack, "pack", "The values as bytes, packed as the format says."),
    HD_METHOD_RAW(struct_pack_into, "pack_into", "Packs the values into a writable buffer at an offset."),
    HD_METHOD(struct_unpack, "unpack($self, buffer, /)", "The values that the buffer's bytes hold, as a tuple."),
    HD_METHOD(struct_unpack_from, "unpack_from($self, /, buffer, offset=0)", "Unpacks from the buffer at an offset."),
    HD_METHOD(struct_sizeof, "__sizeof__($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef struct_getsets[] = {
    {"format", struct_get_format, NULL, "struct format string", NULL},
    {"size", struct_get_size, NULL, "struct size in bytes", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static HdType struct_type = {
    HD_TYPE_HEAD("_struct.Struct"),
    .doc = "Struct(format)\n--\n\nPacks and unpacks bytes by a format.",
    .basicsize = sizeof(Struct),
    .flags = HD_TYPE_BASE,
    .create = struct_create,
    .init = struct_init,
    .dealloc = struct_dealloc,
    .methods = struct_methods,
    .getsets = struct_getsets,
};

/* --- functions --- */

/* The Struct for a format, from the cache or new; owned. */
static HdValue cached_struct(HdThread *t, HdValue module, HdValue format) {
    State *state = hd_module_state(module);
    HdValue found = HD_NULL;
    bool cacheable = hd_is_exact_str(format) || hd_is_exact_object(format, &hd_bytes_type);
    if (cacheable) {
        int status = hd_dict_find(t, state->cache, format, &found);
        if (status < 0) return HD_NULL;
        if (status) return found;
    }
    HD_OWNED HdValue made = hd_type_alloc(t, &struct_type);
    if (hd_is_null(made) || init_struct(t, made, format) < 0) return HD_NULL;
    if (cacheable) {
        if (hd_dict_length(state->cache) >= 100 && hd_dict_clear(t, state->cache) < 0) return HD_NULL;
        if (hd_dict_set(t, state->cache, format, made) < 0) return HD_NULL;
    }
    return hd_move(&made);
}

static HdValue module_calcsize(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue s = cached_struct(t, module, args[0]);
    return hd_is_null(s) ? HD_NULL : struct_get_size(t, s, NULL);
}
static HdValue module_clearcache(HdThread *t, HdValue module, const HdValue *args) {
    State *state = hd_module_state(module);
    return hd_dict_clear(t, state->cache) < 0 ? HD_NULL : hd_None;
}
static HdValue module_pack(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "_struct.pack", kwnames) < 0) return HD_NULL;
    if (nargs == 0) return hd_raise(t, &hd_TypeError, "missing format argument");
    HD_OWNED HdValue s = cached_struct(t, module, hd_ref_value(args[0]));
    return hd_is_null(s) ? HD_NULL : pack(t, s, args + 1, nargs - 1);
}
static HdValue module_pack_into(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "_struct.pack_into", kwnames) < 0) return HD_NULL;
    if (nargs == 0) return hd_raise(t, &hd_TypeError, "missing format argument");
    HD_OWNED HdValue s = cached_struct(t, module, hd_ref_value(args[0]));
    return hd_is_null(s) ? HD_NULL : pack_into(t, s, args + 1, nargs - 1);
}
static HdValue module_unpack(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue s = cached_struct(t, module, args[0]);
    return hd_is_null(s) ? HD_NULL : unpack(t, s, args[1]);
}
static HdValue module_unpack_from(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue s = cached_struct(t, module, args[0]);
    return hd_is_null(s) ? HD_NULL : unpack_from(t, s, args[1], args[2]);
}
static HdValue module_iter_unpack(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue s = cached_struct(t, module, args[0]);
    return hd_is_null(s) ? HD_NULL : iter_unpack(t, s, args[1]);
}

static const HdMethodDef functions[] = {
    HD_METHOD(module_clearcache, "_clearcache()", "Clear the internal cache."),
    HD_METHOD(module_calcsize, "calcsize(format, /)", "Size in bytes of what the format describes."),
    HD_METHOD(module_iter_unpack, "iter_unpack(format, buffer, /)",
              "An iterator over tuples unpacked one after another from the buffer."),
    HD_METHOD_RAW(module_pack, "pack", "pack(format, v1, v2, ...) -> bytes"),
    HD_METHOD_RAW(module_pack_into, "pack_into", "pack_into(format, buffer, offset, v1, v2, ...)"),
    HD_METHOD(module_unpack, "unpack(format, buffer, /)", "The values that the buffer's bytes hold, as a tuple."),
    HD_METHOD(module_unpack_from, "unpack_from(format, /, buffer, offset=0)", "Unpacks from the buffer at an offset."),
    HD_METHODS_END,
};

static int struct_exec(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    state->cache = hd_dict_new(t);
    if (hd_is_null(state->cache)) return -1;
    /* Instances find the error class through their type; the class stays for good, as the type does, and serves every
     * module object that is made. */
    if (struct_type.native_data) {
        state->error = hd_retain(t, hd_from_object(struct_type.native_data));
        if (hd_module_set(t, module, "error", state->error) < 0) return -1;
    } else {
        state->error = hd_module_add_exception(t, module, "struct.error", HD_NULL);
        if (hd_is_null(state->error)) return -1;
        struct_type.native_data = hd_as_object(hd_retain(t, state->error));
    }
    if (hd_module_add_type(t, module, &struct_type) < 0) return -1;
    return hd_type_ready(t, &unpack_iterator_type);
}
static int struct_traverse(HdValue module, HdVisit visit, void *context) {
    State *state = hd_module_state(module);
    HD_VISIT(state->error);
    HD_VISIT(state->cache);
    return 0;
}
static void struct_clear(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    hd_clear_slot(t, &state->error);
    hd_clear_slot(t, &state->cache);
}

const HdModuleDef hd_module__struct = {
    .name = "_struct",
    .doc = "Python values to bytes and back, as C lays them out, by format strings.",
    .state_size = sizeof(State),
    .functions = functions,
    .exec = struct_exec,
    .traverse = struct_traverse,
    .clear = struct_clear,
};
