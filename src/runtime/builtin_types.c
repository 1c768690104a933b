/* builtin_types.c -- see builtin_types.h.  */
#include "builtin_types.h"

#include "config.h"

/* clang-format off */
#define PUBLIC(X) \
    X(object) X(type) X(bool) X(int) X(float) X(complex) X(str) X(bytes) X(bytearray) X(memoryview) X(list) X(tuple) \
    X(dict) X(set) X(frozenset) X(slice) X(range) X(enumerate) X(reversed) X(zip) X(map) X(filter) X(property) \
    X(classmethod) X(staticmethod) X(super)
/* clang-format on */

static int add(HdThread *t, HdValue builtins, HdType *type) {
    return hd_dict_set_text(t, hd_module_dict_borrowed(builtins), hd_type_short_name(type), hd_type_value(type));
}

int hd_builtin_types_add(HdThread *t, HdValue builtins) {
#define ADD(name) \
    if (add(t, builtins, &hd_##name##_type) < 0) return -1;
    PUBLIC(ADD)
#undef ADD
    if (add(t, builtins, &hd_BaseException) < 0) return -1;
#define ADD_EXCEPTION(name, base, layout) \
    if (add(t, builtins, &hd_##name) < 0) return -1;
    HD_EXCEPTIONS(ADD_EXCEPTION)
#undef ADD_EXCEPTION
    HdValue dict = hd_module_dict_borrowed(builtins);
    if (hd_dict_set_text(t, dict, "ExceptionGroup", hd_runtime.exception_group) < 0 ||
        hd_dict_set_text(t, dict, "EnvironmentError", hd_type_value(&hd_OSError)) < 0 ||
        hd_dict_set_text(t, dict, "IOError", hd_type_value(&hd_OSError)) < 0 ||
        hd_dict_set_text(t, dict, "None", hd_None) < 0 || hd_dict_set_text(t, dict, "True", hd_True) < 0 ||
        hd_dict_set_text(t, dict, "False", hd_False) < 0 || hd_dict_set_text(t, dict, "Ellipsis", hd_Ellipsis) < 0 ||
        hd_dict_set_text(t, dict, "NotImplemented", hd_NotImplemented) < 0)
        return -1;
    return hd_dict_set_text(t, dict, "__debug__", hd_bool(hd_runtime.config->optimize == 0));
}
