/* mod_marshal.c -- the module marshal: a thin face of bytecode/marshal.h. No state, no locks; file methods may park. */
#include <heddle/module.h>

#include "marshal.h"

static int version_of(HdThread *t, HdValue v, int *version) {
    *version = HD_MARSHAL_VERSION;
    if (hd_is_null(v)) return 0;
    *version = hd_number_as_int(t, v);
    return *version == -1 && hd_raised(t) ? -1 : 0;
}

static HdValue marshal_dumps(HdThread *t, HdValue self, const HdValue *args) {
    int version;
    return version_of(t, args[1], &version) < 0 ? HD_NULL : hd_marshal_dump(t, args[0], version < 0 ? 0 : version);
}

static HdValue marshal_dump(HdThread *t, HdValue self, const HdValue *args) {
    int version;
    if (version_of(t, args[2], &version) < 0) return HD_NULL;
    HD_OWNED HdValue bytes = hd_marshal_dump(t, args[0], version < 0 ? 0 : version);
    return hd_is_null(bytes) ? HD_NULL : hd_object_call_method1(t, args[1], "write", bytes);
}

static HdValue marshal_loads(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue v = hd_marshal_load(t, buffer.data, buffer.length, NULL);
    hd_buffer_release(t, &buffer);
    return v;
}

static HdValue marshal_load(HdThread *t, HdValue self, const HdValue *args) { return hd_marshal_load_file(t, args[0]); }

static const HdMethodDef functions[] = {
    HD_METHOD(marshal_dump, "dump(value, file, version=4, /)", "Writes the value to an open binary file."),
    HD_METHOD(marshal_load, "load(file, /)", "Reads one value from an open binary file."),
    HD_METHOD(marshal_dumps, "dumps(value, version=4, /)", "The bytes that dump() would write."),
    HD_METHOD(marshal_loads, "loads(bytes, /)", "The value that the bytes begin with."),
    HD_METHODS_END,
};

static int marshal_exec(HdThread *t, HdValue module) {
    return hd_module_set_int(t, module, "version", HD_MARSHAL_VERSION);
}

const HdModuleDef hd_module_marshal = {
    .name = "marshal",
    .doc = "Values as bytes and back, in Python's own format.",
    .functions = functions,
    .exec = marshal_exec,
};
