/* descriptor_arg.c -- file descriptors as arguments (see descriptor_arg.h). No state, no locks. */
#include "descriptor_arg.h"

int hd_descriptor_arg(HdThread *t, HdValue v, int *out) {
    HD_OWNED HdValue number = HD_NULL;
    if (hd_is_int(v)) {
        number = hd_retain(t, v);
    } else {
        HD_OWNED HdValue method = HD_NULL;
        if (hd_object_find_attr(t, v, HD_NAME("fileno"), &method) < 0) return -1;
        if (hd_is_null(method))
            return hd_raise_int(t, &hd_TypeError, "argument must be an int, or have a fileno() method.");
        number = hd_object_call0(t, method);
        if (hd_is_null(number)) return -1;
        if (!hd_is_int(number)) return hd_raise_int(t, &hd_TypeError, "fileno() returned a non-integer");
    }
    int fd = hd_number_as_int(t, number);
    if (fd == -1 && hd_raised(t)) return -1;
    if (fd < 0) return hd_raise_int(t, &hd_ValueError, "file descriptor cannot be a negative integer (%i)", fd);
    *out = fd;
    return 0;
}
