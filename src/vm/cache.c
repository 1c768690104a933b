/* cache.c -- specialising instructions by what they meet, and giving that up again.
 *
 * Nothing here raises: without memory an instruction stays as it is. Entries are published with release; retired ones
 * are freed through epochs (at once with the GIL on, so no handler uses an entry after something that may run Python).
 */
#include "cache.h"

#include "errors.h"
#include "eval.h"
#include "iter.h"
#include "module_object.h"
#include "native.h"
#include "number.h"
#include "set.h"
#include "slice.h"

HdCache hd_cache_none;

static HdCache **slot_of(HdCode *code, HdUnit *unit) { return &HD_LOAD_ACQUIRE(&code->caches)[unit - code->units]; }
static size_t caches_bytes(const HdCode *code) {
    return (size_t)(code->count ? code->count : 1) * (sizeof(HdCache *) + sizeof(uint16_t));
}

/* Fuses moves of local variables with what follows them, but for what may do better with its own next instruction. */
static void fuse_moves(HdCode *code) {
    for (uint32_t i = 0; i + 2 < code->count; i++) {
        unsigned first = hd_ops_opcode(HD_LOAD_RELAXED(&code->units[i])), second = hd_ops_opcode(HD_LOAD_RELAXED(&code->units[i + 1]));
        unsigned third = hd_ops_info[hd_ops_opcode(HD_LOAD_RELAXED(&code->units[i + 2]))].family;
        if (second == HD_INS_LOAD_CONST) {
            if (first == HD_INS_LOAD_FAST_BORROW) hd_cache_set_opcode(&code->units[i], HD_INS_LOAD_FAST_AND_LOAD_CONST);
        } else if (second == HD_INS_LOAD_FAST_BORROW && third != HD_INS_LOAD_ATTR && third != HD_INS_LOAD_METHOD) {
            if (first == HD_INS_LOAD_FAST_BORROW) hd_cache_set_opcode(&code->units[i], HD_INS_LOAD_FAST_AND_LOAD_FAST);
            else if (first == HD_INS_STORE_FAST) hd_cache_set_opcode(&code->units[i], HD_INS_STORE_FAST_AND_LOAD_FAST);
        } else if (first == HD_INS_LOAD_CONST && second == HD_INS_STORE_FAST) {
            hd_cache_set_opcode(&code->units[i], HD_INS_LOAD_CONST_AND_STORE_FAST);
        }
    }
}

/* What LOAD_FAST_BORROW may become before a LOAD_ATTR_FIELD at `unit`. */
static unsigned with_attr_field(const HdUnit *unit) {
    switch (hd_ops_opcode(HD_LOAD_RELAXED(unit + 1))) { /* nothing ends with a LOAD_ATTR */
    case HD_INS_POP_JUMP_IF_FALSE: return HD_INS_LOAD_FAST_ATTR_AND_JUMP_IF_FALSE;
    case HD_INS_POP_JUMP_IF_TRUE: return HD_INS_LOAD_FAST_ATTR_AND_JUMP_IF_TRUE;
    case HD_INS_POP_JUMP_IF_NONE: return HD_INS_LOAD_FAST_ATTR_AND_JUMP_IF_NONE;
    case HD_INS_POP_JUMP_IF_NOT_NONE: return HD_INS_LOAD_FAST_ATTR_AND_JUMP_IF_NOT_NONE;
    default: return HD_INS_LOAD_FAST_AND_ATTR_FIELD;
    }
}

/* The instruction at `unit` reads an attribute by an entry: a LOAD_FAST_BORROW before it may do its work. */
static void fuse_with_load(HdCode *code, HdUnit *unit, unsigned fused) {
    if (unit > code->units && hd_ops_opcode(HD_LOAD_RELAXED(unit - 1)) == HD_INS_LOAD_FAST_BORROW) hd_cache_set_opcode(unit - 1, fused);
}

