/* mod__posixshmem.c -- the module _posixshmem: POSIX shared memory by name, for multiprocessing.shared_memory. */
#include <errno.h>
#include <sys/mman.h>

#include <heddle/module.h>

#include "blocking.h"

HD_CHECK static const char *name_arg(HdThread *t, HdValue v, const char *function) {
    HdSize length;
    if (!hd_is_str(v)) {
        hd_raise(t, &hd_TypeError, "%s() argument 'path' must be str, not %s", function, hd_type_name(v));
        return NULL;
    }
    const char *text = hd_str_utf8(t, v, &length);
    if (!text || strlen(text) == (size_t)length) return text;
    hd_raise(t, &hd_ValueError, "embedded null character");
    return NULL;
}
static HdValue shm_open_(HdThread *t, HdValue self, const HdValue *args) {
    const char *name = name_arg(t, args[0], "shm_open");
    if (!name) return HD_NULL;
    int flags = hd_number_as_int(t, args[1]);
    int mode = hd_raised(t) || hd_is_null(args[2]) ? 0777 : hd_number_as_int(t, args[2]);
    if (hd_raised(t)) return HD_NULL;
    int fd, raised;
    HD_BLOCKING_CALL(t, raised, fd = shm_open(name, flags, (mode_t)mode));
    if (raised) return HD_NULL;
    return fd < 0 ? hd_raise_errno(t, errno, args[0]) : hd_imm_int(fd);
}
static HdValue shm_unlink_(HdThread *t, HdValue self, const HdValue *args) {
    const char *name = name_arg(t, args[0], "shm_unlink");
    if (!name) return HD_NULL;
    int result, raised;
    HD_BLOCKING_CALL(t, raised, result = shm_unlink(name));
    if (raised) return HD_NULL;
    return result < 0 ? hd_raise_errno(t, errno, args[0]) : hd_None;
}

static const HdMethodDef functions[] = {
    HD_METHOD(shm_open_, "shm_open($module, /, path, flags, mode=511)",
              "Opens or makes a shared memory object; its descriptor, closed on exec."),
    HD_METHOD(shm_unlink_, "shm_unlink($module, /, path)",
              "Removes the name of a shared memory object; who has it open goes on using it."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__posixshmem = {
    .name = "_posixshmem",
    .doc = "POSIX shared memory module",
    .functions = functions,
};
