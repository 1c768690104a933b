/* ast_types.c -- the classes of the module _ast, all made from the rows of ast.def.
 *
 * AST is a native type; every other class is an ordinary Python class made at run time, as in CPython, so that
 * programs may subclass it and set attributes on it. A node keeps its fields in its __dict__. No locks of its own.
 */
#include "ast_types.h"

/* --- AST --- */

static HdValue ast_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}

/* Sets a keyword argument; `positional` fields have been set already. */
static int set_keyword(HdThread *t, HdValue self, HdValue fields, HdSize positional, HdValue name, HdValue value) {
    for (HdSize i = 0; i < positional; i++) {
        HD_OWNED HdValue field = hd_object_getitem_index(t, fields, i);
        if (hd_is_null(field)) return -1;
        int same = hd_object_equal(t, field, name);
        if (same < 0) return -1;
        if (same)
            return hd_raise_int(t, &hd_TypeError, "%s got multiple values for argument '%U'", hd_type_of(self)->name,
                                name);
    }
    return hd_object_setattr(t, self, name, value);
}

static int ast_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue fields = HD_NULL;
    int found = hd_object_find_attr(t, hd_type_value(hd_type_of(self)), HD_NAME("_fields"), &fields);
    if (found < 0) return -1;
    HdSize count = found ? hd_object_length(t, fields) : 0;
    if (count < 0) return -1;
    if (nargs > count)
        return hd_raise_int(t, &hd_TypeError, "%N constructor takes at most %zd positional argument%s",
                            hd_type_of(self), count, count == 1 ? "" : "s");
    for (HdSize i = 0; i < nargs; i++) {
        HD_OWNED HdValue name = hd_object_getitem_index(t, fields, i);
        if (hd_is_null(name) || hd_object_setattr(t, self, name, hd_ref_value(args[i])) < 0) return -1;
    }
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    for (HdSize i = 0; i < keywords; i++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, i);
        if (set_keyword(t, self, fields, nargs, name, hd_ref_value(args[nargs + i])) < 0) return -1;
    }
    return 0;
}

static HdValue ast_reduce(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue dict = HD_NULL;
    int found = hd_object_find_attr(t, self, HD_NAME("__dict__"), &dict);
    if (found < 0) return HD_NULL;
    HdValue type = hd_type_value(hd_type_of(self));
    return found ? hd_tuple_pack(t, 3, type, hd_tuple_empty(), dict) : hd_tuple_pack(t, 2, type, hd_tuple_empty());
}

static const HdMethodDef ast_methods[] = {
    HD_METHOD(ast_reduce, "__reduce__($self, /)", "How pickle and copy make it again: class and __dict__."),
    HD_METHODS_END,
};
static const HdGetSetDef ast_getsets[] = {
    {"__dict__", hd_attrs_get_dict_attr, hd_attrs_set_dict_attr, NULL, NULL},
    {NULL},
};
HdType hd_ast_type = {
    HD_TYPE_HEAD("ast.AST"),
    .basicsize = sizeof(HdObject) + sizeof(HdAttrs),
    .attrs_offset = sizeof(HdObject),
    .attrs_hint = 8,
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .create = ast_create,
    .init = ast_init,
    .methods = ast_methods,
    .getsets = ast_getsets,
};

/* --- docstrings: the row of the class in ASDL, the notation of CPython's own table --- */

static void describe_class(HdStrBuilder *b, const HdAstClassInfo *info) {
    static const char *const marks[] = {[HD_AST_ONE] = "", [HD_AST_OPT] = "?", [HD_AST_MANY] = "*"};
    (void)hd_str_builder_text(b, info->name);
    for (int i = 0; i < info->field_count; i++) {
        const HdAstFieldInfo *field = &info->fields[i];
        (void)hd_str_builder_text(b, i ? ", " : "(");
        (void)hd_str_builder_text(b, hd_ast_sums[field->type].name);
        (void)hd_str_builder_text(b, marks[field->count]);
        (void)hd_str_builder_char(b, ' ');
        (void)hd_str_builder_text(b, field->name);
    }
    if (info->field_count) (void)hd_str_builder_char(b, ')');
}

