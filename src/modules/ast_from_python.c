/* ast_from_python.c -- Python objects of the classes in _ast as a tree for the compiler, in an arena.
 *
 * Reads all nodes alike by their description in ast.h. What is read may be any object and reading attributes may run
 * Python, so every value is held while it is looked at, a list that changes its size meanwhile is an error, and the
 * constants that stay objects are kept in a list until the compiler is done. The shape of the result is right (no
 * NULL but where ast.def allows one, or in lists of stmt and expr); its sense is checked by ast_validate.c. No locks.
 */
#include <limits.h>
#include <stdio.h>

#include "ast_types.h"

typedef struct From {
    HdThread *t;
    HdAstState *state;
    HdArena *arena;
    HdAstNames *names;
    HdValue keep; /* list */
} From;

static int no_memory(From *f) {
    hd_raise_no_memory(f->t);
    return -1;
}

/* --- primitive values --- */

static int int_from(From *f, HdValue v, int *out) {
    int64_t n;
    if (!hd_is_int(v)) return hd_raise_int(f->t, &hd_ValueError, "invalid integer value: %R", v);
    if (!hd_int_try_i64(v, &n) || n < INT_MIN || n > INT_MAX)
        return hd_raise_int(f->t, &hd_OverflowError, "Python int too large to convert to C int");
    *out = (int)n;
    return 0;
}

/* UTF-8 of a str, lone surrogates as three bytes each; lent as long as *keep lives. NULL = raised. */
static const char *text_of(From *f, HdValue v, HdSize *length, HdValue *keep) {
    const char *text = hd_str_utf8(f->t, v, length);
    if (text) return text;
    if (!hd_raised_is(f->t, &hd_UnicodeEncodeError)) return NULL;
    hd_clear_raised(f->t);
    *keep = hd_str_encode(f->t, v, "utf-8", "surrogatepass");
    if (hd_is_null(*keep)) return NULL;
    *length = hd_bytes_length(*keep);
    return (const char *)hd_bytes_data(*keep);
}

/* None gives NULL. */
static int identifier_from(From *f, HdValue v, HdName **out) {
    *out = NULL;
    if (hd_is_none(v)) return 0;
    if (!hd_is_exact_str(v)) return hd_raise_int(f->t, &hd_TypeError, "AST identifier must be of type str");
    HD_OWNED HdValue keep = HD_NULL;
    HdSize length;
    const char *text = text_of(f, v, &length, &keep);
    if (!text) return -1;
    *out = hd_ast_intern(f->names, text, (size_t)length);
    return *out ? 0 : no_memory(f);
}

static int string_from(From *f, HdValue v, HdAstString **out) {
    HD_OWNED HdValue keep = HD_NULL;
    HdSize length;
    const char *text;
    if (hd_is_exact_str(v)) {
        text = text_of(f, v, &length, &keep);
        if (!text) return -1;
    } else if (hd_is_exact_object(v, &hd_bytes_type)) {
        text = (const char *)hd_bytes_data(v);
        length = hd_bytes_length(v);
    } else {
        return hd_raise_int(f->t, &hd_TypeError, "AST string must be of type str");
    }
    *out = hd_ast_string(f->arena, text, (size_t)length);
    return *out ? 0 : no_memory(f);
}

static int text_constant(From *f, HdConstant *out, HdConstantKind kind, const char *text, HdSize length) {
    out->bytes = hd_arena_copy(f->arena, text, (size_t)length);
    if (!out->bytes) return no_memory(f);
    out->kind = (uint8_t)kind;
    out->length = length;
    return 0;
}

/* Plain constants as the parser gives them; anything else stays an object, for the check and the compiler. */
static int constant_from(From *f, HdValue v, HdConstant *out) {
    if (hd_is_none(v)) out->kind = HD_CONSTANT_NONE;
    else if (hd_same(v, hd_True)) out->kind = HD_CONSTANT_TRUE;
    else if (hd_same(v, hd_False)) out->kind = HD_CONSTANT_FALSE;
    else if (hd_same(v, hd_Ellipsis)) out->kind = HD_CONSTANT_ELLIPSIS;
    else if (hd_is_exact_int(v) && hd_int_try_i64(v, &out->integer)) out->kind = HD_CONSTANT_INT;
    else if (hd_is_exact_float(v)) {
        out->kind = HD_CONSTANT_FLOAT;
        out->real = hd_float_value(v);
    } else if (hd_is_exact_str(v)) {
        HD_OWNED HdValue keep = HD_NULL;
        HdSize length;
        const char *text = text_of(f, v, &length, &keep);
        if (!text) return -1;
        out->ascii = hd_str(v)->ascii;
        return text_constant(f, out, HD_CONSTANT_STR, text, length);
    } else if (hd_is_exact_object(v, &hd_bytes_type)) {
        return text_constant(f, out, HD_CONSTANT_BYTES, (const char *)hd_bytes_data(v), hd_bytes_length(v));
    } else {
        out->kind = HD_CONSTANT_OBJECT;
        out->object = v.bits;
        return hd_list_append(f->t, f->keep, v);
    }
    return 0;
}

