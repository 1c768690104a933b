/* socket_address.c -- addresses, from Python's tuples and back (see socket_types.h).
 *
 * The forms, by family:
 *   AF_INET     (host, port)                      AF_INET6   (host, port[, flowinfo[, scope_id]])
 *   AF_UNIX     path, or bytes of the abstract namespace (a NUL first)
 *   AF_NETLINK  (pid, groups)                     AF_VSOCK   (cid, port)
 *   AF_PACKET   (interface, protocol[, type[, hatype[, address]]])
 *   AF_CAN      (interface,), with CAN_ISOTP (interface, rx, tx), with CAN_J1939 (interface, name, pgn, address)
 *   AF_ALG      (type, name[, feat[, mask]])      AF_QIPCRTR (node, port)
 *   AF_TIPC     (type, v1, v2, v3[, scope])
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "socket_types.h"

/* --- reading tuples --- */

HD_CHECK static int want_tuple(HdThread *t, HdValue v, const char *caller, const char *family, HdSize min, HdSize max,
                               const char *wrong_count) {
    if (!hd_is_tuple(v))
        return hd_raise_int(t, &hd_TypeError, "%s(): %s address must be tuple, not %s", caller, family,
                            hd_type_name(v));
    HdSize length = hd_tuple_length(v);
    return length >= min && length <= max ? 0 : hd_raise_int(t, &hd_TypeError, "%s", wrong_count);
}
HD_CHECK static int port_item(HdThread *t, HdValue tuple, HdSize index, const char *caller, const char *what,
                              in_port_t *out) {
    int number = hd_number_as_int(t, hd_tuple_at_borrowed(tuple, index));
    if (number == -1 && hd_raised(t)) {
        if (!hd_raised_is(t, &hd_OverflowError)) return -1;
        hd_clear_raised(t);
        number = -1;
    }
    if (number < 0 || number > 0xffff)
        return hd_raise_int(t, &hd_OverflowError, "%s(): %s must be 0-65535.", caller, what);
    *out = htons((uint16_t)number);
    return 0;
}
/* Item `index`, modulo 2**32 as C would have it; `fallback` when the tuple is shorter. */
HD_CHECK static int u32_item(HdThread *t, HdValue tuple, HdSize index, uint32_t fallback, uint32_t *out) {
    *out = fallback;
    if (index >= hd_tuple_length(tuple)) return 0;
    *out = (uint32_t)hd_number_as_u64_mask(t, hd_tuple_at_borrowed(tuple, index));
    return hd_raised(t) ? -1 : 0;
}
HD_CHECK static int host_item(HdThread *t, HdValue tuple, int family, HdSocketAddress *out) {
    HD_OWNED HdValue host = hd_socket_host(t, hd_tuple_at_borrowed(tuple, 0));
    socklen_t length;
    if (hd_is_null(host)) return -1;
    return hd_socket_resolve(t, (const char *)hd_bytes_data(host), family, out, &length);
}
/* The number of a network interface: 0 for "". */
HD_CHECK static int interface_item(HdThread *t, HdValue tuple, int fd, int *out) {
    HdValue v = hd_tuple_at_borrowed(tuple, 0);
    if (!hd_is_str(v) && !hd_is_bytes(v))
        return hd_raise_int(t, &hd_TypeError, "interface name must be str or bytes, not %s", hd_type_name(v));
    HD_OWNED HdValue name = hd_is_str(v) ? hd_str_to_fs(t, v) : hd_retain(t, v);
    if (hd_is_null(name)) return -1;
    *out = 0;
    size_t length = (size_t)hd_bytes_length(name);
    if (length == 0) return 0;
    struct ifreq request = {0};
    if (length >= sizeof request.ifr_name)
        return hd_raise_int(t, &hd_OSError, "interface name too long");
    memcpy(request.ifr_name, hd_bytes_data(name), length);
    if (ioctl(fd, SIOCGIFINDEX, &request) < 0) {
        hd_raise_errno(t, errno, HD_NULL);
        return -1;
    }
    *out = request.ifr_ifindex;
    return 0;
}

/* --- by family --- */

