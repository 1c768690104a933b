/* structseq.c -- tuples with named fields for native modules: os.stat_result, time.struct_time, sys.flags.
 *
 * Such a class is made at run time over tuple and cannot be subclassed. The visible items are the tuple; hidden fields
 * lie behind them in the same array. What a class knows is in its native_data and lives as long as the process.
 * Immutable; no locks.
 */
#include "structseq.h"

#include "dict.h"
#include "int.h"
#include "list.h"
#include "str_builder.h"

#define TUPLE(v) HD_AS(HdTuple, v)

typedef struct Info {
    HdSize visible, fields, unnamed;
    const HdStructSeqField *names;
    const char *full_name;
    HdGetSetDef getsets[];
} Info;

static Info *info_of(HdObject *self) { return self->type->native_data; }

static HdSize var_size(HdObject *self) {
    return (HdSize)sizeof(HdTuple) + info_of(self)->fields * (HdSize)sizeof(HdValue);
}

static HdValue allocate(HdThread *t, HdType *type) {
    Info *info = type->native_data;
    HdValue self = hd_type_alloc_var(t, type, (HdSize)sizeof(HdTuple) + info->fields * (HdSize)sizeof(HdValue));
    if (!hd_is_null(self)) TUPLE(self)->length = info->visible;
    return self;
}

HdValue hd_structseq_new_steal(HdThread *t, HdValue type, HdValue *values, HdSize count) {
    bool complete = true;
    for (HdSize i = 0; i < count; i++) complete = complete && !hd_is_null(values[i]);
    HdValue self = complete ? allocate(t, HD_AS(HdType, type)) : HD_NULL;
    if (hd_is_null(self)) {
        for (HdSize i = 0; i < count; i++) hd_release(t, values[i]);
        return HD_NULL;
    }
    HdSize fields = HD_AS(HdType, type)->native_data ? ((Info *)HD_AS(HdType, type)->native_data)->fields : 0;
    for (HdSize i = 0; i < fields; i++) TUPLE(self)->at[i] = i < count ? values[i] : hd_None;
    return self;
}

HdValue hd_structseq_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "structseq(sequence, dict={})", NULL);
    Info *info = type->native_data;
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HD_OWNED HdValue items = hd_object_fast_sequence(t, bound[0], "constructor requires a sequence");
    if (hd_is_null(items)) return HD_NULL;
    if (!hd_is_null(bound[1]) && !hd_is_dict(bound[1])) {
        return hd_raise(t, &hd_TypeError, "%s() takes a dict as second arg, if any", info->full_name);
    }
    HD_OWNED HdValue tuple = hd_tuple_from_iterable(t, items);
    if (hd_is_null(tuple)) return HD_NULL;
    HdSize length = hd_tuple_length(tuple);
    if (length < info->visible || length > info->fields) {
        const char *how = info->visible == info->fields ? "a " : length < info->visible ? "an at least " : "an at most ";
        return hd_raise(t, &hd_TypeError, "%s() takes %s%zd-sequence (%zd-sequence given)", info->full_name, how,
                        length < info->visible ? info->visible : info->fields, length);
    }
    HdValue self = allocate(t, type);
    if (hd_is_null(self)) return HD_NULL;
    for (HdSize i = 0; i < info->fields; i++) {
        HdValue item = i < length ? hd_retain(t, hd_tuple_at_borrowed(tuple, i)) : HD_NULL;
        if (hd_is_null(item) && !hd_is_null(bound[1])) item = hd_dict_get_text(t, bound[1], info->names[i].name);
        TUPLE(self)->at[i] = hd_is_null(item) ? hd_None : item;
    }
    return self;
}

static HdValue repr(HdThread *t, HdValue self) {
    Info *info = info_of(hd_as_object(self));
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    (void)hd_str_builder_text(&b, info->full_name);
    (void)hd_str_builder_char(&b, '(');
    for (HdSize i = 0, field = 0; i < info->visible; i++, field++) {
        while (!info->names[field].name[0]) field++; /* the names of the named fields, in their order */
        HdValue text = hd_object_repr(t, TUPLE(self)->at[i]);
        if (hd_is_null(text)) {
            hd_str_builder_discard(&b);
            return HD_NULL;
        }
        if (i) (void)hd_str_builder_text(&b, ", ");
        (void)hd_str_builder_text(&b, info->names[field].name);
        (void)hd_str_builder_char(&b, '=');
        (void)hd_str_builder_str(&b, text);
        hd_release(t, text);
    }
    (void)hd_str_builder_char(&b, ')');
    return hd_str_builder_finish(&b);
}

static HdValue get_field(HdThread *t, HdValue self, void *closure) {
    return hd_retain(t, TUPLE(self)->at[(HdSize)(intptr_t)closure]);
}