/* "name = A(...)", each further class on a line of its own; operators stand in one line. */
static void describe_sum(HdStrBuilder *b, HdAstSum sum) {
    const HdAstSumInfo *info = &hd_ast_sums[sum];
    bool first = true;
    (void)hd_str_builder_text(b, info->name);
    (void)hd_str_builder_text(b, " = ");
    for (int kind = HD_AST_NONE + 1; kind < HD_AST_KIND_COUNT; kind++) {
        if (hd_ast_classes[kind].sum != sum) continue;
        if (!first) {
            (void)hd_str_builder_char(b, '\n');
            (void)hd_str_builder_fill(b, ' ', (HdSize)strlen(info->name) + 1);
            (void)hd_str_builder_text(b, "| ");
        }
        first = false;
        describe_class(b, &hd_ast_classes[kind]);
    }
    for (int op = HD_AST_NO_OPERATOR + 1; op < HD_AST_OPERATOR_COUNT; op++) {
        if (hd_ast_operators[op].sum != sum) continue;
        if (!first) (void)hd_str_builder_text(b, " | ");
        first = false;
        (void)hd_str_builder_text(b, hd_ast_operators[op].name);
    }
}

/* --- making the classes --- */

static HdValue field_names(HdThread *t, const HdAstClassInfo *info) {
    HD_OWNED HdValue names = hd_tuple_new(t, info->field_count);
    if (hd_is_null(names)) return HD_NULL;
    for (int i = 0; i < info->field_count; i++) {
        HdValue name = hd_str_intern_text(t, info->fields[i].name);
        if (hd_is_null(name)) return HD_NULL;
        hd_tuple_put_steal(names, i, name);
    }
    return hd_move(&names);
}

/* A class with the namespace that type(name, (base,), {...}) gets in CPython; put into the module, too. `doc` is taken
 * over. */
static HdValue make_class(HdThread *t, HdValue module, const char *name, HdValue base, HdValue fields, HdValue doc) {
    HD_OWNED HdValue text = doc;
    HD_OWNED HdValue bases = hd_tuple_pack(t, 1, base);
    HD_OWNED HdValue space = hd_dict_new(t);
    HD_OWNED HdValue name_str = hd_str_intern_text(t, name);
    HD_OWNED HdValue ast = hd_str_intern_text(t, "ast");
    if (hd_is_null(text) || hd_is_null(bases) || hd_is_null(space) || hd_is_null(name_str) || hd_is_null(ast))
        return HD_NULL;
    if (hd_dict_set(t, space, HD_NAME("_fields"), fields) < 0 ||
        hd_dict_set(t, space, HD_NAME("__match_args__"), fields) < 0 ||
        hd_dict_set(t, space, HD_NAME("__module__"), ast) < 0 || hd_dict_set(t, space, HD_NAME("__doc__"), text) < 0)
        return HD_NULL;
    HD_OWNED HdValue made = hd_type_new_class(t, &hd_type_type, name_str, bases, space, NULL, HD_NULL);
    if (hd_is_null(made) || hd_module_set(t, module, name, made) < 0) return HD_NULL;
    return hd_move(&made);
}

static int set_none(HdThread *t, HdValue class, const char *name) {
    HD_OWNED HdValue key = hd_str_intern_text(t, name);
    return hd_is_null(key) ? -1 : hd_object_setattr(t, class, key, hd_None);
}

/* For an abstract class or a product. */
static int set_attributes(HdThread *t, HdAstState *state, HdValue class, const HdAstSumInfo *sum) {
    HdValue names = sum->has_attributes ? state->attributes : hd_tuple_empty();
    return hd_object_setattr(t, class, HD_NAME("_attributes"), names);
}
/* The end of most nodes may be left out. */
static int set_end(HdThread *t, HdValue class, const HdAstSumInfo *sum) {
    if (!sum->has_attributes || sum->needs_end) return 0;
    return set_none(t, class, "end_lineno") < 0 || set_none(t, class, "end_col_offset") < 0 ? -1 : 0;
}

