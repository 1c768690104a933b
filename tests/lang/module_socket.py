# The module socket: pairs, TCP, UDP, unix sockets; addresses, time-outs, options, names; what it refuses.
import _socket
import array
import os
import socket
import tempfile
import threading
import warnings


def attempt(function, *args, **kw):
    try:
        return function(*args, **kw)
    except BaseException as e:
        return type(e).__name__ + ": " + str(e)


print("-- pairs")
a, b = socket.socketpair()
print(a.family, a.type, a.proto, a.gettimeout(), a.timeout, a.getblocking(), a.get_inheritable())
print(a.send(b"hello"), b.recv(3), b.recv(100), a.sendall(memoryview(b"x" * 10)), len(b.recv(100)))
room = bytearray(8)
a.sendall(b"abcdef")
print(b.recv_into(room, 3), b.recv_into(memoryview(room)[5:]), room)
a.sendall(b"peek")
print(b.recv(2, socket.MSG_PEEK), b.recv(10), b.recv(0))
print(a.sendmsg([b"one", bytearray(b"two"), array.array("b", [51])]), b.recvmsg(100))
buffers = [bytearray(2), bytearray(3)]
a.sendall(b"12345678")
print(b.recvmsg_into(buffers), buffers, b.recv(10))
print(attempt(a.recvfrom_into, room, 9), attempt(a.recv_into, b"ro"), attempt(a.recv, -1), attempt(a.send, "text"))
read_end, write_end = os.pipe()
socket.send_fds(a, [b"fd"], [write_end])
data, fds, flags, address = socket.recv_fds(b, 10, 2)
os.write(fds[0], b"through")
print(data, len(fds), flags, os.read(read_end, 10))
for fd in [read_end, write_end, *fds]:
    os.close(fd)
print(attempt(a.sendmsg, [b"x"], [(1, 2)]), "|", attempt(a.sendmsg, 5), "|", attempt(a.recvmsg, -1), "|",
      attempt(a.recvmsg_into, [b"ro"]))
print(a.shutdown(socket.SHUT_WR), b.recv(5), b.recv_into(room))
b.close()
print(attempt(b.recv, 1), b.fileno(), b.close(), attempt(a.getpeername)[:21])
a.close()

print("-- time-outs")
a, b = socket.socketpair()
a.settimeout(0.01)
print(a.gettimeout(), attempt(a.recv, 1), attempt(a.recv_into, room), attempt(a.recvfrom, 1), attempt(a.recvmsg, 1))
a.setblocking(False)
print(a.gettimeout(), attempt(a.recv, 1), attempt(a.recvfrom, 1), a.getblocking())
b.setblocking(False)
sent = 0
try:
    while True:
        sent += b.send(bytes(65536))
except BlockingIOError as e:
    print("full", e.errno == socket.EAGAIN)
a.settimeout(None)
print(a.gettimeout(), attempt(a.settimeout, -1), attempt(a.settimeout, "1"), attempt(a.settimeout, 1e20)[:13])
b.settimeout(0.01)
print(attempt(b.sendall, bytes(10)), attempt(b.sendmsg, [bytes(10)]))
got = 0
while got < sent:
    got += len(a.recv(1 << 20))
print(got == sent)
a.close(), b.close()
print(socket.getdefaulttimeout(), socket.setdefaulttimeout(5.5), socket.getdefaulttimeout(), socket.socket().gettimeout())
socket.setdefaulttimeout(None)

print("-- TCP")
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]


def serve():
    connection, address = server.accept()
    with connection:
        print(address[0], connection.getsockname() == ("127.0.0.1", port))
        while data := connection.recv(1 << 16):
            connection.sendall(data)


thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(("localhost", port), timeout=10) as client:
    payload = os.urandom(300_000)
    sender = threading.Thread(target=client.sendall, args=(payload,))
    sender.start()
    received = b""
    while len(received) < len(payload):
        received += client.recv(1 << 16)
    sender.join()
    print(received == payload, client.getpeername() == ("127.0.0.1", port))
thread.join()
server.settimeout(0.01)
print(attempt(server.accept))
with socket.socket() as probe:
    print(attempt(probe.connect, ("127.0.0.1", 1)), probe.connect_ex(("127.0.0.1", 1)))
server.close()

print("-- UDP")
with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
    one.bind(("127.0.0.1", 0))
    two.bind(("127.0.0.1", 0))
    print(one.sendto(b"datagram", two.getsockname()), one.sendto(b"flags", 0, two.getsockname()))
    print(two.recvfrom(4)[0], two.recvfrom_into(room)[0], room[:5])
    print(attempt(one.sendto, b"x"), "|", attempt(one.sendto, b"x", 1, 2, 3), "|", attempt(one.sendto, b"x", 5))