static int operator_from(From *f, HdAstSum sum, HdValue v, uint8_t *out) {
    for (int op = HD_AST_NO_OPERATOR + 1; op < HD_AST_OPERATOR_COUNT; op++) {
        if (hd_ast_operators[op].sum != sum) continue;
        int is = hd_object_isinstance(f->t, v, f->state->operator_classes[op]);
        if (is < 0) return -1;
        if (!is) continue;
        *out = (uint8_t)op;
        return 0;
    }
    return hd_raise_int(f->t, &hd_TypeError, "expected some sort of %s, but got %R", hd_ast_sums[sum].name, v);
}

/* --- nodes --- */

static int node_from(From *f, const char *parent, HdAstSum sum, HdValue v, HdNode **out);

/* One value of a field or an item of its list; `at` is where it goes. */
static int value_from(From *f, const char *parent, const HdAstFieldInfo *field, HdValue v, void *at) {
    switch (field->type) {
    case HD_AST_SUM_int: return int_from(f, v, at);
    case HD_AST_SUM_identifier: return identifier_from(f, v, at);
    case HD_AST_SUM_string: return string_from(f, v, at);
    case HD_AST_SUM_constant: return constant_from(f, v, at);
    default:
        if (hd_ast_sums[field->type].is_operator) return operator_from(f, (HdAstSum)field->type, v, at);
        return node_from(f, parent, (HdAstSum)field->type, v, at);
    }
}

static int list_from(From *f, const char *parent, const HdAstFieldInfo *field, HdValue list, void *at) {
    if (!hd_is_list(list))
        return hd_raise_int(f->t, &hd_TypeError, "%s field \"%s\" must be a list, not a %T", parent, field->name, list);
    HdSize count = hd_list_length(list);
    bool operators = hd_ast_sums[field->type].is_operator;
    size_t size = operators ? 1 : sizeof(void *);
    if (count > INT_MAX / (HdSize)sizeof(void *)) return no_memory(f);
    char *items = hd_arena_alloc(f->arena, (size_t)(count ? count : 1) * size);
    if (!items) return no_memory(f);
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue item = hd_list_get(f->t, list, i);
        void *place = items + (size_t)i * size;
        if (!hd_is_null(item) && value_from(f, parent, field, item, place) < 0) return -1;
        if (hd_is_null(item) || hd_list_length(list) != count)
            return hd_raise_int(f->t, &hd_RuntimeError, "%s field \"%s\" changed size during iteration", parent,
                                field->name);
    }
    if (operators) *(HdOpList *)at = (HdOpList){(uint8_t *)items, (int)count};
    else if (field->type == HD_AST_SUM_identifier) *(HdNameList *)at = (HdNameList){(HdName **)items, (int)count};
    else *(HdNodeList *)at = (HdNodeList){(HdNode **)items, (int)count};
    return 0;
}

static int field_from(From *f, HdNode *node, int index, HdValue object) {
    const HdAstClassInfo *info = &hd_ast_classes[node->kind];
    const HdAstFieldInfo *field = &info->fields[index];
    HD_OWNED HdValue value = HD_NULL;
    int found = hd_object_find_attr(f->t, object, hd_tuple_at_borrowed(f->state->fields[node->kind], index), &value);
    if (found < 0) return -1;
    if (field->count == HD_AST_OPT && (!found || hd_is_none(value))) return 0;
    if (!found)
        return hd_raise_int(f->t, &hd_TypeError, "required field \"%s\" missing from %s", field->name, info->name);
    void *at = (char *)node + field->offset;
    return field->count == HD_AST_MANY ? list_from(f, info->name, field, value, at)
                                       : value_from(f, info->name, field, value, at);
}

/* False when a field lacks what it must hold; None in lists of stmt and expr is left to the check of the sense. */
static bool is_complete(From *f, const HdNode *node, const HdAstFieldInfo *field) {
    const char *class = hd_ast_classes[node->kind].name, *at = (const char *)node + field->offset;
    if (field->count == HD_AST_OPT || field->type == HD_AST_SUM_int || field->type == HD_AST_SUM_constant ||
        hd_ast_sums[field->type].is_operator)
        return true;
    if (field->count == HD_AST_ONE) {
        if (!*(void *const *)at) hd_raise(f->t, &hd_ValueError, "field '%s' is required for %s", field->name, class);
        return *(void *const *)at;
    }
    const HdNodeList *list = (const HdNodeList *)at;
    if (field->type == HD_AST_SUM_stmt || field->type == HD_AST_SUM_expr) return true;
    for (int i = 0; i < list->count; i++) {
        if (list->items[i]) continue;
        hd_raise(f->t, &hd_ValueError, "None disallowed in %s list", hd_ast_sums[field->type].name);
        return false;
    }
    return true;
}

