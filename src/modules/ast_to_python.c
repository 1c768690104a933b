/* ast_to_python.c -- a tree of the parser as Python objects: what compile(..., ast.PyCF_ONLY_AST) gives.
 *
 * Walks all nodes alike by their description in ast.h. The str of a name is made once a tree and kept at HdName.user
 * meanwhile. The objects are seen by nobody else until the whole tree is there; no locks.
 */
#include "ast_types.h"
#include "compile.h"

static HdValue node_to_python(HdThread *t, HdAstState *state, HdNode *node);

static HdValue name_to_python(HdThread *t, HdName *name) {
    if (!name) return hd_None;
    if (!name->user) {
        HdValue text = hd_str_from_wtf8(t, name->bytes, (HdSize)name->length);
        if (hd_is_null(text)) return HD_NULL;
        name->user = hd_as_object(hd_str_intern_steal(t, text));
    }
    return hd_retain(t, hd_from_object(name->user));
}

static void release_names(HdThread *t, HdAstNames *names) {
    for (uint32_t i = 0; i <= names->mask; i++) {
        for (HdName *name = names->buckets[i]; name; name = name->next) {
            HdValue text = hd_from_object(name->user);
            name->user = NULL;
            hd_release(t, text);
        }
    }
}

static HdValue list_item(HdThread *t, HdAstState *state, const HdAstFieldInfo *field, const char *at, int i) {
    if (field->type == HD_AST_SUM_identifier) return name_to_python(t, ((const HdNameList *)at)->items[i]);
    if (hd_ast_sums[field->type].is_operator) return hd_retain(t, state->operators[((const HdOpList *)at)->items[i]]);
    return node_to_python(t, state, ((const HdNodeList *)at)->items[i]);
}

static HdValue list_to_python(HdThread *t, HdAstState *state, const HdAstFieldInfo *field, const char *at) {
    int count = ((const HdNodeList *)at)->count; /* the three kinds of list have their count at one place */
    _Static_assert(offsetof(HdNodeList, count) == offsetof(HdNameList, count) &&
                       offsetof(HdNodeList, count) == offsetof(HdOpList, count),
                   "lists of a tree look alike");
    HD_OWNED HdValue list = hd_list_new(t, count);
    if (hd_is_null(list)) return HD_NULL;
    for (int i = 0; i < count; i++) {
        HdValue item = list_item(t, state, field, at, i);
        if (hd_is_null(item) || hd_list_append_steal(t, list, item) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue field_to_python(HdThread *t, HdAstState *state, const HdAstFieldInfo *field, const char *at) {
    if (field->count == HD_AST_MANY) return list_to_python(t, state, field, at);
    switch (field->type) {
    case HD_AST_SUM_int: return hd_imm_int(*(const int *)at);
    case HD_AST_SUM_constant: return hd_compile_constant(t, (const HdConstant *)at);
    case HD_AST_SUM_identifier: return name_to_python(t, *(HdName *const *)at);
    case HD_AST_SUM_string: {
        const HdAstString *string = *(HdAstString *const *)at;
        return string ? hd_str_from_wtf8(t, string->bytes, string->length) : hd_None;
    }
    default:
        if (hd_ast_sums[field->type].is_operator) return hd_retain(t, state->operators[*(const uint8_t *)at]);
        return node_to_python(t, state, *(HdNode *const *)at);
    }
}

/* `value` is taken over; HD_NULL: raised already. */
static int set_steal(HdThread *t, HdValue object, HdValue name, HdValue value) {
    if (hd_is_null(value)) return -1;
    int status = hd_attrs_set(t, hd_as_object(object), name, value);
    hd_release(t, value);
    return status;
}

static int set_position(HdThread *t, HdAstState *state, HdValue object, const HdNode *node) {
    const int32_t position[] = {node->lineno, node->col_offset, node->end_lineno, node->end_col_offset};
    for (int i = 0; i < 4; i++) {
        HdValue name = hd_tuple_at_borrowed(state->attributes, i);
        if (hd_attrs_set(t, hd_as_object(object), name, hd_imm_int(position[i])) < 0) return -1;
    }
    return 0;
}

static HdValue node_to_python(HdThread *t, HdAstState *state, HdNode *node) {
    if (!node) return hd_None;
    if (hd_object_enter(t, " during ast construction") < 0) return HD_NULL;
    const HdAstClassInfo *info = &hd_ast_classes[node->kind];
    HD_OWNED HdValue object = hd_type_alloc(t, HD_AS(HdType, state->classes[node->kind]));
    if (hd_is_null(object)) return HD_NULL;
    for (int i = 0; i < info->field_count; i++) {
        HdValue value = field_to_python(t, state, &info->fields[i], (const char *)node + info->fields[i].offset);
        if (set_steal(t, object, hd_tuple_at_borrowed(state->fields[node->kind], i), value) < 0) return HD_NULL;
    }
    if (hd_ast_sums[info->sum].has_attributes && set_position(t, state, object, node) < 0) return HD_NULL;
    return hd_move(&object);
}

HdValue hd_ast_to_python(HdThread *t, HdAstState *state, HdNode *tree, HdAstNames *names) {
    HdValue object = node_to_python(t, state, tree);
    release_names(t, names);
    return object;
}