int hd_cache_prepare(HdThread *t, HdCode *code) {
    HdCache **made = hd_heap_raw(t, caches_bytes(code)), **none = NULL;
    if (!made) {
        hd_raise_no_memory(t);
        return -1;
    }
    uint16_t *counters = (uint16_t *)(made + code->count);
    for (uint32_t i = 0; i < code->count; i++) {
        made[i] = &hd_cache_none;
        counters[i] = HD_CACHE_WARMUP;
    }
    if (HD_CAS(&code->caches, &none, made)) {
        fuse_moves(code);
    } else {
        hd_heap_raw_free(t, made, caches_bytes(code));
        made = none;
    }
    HD_STORE_RELEASE(&code->cache_delta, (uintptr_t)made - 2 * (uintptr_t)code->units);
    return 0;
}

static void retire(HdThread *t, HdCache *entry) {
    while (entry && entry != &hd_cache_none) {
        HdCache *next = entry->next;
        hd_heap_raw_retire(t, entry, sizeof *entry);
        entry = next;
    }
}

void hd_cache_free(HdThread *t, HdCode *code) {
    if (!code->caches) return;
    for (uint32_t i = 0; i < code->count; i++) {
        HdCache *entry = code->caches[i];
        while (entry && entry != &hd_cache_none) {
            HdCache *next = entry->next;
            hd_heap_raw_free(t, entry, sizeof *entry);
            entry = next;
        }
    }
    hd_heap_raw_free(t, code->caches, caches_bytes(code));
    code->caches = NULL;
}

static unsigned level_of(HdCode *code, HdUnit *unit) {
    return HD_LOAD_RELAXED(hd_cache_counter(code, unit)) >> HD_CACHE_LEVEL_SHIFT;
}
static void set_counter(HdCode *code, HdUnit *unit, unsigned n, unsigned level) {
    HD_STORE_RELAXED(hd_cache_counter(code, unit), (uint16_t)(level << HD_CACHE_LEVEL_SHIFT | n));
}

/* Back to the general form, with a pause of so many executions that count before the next try. */
static void give_up(HdThread *t, HdCode *code, HdUnit *unit, unsigned pause, unsigned level) {
    hd_cache_set_opcode(unit, hd_ops_info[hd_ops_opcode(HD_LOAD_RELAXED(unit))].family);
    set_counter(code, unit, pause, level);
    retire(t, HD_EXCHANGE(slot_of(code, unit), &hd_cache_none));
}
/* What it was specialised for is not what it meets. */
static void give_up_missed(HdThread *t, HdCode *code, HdUnit *unit, unsigned pause) {
    unsigned level = level_of(code, unit);
    give_up(t, code, unit, pause, level ? level : 1);
}
/* Could not specialise: try again later, ever more rarely. */
static void postpone(HdThread *t, HdCode *code, HdUnit *unit) {
    unsigned level = level_of(code, unit);
    give_up(t, code, unit, 1u << level, level < HD_CACHE_LEVELS ? level + 1 : level);
}

void hd_cache_miss(HdThread *t, HdCode *code, HdUnit *unit) {
    HdCache *entry = HD_LOAD_ACQUIRE(slot_of(code, unit));
    if (entry != &hd_cache_none) {
        uint16_t misses = HD_LOAD_RELAXED(&entry->misses);
        HD_STORE_RELAXED(&entry->misses, (uint16_t)(misses + 1));
        if (misses >= HD_CACHE_MISSES) give_up_missed(t, code, unit, 1);
        return;
    }
    uint16_t *counter = hd_cache_counter(code, unit);
    if (!hd_cache_count(counter, HD_LOAD_RELAXED(counter))) give_up_missed(t, code, unit, 1);
}

void hd_cache_swap(HdThread *t, HdCode *code, HdUnit *unit, unsigned opcode) {
    set_counter(code, unit, HD_CACHE_MISSES, level_of(code, unit));
    retire(t, HD_EXCHANGE(slot_of(code, unit), &hd_cache_none));
    hd_cache_set_opcode(unit, opcode);
}

