/* mod__socket.c -- the module _socket: its exceptions, descriptors, byte order, the default time-out (see
 * socket_types.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "socket_types.h"
#include "time_value.h"

int hd_socket_set_nonblocking(HdThread *t, int fd, bool nonblocking) {
    int on = nonblocking;
    return ioctl(fd, FIONBIO, &on);
}

/* --- time-outs --- */

int hd_socket_parse_timeout(HdThread *t, HdValue v, HdTime *out) {
    *out = -1;
    if (hd_is_none(v)) return 0;
    if (hd_time_value_from_seconds(t, v, HD_ROUND_UP, out) < 0) return -1;
    if (*out < 0) return hd_raise_int(t, &hd_ValueError, "Timeout value out of range");
    if (*out / HD_MILLISECOND > INT_MAX) return hd_raise_int(t, &hd_OverflowError, "timeout doesn't fit into C timeval");
    return 0;
}
HdValue hd_socket_timeout_value(HdThread *t, HdTime timeout) {
    return timeout < 0 ? hd_None : hd_time_value_to_seconds(t, timeout);
}
static HdValue socket_getdefaulttimeout(HdThread *t, HdValue self, const HdValue *args) {
    return hd_socket_timeout_value(t, HD_LOAD_RELAXED(&hd_socket_state(self)->default_timeout));
}
static HdValue socket_setdefaulttimeout(HdThread *t, HdValue self, const HdValue *args) {
    HdTime timeout;
    if (hd_socket_parse_timeout(t, args[0], &timeout) < 0) return HD_NULL;
    HD_STORE_RELAXED(&hd_socket_state(self)->default_timeout, timeout);
    return hd_None;
}

/* --- descriptors --- */

