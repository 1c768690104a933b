/* mod__typing.c -- the module _typing: one small function that typing wants to be native. */
#include <heddle/module.h>

static HdValue idfunc(HdThread *t, HdValue module, const HdValue *args) { return hd_retain(t, args[0]); }

static const HdMethodDef functions[] = {
    HD_METHOD(idfunc, "_idfunc($module, x, /)", "Its argument: calling it makes no Python frame."),
    HD_METHODS_END,
};

extern const HdModuleDef hd_module__typing;
const HdModuleDef hd_module__typing = {
    .name = "_typing",
    .doc = "Accelerators for the typing module.",
    .functions = functions,
};