/* Publishes an entry; one of the same kind that is there already stays behind it, up to HD_CACHE_WAYS. */
static void publish(HdThread *t, HdCode *code, HdUnit *unit, unsigned opcode, const HdCache *pattern, bool chain) {
    HdCache **slot = slot_of(code, unit), *old = HD_LOAD_ACQUIRE(slot), *entry;
    bool first = old == &hd_cache_none;
    unsigned misses = first ? 0 : HD_LOAD_RELAXED(&old->misses) + 1u;
    if (misses > 3 * HD_CACHE_MISSES) {
        give_up_missed(t, code, unit, 20);
        return;
    }
    entry = hd_heap_raw(t, sizeof *entry);
    if (!entry) return;
    *entry = *pattern;
    entry->misses = (uint16_t)misses;
    unsigned ways = 0;
    bool same_kind = !first && hd_ops_opcode(HD_LOAD_RELAXED(unit)) == opcode && old->kind == pattern->kind;
    for (HdCache *at = old; at; at = at->next) ways++;
    entry->next = chain && same_kind && ways < HD_CACHE_WAYS ? old : NULL;
    if (!HD_CAS(slot, &old, entry)) { /* another thread was first */
        hd_heap_raw_free(t, entry, sizeof *entry);
        return;
    }
    hd_cache_set_opcode(unit, opcode);
    if (!entry->next) retire(t, old);
}

/* --- globals --- */

void hd_cache_load_global(HdThread *t, HdFrame *frame, HdUnit *unit, HdValue name) {
    HdCode *code = frame->code;
    HdValue globals = hd_frame_globals_borrowed(frame), builtins = hd_frame_builtins_borrowed(frame);
    bool null = hd_ops_info[hd_ops_opcode(HD_LOAD_RELAXED(unit))].family == HD_INS_LOAD_GLOBAL_NULL;
    if (!hd_is_exact_dict(globals) || !hd_is_exact_dict(builtins)) {
        postpone(t, code, unit);
        return;
    }
    HdSize index = hd_dict_entry_index(t, globals, name);
    HdCache entry = {.kind = HD_CACHE_GLOBAL, .version = hd_dict_keys_version(t, HD_AS(HdDict, globals))};
    unsigned opcode = null ? HD_INS_LOAD_GLOBAL_NULL_MODULE : HD_INS_LOAD_GLOBAL_MODULE;
    if (index < 0) {
        index = hd_dict_entry_index(t, builtins, name);
        entry.kind = HD_CACHE_BUILTIN;
        entry.version2 = hd_dict_keys_version(t, HD_AS(HdDict, builtins));
        opcode = null ? HD_INS_LOAD_GLOBAL_NULL_BUILTIN : HD_INS_LOAD_GLOBAL_BUILTIN;
    }
    entry.index = (uint32_t)index;
    if (index < 0 || index > UINT32_MAX || !entry.version || (entry.kind == HD_CACHE_BUILTIN && !entry.version2)) {
        postpone(t, code, unit);
        return;
    }
    publish(t, code, unit, opcode, &entry, false);
}

/* --- attributes --- */

static bool module_entry(HdThread *t, HdValue module, HdValue name, HdCache *entry) {
    HdValue dict = hd_module_dict_borrowed(module);
    if (!hd_is_exact_dict(dict) || !hd_is_null(hd_type_lookup_borrowed(t, &hd_module_type, name))) return false;
    HdSize index = hd_dict_entry_index(t, dict, name);
    if (index < 0 || index > UINT32_MAX) return false;
    entry->kind = HD_CACHE_MODULE;
    entry->index = (uint32_t)index;
    entry->version = hd_dict_keys_version(t, HD_AS(HdDict, dict));
    return entry->version != 0;
}

static bool type_entry(HdThread *t, HdValue class_, HdValue name, HdCache *entry) {
    HdType *type = HD_AS(HdType, class_), *meta = hd_type_of(class_);
    if (meta->getattr != hd_type_type.getattr || !hd_is_null(hd_type_lookup_borrowed(t, meta, name))) return false;
    HdValue v = hd_type_lookup_borrowed(t, type, name);
    if (hd_is_null(v) || !hd_is_object(v)) {
        if (hd_is_null(v)) return false;
    } else if (hd_type_of(v)->descr_get && !hd_is_exact_object(v, &hd_function_type)) {
        return false;
    }
    entry->kind = HD_CACHE_TYPE_ATTR;
    entry->version = hd_type_version(t, type);
    entry->value = v;
    return entry->version != 0;
}