HD_CHECK static int unix_from(HdThread *t, HdValue v, HdSocketAddress *out, socklen_t *length) {
    HD_OWNED HdValue path = hd_is_str(v) ? hd_str_to_fs(t, v) : hd_retain(t, v);
    HdBuffer buffer;
    if (hd_is_null(path) || hd_buffer_get(t, path, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    size_t size = (size_t)buffer.length, room = sizeof out->un.sun_path;
    /* An empty path asks for an abstract one; those have no NUL at the end. */
    bool is_abstract = size == 0 || *(const char *)buffer.data == 0;
    bool fits = is_abstract ? size <= room : size < room;
    out->un.sun_family = AF_UNIX;
    if (fits) {
        memcpy(out->un.sun_path, buffer.data, size);
        *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (is_abstract ? 0 : 1));
    }
    hd_buffer_release(t, &buffer);
    return fits ? 0 : hd_raise_int(t, &hd_OSError, "AF_UNIX path too long");
}
HD_CHECK static int inet_from(HdThread *t, HdValue v, HdSocketAddress *out, socklen_t *length, const char *caller) {
    in_port_t port;
    if (want_tuple(t, v, caller, "AF_INET", 2, 2, "AF_INET address must be a pair (host, port)") < 0) return -1;
    if (port_item(t, v, 1, caller, "port", &port) < 0 || host_item(t, v, AF_INET, out) < 0) return -1;
    out->in.sin_family = AF_INET;
    out->in.sin_port = port;
    *length = sizeof out->in;
    return 0;
}
HD_CHECK static int inet6_from(HdThread *t, HdValue v, HdSocketAddress *out, socklen_t *length, const char *caller) {
    in_port_t port;
    uint32_t flow, scope;
    if (want_tuple(t, v, caller, "AF_INET6", 2, 4,
                   "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])") < 0)
        return -1;
    if (port_item(t, v, 1, caller, "port", &port) < 0 || u32_item(t, v, 2, 0, &flow) < 0 ||
        u32_item(t, v, 3, 0, &scope) < 0)
        return -1;
    if (host_item(t, v, AF_INET6, out) < 0) return -1;
    if (flow > 0xfffff) return hd_raise_int(t, &hd_OverflowError, "%s(): flowinfo must be 0-1048575.", caller);
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = port;
    out->in6.sin6_flowinfo = htonl(flow);
    if (hd_tuple_length(v) > 3 || !out->in6.sin6_scope_id) out->in6.sin6_scope_id = scope;
    *length = sizeof out->in6;
    return 0;
}
HD_CHECK static int packet_from(HdThread *t, int fd, HdValue v, HdSocketAddress *out, socklen_t *length,
                                const char *caller) {
    in_port_t protocol;
    uint32_t type, hardware;
    int interface;
    if (want_tuple(t, v, caller, "AF_PACKET", 2, 5, "AF_PACKET address must be a tuple of two to five elements") < 0)
        return -1;
    if (interface_item(t, v, fd, &interface) < 0 || port_item(t, v, 1, caller, "proto", &protocol) < 0) return -1;
    if (u32_item(t, v, 2, PACKET_HOST, &type) < 0 || u32_item(t, v, 3, 0, &hardware) < 0) return -1;
    out->ll.sll_family = AF_PACKET;
    out->ll.sll_protocol = protocol;
    out->ll.sll_ifindex = interface;
    out->ll.sll_pkttype = (unsigned char)type;
    out->ll.sll_hatype = (unsigned short)hardware;
    *length = sizeof out->ll;
    if (hd_tuple_length(v) < 5) return 0;
    HdBuffer address;
    if (hd_buffer_get(t, hd_tuple_at_borrowed(v, 4), &address, HD_BUFFER_SIMPLE) < 0) return -1;
    bool fits = address.length <= 8;
    if (fits) memcpy(out->ll.sll_addr, address.data, (size_t)address.length);
    out->ll.sll_halen = (unsigned char)address.length;
    hd_buffer_release(t, &address);
    return fits ? 0 : hd_raise_int(t, &hd_ValueError, "Hardware address must be 8 bytes or less");
}
/* Families whose address is a pair of numbers. */
HD_CHECK static int pair_from(HdThread *t, HdValue v, const char *caller, const char *family, uint32_t out[2]) {
    if (want_tuple(t, v, caller, family, 2, 2, "address must be a pair of ints") < 0) return -1;
    return u32_item(t, v, 0, 0, &out[0]) < 0 ? -1 : u32_item(t, v, 1, 0, &out[1]);
}
HD_CHECK static int can_from(HdThread *t, int fd, int proto, HdValue v, HdSocketAddress *out, socklen_t *length,
                             const char *caller) {
    HdSize items = proto == CAN_ISOTP ? 3 : proto == CAN_J1939 ? 4 : 1;
    int interface;
    if (want_tuple(t, v, caller, "AF_CAN", items, items, "AF_CAN address has the wrong number of elements") < 0 ||
        interface_item(t, v, fd, &interface) < 0)
        return -1;
    out->can.can_family = AF_CAN;
    out->can.can_ifindex = interface;
    *length = sizeof out->can;
    if (proto == CAN_ISOTP) {
        return u32_item(t, v, 1, 0, &out->can.can_addr.tp.rx_id) < 0 ? -1
                                                                    : u32_item(t, v, 2, 0, &out->can.can_addr.tp.tx_id);
    }
    if (proto == CAN_J1939) {
        uint32_t address;
        out->can.can_addr.j1939.name = hd_number_as_u64_mask(t, hd_tuple_at_borrowed(v, 1));
        if (hd_raised(t) || u32_item(t, v, 2, 0, &out->can.can_addr.j1939.pgn) < 0 || u32_item(t, v, 3, 0, &address) < 0)
            return -1;
        out->can.can_addr.j1939.addr = (uint8_t)address;
    }
    return 0;
}
HD_CHECK static int alg_text(HdThread *t, HdValue tuple, HdSize index, unsigned char *out, size_t room,
                             const char *what) {
    HdValue v = hd_tuple_at_borrowed(tuple, index);
    HdSize length;
    if (!hd_is_str(v)) return hd_raise_int(t, &hd_TypeError, "AF_ALG %s must be str, not %s", what, hd_type_name(v));
    const char *text = hd_str_utf8(t, v, &length);
    if (!text) return -1;
    if ((size_t)length >= room) return hd_raise_int(t, &hd_ValueError, "AF_ALG %s too long.", what);
    memcpy(out, text, (size_t)length);
    return 0;
}
HD_CHECK static int alg_from(HdThread *t, HdValue v, HdSocketAddress *out, socklen_t *length, const char *caller) {
    if (want_tuple(t, v, caller, "AF_ALG", 2, 4, "AF_ALG address must be a tuple (type, name[, feat[, mask]])") < 0)
        return -1;
    if (alg_text(t, v, 0, out->alg.salg_type, sizeof out->alg.salg_type, "type") < 0 ||
        alg_text(t, v, 1, out->alg.salg_name, sizeof out->alg.salg_name, "name") < 0)
        return -1;
    if (u32_item(t, v, 2, 0, &out->alg.salg_feat) < 0 || u32_item(t, v, 3, 0, &out->alg.salg_mask) < 0) return -1;
    out->alg.salg_family = AF_ALG;
    *length = sizeof out->alg;
    return 0;
}
HD_CHECK static int tipc_from(HdThread *t, HdValue v, HdSocketAddress *out, socklen_t *length, const char *caller) {
    uint32_t at[5];
    if (want_tuple(t, v, caller, "AF_TIPC", 4, 5, "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])") < 0)
        return -1;
    for (int i = 0; i < 5; i++) {
        if (u32_item(t, v, i, TIPC_CLUSTER_SCOPE, &at[i]) < 0) return -1;
    }
    struct sockaddr_tipc *a = &out->tipc;
    a->family = AF_TIPC;
    a->addrtype = (unsigned char)at[0];
    a->scope = (signed char)at[4];
    *length = sizeof *a;
    if (at[0] == TIPC_ADDR_NAMESEQ) {
        a->addr.nameseq.type = at[1];
        a->addr.nameseq.lower = at[2];
        a->addr.nameseq.upper = at[3];
    } else if (at[0] == TIPC_ADDR_NAME) {
        a->addr.name.name.type = at[1];
        a->addr.name.name.instance = at[2];
    } else if (at[0] == TIPC_ADDR_ID) {
        a->addr.id.node = at[1];
        a->addr.id.ref = at[2];
    } else {
        return hd_raise_int(t, &hd_TypeError, "Invalid address type");
    }
    return 0;
}

int hd_socket_address_from(HdThread *t, HdValue self, HdValue v, HdSocketAddress *out, socklen_t *length,
                           const char *caller) {
    const HdSocket *s = hd_socket_of(self);
    uint32_t pair[2];
    *out = (HdSocketAddress){0};
    switch (s->family) {
    case AF_UNIX: return unix_from(t, v, out, length);
    case AF_INET: return inet_from(t, v, out, length, caller);
    case AF_INET6: return inet6_from(t, v, out, length, caller);
    case AF_PACKET: return packet_from(t, hd_socket_fd(self), v, out, length, caller);
    case AF_CAN:
        if (s->proto != CAN_RAW && s->proto != CAN_BCM && s->proto != CAN_ISOTP && s->proto != CAN_J1939)
            return hd_raise_int(t, &hd_OSError, "%s(): unsupported CAN protocol", caller);
        return can_from(t, hd_socket_fd(self), s->proto, v, out, length, caller);
    case AF_ALG: return alg_from(t, v, out, length, caller);
    case AF_TIPC: return tipc_from(t, v, out, length, caller);
    case AF_NETLINK:
        if (pair_from(t, v, caller, "AF_NETLINK", pair) < 0) return -1;
        out->nl = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_pid = pair[0], .nl_groups = pair[1]};
        *length = sizeof out->nl;
        return 0;
    case AF_VSOCK:
        if (pair_from(t, v, caller, "AF_VSOCK", pair) < 0) return -1;
        out->vm = (struct sockaddr_vm){.svm_family = AF_VSOCK, .svm_cid = pair[0], .svm_port = pair[1]};
        *length = sizeof out->vm;
        return 0;
    case AF_QIPCRTR:
        if (pair_from(t, v, caller, "AF_QIPCRTR", pair) < 0) return -1;
        out->qrtr = (struct sockaddr_qrtr){.sq_family = AF_QIPCRTR, .sq_node = pair[0], .sq_port = pair[1]};
        *length = sizeof out->qrtr;
        return 0;
    default: return hd_raise_int(t, &hd_OSError, "%s(): bad family", caller);
    }
}