static HdValue socket_close_fd(HdThread *t, HdValue self, const HdValue *args) {
    int fd = hd_number_as_int(t, args[0]);
    if (fd == -1 && hd_raised(t)) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int result = close(fd);
    hd_blocking_leave(t);
    return result < 0 && errno != ECONNRESET ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
static HdValue socket_dup(HdThread *t, HdValue self, const HdValue *args) {
    int fd = hd_number_as_int(t, args[0]);
    if (fd == -1 && hd_raised(t)) return HD_NULL;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_imm_int(copy);
}
static HdValue socket_socketpair(HdThread *t, HdValue self, const HdValue *args) {
    int numbers[3] = {AF_UNIX, SOCK_STREAM, 0}, fds[2];
    for (int i = 0; i < 3; i++) {
        if (hd_is_null(args[i])) continue;
        numbers[i] = hd_number_as_int(t, args[i]);
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    if (socketpair(numbers[0], numbers[1] | SOCK_CLOEXEC, numbers[2], fds) < 0) return hd_raise_errno(t, errno, HD_NULL);
    HD_OWNED HdValue first = hd_socket_new(t, fds[0], numbers[0], numbers[1], numbers[2]);
    HD_OWNED HdValue second = hd_is_null(first) ? HD_NULL : hd_socket_new(t, fds[1], numbers[0], numbers[1], numbers[2]);
    if (hd_is_null(first)) close(fds[0]);
    if (!hd_is_null(second)) return hd_tuple_pack(t, 2, first, second);
    close(fds[1]);
    return HD_NULL;
}

/* --- byte order --- */

static HdValue swap16(HdThread *t, HdValue v, const char *function) {
    int number = hd_number_as_int(t, v);
    if (number == -1 && hd_raised(t)) return HD_NULL;
    if (number < 0) {
        return hd_raise(t, &hd_OverflowError, "%s: can't convert negative Python int to C 16-bit unsigned integer",
                        function);
    }
    if (number > 0xffff) {
        return hd_raise(t, &hd_OverflowError, "%s: Python int too large to convert to C 16-bit unsigned integer",
                        function);
    }
    return hd_imm_int(htons((uint16_t)number));
}
static HdValue swap32(HdThread *t, HdValue v) {
    if (!hd_is_int(v)) return hd_raise(t, &hd_TypeError, "expected int, %s found", hd_type_name(v));
    uint64_t number = hd_number_as_u64(t, v);
    if (number == UINT64_MAX && hd_raised(t)) return HD_NULL;
    if (number > UINT32_MAX) return hd_raise(t, &hd_OverflowError, "int larger than 32 bits");
    return hd_imm_int(htonl((uint32_t)number));
}
static HdValue socket_htons(HdThread *t, HdValue self, const HdValue *args) { return swap16(t, args[0], "htons"); }
static HdValue socket_ntohs(HdThread *t, HdValue self, const HdValue *args) { return swap16(t, args[0], "ntohs"); }
static HdValue socket_htonl(HdThread *t, HdValue self, const HdValue *args) { return swap32(t, args[0]); }
static HdValue socket_ntohl(HdThread *t, HdValue self, const HdValue *args) { return swap32(t, args[0]); }

/* --- room for ancillary data --- */

static HdValue control_room(HdThread *t, HdValue v, bool space, const char *function) {
    HdSize length = hd_number_as_size(t, v, &hd_OverflowError);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    if (length < 0 || (size_t)length > (size_t)INT_MAX - (space ? CMSG_SPACE(1) : CMSG_LEN(0)))
        return hd_raise(t, &hd_OverflowError, "%s() argument out of range", function);
    return hd_int_from_u64(t, space ? CMSG_SPACE((size_t)length) : CMSG_LEN((size_t)length));
}
static HdValue socket_CMSG_LEN(HdThread *t, HdValue self, const HdValue *args) {
    return control_room(t, args[0], false, "CMSG_LEN");
}
static HdValue socket_CMSG_SPACE(HdThread *t, HdValue self, const HdValue *args) {
    return control_room(t, args[0], true, "CMSG_SPACE");
}

/* --- the module --- */

static const HdMethodDef socket_functions[] = {
    HD_METHOD(socket_close_fd, "close($module, integer, /)", "Closes a socket's descriptor."),
    HD_METHOD(socket_dup, "dup($module, integer, /)", "A copy of a descriptor, not inherited by children."),
    HD_METHOD(socket_socketpair, "socketpair($module, family=AF_UNIX, type=SOCK_STREAM, proto=0, /)",
              "A pair of connected sockets."),
    HD_METHOD(socket_ntohs, "ntohs($module, x, /)", "A 16-bit integer from network to host byte order."),
    HD_METHOD(socket_ntohl, "ntohl($module, x, /)", "A 32-bit integer from network to host byte order."),
    HD_METHOD(socket_htons, "htons($module, x, /)", "A 16-bit integer from host to network byte order."),
    HD_METHOD(socket_htonl, "htonl($module, x, /)", "A 32-bit integer from host to network byte order."),
    HD_METHOD(socket_CMSG_LEN, "CMSG_LEN($module, length, /)",
              "The length of an ancillary item with that many bytes, without what pads it."),
    HD_METHOD(socket_CMSG_SPACE, "CMSG_SPACE($module, length, /)",
              "The room recvmsg() needs for an ancillary item with that many bytes."),
    HD_METHOD(socket_getdefaulttimeout, "getdefaulttimeout($module, /)",
              "The time-out of new sockets in seconds; None if they wait for ever."),
    HD_METHOD(socket_setdefaulttimeout, "setdefaulttimeout($module, timeout, /)",
              "Sets the time-out of new sockets, in seconds; None: they wait for ever."),
    HD_METHODS_END,
};

HD_CHECK static int add_functions(HdThread *t, HdValue module, const HdMethodDef *functions) {
    for (const HdMethodDef *def = functions; def->signature; def++) {
        HD_OWNED HdValue function = hd_native_function_new(t, def, module, HD_AS(HdModule, module)->name);
        if (hd_is_null(function)) return -1;
        HD_OWNED HdValue name = hd_object_getattr(t, function, HD_NAME("__name__"));
        if (hd_is_null(name) || hd_dict_set(t, hd_module_dict_borrowed(module), name, function) < 0) return -1;
    }
    return 0;
}
static int socket_exec(HdThread *t, HdValue module) {
    HdSocketState *state = hd_socket_state(module);
    state->default_timeout = -1;
    state->herror = hd_module_add_exception(t, module, "socket.herror", hd_type_value(&hd_OSError));
    if (hd_is_null(state->herror)) return -1;
    state->gaierror = hd_module_add_exception(t, module, "socket.gaierror", hd_type_value(&hd_OSError));
    if (hd_is_null(state->gaierror)) return -1;
    if (hd_module_set(t, module, "error", hd_type_value(&hd_OSError)) < 0 ||
        hd_module_set(t, module, "timeout", hd_type_value(&hd_TimeoutError)) < 0)
        return -1;
    if (hd_module_add_type(t, module, &hd_socket_type) < 0) return -1;
    if (hd_module_set(t, module, "SocketType", hd_type_value(&hd_socket_type)) < 0) return -1;
    if (hd_module_set(t, module, "has_ipv6", hd_True) < 0) return -1;
    if (add_functions(t, module, hd_socket_resolve_functions) < 0) return -1;
    if (add_functions(t, module, hd_socket_interface_functions) < 0) return -1;
    return hd_socket_constants(t, module);
}
static int socket_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(hd_socket_state(module)->herror);
    HD_VISIT(hd_socket_state(module)->gaierror);
    return 0;
}
static void socket_clear(HdThread *t, HdValue module) {
    hd_clear_slot(t, &hd_socket_state(module)->herror);
    hd_clear_slot(t, &hd_socket_state(module)->gaierror);
}

const HdModuleDef hd_module__socket = {
    .name = "_socket",
    .doc = "Sockets: what the module socket is built on.",
    .state_size = sizeof(HdSocketState),
    .functions = socket_functions,
    .exec = socket_exec,
    .traverse = socket_traverse,
    .clear = socket_clear,
};