print("-- unix")
folder = tempfile.mkdtemp()
path = os.path.join(folder, "s")
for name in (path, os.fsencode(path) + b"2", b"\0heddle-test-%d" % os.getpid()):
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        print(repr(client.getsockname()))
        listener.bind(name)
        listener.listen()
        client.connect(name)
        connection, address = listener.accept()
        shown = listener.getsockname()
        print(type(shown).__name__, os.fsencode(shown) == os.fsencode(name), repr(address))
        connection.close()
with socket.socket(socket.AF_UNIX) as long:
    print(attempt(long.bind, "x" * 108), attempt(long.bind, b"\0" * 109), attempt(long.bind, None))

print("-- addresses")
with socket.socket() as s, socket.socket(socket.AF_INET6) as s6:
    for address in (5, ("a",), ("127.0.0.1", 70000), ("127.0.0.1", -1), ("127.0.0.1", 1 << 70), ("127.0.0.1", "80"), (None, 80),
                    ("nul\0", 80), (5, 80), ["127.0.0.1", 80]):
        print(address, attempt(s.connect, address))
    print(attempt(s6.connect, ("::1", 1, 1 << 20)), attempt(s6.connect, 7))
    print(s, repr(_socket.socket.__repr__(s)).split(",")[1:])
print(socket.inet_aton("127.1"), socket.inet_ntoa(b"\1\2\3\4"), socket.inet_pton(socket.AF_INET6, "::ffff:1.2.3.4"),
      socket.inet_ntop(socket.AF_INET6, bytes(15) + b"\1"))
for wrong in ((socket.inet_aton, "1.2.3.4.5"), (socket.inet_ntoa, b"123"), (socket.inet_pton, socket.AF_INET, "x"),
              (socket.inet_pton, 99, "x"), (socket.inet_ntop, 99, b""), (socket.inet_ntop, socket.AF_INET, b"12345"),
              (socket.htons, 65536), (socket.ntohs, -1), (socket.htonl, 1 << 32), (socket.ntohl, "1"), (socket.CMSG_LEN, -1),
              (socket.CMSG_SPACE, 1 << 40), (socket.if_nametoindex, "no-such"), (socket.socket, 0, 0, 0, -5)):
    print(wrong[0].__name__, attempt(*wrong))
print(socket.htons(1), socket.ntohl(1), socket.CMSG_LEN(4), socket.CMSG_SPACE(4))
print(dict(socket.if_nameindex())[socket.if_nametoindex("lo")], socket.if_indextoname(socket.if_nametoindex("lo")))

print("-- resolver")
print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
print(socket.getaddrinfo("::1", "443", proto=socket.IPPROTO_TCP))
print(socket.getaddrinfo(None, 0, socket.AF_INET, socket.SOCK_STREAM, 0, socket.AI_PASSIVE))
print(attempt(socket.getaddrinfo, "x" * 70, 1), "|", attempt(socket.getaddrinfo, 5, 1), "|", attempt(socket.getaddrinfo, "a", 1.5))
print(attempt(socket.getaddrinfo, "127.0.0.1", "no-such-service"))
print(socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
      attempt(socket.getnameinfo, 5, 0), attempt(socket.getnameinfo, ("127.0.0.1", 80, 0, 0), 0))
print(socket.gethostbyname("127.0.0.1"), socket.gethostbyname("<broadcast>"), socket.gethostname() == os.uname().nodename)
print(socket.getservbyname("http", "tcp"), socket.getservbyport(443), socket.getprotobyname("udp"),
      attempt(socket.getservbyname, "no-such"), attempt(socket.getprotobyname, "no-such"))
print(issubclass(socket.gaierror, OSError), socket.gaierror.__module__, socket.herror, socket.timeout, socket.error)

print("-- options")
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR), s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 4))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\2\0\0\0")
    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8), attempt(s.getsockopt, 1, 2, 2000),
          attempt(s.setsockopt, 1, 2, "text"), attempt(s.setsockopt, 1, 999, 1))

print("-- life")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    s = socket.socket()
    del s
    print([str(w.category.__name__) for w in caught])
s = socket.socket()
fd = s.detach()
print(s.fileno(), fd >= 0, attempt(s.getsockname))
again = socket.socket(fileno=fd)
print(again.family, again.type, again.fileno() == fd)
again.close()
print(attempt(socket.socket, fileno=fd)[:16], attempt(socket.socket, fileno="x"))
s = _socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
print(s.timeout, s.type, attempt(setattr, s, "type", 1))
s.close()
