/* socket_resolve.c -- the resolver: host names, services, protocols, addresses as text (see socket_types.h).
 *
 * The C library's lookups may ask the network: they run with the GIL given up, in their reentrant forms.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "socket_types.h"

enum { ROOM = 16384 }; /* for what the reentrant lookups answer with */

HdValue hd_socket_raise_gai(HdThread *t, int error) {
    if (error == EAI_SYSTEM) return hd_raise_errno(t, errno, HD_NULL);
    HD_OWNED HdValue module = hd_socket_module(t);
    HD_OWNED HdValue text = hd_is_null(module) ? HD_NULL : hd_str_from_text(t, gai_strerror(error));
    if (hd_is_null(text)) return HD_NULL;
    HD_OWNED HdValue exception =
        hd_object_call2(t, hd_socket_state(module)->gaierror, hd_imm_int(error), text);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}
HD_COLD static HdValue raise_herror(HdThread *t, HdValue module, int error) {
    HD_OWNED HdValue text = hd_str_from_text(t, hstrerror(error));
    if (hd_is_null(text)) return HD_NULL;
    HD_OWNED HdValue exception = hd_object_call2(t, hd_socket_state(module)->herror, hd_imm_int(error), text);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}

/* --- hosts --- */

/* True for an ASCII name whose labels have 1 to 63 characters: the IDNA codec gives it back as it is. */
static bool is_plain(HdValue name) {
    if (!hd_str(name)->ascii) return false;
    const char *text = hd_str_data(name);
    HdSize length = hd_str_length(name), label = 0;
    for (HdSize i = 0; i < length; i++) {
        if (text[i] != '.') {
            label++;
        } else {
            if (label == 0 || label > 63) return false;
            label = 0;
        }
    }
    return label <= 63;
}
static HdValue encode_host(HdThread *t, HdValue name) {
    if (is_plain(name)) return hd_bytes_new(t, hd_str_data(name), hd_str_length(name));
    return hd_str_encode(t, name, "idna", NULL);
}
HdValue hd_socket_host(HdThread *t, HdValue v) {
    HD_OWNED HdValue bytes = HD_NULL;
    if (hd_is_str(v)) {
        bytes = hd_str(v)->ascii ? hd_bytes_new(t, hd_str_data(v), hd_str_length(v)) : encode_host(t, v);
    } else if (hd_is_bytes(v)) {
        bytes = hd_retain(t, v);
    } else if (hd_is_bytearray(v)) {
        bytes = hd_object_bytes(t, v);
    } else {
        return hd_raise(t, &hd_TypeError, "str, bytes or bytearray expected, not %s", hd_type_name(v));
    }
    if (hd_is_null(bytes)) return HD_NULL;
    if (strlen((const char *)hd_bytes_data(bytes)) != (size_t)hd_bytes_length(bytes))
        return hd_raise(t, &hd_TypeError, "host name must not contain null character");
    return hd_move(&bytes);
}

static int lookup(HdThread *t, const char *host, const char *port, const struct addrinfo *hints,
                  struct addrinfo **out) {
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int error = getaddrinfo(host, port, hints, out);
    int kept = errno;
    hd_blocking_leave(t);
    errno = kept;
    return error;
}
/* Addresses written in digits, which need no resolver. */
static bool parse_digits(const char *name, int family, HdSocketAddress *out, socklen_t *length) {
    if ((family == AF_UNSPEC || family == AF_INET) && inet_pton(AF_INET, name, &out->in.sin_addr) > 0) {
        out->in.sin_family = AF_INET;
        *length = sizeof out->in;
        return true;
    }
    if ((family == AF_UNSPEC || family == AF_INET6) && !strchr(name, '%') &&
        inet_pton(AF_INET6, name, &out->in6.sin6_addr) > 0) {
        out->in6.sin6_family = AF_INET6;
        *length = sizeof out->in6;
        return true;
    }
    return false;
}
int hd_socket_resolve(HdThread *t, const char *name, int family, HdSocketAddress *out, socklen_t *length) {
    *out = (HdSocketAddress){0};
    if (!strcmp(name, "<broadcast>") || !strcmp(name, "255.255.255.255")) {
        if (family != AF_INET && family != AF_UNSPEC)
            return hd_raise_int(t, &hd_OSError, "address family mismatched");
        out->in.sin_family = AF_INET;
        out->in.sin_addr.s_addr = INADDR_BROADCAST;
        *length = sizeof out->in;
        return 0;
    }
    if (name[0] && parse_digits(name, family, out, length)) return 0;
    bool any = name[0] == 0;
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_family = family, .ai_socktype = any ? SOCK_DGRAM : 0, .ai_flags = any ? AI_PASSIVE : 0};
    int error = lookup(t, any ? NULL : name, any ? "0" : NULL, &hints, &found);
    if (error) {
        hd_socket_raise_gai(t, error);
        return -1;
    }
    bool several = any && found->ai_next;
    *length = found->ai_addrlen;
    memcpy(out, found->ai_addr, found->ai_addrlen < sizeof *out ? found->ai_addrlen : sizeof *out);
    freeaddrinfo(found);
    return several ? hd_raise_int(t, &hd_OSError, "wildcard resolved to multiple address") : 0;
}