/* The instance's attrs word; false when it has a place for one that caches do not know. */
static bool find_word(HdObject *object, HdSize *offset, uint64_t *word) {
    HdType *type = HD_LOAD_ACQUIRE(&object->type);
    *offset = type->attrs_offset;
    *word = 0;
    if (*offset == 0) return true;
    if (*offset < 0) return false;
    *word = HD_LOAD_ACQUIRE((uint64_t *)((char *)object + *offset));
    return true;
}

/* Notes that instances of this shape have no attribute `name` of their own. */
static bool without_own(HdValue owner, HdValue name, HdCache *entry) {
    HdSize offset;
    uint64_t word;
    entry->word_offset = 0;
    if (!hd_is_object(owner)) return true;
    if (!find_word(hd_as_object(owner), &offset, &word)) return false;
    if (offset == 0) return true;
    if (hd_attrs_is_dict(word)) return false;
    HdShape *shape = (HdShape *)(uintptr_t)word;
    if (shape && hd_shape_index(shape, name) >= 0) return false;
    entry->word_offset = offset;
    entry->shape = shape;
    return true;
}

static bool field_entry(HdValue owner, HdValue name, HdCache *entry) {
    HdSize offset;
    uint64_t word;
    if (!hd_is_object(owner) || !find_word(hd_as_object(owner), &offset, &word) || offset == 0 || word == 0) return false;
    entry->word_offset = offset;
    if (hd_attrs_is_dict(word)) {
        entry->kind = HD_CACHE_FIELD_DICT;
        return true;
    }
    HdShape *shape = (HdShape *)(uintptr_t)word;
    int index = hd_shape_index(shape, name);
    if (index < 0) return false;
    entry->kind = HD_CACHE_FIELD;
    entry->shape = shape;
    entry->value_offset = offset + (HdSize)offsetof(HdAttrs, values) + index * (HdSize)sizeof(HdValue);
    return true;
}

/* Where a __slots__ member of instances of `type` lies; false when the descriptor is no such member. */
static bool member_slot(HdValue descriptor, const HdType *type, bool write, HdCache *entry) {
    const HdMemberDef *def = hd_native_member_def(descriptor, type);
    if (!def || (def->kind != HD_MEMBER_SLOT && def->kind != HD_MEMBER_VALUE) || (write && def->read_only)) return false;
    entry->kind = HD_CACHE_SLOT;
    entry->value_offset = def->offset;
    entry->tail = def->tail;
    return true;
}

/* Fills the entry for reading owner.name; the opcode, or 0. */
static unsigned instance_entry(HdThread *t, HdValue owner, HdValue name, bool method, HdCache *entry) {
    HdType *type = hd_type_of(owner);
    if (!(type->flags2 & HD_TYPE2_GENERIC_GETATTR)) return 0;
    entry->version = hd_type_version(t, type);
    if (!entry->version) return 0;
    HdValue v = hd_type_lookup_borrowed(t, type, name);
    if (!hd_is_null(v)) {
        HdType *kind = hd_type_of(v);
        if (method && kind->flags & HD_TYPE_METHOD_DESCRIPTOR && !kind->descr_set && without_own(owner, name, entry)) {
            entry->kind = HD_CACHE_METHOD;
            entry->value = v;
            return HD_INS_LOAD_METHOD_FAST;
        }
        if (method && kind->descr_set) return 0;
        if (!method && kind == &hd_property_type) {
            HdValue get = HD_AS(HdProperty, v)->get;
            if (hd_is_null(get) || !hd_is_function(get) || !hd_is_object(owner)) return 0;
            entry->kind = HD_CACHE_PROPERTY;
            entry->value = get;
            return HD_INS_LOAD_ATTR_PROPERTY;
        }
        if (!method && kind == &hd_member_descriptor_type && hd_is_object(owner)) {
            if (!member_slot(v, type, false, entry)) return 0;
            return HD_INS_LOAD_ATTR_SLOT;
        }
        if (!method && kind == &hd_tuple_field_type && hd_is_tuple(owner)) {
            HdSize index = HD_AS(HdTupleField, v)->index;
            if (index < 0 || index > UINT32_MAX) return 0;
            entry->kind = HD_CACHE_TUPLE_FIELD;
            entry->index = (uint32_t)index;
            return HD_INS_LOAD_ATTR_TUPLE_FIELD;
        }
        if (kind->descr_set) return 0;
        if (!kind->descr_get && !method && hd_is_object(owner) && without_own(owner, name, entry)) {
            entry->kind = HD_CACHE_CLASS_VALUE;
            entry->value = v;
            return HD_INS_LOAD_ATTR_CLASS;
        }
    }
    if (!field_entry(owner, name, entry)) return 0;
    if (entry->kind == HD_CACHE_FIELD_DICT) return method || !hd_is_null(v) ? 0 : HD_INS_LOAD_ATTR_DICT;
    return method ? HD_INS_LOAD_METHOD_FIELD : HD_INS_LOAD_ATTR_FIELD;
}