static HdValue reduce(HdThread *t, HdValue self, const HdValue *args) {
    Info *info = info_of(hd_as_object(self));
    HD_OWNED HdValue items = hd_tuple_from_values(t, TUPLE(self)->at, info->visible);
    HD_OWNED HdValue rest = hd_is_null(items) ? HD_NULL : hd_dict_new(t);
    if (hd_is_null(rest)) return HD_NULL;
    for (HdSize i = info->visible; i < info->fields; i++) {
        if (hd_dict_set_text(t, rest, info->names[i].name, TUPLE(self)->at[i]) < 0) return HD_NULL;
    }
    HD_OWNED HdValue pack = hd_tuple_pack(t, 2, items, rest);
    return hd_is_null(pack) ? HD_NULL : hd_tuple_pack(t, 2, hd_type_value(hd_type_of(self)), pack);
}
static const HdMethodDef reduce_def = HD_METHOD(reduce, "__reduce__($self, /)", "How pickle makes it again.");

static void dealloc(HdThread *t, HdObject *self) {
    HdSize fields = info_of(self)->fields;
    for (HdSize i = fields; i-- > 0;) hd_release(t, ((HdTuple *)self)->at[i]);
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) {
    HdSize fields = info_of(self)->fields;
    for (HdSize i = fields; i-- > 0;) HD_VISIT(((HdTuple *)self)->at[i]);
    return 0;
}

/* Puts an owned value (or HD_NULL: raised) into the class. */
static int put(HdThread *t, HdType *type, const char *name, HdValue value) {
    if (hd_is_null(value)) return -1;
    HdValue key = hd_str_intern_text(t, name);
    int status = hd_is_null(key) ? -1 : hd_type_setattr(t, type, key, value);
    hd_release(t, key);
    hd_release(t, value);
    return status;
}

static int add_fields(HdThread *t, HdType *type, Info *info) {
    HD_OWNED HdValue match = hd_tuple_new(t, info->visible - info->unnamed);
    if (hd_is_null(match)) return -1;
    HdSize named = 0;
    for (HdSize i = 0; i < info->fields; i++) {
        const char *name = info->names[i].name;
        if (!name[0]) continue;
        info->getsets[i] = (HdGetSetDef){name, get_field, NULL, info->names[i].doc, (void *)(intptr_t)i};
        if (put(t, type, name, hd_native_getset_new(t, type, &info->getsets[i])) < 0) return -1;
        if (i >= info->visible) continue;
        HdValue text = hd_str_intern_text(t, name);
        if (hd_is_null(text)) return -1;
        hd_tuple_put_steal(match, named++, text);
    }
    if (put(t, type, "__match_args__", hd_retain(t, match)) < 0) return -1;
    if (put(t, type, "n_fields", hd_imm_int(info->fields)) < 0) return -1;
    if (put(t, type, "n_sequence_fields", hd_imm_int(info->visible)) < 0) return -1;
    if (put(t, type, "n_unnamed_fields", hd_imm_int(info->unnamed)) < 0) return -1;
    return put(t, type, "__reduce__", hd_native_descriptor_new(t, type, &reduce_def));
}

HdValue hd_structseq_type_new(HdThread *t, const char *full_name, const char *doc, const HdStructSeqField *fields,
                              HdSize visible) {
    HdSize count = 0, unnamed = 0;
    for (; fields[count].name; count++) unnamed += !fields[count].name[0];
    Info *info = hd_heap_raw_zeroed(t, sizeof *info + (size_t)count * sizeof(HdGetSetDef));
    if (!info) return hd_raise_no_memory(t);
    info->visible = visible;
    info->fields = count;
    info->unnamed = unnamed;
    info->names = fields;
    info->full_name = full_name;
    const char *dot = strrchr(full_name, '.');
    const char *short_name = dot ? dot + 1 : full_name;
    HD_OWNED HdValue name = hd_str_intern_text(t, short_name);
    HD_OWNED HdValue bases = hd_tuple_pack(t, 1, hd_type_value(&hd_tuple_type));
    HD_OWNED HdValue space = hd_dict_new(t);
    HD_OWNED HdValue module = hd_str_from_utf8(t, full_name, dot ? dot - full_name : 0);
    HD_OWNED HdValue text = doc ? hd_str_from_text(t, doc) : hd_None;
    if (hd_is_null(name) || hd_is_null(bases) || hd_is_null(space) || hd_is_null(module) || hd_is_null(text) ||
        hd_dict_set_text(t, space, "__slots__", hd_tuple_empty()) < 0 ||
        hd_dict_set_text(t, space, "__module__", module) < 0 || hd_dict_set_text(t, space, "__doc__", text) < 0)
        return HD_NULL;
    HdValue result = hd_type_new_class(t, &hd_type_type, name, bases, space, NULL, HD_NULL);
    if (hd_is_null(result)) return HD_NULL;
    HdType *type = HD_AS(HdType, result);
    type->native_data = info;
    type->var_size = var_size;
    type->dealloc = dealloc;
    type->traverse = traverse;
    type->create = hd_structseq_create;
    type->repr = repr;
    type->flags &= ~(uint32_t)HD_TYPE_BASE;
    if (hd_dict_delete(t, type->dict, HD_NAME("__slots__")) == 0 && add_fields(t, type, info) == 0) return result;
    hd_release(t, result);
    return HD_NULL;
}
