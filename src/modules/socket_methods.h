/* socket_methods.h -- the methods of socket that socket_object.c puts into its table, by file. */
#ifndef HD_SOCKET_METHODS_H
#define HD_SOCKET_METHODS_H

#include "socket_types.h"

#define HD_SOCKET_METHOD(name) HdValue hd_socket_##name(HdThread *t, HdValue self, const HdValue *args)
/* socket_object.c */
HD_SOCKET_METHOD(accept);
HD_SOCKET_METHOD(bind);
HD_SOCKET_METHOD(close);
HD_SOCKET_METHOD(connect);
HD_SOCKET_METHOD(connect_ex);
HD_SOCKET_METHOD(detach);
HD_SOCKET_METHOD(fileno);
HD_SOCKET_METHOD(getblocking);
HD_SOCKET_METHOD(getpeername);
HD_SOCKET_METHOD(getsockname);
HD_SOCKET_METHOD(getsockopt);
HD_SOCKET_METHOD(gettimeout);
HD_SOCKET_METHOD(listen);
HD_SOCKET_METHOD(setblocking);
HD_SOCKET_METHOD(setsockopt);
HD_SOCKET_METHOD(settimeout);
HD_SOCKET_METHOD(shutdown);
/* socket_transfer.c */
HD_SOCKET_METHOD(recv);
HD_SOCKET_METHOD(recv_into);
HD_SOCKET_METHOD(recvfrom);
HD_SOCKET_METHOD(recvfrom_into);
HD_SOCKET_METHOD(send);
HD_SOCKET_METHOD(sendall);
HD_SOCKET_METHOD(sendto);
/* socket_message.c */
HD_SOCKET_METHOD(recvmsg);
HD_SOCKET_METHOD(recvmsg_into);
HD_SOCKET_METHOD(sendmsg);
HD_SOCKET_METHOD(sendmsg_afalg);

#endif
