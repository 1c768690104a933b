/* socket_names.c -- network interfaces and the machine's name (see socket_types.h). */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "socket_types.h"

static HdValue socket_if_nameindex(HdThread *t, HdValue self, const HdValue *args) {
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    struct if_nameindex *all = if_nameindex();
    hd_blocking_leave(t);
    if (!all) return hd_raise_errno(t, errno, HD_NULL);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    for (const struct if_nameindex *i = all; !hd_is_null(list) && (i->if_index || i->if_name); i++) {
        HD_OWNED HdValue name = hd_str_from_fs(t, i->if_name, (HdSize)strlen(i->if_name));
        HdValue pair = hd_is_null(name) ? HD_NULL : hd_tuple_pack(t, 2, hd_imm_int(i->if_index), name);
        if (hd_is_null(pair) || hd_list_append_steal(t, list, pair) < 0) hd_release(t, hd_move(&list));
    }
    if_freenameindex(all);
    return hd_move(&list);
}
static HdValue socket_if_nametoindex(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0]) && !hd_is_bytes(args[0]))
        return hd_raise(t, &hd_TypeError, "expected str, bytes or os.PathLike object, not %s", hd_type_name(args[0]));
    HD_OWNED HdValue name = hd_is_str(args[0]) ? hd_str_to_fs(t, args[0]) : hd_retain(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    if (strlen((const char *)hd_bytes_data(name)) != (size_t)hd_bytes_length(name))
        return hd_raise(t, &hd_ValueError, "embedded null byte");
    unsigned index = if_nametoindex((const char *)hd_bytes_data(name));
    return index ? hd_imm_int(index) : hd_raise(t, &hd_OSError, "no interface with this name");
}
static HdValue socket_if_indextoname(HdThread *t, HdValue self, const HdValue *args) {
    uint64_t index = hd_number_as_u64(t, args[0]);
    char name[IF_NAMESIZE + 1];
    if (index == UINT64_MAX && hd_raised(t)) return HD_NULL;
    if (index > UINT_MAX) return hd_raise(t, &hd_OverflowError, "Python int too large to convert to C unsigned int");
    if (!if_indextoname((unsigned)index, name)) return hd_raise_errno(t, errno, HD_NULL);
    return hd_str_from_fs(t, name, (HdSize)strlen(name));
}

static HdValue socket_gethostname(HdThread *t, HdValue self, const HdValue *args) {
    char name[1024];
    if (gethostname(name, sizeof name - 1) < 0) return hd_raise_errno(t, errno, HD_NULL);
    name[sizeof name - 1] = 0;
    return hd_str_from_fs(t, name, (HdSize)strlen(name));
}
static HdValue socket_sethostname(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0]) && !hd_is_bytes(args[0]))
        return hd_raise(t, &hd_TypeError, "sethostname() argument 1 must be str or bytes, not %s", hd_type_name(args[0]));
    HD_OWNED HdValue name = hd_is_str(args[0]) ? hd_str_to_fs(t, args[0]) : hd_retain(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    if (sethostname((const char *)hd_bytes_data(name), (size_t)hd_bytes_length(name)) < 0)
        return hd_raise_errno(t, errno, HD_NULL);
    return hd_None;
}

const HdMethodDef hd_socket_interface_functions[] = {
    HD_METHOD(socket_if_nameindex, "if_nameindex($module, /)", "The network interfaces: a list of (index, name)."),
    HD_METHOD(socket_if_nametoindex, "if_nametoindex($module, if_name, /)", "The index of an interface."),
    HD_METHOD(socket_if_indextoname, "if_indextoname($module, if_index, /)", "The name of an interface."),
    HD_METHOD(socket_gethostname, "gethostname($module, /)", "The name of this machine."),
    HD_METHOD(socket_sethostname, "sethostname($module, name, /)", "Sets the name of this machine."),
    HD_METHODS_END,
};