static int add_sum(HdThread *t, HdValue module, HdAstState *state, int sum) {
    HdStrBuilder doc;
    hd_str_builder_init(&doc, t);
    describe_sum(&doc, (HdAstSum)sum);
    HdValue class = make_class(t, module, hd_ast_sums[sum].name, hd_type_value(&hd_ast_type), hd_tuple_empty(),
                               hd_str_builder_finish(&doc));
    state->sums[sum] = class;
    if (hd_is_null(class) || set_attributes(t, state, class, &hd_ast_sums[sum]) < 0) return -1;
    return set_end(t, class, &hd_ast_sums[sum]);
}

static int add_node(HdThread *t, HdValue module, HdAstState *state, int kind) {
    const HdAstClassInfo *info = &hd_ast_classes[kind];
    bool product = hd_ast_sums[info->sum].is_product;
    state->fields[kind] = field_names(t, info);
    if (hd_is_null(state->fields[kind])) return -1;
    HdStrBuilder doc;
    hd_str_builder_init(&doc, t);
    describe_class(&doc, info);
    HdValue class = make_class(t, module, info->name, product ? hd_type_value(&hd_ast_type) : state->sums[info->sum],
                               state->fields[kind], hd_str_builder_finish(&doc));
    state->classes[kind] = class;
    if (hd_is_null(class)) return -1;
    if (product) state->sums[info->sum] = hd_retain(t, class);
    if (product && set_attributes(t, state, class, &hd_ast_sums[info->sum]) < 0) return -1;
    for (int i = 0; i < info->field_count; i++) {
        if (info->fields[i].count == HD_AST_OPT && set_none(t, class, info->fields[i].name) < 0) return -1;
    }
    return product ? set_end(t, class, &hd_ast_sums[info->sum]) : 0;
}

static int add_operator(HdThread *t, HdValue module, HdAstState *state, int op) {
    const HdAstOperatorInfo *info = &hd_ast_operators[op];
    HdValue class = make_class(t, module, info->name, state->sums[info->sum], hd_tuple_empty(),
                               hd_str_from_text(t, info->name));
    state->operator_classes[op] = class;
    if (hd_is_null(class)) return -1;
    state->operators[op] = hd_type_alloc(t, HD_AS(HdType, class));
    return hd_is_null(state->operators[op]) ? -1 : 0;
}

static const struct {
    int (*add)(HdThread *t, HdValue module, HdAstState *state, int index);
    int index;
} rows[] = {
#define HD_AST_SUM(sum, attributes) {add_sum, HD_AST_SUM_##sum},
#define HD_AST_NODE(sum, class, fields) {add_node, HD_AST_##class},
#define HD_AST_OPERATOR_SUM(sum) {add_sum, HD_AST_SUM_##sum},
#define HD_AST_OPERATOR(sum, class, text) {add_operator, HD_AST_##class},
#include "ast.def"
};

static int add_base(HdThread *t, HdValue module) {
    if (hd_module_add_type(t, module, &hd_ast_type) < 0) return -1;
    hd_ast_type.flags &= ~(uint32_t)HD_TYPE_IMMUTABLE; /* programs may set and delete its attributes */
    HdValue class = hd_type_value(&hd_ast_type);
    return hd_object_setattr(t, class, HD_NAME("_fields"), hd_tuple_empty()) < 0 ||
                   hd_object_setattr(t, class, HD_NAME("__match_args__"), hd_tuple_empty()) < 0 ||
                   hd_object_setattr(t, class, HD_NAME("_attributes"), hd_tuple_empty()) < 0
               ? -1
               : 0;
}

int hd_ast_add_types(HdThread *t, HdValue module) {
    HdAstState *state = hd_module_state(module);
    state->attributes = hd_tuple_pack(t, 4, HD_NAME("lineno"), HD_NAME("col_offset"), HD_NAME("end_lineno"),
                                      HD_NAME("end_col_offset"));
    if (hd_is_null(state->attributes) || add_base(t, module) < 0) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(rows); i++) {
        if (rows[i].add(t, module, state, rows[i].index) < 0) return -1;
    }
    return 0;
}