void hd_cache_load_attr(HdThread *t, HdCode *code, HdUnit *unit, HdValue owner, HdValue name, bool method) {
    HdCache entry = {0};
    unsigned opcode = 0;
    bool chain = false;
    if (hd_is_type(owner)) {
        if (type_entry(t, owner, name, &entry)) opcode = method ? HD_INS_LOAD_METHOD_TYPE : HD_INS_LOAD_ATTR_TYPE;
    } else if (hd_is_exact_object(owner, &hd_module_type)) {
        if (module_entry(t, owner, name, &entry)) opcode = method ? HD_INS_LOAD_METHOD_MODULE : HD_INS_LOAD_ATTR_MODULE;
    } else {
        opcode = instance_entry(t, owner, name, method, &entry);
        chain = opcode == HD_INS_LOAD_ATTR_FIELD || opcode == HD_INS_LOAD_ATTR_CLASS || opcode == HD_INS_LOAD_METHOD_FAST;
    }
    if (!opcode) {
        postpone(t, code, unit);
        return;
    }
    publish(t, code, unit, opcode, &entry, chain);
    if (opcode == HD_INS_LOAD_ATTR_FIELD) fuse_with_load(code, unit, with_attr_field(unit));
    else if (opcode == HD_INS_LOAD_METHOD_FAST) fuse_with_load(code, unit, HD_INS_LOAD_FAST_AND_METHOD_FAST);
}

void hd_cache_store_attr(HdThread *t, HdCode *code, HdUnit *unit, HdValue owner, HdValue name) {
    HdType *type = hd_type_of(owner);
    HdCache entry = {0};
    HdSize offset;
    uint64_t word;
    if (!hd_is_object(owner) || !(type->flags2 & HD_TYPE2_GENERIC_SETATTR)) goto fail;
    entry.version = hd_type_version(t, type);
    if (!entry.version) goto fail;
    HdValue v = hd_type_lookup_borrowed(t, type, name);
    if (!hd_is_null(v) && hd_type_of(v)->descr_set) {
        if (!member_slot(v, type, true, &entry)) goto fail;
        publish(t, code, unit, HD_INS_STORE_ATTR_SLOT, &entry, false);
        return;
    }
    if (!find_word(hd_as_object(owner), &offset, &word) || offset == 0 || word == 0 || hd_attrs_is_dict(word)) goto fail;
    HdShape *shape = (HdShape *)(uintptr_t)word;
    int index = hd_shape_index(shape, name);
    entry.word_offset = offset;
    entry.shape = shape;
    if (index >= 0) {
        entry.kind = HD_CACHE_STORE_FIELD;
    } else {
        if (shape->count >= shape->capacity || !hd_str_is_interned(name)) goto fail;
        entry.next_shape = hd_shape_child(t, shape, name);
        if (!entry.next_shape) {
            hd_clear_raised(t);
            goto fail;
        }
        index = (int)shape->count;
        entry.kind = HD_CACHE_STORE_ADD;
    }
    entry.value_offset = offset + (HdSize)offsetof(HdAttrs, values) + index * (HdSize)sizeof(HdValue);
    publish(t, code, unit, entry.kind == HD_CACHE_STORE_ADD ? HD_INS_STORE_ATTR_ADD : HD_INS_STORE_ATTR_FIELD, &entry, true);
    return;
fail:
    postpone(t, code, unit);
}

