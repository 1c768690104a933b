/* mod__string.c -- the module _string: the parser of format strings, for string.Formatter. */
#include "heddle/module.h"
#include "str_format_method.h"

/* --- formatter_parser: (literal, field, specification, conversion) --- */

typedef struct FormatterIterator {
    HdObject head;
    HdValue str;
    HdSize at;
} FormatterIterator;

static HdValue formatter_next(HdThread *t, HdValue self) {
    FormatterIterator *it = HD_AS(FormatterIterator, self);
    HdFormatField field;
    HdSize at = HD_LOAD_RELAXED(&it->at);
    if (hd_str_format_next(t, it->str, &at, hd_str_length(it->str), &field) <= 0) return HD_NULL;
    HD_STORE_RELAXED(&it->at, at);
    HD_OWNED HdValue literal = hd_str_substring(t, it->str, field.literal_start, field.literal_end);
    HD_OWNED HdValue name = field.has_field ? hd_str_substring(t, it->str, field.name_start, field.name_end) : hd_None;
    HD_OWNED HdValue spec = field.has_field ? hd_str_substring(t, it->str, field.spec_start, field.spec_end) : hd_None;
    HD_OWNED HdValue conversion = field.conversion ? hd_str_from_char(t, field.conversion) : hd_None;
    if (hd_is_null(literal) || hd_is_null(name) || hd_is_null(spec) || hd_is_null(conversion)) return HD_NULL;
    return hd_tuple_pack(t, 4, literal, name, spec, conversion);
}

/* --- formatter_field_name_split: first, then (is_attribute, name) pairs --- */

typedef struct FieldNameIterator {
    HdObject head;
    HdValue str;
    HdSize at;
} FieldNameIterator;

static HdValue field_next(HdThread *t, HdValue self) {
    FieldNameIterator *it = HD_AS(FieldNameIterator, self);
    bool is_attribute;
    HdSize index, start, end, at = HD_LOAD_RELAXED(&it->at);
    if (hd_str_format_rest(t, it->str, &at, hd_str_length(it->str), &is_attribute, &index, &start, &end) <= 0) return HD_NULL;
    HD_STORE_RELAXED(&it->at, at);
    HD_OWNED HdValue name = index >= 0 && !is_attribute ? hd_int_from_size(t, index)
                                                        : hd_str_substring(t, it->str, start, end);
    return hd_is_null(name) ? HD_NULL : hd_tuple_pack(t, 2, hd_bool(is_attribute), name);
}

static HdValue self_iter(HdThread *t, HdValue self) { return hd_retain(t, self); }
static void dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((FormatterIterator *)self)->str);
    hd_type_free(t, self);
}

static HdType formatter_iterator_type = {
    HD_TYPE_HEAD("formatteriterator"),
    .basicsize = sizeof(FormatterIterator),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE,
    .dealloc = dealloc,
    .iter = self_iter,
    .next = formatter_next,
};
static HdType field_iterator_type = {
    HD_TYPE_HEAD("fieldnameiterator"),
    .basicsize = sizeof(FieldNameIterator),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE,
    .dealloc = dealloc,
    .iter = self_iter,
    .next = field_next,
};

static HdValue formatter_parser(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "expected str, got %T", args[0]);
    FormatterIterator *it = HD_NEW(t, FormatterIterator, &formatter_iterator_type);
    if (it) it->str = hd_retain(t, args[0]);
    return hd_from_object(it);
}

static HdValue field_name_split(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "expected str, got %T", args[0]);
    HdSize index, end = hd_str_format_first(t, args[0], 0, hd_str_length(args[0]), &index);
    if (end < 0) return HD_NULL;
    HD_OWNED HdValue first = index >= 0 ? hd_int_from_size(t, index) : hd_str_substring(t, args[0], 0, end);
    if (hd_is_null(first)) return HD_NULL;
    FieldNameIterator *it = HD_NEW(t, FieldNameIterator, &field_iterator_type);
    if (!it) return HD_NULL;
    it->str = hd_retain(t, args[0]);
    it->at = end;
    HD_OWNED HdValue rest = hd_from_object(it);
    return hd_tuple_pack(t, 2, first, rest);
}

static const HdMethodDef functions[] = {
    HD_METHOD(field_name_split, "formatter_field_name_split($module, field_name, /)", "split the argument as a field name"),
    HD_METHOD(formatter_parser, "formatter_parser($module, format_string, /)", "parse the argument as a format string"),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &formatter_iterator_type) < 0) return -1;
    return hd_type_ready(t, &field_iterator_type);
}

const HdModuleDef hd_module__string = {
    .name = "_string",
    .doc = "string helper module",
    .functions = functions,
    .exec = exec,
};