/* The address as text, without its port. */
static HdValue address_text(HdThread *t, const HdSocketAddress *a, socklen_t length) {
    char text[NI_MAXHOST];
    int error = getnameinfo(&a->any, length, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    return error ? hd_socket_raise_gai(t, error) : hd_str_from_text(t, text);
}
static HdValue socket_gethostbyname(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue host = hd_socket_host(t, args[0]);
    HdSocketAddress address;
    socklen_t length;
    if (hd_is_null(host)) return HD_NULL;
    if (hd_socket_resolve(t, (const char *)hd_bytes_data(host), AF_INET, &address, &length) < 0) return HD_NULL;
    return address_text(t, &address, length);
}

/* --- gethostbyname_ex and gethostbyaddr --- */

static HdValue raw_address(HdThread *t, int family, const char *raw) {
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(family, raw, text, sizeof text) ? hd_str_from_text(t, text) : hd_raise_errno(t, errno, HD_NULL);
}
/* (name, aliases, addresses) */
static HdValue host_entry(HdThread *t, const struct hostent *entry) {
    HD_OWNED HdValue aliases = hd_list_new(t, 0);
    HD_OWNED HdValue addresses = hd_list_new(t, 0);
    HD_OWNED HdValue name = hd_str_from_fs(t, entry->h_name, (HdSize)strlen(entry->h_name));
    if (hd_is_null(aliases) || hd_is_null(addresses) || hd_is_null(name)) return HD_NULL;
    for (char **alias = entry->h_aliases; alias && *alias; alias++) {
        HdValue text = hd_str_from_fs(t, *alias, (HdSize)strlen(*alias));
        if (hd_is_null(text) || hd_list_append_steal(t, aliases, text) < 0) return HD_NULL;
    }
    for (char **address = entry->h_addr_list; address && *address; address++) {
        HdValue text = raw_address(t, entry->h_addrtype, *address);
        if (hd_is_null(text) || hd_list_append_steal(t, addresses, text) < 0) return HD_NULL;
    }
    return hd_tuple_pack(t, 3, name, aliases, addresses);
}
/* One of the two lookups, by name or by address; the answer lies in `room`. */
static HdValue look_up_entry(HdThread *t, HdValue module, const char *name, const HdSocketAddress *address) {
    struct hostent entry, *found = NULL;
    int error = 0;
    char *room = malloc(ROOM);
    if (!room) return hd_raise_no_memory(t);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    if (name) {
        (void)gethostbyname_r(name, &entry, room, ROOM, &found, &error);
    } else {
        bool is6 = address->any.sa_family == AF_INET6;
        const void *raw = is6 ? (const void *)&address->in6.sin6_addr : (const void *)&address->in.sin_addr;
        (void)gethostbyaddr_r(raw, is6 ? 16 : 4, address->any.sa_family, &entry, room, ROOM, &found, &error);
    }
    hd_blocking_leave(t);
    HdValue result = found ? host_entry(t, found) : raise_herror(t, module, error);
    free(room);
    return result;
}
static HdValue socket_gethostbyname_ex(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue host = hd_socket_host(t, args[0]);
    HdSocketAddress address;
    socklen_t length;
    if (hd_is_null(host)) return HD_NULL;
    const char *name = (const char *)hd_bytes_data(host);
    if (hd_socket_resolve(t, name, AF_INET, &address, &length) < 0) return HD_NULL;
    return look_up_entry(t, self, name, NULL);
}
static HdValue socket_gethostbyaddr(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue host = hd_socket_host(t, args[0]);
    HdSocketAddress address;
    socklen_t length;
    if (hd_is_null(host)) return HD_NULL;
    if (hd_socket_resolve(t, (const char *)hd_bytes_data(host), AF_UNSPEC, &address, &length) < 0) return HD_NULL;
    if (address.any.sa_family != AF_INET && address.any.sa_family != AF_INET6)
        return hd_raise(t, &hd_OSError, "unsupported address family");
    return look_up_entry(t, self, NULL, &address);
}

/* --- getaddrinfo and getnameinfo --- */

static HdValue address_list(HdThread *t, const struct addrinfo *found) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    for (const struct addrinfo *a = found; a; a = a->ai_next) {
        HdSocketAddress address = {0};
        memcpy(&address, a->ai_addr, a->ai_addrlen < sizeof address ? a->ai_addrlen : sizeof address);
        HD_OWNED HdValue shown = hd_socket_address_to(t, -1, &address, a->ai_addrlen, a->ai_protocol);
        HD_OWNED HdValue name = hd_is_null(shown) ? HD_NULL : hd_str_from_text(t, a->ai_canonname ? a->ai_canonname : "");
        if (hd_is_null(name)) return HD_NULL;
        HdValue item = hd_tuple_pack(t, 5, hd_imm_int(a->ai_family), hd_imm_int(a->ai_socktype),
                                     hd_imm_int(a->ai_protocol), name, shown);
        if (hd_is_null(item) || hd_list_append_steal(t, list, item) < 0) return HD_NULL;
    }
    return hd_move(&list);
}
/* A port or service as bytes; *out HD_NULL for None. */
HD_CHECK static int service_arg(HdThread *t, HdValue v, HdValue *out) {
    *out = HD_NULL;
    if (hd_is_none(v)) return 0;
    if (hd_is_bytes(v)) {
        *out = hd_retain(t, v);
        return 0;
    }
    if (!hd_is_int(v) && !hd_is_str(v)) return hd_raise_int(t, &hd_OSError, "Int or String expected");
    HD_OWNED HdValue text = hd_is_str(v) ? hd_retain(t, v) : HD_NULL;
    if (hd_is_null(text)) { /* the low 64 bits, as a long */
        int64_t number = hd_number_as_i64(t, v);
        if (number == -1 && hd_raised(t)) return -1;
        text = hd_str_format(t, "%ld", (long)number);
    }
    HdSize length;
    const char *bytes = hd_is_null(text) ? NULL : hd_str_utf8(t, text, &length);
    if (!bytes) return -1;
    *out = hd_bytes_new(t, bytes, length);
    return hd_is_null(*out) ? -1 : 0;
}
static HdValue socket_getaddrinfo(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue host = HD_NULL, service = HD_NULL;
    int hint[4] = {0};
    for (int i = 0; i < 4; i++) {
        if (hd_is_null(args[2 + i])) continue;
        hint[i] = hd_number_as_int(t, args[2 + i]);
        if (hint[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    if (hd_is_str(args[0])) {
        host = encode_host(t, args[0]);
        if (hd_is_null(host)) return HD_NULL;
    } else if (hd_is_bytes(args[0])) {
        host = hd_retain(t, args[0]);
    } else if (!hd_is_none(args[0])) {
        return hd_raise(t, &hd_TypeError, "getaddrinfo() argument 1 must be string or None");
    }
    if (service_arg(t, args[1], &service) < 0) return HD_NULL;
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_family = hint[0], .ai_socktype = hint[1], .ai_protocol = hint[2], .ai_flags = hint[3]};
    int error = lookup(t, hd_is_null(host) ? NULL : (const char *)hd_bytes_data(host),
                       hd_is_null(service) ? NULL : (const char *)hd_bytes_data(service), &hints, &found);
    if (error) return hd_socket_raise_gai(t, error);
    HdValue list = address_list(t, found);
    freeaddrinfo(found);
    return list;
}

/* The tuple's host and port as an address; -1 raised. */
HD_CHECK static int numeric_address(HdThread *t, HdValue tuple, HdSocketAddress *out, socklen_t *length) {
    HdSize count = hd_tuple_length(tuple);
    if (count < 2 || count > 4 || !hd_is_str(hd_tuple_at_borrowed(tuple, 0)))
        return hd_raise_int(t, &hd_TypeError, "getnameinfo(): illegal sockaddr argument");
    const char *host = hd_str_utf8(t, hd_tuple_at_borrowed(tuple, 0), NULL);
    int port = host ? hd_number_as_int(t, hd_tuple_at_borrowed(tuple, 1)) : 0;
    uint64_t flow = hd_raised(t) || count < 3 ? 0 : hd_number_as_u64_mask(t, hd_tuple_at_borrowed(tuple, 2));
    uint64_t scope = hd_raised(t) || count < 4 ? 0 : hd_number_as_u64_mask(t, hd_tuple_at_borrowed(tuple, 3));
    if (hd_raised(t)) return -1;
    if ((uint32_t)flow > 0xfffff) return hd_raise_int(t, &hd_OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
    char digits[16];
    snprintf(digits, sizeof digits, "%d", port);
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    int error = lookup(t, host, digits, &hints, &found);
    if (error) {
        hd_socket_raise_gai(t, error);
        return -1;
    }
    bool several = found->ai_next != NULL;
    *length = found->ai_addrlen;
    memcpy(out, found->ai_addr, found->ai_addrlen < sizeof *out ? found->ai_addrlen : sizeof *out);
    freeaddrinfo(found);
    if (several) return hd_raise_int(t, &hd_OSError, "sockaddr resolved to multiple addresses");
    if (out->any.sa_family == AF_INET && count != 2)
        return hd_raise_int(t, &hd_OSError, "IPv4 sockaddr must be 2 tuple");
    if (out->any.sa_family == AF_INET6) {
        out->in6.sin6_flowinfo = htonl((uint32_t)flow);
        out->in6.sin6_scope_id = (uint32_t)scope;
    }
    return 0;
}
static HdValue socket_getnameinfo(HdThread *t, HdValue self, const HdValue *args) {
    int flags = hd_number_as_int(t, args[1]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_tuple(args[0])) return hd_raise(t, &hd_TypeError, "getnameinfo() argument 1 must be a tuple");
    HdSocketAddress address = {0};
    socklen_t length = 0;
    if (numeric_address(t, args[0], &address, &length) < 0) return HD_NULL;
    char host[NI_MAXHOST], service[NI_MAXSERV];
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int error = getnameinfo(&address.any, length, host, sizeof host, service, sizeof service, flags);
    hd_blocking_leave(t);
    if (error) return hd_socket_raise_gai(t, error);
    HD_OWNED HdValue host_text = hd_str_from_fs(t, host, (HdSize)strlen(host));
    HD_OWNED HdValue service_text = hd_str_from_fs(t, service, (HdSize)strlen(service));
    if (hd_is_null(host_text) || hd_is_null(service_text)) return HD_NULL;
    return hd_tuple_pack(t, 2, host_text, service_text);
}

/* --- services and protocols --- */

/* A text argument, or NULL in *out when it was not given; -1 raised. */
HD_CHECK static int text_arg(HdThread *t, HdValue v, const char *function, int number, const char **out) {
    *out = NULL;
    if (hd_is_null(v)) return 0;
    if (!hd_is_str(v))
        return hd_raise_int(t, &hd_TypeError, "%s() argument %d must be str, not %s", function, number, hd_type_name(v));
    HdSize length;
    *out = hd_str_utf8(t, v, &length);
    if (!*out) return -1;
    return strlen(*out) == (size_t)length ? 0 : hd_raise_int(t, &hd_ValueError, "embedded null character");
}
static HdValue socket_getservbyname(HdThread *t, HdValue self, const HdValue *args) {
    const char *name, *protocol;
    if (text_arg(t, args[0], "getservbyname", 1, &name) < 0 || text_arg(t, args[1], "getservbyname", 2, &protocol) < 0)
        return HD_NULL;
    struct servent entry, *found = NULL;
    char room[4096];
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    (void)getservbyname_r(name, protocol, &entry, room, sizeof room, &found);
    hd_blocking_leave(t);
    return found ? hd_imm_int(ntohs((uint16_t)found->s_port)) : hd_raise(t, &hd_OSError, "service/proto not found");
}
static HdValue socket_getservbyport(HdThread *t, HdValue self, const HdValue *args) {
    const char *protocol;
    int port = hd_number_as_int(t, args[0]);
    if (port == -1 && hd_raised(t)) return HD_NULL;
    if (text_arg(t, args[1], "getservbyport", 2, &protocol) < 0) return HD_NULL;
    if (port < 0 || port > 0xffff) return hd_raise(t, &hd_OverflowError, "getservbyport: port must be 0-65535.");
    struct servent entry, *found = NULL;
    char room[4096];
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    (void)getservbyport_r(htons((uint16_t)port), protocol, &entry, room, sizeof room, &found);
    hd_blocking_leave(t);
    return found ? hd_str_from_text(t, found->s_name) : hd_raise(t, &hd_OSError, "port/proto not found");
}
static HdValue socket_getprotobyname(HdThread *t, HdValue self, const HdValue *args) {
    const char *name;
    if (text_arg(t, args[0], "getprotobyname", 1, &name) < 0) return HD_NULL;
    struct protoent entry, *found = NULL;
    char room[4096];
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    (void)getprotobyname_r(name, &entry, room, sizeof room, &found);
    hd_blocking_leave(t);
    return found ? hd_imm_int(found->p_proto) : hd_raise(t, &hd_OSError, "protocol not found");
}

/* --- addresses as text --- */

static HdValue socket_inet_aton(HdThread *t, HdValue self, const HdValue *args) {
    const char *text;
    struct in_addr address;
    if (text_arg(t, args[0], "inet_aton", 1, &text) < 0) return HD_NULL;
    if (!inet_aton(text, &address)) return hd_raise(t, &hd_OSError, "illegal IP address string passed to inet_aton");
    return hd_bytes_new(t, &address, sizeof address);
}
static HdValue socket_inet_ntoa(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer packed;
    char text[INET_ADDRSTRLEN];
    if (hd_buffer_get(t, args[0], &packed, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    bool fits = packed.length == sizeof(struct in_addr) && inet_ntop(AF_INET, packed.data, text, sizeof text);
    hd_buffer_release(t, &packed);
    return fits ? hd_str_from_text(t, text) : hd_raise(t, &hd_OSError, "packed IP wrong length");
}
static HdValue socket_inet_pton(HdThread *t, HdValue self, const HdValue *args) {
    const char *text;
    char packed[16];
    int family = hd_number_as_int(t, args[0]);
    if (family == -1 && hd_raised(t)) return HD_NULL;
    if (text_arg(t, args[1], "inet_pton", 2, &text) < 0) return HD_NULL;
    int result = inet_pton(family, text, packed);
    if (result < 0) return hd_raise_errno(t, errno, HD_NULL);
    if (result == 0) return hd_raise(t, &hd_OSError, "illegal IP address string passed to inet_pton");
    return hd_bytes_new(t, packed, family == AF_INET ? 4 : 16);
}
static HdValue socket_inet_ntop(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer packed;
    char text[INET6_ADDRSTRLEN];
    int family = hd_number_as_int(t, args[0]);
    if (family == -1 && hd_raised(t)) return HD_NULL;
    if (hd_buffer_get(t, args[1], &packed, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdSize length = packed.length;
    bool fits = length == (family == AF_INET ? 4 : family == AF_INET6 ? 16 : -1);
    if (fits) fits = inet_ntop(family, packed.data, text, sizeof text) != NULL;
    hd_buffer_release(t, &packed);
    if (fits) return hd_str_from_text(t, text);
    if (family == AF_INET || family == AF_INET6)
        return hd_raise(t, &hd_ValueError, "invalid length of packed IP address string");
    return hd_raise(t, &hd_ValueError, "unknown address family %d", family);
}

const HdMethodDef hd_socket_resolve_functions[] = {
    HD_METHOD(socket_getaddrinfo, "getaddrinfo($module, /, host, port, family=0, type=0, proto=0, flags=0)",
              "Addresses of a host and service: a list of (family, type, proto, canonname, address)."),
    HD_METHOD(socket_getnameinfo, "getnameinfo($module, sockaddr, flags, /)", "An address's host and service name."),
    HD_METHOD(socket_gethostbyname, "gethostbyname($module, host, /)", "The IPv4 address of a host, as text."),
    HD_METHOD(socket_gethostbyname_ex, "gethostbyname_ex($module, host, /)",
              "A host by name: (name, aliaslist, addresslist)."),
    HD_METHOD(socket_gethostbyaddr, "gethostbyaddr($module, host, /)",
              "A host by name or address: (name, aliaslist, addresslist)."),
    HD_METHOD(socket_getservbyname, "getservbyname($module, servicename, protocolname=<none>, /)",
              "getservbyname(servicename[, protocolname]) -> the port of a service."),
    HD_METHOD(socket_getservbyport, "getservbyport($module, port, protocolname=<none>, /)",
              "getservbyport(port[, protocolname]) -> the service at a port."),
    HD_METHOD(socket_getprotobyname, "getprotobyname($module, name, /)", "The number of a protocol."),
    HD_METHOD(socket_inet_aton, "inet_aton($module, string, /)", "An IPv4 address in dots as 4 bytes."),
    HD_METHOD(socket_inet_ntoa, "inet_ntoa($module, packed_ip, /)", "4 bytes as an IPv4 address in dots."),
    HD_METHOD(socket_inet_pton, "inet_pton($module, af, ip, /)", "An address of a family, from text to bytes."),
    HD_METHOD(socket_inet_ntop, "inet_ntop($module, af, packed_ip, /)", "An address of a family, from bytes to text."),
    HD_METHODS_END,
};