/* --- and back --- */

static HdValue pair(HdThread *t, uint32_t a, uint32_t b) { return hd_tuple_pack(t, 2, hd_imm_int(a), hd_imm_int(b)); }
/* The name of an interface, "" if there is none. */
static HdValue interface_name(HdThread *t, int fd, int index) {
    struct ifreq request = {.ifr_ifindex = index};
    if (index == 0 || ioctl(fd, SIOCGIFNAME, &request) < 0) return hd_str_empty();
    return hd_str_from_fs(t, request.ifr_name, (HdSize)strnlen(request.ifr_name, sizeof request.ifr_name));
}
static HdValue inet_to(HdThread *t, const HdSocketAddress *a) {
    char text[INET6_ADDRSTRLEN];
    bool is6 = a->any.sa_family == AF_INET6;
    const void *raw = is6 ? (const void *)&a->in6.sin6_addr : (const void *)&a->in.sin_addr;
    if (!inet_ntop(a->any.sa_family, raw, text, sizeof text)) return hd_raise_errno(t, errno, HD_NULL);
    HD_OWNED HdValue host = hd_str_from_text(t, text);
    if (hd_is_null(host)) return HD_NULL;
    if (!is6) return hd_tuple_pack(t, 2, host, hd_imm_int(ntohs(a->in.sin_port)));
    return hd_tuple_pack(t, 4, host, hd_imm_int(ntohs(a->in6.sin6_port)), hd_imm_int(ntohl(a->in6.sin6_flowinfo)),
                         hd_imm_int(a->in6.sin6_scope_id));
}
static HdValue unix_to(HdThread *t, const HdSocketAddress *a, socklen_t length) {
    socklen_t start = offsetof(struct sockaddr_un, sun_path);
    size_t size = length > start ? length - start : 0;
    if (size > sizeof a->un.sun_path) size = sizeof a->un.sun_path;
    if (size > 0 && a->un.sun_path[0] == 0) return hd_bytes_new(t, a->un.sun_path, (HdSize)size);
    return hd_str_from_fs(t, a->un.sun_path, (HdSize)strnlen(a->un.sun_path, size));
}
static HdValue packet_to(HdThread *t, int fd, const struct sockaddr_ll *a) {
    HD_OWNED HdValue name = interface_name(t, fd, a->sll_ifindex);
    HdSize length = a->sll_halen < sizeof a->sll_addr ? a->sll_halen : (HdSize)sizeof a->sll_addr;
    HD_OWNED HdValue address = hd_is_null(name) ? HD_NULL : hd_bytes_new(t, a->sll_addr, length);
    if (hd_is_null(address)) return HD_NULL;
    return hd_tuple_pack(t, 5, name, hd_imm_int(ntohs(a->sll_protocol)), hd_imm_int(a->sll_pkttype),
                         hd_imm_int(a->sll_hatype), address);
}
static HdValue can_to(HdThread *t, int fd, const struct sockaddr_can *a, int proto) {
    HD_OWNED HdValue name = interface_name(t, fd, a->can_ifindex);
    if (hd_is_null(name)) return HD_NULL;
    if (proto == CAN_ISOTP)
        return hd_tuple_pack(t, 3, name, hd_imm_int(a->can_addr.tp.rx_id), hd_imm_int(a->can_addr.tp.tx_id));
    if (proto != CAN_J1939) return hd_tuple_pack(t, 1, name);
    HD_OWNED HdValue own = hd_int_from_u64(t, a->can_addr.j1939.name);
    if (hd_is_null(own)) return HD_NULL;
    return hd_tuple_pack(t, 4, name, own, hd_imm_int(a->can_addr.j1939.pgn), hd_imm_int(a->can_addr.j1939.addr));
}
static HdValue tipc_to(HdThread *t, const struct sockaddr_tipc *a) {
    uint32_t v[3] = {0};
    if (a->addrtype == TIPC_ADDR_NAMESEQ) {
        v[0] = a->addr.nameseq.type, v[1] = a->addr.nameseq.lower, v[2] = a->addr.nameseq.upper;
    } else if (a->addrtype == TIPC_ADDR_NAME) {
        v[0] = a->addr.name.name.type, v[1] = v[2] = a->addr.name.name.instance;
    } else if (a->addrtype == TIPC_ADDR_ID) {
        v[0] = a->addr.id.node, v[1] = a->addr.id.ref;
    } else {
        return hd_raise(t, &hd_ValueError, "Invalid address type");
    }
    return hd_tuple_pack(t, 5, hd_imm_int(a->addrtype), hd_imm_int(v[0]), hd_imm_int(v[1]), hd_imm_int(v[2]),
                         hd_imm_int(a->scope));
}
static HdValue alg_to(HdThread *t, const struct sockaddr_alg *a) {
    HdSize type_length = (HdSize)strnlen((const char *)a->salg_type, sizeof a->salg_type);
    HdSize name_length = (HdSize)strnlen((const char *)a->salg_name, sizeof a->salg_name);
    HD_OWNED HdValue type = hd_bytes_new(t, a->salg_type, type_length);
    HD_OWNED HdValue name = hd_is_null(type) ? HD_NULL : hd_bytes_new(t, a->salg_name, name_length);
    if (hd_is_null(name)) return HD_NULL;
    return hd_tuple_pack(t, 4, type, name, hd_imm_int(a->salg_feat), hd_imm_int(a->salg_mask));
}

HdValue hd_socket_address_to(HdThread *t, int fd, const HdSocketAddress *a, socklen_t length, int proto) {
    if (length == 0) return hd_None;
    switch (a->any.sa_family) {
    case AF_INET:
    case AF_INET6: return inet_to(t, a);
    case AF_UNIX: return unix_to(t, a, length);
    case AF_NETLINK: return pair(t, a->nl.nl_pid, a->nl.nl_groups);
    case AF_VSOCK: return pair(t, a->vm.svm_cid, a->vm.svm_port);
    case AF_QIPCRTR: return pair(t, a->qrtr.sq_node, a->qrtr.sq_port);
    case AF_PACKET: return packet_to(t, fd, &a->ll);
    case AF_CAN: return can_to(t, fd, &a->can, proto);
    case AF_TIPC: return tipc_to(t, &a->tipc);
    case AF_ALG: return alg_to(t, &a->alg);
    default: break;
    }
    /* A family nobody knows: its number and the bytes. */
    HD_OWNED HdValue data = hd_bytes_new(t, a->any.sa_data, sizeof a->any.sa_data);
    return hd_is_null(data) ? HD_NULL : hd_tuple_pack(t, 2, hd_imm_int(a->any.sa_family), data);
}