void hd_cache_super(HdThread *t, HdCode *code, HdUnit *unit, HdValue super, HdValue class_, HdValue self, HdValue name) {
    HdType *type = hd_type_of(self);
    if (!hd_same(super, hd_type_value(&hd_super_type)) || !hd_is_type(class_) || hd_is_null(type->mro)) {
        postpone(t, code, unit);
        return;
    }
    HdSize count = hd_tuple_length(type->mro), i = 0;
    while (i < count && !hd_same(hd_tuple_at_borrowed(type->mro, i), class_)) i++;
    for (i++; i < count; i++) {
        HdValue v = hd_dict_get_str(t, HD_AS(HdType, hd_tuple_at_borrowed(type->mro, i))->dict, name);
        if (hd_is_null(v)) continue;
        HdCache entry = {.kind = HD_CACHE_SUPER, .version = hd_type_version(t, type), .value = v, .value2 = class_};
        bool good = hd_type_of(v)->flags & HD_TYPE_METHOD_DESCRIPTOR && entry.version;
        hd_release(t, v);
        if (!good) break;
        publish(t, code, unit, HD_INS_LOAD_SUPER_METHOD_FAST, &entry, false);
        return;
    }
    postpone(t, code, unit);
}

/* --- calls --- */

/* A builtin that the handler recognises by identity. */
static bool is_builtin(HdThread *t, HdValue callable, const char *name) {
    HdValue v = hd_dict_get_text(t, t->runtime->builtins, name);
    bool same = hd_same(v, callable);
    hd_release(t, v);
    return same;
}

/* The handler need not count it. False: that cannot be. */
static bool publish_builtin(HdThread *t, HdCode *code, HdUnit *unit, unsigned opcode, HdValue callable) {
    HdCache entry = {.kind = HD_CACHE_CLASS_VALUE, .value = callable};
    if (!hd_count_make_immortal(t, hd_as_object(callable))) return false;
    publish(t, code, unit, opcode, &entry, false);
    return true;
}

static bool simple_enough(const HdSignature *signature, HdSize nargs) {
    return signature->direct && nargs >= signature->required && nargs <= signature->count;
}

void hd_eval_specialise_call(HdThread *t, HdCode *code, HdUnit *unit, HdValue callable, const HdRef *args, HdSize nargs) {
    HdUnit word = HD_LOAD_RELAXED(unit);
    bool has_self = nargs != (HdSize)hd_ops_operand(word);
    HdType *type = hd_type_of(callable);
    if (type == &hd_function_type) {
        const HdCode *callee = HD_LOAD_ACQUIRE(&HD_AS(HdFunction, callable)->code);
        if (callee->simple_argcount >= (int32_t)nargs) {
            hd_cache_swap(t, code, unit, HD_INS_CALL_PYTHON);
            return;
        }
    } else if (type == &hd_native_function_type && !has_self) {
        if (nargs == 1 && is_builtin(t, callable, "len") &&
            publish_builtin(t, code, unit, HD_INS_CALL_LEN, callable)) return;
        if (nargs == 2 && is_builtin(t, callable, "isinstance") &&
            publish_builtin(t, code, unit, HD_INS_CALL_ISINSTANCE, callable)) return;
        if (simple_enough(HD_AS(HdNativeFunction, callable)->signature, nargs)) {
            hd_cache_swap(t, code, unit, HD_INS_CALL_NATIVE);
            return;
        }
    } else if (type == &hd_method_descriptor_type && has_self) {
        HdValue append = hd_type_lookup_borrowed(t, &hd_list_type, HD_NAME("append"));
        if (nargs == 2 && hd_same(append, callable) && hd_is_exact_list(hd_ref_value(args[0])) &&
            publish_builtin(t, code, unit, HD_INS_CALL_LIST_APPEND, callable)) return;
        if (simple_enough(HD_AS(HdNativeFunction, callable)->signature, nargs - 1)) {
            hd_cache_swap(t, code, unit, HD_INS_CALL_NATIVE_METHOD);
            return;
        }
    } else if (!has_self && hd_eval_is_plain_class(callable)) {
        if (hd_same(callable, hd_type_value(&hd_type_type)) && nargs == 1) {
            hd_cache_swap(t, code, unit, HD_INS_CALL_TYPE_1);
            return;
        }
        hd_cache_call_class(t, code, unit, HD_AS(HdType, callable));
        return;
    }
    postpone(t, code, unit);
}

