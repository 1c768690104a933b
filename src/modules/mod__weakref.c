#include "heddle/module.h"
static int x(HdThread*t,HdValue m){return hd_module_set(t,m,"ref",hd_type_value(&hd_weakref_type));}
const HdModuleDef hd_module__weakref={.name="_weakref",.exec=x};