/* The fields of a node of a known class; NULL = raised. */
static HdNode *class_from(From *f, int kind, HdValue object) {
    const HdAstClassInfo *info = &hd_ast_classes[kind];
    HdNode *node = hd_ast_new(f->arena, (HdAstKind)kind);
    if (!node) {
        no_memory(f);
        return NULL;
    }
    for (int i = 0; i < info->field_count; i++) {
        if (field_from(f, node, i, object) < 0) return NULL;
    }
    for (int i = 0; i < info->field_count; i++) {
        if (!is_complete(f, node, &info->fields[i])) return NULL;
    }
    return node;
}

/* lineno and col_offset, and the end, which is the start where there is none. */
static int position_from(From *f, HdAstSum sum, HdValue object, HdNode *out) {
    int position[4];
    for (int i = 0; i < 4; i++) {
        HdValue name = hd_tuple_at_borrowed(f->state->attributes, i);
        HD_OWNED HdValue value = HD_NULL;
        int found = hd_object_find_attr(f->t, object, name, &value);
        if (found < 0) return -1;
        if (i >= 2 && !hd_ast_sums[sum].needs_end && (!found || hd_is_none(value))) {
            position[i] = position[i - 2];
            continue;
        }
        if (!found)
            return hd_raise_int(f->t, &hd_TypeError, "required field \"%U\" missing from %s", name,
                                hd_ast_sums[sum].name);
        if (int_from(f, value, &position[i]) < 0) return -1;
    }
    out->lineno = position[0];
    out->col_offset = position[1];
    out->end_lineno = position[2];
    out->end_col_offset = position[3];
    return 0;
}

/* The class of `sum` that the object is an instance of, by itself or by a base; 0: none, -1: raised. */
static int kind_of(From *f, HdAstSum sum, HdValue object) {
    HdValue type = hd_type_value(hd_type_of(object));
    for (int kind = HD_AST_NONE + 1; kind < HD_AST_KIND_COUNT; kind++) {
        if (hd_same(f->state->classes[kind], type) && hd_ast_classes[kind].sum == sum) return kind;
    }
    for (int kind = HD_AST_NONE + 1; kind < HD_AST_KIND_COUNT; kind++) {
        if (hd_ast_classes[kind].sum != sum) continue;
        int is = hd_object_isinstance(f->t, object, f->state->classes[kind]);
        if (is) return is < 0 ? -1 : kind;
    }
    return 0;
}

/* A product is whatever has its attributes; a sum must be of one of its classes, or None, which gives NULL. */
static int node_from(From *f, const char *parent, HdAstSum sum, HdValue object, HdNode **out) {
    const HdAstSumInfo *info = &hd_ast_sums[sum];
    *out = NULL;
    if (HD_UNLIKELY(hd_stack_low(f->t))) {
        char where[64];
        snprintf(where, sizeof where, " while traversing '%s' node", parent);
        return hd_raise_recursion(f->t, where);
    }
    if (info->is_product) {
        int kind = HD_AST_NONE + 1;
        while (hd_ast_classes[kind].sum != sum) kind++;
        HdNode *node = class_from(f, kind, object);
        if (!node || (info->has_attributes && position_from(f, sum, object, node) < 0)) return -1;
        *out = node;
        return 0;
    }
    if (hd_is_none(object)) return 0;
    HdNode place = {0};
    if (info->has_attributes && position_from(f, sum, object, &place) < 0) return -1;
    int kind = kind_of(f, sum, object);
    if (kind < 0) return -1;
    if (!kind) return hd_raise_int(f->t, &hd_TypeError, "expected some sort of %s, but got %R", info->name, object);
    HdNode *node = class_from(f, kind, object);
    if (!node) return -1;
    place.kind = node->kind;
    *node = place;
    *out = node;
    return 0;
}

HdNode *hd_ast_from_python(HdThread *t, HdAstState *state, HdValue object, HdAstKind wanted, HdArena *arena,
                           HdAstNames *names, HdValue keep) {
    From f = {t, state, arena, names, keep};
    int is = hd_object_isinstance(t, object, state->classes[wanted]);
    if (is < 0) return NULL;
    if (!is) {
        hd_raise(t, &hd_TypeError, "expected %s node, got %T", hd_ast_classes[wanted].name, object);
        return NULL;
    }
    HdNode *tree;
    return node_from(&f, "mod", HD_AST_SUM_mod, object, &tree) < 0 ? NULL : tree;
}