void hd_cache_call_class(HdThread *t, HdCode *code, HdUnit *unit, HdType *type) {
    if (type->create != hd_object_type.create) {
        hd_cache_swap(t, code, unit, HD_INS_CALL_NATIVE_CLASS);
        return;
    }
    HdValue init = hd_type_lookup_borrowed(t, type, HD_NAME("__init__"));
    HdCache entry = {.kind = HD_CACHE_INIT, .version = hd_type_version(t, type), .value = init};
    if (!(type->flags & HD_TYPE_HEAP) || (type->flags & HD_TYPE_ABSTRACT) || hd_is_null(init) ||
        !hd_is_exact_object(init, &hd_function_type) || !entry.version) {
        postpone(t, code, unit);
        return;
    }
    publish(t, code, unit, HD_INS_CALL_CLASS, &entry, false);
}

/* --- operators: another opcode, no entry --- */

static bool is_number(HdValue v) {
    double unused;
    return hd_eval_as_double(v, &unused);
}

void hd_eval_specialise_binary(HdThread *t, HdCode *code, HdUnit *unit, uint32_t op, HdValue a, HdValue b) {
    unsigned opcode = 0;
    uint32_t plain = op >= HD_OP_INPLACE ? op - HD_OP_INPLACE : op;
    if (hd_both_imm_int(a, b)) {
        switch (plain) {
        case HD_OP_ADD: opcode = HD_INS_BINARY_OP_ADD_INT; break;
        case HD_OP_SUBTRACT: opcode = HD_INS_BINARY_OP_SUBTRACT_INT; break;
        case HD_OP_MULTIPLY: opcode = HD_INS_BINARY_OP_MULTIPLY_INT; break;
        case HD_OP_FLOOR_DIVIDE: opcode = HD_INS_BINARY_OP_FLOOR_DIVIDE_INT; break;
        case HD_OP_REMAINDER: opcode = HD_INS_BINARY_OP_REMAINDER_INT; break;
        case HD_OP_AND:
        case HD_OP_OR:
        case HD_OP_XOR: opcode = HD_INS_BINARY_OP_AND_INT; break;
        case HD_OP_TRUE_DIVIDE: opcode = HD_INS_BINARY_OP_TRUE_DIVIDE_FLOAT; break;
        default: break;
        }
    } else if (is_number(a) && is_number(b)) {
        switch (plain) {
        case HD_OP_ADD: opcode = HD_INS_BINARY_OP_ADD_FLOAT; break;
        case HD_OP_SUBTRACT: opcode = HD_INS_BINARY_OP_SUBTRACT_FLOAT; break;
        case HD_OP_MULTIPLY: opcode = HD_INS_BINARY_OP_MULTIPLY_FLOAT; break;
        case HD_OP_TRUE_DIVIDE: opcode = HD_INS_BINARY_OP_TRUE_DIVIDE_FLOAT; break;
        default: break;
        }
    } else if (plain == HD_OP_ADD && hd_is_exact_str(a) && hd_is_exact_str(b)) {
        opcode = HD_INS_BINARY_OP_ADD_STR;
    }
    if (opcode) hd_cache_swap(t, code, unit, opcode);
    else postpone(t, code, unit);
}

