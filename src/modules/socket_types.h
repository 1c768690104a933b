/* socket_types.h -- what the files of the module _socket share.
 *
 *   mod__socket.c       the module: descriptors, byte order, the default time-out
 *   socket_object.c     the class: life, connecting, options
 *   socket_transfer.c   recv and send in all their forms but recvmsg and sendmsg
 *   socket_message.c    recvmsg, recvmsg_into, sendmsg, sendmsg_afalg
 *   socket_address.c    addresses, from Python's tuples and back
 *   socket_resolve.c    the resolver: host names, services, protocols, addresses as text
 *   socket_names.c      network interfaces
 *   socket_constants.c  the numbers of the system
 *
 * A call that may wait is tried once without waiting; only then is the GIL given up (sync/blocking.h). A socket with a
 * time-out has its descriptor in non-blocking mode, as in CPython. The fields of a socket are read and replaced
 * atomically; a call that another thread closes the socket under goes on with the kernel's idea of it.
 */
#ifndef HD_SOCKET_TYPES_H
#define HD_SOCKET_TYPES_H

#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <linux/qrtr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <heddle/module.h>

#include "blocking.h"

typedef struct HdSocket {
    HdObject head;
    int fd; /* atomic; -1: closed or not made yet */
    int family, type, proto;
    HdTime timeout; /* atomic; negative: waits for ever, 0: never waits */
} HdSocket;
extern HdType hd_socket_type;
HD_INLINE HdSocket *hd_socket_of(HdValue v) { return HD_AS(HdSocket, v); }
HD_INLINE int hd_socket_fd(HdValue v) { return HD_LOAD_RELAXED(&hd_socket_of(v)->fd); }
HD_INLINE HdTime hd_socket_timeout(HdValue v) { return HD_LOAD_RELAXED(&hd_socket_of(v)->timeout); }

typedef struct HdSocketState {
    HdTime default_timeout; /* atomic; of new sockets */
    HdValue herror, gaierror;
} HdSocketState;
HdValue hd_socket_module(HdThread *t) HD_CHECK; /* the module object, owned */
HD_INLINE HdSocketState *hd_socket_state(HdValue module) { return hd_module_state(module); }

/* Sets a descriptor's non-blocking mode: 0, or -1 with errno. */
int hd_socket_set_nonblocking(HdThread *t, int fd, bool nonblocking);
/* A time-out in seconds or None: negative for None. -1 raised. */
int hd_socket_parse_timeout(HdThread *t, HdValue v, HdTime *out) HD_CHECK;
HdValue hd_socket_timeout_value(HdThread *t, HdTime timeout) HD_CHECK;
HD_INLINE HdTime hd_socket_deadline(HdTime timeout) {
    return timeout < 0 ? HD_FOREVER : timeout == 0 ? 0 : hd_clock_deadline(timeout);
}
/* What errno says, or TimeoutError when it is ETIMEDOUT of a deadline that passed. */
HD_COLD HdValue hd_socket_error(HdThread *t, HdTime deadline);
/* Puts a descriptor into a fresh object; on failure (-1) it is still the caller's. */
int hd_socket_setup(HdThread *t, HdValue self, int fd, int family, int type, int proto) HD_CHECK;
HdValue hd_socket_new(HdThread *t, int fd, int family, int type, int proto) HD_CHECK;

/* --- calls that may wait --- */

/* A system call on a socket: result as the system's, errno when negative. `flags` is MSG_DONTWAIT or 0, to be added. */
typedef ssize_t (*HdSocketCall)(int fd, int flags, void *context);
/* Makes the call until it succeeds, fails, or the deadline passes (0: one try). -1 with an exception set. */
ssize_t hd_socket_call(HdThread *t, HdValue self, short events, HdTime deadline, HdSocketCall call,
                       void *context) HD_CHECK;

/* --- addresses --- */

typedef union HdSocketAddress {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_nl nl;
    struct sockaddr_ll ll;
    struct sockaddr_vm vm;
    struct sockaddr_can can;
    struct sockaddr_alg alg;
    struct sockaddr_tipc tipc;
    struct sockaddr_qrtr qrtr;
    struct sockaddr_storage storage;
} HdSocketAddress;
/* Python's address for a socket of this family and protocol; `caller` is for messages. -1 raised. Runs the resolver. */
int hd_socket_address_from(HdThread *t, HdValue self, HdValue v, HdSocketAddress *out, socklen_t *length,
                           const char *caller) HD_CHECK;
/* The address of a socket as Python shows it: None for a length of 0. */
HdValue hd_socket_address_to(HdThread *t, int fd, const HdSocketAddress *address, socklen_t length,
                             int proto) HD_CHECK;

/* --- names --- */

/* A host name: str (IDNA unless ASCII), bytes or bytearray, as bytes without NUL. Owned. */
HdValue hd_socket_host(HdThread *t, HdValue v) HD_CHECK;
/* The address of a host in `family` (AF_UNSPEC: any), ports zero; "" is any address, "<broadcast>" the broadcast one. */
int hd_socket_resolve(HdThread *t, const char *name, int family, HdSocketAddress *out, socklen_t *length) HD_CHECK;
HD_COLD HdValue hd_socket_raise_gai(HdThread *t, int error); /* gaierror, or OSError for EAI_SYSTEM */

extern const HdMethodDef hd_socket_resolve_functions[], hd_socket_interface_functions[];
int hd_socket_constants(HdThread *t, HdValue module) HD_CHECK;

#endif
