/* mod__ast.c -- the module _ast: the classes of syntax trees and the flags of compile() that have to do with them.
 *
 * The classes are in ast_types.c, the conversions that compile() uses in ast_to_python.c and ast_from_python.c. The
 * state is written by exec alone; no locks.
 */
#include "ast_types.h"

#include "compile.h"

extern const HdModuleDef hd_module__ast;

HdAstState *hd_ast_state(HdThread *t, HdValue *module) {
    *module = hd_object_import(t, "_ast");
    if (hd_is_null(*module)) return NULL;
    if (hd_is_instance(*module, &hd_module_type) && HD_AS(HdModule, *module)->def == &hd_module__ast)
        return hd_module_state(*module);
    hd_clear_slot(t, module);
    hd_raise(t, &hd_SystemError, "sys.modules['_ast'] is not the built-in module _ast");
    return NULL;
}

HdValue hd_ast_parse(HdThread *t, const char *text, HdSize length, HdValue filename, int mode, int flags,
                     int feature_minor) {
    HD_OWNED HdValue module = HD_NULL;
    HdAstState *state = hd_ast_state(t, &module);
    if (!state) return HD_NULL;
    HdArena arena;
    hd_arena_init(&arena);
    HdParseResult parsed;
    HdValue tree = HD_NULL;
    int minor = feature_minor < 0 ? 0 : feature_minor ? feature_minor : 1; /* the parser's 0 is the newest */
    if (hd_compile_parse(t, &arena, text, length, filename, (HdParseMode)mode, flags, minor, &parsed) == 0)
        tree = hd_ast_to_python(t, state, parsed.tree, parsed.names);
    hd_arena_free(&arena);
    return tree;
}

static HdValue compile_object(HdThread *t, HdAstState *state, HdValue v, HdValue filename, int mode, int flags,
                              int optimize) {
    static const HdAstKind wanted[] = {
        [HD_PARSE_EXEC] = HD_AST_Module, [HD_PARSE_EVAL] = HD_AST_Expression, [HD_PARSE_SINGLE] = HD_AST_Interactive};
    HD_OWNED HdValue keep = hd_list_new(t, 0);
    if (hd_is_null(keep)) return HD_NULL;
    HdArena arena;
    hd_arena_init(&arena);
    HdAstNames *names = hd_ast_names_new(&arena);
    HdNode *tree = names ? hd_ast_from_python(t, state, v, wanted[mode], &arena, names, keep) : NULL;
    HdValue code = HD_NULL;
    if (!names) hd_raise_no_memory(t);
    else if (tree && hd_ast_validate(t, tree) == 0)
        code = hd_compile_tree(t, tree, names, &arena, filename, flags, optimize, NULL, 0);
    hd_arena_free(&arena);
    return code;
}

int hd_ast_compile(HdThread *t, HdValue v, HdValue filename, int mode, int flags, int optimize, HdValue *result) {
    if (hd_is_str(v) || hd_is_bytes(v)) return 0;
    int is = hd_object_isinstance(t, v, hd_type_value(&hd_ast_type));
    if (is <= 0) return is;
    HD_OWNED HdValue module = HD_NULL;
    HdAstState *state = flags & HD_COMPILE_ONLY_AST ? NULL : hd_ast_state(t, &module);
    if (flags & HD_COMPILE_ONLY_AST) *result = hd_retain(t, v);
    else *result = state ? compile_object(t, state, v, filename, mode, flags, optimize) : HD_NULL;
    return hd_is_null(*result) ? -1 : 1;
}

static int ast_exec(HdThread *t, HdValue module) {
    if (hd_module_set_int(t, module, "PyCF_ALLOW_TOP_LEVEL_AWAIT", HD_COMPILE_TOP_LEVEL_AWAIT) < 0 ||
        hd_module_set_int(t, module, "PyCF_ONLY_AST", HD_COMPILE_ONLY_AST) < 0 ||
        hd_module_set_int(t, module, "PyCF_TYPE_COMMENTS", HD_COMPILE_TYPE_COMMENTS) < 0)
        return -1;
    return hd_ast_add_types(t, module);
}

/* The state is nothing but values. */
enum { STATE_VALUES = sizeof(HdAstState) / sizeof(HdValue) };

static int ast_traverse(HdValue module, HdVisit visit, void *context) {
    const HdValue *values = hd_module_state(module);
    for (int i = 0; i < STATE_VALUES; i++) HD_VISIT(values[i]);
    return 0;
}

static void ast_clear(HdThread *t, HdValue module) {
    HdValue *values = hd_module_state(module);
    for (int i = 0; i < STATE_VALUES; i++) hd_clear_slot(t, &values[i]);
}

const HdModuleDef hd_module__ast = {
    .name = "_ast",
    .state_size = sizeof(HdAstState),
    .exec = ast_exec,
    .traverse = ast_traverse,
    .clear = ast_clear,
};