void hd_eval_specialise_compare(HdThread *t, HdCode *code, HdUnit *unit, HdValue a, HdValue b) {
    if (hd_both_imm_int(a, b)) hd_cache_swap(t, code, unit, HD_INS_COMPARE_OP_INT);
    else if (is_number(a) && is_number(b)) hd_cache_swap(t, code, unit, HD_INS_COMPARE_OP_FLOAT);
    else if (hd_is_exact_str(a) && hd_is_exact_str(b)) hd_cache_swap(t, code, unit, HD_INS_COMPARE_OP_STR);
    else postpone(t, code, unit);
}

void hd_eval_specialise_subscr(HdThread *t, HdCode *code, HdUnit *unit, HdValue o, HdValue key, bool store) {
    unsigned opcode = 0;
    HdType *type = hd_type_of(o);
    if (type == &hd_list_type && hd_is_imm_int(key)) opcode = store ? HD_INS_STORE_SUBSCR_LIST_INT : HD_INS_BINARY_SUBSCR_LIST_INT;
    else if (type == &hd_dict_type) opcode = store ? HD_INS_STORE_SUBSCR_DICT : HD_INS_BINARY_SUBSCR_DICT;
    else if (type == &hd_tuple_type && hd_is_imm_int(key) && !store) opcode = HD_INS_BINARY_SUBSCR_TUPLE_INT;
    else if (type == &hd_str_type && hd_is_imm_int(key) && !store) opcode = HD_INS_BINARY_SUBSCR_STR_INT;
    if (opcode) {
        hd_cache_swap(t, code, unit, opcode);
        return;
    }
    if (!store && type->flags & HD_TYPE_HEAP) {
        HdValue v = hd_type_lookup_borrowed(t, type, HD_NAME("__getitem__"));
        HdCache entry = {.kind = HD_CACHE_GETITEM, .version = hd_type_version(t, type), .value = v};
        if (!hd_is_null(v) && hd_is_exact_object(v, &hd_function_type) && entry.version) {
            publish(t, code, unit, HD_INS_BINARY_SUBSCR_GETITEM, &entry, false);
            return;
        }
    }
    postpone(t, code, unit);
}

void hd_eval_specialise_for_iter(HdThread *t, HdCode *code, HdUnit *unit, HdValue iterator) {
    HdType *type = hd_type_of(iterator);
    unsigned opcode = type == &hd_list_iterator_type    ? HD_INS_FOR_ITER_LIST
                      : type == &hd_tuple_iterator_type ? HD_INS_FOR_ITER_TUPLE
                      : type == &hd_range_iterator_type ? HD_INS_FOR_ITER_RANGE
                      : type == &hd_generator_type      ? HD_INS_FOR_ITER_GENERATOR
                                                        : 0;
    if (opcode) hd_cache_swap(t, code, unit, opcode);
    else postpone(t, code, unit);
}

void hd_eval_specialise_unpack(HdThread *t, HdCode *code, HdUnit *unit, HdValue v, uint32_t count) {
    if (hd_is_exact_tuple(v)) {
        hd_cache_swap(t, code, unit, count == 2 ? HD_INS_UNPACK_SEQUENCE_TWO_TUPLE : HD_INS_UNPACK_SEQUENCE_TUPLE);
    } else if (hd_is_exact_list(v)) {
        hd_cache_swap(t, code, unit, HD_INS_UNPACK_SEQUENCE_LIST);
    } else {
        postpone(t, code, unit);
    }
}

void hd_eval_specialise_contains(HdThread *t, HdCode *code, HdUnit *unit, HdValue container) {
    if (hd_is_exact_dict(container)) {
        hd_cache_swap(t, code, unit, HD_INS_CONTAINS_OP_DICT);
    } else if (hd_is_exact_object(container, &hd_set_type) || hd_is_exact_object(container, &hd_frozenset_type)) {
        hd_cache_swap(t, code, unit, HD_INS_CONTAINS_OP_SET);
    } else {
        postpone(t, code, unit);
    }
}
