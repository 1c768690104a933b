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
